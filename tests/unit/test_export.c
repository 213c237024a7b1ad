/* test_export.c - float decoder to integers: how much is lost, how many bits stay, hard cases. */
#include "codec/base/rng.h"
#include "codec/train/float_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem plain_mem;

static double uniform(aez_rng *g)
{
    return (double)(aez_rng_next(g) >> 11) * 0x1p-53 - 0.5;
}

static double *curved(size_t n, uint64_t seed, double offset, double scale)
{
    double *x = malloc(n * 6 * sizeof *x);
    aez_rng g;
    aez_rng_seed(&g, seed);
    for (size_t r = 0; r < n; r++) {
        double a = 4 * uniform(&g), b = 4 * uniform(&g);
        double row[6] = {a, b, a * b, sin(2 * a), b * b, cos(b + a)};
        for (size_t j = 0; j < 6; j++)
            x[r * 6 + j] = offset + scale * (row[j] + 0.05 * uniform(&g));
    }
    return x;
}

typedef struct errors {
    double as_float, as_integers; /* mean squared, standardised */
    size_t bytes;
} errors;

/* Exports with `sample`, then measures on x. */
static errors measure(const aez_float_model *m, const double *sample, size_t n_sample,
                      const double *x, size_t n, double tolerance)
{
    size_t          d = m->n_features;
    int32_t        *q = malloc(n * m->n_latent * sizeof *q), *hat = malloc(n * d * sizeof *hat);
    double         *f = malloc(n * d * sizeof *f);
    errors          e = {0, 0, 0};
    aez_autoencoder ae;
    aez_buf         bytes;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_export(m, sample, n_sample, tolerance, &ae, NULL, NULL, 0), AEZ_OK);
    cr_assert_eq(aez_float_encode(m, x, n, q), AEZ_OK);
    cr_assert_eq(aez_float_decode(m, q, n, f), AEZ_OK);
    cr_assert_eq(aez_autoencoder_run(&ae, q, n, hat), AEZ_OK);
    for (size_t i = 0; i < n * d; i++) {
        double t = m->scale[i % d] > 0 ? (x[i] - m->offset[i % d]) / m->scale[i % d] : 0;
        double h = ldexp((double)hat[i], -(int)ae.frac);
        double value = aez_autoencoder_value(&ae, i % d, hat[i]);
        cr_assert_eq(value, m->offset[i % d] + m->scale[i % d] * h);
        e.as_float += (f[i] - t) * (f[i] - t) / (double)(n * d);
        e.as_integers += (h - t) * (h - t) / (double)(n * d);
    }
    aez_buf_init(&bytes, &plain_mem);
    cr_assert_eq(aez_autoencoder_put(&ae, &bytes), AEZ_OK);
    e.bytes = bytes.size;
    aez_buf_free(&bytes);
    aez_autoencoder_free(&ae);
    free(q);
    free(hat);
    free(f);
    return e;
}

static aez_status run(const double *x, size_t n, size_t d, const aez_train_task *options,
                      aez_float_model **m)
{
    aez_train_task task = *options;
    aez_train_log  log;
    aez_status     st;
    aez_train_log_init(&log, &plain_mem);
    task.rows = x;
    task.n_rows = n;
    task.n_features = (uint32_t)d;
    st = aez_train(&plain_mem, &task, m, &log, NULL, 0);
    aez_train_log_free(&log);
    return st;
}

static aez_float_model *train(const double *x, size_t n, uint32_t n_hidden, double step)
{
    static const uint32_t hidden[3] = {40, 20, 10};
    aez_train_task        o = {.hidden = hidden, .n_latent = 2, .steps = 600, .rate = 0.004};
    aez_float_model      *m;
    o.n_hidden = n_hidden;
    o.latent_step = step;
    cr_assert_eq(run(x, n, 6, &o, &m), AEZ_OK);
    cr_assert_eq(aez_float_model_is_linear(m), n_hidden == 0);
    return m;
}

