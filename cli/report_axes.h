/* report_axes.h - principal axes of rows: where a cloud of points is widest. */
#ifndef AEZ_CLI_REPORT_AXES_H
#define AEZ_CLI_REPORT_AXES_H

#include <stddef.h>

/* Projects rows [n][width], finite, on their first two principal axes: out [n][2], columns centred.
 * share[k] receives the part of the variance along axis k. The sign of an axis makes its largest
 * entry positive. False when memory is short. */
int report_axes_project(const double *rows, size_t n, size_t width, double *out, double share[2]);

#endif
