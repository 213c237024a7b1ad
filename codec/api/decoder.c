/* decoder.c - bytes in, sites out: takes sections apart, restores batches of chunks. */
#include <stdio.h>
#include <string.h>

#include "../../format/format.h"
#include "../chunk/table_chunk.h"
#include "index_list.h"
#include "options.h"
#include "schema.h"

#define MESSAGE_SIZE 300
#define REASON_SIZE 200
#define FRONT_MAX ((uint64_t)1 << 26)      /* schema, envelope, index: most bytes of a payload */
#define WORK_PER_VALUE 40 /* bytes of memory that restoring a value needs at most */
#define WORK_PER_FEATURE 40                /* beside that, where its hat is needed */
#define CHUNK_SLACK 4096                   /* a chunk's payload may exceed its raw size by this */

/* One chunk of the batch. */
typedef struct aez_load {
    aez_box        box;
    uint8_t       *payload;
    size_t         size;
    uint8_t      **column; /* [n_fields] restored values, or NULL */
    aez_buf        text;   /* of a table: restored rows */
    int            ready;  /* restored, not yet pulled whole */
    uint64_t       given;  /* sites or bytes already pulled */
    uint64_t       offset; /* of the section in the file */
    uint64_t       total;  /* bytes of the section */
    aez_chunk_info info;
    aez_status     status;
} aez_load;

enum { AT_HEADER, AT_SCHEMA, AT_SECTIONS, AT_TRAILER, AT_END, BROKEN };

struct aez_decoder {
    aez_mem           mem;
    aez_options       options;
    aez_owned_schema  schema;
    aez_chunk_context ctx;
    int               state, has_schema, has_envelope, is_table;
    int               ends_here; /* the only chunk was taken */
    aez_table_schema  table;
    aez_model         model;
    int               has_model;
    const aez_shared_model **known; /* [n_known] models that the file may refer to */
    size_t                   n_known;
    int                      misses; /* the model that was not given: */
    aez_model_reference      missing;
    uint64_t          head_given; /* bytes of the table's head already pulled */
    aez_table_context table_ctx;
    uint8_t           header[AEZ_HEADER_SIZE];
    aez_buf           in;     /* bytes of the section being collected */
    size_t            need;   /* how many it takes to go on */
    uint64_t          offset; /* in the file, of in.data[0] */
    uint32_t          width, n_loaded, n_given; /* loads filled; of them, pulled whole */
    aez_load         *load;   /* [width] */
    uint64_t          n_boxes, next_box, raw_done;
    uint64_t          index_offset;
    aez_index_list    index; /* of the chunks met, to compare with the one in the file */
    aez_report        report;
    uint64_t          item_bytes; /* of latents that stand alone */
    char             *text;
    char              message[MESSAGE_SIZE];
};

static aez_status fail(aez_decoder *d, aez_status st, const char *what)
{
    d->state = BROKEN;
    snprintf(d->message, sizeof d->message, "%s, at byte %llu", what ? what : aez_status_text(st),
             (unsigned long long)d->offset);
    return st;
}

aez_status aez_decoder_create(aez_decoder **out, const aez_options *options)
{
    aez_options  o;
    aez_decoder *d;
    const char  *why;
    aez_status   st = aez_options_resolve(&o, options, &why);
    *out = NULL;
    if (st < 0)
        return st;
    d = aez_take(&o.allocator, 1, sizeof *d);
    if (!d)
        return AEZ_ERR_NOMEM;
    d->mem = o.allocator;
    d->options = o;
    d->need = AEZ_HEADER_SIZE;
    aez_buf_init(&d->in, &d->mem);
    aez_model_init(&d->model, &d->mem);
    *out = d;
    return AEZ_OK;
}

/* ---- schema
 * ----------------------------------------------------------------------------------------- */

static uint64_t bytes_a_site(const aez_decoder *d)
{
    uint64_t n = 0;
    for (uint32_t f = 0; f < d->schema.view.n_fields; f++)
        n += aez_type_size(d->schema.fields[f].type);
    return n;
}

