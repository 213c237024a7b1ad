/* table_schema.c - the schema of a table as bytes: dialect, head, columns with their entries. */
#include "table_survey.h"

#include <string.h>

#define ENTRY_TEXT_MAX ((size_t)64 << 20) /* bytes of the entries of one column */
#define BLANKS_MAX 4096

enum { HAS_UNIT = 1, HAS_DETOUR = 2, HAS_STEP = 4, HAS_BLANKS = 8, IS_NUMERIC = 16, HAS_FINE = 32 };

static void free_column(const aez_mem *mem, aez_column *c)
{
    aez_drop(mem, (void *)(uintptr_t)c->name.text);
    aez_drop(mem, c->entries);
    aez_drop(mem, c->entry_text);
    for (uint32_t i = 0; i < c->n_odd; i++)
        aez_drop(mem, (void *)(uintptr_t)c->odd[i].text);
}

void aez_table_schema_free(aez_table_schema *s)
{
    for (uint32_t i = 0; s->columns && i < s->n_columns; i++)
        free_column(s->mem, &s->columns[i]);
    aez_drop(s->mem, s->columns);
    aez_drop(s->mem, s->head);
    s->columns = NULL;
    s->head = NULL;
    s->n_columns = 0;
    s->head_size = 0;
}

void aez_table_schema_bare(aez_table_schema *s)
{
    for (uint32_t i = 0; i < s->n_columns; i++) {
        aez_column *c = &s->columns[i], bare;
        memset(&bare, 0, sizeof bare);
        bare.name = c->name;
        bare.unit = bare.step = 1;
        c->name.text = NULL;
        free_column(s->mem, c);
        *c = bare;
    }
}

/* ---- writing ---- */

static void put_cell(aez_buf *out, const aez_cell *cell)
{
    aez_put_varint(out, cell->size);
    aez_put(out, cell->text, cell->size);
}

/* Whether the entry is the text of an integer; then *k is it. */
static int entry_index(const aez_column *c, const aez_cell *entry, int64_t *k)
{
    char       text[AEZ_NUMBER_TEXT];
    aez_number number;
    return aez_number_parse(&number, entry->text, entry->size) &&
           aez_column_index(c, &number, k) && aez_column_write(c, *k, text) == entry->size &&
           memcmp(text, entry->text, entry->size) == 0;
}

/* A table of values: entries that are no integer's text, then differences of the other integers. */
static void put_values(const aez_column *c, aez_buf *out)
{
    uint64_t n_literal = 0, last_i = 0;
    int64_t  k, last = 0;
    for (uint32_t i = 0; i < c->n_entries; i++)
        n_literal += !entry_index(c, &c->entries[i], &k);
    aez_put_varint(out, n_literal);
    for (uint32_t i = 0; i < c->n_entries; i++) {
        if (entry_index(c, &c->entries[i], &k))
            continue;
        aez_put_varint(out, i - last_i);
        put_cell(out, &c->entries[i]);
        last_i = i;
    }
    for (uint32_t i = 0; i < c->n_entries; i++) {
        if (!entry_index(c, &c->entries[i], &k))
            continue;
        aez_put_svarint(out, (int64_t)((uint64_t)k - (uint64_t)last));
        last = k;
    }
}

static void put_number_form(const aez_column *c, unsigned has, aez_buf *out)
{
    aez_notation_put(&c->notation, out);
    aez_put_svarint(out, c->places);
    if (c->kind == AEZ_COLUMN_DECFLOAT)
        aez_put_u8(out, c->precision);
    if (has & HAS_FINE)
        aez_put_u8(out, (unsigned)(c->places - c->coarse));
    if (c->kind == AEZ_COLUMN_FLOAT)
        aez_put_u8(out, c->width_bits);
    if (has & HAS_DETOUR) {
        aez_put_u8(out, (unsigned)c->detour);
        aez_put_u8(out, (unsigned)c->print);
        aez_put_u8(out, c->print_digits);
        aez_put_u8(out, c->print_width);
    }
    if (has & HAS_STEP) {
        aez_put_varint(out, c->step);
        aez_put_f64(out, c->epsilon);
    }
}

