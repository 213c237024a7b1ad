/* hat_rule.c - from the fixed-point numbers of a decoder to whole numbers, in integers. */
#include "hat_rule.h"

#include <string.h>

#define SHIFT_MAX 61

/* x = mantissa * 2^exponent, mantissa below 2^53 in magnitude, by its bit pattern. x is finite. */
static int64_t take_apart(double x, int *exponent)
{
    uint64_t bits;
    int64_t  m;
    int      e;
    memcpy(&bits, &x, sizeof bits);
    e = (int)(bits >> 52 & 0x7FF);
    m = (int64_t)(bits & (((uint64_t)1 << 52) - 1));
    if (e > 0)
        m |= (int64_t)1 << 52;
    *exponent = (e > 0 ? e : 1) - 1075;
    return bits >> 63 ? -m : m;
}

/* base = floor(offset) modulo 2^64, rest = floor of its fraction times 2^shift. */
static void set_offset(aez_hat_rule *rule, double offset, int exponent)
{
    int      e;
    int64_t  m = take_apart(offset, &e);
    uint64_t low;
    e += exponent;
    rule->rest = 0;
    if (e >= 0) {
        rule->base = e > 63 ? 0 : (int64_t)((uint64_t)m << e);
        return;
    }
    if (e < -63) { /* below 2^-10 in magnitude: the fraction is next to 0 or to 1 */
        rule->base = m < 0 ? -1 : 0;
        low = m < 0 ? UINT64_MAX : 0;
        e = -64;
    } else {
        rule->base = m >> -e;
        low = (uint64_t)m & (((uint64_t)1 << -e) - 1);
    }
    if (rule->shift < 1)
        return;
    rule->rest = -e <= rule->shift ? low << (rule->shift + e) : low >> (-e - rule->shift);
}

void aez_hat_rule_make(aez_hat_rule *rule, double offset, double scale, unsigned frac,
                       int exponent)
{
    int     e;
    int64_t m = take_apart(scale, &e);
    while (m != 0 && m < (int64_t)1 << 52) { /* subnormal */
        m <<= 1;
        e--;
    }
    rule->mult = (m + ((int64_t)1 << 21)) >> 22; /* 31 bits: a product with a hat fits 64 */
    rule->shift = (int)frac - e - exponent - 22;
    if (rule->shift > SHIFT_MAX) {
        int less = rule->shift - SHIFT_MAX;
        rule->mult = less > 31 ? 0 : rule->mult >> less;
        rule->shift = SHIFT_MAX;
    }
    set_offset(rule, offset, exponent);
}

int64_t aez_hat_value(const aez_hat_rule *rule, int32_t hat)
{
    int64_t  t = (int64_t)hat * rule->mult; /* at most 2^62 in magnitude */
    uint64_t move;
    if (rule->shift < 1) {
        move = rule->shift < -63 ? 0 : (uint64_t)t << -rule->shift;
    } else { /* 2^62 + 2^61 + 2^60 < 2^63 */
        t += (int64_t)rule->rest + ((int64_t)1 << (rule->shift - 1));
        move = (uint64_t)(t >> rule->shift);
    }
    return (int64_t)((uint64_t)rule->base + move);
}
