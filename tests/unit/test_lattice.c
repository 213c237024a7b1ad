/* test_lattice.c - values come back exactly or within their bound, through bytes and back. */
#include <criterion/criterion.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/lattice/lattice.h"

#define N 6000

static const aez_mem plain;
static uint64_t      seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static double uniform(void)
{
    return (double)(next_random() >> 11) / 9007199254740992.0;
}

static aez_field field_of(aez_type type, aez_mode mode, double bound)
{
    aez_field f;
    memset(&f, 0, sizeof f);
    f.type = type;
    f.mode = mode;
    f.bound = bound;
    return f;
}

/* What the coder may restore for k: p + q * S of ifield.h, for any prediction p. */
static int64_t coded(int64_t k, uint64_t step, int64_t p)
{
    uint64_t shifted = (uint64_t)k - (uint64_t)p + step / 2;
    int64_t  d = (int64_t)shifted, s = (int64_t)step, q = d / s;
    if (d % s < 0)
        q--;
    return (int64_t)((uint64_t)p + (uint64_t)q * step);
}

static void choose(aez_lattice *l, const aez_field *f, const void *x, size_t n)
{
    aez_survey *s;
    const char *why;
    cr_assert_eq(aez_survey_create(&s, &plain, f), AEZ_OK);
    cr_assert_eq(aez_survey_push(s, x, n), AEZ_OK);
    cr_assert_eq(aez_lattice_choose(l, &plain, f, s, &why), AEZ_OK);
    aez_survey_destroy(s);
}

/* A lattice and its copy that went through bytes. */
static void through_bytes(const aez_lattice *l, aez_lattice *again)
{
    aez_buf out;
    aez_rd  in;
    aez_buf_init(&out, &plain);
    aez_lattice_put(l, &out);
    cr_assert(!out.failed);
    aez_rd_init(&in, out.data, out.size);
    cr_assert_eq(aez_lattice_get(again, &plain, l->type, &in), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert(again->kind == l->kind && again->step == l->step && again->digits == l->digits);
    cr_assert(again->unit == l->unit && again->offset == l->offset);
    cr_assert(again->n_table == l->n_table && again->via_f32 == l->via_f32);
    if (l->n_table)
        cr_assert_eq(memcmp(l->table, again->table, l->n_table * sizeof *l->table), 0);
    aez_buf_free(&out);
}

/* Forward, coder, bytes, restore, check. Returns how many values are odd before the check; no value
 * may fail it unless failures are allowed. */
static size_t round_trip(const aez_field *f, const aez_lattice *l, const void *x, size_t n,
                         size_t failures_allowed)
{
    size_t      size = aez_type_size(f->type), n_odd, n_seen = 0;
    int64_t    *k = malloc(n * sizeof *k + 1);
    uint8_t    *odd = malloc(n + 1);
    uint8_t    *back = malloc(n * size + 1);
    aez_lattice again;
    uint64_t    missing;
    int         has = aez_missing_bits(f, &missing);
    through_bytes(l, &again);
    n_odd = aez_lattice_forward(l, x, n, has ? &missing : NULL, k, odd);
    for (size_t i = 0; i < n; i++) {
        n_seen += odd[i];
        cr_assert_leq(odd[i], 1);
        if (odd[i])
            cr_assert_eq(k[i], 0);
        if (l->step > 1)
            k[i] = coded(k[i], l->step, k[i] + (int64_t)(next_random() % (20 * l->step)) -
                                            (int64_t)(10 * l->step));
    }
    cr_assert_eq(n_seen, n_odd);
    aez_lattice_restore(&again, k, n, back);
    cr_assert_leq(aez_lattice_check(l, x, back, n, odd), failures_allowed);
    for (size_t i = 0; i < n; i++) {
        if (!odd[i] && l->step == 1)
            cr_assert_eq(memcmp(back + i * size, (const uint8_t *)x + i * size, size), 0);
    }
    aez_lattice_free(&again, &plain);
    free(k);
    free(odd);
    free(back);
    return n_odd;
}

static size_t whole(const aez_field *f, const void *x, size_t n, aez_lattice_kind kind)
{
    aez_lattice l;
    char        text[64];
    size_t      n_odd;
    choose(&l, f, x, n);
    aez_lattice_text(&l, text, sizeof text);
    cr_assert_eq(l.kind, kind, "kind %d (%s), not %d", (int)l.kind, text, (int)kind);
    n_odd = round_trip(f, &l, x, n, 0);
    aez_lattice_free(&l, &plain);
    return n_odd;
}

/* ---- exact ------------------------------------------------------------------------------------ */

Test(lattice, integers_of_every_type_come_back)
{
    for (int t = AEZ_U8; t <= AEZ_I64; t++) {
        aez_field f = field_of((aez_type)t, AEZ_LOSSLESS, 0);
        uint64_t  x[N];
        for (size_t i = 0; i < N; i++)
            x[i] = i < 10 ? (i & 1 ? UINT64_MAX : 0) : next_random();
        cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_INTEGER), 0);
    }
}

