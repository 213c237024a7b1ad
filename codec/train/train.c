/* train.c - from a task to a float model: the start, training, what is left of latents. */
#include "fit.h"
#include "saved.h"
#include "train_options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEPS_AT_START 4     /* in a deviation of a latent that RATE begins to train */
#define START_ROWS 256       /* on which that is measured */

/* ---- models to start from -------------------------------------------------------------------- */

/* Widths in words; the decoder mirrors the encoder. */
static aez_status spell_widths(const aez_train_task *o, char *encoder, char *decoder, char *why,
                               size_t why_size)
{
    size_t e = 0, d = 0, size = AEZ_FLOAT_TEXT_MAX;
    for (uint32_t i = 0; i < o->n_hidden; i++) {
        if (o->hidden[i] < 1 || o->hidden[i] > AEZ_LAYER_WIDTH_MAX)
            return aez_refuse(why, why_size, "hidden layers are 1 to 4096 wide");
        e += (size_t)snprintf(encoder + e, size - e, "dense:%lu leaky ",
                              (unsigned long)o->hidden[i]);
        d += (size_t)snprintf(decoder + d, size - d, "dense:%lu leaky ",
                              (unsigned long)o->hidden[o->n_hidden - 1 - i]);
    }
    snprintf(encoder + e, size - e, "latent");
    snprintf(decoder + d, size - d, "dense:%lu", (unsigned long)o->n_features);
    return AEZ_OK;
}

static aez_float_shape shape_of(const aez_train_task *o)
{
    return (aez_float_shape){.n_features = o->n_features,
                             .n_latent = o->n_latent,
                             .item = {o->channels, o->height, o->width},
                             .scaling = o->scaling};
}

/* Everything on the way to a model. */
typedef struct start {
    aez_train_task   o;
    aez_float_model *m;   /* what is trained */
    aez_float_model *pca; /* what it has to beat, or NULL */
    float           *x;   /* [n][d] standardised */
    double          *variance; /* [n_latent] of principal components */
    aez_rd           state;    /* to resume from */
    int              resumes;
} start;

static void start_free(const aez_mem *mem, start *s)
{
    aez_float_model_destroy(s->m);
    aez_float_model_destroy(s->pca);
    aez_drop(mem, s->x);
    aez_drop(mem, s->variance);
}

/* Statistics of m from the rows, and the rows by them. */
static aez_status standardise(const aez_mem *mem, start *s, aez_float_model *m, char *why,
                              size_t why_size)
{
    const aez_train_task *o = &s->o;
    aez_status            st = aez_float_statistics(m, o->rows, o->n_rows);
    if (st < 0)
        return aez_refuse(why, why_size, "a value to train on is not finite, or beyond 2^900");
    s->x = aez_take_raw(mem, o->n_rows * o->n_features, sizeof *s->x);
    if (!s->x)
        return AEZ_ERR_NOMEM;
    aez_float_standardise(m, o->rows, o->n_rows, s->x);
    return AEZ_OK;
}

static void set_prior(aez_float_model *m, size_t l, double deviation)
{ /* in steps; a logistic's deviation is pi / sqrt(3) scales */
    double s = deviation / (double)m->unit[l] * 0.5513288954217921;
    m->params[m->prior_scale + l] = (float)log(s > 0.1 ? s : 0.1);
}

static aez_status begin_pca(const aez_mem *mem, start *s, char *why, size_t why_size)
{
    aez_float_shape shape = shape_of(&s->o);
    aez_train_task  price = s->o;
    aez_status      st;
    shape.bypass = 1;
    if (s->o.n_latent > s->o.n_features)
        return aez_refuse(why, why_size, "there are at most as many components as features");
    aez_task_settle_step(&price);
    st = aez_float_model_create(mem, &shape, &s->pca, why, why_size);
    if (st >= 0)
        st = standardise(mem, s, s->pca, why, why_size);
    if (st < 0)
        return st;
    s->variance = aez_take(mem, s->o.n_latent, sizeof *s->variance);
    if (!s->variance)
        return AEZ_ERR_NOMEM;
    s->pca->lambda = price.lambda;
    st = aez_float_pca(s->pca, s->x, s->o.n_rows, s->o.seed, s->variance);
    for (uint32_t l = 0; st >= 0 && l < s->o.n_latent; l++) {
        s->pca->unit[l] = (float)price.latent_step;
        set_prior(s->pca, l, sqrt(s->variance[l]));
    }
    return st;
}

