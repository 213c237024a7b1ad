/* table_split.c - a chunk of rows -> integer fields and side bytes. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "../base/floatbits.h"
#include "table_part.h"

#define LIST_SHARE 200 /* a mask of fewer than one nonzero value in so many is a list */

typedef struct entry_index {
    uint32_t *slots; /* entry + 1, or 0 */
    uint32_t  n_slots;
} entry_index;

typedef struct splitter {
    const aez_table_schema *schema;
    const aez_mem          *mem;
    const aez_row          *rows;
    size_t                  n_rows;
    uint8_t                *verbatim; /* [n_rows] */
    aez_table_part         *part;
    uint32_t                cap_fields;
    uint8_t               **masks; /* [cap_fields]; of the mask fields */
    /* the column at hand */
    int64_t *k;
    uint8_t *mask;
    aez_buf  text;
    aez_buf  fine;
} splitter;

/* ---- rows ---- */

static int row_regular(const splitter *s, const aez_row *row, aez_buf *scratch)
{
    const aez_table_schema *schema = s->schema;
    if (row->n_cells != schema->n_columns)
        return 0;
    scratch->size = 0;
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        aez_cell cell = aez_column_strip(&schema->columns[i], row->cells[i]);
        if (i)
            aez_put(scratch, &schema->delimiter, 1);
        aez_table_put_cell(schema, &schema->columns[i], cell.text, cell.size, scratch);
    }
    aez_put(scratch, schema->crlf ? "\r\n" : "\n", schema->crlf ? 2 : 1);
    return !scratch->failed && scratch->size == row->size &&
           memcmp(scratch->data, row->bytes, row->size) == 0;
}

static aez_status put_verbatim(splitter *s)
{
    aez_buf *structure = &s->part->side[0], *bytes = &s->part->side[2];
    aez_buf  scratch;
    size_t   next = 0;
    uint64_t n = 0;
    aez_buf_init(&scratch, s->mem);
    for (size_t r = 0; r < s->n_rows; r++) {
        s->verbatim[r] = !row_regular(s, &s->rows[r], &scratch);
        n += s->verbatim[r];
        s->part->text_size += s->rows[r].size;
    }
    aez_put_varint(structure, n);
    for (size_t r = 0; r < s->n_rows; r++) {
        if (!s->verbatim[r])
            continue;
        aez_put_varint(structure, r - next);
        aez_put_varint(structure, s->rows[r].size);
        aez_put(bytes, s->rows[r].bytes, s->rows[r].size);
        next = r + 1;
    }
    s->part->n_verbatim = n;
    next = (size_t)scratch.failed;
    aez_buf_free(&scratch);
    return next ? AEZ_ERR_NOMEM : AEZ_OK;
}

/* ---- cells ---- */

static uint32_t hash_text(const char *text, size_t size)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < size; i++)
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    return h ^ h >> 15;
}

static aez_status index_entries(const splitter *s, const aez_column *c, entry_index *index)
{
    index->n_slots = 16;
    while (index->n_slots < c->n_entries * 2)
        index->n_slots *= 2;
    index->slots = aez_take(s->mem, index->n_slots, sizeof *index->slots);
    if (!index->slots)
        return AEZ_ERR_NOMEM;
    for (uint32_t i = 0; i < c->n_entries; i++) {
        uint32_t at = hash_text(c->entries[i].text, c->entries[i].size) & (index->n_slots - 1);
        while (index->slots[at])
            at = (at + 1) & (index->n_slots - 1);
        index->slots[at] = i + 1;
    }
    return AEZ_OK;
}

static int same_text(aez_cell a, aez_cell b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.text, b.text, a.size) == 0);
}

static int find_entry(const aez_column *c, const entry_index *index, aez_cell cell, int64_t *k)
{
    uint32_t at = hash_text(cell.text, cell.size) & (index->n_slots - 1);
    for (; index->slots[at]; at = (at + 1) & (index->n_slots - 1))
        if (same_text(c->entries[index->slots[at] - 1], cell)) {
            *k = (int64_t)index->slots[at] - 1;
            return 1;
        }
    return 0;
}

