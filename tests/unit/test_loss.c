/* test_loss.c - losses beside the formulas, their gradients beside differences, and random
 * numbers. */
#include "codec/base/rng.h"
#include "codec/train/lanes.h"
#include "codec/train/loss.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { N = 61 }; /* vectors of 16, and some left over */

static float uniform(aez_rng *g)
{
    return (float)(aez_rng_next(g) >> 40) * 0x1p-24f - 0.5f;
}

static void fill(float *v, size_t n, float size, float middle, uint64_t seed)
{
    aez_rng g;
    aez_rng_seed(&g, seed);
    for (size_t i = 0; i < n; i++)
        v[i] = middle + size * uniform(&g);
}

Test(loss, lane_functions_are_those_of_libm)
{
    for (double x = -40; x < 40; x += 0.0137) {
        cr_assert_lt(fabs((double)aez_lane_exp2((float)x) / exp2((double)(float)x) - 1), 4e-7);
        cr_assert_lt(fabs((double)aez_lane_softplus((float)x) - log1p(exp((double)(float)x))),
                     3e-7 * (1 + fabs(x)));
        cr_assert_lt(fabs((double)aez_lane_sigmoid((float)x) - 1 / (1 + exp(-(double)(float)x))),
                     2e-7);
    }
    for (double x = 1e-30; x < 1e30; x *= 1.31) {
        cr_assert_lt(fabs((double)aez_lane_rsqrt((float)x) * sqrt((double)(float)x) - 1), 4e-7);
        cr_assert_lt(fabs((double)aez_lane_log2((float)x) - log2((double)(float)x)), 1e-5);
    }
    cr_assert(isfinite(aez_lane_softplus(1e30f)) && aez_lane_softplus(-1e30f) < 1e-20f);
    cr_assert(aez_lane_sigmoid(-1e30f) < 1e-20f && aez_lane_sigmoid(1e30f) == 1);
}

Test(loss, squares_and_cross_entropy_are_the_sums_of_their_formulas)
{
    float  y[N], x[N], dy[N];
    double square = 0, entropy = 0;
    fill(y, N, 12, 0.5f, 1);
    fill(x, N, 1, 0.5f, 2);
    for (int i = 0; i < N; i++) {
        double a = (double)y[i], t = (double)x[i], p = 1 / (1 + exp(-a));
        square += (a - t) * (a - t);
        entropy -= t * log(p) + (1 - t) * log(1 - p);
    }
    cr_assert_lt(fabs(aez_loss_square(y, x, N, 2, dy) / square - 1), 1e-6);
    for (int i = 0; i < N; i++)
        cr_assert_lt(fabsf(dy[i] - 2 * (y[i] - x[i])), 1e-5f);
    cr_assert_lt(fabs(aez_loss_cross_entropy(y, x, N, 1, dy) / entropy - 1), 1e-5);
    for (int i = 0; i < N; i++)
        cr_assert_lt(fabs((double)dy[i] - (1 / (1 + exp(-(double)y[i])) - (double)x[i])), 1e-6);
}

Test(loss, cross_entropy_stays_exact_however_sure)
{
    float y[2] = {300, -300}, x[2] = {0, 0}, dy[2];
    cr_assert_lt(fabs(aez_loss_cross_entropy(y, x, 2, 1, dy) - 300), 1e-3);
    cr_assert(dy[0] == 1 && fabsf(dy[1]) < 1e-20f);
    x[0] = 1;
    cr_assert_lt(fabs(aez_loss_cross_entropy(y, x, 2, 1, dy)), 1e-6);
}

Test(loss, sizes_and_their_signs)
{
    float z[5] = {-2, 0, 3, 0.5f, -0.25f}, dz[5] = {1, 1, 1, 1, 1};
    const float want[5] = {0.5f, 1, 1.5f, 1.5f, 0.5f};
    double      sum = aez_loss_size(z, 5, 0.5f, dz);
    cr_assert_float_eq(sum, 5.75, 1e-6);
    for (int i = 0; i < 5; i++)
        cr_assert_float_eq(dz[i], want[i], 1e-6f);
}

/* ---- the prior ------------------------------------------------------------------------------- */

