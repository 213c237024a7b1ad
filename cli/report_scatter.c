/* report_scatter.c - latents as points of a plane, coloured by label. */
#include "platform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_axes.h"
#include "report_bins.h"
#include "report_data.h"
#include "report_html.h"
#include "report_show.h"
#include "report_svg.h"

#define MAX_WIDTH 512 /* latents of which principal axes are taken */

typedef struct cloud {
    size_t        n;
    double       *xy; /* owned: [n][2] */
    char         *x_label, *y_label; /* owned */
    report_labels labels; /* n_classes 0: none */
} cloud;

static void free_cloud(cloud *c)
{
    free(c->xy);
    free(c->x_label);
    free(c->y_label);
    report_labels_free(&c->labels);
}

/* Columns of the latents, the one with labels left out: rows [n][*width], to be freed. */
static double *take_latents(const report_array *a, long without, size_t *width)
{
    double *rows = malloc((a->n_rows * a->n_columns + 1) * sizeof *rows);
    size_t  n = 0;
    *width = a->n_columns - (without >= 0);
    for (size_t i = 0; rows && i < a->n_rows; i++)
        for (size_t k = 0; k < a->n_columns; k++)
            if ((long)k != without)
                rows[n++] = a->values[i * a->n_columns + k];
    return rows;
}

static int check_latents(report_doc *doc, const char *path, const double *rows, size_t n,
                         size_t width)
{
    if (width == 0 || width > MAX_WIDTH)
        return report_error_in(&doc->at, path, "has %zu columns of latents: a scatter takes 1 to "
                               "%d", width, MAX_WIDTH);
    for (size_t i = 0; i < n * width; i++)
        if (!isfinite(rows[i]))
            return report_error_in(&doc->at, path, "row %zu, column %zu is no finite number: "
                                   "latents have to be", i / width + 1, i % width + 1);
    return AEZ_EXIT_OK;
}

/* Two latents as they are; more, or one, on principal axes. */
static int place_points(report_doc *doc, cloud *c, const double *rows, size_t n, size_t width)
{
    char   text[2][80];
    double share[2];
    c->n = n;
    c->xy = malloc((2 * n + 1) * sizeof *c->xy);
    if (!c->xy)
        return report_no_memory(&doc->at);
    if (width == 2) {
        memcpy(c->xy, rows, 2 * n * sizeof *rows);
        (void)snprintf(text[0], sizeof text[0], "latent 1");
        (void)snprintf(text[1], sizeof text[1], "latent 2");
    } else {
        if (!report_axes_project(rows, n, width, c->xy, share))
            return report_no_memory(&doc->at);
        for (int d = 0; d < 2; d++) {
            (void)snprintf(text[d], sizeof text[d], "principal axis %d of %zu (%.0f %% of the "
                           "variance)", d + 1, width, 100 * share[d]);
            report_note(doc, "latents", d ? "share_2" : "share_1", NAN, share[d]);
        }
    }
    c->x_label = strdup(text[0]);
    c->y_label = strdup(text[1]);
    return c->x_label && c->y_label ? AEZ_EXIT_OK : report_no_memory(&doc->at);
}

/* labels=COLUMN of the table of latents itself, or labels=FILE. */
static int take_labels(report_doc *doc, cloud *c, const report_array *a, long own_column)
{
    const char  *word = report_option(doc->item, "labels");
    char        *reference;
    const char **texts;
    int          code;
    if (!word)
        return AEZ_EXIT_OK;
    if (own_column >= 0) {
        texts = malloc((a->n_rows + 1) * sizeof *texts);
        for (size_t i = 0; texts && i < a->n_rows; i++)
            texts[i] = a->table.cells[i * a->n_columns + (size_t)own_column];
        code = texts ? report_labels_make(&c->labels, &doc->at, texts, a->n_rows)
                     : report_no_memory(&doc->at);
        free((void *)texts);
        return code;
    }
    reference = report_resolve(doc->page, word);
    code = reference ? report_labels_load(&c->labels, &doc->at, reference)
                     : report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK && c->labels.n < a->n_rows)
        code = report_error_in(&doc->at, reference, "has %zu labels for %zu rows of latents: they "
                               "belong together one by one", c->labels.n, a->n_rows);
    free(reference);
    return code;
}

/* The place of a class: the medians of its points. */
static int class_middle(const cloud *c, size_t class_i, double *x, double *y)
{
    double *one[2], *middle[2] = {x, y};
    size_t  n = 0, n_finite;
    for (size_t d = 0; d < 2; d++) {
        double *sorted;
        n = 0;
        one[d] = malloc((c->n + 1) * sizeof **one);
        for (size_t i = 0; one[d] && i < c->n; i++)
            if (c->labels.classes[i] == class_i)
                one[d][n++] = c->xy[2 * i + d];
        sorted = one[d] ? report_sorted(one[d], n, &n_finite) : NULL;
        free(one[d]);
        if (!sorted)
            return 0;
        *middle[d] = report_quantile(sorted, n_finite, 0.5);
        free(sorted);
    }
    return 1;
}

