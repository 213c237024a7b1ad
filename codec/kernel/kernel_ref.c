/* kernel_ref.c - the definition of every kernel, in plain C. */
#include "kernel.h"

static void dense_32(const int16_t *w, const int16_t *x, size_t n_in, size_t n_out, size_t n_rows,
                     int32_t *y)
{
    for (size_t r = 0; r < n_rows; r++)
        for (size_t o = 0; o < n_out; o++) {
            int32_t sum = 0;
            for (size_t i = 0; i < n_in; i++)
                sum += (int32_t)w[o * n_in + i] * x[r * n_in + i];
            y[r * n_out + o] = sum;
        }
}

static void dense_64(const int16_t *w, const int16_t *x, size_t n_in, size_t n_out, size_t n_rows,
                     int64_t *y)
{
    for (size_t r = 0; r < n_rows; r++)
        for (size_t o = 0; o < n_out; o++) {
            int64_t sum = 0;
            for (size_t i = 0; i < n_in; i++)
                sum += (int32_t)w[o * n_in + i] * x[r * n_in + i];
            y[r * n_out + o] = sum;
        }
}

static int16_t finish(const aez_small_layer *l, int32_t sum, int32_t bias)
{
    int32_t half = l->shift ? (int32_t)1 << (l->shift - 1) : 0, t = ((sum + half) >> l->shift) + bias;
    if (l->leaky && t < 0)
        t >>= 3;
    t = (t + 4) >> 3;
    return (int16_t)(t > INT16_MAX ? INT16_MAX : t < INT16_MIN ? INT16_MIN : t);
}

static void small(const aez_small_layer *l, const int16_t *x, size_t n_rows, int16_t *y)
{
    for (size_t r = 0; r < n_rows; r++, x += 2 * l->n_pairs, y += l->n_out)
        for (size_t o = 0; o < l->n_out; o++) {
            int32_t sum = 0;
            for (size_t i = 0; i < 2 * l->n_pairs; i++)
                sum += (int32_t)l->weight[(i / 2 * l->n_out + o) * 2 + i % 2] * x[i];
            y[o] = finish(l, sum, l->bias[o]);
        }
}

static int32_t window(const aez_window_layout *l, const int16_t *w, const int16_t *x)
{
    int32_t sum = 0;
    for (size_t c = 0; c < l->n_pairs; c++)
        for (size_t k = 0; k < l->kh; k++)
            for (size_t j = 0; j < 2 * l->kw; j++)
                sum += (int32_t)w[(c * l->kh + k) * 2 * l->kw + j] *
                       x[2 * (c * l->plane + k * l->line) + j];
    return sum;
}

static void windows(const aez_window_layout *l, const int16_t *w, const int16_t *x, size_t n_out,
                    int32_t *y)
{
    size_t n_weights = 2 * l->n_pairs * l->kh * l->kw;
    for (size_t o = 0; o < n_out; o++)
        for (size_t p = 0; p < l->n; p++)
            y[o * l->n + p] = window(l, w + o * n_weights, x + 2 * p);
}

static void finish_all(const int32_t *sum, size_t n, int shift, int32_t bias, unsigned bend,
                       int16_t *y)
{
    for (size_t i = 0; i < n; i++) {
        int32_t t = ((sum[i] + ((int32_t)1 << (shift - 1))) >> shift) + bias;
        if (t < 0 && bend)
            t = bend == 1 ? 0 : t >> 3;
        t = (t + 4) >> 3;
        y[i] = (int16_t)(t > INT16_MAX ? INT16_MAX : t < INT16_MIN ? INT16_MIN : t);
    }
}

const aez_kernels aez_kernels_ref = {"ref", dense_32, dense_64, small, windows, finish_all};
