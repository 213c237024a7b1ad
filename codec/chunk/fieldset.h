/* fieldset.h - the integer fields of one chunk, and their coding: plan and residuals to bytes. */
#ifndef AEZ_CHUNK_FIELDSET_H
#define AEZ_CHUNK_FIELDSET_H

#include "../search/search.h"
#include "chunk.h"

/* What a field set may have of a model. */
typedef struct aez_features {
    const aez_model   *model;   /* NULL: none */
    const aez_learned *learned; /* writers: *model's other half; NULL: stages only */
    uint32_t          *at; /* [model->n_fields] their numbers here; UINT32_MAX: not here; owned */
} aez_features;

/* Owns k and skip of every field. A field may be hidden by an earlier mask field: where that is not
 * 0, nothing is coded; skip also holds the sites of rare exceptions. */
typedef struct aez_fieldset {
    const aez_mem *mem;
    aez_grid       grid;
    uint32_t       n, capacity;
    aez_ifield    *field;
    uint8_t      **skip;    /* [capacity] the writable side of field[].skip */
    int32_t       *mask_of; /* [capacity] index of the mask field, or -1 */
    aez_features   features;
    const aez_plan_seed *plans; /* of the file's model; NULL: none */
    int32_t              grain; /* aez_search_options; writers */
} aez_fieldset;

aez_status aez_fieldset_init(aez_fieldset *s, const aez_mem *mem, const aez_grid *grid,
                             uint32_t capacity);
void       aez_fieldset_free(aez_fieldset *s);
/* Adds a field with room for its k (not cleared) and, when asked, a cleared skip array; NULL when
 * memory is short. At most `capacity` fields. */
aez_ifield *aez_fieldset_add(aez_fieldset *s, uint64_t step, int32_t mask_of, int with_skip);

/* A model for the set; a model without fields is none. at: [model->n_fields] the numbers of its
 * fields here, UINT32_MAX for those that are not here; copied. NOMEM. */
aez_status aez_fieldset_use(aez_fieldset *s, const aez_model *model, const aez_learned *learned,
                            const uint32_t *at);

typedef struct aez_coding_info {
    uint64_t model_bytes, latent_bytes, residual_bytes;
    uint64_t without; /* bytes of the smallest way that was tried without the file's model */
    uint64_t digest;  /* of all values, where latents stand for some; else 0 */
    uint64_t n_items; /* coded by latents alone */
    double   error;   /* sum of squared errors of standardised features; writers, latents alone */
    uint64_t n_errors; /* features that it is over */
    double   baseline_error;
    uint64_t baseline_bytes;
} aez_coding_info;

/* Copies what was counted to the chunk's account; size: bytes of the set. */
void aez_coding_account(const aez_coding_info *coded, uint64_t size, aez_chunk_info *info);

/* Appends coder, plan and residuals; replaces each k by what a reader will restore. */
aez_status aez_fieldset_encode(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                               aez_coding_info *info, aez_search_note *notes);
/* Restores every k. describe: NULL or a buffer of s->n * AEZ_NOTE_SIZE for one phrase a field. */
aez_status aez_fieldset_decode(aez_fieldset *s, aez_rd *in, aez_coding_info *info, char *describe);

#endif
