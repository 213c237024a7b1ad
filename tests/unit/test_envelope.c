/* test_envelope.c - a layout comes back from schema and envelope; nothing in them is believed. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/envelope.h"
#include "cli/idx.h"
#include "cli/npy.h"

/* The schema that belongs to a layout; its fields are freed by drop_schema. */
static void make_schema(const aez_layout *l, aez_schema *s)
{
    uint32_t   n = (uint32_t)aez_layout_n_fields(l);
    aez_field *fields = calloc(n, sizeof *fields);
    uint8_t   *envelope;
    cr_assert_not_null(fields);
    memset(s, 0, sizeof *s);
    s->struct_size = sizeof *s;
    for (uint32_t i = 0; i < n; i++)
        fields[i].type = l->type;
    s->n_dims = aez_layout_grid(l, s->shape);
    s->n_fields = n;
    s->fields = fields;
    cr_assert(aez_envelope_encode(l, &envelope, &s->envelope_size));
    s->envelope = envelope;
}

static void drop_schema(aez_schema *s)
{
    free((void *)s->fields);
    free((void *)s->envelope);
}

static void check_comes_back(const aez_layout *a)
{
    aez_schema  s;
    aez_layout  b;
    const char *why = "";
    make_schema(a, &s);
    cr_assert_eq(aez_envelope_decode(&s, &b, &why), AEZ_OK, "%s", why);
    cr_assert(a->format == b.format && a->type == b.type && a->is_bool == b.is_bool);
    cr_assert(a->big_endian == b.big_endian && a->fortran == b.fortran && a->axis == b.axis);
    cr_assert_eq(a->n_dims, b.n_dims);
    cr_assert_eq(memcmp(a->shape, b.shape, a->n_dims * sizeof a->shape[0]), 0);
    cr_assert(a->head_size == b.head_size && a->tail_size == b.tail_size);
    cr_assert(a->head_size == 0 || memcmp(a->head, b.head, a->head_size) == 0);
    cr_assert(a->tail_size == 0 || memcmp(a->tail, b.tail, a->tail_size) == 0);
    aez_layout_free(&b);
    drop_schema(&s);
}

static void random_layout(aez_layout *l, int round)
{
    static const aez_type types[] = {AEZ_U8, AEZ_I8, AEZ_I16, AEZ_I32, AEZ_F32, AEZ_F64};
    uint8_t               head[4096];
    size_t                n = 0;
    aez_layout_init(l);
    l->format = (aez_format)(AEZ_FORMAT_RAW + round % 3);
    l->type = types[rand() % 6];
    l->n_dims = 1 + (uint32_t)rand() % 20; /* enough for headers past 128 bytes */
    for (uint32_t i = 0; i < l->n_dims; i++)
        l->shape[i] = (uint64_t)rand() % (rand() % 9 ? 6 : 2) + (rand() % 30 ? 1 : 0);
    if (rand() % 2) {
        l->axis = (int)((uint32_t)rand() % l->n_dims);
        if (l->shape[l->axis] == 0)
            l->axis = -1;
    }
    l->big_endian = aez_type_size(l->type) > 1 && (l->format == AEZ_FORMAT_IDX || rand() % 2);
    if (l->format == AEZ_FORMAT_NPY) {
        l->fortran = rand() % 2;
        l->is_bool = l->type == AEZ_U8 && rand() % 2;
        n = aez_npy_header(l, 1 + (unsigned)rand() % 2, (char *)head, sizeof head);
        if (rand() % 3 == 0)
            head[--n] = 0; /* not what NumPy writes: kept verbatim */
    } else if (l->format == AEZ_FORMAT_IDX) {
        n = aez_idx_header(l, head);
    }
    cr_assert(aez_layout_set(&l->head, &l->head_size, head, n));
    if (rand() % 4 == 0)
        cr_assert(aez_layout_set(&l->tail, &l->tail_size, head, 1 + (size_t)rand() % 300));
}

Test(envelope, every_layout_comes_back)
{
    srand(2);
    for (int round = 0; round < 20000; round++) {
        aez_layout l;
        random_layout(&l, round);
        check_comes_back(&l);
        aez_layout_free(&l);
    }
}

Test(envelope, plain_arrays_and_bytes_need_none)
{
    aez_layout l;
    aez_schema s;
    aez_layout_init(&l);
    l.n_dims = 1;
    l.shape[0] = 12345;
    make_schema(&l, &s);
    cr_expect(s.envelope_size == 0 && s.envelope == NULL);
    drop_schema(&s);
    l.format = AEZ_FORMAT_RAW;
    l.type = AEZ_F32;
    l.n_dims = 3;
    l.shape[1] = 1;
    l.shape[2] = 7;
    make_schema(&l, &s);
    cr_expect_eq(s.envelope_size, 0u);
    drop_schema(&s);
}

