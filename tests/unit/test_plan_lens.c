/* test_plan_lens.c - which taps exist at a site, where they stand, what they weigh. */
#include <criterion/criterion.h>

#include "codec/plan/plan_lens.h"
#include "tests/support/plans.h"

/* The last stage of a pyramid over a line of n sites (distance 1), or over axis 1 of two axes. */
static aez_geometry last_stage(aez_stage *s, aez_predictor *p, unsigned flags, uint64_t rows,
                               uint64_t n)
{
    aez_template t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 1, .flags = flags};
    aez_grid     grid;
    aez_stage    stages[8];
    aez_geometry g;
    size_t       n_stages;
    aez_grid_init(&grid, (uint64_t[]){rows, n}, 2);
    t.n_order = grid.n_dims;
    for (unsigned i = 0; i < t.n_order; i++)
        t.order[i] = (uint8_t)i;
    n_stages = aez_template_expand(&t, &grid, 0, stages, 8);
    *s = stages[n_stages - 1];
    s->predictor = p;
    aez_geometry_init(&g, &grid);
    return g;
}

/* Prediction of site x of a line from its neighbours by the lens, in 64ths. */
static int64_t predict(const aez_lens *lens, const int64_t *v, int64_t x)
{
    int64_t base = 32 * (v[x + lens->base_at[0]] + v[x + lens->base_at[1]]), sum = 64 * base;
    if (lens->base == AEZ_BASE_TAP)
        sum = 64 * (base = 64 * v[x + lens->base_at[0]]);
    for (unsigned i = 0; i < lens->n; i++)
        sum += (64 >> lens->weight_shift) * lens->tap[i].weight * (64 * v[x + lens->tap[i].at] - base);
    return sum / 64;
}

/* With four taps exact on cubics, with three on squares, with two (-1, +1) on lines. */
Test(plan_lens, interpolation_is_as_exact_as_its_taps_allow)
{
    static const int degree[] = {0, 2, 0, 3, 0, 3, 0, 2}; /* of site 1, 3, 5, 7 of 9 */
    aez_predictor    p = {.kind = AEZ_PREDICT_CUBIC, .activity = {1, 1, 1, 1}};
    aez_stage        s;
    aez_geometry     g = last_stage(&s, &p, 0, 1, 9);
    for (int power = 0; power <= 3; power++) {
        int64_t v[9];
        for (int i = 0; i < 9; i++)
            v[i] = power == 0 ? 7 : power == 1 ? 3 * i - 5 : power == 2 ? i * i : (i - 3) * i * i;
        for (uint64_t x = 1; x < 9; x += 2) {
            aez_lens lens;
            aez_lens_make(&lens, &s, &g, &x, 0);
            cr_assert_eq(lens.base, AEZ_BASE_MIDDLE);
            if (power <= degree[x])
                cr_assert_eq(predict(&lens, v, (int64_t)x), 64 * v[x], "power %d at %d", power, (int)x);
        }
    }
}

Test(plan_lens, the_mask_tells_which_taps_stand_where_they_point)
{
    aez_predictor p = {.kind = AEZ_PREDICT_LINEAR, .activity = {1, 1, 1, 1}};
    aez_stage     s;
    aez_geometry  g = last_stage(&s, &p, 0, 1, 9);
    uint64_t      x = 1;
    aez_lens      lens;
    cr_assert_eq(aez_lens_make(&lens, &s, &g, &x, 0), 0x0B, "3 back is missing");
    cr_assert_eq(lens.n, 3);
    x = 7;
    cr_assert_eq(aez_lens_make(&lens, &s, &g, &x, 0), 0x07, "3 on is missing");
    x = 5;
    cr_assert_eq(aez_lens_make(&lens, &s, &g, &x, 0), 0x0F);
    cr_assert_eq(aez_lens_make(&lens, &s, &g, (uint64_t[]){1}, 1), 0x0F, "along the line: unchecked");
}

