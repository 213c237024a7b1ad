/* mixture_loss.c - bits of values under mixtures of logistics and spikes, and their gradient.
 *
 * All loops run over AEZ_LOSS_LANES values side by side, so that a compiler makes vectors of them.
 * With w the weights, P = sum w_i q_i, where q is a logistic's share of the value or, for a spike,
 * 0 or 1. The weights' logarithms are to base 2, as are the logistics: L(z) = 1 / (1 + 2^-z). */
#include "mixture_loss.h"

#include <string.h>

#define LANES AEZ_LOSS_LANES
#define LN2 0.69314718f
#define PARTS (AEZ_MIXTURE_LOGISTICS_MAX + AEZ_MIXTURE_SPIKES_MAX)

#if defined(__GNUC__)
#define PART static inline __attribute__((always_inline))
#else
#define PART static inline
#endif

typedef struct loss_lanes {
    float weight[PARTS][LANES], share[PARTS][LANES];
    float d_mean[AEZ_MIXTURE_LOGISTICS_MAX][LANES], d_scale[AEZ_MIXTURE_LOGISTICS_MAX][LANES];
    float p[LANES];
} loss_lanes;

/* 2^x, |x| clamped to 100: relative error about 1e-7. */
PART float power_of(float x)
{
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to whole numbers */
    float       r, f, p;
    int32_t     whole, bits;
    x = x > 100 ? 100 : x;
    x = x < -100 ? -100 : x;
    r = x + magic;
    memcpy(&whole, &r, sizeof whole);
    whole -= 0x4B400000;
    f = x - (r - magic);
    p = 1.5403530e-4f;
    p = p * f + 1.33335581e-3f;
    p = p * f + 9.61812911e-3f;
    p = p * f + 5.55041087e-2f;
    p = p * f + 2.40226507e-1f;
    p = p * f + 6.93147181e-1f;
    p = p * f + 1.0f;
    memcpy(&bits, &p, sizeof bits);
    bits += (int32_t)((uint32_t)whole << 23);
    memcpy(&p, &bits, sizeof p);
    return p;
}

/* log2(x), x > 0 and not subnormal. */
PART float log_of(float x)
{
    int32_t bits, e;
    float   m, t, t2;
    memcpy(&bits, &x, sizeof bits);
    e = (bits - 0x3F3504F3) >> 23;
    bits -= (int32_t)((uint32_t)e << 23);
    memcpy(&m, &bits, sizeof m);
    t = (m - 1) / (m + 1);
    t2 = t * t;
    return (float)e + 2.88539008f * t *
                          (1 + t2 * (0.33333333f + t2 * (0.2f + t2 * 0.142857f)));
}

/* Weights of all parts, adding up to 1. */
PART void take_weights(loss_lanes *l, const float *out, size_t n, unsigned n_parts)
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
            l->weight[i][j] = power_of(out[i * n + j] - most[j]);
            total[j] += l->weight[i][j];
        }
    }
    for (unsigned i = 0; i < n_parts; i++) {
        for (unsigned j = 0; j < LANES; j++)
            l->weight[i][j] /= total[j];
    }
}

/* Share of one logistic; the ends take what is beyond them. */
PART void take_logistic(loss_lanes *l, unsigned i, const float *mean, const float *scale,
                        const float *value, float unit, float last)
{
    for (unsigned j = 0; j < LANES; j++) {
        float s = scale[j] > 12 ? 12 : scale[j] < -6 ? -6 : scale[j];
        float inverse = power_of(-s), d = value[j] - mean[j] * unit;
        float above = (d + 0.5f) * inverse, below = (d - 0.5f) * inverse;
        float up = 1 / (1 + power_of(-above)), down = 1 / (1 + power_of(-below));
        float d_up = up * (1 - up) * LN2, d_down = down * (1 - down) * LN2;
        int   first = value[j] <= 0, at_last = value[j] >= last;
        up = at_last ? 1 : up;
        d_up = at_last ? 0 : d_up;
        down = first ? 0 : down;
        d_down = first ? 0 : d_down;
        l->share[i][j] = up - down;
        l->p[j] += l->weight[i][j] * (up - down);
        l->d_mean[i][j] = l->weight[i][j] * (d_down - d_up) * inverse * unit;
        l->d_scale[i][j] = l->weight[i][j] * (d_down * below - d_up * above) * LN2;
    }
}

PART void take_spike(loss_lanes *l, unsigned i, const float *value, float spike)
{
    for (unsigned j = 0; j < LANES; j++) {
        l->share[i][j] = value[j] == spike ? 1.0f : 0.0f;
        l->p[j] += l->weight[i][j] * l->share[i][j];
    }
}

PART void take_gradient(const loss_lanes *l, const float *slope, size_t n, unsigned n_logistics,
                        unsigned n_parts, float *grad)
{
    for (unsigned i = 0; i < n_parts; i++) {
        for (unsigned j = 0; j < LANES; j++)
            grad[i * n + j] = slope[j] * l->weight[i][j] * (l->share[i][j] - l->p[j]) * LN2;
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
            cost[j] = -log_of(p);
            slope[j] = -room / (p * LN2);
        }
        for (unsigned j = 0; j < LANES; j++)
            bits += cost[j];
        if (grad)
            take_gradient(&l, slope, n, n_logistics, n_parts, grad + at);
    }
    return bits;
}
