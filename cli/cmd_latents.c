/* cmd_latents.c - aez latents: what a model's encoder makes of items. */
#include "platform.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "items.h"
#include "message.h"
#include "model_file.h"
#include "values_out.h"

typedef struct task {
    const aez_cli    *cli;
    aez_trained      *model;
    aez_trained_about about;
    aez_items         items;
    aez_values_out    out;
    double           *z;     /* owned: of a batch */
    size_t            cap_z; /* rows */
} task;

static const char *latent_name(const void *opaque, uint32_t i)
{
    char *text = (char *)(uintptr_t)opaque; /* room for one name */
    (void)snprintf(text, 16, "z%" PRIu32, i);
    return text;
}

static int take_batch(void *opaque, const aez_batch *batch)
{
    task  *t = opaque;
    size_t n = batch->n * t->about.n_latent;
    int    code;
    if (batch->n > t->cap_z) {
        free(t->z);
        t->cap_z = batch->n;
        t->z = malloc(n * sizeof *t->z);
        if (!t->z)
            return aez_fail_status(t->cli, t->items.in.name, AEZ_ERR_NOMEM, NULL);
    }
    code = aez_model_encode(t->cli, t->model, batch->values, batch->n, t->z);
    for (size_t i = 0; i < n && t->cli->args->rounded; i++)
        t->z[i] = floor(t->z[i] + 0.5);
    return code == AEZ_EXIT_OK ? aez_values_put(&t->out, t->z, batch->n) : code;
}

static int write_latents(task *t)
{
    const aez_args *args = t->cli->args;
    const char     *path = args->output ? args->output : "-";
    aez_type        type = args->output_type ? args->output_type : AEZ_F32;
    char            name[16];
    aez_values_form form =
        aez_values_matrix(aez_format_of_path(path, AEZ_FORMAT_CSV), type, t->items.n_items,
                          t->about.n_latent);
    int code;
    form.delimiter = aez_delimiter_of_path(path);
    form.name = latent_name;
    form.opaque = name;
    code = aez_values_open(&t->out, t->cli, path, &form);
    if (code != AEZ_EXIT_OK)
        return code;
    aez_progress_start(t->cli->progress, t->items.in.name, "encoding", t->items.source.data_size);
    code = aez_items_each(&t->items, take_batch, t);
    if (code == AEZ_EXIT_OK)
        code = aez_values_commit(&t->out);
    return code;
}

static int latents_of(const aez_cli *cli, const char *path, void *opaque)
{
    task t = {.cli = cli, .out = {.out = {.fd = -1}}};
    int  code;
    (void)opaque;
    code = aez_model_load_only(cli, &t.model);
    if (code != AEZ_EXIT_OK)
        return code;
    aez_trained_describe(t.model, &t.about);
    code = aez_items_open(&t.items, cli, path);
    if (code == AEZ_EXIT_OK)
        code = aez_items_match(&t.items, t.model);
    if (code == AEZ_EXIT_OK && t.about.n_latent == 0) {
        aez_error(cli->args->models[0], "has no latents: train a model with --latent");
        code = AEZ_EXIT_DATA;
    }
    if (code == AEZ_EXIT_OK)
        code = aez_items_count(&t.items);
    if (code == AEZ_EXIT_OK)
        code = write_latents(&t);
    if (code == AEZ_EXIT_OK && cli->args->output && !cli->args->quiet)
        aez_say(t.items.in.name, "%" PRIu64 " items, %" PRIu32 " latents each, in steps%s",
                t.items.n_items, t.about.n_latent, cli->args->rounded ? ", rounded" : "");
    aez_values_close(&t.out);
    aez_items_close(&t.items);
    aez_trained_destroy(t.model);
    free(t.z);
    return code;
}

int aez_cmd_latents(const aez_cli *cli)
{
    return aez_for_each_file(cli, latents_of, NULL);
}