Test(lattice, sparse_integers_become_a_table)
{
    aez_field f = field_of(AEZ_I32, AEZ_LOSSLESS, 0);
    int32_t   x[N];
    for (size_t i = 0; i < N; i++)
        x[i] = (int32_t)(next_random() % 50) * 1000 - 20000;
    cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_TABLE), 0);
}

Test(lattice, decimals_are_recognised)
{
    for (unsigned digits = 0; digits <= 6; digits++) {
        aez_field f32 = field_of(AEZ_F32, AEZ_LOSSLESS, 0), f64 = field_of(AEZ_F64, AEZ_LOSSLESS, 0);
        float     x[N];
        double    y[N], z[N];
        for (size_t i = 0; i < N; i++) {
            double v = (double)((int64_t)(next_random() % 8000000) - 4000000) / pow(10, digits);
            x[i] = (float)v;
            y[i] = v * 1; /* 7 digits */
            z[i] = (double)(float)v;
        }
        cr_assert_leq(whole(&f32, x, N, AEZ_LATTICE_DECIMAL), 1);
        cr_assert_leq(whole(&f64, y, N, AEZ_LATTICE_DECIMAL), 1);
        cr_assert_leq(whole(&f64, z, N, AEZ_LATTICE_DECIMAL), 1);
    }
}

Test(lattice, minus_zero_and_the_non_finite_are_odd_among_decimals)
{
    aez_field f = field_of(AEZ_F64, AEZ_LOSSLESS, 0);
    double    x[N];
    for (size_t i = 0; i < N; i++)
        x[i] = (double)(next_random() % 100000) / 100;
    x[0] = -0.0;
    x[1] = NAN;
    x[2] = INFINITY;
    x[3] = -INFINITY;
    x[4] = 0;
    cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_DECIMAL), 4);
}

Test(lattice, a_few_huge_values_do_not_hide_decimals)
{
    aez_field f = field_of(AEZ_F32, AEZ_LOSSLESS, 0);
    float     x[N];
    for (size_t i = 0; i < N; i++)
        x[i] = i % 1500 == 3 ? 1e20f : (float)((double)(next_random() % 100000) / 100);
    cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_DECIMAL), 4);
}

Test(lattice, noise_is_float_bits)
{
    aez_field f32 = field_of(AEZ_F32, AEZ_LOSSLESS, 0), f64 = field_of(AEZ_F64, AEZ_LOSSLESS, 0);
    float     x[N];
    double    y[N], z[N];
    aez_lattice l;
    for (size_t i = 0; i < N; i++) {
        y[i] = 0.5 + uniform() / 2;
        x[i] = (float)y[i];
        z[i] = (double)x[i];
    }
    cr_assert_eq(whole(&f32, x, N, AEZ_LATTICE_BITS), 0);
    cr_assert_eq(whole(&f64, y, N, AEZ_LATTICE_BITS), 0);
    cr_assert_eq(whole(&f64, z, N, AEZ_LATTICE_BITS), 0);
    choose(&l, &f64, z, N);
    cr_assert(l.via_f32);
    aez_lattice_free(&l, &plain);
    choose(&l, &f64, y, N);
    cr_assert(!l.via_f32);
    aez_lattice_free(&l, &plain);
}