static void copy_statistics(const aez_float_model *from, aez_float_model *to)
{
    to->lambda = from->lambda;
    memcpy(to->offset, from->offset, from->n_features * sizeof *to->offset);
    memcpy(to->scale, from->scale, from->n_features * sizeof *to->scale);
}

static void copy_bypass(const aez_half *a, const float *from, const aez_half *b, float *to)
{
    memcpy(to + b->bypass_w, from + a->bypass_w, (size_t)a->n_in * a->n_out * sizeof *to);
    memcpy(to + b->bypass_b, from + a->bypass_b, a->n_out * sizeof *to);
}

/* The last layer of a net that is to begin as 0. */
static void silence(const aez_half *h, float *params)
{
    const aez_node *node = &h->net.node[h->net.n - 1];
    memset(params + h->net_at + node->weight, 0,
           aez_dims_size(node->in) * aez_dims_size(node->out) * sizeof *params);
}

/* PCA with nets beside it that begin as 0, and see and give values of about 1. */
static aez_status deepen(const aez_mem *mem, start *s, char *why, size_t why_size)
{
    char                   encoder[AEZ_FLOAT_TEXT_MAX], decoder[AEZ_FLOAT_TEXT_MAX];
    const aez_float_model *p = s->pca;
    aez_float_shape        shape = shape_of(&s->o);
    aez_float_model       *m;
    const aez_node        *first;
    double                 spread = 0;
    aez_status             st = spell_widths(&s->o, encoder, decoder, why, why_size);
    shape.bypass = 1;
    shape.encoder = encoder;
    shape.decoder = decoder;
    if (st >= 0)
        st = aez_float_model_create(mem, &shape, &s->m, why, why_size);
    if (st < 0)
        return st;
    m = s->m;
    copy_statistics(p, m);
    copy_bypass(&p->encoder, p->params, &m->encoder, m->params);
    copy_bypass(&p->decoder, p->params, &m->decoder, m->params);
    aez_network_init(&m->encoder.net, m->params + m->encoder.net_at, aez_hash64(s->o.seed + 1));
    aez_network_init(&m->decoder.net, m->params + m->decoder.net_at, aez_hash64(s->o.seed + 2));
    silence(&m->encoder, m->params);
    silence(&m->decoder, m->params);
    for (uint32_t l = 0; l < p->n_latent; l++) {
        m->unit[l] = p->unit[l];
        set_prior(m, l, sqrt(s->variance[l]));
        spread += s->variance[l] / p->n_latent;
    }
    spread = spread > 1e-12 ? sqrt(spread) : 1;
    first = &m->decoder.net.node[0];
    for (size_t i = 0; i < aez_dims_size(first->in) * aez_dims_size(first->out); i++)
        m->params[m->decoder.net_at + first->weight + i] /= (float)spread;
    return AEZ_OK;
}

/* Steps and priors for latents that are random functions as yet. */
static aez_status begin_units(aez_float_model *m, const float *x, size_t n)
{
    const aez_pass pass = {1, 0}; /* norms know nothing but this batch */
    size_t         k = m->n_latent;
    float         *work;
    const float   *z;
    n = n < START_ROWS ? n : START_ROWS;
    work = aez_take_raw(&m->mem, aez_half_work(&m->encoder, n), sizeof *work);
    if (!work)
        return AEZ_ERR_NOMEM;
    z = aez_half_forward(&m->encoder, m->params, x, n, &pass, work);
    for (size_t l = 0; l < k; l++) {
        double mean = 0, square = 0;
        for (size_t r = 0; r < n; r++)
            mean += (double)z[r * k + l] / (double)n;
        for (size_t r = 0; r < n; r++)
            square += ((double)z[r * k + l] - mean) * ((double)z[r * k + l] - mean) / (double)n;
        m->unit[l] = square > 1e-12 ? (float)(sqrt(square) / STEPS_AT_START) : 1;
        m->params[m->prior_mean + l] = (float)(mean / (double)m->unit[l]);
        set_prior(m, l, sqrt(square));
    }
    aez_drop(&m->mem, work);
    return AEZ_OK;
}

