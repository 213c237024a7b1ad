/* test_box.c - boxes of chunks are runs of the grid in C order that cover it. */
#include <criterion/criterion.h>

#include "codec/chunk/chunk.h"
#include "tests/support/plans.h"

Test(box, boxes_cover_the_grid_once_in_order)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    for (int round = 0; round < 3000; round++) {
        uint64_t shape[AEZ_MAX_DIMS], n = 1, most = 1 + plans_below(&rng, 400), seen = 0, n_boxes;
        unsigned n_dims = 1 + plans_below(&rng, AEZ_MAX_DIMS);
        aez_box  box;
        for (unsigned a = 0; a < n_dims; a++)
            n *= shape[a] = 1 + plans_below(&rng, n > 1000 ? 2 : 12);
        n_boxes = aez_box_at(shape, n_dims, most, 0, &box);
        for (uint64_t i = 0; i < n_boxes; i++) {
            uint64_t sites = 1, cut = 0;
            cr_assert_eq(aez_box_at(shape, n_dims, most, i, &box), n_boxes);
            cr_assert_eq(box.n_dims, n_dims);
            while (cut + 1 < n_dims && box.shape[cut] == 1)
                cut++;
            for (unsigned a = 0; a < n_dims; a++) {
                sites *= box.shape[a];
                cr_assert_leq(box.shape[a], shape[a]);
                cr_assert(a <= cut || box.shape[a] == shape[a], "a run in C order");
            }
            cr_assert_eq(sites, box.n_sites);
            cr_assert_leq(sites, most);
            seen += sites;
        }
        cr_assert_eq(seen, n);
    }
}

Test(box, a_grid_without_sites_has_no_box)
{
    static const uint64_t shape[] = {3, 0, 2};
    aez_box               box;
    cr_assert_eq(aez_box_at(shape, 3, 100, 0, &box), 0);
}

Test(box, parts_are_of_nearly_the_same_size)
{
    static const uint64_t shape[] = {1001};
    aez_box               box;
    cr_assert_eq(aez_box_at(shape, 1, 500, 0, &box), 3);
    cr_assert_eq(box.n_sites, 334);
    aez_box_at(shape, 1, 500, 2, &box);
    cr_assert_eq(box.n_sites, 333);
}
