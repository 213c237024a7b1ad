/* report_rank.h - how well a score tells two classes apart: ROC curve and the area under it. */
#ifndef AEZ_CLI_REPORT_RANK_H
#define AEZ_CLI_REPORT_RANK_H

#include <stddef.h>

typedef struct report_roc {
    double  auc; /* Mann-Whitney: share of pairs in the right order, ties half; NAN without pairs */
    size_t  n_positive, n_negative;
    size_t  n;                     /* points of the curve */
    double *false_rate, *true_rate; /* owned: [n] from (0, 0) to (1, 1), one a distinct score */
} report_roc;

/* Higher scores speak for positive[i] != 0. Scores that are NaN count as the lowest. False when
 * memory is short. */
int  report_roc_make(report_roc *out, const double *scores, const char *positive, size_t n);
void report_roc_free(report_roc *roc);

#endif
