/* report_data.c - arrays of a report's pages, read into memory as doubles. */
#include "platform.h"

#include "report_data.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "report_source.h"
#include "report_widen.h"

/* n values from value `first` on, in the order of the file. */
static int read_values(report_source *s, aez_blocks *b, uint64_t first, size_t n, double *dst)
{
    size_t done = 0;
    while (done < n) {
        uint64_t part = aez_blocks_next(b, first + done);
        int      code;
        if (part > n - done)
            part = n - done;
        code = aez_blocks_read(b, &s->in, s->source.data_off, first + done, part);
        if (code != AEZ_EXIT_OK)
            return code;
        report_widen(dst + done, b->columns[0], s->source.layout.type, (size_t)part);
        done += (size_t)part;
    }
    return AEZ_EXIT_OK;
}

/* What runs fastest in the file runs slowest for the owner: [d-1]...[0] to [0]...[d-1]. */
static void turn_fortran(double *dst, const double *src, const uint64_t *shape, uint32_t n_dims,
                         size_t n)
{
    size_t at[AEZ_LAYOUT_DIMS] = {0};
    for (size_t i = 0; i < n; i++) { /* src in the file's order: at[0] is the fastest there */
        size_t to = 0;
        for (uint32_t d = 0; d < n_dims; d++)
            to = to * (size_t)shape[d] + at[d];
        dst[to] = src[i];
        for (uint32_t d = 0; d < n_dims && ++at[d] == shape[d]; d++)
            at[d] = 0;
    }
}

static int read_fortran(report_array *out, report_source *s, aez_blocks *b, size_t n)
{
    double *turned = malloc((n + 1) * sizeof *turned);
    int     code = turned ? read_values(s, b, 0, n, out->values) : report_no_memory(s->at);
    if (code == AEZ_EXIT_OK) {
        turn_fortran(turned, out->values, out->shape, out->n_dims, n);
        free(out->values);
        out->values = turned;
        turned = NULL;
    }
    free(turned);
    return code;
}

/* The shape as the owner sees it, rows and columns. */
static int take_shape(report_array *out, const report_source *s)
{
    const aez_layout *l = &s->source.layout;
    uint64_t          n = 0;
    out->type = l->type;
    out->n_dims = l->n_dims ? l->n_dims : 1;
    out->shape[0] = 1;
    for (uint32_t d = 0; d < l->n_dims; d++)
        out->shape[d] = l->shape[l->fortran ? l->n_dims - 1 - d : d];
    if (!aez_shape_product(out->shape, out->n_dims, &n) || n > SIZE_MAX / sizeof(double) - 1)
        return report_no_memory(s->at);
    out->n_rows = (size_t)out->shape[0];
    out->n_columns = out->n_rows ? (size_t)(n / out->n_rows) : 0;
    return AEZ_EXIT_OK;
}

static int load_values(report_array *out, report_source *s, const size_t *rows, size_t n_wanted)
{
    aez_blocks b = {0};
    size_t     n_file, n = 0;
    int        code = take_shape(out, s);
    if (code != AEZ_EXIT_OK)
        return code;
    n_file = out->n_rows * out->n_columns;
    n = rows && !s->source.layout.fortran ? n_wanted * out->n_columns : n_file;
    out->values = malloc((n + 1) * sizeof *out->values);
    if (!out->values || !aez_blocks_init(&b, &s->source.layout)) {
        code = report_no_memory(s->at);
    } else if (s->source.layout.fortran && out->n_dims > 1) {
        code = read_fortran(out, s, &b, n_file);
    } else if (rows) {
        for (size_t i = 0; i < n_wanted && code == AEZ_EXIT_OK; i++)
            code = read_values(s, &b, (uint64_t)rows[i] * out->n_columns, out->n_columns,
                               out->values + i * out->n_columns);
    } else {
        code = read_values(s, &b, 0, n, out->values);
    }
    aez_blocks_free(&b);
    return code;
}

static int table_values(report_array *out, const report_place *at)
{
    const report_table *t = &out->table;
    size_t              n = t->n_rows * t->n_columns;
    out->n_dims = 2;
    out->shape[0] = out->n_rows = t->n_rows;
    out->shape[1] = out->n_columns = t->n_columns;
    out->values = malloc((n + 1) * sizeof *out->values);
    if (!out->values)
        return report_no_memory(at);
    for (size_t i = 0; i < n; i++)
        out->values[i] = report_number(t->cells[i]);
    return AEZ_EXIT_OK;
}

