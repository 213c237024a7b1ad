/* test_json.c - strings are quoted as JSON wants them, numbers read back as they were. */
#include <criterion/criterion.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

static char text[4096];

static void written(FILE *f)
{
    size_t n;
    rewind(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
}

static const char *string_of(const char *s)
{
    FILE *f = tmpfile();
    aez_json_string(f, s);
    written(f);
    return text;
}

static const char *double_of(double v)
{
    FILE *f = tmpfile();
    aez_json_double(f, v);
    written(f);
    return text;
}

Test(json, strings_are_quoted)
{
    static const struct {
        const char *plain, *quoted;
    } cases[] = { { "", "\"\"" },
                  { "abc", "\"abc\"" },
                  { "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
                  { "\n\t\x01\x1F\x7F ~", "\"\\u000a\\u0009\\u0001\\u001f\\u007f ~\"" },
                  { "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80",
                    "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_str_eq(string_of(cases[i].plain), cases[i].quoted);
}

Test(json, bytes_that_are_no_utf8_are_replaced_one_by_one)
{
    static const struct {
        const char *plain;
        int         n_bad; /* 0: it is UTF-8, at an end of what is allowed */
    } cases[] = { { "\x80", 1 },
                  { "\xC1\xBF", 2 },
                  { "\xC2\x80", 0 },
                  { "\xDF\xBF", 0 },
                  { "\xC2", 1 },
                  { "\xE0\x9F\xBF", 3 },
                  { "\xE0\xA0\x80", 0 },
                  { "\xED\x9F\xBF", 0 },
                  { "\xED\xA0\x80", 3 },
                  { "\xEE\x80\x80", 0 },
                  { "\xE2\x82", 2 },
                  { "\xF0\x8F\xBF\xBF", 4 },
                  { "\xF0\x90\x80\x80", 0 },
                  { "\xF4\x8F\xBF\xBF", 0 },
                  { "\xF4\x90\x80\x80", 4 },
                  { "\xF5\x80\x80\x80", 4 },
                  { "\xFF", 1 },
                  { "\xF0\x9F\x98", 3 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[128] = "\"<";
        char plain[16];
        (void)snprintf(plain, sizeof plain, "<%s>", cases[i].plain);
        for (int k = 0; k < cases[i].n_bad; k++)
            strcat(want, "\\ufffd");
        strcat(want, cases[i].n_bad ? "" : cases[i].plain);
        strcat(want, ">\"");
        cr_assert_str_eq(string_of(plain), want, "case %zu", i);
        cr_assert_not_null(string_of(cases[i].plain)); /* nothing is read behind the end */
    }
}

Test(json, numbers_read_back)
{
    static const double v[] = { 0,       -0.0,     1,      -1.5,    0.1,          1e300,
                                DBL_MAX, -DBL_MIN, 5e-324, 1.0 / 3, 123456789.125 };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        double back = strtod(double_of(v[i]), NULL);
        cr_assert_eq(memcmp(&back, &v[i], sizeof back), 0, "%a became %s", v[i], text);
        cr_assert_eq(strspn(text, "0123456789+-.e"), strlen(text));
    }
    cr_assert_str_eq(double_of(NAN), "\"nan\"");
    cr_assert_str_eq(double_of(-(double)NAN), "\"nan\"");
    cr_assert_str_eq(double_of(INFINITY), "\"inf\"");
    cr_assert_str_eq(double_of(-INFINITY), "\"-inf\"");
}
