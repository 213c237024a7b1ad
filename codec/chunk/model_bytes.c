/* model_bytes.c - the body of a model as bytes, and back, all checked (spec 10.1.2). */
#include "body.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define VERSION 1
#define EXPONENT_MAX 1100

enum { FLAG_TABLE = 1, FLAG_UNITS = 2, FLAG_DECODER = 4, FLAG_PLANS = 8, FLAG_ALL = 15 };

/* ---- writing ----------------------------------------------------------------------------------- */

static int has_units(const aez_model_fields *f)
{
    for (uint32_t i = 0; f->unit && i < f->n_fields; i++) {
        if (f->unit[i].exponent != 0 || f->unit[i].origin != 0)
            return 1;
    }
    return 0;
}

/* Features of an item; 0: the fields make no sense. */
static uint64_t count_features(const aez_model_fields *f)
{
    uint64_t n = f->n_fields;
    if (n < 1 || n > AEZ_MODEL_FIELDS_MAX || f->n_axes > AEZ_MAX_DIMS - 1 ||
        (f->is_table && f->n_axes > 0))
        return 0;
    for (unsigned a = 0; a < f->n_axes; a++) {
        if (f->shape[a] < 1 || f->shape[a] > AEZ_MODEL_FEATURES_MAX / n)
            return 0;
        n *= f->shape[a];
    }
    return n;
}

