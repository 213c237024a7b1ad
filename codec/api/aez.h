/* aez.h - the public interface of libaez: compress and restore numeric arrays and tables.
 *
 * Two directions, each a handle: an encoder takes sites (values) or rows (text) and gives bytes, a
 * decoder takes bytes and gives sites or text back. Any split of the input gives the same file. The
 * library opens no file, starts no thread, prints nothing, and reads neither environment nor clock.
 *
 * A handle is for one thread at a time; two handles share nothing. After an error (status < 0) a
 * handle can only be asked for its message and destroyed. aez_*_destroy(NULL) does nothing.
 */
#ifndef AEZ_H
#define AEZ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AEZ_VERSION_MAJOR 0
#define AEZ_VERSION_MINOR 1
#define AEZ_VERSION_PATCH 0
#define AEZ_VERSION_NUMBER                                                                         \
    (AEZ_VERSION_MAJOR * 10000 + AEZ_VERSION_MINOR * 100 + AEZ_VERSION_PATCH)
#define AEZ_FORMAT_VERSION 1
#define AEZ_MAX_DIMS 8

#if defined(__GNUC__)
#define AEZ_API __attribute__((visibility("default")))
#else
#define AEZ_API
#endif

/* The library's version, AEZ_VERSION_NUMBER of the built code. */
AEZ_API unsigned aez_version_number(void);

/* ---- status ------------------------------------------------------------------------------- */

typedef enum aez_status {
    AEZ_OK = 0,
    AEZ_NEED_INPUT = 1,      /* pull: nothing ready, push more (or finish) */
    AEZ_NEED_OUTPUT = 2,     /* pull: the buffer was filled, there is more */
    AEZ_END = 3,             /* pull: everything has been delivered */
    AEZ_ERR_NOMEM = -1,      /* an allocation failed */
    AEZ_ERR_LIMIT = -2,      /* a limit of the format or of the options is exceeded */
    AEZ_ERR_MAGIC = -3,      /* not an .aez file */
    AEZ_ERR_VERSION = -4,    /* made by a newer aez, or needs a feature this reader lacks */
    AEZ_ERR_CORRUPT = -5,    /* the bytes contradict the format or a checksum */
    AEZ_ERR_TRUNCATED = -6,  /* the bytes end too soon */
    AEZ_ERR_OPTION = -7,     /* an option or schema makes no sense */
    AEZ_ERR_STATE = -8,      /* calls in the wrong order */
    AEZ_ERR_CANCELLED = -9,  /* the progress callback asked to stop */
    AEZ_ERR_MODEL = -10      /* the file refers to a model that was not given */
} aez_status;

/* One English phrase for a status; never NULL. */
AEZ_API const char *aez_status_text(aez_status status);

/* ---- types, fields, schema ------------------------------------------------------------------ */

typedef enum aez_type { /* numbers are those of the file format */
    AEZ_U8 = 1,
    AEZ_I8 = 2,
    AEZ_U16 = 3,
    AEZ_I16 = 4,
    AEZ_U32 = 5,
    AEZ_I32 = 6,
    AEZ_U64 = 7,
    AEZ_I64 = 8,
    AEZ_F32 = 9,
    AEZ_F64 = 10,
    AEZ_OPAQUE = 11 /* bytes without numeric meaning: stored by zstd */
} aez_type;

/* Bytes a value; 0 for an unknown type. */
AEZ_API size_t aez_type_size(aez_type type);
/* "u8" ... "f64", "bytes"; NULL for an unknown type. */
AEZ_API const char *aez_type_name(aez_type type);
/* Inverse of aez_type_name for the ten numeric types; 0 if the name is unknown. */
AEZ_API aez_type aez_type_from_name(const char *name);

typedef enum aez_mode {
    AEZ_LOSSLESS = 0,
    AEZ_ABS = 1,   /* |restored - original| <= bound, in the field's own type */
    AEZ_REL = 2,   /* the same, bound times (max - min) of the finite, non-missing values */
    AEZ_PWREL = 3, /* |restored - original| <= bound * |original| */
    AEZ_PSNR = 4,  /* 20 log10((max - min) / rmse) >= bound decibels, over those same values */
    AEZ_LATENT =
        5 /* no promise: what a model makes of latents. Set by latent_only, not by callers */
} aez_mode;

