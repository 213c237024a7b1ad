/* test_section.c - sections: round trips, truncation, damage, limits. */
#include <criterion/criterion.h>
#include <string.h>

#include "format/format.h"
#include "tests/support/hooks.h"

static const aez_mem plain;
enum { OFFSET = 8 };

/* The example of the specification, chapter "Sections": type 1, payload "aez", at offset 8. */
static const uint8_t example[] = { 0x01, 0x03, 0x61, 0x65, 0x7A };

static void fill(uint8_t *dst, size_t n)
{
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        dst[i] = (uint8_t)(x >> 24);
    }
}

Test(section, put_gives_the_bytes_of_the_spec)
{
    static const uint8_t check[8] = { 0x13, 0x2C, 0x97, 0xF3, 0x11, 0x5C, 0xA3, 0x52 };
    aez_buf              b;
    aez_buf_init(&b, &plain);
    aez_section_put(&b, AEZ_SECTION_SCHEMA, "aez", 3, OFFSET);
    cr_assert_eq(b.size, sizeof example + sizeof check);
    cr_assert_arr_eq(b.data, example, sizeof example);
    cr_assert_arr_eq(b.data + sizeof example, check, sizeof check);
    aez_buf_free(&b);
}

Test(section, what_is_put_is_got_at_every_size)
{
    static const size_t sizes[] = { 0, 1, 2, 126, 127, 128, 129, 240, 241, 16383, 16384, 70000 };
    static uint8_t      payload[70000];
    fill(payload, sizeof payload);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        aez_buf     b;
        aez_section s;
        size_t      need = 0;
        aez_buf_init(&b, &plain);
        aez_put(&b, "before", 6); /* a section need not start its buffer */
        aez_section_put(&b, 0x85, payload, sizes[i], UINT64_MAX);
        cr_assert_eq(aez_section_get(b.data + 6, b.size - 6, UINT64_MAX, sizes[i], &s, &need),
                     AEZ_OK);
        cr_assert_eq(s.type, 0x85);
        cr_assert_eq(s.size, sizes[i]);
        cr_assert_eq(s.total, b.size - 6);
        cr_assert_eq(need, s.total);
        cr_assert_eq(memcmp(s.payload, payload, sizes[i]), 0);
        aez_buf_free(&b);
    }
}

Test(section, bytes_after_the_section_are_left_alone)
{
    aez_buf     b;
    aez_section s;
    size_t      need, total;
    aez_buf_init(&b, &plain);
    aez_section_put(&b, AEZ_SECTION_CHUNK, "abc", 3, 0);
    total = b.size;
    aez_put(&b, "following", 9);
    cr_assert_eq(aez_section_get(b.data, b.size, 0, 100, &s, &need), AEZ_OK);
    cr_assert_eq(s.total, total);
    aez_buf_free(&b);
}

/* A section of n payload bytes, cut at every place, each time in a block of exactly that size. */
static void check_truncations(size_t n)
{
    uint8_t payload[300];
    aez_buf b;
    fill(payload, n);
    aez_buf_init(&b, &plain);
    aez_section_put(&b, AEZ_SECTION_CHUNK, payload, n, OFFSET);
    for (size_t cut = 0; cut < b.size; cut++) {
        uint8_t    *part = aez_take_raw(&plain, cut, 1);
        aez_section s;
        size_t      need = 0;
        memcpy(part, b.data, cut);
        cr_assert_eq(aez_section_get(part, cut, OFFSET, 300, &s, &need), AEZ_NEED_INPUT);
        cr_assert_gt(need, cut, "asking for what is there would loop for ever");
        cr_assert_leq(need, b.size, "asking for more than the section could wait for ever");
        aez_drop(&plain, part);
    }
    aez_buf_free(&b);
}

Test(section, every_truncation_asks_for_more_and_never_for_too_much)
{
    check_truncations(0);
    check_truncations(5);
    check_truncations(127);
    check_truncations(128);
    check_truncations(300);
}