static uint64_t sites_a_box(const aez_decoder *d)
{
    aez_box box;
    return aez_box_at(d->schema.view.shape, d->schema.view.n_dims, d->schema.box_sites, 0, &box)
               ? box.n_sites
               : 0;
}

static aez_status begin_chunks(aez_decoder *d)
{
    uint64_t sites = sites_a_box(d), limit = d->options.memory_limit;
    uint64_t a_site = bytes_a_site(d) + (uint64_t)WORK_PER_VALUE * d->schema.view.n_fields;
    aez_box  box;
    if (sites > limit / a_site)
        return fail(d, AEZ_ERR_LIMIT, "a chunk needs more memory than the limit allows");
    d->n_boxes = aez_box_at(d->schema.view.shape, d->schema.view.n_dims, d->schema.box_sites, 0,
                            &box);
    d->width =
        d->n_boxes < d->options.runner.width ? (uint32_t)d->n_boxes : d->options.runner.width;
    if (d->width > 1 && sites > 0 && limit / a_site / sites < d->width)
        d->width = (uint32_t)(limit / a_site / sites);
    if (d->width == 0)
        d->width = 1;
    d->load = aez_take(&d->mem, d->width, sizeof *d->load);
    d->text = aez_take(&d->mem, d->schema.view.n_fields, AEZ_NOTE_SIZE);
    if (!d->load || !d->text)
        return fail(d, AEZ_ERR_NOMEM, NULL);
    d->ctx.mem = &d->mem;
    d->ctx.memory_limit = d->options.memory_limit;
    d->ctx.n_fields = d->schema.view.n_fields;
    d->ctx.fields = d->schema.chunk_fields;
    return AEZ_OK;
}

static aez_status take_envelope(aez_decoder *d, const aez_section *s)
{
    if (d->has_envelope || d->next_box > 0)
        return fail(d, AEZ_ERR_CORRUPT, "an envelope out of place");
    d->has_envelope = 1;
    d->schema.envelope = aez_take_raw(&d->mem, s->size, 1);
    if (!d->schema.envelope)
        return fail(d, AEZ_ERR_NOMEM, NULL);
    memcpy(d->schema.envelope, s->payload, s->size);
    d->schema.view.envelope = d->schema.envelope;
    d->schema.view.envelope_size = s->size;
    return AEZ_OK;
}

aez_status aez_decoder_add_model(aez_decoder *d, const struct aez_trained *model)
{
    const aez_shared_model **known;
    if (d->state != AT_HEADER || d->in.size > 0 || !model)
        return AEZ_ERR_STATE;
    known = aez_take(&d->mem, d->n_known + 1, sizeof *known);
    if (!known)
        return fail(d, AEZ_ERR_NOMEM, NULL);
    for (size_t i = 0; i < d->n_known; i++)
        known[i] = d->known[i];
    known[d->n_known++] = (const aez_shared_model *)model; /* begins with one */
    aez_drop(&d->mem, d->known);
    d->known = known;
    return AEZ_OK;
}

static const aez_shared_model *find_known(const aez_decoder *d, const aez_model_reference *r)
{
    for (size_t i = 0; i < d->n_known; i++) {
        if (d->known[i]->size == r->size && memcmp(d->known[i]->hash, r->hash, sizeof r->hash) == 0)
            return d->known[i];
    }
    return NULL;
}

static aez_status miss_model(aez_decoder *d, const aez_model_reference *r)
{
    char text[REASON_SIZE], hash[2 * AEZ_MODEL_HASH + 1];
    d->misses = 1;
    d->missing = *r;
    for (unsigned i = 0; i < AEZ_MODEL_HASH; i++)
        snprintf(hash + 2 * i, 3, "%02x", (unsigned)r->hash[i]);
    snprintf(text, sizeof text, "the file needs the model %s%s%.60s%s, which was not given", hash,
             r->hint[0] ? " (" : "", r->hint, r->hint[0] ? ")" : "");
    return fail(d, AEZ_ERR_MODEL, text);
}

