/* test_source.c - a file is what its content says, unless the options say otherwise. */
#include "cli/platform.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/idx.h"
#include "cli/message.h"
#include "cli/npy.h"
#include "cli/source.h"

static aez_args no_options(void)
{
    aez_args a = {.variables = -1};
    return a;
}

static int find_in(aez_source *s, const aez_args *args, const void *bytes, size_t size)
{
    FILE     *f = tmpfile();
    aez_input in = {.name = "input"};
    int       status;
    cr_assert_eq(fwrite(bytes, 1, size, f), size);
    fflush(f);
    in.fd = fileno(f);
    in.size = size;
    status = aez_source_find(s, args, &in);
    fclose(f);
    return status;
}

/* The status alone; something is said whenever it is not good. */
static int status_of(const aez_args *args, const void *bytes, size_t size)
{
    aez_source s;
    int        status = find_in(&s, args, bytes, size);
    aez_source_free(&s);
    return status;
}

/* An f32 array of 2 x 3 in an .npy file with n bytes behind it; its size. */
static size_t make_npy(uint8_t *dst, bool fortran, size_t tail)
{
    aez_layout l;
    size_t     n;
    aez_layout_init(&l);
    l.type = AEZ_F32;
    l.fortran = fortran;
    l.n_dims = 2;
    l.shape[0] = fortran ? 3 : 2;
    l.shape[1] = fortran ? 2 : 3;
    n = aez_npy_header(&l, 1, (char *)dst, 1000);
    cr_assert_gt(n, 60);
    memset(dst + n, 0x41, 24 + tail);
    return n + 24 + tail;
}

static size_t make_idx(uint8_t *dst)
{
    static const uint8_t head[] = {0, 0, 8, 2, 0, 0, 0, 5, 0, 0, 0, 7};
    memcpy(dst, head, sizeof head);
    memset(dst + sizeof head, 1, 35);
    return sizeof head + 35;
}

Test(source, npy_is_known_by_its_header)
{
    uint8_t    bytes[1200];
    aez_source s;
    aez_args   a = no_options();
    for (int insist = 0; insist < 2; insist++)
        for (size_t tail = 0; tail < 24; tail += 23) {
            size_t size = make_npy(bytes, false, tail);
            a.format = insist ? AEZ_FORMAT_NPY : AEZ_FORMAT_AUTO;
            cr_assert_eq(find_in(&s, &a, bytes, size), AEZ_EXIT_OK);
            cr_assert(s.layout.format == AEZ_FORMAT_NPY && s.layout.type == AEZ_F32);
            cr_assert(s.layout.n_dims == 2 && s.layout.shape[0] == 2 && s.layout.shape[1] == 3);
            cr_assert_eq(s.data_size, 24);
            cr_assert_eq(s.data_off + s.data_size + tail, size);
            cr_assert(s.layout.head_size == s.data_off &&
                      memcmp(s.layout.head, bytes, s.data_off) == 0);
            cr_assert(s.layout.tail_size == tail && (tail == 0 || s.layout.tail[22] == 0x41));
            cr_assert_gt(strlen(s.why), 3);
            aez_source_free(&s);
        }
}

Test(source, npy_headers_that_lie_are_bytes_unless_one_insists)
{
    uint8_t    bytes[1200];
    aez_source s;
    aez_args   a = no_options();
    size_t     size = make_npy(bytes, false, 24); /* a tail as long as the values */
    for (int i = 0; i < 2; i++, size -= 25) {     /* and a value too short */
        a.format = AEZ_FORMAT_AUTO;
        cr_assert_eq(find_in(&s, &a, bytes, size), AEZ_EXIT_OK);
        cr_assert(s.layout.format == AEZ_FORMAT_BYTES && s.layout.type == AEZ_OPAQUE, "%d", i);
        cr_assert(s.data_off == 0 && s.data_size == size && s.layout.n_dims == 1 &&
                  s.layout.shape[0] == size);
        cr_assert(!s.layout.head && s.layout.head_size == 0 && s.layout.tail_size == 0);
        cr_assert_not_null(strstr(s.why, "looks like .npy"), "%s", s.why);
        aez_source_free(&s);
        a.format = AEZ_FORMAT_NPY;
        cr_assert_eq(status_of(&a, bytes, size), AEZ_EXIT_DATA);
    }
}

