/* encoder_model.c - the autoencoder of an encoder: what it learns from, and whether it pays. */
#include <math.h>
#include <string.h>

#include "../chunk/array.h"
#include "encoder.h"

#define AUTO_FEATURES 4096    /* items of more have more weights than they save, unless shared */
#define AUTO_ITEMS 64         /* fewer never pay for a model */
#define AUTO_LEVEL 6
#define TRIAL_VALUES 1048576  /* that the worth of a model is judged on */
#define WIDTH_MIN 8           /* of a hidden layer of our own choice */
#define WIDTH_MAX 256
#define LATENTS_DEFAULT 16
#define LATENT_CELLS 1048576 /* lattice units over the range of a float of which latents are kept  \
                              */
#define BATCH 256
#define STEP_MAX 0.5
#define STEPS_FEW 6000 /* batches that few rows get, however often each is seen */

/* Features of items, [n][d], and what they are features of. */
typedef struct aez_lesson {
    double   *x;
    size_t    n;
    uint32_t  d;
    uint32_t *field; /* [n_fields] */
    double   *step;  /* [n_fields] that values are quantised with once predicted; 1: exact */
    uint32_t  n_fields;
    uint64_t  inner;
} aez_lesson;

static void drop_lesson(const aez_encoder *e, aez_lesson *l)
{
    aez_drop(&e->mem, l->x);
    aez_drop(&e->mem, l->field);
    aez_drop(&e->mem, l->step);
}

int aez_model_is_wanted(const aez_options *o)
{
    if (o->trained || !o->trainer || o->model == AEZ_MODEL_STAGES)
        return 0;
    return o->latent_only || o->model != AEZ_MODEL_AUTO || o->level >= AUTO_LEVEL;
}

/* Said aloud: then a model that cannot be had is an error. */
static int is_demanded(const aez_options *o)
{
    return o->latent_only || o->model == AEZ_MODEL_AUTOENCODER || o->model == AEZ_MODEL_BOTH;
}

uint64_t aez_model_features_max(const aez_options *o)
{
    return is_demanded(o) ? AEZ_MODEL_FEATURES_MAX : AUTO_FEATURES;
}

static aez_status refuse(aez_encoder *e, const char *why)
{
    return is_demanded(&e->options) ? aez_encoder_fail(e, AEZ_ERR_OPTION, why) : AEZ_OK;
}

/* ---- lattices for latents
 * ------------------------------------------------------------------------- */

int aez_latent_lattice(aez_lattice *out, aez_type type, const aez_survey *survey)
{
    aez_field_stats stats;
    double          unit;
    memset(out, 0, sizeof *out);
    out->type = type;
    out->step = 1;
    out->any_error = 1;
    out->kind = AEZ_LATTICE_INTEGER;
    if (type != AEZ_F32 && type != AEZ_F64)
        return 1;
    aez_survey_stats(survey, &stats);
    unit = (stats.max - stats.min) / LATENT_CELLS;
    out->kind = AEZ_LATTICE_UNIT;
    out->offset = stats.min;
    out->unit = unit;
    return isnormal(unit);
}

/* ---- training
 * ------------------------------------------------------------------------------------- */

/* The means of the values that are there stand in for those that are not (NAN). */
static void fill_gaps(const aez_lesson *l)
{
    for (uint32_t j = 0; j < l->d; j++) {
        double sum = 0;
        size_t n = 0;
        for (size_t r = 0; r < l->n; r++) {
            double v = l->x[r * l->d + j];
            sum += isnan(v) ? 0 : v;
            n += isnan(v) ? 0 : 1;
        }
        for (size_t r = 0; r < l->n; r++) {
            double *v = &l->x[r * l->d + j];
            if (isnan(*v))
                *v = n ? sum / (double)n : 0;
        }
    }
}

static uint32_t count_latents(const aez_options *o, const aez_lesson *l)
{
    if (o->n_latent)
        return o->n_latent;
    return l->d < LATENTS_DEFAULT ? l->d : LATENTS_DEFAULT;
}

