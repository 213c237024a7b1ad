/* net.c - integer forward pass of dense layers. */
#include "net.h"

#include "activate.h"

#include <string.h>

aez_status aez_layer_init(aez_layer *layer, const aez_mem *mem, uint32_t n_in, uint32_t n_out,
                          int with_bias)
{
    memset(layer, 0, sizeof *layer);
    layer->n_in = n_in;
    layer->n_out = n_out;
    layer->weight = aez_take(mem, (size_t)n_in * n_out, sizeof *layer->weight);
    if (with_bias)
        layer->bias = aez_take(mem, n_out, sizeof *layer->bias);
    if (layer->weight && (layer->bias || !with_bias))
        return AEZ_OK;
    aez_layer_free(layer, mem);
    return AEZ_ERR_NOMEM;
}

void aez_layer_free(aez_layer *layer, const aez_mem *mem)
{
    aez_drop(mem, layer->weight);
    aez_drop(mem, layer->bias);
    layer->weight = NULL;
    layer->bias = NULL;
}

void aez_layer_prove(aez_layer *layer)
{
    layer->wide = 0;
    for (size_t o = 0; o < layer->n_out; o++) {
        const int16_t *w = layer->weight + o * layer->n_in;
        int32_t        sum = 0; /* 65536 * 32767 fits */
        for (size_t i = 0; i < layer->n_in; i++)
            sum += w[i] < 0 ? -w[i] : w[i];
        if (sum > AEZ_DENSE_32_MAX)
            layer->wide = 1;
    }
}

#define PIECE 4096 /* outputs at a time, so that scratch stays small in wide layers */

static size_t piece_of(const aez_layer *layer)
{
    return layer->n_out < PIECE ? layer->n_out : PIECE;
}

size_t aez_layer_scratch(const aez_layer *layer, size_t n_rows)
{
    return n_rows * piece_of(layer) * sizeof(int64_t);
}

/* Sums [n_rows][n] of outputs first .. first + n into scratch, as int32 or int64. */
static void sums(const aez_layer *layer, const aez_kernels *kernels, const int16_t *x,
                 size_t n_rows, size_t first, size_t n, void *scratch)
{
    const int16_t *w = layer->weight + first * layer->n_in;
    if (layer->wide)
        kernels->dense_64(w, x, layer->n_in, n, n_rows, scratch);
    else
        kernels->dense_32(w, x, layer->n_in, n, n_rows, scratch);
}

static inline int64_t sum_at(const aez_layer *layer, const void *scratch, size_t at)
{
    return layer->wide ? ((const int64_t *)scratch)[at] : ((const int32_t *)scratch)[at];
}

void aez_layer_run(const aez_layer *layer, const aez_kernels *kernels, const int16_t *x,
                   size_t n_rows, void *scratch, int16_t *y)
{
    size_t n_out = layer->n_out, most = piece_of(layer);
    for (size_t first = 0, n; first < n_out; first += n) {
        n = n_out - first < most ? n_out - first : most;
        sums(layer, kernels, x, n_rows, first, n, scratch);
        for (size_t r = 0; r < n_rows; r++)
            for (size_t o = 0; o < n; o++)
                y[r * n_out + first + o] =
                    aez_hidden_value(layer, first + o, sum_at(layer, scratch, r * n + o));
    }
}

void aez_layer_add(const aez_layer *layer, const aez_kernels *kernels, const int16_t *x,
                   size_t n_rows, unsigned frac, void *scratch, int64_t *y)
{
    size_t n_out = layer->n_out, most = piece_of(layer);
    for (size_t first = 0, n; first < n_out; first += n) {
        n = n_out - first < most ? n_out - first : most;
        sums(layer, kernels, x, n_rows, first, n, scratch);
        for (size_t r = 0; r < n_rows; r++)
            for (size_t o = 0; o < n; o++)
                y[r * n_out + first + o] +=
                    aez_last_value(layer, first + o, sum_at(layer, scratch, r * n + o), frac);
    }
}

int aez_layer_is_small(const aez_layer *layer)
{
    if (layer->n_in < 1 || layer->n_in > AEZ_SMALL_WIDTH_MAX || layer->n_out < 1 ||
        layer->n_out > AEZ_SMALL_WIDTH_MAX || layer->shift < 0 ||
        layer->shift > AEZ_SMALL_SHIFT_MAX ||
        (layer->activation != AEZ_LINEAR && layer->activation != AEZ_LEAKY))
        return 0;
    for (size_t i = 0; i < (size_t)layer->n_in * layer->n_out; i++) {
        if (layer->weight[i] < -127 || layer->weight[i] > 127)
            return 0;
    }
    for (size_t o = 0; layer->bias && o < layer->n_out; o++) {
        if (layer->bias[o] < -AEZ_SMALL_BIAS_MAX || layer->bias[o] > AEZ_SMALL_BIAS_MAX)
            return 0;
    }
    return 1;
}

aez_status aez_layer_pack(aez_packed_layer *p, const aez_mem *mem, const aez_layer *layer)
{
    /* inputs are what another packed layer gives: padded to a multiple of 8 as well */
    size_t n_pairs = ((size_t)layer->n_in + 7) / 8 * 4, n_out = ((size_t)layer->n_out + 7) / 8 * 8;
    memset(p, 0, sizeof *p);
    p->weight = aez_take(mem, n_pairs * n_out * 2, sizeof *p->weight);
    p->bias = aez_take(mem, n_out, sizeof *p->bias);
    if (!p->weight || !p->bias) {
        aez_packed_free(p, mem);
        return AEZ_ERR_NOMEM;
    }
    for (size_t o = 0; o < layer->n_out; o++) {
        for (size_t i = 0; i < layer->n_in; i++)
            p->weight[(i / 2 * n_out + o) * 2 + i % 2] = layer->weight[o * layer->n_in + i];
        p->bias[o] = layer->bias ? layer->bias[o] : 0;
    }
    p->layout = (aez_small_layer){n_pairs, n_out, layer->shift, layer->activation == AEZ_LEAKY,
                                  p->weight, p->bias};
    return AEZ_OK;
}

void aez_packed_free(aez_packed_layer *p, const aez_mem *mem)
{
    aez_drop(mem, p->weight);
    aez_drop(mem, p->bias);
    memset(p, 0, sizeof *p);
}
