/* test_frame.c - zstd frames keep their limit and use the caller's memory. */
#include <criterion/criterion.h>

#include <string.h>

#include "codec/base/rng.h"
#include "codec/entropy/frame.h"
#include "tests/support/hooks.h"

#define N 30000

static const aez_mem plain_mem;
static uint8_t       even[N], noise[N], back[N];

static void fill(void)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    for (int i = 0; i < N; i++) {
        even[i] = (uint8_t)(i / 7 % 50 + i % 3);
        noise[i] = (uint8_t)aez_rng_next(&rng);
    }
}

Test(frame, what_is_appended_comes_back)
{
    fill();
    for (int with_size = 0; with_size < 2; with_size++)
        for (size_t n = 0; n <= N; n = n * 4 + 1) {
            aez_buf out;
            aez_buf_init(&out, &plain_mem);
            aez_put_u8(&out, 0x55);
            cr_assert_eq(aez_zstd_append(&plain_mem, even, n, 1 + (int)(n % 19), with_size, &out),
                         AEZ_OK);
            cr_assert_eq(out.data[0], 0x55);
            memset(back, 0xEE, sizeof back);
            cr_assert_eq(aez_frame_unpack(&plain_mem, out.data + 1, out.size - 1, back, n), AEZ_OK);
            cr_assert(n == 0 || memcmp(even, back, n) == 0);
            cr_assert(n == N || back[n] == 0xEE);
            cr_assert_eq(aez_frame_unpack(&plain_mem, out.data + 1, out.size - 1, back, n + 1),
                         AEZ_ERR_CORRUPT, "one more was promised");
            if (n)
                cr_assert_eq(aez_frame_unpack(&plain_mem, out.data + 1, out.size - 1, back, n - 1),
                             AEZ_ERR_CORRUPT, "one less was promised");
            aez_buf_free(&out);
        }
}

Test(frame, the_size_of_the_content_is_told_only_on_request)
{
    aez_buf with, without;
    fill();
    aez_buf_init(&with, &plain_mem);
    aez_buf_init(&without, &plain_mem);
    cr_assert_eq(aez_zstd_append(&plain_mem, even, N, 3, 1, &with), AEZ_OK);
    cr_assert_eq(aez_zstd_append(&plain_mem, even, N, 3, 0, &without), AEZ_OK);
    cr_assert_neq(with.data[4] >> 6 | (with.data[4] & 0x20), 0,
                  "zstd's frame header: single segment, or size");
    cr_assert_eq(without.data[4] >> 6 | (without.data[4] & 0x20), 0);
    aez_buf_free(&with);
    aez_buf_free(&without);
}

Test(frame, the_limit_is_exact)
{
    fill();
    for (int kind = 0; kind < 2; kind++) {
        const uint8_t *bytes = kind ? noise : even;
        aez_buf        out;
        size_t         size;
        aez_buf_init(&out, &plain_mem);
        cr_assert_eq(aez_frame_pack_below(&plain_mem, bytes, N, 3, SIZE_MAX, &out), AEZ_OK);
        size = out.size;
        for (int over = -1; over <= 1; over++) {
            out.size = 3; /* what was there stays */
            cr_assert_eq(aez_frame_pack_below(&plain_mem, bytes, N, 3, size + (size_t)over, &out),
                         AEZ_OK);
            cr_assert_eq(out.size, over < 0 ? 3 : 3 + size);
        }
        out.size = 3;
        cr_assert_eq(aez_frame_pack_below(&plain_mem, bytes, N, 3, 0, &out), AEZ_OK);
        cr_assert_eq(out.size, 3);
        aez_buf_free(&out);
    }
}

Test(frame, only_one_whole_frame_is_taken)
{
    aez_buf out;
    fill();
    aez_buf_init(&out, &plain_mem);
    cr_assert_eq(aez_frame_pack_below(&plain_mem, even, 500, 3, SIZE_MAX, &out), AEZ_OK);
    for (size_t n = 0; n < out.size; n++)
        cr_assert_eq(aez_frame_unpack(&plain_mem, out.data, n, back, 500), AEZ_ERR_CORRUPT);
    cr_assert_eq(aez_frame_unpack(&plain_mem, NULL, 0, NULL, 0), AEZ_ERR_CORRUPT);
    aez_put_u8(&out, 0);
    cr_assert_eq(aez_frame_unpack(&plain_mem, out.data, out.size, back, 500), AEZ_ERR_CORRUPT);
    out.size--;
    cr_assert_eq(aez_frame_pack_below(&plain_mem, even, 0, 3, SIZE_MAX, &out), AEZ_OK);
    cr_assert_eq(aez_frame_unpack(&plain_mem, out.data, out.size, back, 500), AEZ_ERR_CORRUPT,
                 "two frames");
    aez_buf_free(&out);
}

Test(frame, bytes_stay_raw_unless_zstd_saves)
{
    fill();
    for (int kind = 0; kind < 2; kind++)
        for (int level = 0; level <= 19; level += 19)
            for (size_t n = 0; n <= N; n = n * 5 + 1) {
                const uint8_t *bytes = kind ? noise : even;
                aez_buf        out;
                aez_rd         in;
                uint8_t       *got;
                size_t         size;
                aez_buf_init(&out, &plain_mem);
                cr_assert_eq(aez_bytes_pack(&plain_mem, bytes, n, level, &out), AEZ_OK);
                cr_assert_leq(out.size, n + 4);
                if (kind || level == 0 || n < 10)
                    cr_assert_eq(out.data[0], 0, "raw");
                else if (n > 1000)
                    cr_assert(out.data[0] == 1 && out.size < n / 2);
                if (n) {
                    aez_rd_init(&in, out.data, out.size);
                    cr_assert_eq(aez_bytes_unpack(&plain_mem, &in, n - 1, &got, &size),
                                 AEZ_ERR_LIMIT);
                }
                aez_rd_init(&in, out.data, out.size);
                cr_assert_eq(aez_bytes_unpack(&plain_mem, &in, n, &got, &size), AEZ_OK);
                cr_assert(size == n && aez_rd_left(&in) == 0 &&
                          (n == 0 || memcmp(got, bytes, n) == 0));
                aez_drop(&plain_mem, got);
                aez_buf_free(&out);
            }
}

/* zstd's own memory comes from the hooks too: no context would fit otherwise. */
Test(frame, all_memory_comes_from_the_caller)
{
    aez_status st = AEZ_ERR_NOMEM;
    size_t     n = 0;
    fill();
    while (st != AEZ_OK) {
        hooks_state h = {.fail_at = ++n};
        aez_mem     mem = hooks_mem(&h);
        aez_buf     out;
        aez_rd      in;
        uint8_t    *got = NULL;
        size_t      size;
        aez_buf_init(&out, &mem);
        st = aez_bytes_pack(&mem, even, N, 3, &out);
        aez_rd_init(&in, out.data, out.size);
        if (st >= 0)
            st = aez_bytes_unpack(&mem, &in, N, &got, &size);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM, "request %zu: %d", n, st);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        cr_assert(st != AEZ_OK || h.largest > 65536);
        aez_drop(&mem, got);
        aez_buf_free(&out);
        cr_assert_eq(h.n_live, 0, "request %zu leaks %zu", n, h.n_live);
    }
    cr_assert_geq(n, 6);
}