static void put_column(const aez_column *c, aez_buf *out)
{
    unsigned has = 0;
    if (c->base != 0 || c->unit != 1)
        has |= HAS_UNIT;
    if (c->detour != AEZ_DETOUR_NONE || c->kind == AEZ_COLUMN_FLOAT)
        has |= HAS_DETOUR;
    if (c->step > 1)
        has |= HAS_STEP;
    if (c->lead || c->width)
        has |= HAS_BLANKS;
    if (c->numeric)
        has |= IS_NUMERIC;
    if (c->has_fine)
        has |= HAS_FINE;
    aez_put_u8(out, (unsigned)c->kind | (unsigned)c->quoting << 4);
    aez_put_u8(out, has);
    if (has & HAS_BLANKS) {
        aez_put_varint(out, c->lead);
        aez_put_varint(out, c->width);
    }
    if (c->kind == AEZ_COLUMN_TEXT)
        return;
    if (c->kind == AEZ_COLUMN_STAMP) {
        aez_put_u8(out, (unsigned)strlen(c->pattern));
        aez_put(out, c->pattern, strlen(c->pattern));
    }
    if (has & HAS_UNIT) {
        aez_put_svarint(out, c->base);
        aez_put_varint(out, c->unit);
    }
    if (c->kind >= AEZ_COLUMN_DECIMAL)
        put_number_form(c, has, out);
    aez_put_u8(out, c->n_odd);
    for (uint32_t i = 0; i < c->n_odd; i++)
        put_cell(out, &c->odd[i]);
    if (c->kind == AEZ_COLUMN_STAMP)
        return;
    aez_put_varint(out, c->n_entries);
    if (c->kind == AEZ_COLUMN_DICTIONARY)
        for (uint32_t i = 0; i < c->n_entries; i++)
            put_cell(out, &c->entries[i]);
    else if (c->n_entries)
        put_values(c, out);
}

void aez_table_schema_put(const aez_table_schema *s, aez_buf *out)
{
    aez_put_u8(out, (unsigned char)s->delimiter);
    aez_put_u8(out, (unsigned)(s->crlf != 0));
    aez_put_u8(out, s->n_head_rows);
    aez_put_varint(out, s->head_size);
    aez_put(out, s->head, s->head_size);
    aez_put_varint(out, s->n_columns);
    for (uint32_t i = 0; i < s->n_columns; i++)
        put_column(&s->columns[i], out);
}

/* ---- reading ---- */

static aez_status get_cell(const aez_mem *mem, aez_rd *in, aez_cell *cell)
{
    uint64_t       size = aez_get_varint(in);
    const uint8_t *p = aez_rd_take(in, size);
    char          *copy;
    if (!p)
        return AEZ_ERR_CORRUPT;
    copy = aez_take_raw(mem, (size_t)size, 1);
    if (!copy)
        return AEZ_ERR_NOMEM;
    memcpy(copy, p, (size_t)size);
    cell->text = copy;
    cell->size = (size_t)size;
    return AEZ_OK;
}

static aez_status get_entry(aez_rd *in, aez_buf *text, aez_cell *entry)
{
    uint64_t       size = aez_get_varint(in);
    const uint8_t *p = aez_rd_take(in, size);
    if (!p)
        return AEZ_ERR_CORRUPT;
    if (size > ENTRY_TEXT_MAX - text->size)
        return AEZ_ERR_LIMIT;
    aez_put(text, p, (size_t)size);
    entry->size = (size_t)size;
    return AEZ_OK;
}

