/* report_plot.c - plots: data in, SVG made by gnuplot and a legend in HTML out. */
#include "platform.h"

#include "report_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_child.h"
#include "report_html.h"
#include "report_svg.h"
#include "report_ticks.h"

#define WIDTH 500 /* small, so that words stay legible when a phone shrinks it */
#define HEIGHT 330

static const aez_allocator plain = {NULL, NULL, NULL};

char *report_axis_label(const char *name, const char *unit)
{
    size_t size = strlen(name) + (unit ? strlen(unit) : 0) + 4;
    char  *text = malloc(size);
    if (text && unit && *unit)
        (void)snprintf(text, size, "%s [%s]", name, unit);
    else if (text)
        (void)snprintf(text, size, "%s", name);
    return text;
}

/* ---- the script ---- */

/* In single quotes gnuplot changes nothing, and the quote itself is doubled. */
static void put_quoted(aez_buf *b, const char *text)
{
    aez_put_u8(b, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            aez_put_u8(b, '\'');
        aez_put_u8(b, (unsigned char)*text < 0x20 ? ' ' : (unsigned char)*text);
    }
    aez_put_u8(b, '\'');
}

static bool usable(const report_plot *p, double x, double y)
{
    return isfinite(x) && isfinite(y) && !(p->log_x && x <= 0) && !(p->log_y && y <= 0);
}

static bool is_histogram(const report_series *s)
{
    return s->mark == REPORT_STEPS || s->mark == REPORT_FILL;
}

/* One block of data a series. An empty bin on a log axis lies on the bottom. */
static void put_data(aez_buf *b, const report_plot *p, const report_series *s, size_t number,
                     double floor_y)
{
    report_putf(b, "$d%zu << AEZ_END\n", number);
    for (size_t i = 0; i < s->n; i++) {
        double y = s->y[i];
        if (is_histogram(s) && p->log_y && !(y > floor_y))
            y = floor_y;
        if (!usable(p, s->x[i], y)) {
            report_put(b, "\n"); /* a gap */
            continue;
        }
        report_putf(b, "%.9g %.9g", s->x[i], y);
        if (s->mark == REPORT_WORDS) {
            report_put(b, " \"");
            for (const char *c = s->words[i]; *c; c++)
                aez_put_u8(b, *c == '"' || (unsigned char)*c < 0x20 || *c == '\\'
                                  ? ' ' : (unsigned char)*c);
            report_put(b, "\"");
        }
        report_put(b, "\n");
    }
    report_put(b, "AEZ_END\n");
}

static const char *with_of(report_mark mark)
{
    switch (mark) {
    case REPORT_LINE:
        return "lines lw 2";
    case REPORT_DASH:
        return "lines lw 1.5 dt (6,5)";
    case REPORT_LINE_POINTS:
        return "linespoints lw 2 pt 7 ps 0.45";
    case REPORT_POINTS:
        return "points pt 7 ps 0.3";
    case REPORT_STEPS:
        return "steps lw 2";
    case REPORT_FILL:
        return "fillsteps fs transparent solid 0.35 noborder";
    case REPORT_WORDS:
        return "labels";
    }
    return "lines";
}

static void put_series(aez_buf *b, const report_plot *p, const report_series *s, size_t number)
{
    unsigned color = (unsigned)s->color % (p->classes ? REPORT_CLASSES : REPORT_SERIES) + 1;
    report_putf(b, "%s$d%zu using 1:2%s with %s", number ? ", " : "plot ", number,
                s->mark == REPORT_WORDS ? ":3" : "", with_of(s->mark));
    if (s->mark == REPORT_WORDS)
        report_putf(b, " font ',18' textcolor rgb '#01%02x00'", REPORT_SVG_WORD);
    else
        report_putf(b, " lc rgb '#%02x%02x00'", p->classes ? 3 : 2, color);
    report_put(b, " notitle");
}

/* ---- axes ---- */

