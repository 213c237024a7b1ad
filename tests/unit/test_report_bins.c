/* test_report_bins.c - every value lands in its bin, none is lost; quantiles. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "cli/report_bins.h"

Test(report_bins, edges_belong_to_the_right_bin_and_the_last_one_to_the_last)
{
    const double values[] = {0, 0.999, 1, 1.5, 2, 3.999, 4, -0.001, 4.001, NAN, INFINITY};
    static const size_t want[] = {2, 2, 1, 2};
    report_bins  b;
    cr_assert(report_bins_count(&b, values, sizeof values / sizeof *values, 0, 4, 4));
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(b.count[i], want[i], "bin %zu: %zu", i, b.count[i]);
    cr_expect_eq(b.outside, 2);
    cr_expect_eq(b.skipped, 2);
    report_bins_free(&b);
}

Test(report_bins, outline_starts_and_ends_on_the_ground)
{
    static const double values[] = {1, 1, 3};
    report_bins         b;
    cr_assert(report_bins_count(&b, values, 3, 0, 4, 2));
    cr_expect(b.x[0] == 0 && b.y[0] == 0 && b.x[1] == 0 && b.y[1] == 2);
    cr_expect(b.x[2] == 2 && b.y[2] == 1 && b.x[3] == 4 && b.y[3] == 0);
    report_bins_free(&b);
}

Test(report_bins, no_value_within_the_range_is_lost_to_rounding)
{
    enum { N = 1000 };
    double      values[N];
    report_bins b;
    size_t      n = 0;
    for (int i = 0; i < N; i++)
        values[i] = -0.3 + 0.9 * i / (N - 1);
    values[N - 1] = 0.6;
    cr_assert(report_bins_count(&b, values, N, -0.3, 0.6, 7));
    for (size_t i = 0; i < 7; i++)
        n += b.count[i];
    cr_expect_eq(n, N);
    report_bins_free(&b);
}

Test(report_bins, quantiles_lie_between_neighbours)
{
    const double values[] = {4, NAN, 1, 3, 2};
    size_t       n;
    double      *sorted = report_sorted(values, 5, &n);
    cr_assert(sorted && n == 4);
    cr_expect_float_eq(report_quantile(sorted, n, 0), 1, 0);
    cr_expect_float_eq(report_quantile(sorted, n, 0.5), 2.5, 1e-15);
    cr_expect_float_eq(report_quantile(sorted, n, 1), 4, 0);
    cr_expect(isnan(report_quantile(sorted, 0, 0.5)));
    free(sorted);
}
