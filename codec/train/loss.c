/* loss.c - losses of training and their gradients, in loops that compilers make vectors of. */
#include "loss.h"
#include "lanes.h"

#include <math.h>

#define LANES AEZ_LOSS_LANES
#define PART 2048 /* values whose sum floats hold well */

/* Runs over n values in parts, whose sums are added up in doubles. */
#define EACH_PART(n, from, to) for (size_t from = 0, to = PART < (n) ? PART : (n); from < (n); \
                                    from = to, to = to + PART < (n) ? to + PART : (n))

static double sum_lanes(const float *sum)
{
    double all = 0;
    for (unsigned j = 0; j < LANES; j++)
        all += (double)sum[j];
    return all;
}

AEZ_LANE float square_one(float y, float x, float slope, float *dy)
{
    float e = y - x;
    *dy = slope * e;
    return e * e;
}

AEZ_LANE float entropy_one(float y, float x, float slope, float *dy)
{
    *dy = slope * (aez_lane_sigmoid(y) - x);
    return aez_lane_softplus(y) - x * y;
}

AEZ_EACH_CPU
double aez_loss_square(const float *restrict y, const float *restrict x, size_t n, float slope,
                       float *restrict dy)
{
    double all = 0;
    EACH_PART(n, from, to) {
        float  sum[LANES] = {0};
        size_t i = from;
        for (; i + LANES <= to; i += LANES)
            for (unsigned j = 0; j < LANES; j++)
                sum[j] += square_one(y[i + j], x[i + j], slope, &dy[i + j]);
        for (; i < to; i++)
            sum[0] += square_one(y[i], x[i], slope, &dy[i]);
        all += sum_lanes(sum);
    }
    return all;
}

AEZ_EACH_CPU
double aez_loss_cross_entropy(const float *restrict y, const float *restrict x, size_t n,
                              float slope, float *restrict dy)
{
    double all = 0;
    EACH_PART(n, from, to) {
        float  sum[LANES] = {0};
        size_t i = from;
        for (; i + LANES <= to; i += LANES)
            for (unsigned j = 0; j < LANES; j++)
                sum[j] += entropy_one(y[i + j], x[i + j], slope, &dy[i + j]);
        for (; i < to; i++)
            sum[0] += entropy_one(y[i], x[i], slope, &dy[i]);
        all += sum_lanes(sum);
    }
    return all;
}

AEZ_EACH_CPU
double aez_loss_size(const float *z, size_t n, float slope, float *dz)
{
    double all = 0;
    for (size_t i = 0; i < n; i++) {
        all += (double)(z[i] < 0 ? -z[i] : z[i]);
        dz[i] += z[i] > 0 ? slope : z[i] < 0 ? -slope : 0;
    }
    return all;
}

/* ---- the prior ------------------------------------------------------------------------------- */

typedef struct prior {
    float mean, u; /* u: 1 / scale */
    float nats0;   /* -log(1 - e^-u) */
    float ratio;   /* u / (e^u - 1) */
} prior;

/* With a, b = (z - mean +- 1/2) / scale: S(a) - S(b) = S(a) S(-b) (1 - e^(b - a)). */
AEZ_LANE float prior_one(const prior *p, float z, float *slope, float *slope_scale)
{
    float a = (z - p->mean + 0.5f) * p->u, b = (z - p->mean - 0.5f) * p->u;
    float sa = aez_lane_sigmoid(-a), sb = aez_lane_sigmoid(b);
    *slope = (sb - sa) * p->u * AEZ_LANE_LOG2E;
    *slope_scale = (a * sa - b * sb + p->ratio) * AEZ_LANE_LOG2E;
    return (aez_lane_softplus(-a) + aez_lane_softplus(b) + p->nats0) * AEZ_LANE_LOG2E;
}

/* Latent l of n_rows rows, LANES of them at a time. */
AEZ_EACH_CPU
static double prior_of_latent(const prior *p, const float *z, size_t n_rows, size_t k, float weight,
                              float *dz, float *d_mean, float *d_log_scale)
{
    double bits = 0, mean = 0, scale = 0;
    for (size_t r = 0; r < n_rows; r += LANES) {
        size_t n = n_rows - r < LANES ? n_rows - r : LANES;
        float  v[LANES] = {0}, cost[LANES], slope[LANES], slope_scale[LANES];
        for (size_t j = 0; j < n; j++)
            v[j] = z[(r + j) * k];
        for (unsigned j = 0; j < LANES; j++)
            cost[j] = prior_one(p, v[j], &slope[j], &slope_scale[j]);
        for (size_t j = 0; j < n; j++) {
            bits += (double)cost[j];
            mean -= (double)slope[j];
            scale += (double)slope_scale[j];
            if (dz)
                dz[(r + j) * k] += weight * slope[j];
        }
    }
    *d_mean += weight * (float)mean;
    *d_log_scale += weight * (float)scale;
    return bits;
}

double aez_loss_prior(const float *z, size_t n_rows, size_t k, const float *mean,
                      const float *log_scale, float slope, float *dz, float *d_mean,
                      float *d_log_scale)
{
    double bits = 0;
    for (size_t l = 0; l < k; l++) {
        double u = exp(-(double)log_scale[l]);
        prior  p = {mean[l], (float)u, (float)-log(-expm1(-u)), (float)(u / expm1(u))};
        bits += prior_of_latent(&p, z + l, n_rows, k, slope, dz ? dz + l : NULL, d_mean + l,
                                d_log_scale + l);
    }
    return bits;
}

/* ---- plain loops ----------------------------------------------------------------------------- */

AEZ_EACH_CPU
void aez_add_normal(float *x, size_t n, float deviation, uint64_t key, uint32_t from)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (unsigned j = 0; j < LANES; j++)
            x[i + j] += deviation *
                        aez_lane_normal(aez_lane_hash(from + (uint32_t)i + (uint32_t)j, key));
    for (; i < n; i++)
        x[i] += deviation * aez_lane_normal(aez_lane_hash(from + (uint32_t)i, key));
}

AEZ_EACH_CPU
void aez_scale_all(float *to, float by, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (unsigned j = 0; j < LANES; j++)
            to[i + j] *= by;
    for (; i < n; i++)
        to[i] *= by;
}

AEZ_EACH_CPU
void aez_add_all(float *restrict to, const float *restrict from, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (unsigned j = 0; j < LANES; j++)
            to[i + j] += from[i + j];
    for (; i < n; i++)
        to[i] += from[i];
}

AEZ_EACH_CPU
double aez_square_sum(const float *v, size_t n)
{
    double all = 0;
    EACH_PART(n, from, to) {
        float  sum[LANES] = {0};
        size_t i = from;
        for (; i + LANES <= to; i += LANES)
            for (unsigned j = 0; j < LANES; j++)
                sum[j] += v[i + j] * v[i + j];
        for (; i < to; i++)
            sum[0] += v[i] * v[i];
        all += sum_lanes(sum);
    }
    return all;
}
