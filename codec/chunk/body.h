/* body.h - what files of a family share: a decoder, plans of stages, and the fields they are about.
 *
 * The body is the same bytes wherever it stands: in a model file, and in every file that embeds it;
 * files that refer to it name its hash. It knows nothing of a file's lattices: its numbers are
 * M = value * 2^exponent - origin, rounded, and a file's links (model.h) turn M into its own k. */
#ifndef AEZ_CHUNK_BODY_H
#define AEZ_CHUNK_BODY_H

#include "../autoencoder/autoencoder.h"
#include "../search/seed.h"
#include "hat_rule.h"

#define AEZ_MODEL_NUMBER_MAX ((int64_t)1 << 30) /* |M|; larger ones count as this */
#define AEZ_MODEL_FEATURES_MAX ((uint64_t)1 << 20)
#define AEZ_MODEL_FIELDS_MAX 65535
#define AEZ_MODEL_HASH 16 /* bytes of the XXH3-128 of a body, in canonical order */

/* Numbers of one field: M = value * 2^exponent - origin. */
typedef struct aez_model_unit {
    int     exponent; /* -1100 .. 1100 */
    int64_t origin;
} aez_model_unit;

/* What the items of a body are: rows of a table, or positions of axis 0 of an array. */
typedef struct aez_model_fields {
    int                   is_table;
    uint32_t              n_fields;
    unsigned              n_axes;              /* of an item; 0 for rows */
    uint64_t              shape[AEZ_MAX_DIMS]; /* [n_axes] extents; their product is `inner` */
    const aez_model_unit *unit;                /* [n_fields]; NULL: exponent and origin 0 */
} aez_model_fields;

typedef struct aez_model_body {
    aez_mem          mem;
    aez_model_fields fields; /* unit is owned, never NULL */
    uint64_t         inner;  /* sites of an item in one field */
    int              has_decoder;
    aez_autoencoder  decoder;      /* n_features = n_fields * inner; in values, not in M */
    aez_hat_rule    *rule; /* [n_rules] hat to M: n_features, or 1 for all of them */
    size_t           n_rules;
    size_t           decoder_at, decoder_size; /* where it stands in the bytes */
    aez_plan_seed   *seed;         /* plans of stages; NULL: none */
} aez_model_body;

/* Appends a body. decoder: bytes of aez_autoencoder_put, or NULL; seed: NULL, or empty: none. The
 * same arguments give the same bytes. OPTION when fields make no sense; NOMEM. */
aez_status aez_model_body_put(const aez_mem *mem, const aez_model_fields *fields,
                              const uint8_t *decoder, size_t decoder_size,
                              const aez_plan_seed *seed, aez_buf *out);
/* Reads and checks bytes, which need not stay. On failure *body needs no free. CORRUPT, LIMIT,
 * VERSION, NOMEM. */
aez_status aez_model_body_get(aez_model_body *body, const aez_mem *mem, const void *bytes,
                              size_t size);
void       aez_model_body_free(aez_model_body *body); /* one that is all zero, too */

/* The number M of a feature, from the decoder's hat. */
int64_t aez_model_number(const aez_model_body *body, size_t feature, int32_t hat);
/* The exponent and origin that keep values within [min, max] inside |M| <= 2^29, and whole numbers
 * whole where they fit. */
aez_model_unit aez_model_unit_for(double min, double max, int whole);

/* A body in use, and how to encode with it: a struct aez_trained begins with one, so that encoders
 * and decoders need to know no more of it. */
typedef struct aez_shared_model {
    aez_model_body      body;
    const uint8_t      *bytes; /* of the body, [size] */
    size_t              size;
    uint8_t             hash[AEZ_MODEL_HASH];
    const char         *hint;    /* a short name for messages, or "" */
    const char *const  *name;    /* [n_fields] of fields or columns, "" where unnamed */
    const aez_type     *type;    /* [n_fields]; of columns 0 */
    const aez_trainer  *trainer; /* NULL: files can be restored, not made */
    void               *encoder; /* the trainer's model; NULL without a decoder */
} aez_shared_model;

#endif