/* Every value that the coder may restore for k keeps the bound: both ends of its interval do. */
static int within_bound(const aez_column *c, double real, int64_t k)
{
    aez_decimal low, high;
    return aez_column_decimal(c, k - (int64_t)((c->step - 1) / 2), &low) &&
           aez_column_decimal(c, k + (int64_t)(c->step / 2), &high) &&
           fabs(aez_decimal_real(&low) - real) <= c->epsilon &&
           fabs(aez_decimal_real(&high) - real) <= c->epsilon;
}

static int find_k(const aez_column *c, const entry_index *index, aez_cell cell, int64_t *k)
{
    char       text[AEZ_NUMBER_TEXT];
    aez_number number;
    int64_t    count;
    if (c->n_entries)
        return find_entry(c, index, cell, k);
    if (c->kind == AEZ_COLUMN_STAMP) {
        if (!aez_stamp_parse(c->pattern, cell.text, cell.size, &count))
            return 0;
        uint64_t above = (uint64_t)count - (uint64_t)c->base;
        *k = (int64_t)(above / c->unit);
        if (count < c->base || above % c->unit)
            return 0;
    } else {
        if (!aez_number_parse(&number, cell.text, cell.size) || !aez_column_index(c, &number, k))
            return 0;
        if (c->step > 1)
            return within_bound(c, number.real, *k);
    }
    return aez_column_write(c, *k, text) == cell.size && memcmp(text, cell.text, cell.size) == 0;
}

/* Like find_k, but of a column with fine digits: its upper part. */
static int find_upper(const aez_column *c, aez_cell cell, int64_t *upper, uint64_t *fine)
{
    int64_t k, back;
    return find_k(c, NULL, cell, &k) && aez_column_part(c, k, upper, fine) &&
           *fine < aez_column_radix(c, *upper) && aez_column_unite(c, *upper, *fine, &back) &&
           back == k;
}

static int odd_class(const aez_column *c, aez_cell cell)
{
    for (uint32_t i = 0; i < c->n_odd; i++)
        if (same_text(c->odd[i], cell))
            return (int)i + 1;
    return (int)c->n_odd + 1;
}

/* ---- fields ---- */

static aez_status grow_fields(splitter *s)
{
    aez_table_layout *layout = &s->part->layout;
    uint32_t          cap = s->cap_fields ? s->cap_fields * 2 : 16;
    aez_table_field  *fields = aez_take(s->mem, cap, sizeof *fields);
    aez_ifield       *values = aez_take(s->mem, cap, sizeof *values);
    uint8_t         **masks = aez_take(s->mem, cap, sizeof *masks);
    if (!fields || !values || !masks) {
        aez_drop(s->mem, fields);
        aez_drop(s->mem, values);
        aez_drop(s->mem, masks);
        return AEZ_ERR_NOMEM;
    }
    if (layout->n_fields) {
        memcpy(fields, layout->fields, layout->n_fields * sizeof *fields);
        memcpy(values, s->part->fields, layout->n_fields * sizeof *values);
        memcpy(masks, s->masks, layout->n_fields * sizeof *masks);
    }
    aez_drop(s->mem, layout->fields);
    aez_drop(s->mem, s->part->fields);
    aez_drop(s->mem, s->masks);
    layout->fields = fields;
    s->part->fields = values;
    s->masks = masks;
    s->cap_fields = cap;
    return AEZ_OK;
}

