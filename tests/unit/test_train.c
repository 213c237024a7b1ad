/* test_train.c - training by widths: reproducibility, never worse than PCA, float model bytes. */
#include "codec/base/rng.h"
#include "codec/train/float_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem plain_mem;

static float uniform(aez_rng *g)
{
    return (float)(aez_rng_next(g) >> 40) * 0x1p-24f - 0.5f;
}

/* Points near a curved sheet of two dimensions in five: PCA with two components cannot follow. */
static double *curved(size_t n, uint64_t seed)
{
    double *x = malloc(n * 5 * sizeof *x);
    aez_rng g;
    aez_rng_seed(&g, seed);
    for (size_t r = 0; r < n; r++) {
        double a = 4 * (double)uniform(&g), b = 4 * (double)uniform(&g);
        double row[5] = {a, b, a * b, sin(2 * a), b * b};
        for (size_t j = 0; j < 5; j++)
            x[r * 5 + j] = 100 + 7 * row[j] + 0.1 * (double)uniform(&g);
    }
    return x;
}

static aez_status train(const aez_mem *mem, const double *x, size_t n, size_t d,
                        const aez_train_task *options, aez_float_model **m)
{
    aez_train_task task = *options;
    aez_train_log  log;
    aez_status     st;
    aez_train_log_init(&log, mem);
    task.rows = x;
    task.n_rows = n;
    task.n_features = (uint32_t)d;
    st = aez_train(mem, &task, m, &log, NULL, 0);
    aez_train_log_free(&log);
    return st;
}

static aez_status principal(const double *x, size_t n, size_t d, const aez_train_task *options,
                      aez_float_model **m)
{
    aez_train_task task = *options;
    task.linear = 1;
    return train(&plain_mem, x, n, d, &task, m);
}

/* ---- the whole road -------------------------------------------------------------------------- */

static aez_train_task small_options(uint64_t steps)
{
    static const uint32_t hidden[2] = {24, 12};
    aez_train_task        o = {.n_hidden = 2, .hidden = hidden, .n_latent = 2, .latent_step = 0.05};
    o.steps = steps;
    o.rate = 0.004;
    o.seed = 3;
    return o;
}

static double cost_of(const aez_float_model *m, const double *x, size_t n)
{
    float *rows = malloc(n * m->n_features * sizeof *rows);
    double cost;
    aez_float_standardise(m, x, n, rows);
    cr_assert_eq(aez_float_cost(m, rows, n, &cost), AEZ_OK);
    free(rows);
    return cost;
}

static double error_of(const aez_float_model *m, const double *x, size_t n)
{
    size_t   d = m->n_features;
    int32_t *q = malloc(n * m->n_latent * sizeof *q);
    double  *hat = malloc(n * d * sizeof *hat), sum = 0;
    cr_assert_eq(aez_float_encode(m, x, n, q), AEZ_OK);
    cr_assert_eq(aez_float_decode(m, q, n, hat), AEZ_OK);
    for (size_t i = 0; i < n * d; i++) {
        double t = (x[i] - m->offset[i % d]) / m->scale[i % d] - hat[i];
        sum += t * t;
    }
    free(q);
    free(hat);
    return sum / (double)(n * d);
}

Test(train, a_net_follows_a_curve_that_pca_cannot)
{
    enum { N = 3000 };
    double           *x = curved(N, 1), *fresh = curved(1000, 2);
    aez_train_task o = small_options(1500);
    aez_float_model  *pca, *net;
    cr_assert_eq(principal(x, N, 5, &o, &pca), AEZ_OK);
    cr_assert_eq(train(&plain_mem, x, N, 5, &o, &net), AEZ_OK);
    cr_assert_not(aez_float_model_is_linear(net));
    cr_assert_lt(error_of(net, x, N), 0.2 * error_of(pca, x, N));
    cr_assert_lt(error_of(net, fresh, 1000), 0.25 * error_of(pca, fresh, 1000));
    cr_assert_lt(cost_of(net, x, N), 0.5 * cost_of(pca, x, N));
    aez_float_model_destroy(pca);
    aez_float_model_destroy(net);
    free(x);
    free(fresh);
}

