/* test_index.c - the list of chunks: round trips, damage, overflow, allocation. */
#include <criterion/criterion.h>
#include <string.h>

#include "format/format.h"
#include "tests/support/hooks.h"

static const aez_mem plain;

/* The example of the specification, chapter "Index": two chunks. */
static const aez_index_entry example[2] = { { 40, 300, 0, 1000 }, { 340, 20, 1000, 24 } };
static const uint8_t example_bytes[] = { 0x02, 0x28, 0x00, 0xAC, 0x02, 0xE8, 0x07, 0x14, 0x18 };

static aez_status get(const uint8_t *p, size_t size, aez_index_entry **entries, size_t *n)
{
    return aez_index_get(&plain, p, size, entries, n);
}

Test(index, put_gives_the_bytes_of_the_spec)
{
    aez_buf b;
    aez_buf_init(&b, &plain);
    aez_index_put(&b, example, 2);
    cr_assert_eq(b.size, sizeof example_bytes);
    cr_assert_arr_eq(b.data, example_bytes, sizeof example_bytes);
    aez_buf_free(&b);
}

static void check_same(const aez_index_entry *want, size_t n)
{
    aez_buf          b;
    aez_index_entry *got = NULL;
    size_t           n_got = 99;
    aez_buf_init(&b, &plain);
    aez_index_put(&b, want, n);
    cr_assert_eq(get(b.data, b.size, &got, &n_got), AEZ_OK);
    cr_assert_eq(n_got, n);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(got[i].offset, want[i].offset);
        cr_assert_eq(got[i].size, want[i].size);
        cr_assert_eq(got[i].first_site, want[i].first_site);
        cr_assert_eq(got[i].n_sites, want[i].n_sites);
    }
    aez_drop(&plain, got);
    aez_buf_free(&b);
}

Test(index, what_is_put_is_got)
{
    aez_index_entry many[1000];
    uint64_t        offset = 8, site = 0, x = 1;
    for (size_t i = 0; i < 1000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        many[i] = (aez_index_entry){ offset, (x >> 24) + 1, site, (x >> 40) + 1 };
        offset += many[i].size;
        site += many[i].n_sites;
    }
    check_same(NULL, 0);
    check_same(example, 2);
    check_same(many, 1);
    check_same(many, 1000);
}

Test(index, the_last_byte_of_64_bits_can_be_reached)
{
    static const aez_index_entry e[2] = { { 8, UINT64_MAX - 10, 0, UINT64_MAX - 1 },
                                          { UINT64_MAX - 2, 2, UINT64_MAX - 1, 1 } };
    check_same(e, 2);
}

Test(index, a_sum_above_64_bits_is_corrupt)
{
    static const aez_index_entry sizes[2] = { { 8, UINT64_MAX - 8, 0, 1 }, { 0, 1, 1, 1 } };
    static const aez_index_entry sites[2] = { { 8, 10, 1, UINT64_MAX - 1 }, { 18, 10, 0, 1 } };
    const aez_index_entry       *cases[2] = { sizes, sites };
    for (size_t i = 0; i < 2; i++) {
        aez_buf          b;
        aez_index_entry *got = NULL;
        size_t           n;
        aez_buf_init(&b, &plain);
        aez_index_put(&b, cases[i], 2);
        cr_assert_eq(get(b.data, b.size, &got, &n), AEZ_ERR_CORRUPT);
        cr_assert_null(got);
        aez_buf_free(&b);
    }
}

Test(index, empty_chunks_are_corrupt)
{
    static const uint8_t no_bytes[] = { 1, 8, 0, 0, 5 };
    static const uint8_t no_sites[] = { 1, 8, 0, 5, 0 };
    aez_index_entry     *got = NULL;
    size_t               n;
    cr_assert_eq(get(no_bytes, sizeof no_bytes, &got, &n), AEZ_ERR_CORRUPT);
    cr_assert_eq(get(no_sites, sizeof no_sites, &got, &n), AEZ_ERR_CORRUPT);
    cr_assert_null(got);
}

Test(index, every_truncation_is_corrupt)
{
    for (size_t cut = 0; cut < sizeof example_bytes; cut++) {
        uint8_t         *part = aez_take_raw(&plain, cut, 1);
        aez_index_entry *got = NULL;
        size_t           n;
        memcpy(part, example_bytes, cut);
        cr_assert_eq(get(part, cut, &got, &n), AEZ_ERR_CORRUPT);
        cr_assert_null(got);
        aez_drop(&plain, part);
    }
}

Test(index, bytes_left_over_are_corrupt)
{
    uint8_t          longer[sizeof example_bytes + 1] = { 0 };
    aez_index_entry *got = NULL;
    size_t           n;
    memcpy(longer, example_bytes, sizeof example_bytes);
    cr_assert_eq(get(longer, sizeof longer, &got, &n), AEZ_ERR_CORRUPT);
    cr_assert_eq(get(longer + sizeof example_bytes, 1, &got, &n), AEZ_OK);
    cr_assert_eq(n, 0);
    aez_drop(&plain, got);
}

/* The section's checksum guards the payload; here only memory and order are at stake. */
Test(index, a_flipped_bit_gives_corrupt_or_contiguous_entries)
{
    for (size_t bit = 0; bit < 8 * sizeof example_bytes; bit++) {
        uint8_t          bytes[sizeof example_bytes];
        aez_index_entry *got = NULL;
        size_t           n = 0;
        memcpy(bytes, example_bytes, sizeof bytes);
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (get(bytes, sizeof bytes, &got, &n) != AEZ_OK) {
            cr_assert_null(got);
            continue;
        }
        for (size_t i = 1; i < n; i++) {
            cr_assert_eq(got[i].offset, got[i - 1].offset + got[i - 1].size);
            cr_assert_eq(got[i].first_site, got[i - 1].first_site + got[i - 1].n_sites);
        }
        aez_drop(&plain, got);
    }
}

Test(index, a_count_above_what_remains_is_refused_before_allocation)
{
    static const uint64_t counts[] = { 4, 1000, UINT32_MAX, UINT64_MAX / 32, UINT64_MAX };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        hooks_state      h = { 0 };
        aez_mem          mem = hooks_mem(&h);
        aez_buf          b;
        aez_index_entry *got = NULL;
        size_t           n;
        aez_buf_init(&b, &plain);
        aez_put_varint(&b, counts[i]);
        aez_put(&b, "\10\0\1\1\1\1", 6);
        cr_assert_eq(aez_index_get(&mem, b.data, b.size, &got, &n), AEZ_ERR_CORRUPT);
        cr_assert_eq(h.n_requests, 0);
        aez_buf_free(&b);
    }
}

Test(index, a_failed_allocation_is_reported_and_a_bad_entry_leaks_nothing)
{
    static const uint8_t bad[] = { 2, 8, 0, 5, 5, 5, 0 };
    hooks_state          h = { .fail_at = 1 };
    aez_mem              mem = hooks_mem(&h);
    aez_index_entry     *got = NULL;
    size_t               n;
    cr_assert_eq(aez_index_get(&mem, example_bytes, sizeof example_bytes, &got, &n),
                 AEZ_ERR_NOMEM);
    cr_assert_null(got);
    cr_assert_eq(aez_index_get(&mem, bad, sizeof bad, &got, &n), AEZ_ERR_CORRUPT);
    cr_assert_eq(h.n_requests, 2);
    cr_assert_eq(h.n_live, 0);
}
