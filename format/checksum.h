/* checksum.h - XXH3-64, the checksum of every section. */
#ifndef AEZ_FORMAT_CHECKSUM_H
#define AEZ_FORMAT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint64_t aez_checksum(const void *src, size_t n, uint64_t seed);

#endif
