/* search_array.c - the candidates for a field of an array: which axis plays which role. */
#include <math.h>
#include <string.h>

#include "candidate.h"

#define LOOKS 20000    /* pairs looked at along an axis */
#define MAX_CHANNELS 6 /* earlier fields tapped by one field, its hat included */

/* Mean |difference| of neighbours along an axis: how rough the field is that way. */
static double roughness(const aez_sample *s, uint32_t field, unsigned axis)
{
    const aez_grid *g = &s->grid;
    const int64_t  *v = s->exact[field];
    uint64_t        pitch = 1, step = g->n_sites / LOOKS + 1;
    double          sum = 0;
    size_t          n = 0;
    for (unsigned a = axis + 1; a < g->n_dims; a++)
        pitch *= g->shape[a];
    step |= 1; /* odd: does not walk along one axis of even length */
    for (uint64_t i = 0; i < g->n_sites; i += step) {
        if (i / pitch % g->shape[axis] == 0)
            continue;
        sum += fabs((double)v[i] - (double)v[i - pitch]);
        n++;
    }
    return n ? sum / (double)n : INFINITY;
}

/* Axes from the smoothest to the roughest. */
static void sort_axes(const aez_trial *trial, unsigned *axis)
{
    double   rough[AEZ_MAX_DIMS];
    unsigned n = trial->grid->n_dims;
    for (unsigned a = 0; a < n; a++) {
        rough[a] = roughness(trial->sample, trial->field, a);
        axis[a] = a;
    }
    for (unsigned i = 1; i < n; i++) {
        for (unsigned j = i; j > 0 && rough[axis[j]] < rough[axis[j - 1]]; j--) {
            unsigned swap = axis[j];
            axis[j] = axis[j - 1];
            axis[j - 1] = swap;
        }
    }
}

static unsigned pyramid_log(const aez_grid *grid, unsigned axes)
{
    uint64_t longest = 2;
    unsigned log = 1;
    for (unsigned a = 0; a < grid->n_dims; a++) {
        if ((axes >> a & 1) && grid->shape[a] > longest)
            longest = grid->shape[a];
    }
    while (log < AEZ_PYRAMID_LOG_MAX - 2 && ((uint64_t)2 << log) < longest)
        log++;
    return log;
}

/* The roughest axis is refined first, when all neighbours are still far; `ranked` is smoothest
 * first. */
static void set_order(aez_candidate *c, const aez_grid *grid, unsigned axes, const unsigned *ranked)
{
    for (unsigned i = grid->n_dims; i-- > 0;) {
        if (axes >> ranked[i] & 1)
            c->shape.order[c->shape.n_order++] = (uint8_t)ranked[i];
    }
    c->shape.log = pyramid_log(grid, axes);
}

static aez_status try_pyramid(aez_trial *trial, unsigned axes, unsigned scanned, unsigned flags,
                              const unsigned *ranked, int weights)
{
    aez_candidate c;
    aez_candidate_init(&c, trial, AEZ_TEMPLATE_PYRAMID);
    c.shape.flags = flags | (scanned ? AEZ_SCAN_TAPS : 0);
    c.scan_mask = (uint8_t)scanned;
    c.weights = weights;
    c.fit_activity = c.fit_activity && weights;
    set_order(&c, trial->grid, axes, ranked);
    if (flags & AEZ_CHANNEL_TAPS) {
        if (trial->hat)
            c.shape.channel[c.shape.n_channels++] = trial->hat - 1;
        for (uint32_t i = trial->n_given;
             i < aez_trial_n_earlier(trial) && c.shape.n_channels < MAX_CHANNELS; i++) {
            uint32_t f = aez_trial_earlier(trial, i);
            if (trial->sample->fields[f].image_width == 0)
                c.shape.channel[c.shape.n_channels++] = f;
        }
        if (c.shape.n_channels == 0)
            return AEZ_OK;
    }
    return aez_trial_run(trial, &c);
}

