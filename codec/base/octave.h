/* octave.h - logarithms of integers, as tokens, levels and contexts need them. */
#ifndef AEZ_BASE_OCTAVE_H
#define AEZ_BASE_OCTAVE_H

#include <stdint.h>

static inline unsigned aez_log2_floor(uint64_t v) /* v > 0 */
{
#if defined(__GNUC__)
    return 63u - (unsigned)__builtin_clzll(v);
#else
    unsigned e = 0;
    while (v >>= 1)
        e++;
    return e;
#endif
}

/* floor of 2 log2 of v + 1, its upper half octave beginning at 1.5 (spec 4.5.4). */
static inline unsigned aez_half_octaves(uint64_t v)
{
    unsigned log;
    v += 1;
    if (v < 2)
        return 0;
    log = aez_log2_floor(v);
    return 2 * log + (unsigned)(v >> (log - 1) & 1);
}

#endif
