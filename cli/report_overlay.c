/* report_overlay.c - a feature, its reconstruction, and the relative residual, as histograms. */
#include "platform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_data.h"
#include "report_groups.h"
#include "report_html.h"

static const aez_allocator plain = {NULL, NULL, NULL};

typedef struct overlay {
    report_array array[REPORT_GROUPS]; /* [0] is the original */
    char        *path[REPORT_GROUPS], *name[REPORT_GROUPS];
    size_t       n;
    double       bins;
    aez_buf      rows; /* of the table of residuals, as HTML */
} overlay;

static void free_overlay(overlay *o)
{
    for (size_t i = 0; i < o->n; i++) {
        report_array_free(&o->array[i]);
        free(o->path[i]);
        free(o->name[i]);
    }
    aez_buf_free(&o->rows);
}

static int add_file(report_doc *doc, overlay *o, const char *name, const char *file)
{
    int code;
    if (o->n == REPORT_GROUPS)
        return report_error(&doc->at, "more than %d files in one overlay", REPORT_GROUPS);
    o->path[o->n] = report_resolve(doc->page, file);
    o->name[o->n] = strdup(name);
    o->n++;
    if (!o->path[o->n - 1] || !o->name[o->n - 1])
        return report_no_memory(&doc->at);
    code = report_array_load(&o->array[o->n - 1], &doc->at, o->path[o->n - 1]);
    if (code == AEZ_EXIT_OK && o->array[o->n - 1].n_rows != o->array[0].n_rows)
        code = report_error_in(&doc->at, o->path[o->n - 1], "has %zu rows, %s has %zu: they belong "
                               "together row by row", o->array[o->n - 1].n_rows, o->path[0],
                               o->array[0].n_rows);
    return code;
}

/* overlay: ORIGINAL RESTORED, or with names of their own: overlay: jets=A autoencoder=B PCA=C */
static int collect_files(report_doc *doc, overlay *o)
{
    static const char *const own[] = {"feature", "unit", "labels", "bins", "range", "log", "title"};
    report_item *item = doc->item;
    const char  *word;
    report_arg  *arg;
    size_t       cursor = 0;
    int          code = AEZ_EXIT_OK;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        (void)report_option(item, own[i]);
    for (size_t i = 0; code == AEZ_EXIT_OK && (word = report_word(item, i)); i++)
        code = add_file(doc, o, i == 0 ? "data" : i == 1 ? "reconstruction" : word, word);
    while (code == AEZ_EXIT_OK && (arg = report_next_series(item, &cursor)))
        code = add_file(doc, o, arg->name, arg->value);
    if (code == AEZ_EXIT_OK && o->n < 2)
        code = report_error(&doc->at, "overlay: name the data and its reconstruction: overlay: "
                            "data.csv restored.csv feature=pt");
    return code;
}

static double *take_column(const report_array *a, size_t column)
{
    double *values = malloc((a->n_rows + 1) * sizeof *values);
    for (size_t i = 0; values && i < a->n_rows; i++)
        values[i] = a->values[i * a->n_columns + column];
    return values;
}

/* The feature of every file: by name where a table has it, else where it is in the first. */
static int take_feature(report_doc *doc, overlay *o, const char *feature, report_groups *g)
{
    long first = report_array_column(&o->array[0], &doc->at, o->path[0], feature);
    int  code = first < 0 ? AEZ_EXIT_DATA : AEZ_EXIT_OK;
    for (size_t i = 0; code == AEZ_EXIT_OK && i < o->n; i++) {
        const report_array *a = &o->array[i];
        size_t              column = (size_t)first;
        double             *values;
        for (size_t k = 0; a->table.has_header && k < a->n_columns; k++)
            if (strcmp(a->table.names[k], feature) == 0)
                column = k;
        if (column >= a->n_columns)
            return report_error_in(&doc->at, o->path[i], "has only %zu columns: no %s",
                                   a->n_columns, feature);
        values = take_column(a, column);
        code = values ? report_groups_add(doc, g, o->name[i], values, a->n_rows)
                      : report_no_memory(&doc->at);
    }
    return code;
}

/* (restored - original) / original, NAN where the original is 0. */
static int take_residuals(report_doc *doc, const report_groups *g, report_groups *r)
{
    int code = AEZ_EXIT_OK;
    for (size_t i = 1; code == AEZ_EXIT_OK && i < g->n; i++) {
        const double *from = g->one[0].values, *to = g->one[i].values;
        double       *values = malloc((g->one[0].n + 1) * sizeof *values);
        for (size_t k = 0; values && k < g->one[0].n; k++)
            values[k] = from[k] == 0 ? NAN : (to[k] - from[k]) / from[k];
        code = values ? report_groups_add(doc, r, g->one[i].name, values, g->one[0].n)
                      : report_no_memory(&doc->at);
    }
    return code;
}

