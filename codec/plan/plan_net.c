/* plan_net.c - context nets: their inputs and outputs, and their bytes (spec 4.5.6, 4.6.5). */
#include "plan_net.h"

#include <string.h>

#include "../entropy/entropy.h"

#define POSITION_SPAN 512 /* half the range of an input that tells a position */
#define BIAS_SHIFT_MAX 22 /* 127 << 22 is within the bounds of a small layer */
#define WEIGHTS_MAX (1 << 20)

unsigned aez_net_inputs(const aez_context_net *net)
{
    return net->n_taps + 1 + (unsigned)__builtin_popcount(net->axes);
}

aez_status aez_net_init(aez_context_net *net, const aez_mem *mem, unsigned n_taps, uint8_t axes,
                        const uint32_t *hidden, unsigned n_hidden)
{
    uint32_t n_in;
    memset(net, 0, sizeof *net);
    net->n_taps = n_taps;
    net->axes = axes;
    net->n_layers = n_hidden + 1;
    n_in = aez_net_inputs(net);
    for (unsigned l = 0; l < net->n_layers; l++) {
        uint32_t   n_out = l < n_hidden ? hidden[l] : AEZ_NET_OUTPUTS;
        aez_status st = aez_layer_init(&net->layer[l], mem, n_in, n_out, 1);
        if (st < 0) {
            aez_net_free(net, mem);
            return st;
        }
        net->layer[l].activation = l < n_hidden ? AEZ_LEAKY : AEZ_LINEAR;
        n_in = n_out;
    }
    return AEZ_OK;
}

void aez_net_free(aez_context_net *net, const aez_mem *mem)
{
    for (unsigned l = 0; l < AEZ_NET_LAYERS_MAX; l++) {
        aez_layer_free(&net->layer[l], mem);
        aez_packed_free(&net->packed[l], mem);
    }
}

