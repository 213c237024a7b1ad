/* fit.c - least-squares predictors and activity weights of one stage, from a sample. */
#include "fit.h"

#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "linear.h"

#define WEIGHT_SHIFT 10    /* of fitted weights: 2^-11 of a difference is far below its noise */
#define ROUNDS 3           /* of re-weighting */
#define BITS_PER_WEIGHT 9  /* what a fitted weight costs in the file */
#define BITS_PER_ACTIVITY 8
#define MIN_ROWS_PER_TAP 6
#define LEVEL_OF_STEP 6    /* level at which the expected residual is about one step */

/* Differences and targets at the sampled sites of a stage; all doubles, [n][m] and [n]. */
typedef struct aez_rows {
    const aez_mem *mem;
    size_t         n;
    unsigned       m;
    double        *d, *y, *unit; /* unit: size of one step there (an ulp for images) */
    double        *scale;        /* mean |difference|: how lively the place is */
} aez_rows;

static void rows_free(aez_rows *r)
{
    aez_drop(r->mem, r->d);
    aez_drop(r->mem, r->y);
    aez_drop(r->mem, r->unit);
    aez_drop(r->mem, r->scale);
}

static aez_status rows_init(aez_rows *r, const aez_mem *mem, size_t max, unsigned m)
{
    memset(r, 0, sizeof *r);
    r->mem = mem;
    r->m = m;
    r->d = aez_take_raw(mem, max * (m ? m : 1), sizeof *r->d);
    r->y = aez_take_raw(mem, max, sizeof *r->y);
    r->unit = aez_take_raw(mem, max, sizeof *r->unit);
    r->scale = aez_take_raw(mem, max, sizeof *r->scale);
    if (r->d && r->y && r->unit && r->scale)
        return AEZ_OK;
    rows_free(r);
    return AEZ_ERR_NOMEM;
}

uint64_t aez_fit_site(const aez_stage *s, const aez_grid *grid, uint8_t scan_mask, uint64_t i,
                      uint64_t *site)
{
    uint64_t at = 0, pitch = 1;
    for (unsigned a = grid->n_dims; a-- > 0;) {
        int      scanned = scan_mask >> a & 1;
        uint64_t start = scanned ? 0 : s->start[a], stride = scanned ? 1 : s->stride[a];
        uint64_t n = (grid->shape[a] - start - 1) / stride + 1;
        site[a] = start + i % n * stride;
        i /= n;
        at += site[a] * pitch;
        pitch *= grid->shape[a];
    }
    return at;
}

uint64_t aez_fit_sites(const aez_stage *s, const aez_grid *grid, uint8_t scan_mask)
{
    uint64_t n = aez_stage_sites(s, grid, scan_mask);
    for (unsigned a = 0; a < grid->n_dims; a++)
        n *= scan_mask >> a & 1 ? grid->shape[a] : 1;
    return n;
}

/* One step of the residual in the units of the (shifted) differences. */
static double step_at(const aez_ifield *field, const aez_stage *s, int64_t value)
{
    double unit = (double)field->step;
    if (field->image_width) {
        int digits = field->image_width == 32 ? 23 : 52;
        unit = ldexp(1.0, ilogb(fabs((double)value) + 1) - digits);
    }
    return ldexp(unit, -(int)s->shift);
}

/* Whether a site may teach: all primary taps stand (or, without such, every tap that has a part).
 */
static int teaches(const aez_stage *s, uint64_t mask)
{
    uint64_t want = s->n_taps == 64 ? UINT64_MAX : ((uint64_t)1 << s->n_taps) - 1;
    if (s->n_primary)
        want = ((uint64_t)1 << s->n_primary) - 1;
    return (mask & want) == want;
}

static void gather(aez_rows *r, const aez_stage *s, uint8_t scan_mask, const aez_sample *sample,
                   size_t max, uint64_t seed)
{
    const aez_ifield *field = &sample->fields[s->field];
    uint64_t          total = aez_fit_sites(s, &sample->grid, scan_mask);
    uint64_t          tries = total < max ? total : max;
    aez_rng           rng;
    aez_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < tries; i++) {
        uint64_t site[AEZ_MAX_DIMS], at;
        int64_t  d[AEZ_MAX_TAPS], base;
        double  *row = r->d + r->n * r->m, sum = 0;
        uint64_t low = total / tries * i, width = total / tries;
        at = aez_fit_site(s, &sample->grid, scan_mask, low + aez_rng_below(&rng, width), site);
        if (field->skip && field->skip[at])
            continue;
        if (!teaches(s, aez_stage_differences(s, &sample->grid,
                                              (const int64_t *const *)sample->noisy,
                                              sample->constant, site, d, &base)))
            continue;
        for (unsigned t = 0; t < r->m; t++) {
            row[t] = (double)d[t];
            sum += fabs(row[t]);
        }
        r->y[r->n] =
            ldexp((double)(int64_t)((uint64_t)sample->exact[s->field][at] - (uint64_t)base),
                  -(int)s->shift);
        r->unit[r->n] = step_at(field, s, sample->exact[s->field][at]);
        r->scale[r->n] = r->m ? sum / r->m : 0;
        r->n++;
    }
}

