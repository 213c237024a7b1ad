/* token.h - how an unsigned value is cut in a token, which is entropy coded, and raw bits. */
#ifndef AEZ_ENTROPY_TOKEN_H
#define AEZ_ENTROPY_TOKEN_H

#include "../base/octave.h"

#include <stdint.h>

#define AEZ_SPLIT_MAX 11
#define AEZ_MSB_MAX 3

/* Values below 2^split are their own token. Any other value, with e = floor(log2 value), has the
 * token 2^split + (e - split) * 2^msb + (the msb bits below its leading one), and e - msb raw
 * bits. msb <= split. */
typedef struct aez_token_cut {
    unsigned split, msb;
} aez_token_cut;

static inline uint32_t aez_token_of(aez_token_cut cut, uint64_t value)
{
    unsigned e;
    if (value >> cut.split == 0)
        return (uint32_t)value;
    e = aez_log2_floor(value);
    return ((uint32_t)1 << cut.split) + ((e - cut.split) << cut.msb) +
           ((uint32_t)(value >> (e - cut.msb)) & (((uint32_t)1 << cut.msb) - 1));
}

/* How many tokens there are: all of them are below this. */
static inline uint32_t aez_token_count(aez_token_cut cut)
{
    return ((uint32_t)1 << cut.split) + ((64 - cut.split) << cut.msb);
}

/* Number of raw bits that follow this token. */
static inline unsigned aez_token_raw_bits(aez_token_cut cut, uint32_t token)
{
    uint32_t direct = (uint32_t)1 << cut.split;
    return token < direct ? 0 : cut.split + ((token - direct) >> cut.msb) - cut.msb;
}

/* Smallest value with this token (which is below aez_token_count). */
static inline uint64_t aez_token_first(aez_token_cut cut, uint32_t token)
{
    uint32_t direct = (uint32_t)1 << cut.split, over;
    if (token < direct)
        return token;
    over = token - direct;
    return (((uint64_t)1 << cut.msb) | (over & (((uint32_t)1 << cut.msb) - 1)))
           << (cut.split + (over >> cut.msb) - cut.msb);
}

#endif
