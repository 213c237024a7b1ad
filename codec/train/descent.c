/* descent.c - gradient descent: noise in place of rounding, fixed shards, Adam, one cycle. */
#include "float_model.h"

#include <math.h>
#include <string.h>

#define SHARDS 4         /* at most; fixed, so that no sum depends on the number of threads */
#define SHARD_ROWS_MIN 32
#define RANGES 8         /* of parameters, updated independently */
#define WARM_UP 0.1      /* share of the steps in which the rate rises */
#define ROUNDED 0.2      /* share of the steps, the last, with rounded latents and frozen encoder */
#define ROUNDED_RATE 0.3 /* rate at their beginning, in units of the largest */
#define LOG_SCALE_MIN (-3.0f)
#define INV_LN2 1.44269504088896340736

/* ---- the loss -------------------------------------------------------------------------------- */

static double softplus(double v)
{
    return v > 0 ? v + log1p(exp(-v)) : log1p(exp(v));
}

static double sigmoid(double v)
{
    return v >= 0 ? 1 / (1 + exp(-v)) : exp(v) / (1 + exp(v));
}

/* Bits of z under a logistic of mean and log scale: -log2(S(a) - S(b)), a and b being (z - mean +-
 * 1/2) / scale, from S(a) - S(b) = S(a) S(-b) (1 - exp(b - a)). Adds weight * gradient. */
static double prior_bits(double z, double mean, double log_scale, double weight, double *dz,
                         float *d_mean, float *d_log_scale)
{
    double u = exp(-log_scale), a = (z - mean + 0.5) * u, b = (z - mean - 0.5) * u;
    double sa = sigmoid(-a), sb = sigmoid(b);
    double slope = (sb - sa) * u * INV_LN2 * weight;
    double nats = softplus(-a) + softplus(b) - log(-expm1(-u));
    *dz += slope;
    *d_mean -= (float)slope;
    *d_log_scale += (float)((a * sa - b * sb + u / expm1(u)) * INV_LN2 * weight);
    return nats * INV_LN2;
}

size_t aez_float_work(const aez_float_model *m, size_t n_rows)
{
    return n_rows * (2 * (size_t)m->n_features + 2 * (size_t)m->n_latent) +
           aez_stack_acts(&m->encoder, n_rows) + aez_stack_acts(&m->decoder, n_rows);
}

/* Gradients are of the sum over rows times `weight`. */
static double loss_weighted(const aez_float_model *m, const float *x, const float *noise, size_t n,
                            float *work, float *grads, double weight)
{
    size_t d = m->n_features, k = m->n_latent;
    float *y = work, *z = y + n * d, *dz = z + n * k, *enc_acts = dz + n * k;
    float *dec_acts = enc_acts + aez_stack_acts(&m->encoder, n);
    float *mean = m->params + m->prior_mean, *scale = m->params + m->prior_scale;
    double error = 0, bits = 0;
    float  slope = (float)(2 * m->lambda * weight);
    aez_stack_forward(&m->encoder, m->params, x, n, enc_acts, z);
    for (size_t i = 0; i < n * k; i++)
        z[i] = noise ? z[i] + noise[i] * m->step : floorf(z[i] / m->step + 0.5f) * m->step;
    aez_stack_forward(&m->decoder, m->params, z, n, dec_acts, y);
    for (size_t i = 0; i < n * d; i++) {
        float e = y[i] - x[i];
        error += (double)e * (double)e;
        y[i] = slope * e;
    }
    aez_stack_backward(&m->decoder, m->params, z, n, dec_acts, y, noise ? dz : NULL, grads);
    for (size_t i = 0; i < n * k; i++) {
        double dq = 0;
        size_t l = i % k;
        bits += prior_bits((double)z[i] / (double)m->step, (double)mean[l], (double)scale[l],
                           weight, &dq, grads + m->prior_mean + l, grads + m->prior_scale + l);
        dz[i] = noise ? dz[i] + (float)(dq / (double)m->step) : 0;
    }
    if (noise)
        aez_stack_backward(&m->encoder, m->params, x, n, enc_acts, dz, NULL, grads);
    return m->lambda * error + bits;
}

