/* family_train.c - a family's model: trained, given plans of stages, put into a model file. */
#include <math.h>
#include <string.h>

#include "encoder.h"
#include "family_sample.h"
#include "provenance.h"

#define WHY_SIZE 200
#define VALUES_A_PARAMETER 32 /* of fewer values a model learns what only these items have */

/* A model on its way into a file. */
typedef struct aez_family_course {
    aez_family             *f;
    double                 *rows; /* [n_rows][n_features], without gaps */
    size_t                  n_rows;
    aez_train_task          task; /* as the trainer gets it */
    aez_model_unit         *unit; /* [n_fields] */
    const aez_stage_target *targets;
    size_t                  n_targets;
    int                     apart; /* stages were trained on items that their model had not seen */
} aez_family_course;

/* ---- rows ------------------------------------------------------------------------------------ */

/* Least and greatest value of each field, and whether all are whole, give the model's numbers. */
static void find_units(aez_family_course *c)
{
    const aez_family *f = c->f;
    for (uint32_t i = 0; i < f->n_fields; i++) {
        double lo = INFINITY, hi = -INFINITY;
        int    whole = 1;
        for (size_t r = 0; r < c->n_rows; r++) {
            const double *row = c->rows + r * f->n_features + i * f->inner;
            for (uint64_t j = 0; j < f->inner; j++) {
                if (isnan(row[j]))
                    continue;
                lo = row[j] < lo ? row[j] : lo;
                hi = row[j] > hi ? row[j] : hi;
                whole &= row[j] == floor(row[j]);
            }
        }
        c->unit[i] = lo <= hi ? aez_model_unit_for(lo, hi, whole) : aez_model_unit_for(0, 0, 1);
    }
}