Test(train, the_result_is_never_worse_than_pca)
{
    static const double rates[3] = {1e-9, 0.003, 1000};
    double             *x = curved(400, 3);
    for (int i = 0; i < 3; i++) { /* no progress, some, a wreck */
        aez_train_task o = small_options(30);
        aez_float_model  *pca, *net;
        o.rate = rates[i];
        cr_assert_eq(principal(x, 400, 5, &o, &pca), AEZ_OK);
        cr_assert_eq(train(&plain_mem, x, 400, 5, &o, &net), AEZ_OK);
        cr_assert_leq(cost_of(net, x, 400), cost_of(pca, x, 400) * (1 + 1e-9));
        if (i == 2)
            cr_assert(aez_float_model_is_linear(net));
        aez_float_model_destroy(pca);
        aez_float_model_destroy(net);
    }
    free(x);
}

/* The nets beside the bypass begin as 0. */
Test(train, training_begins_at_pca)
{
    double          *x = curved(400, 3);
    aez_train_task   o = small_options(1);
    aez_float_model *linear, *net;
    o.rate = 1e-12;
    o.loss = AEZ_LOSS_MSE;
    o.finish = -1;
    cr_assert_eq(principal(x, 400, 5, &o, &linear), AEZ_OK);
    cr_assert_eq(train(&plain_mem, x, 400, 5, &o, &net), AEZ_OK);
    for (size_t r = 0; r < 400; r++) {
        double z[2], w[2], a[5], b[5];
        cr_assert_eq(aez_float_encode_float(linear, x + r * 5, 1, z), AEZ_OK);
        cr_assert_eq(aez_float_encode_float(net, x + r * 5, 1, w), AEZ_OK);
        cr_assert_eq(aez_float_decode_float(linear, z, 1, a), AEZ_OK);
        cr_assert_eq(aez_float_decode_float(net, w, 1, b), AEZ_OK);
        for (size_t j = 0; j < 5; j++)
            cr_assert_lt(fabs(a[j] - b[j]), 1e-3 * fabs(a[j]));
    }
    aez_float_model_destroy(linear);
    aez_float_model_destroy(net);
    free(x);
}

Test(train, latents_that_do_not_pay_are_dropped)
{
    double           *x = curved(1000, 4);
    aez_train_task o = small_options(400);
    aez_float_model  *m;
    o.n_latent = 5;
    o.latent_step = 0;
    o.lambda = 3;
    for (size_t r = 0; r < 1000; r++)
        x[r * 5 + 4] = 2 * x[r * 5] - 3;
    cr_assert_eq(train(&plain_mem, x, 1000, 5, &o, &m), AEZ_OK);
    cr_assert_lt(aez_float_model_latents(m), 5);
    cr_assert_lt(error_of(m, x, 1000), 1);
    aez_float_model_destroy(m);
    free(x);
}

