/* test_args_value.c - values of options are taken whole, or not at all. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/args_option.h"
#include "cli/args_value.h"
#include "cli/message.h"

Test(args_value, ranges_have_ends_that_may_be_left_out)
{
    static const struct {
        const char *text;
        uint64_t    first, end;
    } good[] = {{"3:10", 3, 10}, {"3:", 3, UINT64_MAX}, {":10", 0, 10}, {":", 0, UINT64_MAX},
                {"0:1", 0, 1}};
    static const char *const bad[] = {"", "3", "10:3", "3:3", "a:b", "-1:3", "1:2:3", " 1:2", "1:2 ",
                                      "18446744073709551616:"};
    uint64_t first, end;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect(aez_value_range(good[i].text, &first, &end), "%s", good[i].text);
        cr_expect(first == good[i].first && end == good[i].end, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(aez_value_range(bad[i], &first, &end), "%s", bad[i]);
}

Test(args_value, widths_have_a_limit_each_and_together)
{
    uint32_t w[3], n;
    cr_expect(aez_value_widths("1,20,300", 300, w, 3, &n) && n == 3 && w[2] == 300);
    cr_expect(aez_value_widths("7", 300, w, 3, &n) && n == 1 && w[0] == 7);
    cr_expect_not(aez_value_widths("1,2,3,4", 300, w, 3, &n));
    cr_expect_not(aez_value_widths("301", 300, w, 3, &n));
    cr_expect_not(aez_value_widths("0", 300, w, 3, &n));
    cr_expect_not(aez_value_widths("1,", 300, w, 3, &n));
    cr_expect_not(aez_value_widths("", 300, w, 3, &n));
}

/* Every option has a name of its own, a command that takes it, and is not forgotten by the switch:
 * one with a value refuses an empty one, or keeps something. */
Test(args_value, every_option_is_known_to_the_switch)
{
    for (int id = 0; id < N_OPTIONS; id++) {
        aez_args before, after;
        int      code;
        cr_assert_not_null(aez_option_list[id].name, "option %d", id);
        cr_expect_neq(aez_option_list[id].commands, 0u, "%s", aez_option_list[id].name);
        for (int other = 0; other < id; other++) {
            cr_expect_str_neq(aez_option_list[id].name, aez_option_list[other].name);
            cr_expect(aez_option_list[id].letter == 0 ||
                      aez_option_list[id].letter != aez_option_list[other].letter);
        }
        memset(&after, 0, sizeof after);
        after.remove_input = id == OPT_KEEP;
        before = after;
        code = aez_option_take(&after, (option_id)id, aez_option_list[id].has_value ? "" : NULL);
        if (aez_option_list[id].has_value)
            cr_expect_eq(code, AEZ_EXIT_USAGE, "--%s takes nothing", aez_option_list[id].name);
        else
            cr_expect(code == AEZ_EXIT_OK && memcmp(&before, &after, sizeof after) != 0,
                      "--%s does nothing", aez_option_list[id].name);
        aez_args_free(&after);
    }
}
