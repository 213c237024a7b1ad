/* plan_run.c - runs a plan over the fields of a chunk, coding or restoring them (spec 4.5). */
#include <string.h>

#include "../base/floatbits.h"
#include "match.h"
#include "plan_lens.h"
#include "plan_net.h"

#define BLOCK 256    /* sites predicted at once */
#define NET_BLOCK 64 /* the same with a net: its rows and differences stay in the first cache */

/* Room for what nets see and say of a block. */
typedef struct aez_net_room {
    int64_t  d[AEZ_MAX_TAPS * NET_BLOCK]; /* [taps][n] */
    int16_t  x[NET_BLOCK * AEZ_NET_ROW];
    int16_t  scratch[2 * NET_BLOCK * AEZ_SMALL_WIDTH_MAX];
    int16_t  out[AEZ_NET_OUTPUTS * NET_BLOCK];
    int8_t   log[NET_BLOCK];
    uint8_t  level[NET_BLOCK];
} aez_net_room;

typedef struct aez_run {
    const aez_plan      *plan;
    const aez_mem       *mem;
    const aez_grid      *grid;
    aez_geometry         geometry;
    aez_ifield          *fields;
    int64_t            **source; /* [n_fields] what taps read: k, or the fixed-point image */
    uint8_t             *owned;  /* [n_fields] source is ours to drop */
    aez_residual_writer *writers;
    aez_residual_reader *readers; /* one of the two is NULL */
    const aez_kernels   *kernels;
    aez_net_room        *room; /* NULL: the plan has no nets */
    aez_matcher         *matcher; /* of the group that runs, which then has one stage */
} aez_run;

/* A straight run of sites: element `first`, then every `step`. */
typedef struct aez_row_of_sites {
    int64_t first, step, n;
} aez_row_of_sites;

typedef struct aez_block {
    int64_t  base[BLOCK];
    uint64_t sum[BLOCK];
    uint64_t activity[BLOCK];
} aez_block;

static inline int64_t add64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t sub64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t shift_difference(int64_t d, int shift)
{
    return shift >= 0 ? d >> shift : (int64_t)((uint64_t)d << -shift);
}

static inline int64_t middle(int64_t a, int64_t b)
{
    return add64(a, sub64(b, a) >> 1);
}

static void block_base(int64_t *base, const aez_lens *lens, const int64_t *src, int64_t constant,
                       int64_t first, int64_t step, int n)
{
    const int64_t *p = src + first + lens->base_at[0], *q = src + first + lens->base_at[1];
    if (lens->base == AEZ_BASE_CONST) {
        for (int i = 0; i < n; i++)
            base[i] = constant;
    } else if (lens->base == AEZ_BASE_TAP) {
        for (int i = 0; i < n; i++)
            base[i] = p[i * step];
    } else {
        for (int i = 0; i < n; i++)
            base[i] = middle(p[i * step], q[i * step]);
    }
}

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