/* A file without the model itself: it has to be one of those that were given. */
static aez_status take_reference(aez_decoder *d, const aez_model_file *file, const aez_section *s)
{
    aez_model_reference     r;
    const aez_shared_model *known;
    aez_status st = aez_model_get_reference(&d->model, file, s->payload, s->size, &r);
    if (st < 0)
        return fail(d, st, "the reference to a model cannot be read");
    known = find_known(d, &r);
    if (!known)
        return miss_model(d, &r);
    d->report.shared_bytes = r.size;
    st = aez_model_bind(&d->model, file, &known->body);
    return st < 0 ? fail(d, st, "the model is not one for this file") : AEZ_OK;
}

static aez_status take_model(aez_decoder *d, const aez_section *s)
{
    uint64_t       sites = d->is_table ? 0 : sites_a_box(d), limit = d->options.memory_limit;
    uint64_t       a_site = WORK_PER_VALUE + WORK_PER_FEATURE + 8;
    aez_model_file file = {.is_table = d->is_table,
                           .n_fields = d->schema.view.n_fields,
                           .n_dims = d->schema.view.n_dims,
                           .shape = d->schema.view.shape};
    aez_status     st;
    a_site *= d->schema.view.n_fields;
    if (d->has_model || d->next_box > 0)
        return fail(d, AEZ_ERR_CORRUPT, "a model out of place");
    if (sites > limit / a_site)
        return fail(d, AEZ_ERR_LIMIT, "a chunk needs more memory than the limit allows");
    if (sites > 0 && limit / a_site / sites < d->width)
        d->width = (uint32_t)(limit / a_site / sites);
    if (s->type == AEZ_SECTION_MODEL_REFERENCE) {
        st = take_reference(d, &file, s);
        if (st < 0)
            return st;
    } else {
        st = aez_model_get(&d->model, &file, s->payload, s->size);
        if (st < 0)
            return fail(d, st, "the model cannot be read");
    }
    d->has_model = 1;
    d->ctx.model = d->table_ctx.model = &d->model;
    d->report.model_bytes += s->size;
    d->report.header_bytes += s->total - s->size;
    return AEZ_OK;
}

/* ---- restoring
 * -------------------------------------------------------------------------------------- */

static void drop_columns(aez_decoder *d, aez_load *l)
{
    for (uint32_t f = 0; l->column && f < d->schema.view.n_fields; f++)
        aez_drop(&d->mem, l->column[f]);
    aez_drop(&d->mem, l->column);
    l->column = NULL;
}

static aez_status take_columns(aez_decoder *d, aez_load *l)
{
    l->column = aez_take(&d->mem, d->schema.view.n_fields, sizeof *l->column);
    for (uint32_t f = 0; l->column && f < d->schema.view.n_fields; f++) {
        l->column[f] =
            aez_take_raw(&d->mem, l->box.n_sites, aez_type_size(d->schema.fields[f].type));
        if (!l->column[f])
            return AEZ_ERR_NOMEM;
    }
    return l->column ? AEZ_OK : AEZ_ERR_NOMEM;
}

static void restore_load(void *arg, size_t i)
{
    aez_decoder *d = arg;
    aez_load    *l = &d->load[i];
    memset(&l->info, 0, sizeof l->info);
    l->info.text = i + 1 == d->n_loaded ? d->text : NULL;
    if (d->is_table) {
        aez_buf_init(&l->text, &d->mem);
        l->status = aez_table_chunk_decode(&d->table_ctx, l->payload, l->size, &l->text,
                                           &l->box.n_sites, &l->info);
        return;
    }
    l->status = take_columns(d, l);
    if (l->status >= 0)
        l->status = aez_chunk_decode(&d->ctx, &l->box, l->payload, l->size,
                                     (void *const *)l->column, &l->info);
}

