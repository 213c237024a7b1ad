/* match.h - match taps: the value that followed the last equal context, found by hash (spec 4.7). */
#ifndef AEZ_PLAN_MATCH_H
#define AEZ_PLAN_MATCH_H

#include "plan.h"

typedef struct aez_matcher aez_matcher;

/* The tables of one stage with contexts, all empty. */
aez_status aez_matcher_create(aez_matcher **out, const aez_mem *mem, const aez_stage *stage);
void       aez_matcher_destroy(aez_matcher *m);

/* Hash of a context: aez_match_begin, then each of its taps' values in order. */
static inline uint64_t aez_match_begin(unsigned context)
{
    return UINT64_C(0x9E3779B97F4A7C15) + context;
}

static inline uint64_t aez_match_add(uint64_t hash, int64_t value)
{
    hash = (hash ^ (uint64_t)value) * UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}

/* Looks up the hashes of a site's contexts, one each. 1 and *value, when one of them was met before;
 * *state (< AEZ_MATCH_STATES) tells which, and how well it foretold so far. */
int aez_matcher_look(aez_matcher *m, const uint64_t *hash, int64_t *value, unsigned *state);
/* Learns the value of the site looked up last. */
void aez_matcher_learn(aez_matcher *m, int64_t value);

/* Symbols at a site with a match: 0 where the match is right, else the zigzag residual z counted
 * without that of the match. */
static inline uint64_t aez_match_fold(uint64_t z, uint64_t z_match)
{
    return z == z_match ? 0 : z < z_match ? z + 1 : z;
}

static inline uint64_t aez_match_unfold(uint64_t symbol, uint64_t z_match)
{
    return symbol == 0 ? z_match : symbol <= z_match ? symbol - 1 : symbol;
}

#endif
