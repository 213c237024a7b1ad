/* test_bombs.c - a few bytes that claim to be a lot are refused before memory is asked for. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "tests/support/container.h"
#include "tests/support/hooks.h"
#include "tests/support/tables.h"

enum { LIMIT = 1 << 20 };

/* A good file of the writer, taken apart. */
static void array_file(container *c)
{
    static float          values[2000];
    static const uint64_t n = 2000;
    aez_field             field = {.type = AEZ_F32, .mode = AEZ_ABS, .bound = 0.5};
    aez_schema            s = arrays_schema(&field, 1, 1, &n);
    void                 *column = values;
    aez_options           o;
    arrays_bytes          file;
    aez_options_init(&o);
    o.level = 1;
    for (int i = 0; i < 2000; i++)
        values[i] = (float)(i * i % 1009);
    cr_assert_eq(arrays_encode(&o, &s, &column, 1, 0, &file), AEZ_END);
    container_split(c, file.data, file.size);
    free(file.data);
}

static void table_file(container *c)
{
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    aez_options       o;
    char              text[8000];
    size_t            size = (size_t)sprintf(text, "x,y\n");
    arrays_bytes      file;
    aez_options_init(&o);
    o.level = 1;
    for (int i = 0; i < 500; i++)
        size += (size_t)sprintf(text + size, "%d,%d.5\n", i * i % 71, i % 13);
    cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, NULL), AEZ_END);
    container_split(c, file.data, file.size);
    free(file.data);
}

/* Decodes with a limit of 1 MiB and returns the status; no single request passes the limit. */
static aez_status refused_early(const void *bytes, size_t size)
{
    hooks_state  h = {0};
    aez_options  o;
    aez_decoder *d = NULL;
    aez_in       in = {.src = bytes, .size = size};
    aez_status   st;
    aez_options_init(&o);
    o.memory_limit = LIMIT;
    o.allocator = hooks_mem(&h);
    cr_assert_eq(aez_decoder_create(&d, &o), AEZ_OK);
    st = aez_decoder_push(d, &in);
    if (st >= 0)
        st = aez_decoder_finish(d);
    aez_decoder_destroy(d);
    cr_assert_eq(h.n_live, 0);
    cr_assert_leq(h.largest, LIMIT, "a request for %zu bytes", h.largest);
    return st;
}

static aez_status refused(const container *c)
{
    aez_buf    file;
    aez_status st;
    aez_buf_init(&file, &container_mem);
    container_join(c, &file);
    st = refused_early(file.data, file.size);
    aez_buf_free(&file);
    return st;
}

static void put_part(container_part *p, void (*write)(aez_buf *out))
{
    aez_buf b;
    aez_buf_init(&b, &container_mem);
    write(&b);
    container_set(p, b.data, b.size);
    aez_buf_free(&b);
}

static void huge_shape(aez_buf *b)
{
    aez_put_u8(b, 1);
    aez_put_varint(b, (uint64_t)1 << 40);
    aez_put_varint(b, (uint64_t)1 << 40); /* sites of a chunk */
    aez_put_varint(b, 1);
    aez_put_u8(b, AEZ_F32);
    aez_put_u8(b, 0);
    aez_put_u8(b, 3);
}

Test(bombs, a_huge_chunk_is_refused_by_its_schema)
{
    container c;
    array_file(&c);
    put_part(&c.part[0], huge_shape);
    cr_assert_lt(refused(&c), 0);
    container_free(&c);
}

static void many_fields(aez_buf *b)
{
    aez_put_u8(b, 1);
    aez_put_varint(b, 5);
    aez_put_varint(b, 5);
    aez_put_varint(b, 65535);
    aez_put_u8(b, AEZ_F32);
}

Test(bombs, more_fields_than_bytes_are_refused)
{
    container c;
    array_file(&c);
    put_part(&c.part[0], many_fields);
    cr_assert_eq(refused(&c), AEZ_ERR_CORRUPT);
    container_free(&c);
}

Test(bombs, a_section_above_the_limit_is_refused_by_its_head)
{
    static const uint64_t sizes[] = {(uint64_t)1 << 27, UINT32_MAX, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        for (int after_schema = 0; after_schema < 2; after_schema++) {
            container c;
            aez_buf   file;
            array_file(&c);
            aez_buf_init(&file, &container_mem);
            c.n = (size_t)after_schema;
            container_join(&c, &file);
            aez_put_u8(&file, after_schema ? 3 : 1);
            aez_put_varint(&file, sizes[i]);
            cr_assert_eq(refused_early(file.data, file.size), AEZ_ERR_LIMIT);
            c.n = 2;
            aez_buf_free(&file);
            container_free(&c);
        }
    }
}

/* 4 GiB of side bytes in a frame of a few. */
static void huge_side(aez_buf *b)
{
    static const uint8_t frame[40] = {0x28, 0xB5, 0x2F, 0xFD};
    aez_put_u8(b, 1); /* coded */
    aez_put_u8(b, 1); /* zstd */
    aez_put_varint(b, UINT32_MAX);
    aez_put_varint(b, sizeof frame);
    aez_put(b, frame, sizeof frame);
}

Test(bombs, side_bytes_of_an_array_count_against_the_limit)
{
    container c;
    array_file(&c);
    put_part(&c.part[1], huge_side);
    cr_assert_eq(refused(&c), AEZ_ERR_LIMIT);
    container_free(&c);
}

static void huge_rows(aez_buf *b)
{
    aez_put_u8(b, 1 | 0x80);
    aez_put_varint(b, (uint64_t)1 << 50);
    aez_put_varint(b, (uint64_t)1 << 60);
    aez_put_u64(b, 0);
}

static void huge_text(aez_buf *b)
{
    aez_put_u8(b, 0x80); /* stored */
    aez_put_varint(b, 5);
    aez_put_varint(b, UINT32_MAX);
    aez_put_u64(b, 0);
}

Test(bombs, rows_and_text_of_a_table_count_against_the_limit)
{
    container c;
    table_file(&c);
    put_part(&c.part[c.n - 1], huge_rows);
    cr_assert_lt(refused(&c), 0);
    put_part(&c.part[c.n - 1], huge_text);
    cr_assert_eq(refused(&c), AEZ_ERR_LIMIT);
    container_free(&c);
}
