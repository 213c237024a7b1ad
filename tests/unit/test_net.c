/* test_net.c - the integer forward pass: rounding, activations, saturation, proof of the sums. */
#include "codec/net/curve.h"
#include "codec/net/net.h"

#include <criterion/criterion.h>
#include <string.h>

static const aez_mem plain_mem;

static void run(aez_layer *layer, const int16_t *x, size_t n_rows, int16_t *y)
{
    static int64_t scratch[1024];
    cr_assert_leq(aez_layer_scratch(layer, n_rows), sizeof scratch);
    aez_layer_prove(layer);
    aez_layer_run(layer, aez_kernels_pick(NULL), x, n_rows, scratch, y);
}

Test(net, round_shift_rounds_to_nearest_halves_up)
{
    cr_assert_eq(aez_round_shift(5, 1), 3);
    cr_assert_eq(aez_round_shift(-5, 1), -2);
    cr_assert_eq(aez_round_shift(-6, 2), -1);
    cr_assert_eq(aez_round_shift(-7, 2), -2);
    cr_assert_eq(aez_round_shift(7, 0), 7);
    cr_assert_eq(aez_round_shift(-7, -3), -56);
    cr_assert_eq(aez_round_shift(((int64_t)1 << 42), AEZ_LAYER_SHIFT_MIN), (int64_t)1 << 58);
    cr_assert_eq(aez_round_shift(-((int64_t)1 << 42), AEZ_LAYER_SHIFT_MAX), 0);
    cr_assert_eq(aez_round_shift(-((int64_t)1 << 42) * 15, AEZ_LAYER_SHIFT_MAX), -1);
}

Test(net, one_layer_gives_the_numbers_of_the_formula)
{
    aez_layer     l;
    const int16_t w[6] = {3, -2, 5, -7, 0, 1}; /* [2][3] */
    const int16_t x[6] = {100, 50, -20, -100, -50, 20};
    int16_t       y[4];
    cr_assert_eq(aez_layer_init(&l, &plain_mem, 3, 2, 1), AEZ_OK);
    memcpy(l.weight, w, sizeof w);
    l.bias[0] = 9;
    l.bias[1] = -1000;
    l.shift = 1;
    l.activation = AEZ_LEAKY;
    run(&l, x, 2, y);
    /* sums 100, -720; 50 + 9 = 59 -> (59 + 4) >> 3 = 7; -360 - 1000 = -1360 -> -170 -> -21 */
    cr_assert_eq(y[0], 7);
    cr_assert_eq(y[1], -21);
    /* sums -100, 720; -50 + 9 = -41 -> -6 -> -1; 360 - 1000 = -640 -> -80 -> -10 */
    cr_assert_eq(y[2], -1);
    cr_assert_eq(y[3], -10);
    l.activation = AEZ_RELU;
    run(&l, x, 2, y);
    cr_assert_eq(y[0], 7);
    cr_assert_eq(y[1], 0);
    l.activation = AEZ_LINEAR;
    run(&l, x, 2, y);
    cr_assert_eq(y[2], -5); /* (-41 + 4) >> 3 */
    cr_assert_eq(y[3], -80);
    aez_layer_free(&l, &plain_mem);
}

Test(net, outputs_saturate_and_sums_do_not_wrap)
{
    aez_layer l;
    int16_t   x[64], y[2];
    int64_t   t[2] = {1, 1}, scratch[2];
    cr_assert_eq(aez_layer_init(&l, &plain_mem, 64, 2, 0), AEZ_OK);
    for (size_t i = 0; i < 64; i++) {
        x[i] = INT16_MIN;
        l.weight[i] = 32767;
        l.weight[64 + i] = -32767;
    }
    run(&l, x, 1, y);
    cr_assert(l.wide);
    cr_assert_eq(y[0], INT16_MIN);
    cr_assert_eq(y[1], INT16_MAX);
    l.shift = AEZ_LAYER_SHIFT_MIN;
    aez_layer_add(&l, aez_kernels_pick(NULL), x, 1, 16, scratch, t);
    cr_assert_eq(t[0], 1 - (int64_t)64 * 32767 * 32768 * 65536);
    cr_assert_eq(t[1], 1 + (int64_t)64 * 32767 * 32768 * 65536);
    aez_layer_free(&l, &plain_mem);
}

Test(net, narrow_sums_are_used_exactly_up_to_the_bound)
{
    aez_layer l;
    cr_assert_eq(aez_layer_init(&l, &plain_mem, 3, 1, 0), AEZ_OK);
    l.weight[0] = 32767;
    l.weight[1] = -32767;
    l.weight[2] = 1;
    aez_layer_prove(&l);
    cr_assert(!l.wide);
    l.weight[2] = -2;
    aez_layer_prove(&l);
    cr_assert(l.wide);
    aez_layer_free(&l, &plain_mem);
}

