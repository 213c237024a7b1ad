/* table_dialect.c - chooses how rows are written: columns, line ends, blanks, quotes, header. */
#include "table_dialect.h"

#include <string.h>

static uint32_t commonest_width(const aez_table_survey *s)
{
    uint32_t best = s->first.row.n_cells, best_count = 0;
    for (uint32_t i = 0; i < s->n_samples && i < 16; i++) { /* the usual width shows early */
        uint32_t width = s->samples[i].row.n_cells, count = 0;
        for (uint32_t j = 0; j < s->n_samples; j++)
            count += s->samples[j].row.n_cells == width;
        if (width && count > best_count) {
            best = width;
            best_count = count;
        }
    }
    return best;
}

static int ends_crlf(const aez_row *row)
{
    return row->size >= 2 && row->bytes[row->size - 1] == '\n' &&
           row->bytes[row->size - 2] == '\r';
}

static unsigned leading_blanks(aez_cell cell)
{
    unsigned n = 0;
    while (n < cell.size && n < 4096 && cell.text[n] == ' ')
        n++;
    return n;
}

/* Whether the column's blanks are those of 99 in 100 sampled cells. */
static int blanks_hold(const aez_table_survey *s, const aez_table_schema *schema, uint32_t i)
{
    const aez_column *c = &schema->columns[i];
    uint32_t          n = 0, right = 0;
    for (uint32_t j = 0; j < s->n_samples; j++) {
        const aez_row *row = &s->samples[j].row;
        size_t         content, blanks;
        if (row->n_cells != schema->n_columns)
            continue;
        content = aez_column_strip(c, row->cells[i]).size;
        blanks = c->width > content ? c->width - content : 0;
        n++;
        right += row->cells[i].size == content + (blanks < c->lead ? c->lead : blanks);
    }
    return (uint64_t)right * 100 >= (uint64_t)n * 99;
}

/* A constant number of blanks before every cell, or cells of one width aligned to the right. */
static void choose_blanks(const aez_table_survey *s, const aez_table_schema *schema, uint32_t i)
{
    unsigned lead_min = 4096, lead_max = 0, size_min = 4096, seen = 0;
    for (uint32_t j = 0; j < s->n_samples; j++) {
        const aez_row *row = &s->samples[j].row;
        unsigned       lead;
        if (row->n_cells != schema->n_columns || row->cells[i].size == 0)
            continue;
        lead = leading_blanks(row->cells[i]);
        lead_min = lead < lead_min ? lead : lead_min;
        lead_max = lead > lead_max ? lead : lead_max;
        if (row->cells[i].size < size_min)
            size_min = (unsigned)row->cells[i].size;
        seen++;
    }
    if (seen == 0 || lead_max == 0)
        return;
    schema->columns[i].lead = lead_min;
    if (lead_max > lead_min)
        schema->columns[i].width = size_min;
    if (!blanks_hold(s, schema, i))
        schema->columns[i].lead = schema->columns[i].width = 0;
}

/* Which cells of the row stand in quotes; 0 when cells and bytes do not agree. */
static int find_quoted(const aez_table_schema *schema, const aez_row *row, uint8_t *quoted)
{
    size_t p = 0;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const aez_cell *cell = &row->cells[i];
        quoted[i] = p < row->size && row->bytes[p] == '"' &&
                    !(cell->size && cell->text[0] == '"' &&
                      !(p + 1 < row->size && row->bytes[p + 1] == '"'));
        p += cell->size;
        if (quoted[i]) {
            p += 2;
            for (size_t j = 0; j < cell->size; j++)
                p += cell->text[j] == '"';
        }
        if (i + 1 < row->n_cells && (p >= row->size || row->bytes[p] != schema->delimiter))
            return 0;
        p++;
    }
    return 1;
}

static int predicts_quotes(const aez_table_schema *schema, aez_quoting quoting, aez_cell cell)
{
    if (quoting == AEZ_QUOTE_ALWAYS || quoting == AEZ_QUOTE_NEVER)
        return quoting == AEZ_QUOTE_ALWAYS;
    if (quoting == AEZ_QUOTE_NOT_BLANK)
        return cell.size != 0 && !(cell.size == 2 && memcmp(cell.text, "NA", 2) == 0);
    for (size_t i = 0; i < cell.size; i++)
        if (cell.text[i] == schema->delimiter || cell.text[i] == '"' || cell.text[i] == '\n' ||
            cell.text[i] == '\r')
            return 1;
    return 0;
}

