/* test_plan_text.c - phrases for templates, in room of any size. */
#include <criterion/criterion.h>

#include "tests/support/plans.h"

static const char *text_of(const aez_template *t, uint8_t scan_mask)
{
    static char           text[200];
    static const uint64_t box[] = {5, 5, 5};
    aez_grid              grid;
    aez_grid_init(&grid, box, 3);
    aez_template_text(t, scan_mask, &grid, text, sizeof text);
    for (size_t size = 1; size <= strlen(text) + 1; size++) { /* never behind the end, always ended */
        char *some = malloc(size);
        aez_template_text(t, scan_mask, &grid, some, size);
        cr_assert_lt(strlen(some), size);
        cr_assert_eq(strncmp(some, text, strlen(some)), 0);
        free(some);
    }
    return text;
}

Test(plan_text, templates_are_told_in_a_phrase)
{
    aez_template t = {.kind = AEZ_TEMPLATE_PYRAMID, .n_order = 2, .order = {2, 1}};
    cr_assert_str_eq(text_of(&t, 0), "pyramid over axes 2,1");
    cr_assert_str_eq(text_of(&t, 1), "pyramid over axes 2,1, scan of axis 0");
    t.flags = AEZ_CHANNEL_TAPS | AEZ_FIXED_GRID;
    t.n_channels = 3;
    cr_assert_str_eq(text_of(&t, 0), "pyramid over axes 2,1, 3 channels, fixed grid");
    t = (aez_template){.kind = AEZ_TEMPLATE_LIST};
    cr_assert_str_eq(text_of(&t, 0), "values as they are");
    t.n_taps = 7;
    cr_assert_str_eq(text_of(&t, 5), "7 taps, scan of axis 0, scan of axis 2");
}
