/* report_series.c - plots of columns against a column, and the curves of training. */
#include "platform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_data.h"
#include "report_model.h"
#include "report_show.h"

#define MAX_SERIES 16

/* What becomes one plot: series, and what they own. */
typedef struct drawing {
    report_series series[MAX_SERIES];
    double       *owned[2 * MAX_SERIES];
    char         *names[MAX_SERIES];
    size_t        n, n_owned;
} drawing;

static void free_drawing(drawing *d)
{
    for (size_t i = 0; i < d->n_owned; i++)
        free(d->owned[i]);
    for (size_t i = 0; i < d->n; i++)
        free(d->names[i]);
}

static int add_series(report_doc *doc, drawing *d, const char *name, double *x, double *y, size_t n)
{
    if (d->n == MAX_SERIES)
        return report_error(&doc->at, "more than %d series in one plot: make two of it",
                            MAX_SERIES);
    d->names[d->n] = strdup(name);
    if (!d->names[d->n])
        return report_no_memory(&doc->at);
    d->series[d->n] = (report_series){.name = d->names[d->n], .color = (int)d->n,
                                      .mark = REPORT_LINE, .n = n, .x = x, .y = y};
    d->n++;
    return AEZ_EXIT_OK;
}

/* A column of an array as a list of its own. */
static double *copy_column(report_doc *doc, drawing *d, const report_array *a, size_t column)
{
    double *copy = malloc((a->n_rows + 1) * sizeof *copy);
    if (!copy) {
        (void)report_no_memory(&doc->at);
        return NULL;
    }
    for (size_t i = 0; i < a->n_rows; i++)
        copy[i] = a->values[i * a->n_columns + column];
    d->owned[d->n_owned++] = copy;
    return copy;
}

static void note_series(report_doc *doc, const drawing *d)
{
    for (size_t s = 0; s < d->n; s++)
        for (size_t i = 0; i < d->series[s].n; i++)
            if (isfinite(d->series[s].y[i]))
                report_note(doc, d->series[s].name, "value", d->series[s].x[i], d->series[s].y[i]);
}

/* ---- plot: FILE x=COLUMN y=COLUMN[,COLUMN] ---- */

static int take_mark(report_doc *doc, report_mark *mark)
{
    const char *kind = report_or(doc->item, "kind", "line");
    if (strcmp(kind, "line") == 0)
        *mark = REPORT_LINE_POINTS;
    else if (strcmp(kind, "curve") == 0)
        *mark = REPORT_LINE;
    else if (strcmp(kind, "points") == 0)
        *mark = REPORT_POINTS;
    else if (strcmp(kind, "steps") == 0)
        *mark = REPORT_STEPS;
    else
        return report_error(&doc->at, "kind=%s: give line, curve, points or steps", kind);
    return AEZ_EXIT_OK;
}

/* by=COLUMN: one series for each text of that column, and one y. */
static int add_groups(report_doc *doc, drawing *d, const char *path, const report_array *a,
                      size_t x, size_t y, const char *by)
{
    report_labels labels = {0};
    const char  **texts = malloc((a->n_rows + 1) * sizeof *texts);
    long          column = report_array_column(a, &doc->at, path, by);
    int           code = !texts ? report_no_memory(&doc->at) : AEZ_EXIT_OK;
    if (column < 0)
        code = AEZ_EXIT_DATA;
    else if (!a->table.cells)
        code = report_error_in(&doc->at, path, "by= needs a table with a column of names");
    for (size_t i = 0; code == AEZ_EXIT_OK && i < a->n_rows; i++)
        texts[i] = a->table.cells[i * a->n_columns + (size_t)column];
    if (code == AEZ_EXIT_OK)
        code = report_labels_make(&labels, &doc->at, texts, a->n_rows);
    if (code == AEZ_EXIT_OK && d->n + labels.n_classes > MAX_SERIES)
        code = report_error(&doc->at, "by=%s makes more than %d series: make several plots", by,
                            MAX_SERIES);
    for (size_t c = 0; code == AEZ_EXIT_OK && c < labels.n_classes; c++) {
        double *px = malloc((a->n_rows + 1) * sizeof *px);
        double *py = malloc((a->n_rows + 1) * sizeof *py);
        size_t  n = 0;
        d->owned[d->n_owned++] = px;
        d->owned[d->n_owned++] = py;
        for (size_t i = 0; px && py && i < a->n_rows; i++)
            if (labels.classes[i] == c) {
                px[n] = a->values[i * a->n_columns + x];
                py[n++] = a->values[i * a->n_columns + y];
            }
        code = px && py ? add_series(doc, d, labels.names[c], px, py, n)
                        : report_no_memory(&doc->at);
    }
    report_labels_free(&labels);
    free((void *)texts);
    return code;
}

