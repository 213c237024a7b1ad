/* test_floatbits.c - ordered patterns and fixed-point images against their definitions. */
#include <criterion/criterion.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include "codec/base/floatbits.h"

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t bits_of(double v, unsigned width)
{
    float    f = (float)v;
    uint32_t b;
    uint64_t b64;
    memcpy(&b, &f, sizeof b);
    memcpy(&b64, &v, sizeof b64);
    return width == 32 ? b : b64;
}

static double value_of(uint64_t bits, unsigned width)
{
    uint32_t b = (uint32_t)bits;
    float    f;
    double   v;
    memcpy(&f, &b, sizeof f);
    memcpy(&v, &bits, sizeof v);
    return width == 32 ? (double)f : v;
}

static uint64_t random_bits(unsigned width)
{
    uint64_t b = next_random();
    if (next_random() % 8 == 0) /* many subnormals and zeros */
        b &= width == 32 ? 0x807FFFFFu >> (next_random() % 24)
                         : UINT64_C(0x800FFFFFFFFFFFFF) >> (next_random() % 53);
    return width == 32 ? b & 0xFFFFFFFFu : b;
}

Test(floatbits, zeros_stand_next_to_each_other)
{
    cr_assert_eq(aez_ordered_from_bits(0, 32), 0);
    cr_assert_eq(aez_ordered_from_bits(0x80000000u, 32), -1);
    cr_assert_eq(aez_ordered_from_bits(0xFFFFFFFFu, 32), INT32_MIN);
    cr_assert_eq(aez_ordered_from_bits(0x7FFFFFFFu, 32), INT32_MAX);
    cr_assert_eq(aez_ordered_from_bits(UINT64_C(1) << 63, 64), -1);
    cr_assert_eq(aez_ordered_from_bits(UINT64_MAX, 64), INT64_MIN);
}

Test(floatbits, order_is_kept_and_invertible)
{
    for (unsigned width = 32; width <= 64; width += 32) {
        for (int i = 0; i < 200000; i++) {
            uint64_t a = random_bits(width), b = random_bits(width);
            int64_t  oa = aez_ordered_from_bits(a, width), ob = aez_ordered_from_bits(b, width);
            cr_assert_eq(aez_bits_from_ordered(oa, width), a);
            cr_assert((a == b) == (oa == ob));
            if (value_of(a, width) < value_of(b, width))
                cr_assert_lt(oa, ob);
        }
    }
}

Test(floatbits, any_integer_gives_a_pattern_of_the_width)
{
    for (int i = 0; i < 10000; i++)
        cr_assert_leq(aez_bits_from_ordered((int64_t)next_random(), 32), UINT32_MAX);
}

Test(floatbits, exponent_is_that_of_frexp)
{
    for (unsigned width = 32; width <= 64; width += 32) {
        for (int i = 0; i < 100000; i++) {
            uint64_t b = random_bits(width);
            double   v = value_of(b, width);
            int      e = INT_MIN;
            if (isfinite(v) && v != 0) {
                frexp(v, &e);
                e--;
            }
            cr_assert_eq(aez_exponent_of_ordered(aez_ordered_from_bits(b, width), width), e);
        }
    }
}

Test(floatbits, image_is_the_truncated_product)
{
    for (unsigned width = 32; width <= 64; width += 32) {
        for (int i = 0; i < 200000; i++) {
            uint64_t b = random_bits(width);
            double   v = value_of(b, width), exact;
            int      e = aez_exponent_of_ordered(aez_ordered_from_bits(b, width), width);
            int      scale = e == INT_MIN ? 0 : e - 3 + (int)(next_random() % 90);
            int64_t  image = aez_image_from_ordered(aez_ordered_from_bits(b, width), width, scale);
            int64_t  want;
            exact = trunc(ldexp(v, 60 - scale)); /* 53 bits: exact unless it underflows to 0 */
            if (isnan(v))
                want = 0;
            else if (fabs(exact) >= ldexp(1, 61))
                want = v < 0 ? 1 - (INT64_C(1) << 61) : (INT64_C(1) << 61) - 1;
            else
                want = (int64_t)exact;
            cr_assert_eq(image, want, "width %u bits %llx scale %d", width, (unsigned long long)b,
                         scale);
        }
    }
}

Test(floatbits, value_of_image_is_the_nearest_float)
{
    for (unsigned width = 32; width <= 64; width += 32) {
        for (int i = 0; i < 200000; i++) {
            /* 52 random bits or a tie, so that ldexp's one rounding is the whole rounding */
            int64_t image = (int64_t)(next_random() >> (11 + next_random() % 50));
            int     scale = (int)(next_random() % (width == 32 ? 500 : 2500)) - (width == 32 ? 250 : 1250);
            int64_t got, want;
            double  v;
            if (next_random() & 1)
                image = -image;
            got = aez_ordered_from_image(image, width, scale);
            v = ldexp((double)image, scale - 60);
            if (width == 32 && fabs(v) < 1e300 && v != 0 && fabs(v) > 1e-300)
                v = (double)(float)v;
            want = aez_ordered_from_bits(bits_of(v, width), width);
            if (fabs(v) > (width == 32 ? 3.4028234663852886e38 : 1.7976931348623157e308))
                want = aez_ordered_from_bits(width == 32 ? 0x7F7FFFFF : UINT64_C(0x7FEFFFFFFFFFFFFF), width),
                want = image < 0 ? -1 - want : want;
            if (value_of(aez_bits_from_ordered(want, width), width) == 0)
                want = 0;
            cr_assert_eq(got, want, "width %u image %lld scale %d", width, (long long)image, scale);
        }
    }
}

Test(floatbits, values_survive_their_image_at_their_own_scale)
{
    for (unsigned width = 32; width <= 64; width += 32) {
        for (int i = 0; i < 100000; i++) {
            int64_t o = aez_ordered_from_bits(random_bits(width), width);
            int     e = aez_exponent_of_ordered(o, width);
            if (e != INT_MIN)
                cr_assert_eq(aez_ordered_from_image(aez_image_from_ordered(o, width, e), width, e), o);
        }
    }
}

Test(floatbits, extremes_are_defined)
{
    int64_t infinity = aez_ordered_from_bits(0x7F800000u, 32);
    cr_assert_eq(aez_image_from_ordered(infinity, 32, 0), (INT64_C(1) << 61) - 1);
    cr_assert_eq(aez_image_from_ordered(-1 - infinity, 32, 0), 1 - (INT64_C(1) << 61));
    cr_assert_eq(aez_image_from_ordered(infinity + 1, 32, 0), 0);
    cr_assert_eq(aez_image_from_ordered(-1, 32, INT_MIN), 0);
    cr_assert_eq(aez_image_from_ordered(1, 64, INT_MIN), (INT64_C(1) << 61) - 1);
    cr_assert_eq(aez_image_from_ordered(1, 64, INT_MAX), 0);
    cr_assert_eq(aez_ordered_from_image(INT64_MIN, 32, INT_MAX), -1 - 0x7F7FFFFF);
    cr_assert_eq(aez_ordered_from_image(INT64_MAX, 64, INT_MAX), INT64_C(0x7FEFFFFFFFFFFFFF));
    cr_assert_eq(aez_ordered_from_image(INT64_MIN, 64, INT_MIN), 0);
    cr_assert_eq(aez_ordered_from_image(INT64_MAX, 32, -1), aez_ordered_from_image((INT64_C(1) << 61) - 1, 32, -1));
    cr_assert_eq(aez_ordered_from_image(-1, 32, -200), 0);
}
