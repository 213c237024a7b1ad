/* cli.h - what every command gets, and the commands. */
#ifndef AEZ_CLI_CLI_H
#define AEZ_CLI_CLI_H

#include "args.h"
#include "guard.h"
#include "progress.h"

typedef struct aez_cli {
    const aez_args *args;
    aez_guard      *guard;
    aez_runner      runner;
    aez_progress   *progress;
} aez_cli;

/* Each returns an exit code and has said what went wrong. */
int aez_cmd_compress(const aez_cli *cli);
int aez_cmd_decompress(const aez_cli *cli);
int aez_cmd_test(const aez_cli *cli);
int aez_cmd_info(const aez_cli *cli);
int aez_cmd_train(const aez_cli *cli);
int aez_cmd_latents(const aez_cli *cli);
int aez_cmd_reconstruct(const aez_cli *cli);
int aez_cmd_score(const aez_cli *cli);
int aez_cmd_denoise(const aez_cli *cli);
int aez_cmd_sample(const aez_cli *cli);
int aez_cmd_export(const aez_cli *cli);
/* The text about one command, or AEZ_CMD_NONE for all, on standard output. */
int aez_cmd_help(aez_command about);
int aez_cmd_version(void);

/* Runs one(cli, path, opaque) for each input, or for standard input when none was named and it is
 * no terminal. The worst exit code. */
int aez_for_each_file(const aez_cli *cli, int (*one)(const aez_cli *, const char *, void *),
                      void *opaque);
/* Options of the library that the command line decides, progress reporting included. */
void aez_cli_options(const aez_cli *cli, aez_options *out);
/* Says that a call of the library failed, with the handle's message if it has one. */
int aez_fail_status(const aez_cli *cli, const char *file, aez_status status, const char *message);
/* Compressed data does not come from a terminal, unless forced. An exit code. */
int aez_refuse_terminal_input(const aez_cli *cli, const char *path);
/* The output for an input; "-" for standard output. *owned is to be freed. An exit code. */
int aez_output_path(const aez_cli *cli, const char *path, const char **out, char **owned);

#endif
