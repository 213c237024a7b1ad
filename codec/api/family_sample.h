/* family_sample.h - what of a family stages are trained on. */
#ifndef AEZ_API_FAMILY_SAMPLE_H
#define AEZ_API_FAMILY_SAMPLE_H

#include "family.h"

/* Of the items kept of block i, take[i] from number skip[i] on. */
typedef struct aez_family_sample {
    uint64_t *skip, *take; /* [n_blocks] owned */
    uint64_t  n_items;
} aez_family_sample;

/* Where the last items begin if some are to be kept apart: a quarter of all, or, where files end
 * near there, whole files. 0: there are too few. */
uint64_t aez_family_apart(const aez_family *f);
/* Runs of the items from number first_item on, from the start of what each file has of them,
 * together at most one chunk. NOMEM. */
aez_status aez_family_sample_take(const aez_family *f, uint64_t first_item, aez_family_sample *out);
void       aez_family_sample_free(const aez_family *f, aez_family_sample *sample);

/* Codes the sample with the model for the target; what serves best is added to the seed. On failure
 * the family has failed. */
aez_status aez_family_code_sample(aez_family *f, const aez_family_sample *sample,
                                  const aez_trained *model, const aez_stage_target *target,
                                  aez_plan_seed *seed);

#endif
