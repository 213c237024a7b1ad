/* family.c - a family as callers have it: made, files begun, arrays pushed, rows handed out. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../lattice/lattice.h"
#include "family.h"

#define NOTES_MAX ((size_t)1 << 22)

aez_status aez_family_fail(aez_family *f, aez_status st, const char *format, ...)
{
    f->state = AEZ_FAMILY_BROKEN;
    if (!format) {
        snprintf(f->message, sizeof f->message, "%s", aez_status_text(st));
    } else {
        va_list args;
        va_start(args, format);
        vsnprintf(f->message, sizeof f->message, format, args);
        va_end(args);
    }
    return st;
}

aez_status aez_family_begin(aez_family **out, const aez_options *options)
{
    aez_options o;
    const char *why;
    aez_family *f;
    aez_status  st = aez_options_resolve(&o, options, &why);
    *out = NULL;
    f = aez_take(&o.allocator, 1, sizeof *f);
    if (!f)
        return AEZ_ERR_NOMEM;
    f->mem = o.allocator;
    f->options = o;
    f->inner = 1;
    aez_buf_init(&f->notes, &f->mem);
    aez_row_store_init(&f->head, &f->mem);
    *out = f;
    return st < 0 ? aez_family_fail(f, st, "%s", why) : AEZ_OK;
}

/* ---- arrays ---------------------------------------------------------------------------------- */

/* Sites of an item; 0: too many, or none. */
static uint64_t item_sites(const aez_schema *s)
{
    uint64_t n = 1;
    for (unsigned a = 1; a < s->n_dims; a++) {
        if (s->shape[a] == 0 || s->shape[a] > AEZ_MODEL_FEATURES_MAX / n)
            return 0;
        n *= s->shape[a];
    }
    return n;
}

/* The schema without bounds: what counts here. */
static aez_status copy_schema(aez_family *f, const aez_schema *schema, aez_owned_schema *out)
{
    aez_schema  plain = *schema;
    const char *why = NULL;
    aez_field  *fields = NULL;
    aez_status  st;
    if (schema->n_fields && schema->fields)
        fields = aez_take(&f->mem, schema->n_fields, sizeof *fields);
    for (uint32_t i = 0; fields && i < schema->n_fields; i++) {
        fields[i] = schema->fields[i];
        fields[i].mode = AEZ_LOSSLESS;
        fields[i].bound = 0;
    }
    plain.fields = fields;
    plain.envelope_size = 0;
    st = schema->n_fields && schema->fields && !fields
             ? AEZ_ERR_NOMEM
             : aez_schema_copy(out, &f->mem, &plain, &why);
    aez_drop(&f->mem, fields);
    return st < 0 ? aez_family_fail(f, st, why ? "%s" : NULL, why) : AEZ_OK;
}

static aez_status take_names(aez_family *f)
{
    f->name = aez_take(&f->mem, f->n_fields, sizeof *f->name);
    f->type = aez_take(&f->mem, f->n_fields, sizeof *f->type);
    for (uint32_t i = 0; f->name && f->type && i < f->n_fields; i++) {
        size_t size = strlen(f->schema.fields[i].name) + 1;
        f->type[i] = f->schema.fields[i].type;
        f->name[i] = aez_take(&f->mem, size, 1);
        if (!f->name[i])
            return aez_family_fail(f, AEZ_ERR_NOMEM, NULL);
        memcpy(f->name[i], f->schema.fields[i].name, size);
    }
    return f->name && f->type ? AEZ_OK : aez_family_fail(f, AEZ_ERR_NOMEM, NULL);
}

aez_status aez_family_create(aez_family **out, const aez_options *options, const aez_schema *schema)
{
    aez_family *f;
    aez_status  st = aez_family_begin(out, options);
    if (st < 0)
        return st;
    f = *out;
    if (!schema)
        return aez_family_fail(f, AEZ_ERR_OPTION, "there is no schema");
    st = copy_schema(f, schema, &f->schema);
    if (st < 0)
        return st;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        if (f->schema.fields[i].type == AEZ_OPAQUE)
            return aez_family_fail(f, AEZ_ERR_OPTION,
                                   "a model needs numbers: give --type and --shape");
    }
    f->inner = item_sites(schema);
    if (f->inner == 0 || f->inner > AEZ_MODEL_FEATURES_MAX / schema->n_fields)
        return aez_family_fail(f, AEZ_ERR_OPTION,
                               "an item (a position of the first axis) has no values, or more than "
                               "%llu: put a shorter axis first",
                               (unsigned long long)AEZ_MODEL_FEATURES_MAX);
    f->n_fields = schema->n_fields;
    f->n_features = (uint32_t)(f->inner * f->n_fields);
    aez_family_plan_blocks(f);
    return take_names(f);
}

