/* fill.h - values that stand for "nothing here", found where nobody named them. */
#ifndef AEZ_CHUNK_FILL_H
#define AEZ_CHUNK_FILL_H

#include "aez.h"

#include <stdint.h>

/* Flags in odd[n] the sites of a fill value of floats: their least or greatest finite value, if it is
 * frequent and farther from all others than these are from each other, like -9999 or 1e20. As an
 * exception it is kept exactly, and neighbours are not predicted from it. Other types: nothing. */
void aez_mark_fill(aez_type type, const void *values, uint64_t n, uint8_t *odd);

/* The same over values that come in parts. */
typedef struct aez_fill_survey {
    double   lo, next_lo, next_hi, hi; /* the two least and the two greatest distinct values */
    uint64_t n, n_lo, n_hi;            /* how many there are, and how often the outer ones stand */
} aez_fill_survey;

void     aez_fill_survey_init(aez_fill_survey *survey);
void     aez_fill_survey_add(aez_fill_survey *survey, aez_type type, const void *values, uint64_t n);
/* How many fill values there are, and which. */
unsigned aez_fill_survey_find(const aez_fill_survey *survey, double fill[2]);

#endif
