/* stored.h - the stored form of a chunk: one zstd frame, where that is smaller than coding. */
#ifndef AEZ_CHUNK_STORED_H
#define AEZ_CHUNK_STORED_H

#include "../entropy/entropy.h"

/* Appends the frame if it takes less than `coded` bytes (SIZE_MAX: there is no coded form); else
 * nothing. Below level 5 the frame is zstd -3; from there on zstd -19, which is not run when the
 * coded form is already below 0.4 of zstd -3 (uci_keggdirected.csv: -19 takes 0.57 of -3). */
aez_status aez_store_if_smaller(const aez_mem *mem, int level, const void *bytes, size_t n,
                                size_t coded, aez_buf *out);

#endif
