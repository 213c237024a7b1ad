/* trained.c - a trained model in use: loaded, described, rows to latents and back. */
#include "trained.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

#define BATCH_VALUES ((size_t)1 << 18) /* features restored at once: 1 MiB of hats */

/* ---- loading --------------------------------------------------------------------------------- */

static aez_status explain(char *why, size_t why_size, aez_status st, const char *what)
{
    if (why && why_size)
        snprintf(why, why_size, "%s", what);
    return st;
}

/* The encoder half; files that lack it, and callers without a trainer, do without. */
static aez_status load_weights(aez_trained *t, const aez_trainer *trainer, char *why,
                               size_t why_size)
{
    const aez_model_body *body = &t->shared.body;
    uint32_t              n_features = 0, n_latent = 0;
    aez_status            st;
    if (!body->has_decoder || body->decoder.n_latent == 0)
        t->shared.trainer = trainer; /* there is nothing to encode */
    if (!trainer || !trainer->load || !trainer->shape || !t->weights || !body->has_decoder)
        return AEZ_OK;
    t->shared.trainer = trainer;
    st = trainer->load(&t->mem, t->weights, t->weights_size, &t->shared.encoder);
    if (st < 0)
        t->shared.encoder = NULL;
    if (st < 0)
        return explain(why, why_size, st,
                       st == AEZ_ERR_VERSION ? "the encoder in the model file needs a newer aez"
                                             : "the encoder in the model file cannot be read");
    trainer->shape(t->shared.encoder, &n_features, &n_latent);
    if (n_features != body->decoder.n_features || n_latent != body->decoder.n_latent)
        return explain(why, why_size, AEZ_ERR_CORRUPT,
                       "the encoder in the model file is of another shape than its decoder");
    return AEZ_OK;
}

aez_status aez_trained_load(aez_trained **out, const aez_options *options, const void *bytes,
                            size_t size, char *why, size_t why_size)
{
    aez_options  o;
    const char  *reason;
    aez_trained *t;
    aez_status   st = aez_options_resolve(&o, options, &reason);
    *out = NULL;
    if (why && why_size)
        why[0] = '\0';
    if (st < 0)
        return explain(why, why_size, st, reason);
    t = aez_take(&o.allocator, 1, sizeof *t);
    if (!t)
        return explain(why, why_size, AEZ_ERR_NOMEM, aez_status_text(AEZ_ERR_NOMEM));
    t->mem = o.allocator;
    st = aez_trained_file_get(t, o.memory_limit, bytes, size, why, why_size);
    if (st >= 0)
        st = load_weights(t, o.trainer, why, why_size);
    if (st < 0) {
        aez_trained_destroy(t);
        return st;
    }
    *out = t;
    return AEZ_OK;
}

void aez_trained_destroy(aez_trained *t)
{
    aez_mem mem;
    if (!t)
        return;
    mem = t->mem;
    if (t->shared.encoder)
        t->shared.trainer->destroy(t->shared.encoder);
    for (uint32_t i = 0; i < t->n_names; i++)
        aez_drop(&mem, t->names[i]);
    aez_model_body_free(&t->shared.body);
    aez_drop(&mem, t->names);
    aez_drop(&mem, t->types);
    aez_drop(&mem, t->encoder_text);
    aez_drop(&mem, t->decoder_text);
    aez_drop(&mem, t->provenance);
    aez_drop(&mem, t->curve);
    aez_drop(&mem, t->file);
    aez_drop(&mem, t);
}

/* ---- what it is ------------------------------------------------------------------------------ */

const uint8_t *aez_trained_bytes(const aez_trained *t, size_t *size)
{
    *size = t->file_size;
    return t->file;
}

void aez_trained_describe(const aez_trained *t, aez_trained_about *out)
{
    const aez_model_body *body = &t->shared.body;
    aez_seed_mark         plans = aez_seed_marked(body->seed);
    memset(out, 0, sizeof *out);
    out->n_fields = body->fields.n_fields;
    out->n_features = (uint32_t)(body->inner * body->fields.n_fields);
    out->n_latent = body->has_decoder ? body->decoder.n_latent : 0;
    out->channels = t->channels;
    out->height = t->height;
    out->width = t->width;
    out->is_table = body->fields.is_table;
    out->encoder = t->record.encoder;
    out->decoder = t->record.decoder;
    out->provenance = t->provenance ? t->provenance : "";
    out->n_parameters = t->record.n_parameters;
    out->n_plans = plans.n_plans + (plans.has_mixture != 0);
    out->file_bytes = t->file_size;
    out->body_bytes = t->shared.size;
    out->decoder_bytes = body->has_decoder ? body->decoder_size : 0;
    out->plan_bytes = t->plan_bytes;
    memcpy(out->hash, t->shared.hash, sizeof out->hash);
    out->curve = t->record.curve;
    out->n_curve = t->record.n_curve;
    out->float_mse = t->record.float_mse;
    out->integer_mse = t->record.integer_mse;
}

