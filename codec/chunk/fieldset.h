/* fieldset.h - the integer fields of one chunk, and their coding: plan and residuals to bytes. */
#ifndef AEZ_CHUNK_FIELDSET_H
#define AEZ_CHUNK_FIELDSET_H

#include "../search/search.h"

/* Owns k and skip of every field. A field may be hidden by an earlier mask field: where that is not
 * 0, nothing is coded; skip also holds the sites of rare exceptions. */
typedef struct aez_fieldset {
    const aez_mem *mem;
    aez_grid       grid;
    uint32_t       n, capacity;
    aez_ifield    *field;
    uint8_t      **skip;    /* [capacity] the writable side of field[].skip */
    int32_t       *mask_of; /* [capacity] index of the mask field, or -1 */
} aez_fieldset;

aez_status aez_fieldset_init(aez_fieldset *s, const aez_mem *mem, const aez_grid *grid,
                             uint32_t capacity);
void       aez_fieldset_free(aez_fieldset *s);
/* Adds a field with room for its k (not cleared) and, when asked, a cleared skip array; NULL when
 * memory is short. At most `capacity` fields. */
aez_ifield *aez_fieldset_add(aez_fieldset *s, uint64_t step, int32_t mask_of, int with_skip);

typedef struct aez_coding_info {
    uint64_t model_bytes, residual_bytes;
} aez_coding_info;

/* Appends plan and residuals; replaces each k by what a reader will restore. */
aez_status aez_fieldset_encode(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                               aez_coding_info *info, aez_search_note *notes);
/* Restores every k. describe: NULL or a buffer of s->n * AEZ_NOTE_SIZE for one phrase a field. */
aez_status aez_fieldset_decode(aez_fieldset *s, aez_rd *in, aez_coding_info *info, char *describe);

#endif
