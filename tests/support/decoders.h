/* decoders.h - integer decoders with random operations and numbers, and the definition of their hat
 * once more, one value at a time. */
#ifndef AEZ_TESTS_DECODERS_H
#define AEZ_TESTS_DECODERS_H

#include "codec/autoencoder/autoencoder.h"
#include "codec/net/curve.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static uint32_t decoders_state = 7;

static inline int random_in(int least, int most)
{
    decoders_state = decoders_state * 1664525 + 1013904223;
    return least + (int)((decoders_state >> 8) % (uint32_t)(most - least + 1));
}

/* Weights within +-most; a shift that brings sums to about 2^bits. */
static inline void fill_layer(aez_layer *l, int most, int bits)
{
    for (size_t i = 0; i < (size_t)l->n_in * l->n_out; i++)
        l->weight[i] = (int16_t)random_in(-most, most);
    for (size_t o = 0; o < l->n_out; o++)
        l->bias[o] = random_in(-5000, 5000);
    l->shift = 0;
    for (int64_t sum = (int64_t)most * 30 * l->n_in; sum >> bits > 1; sum /= 2)
        l->shift++;
    aez_layer_prove(l);
}

static inline void fill_statistics(aez_autoencoder *ae)
{
    for (size_t j = 0; j < ae->n_offsets; j++)
        ae->offset[j] = random_in(-1000, 1000) / 8.0;
    for (size_t j = 0; j < ae->n_scales; j++)
        ae->scale[j] = random_in(0, 1000) / 16.0;
    ae->frac = (unsigned)random_in(0, AEZ_HAT_FRAC_MAX);
}

static inline void add_op(aez_autoencoder *ae, aez_op op, int most)
{
    aez_op *made;
    cr_assert_eq(aez_autoencoder_add(ae, &op), AEZ_OK);
    made = &ae->op[ae->n_ops - 1];
    if (op.kind > AEZ_OP_CONV)
        return;
    made->layer.activation = (unsigned)random_in(0, AEZ_ACTIVATION_MAX);
    fill_layer(&made->layer, most, 15);
}

static inline void add_random_op(aez_autoencoder *ae, aez_extent in, int most)
{
    static const aez_op_kind kinds[5] = {AEZ_OP_DENSE, AEZ_OP_CONV, AEZ_OP_CONV, AEZ_OP_UP,
                                         AEZ_OP_SHAPE};
    aez_op   op = {.kind = kinds[random_in(0, 4)]};
    size_t   n = aez_extent_size(in);
    op.kh = (uint32_t)(op.kind == AEZ_OP_UP ? random_in(1, 3) : 2 * random_in(0, 2) + 1);
    op.kw = (uint32_t)(op.kind == AEZ_OP_UP ? random_in(1, 3) : 2 * random_in(0, 2) + 1);
    op.out.c = (uint32_t)random_in(1, op.kind == AEZ_OP_CONV ? 5 : 40);
    if (op.kind == AEZ_OP_UP && n > 500)
        op.kh = op.kw = 1;
    if (op.kind == AEZ_OP_SHAPE) {
        op.out = (aez_extent){1, 1, (uint32_t)n};
        for (uint32_t d = 2; d < 8; d++)
            if (op.out.w % d == 0 && random_in(0, 1)) {
                op.out.w /= d;
                *(random_in(0, 1) ? &op.out.c : &op.out.h) *= d;
            }
    }
    add_op(ae, op, most);
}

/* n_ops operations, the last one dense or a convolution, after three latents. The features are what
 * comes out, so the chain is made twice: with room first, then as it shall be. */
static inline void make_decoder(aez_autoencoder *ae, const aez_mem *mem, unsigned n_ops,
                                int has_linear, int per_feature, int most)
{
    uint32_t seed = decoders_state, n_features = 7;
    for (int turn = 0; turn < 2; turn++) {
        aez_autoencoder_init(ae, mem);
        cr_assert_eq(aez_autoencoder_begin(ae, n_features, 3, per_feature & 1 ? n_features : 1,
                                           per_feature & 2 ? n_features : 1, has_linear), AEZ_OK);
        decoders_state = seed;
        for (unsigned i = 0; i < n_ops; i++) {
            aez_extent in = i ? ae->op[i - 1].out : (aez_extent){3, 1, 1};
            if (i + 1 < n_ops)
                add_random_op(ae, in, most);
            else if (random_in(0, 1))
                add_op(ae, (aez_op){AEZ_OP_DENSE, .out = {7, 1, 1}}, most);
            else
                add_op(ae, (aez_op){AEZ_OP_CONV, .out = {2, 1, 1}, .kh = 3, .kw = 5}, most);
            n_features = (uint32_t)aez_extent_size(ae->op[i].out);
        }
        if (turn == 0)
            aez_autoencoder_free(ae);
    }
    if (has_linear)
        fill_layer(&ae->linear, most, 15);
    fill_statistics(ae);
    cr_assert_eq(aez_autoencoder_check(ae), AEZ_OK);
}

