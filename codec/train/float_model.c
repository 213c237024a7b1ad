/* float_model.c - float models: shape, encode and decode. */
#include "train_options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS 256                     /* rows a block when encoding and decoding, at most */
#define BLOCK_FLOATS ((size_t)1 << 22) /* scratch of a block, where a row needs no more */

/* ---- shape ----------------------------------------------------------------------------------- */

static aez_status make_half(aez_half *h, const aez_float_shape *s, int is_encoder, aez_dims in,
                            uint32_t n_latent, char *why, size_t why_size)
{
    const char *text = is_encoder ? s->encoder : s->decoder;
    aez_status  st;
    h->n_in = (uint32_t)aez_dims_size(in);
    h->n_out = is_encoder ? n_latent : s->n_features;
    h->has_bypass = s->bypass;
    h->has_net = text != NULL;
    if (!text)
        return AEZ_OK;
    st = aez_network_parse(&h->net, text, in, is_encoder ? n_latent : 0, why, why_size);
    if (st >= 0)
        h->n_out = (uint32_t)aez_dims_size(h->net.out);
    return st;
}

/* Lays out a half from parameter `at` on; returns where the next one begins. */
static size_t lay_out(aez_half *h, size_t at)
{
    if (h->has_bypass) {
        h->bypass_w = at;
        h->bypass_b = at + (size_t)h->n_in * h->n_out;
        at = h->bypass_b + h->n_out;
    }
    h->net_at = at;
    return h->has_net ? at + h->net.n_params : at;
}

static aez_status make_halves(aez_float_model *m, const aez_float_shape *s, char *why,
                              size_t why_size)
{
    char       text[160];
    size_t     n_bypass;
    aez_status st = make_half(&m->encoder, s, 1, m->item, s->n_latent, why, why_size);
    if (st < 0)
        return st;
    if (s->n_latent && m->encoder.n_out != s->n_latent) {
        snprintf(text, sizeof text, "the encoder gives %lu values where %lu latents are asked for",
                 (unsigned long)m->encoder.n_out, (unsigned long)s->n_latent);
        return aez_refuse(why, why_size, text);
    }
    m->n_latent = m->encoder.n_out;
    if (m->n_latent < 1 || m->n_latent > AEZ_LAYER_WIDTH_MAX) {
        return aez_refuse(why, why_size, "a model has 1 to 4096 latents");
    }
    st = make_half(&m->decoder, s, 0, (aez_dims){m->n_latent, 1, 1}, m->n_latent, why, why_size);
    if (st < 0)
        return st;
    if (m->decoder.n_out != s->n_features) {
        snprintf(text, sizeof text, "the decoder gives %lu values where an item has %lu",
                 (unsigned long)m->decoder.n_out, (unsigned long)s->n_features);
        return aez_refuse(why, why_size, text);
    }
    n_bypass = s->bypass ? (size_t)s->n_features * m->n_latent : 0;
    if (n_bypass + (m->encoder.has_net ? m->encoder.net.n_params : 0) > AEZ_WEIGHTS_MAX ||
        n_bypass + (m->decoder.has_net ? m->decoder.net.n_params : 0) > AEZ_WEIGHTS_MAX) {
        return aez_refuse(why, why_size, "a half of a model has at most 2^24 weights");
        return AEZ_ERR_LIMIT;
    }
    return AEZ_OK;
}

static aez_status check_item(aez_float_model *m, const aez_float_shape *s, char *why,
                             size_t why_size)
{
    uint64_t n = (uint64_t)s->item.c * s->item.h;
    m->item = s->item;
    if (s->item.c == 0 && s->item.h == 0 && s->item.w == 0) {
        m->item = (aez_dims){1, 1, s->n_features};
        n = s->n_features;
    } else {
        n = n <= UINT32_MAX ? n * s->item.w : 0;
    }
    if (s->n_features < 1 || s->n_features > AEZ_TENSOR_MAX) {
        aez_refuse(why, why_size, "an item has 1 to 2^20 values");
    }
    if (n != s->n_features) {
        return aez_refuse(why, why_size,
                          "channels, height and width of an item do not make its values");
    }
    if (s->scaling < AEZ_SCALE_EACH || s->scaling > AEZ_SCALE_RANGE) {
        return aez_refuse(why, why_size, "no such scaling");
    }
    return AEZ_OK;
}

