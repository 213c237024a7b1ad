/* test_fit.c - fitting recovers known weights, and keeps to fixed predictors where they serve. */
#include <criterion/criterion.h>

#include "tests/support/hooks.h"
#include "tests/support/samples.h"

static const aez_fit_options usual = {.max_rows = 4000, .weights = 1, .fit_activity = 1, .sites = 1e6};

/* A list of taps one, two and three back, fitted on k. */
static void fit_series(const aez_grid *g, int64_t *k, uint64_t step, const aez_fit_options *options,
                       aez_predictor *p)
{
    aez_ifield   f = {.k = k, .step = step};
    aez_tap      tap[3] = {{.offset = {-1}}, {.offset = {-2}}, {.offset = {-3}}};
    aez_template t = {.kind = AEZ_TEMPLATE_LIST, .base = AEZ_BASE_TAP, .n_taps = 3, .tap = tap};
    aez_stage    stage;
    aez_sample   s;
    cr_assert_eq(aez_sample_take(&s, &plans_mem, g, &f, 1, 1 << 20, 1), AEZ_OK);
    cr_assert_eq(aez_template_expand(&t, g, 0, &stage, 1), 1);
    cr_assert_eq(aez_fit_stage(p, &stage, 0, &s, options), AEZ_OK);
    aez_sample_free(&s);
}

/* v[i] = 1.6 v[i-1] - 0.8 v[i-2] + 0.2 v[i-3] + noise: the sum is 1, so the last two are also the
 * weights of the differences to v[i-1]. */
static void recurrence(const aez_grid *g, int64_t *k, uint64_t seed)
{
    aez_rng rng;
    double  v[3] = {0, 0, 0};
    aez_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < g->n_sites; i++) {
        double next = 1.6 * v[0] - 0.8 * v[1] + 0.2 * v[2] + plans_between(&rng, -3000, 3000);
        v[2] = v[1];
        v[1] = v[0];
        v[0] = next;
        k[i] = (int64_t)next;
    }
}

Test(fit, known_weights_are_recovered)
{
    aez_grid      g = samples_grid(1, 8000, 0, 0);
    int64_t      *k = samples_take(&g);
    aez_predictor p;
    double        unit;
    recurrence(&g, k, 1);
    fit_series(&g, k, 1, &usual, &p);
    cr_assert_eq(p.kind, AEZ_PREDICT_WEIGHTS);
    unit = ldexp(1, -(int)p.weight_shift);
    cr_assert_float_eq(p.weight[1] * unit, -0.8, 0.05);
    cr_assert_float_eq(p.weight[2] * unit, 0.2, 0.05);
    free(k);
}

Test(fit, weights_that_do_not_pay_are_not_taken)
{
    aez_grid        g = samples_grid(1, 8000, 0, 0);
    int64_t        *k = samples_take(&g);
    aez_fit_options few = usual, none = usual;
    aez_predictor   p;
    recurrence(&g, k, 2);
    few.sites = 10; /* nothing to gain by 27 bits of weights */
    fit_series(&g, k, 1, &few, &p);
    cr_assert_eq(p.kind, AEZ_PREDICT_BASE);
    none.weights = 0;
    fit_series(&g, k, 1, &none, &p);
    cr_assert_eq(p.kind, AEZ_PREDICT_BASE);
    free(k);
}

Test(fit, the_same_seed_gives_the_same_predictor)
{
    aez_grid      g = samples_grid(1, 30000, 0, 0);
    int64_t      *k = samples_take(&g);
    aez_predictor p, q;
    recurrence(&g, k, 3);
    fit_series(&g, k, 7, &usual, &p);
    fit_series(&g, k, 7, &usual, &q);
    cr_assert_eq(memcmp(&p, &q, sizeof p), 0);
    free(k);
}

