/* float_model_bytes.c - a whole float model, encoder too, as bytes and back with every check. */
#include "float_bytes.h"
#include "float_model.h"

#define VERSION 2
#define HAS_BYPASS 1u
#define HAS_NET 2u
#define STAT_MAX 0x1p960
#define WEIGHT_MAX 1e15f

/* ---- writing --------------------------------------------------------------------------------- */

static void put_half(aez_buf *out, const aez_half *h, const char *text)
{
    aez_put_u8(out, (h->has_bypass ? HAS_BYPASS : 0) | (text ? HAS_NET : 0));
    if (text) {
        aez_put_varint(out, strlen(text));
        aez_put(out, text, strlen(text));
    }
}

aez_status aez_float_model_put(const aez_float_model *m, aez_buf *out)
{
    char            encoder[AEZ_FLOAT_TEXT_MAX], decoder[AEZ_FLOAT_TEXT_MAX];
    aez_float_shape s;
    aez_float_model_shape(m, &s, encoder, decoder);
    aez_put_u8(out, VERSION);
    aez_put_u8(out, (unsigned)m->scaling);
    aez_put_varint(out, m->n_features);
    aez_put_varint(out, m->n_latent);
    aez_put_varint(out, m->item.c);
    aez_put_varint(out, m->item.h);
    aez_put_varint(out, m->item.w);
    put_half(out, &m->encoder, s.encoder);
    put_half(out, &m->decoder, s.decoder);
    aez_put_f64(out, m->lambda);
    for (size_t j = 0; j < aez_float_offsets(m); j++)
        aez_put_f64(out, m->offset[j]);
    for (size_t j = 0; j < aez_float_scales(m); j++)
        aez_put_f64(out, m->scale[j]);
    aez_put_floats(out, m->unit, m->n_latent);
    aez_put_floats(out, m->params, m->n_params);
    return out->failed ? AEZ_ERR_NOMEM : AEZ_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

static uint32_t get_u32(aez_rd *in)
{
    uint64_t v = aez_get_varint(in);
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* Text into its buffer, NULL where there is no net. */
static aez_status get_half(aez_rd *in, char *buffer, const char **text, int *bypass)
{
    unsigned       parts = aez_get_u8(in);
    uint64_t       size = parts & HAS_NET ? aez_get_varint(in) : 0;
    const uint8_t *bytes;
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (parts > (HAS_BYPASS | HAS_NET))
        return AEZ_ERR_VERSION;
    *bypass = (parts & HAS_BYPASS) != 0;
    *text = NULL;
    if (!(parts & HAS_NET))
        return AEZ_OK;
    if (size >= AEZ_FLOAT_TEXT_MAX)
        return AEZ_ERR_LIMIT;
    bytes = aez_rd_take(in, size);
    if (!bytes)
        return AEZ_ERR_TRUNCATED;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] < 32 || bytes[i] > 126)
            return AEZ_ERR_CORRUPT;
    memcpy(buffer, bytes, (size_t)size);
    buffer[size] = '\0';
    *text = buffer;
    return AEZ_OK;
}

static aez_status get_shape(aez_rd *in, aez_float_shape *s, char *encoder, char *decoder)
{
    unsigned   version = aez_get_u8(in), scaling = aez_get_u8(in);
    int        bypass[2];
    aez_status st;
    memset(s, 0, sizeof *s);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (version != VERSION || scaling > AEZ_SCALE_RANGE)
        return AEZ_ERR_VERSION;
    s->scaling = (int)scaling;
    s->n_features = get_u32(in);
    s->n_latent = get_u32(in);
    s->item.c = get_u32(in);
    s->item.h = get_u32(in);
    s->item.w = get_u32(in);
    st = get_half(in, encoder, &s->encoder, &bypass[0]);
    if (st >= 0)
        st = get_half(in, decoder, &s->decoder, &bypass[1]);
    if (st < 0)
        return st;
    s->bypass = bypass[0];
    if (bypass[0] != bypass[1] || (s->n_latent == 0 && (bypass[0] || s->encoder || s->decoder)) ||
        (s->n_latent && !bypass[0] && (!s->encoder || !s->decoder)))
        return AEZ_ERR_CORRUPT;
    return AEZ_OK;
}

/* Whether statistics and bypasses can be there at all: asked before memory is. Nets are found from
 * their text, whose limits the parser keeps, and asked about before their weights are taken. */
static int may_follow(const aez_float_shape *s, size_t left)
{
    uint64_t n = s->n_latent;
    if (s->scaling == AEZ_SCALE_EACH || s->scaling == AEZ_SCALE_SITES)
        n += 2 * (uint64_t)s->n_features;
    if (s->n_features > AEZ_TENSOR_MAX || s->n_latent > AEZ_LAYER_WIDTH_MAX)
        return 1; /* refused for that */
    if (s->bypass)
        n += 2 * (uint64_t)s->n_features * s->n_latent;
    return n <= left / sizeof(float);
}

static int get_statistics(aez_float_model *m, aez_rd *in)
{
    size_t n_offsets = aez_float_offsets(m), n_scales = aez_float_scales(m);
    int    fine = 1;
    for (size_t j = 0; j < m->n_features; j++)
        m->offset[j] = j < n_offsets ? aez_get_f64(in) : m->offset[0];
    for (size_t j = 0; j < m->n_features; j++) {
        m->scale[j] = j < n_scales ? aez_get_f64(in) : m->scale[0];
        fine = fine && fabs(m->offset[j]) <= STAT_MAX && m->scale[j] >= 0 &&
               m->scale[j] <= STAT_MAX;
    }
    return fine;
}

static aez_status get_numbers(aez_float_model *m, aez_rd *in)
{
    int fine;
    m->lambda = aez_get_f64(in);
    fine = m->lambda >= 0 && m->lambda <= 1e30;
    fine = get_statistics(m, in) && fine;
    fine = aez_get_floats(in, m->unit, m->n_latent, WEIGHT_MAX) && fine;
    for (size_t l = 0; l < m->n_latent; l++)
        fine = fine && m->unit[l] >= 1e-15f;
    fine = aez_get_floats(in, m->params, m->n_params, WEIGHT_MAX) && fine;
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    return fine ? AEZ_OK : AEZ_ERR_CORRUPT;
}

aez_status aez_float_model_get(const aez_mem *mem, aez_rd *in, aez_float_model **out)
{
    char             encoder[AEZ_FLOAT_TEXT_MAX], decoder[AEZ_FLOAT_TEXT_MAX];
    aez_float_shape  s;
    aez_float_model *m = NULL;
    aez_status       st = get_shape(in, &s, encoder, decoder);
    if (st < 0)
        return st;
    if (!may_follow(&s, aez_rd_left(in)))
        return AEZ_ERR_TRUNCATED;
    st = aez_float_model_create(mem, &s, &m, NULL, 0);
    if (st < 0)
        return st == AEZ_ERR_OPTION ? AEZ_ERR_CORRUPT : st;
    st = get_numbers(m, in);
    if (st >= 0)
        *out = m;
    else
        aez_float_model_destroy(m);
    return st;
}
