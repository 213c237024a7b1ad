/* array.h - the coded form of an array's chunk: lattices, exceptions, fields. */
#ifndef AEZ_CHUNK_ARRAY_H
#define AEZ_CHUNK_ARRAY_H

#include "chunk.h"

/* Appends the coded form. lattices[f] replaces the schema's lattice where it is not NULL.
 * odd: [n_fields][n_sites] flags of values to keep as exceptions whatever the lattice says; they
 * are added to. */
aez_status aez_array_encode(const aez_chunk_context *ctx, const aez_box *box,
                            const void *const *columns, const aez_lattice *const *lattices,
                            uint8_t *const *odd, aez_buf *out, aez_chunk_info *info);
aez_status aez_array_decode(const aez_chunk_context *ctx, const aez_box *box, aez_rd *in,
                            void *const *columns, aez_chunk_info *info);

#endif
