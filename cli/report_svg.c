/* report_svg.c - makes the SVG that gnuplot writes a part of a page. */
#include "platform.h"

#include "report_svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_html.h"

typedef struct adopter {
    const char *p, *end;
    unsigned    number;
    aez_buf    *html;
    char        point_color[40]; /* of the path of points that is open; "" when none is */
    double      point_size;
} adopter;

static bool at_word(const adopter *a, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(a->end - a->p) >= n && memcmp(a->p, word, n) == 0;
}

/* The name of the page's colour for one of a script; NULL for others. */
static const char *color_name(unsigned r, unsigned g, char *dst, size_t cap)
{
    /* The last one ends the attribute that it stands in: words among points get a halo. */
    static const char *const own[] = {"", "var(--ink)", "var(--soft)", "var(--grid)",
                                      "var(--ink)\" class=\"word"};
    if (r == 1 && g >= REPORT_SVG_INK && g <= REPORT_SVG_WORD)
        (void)snprintf(dst, cap, "%s", own[g]);
    else if ((r == 2 || r == 3) && g >= 1)
        (void)snprintf(dst, cap, "var(--%c%u)", r == 2 ? 's' : 'c', g);
    else
        return NULL;
    return dst;
}

/* rgb(r,g,b) or rgb(  r,   g,   b), as gnuplot writes it. */
static bool take_color(adopter *a)
{
    unsigned r, g, b;
    int      used = 0;
    char     name[40];
    char     text[40] = "";
    size_t   left = (size_t)(a->end - a->p);
    memcpy(text, a->p, left < sizeof text - 1 ? left : sizeof text - 1);
    if (sscanf(text, "rgb(%u,%u,%u)%n", &r, &g, &b, &used) != 3 || used == 0 ||
        !color_name(r, g, name, sizeof name))
        return false;
    report_put(a->html, name);
    a->p += used;
    return true;
}

/* Skips to behind the next `stop`; false when there is none. */
static bool skip_behind(adopter *a, const char *stop)
{
    size_t n = strlen(stop);
    for (; (size_t)(a->end - a->p) >= n; a->p++)
        if (memcmp(a->p, stop, n) == 0) {
            a->p += n;
            return true;
        }
    a->p = a->end;
    return false;
}

/* ---- points: thousands of <use> become one path of round dots a colour ---- */

static void close_points(adopter *a)
{
    if (a->point_color[0])
        report_putf(a->html, "\" style=\"fill:none;stroke-linecap:round;stroke-width:%.2f;"
                             "stroke:%s\"/>\n", 2 * a->point_size, a->point_color);
    a->point_color[0] = '\0';
}

static bool take_point(adopter *a)
{
    double      x, y, size;
    unsigned    r, g, b;
    char        name[40], text[200] = "";
    const char *stop = memchr(a->p, '\n', (size_t)(a->end - a->p));
    size_t      n = stop ? (size_t)(stop - a->p) : 0;
    if (n == 0 || n >= sizeof text)
        return false;
    memcpy(text, a->p, n);
    if (sscanf(text, "<use xlink:href='#gpPt6' transform='translate(%lf,%lf) scale(%lf)' "
                     "color='rgb(%u,%u,%u)'/>", &x, &y, &size, &r, &g, &b) != 6 ||
        !color_name(r, g, name, sizeof name))
        return false;
    if (strcmp(name, a->point_color) != 0 || size != a->point_size) {
        close_points(a);
        (void)snprintf(a->point_color, sizeof a->point_color, "%s", name);
        a->point_size = size;
        report_put(a->html, "<path d=\"");
    }
    report_putf(a->html, "M%.1f,%.1fh0", x, y);
    a->p += n;
    while (a->p < a->end && (*a->p == '\n' || *a->p == '\t'))
        a->p++;
    return true;
}

/* Attributes whose value gnuplot fixes and the page wants to decide; true when one was replaced. */
static bool take_attribute(adopter *a)
{
    static const struct {
        const char *found, *instead;
    } plain[] = {{" color=\"black\"", ""},
                 {" color=\"gray\"", ""},
                 {" font-family=\"sans-serif\"", ""},
                 {"stroke=\"black\"", "stroke=\"var(--ink)\""},
                 {"stroke=\"currentColor\"", "stroke=\"var(--ink)\""},
                 {"fill=\"black\"", "fill=\"var(--ink)\""}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (at_word(a, plain[i].found)) {
            report_put(a->html, plain[i].instead);
            a->p += strlen(plain[i].found);
            return true;
        }
    if (at_word(a, " id=\"") || at_word(a, " id='")) {
        report_putf(a->html, " id=%cp%u-", a->p[4], a->number);
        a->p += 5;
        return true;
    }
    if (at_word(a, "xlink:href='#")) {
        report_putf(a->html, "href='#p%u-", a->number);
        a->p += strlen("xlink:href='#");
        return true;
    }
    if (at_word(a, "url(#")) {
        report_putf(a->html, "url(#p%u-", a->number);
        a->p += strlen("url(#");
        return true;
    }
    return false;
}

static void adopt_next(adopter *a)
{
    if (at_word(a, "<use ") && take_point(a))
        return;
    if (*a->p != '\n' && *a->p != '\t' && *a->p != ' ')
        close_points(a);
    if (at_word(a, "<defs>"))
        (void)skip_behind(a, "</defs>"); /* marks and filters: points are drawn as paths */
    else if (at_word(a, "<title>"))
        (void)skip_behind(a, "</title>");
    else if (!take_attribute(a) && !(*a->p == 'r' && take_color(a)))
        aez_put_u8(a->html, (uint8_t)*a->p++);
}

bool report_svg_adopt(const char *svg, size_t size, const char *title, unsigned number,
                      aez_buf *html)
{
    adopter  a = {.p = svg, .end = svg + size, .number = number, .html = html};
    unsigned width = 0, height = 0;
    char     box[40] = "";
    if (!skip_behind(&a, "viewBox=\""))
        return false;
    memcpy(box, a.p, (size_t)(a.end - a.p) < sizeof box - 1 ? (size_t)(a.end - a.p)
                                                            : sizeof box - 1);
    if (sscanf(box, "0 0 %u %u", &width, &height) != 2 || !skip_behind(&a, "</desc>"))
        return false;
    report_putf(html, "<svg class=\"plot\" viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"", width,
                height);
    report_put_escaped(html, title);
    report_put(html, "\">");
    while (a.p < a.end)
        adopt_next(&a);
    return true;
}
