/* test_psnr.c - a PSNR is reached over the whole array, and not exceeded by much. */
#include <criterion/criterion.h>

#include <math.h>

#include "codec/base/rng.h"
#include "tests/support/arrays.h"

#define N 6000
#define FILL (-999.0)

enum { SMOOTH, NOISY, GAPS, KINDS };

typedef struct psnr_array {
    aez_type type;
    float    f32[N];
    double   f64[N];
    void    *column;
} psnr_array;

static double value_at(const psnr_array *a, size_t i)
{
    return a->type == AEZ_F32 ? (double)a->f32[i] : a->f64[i];
}

static void fill(psnr_array *a, aez_type type, int kind)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    a->type = type;
    a->column = type == AEZ_F32 ? (void *)a->f32 : (void *)a->f64;
    for (int i = 0; i < N; i++) {
        double noise = (double)aez_rng_below(&rng, 1u << 30) / (1u << 30) - 0.5;
        double v =
            kind == NOISY ? 100 * noise : 60 * sin(i * 0.02) + 30 * cos(i * 0.0071) + 0.01 * noise;
        if (kind == GAPS && i % 4)
            v = i % 4 == 1 ? (double)NAN : FILL;
        a->f64[i] = v;
        a->f32[i] = (float)v;
    }
}

static int counts(double v)
{
    return isfinite(v) && v != FILL;
}

/* Over the values that are finite and no fill; +inf when all are restored exactly. */
static double psnr_of(const psnr_array *a, const psnr_array *b)
{
    double low = INFINITY, high = -INFINITY, sum = 0, n = 0;
    for (size_t i = 0; i < N; i++) {
        double v = value_at(a, i), d = v - value_at(b, i);
        if (!counts(v))
            continue;
        low = fmin(low, v);
        high = fmax(high, v);
        sum += d * d;
        n++;
    }
    return 20 * log10((high - low) / sqrt(sum / n));
}

static double coded_psnr(const psnr_array *a, psnr_array *b, double bound, uint64_t chunk_bytes,
                         size_t *size)
{
    static const uint64_t n = N;
    aez_field             field = {.type = a->type, .mode = AEZ_PSNR, .bound = bound,
                                   .has_missing = 1, .missing = FILL};
    aez_schema            s = arrays_schema(&field, 1, 1, &n);
    aez_options           o;
    void                 *column = a->column;
    arrays_bytes          file;
    uint64_t              n_sites;
    aez_options_init(&o);
    o.level = 1;
    o.chunk_bytes = chunk_bytes;
    fill(b, a->type, SMOOTH);
    cr_assert_eq(arrays_encode(&o, &s, &column, 1, 0, &file), AEZ_END);
    cr_assert_eq(arrays_decode(&o, file.data, file.size, 0, 0, &b->column, N, &n_sites), AEZ_OK);
    cr_assert_eq(n_sites, N);
    for (size_t i = 0; i < N; i++)
        cr_assert(counts(value_at(a, i)) || memcmp(&a->f64[i], &b->f64[i], 8) == 0 ||
                  a->type == AEZ_F32, "site %zu", i);
    *size = file.size;
    free(file.data);
    return psnr_of(a, b);
}

Test(psnr, is_reached_over_the_whole_array_and_not_exceeded_by_much)
{
    static psnr_array a, b;
    size_t            n_close = 0;
    for (int kind = 0; kind < KINDS; kind++)
        for (int type = AEZ_F32; type <= AEZ_F64; type++) {
            size_t last = 0;
            fill(&a, (aez_type)type, kind);
            for (double bound = 20; bound <= 120; bound += 20) {
                size_t size;
                double got = coded_psnr(&a, &b, bound, 4096, &size);
                cr_assert_geq(got, bound - 1e-6, "kind %d, type %d: %.3f of %.0f dB", kind, type,
                              got, bound);
                if (bound > 110 && type == AEZ_F32)
                    continue; /* near what a float32 resolves: lossless costs the same */
                cr_assert_leq(got, bound + (kind == NOISY ? 0.5 : 2),
                              "kind %d, type %d: %.3f of %.0f dB", kind, type, got, bound);
                cr_assert_gt(size, last, "more decibels for less bytes");
                last = size;
                n_close++;
            }
        }
    cr_assert_eq(n_close, 6 * 6 - 3);
}

Test(psnr, one_chunk_or_many_reach_the_same)
{
    static psnr_array a, b;
    size_t            size;
    fill(&a, AEZ_F64, NOISY);
    for (uint64_t chunk = 4096; chunk <= 65536; chunk *= 4) {
        double got = coded_psnr(&a, &b, 60, chunk, &size);
        cr_assert(got >= 60 && got <= 60.5, "%.3f dB in chunks of %d bytes", got, (int)chunk);
    }
}

/* A chunk without changes, and one that is all noise: each keeps the error on its own. */
Test(psnr, quiet_and_loud_chunks_stay_below_the_target)
{
    static psnr_array a, b;
    size_t            size;
    fill(&a, AEZ_F64, NOISY);
    for (int i = 0; i < N / 2; i++)
        a.f64[i] = i < N / 4 ? 1.25 : 1e-7 * a.f64[i];
    cr_assert_geq(coded_psnr(&a, &b, 50, 4096, &size), 50);
}

/* Most values are restored exactly at any step: the error of the others may be larger than a
 * uniform one would be, and less bytes do (in small chunks the step itself costs more than it
 * saves). */
Test(psnr, the_step_is_widened_where_most_values_cost_no_error)
{
    static psnr_array a, b;
    size_t            size;
    fill(&a, AEZ_F64, NOISY);
    for (int i = 0; i < N; i++)
        a.f64[i] = i % 16 ? 0 : a.f64[i];
    for (double bound = 40; bound <= 80; bound += 20) {
        double got = coded_psnr(&a, &b, bound, 1 << 20, &size);
        cr_assert(got >= bound && got <= bound + 2, "%.3f of %.0f dB", got, bound);
    }
}
