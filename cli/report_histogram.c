/* report_histogram.c - histograms of scores, one outline a group. */
#include "platform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_data.h"
#include "report_groups.h"
#include "report_html.h"
#include "report_svg.h"

static const aez_allocator plain = {NULL, NULL, NULL};

/* by=LABELS: one group for each label. */
static int add_by_label(report_doc *doc, report_groups *g, const report_list *list, const char *by)
{
    char         *reference = report_resolve(doc->page, by);
    report_labels labels = {0};
    int           code = reference ? report_labels_load(&labels, &doc->at, reference)
                                   : report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK && labels.n != list->n)
        code = report_error_in(&doc->at, reference, "has %zu labels for %zu values: they belong "
                               "together one by one", labels.n, list->n);
    for (size_t c = 0; code == AEZ_EXIT_OK && c < labels.n_classes; c++) {
        double *values = malloc((list->n + 1) * sizeof *values);
        size_t  n = 0;
        for (size_t i = 0; values && i < list->n; i++)
            if (labels.classes[i] == c)
                values[n++] = list->values[i];
        code = values ? report_groups_add(doc, g, labels.names[c], values, n)
                      : report_no_memory(&doc->at);
    }
    report_labels_free(&labels);
    free(reference);
    return code;
}

static int add_list(report_doc *doc, report_groups *g, const char *name, const char *word,
                    const char *by)
{
    char       *reference = report_resolve(doc->page, word);
    report_list list = {0};
    int         code = reference ? report_list_load(&list, &doc->at, reference)
                                 : report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK && by) {
        code = add_by_label(doc, g, &list, by);
    } else if (code == AEZ_EXIT_OK) {
        code = report_groups_add(doc, g, name, list.values, list.n);
        list.values = NULL;
    }
    report_list_free(&list);
    free(reference);
    return code;
}

static int collect_groups(report_doc *doc, report_groups *g)
{
    static const char *const own[] = {"title", "note",  "bins", "range", "log",
                                      "xlabel", "ylabel", "unit", "threshold"};
    report_item *item = doc->item;
    const char  *by = report_option(item, "by"), *word;
    report_arg  *arg;
    size_t       cursor = 0;
    int          code = AEZ_EXIT_OK;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        (void)report_option(item, own[i]);
    for (size_t i = 0; code == AEZ_EXIT_OK && (word = report_word(item, i)); i++)
        code = add_list(doc, g, word, word, by);
    while (code == AEZ_EXIT_OK && (arg = report_next_series(item, &cursor)))
        code = add_list(doc, g, arg->name, arg->value, by);
    if (code == AEZ_EXIT_OK && g->n == 0)
        code = report_error(&doc->at, "histogram: name what to count: histogram: scores.csv:score");
    return code;
}

/* Groups as filled outlines (the first of several), and a line where the threshold is. */
static int draw_groups(report_doc *doc, report_groups *g, report_plot *p, double threshold)
{
    report_series series[REPORT_GROUPS + 2];
    double        line_x[2] = {threshold, threshold}, line_y[2] = {0, 0};
    size_t        n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const report_bins *b = &g->bins[i];
        for (size_t k = 0; k < b->n; k++)
            line_y[1] = b->y[k + 1] > line_y[1] ? b->y[k + 1] : line_y[1];
        if (i == 0)
            series[n++] = (report_series){.name = NULL, .color = 0, .mark = REPORT_FILL,
                                          .n = b->n + 2, .x = b->x, .y = b->y};
        series[n++] = (report_series){.name = g->one[i].name, .color = (int)i,
                                      .mark = REPORT_STEPS, .n = b->n + 2, .x = b->x, .y = b->y};
    }
    if (!isnan(threshold)) {
        line_y[0] = p->log_y ? 0.5 : 0;
        series[n++] = (report_series){.name = "threshold", .color = 6, .mark = REPORT_DASH, .n = 2,
                                      .x = line_x, .y = line_y};
    }
    p->series = series;
    p->n_series = n;
    p->classes = g->n > REPORT_SERIES;
    return report_plot_draw(&doc->plotter, &doc->at, p, &doc->html);
}

int report_show_histogram(report_doc *doc)
{
    report_item *item = doc->item;
    report_groups       g = {.n = 0};
    report_plot  p = {.title = NULL};
    aez_buf      note;
    double       bins = 60, threshold = NAN;
    char        *label = NULL;
    int          code = collect_groups(doc, &g);
    aez_buf_init(&note, &plain);
    if (code == AEZ_EXIT_OK)
        code = report_option_number(item, &doc->at, "bins", 1, REPORT_BINS_MAX, &bins);
    if (code == AEZ_EXIT_OK)
        code = report_option_number(item, &doc->at, "threshold", -INFINITY, INFINITY, &threshold);
    if (code == AEZ_EXIT_OK)
        code = report_groups_range(doc, &g, 0, 0.001, &p.x_low, &p.x_high);
    if (code == AEZ_EXIT_OK)
        code = report_groups_count(doc, &g, p.x_low, p.x_high, (size_t)bins);
    if (code == AEZ_EXIT_OK)
        code = report_take_log(doc, &p.log_x, &p.log_y);
    if (code == AEZ_EXIT_OK && p.log_x)
        code = report_error(&doc->at, "log=x: bins are of one width: take the logarithm before");
    label = report_axis_label(report_or(item, "xlabel", "value"), report_option(item, "unit"));
    if (code == AEZ_EXIT_OK) {
        report_put(&note, report_or(item, "note", ""));
        report_groups_outside(&note, &g);
        aez_put_u8(&note, 0);
        p.title = report_option(item, "title");
        p.x_label = label;
        p.y_label = report_or(item, "ylabel", "count");
        p.note = note.failed || note.size < 2 ? NULL : (const char *)note.data;
        code = report_no_more(item, &doc->at);
    }
    if (code == AEZ_EXIT_OK)
        code = draw_groups(doc, &g, &p, threshold);
    if (code == AEZ_EXIT_OK)
        report_groups_note(doc, &g, "", "count");
    free(label);
    aez_buf_free(&note);
    report_groups_free(&g);
    return code;
}