static int draw_feature(report_doc *doc, overlay *o, report_groups *g, const char *label,
                        const char *unit)
{
    report_plot   p = {.y_label = "count"};
    report_groups data = {.one = {g->one[0]}, .n = 1};
    report_series series[REPORT_GROUPS + 1];
    char         *axis = report_axis_label(label, unit);
    aez_buf       note;
    int           code = axis ? AEZ_EXIT_OK : report_no_memory(&doc->at);
    aez_buf_init(&note, &plain);
    if (code == AEZ_EXIT_OK)
        code = report_groups_range(doc, &data, 0, 0.001, &p.x_low, &p.x_high);
    if (code == AEZ_EXIT_OK)
        code = report_groups_count(doc, g, p.x_low, p.x_high, (size_t)o->bins);
    if (code == AEZ_EXIT_OK)
        code = report_take_log(doc, &p.log_x, &p.log_y);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < g->n; i++)
        series[i] = (report_series){.name = g->one[i].name, .color = (int)i,
                                    .mark = i ? REPORT_STEPS : REPORT_FILL, .n = g->bins[i].n + 2,
                                    .x = g->bins[i].x, .y = g->bins[i].y};
    if (code == AEZ_EXIT_OK) {
        report_groups_outside(&note, g);
        aez_put_u8(&note, 0);
        p.log_x = 0;
        p.title = label;
        p.x_label = axis;
        p.series = series;
        p.n_series = g->n;
        p.note = note.failed || note.size < 2 ? NULL : (const char *)note.data;
        code = report_plot_draw(&doc->plotter, &doc->at, &p, &doc->html);
    }
    if (code == AEZ_EXIT_OK)
        report_groups_note(doc, g, label, "count");
    aez_buf_free(&note);
    free(axis);
    return code;
}

/* One row of the table of residuals, and its facts. The spread is half of the central 68 %, which
 * for a Gaussian is its deviation, and which far tails do not move. */
static int describe_residual(report_doc *doc, overlay *o, const char *label, const report_groups *g,
                             const report_groups *r, size_t i)
{
    const double *from = g->one[0].values, *to = g->one[i + 1].values;
    size_t        n;
    double       *sorted = report_sorted(r->one[i].values, r->one[i].n, &n), sum = 0;
    char          series[300];
    double        numbers[3];
    static const char *const measures[] = {"residual_median", "residual_spread", "rms_difference"};
    if (!sorted)
        return report_no_memory(&doc->at);
    for (size_t k = 0; k < g->one[0].n; k++)
        sum += isfinite(from[k] - to[k]) ? (from[k] - to[k]) * (from[k] - to[k]) : 0;
    numbers[0] = report_quantile(sorted, n, 0.5);
    numbers[1] = (report_quantile(sorted, n, 0.84134) - report_quantile(sorted, n, 0.15866)) / 2;
    numbers[2] = g->one[0].n ? sqrt(sum / (double)g->one[0].n) : NAN;
    (void)snprintf(series, sizeof series, "%.140s: %.140s", label, r->one[i].name);
    report_put(&o->rows, "<tr><td>");
    report_put_escaped(&o->rows, i ? "" : label);
    report_put(&o->rows, "</td><td>");
    report_put_escaped(&o->rows, r->one[i].name);
    report_put(&o->rows, "</td>");
    for (size_t k = 0; k < 3; k++) {
        report_note(doc, series, measures[k], NAN, numbers[k]);
        report_put(&o->rows, "<td class=\"n\">");
        report_put_number(&o->rows, numbers[k], 3);
        report_put(&o->rows, "</td>");
    }
    report_put(&o->rows, "</tr>\n");
    free(sorted);
    return AEZ_EXIT_OK;
}

static void put_residuals(aez_buf *html, const aez_buf *rows)
{
    report_put(html, "<div class=\"wide\"><table>\n<caption>Relative residuals</caption>\n<thead>"
                     "<tr><th>feature</th><th></th><th class=\"n\">median</th><th class=\"n\">"
                     "spread</th><th class=\"n\">rms difference</th></tr></thead>\n<tbody>\n");
    aez_put(html, rows->data, rows->size);
    report_put(html, "</tbody></table>\n<p class=\"note\">Spread: half of the central 68 %. The "
                     "rms difference is in the unit of the feature.</p></div>\n");
}

/* Symmetric about 0, so wide that 98 of 100 lie inside of the widest group. */
static int residual_range(report_doc *doc, const report_groups *r, double *high)
{
    size_t  n;
    double *sorted = report_groups_sort(r, 0, &n);
    if (!sorted)
        return report_no_memory(&doc->at);
    *high = fmax(fabs(report_quantile(sorted, n, 0.01)), fabs(report_quantile(sorted, n, 0.99)));
    free(sorted);
    if (!(*high > 0) || !isfinite(*high))
        *high = 1e-6; /* nothing differs */
    return AEZ_EXIT_OK;
}

