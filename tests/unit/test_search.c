/* test_search.c - on data of a known structure, search finds it. */
#include <criterion/criterion.h>

#include "tests/support/hooks.h"
#include "tests/support/samples.h"

static aez_plan search(const aez_grid *g, const aez_ifield *fields, uint32_t n, int level,
                       aez_search_note *notes)
{
    aez_search_options o = {.level = level, .seed = 5};
    aez_plan           plan;
    cr_assert_eq(aez_search_plan(&plans_mem, g, fields, n, &o, &plan, notes), AEZ_OK);
    cr_assert(plan.n_fields == n && plan.n_groups == n);
    return plan;
}

static uint64_t pyramid_axes(const aez_template *t)
{
    uint64_t axes = 0;
    for (unsigned i = 0; t->kind == AEZ_TEMPLATE_PYRAMID && i < t->n_order; i++)
        axes |= 1u << t->order[i];
    return axes;
}

Test(search, a_constant_field_costs_next_to_nothing)
{
    aez_grid        g = samples_grid(2, 50, 60, 0);
    aez_ifield      f = {.k = samples_take(&g), .step = 1};
    aez_search_note note;
    for (uint64_t i = 0; i < g.n_sites; i++)
        f.k[i] = -123456;
    for (int level = 1; level <= 3; level++) {
        aez_plan plan = search(&g, &f, 1, level, &note);
        cr_assert_eq(plan.constant[0], -123456);
        cr_assert_lt(note.bits, 400);
        aez_plan_free(&plan, &plans_mem);
    }
    free(f.k);
}

Test(search, a_smooth_field_is_a_pyramid_over_its_axes)
{
    aez_grid        g = samples_grid(2, 90, 110, 0);
    aez_ifield      f = {.k = samples_take(&g), .step = 64};
    aez_search_note note;
    samples_smooth(&g, f.k);
    for (int level = 1; level <= 3; level++) {
        aez_plan plan = search(&g, &f, 1, level, &note);
        cr_assert_eq(pyramid_axes(plan.groups[0].templates), 3, "%s", note.text);
        cr_assert_lt(note.bits, 1.0 * (double)g.n_sites);
        cr_assert_gt(note.runner_up_bits, note.bits);
        aez_plan_free(&plan, &plans_mem);
    }
    free(f.k);
}

/* Nothing predicts noise: whatever is chosen may cost but little more than its entropy. */
Test(search, independent_noise_costs_its_entropy)
{
    aez_grid        g = samples_grid(2, 100, 100, 0);
    aez_ifield      f = {.k = samples_take(&g), .step = 1};
    aez_search_note note;
    aez_plan        plan;
    samples_noise(&g, f.k, 100, 3);
    plan = search(&g, &f, 1, 3, &note);
    cr_assert_lt(note.bits, 1.06 * log2(201) * (double)g.n_sites, "%s", note.text);
    cr_assert_eq(plan.groups[0].templates[0].kind, AEZ_TEMPLATE_LIST);
    aez_plan_free(&plan, &plans_mem);
    free(f.k);
}

Test(search, rows_that_repeat_are_left_on_the_fixed_grid)
{
    aez_grid        g = samples_grid(2, 120, 150, 0);
    aez_ifield      f = {.k = samples_take(&g), .step = 1};
    aez_search_note note;
    aez_plan        plan;
    aez_grid        rows = samples_grid(2, 12, 150, 0);
    aez_rng         rng;
    aez_rng_seed(&rng, 4);
    samples_noise(&rows, f.k, 30000, 5);
    for (uint64_t r = 12; r < 120; r++) /* one of the first twelve, none near its like */
        memcpy(f.k + r * 150, f.k + 150 * plans_below(&rng, 12), 150 * sizeof *f.k);
    plan = search(&g, &f, 1, 3, &note);
    cr_assert(plan.groups[0].templates[0].flags & AEZ_FIXED_GRID, "%s", note.text);
    cr_assert_lt(note.bits, 4.0 * (double)g.n_sites);
    aez_plan_free(&plan, &plans_mem);
    free(f.k);
}