/* What a file has otherwise than the first one; OK: nothing. */
static aez_status compare_field(aez_family *f, uint32_t i, const aez_owned_schema *s)
{
    const aez_field       *a = &f->schema.fields[i], *b = &s->fields[i];
    const aez_chunk_field *fill_a = &f->schema.chunk_fields[i], *fill_b = &s->chunk_fields[i];
    unsigned               number = i + 1;
    if (strcmp(a->name, b->name) != 0)
        return aez_family_fail(f, AEZ_ERR_OPTION,
                               "field %u is named \"%.60s\" in the first file and \"%.60s\" in "
                               "this one",
                               number, a->name, b->name);
    if (a->type != b->type)
        return aez_family_fail(f, AEZ_ERR_OPTION,
                               "field %u (\"%.60s\") is of type %s in the first file and %s in "
                               "this one",
                               number, a->name, aez_type_name(a->type), aez_type_name(b->type));
    if (fill_a->has_missing != fill_b->has_missing ||
        (fill_a->has_missing && fill_a->missing != fill_b->missing))
        return aez_family_fail(f, AEZ_ERR_OPTION,
                               "field %u (\"%.60s\") has another fill value than in the first file",
                               number, a->name);
    return AEZ_OK;
}

static aez_status compare_schema(aez_family *f, const aez_owned_schema *s)
{
    aez_status st = AEZ_OK;
    if (s->view.n_fields != f->n_fields)
        return aez_family_fail(f, AEZ_ERR_OPTION, "the first file has %u fields and this one %u",
                               (unsigned)f->n_fields, (unsigned)s->view.n_fields);
    if (s->view.n_dims != f->schema.view.n_dims)
        return aez_family_fail(f, AEZ_ERR_OPTION, "the first file has %u axes and this one %u",
                               (unsigned)f->schema.view.n_dims, (unsigned)s->view.n_dims);
    for (unsigned a = 1; a < s->view.n_dims; a++) {
        if (s->view.shape[a] != f->schema.view.shape[a])
            return aez_family_fail(f, AEZ_ERR_OPTION,
                                   "axis %u has %llu positions in the first file and %llu in this "
                                   "one",
                                   a + 1, (unsigned long long)f->schema.view.shape[a],
                                   (unsigned long long)s->view.shape[a]);
    }
    for (uint32_t i = 0; st >= 0 && i < f->n_fields; i++)
        st = compare_field(f, i, s);
    return st;
}

aez_status aez_family_begin_file(aez_family *f, const aez_schema *schema)
{
    aez_owned_schema own;
    aez_status       st;
    if (f->state != AEZ_FAMILY_TAKING || f->is_table)
        return AEZ_ERR_STATE;
    st = aez_family_settle(f);
    if (st < 0)
        return st;
    if (!schema)
        return aez_family_fail(f, AEZ_ERR_OPTION, "there is no schema");
    st = copy_schema(f, schema, &own);
    if (st < 0)
        return st;
    st = compare_schema(f, &own);
    if (st >= 0) {
        f->sites_left = own.n_sites;
        f->n_items += own.n_sites / f->inner;
        f->n_files++;
    }
    aez_schema_free(&own);
    return st;
}

/* Copies as many of the sites from `from` on as the block takes; returns how many. */
static uint64_t fill_block(aez_family *f, const void *const *columns, uint64_t from, uint64_t n)
{
    aez_family_block *b = aez_family_open_one(f);
    uint64_t          take = n < f->block_left ? n : f->block_left;
    for (uint32_t i = 0; b && i < f->n_fields; i++) {
        size_t size = aez_type_size(f->type[i]);
        memcpy(b->column[i] + b->n_sites * size, (const uint8_t *)columns[i] + from * size,
               (size_t)(take * size));
    }
    if (b)
        b->n_sites += take;
    f->block_left -= take;
    return take;
}

