/* proved.h - a chunk coded, decoded and compared, until every value keeps its promise. */
#ifndef AEZ_CHUNK_PROVED_H
#define AEZ_CHUNK_PROVED_H

#include "chunk.h"

/* One block of n values for each field; size 0: of the field's own type. Cleared; NULL when memory
 * is short. */
void **aez_columns_take(const aez_chunk_context *ctx, uint64_t n, size_t size);
void   aez_columns_drop(const aez_chunk_context *ctx, void **columns);

/* Codes, decodes and compares; values that miss the bound become exceptions and it starts over.
 * lattices[f] replaces the schema's where it is not NULL. *out stays empty when no proof succeeds.
 * mse: [n_fields] mean squared errors of the finite values that are not missing, or NULL. */
aez_status aez_encode_proved(const aez_chunk_context *ctx, const aez_box *box,
                             const void *const *columns, const aez_lattice *const *lattices,
                             aez_buf *out, aez_chunk_info *info, double *mse);

#endif