Test(export, integers_lose_less_than_one_percent_on_fresh_rows)
{
    double *x = curved(2000, 1, 50, 3), *fresh = curved(2000, 2, 50, 3);
    for (uint32_t n_hidden = 0; n_hidden <= 3; n_hidden++) {
        aez_float_model *m = train(x, 2000, n_hidden, 0.05);
        errors           e = measure(m, x, 2000, fresh, 2000, 0);
        cr_assert_lt(e.as_integers, 1.01 * e.as_float, "%u layers: %g and %g", n_hidden,
                     e.as_integers, e.as_float);
        aez_float_model_destroy(m);
    }
    free(x);
    free(fresh);
}

Test(export, tolerance_trades_error_for_bytes_and_is_kept_on_the_sample)
{
    double          *x = curved(1500, 3, 0, 1);
    aez_float_model *m = train(x, 1500, 2, 0.05);
    size_t           last = SIZE_MAX;
    for (double tolerance = 0.0005; tolerance < 0.3; tolerance *= 6) {
        errors e = measure(m, x, 1500, x, 1500, tolerance);
        cr_assert_leq(e.as_integers, (1 + tolerance) * e.as_float * (1 + 1e-9));
        cr_assert_lt(e.bytes, last);
        last = e.bytes;
    }
    aez_float_model_destroy(m);
    free(x);
}

Test(export, fine_and_coarse_steps_and_far_offsets_export)
{
    static const double steps[4] = {0.0005, 0.01, 0.3, 1.5};
    double             *x = curved(800, 4, 1e9, 0.001);
    for (int i = 0; i < 4; i++) {
        aez_train_task o = {.n_latent = 3, .latent_step = steps[i], .linear = 1};
        aez_float_model  *m;
        errors            e;
        cr_assert_eq(run(x, 800, 6, &o, &m), AEZ_OK);
        e = measure(m, x, 800, x, 800, 0);
        cr_assert_leq(e.as_integers, 1.006 * e.as_float);
        aez_float_model_destroy(m);
    }
    free(x);
}

Test(export, constant_data_costs_next_to_nothing)
{
    double            x[10 * 3];
    const uint32_t    hidden = 4;
    aez_train_task    o = {.n_latent = 2, .n_hidden = 1, .hidden = &hidden, .steps = 3};
    aez_float_model  *m;
    errors            e;
    for (size_t i = 0; i < 30; i++)
        x[i] = 5.5;
    cr_assert_eq(run(x, 10, 3, &o, &m), AEZ_OK);
    e = measure(m, x, 10, x, 10, 0);
    cr_assert_lt(e.as_integers, 1e-9);
    cr_assert_lt(e.bytes, 100);
    aez_float_model_destroy(m);
}

/* Rows far beyond the sample clamp; they must not wrap. */
Test(export, outliers_saturate_towards_their_own_side)
{
    double          *x = curved(500, 5, 0, 1);
    aez_float_model *m = train(x, 500, 1, 0.1);
    aez_autoencoder  ae;
    int32_t          q[2], near[6], far[6];
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_export(m, x, 500, 0, &ae, NULL, NULL, 0), AEZ_OK);
    for (size_t i = 0; i < 2; i++) {
        q[i] = 32767;
        q[1 - i] = 0;
        cr_assert_eq(aez_autoencoder_run(&ae, q, 1, near), AEZ_OK);
        q[i] = INT32_MAX;
        cr_assert_eq(aez_autoencoder_run(&ae, q, 1, far), AEZ_OK);
        cr_assert_eq(memcmp(near, far, sizeof near), 0);
    }
    aez_autoencoder_free(&ae);
    aez_float_model_destroy(m);
    free(x);
}

Test(export, bad_arguments_are_option_errors)
{
    double            x[4] = {1, 2, 3, 5};
    aez_train_task    o = {.n_latent = 1, .linear = 1};
    aez_float_model  *m;
    aez_autoencoder   ae;
    cr_assert_eq(run(x, 2, 2, &o, &m), AEZ_OK);
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_export(m, x, 0, 0, &ae, NULL, NULL, 0), AEZ_ERR_OPTION);
    cr_assert_eq(aez_export(m, x, 2, -1, &ae, NULL, NULL, 0), AEZ_ERR_OPTION);
    cr_assert_eq(aez_export(m, x, 2, NAN, &ae, NULL, NULL, 0), AEZ_ERR_OPTION);
    aez_autoencoder_free(&ae);
    aez_float_model_destroy(m);
}
