/* units.c - how finely latents are rounded, and what a model with rounded ones costs. */
#include "float_model.h"

#include <math.h>
#include <string.h>

#define PROBE_ROWS 256 /* on which the effect of a latent is measured */
#define SIX_OVER_LN2 8.6561702453337820

/* ---- cost of a model ------------------------------------------------------------------------- */

/* Order-0 entropy in bits a row of the latents, with 8 bits for each distinct value once. */
static aez_status latent_bits(const aez_float_model *m, const int32_t *q, size_t n, double *bits)
{
    const size_t n_counts = 2 * (size_t)AEZ_LATENT_MAX + 1;
    uint32_t    *count = aez_take_raw(&m->mem, n_counts, sizeof *count);
    if (!count)
        return AEZ_ERR_NOMEM;
    *bits = 0;
    for (size_t l = 0; l < m->n_latent; l++) {
        memset(count, 0, n_counts * sizeof *count);
        for (size_t r = 0; r < n; r++)
            count[q[r * m->n_latent + l] + AEZ_LATENT_MAX]++;
        for (size_t i = 0; i < n_counts; i++)
            if (count[i])
                *bits += (8 + count[i] * log2((double)n / count[i])) / (double)n;
    }
    aez_drop(&m->mem, count);
    return AEZ_OK;
}

/* Rows at a time that hats are made of. */
static size_t block_rows(const aez_float_model *m)
{
    size_t rows = ((size_t)1 << 22) / m->n_features;
    return rows < 1 ? 1 : rows > 1024 ? 1024 : rows;
}

/* Sum of squared errors of what z, in steps, is decoded to. */
static aez_status squared_error(const aez_float_model *m, const float *x, const float *z, size_t n,
                                double *error)
{
    size_t     d = m->n_features, most = block_rows(m);
    float     *hat = aez_take_raw(&m->mem, most * d, sizeof *hat);
    aez_status st = hat ? AEZ_OK : AEZ_ERR_NOMEM;
    *error = 0;
    for (size_t r = 0; st >= 0 && r < n; r += most) {
        size_t rows = n - r < most ? n - r : most;
        st = aez_float_decode_z(m, z + r * m->n_latent, rows, hat);
        for (size_t i = 0; st >= 0 && i < rows * d; i++) {
            double e = (double)hat[i] - (double)x[r * d + i];
            *error += e * e;
        }
    }
    aez_drop(&m->mem, hat);
    return st;
}

aez_status aez_float_cost(const aez_float_model *m, const float *x, size_t n, double *cost)
{
    size_t     n_z = n * m->n_latent;
    int32_t   *q = aez_take_raw(&m->mem, n_z, sizeof *q);
    float     *z = aez_take_raw(&m->mem, n_z, sizeof *z);
    double     bits = 0, error = 0;
    aez_status st = q && z ? aez_float_encode_rows(m, x, n, q) : AEZ_ERR_NOMEM;
    for (size_t i = 0; st >= 0 && i < n_z; i++)
        z[i] = (float)q[i];
    if (st >= 0)
        st = squared_error(m, x, z, n, &error);
    if (st >= 0)
        st = latent_bits(m, q, n, &bits);
    *cost = m->lambda * error / (double)n + bits;
    aez_drop(&m->mem, q);
    aez_drop(&m->mem, z);
    return st;
}

aez_status aez_float_error(const aez_float_model *m, const float *x, size_t n, int rounded,
                           double *error)
{
    size_t     n_z = n * m->n_latent;
    float     *z = aez_take_raw(&m->mem, n_z, sizeof *z);
    aez_status st = z ? aez_float_encode_z(m, x, n, z) : AEZ_ERR_NOMEM;
    for (size_t i = 0; st >= 0 && rounded && i < n_z; i++)
        z[i] = floorf(z[i] + 0.5f);
    if (st >= 0)
        st = squared_error(m, x, z, n, error);
    *error /= (double)n * m->n_features;
    aez_drop(&m->mem, z);
    return st;
}

/* ---- steps ----------------------------------------------------------------------------------- */

typedef struct latent_stats {
    double mean, deviation, largest;
} latent_stats;

