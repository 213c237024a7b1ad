/* report_svg.h - makes the SVG that gnuplot writes a part of a page. */
#ifndef AEZ_CLI_REPORT_SVG_H
#define AEZ_CLI_REPORT_SVG_H

#include <stdbool.h>

#include "../codec/base/buf.h"

#define REPORT_SERIES 8   /* colours of series, --s1 ... of the page's style */
#define REPORT_CLASSES 10 /* colours of classes, --c1 ... */

/* Colours of a script stand for the page's own, so that a plot follows light and dark: #01KK00 is
 * one of these, #02NN00 series NN, #03NN00 class NN. */
enum { REPORT_SVG_INK = 1, REPORT_SVG_SOFT = 2, REPORT_SVG_GRID = 3, REPORT_SVG_WORD = 4 };

/* Appends the drawing without its prolog: ids made the page's own by `number`, colours by name,
 * fonts inherited, points of one colour as one path. False when it is no drawing of gnuplot's. */
bool report_svg_adopt(const char *svg, size_t size, const char *title, unsigned number,
                      aez_buf *html);

#endif
