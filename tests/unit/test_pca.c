/* test_pca.c - the eigensolver and PCA: exact on known cases, no worse than it can be elsewhere. */
#include "codec/base/rng.h"
#include "codec/train/float_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static const aez_mem plain_mem;

static double uniform(aez_rng *g)
{
    return (double)(aez_rng_next(g) >> 11) * 0x1p-53 - 0.5;
}

static double *symmetric(size_t n, uint64_t seed, int kind)
{
    double *a = malloc(n * n * sizeof *a);
    aez_rng g;
    aez_rng_seed(&g, seed);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double v = kind == 0 ? uniform(&g) : kind == 1 ? (i == j) : kind == 2 ? 1.0 : 0.0;
            if (kind == 4)
                v = i == j ? pow(10, -(double)i) : i == j + 1 ? 1e-9 : 0;
            a[i * n + j] = a[j * n + i] = v;
        }
    return a;
}

static void check_eigen(size_t n, int kind)
{
    double *a = symmetric(n, n, kind), *copy = symmetric(n, n, kind);
    double *values = malloc(n * sizeof *values), *v = malloc(n * n * sizeof *v);
    double *work = malloc(2 * n * sizeof *work);
    cr_assert(aez_eigen_symmetric(copy, n, values, v, work));
    for (size_t k = 0; k < n; k++) {
        if (k)
            cr_assert_geq(values[k - 1], values[k]);
        for (size_t i = 0; i < n; i++) { /* a v = value v */
            double sum = 0;
            for (size_t j = 0; j < n; j++)
                sum += a[i * n + j] * v[k * n + j];
            cr_assert_lt(fabs(sum - values[k] * v[k * n + i]), 1e-12 * (double)n);
        }
        for (size_t l = 0; l <= k; l++) { /* orthonormal */
            double sum = 0;
            for (size_t j = 0; j < n; j++)
                sum += v[k * n + j] * v[l * n + j];
            cr_assert_lt(fabs(sum - (k == l)), 1e-12 * (double)n);
        }
    }
    free(a);
    free(copy);
    free(values);
    free(v);
    free(work);
}

Test(pca, eigensolver_decomposes_every_kind_of_matrix)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 13, 40, 101};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int kind = 0; kind < 5; kind++)
            check_eigen(sizes[s], kind);
}

/* 20 rows of 120 features: a hundred eigenvalues are zero but for rounding. */
Test(pca, eigensolver_ends_where_most_eigenvalues_are_zero)
{
    enum { N = 120 };
    static const size_t ranks[] = {1, 2, 20, 30, 60};
    static double       a[N * N], v[N * N], values[N], work[2 * N], rows[60][N];
    for (size_t r = 0; r < sizeof ranks / sizeof *ranks; r++) {
        double trace = 0, sum = 0;
        for (size_t i = 0; i < ranks[r]; i++)
            for (size_t j = 0; j < N; j++)
                rows[i][j] = (double)aez_hash_uniform(1000 * r + N * i + j);
        for (size_t j = 0; j < N; j++)
            for (size_t k = 0; k < N; k++) {
                a[j * N + k] = 0;
                for (size_t i = 0; i < ranks[r]; i++)
                    a[j * N + k] += rows[i][j] * rows[i][k];
                trace += j == k ? a[j * N + k] : 0;
            }
        cr_assert(aez_eigen_symmetric(a, N, values, v, work), "rank %zu", ranks[r]);
        for (size_t j = 0; j < N; j++)
            sum += values[j];
        cr_assert_float_eq(sum, trace, 1e-9 * trace);
        cr_assert_lt(fabs(values[ranks[r]]), 1e-12 * trace, "no more than the rank");
    }
}

Test(pca, eigensolver_says_so_when_given_nan)
{
    double a[9] = {1, NAN, 0, NAN, 1, 0, 0, 0, 1}, values[3], v[9], work[6];
    cr_assert_not(aez_eigen_symmetric(a, 3, values, v, work));
}

static aez_status pca(const double *x, size_t n, size_t d, const aez_train_task *options,
                      aez_float_model **m)
{
    aez_train_task task = *options;
    aez_train_log  log;
    aez_status     st;
    aez_train_log_init(&log, &plain_mem);
    task.rows = x;
    task.n_rows = n;
    task.n_features = (uint32_t)d;
    task.linear = 1;
    st = aez_train(&plain_mem, &task, m, &log, NULL, 0);
    aez_train_log_free(&log);
    return st;
}

/* A model of principal components whose parameters are still 0. */
static aez_float_model *blank(uint32_t d, uint32_t k)
{
    aez_float_shape  shape = {.n_features = d, .n_latent = k, .bypass = 1};
    aez_float_model *m;
    cr_assert_eq(aez_float_model_create(&plain_mem, &shape, &m, NULL, 0), AEZ_OK);
    return m;
}

