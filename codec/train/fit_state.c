/* fit_state.c - where training stands as bytes, so that it can go on as if it had never stopped. */
#include "fit.h"
#include "float_bytes.h"
#include "saved.h"
#include "train_options.h"

#define NUMBER_MAX 1e30f

void aez_fit_put_state(const aez_fit *f, aez_buf *out)
{
    size_t n = f->m->n_params;
    if (aez_float_model_put(f->m, out) < 0)
        out->failed = 1;
    aez_put_u8(out, (unsigned)f->o->optimizer);
    aez_put_u8(out, f->o->patience > 0);
    aez_put_varint(out, f->n_train);
    aez_put_varint(out, f->batch);
    aez_put_varint(out, f->step);
    aez_put_varint(out, f->epoch);
    aez_put_varint(out, f->at);
    aez_put_f64(out, f->epoch_loss);
    aez_put_f64(out, f->best_loss);
    aez_put_f64(out, f->watched);
    aez_put_f64(out, f->factor);
    aez_put_varint(out, f->stale);
    aez_put_varint(out, f->plateau);
    aez_put_varint(out, f->curve_every);
    aez_put_varint(out, f->curve_skipped);
    aez_put_varint(out, f->n_curve);
    for (size_t i = 0; i < f->n_curve; i++)
        aez_put_epoch(out, &f->curve[i]);
    aez_put_floats(out, f->first, n);
    aez_put_floats(out, f->second, n);
    if (f->o->patience)
        aez_put_floats(out, f->best, n);
}

/* Whether the state is of such a run: the same rows, batches, optimiser and patience. */
static aez_status check_run(const aez_fit *f, aez_rd *in, char *why, size_t why_size)
{
    unsigned optimizer = aez_get_u8(in), patient = aez_get_u8(in);
    uint64_t n_train = aez_get_varint(in), batch = aez_get_varint(in);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (optimizer != (unsigned)f->o->optimizer)
        return aez_refuse(why, why_size, "training to resume was begun with another optimizer");
    if (patient != (f->o->patience > 0))
        return aez_refuse(why, why_size,
                      "training to resume was begun with patience and goes on without it, or the "
                      "other way round");
    if (n_train != f->n_train || batch != f->batch)
        return aez_refuse(
            why, why_size,
            "training to resume was begun with other rows or batches: give the same data, "
            "batch and validation share");
    return AEZ_OK;
}

/* Optimisers take roots of some moments. */
static int roots_exist(const aez_fit *f)
{
    int both = f->o->optimizer == AEZ_ADADELTA, one = both || f->o->optimizer == AEZ_ADAM;
    for (size_t i = 0; i < f->m->n_params; i++)
        if ((one && f->second[i] < 0) || (both && f->first[i] < 0))
            return 0;
    return 1;
}

aez_status aez_fit_get_state(aez_fit *f, aez_rd *in, char *why, size_t why_size)
{
    size_t     n = f->m->n_params;
    uint64_t   at, n_curve;
    aez_status st = check_run(f, in, why, why_size);
    if (st < 0)
        return st;
    f->step = aez_get_varint(in);
    f->epoch = aez_get_varint(in);
    at = aez_get_varint(in);
    f->epoch_loss = aez_get_f64(in);
    f->best_loss = aez_get_f64(in);
    f->watched = aez_get_f64(in);
    f->factor = aez_get_f64(in);
    f->stale = aez_get_varint(in);
    f->plateau = aez_get_varint(in);
    f->curve_every = aez_get_varint(in);
    f->curve_skipped = aez_get_varint(in);
    n_curve = aez_get_varint(in);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (at > f->n_train - f->batch || at % f->batch || f->step > (uint64_t)1 << 53 ||
        f->epoch > (uint64_t)1 << 53 || !(f->factor >= 0 && f->factor <= 1) ||
        n_curve > AEZ_FIT_CURVE_MAX || f->curve_every < 1)
        return AEZ_ERR_CORRUPT;
    f->at = (size_t)at;
    f->n_curve = (size_t)n_curve;
    for (size_t i = 0; i < f->n_curve; i++)
        f->curve[i] = aez_get_epoch(in);
    if (in->failed || aez_rd_left(in) / sizeof(float) < n * (f->o->patience ? 3 : 2))
        return AEZ_ERR_TRUNCATED;
    if (!aez_get_floats(in, f->first, n, NUMBER_MAX) ||
        !aez_get_floats(in, f->second, n, NUMBER_MAX))
        return AEZ_ERR_CORRUPT;
    if (!roots_exist(f))
        return AEZ_ERR_CORRUPT;
    if (f->o->patience && !aez_get_floats(in, f->best, n, NUMBER_MAX))
        return AEZ_ERR_CORRUPT;
    return AEZ_OK;
}
