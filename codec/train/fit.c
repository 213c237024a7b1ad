/* fit.c - the training loop: steps, epochs, schedules, early stopping. */
#include "fit.h"
#include "loss.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WARM_UP 0.1      /* share of the steps in which the rate of a cycle rises */
#define LOG_SCALE_MIN (-3.0f)
#define NORM_WEIGHT 0.1f /* of a batch in running means and variances, once there were ten */
#define PLATEAU 5        /* epochs without a better loss before the rate is halved */
#define BETTER 1e-4      /* share by which a loss has to fall to count as better */
#define PI 3.14159265358979323846

/* ---- beginning and end ----------------------------------------------------------------------- */

static void fit_free(aez_fit *f)
{
    const aez_mem *mem = &f->m->mem;
    aez_fit_drop_shards(f);
    aez_drop(mem, f->pick);
    aez_drop(mem, f->order);
    aez_drop(mem, f->first);
    aez_drop(mem, f->second);
    aez_drop(mem, f->best);
    aez_drop(mem, f->curve);
}

static void shuffle(uint32_t *row, size_t n, uint64_t key)
{
    for (size_t i = n; i > 1; i--) {
        size_t   j = (size_t)(aez_hash64(key + i) % i);
        uint32_t t = row[i - 1];
        row[i - 1] = row[j];
        row[j] = t;
    }
}

void aez_fit_order(aez_fit *f)
{
    memcpy(f->order, f->pick, f->n_train * sizeof *f->order);
    shuffle(f->order, f->n_train, aez_hash64(f->o->seed ^ aez_hash64(f->epoch + 1)));
}

static void split_rows(aez_fit *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        f->pick[i] = (uint32_t)i;
    if (f->n_valid)
        shuffle(f->pick, n, aez_hash64(f->o->seed + 0x7A11D));
    aez_fit_order(f);
}

static aez_status fit_init(aez_fit *f, aez_float_model *m, const float *x, size_t n,
                           const aez_train_task *o)
{
    const aez_mem *mem = &m->mem;
    memset(f, 0, sizeof *f);
    f->m = m;
    f->x = x;
    f->o = o;
    f->decoder = m->decoder;
    if (o->loss == AEZ_LOSS_BCE)
        f->decoder.net.n--;
    f->n_valid = (size_t)(o->valid * (double)n);
    f->n_train = n - f->n_valid;
    f->batch = o->batch < f->n_train ? o->batch : f->n_train;
    f->n_shards = f->batch / AEZ_FIT_SHARD_ROWS_MIN;
    f->n_shards = f->n_shards < 1 ? 1 : f->n_shards > AEZ_FIT_SHARDS ? AEZ_FIT_SHARDS : f->n_shards;
    f->shard_rows = (f->batch + f->n_shards - 1) / f->n_shards;
    f->optimizer = (aez_optimizer){o->optimizer, o->rate, o->momentum};
    f->factor = 1;
    f->best_loss = f->watched = INFINITY;
    f->curve_every = 1;
    f->pick = aez_take(mem, n, sizeof *f->pick);
    f->order = aez_take(mem, f->n_train, sizeof *f->order);
    f->first = aez_take(mem, m->n_params, sizeof(float));
    f->second = aez_take(mem, m->n_params, sizeof(float));
    f->best = aez_take(mem, o->patience ? m->n_params : 0, sizeof(float));
    f->curve = aez_take(mem, AEZ_FIT_CURVE_MAX, sizeof *f->curve);
    if (!f->pick || !f->order || !f->first || !f->second || !f->best || !f->curve)
        return AEZ_ERR_NOMEM;
    split_rows(f, n);
    return aez_fit_take_shards(f);
}

/* ---- one step -------------------------------------------------------------------------------- */

static void forward_job(void *arg, size_t s)
{
    aez_fit_forward(arg, s);
}

static void backward_job(void *arg, size_t s)
{
    aez_fit_backward(arg, s);
}

static void both_job(void *arg, size_t s)
{
    aez_fit_forward(arg, s);
    aez_fit_backward(arg, s);
}

