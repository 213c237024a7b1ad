/* trained.h - a trained model as the library holds it, and its file as bytes (spec 10.12). */
#ifndef AEZ_API_TRAINED_H
#define AEZ_API_TRAINED_H

#include "../chunk/body.h"

/* What training left to tell; texts and curve belong to somebody else. */
typedef struct aez_training_record {
    double           float_mse, integer_mse; /* of standardised features */
    uint64_t         n_parameters;
    const char      *encoder, *decoder; /* layers as text */
    const aez_epoch *curve;
    size_t           n_curve;
} aez_training_record;

/* What a model file is made of. */
typedef struct aez_trained_file {
    int                        is_table;
    uint32_t                   channels, height, width; /* of an item as a tensor */
    uint32_t                   n_fields;
    const char *const         *name;    /* [n_fields] "" where unnamed */
    const aez_type            *type;    /* [n_fields]; 0 of columns */
    const uint8_t             *body, *weights;
    size_t                     body_size, weights_size; /* weights_size 0: there are none */
    const aez_training_record *record;
    const char                *provenance;
} aez_trained_file;

/* Appends the file. NOMEM. */
aez_status aez_trained_file_put(const aez_trained_file *file, aez_buf *out);

struct aez_trained {
    aez_shared_model    shared; /* the first member: encoders and decoders know no more */
    aez_mem             mem;
    uint8_t            *file; /* owned, as are the names, types and texts below */
    size_t              file_size;
    const uint8_t      *weights; /* in `file` */
    size_t              weights_size;
    uint32_t            channels, height, width;
    uint32_t            n_names;
    char              **names; /* [n_names] */
    aez_type           *types;
    aez_training_record record;
    char               *encoder_text, *decoder_text, *provenance;
    char                name[256]; /* what shared.hint points to, once it is set */
    aez_epoch          *curve;
    size_t              plan_bytes;
};

/* Reads a whole file into an empty *t, whose mem is set and which the caller destroys whatever comes
 * back; without the trainer's half. why: at most why_size bytes, as in aez_trained_load. */
aez_status aez_trained_file_get(aez_trained *t, uint64_t memory_limit, const void *bytes, size_t size,
                              char *why, size_t why_size);

#endif
