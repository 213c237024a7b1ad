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
    AEZ_ERR_CANCELLED = -9   /* the progress callback asked to stop */
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

/* Nonzero asks to stop. loss: what training lowers, over the last steps. */
typedef int (*aez_train_progress_fn)(void *opaque, uint64_t step, uint64_t steps, double loss);

/* Where models are trained; libaez-train has one. Rows are [n_rows][n_features], finite. */
typedef struct aez_train_task {
    const double         *rows;
    size_t                n_rows;
    uint32_t              n_features;
    int                   linear;       /* PCA: hidden layers and steps do not count */
    int                   common_scale; /* one offset and scale for all features */
    uint32_t              n_latent;     /* 0: the trainer's default, as for all numbers below */
    uint32_t              n_hidden;     /* 0: none */
    const uint32_t       *hidden;
    uint64_t              seed, steps;
    double                latent_step, lambda;
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
    /* AEZ_ERR_OPTION: the task makes no sense; LIMIT; NOMEM; CANCELLED. *model is for destroy. */
    aez_status (*train)(const aez_allocator *allocator, const aez_train_task *task, void **model);
    /* The integer decoder as the file format has it; owned by the model. */
    const uint8_t *(*decoder)(const void *model, size_t *size);
    /* Values that are not finite count as the feature's mean. Safe in several threads at once. */
    aez_status (*encode)(const void *model, const double *rows, size_t n_rows, int32_t *latents);
    void (*destroy)(void *model); /* NULL does nothing */
    /* Trains a mixture's net into integer layers, one more than there are hidden ones. NULL: no
     * mixtures are tried. OPTION, NOMEM. Safe in several threads at once. */
    aez_status (*mixture)(const aez_allocator *allocator, const aez_mixture_task *task,
                          aez_mixture_layer *layers);
    /* Trains a context net into integer layers, one more than there are hidden ones. NULL: no nets
     * are tried. OPTION, NOMEM. Safe in several threads at once. */
    aez_status (*context)(const aez_allocator *allocator, const aez_context_task *task,
                          aez_context_layer *layers);
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

/* ---- where the bytes went -------------------------------------------------------------------- */

typedef struct aez_report {
    uint64_t header_bytes;   /* magic, schema, envelope */
    uint64_t model_bytes;    /* plans, weights, statistics */
    uint64_t latent_bytes;
    uint64_t residual_bytes; /* coded residuals with their tables */
    uint64_t text_bytes;     /* text columns, differences, exceptions */
    uint64_t stored_bytes;   /* stored chunks (zstd) */
    uint64_t index_bytes;    /* index and trailer */
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
