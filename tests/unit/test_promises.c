/* test_promises.c - what spec/promises.md says of odd values and of text, where no other test does. */
#include <criterion/criterion.h>

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "tests/support/promise.h"
#include "tests/support/tables.h"

enum { N = 900 };

static const aez_mode modes[] = {AEZ_LOSSLESS, AEZ_ABS, AEZ_REL, AEZ_PWREL, AEZ_PSNR};
enum { N_MODES = sizeof modes / sizeof *modes };

static double bound_of(aez_mode mode)
{
    return mode == AEZ_PSNR ? 50 : mode == AEZ_LOSSLESS ? 0 : 1e-3;
}

static void put_bits(void *column, aez_type type, size_t i, uint64_t bits)
{
    uint32_t narrow = (uint32_t)bits;
    if (type == AEZ_F32)
        memcpy((uint8_t *)column + 4 * i, &narrow, 4);
    else
        memcpy((uint8_t *)column + 8 * i, &bits, 8);
}

static void put(void *column, aez_type type, size_t i, double v)
{
    uint64_t bits = 0;
    uint32_t low;
    float    narrow = (float)v;
    memcpy(&bits, &v, sizeof bits);
    memcpy(&low, &narrow, sizeof low);
    put_bits(column, type, i, type == AEZ_F32 ? low : bits);
}

/* Encodes and restores one field at level 2, in chunks of 4,096 bytes. */
static void there_and_back(const aez_field *field, void *column, void *back)
{
    static const uint64_t n = N;
    aez_schema            s = arrays_schema(field, 1, 1, &n);
    aez_options           o;
    arrays_bytes          file;
    uint64_t              got;
    aez_options_init(&o);
    o.level = 2;
    o.chunk_bytes = 4096;
    cr_assert_eq(arrays_encode(&o, &s, &column, 1, 0, &file), AEZ_END);
    cr_assert_eq(arrays_decode(&o, file.data, file.size, 0, 0, &back, N, &got), AEZ_OK);
    cr_assert_eq(got, N);
    free(file.data);
}

/* A wave in which every so many values is what `odd` holds. */
static void wave(void *column, aez_type type, const uint64_t *odd, size_t n_odd, size_t every)
{
    for (size_t i = 0; i < N; i++) {
        if (i % every == 3)
            put_bits(column, type, i, odd[i / every % n_odd]);
        else
            put(column, type, i, 30 * sin((double)i * 0.02) + 0.01 * (double)(i % 7));
    }
}

Test(promises, nan_and_infinities_keep_every_bit_in_every_mode)
{
    static const uint64_t odd32[] = {0x7F800000, 0xFF800000, 0x7FC00001, 0xFFC12345, 0x7F800001};
    static const uint64_t odd64[] = {0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000001,
                                     0xFFF8123456789ABC, 0x7FF0000000000001};
    static uint64_t       column[N], back[N];
    for (int type = AEZ_F32; type <= AEZ_F64; type++) {
        for (size_t m = 0; m < N_MODES; m++) {
            for (size_t every = 5; every <= 200; every += 65) { /* a class each, and rare ones */
                aez_field field = {.type = (aez_type)type, .mode = modes[m],
                                   .bound = bound_of(modes[m])};
                wave(column, field.type, type == AEZ_F32 ? odd32 : odd64, 5, every);
                there_and_back(&field, column, back);
                for (uint64_t i = 0; i < N; i++) {
                    uint64_t was = promise_bits(column, i, field.type);
                    if (!isfinite(promise_value(was, field.type)))
                        cr_assert_eq(was, promise_bits(back, i, field.type), "%d, mode %d, site %d",
                                     type, modes[m], (int)i);
                }
            }
        }
    }
}

Test(promises, minus_zero_and_subnormals_are_values_within_the_bound)
{
    static const uint64_t odd32[] = {0x80000000, 0, 1, 0x80000001, 0x007FFFFF};
    static const uint64_t odd64[] = {0x8000000000000000, 0, 1, 0x8000000000000001, 0x000FFFFFFFFFFFFF};
    static uint64_t       column[N], back[N];
    for (int type = AEZ_F32; type <= AEZ_F64; type++) {
        for (size_t m = 0; m < N_MODES; m++) {
            aez_field field = {.type = (aez_type)type, .mode = modes[m], .bound = bound_of(modes[m])};
            uint64_t  site;
            wave(column, field.type, type == AEZ_F32 ? odd32 : odd64, 5, 5);
            there_and_back(&field, column, back);
            cr_assert(promise_all(&field, column, back, N, &site), "%d, mode %d, site %d", type,
                      modes[m], (int)site);
            if (modes[m] == AEZ_PSNR)
                cr_assert_geq(promise_psnr(&field, column, back, N), field.bound - 1e-9);
        }
    }
}

Test(promises, a_bound_of_zero_keeps_every_value)
{
    static uint64_t column[N], back[N];
    static const aez_mode zero[] = {AEZ_ABS, AEZ_REL, AEZ_PWREL};
    for (int type = AEZ_F32; type <= AEZ_F64; type++) {
        for (size_t m = 0; m < 3; m++) {
            aez_field field = {.type = (aez_type)type, .mode = zero[m], .bound = 0};
            for (size_t i = 0; i < N; i++)
                put(column, field.type, i, sin((double)i) * exp((double)(i % 50)));
            there_and_back(&field, column, back);
            for (uint64_t i = 0; i < N; i++)
                cr_assert_eq(promise_bits(column, i, field.type), promise_bits(back, i, field.type));
        }
    }
}

