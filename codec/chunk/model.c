/* model.c - the model of a file: its links as bytes and back, and its hat as lattice values. */
#include "model.h"

#include <math.h>
#include <string.h>

#define SHIFT_MIN (-63)
#define SHIFT_MAX 61
#define MULT_MAX (INT64_C(1) << 31)
#define HINT_MAX 255

void aez_model_init(aez_model *model, const aez_mem *mem)
{
    memset(model, 0, sizeof *model);
    model->mem = *mem;
}

void aez_model_free(aez_model *model)
{
    aez_mem mem = model->mem;
    aez_model_body_free(&model->own);
    aez_drop(&mem, model->field);
    aez_drop(&mem, model->map);
    aez_model_init(model, &mem);
}

void aez_learned_free(aez_learned *learned)
{
    aez_mem mem = learned->model.mem;
    if (learned->trainer && !learned->shared)
        learned->trainer->destroy(learned->encoder);
    aez_drop(&mem, learned->offset);
    aez_drop(&mem, learned->unit);
    aez_model_free(&learned->model);
    memset(learned, 0, sizeof *learned);
}

/* ---- from numbers to lattice values ------------------------------------------------------------ */

/* The same map with the smallest numbers. */
static void shorten(aez_hat_rule *map)
{
    while (map->mult > 0 && map->mult % 2 == 0 && map->rest % 2 == 0 && map->shift > SHIFT_MIN &&
           (map->shift > 1 || map->rest == 0)) {
        map->mult /= 2;
        map->rest /= 2;
        map->shift--;
    }
}

int aez_model_map(aez_hat_rule *map, const aez_model_unit *from, double offset, double unit,
                  int exact)
{
    double scale = exp2(-from->exponent) / unit; /* of a number, in lattice units */
    double start = ((double)from->origin * exp2(-from->exponent) - offset) / unit;
    if (!isnormal(scale) || scale < 0 || !(fabs(start) < 0x1p62))
        return 0;
    aez_hat_rule_make(map, exact ? start : nearbyint(start), scale, 0, 0);
    if (map->mult < 1 || map->shift < SHIFT_MIN)
        return 0;
    shorten(map);
    return 1;
}

int aez_model_map_is_same(const aez_hat_rule *map)
{
    return map->base == 0 && map->rest == 0 && map->mult == 1 && map->shift == 0;
}

int64_t aez_model_hat(const aez_model *model, size_t j, int32_t hat)
{
    int64_t number = aez_model_number(model->body, j, hat);
    if (model->links == AEZ_LINK_SAME)
        return number;
    number = number > AEZ_MODEL_NUMBER_MAX ? AEZ_MODEL_NUMBER_MAX : number;
    number = number < -AEZ_MODEL_NUMBER_MAX ? -AEZ_MODEL_NUMBER_MAX : number;
    return aez_hat_value(&model->map[j / model->body->inner], (int32_t)number);
}

int aez_model_has_hats(const aez_model *model)
{
    return model && model->body && model->body->has_decoder && model->links != AEZ_LINK_NONE;
}

