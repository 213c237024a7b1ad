/* train.c - the two ways to a float model: PCA, and training that starts from it. */
#include "float_model.h"

#include <math.h>
#include <string.h>

#define BUDGET 1.5e12  /* multiply-adds of the default number of steps */
#define PASSES_MAX 1000
#define STEP_DEFAULT 0.25
#define RATE_DEFAULT 0.004
#define SIX_OVER_LN2 8.6561702453337820

/* ---- options --------------------------------------------------------------------------------- */

static int is_fine(double v)
{
    return v == 0 || (v >= 1e-12 && v <= 1e12);
}

static aez_status settle_options(const aez_train_options *given, size_t n, size_t d,
                                 aez_train_options *o)
{
    *o = *given;
    if (n == 0 || d == 0 || d > AEZ_LAYER_WIDTH_MAX || n > UINT32_MAX || !is_fine(o->lambda) ||
        !is_fine(o->latent_step) || !is_fine(o->rate) || o->scaling > AEZ_SCALE_COMMON)
        return AEZ_ERR_OPTION;
    if (o->n_latent == 0)
        o->n_latent = d < 16 ? (uint32_t)d : 16;
    if (o->n_latent > d)
        return AEZ_ERR_OPTION; /* more components than features do not exist */
    if (o->activation == 0)
        o->activation = AEZ_LEAKY;
    if (o->batch == 0)
        o->batch = 256;
    if (o->rate == 0)
        o->rate = RATE_DEFAULT;
    if (o->lambda == 0 && o->latent_step == 0)
        o->latent_step = STEP_DEFAULT;
    if (o->latent_step == 0)
        o->latent_step = sqrt(SIX_OVER_LN2 / o->lambda);
    if (o->lambda == 0)
        o->lambda = SIX_OVER_LN2 / (o->latent_step * o->latent_step);
    return AEZ_OK;
}

static void settle_steps(aez_train_options *o, const aez_float_model *m, size_t n)
{
    double batch = o->batch < n ? o->batch : (double)n;
    double steps = BUDGET / (3 * batch * (double)m->n_params);
    double most = PASSES_MAX * (double)n / batch;
    if (o->steps)
        return;
    steps = steps < most ? steps : most;
    o->steps = steps < 1 ? 1 : (uint64_t)steps;
}

/* ---- cost of a model ------------------------------------------------------------------------- */

/* Order-0 entropy in bits a row of the latents, with 8 bits for each distinct value once. */
static aez_status latent_bits(const aez_float_model *m, const int32_t *q, size_t n, double *bits)
{
    const size_t n_counts = 2 * (size_t)AEZ_LATENT_MAX + 1;
    uint32_t    *count = aez_take_raw(&m->mem, n_counts, sizeof *count);
    if (!count)
        return AEZ_ERR_NOMEM;
    *bits = 0;
    for (size_t l = 0; l < m->n_latent; l++) {
        memset(count, 0, n_counts * sizeof *count);
        for (size_t r = 0; r < n; r++)
            count[q[r * m->n_latent + l] + AEZ_LATENT_MAX]++;
        for (size_t i = 0; i < n_counts; i++)
            if (count[i])
                *bits += (8 + count[i] * log2((double)n / count[i])) / (double)n;
    }
    aez_drop(&m->mem, count);
    return AEZ_OK;
}

/* Sum of squared errors of the latents' reconstruction. */
static aez_status squared_error(const aez_float_model *m, const float *x, const int32_t *q,
                                size_t n, double *error)
{
    const size_t most = 1024; /* rows at a time */
    size_t       d = m->n_features;
    float       *hat = aez_take_raw(&m->mem, most * d, sizeof *hat);
    aez_status   st = hat ? AEZ_OK : AEZ_ERR_NOMEM;
    *error = 0;
    for (size_t r = 0; st == AEZ_OK && r < n; r += most) {
        size_t rows = n - r < most ? n - r : most;
        st = aez_float_decode_rows(m, q + r * m->n_latent, rows, hat);
        for (size_t i = 0; st == AEZ_OK && i < rows * d; i++) {
            double e = (double)hat[i] - (double)x[r * d + i];
            *error += e * e;
        }
    }
    aez_drop(&m->mem, hat);
    return st;
}

