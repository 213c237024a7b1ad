/* trainer.c - libaez-train as the public trainer: a float model together with its integer decoder.
 */
#include "context_train.h"
#include "float_model.h"
#include "mixture_train.h"
#include "saved.h"

#include <stdio.h>
#include <string.h>

typedef struct trained {
    aez_mem   mem;
    aez_saved saved;
    aez_buf   decoder; /* bytes of aez_autoencoder_put; none of a loaded model */
    aez_buf   bytes;   /* of aez_saved_put */
    char      text[2][AEZ_FLOAT_TEXT_MAX + 16];
    size_t    n_tensors;
    char    (*names)[AEZ_TENSOR_NAME]; /* [n_tensors] */
} trained;

static void destroy(void *model)
{
    trained *t = model;
    aez_mem  mem;
    if (!t)
        return;
    mem = t->mem;
    aez_saved_free(&t->saved);
    aez_buf_free(&t->decoder);
    aez_buf_free(&t->bytes);
    aez_drop(&mem, t->names);
    aez_drop(&mem, t);
}

static trained *create(const aez_allocator *allocator)
{
    trained *t = aez_take(allocator, 1, sizeof *t);
    if (!t)
        return NULL;
    t->mem = *allocator;
    aez_saved_init(&t->saved, &t->mem);
    aez_buf_init(&t->decoder, &t->mem);
    aez_buf_init(&t->bytes, &t->mem);
    return t;
}

/* ---- what is asked for later is made at once, so that asking needs no lock ------------------- */

static void spell(trained *t, int of_decoder)
{
    char             text[2][AEZ_FLOAT_TEXT_MAX];
    aez_float_shape  parts;
    const char      *net;
    aez_float_model *m = t->saved.model;
    aez_float_model_shape(m, &parts, text[0], text[1]);
    net = of_decoder ? parts.decoder : parts.encoder;
    snprintf(t->text[of_decoder], sizeof t->text[0], "%s%s%s", parts.bypass ? "linear" : "",
             parts.bypass && net ? " + " : "", net ? net : "");
}

static aez_status finish(trained *t)
{
    char       name[AEZ_TENSOR_NAME];
    aez_tensor tensor;
    spell(t, 0);
    spell(t, 1);
    while (aez_float_tensor(t->saved.model, t->n_tensors, name, &tensor))
        t->n_tensors++;
    t->names = aez_take(&t->mem, t->n_tensors, sizeof *t->names);
    for (size_t i = 0; t->names && i < t->n_tensors; i++)
        aez_float_tensor(t->saved.model, i, t->names[i], &tensor);
    return t->names ? aez_saved_put(&t->saved, &t->bytes) : AEZ_ERR_NOMEM;
}

static aez_status export_decoder(trained *t, const aez_train_task *task, char *why, size_t why_size)
{
    aez_autoencoder ae;
    aez_status      st;
    aez_autoencoder_init(&ae, &t->mem);
    st = aez_export(t->saved.model, task->rows, task->n_rows, task->tolerance, &ae, &t->saved.loss,
                    why, why_size);
    if (st >= 0)
        st = aez_autoencoder_put(&ae, &t->decoder);
    aez_autoencoder_free(&ae);
    return st;
}

/* ---- the public functions -------------------------------------------------------------------- */

static aez_status train(const aez_allocator *allocator, const aez_train_task *task, void **model,
                        char *why, size_t why_size)
{
    trained   *t = create(allocator);
    aez_status st;
    *model = NULL;
    if (why && why_size)
        why[0] = '\0';
    if (!t)
        return AEZ_ERR_NOMEM;
    st = aez_train(&t->mem, task, &t->saved.model, &t->saved.log, why, why_size);
    if (st >= 0)
        st = export_decoder(t, task, why, why_size);
    if (st >= 0)
        st = finish(t);
    if (st < 0) {
        destroy(t);
        return st;
    }
    *model = t;
    return AEZ_OK;
}

static const uint8_t *save(const void *model, size_t *size)
{
    const trained *t = model;
    *size = t->bytes.size;
    return t->bytes.data;
}

static aez_status load(const aez_allocator *allocator, const void *bytes, size_t size, void **model)
{
    trained   *t = create(allocator);
    aez_status st;
    *model = NULL;
    if (!t)
        return AEZ_ERR_NOMEM;
    st = aez_saved_get(&t->mem, bytes, size, &t->saved);
    if (st >= 0)
        st = finish(t);
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

static void shape(const void *model, uint32_t *n_features, uint32_t *n_latent)
{
    const trained *t = model;
    *n_features = aez_float_model_features(t->saved.model);
    *n_latent = aez_float_model_latents(t->saved.model);
}

static aez_status encode(const void *model, const double *rows, size_t n_rows, int32_t *latents)
{
    const trained *t = model;
    return aez_float_encode(t->saved.model, rows, n_rows, latents);
}

static aez_status encode_float(const void *model, const double *rows, size_t n_rows, double *z)
{
    const trained *t = model;
    return aez_float_encode_float(t->saved.model, rows, n_rows, z);
}

static aez_status decode_float(const void *model, const double *z, size_t n_rows, double *rows)
{
    const trained *t = model;
    return aez_float_decode_float(t->saved.model, z, n_rows, rows);
}

static int tensor(const void *model, size_t i, aez_tensor *out)
{
    const trained *t = model;
    char           name[AEZ_TENSOR_NAME];
    if (i >= t->n_tensors || !aez_float_tensor(t->saved.model, i, name, out))
        return 0;
    out->name = t->names[i];
    return 1;
}

static const char *architecture(const void *model, int of_decoder)
{
    const trained *t = model;
    return t->text[of_decoder != 0];
}

static const aez_epoch *curve(const void *model, size_t *n)
{
    const trained *t = model;
    *n = t->saved.log.n_curve;
    return t->saved.log.curve;
}

static void export_loss(const void *model, double *with_floats, double *with_integers)
{
    const trained *t = model;
    *with_floats = t->saved.loss.with_floats;
    *with_integers = t->saved.loss.with_integers;
}

const aez_trainer *aez_trainer_default(void)
{
    static const aez_trainer trainer = {.train = train,
                                        .save = save,
                                        .load = load,
                                        .decoder = decoder,
                                        .shape = shape,
                                        .encode = encode,
                                        .encode_float = encode_float,
                                        .decode_float = decode_float,
                                        .tensor = tensor,
                                        .architecture = architecture,
                                        .curve = curve,
                                        .export_loss = export_loss,
                                        .destroy = destroy,
                                        .mixture = aez_train_mixture,
                                        .context = aez_context_train};
    return &trainer;
}
