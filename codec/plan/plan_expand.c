/* plan_expand.c - grids, and the expansion of templates to stages (spec 4.3, 4.4). */
#include <string.h>

#include "plan_net.h"

void aez_grid_init(aez_grid *grid, const uint64_t *box, unsigned n_dims)
{
    memset(grid, 0, sizeof *grid);
    grid->n_sites = 1;
    for (unsigned a = 0; a < n_dims; a++) {
        grid->n_sites *= box[a];
        if (box[a] != 1)
            grid->shape[grid->n_dims++] = box[a];
    }
    if (grid->n_dims == 0)
        grid->shape[grid->n_dims++] = 1;
}

static int same_tap(const aez_tap *x, const aez_tap *y)
{
    return x->field == y->field && memcmp(x->offset, y->offset, sizeof x->offset) == 0;
}

/* Adds a tap unless the same site is tapped already or there is no room. */
static aez_tap *add_tap(aez_stage *s, uint32_t field, int8_t shift)
{
    aez_tap *tap = &s->tap[s->n_taps];
    memset(tap, 0, sizeof *tap);
    tap->field = field;
    tap->shift = shift;
    s->n_taps++;
    return tap;
}

static void drop_last_if_known(aez_stage *s)
{
    const aez_tap *last = &s->tap[s->n_taps - 1];
    if (s->n_taps > AEZ_MAX_TAPS - 1) {
        s->n_taps--;
        return;
    }
    for (unsigned i = 0; i + 1 < s->n_taps; i++) {
        if (same_tap(&s->tap[i], last)) {
            s->n_taps--;
            return;
        }
    }
}

static void add_scan_taps(aez_stage *s, const aez_template *t, const aez_grid *grid,
                          uint8_t scan_mask)
{
    for (unsigned a = 0; a < grid->n_dims; a++) {
        unsigned n_primary = s->n_primary;
        if (!(scan_mask >> a & 1))
            continue;
        for (int back = 1; back <= 2; back++) {
            add_tap(s, t->field, (int8_t)t->shift)->offset[a] = -back;
            drop_last_if_known(s);
        }
        for (unsigned i = 0; i < n_primary; i++) {
            aez_tap *tap = add_tap(s, t->field, (int8_t)t->shift);
            memcpy(tap->offset, s->tap[i].offset, sizeof tap->offset);
            tap->offset[a] = -1;
            drop_last_if_known(s);
        }
        for (unsigned i = 0; i < t->n_order; i++) {
            for (int side = -1; side <= 1; side += 2) {
                aez_tap *tap = add_tap(s, t->field, (int8_t)t->shift);
                tap->offset[a] = -1;
                tap->offset[t->order[i]] = side;
                drop_last_if_known(s);
            }
        }
    }
}

static void add_channel_taps(aez_stage *s, const aez_template *t)
{
    for (unsigned i = 0; i < t->n_channels; i++) {
        add_tap(s, t->channel[i], t->channel_shift[i]);
        drop_last_if_known(s);
    }
}

static void whole_axis(aez_stage *s, unsigned a)
{
    s->start[a] = 0;
    s->stride[a] = 1;
    s->move[a] = 0;
}

static void expand_anchors(aez_stage *s, const aez_template *t, const aez_grid *grid,
                           uint8_t scan_mask)
{
    uint64_t stride = (uint64_t)1 << t->log;
    for (unsigned i = 0; i < t->n_order; i++)
        s->stride[t->order[i]] = stride;
    if (t->flags & AEZ_SCAN_TAPS) {
        for (unsigned a = 0; a < grid->n_dims; a++) {
            if (scan_mask >> a & 1)
                add_tap(s, t->field, (int8_t)t->shift)->offset[a] = -1;
        }
    }
    for (unsigned i = t->n_order; i-- > 0;)
        add_tap(s, t->field, (int8_t)t->shift)->offset[t->order[i]] = -(int32_t)stride;
    if (t->flags & AEZ_CHANNEL_TAPS)
        add_channel_taps(s, t);
    s->base = AEZ_BASE_TAP;
    s->serial = 1;
    s->axis = AEZ_MAX_DIMS;
    s->log = t->log;
}