aez_status aez_model_body_put(const aez_mem *mem, const aez_model_fields *fields,
                              const uint8_t *decoder, size_t decoder_size,
                              const aez_plan_seed *seed, aez_buf *out)
{
    int        units = has_units(fields), plans = !aez_seed_is_empty(seed);
    aez_status st = AEZ_OK;
    aez_buf    plan_bytes;
    if (count_features(fields) == 0)
        return AEZ_ERR_OPTION;
    aez_buf_init(&plan_bytes, mem);
    aez_put_u8(out, VERSION);
    aez_put_u8(out, (fields->is_table ? FLAG_TABLE : 0) | (units ? FLAG_UNITS : 0) |
                        (decoder ? FLAG_DECODER : 0) | (plans ? FLAG_PLANS : 0));
    aez_put_varint(out, fields->n_fields);
    if (!fields->is_table)
        aez_put_u8(out, fields->n_axes);
    for (unsigned a = 0; a < fields->n_axes; a++)
        aez_put_varint(out, fields->shape[a]);
    for (uint32_t i = 0; units && i < fields->n_fields; i++) {
        aez_put_svarint(out, fields->unit[i].exponent);
        aez_put_svarint(out, fields->unit[i].origin);
    }
    if (decoder)
        aez_put(out, decoder, decoder_size);
    if (plans)
        st = aez_seed_put(seed, &plan_bytes);
    aez_put(out, plan_bytes.data, plan_bytes.size);
    aez_buf_free(&plan_bytes);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static aez_status get_fields(aez_model_body *b, unsigned flags, aez_rd *in)
{
    aez_model_fields *f = &b->fields;
    uint64_t          n = aez_get_varint(in);
    f->is_table = (flags & FLAG_TABLE) != 0;
    if (!f->is_table)
        f->n_axes = aez_get_u8(in);
    if (in->failed || n < 1 || f->n_axes > AEZ_MAX_DIMS - 1)
        return AEZ_ERR_CORRUPT;
    if (n > AEZ_MODEL_FIELDS_MAX)
        return AEZ_ERR_LIMIT;
    f->n_fields = (uint32_t)n;
    b->inner = 1;
    for (unsigned a = 0; a < f->n_axes; a++) {
        f->shape[a] = aez_get_varint(in);
        if (in->failed || f->shape[a] < 1)
            return AEZ_ERR_CORRUPT;
        if (f->shape[a] > AEZ_MODEL_FEATURES_MAX / (b->inner * n))
            return AEZ_ERR_LIMIT;
        b->inner *= f->shape[a];
    }
    return AEZ_OK;
}

static aez_status get_units(aez_model_body *b, int stored, aez_rd *in)
{
    aez_model_unit *unit = aez_take(&b->mem, b->fields.n_fields, sizeof *unit);
    b->fields.unit = unit;
    if (!unit)
        return AEZ_ERR_NOMEM;
    for (uint32_t i = 0; stored && i < b->fields.n_fields; i++) {
        int64_t e = aez_get_svarint(in);
        unit[i].origin = aez_get_svarint(in);
        if (in->failed || e < -EXPONENT_MAX || e > EXPONENT_MAX)
            return AEZ_ERR_CORRUPT;
        unit[i].exponent = (int)e;
    }
    return AEZ_OK;
}

/* Features have rules of their own unless all have the same numbers. */
static size_t count_rules(const aez_model_body *b)
{
    const aez_model_unit *u = b->fields.unit;
    int                   one = aez_autoencoder_n_stats(&b->decoder) == 1;
    for (uint32_t i = 1; one && i < b->fields.n_fields; i++)
        one = u[i].exponent == u[0].exponent && u[i].origin == u[0].origin;
    return one ? 1 : b->decoder.n_features;
}

static aez_status make_rules(aez_model_body *b)
{
    const aez_autoencoder *ae = &b->decoder;
    size_t                 n = count_rules(b);
    b->rule = aez_take(&b->mem, n, sizeof *b->rule);
    if (!b->rule)
        return AEZ_ERR_NOMEM;
    b->n_rules = n;
    for (size_t j = 0; j < n; j++) {
        const aez_model_unit *u = &b->fields.unit[j / b->inner];
        aez_hat_rule_make(&b->rule[j], aez_autoencoder_offset(ae, j), aez_autoencoder_scale(ae, j),
                          ae->frac, u->exponent);
        b->rule[j].base = (int64_t)((uint64_t)b->rule[j].base - (uint64_t)u->origin);
    }
    return AEZ_OK;
}

static aez_status get_decoder(aez_model_body *b, const uint8_t *start, aez_rd *in)
{
    aez_status st;
    b->decoder_at = (size_t)(in->p - start);
    st = aez_autoencoder_get(&b->decoder, &b->mem, in);
    if (st < 0)
        return st == AEZ_ERR_TRUNCATED ? AEZ_ERR_CORRUPT : st;
    b->has_decoder = 1;
    b->decoder_size = (size_t)(in->p - start) - b->decoder_at;
    if (b->decoder.n_features != b->inner * b->fields.n_fields)
        return AEZ_ERR_CORRUPT;
    return make_rules(b);
}

static aez_status get_all(aez_model_body *b, const uint8_t *start, aez_rd *in)
{
    unsigned   version = aez_get_u8(in), flags = aez_get_u8(in);
    aez_status st;
    if (in->failed)
        return AEZ_ERR_CORRUPT;
    if (version != VERSION || flags > FLAG_ALL)
        return AEZ_ERR_VERSION;
    st = get_fields(b, flags, in);
    if (st >= 0)
        st = get_units(b, (flags & FLAG_UNITS) != 0, in);
    if (st >= 0 && (flags & FLAG_DECODER))
        st = get_decoder(b, start, in);
    if (st >= 0 && (flags & FLAG_PLANS))
        st = aez_seed_get(&b->seed, &b->mem, in);
    if (st >= 0 && (in->failed || aez_rd_left(in) != 0))
        st = AEZ_ERR_CORRUPT;
    return st;
}

aez_status aez_model_body_get(aez_model_body *body, const aez_mem *mem, const void *bytes,
                              size_t size)
{
    aez_rd     in;
    aez_status st;
    memset(body, 0, sizeof *body);
    body->mem = *mem;
    aez_autoencoder_init(&body->decoder, mem);
    aez_rd_init(&in, bytes, size);
    st = get_all(body, bytes, &in);
    if (st < 0)
        aez_model_body_free(body);
    return st;
}

void aez_model_body_free(aez_model_body *body)
{
    aez_mem mem = body->mem;
    if (body->decoder.kernels)
        aez_autoencoder_free(&body->decoder);
    aez_drop(&mem, (aez_model_unit *)(uintptr_t)body->fields.unit);
    aez_drop(&mem, body->rule);
    aez_plan_seed_destroy(body->seed);
    memset(body, 0, sizeof *body);
}

/* ---- numbers ----------------------------------------------------------------------------------- */

int64_t aez_model_number(const aez_model_body *body, size_t feature, int32_t hat)
{
    return aez_hat_value(&body->rule[body->n_rules == 1 ? 0 : feature], hat);
}

aez_model_unit aez_model_unit_for(double min, double max, int whole)
{
    aez_model_unit unit = {0, 0};
    double         middle = min / 2 + max / 2, most = fmax(max - middle, middle - min);
    int            e = 0;
    if (whole && -min <= 0x1p29 && max <= 0x1p29)
        return unit;
    if (most > 0 && most <= DBL_MAX)
        frexp(most, &e);
    /* most < 2^e: in units of 2^(e - 28) it is below 2^28 */
    unit.exponent = 28 - e;
    unit.exponent = unit.exponent > EXPONENT_MAX ? EXPONENT_MAX : unit.exponent;
    if (whole && unit.exponent > 0)
        unit.exponent = 0;
    if (fabs(middle) * exp2(unit.exponent) > 0x1p28) {
        while (fabs(middle) * exp2(unit.exponent) > 0x1p62)
            unit.exponent--;
        unit.origin = (int64_t)nearbyint(middle * exp2(unit.exponent));
    }
    return unit;
}
