/* fit_finish.c - the end of training: steps for the latents, and a decoder that has seen them
 * rounded. */
#include "fit.h"

#include <math.h>
#include <string.h>

#define FINISH_RATE 0.3 /* rate at its beginning, in units of the largest */
#define SAMPLE 4096     /* rows that steps of latents are found on, and a finish is judged by */
#define PI 3.14159265358979323846

static aez_status error_on_sample(const aez_fit *f, float **sample, double *error)
{
    size_t     n = f->n_train < SAMPLE ? f->n_train : SAMPLE, d = f->m->n_features;
    aez_status st = AEZ_OK;
    if (!*sample) {
        *sample = n <= SIZE_MAX / d ? aez_take_raw(&f->m->mem, n * d, sizeof **sample) : NULL;
        for (size_t r = 0; *sample && r < n; r++)
            memcpy(*sample + r * d, f->x + f->pick[(uint64_t)r * f->n_train / n] * d,
                   d * sizeof **sample);
        st = *sample ? AEZ_OK : AEZ_ERR_NOMEM;
    }
    return st < 0 || !error ? st : aez_float_error(f->m, *sample, n, 1, error);
}

/* Steps with rounded latents, at a rate that falls by cosine. */
static int finish_part(aez_fit *f)
{
    uint64_t steps = (uint64_t)(f->o->finish * (double)f->step + 0.5), count = f->step;
    double   from = aez_fit_elapsed(f), room = f->o->seconds - from, t = 0;
    int      answer = 0;
    f->rounded = 1;
    for (uint64_t i = 0; !answer && i < steps && t < 1; i++) {
        aez_epoch now = {.valid_loss = NAN};
        double    loss;
        if (f->n_train - f->at < f->batch) {
            f->epoch++;
            f->at = 0;
            aez_fit_order(f);
        }
        t = (double)(i + 1) / (double)steps;
        if (f->o->seconds > 0 && (aez_fit_elapsed(f) - from) / room > t)
            t = (aez_fit_elapsed(f) - from) / room;
        t = t > 1 ? 1 : t;
        now.rate = f->o->rate * f->factor * FINISH_RATE * 0.5 * (1 + cos(PI * t));
        loss = aez_fit_step(f, now.rate, ++count);
        f->epoch_loss = i ? 0.95 * f->epoch_loss + 0.05 * loss : loss;
        now.epoch = f->epoch;
        now.step = f->step;
        now.train_loss = f->epoch_loss;
        if (f->step % 16 == 0 || i + 1 == steps)
            answer = aez_fit_tell(f, &now);
    }
    f->rounded = 0;
    return answer;
}

aez_status aez_fit_finish(aez_fit *f, int answer, int *again)
{
    aez_float_model *m = f->m;
    size_t           n = f->n_train < SAMPLE ? f->n_train : SAMPLE;
    float           *sample = NULL, *before = NULL;
    double           was = 0, is = 0;
    int              judged = f->o->loss != AEZ_LOSS_RATE;
    aez_status       st = AEZ_OK;
    *again = 0;
    if (judged)
        st = error_on_sample(f, &sample, NULL);
    if (st >= 0 && judged)
        st = aez_float_choose_units(m, sample, n, f->o->latent_step, f->o->lambda);
    if (st < 0 || answer > 0 || f->o->finish <= 0 || f->step == 0)
        goto end;
    if (judged) {
        before = aez_take_raw(&m->mem, m->n_params, sizeof *before);
        st = before ? error_on_sample(f, &sample, &was) : AEZ_ERR_NOMEM;
        if (st < 0)
            goto end;
        memcpy(before, m->params, m->n_params * sizeof *before);
    }
    *again = finish_part(f);
    if (judged)
        st = error_on_sample(f, &sample, &is);
    if (judged && !(is < was))
        memcpy(m->params, before, m->n_params * sizeof *before);
end:
    aez_drop(&m->mem, before);
    aez_drop(&m->mem, sample);
    return st;
}
