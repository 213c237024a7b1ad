/* plan_run.c - runs a plan over the fields of a chunk, coding or restoring them (spec 4.5). */
#include <string.h>

#include "plan_run.h"

static void add_differences(aez_block *b, const aez_lens_tap *tap, const int64_t *base,
                            const int64_t *p, int64_t step, int n)
{
    uint64_t w = (uint64_t)(int64_t)tap->weight, v = tap->activity;
    if (tap->shift == 0) { /* nearly always; without the shift the loop is half as long */
        for (int i = 0; i < n; i++) {
            int64_t d = sub64(p[i * step], base[i]);
            b->sum[i] += w * (uint64_t)d;
            b->activity[i] += v * (d < 0 ? 0 - (uint64_t)d : (uint64_t)d);
        }
        return;
    }
    for (int i = 0; i < n; i++) {
        int64_t d = shift_difference(sub64(p[i * step], base[i]), tap->shift);
        b->sum[i] += w * (uint64_t)d;
        b->activity[i] += v * (d < 0 ? 0 - (uint64_t)d : (uint64_t)d);
    }
}

/* Weighted sums and activities of n <= AEZ_RUN_BLOCK sites. */
static void block_sums(const aez_run *run, const aez_stage *s, const aez_lens *lens, aez_block *b,
                       int64_t first, int64_t step, int n)
{
    int64_t other[AEZ_RUN_BLOCK];
    block_base(b->base, lens, run->source[s->field], run->plan->constant[s->field], first, step, n);
    memset(b->sum, 0, (size_t)n * sizeof *b->sum);
    memset(b->activity, 0, (size_t)n * sizeof *b->activity);
    for (unsigned t = 0; t < lens->n; t++) {
        const aez_lens_tap *tap = &lens->tap[t];
        const int64_t      *src = run->source[tap->field];
        const int64_t      *base = b->base;
        if (tap->field != s->field) {
            block_base(other, lens, src, run->plan->constant[tap->field], first, step, n);
            base = other;
        }
        add_differences(b, tap, base, src + first + tap->at, step, n);
    }
}

static int log2_of_step(uint64_t step)
{
    return (step & (step - 1)) == 0 ? (int)aez_log2_floor(step) : -1;
}

static void finish_block(const aez_finish *f, aez_residual_writer *w, aez_residual_reader *r,
                         const aez_block *b, int64_t first, int64_t step, int n)
{
    for (int i = 0; i < n; i++) {
        int64_t  p = predicted(f, b->base[i], b->sum[i]);
        unsigned level = f->stage->mean_levels ? mean_level(f, p, b->activity[i])
                                               : level_of(f, p, b->activity[i]);
        finish_site(f, w, r, first + i * step, p, level);
    }
}

/* The common case of a bounded or exact integer field without exceptions, kept short: S = 2^log. */
static void encode_plain(const aez_finish *f, aez_residual_writer *w, const aez_block *b,
                         int64_t first, int64_t step, int n)
{
    int64_t *k = f->field->k + first;
    int64_t  half = (int64_t)(f->field->step / 2);
    for (int i = 0; i < n; i++) {
        int64_t p = predicted(f, b->base[i], b->sum[i]);
        int64_t q = add64(sub64(k[i * step], p), half) >> f->log_step;
        aez_residual_put(w, clamp_level((int)aez_half_octaves(b->activity[i]) - f->offset), q);
        k[i * step] = add64(p, (int64_t)((uint64_t)q << f->log_step));
    }
}

static void decode_plain(const aez_finish *f, aez_residual_reader *r, const aez_block *b,
                         int64_t first, int64_t step, int n)
{
    int64_t *k = f->field->k + first;
    for (int i = 0; i < n; i++) {
        int64_t  p = predicted(f, b->base[i], b->sum[i]);
        unsigned level = clamp_level((int)aez_half_octaves(b->activity[i]) - f->offset);
        int64_t  q = aez_residual_next(r, level);
        k[i * step] = add64(p, (int64_t)((uint64_t)q << f->log_step));
    }
}