aez_status aez_float_cost(const aez_float_model *m, const float *x, size_t n, double *cost)
{
    int32_t   *q = aez_take_raw(&m->mem, n * m->n_latent, sizeof *q);
    double     bits = 0, error = 0;
    aez_status st = q ? aez_float_encode_rows(m, x, n, q) : AEZ_ERR_NOMEM;
    if (st == AEZ_OK)
        st = squared_error(m, x, q, n, &error);
    if (st == AEZ_OK)
        st = latent_bits(m, q, n, &bits);
    *cost = m->lambda * error / (double)n + bits;
    aez_drop(&m->mem, q);
    return st;
}

/* ---- latents that never change --------------------------------------------------------------- */

static void copy_columns(const float *from, size_t rows, size_t n_from, const uint32_t *keep,
                         size_t n_keep, float *to)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n_keep; i++)
            to[r * n_keep + i] = from[r * n_from + keep[i]];
}

static void copy_rows(const float *from, size_t n_cols, const uint32_t *keep, size_t n_keep,
                      float *to)
{
    for (size_t i = 0; i < n_keep; i++)
        memcpy(to + i * n_cols, from + keep[i] * n_cols, n_cols * sizeof *to);
}

/* Everything of a stack that does not touch the latents. */
static void copy_inside(const aez_stack *a, const float *from, const aez_stack *b, float *to,
                        uint32_t first)
{
    for (uint32_t i = first; i < a->n_hidden; i++) {
        size_t n_in = i ? a->hidden[i - 1] : a->n_in;
        memcpy(to + b->hidden_w[i], from + a->hidden_w[i], n_in * a->hidden[i] * sizeof *to);
    }
    for (uint32_t i = 0; i < a->n_hidden; i++)
        memcpy(to + b->hidden_b[i], from + a->hidden_b[i], a->hidden[i] * sizeof *to);
}

/* bias += value * column l of w */
static void fold(float *bias, const float *w, size_t rows, size_t n_cols, size_t l, float value)
{
    for (size_t r = 0; r < rows; r++)
        bias[r] += value * w[r * n_cols + l];
}

static void copy_kept(const aez_float_model *m, const uint32_t *keep, const int32_t *constant,
                      aez_float_model *s)
{
    const aez_stack *e = &m->encoder, *d = &m->decoder;
    const float     *p = m->params;
    float           *q = s->params;
    size_t           k = m->n_latent, n_keep = s->n_latent;
    size_t           e_last = e->n_hidden ? e->hidden[e->n_hidden - 1] : 0;
    size_t           d_last = d->n_hidden ? d->hidden[d->n_hidden - 1] : 0;
    copy_rows(p + e->linear_w, e->n_in, keep, n_keep, q + s->encoder.linear_w);
    copy_rows(p + e->linear_b, 1, keep, n_keep, q + s->encoder.linear_b);
    copy_columns(p + d->linear_w, d->n_out, k, keep, n_keep, q + s->decoder.linear_w);
    memcpy(q + s->decoder.linear_b, p + d->linear_b, d->n_out * sizeof *q);
    copy_rows(p + m->prior_mean, 1, keep, n_keep, q + s->prior_mean);
    copy_rows(p + m->prior_scale, 1, keep, n_keep, q + s->prior_scale);
    copy_inside(e, p, &s->encoder, q, 0);
    copy_inside(d, p, &s->decoder, q, 1);
    if (e->n_hidden) {
        copy_rows(p + e->last_w, e_last, keep, n_keep, q + s->encoder.last_w);
        copy_columns(p + d->hidden_w[0], d->hidden[0], k, keep, n_keep, q + s->decoder.hidden_w[0]);
        memcpy(q + s->decoder.last_w, p + d->last_w, d_last * d->n_out * sizeof *q);
    }
    for (size_t l = 0, i = 0; l < k; l++) {
        float value = (float)constant[l] * m->step;
        if (i < n_keep && keep[i] == l) {
            i++;
            continue;
        }
        fold(q + s->decoder.linear_b, p + d->linear_w, d->n_out, k, l, value);
        if (d->n_hidden)
            fold(q + s->decoder.hidden_b[0], p + d->hidden_w[0], d->hidden[0], k, l,
                 value * d->in_gain);
    }
}

