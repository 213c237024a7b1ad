/* test_fit.c - the training loop: gradients of every loss, resuming, threads, stopping,
 * schedules. */
#include "codec/base/rng.h"
#include "codec/train/fit.h"
#include "codec/train/saved.h"

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem plain_mem;
#define RATE 0.05 /* of the steps that gradients are seen by */

static double uniform(aez_rng *g)
{
    return (double)(aez_rng_next(g) >> 11) * 0x1p-53 - 0.5;
}

/* Points near a curved sheet of two dimensions in six. */
static double *curved(size_t n, uint64_t seed)
{
    double *x = malloc(n * 6 * sizeof *x);
    aez_rng g;
    aez_rng_seed(&g, seed);
    for (size_t r = 0; r < n; r++) {
        double a = 4 * uniform(&g), b = 4 * uniform(&g);
        double row[6] = {a, b, a * b, sin(2 * a), b * b, cos(b + a)};
        for (size_t j = 0; j < 6; j++)
            x[r * 6 + j] = 3 + row[j] + 0.1 * uniform(&g);
    }
    return x;
}

/* ---- gradients: one step of plain SGD tells them, progress tells the loss -------------------- */

typedef struct seen {
    double    loss;
    aez_epoch epochs[4096];
    size_t    n;
    uint64_t  stop_at; /* steps */
    int       answer;
} seen;

static int look(void *opaque, const aez_epoch *now, uint64_t epochs, uint64_t steps)
{
    seen *s = opaque;
    cr_assert_leq(now->step, steps);
    cr_assert_leq(now->epoch, epochs);
    s->loss = now->train_loss;
    if (s->n < 4096)
        s->epochs[s->n++] = *now;
    return s->stop_at && now->step >= s->stop_at ? s->answer : 0;
}

static aez_float_model *model_of(const aez_float_shape *shape, uint64_t seed)
{
    aez_float_model *m;
    char             why[200] = "";
    aez_rng          g;
    cr_assert_eq(aez_float_model_create(&plain_mem, shape, &m, why, sizeof why), AEZ_OK, "%s", why);
    aez_rng_seed(&g, seed);
    for (size_t i = 0; i < m->n_params; i++)
        m->params[i] = (float)(1.2 * uniform(&g));
    for (uint32_t l = 0; l < m->n_latent; l++) {
        m->unit[l] = 0.5f;
        m->params[m->prior_scale + l] = 0.3f;
    }
    m->lambda = 3;
    return m;
}

/* The loss of a model's parameters, and what one step of SGD makes of them (moved may be NULL). */
static double loss_at(const aez_float_shape *shape, const aez_train_task *task, const float *x,
                      size_t n, const float *params, float *moved)
{
    aez_float_model *m = model_of(shape, 1);
    aez_train_task   o = *task;
    aez_train_log    log;
    seen            *s = calloc(1, sizeof *s);
    double           loss;
    memcpy(m->params, params, m->n_params * sizeof *params);
    o.optimizer = AEZ_SGD;
    o.schedule = AEZ_SCHEDULE_CONSTANT;
    o.steps = 1;
    o.batch = (uint32_t)n;
    o.latent_step = 0.25;
    o.rate = RATE;
    o.progress = look;
    o.progress_opaque = s;
    aez_train_log_init(&log, &plain_mem);
    cr_assert_eq(aez_float_fit(m, x, n, &o, NULL, &log, NULL, 0), AEZ_OK);
    loss = s->loss;
    if (moved)
        memcpy(moved, m->params, m->n_params * sizeof *moved);
    aez_train_log_free(&log);
    aez_float_model_destroy(m);
    free(s);
    return loss;
}

static int is_statistic(const aez_half *h, size_t i)
{
    return h->has_net && i >= h->net_at + h->net.n_trained && i < h->net_at + h->net.n_params;
}