/* A run of sites that one lens serves. */
static void run_span(aez_run *run, const aez_stage *s, const aez_lens *lens, aez_finish *f,
                     aez_row_of_sites row)
{
    aez_residual_writer *w = run->writers ? &run->writers[s->field] : NULL;
    aez_residual_reader *r = run->readers ? &run->readers[s->field] : NULL;
    int                  at_once = s->serial ? 1 : AEZ_RUN_BLOCK;
    int plain = f->log_step >= 0 && !f->field->skip && !f->field->image_width && !s->mean_levels;
    aez_block            b;
    f->weight_shift = lens->weight_shift;
    for (int64_t i = 0; i < row.n; i += at_once) {
        int     n = row.n - i < at_once ? (int)(row.n - i) : at_once;
        int64_t first = row.first + i * row.step;
        block_sums(run, s, lens, &b, first, row.step, n);
        if (run->matcher)
            aez_run_match_block(run, s, lens, f, w, r, &b, first, row.step, n);
        else if (!plain)
            finish_block(f, w, r, &b, first, row.step, n);
        else if (w)
            encode_plain(f, w, &b, first, row.step, n);
        else
            decode_plain(f, r, &b, first, row.step, n);
    }
}

typedef struct aez_stage_run {
    const aez_stage *stage;
    aez_finish       finish;
    aez_lens         inner; /* of sites whose taps all stand inside */
    int              inner_known;
    int64_t          lo, hi; /* innermost coordinates where no tap leaves the line's ends */
    uint64_t         n_inner, start_inner, stride_inner;
} aez_stage_run;

static void run_single(aez_run *run, aez_stage_run *sr, uint64_t *site, int64_t element)
{
    aez_lens         lens;
    aez_row_of_sites one = {element, 1, 1};
    aez_lens_make(&lens, sr->stage, &run->geometry, site, 0);
    if (lens.uses_net && !sr->finish.field->image_width)
        aez_run_net_span(run, sr->stage, &lens, &sr->finish, one, site, 0);
    else
        run_span(run, sr->stage, &lens, &sr->finish, one);
}

static int outer_axes_inside(const aez_stage *s, const aez_geometry *g, const uint64_t *site)
{
    for (unsigned i = 0; i < s->n_taps; i++) {
        for (unsigned a = 0; a + 1 < g->n_dims; a++) {
            int64_t c = (int64_t)site[a] + s->tap[i].offset[a];
            if (c < 0 || c >= g->shape[a])
                return 0;
        }
    }
    return 1;
}

/* All sites along the innermost axis: ends one by one, the middle in blocks. */
static void run_line(aez_run *run, aez_stage_run *sr, uint64_t *site)
{
    const aez_geometry *g = &run->geometry;
    unsigned            inner = g->n_dims - 1;
    int64_t             origin = 0, i = 0, x = (int64_t)sr->start_inner;
    int64_t             n = (int64_t)sr->n_inner, step = (int64_t)sr->stride_inner, middle_end;
    aez_lens            here;
    const aez_lens     *lens = &sr->inner;
    aez_row_of_sites    row;
    for (unsigned a = 0; a < inner; a++)
        origin += (int64_t)site[a] * g->pitch[a];
    for (; i < n && (x < sr->lo || sr->lo >= sr->hi); i++, x += step) {
        site[inner] = (uint64_t)x;
        run_single(run, sr, site, origin + x);
    }
    middle_end = i;
    if (i < n && x < sr->hi)
        middle_end = i + (sr->hi - 1 - x) / step + 1;
    if (middle_end > n)
        middle_end = n;
    if (middle_end > i) {
        site[inner] = (uint64_t)x;
        if (!outer_axes_inside(sr->stage, g, site)) {
            aez_lens_make(&here, sr->stage, g, site, 1);
            lens = &here;
        } else if (!sr->inner_known) {
            aez_lens_make(&sr->inner, sr->stage, g, site, 1);
            sr->inner_known = 1;
        }
        row = (aez_row_of_sites){origin + x, step, middle_end - i};
        if (lens->uses_net && !sr->finish.field->image_width)
            aez_run_net_span(run, sr->stage, lens, &sr->finish, row, site, step);
        else
            run_span(run, sr->stage, lens, &sr->finish, row);
        x += (middle_end - i) * step;
        i = middle_end;
    }
    for (; i < n; i++, x += step) {
        site[inner] = (uint64_t)x;
        run_single(run, sr, site, origin + x);
    }
}