Test(lattice, any_bit_pattern_survives_float_bits)
{
    for (int t = AEZ_F32; t <= AEZ_F64; t++) {
        aez_field f = field_of((aez_type)t, AEZ_LOSSLESS, 0);
        uint64_t  x[N];
        for (size_t i = 0; i < N; i++)
            x[i] = next_random();
        (void)whole(&f, x, N, AEZ_LATTICE_BITS);
    }
}

Test(lattice, few_distinct_floats_become_a_table)
{
    aez_field f = field_of(AEZ_F64, AEZ_LOSSLESS, 0);
    double    x[N], levels[200];
    for (size_t i = 0; i < 200; i++)
        levels[i] = tan(uniform() * 3 - 1.5);
    for (size_t i = 0; i < N; i++)
        x[i] = levels[next_random() % 200];
    x[5] = NAN;
    x[6] = -0.0;
    cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_TABLE), 2);
}

Test(lattice, a_table_of_decimals_is_short_in_the_file)
{
    aez_field   f = field_of(AEZ_F64, AEZ_LOSSLESS, 0);
    double      x[N];
    aez_lattice l;
    aez_buf     out;
    for (size_t i = 0; i < N; i++) /* widened float32 of 3 decimals, as many tables have */
        x[i] = (double)(float)((double)(int)(next_random() % 300 * 937) / 1000.0);
    cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_TABLE), 0);
    choose(&l, &f, x, N);
    aez_buf_init(&out, &plain);
    aez_lattice_put(&l, &out);
    cr_assert_leq(out.size, 2 * l.n_table + 8);
    aez_buf_free(&out);
    aez_lattice_free(&l, &plain);
}

Test(lattice, the_fill_value_is_odd_in_every_lattice)
{
    for (int t = AEZ_U8; t <= AEZ_F64; t++) {
        for (int mode = AEZ_LOSSLESS; mode <= AEZ_REL; mode++) {
            aez_field   f = field_of((aez_type)t, (aez_mode)mode, 0.01);
            aez_lattice l;
            uint64_t    buffer[N];
            size_t      size = aez_type_size(f.type), n_odd;
            uint64_t    fill;
            f.has_missing = 1;
            f.missing = 99;
            cr_assert(aez_missing_bits(&f, &fill));
            for (size_t i = 0; i < N; i++) {
                uint64_t bits = next_random() % 50;
                float    narrow = (float)sqrt((double)bits);
                double   v = sqrt((double)bits + 0.123);
                if (t == AEZ_F32)
                    memcpy(&bits, &narrow, sizeof narrow);
                if (t == AEZ_F64)
                    memcpy(&bits, &v, sizeof v);
                if (i % 3 == 0)
                    bits = fill;
                memcpy((uint8_t *)buffer + i * size, &bits, size);
            }
            choose(&l, &f, buffer, N);
            n_odd = round_trip(&f, &l, buffer, N, 0);
            cr_assert_eq(n_odd, N / 3, "type %d mode %d", t, mode);
            aez_lattice_free(&l, &plain);
        }
    }
}