static void count(aez_decoder *d, const aez_load *l)
{
    const aez_chunk_info *i = &l->info;
    uint64_t              parts = i->model_bytes + i->latent_bytes + i->residual_bytes +
                                  i->text_bytes + i->stored_bytes;
    d->report.model_bytes += i->model_bytes;
    d->report.residual_bytes += i->residual_bytes;
    d->report.text_bytes += i->text_bytes;
    d->report.stored_bytes += i->stored_bytes;
    d->report.header_bytes += l->size - parts;
    d->report.n_chunks++;
    d->report.n_stored_chunks += i->stored != 0;
    d->report.latent_bytes += i->latent_bytes;
    d->report.n_items += i->n_items;
    d->item_bytes += i->n_items ? i->latent_bytes : 0;
}

static aez_status restore_batch(aez_decoder *d)
{
    aez_status st;
    if (d->n_loaded > 1 && d->options.runner.run) {
        d->options.runner.run(d->options.runner.opaque, d->n_loaded, restore_load, d);
    } else {
        for (uint32_t i = 0; i < d->n_loaded; i++)
            restore_load(d, i);
    }
    for (uint32_t i = 0; i < d->n_loaded; i++) {
        aez_load *l = &d->load[i];
        aez_drop(&d->mem, l->payload);
        l->payload = NULL;
        if (l->status < 0)
            return fail(d, l->status, NULL);
        st = aez_index_list_add(&d->index, &d->mem, l->offset, l->total, l->box.n_sites);
        if (st < 0)
            return fail(d, st, NULL);
        count(d, l);
        l->ready = 1;
        d->raw_done += d->is_table ? l->text.size : l->box.n_sites * bytes_a_site(d);
    }
    if (d->options.progress && d->options.progress(d->options.progress_opaque, d->raw_done))
        return fail(d, AEZ_ERR_CANCELLED, NULL);
    return AEZ_OK;
}

/* Whether the chunk just taken is all of the file: then neither index nor trailer follows. */
static int is_sole(const aez_decoder *d, const aez_section *s)
{
    if (d->next_box != 1)
        return 0;
    return d->is_table ? s->size > 0 && (s->payload[0] & AEZ_TABLE_SOLE) : d->n_boxes == 1;
}

static aez_status take_chunk(aez_decoder *d, const aez_section *s)
{
    aez_load  *l = &d->load[d->n_loaded];
    aez_status st;
    if (!d->is_table && d->next_box == d->n_boxes)
        return fail(d, AEZ_ERR_CORRUPT, "more chunks than the shape has");
    if (!d->is_table)
        aez_box_at(d->schema.view.shape, d->schema.view.n_dims, d->schema.box_sites, d->next_box,
                   &l->box);
    d->next_box++;
    l->payload = aez_take_raw(&d->mem, s->size, 1);
    if (!l->payload)
        return fail(d, AEZ_ERR_NOMEM, NULL);
    memcpy(l->payload, s->payload, s->size);
    l->size = s->size;
    l->given = 0;
    l->offset = d->offset;
    l->total = s->total;
    d->report.header_bytes += s->total - s->size;
    d->n_loaded++;
    if (is_sole(d, s)) {
        st = restore_batch(d);
        d->ends_here = st >= 0;
        return st;
    }
    if (d->n_loaded == d->width || (!d->is_table && d->next_box == d->n_boxes))
        return restore_batch(d);
    return AEZ_OK;
}

/* ---- sections
 * --------------------------------------------------------------------------------------- */

static aez_status take_index(aez_decoder *d, const aez_section *s)
{
    aez_index_entry *entries = NULL;
    size_t           n = 0;
    int              same;
    aez_status       st;
    if (!d->is_table && d->next_box != d->n_boxes)
        return fail(d, AEZ_ERR_CORRUPT, "fewer chunks than the shape has");
    st = aez_index_get(&d->mem, s->payload, s->size, &entries, &n);
    if (st < 0)
        return fail(d, st, "the index cannot be read");
    same = n == d->index.n;
    for (size_t i = 0; same && i < n; i++)
        same = entries[i].offset == d->index.entry[i].offset &&
               entries[i].size == d->index.entry[i].size &&
               entries[i].first_site == d->index.entry[i].first_site &&
               entries[i].n_sites == d->index.entry[i].n_sites;
    aez_drop(&d->mem, entries);
    if (!same)
        return fail(d, AEZ_ERR_CORRUPT, "the index does not match the chunks");
    d->index_offset = d->offset;
    d->report.index_bytes = s->total + AEZ_TRAILER_SIZE;
    d->state = AT_TRAILER;
    return AEZ_OK;
}

