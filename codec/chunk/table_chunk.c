/* table_chunk.c - one chunk of a table to bytes and back: integer fields plus side bytes, proved
 * (spec 3.6). */
#include "table_chunk.h"

#include <stdio.h>
#include <string.h>

#include "latents.h"
#include "stored.h"

enum { KIND_STORED = 0, KIND_CODED = 1 }; /* as in chunks of arrays */

#define MAX_TEXT ((uint64_t)1 << 32) /* bytes of text of one chunk */
#define FIELD_BYTES 40               /* of memory that a value of a field needs while restored */
#define FEATURE_BYTES 40             /* of memory beside that where its hat is needed */

/* The limit that is given, the format's, or what this machine can address: the least of them. */
static size_t text_limit(uint64_t limit)
{
    limit = limit < MAX_TEXT ? limit : MAX_TEXT;
    return limit < SIZE_MAX ? (size_t)limit : SIZE_MAX;
}

/* ---- encoding -------------------------------------------------------------------------------- */

/* Moves the part's fields into a field set (the part keeps its masks). */
static aez_status fields_to_set(aez_table_part *part, aez_fieldset *set, size_t n_rows)
{
    for (uint32_t f = 0; f < part->layout.n_fields; f++) {
        const aez_table_field *from = &part->layout.fields[f];
        aez_ifield            *to;
        to = aez_fieldset_add(set, from->step, from->mask_field, from->mask_field >= 0);
        if (!to)
            return AEZ_ERR_NOMEM;
        aez_drop(set->mem, to->k); /* the part's own block serves: one copy less of every cell */
        to->k = part->fields[f].k;
        part->fields[f].k = NULL;
        if (part->fields[f].skip)
            memcpy(set->skip[f], part->fields[f].skip, n_rows);
        to->image_width = from->image_width;
        to->image_scale = from->image_scale;
    }
    return AEZ_OK;
}

/* Where the model's columns stand in the set: a column of which the chunk has no field is not
 * there. */
static aez_status use_model(const aez_table_context *ctx, const aez_table_layout *layout,
                            const aez_learned *learned, aez_fieldset *set)
{
    uint32_t   i = 0, n = ctx->model ? ctx->model->n_fields : 0;
    uint32_t  *at = aez_take_raw(ctx->mem, n, sizeof *at);
    aez_status st = AEZ_ERR_NOMEM;
    for (uint32_t j = 0; at && j < n; j++)
        at[j] = UINT32_MAX;
    for (uint32_t f = 0; at && n > 0 && f < layout->n_fields; f++) {
        const aez_table_field *field = &layout->fields[f];
        while (i < n && ctx->model->field[i] < field->column)
            i++;
        if (i < n && ctx->model->field[i] == field->column && !field->is_mask)
            at[i] = f;
    }
    if (at)
        st = aez_fieldset_use(set, ctx->model, learned, at);
    aez_drop(ctx->mem, at);
    return st;
}

static void describe_columns(const aez_table_schema *schema, const aez_table_layout *layout,
                             uint64_t n_rows, const aez_search_note *notes, aez_chunk_info *info)
{
    for (uint32_t c = 0; info->text && c < schema->n_columns; c++) {
        char *text = info->text + (size_t)c * AEZ_NOTE_SIZE;
        char  column[64];
        aez_table_column_text(&schema->columns[c], column, sizeof column);
        snprintf(text, AEZ_NOTE_SIZE, "%.63s", column);
        for (uint32_t f = 0; f < layout->n_fields; f++) {
            if (layout->fields[f].column != c || layout->fields[f].is_mask)
                continue;
            snprintf(text, AEZ_NOTE_SIZE, "%.40s; %.2f bits a row; %.80s", column,
                     n_rows ? notes[f].bits / (double)n_rows : 0.0, notes[f].text);
        }
    }
}

static aez_status decode_coded(const aez_table_context *ctx, aez_rd *in, uint64_t n_rows,
                               aez_buf *text, aez_chunk_info *info);

/* The proof: what the coder restored keeps the promise, and the packed bytes decode to its text.
 * originals: NULL, or values of the model's columns, which are promised nothing. */