static void forget_rows(aez_family *f)
{
    aez_drop(&f->mem, f->rows);
    f->rows = NULL;
}

aez_status aez_family_push(aez_family *f, const void *const *columns, uint64_t n_sites)
{
    uint64_t done = 0;
    if (f->state != AEZ_FAMILY_TAKING || f->is_table || (f->n_files == 0 && n_sites > 0))
        return AEZ_ERR_STATE;
    if (n_sites > f->sites_left)
        return aez_family_fail(f, AEZ_ERR_STATE, "more sites were pushed than the shape has");
    forget_rows(f);
    while (done < n_sites) {
        uint64_t items = f->sites_left / f->inner, taken;
        if (f->block_left == 0 &&
            aez_family_open_block(f, items < f->block_items ? items : f->block_items) < 0)
            return aez_family_fail(f, AEZ_ERR_NOMEM, NULL);
        taken = fill_block(f, columns, done, n_sites - done);
        done += taken;
        f->sites_left -= taken;
        if (f->sites_left % f->inner == 0 && f->block_left == 0)
            aez_family_close_block(f);
    }
    return AEZ_OK;
}

aez_status aez_family_settle(aez_family *f)
{
    if (f->sites_left > 0)
        return aez_family_fail(f, AEZ_ERR_STATE, "fewer sites were pushed than the shape has");
    aez_family_close_block(f);
    return AEZ_OK;
}

/* ---- notes, rows, the end -------------------------------------------------------------------- */

aez_status aez_family_note(aez_family *f, const char *line)
{
    if (f->state != AEZ_FAMILY_TAKING)
        return AEZ_ERR_STATE;
    if (!line || strlen(line) > NOTES_MAX - f->notes.size)
        return aez_family_fail(f, AEZ_ERR_LIMIT, "the notes on files are longer than 4 MiB");
    for (const char *c = line; *c; c++) /* one line stays one line */
        aez_put_u8(&f->notes, (unsigned char)*c < ' ' ? ' ' : (unsigned char)*c);
    aez_put_u8(&f->notes, '\n');
    return f->notes.failed ? aez_family_fail(f, AEZ_ERR_NOMEM, NULL) : AEZ_OK;
}

aez_status aez_family_rows(aez_family *f, const double **rows, size_t *n_items, uint32_t *n_features)
{
    aez_status st;
    if (f->state != AEZ_FAMILY_TAKING)
        return AEZ_ERR_STATE;
    st = aez_family_settle(f);
    if (st < 0)
        return st;
    if (f->stride > 1)
        return aez_family_fail(f, AEZ_ERR_LIMIT,
                               "the items have more than %llu values in all, of which a sample "
                               "was kept: take fewer at a time",
                               (unsigned long long)AEZ_FAMILY_VALUES);
    *n_features = f->n_features;
    *n_items = 0;
    for (size_t i = 0; i < f->n_blocks; i++)
        *n_items += (size_t)f->block[i].n_items;
    if (!f->rows)
        st = aez_family_make_rows(f, &f->rows, n_items);
    if (st < 0)
        return aez_family_fail(f, st, NULL);
    *rows = f->rows;
    return AEZ_OK;
}

const char *aez_family_message(const aez_family *f)
{
    return f ? f->message : "";
}

void aez_family_destroy(aez_family *f)
{
    aez_mem mem;
    if (!f)
        return;
    mem = f->mem;
    aez_family_drop_blocks(f);
    aez_schema_free(&f->schema);
    if (f->first.mem)
        aez_table_schema_free(&f->first);
    if (f->now.mem)
        aez_table_schema_free(&f->now);
    for (uint32_t i = 0; f->name && i < f->n_fields; i++)
        aez_drop(&mem, f->name[i]);
    aez_drop(&mem, f->name);
    aez_drop(&mem, f->type);
    aez_drop(&mem, f->column);
    aez_drop(&mem, f->rows);
    aez_row_store_clear(&f->head);
    aez_buf_free(&f->notes);
    aez_drop(&mem, f);
}