Test(lattice, a_fill_value_that_the_type_cannot_hold_is_none)
{
    aez_field f = field_of(AEZ_U8, AEZ_LOSSLESS, 0);
    uint64_t  bits;
    f.has_missing = 1;
    f.missing = -1;
    cr_assert(!aez_missing_bits(&f, &bits));
    f.missing = 2.5;
    cr_assert(!aez_missing_bits(&f, &bits));
    f.type = AEZ_I8;
    f.missing = -1;
    cr_assert(aez_missing_bits(&f, &bits));
    cr_assert_eq(bits, 255);
    f.type = AEZ_I64;
    f.missing = 9223372036854775808.0;
    cr_assert(!aez_missing_bits(&f, &bits));
}

/* ---- bounded ---------------------------------------------------------------------------------- */

Test(lattice, absolute_and_relative_bounds_hold_for_floats)
{
    static const double magnitudes[] = { 1e-300, 1e-35, 1e-3, 1, 1e4, 1e30, 1e38, 1e300 };
    for (int t = AEZ_F32; t <= AEZ_F64; t++) {
        for (size_t m = 0; m < 8; m++) {
            for (int e = 1; e <= 16; e++) {
                aez_field   f = field_of((aez_type)t, AEZ_REL, pow(10, -e) * (1 + uniform()));
                float       x[1500];
                double      y[1500], low = (double)FLT_MAX;
                aez_lattice l;
                if (t == AEZ_F32 && !(magnitudes[m] > 1e-44 && magnitudes[m] < (double)FLT_MAX))
                    continue;
                for (size_t i = 0; i < 1500; i++) {
                    y[i] = (uniform() * 2 - (double)(e % 3)) * magnitudes[m];
                    x[i] = (float)y[i];
                    low = y[i] < low ? y[i] : low;
                }
                choose(&l, &f, t == AEZ_F32 ? (void *)x : (void *)y, 1500);
                cr_assert(l.kind == AEZ_LATTICE_UNIT || e > (t == AEZ_F32 ? 5 : 14) ||
                              magnitudes[m] * f.bound < 1e-304, /* units would be subnormal */
                          "type %d magnitude %g 1e-%d", t, magnitudes[m], e);
                round_trip(&f, &l, t == AEZ_F32 ? (void *)x : (void *)y, 1500,
                           magnitudes[m] > 9e37 && e == 1 ? 1500 : 0);
                aez_lattice_free(&l, &plain);
                f.mode = AEZ_ABS;
                f.bound *= magnitudes[m];
                choose(&l, &f, t == AEZ_F32 ? (void *)x : (void *)y, 1500);
                round_trip(&f, &l, t == AEZ_F32 ? (void *)x : (void *)y, 1500,
                           magnitudes[m] > 9e37 && e == 1 ? 1500 : 0);
                aez_lattice_free(&l, &plain);
            }
        }
    }
}

Test(lattice, the_bound_is_nearly_used_up)
{
    aez_field   f = field_of(AEZ_F32, AEZ_ABS, 1e-3);
    float       x[N];
    aez_lattice l;
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(uniform() * 2 - 1);
    choose(&l, &f, x, N);
    cr_assert_gt((double)l.step * l.unit, 0.999 * 2e-3);
    cr_assert_eq(l.step, 256);
    aez_lattice_free(&l, &plain);
}

Test(lattice, special_values_are_odd_under_a_bound)
{
    aez_field f = field_of(AEZ_F32, AEZ_REL, 1e-3);
    float     x[N];
    for (size_t i = 0; i < N; i++)
        x[i] = (float)uniform();
    x[0] = NAN;
    x[1] = INFINITY;
    x[2] = -INFINITY;
    x[3] = -0.0f;
    x[4] = 0.0f;
    cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_UNIT), 4);
    f.has_missing = 1;
    f.missing = -999;
    x[5] = -999;
    cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_UNIT), 5);
}