static aez_status begin_told(const aez_mem *mem, start *s, char *why, size_t why_size)
{
    aez_float_shape shape = shape_of(&s->o);
    aez_status      st;
    shape.encoder = s->o.encoder;
    shape.decoder = s->o.decoder;
    st = aez_float_model_create(mem, &shape, &s->m, why, why_size);
    if (st >= 0)
        st = standardise(mem, s, s->m, why, why_size);
    if (st < 0)
        return st;
    aez_network_init(&s->m->encoder.net, s->m->params + s->m->encoder.net_at,
                     aez_hash64(s->o.seed + 1));
    aez_network_init(&s->m->decoder.net, s->m->params + s->m->decoder.net_at,
                     aez_hash64(s->o.seed + 2));
    if (s->o.loss != AEZ_LOSS_RATE)
        return AEZ_OK;
    aez_task_settle_step(&s->o);
    s->m->lambda = s->o.lambda;
    return begin_units(s->m, s->x, s->o.n_rows);
}

/* ---- going on from another model ------------------------------------------------------------- */

/* Whether layers that the task tells, if any, are those of the model. */
static aez_status compare_layers(const aez_mem *mem, const start *s, const aez_float_model *m,
                                 char *why, size_t why_size)
{
    char             text[4][AEZ_FLOAT_TEXT_MAX];
    aez_float_shape  want = shape_of(&s->o), theirs, ours;
    aez_float_model *like = NULL;
    aez_status       st = AEZ_OK;
    int              same;
    if (m->n_features != s->o.n_features)
        return aez_refuse(why, why_size, "the model to start from is of items of another size");
    if (!s->o.encoder && s->o.n_hidden == 0)
        return AEZ_OK;
    want.n_latent = m->n_latent;
    want.bypass = !s->o.encoder;
    want.encoder = s->o.encoder;
    want.decoder = s->o.decoder;
    if (!s->o.encoder) {
        st = spell_widths(&s->o, text[0], text[1], why, why_size);
        want.encoder = text[0];
        want.decoder = text[1];
    }
    if (st >= 0)
        st = aez_float_model_create(mem, &want, &like, why, why_size);
    if (st < 0)
        return st;
    aez_float_model_shape(like, &want, text[0], text[1]);
    aez_float_model_shape(m, &theirs, text[2], text[3]);
    ours = want;
    same = ours.bypass == theirs.bypass && ours.encoder && theirs.encoder && ours.decoder &&
           theirs.decoder && strcmp(ours.encoder, theirs.encoder) == 0 &&
           strcmp(ours.decoder, theirs.decoder) == 0;
    aez_float_model_destroy(like);
    return same ? AEZ_OK
                : aez_refuse(why, why_size,
                             "the model to start from has other layers than those told");
}

static aez_status begin_again(const aez_mem *mem, const aez_saved *saved, start *s, char *why,
                              size_t why_size)
{
    const aez_train_log *log = &saved->log;
    aez_buf              copy;
    aez_rd               in;
    aez_status           st;
    aez_buf_init(&copy, mem);
    if (s->o.resume) {
        if (log->state.size == 0)
            return aez_refuse(why, why_size, "the model to resume was saved without its state");
        aez_rd_init(&s->state, log->state.data, log->state.size);
        st = aez_float_model_get(mem, &s->state, &s->m);
        s->resumes = 1;
    } else {
        st = aez_float_model_put(saved->model, &copy);
        aez_rd_init(&in, copy.data, copy.size);
        if (st >= 0)
            st = aez_float_model_get(mem, &in, &s->m);
    }
    aez_buf_free(&copy);
    if (st >= 0)
        st = compare_layers(mem, s, s->m, why, why_size);
    if (st < 0)
        return st;
    s->m->scaling = s->o.scaling;
    if (s->o.loss == AEZ_LOSS_RATE) {
        aez_task_settle_step(&s->o);
        s->m->lambda = s->o.lambda;
    }
    return standardise(mem, s, s->m, why, why_size);
}

