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

const aez_kernels aez_kernels_ref = {"ref", dense_32, dense_64, small};