/* The schema of a table: packed bytes; callers see its columns as fields of no type. */
static aez_status take_table(aez_decoder *d, const aez_section *s)
{
    uint8_t   *bytes = NULL;
    size_t     size = 0;
    aez_rd     in;
    aez_status st;
    aez_rd_init(&in, s->payload, s->size);
    st = aez_bytes_unpack(&d->mem, &in, FRONT_MAX, &bytes, &size);
    if (st >= 0 && aez_rd_left(&in) != 0)
        st = AEZ_ERR_CORRUPT;
    aez_rd_init(&in, bytes, size);
    if (st >= 0)
        st = aez_table_schema_get(&d->table, &d->mem, &in);
    if (st >= 0 && aez_rd_left(&in) != 0)
        st = AEZ_ERR_CORRUPT;
    aez_drop(&d->mem, bytes);
    if (st < 0)
        return fail(d, st, "the schema of the table cannot be read");
    st = aez_schema_of_table(&d->schema, &d->mem, &d->table);
    if (st < 0)
        return fail(d, st, NULL);
    d->is_table = d->has_schema = 1;
    d->table_ctx.mem = &d->mem;
    d->table_ctx.schema = &d->table;
    d->table_ctx.memory_limit = d->options.memory_limit;
    d->width = d->options.runner.width;
    d->load = aez_take(&d->mem, d->width, sizeof *d->load);
    d->text = aez_take(&d->mem, d->table.n_columns, AEZ_NOTE_SIZE);
    if (!d->load || !d->text)
        return fail(d, AEZ_ERR_NOMEM, NULL);
    d->report.header_bytes = AEZ_HEADER_SIZE + s->total;
    d->state = AT_SECTIONS;
    return AEZ_OK;
}

static aez_status take_section(aez_decoder *d, const aez_section *s)
{
    aez_status st;
    if (d->state == AT_SCHEMA) {
        if (s->type == AEZ_SECTION_TABLE)
            return take_table(d, s);
        if (s->type == AEZ_SECTION_FAMILY)
            return fail(d, AEZ_ERR_MAGIC, "this is a model file, not a compressed one");
        if (s->type != AEZ_SECTION_SCHEMA)
            return fail(d, AEZ_ERR_CORRUPT, "the file does not begin with a schema");
        st = aez_schema_get(&d->schema, &d->mem, s->payload, s->size);
        if (st < 0)
            return fail(d, st, "the schema cannot be read");
        d->report.header_bytes = AEZ_HEADER_SIZE + s->total;
        d->has_schema = 1;
        d->state = AT_SECTIONS;
        return begin_chunks(d);
    }
    switch (s->type) {
    case AEZ_SECTION_ENVELOPE:
        d->report.header_bytes += s->total;
        return take_envelope(d, s);
    case AEZ_SECTION_MODEL:
    case AEZ_SECTION_MODEL_REFERENCE:
        return take_model(d, s);
    case AEZ_SECTION_CHUNK:
        return take_chunk(d, s);
    case AEZ_SECTION_INDEX:
        if (d->n_loaded > 0) { /* the last chunks of a table, whose number only the index tells */
            st = restore_batch(d);
            if (st < 0)
                return st;
        }
        return take_index(d, s);
    default:
        d->report.header_bytes += s->total;
        if (s->type & 0x80)
            return AEZ_OK; /* optional and unknown: skipped */
        return fail(d, AEZ_ERR_VERSION, "a section of an unknown kind that must be understood");
    }
}

static uint64_t section_limit(const aez_decoder *d)
{
    uint64_t raw;
    if (!d->has_schema)
        return FRONT_MAX;
    if (d->is_table)
        return d->options.memory_limit;
    raw = sites_a_box(d) * bytes_a_site(d);
    raw += raw / 64 + (uint64_t)CHUNK_SLACK * d->schema.view.n_fields;
    raw = raw > FRONT_MAX ? raw : FRONT_MAX;
    return raw < d->options.memory_limit ? raw : d->options.memory_limit;
}