typedef struct aez_field {
    const char *name; /* NULL or "": unnamed */
    aez_type    type;
    aez_mode    mode;
    double      bound;       /* meaning set by mode; ignored when lossless */
    int has_missing; /* nonzero: `missing` is a fill value, kept exactly, out of the range */
    double      missing;
} aez_field;

/* A grid of sites in C order, with one or more fields on it (columns, variables). */
typedef struct aez_schema {
    size_t           struct_size; /* sizeof(aez_schema) */
    uint32_t         n_dims;      /* 1 .. AEZ_MAX_DIMS */
    uint64_t         shape[AEZ_MAX_DIMS];
    uint32_t         n_fields; /* 1 .. 65535 */
    const aez_field *fields;
    const uint8_t   *envelope; /* opaque bytes of the caller kept beside the data; may be NULL */
    size_t           envelope_size;
} aez_schema;

/* ---- options -------------------------------------------------------------------------------- */

typedef struct aez_allocator { /* all NULL: malloc and free */
    void *(*alloc)(void *opaque, size_t size);
    void (*release)(void *opaque, void *block);
    void *opaque;
} aez_allocator;

typedef struct aez_runner { /* run NULL: jobs run one after another in the caller's thread */
    /* Calls job(arg, i) once for each i < n, in any order, on any threads; returns when all ended.
     */
    void (*run)(void *opaque, size_t n, void (*job)(void *arg, size_t i), void *arg);
    void    *opaque;
    uint32_t width; /* chunks worth having in flight at once; 0 and 1 mean one */
} aez_runner;

/* Nonzero asks to stop. `done` counts bytes of raw data coded or restored so far. Called from the
 * thread that called the library, between chunks. */
typedef int (*aez_progress_fn)(void *opaque, uint64_t done);

enum { AEZ_ENTROPY_ANY = 0, AEZ_ENTROPY_ZSTD = 1 };

enum { /* what may describe items: positions of axis 0 of an array, rows of a table */
    AEZ_MODEL_AUTO = 0,        /* stages; from level 6 on an autoencoder where it pays for itself */
    AEZ_MODEL_STAGES = 1,
    AEZ_MODEL_AUTOENCODER = 2, /* latents always, stages for what they leave over */
    AEZ_MODEL_BOTH = 3         /* an autoencoder is trained, and kept where that makes less bytes */
};

#define AEZ_MAX_HIDDEN 16

enum { /* what training lowers; all but RATE over standardised features, mean over all of them */
    AEZ_LOSS_RATE = 0, /* lambda * squared error + bits of the rounded latents, a row */
    AEZ_LOSS_MSE = 1,
    AEZ_LOSS_BCE = 2, /* binary cross-entropy; features are scaled to 0 .. 1 */
    AEZ_LOSS_RMSE = 3
};
enum { AEZ_ADAM = 0, AEZ_ADADELTA = 1, AEZ_SGD = 2 };
enum { AEZ_SCHEDULE_CYCLE = 0, AEZ_SCHEDULE_CONSTANT = 1, AEZ_SCHEDULE_COSINE = 2,
       AEZ_SCHEDULE_PLATEAU = 3 /* halved when validation stands still */ };
enum { /* normalisation of features: (value - offset) / scale */
    AEZ_SCALE_EACH = 0,   /* mean and deviation of each feature: tables */
    AEZ_SCALE_COMMON = 1, /* one mean and deviation: images */
    AEZ_SCALE_SITES = 2,  /* mean of each feature, one deviation: maps of a family */
    AEZ_SCALE_RANGE = 3   /* one least and greatest value, to 0 .. 1 */
};

/* One epoch, as a curve keeps it and progress shows it. valid_loss is NAN without validation. */
typedef struct aez_epoch {
    uint64_t epoch, step; /* passes and batches done */
    double   train_loss, valid_loss, rate;
} aez_epoch;

enum { /* what progress may answer; anything else but 0 is AEZ_TRAIN_CANCEL, too */
    AEZ_TRAIN_CANCEL = 1, /* training ends with AEZ_ERR_CANCELLED */
    AEZ_TRAIN_ENOUGH = 2  /* it ends as if this had been the last epoch; results are kept */
};

/* Nonzero asks to stop, see above. epochs and steps: how many there will be at most. Called after
 * every epoch, and within one every 16 steps. */
