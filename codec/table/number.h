/* number.h - decimal numbers in text, exactly: parsing, and conversion to and from binary floats.
 *
 * Nothing here depends on the host's locale. Conversions are correctly rounded (to nearest, ties to
 * even), which is what makes them the same for every reader. */
#ifndef AEZ_TABLE_NUMBER_H
#define AEZ_TABLE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define AEZ_DECIMAL_DIGITS 19 /* 10^19 - 1 fits in 64 bits */
#define AEZ_DECIMAL_EXPONENT 400 /* |e| of every decimal that is read or made stays below this */

/* (-1)^neg * m * 10^e, trimmed: m is no multiple of ten, or m is 0 and e is 0. */
typedef struct aez_decimal {
    uint64_t m; /* below 10^19 */
    int      e;
    int      neg;
} aez_decimal;

/* A number as it was written. */
typedef struct aez_number {
    aez_decimal value;
    double      real;       /* nearest binary64, finite */
    int         exact;      /* value holds every digit (at most 19 of them are significant) */
    int         n_digits;   /* significant digits of value; 0 for zero */
    int         n_int;      /* digits written before the point */
    int         n_frac;     /* digits written after it */
    int         has_point;
    int         plus;       /* a leading plus */
    int         zero_led;   /* a zero before another digit of the integer part: 007 */
    char        letter;     /* of the exponent: 'e', 'E', or 0 for none */
    int         exp_plus;   /* the exponent carries a plus */
    int         exp_digits; /* digits written in the exponent */
} aez_number;

/* Nonzero when the whole text is one finite decimal number: sign, digits with at most one point,
 * exponent; no blanks, no hexadecimal, no names. */
int aez_number_parse(aez_number *out, const char *text, size_t size);

/* 10^n for n in 0 .. 19. */
uint64_t aez_power10(int n);
/* Decimal digits of m; 0 for 0. */
int    aez_count_digits(uint64_t m);
void   aez_decimal_trim(aez_decimal *d);
double aez_decimal_real(const aez_decimal *d);
/* Exponent X with 10^X <= |d| < 10^(X+1); d is not zero. */
int aez_decimal_order(const aez_decimal *d);

/* v rounded to p significant digits (1 .. 17), trimmed. v is finite. */
void aez_decimal_precision(aez_decimal *out, double v, int p);
/* v rounded to `places` decimals (0 .. 18); 0 when that needs more than 18 digits. */
int aez_decimal_places(aez_decimal *out, double v, int places);
/* The first of 15, 16, 17 digits (6 .. 9 for a binary32 value) that reads back as the same. */
void aez_decimal_shortest(aez_decimal *out, double v, unsigned width);
typedef enum aez_rounding { AEZ_ROUND_NEAREST = 0, AEZ_ROUND_FLOOR = 1 } aez_rounding;

/* d as an integer multiple of 10^q, rounded (nearest: halves away from zero); *exact tells whether
 * nothing was lost. Nonzero when |*m| <= 2^62. */
int aez_decimal_scale(const aez_decimal *d, int q, aez_rounding rounding, int64_t *m, int *exact);

/* What a widely used reader of tables makes of these digits: whole digits accumulated in binary64,
 * then divided (or multiplied) by 10, 100, 10^4, ... for the set bits of the exponent. */
double aez_decimal_stepwise(const aez_decimal *d);

#endif
