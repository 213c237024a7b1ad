/* test_search_view.c - the shape that an array was saved in is found from its values. */
#include <criterion/criterion.h>
#include <math.h>

#include "codec/search/search_view.h"
#include "tests/support/hooks.h"
#include "tests/support/samples.h"

static unsigned views_of(const aez_grid *g, int64_t *k, aez_grid *views)
{
    aez_ifield f = {.k = k, .step = 16};
    unsigned   n = 99;
    cr_assert_eq(aez_search_views(&plans_mem, g, &f, views, &n), AEZ_OK);
    cr_assert_leq(n, AEZ_MAX_VIEWS);
    for (unsigned i = 0; i < n; i++) {
        cr_assert_geq(views[i].n_sites, g->n_sites);
        cr_assert_leq(views[i].n_sites - g->n_sites, g->n_sites / AEZ_SPARE_SHARE);
    }
    return n;
}

static int has_view(const aez_grid *views, unsigned n, uint64_t x, uint64_t y, uint64_t z)
{
    uint64_t box[3] = {x, y, z};
    aez_grid want;
    aez_grid_init(&want, box, 3);
    for (unsigned i = 0; i < n; i++) {
        if (memcmp(&views[i], &want, sizeof want) == 0)
            return 1;
    }
    return 0;
}

/* Smooth over planes and lines, unrelated along lines. */
static void fill(int64_t *k, uint64_t n, uint64_t plane, uint64_t line)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t x = i % line;
        double   y = (double)(i % plane / line), z = (double)(i / plane);
        uint64_t mixed = (x + 1) * UINT64_C(0x9E3779B97F4A7C15);
        k[i] = (int64_t)(mixed >> 45) +
               (int64_t)(2000 * (sin(0.2 * y + (double)x) + cos(0.3 * z - (double)x)));
    }
}

Test(search_view, items_in_the_last_axis_are_found)
{
    aez_grid g = samples_grid(3, 500, 16, 16), views[AEZ_MAX_VIEWS];
    int64_t *k = samples_take(&g);
    fill(k, g.n_sites, 16 * 500, 500);
    cr_assert(has_view(views, views_of(&g, k, views), 16, 16, 500));
    free(k);
}

Test(search_view, a_length_that_is_no_multiple_leaves_sites_to_spare)
{
    aez_grid g = samples_grid(2, 1000, 37, 0), views[AEZ_MAX_VIEWS];
    int64_t *k = samples_take(&g);
    fill(k, g.n_sites, 900, 900);
    cr_assert(has_view(views, views_of(&g, k, views), 42, 900, 1));
    free(k);
}

Test(search_view, a_smooth_field_and_noise_have_none)
{
    aez_grid g = samples_grid(2, 90, 110, 0), views[AEZ_MAX_VIEWS];
    int64_t *k = samples_take(&g);
    aez_rng  rng;
    samples_smooth(&g, k);
    cr_assert_eq(views_of(&g, k, views), 0);
    aez_rng_seed(&rng, 1);
    for (uint64_t i = 0; i < g.n_sites; i++)
        k[i] = (int64_t)(aez_rng_next(&rng) >> 40);
    cr_assert_eq(views_of(&g, k, views), 0);
    free(k);
}

Test(search_view, few_values_have_none)
{
    aez_grid g = samples_grid(1, 40, 0, 0), views[AEZ_MAX_VIEWS];
    int64_t *k = samples_take(&g);
    fill(k, g.n_sites, 7, 7);
    cr_assert_eq(views_of(&g, k, views), 0);
    free(k);
}