typedef int (*aez_train_progress_fn)(void *opaque, const aez_epoch *now, uint64_t epochs,
                                     uint64_t steps);

typedef struct aez_tensor { /* weights by name, of a net trained elsewhere or read for one */
    const char  *name;
    uint32_t     n_dims;
    uint64_t     shape[4];
    const float *data; /* C order */
} aez_tensor;

/* Where models are trained; libaez-train has one. Rows are [n_rows][n_features], finite. Zero means
 * the trainer's default for every number. */
typedef struct aez_train_task {
    const double         *rows;
    size_t                n_rows;
    uint32_t              n_features;
    uint32_t              channels, height, width; /* of a row as a tensor; 0: 1, 1, n_features */
    /* Layers as text, in the words of spec/networks.md ("dense:128 relu dense:32"); NULL: stacks of
     * dense layers of the widths `hidden`, started as PCA. Both or none. */
    const char           *encoder, *decoder;
    int                   linear; /* PCA: hidden layers and steps do not count */
    int                   scaling;
    uint32_t              n_latent;
    int                   no_latents; /* offsets and scales alone: the hat is a mean */
    uint32_t              n_hidden; /* 0: none */
    const uint32_t       *hidden;
    uint64_t              seed, steps, epochs; /* steps or epochs, whichever ends first */
    uint32_t              batch;
    int                   loss, optimizer, schedule;
    double                rate, momentum, clip; /* clip: largest norm of a gradient */
    double                valid;    /* share of the rows, the last of a seeded shuffle, kept aside */
    uint32_t              patience; /* epochs without a better validation loss; the best is kept */
    double                noise;       /* deviation of Gaussian noise on inputs, in scaled units */
    double                l1;          /* price of |latent| */
    double                contractive; /* price of the squared Jacobian of the encoder */
    double                seconds;     /* stop by the clock: results are then not reproducible */
    double (*clock)(void *opaque); /* seconds since whenever; `seconds` needs it, as the library
                                    * reads no clock. Schedules then run over the time given */
    void                 *clock_opaque;
    /* Latents are z rounded, in steps. RATE and PCA: in standardised units, either follows from the
     * other (0.25). Other losses: latent_step counts deviations of each latent (0.25), or lambda
     * (bits that one unit of squared error is worth) finds the step of each from what it does to
     * the output. */
    double                latent_step, lambda;
    /* Share of the steps at the end in which latents are rounded and the decoder alone learns; 0:
     * 0.2 for RATE, 0.05 on top of the others'; negative: none. */
    double                finish;
    double                tolerance; /* share of its error that the integer decoder may add; 0.005 */
    int                   keep_state; /* `save` has what resume needs: some four times the bytes */
    const void           *init; /* bytes of `save`: weights to start from, NULL: none */
    size_t                init_size;
    int                   resume; /* optimiser and epochs go on from init, too */
    const aez_tensor     *tensors; /* weights to start from, by name; after init */
    size_t                n_tensors;
    aez_runner            runner;
    aez_train_progress_fn progress;
    void                 *progress_opaque;
} aez_train_task;

#define AEZ_MIXTURE_LAYERS 4

/* A net to train whose outputs are the mixtures that values are coded with (logistics and spikes:
 * log2 weights of both, means, log2 scales). Dense layers with leaky activations (slope 1/8)
 * between them; 1 is 1024 in the integers of inputs and outputs. It lowers the values' bits. */
typedef struct aez_mixture_task {
    uint32_t        n_inputs, n_hidden; /* hidden layers: 0 .. AEZ_MIXTURE_LAYERS - 1 */
    const uint32_t *hidden;             /* widths */
    uint32_t        n_values, n_logistics, n_spikes;
    const uint16_t *spike; /* values of their own weight */
    uint64_t        seed, steps; /* batches */
    uint32_t        batch;       /* a multiple of 16 */
    uint32_t        log;         /* weights and biases count 2^-log, 3 .. 12 */
    /* Draws the n rows of a step: inputs [n][n_inputs], and the values. */
    void (*fill)(void *opaque, uint64_t step, size_t n, int16_t *inputs, uint16_t *values);
    void *opaque;
} aez_mixture_task;

