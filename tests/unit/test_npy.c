/* test_npy.c - .npy headers are read as NumPy means them, and written as NumPy writes them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/npy.h"

static const char *const why_nothing = "";

/* Puts a header of that version around a text; its size. */
static size_t wrap(uint8_t *dst, unsigned version, const char *text)
{
    size_t n = strlen(text), start = version == 1 ? 10 : 12;
    memcpy(dst, "\x93NUMPY", 6);
    dst[6] = (uint8_t)version;
    dst[7] = 0;
    for (size_t i = 8; i < start; i++)
        dst[i] = (uint8_t)(n >> (8 * (i - 8)));
    memcpy(dst + start, text, n);
    return start + n;
}

static aez_npy_status parse_text(const char *text, aez_layout *out)
{
    uint8_t     head[4096];
    size_t      used = 0, n = wrap(head, 1, text);
    const char *why = why_nothing;
    aez_layout_init(out);
    return aez_npy_parse(head, n, out, &used, &why);
}

Test(npy, reads_every_type_and_order)
{
    static const struct {
        const char *descr;
        aez_type    type;
        bool        big, is_bool;
    } cases[] = {{"|u1", AEZ_U8, 0, 0},  {"|i1", AEZ_I8, 0, 0},  {"|b1", AEZ_U8, 0, 1},
                 {"<u2", AEZ_U16, 0, 0}, {">u2", AEZ_U16, 1, 0}, {"<i2", AEZ_I16, 0, 0},
                 {">i4", AEZ_I32, 1, 0}, {"<u4", AEZ_U32, 0, 0}, {"<i8", AEZ_I64, 0, 0},
                 {">u8", AEZ_U64, 1, 0}, {"<f4", AEZ_F32, 0, 0}, {">f4", AEZ_F32, 1, 0},
                 {"<f8", AEZ_F64, 0, 0}, {">f8", AEZ_F64, 1, 0}, {">u1", AEZ_U8, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char       text[200];
        aez_layout l;
        (void)snprintf(text, sizeof text,
                       "{'descr': '%s', 'fortran_order': False, 'shape': (3, 4), }",
                       cases[i].descr);
        cr_assert_eq(parse_text(text, &l), AEZ_NPY_ARRAY, "%s", text);
        cr_expect_eq(l.type, cases[i].type, "%s", text);
        cr_expect_eq(l.big_endian, cases[i].big, "%s", text);
        cr_expect_eq(l.is_bool, cases[i].is_bool, "%s", text);
        cr_expect(l.n_dims == 2 && l.shape[0] == 3 && l.shape[1] == 4 && !l.fortran);
    }
}

Test(npy, reads_what_others_write)
{
    static const char *const texts[] = {
        "{\"shape\":(4,3),\"fortran_order\":True,\"descr\":\"<f4\"}",
        "{'fortran_order': True, 'descr': '<f4', 'shape': (4L, 3L)}\n",
        " { 'shape' : ( 4 , 3 , ) , 'descr' : '<f4' , 'fortran_order' : True , } \n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        aez_layout l;
        cr_assert_eq(parse_text(texts[i], &l), AEZ_NPY_ARRAY, "%s", texts[i]);
        cr_expect(l.fortran && l.n_dims == 2 && l.shape[0] == 3 && l.shape[1] == 4);
    }
}

Test(npy, leaves_other_things_alone)
{
    static const char *const texts[] = {
        "",
        "{}",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|S10', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '=f4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f4', 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } x",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (3,), }"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        aez_layout l;
        cr_expect_eq(parse_text(texts[i], &l), AEZ_NPY_OTHER, "%s", texts[i]);
    }
}

Test(npy, reads_versions_two_and_three_and_no_other)
{
    const char *text = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n";
    for (unsigned version = 0; version < 6; version++) {
        uint8_t        head[256];
        aez_layout     l;
        size_t         used = 0, n;
        const char    *why = why_nothing;
        aez_npy_status want = version >= 1 && version <= 3 ? AEZ_NPY_ARRAY : AEZ_NPY_OTHER;
        n = wrap(head, version == 1 ? 1 : version + 0u, text);
        aez_layout_init(&l);
        cr_expect_eq(aez_npy_parse(head, n, &l, &used, &why), want, "version %u", version);
        if (want == AEZ_NPY_ARRAY)
            cr_expect(used == n && l.n_dims == 0);
    }
}

/* Blanks up to 128 bytes in both forms here; past that the room for growth shows. */
Test(npy, writes_the_bytes_of_numpy)
{
    aez_layout l;
    char       dst[512], want[512];
    size_t     n;
    aez_layout_init(&l);
    l.format = AEZ_FORMAT_NPY;
    l.type = AEZ_F32;
    l.n_dims = 2;
    l.shape[0] = 344;
    l.shape[1] = 1536;
    for (unsigned form = 1; form <= 2; form++) {
        memset(want, ' ', sizeof want);
        memcpy(want, "\x93NUMPY\x01\x00v\x00", 10);
        memcpy(want + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (344, 1536), }", 64);
        want[127] = '\n';
        n = aez_npy_header(&l, form, dst, sizeof dst);
        cr_assert_eq(n, 128u);
        cr_expect_arr_eq(dst, want, 128);
    }
    l.n_dims = 5; /* 21 - 3 blanks for growth push form 1 over the edge, form 2 stays at 128 */
    for (uint32_t i = 0; i < 5; i++)
        l.shape[i] = 123456789 + i;
    cr_expect_eq(aez_npy_header(&l, 1, dst, sizeof dst), 192u);
    cr_expect_eq(aez_npy_header(&l, 2, dst, sizeof dst), 128u);
    cr_expect_eq(aez_npy_header(&l, 2, dst, 127), 0u);
    cr_expect_eq(aez_npy_header(&l, 2, dst, 0), 0u);
}

/* numpy.lib.format._wrap_header: 64 blanks rather than none, and growth for the first axis. */
Test(npy, pads_as_numpy_does_at_every_length)
{
    for (int digits = 1; digits <= 20; digits++)
        for (int more = 1; more <= 20; more++)
            for (unsigned form = 1; form <= 2; form++) {
                aez_layout l;
                char       text[200], dst[512];
                size_t     size;
                aez_layout_init(&l);
                l.format = AEZ_FORMAT_NPY;
                l.type = AEZ_F64;
                l.n_dims = 3;
                for (int i = 0; i < digits; i++)
                    l.shape[0] = l.shape[0] * 10 + 1;
                for (int i = 0; i < more; i++)
                    l.shape[1] = l.shape[1] * 10 + 1;
                l.shape[2] = l.shape[1] / 10; /* odd lengths too */
                size = (size_t)snprintf(
                    text, sizeof text,
                    "{'descr': '<f8', 'fortran_order': False, 'shape': (%llu, %llu, %llu), }",
                    (unsigned long long)l.shape[0], (unsigned long long)l.shape[1],
                    (unsigned long long)l.shape[2]);
                size += 10 + (form == 1 ? 21 - (size_t)digits : 0) + 1;
                size += 64 - size % 64;
                cr_assert_eq(aez_npy_header(&l, form, dst, sizeof dst), size);
                cr_assert_eq(memcmp(dst + 10, text, strlen(text)), 0);
                cr_assert(dst[size - 1] == '\n' && dst[size - 2] == ' ');
            }
}

Test(npy, what_is_written_reads_back)
{
    static const aez_type types[] = {AEZ_U8,  AEZ_I8,  AEZ_U16, AEZ_I16, AEZ_U32,
                                     AEZ_I32, AEZ_U64, AEZ_I64, AEZ_F32, AEZ_F64};
    srand(1);
    for (int round = 0; round < 4000; round++) {
        aez_layout  a, b;
        char        head[4096];
        size_t      n, used = 0;
        const char *why = why_nothing;
        aez_layout_init(&a);
        aez_layout_init(&b);
        a.format = AEZ_FORMAT_NPY;
        a.type = types[rand() % 10];
        a.is_bool = a.type == AEZ_U8 && rand() % 2;
        a.big_endian = aez_type_size(a.type) > 1 && rand() % 2;
        a.fortran = rand() % 2;
        a.n_dims = (uint32_t)rand() % (AEZ_LAYOUT_DIMS + 1);
        for (uint32_t i = 0; i < a.n_dims; i++)
            a.shape[i] = rand() % 3 ? (uint64_t)rand() % 100 : UINT64_MAX - (uint64_t)rand();
        n = aez_npy_header(&a, 1 + (unsigned)round % 2, head, sizeof head);
        cr_assert(n > 0 && n % 64 == 0);
        cr_assert_eq(aez_npy_parse((uint8_t *)head, n, &b, &used, &why), AEZ_NPY_ARRAY);
        cr_assert_eq(used, n);
        cr_assert(a.type == b.type && a.is_bool == b.is_bool && a.big_endian == b.big_endian);
        cr_assert(a.fortran == b.fortran && a.n_dims == b.n_dims);
        cr_assert_eq(memcmp(a.shape, b.shape, a.n_dims * sizeof a.shape[0]), 0);
    }
}

/* Copies into a block of exactly that size, so that a sanitizer sees any read beyond it. */
static void parse_copy(const uint8_t *src, size_t n)
{
    uint8_t    *exact = malloc(n ? n : 1);
    aez_layout  l;
    size_t      used = 0;
    const char *why = why_nothing;
    cr_assert_not_null(exact);
    memcpy(exact, src, n);
    aez_layout_init(&l);
    if (aez_npy_parse(exact, n, &l, &used, &why) == AEZ_NPY_ARRAY)
        cr_assert(used <= n && l.n_dims <= AEZ_LAYOUT_DIMS);
    free(exact);
}

Test(npy, survives_every_truncation_and_flipped_bit)
{
    uint8_t head[256];
    size_t  n = wrap(head, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4L), }  \n");
    for (size_t i = 0; i <= n; i++)
        parse_copy(head, i);
    for (size_t i = 0; i < 8 * n; i++) {
        head[i / 8] ^= (uint8_t)(1u << (i % 8));
        parse_copy(head, n);
        head[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
}

Test(npy, a_header_that_promises_more_than_there_is_is_refused)
{
    uint8_t     head[256];
    aez_layout  l;
    size_t      used = 0, n;
    const char *why = why_nothing;
    n = wrap(head, 2, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n");
    memset(head + 8, 0xFF, 4);
    aez_layout_init(&l);
    cr_expect_eq(aez_npy_parse(head, n, &l, &used, &why), AEZ_NPY_OTHER);
}
