/* fit_pass.c - what one shard of a batch does: forward, loss, penalties, backward. */
#include "contract.h"
#include "fit.h"
#include "loss.h"

#include <math.h>
#include <string.h>

static int is_rate(const aez_fit *f)
{
    return f->o->loss == AEZ_LOSS_RATE;
}

/* ---- memory ---------------------------------------------------------------------------------- */

void aez_fit_drop_shards(aez_fit *f)
{
    for (size_t i = 0; i < f->n_shards; i++) {
        aez_fit_shard *s = &f->shard[i];
        if (s->seen != s->rows)
            aez_drop(&f->m->mem, s->seen);
        aez_drop(&f->m->mem, s->rows);
        aez_drop(&f->m->mem, s->z);
        aez_drop(&f->m->mem, s->steps);
        aez_drop(&f->m->mem, s->dz);
        aez_drop(&f->m->mem, s->dsteps);
        aez_drop(&f->m->mem, s->dy);
        aez_drop(&f->m->mem, s->encoder_work);
        aez_drop(&f->m->mem, s->decoder_work);
        aez_drop(&f->m->mem, s->contract_work);
        aez_drop(&f->m->mem, s->grads);
    }
}

static float *take(const aez_fit *f, size_t rows, size_t n)
{
    return aez_take_raw(&f->m->mem, rows * n, sizeof(float)); /* shards are far below 2^40 floats */
}

