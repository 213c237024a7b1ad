/* kernel_x86.c - AVX2 variants, chosen at run time: built without any -m flag. */
#include "kernel.h"

#ifdef AEZ_KERNELS_X86

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

static inline AVX2 __m256i load(const int16_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* Four vectors of eight partial sums to four sums. */
static inline AVX2 __m128i add_up_32(__m256i a, __m256i b, __m256i c, __m256i d)
{
    __m256i ab = _mm256_hadd_epi32(a, b), cd = _mm256_hadd_epi32(c, d);
    __m256i t = _mm256_hadd_epi32(ab, cd);
    return _mm_add_epi32(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1));
}

/* Lanes of the pairs that are left, 0 .. 7 of them. */
static inline AVX2 __m256i tail_mask(size_t n_pairs)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n_pairs),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline AVX2 __m256i load_tail(const int16_t *p, __m256i mask)
{
    return _mm256_maskload_epi32((const int *)(const void *)p, mask);
}

/* Four rows of w against one x. A pair product sum is at most 2 * 32767 * 32768 < 2^31, as no
 * weight is -32768, so madd never wraps; the condition of dense_32 bounds what is summed up. */
static AVX2 void dot4_32(const int16_t *w, const int16_t *x, size_t n, int32_t *y)
{
    const int16_t *w0 = w, *w1 = w + n, *w2 = w + 2 * n, *w3 = w + 3 * n;
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    int32_t sums[4];
    size_t  i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i v = load(x + i);
        a = _mm256_add_epi32(a, _mm256_madd_epi16(v, load(w0 + i)));
        b = _mm256_add_epi32(b, _mm256_madd_epi16(v, load(w1 + i)));
        c = _mm256_add_epi32(c, _mm256_madd_epi16(v, load(w2 + i)));
        d = _mm256_add_epi32(d, _mm256_madd_epi16(v, load(w3 + i)));
    }
    if (i + 2 <= n) {
        __m256i mask = tail_mask((n - i) / 2), v = load_tail(x + i, mask);
        a = _mm256_add_epi32(a, _mm256_madd_epi16(v, load_tail(w0 + i, mask)));
        b = _mm256_add_epi32(b, _mm256_madd_epi16(v, load_tail(w1 + i, mask)));
        c = _mm256_add_epi32(c, _mm256_madd_epi16(v, load_tail(w2 + i, mask)));
        d = _mm256_add_epi32(d, _mm256_madd_epi16(v, load_tail(w3 + i, mask)));
        i += (n - i) / 2 * 2;
    }
    _mm_storeu_si128((__m128i *)(void *)sums, add_up_32(a, b, c, d));
    for (; i < n; i++) {
        sums[0] += (int32_t)w0[i] * x[i];
        sums[1] += (int32_t)w1[i] * x[i];
        sums[2] += (int32_t)w2[i] * x[i];
        sums[3] += (int32_t)w3[i] * x[i];
    }
    for (size_t k = 0; k < 4; k++)
        y[k] = sums[k];
}

static AVX2 int32_t dot_32(const int16_t *w, const int16_t *x, size_t n)
{
    __m256i a = _mm256_setzero_si256();
    int32_t sum;
    size_t  i = 0;
    for (; i + 16 <= n; i += 16)
        a = _mm256_add_epi32(a, _mm256_madd_epi16(load(x + i), load(w + i)));
    sum = _mm_cvtsi128_si32(add_up_32(a, _mm256_setzero_si256(), _mm256_setzero_si256(),
                                      _mm256_setzero_si256()));
    for (; i < n; i++)
        sum += (int32_t)w[i] * x[i];
    return sum;
}

static AVX2 int64_t dot_64(const int16_t *w, const int16_t *x, size_t n)
{
    __m256i a = _mm256_setzero_si256();
    int64_t parts[4], sum;
    size_t  i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i p = _mm256_madd_epi16(load(x + i), load(w + i));
        a = _mm256_add_epi64(a, _mm256_cvtepi32_epi64(_mm256_castsi256_si128(p)));
        a = _mm256_add_epi64(a, _mm256_cvtepi32_epi64(_mm256_extracti128_si256(p, 1)));
    }
    _mm256_storeu_si256((__m256i *)(void *)parts, a);
    sum = parts[0] + parts[1] + parts[2] + parts[3];
    for (; i < n; i++)
        sum += (int32_t)w[i] * x[i];
    return sum;
}

