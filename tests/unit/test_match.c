/* test_match.c - match taps foretell what followed an equal context, and nothing else. */
#include <criterion/criterion.h>

#include "codec/plan/match.h"
#include "codec/search/search.h"
#include "tests/support/hooks.h"
#include "tests/support/plans.h"
#include "tests/support/samples.h"

static aez_matcher *matcher(unsigned n_contexts, unsigned log)
{
    aez_stage    s = {.n_contexts = n_contexts, .match_log = (uint8_t)log};
    aez_matcher *m;
    cr_assert_eq(aez_matcher_create(&m, &plans_mem, &s), AEZ_OK);
    return m;
}

Test(match, fold_and_unfold_are_each_others_inverse)
{
    static const uint64_t edges[] = {0, 1, 2, 3, 1000, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        for (size_t j = 0; j < sizeof edges / sizeof *edges; j++) {
            uint64_t symbol = aez_match_fold(edges[i], edges[j]);
            cr_assert_eq(symbol == 0, edges[i] == edges[j]);
            cr_assert_eq(aez_match_unfold(symbol, edges[j]), edges[i]);
        }
    }
}

Test(match, a_context_is_met_once_it_was_learnt)
{
    aez_matcher *m = matcher(1, 8);
    uint64_t     one = aez_match_add(aez_match_begin(0), 17);
    uint64_t     two = aez_match_add(aez_match_begin(0), 18);
    int64_t      value = 0;
    unsigned     state = 99;
    cr_assert_eq(aez_matcher_look(m, &one, &value, &state), 0);
    aez_matcher_learn(m, -5);
    cr_assert_eq(aez_matcher_look(m, &two, &value, &state), 0);
    aez_matcher_learn(m, 6);
    cr_assert_eq(aez_matcher_look(m, &one, &value, &state), 1);
    cr_assert(value == -5 && state == 0, "run 0, no match before");
    aez_matcher_learn(m, -5);
    cr_assert_eq(aez_matcher_look(m, &one, &value, &state), 1);
    cr_assert(value == -5 && state == 2 + 1, "run 1, the match before was right");
    aez_matcher_learn(m, 4);
    cr_assert_eq(aez_matcher_look(m, &one, &value, &state), 1);
    cr_assert(value == 4 && state == 0, "a new value starts anew");
    aez_matcher_destroy(m);
}

Test(match, the_first_context_that_was_met_counts)
{
    aez_matcher *m = matcher(2, 8);
    uint64_t     both[2] = {aez_match_add(aez_match_begin(0), 1), aez_match_add(aez_match_begin(1), 2)};
    uint64_t     second[2] = {aez_match_add(aez_match_begin(0), 9), both[1]};
    int64_t      value = 0;
    unsigned     state = 99;
    cr_assert_eq(aez_matcher_look(m, both, &value, &state), 0);
    aez_matcher_learn(m, 30);
    cr_assert_eq(aez_matcher_look(m, second, &value, &state), 1);
    cr_assert(value == 30 && state == 8);
    aez_matcher_learn(m, 31);
    cr_assert_eq(aez_matcher_look(m, both, &value, &state), 1);
    cr_assert(value == 30 && state == 0, "the last match was wrong");
    aez_matcher_learn(m, 30);
    aez_matcher_destroy(m);
}

Test(match, states_stay_below_their_number)
{
    aez_rng  rng;
    unsigned most = 0;
    aez_rng_seed(&rng, 3);
    for (unsigned n = 1; n <= AEZ_MATCH_CONTEXTS; n++) {
        aez_matcher *m = matcher(n, AEZ_MATCH_LOG_MIN);
        for (int i = 0; i < 20000; i++) {
            uint64_t hash[AEZ_MATCH_CONTEXTS];
            int64_t  value;
            unsigned state = 0;
            for (unsigned c = 0; c < n; c++)
                hash[c] = aez_match_add(aez_match_begin(c), plans_below(&rng, 3 + 20 * (n - 1 - c)));
            if (aez_matcher_look(m, hash, &value, &state))
                most = state > most ? state : most;
            cr_assert_lt(state, 8 * n);
            aez_matcher_learn(m, plans_below(&rng, 10) == 0);
        }
        aez_matcher_destroy(m);
    }
    cr_assert_eq(most, AEZ_MATCH_STATES - 1);
}

/* Two columns of a table: rows from a pool, in an order that nothing foretells. */
Test(match, search_finds_rows_that_repeat)
{
    aez_grid           g = samples_grid(1, 6000, 0, 0);
    aez_ifield         f[2] = {{.k = samples_take(&g), .step = 1}, {.k = samples_take(&g), .step = 1}};
    aez_search_options o = {.level = 5, .seed = 5};
    aez_search_note    notes[2];
    aez_plan           plan;
    aez_rng            rng;
    int64_t            pool[100];
    aez_rng_seed(&rng, 1);
    for (unsigned i = 0; i < 100; i++)
        pool[i] = (int64_t)(aez_rng_next(&rng) >> 34);
    for (uint64_t i = 0; i < g.n_sites; i++) {
        unsigned row = plans_below(&rng, 100);
        f[0].k[i] = row;
        f[1].k[i] = pool[row];
    }
    cr_assert_eq(aez_search_plan(&plans_mem, &g, f, 2, &o, &plan, notes), AEZ_OK);
    cr_assert(plan.groups[1].templates[0].flags & AEZ_MATCH_TAPS, "%s", notes[1].text);
    cr_assert_lt(notes[1].bits, 0.15 * 30 * (double)g.n_sites);
    aez_plan_free(&plan, &plans_mem);
    free(f[0].k);
    free(f[1].k);
}

/* The same under a bound: the second column can only be met again where taps read what is restored. */
Test(match, search_finds_rows_that_repeat_within_a_bound)
{
    aez_grid           g = samples_grid(1, 6000, 0, 0);
    aez_ifield         f[2] = {{.k = samples_take(&g), .step = 64}, {.k = samples_take(&g), .step = 64}};
    aez_search_options o = {.level = 5, .seed = 5};
    aez_search_note    notes[2];
    aez_plan           plan;
    aez_rng            rng;
    int64_t            pool[2][100];
    aez_rng_seed(&rng, 1);
    for (unsigned i = 0; i < 200; i++)
        pool[i & 1][i / 2] = (int64_t)(aez_rng_next(&rng) >> 44);
    for (uint64_t i = 0; i < g.n_sites; i++) {
        unsigned row = plans_below(&rng, 100);
        f[0].k[i] = pool[0][row];
        f[1].k[i] = pool[1][row];
    }
    cr_assert_eq(aez_search_plan(&plans_mem, &g, f, 2, &o, &plan, notes), AEZ_OK);
    cr_assert_lt(notes[0].bits < notes[1].bits ? notes[0].bits : notes[1].bits,
                 2.5 * (double)g.n_sites, "%s / %s", notes[0].text, notes[1].text);
    aez_plan_free(&plan, &plans_mem);
    free(f[0].k);
    free(f[1].k);
}
