/* test_report_svg.c - a drawing of gnuplot's becomes a part of the page. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report_html.h"
#include "cli/report_svg.h"

static const aez_allocator plain = {NULL, NULL, NULL};

static char *adopt(const char *body, unsigned number)
{
    static const char head[] = "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 520 340\"\n "
                               "xmlns=\"http://www.w3.org/2000/svg\"\n>\n<title>x</title>\n"
                               "<desc>Produced</desc>\n";
    aez_buf in, out;
    aez_buf_init(&in, &plain);
    aez_buf_init(&out, &plain);
    report_put(&in, head);
    report_put(&in, body);
    cr_assert(report_svg_adopt((const char *)in.data, in.size, "A <plot>", number, &out));
    aez_put_u8(&out, 0);
    aez_buf_free(&in);
    return (char *)out.data; /* of a plain allocator: free takes it */
}

Test(report_svg, prolog_goes_and_a_name_comes)
{
    char *svg = adopt("<g/>", 1);
    cr_expect_str_eq(svg, "<svg class=\"plot\" viewBox=\"0 0 520 340\" role=\"img\" "
                          "aria-label=\"A &lt;plot&gt;\">\n<g/>");
    free(svg);
}

Test(report_svg, ids_belong_to_the_plot)
{
    char *svg = adopt("<g id=\"a\"><b id='c'/><use xlink:href='#c'/><p x='url(#c)'/></g>", 12);
    cr_expect_not_null(strstr(svg, "<g id=\"p12-a\"><b id='p12-c'/><use href='#p12-c'/>"
                                   "<p x='url(#p12-c)'/></g>"), "%s", svg);
    free(svg);
}

Test(report_svg, colours_are_those_of_the_page)
{
    char *svg = adopt("<p stroke='rgb(  2,   3,   0)'/><p fill=\"rgb(3,10,0)\"/>"
                      "<p stroke='rgb(  1,   3,   0)'/><p stroke='rgb(  9,   9,   9)'/>"
                      "<g color=\"black\" stroke=\"currentColor\" fill=\"black\"/>", 1);
    cr_expect_not_null(strstr(svg, "<p stroke='var(--s3)'/><p fill=\"var(--c10)\"/>"
                                   "<p stroke='var(--grid)'/><p stroke='rgb(  9,   9,   9)'/>"
                                   "<g stroke=\"var(--ink)\" fill=\"var(--ink)\"/>"), "%s", svg);
    free(svg);
}

#define POINT(x, y, color)                                                                         \
    "\t<use xlink:href='#gpPt6' transform='translate(" #x "," #y ") scale(2.00)' "                 \
    "color='rgb(  2,   " #color ",   0)'/>\n"

Test(report_svg, points_of_one_colour_become_one_path)
{
    char *svg = adopt(
        POINT(1.04, 2.00, 1)
        POINT(3.00, 4.00, 1)
        POINT(5.00, 6.00, 2)
        "</g>", 1);
    cr_expect_not_null(strstr(svg, "<path d=\"M1.0,2.0h0M3.0,4.0h0\" style=\"fill:none;"
                                   "stroke-linecap:round;stroke-width:4.00;stroke:var(--s1)\"/>\n"
                                   "<path d=\"M5.0,6.0h0\" "), "%s", svg);
    cr_expect_not_null(strstr(svg, "stroke:var(--s2)\"/>\n</g>"), "%s", svg);
    free(svg);
}

Test(report_svg, what_is_cut_off_is_refused_or_kept_without_reading_past_it)
{
    static const char text[] = "<svg viewBox=\"0 0 5 5\"><desc></desc>"
                               "<g id=\"a\" fill=\"rgb(2,1,0)\"><use xlink:href='#gpPt6' "
                               "transform='translate(1,2) scale(1)' color='rgb(2,1,0)'/>\n"
                               "<defs></defs><title></title></g></svg>";
    for (size_t n = 0; n < sizeof text; n++) {
        char   *copy = malloc(n + 1);
        aez_buf out;
        memcpy(copy, text, n); /* exactly so many bytes: a reader of more is found by ASan */
        copy = realloc(copy, n ? n : 1);
        aez_buf_init(&out, &plain);
        (void)report_svg_adopt(copy, n, "t", 1, &out);
        cr_expect(!out.failed);
        aez_buf_free(&out);
        free(copy);
    }
}