Test(fit, no_usable_site_gives_the_fixed_predictor)
{
    aez_grid      g = samples_grid(1, 3, 0, 0); /* no site has all three taps */
    int64_t       k[3] = {5, 500, -3};
    aez_predictor p;
    fit_series(&g, k, 1, &usual, &p);
    cr_assert_eq(p.kind, AEZ_PREDICT_BASE);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(p.activity[i], 1);
}

/* Full range, alternating extremes, constants: nothing but a predictor that a reader accepts. */
Test(fit, extreme_data_give_sound_predictors)
{
    aez_grid g = samples_grid(1, 3000, 0, 0);
    int64_t *k = samples_take(&g);
    aez_rng  rng;
    aez_rng_seed(&rng, 4);
    for (int round = 0; round < 60; round++) {
        static const uint64_t steps[] = {1, 5, 1 << 20, (uint64_t)1 << 63};
        aez_predictor         p;
        plans_values(&rng, k, g.n_sites);
        fit_series(&g, k, steps[round % 4], &usual, &p);
        cr_assert(p.level_offset >= -1000 && p.level_offset <= 1000);
        cr_assert_leq(p.weight_shift, AEZ_WEIGHT_SHIFT_MAX);
    }
    free(k);
}

Test(fit, cubic_beats_linear_on_a_cubic_field)
{
    aez_grid      g = samples_grid(1, 2000, 0, 0);
    aez_ifield    f = {.k = samples_take(&g), .step = 1};
    aez_template  t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 3, .n_order = 1};
    aez_stage     stages[4];
    aez_sample    s;
    aez_predictor p;
    samples_smooth(&g, f.k);
    cr_assert_eq(aez_sample_take(&s, &plans_mem, &g, &f, 1, 1 << 20, 1), AEZ_OK);
    cr_assert_eq(aez_template_expand(&t, &g, 0, stages, 4), 4);
    cr_assert_eq(aez_fit_stage(&p, &stages[2], 0, &s, &(aez_fit_options){.max_rows = 900,
                                                                         .sites = 500}), AEZ_OK);
    cr_assert_eq(p.kind, AEZ_PREDICT_CUBIC);
    aez_sample_free(&s);
    free(f.k);
}

Test(fit, the_shift_keeps_differences_below_2_to_43)
{
    aez_grid   g = samples_grid(1, 2, 0, 0);
    int64_t    k[2];
    aez_ifield f = {.k = k, .step = 1};
    for (int log = 1; log < 63; log++) {
        aez_sample s;
        uint8_t    shift;
        k[0] = -((int64_t)1 << (log - 1));
        k[1] = (int64_t)1 << (log - 1);
        cr_assert_eq(aez_sample_take(&s, &plans_mem, &g, &f, 1, 10, 1), AEZ_OK);
        shift = aez_fit_shift(&s, 0);
        cr_assert_lt(ldexp(1, log - shift), 0x1p43);
        cr_assert_eq(shift, log < 43 ? 0 : log - 42);
        aez_sample_free(&s);
    }
}

Test(fit, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_grid     g = samples_grid(1, 500, 0, 0);
    aez_ifield   f = {.k = samples_take(&g), .step = 1};
    aez_tap      tap = {.offset = {-1}};
    aez_template t = {.kind = AEZ_TEMPLATE_LIST, .base = AEZ_BASE_TAP, .n_taps = 1, .tap = &tap};
    aez_stage    stage;
    aez_sample   s;
    aez_status   st = AEZ_ERR_NOMEM;
    cr_assert_eq(aez_sample_take(&s, &plans_mem, &g, &f, 1, 1000, 1), AEZ_OK);
    aez_template_expand(&t, &g, 0, &stage, 1);
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state   h = {.fail_at = n};
        aez_mem       mem = hooks_mem(&h);
        aez_predictor p;
        s.mem = &mem;
        st = aez_fit_stage(&p, &stage, 0, &s, &usual);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert_eq(h.n_live, 0);
    }
    s.mem = &plans_mem;
    aez_sample_free(&s);
    free(f.k);
}
