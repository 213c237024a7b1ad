/* report_bins.h - histograms, quantiles and moments of lists of numbers. */
#ifndef AEZ_CLI_REPORT_BINS_H
#define AEZ_CLI_REPORT_BINS_H

#include <stddef.h>

/* Bin i holds low + i * width <= v < low + (i + 1) * width, the last one `high` too. */
typedef struct report_bins {
    double  low, high;
    size_t  n;
    size_t *count;   /* owned: [n] */
    size_t  outside; /* finite values below low or above high */
    size_t  skipped; /* values that are not finite */
    double *x, *y;   /* owned: [n + 2] the outline: (low, 0), left edges with counts, (high, 0) */
} report_bins;

/* False when memory is short. low < high, n >= 1. */
int  report_bins_count(report_bins *out, const double *values, size_t n_values, double low,
                       double high, size_t n);
void report_bins_free(report_bins *bins);

/* The finite values in order; *n_finite of them. To be freed; NULL: no memory. */
double *report_sorted(const double *values, size_t n, size_t *n_finite);
/* Of sorted values, between neighbours in proportion; NAN of none. */
double report_quantile(const double *sorted, size_t n, double share);
/* Mean of the finite values; NAN of none. */
double report_mean(const double *values, size_t n);

#endif