typedef struct aez_mixture_layer { /* arrays are the caller's */
    int16_t *weight; /* [n_out][n_in], -127 .. 127 */
    int32_t *bias;   /* [n_out], -2047 .. 2047 */
    int      log;    /* that of the task */
} aez_mixture_layer;

#define AEZ_CONTEXT_LAYERS 4

/* A context net to train: dense layers with leaky activations (slope 1/8) between them and two
 * outputs, a correction of the mean and one of the scale. 1 is 128 in the integers of inputs and
 * outputs. What it lowers is the mean number of bits of the rows' values. */
typedef struct aez_context_task {
    uint32_t        n_inputs, n_hidden; /* hidden layers: 1 .. AEZ_CONTEXT_LAYERS - 1 */
    const uint32_t *hidden;             /* widths */
    size_t          n_rows;
    const int16_t  *inputs; /* [n_rows][n_inputs] */
    const float    *value;  /* [n_rows] what is to be foretold, in steps; it is coded as a whole
                             * number of them */
    const float    *unit;   /* [n_rows] steps that a correction of 1 moves the mean by */
    const float    *scale;  /* [n_rows] log2 of the size in steps that |value| has without a net */
    uint64_t        seed, steps; /* batches */
    double          served; /* values that the net will code: what its own bits are shared by */
} aez_context_task;

typedef struct aez_context_layer { /* arrays are the caller's */
    int16_t *weight; /* [n_out][n_in], -127 .. 127 */
    int32_t *bias;   /* [n_out], each -127 .. 127 times one power of two */
    int      shift;
} aez_context_layer;

typedef struct aez_trainer {
    /* AEZ_ERR_OPTION: the task makes no sense; LIMIT; NOMEM; CANCELLED. *model is for destroy; why
     * (may be NULL) receives a sentence of at most why_size bytes on failure. */
    aez_status (*train)(const aez_allocator *allocator, const aez_train_task *task, void **model,
                        char *why, size_t why_size);
    /* The float model as bytes, owned by the model, and back. */
    const uint8_t *(*save)(const void *model, size_t *size);
    aez_status (*load)(const aez_allocator *allocator, const void *bytes, size_t size,
                       void **model);
    /* The integer decoder as the file format has it; owned by the model. NULL of a loaded one: the
     * file that holds its bytes has it. */
    const uint8_t *(*decoder)(const void *model, size_t *size);
    /* Values that are not finite count as the feature's mean. Safe in several threads at once. */
    aez_status (*encode)(const void *model, const double *rows, size_t n_rows, int32_t *latents);
    /* The float encoder and decoder: z [n_rows][n_latent] in steps, so that latents are z rounded. */
    aez_status (*encode_float)(const void *model, const double *rows, size_t n_rows, double *z);
    aez_status (*decode_float)(const void *model, const double *z, size_t n_rows, double *rows);
    /* Weights by number, owned by the model; 0 when there is none of that number. */
    int (*tensor)(const void *model, size_t i, aez_tensor *out);
    /* Layers as text, and the curve; owned by the model. */
    const char *(*architecture)(const void *model, int of_decoder);
    const aez_epoch *(*curve)(const void *model, size_t *n);
    /* Mean squared error of standardised features of the float and of the integer decoder, on the
     * rows it was exported with. */
    void (*export_loss)(const void *model, double *with_floats, double *with_integers);
    void (*destroy)(void *model); /* NULL does nothing */
    /* Trains a mixture's net into integer layers, one more than there are hidden ones. NULL: no
     * mixtures are tried. OPTION, NOMEM. Safe in several threads at once. */
    aez_status (*mixture)(const aez_allocator *allocator, const aez_mixture_task *task,
                          aez_mixture_layer *layers);
    /* Trains a context net into integer layers, one more than there are hidden ones. NULL: no nets
     * are tried. OPTION, NOMEM. Safe in several threads at once. */
    aez_status (*context)(const aez_allocator *allocator, const aez_context_task *task,
                          aez_context_layer *layers);
    /* Numbers of features and latents of a row, by which a loaded model is compared with its
     * decoder. */
    void (*shape)(const void *model, uint32_t *n_features, uint32_t *n_latent);
} aez_trainer;

/* The trainer of libaez-train, which has to be linked for it. */
AEZ_API const aez_trainer *aez_trainer_default(void);

