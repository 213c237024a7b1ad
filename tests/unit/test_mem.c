/* test_mem.c - checked allocation: overflow, hooks, requests for nothing. */
#include <criterion/criterion.h>

#include "codec/base/mem.h"
#include "tests/support/hooks.h"

static const aez_mem plain;

Test(mem, take_gives_zeroed_bytes)
{
    for (size_t n = 0; n < 300; n += 7) {
        uint8_t *block = aez_take(&plain, n, 3);
        cr_assert_not_null(block);
        for (size_t i = 0; i < 3 * n; i++)
            cr_assert_eq(block[i], 0);
        aez_drop(&plain, block);
    }
}

Test(mem, a_request_for_nothing_gives_a_block)
{
    void *a = aez_take(&plain, 0, 8);
    void *b = aez_take_raw(&plain, 8, 0);
    cr_assert_not_null(a);
    cr_assert_not_null(b);
    aez_drop(&plain, a);
    aez_drop(&plain, b);
}

Test(mem, a_product_that_overflows_never_reaches_the_allocator)
{
    hooks_state s = { 0 };
    aez_mem     mem = hooks_mem(&s);
    cr_assert_null(aez_take(&mem, SIZE_MAX, 2));
    cr_assert_null(aez_take(&mem, 2, SIZE_MAX));
    cr_assert_null(aez_take_raw(&mem, SIZE_MAX / 2 + 1, 2));
    cr_assert_null(aez_take_raw(&mem, (size_t)1 << 33, (size_t)1 << 33));
    cr_assert_eq(s.n_requests, 0);
}

Test(mem, hooks_see_the_whole_size_and_every_release)
{
    hooks_state s = { 0 };
    aez_mem     mem = hooks_mem(&s);
    void       *a = aez_take(&mem, 6, 7);
    void       *b = aez_take_raw(&mem, 5, 8);
    cr_assert_eq(s.largest, 42);
    cr_assert_eq(s.n_live, 2);
    aez_drop(&mem, a);
    aez_drop(&mem, b);
    aez_drop(&mem, NULL);
    cr_assert_eq(s.n_live, 0);
}

Test(mem, a_failing_allocator_gives_null)
{
    hooks_state s = { .fail_at = 1 };
    aez_mem     mem = hooks_mem(&s);
    cr_assert_null(aez_take(&mem, 1, 1));
    cr_assert_eq(s.n_live, 0);
}
