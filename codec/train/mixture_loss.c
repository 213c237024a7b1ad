/* mixture_loss.c - bits of values under mixtures of logistics and spikes, and their gradient.
 *
 * All loops run over AEZ_LOSS_LANES values side by side, so that a compiler makes vectors of them.
 * With w the weights, P = sum w_i q_i, where q is a logistic's share of the value or, for a spike,
 * 0 or 1. The weights' logarithms are to base 2, as are the logistics: L(z) = 1 / (1 + 2^-z). */
#include "mixture_loss.h"

#define LANES AEZ_LOSS_LANES
#define PARTS (AEZ_MIXTURE_LOGISTICS_MAX + AEZ_MIXTURE_SPIKES_MAX)

typedef struct loss_lanes {
    float weight[PARTS][LANES], share[PARTS][LANES];
    float d_mean[AEZ_MIXTURE_LOGISTICS_MAX][LANES], d_scale[AEZ_MIXTURE_LOGISTICS_MAX][LANES];
    float p[LANES];
} loss_lanes;

/* Weights of all parts, adding up to 1. */
AEZ_LANE void take_weights(loss_lanes *l, const float *out, size_t n, unsigned n_parts)
{
    float most[LANES], total[LANES];
    for (unsigned j = 0; j < LANES; j++) {
        most[j] = -1e9f;
        total[j] = 0;
    }
    for (unsigned i = 0; i < n_parts; i++) {
        for (unsigned j = 0; j < LANES; j++)
            most[j] = out[i * n + j] > most[j] ? out[i * n + j] : most[j];
    }
    for (unsigned i = 0; i < n_parts; i++) {
        for (unsigned j = 0; j < LANES; j++) {
            l->weight[i][j] = aez_lane_exp2(out[i * n + j] - most[j]);
            total[j] += l->weight[i][j];
        }
    }
    for (unsigned i = 0; i < n_parts; i++) {
        for (unsigned j = 0; j < LANES; j++)
            l->weight[i][j] /= total[j];
    }
}

/* Share of one logistic; the ends take what is beyond them. */
AEZ_LANE void take_logistic(loss_lanes *l, unsigned i, const float *mean, const float *scale,
                        const float *value, float unit, float last)
{
    for (unsigned j = 0; j < LANES; j++) {
        float s = scale[j] > 12 ? 12 : scale[j] < -6 ? -6 : scale[j];
        float inverse = aez_lane_exp2(-s), d = value[j] - mean[j] * unit;
        float above = (d + 0.5f) * inverse, below = (d - 0.5f) * inverse;
        float up = 1 / (1 + aez_lane_exp2(-above)), down = 1 / (1 + aez_lane_exp2(-below));
        float d_up = up * (1 - up) * AEZ_LANE_LN2, d_down = down * (1 - down) * AEZ_LANE_LN2;
        int   first = value[j] <= 0, at_last = value[j] >= last;
        up = at_last ? 1 : up;
        d_up = at_last ? 0 : d_up;
        down = first ? 0 : down;
        d_down = first ? 0 : d_down;
        l->share[i][j] = up - down;
        l->p[j] += l->weight[i][j] * (up - down);
        l->d_mean[i][j] = l->weight[i][j] * (d_down - d_up) * inverse * unit;
        l->d_scale[i][j] = l->weight[i][j] * (d_down * below - d_up * above) * AEZ_LANE_LN2;
    }
}

AEZ_LANE void take_spike(loss_lanes *l, unsigned i, const float *value, float spike)
{
    for (unsigned j = 0; j < LANES; j++) {
        l->share[i][j] = value[j] == spike ? 1.0f : 0.0f;
        l->p[j] += l->weight[i][j] * l->share[i][j];
    }
}

AEZ_LANE void take_gradient(const loss_lanes *l, const float *slope, size_t n, unsigned n_logistics,
                        unsigned n_parts, float *grad)
{
    for (unsigned i = 0; i < n_parts; i++) {
        for (unsigned j = 0; j < LANES; j++)
            grad[i * n + j] =
                slope[j] * l->weight[i][j] * (l->share[i][j] - l->p[j]) * AEZ_LANE_LN2;
    }
    grad += n_parts * n;
    for (unsigned i = 0; i < n_logistics; i++) {
        for (unsigned j = 0; j < LANES; j++) {
            grad[i * n + j] = slope[j] * l->d_mean[i][j];
            grad[(n_logistics + i) * n + j] = slope[j] * l->d_scale[i][j];
        }
    }
}

AEZ_EACH_CPU
double aez_mixture_loss(const aez_mixture_shape *shape, const float *out, const uint16_t *value,
                        size_t n, float *grad)
{
    const unsigned n_logistics = shape->n_logistics, n_parts = n_logistics + shape->n_spikes;
    const float    unit = (float)(1u << aez_mixture_unit(shape->n_values));
    const float    last = (float)(shape->n_values - 1);
    const float    least = 1.0f / (float)(1 << AEZ_MIXTURE_LOG);
    const float    room = 1 - least * (float)shape->n_values;
    loss_lanes     l;
    double         bits = 0;
    for (size_t at = 0; at < n; at += LANES) {
        float v[LANES], slope[LANES], cost[LANES];
        for (unsigned j = 0; j < LANES; j++) {
            v[j] = (float)value[at + j];
            l.p[j] = 0;
        }
        take_weights(&l, out + at, n, n_parts);
        for (unsigned i = 0; i < n_logistics; i++)
            take_logistic(&l, i, out + at + (n_parts + i) * n,
                          out + at + (n_parts + n_logistics + i) * n, v, unit, last);
        for (unsigned i = n_logistics; i < n_parts; i++)
            take_spike(&l, i, v, (float)shape->spike[i - n_logistics]);
        for (unsigned j = 0; j < LANES; j++) {
            float p = l.p[j] * room + least;
            cost[j] = -aez_lane_log2(p);
            slope[j] = -room / (p * AEZ_LANE_LN2);
        }
        for (unsigned j = 0; j < LANES; j++)
            bits += cost[j];
        if (grad)
            take_gradient(&l, slope, n, n_logistics, n_parts, grad + at);
    }
    return bits;
}
