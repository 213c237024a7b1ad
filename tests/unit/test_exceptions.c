/* test_exceptions.c - exceptional values come back, whatever their number, and hostile bytes do not. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "codec/lattice/lattice.h"

static const aez_mem plain;
static uint64_t      seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static const aez_type types[] = { AEZ_U8, AEZ_I16, AEZ_F32, AEZ_U32, AEZ_F64, AEZ_I64 };

/* find, put, get; the mask is handed over as the plan would; apply to a wiped copy. */
static void round_trip(aez_type type, const uint8_t *values, const uint8_t *odd, size_t n,
                       aez_exceptions *found, size_t *n_bytes)
{
    size_t         size = aez_type_size(type);
    aez_exceptions e;
    aez_buf        out;
    aez_rd         in;
    uint8_t       *copy = malloc(n * size + 1);
    aez_buf_init(&out, &plain);
    cr_assert_eq(aez_exceptions_find(found, &plain, type, values, odd, n), AEZ_OK);
    aez_exceptions_put(found, &out);
    cr_assert(!out.failed);
    *n_bytes = out.size;
    aez_rd_init(&in, out.data, out.size);
    cr_assert_eq(aez_exceptions_get(&e, &plain, n, &in), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert_null(e.mask);
    cr_assert_eq(e.n_classes, found->n_classes);
    cr_assert_eq(e.n_rare, found->n_rare);
    e.mask = found->mask;
    for (size_t i = 0; i < n * size; i++)
        copy[i] = odd[i / size] ? 0xA5 : values[i];
    aez_exceptions_apply(&e, type, copy, n);
    cr_assert_eq(memcmp(copy, values, n * size), 0);
    e.mask = NULL;
    aez_exceptions_free(&e, &plain);
    aez_buf_free(&out);
    free(copy);
}

Test(exceptions, no_odd_value_gives_nothing)
{
    uint8_t        odd[100] = { 0 };
    float          x[100] = { 0 };
    aez_exceptions e;
    size_t         n_bytes;
    round_trip(AEZ_F32, (uint8_t *)x, odd, 100, &e, &n_bytes);
    cr_assert_null(e.mask);
    cr_assert_eq(e.n_rare, 0);
    cr_assert_eq(n_bytes, 2);
    aez_exceptions_free(&e, &plain);
}

Test(exceptions, random_values_come_back)
{
    for (int round = 0; round < 300; round++) {
        aez_type type = types[round % 6];
        size_t   size = aez_type_size(type), n = next_random() % 3000, n_bytes;
        uint8_t *values = malloc(n * size + 1), *odd = malloc(n + 1);
        uint64_t rarity = 1 + next_random() % 100, kinds = next_random() % 40;
        aez_exceptions e;
        for (size_t i = 0; i < n; i++) {
            uint64_t v = next_random();
            odd[i] = next_random() % rarity == 0;
            if (odd[i] && kinds)
                v = (v % kinds) * 0x0123456789ABCDEFu;
            memcpy(values + i * size, &v, size);
        }
        round_trip(type, values, odd, n, &e, &n_bytes);
        aez_exceptions_free(&e, &plain);
        free(values);
        free(odd);
    }
}

Test(exceptions, frequent_patterns_become_classes_in_a_fixed_order)
{
    size_t         n = 100000, n_bytes;
    uint32_t      *x = calloc(n, 4);
    uint8_t       *odd = calloc(n, 1);
    aez_exceptions e;
    for (size_t i = 0; i < n; i++) {
        odd[i] = i % 2 == 0;
        /* 20 patterns of falling frequency among 30,000 that occur once */
        if (next_random() % 10 < 4)
            x[i] = 1000 + (uint32_t)(next_random() % (1 + next_random() % 20));
        else
            x[i] = 0x80000000u + (uint32_t)i;
    }
    round_trip(AEZ_U32, (uint8_t *)x, odd, n, &e, &n_bytes);
    cr_assert_eq(e.n_classes, 15);
    for (uint32_t c = 0; c < 15; c++)
        cr_assert(e.pattern[c] >= 1000 && e.pattern[c] < 1020);
    cr_assert_eq(e.pattern[0], 1000);
    aez_exceptions_free(&e, &plain);
    free(x);
    free(odd);
}

Test(exceptions, fifteen_occurrences_are_rare_and_sixteen_are_a_class)
{
    for (unsigned count = 15; count <= 16; count++) {
        uint16_t       x[1000] = { 0 };
        uint8_t        odd[1000] = { 0 };
        aez_exceptions e;
        size_t         n_bytes;
        for (unsigned i = 0; i < count; i++) {
            x[i * 7] = 0xFFFF;
            odd[i * 7] = 1;
        }
        round_trip(AEZ_U16, (uint8_t *)x, odd, 1000, &e, &n_bytes);
        cr_assert_eq(e.n_classes, count == 16);
        cr_assert_eq(e.n_rare, count == 16 ? 0 : 15);
        cr_assert_eq(e.mask[7], count == 16 ? 1 : AEZ_EXCEPTION_RARE);
        aez_exceptions_free(&e, &plain);
    }
}

Test(exceptions, a_wholly_odd_chunk_costs_its_patterns)
{
    size_t         n = 300000, n_bytes;
    uint32_t      *x = malloc(n * 4);
    uint8_t       *odd = malloc(n);
    aez_exceptions e;
    memset(odd, 1, n);
    for (size_t i = 0; i < n; i++)
        x[i] = 0x7F800001u + (uint32_t)(next_random() % 0x7FFFFE);
    round_trip(AEZ_F32, (uint8_t *)x, odd, n, &e, &n_bytes);
    cr_assert_eq(e.n_classes, 0);
    cr_assert_leq(n_bytes, 4 * n + 16);
    aez_exceptions_free(&e, &plain);
    for (size_t i = 0; i < n; i++)
        x[i] = 0x7FC00000u;
    round_trip(AEZ_F32, (uint8_t *)x, odd, n, &e, &n_bytes);
    cr_assert_eq(e.n_rare, 0);
    cr_assert_leq(n_bytes, 6);
    aez_exceptions_free(&e, &plain);
    free(x);
    free(odd);
}

/* A block with two classes and rare values both alone and in runs. */
static void sample(aez_buf *out)
{
    uint32_t       x[500];
    uint8_t        odd[500] = { 0 };
    aez_exceptions e;
    for (uint32_t i = 0; i < 500; i++) {
        x[i] = i;
        odd[i] = i % 5 == 0 || (i > 100 && i < 120) || i == 499;
        if (i % 10 == 0)
            x[i] = 0xFFC00000u;
        else if (i % 5 == 0)
            x[i] = 7;
    }
    cr_assert_eq(aez_exceptions_find(&e, &plain, AEZ_F32, x, odd, 500), AEZ_OK);
    cr_assert_eq(e.n_classes, 2);
    cr_assert_gt(e.n_rare, 10);
    aez_exceptions_put(&e, out);
    aez_exceptions_free(&e, &plain);
}

static void check_sane(const aez_exceptions *e, size_t n)
{
    uint32_t values[500];
    memset(values, 0, sizeof values);
    cr_assert_leq(e->n_classes, AEZ_EXCEPTION_CLASSES);
    for (size_t i = 0; i < e->n_rare; i++) {
        cr_assert_lt(e->rare_site[i], n);
        cr_assert(i == 0 || e->rare_site[i - 1] < e->rare_site[i]);
    }
    aez_exceptions_apply(e, AEZ_F32, values, n);
}

Test(exceptions, get_rejects_every_truncation)
{
    aez_buf out;
    aez_buf_init(&out, &plain);
    sample(&out);
    for (size_t cut = 0; cut < out.size; cut++) {
        uint8_t       *exact = malloc(cut + 1);
        aez_exceptions e;
        aez_rd         in;
        memcpy(exact, out.data, cut);
        aez_rd_init(&in, exact, cut);
        cr_assert_eq(aez_exceptions_get(&e, &plain, 500, &in), AEZ_ERR_CORRUPT);
        free(exact);
    }
    aez_buf_free(&out);
}

Test(exceptions, get_survives_every_flipped_bit)
{
    aez_buf out;
    aez_buf_init(&out, &plain);
    sample(&out);
    for (size_t bit = 0; bit < 8 * out.size; bit++) {
        aez_exceptions e;
        aez_rd         in;
        out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        aez_rd_init(&in, out.data, out.size);
        if (aez_exceptions_get(&e, &plain, 500, &in) == AEZ_OK)
            check_sane(&e, 500);
        aez_exceptions_free(&e, &plain);
        out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    aez_buf_free(&out);
}

Test(exceptions, get_survives_random_bytes)
{
    for (int round = 0; round < 50000; round++) {
        uint8_t        bytes[40];
        aez_exceptions e;
        aez_rd         in;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(next_random() % (round % 2 ? 256 : 8));
        aez_rd_init(&in, bytes, sizeof bytes);
        if (aez_exceptions_get(&e, &plain, 500, &in) == AEZ_OK)
            check_sane(&e, 500);
        aez_exceptions_free(&e, &plain);
    }
}

Test(exceptions, a_mask_of_unknown_classes_changes_nothing)
{
    aez_exceptions e;
    uint8_t        mask[4] = { 1, 2, 200, 255 };
    uint16_t       x[4] = { 5, 6, 7, 8 };
    memset(&e, 0, sizeof e);
    e.n_classes = 1;
    e.pattern[0] = 99;
    e.mask = mask;
    aez_exceptions_apply(&e, AEZ_U16, x, 4);
    cr_assert_eq(x[0], 99);
    cr_assert_eq(x[1], 6);
    cr_assert_eq(x[2], 7);
    cr_assert_eq(x[3], 8);
}

/* ---- failing allocations ---------------------------------------------------------------------- */

typedef struct counter {
    int left, live;
} counter;

static void *counted_alloc(void *opaque, size_t size)
{
    counter *c = opaque;
    if (c->left-- <= 0)
        return NULL;
    c->live++;
    return malloc(size);
}

static void counted_release(void *opaque, void *block)
{
    ((counter *)opaque)->live--;
    free(block);
}

Test(exceptions, a_failed_allocation_leaves_nothing_behind)
{
    uint32_t x[40];
    uint8_t  odd[40];
    int      succeeded = 0;
    for (uint32_t i = 0; i < 40; i++) {
        x[i] = i % 2 ? i : 3;
        odd[i] = 1;
    }
    for (int budget = 0; budget < 10; budget++) {
        counter        c = { budget, 0 };
        aez_mem        mem = { counted_alloc, counted_release, &c };
        aez_exceptions e;
        aez_status     st = aez_exceptions_find(&e, &mem, AEZ_U32, x, odd, 40);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        succeeded += st == AEZ_OK;
        aez_exceptions_free(&e, &mem);
        cr_assert_eq(c.live, 0);
    }
    cr_assert(succeeded > 0 && succeeded < 10);
}