/* Dropping constant latents must not change what is restored. */
Test(train, pca_without_its_dead_latents_restores_the_same)
{
    enum { N = 800 };
    double           *x = curved(N, 5), *a = malloc(N * 5 * sizeof *a);
    aez_train_task o = {.n_latent = 5, .latent_step = 0.5};
    aez_float_shape   shape = {.n_features = 5, .n_latent = 5, .bypass = 1};
    aez_float_model  *m, *full;
    float            *rows = malloc(N * 5 * sizeof *rows);
    double            variance[5], *b = malloc(N * 5 * sizeof *b);
    int32_t          *q = malloc(N * 5 * sizeof *q);
    for (size_t r = 0; r < N; r++)
        x[r * 5 + 4] = 2 * x[r * 5] - 3;
    cr_assert_eq(principal(x, N, 5, &o, &m), AEZ_OK);
    cr_assert_lt(aez_float_model_latents(m), 5);
    cr_assert_eq(aez_float_model_create(&plain_mem, &shape, &full, NULL, 0), AEZ_OK);
    cr_assert_eq(aez_float_statistics(full, x, N), AEZ_OK);
    for (size_t l = 0; l < 5; l++)
        full->unit[l] = 0.5f;
    aez_float_standardise(full, x, N, rows);
    cr_assert_eq(aez_float_pca(full, rows, N, 0, variance), AEZ_OK);
    cr_assert_eq(aez_float_encode(full, x, N, q), AEZ_OK);
    cr_assert_eq(aez_float_decode(full, q, N, a), AEZ_OK);
    cr_assert_eq(aez_float_encode(m, x, N, q), AEZ_OK);
    cr_assert_eq(aez_float_decode(m, q, N, b), AEZ_OK);
    for (size_t i = 0; i < N * 5; i++)
        cr_assert_lt(fabs(a[i] - b[i]), 1e-5);
    aez_float_model_destroy(m);
    aez_float_model_destroy(full);
    free(x);
    free(a);
    free(b);
    free(q);
    free(rows);
}

/* Latent 1 of three is made the constant 3: its weights must end up in biases. */
Test(train, dropping_a_constant_latent_changes_nothing_that_is_restored)
{
    static const char *const texts[4][2] = {{NULL, NULL},
                                            {"latent", "dense:4"},
                                            {"dense:7 leaky latent", "norm dense:7 leaky dense:4"},
                                            {"dense:7 tanh dense:5 leaky dense:3",
                                             "dense:5 norm relu dense:6 sigmoid dense:4"}};
    for (int i = 0; i < 8; i++) {
        aez_float_shape  shape = {.n_features = 4, .n_latent = 3, .bypass = i < 4,
                                  .encoder = texts[i % 4][0], .decoder = texts[i % 4][1]};
        aez_float_model *m;
        int32_t          q[6 * 3];
        float            x[6 * 4], before[6 * 4], after[6 * 4];
        aez_rng          g;
        if (i == 4)
            continue; /* neither bypass nor net */
        cr_assert_eq(aez_float_model_create(&plain_mem, &shape, &m, NULL, 0), AEZ_OK);
        aez_rng_seed(&g, (uint64_t)i);
        for (size_t j = 0; j < m->n_params; j++)
            m->params[j] = uniform(&g) + (m->encoder.has_net ? 0.6f : 0);
        m->unit[0] = 0.05f, m->unit[1] = 0.5f, m->unit[2] = 0.1f;
        if (shape.bypass) {
            memset(m->params + m->encoder.bypass_w + 4, 0, 4 * sizeof(float));
            m->params[m->encoder.bypass_b + 1] = 3 * m->unit[1];
        }
        if (shape.encoder) {
            const aez_node *last = &m->encoder.net.node[m->encoder.net.n - 1];
            size_t          n_in = aez_dims_size(last->in);
            float          *net = m->params + m->encoder.net_at;
            memset(net + last->weight + n_in, 0, n_in * sizeof(float));
            net[last->bias + 1] = shape.bypass ? 0 : 3 * m->unit[1];
        }
        for (size_t r = 0; r < 6; r++) /* far apart, so that the other two do change */
            for (size_t j = 0; j < 4; j++)
                x[r * 4 + j] = (float)(r * (j + 3));
        cr_assert_eq(aez_float_encode_rows(m, x, 6, q), AEZ_OK);
        cr_assert_eq(q[1], 3);
        cr_assert_eq(aez_float_decode_rows(m, q, 6, before), AEZ_OK);
        cr_assert_eq(aez_float_prune(&m, x, 6), AEZ_OK);
        cr_assert_eq(m->n_latent, i % 4 == 2 ? 3 : 2, "case %d", i); /* a norm sees all latents */
        cr_assert_eq(aez_float_encode_rows(m, x, 6, q), AEZ_OK);
        cr_assert_eq(aez_float_decode_rows(m, q, 6, after), AEZ_OK);
        for (size_t j = 0; j < 6 * 4; j++)
            cr_assert_lt(fabsf(before[j] - after[j]), 1e-4f * (1 + fabsf(before[j])));
        aez_float_model_destroy(m);
    }
}

