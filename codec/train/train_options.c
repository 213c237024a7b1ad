/* train_options.c - what a training task says, leaves open, or contradicts. */
#include "contract.h"
#include "train_options.h"

#include <math.h>
#include <string.h>

#define BUDGET 1.5e12  /* multiply-adds of the default number of steps */
#define PASSES_MAX 1000
#define STEP_DEFAULT 0.25
#define BATCH_DEFAULT 256
#define LATENTS_DEFAULT 16
#define FINISH_RATE_LOSS 0.2 /* share of the steps, for RATE */
#define FINISH_OTHERS 0.05   /* on top of them */
#define SIX_OVER_LN2 8.6561702453337820

static int is_fine(double v)
{
    return v == 0 || (v >= 1e-12 && v <= 1e12);
}

const char *aez_task_complaint(const aez_train_task *t)
{
    if (!t->rows || t->n_rows == 0 || t->n_features == 0)
        return "there is nothing to train on";
    if (t->n_rows > UINT32_MAX || t->n_rows > SIZE_MAX / t->n_features)
        return "at most 2^32 - 1 rows can be trained on";
    if (t->loss < AEZ_LOSS_RATE || t->loss > AEZ_LOSS_RMSE)
        return "no such loss";
    if (t->optimizer < AEZ_ADAM || t->optimizer > AEZ_SGD)
        return "no such optimizer";
    if (t->schedule < AEZ_SCHEDULE_CYCLE || t->schedule > AEZ_SCHEDULE_PLATEAU)
        return "no such schedule of the learning rate";
    if (!is_fine(t->lambda) || !is_fine(t->latent_step))
        return "lambda and the step of latents are 0, or 10^-12 to 10^12";
    if (!is_fine(t->rate) || !is_fine(t->clip) || !is_fine(t->noise) || !is_fine(t->l1) ||
        !is_fine(t->contractive) || !is_fine(t->seconds))
        return "rates, limits, noise, penalties and seconds are 0, or 10^-12 to 10^12";
    if (!(t->momentum >= 0 && t->momentum < 1))
        return "momentum is 0 to less than 1";
    if (!(t->valid >= 0 && t->valid <= 0.9))
        return "the share of rows to validate on is 0 to 0.9";
    if (!(t->finish < 0.9))
        return "the share of the finish is less than 0.9";
    if (!(t->tolerance >= 0 && t->tolerance <= 1))
        return "the tolerance of the export is 0 to 1";
    if (t->seconds > 0 && !t->clock)
        return "a limit in seconds needs a clock";
    if (t->patience && t->valid == 0)
        return "patience needs rows to validate on";
    if (!t->encoder != !t->decoder)
        return "layers are told of encoder and decoder, or of neither";
    if (t->n_hidden > AEZ_HIDDEN_MAX || (t->n_hidden && !t->hidden))
        return "there are at most 16 hidden layers";
    if (t->resume && !t->init)
        return "there is nothing to resume";
    return NULL;
}

void aez_task_settle(const aez_train_task *given, aez_train_task *o)
{
    int told = given->encoder != NULL;
    *o = *given;
    if (o->n_latent == 0 && (!told || strstr(o->encoder, "latent")))
        o->n_latent = o->n_features < LATENTS_DEFAULT ? o->n_features : LATENTS_DEFAULT;
    if (o->batch == 0)
        o->batch = BATCH_DEFAULT;
    if (o->momentum == 0)
        o->momentum = o->optimizer == AEZ_ADADELTA ? 0.95 : 0.9;
    if (o->rate == 0 && o->optimizer == AEZ_ADAM)
        o->rate = o->schedule == AEZ_SCHEDULE_CYCLE ? 0.004 : 0.001;
    if (o->rate == 0)
        o->rate = o->optimizer == AEZ_ADADELTA ? 1 : 0.01;
    if (o->lambda == 0 && o->latent_step == 0)
        o->latent_step = STEP_DEFAULT;
    if (o->finish == 0)
        o->finish = o->loss == AEZ_LOSS_RATE ? FINISH_RATE_LOSS : FINISH_OTHERS;
    o->finish = o->finish < 0 ? 0 : o->finish;
}

void aez_task_settle_step(aez_train_task *o)
{
    if (o->latent_step == 0)
        o->latent_step = sqrt(SIX_OVER_LN2 / o->lambda);
    if (o->lambda == 0)
        o->lambda = SIX_OVER_LN2 / (o->latent_step * o->latent_step);
}

aez_status aez_task_settle_steps(aez_train_task *o, const aez_float_model *m, char *why,
                               size_t why_size)
{
    size_t   n_valid = (size_t)(o->valid * (double)o->n_rows), n = o->n_rows - n_valid;
    double   batch = o->batch < n ? o->batch : (double)n, cost, steps;
    uint64_t epoch = (uint64_t)((double)n / batch);
    if (o->valid > 0 && n_valid == 0)
        return aez_refuse(why, why_size, "too few rows to keep some aside for validation");
    if (!o->steps && !o->epochs) {
        cost = aez_half_cost(&m->encoder) + aez_half_cost(&m->decoder);
        steps = BUDGET / (3 * batch * cost);
        steps = steps < PASSES_MAX * (double)n / batch ? steps : PASSES_MAX * (double)n / batch;
        o->steps = steps < 1 ? 1 : (uint64_t)steps;
        if (o->seconds > 0)
            o->steps = (uint64_t)1 << 40; /* the clock alone decides */
    }
    if (o->epochs && (!o->steps || o->epochs < o->steps / epoch))
        o->steps = o->epochs > UINT64_MAX / 2 / epoch ? UINT64_MAX / 2 : o->epochs * epoch;
    if (o->steps > (uint64_t)1 << 50)
        return aez_refuse(why, why_size, "training takes at most 2^50 batches");
    if (o->loss == AEZ_LOSS_RATE) {
        uint64_t finish = (uint64_t)((double)o->steps * o->finish);
        o->steps -= finish;
        o->finish /= 1 - o->finish;
    }
    o->steps = o->steps ? o->steps : 1;
    return AEZ_OK;
}

aez_status aez_task_check_layers(const aez_train_task *o, const aez_float_model *m, char *why,
                               size_t why_size)
{
    const aez_network *d = &m->decoder.net;
    if (o->loss == AEZ_LOSS_BCE &&
        (!m->decoder.has_net || m->decoder.has_bypass || d->n < 2 ||
         d->node[d->n - 1].kind != AEZ_NODE_ACTIVATION ||
         d->node[d->n - 1].activation != AEZ_SIGMOID))
        return aez_refuse(why, why_size,
                      "cross-entropy needs a decoder told in layers that end in sigmoid");
    if (o->loss == AEZ_LOSS_BCE && o->scaling != AEZ_SCALE_RANGE)
        return aez_refuse(why, why_size,
                      "cross-entropy needs features scaled to 0 .. 1: scaling by range");
    if (o->contractive > 0 && !aez_contract_fits(&m->encoder))
        return aez_refuse(why, why_size,
                      "the contractive penalty is for encoders of dense layers and activations");
    return AEZ_OK;
}
