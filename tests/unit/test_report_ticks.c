/* test_report_ticks.c - axes get round ticks, few of them, and words where there is room. */
#include <criterion/criterion.h>

#include "cli/report_ticks.h"

Test(report_ticks, linear_ticks_are_round_and_few)
{
    report_axis axis = {.low = -2381, .high = 1460};
    report_axis_ticks(&axis, 8);
    cr_expect_eq(axis.n, 7);
    cr_expect_float_eq(axis.at[0], -2000, 1e-9);
    cr_expect_str_eq(axis.label[0], "\xE2\x88\x92"
                                    "2000");
    cr_expect_str_eq(axis.label[4], "0");
    axis = (report_axis){.low = 0, .high = 0.31};
    report_axis_ticks(&axis, 7);
    cr_expect_str_eq(axis.label[axis.n - 1], "0.30");
    cr_expect_str_eq(axis.label[0], "0.00");
}

Test(report_ticks, log_ticks_name_decades_and_what_lies_between_when_they_are_few)
{
    report_axis axis = {.log = 1, .low = 0.5, .high = 2e6};
    size_t      named = 0;
    report_axis_ticks(&axis, 7);
    for (size_t i = 0; i < axis.n; i++)
        named += axis.label[i][0] != '\0';
    cr_expect_eq(axis.n, 7);
    cr_expect_eq(named, 7);
    cr_expect_str_eq(axis.label[0], "1");
    cr_expect_str_eq(axis.label[6], "10\xE2\x81\xB6");
    axis = (report_axis){.log = 1, .low = 1.5, .high = 60};
    report_axis_ticks(&axis, 7);
    cr_expect_str_eq(axis.label[0], "2");
    cr_expect_float_eq(axis.at[axis.n - 1], 60, 1e-9);
    axis = (report_axis){.log = 1, .low = 1e-300, .high = 1e300};
    report_axis_ticks(&axis, 7);
    cr_expect_lt(axis.n, REPORT_TICKS);
}

Test(report_ticks, a_log_axis_of_a_small_part_of_a_decade_has_ticks_too)
{
    report_axis axis = {.log = 1, .low = 0.365, .high = 0.45};
    report_axis_ticks(&axis, 7);
    cr_assert_geq(axis.n, 4);
    cr_expect_str_eq(axis.label[0], "0.38");
    axis = (report_axis){.log = 1, .low = 0.1, .high = 0.35};
    report_axis_ticks(&axis, 7);
    cr_expect_eq(axis.n, 3);
    cr_expect_str_eq(axis.label[2], "0.3");
}