typedef struct aez_options { /* aez_options_init, then set what you need; zero means the default */
    size_t          struct_size;
    int             level;        /* 1 .. 9; 0: 5 */
    uint64_t        seed;         /* of everything random in training */
    uint64_t        chunk_bytes;  /* raw bytes a chunk, 4096 .. 2^30; 0: 16 MiB */
    int             entropy;      /* AEZ_ENTROPY_* */
    uint64_t        memory_limit; /* decoder: refuse chunks that need more; 0: 8 GiB */
    aez_allocator   allocator;
    aez_runner      runner;
    aez_progress_fn progress;
    void           *progress_opaque;

    const aez_trainer    *trainer;     /* NULL: no models but stages. Not copied */
    int                   model;       /* AEZ_MODEL_* */
    int                   latent_only; /* keep latents alone: no bound holds, errors are reported */
    uint32_t              n_latent;    /* 0: 16, or as many as there are features */
    uint32_t              n_hidden;    /* 0: one layer, or none where there is little data */
    uint32_t hidden[AEZ_MAX_HIDDEN];   /* widths of the encoder; the decoder mirrors it */
    uint64_t              train_steps; /* batches */
    double latent_step; /* of latents, in standardised units; 0: by lambda, else found */
    double                lambda;      /* bits that one unit of squared error is worth */
    aez_train_progress_fn train_progress;
    void                 *train_opaque;

    const struct aez_trained *trained; /* a model to use instead of training one. Not copied */
    int                       refer;   /* the file names `trained` by its hash and leaves it out */
} aez_options;

AEZ_API void aez_options_init(aez_options *options);

typedef struct aez_in {
    const void *src;
    size_t      size;
    size_t      pos; /* advanced by the library */
} aez_in;

typedef struct aez_out {
    void  *dst;
    size_t size;
    size_t pos; /* advanced by the library */
} aez_out;

/* ---- profile: the first pass over an array --------------------------------------------------- */

/* Range, distinct values, decimals, exceptional values of every field. A relative bound, PSNR and
 * the exact lattices (decimals, tables) need one; without it the encoder uses only types. */
typedef struct aez_profile aez_profile;

typedef struct aez_field_stats {
    uint64_t n;          /* values seen */
    uint64_t n_finite;   /* finite and not missing */
    double   min, max;   /* of those; 0, 0 when there are none */
    int      suspicious; /* nonzero: `suspect` looks like a fill value that was not declared */
    double   suspect;
    uint64_t n_suspect;
} aez_field_stats;

AEZ_API aez_status aez_profile_create(aez_profile **out, const aez_options *options,
                                      const aez_schema *schema);
/* columns[f] points to n_sites values of field f, native byte order. */
AEZ_API aez_status aez_profile_push(aez_profile *profile, const void *const *columns,
                                    uint64_t n_sites);
AEZ_API aez_status aez_profile_stats(const aez_profile *profile, uint32_t field,
                                     aez_field_stats *out);
AEZ_API void       aez_profile_destroy(aez_profile *profile);

/* ---- tables: rows of text -------------------------------------------------------------------- */

typedef struct aez_cell {
    const char *text; /* content without quotes, blanks kept */
    size_t      size;
} aez_cell;

typedef struct aez_row {
    const char     *bytes; /* the row as it stands, with its line end if it has one */
    size_t          size;
    const aez_cell *cells;
    uint32_t        n_cells; /* 0: not split into cells, kept verbatim */
} aez_row;

typedef struct aez_table_rule { /* an exception from the table's mode for one column */
    const char *name;           /* of the column; where it has none, its number from 1 */
    aez_mode    mode;           /* LOSSLESS, ABS, REL */
    double      bound;
} aez_table_rule;

typedef struct aez_table_options {
    char                  delimiter; /* ',', ';', '\t', ... */
    int                   header;    /* 1: the first row names the columns, -1: no, 0: find out */
    aez_mode              mode;      /* of numeric columns without a rule: LOSSLESS, ABS, REL */
    double                bound;
    const aez_table_rule *rules;
    uint32_t              n_rules;
} aez_table_options;

/* The first pass over a table: column kinds, number formats, ranges, dialect. */
typedef struct aez_table_profile aez_table_profile;