static void check_gradient(const aez_float_shape *shape, const aez_train_task *task,
                           const char *name)
{
    enum { ROWS = 40 };
    aez_float_model *m = model_of(shape, 7);
    size_t           n = m->n_params, n_kinks = 0;
    float           *p = m->params, *moved = malloc(n * sizeof *moved), x[ROWS * 6];
    double           here;
    aez_rng          g;
    aez_rng_seed(&g, 5);
    for (size_t i = 0; i < ROWS * 6; i++)
        x[i] = (float)(0.5 + uniform(&g));
    here = loss_at(shape, task, x, ROWS, p, moved);
    for (size_t i = 0; i < n; i++) {
        float  keep = p[i];
        double h = 0.001, up, down, got = ((double)p[i] - (double)moved[i]) / RATE, want;
        if (task->loss != AEZ_LOSS_RATE && i >= m->prior_mean)
            continue; /* it stands still */
        if (is_statistic(&m->encoder, i) || is_statistic(&m->decoder, i))
            continue; /* a running mean */
        p[i] = keep + (float)h;
        up = loss_at(shape, task, x, ROWS, p, NULL);
        p[i] = keep - (float)h;
        down = loss_at(shape, task, x, ROWS, p, NULL);
        p[i] = keep;
        want = (up - down) / (2 * h);
        if (fabs(up - 2 * here + down) > 0.05 * h * (1 + fabs(want))) {
            n_kinks++;
            continue;
        }
        cr_assert_lt(fabs(want - got), 2e-4 + 0.03 * fabs(want),
                     "%s: parameter %zu of %zu: %g by differences, %g by the pass", name, i, n,
                     want, got);
    }
    cr_assert_leq(n_kinks, n / 15, "%s", name);
    free(moved);
    aez_float_model_destroy(m);
}

Test(fit, gradients_of_every_loss_and_penalty_equal_differences)
{
    const aez_float_shape told = {.n_features = 6, .n_latent = 3, .encoder = "dense:5 tanh latent",
                                  .decoder = "dense:5 leaky dense:6 sigmoid"};
    const aez_float_shape wide = {.n_features = 6, .n_latent = 3, .bypass = 1,
                                  .encoder = "dense:5 leaky latent",
                                  .decoder = "dense:5 leaky dense:6"};
    aez_train_task        o = {.seed = 3, .n_rows = 40};
    static const char *const names[] = {"rate", "mse", "bce", "rmse"};
    for (o.loss = AEZ_LOSS_RATE; o.loss <= AEZ_LOSS_RMSE; o.loss++) {
        check_gradient(&told, &o, names[o.loss]);
        if (o.loss != AEZ_LOSS_BCE)
            check_gradient(&wide, &o, names[o.loss]);
    }
    o.loss = AEZ_LOSS_RMSE;
    o.l1 = 0.2;
    check_gradient(&told, &o, "l1 beside rmse");
    o.l1 = 0;
    o.loss = AEZ_LOSS_MSE;
    o.contractive = 0.3;
    check_gradient(&told, &o, "contractive");
    o.contractive = 0;
    o.noise = 0.4;
    check_gradient(&told, &o, "noise");
    o.noise = 0;
    check_gradient(&(aez_float_shape){.n_features = 6, .n_latent = 2,
                                      .encoder = "dense:5 norm relu dropout:0.3 dense:2",
                                      .decoder = "dense:4 norm tanh dense:6"},
                   &o, "norm and dropout");
    check_gradient(
        &(aez_float_shape){.n_features = 6,
                           .n_latent = 4,
                           .item = {1, 2, 3},
                           .encoder = "conv:3 leaky pool:2 flatten dense:4",
                           .decoder = "shape:2x1x2 up:2 shape:4x1x2 conv:3 tanh flatten dense:6"},
        &o, "conv");
}

/* ---- whole runs ------------------------------------------------------------------------------ */

typedef struct jobs {
    void (*job)(void *arg, size_t i);
    void  *arg;
    size_t i, n, stride;
} jobs;

static void *run_some(void *p)
{
    jobs *j = p;
    for (size_t i = j->i; i < j->n; i += j->stride)
        j->job(j->arg, i);
    return NULL;
}

/* Three threads, each taking every third job. */
static void threaded(void *opaque, size_t n, void (*job)(void *arg, size_t i), void *arg)
{
    pthread_t t[3];
    jobs      j[3];
    (void)opaque;
    for (size_t k = 0; k < 3; k++) {
        j[k] = (jobs){job, arg, 2 - k, n, 3};
        cr_assert_eq(pthread_create(&t[k], NULL, run_some, &j[k]), 0);
    }
    for (size_t k = 0; k < 3; k++)
        pthread_join(t[k], NULL);
}