/* Takes over k; returns the field's number, or -1 when memory is short. */
static int add_field(splitter *s, const aez_table_field *field, int64_t *k)
{
    aez_table_layout *layout = &s->part->layout;
    aez_ifield       *values;
    if (layout->n_fields == s->cap_fields && grow_fields(s) != AEZ_OK) {
        aez_drop(s->mem, k);
        return -1;
    }
    layout->fields[layout->n_fields] = *field;
    values = &s->part->fields[layout->n_fields];
    values->k = k;
    values->skip = field->mask_field < 0 ? NULL : s->masks[field->mask_field];
    values->step = field->step;
    values->image_width = field->image_width;
    values->image_scale = field->image_scale;
    return (int)layout->n_fields++;
}

/* An earlier field that holds just these values and can stand for them. */
static int find_copy(const splitter *s, const aez_table_field *like, const int64_t *k)
{
    const aez_table_layout *layout = &s->part->layout;
    for (uint32_t f = 0; f < layout->n_fields; f++) {
        const aez_table_field *field = &layout->fields[f];
        if (field->is_mask == like->is_mask && field->step == like->step &&
            (field->mask_field < 0 || field->mask_field == like->mask_field) &&
            memcmp(s->part->fields[f].k, k, s->n_rows * sizeof *k) == 0)
            return (int)f;
    }
    return -1;
}

static int image_scale_of(const int64_t *k, size_t n, unsigned width)
{
    int scale = INT_MIN;
    for (size_t i = 0; i < n; i++) {
        int e = aez_exponent_of_ordered(k[i], width);
        scale = e > scale ? e : scale;
    }
    return scale == INT_MIN ? 0 : scale;
}

/* ---- one column ---- */

static void put_text(splitter *s, aez_cell cell, int lengths)
{
    if (lengths)
        aez_put_varint(&s->text, cell.size);
    aez_put(&s->text, cell.text, cell.size);
    if (!lengths)
        aez_put(&s->text, "\n", 1);
}

/* Texts of the rows that `wanted` (of the mask, or of every regular row when 0) picks. */
static unsigned put_texts(splitter *s, uint32_t i, int wanted)
{
    const aez_column *c = &s->schema->columns[i];
    int               lengths = 0, any = 0;
    s->text.size = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < s->n_rows; r++) {
            aez_cell cell;
            if (s->verbatim[r] || (wanted && s->mask[r] != wanted))
                continue;
            cell = aez_column_strip(c, s->rows[r].cells[i]);
            any = 1;
            if (pass == 0)
                lengths |= cell.size && memchr(cell.text, '\n', cell.size);
            else
                put_text(s, cell, lengths);
        }
    aez_put(&s->part->side[1], s->text.data, s->text.size);
    return (any ? PART_TEXT : 0u) | (lengths ? PART_LENGTHS : 0u);
}

/* Digits in mixed radix, as many as fit into each 64 bits. */
typedef struct fine_writer {
    uint64_t value, scale;
} fine_writer;

static void put_fine(splitter *s, fine_writer *w, uint64_t fine, uint64_t radix)
{
    if (radix > UINT64_MAX / w->scale) {
        aez_put_u64(&s->fine, w->value);
        w->value = 0;
        w->scale = 1;
    }
    w->value += fine * w->scale;
    w->scale *= radix;
}

/* k and mask of every row; a row without a k repeats the one above it. Returns odd cells. */
static size_t fill_column(splitter *s, uint32_t i, const entry_index *index)
{
    const aez_column *c = &s->schema->columns[i];
    size_t            n_odd = 0, first = 0;
    int64_t           last = 0;
    fine_writer       w = { 0, 1 };
    s->fine.size = 0;
    for (size_t r = 0; r < s->n_rows; r++) {
        aez_cell cell;
        int64_t  k;
        uint64_t fine = 0;
        s->mask[r] = 0;
        s->k[r] = last;
        if (s->verbatim[r])
            continue;
        cell = aez_column_strip(c, s->rows[r].cells[i]);
        if (c->has_fine ? find_upper(c, cell, &k, &fine) : find_k(c, index, cell, &k)) {
            s->k[r] = k;
            if (c->has_fine)
                put_fine(s, &w, fine, aez_column_radix(c, k));
            if (first == 0) /* rows above the first value take it too */
                for (size_t q = 0; q < r; q++)
                    s->k[q] = k;
            first = 1;
            last = k;
        } else {
            s->mask[r] = (uint8_t)odd_class(c, cell);
            n_odd++;
        }
    }
    if (w.scale > 1)
        aez_put_u64(&s->fine, w.value);
    return n_odd;
}