Test(source, idx_is_known_by_its_header)
{
    uint8_t    bytes[100];
    aez_source s;
    aez_args   a = no_options();
    size_t     size = make_idx(bytes);
    cr_assert_eq(find_in(&s, &a, bytes, size), AEZ_EXIT_OK);
    cr_assert(s.layout.format == AEZ_FORMAT_IDX && s.layout.type == AEZ_U8 && s.layout.n_dims == 2);
    cr_assert(s.layout.shape[0] == 5 && s.layout.shape[1] == 7 && s.data_off == 12 &&
              s.data_size == 35);
    aez_source_free(&s);
    cr_assert_eq(find_in(&s, &a, bytes, size - 1), AEZ_EXIT_OK);
    cr_assert_eq(s.layout.format, AEZ_FORMAT_BYTES);
    aez_source_free(&s);
    a.format = AEZ_FORMAT_IDX;
    cr_assert_eq(status_of(&a, bytes, size), AEZ_EXIT_OK);
    cr_assert_eq(status_of(&a, bytes, size - 1), AEZ_EXIT_DATA);
    cr_assert_eq(status_of(&a, "a,b\n1,2\n", 8), AEZ_EXIT_DATA);
}

Test(source, tables_are_known_by_their_rows)
{
    static const char *const tables[] = { "a,b\n1,2\n3,4\n", "a;b\n1;2\n3;4\n",
                                          "a\tb\n1\t2\n3\t4\n" };
    static const char        words[] = "no table at all, but a sentence. It ends here\nor there";
    aez_source               s;
    aez_args                 a = no_options();
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(find_in(&s, &a, tables[i], strlen(tables[i])), AEZ_EXIT_OK);
        cr_assert_eq(s.layout.format, AEZ_FORMAT_CSV);
        cr_assert_eq(s.delimiter, tables[i][1]);
        cr_assert_eq(s.data_size, strlen(tables[i]));
        aez_source_free(&s);
    }
    cr_assert_eq(find_in(&s, &a, words, strlen(words)), AEZ_EXIT_OK);
    cr_assert_eq(s.layout.format, AEZ_FORMAT_BYTES);
    aez_source_free(&s);
    a.format = AEZ_FORMAT_CSV;
    cr_assert_eq(find_in(&s, &a, words, strlen(words)), AEZ_EXIT_OK);
    cr_assert_eq(s.layout.format, AEZ_FORMAT_CSV, "who asks for a table gets one");
    aez_source_free(&s);
    a.format = AEZ_FORMAT_AUTO;
    a.delimiter = 'x';
    cr_assert_eq(find_in(&s, &a, words, strlen(words)), AEZ_EXIT_OK);
    cr_assert(s.layout.format == AEZ_FORMAT_CSV && s.delimiter == 'x');
    aez_source_free(&s);
    a.delimiter = 0;
    a.format = AEZ_FORMAT_BYTES;
    cr_assert_eq(find_in(&s, &a, tables[0], strlen(tables[0])), AEZ_EXIT_OK);
    cr_assert_eq(s.layout.format, AEZ_FORMAT_BYTES, "who asks for bytes gets them");
    aez_source_free(&s);
}

Test(source, nothing_is_bytes)
{
    aez_source s;
    aez_args   a = no_options();
    cr_assert_eq(find_in(&s, &a, "", 0), AEZ_EXIT_OK);
    cr_assert(s.layout.format == AEZ_FORMAT_BYTES && s.data_size == 0 && s.layout.shape[0] == 0);
    aez_source_free(&s);
}

