/* fit.h - gradient descent on a float model: what its passes, its loop and its state share. */
#ifndef AEZ_TRAIN_FIT_H
#define AEZ_TRAIN_FIT_H

#include "float_model.h"
#include "optimizer.h"

#define AEZ_FIT_SHARDS 4 /* at most; fixed, so that no sum depends on the number of threads */
#define AEZ_FIT_SHARD_ROWS_MIN 32
#define AEZ_FIT_RANGES 8          /* of parameters, updated independently */
#define AEZ_FIT_CURVE_MAX 1024    /* points; every second one is dropped when there are more */

/* The rows of a batch that one job takes. Arrays are [rows][...]. */
typedef struct aez_fit_shard {
    float       *rows, *seen;     /* [d]; seen: what the encoder sees, rows itself without noise */
    float       *z, *steps;       /* [k] what the decoder sees; the same in steps */
    float       *dz, *dsteps, *dy;
    float       *encoder_work, *decoder_work, *contract_work;
    float       *grads;           /* [n_params] */
    const float *code, *y;        /* what the halves gave */
    aez_pass     encoder_pass, decoder_pass;
    size_t       n;
    double       error, extra;    /* sums: of the loss proper; of bits and penalties */
} aez_fit_shard;

typedef struct aez_fit {
    aez_float_model      *m;
    const aez_train_task *o; /* settled: no zeros left where zero means a default */
    const float          *x; /* [n][d] */
    size_t                n_train, n_valid, batch, n_shards, shard_rows;
    uint32_t             *pick;  /* [n] rows: those to train on, then those kept aside */
    uint32_t             *order; /* [n_train] of this epoch */
    aez_half              decoder; /* as training sees it: a sigmoid at the end is part of BCE */
    aez_fit_shard         shard[AEZ_FIT_SHARDS];
    aez_optimizer         optimizer;
    aez_optimizer_step    now;
    float                *first, *second; /* [n_params] moments */
    float                *best;           /* [n_params] of the best validation loss */
    double                slope;          /* of the loss proper in this batch, beside 1 / batch */
    double                range_norm[AEZ_FIT_RANGES];
    float                 norm_weight; /* of a batch in running means and variances */
    int                   rounded;     /* the finish: latents rounded, the encoder stands still */
    uint64_t              key;         /* of the random numbers of this step */
    /* where training stands, beside parameters and moments */
    uint64_t step, epoch;
    size_t   at; /* next place in order */
    double epoch_loss, best_loss, watched; /* watched: least loss, of validation if there is one */
    uint64_t stale, plateau; /* epochs without a better loss; without since the rate was halved */
    double   factor;         /* of the rate */
    aez_epoch *curve;
    size_t     n_curve;
    uint64_t   curve_every, curve_skipped;
    double     started; /* by the caller's clock */
} aez_fit;

/* Trains m; the log receives curve and state. options are settled (train.c), resume has state to go
 * on from, or is NULL. OPTION with a sentence, NOMEM, CANCELLED. */
aez_status aez_float_fit(aez_float_model *m, const float *x, size_t n,
                         const aez_train_task *options, aez_rd *resume, aez_train_log *log,
                         char *why, size_t why_size);

/* ---- the loop, for the finish (fit.c, fit_finish.c) ------------------------------------------ */

/* A batch, the count-th for the optimiser; returns its loss. */
double aez_fit_step(aez_fit *f, double rate, uint64_t count);
/* The order of an epoch depends on seed and epoch alone, so that training can go on from any. */
void aez_fit_order(aez_fit *f);
/* Seconds by the caller's clock since training began; 0 without a limit. */
double aez_fit_elapsed(const aez_fit *f);
/* 0, AEZ_TRAIN_ENOUGH, or AEZ_TRAIN_CANCEL for any other answer. */
int aez_fit_tell(const aez_fit *f, const aez_epoch *now);
/* answer: what ended the main part. Steps for the latents of losses that know none; the finish is
 * kept where it helps. RATE has paid for rounding all along, and keeps its finish as it is. *again
 * is what progress answered. */
aez_status aez_fit_finish(aez_fit *f, int answer, int *again);

/* ---- passes (fit_pass.c) --------------------------------------------------------------------- */

aez_status aez_fit_take_shards(aez_fit *f);
void       aez_fit_drop_shards(aez_fit *f);
/* Shard s of the batch at f->at: rows and passes; forward gives error, backward grads, extra. */
void aez_fit_forward(aez_fit *f, size_t s);
void aez_fit_backward(aez_fit *f, size_t s);
/* Mean loss of the rows kept aside, as the model is used. */
double aez_fit_validate(aez_fit *f);
/* The loss of sums of errors and extras over n rows. */
double aez_fit_loss(const aez_fit *f, double error, double extra, size_t n);

/* ---- state (fit_state.c) --------------------------------------------------------------------- */

void       aez_fit_put_state(const aez_fit *f, aez_buf *out);
aez_status aez_fit_get_state(aez_fit *f, aez_rd *in, char *why, size_t why_size);

#endif