static void expand_level(aez_stage *s, const aez_template *t, const aez_grid *grid,
                         uint8_t scan_mask, unsigned log, unsigned turn)
{
    static const int32_t primary[4] = {-1, 1, -3, 3};
    int32_t              dist = (int32_t)1 << log;
    unsigned             axis = t->order[turn];
    for (unsigned i = 0; i < t->n_order; i++) {
        unsigned b = t->order[i];
        s->start[b] = i == turn ? (uint64_t)dist : 0;
        s->stride[b] = (uint64_t)dist * (i < turn ? 1 : 2);
        s->move[b] = s->stride[b];
    }
    for (unsigned i = 0; i < 4; i++)
        add_tap(s, t->field, (int8_t)t->shift)->offset[axis] = primary[i] * dist;
    s->n_primary = 4;
    for (unsigned i = 0; (t->flags & AEZ_CROSS_TAPS) && i < t->n_order; i++) {
        unsigned b = t->order[i];
        if (i == turn)
            continue;
        for (int k = 0; k < 4; k++) {
            aez_tap *tap = add_tap(s, t->field, (int8_t)t->shift);
            tap->offset[axis] = k & 1 ? dist : -dist;
            tap->offset[b] = (int32_t)s->stride[b] * (k & 2 ? 1 : -1);
            drop_last_if_known(s);
        }
    }
    if (t->flags & AEZ_SCAN_TAPS)
        add_scan_taps(s, t, grid, scan_mask);
    if (t->flags & AEZ_CHANNEL_TAPS)
        add_channel_taps(s, t);
    s->base = AEZ_BASE_MIDDLE;
    s->axis = axis;
    s->log = log;
}

static void stage_common(aez_stage *s, const aez_template *t, const aez_grid *grid)
{
    memset(s, 0, sizeof *s);
    s->field = t->field;
    s->shift = t->shift;
    s->fixed_grid = (t->flags & (AEZ_FIXED_GRID | AEZ_MATCH_TAPS)) != 0;
    s->mean_levels = (t->flags & AEZ_MEAN_LEVELS) != 0;
    s->mean_floor = t->mean_floor;
    s->mean_shift = t->mean_shift;
    for (unsigned a = 0; a < grid->n_dims; a++)
        whole_axis(s, a);
}

/* Whether a site of the same line and stage is tapped: then sites must be done one by one. */
static int taps_own_line(const aez_template *t, const aez_grid *grid)
{
    for (unsigned i = 0; i < t->n_taps; i++) {
        const aez_tap *tap = &t->tap[i];
        int            same = tap->field == t->field;
        for (unsigned a = 0; a + 1 < grid->n_dims; a++)
            same = same && tap->offset[a] == 0;
        if (same)
            return 1;
    }
    return 0;
}

static void expand_list(aez_stage *s, const aez_template *t, const aez_grid *grid)
{
    stage_common(s, t, grid);
    s->n_taps = t->n_taps;
    memcpy(s->tap, t->tap, t->n_taps * sizeof *t->tap);
    s->base = t->base;
    s->serial = taps_own_line(t, grid);
    if (t->flags & AEZ_MATCH_TAPS) {
        s->n_contexts = t->n_contexts;
        memcpy(s->context, t->context, sizeof s->context);
        s->match_log = t->match_log;
    }
    s->axis = AEZ_MAX_DIMS;
}

uint64_t aez_stage_sites(const aez_stage *s, const aez_grid *grid, uint8_t scan_mask)
{
    uint64_t n = 1;
    for (unsigned a = 0; a < grid->n_dims; a++) {
        if (scan_mask >> a & 1)
            continue;
        if (s->start[a] >= grid->shape[a])
            return 0;
        n *= (grid->shape[a] - s->start[a] - 1) / s->stride[a] + 1;
    }
    return n;
}

/* Where stage number i goes: the caller's array while there is room, else a scratch one. */
static aez_stage *slot(aez_stage *stages, size_t max, size_t i, aez_stage *scratch)
{
    return i < max ? &stages[i] : scratch;
}

size_t aez_template_expand(const aez_template *t, const aez_grid *grid, uint8_t scan_mask,
                           aez_stage *stages, size_t max)
{
    aez_stage  scratch;
    aez_stage *s = slot(stages, max, 0, &scratch);
    size_t     n = 1;
    if (t->kind == AEZ_TEMPLATE_LIST) {
        expand_list(s, t, grid);
    } else {
        stage_common(s, t, grid);
        expand_anchors(s, t, grid, scan_mask);
        for (unsigned log = t->log; log-- > 0;) {
            for (unsigned turn = 0; turn < t->n_order; turn++) {
                s = slot(stages, max, n, &scratch);
                stage_common(s, t, grid);
                expand_level(s, t, grid, scan_mask, log, turn);
                if (aez_stage_sites(s, grid, scan_mask) > 0)
                    n++;
            }
        }
    }
    for (size_t i = 0; t->predictor && i < n && i < max && i < t->n_predictors; i++) {
        unsigned net = t->predictor[i].net;
        stages[i].predictor = &t->predictor[i];
        stages[i].net = net > 0 && net <= t->n_nets ? &t->nets[net - 1] : NULL;
    }
    return n;
}
