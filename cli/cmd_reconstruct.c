/* cmd_reconstruct.c - aez reconstruct: latents back to items. */
#include "platform.h"

#include <inttypes.h>
#include <stdlib.h>

#include "items.h"
#include "message.h"
#include "model_file.h"
#include "restored_form.h"

typedef struct task {
    const aez_cli    *cli;
    aez_trained      *model;
    aez_trained_about about;
    aez_items         items; /* the latents */
    aez_values_out    out;
    aez_feature_names names;
    double           *rows; /* owned: of a batch */
} task;

#define BATCH_VALUES ((size_t)1 << 20) /* features restored at once, if an item has fewer */

/* Latents are few: a batch of them may be very many items, which are restored in portions. */
static int take_batch(void *opaque, const aez_batch *batch)
{
    task  *t = opaque;
    size_t portion = BATCH_VALUES / t->about.n_features + 1;
    int    code = AEZ_EXIT_OK;
    if (!t->rows && !(t->rows = malloc(portion * t->about.n_features * sizeof *t->rows)))
        return aez_fail_status(t->cli, t->items.in.name, AEZ_ERR_NOMEM, NULL);
    for (size_t at = 0; at < batch->n && code == AEZ_EXIT_OK; at += portion) {
        size_t n = batch->n - at < portion ? batch->n - at : portion;
        code = aez_model_decode(t->cli, t->model, t->cli->args->floats,
                                batch->values + at * t->about.n_latent, n, t->rows);
        if (code == AEZ_EXIT_OK)
            code = aez_values_put(&t->out, t->rows, n);
    }
    return code;
}

static int write_items(task *t)
{
    aez_values_form form = aez_restored_form(t->cli, t->model, t->items.n_items, &t->names);
    int             code = aez_values_open(&t->out, t->cli, t->cli->args->output, &form);
    if (code != AEZ_EXIT_OK)
        return code;
    aez_progress_start(t->cli->progress, t->items.in.name, "restoring", t->items.source.data_size);
    code = aez_items_each(&t->items, take_batch, t);
    if (code == AEZ_EXIT_OK)
        code = aez_values_commit(&t->out);
    return code;
}

static int reconstruct_file(const aez_cli *cli, const char *path, void *opaque)
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
        code = aez_items_plain(&t.items, t.about.n_latent, "latents");
    if (code == AEZ_EXIT_OK)
        code = aez_items_count(&t.items);
    if (code == AEZ_EXIT_OK)
        code = write_items(&t);
    if (code == AEZ_EXIT_OK && !cli->args->quiet)
        aez_say(t.items.in.name, "%" PRIu64 " items restored by %s", t.items.n_items,
                cli->args->floats ? "floats" : "integers, latents rounded");
    aez_values_close(&t.out);
    aez_items_close(&t.items);
    aez_trained_destroy(t.model);
    free(t.rows);
    return code;
}

int aez_cmd_reconstruct(const aez_cli *cli)
{
    return aez_for_each_file(cli, reconstruct_file, NULL);
}
