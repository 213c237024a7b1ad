/* test_candidate.c - candidates are priced on a sample, and the best two are kept. */
#include <criterion/criterion.h>

#include "tests/support/hooks.h"
#include "tests/support/samples.h"

typedef struct fixture {
    aez_grid           grid;
    aez_ifield         field[2];
    aez_sample         sample;
    aez_search_options options;
    aez_trial          trial;
} fixture;

static void fixture_init(fixture *x, const aez_mem *mem)
{
    memset(x, 0, sizeof *x);
    x->grid = samples_grid(2, 60, 80, 0);
    for (int f = 0; f < 2; f++) {
        x->field[f] = (aez_ifield){.k = samples_take(&x->grid), .step = 4};
        samples_smooth(&x->grid, x->field[f].k);
    }
    x->options.level = 3;
    cr_assert_eq(aez_sample_take(&x->sample, &plans_mem, &x->grid, x->field, 2, 2000, 1), AEZ_OK);
    x->trial = (aez_trial){.mem = mem, .sample = &x->sample, .grid = &x->grid,
                           .options = &x->options, .field = 1, .max_rows = 2000};
}

static void fixture_free(fixture *x)
{
    aez_sample_free(&x->sample);
    free(x->field[0].k);
    free(x->field[1].k);
}

static void plain_values(aez_candidate *c, const aez_trial *trial)
{
    aez_candidate_init(c, trial, AEZ_TEMPLATE_LIST);
    c->weights = c->fit_activity = 0;
}

static void pyramid(aez_candidate *c, const aez_trial *trial, int weights)
{
    aez_candidate_init(c, trial, AEZ_TEMPLATE_PYRAMID);
    c->shape.log = 4;
    c->shape.n_order = 2;
    c->shape.order[0] = 1;
    c->weights = weights;
}

Test(candidate, the_best_two_are_kept_in_any_order)
{
    for (int first = 0; first < 3; first++) {
        fixture       x;
        aez_candidate c[3];
        fixture_init(&x, &plans_mem);
        plain_values(&c[0], &x.trial);
        pyramid(&c[1], &x.trial, 0);
        pyramid(&c[2], &x.trial, 1);
        c[2].shape.flags = AEZ_CROSS_TAPS;
        for (int i = 0; i < 3; i++)
            cr_assert_eq(aez_trial_run(&x.trial, &c[(first + i) % 3]), AEZ_OK);
        cr_assert_eq(x.trial.n_tried, 3);
        cr_assert_eq(x.trial.best.bits, fmin(c[1].bits, c[2].bits));
        cr_assert_eq(x.trial.second.bits, fmax(c[1].bits, c[2].bits));
        cr_assert(c[0].bits > 2 * c[1].bits && c[0].bits > 0);
        aez_trial_free(&x.trial);
        fixture_free(&x);
    }
}

Test(candidate, the_price_is_near_what_the_whole_field_costs)
{
    fixture              x;
    aez_candidate        c;
    aez_template         t;
    aez_residual_writer  w[2];
    aez_residual_options how = {.effort = 3};
    aez_buf              out;
    aez_group            g = {0, 1, &t};
    aez_plan             plan = {2, NULL, 1, &g};
    fixture_init(&x, &plans_mem);
    pyramid(&c, &x.trial, 1);
    cr_assert_eq(aez_trial_run(&x.trial, &c), AEZ_OK);
    cr_assert_eq(aez_candidate_template(&x.trial.best, &x.trial, &x.grid, &t), AEZ_OK);
    aez_trial_free(&x.trial);
    cr_assert_eq(t.n_predictors, aez_template_expand(&t, &x.grid, 0, NULL, 0));
    plan.constant = x.sample.constant;
    for (int f = 0; f < 2; f++)
        cr_assert_eq(aez_residual_writer_init(&w[f], &plans_mem, x.grid.n_sites), AEZ_OK);
    cr_assert_eq(aez_plan_encode(&plan, &plans_mem, &x.grid, x.field, w), AEZ_OK);
    aez_buf_init(&out, &plans_mem);
    cr_assert_eq(aez_residual_pack(&w[1], &how, &out), AEZ_OK);
    cr_assert_float_eq(c.bits / (8.0 * (double)out.size), 1, 0.3);
    aez_buf_free(&out);
    for (int f = 0; f < 2; f++)
        aez_residual_writer_free(&w[f]);
    free(t.predictor);
    fixture_free(&x);
}

Test(candidate, every_stage_of_the_whole_grid_has_a_predictor)
{
    fixture       x;
    aez_candidate c;
    aez_template  t;
    aez_grid      huge = samples_grid(2, 5000, 7000, 0);
    fixture_init(&x, &plans_mem);
    pyramid(&c, &x.trial, 1);
    c.shape.log = 10; /* coarser than the sample can teach */
    cr_assert_eq(aez_candidate_template(&c, &x.trial, &huge, &t), AEZ_OK);
    cr_assert_eq(t.n_predictors, 21);
    cr_assert_eq(t.predictor[1].kind, AEZ_PREDICT_CUBIC, "a stand-in");
    free(t.predictor);
    fixture_free(&x);
}

Test(candidate, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_status st = AEZ_ERR_NOMEM;
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state   h = {.fail_at = n};
        aez_mem       mem = hooks_mem(&h);
        fixture       x;
        aez_candidate c;
        fixture_init(&x, &mem);
        plain_values(&c, &x.trial);
        c.shape.flags = AEZ_FIXED_GRID;
        st = aez_trial_run(&x.trial, &c);
        if (st == AEZ_OK) {
            pyramid(&c, &x.trial, 1);
            st = aez_trial_run(&x.trial, &c);
        }
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        aez_trial_free(&x.trial);
        cr_assert_eq(h.n_live, 0);
        fixture_free(&x);
    }
}

Test(candidate, a_template_for_another_grid_keeps_its_predictors)
{
    fixture       x;
    aez_candidate c;
    aez_template  t, small;
    aez_grid      huge = samples_grid(2, 300, 200, 0);
    fixture_init(&x, &plans_mem);
    pyramid(&c, &x.trial, 1);
    cr_assert_eq(aez_candidate_fit(&c, &x.trial), AEZ_OK);
    cr_assert_eq(aez_template_regrid(&t, c.fitted, &plans_mem, &x.sample.grid, &huge, 0), AEZ_OK);
    cr_assert_eq(aez_template_regrid(&small, &t, &plans_mem, &huge, &x.sample.grid, 0), AEZ_OK);
    cr_assert_eq(small.n_predictors, c.fitted->n_predictors);
    for (size_t i = 0; i < small.n_predictors; i++)
        cr_assert_eq(memcmp(&small.predictor[i], &c.fitted->predictor[i],
                            sizeof *small.predictor), 0);
    free(t.predictor);
    free(small.predictor);
    aez_candidate_free(&c, &plans_mem);
    fixture_free(&x);
}

Test(candidate, refitting_never_costs_more)
{
    fixture       x;
    aez_candidate c;
    double        before;
    fixture_init(&x, &plans_mem);
    pyramid(&c, &x.trial, 1);
    cr_assert_eq(aez_trial_run(&x.trial, &c), AEZ_OK);
    before = x.trial.best.bits;
    cr_assert_eq(aez_trial_refit(&x.trial), AEZ_OK);
    cr_assert_leq(x.trial.best.bits, before);
    aez_trial_free(&x.trial);
    fixture_free(&x);
}