static int draw_residuals(report_doc *doc, overlay *o, const report_groups *g, const char *label)
{
    report_groups        r = {.n = 0};
    report_series series[REPORT_GROUPS];
    report_plot   p = {.y_label = "count"};
    aez_buf       note, axis, title;
    int           code = take_residuals(doc, g, &r);
    aez_buf_init(&note, &plain);
    aez_buf_init(&axis, &plain);
    aez_buf_init(&title, &plain);
    report_putf(&axis, "(restored \xE2\x88\x92 original) / original");
    report_putf(&title, "%s, relative residual", label);
    if (code == AEZ_EXIT_OK)
        code = residual_range(doc, &r, &p.x_high);
    p.x_low = -p.x_high;
    if (code == AEZ_EXIT_OK)
        code = report_groups_count(doc, &r, p.x_low, p.x_high, (size_t)o->bins);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < r.n; i++)
        code = describe_residual(doc, o, label, g, &r, i);
    if (code == AEZ_EXIT_OK && (note.failed || axis.failed || title.failed))
        code = report_no_memory(&doc->at);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < r.n; i++)
        series[i] = (report_series){.name = r.one[i].name, .color = (int)i + 1,
                                    .mark = REPORT_STEPS, .n = r.bins[i].n + 2, .x = r.bins[i].x,
                                    .y = r.bins[i].y};
    if (code == AEZ_EXIT_OK) {
        report_groups_outside(&note, &r);
        aez_put_u8(&note, 0);
        p.title = (const char *)title.data;
        p.x_label = (const char *)axis.data;
        p.series = series;
        p.n_series = r.n;
        p.note = note.size > 1 ? (const char *)note.data : NULL;
        code = report_plot_draw(&doc->plotter, &doc->at, &p, &doc->html);
    }
    if (code == AEZ_EXIT_OK)
        report_groups_note(doc, &r, label, "residual_count");
    aez_buf_free(&note);
    aez_buf_free(&axis);
    aez_buf_free(&title);
    report_groups_free(&r);
    return code;
}

static int show_feature(report_doc *doc, overlay *o, const char *feature, const char *label,
                        const char *unit)
{
    report_groups g = {.n = 0};
    int    code = take_feature(doc, o, feature, &g);
    if (code == AEZ_EXIT_OK)
        code = draw_feature(doc, o, &g, label, unit);
    if (code == AEZ_EXIT_OK)
        code = draw_residuals(doc, o, &g, label);
    report_groups_free(&g);
    return code;
}

int report_show_overlay(report_doc *doc)
{
    report_item *item = doc->item;
    const char  *feature = report_option(item, "feature");
    overlay      o = {.n = 0, .bins = 60};
    report_words features = {0}, units = {0}, labels = {0};
    int          code = AEZ_EXIT_OK;
    if (!feature)
        return report_error(&doc->at, "overlay: say which: overlay: data.csv restored.csv "
                            "feature=m,pt");
    aez_buf_init(&o.rows, &plain);
    code = collect_files(doc, &o);
    if (code == AEZ_EXIT_OK)
        code = report_option_number(item, &doc->at, "bins", 1, REPORT_BINS_MAX, &o.bins);
    if (code == AEZ_EXIT_OK)
        code = report_split(&features, &doc->at, feature);
    if (code == AEZ_EXIT_OK)
        code = report_split(&units, &doc->at, report_or(item, "unit", ""));
    if (code == AEZ_EXIT_OK)
        code = report_split(&labels, &doc->at, report_or(item, "labels", feature));
    if (code == AEZ_EXIT_OK)
        code = report_no_more(item, &doc->at);
    if (code == AEZ_EXIT_OK && report_option(item, "title")) {
        report_put(&doc->html, "<h3>");
        report_put_rich(&doc->html, report_option(item, "title"));
        report_put(&doc->html, "</h3>\n");
    }
    report_put(&doc->html, "<div class=\"plots\">\n");
    for (size_t i = 0; code == AEZ_EXIT_OK && i < features.n; i++)
        code = show_feature(doc, &o, features.word[i],
                            i < labels.n ? labels.word[i] : features.word[i],
                            i < units.n ? units.word[i] : "");
    report_put(&doc->html, "</div>\n");
    if (code == AEZ_EXIT_OK)
        put_residuals(&doc->html, &o.rows);
    if (o.rows.failed)
        code = report_no_memory(&doc->at);
    report_words_free(&features);
    report_words_free(&units);
    report_words_free(&labels);
    free_overlay(&o);
    return code;
}
