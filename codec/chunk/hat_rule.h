/* hat_rule.h - from the fixed-point numbers of a decoder to whole numbers, in integers. */
#ifndef AEZ_CHUNK_HAT_RULE_H
#define AEZ_CHUNK_HAT_RULE_H

#include <stdint.h>

/* A number h becomes base + h * mult * 2^-shift, and the rest of the offset, rounded to nearest
 * (spec 10.8). */
typedef struct aez_hat_rule {
    int64_t  base; /* floor of the offset */
    uint64_t rest; /* fraction of the offset, in units of 2^-shift */
    int64_t  mult; /* 0 .. 2^31 */
    int      shift; /* at most 61; below 1: to the left */
} aez_hat_rule;

/* The rule of (offset + scale * hat * 2^-frac) * 2^exponent; scale is not negative. */
void    aez_hat_rule_make(aez_hat_rule *rule, double offset, double scale, unsigned frac,
                          int exponent);
int64_t aez_hat_value(const aez_hat_rule *rule, int32_t hat);

#endif
