/* candidate.c - one way to plan a field, fitted and priced on a sample. */
#include "candidate.h"

#include <math.h>
#include <string.h>

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
        uint64_t   scanned = 1;
        for (unsigned a = 0; a < trial->sample->grid.n_dims; a++)
            scanned *= c->scan_mask >> a & 1 ? trial->sample->grid.shape[a] : 1;
        options.sites = (double)aez_stage_sites(&stages[i], &trial->sample->grid, c->scan_mask) *
                        (double)scanned * trial->sample->share;
        st = aez_fit_stage(&fitted[i], &stages[i], c->scan_mask, trial->sample, &options);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

static aez_status copy_taps(aez_template *out, const aez_candidate *c, const aez_mem *mem)
{
    out->tap = NULL;
    if (c->shape.kind != AEZ_TEMPLATE_LIST)
        return AEZ_OK;
    out->tap = aez_take(mem, c->shape.n_taps, sizeof *out->tap);
    if (!out->tap)
        return AEZ_ERR_NOMEM;
    memcpy(out->tap, c->tap, c->shape.n_taps * sizeof *out->tap);
    return AEZ_OK;
}

aez_status aez_candidate_template(const aez_candidate *c, const aez_trial *trial,
                                  const aez_grid *grid, aez_template *out)
{
    const aez_mem  *mem = trial->mem;
    const aez_grid *small = &trial->sample->grid;
    aez_stage      *stages = NULL, *full = NULL;
    aez_predictor  *fitted = NULL;
    size_t          n, n_full;
    aez_status      st;
    *out = c->shape;
    out->predictor = NULL;
    st = copy_taps(out, c, mem);
    if (st < 0)
        return st;
    st = AEZ_ERR_NOMEM;
    n = aez_template_expand(out, small, c->scan_mask, NULL, 0);
    n_full = aez_template_expand(out, grid, c->scan_mask, NULL, 0);
    stages = aez_take(mem, n, sizeof *stages);
    full = aez_take(mem, n_full, sizeof *full);
    fitted = aez_take(mem, n, sizeof *fitted);
    out->predictor = aez_take(mem, n_full, sizeof *out->predictor);
    if (!stages || !full || !fitted || !out->predictor)
        goto done;
    aez_template_expand(out, small, c->scan_mask, stages, n);
    out->n_predictors = n_full;
    aez_template_expand(out, grid, c->scan_mask, full, n_full);
    st = fit_all(c, trial, stages, n, fitted);
    for (size_t i = 0; st >= 0 && i < n_full; i++) {
        const aez_predictor *p = match(&full[i], stages, fitted, n);
        if (p)
            out->predictor[i] = *p;
        else
            stand_in(&out->predictor[i], &full[i], &fitted[n > 1 ? 1 : 0]);
    }
done:
    aez_drop(mem, stages);
    aez_drop(mem, full);
    aez_drop(mem, fitted);
    if (st < 0) {
        aez_drop(mem, out->tap);
        aez_drop(mem, out->predictor);
        out->tap = NULL;
        out->predictor = NULL;
    }
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

/* Codes the field on the sample with the given template, other fields standing as restored. */
static aez_status code_sample(const aez_trial *trial, const aez_candidate *c, aez_template *t,
                              aez_residual_writer *w, size_t *plan_bytes)
{
    const aez_sample *s = trial->sample;
    int               alone = !taps_others(c);
    uint32_t          n_fields = alone ? 1 : s->n_fields, f = alone ? 0 : trial->field;
    aez_group         group = {.scan_mask = c->scan_mask, .n_templates = 1, .templates = t};
    aez_plan          plan = {.n_fields = n_fields, .n_groups = 1, .groups = &group};
    aez_ifield       *fields = aez_take(trial->mem, n_fields, sizeof *fields);
    aez_residual_writer *writers = aez_take(trial->mem, n_fields, sizeof *writers);
    int64_t          *k = aez_take_raw(trial->mem, s->grid.n_sites, sizeof *k);
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
done:
    aez_buf_free(&bytes);
    aez_drop(trial->mem, fields);
    aez_drop(trial->mem, writers);
    aez_drop(trial->mem, k);
    return st;
}

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
    options.pack.zstd_only = trial->options->zstd_only;
    options.pack.zstd_level = aez_level_zstd(trial->options->level, trial->options->zstd_only);
    aez_buf_init(&out, trial->mem);
    st = aez_residual_pack(w, &options, &out);
    *bits = 8.0 * (double)out.size;
    aez_buf_free(&out);
    return st;
}

aez_status aez_trial_run(aez_trial *trial, aez_candidate *c)
{
    aez_residual_writer w;
    aez_template        t;
    size_t              plan_bytes = 0;
    double              bits = 0;
    aez_status          st = aez_residual_writer_init(&w, trial->mem, trial->sample->grid.n_sites);
    if (st < 0)
        return st;
    memset(&t, 0, sizeof t);
    st = aez_candidate_template(c, trial, &trial->sample->grid, &t);
    if (st >= 0)
        st = code_sample(trial, c, &t, &w, &plan_bytes);
    if (st >= 0)
        st = price(trial, c, &w, &bits);
    aez_residual_writer_free(&w);
    aez_drop(trial->mem, t.tap);
    aez_drop(trial->mem, t.predictor);
    if (st < 0)
        return st;
    c->bits = bits * trial->sample->share + 8.0 * (double)plan_bytes;
    c->order = trial->n_tried++;
    if (c->order == 0 || c->bits < trial->best.bits) {
        if (c->order > 0)
            trial->second = trial->best;
        trial->best = *c;
    } else if (c->order == 1 || c->bits < trial->second.bits) {
        trial->second = *c;
    }
    return AEZ_OK;
}
