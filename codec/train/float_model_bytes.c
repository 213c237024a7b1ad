/* float_model_bytes.c - a whole float model, encoder too, as bytes and back with every check. */
#include "float_model.h"

#include <math.h>
#include <string.h>

#define VERSION 1
#define FLAG_COMMON 1u
#define STAT_MAX 0x1p960

static void put_f32(aez_buf *out, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    aez_put_u32(out, bits);
}

static float get_f32(aez_rd *in)
{
    uint32_t bits = aez_get_u32(in);
    float    v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

aez_status aez_float_model_put(const aez_float_model *m, aez_buf *out)
{
    size_t n_stats = m->common ? 1 : m->n_features;
    aez_put_u8(out, VERSION);
    aez_put_u8(out, m->common ? FLAG_COMMON : 0);
    aez_put_varint(out, m->n_features);
    aez_put_varint(out, m->n_latent);
    aez_put_varint(out, m->encoder.n_hidden);
    for (uint32_t i = 0; i < m->encoder.n_hidden; i++)
        aez_put_varint(out, m->encoder.hidden[i]);
    aez_put_u8(out, m->encoder.activation);
    put_f32(out, m->step);
    aez_put_f64(out, m->lambda);
    put_f32(out, m->encoder.in_gain);
    put_f32(out, m->encoder.out_gain);
    put_f32(out, m->decoder.in_gain);
    put_f32(out, m->decoder.out_gain);
    for (size_t j = 0; j < n_stats; j++)
        aez_put_f64(out, m->offset[j]);
    for (size_t j = 0; j < n_stats; j++)
        aez_put_f64(out, m->scale[j]);
    for (size_t i = 0; i < m->n_params; i++)
        put_f32(out, m->params[i]);
    return out->failed ? AEZ_ERR_NOMEM : AEZ_OK;
}

typedef struct head {
    unsigned flags, activation;
    uint32_t n_features, n_latent, n_hidden, hidden[AEZ_HIDDEN_MAX];
} head;

static uint32_t get_width(aez_rd *in)
{
    uint64_t v = aez_get_varint(in);
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static aez_status get_head(aez_rd *in, head *h)
{
    unsigned version = aez_get_u8(in);
    memset(h, 0, sizeof *h);
    h->flags = aez_get_u8(in);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (version != VERSION || h->flags > FLAG_COMMON)
        return AEZ_ERR_VERSION;
    h->n_features = get_width(in);
    h->n_latent = get_width(in);
    h->n_hidden = get_width(in);
    if (h->n_hidden > AEZ_HIDDEN_MAX)
        return AEZ_ERR_LIMIT;
    for (uint32_t i = 0; i < h->n_hidden; i++)
        h->hidden[i] = get_width(in);
    h->activation = aez_get_u8(in);
    return in->failed ? AEZ_ERR_TRUNCATED : AEZ_OK;
}

/* Whether the weights that the head announces can be there at all: asked before memory is. Widths
 * that are too large saturate, and aez_float_model_create refuses them. */
static int weights_may_follow(const head *h, size_t left)
{
    uint64_t n = 0, n_in = h->n_features;
    for (uint32_t i = 0; i <= h->n_hidden; i++) {
        uint64_t n_out = i < h->n_hidden ? h->hidden[i] : h->n_latent;
        if (n_in > AEZ_LAYER_WIDTH_MAX || n_out > AEZ_LAYER_WIDTH_MAX)
            return 1;
        n += 2 * n_in * n_out * sizeof(float);
        n_in = n_out;
    }
    return n <= left;
}

static aez_status get_numbers(aez_float_model *m, aez_rd *in)
{
    size_t n_stats = m->common ? 1 : m->n_features;
    float *gains[] = {&m->encoder.in_gain, &m->encoder.out_gain, &m->decoder.in_gain,
                      &m->decoder.out_gain};
    int    fine;
    m->step = get_f32(in);
    m->lambda = aez_get_f64(in);
    fine = m->step >= 1e-15f && m->step <= 1e15f && m->lambda >= 0 && m->lambda <= 1e30;
    for (size_t i = 0; i < 4; i++) {
        *gains[i] = get_f32(in);
        fine = fine && fabsf(*gains[i]) <= 1e15f;
    }
    for (size_t j = 0; j < m->n_features; j++)
        m->offset[j] = j < n_stats ? aez_get_f64(in) : m->offset[0];
    for (size_t j = 0; j < m->n_features; j++)
        m->scale[j] = j < n_stats ? aez_get_f64(in) : m->scale[0];
    for (size_t j = 0; j < n_stats; j++)
        fine = fine && fabs(m->offset[j]) <= STAT_MAX && m->scale[j] >= 0 &&
               m->scale[j] <= STAT_MAX;
    for (size_t i = 0; i < m->n_params && !in->failed; i++) {
        m->params[i] = get_f32(in);
        fine = fine && fabsf(m->params[i]) <= 1e15f;
    }
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    return fine ? AEZ_OK : AEZ_ERR_CORRUPT;
}

aez_status aez_float_model_get(const aez_mem *mem, aez_rd *in, aez_float_model **out)
{
    head             h;
    aez_float_model *m = NULL;
    aez_status       st = get_head(in, &h);
    if (st != AEZ_OK)
        return st;
    if (!weights_may_follow(&h, aez_rd_left(in)))
        return AEZ_ERR_TRUNCATED;
    st = aez_float_model_create(mem, h.n_features, h.n_latent, h.hidden, h.n_hidden, h.activation,
                                &m);
    if (st != AEZ_OK)
        return st == AEZ_ERR_OPTION ? AEZ_ERR_CORRUPT : st;
    m->common = (h.flags & FLAG_COMMON) != 0;
    st = get_numbers(m, in);
    if (st == AEZ_OK)
        *out = m;
    else
        aez_float_model_destroy(m);
    return st;
}
