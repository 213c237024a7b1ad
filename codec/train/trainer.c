/* trainer.c - libaez-train as the public trainer: a float model together with its integer decoder.
 */
#include "context_train.h"
#include "mixture_train.h"
#include "train.h"

#include <string.h>

typedef struct trained {
    aez_mem          mem;
    aez_float_model *model;
    aez_buf          decoder; /* bytes of aez_autoencoder_put */
} trained;

static aez_status set_options(const aez_train_task *task, aez_train_options *o)
{
    memset(o, 0, sizeof *o);
    if (task->n_hidden > AEZ_HIDDEN_MAX || (task->n_hidden && !task->hidden))
        return AEZ_ERR_OPTION;
    o->n_hidden = task->n_hidden;
    for (uint32_t i = 0; i < task->n_hidden; i++)
        o->hidden[i] = task->hidden[i];
    o->n_latent = task->n_latent;
    o->scaling = task->scaling;
    o->seed = task->seed;
    o->steps = task->steps;
    o->lambda = task->lambda;
    o->latent_step = task->latent_step;
    o->runner = task->runner;
    o->progress = task->progress;
    o->progress_opaque = task->progress_opaque;
    return AEZ_OK;
}

static void destroy(void *model)
{
    trained *t = model;
    aez_mem  mem;
    if (!t)
        return;
    mem = t->mem;
    aez_float_model_destroy(t->model);
    aez_buf_free(&t->decoder);
    aez_drop(&mem, t);
}

static aez_status export_decoder(trained *t, const aez_train_task *task)
{
    aez_autoencoder ae;
    aez_status      st;
    aez_autoencoder_init(&ae, &t->mem);
    st = aez_export(t->model, task->rows, task->n_rows, 0, &ae);
    if (st >= 0)
        st = aez_autoencoder_put(&ae, &t->decoder);
    aez_autoencoder_free(&ae);
    return st;
}

static aez_status train(const aez_allocator *allocator, const aez_train_task *task, void **model,
                        char *why, size_t why_size)
{
    aez_train_options o;
    trained          *t;
    aez_status        st = set_options(task, &o);
    *model = NULL;
    if (why && why_size)
        why[0] = '\0';
    if (st < 0)
        return st;
    t = aez_take(allocator, 1, sizeof *t);
    if (!t)
        return AEZ_ERR_NOMEM;
    t->mem = *allocator;
    aez_buf_init(&t->decoder, &t->mem);
    st = (task->linear ? aez_train_pca : aez_train_autoencoder)(&t->mem, task->rows, task->n_rows,
                                                               task->n_features, &o, &t->model);
    if (st >= 0)
        st = export_decoder(t, task);
    if (st < 0) {
        destroy(t);
        return st;
    }
    *model = t;
    return AEZ_OK;
}

static const uint8_t *decoder(const void *model, size_t *size)
{
    const trained *t = model;
    *size = t->decoder.size;
    return t->decoder.data;
}

static aez_status encode(const void *model, const double *rows, size_t n_rows, int32_t *latents)
{
    const trained *t = model;
    return aez_float_encode(t->model, rows, n_rows, latents);
}

const aez_trainer *aez_trainer_default(void)
{
    static const aez_trainer trainer = {.train = train,
                                        .decoder = decoder,
                                        .encode = encode,
                                        .destroy = destroy,
                                        .mixture = aez_train_mixture,
                                        .context = aez_context_train};
    return &trainer;
}
