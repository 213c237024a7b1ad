/* candidate.c - one way to plan a field, fitted and priced on a sample. */
#include "candidate.h"

#include <math.h>
#include <string.h>

#include "../plan/plan_net.h"

uint32_t aez_trial_n_earlier(const aez_trial *trial)
{
    return trial->earlier ? trial->n_earlier : trial->field;
}

uint32_t aez_trial_earlier(const aez_trial *trial, uint32_t i)
{
    return trial->earlier ? trial->earlier[i] : i;
}

void aez_candidate_init(aez_candidate *c, const aez_trial *trial, aez_template_kind kind)
{
    memset(c, 0, sizeof *c);
    c->shape.kind = kind;
    c->shape.field = trial->field;
    c->shape.shift = aez_fit_shift(trial->sample, trial->field);
    c->weights = 1;
    c->fit_activity = trial->options->level > 1;
}

#define MEAN_VALUES 1024 /* distinct symbols up to which counting values in 64 contexts can pay */

int aez_candidate_use_means(aez_candidate *c, const aez_trial *trial)
{
    const aez_ifield *field = &trial->sample->fields[trial->field];
    const int64_t    *v = trial->sample->exact[trial->field];
    int64_t           lo = INT64_MAX, hi = INT64_MIN;
    uint64_t          span;
    for (uint64_t i = 0; i < trial->sample->grid.n_sites; i++) {
        lo = v[i] < lo ? v[i] : lo;
        hi = v[i] > hi ? v[i] : hi;
    }
    if (hi <= lo || field->image_width)
        return 0;
    span = (uint64_t)hi - (uint64_t)lo;
    if (span / field->step > MEAN_VALUES)
        return 0;
    c->shape.flags |= AEZ_MEAN_LEVELS;
    c->shape.mean_floor = lo;
    while (span >> c->shape.mean_shift > 15)
        c->shape.mean_shift++;
    return 1;
}

static const aez_predictor *match(const aez_stage *want, const aez_stage *stages,
                                  const aez_predictor *fitted, size_t n)
{
    int anchor = want->axis == AEZ_MAX_DIMS;
    for (size_t i = 0; i < n; i++) {
        if (stages[i].axis == want->axis && (anchor || stages[i].log == want->log))
            return &fitted[i];
    }
    return NULL;
}

/* A stage coarser than any of the sample: fixed interpolation, expected scale as in the coarsest.
 */
static void stand_in(aez_predictor *p, const aez_stage *s, const aez_predictor *coarsest)
{
    memset(p, 0, sizeof *p);
    p->kind = s->n_primary ? AEZ_PREDICT_CUBIC : AEZ_PREDICT_BASE;
    memset(p->activity, 1, s->n_primary ? s->n_primary : s->n_taps);
    p->level_offset = coarsest->level_offset;
}