/* One series of points a class; sample keeps every k-th row, so it is even over the file. */
static int draw_cloud(report_doc *doc, cloud *c, size_t most)
{
    size_t        n_classes = c->labels.n_classes ? c->labels.n_classes : 1;
    size_t        step = (c->n + most - 1) / most;
    report_series series[REPORT_CLASSES + 1];
    const char   *words[REPORT_CLASSES];
    double        middle_x[REPORT_CLASSES], middle_y[REPORT_CLASSES];
    double       *x = malloc((c->n + 1) * sizeof *x), *y = malloc((c->n + 1) * sizeof *y);
    size_t        used = 0;
    report_plot   p = {.x_label = c->x_label, .y_label = c->y_label, .classes = 1, .square = 1};
    char          sampled[100];
    int           code = x && y ? AEZ_EXIT_OK : report_no_memory(&doc->at);
    if (n_classes > REPORT_CLASSES)
        code = report_error(&doc->at, "%zu different labels: colours tell %d apart: choose fewer",
                            n_classes, REPORT_CLASSES);
    for (size_t k = 0; code == AEZ_EXIT_OK && k < n_classes; k++) {
        size_t from = used;
        for (size_t i = 0; i < c->n; i += step)
            if (!c->labels.n_classes || c->labels.classes[i] == k) {
                x[used] = c->xy[2 * i];
                y[used++] = c->xy[2 * i + 1];
            }
        words[k] = c->labels.n_classes ? c->labels.names[k] : "";
        series[k] = (report_series){.name = c->labels.n_classes ? words[k] : NULL,
                                    .color = (int)k, .mark = REPORT_POINTS, .n = used - from,
                                    .x = x + from, .y = y + from};
        if (c->labels.n_classes && !class_middle(c, k, &middle_x[k], &middle_y[k]))
            code = report_no_memory(&doc->at);
    }
    if (code == AEZ_EXIT_OK) {
        p.series = series;
        p.n_series = n_classes;
        if (c->labels.n_classes) /* told by words too: not everybody sees ten colours */
            series[p.n_series++] = (report_series){.mark = REPORT_WORDS, .n = n_classes,
                                                   .x = middle_x, .y = middle_y, .words = words};
        (void)snprintf(sampled, sizeof sampled, "%zu of %zu points: every %zu%s.", used, c->n, step,
                       step == 1 ? "st" : step == 2 ? "nd" : step == 3 ? "rd" : "th");
        p.title = report_option(doc->item, "title");
        p.note = report_or(doc->item, "note", step > 1 ? sampled : NULL);
        code = report_plot_draw(&doc->plotter, &doc->at, &p, &doc->html);
        report_note(doc, "latents", "points_drawn", NAN, (double)used);
    }
    free(x);
    free(y);
    return code;
}

int report_show_scatter(report_doc *doc)
{
    const char  *file = report_word(doc->item, 0), *labels = report_option(doc->item, "labels");
    char        *path = file ? report_resolve(doc->page, file) : NULL;
    report_array a = {0};
    cloud        c = {.n = 0};
    double      *rows = NULL, most = 4000;
    long         own = -1;
    size_t       width = 0;
    int          code;
    if (!file)
        return report_error(&doc->at, "scatter: name latents: scatter: z.npy labels=labels.idx");
    (void)report_option(doc->item, "title");
    (void)report_option(doc->item, "note");
    code = path ? report_array_load(&a, &doc->at, path) : report_no_memory(&doc->at);
    for (size_t k = 0; code == AEZ_EXIT_OK && labels && a.table.has_header && k < a.n_columns; k++)
        if (strcmp(a.table.names[k], labels) == 0)
            own = (long)k;
    if (code == AEZ_EXIT_OK && !(rows = take_latents(&a, own, &width)))
        code = report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK)
        code = check_latents(doc, path, rows, a.n_rows, width);
    if (code == AEZ_EXIT_OK)
        code = report_option_number(doc->item, &doc->at, "points", 1, 1e6, &most);
    if (code == AEZ_EXIT_OK)
        code = report_no_more(doc->item, &doc->at);
    if (code == AEZ_EXIT_OK)
        code = take_labels(doc, &c, &a, own);
    if (code == AEZ_EXIT_OK)
        code = place_points(doc, &c, rows, a.n_rows, width);
    if (code == AEZ_EXIT_OK)
        code = draw_cloud(doc, &c, (size_t)most);
    free(rows);
    free_cloud(&c);
    report_array_free(&a);
    free(path);
    return code;
}
