/* test_model.c - the hat as a lattice value, in integers, and the model section as bytes. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/rng.h"
#include "codec/chunk/model.h"
#include "tests/support/hooks.h"

static const aez_mem plain;

static double uniform(aez_rng *rng)
{
    return (double)aez_rng_below(rng, UINT64_C(1) << 53) * 0x1p-53;
}

Test(model, hat_value_is_the_expression_rounded)
{
    aez_rng rng;
    size_t  n = 0;
    aez_rng_seed(&rng, 1);
    for (int i = 0; i < 200000; i++) {
        double       offset = ldexp(uniform(&rng) - 0.5, (int)aez_rng_below(&rng, 45) - 5);
        double       scale = ldexp(uniform(&rng) + 1e-9, (int)aez_rng_below(&rng, 40) - 15);
        unsigned     frac = (unsigned)aez_rng_below(&rng, 25);
        int32_t      hat = (int32_t)(uint32_t)aez_rng_below(&rng, UINT64_C(1) << 32);
        aez_hat_rule rule;
        double       want, got;
        hat >>= aez_rng_below(&rng, 31);
        aez_hat_rule_make(&rule, offset, scale, frac);
        want = offset + scale * ldexp((double)hat, -(int)frac);
        got = (double)aez_hat_value(&rule, hat);
        /* mult has 30 bits; half a unit for rounding */
        cr_assert_leq(fabs(got - want), 0.5 + fabs(want - offset) * 0x1p-29 + 1e-3,
                      "%a + %a * %d * 2^-%u: %f, not %f", offset, scale, hat, frac, got, want);
        n++;
    }
    cr_assert_eq(n, 200000);
}

Test(model, hat_rule_knows_small_cases)
{
    static const struct {
        double   offset, scale;
        unsigned frac;
        int32_t  hat;
        int64_t  value;
    } cases[] = {{0, 1, 0, 7, 7},       {0.5, 1, 0, 0, 1},    {-0.5, 1, 0, 0, 0},
                 {-0.75, 1, 0, 0, -1},  {10, 0.5, 0, 1, 11},  {10, 0.5, 0, -1, 10},
                 {-3, 0, 5, 12345, -3}, {2.25, 1, 2, 1, 3},   {1e15, 1, 24, 1 << 24, 1000000000000001},
                 {0, 1, 24, -(1 << 23), 0}, {0x1p62, 0x1p40, 0, 0, INT64_C(1) << 62},
                 {-0x1p-1074, 1, 0, 0, 0}, {0, 0x1p-1074, 24, INT32_MAX, 0},
                 {-1e-300, 1, 0, 5, 5}, {0x1p200, 1, 0, 5, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aez_hat_rule rule;
        aez_hat_rule_make(&rule, cases[i].offset, cases[i].scale, cases[i].frac);
        cr_assert_eq(aez_hat_value(&rule, cases[i].hat), cases[i].value, "case %zu: %lld", i,
                     (long long)aez_hat_value(&rule, cases[i].hat));
    }
}

Test(model, any_statistics_are_safe)
{
    aez_rng rng;
    aez_rng_seed(&rng, 2);
    for (int i = 0; i < 200000; i++) {
        uint64_t     a = aez_rng_below(&rng, UINT64_C(0x7FF) << 52), b = aez_rng_below(&rng, UINT64_C(0x7FF) << 52);
        double       offset, scale;
        aez_hat_rule rule;
        int64_t      sum = 0;
        memcpy(&offset, &a, sizeof offset);
        memcpy(&scale, &b, sizeof scale);
        aez_hat_rule_make(&rule, i & 1 ? -offset : offset, scale, (unsigned)i % 25);
        cr_assert(rule.mult >= 0 && rule.mult <= INT64_C(1) << 31 && rule.shift <= 61);
        cr_assert(rule.shift < 1 || rule.rest < UINT64_C(1) << rule.shift);
        sum ^= aez_hat_value(&rule, INT32_MIN) ^ aez_hat_value(&rule, INT32_MAX);
        (void)sum;
    }
}

/* Three fields of four sites, two latents. */
static void make_section(aez_buf *out)
{
    static const uint32_t field[3] = {1, 2, 7};
    aez_autoencoder       ae;
    aez_buf               decoder;
    aez_autoencoder_init(&ae, &plain);
    cr_assert_eq(aez_autoencoder_shape(&ae, 12, 2, (uint32_t[]){5}, 1, 0), AEZ_OK);
    ae.frac = 10;
    for (int j = 0; j < 12; j++) {
        ae.offset[j] = 100 * j + 0.25;
        ae.scale[j] = 1 + j;
        ae.linear.bias[j] = 17 * j;
    }
    for (int i = 0; i < 24; i++)
        ae.linear.weight[i] = (int16_t)(i * i % 101 - 50);
    aez_layer_prove(&ae.linear);
    aez_buf_init(&decoder, &plain);
    cr_assert_eq(aez_autoencoder_put(&ae, &decoder), AEZ_OK);
    aez_model_put(field, 3, 4, decoder.data, decoder.size, out);
    aez_buf_free(&decoder);
    aez_autoencoder_free(&ae);
}

Test(model, section_comes_back)
{
    aez_buf   b;
    aez_model m;
    aez_buf_init(&b, &plain);
    make_section(&b);
    aez_model_init(&m, &plain);
    cr_assert_eq(aez_model_get(&m, 8, b.data, b.size), AEZ_OK);
    cr_assert_eq(m.n_fields, 3);
    cr_assert_eq(m.field[0], 1);
    cr_assert_eq(m.field[1], 2);
    cr_assert_eq(m.field[2], 7);
    cr_assert_eq(m.inner, 4);
    cr_assert_eq(m.decoder.n_features, 12);
    cr_assert_eq(aez_hat_value(aez_model_rule(&m, 11), 0), 1100);
    aez_model_free(&m);
    cr_assert_eq(aez_model_get(&m, 7, b.data, b.size), AEZ_ERR_CORRUPT, "there is no field 7 of 7");
    cr_assert_eq(m.n_fields, 0);
    aez_model_free(&m);
    aez_buf_free(&b);
}

Test(model, damage_is_refused_or_harmless)
{
    aez_buf     b;
    hooks_state h = {0};
    aez_mem     mem = hooks_mem(&h);
    aez_model   m;
    size_t      n_refused = 0;
    aez_buf_init(&b, &plain);
    make_section(&b);
    for (size_t i = 0; i < 9 * b.size; i++) {
        size_t     size = i < b.size ? i : b.size, bit = i - b.size;
        uint8_t   *copy = malloc(size + 1);
        aez_status st;
        memcpy(copy, b.data, size);
        if (i >= b.size)
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        aez_model_init(&m, &mem);
        st = aez_model_get(&m, 8, copy, size);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT ||
                  st == AEZ_ERR_VERSION || st == AEZ_ERR_TRUNCATED);
        cr_assert(i >= b.size || st < 0, "%zu of %zu bytes", i, b.size);
        n_refused += st < 0;
        aez_model_free(&m);
        cr_assert_eq(h.n_live, 0);
        free(copy);
    }
    cr_assert_gt(n_refused, b.size + 20);
    aez_buf_free(&b);
}
