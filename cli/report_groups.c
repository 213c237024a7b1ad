/* report_groups.c - groups of values counted in the same bins: what histograms are drawn from. */
#include "platform.h"

#include "report_groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_html.h"

#define FAR 1.5 /* times the range of the quantiles: what is worth cutting off */

static size_t outside(const report_groups *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++)
        n += g->bins[i].outside + g->bins[i].skipped;
    return n;
}

void report_groups_free(report_groups *g)
{
    for (size_t i = 0; i < g->n; i++) {
        free(g->one[i].name);
        free(g->one[i].values);
    }
    for (size_t i = 0; i < g->n_binned; i++)
        report_bins_free(&g->bins[i]);
}

/* Takes the values over. */
int report_groups_add(report_doc *doc, report_groups *g, const char *name, double *values, size_t n)
{
    if (g->n == REPORT_GROUPS) {
        free(values);
        return report_error(&doc->at, "more than %d groups in one histogram: make two of it",
                            REPORT_GROUPS);
    }
    g->one[g->n] = (report_group){strdup(name), values, n};
    return g->one[g->n++].name ? AEZ_EXIT_OK : report_no_memory(&doc->at);
}

int report_groups_count(report_doc *doc, report_groups *g, double low, double high, size_t n_bins)
{
    for (size_t i = 0; i < g->n; i++) {
        if (!report_bins_count(&g->bins[i], g->one[i].values, g->one[i].n, low, high, n_bins)) {
            report_bins_free(&g->bins[i]);
            return report_no_memory(&doc->at);
        }
        g->n_binned++;
    }
    return AEZ_EXIT_OK;
}

void report_groups_note(report_doc *doc, const report_groups *g, const char *prefix,
                        const char *measure)
{
    for (size_t i = 0; i < g->n; i++) {
        const report_bins *b = &g->bins[i];
        char               series[300];
        (void)snprintf(series, sizeof series, "%.140s%s%.140s", prefix, *prefix ? ": " : "",
                       g->one[i].name);
        for (size_t k = 0; k < b->n; k++)
            report_note(doc, series, measure, b->x[k + 1], (double)b->count[k]);
    }
}

/* All values of all groups, in order. */
double *report_groups_sort(const report_groups *g, size_t first, size_t *n_finite)
{
    size_t  n = 0, at = 0;
    double *all, *sorted;
    for (size_t i = first; i < g->n; i++)
        n += g->one[i].n;
    all = malloc((n + 1) * sizeof *all);
    if (!all)
        return NULL;
    for (size_t i = first; i < g->n; i++) {
        memcpy(all + at, g->one[i].values, g->one[i].n * sizeof *all);
        at += g->one[i].n;
    }
    sorted = report_sorted(all, n, n_finite);
    free(all);
    return sorted;
}

int report_groups_range(report_doc *doc, const report_groups *g, size_t first, double share,
                        double *low, double *high)
{
    const char *text = report_option(doc->item, "range");
    double     *sorted, full, core;
    size_t      n;
    if (text) {
        if (sscanf(text, "%lf,%lf", low, high) == 2 && *low < *high)
            return AEZ_EXIT_OK;
        return report_error(&doc->at, "range=%s: give two numbers, the lower one first: 0,1", text);
    }
    sorted = report_groups_sort(g, first, &n);
    if (!sorted)
        return report_no_memory(&doc->at);
    *low = n ? sorted[0] : 0;
    *high = n ? sorted[n - 1] : 0;
    full = *high - *low;
    core = report_quantile(sorted, n, 1 - share) - report_quantile(sorted, n, share);
    if (core > 0 && full > FAR * core) { /* a few far values must not hide the rest */
        *low = report_quantile(sorted, n, share);
        *high = report_quantile(sorted, n, 1 - share);
    } else if (!(full > 0)) {
        *low -= 0.5;
        *high += 0.5;
    }
    free(sorted);
    if (n == 0)
        return report_error(&doc->at, "there is no number to count");
    return AEZ_EXIT_OK;
}

void report_groups_outside(aez_buf *note, const report_groups *g)
{
    size_t n = outside(g);
    if (n)
        report_putf(note, "%s%zu value%s outside of the range.", note->size ? " " : "", n,
                    n == 1 ? " lies" : "s lie");
}
