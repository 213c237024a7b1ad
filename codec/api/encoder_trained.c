/* encoder_trained.c - a trained model in an encoder: how its fields lie in this array or table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "encoder.h"

/* How the values of a field follow from its lattice: value = offset + k * unit. */
typedef struct aez_scale {
    double offset, unit;
    int    exact, linear; /* linear 0: they do not */
} aez_scale;

static const aez_shared_model *shared_of(const aez_encoder *e)
{
    return (const aez_shared_model *)e->options.trained; /* begins with one */
}

static aez_scale scale_of_field(const aez_chunk_field *field)
{
    const aez_lattice *l = &field->lattice;
    aez_scale          s = {0, 1, l->step == 1, field->target_mse == 0};
    switch (l->kind) {
    case AEZ_LATTICE_INTEGER:
        break;
    case AEZ_LATTICE_DECIMAL:
        s.unit = pow(10, -(double)l->digits);
        break;
    case AEZ_LATTICE_UNIT: /* values lie between k and k + 1 */
        s.unit = l->unit;
        s.offset = l->offset + l->unit / 2;
        break;
    default:
        s.linear = 0;
    }
    return s;
}

static aez_scale scale_of_column(const aez_column *c)
{
    aez_scale s = {0, pow(10, -(double)c->places), c->step == 1,
                   c->kind == AEZ_COLUMN_DECIMAL && c->numeric && c->n_entries == 0};
    return s;
}

static aez_scale scale_of(const aez_encoder *e, uint32_t f)
{
    if (e->is_table)
        return scale_of_column(&e->table.columns[f]);
    return scale_of_field(&e->schema.chunk_fields[f]);
}

/* ---- what belongs to what ---------------------------------------------------------------------- */

static aez_status differ(aez_encoder *e, const char *what)
{
    return aez_encoder_fail(e, AEZ_ERR_OPTION, what);
}

static void shape_text(const uint64_t *shape, unsigned n, char *text, size_t size)
{
    int at = n ? 0 : snprintf(text, size, "one value");
    for (unsigned a = 0; a < n && at >= 0 && (size_t)at < size; a++)
        at += snprintf(text + at, size - (size_t)at, "%s%llu", a ? " x " : "",
                       (unsigned long long)shape[a]);
}

static aez_status match_items(aez_encoder *e, const aez_model_fields *f)
{
    unsigned        n_axes = e->schema.view.n_dims - 1;
    const uint64_t *shape = e->schema.view.shape + 1;
    char            text[AEZ_MESSAGE_SIZE], here[64], there[64];
    if (f->is_table)
        return differ(e, "the model is of rows of tables, this is an array");
    if (f->n_axes == n_axes && memcmp(f->shape, shape, n_axes * sizeof *shape) == 0)
        return AEZ_OK;
    shape_text(shape, n_axes, here, sizeof here);
    shape_text(f->shape, f->n_axes, there, sizeof there);
    snprintf(text, sizeof text, "items here (positions of the first axis) are %s, the model's %s",
             here, there);
    return differ(e, text);
}

/* Fields of an array follow one another as in the model. */
static aez_status match_fields(aez_encoder *e, const aez_shared_model *m, uint32_t *at)
{
    char text[AEZ_MESSAGE_SIZE];
    if (e->n_columns != m->body.fields.n_fields) {
        snprintf(text, sizeof text, "the model is of %u fields, here are %u",
                 (unsigned)m->body.fields.n_fields, (unsigned)e->n_columns);
        return differ(e, text);
    }
    for (uint32_t i = 0; i < e->n_columns; i++) {
        aez_type type = e->schema.fields[i].type;
        at[i] = i;
        if (type == m->type[i])
            continue;
        snprintf(text, sizeof text, "field %u is of type %s, the model's of %s", (unsigned)i + 1,
                 aez_type_name(type), aez_type_name(m->type[i]));
        return differ(e, text);
    }
    return AEZ_OK;
}

static int is_named(const aez_column *c, const char *name)
{
    return c->name.size == strlen(name) && memcmp(c->name.text, name, c->name.size) == 0;
}

/* Columns are found by their names, in the model's order; those without, by their order among the
 * columns of numbers. */
static aez_status match_columns(aez_encoder *e, const aez_shared_model *m, uint32_t *at)
{
    uint32_t c = 0;
    char     text[AEZ_MESSAGE_SIZE];
    if (!m->body.fields.is_table)
        return differ(e, "the model is of items of arrays, this is a table");
    for (uint32_t i = 0; i < m->body.fields.n_fields; i++, c++) {
        const char *name = m->name[i];
        while (c < e->n_columns && (name[0] ? !is_named(&e->table.columns[c], name)
                                            : !e->table.columns[c].numeric))
            c++;
        if (c == e->n_columns) {
            if (name[0])
                snprintf(text, sizeof text, "there is no column '%.80s', or not in the model's order",
                         name);
            else
                snprintf(text, sizeof text, "the model is of %u columns of numbers, here are %u",
                         (unsigned)m->body.fields.n_fields, (unsigned)i);
            return differ(e, text);
        }
        at[i] = c;
    }
    return AEZ_OK;
}

