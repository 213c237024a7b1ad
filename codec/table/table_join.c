/* table_join.c - integer fields and side bytes -> the rows' text; nothing read here is trusted. */
#include <math.h>
#include <string.h>

#include "table_part.h"

typedef struct part_column { /* what side 0 says about a column, and where its reading stands */
    unsigned       mode;
    int            field;      /* of k, or -1 */
    int            mask_field; /* or -1 */
    int64_t        constant;
    aez_rd         list; /* rest of the mask list */
    uint64_t       list_left, list_row;
    unsigned       list_class;
    uint64_t       text_size;
    aez_rd         text;
    uint64_t       fine_size; /* bytes of digits below the coarse grid */
    aez_rd         fine;
    uint64_t       fine_value, fine_scale;
} part_column;

typedef struct joiner {
    const aez_table_schema *schema;
    const aez_mem          *mem;
    size_t                  n_rows;
    aez_table_layout        layout;
    uint32_t                cap_fields;
    aez_rd                  verbatim; /* gaps and sizes; then the bytes */
    aez_rd                  bytes;
    uint64_t                verbatim_left, verbatim_row, verbatim_size;
    part_column            *columns; /* [n_columns] */
    const int64_t *const   *k;
    size_t                  limit; /* of out->size */
} joiner;

void aez_table_layout_free(aez_table_layout *layout)
{
    aez_drop(layout->mem, layout->fields);
    layout->fields = NULL;
    layout->n_fields = 0;
}

/* ---- side 0 ---- */

static aez_status add_field(joiner *j, const aez_table_field *field, int *number)
{
    aez_table_layout *layout = &j->layout;
    if (layout->n_fields == j->cap_fields) {
        uint32_t         cap = j->cap_fields ? j->cap_fields * 2 : 16;
        aez_table_field *grown = aez_take(j->mem, cap, sizeof *grown);
        if (!grown)
            return AEZ_ERR_NOMEM;
        if (layout->n_fields)
            memcpy(grown, layout->fields, layout->n_fields * sizeof *grown);
        aez_drop(j->mem, layout->fields);
        layout->fields = grown;
        j->cap_fields = cap;
    }
    layout->fields[layout->n_fields] = *field;
    *number = (int)layout->n_fields++;
    return AEZ_OK;
}

/* An earlier field that a column may copy. */
static int get_copy(const joiner *j, aez_rd *in, int is_mask)
{
    uint64_t f = aez_get_varint(in);
    return f < j->layout.n_fields && j->layout.fields[f].is_mask == is_mask ? (int)f : -1;
}

static aez_status get_mask(joiner *j, uint32_t i, aez_rd *in)
{
    part_column    *p = &j->columns[i];
    aez_table_field field = { i, 1, -1, 1, 0, 0 };
    p->mask_field = -1;
    switch (p->mode & PART_MASK_BITS) {
    case PART_MASK_FIELD:
        return add_field(j, &field, &p->mask_field);
    case PART_MASK_COPY:
        p->mask_field = get_copy(j, in, 1);
        return p->mask_field < 0 ? AEZ_ERR_CORRUPT : AEZ_OK;
    case PART_MASK_LIST:
        p->list_left = aez_get_varint(in);
        if (p->list_left > aez_rd_left(in) / 2) /* two bytes each at least */
            return AEZ_ERR_CORRUPT;
        p->list = *in;
        for (uint64_t n = 0; n < p->list_left; n++) {
            aez_get_varint(in);
            aez_get_u8(in);
        }
        return in->failed ? AEZ_ERR_CORRUPT : AEZ_OK;
    default:
        return AEZ_OK;
    }
}

static aez_status get_k(joiner *j, uint32_t i, aez_rd *in)
{
    part_column      *p = &j->columns[i];
    const aez_column *c = &j->schema->columns[i];
    aez_table_field   field = { i, 0, p->mask_field, c->step, 0, 0 };
    p->field = -1;
    switch (p->mode & PART_K_BITS) {
    case PART_K_FIELD:
        if (c->kind == AEZ_COLUMN_FLOAT && c->n_entries == 0) {
            int64_t scale = aez_get_svarint(in);
            if (scale < -1100 || scale > 1100)
                return AEZ_ERR_CORRUPT;
            field.image_width = c->width_bits;
            field.image_scale = (int)scale;
        }
        return add_field(j, &field, &p->field);
    case PART_K_COPY:
        p->field = get_copy(j, in, 0);
        return p->field < 0 ? AEZ_ERR_CORRUPT : AEZ_OK;
    case PART_K_CONSTANT:
        p->constant = aez_get_svarint(in);
        return AEZ_OK;
    default:
        return AEZ_OK;
    }
}

