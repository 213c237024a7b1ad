/* cmd_decompress.c - aez decompress: .aez in, the original file out. */
#include "platform.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "decode.h"
#include "file.h"
#include "message.h"

static int write_file(const aez_cli *cli, aez_input *in, const char *out_path,
                      aez_model_list *models)
{
    aez_output out = {.fd = -1};
    aez_decode d = {.cli = cli, .in = in, .out = &out, .models = models};
    int code = aez_output_open(&out, out_path, cli->args->force, in, cli->guard);
    if (code == AEZ_EXIT_OK && cli->args->remove_input && !aez_output_seekable(&out)) {
        aez_error(in->name, "--rm needs an output file: leave out --rm");
        code = AEZ_EXIT_USAGE;
    }
    if (code == AEZ_EXIT_OK)
        code = aez_decode_input(&d);
    aez_progress_clear(cli->progress);
    if (code == AEZ_EXIT_OK)
        code = aez_output_commit(&out, in);
    if (code == AEZ_EXIT_OK && !cli->args->quiet)
        aez_say(in->name, "%" PRIu64 " -> %" PRIu64 " bytes", d.packed_bytes, d.raw_bytes);
    if (code == AEZ_EXIT_OK && cli->args->remove_input && !in->is_stdin)
        code = aez_input_remove(in);
    aez_output_close(&out);
    return code;
}

static int decompress_file(const aez_cli *cli, const char *path, void *opaque)
{
    aez_input   in = {.fd = -1};
    const char *out_path = NULL;
    char       *owned = NULL;
    int         code = aez_refuse_terminal_input(cli, path);
    if (code == AEZ_EXIT_OK)
        code = aez_output_path(cli, path, &out_path, &owned);
    if (code == AEZ_EXIT_OK)
        code = aez_input_open(&in, path, false, cli->guard);
    if (code == AEZ_EXIT_OK)
        code = write_file(cli, &in, out_path, opaque);
    aez_input_close(&in);
    free(owned);
    return code;
}

int aez_cmd_decompress(const aez_cli *cli)
{
    aez_model_list models;
    int            code = aez_model_list_load(&models, cli);
    if (code == AEZ_EXIT_OK)
        code = aez_for_each_file(cli, decompress_file, &models);
    aez_model_list_free(&models);
    return code;
}
