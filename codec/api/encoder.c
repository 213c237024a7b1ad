/* encoder.c - sites in, bytes out: cuts the grid into boxes, codes batches of them, frames them. */
#include <stdio.h>
#include <string.h>

#include "../../format/format.h"
#include "options.h"
#include "profile.h"
#include "schema.h"

#define DEFAULT_CHUNK ((uint64_t)16 << 20)
#define OPAQUE_CHUNK ((uint64_t)64 << 20) /* a whole segment: zstd -19 reaches back 8 MiB */
#define SITE_UNIT 4 /* a chunk has at most chunk_bytes / 4 values: each needs 8 bytes while coded */
#define MESSAGE_SIZE 200

/* One chunk of the batch in flight. */
typedef struct aez_slot {
    aez_box        box;
    uint8_t      **column; /* [n_fields] */
    uint64_t       filled; /* sites */
    aez_buf        payload;
    aez_chunk_info info;
    aez_status     status;
} aez_slot;

enum { TAKING, FINISHED, BROKEN };

struct aez_encoder {
    aez_mem            mem;
    aez_options        options;
    aez_owned_schema   schema;
    aez_chunk_context  ctx;
    uint32_t           width, n_full;
    aez_slot          *slot; /* [width]; slot[n_full] is being filled */
    uint64_t           next_box, pushed;
    aez_buf            out;
    size_t             out_pos;
    uint64_t           file_size; /* bytes put to `out` so far, pulled ones too */
    aez_index_entry   *index;
    size_t             n_index, cap_index;
    uint64_t           first_site, raw_done;
    aez_report         report;
    char              *text; /* [n_fields][AEZ_NOTE_SIZE] of the last chunk */
    int                state;
    char               message[MESSAGE_SIZE];
};

static aez_status fail(aez_encoder *e, aez_status st, const char *what)
{
    e->state = BROKEN;
    snprintf(e->message, sizeof e->message, "%s", what ? what : aez_status_text(st));
    return st;
}

/* ---- set-up ----------------------------------------------------------------------------------------- */

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
        load += field->type != AEZ_OPAQUE && field->lattice.kind == AEZ_LATTICE_BITS ? 8 : SITE_UNIT;
    }
    if (chunk == 0)
        chunk = opaque && e->options.level >= 5 ? OPAQUE_CHUNK : DEFAULT_CHUNK;
    if (!opaque && load > raw)
        raw = load;
    return chunk / raw ? chunk / raw : 1;
}

static aez_status choose_lattices(aez_encoder *e, const aez_profile *profile)
{
    for (uint32_t f = 0; f < e->schema.view.n_fields; f++) {
        const char *why = NULL;
        aez_status  st;
        if (e->schema.fields[f].type == AEZ_OPAQUE)
            continue;
        st = aez_lattice_choose(&e->schema.chunk_fields[f].lattice, &e->mem, &e->schema.fields[f],
                                profile ? profile->survey[f] : NULL, &why);
        if (st < 0)
            return fail(e, st, why);
    }
    return AEZ_OK;
}

static void put_section(aez_encoder *e, unsigned type, const void *payload, size_t size)
{
    size_t before = e->out.size;
    aez_section_put(&e->out, type, payload, size, e->file_size);
    e->file_size += e->out.size - before;
}

static aez_status put_front(aez_encoder *e)
{
    aez_buf schema;
    aez_header_put(&e->out);
    e->file_size = e->out.size;
    aez_buf_init(&schema, &e->mem);
    aez_schema_put(&e->schema, &schema);
    put_section(e, AEZ_SECTION_SCHEMA, schema.data, schema.size);
    if (e->schema.view.envelope_size)
        put_section(e, AEZ_SECTION_ENVELOPE, e->schema.view.envelope, e->schema.view.envelope_size);
    e->report.header_bytes = e->file_size;
    if (schema.failed)
        e->out.failed = 1;
    aez_buf_free(&schema);
    return e->out.failed ? fail(e, AEZ_ERR_NOMEM, NULL) : AEZ_OK;
}

static aez_status take_slots(aez_encoder *e)
{
    uint32_t n = e->schema.view.n_fields;
    uint64_t boxes;
    aez_box  first;
    boxes = aez_box_at(e->schema.view.shape, e->schema.view.n_dims, e->schema.box_sites, 0, &first);
    e->width = boxes < e->options.runner.width ? (uint32_t)boxes : e->options.runner.width;
    if (e->width == 0)
        e->width = 1;
    e->slot = aez_take(&e->mem, e->width, sizeof *e->slot);
    e->text = aez_take(&e->mem, n, AEZ_NOTE_SIZE);
    if (!e->slot || !e->text)
        return fail(e, AEZ_ERR_NOMEM, NULL);
    for (uint32_t i = 0; i < e->width; i++) {
        e->slot[i].column = aez_take(&e->mem, n, sizeof *e->slot[i].column);
        aez_buf_init(&e->slot[i].payload, &e->mem);
        if (!e->slot[i].column)
            return fail(e, AEZ_ERR_NOMEM, NULL);
    }
    return AEZ_OK;
}

