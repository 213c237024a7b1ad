/* test_wavelet.c - the transform: integers put back what floating point took apart. */
#include <criterion/criterion.h>

#include <math.h>

#include "codec/wavelet/wavelet.h"
#include "tests/support/hooks.h"
#include "tests/support/samples.h"

static aez_wavelet any_wavelet(aez_rng *rng, const aez_grid *g)
{
    aez_wavelet w = {.step = 64, .centre = 12345};
    for (unsigned a = 0; a < g->n_dims; a++)
        w.levels[a] = (uint8_t)plans_below(rng, 1 + aez_wavelet_levels(g->shape[a], 1));
    return w;
}

/* The hat of values whose coefficients are rounded to the wavelet's step. */
static void hat_of(const aez_wavelet *w, const aez_grid *g, const int64_t *k, int64_t *hat)
{
    double *x = malloc(g->n_sites * sizeof *x);
    for (uint64_t i = 0; i < g->n_sites; i++)
        x[i] = (double)(k[i] - w->centre);
    cr_assert_eq(aez_wavelet_forward(w, &plans_mem, g, x), AEZ_OK);
    cr_assert_eq(aez_wavelet_quantise(w, &plans_mem, g, x, 0.5, hat), AEZ_OK);
    cr_assert_eq(aez_wavelet_inverse(w, &plans_mem, g, hat), AEZ_OK);
    free(x);
}

Test(wavelet, fine_steps_give_the_values_back)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    for (int round = 0; round < 200; round++) {
        aez_grid    g;
        aez_wavelet w;
        int64_t    *k, *hat;
        plans_grid(&rng, 1 + plans_below(&rng, 5), 3000, &g);
        w = any_wavelet(&rng, &g);
        w.step = 4;
        k = samples_take(&g);
        hat = samples_take(&g);
        samples_noise(&g, k, 100000, (uint64_t)round);
        hat_of(&w, &g, k, hat);
        for (uint64_t i = 0; i < g.n_sites; i++)
            cr_assert_leq(llabs(hat[i] - k[i]), 12, "site %lu: %ld for %ld", i, hat[i], k[i]);
        free(k);
        free(hat);
    }
}

Test(wavelet, errors_have_the_size_of_the_step_whatever_the_levels)
{
    /* Steps of all bands are those of an orthonormal transform: uniform errors of step^2 / 12 in the
     * coefficients are errors of about as much in the values. */
    aez_grid g = samples_grid(3, 24, 40, 36);
    aez_rng  rng;
    int64_t *k = samples_take(&g), *hat = samples_take(&g);
    aez_rng_seed(&rng, 2);
    samples_noise(&g, k, 1000000, 3);
    for (int round = 0; round < 12; round++) {
        aez_wavelet w = any_wavelet(&rng, &g);
        double      sum = 0;
        w.step = 1000 << AEZ_WAVELET_FRACTION;
        hat_of(&w, &g, k, hat);
        for (uint64_t i = 0; i < g.n_sites; i++)
            sum += (double)(hat[i] - k[i]) * (double)(hat[i] - k[i]);
        sum = sqrt(sum / (double)g.n_sites) / (1000 / sqrt(12));
        cr_assert(sum > 0.9 && sum < 1.25, "levels %u %u %u: %.3f", w.levels[0], w.levels[1],
                  w.levels[2], sum);
    }
    free(k);
    free(hat);
}

Test(wavelet, smooth_values_need_few_coefficients)
{
    aez_grid    g = samples_grid(2, 128, 120, 0);
    aez_wavelet w = {.levels = {5, 5}, .step = 600 << AEZ_WAVELET_FRACTION};
    int64_t    *k = samples_take(&g), *q = samples_take(&g);
    double     *x = malloc(g.n_sites * sizeof *x);
    uint64_t    n = 0;
    samples_smooth(&g, k);
    for (uint64_t i = 0; i < g.n_sites; i++)
        x[i] = (double)k[i];
    cr_assert_eq(aez_wavelet_forward(&w, &plans_mem, &g, x), AEZ_OK);
    cr_assert_eq(aez_wavelet_quantise(&w, &plans_mem, &g, x, 0.5, q), AEZ_OK);
    for (uint64_t i = 0; i < g.n_sites; i++)
        n += q[i] != 0;
    cr_assert_lt(n, g.n_sites / 50, "%lu of %lu", n, g.n_sites);
    free(x);
    free(k);
    free(q);
}

Test(wavelet, octaves_and_levels_of_an_axis)
{
    static const unsigned want[11] = {3, 3, 2, 1, 1, 1, 0, 0, 0, 0, 0};
    for (uint64_t i = 0; i < 11; i++)
        cr_assert_eq(aez_wavelet_octave(i, 11, 3), want[i], "%lu", i);
    cr_assert_eq(aez_wavelet_levels(11, 1), 4);
    cr_assert_eq(aez_wavelet_levels(11, 4), 2);
    cr_assert_eq(aez_wavelet_levels(1, 1), 0);
    cr_assert_eq(aez_wavelet_levels(UINT64_MAX / 2, 1), AEZ_WAVELET_LEVELS_MAX);
}

Test(wavelet, any_coefficients_are_harmless)
{
    aez_rng rng;
    aez_rng_seed(&rng, 4);
    for (int round = 0; round < 50; round++) {
        aez_grid    g;
        aez_wavelet w;
        int64_t    *q;
        plans_grid(&rng, 1 + plans_below(&rng, 4), 500, &g);
        w = any_wavelet(&rng, &g);
        w.step = AEZ_WAVELET_STEP_MAX;
        w.lift = 255;
        w.centre = INT64_MIN;
        q = samples_take(&g);
        plans_values(&rng, q, g.n_sites);
        q[0] = INT64_MIN;
        cr_assert_eq(aez_wavelet_inverse(&w, &plans_mem, &g, q), AEZ_OK);
        free(q);
    }
}

Test(wavelet, a_coefficient_stands_for_its_lifted_step)
{
    /* One site, never halved, so no power of K: 3.5 steps of 2 units around the centre. */
    aez_grid    g = samples_grid(1, 1, 0, 0);
    aez_wavelet w = {.step = 2 << AEZ_WAVELET_FRACTION, .lift = 128, .centre = -40};
    int64_t     q[3][2] = {{3, -33}, {-3, -47}, {0, -40}};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(aez_wavelet_inverse(&w, &plans_mem, &g, &q[i][0]), AEZ_OK);
        cr_assert_eq(q[i][0], q[i][1], "%ld", q[i][0]);
    }
}

Test(wavelet, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_grid   g = samples_grid(2, 9, 14, 0);
    aez_status st = AEZ_ERR_NOMEM;
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state h = {.fail_at = n};
        aez_mem     mem = hooks_mem(&h);
        aez_wavelet w = {.levels = {2, 1}, .step = 9};
        double      x[9 * 14] = {0};
        int64_t     q[9 * 14];
        st = aez_wavelet_forward(&w, &mem, &g, x);
        if (st >= 0)
            st = aez_wavelet_quantise(&w, &mem, &g, x, 0.5, q);
        if (st >= 0)
            st = aez_wavelet_inverse(&w, &mem, &g, q);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n);
        cr_assert_eq(h.n_live, 0);
    }
}