AEZ_API aez_status aez_table_profile_create(aez_table_profile **out, const aez_options *options);
AEZ_API aez_status aez_table_profile_push(aez_table_profile *profile, const aez_row *rows,
                                          size_t n_rows);
AEZ_API void       aez_table_profile_destroy(aez_table_profile *profile);

/* ---- encoder --------------------------------------------------------------------------------- */

typedef struct aez_encoder aez_encoder;

/* Schema and profile are copied: the caller may drop them at once. profile may be NULL.
 * AEZ_ERR_OPTION: schema or bound makes no sense, or a relative bound came without a profile. After
 * a failure *out is NULL, or a handle that only tells its message and is to be destroyed. */
AEZ_API aez_status aez_encoder_create(aez_encoder **out, const aez_options *options,
                                      const aez_schema *schema, const aez_profile *profile);
/* An encoder of a table, which takes rows. The profile must have seen all rows; it is used up: only
 * destroy it afterwards. The envelope is copied. AEZ_ERR_OPTION: a rule names no column, or a bound
 * makes no sense. */
AEZ_API aez_status aez_encoder_create_table(aez_encoder **out, const aez_options *options,
                                            const aez_table_options *table,
                                            aez_table_profile *profile, const uint8_t *envelope,
                                            size_t envelope_size);
/* The next rows of a table, all of them in order, the header row too. Rows are copied. */
AEZ_API aez_status aez_encoder_push_rows(aez_encoder *encoder, const aez_row *rows, size_t n_rows);
/* Number of columns of a table (fields of an array), and their names ("" when unnamed). */
AEZ_API uint32_t    aez_encoder_columns(const aez_encoder *encoder);
AEZ_API const char *aez_encoder_column_name(const aez_encoder *encoder, uint32_t column);
/* The next n_sites sites in C order. Everything is taken; coding happens inside the call whenever
 * enough chunks are complete. Pull until NEED_INPUT before pushing more, to bound memory. */
AEZ_API aez_status aez_encoder_push(aez_encoder *encoder, const void *const *columns,
                                    uint64_t n_sites);
/* No more input. AEZ_ERR_STATE unless exactly the product of the shape was pushed. */
AEZ_API aez_status aez_encoder_finish(aez_encoder *encoder);
AEZ_API aez_status aez_encoder_pull(aez_encoder *encoder, aez_out *out);
/* One sentence on the last error, or "". Valid until the next call on the handle. */
AEZ_API const char *aez_encoder_message(const aez_encoder *encoder);
AEZ_API void        aez_encoder_destroy(aez_encoder *encoder);

/* ---- decoder --------------------------------------------------------------------------------- */

typedef struct aez_decoder aez_decoder;

AEZ_API aez_status aez_decoder_create(aez_decoder **out, const aez_options *options);
/* Takes bytes until a batch of chunks is complete (in->pos tells how many were taken); then sites
 * must be pulled before more is taken. AEZ_OK, or AEZ_END once the end of the file was reached and
 * checked: restored sites may still wait to be pulled. Bytes after the end: AEZ_ERR_CORRUPT. */
AEZ_API aez_status aez_decoder_push(aez_decoder *decoder, aez_in *in);
/* The input has ended. AEZ_ERR_TRUNCATED unless the trailer was reached. */
AEZ_API aez_status aez_decoder_finish(aez_decoder *decoder);
/* The schema, once known; NULL before. Owned by the decoder. */
AEZ_API const aez_schema *aez_decoder_schema(const aez_decoder *decoder);
/* Nonzero when the file is a table: then text is pulled, not sites. Known as soon as the schema is;
 * aez_decoder_schema gives its columns as fields without type (0), a grid of no sites, and the
 * envelope. */
AEZ_API int aez_decoder_is_table(const aez_decoder *decoder);
/* The next bytes of a table's text: NEED_OUTPUT when the buffer was filled, NEED_INPUT when bytes
 * must be pushed first, END after the last one. */
AEZ_API aez_status aez_decoder_pull_text(aez_decoder *decoder, aez_out *out);
/* Copies up to max_sites restored sites in C order to columns[f] and sets *n_sites. AEZ_OK when
 * some were given, AEZ_NEED_INPUT when bytes must be pushed first, AEZ_END after the last site.
 * Nothing of a chunk is given before its checksum has passed. */
