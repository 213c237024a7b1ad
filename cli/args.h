/* args.h - the command line as one struct. */
#ifndef AEZ_CLI_ARGS_H
#define AEZ_CLI_ARGS_H

#include <stdbool.h>

#include "layout.h"

typedef enum aez_command {
    AEZ_CMD_NONE = 0,
    AEZ_CMD_COMPRESS,
    AEZ_CMD_DECOMPRESS,
    AEZ_CMD_TEST,
    AEZ_CMD_INFO,
    AEZ_CMD_TRAIN,
    AEZ_CMD_LATENTS,
    AEZ_CMD_RECONSTRUCT,
    AEZ_CMD_SCORE,
    AEZ_CMD_DENOISE,
    AEZ_CMD_SAMPLE,
    AEZ_CMD_EXPORT,
    AEZ_CMD_REPORT, /* reads its own command line: cmd_report.h */
    AEZ_CMD_HELP,
    AEZ_CMD_VERSION
} aez_command;

#define AEZ_MAX_CONV 8

/* What aez train alone is told; zero is the trainer's default unless said otherwise. */
typedef struct aez_train_args {
    const char *encoder, *decoder; /* layers in words; NULL: from the widths */
    const char *activation;        /* of hidden layers that come from widths; NULL: not given */
    uint32_t    n_conv, conv[AEZ_MAX_CONV];
    bool        linear, no_stages, resume, keep_state;
    bool        has_loss, has_scale;
    int         loss, optimizer, schedule, scaling; /* AEZ_LOSS_* ... */
    double      rate, momentum, clip, valid, noise, l1, contractive, seconds;
    uint64_t    epochs;
    uint32_t    batch, patience;
    const char *init; /* a model, or weights as safetensors */

    aez_stage_target *targets; /* owned */
    size_t            n_targets;
} aez_train_args;

typedef struct aez_args {
    aez_command command;
    bool        help; /* -h: the text about `command` is wanted */

    const char *output; /* -o; NULL: by the suffix rules */
    bool        to_stdout, force, remove_input, quiet, verbose, json, no_progress;
    unsigned    threads; /* 0: one per core */

    int      level;       /* 0: the library's default */
    uint64_t seed;
    uint64_t chunk_bytes; /* 0: the library's default */
    uint64_t memory_limit;
    int      entropy;

    int          model;  /* AEZ_MODEL_* */
    const char **models; /* owned array of n_models paths of model files */
    size_t       n_models;
    bool         model_ref;
    bool         latent_only, has_latent;
    uint32_t     n_latent; /* these and the next: 0 is the library's default */
    uint32_t     n_hidden, hidden[AEZ_MAX_HIDDEN];
    uint64_t     train_steps;
    double       latent_step, lambda;

    aez_mode    mode;
    double      bound;
    const char *bound_option; /* "--abs", ... for messages; NULL when lossless */
    const char *other_bound;  /* one that contradicts it; NULL: none does */
    aez_table_rule *rules;    /* owned, with their names: bounds of single columns of a table */
    uint32_t        n_rules;
    char            delimiter; /* of a table; 0: by the content */
    int             header;    /* of a table: 1 yes, -1 no, 0: by the content */
    bool        has_missing;
    double      missing;

    int        variables; /* axis that holds variables; -1: none */
    aez_type   type;      /* 0: not given */
    bool       has_shape;
    uint32_t   n_dims;
    uint64_t   shape[AEZ_LAYOUT_DIMS];
    aez_format format;

    bool        has_rows;
    uint64_t    first_row, end_row; /* items; end_row UINT64_MAX: all that follow */
    const char *columns;            /* of a table, with commas; NULL: all */

    aez_type    output_type; /* 0: as the command thinks fit */
    bool        rounded, floats, per_feature, has_threshold;
    double      threshold;
    uint64_t    count; /* of samples; 0: not given */
    const char *from, *curve;

    aez_train_args train;

    const char **files; /* owned array of pointers into argv */
    size_t       n_files;
} aez_args;

/* Fills *out from argv. On failure prints what is wrong and returns AEZ_EXIT_USAGE (or
 * AEZ_EXIT_SYSTEM when memory is short); aez_args_free is right in every case. */
int  aez_args_parse(aez_args *out, int argc, char **argv);
void aez_args_free(aez_args *args);
/* The word for a command; "aez" for none. */
const char *aez_command_name(aez_command command);
/* The command of that name, or AEZ_CMD_NONE. */
aez_command aez_command_from_name(const char *name);

#endif