static aez_status get_column(joiner *j, uint32_t i, aez_rd *in)
{
    part_column *p = &j->columns[i];
    int          is_text = j->schema->columns[i].kind == AEZ_COLUMN_TEXT;
    aez_status   st;
    p->mode = aez_get_u8(in);
    p->field = p->mask_field = -1;
    if (in->failed || p->mode > PART_ALL_BITS ||
        is_text != ((p->mode & PART_K_BITS) == PART_K_NONE) ||
        (is_text && p->mode & PART_MASK_BITS))
        return AEZ_ERR_CORRUPT;
    if (p->mode & PART_TEXT)
        p->text_size = aez_get_varint(in);
    if (p->mode & PART_FINE) {
        uint64_t n = aez_get_varint(in);
        if (!j->schema->columns[i].has_fine || n > j->n_rows)
            return AEZ_ERR_CORRUPT;
        p->fine_size = n * 8;
    }
    st = get_mask(j, i, in);
    if (st == AEZ_OK)
        st = get_k(j, i, in);
    if (st == AEZ_OK && in->failed)
        st = AEZ_ERR_CORRUPT;
    return st;
}

/* The next verbatim row, or none: then verbatim_row is beyond every row. */
static aez_status next_verbatim(joiner *j, uint64_t from)
{
    uint64_t gap;
    j->verbatim_row = UINT64_MAX;
    if (j->verbatim_left == 0)
        return AEZ_OK;
    j->verbatim_left--;
    gap = aez_get_varint(&j->verbatim);
    j->verbatim_size = aez_get_varint(&j->verbatim);
    if (j->verbatim.failed || from >= j->n_rows || gap >= j->n_rows - from)
        return AEZ_ERR_CORRUPT;
    j->verbatim_row = from + gap;
    return AEZ_OK;
}

static aez_status next_listed(part_column *p, size_t n_rows, uint64_t from)
{
    uint64_t gap;
    p->list_row = UINT64_MAX;
    if (p->list_left == 0)
        return AEZ_OK;
    p->list_left--;
    gap = aez_get_varint(&p->list);
    p->list_class = aez_get_u8(&p->list);
    if (p->list.failed || p->list_class == 0 || from >= n_rows || gap >= n_rows - from)
        return AEZ_ERR_CORRUPT;
    p->list_row = from + gap;
    return AEZ_OK;
}

/* Reads side 0; text cursors are left for the caller. */
static aez_status open_part(joiner *j, const void *side0, size_t size)
{
    aez_rd     in;
    aez_status st = AEZ_OK;
    uint64_t   n;
    j->layout.mem = j->mem;
    j->columns = aez_take(j->mem, j->schema->n_columns, sizeof *j->columns);
    if (!j->columns)
        return AEZ_ERR_NOMEM;
    aez_rd_init(&in, side0, size);
    n = aez_get_varint(&in);
    if (in.failed || n > j->n_rows || n > aez_rd_left(&in) / 2)
        return AEZ_ERR_CORRUPT;
    j->verbatim = in;
    j->verbatim_left = n;
    for (; n; n--) {
        aez_get_varint(&in);
        aez_get_varint(&in);
    }
    for (uint32_t i = 0; st == AEZ_OK && i < j->schema->n_columns; i++)
        st = get_column(j, i, &in);
    if (st == AEZ_OK && (in.failed || aez_rd_left(&in)))
        st = AEZ_ERR_CORRUPT;
    return st;
}

aez_status aez_table_layout_get(aez_table_layout *out, const aez_table_schema *schema,
                                const aez_mem *mem, size_t n_rows, const void *side0,
                                size_t side0_size)
{
    joiner     j;
    aez_status st;
    memset(&j, 0, sizeof j);
    j.schema = schema;
    j.mem = mem;
    j.n_rows = n_rows;
    st = open_part(&j, side0, side0_size);
    aez_drop(mem, j.columns);
    *out = j.layout;
    return st;
}

/* ---- cells ---- */

static aez_status next_text(part_column *p, aez_cell *cell)
{
    const uint8_t *at, *end;
    uint64_t       size;
    if (p->mode & PART_LENGTHS) {
        size = aez_get_varint(&p->text);
    } else {
        end = memchr(p->text.p, '\n', aez_rd_left(&p->text));
        if (!end)
            return AEZ_ERR_CORRUPT;
        size = (uint64_t)(end - p->text.p);
    }
    at = aez_rd_take(&p->text, size);
    if (!at)
        return AEZ_ERR_CORRUPT;
    if (!(p->mode & PART_LENGTHS))
        p->text.p++; /* the newline */
    cell->text = (const char *)at;
    cell->size = (size_t)size;
    return AEZ_OK;
}

