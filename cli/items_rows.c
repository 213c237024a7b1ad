/* items_rows.c - items as rows of numbers, in the order of a model's features. */
#include "platform.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/table/number.h"
#include "items.h"
#include "message.h"

#define BATCH_VALUES ((size_t)1 << 20)

static int no_memory(const aez_items *items)
{
    return aez_fail_status(items->cli, items->in.name, AEZ_ERR_NOMEM, NULL);
}

/* ---- matching -------------------------------------------------------------------------------- */

static int mismatch(const aez_items *items, const char *message)
{
    aez_error(items->in.name, "does not fit the model %s: %s", items->cli->args->models[0],
              message);
    return AEZ_EXIT_DATA;
}

/* The family's own rules: shape, fields, types. */
static int match_array(aez_items *items, const aez_trained *model)
{
    aez_options options;
    aez_family *family = NULL;
    aez_status  st;
    int         code = AEZ_EXIT_OK;
    aez_cli_options(items->cli, &options);
    st = aez_family_create(&family, &options, &items->schema);
    if (st >= 0)
        st = aez_family_match(family, model);
    if (st == AEZ_ERR_OPTION)
        code = mismatch(items, aez_family_message(family));
    else if (st < 0)
        code = aez_fail_status(items->cli, items->in.name, st,
                               family ? aez_family_message(family) : NULL);
    items->n_features = (uint32_t)(items->inner * items->schema.n_fields);
    aez_family_destroy(family);
    return code;
}

/* Columns by their names, in any order and among others; without names, all there are. */
static int match_table(aez_items *items, const aez_trained *model, const aez_trained_about *about)
{
    for (uint32_t f = 0; f < about->n_features; f++) {
        const char *name = aez_trained_field(model, f, NULL);
        uint32_t    c = 0;
        if (!*name) {
            items->cell[f] = f;
            continue;
        }
        while (c < items->width && strcmp(aez_items_column(items, c), name) != 0)
            c++;
        if (c == items->width) {
            aez_error(items->in.name, "does not fit the model %s: it has no column %.80s: %s",
                      items->cli->args->models[0], name,
                      items->header ? "give data of the same make"
                                    : "its first row names no columns (see --header)");
            return AEZ_EXIT_DATA;
        }
        items->cell[f] = c;
    }
    if (!*aez_trained_field(model, 0, NULL) && items->width != about->n_features) {
        aez_error(items->in.name, "does not fit the model %s: it has %" PRIu64 " columns without "
                  "names, and the model %" PRIu32 ": give data of the same make",
                  items->cli->args->models[0], items->width, about->n_features);
        return AEZ_EXIT_DATA;
    }
    return AEZ_EXIT_OK;
}

int aez_items_match(aez_items *items, const aez_trained *model)
{
    aez_trained_about about;
    aez_trained_describe(model, &about);
    if (!about.is_table != !items->is_table)
        return mismatch(items, about.is_table ? "it was trained on tables, and this is an array"
                                              : "it was trained on arrays, and this is a table");
    if (!items->is_table)
        return match_array(items, model);
    items->n_features = about.n_features;
    items->cell = calloc((size_t)about.n_features + 1, sizeof *items->cell);
    if (!items->cell)
        return no_memory(items);
    return match_table(items, model, &about);
}

int aez_items_plain(aez_items *items, uint32_t n, const char *what)
{
    uint64_t there = items->is_table ? items->width : items->inner * items->schema.n_fields;
    if (there != n) {
        aez_error(items->in.name, "has %" PRIu64 " values an item, and the model %s takes %" PRIu32
                  " %s: give data of the same make", there, items->cli->args->models[0], n, what);
        return AEZ_EXIT_DATA;
    }
    items->n_features = n;
    if (!items->is_table)
        return AEZ_EXIT_OK;
    items->cell = calloc((size_t)n + 1, sizeof *items->cell);
    if (!items->cell)
        return no_memory(items);
    for (uint32_t i = 0; i < n; i++)
        items->cell[i] = i;
    return AEZ_EXIT_OK;
}

/* ---- arrays ---------------------------------------------------------------------------------- */