/* Rows inside, so that four rows of w stay in the first cache. */
static AVX2 void dense_32(const int16_t *w, const int16_t *x, size_t n_in, size_t n_out,
                          size_t n_rows, int32_t *y)
{
    size_t o = 0;
    for (; o + 4 <= n_out; o += 4)
        for (size_t r = 0; r < n_rows; r++)
            dot4_32(w + o * n_in, x + r * n_in, n_in, y + r * n_out + o);
    for (; o < n_out; o++)
        for (size_t r = 0; r < n_rows; r++)
            y[r * n_out + o] = dot_32(w + o * n_in, x + r * n_in, n_in);
}

static AVX2 void dense_64(const int16_t *w, const int16_t *x, size_t n_in, size_t n_out,
                          size_t n_rows, int64_t *y)
{
    for (size_t o = 0; o < n_out; o++)
        for (size_t r = 0; r < n_rows; r++)
            y[r * n_out + o] = dot_64(w + o * n_in, x + r * n_in, n_in);
}

static inline AVX2 void store_outputs(const aez_small_layer *l, __m256i sum, size_t o, int16_t *y)
{
    __m256i half = _mm256_set1_epi32(l->shift ? 1 << (l->shift - 1) : 0);
    __m256i t = _mm256_sra_epi32(_mm256_add_epi32(sum, half), _mm_cvtsi32_si128(l->shift));
    t = _mm256_add_epi32(t, _mm256_loadu_si256((const __m256i *)(const void *)(l->bias + o)));
    if (l->leaky) /* floor(t / 8) is the larger one below zero, t above */
        t = _mm256_max_epi32(t, _mm256_srai_epi32(t, 3));
    t = _mm256_srai_epi32(_mm256_add_epi32(t, _mm256_set1_epi32(4)), 3);
    _mm_storeu_si128((__m128i *)(void *)(y + o),
                     _mm_packs_epi32(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1)));
}

/* Two inputs of a row, eight times over. */
static inline AVX2 __m256i both_inputs(const int16_t *x)
{
    int32_t pair;
    memcpy(&pair, x, sizeof pair);
    return _mm256_set1_epi32(pair);
}

static inline AVX2 __m256i add_products(__m256i sum, __m256i in, const int16_t *w)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(in, load(w)));
}

/* n_vectors * 8 outputs from o on. Called with a constant, and written out, so that the sums stay in
 * registers: as an array they went through memory at every pair. */
static inline AVX2 void some_outputs(const aez_small_layer *l, const int16_t *x, size_t n_rows,
                                     size_t o, size_t n_vectors, int16_t *y)
{
    for (size_t r = 0; r < n_rows; r++, x += 2 * l->n_pairs, y += l->n_out) {
        __m256i        a = _mm256_setzero_si256(), b = a, c = a, d = a;
        const int16_t *w = l->weight + 2 * o;
        for (size_t i = 0; i < l->n_pairs; i++, w += 2 * l->n_out) {
            __m256i in = both_inputs(x + 2 * i);
            a = add_products(a, in, w);
            if (n_vectors > 1)
                b = add_products(b, in, w + 16);
            if (n_vectors > 2)
                c = add_products(c, in, w + 32);
            if (n_vectors > 3)
                d = add_products(d, in, w + 48);
        }
        store_outputs(l, a, o, y);
        if (n_vectors > 1)
            store_outputs(l, b, o + 8, y);
        if (n_vectors > 2)
            store_outputs(l, c, o + 16, y);
        if (n_vectors > 3)
            store_outputs(l, d, o + 24, y);
    }
}

static AVX2 void small(const aez_small_layer *l, const int16_t *x, size_t n_rows, int16_t *y)
{
    size_t o = 0;
    for (; o + 32 <= l->n_out; o += 32)
        some_outputs(l, x, n_rows, o, 4, y);
    if (o + 24 == l->n_out)
        some_outputs(l, x, n_rows, o, 3, y);
    else if (o + 16 == l->n_out)
        some_outputs(l, x, n_rows, o, 2, y);
    else if (o + 8 == l->n_out)
        some_outputs(l, x, n_rows, o, 1, y);
}

static inline AVX2 void store_sums(int32_t *y, __m256i first, __m256i second, int two)
{
    _mm256_storeu_si256((__m256i *)(void *)y, first);
    if (two)
        _mm256_storeu_si256((__m256i *)(void *)(y + 8), second);
}

