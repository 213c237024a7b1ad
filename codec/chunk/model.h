/* model.h - the model of a file: a body, the fields that it is about, and its hat as lattice values.
 */
#ifndef AEZ_CHUNK_MODEL_H
#define AEZ_CHUNK_MODEL_H

#include "body.h"

typedef enum aez_link_kind { /* numbers are those of the file format */
    AEZ_LINK_SAME = 0, /* the numbers of the body are the lattice values */
    AEZ_LINK_MAPS = 1, /* each field has a map from one to the other */
    AEZ_LINK_NONE = 2  /* the lattices have no such map, or the body no decoder: there are no hats */
} aez_link_kind;

/* An item has, of each feature field, `inner` sites that follow one another: its features are those
 * of the first field, then those of the second, ... */
typedef struct aez_model {
    aez_mem               mem;
    uint32_t              n_fields; /* 0: there is no model */
    uint32_t             *field; /* [n_fields] numbers of the schema's fields or columns, increasing */
    aez_link_kind         links;
    aez_hat_rule         *map;  /* [n_fields] from numbers of the body, with AEZ_LINK_MAPS */
    const aez_model_body *body; /* &own, or shared */
    aez_model_body        own;
} aez_model;

void aez_model_init(aez_model *model, const aez_mem *mem);
void aez_model_free(aez_model *model);

/* The map value = offset + k * unit turned round: from numbers of `from` to k. Returns 0 where it is
 * beyond what maps can say. exact: k counts without steps, so that the fraction matters. */
int  aez_model_map(aez_hat_rule *map, const aez_model_unit *from, double offset, double unit,
                   int exact);
int  aez_model_map_is_same(const aez_hat_rule *map);
/* Lattice value of feature j (of field j / inner), from the decoder's hat. */
int64_t aez_model_hat(const aez_model *model, size_t j, int32_t hat);
/* Whether chunks may be coded by latents or with a hat. */
int  aez_model_has_hats(const aez_model *model);
/* Plans that chunks may use; NULL: none. */
const aez_plan_seed *aez_model_plans(const aez_model *model);

/* Payload of the section of a model: field, links, map of the model are looked at. */
void aez_model_put(const aez_model *model, const uint8_t *body, size_t size, aez_buf *out);
/* Payload of the section of a reference to a model. */
void aez_model_put_reference(const aez_model *model, const uint8_t *hash, uint64_t size,
                             const char *hint, aez_buf *out);

/* What a file says of a body that it does not hold. */
typedef struct aez_model_reference {
    uint8_t  hash[AEZ_MODEL_HASH];
    uint64_t size;      /* of the body */
    char     hint[256]; /* a name for messages, printable */
} aez_model_reference;

/* What a file's schema is, for what its model has to agree with. */
typedef struct aez_model_file {
    int             is_table;
    uint32_t        n_fields; /* or columns */
    unsigned        n_dims;   /* of an array */
    const uint64_t *shape;
} aez_model_file;

/* Reads and checks the payload into an initialised or freed *model. On failure *model is as after
 * aez_model_init. CORRUPT, LIMIT, VERSION, NOMEM. */
aez_status aez_model_get(aez_model *model, const aez_model_file *file, const void *payload,
                         size_t size);
/* Reads a reference; then the body is bound, once it is known. */
aez_status aez_model_get_reference(aez_model *model, const aez_model_file *file,
                                   const void *payload, size_t size, aez_model_reference *out);
/* CORRUPT: the body is not one for these links or this file. */
aez_status aez_model_bind(aez_model *model, const aez_model_file *file,
                          const aez_model_body *body);

/* What a writer has beside the model: the encoder half, and what may be tried. */
typedef enum aez_model_use {
    AEZ_USE_LATENTS = 1, /* the hat stands for the values */
    AEZ_USE_HAT = 2,     /* stages tap the hat */
    AEZ_USE_BEST = 3     /* as before, or stages alone where that is smaller */
} aez_model_use;

typedef struct aez_learned {
    aez_model                 model;
    const aez_trainer        *trainer;
    void                     *encoder; /* of the trainer; NULL where there are no latents */
    int                       shared;  /* encoder belongs to somebody else */
    /* What the encoder is shown: value = offset + k * unit of each field; NULL: k. */
    double                   *offset, *unit; /* [n_fields] owned */
    aez_model_use             use;
    const struct aez_learned *baseline; /* PCA to compare with, or NULL */
} aez_learned;

/* Frees what it owns, the encoder too. */
void aez_learned_free(aez_learned *learned);

#endif