/* ---- the definition, in another way ---------------------------------------------------------- */

static inline int64_t between(int64_t v, int64_t least, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

static inline int64_t floor_div(int64_t a, int64_t b) /* b > 0 */
{
    return a / b - (a % b < 0);
}

static inline int64_t plain_round(int64_t a, int shift)
{
    return shift > 0 ? floor_div(a + (INT64_C(1) << (shift - 1)), INT64_C(1) << shift)
                     : a * (INT64_C(1) << -shift);
}

static inline int64_t plain_value(const aez_layer *l, size_t o, int64_t sum, int is_last,
                                  unsigned frac)
{
    int64_t t = plain_round(sum, l->shift) + l->bias[o];
    if (l->activation == AEZ_TANH || l->activation == AEZ_SIGMOID) {
        t = aez_curve(l->activation, t);
        return is_last ? plain_round(t, 14 - (int)frac) : t;
    }
    if (t < 0 && l->activation != AEZ_LINEAR)
        t = l->activation == AEZ_RELU ? 0 : floor_div(t, 8);
    return is_last ? t : between(floor_div(t + 4, 8), -32768, 32767);
}

/* What a convolution sums up at one place of channel o. */
static inline int64_t plain_window(const aez_op *op, const int64_t *x, size_t o, int at_y, int at_x)
{
    const int16_t *w = op->layer.weight + o * op->layer.n_in;
    int64_t        sum = 0;
    int            kh = (int)op->kh, kw = (int)op->kw, h = (int)op->in.h, width = (int)op->in.w;
    for (int c = 0; c < (int)op->in.c; c++)
        for (int i = 0; i < kh; i++)
            for (int j = 0; j < kw; j++) {
                int y = at_y + i - kh / 2, z = at_x + j - kw / 2;
                if (y >= 0 && y < h && z >= 0 && z < width)
                    sum += x[(c * h + y) * width + z] * w[(c * kh + i) * kw + j];
            }
    return sum;
}

static inline void plain_op(const aez_op *op, const int64_t *x, int64_t *y, int is_last,
                            unsigned frac)
{
    size_t n = aez_extent_size(op->out), h = op->out.h, w = op->out.w;
    for (size_t at = 0; at < n; at++) {
        size_t  c = at / (h * w), row = at / w % h, col = at % w;
        int64_t sum = 0;
        switch (op->kind) {
        case AEZ_OP_DENSE:
            for (size_t i = 0; i < op->layer.n_in; i++)
                sum += x[i] * op->layer.weight[c * op->layer.n_in + i];
            y[at] = plain_value(&op->layer, c, sum, is_last, frac);
            break;
        case AEZ_OP_CONV:
            sum = plain_window(op, x, c, (int)row, (int)col);
            y[at] = plain_value(&op->layer, c, sum, is_last, frac);
            break;
        case AEZ_OP_UP:
            y[at] = x[(c * op->in.h + row / op->kh) * op->in.w + col / op->kw];
            break;
        default:
            y[at] = x[at];
        }
    }
}

static inline void plain_hat(const aez_autoencoder *ae, const int32_t *latents, int32_t *hat)
{
    size_t   most = ae->n_features > ae->n_latent ? ae->n_features : ae->n_latent;
    int64_t *x, *y, *q, *t;
    for (uint32_t i = 0; i < ae->n_ops; i++)
        most = aez_extent_size(ae->op[i].out) > most ? aez_extent_size(ae->op[i].out) : most;
    x = calloc(most, sizeof *x);
    y = calloc(most, sizeof *y);
    q = calloc(most, sizeof *q);
    for (size_t l = 0; l < ae->n_latent; l++)
        x[l] = q[l] = between(latents[l], -32767, 32767);
    for (uint32_t i = 0; i < ae->n_ops; i++) {
        plain_op(&ae->op[i], x, y, i + 1 == ae->n_ops, ae->frac);
        t = x, x = y, y = t;
    }
    for (size_t j = 0; j < ae->n_features; j++) {
        int64_t v = ae->n_ops ? x[j] : 0, sum = 0;
        for (size_t l = 0; ae->has_linear && l < ae->n_latent; l++)
            sum += q[l] * ae->linear.weight[j * ae->n_latent + l];
        if (ae->has_linear)
            v += plain_round(sum, ae->linear.shift) + ae->linear.bias[j];
        hat[j] = (int32_t)between(v, INT32_MIN, INT32_MAX);
    }
    free(x);
    free(y);
    free(q);
}

#endif
