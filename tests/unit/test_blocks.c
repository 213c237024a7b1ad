/* test_blocks.c - values move between a file's order and columns, whole rows or parts of them. */
#include "cli/platform.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/blocks.h"
#include "cli/message.h"

#define OFF 13 /* bytes before the values */

typedef struct memory {
    uint8_t *bytes;
    uint64_t size, n_put, next; /* next: where the last piece ended */
    bool     in_order;
} memory;

static int put(void *opaque, const void *src, size_t size, uint64_t off)
{
    memory *m = opaque;
    cr_assert_leq(off + size, m->size);
    memcpy(m->bytes + off, src, size);
    m->n_put += size;
    m->in_order &= off == m->next;
    m->next = off + size;
    return AEZ_EXIT_OK;
}

static int refuse(void *opaque, const void *src, size_t size, uint64_t off)
{
    (void)opaque, (void)src, (void)size, (void)off;
    return AEZ_EXIT_SYSTEM;
}

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)((i * UINT64_C(0x9E3779B97F4A7C15)) >> 56);
}

/* A file of the layout's size behind OFF bytes of something else. */
static aez_input open_file(uint64_t size, FILE **f)
{
    aez_input in = {.name = "values"};
    uint8_t  *bytes = malloc((size_t)size + OFF);
    memset(bytes, 0xEE, OFF);
    for (uint64_t i = 0; i < size; i++)
        bytes[OFF + i] = byte_at(i);
    *f = tmpfile();
    cr_assert_eq(fwrite(bytes, 1, (size_t)size + OFF, *f), size + OFF);
    fflush(*f);
    free(bytes);
    in.fd = fileno(*f);
    in.size = size + OFF;
    return in;
}

/* Byte j, in native order, of the value of field f at a site. */
static uint8_t wanted(const aez_blocks *b, uint64_t site, uint64_t f, size_t j)
{
    uint64_t outer = site / b->inner, i = site % b->inner;
    uint64_t at = ((outer * b->n_fields + f) * b->inner + i) * b->value_size;
    return byte_at(at + (b->swap ? b->value_size - 1 - j : j));
}

static void check_block(const aez_blocks *b, uint64_t first, uint64_t n)
{
    for (uint64_t f = 0; f < b->n_fields; f++)
        for (uint64_t s = 0; s < n; s += s < 3 || s + 4 > n ? 1 : 1 + n / 501)
            for (size_t j = 0; j < b->value_size; j++)
                cr_assert_eq(((uint8_t *)b->columns[f])[s * b->value_size + j],
                             wanted(b, first + s, f, j), "site %d of field %d", (int)(first + s),
                             (int)f);
}

static void round_trip(aez_type type, uint32_t n_dims, const uint64_t *shape, int axis, bool big,
                       bool rows, uint64_t n_blocks)
{
    aez_layout l;
    aez_blocks b;
    aez_input  in;
    FILE      *f;
    memory     m = {.in_order = true};
    uint64_t   first = 0, n, n_seen = 0;
    aez_layout_init(&l);
    l.type = type;
    l.n_dims = n_dims;
    memcpy(l.shape, shape, n_dims * sizeof *shape);
    l.axis = axis;
    l.big_endian = big;
    cr_assert(aez_layout_data_size(&l, &m.size));
    in = open_file(m.size, &f);
    m.bytes = calloc((size_t)m.size + 1, 1);
    cr_assert(aez_blocks_init(&b, &l));
    cr_assert_eq(b.n_sites * b.n_fields * b.value_size, m.size);
    while ((n = aez_blocks_next(&b, first)) > 0) {
        cr_assert_leq(n * b.n_fields * b.value_size, 2 << 20);
        cr_assert_eq(aez_blocks_read(&b, &in, OFF, first, n), AEZ_EXIT_OK);
        check_block(&b, first, n);
        cr_assert_eq(aez_blocks_write(&b, put, &m, first, n), AEZ_EXIT_OK);
        first += n;
        n_seen++;
    }
    cr_assert_eq(first, b.n_sites);
    cr_assert_eq(n_seen, n_blocks, "%d blocks", (int)n_seen);
    cr_assert_eq(m.n_put, m.size);
    cr_assert_eq(aez_blocks_in_order(&b), rows);
    cr_assert(!rows || m.in_order);
    for (uint64_t i = 0; i < m.size; i++)
        cr_assert_eq(m.bytes[i], byte_at(i), "byte %d", (int)i);
    aez_blocks_free(&b);
    fclose(f);
    free(m.bytes);
}

Test(blocks, whole_rows_come_and_go)
{
    static const uint64_t plain[] = { 3, 700001 }, interleaved[] = { 200000, 3 },
                          middle[] = { 5, 3, 20011 }, bytes[] = { 5000000 }, few[] = { 2, 2 },
                          first_axis[] = { 4, 1000 };
    for (int big = 0; big < 2; big++) {
        round_trip(AEZ_I16, 2, plain, -1, big, true, 3);
        round_trip(AEZ_F32, 2, interleaved, 1, big, true, 2);
        round_trip(AEZ_F64, 3, middle, 1, big, true, 2);
        round_trip(AEZ_OPAQUE, 1, bytes, -1, big, true, 3);
        round_trip(AEZ_U8, 2, few, 1, big, true, 1);
        round_trip(AEZ_U32, 2, first_axis, 0, big, true, 1);
    }
}

Test(blocks, rows_that_do_not_fit_come_in_parts)
{
    static const uint64_t two[] = {2, 3, 400001}, one[] = {3, 350000};
    round_trip(AEZ_I16, 3, two, 1, false, false, 4);
    round_trip(AEZ_U32, 2, one, 0, true, false, 3);
}

Test(blocks, one_value_and_none_are_arrays_too)
{
    static const uint64_t one[] = {1}, none[] = {3, 0, 2};
    round_trip(AEZ_F64, 0, one, -1, true, true, 1);
    round_trip(AEZ_F64, 1, one, 0, true, true, 1);
    round_trip(AEZ_F32, 3, none, -1, false, true, 0);
    round_trip(AEZ_F32, 3, none, 0, false, true, 0);
}

Test(blocks, failures_are_passed_on)
{
    aez_layout l;
    aez_blocks b;
    aez_input  in;
    FILE      *f;
    aez_layout_init(&l);
    l.type = AEZ_U16;
    l.n_dims = 2;
    l.shape[0] = 10;
    l.shape[1] = 2;
    l.axis = 1;
    in = open_file(38, &f); /* a value too short */
    cr_assert(aez_blocks_init(&b, &l));
    cr_assert_neq(aez_blocks_read(&b, &in, OFF, 0, 10), AEZ_EXIT_OK);
    cr_assert_eq(aez_blocks_read(&b, &in, OFF, 0, 9), AEZ_EXIT_OK);
    cr_assert_eq(aez_blocks_write(&b, refuse, NULL, 0, 9), AEZ_EXIT_SYSTEM);
    aez_blocks_free(&b);
    aez_blocks_free(&b);
    fclose(f);
}