/* The extent of what is drawn, or the range that was asked for. */
static void find_extent(const report_plot *p, bool is_x, report_axis *axis)
{
    double low = is_x ? p->x_low : p->y_low, high = is_x ? p->x_high : p->y_high;
    bool   given = low < high, filled = false, points = false;
    axis->log = is_x ? p->log_x : p->log_y;
    if (!given) {
        low = INFINITY;
        high = -INFINITY;
    }
    for (size_t s = 0; s < p->n_series; s++) {
        const report_series *one = &p->series[s];
        filled = filled || is_histogram(one);
        points = points || one->mark == REPORT_POINTS || one->mark == REPORT_LINE_POINTS;
        for (size_t i = 0; !given && i < one->n; i++)
            if (usable(p, one->x[i], one->y[i])) {
                low = fmin(low, is_x ? one->x[i] : one->y[i]);
                high = fmax(high, is_x ? one->x[i] : one->y[i]);
            }
    }
    if (!given && !is_x && filled)
        low = axis->log ? fmin(low, 1) / 2 : 0; /* bars stand on the axis */
    if (!(low < high)) {
        low = axis->log ? low / 2 : low - 0.5;
        high = axis->log ? high * 2 : high + 0.5;
    }
    axis->low = low;
    axis->high = high;
    if (!given)
        report_axis_pad(axis, points || (!is_x && !filled) ? 0.04 : 0,
                        points || !is_x ? 0.05 : 0);
}

/* Fewer ticks along x until their words have room, at about 9 units a letter. */
static void choose_ticks(report_axis *axis, bool is_x)
{
    for (int wanted = is_x ? 8 : 7; wanted >= 2; wanted--) {
        size_t letters = 0;
        report_axis_ticks(axis, wanted);
        for (size_t i = 0; i < axis->n; i++)
            letters += axis->label[i][0] ? strlen(axis->label[i]) + 2 : 0;
        if (!is_x || letters * 9 <= WIDTH - 90)
            return;
    }
}

static void put_axis(aez_buf *b, char name, report_axis *axis, const char *label)
{
    choose_ticks(axis, name == 'x');
    if (axis->log)
        report_putf(b, "set logscale %c\n", name);
    report_putf(b, "set %crange [%.9g:%.9g]\nset %ctics (", name, axis->low, axis->high, name);
    for (size_t i = 0; i < axis->n; i++)
        report_putf(b, "%s'%s' %.12g %d", i ? ", " : "", axis->label[i], axis->at[i],
                    axis->label[i][0] ? 0 : 1);
    report_putf(b, ")\nset %clabel ", name);
    put_quoted(b, label ? label : "");
    report_put(b, name == 'x' ? " offset 0,0.6\n" : "\n");
}

static void put_axes(aez_buf *b, const report_plot *p, report_axis *y)
{
    report_axis x;
    find_extent(p, true, &x);
    find_extent(p, false, y);
    report_putf(b, "set border 3 lw 1 lc rgb '#01%02x00'\nset tics nomirror out scale 0.6, 0.35 "
                   "textcolor rgb '#01%02x00'\nset grid lw 1 dt solid lc rgb '#01%02x00'\n",
                REPORT_SVG_SOFT, REPORT_SVG_INK, REPORT_SVG_GRID);
    put_axis(b, 'x', &x, p->x_label);
    put_axis(b, 'y', y, p->y_label);
}

static void put_script(aez_buf *b, const report_plot *p)
{
    report_axis y;
    report_putf(b, "set encoding utf8\nset terminal svg size %d,%d dynamic noenhanced font "
                   "'sans-serif,16'\n", WIDTH, p->square ? WIDTH : HEIGHT);
    put_axes(b, p, &y);
    for (size_t s = 0; s < p->n_series; s++)
        put_data(b, p, &p->series[s], s, y.low);
    for (size_t s = 0; s < p->n_series; s++)
        put_series(b, p, &p->series[s], s);
    report_put(b, "\n");
}

/* ---- the figure ---- */

static const char *swatch_of(report_mark mark)
{
    switch (mark) {
    case REPORT_POINTS:
        return "points";
    case REPORT_FILL:
        return "fill";
    case REPORT_DASH:
        return "dash";
    case REPORT_LINE:
    case REPORT_LINE_POINTS:
    case REPORT_STEPS:
    case REPORT_WORDS:
        return "line";
    }
    return "line";
}