/* Trains and gives what save gives; the caller frees. */
static aez_buf saved_of(const double *x, size_t n, const aez_train_task *task)
{
    aez_train_task t = *task;
    aez_saved      s;
    aez_buf        out;
    aez_status     st;
    char           why[200] = "";
    t.rows = x;
    t.n_rows = n;
    t.n_features = 6;
    aez_saved_init(&s, &plain_mem);
    aez_buf_init(&out, &plain_mem);
    st = aez_train(&plain_mem, &t, &s.model, &s.log, why, sizeof why);
    cr_assert_eq(st, AEZ_OK, "%s", why);
    cr_assert_eq(aez_saved_put(&s, &out), AEZ_OK);
    aez_saved_free(&s);
    return out;
}

static int same(const aez_buf *a, const aez_buf *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

static aez_train_task everything(int loss)
{
    aez_train_task t = {.encoder = "dense:8 norm tanh dropout:0.2 latent",
                        .decoder = "dense:8 norm leaky dense:6 sigmoid", .n_latent = 2,
                        .scaling = AEZ_SCALE_RANGE, .seed = 11, .batch = 64, .noise = 0.05,
                        .valid = 0.2, .clip = 2, .l1 = 1e-4};
    t.loss = loss;
    return t;
}

Test(fit, bytes_do_not_depend_on_threads_but_on_seed)
{
    double *x = curved(500, 1);
    for (int loss = AEZ_LOSS_RATE; loss <= AEZ_LOSS_RMSE; loss++)
        for (int optimizer = AEZ_ADAM; optimizer <= AEZ_SGD; optimizer++) {
            aez_train_task t = everything(loss);
            aez_buf        one, threads, other;
            t.optimizer = optimizer;
            t.epochs = 3;
            one = saved_of(x, 500, &t);
            t.runner.run = threaded;
            threads = saved_of(x, 500, &t);
            t.seed++;
            other = saved_of(x, 500, &t);
            cr_assert(same(&one, &threads), "loss %d, optimizer %d", loss, optimizer);
            cr_assert_not(same(&one, &other));
            aez_buf_free(&one);
            aez_buf_free(&threads);
            aez_buf_free(&other);
        }
    free(x);
}

/* Stopped at an epoch's end and in the middle of one, by any optimiser and schedule. */
Test(fit, resumed_training_ends_as_if_it_had_never_stopped)
{
    double *x = curved(1500, 2);
    seen   *s = calloc(1, sizeof *s);
    for (int i = 0; i < 12; i++) {
        aez_train_task t = everything(i % 4);
        aez_buf        whole, half, rest;
        t.optimizer = i % 3;
        t.schedule = i / 3;
        t.epochs = 4;
        t.batch = 33;
        t.patience = i % 2 ? 3 : 0;
        t.keep_state = 1;
        whole = saved_of(x, 1500, &t);
        memset(s, 0, sizeof *s);
        s->stop_at = i < 6 ? 36 : 48; /* 36 batches an epoch */
        s->answer = AEZ_TRAIN_ENOUGH;
        t.progress = look;
        t.progress_opaque = s;
        half = saved_of(x, 1500, &t);
        t.progress = NULL;
        t.init = half.data;
        t.init_size = half.size;
        t.resume = 1;
        rest = saved_of(x, 1500, &t);
        cr_assert(same(&whole, &rest), "case %d", i);
        cr_assert_not(same(&whole, &half), "case %d", i);
        aez_buf_free(&whole);
        aez_buf_free(&half);
        aez_buf_free(&rest);
    }
    free(s);
    free(x);
}

static aez_status try_task(const double *x, size_t n, const aez_train_task *task, char *why)
{
    aez_train_task   t = *task;
    aez_float_model *m = NULL;
    aez_train_log    log;
    aez_status       st;
    aez_train_log_init(&log, &plain_mem);
    t.rows = x;
    t.n_rows = n;
    t.n_features = 6;
    st = aez_train(&plain_mem, &t, &m, &log, why, 200);
    cr_assert(st >= 0 || !m);
    aez_float_model_destroy(m);
    aez_train_log_free(&log);
    return st;
}

Test(fit, what_cannot_be_resumed_is_said)
{
    double        *x = curved(300, 3);
    aez_train_task t = everything(AEZ_LOSS_MSE), u;
    aez_buf        plain, state;
    char           why[200];
    t.epochs = 1;
    plain = saved_of(x, 300, &t);
    t.keep_state = 1;
    state = saved_of(x, 300, &t);
    t.resume = 1;
    cr_assert_eq(try_task(x, 300, &t, why), AEZ_ERR_OPTION);
    t.init = plain.data;
    t.init_size = plain.size;
    cr_assert_eq(try_task(x, 300, &t, why), AEZ_ERR_OPTION);
    cr_assert(strstr(why, "without its state"), "%s", why);
    t.init = state.data;
    t.init_size = state.size;
    t.epochs = 2;
    cr_assert_eq(try_task(x, 300, &t, why), AEZ_OK, "%s", why);
    u = t;
    u.optimizer = AEZ_SGD;
    cr_assert_eq(try_task(x, 300, &u, why), AEZ_ERR_OPTION);
    cr_assert(strstr(why, "another optimizer"), "%s", why);
    u = t;
    u.patience = 2;
    cr_assert_eq(try_task(x, 300, &u, why), AEZ_ERR_OPTION);
    cr_assert_eq(try_task(x, 290, &t, why), AEZ_ERR_OPTION);
    cr_assert(strstr(why, "other rows"), "%s", why);
    u = t;
    u.encoder = "dense:9 norm tanh dropout:0.2 latent";
    cr_assert_eq(try_task(x, 300, &u, why), AEZ_ERR_OPTION);
    cr_assert(strstr(why, "other layers"), "%s", why);
    u.resume = 0;
    cr_assert_eq(try_task(x, 300, &u, why), AEZ_ERR_OPTION);
    for (size_t cut = 0; cut < state.size; cut += 7) {
        t.init_size = cut;
        cr_assert_lt(try_task(x, 300, &t, why), 0);
    }
    aez_buf_free(&plain);
    aez_buf_free(&state);
    free(x);
}

Test(fit, another_model_is_a_better_start_than_none)
{
    double        *x = curved(1000, 4);
    aez_train_task t = {.encoder = "dense:12 tanh latent", .decoder = "dense:12 tanh dense:6",
                        .n_latent = 2, .loss = AEZ_LOSS_MSE, .epochs = 60, .finish = -1};
    seen          *cold = calloc(1, sizeof *cold), *warm = calloc(1, sizeof *warm);
    aez_buf        first, unused;
    first = saved_of(x, 1000, &t);
    t.epochs = 1;
    t.progress = look;
    t.progress_opaque = cold;
    unused = saved_of(x, 1000, &t);
    aez_buf_free(&unused);
    t.init = first.data;
    t.init_size = first.size;
    t.encoder = t.decoder = NULL; /* its layers, too */
    t.progress_opaque = warm;
    unused = saved_of(x, 1000, &t);
    cr_assert_lt(warm->epochs[0].train_loss, 0.5 * cold->epochs[0].train_loss);
    aez_buf_free(&unused);
    aez_buf_free(&first);
    free(cold);
    free(warm);
    free(x);
}

/* ---- stopping -------------------------------------------------------------------------------- */

/* Few rows, many weights: validation gets worse before long. */
Test(fit, patience_stops_early_and_keeps_the_best_weights)
{
    double        *x = curved(60, 5);
    seen          *s = calloc(1, sizeof *s);
    aez_train_task t = {.encoder = "dense:64 tanh dense:64 tanh latent",
                        .decoder = "dense:64 tanh dense:64 tanh dense:6", .n_latent = 3, .batch = 8,
                        .loss = AEZ_LOSS_MSE, .valid = 0.4, .patience = 8, .epochs = 400,
                        .schedule = AEZ_SCHEDULE_CONSTANT, .rate = 0.01, .finish = -1};
    aez_buf        kept, best;
    uint64_t       at = 0, last = 0;
    double         least = INFINITY;
    t.progress = look;
    t.progress_opaque = s;
    kept = saved_of(x, 60, &t);
    for (size_t i = 0; i < s->n; i++)
        if (!isnan(s->epochs[i].valid_loss)) {
            last = s->epochs[i].epoch;
            if (s->epochs[i].valid_loss < least) {
                least = s->epochs[i].valid_loss;
                at = last;
            }
        }
    cr_assert(last < 400 && last == at + 8, "best %d, last %d", (int)at, (int)last);
    t.progress = NULL;
    t.patience = 0;
    t.epochs = at; /* the same run, ended there */
    best = saved_of(x, 60, &t);
    {
        aez_rd           a, b;
        aez_float_model *m, *k;
        aez_rd_init(&a, kept.data, kept.size);
        aez_rd_init(&b, best.data, best.size);
        cr_assert_eq(aez_float_model_get(&plain_mem, &a, &m), AEZ_OK);
        cr_assert_eq(aez_float_model_get(&plain_mem, &b, &k), AEZ_OK);
        cr_assert_eq(m->n_params, k->n_params);
        cr_assert_eq(memcmp(m->params, k->params, m->n_params * sizeof *m->params), 0);
        aez_float_model_destroy(m);
        aez_float_model_destroy(k);
    }
    aez_buf_free(&kept);
    aez_buf_free(&best);
    free(s);
    free(x);
}

Test(fit, patience_goes_on_where_it_was)
{
    double        *x = curved(60, 5);
    seen          *s = calloc(1, sizeof *s);
    aez_train_task t = {.encoder = "dense:64 tanh dense:64 tanh latent",
                        .decoder = "dense:64 tanh dense:64 tanh dense:6", .n_latent = 3, .batch = 8,
                        .loss = AEZ_LOSS_MSE, .valid = 0.4, .patience = 8, .epochs = 400,
                        .schedule = AEZ_SCHEDULE_PLATEAU, .rate = 0.01, .keep_state = 1,
                        .progress = look, .progress_opaque = s};
    aez_buf        whole = saved_of(x, 60, &t), half, rest;
    uint64_t       last = 0;
    for (size_t i = 0; i < s->n; i++)
        last = isnan(s->epochs[i].valid_loss) ? last : s->epochs[i].step;
    memset(s, 0, sizeof *s);
    s->stop_at = last - 3 * 4; /* three epochs of four batches before the end */
    s->answer = AEZ_TRAIN_ENOUGH;
    half = saved_of(x, 60, &t);
    t.progress = NULL;
    t.init = half.data;
    t.init_size = half.size;
    t.resume = 1;
    rest = saved_of(x, 60, &t);
    cr_assert(same(&whole, &rest));
    aez_buf_free(&whole);
    aez_buf_free(&half);
    aez_buf_free(&rest);
    free(s);
    free(x);
}

static double ticks;

static double tick(void *opaque)
{
    (void)opaque;
    return ticks += 0.5;
}

Test(fit, the_callers_clock_ends_training_and_its_rate_falls_until_then)
{
    double        *x = curved(400, 6);
    seen          *s = calloc(1, sizeof *s);
    aez_train_task t = everything(AEZ_LOSS_MSE);
    aez_buf        b;
    t.seconds = 100;
    t.clock = tick;
    t.progress = look;
    t.progress_opaque = s;
    ticks = 1000;
    b = saved_of(x, 400, &t);
    cr_assert(ticks - 1000 > 95 && ticks - 1000 < 120, "%g", ticks - 1000);
    cr_assert(s->n > 10 && s->epochs[s->n - 2].rate < 0.3 * 0.004);
    aez_buf_free(&b);
    free(s);
    free(x);
}

Test(fit, progress_can_end_or_cancel)
{
    double        *x = curved(400, 7);
    seen          *s = calloc(1, sizeof *s);
    aez_train_task t = everything(AEZ_LOSS_MSE);
    char           why[200];
    t.epochs = 50;
    t.progress = look;
    t.progress_opaque = s;
    s->stop_at = 20;
    s->answer = AEZ_TRAIN_ENOUGH;
    cr_assert_eq(try_task(x, 400, &t, why), AEZ_OK);
    cr_assert_leq(s->epochs[s->n - 1].step, 32);
    s->answer = AEZ_TRAIN_CANCEL;
    cr_assert_eq(try_task(x, 400, &t, why), AEZ_ERR_CANCELLED);
    s->answer = -5;
    cr_assert_eq(try_task(x, 400, &t, why), AEZ_ERR_CANCELLED);
    free(s);
    free(x);
}

/* ---- schedules and limits -------------------------------------------------------------------- */

Test(fit, schedules_are_what_they_are_called)
{
    double        *x = curved(640, 8);
    seen          *s = calloc(1, sizeof *s);
    aez_train_task t = {.encoder = "latent", .decoder = "dense:6", .n_latent = 2, .batch = 64,
                        .loss = AEZ_LOSS_MSE, .epochs = 40, .rate = 0.01, .finish = -1,
                        .progress = look, .progress_opaque = s};
    for (t.schedule = AEZ_SCHEDULE_CYCLE; t.schedule <= AEZ_SCHEDULE_PLATEAU; t.schedule++) {
        char   why[200];
        size_t halved = 0, n = 0;
        double rate[256];
        s->n = 0;
        t.epochs = t.schedule == AEZ_SCHEDULE_PLATEAU ? 250 : 40;
        cr_assert_eq(try_task(x, 640, &t, why), AEZ_OK);
        for (size_t i = 0; i < s->n && n < 256; i++)
            if (s->epochs[i].step % 10 == 0 &&
                (i == 0 || s->epochs[i].epoch != s->epochs[i - 1].epoch))
                rate[n++] = s->epochs[i].rate;
        cr_assert_geq(n, 40);
        for (size_t i = 1; i < n; i++)
            halved += rate[i] == 0.5 * rate[i - 1];
        if (t.schedule == AEZ_SCHEDULE_CYCLE)
            cr_assert(rate[1] < rate[3] && rate[4] > rate[20] && rate[n - 1] < 2e-4);
        if (t.schedule == AEZ_SCHEDULE_CONSTANT)
            cr_assert(rate[0] == 0.01 && rate[n - 1] == 0.01);
        if (t.schedule == AEZ_SCHEDULE_COSINE)
            cr_assert(fabs(rate[19] - 0.005) < 2e-4 && rate[n - 1] < 1e-4);
        if (t.schedule == AEZ_SCHEDULE_PLATEAU)
            cr_assert(rate[0] == 0.01 && halved >= 1 && rate[n - 1] < 0.01);
    }
    free(s);
    free(x);
}

Test(fit, a_step_is_no_longer_than_the_clip_allows)
{
    double         *x = curved(256, 9);
    aez_float_shape shape = {.n_features = 6, .n_latent = 3, .encoder = "dense:5 tanh latent",
                             .decoder = "dense:5 leaky dense:6"};
    for (int clipped = 0; clipped < 2; clipped++) {
        aez_float_model *m = model_of(&shape, 7), *was = model_of(&shape, 7);
        aez_train_task   o = {.loss = AEZ_LOSS_MSE, .optimizer = AEZ_SGD, .rate = 1, .steps = 1,
                              .schedule = AEZ_SCHEDULE_CONSTANT, .batch = 256, .latent_step = 1,
                              .n_rows = 256};
        float           *rows = malloc(256 * 6 * sizeof *rows);
        aez_train_log    log;
        double           length = 0;
        o.clip = clipped ? 0.03 : 1000;
        for (size_t i = 0; i < 256 * 6; i++)
            rows[i] = (float)x[i];
        aez_train_log_init(&log, &plain_mem);
        cr_assert_eq(aez_float_fit(m, rows, 256, &o, NULL, &log, NULL, 0), AEZ_OK);
        for (size_t i = 0; i < m->n_params; i++)
            length += ((double)m->params[i] - (double)was->params[i]) *
                      ((double)m->params[i] - (double)was->params[i]);
        if (clipped)
            cr_assert_lt(fabs(sqrt(length) - 0.03), 1e-4);
        else
            cr_assert_gt(sqrt(length), 0.3);
        aez_train_log_free(&log);
        aez_float_model_destroy(m);
        aez_float_model_destroy(was);
        free(rows);
    }
    free(x);
}

/* ---- options --------------------------------------------------------------------------------- */

Test(fit, options_that_make_no_sense_are_refused_with_a_sentence)
{
    double              *x = curved(100, 10);
    const aez_train_task good = {.encoder = "dense:8 relu latent",
                                 .decoder = "dense:8 dense:6 sigmoid",
                                 .n_latent = 2,
                                 .epochs = 1,
                                 .loss = AEZ_LOSS_MSE};
    aez_train_task       bad[20];
    char                 why[200];
    size_t               n = 0;
    cr_assert_eq(try_task(x, 100, &good, why), AEZ_OK);
    for (size_t i = 0; i < 20; i++)
        bad[i] = good;
    bad[n++].loss = 7;
    bad[n++].optimizer = -1;
    bad[n++].schedule = 9;
    bad[n++].scaling = 4;
    bad[n++].rate = NAN;
    bad[n++].momentum = 1;
    bad[n++].valid = 0.95;
    bad[n++].valid = 0.001; /* not one row */
    bad[n++].patience = 3;
    bad[n++].seconds = 3;
    bad[n++].encoder = NULL;
    bad[n++].decoder = "dense:7";
    bad[n++].encoder = "dense:8 relu dense:3"; /* three are not two */
    bad[n++].encoder = "dance:8";
    bad[n++].decoder = "dense:8 pool:2";
    bad[n].channels = 1, bad[n].height = 2, bad[n++].width = 2;
    bad[n++].loss = AEZ_LOSS_BCE; /* not scaled by range */
    bad[n].loss = AEZ_LOSS_BCE, bad[n].scaling = AEZ_SCALE_RANGE, bad[n++].decoder = "dense:6";
    bad[n].contractive = 1, bad[n++].encoder = "norm latent";
    bad[n++].tolerance = 2;
    for (size_t i = 0; i < n; i++) {
        why[0] = '\0';
        cr_assert_eq(try_task(x, 100, &bad[i], why), AEZ_ERR_OPTION, "case %zu", i);
        cr_assert_neq(why[0], '\0', "case %zu", i);
    }
    x[17] = NAN;
    cr_assert_eq(try_task(x, 100, &good, why), AEZ_ERR_OPTION);
    cr_assert(strstr(why, "not finite"), "%s", why);
    free(x);
}

/* ---- what training is for -------------------------------------------------------------------- */

static double error_of(const double *x, size_t n, const aez_train_task *task, int rounded)
{
    aez_train_task   t = *task;
    aez_float_model *m;
    aez_train_log    log;
    float           *rows = malloc(n * 6 * sizeof *rows);
    double           error;
    aez_train_log_init(&log, &plain_mem);
    t.rows = x;
    t.n_rows = n;
    t.n_features = 6;
    cr_assert_eq(aez_train(&plain_mem, &t, &m, &log, NULL, 0), AEZ_OK);
    aez_float_standardise(m, x, n, rows);
    cr_assert_eq(aez_float_error(m, rows, n, rounded, &error), AEZ_OK);
    aez_float_model_destroy(m);
    aez_train_log_free(&log);
    free(rows);
    return error;
}

Test(fit, every_loss_and_optimizer_learns_a_curve_that_pca_cannot)
{
    double        *x = curved(2000, 11);
    aez_train_task pca = {.linear = 1, .n_latent = 2, .latent_step = 0.01};
    aez_train_task t = {.encoder = "dense:32 tanh dense:16 tanh latent",
                        .n_latent = 2,
                        .epochs = 40,
                        .decoder = "dense:16 tanh dense:32 tanh dense:6",
                        .batch = 32};
    double         bound = error_of(x, 2000, &pca, 0);
    for (t.loss = AEZ_LOSS_MSE; t.loss <= AEZ_LOSS_RMSE; t.loss += 2)
        cr_assert_lt(error_of(x, 2000, &t, 0), 0.25 * bound);
    t.loss = AEZ_LOSS_MSE;
    t.optimizer = AEZ_ADADELTA;
    cr_assert_lt(error_of(x, 2000, &t, 0), 0.5 * bound);
    t.optimizer = AEZ_SGD;
    t.rate = 0.2;
    cr_assert_lt(error_of(x, 2000, &t, 0), 0.25 * bound);
    free(x);
}

Test(fit, steps_of_latents_follow_from_their_deviations_or_from_lambda)
{
    double        *x = curved(2000, 12);
    aez_train_task t = {.encoder = "dense:24 tanh latent", .decoder = "dense:24 tanh dense:6",
                        .n_latent = 2, .epochs = 30, .batch = 32, .loss = AEZ_LOSS_MSE,
                        .finish = -1};
    double         exact, fine, coarse, cheap, dear;
    t.latent_step = 0.001;
    exact = error_of(x, 2000, &t, 0);
    fine = error_of(x, 2000, &t, 1);
    t.latent_step = 0.6;
    cr_assert_lt(fabs(error_of(x, 2000, &t, 0) / exact - 1),
                 1e-5); /* weights do not depend on it */
    coarse = error_of(x, 2000, &t, 1);
    cr_assert(fabs(fine / exact - 1) < 0.01 && coarse > 1.2 * exact, "%g %g %g", exact, fine,
              coarse);
    t.latent_step = 0;
    t.lambda = 60;
    dear = error_of(x, 2000, &t, 1) - exact;
    t.lambda = 15;
    cheap = error_of(x, 2000, &t, 1) - exact;
    /* both latents together: 2 s^2 gain / 12 of 6 values = 2 / (6 lambda 2 ln 2) */
    cr_assert(fabs(dear * 6 * 60 * log(2) - 1) < 0.25, "%g", dear * 6 * 60 * log(2));
    cr_assert(fabs(cheap * 6 * 15 * log(2) - 1) < 0.35, "%g", cheap * 6 * 15 * log(2));
    t.finish = 0.2;
    cr_assert_lt(error_of(x, 2000, &t, 1), exact + cheap);
    free(x);
}

Test(fit, noise_trains_what_it_takes_away)
{
    double        *x = curved(1500, 13);
    aez_train_task t = {.encoder = "dense:32 leaky latent", .decoder = "dense:32 leaky dense:6",
                        .n_latent = 2, .epochs = 60, .batch = 32, .loss = AEZ_LOSS_MSE,
                        .finish = -1};
    double         quiet = error_of(x, 1500, &t, 0), loud;
    t.noise = 0.7;
    loud = error_of(x, 1500, &t, 0);
    cr_assert(loud > quiet && loud < 0.6 * 0.7 * 0.7, "%g %g", quiet,
              loud); /* the target is clean: noise is not learnt */
    free(x);
}

Test(fit, penalties_shrink_what_they_price)
{
    double        *x = curved(800, 14);
    aez_train_task t = {.encoder = "dense:12 tanh dense:4", .decoder = "dense:12 tanh dense:6",
                        .epochs = 40, .batch = 32, .loss = AEZ_LOSS_MSE, .finish = -1};
    double         size[3] = {0};
    for (int i = 0; i < 3; i++) {
        aez_float_model *m;
        aez_train_log    log;
        float           *rows = malloc(800 * 6 * sizeof *rows), *z = malloc(800 * 4 * sizeof *z);
        t.l1 = i == 1 ? 0.05 : 0;
        t.contractive = i == 2 ? 0.05 : 0;
        t.rows = x, t.n_rows = 800, t.n_features = 6;
        aez_train_log_init(&log, &plain_mem);
        cr_assert_eq(aez_train(&plain_mem, &t, &m, &log, NULL, 0), AEZ_OK);
        aez_float_standardise(m, x, 800, rows);
        cr_assert_eq(aez_float_encode_z(m, rows, 800, z), AEZ_OK);
        for (size_t r = 0; r < 800 * m->n_latent; r++)
            size[i] += fabs((double)z[r] * (double)m->unit[r % m->n_latent]) / 800;
        aez_float_model_destroy(m);
        aez_train_log_free(&log);
        free(rows);
        free(z);
    }
    cr_assert_lt(size[1], 0.6 * size[0], "%g %g", size[0], size[1]);
    cr_assert_lt(size[2], 0.6 * size[0], "%g %g", size[0], size[2]);
    free(x);
}