/* Drops the first n bytes of what is collected. */
static void consume(aez_decoder *d, size_t n)
{
    d->in.size -= n;
    if (d->in.size)
        memmove(d->in.data, d->in.data + n, d->in.size);
    d->offset += n;
    d->need = 1;
}

static aez_status take_trailer(aez_decoder *d)
{
    uint64_t   index_offset, size;
    aez_status st = aez_trailer_get(d->in.data, &index_offset, &size);
    if (st < 0 || index_offset != d->index_offset || size != d->offset + AEZ_TRAILER_SIZE)
        return fail(d, AEZ_ERR_CORRUPT, "the trailer is wrong");
    consume(d, AEZ_TRAILER_SIZE);
    d->state = AT_END;
    return AEZ_OK;
}

/* Goes one step on with what is collected: OK (progress), NEED_INPUT (d->need bytes), or an error.
 */
static aez_status step(aez_decoder *d)
{
    aez_section s;
    aez_status  st;
    if (d->in.size < d->need)
        return AEZ_NEED_INPUT;
    if (d->state == AT_HEADER) {
        st = aez_header_get(d->in.data);
        if (st < 0)
            return fail(d, st, NULL);
        memcpy(d->header, d->in.data, AEZ_HEADER_SIZE);
        consume(d, AEZ_HEADER_SIZE);
        d->state = AT_SCHEMA;
        return AEZ_OK;
    }
    if (d->state == AT_TRAILER) {
        d->need = AEZ_TRAILER_SIZE;
        return d->in.size < d->need ? AEZ_NEED_INPUT : take_trailer(d);
    }
    st = aez_section_get(d->in.data, d->in.size, aez_section_seed(d->header, d->offset),
                         section_limit(d), &s, &d->need);
    if (st == AEZ_NEED_INPUT)
        return st;
    if (st < 0)
        return fail(d, st, "a section is damaged");
    st = take_section(d, &s);
    if (st < 0)
        return st;
    consume(d, s.total);
    if (d->ends_here)
        d->state = AT_END;
    return AEZ_OK;
}

static int batch_waits(const aez_decoder *d)
{
    return d->n_given < d->n_loaded && d->load[d->n_given].ready;
}

aez_status aez_decoder_push(aez_decoder *d, aez_in *in)
{
    if (d->state == BROKEN)
        return AEZ_ERR_STATE;
    while (d->state != AT_END && !batch_waits(d)) {
        size_t     want, left = in->size - in->pos;
        aez_status st = step(d);
        if (st < 0)
            return st;
        if (st != AEZ_NEED_INPUT)
            continue;
        want = d->need - d->in.size;
        if (left == 0)
            return AEZ_OK;
        want = want < left ? want : left;
        aez_put(&d->in, (const uint8_t *)in->src + in->pos, want);
        if (d->in.failed)
            return fail(d, AEZ_ERR_NOMEM, NULL);
        in->pos += want;
    }
    if (d->state != AT_END)
        return AEZ_OK;
    if (in->pos < in->size)
        return fail(d, AEZ_ERR_CORRUPT, "bytes follow the end of the file");
    return AEZ_END;
}

aez_status aez_decoder_finish(aez_decoder *d)
{
    if (d->state == BROKEN)
        return AEZ_ERR_STATE;
    if (d->state != AT_END)
        return fail(d, AEZ_ERR_TRUNCATED, "the file ends too soon");
    return AEZ_OK;
}

/* ---- sites out
 * -------------------------------------------------------------------------------------- */

const aez_schema *aez_decoder_schema(const aez_decoder *d)
{
    /* known for good once a chunk or the index came: the envelope stands before them */
    return d->has_schema && (d->next_box > 0 || d->state >= AT_TRAILER) && d->state != BROKEN
               ? &d->schema.view
               : NULL;
}

