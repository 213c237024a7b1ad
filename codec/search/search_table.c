/* search_table.c - the candidates for a column of a table: earlier rows, earlier columns, or
 * neither. */
#include <math.h>
#include <string.h>

#include "candidate.h"

#define MAX_COLUMNS 8   /* earlier columns tapped by one column */
#define LOOKS 4000      /* rows that correlations are taken over */

static void add_tap(aez_candidate *c, uint32_t field, int32_t row, int8_t shift)
{
    aez_tap *tap;
    if (c->shape.n_taps == AEZ_MAX_TAPS)
        return;
    tap = &c->tap[c->shape.n_taps++];
    memset(tap, 0, sizeof *tap);
    tap->field = field;
    tap->offset[0] = row;
    tap->shift = shift;
}

/* A column's value as a tap sees it: against its constant, or against the row before. */
static double seen(const aez_sample *s, uint32_t f, uint64_t row, int scan)
{
    const int64_t *v = s->exact[f];
    return scan ? (double)v[row] - (double)v[row - 1] : (double)v[row] - (double)s->constant[f];
}

typedef struct aez_link {
    uint32_t field;
    double   strength; /* |correlation| */
    double   ratio;    /* spread of the column over the spread of the target */
} aez_link;

static aez_link link_of(const aez_sample *s, uint32_t f, uint32_t target, int scan)
{
    uint64_t n = s->grid.n_sites, step = n / LOOKS + 1;
    double   xx = 0, yy = 0, xy = 0;
    aez_link link = {f, 0, 1};
    for (uint64_t i = 1; i < n; i += step) {
        double x = seen(s, f, i, scan), y = seen(s, target, i, scan);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if (xx > 0 && yy > 0) {
        link.strength = fabs(xy) / sqrt(xx * yy);
        link.ratio = sqrt(xx / yy);
    }
    return link;
}

/* The earlier columns that say most, strongest first. */
static unsigned find_links(const aez_trial *trial, int scan, aez_link *best)
{
    unsigned n = 0;
    for (uint32_t e = 0; e < aez_trial_n_earlier(trial); e++) {
        uint32_t f = aez_trial_earlier(trial, e);
        aez_link link;
        unsigned i;
        if (trial->sample->fields[f].image_width)
            continue;
        link = link_of(trial->sample, f, trial->field, scan);
        for (i = n < MAX_COLUMNS ? n : MAX_COLUMNS; i > 0 && best[i - 1].strength < link.strength;
             i--) {
            if (i < MAX_COLUMNS)
                best[i] = best[i - 1];
        }
        if (i < MAX_COLUMNS) {
            best[i] = link;
            if (n < MAX_COLUMNS)
                n++;
        }
    }
    return n;
}

/* Power of two that brings the tapped column's differences to the target's size. */
static int8_t link_shift(const aez_link *link)
{
    int shift = (int)lrint(log2(link->ratio));
    return (int8_t)(shift < -40 ? -40 : shift > 40 ? 40 : shift);
}

static aez_status try_column(aez_trial *trial, int scan, unsigned n_lags, unsigned n_links,
                             const aez_link *links, unsigned period, int means)
{
    aez_candidate c;
    aez_candidate_init(&c, trial, AEZ_TEMPLATE_LIST);
    c.shape.base = scan ? AEZ_BASE_TAP : AEZ_BASE_CONST;
    for (unsigned i = 1; scan && i <= n_lags; i++)
        add_tap(&c, trial->field, -(int32_t)i, (int8_t)c.shape.shift);
    if (period) {
        add_tap(&c, trial->field, -(int32_t)period, (int8_t)c.shape.shift);
        add_tap(&c, trial->field, -(int32_t)period - 1, (int8_t)c.shape.shift);
    }
    for (unsigned i = 0; i < n_links; i++)
        add_tap(&c, links[i].field, 0, link_shift(&links[i]));
    c.weights = n_lags > 1 || n_links > 0;
    if (means && !aez_candidate_use_means(&c, trial))
        return AEZ_OK;
    return aez_trial_run(trial, &c);
}

static aez_status try_repeats(aez_trial *trial)
{
    aez_candidate c;
    aez_candidate_init(&c, trial, AEZ_TEMPLATE_LIST);
    c.shape.flags = AEZ_FIXED_GRID;
    c.shape.base = AEZ_BASE_CONST;
    c.weights = c.fit_activity = 0;
    return aez_trial_run(trial, &c);
}

/* Columns of few values: contexts by what other columns, or the rows before, foretell. */
static aez_status try_means(aez_trial *trial, const unsigned *n, aez_link links[2][MAX_COLUMNS])
{
    aez_status st = AEZ_OK;
    for (unsigned m = 1; st >= 0 && m <= n[0]; m *= 2)
        st = try_column(trial, 0, 0, m, links[0], 0, 1);
    if (st >= 0)
        st = try_column(trial, 1, 2, 0, NULL, 0, 1);
    if (st >= 0 && n[1] > 0)
        st = try_column(trial, 1, 2, n[1], links[1], 0, 1);
    return st;
}

aez_status aez_try_column(aez_trial *trial)
{
    static const unsigned periods[] = {7, 12, 24, 48};
    int                   level = trial->options->level;
    aez_link              links[2][MAX_COLUMNS];
    unsigned              n[2];
    aez_status            st = try_repeats(trial);
    for (int scan = 0; st >= 0 && scan < 2; scan++) {
        n[scan] = level > 1 ? find_links(trial, scan, links[scan]) : 0;
        st = try_column(trial, scan, 1, 0, NULL, 0, 0);
        for (unsigned m = 1; st >= 0 && m <= n[scan]; m *= 2)
            st = try_column(trial, scan, 1, m, links[scan], 0, 0);
        if (st >= 0 && n[scan] > 0 && level >= 5)
            st = try_column(trial, scan, 3, n[scan], links[scan], 0, 0);
    }
    for (unsigned lags = 2; st >= 0 && lags <= 4; lags++)
        st = try_column(trial, 1, lags, 0, NULL, 0, 0);
    for (unsigned i = 0; st >= 0 && level >= 5 && trial->best.shape.base == AEZ_BASE_TAP &&
                         i < sizeof periods / sizeof *periods; i++) {
        st = try_column(trial, 1, 3, n[1], links[1], periods[i], 0);
    }
    if (st >= 0 && level > 1)
        st = try_means(trial, n, links);
    return st;
}