/* Of latent l, in what the encoder gives. */
static latent_stats measure(const aez_float_model *m, const float *z, size_t n, size_t l)
{
    latent_stats s = {0, 0, 0};
    double       unit = (double)m->unit[l], square = 0;
    for (size_t r = 0; r < n; r++) {
        double v = (double)z[r * m->n_latent + l] * unit;
        s.mean += v / (double)n;
        s.largest = fabs(v) > s.largest ? fabs(v) : s.largest;
    }
    for (size_t r = 0; r < n; r++) {
        double v = (double)z[r * m->n_latent + l] * unit - s.mean;
        square += v * v / (double)n;
    }
    s.deviation = sqrt(square);
    return s;
}

/* Squared error of a row, per square of the distance, that moving latent l by a distance makes. */
static aez_status gain_of(const aez_float_model *m, const float *z, const float *hat, size_t n,
                          size_t l, double by, double *gain)
{
    size_t     k = m->n_latent, d = m->n_features;
    float     *moved = aez_take_raw(&m->mem, n * k, sizeof *moved);
    float     *out = aez_take_raw(&m->mem, n * d, sizeof *out);
    aez_status st = moved && out ? AEZ_OK : AEZ_ERR_NOMEM;
    *gain = 0;
    if (st >= 0) {
        memcpy(moved, z, n * k * sizeof *moved);
        for (size_t r = 0; r < n; r++)
            moved[r * k + l] += (float)(by / (double)m->unit[l]);
        st = aez_float_decode_z(m, moved, n, out);
    }
    for (size_t i = 0; st >= 0 && i < n * d; i++) {
        double e = (double)out[i] - (double)hat[i];
        *gain += e * e / ((double)n * by * by);
    }
    aez_drop(&m->mem, moved);
    aez_drop(&m->mem, out);
    return st;
}

/* Rounding with step s adds s^2 / 12 * gain to the squared error of a row and costs -log2(s) bits:
 * lambda * error + bits is least for s^2 = 6 / (lambda gain ln 2). The gain is measured over the
 * distance that rounding moves by, s / sqrt(12), once s is about known. */
static aez_status step_by_lambda(const aez_float_model *m, const float *z, const float *hat,
                                 size_t n, size_t l, double deviation, double lambda, double *step)
{
    double     by = 0.1 * deviation, gain;
    aez_status st = AEZ_OK;
    *step = INFINITY;
    for (int turn = 0; st >= 0 && turn < 2; turn++) {
        st = gain_of(m, z, hat, n, l, by, &gain);
        if (st < 0 || !(gain > 0))
            return st;
        *step = sqrt(SIX_OVER_LN2 / (lambda * gain));
        by = *step * 0.2886751345948129;
        by = by < deviation ? by : deviation;
    }
    return st;
}

/* Latents must stay within 16 bits, and one that does not matter becomes constant: four times its
 * largest magnitude rounds to 0. */
static double bound_step(double step, const latent_stats *s)
{
    double least = s->largest / (AEZ_LATENT_MAX - 1), most = 4 * s->largest;
    step = step < most ? step : most; /* INFINITY, too */
    step = step > least ? step : least;
    return step > 1e-12 ? step : 1;
}

static size_t probe_rows(const aez_float_model *m, size_t n)
{
    size_t most = block_rows(m);
    most = most < PROBE_ROWS ? most : PROBE_ROWS;
    return n < most ? n : most;
}

aez_status aez_float_choose_units(aez_float_model *m, const float *x, size_t n, double latent_step,
                                  double lambda)
{
    size_t     k = m->n_latent, n_probe = probe_rows(m, n);
    float     *z = aez_take_raw(&m->mem, n * k, sizeof *z);
    float     *hat = aez_take_raw(&m->mem, n_probe * m->n_features, sizeof *hat);
    double    *step = aez_take(&m->mem, k, sizeof *step);
    aez_status st = z && hat && step ? aez_float_encode_z(m, x, n, z) : AEZ_ERR_NOMEM;
    if (st >= 0)
        st = aez_float_decode_z(m, z, n_probe, hat);
    for (size_t l = 0; st >= 0 && l < k; l++) {
        latent_stats s = measure(m, z, n, l);
        step[l] = latent_step * s.deviation;
        if (s.deviation <= 1e-6 * s.largest)
            step[l] = INFINITY; /* it stands still */
        else if (lambda > 0)
            st = step_by_lambda(m, z, hat, n_probe, l, s.deviation, lambda, &step[l]);
        step[l] = bound_step(step[l], &s);
    }
    for (size_t l = 0; st >= 0 && l < k; l++)
        m->unit[l] = (float)step[l];
    aez_drop(&m->mem, z);
    aez_drop(&m->mem, hat);
    aez_drop(&m->mem, step);
    return st;
}
