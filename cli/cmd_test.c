/* cmd_test.c - aez test: decodes and checks, writes nothing. */
#include "platform.h"

#include <inttypes.h>

#include "cli.h"
#include "decode.h"
#include "file.h"
#include "message.h"

static int test_file(const aez_cli *cli, const char *path, void *opaque)
{
    aez_input  in = {.fd = -1};
    aez_decode d = {.cli = cli, .in = &in, .models = opaque};
    int        code = aez_refuse_terminal_input(cli, path);
    if (code == AEZ_EXIT_OK)
        code = aez_input_open(&in, path, false, cli->guard);
    if (code == AEZ_EXIT_OK)
        code = aez_decode_input(&d);
    aez_progress_clear(cli->progress);
    if (code == AEZ_EXIT_OK && !cli->args->quiet)
        aez_say(in.name, "good, %" PRIu64 " -> %" PRIu64 " bytes", d.packed_bytes, d.raw_bytes);
    aez_input_close(&in);
    return code;
}

int aez_cmd_test(const aez_cli *cli)
{
    aez_model_list models;
    int            code = aez_model_list_load(&models, cli);
    if (code == AEZ_EXIT_OK)
        code = aez_for_each_file(cli, test_file, &models);
    aez_model_list_free(&models);
    return code;
}