/* Runs of parameters: what descent moves, and the running statistics of norms. */
typedef struct run {
    size_t from, to;
    int    is_encoder, is_statistics;
} run;

static size_t list_runs(const aez_fit *f, run *runs)
{
    const aez_float_model *m = f->m;
    const aez_half        *half[2] = {&m->encoder, &m->decoder};
    size_t                 n = 0, at = 0;
    for (int i = 0; i < 2; i++) {
        const aez_half *h = half[i];
        size_t          trained = h->net_at + (h->has_net ? h->net.n_trained : 0);
        size_t          end = h->net_at + (h->has_net ? h->net.n_params : 0);
        runs[n++] = (run){at, trained, i == 0, 0};
        runs[n++] = (run){trained, end, i == 0, 1};
        at = end;
    }
    if (f->o->loss == AEZ_LOSS_RATE)
        runs[n++] = (run){m->prior_mean, m->n_params, 0, 0};
    return n;
}

/* The part of a run that lies in a range of the parameters; 0 when there is none, or it rests. */
static int clip_run(const aez_fit *f, const run *r, size_t range, size_t *from, size_t *to)
{
    size_t n = f->m->n_params, begin = n * range / AEZ_FIT_RANGES;
    size_t end = n * (range + 1) / AEZ_FIT_RANGES;
    *from = r->from > begin ? r->from : begin;
    *to = r->to < end ? r->to : end;
    return *from < *to && !(f->rounded && r->is_encoder);
}

/* Gradients of all shards added into the first one's, and their squared norm. */
static void add_job(void *arg, size_t range)
{
    aez_fit *f = arg;
    run      runs[5];
    size_t   n_runs = list_runs(f, runs), from, to;
    f->range_norm[range] = 0;
    for (size_t i = 0; i < n_runs; i++) {
        if (!clip_run(f, &runs[i], range, &from, &to))
            continue;
        for (size_t s = 1; s < f->n_shards; s++)
            aez_add_all(f->shard[0].grads + from, f->shard[s].grads + from, to - from);
        if (!runs[i].is_statistics && f->o->clip > 0)
            f->range_norm[range] += aez_square_sum(f->shard[0].grads + from, to - from);
    }
}

/* Sums of what batches had, over rows, into running means. */
static void follow(const aez_fit *f, size_t from, size_t to)
{
    float  share = 1 / (float)f->batch;
    float *p = f->m->params;
    for (size_t i = from; i < to; i++)
        p[i] += f->norm_weight * (f->shard[0].grads[i] * share - p[i]);
}

static void move_job(void *arg, size_t range)
{
    aez_fit *f = arg;
    run      runs[5];
    size_t   n_runs = list_runs(f, runs), from, to;
    for (size_t i = 0; i < n_runs; i++) {
        if (!clip_run(f, &runs[i], range, &from, &to))
            continue;
        if (runs[i].is_statistics)
            follow(f, from, to);
        else
            aez_optimizer_move(&f->now, f->m->params + from, f->shard[0].grads + from,
                               f->first + from, f->second + from, to - from);
    }
}

static void add_and_move_job(void *arg, size_t range)
{
    add_job(arg, range);
    move_job(arg, range);
}

/* Gradients that are too long are shortened; what is not a number stops all movement. */
static double grad_scale(const aez_fit *f)
{
    double norm = 0;
    for (size_t i = 0; i < AEZ_FIT_RANGES; i++)
        norm += f->range_norm[i];
    norm = sqrt(norm);
    if (!isfinite(norm))
        return 0;
    return norm > f->o->clip ? f->o->clip / norm : 1;
}

static void run_shards(aez_fit *f)
{
    double error = 0;
    if (f->o->loss != AEZ_LOSS_RMSE) {
        aez_run_jobs(&f->o->runner, f->n_shards, both_job, f);
        return;
    }
    aez_run_jobs(&f->o->runner, f->n_shards, forward_job, f);
    for (size_t s = 0; s < f->n_shards; s++)
        error += f->shard[s].error;
    error = aez_fit_loss(f, error, 0, f->batch);
    f->slope = error > 0 ? 0.5 / error : 0; /* of the root */
    aez_run_jobs(&f->o->runner, f->n_shards, backward_job, f);
}

