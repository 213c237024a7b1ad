/* cmd_export.c - aez export: a model's weights by name, as safetensors. */
#include "platform.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "message.h"
#include "model_file.h"
#include "safetensors.h"

#define CHUNK_VALUES 16384

static size_t values_in(const aez_tensor *t)
{
    size_t n = 1;
    for (uint32_t i = 0; i < t->n_dims; i++)
        n *= (size_t)t->shape[i];
    return n;
}

/* Little-endian, whatever the machine. */
static int write_values(aez_output *out, const aez_tensor *t)
{
    uint8_t buf[4 * CHUNK_VALUES];
    size_t  n = values_in(t);
    int     code = AEZ_EXIT_OK;
    for (size_t at = 0; at < n && code == AEZ_EXIT_OK;) {
        size_t now = n - at < CHUNK_VALUES ? n - at : CHUNK_VALUES;
        for (size_t i = 0; i < now; i++) {
            uint32_t bits;
            memcpy(&bits, &t->data[at + i], sizeof bits);
            for (size_t b = 0; b < 4; b++)
                buf[4 * i + b] = (uint8_t)(bits >> (8 * b));
        }
        code = aez_output_write(out, buf, 4 * now);
        at += now;
    }
    return code;
}

static int write_weights(const aez_cli *cli, aez_output *out, const aez_tensor *tensors, size_t n)
{
    size_t size;
    char  *head = aez_safetensors_head(tensors, n, &size);
    int    code;
    if (!head)
        return aez_fail_status(cli, out->name, AEZ_ERR_NOMEM, NULL);
    code = aez_output_write(out, head, size);
    for (size_t i = 0; i < n && code == AEZ_EXIT_OK; i++)
        code = write_values(out, &tensors[i]);
    free(head);
    return code;
}

/* The tensors of a model as a list; names and values stay the model's. */
static int list_tensors(const aez_cli *cli, const aez_trained *model, const char *path,
                        aez_tensor **out, size_t *n)
{
    aez_tensor t;
    *out = NULL;
    for (*n = 0; aez_trained_tensor(model, *n, &t); (*n)++) {
        aez_tensor *grown = realloc(*out, (*n + 1) * sizeof *grown);
        if (!grown)
            return aez_fail_status(cli, path, AEZ_ERR_NOMEM, NULL);
        *out = grown;
        grown[*n] = t;
    }
    if (*n == 0) {
        aez_error(path, "has no weights: give a model with an autoencoder");
        return AEZ_EXIT_DATA;
    }
    return AEZ_EXIT_OK;
}

int aez_cmd_export(const aez_cli *cli)
{
    const aez_args *args = cli->args;
    const char     *path = args->n_models ? args->models[0] : args->files[0];
    aez_input       made = {.fd = -1, .is_stdin = true};
    aez_output      out = {.fd = -1};
    aez_trained    *model = NULL;
    aez_tensor     *tensors = NULL;
    size_t          n = 0;
    int             code = aez_model_load(cli, path, &model);
    if (code == AEZ_EXIT_OK)
        code = list_tensors(cli, model, path, &tensors, &n);
    if (code == AEZ_EXIT_OK)
        code = aez_output_open(&out, args->output, args->force, &made, cli->guard);
    if (code == AEZ_EXIT_OK)
        code = write_weights(cli, &out, tensors, n);
    if (code == AEZ_EXIT_OK)
        code = aez_output_commit(&out, &made);
    if (code == AEZ_EXIT_OK && !args->quiet)
        aez_say(path, "%zu tensors, %" PRIu64 " bytes", n, out.pos);
    aez_output_close(&out);
    free(tensors);
    aez_trained_destroy(model);
    return code;
}
