/* test_stored.c - the stored form is taken where it is smaller, at the strength of the level. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "codec/chunk/stored.h"
#include "tests/support/hooks.h"

#define ROOM 60000

static const aez_mem plain_mem;

static size_t make_text(char *text)
{
    size_t n = 0;
    for (int i = 0; n + 100 < ROOM; i++)
        n += (size_t)sprintf(text + n, "%d,%d,row %d of many\n", i, i * i % 1009, i % 37);
    return n;
}

static size_t frame_size(const char *text, size_t n, int zstd_level)
{
    aez_buf out;
    size_t  size;
    aez_buf_init(&out, &plain_mem);
    cr_assert_eq(aez_frame_pack_below(&plain_mem, text, n, zstd_level, SIZE_MAX, &out), AEZ_OK);
    size = out.size;
    aez_buf_free(&out);
    return size;
}

/* Bytes that are appended behind two that were there. */
static size_t stored_size(const char *text, size_t n, int level, size_t coded)
{
    static char back[ROOM];
    aez_buf     out;
    size_t      size;
    aez_buf_init(&out, &plain_mem);
    aez_put_u16(&out, 0xABCD);
    cr_assert_eq(aez_store_if_smaller(&plain_mem, level, text, n, coded, &out), AEZ_OK);
    cr_assert(out.size >= 2 && out.data[0] == 0xCD && out.data[1] == 0xAB);
    size = out.size - 2;
    if (size) {
        cr_assert_eq(aez_frame_unpack(&plain_mem, out.data + 2, size, back, n), AEZ_OK);
        cr_assert_eq(memcmp(back, text, n), 0);
    }
    aez_buf_free(&out);
    return size;
}

Test(stored, the_level_sets_the_strength)
{
    char  *text = malloc(ROOM);
    size_t n = make_text(text), fast = frame_size(text, n, 3), strong = frame_size(text, n, 19);
    cr_assert_lt(strong, fast);
    for (int level = 1; level <= 9; level++)
        cr_assert_eq(stored_size(text, n, level, SIZE_MAX), level < 5 ? fast : strong, "level %d",
                     level);
    free(text);
}

Test(stored, the_frame_is_kept_only_below_the_coded_size)
{
    char  *text = malloc(ROOM);
    size_t n = make_text(text);
    for (int level = 4; level <= 5; level++) {
        size_t size = frame_size(text, n, level < 5 ? 3 : 19);
        cr_assert_eq(stored_size(text, n, level, size + 1), size);
        cr_assert_eq(stored_size(text, n, level, size), 0, "as large as the coded form");
        cr_assert_eq(stored_size(text, n, level, size - 1), 0);
        cr_assert_eq(stored_size(text, n, level, 1), 0);
        cr_assert_eq(stored_size(text, n, level, SIZE_MAX - 1), size);
    }
    free(text);
}

/* The strong coder needs far more memory: that tells whether it ran. */
Test(stored, the_strong_coder_is_spared_where_it_is_hopeless)
{
    char  *text = malloc(ROOM);
    size_t n = make_text(text), fast = frame_size(text, n, 3), largest[2];
    for (int i = 0; i < 2; i++) {
        hooks_state h = {0};
        aez_mem     mem = hooks_mem(&h);
        aez_buf     out;
        aez_buf_init(&out, &mem);
        cr_assert_eq(aez_store_if_smaller(&mem, 5, text, n, fast * 2 / 5 + (i ? 2 : -2), &out),
                     AEZ_OK);
        aez_buf_free(&out);
        largest[i] = h.largest;
        cr_assert_eq(h.n_live, 0);
    }
    cr_assert_gt(largest[1], largest[0] + largest[0] / 2, "%zu and %zu bytes", largest[0],
                 largest[1]);
    free(text);
}

Test(stored, shortage_of_memory_is_told_and_leaks_nothing)
{
    char      *text = malloc(ROOM);
    size_t     n = make_text(text), at = 0;
    aez_status st = AEZ_ERR_NOMEM;
    while (st != AEZ_OK) {
        hooks_state h = {.fail_at = ++at};
        aez_mem     mem = hooks_mem(&h);
        aez_buf     out;
        aez_buf_init(&out, &mem);
        st = aez_store_if_smaller(&mem, 5, text, n, n, &out);
        cr_assert(st == AEZ_OK || (st == AEZ_ERR_NOMEM && out.size == 0), "request %zu: %d", at,
                  st);
        aez_buf_free(&out);
        cr_assert_eq(h.n_live, 0);
        cr_assert(st != AEZ_OK || h.n_requests < at);
    }
    cr_assert_gt(at, 3);
    free(text);
}