AEZ_API aez_status aez_decoder_pull(aez_decoder *decoder, void *const *columns, uint64_t max_sites,
                                    uint64_t *n_sites);
AEZ_API const char *aez_decoder_message(const aez_decoder *decoder);
AEZ_API void        aez_decoder_destroy(aez_decoder *decoder);

/* A model that the file may refer to; known ones are told apart by their hash. Any number, before
 * bytes are pushed. A file that refers to none of them: AEZ_ERR_MODEL, with the hash in the message.
 * The model is not copied. */
AEZ_API aez_status aez_decoder_add_model(aez_decoder *decoder, const struct aez_trained *model);
/* After AEZ_ERR_MODEL: the name that the file gives beside the hash, "" if none; hash (may be NULL)
 * receives 16 bytes. NULL at any other time. For people, and to look for it: not to be trusted. */
AEZ_API const char *aez_decoder_missing_model(const aez_decoder *decoder, uint8_t *hash);

/* ---- models of families ---------------------------------------------------------------------- */

/* A trained model, as a model file (.aezm) holds it: what a family of items has in common. Read
 * only: encoders, decoders and threads may share it. */
typedef struct aez_trained aez_trained;

/* Items of one make, collected from any number of files: what models are trained on, and what a
 * model's encoder is shown. An item is a position of axis 0 of an array, or a row of a table; its
 * features are, of each field or numeric column in turn, the values in C order. */
typedef struct aez_family aez_family;

/* Of arrays: shape[0] of the schema does not count, nor do modes and bounds. OPTION: types, or an
 * item of more than 2^20 values. *out as in aez_encoder_create. */
AEZ_API aez_status aez_family_create(aez_family **out, const aez_options *options,
                                     const aez_schema *schema);
/* Of tables: columns as the first profile finds them. */
AEZ_API aez_status aez_family_create_table(aez_family **out, const aez_options *options,
                                           const aez_table_options *table);
/* Before the values of each file: its schema, or its profile, which must agree with the first one's
 * (OPTION, and the message names what differs). The profile is used up. */
AEZ_API aez_status aez_family_begin_file(aez_family *family, const aez_schema *schema);
AEZ_API aez_status aez_family_begin_table(aez_family *family, aez_table_profile *profile);
/* Values as aez_encoder_push takes them; rows as aez_encoder_push_rows, the header row too. */
AEZ_API aez_status aez_family_push(aez_family *family, const void *const *columns,
                                   uint64_t n_sites);
AEZ_API aez_status aez_family_push_rows(aez_family *family, const aez_row *rows, size_t n_rows);
/* Names the provenance that models trained from now on carry: one line of text for each file. */
AEZ_API aez_status aez_family_note(aez_family *family, const char *line);
/* All items as rows [n_items][n_features] of values, NAN where there is none; owned by the family
 * until more is pushed. Where items have more than 2^27 values in all, the family keeps an even,
 * seeded sample of runs of items, which is good for training; then LIMIT here. */
AEZ_API aez_status aez_family_rows(aez_family *family, const double **rows, size_t *n_items,
                                   uint32_t *n_features);
/* Whether a model fits the family's fields: OK or OPTION, and the message names what differs. */
AEZ_API aez_status aez_family_match(aez_family *family, const aez_trained *model);
AEZ_API const char *aez_family_message(const aez_family *family);
AEZ_API void        aez_family_destroy(aez_family *family);

typedef struct aez_stage_target { /* a bound that stages are trained for; LOSSLESS, ABS, REL */
    aez_mode mode;
    double   bound;
} aez_stage_target;

/* Trains a model of the family: the autoencoder by `task` (its rows are set by the family; NULL:
 * none but the mean), and plans of stages with their nets and mixtures for each target at
 * options->level. The trainer and the runner are those of the family's options. Where a model has
 * more than one parameter for 32 values, a second one is trained without the last items, so that
 * stages learn from hats of items that are new to it. */
AEZ_API aez_status aez_family_train(aez_family *family, const aez_train_task *task,
                                    const aez_stage_target *targets, size_t n_targets,
                                    aez_trained **out);

/* A model file's bytes. Trainer, allocator and memory limit are those of the options; without a
 * trainer the model can restore files but not compress. Statuses of a decoder. why (may be NULL)
 * receives a sentence on failure. */
