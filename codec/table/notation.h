/* notation.h - how a column writes its numbers: from a decimal to the very text. */
#ifndef AEZ_TABLE_NOTATION_H
#define AEZ_TABLE_NOTATION_H

#include "../base/buf.h"
#include "number.h"

#define AEZ_NUMBER_TEXT 512 /* bytes that one written number may take */

typedef enum aez_notation_kind { /* numbers are those of the file format */
    AEZ_NOTATION_FIXED = 0,   /* always `digits` decimals */
    AEZ_NOTATION_PLAIN = 1,   /* no exponent, decimals trimmed to at least `min_frac` */
    AEZ_NOTATION_SWITCH = 2,  /* PLAIN while lo <= order < hi, else an exponent, trimmed */
    AEZ_NOTATION_SHORTER = 3, /* an exponent where that text is strictly shorter than PLAIN */
    AEZ_NOTATION_SCI = 4,     /* always an exponent, mantissa with `digits` decimals */
    AEZ_NOTATION_SCI_TRIM = 5 /* always an exponent, mantissa trimmed to at least `sci_frac` */
} aez_notation_kind;

enum { /* flags */
    AEZ_NOTATION_PLUS = 1,      /* a plus before what is not negative */
    AEZ_NOTATION_POINT = 2,     /* a point even with no decimals: "0." */
    AEZ_NOTATION_NO_ZERO = 4,   /* ".5" */
    AEZ_NOTATION_EXP_PLUS = 8,  /* e+05 */
    AEZ_NOTATION_UPPER = 16,    /* E */
    AEZ_NOTATION_MANTISSA0 = 32 /* the mantissa starts "0." */
};

typedef struct aez_notation {
    aez_notation_kind kind;
    unsigned          flags;
    unsigned          digits;     /* 0 .. 60 */
    unsigned          min_frac;   /* 0 .. 60 */
    unsigned          sci_frac;   /* 0 .. 60 */
    unsigned          exp_digits; /* at least so many, 1 .. 4 */
    int               lo, hi;     /* orders, -400 .. 400 */
} aez_notation;

/* Writes at most AEZ_NUMBER_TEXT bytes, returns how many; 0 when the notation cannot express d. */
size_t     aez_notation_write(const aez_notation *n, const aez_decimal *d, char *text);
void       aez_notation_put(const aez_notation *n, aez_buf *out);
aez_status aez_notation_get(aez_notation *n, aez_rd *in);

/* Collects how numbers are written, then names the notation that fits most of them. */
typedef struct aez_notation_survey {
    uint64_t n, n_point, n_exp, n_plus, n_no_zero, n_bare_point, n_mantissa0, n_upper, n_exp_plus;
    uint64_t n_sci_point;
    uint64_t frac[64], sci_frac[64]; /* decimals written, without and with an exponent */
    int      plain_lo, plain_hi;     /* orders seen without an exponent */
    int      exp_below, exp_above;   /* largest negative, smallest other order with one */
    int      min_exp_digits;
    int      n_digits;               /* most significant digits */
} aez_notation_survey;

void aez_notation_survey_init(aez_notation_survey *s);
void aez_notation_survey_add(aez_notation_survey *s, const aez_number *number);
/* Candidates in order of likelihood; returns how many (at most max). */
size_t aez_notation_guess(const aez_notation_survey *s, aez_notation *out, size_t max);

#endif