/* One layer, with at most a weight for every 32 values (8 where only latents are kept); 0: none. */
static uint32_t choose_width(const aez_options *o, const aez_lesson *l, uint64_t n_items)
{
    double   values = (double)n_items * (double)l->d / (o->latent_only ? 8 : 32);
    double   width = values / ((double)l->d + (double)count_latents(o, l));
    uint32_t most = 2 * l->d < 32 ? 32 : 2 * l->d > WIDTH_MAX ? WIDTH_MAX : 2 * l->d;
    if (width < WIDTH_MIN)
        return 0;
    return width < most ? (uint32_t)width : most;
}

/* Batches within a budget of multiply-adds and of passes that the level sets. */
static uint64_t choose_steps(const aez_options *o, const aez_train_task *t)
{
    double   budget = o->level >= 8 ? 1.5e12 : 3e11, weights = 0;
    double   batch = t->n_rows < BATCH ? (double)t->n_rows : BATCH;
    double   most = (o->level >= 8 ? 1000 : 400) * (double)t->n_rows / batch;
    uint32_t n_in = t->n_features;
    for (uint32_t i = 0; i < t->n_hidden; i++) {
        weights += 2.0 * n_in * t->hidden[i];
        n_in = t->hidden[i];
    }
    weights += 2.0 * t->n_latent * ((double)n_in + t->n_features);
    budget /= 3 * batch * weights;
    most = most < STEPS_FEW ? STEPS_FEW : most;
    budget = budget < most ? budget : most;
    return budget < 1 ? 1 : (uint64_t)budget;
}

/* The numbers of the body are lattice values. */
static aez_status put_body(const aez_encoder *e, const aez_lesson *l, const aez_learned *learned,
                           aez_buf *body)
{
    size_t           size;
    const uint8_t   *decoder = learned->trainer->decoder(learned->encoder, &size);
    aez_model_fields fields = {.is_table = e->is_table, .n_fields = l->n_fields};
    if (!e->is_table) {
        fields.n_axes = e->schema.view.n_dims - 1;
        memcpy(fields.shape, e->schema.view.shape + 1, fields.n_axes * sizeof *fields.shape);
    }
    return aez_model_body_put(&e->mem, &fields, decoder, size, NULL, body);
}

static aez_status learn(aez_encoder *e, const aez_lesson *l, const aez_train_task *task,
                        aez_learned *out, aez_buf *section)
{
    aez_model_file file = aez_encoder_model_file(e);
    aez_model      links = {.n_fields = l->n_fields, .field = l->field};
    aez_status     st;
    aez_buf        body;
    aez_model_init(&out->model, &e->mem);
    out->trainer = e->options.trainer;
    st = out->trainer->train(&e->mem, task, &out->encoder, NULL, 0);
    if (st < 0)
        return st;
    aez_buf_init(&body, &e->mem);
    st = put_body(e, l, out, &body);
    section->size = 0;
    aez_model_put(&links, body.data, body.size, section);
    aez_buf_free(&body);
    if (st >= 0 && section->failed)
        st = AEZ_ERR_NOMEM;
    return st < 0 ? st : aez_model_get(&out->model, &file, section->data, section->size);
}

/* Mean squared error that a model leaves in standardised features, at least that of quantising the
 * residual itself; over at most TRIAL_VALUES features. */
static aez_status leftover(const aez_encoder *e, const aez_lesson *l, const aez_learned *learned,
                           double *out)
{
    const aez_autoencoder *ae = &learned->model.body->decoder;
    size_t     n = TRIAL_VALUES / l->d < l->n ? TRIAL_VALUES / l->d : l->n;
    int32_t   *q = aez_take_raw(&e->mem, n * ae->n_latent, sizeof *q);
    int32_t   *hat = aez_take_raw(&e->mem, n * l->d, sizeof *hat);
    double     error = 0, least = 0;
    aez_status st = q && hat ? AEZ_OK : AEZ_ERR_NOMEM;
    if (st >= 0)
        st = learned->trainer->encode(learned->encoder, l->x, n, q);
    if (st >= 0)
        st = aez_autoencoder_run(ae, q, n, hat);
    for (size_t i = 0; st >= 0 && i < n * l->d; i++) {
        size_t j = i % l->d;
        double scale = aez_autoencoder_scale(ae, j), step = l->step[j / l->inner] / scale;
        double off = (l->x[i] - (double)aez_model_hat(&learned->model, j, hat[i]));
        if (!(scale > 0))
            continue;
        error += off / scale * (off / scale);
        least += step * step / 12;
    }
    *out = (error > least ? error : least) / (double)(n * l->d);
    aez_drop(&e->mem, q);
    aez_drop(&e->mem, hat);
    return st;
}