Test(lattice, integer_bounds_use_their_own_grid)
{
    for (int t = AEZ_U8; t <= AEZ_I64; t++) {
        aez_field   f = field_of((aez_type)t, AEZ_ABS, 2.9);
        uint64_t    x[N];
        aez_lattice l;
        for (size_t i = 0; i < N; i++)
            x[i] = next_random() & UINT64_C(0x3F3F3F3F3F3F3F3F); /* not near the ends of 64 bits */
        choose(&l, &f, x, N);
        cr_assert_eq(l.kind, AEZ_LATTICE_INTEGER);
        cr_assert_eq(l.step, 5);
        round_trip(&f, &l, x, N, 0);
        aez_lattice_free(&l, &plain);
        f.mode = AEZ_REL;
        f.bound = 1e-2;
        choose(&l, &f, x, N);
        round_trip(&f, &l, x, N, 0);
        aez_lattice_free(&l, &plain);
    }
}

Test(lattice, bounded_u64_near_zero_do_not_wrap)
{
    aez_field   f = field_of(AEZ_U64, AEZ_ABS, 1000);
    uint64_t    x[N];
    aez_lattice l;
    for (size_t i = 0; i < N; i++)
        x[i] = next_random() % 3000;
    choose(&l, &f, x, N);
    cr_assert_eq(l.step, 2001);
    cr_assert_eq(round_trip(&f, &l, x, N, 0), 0);
    x[7] = UINT64_MAX; /* not seen by the survey: odd */
    cr_assert_eq(round_trip(&f, &l, x, N, 0), 1);
    aez_lattice_free(&l, &plain);
    choose(&l, &f, x, N);
    cr_assert_eq(l.step, 1);
    cr_assert_eq(round_trip(&f, &l, x, N, 0), 0);
    aez_lattice_free(&l, &plain);
}

Test(lattice, restored_integers_are_clamped_to_the_type)
{
    aez_lattice l;
    int64_t     k[3] = { INT64_MIN, 7, INT64_MAX };
    uint16_t    u[3];
    int8_t      s[3];
    memset(&l, 0, sizeof l);
    l.kind = AEZ_LATTICE_INTEGER;
    l.step = 1;
    l.type = AEZ_U16;
    aez_lattice_restore(&l, k, 3, u);
    cr_assert(u[0] == 0 && u[1] == 7 && u[2] == 65535);
    l.type = AEZ_I8;
    aez_lattice_restore(&l, k, 3, s);
    cr_assert(s[0] == -128 && s[1] == 7 && s[2] == 127);
}

Test(lattice, integers_in_floats_keep_their_grid_under_a_bound)
{
    aez_field   f = field_of(AEZ_F32, AEZ_ABS, 0.1);
    float       x[N];
    aez_lattice l;
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(next_random() % 1000);
    choose(&l, &f, x, N); /* a step of 0.2 would cost more than exact integers */
    cr_assert(l.kind == AEZ_LATTICE_DECIMAL && l.step == 1 && l.epsilon == 0);
    aez_lattice_free(&l, &plain);
    f.bound = 1;
    choose(&l, &f, x, N); /* 3 against 2 */
    cr_assert(l.kind == AEZ_LATTICE_DECIMAL && l.step == 3);
    cr_assert_eq(round_trip(&f, &l, x, N, 0), 0);
    aez_lattice_free(&l, &plain);
    f.bound = 0.9;
    cr_assert_eq(whole(&f, x, N, AEZ_LATTICE_UNIT), 0);
}

Test(lattice, decimals_under_a_bound_keep_it)
{
    for (int round = 0; round < 200; round++) {
        aez_field   f = field_of(round & 1 ? AEZ_F32 : AEZ_F64, AEZ_ABS, 0);
        unsigned    digits = (unsigned)(next_random() % 4);
        double      g = pow(10, -(double)digits);
        float       x[300];
        double      y[300];
        aez_lattice l;
        f.bound = g * (double)(next_random() % 12) / 2 + (round % 3 ? g / 7 : 0);
        if (round % 5 == 0) /* a whole number of grid steps, but for less than a float's rounding */
            f.bound = g * (double)(1 + next_random() % 6) * (1 + 1e-8);
        for (size_t i = 0; i < 300; i++) {
            y[i] = (double)((int)(next_random() % 20000) - 10000) / pow(10, digits);
            x[i] = (float)y[i];
        }
        choose(&l, &f, round & 1 ? (void *)x : (void *)y, 300);
        round_trip(&f, &l, round & 1 ? (void *)x : (void *)y, 300, 0);
        aez_lattice_free(&l, &plain);
    }
}