static aez_status choose_quoting(const aez_table_survey *s, aez_table_schema *schema)
{
    uint32_t(*wrong)[4] = aez_take(s->mem, schema->n_columns, sizeof *wrong);
    uint8_t *quoted = aez_take(s->mem, schema->n_columns, 1);
    if (!wrong || !quoted) {
        aez_drop(s->mem, wrong);
        aez_drop(s->mem, quoted);
        return AEZ_ERR_NOMEM;
    }
    for (uint32_t j = 0; j < s->n_samples; j++) {
        const aez_row *row = &s->samples[j].row;
        if (row->n_cells != schema->n_columns || !find_quoted(schema, row, quoted))
            continue;
        for (uint32_t i = 0; i < schema->n_columns; i++)
            for (unsigned q = 0; q < 4; q++)
                wrong[i][q] += predicts_quotes(schema, (aez_quoting)q, row->cells[i]) !=
                               quoted[i];
    }
    for (uint32_t i = 0; i < schema->n_columns; i++)
        for (unsigned q = 1; q < 4; q++)
            if (wrong[i][q] < wrong[i][schema->columns[i].quoting])
                schema->columns[i].quoting = (aez_quoting)q;
    aez_drop(s->mem, wrong);
    aez_drop(s->mem, quoted);
    return AEZ_OK;
}

int aez_table_is_numeric(const survey_column *c)
{
    return c->n_numeric > 0 && c->n_zero_led == 0 && c->n_numeric * 2 >= c->n - c->n_empty;
}

/* A text above a column of numbers in which no cell holds that text. */
static int looks_like_header(const aez_table_survey *s, const aez_table_schema *schema)
{
    const aez_row *first = &s->first.row;
    if (first->n_cells != schema->n_columns || s->n_rows == 0)
        return 0;
    for (uint32_t i = 0; i < schema->n_columns && i < s->n_columns; i++) {
        const survey_column *c = s->columns[i];
        aez_cell             cell = first->cells[i];
        aez_number           number;
        uint32_t             t = 0;
        cell.text += leading_blanks(cell);
        cell.size -= leading_blanks(first->cells[i]);
        if (!aez_table_is_numeric(c) || cell.size == 0 ||
            aez_number_parse(&number, cell.text, cell.size))
            continue;
        while (t < c->n_tally && !(c->tally[t].size == cell.size &&
                                   memcmp(c->tally[t].text, cell.text, cell.size) == 0))
            t++;
        if (t == c->n_tally)
            return 1;
    }
    return 0;
}

static aez_status take_head(aez_table_schema *schema, const aez_row *first)
{
    schema->head = aez_take_raw(schema->mem, first->size, 1);
    if (!schema->head)
        return AEZ_ERR_NOMEM;
    if (first->size)
        memcpy(schema->head, first->bytes, first->size);
    schema->head_size = first->size;
    schema->n_head_rows = 1;
    return aez_table_read_names(schema);
}

aez_status aez_table_choose_dialect(aez_table_schema *schema, aez_table_survey *s,
                                    const aez_table_options *options)
{
    uint32_t   n_crlf = 0;
    aez_status st = AEZ_OK;
    schema->delimiter = options->delimiter;
    schema->n_columns = commonest_width(s);
    schema->columns = aez_take(schema->mem, schema->n_columns, sizeof *schema->columns);
    if (!schema->columns) {
        schema->n_columns = 0;
        return AEZ_ERR_NOMEM;
    }
    for (uint32_t j = 0; j < s->n_samples; j++)
        n_crlf += (uint32_t)ends_crlf(&s->samples[j].row);
    schema->crlf = s->n_samples ? n_crlf * 2 > s->n_samples : ends_crlf(&s->first.row);
    for (uint32_t i = 0; i < schema->n_columns; i++)
        choose_blanks(s, schema, i);
    st = choose_quoting(s, schema);
    if (st != AEZ_OK || !s->first.cells)
        return st;
    if (options->header > 0 || (options->header == 0 && looks_like_header(s, schema)))
        return take_head(schema, &s->first.row);
    return aez_table_survey_count(s, &s->first.row);
}
