/* test_survey.c - a survey finds range, exceptional values and suspects, however it is fed. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/lattice/survey_state.h"

#define N 20000

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

static aez_survey *surveyed(const aez_field *f, const void *x, size_t n)
{
    aez_survey *s;
    cr_assert_eq(aez_survey_create(&s, &plain, f), AEZ_OK);
    cr_assert_eq(aez_survey_push(s, x, n), AEZ_OK);
    return s;
}

static aez_field_stats stats_of(const aez_field *f, const void *x, size_t n)
{
    aez_survey     *s = surveyed(f, x, n);
    aez_field_stats out;
    aez_survey_stats(s, &out);
    aez_survey_destroy(s);
    return out;
}

Test(survey, range_of_floats_leaves_out_the_non_finite_and_the_missing)
{
    for (int mode = AEZ_LOSSLESS; mode <= AEZ_PSNR; mode++) {
        for (size_t n = 1; n < N; n = n * 3 + 1) {
            aez_field       f = field_of(AEZ_F32, (aez_mode)mode, 1e-3);
            float           x[N];
            double          low = INFINITY, high = -INFINITY;
            size_t          n_finite = 0;
            aez_field_stats st;
            f.has_missing = 1;
            f.missing = 1e20;
            for (size_t i = 0; i < n; i++) {
                x[i] = (float)(uniform() * 10 - 5);
                if (next_random() % 500 == 0)
                    x[i] = NAN;
                else if (next_random() % 500 == 0)
                    x[i] = next_random() & 1 ? INFINITY : -INFINITY;
                else if (next_random() % 500 == 0)
                    x[i] = 1e20f;
                if (isfinite(x[i]) && x[i] < 1e19f) {
                    low = (double)x[i] < low ? (double)x[i] : low;
                    high = (double)x[i] > high ? (double)x[i] : high;
                    n_finite++;
                }
            }
            st = stats_of(&f, x, n);
            cr_assert_eq(st.n, n);
            cr_assert_eq(st.n_finite, n_finite);
            if (n_finite)
                cr_assert(st.min == low && st.max == high);
            cr_assert(!st.suspicious);
        }
    }
}

Test(survey, any_split_gives_the_same)
{
    for (int t = AEZ_U8; t <= AEZ_F64; t++) {
        aez_field   f = field_of((aez_type)t, AEZ_LOSSLESS, 0);
        size_t      size = aez_type_size(f.type), done = 0;
        uint8_t    *x = malloc(N * size);
        aez_survey *once, *split;
        for (size_t i = 0; i < N * size; i++)
            x[i] = (uint8_t)(next_random() & 0x4F);
        once = surveyed(&f, x, N);
        cr_assert_eq(aez_survey_create(&split, &plain, &f), AEZ_OK);
        while (done < N) {
            size_t m = 1 + next_random() % 5000;
            m = m < N - done ? m : N - done;
            cr_assert_eq(aez_survey_push(split, x + done * size, m), AEZ_OK);
            done += m;
        }
        cr_assert(once->top.outer == split->top.outer && once->bottom.outer == split->bottom.outer);
        cr_assert(once->top.inner == split->top.inner && once->top.n_outer == split->top.n_outer);
        cr_assert(once->bottom.inner == split->bottom.inner);
        cr_assert(once->bottom.n_outer == split->bottom.n_outer);
        cr_assert(once->low == split->low && once->high == split->high);
        cr_assert(once->ulow == split->ulow && once->uhigh == split->uhigh);
        cr_assert(once->n_distinct == split->n_distinct && once->counting == split->counting);
        cr_assert_eq(once->n_minus_zero, split->n_minus_zero);
        cr_assert_eq(once->decimals.digits, split->decimals.digits);
        aez_survey_destroy(once);
        aez_survey_destroy(split);
        free(x);
    }
}

Test(survey, wide_integers_keep_their_exact_range)
{
    aez_field   f = field_of(AEZ_I64, AEZ_ABS, 1), g = field_of(AEZ_U64, AEZ_ABS, 1);
    int64_t     x[3] = { INT64_C(1) << 60, (INT64_C(1) << 60) + 1, (INT64_C(1) << 60) - 1 };
    uint64_t    y[3] = { UINT64_MAX - 1, UINT64_MAX, UINT64_MAX - 2 };
    aez_survey *s;
    s = surveyed(&f, x, 1);
    cr_assert_eq(aez_survey_push(s, x + 1, 2), AEZ_OK);
    cr_assert(s->low == x[2] && s->high == x[1]);
    aez_survey_destroy(s);
    s = surveyed(&g, y, 1);
    cr_assert_eq(aez_survey_push(s, y + 1, 2), AEZ_OK);
    cr_assert(s->ulow == y[2] && s->uhigh == y[1]);
    aez_survey_destroy(s);
}

Test(survey, distinct_values_are_counted_up_to_the_limit)
{
    for (uint32_t kinds = 1; kinds <= 70000; kinds = kinds * 4 + 1) {
        aez_field   f = field_of(AEZ_F32, AEZ_LOSSLESS, 0);
        size_t      n = 3 * (size_t)kinds;
        float      *x = malloc(n * sizeof *x);
        aez_survey *s;
        for (size_t i = 0; i < n; i++)
            x[i] = sqrtf((float)(i * 9973 % kinds));
        s = surveyed(&f, x, n);
        cr_assert_eq(s->counting, kinds <= SURVEY_DISTINCT_MAX);
        if (s->counting)
            cr_assert_eq(s->n_distinct, kinds);
        aez_survey_destroy(s);
        free(x);
    }
}

Test(survey, minus_one_as_the_first_integer_is_counted)
{
    aez_field   f = field_of(AEZ_I64, AEZ_LOSSLESS, 0);
    int64_t     x[3] = { -1, -1, 0 };
    aez_survey *s = surveyed(&f, x, 3);
    cr_assert_eq(s->n_distinct, 2);
    aez_survey_destroy(s);
}

Test(survey, the_smallest_number_of_digits_is_found)
{
    for (unsigned digits = 0; digits < 12; digits++) {
        aez_field   f = field_of(AEZ_F64, AEZ_LOSSLESS, 0);
        double      x[1000];
        aez_survey *s;
        for (size_t i = 0; i < 1000; i++)
            x[i] = (double)(next_random() % 100000 * 10 + 1) / pow(10, digits);
        s = surveyed(&f, x, 1000);
        cr_assert_eq(s->decimals.digits, digits);
        aez_survey_destroy(s);
    }
}

Test(survey, noise_is_given_up_as_decimals_at_once)
{
    aez_field   f = field_of(AEZ_F32, AEZ_REL, 1e-3), g = field_of(AEZ_F64, AEZ_REL, 1e-3);
    float       x[200];
    double      y[200];
    aez_survey *s;
    for (size_t i = 0; i < 200; i++) {
        y[i] = uniform();
        x[i] = (float)y[i];
    }
    s = surveyed(&f, x, 200);
    cr_assert_eq(s->decimals.digits, SURVEY_NO_DIGITS);
    aez_survey_destroy(s);
    s = surveyed(&g, y, 200);
    cr_assert_eq(s->decimals.digits, SURVEY_NO_DIGITS);
    cr_assert(!s->widened);
    aez_survey_destroy(s);
}

Test(survey, undeclared_fill_values_are_suspected)
{
    static const double fills[] = { 1e20, 9.969209968386869e36, -9999, -99999, 123456 };
    for (size_t v = 0; v < 5; v++) {
        for (int t = AEZ_F32; t <= AEZ_F64; t++) {
            aez_field       f = field_of((aez_type)t, AEZ_REL, 1e-3);
            float           x[N];
            double          y[N];
            uint64_t        count = 0;
            aez_field_stats st;
            for (size_t i = 0; i < N; i++) {
                int fill = next_random() % 10 == 0;
                y[i] = fill ? fills[v] : 10 + uniform() * 30;
                x[i] = (float)y[i];
                count += (uint64_t)fill;
            }
            st = stats_of(&f, t == AEZ_F32 ? (void *)x : (void *)y, N);
            cr_assert(st.suspicious, "%g", fills[v]);
            cr_assert_eq(st.suspect, t == AEZ_F32 ? (double)(float)fills[v] : fills[v]);
            cr_assert_eq(st.n_suspect, count);
            f.has_missing = 1; /* declared: no longer */
            f.missing = fills[v];
            st = stats_of(&f, t == AEZ_F32 ? (void *)x : (void *)y, N);
            cr_assert(!st.suspicious && st.min >= 10 && st.max <= 40);
        }
    }
}

