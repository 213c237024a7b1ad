/* plan_run_net.c - stages with a net: what it sees of a site, and what it makes of it. */
#include <string.h>

#include "plan_run.h"

/* Differences of n sites for each tap of the stage, 0 where it is gone; sums and activities too. */
static void net_differences(const aez_run *run, const aez_stage *s, const aez_lens *lens,
                            aez_block *b, int64_t first, int64_t step, int n)
{
    int64_t other[AEZ_RUN_NET_BLOCK];
    memset(run->room->d, 0, (size_t)s->n_taps * (size_t)n * sizeof *run->room->d);
    block_base(b->base, lens, run->source[s->field], run->plan->constant[s->field], first, step, n);
    memset(b->sum, 0, (size_t)n * sizeof *b->sum);
    memset(b->activity, 0, (size_t)n * sizeof *b->activity);
    for (unsigned t = 0; t < lens->n; t++) {
        const aez_lens_tap *tap = &lens->tap[t];
        const int64_t      *p = run->source[tap->field] + first + tap->at, *base = b->base;
        int64_t            *d = run->room->d + (size_t)lens->source_tap[t] * (size_t)n;
        uint64_t            w = (uint64_t)(int64_t)tap->weight, v = tap->activity;
        if (tap->field != s->field) {
            block_base(other, lens, run->source[tap->field], run->plan->constant[tap->field], first,
                       step, n);
            base = other;
        }
        for (int i = 0; i < n; i++) {
            d[i] = shift_difference(sub64(p[i * step], base[i]), tap->shift);
            b->sum[i] += w * (uint64_t)d[i];
            b->activity[i] += v * (d[i] < 0 ? 0 - (uint64_t)d[i] : (uint64_t)d[i]);
        }
    }
}