/* Smooth images that have nothing to do with each other: the first axis is no axis of a pyramid. */
Test(search, unrelated_images_are_a_batch)
{
    aez_grid        g = samples_grid(3, 30, 32, 32);
    aez_ifield      f = {.k = samples_take(&g), .step = 16};
    aez_search_note note;
    aez_plan        plan;
    aez_rng         rng;
    aez_rng_seed(&rng, 6);
    for (int image = 0; image < 30; image++) {
        double p[4];
        for (int i = 0; i < 4; i++)
            p[i] = plans_between(&rng, -100, 100) * 0.01;
        for (int y = 0; y < 32; y++) {
            for (int x = 0; x < 32; x++)
                f.k[(image * 32 + y) * 32 + x] =
                    (int64_t)(20000 * (p[0] + sin(p[1] + 0.2 * p[2] * x) * cos(0.2 * p[3] * y)));
        }
    }
    plan = search(&g, &f, 1, 2, &note);
    cr_assert_eq(pyramid_axes(plan.groups[0].templates), 6, "%s", note.text);
    cr_assert_eq(plan.groups[0].scan_mask & 1, 0, "%s", note.text);
    aez_plan_free(&plan, &plans_mem);
    free(f.k);
}

Test(search, a_column_that_follows_from_another_taps_it)
{
    aez_grid        g = samples_grid(1, 5000, 0, 0);
    aez_ifield      f[3];
    aez_search_note notes[3];
    aez_plan        plan;
    const aez_template *t;
    int             taps_first = 0;
    for (int i = 0; i < 3; i++) {
        f[i] = (aez_ifield){.k = samples_take(&g), .step = 1};
        samples_noise(&g, f[i].k, 20000, (uint64_t)i);
    }
    for (uint64_t i = 0; i < g.n_sites; i++)
        f[2].k[i] = 2 * f[0].k[i] + f[2].k[i] / 1000;
    plan = search(&g, f, 3, 3, notes);
    t = &plan.groups[2].templates[0];
    for (unsigned i = 0; i < t->n_taps; i++)
        taps_first |= t->tap[i].field == 0;
    cr_assert(taps_first, "%s", notes[2].text);
    cr_assert_lt(notes[2].bits, 0.6 * notes[0].bits);
    aez_plan_free(&plan, &plans_mem);
    for (int i = 0; i < 3; i++)
        free(f[i].k);
}

Test(search, the_same_seed_gives_the_same_plan_and_a_reader_takes_it)
{
    aez_rng rng;
    aez_rng_seed(&rng, 9);
    for (int round = 0; round < 40; round++) {
        aez_grid   g;
        aez_ifield f[3];
        aez_buf    bytes[2];
        uint32_t   n = 1 + plans_below(&rng, 3);
        aez_rd     in;
        aez_plan   again;
        plans_grid(&rng, 1 + plans_below(&rng, 4), 800, &g);
        for (uint32_t i = 0; i < n; i++) {
            f[i] = (aez_ifield){.k = samples_take(&g), .step = 1 + plans_below(&rng, 5)};
            plans_values(&rng, f[i].k, g.n_sites);
        }
        for (int i = 0; i < 2; i++) {
            aez_plan plan = search(&g, f, n, 1 + round % 3, NULL);
            aez_buf_init(&bytes[i], &plans_mem);
            aez_plan_put(&plan, &g, &bytes[i]);
            aez_plan_free(&plan, &plans_mem);
        }
        cr_assert_eq(bytes[0].size, bytes[1].size);
        cr_assert_eq(memcmp(bytes[0].data, bytes[1].data, bytes[0].size), 0);
        aez_rd_init(&in, bytes[0].data, bytes[0].size);
        cr_assert_eq(aez_plan_get(&again, &plans_mem, &g, n, &in), AEZ_OK);
        cr_assert_eq(aez_rd_left(&in), 0);
        aez_plan_free(&again, &plans_mem);
        for (int i = 0; i < 2; i++)
            aez_buf_free(&bytes[i]);
        for (uint32_t i = 0; i < n; i++)
            free(f[i].k);
    }
}

Test(search, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_grid           g = samples_grid(2, 12, 15, 0);
    aez_ifield         f = {.k = samples_take(&g), .step = 2};
    aez_search_options o = {.level = 1};
    aez_status         st = AEZ_ERR_NOMEM;
    samples_smooth(&g, f.k);
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state h = {.fail_at = n};
        aez_mem     mem = hooks_mem(&h);
        aez_plan    plan;
        st = aez_search_plan(&mem, &g, &f, 1, &o, &plan, NULL);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        if (st == AEZ_OK)
            aez_plan_free(&plan, &mem);
        cr_assert_eq(h.n_live, 0);
    }
    free(f.k);
}
