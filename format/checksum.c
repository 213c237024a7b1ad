/* checksum.c - XXH3: the checksum of every section, and the hash that names a model. */
#include "checksum.h"

#include <xxhash.h>

uint64_t aez_checksum(const void *src, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(src, n, seed);
}

void aez_hash128(const void *src, size_t n, uint8_t hash[AEZ_HASH_SIZE])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(src, n));
    for (size_t i = 0; i < AEZ_HASH_SIZE; i++)
        hash[i] = canonical.digest[i];
}