static aez_status prove(const aez_table_context *ctx, const aez_fieldset *set,
                        const aez_table_part *part, const aez_row *rows, size_t n_rows,
                        const int64_t *originals, const aez_buf *packed)
{
    const int64_t **k = aez_take(ctx->mem, set->n, sizeof *k);
    aez_span        side[AEZ_TABLE_SIDES];
    aez_buf         want, got;
    aez_chunk_info  info = {0};
    aez_rd          in;
    size_t          row;
    aez_status      st = k ? AEZ_OK : AEZ_ERR_NOMEM;
    aez_buf_init(&want, ctx->mem);
    aez_buf_init(&got, ctx->mem);
    for (uint32_t f = 0; k && f < set->n; f++)
        k[f] = set->field[f].k;
    for (int i = 0; i < AEZ_TABLE_SIDES; i++)
        side[i] = (aez_span){part->side[i].data, part->side[i].size};
    for (uint32_t i = 0; k && originals && i < set->features.model->n_fields; i++)
        k[set->features.at[i]] = originals + i * n_rows;
    if (st >= 0)
        st = aez_table_check(ctx->schema, ctx->mem, rows, n_rows, k, side, &row);
    for (uint32_t f = 0; k && f < set->n; f++)
        k[f] = set->field[f].k;
    if (st >= 0)
        st = aez_table_join(ctx->schema, ctx->mem, n_rows, k, side, text_limit(MAX_TEXT), &want);
    aez_rd_init(&in, packed->data, packed->size);
    if (st >= 0)
        st = decode_coded(ctx, &in, n_rows, &got, &info);
    if (st >= 0 && (got.size != want.size || (got.size && memcmp(got.data, want.data, got.size))))
        st = AEZ_ERR_CORRUPT;
    aez_buf_free(&want);
    aez_buf_free(&got);
    aez_drop(ctx->mem, k);
    return st;
}