static double dot(const double *x, const double *w, unsigned n)
{
    double sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += x[i] * w[i];
    return sum;
}

/* Bits a site that a residual of this size costs, up to a constant. */
static double cost_of(double residual, double unit)
{
    return log2(0.4 + fabs(residual) / unit);
}

/* Mean cost over rows first, first + 2, ... */
static double mean_cost(const aez_rows *r, const double *w, size_t first)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = first; i < r->n; i += 2, n++)
        sum += cost_of(r->y[i] - dot(r->d + i * r->m, w, r->m), r->unit[i]);
    return n ? sum / (double)n : 0;
}

/* Re-weighted least squares over rows first, first + by, ...: near places and outliers of lively
 * ones count alike, which is what a code length in log(scale) wants. */
static int fit_weights(const aez_rows *r, size_t first, size_t by, double *w)
{
    aez_normal e;
    int        ok = 0;
    for (int round = 0; round < ROUNDS; round++) {
        aez_normal_clear(&e, r->m);
        for (size_t i = first; i < r->n; i += by) {
            const double *x = r->d + i * r->m;
            double        size = r->scale[i] + r->unit[i] * 0.3;
            double        weight = 1 / (size * size);
            if (round > 0) {
                double miss = fabs(r->y[i] - dot(x, w, r->m));
                weight = 1 / (size * (miss + 0.05 * size + 0.2 * r->unit[i]));
            }
            aez_normal_add(&e, x, r->y[i], weight);
        }
        if (!aez_normal_solve(&e, 1e-7, w))
            return ok;
        ok = 1;
    }
    return ok;
}

static void fixed_weights(aez_predictor_kind kind, const aez_stage *s, double *w)
{
    memset(w, 0, AEZ_MAX_TAPS * sizeof *w);
    if (kind == AEZ_PREDICT_CUBIC && s->n_primary == 4)
        w[2] = w[3] = -1.0 / 16;
}

static void quantise_weights(aez_predictor *p, const double *w, unsigned m)
{
    double   largest = 0;
    unsigned shift = WEIGHT_SHIFT;
    for (unsigned i = 0; i < m; i++)
        largest = fmax(largest, fabs(w[i]));
    while (shift > 0 && ldexp(largest, (int)shift) > INT16_MAX - 1)
        shift--;
    p->weight_shift = (uint8_t)shift;
    for (unsigned i = 0; i < m; i++) {
        double v = ldexp(w[i], (int)shift);
        v = v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v;
        p->weight[i] = (int16_t)lrint(v);
    }
}

static void use_weights(const aez_predictor *p, double *w, unsigned m)
{
    for (unsigned i = 0; i < m; i++)
        w[i] = ldexp(p->weight[i], -(int)p->weight_shift);
}

/* Best of the fixed predictors and least squares, judged on rows that did not teach. */
static void choose_predictor(aez_predictor *p, double *w, const aez_rows *r, const aez_stage *s,
                             const aez_fit_options *options)
{
    double linear[AEZ_MAX_TAPS], cubic[AEZ_MAX_TAPS], fitted[AEZ_MAX_TAPS];
    double best;
    fixed_weights(AEZ_PREDICT_LINEAR, s, linear);
    fixed_weights(AEZ_PREDICT_CUBIC, s, cubic);
    memcpy(w, linear, sizeof linear);
    p->kind = s->n_primary ? AEZ_PREDICT_LINEAR : AEZ_PREDICT_BASE;
    best = mean_cost(r, linear, 1) * options->sites;
    if (s->n_primary && mean_cost(r, cubic, 1) * options->sites <= best) {
        best = mean_cost(r, cubic, 1) * options->sites;
        memcpy(w, cubic, sizeof cubic);
        p->kind = AEZ_PREDICT_CUBIC;
    }
    if (!options->weights || r->m == 0 || r->n < (size_t)MIN_ROWS_PER_TAP * r->m ||
        !fit_weights(r, 0, 2, fitted))
        return;
    if (mean_cost(r, fitted, 1) * options->sites + BITS_PER_WEIGHT * r->m >= best)
        return;
    if (fit_weights(r, 0, 1, fitted)) {
        p->kind = AEZ_PREDICT_WEIGHTS;
        quantise_weights(p, fitted, r->m);
        use_weights(p, w, r->m);
    }
}