/* Where stages code what a hat leaves over, the quantisation of K latents of d features is worth
 * its bits down to step^2 / 12 * (1 - K / d) = the error that is left anyway; PCA tells that error.
 */
static aez_status choose_latent_step(aez_encoder *e, const aez_lesson *l,
                                     const aez_train_task *task, double *step)
{
    aez_learned    pca;
    aez_train_task fine = *task;
    aez_buf        unused;
    double         error = 0, share = (double)task->n_latent / l->d, least;
    aez_status     st;
    memset(&pca, 0, sizeof pca);
    aez_buf_init(&unused, &e->mem);
    least = sqrt((double)l->d) / 2048; /* latents of 16 bits keep 16 deviations */
    fine.linear = 1;
    fine.latent_step = least;
    st = learn(e, l, &fine, &pca, &unused);
    if (st >= 0)
        st = leftover(e, l, &pca, &error);
    aez_learned_free(&pca);
    aez_buf_free(&unused);
    *step = sqrt(12 * error / (share < 0.9 ? 1 - share : 0.1));
    *step = *step < least ? least : *step > STEP_MAX ? STEP_MAX : *step;
    return st;
}

static aez_status learn_all(aez_encoder *e, const aez_lesson *l, uint64_t n_items, aez_buf *section)
{
    const aez_options *o = &e->options;
    uint32_t           width = choose_width(o, l, n_items);
    aez_buf            unused;
    aez_status         st;
    aez_train_task     task = {.rows = l->x,
                               .n_rows = l->n,
                               .n_features = l->d,
                               .scaling = l->n_fields == 1 && l->inner > 1 ? AEZ_SCALE_COMMON
                                                                           : AEZ_SCALE_EACH,
                               .n_latent = count_latents(o, l),
                               .n_hidden = o->n_hidden ? o->n_hidden : width > 0,
                               .hidden = o->n_hidden ? o->hidden : &width,
                               .seed = o->seed,
                               .latent_step = o->latent_step,
                               .lambda = o->lambda,
                               .runner = o->runner,
                               .progress = o->train_progress,
                               .progress_opaque = o->train_opaque};
    task.linear = task.n_hidden == 0;
    task.steps = o->train_steps ? o->train_steps : choose_steps(o, &task);
    if (!o->latent_only && o->latent_step == 0 && o->lambda == 0) {
        st = choose_latent_step(e, l, &task, &task.latent_step);
        if (st < 0)
            return st;
    }
    e->learned = aez_take(&e->mem, 1, sizeof *e->learned);
    e->baseline = aez_take(&e->mem, 1, sizeof *e->baseline);
    if (!e->learned || !e->baseline)
        return AEZ_ERR_NOMEM;
    e->learned->use = AEZ_USE_BEST;
    if (o->model == AEZ_MODEL_AUTOENCODER)
        e->learned->use = AEZ_USE_HAT;
    if (o->latent_only)
        e->learned->use = AEZ_USE_LATENTS;
    st = learn(e, l, &task, e->learned, section);
    if (st < 0 || !o->latent_only)
        return st;
    task.linear = 1;
    task.n_latent = e->learned->model.body->decoder.n_latent;
    aez_buf_init(&unused, &e->mem);
    st = learn(e, l, &task, e->baseline, &unused);
    e->learned->baseline = e->baseline;
    aez_buf_free(&unused);
    return st;
}

static void forget(const aez_encoder *e, aez_learned *l)
{
    if (!l)
        return;
    aez_learned_free(l);
    aez_drop(&e->mem, l);
}

void aez_encoder_forget(aez_encoder *e)
{
    forget(e, e->learned);
    forget(e, e->baseline);
    e->learned = e->baseline = NULL;
    e->ctx.model = e->table_ctx.model = NULL;
    e->ctx.learned = e->table_ctx.learned = NULL;
}

void aez_encoder_adopt(aez_encoder *e)
{
    e->ctx.learned = e->table_ctx.learned = e->learned;
    e->ctx.model = e->table_ctx.model = &e->learned->model;
}

