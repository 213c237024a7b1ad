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
    AEZ_CMD_HELP,
    AEZ_CMD_VERSION
} aez_command;

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

    int      model; /* AEZ_MODEL_* */
    bool     latent_only;
    uint32_t n_latent; /* these and the next: 0 is the library's default */
    uint32_t n_hidden, hidden[AEZ_MAX_HIDDEN];
    uint64_t train_steps;
    double   latent_step, lambda;

    aez_mode    mode;
    double      bound;
    const char *bound_option; /* "--abs", ... for messages; NULL when lossless */
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
