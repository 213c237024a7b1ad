/* test_report_rank.c - the area under a ROC curve is that of Mann and Whitney, ties half. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "cli/report_rank.h"

/* By its definition: all pairs. */
static double by_pairs(const double *scores, const char *positive, size_t n)
{
    double won = 0, pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (positive[i] && !positive[j]) {
                pairs++;
                won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
    return won / pairs;
}

Test(report_rank, area_of_a_worked_example_with_ties)
{
    static const double scores[] = {3, 1, 2, 2, 2, 0};
    static const char   positive[] = {1, 0, 1, 0, 1, 1};
    report_roc          roc;
    /* positives 3 2 2 0 against negatives 1 2: 3 wins both, each 2 wins one and ties one, 0 none */
    cr_assert(report_roc_make(&roc, scores, positive, 6));
    cr_expect_float_eq(roc.auc, (2 + 1.5 + 1.5 + 0) / 8, 1e-15);
    cr_expect(roc.n_positive == 4 && roc.n_negative == 2);
    report_roc_free(&roc);
}

Test(report_rank, area_agrees_with_all_pairs_whatever_the_ties)
{
    enum { N = 300 };
    double   scores[N];
    char     positive[N];
    unsigned seed = 7;
    for (unsigned levels = 1; levels < 400; levels += 57) {
        report_roc roc;
        for (size_t i = 0; i < N; i++) {
            seed = seed * 1103515245u + 12345u;
            positive[i] = (char)(seed >> 16 & 1);
            seed = seed * 1103515245u + 12345u;
            scores[i] = (double)((seed >> 16) % levels) + 0.3 * positive[i] * (levels > 100);
        }
        cr_assert(report_roc_make(&roc, scores, positive, N));
        cr_expect_float_eq(roc.auc, by_pairs(scores, positive, N), 1e-12, "%u levels", levels);
        report_roc_free(&roc);
    }
}

Test(report_rank, curve_runs_from_corner_to_corner_one_step_a_score)
{
    static const double scores[] = {5, 5, 4, 3, 3, 3};
    static const char   positive[] = {1, 0, 1, 0, 0, 1};
    static const double want[][2] = {{0, 0}, {1.0 / 3, 1.0 / 3}, {1.0 / 3, 2.0 / 3}, {1, 1}};
    report_roc          roc;
    cr_assert(report_roc_make(&roc, scores, positive, 6));
    cr_assert_eq(roc.n, 4);
    for (size_t i = 0; i < roc.n; i++) {
        cr_expect_float_eq(roc.false_rate[i], want[i][0], 1e-15);
        cr_expect_float_eq(roc.true_rate[i], want[i][1], 1e-15);
    }
    report_roc_free(&roc);
}

Test(report_rank, scores_that_are_nan_count_as_the_lowest)
{
    const double scores[] = {NAN, -5, NAN, 1};
    const char   positive[] = {0, 1, 1, 1};
    report_roc   roc;
    cr_assert(report_roc_make(&roc, scores, positive, 4));
    cr_expect_float_eq(roc.auc, 2.5 / 3, 1e-15);
    report_roc_free(&roc);
}

Test(report_rank, area_without_pairs_is_none)
{
    static const double scores[] = {1, 2};
    static const char   positive[] = {1, 1};
    report_roc          roc;
    cr_assert(report_roc_make(&roc, scores, positive, 2));
    cr_expect(isnan(roc.auc));
    report_roc_free(&roc);
    cr_assert(report_roc_make(&roc, NULL, NULL, 0));
    cr_expect(isnan(roc.auc) && roc.n == 1);
    report_roc_free(&roc);
}
