/* rng.h - a small seeded generator (SplitMix64): the same numbers everywhere. Never normative. */
#ifndef AEZ_BASE_RNG_H
#define AEZ_BASE_RNG_H

#include <stdint.h>

typedef struct aez_rng {
    uint64_t state;
} aez_rng;

static inline void aez_rng_seed(aez_rng *r, uint64_t seed)
{
    r->state = seed;
}

/* Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014). */
static inline uint64_t aez_rng_next(aez_rng *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 .. n - 1, n >= 1; the bias of the remainder is below n / 2^64. */
static inline uint64_t aez_rng_below(aez_rng *r, uint64_t n)
{
    return (n & (n - 1)) == 0 ? aez_rng_next(r) & (n - 1) : aez_rng_next(r) % n;
}

#endif