Test(section, every_flipped_bit_is_noticed)
{
    uint8_t payload[200];
    aez_buf b;
    fill(payload, sizeof payload);
    aez_buf_init(&b, &plain);
    aez_section_put(&b, AEZ_SECTION_MODEL, payload, sizeof payload, OFFSET);
    for (size_t bit = 0; bit < 8 * b.size; bit++) {
        aez_section s;
        size_t      need;
        b.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert_neq(aez_section_get(b.data, b.size, OFFSET, UINT64_MAX, &s, &need), AEZ_OK,
                      "bit %zu", bit);
        b.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    aez_buf_free(&b);
}

Test(section, a_section_moved_to_another_place_is_noticed)
{
    aez_buf     b;
    aez_section s;
    size_t      need;
    aez_buf_init(&b, &plain);
    aez_section_put(&b, AEZ_SECTION_CHUNK, "abc", 3, OFFSET);
    cr_assert_eq(aez_section_get(b.data, b.size, OFFSET + 1, 100, &s, &need), AEZ_ERR_CORRUPT);
    aez_buf_free(&b);
}

/* Verdict on a head that announces `size`, with nothing behind it. */
static aez_status get_with_size(uint64_t size, uint64_t max_size)
{
    aez_buf     b;
    aez_section s;
    size_t      need;
    aez_status  st;
    aez_buf_init(&b, &plain);
    aez_put_u8(&b, AEZ_SECTION_CHUNK);
    aez_put_varint(&b, size);
    st = aez_section_get(b.data, b.size, OFFSET, max_size, &s, &need);
    aez_buf_free(&b);
    return st;
}

Test(section, a_size_above_the_limit_is_refused_from_the_head_alone)
{
    cr_assert_eq(get_with_size(0, 0), AEZ_NEED_INPUT);
    cr_assert_eq(get_with_size(1, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(get_with_size(1000, 1000), AEZ_NEED_INPUT);
    cr_assert_eq(get_with_size(1001, 1000), AEZ_ERR_LIMIT);
    cr_assert_eq(get_with_size(UINT64_MAX, 1000), AEZ_ERR_LIMIT);
}

Test(section, a_size_that_would_wrap_is_refused_without_a_limit)
{
    for (uint64_t below = 0; below < 18; below++)
        cr_assert_eq(get_with_size(UINT64_MAX - below, UINT64_MAX), AEZ_ERR_LIMIT);
}

Test(section, a_size_of_more_than_64_bits_is_corrupt)
{
    uint8_t     head[12] = { AEZ_SECTION_CHUNK };
    aez_section s;
    size_t      need;
    memset(head + 1, 0xFF, 11);
    cr_assert_eq(aez_section_get(head, 11, OFFSET, 100, &s, &need), AEZ_ERR_CORRUPT);
    cr_assert_eq(aez_section_get(head, 12, OFFSET, 100, &s, &need), AEZ_ERR_CORRUPT);
    cr_assert_eq(aez_section_get(head, 10, OFFSET, 100, &s, &need), AEZ_NEED_INPUT);
}

Test(section, type_0_is_corrupt)
{
    aez_buf     b;
    aez_section s;
    size_t      need;
    aez_buf_init(&b, &plain);
    aez_section_put(&b, 0, "abc", 3, OFFSET);
    cr_assert_eq(aez_section_get(b.data, b.size, OFFSET, 100, &s, &need), AEZ_ERR_CORRUPT);
    aez_buf_free(&b);
}

Test(section, a_failed_allocation_is_remembered_by_the_buffer)
{
    uint8_t payload[4000];
    fill(payload, sizeof payload);
    for (size_t fail_at = 1; fail_at <= 2; fail_at++) {
        hooks_state h = { .fail_at = fail_at };
        aez_mem     mem = hooks_mem(&h);
        aez_buf     b;
        aez_buf_init(&b, &mem);
        aez_section_put(&b, AEZ_SECTION_CHUNK, payload, sizeof payload, OFFSET);
        cr_assert(b.failed);
        aez_buf_free(&b);
        cr_assert_eq(h.n_live, 0);
    }
}