aez_status aez_encoder_create(aez_encoder **out, const aez_options *options,
                              const aez_schema *schema, const aez_profile *profile)
{
    aez_options  o;
    aez_encoder *e;
    const char  *why;
    aez_status   st = aez_options_resolve(&o, options, &why);
    *out = NULL;
    if (st < 0)
        return st;
    e = aez_take(&o.allocator, 1, sizeof *e);
    if (!e)
        return AEZ_ERR_NOMEM;
    *out = e; /* a failed one too: it holds the message */
    e->mem = o.allocator;
    e->options = o;
    aez_buf_init(&e->out, &e->mem);
    if (!schema)
        return fail(e, AEZ_ERR_OPTION, "there is no schema");
    st = aez_schema_copy(&e->schema, &e->mem, schema, &why);
    if (st < 0)
        return fail(e, st, why);
    if (profile && profile->n_fields != schema->n_fields)
        return fail(e, AEZ_ERR_OPTION, "the profile is of another schema");
    st = choose_lattices(e, profile);
    if (st < 0)
        return st;
    e->schema.box_sites = choose_box_sites(e);
    e->ctx.mem = &e->mem;
    e->ctx.n_fields = schema->n_fields;
    e->ctx.fields = e->schema.chunk_fields;
    e->ctx.search.level = o.level;
    e->ctx.search.zstd_only = o.entropy == AEZ_ENTROPY_ZSTD;
    e->ctx.search.seed = o.seed;
    st = take_slots(e);
    return st < 0 ? st : put_front(e);
}

/* ---- coding ----------------------------------------------------------------------------------------- */

static void code_slot(void *arg, size_t i)
{
    aez_encoder *e = arg;
    aez_slot    *s = &e->slot[i];
    s->payload.size = 0;
    memset(&s->info, 0, sizeof s->info);
    s->info.text = i + 1 == e->n_full ? e->text : NULL;
    s->status = aez_chunk_encode(&e->ctx, &s->box, (const void *const *)s->column, &s->payload,
                                 &s->info);
}

static void run_jobs(const aez_options *o, size_t n, void (*job)(void *arg, size_t i), void *arg)
{
    if (n > 1 && o->runner.run) {
        o->runner.run(o->runner.opaque, n, job, arg);
        return;
    }
    for (size_t i = 0; i < n; i++)
        job(arg, i);
}

static aez_status add_index(aez_encoder *e, const aez_slot *s, uint64_t offset)
{
    aez_index_entry *entry;
    if (e->n_index == e->cap_index) {
        size_t           cap = e->cap_index ? 2 * e->cap_index : 16;
        aez_index_entry *grown = aez_take(&e->mem, cap, sizeof *grown);
        if (!grown)
            return AEZ_ERR_NOMEM;
        if (e->n_index)
            memcpy(grown, e->index, e->n_index * sizeof *grown);
        aez_drop(&e->mem, e->index);
        e->index = grown;
        e->cap_index = cap;
    }
    entry = &e->index[e->n_index++];
    entry->offset = offset;
    entry->size = e->file_size - offset;
    entry->first_site = e->first_site;
    entry->n_sites = s->box.n_sites;
    e->first_site += s->box.n_sites;
    return AEZ_OK;
}

static void count(aez_encoder *e, const aez_slot *s, uint64_t section)
{
    const aez_chunk_info *i = &s->info;
    uint64_t              parts = i->model_bytes + i->residual_bytes + i->text_bytes + i->stored_bytes;
    e->report.model_bytes += i->model_bytes;
    e->report.residual_bytes += i->residual_bytes;
    e->report.text_bytes += i->text_bytes;
    e->report.stored_bytes += i->stored_bytes;
    e->report.header_bytes += section - parts; /* the section's head and checksum */
    e->report.n_chunks++;
    e->report.n_stored_chunks += i->stored != 0;
}

static void empty_slot(aez_encoder *e, aez_slot *s)
{
    for (uint32_t f = 0; f < e->schema.view.n_fields; f++) {
        aez_drop(&e->mem, s->column[f]);
        s->column[f] = NULL;
    }
    aez_buf_free(&s->payload);
    s->filled = 0;
}