/* Next position of an odometer over the axes of `mask`; 0 when it has come round. */
static int advance(uint64_t *c, unsigned n_axes, uint64_t mask, const uint64_t *start,
                   const uint64_t *stride, const uint64_t *shape)
{
    for (unsigned a = n_axes; a-- > 0;) {
        if (!(mask >> a & 1))
            continue;
        c[a] += stride ? stride[a] : 1;
        if (c[a] < shape[a])
            return 1;
        c[a] = start ? start[a] : 0;
    }
    return 0;
}

static void run_stage(aez_run *run, const aez_stage *s, uint8_t scan_mask, const uint64_t *position)
{
    const aez_grid *grid = run->grid;
    unsigned        inner = grid->n_dims - 1;
    uint64_t        site[AEZ_MAX_DIMS] = {0};
    uint64_t        outer = (((uint64_t)1 << inner) - 1) & ~(uint64_t)scan_mask;
    aez_ifield     *field = &run->fields[s->field];
    aez_stage_run   sr;
    memset(&sr.finish, 0, sizeof sr.finish);
    sr.stage = s;
    sr.inner_known = 0;
    sr.finish.field = field;
    sr.finish.stage = s;
    sr.finish.centre = add64(s->mean_floor, (int64_t)((uint64_t)8 << s->mean_shift));
    sr.finish.source = run->source[s->field];
    sr.finish.shift = s->shift;
    sr.finish.offset = s->predictor->level_offset;
    sr.finish.log_step = log2_of_step(field->step);
    sr.finish.fixed_grid = s->fixed_grid;
    aez_line_interior(s, &run->geometry, &sr.lo, &sr.hi);
    for (unsigned a = 0; a < grid->n_dims; a++)
        site[a] = scan_mask >> a & 1 ? position[a] : s->start[a];
    sr.start_inner = site[inner];
    sr.stride_inner = s->stride[inner];
    sr.n_inner = 1;
    if (!(scan_mask >> inner & 1))
        sr.n_inner = (grid->shape[inner] - s->start[inner] - 1) / s->stride[inner] + 1;
    do {
        run_line(run, &sr, site);
    } while (advance(site, inner, outer, s->start, s->stride, grid->shape));
}

static aez_status expand_group(const aez_run *run, const aez_group *group, aez_stage **stages,
                               size_t *n)
{
    size_t     total = 0, at = 0;
    aez_stage *all;
    for (size_t t = 0; t < group->n_templates; t++)
        total += aez_template_expand(&group->templates[t], run->grid, group->scan_mask, NULL, 0);
    all = aez_take(run->mem, total, sizeof *all);
    if (!all)
        return AEZ_ERR_NOMEM;
    for (size_t t = 0; t < group->n_templates; t++)
        at += aez_template_expand(&group->templates[t], run->grid, group->scan_mask, all + at,
                                  total - at);
    *stages = all;
    *n = total;
    return AEZ_OK;
}

static int readers_failed(const aez_run *run, const aez_group *group)
{
    for (size_t t = 0; run->readers && t < group->n_templates; t++) {
        if (run->readers[group->templates[t].field].failed)
            return 1;
    }
    return 0;
}

static aez_status run_group(aez_run *run, const aez_group *group,
                            void (*ready)(void *opaque, uint32_t field), void *opaque)
{
    aez_stage *stages = NULL;
    size_t     n = 0;
    uint64_t   position[AEZ_MAX_DIMS] = {0};
    aez_status st = expand_group(run, group, &stages, &n);
    if (st < 0)
        return st;
    if (n == 1 && stages[0].n_contexts)
        st = aez_matcher_create(&run->matcher, run->mem, &stages[0]);
    if (st < 0)
        goto done;
    for (size_t t = 0; ready && t < group->n_templates; t++)
        ready(opaque, group->templates[t].field);
    do {
        for (size_t i = 0; i < n; i++)
            run_stage(run, &stages[i], group->scan_mask, position);
        if (readers_failed(run, group)) {
            st = AEZ_ERR_CORRUPT;
            break;
        }
    } while (advance(position, run->grid->n_dims, group->scan_mask, NULL, NULL, run->grid->shape));
done:
    aez_matcher_destroy(run->matcher);
    run->matcher = NULL;
    aez_drop(run->mem, stages);
    return st;
}

