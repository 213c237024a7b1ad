/* family_sample.h - what of a family stages are trained on. */
#ifndef AEZ_API_FAMILY_SAMPLE_H
#define AEZ_API_FAMILY_SAMPLE_H

#include "family.h"

/* The first take[i] of the items kept of block i. */
typedef struct aez_family_sample {
    uint64_t *take; /* [n_blocks] owned */
    uint64_t  n_items;
} aez_family_sample;

/* Runs from the starts of all files that have items in the blocks from first_block on, together at
 * most one chunk. NOMEM. */
aez_status aez_family_sample_take(const aez_family *f, size_t first_block, aez_family_sample *out);
void       aez_family_sample_free(const aez_family *f, aez_family_sample *sample);

/* Codes the sample with the model for the target; what serves best is added to the seed. On failure
 * the family has failed. */
aez_status aez_family_code_sample(aez_family *f, const aez_family_sample *sample,
                                  const aez_trained *model, const aez_stage_target *target,
                                  aez_plan_seed *seed);

#endif
