/* test_values_out.c - numbers reach files in their order, type and byte order. */
#include "cli/platform.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/values_out.h"

static uint8_t bytes[4096];

/* Writes n items of the form; how many bytes the file has. */
static size_t write_values(const aez_values_form *form, const double *values, size_t n)
{
    aez_args       args = {.force = true};
    aez_guard      guard = {.path = NULL};
    aez_cli        cli = {.args = &args, .guard = &guard};
    aez_values_out v;
    char           path[] = "/tmp/aez-values-XXXXXX";
    int            fd = mkstemp(path);
    FILE          *f;
    size_t         size;
    cr_assert(fd >= 0);
    (void)close(fd);
    cr_assert_eq(pthread_mutex_init(&guard.lock, NULL), 0);
    cr_assert_eq(aez_values_open(&v, &cli, path, form), AEZ_EXIT_OK);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(aez_values_put(&v, values + i * form->n_values, 1), AEZ_EXIT_OK);
    cr_assert_eq(aez_values_commit(&v), AEZ_EXIT_OK);
    aez_values_close(&v);
    f = fopen(path, "rb");
    cr_assert_not_null(f);
    size = fread(bytes, 1, sizeof bytes, f);
    (void)fclose(f);
    (void)unlink(path);
    return size;
}

Test(values_out, integers_are_rounded_and_clamped)
{
    static const double  v[8] = {-3, 0.5, 1.5, 254.4, 255.6, 1e300, NAN, -INFINITY};
    static const uint8_t u8[8] = {0, 0, 2, 254, 255, 255, 0, 0};
    aez_values_form      form = aez_values_matrix(AEZ_FORMAT_RAW, AEZ_U8, 1, 8);
    int64_t              wide[8];
    cr_assert_eq(write_values(&form, v, 1), 8u);
    cr_expect_eq(memcmp(bytes, u8, 8), 0);
    form.type = AEZ_I64;
    cr_assert_eq(write_values(&form, v, 1), 64u);
    memcpy(wide, bytes, sizeof wide);
    cr_expect(wide[0] == -3 && wide[5] == INT64_MAX && wide[6] == 0 && wide[7] == INT64_MIN);
    form.type = AEZ_U64;
    cr_assert_eq(write_values(&form, v, 1), 64u);
    memcpy(wide, bytes, sizeof wide);
    cr_expect(wide[0] == 0 && wide[5] == -1 && wide[4] == 256);
    form.type = AEZ_I8;
    cr_assert_eq(write_values(&form, v, 1), 8u);
    cr_expect((int8_t)bytes[0] == -3 && (int8_t)bytes[5] == 127 && (int8_t)bytes[7] == -128);
}

Test(values_out, idx_is_big_endian_and_npy_is_not)
{
    static const double v[2] = {1, -2};
    aez_values_form     form = aez_values_matrix(AEZ_FORMAT_IDX, AEZ_I16, 1, 2);
    cr_assert_eq(write_values(&form, v, 1), 12u + 4);
    cr_expect(bytes[2] == 0x0B && bytes[12] == 0 && bytes[13] == 1 && bytes[14] == 0xFF &&
              bytes[15] == 0xFE);
    form = aez_values_matrix(AEZ_FORMAT_NPY, AEZ_I16, 1, 2);
    cr_assert_eq(write_values(&form, v, 1), 128u + 4);
    cr_expect_eq(memcmp(bytes, "\x93NUMPY", 6), 0);
    cr_expect(bytes[128] == 1 && bytes[129] == 0 && bytes[130] == 0xFE && bytes[131] == 0xFF);
}

/* Items of two fields of 2 x 2 sites: 0 1 2 3 of the first, 10 11 12 13 of the second; then others. */
static void fields_are(int axis, uint32_t item_axis, const uint64_t shape[4], const char *want)
{
    static const double v[16] = {0, 1, 2, 3, 10, 11, 12, 13, 4, 5, 6, 7, 14, 15, 16, 17};
    aez_values_form     form = {.format = AEZ_FORMAT_RAW, .type = AEZ_U8, .axis = axis,
                                .item_axis = item_axis, .n_dims = 4, .n_values = 8};
    memcpy(form.shape, shape, 4 * sizeof *shape);
    cr_assert_eq(write_values(&form, v, 2), 16u);
    for (int i = 0; i < 16; i++)
        cr_expect_eq(bytes[i], want[i], "axis %d, value %d", axis, i);
}

Test(values_out, fields_go_to_their_axis)
{
    const uint64_t shape[4] = {2, 2, 2, 2};
    fields_are(1, 0, shape, "\0\1\2\3\12\13\14\15\4\5\6\7\16\17\20\21");
    fields_are(2, 0, shape, "\0\1\12\13\2\3\14\15\4\5\16\17\6\7\20\21");
    fields_are(3, 0, shape, "\0\12\1\13\2\14\3\15\4\16\5\17\6\20\7\21");
    fields_are(0, 1, shape, "\0\1\2\3\4\5\6\7\12\13\14\15\16\17\20\21");
}

static const char *name_of(const void *opaque, uint32_t i)
{
    static const char *const names[] = {"plain", "with, comma", "a \"quote\""};
    (void)opaque;
    return names[i];
}

Test(values_out, tables_quote_names_and_leave_gaps_empty)
{
    static const double v[6] = {1, 0.1, NAN, -2.5e-300, 3, 1e22};
    static const char   want[] = "plain,\"with, comma\",\"a \"\"quote\"\"\"\n"
                                 "1,0.1,\n-2.5e-300,3,1e+22\n";
    aez_values_form     form = aez_values_matrix(AEZ_FORMAT_CSV, AEZ_F64, 2, 3);
    form.name = name_of;
    cr_assert_eq(write_values(&form, v, 2), sizeof want - 1);
    cr_expect_eq(memcmp(bytes, want, sizeof want - 1), 0, "%.*s", (int)sizeof want, bytes);
}

Test(values_out, numbers_read_back_as_the_same_double)
{
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        char   text[32];
        double v;
        state = state * 6364136223846793005u + 1442695040888963407u;
        memcpy(&v, &state, sizeof v);
        if (!isfinite(v))
            continue;
        cr_assert_lt(aez_number_text(v, text), sizeof text);
        cr_assert_eq(strtod(text, NULL), v, "%s", text);
    }
}

Test(values_out, the_end_of_a_name_says_the_format)
{
    cr_expect_eq(aez_format_of_path("a/b.npy", AEZ_FORMAT_CSV), AEZ_FORMAT_NPY);
    cr_expect_eq(aez_format_of_path("t10k-images.idx3-ubyte", AEZ_FORMAT_CSV), AEZ_FORMAT_IDX);
    cr_expect_eq(aez_format_of_path("x.f32", AEZ_FORMAT_CSV), AEZ_FORMAT_RAW);
    cr_expect_eq(aez_format_of_path("x.npy.txt", AEZ_FORMAT_CSV), AEZ_FORMAT_CSV);
    cr_expect_eq(aez_delimiter_of_path("x.tsv"), '\t');
}
