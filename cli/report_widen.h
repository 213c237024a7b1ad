/* report_widen.h - values of any type as doubles. */
#ifndef AEZ_CLI_REPORT_WIDEN_H
#define AEZ_CLI_REPORT_WIDEN_H

#include "aez.h"

/* n values of a type, native byte order; src need not be aligned. */
void report_widen(double *dst, const void *src, aez_type type, size_t n);

#endif