static aez_status code_batch(aez_encoder *e)
{
    uint32_t n = e->n_full;
    if (n == 0)
        return AEZ_OK;
    run_jobs(&e->options, n, code_slot, e);
    for (uint32_t i = 0; i < n; i++) {
        aez_slot *s = &e->slot[i];
        uint64_t  offset = e->file_size;
        if (s->status < 0)
            return fail(e, s->status, NULL);
        put_section(e, AEZ_SECTION_CHUNK, s->payload.data, s->payload.size);
        if (e->out.failed || add_index(e, s, offset) < 0)
            return fail(e, AEZ_ERR_NOMEM, NULL);
        count(e, s, e->file_size - offset);
        for (uint32_t f = 0; f < e->schema.view.n_fields; f++)
            e->raw_done += s->box.n_sites * aez_type_size(e->schema.fields[f].type);
        empty_slot(e, s);
    }
    e->n_full = 0;
    if (e->options.progress && e->options.progress(e->options.progress_opaque, e->raw_done))
        return fail(e, AEZ_ERR_CANCELLED, NULL);
    return AEZ_OK;
}

/* ---- sites in --------------------------------------------------------------------------------------- */

static aez_status open_slot(aez_encoder *e, aez_slot *s)
{
    aez_box_at(e->schema.view.shape, e->schema.view.n_dims, e->schema.box_sites, e->next_box,
               &s->box);
    for (uint32_t f = 0; f < e->schema.view.n_fields; f++) {
        s->column[f] = aez_take_raw(&e->mem, s->box.n_sites, aez_type_size(e->schema.fields[f].type));
        if (!s->column[f])
            return fail(e, AEZ_ERR_NOMEM, NULL);
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
    if (e->state != TAKING)
        return AEZ_ERR_STATE;
    if (n_sites > e->schema.n_sites - e->pushed)
        return fail(e, AEZ_ERR_STATE, "more sites were pushed than the shape has");
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
            aez_status st = code_batch(e);
            if (st < 0)
                return st;
        }
    }
    e->pushed += n_sites;
    return AEZ_OK;
}

static aez_status put_back(aez_encoder *e)
{
    aez_buf  payload;
    uint64_t at = e->file_size;
    aez_buf_init(&payload, &e->mem);
    aez_index_put(&payload, e->index, e->n_index);
    put_section(e, AEZ_SECTION_INDEX, payload.data, payload.size);
    aez_trailer_put(&e->out, at, e->file_size + AEZ_TRAILER_SIZE);
    e->file_size += AEZ_TRAILER_SIZE;
    e->report.index_bytes = e->file_size - at;
    if (payload.failed)
        e->out.failed = 1;
    aez_buf_free(&payload);
    return e->out.failed ? fail(e, AEZ_ERR_NOMEM, NULL) : AEZ_OK;
}

aez_status aez_encoder_finish(aez_encoder *e)
{
    aez_status st;
    if (e->state != TAKING)
        return AEZ_ERR_STATE;
    if (e->pushed != e->schema.n_sites)
        return fail(e, AEZ_ERR_STATE, "fewer sites were pushed than the shape has");
    st = code_batch(e);
    if (st >= 0)
        st = put_back(e);
    if (st >= 0)
        e->state = FINISHED;
    return st;
}

/* ---- bytes out -------------------------------------------------------------------------------------- */

aez_status aez_encoder_pull(aez_encoder *e, aez_out *out)
{
    size_t left = e->out.size - e->out_pos, room = out->size - out->pos;
    size_t n = left < room ? left : room;
    if (e->state == BROKEN)
        return AEZ_ERR_STATE;
    if (n)
        memcpy((uint8_t *)out->dst + out->pos, e->out.data + e->out_pos, n);
    out->pos += n;
    e->out_pos += n;
    if (e->out_pos < e->out.size)
        return AEZ_NEED_OUTPUT;
    aez_buf_free(&e->out);
    e->out_pos = 0;
    return e->state == FINISHED ? AEZ_END : AEZ_NEED_INPUT;
}

const char *aez_encoder_message(const aez_encoder *e)
{
    return e ? e->message : "";
}

void aez_encoder_report(const aez_encoder *e, aez_report *out)
{
    *out = e->report;
}

const char *aez_encoder_describe(const aez_encoder *e, uint32_t field)
{
    return e->text && field < e->schema.view.n_fields ? e->text + (size_t)field * AEZ_NOTE_SIZE : "";
}

void aez_encoder_destroy(aez_encoder *e)
{
    aez_mem mem;
    if (!e)
        return;
    mem = e->mem;
    for (uint32_t i = 0; e->slot && i < e->width; i++) {
        if (e->slot[i].column)
            empty_slot(e, &e->slot[i]);
        aez_drop(&mem, e->slot[i].column);
    }
    aez_drop(&mem, e->slot);
    aez_drop(&mem, e->text);
    aez_drop(&mem, e->index);
    aez_buf_free(&e->out);
    aez_schema_free(&e->schema);
    aez_drop(&mem, e);
}