Test(net, narrow_and_wide_sums_agree)
{
    aez_layer l;
    int16_t   x[5 * 37], a[5 * 9], b[5 * 9];
    int64_t   scratch[5 * 9];
    uint32_t  s = 1;
    cr_assert_eq(aez_layer_init(&l, &plain_mem, 37, 9, 1), AEZ_OK);
    for (size_t i = 0; i < 37 * 9; i++)
        l.weight[i] = (int16_t)((s = s * 1664525 + 1013904223) >> 21) - 1024;
    for (size_t i = 0; i < 5 * 37; i++)
        x[i] = (int16_t)((s = s * 1664525 + 1013904223) >> 16);
    l.shift = 12;
    l.activation = AEZ_LEAKY;
    aez_layer_prove(&l);
    cr_assert(!l.wide);
    aez_layer_run(&l, aez_kernels_pick(NULL), x, 5, scratch, a);
    l.wide = 1;
    aez_layer_run(&l, aez_kernels_pick("ref"), x, 5, scratch, b);
    cr_assert_eq(memcmp(a, b, sizeof a), 0);
    aez_layer_free(&l, &plain_mem);
}

/* More outputs than go through the kernel at a time. */
Test(net, wide_layers_are_worked_on_in_pieces)
{
    enum { N = 9000 };
    static int64_t scratch[3 * 4096], sum[3 * N];
    static int16_t y[3 * N];
    const int16_t  x[6] = {3, -5, 100, 7, -1, -1};
    aez_layer      l;
    cr_assert_eq(aez_layer_init(&l, &plain_mem, 2, N, 1), AEZ_OK);
    cr_assert_leq(aez_layer_scratch(&l, 3), sizeof scratch);
    for (int o = 0; o < N; o++) {
        l.weight[2 * o] = (int16_t)o;
        l.weight[2 * o + 1] = (int16_t)-o;
        l.bias[o] = o % 7;
    }
    aez_layer_run(&l, aez_kernels_pick(NULL), x, 3, scratch, y);
    aez_layer_add(&l, aez_kernels_pick(NULL), x, 3, 0, scratch, sum);
    for (int r = 0; r < 3; r++)
        for (int o = 0; o < N; o++) {
            int64_t t = (int64_t)o * (x[2 * r] - x[2 * r + 1]) + o % 7, v = (t + 4) >> 3;
            cr_assert_eq(sum[r * N + o], t);
            cr_assert_eq(y[r * N + o], v > 32767 ? 32767 : v);
        }
    aez_layer_free(&l, &plain_mem);
}

Test(net, curves_take_the_shifted_sum_and_need_no_guard_bits)
{
    aez_layer     l;
    const int16_t x[1] = {1000};
    int16_t       y[1];
    int64_t       t[1] = {5}, scratch[1];
    cr_assert_eq(aez_layer_init(&l, &plain_mem, 1, 1, 1), AEZ_OK);
    l.weight[0] = 8;
    l.shift = 3;
    l.bias[0] = 24;
    l.activation = AEZ_TANH;
    run(&l, x, 1, y);
    cr_assert_eq(y[0], aez_curve(AEZ_TANH, 1024));
    l.activation = AEZ_SIGMOID;
    run(&l, x, 1, y);
    cr_assert_eq(y[0], aez_curve(AEZ_SIGMOID, 1024));
    aez_layer_add(&l, aez_kernels_pick(NULL), x, 1, 16, scratch, t);
    cr_assert_eq(t[0], 5 + 4 * aez_curve(AEZ_SIGMOID, 1024));
    t[0] = 0;
    aez_layer_add(&l, aez_kernels_pick(NULL), x, 1, 10, scratch, t);
    cr_assert_eq(t[0], (aez_curve(AEZ_SIGMOID, 1024) + 8) >> 4);
    l.activation = AEZ_LEAKY;
    l.bias[0] = -1017;
    t[0] = 0;
    aez_layer_add(&l, aez_kernels_pick(NULL), x, 1, 10, scratch, t);
    cr_assert_eq(t[0], -3); /* floor(-17 / 8) */
    aez_layer_free(&l, &plain_mem);
}

Test(net, only_bends_that_the_fused_kernel_has_are_small)
{
    aez_layer l;
    cr_assert_eq(aez_layer_init(&l, &plain_mem, 3, 2, 1), AEZ_OK);
    for (l.activation = 0; l.activation <= AEZ_ACTIVATION_MAX; l.activation++)
        cr_assert_eq(aez_layer_is_small(&l),
                     l.activation == AEZ_LINEAR || l.activation == AEZ_LEAKY);
    aez_layer_free(&l, &plain_mem);
}