static double value_at(aez_type type, const uint8_t *p)
{
    union {
        uint8_t  u8;
        int8_t   i8;
        uint16_t u16;
        int16_t  i16;
        uint32_t u32;
        int32_t  i32;
        uint64_t u64;
        int64_t  i64;
        float    f32;
        double   f64;
    } v;
    memcpy(&v, p, aez_type_size(type));
    switch (type) {
    case AEZ_U8:
        return v.u8;
    case AEZ_I8:
        return v.i8;
    case AEZ_U16:
        return v.u16;
    case AEZ_I16:
        return v.i16;
    case AEZ_U32:
        return v.u32;
    case AEZ_I32:
        return v.i32;
    case AEZ_U64:
        return (double)v.u64;
    case AEZ_I64:
        return (double)v.i64;
    case AEZ_F32:
        return (double)v.f32;
    case AEZ_F64:
        return v.f64;
    case AEZ_OPAQUE:
        break;
    }
    return NAN;
}

typedef struct collector {
    aez_items     *items;
    aez_take_batch take;
    void          *opaque;
    double        *values; /* owned: [cap][n_features] */
    size_t         cap;
    uint64_t       site;  /* of the item being filled */
    aez_batch      batch; /* whole items in values */
} collector;

static int flush(collector *c)
{
    int code = c->batch.n ? c->take(c->opaque, &c->batch) : AEZ_EXIT_OK;
    c->batch.first += c->batch.n;
    c->batch.n = 0;
    return code;
}

static double clean(const aez_field *field, double v)
{
    if (!isfinite(v) || (field->has_missing && v == field->missing))
        return NAN;
    return v;
}

static int collect_sites(void *opaque, const void *const *columns, uint64_t n_sites)
{
    collector *c = opaque;
    aez_items *items = c->items;
    aez_type   type = items->source.layout.type;
    size_t     size = aez_type_size(type);
    for (uint64_t s = 0; s < n_sites; s++) {
        double *row = c->values + c->batch.n * items->n_features;
        for (uint32_t f = 0; f < items->schema.n_fields; f++)
            row[f * items->inner + c->site] =
                clean(&items->fields[f], value_at(type, (const uint8_t *)columns[f] + s * size));
        if (++c->site < items->inner)
            continue;
        c->site = 0;
        if (++c->batch.n == c->cap) {
            int code = flush(c);
            if (code != AEZ_EXIT_OK)
                return code;
        }
    }
    return AEZ_EXIT_OK;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static double number_in(const aez_row *row, uint32_t column)
{
    aez_number  number;
    const char *text;
    size_t      size;
    if (column >= row->n_cells)
        return NAN;
    text = row->cells[column].text;
    size = row->cells[column].size;
    for (; size > 0 && *text == ' '; size--)
        text++;
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return aez_number_parse(&number, text, size) ? number.real : NAN;
}

static int collect_rows(void *opaque, const aez_row *rows, size_t n)
{
    collector *c = opaque;
    aez_items *items = c->items;
    size_t     skip = items->header && c->site == 0;
    c->site = 1; /* the header row is through */
    for (size_t at = skip; at < n; at += c->cap) {
        size_t now = n - at < c->cap ? n - at : c->cap;
        int    code;
        for (size_t i = 0; i < now; i++)
            for (uint32_t f = 0; f < items->n_features; f++)
                c->values[i * items->n_features + f] = number_in(&rows[at + i], items->cell[f]);
        c->batch.n = now;
        c->batch.rows = rows + at;
        code = flush(c);
        if (code != AEZ_EXIT_OK)
            return code;
    }
    return AEZ_EXIT_OK;
}

int aez_items_each(aez_items *items, aez_take_batch take, void *opaque)
{
    collector c = {.items = items, .take = take, .opaque = opaque};
    int       code;
    c.cap = BATCH_VALUES / items->n_features + 1;
    c.values = malloc(c.cap * items->n_features * sizeof *c.values);
    if (!c.values)
        return no_memory(items);
    c.batch.values = c.values;
    if (items->is_table)
        code = aez_items_each_rows(items, collect_rows, &c);
    else
        code = aez_items_each_sites(items, collect_sites, &c);
    if (code == AEZ_EXIT_OK)
        code = flush(&c);
    if (code == AEZ_EXIT_OK)
        code = aez_input_unchanged(&items->in);
    aez_progress_clear(items->cli->progress);
    free(c.values);
    return code;
}