AEZ_API aez_status aez_trained_load(aez_trained **out, const aez_options *options,
                                    const void *bytes, size_t size, char *why, size_t why_size);
AEZ_API const uint8_t *aez_trained_bytes(const aez_trained *model, size_t *size);

typedef struct aez_trained_about {
    uint32_t    n_fields, n_features, n_latent;
    uint32_t    channels, height, width;    /* of an item as a tensor */
    int         is_table;
    const char *encoder, *decoder; /* layers as text; "" without an autoencoder */
    const char *provenance;        /* lines "key: value" */
    uint64_t    n_parameters;      /* of both halves */
    uint64_t    n_plans;           /* of stages, and of mixtures */
    uint64_t    file_bytes;        /* of the model file, encoder included */
    uint64_t    body_bytes;        /* what a file that embeds it has of it: what it costs */
    uint64_t    decoder_bytes, plan_bytes; /* parts of the body */
    uint8_t     hash[16];          /* XXH3-128 of the body: what files refer to */
    const aez_epoch *curve;
    size_t      n_curve;
    double      float_mse, integer_mse; /* of standardised features, on rows of the training */
} aez_trained_about;

AEZ_API void        aez_trained_describe(const aez_trained *model, aez_trained_about *out);
/* Name and type of a field or column ("" when unnamed). */
AEZ_API const char *aez_trained_field(const aez_trained *model, uint32_t field, aez_type *type);
/* The name that files give which refer to the model: short, for people. At most 255 bytes of it are
 * kept; "" at first. Not while others use the model. */
AEZ_API void aez_trained_set_name(aez_trained *model, const char *name);
/* Bytes of the float half (init of a task), and its weights one by one. */
AEZ_API const uint8_t *aez_trained_weights(const aez_trained *model, size_t *size);
AEZ_API int            aez_trained_tensor(const aez_trained *model, size_t i, aez_tensor *out);
/* Offset and scale of a feature: the model sees (value - offset) / scale. */
AEZ_API void aez_trained_scaling(const aez_trained *model, uint32_t feature, double *offset,
                                 double *scale);
/* rows [n][n_features] to z [n][n_latent], in steps: a file's latents are z rounded. */
AEZ_API aez_status aez_trained_encode(const aez_trained *model, const double *rows, size_t n,
                                      double *z);
/* The float decoder; and the one that files are restored with, on z rounded. */
AEZ_API aez_status aez_trained_decode_float(const aez_trained *model, const double *z, size_t n,
                                            double *rows);
AEZ_API aez_status aez_trained_decode(const aez_trained *model, const double *z, size_t n,
                                      double *rows);
AEZ_API void       aez_trained_destroy(aez_trained *model);

/* ---- where the bytes went -------------------------------------------------------------------- */

typedef struct aez_report {
    uint64_t header_bytes;   /* magic, schema, envelope */
    uint64_t model_bytes;    /* plans, weights, statistics */
    uint64_t latent_bytes;
    uint64_t residual_bytes; /* coded residuals with their tables */
    uint64_t text_bytes;     /* text columns, differences, exceptions */
    uint64_t stored_bytes;   /* stored chunks (zstd) */
    uint64_t index_bytes;    /* index and trailer */
    uint64_t shared_bytes;   /* decoder: of the model that the file refers to, and does not hold */
    uint64_t n_chunks, n_stored_chunks;
    /* Of latent_only: items coded by latents, bits of latents an item, and from the encoder the
     * mean squared error of standardised features; the same of PCA with the same number and step.
     */
    uint64_t n_items;
    double   latent_mse, latent_bits_per_item;
    double   pca_mse, pca_bits_per_item;
} aez_report;

/* Sum over the chunks coded or read so far. */
AEZ_API void aez_encoder_report(const aez_encoder *encoder, aez_report *out);
AEZ_API void aez_decoder_report(const aez_decoder *decoder, aez_report *out);
/* One line of text about field f as the last chunk holds it: lattice, roles, stages, bits a value,
 * what the runner-up cost. Valid until the next call on the handle; "" when nothing is known. */
AEZ_API const char *aez_encoder_describe(const aez_encoder *encoder, uint32_t field);
AEZ_API const char *aez_decoder_describe(const aez_decoder *decoder, uint32_t field);

#ifdef __cplusplus
}
#endif
#endif
