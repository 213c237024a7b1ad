/* test_latent_gauss.c - what is drawn has the mean and the covariance of what was seen. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "cli/latent_gauss.h"

enum { N = 40000, K = 3 };

/* Points with known moments: a line along (1, 2, 0) and some width across it; the last is still. */
static void make_points(double *z)
{
    for (int i = 0; i < N; i++) {
        double t = sin(i * 0.7) * 3, u = cos(i * 1.3);
        z[K * i] = 1000 + t + u;
        z[K * i + 1] = -5 + 2 * t - u;
        z[K * i + 2] = 7;
    }
}

static void moments(const double *z, double mean[K], double cov[K][K])
{
    memset(mean, 0, K * sizeof *mean);
    memset(cov, 0, K * sizeof *cov);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < K; k++)
            mean[k] += z[K * i + k] / N;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < K; k++)
            for (int j = 0; j < K; j++)
                cov[k][j] += (z[K * i + k] - mean[k]) * (z[K * i + j] - mean[j]) / N;
}

static double given[N * K], drawn[N * K];

Test(latent_gauss, draws_have_the_moments_of_the_points)
{
    aez_latent_gauss g;
    double           mean[K], cov[K][K], mean2[K], cov2[K][K];
    make_points(given);
    cr_assert(aez_latent_gauss_init(&g, K, 11));
    for (int i = 0; i < N; i += 100) /* any portions */
        aez_latent_gauss_add(&g, given + K * i, 100);
    cr_assert(aez_latent_gauss_fit(&g));
    for (int i = 0; i < N; i++)
        aez_latent_gauss_draw(&g, drawn + K * i);
    moments(given, mean, cov);
    moments(drawn, mean2, cov2);
    for (int k = 0; k < K; k++) {
        cr_expect_float_eq(mean2[k], mean[k], 0.05, "mean %d: %g, %g", k, mean2[k], mean[k]);
        for (int j = 0; j < K; j++)
            cr_expect_float_eq(cov2[k][j], cov[k][j], 0.25, "%d %d: %g, %g", k, j, cov2[k][j],
                               cov[k][j]);
    }
    cr_expect_eq(drawn[2], 7.0, "what never moved stays where it was");
    aez_latent_gauss_free(&g);
}

Test(latent_gauss, the_seed_decides)
{
    double z[3][K];
    make_points(given);
    for (int i = 0; i < 3; i++) {
        aez_latent_gauss g;
        cr_assert(aez_latent_gauss_init(&g, K, i == 2 ? 6 : 5));
        aez_latent_gauss_add(&g, given, N);
        cr_assert(aez_latent_gauss_fit(&g));
        aez_latent_gauss_draw(&g, z[i]);
        aez_latent_gauss_free(&g);
    }
    cr_expect_eq(memcmp(z[0], z[1], sizeof z[0]), 0);
    cr_expect_neq(z[0][0], z[2][0]);
}

Test(latent_gauss, one_point_has_no_distribution)
{
    aez_latent_gauss g;
    double           z[K] = {1, 2, 3};
    cr_assert(aez_latent_gauss_init(&g, K, 0));
    cr_expect_not(aez_latent_gauss_fit(&g));
    aez_latent_gauss_add(&g, z, 1);
    cr_expect_not(aez_latent_gauss_fit(&g));
    aez_latent_gauss_free(&g);
}
