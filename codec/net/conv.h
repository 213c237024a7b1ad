/* conv.h - integer convolutions: stride 1, odd windows, zeros around. */
#ifndef AEZ_NET_CONV_H
#define AEZ_NET_CONV_H

#include "net.h"

typedef struct aez_conv {
    const aez_layer *layer; /* n_in = in.c * kh * kw, n_out = channels of the result; proven */
    aez_extent       in;
    uint32_t         kh, kw; /* odd */
    const int16_t   *packed; /* what aez_conv_pack made; NULL: the slower way */
} aez_conv;

/* How many values aez_conv_pack writes; 0: this one has to go the slower way. */
size_t aez_conv_packed(const aez_conv *conv);
void   aez_conv_pack(const aez_conv *conv, int16_t *packed);
/* Bytes of scratch for one item, at most 2 MiB. */
size_t aez_conv_scratch_bytes(const aez_conv *conv);
/* As aez_layer_run and aez_layer_add, for one item: x is [c_in][h][w], y [c_out][h][w]. */
void aez_conv_run(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                  void *scratch, int16_t *y);
void aez_conv_add(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                  unsigned frac, void *scratch, int64_t *y);

#endif
