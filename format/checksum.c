/* checksum.c - XXH3-64, the checksum of every section. */
#include "checksum.h"

#include <xxhash.h>

uint64_t aez_checksum(const void *src, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(src, n, seed);
}
