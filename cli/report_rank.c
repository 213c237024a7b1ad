/* report_rank.c - how well a score tells two classes apart: ROC curve and the area under it. */
#include "platform.h"

#include "report_rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct ranked {
    double score;
    int    positive;
} ranked;

static int compare_falling(const void *a, const void *b)
{
    double x = ((const ranked *)a)->score, y = ((const ranked *)b)->score;
    return (x < y) - (x > y);
}

/* Walks down the scores; all that are equal make one step of the curve. The area under the steps,
 * joined by straight lines, is the statistic of Mann and Whitney with ties counted half. */
static void walk(report_roc *out, const ranked *r, size_t n)
{
    size_t tp = 0, fp = 0;
    double pairs = 0;
    out->n = 1; /* (0, 0) */
    for (size_t i = 0; i < n;) {
        size_t new_tp = 0, new_fp = 0, from = i;
        for (; i < n && r[i].score == r[from].score; i++) {
            new_tp += r[i].positive != 0;
            new_fp += r[i].positive == 0;
        }
        pairs += (double)new_fp * ((double)tp + 0.5 * (double)new_tp);
        tp += new_tp;
        fp += new_fp;
        out->false_rate[out->n] = (double)fp;
        out->true_rate[out->n++] = (double)tp;
    }
    out->n_positive = tp;
    out->n_negative = fp;
    out->auc = tp && fp ? pairs / ((double)tp * (double)fp) : NAN;
    for (size_t i = 0; i < out->n; i++) {
        out->false_rate[i] /= fp ? (double)fp : 1;
        out->true_rate[i] /= tp ? (double)tp : 1;
    }
}

int report_roc_make(report_roc *out, const double *scores, const char *positive, size_t n)
{
    ranked *r = malloc((n + 1) * sizeof *r);
    memset(out, 0, sizeof *out);
    out->false_rate = calloc(n + 1, sizeof *out->false_rate);
    out->true_rate = calloc(n + 1, sizeof *out->true_rate);
    if (!r || !out->false_rate || !out->true_rate) {
        free(r);
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        r[i] = (ranked){isnan(scores[i]) ? -INFINITY : scores[i], positive[i]};
    qsort(r, n, sizeof *r, compare_falling);
    walk(out, r, n);
    free(r);
    return 1;
}

void report_roc_free(report_roc *roc)
{
    free(roc->false_rate);
    free(roc->true_rate);
    memset(roc, 0, sizeof *roc);
}