static aez_status set_tensors(start *s, char *why, size_t why_size)
{
    aez_status st = AEZ_OK;
    for (size_t i = 0; st >= 0 && i < s->o.n_tensors; i++)
        st = aez_float_set_tensor(s->m, &s->o.tensors[i], why, why_size);
    return st;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The mean alone. */
static aez_status train_mean(const aez_mem *mem, start *s, char *why, size_t why_size)
{
    aez_float_shape shape = shape_of(&s->o);
    aez_status      st;
    shape.n_latent = 0;
    st = aez_float_model_create(mem, &shape, &s->m, why, why_size);
    if (st >= 0 && aez_float_statistics(s->m, s->o.rows, s->o.n_rows) < 0)
        st = aez_refuse(why, why_size, "a value to train on is not finite, or beyond 2^900");
    return st;
}

static aez_status begin(const aez_mem *mem, const aez_saved *saved, start *s, char *why,
                        size_t why_size)
{
    aez_status st;
    if (s->o.init)
        return begin_again(mem, saved, s, why, why_size);
    if (s->o.encoder)
        return begin_told(mem, s, why, why_size);
    st = begin_pca(mem, s, why, why_size);
    return st < 0 ? st : deepen(mem, s, why, why_size);
}

/* PCA again where training with the same price of error and bits came out worse. */
static aez_status compare_with_pca(start *s)
{
    double           cost = 0, deep = 0;
    aez_float_model *t;
    aez_status       st;
    if (!s->pca || s->o.loss != AEZ_LOSS_RATE)
        return AEZ_OK;
    st = aez_float_cost(s->pca, s->x, s->o.n_rows, &cost);
    if (st >= 0)
        st = aez_float_cost(s->m, s->x, s->o.n_rows, &deep);
    if (st >= 0 && !(deep <= cost)) /* NaN, too */
        t = s->m, s->m = s->pca, s->pca = t;
    return st;
}

static aez_status train_net(const aez_mem *mem, const aez_saved *saved, start *s,
                            aez_train_log *log, char *why, size_t why_size)
{
    aez_status st = begin(mem, saved, s, why, why_size);
    if (st >= 0)
        st = set_tensors(s, why, why_size);
    if (st >= 0)
        st = aez_task_check_layers(&s->o, s->m, why, why_size);
    if (st >= 0)
        st = aez_task_settle_steps(&s->o, s->m, why, why_size);
    if (st >= 0)
        st = aez_float_fit(s->m, s->x, s->o.n_rows, &s->o, s->resumes ? &s->state : NULL, log, why,
                           why_size);
    return st < 0 ? st : compare_with_pca(s);
}

aez_status aez_train(const aez_mem *mem, const aez_train_task *task, aez_float_model **out,
                     aez_train_log *log, char *why, size_t why_size)
{
    const char *against = aez_task_complaint(task);
    aez_saved   saved;
    start       s;
    aez_status  st = AEZ_OK;
    if (why && why_size)
        why[0] = '\0';
    if (against)
        return aez_refuse(why, why_size, against);
    memset(&s, 0, sizeof s);
    aez_task_settle(task, &s.o);
    aez_saved_init(&saved, mem);
    if (task->init)
        st = aez_saved_get(mem, task->init, task->init_size, &saved);
    if (st >= 0 && task->no_latents)
        st = train_mean(mem, &s, why, why_size);
    else if (st >= 0 && (task->linear || (!task->encoder && !task->n_hidden && !task->init))) {
        st = begin_pca(mem, &s, why, why_size);
        s.m = s.pca;
        s.pca = NULL;
    } else if (st >= 0)
        st = train_net(mem, &saved, &s, log, why, why_size);
    if (st >= 0 && !task->no_latents)
        st = aez_float_prune(&s.m, s.x, task->n_rows);
    if (st >= 0) {
        *out = s.m;
        s.m = NULL;
    }
    aez_saved_free(&saved);
    start_free(mem, &s);
    return st;
}