double aez_fit_step(aez_fit *f, double rate, uint64_t count)
{
    double error = 0, extra = 0;
    float *scale = f->m->params + f->m->prior_scale;
    f->key = aez_hash64(f->o->seed + 0xD1CE) + 64 * f->step;
    f->optimizer.rate = rate;
    f->norm_weight = count < 10 ? 1 / (float)count : NORM_WEIGHT;
    run_shards(f);
    if (f->o->clip > 0) {
        aez_run_jobs(&f->o->runner, AEZ_FIT_RANGES, add_job, f);
        f->now = aez_optimizer_at(&f->optimizer, count, grad_scale(f));
        aez_run_jobs(&f->o->runner, AEZ_FIT_RANGES, move_job, f);
    } else {
        f->now = aez_optimizer_at(&f->optimizer, count, 1);
        aez_run_jobs(&f->o->runner, AEZ_FIT_RANGES, add_and_move_job, f);
    }
    for (size_t l = 0; l < f->m->n_latent; l++)
        scale[l] = scale[l] < LOG_SCALE_MIN ? LOG_SCALE_MIN : scale[l];
    for (size_t s = 0; s < f->n_shards; s++) {
        error += f->shard[s].error;
        extra += f->shard[s].extra;
    }
    f->at += f->batch;
    f->step++;
    return aez_fit_loss(f, error, extra, f->batch);
}

/* ---- schedules ------------------------------------------------------------------------------- */

double aez_fit_elapsed(const aez_fit *f)
{
    return f->o->seconds > 0 ? f->o->clock(f->o->clock_opaque) - f->started : 0;
}

/* How much of the main part is done when this step is: by steps, or by the time it may take. */
static double done_at(const aez_fit *f, uint64_t step)
{
    double by_steps = (double)step / (double)f->o->steps, by_time = 0;
    if (f->o->seconds > 0)
        by_time = aez_fit_elapsed(f) * (1 + f->o->finish) / f->o->seconds;
    return by_steps > by_time ? by_steps : by_time;
}

static double rate_at(const aez_fit *f)
{
    double t = done_at(f, f->step + 1), rate = f->o->rate * f->factor;
    t = t > 1 ? 1 : t;
    switch (f->o->schedule) {
    case AEZ_SCHEDULE_CYCLE: /* up to the largest rate and down by cosine */
        if (t < WARM_UP)
            return rate * (0.04 + 0.96 * t / WARM_UP);
        return rate * (0.01 + 0.99 * 0.5 * (1 + cos(PI * (t - WARM_UP) / (1 - WARM_UP))));
    case AEZ_SCHEDULE_COSINE:
        return rate * 0.5 * (1 + cos(PI * t));
    default:
        return rate;
    }
}

/* ---- epochs ---------------------------------------------------------------------------------- */

static uint64_t epoch_steps(const aez_fit *f)
{
    return f->n_train / f->batch;
}

int aez_fit_tell(const aez_fit *f, const aez_epoch *now)
{
    uint64_t each = epoch_steps(f);
    uint64_t steps = f->o->steps + (uint64_t)(f->o->finish * (double)f->o->steps + 0.5);
    int      answer = 0;
    if (f->o->progress)
        answer = f->o->progress(f->o->progress_opaque, now, (steps + each - 1) / each, steps);
    return answer == 0 || answer == AEZ_TRAIN_ENOUGH ? answer : AEZ_TRAIN_CANCEL;
}

static void note(aez_fit *f, const aez_epoch *now)
{
    if (++f->curve_skipped < f->curve_every)
        return;
    f->curve_skipped = 0;
    if (f->n_curve == AEZ_FIT_CURVE_MAX) {
        for (size_t i = 0; i < f->n_curve / 2; i++)
            f->curve[i] = f->curve[2 * i + 1];
        f->n_curve /= 2;
        f->curve_every *= 2;
    }
    f->curve[f->n_curve++] = *now;
}

