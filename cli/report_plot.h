/* report_plot.h - plots: data in, SVG made by gnuplot and a legend in HTML out. */
#ifndef AEZ_CLI_REPORT_PLOT_H
#define AEZ_CLI_REPORT_PLOT_H

#include "../codec/base/buf.h"
#include "report_place.h"

typedef enum report_mark {
    REPORT_LINE,
    REPORT_LINE_POINTS,
    REPORT_POINTS, /* small, many */
    REPORT_STEPS,  /* outline of a histogram: x are left edges, the last point closes it */
    REPORT_FILL,   /* the same, filled */
    REPORT_DASH,
    REPORT_WORDS /* `words` at the points */
} report_mark;

typedef struct report_series {
    const char        *name;  /* of the legend; NULL: not in it */
    int                color; /* 0, 1, ...: the same number is the same colour on the whole page */
    report_mark        mark;
    size_t             n;
    const double      *x, *y;
    const char *const *words;
} report_series;

typedef struct report_plot {
    const char          *title;            /* above it; NULL: none */
    const char          *x_label, *y_label; /* with their units */
    int                  log_x, log_y;
    double               x_low, x_high, y_low, y_high; /* an axis with low < high keeps to it */
    int                  square;     /* as high as wide */
    int                  classes;    /* colours of many classes instead of few series */
    const report_series *series;
    size_t               n_series;
    const char          *note; /* below it; NULL: none */
} report_plot;

typedef struct report_plotter {
    char    *gnuplot; /* owned: its path; found by the first plot */
    unsigned n_plots; /* drawn so far: ids on the page differ by it */
} report_plotter;

/* Appends a <figure>. AEZ_EXIT_SYSTEM when gnuplot is missing or fails. */
int  report_plot_draw(report_plotter *plotter, const report_place *at, const report_plot *plot,
                      aez_buf *html);
void report_plotter_free(report_plotter *plotter);
/* "name [unit]", in memory to be freed; NULL when memory is short. */
char *report_axis_label(const char *name, const char *unit);

#endif
