/* test_table_number.c - numbers in text, their notations, dates, and integers of columns. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/floatbits.h"
#include "codec/table/table.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int parse(const char *text, aez_number *out)
{
    return aez_number_parse(out, text, strlen(text));
}

Test(table_number, reads_what_strtod_reads)
{
    static const char *const texts[] = {
        "0", "-0", "1", "+1", "-12.5", ".5", "5.", "1e5", "1E+05", "1.25e-7", "8.725804443E2",
        "0.58437780464E+02", "1234567890123456789", "12345678901234567890123", "0.1", "1e22",
        "1e23", "9007199254740993", "2.2250738585072014e-308", "5e-324", "1.7976931348623157e308",
        "0.00000000000000000000000000000000000000000000000000000001", "123456789012345678901e-5",
        "0.30000000000000004", "100000000000000000000.000000000000000000001"
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        aez_number n;
        cr_assert(parse(texts[i], &n), "%s", texts[i]);
        double wanted = strtod(texts[i], NULL);
        cr_assert(memcmp(&n.real, &wanted, sizeof wanted) == 0, "%s: %.17g", texts[i], n.real);
    }
}

Test(table_number, refuses_what_is_no_finite_number)
{
    static const char *const texts[] = { "", "-", "+", ".", "-.", "e5", "1e", "1e+", "1.2.3", "nan",
                                         "inf", "0x10", "1 ", " 1", "1,5", "--1", "1e999999",
                                         "1e400", "1f", "1e5e5", "1-", "\xD9\xA1" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        aez_number n;
        cr_assert_not(parse(texts[i], &n), "%s", texts[i]);
    }
}

Test(table_number, knows_007)
{
    static const char *const led[] = { "007", "-08", "00.5", "+01.25" };
    static const char *const not_led[] = { "0", "0.07", "-0.5", "10", "0e5", "100" };
    aez_number               n;
    for (size_t i = 0; i < 4; i++)
        cr_assert(parse(led[i], &n) && n.zero_led, "%s", led[i]);
    for (size_t i = 0; i < 6; i++)
        cr_assert(parse(not_led[i], &n) && !n.zero_led, "%s", not_led[i]);
}

Test(table_number, shortest_reads_back_with_the_fewest_digits)
{
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next_random(&state);
        uint32_t low = (uint32_t)bits;
        float    f;
        double   v;
        memcpy(&f, &low, sizeof f);
        memcpy(&v, &bits, sizeof v);
        if (i % 2) {
            f = (float)((double)(int32_t)low / 65536 / (double)(1 + i % 1000));
            v = (double)(int64_t)(bits >> 20) / 1e6;
        }
        if (isfinite(f) && f != 0) {
            aez_decimal d;
            char        text[64];
            int         p = 6;
            aez_decimal_shortest(&d, (double)f, 32);
            cr_assert((float)aez_decimal_real(&d) == f, "%.9g", (double)f);
            for (; p < 9; p++) {
                snprintf(text, sizeof text, "%.*e", p - 1, (double)f);
                if ((float)strtod(text, NULL) == f)
                    break;
            }
            aez_number n;
            snprintf(text, sizeof text, "%.*e", p - 1, (double)f);
            cr_assert(parse(text, &n));
            cr_assert(n.value.m == d.m && n.value.e == d.e && n.value.neg == d.neg, "%s", text);
        }
        if (isfinite(v) && v != 0) {
            aez_decimal d;
            aez_decimal_shortest(&d, v, 64);
            cr_assert(aez_decimal_real(&d) == v, "%.17g", v);
        }
    }
}

Test(table_number, stepwise_repeats_a_careless_reader)
{
    aez_decimal d = { 642367, -5, 0 }, e = { 51811800000000005u, -18, 0 };
    cr_assert(aez_decimal_stepwise(&d) == 6.4236699999999995);
    d = (aez_decimal){ 518118, -7, 0 };
    cr_assert(aez_decimal_stepwise(&d) == aez_decimal_real(&e));
    d = (aez_decimal){ 5090000152587891u, -15, 0 };
    cr_assert(aez_decimal_stepwise(&d) == 5.0900001525878915);
    d = (aez_decimal){ 90071992547409937u, -16, 0 }; /* above 2^53: digit by digit */
    cr_assert(aez_decimal_stepwise(&d) == 9.007199254740993);
}