static aez_status put_mask_field(splitter *s, uint32_t i, aez_buf *head, unsigned *mode,
                                 int *mask_field)
{
    aez_table_field field = { i, 1, -1, 1, 0, 0 };
    int64_t        *k = aez_take_raw(s->mem, s->n_rows, sizeof *k);
    uint8_t        *skip = aez_take_raw(s->mem, s->n_rows, 1);
    int             copy;
    if (!k || !skip)
        goto fail;
    for (size_t r = 0; r < s->n_rows; r++)
        k[r] = skip[r] = s->mask[r];
    copy = find_copy(s, &field, k);
    if (copy >= 0) {
        aez_drop(s->mem, k);
        aez_drop(s->mem, skip);
        *mode |= PART_MASK_COPY;
        aez_put_varint(head, (uint64_t)copy);
        *mask_field = copy;
        return AEZ_OK;
    }
    *mode |= PART_MASK_FIELD;
    *mask_field = add_field(s, &field, k);
    if (*mask_field < 0) {
        k = NULL;
        goto fail;
    }
    s->masks[*mask_field] = skip;
    return AEZ_OK;
fail:
    aez_drop(s->mem, k);
    aez_drop(s->mem, skip);
    return AEZ_ERR_NOMEM;
}

static void put_mask_list(const splitter *s, size_t n_odd, aez_buf *head)
{
    size_t next = 0;
    aez_put_varint(head, n_odd);
    for (size_t r = 0; r < s->n_rows; r++)
        if (s->mask[r]) {
            aez_put_varint(head, r - next);
            aez_put_u8(head, s->mask[r]);
            next = r + 1;
        }
}

static aez_status put_k(splitter *s, uint32_t i, int mask_field, aez_buf *head, unsigned *mode)
{
    const aez_column *c = &s->schema->columns[i];
    aez_table_field   field = { i, 0, mask_field, c->step, 0, 0 };
    size_t            same = 1;
    int               copy;
    int64_t          *k;
    while (same < s->n_rows && s->k[same] == s->k[0])
        same++;
    if (same >= s->n_rows) {
        *mode |= PART_K_CONSTANT;
        aez_put_svarint(head, s->n_rows ? s->k[0] : 0);
        return AEZ_OK;
    }
    copy = find_copy(s, &field, s->k);
    if (copy >= 0) {
        *mode |= PART_K_COPY;
        aez_put_varint(head, (uint64_t)copy);
        return AEZ_OK;
    }
    *mode |= PART_K_FIELD;
    if (c->kind == AEZ_COLUMN_FLOAT && c->n_entries == 0) {
        field.image_width = c->width_bits;
        field.image_scale = image_scale_of(s->k, s->n_rows, c->width_bits);
        aez_put_svarint(head, field.image_scale);
    }
    k = aez_take_raw(s->mem, s->n_rows, sizeof *k);
    if (!k)
        return AEZ_ERR_NOMEM;
    memcpy(k, s->k, s->n_rows * sizeof *k);
    return add_field(s, &field, k) < 0 ? AEZ_ERR_NOMEM : AEZ_OK;
}

