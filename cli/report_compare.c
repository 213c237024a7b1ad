/* report_compare.c - what was restored beside the original: errors, PSNR, how errors are spread. */
#include "platform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "report_convert.h"
#include "report_data.h"
#include "report_widen.h"

/* ---- arrays, block by block ---- */

typedef struct reader {
    aez_input  in;
    aez_source source;
    aez_blocks blocks;
    double    *values; /* owned: of one block */
} reader;

static void close_reader(reader *r)
{
    aez_blocks_free(&r->blocks);
    aez_source_free(&r->source);
    aez_input_close(&r->in);
    free(r->values);
}

/* raw: plain values of that type; else what the set's own file is. */
static int open_reader(reader *r, const report_task *task, const char *path, aez_type raw)
{
    aez_args args;
    int      code;
    memset(r, 0, sizeof *r);
    r->in.fd = -1;
    aez_layout_init(&r->source.layout);
    report_set_args(task->set, &args);
    if (raw) {
        args.type = raw;
        args.has_shape = false;
    }
    code = aez_input_open(&r->in, path, true, task->at->guard);
    if (code == AEZ_EXIT_OK)
        code = aez_source_find(&r->source, &args, &r->in);
    if (code == AEZ_EXIT_OK && (!aez_blocks_init(&r->blocks, &r->source.layout) ||
                                !(r->values = malloc((size_t)(r->blocks.max_sites + 1) * 8))))
        code = report_no_memory(task->at);
    return code;
}

static int read_block(reader *r, uint64_t first, uint64_t n)
{
    int code = aez_blocks_read(&r->blocks, &r->in, r->source.data_off, first, n);
    if (code == AEZ_EXIT_OK)
        report_widen(r->values, r->blocks.columns[0], r->source.layout.type, (size_t)n);
    return code;
}

static int array_extent(const report_task *task, report_extent *out)
{
    reader   r;
    uint64_t first = 0, n;
    int      code = open_reader(&r, task, task->set->path, (aez_type)0);
    out->low = INFINITY;
    out->high = -INFINITY;
    out->n_values = r.blocks.n_sites;
    while (code == AEZ_EXIT_OK && (n = aez_blocks_next(&r.blocks, first)) > 0) {
        code = read_block(&r, first, n);
        for (uint64_t i = 0; code == AEZ_EXIT_OK && i < n; i++)
            if (isfinite(r.values[i])) {
                out->low = fmin(out->low, r.values[i]);
                out->high = fmax(out->high, r.values[i]);
            }
        first += n;
    }
    close_reader(&r);
    return code;
}

/* One pair of values; scale is 1 / bound, or 0 without one. */
static double take_pair(report_errors *e, double original, double restored, double scale)
{
    double d = restored - original;
    if (!isfinite(original) || !isfinite(restored)) {
        e->wrong += !(original == restored || (isnan(original) && isnan(restored)));
        return 0;
    }
    if (scale > 0) {
        double at = (d * scale + 1) / 2 * REPORT_ERROR_BINS;
        e->bin[at < 0 ? 0 : at >= REPORT_ERROR_BINS ? REPORT_ERROR_BINS - 1 : (size_t)at]++;
    }
    return d;
}

static int compare_arrays(const report_task *task, bool back_is_raw, report_errors *out)
{
    reader   a, b = {.in = {.fd = -1}};
    uint64_t first = 0, n;
    double   sum = 0, limit = task->bound * task->range;
    int      code = open_reader(&a, task, task->set->path, (aez_type)0);
    if (code == AEZ_EXIT_OK)
        code = open_reader(&b, task, task->back,
                           back_is_raw ? a.source.layout.type : (aez_type)0);
    if (code == AEZ_EXIT_OK && a.blocks.n_sites != b.blocks.n_sites)
        code = report_error_in(task->at, task->set->name,
                               "came back with another number of values");
    while (code == AEZ_EXIT_OK && (n = aez_blocks_next(&a.blocks, first)) > 0) {
        code = read_block(&a, first, n);
        if (code == AEZ_EXIT_OK)
            code = read_block(&b, first, n);
        for (uint64_t i = 0; code == AEZ_EXIT_OK && i < n; i++) {
            double d = take_pair(out, a.values[i], b.values[i], limit > 0 ? 1 / limit : 0);
            out->worst = fmax(out->worst, fabs(d));
            sum += d * d;
        }
        first += n;
    }
    out->n = a.blocks.n_sites;
    out->psnr = sum > 0 && out->n ? 10 * log10(task->range * task->range / (sum / (double)out->n))
                                  : INFINITY;
    close_reader(&a);
    close_reader(&b);
    return code;
}

