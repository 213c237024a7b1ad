/* report_bins.c - histograms, quantiles and moments of lists of numbers. */
#include "platform.h"

#include "report_bins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The bin of a value within low .. high; rounding must not carry it past the last one. */
static size_t bin_of(const report_bins *b, double v)
{
    double at = (v - b->low) / (b->high - b->low) * (double)b->n;
    return at < (double)(b->n - 1) ? (size_t)at : b->n - 1;
}

int report_bins_count(report_bins *out, const double *values, size_t n_values, double low,
                      double high, size_t n)
{
    memset(out, 0, sizeof *out);
    out->low = low;
    out->high = high;
    out->n = n;
    out->count = calloc(n, sizeof *out->count);
    out->x = calloc(n + 2, sizeof *out->x);
    out->y = calloc(n + 2, sizeof *out->y);
    if (!out->count || !out->x || !out->y)
        return 0;
    for (size_t i = 0; i < n_values; i++) {
        if (!isfinite(values[i]))
            out->skipped++;
        else if (values[i] < low || values[i] > high)
            out->outside++;
        else
            out->count[bin_of(out, values[i])]++;
    }
    out->x[0] = low;
    for (size_t i = 0; i < n; i++) {
        out->x[i + 1] = low + (high - low) * (double)i / (double)n;
        out->y[i + 1] = (double)out->count[i];
    }
    out->x[n + 1] = high;
    return 1;
}

void report_bins_free(report_bins *bins)
{
    free(bins->count);
    free(bins->x);
    free(bins->y);
    memset(bins, 0, sizeof *bins);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double *report_sorted(const double *values, size_t n, size_t *n_finite)
{
    double *sorted = malloc((n + 1) * sizeof *sorted);
    *n_finite = 0;
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            sorted[(*n_finite)++] = values[i];
    qsort(sorted, *n_finite, sizeof *sorted, compare_doubles);
    return sorted;
}

double report_quantile(const double *sorted, size_t n, double share)
{
    double at = share * (double)(n ? n - 1 : 0);
    size_t i = (size_t)at;
    if (n == 0)
        return NAN;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

double report_mean(const double *values, size_t n)
{
    double sum = 0;
    size_t n_finite = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            n_finite++;
        }
    return n_finite ? sum / (double)n_finite : NAN;
}