aez_status aez_fit_take_shards(aez_fit *f)
{
    const aez_float_model *m = f->m;
    size_t                 n = f->shard_rows, d = m->n_features, k = m->n_latent;
    int                    good = 1;
    for (size_t i = 0; i < f->n_shards; i++) {
        aez_fit_shard *s = &f->shard[i];
        s->rows = take(f, n, d);
        s->seen = f->o->noise > 0 ? take(f, n, d) : s->rows;
        s->z = take(f, n, k);
        s->steps = take(f, n, k);
        s->dz = take(f, n, k);
        s->dsteps = take(f, n, k);
        s->dy = take(f, n, d);
        s->encoder_work = take(f, 1, aez_half_work(&m->encoder, n));
        s->decoder_work = take(f, 1, aez_half_work(&f->decoder, n));
        s->contract_work =
            take(f, 1, f->o->contractive > 0 ? aez_contract_work(&m->encoder, n) : 0);
        s->grads = take(f, 1, m->n_params);
        good = good && s->rows && s->seen && s->z && s->steps && s->dz && s->dsteps && s->dy &&
               s->encoder_work && s->decoder_work && s->contract_work && s->grads;
    }
    return good ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* ---- forward --------------------------------------------------------------------------------- */

static void gather(const aez_fit *f, const uint32_t *row, size_t n, float *to)
{
    size_t d = f->m->n_features;
    for (size_t r = 0; r < n; r++)
        memcpy(to + r * d, f->x + row[r] * d, d * sizeof *to);
}

/* What the decoder sees, from what the encoder gave: with uniform noise, rounded, or as it is. */
static void make_z(const aez_fit *f, aez_fit_shard *s, int rounded, uint64_t key)
{
    size_t       k = f->m->n_latent;
    const float *unit = f->m->unit;
    if (!rounded && !is_rate(f)) {
        memcpy(s->z, s->code, s->n * k * sizeof *s->z);
        return;
    }
    for (size_t i = 0; i < s->n * k; i++) {
        float u = unit[i % k], v = s->code[i] / u;
        s->steps[i] = rounded ? floorf(v + 0.5f) : v + aez_hash_uniform(key + i);
        s->z[i] = s->steps[i] * u;
    }
}

/* slope: derivative of the whole loss for one unit of this sum; dy receives it. */
static double error_of(const aez_fit *f, aez_fit_shard *s, double slope)
{
    size_t n = s->n * f->m->n_features;
    if (f->o->loss == AEZ_LOSS_BCE)
        return aez_loss_cross_entropy(s->y, s->rows, n, (float)slope, s->dy);
    return aez_loss_square(s->y, s->rows, n, (float)(2 * slope), s->dy);
}

/* What one unit of the sum of errors is worth in the loss. RMSE: before the root is taken. */
static double weight_of(const aez_fit *f, size_t n_rows)
{
    if (is_rate(f))
        return f->m->lambda / (double)n_rows;
    return 1 / ((double)n_rows * f->m->n_features);
}

void aez_fit_forward(aez_fit *f, size_t i)
{
    aez_fit_shard *s = &f->shard[i];
    size_t         d = f->m->n_features, k = f->m->n_latent, from = i * f->shard_rows;
    size_t         to = from + f->shard_rows < f->batch ? from + f->shard_rows : f->batch;
    s->n = to > from ? to - from : 0;
    s->error = s->extra = 0;
    s->encoder_pass = (aez_pass){!f->rounded, aez_hash64(f->key + 4 * i)};
    s->decoder_pass = (aez_pass){1, aez_hash64(f->key + 4 * i + 1)};
    if (s->n == 0)
        return;
    gather(f, f->order + f->at + from, s->n, s->rows);
    if (s->seen != s->rows) {
        memcpy(s->seen, s->rows, s->n * d * sizeof *s->seen);
        aez_add_normal(s->seen, s->n * d, (float)f->o->noise, aez_hash64(f->key + 4 * i + 2), 0);
    }
    s->code = aez_half_forward(&f->m->encoder, f->m->params, s->seen, s->n, &s->encoder_pass,
                               s->encoder_work);
    make_z(f, s, f->rounded, aez_hash64(f->o->seed + 0x51ED270B) + (f->step * f->batch + from) * k);
    s->y = aez_half_forward(&f->decoder, f->m->params, s->z, s->n, &s->decoder_pass,
                            s->decoder_work);
    s->error = error_of(f, s, weight_of(f, f->batch));
}

/* ---- backward -------------------------------------------------------------------------------- */

/* Bits of the latents: gradients of the prior, and of z where the encoder learns. */
static void pay_for_bits(const aez_fit *f, aez_fit_shard *s)
{
    const aez_float_model *m = f->m;
    size_t                 k = m->n_latent;
    memset(s->dsteps, 0, s->n * k * sizeof *s->dsteps);
    s->extra += aez_loss_prior(s->steps, s->n, k, m->params + m->prior_mean,
                               m->params + m->prior_scale, (float)(1 / (double)f->batch),
                               f->rounded ? NULL : s->dsteps, s->grads + m->prior_mean,
                               s->grads + m->prior_scale);
    for (size_t i = 0; !f->rounded && i < s->n * k; i++)
        s->dz[i] += s->dsteps[i] / m->unit[i % k];
}

void aez_fit_backward(aez_fit *f, size_t i)
{
    aez_fit_shard         *s = &f->shard[i];
    const aez_float_model *m = f->m;
    double                 share = 1 / (double)f->batch;
    memset(s->grads, 0, m->n_params * sizeof *s->grads);
    if (s->n == 0)
        return;
    if (f->o->loss == AEZ_LOSS_RMSE)
        aez_scale_all(s->dy, (float)f->slope, s->n * m->n_features);
    aez_half_backward(&f->decoder, m->params, s->z, s->n, &s->decoder_pass, s->decoder_work, s->dy,
                      f->rounded ? NULL : s->dz, s->grads);
    if (is_rate(f))
        pay_for_bits(f, s);
    if (f->rounded)
        return;
    if (f->o->l1 > 0)
        s->extra += f->o->l1 * aez_loss_size(s->code, s->n * m->n_latent, (float)(f->o->l1 * share),
                                             s->dz);
    aez_half_backward(&m->encoder, m->params, s->seen, s->n, &s->encoder_pass, s->encoder_work,
                      s->dz, NULL, s->grads);
    if (f->o->contractive > 0)
        s->extra += f->o->contractive *
                    aez_contract(&m->encoder, m->params, s->seen, s->n,
                                 aez_hash64(f->key + 4 * i + 3), 0,
                                 (float)(f->o->contractive * share), s->contract_work, s->grads);
}

double aez_fit_loss(const aez_fit *f, double error, double extra, size_t n)
{
    double proper = error * weight_of(f, n);
    return (f->o->loss == AEZ_LOSS_RMSE ? sqrt(proper) : proper) + extra / (double)n;
}

/* ---- validation ------------------------------------------------------------------------------ */

/* Every n_shards-th block of the rows kept aside; penalties do not count. */
static void validate_job(void *arg, size_t i)
{
    aez_fit               *f = arg;
    aez_fit_shard         *s = &f->shard[i];
    const aez_float_model *m = f->m;
    float                 *unused = s->grads;
    double                 error = 0, bits = 0;
    for (size_t r = i * f->shard_rows; r < f->n_valid; r += f->n_shards * f->shard_rows) {
        s->n = f->n_valid - r < f->shard_rows ? f->n_valid - r : f->shard_rows;
        s->encoder_pass = s->decoder_pass = (aez_pass){0, 0};
        gather(f, f->pick + f->n_train + r, s->n, s->rows);
        s->code = aez_half_forward(&m->encoder, m->params, s->rows, s->n, &s->encoder_pass,
                                   s->encoder_work);
        make_z(f, s, is_rate(f), 0);
        s->y = aez_half_forward(&f->decoder, m->params, s->z, s->n, &s->decoder_pass,
                                s->decoder_work);
        error += error_of(f, s, 0);
        if (is_rate(f))
            bits += aez_loss_prior(s->steps, s->n, m->n_latent, m->params + m->prior_mean,
                                   m->params + m->prior_scale, 0, NULL, unused + m->prior_mean,
                                   unused + m->prior_scale);
    }
    s->error = error;
    s->extra = bits;
}

double aez_fit_validate(aez_fit *f)
{
    double error = 0, extra = 0;
    aez_run_jobs(&f->o->runner, f->n_shards, validate_job, f);
    for (size_t i = 0; i < f->n_shards; i++) {
        error += f->shard[i].error;
        extra += f->shard[i].extra;
    }
    return aez_fit_loss(f, error, extra, f->n_valid);
}
