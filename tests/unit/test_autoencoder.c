/* test_autoencoder.c - the integer decoder: its numbers, against the definition, and its limits. */
#include "tests/support/decoders.h"

#include <math.h>

static const aez_mem plain_mem;

/* Rows of random latents, two rows at the ends of what int32 holds. */
static void check_run(const aez_autoencoder *ae, size_t n_rows, int most_latent)
{
    size_t   k = ae->n_latent, d = ae->n_features;
    int32_t *latents = malloc(n_rows * k * sizeof *latents + 1);
    int32_t *hat = malloc(n_rows * d * sizeof *hat), *want = malloc(d * sizeof *want);
    for (size_t i = 0; i < n_rows * k; i++)
        latents[i] = i < 2 * k ? (i % 2 ? INT32_MAX : INT32_MIN)
                               : random_in(-most_latent, most_latent);
    cr_assert_eq(aez_autoencoder_run(ae, latents, n_rows, hat), AEZ_OK);
    for (size_t r = 0; r < n_rows; r++) {
        plain_hat(ae, latents + r * k, want);
        cr_assert_eq(memcmp(want, hat + r * d, d * sizeof *want), 0, "row %zu of %zu", r, n_rows);
    }
    free(latents);
    free(hat);
    free(want);
}

Test(autoencoder, random_chains_give_the_numbers_of_the_spec)
{
    unsigned seen[4] = {0};
    for (int trial = 0; trial < 300; trial++) {
        aez_autoencoder ae;
        unsigned        n_ops = (unsigned)trial % 7;
        make_decoder(&ae, &plain_mem, n_ops, n_ops == 0 || trial % 2, trial % 4,
                     trial % 3 ? 127 : 32767);
        for (uint32_t i = 0; i < ae.n_ops; i++)
            seen[ae.op[i].kind]++;
        check_run(&ae, 7, 40);
        if (trial % 5 == 0)
            ae.kernels = aez_kernels_pick("ref");
        check_run(&ae, 3, 40000);
        aez_autoencoder_free(&ae);
    }
    cr_assert(seen[0] > 50 && seen[1] > 50 && seen[2] > 50 && seen[3] > 50);
}

/* All sums at the largest magnitude that there can be, shifted to the left as far as can be. */
Test(autoencoder, extreme_weights_latents_and_shifts_overflow_nothing)
{
    for (int sign = -1; sign <= 1; sign += 2)
        for (unsigned activation = 0; activation <= AEZ_ACTIVATION_MAX; activation++) {
            aez_autoencoder ae;
            aez_autoencoder_init(&ae, &plain_mem);
            cr_assert_eq(aez_autoencoder_begin(&ae, 5, 4096, 1, 1, 1), AEZ_OK);
            for (size_t i = 0; i < 5 * 4096; i++)
                ae.linear.weight[i] = (int16_t)(sign * 32767);
            for (size_t j = 0; j < 5; j++)
                ae.linear.bias[j] = sign < 0 ? INT32_MIN : INT32_MAX;
            ae.linear.shift = AEZ_LAYER_SHIFT_MIN;
            aez_layer_prove(&ae.linear);
            add_op(&ae, (aez_op){AEZ_OP_SHAPE, .out = {256, 4, 4}}, 1);
            add_op(&ae, (aez_op){AEZ_OP_UP, .kh = 4, .kw = 4}, 1);
            add_op(&ae, (aez_op){AEZ_OP_DENSE, .out = {5, 1, 1}}, 1);
            for (size_t i = 0; i < 5 * 65536; i++)
                ae.op[2].layer.weight[i] = (int16_t)(sign * 32767);
            for (size_t j = 0; j < 5; j++)
                ae.op[2].layer.bias[j] = ae.linear.bias[j];
            ae.op[2].layer.shift = AEZ_LAYER_SHIFT_MIN;
            ae.op[2].layer.activation = activation;
            aez_layer_prove(&ae.op[2].layer);
            cr_assert(ae.op[2].layer.wide);
            cr_assert_eq(aez_autoencoder_check(&ae), AEZ_OK);
            for (int side = -1; side <= 1; side += 2) {
                static int32_t q[4096];
                int32_t        hat[5], want[5];
                for (size_t l = 0; l < 4096; l++)
                    q[l] = side * 40000;
                cr_assert_eq(aez_autoencoder_run(&ae, q, 1, hat), AEZ_OK);
                plain_hat(&ae, q, want);
                cr_assert_eq(memcmp(hat, want, sizeof hat), 0);
                cr_assert_eq(hat[4], side * sign > 0 ? INT32_MAX : INT32_MIN);
            }
            aez_autoencoder_free(&ae);
        }
}

