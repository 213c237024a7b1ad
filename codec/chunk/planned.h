/* planned.h - the integer fields of a set as a plan sees them, and their coding by stages. */
#ifndef AEZ_CHUNK_PLANNED_H
#define AEZ_CHUNK_PLANNED_H

#include "latents.h"

/* The fields of a plan: hats first, which are given, then those of the set that it restores. */
typedef struct aez_planned {
    aez_fieldset *set;
    uint32_t      n_given, n;
    aez_ifield   *field; /* [n] k is shared with hats and set */
    uint32_t     *at;    /* [n] number in the set, of those that are not given */
    uint32_t     *hat;   /* [n] 1 + the given field that foretells it, or 0 */
} aez_planned;

/* The fields that coder `coder` plans; hats: given ones of AEZ_CODER_HAT, else NULL. NOMEM; the
 * caller frees *p whatever comes back. */
aez_status aez_planned_init(aez_planned *p, aez_fieldset *s, const aez_hats *hats, int coder);
void       aez_planned_free(aez_planned *p);
/* Appends plan and residuals; each k becomes what a reader will restore. notes: [n - n_given]. */
aez_status aez_planned_encode(aez_planned *p, const aez_search_options *options, aez_buf *out,
                              aez_coding_info *info, aez_search_note *notes);
/* Restores every k that is not given. describe: NULL, or a phrase for each field of the set. */
aez_status aez_planned_decode(aez_planned *p, aez_rd *in, aez_coding_info *info, char *describe);

#endif
