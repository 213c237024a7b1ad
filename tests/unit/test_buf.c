/* test_buf.c - growing byte buffer and bounds-checked reader. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "codec/base/buf.h"
#include "tests/support/hooks.h"

static const aez_mem plain;

static const uint64_t edges[] = { 0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 0xFFFF, 0xFFFFFFFF,
                                  INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX };
enum { N_EDGES = sizeof edges / sizeof *edges };

Test(buf, numbers_are_little_endian)
{
    static const uint8_t want[] = { 0xAB, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 0xEF, 0xCD, 0xAB,
                                    0x89, 0x67, 0x45, 0x23, 0x01, 0,    0,    0,    0,    0,
                                    0,    0xF0, 0x3F };
    aez_buf              b;
    aez_buf_init(&b, &plain);
    aez_put_u8(&b, 0xAB);
    aez_put_u16(&b, 0x1234);
    aez_put_u32(&b, 0x12345678);
    aez_put_u64(&b, 0x0123456789ABCDEF);
    aez_put_f64(&b, 1.0);
    cr_assert_not(b.failed);
    cr_assert_eq(b.size, sizeof want);
    cr_assert_arr_eq(b.data, want, sizeof want);
    aez_buf_free(&b);
}

Test(buf, what_is_put_is_got)
{
    aez_buf b;
    aez_rd  r;
    aez_buf_init(&b, &plain);
    for (size_t i = 0; i < N_EDGES; i++) {
        aez_put_u8(&b, (unsigned)edges[i] & 0xFF);
        aez_put_u16(&b, (unsigned)edges[i] & 0xFFFF);
        aez_put_u32(&b, (uint32_t)edges[i]);
        aez_put_u64(&b, edges[i]);
        aez_put_varint(&b, edges[i]);
        aez_put_svarint(&b, (int64_t)edges[i]);
    }
    aez_put_f64(&b, -INFINITY);
    aez_rd_init(&r, b.data, b.size);
    for (size_t i = 0; i < N_EDGES; i++) {
        cr_assert_eq(aez_get_u8(&r), (unsigned)edges[i] & 0xFF);
        cr_assert_eq(aez_get_u16(&r), (unsigned)edges[i] & 0xFFFF);
        cr_assert_eq(aez_get_u32(&r), (uint32_t)edges[i]);
        cr_assert_eq(aez_get_u64(&r), edges[i]);
        cr_assert_eq(aez_get_varint(&r), edges[i]);
        cr_assert_eq(aez_get_svarint(&r), (int64_t)edges[i]);
    }
    cr_assert(aez_get_f64(&r) == -INFINITY);
    cr_assert_not(r.failed);
    cr_assert_eq(aez_rd_left(&r), 0);
    aez_buf_free(&b);
}

Test(buf, varints_have_known_bytes)
{
    static const struct {
        uint64_t v;
        size_t   size;
        uint8_t  bytes[10];
    } want[] = { { 0, 1, { 0 } },
                 { 127, 1, { 0x7F } },
                 { 128, 2, { 0x80, 0x01 } },
                 { 300, 2, { 0xAC, 0x02 } },
                 { UINT64_MAX, 10, { 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 } } };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        aez_buf b;
        aez_buf_init(&b, &plain);
        aez_put_varint(&b, want[i].v);
        cr_assert_eq(b.size, want[i].size);
        cr_assert_arr_eq(b.data, want[i].bytes, b.size);
        aez_buf_free(&b);
    }
}

Test(buf, a_varint_above_64_bits_fails)
{
    static const uint8_t high[10] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 2 };
    static const uint8_t longer[11] = { 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0 };
    aez_rd               r;
    aez_rd_init(&r, high, sizeof high);
    cr_assert_eq(aez_get_varint(&r), 0);
    cr_assert(r.failed);
    aez_rd_init(&r, longer, sizeof longer);
    cr_assert_eq(aez_get_varint(&r), 0);
    cr_assert(r.failed);
}

Test(buf, every_truncated_varint_fails)
{
    static const uint8_t bytes[10] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 };
    for (size_t n = 0; n < sizeof bytes; n++) {
        aez_rd r;
        aez_rd_init(&r, bytes, n);
        cr_assert_eq(aez_get_varint(&r), 0);
        cr_assert(r.failed);
    }
}

Test(buf, a_failed_read_stays_failed)
{
    static const uint8_t bytes[3] = { 1, 2, 3 };
    aez_rd               r;
    aez_rd_init(&r, bytes, sizeof bytes);
    cr_assert_eq(aez_get_u32(&r), 0);
    cr_assert(r.failed);
    cr_assert_eq(aez_get_u8(&r), 0);
    cr_assert_null(aez_rd_take(&r, 1));
}

Test(buf, take_refuses_lengths_that_would_wrap)
{
    static const uint8_t bytes[4] = { 0 };
    aez_rd               r;
    aez_rd_init(&r, bytes, sizeof bytes);
    cr_assert_not_null(aez_rd_take(&r, 4));
    cr_assert_not_null(aez_rd_take(&r, 0));
    cr_assert_null(aez_rd_take(&r, UINT64_MAX));
    aez_rd_init(&r, NULL, 0);
    cr_assert_eq(aez_rd_left(&r), 0);
    cr_assert_null(aez_rd_take(&r, 1));
}

Test(buf, contents_survive_growth)
{
    aez_buf b;
    aez_buf_init(&b, &plain);
    for (uint32_t i = 0; i < 20000; i++)
        aez_put_u32(&b, i);
    cr_assert_eq(b.size, 80000);
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t v;
        aez_rd   r;
        aez_rd_init(&r, b.data + 4 * (size_t)i, 4);
        v = aez_get_u32(&r);
        cr_assert_eq(v, i);
    }
    aez_buf_free(&b);
}

Test(buf, failure_to_grow_sticks_and_loses_nothing)
{
    for (size_t fail_at = 1; fail_at < 8; fail_at++) {
        hooks_state s = { .fail_at = fail_at };
        aez_mem     mem = hooks_mem(&s);
        aez_buf     b;
        size_t      at_failure;
        aez_buf_init(&b, &mem);
        for (size_t i = 0; i < 4096 && !b.failed; i++)
            aez_put_u8(&b, (unsigned)i & 0xFF);
        cr_assert(b.failed);
        at_failure = b.size;
        aez_put_u64(&b, 1);
        cr_assert_null(aez_buf_room(&b, 1));
        cr_assert_eq(b.size, at_failure);
        for (size_t i = 0; i < b.size; i++)
            cr_assert_eq(b.data[i], i & 0xFF);
        aez_buf_free(&b);
        cr_assert_eq(s.n_live, 0);
    }
}

Test(buf, room_refuses_a_size_that_would_wrap)
{
    aez_buf b;
    aez_buf_init(&b, &plain);
    aez_put_u8(&b, 1);
    cr_assert_null(aez_buf_room(&b, SIZE_MAX));
    cr_assert(b.failed);
    aez_buf_free(&b);
}

Test(buf, zigzag_is_a_bijection_that_keeps_small_numbers_small)
{
    cr_assert_eq(aez_zigzag(0), 0);
    cr_assert_eq(aez_zigzag(-1), 1);
    cr_assert_eq(aez_zigzag(1), 2);
    cr_assert_eq(aez_zigzag(INT64_MAX), UINT64_MAX - 1);
    cr_assert_eq(aez_zigzag(INT64_MIN), UINT64_MAX);
    for (size_t i = 0; i < N_EDGES; i++)
        cr_assert_eq(aez_zigzag(aez_unzigzag(edges[i])), edges[i]);
}