/* What latents alone will not keep: the values of the model's columns, or NULL where none are. */
static aez_status copy_originals(const aez_table_context *ctx, const aez_fieldset *set,
                                 size_t n_rows, int64_t **out)
{
    const aez_model *m = ctx->model;
    *out = NULL;
    if (!ctx->learned || ctx->learned->use != AEZ_USE_LATENTS || !aez_latents_fit(set))
        return AEZ_OK;
    *out = aez_take_raw(ctx->mem, m->n_fields * n_rows, sizeof **out);
    for (uint32_t i = 0; *out && i < m->n_fields; i++)
        memcpy(*out + i * n_rows, set->field[set->features.at[i]].k, n_rows * sizeof **out);
    return *out ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* The coded form, without its first byte; *out stays empty when it does not keep the promise. */
static aez_status encode_coded(const aez_table_context *ctx, const aez_row *rows, size_t n_rows,
                               aez_buf *out, aez_chunk_info *info)
{
    aez_table_part   part;
    aez_fieldset     set;
    aez_grid         grid;
    uint64_t         shape[1] = {n_rows};
    aez_search_note *notes = NULL;
    int64_t         *originals = NULL;
    size_t           sides;
    aez_coding_info  coded = {0};
    aez_status       st = aez_table_split(ctx->schema, ctx->mem, rows, n_rows, &part);
    memset(&set, 0, sizeof set);
    if (st < 0)
        goto done;
    aez_grid_init(&grid, shape, 1);
    st = aez_fieldset_init(&set, ctx->mem, &grid, part.layout.n_fields);
    if (st >= 0)
        st = fields_to_set(&part, &set, n_rows);
    if (st >= 0)
        st = use_model(ctx, &part.layout, ctx->learned, &set);
    if (st >= 0)
        st = copy_originals(ctx, &set, n_rows, &originals);
    for (int i = 0; st >= 0 && i < AEZ_TABLE_SIDES; i++)
        st = aez_bytes_pack(ctx->mem, part.side[i].data, part.side[i].size,
                            ctx->search.level < 5 ? 6 : 19, out);
    info->text_bytes = out->size;
    if (st < 0)
        goto done;
    notes = aez_take(ctx->mem, set.n, sizeof *notes);
    sides = out->size;
    st = notes ? aez_fieldset_encode(&set, &ctx->search, out, &coded, notes) : AEZ_ERR_NOMEM;
    if (st < 0)
        goto done;
    aez_coding_account(&coded, out->size - sides, info);
    describe_columns(ctx->schema, &part.layout, n_rows, notes, info);
    st = prove(ctx, &set, &part, rows, n_rows, originals, out);
    if (st == AEZ_ERR_CORRUPT) {
        out->size = 0; /* the stored form will do */
        st = AEZ_OK;
    }
done:
    aez_drop(ctx->mem, notes);
    aez_drop(ctx->mem, originals);
    aez_fieldset_free(&set);
    aez_table_part_free(&part);
    return st;
}

static size_t text_size(const aez_row *rows, size_t n_rows)
{
    size_t n = 0;
    for (size_t i = 0; i < n_rows; i++)
        n += rows[i].size;
    return n;
}

static void note_stored(aez_chunk_info *info, uint32_t n_columns, size_t size)
{
    info->stored = 1;
    info->model_bytes = info->latent_bytes = info->residual_bytes = info->text_bytes = 0;
    info->n_items = info->saved = 0;
    info->stored_bytes = size;
    for (uint32_t c = 0; info->text && c < n_columns; c++)
        snprintf(info->text + (size_t)c * AEZ_NOTE_SIZE, AEZ_NOTE_SIZE, "stored by zstd");
}

aez_status aez_table_chunk_encode(const aez_table_context *ctx, const aez_row *rows, size_t n_rows,
                                  aez_buf *out, aez_chunk_info *info)
{
    aez_buf    coded, stored;
    aez_status st;
    aez_buf_init(&coded, ctx->mem);
    aez_buf_init(&stored, ctx->mem);
    st = encode_coded(ctx, rows, n_rows, &coded, info);
    if (st >= 0 && n_rows > 0)
        st = aez_store_if_smaller(ctx->mem, ctx->search.level, rows[0].bytes,
                                  text_size(rows, n_rows),
                                  coded.size ? coded.size + ctx->overhead : SIZE_MAX,
                                  &stored);
    if (st >= 0 && stored.size) {
        aez_put_u8(out, KIND_STORED);
        aez_put_varint(out, n_rows);
        aez_put_varint(out, text_size(rows, n_rows));
        aez_put(out, stored.data, stored.size);
        note_stored(info, ctx->schema->n_columns, stored.size);
    } else if (st >= 0) {
        aez_put_u8(out, KIND_CODED);
        aez_put_varint(out, n_rows);
        aez_put_varint(out, text_size(rows, n_rows));
        aez_put(out, coded.data, coded.size);
    }
    st = st >= 0 && (out->failed || coded.failed || stored.failed) ? AEZ_ERR_NOMEM : st;
    aez_buf_free(&coded);
    aez_buf_free(&stored);
    return st;
}

/* ---- decoding -------------------------------------------------------------------------------- */

static aez_status lay_out(aez_fieldset *set, const aez_table_layout *layout)
{
    for (uint32_t f = 0; f < layout->n_fields; f++) {
        const aez_table_field *from = &layout->fields[f];
        aez_ifield            *to = aez_fieldset_add(set, from->step, from->mask_field,
                                                     from->mask_field >= 0);
        if (!to)
            return AEZ_ERR_NOMEM;
        to->image_width = from->image_width;
        to->image_scale = from->image_scale;
    }
    return AEZ_OK;
}

static void describe_decoded(const aez_table_schema *schema, const aez_table_layout *layout,
                             const char *describe, aez_chunk_info *info)
{
    for (uint32_t c = 0; info->text && c < schema->n_columns; c++) {
        char *text = info->text + (size_t)c * AEZ_NOTE_SIZE;
        char  column[64];
        aez_table_column_text(&schema->columns[c], column, sizeof column);
        snprintf(text, AEZ_NOTE_SIZE, "%.63s", column);
        for (uint32_t f = 0; f < layout->n_fields; f++) {
            if (layout->fields[f].column == c && !layout->fields[f].is_mask)
                snprintf(text, AEZ_NOTE_SIZE, "%.60s; %.90s", column,
                         describe + (size_t)f * AEZ_NOTE_SIZE);
        }
    }
}

static aez_status join_text(const aez_table_context *ctx, const aez_fieldset *set, uint64_t n_rows,
                            uint64_t size, uint8_t *const *side, const size_t *side_size,
                            aez_buf *text)
{
    const int64_t **k = aez_take(ctx->mem, set->n, sizeof *k);
    aez_span        spans[AEZ_TABLE_SIDES];
    aez_status      st;
    if (!k)
        return AEZ_ERR_NOMEM;
    for (uint32_t f = 0; f < set->n; f++)
        k[f] = set->field[f].k;
    for (int i = 0; i < AEZ_TABLE_SIDES; i++)
        spans[i] = (aez_span){side[i], side_size[i]};
    /* a bounded cell may print longer than the original: the writer's limit is not the text's size
     */
    st = aez_table_join(ctx->schema, ctx->mem, n_rows, k, spans, size, text);
    aez_drop(ctx->mem, k);
    return st;
}

static aez_status decode_coded(const aez_table_context *ctx, aez_rd *in, uint64_t n_rows,
                               aez_buf *text, aez_chunk_info *info)
{
    uint8_t         *side[AEZ_TABLE_SIDES] = {NULL};
    size_t           side_size[AEZ_TABLE_SIDES] = {0};
    aez_table_layout layout;
    aez_fieldset     set;
    aez_grid         grid;
    uint64_t         shape[1] = {n_rows}, limit = ctx->memory_limit;
    aez_coding_info  coded = {0};
    char            *describe = NULL;
    const uint8_t   *start = in->p;
    unsigned         bytes_a_value = FIELD_BYTES + (ctx->model ? FEATURE_BYTES : 0);
    aez_status       st = AEZ_OK;
    memset(&set, 0, sizeof set);
    memset(&layout, 0, sizeof layout);
    layout.mem = ctx->mem;
    for (int i = 0; st >= 0 && i < AEZ_TABLE_SIDES; i++)
        st = aez_bytes_unpack(ctx->mem, in, text_limit(limit), &side[i],
                              &side_size[i]);
    info->text_bytes = (uint64_t)(in->p - start);
    if (st >= 0)
        st = aez_table_layout_get(&layout, ctx->schema, ctx->mem, n_rows, side[0], side_size[0]);
    if (st >= 0 && layout.n_fields && n_rows > limit / bytes_a_value / layout.n_fields)
        st = AEZ_ERR_LIMIT;
    if (st < 0)
        goto done;
    aez_grid_init(&grid, shape, 1);
    st = aez_fieldset_init(&set, ctx->mem, &grid, layout.n_fields);
    if (st >= 0)
        st = lay_out(&set, &layout);
    if (st >= 0)
        st = use_model(ctx, &layout, NULL, &set);
    if (st >= 0) {
        describe = aez_take(ctx->mem, layout.n_fields, AEZ_NOTE_SIZE);
        st = describe ? aez_fieldset_decode(&set, in, &coded, describe) : AEZ_ERR_NOMEM;
    }
    if (st >= 0)
        st = join_text(ctx, &set, n_rows, text_limit(limit), side, side_size,
                       text);
    if (st >= 0)
        describe_decoded(ctx->schema, &layout, describe, info);
    aez_coding_account(&coded, 0, info);
done:
    for (int i = 0; i < AEZ_TABLE_SIDES; i++)
        aez_drop(ctx->mem, side[i]);
    aez_drop(ctx->mem, describe);
    aez_fieldset_free(&set);
    aez_table_layout_free(&layout);
    return st;
}

static aez_status decode_stored(const aez_table_context *ctx, aez_rd *in, uint64_t size,
                                aez_buf *text, aez_chunk_info *info)
{
    size_t         left = aez_rd_left(in);
    const uint8_t *frame = aez_rd_take(in, left);
    uint8_t       *room;
    aez_status     st;
    if (size > text_limit(ctx->memory_limit))
        return AEZ_ERR_LIMIT;
    room = aez_buf_room(text, (size_t)size);
    if (!room && size > 0)
        return AEZ_ERR_NOMEM;
    st = aez_frame_unpack(ctx->mem, frame, left, room, size);
    if (st >= 0)
        text->size += size;
    note_stored(info, ctx->schema->n_columns, left);
    return st;
}

aez_status aez_table_chunk_decode(const aez_table_context *ctx, const void *payload, size_t size,
                                  aez_buf *text, uint64_t *n_rows, aez_chunk_info *info)
{
    aez_rd     in;
    unsigned   kind;
    uint64_t   text_bytes;
    aez_status st;
    aez_rd_init(&in, payload, size);
    kind = aez_get_u8(&in) & ~(unsigned)AEZ_TABLE_SOLE;
    *n_rows = aez_get_varint(&in);
    text_bytes = aez_get_varint(&in);
    if (in.failed || kind > KIND_CODED || *n_rows > text_bytes)
        return AEZ_ERR_CORRUPT;
    if (kind == KIND_STORED)
        return decode_stored(ctx, &in, text_bytes, text, info);
    st = decode_coded(ctx, &in, *n_rows, text, info);
    return st >= 0 && aez_rd_left(&in) != 0 ? AEZ_ERR_CORRUPT : st;
}