/* ---- reproducibility ------------------------------------------------------------------------- */

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

static void model_bytes(const double *x, size_t n, const aez_train_task *o, aez_buf *b)
{
    aez_float_model *m;
    aez_buf_init(b, &plain_mem);
    cr_assert_eq(train(&plain_mem, x, n, 5, o, &m), AEZ_OK);
    cr_assert_eq(aez_float_model_put(m, b), AEZ_OK);
    aez_float_model_destroy(m);
}

Test(train, result_depends_on_data_options_and_seed_alone)
{
    double           *x = curved(700, 6);
    aez_train_task o = small_options(60);
    aez_buf           one, again, threads, other;
    model_bytes(x, 700, &o, &one);
    model_bytes(x, 700, &o, &again);
    o.runner.run = threaded;
    o.runner.width = 3;
    model_bytes(x, 700, &o, &threads);
    o.seed++;
    model_bytes(x, 700, &o, &other);
    cr_assert(one.size == again.size && memcmp(one.data, again.data, one.size) == 0);
    cr_assert(one.size == threads.size && memcmp(one.data, threads.data, one.size) == 0);
    cr_assert(one.size != other.size || memcmp(one.data, other.data, one.size) != 0);
    aez_buf_free(&one);
    aez_buf_free(&again);
    aez_buf_free(&threads);
    aez_buf_free(&other);
    free(x);
}

typedef struct watch {
    uint64_t last, stop_at;
    int      calls;
} watch;

static int look(void *opaque, const aez_epoch *now, uint64_t epochs, uint64_t steps)
{
    watch *w = opaque;
    (void)epochs;
    cr_assert(now->step >= w->last && now->step <= steps && isfinite(now->train_loss));
    w->last = now->step;
    w->calls++;
    return w->stop_at && now->step >= w->stop_at;
}

Test(train, progress_is_told_and_can_stop)
{
    double           *x = curved(300, 7);
    aez_train_task o = small_options(100);
    watch             w = {0, 0, 0};
    aez_float_model  *m = NULL;
    o.progress = look;
    o.progress_opaque = &w;
    cr_assert_eq(train(&plain_mem, x, 300, 5, &o, &m), AEZ_OK);
    cr_assert_eq(w.last, 100);
    cr_assert_geq(w.calls, 7);
    aez_float_model_destroy(m);
    w = (watch){0, 40, 0};
    m = NULL;
    cr_assert_eq(train(&plain_mem, x, 300, 5, &o, &m), AEZ_ERR_CANCELLED);
    cr_assert_null(m);
    cr_assert_lt(w.last, 60);
    free(x);
}

Test(train, few_rows_and_odd_batches_train)
{
    static const size_t   rows[5] = {1, 2, 5, 33, 65};
    static const uint32_t batches[4] = {1, 7, 33, 1000};
    double               *x = curved(65, 8);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 4; j++) {
            aez_train_task o = small_options(20);
            aez_float_model  *m;
            o.batch = batches[j];
            cr_assert_eq(train(&plain_mem, x, rows[i], 5, &o, &m), AEZ_OK);
            aez_float_model_destroy(m);
        }
    free(x);
}

Test(train, widths_out_of_bounds_are_option_errors)
{
    double           x[8] = {1, 2, 3, 4, 5, 6, 7, 9};
    uint32_t         hidden[AEZ_HIDDEN_MAX + 1] = {4097, 12};
    aez_train_task   o = small_options(1);
    aez_float_model *m;
    o.hidden = hidden;
    cr_assert_eq(train(&plain_mem, x, 2, 4, &o, &m), AEZ_ERR_OPTION);
    hidden[0] = 0;
    cr_assert_eq(train(&plain_mem, x, 2, 4, &o, &m), AEZ_ERR_OPTION);
    hidden[0] = hidden[1] = 4096;
    cr_assert_eq(train(&plain_mem, x, 2, 4, &o, &m), AEZ_ERR_LIMIT);
    o.n_hidden = AEZ_HIDDEN_MAX + 1;
    cr_assert_eq(train(&plain_mem, x, 2, 4, &o, &m), AEZ_ERR_OPTION);
}