/* ---- links ------------------------------------------------------------------------------------- */

static aez_status take_links(aez_encoder *e, aez_learned *l, uint32_t n)
{
    l->model.n_fields = n;
    l->model.field = aez_take(&e->mem, n, sizeof *l->model.field);
    l->model.map = aez_take(&e->mem, n, sizeof *l->model.map);
    l->offset = aez_take(&e->mem, n, sizeof *l->offset);
    l->unit = aez_take(&e->mem, n, sizeof *l->unit);
    if (l->model.field && l->model.map && l->offset && l->unit)
        return AEZ_OK;
    return aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL);
}

/* Maps from the model's numbers to lattice values; *odd: a field that has none. */
static aez_link_kind make_maps(const aez_encoder *e, aez_learned *l, uint32_t *odd)
{
    const aez_model_body *body = l->model.body;
    aez_link_kind         links = AEZ_LINK_SAME;
    for (uint32_t i = 0; i < l->model.n_fields; i++) {
        aez_scale s = scale_of(e, l->model.field[i]);
        l->offset[i] = s.offset;
        l->unit[i] = s.unit;
        if (!s.linear || !aez_model_map(&l->model.map[i], &body->fields.unit[i], s.offset, s.unit,
                                        s.exact)) {
            if (links != AEZ_LINK_NONE)
                *odd = i;
            links = AEZ_LINK_NONE;
            l->unit[i] = s.linear ? s.unit : 1;
        } else if (links != AEZ_LINK_NONE && !aez_model_map_is_same(&l->model.map[i])) {
            links = AEZ_LINK_MAPS;
        }
    }
    return links;
}

static aez_status choose_links(aez_encoder *e, aez_learned *l)
{
    const aez_options *o = &e->options;
    uint32_t           odd = 0;
    char               text[AEZ_MESSAGE_SIZE];
    int demanded = o->latent_only || o->model == AEZ_MODEL_AUTOENCODER;
    l->model.links = make_maps(e, l, &odd);
    if (demanded && !l->model.body->has_decoder)
        return differ(e, "the model has no autoencoder");
    if (demanded && l->model.links == AEZ_LINK_NONE) {
        snprintf(text, sizeof text, "field %u has no even grid of values that a model can foretell: "
                                    "give an absolute or relative bound",
                 (unsigned)l->model.field[odd] + 1);
        return differ(e, text);
    }
    if (!l->model.body->has_decoder || o->model == AEZ_MODEL_STAGES)
        l->model.links = AEZ_LINK_NONE;
    if (l->model.links != AEZ_LINK_NONE && l->model.body->decoder.n_latent > 0 &&
        (!l->trainer || !l->encoder))
        return differ(e, "the model was loaded without a trainer: it can restore files only");
    if (!e->is_table && l->model.body->inner > e->schema.box_sites) {
        if (demanded)
            return differ(e, "a model needs chunks that hold whole items");
        l->model.links = AEZ_LINK_NONE;
    }
    return AEZ_OK;
}

static aez_status put_section(aez_encoder *e, const aez_shared_model *m)
{
    aez_buf *out = &e->model_section;
    if (e->options.refer)
        aez_model_put_reference(&e->learned->model, m->hash, m->size, m->hint, out);
    else
        aez_model_put(&e->learned->model, m->bytes, m->size, out);
    return out->failed ? aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL) : AEZ_OK;
}

aez_status aez_encoder_use_trained(aez_encoder *e)
{
    const aez_shared_model *m = shared_of(e);
    aez_learned            *l;
    aez_status              st;
    if (!m || (!e->is_table && e->schema.n_sites == 0))
        return AEZ_OK;
    l = e->learned = aez_take(&e->mem, 1, sizeof *l);
    if (!l)
        return aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL);
    aez_model_init(&l->model, &e->mem);
    l->model.body = &m->body;
    l->trainer = m->trainer;
    l->encoder = m->encoder;
    l->shared = 1;
    l->use = e->options.latent_only                           ? AEZ_USE_LATENTS
             : e->options.model == AEZ_MODEL_AUTOENCODER ? AEZ_USE_HAT
                                                         : AEZ_USE_BEST;
    st = take_links(e, l, m->body.fields.n_fields);
    if (st >= 0 && e->is_table)
        st = match_columns(e, m, l->model.field);
    if (st >= 0 && !e->is_table)
        st = match_items(e, &m->body.fields);
    if (st >= 0 && !e->is_table)
        st = match_fields(e, m, l->model.field);
    if (st >= 0)
        st = choose_links(e, l);
    if (st >= 0)
        st = put_section(e, m);
    if (st >= 0)
        aez_encoder_adopt(e);
    return st;
}