aez_model_file aez_encoder_model_file(const aez_encoder *e)
{
    return (aez_model_file){.is_table = e->is_table,
                            .n_fields = e->n_columns,
                            .n_dims = e->schema.view.n_dims,
                            .shape = e->schema.view.shape};
}

void aez_encoder_put_model(aez_encoder *e, unsigned type, const aez_buf *section)
{
    uint64_t before = e->file_size;
    aez_encoder_put_section(e, type, section->data, section->size);
    e->report.model_bytes += section->size;
    e->report.header_bytes += e->file_size - before - section->size;
}

/* Learns, and keeps the model when it is demanded or worth its bytes. */
static aez_status learn_and_keep(aez_encoder *e, const aez_lesson *l, uint64_t n_items,
                                 aez_status (*judge)(aez_encoder *e, void *opaque, double *gain),
                                 void *opaque)
{
    aez_buf    section;
    double     gain = 0;
    int        keep = e->options.latent_only || e->options.model == AEZ_MODEL_AUTOENCODER;
    aez_status st;
    aez_buf_init(&section, &e->mem);
    fill_gaps(l);
    st = learn_all(e, l, n_items, &section);
    if (st >= 0)
        aez_encoder_adopt(e);
    if (st >= 0 && !keep) {
        st = judge(e, opaque, &gain);
        keep = gain > (double)section.size;
    }
    if (st >= 0 && keep)
        aez_encoder_put_model(e, AEZ_SECTION_MODEL, &section);
    else
        aez_encoder_forget(e);
    aez_buf_free(&section);
    if (st == AEZ_ERR_OPTION)
        return aez_encoder_fail(e, st, "a model has at most as many latents as an item has "
                                       "features");
    return st < 0 ? aez_encoder_fail(e, st, NULL) : AEZ_OK;
}

/* ---- arrays
 * --------------------------------------------------------------------------------------- */

static int is_affine(const aez_lattice *l)
{
    return l->kind == AEZ_LATTICE_INTEGER || l->kind == AEZ_LATTICE_DECIMAL ||
           l->kind == AEZ_LATTICE_UNIT;
}

static aez_status find_fields(const aez_encoder *e, aez_lesson *l)
{
    l->field = aez_take(&e->mem, e->schema.view.n_fields, sizeof *l->field);
    l->step = aez_take(&e->mem, e->schema.view.n_fields, sizeof *l->step);
    for (uint32_t f = 0; l->field && l->step && f < e->schema.view.n_fields; f++) {
        const aez_chunk_field *field = &e->schema.chunk_fields[f];
        if (field->type != AEZ_OPAQUE && field->target_mse == 0 && is_affine(&field->lattice)) {
            l->step[l->n_fields] = (double)field->lattice.step;
            l->field[l->n_fields++] = f;
        }
    }
    return l->field && l->step ? AEZ_OK : AEZ_ERR_NOMEM;
}

