/* checksum.h - XXH3: the checksum of every section, and the hash that names a model. */
#ifndef AEZ_FORMAT_CHECKSUM_H
#define AEZ_FORMAT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define AEZ_HASH_SIZE 16

uint64_t aez_checksum(const void *src, size_t n, uint64_t seed);
/* XXH3-128 without a seed, in canonical order: the highest byte first. */
void     aez_hash128(const void *src, size_t n, uint8_t hash[AEZ_HASH_SIZE]);

#endif
