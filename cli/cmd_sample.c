/* cmd_sample.c - aez sample: new items, drawn like the latents of given ones and decoded. */
#include "platform.h"

#include <inttypes.h>
#include <stdlib.h>

#include "items.h"
#include "latent_gauss.h"
#include "message.h"
#include "model_file.h"
#include "restored_form.h"

#define BATCH_VALUES ((size_t)1 << 20) /* features decoded at once, if an item has fewer */

typedef struct task {
    const aez_cli    *cli;
    aez_trained      *model;
    aez_trained_about about;
    aez_items         items; /* of --from */
    aez_latent_gauss  gauss;
    aez_values_out    out;
    aez_feature_names names;
    double           *z, *rows; /* owned: of a batch */
    size_t            cap_z;
} task;

static int no_memory(const task *t)
{
    return aez_fail_status(t->cli, t->cli->args->from, AEZ_ERR_NOMEM, NULL);
}

static int make_room(task *t, size_t n)
{
    if (n <= t->cap_z)
        return AEZ_EXIT_OK;
    free(t->z);
    t->cap_z = n;
    t->z = malloc(n * t->about.n_latent * sizeof *t->z);
    return t->z ? AEZ_EXIT_OK : no_memory(t);
}

static int take_batch(void *opaque, const aez_batch *batch)
{
    task *t = opaque;
    int   code = make_room(t, batch->n);
    if (code == AEZ_EXIT_OK)
        code = aez_model_encode(t->cli, t->model, batch->values, batch->n, t->z);
    if (code == AEZ_EXIT_OK)
        aez_latent_gauss_add(&t->gauss, t->z, batch->n);
    return code;
}

static int fit(task *t)
{
    int code = aez_items_open(&t->items, t->cli, t->cli->args->from);
    if (code == AEZ_EXIT_OK)
        code = aez_items_match(&t->items, t->model);
    if (code == AEZ_EXIT_OK && !aez_latent_gauss_init(&t->gauss, t->about.n_latent,
                                                      t->cli->args->seed))
        code = no_memory(t);
    if (code != AEZ_EXIT_OK)
        return code;
    aez_progress_start(t->cli->progress, t->items.in.name, "encoding", t->items.source.data_size);
    code = aez_items_each(&t->items, take_batch, t);
    if (code == AEZ_EXIT_OK && !aez_latent_gauss_fit(&t->gauss)) {
        aez_error(t->items.in.name, "a distribution needs at least 2 items: give more");
        code = AEZ_EXIT_DATA;
    }
    return code;
}

static int draw(task *t)
{
    uint64_t        count = t->cli->args->count;
    size_t          portion = BATCH_VALUES / t->about.n_features + 1;
    aez_values_form form = aez_restored_form(t->cli, t->model, count, &t->names);
    int             code = aez_values_open(&t->out, t->cli, t->cli->args->output, &form);
    if (code == AEZ_EXIT_OK)
        code = make_room(t, portion);
    if (code == AEZ_EXIT_OK &&
        !(t->rows = malloc(portion * t->about.n_features * sizeof *t->rows)))
        code = no_memory(t);
    for (uint64_t at = 0; at < count && code == AEZ_EXIT_OK; at += portion) {
        size_t n = count - at < portion ? (size_t)(count - at) : portion;
        for (size_t i = 0; i < n; i++)
            aez_latent_gauss_draw(&t->gauss, t->z + i * t->about.n_latent);
        code = aez_model_decode(t->cli, t->model, t->cli->args->floats, t->z, n, t->rows);
        if (code == AEZ_EXIT_OK)
            code = aez_values_put(&t->out, t->rows, n);
    }
    return code == AEZ_EXIT_OK ? aez_values_commit(&t->out) : code;
}

int aez_cmd_sample(const aez_cli *cli)
{
    task t = {.cli = cli, .out = {.out = {.fd = -1}}, .items = {.in = {.fd = -1}}};
    int  code = aez_model_load_only(cli, &t.model);
    if (code != AEZ_EXIT_OK)
        return code;
    aez_trained_describe(t.model, &t.about);
    if (t.about.n_latent == 0) {
        aez_error(cli->args->models[0], "has no latents: train a model with --latent");
        code = AEZ_EXIT_DATA;
    }
    if (code == AEZ_EXIT_OK)
        code = fit(&t);
    if (code == AEZ_EXIT_OK)
        code = draw(&t);
    if (code == AEZ_EXIT_OK && !cli->args->quiet)
        aez_say(t.out.out.name, "%" PRIu64 " items from a Gaussian with full covariance, fitted to "
                "the latents of %" PRIu64 " items of %s", cli->args->count, t.gauss.n,
                cli->args->from);
    aez_values_close(&t.out);
    aez_items_close(&t.items);
    aez_latent_gauss_free(&t.gauss);
    aez_trained_destroy(t.model);
    free(t.z);
    free(t.rows);
    return code;
}