Test(source, a_type_makes_the_file_raw_whatever_it_holds)
{
    uint8_t    bytes[1200];
    size_t     size = make_npy(bytes, false, 0) / 8 * 8;
    aez_source s;
    aez_args   a = no_options();
    a.type = AEZ_F64;
    cr_assert_eq(find_in(&s, &a, bytes, size), AEZ_EXIT_OK);
    cr_assert(s.layout.format == AEZ_FORMAT_RAW && s.layout.type == AEZ_F64 &&
              s.layout.n_dims == 1);
    cr_assert(s.layout.shape[0] == size / 8 && s.data_off == 0 && s.data_size == size);
    aez_source_free(&s);
    cr_assert_eq(status_of(&a, bytes, size - 1), AEZ_EXIT_USAGE, "no multiple of 8");
    a.has_shape = true;
    a.n_dims = 2;
    a.shape[0] = 3;
    a.shape[1] = 4;
    cr_assert_eq(find_in(&s, &a, bytes, 96), AEZ_EXIT_OK);
    cr_assert(s.layout.n_dims == 2 && s.layout.shape[0] == 3 && s.layout.shape[1] == 4);
    aez_source_free(&s);
    cr_assert_eq(status_of(&a, bytes, 104), AEZ_EXIT_USAGE, "the shape is of 96 bytes");
    cr_assert_eq(status_of(&a, bytes, 88), AEZ_EXIT_USAGE);
    a.shape[0] = a.shape[1] = UINT64_C(1) << 40;
    cr_assert_eq(status_of(&a, bytes, 96), AEZ_EXIT_USAGE);
}

Test(source, variables_lie_along_the_axis_that_the_user_counts)
{
    uint8_t    bytes[1200];
    aez_source s;
    aez_args   a = no_options();
    for (int fortran = 0; fortran < 2; fortran++)
        for (a.variables = 0; a.variables < 2; a.variables++) {
            size_t size = make_npy(bytes, fortran, 0);
            cr_assert_eq(find_in(&s, &a, bytes, size), AEZ_EXIT_OK);
            cr_assert_eq(s.layout.axis, fortran ? 1 - a.variables : a.variables);
            cr_assert_eq(aez_layout_n_fields(&s.layout), a.variables ? 3 : 2);
            aez_source_free(&s);
        }
    a.variables = 2;
    cr_assert_eq(status_of(&a, bytes, make_npy(bytes, false, 0)), AEZ_EXIT_USAGE, "no such axis");
    a.variables = 0;
    cr_assert_eq(status_of(&a, "\x01\x02\0\xFFtext", 8), AEZ_EXIT_USAGE, "bytes have no axes");
}

Test(source, more_variables_than_fields_are_refused)
{
    uint8_t   *bytes = calloc(65536, 1);
    aez_source s;
    aez_args   a = no_options();
    a.type = AEZ_U8;
    a.variables = 0;
    cr_assert_eq(status_of(&a, bytes, 65536), AEZ_EXIT_USAGE);
    cr_assert_eq(status_of(&a, bytes, 65535), AEZ_EXIT_OK);
    cr_assert_eq(find_in(&s, &a, bytes, 0), AEZ_EXIT_OK);
    cr_assert_eq(s.layout.axis, -1, "an empty array has no variables to tell apart");
    aez_source_free(&s);
    free(bytes);
}

Test(source, bounds_need_numbers_and_rules_need_a_table)
{
    static const char table[] = "a,b\n1,2\n3,4\n";
    uint8_t           bytes[1200];
    size_t            size = make_npy(bytes, false, 0);
    aez_args          a = no_options();
    a.bound_option = "--abs";
    cr_assert_eq(status_of(&a, "\x01\x02\0\xFFtext", 8), AEZ_EXIT_USAGE);
    cr_assert_eq(status_of(&a, bytes, size), AEZ_EXIT_OK);
    cr_assert_eq(status_of(&a, table, strlen(table)), AEZ_EXIT_OK);
    a.n_rules = 1;
    cr_assert_eq(status_of(&a, bytes, size), AEZ_EXIT_USAGE);
    cr_assert_eq(status_of(&a, table, strlen(table)), AEZ_EXIT_OK);
}

Test(source, every_truncation_of_a_header_is_survived)
{
    uint8_t bytes[1200];
    for (int kind = 0; kind < 2; kind++) {
        size_t   size = kind ? make_idx(bytes) : make_npy(bytes, true, 3);
        aez_args a = no_options();
        for (size_t n = 0; n < size; n++)
            cr_assert_eq(status_of(&a, bytes, n), AEZ_EXIT_OK);
        for (size_t bit = 0; bit < 8 * size; bit += 3) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            cr_assert_eq(status_of(&a, bytes, size), AEZ_EXIT_OK, "bit %zu", bit);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}
