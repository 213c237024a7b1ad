/* args.c - the command line as one struct. */
#include "platform.h"

#include "args.h"

#include <stdlib.h>
#include <string.h>

#include "args_check.h"
#include "message.h"
#include "rules.h"

static const char *const command_names[] = {
    "aez",         "compress", "decompress", "test",   "info",   "train", "latents",
    "reconstruct", "score",    "denoise",    "sample", "export", "report", "help",
    "version"};

const char *aez_command_name(aez_command command)
{
    return command_names[command];
}

aez_command aez_command_from_name(const char *name)
{
    for (int i = AEZ_CMD_COMPRESS; i <= AEZ_CMD_VERSION; i++)
        if (strcmp(command_names[i], name) == 0)
            return (aez_command)i;
    return AEZ_CMD_NONE;
}

typedef struct arg_reader {
    aez_args   *out;
    char      **argv;
    int         argc, next;
    bool        seen[N_OPTIONS];
    aez_command word; /* the command that was named */
} arg_reader;

static int missing_value(const char *name)
{
    aez_error(NULL, "%s: a value has to follow: see aez help", name);
    return AEZ_EXIT_USAGE;
}

/* --name, --name VALUE or --name=VALUE */
static int read_long(arg_reader *r, const char *arg)
{
    const char *name = arg + 2, *equals = strchr(name, '='), *value = NULL;
    size_t      len = equals ? (size_t)(equals - name) : strlen(name);
    int         id = 0;
    while (id < N_OPTIONS && (strlen(aez_option_list[id].name) != len ||
                              strncmp(aez_option_list[id].name, name, len) != 0))
        id++;
    if (id == N_OPTIONS) {
        aez_error(NULL, "%s: unknown option: see aez help", arg);
        return AEZ_EXIT_USAGE;
    }
    if (equals && !aez_option_list[id].has_value) {
        aez_error(NULL, "--%s takes no value: leave out %s", aez_option_list[id].name, equals);
        return AEZ_EXIT_USAGE;
    }
    if (aez_option_list[id].has_value) {
        if (equals)
            value = equals + 1;
        else if (r->next < r->argc)
            value = r->argv[r->next++];
        else
            return missing_value(arg);
    }
    r->seen[id] = true;
    return aez_option_take(r->out, (option_id)id, value);
}

/* -fv, -5, -T4, -o FILE: letters in a group; a value ends the group. */
static int read_letters(arg_reader *r, const char *arg)
{
    for (const char *p = arg + 1; *p; p++) {
        int         id = 0, status;
        const char *value = NULL;
        char        level[2] = {*p, '\0'};
        if (*p >= '1' && *p <= '9') {
            id = OPT_LEVEL;
            value = level;
        } else {
            while (id < N_OPTIONS && aez_option_list[id].letter != *p)
                id++;
            if (id == N_OPTIONS) {
                aez_error(NULL, "-%c: unknown option: see aez help (-- ends the options)", *p);
                return AEZ_EXIT_USAGE;
            }
        }
        r->seen[id] = true;
        if (id != OPT_LEVEL && aez_option_list[id].has_value) {
            char name[3] = {'-', *p, '\0'};
            if (p[1])
                return aez_option_take(r->out, (option_id)id, p + 1);
            if (r->next == r->argc)
                return missing_value(name);
            return aez_option_take(r->out, (option_id)id, r->argv[r->next++]);
        }
        status = aez_option_take(r->out, (option_id)id, value);
        if (status != AEZ_EXIT_OK)
            return status;
    }
    return AEZ_EXIT_OK;
}

static const char known_commands[] = "use compress, decompress, test, info, train, latents, "
                                     "reconstruct, score, denoise, sample, export, report, "
                                     "help or version";

/* The first word is the command, the others are files. */
static int read_word(arg_reader *r, const char *arg)
{
    if (r->word != AEZ_CMD_NONE) {
        r->out->files[r->out->n_files++] = arg;
        return AEZ_EXIT_OK;
    }
    r->word = aez_command_from_name(arg);
    if (r->word == AEZ_CMD_NONE) {
        aez_error(NULL, "%s: unknown command: %s", arg, known_commands);
        return AEZ_EXIT_USAGE;
    }
    if (r->word == AEZ_CMD_REPORT && !r->out->help) { /* the first word goes to cmd_report.c */
        aez_error(NULL, "report has to be the first word: aez report ...");
        return AEZ_EXIT_USAGE;
    }
    if (r->out->command == AEZ_CMD_NONE) /* -V has the last word */
        r->out->command = r->word;
    return AEZ_EXIT_OK;
}

int aez_args_parse(aez_args *out, int argc, char **argv)
{
    arg_reader r = {.out = out, .argv = argv, .argc = argc, .next = 1};
    bool       options_end = false;
    int        status = AEZ_EXIT_OK;
    memset(out, 0, sizeof *out);
    out->variables = -1;
    out->end_row = UINT64_MAX;
    out->files = calloc((size_t)argc + 1, sizeof *out->files);
    if (!out->files) {
        aez_error(NULL, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    while (status == AEZ_EXIT_OK && r.next < argc) {
        const char *arg = argv[r.next++];
        if (options_end || arg[0] != '-' || arg[1] == '\0')
            status = read_word(&r, arg);
        else if (strcmp(arg, "--") == 0)
            options_end = true;
        else if (arg[1] == '-')
            status = read_long(&r, arg);
        else
            status = read_letters(&r, arg);
    }
    if (status != AEZ_EXIT_OK || out->help || out->command == AEZ_CMD_VERSION)
        return status;
    if (out->command == AEZ_CMD_NONE) {
        aez_error(NULL, "no command: %s", known_commands);
        return AEZ_EXIT_USAGE;
    }
    return aez_args_check(out, r.seen);
}

void aez_args_free(aez_args *args)
{
    aez_rules_free(args);
    free(args->train.targets);
    free((void *)args->models);
    free((void *)args->files);
    args->train.targets = NULL;
    args->models = args->files = NULL;
    args->n_files = args->n_models = args->train.n_targets = 0;
}