static aez_status split_column(splitter *s, uint32_t i)
{
    const aez_column *c = &s->schema->columns[i];
    aez_buf          *structure = &s->part->side[0];
    aez_buf           head; /* what follows the mode byte */
    entry_index       index = { NULL, 0 };
    unsigned          mode = 0;
    int               mask_field = -1;
    size_t            n_odd = 0;
    aez_status        st = AEZ_OK;
    aez_buf_init(&head, s->mem);
    if (c->kind == AEZ_COLUMN_TEXT) {
        mode = put_texts(s, i, 0);
    } else {
        if (c->n_entries)
            st = index_entries(s, c, &index);
        if (st == AEZ_OK)
            n_odd = fill_column(s, i, &index);
        if (st == AEZ_OK && n_odd)
            mode = put_texts(s, i, (int)c->n_odd + 1);
        if (st == AEZ_OK && n_odd && n_odd < s->n_rows / LIST_SHARE + 2) {
            mode |= PART_MASK_LIST;
            put_mask_list(s, n_odd, &head);
        } else if (st == AEZ_OK && n_odd) {
            st = put_mask_field(s, i, &head, &mode, &mask_field);
        }
        if (st == AEZ_OK)
            st = put_k(s, i, mask_field, &head, &mode);
        s->part->n_odd_cells += n_odd;
    }
    if (c->kind != AEZ_COLUMN_TEXT && s->fine.size) {
        mode |= PART_FINE;
        aez_put(&s->part->side[1], s->fine.data, s->fine.size);
    }
    aez_put_u8(structure, mode);
    if (mode & PART_TEXT)
        aez_put_varint(structure, s->text.size);
    if (mode & PART_FINE)
        aez_put_varint(structure, s->fine.size / 8);
    aez_put(structure, head.data, head.size);
    if (head.failed || s->text.failed || s->fine.failed)
        st = AEZ_ERR_NOMEM;
    aez_buf_free(&head);
    aez_drop(s->mem, index.slots);
    return st;
}

/* ---- the chunk ---- */

void aez_table_part_free(aez_table_part *p)
{
    for (uint32_t f = 0; f < p->layout.n_fields; f++) {
        aez_drop(p->mem, p->fields[f].k);
        aez_drop(p->mem, p->masks[f]);
    }
    aez_drop(p->mem, p->masks);
    aez_drop(p->mem, p->fields);
    aez_drop(p->mem, p->layout.fields);
    for (int i = 0; i < AEZ_TABLE_SIDES; i++)
        aez_buf_free(&p->side[i]);
    p->masks = NULL;
    p->fields = NULL;
    p->layout.fields = NULL;
    p->layout.n_fields = 0;
}

aez_status aez_table_split(const aez_table_schema *schema, const aez_mem *mem, const aez_row *rows,
                           size_t n_rows, aez_table_part *out)
{
    splitter   s = { schema, mem, rows, n_rows, NULL, out, 0, NULL, NULL, NULL, { 0 }, { 0 } };
    aez_status st = AEZ_ERR_NOMEM;
    memset(out, 0, sizeof *out);
    out->mem = out->layout.mem = mem;
    for (int i = 0; i < AEZ_TABLE_SIDES; i++)
        aez_buf_init(&out->side[i], mem);
    aez_buf_init(&s.text, mem);
    aez_buf_init(&s.fine, mem);
    s.verbatim = aez_take(mem, n_rows, 1);
    s.mask = aez_take(mem, n_rows, 1);
    s.k = aez_take(mem, n_rows, sizeof *s.k);
    if (!s.verbatim || !s.mask || !s.k)
        goto done;
    st = put_verbatim(&s);
    for (uint32_t i = 0; st == AEZ_OK && i < schema->n_columns; i++)
        st = split_column(&s, i);
    for (int i = 0; i < AEZ_TABLE_SIDES; i++)
        if (out->side[i].failed)
            st = AEZ_ERR_NOMEM;
    /* packed text takes about a third; a mask and a place about two bytes a cell */
    out->cost = out->side[0].size / 2 + (out->side[1].size + out->side[2].size) / 3 +
                2 * out->n_odd_cells;
done:
    out->masks = s.masks;
    aez_buf_free(&s.text);
    aez_buf_free(&s.fine);
    aez_drop(mem, s.verbatim);
    aez_drop(mem, s.mask);
    aez_drop(mem, s.k);
    return st;
}