double aez_float_loss(const aez_float_model *m, const float *x, const float *noise, size_t n,
                      float *work, float *grads)
{
    return loss_weighted(m, x, noise, n, work, grads, 1);
}

/* ---- the loop -------------------------------------------------------------------------------- */

typedef struct fit {
    aez_float_model         *m;
    const float             *x; /* [n][d] */
    size_t                   n, batch, n_shards, shard_rows;
    const aez_train_options *o;
    uint32_t                *order; /* [n] a new permutation each pass */
    size_t                   at;    /* next place in it */
    uint64_t                 pass, step;
    int                      rounded;
    float                   *rows;   /* [n_shards][shard_rows][d] */
    float                   *noise;  /* [n_shards][shard_rows][n_latent] */
    float                   *work;   /* [n_shards][work_size] */
    size_t                   work_size;
    float                   *grads;  /* [n_shards][n_params] */
    float                   *first, *second; /* [n_params] Adam's moments */
    double                   loss[SHARDS];
    double                   rate; /* of this step, bias correction included */
    double                   second_correction;
} fit;

static void fit_free(fit *f)
{
    const aez_mem *mem = &f->m->mem;
    aez_drop(mem, f->order);
    aez_drop(mem, f->rows);
    aez_drop(mem, f->noise);
    aez_drop(mem, f->work);
    aez_drop(mem, f->grads);
    aez_drop(mem, f->first);
    aez_drop(mem, f->second);
}

static aez_status fit_init(fit *f, aez_float_model *m, const float *x, size_t n,
                           const aez_train_options *o)
{
    const aez_mem *mem = &m->mem;
    memset(f, 0, sizeof *f);
    f->m = m;
    f->x = x;
    f->n = n;
    f->o = o;
    f->batch = o->batch < n ? o->batch : n;
    f->n_shards = f->batch / SHARD_ROWS_MIN;
    f->n_shards = f->n_shards < 1 ? 1 : f->n_shards > SHARDS ? SHARDS : f->n_shards;
    f->shard_rows = (f->batch + f->n_shards - 1) / f->n_shards;
    f->work_size = aez_float_work(m, f->shard_rows);
    f->at = n; /* so that the first batch shuffles */
    f->order = aez_take(mem, n, sizeof *f->order);
    f->rows = aez_take_raw(mem, f->n_shards * f->shard_rows * m->n_features, sizeof(float));
    f->noise = aez_take_raw(mem, f->n_shards * f->shard_rows * m->n_latent, sizeof(float));
    f->work = aez_take_raw(mem, f->n_shards * f->work_size, sizeof(float));
    f->grads = aez_take_raw(mem, f->n_shards * m->n_params, sizeof(float));
    f->first = aez_take(mem, m->n_params, sizeof(float));
    f->second = aez_take(mem, m->n_params, sizeof(float));
    if (!f->order || !f->rows || !f->noise || !f->work || !f->grads || !f->first || !f->second)
        return AEZ_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        f->order[i] = (uint32_t)i;
    return AEZ_OK;
}

static void shuffle(fit *f)
{
    uint64_t key = aez_hash64(f->o->seed ^ aez_hash64(f->pass + 1));
    for (size_t i = f->n; i > 1; i--) {
        size_t   j = (size_t)(aez_hash64(key + i) % i);
        uint32_t t = f->order[i - 1];
        f->order[i - 1] = f->order[j];
        f->order[j] = t;
    }
    f->pass++;
    f->at = 0;
}