/* Best weights, and halving of the rate. Returns whether patience has come to its end. */
static int judge(aez_fit *f, const aez_epoch *now)
{
    double loss = f->n_valid ? now->valid_loss : now->train_loss;
    if (loss < f->watched * (1 - BETTER) || (f->watched <= 0 && loss < f->watched)) {
        f->watched = loss;
        f->plateau = 0;
    } else if (++f->plateau >= PLATEAU && f->o->schedule == AEZ_SCHEDULE_PLATEAU) {
        f->factor *= 0.5;
        f->plateau = 0;
    }
    if (!f->o->patience)
        return 0;
    if (loss < f->best_loss) { /* false for NaN */
        f->best_loss = loss;
        f->stale = 0;
        memcpy(f->best, f->m->params, f->m->n_params * sizeof *f->best);
        return 0;
    }
    return ++f->stale >= f->o->patience;
}

/* The end of an epoch; nonzero: what progress answered, or -1 when patience is at its end. */
static int end_epoch(aez_fit *f, double rate, double steps)
{
    aez_epoch now = {f->epoch + 1, f->step, f->epoch_loss / steps, NAN, rate};
    int       out_of_patience, answer;
    if (f->n_valid)
        now.valid_loss = aez_fit_validate(f);
    f->epoch++;
    f->at = 0;
    f->epoch_loss = 0;
    aez_fit_order(f);
    note(f, &now);
    out_of_patience = judge(f, &now);
    answer = aez_fit_tell(f, &now);
    return answer ? answer : out_of_patience ? -1 : 0;
}

/* Batches until steps, time, patience or the caller say so; returns what end_epoch does. */
static int main_part(aez_fit *f)
{
    int answer = 0;
    while (!answer && done_at(f, f->step) < 1) {
        double    rate = rate_at(f);
        uint64_t  in_epoch;
        aez_epoch now;
        f->epoch_loss += aez_fit_step(f, rate, f->step + 1);
        in_epoch = f->at / f->batch;
        now = (aez_epoch){f->epoch, f->step, f->epoch_loss / (double)in_epoch, NAN, rate};
        if (f->n_train - f->at < f->batch)
            answer = end_epoch(f, rate, (double)in_epoch);
        else if (f->step % 16 == 0 || f->step == f->o->steps)
            answer = aez_fit_tell(f, &now);
    }
    return answer;
}

/* ---- the whole ------------------------------------------------------------------------------- */

aez_status aez_float_fit(aez_float_model *m, const float *x, size_t n, const aez_train_task *o,
                         aez_rd *resume, aez_train_log *log, char *why, size_t why_size)
{
    aez_fit    f;
    int        answer = 0, again = 0;
    aez_status st = fit_init(&f, m, x, n, o);
    if (st >= 0 && resume) {
        st = aez_fit_get_state(&f, resume, why, why_size);
        if (st >= 0)
            aez_fit_order(&f);
    }
    if (st < 0)
        goto end;
    if (o->seconds > 0)
        f.started = o->clock(o->clock_opaque);
    answer = main_part(&f);
    if (answer == AEZ_TRAIN_CANCEL)
        st = AEZ_ERR_CANCELLED;
    if (st >= 0 && o->keep_state) {
        aez_fit_put_state(&f, &log->state);
        st = log->state.failed ? AEZ_ERR_NOMEM : AEZ_OK;
    }
    if (st >= 0 && o->patience && isfinite(f.best_loss))
        memcpy(m->params, f.best, m->n_params * sizeof *f.best);
    if (st >= 0)
        st = aez_fit_finish(&f, answer, &again);
    if (again == AEZ_TRAIN_CANCEL)
        st = AEZ_ERR_CANCELLED;
    if (st >= 0) {
        log->curve = f.curve;
        log->n_curve = f.n_curve;
        f.curve = NULL;
    }
end:
    fit_free(&f);
    return st;
}