static aez_status read_field(const aez_encoder *e, const aez_profile *profile, uint32_t i,
                             aez_lesson *l)
{
    const aez_chunk_field *field = &e->schema.chunk_fields[l->field[i]];
    uint64_t               n = l->n * l->inner;
    int64_t               *k = aez_take_raw(&e->mem, n, sizeof *k);
    uint8_t               *odd = aez_take_raw(&e->mem, n, 1);
    if (k && odd) {
        aez_lattice_forward(&field->lattice, profile->sample[l->field[i]], n,
                            field->has_missing ? &field->missing : NULL, k, odd);
        for (uint64_t at = 0; at < n; at++)
            l->x[at / l->inner * l->d + i * l->inner + at % l->inner] =
                odd[at] ? (double)NAN : (double)k[at];
    }
    aez_drop(&e->mem, odd);
    aez_drop(&e->mem, k);
    return k && odd ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* What both codings of the sampled items differ by, for all items of the array. */
typedef struct aez_trial_sites {
    const aez_profile *profile;
    uint64_t           n; /* items looked at */
} aez_trial_sites;

static aez_status trial_size(const aez_encoder *e, const aez_trial_sites *t, int with, size_t *size)
{
    aez_chunk_context   ctx = e->ctx;
    uint32_t            n_fields = ctx.n_fields;
    aez_box             box = {.n_dims = e->schema.view.n_dims};
    aez_chunk_info      info = {0};
    aez_buf             out;
    uint8_t           **odd = aez_take(&e->mem, n_fields, sizeof *odd);
    const aez_lattice **own = aez_take(&e->mem, n_fields, sizeof *own);
    aez_status          st = odd && own ? AEZ_OK : AEZ_ERR_NOMEM;
    memcpy(box.shape, e->schema.view.shape, sizeof box.shape);
    box.shape[0] = t->n;
    box.n_sites = t->n * t->profile->inner;
    for (uint32_t f = 0; st >= 0 && f < n_fields; f++) {
        odd[f] = aez_take(&e->mem, box.n_sites, 1);
        st = odd[f] ? AEZ_OK : AEZ_ERR_NOMEM;
    }
    if (!with)
        ctx.learned = NULL;
    aez_buf_init(&out, &e->mem);
    if (st >= 0)
        st = aez_array_encode(&ctx, &box, (const void *const *)t->profile->sample, own, odd, &out,
                              &info);
    *size = out.size;
    aez_buf_free(&out);
    for (uint32_t f = 0; odd && f < n_fields; f++)
        aez_drop(&e->mem, odd[f]);
    aez_drop(&e->mem, odd);
    aez_drop(&e->mem, own);
    return st;
}

static aez_status judge_sites(aez_encoder *e, void *opaque, double *gain)
{
    aez_trial_sites *t = opaque;
    size_t           with = 0, without = 0;
    aez_status       st = trial_size(e, t, 0, &without);
    if (st >= 0)
        st = trial_size(e, t, 1, &with);
    *gain = ((double)without - (double)with) * (double)e->schema.view.shape[0] / (double)t->n;
    return st;
}

aez_status aez_encoder_learn_sites(aez_encoder *e, const aez_profile *profile)
{
    aez_lesson      l = {0};
    aez_trial_sites trial = {.profile = profile};
    uint64_t        n_items = e->schema.view.shape[0];
    aez_status      st;
    if (!aez_model_is_wanted(&e->options) || e->schema.n_sites == 0)
        return AEZ_OK;
    l.inner = e->schema.n_sites / n_items;
    if (!profile || !profile->sample)
        return refuse(e, profile
                             ? "a model needs items (positions of the first axis) of at most 2^20 "
                               "values"
                             : "a model needs a profile");
    if (profile->n_sampled == 0)
        return refuse(e, "a model needs a profile that has seen the values");
    if (l.inner > e->schema.box_sites)
        return refuse(e, "a model needs chunks that hold whole items");
    if (e->options.model == AEZ_MODEL_AUTO && !e->options.latent_only && n_items < AUTO_ITEMS)
        return AEZ_OK;
    st = find_fields(e, &l);
    if (st < 0) {
        drop_lesson(e, &l);
        return aez_encoder_fail(e, st, NULL);
    }
    if (l.n_fields == 0 || l.n_fields * l.inner > aez_model_features_max(&e->options) ||
        (!is_demanded(&e->options) && l.n_fields * l.inner < 2)) {
        drop_lesson(e, &l);
        return refuse(e,
                      "a model needs numbers on an even grid: integers, decimals, or floats with "
                      "an absolute or relative bound");
    }
    l.d = (uint32_t)(l.n_fields * l.inner);
    l.n = (size_t)profile->n_sampled;
    trial.n = TRIAL_VALUES / l.d < l.n ? TRIAL_VALUES / l.d : l.n;
    l.x = aez_take_raw(&e->mem, l.n * l.d, sizeof *l.x);
    st = l.x ? AEZ_OK : AEZ_ERR_NOMEM;
    for (uint32_t i = 0; st >= 0 && i < l.n_fields; i++)
        st = read_field(e, profile, i, &l);
    if (st >= 0)
        st = learn_and_keep(e, &l, n_items, judge_sites, &trial);
    else
        aez_encoder_fail(e, st, NULL);
    drop_lesson(e, &l);
    return st;
}

/* ---- tables
 * --------------------------------------------------------------------------------------- */

/* The part's field that holds column c, where the column is one for a model; else -1. */
static int64_t feature_field(const aez_encoder *e, const aez_table_part *part, uint32_t c)
{
    const aez_column *column = &e->table.columns[c];
    if (column->kind != AEZ_COLUMN_DECIMAL || !column->numeric || column->n_entries ||
        (e->options.latent_only && e->kept_exact[c]))
        return -1;
    for (uint32_t f = 0; f < part->layout.n_fields; f++) {
        const aez_table_field *field = &part->layout.fields[f];
        if (field->column == c && !field->is_mask)
            return field->image_width ? -1 : (int64_t)f;
    }
    return -1;
}

static aez_status read_columns(const aez_encoder *e, const aez_table_part *part, size_t n_rows,
                               aez_lesson *l)
{
    l->field = aez_take(&e->mem, e->table.n_columns, sizeof *l->field);
    l->step = aez_take(&e->mem, e->table.n_columns, sizeof *l->step);
    if (!l->field || !l->step)
        return AEZ_ERR_NOMEM;
    for (uint32_t c = 0; c < e->table.n_columns; c++) {
        if (feature_field(e, part, c) < 0)
            continue;
        l->step[l->n_fields] = (double)e->table.columns[c].step;
        l->field[l->n_fields++] = c;
    }
    l->inner = 1;
    l->d = l->n_fields;
    l->n = n_rows;
    if (l->d == 0 || l->d > aez_model_features_max(&e->options))
        return AEZ_OK;
    l->x = l->n <= SIZE_MAX / l->d ? aez_take_raw(&e->mem, l->n * l->d, sizeof *l->x) : NULL;
    for (uint32_t j = 0; l->x && j < l->d; j++) {
        const aez_ifield *field = &part->fields[feature_field(e, part, l->field[j])];
        for (size_t r = 0; r < n_rows; r++)
            l->x[r * l->d + j] = field->skip && field->skip[r] ? (double)NAN : (double)field->k[r];
    }
    return l->x ? AEZ_OK : AEZ_ERR_NOMEM;
}

typedef struct aez_trial_rows {
    const aez_row *rows;
    size_t         n;
} aez_trial_rows;

/* The model has to pay in the first chunk: how many follow is not known. */
static aez_status judge_rows(aez_encoder *e, void *opaque, double *gain)
{
    aez_trial_rows   *t = opaque;
    aez_table_context ctx = e->table_ctx;
    aez_chunk_info    info = {0};
    aez_buf           with, without;
    aez_status        st;
    aez_buf_init(&with, &e->mem);
    aez_buf_init(&without, &e->mem);
    st = aez_table_chunk_encode(&ctx, t->rows, t->n, &with, &info);
    ctx.learned = NULL;
    if (st >= 0)
        st = aez_table_chunk_encode(&ctx, t->rows, t->n, &without, &info);
    *gain = (double)without.size - (double)with.size;
    aez_buf_free(&with);
    aez_buf_free(&without);
    return st;
}

static aez_status learn_rows(aez_encoder *e, const aez_row *rows, size_t n_rows)
{
    aez_table_part part;
    aez_lesson     l = {0};
    aez_trial_rows trial = {rows, n_rows};
    aez_status     st = aez_table_split(&e->table, &e->mem, rows, n_rows, &part);
    if (st >= 0)
        st = read_columns(e, &part, n_rows, &l);
    aez_table_part_free(&part);
    if (st < 0)
        aez_encoder_fail(e, st, NULL);
    else if (l.d == 0 || l.d > aez_model_features_max(&e->options))
        st = refuse(e, "a model needs columns of decimal numbers");
    else if (is_demanded(&e->options) || (l.d >= 2 && n_rows >= AUTO_ITEMS))
        st = learn_and_keep(e, &l, n_rows, judge_rows, &trial);
    drop_lesson(e, &l);
    return st;
}

aez_status aez_encoder_learn_rows(aez_encoder *e, const aez_row_store *store)
{
    aez_row   *rows;
    aez_cell  *cells;
    aez_status st;
    if (!aez_model_is_wanted(&e->options))
        return AEZ_OK;
    st = aez_row_store_view(store, &rows, &cells);
    if (st >= 0)
        st = learn_rows(e, rows, store->n_rows);
    else
        aez_encoder_fail(e, st, NULL);
    aez_drop(&e->mem, rows);
    aez_drop(&e->mem, cells);
    return st;
}
