/* cli.c - what the commands have in common: files to work on, options, failures. */
#include "platform.h"

#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

int aez_for_each_file(const aez_cli *cli, int (*one)(const aez_cli *, const char *, void *),
                      void *opaque)
{
    const aez_args *args = cli->args;
    int             worst = AEZ_EXIT_OK;
    if (args->n_files == 0) {
        if (isatty(STDIN_FILENO)) {
            aez_error(NULL, "no input: name a file, or send data through a pipe: see aez help %s",
                      aez_command_name(args->command));
            return AEZ_EXIT_USAGE;
        }
        return one(cli, "-", opaque);
    }
    for (size_t i = 0; i < args->n_files; i++) {
        int status = one(cli, args->files[i], opaque);
        aez_progress_clear(cli->progress);
        worst = aez_worse(worst, status);
    }
    return worst;
}

static int report_progress(void *opaque, uint64_t done)
{
    aez_progress_tick(opaque, done);
    return 0;
}

static int report_training(void *opaque, const aez_epoch *now, uint64_t epochs, uint64_t steps)
{
    (void)epochs;
    aez_progress_training(opaque, now->step, steps, now->train_loss);
    return 0;
}

void aez_cli_options(const aez_cli *cli, aez_options *out)
{
    const aez_args *args = cli->args;
    aez_options_init(out);
    out->level = args->level;
    out->seed = args->seed;
    out->chunk_bytes = args->chunk_bytes;
    out->entropy = args->entropy;
    out->memory_limit = args->memory_limit;
    out->runner = cli->runner;
    out->progress = report_progress;
    out->progress_opaque = cli->progress;
    out->trainer = aez_trainer_default();
    out->model = args->model;
    out->latent_only = args->latent_only;
    out->n_latent = args->n_latent;
    out->n_hidden = args->n_hidden;
    memcpy(out->hidden, args->hidden, sizeof out->hidden);
    out->train_steps = args->train_steps;
    out->latent_step = args->latent_step;
    out->lambda = args->lambda;
    out->train_progress = report_training;
    out->train_opaque = cli->progress;
}

static const char *remedy_for(aez_status status)
{
    switch (status) {
    case AEZ_ERR_NOMEM:
        return ": free some memory, or use fewer threads (-T) or smaller chunks (--chunk)";
    case AEZ_ERR_LIMIT:
        return ": raise --memory if you trust the file";
    case AEZ_ERR_MAGIC:
        return ": check that it was made by aez";
    case AEZ_ERR_VERSION:
        return ": use a newer aez";
    case AEZ_ERR_CORRUPT:
    case AEZ_ERR_TRUNCATED:
        return ": get a good copy of the file";
    case AEZ_ERR_MODEL:
        return ": name its file with --model, or lay it beside the compressed one";
    case AEZ_OK:
    case AEZ_NEED_INPUT:
    case AEZ_NEED_OUTPUT:
    case AEZ_END:
    case AEZ_ERR_OPTION:
    case AEZ_ERR_STATE:
    case AEZ_ERR_CANCELLED:
        break;
    }
    return "";
}

int aez_fail_status(const aez_cli *cli, const char *file, aez_status status, const char *message)
{
    const char *text = aez_status_text(status);
    const char *remedy = remedy_for(status);
    bool        told = message && *message && strcmp(message, text) != 0;
    char        help[64] = "";
    if (status == AEZ_ERR_OPTION) {
        (void)snprintf(help, sizeof help, ": see aez help %s",
                       aez_command_name(cli->args->command));
        remedy = help;
    }
    aez_progress_clear(cli->progress);
    aez_error(file, "%s%s%s%s", text, told ? ": " : "", told ? message : "", remedy);
    return aez_exit_of(status);
}

int aez_refuse_terminal_input(const aez_cli *cli, const char *path)
{
    if (strcmp(path, "-") == 0 && !cli->args->force && isatty(STDIN_FILENO)) {
        aez_error(NULL, "compressed data does not come from a terminal: name a file, or force it "
                        "with -f");
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

static bool has_suffix(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t      n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".aez") == 0;
}

int aez_output_path(const aez_cli *cli, const char *path, const char **out, char **owned)
{
    const aez_args *args = cli->args;
    size_t          n = strlen(path);
    *owned = NULL;
    if (args->to_stdout || (strcmp(path, "-") == 0 && !args->output)) {
        *out = "-";
        return AEZ_EXIT_OK;
    }
    if (args->output) {
        *out = args->output;
        return AEZ_EXIT_OK;
    }
    if (args->command == AEZ_CMD_DECOMPRESS && !has_suffix(path)) {
        aez_error(path, "its name does not end in .aez: name the output with -o");
        return AEZ_EXIT_USAGE;
    }
    *owned = malloc(n + sizeof ".aez");
    if (!*owned) {
        aez_error(path, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    memcpy(*owned, path, n + 1);
    if (args->command == AEZ_CMD_DECOMPRESS)
        (*owned)[n - 4] = '\0';
    else
        memcpy(*owned + n, ".aez", sizeof ".aez");
    *out = *owned;
    return AEZ_EXIT_OK;
}