/* The two parts are added before anything is clamped: what one is too much the other takes away. */
Test(autoencoder, only_the_sum_of_both_parts_is_clamped)
{
    const int32_t   q = 32767;
    int32_t         hat;
    aez_autoencoder ae;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, 1, 1, 1, 1, 1), AEZ_OK);
    cr_assert_eq(aez_autoencoder_add(&ae, &(aez_op){AEZ_OP_DENSE, .out = {1, 1, 1}}), AEZ_OK);
    ae.linear.weight[0] = 32767;
    ae.linear.shift = -16;
    ae.op[0].layer.weight[0] = -32767;
    ae.op[0].layer.shift = -16;
    ae.op[0].layer.bias[0] = 17;
    cr_assert_eq(aez_autoencoder_run(&ae, &q, 1, &hat), AEZ_OK);
    cr_assert_eq(hat, 17);
    ae.op[0].layer.weight[0] = 0;
    cr_assert_eq(aez_autoencoder_run(&ae, &q, 1, &hat), AEZ_OK);
    cr_assert_eq(hat, INT32_MAX);
    aez_autoencoder_free(&ae);
}

Test(autoencoder, last_curves_are_brought_to_the_units_of_the_hat)
{
    const int32_t   q = 1;
    int32_t         hat;
    aez_autoencoder ae;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, 1, 1, 1, 1, 0), AEZ_OK);
    cr_assert_eq(aez_autoencoder_add(&ae, &(aez_op){AEZ_OP_DENSE, .out = {1, 1, 1}}), AEZ_OK);
    ae.op[0].layer.weight[0] = 4096; /* 1 */
    ae.op[0].layer.activation = AEZ_TANH;
    for (ae.frac = 0; ae.frac <= AEZ_HAT_FRAC_MAX; ae.frac++) {
        cr_assert_eq(aez_autoencoder_run(&ae, &q, 1, &hat), AEZ_OK);
        cr_assert_float_eq(ldexp(hat, -(int)ae.frac), tanh(1), ldexp(0.5, -(int)ae.frac) + 0x1p-14);
    }
    ae.frac = 14;
    ae.op[0].layer.bias[0] = INT32_MAX;
    cr_assert_eq(aez_autoencoder_run(&ae, &q, 1, &hat), AEZ_OK);
    cr_assert_eq(hat, 16384);
    aez_autoencoder_free(&ae);
}

Test(autoencoder, without_latents_the_hat_is_zero)
{
    int32_t         hat[10];
    aez_autoencoder ae;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, 5, 0, 5, 1, 0), AEZ_OK);
    cr_assert_eq(aez_autoencoder_check(&ae), AEZ_OK);
    cr_assert_eq(aez_autoencoder_add(&ae, &(aez_op){AEZ_OP_DENSE, .out = {5, 1, 1}}),
                 AEZ_ERR_OPTION);
    ae.offset[3] = 12.5;
    ae.scale[0] = 2;
    memset(hat, 1, sizeof hat);
    cr_assert_eq(aez_autoencoder_run(&ae, NULL, 2, hat), AEZ_OK);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(hat[i], 0);
    cr_assert(aez_autoencoder_value(&ae, 3, hat[3]) == 12.5);
    aez_autoencoder_free(&ae);
}

Test(autoencoder, run_does_not_depend_on_how_rows_are_split)
{
    enum { ROWS = 1000 };
    for (int trial = 0; trial < 8; trial++) {
        aez_autoencoder ae;
        int32_t        *latents, *a, *b;
        size_t          d;
        make_decoder(&ae, &plain_mem, 1 + (unsigned)trial % 4, 1, trial, 500);
        d = ae.n_features;
        latents = malloc(ROWS * 3 * sizeof *latents);
        a = malloc(ROWS * d * sizeof *a);
        b = malloc(ROWS * d * sizeof *b);
        for (size_t i = 0; i < ROWS * 3; i++)
            latents[i] = random_in(-100, 100);
        cr_assert_eq(aez_autoencoder_run(&ae, latents, ROWS, a), AEZ_OK);
        for (size_t r = 0, n = 1; r < ROWS; r += n, n *= 2) {
            n = n < ROWS - r ? n : ROWS - r;
            cr_assert_eq(aez_autoencoder_run(&ae, latents + r * 3, n, b + r * d), AEZ_OK);
        }
        cr_assert_eq(memcmp(a, b, ROWS * d * sizeof *a), 0);
        cr_assert_eq(aez_autoencoder_run(&ae, latents, 0, b), AEZ_OK);
        free(latents);
        free(a);
        free(b);
        aez_autoencoder_free(&ae);
    }
}