Test(promises, a_relative_bound_of_zero_needs_no_profile)
{
    static const uint64_t n = N;
    static uint64_t       column[N], back[N];
    void                 *p = column, *q = back;
    for (int type = AEZ_U8; type <= AEZ_F64; type++) {
        aez_field    field = {.type = (aez_type)type, .mode = AEZ_REL, .bound = 0};
        aez_schema   s = arrays_schema(&field, 1, 1, &n);
        aez_options  o;
        arrays_bytes file;
        uint64_t     got;
        aez_options_init(&o);
        o.level = 1;
        memset(back, 0, sizeof back);
        for (size_t i = 0; i < N * aez_type_size(field.type); i++)
            ((uint8_t *)column)[i] = (uint8_t)(i * i % 7);
        cr_assert_eq(arrays_encode(&o, &s, &p, 0, 0, &file), AEZ_END);
        cr_assert_eq(arrays_decode(&o, file.data, file.size, 0, 0, &q, N, &got), AEZ_OK);
        cr_assert(memcmp(column, back, N * aez_type_size(field.type)) == 0, "type %d", type);
        free(file.data);
    }
}

Test(promises, the_range_of_a_relative_bound_leaves_out_what_is_odd_or_missing)
{
    static uint64_t column[N], back[N];
    aez_field       field = {.type = AEZ_F64, .mode = AEZ_REL, .bound = 0.01, .has_missing = 1,
                             .missing = -1e30};
    for (size_t i = 0; i < N; i++)
        put(column, AEZ_F64, i, i % 50 == 1 ? -1e30 : i % 50 == 2 ? (double)INFINITY : sin((double)i));
    there_and_back(&field, column, back);
    for (uint64_t i = 0; i < N; i++) {
        double a = promise_value(promise_bits(column, i, AEZ_F64), AEZ_F64);
        double b = promise_value(promise_bits(back, i, AEZ_F64), AEZ_F64);
        cr_assert(a == b || fabs(a - b) <= 0.02, "site %d: %g, %g", (int)i, a, b);
    }
}

/* Cells of a row without quotes, as the test has made them. */
static const char *cell(const char *row, int c, size_t *size)
{
    for (; c > 0; c--)
        row = strchr(row, ',') + 1;
    *size = strcspn(row, ",\n");
    return row;
}

Test(promises, text_and_odd_cells_of_a_table_keep_every_byte_under_a_bound)
{
    static const char *const odd[] = {"NA", "", "nan", "-inf", "007", "1e", " 5", "12.50.1"};
    aez_table_options        t = tables_options(AEZ_ABS, 0.25);
    aez_options              o;
    arrays_bytes             file, back;
    char                    *text = malloc(1 << 16);
    size_t                   size = (size_t)sprintf(text, "x,kind,y\n");
    const char              *a = text, *b;
    aez_options_init(&o);
    o.level = 2;
    for (int i = 0; i < 600; i++) {
        if (i % 40 == 7)
            size += (size_t)sprintf(text + size, "%s,", odd[i / 40 % 8]);
        else
            size += (size_t)sprintf(text + size, "%.3f,", 40 * sin(i * 0.1));
        size += (size_t)sprintf(text + size, "%s,%d\n", i % 3 ? "left" : "right", i);
    }
    cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, NULL), AEZ_END);
    cr_assert_eq(tables_decode(&o, file.data, file.size, 0, &back), AEZ_OK);
    arrays_append(&back, "", 1);
    b = (const char *)back.data;
    for (int i = 0; i <= 600; i++) {
        for (int c = 0; c < 3; c++) {
            size_t      n, m;
            const char *was = cell(a, c, &n), *is = cell(b, c, &m);
            int         same = n == m && memcmp(was, is, n) == 0;
            if (i == 0 || c == 1 || (c == 0 && (i - 1) % 40 == 7))
                cr_assert(same, "row %d, column %d", i, c);
            else
                cr_assert(same || fabs(strtod(was, NULL) - strtod(is, NULL)) <= 0.25);
        }
        a = strchr(a, '\n') + 1;
        b = strchr(b, '\n') + 1;
    }
    cr_assert_eq(*b, '\0');
    free(text);
    free(file.data);
    free(back.data);
}

Test(promises, the_same_input_options_and_seed_give_the_same_bytes)
{
    static uint64_t column[N];
    static const uint64_t n = N;
    aez_field    field = {.type = AEZ_F64, .mode = AEZ_REL, .bound = 1e-3};
    aez_schema   s = arrays_schema(&field, 1, 1, &n);
    aez_options  o;
    arrays_bytes first, again;
    void        *p = column;
    aez_options_init(&o);
    o.level = 7;
    o.trainer = aez_trainer_default();
    for (size_t i = 0; i < N; i++)
        put(column, AEZ_F64, i, sin((double)i * 0.1) + 0.001 * (double)(i * i % 17));
    cr_assert_eq(arrays_encode(&o, &s, &p, 1, 0, &first), AEZ_END);
    cr_assert_eq(arrays_encode(&o, &s, &p, 1, 77, &again), AEZ_END);
    cr_assert(first.size == again.size && memcmp(first.data, again.data, first.size) == 0);
    free(first.data);
    free(again.data);
}
