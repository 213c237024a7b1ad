/* model.h - the autoencoder of a file: which fields it is about, and its hat as lattice values. */
#ifndef AEZ_CHUNK_MODEL_H
#define AEZ_CHUNK_MODEL_H

#include "../autoencoder/autoencoder.h"

/* From the decoder's hat to a lattice value, in integers (spec: the hat as a lattice value). */
typedef struct aez_hat_rule {
    int64_t  base; /* floor of the offset */
    uint64_t rest; /* fraction of the offset, in units of 2^-shift */
    int64_t  mult; /* 0 .. 2^31 */
    int      shift; /* at most 61; below 1: to the left */
} aez_hat_rule;

void    aez_hat_rule_make(aez_hat_rule *rule, double offset, double scale, unsigned frac);
int64_t aez_hat_value(const aez_hat_rule *rule, int32_t hat);

/* An item has, of each feature field, `inner` sites that follow one another: its features are those
 * of the first field, then those of the second, ... */
typedef struct aez_model {
    aez_mem         mem;
    aez_autoencoder decoder;
    uint64_t        inner;
    uint32_t        n_fields; /* 0: there is no model */
    uint32_t       *field; /* [n_fields] numbers of the schema's fields or columns, increasing */
    aez_hat_rule   *rule;  /* [n_features], or [1] where the decoder has common statistics */
} aez_model;

void aez_model_init(aez_model *model, const aez_mem *mem);
void aez_model_free(aez_model *model);
/* Payload of the model section; decoder: bytes of aez_autoencoder_put. */
void aez_model_put(const uint32_t *field, uint32_t n_fields, uint64_t inner, const uint8_t *decoder,
                   size_t size, aez_buf *out);
/* Reads and checks into an initialised or freed *model; n_schema: fields that there are. On failure
 * *model is as after aez_model_init. CORRUPT, LIMIT, VERSION, TRUNCATED, NOMEM. */
aez_status aez_model_get(aez_model *model, uint32_t n_schema, const void *payload, size_t size);
/* The rule of feature number j. */
static inline const aez_hat_rule *aez_model_rule(const aez_model *model, size_t j)
{
    return &model->rule[model->decoder.common ? 0 : j];
}

/* What a writer has beside the model: the encoder half, and what may be tried. */
typedef enum aez_model_use {
    AEZ_USE_LATENTS = 1, /* the hat stands for the values */
    AEZ_USE_HAT = 2,     /* stages tap the hat */
    AEZ_USE_BEST = 3     /* as before, or stages alone where that is smaller */
} aez_model_use;

typedef struct aez_learned {
    aez_model                 model;
    const aez_trainer        *trainer;
    void                     *encoder; /* of the trainer; owned */
    aez_model_use             use;
    const struct aez_learned *baseline; /* PCA to compare with, or NULL */
} aez_learned;

#endif
