/* test_report_page.c - pages are split into items and words as spec/report.md says. */
#include "cli/platform.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report_page.h"
#include "cli/report_sets.h"

static report_page page_of(const char *text, int expected)
{
    report_page page;
    memset(&page, 0, sizeof page);
    page.path = "page.txt";
    page.folder = strdup("some/where/");
    cr_assert_eq(report_page_parse(&page, text), expected, "%s", text);
    return page;
}

Test(report_page, items_have_kind_text_and_line)
{
    report_page p = page_of("# none\ntitle:  A 'title' = x \n\ntext: one\n  two\n#\n\tthree\n"
                            "plot: a.csv x=t\n", 0);
    cr_assert_eq(p.n_items, 3);
    cr_expect_str_eq(p.items[0].kind, "title");
    cr_expect_str_eq(p.items[0].text, "A 'title' = x");
    cr_expect_eq(p.items[0].line, 2);
    cr_expect_str_eq(p.items[1].text, "one\n  two\n\tthree");
    cr_expect_eq(p.items[1].line, 4);
    cr_expect_eq(p.items[1].n_args, 0);
    cr_expect_eq(p.items[2].line, 8);
    cr_expect_eq(p.items[2].n_args, 2);
    report_page_free(&p);
}

Test(report_page, words_are_quoted_as_in_a_shell)
{
    report_page p;
    cr_assert_eq(setenv("REPORT_TEST", "a b", 1), 0);
    p = page_of("roc: 'one two' \"our model\"=s.csv a'b'\\ \"c\" 'x=y' t=\"p \\\" \\$q\" "
                "$REPORT_TEST/z '${no}' \"${REPORT_TEST}!\" e=1=2 =v", 0);
    cr_assert_eq(p.items[0].n_args, 10);
    cr_expect_str_eq(report_word(&p.items[0], 0), "one two");
    cr_expect_str_eq(report_option(&p.items[0], "our model"), "s.csv");
    cr_expect_str_eq(report_word(&p.items[0], 1), "ab c");
    cr_expect_str_eq(report_word(&p.items[0], 2), "x=y");
    cr_expect_str_eq(report_option(&p.items[0], "t"), "p \" $q");
    cr_expect_str_eq(report_word(&p.items[0], 3), "a b/z");
    cr_expect_str_eq(report_word(&p.items[0], 4), "${no}");
    cr_expect_str_eq(report_word(&p.items[0], 5), "a b!");
    cr_expect_str_eq(report_option(&p.items[0], "e"), "1=2");
    cr_expect_str_eq(report_word(&p.items[0], 6), "=v");
    cr_expect_null(report_word(&p.items[0], 7));
    report_page_free(&p);
}

Test(report_page, what_nobody_used_is_an_error_and_series_come_in_order)
{
    report_page  p = page_of("roc: labels=l b=2 a=1", 0);
    report_place at = {"page.txt", 1, NULL};
    size_t       cursor = 0;
    report_arg  *arg;
    cr_expect_str_eq(report_option(&p.items[0], "labels"), "l");
    cr_expect_neq(report_no_more(&p.items[0], &at), 0);
    arg = report_next_series(&p.items[0], &cursor);
    cr_assert(arg && strcmp(arg->name, "b") == 0);
    arg = report_next_series(&p.items[0], &cursor);
    cr_assert(arg && strcmp(arg->name, "a") == 0);
    cr_expect_null(report_next_series(&p.items[0], &cursor));
    cr_expect_eq(report_no_more(&p.items[0], &at), 0);
    report_page_free(&p);
}

Test(report_page, names_of_files_count_from_the_folder)
{
    report_page p = page_of("text: x", 0);
    char       *near = report_resolve(&p, "a.csv:b"), *far = report_resolve(&p, "/tmp/a.csv");
    cr_expect_str_eq(near, "some/where/a.csv:b");
    cr_expect_str_eq(far, "/tmp/a.csv");
    free(near);
    free(far);
    report_page_free(&p);
}

Test(report_page, what_makes_no_sense_is_refused)
{
    static const char *const bad[] = {"no colon", " starts with a blank", "Plot: x", ": x",
                                      "plot: 'open", "plot: \"open", "plot: $", "plot: ${REPORT",
                                      "plot: $REPORT_TEST_UNSET_VARIABLE"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        report_page p = page_of(bad[i], 1);
        report_page_free(&p);
    }
}

Test(report_sets, heading_tells_which_cell_is_which)
{
    static const char text[] = "# name | shape | type | origin: path @ commit | bytes\n"
                               "f/a.f32 | 41x128x128 | float32le | somewhere | 12\n"
                               "t/b.csv | 10x2 | text csv | - | 5\n"
                               "\n# a word\n"
                               "# name | bounds | type | model | shape\n"
                               "c.f64 | 1e-2,lossless | f64 | m.aezm | 3\xC3\x97" "4\n"
                               "d.idx1-ubyte\n"
                               "# name | type\n"
                               "e.f32 | f32 | x | y | 7\n";
    report_place      at = {"list", 0, NULL};
    report_sets       s;
    cr_assert_eq(report_sets_parse(&s, &at, text, "/data"), 0);
    cr_assert_eq(s.n, 5);
    cr_expect_str_eq(s.set[0].path, "/data/f/a.f32");
    cr_expect_str_eq(s.set[0].type, "f32");
    cr_expect_str_eq(s.set[0].shape, "41,128,128");
    cr_expect_str_eq(s.set[0].bounds, "");
    cr_expect_str_eq(s.set[1].type, "");
    cr_expect_str_eq(s.set[2].bounds, "1e-2,lossless");
    cr_expect_str_eq(s.set[2].model, "m.aezm");
    cr_expect_str_eq(s.set[2].shape, "3,4");
    cr_expect_eq(s.set[2].line, 7);
    cr_expect_str_eq(s.set[3].name, "d.idx1-ubyte");
    cr_expect(strcmp(s.set[4].type, "f32") == 0 && s.set[4].shape[0] == '\0');
    report_sets_free(&s);
    cr_expect_neq(report_sets_parse(&s, &at, "x.f32 | 3 | float128", "."), 0);
    report_sets_free(&s);
}