static int add_columns(report_doc *doc, drawing *d, const char *path, const report_array *a,
                       const char *x_name, const report_words *ys, const report_words *labels)
{
    const char *by = report_option(doc->item, "by");
    long        x = report_array_column(a, &doc->at, path, x_name);
    int         code = x < 0 ? AEZ_EXIT_DATA : AEZ_EXIT_OK;
    for (size_t i = 0; code == AEZ_EXIT_OK && i < ys->n; i++) {
        long    y = report_array_column(a, &doc->at, path, ys->word[i]);
        double *px, *py;
        if (y < 0)
            return AEZ_EXIT_DATA;
        if (by) {
            code = add_groups(doc, d, path, a, (size_t)x, (size_t)y, by);
            continue;
        }
        if (d->n == MAX_SERIES)
            return report_error(&doc->at, "more than %d series in one plot: make two of it",
                                MAX_SERIES);
        px = copy_column(doc, d, a, (size_t)x);
        py = px ? copy_column(doc, d, a, (size_t)y) : NULL;
        if (!py)
            return AEZ_EXIT_SYSTEM;
        code = add_series(doc, d, i < labels->n ? labels->word[i] : ys->word[i], px, py, a->n_rows);
    }
    return code;
}

/* range=LOW,HIGH of an axis. */
static int take_range(report_doc *doc, const char *option, double *low, double *high)
{
    const char *text = report_option(doc->item, option);
    if (text && (sscanf(text, "%lf,%lf", low, high) != 2 || !(*low < *high)))
        return report_error(&doc->at, "%s=%s: give two numbers, the lower one first: 0,1", option,
                            text);
    return AEZ_EXIT_OK;
}

/* Labels, logs, ranges, title: what plots and curves share. Then draws. */
static int draw(report_doc *doc, drawing *d, const char *x_name, const char *y_name)
{
    report_item *item = doc->item;
    report_plot  p = {.series = d->series, .n_series = d->n};
    const char  *x_label = report_or(item, "xlabel", x_name);
    const char  *y_label = report_or(item, "ylabel", y_name);
    char        *x_text = report_axis_label(x_label, report_option(item, "xunit"));
    char        *y_text = report_axis_label(y_label, report_option(item, "yunit"));
    int          code = x_text && y_text ? AEZ_EXIT_OK : report_no_memory(&doc->at);
    p.title = report_option(item, "title");
    p.note = report_option(item, "note");
    p.x_label = x_text;
    p.y_label = y_text;
    if (code == AEZ_EXIT_OK)
        code = report_take_log(doc, &p.log_x, &p.log_y);
    if (code == AEZ_EXIT_OK)
        code = take_range(doc, "xrange", &p.x_low, &p.x_high);
    if (code == AEZ_EXIT_OK)
        code = take_range(doc, "yrange", &p.y_low, &p.y_high);
    if (code == AEZ_EXIT_OK)
        code = report_no_more(item, &doc->at);
    if (code == AEZ_EXIT_OK)
        code = report_plot_draw(&doc->plotter, &doc->at, &p, &doc->html);
    free(x_text);
    free(y_text);
    if (code == AEZ_EXIT_OK)
        note_series(doc, d);
    return code;
}