Test(lattice, a_constant_field_is_exact_under_a_bound)
{
    aez_field f = field_of(AEZ_F32, AEZ_REL, 1e-3);
    float     x[100];
    for (size_t i = 0; i < 100; i++)
        x[i] = 0.1f;
    cr_assert_eq(whole(&f, x, 100, AEZ_LATTICE_TABLE), 0);
    f.mode = AEZ_ABS;
    cr_assert_eq(whole(&f, x, 100, AEZ_LATTICE_TABLE), 0);
    f.mode = AEZ_PSNR;
    f.bound = 60;
    cr_assert_eq(whole(&f, x, 100, AEZ_LATTICE_TABLE), 0);
}

Test(lattice, point_wise_bounds_hold_with_signs_and_zeros)
{
    static const double bounds[] = { 2, 0.9, 0.5, 0.1, 1e-2, 1e-3, 1e-5, 1e-6, 1e-8, 1e-10 };
    for (int t = AEZ_F32; t <= AEZ_F64; t++) {
        for (size_t b = 0; b < 10; b++) {
            aez_field   f = field_of((aez_type)t, AEZ_PWREL, bounds[b]);
            float       x[N];
            double      y[N];
            void       *values = t == AEZ_F32 ? (void *)x : (void *)y;
            aez_lattice l;
            size_t      n_odd;
            for (size_t i = 0; i < N; i++) {
                y[i] = ldexp(1 + uniform(), (int)(next_random() % 200) - 100);
                if (i % 3 == 0)
                    y[i] = -y[i];
                if (i % 10 == 0)
                    y[i] = 0;
                if (i == 77)
                    y[i] = -0.0;
                x[i] = (float)y[i];
            }
            choose(&l, &f, values, N);
            cr_assert_eq(l.kind, t == AEZ_F32 && bounds[b] < 3e-7 ? AEZ_LATTICE_BITS : AEZ_LATTICE_LOG);
            n_odd = round_trip(&f, &l, values, N, 0);
            cr_assert_eq(n_odd, l.kind == AEZ_LATTICE_LOG);
            aez_lattice_free(&l, &plain);
        }
    }
}

Test(lattice, the_point_wise_bound_is_nearly_used_up)
{
    aez_field   f = field_of(AEZ_F64, AEZ_PWREL, 1e-3);
    double      x[N];
    aez_lattice l;
    for (size_t i = 0; i < N; i++)
        x[i] = exp(uniform() * 20);
    choose(&l, &f, x, N);
    cr_assert_gt((double)l.step * l.unit * log(2), 0.99 * 2e-3);
    aez_lattice_free(&l, &plain);
}

Test(lattice, psnr_starts_at_a_uniform_error)
{
    aez_field   f = field_of(AEZ_F32, AEZ_PSNR, 60);
    float       x[N];
    aez_lattice l;
    for (size_t i = 0; i < N; i++)
        x[i] = (float)uniform();
    choose(&l, &f, x, N);
    cr_assert(l.any_error);
    cr_assert_float_eq((double)l.step * l.unit / 2, sqrt(3.0) * 1e-3, 1e-5);
    round_trip(&f, &l, x, N, 0);
    aez_lattice_free(&l, &plain);
}