/* The same for one site: in a serial stage, where loops over a block would be all overhead. */
static void net_differences_one(const aez_run *run, const aez_stage *s, const aez_lens *lens,
                                aez_block *b, int64_t at)
{
    int64_t *const *source = run->source;
    const int64_t  *constant = run->plan->constant;
    int64_t        *d = run->room->d;
    int64_t         own = base_at(lens, source[s->field] + at, constant[s->field]);
    uint64_t        sum = 0, activity = 0;
    if (lens->n < s->n_taps)
        memset(d, 0, s->n_taps * sizeof *d);
    for (unsigned t = 0; t < lens->n; t++) {
        const aez_lens_tap *tap = &lens->tap[t];
        const int64_t      *p = source[tap->field] + at;
        int64_t base = tap->field == s->field ? own : base_at(lens, p, constant[tap->field]);
        int64_t v = shift_difference(sub64(p[tap->at], base), tap->shift);
        d[lens->source_tap[t]] = v;
        sum += (uint64_t)(int64_t)tap->weight * (uint64_t)v;
        activity += (uint64_t)tap->activity * (v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    }
    b->base[0] = own;
    b->sum[0] = sum;
    b->activity[0] = activity;
}

/* Levels without the net, and what it is shown. inner: coordinate of the first site. */
static void net_rows(const aez_run *run, const aez_stage *s, const aez_block *b, int offset,
                     int log_step, const uint64_t *site, int64_t inner, int64_t stride, int n)
{
    aez_net_room          *room = run->room;
    const aez_context_net *net = s->net;
    size_t                 pitch = aez_net_pitch(net);
    unsigned               last = run->geometry.n_dims - 1;
    for (int i = 0; i < n; i++) {
        int16_t *x = room->x + (size_t)i * pitch, *place;
        unsigned level = clamp_level((int)aez_half_octaves(b->activity[i]) - offset);
        room->level[i] = (uint8_t)level;
        room->log[i] = (int8_t)aez_net_log(log_step, s->shift, level);
        aez_net_row(net, room->d + i, (size_t)n, room->log[i], level, x);
        place = x + net->n_taps + 1;
        for (unsigned a = 0; net->axes >> a; a++) {
            uint64_t c = a == last ? (uint64_t)(inner + i * stride) : site[a];
            if (net->axes >> a & 1)
                *place++ = aez_net_position(c, (uint64_t)run->geometry.shape[a]);
        }
        memset(place, 0, (size_t)(x + pitch - place) * sizeof *place);
    }
}

/* Lets the net correct sums and levels of n sites. */
static void net_correct(const aez_run *run, const aez_stage *s, unsigned weight_shift, aez_block *b,
                        int n)
{
    aez_net_room *room = run->room;
    aez_net_run(s->net, run->kernels, room->x, (size_t)n, room->scratch, room->out);
    for (int i = 0; i < n; i++) {
        int64_t move = aez_net_correction(room->out[2 * i], room->log[i]);
        b->sum[i] += (uint64_t)move << weight_shift;
        room->level[i] = (uint8_t)aez_net_level(room->out[2 * i + 1], room->level[i]);
    }
}

void aez_run_net_span(aez_run *run, const aez_stage *s, const aez_lens *lens, aez_finish *f,
                      aez_row_of_sites row, const uint64_t *site, int64_t stride)
{
    aez_residual_writer *w = run->writers ? &run->writers[s->field] : NULL;
    aez_residual_reader *r = run->readers ? &run->readers[s->field] : NULL;
    int                  at_once = s->serial ? 1 : AEZ_RUN_NET_BLOCK;
    int                  log_step = (int)aez_log2_floor(f->field->step);
    int64_t              inner = (int64_t)site[run->geometry.n_dims - 1];
    aez_block            b;
    f->weight_shift = lens->weight_shift;
    for (int64_t i = 0; i < row.n; i += at_once) {
        int     n = row.n - i < at_once ? (int)(row.n - i) : at_once;
        int64_t first = row.first + i * row.step;
        if (n == 1)
            net_differences_one(run, s, lens, &b, first);
        else
            net_differences(run, s, lens, &b, first, row.step, n);
        net_rows(run, s, &b, f->offset, log_step, site, inner + i * stride, stride, n);
        net_correct(run, s, lens->weight_shift, &b, n);
        for (int j = 0; j < n; j++)
            finish_site(f, w, r, first + j * row.step, predicted(f, b.base[j], b.sum[j]),
                        run->room->level[j]);
    }
}

aez_status aez_stage_view(const aez_stage *s, const aez_mem *mem, const aez_grid *grid,
                          const int64_t *const *source, const int64_t *constant, uint64_t step,
                          const uint64_t *site, aez_net_view *view)
{
    aez_lens     lens;
    aez_block    b;
    aez_finish   f = {.shift = s->shift};
    aez_plan     plan = {.constant = (int64_t *)(uintptr_t)constant};
    aez_run      run = {.plan = &plan, .source = (int64_t **)(uintptr_t)source};
    int64_t      at = 0;
    aez_net_room *room = aez_take_raw(mem, 1, sizeof *room);
    if (!room)
        return AEZ_ERR_NOMEM;
    run.room = room;
    aez_geometry_init(&run.geometry, grid);
    aez_lens_make(&lens, s, &run.geometry, site, 0);
    for (unsigned a = 0; a < grid->n_dims; a++)
        at += (int64_t)site[a] * run.geometry.pitch[a];
    view->used = lens.uses_net;
    if (view->used) {
        net_differences(&run, s, &lens, &b, at, 1, 1);
        net_rows(&run, s, &b, s->predictor->level_offset, (int)aez_log2_floor(step), site,
                 (int64_t)site[grid->n_dims - 1], 0, 1);
        f.weight_shift = lens.weight_shift;
        view->predicted = predicted(&f, b.base[0], b.sum[0]);
        view->level = room->level[0];
        view->log = room->log[0];
        memcpy(view->x, room->x, aez_net_inputs(s->net) * sizeof *view->x);
    }
    aez_drop(mem, room);
    return AEZ_OK;
}