/* Literals are marked by text pointing at their bytes in the input until the order is known. */
static aez_status get_literals(aez_column *c, aez_rd *in)
{
    uint64_t n = aez_get_varint(in), at = 0;
    if (n > c->n_entries)
        return AEZ_ERR_CORRUPT;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t       skip = aez_get_varint(in), size;
        const uint8_t *p;
        if ((i && skip == 0) || skip >= c->n_entries - at)
            return AEZ_ERR_CORRUPT;
        at += skip;
        size = aez_get_varint(in);
        p = aez_rd_take(in, size);
        if (!p)
            return AEZ_ERR_CORRUPT;
        c->entries[at].text = (const char *)p;
        c->entries[at].size = (size_t)size;
    }
    return AEZ_OK;
}

static aez_status get_values(aez_column *c, aez_rd *in, aez_buf *text)
{
    uint64_t   k = 0;
    aez_status st = get_literals(c, in);
    for (uint32_t i = 0; st == AEZ_OK && i < c->n_entries; i++) {
        aez_cell *entry = &c->entries[i];
        if (entry->text) {
            if (entry->size > ENTRY_TEXT_MAX - text->size)
                return AEZ_ERR_LIMIT;
            aez_put(text, entry->text, entry->size);
            entry->text = NULL;
            continue;
        }
        char written[AEZ_NUMBER_TEXT];
        k += (uint64_t)aez_get_svarint(in);
        entry->size = aez_column_write(c, (int64_t)k, written);
        if (in->failed || entry->size == 0)
            return AEZ_ERR_CORRUPT;
        aez_put(text, written, entry->size);
    }
    return st;
}

static aez_status get_entries(const aez_mem *mem, aez_column *c, aez_rd *in)
{
    aez_buf    text;
    aez_status st = AEZ_OK;
    uint64_t   n = aez_get_varint(in);
    size_t     off = 0;
    if (in->failed || n > aez_rd_left(in) || (n == 0 && c->kind == AEZ_COLUMN_DICTIONARY))
        return AEZ_ERR_CORRUPT;
    if (n > AEZ_TABLE_MAX_ENTRIES)
        return AEZ_ERR_LIMIT;
    if (n == 0)
        return AEZ_OK;
    c->entries = aez_take(mem, (size_t)n, sizeof *c->entries);
    if (!c->entries)
        return AEZ_ERR_NOMEM;
    c->n_entries = (uint32_t)n;
    aez_buf_init(&text, mem);
    if (c->kind == AEZ_COLUMN_DICTIONARY)
        for (uint32_t i = 0; st == AEZ_OK && i < c->n_entries; i++)
            st = get_entry(in, &text, &c->entries[i]);
    else
        st = get_values(c, in, &text);
    if (st == AEZ_OK && (text.failed || !aez_buf_room(&text, 1)))
        st = AEZ_ERR_NOMEM;
    if (st != AEZ_OK) {
        aez_buf_free(&text);
        return st;
    }
    c->entry_text = (char *)text.data;
    for (uint32_t i = 0; i < c->n_entries; i++) {
        c->entries[i].text = c->entry_text + off;
        off += c->entries[i].size;
    }
    return AEZ_OK;
}

