/* provenance.h - where a model comes from, as lines of text. */
#ifndef AEZ_API_PROVENANCE_H
#define AEZ_API_PROVENANCE_H

#include "family.h"
#include "trained.h"

/* Appends lines "key: value" and a final 0: what was trained, how, on what, with what result. Nothing
 * of the machine or the hour. task: as it was given to the trainer. n_items: trained on. apart: the
 * items that stages were trained on were new to the model they had at hand. */
void aez_provenance_put(const aez_family *f, const aez_train_task *task, uint64_t n_items,
                        const aez_training_record *record, const aez_stage_target *targets,
                        size_t n_targets, int apart, aez_buf *out);

#endif
