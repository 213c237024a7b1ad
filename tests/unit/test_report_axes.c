/* test_report_axes.c - principal axes are found, in order, with their shares and a fixed sign. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "cli/report_axes.h"

static double random_part(unsigned *seed) /* -0.5 .. 0.5 */
{
    *seed = *seed * 1103515245u + 12345u;
    return (double)(*seed >> 8 & 0xFFFF) / 65536 - 0.5;
}

Test(report_axes, finds_two_directions_that_were_mixed_into_many)
{
    enum { N = 500, WIDTH = 7 };
    static double rows[N * WIDTH], out[2 * N];
    static double a[WIDTH] = {2, -1, 0, 3, 1, -2, 4}, b[WIDTH] = {1, 4, 2, 0, -3, 1, 1};
    double        share[2], length_a = 0, ab = 0;
    unsigned      seed = 3;
    for (int k = 0; k < WIDTH; k++) {
        length_a += a[k] * a[k];
        ab += a[k] * b[k];
    }
    for (int k = 0; k < WIDTH; k++) /* at right angles */
        b[k] -= a[k] * ab / length_a;
    for (int i = 0; i < N; i++) {
        double u = 10 * random_part(&seed), v = random_part(&seed);
        for (int k = 0; k < WIDTH; k++)
            rows[i * WIDTH + k] = 100 + u * a[k] + v * b[k];
    }
    cr_assert(report_axes_project(rows, N, WIDTH, out, share));
    cr_expect_float_eq(share[0] + share[1], 1, 1e-9, "nothing lies outside of the plane");
    cr_expect_gt(share[0], 0.95);
    for (int i = 1; i < N; i++) { /* distances in the plane are those in space */
        double far = 0, near = 0;
        for (int k = 0; k < WIDTH; k++)
            far += pow(rows[i * WIDTH + k] - rows[k], 2);
        near = pow(out[2 * i] - out[0], 2) + pow(out[2 * i + 1] - out[1], 2);
        cr_expect_float_eq(near, far, 1e-6 * (1 + far));
    }
}

Test(report_axes, sign_makes_the_largest_entry_positive)
{
    enum { WIDTH = 6 };
    unsigned seed = 11;
    for (int trial = 0; trial < 30; trial++) {
        double axis[WIDTH], rows[3 * WIDTH], out[6], share[2];
        int    largest = 0;
        for (int k = 0; k < WIDTH; k++) {
            axis[k] = random_part(&seed);
            largest = fabs(axis[k]) > fabs(axis[largest]) ? k : largest;
        }
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < WIDTH; k++)
                rows[i * WIDTH + k] = (i - 1) * axis[k];
        cr_assert(report_axes_project(rows, 3, WIDTH, out, share));
        cr_expect_gt(out[4] * axis[largest], 0, "trial %d", trial);
        cr_expect_float_eq(share[0], 1, 1e-9);
    }
}

Test(report_axes, one_column_and_equal_rows_are_no_harm)
{
    static const double line[] = {1, 2, 6}, same[] = {5, 5, 5, 5, 5, 5};
    double              out[6], share[2];
    cr_assert(report_axes_project(line, 3, 1, out, share));
    cr_expect_float_eq(out[0], -2, 1e-12);
    cr_expect_float_eq(out[4], 3, 1e-12);
    cr_expect(out[1] == 0 && out[3] == 0 && share[0] == 1 && share[1] == 0);
    cr_assert(report_axes_project(same, 2, 3, out, share));
    cr_expect(out[0] == 0 && out[3] == 0 && share[0] == 0);
}
