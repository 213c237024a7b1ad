/* test_index_list.c - the list of chunks grows, counts sites on, and tells when memory is short. */
#include <criterion/criterion.h>

#include "codec/api/index_list.h"
#include "tests/support/hooks.h"

static const aez_mem MEM = {NULL, NULL, NULL};

Test(index_list, sites_of_a_chunk_follow_those_before)
{
    aez_index_list list = {NULL, 0, 0};
    uint64_t       first = 0;
    for (uint64_t i = 0; i < 100; i++)
        cr_assert_eq(aez_index_list_add(&list, &MEM, 10 * i, 10, i + 1), AEZ_OK);
    cr_assert_eq(list.n, 100);
    for (uint64_t i = 0; i < list.n; i++) {
        cr_assert_eq(list.entry[i].offset, 10 * i);
        cr_assert_eq(list.entry[i].size, 10);
        cr_assert_eq(list.entry[i].first_site, first);
        cr_assert_eq(list.entry[i].n_sites, i + 1);
        first += i + 1;
    }
    aez_index_list_free(&list, &MEM);
    cr_assert_eq(list.n, 0);
    cr_assert_null(list.entry);
}

Test(index_list, shortage_of_memory_keeps_what_is_there)
{
    hooks_state    h = {.fail_at = 2};
    aez_mem        mem = hooks_mem(&h);
    aez_index_list list = {NULL, 0, 0};
    aez_status     st = AEZ_OK;
    size_t         n = 0;
    while (st == AEZ_OK && n < 1000) {
        st = aez_index_list_add(&list, &mem, n, 1, 1);
        n += st == AEZ_OK;
    }
    cr_assert_eq(st, AEZ_ERR_NOMEM);
    cr_assert_eq(list.n, n);
    cr_assert_eq(list.entry[n - 1].first_site, n - 1);
    aez_index_list_free(&list, &mem);
    cr_assert_eq(h.n_live, 0);
}