static int   blocks_left, live_blocks;
static void *counted_alloc(void *opaque, size_t size)
{
    (void)opaque;
    if (blocks_left-- <= 0)
        return NULL;
    live_blocks++;
    return malloc(size);
}

static void counted_release(void *opaque, void *block)
{
    (void)opaque;
    live_blocks--;
    free(block);
}

Test(train, every_failed_allocation_is_reported_and_nothing_leaks)
{
    const aez_mem     mem = {counted_alloc, counted_release, NULL};
    double           *x = curved(40, 9);
    aez_train_task o = small_options(2);
    aez_status        st = AEZ_ERR_NOMEM;
    int32_t           q[40 * 5];
    o.n_latent = 5;
    o.latent_step = 1.5; /* so that some latents are dropped */
    for (int allowed = 0; st == AEZ_ERR_NOMEM; allowed++) {
        aez_float_model *m = NULL;
        aez_autoencoder  ae;
        cr_assert_lt(allowed, 500);
        blocks_left = allowed;
        st = train(&mem, x, 40, 5, &o, &m);
        if (st == AEZ_OK) {
            aez_autoencoder_init(&ae, &mem);
            st = aez_float_encode(m, x, 40, q);
            if (st == AEZ_OK)
                st = aez_export(m, x, 40, 0, &ae, NULL, NULL, 0);
            aez_autoencoder_free(&ae);
            aez_float_model_destroy(m);
        }
        cr_assert_eq(live_blocks, 0);
    }
    cr_assert_eq(st, AEZ_OK);
    free(x);
}

/* ---- bytes of a float model ------------------------------------------------------------------ */

static aez_status read_model(const uint8_t *p, size_t n, aez_float_model **m)
{
    uint8_t   *copy = malloc(n + (n == 0));
    aez_rd     in;
    aez_status st;
    memcpy(copy, p, n);
    aez_rd_init(&in, copy, n);
    st = aez_float_model_get(&plain_mem, &in, m);
    free(copy);
    return st;
}

Test(train, float_model_survives_its_bytes_and_bad_bytes_are_refused)
{
    double           *x = curved(64, 10);
    aez_train_task o = small_options(20);
    aez_buf           bytes;
    aez_float_model  *m;
    for (int common = 0; common < 2; common++) {
        int32_t q[64 * 2], p[64 * 2];
        aez_float_model *a;
        o.scaling = common ? AEZ_SCALE_COMMON : AEZ_SCALE_EACH;
        aez_buf_init(&bytes, &plain_mem);
        cr_assert_eq(train(&plain_mem, x, 64, 5, &o, &a), AEZ_OK);
        cr_assert_eq(aez_float_model_put(a, &bytes), AEZ_OK);
        cr_assert_eq(read_model(bytes.data, bytes.size, &m), AEZ_OK);
        cr_assert_eq(aez_float_encode(a, x, 64, q), AEZ_OK);
        cr_assert_eq(aez_float_encode(m, x, 64, p), AEZ_OK);
        cr_assert_eq(memcmp(q, p, 64 * a->n_latent * sizeof *q), 0);
        aez_float_model_destroy(a);
        aez_float_model_destroy(m);
        for (size_t n = 0; n < bytes.size; n++)
            cr_assert_lt(read_model(bytes.data, n, &m), 0);
        for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
            bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (read_model(bytes.data, bytes.size, &m) == AEZ_OK) {
                if (bit % 64 == 0 || bit < 1000)
                    cr_assert_eq(aez_float_encode(m, x, 1, p), AEZ_OK);
                aez_float_model_destroy(m);
            }
            bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        aez_buf_free(&bytes);
    }
    free(x);
}
