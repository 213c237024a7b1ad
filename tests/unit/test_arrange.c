/* test_arrange.c - every value has one site in one part, and no other bytes are taken. */
#include <criterion/criterion.h>

#include "codec/chunk/arrange.h"
#include "tests/support/hooks.h"
#include "tests/support/plans.h"

static int get(const aez_buf *bytes, size_t size, uint64_t n, aez_arrangement *a)
{
    aez_rd rd;
    aez_rd_init(&rd, bytes->data, size);
    return aez_arrangement_get(a, n, &rd) && aez_rd_left(&rd) == 0;
}

Test(arrange, sites_of_all_parts_are_the_values)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    for (int i = 0; i < 300; i++) {
        aez_grid        shape;
        aez_arrangement a;
        uint8_t        *seen;
        plans_grid(&rng, 1 + plans_below(&rng, 4), 2000, &shape);
        aez_arrange(&a, &shape, shape.n_dims > 1 ? plans_below(&rng, shape.n_dims + 1) : 0);
        cr_assert_eq(a.grid.n_sites * a.n_parts, shape.n_sites);
        seen = calloc(shape.n_sites, 1);
        for (uint32_t part = 0; part < a.n_parts; part++) {
            for (uint64_t site = 0; site < a.grid.n_sites; site++) {
                uint64_t at = aez_arranged_value(&a, part, site);
                cr_assert_lt(at, shape.n_sites);
                cr_assert(!seen[at]++);
            }
        }
        free(seen);
    }
}

Test(arrange, a_part_is_a_position_of_the_axis)
{
    uint64_t        box[3] = {4, 3, 5};
    aez_grid        shape;
    aez_arrangement a;
    aez_grid_init(&shape, box, 3);
    aez_arrange(&a, &shape, 2);
    cr_assert(a.n_parts == 3 && a.grid.n_dims == 2 && a.grid.shape[0] == 4 && a.grid.shape[1] == 5);
    cr_assert_eq(aez_arranged_value(&a, 2, 3 * 5 + 4), (3 * 3 + 2) * 5 + 4);
}

Test(arrange, bytes_bring_it_back_and_nothing_else_does)
{
    uint64_t        box[2] = {6, 10};
    aez_grid        shape;
    aez_arrangement a, b;
    aez_buf         bytes;
    aez_grid_init(&shape, box, 2);
    aez_arrange(&a, &shape, 1);
    aez_buf_init(&bytes, &plans_mem);
    aez_arrangement_put(&a, &bytes);
    cr_assert(get(&bytes, bytes.size, 60, &b));
    cr_assert(b.axis == 1 && b.n_parts == 6 && b.inner == 10 && b.grid.n_sites == 10);
    cr_assert(get(&bytes, bytes.size, 54, &b), "6 to spare of 54");
    cr_assert(!get(&bytes, bytes.size, 53, &b), "7 to spare of 53");
    cr_assert(!get(&bytes, bytes.size, 61, &b), "too few");
    for (size_t size = 0; size < bytes.size; size++)
        cr_assert(!get(&bytes, size, 60, &b));
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t was = bytes.data[i];
        for (unsigned v = 0; v < 256; v++) {
            bytes.data[i] = (uint8_t)v;
            if (get(&bytes, bytes.size, 60, &b))
                cr_assert(b.n_parts >= 1 && b.n_parts <= AEZ_MAX_PARTS &&
                          b.grid.n_sites * b.n_parts == b.shape.n_sites &&
                          b.shape.n_sites >= 60 && b.shape.n_sites <= 67);
        }
        bytes.data[i] = was;
    }
    aez_buf_free(&bytes);
}
