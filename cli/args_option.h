/* args_option.h - the options: their names, which commands take them, and what each one sets. */
#ifndef AEZ_CLI_ARGS_OPTION_H
#define AEZ_CLI_ARGS_OPTION_H

#include "args.h"

typedef enum option_id {
    OPT_ABS,
    OPT_ACTIVATION,
    OPT_BATCH,
    OPT_CHUNK,
    OPT_CLIP,
    OPT_COLUMNS,
    OPT_CONTRACTIVE,
    OPT_CONV,
    OPT_COUNT, /* -n */
    OPT_CURVE,
    OPT_DECODER,
    OPT_DELIMITER,
    OPT_ENCODER,
    OPT_ENTROPY,
    OPT_EPOCHS,
    OPT_EXACT,
    OPT_FLOAT,
    OPT_FORCE,
    OPT_FORMAT,
    OPT_FROM,
    OPT_HEADER,
    OPT_HELP,
    OPT_HIDDEN,
    OPT_INIT,
    OPT_JSON,
    OPT_KEEP,
    OPT_KEEP_STATE,
    OPT_L1,
    OPT_LAMBDA,
    OPT_LATENT,
    OPT_LATENT_ONLY,
    OPT_LATENT_STEP,
    OPT_LEARNING_RATE,
    OPT_LEVEL, /* -1 .. -9 */
    OPT_LINEAR,
    OPT_LOSS,
    OPT_LOSSLESS,
    OPT_MEMORY,
    OPT_MISSING,
    OPT_MODEL,
    OPT_MODEL_REF,
    OPT_MOMENTUM,
    OPT_NOISE,
    OPT_NO_PROGRESS,
    OPT_NO_STAGES,
    OPT_OPTIMIZER,
    OPT_OUTPUT,
    OPT_OUTPUT_TYPE,
    OPT_PATIENCE,
    OPT_PER_FEATURE,
    OPT_PSNR,
    OPT_PWREL,
    OPT_QUIET,
    OPT_REL,
    OPT_RESUME,
    OPT_RM,
    OPT_ROUNDED,
    OPT_ROWS,
    OPT_SCALE,
    OPT_SCHEDULE,
    OPT_SEED,
    OPT_SHAPE,
    OPT_STDOUT,
    OPT_STEPS,
    OPT_THREADS,
    OPT_THRESHOLD,
    OPT_TIME,
    OPT_TYPE,
    OPT_VALID,
    OPT_VARIABLES,
    OPT_VERBOSE,
    OPT_VERSION,
    N_OPTIONS
} option_id;

#define OPTION_FOR(command) (1u << (command))

typedef struct aez_option {
    const char *name; /* without the dashes */
    char        letter;
    bool        has_value;
    unsigned    commands; /* OPTION_FOR(...) bits of those that take it */
} aez_option;

/* [N_OPTIONS] */
extern const aez_option aez_option_list[];

/* Takes an option; value is NULL for those without one. An exit code, having said what is wrong. */
int aez_option_take(aez_args *out, option_id id, const char *value);
/* The part of it for what aez train alone is told. */
int aez_option_take_train(aez_args *out, option_id id, const char *value);

/* Says that the value is none, and what would be one: AEZ_EXIT_USAGE. */
int aez_option_bad(option_id id, const char *value, const char *want);
/* Numbers with their limits; each says what is wrong. */
int aez_option_positive(option_id id, const char *value, double *out);
int aez_option_count(option_id id, const char *value, uint64_t max, uint64_t *out);
int aez_option_no_memory(void);

#endif
