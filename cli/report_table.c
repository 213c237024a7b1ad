/* report_table.c - tables of a report's pages, read into memory as text. */
#include "platform.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "report_data.h"
#include "report_source.h"

#define READ_BYTES ((size_t)256 * 1024)
#define MAX_ROW ((size_t)64 << 20)

static const aez_allocator plain = {NULL, NULL, NULL};

double report_number(const char *cell)
{
    char  *end;
    double v;
    while (*cell == ' ' || *cell == '\t')
        cell++;
    if (*cell == '\0')
        return NAN;
    v = strtod(cell, &end);
    while (*end == ' ' || *end == '\t' || *end == '\r')
        end++;
    return *end == '\0' ? v : NAN;
}

static bool is_number_word(const char *cell)
{
    return !isnan(report_number(cell)) || strcmp(cell, "nan") == 0 || strcmp(cell, "NaN") == 0;
}

/* ---- reading: all cells, zero-ended, row after row ---- */

typedef struct gathered {
    aez_buf text;  /* cells */
    aez_buf width; /* size_t: cells of each row */
    size_t  widest;
} gathered;

static void gather_row(gathered *g, const aez_row *row)
{
    size_t n = row->n_cells;
    if (n == 1 && row->cells[0].size == 0) /* a blank line is no row */
        return;
    for (size_t i = 0; i < n; i++) {
        aez_put(&g->text, row->cells[i].text, strnlen(row->cells[i].text, row->cells[i].size));
        aez_put_u8(&g->text, 0);
    }
    if (n == 0) { /* does not split into cells: one cell, as it stands */
        aez_put(&g->text, row->bytes, strnlen(row->bytes, row->size));
        aez_put_u8(&g->text, 0);
        n = 1;
    }
    aez_put(&g->width, &n, sizeof n);
    if (n > g->widest)
        g->widest = n;
}

static int gather(gathered *g, report_source *s, csv_reader *reader, char *buf)
{
    uint64_t off = 0;
    for (;;) {
        uint64_t       left = s->in.size - off;
        size_t         size = left < READ_BYTES ? (size_t)left : READ_BYTES, n_rows;
        const aez_row *rows;
        aez_status     st;
        int            code = aez_input_read_at(&s->in, buf, size, off);
        if (code != AEZ_EXIT_OK)
            return code;
        st = size ? csv_reader_push(reader, buf, size) : csv_reader_finish(reader);
        if (st >= 0)
            st = csv_reader_rows(reader, &rows, &n_rows);
        if (st == AEZ_ERR_LIMIT)
            return report_error_in(s->at, s->in.name, "has a row of more than %zu MiB: is a quote "
                                   "left open?", MAX_ROW >> 20);
        if (st < 0)
            return report_no_memory(s->at);
        for (size_t i = 0; i < n_rows; i++)
            gather_row(g, &rows[i]);
        if (g->text.failed || g->width.failed)
            return report_no_memory(s->at);
        if (size == 0)
            return AEZ_EXIT_OK;
        off += size;
    }
}

/* ---- what was read, as a grid ---- */

static bool first_row_is_names(const gathered *g, size_t n)
{
    const char *cell = (const char *)g->text.data;
    for (size_t i = 0; i < n; i++, cell += strlen(cell) + 1)
        if (*cell && !is_number_word(cell))
            return true;
    return false;
}

/* Names of columns that have none: their numbers, written behind all cells. */
static bool number_columns(gathered *g)
{
    for (size_t i = 0; i < g->widest; i++) {
        char name[24];
        int  n = snprintf(name, sizeof name, "%zu", i + 1);
        aez_put(&g->text, name, (size_t)n + 1);
    }
    return !g->text.failed;
}

static bool make_grid(report_table *out, gathered *g, int header)
{
    size_t        n = g->width.size / sizeof(size_t), skip = 0;
    const size_t *width = (const size_t *)(const void *)g->width.data;
    size_t        cells_end = g->text.size;
    const char   *p;
    out->has_header = n > 0 && header >= 0 && (header > 0 || first_row_is_names(g, width[0]));
    skip = out->has_header ? 1 : 0;
    out->n_rows = n - skip;
    out->n_columns = g->widest;
    if (!number_columns(g) || (out->n_columns && out->n_rows > SIZE_MAX / 64 / out->n_columns))
        return false;
    out->names = malloc((out->n_columns + 1) * sizeof *out->names);
    out->cells = malloc((out->n_rows * out->n_columns + 1) * sizeof *out->cells);
    out->text = (char *)g->text.data;
    g->text.data = NULL; /* handed over: a plain allocator is malloc */
    if (!out->names || !out->cells)
        return false;
    p = out->text + cells_end;
    for (size_t i = 0; i < out->n_columns; i++, p += strlen(p) + 1)
        out->names[i] = p;
    p = out->text;
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < out->n_columns; i++) {
            const char *cell = i < width[r] ? p : "";
            if (i < width[r])
                p += strlen(p) + 1;
            if (r >= skip)
                out->cells[(r - skip) * out->n_columns + i] = cell;
            else if (*cell)
                out->names[i] = cell;
        }
    return true;
}

int report_table_load(report_table *out, const report_place *at, const char *path, int header)
{
    report_source s;
    csv_reader   *reader = NULL;
    char         *buf = malloc(READ_BYTES);
    gathered      g = {.widest = 0};
    int           code = report_source_open(&s, at, path);
    memset(out, 0, sizeof *out);
    aez_buf_init(&g.text, &plain);
    aez_buf_init(&g.width, &plain);
    if (code == AEZ_EXIT_OK && s.source.layout.format != AEZ_FORMAT_CSV)
        code = report_error_in(at, path, "is no table: name a CSV file");
    if (code == AEZ_EXIT_OK &&
        (!buf || csv_reader_create(&reader, &plain, s.source.delimiter, MAX_ROW) < 0))
        code = report_no_memory(at);
    if (code == AEZ_EXIT_OK)
        code = gather(&g, &s, reader, buf);
    if (code == AEZ_EXIT_OK && !make_grid(out, &g, header))
        code = report_no_memory(at);
    csv_reader_destroy(reader);
    aez_buf_free(&g.text);
    aez_buf_free(&g.width);
    report_source_close(&s);
    free(buf);
    return code;
}

void report_table_free(report_table *table)
{
    free(table->text);
    free((void *)table->names);
    free((void *)table->cells);
    memset(table, 0, sizeof *table);
}

long report_table_column(const report_table *table, const report_place *at, const char *path,
                         const char *name)
{
    char   text[400] = "";
    size_t used = 0;
    double number = report_number(name);
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->names[i], name) == 0)
            return (long)i;
    if (number >= 1 && number <= (double)table->n_columns && number == floor(number))
        return (long)number - 1;
    for (size_t i = 0; i < table->n_columns && used < sizeof text - 40; i++) {
        int n = snprintf(text + used, sizeof text - used, "%s%.36s", i ? ", " : "",
                         table->names[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    (void)report_error_in(at, path, "has no column %s: its columns are %s", name, text);
    return -1;
}
