/* entropy.h - pack and unpack one stream of symbols or bytes: raw, zstd or rANS.
 *
 * The only unit that includes zstd.h. Every packed stream starts with a method byte and carries its
 * own count, so that unpacking needs nothing but the bytes and a limit. */
#ifndef AEZ_ENTROPY_ENTROPY_H
#define AEZ_ENTROPY_ENTROPY_H

#include "../base/buf.h"

#define AEZ_SYMBOL_MAX 4095 /* largest symbol value of aez_symbols_pack */

typedef struct aez_pack_options {
    int zstd_only;  /* nonzero: never rANS */
    int zstd_level; /* 1 .. 22, for the zstd candidate; 0: do not try zstd */
} aez_pack_options;

/* Appends n symbols (each <= AEZ_SYMBOL_MAX) packed by the method that is smallest. */
aez_status aez_symbols_pack(const aez_mem *mem, const uint16_t *symbols, size_t n,
                            const aez_pack_options *options, aez_buf *out);
/* Reads one stream; *symbols is a new block of *n values (aez_drop it). CORRUPT, LIMIT (more than
 * max_n symbols), NOMEM. */
aez_status aez_symbols_unpack(const aez_mem *mem, aez_rd *in, size_t max_n, uint16_t **symbols,
                              size_t *n);
/* Estimated bits of symbols with this histogram of n_symbols entries, packed by rANS, table
 * included. */
double aez_symbols_cost(const uint32_t *histogram, size_t n_symbols);

/* Appends n bytes: raw or zstd, whichever is smaller. */
aez_status aez_bytes_pack(const aez_mem *mem, const void *bytes, size_t n, int zstd_level,
                          aez_buf *out);
/* LIMIT: more than max_n bytes, or more than this machine can address. */
aez_status aez_bytes_unpack(const aez_mem *mem, aez_rd *in, uint64_t max_n, uint8_t **bytes,
                            size_t *n);
/* Appends n bytes as one plain zstd frame (a stored chunk) if that takes at most `limit` bytes;
 * else, given up early, nothing. The inverse writes exactly n bytes or fails. */
aez_status aez_frame_pack_below(const aez_mem *mem, const void *bytes, size_t n, int zstd_level,
                                size_t limit, aez_buf *out);
aez_status aez_frame_unpack(const aez_mem *mem, const void *frame, size_t size, void *bytes,
                            size_t n);

#endif
