/* psnr.c - a chunk coded so that the mean squared error of each field keeps its target. */
#include "psnr.h"

#include <math.h>
#include <string.h>

#include "proved.h"

#define TRIES 5        /* codings of a chunk at most */
#define CLOSE 0.97     /* of the target: good enough to stop */
#define MARGIN 0.985   /* aimed at, of the target: the next error is not known exactly */

typedef struct aez_tuning {
    const aez_chunk_context *ctx;
    aez_lattice             *own;      /* [n_fields] */
    const aez_lattice      **lattices; /* [n_fields] NULL: the schema's */
    double                  *mse;      /* [n_fields] */
} aez_tuning;

static int any_target(const aez_chunk_context *ctx)
{
    for (uint32_t f = 0; f < ctx->n_fields; f++) {
        if (ctx->fields[f].target_mse > 0)
            return 1;
    }
    return 0;
}

static aez_status take_tuning(aez_tuning *t, const aez_chunk_context *ctx)
{
    t->ctx = ctx;
    t->own = aez_take(ctx->mem, ctx->n_fields, sizeof *t->own);
    t->lattices = aez_take(ctx->mem, ctx->n_fields, sizeof *t->lattices);
    t->mse = aez_take(ctx->mem, ctx->n_fields, sizeof *t->mse);
    return t->own && t->lattices && t->mse ? AEZ_OK : AEZ_ERR_NOMEM;
}

static void drop_tuning(aez_tuning *t)
{
    aez_drop(t->ctx->mem, t->own);
    aez_drop(t->ctx->mem, t->lattices);
    aez_drop(t->ctx->mem, t->mse);
}

static int tunable(const aez_chunk_field *field)
{
    return field->target_mse > 0 && field->lattice.kind == AEZ_LATTICE_UNIT;
}

static int keeps_targets(const aez_tuning *t)
{
    for (uint32_t f = 0; f < t->ctx->n_fields; f++) {
        if (tunable(&t->ctx->fields[f]) && !(t->mse[f] <= t->ctx->fields[f].target_mse))
            return 0;
    }
    return 1;
}

/* Whether a wider step could still save bytes. */
static int far_below(const aez_tuning *t)
{
    for (uint32_t f = 0; f < t->ctx->n_fields; f++) {
        const aez_chunk_field *field = &t->ctx->fields[f];
        if (tunable(field) && t->mse[f] > 0 && t->mse[f] < CLOSE * field->target_mse)
            return 1;
    }
    return 0;
}

/* The squared error grows as the square of the step. */
static void adjust(aez_tuning *t)
{
    for (uint32_t f = 0; f < t->ctx->n_fields; f++) {
        const aez_chunk_field *field = &t->ctx->fields[f];
        const aez_lattice     *now = t->lattices[f] ? t->lattices[f] : &field->lattice;
        double                 factor;
        if (!tunable(field) || !(t->mse[f] > 0))
            continue;
        factor = sqrt(MARGIN * field->target_mse / t->mse[f]);
        factor = factor > 4 ? 4 : factor;
        if (t->lattices[f] == NULL)
            t->own[f] = field->lattice;
        t->own[f].unit = now->unit * factor;
        t->lattices[f] = &t->own[f];
    }
}

static aez_status tune(aez_tuning *t, const aez_box *box, const void *const *columns, aez_buf *out,
                       aez_chunk_info *info)
{
    aez_buf    trial;
    aez_status st = AEZ_OK;
    aez_buf_init(&trial, t->ctx->mem);
    for (int i = 0; st >= 0 && i < TRIES; i++) {
        aez_chunk_info trial_info = *info;
        st = aez_encode_proved(t->ctx, box, columns, t->lattices, &trial, &trial_info, t->mse);
        if (st < 0 || trial.size == 0)
            break;
        if (keeps_targets(t) && (out->size == 0 || trial.size < out->size)) {
            out->size = 0;
            aez_put(out, trial.data, trial.size);
            *info = trial_info;
        }
        if (keeps_targets(t) && !far_below(t))
            break;
        adjust(t);
    }
    aez_buf_free(&trial);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

aez_status aez_encode_psnr(const aez_chunk_context *ctx, const aez_box *box,
                           const void *const *columns, aez_buf *out, aez_chunk_info *info)
{
    aez_tuning t;
    aez_status st = take_tuning(&t, ctx);
    if (st >= 0 && any_target(ctx))
        st = tune(&t, box, columns, out, info);
    else if (st >= 0)
        st = aez_encode_proved(ctx, box, columns, t.lattices, out, info, NULL);
    drop_tuning(&t);
    return st;
}
