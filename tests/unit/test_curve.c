/* test_curve.c - tanh and sigmoid: near the true functions, symmetric, never falling, the same in
 * floats. */
#include "codec/net/curve.h"
#include "codec/net/net.h"

#include <criterion/criterion.h>
#include <math.h>

#define MOST 60000 /* beyond the last piece of both */

Test(curve, both_are_within_2_to_minus_14)
{
    for (int t = -MOST; t <= MOST; t++) {
        double x = t * 0x1p-12;
        cr_assert_float_eq(aez_curve(AEZ_TANH, t) * 0x1p-14, tanh(x), 0x1p-14, "%d", t);
        cr_assert_float_eq(aez_curve(AEZ_SIGMOID, t) * 0x1p-14, 1 / (1 + exp(-x)), 0x1p-14, "%d",
                           t);
    }
}

Test(curve, both_are_symmetric_to_the_bit_and_never_fall)
{
    for (int t = 0; t <= MOST; t++) {
        int th = aez_curve(AEZ_TANH, t), s = aez_curve(AEZ_SIGMOID, t);
        cr_assert_eq(aez_curve(AEZ_TANH, -t), -th);
        cr_assert_eq(aez_curve(AEZ_SIGMOID, -t), 16384 - s);
        cr_assert(aez_curve(AEZ_TANH, t + 1) >= th && aez_curve(AEZ_SIGMOID, t + 1) >= s);
    }
    cr_assert_eq(aez_curve(AEZ_TANH, 0), 0);
    cr_assert_eq(aez_curve(AEZ_SIGMOID, 0), 8192);
}

Test(curve, any_argument_is_safe)
{
    static const int64_t far[4] = {MOST, INT32_MAX, INT64_C(1) << 62, INT64_MAX};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(aez_curve(AEZ_TANH, far[i]), 16384);
        cr_assert_eq(aez_curve(AEZ_TANH, -far[i] - 1), -16384);
        cr_assert_eq(aez_curve(AEZ_SIGMOID, far[i]), 16384);
        cr_assert_eq(aez_curve(AEZ_SIGMOID, -far[i] - 1), 0);
    }
}

Test(curve, numbers_are_those_of_the_spec)
{
    cr_assert_eq(aez_curve(AEZ_TANH, 1000), 3922);
    cr_assert_eq(aez_curve(AEZ_TANH, -5000), -13760);
    cr_assert_eq(aez_curve(AEZ_SIGMOID, 1000), 9187);
    cr_assert_eq(aez_curve(AEZ_SIGMOID, -5000), 3733);
}

Test(curve, floats_are_the_integers_without_rounding)
{
    for (unsigned a = AEZ_TANH; a <= AEZ_SIGMOID; a++) {
        for (int t = -MOST; t <= MOST; t += 7)
            cr_assert_float_eq(aez_curve_value(a, (float)t * 0x1p-12f), aez_curve(a, t) * 0x1p-14,
                               0x1.01p-15, "%d", t);
        for (float x = -9; x < 9; x += 0.0371f) {
            float slope = a == AEZ_TANH ? 1 - tanhf(x) * tanhf(x)
                                        : expf(-x) / ((1 + expf(-x)) * (1 + expf(-x)));
            cr_assert_float_eq(aez_curve_slope(a, x), slope, 0x1p-10, "%g", x);
            cr_assert_geq(aez_curve_slope(a, x), 0);
        }
        cr_assert(isfinite(aez_curve_value(a, INFINITY)));
        cr_assert(isfinite(aez_curve_value(a, -INFINITY)));
        cr_assert_eq(aez_curve_slope(a, -INFINITY), 0);
    }
}