const aez_plan_seed *aez_model_plans(const aez_model *model)
{
    return model && model->body ? model->body->seed : NULL;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void put_links(const aez_model *m, aez_buf *out)
{
    aez_put_varint(out, m->n_fields);
    aez_put_u8(out, m->links);
    for (uint32_t i = 0; i < m->n_fields; i++)
        aez_put_varint(out, i ? m->field[i] - m->field[i - 1] - 1 : m->field[0]);
    for (uint32_t i = 0; m->links == AEZ_LINK_MAPS && i < m->n_fields; i++) {
        aez_put_svarint(out, m->map[i].base);
        aez_put_varint(out, (uint64_t)m->map[i].mult);
        aez_put_svarint(out, m->map[i].shift);
        if (m->map[i].shift > 0)
            aez_put_varint(out, m->map[i].rest);
    }
}

void aez_model_put(const aez_model *model, const uint8_t *body, size_t size, aez_buf *out)
{
    put_links(model, out);
    aez_put(out, body, size);
}

void aez_model_put_reference(const aez_model *model, const uint8_t *hash, uint64_t size,
                             const char *hint, aez_buf *out)
{
    size_t n = strlen(hint);
    n = n > HINT_MAX ? HINT_MAX : n;
    put_links(model, out);
    aez_put(out, hash, AEZ_MODEL_HASH);
    aez_put_varint(out, size);
    aez_put_u8(out, (unsigned)n);
    aez_put(out, hint, n);
}

/* ---- reading ----------------------------------------------------------------------------------- */

static aez_status get_map(aez_hat_rule *map, aez_rd *in)
{
    uint64_t mult;
    int64_t  shift;
    map->base = aez_get_svarint(in);
    mult = aez_get_varint(in);
    shift = aez_get_svarint(in);
    map->rest = !in->failed && shift > 0 ? aez_get_varint(in) : 0;
    if (in->failed || mult > (uint64_t)MULT_MAX || shift < SHIFT_MIN || shift > SHIFT_MAX ||
        (shift > 0 && map->rest >> shift))
        return AEZ_ERR_CORRUPT;
    map->mult = (int64_t)mult;
    map->shift = (int)shift;
    return AEZ_OK;
}

static aez_status get_links(aez_model *m, uint32_t n_schema, aez_rd *in)
{
    uint64_t   n = aez_get_varint(in), next = 0;
    unsigned   links = aez_get_u8(in);
    aez_status st = AEZ_OK;
    if (in->failed || n < 1 || n > n_schema || links > AEZ_LINK_NONE)
        return AEZ_ERR_CORRUPT;
    if (n > AEZ_MODEL_FIELDS_MAX)
        return AEZ_ERR_LIMIT;
    m->links = (aez_link_kind)links;
    m->field = aez_take(&m->mem, n, sizeof *m->field);
    m->map = links == AEZ_LINK_MAPS ? aez_take(&m->mem, n, sizeof *m->map) : NULL;
    if (!m->field || (links == AEZ_LINK_MAPS && !m->map))
        return AEZ_ERR_NOMEM;
    m->n_fields = (uint32_t)n;
    for (uint32_t i = 0; i < n; i++, next++) {
        uint64_t gap = aez_get_varint(in);
        if (in->failed || gap >= n_schema - next)
            return AEZ_ERR_CORRUPT;
        next += gap;
        m->field[i] = (uint32_t)next;
    }
    for (uint32_t i = 0; st >= 0 && m->map && i < n; i++)
        st = get_map(&m->map[i], in);
    return st;
}

aez_status aez_model_bind(aez_model *model, const aez_model_file *file, const aez_model_body *body)
{
    const aez_model_fields *f = &body->fields;
    if (f->n_fields != model->n_fields || !f->is_table != !file->is_table)
        return AEZ_ERR_CORRUPT;
    if (!f->is_table &&
        (f->n_axes + 1 != file->n_dims ||
         memcmp(f->shape, file->shape + 1, f->n_axes * sizeof *f->shape) != 0))
        return AEZ_ERR_CORRUPT;
    if (!body->has_decoder && model->links != AEZ_LINK_NONE)
        return AEZ_ERR_CORRUPT;
    model->body = body;
    return AEZ_OK;
}

aez_status aez_model_get(aez_model *model, const aez_model_file *file, const void *payload,
                         size_t size)
{
    aez_rd     in;
    aez_status st;
    aez_rd_init(&in, payload, size);
    st = get_links(model, file->n_fields, &in);
    if (st >= 0)
        st = aez_model_body_get(&model->own, &model->mem, in.p, aez_rd_left(&in));
    if (st >= 0)
        st = aez_model_bind(model, file, &model->own);
    if (st < 0)
        aez_model_free(model);
    return st;
}

static aez_status get_reference(aez_model_reference *out, aez_rd *in)
{
    const uint8_t *hash = aez_rd_take(in, AEZ_MODEL_HASH), *hint;
    unsigned       n;
    memset(out, 0, sizeof *out);
    out->size = aez_get_varint(in);
    n = aez_get_u8(in);
    hint = aez_rd_take(in, n);
    if (in->failed || aez_rd_left(in) != 0)
        return AEZ_ERR_CORRUPT;
    memcpy(out->hash, hash, AEZ_MODEL_HASH);
    for (unsigned i = 0; i < n; i++)
        out->hint[i] = (char)(hint[i] < 32 || hint[i] == 127 ? '?' : hint[i]);
    return AEZ_OK;
}

aez_status aez_model_get_reference(aez_model *model, const aez_model_file *file,
                                   const void *payload, size_t size, aez_model_reference *out)
{
    aez_rd     in;
    aez_status st;
    aez_rd_init(&in, payload, size);
    st = get_links(model, file->n_fields, &in);
    if (st >= 0)
        st = get_reference(out, &in);
    if (st < 0)
        aez_model_free(model);
    return st;
}