static void shard_job(void *arg, size_t s)
{
    fit   *f = arg;
    size_t d = f->m->n_features, k = f->m->n_latent;
    size_t from = s * f->shard_rows;
    size_t to = from + f->shard_rows < f->batch ? from + f->shard_rows : f->batch;
    float *rows = f->rows + from * d, *noise = f->noise + from * k;
    float *grads = f->grads + s * f->m->n_params;
    uint64_t key = aez_hash64(f->o->seed + 0x51ED270B) + f->step * f->batch * k;
    memset(grads, 0, f->m->n_params * sizeof *grads);
    f->loss[s] = 0;
    if (from >= to)
        return;
    for (size_t r = from; r < to; r++)
        memcpy(rows + (r - from) * d, f->x + f->order[f->at + r] * d, d * sizeof *rows);
    for (size_t i = from * k; i < to * k; i++)
        noise[i - from * k] = aez_hash_uniform(key + i);
    f->loss[s] = loss_weighted(f->m, rows, f->rounded ? NULL : noise, to - from,
                               f->work + s * f->work_size, grads, 1 / (double)f->batch);
}

static void update_job(void *arg, size_t range)
{
    fit   *f = arg;
    size_t n = f->m->n_params, from = n * range / RANGES, to = n * (range + 1) / RANGES;
    float  rate = (float)f->rate, correction = (float)f->second_correction;
    float *p = f->m->params;
    for (size_t i = from; i < to; i++) {
        float g = f->grads[i], m1, m2;
        for (size_t s = 1; s < f->n_shards; s++)
            g += f->grads[s * n + i];
        m1 = f->first[i] = 0.9f * f->first[i] + 0.1f * g;
        m2 = f->second[i] = 0.999f * f->second[i] + 0.001f * g * g;
        p[i] -= rate * m1 / (sqrtf(m2 * correction) + 1e-10f);
    }
}

/* One cycle: up to the largest rate and down by cosine; then a lower one for the decoder alone. */
static double rate_at(const fit *f)
{
    const double pi = 3.14159265358979323846;
    double       t = ((double)f->step + 1) / (double)f->o->steps, split = 1 - ROUNDED;
    if (t > split)
        return f->o->rate * ROUNDED_RATE * 0.5 * (1 + cos(pi * (t - split) / ROUNDED));
    t /= split;
    if (t < WARM_UP)
        return f->o->rate * (0.04 + 0.96 * t / WARM_UP);
    return f->o->rate * (0.01 + 0.99 * 0.5 * (1 + cos(pi * (t - WARM_UP) / (1 - WARM_UP))));
}

static double one_step(fit *f)
{
    double loss = 0, t = (double)f->step + 1;
    float *scale = f->m->params + f->m->prior_scale;
    if (f->n - f->at < f->batch)
        shuffle(f);
    f->rounded = (double)f->step >= (1 - ROUNDED) * (double)f->o->steps;
    f->rate = rate_at(f) / (1 - pow(0.9, t));
    f->second_correction = 1 / (1 - pow(0.999, t));
    aez_run_jobs(&f->o->runner, f->n_shards, shard_job, f);
    if (f->rounded) { /* what the encoder's moments still hold must not move it */
        memset(f->first, 0, f->m->decoder.linear_w * sizeof *f->first);
    }
    aez_run_jobs(&f->o->runner, RANGES, update_job, f);
    for (size_t l = 0; l < f->m->n_latent; l++)
        scale[l] = scale[l] < LOG_SCALE_MIN ? LOG_SCALE_MIN : scale[l];
    for (size_t s = 0; s < f->n_shards; s++)
        loss += f->loss[s];
    f->at += f->batch;
    f->step++;
    return loss / (double)f->batch;
}

aez_status aez_float_fit(aez_float_model *m, const float *x, size_t n, const aez_train_options *o)
{
    fit        f;
    double     smooth = 0;
    aez_status st = fit_init(&f, m, x, n, o);
    while (st == AEZ_OK && f.step < o->steps) {
        double loss = one_step(&f);
        smooth = f.step == 1 ? loss : 0.95 * smooth + 0.05 * loss;
        if (o->progress && (f.step % 16 == 0 || f.step == o->steps) &&
            o->progress(o->progress_opaque,
                        &(aez_epoch){.step = f.step, .train_loss = smooth, .valid_loss = NAN}, 0,
                        o->steps))
            st = AEZ_ERR_CANCELLED;
    }
    fit_free(&f);
    return st;
}
