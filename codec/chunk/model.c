/* model.c - the autoencoder of a file: which fields it is about, and its hat as lattice values. */
#include "model.h"

#include <string.h>

#define ADDS_MAX ((uint64_t)1 << 20) /* multiply-adds a value */
#define SHIFT_MAX 61

/* ---- the hat as a lattice value -------------------------------------------------------------- */

/* x = mantissa * 2^exponent, mantissa below 2^53 in magnitude, by its bit pattern. x is finite. */
static int64_t take_apart(double x, int *exponent)
{
    uint64_t bits;
    int64_t  m;
    int      e;
    memcpy(&bits, &x, sizeof bits);
    e = (int)(bits >> 52 & 0x7FF);
    m = (int64_t)(bits & (((uint64_t)1 << 52) - 1));
    if (e > 0)
        m |= (int64_t)1 << 52;
    *exponent = (e > 0 ? e : 1) - 1075;
    return bits >> 63 ? -m : m;
}

/* base = floor(offset) modulo 2^64, rest = floor of its fraction times 2^shift. */
static void set_offset(aez_hat_rule *rule, double offset)
{
    int      e;
    int64_t  m = take_apart(offset, &e);
    uint64_t low;
    rule->rest = 0;
    if (e >= 0) {
        rule->base = e > 63 ? 0 : (int64_t)((uint64_t)m << e);
        return;
    }
    if (e < -63) { /* below 2^-10 in magnitude: the fraction is next to 0 or to 1 */
        rule->base = m < 0 ? -1 : 0;
        low = m < 0 ? UINT64_MAX : 0;
        e = -64;
    } else {
        rule->base = m >> -e;
        low = (uint64_t)m & (((uint64_t)1 << -e) - 1);
    }
    if (rule->shift < 1)
        return;
    rule->rest = -e <= rule->shift ? low << (rule->shift + e) : low >> (-e - rule->shift);
}

void aez_hat_rule_make(aez_hat_rule *rule, double offset, double scale, unsigned frac)
{
    int     e;
    int64_t m = take_apart(scale, &e);
    while (m != 0 && m < (int64_t)1 << 52) { /* subnormal */
        m <<= 1;
        e--;
    }
    rule->mult = (m + ((int64_t)1 << 21)) >> 22; /* 31 bits: a product with a hat fits 64 */
    rule->shift = (int)frac - e - 22;
    if (rule->shift > SHIFT_MAX) {
        int less = rule->shift - SHIFT_MAX;
        rule->mult = less > 31 ? 0 : rule->mult >> less;
        rule->shift = SHIFT_MAX;
    }
    set_offset(rule, offset);
}

int64_t aez_hat_value(const aez_hat_rule *rule, int32_t hat)
{
    int64_t  t = (int64_t)hat * rule->mult; /* at most 2^62 in magnitude */
    uint64_t move;
    if (rule->shift < 1) {
        move = rule->shift < -63 ? 0 : (uint64_t)t << -rule->shift;
    } else { /* 2^62 + 2^61 + 2^60 < 2^63 */
        t += (int64_t)rule->rest + ((int64_t)1 << (rule->shift - 1));
        move = (uint64_t)(t >> rule->shift);
    }
    return (int64_t)((uint64_t)rule->base + move);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

void aez_model_init(aez_model *model, const aez_mem *mem)
{
    memset(model, 0, sizeof *model);
    model->mem = *mem;
    aez_autoencoder_init(&model->decoder, mem);
}

void aez_model_free(aez_model *model)
{
    aez_mem mem = model->mem;
    aez_autoencoder_free(&model->decoder);
    aez_drop(&mem, model->field);
    aez_drop(&mem, model->rule);
    aez_model_init(model, &mem);
}

void aez_model_put(const uint32_t *field, uint32_t n_fields, uint64_t inner, const uint8_t *decoder,
                   size_t size, aez_buf *out)
{
    aez_put_varint(out, n_fields);
    for (uint32_t i = 0; i < n_fields; i++)
        aez_put_varint(out, i ? field[i] - field[i - 1] - 1 : field[0]);
    aez_put_varint(out, inner);
    aez_put(out, decoder, size);
}

static aez_status get_fields(aez_model *m, uint32_t n_schema, aez_rd *in)
{
    uint64_t n = aez_get_varint(in), next = 0;
    if (in->failed || n < 1 || n > n_schema || n > AEZ_LAYER_WIDTH_MAX)
        return AEZ_ERR_CORRUPT;
    m->field = aez_take(&m->mem, n, sizeof *m->field);
    if (!m->field)
        return AEZ_ERR_NOMEM;
    m->n_fields = (uint32_t)n;
    for (uint32_t i = 0; i < n; i++, next++) {
        uint64_t gap = aez_get_varint(in);
        if (in->failed || gap >= n_schema - next)
            return AEZ_ERR_CORRUPT;
        next += gap;
        m->field[i] = (uint32_t)next;
    }
    m->inner = aez_get_varint(in);
    return in->failed || m->inner < 1 || m->inner > AEZ_LAYER_WIDTH_MAX ? AEZ_ERR_CORRUPT : AEZ_OK;
}

static uint64_t count_adds(const aez_autoencoder *ae)
{
    uint64_t n = (uint64_t)ae->n_latent * ae->n_features;
    for (uint32_t i = 0; i < ae->n_hidden; i++)
        n += (uint64_t)ae->hidden[i].n_in * ae->hidden[i].n_out;
    return ae->n_hidden ? n + (uint64_t)ae->last.n_in * ae->n_features : n;
}

static aez_status make_rules(aez_model *m)
{
    const aez_autoencoder *ae = &m->decoder;
    size_t                 n = ae->common ? 1 : ae->n_features;
    m->rule = aez_take(&m->mem, n, sizeof *m->rule);
    for (size_t j = 0; m->rule && j < n; j++)
        aez_hat_rule_make(&m->rule[j], ae->offset[j], ae->scale[j], ae->frac);
    return m->rule ? AEZ_OK : AEZ_ERR_NOMEM;
}

static aez_status get_all(aez_model *m, uint32_t n_schema, aez_rd *in)
{
    aez_status st = get_fields(m, n_schema, in);
    if (st >= 0)
        st = aez_autoencoder_get(&m->decoder, &m->mem, in);
    if (st < 0)
        return st;
    if (aez_rd_left(in) != 0 || m->decoder.n_features != m->inner * m->n_fields ||
        m->decoder.n_latent > m->decoder.n_features)
        return AEZ_ERR_CORRUPT;
    if (count_adds(&m->decoder) > ADDS_MAX * m->decoder.n_features)
        return AEZ_ERR_LIMIT;
    return make_rules(m);
}

aez_status aez_model_get(aez_model *model, uint32_t n_schema, const void *payload, size_t size)
{
    aez_rd     in;
    aez_status st;
    aez_rd_init(&in, payload, size);
    st = get_all(model, n_schema, &in);
    if (st < 0)
        aez_model_free(model);
    return st;
}
