/* test_plan_net.c - inputs, layers and outputs of context nets follow the formulas of the spec. */
#include <criterion/criterion.h>

#include "tests/support/plans.h"

static int64_t clamp16(int64_t v)
{
    return v > 32767 ? 32767 : v < -32768 ? -32768 : v;
}

/* floor(a / 2^s) without shifts of negative numbers */
static int64_t down(int64_t a, int s)
{
    int64_t d = (int64_t)1 << s;
    return a / d - (a % d < 0);
}

static void expected(const aez_context_net *net, const int16_t *x, int64_t *out)
{
    int64_t in[AEZ_SMALL_WIDTH_MAX], y[AEZ_SMALL_WIDTH_MAX];
    for (unsigned i = 0; i < net->layer[0].n_in; i++)
        in[i] = x[i];
    for (unsigned l = 0; l < net->n_layers; l++) {
        const aez_layer *layer = &net->layer[l];
        for (uint32_t o = 0; o < layer->n_out; o++) {
            int64_t sum = ((int64_t)1 << layer->shift) / 2;
            for (uint32_t i = 0; i < layer->n_in; i++)
                sum += layer->weight[o * layer->n_in + i] * in[i];
            sum = down(sum, layer->shift) + layer->bias[o];
            if (sum < 0 && l + 1 < net->n_layers)
                sum = down(sum, 3);
            y[o] = clamp16(down(sum + 4, 3));
        }
        memcpy(in, y, layer->n_out * sizeof *in);
    }
    out[0] = in[0];
    out[1] = in[1];
}

Test(plan_net, outputs_are_those_of_the_formula_on_every_kernel)
{
    const aez_kernels *list[AEZ_KERNELS_MAX];
    size_t             n_kernels = aez_kernels_usable(list, AEZ_KERNELS_MAX);
    aez_rng            rng;
    aez_rng_seed(&rng, 1);
    for (int round = 0; round < 300; round++) {
        enum { ROWS = 5 };
        static int16_t  x[ROWS * AEZ_NET_ROW], out[2 * ROWS];
        static int16_t  scratch[2 * ROWS * AEZ_SMALL_WIDTH_MAX];
        aez_grid        grid;
        aez_context_net net;
        plans_grid(&rng, 1 + plans_below(&rng, 4), 100, &grid);
        plans_net(&rng, &grid, plans_below(&rng, AEZ_MAX_TAPS + 1), &net);
        memset(x, 0, sizeof x);
        for (unsigned r = 0; r < ROWS; r++) {
            for (unsigned i = 0; i < aez_net_inputs(&net); i++)
                x[r * aez_net_pitch(&net) + i] = (int16_t)plans_between(&rng, -32768, 32767);
        }
        for (size_t k = 0; k < n_kernels; k++) {
            aez_net_run(&net, list[k], x, ROWS, scratch, out);
            for (unsigned r = 0; r < ROWS; r++) {
                int64_t want[2];
                expected(&net, x + r * aez_net_pitch(&net), want);
                cr_assert(out[2 * r] == want[0] && out[2 * r + 1] == want[1]);
            }
        }
        aez_net_free(&net, &plans_mem);
    }
}

Test(plan_net, inputs_are_scaled_and_clamped)
{
    uint32_t        hidden[1] = {1};
    aez_context_net net;
    int64_t         d[3] = {1000, -1000, INT64_MIN};
    int16_t         x[4];
    cr_assert_eq(aez_net_init(&net, &plans_mem, 3, 0, hidden, 1), AEZ_OK);
    net.input_shift[1] = 2;
    net.level_centre = 10;
    aez_net_row(&net, d, 1, 7, 12, x); /* 2^7 is one, which is 128: as it stands */
    cr_assert(x[0] == 1000 && x[1] == -250 && x[3] == 128);
    aez_net_row(&net, d, 1, 0, 0, x);
    cr_assert(x[0] == 32767 && x[1] == -32000 && x[2] == 0 && x[3] == -640);
    aez_net_row(&net, d, 1, 1000, 0, x);
    cr_assert(x[0] == 0 && x[1] == -1);
    aez_net_free(&net, &plans_mem);
}

Test(plan_net, corrections_and_levels_at_their_ends)
{
    cr_assert_eq(aez_net_correction(128, 0), 1);
    cr_assert_eq(aez_net_correction(64, 0), 1);
    cr_assert_eq(aez_net_correction(-64, 0), 0);
    cr_assert_eq(aez_net_correction(-65, 0), -1);
    cr_assert_eq(aez_net_correction(-5, 7), -5);
    cr_assert_eq(aez_net_correction(-5, 9), -20);
    cr_assert_eq(aez_net_correction(-32768, 1000), -((int64_t)1 << 62));
    cr_assert_eq(aez_net_correction(32767, -1000), 0);
    cr_assert_eq(aez_net_level(31, 5), 5);
    cr_assert_eq(aez_net_level(32, 5), 6);
    cr_assert_eq(aez_net_level(-33, 5), 4);
    cr_assert_eq(aez_net_level(-32768, 5), 0);
    cr_assert_eq(aez_net_level(32767, 5), AEZ_LEVELS - 1);
    cr_assert(aez_net_position(0, 9) == -512 && aez_net_position(8, 9) == 512);
    cr_assert(aez_net_position(4, 9) == 0 && aez_net_position(0, 1) == 0);
}

Test(plan_net, a_copy_is_the_same_and_its_own)
{
    aez_rng         rng;
    aez_grid        grid;
    aez_context_net net, copy;
    aez_buf         a, b;
    aez_rng_seed(&rng, 2);
    plans_grid(&rng, 3, 100, &grid);
    plans_net(&rng, &grid, 9, &net);
    cr_assert_eq(aez_net_copy(&copy, &net, &plans_mem), AEZ_OK);
    aez_buf_init(&a, &plans_mem);
    aez_buf_init(&b, &plans_mem);
    aez_net_put(&net, &a);
    aez_net_free(&net, &plans_mem);
    aez_net_put(&copy, &b);
    cr_assert(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
    aez_net_free(&copy, &plans_mem);
    aez_buf_free(&a);
    aez_buf_free(&b);
}