/* Mean ratio of the expected to the real residual size, as log2. */
static double log_gain(const aez_rows *r, const double *w, const uint8_t *activity)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double *x = r->d + i * r->m;
        double        act = 0;
        for (unsigned t = 0; t < r->m; t++)
            act += activity[t] * fabs(x[t]);
        if (act <= 0)
            continue;
        sum += log2(act) - log2(fabs(r->y[i] - dot(x, w, r->m)) + 0.3 * r->unit[i]);
        n++;
    }
    return n ? sum / (double)n : 0;
}

static int fit_activity(aez_predictor *p, const double *w, const aez_rows *r)
{
    aez_normal e;
    double     v[AEZ_MAX_TAPS], x[AEZ_MAX_TAPS], largest = 0;
    aez_normal_clear(&e, r->m);
    for (size_t i = 0; i < r->n; i++) {
        const double *d = r->d + i * r->m;
        double        miss = fabs(r->y[i] - dot(d, w, r->m));
        double        size = r->scale[i] + 0.5 * r->unit[i];
        for (unsigned t = 0; t < r->m; t++)
            x[t] = fabs(d[t]);
        aez_normal_add(&e, x, miss, 1 / (size * size));
    }
    aez_normal_solve_positive(&e, 60, v);
    for (unsigned t = 0; t < r->m; t++)
        largest = fmax(largest, v[t]);
    if (!(largest > 0))
        return 0;
    for (unsigned t = 0; t < r->m; t++)
        p->activity[t] = (uint8_t)lrint(v[t] / largest * 60);
    return 1;
}

static void plain_activity(aez_predictor *p, const aez_stage *s)
{
    unsigned n = s->n_primary ? s->n_primary : s->n_taps;
    memset(p->activity, 0, sizeof p->activity);
    memset(p->activity, 1, n);
}

/* Level 0 .. 63 in half octaves so that LEVEL_OF_STEP is a residual of one step. */
static void choose_offset(aez_predictor *p, const double *w, const aez_rows *r, const aez_stage *s,
                          const aez_ifield *field)
{
    double log_unit = field->image_width ? (field->image_width == 32 ? -23.0 : -52.0)
                                         : log2((double)field->step);
    double offset = 2 * (log_gain(r, w, p->activity) + log_unit - s->shift) - LEVEL_OF_STEP;
    if (s->mean_levels) /* bins of the activity, 4 half-octaves each, spread over the range of
                           values */
        offset = 2 * (log_gain(r, w, p->activity) + s->mean_shift + 4 - 6 - s->shift) - 4;
    if (field->image_width == 64)
        offset += 24; /* residuals of 52 bits: keep the usual range of scales within 64 levels */
    p->level_offset = (int16_t)lrint(fmax(-1000, fmin(1000, offset)));
}

aez_status aez_fit_stage(aez_predictor *out, const aez_stage *stage, uint8_t scan_mask,
                         const aez_sample *sample, const aez_fit_options *options)
{
    aez_rows   rows;
    double     w[AEZ_MAX_TAPS];
    aez_status st = rows_init(&rows, sample->mem, options->max_rows, stage->n_taps);
    if (st < 0)
        return st;
    memset(out, 0, sizeof *out);
    gather(&rows, stage, scan_mask, sample, options->max_rows, options->seed);
    choose_predictor(out, w, &rows, stage, options);
    if (!options->fit_activity || options->sites < 64.0 * BITS_PER_ACTIVITY ||
        rows.n < (size_t)MIN_ROWS_PER_TAP * rows.m || !fit_activity(out, w, &rows))
        plain_activity(out, stage);
    choose_offset(out, w, &rows, stage, &sample->fields[stage->field]);
    rows_free(&rows);
    return AEZ_OK;
}

uint8_t aez_fit_shift(const aez_sample *sample, uint32_t field)
{
    const int64_t *v = sample->exact[field];
    int64_t        lo = INT64_MAX, hi = INT64_MIN;
    double         gap;
    for (uint64_t i = 0; i < sample->grid.n_sites; i++) {
        lo = v[i] < lo ? v[i] : lo;
        hi = v[i] > hi ? v[i] : hi;
    }
    if (sample->grid.n_sites == 0)
        return 0;
    gap = (double)hi - (double)lo;
    return gap < 0x1p43 ? 0 : (uint8_t)(ilogb(gap) - 42);
}
