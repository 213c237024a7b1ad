/* report.h - numbers for people: shapes, ratios, where the bytes went. */
#ifndef AEZ_CLI_REPORT_H
#define AEZ_CLI_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "aez.h"

/* "41 x 128 x 128", cut to cap; reversed for a Fortran array, as its owner writes it. */
void aez_shape_text(const uint64_t *shape, uint32_t n_dims, bool reversed, char *dst, size_t cap);
/* 0 where the divisor is 0. */
double aez_percent(uint64_t part, uint64_t whole);
double aez_ratio(uint64_t raw, uint64_t packed);
/* Lines that say where the packed bytes went, and the ratio without the model. */
void aez_report_print(FILE *f, const aez_report *report, uint64_t raw, uint64_t packed);

#endif