/* Which latents take more than one value on x; at least one is kept. */
static size_t find_live(const aez_float_model *m, const int32_t *q, size_t n, uint32_t *keep)
{
    size_t n_keep = 0;
    for (uint32_t l = 0; l < m->n_latent; l++) {
        size_t r = 1;
        while (r < n && q[r * m->n_latent + l] == q[l])
            r++;
        if (r < n)
            keep[n_keep++] = l;
    }
    if (n_keep == 0)
        keep[n_keep++] = 0;
    return n_keep;
}

aez_status aez_float_prune(aez_float_model **model, const float *x, size_t n)
{
    aez_float_model *m = *model, *s = NULL;
    int32_t         *q = aez_take_raw(&m->mem, n * m->n_latent, sizeof *q);
    uint32_t        *keep = aez_take(&m->mem, m->n_latent, sizeof *keep);
    size_t           n_keep;
    aez_status       st = q && keep ? aez_float_encode_rows(m, x, n, q) : AEZ_ERR_NOMEM;
    if (st != AEZ_OK)
        goto end;
    n_keep = find_live(m, q, n, keep);
    if (n_keep == m->n_latent)
        goto end;
    st = aez_float_model_create(&m->mem, m->n_features, (uint32_t)n_keep, m->encoder.hidden,
                                m->encoder.n_hidden, m->encoder.activation, &s);
    if (st != AEZ_OK)
        goto end;
    s->common = m->common;
    s->step = m->step;
    s->lambda = m->lambda;
    s->encoder.in_gain = m->encoder.in_gain;
    s->encoder.out_gain = m->encoder.out_gain;
    s->decoder.in_gain = m->decoder.in_gain;
    s->decoder.out_gain = m->decoder.out_gain;
    memcpy(s->offset, m->offset, m->n_features * sizeof *s->offset);
    memcpy(s->scale, m->scale, m->n_features * sizeof *s->scale);
    copy_kept(m, keep, q, s);
    *model = s;
    aez_float_model_destroy(m);
    m = s;
end:
    aez_drop(&m->mem, keep);
    aez_drop(&m->mem, q);
    return st;
}

/* ---- PCA ------------------------------------------------------------------------------------- */

static void set_prior(aez_float_model *m, const double *variance)
{
    for (size_t l = 0; l < m->n_latent; l++) { /* a logistic's deviation is pi / sqrt(3) scales */
        double s = sqrt(variance[l]) / (double)m->step * 0.5513288954217921;
        m->params[m->prior_scale + l] = (float)log(s > 0.1 ? s : 0.1);
    }
}

/* Model, standardised rows and variances of the PCA that both roads begin with. */
typedef struct start {
    aez_train_options o;
    aez_float_model  *m;
    float            *x;        /* [n][d] */
    double           *variance; /* [n_latent] */
} start;

static void start_free(const aez_mem *mem, start *s)
{
    aez_float_model_destroy(s->m);
    aez_drop(mem, s->x);
    aez_drop(mem, s->variance);
}

static aez_status begin(const aez_mem *mem, const double *x, size_t n, size_t d,
                        const aez_train_options *options, start *s)
{
    aez_status st;
    memset(s, 0, sizeof *s);
    st = settle_options(options, n, d, &s->o);
    if (st == AEZ_OK)
        st = aez_float_model_create(mem, (uint32_t)d, s->o.n_latent, NULL, 0, s->o.activation,
                                    &s->m);
    if (st != AEZ_OK)
        return st;
    s->m->common = s->o.scaling == AEZ_SCALE_COMMON;
    s->m->step = (float)s->o.latent_step;
    s->m->lambda = s->o.lambda;
    s->x = n <= SIZE_MAX / d ? aez_take_raw(mem, n * d, sizeof *s->x) : NULL;
    s->variance = aez_take(mem, s->o.n_latent, sizeof *s->variance);
    if (!s->x || !s->variance)
        return AEZ_ERR_NOMEM;
    st = aez_float_statistics(s->m, x, n);
    if (st != AEZ_OK)
        return st;
    aez_float_standardise(s->m, x, n, s->x);
    st = aez_float_pca(s->m, s->x, n, s->o.seed, s->variance);
    if (st == AEZ_OK)
        set_prior(s->m, s->variance);
    return st;
}