/* n rows of d features that are mixtures of `rank` hidden ones, plus noise. */
static double *mixture(size_t n, size_t d, size_t rank, double noise, uint64_t seed)
{
    double *x = malloc(n * d * sizeof *x), *mix = malloc(rank * d * sizeof *mix);
    double *hidden = malloc(rank * sizeof *hidden);
    aez_rng g;
    aez_rng_seed(&g, seed);
    for (size_t i = 0; i < rank * d; i++)
        mix[i] = uniform(&g);
    for (size_t r = 0; r < n; r++) {
        for (size_t l = 0; l < rank; l++)
            hidden[l] = 10 * uniform(&g) / (double)(l + 1);
        for (size_t j = 0; j < d; j++) {
            double v = 1000 + (double)j + noise * uniform(&g);
            for (size_t l = 0; l < rank; l++)
                v += hidden[l] * mix[l * d + j];
            x[r * d + j] = v;
        }
    }
    free(mix);
    free(hidden);
    return x;
}

/* Mean squared error of hat against the standardised data. */
static double error_of(const aez_float_model *m, const double *x, size_t n)
{
    size_t   d = m->n_features;
    int32_t *q = malloc(n * m->n_latent * sizeof *q);
    double  *hat = malloc(n * d * sizeof *hat), sum = 0;
    cr_assert_eq(aez_float_encode(m, x, n, q), AEZ_OK);
    cr_assert_eq(aez_float_decode(m, q, n, hat), AEZ_OK);
    for (size_t i = 0; i < n * d; i++) {
        double t = m->scale[i % d] > 0 ? (x[i] - m->offset[i % d]) / m->scale[i % d] : 0;
        sum += (t - hat[i]) * (t - hat[i]);
    }
    free(q);
    free(hat);
    return sum / (double)(n * d);
}

Test(pca, as_many_components_as_hidden_causes_restore_everything)
{
    aez_train_task o = {.n_latent = 3, .latent_step = 0.001};
    double          *x = mixture(500, 12, 3, 0, 1);
    aez_float_model  *m;
    cr_assert_eq(pca(x, 500, 12, &o, &m), AEZ_OK);
    cr_assert_lt(error_of(m, x, 500), 1e-6);
    aez_float_model_destroy(m);
    o.n_latent = 2;
    cr_assert_eq(pca(x, 500, 12, &o, &m), AEZ_OK);
    cr_assert_gt(error_of(m, x, 500), 1e-3);
    aez_float_model_destroy(m);
    free(x);
}

Test(pca, error_is_the_variance_left_over_plus_that_of_rounding)
{
    aez_train_task o = {.n_latent = 4, .latent_step = 0.3};
    double           *x = mixture(4000, 10, 8, 0.5, 2), *variance = calloc(10, sizeof *variance);
    double            left = 0, want;
    float            *rows = malloc(4000 * 10 * sizeof *rows);
    aez_float_model  *m, *all;
    cr_assert_eq(pca(x, 4000, 10, &o, &m), AEZ_OK);
    aez_float_standardise(m, x, 4000, rows);
    all = blank(10, 10);
    cr_assert_eq(aez_float_pca(all, rows, 4000, 0, variance), AEZ_OK);
    for (size_t l = 4; l < 10; l++)
        left += variance[l];
    want = (left + 4 * 0.3 * 0.3 / 12) / 10;
    cr_assert_lt(fabs(error_of(m, x, 4000) / want - 1), 0.02);
    aez_float_model_destroy(m);
    aez_float_model_destroy(all);
    free(x);
    free(rows);
    free(variance);
}

Test(pca, subspace_iteration_finds_what_the_closed_form_finds)
{
    enum { N = 900, D = 600, K = 5 };
    double          *x = mixture(N, D, 12, 3, 3), variance[K], captured = 0, best = 0;
    float           *rows = malloc((size_t)N * D * sizeof *rows);
    double          *cov = calloc((size_t)D * D, sizeof *cov);
    double          *v = malloc((size_t)D * D * sizeof *v);
    double          *values = malloc(D * sizeof *values), *work = malloc(2 * D * sizeof *work);
    aez_float_model *m;
    m = blank(D, K);
    cr_assert_eq(aez_float_statistics(m, x, N), AEZ_OK);
    aez_float_standardise(m, x, N, rows);
    cr_assert_eq(aez_float_pca(m, rows, N, 0, variance), AEZ_OK); /* 600 > 512: iterates */
    for (size_t r = 0; r < N; r++)
        for (size_t i = 0; i < D; i++)
            for (size_t j = 0; j < D; j++)
                cov[i * D + j] += (double)rows[r * D + i] * (double)rows[r * D + j] / N;
    cr_assert(aez_eigen_symmetric(cov, D, values, v, work));
    for (size_t l = 0; l < K; l++) {
        captured += variance[l];
        best += values[l];
        cr_assert_lt(fabs(variance[l] / values[l] - 1), 1e-6, "component %zu", l);
    }
    cr_assert_lt(fabs(captured / best - 1), 1e-7);
    aez_float_model_destroy(m);
    free(x);
    free(rows);
    free(cov);
    free(v);
    free(values);
    free(work);
}