aez_status aez_net_pack(aez_context_net *net, const aez_mem *mem)
{
    for (unsigned l = 0; l < net->n_layers; l++) {
        aez_status st;
        aez_packed_free(&net->packed[l], mem);
        st = aez_layer_pack(&net->packed[l], mem, &net->layer[l]);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

aez_status aez_net_copy(aez_context_net *to, const aez_context_net *from, const aez_mem *mem)
{
    uint32_t   hidden[AEZ_NET_LAYERS_MAX];
    aez_status st;
    for (unsigned l = 0; l + 1 < from->n_layers; l++)
        hidden[l] = from->layer[l].n_out;
    st = aez_net_init(to, mem, from->n_taps, from->axes, hidden, from->n_layers - 1);
    if (st < 0)
        return st;
    memcpy(to->input_shift, from->input_shift, sizeof to->input_shift);
    to->level_centre = from->level_centre;
    for (unsigned l = 0; l < from->n_layers; l++) {
        const aez_layer *source = &from->layer[l];
        aez_layer       *layer = &to->layer[l];
        layer->shift = source->shift;
        memcpy(layer->weight, source->weight,
               (size_t)source->n_in * source->n_out * sizeof *source->weight);
        memcpy(layer->bias, source->bias, source->n_out * sizeof *source->bias);
    }
    st = aez_net_pack(to, mem);
    if (st < 0)
        aez_net_free(to, mem);
    return st;
}

/* ---- running --------------------------------------------------------------------------------- */

static inline int16_t clamp16(int64_t v)
{
    return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

void aez_net_row(const aez_context_net *net, const int64_t *d, size_t pitch, int log,
                 unsigned level, int16_t *x)
{
    for (unsigned t = 0; t < net->n_taps; t++) {
        int shift = log + net->input_shift[t] + 8;
        shift = shift < 0 ? 0 : shift > 63 ? 63 : shift;
        x[t] = clamp16((int64_t)((uint64_t)d[t * pitch] << 15) >> shift);
    }
    x[net->n_taps] = (int16_t)(((int)level - net->level_centre) * 64);
}

int16_t aez_net_position(uint64_t c, uint64_t extent)
{
    if (extent < 2)
        return 0;
    if (extent <= UINT32_MAX / (2 * POSITION_SPAN)) /* divides twice as fast */
        return (int16_t)((int32_t)((uint32_t)c * (2 * POSITION_SPAN) / ((uint32_t)extent - 1)) -
                         POSITION_SPAN);
    /* extents of grids in memory are far below 2^54 */
    return (int16_t)((int64_t)(c * (2 * POSITION_SPAN) / (extent - 1)) - POSITION_SPAN);
}

int64_t aez_net_correction(int16_t out, int log)
{
    int shift = 7 - log;
    if (shift > 0) {
        shift = shift > 30 ? 30 : shift;
        return (out + ((int64_t)1 << (shift - 1))) >> shift;
    }
    shift = shift < -47 ? -47 : shift; /* 16 bits and 47 make 63 */
    return out * ((int64_t)1 << -shift);
}

unsigned aez_net_level(int16_t out, unsigned level)
{
    int to = (int)level + ((out + 32) >> 6);
    return to < 0 ? 0 : to >= AEZ_LEVELS ? AEZ_LEVELS - 1 : (unsigned)to;
}

size_t aez_net_pitch(const aez_context_net *net)
{
    return 2 * net->packed[0].layout.n_pairs;
}

void aez_net_run(const aez_context_net *net, const aez_kernels *kernels, const int16_t *x,
                 size_t n_rows, int16_t *scratch, int16_t *out)
{
    int16_t *half[2] = {scratch, scratch + n_rows * AEZ_SMALL_WIDTH_MAX};
    for (unsigned l = 0; l < net->n_layers; l++) {
        kernels->small(&net->packed[l].layout, x, n_rows, half[l & 1]);
        x = half[l & 1];
    }
    for (size_t r = 0; r < n_rows; r++) {
        out[2 * r] = x[8 * r];
        out[2 * r + 1] = x[8 * r + 1];
    }
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static size_t n_numbers(const aez_context_net *net)
{
    size_t n = net->n_taps;
    for (unsigned l = 0; l < net->n_layers; l++)
        n += ((size_t)net->layer[l].n_in + 1) * net->layer[l].n_out;
    return n;
}

/* The power of two that brings every bias of a layer within +-127. */
static unsigned bias_shift(const aez_layer *layer)
{
    unsigned shift = 0;
    for (uint32_t o = 0; o < layer->n_out; o++) {
        while (layer->bias[o] / (1 << shift) > 127 || layer->bias[o] / (1 << shift) < -127)
            shift++;
    }
    return shift;
}

void aez_net_put(const aez_context_net *net, aez_buf *out)
{
    static const aez_pack_options rans = {0, 0};
    uint16_t                     *v = aez_take(out->mem, n_numbers(net), sizeof *v);
    size_t                        n = 0;
    if (!v) {
        out->failed = 1;
        return;
    }
    aez_put_u8(out, net->n_taps);
    aez_put_u8(out, net->axes);
    aez_put_u8(out, net->level_centre);
    aez_put_u8(out, net->n_layers - 1);
    for (unsigned t = 0; t < net->n_taps; t++)
        v[n++] = (uint16_t)aez_zigzag(net->input_shift[t]);
    for (unsigned l = 0; l < net->n_layers; l++) {
        const aez_layer *layer = &net->layer[l];
        unsigned         shift = bias_shift(layer);
        if (l + 1 < net->n_layers)
            aez_put_varint(out, layer->n_out);
        aez_put_u8(out, (unsigned)layer->shift);
        aez_put_u8(out, shift);
        for (size_t i = 0; i < (size_t)layer->n_in * layer->n_out; i++)
            v[n++] = (uint16_t)aez_zigzag(layer->weight[i]);
        for (uint32_t o = 0; o < layer->n_out; o++)
            v[n++] = (uint16_t)aez_zigzag(layer->bias[o] / (1 << shift));
    }
    if (aez_symbols_pack(out->mem, v, n, &rans, out) < 0)
        out->failed = 1;
    aez_drop(out->mem, v);
}

/* Head of the net: widths and shifts, checked before anything is allocated for them. */
static aez_status get_layers(aez_context_net *net, const aez_mem *mem, unsigned n_hidden,
                             unsigned *bias_shifts, aez_rd *in)
{
    uint32_t   hidden[AEZ_NET_LAYERS_MAX], n_in = aez_net_inputs(net);
    uint8_t    shift[AEZ_NET_LAYERS_MAX], centre = net->level_centre;
    uint64_t   products = 0;
    aez_status st;
    for (unsigned l = 0; l <= n_hidden; l++) {
        uint64_t width = l < n_hidden ? aez_get_varint(in) : AEZ_NET_OUTPUTS;
        shift[l] = (uint8_t)aez_get_u8(in);
        bias_shifts[l] = aez_get_u8(in);
        if (in->failed || width < 1 || width > AEZ_SMALL_WIDTH_MAX ||
            shift[l] > AEZ_SMALL_SHIFT_MAX || bias_shifts[l] > BIAS_SHIFT_MAX)
            return AEZ_ERR_CORRUPT;
        products += n_in * width;
        hidden[l] = n_in = (uint32_t)width;
    }
    if (products > WEIGHTS_MAX)
        return AEZ_ERR_LIMIT;
    st = aez_net_init(net, mem, net->n_taps, net->axes, hidden, n_hidden);
    net->level_centre = centre;
    for (unsigned l = 0; st >= 0 && l <= n_hidden; l++)
        net->layer[l].shift = shift[l];
    return st;
}

/* Fills shifts, weights and biases from the numbers; 0: one is out of bounds. */
static int set_numbers(aez_context_net *net, const uint16_t *v, const unsigned *bias_shifts)
{
    for (unsigned t = 0; t < net->n_taps; t++, v++) {
        if (*v > 126)
            return 0;
        net->input_shift[t] = (int8_t)aez_unzigzag(*v);
    }
    for (unsigned l = 0; l < net->n_layers; l++) {
        aez_layer *layer = &net->layer[l];
        for (size_t i = 0; i < (size_t)layer->n_in * layer->n_out; i++, v++) {
            if (*v > 254)
                return 0;
            layer->weight[i] = (int16_t)aez_unzigzag(*v);
        }
        for (uint32_t o = 0; o < layer->n_out; o++, v++) {
            if (*v > 254)
                return 0;
            layer->bias[o] = (int32_t)aez_unzigzag(*v) * (1 << bias_shifts[l]);
        }
    }
    return 1;
}

aez_status aez_net_get(aez_context_net *net, const aez_mem *mem, const aez_grid *grid, aez_rd *in)
{
    unsigned   bias_shifts[AEZ_NET_LAYERS_MAX], n_hidden;
    uint16_t  *v = NULL;
    size_t     n = 0;
    aez_status st;
    memset(net, 0, sizeof *net);
    net->n_taps = aez_get_u8(in);
    net->axes = (uint8_t)aez_get_u8(in);
    net->level_centre = (uint8_t)aez_get_u8(in);
    n_hidden = aez_get_u8(in);
    if (in->failed || net->n_taps > AEZ_MAX_TAPS || net->axes >> grid->n_dims ||
        net->level_centre >= AEZ_LEVELS || n_hidden < 1 || n_hidden >= AEZ_NET_LAYERS_MAX)
        return AEZ_ERR_CORRUPT;
    st = get_layers(net, mem, n_hidden, bias_shifts, in);
    if (st >= 0)
        st = aez_symbols_unpack(mem, in, n_numbers(net), &v, &n);
    if (st >= 0 && (n != n_numbers(net) || !set_numbers(net, v, bias_shifts)))
        st = AEZ_ERR_CORRUPT;
    if (st >= 0)
        st = aez_net_pack(net, mem);
    aez_drop(mem, v);
    if (st < 0)
        aez_net_free(net, mem);
    return st;
}