static void next_load(aez_decoder *d)
{
    aez_load *l = &d->load[d->n_given];
    drop_columns(d, l);
    if (d->is_table)
        aez_buf_free(&l->text);
    l->ready = 0;
    if (++d->n_given == d->n_loaded)
        d->n_given = d->n_loaded = 0;
}

aez_status aez_decoder_pull(aez_decoder *d, void *const *columns, uint64_t max_sites,
                            uint64_t *n_sites)
{
    aez_load *l;
    uint64_t  n;
    *n_sites = 0;
    if (d->state == BROKEN || d->is_table)
        return AEZ_ERR_STATE;
    if (!batch_waits(d))
        return d->state == AT_END ? AEZ_END : AEZ_NEED_INPUT;
    l = &d->load[d->n_given];
    n = l->box.n_sites - l->given;
    n = n < max_sites ? n : max_sites;
    for (uint32_t f = 0; f < d->schema.view.n_fields; f++) {
        size_t size = aez_type_size(d->schema.fields[f].type);
        memcpy(columns[f], l->column[f] + l->given * size, n * size);
    }
    l->given += n;
    *n_sites = n;
    if (l->given == l->box.n_sites)
        next_load(d);
    return AEZ_OK;
}

/* Appends `size` bytes at `from`, from byte *given on, as far as there is room. */
static void give(aez_out *out, const uint8_t *from, uint64_t size, uint64_t *given)
{
    size_t room = out->size - out->pos;
    size_t n = size - *given < room ? (size_t)(size - *given) : room;
    if (n)
        memcpy((uint8_t *)out->dst + out->pos, from + *given, n);
    out->pos += n;
    *given += n;
}

aez_status aez_decoder_pull_text(aez_decoder *d, aez_out *out)
{
    if (d->state == BROKEN || (d->has_schema && !d->is_table))
        return AEZ_ERR_STATE;
    if (d->is_table && d->head_given < d->table.head_size) {
        give(out, (const uint8_t *)d->table.head, d->table.head_size, &d->head_given);
        if (d->head_given < d->table.head_size)
            return AEZ_NEED_OUTPUT;
    }
    while (batch_waits(d)) {
        aez_load *l = &d->load[d->n_given];
        give(out, l->text.data, l->text.size, &l->given);
        if (l->given < l->text.size)
            return AEZ_NEED_OUTPUT;
        next_load(d);
    }
    return d->state == AT_END ? AEZ_END : AEZ_NEED_INPUT;
}

int aez_decoder_is_table(const aez_decoder *d)
{
    return d->is_table;
}

const char *aez_decoder_message(const aez_decoder *d)
{
    return d ? d->message : "";
}

const char *aez_decoder_missing_model(const aez_decoder *d, uint8_t *hash)
{
    if (!d->misses)
        return NULL;
    if (hash)
        memcpy(hash, d->missing.hash, sizeof d->missing.hash);
    return d->missing.hint;
}

void aez_decoder_report(const aez_decoder *d, aez_report *out)
{
    *out = d->report;
    if (out->n_items)
        out->latent_bits_per_item = 8 * (double)d->item_bytes / (double)out->n_items;
}

const char *aez_decoder_describe(const aez_decoder *d, uint32_t field)
{
    return d->text && field < d->schema.view.n_fields ? d->text + (size_t)field * AEZ_NOTE_SIZE
                                                      : "";
}

void aez_decoder_destroy(aez_decoder *d)
{
    aez_mem mem;
    if (!d)
        return;
    mem = d->mem;
    for (uint32_t i = 0; d->load && i < d->width; i++) {
        aez_drop(&mem, d->load[i].payload);
        drop_columns(d, &d->load[i]);
        if (d->load[i].text.mem)
            aez_buf_free(&d->load[i].text);
    }
    aez_drop(&mem, d->load);
    aez_drop(&mem, d->text);
    aez_index_list_free(&d->index, &mem);
    aez_buf_free(&d->in);
    aez_model_free(&d->model);
    aez_drop(&mem, d->known);
    aez_schema_free(&d->schema);
    if (d->table.mem)
        aez_table_schema_free(&d->table);
    aez_drop(&mem, d);
}