Test(plan_lens, the_last_site_of_an_even_line_has_one_neighbour)
{
    aez_predictor p = {.kind = AEZ_PREDICT_CUBIC, .activity = {1, 1, 1, 1}};
    aez_stage     s;
    aez_geometry  g = last_stage(&s, &p, 0, 1, 8);
    uint64_t      x = 7;
    aez_lens      lens;
    cr_assert_eq(aez_lens_make(&lens, &s, &g, &x, 0), 0x05, "1 and 3 back");
    cr_assert_eq(lens.base, AEZ_BASE_TAP);
    cr_assert_eq(lens.base_at[0], -1);
    cr_assert_eq(predict(&lens, (int64_t[]){0, 2, 4, 6, 8, 10, 12, 14}, 7), 64 * 14, "extrapolated");
}

Test(plan_lens, cross_taps_outside_move_inside_by_their_stride)
{
    aez_predictor p = {.kind = AEZ_PREDICT_WEIGHTS};
    aez_stage     s;
    aez_geometry  g = last_stage(&s, &p, AEZ_CROSS_TAPS, 6, 9);
    uint64_t      corner[2] = {0, 1}, inside[2] = {2, 3};
    aez_lens      lens;
    memset(p.activity, 1, sizeof p.activity);
    cr_assert_eq(s.n_taps, 8);
    cr_assert_eq(aez_lens_make(&lens, &s, &g, inside, 0), 0xFF);
    cr_assert_eq(aez_lens_make(&lens, &s, &g, corner, 0), 0xCB, "a row up is not there");
    cr_assert_eq(lens.n, 7, "but its taps stand in for it, moved; only a primary one is gone");
    for (unsigned i = 0; i < lens.n; i++) {
        int64_t at = 1 + lens.tap[i].at; /* from element 1 */
        cr_assert(at >= 0 && at < 6 * 9);
    }
}

/* Columns 0, 2, 4, 6 of 8 are targets: two beyond 6 is one outside, and moves back by two. */
Test(plan_lens, a_move_is_by_whole_strides)
{
    aez_predictor p = {.kind = AEZ_PREDICT_BASE};
    aez_template  t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 1, .flags = AEZ_CROSS_TAPS,
                       .n_order = 2, .order = {0, 1}};
    aez_grid      grid;
    aez_geometry  g;
    aez_stage     stages[3];
    aez_lens      lens;
    int           n_moved = 0;
    aez_grid_init(&grid, (uint64_t[]){5, 8}, 2);
    cr_assert_eq(aez_template_expand(&t, &grid, 0, stages, 3), 3);
    memset(p.activity, 1, sizeof p.activity);
    stages[1].predictor = &p;
    aez_geometry_init(&g, &grid);
    cr_assert_eq(aez_lens_make(&lens, &stages[1], &g, (uint64_t[]){1, 6}, 0), 0x3B);
    cr_assert_eq(lens.n, 7);
    for (unsigned i = 3; i < lens.n; i++)
        n_moved += lens.tap[i].at == -8 || lens.tap[i].at == 8;
    cr_assert_eq(n_moved, 2);
}

Test(plan_lens, sites_of_the_interior_have_all_their_taps)
{
    aez_rng rng;
    aez_rng_seed(&rng, 3);
    for (int round = 0; round < 300; round++) {
        aez_grid      grid;
        aez_geometry  g;
        aez_stage     s;
        aez_predictor p = {.kind = AEZ_PREDICT_BASE};
        int64_t       lo, hi;
        aez_grid_init(&grid, (uint64_t[]){2 + plans_below(&rng, 40)}, 1);
        memset(&s, 0, sizeof s);
        s.n_taps = 1 + plans_below(&rng, 5);
        s.predictor = &p;
        for (unsigned i = 0; i < s.n_taps; i++)
            s.tap[i].offset[0] = plans_between(&rng, -12, 12);
        aez_geometry_init(&g, &grid);
        aez_line_interior(&s, &g, &lo, &hi);
        for (uint64_t x = 0; x < grid.shape[0]; x++) {
            aez_lens lens;
            int      all = aez_lens_make(&lens, &s, &g, &x, 0) == ((uint64_t)1 << s.n_taps) - 1;
            cr_assert_eq(all, (int64_t)x >= lo && (int64_t)x < hi);
        }
    }
}
