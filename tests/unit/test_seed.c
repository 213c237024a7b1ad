/* test_seed.c - later chunks take over the plan of the first; nets are tried where a trainer is. */
#include <criterion/criterion.h>

#include "codec/plan/plan_net.h"
#include "codec/search/seed.h"
#include "tests/support/hooks.h"
#include "tests/support/samples.h"

/* A field whose next value hangs on the two before by a bend that no sum of weights can follow. */
static void bent(const aez_grid *g, int64_t *k, uint64_t seed)
{
    aez_rng rng;
    aez_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < g->n_sites; i++) {
        int64_t x = i % g->shape[1] ? k[i - 1] : 0, y = i >= g->shape[1] ? k[i - g->shape[1]] : 0;
        k[i] = 2000 - llabs(x) - llabs(y) / 2 + plans_between(&rng, -20, 20);
    }
}

static aez_plan search(const aez_mem *mem, const aez_grid *g, const aez_ifield *f,
                       const aez_search_options *o, aez_search_note *note)
{
    aez_plan plan;
    cr_assert_eq(aez_search_plan(mem, g, f, 1, o, &plan, note), AEZ_OK);
    return plan;
}

Test(seed, a_net_is_used_where_it_pays_and_only_with_a_trainer)
{
    aez_grid           g = samples_grid(2, 70, 70, 0);
    aez_ifield         f = {.k = samples_take(&g), .step = 2};
    aez_search_options o = {.level = 5, .seed = 1};
    aez_search_note    without, with;
    aez_plan           plan;
    bent(&g, f.k, 1);
    plan = search(&plans_mem, &g, &f, &o, &without);
    cr_assert_eq(plan.groups[0].templates[0].n_nets, 0);
    aez_plan_free(&plan, &plans_mem);
    o.trainer = aez_trainer_default();
    plan = search(&plans_mem, &g, &f, &o, &with);
    cr_assert_gt(plan.groups[0].templates[0].n_nets, 0);
    cr_assert_lt(with.bits, 0.96 * without.bits, "%g, %g without", with.bits, without.bits);
    aez_plan_free(&plan, &plans_mem);
    free(f.k);
}

Test(seed, later_chunks_keep_structure_and_nets)
{
    aez_grid           g = samples_grid(2, 70, 70, 0), short_one = samples_grid(2, 65, 70, 0);
    aez_ifield         f = {.k = samples_take(&g), .step = 2};
    aez_search_options o = {.level = 5, .seed = 1, .trainer = aez_trainer_default()};
    aez_search_note    note;
    aez_plan           first, later;
    o.keep = aez_plan_seed_create(&plans_mem);
    bent(&g, f.k, 1);
    first = search(&plans_mem, &g, &f, &o, NULL);
    o.seed_plan = o.keep;
    o.keep = NULL;
    bent(&short_one, f.k, 2);
    later = search(&plans_mem, &short_one, &f, &o, &note);
    cr_assert_eq(later.groups[0].templates[0].kind, first.groups[0].templates[0].kind);
    cr_assert_eq(later.groups[0].templates[0].n_nets, first.groups[0].templates[0].n_nets);
    aez_plan_free(&first, &plans_mem);
    aez_plan_free(&later, &plans_mem);
    aez_plan_seed_destroy((aez_plan_seed *)(uintptr_t)o.seed_plan);
    free(f.k);
}

Test(seed, a_net_that_does_not_fit_a_later_chunk_is_left_out)
{
    aez_grid           g = samples_grid(2, 70, 70, 0);
    aez_ifield         f = {.k = samples_take(&g), .step = 2};
    aez_search_options o = {.level = 5, .seed = 1, .trainer = aez_trainer_default()};
    aez_search_note    note, own;
    aez_plan           plan;
    o.keep = aez_plan_seed_create(&plans_mem);
    bent(&g, f.k, 1);
    plan = search(&plans_mem, &g, &f, &o, NULL);
    aez_plan_free(&plan, &plans_mem);
    samples_smooth(&g, f.k);
    o.trainer = NULL;
    o.seed_plan = o.keep;
    o.keep = NULL;
    plan = search(&plans_mem, &g, &f, &o, &note);
    cr_assert_eq(plan.groups[0].templates[0].n_nets, 0);
    aez_plan_free(&plan, &plans_mem);
    aez_plan_seed_destroy((aez_plan_seed *)(uintptr_t)o.seed_plan);
    o.seed_plan = NULL;
    plan = search(&plans_mem, &g, &f, &o, &own);
    cr_assert_lt(note.bits, 3 * own.bits);
    aez_plan_free(&plan, &plans_mem);
    free(f.k);
}

Test(seed, plans_of_other_fields_are_not_found)
{
    aez_grid       g = samples_grid(2, 9, 9, 0), line = samples_grid(1, 9, 0, 0);
    aez_ifield     f[2] = {{.step = 1}, {.step = 4}};
    aez_plan       none = {.n_groups = 0};
    aez_search_options o = {.level = 5};
    aez_plan_seed *seed = aez_plan_seed_create(&plans_mem);
    aez_seed_key   key = aez_seed_key_of(&g, f, 0, 1, &o), other;
    cr_assert_null(aez_seed_find(NULL, &key));
    cr_assert_eq(aez_seed_add(seed, &key, &g, &none), AEZ_OK);
    cr_assert_not_null(aez_seed_find(seed, &key));
    other = aez_seed_key_of(&g, f, 0, 2, &o);
    cr_assert_null(aez_seed_find(seed, &other));
    other = aez_seed_key_of(&g, f + 1, 0, 1, &o);
    cr_assert_null(aez_seed_find(seed, &other));
    other = aez_seed_key_of(&line, f, 0, 1, &o);
    cr_assert_null(aez_seed_find(seed, &other));
    aez_plan_seed_destroy(seed);
}

Test(seed, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_grid   g = samples_grid(2, 40, 40, 0);
    aez_ifield f = {.k = samples_take(&g), .step = 1};
    aez_status st = AEZ_ERR_NOMEM;
    bent(&g, f.k, 1);
    for (size_t n = 1; st != AEZ_OK; n += 1 + n / 3) {
        hooks_state        h = {.fail_at = n};
        aez_mem            mem = hooks_mem(&h);
        aez_search_options o = {.level = 5, .seed = 1, .trainer = aez_trainer_default()};
        aez_plan           plan = {.n_groups = 0};
        o.keep = aez_plan_seed_create(&mem);
        st = o.keep ? aez_search_plan(&mem, &g, &f, 1, &o, &plan, NULL) : AEZ_ERR_NOMEM;
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        aez_plan_free(&plan, &mem);
        aez_plan_seed_destroy(o.keep);
        cr_assert_eq(h.n_live, 0, "request %zu", n);
    }
    free(f.k);
}
