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

const aez_kernels aez_kernels_ref = {"ref", dense_32, dense_64};