int report_show_plot(report_doc *doc)
{
    report_item *item = doc->item;
    const char  *file = report_word(item, 0), *x = report_option(item, "x");
    const char  *y = report_option(item, "y");
    char        *path;
    report_array a = {0};
    report_words ys = {0}, labels = {0};
    drawing      d = {.n = 0};
    report_mark  mark = REPORT_LINE;
    int          code = AEZ_EXIT_OK;
    if (!file || !x || !y)
        return report_error(&doc->at, "plot: say which: plot: FILE x=COLUMN y=COLUMN,COLUMN");
    path = report_resolve(doc->page, file);
    code = path ? report_array_load(&a, &doc->at, path) : report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK)
        code = report_split(&ys, &doc->at, y);
    if (code == AEZ_EXIT_OK)
        code = report_split(&labels, &doc->at, report_or(item, "labels", y));
    if (code == AEZ_EXIT_OK)
        code = take_mark(doc, &mark);
    if (code == AEZ_EXIT_OK)
        code = add_columns(doc, &d, path, &a, x, &ys, &labels);
    for (size_t i = 0; i < d.n; i++)
        d.series[i].mark = mark;
    if (code == AEZ_EXIT_OK)
        code = draw(doc, &d, x, ys.n == 1 ? ys.word[0] : "");
    free_drawing(&d);
    report_array_free(&a);
    report_words_free(&ys);
    report_words_free(&labels);
    free(path);
    return code;
}

/* ---- curve: losses over epochs, of models or of tables ---- */

/* "training" and "validation", or "NAME, training" where there are several. */
static int add_loss(report_doc *doc, drawing *d, const char *model, const char *which, int color,
                    report_mark mark, double *epoch, double *loss, size_t n)
{
    size_t size = strlen(model) + strlen(which) + 3;
    char  *name = malloc(size);
    int    code;
    if (!name)
        return report_no_memory(&doc->at);
    (void)snprintf(name, size, "%s%s%s", model, *model ? ", " : "", which);
    code = add_series(doc, d, name, epoch, loss, n);
    if (code == AEZ_EXIT_OK) {
        d->series[d->n - 1].color = color;
        d->series[d->n - 1].mark = mark;
    }
    free(name);
    return code;
}

static int add_curve(report_doc *doc, drawing *d, const char *name, const char *file, int *color)
{
    char        *path = report_resolve(doc->page, file);
    report_curve curve = {0};
    int          code = path ? report_curve_load(&curve, &doc->at, path)
                             : report_no_memory(&doc->at);
    bool         alone = !*name;
    if (code == AEZ_EXIT_OK && d->n_owned + 3 > sizeof d->owned / sizeof *d->owned) {
        code = report_error(&doc->at, "more curves than one plot shows: make two of it");
    } else if (code == AEZ_EXIT_OK) {
        d->owned[d->n_owned++] = curve.epoch;
        d->owned[d->n_owned++] = curve.train;
        d->owned[d->n_owned++] = curve.valid;
        code = add_loss(doc, d, name, "training", *color, REPORT_LINE, curve.epoch, curve.train,
                        curve.n);
        if (code == AEZ_EXIT_OK && curve.has_valid)
            code = add_loss(doc, d, name, "validation", alone ? *color + 1 : *color,
                            alone ? REPORT_LINE : REPORT_DASH, curve.epoch, curve.valid, curve.n);
        *color += 1;
        curve = (report_curve){0};
    }
    report_curve_free(&curve);
    free(path);
    return code;
}

int report_show_curve(report_doc *doc)
{
    static const char *const own[] = {"title", "note",   "log",    "xlabel", "ylabel",
                                      "xunit", "yunit", "xrange", "yrange"};
    report_item *item = doc->item;
    drawing      d = {.n = 0};
    const char  *file;
    report_arg  *arg;
    size_t       cursor = 0;
    int          code = AEZ_EXIT_OK, color = 0;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        (void)report_option(item, own[i]);
    for (size_t i = 0; code == AEZ_EXIT_OK && (file = report_word(item, i)); i++)
        code = add_curve(doc, &d, i || report_word(item, 1) ? file : "", file, &color);
    while (code == AEZ_EXIT_OK && (arg = report_next_series(item, &cursor)))
        code = add_curve(doc, &d, arg->name, arg->value, &color);
    if (code == AEZ_EXIT_OK && d.n == 0)
        code = report_error(&doc->at, "curve: name a model or a table: curve: model.aezm");
    if (code == AEZ_EXIT_OK)
        code = draw(doc, &d, "epoch", "loss");
    free_drawing(&d);
    return code;
}
