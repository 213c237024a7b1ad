/* conv.c - integer convolutions: windows laid out one after another, then the kernel of dense layers. */
#include "conv.h"

#include "activate.h"

#include <string.h>

#define WINDOW_VALUES 131072 /* of windows laid out at a time: 256 KiB */
#define SUM_VALUES 65536     /* of sums: 512 KiB */

/* Sites whose windows are worked on at a time; at least 1, as a fan-in is at most 2^16. */
static size_t block_sites(const aez_conv *conv)
{
    size_t n = WINDOW_VALUES / conv->layer->n_in, most = SUM_VALUES / conv->layer->n_out;
    size_t n_sites = (size_t)conv->in.h * conv->in.w;
    n = n < most ? n : most;
    return n < n_sites ? n : n_sites;
}

size_t aez_conv_scratch(const aez_conv *conv)
{
    size_t n = block_sites(conv);
    return n * conv->layer->n_out * sizeof(int64_t) + n * conv->layer->n_in * sizeof(int16_t);
}

/* One row of a window: kw values around column `at` of a line of w, or zeros where there is none. */
static int16_t *put_line(const int16_t *line, size_t w, size_t at, size_t kw, int16_t *out)
{
    size_t half = kw / 2;
    if (at >= half && at + half < w) {
        for (size_t k = 0; k < kw; k++)
            out[k] = line[at - half + k];
        return out + kw;
    }
    for (size_t k = 0; k < kw; k++) /* below 0 wraps to far beyond w */
        out[k] = at + k - half < w ? line[at + k - half] : 0;
    return out + kw;
}

/* The windows [n][c_in][kh][kw] of sites first .. first + n. */
static void lay_out(const aez_conv *conv, const int16_t *x, size_t first, size_t n, int16_t *out)
{
    size_t h = conv->in.h, w = conv->in.w, half = conv->kh / 2;
    for (size_t site = first; site < first + n; site++) {
        size_t row = site / w, at = site % w;
        for (size_t c = 0; c < conv->in.c; c++)
            for (size_t k = 0; k < conv->kh; k++) {
                size_t from = row + k - half; /* below 0 wraps */
                if (from < h) {
                    out = put_line(x + (c * h + from) * w, w, at, conv->kw, out);
                } else {
                    memset(out, 0, conv->kw * sizeof *out);
                    out += conv->kw;
                }
            }
    }
}

/* Sums [c_out][n] of sites first .. first + n. The kernel takes windows for weights and weights for
 * rows: products commute, and what it asks of weights (no -32768, magnitudes that add up to little)
 * it needs of one factor only. */
static void sums(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x, size_t first,
                 size_t n, void *scratch)
{
    const aez_layer *l = conv->layer;
    int16_t *windows = (int16_t *)((char *)scratch + n * l->n_out * sizeof(int64_t));
    lay_out(conv, x, first, n, windows);
    if (l->wide)
        kernels->dense_64(windows, l->weight, l->n_in, n, l->n_out, scratch);
    else
        kernels->dense_32(windows, l->weight, l->n_in, n, l->n_out, scratch);
}

static inline int64_t sum_at(const aez_layer *layer, const void *scratch, size_t at)
{
    return layer->wide ? ((const int64_t *)scratch)[at] : ((const int32_t *)scratch)[at];
}

void aez_conv_run(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                  void *scratch, int16_t *y)
{
    const aez_layer *l = conv->layer;
    size_t           n_sites = (size_t)conv->in.h * conv->in.w, most = block_sites(conv);
    for (size_t first = 0, n; first < n_sites; first += n) {
        n = n_sites - first < most ? n_sites - first : most;
        sums(conv, kernels, x, first, n, scratch);
        for (size_t c = 0; c < l->n_out; c++)
            for (size_t i = 0; i < n; i++)
                y[c * n_sites + first + i] =
                    aez_hidden_value(l, c, sum_at(l, scratch, c * n + i));
    }
}

void aez_conv_add(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                  unsigned frac, void *scratch, int64_t *y)
{
    const aez_layer *l = conv->layer;
    size_t           n_sites = (size_t)conv->in.h * conv->in.w, most = block_sites(conv);
    for (size_t first = 0, n; first < n_sites; first += n) {
        n = n_sites - first < most ? n_sites - first : most;
        sums(conv, kernels, x, first, n, scratch);
        for (size_t c = 0; c < l->n_out; c++)
            for (size_t i = 0; i < n; i++)
                y[c * n_sites + first + i] +=
                    aez_last_value(l, c, sum_at(l, scratch, c * n + i), frac);
    }
}