void aez_trained_set_name(aez_trained *t, const char *name)
{
    size_t size = strlen(name);
    if (size >= sizeof t->name)
        size = sizeof t->name - 1;
    memcpy(t->name, name, size);
    t->name[size] = '\0';
    t->shared.hint = t->name;
}

const char *aez_trained_field(const aez_trained *t, uint32_t field, aez_type *type)
{
    int there = field < t->n_names;
    if (type)
        *type = there ? t->types[field] : (aez_type)0;
    return there ? t->names[field] : "";
}

const uint8_t *aez_trained_weights(const aez_trained *t, size_t *size)
{
    *size = t->weights_size;
    return t->weights;
}

int aez_trained_tensor(const aez_trained *t, size_t i, aez_tensor *out)
{
    if (!t->shared.encoder || !t->shared.trainer->tensor)
        return 0;
    return t->shared.trainer->tensor(t->shared.encoder, i, out);
}

void aez_trained_scaling(const aez_trained *t, uint32_t feature, double *offset, double *scale)
{
    const aez_model_body *body = &t->shared.body;
    *offset = 0;
    *scale = 1;
    if (!body->has_decoder || feature >= body->decoder.n_features)
        return;
    *offset = aez_autoencoder_offset(&body->decoder, feature);
    *scale = aez_autoencoder_scale(&body->decoder, feature);
}

/* ---- rows and latents ------------------------------------------------------------------------ */

aez_status aez_trained_encode(const aez_trained *t, const double *rows, size_t n, double *z)
{
    if (!t->shared.encoder || !t->shared.trainer->encode_float)
        return AEZ_ERR_STATE;
    if (n == 0 || t->shared.body.decoder.n_latent == 0)
        return AEZ_OK;
    return t->shared.trainer->encode_float(t->shared.encoder, rows, n, z);
}

aez_status aez_trained_decode_float(const aez_trained *t, const double *z, size_t n, double *rows)
{
    if (!t->shared.encoder || !t->shared.trainer->decode_float)
        return AEZ_ERR_STATE;
    if (n == 0)
        return AEZ_OK;
    return t->shared.trainer->decode_float(t->shared.encoder, z, n, rows);
}

/* What a file would hold. */
static int32_t round_latent(double z)
{
    if (isnan(z))
        return 0;
    z = floor(z + 0.5);
    return z > AEZ_LATENT_MAX ? AEZ_LATENT_MAX : z < -AEZ_LATENT_MAX ? -AEZ_LATENT_MAX : (int32_t)z;
}

static aez_status decode_batch(const aez_autoencoder *ae, const double *z, size_t n,
                               int32_t *latents, int32_t *hat, double *rows)
{
    aez_status st;
    for (size_t i = 0; i < n * ae->n_latent; i++)
        latents[i] = round_latent(z[i]);
    st = aez_autoencoder_run(ae, latents, n, hat);
    for (size_t i = 0; st >= 0 && i < n * ae->n_features; i++)
        rows[i] = aez_autoencoder_value(ae, i % ae->n_features, hat[i]);
    return st;
}

aez_status aez_trained_decode(const aez_trained *t, const double *z, size_t n, double *rows)
{
    const aez_autoencoder *ae = &t->shared.body.decoder;
    size_t                 batch, n_latent;
    int32_t               *latents, *hat;
    aez_status             st = AEZ_OK;
    if (!t->shared.body.has_decoder)
        return AEZ_ERR_STATE;
    n_latent = ae->n_latent;
    batch = BATCH_VALUES / (ae->n_features > n_latent ? ae->n_features : n_latent);
    batch = batch < 1 ? 1 : batch < n ? batch : n;
    latents = aez_take_raw(&t->mem, batch * n_latent + 1, sizeof *latents);
    hat = aez_take_raw(&t->mem, batch * ae->n_features + 1, sizeof *hat);
    if (!latents || !hat)
        st = AEZ_ERR_NOMEM;
    for (size_t at = 0; st >= 0 && at < n; at += batch) {
        size_t now = batch < n - at ? batch : n - at;
        st = decode_batch(ae, z + at * n_latent, now, latents, hat, rows + at * ae->n_features);
    }
    aez_drop(&t->mem, latents);
    aez_drop(&t->mem, hat);
    return st;
}