/* Weighted sums and activities of n <= BLOCK sites. */
static void block_sums(const aez_run *run, const aez_stage *s, const aez_lens *lens, aez_block *b,
                       int64_t first, int64_t step, int n)
{
    int64_t other[BLOCK];
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

static inline unsigned half_octaves(uint64_t v)
{
    unsigned log;
    v += 1;
    if (v < 2)
        return 0;
    log = 63u - (unsigned)__builtin_clzll(v);
    return 2 * log + (unsigned)(v >> (log - 1) & 1);
}

static inline unsigned floor_log2(uint64_t v)
{
    return v ? 63u - (unsigned)__builtin_clzll(v) : 0;
}

static inline unsigned clamp_level(int level)
{
    return level < 0 ? 0 : level >= AEZ_LEVELS ? AEZ_LEVELS - 1 : (unsigned)level;
}

/* floor(x / s) for s >= 1 */
static inline int64_t floor_div(int64_t x, int64_t s)
{
    int64_t q = x / s;
    return q - (x % s < 0);
}

static inline int64_t to_fixed_grid(int64_t p, uint64_t step)
{
    if ((step & (step - 1)) == 0)
        return (int64_t)(((uint64_t)p + step / 2) & ~(step - 1));
    if (step > INT64_MAX)
        return 0;
    return (int64_t)((uint64_t)floor_div(add64(p, (int64_t)(step / 2)), (int64_t)step) * step);
}

/* floor((k - p + S/2) / S), the difference taken without wrapping. */
static int64_t quantise_any(int64_t k, int64_t p, uint64_t step)
{
    uint64_t half = k >= p ? step / 2 : (step - 1) / 2;
    uint64_t gap = k >= p ? (uint64_t)k - (uint64_t)p : (uint64_t)p - (uint64_t)k;
    uint64_t q = gap / step + (gap % step >= step - half);
    return k >= p ? (int64_t)q : (int64_t)(0 - q);
}

static inline int64_t quantise(int64_t k, int64_t p, uint64_t step, int log_step)
{
    if (log_step == 0)
        return sub64(k, p);
    if (log_step > 0)
        return add64(sub64(k, p), (int64_t)(step / 2)) >> log_step;
    return quantise_any(k, p, step);
}

/* What finishing a site needs that is the same along a stage. */
typedef struct aez_finish {
    aez_ifield *field;
    int64_t    *source;
    unsigned    weight_shift;
    int         shift, offset, log_step, fixed_grid;
    const aez_stage *stage;
    int64_t     centre; /* mean levels: what symbols are counted from */
} aez_finish;

static int log2_of_step(uint64_t step)
{
    return (step & (step - 1)) == 0 ? (int)floor_log2(step) : -1;
}

static inline int64_t predicted(const aez_finish *f, int64_t base, uint64_t sum)
{
    int64_t move = (int64_t)sum;
    if (f->weight_shift)
        move = add64(move, (int64_t)1 << (f->weight_shift - 1)) >> f->weight_shift;
    move = (int64_t)((uint64_t)move << f->shift);
    base = add64(base, move);
    return f->fixed_grid ? to_fixed_grid(base, f->field->step) : base;
}

/* Sixteen bins of the predicted value, four of the activity. */
static inline unsigned mean_level(const aez_finish *f, int64_t p, uint64_t activity)
{
    int64_t bin = sub64(p, f->stage->mean_floor) >> f->stage->mean_shift;
    int     lively = ((int)half_octaves(activity) - f->offset) >> 2;
    bin = bin < 0 ? 0 : bin > 15 ? 15 : bin;
    lively = lively < 0 ? 0 : lively > 3 ? 3 : lively;
    return (unsigned)(4 * bin + lively);
}

static inline unsigned level_of(const aez_finish *f, int64_t p, uint64_t activity)
{
    int level = (int)half_octaves(activity) - f->offset;
    if (f->field->image_width)
        level -= 2 * (int)floor_log2((p < 0 ? 0 - (uint64_t)p : (uint64_t)p) + 1);
    return clamp_level(level);
}

/* Codes (w) or restores (r) the site at element `at`. */
static inline void finish_site(const aez_finish *f, aez_residual_writer *w, aez_residual_reader *r,
                               int64_t at, int64_t p, unsigned level)
{
    aez_ifield *field = f->field;
    int64_t     q = 0;
    int64_t     from = f->stage->mean_levels ? f->centre : p;
    if (field->image_width)
        from = aez_ordered_from_image(from, field->image_width, field->image_scale);
    if (!field->skip || !field->skip[at]) {
        if (w) {
            q = quantise(field->k[at], from, field->step, f->log_step);
            aez_residual_put(w, level, q);
        } else {
            q = aez_residual_next(r, level);
        }
    }
    field->k[at] = (int64_t)((uint64_t)from + (uint64_t)q * field->step);
    if (field->image_width)
        f->source[at] =
            aez_image_from_ordered(field->k[at], field->image_width, field->image_scale);
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

/* floor((v - from + floor(S / 2)) / S), the difference modulo 2^64 read as signed. */
static int64_t steps_between(int64_t v, int64_t from, uint64_t step)
{
    int64_t d = sub64(v, from), s = (int64_t)step, q;
    if (step > INT64_MAX)
        return 0;
    q = floor_div(d, s);
    return q + ((uint64_t)d - (uint64_t)q * step >= step - step / 2);
}

/* Level of a site with contexts: those of matches lie above all others. */
static unsigned unmatched_level(const aez_finish *f, int64_t p, uint64_t activity)
{
    unsigned level;
    if (f->stage->mean_levels)
        return mean_level(f, p, activity) >> 1;
    level = level_of(f, p, activity);
    return level < AEZ_LEVELS - AEZ_MATCH_STATES ? level : AEZ_LEVELS - AEZ_MATCH_STATES - 1;
}

/* As finish_site, with the value that its contexts foretell. */
static void finish_matched(const aez_finish *f, aez_matcher *m, const uint64_t *hash,
                           aez_residual_writer *w, aez_residual_reader *r, int64_t at, int64_t base,
                           uint64_t sum, uint64_t activity)
{
    aez_ifield *field = f->field;
    int64_t     p = predicted(f, base, sum), q = 0, foretold = 0;
    int64_t     from = f->stage->mean_levels ? f->centre : p;
    unsigned    level, state;
    if (field->image_width)
        from = aez_ordered_from_image(from, field->image_width, field->image_scale);
    if (!field->skip || !field->skip[at]) {
        int      met = aez_matcher_look(m, hash, &foretold, &state);
        uint64_t z_match = 0;
        if (met) {
            level = AEZ_LEVELS - AEZ_MATCH_STATES + state;
            z_match = aez_zigzag(steps_between(foretold, from, field->step));
        } else {
            level = unmatched_level(f, p, activity);
        }
        if (w) {
            int64_t symbol = q = quantise(field->k[at], from, field->step, f->log_step);
            if (met)
                symbol = aez_unzigzag(aez_match_fold(aez_zigzag(q), z_match));
            aez_residual_put(w, level, symbol);
        } else {
            q = aez_residual_next(r, level);
            if (met)
                q = aez_unzigzag(aez_match_unfold(aez_zigzag(q), z_match));
        }
    }
    field->k[at] = (int64_t)((uint64_t)from + (uint64_t)q * field->step);
    if (!field->skip || !field->skip[at])
        aez_matcher_learn(m, field->k[at]);
    if (field->image_width)
        f->source[at] =
            aez_image_from_ordered(field->k[at], field->image_width, field->image_scale);
}

static void match_block(const aez_run *run, const aez_stage *s, const aez_lens *lens,
                        const aez_finish *f, aez_residual_writer *w, aez_residual_reader *r,
                        const aez_block *b, int64_t first, int64_t step, int n)
{
    for (int i = 0; i < n; i++) {
        int64_t  at = first + i * step;
        uint64_t hash[AEZ_MATCH_CONTEXTS];
        for (unsigned c = 0; c < s->n_contexts; c++) {
            hash[c] = aez_match_begin(c);
            for (unsigned t = 0; t < s->n_taps; t++) {
                uint32_t other = s->tap[t].field;
                if (!(s->context[c] >> t & 1))
                    continue;
                hash[c] = aez_match_add(hash[c], lens->there >> t & 1
                                                     ? run->source[other][at + lens->place[t]]
                                                     : run->plan->constant[other]);
            }
        }
        finish_matched(f, run->matcher, hash, w, r, at, b->base[i], b->sum[i], b->activity[i]);
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
        aez_residual_put(w, clamp_level((int)half_octaves(b->activity[i]) - f->offset), q);
        k[i * step] = add64(p, (int64_t)((uint64_t)q << f->log_step));
    }
}

static void decode_plain(const aez_finish *f, aez_residual_reader *r, const aez_block *b,
                         int64_t first, int64_t step, int n)
{
    int64_t *k = f->field->k + first;
    for (int i = 0; i < n; i++) {
        int64_t  p = predicted(f, b->base[i], b->sum[i]);
        unsigned level = clamp_level((int)half_octaves(b->activity[i]) - f->offset);
        int64_t  q = aez_residual_next(r, level);
        k[i * step] = add64(p, (int64_t)((uint64_t)q << f->log_step));
    }
}

/* ---- nets ------------------------------------------------------------------------------------ */

/* Differences of n sites for each tap of the stage, 0 where it is gone; sums and activities too. */
static void net_differences(const aez_run *run, const aez_stage *s, const aez_lens *lens,
                            aez_block *b, int64_t first, int64_t step, int n)
{
    int64_t other[NET_BLOCK];
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

/* The base of any field under a stage's rule, by spec 4.5. */
static inline int64_t base_at(const aez_lens *lens, const int64_t *src, int64_t constant)
{
    if (lens->base == AEZ_BASE_CONST)
        return constant;
    if (lens->base == AEZ_BASE_TAP)
        return src[lens->base_at[0]];
    return middle(src[lens->base_at[0]], src[lens->base_at[1]]);
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
        unsigned level = clamp_level((int)half_octaves(b->activity[i]) - offset);
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

static void run_net_span(aez_run *run, const aez_stage *s, const aez_lens *lens, aez_finish *f,
                         aez_row_of_sites row, const uint64_t *site, int64_t stride)
{
    aez_residual_writer *w = run->writers ? &run->writers[s->field] : NULL;
    aez_residual_reader *r = run->readers ? &run->readers[s->field] : NULL;
    int                  at_once = s->serial ? 1 : NET_BLOCK;
    int                  log_step = (int)floor_log2(f->field->step);
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

/* A run of sites that one lens serves. */
static void run_span(aez_run *run, const aez_stage *s, const aez_lens *lens, aez_finish *f,
                     aez_row_of_sites row)
{
    aez_residual_writer *w = run->writers ? &run->writers[s->field] : NULL;
    aez_residual_reader *r = run->readers ? &run->readers[s->field] : NULL;
    int                  at_once = s->serial ? 1 : BLOCK;
    int plain = f->log_step >= 0 && !f->field->skip && !f->field->image_width && !s->mean_levels;
    aez_block            b;
    f->weight_shift = lens->weight_shift;
    for (int64_t i = 0; i < row.n; i += at_once) {
        int     n = row.n - i < at_once ? (int)(row.n - i) : at_once;
        int64_t first = row.first + i * row.step;
        block_sums(run, s, lens, &b, first, row.step, n);
        if (run->matcher)
            match_block(run, s, lens, f, w, r, &b, first, row.step, n);
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
        run_net_span(run, sr->stage, &lens, &sr->finish, one, site, 0);
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
            run_net_span(run, sr->stage, lens, &sr->finish, row, site, step);
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
        net_rows(&run, s, &b, s->predictor->level_offset, (int)floor_log2(step), site,
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
