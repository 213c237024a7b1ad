/* check_kernels.c - every usable kernel variant gives the bits of the portable one. */
#include "codec/kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM, ALL_MIN, ALL_MAX, ALTERNATING, N_PATTERNS };
enum { MISALIGNMENTS = 3 };

static uint64_t state = 1;
static long     n_checks, n_failed;

static uint32_t random_bits(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

/* A buffer that ends exactly where its allocation ends, its start shifted by `off` values. */
typedef struct span {
    void    *block;
    int16_t *v;
} span;

static span span_make(size_t n, size_t off)
{
    span s;
    s.block = malloc((n + off) * sizeof *s.v + (n + off == 0));
    if (!s.block)
        abort();
    s.v = (int16_t *)s.block + off;
    return s;
}

static int16_t value(int pattern, size_t i, int least, int most)
{
    if (pattern == ALL_MIN)
        return (int16_t)least;
    if (pattern == ALL_MAX)
        return (int16_t)most;
    if (pattern == ALTERNATING)
        return (int16_t)(i % 2 ? least : most);
    return (int16_t)(least + (int)(random_bits() % (uint32_t)(most - least + 1)));
}

static void compare(const aez_kernels *k, const char *what, size_t n_in, int pattern,
                    const void *want, const void *got, size_t bytes)
{
    n_checks++;
    if (memcmp(want, got, bytes) == 0)
        return;
    n_failed++;
    fprintf(stderr, "%s %s differs: n_in %zu, pattern %d\n", k->name, what, n_in, pattern);
}

static void check(const aez_kernels *k, size_t n_in, size_t n_out, size_t n_rows, size_t off,
                  int w_pattern, int x_pattern)
{
    /* the largest weights with which dense_32 may be called */
    int     limit = AEZ_DENSE_32_MAX / (int)n_in < 32767 ? AEZ_DENSE_32_MAX / (int)n_in : 32767;
    size_t  n_y = n_out * n_rows;
    span    w = span_make(n_in * n_out, off), x = span_make(n_in * n_rows, off);
    int32_t *a = malloc(n_y * sizeof *a), *b = malloc(n_y * sizeof *b);
    int64_t *c = malloc(n_y * sizeof *c), *d = malloc(n_y * sizeof *d);
    if (!a || !b || !c || !d)
        abort();
    for (size_t i = 0; i < n_in * n_rows; i++)
        x.v[i] = value(x_pattern, i, -32768, 32767);
    for (size_t i = 0; i < n_in * n_out; i++)
        w.v[i] = value(w_pattern, i, -limit, limit);
    aez_kernels_ref.dense_32(w.v, x.v, n_in, n_out, n_rows, a);
    k->dense_32(w.v, x.v, n_in, n_out, n_rows, b);
    compare(k, "dense_32", n_in, w_pattern, a, b, n_y * sizeof *a);
    for (size_t i = 0; i < n_in * n_out; i++)
        w.v[i] = value(w_pattern, i, -32767, 32767);
    aez_kernels_ref.dense_64(w.v, x.v, n_in, n_out, n_rows, c);
    k->dense_64(w.v, x.v, n_in, n_out, n_rows, d);
    compare(k, "dense_64", n_in, w_pattern, c, d, n_y * sizeof *c);
    free(a);
    free(b);
    free(c);
    free(d);
    free(w.block);
    free(x.block);
}

/* A small layer whose widths are n_pairs pairs and n_out. */
static void check_small(const aez_kernels *k, size_t n_pairs, size_t n_out, size_t off, int w_pattern,
                        int x_pattern)
{
    size_t          n_rows = 1 + n_pairs % 3, n_w = n_pairs * n_out * 2, n_y = n_rows * n_out;
    span            w = span_make(n_w, off), x = span_make(2 * n_pairs * n_rows, off);
    span            a = span_make(n_y, off), b = span_make(n_y, off);
    int32_t        *bias = malloc(n_out * sizeof *bias);
    aez_small_layer layer = {n_pairs, n_out, (int)(random_bits() % (AEZ_SMALL_SHIFT_MAX + 1)),
                             (int)(n_pairs + off) & 1, w.v, bias};
    if (!bias)
        abort();
    for (size_t i = 0; i < n_w; i++)
        w.v[i] = value(w_pattern, i, -127, 127);
    for (size_t i = 0; i < 2 * n_pairs * n_rows; i++)
        x.v[i] = value(x_pattern, i, -32768, 32767);
    for (size_t o = 0; o < n_out; o++)
        bias[o] = off == 2 ? (o & 1 ? AEZ_SMALL_BIAS_MAX : -AEZ_SMALL_BIAS_MAX)
                           : (int32_t)(random_bits() % 4000000) - 2000000;
    aez_kernels_ref.small(&layer, x.v, n_rows, a.v);
    k->small(&layer, x.v, n_rows, b.v);
    compare(k, "small", 2 * n_pairs, w_pattern, a.v, b.v, n_y * sizeof *a.v);
    free(w.block);
    free(x.block);
    free(a.block);
    free(b.block);
    free(bias);
}

static long check_small_layers(const aez_kernels *k)
{
    long shapes = 0;
    for (size_t n_pairs = 4; n_pairs <= AEZ_SMALL_WIDTH_MAX / 2; n_pairs += 4)
        for (size_t n_out = 8; n_out <= AEZ_SMALL_WIDTH_MAX; n_out += n_out < 72 ? 8 : 88)
            for (int pattern = 0; pattern < N_PATTERNS * N_PATTERNS; pattern++, shapes++)
                check_small(k, n_pairs, n_out, (size_t)shapes % MISALIGNMENTS,
                            pattern / N_PATTERNS, pattern % N_PATTERNS);
    return shapes;
}

/* One convolution, its input ending exactly where the last window does. */
static void check_window(const aez_kernels *k, const aez_window_layout *l, size_t n_out, size_t off,
                         int w_pattern, int x_pattern)
{
    size_t   n_sum = 2 * l->n_pairs * l->kh * l->kw, n_w = n_out * n_sum, n_y = n_out * l->n;
    size_t   n_x = 2 * ((l->n_pairs - 1) * l->plane + l->n + (l->kh - 1) * l->line + l->kw - 1);
    int      limit = AEZ_DENSE_32_MAX / (int)n_sum < 32767 ? AEZ_DENSE_32_MAX / (int)n_sum : 32767;
    span     w = span_make(n_w, off), x = span_make(n_x, off);
    int32_t *a = malloc(n_y * sizeof *a), *b = malloc(n_y * sizeof *b);
    if (!a || !b)
        abort();
    for (size_t i = 0; i < n_w; i++)
        w.v[i] = value(w_pattern, i, -limit, limit);
    for (size_t i = 0; i < n_x; i++)
        x.v[i] = value(x_pattern, i, -32768, 32767);
    aez_kernels_ref.windows(l, w.v, x.v, n_out, a);
    k->windows(l, w.v, x.v, n_out, b);
    compare(k, "windows", n_sum, w_pattern, a, b, n_y * sizeof *a);
    free(a);
    free(b);
    free(w.block);
    free(x.block);
}

static long check_windows(const aez_kernels *k)
{
    long shapes = 0;
    for (size_t n_pairs = 1; n_pairs <= 4; n_pairs++)
        for (size_t kh = 1; kh <= 5; kh += 2)
            for (size_t kw = 1; kw <= 5; kw += 2)
                for (size_t n = 8; n <= 40; n += 8)
                    for (int pattern = 0; pattern < N_PATTERNS * N_PATTERNS; pattern++, shapes++) {
                        size_t            line = 3 + (n + n_pairs) % 9;
                        aez_window_layout l = {n_pairs, kh, kw, line, n + kh * line + kw, n};
                        check_window(k, &l, 1 + (size_t)shapes % 9, (size_t)shapes % MISALIGNMENTS,
                                     pattern / N_PATTERNS, pattern % N_PATTERNS);
                    }
    return shapes;
}

static int32_t random_sum(size_t i)
{
    const int32_t most = 65535 * 32767 + 65535;
    if (i % 5 == 0)
        return i % 2 ? most : -most;
    return (int32_t)((int64_t)(random_bits() % (1u << 31)) - most / 2) >> random_bits() % 24;
}

static long check_finish(const aez_kernels *k)
{
    long checks = 0;
    for (size_t n = 1; n <= 40; n++)
        for (int shift = 1; shift <= AEZ_FINISH_SHIFT_MAX; shift++)
            for (unsigned bend = 0; bend < 3; bend++, checks++) {
                size_t   off = (size_t)checks % MISALIGNMENTS;
                int32_t  bias = checks % 4 == 0   ? AEZ_SMALL_BIAS_MAX
                                : checks % 4 == 1 ? -AEZ_SMALL_BIAS_MAX
                                                  : (int32_t)(random_bits() % 40000) - 20000;
                span     a = span_make(n, off), b = span_make(n, off);
                int32_t *sum = malloc(n * sizeof *sum);
                if (!sum)
                    abort();
                for (size_t i = 0; i < n; i++)
                    sum[i] = random_sum(i + n);
                aez_kernels_ref.finish(sum, n, shift, bias, bend, a.v);
                k->finish(sum, n, shift, bias, bend, b.v);
                compare(k, "finish", n, (int)bend, a.v, b.v, n * sizeof *a.v);
                free(sum);
                free(a.block);
                free(b.block);
            }
    return checks;
}

/* Every length up to 140, then some up to the largest fan-in. */
static size_t next_length(size_t n)
{
    return n < 140 ? n + 1 : n + n / 3 + 1;
}

static long check_variant(const aez_kernels *k)
{
    long shapes = 0;
    for (size_t n_in = 1; n_in <= 65536; n_in = next_length(n_in))
        for (size_t off = 0; off < MISALIGNMENTS; off++)
            for (int pattern = 0; pattern < N_PATTERNS * N_PATTERNS; pattern++) {
                size_t n_out = 1 + (n_in + off) % 6, n_rows = 1 + (size_t)pattern % 3;
                check(k, n_in, n_out, n_rows, off, pattern / N_PATTERNS, pattern % N_PATTERNS);
                shapes++;
            }
    return shapes;
}

/* The bound that dense_32 rests on, at its edge: sums of exactly +-65535 * 32768. */
static void check_bound(const aez_kernels *k)
{
    int16_t w[4] = {32767, 32767, 1, 0}, x[4] = {-32768, -32768, -32768, 7};
    int32_t y[1] = {0};
    k->dense_32(w, x, 4, 1, 1, y);
    n_checks++;
    if ((int64_t)y[0] != -(int64_t)65535 * 32768) {
        n_failed++;
        fprintf(stderr, "%s: the bound of dense_32 does not hold\n", k->name);
    }
}

int main(void)
{
    const aez_kernels *list[AEZ_KERNELS_MAX];
    size_t             n = aez_kernels_usable(list, AEZ_KERNELS_MAX);
    long               want = 0;
    if (n == 0 || list[0] != &aez_kernels_ref || aez_kernels_pick(NULL) != list[n - 1] ||
        aez_kernels_pick("ref") != list[0] || aez_kernels_pick("no such name")) {
        fprintf(stderr, "the table of kernels is wrong\n");
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        want += 2 * check_variant(list[i]) + check_small_layers(list[i]) +
                check_windows(list[i]) + check_finish(list[i]) + 1;
        check_bound(list[i]);
        if (aez_kernels_pick(list[i]->name) != list[i])
            n_failed++;
    }
    printf("%ld checks of %zu variants, best %s, %ld failed\n", n_checks, n, list[n - 1]->name,
           n_failed);
    return n_failed || n_checks != want || n_checks < 25000 * (long)n;
}
