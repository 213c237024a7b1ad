/* ifield.h - an integer field: what lattices and tables give to the plan, and get back from it. */
#ifndef AEZ_BASE_IFIELD_H
#define AEZ_BASE_IFIELD_H

#include <stdint.h>

/* The n values of one field on a chunk's grid, in C order.
 *
 * With step S (1: exact), the coder restores r = p + q*S modulo 2^64, p being its prediction and
 * q = floor((k - p + S/2) / S): so k - r lies in [-(S/2), (S-1)/2] for odd S and in
 * [-S/2, S/2 - 1] for even S, which is exact for a k that was rounded down (floor) from a real. */
typedef struct aez_ifield {
    int64_t       *k;    /* [n] lattice values; replaced by the restored ones when coded */
    const uint8_t *skip; /* [n] nonzero: an exception, nothing is coded there; NULL: none */
    uint64_t       step; /* S >= 1 */
    /* 0, or 32 / 64: k are ordered bit patterns (floatbits.h) of floats of that width, and
     * prediction runs on their fixed-point image with scale `image_scale`. */
    unsigned image_width;
    int      image_scale;
} aez_ifield;

#endif
