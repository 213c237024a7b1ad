/* test_sample.c - the box that search looks at: exact copies, noise of one step, stand-ins. */
#include <criterion/criterion.h>

#include "codec/base/floatbits.h"
#include "tests/support/hooks.h"
#include "tests/support/samples.h"

Test(sample, it_is_a_box_from_the_middle_and_not_too_large)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    for (int round = 0; round < 300; round++) {
        aez_grid   g;
        aez_ifield f = {.step = 1};
        aez_sample s;
        uint64_t   most = 1 + plans_below(&rng, 3000), origin[AEZ_MAX_DIMS];
        plans_grid(&rng, 1 + plans_below(&rng, 4), 5000, &g);
        f.k = samples_take(&g);
        for (uint64_t i = 0; i < g.n_sites; i++)
            f.k[i] = (int64_t)i;
        cr_assert_eq(aez_sample_take(&s, &plans_mem, &g, &f, 1, most, 1), AEZ_OK);
        cr_assert_leq(s.grid.n_sites, most);
        cr_assert(g.n_sites > most || s.grid.n_sites == g.n_sites, "small grids are taken whole");
        cr_assert_float_eq(s.share * (double)s.grid.n_sites, (double)g.n_sites, 1e-6);
        for (unsigned a = 0; a < g.n_dims; a++)
            origin[a] = (g.shape[a] - s.grid.shape[a]) / 2;
        for (uint64_t i = 0; i < s.grid.n_sites; i++) {
            uint64_t rest = i, at = 0, pitch = 1;
            for (unsigned a = g.n_dims; a-- > 0;) {
                at += (origin[a] + rest % s.grid.shape[a]) * pitch;
                rest /= s.grid.shape[a];
                pitch *= g.shape[a];
            }
            cr_assert_eq(s.exact[0][i], (int64_t)at);
        }
        aez_sample_free(&s);
        free(f.k);
    }
}

/* Taps read values off by what coding with the step may leave; step 1 leaves nothing. */
Test(sample, noise_is_as_wide_as_the_step)
{
    static const uint64_t steps[] = {1, 2, 3, 100, 1001};
    aez_grid              g = samples_grid(1, 5000, 0, 0);
    for (size_t i = 0; i < 5; i++) {
        aez_ifield f = {.k = samples_take(&g), .step = steps[i]};
        aez_sample s;
        int64_t    lo = 0, hi = 0;
        samples_noise(&g, f.k, 100000, i);
        cr_assert_eq(aez_sample_take(&s, &plans_mem, &g, &f, 1, 1 << 20, 7), AEZ_OK);
        for (uint64_t k = 0; k < g.n_sites; k++) {
            int64_t off = s.noisy[0][k] - s.exact[0][k];
            cr_assert_eq(s.exact[0][k], f.k[k]);
            lo = off < lo ? off : lo;
            hi = off > hi ? off : hi;
        }
        cr_assert_leq((uint64_t)(hi - lo), steps[i] - 1);
        cr_assert_geq((uint64_t)(hi - lo) * 20, (steps[i] - 1) * 19);
        cr_assert((uint64_t)-lo <= steps[i] / 2 && (uint64_t)hi <= steps[i] / 2);
        aez_sample_free(&s);
        free(f.k);
    }
}

Test(sample, the_constant_is_a_median_of_what_is_coded)
{
    aez_grid   g = samples_grid(1, 101, 0, 0);
    uint8_t    skip[101] = {0};
    aez_ifield f = {.k = samples_take(&g), .step = 1, .skip = skip};
    aez_sample s;
    for (int i = 0; i < 101; i++) {
        f.k[i] = (i * 37) % 101;
        if (i % 2) {
            skip[i] = 1;
            f.k[i] = INT64_MAX; /* whatever the lattice left there */
        }
    }
    cr_assert_eq(aez_sample_take(&s, &plans_mem, &g, &f, 1, 1000, 7), AEZ_OK);
    cr_assert(s.constant[0] >= 40 && s.constant[0] <= 60);
    for (int i = 0; i < 101; i++)
        cr_assert_eq(s.exact[0][i], i % 2 ? f.k[i - 1] : f.k[i], "the value before stands in");
    cr_assert_neq(s.fields[0].skip, skip);
    aez_sample_free(&s);
    free(f.k);
}

Test(sample, images_are_what_is_predicted_of_bit_patterns)
{
    aez_grid   g = samples_grid(1, 50, 0, 0);
    aez_ifield f = {.k = samples_take(&g), .step = 1, .image_width = 64, .image_scale = 5};
    aez_sample s;
    for (int i = 0; i < 50; i++)
        f.k[i] = aez_ordered_from_bits(plans_bits_of_f64(i - 20.5), 64);
    cr_assert_eq(aez_sample_take(&s, &plans_mem, &g, &f, 1, 1000, 7), AEZ_OK);
    for (int i = 0; i < 50; i++) {
        cr_assert_eq(s.exact[0][i], (int64_t)((i - 20.5) * 0x1p55));
        cr_assert_eq(s.fields[0].k[i], f.k[i]);
    }
    aez_sample_free(&s);
    free(f.k);
}

Test(sample, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_grid   g = samples_grid(2, 20, 20, 0);
    uint8_t    skip[400] = {1};
    int64_t   *k = samples_take(&g);
    aez_ifield f[3] = {{.k = k, .step = 3, .skip = skip},
                       {.k = k, .step = 1, .image_width = 32}, {.k = k, .step = 1}};
    aez_status st = AEZ_ERR_NOMEM;
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state h = {.fail_at = n};
        aez_mem     mem = hooks_mem(&h);
        aez_sample  s;
        st = aez_sample_take(&s, &mem, &g, f, 3, 1000, 7);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        if (st == AEZ_OK)
            aez_sample_free(&s);
        cr_assert_eq(h.n_live, 0);
    }
    free(k);
}
