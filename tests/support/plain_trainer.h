/* plain_trainer.h - a trainer without training: one latent, how far a row lies above the mean of
 * all, as a mean over its features. Its float model is as short as its arithmetic is exact. */
#ifndef AEZ_TESTS_PLAIN_TRAINER_H
#define AEZ_TESTS_PLAIN_TRAINER_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "codec/autoencoder/autoencoder.h"

#define PLAIN_STEP 0.25

typedef struct plain_model {
    aez_mem   mem;
    uint32_t  n_features, n_latent;
    double   *mean; /* [n_features] */
    float     weight[2];
    aez_buf   bytes, decoder;
    aez_epoch curve[2];
} plain_model;

static inline void plain_destroy(void *model)
{
    plain_model *m = model;
    aez_mem      mem;
    if (!m)
        return;
    mem = m->mem;
    aez_drop(&mem, m->mean);
    aez_buf_free(&m->bytes);
    aez_buf_free(&m->decoder);
    aez_drop(&mem, m);
}

static inline plain_model *plain_take(const aez_allocator *allocator, uint32_t n_features,
                                      uint32_t n_latent)
{
    plain_model *m = aez_take(allocator, 1, sizeof *m);
    if (!m)
        return NULL;
    m->mem = *allocator;
    m->n_features = n_features;
    m->n_latent = n_latent;
    aez_buf_init(&m->bytes, &m->mem);
    aez_buf_init(&m->decoder, &m->mem);
    m->mean = aez_take(&m->mem, n_features, sizeof *m->mean);
    m->weight[0] = m->weight[1] = 0.5f;
    m->curve[0] = (aez_epoch){1, 10, 4, NAN, 0.01};
    m->curve[1] = (aez_epoch){2, 20, 2.5, 3, 0.005};
    if (m->mean)
        return m;
    plain_destroy(m);
    return NULL;
}

/* hat = latent * PLAIN_STEP, in units of 2^-16, on top of the mean. */
static inline aez_status plain_export(plain_model *m)
{
    aez_autoencoder ae;
    aez_status      st;
    aez_autoencoder_init(&ae, &m->mem);
    st = aez_autoencoder_begin(&ae, m->n_features, m->n_latent, m->n_features, 1, m->n_latent > 0);
    if (st >= 0) {
        ae.frac = 16;
        ae.scale[0] = 1;
        for (uint32_t j = 0; j < m->n_features; j++) {
            ae.offset[j] = m->mean[j];
            if (m->n_latent)
                ae.linear.weight[j] = 1;
        }
        ae.linear.shift = -14;
        st = aez_autoencoder_put(&ae, &m->decoder);
    }
    aez_autoencoder_free(&ae);
    return st;
}

static inline aez_status plain_train(const aez_allocator *allocator, const aez_train_task *task,
                                     void **model, char *why, size_t why_size)
{
    plain_model *m;
    aez_status   st;
    *model = NULL;
    if (why_size)
        why[0] = '\0';
    if (task->n_latent > 1) {
        if (why_size)
            strncpy(why, "one latent is all there is", why_size);
        return AEZ_ERR_OPTION;
    }
    for (size_t i = 0; i < task->n_rows * task->n_features; i++)
        cr_assert(isfinite(task->rows[i]), "rows are finite");
    m = plain_take(allocator, task->n_features, !task->no_latents);
    if (!m)
        return AEZ_ERR_NOMEM;
    for (uint32_t j = 0; j < task->n_features; j++) {
        for (size_t r = 0; r < task->n_rows; r++)
            m->mean[j] += task->rows[r * task->n_features + j];
        m->mean[j] /= (double)task->n_rows;
    }
    aez_put_varint(&m->bytes, m->n_features);
    aez_put_varint(&m->bytes, m->n_latent);
    for (uint32_t j = 0; j < m->n_features; j++)
        aez_put_f64(&m->bytes, m->mean[j]);
    st = plain_export(m);
    if (st >= 0 && m->bytes.failed)
        st = AEZ_ERR_NOMEM;
    if (st < 0)
        plain_destroy(m);
    else
        *model = m;
    return st;
}