Test(autoencoder, value_is_the_one_float_expression)
{
    aez_autoencoder ae;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, 3, 0, 3, 1, 0), AEZ_OK);
    ae.frac = 12;
    ae.offset[1] = 0.1;
    ae.scale[0] = 3.3;
    cr_assert_eq(aez_autoencoder_value(&ae, 1, -4097), 0.1 + 3.3 * (-4097 / 4096.0));
    ae.offset[1] = -0x1p960;
    ae.scale[0] = 0x1p960;
    cr_assert(isfinite(aez_autoencoder_value(&ae, 1, INT32_MIN)));
    aez_autoencoder_free(&ae);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static aez_status begin(aez_autoencoder *ae, uint32_t d, uint32_t k, uint32_t n_offsets,
                        uint32_t n_scales, int has_linear)
{
    aez_status st;
    aez_autoencoder_init(ae, &plain_mem);
    st = aez_autoencoder_begin(ae, d, k, n_offsets, n_scales, has_linear);
    if (st == AEZ_OK)
        aez_autoencoder_free(ae);
    cr_assert(ae->n_features == 0 && !ae->offset);
    return st;
}

Test(autoencoder, counts_beyond_the_limits_are_refused)
{
    aez_autoencoder ae;
    cr_assert_eq(begin(&ae, 0, 1, 1, 1, 1), AEZ_ERR_LIMIT);
    cr_assert_eq(begin(&ae, AEZ_TENSOR_MAX + 1, 1, 1, 1, 1), AEZ_ERR_LIMIT);
    cr_assert_eq(begin(&ae, AEZ_TENSOR_MAX, 1, 1, AEZ_TENSOR_MAX, 1), AEZ_OK);
    cr_assert_eq(begin(&ae, AEZ_TENSOR_MAX, 16, 1, 1, 1), AEZ_OK);
    cr_assert_eq(begin(&ae, AEZ_TENSOR_MAX, 17, 1, 1, 1), AEZ_ERR_LIMIT);
    cr_assert_eq(begin(&ae, 4096, 4096, 1, 1, 1), AEZ_OK);
    cr_assert_eq(begin(&ae, 1, 4096, 1, 1, 1), AEZ_OK);
    cr_assert_eq(begin(&ae, 1, 4097, 1, 1, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(begin(&ae, 4, 2, 2, 1, 1), AEZ_ERR_OPTION);
    cr_assert_eq(begin(&ae, 4, 2, 1, 3, 1), AEZ_ERR_OPTION);
    cr_assert_eq(begin(&ae, 4, 0, 1, 4, 1), AEZ_ERR_OPTION);
}

static aez_status add(aez_autoencoder *ae, aez_op_kind kind, uint32_t c, uint32_t h, uint32_t w,
                      uint32_t kh, uint32_t kw)
{
    uint32_t   n = ae->n_ops;
    aez_status st = aez_autoencoder_add(ae, &(aez_op){kind, .out = {c, h, w}, .kh = kh, .kw = kw});
    cr_assert_eq(ae->n_ops, n + (st == AEZ_OK));
    return st;
}

Test(autoencoder, operations_that_cannot_be_are_refused)
{
    aez_autoencoder ae;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, 64, 4, 1, 1, 0), AEZ_OK);
    cr_assert_eq(aez_autoencoder_check(&ae), AEZ_ERR_OPTION, "latents that nothing uses");
    cr_assert_eq(add(&ae, AEZ_OP_DENSE, 0, 0, 0, 0, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(add(&ae, AEZ_OP_DENSE, AEZ_TENSOR_MAX + 1, 0, 0, 0, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 4097, 0, 0, 1, 1), AEZ_ERR_LIMIT);
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 2, 0, 0, 2, 1), AEZ_ERR_OPTION);
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 2, 0, 0, 1, 0), AEZ_ERR_OPTION);
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 2, 0, 0, 1, AEZ_WINDOW_MAX + 2), AEZ_ERR_LIMIT);
    cr_assert_eq(add(&ae, AEZ_OP_UP, 0, 0, 0, 0, 1), AEZ_ERR_OPTION);
    cr_assert_eq(add(&ae, AEZ_OP_UP, 0, 0, 0, 1, AEZ_FACTOR_MAX + 1), AEZ_ERR_LIMIT);
    cr_assert_eq(add(&ae, AEZ_OP_SHAPE, 1, 2, 3, 0, 0), AEZ_ERR_OPTION);
    cr_assert_eq(add(&ae, AEZ_OP_SHAPE, 1, 0, 4, 0, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(add(&ae, AEZ_OP_SHAPE, 65536, 65536, 65537, 0, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(add(&ae, AEZ_OP_SHAPE, 1, 2, 2, 0, 0), AEZ_OK);
    cr_assert_eq(add(&ae, AEZ_OP_UP, 0, 0, 0, 4, 4), AEZ_OK);
    cr_assert_eq(aez_autoencoder_check(&ae), AEZ_ERR_OPTION, "64 values, but a chain that ends so");
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 2, 0, 0, 3, 3), AEZ_OK);
    cr_assert_eq(aez_autoencoder_check(&ae), AEZ_ERR_OPTION, "128 values");
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 1, 0, 0, 63, 1), AEZ_OK);
    cr_assert_eq(aez_autoencoder_check(&ae), AEZ_OK);
    while (ae.n_ops < AEZ_OPS_MAX)
        cr_assert_eq(add(&ae, AEZ_OP_SHAPE, 1, 8, 8, 0, 0), AEZ_OK);
    cr_assert_eq(add(&ae, AEZ_OP_SHAPE, 1, 8, 8, 0, 0), AEZ_ERR_LIMIT);
    aez_autoencoder_free(&ae);
}

