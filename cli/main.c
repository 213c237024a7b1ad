/* main.c - the aez command: from words to functions. */
#include "platform.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "cmd_report.h"
#include "message.h"
#include "threads.h"

static int run_coder(const aez_cli *cli)
{
    switch (cli->args->command) {
    case AEZ_CMD_COMPRESS:
        return aez_cmd_compress(cli);
    case AEZ_CMD_DECOMPRESS:
        return aez_cmd_decompress(cli);
    case AEZ_CMD_TEST:
        return aez_cmd_test(cli);
    case AEZ_CMD_INFO:
        return aez_cmd_info(cli);
    case AEZ_CMD_TRAIN:
        return aez_cmd_train(cli);
    case AEZ_CMD_LATENTS:
        return aez_cmd_latents(cli);
    case AEZ_CMD_RECONSTRUCT:
        return aez_cmd_reconstruct(cli);
    case AEZ_CMD_SCORE:
        return aez_cmd_score(cli);
    case AEZ_CMD_DENOISE:
        return aez_cmd_denoise(cli);
    case AEZ_CMD_SAMPLE:
        return aez_cmd_sample(cli);
    case AEZ_CMD_EXPORT:
        return aez_cmd_export(cli);
    case AEZ_CMD_REPORT: /* main sends it elsewhere when it is the first word */
        aez_error(NULL, "report has to be the first word: aez report ...");
        break;
    case AEZ_CMD_NONE:
    case AEZ_CMD_HELP:
    case AEZ_CMD_VERSION:
        break;
    }
    return AEZ_EXIT_USAGE;
}

static int with_threads(const aez_args *args, aez_guard *guard)
{
    aez_progress progress;
    aez_threads *threads = aez_threads_create(args->threads);
    aez_cli      cli = {.args = args, .guard = guard, .progress = &progress};
    int          code;
    if (!threads) {
        aez_error(NULL, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    aez_progress_init(&progress, !args->quiet && !args->no_progress);
    cli.runner = aez_threads_runner(threads);
    code = run_coder(&cli);
    aez_threads_destroy(threads);
    return code;
}

static int help_about(const aez_args *args)
{
    aez_command about = args->help ? args->command : AEZ_CMD_NONE;
    if (args->n_files > 0) {
        about = aez_command_from_name(args->files[0]);
        if (about == AEZ_CMD_NONE && args->command == AEZ_CMD_HELP) {
            aez_error(NULL, "%s: unknown command: see aez help", args->files[0]);
            return AEZ_EXIT_USAGE;
        }
        if (about == AEZ_CMD_NONE || args->command != AEZ_CMD_HELP)
            about = args->command;
    }
    return aez_cmd_help(about);
}

static int run(const aez_args *args)
{
    aez_guard guard;
    int       code;
    if (args->command == AEZ_CMD_VERSION)
        return aez_cmd_version();
    if (args->help || args->command == AEZ_CMD_HELP)
        return help_about(args);
    code = aez_guard_start(&guard);
    if (code == AEZ_EXIT_OK)
        code = with_threads(args, &guard);
    aez_guard_stop(&guard);
    return code;
}

/* Coding takes and gives back blocks of many MiB for every chunk. glibc would map and unmap each of
 * them: a fifth of the time at level 1 went into page faults. */
static void keep_freed_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

static int run_words(int argc, char **argv)
{
    aez_args args;
    int      code;
    keep_freed_memory();
    code = aez_args_parse(&args, argc, argv);
    if (code == AEZ_EXIT_OK)
        code = run(&args);
    aez_args_free(&args);
    return code;
}

int main(int argc, char **argv)
{
    bool report = argc > 1 && strcmp(argv[1], "report") == 0;
    int  code = report ? aez_cmd_report(argc - 1, argv + 1) : run_words(argc, argv);
    if (fflush(stdout) != 0) {
        aez_error("stdout", "cannot write: %s: check where it goes", strerror(errno));
        code = aez_worse(code, AEZ_EXIT_SYSTEM);
    }
    return code;
}
