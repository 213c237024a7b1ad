/* activate.h - from the sum of an output to its value, for dense layers and convolutions alike. */
#ifndef AEZ_NET_ACTIVATE_H
#define AEZ_NET_ACTIVATE_H

#include "curve.h"
#include "net.h"

/* The sum of output (channel) o, shifted, with its bias. Below 2^62 + 2^31 in magnitude. */
static inline int64_t aez_shifted(const aez_layer *layer, size_t o, int64_t sum)
{
    return aez_round_shift(sum, layer->shift) + (layer->bias ? layer->bias[o] : 0);
}

static inline int16_t aez_clamp16(int64_t v)
{
    return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

/* Without branches on the sign, which is as good as random: they took half the time of a layer. */
static inline int64_t aez_bend(unsigned activation, int64_t t)
{
    int64_t negative = t >> 63; /* all bits of it */
    if (activation == AEZ_LINEAR)
        return t;
    return activation == AEZ_RELU ? t & ~negative : t >> (negative & 3);
}

static inline int16_t aez_hidden_value(const aez_layer *layer, size_t o, int64_t sum)
{
    const int64_t half = (int64_t)1 << (AEZ_LAYER_GUARD - 1);
    int64_t       t = aez_shifted(layer, o, sum);
    if (layer->activation > AEZ_LEAKY)
        return aez_curve(layer->activation, t);
    return aez_clamp16((aez_bend(layer->activation, t) + half) >> AEZ_LAYER_GUARD);
}

/* In units of 2^-frac. */
static inline int64_t aez_last_value(const aez_layer *layer, size_t o, int64_t sum, unsigned frac)
{
    int64_t t = aez_shifted(layer, o, sum);
    if (layer->activation > AEZ_LEAKY)
        return aez_round_shift(aez_curve(layer->activation, t), AEZ_CURVE_OUT - (int)frac);
    return aez_bend(layer->activation, t);
}

#endif
