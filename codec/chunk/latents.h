/* latents.h - the items of a field set as latents, and the hat that they give. */
#ifndef AEZ_CHUNK_LATENTS_H
#define AEZ_CHUNK_LATENTS_H

#include "fieldset.h"

/* The hat of each feature field, as fields that are given to a plan. */
typedef struct aez_hats {
    const aez_mem *mem;
    uint32_t       n;
    aez_ifield    *field; /* [n] k owned */
} aez_hats;

void aez_hats_free(aez_hats *hats);
/* Whether the set has all that its model needs: every feature field, whole items, no float bits. */
int aez_latents_fit(const aez_fieldset *s);
/* Appends the latents of the set's items and gives the hats that a reader will see. error,
 * n_errors: sum of squared standardised errors, and of how many features, or NULL. */
aez_status aez_latents_encode(const aez_fieldset *s, const aez_learned *learned,
                              const aez_search_options *options, aez_buf *out, aez_hats *hats,
                              double *error, uint64_t *n_errors);
aez_status aez_latents_decode(const aez_fieldset *s, aez_rd *in, aez_hats *hats);

#endif