static void add_list_tap(aez_candidate *c, const int32_t *offset)
{
    aez_tap *tap;
    if (c->shape.n_taps == AEZ_MAX_TAPS)
        return;
    tap = &c->tap[c->shape.n_taps++];
    memset(tap, 0, sizeof *tap);
    tap->field = c->shape.field;
    tap->shift = (int8_t)c->shape.shift;
    memcpy(tap->offset, offset, sizeof tap->offset);
}

/* Causal neighbours over some axes: one step back along each (nearest first), all corners of the
 * cube behind, two steps back, and the forward diagonal of the innermost pair. */
static void causal_taps(aez_candidate *c, const aez_grid *grid, unsigned axes,
                        const unsigned *ranked)
{
    int32_t off[AEZ_MAX_DIMS] = {0};
    for (unsigned i = 0; i < grid->n_dims; i++) {
        if (axes >> ranked[i] & 1) {
            off[ranked[i]] = -1;
            add_list_tap(c, off);
            off[ranked[i]] = 0;
        }
    }
    for (unsigned corner = 1; corner < 1u << grid->n_dims; corner++) {
        if ((corner & ~axes) || (corner & (corner - 1)) == 0)
            continue;
        for (unsigned a = 0; a < grid->n_dims; a++)
            off[a] = corner >> a & 1 ? -1 : 0;
        add_list_tap(c, off);
    }
    memset(off, 0, sizeof off);
    for (unsigned a = 0; a < grid->n_dims; a++) {
        if (!(axes >> a & 1))
            continue;
        off[a] = -2;
        add_list_tap(c, off);
        off[a] = -1;
        for (unsigned b = a + 1; b < grid->n_dims; b++) {
            if (!(axes >> b & 1))
                continue;
            off[b] = 1;
            add_list_tap(c, off);
            off[b] = 0;
        }
        off[a] = 0;
    }
}

static int has_tap(const aez_candidate *c, const int32_t *offset)
{
    for (unsigned i = 0; i < c->shape.n_taps; i++) {
        if (memcmp(c->tap[i].offset, offset, sizeof c->tap[i].offset) == 0)
            return 1;
    }
    return 0;
}

/* Everything next to the site that comes before it, and two steps back: for a net, or where least
 * squares finds a use for it. In four dimensions and more only what differs along two axes. */
static void wide_taps(aez_candidate *c, const aez_grid *grid, unsigned axes)
{
    unsigned n_cube = 1;
    for (unsigned a = 0; a < grid->n_dims; a++)
        n_cube *= 3;
    for (unsigned cube = 0; cube < n_cube / 2; cube++) { /* the first half points back */
        int32_t  off[AEZ_MAX_DIMS] = {0};
        unsigned left = cube, n_moves = 0, strays = 0;
        for (unsigned a = grid->n_dims; a-- > 0; left /= 3) {
            off[a] = (int32_t)(left % 3) - 1;
            n_moves += off[a] != 0;
            strays += off[a] != 0 && !(axes >> a & 1);
        }
        if (!strays && n_moves && (n_moves <= 2 || grid->n_dims <= 3) && !has_tap(c, off))
            add_list_tap(c, off);
    }
}

/* Longer lags along an axis; a period with its neighbours. */
static void lag_taps(aez_candidate *c, unsigned axis, uint64_t period)
{
    static const int32_t lags[] = {2, 3, 4, 6, 8};
    int32_t              off[AEZ_MAX_DIMS] = {0};
    for (size_t i = 0; i < sizeof lags / sizeof *lags; i++) {
        off[axis] = -lags[i];
        if (!has_tap(c, off))
            add_list_tap(c, off);
    }
    for (int side = 1; period && side >= -1; side--) {
        off[axis] = -(int32_t)period + side;
        if (!has_tap(c, off))
            add_list_tap(c, off);
    }
}

