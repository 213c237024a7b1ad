/* plan_run.h - what the files that run a plan share: a run, a block of sites, finishing a site. */
#ifndef AEZ_PLAN_PLAN_RUN_H
#define AEZ_PLAN_PLAN_RUN_H

#include "../base/floatbits.h"
#include "../base/octave.h"
#include "match.h"
#include "plan_lens.h"
#include "plan_net.h"

#define AEZ_RUN_BLOCK 256    /* sites predicted at once */
#define AEZ_RUN_NET_BLOCK 64 /* the same with a net: its rows and differences stay in the first cache */

/* Room for what nets see and say of a block. */
typedef struct aez_net_room {
    int64_t  d[AEZ_MAX_TAPS * AEZ_RUN_NET_BLOCK]; /* [taps][n] */
    int16_t  x[AEZ_RUN_NET_BLOCK * AEZ_NET_ROW];
    int16_t  scratch[2 * AEZ_RUN_NET_BLOCK * AEZ_SMALL_WIDTH_MAX];
    int16_t  out[AEZ_NET_OUTPUTS * AEZ_RUN_NET_BLOCK];
    int8_t   log[AEZ_RUN_NET_BLOCK];
    uint8_t  level[AEZ_RUN_NET_BLOCK];
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
    int64_t  base[AEZ_RUN_BLOCK];
    uint64_t sum[AEZ_RUN_BLOCK];
    uint64_t activity[AEZ_RUN_BLOCK];
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

static inline void block_base(int64_t *base, const aez_lens *lens, const int64_t *src, int64_t constant,
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

/* The base of any field under a stage's rule, by spec 4.5. */
static inline int64_t base_at(const aez_lens *lens, const int64_t *src, int64_t constant)
{
    if (lens->base == AEZ_BASE_CONST)
        return constant;
    if (lens->base == AEZ_BASE_TAP)
        return src[lens->base_at[0]];
    return middle(src[lens->base_at[0]], src[lens->base_at[1]]);
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
static inline int64_t quantise_any(int64_t k, int64_t p, uint64_t step)
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
    int     lively = ((int)aez_half_octaves(activity) - f->offset) >> 2;
    bin = bin < 0 ? 0 : bin > 15 ? 15 : bin;
    lively = lively < 0 ? 0 : lively > 3 ? 3 : lively;
    return (unsigned)(4 * bin + lively);
}

static inline unsigned level_of(const aez_finish *f, int64_t p, uint64_t activity)
{
    int level = (int)aez_half_octaves(activity) - f->offset;
    if (f->field->image_width)
        level -= 2 * (int)aez_log2_floor((p < 0 ? 0 - (uint64_t)p : (uint64_t)p) + 1);
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

/* Codes or restores sites of a stage with contexts, by what they foretell. */
void aez_run_match_block(const aez_run *run, const aez_stage *s, const aez_lens *lens,
                         const aez_finish *f, aez_residual_writer *w, aez_residual_reader *r,
                         const aez_block *b, int64_t first, int64_t step, int n);
/* Codes or restores a row of sites with the stage's net; stride: of the innermost coordinate. */
void aez_run_net_span(aez_run *run, const aez_stage *s, const aez_lens *lens, aez_finish *f,
                      aez_row_of_sites row, const uint64_t *site, int64_t stride);

#endif
