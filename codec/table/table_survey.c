/* table_survey.c - the first pass over a table: counts, ranges, different texts, sample rows. */
#include "table_survey.h"

#include <string.h>

#define SAMPLE_ROW_MAX 65536u
#define DISTINCT_TEXT_MAX ((size_t)4 << 20)

aez_status aez_table_survey_create(aez_table_survey **out, const aez_mem *mem)
{
    aez_table_survey *s = aez_take(mem, 1, sizeof *s);
    *out = s;
    if (!s)
        return AEZ_ERR_NOMEM;
    s->mem = mem;
    s->stride = 1;
    return AEZ_OK;
}

static void drop_distinct(const aez_mem *mem, survey_distinct *d)
{
    aez_drop(mem, d->slots);
    aez_drop(mem, d->items);
    aez_buf_free(&d->text);
    d->slots = NULL;
    d->items = NULL;
    d->n = d->n_slots = 0;
}

void aez_table_survey_destroy(aez_table_survey *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->n_columns; i++) {
        drop_distinct(s->mem, &s->columns[i]->distinct);
        aez_drop(s->mem, s->columns[i]);
    }
    for (uint32_t i = 0; i < s->n_samples; i++)
        aez_drop(s->mem, s->samples[i].cells);
    aez_drop(s->mem, s->first.cells);
    aez_drop(s->mem, s->columns);
    aez_drop(s->mem, s);
}

static aez_status copy_row(const aez_mem *mem, const aez_row *row, survey_sample *out)
{
    size_t size = row->size;
    char  *text;
    for (uint32_t i = 0; i < row->n_cells; i++)
        size += row->cells[i].size;
    out->cells = aez_take_raw(mem, row->n_cells * sizeof *out->cells + size, 1);
    if (!out->cells)
        return AEZ_ERR_NOMEM;
    text = (char *)(out->cells + row->n_cells);
    for (uint32_t i = 0; i < row->n_cells; i++) {
        out->cells[i].text = text;
        out->cells[i].size = row->cells[i].size;
        if (row->cells[i].size)
            memcpy(text, row->cells[i].text, row->cells[i].size);
        text += row->cells[i].size;
    }
    if (row->size)
        memcpy(text, row->bytes, row->size);
    out->row.bytes = text;
    out->row.size = row->size;
    out->row.cells = out->cells;
    out->row.n_cells = row->n_cells;
    return AEZ_OK;
}

/* Keeps every stride-th row; a full store drops every second one and doubles the stride. */
static aez_status sample_row(aez_table_survey *s, const aez_row *row)
{
    if (s->n_rows % s->stride || row->size > SAMPLE_ROW_MAX)
        return AEZ_OK;
    if (s->n_samples == SURVEY_SAMPLES) {
        for (uint32_t i = 0; i < SURVEY_SAMPLES / 2; i++) {
            aez_drop(s->mem, s->samples[2 * i + 1].cells);
            s->samples[i] = s->samples[2 * i];
        }
        s->n_samples /= 2;
        s->stride *= 2;
        if (s->n_rows % s->stride)
            return AEZ_OK;
    }
    aez_status st = copy_row(s->mem, row, &s->samples[s->n_samples]);
    s->n_samples += st == AEZ_OK;
    return st;
}

static uint64_t hash_text(const char *text, size_t size)
{
    uint64_t h = 0xCBF29CE484222325u ^ size; /* FNV-1a: order of slots never shows outside */
    for (size_t i = 0; i < size; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001B3u;
    return h ^ h >> 29;
}

static aez_status grow_distinct(const aez_mem *mem, survey_distinct *d)
{
    uint32_t              n_slots = d->n_slots ? d->n_slots * 4 : 64;
    uint32_t             *slots = aez_take(mem, n_slots, sizeof *slots);
    survey_distinct_item *items = aez_take_raw(mem, n_slots / 2, sizeof *items);
    if (!slots || !items) {
        aez_drop(mem, slots);
        aez_drop(mem, items);
        return AEZ_ERR_NOMEM;
    }
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t at = (uint32_t)d->items[i].hash & (n_slots - 1);
        while (slots[at])
            at = (at + 1) & (n_slots - 1);
        slots[at] = i + 1;
        items[i] = d->items[i];
    }
    aez_drop(mem, d->slots);
    aez_drop(mem, d->items);
    d->slots = slots;
    d->items = items;
    d->n_slots = n_slots;
    return AEZ_OK;
}

static aez_status count_distinct(const aez_mem *mem, survey_column *c, aez_cell cell)
{
    survey_distinct *d = &c->distinct;
    uint64_t         hash;
    uint32_t         at;
    if (d->given_up)
        return AEZ_OK;
    if (d->n >= AEZ_TABLE_MAX_ENTRIES || (d->n > 2048 && d->n > c->n - c->n / 4) ||
        d->text.size + cell.size > DISTINCT_TEXT_MAX) {
        drop_distinct(mem, d);
        d->given_up = 1;
        return AEZ_OK;
    }
    if (d->n * 2 >= d->n_slots) {
        if (!d->text.mem)
            aez_buf_init(&d->text, mem);
        if (grow_distinct(mem, d) != AEZ_OK)
            return AEZ_ERR_NOMEM;
    }
    hash = hash_text(cell.text, cell.size);
    for (at = (uint32_t)hash & (d->n_slots - 1); d->slots[at]; at = (at + 1) & (d->n_slots - 1)) {
        survey_distinct_item *item = &d->items[d->slots[at] - 1];
        if (item->hash == hash && item->size == cell.size &&
            (cell.size == 0 || memcmp(d->text.data + item->off, cell.text, cell.size) == 0)) {
            item->count++;
            return AEZ_OK;
        }
    }
    d->slots[at] = d->n + 1;
    d->items[d->n] = (survey_distinct_item){ d->text.size, cell.size, hash, 1 };
    d->n++;
    aez_put(&d->text, cell.text, cell.size);
    return d->text.failed ? AEZ_ERR_NOMEM : AEZ_OK;
}