/* lag_axis: n_dims for none. */
static aez_status try_wide(aez_trial *trial, unsigned axes, const unsigned *ranked,
                           unsigned lag_axis, uint64_t period)
{
    aez_candidate c;
    aez_candidate_init(&c, trial, AEZ_TEMPLATE_LIST);
    c.shape.base = AEZ_BASE_TAP;
    causal_taps(&c, trial->grid, axes, ranked);
    wide_taps(&c, trial->grid, axes);
    if (lag_axis < trial->grid->n_dims)
        lag_taps(&c, lag_axis, period);
    return aez_trial_run(trial, &c);
}

#define PERIOD_MAX 400
#define PERIOD_GAIN 0.6 /* a period counts if the field repeats that much better than at 1 to 2 */

/* The lag along an axis beyond the first few at which the field is most like itself, 0 if none
 * stands out. */
static uint64_t find_period(const aez_trial *trial, unsigned axis)
{
    const aez_sample *s = trial->sample;
    const int64_t    *v = s->exact[trial->field];
    uint64_t          pitch = 1, extent = s->grid.shape[axis], best = 0, step;
    double            least = HUGE_VAL, near = 0;
    for (unsigned a = axis + 1; a < s->grid.n_dims; a++)
        pitch *= s->grid.shape[a];
    step = (s->grid.n_sites / 2000 + 1) | 1;
    for (uint64_t lag = 2; lag <= PERIOD_MAX && lag < extent / 3; lag++) {
        double   sum = 0;
        uint64_t n = 0;
        for (uint64_t i = 0; i < s->grid.n_sites; i += step) {
            if (i / pitch % extent < lag)
                continue;
            sum += fabs((double)v[i] - (double)v[i - lag * pitch]);
            n++;
        }
        if (n == 0)
            break;
        sum /= (double)n;
        if (lag == 2)
            near = sum;
        else if (lag > 4 && sum < 0.98 * least) {
            least = sum;
            best = lag;
        }
    }
    return best && least < near / PERIOD_GAIN ? best : 0;
}

static aez_status try_causal(aez_trial *trial, unsigned axes, const unsigned *ranked, int means)
{
    aez_candidate c;
    aez_candidate_init(&c, trial, AEZ_TEMPLATE_LIST);
    c.shape.base = AEZ_BASE_TAP;
    causal_taps(&c, trial->grid, axes, ranked);
    if (means && !aez_candidate_use_means(&c, trial))
        return AEZ_OK;
    return aez_trial_run(trial, &c);
}

/* The hat's error, from the hat at the site and, by causal neighbours of both, the errors there. */
static aez_status try_hat_list(aez_trial *trial, unsigned axes, unsigned n_near,
                               const unsigned *ranked)
{
    aez_candidate c;
    unsigned      n_own;
    aez_candidate_init(&c, trial, AEZ_TEMPLATE_LIST);
    c.shape.base = axes ? AEZ_BASE_TAP : AEZ_BASE_CONST;
    causal_taps(&c, trial->grid, axes, ranked);
    n_own = c.shape.n_taps;
    for (unsigned i = 0; i <= n_own && i <= n_near && c.shape.n_taps < AEZ_MAX_TAPS; i++) {
        aez_tap *tap = &c.tap[c.shape.n_taps++];
        memset(tap, 0, sizeof *tap);
        if (i > 0)
            *tap = c.tap[i - 1];
        tap->field = trial->hat - 1;
        tap->shift = (int8_t)c.shape.shift;
    }
    return aez_trial_run(trial, &c);
}

/* Candidates that tap the field's hat. */
static aez_status try_hat(aez_trial *trial, unsigned flags, const unsigned *ranked)
{
    unsigned   n = trial->grid->n_dims, all = (1u << n) - 1;
    aez_status st = try_hat_list(trial, 0, 0, ranked);
    for (unsigned out = 0; st >= 0 && out < n && out <= 2; out++) {
        unsigned axes = all;
        for (unsigned i = 0; i < out; i++)
            axes &= ~(1u << ranked[n - 1 - i]);
        st = try_pyramid(trial, axes, 0, flags | AEZ_CHANNEL_TAPS, ranked, 1);
        if (st >= 0)
            st = try_hat_list(trial, axes, 0, ranked);
        if (st >= 0)
            st = try_hat_list(trial, axes, 6, ranked);
    }
    return st;
}