static void put_legend(aez_buf *html, const report_plot *p)
{
    bool any = false;
    for (size_t s = 0; s < p->n_series; s++)
        any = any || p->series[s].name;
    if (!any)
        return;
    report_put(html, "<ul class=\"legend\">");
    for (size_t s = 0; s < p->n_series; s++) {
        const report_series *one = &p->series[s];
        unsigned color = (unsigned)one->color % (p->classes ? REPORT_CLASSES : REPORT_SERIES) + 1;
        if (!one->name)
            continue;
        report_putf(html, "<li><i class=\"%s\" style=\"--c:var(--%c%u)\"></i>",
                    swatch_of(one->mark), p->classes ? 'c' : 's', color);
        report_put_escaped(html, one->name);
        report_put(html, "</li>");
    }
    report_put(html, "</ul>\n");
}

static bool has_points(const report_plot *p)
{
    for (size_t s = 0; s < p->n_series; s++)
        for (size_t i = 0; i < p->series[s].n; i++)
            if (usable(p, p->series[s].x[i], p->series[s].y[i]))
                return true;
    return false;
}

static int fail_gnuplot(const report_place *at, const report_run *run)
{
    const char *said = run->said && run->said->data && run->said->size
                           ? (const char *)run->said->data : "it said nothing";
    (void)report_error(at, "gnuplot failed with status %d: %.300s", run->status, said);
    return AEZ_EXIT_SYSTEM;
}

/* The SVG of the plot, as it goes into the page. */
static int draw_svg(report_plotter *plotter, const report_place *at, const report_plot *p,
                    aez_buf *html)
{
    char      *argv[] = {plotter->gnuplot, NULL};
    aez_buf    script, svg, said;
    report_run run = {.argv = argv, .said = &said, .guard = at->guard};
    int        code = AEZ_EXIT_OK;
    aez_buf_init(&script, &plain);
    aez_buf_init(&svg, &plain);
    aez_buf_init(&said, &plain);
    put_script(&script, p);
    if (script.failed)
        code = report_no_memory(at);
    else if (!report_child_filter(&run, script.data, script.size, &svg) || run.status != 0)
        code = fail_gnuplot(at, &run);
    else if (!report_svg_adopt((const char *)svg.data, svg.size, p->title ? p->title : "plot",
                               plotter->n_plots, html))
        code = fail_gnuplot(at, &run);
    aez_buf_free(&script);
    aez_buf_free(&svg);
    aez_buf_free(&said);
    return code;
}

int report_plot_draw(report_plotter *plotter, const report_place *at, const report_plot *plot,
                     aez_buf *html)
{
    int code = AEZ_EXIT_OK;
    if (!plotter->gnuplot)
        plotter->gnuplot = report_find_program("gnuplot");
    if (!plotter->gnuplot) {
        (void)report_error(at, "plots are drawn by gnuplot, which is not on PATH: install the "
                               "package gnuplot-nox");
        return AEZ_EXIT_SYSTEM;
    }
    if (!has_points(plot))
        return report_error(at, "%s: there is no value to draw%s",
                            plot->title ? plot->title : "plot",
                            plot->log_x || plot->log_y ? " (log axes show those above 0)" : "");
    plotter->n_plots++;
    report_put(html, "<figure class=\"plot\">\n");
    if (plot->title) {
        report_put(html, "<figcaption>");
        report_put_rich(html, plot->title);
        report_put(html, "</figcaption>\n");
    }
    put_legend(html, plot);
    code = draw_svg(plotter, at, plot, html);
    if (plot->note) {
        report_put(html, "<p class=\"note\">");
        report_put_rich(html, plot->note);
        report_put(html, "</p>\n");
    }
    report_put(html, "</figure>\n");
    return code;
}

void report_plotter_free(report_plotter *plotter)
{
    free(plotter->gnuplot);
    plotter->gnuplot = NULL;
}
