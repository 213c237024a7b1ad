/* chunk.h - one chunk of an array to bytes and back: the only place that knows the whole road. */
#ifndef AEZ_CHUNK_CHUNK_H
#define AEZ_CHUNK_CHUNK_H

#include "../lattice/lattice.h"
#include "../search/search.h"
#include "model.h"

/* A field as chunks see it: its type, and the lattice that the schema gives it. */
typedef struct aez_chunk_field {
    aez_type    type;
    aez_lattice lattice; /* owned by the schema */
    int         has_missing;
    uint64_t    missing; /* raw bit pattern */
    double      target_mse; /* mode PSNR: largest mean squared error; else 0. Writers only */
} aez_chunk_field;

typedef struct aez_chunk_context {
    const aez_mem         *mem;
    uint32_t               n_fields;
    const aez_chunk_field *fields;
    aez_search_options     search;
    const aez_model       *model;   /* NULL or without fields: none */
    const aez_learned     *learned; /* writers: the model's other half, or NULL */
    uint64_t               memory_limit; /* readers: of side bytes; 0: that of the format */
} aez_chunk_context;

typedef struct aez_chunk_info {
    uint64_t model_bytes, latent_bytes, residual_bytes, text_bytes, stored_bytes;
    uint64_t saved; /* bytes that the file's model saved */
    int      stored;
    uint64_t digest; /* these and the next as in aez_coding_info */
    uint64_t n_items, n_errors, baseline_bytes;
    double   error, baseline_error;
    char    *text; /* [n_fields][AEZ_NOTE_SIZE] a phrase a field, or NULL: not wanted */
} aez_chunk_info;

/* The box of a chunk: a run of sites in C order that is also a box of the grid. */
typedef struct aez_box {
    unsigned n_dims;
    uint64_t shape[AEZ_MAX_DIMS];
    uint64_t n_sites;
} aez_box;

/* Box number i when the grid is cut into boxes of at most max_sites sites: axes before the cut axis
 * have one position a box, those after it are whole. Returns the number of boxes (0: no sites). */
uint64_t aez_box_at(const uint64_t *shape, unsigned n_dims, uint64_t max_sites, uint64_t i,
                    aez_box *box);

/* Appends the payload of the chunk: coded, proved by decoding it, or stored, whichever is smaller.
 */
aez_status aez_chunk_encode(const aez_chunk_context *ctx, const aez_box *box,
                            const void *const *columns, aez_buf *out, aez_chunk_info *info);
/* Restores box->n_sites values of every field. */
aez_status aez_chunk_decode(const aez_chunk_context *ctx, const aez_box *box, const void *payload,
                            size_t size, void *const *columns, aez_chunk_info *info);

#endif
