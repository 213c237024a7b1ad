/* report_groups.h - groups of values counted in the same bins: what histograms are drawn from. */
#ifndef AEZ_CLI_REPORT_GROUPS_H
#define AEZ_CLI_REPORT_GROUPS_H

#include "report_bins.h"
#include "report_show.h"

#define REPORT_GROUPS 10
#define REPORT_BINS_MAX 2000

typedef struct report_group {
    char   *name;   /* owned */
    double *values; /* owned */
    size_t  n;
} report_group;

typedef struct report_groups {
    report_group one[REPORT_GROUPS];
    report_bins  bins[REPORT_GROUPS]; /* of the first n_binned */
    size_t       n, n_binned;
} report_groups;

/* Functions returning int give an exit code. report_groups_free is right in every case. */
void report_groups_free(report_groups *g);
/* Takes the values over. */
int report_groups_add(report_doc *doc, report_groups *g, const char *name, double *values,
                      size_t n);
int report_groups_count(report_doc *doc, report_groups *g, double low, double high,
                        size_t n_bins);
/* Every count as a fact of the series "PREFIX: NAME"; "" is no prefix. */
void report_groups_note(report_doc *doc, const report_groups *g, const char *prefix,
                        const char *measure);
/* The finite values of the groups from `first` on, in order; to be freed. NULL: no memory. */
double *report_groups_sort(const report_groups *g, size_t first, size_t *n_finite);
/* The item's range=LOW,HIGH, or all values or, where a few lie far off, what is between the
 * quantiles share and 1 - share. */
int report_groups_range(report_doc *doc, const report_groups *g, size_t first, double share,
                        double *low, double *high);
/* A sentence about values that no bin holds, if there are any. */
void report_groups_outside(aez_buf *note, const report_groups *g);

#endif