/* One or two vectors of places for one output or four. Called with constants, and written out, so
 * that the sums stay in registers. */
static inline AVX2 void some_places(const aez_window_layout *l, const int16_t *w, const int16_t *x,
                                    size_t n_out, int two, int32_t *y)
{
    size_t  n_weights = 2 * l->n_pairs * l->kh * l->kw;
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    for (size_t i = 0; i < l->n_pairs; i++, x += 2 * l->plane)
        for (size_t k = 0; k < l->kh; k++)
            for (size_t m = 0; m < l->kw; m++, w += 2) {
                const int16_t *at = x + 2 * (k * l->line + m);
                __m256i        u = load(at), v = two ? load(at + 16) : u, p = both_inputs(w);
                a = _mm256_add_epi32(a, _mm256_madd_epi16(u, p));
                if (two)
                    b = _mm256_add_epi32(b, _mm256_madd_epi16(v, p));
                if (n_out < 4)
                    continue;
                p = both_inputs(w + n_weights);
                c = _mm256_add_epi32(c, _mm256_madd_epi16(u, p));
                if (two)
                    d = _mm256_add_epi32(d, _mm256_madd_epi16(v, p));
                p = both_inputs(w + 2 * n_weights);
                e = _mm256_add_epi32(e, _mm256_madd_epi16(u, p));
                if (two)
                    f = _mm256_add_epi32(f, _mm256_madd_epi16(v, p));
                p = both_inputs(w + 3 * n_weights);
                g = _mm256_add_epi32(g, _mm256_madd_epi16(u, p));
                if (two)
                    h = _mm256_add_epi32(h, _mm256_madd_epi16(v, p));
            }
    store_sums(y, a, b, two);
    if (n_out < 4)
        return;
    store_sums(y + l->n, c, d, two);
    store_sums(y + 2 * l->n, e, f, two);
    store_sums(y + 3 * l->n, g, h, two);
}

static AVX2 void windows(const aez_window_layout *l, const int16_t *w, const int16_t *x,
                         size_t n_out, int32_t *y)
{
    size_t n_weights = 2 * l->n_pairs * l->kh * l->kw, o = 0;
    for (; o + 4 <= n_out; o += 4) {
        size_t p = 0;
        for (; p + 16 <= l->n; p += 16)
            some_places(l, w + o * n_weights, x + 2 * p, 4, 1, y + o * l->n + p);
        if (p < l->n)
            some_places(l, w + o * n_weights, x + 2 * p, 4, 0, y + o * l->n + p);
    }
    for (; o < n_out; o++) {
        size_t p = 0;
        for (; p + 16 <= l->n; p += 16)
            some_places(l, w + o * n_weights, x + 2 * p, 1, 1, y + o * l->n + p);
        if (p < l->n)
            some_places(l, w + o * n_weights, x + 2 * p, 1, 0, y + o * l->n + p);
    }
}

static inline AVX2 __m256i finish_8(const int32_t *sum, int shift, int32_t bias, unsigned bend)
{
    __m256i t = _mm256_loadu_si256((const __m256i *)(const void *)sum);
    t = _mm256_add_epi32(t, _mm256_set1_epi32((int32_t)1 << (shift - 1)));
    t = _mm256_add_epi32(_mm256_sra_epi32(t, _mm_cvtsi32_si128(shift)), _mm256_set1_epi32(bias));
    if (bend) /* the larger one is t from 0 on, else 0, or floor(t / 8) */
        t = _mm256_max_epi32(t, bend == 1 ? _mm256_setzero_si256() : _mm256_srai_epi32(t, 3));
    return _mm256_srai_epi32(_mm256_add_epi32(t, _mm256_set1_epi32(4)), 3);
}

static AVX2 void finish(const int32_t *sum, size_t n, int shift, int32_t bias, unsigned bend,
                        int16_t *y)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i t = finish_8(sum + i, shift, bias, bend);
        __m128i low = _mm256_castsi256_si128(t), high = _mm256_extracti128_si256(t, 1);
        _mm_storeu_si128((__m128i *)(void *)(y + i), _mm_packs_epi32(low, high));
    }
    if (i < n)
        aez_kernels_ref.finish(sum + i, n - i, shift, bias, bend, y + i);
}

const aez_kernels aez_kernels_avx2 = {"avx2", dense_32, dense_64, small, windows, finish};

#else
typedef int aez_kernel_x86_is_empty;
#endif
