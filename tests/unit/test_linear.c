/* test_linear.c - normal equations: known systems, ridge, non-negative solutions. */
#include <criterion/criterion.h>

#include <math.h>

#include "codec/base/rng.h"
#include "codec/search/linear.h"

static aez_normal e;

static double uniform(aez_rng *rng)
{
    return (double)(aez_rng_next(rng) >> 11) * 0x1p-52 - 1;
}

Test(linear, a_system_known_by_heart_is_solved)
{
    static const double x[3][2] = {{2, 0}, {0, 1}, {1, 1}};
    double              w[2];
    aez_normal_clear(&e, 2);
    for (int i = 0; i < 3; i++) /* w = 3, -5 */
        aez_normal_add(&e, x[i], 3 * x[i][0] - 5 * x[i][1], 1);
    cr_assert_eq(aez_normal_solve(&e, 0, w), 1);
    cr_assert_float_eq(w[0], 3, 1e-12);
    cr_assert_float_eq(w[1], -5, 1e-12);
}

/* Least squares of 1, 2 and 6 with weights 1, 1 and 2 by one constant: their weighted mean. */
Test(linear, weights_of_equations_count)
{
    double one = 1, w;
    aez_normal_clear(&e, 1);
    aez_normal_add(&e, &one, 1, 1);
    aez_normal_add(&e, &one, 2, 1);
    aez_normal_add(&e, &one, 6, 2);
    cr_assert_eq(aez_normal_solve(&e, 0, &w), 1);
    cr_assert_float_eq(w, 3.75, 1e-12);
    cr_assert_eq(aez_normal_solve(&e, 0.25, &w), 1); /* 15 / (4 + 0.25 * 4) */
    cr_assert_float_eq(w, 3, 1e-12);
}

Test(linear, random_systems_of_every_size_are_solved)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    for (unsigned n = 1; n <= AEZ_LINEAR_MAX; n++) {
        double x[AEZ_LINEAR_MAX], want[AEZ_LINEAR_MAX], w[AEZ_LINEAR_MAX];
        aez_normal_clear(&e, n);
        for (unsigned j = 0; j < n; j++)
            want[j] = 10 * uniform(&rng);
        for (unsigned i = 0; i < 4 * n; i++) {
            double y = 0;
            for (unsigned j = 0; j < n; j++)
                y += (x[j] = uniform(&rng)) * want[j];
            aez_normal_add(&e, x, y, 0.1 + fabs(uniform(&rng)));
        }
        cr_assert_eq(aez_normal_solve(&e, 0, w), 1);
        for (unsigned j = 0; j < n; j++)
            cr_assert_float_eq(w[j], want[j], 1e-7);
    }
}

Test(linear, a_system_that_is_not_definite_is_told)
{
    static const double x[2] = {1, 1}, none[2] = {0, 0};
    double              w[2];
    aez_normal_clear(&e, 2);
    cr_assert_eq(aez_normal_solve(&e, 1e-7, w), 0, "no equation at all");
    aez_normal_add(&e, none, 1, 1);
    cr_assert_eq(aez_normal_solve(&e, 1e-7, w), 0);
    aez_normal_add(&e, x, 4, 1);
    cr_assert_eq(aez_normal_solve(&e, 0, w), 0, "two unknowns, one equation");
    cr_assert_eq(aez_normal_solve(&e, 1e-9, w), 1, "the ridge shares");
    cr_assert_float_eq(w[0], 2, 1e-5);
    cr_assert_float_eq(w[1], 2, 1e-5);
    aez_normal_clear(&e, 1);
    aez_normal_add(&e, (const double[]){NAN}, 1, 1);
    cr_assert_eq(aez_normal_solve(&e, 0, w), 0);
}

Test(linear, the_positive_solution_is_the_free_one_where_that_is_positive)
{
    aez_rng rng;
    aez_rng_seed(&rng, 2);
    for (unsigned n = 1; n <= 12; n++) {
        double x[12], want[12], w[12];
        aez_normal_clear(&e, n);
        for (unsigned j = 0; j < n; j++)
            want[j] = 1 + fabs(uniform(&rng));
        for (unsigned i = 0; i < 40 * n; i++) {
            double y = 0;
            for (unsigned j = 0; j < n; j++)
                y += (x[j] = uniform(&rng)) * want[j];
            aez_normal_add(&e, x, y, 1);
        }
        aez_normal_solve_positive(&e, 300, w);
        for (unsigned j = 0; j < n; j++)
            cr_assert_float_eq(w[j], want[j], 1e-5);
    }
}

/* The conditions of the optimum: w >= 0, gradient >= 0, and one of the two 0 for each unknown. */
Test(linear, the_positive_solution_meets_its_conditions)
{
    aez_rng rng;
    int     n_zero = 0;
    aez_rng_seed(&rng, 3);
    for (int round = 0; round < 30; round++) {
        unsigned n = 1 + (unsigned)aez_rng_below(&rng, 10);
        double   x[10], w[10];
        aez_normal_clear(&e, n);
        for (unsigned i = 0; i < 60 * n; i++) {
            for (unsigned j = 0; j < n; j++)
                x[j] = uniform(&rng);
            aez_normal_add(&e, x, 3 * x[0] - 2 * x[n - 1] + uniform(&rng), 1);
        }
        aez_normal_solve_positive(&e, 500, w);
        for (unsigned i = 0; i < n; i++) {
            double gradient = -e.b[i];
            for (unsigned j = 0; j < n; j++)
                gradient += (i >= j ? e.a[i][j] : e.a[j][i]) * w[j];
            cr_assert_geq(w[i], 0);
            cr_assert_gt(gradient, -1e-6);
            cr_assert(w[i] == 0 || fabs(gradient) < 1e-6);
            n_zero += w[i] == 0;
        }
    }
    cr_assert_gt(n_zero, 10);
}