Test(table_number, scale_rounds_as_told)
{
    static const struct {
        aez_decimal  d;
        int          q;
        aez_rounding rounding;
        int64_t      m;
        int          exact;
    } cases[] = {
        { { 125, -2, 0 }, -2, AEZ_ROUND_NEAREST, 125, 1 },
        { { 125, -2, 0 }, -1, AEZ_ROUND_NEAREST, 13, 0 },
        { { 125, -2, 1 }, -1, AEZ_ROUND_NEAREST, -13, 0 },
        { { 125, -2, 1 }, -1, AEZ_ROUND_FLOOR, -13, 0 },
        { { 125, -2, 0 }, -1, AEZ_ROUND_FLOOR, 12, 0 },
        { { 1, -30, 1 }, 0, AEZ_ROUND_FLOOR, -1, 0 },
        { { 1, -30, 1 }, 0, AEZ_ROUND_NEAREST, 0, 0 },
        { { 7, 3, 0 }, 0, AEZ_ROUND_FLOOR, 7000, 1 },
        { { 0, 0, 0 }, -9, AEZ_ROUND_FLOOR, 0, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t m;
        int     exact;
        cr_assert(aez_decimal_scale(&cases[i].d, cases[i].q, cases[i].rounding, &m, &exact));
        cr_assert(m == cases[i].m && exact == cases[i].exact, "case %zu: %lld", i, (long long)m);
    }
    int64_t m;
    int     exact;
    cr_assert_not(aez_decimal_scale(&(aez_decimal){ 7, 30, 0 }, 0, AEZ_ROUND_FLOOR, &m, &exact));
}

static void notation_fits(const char *const *texts, size_t n)
{
    aez_notation_survey s;
    aez_notation        guess[8];
    size_t              n_guess, best = 0;
    aez_notation_survey_init(&s);
    for (size_t i = 0; i < n; i++) {
        aez_number number;
        cr_assert(parse(texts[i], &number), "%s", texts[i]);
        aez_notation_survey_add(&s, &number);
    }
    n_guess = aez_notation_guess(&s, guess, 8);
    for (size_t g = 0; g < n_guess; g++) {
        size_t right = 0;
        for (size_t i = 0; i < n; i++) {
            char       text[AEZ_NUMBER_TEXT];
            aez_number number;
            parse(texts[i], &number);
            size_t size = aez_notation_write(&guess[g], &number.value, text);
            right += size == strlen(texts[i]) && memcmp(text, texts[i], size) == 0;
        }
        best = right > best ? right : best;
    }
    cr_assert_eq(best, n, "%s: %zu of %zu", texts[0], best, n);
}

Test(table_number, notations_of_real_files_are_found)
{
    static const char *const fixed[] = { "1.50", "-0.25", "1000.00", "0.00" };
    static const char *const pandas[] = { "1.5", "129.0", "1e-05", "0.0", "1.5e+16", "123456.0" };
    static const char *const g5[] = { "1.5", "12345", "6.1556e+05", "-4.3e-05", "0", "0.0001" };
    static const char *const fortran[] = { "0.58437780464E+02", "-0.10000000000E-01",
                                           "0.00000000000E+00" };
    static const char *const phone[] = { "8.725804443E2", "0.000000000E0", "1.739502000E-2" };
    static const char *const point[] = { "0.", "1.", "-25." };
    static const char *const plus[] = { "+1.5", "-2.25", "+0.5" };
    static const char *const bare[] = { ".5", "-.25", "1.75" };
    static const char *const r[] = { "1e+05", "120000", "1.5e-07", "0.001", "33" };
    static const char *const mixed[] = { "4", "3.95", "4.1", "0" };
#define FITS(texts) notation_fits(texts, sizeof texts / sizeof *texts)
    FITS(fixed);
    FITS(pandas);
    FITS(g5);
    FITS(fortran);
    FITS(phone);
    FITS(point);
    FITS(plus);
    FITS(bare);
    FITS(r);
    FITS(mixed);
}

Test(table_number, decfloat_integers_are_dense_and_ordered)
{
    aez_column c;
    memset(&c, 0, sizeof c);
    c.kind = AEZ_COLUMN_DECFLOAT;
    c.step = c.unit = 1;
    c.precision = 3;
    c.places = 4;
    c.notation = (aez_notation){ AEZ_NOTATION_PLAIN, 0, 0, 0, 0, 2, -4, 400 };
    double last = -INFINITY;
    for (int64_t k = -20000; k <= 20000; k++) {
        char       text[AEZ_NUMBER_TEXT];
        size_t     size = aez_column_write(&c, k, text);
        aez_number n;
        int64_t    back;
        cr_assert(size && aez_number_parse(&n, text, size));
        cr_assert(n.real > last, "%lld", (long long)k);
        last = n.real;
        cr_assert(aez_column_index(&c, &n, &back) && back == k, "%lld -> %lld", (long long)k,
                  (long long)back);
    }
    char text[AEZ_NUMBER_TEXT];
    cr_assert_eq(aez_column_write(&c, INT64_MIN, text), 0);
    cr_assert_eq(aez_column_write(&c, INT64_MAX, text), 0);
}

Test(table_number, fine_digits_part_and_unite)
{
    for (unsigned precision = 1; precision <= 5; precision += 2)
        for (int below = 1; below <= 6; below++) {
            aez_column c;
            int64_t    last = INT64_MIN;
            memset(&c, 0, sizeof c);
            c.kind = AEZ_COLUMN_DECFLOAT;
            c.step = c.unit = 1;
            c.precision = precision;
            c.places = 6;
            c.has_fine = 1;
            c.coarse = 6 - below;
            int64_t most = precision == 1 ? 100 : 10000; /* eleven levels, or fewer */
            for (int64_t k = -most; k <= most; k++) {
                int64_t  upper, back;
                uint64_t fine;
                cr_assert(aez_column_part(&c, k, &upper, &fine));
                cr_assert_lt(fine, aez_column_radix(&c, upper));
                cr_assert(aez_column_unite(&c, upper, fine, &back) && back == k,
                          "%u %d: %lld -> %lld", precision, below, (long long)k, (long long)back);
                cr_assert(upper >= last);
                last = upper;
            }
            int64_t back;
            (void)aez_column_unite(&c, INT64_MIN, 0, &back);
            (void)aez_column_unite(&c, INT64_MAX, UINT64_MAX, &back);
            (void)aez_column_unite(&c, 0, UINT64_MAX, &back);
        }
}

Test(table_number, float_columns_keep_every_bit)
{
    uint64_t state = 1234567;
    for (unsigned width = 32; width <= 64; width += 32) {
        aez_column c;
        memset(&c, 0, sizeof c);
        c.kind = AEZ_COLUMN_FLOAT;
        c.step = c.unit = 1;
        c.width_bits = c.print_width = width;
        c.notation = (aez_notation){ AEZ_NOTATION_SCI_TRIM, 0, 0, 0, 0, 1, -4, 400 };
        for (int i = 0; i < 5000; i++) {
            int64_t    k = (int64_t)next_random(&state), back;
            char       text[AEZ_NUMBER_TEXT];
            aez_number n;
            if (width == 32)
                k = (int32_t)k;
            size_t size = aez_column_write(&c, k, text);
            if (size == 0)
                continue; /* NaN or infinite */
            cr_assert(aez_number_parse(&n, text, size));
            cr_assert(aez_column_index(&c, &n, &back));
            cr_assert(back == k || (n.real == 0 && k == -1), "%lld", (long long)k);
        }
    }
}

Test(table_number, stamps_are_counted_and_written_back)
{
    static const char *const good[][2] = {
        { "Y-M-D h:m:s", "2016-07-01 00:00:00" }, { "Y-M-DTh:m:sZ", "2013-01-01T06:00:00Z" },
        { "Y-M-D", "1950-01-03" },                { "D.M.Y h:m", "29.02.2000 23:59" },
        { "N/d/Y", "1/15/2013" },                 { "Y-M-D h:m:s.fff", "2020-02-08 13:30:47.250" },
    };
    for (size_t i = 0; i < 6; i++) {
        int64_t count;
        char    text[80];
        cr_assert(aez_stamp_valid(good[i][0]));
        cr_assert(aez_stamp_parse(good[i][0], good[i][1], strlen(good[i][1]), &count));
        size_t n = aez_stamp_write(good[i][0], count, text);
        cr_assert(n == strlen(good[i][1]) && memcmp(text, good[i][1], n) == 0, "%s", good[i][1]);
    }
    int64_t epoch;
    cr_assert(aez_stamp_parse("Y-M-D h:m:s", "1970-01-02 00:00:01", 19, &epoch) && epoch == 86401);
    static const char *const bad[] = { "2015-02-29", "2016-13-01", "2016-00-10", "2016-1-01",
                                       "2016-01-011", "16-01-01", "2016-01-32", "2016/01/01",
                                       "2015-04-31", "1900-02-29" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t count;
        cr_assert_not(aez_stamp_parse("Y-M-D", bad[i], strlen(bad[i]), &count), "%s", bad[i]);
    }
}

Test(table_number, every_day_of_ten_millennia_survives)
{
    int64_t first = -719528, last = 2932896, seen = 0;
    for (int64_t day = first; day <= last; day += 3) {
        char    text[80];
        int64_t back;
        size_t  n = aez_stamp_write("Y-M-D", day, text);
        cr_assert(n == 10 && aez_stamp_parse("Y-M-D", text, n, &back) && back == day);
        seen++;
    }
    char text[80];
    cr_assert_gt(seen, 500000);
    cr_assert_eq(aez_stamp_write("Y-M-D", first - 1, text), 0);
    cr_assert_eq(aez_stamp_write("Y-M-D", last + 1, text), 0);
    cr_assert_eq(aez_stamp_write("Y-M-D h:m:s", INT64_MIN, text), 0);
    cr_assert_eq(aez_stamp_write("Y-M-D h:m:s.ffffff", INT64_MAX, text), 0);
}

Test(table_number, patterns_are_guessed_from_one_text)
{
    char   patterns[6][AEZ_STAMP_PATTERN];
    size_t n = aez_stamp_guess("2016-07-01 00:00:00", 19, patterns, 6);
    cr_assert(n >= 1);
    cr_assert_str_eq(patterns[0], "Y-M-D h:m:s");
    n = aez_stamp_guess("01/02/2013", 10, patterns, 6);
    cr_assert(n >= 2);
    cr_assert_str_eq(patterns[0], "D/M/Y");
    cr_assert_str_eq(patterns[1], "M/D/Y");
    cr_assert_eq(aez_stamp_guess("hello 2016", 10, patterns, 6), 0);
    cr_assert_eq(aez_stamp_guess("12", 2, patterns, 6), 0);
    cr_assert_not(aez_stamp_valid("Y-M"));
    cr_assert_not(aez_stamp_valid("Y-M-D m"));
    cr_assert_not(aez_stamp_valid("Y-M-D Y"));
}
