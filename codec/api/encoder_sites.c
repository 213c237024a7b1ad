/* encoder_sites.c - an array's sites in: cuts the grid into boxes and fills them. */
#include <math.h>
#include <string.h>

#include "encoder.h"
#include "profile.h"

#define OPAQUE_CHUNK ((uint64_t)64 << 20) /* a whole segment: zstd -19 reaches back 8 MiB */
#define SITE_UNIT 4 /* a chunk has at most chunk_bytes / 4 values: each needs 8 bytes while coded */

/* ---- set-up
 * ----------------------------------------------------------------------------------------- */

static uint64_t choose_box_sites(const aez_encoder *e)
{
    uint64_t chunk = e->options.chunk_bytes, raw = 0, load = 0;
    int      opaque = 0;
    for (uint32_t f = 0; f < e->schema.view.n_fields; f++) {
        const aez_chunk_field *field = &e->schema.chunk_fields[f];
        uint64_t               size = aez_type_size(field->type);
        opaque |= field->type == AEZ_OPAQUE;
        raw += size;
        /* the fixed-point image of a float is one more integer */
        load +=
            field->type != AEZ_OPAQUE && field->lattice.kind == AEZ_LATTICE_BITS ? 8 : SITE_UNIT;
    }
    if (chunk == 0)
        chunk = opaque && e->options.level >= 5 ? OPAQUE_CHUNK : AEZ_DEFAULT_CHUNK;
    if (!opaque && load > raw)
        raw = load;
    return chunk / raw ? chunk / raw : 1;
}

/* The error that the asked PSNR allows, its peak being the range of the finite values. */
static double target_mse(const aez_field *field, const aez_survey *survey)
{
    aez_field_stats stats;
    double          range;
    aez_survey_stats(survey, &stats);
    range = stats.max - stats.min;
    return range * range * pow(10, -field->bound / 10);
}

/* Models foretell values, not numbers of a table, which mean another value in each file. */
static void prefer_integers(aez_lattice *l, const aez_mem *mem)
{
    aez_type type = l->type;
    if (l->kind != AEZ_LATTICE_TABLE || type == AEZ_F32 || type == AEZ_F64)
        return;
    aez_lattice_free(l, mem);
    l->kind = AEZ_LATTICE_INTEGER;
    l->type = type;
    l->step = 1;
}

static aez_status choose_lattices(aez_encoder *e, const aez_profile *profile)
{
    for (uint32_t f = 0; f < e->schema.view.n_fields; f++) {
        const char *why = NULL;
        aez_status  st;
        if (e->schema.fields[f].type == AEZ_OPAQUE)
            continue;
        if (e->options.latent_only && profile &&
            aez_latent_lattice(&e->schema.chunk_fields[f].lattice, e->schema.fields[f].type,
                               profile->survey[f])) {
            e->schema.fields[f].mode = AEZ_LATENT;
            e->schema.fields[f].bound = 0;
            continue;
        }
        st = aez_lattice_choose(&e->schema.chunk_fields[f].lattice, &e->mem, &e->schema.fields[f],
                                profile ? profile->survey[f] : NULL, &why);
        if (st < 0)
            return aez_encoder_fail(e, st, why);
        if ((e->options.trained || e->options.model == AEZ_MODEL_AUTOENCODER) &&
            e->schema.fields[f].mode == AEZ_LOSSLESS)
            prefer_integers(&e->schema.chunk_fields[f].lattice, &e->mem);
        if (e->schema.fields[f].mode == AEZ_PSNR && profile)
            e->schema.chunk_fields[f].target_mse = target_mse(&e->schema.fields[f],
                                                              profile->survey[f]);
    }
    return AEZ_OK;
}

static aez_status put_front(aez_encoder *e)
{
    aez_buf schema;
    aez_encoder_put_header(e);
    aez_buf_init(&schema, &e->mem);
    aez_schema_put(&e->schema, &schema);
    aez_encoder_put_section(e, AEZ_SECTION_SCHEMA, schema.data, schema.size);
    if (e->schema.view.envelope_size)
        aez_encoder_put_section(e, AEZ_SECTION_ENVELOPE, e->schema.view.envelope,
                                e->schema.view.envelope_size);
    e->report.header_bytes = e->file_size;
    if (schema.failed)
        e->out.failed = 1;
    aez_buf_free(&schema);
    return e->out.failed ? aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL) : AEZ_OK;
}