/* Digits in mixed radix; a word of 64 bits is full when the next radix does not fit. */
static uint64_t next_fine(part_column *p, uint64_t radix)
{
    uint64_t fine;
    if (radix == 1)
        return 0;
    if (radix > UINT64_MAX / p->fine_scale) {
        p->fine_value = aez_get_u64(&p->fine);
        p->fine_scale = 1;
    }
    fine = p->fine_value % radix;
    p->fine_value /= radix;
    p->fine_scale *= radix;
    return fine;
}

static aez_status class_of(const joiner *j, part_column *p, size_t row, int64_t *class)
{
    aez_status st = AEZ_OK;
    *class = 0;
    if (p->mask_field >= 0) {
        *class = j->k[p->mask_field][row];
    } else if (p->list_row == row) {
        *class = p->list_class;
        st = next_listed(p, j->n_rows, row + 1);
    }
    return st;
}

/* The text of one cell of a regular row; scratch has AEZ_NUMBER_TEXT bytes. *is_number tells that
 * it came from a k. */
static aez_status join_cell(joiner *j, uint32_t i, size_t row, char *scratch, aez_cell *cell,
                            int *is_number)
{
    part_column      *p = &j->columns[i];
    const aez_column *c = &j->schema->columns[i];
    int64_t           class, k;
    aez_status        st;
    *is_number = 0;
    if (c->kind == AEZ_COLUMN_TEXT)
        return next_text(p, cell);
    st = class_of(j, p, row, &class);
    if (st != AEZ_OK)
        return st;
    if (class) {
        if (class < 0 || class > (int64_t)c->n_odd + 1)
            return AEZ_ERR_CORRUPT;
        if (class == (int64_t)c->n_odd + 1)
            return next_text(p, cell);
        *cell = c->odd[class - 1];
        return AEZ_OK;
    }
    k = p->field < 0 ? p->constant : j->k[p->field][row];
    *is_number = c->numeric;
    if (c->n_entries) {
        if (k < 0 || k >= (int64_t)c->n_entries)
            return AEZ_ERR_CORRUPT;
        *cell = c->entries[k];
        return AEZ_OK;
    }
    if (c->has_fine) {
        uint64_t radix = aez_column_radix(c, k), fine = next_fine(p, radix);
        if (p->fine.failed || !aez_column_unite(c, k, fine, &k))
            return AEZ_ERR_CORRUPT;
    }
    cell->text = scratch;
    cell->size = aez_column_write(c, k, scratch);
    return cell->size ? AEZ_OK : AEZ_ERR_CORRUPT;
}

/* ---- rows ---- */

static aez_status start(joiner *j, const aez_span side[AEZ_TABLE_SIDES])
{
    aez_rd     text;
    aez_status st = open_part(j, side[0].bytes, side[0].size);
    aez_rd_init(&text, side[1].bytes, side[1].size);
    aez_rd_init(&j->bytes, side[2].bytes, side[2].size);
    for (uint32_t i = 0; st == AEZ_OK && i < j->schema->n_columns; i++) {
        part_column   *p = &j->columns[i];
        const uint8_t *at = aez_rd_take(&text, p->text_size);
        if (!at)
            return AEZ_ERR_CORRUPT;
        aez_rd_init(&p->text, at, (size_t)p->text_size);
        at = aez_rd_take(&text, p->fine_size);
        if (!at)
            return AEZ_ERR_CORRUPT;
        aez_rd_init(&p->fine, at, (size_t)p->fine_size);
        p->fine_scale = UINT64_MAX; /* the first digits need a new word */
        st = next_listed(p, j->n_rows, 0);
    }
    return st == AEZ_OK ? next_verbatim(j, 0) : st;
}

/* Every byte of the sides has its use, or they are not ours. */
static aez_status finish(const joiner *j)
{
    for (uint32_t i = 0; i < j->schema->n_columns; i++)
        if (aez_rd_left(&j->columns[i].text) || aez_rd_left(&j->columns[i].fine))
            return AEZ_ERR_CORRUPT;
    return aez_rd_left(&j->bytes) ? AEZ_ERR_CORRUPT : AEZ_OK;
}

static aez_status join_verbatim(joiner *j, size_t row, aez_buf *out)
{
    const uint8_t *at = aez_rd_take(&j->bytes, j->verbatim_size);
    if (!at)
        return AEZ_ERR_CORRUPT;
    if (j->verbatim_size > j->limit - out->size)
        return AEZ_ERR_LIMIT;
    aez_put(out, at, (size_t)j->verbatim_size);
    return next_verbatim(j, (uint64_t)row + 1);
}