Test(lattice, choice_without_a_survey_goes_by_type)
{
    aez_lattice l;
    const char *why;
    aez_field   f = field_of(AEZ_F32, AEZ_ABS, 0.5);
    float       x[N];
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(uniform() * 1e5);
    cr_assert_eq(aez_lattice_choose(&l, &plain, &f, NULL, &why), AEZ_OK);
    cr_assert_eq(l.kind, AEZ_LATTICE_UNIT);
    cr_assert_eq(round_trip(&f, &l, x, N, 0), 0);
    f.mode = AEZ_LOSSLESS;
    cr_assert_eq(aez_lattice_choose(&l, &plain, &f, NULL, &why), AEZ_OK);
    cr_assert_eq(l.kind, AEZ_LATTICE_BITS);
    f.type = AEZ_U8;
    cr_assert_eq(aez_lattice_choose(&l, &plain, &f, NULL, &why), AEZ_OK);
    cr_assert_eq(l.kind, AEZ_LATTICE_INTEGER);
}

Test(lattice, options_without_sense_are_refused_with_a_sentence)
{
    static const double bad[] = { -1, NAN, INFINITY };
    aez_lattice         l;
    const char         *why;
    for (size_t i = 0; i < 3; i++) {
        aez_field f = field_of(AEZ_F32, AEZ_ABS, bad[i]);
        cr_assert_eq(aez_lattice_choose(&l, &plain, &f, NULL, &why), AEZ_ERR_OPTION);
        cr_assert_not_null(why);
    }
    for (int mode = AEZ_REL; mode <= AEZ_PSNR; mode += 2) {
        aez_field f = field_of(AEZ_F32, (aez_mode)mode, 1);
        cr_assert_eq(aez_lattice_choose(&l, &plain, &f, NULL, &why), AEZ_ERR_OPTION);
        cr_assert_not_null(why);
    }
}

/* ---- the check -------------------------------------------------------------------------------- */

Test(lattice, check_finds_what_breaks_the_bound)
{
    aez_lattice l;
    float       a[2000], b[2000];
    uint8_t     odd[2000] = { 0 };
    memset(&l, 0, sizeof l);
    l.kind = AEZ_LATTICE_UNIT;
    l.type = AEZ_F32;
    l.epsilon = 0.5;
    for (size_t i = 0; i < 2000; i++)
        a[i] = b[i] = 1;
    b[3] = 1.5f;
    b[4] = 1.5000001f;
    b[5] = NAN;
    a[6] = NAN;
    b[7] = INFINITY;
    b[1999] = 0.4f;
    b[10] = 9;
    odd[10] = 1;
    cr_assert_eq(aez_lattice_check(&l, a, b, 2000, odd), 5);
    cr_assert(!odd[3] && odd[4] && odd[5] && odd[6] && odd[7] && odd[1999]);
    l.epsilon = 0; /* exact: by bits */
    memset(odd, 0, sizeof odd);
    memcpy(b, a, sizeof a);
    a[8] = -0.0f;
    b[8] = 0;
    cr_assert_eq(aez_lattice_check(&l, a, b, 2000, odd), 1);
    cr_assert(odd[8]);
}

Test(lattice, check_of_integers_does_not_overflow)
{
    aez_lattice l;
    int64_t     a[4] = { INT64_MIN, INT64_MAX, 5, -5 }, b[4] = { INT64_MAX, INT64_MIN, 7, -8 };
    uint64_t    c[2] = { 0, UINT64_MAX }, d[2] = { UINT64_MAX, UINT64_MAX - 2 };
    uint8_t     odd[4] = { 0 };
    memset(&l, 0, sizeof l);
    l.kind = AEZ_LATTICE_INTEGER;
    l.type = AEZ_I64;
    l.epsilon = 2.9;
    cr_assert_eq(aez_lattice_check(&l, a, b, 4, odd), 3);
    cr_assert(odd[0] && odd[1] && !odd[2] && odd[3]);
    memset(odd, 0, sizeof odd);
    l.type = AEZ_U64;
    cr_assert_eq(aez_lattice_check(&l, c, d, 2, odd), 1);
    cr_assert(odd[0] && !odd[1]);
}

