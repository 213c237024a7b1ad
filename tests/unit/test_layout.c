/* test_layout.c - sizes and shapes of what a file holds, and the shape the schema has for it. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "cli/layout.h"

static aez_layout layout_of(aez_type type, uint32_t n_dims, const uint64_t *shape)
{
    aez_layout l;
    aez_layout_init(&l);
    l.type = type;
    l.n_dims = n_dims;
    if (n_dims)
        memcpy(l.shape, shape, n_dims * sizeof *shape);
    return l;
}

Test(layout, formats_have_names)
{
    for (unsigned f = AEZ_FORMAT_RAW; f <= AEZ_FORMAT_CSV; f++)
        cr_assert_eq(aez_format_from_name(aez_format_name((aez_format)f)), f);
    cr_assert_str_eq(aez_format_name(AEZ_FORMAT_AUTO), "auto");
    cr_assert_eq(aez_format_from_name("auto"), AEZ_FORMAT_AUTO);
    cr_assert_eq(aez_format_from_name("NPY"), AEZ_FORMAT_AUTO);
    cr_assert_eq(aez_format_from_name(""), AEZ_FORMAT_AUTO);
}

Test(layout, bytes_have_a_size_too)
{
    cr_assert_eq(aez_layout_value_size(AEZ_OPAQUE), 1);
    cr_assert_eq(aez_layout_value_size(AEZ_F64), 8);
    cr_assert_eq(aez_layout_value_size((aez_type)99), 0);
}

Test(layout, products_do_not_overflow)
{
    static const struct {
        uint64_t shape[3];
        uint64_t product;
        bool     fits;
    } cases[] = { { { 2, 3, 4 }, 24, true },
                  { { 0, 3, 4 }, 0, true },
                  { { UINT64_MAX, 1, 1 }, UINT64_MAX, true },
                  { { UINT64_C(1) << 32, UINT64_C(1) << 32, 1 }, UINT64_MAX, false },
                  { { UINT64_MAX, 2, 0 }, 0, true },
                  { { UINT64_C(1) << 63, 1, 2 }, UINT64_MAX, false } };
    uint64_t product;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(aez_shape_product(cases[i].shape, 3, &product), cases[i].fits, "case %zu", i);
        cr_assert_eq(product, cases[i].product, "case %zu", i);
    }
    cr_assert(aez_shape_product(NULL, 0, &product) && product == 1);
}

Test(layout, data_of_more_than_63_bits_does_not_fit)
{
    static const uint64_t most = INT64_MAX;
    uint64_t              size, shape = most / 8;
    aez_layout            l = layout_of(AEZ_F64, 1, &shape);
    cr_assert(aez_layout_data_size(&l, &size) && size == most / 8 * 8);
    l.shape[0]++;
    cr_assert_not(aez_layout_data_size(&l, &size));
    l = layout_of(AEZ_OPAQUE, 1, &most);
    cr_assert(aez_layout_data_size(&l, &size) && size == most);
    l.type = (aez_type)0;
    cr_assert_not(aez_layout_data_size(&l, &size));
    l = layout_of(AEZ_F32, 0, NULL);
    cr_assert(aez_layout_data_size(&l, &size) && size == 4, "a single value");
}

Test(layout, the_grid_leaves_out_the_variables_and_merges_what_is_too_many)
{
    static const uint64_t shape[11] = {2, 3, 1, 5, 2, 1, 7, 2, 3, 1, 2}, none[3] = {4, 0, 5};
    uint64_t              grid[AEZ_MAX_DIMS], n;
    aez_layout            l;
    for (uint32_t n_dims = 1; n_dims <= 11; n_dims++)
        for (int axis = -1; axis < (int)n_dims; axis++) {
            uint32_t n_grid, left = n_dims - (axis >= 0);
            uint64_t want;
            l = layout_of(AEZ_U8, n_dims, shape);
            l.axis = axis;
            n_grid = aez_layout_grid(&l, grid);
            cr_assert_eq(n_grid, left == 0 ? 1 : left < AEZ_MAX_DIMS ? left : AEZ_MAX_DIMS);
            cr_assert(aez_shape_product(grid, n_grid, &n));
            cr_assert(aez_shape_product(shape, n_dims, &want));
            cr_assert_eq(n * aez_layout_n_fields(&l), want);
            for (uint32_t i = 1; i < n_grid; i++) { /* the last axes stay as they are */
                uint32_t at = n_dims - i;
                if (axis >= 0 && at <= (uint32_t)axis)
                    at--;
                cr_assert_eq(grid[n_grid - i], shape[at], "%u dimensions, axis %d", n_dims, axis);
            }
        }
    l = layout_of(AEZ_U8, 3, none);
    cr_assert(aez_layout_grid(&l, grid) == 1 && grid[0] == 0);
    l = layout_of(AEZ_U8, 0, NULL);
    cr_assert(aez_layout_grid(&l, grid) == 1 && grid[0] == 1 && aez_layout_n_fields(&l) == 1);
}

Test(layout, ends_are_owned_copies)
{
    aez_layout l;
    uint8_t    bytes[3] = {1, 2, 3};
    aez_layout_init(&l);
    cr_assert(l.format == AEZ_FORMAT_BYTES && l.type == AEZ_OPAQUE && l.axis == -1 && !l.head);
    cr_assert(aez_layout_set(&l.head, &l.head_size, bytes, 3));
    cr_assert(aez_layout_set(&l.tail, &l.tail_size, bytes, 2));
    bytes[0] = 9;
    cr_assert(l.head_size == 3 && l.head[0] == 1 && l.tail_size == 2 && l.tail[1] == 2);
    cr_assert(aez_layout_set(&l.head, &l.head_size, bytes, 1));
    cr_assert(l.head_size == 1 && l.head[0] == 9);
    cr_assert(aez_layout_set(&l.head, &l.head_size, NULL, 0));
    cr_assert(!l.head && l.head_size == 0);
    aez_layout_free(&l);
    cr_assert(!l.tail && l.tail_size == 0);
    aez_layout_free(&l);
}