static void put_line_end(const aez_table_schema *schema, aez_buf *out)
{
    aez_put(out, schema->crlf ? "\r\n" : "\n", schema->crlf ? 2 : 1);
}

static aez_status join_row(joiner *j, size_t row, aez_buf *out)
{
    char       scratch[AEZ_NUMBER_TEXT];
    aez_cell   cell = { NULL, 0 };
    aez_status st = AEZ_OK;
    int        is_number;
    if (j->verbatim_row == row)
        return join_verbatim(j, row, out);
    for (uint32_t i = 0; i < j->schema->n_columns; i++) {
        st = join_cell(j, i, row, scratch, &cell, &is_number);
        if (st != AEZ_OK)
            return st;
        if (i)
            aez_put(out, &j->schema->delimiter, 1);
        aez_table_put_cell(j->schema, &j->schema->columns[i], cell.text, cell.size, out);
        if (out->size > j->limit)
            return AEZ_ERR_LIMIT;
    }
    put_line_end(j->schema, out);
    return out->size > j->limit ? AEZ_ERR_LIMIT : AEZ_OK;
}

aez_status aez_table_join(const aez_table_schema *schema, const aez_mem *mem, size_t n_rows,
                          const int64_t *const *k, const aez_span side[AEZ_TABLE_SIDES],
                          size_t max_size, aez_buf *out)
{
    joiner     j;
    aez_status st;
    memset(&j, 0, sizeof j);
    j.schema = schema;
    j.mem = mem;
    j.n_rows = n_rows;
    j.k = k;
    j.limit = max_size < SIZE_MAX - out->size ? out->size + max_size : SIZE_MAX;
    st = start(&j, side);
    for (size_t row = 0; st == AEZ_OK && row < n_rows; row++) {
        st = join_row(&j, row, out);
        if (out->failed)
            st = AEZ_ERR_NOMEM;
    }
    if (st == AEZ_OK)
        st = finish(&j);
    aez_drop(mem, j.columns);
    aez_table_layout_free(&j.layout);
    return st;
}

/* ---- proof ---- */

/* Joins one row with the original text in place of numbers that are within their bound. */
static aez_status check_row(joiner *j, size_t row, const aez_row *original, aez_buf *out)
{
    aez_status st = AEZ_OK;
    if (j->verbatim_row == row)
        return join_verbatim(j, row, out);
    if (original->n_cells != j->schema->n_columns)
        return AEZ_ERR_CORRUPT;
    for (uint32_t i = 0; i < j->schema->n_columns; i++) {
        const aez_column *c = &j->schema->columns[i];
        char              scratch[AEZ_NUMBER_TEXT];
        aez_cell          cell = { NULL, 0 }, wanted = aez_column_strip(c, original->cells[i]);
        aez_number        was, is;
        int               is_number;
        st = join_cell(j, i, row, scratch, &cell, &is_number);
        if (st != AEZ_OK)
            return st;
        if (is_number && c->step > 1) {
            if (!aez_number_parse(&is, cell.text, cell.size) ||
                !aez_number_parse(&was, wanted.text, wanted.size) ||
                !(fabs(is.real - was.real) <= c->epsilon))
                return AEZ_ERR_CORRUPT;
            cell = wanted;
        }
        if (i)
            aez_put(out, &j->schema->delimiter, 1);
        aez_table_put_cell(j->schema, c, cell.text, cell.size, out);
    }
    put_line_end(j->schema, out);
    return st;
}

aez_status aez_table_check(const aez_table_schema *schema, const aez_mem *mem, const aez_row *rows,
                           size_t n_rows, const int64_t *const *k,
                           const aez_span side[AEZ_TABLE_SIDES], size_t *row)
{
    joiner     j;
    aez_buf    text;
    aez_status st;
    memset(&j, 0, sizeof j);
    j.schema = schema;
    j.mem = mem;
    j.n_rows = n_rows;
    j.k = k;
    j.limit = SIZE_MAX;
    *row = 0;
    aez_buf_init(&text, mem);
    st = start(&j, side);
    for (size_t r = 0; st == AEZ_OK && r < n_rows; r++) {
        text.size = 0;
        *row = r;
        st = check_row(&j, r, &rows[r], &text);
        if (text.failed)
            st = AEZ_ERR_NOMEM;
        else if (st == AEZ_OK && (text.size != rows[r].size ||
                                  (text.size && memcmp(text.data, rows[r].bytes, text.size) != 0)))
            st = AEZ_ERR_CORRUPT;
    }
    if (st == AEZ_OK)
        st = finish(&j);
    aez_buf_free(&text);
    aez_drop(mem, j.columns);
    aez_table_layout_free(&j.layout);
    return st;
}