/* ---- hostile bytes ---------------------------------------------------------------------------- */

/* Lattices of every kind, as a writer makes them. */
static void sample(unsigned which, aez_lattice *l)
{
    aez_field f = field_of(AEZ_F64, AEZ_LOSSLESS, 0);
    double    x[1000];
    for (size_t i = 0; i < 1000; i++)
        x[i] = which == 0   ? (double)(next_random() % 20) * 1.1
               : which == 1 ? (double)(float)(next_random() % 20) * 3.14159265358979
               : which == 2 ? (double)(next_random() % 100000) / 8
                            : uniform() - 0.5;
    if (which == 4)
        f = field_of(AEZ_F64, AEZ_ABS, 0.01);
    if (which == 5)
        f = field_of(AEZ_F64, AEZ_PWREL, 0.01);
    choose(l, &f, x, 1000);
}

static void use(const aez_lattice *l)
{
    int64_t k[70];
    double  x[70];
    for (size_t i = 0; i < 70; i++)
        k[i] = (int64_t)(next_random() >> i % 64) * (i & 1 ? -1 : 1);
    aez_lattice_restore(l, k, 70, x);
}

Test(lattice, get_rejects_every_truncation_and_survives_every_flipped_bit)
{
    for (unsigned which = 0; which < 6; which++) {
        aez_lattice l, again;
        aez_buf     out;
        aez_rd      in;
        sample(which, &l);
        aez_buf_init(&out, &plain);
        aez_lattice_put(&l, &out);
        for (size_t cut = 0; cut < out.size; cut++) {
            uint8_t *exact = malloc(cut + 1);
            memcpy(exact, out.data, cut);
            aez_rd_init(&in, exact, cut);
            cr_assert_lt(aez_lattice_get(&again, &plain, AEZ_F64, &in), 0);
            free(exact);
        }
        for (size_t bit = 0; bit < 8 * out.size; bit++) {
            for (int t = AEZ_U8; t <= AEZ_F64; t++) {
                out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                aez_rd_init(&in, out.data, out.size);
                if (aez_lattice_get(&again, &plain, (aez_type)t, &in) == AEZ_OK) {
                    use(&again);
                    aez_lattice_free(&again, &plain);
                }
                out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        }
        aez_buf_free(&out);
        aez_lattice_free(&l, &plain);
    }
}

Test(lattice, get_survives_random_bytes)
{
    for (int round = 0; round < 100000; round++) {
        uint8_t     bytes[32];
        aez_lattice l;
        aez_rd      in;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(next_random() >> (next_random() % 9));
        bytes[0] &= 0x77;
        aez_rd_init(&in, bytes, sizeof bytes);
        if (aez_lattice_get(&l, &plain, (aez_type)(1 + round % 10), &in) == AEZ_OK) {
            use(&l);
            aez_lattice_free(&l, &plain);
        }
    }
}

Test(lattice, the_largest_floats_do_no_harm)
{
    for (int t = AEZ_F32; t <= AEZ_F64; t++) {
        for (int mode = AEZ_LOSSLESS; mode <= AEZ_PSNR; mode++) {
            aez_field   f = field_of((aez_type)t, (aez_mode)mode, mode == AEZ_PSNR ? 40 : 1e-3);
            float       x[300];
            double      y[300];
            aez_lattice l;
            for (size_t i = 0; i < 300; i++) {
                y[i] = (i & 1 ? -1 : 1) * (i % 7 ? uniform() : 1) * DBL_MAX;
                x[i] = (i & 1 ? -1 : 1) * (i % 7 ? (float)uniform() : 1) * FLT_MAX;
            }
            choose(&l, &f, t == AEZ_F32 ? (void *)x : (void *)y, 300);
            round_trip(&f, &l, t == AEZ_F32 ? (void *)x : (void *)y, 300, 150);
            aez_lattice_free(&l, &plain);
        }
    }
}
