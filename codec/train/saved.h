/* saved.h - what `save` of the trainer gives: a float model, its curve, and where training
 * stood. */
#ifndef AEZ_TRAIN_SAVED_H
#define AEZ_TRAIN_SAVED_H

#include "train.h"

typedef struct aez_saved {
    aez_float_model *model;
    aez_train_log    log;
    aez_export_loss  loss;
} aez_saved;

void aez_saved_init(aez_saved *s, const aez_mem *mem);
void aez_saved_free(aez_saved *s);
/* NOMEM, or out->failed. */
aez_status aez_saved_put(const aez_saved *s, aez_buf *out);
/* Into an initialised *s, to be freed whatever comes out. Statuses as aez_float_model_get; CORRUPT
 * when bytes are left over. */
aez_status aez_saved_get(const aez_mem *mem, const void *bytes, size_t size, aez_saved *s);

void      aez_put_epoch(aez_buf *out, const aez_epoch *e);
aez_epoch aez_get_epoch(aez_rd *in);

#endif
