/* survey_state.h - what a survey has seen: shared by survey.c, which fills it, and the choice of a
 * lattice, which reads it. */
#ifndef AEZ_LATTICE_SURVEY_STATE_H
#define AEZ_LATTICE_SURVEY_STATE_H

#include "lattice.h"

#define SURVEY_DISTINCT_MAX 65536
#define SURVEY_SLOTS (2 * SURVEY_DISTINCT_MAX) /* a power of two */

/* The two largest (or smallest) different values, and how often the outermost occurs. Values are
 * kept negated for the smallest, so one rule serves both ends. */
typedef struct survey_end {
    double   outer, inner;
    uint64_t n_outer;
} survey_end;

/* Whether the values are decimals. A value that d digits write exactly is written exactly by d + 1,
 * so one pass with a rising d finds the smallest. */
typedef struct survey_decimals {
    unsigned digits;  /* serve all values so far but the n_off; SURVEY_NO_DIGITS: none does */
    uint64_t n_off;   /* values too large for the lattice: undeclared fill values, mostly */
    double   largest; /* magnitude of the others */
} survey_decimals;

struct aez_survey {
    aez_mem   mem;
    aez_field field; /* name is not kept */
    int       exact; /* lossless, or a bound of 0: distinct values are wanted */
    int       has_missing;
    uint64_t  missing;

    uint64_t   n, n_missing, n_nan, n_infinite, n_minus_zero;
    survey_end top, bottom; /* of the finite, non-missing values; -inf while unknown */
    int64_t    low, high;   /* integer types but u64; ordered as i64 */
    uint64_t   ulow, uhigh; /* u64 */
    double     smallest;    /* point-wise bound: smallest nonzero magnitude, or +inf */

    int             widened; /* f64: every finite value so far is a widened float32 */
    survey_decimals decimals;
    survey_decimals decimals32; /* f64: the same for (double) (float) (k / 10^d) */

    int       counting; /* distinct patterns of finite values are still counted */
    uint32_t  n_distinct, distinct_max;
    int       has_zero; /* pattern 0 is among them: `slots` uses 0 for free */
    uint64_t *slots;    /* [SURVEY_SLOTS] open addressing */
    uint64_t  last;     /* the last pattern looked up */
};

#define SURVEY_NO_DIGITS 255u
#define SURVEY_DIGITS_MAX 17u
/* |k| of a decimal stays below: then decimals of the type's precision are distinct values of it,
 * and noise, which any fine enough grid can write, does not pass for decimals. */
#define SURVEY_K_MAX_F32 16777216.0           /* 2^24 */
#define SURVEY_K_MAX_F64 1125899906842624.0   /* 2^50 */

/* Values that are finite and not missing. */
static inline uint64_t survey_n_finite(const aez_survey *s)
{
    return s->n - s->n_missing - s->n_nan - s->n_infinite;
}

#endif
