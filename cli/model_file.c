/* model_file.c - model files: read whole, and used in several threads. */
#include "platform.h"

#include "model_file.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "message.h"

#define SHARD_ROWS 256 /* rows of one job: fixed, so that results do not depend on threads */

const char *aez_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int load_bytes(const aez_cli *cli, aez_input *in, aez_trained **out)
{
    uint8_t    *bytes = in->size < SIZE_MAX ? malloc((size_t)in->size + 1) : NULL;
    aez_options options;
    aez_status  st;
    char        why[256];
    int         code;
    if (!bytes)
        return aez_fail_status(cli, in->name, AEZ_ERR_NOMEM, NULL);
    code = aez_input_read_at(in, bytes, (size_t)in->size, 0);
    if (code == AEZ_EXIT_OK) {
        aez_cli_options(cli, &options);
        st = aez_trained_load(out, &options, bytes, (size_t)in->size, why, sizeof why);
        if (st < 0)
            code = aez_fail_status(cli, in->name, st, why);
    }
    free(bytes);
    return code;
}

int aez_model_load(const aez_cli *cli, const char *path, aez_trained **out)
{
    aez_input in;
    int       code;
    *out = NULL;
    code = aez_input_open(&in, path, true, cli->guard);
    if (code == AEZ_EXIT_OK)
        code = load_bytes(cli, &in, out);
    aez_input_close(&in);
    return code;
}

int aez_model_load_only(const aez_cli *cli, aez_trained **out)
{
    return aez_model_load(cli, cli->args->models[0], out);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static int add_model(aez_model_list *list, const aez_cli *cli, const char *path)
{
    aez_trained **grown = realloc(list->at, (list->n + 1) * sizeof *grown);
    int           code;
    if (!grown)
        return aez_fail_status(cli, path, AEZ_ERR_NOMEM, NULL);
    list->at = grown;
    code = aez_model_load(cli, path, &grown[list->n]);
    if (code == AEZ_EXIT_OK)
        list->n++;
    return code;
}

int aez_model_list_load(aez_model_list *list, const aez_cli *cli)
{
    int code = AEZ_EXIT_OK;
    memset(list, 0, sizeof *list);
    for (size_t i = 0; i < cli->args->n_models && code == AEZ_EXIT_OK; i++)
        code = add_model(list, cli, cli->args->models[i]);
    return code;
}

void aez_model_list_free(aez_model_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        aez_trained_destroy(list->at[i]);
    free(list->at);
    list->at = NULL;
    list->n = 0;
}

/* The folder of the file and the bare name; owned. */
static char *beside(const char *file, const char *name)
{
    size_t folder = (size_t)(aez_base_name(file) - file), size = strlen(name) + 1;
    char  *path = malloc(folder + size);
    if (path) {
        memcpy(path, file, folder);
        memcpy(path + folder, name, size);
    }
    return path;
}

bool aez_model_list_find(aez_model_list *list, const aez_cli *cli, const char *file,
                         const char *name, const uint8_t hash[16])
{
    struct stat       st;
    aez_trained_about about;
    char             *path;
    bool              found = false;
    name = aez_base_name(name); /* it may come from anywhere: no other folder */
    if (!*name || !(path = beside(file, name)))
        return false;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && add_model(list, cli, path) == AEZ_EXIT_OK) {
        aez_trained_describe(list->at[list->n - 1], &about);
        found = memcmp(about.hash, hash, sizeof about.hash) == 0;
        if (!found)
            aez_error(path, "is not the model that %s needs: its hash is another one", file);
    }
    free(path);
    return found;
}

/* ---- shards of rows -------------------------------------------------------------------------- */

typedef struct run {
    const aez_trained *model;
    const double      *from;
    double            *to;
    size_t             n, n_from, n_to; /* rows; values of a row on either side */
    aez_status (*call)(const aez_trained *model, const double *from, size_t n, double *to);
    aez_status        *status; /* [shards] */
} run;

static void one_shard(void *arg, size_t i)
{
    run   *r = arg;
    size_t at = i * SHARD_ROWS, n = r->n - at < SHARD_ROWS ? r->n - at : SHARD_ROWS;
    r->status[i] = r->call(r->model, r->from + at * r->n_from, n, r->to + at * r->n_to);
}

static int run_shards(const aez_cli *cli, run *r)
{
    size_t     n_shards = (r->n + SHARD_ROWS - 1) / SHARD_ROWS;
    aez_status st = AEZ_OK;
    if (r->n == 0)
        return AEZ_EXIT_OK;
    r->status = calloc(n_shards, sizeof *r->status);
    if (!r->status)
        return aez_fail_status(cli, NULL, AEZ_ERR_NOMEM, NULL);
    cli->runner.run(cli->runner.opaque, n_shards, one_shard, r);
    for (size_t i = 0; i < n_shards && st >= 0; i++)
        st = r->status[i];
    free(r->status);
    if (st == AEZ_ERR_STATE) {
        aez_error(cli->args->n_models ? cli->args->models[0] : NULL,
                  "this model cannot do that: it holds no autoencoder, or not its encoder: train "
                  "one with aez train");
        return AEZ_EXIT_DATA;
    }
    return st < 0 ? aez_fail_status(cli, cli->args->models[0], st, NULL) : AEZ_EXIT_OK;
}

int aez_model_encode(const aez_cli *cli, const aez_trained *model, const double *rows, size_t n,
                     double *z)
{
    aez_trained_about about;
    run r = {.model = model, .from = rows, .to = z, .n = n, .call = aez_trained_encode};
    aez_trained_describe(model, &about);
    r.n_from = about.n_features;
    r.n_to = about.n_latent;
    return run_shards(cli, &r);
}

int aez_model_decode(const aez_cli *cli, const aez_trained *model, bool floats, const double *z,
                     size_t n, double *rows)
{
    aez_trained_about about;
    run               r = {.model = model, .from = z, .to = rows, .n = n};
    aez_trained_describe(model, &about);
    r.call = floats ? aez_trained_decode_float : aez_trained_decode;
    r.n_from = about.n_latent;
    r.n_to = about.n_features;
    return run_shards(cli, &r);
}