/* Values on the fixed grid without prediction: data that repeats itself, for zstd to find. */
static aez_status try_repeats(aez_trial *trial)
{
    aez_candidate c;
    aez_candidate_init(&c, trial, AEZ_TEMPLATE_LIST);
    c.shape.flags = AEZ_FIXED_GRID;
    c.shape.base = AEZ_BASE_CONST;
    c.weights = c.fit_activity = 0;
    return aez_trial_run(trial, &c);
}

/* All axes but the `n_out` roughest as a pyramid, those as batch or (scan) scanned. */
static aez_status try_without(aez_trial *trial, const unsigned *ranked, unsigned n_out, int scan,
                              unsigned flags, int weights)
{
    unsigned n = trial->grid->n_dims, all = (1u << n) - 1, out = 0;
    for (unsigned i = 0; i < n_out; i++)
        out |= 1u << ranked[n - 1 - i];
    return try_pyramid(trial, all & ~out, scan ? out : 0, flags, ranked, weights);
}

/* Wider lists over all axes, or all but the roughest, with longer lags where they help. */
static aez_status try_more_taps(aez_trial *trial, const unsigned *ranked)
{
    unsigned   n = trial->grid->n_dims, all = (1u << n) - 1;
    aez_status st = try_wide(trial, all, ranked, n, 0);
    for (unsigned a = 0; st >= 0 && a < n; a++) {
        if (trial->grid->shape[a] > 24)
            st = try_wide(trial, all, ranked, a, find_period(trial, a));
    }
    if (st >= 0 && n > 1)
        st = try_wide(trial, all & ~(1u << ranked[n - 1]), ranked, n, 0);
    return st;
}

aez_status aez_try_array(aez_trial *trial)
{
    int        level = trial->options->level;
    unsigned   n = trial->grid->n_dims, all = (1u << n) - 1;
    unsigned   ranked[AEZ_MAX_DIMS], flags = level > 1 ? AEZ_CROSS_TAPS : 0;
    aez_status st;
    sort_axes(trial, ranked);
    st = try_pyramid(trial, all, 0, flags, ranked, 1);
    if (st >= 0)
        st = try_pyramid(trial, all, 0, 0, ranked, 0);
    for (unsigned out = 1; st >= 0 && out < n && out <= 3; out++) {
        st = try_without(trial, ranked, out, 0, flags, 1);
        if (st >= 0 && level > 1 && out == 1)
            st = try_without(trial, ranked, out, 1, flags, 1);
    }
    if (st >= 0 && level > 1 && n > 1 && ranked[n - 1] != 0) /* the slowest axis is often time */
        st = try_pyramid(trial, all & ~1u, 1, flags, ranked, 1);
    if (st >= 0)
        st = try_causal(trial, all, ranked, 0);
    if (st >= 0)
        st = try_causal(trial, all, ranked, 1);
    for (unsigned out = 1; st >= 0 && level > 1 && out < n && out <= 2; out++) {
        unsigned axes = all;
        for (unsigned i = 0; i < out; i++)
            axes &= ~(1u << ranked[n - 1 - i]);
        st = try_causal(trial, axes, ranked, 0);
        if (st >= 0)
            st = try_causal(trial, axes, ranked, 1);
    }
    if (st >= 0 && level >= 5)
        st = try_more_taps(trial, ranked);
    if (st >= 0 && trial->hat)
        st = try_hat(trial, flags, ranked);
    if (st >= 0 && aez_trial_n_earlier(trial) > trial->n_given && level > 1 &&
        trial->best.shape.kind == AEZ_TEMPLATE_PYRAMID) {
        aez_candidate best = trial->best;
        unsigned      axes = 0;
        for (unsigned i = 0; i < best.shape.n_order; i++)
            axes |= 1u << best.shape.order[i];
        st = try_pyramid(trial, axes, best.scan_mask, flags | AEZ_CHANNEL_TAPS, ranked, 1);
    }
    if (st >= 0)
        st = try_repeats(trial);
    return st;
}