Test(pca, constant_features_and_few_rows_are_no_problem)
{
    aez_train_task o = {.n_latent = 3, .latent_step = 0.01};
    double            x[2 * 4] = {1, 5, 2, 1e250, 1, 7, 3, 1e250};
    aez_float_model  *m;
    int32_t           q[6];
    cr_assert_eq(pca(x, 2, 4, &o, &m), AEZ_OK);
    cr_assert_eq(aez_float_model_latents(m), 1); /* two rows differ in one direction */
    cr_assert_lt(error_of(m, x, 2), 1e-4);
    cr_assert(m->offset[3] == 1e250 && m->scale[3] == 0);
    aez_float_model_destroy(m);
    cr_assert_eq(pca(x, 1, 4, &o, &m), AEZ_OK);
    cr_assert_eq(aez_float_encode(m, x, 1, q), AEZ_OK);
    cr_assert_lt(error_of(m, x, 1), 1e-12);
    aez_float_model_destroy(m);
}

Test(pca, common_scaling_keeps_the_ratio_of_errors)
{
    aez_train_task o = {.n_latent = 2, .latent_step = 0.01, .scaling = AEZ_SCALE_COMMON};
    double           *x = mixture(300, 6, 2, 0, 5);
    aez_float_model  *m;
    cr_assert_eq(pca(x, 300, 6, &o, &m), AEZ_OK);
    for (size_t j = 1; j < 6; j++)
        cr_assert(m->scale[j] == m->scale[0] && m->offset[j] == m->offset[0]);
    cr_assert_lt(error_of(m, x, 300), 1e-4);
    aez_float_model_destroy(m);
    free(x);
}

Test(pca, offsets_and_scales_are_those_of_their_names)
{
    double *x = mixture(400, 6, 2, 1, 6), sum = 0;
    for (size_t r = 0; r < 400; r++)
        for (size_t j = 0; j < 6; j++)
            x[r * 6 + j] *= (double)(j + 1);
    for (int scaling = AEZ_SCALE_EACH; scaling <= AEZ_SCALE_RANGE; scaling++) {
        aez_train_task   o = {.n_latent = 2, .latent_step = 0.01, .scaling = scaling};
        aez_float_model *m;
        float           *rows = malloc(400 * 6 * sizeof *rows), least = 9, most = -9;
        double           mean[6] = {0}, square[6] = {0};
        int              exponent;
        cr_assert_eq(pca(x, 400, 6, &o, &m), AEZ_OK);
        aez_float_standardise(m, x, 400, rows);
        sum = 0;
        for (size_t i = 0; i < 400 * 6; i++) {
            mean[i % 6] += (double)rows[i] / 400;
            square[i % 6] += (double)rows[i] * (double)rows[i] / 400;
            sum += (double)rows[i] * (double)rows[i] / 2400;
            least = rows[i] < least ? rows[i] : least;
            most = rows[i] > most ? rows[i] : most;
        }
        for (size_t j = 0; j < 6 && scaling == AEZ_SCALE_EACH; j++)
            cr_assert(fabs(mean[j]) < 1e-4 && fabs(square[j] - 1) < 1e-4);
        if (scaling == AEZ_SCALE_COMMON)
            cr_assert(fabs(sum - 1) < 1e-4 && fabs(mean[0]) > 0.1);
        for (size_t j = 0; j < 6 && scaling == AEZ_SCALE_SITES; j++) {
            double step;
            frexp(m->scale[0], &exponent);
            step = ldexp(1, exponent - 6); /* a small number of these */
            cr_assert_eq(fmod(m->offset[j], step), 0);
            cr_assert(fabs(mean[j]) < 1.0 / 64 + 1e-6 && m->scale[j] == m->scale[0]);
            cr_assert_lt(fabs(sum - 1), 3e-4);
        }
        if (scaling == AEZ_SCALE_RANGE)
            cr_assert(fabsf(least) < 1e-6f && fabsf(most - 1) < 1e-6f);
        aez_float_model_destroy(m);
        free(rows);
    }
    free(x);
}

Test(pca, what_is_not_finite_is_refused)
{
    aez_train_task o = {.n_latent = 1};
    double            x[4] = {1, 2, NAN, 4};
    aez_float_model  *m;
    cr_assert_eq(pca(x, 2, 2, &o, &m), AEZ_ERR_OPTION);
    x[2] = INFINITY;
    cr_assert_eq(pca(x, 2, 2, &o, &m), AEZ_ERR_OPTION);
    x[2] = 3;
    cr_assert_eq(pca(x, 0, 2, &o, &m), AEZ_ERR_OPTION);
    cr_assert_eq(pca(x, 2, 0, &o, &m), AEZ_ERR_OPTION);
    o.n_latent = 3;
    cr_assert_eq(pca(x, 2, 2, &o, &m), AEZ_ERR_OPTION);
    o.n_latent = 1;
    o.lambda = -1;
    cr_assert_eq(pca(x, 2, 2, &o, &m), AEZ_ERR_OPTION);
    o.lambda = NAN;
    cr_assert_eq(pca(x, 2, 2, &o, &m), AEZ_ERR_OPTION);
}