Test(autoencoder, sums_weights_and_tensors_have_limits_of_their_own)
{
    aez_autoencoder ae;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, 256, 4096, 1, 1, 0), AEZ_OK);
    cr_assert_eq(add(&ae, AEZ_OP_SHAPE, 1, 64, 64, 0, 0), AEZ_OK);
    cr_assert_eq(add(&ae, AEZ_OP_UP, 0, 0, 0, 16, 16), AEZ_OK); /* 2^20 values */
    cr_assert_eq(add(&ae, AEZ_OP_UP, 0, 0, 0, 1, 2), AEZ_ERR_LIMIT);
    cr_assert_eq(add(&ae, AEZ_OP_DENSE, 1, 0, 0, 0, 0), AEZ_ERR_LIMIT); /* fan-in 2^20 */
    cr_assert_eq(add(&ae, AEZ_OP_SHAPE, 4096, 16, 16, 0, 0), AEZ_OK);
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 1, 0, 0, 5, 3), AEZ_OK); /* 61440 */
    cr_assert_eq(aez_autoencoder_check(&ae), AEZ_OK);
    ae.op[3].layer.n_in = 3; /* as it was before, to ask again */
    aez_layer_free(&ae.op[--ae.n_ops].layer, &plain_mem);
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 1, 0, 0, 5, 5), AEZ_ERR_LIMIT); /* 102400 */
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 4096, 0, 0, 1, 1), AEZ_OK);     /* 2^24 weights */
    cr_assert_eq(add(&ae, AEZ_OP_CONV, 1, 0, 0, 1, 1), AEZ_ERR_LIMIT);
    aez_autoencoder_free(&ae);
}

/* With 256 latents, c hidden values and one feature: 1 + 256 c + c + c + 1. */
Test(autoencoder, work_of_an_item_is_limited_by_its_features)
{
    for (uint32_t c = 4064; c <= 4065; c++) {
        aez_autoencoder ae;
        aez_autoencoder_init(&ae, &plain_mem);
        cr_assert_eq(aez_autoencoder_begin(&ae, 1, 256, 1, 1, 0), AEZ_OK);
        cr_assert_eq(add(&ae, AEZ_OP_DENSE, c, 0, 0, 0, 0), AEZ_OK);
        cr_assert_eq(add(&ae, AEZ_OP_DENSE, 1, 0, 0, 0, 0), AEZ_OK);
        cr_assert_eq(aez_autoencoder_check(&ae), c == 4064 ? AEZ_OK : AEZ_ERR_LIMIT);
        aez_autoencoder_free(&ae);
    }
}
