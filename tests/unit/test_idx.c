/* test_idx.c - IDX headers are read and written as the MNIST page says. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/idx.h"

Test(idx, reads_the_header_of_mnist)
{
    static const uint8_t head[16] = {0, 0, 8, 3, 0, 0, 0x27, 0x10, 0, 0, 0, 28, 0, 0, 0, 28};
    aez_layout           l;
    size_t               used = 0;
    uint8_t              back[AEZ_IDX_HEADER_MAX];
    aez_layout_init(&l);
    cr_assert(aez_idx_parse(head, sizeof head, &l, &used));
    cr_expect(used == 16 && l.type == AEZ_U8 && !l.big_endian && l.n_dims == 3);
    cr_expect(l.shape[0] == 10000 && l.shape[1] == 28 && l.shape[2] == 28);
    cr_assert_eq(aez_idx_header(&l, back), 16u);
    cr_expect_arr_eq(back, head, 16);
}

Test(idx, every_type_and_number_of_dimensions_comes_back)
{
    static const uint8_t  codes[] = {8, 9, 11, 12, 13, 14};
    static const aez_type types[] = {AEZ_U8, AEZ_I8, AEZ_I16, AEZ_I32, AEZ_F32, AEZ_F64};
    for (size_t t = 0; t < sizeof codes; t++)
        for (uint32_t n = 1; n <= AEZ_LAYOUT_DIMS; n++) {
            uint8_t    head[AEZ_IDX_HEADER_MAX];
            aez_layout a, b;
            size_t     used = 0;
            aez_layout_init(&a);
            aez_layout_init(&b);
            a.type = types[t];
            a.n_dims = n;
            for (uint32_t i = 0; i < n; i++)
                a.shape[i] = 0xFEDCBA98u * (i + 1) & UINT32_MAX;
            cr_assert_eq(aez_idx_header(&a, head), 4 + 4 * (size_t)n);
            cr_assert_eq(head[2], codes[t]);
            cr_assert(aez_idx_parse(head, 4 + 4 * (size_t)n, &b, &used));
            cr_assert(b.type == a.type && b.n_dims == n && used == 4 + 4 * (size_t)n);
            cr_assert_eq(b.big_endian, aez_type_size(a.type) > 1);
            cr_assert_eq(memcmp(a.shape, b.shape, n * sizeof a.shape[0]), 0);
        }
}

Test(idx, says_no_to_what_it_cannot_write)
{
    uint8_t    head[AEZ_IDX_HEADER_MAX];
    aez_layout l;
    aez_layout_init(&l);
    l.n_dims = 1;
    l.shape[0] = 5;
    l.type = AEZ_U16;
    cr_expect_eq(aez_idx_header(&l, head), 0u);
    l.type = AEZ_U8;
    l.shape[0] = (uint64_t)UINT32_MAX + 1;
    cr_expect_eq(aez_idx_header(&l, head), 0u);
    l.n_dims = 0;
    cr_expect_eq(aez_idx_header(&l, head), 0u);
}

Test(idx, every_other_start_is_refused)
{
    static const uint8_t good[12] = {0, 0, 13, 2, 0, 0, 0, 3, 0, 0, 0, 4};
    for (unsigned at = 0; at < 4; at++)
        for (unsigned v = 0; v < 256; v++) {
            uint8_t   *head = malloc(sizeof good); /* exact: a read beyond it is seen */
            aez_layout l;
            size_t     used = 0;
            bool       want;
            cr_assert_not_null(head);
            memcpy(head, good, sizeof good);
            head[at] = (uint8_t)v;
            aez_layout_init(&l);
            if (at < 2)
                want = v == 0;
            else if (at == 2)
                want = v == 8 || v == 9 || (v >= 11 && v <= 14);
            else
                want = v == 1 || v == 2;
            cr_expect_eq(aez_idx_parse(head, sizeof good, &l, &used), want, "byte %u = %u", at, v);
            free(head);
        }
    for (size_t n = 0; n < sizeof good; n++) {
        uint8_t   *head = malloc(n ? n : 1);
        aez_layout l;
        size_t     used = 0;
        cr_assert_not_null(head);
        memcpy(head, good, n);
        aez_layout_init(&l);
        cr_expect_not(aez_idx_parse(head, n, &l, &used), "%zu bytes", n);
        free(head);
    }
}
