/* test_rules.c - bounds of columns as the command line gives them: names, numbers, and nonsense. */
#include <criterion/criterion.h>

#include <string.h>

#include "cli/rules.h"

static void rule_is(const aez_args *a, uint32_t i, const char *name, aez_mode mode, double bound)
{
    cr_assert_lt(i, a->n_rules);
    cr_assert_str_eq(a->rules[i].name, name);
    cr_assert(a->rules[i].mode == mode && a->rules[i].bound == bound, "%s", name);
}

Test(rules, a_number_alone_is_for_all_columns)
{
    aez_args a = {0};
    bool     plain = false;
    cr_assert_eq(aez_rules_take_bounds(&a, AEZ_ABS, "0.25", &plain), AEZ_RULE_OK);
    cr_assert(plain && a.bound == 0.25 && a.n_rules == 0);
    cr_assert_eq(aez_rules_take_bounds(&a, AEZ_REL, "x=1e-3", &plain), AEZ_RULE_OK);
    cr_assert(!plain && a.bound == 0.25 && a.n_rules == 1,
              "a rule alone says nothing of the others");
    aez_rules_free(&a);
    cr_assert(a.n_rules == 0 && !a.rules);
    aez_rules_free(&a);
}

Test(rules, items_add_up_in_order)
{
    aez_args a = {0};
    bool     plain;
    char     value[] = "pt=50,1e-2,eta=0x1p-3,3=7";
    cr_assert_eq(aez_rules_take_bounds(&a, AEZ_ABS, value, &plain), AEZ_RULE_OK);
    cr_assert(plain && a.bound == 1e-2);
    cr_assert_eq(aez_rules_take_bounds(&a, AEZ_REL, "mass=.5", &plain), AEZ_RULE_OK);
    cr_assert_eq(aez_rules_take_exact(&a, "id,year"), AEZ_RULE_OK);
    memset(value, 'X', sizeof value - 1);
    cr_assert_eq(a.n_rules, 6);
    rule_is(&a, 0, "pt", AEZ_ABS, 50);
    rule_is(&a, 1, "eta", AEZ_ABS, 0.125);
    rule_is(&a, 2, "3", AEZ_ABS, 7);
    rule_is(&a, 3, "mass", AEZ_REL, 0.5);
    rule_is(&a, 4, "id", AEZ_LOSSLESS, 0);
    rule_is(&a, 5, "year", AEZ_LOSSLESS, 0);
    aez_rules_free(&a);
}

Test(rules, names_may_hold_an_equals_sign_or_blanks)
{
    aez_args a = {0};
    bool     plain;
    cr_assert_eq(aez_rules_take_bounds(&a, AEZ_ABS, "a=b=2, c d =3,==4", &plain), AEZ_RULE_OK);
    rule_is(&a, 0, "a=b", AEZ_ABS, 2);
    rule_is(&a, 1, " c d ", AEZ_ABS, 3);
    rule_is(&a, 2, "=", AEZ_ABS, 4);
    cr_assert_eq(aez_rules_take_exact(&a, "x=1, y"), AEZ_RULE_OK);
    rule_is(&a, 3, "x=1", AEZ_LOSSLESS, 0);
    rule_is(&a, 4, " y", AEZ_LOSSLESS, 0);
    aez_rules_free(&a);
}

Test(rules, nonsense_is_refused)
{
    static const char *const bounds[] = { "",     ",",     "1,",       ",1",      "1,2",
                                          "x",    "x=",    "=1",       "x=y",     "x=0",
                                          "x=-1", "x=nan", "x=inf",    "x=1e999", "x= 1",
                                          "x=1 ", "0",     "-1",       " 1",      "1x",
                                          "nan",  "inf",   "x=1,,y=2", "x=1,2,3", "x=1,y" };
    static const char *const exact[] = {"", ",", "a,", ",a", "a,,b"};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        aez_args a = {0};
        bool     plain;
        cr_assert_eq(aez_rules_take_bounds(&a, AEZ_ABS, bounds[i], &plain), AEZ_RULE_BAD, "'%s'",
                     bounds[i]);
        aez_rules_free(&a); /* of what came before the nonsense */
    }
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        aez_args a = {0};
        cr_assert_eq(aez_rules_take_exact(&a, exact[i]), AEZ_RULE_BAD, "'%s'", exact[i]);
        aez_rules_free(&a);
    }
}