static aez_status take_sources(aez_run *run)
{
    uint32_t n = run->plan->n_fields;
    run->source = aez_take(run->mem, n, sizeof *run->source);
    run->owned = aez_take(run->mem, n, 1);
    if (!run->source || !run->owned)
        return AEZ_ERR_NOMEM;
    for (uint32_t f = 0; f < n; f++) {
        run->source[f] = run->fields[f].k;
        if (!run->fields[f].image_width)
            continue;
        run->source[f] = aez_take_raw(run->mem, run->grid->n_sites, sizeof **run->source);
        run->owned[f] = 1;
        if (!run->source[f])
            return AEZ_ERR_NOMEM;
    }
    return AEZ_OK;
}

static void drop_sources(aez_run *run)
{
    for (uint32_t f = 0; run->source && run->owned && f < run->plan->n_fields; f++) {
        if (run->owned[f])
            aez_drop(run->mem, run->source[f]);
    }
    aez_drop(run->mem, run->source);
    aez_drop(run->mem, run->owned);
}

static int plan_has_nets(const aez_plan *plan)
{
    for (size_t g = 0; g < plan->n_groups; g++) {
        for (size_t t = 0; t < plan->groups[g].n_templates; t++) {
            if (plan->groups[g].templates[t].n_nets)
                return 1;
        }
    }
    return 0;
}

static aez_status run_plan(aez_run *run, void (*ready)(void *opaque, uint32_t field), void *opaque)
{
    aez_status st = take_sources(run);
    run->kernels = aez_kernels_pick(NULL);
    if (st >= 0 && plan_has_nets(run->plan)) {
        run->room = aez_take_raw(run->mem, 1, sizeof *run->room);
        st = run->room ? AEZ_OK : AEZ_ERR_NOMEM;
    }
    aez_geometry_init(&run->geometry, run->grid);
    for (size_t g = 0; st >= 0 && run->grid->n_sites && g < run->plan->n_groups; g++)
        st = run_group(run, &run->plan->groups[g], ready, opaque);
    drop_sources(run);
    aez_drop(run->mem, run->room);
    return st;
}

aez_status aez_plan_encode(const aez_plan *plan, const aez_mem *mem, const aez_grid *grid,
                           aez_ifield *fields, aez_residual_writer *writers)
{
    aez_run    run = {.plan = plan, .mem = mem, .grid = grid, .fields = fields, .writers = writers};
    aez_status st = run_plan(&run, NULL, NULL);
    for (uint32_t f = 0; st >= 0 && f < plan->n_fields; f++)
        st = writers[f].large.failed ? AEZ_ERR_NOMEM : AEZ_OK;
    return st;
}

aez_status aez_plan_decode(const aez_plan *plan, const aez_mem *mem, const aez_grid *grid,
                           aez_ifield *fields, aez_residual_reader *readers,
                           void (*ready)(void *opaque, uint32_t field), void *opaque)
{
    aez_run run = {.plan = plan, .mem = mem, .grid = grid, .fields = fields, .readers = readers};
    return run_plan(&run, ready, opaque);
}

uint64_t aez_stage_differences(const aez_stage *s, const aez_grid *grid,
                               const int64_t *const *source, const int64_t *constant,
                               const uint64_t *site, int64_t *d, int64_t *base)
{
    aez_geometry  g;
    aez_lens      lens;
    aez_stage     all = *s;
    aez_predictor every;
    uint64_t      mask;
    int64_t       at = 0;
    unsigned      t = 0;
    memset(&every, 0, sizeof every);
    memset(every.activity, 1, sizeof every.activity); /* keeps every existing tap in the lens */
    all.predictor = &every;
    aez_geometry_init(&g, grid);
    mask = aez_lens_make(&lens, &all, &g, site, 0);
    for (unsigned a = 0; a < g.n_dims; a++)
        at += (int64_t)site[a] * g.pitch[a];
    *base = base_at(&lens, source[s->field] + at, constant[s->field]);
    for (unsigned i = 0; i < s->n_taps; i++) {
        const int64_t *src = source[s->tap[i].field] + at;
        d[i] = 0;
        /* lens taps keep the stage's order; one that is gone is left out */
        if (t >= lens.n || lens.source_tap[t] != i)
            continue;
        d[i] = shift_difference(
            sub64(src[lens.tap[t].at], base_at(&lens, src, constant[s->tap[i].field])),
            s->tap[i].shift);
        t++;
    }
    return mask;
}