aez_status aez_encoder_create(aez_encoder **out, const aez_options *options,
                              const aez_schema *schema, const aez_profile *profile)
{
    aez_encoder *e;
    const char  *why;
    aez_box      first;
    uint64_t     boxes;
    aez_status   st = aez_encoder_begin(out, options);
    if (st < 0)
        return st;
    e = *out;
    if (!schema)
        return aez_encoder_fail(e, AEZ_ERR_OPTION, "there is no schema");
    st = aez_schema_copy(&e->schema, &e->mem, schema, &why);
    if (st < 0)
        return aez_encoder_fail(e, st, why);
    if (profile && profile->n_fields != schema->n_fields)
        return aez_encoder_fail(e, AEZ_ERR_OPTION, "the profile is of another schema");
    for (uint32_t f = 0; e->options.latent_only && f < schema->n_fields; f++) {
        if (schema->fields[f].mode != AEZ_LOSSLESS)
            return aez_encoder_fail(e, AEZ_ERR_OPTION, "latents alone keep no bound: give none");
    }
    st = choose_lattices(e, profile);
    if (st < 0)
        return st;
    e->schema.box_sites = choose_box_sites(e);
    e->ctx.mem = &e->mem;
    e->ctx.n_fields = schema->n_fields;
    e->ctx.fields = e->schema.chunk_fields;
    e->ctx.search = aez_encoder_search(e);
    boxes = aez_box_at(schema->shape, schema->n_dims, e->schema.box_sites, 0, &first);
    st = aez_encoder_take_slots(e, boxes < e->options.runner.width ? (uint32_t)boxes
                                                                  : e->options.runner.width,
                                schema->n_fields);
    if (st >= 0)
        st = put_front(e);
    if (st >= 0)
        st = aez_encoder_use_trained(e);
    return st < 0 ? st : aez_encoder_learn_sites(e, profile);
}

/* ---- sites in
 * --------------------------------------------------------------------------------------- */

static aez_status open_slot(aez_encoder *e, aez_slot *s)
{
    aez_box_at(e->schema.view.shape, e->schema.view.n_dims, e->schema.box_sites, e->next_box,
               &s->box);
    for (uint32_t f = 0; f < e->schema.view.n_fields; f++) {
        s->column[f] =
            aez_take_raw(&e->mem, s->box.n_sites, aez_type_size(e->schema.fields[f].type));
        if (!s->column[f])
            return aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL);
    }
    e->next_box++;
    return AEZ_OK;
}

/* Copies as many of the n sites from site `from` on as the open slot takes; returns how many. */
static uint64_t fill_slot(aez_encoder *e, aez_slot *s, const void *const *columns, uint64_t from,
                          uint64_t n)
{
    uint64_t room = s->box.n_sites - s->filled, take = n < room ? n : room;
    for (uint32_t f = 0; f < e->schema.view.n_fields; f++) {
        size_t size = aez_type_size(e->schema.fields[f].type);
        memcpy(s->column[f] + s->filled * size, (const uint8_t *)columns[f] + from * size,
               take * size);
    }
    s->filled += take;
    return take;
}

aez_status aez_encoder_push(aez_encoder *e, const void *const *columns, uint64_t n_sites)
{
    uint64_t done = 0;
    if (e->state != AEZ_TAKING || e->is_table)
        return AEZ_ERR_STATE;
    if (n_sites > e->schema.n_sites - e->pushed)
        return aez_encoder_fail(e, AEZ_ERR_STATE, "more sites were pushed than the shape has");
    while (done < n_sites) {
        aez_slot *s = &e->slot[e->n_full];
        if (s->filled == 0) {
            aez_status st = open_slot(e, s);
            if (st < 0)
                return st;
        }
        done += fill_slot(e, s, columns, done, n_sites - done);
        if (s->filled < s->box.n_sites)
            continue;
        if (++e->n_full == e->width) {
            aez_status st = aez_encoder_code_batch(e);
            if (st < 0)
                return st;
        }
    }
    e->pushed += n_sites;
    return AEZ_OK;
}