aez_status aez_train_pca(const aez_mem *mem, const double *x, size_t n, size_t d,
                         const aez_train_options *options, aez_float_model **out)
{
    start      s;
    aez_status st = begin(mem, x, n, d, options, &s);
    if (st == AEZ_OK)
        st = aez_float_prune(&s.m, s.x, n);
    if (st == AEZ_OK) {
        *out = s.m;
        s.m = NULL;
    }
    start_free(mem, &s);
    return st;
}

/* ---- training -------------------------------------------------------------------------------- */

/* He's initialisation, from a uniform; the last layer stays zero: the net begins as PCA. */
static void init_hidden(aez_float_model *m, const aez_stack *s, uint64_t seed)
{
    uint32_t n_in = s->n_in;
    for (uint32_t i = 0; i < s->n_hidden; i++) {
        float *w = m->params + s->hidden_w[i], range = (float)sqrt(24.0 / n_in);
        for (size_t j = 0; j < (size_t)n_in * s->hidden[i]; j++)
            w[j] = range * aez_hash_uniform(aez_hash64(seed + i) + j);
        n_in = s->hidden[i];
    }
}

static void copy_linear(const aez_stack *a, const float *from, const aez_stack *b, float *to)
{
    memcpy(to + b->linear_w, from + a->linear_w, (size_t)a->n_in * a->n_out * sizeof *to);
    memcpy(to + b->linear_b, from + a->linear_b, a->n_out * sizeof *to);
}

static aez_status deepen(const aez_mem *mem, const start *s, aez_float_model **out)
{
    const aez_float_model *p = s->m;
    aez_float_model       *m;
    double                 spread = 0;
    aez_status st = aez_float_model_create(mem, p->n_features, p->n_latent, s->o.hidden,
                                           s->o.n_hidden, s->o.activation, &m);
    if (st != AEZ_OK)
        return st;
    m->common = p->common;
    m->step = p->step;
    m->lambda = p->lambda;
    memcpy(m->offset, p->offset, p->n_features * sizeof *m->offset);
    memcpy(m->scale, p->scale, p->n_features * sizeof *m->scale);
    copy_linear(&p->encoder, p->params, &m->encoder, m->params);
    copy_linear(&p->decoder, p->params, &m->decoder, m->params);
    for (size_t l = 0; l < p->n_latent; l++)
        spread += s->variance[l] / p->n_latent;
    spread = spread > 1e-12 ? sqrt(spread) : 1;
    m->encoder.out_gain = (float)spread; /* nets see and give values of about 1 */
    m->decoder.in_gain = (float)(1 / spread);
    set_prior(m, s->variance);
    init_hidden(m, &m->encoder, aez_hash64(s->o.seed + 1));
    init_hidden(m, &m->decoder, aez_hash64(s->o.seed + 2));
    *out = m;
    return AEZ_OK;
}

aez_status aez_train_autoencoder(const aez_mem *mem, const double *x, size_t n, size_t d,
                                 const aez_train_options *options, aez_float_model **out)
{
    start            s;
    aez_float_model *deep = NULL, *t;
    double           cost = 0, deep_cost = 0;
    aez_status       st = begin(mem, x, n, d, options, &s);
    if (st == AEZ_OK)
        st = deepen(mem, &s, &deep);
    if (st != AEZ_OK)
        goto end;
    settle_steps(&s.o, deep, n);
    st = aez_float_fit(deep, s.x, n, &s.o);
    if (st == AEZ_OK)
        st = aez_float_cost(s.m, s.x, n, &cost);
    if (st == AEZ_OK)
        st = aez_float_cost(deep, s.x, n, &deep_cost);
    if (st != AEZ_OK)
        goto end;
    if (deep_cost <= cost) /* false for NaN */
        t = s.m, s.m = deep, deep = t;
    st = aez_float_prune(&s.m, s.x, n);
    if (st == AEZ_OK) {
        *out = s.m;
        s.m = NULL;
    }
end:
    aez_float_model_destroy(deep);
    start_free(mem, &s);
    return st;
}