/* Rows that were read whole (a table, a Fortran array): the wanted ones, in their order. */
static int keep_rows(report_array *out, const report_place *at, const size_t *rows, size_t n)
{
    size_t  width = out->n_columns;
    double *kept = malloc((n * width + 1) * sizeof *kept);
    if (!kept)
        return report_no_memory(at);
    for (size_t i = 0; i < n; i++)
        memcpy(kept + i * width, out->values + rows[i] * width, width * sizeof *kept);
    free(out->values);
    out->values = kept;
    return AEZ_EXIT_OK;
}

static int check_rows(const report_array *out, const report_place *at, const char *path,
                      const size_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i] >= out->n_rows)
            return report_error_in(at, path, "has no item %zu, only 0 to %zu: choose others",
                                   rows[i], out->n_rows ? out->n_rows - 1 : 0);
    return AEZ_EXIT_OK;
}

static int load(report_array *out, const report_place *at, const char *path, const size_t *rows,
                size_t n)
{
    report_source s;
    bool          whole = true;
    int           code = report_source_open(&s, at, path);
    memset(out, 0, sizeof *out);
    if (code == AEZ_EXIT_OK && s.source.layout.format == AEZ_FORMAT_CSV) {
        code = report_table_load(&out->table, at, path, 0);
        if (code == AEZ_EXIT_OK)
            code = table_values(out, at);
    } else if (code == AEZ_EXIT_OK) {
        whole = s.source.layout.fortran && s.source.layout.n_dims > 1;
        code = take_shape(out, &s);
        if (code == AEZ_EXIT_OK && rows)
            code = check_rows(out, at, path, rows, n);
        if (code == AEZ_EXIT_OK)
            code = load_values(out, &s, whole ? NULL : rows, n);
    }
    report_source_close(&s);
    if (code == AEZ_EXIT_OK && rows && whole)
        code = check_rows(out, at, path, rows, n);
    if (code == AEZ_EXIT_OK && rows && whole)
        code = keep_rows(out, at, rows, n);
    if (code == AEZ_EXIT_OK && rows)
        out->n_rows = n;
    return code;
}

int report_array_load(report_array *out, const report_place *at, const char *path)
{
    return load(out, at, path, NULL, 0);
}

int report_array_pick(report_array *out, const report_place *at, const char *path,
                      const size_t *rows, size_t n)
{
    return load(out, at, path, rows, n);
}

void report_array_free(report_array *array)
{
    free(array->values);
    report_table_free(&array->table);
    memset(array, 0, sizeof *array);
}

long report_array_column(const report_array *array, const report_place *at, const char *path,
                         const char *name)
{
    char         *end;
    unsigned long number;
    if (array->table.cells)
        return report_table_column(&array->table, at, path, name);
    errno = 0;
    number = strtoul(name, &end, 10);
    if (*name < '0' || *name > '9' || *end || errno || number < 1 || number > array->n_columns) {
        (void)report_error_in(at, path, "has no column %s: arrays have columns 1 to %zu", name,
                              array->n_columns);
        return -1;
    }
    return (long)number - 1;
}

/* ---- lists ---- */

int report_list_load(report_list *out, const report_place *at, const char *reference)
{
    report_array array = {0};
    char        *path, *column;
    size_t       width, pick = 0;
    int          code = report_split_reference(at, reference, &path, &column);
    memset(out, 0, sizeof *out);
    if (code == AEZ_EXIT_OK)
        code = report_array_load(&array, at, path);
    width = array.n_columns;
    if (code == AEZ_EXIT_OK && column) {
        long found = report_array_column(&array, at, path, column);
        pick = found < 0 ? 0 : (size_t)found;
        code = found < 0 ? AEZ_EXIT_DATA : AEZ_EXIT_OK;
    } else if (code == AEZ_EXIT_OK && array.table.cells && width > 1) {
        code = report_error_in(at, path, "has %zu columns: name one, as in %s:%s", width, path,
                               array.table.names[0]);
    }
    if (code == AEZ_EXIT_OK) {
        bool one = column || array.table.cells;
        out->n = one ? array.n_rows : array.n_rows * width;
        out->values = malloc((out->n + 1) * sizeof *out->values);
        out->name = strdup(array.table.has_header ? array.table.names[pick] : "");
        if (!out->values || !out->name)
            code = report_no_memory(at);
        for (size_t i = 0; code == AEZ_EXIT_OK && i < out->n; i++)
            out->values[i] = array.values[one ? i * width + pick : i];
    }
    report_array_free(&array);
    free(path);
    free(column);
    return code;
}

void report_list_free(report_list *list)
{
    free(list->values);
    free(list->name);
    memset(list, 0, sizeof *list);
}