aez_status aez_float_model_create(const aez_mem *mem, const aez_float_shape *s,
                                  aez_float_model **out, char *why, size_t why_size)
{
    aez_float_model *m = aez_take(mem, 1, sizeof *m);
    aez_status       st;
    if (!m)
        return AEZ_ERR_NOMEM;
    m->mem = *mem;
    m->n_features = s->n_features;
    m->scaling = s->scaling;
    m->lambda = 1;
    st = check_item(m, s, why, why_size);
    if (st >= 0 && (s->n_latent || s->encoder))
        st = make_halves(m, s, why, why_size);
    if (st >= 0) {
        m->prior_mean = lay_out(&m->decoder, lay_out(&m->encoder, 0));
        m->prior_scale = m->prior_mean + m->n_latent;
        m->n_params = m->prior_scale + m->n_latent;
        m->params = aez_take(mem, m->n_params, sizeof *m->params);
        m->offset = aez_take(mem, m->n_features, sizeof *m->offset);
        m->scale = aez_take(mem, m->n_features, sizeof *m->scale);
        m->unit = aez_take(mem, m->n_latent, sizeof *m->unit);
        if (!m->params || !m->offset || !m->scale || !m->unit)
            st = AEZ_ERR_NOMEM;
    }
    if (st < 0) {
        aez_float_model_destroy(m);
        return st;
    }
    for (uint32_t l = 0; l < m->n_latent; l++)
        m->unit[l] = 1;
    *out = m;
    return AEZ_OK;
}

void aez_float_model_shape(const aez_float_model *m, aez_float_shape *s, char *encoder,
                           char *decoder)
{
    *s = (aez_float_shape){.n_features = m->n_features,
                           .n_latent = m->n_latent,
                           .item = m->item,
                           .scaling = m->scaling,
                           .bypass = m->encoder.has_bypass};
    if (m->encoder.has_net) {
        aez_network_text(&m->encoder.net, m->n_latent, encoder, AEZ_FLOAT_TEXT_MAX);
        s->encoder = encoder;
    }
    if (m->decoder.has_net) {
        aez_network_text(&m->decoder.net, 0, decoder, AEZ_FLOAT_TEXT_MAX);
        s->decoder = decoder;
    }
}

void aez_float_model_destroy(aez_float_model *m)
{
    aez_mem mem;
    if (!m)
        return;
    mem = m->mem;
    aez_drop(&mem, m->params);
    aez_drop(&mem, m->offset);
    aez_drop(&mem, m->scale);
    aez_drop(&mem, m->unit);
    aez_drop(&mem, m);
}

uint32_t aez_float_model_features(const aez_float_model *m)
{
    return m->n_features;
}

uint32_t aez_float_model_latents(const aez_float_model *m)
{
    return m->n_latent;
}

int aez_float_model_is_linear(const aez_float_model *m)
{
    return !m->encoder.has_net && !m->decoder.has_net;
}

size_t aez_float_offsets(const aez_float_model *m)
{
    return m->scaling == AEZ_SCALE_EACH || m->scaling == AEZ_SCALE_SITES ? m->n_features : 1;
}

size_t aez_float_scales(const aez_float_model *m)
{
    return m->scaling == AEZ_SCALE_EACH ? m->n_features : 1;
}

/* ---- encode and decode ----------------------------------------------------------------------- */

static int32_t round_latent(float z)
{
    float q = floorf(z + 0.5f);
    if (!(fabsf(q) <= (float)AEZ_LATENT_MAX))
        return q > 0 ? AEZ_LATENT_MAX : q < 0 ? -AEZ_LATENT_MAX : 0;
    return (int32_t)q;
}

/* Rows that go through a half at once, and the scratch for them. */
static float *take_work(const aez_float_model *m, const aez_half *h, size_t n, size_t *rows)
{
    size_t one = aez_half_work(h, 1) + h->n_in;
    *rows = BLOCK_FLOATS / (one ? one : 1);
    *rows = *rows < 1 ? 1 : *rows > ROWS ? ROWS : *rows;
    *rows = *rows > n ? n : *rows;
    return aez_take_raw(&m->mem, aez_half_work(h, *rows) + *rows * h->n_in, sizeof(float));
}

aez_status aez_float_encode_z(const aez_float_model *m, const float *x, size_t n, float *z)
{
    const aez_pass pass = {0, 0};
    size_t         most, k = m->n_latent;
    float         *work;
    if (k == 0 || n == 0)
        return AEZ_OK;
    work = take_work(m, &m->encoder, n, &most);
    if (!work)
        return AEZ_ERR_NOMEM;
    for (size_t r = 0; r < n; r += most) {
        size_t       rows = n - r < most ? n - r : most;
        const float *y = aez_half_forward(&m->encoder, m->params, x + r * m->n_features, rows,
                                          &pass, work);
        for (size_t i = 0; i < rows * k; i++)
            z[r * k + i] = y[i] / m->unit[i % k];
    }
    aez_drop(&m->mem, work);
    return AEZ_OK;
}

aez_status aez_float_decode_z(const aez_float_model *m, const float *z, size_t n, float *hat)
{
    const aez_pass pass = {0, 0};
    size_t         most, k = m->n_latent, d = m->n_features;
    float         *work, *in;
    if (k == 0)
        memset(hat, 0, n * d * sizeof *hat);
    if (k == 0 || n == 0)
        return AEZ_OK;
    work = take_work(m, &m->decoder, n, &most);
    if (!work)
        return AEZ_ERR_NOMEM;
    in = work + aez_half_work(&m->decoder, most);
    for (size_t r = 0; r < n; r += most) {
        size_t rows = n - r < most ? n - r : most;
        for (size_t i = 0; i < rows * k; i++)
            in[i] = z[r * k + i] * m->unit[i % k];
        memcpy(hat + r * d, aez_half_forward(&m->decoder, m->params, in, rows, &pass, work),
               rows * d * sizeof *hat);
    }
    aez_drop(&m->mem, work);
    return AEZ_OK;
}

