/* test_context_train.c - context nets learn what can be learnt, and come out as small integers. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/rng.h"
#include "codec/net/net.h"
#include "codec/train/context_train.h"
#include "tests/support/hooks.h"

enum { ROWS = 6000, INPUTS = 3, HIDDEN = 8 };

static const aez_mem plain_mem;
static int16_t       x[ROWS * INPUTS];
static float         value[ROWS], unit[ROWS], scale[ROWS];
static int16_t       w0[HIDDEN * INPUTS], w1[2 * HIDDEN];
static int32_t       b0[HIDDEN], b1[2];

static float uniform(aez_rng *rng)
{
    return (float)(aez_rng_next(rng) >> 40) * 0x1p-23f - 1;
}

/* Values of mean 8 |first input| and a size that the second one tells. */
static aez_context_task task_of(uint64_t steps)
{
    static const uint32_t hidden[1] = {HIDDEN};
    aez_rng               rng;
    aez_rng_seed(&rng, 3);
    for (int r = 0; r < ROWS; r++) {
        for (int i = 0; i < INPUTS; i++)
            x[r * INPUTS + i] = (int16_t)(128 * 2 * uniform(&rng));
        value[r] = 8 * fabsf((float)x[r * INPUTS] / 128) +
                   exp2f((float)x[r * INPUTS + 1] / 64) * (uniform(&rng) + uniform(&rng));
        unit[r] = 4;
        scale[r] = 3;
    }
    return (aez_context_task){.n_inputs = INPUTS, .n_hidden = 1, .hidden = hidden, .n_rows = ROWS,
                              .inputs = x, .value = value, .unit = unit, .scale = scale,
                              .seed = 1, .steps = steps, .served = 1e6};
}

static aez_status train(const aez_mem *mem, const aez_context_task *task, int *shift)
{
    aez_context_layer layers[2] = {{w0, b0, 0}, {w1, b1, 0}};
    aez_status        st = aez_context_train(mem, task, layers);
    shift[0] = layers[0].shift;
    shift[1] = layers[1].shift;
    return st;
}

/* Mean bits of the rows with the integer net that the arrays hold, or without (net 0). */
static double mean_bits(const int *shift, int net)
{
    aez_layer a = {.n_in = INPUTS, .n_out = HIDDEN, .activation = AEZ_LEAKY, .shift = shift[0],
                   .weight = w0, .bias = b0};
    aez_layer b = {.n_in = HIDDEN, .n_out = 2, .shift = shift[1], .weight = w1, .bias = b1};
    double    sum = 0;
    cr_assert(aez_layer_is_small(&a) && aez_layer_is_small(&b));
    for (int r = 0; r < ROWS; r++) {
        int64_t scratch[HIDDEN];
        int16_t h[HIDDEN], y[2] = {0, 0};
        float   unused[2];
        if (net) {
            aez_layer_run(&a, &aez_kernels_ref, x + r * INPUTS, 1, scratch, h);
            aez_layer_run(&b, &aez_kernels_ref, h, 1, scratch, y);
        }
        sum += (double)aez_context_bits(value[r], (float)y[0] / 128 * unit[r],
                                        scale[r] - 0.47f + (float)y[1] / 128, &unused[0],
                                        &unused[1]);
    }
    return sum / ROWS;
}

Test(context_train, slopes_of_the_bits_are_right)
{
    aez_rng rng;
    aez_rng_seed(&rng, 4);
    for (int i = 0; i < 2000; i++) {
        float v = rintf(40 * uniform(&rng)), m = 30 * uniform(&rng), s = 4 * uniform(&rng);
        float by_mean, by_scale, unused[2], h = 0.01f, difference;
        aez_context_bits(v, m, s, &by_mean, &by_scale);
        difference = (aez_context_bits(v, m + h, s, &unused[0], &unused[1]) -
                      aez_context_bits(v, m - h, s, &unused[0], &unused[1])) / (2 * h);
        cr_assert_float_eq(by_mean, difference, 0.02 + 0.02 * fabs((double)difference));
        difference = (aez_context_bits(v, m, s + h, &unused[0], &unused[1]) -
                      aez_context_bits(v, m, s - h, &unused[0], &unused[1])) / (2 * h);
        cr_assert_float_eq(by_scale, difference, 0.02 + 0.02 * fabs((double)difference));
    }
}

Test(context_train, bits_of_all_values_make_a_distribution)
{
    for (float s = -3; s < 4; s += 0.7f) {
        double sum = 0;
        for (int v = -800; v <= 800; v++) {
            float unused[2];
            sum += exp2(-(double)aez_context_bits((float)v, 0.3f, s, &unused[0], &unused[1]));
        }
        cr_assert_float_eq(sum, 1, 1e-3, "scale %g: %g", (double)s, sum);
    }
}

Test(context_train, what_can_be_foretold_is_learnt_by_the_integers)
{
    aez_context_task task = task_of(1500);
    int              shift[2] = {0, 0};
    double           before = mean_bits(shift, 0), after;
    cr_assert_eq(train(&plain_mem, &task, shift), AEZ_OK);
    after = mean_bits(shift, 1);
    cr_assert_lt(after, before - 1, "%g bits, %g without a net", after, before);
}

Test(context_train, a_net_without_steps_corrects_nothing)
{
    aez_context_task task = task_of(0);
    int              shift[2] = {0, 0};
    double           before = mean_bits(shift, 0);
    cr_assert_eq(train(&plain_mem, &task, shift), AEZ_OK);
    cr_assert_float_eq(mean_bits(shift, 1), before, 1e-9);
}

Test(context_train, the_same_task_gives_the_same_net)
{
    aez_context_task task = task_of(60);
    int16_t          again[HIDDEN * INPUTS];
    int              shift[2];
    cr_assert_eq(train(&plain_mem, &task, shift), AEZ_OK);
    memcpy(again, w0, sizeof w0);
    cr_assert_eq(train(&plain_mem, &task, shift), AEZ_OK);
    cr_assert_eq(memcmp(again, w0, sizeof w0), 0);
    task.seed++;
    cr_assert_eq(train(&plain_mem, &task, shift), AEZ_OK);
    cr_assert_neq(memcmp(again, w0, sizeof w0), 0);
}

Test(context_train, tasks_without_sense_are_refused)
{
    uint32_t         wide[1] = {AEZ_CONTEXT_WIDTH_MAX + 1}, none[1] = {0};
    aez_context_task task = task_of(5), bad;
    int              shift[2];
    bad = task;
    bad.n_rows = 0;
    cr_assert_eq(train(&plain_mem, &bad, shift), AEZ_ERR_OPTION);
    bad = task;
    bad.n_inputs = AEZ_CONTEXT_WIDTH_MAX + 1;
    cr_assert_eq(train(&plain_mem, &bad, shift), AEZ_ERR_OPTION);
    bad = task;
    bad.n_hidden = AEZ_CONTEXT_LAYERS;
    cr_assert_eq(train(&plain_mem, &bad, shift), AEZ_ERR_OPTION);
    bad = task;
    bad.hidden = wide;
    cr_assert_eq(train(&plain_mem, &bad, shift), AEZ_ERR_OPTION);
    bad.hidden = none;
    cr_assert_eq(train(&plain_mem, &bad, shift), AEZ_ERR_OPTION);
}

Test(context_train, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_context_task task = task_of(2);
    aez_status       st = AEZ_ERR_NOMEM;
    int              shift[2];
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state h = {.fail_at = n};
        aez_mem     mem = hooks_mem(&h);
        st = train(&mem, &task, shift);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        cr_assert_eq(h.n_live, 0);
    }
}
