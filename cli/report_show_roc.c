/* report_show_roc.c - ROC curves of scores, with the areas under them. */
#include "platform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_data.h"
#include "report_html.h"
#include "report_rank.h"
#include "report_show.h"

#define MAX_CURVES 8
#define MAX_POINTS 600 /* of a drawn curve: more are not seen */

typedef struct contest {
    char      *positive; /* owned: [n] */
    size_t     n;
    report_roc roc[MAX_CURVES];
    char      *name[MAX_CURVES];
    size_t     n_curves;
} contest;

static void free_contest(contest *c)
{
    for (size_t i = 0; i < c->n_curves; i++) {
        report_roc_free(&c->roc[i]);
        free(c->name[i]);
    }
    free(c->positive);
}

/* Which items are positive: those labelled positive=TEXT, else those whose label is a number other
 * than 0. */
static int take_positive(report_doc *doc, contest *c, const report_labels *labels, const char *path)
{
    const char *wanted = report_option(doc->item, "positive");
    size_t      n_positive = 0;
    c->n = labels->n;
    c->positive = malloc(labels->n + 1);
    if (!c->positive)
        return report_no_memory(&doc->at);
    for (size_t i = 0; i < labels->n; i++) {
        const char *name = labels->names[labels->classes[i]];
        double      number = report_number(name);
        if (!wanted && isnan(number))
            return report_error_in(&doc->at, path, "\"%s\" is no number: say which label counts "
                                   "as positive: positive=%s", name, name);
        c->positive[i] = wanted ? strcmp(name, wanted) == 0 : number != 0;
        n_positive += c->positive[i] != 0;
    }
    if (n_positive == 0 || n_positive == labels->n)
        return report_error_in(&doc->at, path, "%s item is positive: a ROC curve needs both kinds",
                               n_positive ? "every" : "no");
    return AEZ_EXIT_OK;
}

static int add_curve(report_doc *doc, contest *c, const char *name, const char *word)
{
    char       *reference = report_resolve(doc->page, word);
    report_list list = {0};
    int         code = reference ? report_list_load(&list, &doc->at, reference)
                                 : report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK && c->n_curves == MAX_CURVES)
        code = report_error(&doc->at, "more than %d curves in one plot: make two of it",
                            MAX_CURVES);
    if (code == AEZ_EXIT_OK && list.n != c->n)
        code = report_error_in(&doc->at, reference, "has %zu scores for %zu labels: they belong "
                               "together one by one", list.n, c->n);
    if (code == AEZ_EXIT_OK) {
        c->name[c->n_curves] = strdup(name);
        if (!report_roc_make(&c->roc[c->n_curves++], list.values, c->positive, list.n) ||
            !c->name[c->n_curves - 1])
            code = report_no_memory(&doc->at);
    }
    report_list_free(&list);
    free(reference);
    return code;
}

static int collect_curves(report_doc *doc, contest *c)
{
    report_item *item = doc->item;
    const char  *word;
    report_arg  *arg;
    size_t       cursor = 0;
    int          code = AEZ_EXIT_OK;
    (void)report_option(item, "title");
    (void)report_option(item, "note");
    for (size_t i = 0; code == AEZ_EXIT_OK && (word = report_word(item, i)); i++)
        code = add_curve(doc, c, word, word);
    while (code == AEZ_EXIT_OK && (arg = report_next_series(item, &cursor)))
        code = add_curve(doc, c, arg->name, arg->value);
    if (code == AEZ_EXIT_OK && c->n_curves == 0)
        code = report_error(&doc->at, "roc: name scores: roc: labels=l.idx model=a.csv:score");
    return code;
}

/* Every k-th point, the ends kept. */
static void thin(report_roc *roc)
{
    size_t step = (roc->n + MAX_POINTS - 1) / MAX_POINTS, n = 0;
    if (step < 2)
        return;
    for (size_t i = 0; i < roc->n; i++)
        if (i % step == 0 || i + 1 == roc->n) {
            roc->false_rate[n] = roc->false_rate[i];
            roc->true_rate[n++] = roc->true_rate[i];
        }
    roc->n = n;
}

/* The legend tells the areas. */
static int draw_curves(report_doc *doc, contest *c)
{
    static const double diagonal[2] = {0, 1};
    report_series       series[MAX_CURVES + 1] = {{.color = 6, .mark = REPORT_DASH, .n = 2,
                                                   .x = diagonal, .y = diagonal}};
    char                names[MAX_CURVES][200], note[120];
    report_plot         p = {.x_label = "false positive rate", .y_label = "true positive rate",
                             .x_high = 1, .y_high = 1};
    for (size_t i = 0; i < c->n_curves; i++) {
        report_note(doc, c->name[i], "auc", NAN, c->roc[i].auc);
        thin(&c->roc[i]);
        (void)snprintf(names[i], sizeof names[i], "%.150s, AUC %.4f", c->name[i], c->roc[i].auc);
        series[i + 1] = (report_series){.name = names[i], .color = (int)i, .mark = REPORT_LINE,
                                        .n = c->roc[i].n, .x = c->roc[i].false_rate,
                                        .y = c->roc[i].true_rate};
    }
    (void)snprintf(note, sizeof note, "%zu positive, %zu negative. Ties count half.",
                   c->roc[0].n_positive, c->roc[0].n_negative);
    p.title = report_option(doc->item, "title");
    p.note = report_or(doc->item, "note", note);
    p.series = series;
    p.n_series = c->n_curves + 1;
    p.square = 1;
    return report_plot_draw(&doc->plotter, &doc->at, &p, &doc->html);
}

int report_show_roc(report_doc *doc)
{
    const char   *word = report_option(doc->item, "labels");
    char         *reference = word ? report_resolve(doc->page, word) : NULL;
    report_labels labels = {0};
    contest       c = {.n = 0};
    int           code;
    if (!word)
        return report_error(&doc->at, "roc: say what is true: roc: labels=l.idx autoencoder=a.csv");
    code = reference ? report_labels_load(&labels, &doc->at, reference)
                     : report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK)
        code = take_positive(doc, &c, &labels, reference);
    if (code == AEZ_EXIT_OK)
        code = collect_curves(doc, &c);
    if (code == AEZ_EXIT_OK)
        code = report_no_more(doc->item, &doc->at);
    if (code == AEZ_EXIT_OK)
        code = draw_curves(doc, &c);
    free_contest(&c);
    report_labels_free(&labels);
    free(reference);
    return code;
}