/* The means of the values that are there stand in for those that are not (NAN). */
static aez_status fill_gaps(aez_family_course *c)
{
    const aez_family *f = c->f;
    size_t            d = f->n_features;
    double           *mean = aez_take(&f->mem, d, sizeof *mean);
    uint64_t         *n = aez_take(&f->mem, d, sizeof *n), gaps = 0;
    for (size_t i = 0; mean && n && i < c->n_rows * d; i++) {
        int there = !isnan(c->rows[i]);
        mean[i % d] += there ? c->rows[i] : 0;
        n[i % d] += (unsigned)there;
        gaps += !there;
    }
    for (size_t j = 0; mean && n && j < d; j++)
        mean[j] = n[j] ? mean[j] / (double)n[j] : 0;
    for (size_t i = 0; mean && n && gaps && i < c->n_rows * d; i++)
        c->rows[i] = isnan(c->rows[i]) ? mean[i % d] : c->rows[i];
    aez_drop(&f->mem, mean);
    aez_drop(&f->mem, n);
    return mean && n ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* ---- the trainer ----------------------------------------------------------------------------- */

/* An item as a tensor: its last two axes are height and width, what is before them channels. */
static void find_tensor(const aez_family *f, aez_train_task *t)
{
    unsigned n = f->is_table ? 1 : f->schema.view.n_dims;
    if (t->channels && t->height && t->width)
        return;
    t->channels = t->height = 1;
    t->width = f->n_features;
    if (n == 1)
        return;
    t->width = (uint32_t)f->schema.view.shape[n - 1];
    if (n > 2)
        t->height = (uint32_t)f->schema.view.shape[n - 2];
    t->channels = f->n_features / t->width / t->height;
}

/* Without a task the model is the mean of the items: of each site, where they are maps. */
static void set_task(aez_family_course *c, const aez_train_task *task)
{
    aez_family     *f = c->f;
    aez_train_task *t = &c->task;
    if (task)
        *t = *task;
    else
        t->no_latents = 1;
    if (!task)
        t->scaling = f->is_table ? AEZ_SCALE_EACH : AEZ_SCALE_SITES;
    if (t->seed == 0)
        t->seed = f->options.seed;
    t->n_features = f->n_features;
    t->runner = f->options.runner;
    if (!t->progress) {
        t->progress = f->options.train_progress;
        t->progress_opaque = f->options.train_opaque;
    }
    find_tensor(f, t);
}

static aez_status check_tensor(const aez_family_course *c)
{
    const aez_train_task *t = &c->task;
    uint64_t              hw = (uint64_t)t->height * t->width;
    if (t->channels <= c->f->n_features && hw <= c->f->n_features &&
        t->channels * hw == c->f->n_features)
        return AEZ_OK;
    return aez_family_fail(c->f, AEZ_ERR_OPTION,
                           "an item has %u values, and channels, height and width make %u x %u x %u",
                           (unsigned)c->f->n_features, (unsigned)t->channels, (unsigned)t->height,
                           (unsigned)t->width);
}

/* Trains on the first n_rows rows. */
static aez_status run_trainer(aez_family_course *c, size_t n_rows, void **model)
{
    const aez_trainer *trainer = c->f->options.trainer;
    char               why[WHY_SIZE] = "";
    aez_status         st;
    c->task.rows = c->rows;
    c->task.n_rows = n_rows;
    st = trainer->train(&c->f->mem, &c->task, model, why, sizeof why);
    if (st >= 0)
        return st;
    *model = NULL;
    return aez_family_fail(c->f, st, why[0] ? "training: %s" : NULL, why);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void fill_record(const aez_family_course *c, const void *model, aez_training_record *r)
{
    const aez_trainer *t = c->f->options.trainer;
    aez_tensor         tensor;
    memset(r, 0, sizeof *r);
    r->encoder = r->decoder = "";
    if (t->export_loss)
        t->export_loss(model, &r->float_mse, &r->integer_mse);
    if (t->architecture) {
        r->encoder = t->architecture(model, 0);
        r->decoder = t->architecture(model, 1);
    }
    if (t->curve)
        r->curve = t->curve(model, &r->n_curve);
    for (size_t i = 0; t->tensor && t->tensor(model, i, &tensor); i++) {
        uint64_t n = 1;
        for (uint32_t a = 0; a < tensor.n_dims; a++)
            n *= tensor.shape[a];
        r->n_parameters += n;
    }
    r->encoder = r->encoder ? r->encoder : "";
    r->decoder = r->decoder ? r->decoder : "";
}

static aez_status put_body(const aez_family_course *c, const void *model, const aez_plan_seed *seed,
                           aez_buf *out)
{
    const aez_family *f = c->f;
    aez_model_fields  fields = {.is_table = f->is_table, .n_fields = f->n_fields, .unit = c->unit};
    const uint8_t    *decoder;
    size_t            size = 0;
    fields.n_axes = f->is_table ? 0 : f->schema.view.n_dims - 1;
    for (unsigned a = 0; a < fields.n_axes; a++)
        fields.shape[a] = f->schema.view.shape[a + 1];
    decoder = f->options.trainer->decoder(model, &size);
    return aez_model_body_put(&f->mem, &fields, decoder, size, seed, out);
}

/* The model as it stands, written and read back: what a caller gets is what a file gives. */
static aez_status make_trained(aez_family_course *c, const void *model, const aez_plan_seed *seed,
                               aez_trained **out)
{
    aez_family         *f = c->f;
    aez_training_record record;
    aez_trained_file      file;
    aez_buf             body, text, bytes;
    char                why[WHY_SIZE];
    aez_status          st;
    aez_buf_init(&body, &f->mem);
    aez_buf_init(&text, &f->mem);
    aez_buf_init(&bytes, &f->mem);
    memset(&file, 0, sizeof file);
    fill_record(c, model, &record);
    st = put_body(c, model, seed, &body);
    aez_provenance_put(f, &c->task, c->n_rows, &record, c->targets, c->n_targets, c->apart, &text);
    if (st >= 0 && (body.failed || text.failed))
        st = AEZ_ERR_NOMEM;
    if (st >= 0) {
        file.is_table = f->is_table;
        file.channels = c->task.channels;
        file.height = c->task.height;
        file.width = c->task.width;
        file.n_fields = f->n_fields;
        file.name = (const char *const *)f->name;
        file.type = f->type;
        file.body = body.data;
        file.body_size = body.size;
        if (f->options.trainer->save)
            file.weights = f->options.trainer->save(model, &file.weights_size);
        file.record = &record;
        file.provenance = (const char *)text.data;
        st = aez_trained_file_put(&file, &bytes);
    }
    if (st >= 0)
        st = aez_trained_load(out, &f->options, bytes.data, bytes.size, why, sizeof why);
    if (st < 0)
        aez_family_fail(f, st, NULL);
    aez_buf_free(&body);
    aez_buf_free(&text);
    aez_buf_free(&bytes);
    return st;
}

/* ---- stages ---------------------------------------------------------------------------------- */

/* Whether the hats of items that a model was trained on say little about those of others. A model
 * that stopped by the clock is not trained twice. */
static int is_overfitted(const aez_family_course *c, const void *model)
{
    aez_training_record record;
    fill_record(c, model, &record);
    return c->task.seconds == 0 &&
           (double)record.n_parameters * VALUES_A_PARAMETER > (double)c->n_rows * c->f->n_features;
}

/* A model for the stages to be trained with: the model itself, or, where its hats are too good on
 * its own items, another of the first items; *first is where the others begin. */
static aez_status make_draft(aez_family_course *c, const void *model, uint64_t *first,
                             aez_trained **draft)
{
    void      *other = NULL;
    aez_status st;
    *first = is_overfitted(c, model) ? aez_family_apart(c->f) : 0;
    c->apart = *first > 0;
    if (!c->apart)
        return make_trained(c, model, NULL, draft);
    st = run_trainer(c, (size_t)*first, &other);
    if (st >= 0)
        st = make_trained(c, other, NULL, draft);
    c->f->options.trainer->destroy(other);
    return st;
}

static aez_status train_stages(aez_family_course *c, const void *model, aez_plan_seed *seed)
{
    aez_family_sample sample = {0};
    aez_trained      *draft = NULL;
    uint64_t          first;
    aez_status        st = make_draft(c, model, &first, &draft);
    if (st < 0)
        return st;
    aez_drop(&c->f->mem, c->rows); /* the largest block by far, and nobody reads it any more */
    c->rows = NULL;
    st = aez_family_sample_take(c->f, first, &sample);
    if (st < 0)
        aez_family_fail(c->f, st, NULL);
    for (size_t i = 0; st >= 0 && i < c->n_targets; i++)
        st = aez_family_code_sample(c->f, &sample, draft, &c->targets[i], seed);
    aez_family_sample_free(c->f, &sample);
    aez_trained_destroy(draft);
    return st;
}

static aez_status train_all(aez_family_course *c, aez_trained **out)
{
    aez_plan_seed *seed = aez_plan_seed_create(&c->f->mem);
    void          *model = NULL;
    aez_status     st = AEZ_OK;
    if (!seed)
        return aez_family_fail(c->f, AEZ_ERR_NOMEM, NULL);
    aez_seed_be_lean(seed);
    st = run_trainer(c, c->n_rows, &model);
    if (st >= 0 && c->n_targets)
        st = train_stages(c, model, seed);
    if (st >= 0)
        st = make_trained(c, model, seed, out);
    c->f->options.trainer->destroy(model);
    aez_plan_seed_destroy(seed);
    return st;
}

/* ---- the call -------------------------------------------------------------------------------- */

static aez_status check_targets(aez_family *f, const aez_stage_target *targets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (targets[i].mode != AEZ_LOSSLESS && targets[i].mode != AEZ_ABS &&
            targets[i].mode != AEZ_REL)
            return aez_family_fail(f, AEZ_ERR_OPTION,
                                   "stages are trained for lossless files, absolute and relative "
                                   "bounds only");
        if (targets[i].mode != AEZ_LOSSLESS && !(isfinite(targets[i].bound) && targets[i].bound > 0))
            return aez_family_fail(f, AEZ_ERR_OPTION,
                                   "the bound that stages are trained for is not above zero");
    }
    return AEZ_OK;
}

static aez_status check_call(aez_family *f, const aez_stage_target *targets, size_t n_targets)
{
    aez_status st;
    if (f->state != AEZ_FAMILY_TAKING)
        return AEZ_ERR_STATE;
    st = aez_family_settle(f);
    if (st < 0)
        return st;
    if (!f->options.trainer || !f->options.trainer->train || !f->options.trainer->decoder)
        return aez_family_fail(f, AEZ_ERR_OPTION, "a model needs a trainer");
    if (f->n_blocks == 0)
        return aez_family_fail(f, AEZ_ERR_OPTION, "there are no items to train on");
    return check_targets(f, targets, n_targets);
}

aez_status aez_family_train(aez_family *f, const aez_train_task *task,
                            const aez_stage_target *targets, size_t n_targets, aez_trained **out)
{
    aez_family_course c = {.f = f, .targets = targets, .n_targets = n_targets};
    aez_status        st;
    *out = NULL;
    st = check_call(f, targets, n_targets);
    if (st < 0)
        return st;
    set_task(&c, task);
    st = check_tensor(&c);
    if (st < 0)
        return st;
    st = AEZ_ERR_NOMEM;
    c.unit = aez_take(&f->mem, f->n_fields, sizeof *c.unit);
    if (c.unit)
        st = aez_family_make_rows(f, &c.rows, &c.n_rows);
    if (st >= 0) {
        find_units(&c);
        st = fill_gaps(&c);
    }
    if (st < 0)
        aez_family_fail(f, st, NULL);
    else
        st = train_all(&c, out);
    aez_drop(&f->mem, c.rows);
    aez_drop(&f->mem, c.unit);
    return st;
}