static inline const uint8_t *plain_save(const void *model, size_t *size)
{
    const plain_model *m = model;
    *size = m->bytes.size;
    return m->bytes.data;
}

static inline aez_status plain_load(const aez_allocator *allocator, const void *bytes, size_t size,
                                    void **model)
{
    aez_rd       in;
    uint64_t     n_features, n_latent;
    plain_model *m;
    *model = NULL;
    aez_rd_init(&in, bytes, size);
    n_features = aez_get_varint(&in);
    n_latent = aez_get_varint(&in);
    if (in.failed || n_latent > 1 || aez_rd_left(&in) / 8 != n_features)
        return AEZ_ERR_CORRUPT;
    m = plain_take(allocator, (uint32_t)n_features, (uint32_t)n_latent);
    if (!m)
        return AEZ_ERR_NOMEM;
    for (uint32_t j = 0; j < n_features; j++)
        m->mean[j] = aez_get_f64(&in);
    *model = m;
    return AEZ_OK;
}

static inline const uint8_t *plain_decoder(const void *model, size_t *size)
{
    const plain_model *m = model;
    *size = m->decoder.size;
    return m->decoder.data;
}

static inline aez_status plain_encode_float(const void *model, const double *rows, size_t n,
                                            double *z)
{
    const plain_model *m = model;
    for (size_t r = 0; m->n_latent && r < n; r++) {
        double sum = 0;
        for (uint32_t j = 0; j < m->n_features; j++) {
            double v = rows[r * m->n_features + j];
            sum += isfinite(v) ? v - m->mean[j] : 0;
        }
        z[r] = sum / m->n_features / PLAIN_STEP;
    }
    return AEZ_OK;
}

static inline aez_status plain_encode(const void *model, const double *rows, size_t n,
                                      int32_t *latents)
{
    const plain_model *m = model;
    for (size_t r = 0; r < n; r++) {
        double z = 0;
        plain_encode_float(model, rows + r * m->n_features, 1, &z);
        latents[r] = (int32_t)fmax(-32767, fmin(32767, floor(z + 0.5)));
    }
    return AEZ_OK;
}

static inline aez_status plain_decode_float(const void *model, const double *z, size_t n,
                                            double *rows)
{
    const plain_model *m = model;
    for (size_t r = 0; r < n; r++)
        for (uint32_t j = 0; j < m->n_features; j++)
            rows[r * m->n_features + j] = m->mean[j] + (m->n_latent ? z[r] * PLAIN_STEP : 0);
    return AEZ_OK;
}

static inline int plain_tensor(const void *model, size_t i, aez_tensor *out)
{
    const plain_model *m = model;
    *out = (aez_tensor){"weight", 2, {1, 2}, m->weight};
    return i == 0;
}

static inline const char *plain_architecture(const void *model, int of_decoder)
{
    (void)model;
    return of_decoder ? "latent spread" : "mean latent";
}

static inline const aez_epoch *plain_curve(const void *model, size_t *n)
{
    *n = 2;
    return ((const plain_model *)model)->curve;
}

static inline void plain_loss(const void *model, double *with_floats, double *with_integers)
{
    (void)model;
    *with_floats = 0.125;
    *with_integers = 0.126;
}

static inline void plain_shape(const void *model, uint32_t *n_features, uint32_t *n_latent)
{
    const plain_model *m = model;
    *n_features = m->n_features;
    *n_latent = m->n_latent;
}

static const aez_trainer plain_trainer = {.train = plain_train,
                                          .save = plain_save,
                                          .load = plain_load,
                                          .decoder = plain_decoder,
                                          .encode = plain_encode,
                                          .encode_float = plain_encode_float,
                                          .decode_float = plain_decode_float,
                                          .tensor = plain_tensor,
                                          .architecture = plain_architecture,
                                          .curve = plain_curve,
                                          .export_loss = plain_loss,
                                          .destroy = plain_destroy,
                                          .shape = plain_shape};

#endif