static aez_status fit_all(const aez_candidate *c, const aez_trial *trial, const aez_stage *stages,
                          size_t n, aez_predictor *fitted)
{
    aez_fit_options options = {.max_rows = trial->max_rows,
                               .weights = c->weights,
                               .fit_activity = c->fit_activity,
                               .seed = trial->options->seed};
    for (size_t i = 0; i < n; i++) {
        aez_status st;
        options.sites =
            (double)aez_fit_sites(&stages[i], &trial->sample->grid, c->scan_mask) *
            trial->sample->share;
        st = aez_fit_stage(&fitted[i], &stages[i], c->scan_mask, trial->sample, &options);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

static void free_template(aez_template *t, const aez_mem *mem)
{
    for (unsigned i = 0; t->nets && i < t->n_nets; i++)
        aez_net_free(&t->nets[i], mem);
    aez_drop(mem, t->nets);
    aez_drop(mem, t->tap);
    aez_drop(mem, t->predictor);
    t->nets = NULL;
    t->tap = NULL;
    t->predictor = NULL;
    t->n_nets = 0;
}

/* Taps and room for a predictor of each stage on the grid. */
static aez_status begin_template(aez_template *out, const aez_template *shape, const aez_tap *taps,
                                 const aez_mem *mem, const aez_grid *grid, uint8_t scan_mask)
{
    *out = *shape;
    out->predictor = NULL;
    out->nets = NULL;
    out->tap = NULL;
    out->n_nets = 0;
    if (shape->kind == AEZ_TEMPLATE_LIST) {
        out->tap = aez_take(mem, shape->n_taps, sizeof *out->tap);
        if (!out->tap)
            return AEZ_ERR_NOMEM;
        memcpy(out->tap, taps, shape->n_taps * sizeof *out->tap);
    }
    out->n_predictors = aez_template_expand(out, grid, scan_mask, NULL, 0);
    out->predictor = aez_take(mem, out->n_predictors, sizeof *out->predictor);
    if (out->predictor)
        return AEZ_OK;
    free_template(out, mem);
    return AEZ_ERR_NOMEM;
}

static aez_status copy_nets(aez_template *out, const aez_template *from, const aez_mem *mem)
{
    if (from->n_nets == 0)
        return AEZ_OK;
    out->nets = aez_take(mem, from->n_nets, sizeof *out->nets);
    if (!out->nets)
        return AEZ_ERR_NOMEM;
    for (; out->n_nets < from->n_nets; out->n_nets++) {
        aez_status st = aez_net_copy(&out->nets[out->n_nets], &from->nets[out->n_nets], mem);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

/* The template `from`, whose predictors are for the grid `small`, for another grid. */
aez_status aez_template_regrid(aez_template *out, const aez_template *from, const aez_mem *mem,
                               const aez_grid *small, const aez_grid *grid, uint8_t scan_mask)
{
    aez_stage *stages = aez_take(mem, from->n_predictors, sizeof *stages), *full = NULL;
    aez_status st = begin_template(out, from, from->tap, mem, grid, scan_mask);
    if (st >= 0)
        full = aez_take(mem, out->n_predictors, sizeof *full);
    if (!stages || (st >= 0 && !full))
        st = AEZ_ERR_NOMEM;
    if (st >= 0)
        st = copy_nets(out, from, mem);
    if (st >= 0) {
        aez_template_expand(from, small, scan_mask, stages, from->n_predictors);
        aez_template_expand(out, grid, scan_mask, full, out->n_predictors);
    }
    for (size_t i = 0; st >= 0 && i < out->n_predictors; i++) {
        const aez_predictor *p = match(&full[i], stages, from->predictor, from->n_predictors);
        if (p)
            out->predictor[i] = *p;
        else
            stand_in(&out->predictor[i], &full[i], &from->predictor[from->n_predictors > 1]);
    }
    aez_drop(mem, stages);
    aez_drop(mem, full);
    if (st < 0)
        free_template(out, mem);
    return st;
}

aez_status aez_candidate_fit(aez_candidate *c, const aez_trial *trial)
{
    const aez_mem  *mem = trial->mem;
    const aez_grid *grid = &trial->sample->grid;
    aez_stage      *stages = NULL;
    aez_status      st = AEZ_ERR_NOMEM;
    c->fitted = aez_take(mem, 1, sizeof *c->fitted);
    if (c->fitted)
        st = begin_template(c->fitted, &c->shape, c->tap, mem, grid, c->scan_mask);
    if (st >= 0) {
        stages = aez_take(mem, c->fitted->n_predictors, sizeof *stages);
        st = stages ? AEZ_OK : AEZ_ERR_NOMEM;
    }
    if (st >= 0) {
        aez_template_expand(c->fitted, grid, c->scan_mask, stages, c->fitted->n_predictors);
        st = fit_all(c, trial, stages, c->fitted->n_predictors, c->fitted->predictor);
    }
    aez_drop(mem, stages);
    if (st < 0)
        aez_candidate_free(c, mem);
    return st;
}

void aez_candidate_free(aez_candidate *c, const aez_mem *mem)
{
    if (c->fitted)
        free_template(c->fitted, mem);
    aez_drop(mem, c->fitted);
    c->fitted = NULL;
}

aez_status aez_candidate_template(const aez_candidate *c, const aez_trial *trial,
                                  const aez_grid *grid, aez_template *out)
{
    aez_candidate copy = *c;
    aez_status    st = AEZ_OK;
    memset(out, 0, sizeof *out);
    if (!c->fitted)
        st = aez_candidate_fit(&copy, trial);
    if (st >= 0)
        st = aez_template_regrid(out, copy.fitted, trial->mem, &trial->sample->grid, grid,
                                 c->scan_mask);
    if (!c->fitted)
        aez_candidate_free(&copy, trial->mem);
    return st;
}

static int taps_others(const aez_candidate *c)
{
    for (unsigned i = 0; i < c->shape.n_taps; i++) {
        if (c->tap[i].field != c->shape.field)
            return 1;
    }
    return c->shape.n_channels > 0;
}

aez_status aez_candidate_code(const aez_candidate *c, const aez_trial *trial,
                              aez_residual_writer *w, int64_t *restored, size_t *plan_bytes)
{
    const aez_sample *s = trial->sample;
    int               alone = !taps_others(c);
    uint32_t          n_fields = alone ? 1 : s->n_fields, f = alone ? 0 : trial->field;
    aez_template     *t = c->fitted;
    aez_group         group = {.scan_mask = c->scan_mask, .n_templates = 1, .templates = t};
    aez_plan          plan = {.n_fields = n_fields, .n_groups = 1, .groups = &group};
    aez_ifield       *fields = aez_take(trial->mem, n_fields, sizeof *fields);
    aez_residual_writer *writers = aez_take(trial->mem, n_fields, sizeof *writers);
    int64_t *k = restored ? restored : aez_take_raw(trial->mem, s->grid.n_sites, sizeof *k);
    aez_buf           bytes;
    aez_status        st = AEZ_ERR_NOMEM;
    aez_buf_init(&bytes, trial->mem);
    if (!fields || !writers || !k)
        goto done;
    plan.constant = alone ? &s->constant[trial->field] : s->constant;
    for (uint32_t i = 0; i < n_fields; i++) {
        fields[i] = s->fields[alone ? trial->field : i];
        fields[i].k = s->noisy[alone ? trial->field : i];
        if (i != f)
            fields[i].image_width = 0; /* its noisy copy is what taps read */
    }
    memcpy(k, s->fields[trial->field].k, s->grid.n_sites * sizeof *k);
    fields[f].k = k;
    t->field = f;
    for (unsigned i = 0; alone && i < t->n_taps && t->tap; i++)
        t->tap[i].field = 0;
    writers[f] = *w;
    st = aez_plan_encode(&plan, trial->mem, &s->grid, fields, writers);
    *w = writers[f];
    plan.n_fields = 0; /* the constants are not this field's cost */
    aez_plan_put(&plan, &s->grid, &bytes);
    *plan_bytes = bytes.size;
    if (bytes.failed)
        st = AEZ_ERR_NOMEM;
    t->field = trial->field;
    for (unsigned i = 0; alone && i < t->n_taps && t->tap; i++)
        t->tap[i].field = trial->field;
done:
    aez_buf_free(&bytes);
    aez_drop(trial->mem, fields);
    aez_drop(trial->mem, writers);
    if (!restored)
        aez_drop(trial->mem, k);
    return st;
}

#define HOPELESS 2.5 /* times the best price at which a fast zstd settles it */

/* Real packing where zstd may find repeats that no context sees, else the estimate. */
static aez_status price(const aez_trial *trial, const aez_candidate *c,
                        const aez_residual_writer *w, double *bits)
{
    aez_residual_options options = {.effort = trial->options->level};
    aez_buf              out;
    aez_status           st;
    int                  packs = (c->shape.flags & AEZ_FIXED_GRID) || trial->options->zstd_only;
    *bits = aez_residual_cost(w);
    if (*bits == HUGE_VAL)
        return AEZ_ERR_NOMEM;
    if (!packs)
        return AEZ_OK;
    if (!trial->options->zstd_only && trial->n_tried > 0) { /* not the slow way for nothing */
        options.pack.zstd_level = 3;
        aez_buf_init(&out, trial->mem);
        st = aez_residual_pack(w, &options, &out);
        *bits = 8.0 * (double)out.size;
        aez_buf_free(&out);
        if (st < 0 || *bits * trial->sample->share > HOPELESS * trial->best.bits)
            return st;
    }
    options.pack.zstd_only = trial->options->zstd_only;
    options.pack.zstd_level = aez_level_zstd(trial->options->level, trial->options->zstd_only);
    aez_buf_init(&out, trial->mem);
    st = aez_residual_pack(w, &options, &out);
    *bits = 8.0 * (double)out.size;
    aez_buf_free(&out);
    return st;
}

/* Bits of a fitted candidate for the whole chunk. */
static aez_status weigh(const aez_trial *trial, aez_candidate *c, int64_t *restored)
{
    aez_residual_writer w;
    size_t              plan_bytes = 0;
    double              bits = 0;
    aez_status          st = aez_residual_writer_init(&w, trial->mem, trial->sample->grid.n_sites);
    if (st < 0)
        return st;
    st = aez_candidate_code(c, trial, &w, restored, &plan_bytes);
    if (st >= 0)
        st = price(trial, c, &w, &bits);
    aez_residual_writer_free(&w);
    c->bits = bits * trial->sample->share + 8.0 * (double)plan_bytes;
    return st;
}

aez_status aez_trial_price(const aez_trial *trial, aez_candidate *c)
{
    return weigh(trial, c, NULL);
}

aez_status aez_trial_restore(const aez_trial *trial, const aez_candidate *c, int64_t *restored)
{
    aez_candidate copy = *c;
    return weigh(trial, &copy, restored);
}

static void note_rival(aez_trial *trial, const aez_candidate *c)
{
    int            many = c->shape.n_taps > AEZ_MANY_TAPS;
    aez_candidate *r = &trial->rival[c->shape.kind == AEZ_TEMPLATE_PYRAMID ? 0 : 1 + many];
    if (!c->weights || (c->shape.flags & (AEZ_MEAN_LEVELS | AEZ_FIXED_GRID | AEZ_MATCH_TAPS)) ||
        (r->bits > 0 && r->bits <= c->bits))
        return;
    *r = *c;
    r->fitted = NULL;
}

aez_status aez_trial_run(aez_trial *trial, aez_candidate *c)
{
    aez_status st;
    c->fitted = NULL; /* that of a candidate it may have been copied from */
    st = aez_candidate_fit(c, trial);
    return st < 0 ? st : aez_trial_run_fitted(trial, c);
}

aez_status aez_trial_run_fitted(aez_trial *trial, aez_candidate *c)
{
    aez_status st = weigh(trial, c, NULL);
    if (st < 0) {
        aez_candidate_free(c, trial->mem);
        return st;
    }
    c->order = trial->n_tried++;
    note_rival(trial, c);
    if (c->order == 0 || c->bits < trial->best.bits) {
        aez_candidate_free(&trial->second, trial->mem);
        trial->second = trial->best;
        trial->best = *c;
    } else if (c->order == 1 || c->bits < trial->second.bits) {
        aez_candidate_free(&trial->second, trial->mem);
        trial->second = *c;
    } else {
        aez_candidate_free(c, trial->mem);
    }
    c->fitted = NULL;
    return AEZ_OK;
}

void aez_trial_free(aez_trial *trial)
{
    aez_candidate_free(&trial->best, trial->mem);
    aez_candidate_free(&trial->second, trial->mem);
}

aez_status aez_trial_settle(aez_trial *trial)
{
    aez_sample *s = trial->sample;
    int64_t    *noisy = s->noisy[trial->field], *restored;
    aez_status  st;
    if (noisy == s->exact[trial->field])
        return AEZ_OK; /* what is restored is exact */
    restored = aez_take_raw(trial->mem, s->grid.n_sites, sizeof *restored);
    if (!restored)
        return AEZ_ERR_NOMEM;
    st = aez_trial_restore(trial, &trial->best, restored);
    if (st < 0) {
        aez_drop(trial->mem, restored);
        return st;
    }
    s->noisy[trial->field] = restored;
    aez_drop(trial->mem, noisy);
    return AEZ_OK;
}

#define REFITS 2 /* a third round only moves to and fro */

aez_status aez_trial_refit(aez_trial *trial)
{
    aez_sample *s = trial->sample;
    uint32_t    f = trial->field;
    aez_status  st = AEZ_OK;
    if (s->fields[f].step == 1 || s->fields[f].image_width || !trial->best.weights)
        return AEZ_OK;
    for (int round = 0; round < REFITS; round++) {
        aez_candidate c = trial->best;
        int64_t      *restored = aez_take_raw(trial->mem, s->grid.n_sites, sizeof *restored);
        int64_t      *before = s->noisy[f];
        double        bits;
        if (!restored)
            return AEZ_ERR_NOMEM;
        st = weigh(trial, &c, restored);
        c.fitted = NULL;
        s->noisy[f] = restored;
        if (st >= 0)
            st = aez_candidate_fit(&c, trial);
        if (st >= 0)
            st = weigh(trial, &c, NULL);
        bits = c.bits;
        if (st < 0 || bits >= trial->best.bits) {
            s->noisy[f] = before;
            aez_drop(trial->mem, restored);
            aez_candidate_free(&c, trial->mem);
            break;
        }
        aez_drop(trial->mem, before == s->exact[f] ? NULL : before);
        aez_candidate_free(&trial->best, trial->mem);
        trial->best = c;
    }
    return st;
}
