/* float_statistics.c - offsets and scales of features, and rows by them. */
#include "float_model.h"

#include <math.h>

typedef struct spread {
    double mean, deviation, least, most;
} spread;

/* Of n values at a stride; 0 when something is not finite or too large for sums of squares. */
static int measure(const double *x, size_t n, size_t stride, spread *s)
{
    double range, sum = 0;
    *s = (spread){0, 0, x[0], x[0]};
    for (size_t i = 0; i < n; i++) {
        double v = x[i * stride];
        if (!(fabs(v) <= 0x1p900))
            return 0;
        s->mean += (v - s->mean) / (double)(i + 1);
        s->least = v < s->least ? v : s->least;
        s->most = v > s->most ? v : s->most;
    }
    range = s->most - s->least;
    for (size_t i = 0; range > 0 && i < n; i++) {
        double t = (x[i * stride] - s->mean) / range;
        sum += t * t;
    }
    s->mean = range > 0 ? s->mean : s->least;
    s->deviation = range * sqrt(sum / (double)n);
    return 1;
}

/* Binary32 statistics take half the bytes; kept where they cost no precision worth speaking of. */
static void shorten(double *offset, double *scale)
{
    if (fabs(*offset) < 0x1p100 && *scale < 0x1p100 && *scale > 0x1p-100 &&
        fabs(*offset) <= *scale * 0x1p18) {
        *offset = (double)(float)*offset;
        *scale = (double)(float)*scale;
    }
}

/* Offsets of a map take few bytes as small multiples of a power of two, and what that costs, at
 * most (1/32)^2 / 12 of the variance that is left, is nothing beside what latents leave. */
static double coarsen(double offset, double scale)
{
    int    exponent;
    double step;
    if (!(scale > 0x1p-900))
        return offset;
    (void)frexp(scale, &exponent);
    step = ldexp(1, exponent - 6); /* scale / 64 < step <= scale / 32 */
    if (!(fabs(offset) < step * 0x1p52))
        return offset;
    return floor(offset / step + 0.5) * step;
}

/* One mean, or least value, for all. */
static int measure_common(aez_float_model *m, const double *x, size_t n)
{
    spread s;
    if (!measure(x, n * m->n_features, 1, &s))
        return 0;
    m->offset[0] = m->scaling == AEZ_SCALE_RANGE ? s.least : s.mean;
    m->scale[0] = m->scaling == AEZ_SCALE_RANGE ? s.most - s.least : s.deviation;
    shorten(m->offset, m->scale);
    for (size_t j = 1; j < m->n_features; j++) {
        m->offset[j] = m->offset[0];
        m->scale[j] = m->scale[0];
    }
    return 1;
}

static int measure_each(aez_float_model *m, const double *x, size_t n)
{
    double square = 0, common;
    for (size_t j = 0; j < m->n_features; j++) {
        spread s;
        if (!measure(x + j, n, m->n_features, &s))
            return 0;
        m->offset[j] = s.mean;
        m->scale[j] = s.deviation;
        square += s.deviation * s.deviation / m->n_features;
    }
    common = sqrt(square);
    if ((double)(float)common > 0x1p-100 && common < 0x1p100)
        common = (double)(float)common;
    for (size_t j = 0; j < m->n_features; j++) {
        if (m->scaling == AEZ_SCALE_SITES) {
            m->scale[j] = common;
            m->offset[j] = coarsen(m->offset[j], common);
        } else {
            shorten(&m->offset[j], &m->scale[j]);
        }
    }
    return 1;
}

aez_status aez_float_statistics(aez_float_model *m, const double *x, size_t n)
{
    int each = aez_float_offsets(m) > 1;
    return (each ? measure_each : measure_common)(m, x, n) ? AEZ_OK : AEZ_ERR_OPTION;
}

void aez_float_standardise(const aez_float_model *m, const double *x, size_t n, float *out)
{
    for (size_t r = 0; r < n; r++)
        for (size_t j = 0; j < m->n_features; j++) {
            double v = x[r * m->n_features + j];
            double t = m->scale[j] > 0 ? (v - m->offset[j]) / m->scale[j] : 0;
            if (!(fabs(t) <= 1e6))
                t = t > 0 ? 1e6 : t < 0 ? -1e6 : 0;
            out[r * m->n_features + j] = (float)t;
        }
}