static aez_status get_number_form(aez_column *c, unsigned has, aez_rd *in)
{
    aez_status st = aez_notation_get(&c->notation, in);
    int64_t    places = aez_get_svarint(in);
    if (st != AEZ_OK)
        return st;
    if (c->kind == AEZ_COLUMN_DECFLOAT)
        c->precision = aez_get_u8(in);
    if (has & HAS_FINE) {
        unsigned below = aez_get_u8(in);
        if (c->kind != AEZ_COLUMN_DECFLOAT || below < 1 || below > 17)
            return AEZ_ERR_CORRUPT;
        c->has_fine = 1;
        c->coarse = (int)below; /* made absolute once `places` is known to be sane */
    }
    if (c->kind == AEZ_COLUMN_FLOAT)
        c->width_bits = aez_get_u8(in);
    if (has & HAS_DETOUR) {
        unsigned detour = aez_get_u8(in), print = aez_get_u8(in);
        c->print_digits = aez_get_u8(in);
        c->print_width = aez_get_u8(in);
        if (detour > AEZ_DETOUR_BOTH || print > AEZ_PRINT_PLACES ||
            (print == AEZ_PRINT_SHORTEST && c->print_width != 32 && c->print_width != 64) ||
            (print == AEZ_PRINT_PRECISION && (c->print_digits < 1 || c->print_digits > 17)) ||
            (print == AEZ_PRINT_PLACES && c->print_digits > 18))
            return AEZ_ERR_CORRUPT;
        c->detour = (aez_detour)detour;
        c->print = (aez_print)print;
    }
    if (has & HAS_STEP) {
        c->step = aez_get_varint(in);
        c->epsilon = aez_get_f64(in);
    }
    if (in->failed || places <= -AEZ_DECIMAL_EXPONENT || places >= AEZ_DECIMAL_EXPONENT ||
        c->step == 0 || c->step > (uint64_t)1 << 62 ||
        (c->step > 1 && c->kind != AEZ_COLUMN_DECIMAL) ||
        (c->kind == AEZ_COLUMN_DECFLOAT && (c->precision < 1 || c->precision > 17)) ||
        (c->kind == AEZ_COLUMN_FLOAT &&
         ((c->width_bits != 32 && c->width_bits != 64) || !(has & HAS_DETOUR))))
        return AEZ_ERR_CORRUPT;
    c->places = (int)places;
    c->coarse = c->places - c->coarse;
    return AEZ_OK;
}

static aez_status get_pattern(aez_column *c, aez_rd *in)
{
    unsigned       n = aez_get_u8(in);
    const uint8_t *p = n < AEZ_STAMP_PATTERN ? aez_rd_take(in, n) : NULL;
    if (!p || memchr(p, 0, n))
        return AEZ_ERR_CORRUPT;
    memcpy(c->pattern, p, n);
    return aez_stamp_valid(c->pattern) ? AEZ_OK : AEZ_ERR_CORRUPT;
}

static aez_status get_odd(const aez_mem *mem, aez_column *c, aez_rd *in)
{
    unsigned   n = aez_get_u8(in);
    aez_status st = n <= AEZ_TABLE_ODD ? AEZ_OK : AEZ_ERR_CORRUPT;
    for (unsigned i = 0; st == AEZ_OK && i < n; i++) {
        st = get_cell(mem, in, &c->odd[i]);
        if (st == AEZ_OK)
            c->n_odd++;
    }
    return st;
}

static aez_status get_column(const aez_mem *mem, aez_column *c, aez_rd *in)
{
    unsigned   first = aez_get_u8(in), has = aez_get_u8(in), kind = first & 15;
    aez_status st = AEZ_OK;
    if (in->failed || kind > AEZ_COLUMN_FLOAT || first >> 4 > AEZ_QUOTE_NEVER || has > 63 ||
        ((has & HAS_FINE) && kind != AEZ_COLUMN_DECFLOAT))
        return AEZ_ERR_CORRUPT;
    c->kind = (aez_column_kind)kind;
    c->quoting = (aez_quoting)(first >> 4);
    c->numeric = (has & IS_NUMERIC) != 0;
    c->step = c->unit = 1;
    if (has & HAS_BLANKS) {
        uint64_t lead = aez_get_varint(in), width = aez_get_varint(in);
        if (lead > BLANKS_MAX || width > BLANKS_MAX)
            return AEZ_ERR_CORRUPT;
        c->lead = (unsigned)lead;
        c->width = (unsigned)width;
    }
    if (c->kind == AEZ_COLUMN_TEXT)
        return AEZ_OK;
    if (c->kind == AEZ_COLUMN_STAMP)
        st = get_pattern(c, in);
    if (st == AEZ_OK && has & HAS_UNIT) {
        c->base = aez_get_svarint(in);
        c->unit = aez_get_varint(in);
        if (c->unit == 0)
            st = AEZ_ERR_CORRUPT;
    }
    if (st == AEZ_OK && c->kind >= AEZ_COLUMN_DECIMAL)
        st = get_number_form(c, has, in);
    if (st == AEZ_OK)
        st = get_odd(mem, c, in);
    if (st == AEZ_OK && c->kind != AEZ_COLUMN_STAMP)
        st = get_entries(mem, c, in);
    if (st == AEZ_OK && c->n_entries && (c->step > 1 || c->has_fine))
        st = AEZ_ERR_CORRUPT;
    return st;
}

