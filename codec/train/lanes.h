/* lanes.h - elementary functions in loops that compilers make vectors of, AEZ_LOSS_LANES wide.
 *
 * They do the same operations on every CPU, so that trained bytes do not depend on it. */
#ifndef AEZ_TRAIN_LANES_H
#define AEZ_TRAIN_LANES_H

#include <stdint.h>
#include <string.h>

#define AEZ_LOSS_LANES 16

/* A function made for several kinds of CPU, the best one taken when it runs. Loops of
 * AEZ_LOSS_LANES steps become vectors in it. clang 14 gives such functions names that other files
 * do not find. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define AEZ_EACH_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define AEZ_EACH_CPU
#endif

#if defined(__GNUC__)
#define AEZ_LANE static inline __attribute__((always_inline))
#else
#define AEZ_LANE static inline
#endif

#define AEZ_LANE_LN2 0.69314718f
#define AEZ_LANE_LOG2E 1.44269504f

/* Choices are made on the bits: comparisons of floats keep compilers from making vectors, as they
 * may trap. Non-negative floats are in the order of their bits; those of NaN are the largest. */
AEZ_LANE int32_t aez_lane_bits(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

AEZ_LANE float aez_lane_float(int32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

AEZ_LANE float aez_lane_abs(float x)
{
    return aez_lane_float(aez_lane_bits(x) & 0x7FFFFFFF);
}

/* x where it is positive, else 0. */
AEZ_LANE float aez_lane_positive(float x)
{
    int32_t bits = aez_lane_bits(x);
    return aez_lane_float(bits & ~(bits >> 31));
}

/* x, no further from 0 than most. */
AEZ_LANE float aez_lane_within(float x, float most)
{
    int32_t bits = aez_lane_bits(x), size = bits & 0x7FFFFFFF, limit = aez_lane_bits(most);
    size = size < limit ? size : limit;
    return aez_lane_float(size | (bits & INT32_MIN));
}

/* 2^x, |x| clamped to 100: relative error about 1e-7. */
AEZ_LANE float aez_lane_exp2(float x)
{
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to whole numbers */
    float       r, f, p;
    int32_t     whole;
    x = aez_lane_within(x, 100);
    r = x + magic;
    whole = aez_lane_bits(r) - 0x4B400000;
    f = x - (r - magic);
    p = 1.5403530e-4f;
    p = p * f + 1.33335581e-3f;
    p = p * f + 9.61812911e-3f;
    p = p * f + 5.55041087e-2f;
    p = p * f + 2.40226507e-1f;
    p = p * f + 6.93147181e-1f;
    p = p * f + 1.0f;
    return aez_lane_float(aez_lane_bits(p) + (int32_t)((uint32_t)whole << 23));
}

/* log2(x), x > 0 and not subnormal. */
AEZ_LANE float aez_lane_log2(float x)
{
    int32_t bits = aez_lane_bits(x), e = (bits - 0x3F3504F3) >> 23;
    float   m = aez_lane_float(bits - (int32_t)((uint32_t)e << 23)), t, t2;
    t = (m - 1) / (m + 1);
    t2 = t * t;
    return (float)e + 2.88539008f * t *
                          (1 + t2 * (0.33333333f + t2 * (0.2f + t2 * 0.142857f)));
}

/* 1 / sqrt(x) for normal x, relative error about 1e-7: Newton's method from the bits. sqrtf would
 * set errno, which keeps compilers from making vectors. 0 gives a large finite number. */
AEZ_LANE float aez_lane_rsqrt(float x)
{
    float y = aez_lane_float(0x5F3759DF - (aez_lane_bits(x) >> 1)), half = 0.5f * x;
    y = y * (1.5f - half * y * y);
    y = y * (1.5f - half * y * y);
    y = y * (1.5f - half * y * y);
    return y;
}

/* log(1 + e^x); x of any size. */
AEZ_LANE float aez_lane_softplus(float x)
{
    float rest = aez_lane_exp2(-aez_lane_abs(x) * AEZ_LANE_LOG2E);
    return aez_lane_positive(x) + aez_lane_log2(1 + rest) * AEZ_LANE_LN2;
}

/* 1 / (1 + e^-x) */
AEZ_LANE float aez_lane_sigmoid(float x)
{
    return 1 / (1 + aez_lane_exp2(-x * AEZ_LANE_LOG2E));
}

/* Random bits of a counter (the low bias mixer of C. Wellons, twice). */
AEZ_LANE uint32_t aez_lane_hash(uint32_t counter, uint64_t key)
{
    uint32_t x = counter ^ (uint32_t)key;
    for (int turn = 0; turn < 2; turn++) {
        x ^= x >> 16;
        x *= 0x7FEB352Du;
        x ^= x >> 15;
        x *= 0x846CA68Bu;
        x ^= x >> 16;
        x += (uint32_t)(key >> 32);
    }
    return x;
}

/* A standard normal number of 32 random bits: sqrt(2) erfinv(u) by the polynomials of M. Giles
 * (Approximating the erfinv function, 2010). */
AEZ_LANE float aez_lane_normal(uint32_t bits)
{
    float   u = ((float)(int32_t)(bits >> 8) - 8388607.5f) * 0x1p-23f; /* inside -1 .. 1 */
    float   w = aez_lane_positive(-AEZ_LANE_LN2 * aez_lane_log2((1 - u) * (1 + u)));
    float   a = w - 2.5f, b = w * aez_lane_rsqrt(w + 1e-6f) - 3, p, q;
    int32_t near = -(aez_lane_bits(w) < aez_lane_bits(5.0f));
    p = 2.81022636e-08f;
    p = p * a + 3.43273939e-07f;
    p = p * a - 3.5233877e-06f;
    p = p * a - 4.39150654e-06f;
    p = p * a + 0.00021858087f;
    p = p * a - 0.00125372503f;
    p = p * a - 0.00417768164f;
    p = p * a + 0.246640727f;
    p = p * a + 1.50140941f;
    q = -0.000200214257f;
    q = q * b + 0.000100950558f;
    q = q * b + 0.00134934322f;
    q = q * b - 0.00367342844f;
    q = q * b + 0.00573950773f;
    q = q * b - 0.0076224613f;
    q = q * b + 0.00943887047f;
    q = q * b + 1.00167406f;
    q = q * b + 2.83297682f;
    p = aez_lane_float((aez_lane_bits(p) & near) | (aez_lane_bits(q) & ~near));
    return p * u * 1.41421356f;
}

#endif