/* The examples of the specification. */
Test(envelope, writes_the_bytes_of_the_spec)
{
    aez_layout l;
    aez_schema s;
    char       head[512];
    size_t     n;
    aez_layout_init(&l);
    l.format = AEZ_FORMAT_NPY;
    l.type = AEZ_F32;
    l.big_endian = l.fortran = true;
    l.n_dims = 3;
    l.shape[0] = 5;
    l.shape[1] = 3;
    l.shape[2] = 4;
    l.axis = 1;
    n = aez_npy_header(&l, 1, head, sizeof head);
    cr_assert(aez_layout_set(&l.head, &l.head_size, (uint8_t *)head, n));
    make_schema(&l, &s);
    cr_assert_eq(s.envelope_size, 4u);
    cr_expect_arr_eq(s.envelope, "\x01\x01\x07\x01", 4);
    drop_schema(&s);
    aez_layout_free(&l);

    aez_layout_init(&l);
    l.format = AEZ_FORMAT_RAW;
    l.type = AEZ_U16;
    l.n_dims = 2;
    l.shape[0] = 0;
    l.shape[1] = 300;
    make_schema(&l, &s);
    cr_assert_eq(s.envelope_size, 7u);
    cr_expect_arr_eq(s.envelope, "\x01\x00\x08\x02\x00\xAC\x02", 7);
    drop_schema(&s);
}

/* Decodes a copy of exactly that size; what is accepted must fit the schema. */
static aez_status decode_copy(const aez_schema *schema, const uint8_t *bytes, size_t size)
{
    aez_schema  s = *schema;
    aez_layout  l;
    const char *why = "";
    uint8_t    *exact = malloc(size ? size : 1);
    aez_status  status;
    uint64_t    bytes_all, n_sites = 1;
    cr_assert_not_null(exact);
    memcpy(exact, bytes, size);
    s.envelope = exact;
    s.envelope_size = size;
    status = aez_envelope_decode(&s, &l, &why);
    if (status == AEZ_OK) {
        for (uint32_t i = 0; i < s.n_dims; i++)
            n_sites *= s.shape[i];
        cr_assert(aez_layout_data_size(&l, &bytes_all));
        cr_assert_eq(bytes_all, n_sites * s.n_fields * aez_layout_value_size(l.type));
    } else {
        cr_assert(l.head == NULL && l.tail == NULL && *why);
    }
    aez_layout_free(&l);
    free(exact);
    return status;
}

Test(envelope, survives_every_truncation_and_flipped_bit)
{
    srand(3);
    for (int round = 0; round < 300; round++) {
        aez_layout l;
        aez_schema s;
        uint8_t    bytes[8192];
        random_layout(&l, round);
        make_schema(&l, &s);
        if (s.envelope_size > 0 && s.envelope_size < sizeof bytes) {
            memcpy(bytes, s.envelope, s.envelope_size);
            for (size_t n = 1; n < s.envelope_size; n++)
                cr_assert_lt(decode_copy(&s, bytes, n), AEZ_OK, "%zu bytes", n);
            for (size_t i = 0; i < 8 * s.envelope_size; i++) {
                bytes[i / 8] ^= (uint8_t)(1u << (i % 8));
                (void)decode_copy(&s, bytes, s.envelope_size);
                bytes[i / 8] ^= (uint8_t)(1u << (i % 8));
            }
            bytes[s.envelope_size] = 0;
            cr_assert_lt(decode_copy(&s, bytes, s.envelope_size + 1), AEZ_OK);
        }
        drop_schema(&s);
        aez_layout_free(&l);
    }
}

Test(envelope, contradictions_are_refused)
{
    static const struct {
        uint8_t     bytes[16];
        size_t      size;
        const char *what;
    } cases[] = {{{2, 0, 0}, 3, "a newer version"},
                 {{1, 9, 0}, 3, "an unknown kind"},
                 {{1, 3, 0}, 3, "bytes that are f32"},
                 {{1, 0, 2}, 3, "a raw Fortran array"},
                 {{1, 0, 64}, 3, "raw truth values"},
                 {{1, 1, 64}, 3, "truth values that are f32"},
                 {{1, 1, 128 + 16, 1, 0}, 5, "a header that is implied and stored"},
                 {{1, 0, 4, 9}, 4, "an axis that is not there"},
                 {{1, 0, 8, 2, 2, 7}, 6, "a shape that is too large"},
                 {{1, 0, 8, 65}, 4, "too many dimensions"},
                 {{1, 0, 8, 2, 2, 0}, 6, "a shape that is empty"},
                 {{1, 0, 32, 0}, 4, "a tail of no bytes"},
                 {{1, 0, 32, 5, 1, 2}, 6, "a tail that is cut off"},
                 {{1, 0, 32, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1}, 13,
                  "a tail without end"}};
    aez_field  field = {.type = AEZ_F32};
    aez_schema s = {.n_dims = 2, .shape = {2, 6}, .n_fields = 1, .fields = &field};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_lt(decode_copy(&s, cases[i].bytes, cases[i].size), AEZ_OK, "%s", cases[i].what);
    cr_expect_eq(decode_copy(&s, cases[0].bytes, 0), AEZ_OK);
    cr_expect_eq(decode_copy(&s, (const uint8_t *)"\x01\x00\x08\x03\x02\x01\x06", 7),
                 AEZ_ERR_CORRUPT);
}

Test(envelope, fields_without_an_axis_are_no_array)
{
    aez_field  fields[2] = {{.type = AEZ_F32}, {.type = AEZ_F32}};
    aez_schema s = {.n_dims = 1, .shape = {3}, .n_fields = 2, .fields = fields};
    cr_expect_eq(decode_copy(&s, (const uint8_t *)"", 0), AEZ_ERR_CORRUPT);
    cr_expect_eq(decode_copy(&s, (const uint8_t *)"\x01\x00\x04\x01", 4), AEZ_OK);
    fields[1].type = AEZ_F64;
    cr_expect_eq(decode_copy(&s, (const uint8_t *)"\x01\x00\x04\x01", 4), AEZ_ERR_CORRUPT);
}