static void count_tally(survey_column *c, aez_cell cell)
{
    if (cell.size > SURVEY_TALLY_TEXT)
        return;
    for (uint32_t i = 0; i < c->n_tally; i++)
        if (c->tally[i].size == cell.size &&
            (cell.size == 0 || memcmp(c->tally[i].text, cell.text, cell.size) == 0)) {
            c->tally[i].count++;
            return;
        }
    if (c->n_tally == SURVEY_TALLY)
        return;
    if (cell.size)
        memcpy(c->tally[c->n_tally].text, cell.text, cell.size);
    c->tally[c->n_tally].size = cell.size;
    c->tally[c->n_tally++].count = 1;
}

static uint64_t gcd_of(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static void count_stamps(survey_column *c, aez_cell cell)
{
    if (c->n == c->n_empty + 1) { /* the first cell with text */
        char patterns[SURVEY_PATTERNS][AEZ_STAMP_PATTERN];
        c->n_stamps = (uint32_t)aez_stamp_guess(cell.text, cell.size, patterns, SURVEY_PATTERNS);
        for (uint32_t i = 0; i < c->n_stamps; i++)
            memcpy(c->stamps[i].pattern, patterns[i], AEZ_STAMP_PATTERN);
    }
    for (uint32_t i = 0; i < c->n_stamps; i++) {
        survey_stamp *s = &c->stamps[i];
        int64_t       v;
        if (!aez_stamp_parse(s->pattern, cell.text, cell.size, &v))
            continue;
        if (s->n) {
            uint64_t step = v > s->last ? (uint64_t)v - (uint64_t)s->last
                                        : (uint64_t)s->last - (uint64_t)v;
            s->gcd = gcd_of(s->gcd, step);
        }
        if (s->n == 0 || v < s->min)
            s->min = v;
        s->last = v;
        s->n++;
    }
}

static void count_number(survey_column *c, const aez_number *number)
{
    int places = number->value.e < 0 ? -number->value.e : 0;
    if (c->n_numeric == 0 || number->real < c->min)
        c->min = number->real;
    if (c->n_numeric == 0 || number->real > c->max)
        c->max = number->real;
    c->n_numeric++;
    c->n_zero_led += number->zero_led != 0;
    c->places[places < SURVEY_PLACES ? places : SURVEY_PLACES - 1]++;
    c->digits[number->n_digits]++;
}

static aez_status count_cell(const aez_mem *mem, survey_column *c, aez_cell cell)
{
    aez_number number;
    while (cell.size && cell.text[0] == ' ') {
        cell.text++;
        cell.size--;
    }
    c->n++;
    c->n_bytes += cell.size;
    if (cell.size == 0) {
        c->n_empty++;
        count_tally(c, cell);
    } else if (aez_number_parse(&number, cell.text, cell.size)) {
        count_number(c, &number);
        if (number.value.m == 0 && number.value.neg)
            count_tally(c, cell);
    } else {
        count_tally(c, cell);
        count_stamps(c, cell);
    }
    return count_distinct(mem, c, cell);
}

static aez_status need_columns(aez_table_survey *s, uint32_t n)
{
    if (n > AEZ_TABLE_MAX_COLUMNS)
        return AEZ_ERR_LIMIT;
    if (n > s->cap_columns) {
        uint32_t        cap = n + n / 2;
        survey_column **grown = aez_take(s->mem, cap, sizeof *grown);
        if (!grown)
            return AEZ_ERR_NOMEM;
        if (s->n_columns)
            memcpy(grown, s->columns, s->n_columns * sizeof *grown);
        aez_drop(s->mem, s->columns);
        s->columns = grown;
        s->cap_columns = cap;
    }
    for (; s->n_columns < n; s->n_columns++) {
        s->columns[s->n_columns] = aez_take(s->mem, 1, sizeof **s->columns);
        if (!s->columns[s->n_columns])
            return AEZ_ERR_NOMEM;
    }
    return AEZ_OK;
}

aez_status aez_table_survey_count(aez_table_survey *s, const aez_row *row)
{
    aez_status st = need_columns(s, row->n_cells);
    for (uint32_t i = 0; st == AEZ_OK && i < row->n_cells; i++)
        st = count_cell(s->mem, s->columns[i], row->cells[i]);
    return st;
}

aez_status aez_table_survey_push(aez_table_survey *s, const aez_row *rows, size_t n_rows)
{
    aez_status st = AEZ_OK;
    size_t     i = 0;
    if (n_rows && !s->first.cells) {
        st = copy_row(s->mem, &rows[0], &s->first);
        i = 1;
    }
    for (; st == AEZ_OK && i < n_rows; i++) {
        st = aez_table_survey_count(s, &rows[i]);
        if (st == AEZ_OK)
            st = sample_row(s, &rows[i]);
        s->n_rows++;
    }
    return st;
}