Test(loss, probabilities_of_whole_numbers_add_up_to_one)
{
    static const float scales[4] = {-2.5f, -0.5f, 0.5f, 2};
    for (int s = 0; s < 4; s++) {
        const float mean = 0.3f;
        double      total = 0;
        for (int q = -400; q <= 400; q++) {
            float z = (float)q, unused = 0, other = 0;
            total += exp2(-aez_loss_prior(&z, 1, 1, &mean, &scales[s], 0, NULL, &unused, &other));
        }
        cr_assert_lt(fabs(total - 1), 1e-4, "scale %d: %g", s, total);
    }
}

Test(loss, gradients_of_the_prior_equal_differences)
{
    enum { ROWS = 21, K = 3 };
    float  z[ROWS * K], mean[K], scale[K], dz[ROWS * K] = {0}, dm[K] = {0}, ds[K] = {0}, a[K], b[K];
    double h = 0.01;
    fill(z, ROWS * K, 9, 0, 3);
    fill(mean, K, 1, 0, 4);
    fill(scale, K, 2, 0.2f, 5);
    aez_loss_prior(z, ROWS, K, mean, scale, 2, dz, dm, ds);
    for (int i = 0; i < ROWS * K + 2 * K; i++) {
        float *p = i < ROWS * K ? &z[i] : i < ROWS * K + K ? &mean[i - ROWS * K]
                                                           : &scale[i - ROWS * K - K];
        float  got = i < ROWS * K ? dz[i] : i < ROWS * K + K ? dm[i - ROWS * K]
                                                             : ds[i - ROWS * K - K];
        float  keep = *p;
        double up, down;
        *p = keep + (float)h;
        up = aez_loss_prior(z, ROWS, K, mean, scale, 0, NULL, a, b);
        *p = keep - (float)h;
        down = aez_loss_prior(z, ROWS, K, mean, scale, 0, NULL, a, b);
        *p = keep;
        cr_assert_lt(fabs((up - down) / h - (double)got), 0.01 + 0.005 * fabs((double)got), "%d",
                     i);
    }
}

Test(loss, very_sharp_and_very_far_latents_cost_finite_bits)
{
    const float z[4] = {0, 30000, -30000, 0.5f}, mean = 0, sharp = -3, wide = 12;
    float       dz[4] = {0}, a = 0, b = 0;
    cr_assert(isfinite(aez_loss_prior(z, 4, 1, &mean, &sharp, 1, dz, &a, &b)));
    cr_assert(isfinite(aez_loss_prior(z, 4, 1, &mean, &wide, 1, dz, &a, &b)));
    for (int i = 0; i < 4; i++)
        cr_assert(isfinite(dz[i]));
    cr_assert(isfinite(a) && isfinite(b));
}

/* ---- random numbers -------------------------------------------------------------------------- */

Test(loss, noise_is_normal_and_depends_on_counters_alone)
{
    enum { MANY = 200000 };
    float *v = calloc(MANY, sizeof *v), part[100] = {0};
    double m1 = 0, m2 = 0, m4 = 0, most = 0;
    int    beyond = 0;
    aez_add_normal(v, MANY, 1, 77, 0);
    aez_add_normal(part, 37, 1, 77, 1000);
    aez_add_normal(part + 37, 63, 1, 77, 1037);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(part[i], v[1000 + i]);
    for (int i = 0; i < MANY; i++) {
        double x = (double)v[i];
        m1 += x / MANY;
        m2 += x * x / MANY;
        m4 += x * x * x * x / MANY;
        most = fabs(x) > most ? fabs(x) : most;
        beyond += fabs(x) > 1.959964;
    }
    cr_assert_lt(fabs(m1), 0.01);
    cr_assert_lt(fabs(m2 - 1), 0.012);
    cr_assert_lt(fabs(m4 - 3), 0.1);
    cr_assert_lt(fabs((double)beyond / MANY - 0.05), 0.002);
    cr_assert(most > 4 && most < 7);
    free(v);
}

Test(loss, plain_loops_reach_every_value)
{
    float a[N], b[N];
    for (int i = 0; i < N; i++) {
        a[i] = (float)i;
        b[i] = 1;
    }
    aez_add_all(a, b, N);
    aez_scale_all(a, 2, N);
    for (int i = 0; i < N; i++)
        cr_assert_eq(a[i], (float)(2 * (i + 1)));
    cr_assert_eq(aez_square_sum(b, N), N);
}
