/* test_hat_rule.c - fixed-point numbers as whole ones, in integers. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/rng.h"
#include "codec/chunk/hat_rule.h"

static double uniform(aez_rng *rng)
{
    return (double)aez_rng_below(rng, UINT64_C(1) << 53) * 0x1p-53;
}

Test(hat_rule, hat_value_is_the_expression_rounded)
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
        aez_hat_rule_make(&rule, offset, scale, frac, 0);
        want = offset + scale * ldexp((double)hat, -(int)frac);
        got = (double)aez_hat_value(&rule, hat);
        /* mult has 30 bits; half a unit for rounding */
        cr_assert_leq(fabs(got - want), 0.5 + fabs(want - offset) * 0x1p-29 + 1e-3,
                      "%a + %a * %d * 2^-%u: %f, not %f", offset, scale, hat, frac, got, want);
        n++;
    }
    cr_assert_eq(n, 200000);
}

Test(hat_rule, knows_small_cases)
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
        aez_hat_rule_make(&rule, cases[i].offset, cases[i].scale, cases[i].frac, 0);
        cr_assert_eq(aez_hat_value(&rule, cases[i].hat), cases[i].value, "case %zu: %lld", i,
                     (long long)aez_hat_value(&rule, cases[i].hat));
    }
}

Test(hat_rule, any_statistics_are_safe)
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
        aez_hat_rule_make(&rule, i & 1 ? -offset : offset, scale, (unsigned)i % 25, 0);
        cr_assert(rule.mult >= 0 && rule.mult <= INT64_C(1) << 31 && rule.shift <= 61);
        cr_assert(rule.shift < 1 || rule.rest < UINT64_C(1) << rule.shift);
        sum ^= aez_hat_value(&rule, INT32_MIN) ^ aez_hat_value(&rule, INT32_MAX);
        (void)sum;
    }
}

Test(hat_rule, an_exponent_moves_the_point)
{
    for (int e = -20; e <= 20; e++) {
        aez_hat_rule moved, plain;
        aez_hat_rule_make(&moved, 3.5, 0.75, 4, e);
        aez_hat_rule_make(&plain, ldexp(3.5, e), ldexp(0.75, e), 4, 0);
        cr_assert(moved.base == plain.base && moved.rest == plain.rest && moved.mult == plain.mult &&
                      moved.shift == plain.shift, "%d", e);
        for (int32_t hat = -300; hat <= 300; hat += 7)
            cr_assert_eq(aez_hat_value(&moved, hat),
                         (int64_t)floor(ldexp(3.5 + 0.75 * hat / 16, e) + 0.5));
    }
}