/* ---- tables, column by column ---- */

/* At least half of the cells that are not empty are numbers: then bounds hold for the column. */
static bool numeric_column(const report_table *t, size_t column, uint64_t *n_numbers, double *low,
                           double *high)
{
    uint64_t full = 0;
    *n_numbers = 0;
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t r = 0; r < t->n_rows; r++) {
        const char *cell = t->cells[r * t->n_columns + column];
        double      v = *cell ? report_number(cell) : NAN;
        full += *cell != '\0';
        if (isfinite(v)) {
            ++*n_numbers;
            *low = fmin(*low, v);
            *high = fmax(*high, v);
        }
    }
    return *n_numbers > 0 && *n_numbers * 2 >= full;
}

static int table_extent(const report_task *task, report_extent *out)
{
    report_table t;
    int          code = report_table_load(&t, task->at, task->set->path, 0);
    uint64_t     n;
    double       low, high;
    for (size_t c = 0; code == AEZ_EXIT_OK && c < t.n_columns; c++)
        if (numeric_column(&t, c, &n, &low, &high))
            out->n_values += n;
    if (out->n_values == 0)
        out->n_values = (uint64_t)t.n_rows * t.n_columns;
    report_table_free(&t);
    return code;
}

/* Adds the column's mean squared error over its squared range to *sum; its errors count in its own
 * bound. Cells of text have to be the same. */
static void compare_column(const report_task *task, const report_table *a, const report_table *b,
                           size_t column, report_errors *out, double *sum, size_t *n_columns)
{
    uint64_t n;
    double   low, high, squares = 0, limit;
    bool     numeric = numeric_column(a, column, &n, &low, &high);
    limit = numeric ? task->bound * (high - low) : 0;
    for (size_t r = 0; r < a->n_rows; r++) {
        const char *x = a->cells[r * a->n_columns + column];
        const char *y = b->cells[r * b->n_columns + column];
        double      u = report_number(x), v = report_number(y), d;
        if (!numeric || !isfinite(u)) {
            out->wrong += strcmp(x, y) != 0;
            continue;
        }
        d = take_pair(out, u, v, limit > 0 ? 1 / limit : 0);
        out->worst = fmax(out->worst, limit > 0 ? fabs(d) / limit : d != 0 ? INFINITY : 0);
        squares += d * d;
        out->n++;
    }
    if (numeric && high > low) {
        *sum += squares / (double)n / ((high - low) * (high - low));
        ++*n_columns;
    }
}

static int compare_tables(const report_task *task, report_errors *out)
{
    report_table a, b = {.text = NULL};
    double       sum = 0;
    size_t       n = 0;
    int          code = report_table_load(&a, task->at, task->set->path, 0);
    if (code == AEZ_EXIT_OK)
        code = report_table_load(&b, task->at, task->back, 0);
    if (code == AEZ_EXIT_OK && (a.n_rows != b.n_rows || a.n_columns != b.n_columns))
        code = report_error_in(task->at, task->set->name, "came back with other rows or columns");
    for (size_t c = 0; code == AEZ_EXIT_OK && c < a.n_columns; c++)
        compare_column(task, &a, &b, c, out, &sum, &n);
    out->psnr = sum > 0 ? -10 * log10(sum / (double)n) : INFINITY;
    report_table_free(&a);
    report_table_free(&b);
    return code;
}

static bool is_table(const report_task *task)
{
    return task->source->layout.format == AEZ_FORMAT_CSV;
}

int report_measure_extent(const report_task *task, report_extent *out)
{
    memset(out, 0, sizeof *out);
    return is_table(task) ? table_extent(task, out) : array_extent(task, out);
}

int report_compare(const report_task *task, bool back_is_raw, report_errors *out)
{
    memset(out, 0, sizeof *out);
    return is_table(task) ? compare_tables(task, out) : compare_arrays(task, back_is_raw, out);
}

int report_worst_error(const report_task *task, double *out)
{
    report_errors errors;
    int           code = report_compare(task, true, &errors);
    *out = errors.wrong ? INFINITY : errors.worst;
    return code;
}
