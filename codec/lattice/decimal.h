/* decimal.h - decimals as integers: powers of ten, and the nearest k of a value. */
#ifndef AEZ_LATTICE_DECIMAL_H
#define AEZ_LATTICE_DECIMAL_H

#define DECIMAL_DIGITS_MAX 22 /* 10^22 is the largest power of ten that binary64 holds exactly */

static inline double decimal_power(unsigned digits)
{
    static const double power[DECIMAL_DIGITS_MAX + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };
    return power[digits];
}

/* Adding and taking away 1.5 * 2^52 rounds to the nearest integer, for |q| < 2^51. The sum's low
 * bits are then that integer: no library call, and loops of it become SIMD at the base level. */
#define ROUNDING_MAGIC 6755399441055744.0
#define ROUNDING_LIMIT 2251799813685248.0 /* 2^51 */

static inline double round_small(double q)
{
    return (q + ROUNDING_MAGIC) - ROUNDING_MAGIC;
}

#endif