aez_status aez_float_encode_rows(const aez_float_model *m, const float *x, size_t n,
                                 int32_t *latents)
{
    size_t     n_z = n * m->n_latent;
    float     *z = aez_take_raw(&m->mem, n_z, sizeof *z);
    aez_status st = z ? aez_float_encode_z(m, x, n, z) : AEZ_ERR_NOMEM;
    for (size_t i = 0; st >= 0 && i < n_z; i++)
        latents[i] = round_latent(z[i]);
    aez_drop(&m->mem, z);
    return st;
}

aez_status aez_float_decode_rows(const aez_float_model *m, const int32_t *latents, size_t n,
                                 float *hat)
{
    size_t     n_z = n * m->n_latent;
    float     *z = aez_take_raw(&m->mem, n_z, sizeof *z);
    aez_status st = AEZ_ERR_NOMEM;
    for (size_t i = 0; z && i < n_z; i++)
        z[i] = (float)latents[i];
    if (z)
        st = aez_float_decode_z(m, z, n, hat);
    aez_drop(&m->mem, z);
    return st;
}

/* ---- in the data's units, a block of rows at a time ------------------------------------------ */

static size_t block_rows(const aez_float_model *m, size_t n)
{
    size_t rows = BLOCK_FLOATS / m->n_features;
    rows = rows < 1 ? 1 : rows > 4096 ? 4096 : rows;
    return rows < n ? rows : n;
}

/* z as doubles or rounded; the other is NULL. */
static aez_status encode(const aez_float_model *m, const double *x, size_t n, double *z,
                         int32_t *latents)
{
    size_t     d = m->n_features, k = m->n_latent, most = block_rows(m, n);
    float     *rows = aez_take_raw(&m->mem, most * d, sizeof *rows);
    float     *some = aez_take_raw(&m->mem, most * k, sizeof *some);
    aez_status st = rows && some ? AEZ_OK : AEZ_ERR_NOMEM;
    for (size_t r = 0; st >= 0 && r < n; r += most) {
        size_t n_rows = n - r < most ? n - r : most;
        aez_float_standardise(m, x + r * d, n_rows, rows);
        st = aez_float_encode_z(m, rows, n_rows, some);
        for (size_t i = 0; st >= 0 && z && i < n_rows * k; i++)
            z[r * k + i] = (double)some[i];
        for (size_t i = 0; st >= 0 && latents && i < n_rows * k; i++)
            latents[r * k + i] = round_latent(some[i]);
    }
    aez_drop(&m->mem, rows);
    aez_drop(&m->mem, some);
    return st;
}

/* From z or latents, whichever is not NULL, standardised or in the data's units. */
static aez_status decode(const aez_float_model *m, const double *z, const int32_t *latents,
                         size_t n, int restored, double *out)
{
    size_t     d = m->n_features, k = m->n_latent, most = block_rows(m, n);
    float     *rows = aez_take_raw(&m->mem, most * d, sizeof *rows);
    float     *some = aez_take_raw(&m->mem, most * k, sizeof *some);
    aez_status st = rows && some ? AEZ_OK : AEZ_ERR_NOMEM;
    for (size_t r = 0; st >= 0 && r < n; r += most) {
        size_t n_rows = n - r < most ? n - r : most;
        for (size_t i = 0; i < n_rows * k; i++)
            some[i] = z ? (float)z[r * k + i] : (float)latents[r * k + i];
        st = aez_float_decode_z(m, some, n_rows, rows);
        for (size_t i = 0; st >= 0 && i < n_rows * d; i++)
            out[r * d + i] = restored ? m->offset[i % d] + m->scale[i % d] * (double)rows[i]
                                      : (double)rows[i];
    }
    aez_drop(&m->mem, rows);
    aez_drop(&m->mem, some);
    return st;
}

aez_status aez_float_encode(const aez_float_model *m, const double *x, size_t n, int32_t *latents)
{
    return encode(m, x, n, NULL, latents);
}

aez_status aez_float_encode_float(const aez_float_model *m, const double *x, size_t n, double *z)
{
    return encode(m, x, n, z, NULL);
}

aez_status aez_float_decode(const aez_float_model *m, const int32_t *latents, size_t n, double *hat)
{
    return decode(m, NULL, latents, n, 0, hat);
}

aez_status aez_float_decode_float(const aez_float_model *m, const double *z, size_t n, double *x)
{
    return decode(m, z, NULL, n, 1, x);
}
