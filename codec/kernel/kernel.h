/* kernel.h - inner loops of the integer nets: a portable definition, faster variants, one table.
 *
 * A kernel is a pure loop: no allocation, no check, no failure; the caller meets the conditions.
 * All variants give the same bits, because sums of integers that cannot overflow do not depend on
 * their order. */
#ifndef AEZ_KERNEL_KERNEL_H
#define AEZ_KERNEL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define AEZ_KERNELS_MAX 4 /* variants in one build */

/* A whole small layer laid out for the kernels: weights in pairs of inputs, outputs side by side, so
 * that a vector holds eight outputs. Widths are rounded up; what is added has weight and bias 0. */
typedef struct aez_small_layer {
    size_t         n_pairs;  /* of inputs: a row of x has 2 * n_pairs values */
    size_t         n_out;    /* a multiple of 8, as long as a row of y */
    int            shift;    /* 0 .. AEZ_SMALL_SHIFT_MAX */
    int            leaky;    /* slope 1/8 below zero, else linear */
    const int16_t *weight;   /* [n_pairs][n_out][2], -127 .. 127 */
    const int32_t *bias;     /* [n_out], within +-AEZ_SMALL_BIAS_MAX */
} aez_small_layer;

#define AEZ_SMALL_WIDTH_MAX 256 /* of input and output */
#define AEZ_SMALL_SHIFT_MAX 15
#define AEZ_SMALL_BIAS_MAX (1 << 29)

/* A convolution laid out for the kernels: channels in pairs, and lines so long that windows never
 * leave them. Line k and column m of the window of place p lie, of channel pair c, at
 * x + 2 * (c * plane + p + k * line + m). */
typedef struct aez_window_layout {
    size_t n_pairs, kh, kw; /* of channels; of a window */
    size_t line, plane;     /* places of a line, of a channel pair */
    size_t n;               /* places wanted, a multiple of 8 */
} aez_window_layout;

typedef struct aez_kernels {
    const char *name; /* "ref", "avx2", ... */
    /* y[r][o] = sum over i of w[o][i] * x[r][i]; w is [n_out][n_in], x [n_rows][n_in], y
     * [n_rows][n_out], rows without gaps, no alignment asked for. No weight is -32768.
     *
     * dense_32: the sum over i of |w[o][i]| is at most AEZ_DENSE_32_MAX for each o. Any partial sum
     * is then at most 65535 * 32768 < 2^31 in magnitude. */
    void (*dense_32)(const int16_t *w, const int16_t *x, size_t n_in, size_t n_out, size_t n_rows,
                     int32_t *y);
    /* dense_64: any weights but -32768; n_in below 2^32, so sums stay below 2^62. */
    void (*dense_64)(const int16_t *w, const int16_t *x, size_t n_in, size_t n_out, size_t n_rows,
                     int64_t *y);
    /* y[r][o] = clamp16((act(t) + 4) >> 3), t = ((sum + half) >> shift) + bias[o], half = 2^(shift -
     * 1) or 0; act(t) is t, or t >> 3 for t < 0 of a leaky layer. A sum is at most 256 * 127 *
     * 32768 < 2^30 in magnitude, so t stays below 2^31. */
    void (*small)(const aez_small_layer *layer, const int16_t *x, size_t n_rows, int16_t *y);
    /* y[o][p] = sum of w[o][c][k][m][j] * x[c][p + k * line + m][j] over channel pairs c, windows
     * k, m and j of the pair, for o < n_out and p < n. Of each o the magnitudes of w add up to at most
     * AEZ_DENSE_32_MAX, and none is -32768. */
    void (*windows)(const aez_window_layout *layout, const int16_t *w, const int16_t *x,
                    size_t n_out, int32_t *y);
    /* y[i] = clamp16((act(t) + 4) >> 3), t = ((sum[i] + half) >> shift) + bias, half = 2^(shift -
     * 1); for t < 0 act(t) is t, 0 or t >> 3, for bend 0, 1, 2. shift is 1 .. 15, bias within
     * +-AEZ_SMALL_BIAS_MAX, sums within +-65535 * 32768: a sum with its half is below 2^31, t below
     * 2^30 + 2^29 + 1. */
    void (*finish)(const int32_t *sum, size_t n, int shift, int32_t bias, unsigned bend,
                   int16_t *y);
} aez_kernels;

#define AEZ_DENSE_32_MAX 65535
#define AEZ_FINISH_SHIFT_MAX 15

/* Writes the variants that this CPU can run, portable one first, best last; returns how many. */
size_t aez_kernels_usable(const aez_kernels **list, size_t max);
/* The variant of that name, or the best one for NULL; NULL when it is unknown or not usable. */
const aez_kernels *aez_kernels_pick(const char *want);

extern const aez_kernels aez_kernels_ref;
#if defined(__x86_64__) && defined(__GNUC__)
#define AEZ_KERNELS_X86 1
extern const aez_kernels aez_kernels_avx2;
#endif

#endif