Test(survey, fill_values_of_integers_are_suspected)
{
    aez_field       f = field_of(AEZ_I16, AEZ_REL, 1e-3);
    int16_t         x[N];
    aez_field_stats st;
    for (size_t i = 0; i < N; i++)
        x[i] = i % 9 == 2 ? -9999 : (int16_t)(next_random() % 400);
    st = stats_of(&f, x, N);
    cr_assert(st.suspicious && st.suspect == -9999);
}

Test(survey, ordinary_data_is_not_suspected)
{
    aez_field f = field_of(AEZ_F64, AEZ_REL, 1e-3);
    double    x[N];
    for (int kind = 0; kind < 6; kind++) {
        for (size_t i = 0; i < N; i++) {
            double u = uniform();
            x[i] = kind == 0   ? u
                   : kind == 1 ? (double)(next_random() & 1)     /* two values */
                   : kind == 2 ? exp(u * 40)                     /* many magnitudes */
                   : kind == 3 ? (double)(next_random() % 1000)  /* 999 within the range */
                   : kind == 4 ? (i == 7 ? 5000 : u)             /* one outlier */
                               : (i % 50 == 0 ? 77 : u);         /* a separate cluster */
        }
        cr_assert(!stats_of(&f, x, N).suspicious, "kind %d", kind);
    }
}

Test(survey, an_empty_field_has_no_range)
{
    aez_field       f = field_of(AEZ_F32, AEZ_REL, 1e-3);
    float           x[3] = { NAN, INFINITY, NAN };
    aez_field_stats st = stats_of(&f, x, 0);
    cr_assert(st.n == 0 && st.n_finite == 0 && st.min == 0 && st.max == 0 && !st.suspicious);
    st = stats_of(&f, x, 3);
    cr_assert(st.n == 3 && st.n_finite == 0 && st.min == 0 && st.max == 0 && !st.suspicious);
}

Test(survey, opaque_bytes_have_none)
{
    aez_field   f = field_of(AEZ_OPAQUE, AEZ_LOSSLESS, 0);
    aez_survey *s;
    cr_assert_eq(aez_survey_create(&s, &plain, &f), AEZ_ERR_OPTION);
    cr_assert_null(s);
    aez_survey_destroy(s);
}