/* The next cell of a header row, unquoted into `name`; *p ends on the delimiter, or at `end`. */
static size_t next_name(const char **p, const char *end, char delimiter, char *name)
{
    size_t      n = 0;
    const char *c = *p;
    while (c < end && *c == ' ' && delimiter != ' ')
        c++;
    if (c < end && *c == '"') {
        for (c++; c < end; c++) {
            if (*c == '"' && !(c + 1 < end && c[1] == '"'))
                break;
            if (*c == '"')
                c++;
            name[n++] = *c;
        }
        while (c < end && *c != delimiter)
            c++;
    } else {
        while (c < end && *c != delimiter && *c != '\n' && *c != '\r')
            name[n++] = *c++;
    }
    *p = c;
    return n;
}

/* Names are not stored beside the head: they are its cells. */
aez_status aez_table_read_names(aez_table_schema *s)
{
    const char *p = s->head, *end = s->head + s->head_size;
    char       *name;
    if (!s->n_head_rows)
        return AEZ_OK;
    if (s->head_size >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        p += 3;
    name = aez_take_raw(s->mem, s->head_size + 1, 1);
    if (!name)
        return AEZ_ERR_NOMEM;
    for (uint32_t i = 0; i < s->n_columns && p <= end; i++) {
        size_t n = next_name(&p, end, s->delimiter, name);
        char  *copy = aez_take_raw(s->mem, n, 1);
        if (!copy) {
            aez_drop(s->mem, name);
            return AEZ_ERR_NOMEM;
        }
        memcpy(copy, name, n);
        s->columns[i].name.text = copy;
        s->columns[i].name.size = n;
        if (p < end && *p == s->delimiter)
            p++;
        else
            break;
    }
    aez_drop(s->mem, name);
    return AEZ_OK;
}

aez_status aez_table_schema_get(aez_table_schema *s, const aez_mem *mem, aez_rd *in)
{
    uint64_t       n;
    const uint8_t *head;
    unsigned       crlf;
    aez_status     st = AEZ_OK;
    memset(s, 0, sizeof *s);
    s->mem = mem;
    s->delimiter = (char)aez_get_u8(in);
    crlf = aez_get_u8(in);
    s->crlf = crlf == 1;
    s->n_head_rows = aez_get_u8(in);
    n = aez_get_varint(in);
    head = aez_rd_take(in, n);
    if (!head || crlf > 1 || s->n_head_rows > 1)
        return AEZ_ERR_CORRUPT;
    s->head = aez_take_raw(mem, (size_t)n, 1);
    if (!s->head)
        return AEZ_ERR_NOMEM;
    memcpy(s->head, head, (size_t)n);
    s->head_size = (size_t)n;
    n = aez_get_varint(in);
    if (in->failed || n > aez_rd_left(in) / 2) /* a column takes at least two bytes */
        return AEZ_ERR_CORRUPT;
    if (n > AEZ_TABLE_MAX_COLUMNS)
        return AEZ_ERR_LIMIT;
    s->columns = aez_take(mem, (size_t)n, sizeof *s->columns);
    if (!s->columns)
        return AEZ_ERR_NOMEM;
    s->n_columns = (uint32_t)n;
    for (uint32_t i = 0; st == AEZ_OK && i < s->n_columns; i++)
        st = get_column(mem, &s->columns[i], in);
    if (st == AEZ_OK && in->failed)
        st = AEZ_ERR_CORRUPT;
    if (st == AEZ_OK)
        st = aez_table_read_names(s);
    return st;
}
