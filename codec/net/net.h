/* net.h - integer forward pass of layers: int16 in, exact sums, written rounding. */
#ifndef AEZ_NET_NET_H
#define AEZ_NET_NET_H

#include "../base/mem.h"
#include "../kernel/kernel.h"

#define AEZ_LAYER_WIDTH_MAX 4096  /* channels of a convolution; latents */
#define AEZ_FAN_IN_MAX 65536      /* inputs of a sum */
#define AEZ_TENSOR_MAX (1u << 20) /* values of a tensor, outputs of a layer */
#define AEZ_LAYER_SHIFT_MIN (-16)
#define AEZ_LAYER_SHIFT_MAX 46
#define AEZ_LAYER_GUARD 3 /* fractional bits more than the output has, before the activation */

typedef enum aez_activation { /* numbers are those of the file format */
    AEZ_LINEAR = 0,
    AEZ_RELU = 1,
    AEZ_LEAKY = 2, /* slope 1/8 below zero */
    AEZ_TANH = 3,  /* these two: curve.h */
    AEZ_SIGMOID = 4
} aez_activation;
#define AEZ_ACTIVATION_MAX AEZ_SIGMOID

/* Of a convolution: n_in is the fan-in c_in * kh * kw, n_out the channels, and each channel has one
 * bias; weight is [c_out][c_in][kh][kw]. */
typedef struct aez_layer {
    uint32_t n_in;  /* 1 .. AEZ_FAN_IN_MAX */
    uint32_t n_out; /* 1 .. AEZ_TENSOR_MAX; of a convolution at most AEZ_LAYER_WIDTH_MAX */
    unsigned activation;
    int      shift;  /* of the sums, AEZ_LAYER_SHIFT_MIN .. AEZ_LAYER_SHIFT_MAX */
    int      wide;   /* set by aez_layer_prove: sums need 64 bits */
    int16_t *weight; /* [n_out][n_in], -32767 .. 32767 */
    int32_t *bias;   /* [n_out], in units of the shifted sum; NULL: none */
} aez_layer;

/* A tensor is [c][h][w]; a vector is [n][1][1]. */
typedef struct aez_extent {
    uint32_t c, h, w;
} aez_extent;

static inline size_t aez_extent_size(aez_extent e)
{
    return (size_t)e.c * e.h * e.w;
}

/* a * 2^-shift, rounded to nearest, halves up. The sums here are at most 2^16 * 32767 * 32768 in
 * magnitude: a shift of -16 stays below 2^62, and adding half of 2^46 cannot overflow. */
static inline int64_t aez_round_shift(int64_t a, int shift)
{
    if (shift > 0)
        return (a + ((int64_t)1 << (shift - 1))) >> shift;
    return a * ((int64_t)1 << -shift);
}

/* Allocates weights, and bias if asked for; AEZ_ERR_NOMEM. Widths are the caller's to check. */
aez_status aez_layer_init(aez_layer *layer, const aez_mem *mem, uint32_t n_in, uint32_t n_out,
                          int with_bias);
void       aez_layer_free(aez_layer *layer, const aez_mem *mem);
/* Finds from the weights whether 32-bit sums are proven to be enough; call after weights change. */
void aez_layer_prove(aez_layer *layer);
/* Bytes of scratch that n_rows need. */
size_t aez_layer_scratch(const aez_layer *layer, size_t n_rows);

/* t = round_shift(sum, shift) + bias[o]. A hidden layer gives
 *
 *   linear, relu, leaky: clamp16(floor((act(t) + 4) / 8)); act is t, or for t < 0: 0 (RELU),
 *                        floor(t / 8) (LEAKY): t has AEZ_LAYER_GUARD bits more than the output
 *   tanh, sigmoid:       the curve at t in units of 2^-AEZ_CURVE_IN, in units of 2^-AEZ_CURVE_OUT
 *
 * and the last layer adds to y, in units of 2^-frac: act(t), without guard bits and clamping, or
 * the curve's value, round_shifted by AEZ_CURVE_OUT - frac. */
void aez_layer_run(const aez_layer *layer, const aez_kernels *kernels, const int16_t *x,
                   size_t n_rows, void *scratch, int16_t *y);
void aez_layer_add(const aez_layer *layer, const aez_kernels *kernels, const int16_t *x,
                   size_t n_rows, unsigned frac, void *scratch, int64_t *y);

/* A layer laid out for the fused kernel: for small nets that run at every value. */
typedef struct aez_packed_layer {
    aez_small_layer layout;
    int16_t        *weight; /* owned */
    int32_t        *bias;
} aez_packed_layer;

/* Whether the layer meets the conditions of the fused kernel (kernel.h): widths, shift, weights
 * within int8, biases, activation linear or leaky. */
int        aez_layer_is_small(const aez_layer *layer);
/* Lays a small layer out; aez_layer_run gives the same numbers. NOMEM. */
aez_status aez_layer_pack(aez_packed_layer *packed, const aez_mem *mem, const aez_layer *layer);
void       aez_packed_free(aez_packed_layer *packed, const aez_mem *mem);

#endif
