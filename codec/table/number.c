/* number.c - decimal numbers in text, exactly: parsing, conversion to and from binary floats. */
#include "number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_TEXT 800 /* digits beyond this cannot matter: longer cells are not numbers */

uint64_t aez_power10(int n)
{
    static const uint64_t power[20] = {
        1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u,
        10000000000u, 100000000000u, 1000000000000u, 10000000000000u, 100000000000000u,
        1000000000000000u, 10000000000000000u, 100000000000000000u, 1000000000000000000u,
        10000000000000000000u
    };
    return power[n];
}

int aez_count_digits(uint64_t m)
{
    int n = 0;
    while (n < 20 && m >= aez_power10(n)) {
        n++;
        if (n == 20)
            break;
    }
    return n;
}

void aez_decimal_trim(aez_decimal *d)
{
    if (d->m == 0) {
        d->e = 0;
        return;
    }
    while (d->m % 10 == 0) {
        d->m /= 10;
        d->e++;
    }
}

int aez_decimal_order(const aez_decimal *d)
{
    return aez_count_digits(d->m) - 1 + d->e;
}

/* Writes m without locale: digits, 'e', exponent. */
static size_t put_scientific(char *text, uint64_t m, int e)
{
    char   digits[20];
    size_t n = 0, size = 0;
    unsigned magnitude = (unsigned)(e < 0 ? -e : e);
    do
        digits[n++] = (char)('0' + m % 10);
    while (m /= 10);
    while (n)
        text[size++] = digits[--n];
    text[size++] = 'e';
    if (e < 0)
        text[size++] = '-';
    do
        digits[n++] = (char)('0' + magnitude % 10);
    while (magnitude /= 10);
    while (n)
        text[size++] = digits[--n];
    text[size] = 0;
    return size;
}

double aez_decimal_real(const aez_decimal *d)
{
    /* Powers of ten up to 10^22 and integers below 2^53 are exact, so one rounding remains. */
    static const double exact[23] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    double v;
    if (d->m < ((uint64_t)1 << 53) && d->e >= -22 && d->e <= 22) {
        v = (double)d->m;
        v = d->e < 0 ? v / exact[-d->e] : v * exact[d->e];
    } else {
        char text[40];
        put_scientific(text, d->m, d->e);
        v = strtod(text, NULL); /* without a decimal point no locale matters */
    }
    return d->neg ? -v : v;
}

double aez_decimal_stepwise(const aez_decimal *d)
{
    char     digits[20];
    int      n = 0;
    uint64_t m = d->m;
    unsigned left = (unsigned)(d->e < 0 ? -d->e : d->e);
    double   v = 0, power = 10;
    do
        digits[n++] = (char)(m % 10);
    while (m /= 10);
    if (d->m < ((uint64_t)1 << 53)) {
        v = (double)d->m; /* every partial sum is exact */
    } else {
        while (n)
            v = v * 10 + digits[--n];
    }
    for (; left; left >>= 1) {
        if (left & 1)
            v = d->e < 0 ? v / power : v * power;
        power *= power;
    }
    return d->neg ? -v : v;
}

/* Digits from printf's %e form: everything that is no digit before the 'e' is sign or separator. */
static void read_scientific(aez_decimal *out, const char *text)
{
    int n_frac = -1;
    out->m = 0;
    out->neg = *text == '-';
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9')
            continue;
        out->m = out->m * 10 + (uint64_t)(*text - '0');
        n_frac++;
    }
    out->e = (*text ? (int)strtol(text + 1, NULL, 10) : 0) - n_frac;
    aez_decimal_trim(out);
}

void aez_decimal_precision(aez_decimal *out, double v, int p)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", p - 1, v);
    read_scientific(out, text);
    out->neg = signbit(v) != 0;
}

int aez_decimal_places(aez_decimal *out, double v, int places)
{
    char        text[64];
    const char *p;
    if (!(fabs(v) < 1e18) || places < 0 || places > 18)
        return 0;
    snprintf(text, sizeof text, "%.*f", places, v);
    out->m = 0;
    for (p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            continue;
        if (out->m >= aez_power10(17))
            return 0;
        out->m = out->m * 10 + (uint64_t)(*p - '0');
    }
    out->e = -places;
    out->neg = signbit(v) != 0;
    aez_decimal_trim(out);
    return 1;
}

/* v * 10^s rounded to nearest even for a binary32 value; 0 when 64 bits do not suffice. */
static int scale_single(uint64_t f, int e2, int s, uint64_t *m)
{
    uint64_t five = 1;
    int      shift = e2 + s;
    if (s < 0 || s > 17)
        return 0;
    for (int i = 0; i < s; i++)
        five *= 5; /* 5^17 < 2^40 and f < 2^24 */
    f *= five;
    if (shift >= 0)
        return 0;
    shift = -shift;
    if (shift > 62)
        return 0;
    *m = f >> shift;
    uint64_t rest = f & (((uint64_t)1 << shift) - 1), half = (uint64_t)1 << (shift - 1);
    if (rest > half || (rest == half && (*m & 1)))
        ++*m;
    return 1;
}

/* The fast road for common binary32 values; the result is that of the general one. */
static int shortest_single(aez_decimal *out, float v)
{
    uint32_t bits;
    uint64_t f, m;
    int      e2, order;
    memcpy(&bits, &v, sizeof bits);
    e2 = (int)(bits >> 23 & 0xFF) - 150;
    f = (bits & 0x7FFFFF) | 0x800000;
    if (e2 == -150)
        return 0;
    if (!scale_single(f, e2, 0, &m))
        return 0;
    order = aez_count_digits(f >> -e2 ? f >> -e2 : 0) - 1; /* exponent of ten if v >= 1 */
    if (order < 0)
        return 0;
    for (int p = 6; p <= 9; p++) {
        if (p - 1 - order < 0 || !scale_single(f, e2, p - 1 - order, &m))
            return 0;
        out->m = m;
        out->e = order - p + 1;
        out->neg = bits >> 31 != 0;
        if ((float)aez_decimal_real(out) == v)
            break;
    }
    aez_decimal_trim(out);
    return 1;
}

void aez_decimal_shortest(aez_decimal *out, double v, unsigned width)
{
    int last = width == 32 ? 9 : 17;
    if (width == 32 && shortest_single(out, (float)v))
        return;
    for (int p = width == 32 ? 6 : 15; p <= last; p++) {
        double back;
        aez_decimal_precision(out, v, p);
        back = aez_decimal_real(out);
        if (width == 32 ? (float)back == (float)v : back == v)
            return;
    }
}

int aez_decimal_scale(const aez_decimal *d, int q, aez_rounding rounding, int64_t *m, int *exact)
{
    uint64_t u = d->m;
    int      shift = u ? d->e - q : 0;
    *exact = shift >= 0; /* trimmed: digits cut off are not all zero */
    if (shift > 19)
        return 0;
    if (shift >= 0) {
        uint64_t power = aez_power10(shift);
        if (u > ((uint64_t)1 << 62) / power)
            return 0;
        u *= power;
    } else if (shift < -19) {
        u = rounding == AEZ_ROUND_FLOOR && d->neg;
    } else {
        uint64_t power = aez_power10(-shift), rest = u % power;
        u /= power;
        if (rounding == AEZ_ROUND_FLOOR)
            u += d->neg != 0;
        else
            u += rest >= power - rest;
    }
    if (u > (uint64_t)1 << 62)
        return 0;
    *m = d->neg ? -(int64_t)u : (int64_t)u;
    return 1;
}

/* One pass over the digits; returns where they end. */
static size_t parse_digits(aez_number *out, const char *text, size_t size, size_t i, int *dropped)
{
    uint64_t m = 0;
    int      n_kept = 0;
    for (; i < size; i++) {
        char c = text[i];
        if (c == '.' && !out->has_point) {
            out->has_point = 1;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        if (out->has_point)
            out->n_frac++;
        else
            out->n_int++;
        if (!out->has_point && out->n_int == 2 && m == 0)
            out->zero_led = 1;
        if (n_kept == 0 && c == '0') {
            out->value.e -= out->has_point;
        } else if (n_kept < AEZ_DECIMAL_DIGITS) {
            m = m * 10 + (uint64_t)(c - '0');
            n_kept++;
            out->value.e -= out->has_point;
        } else {
            out->value.e += !out->has_point;
            *dropped |= c != '0';
        }
    }
    out->value.m = m;
    return i;
}

static int parse_exponent(aez_number *out, const char *text, size_t size, size_t i)
{
    int e = 0, neg = 0;
    out->letter = text[i++];
    if (i < size && (text[i] == '+' || text[i] == '-')) {
        neg = text[i] == '-';
        out->exp_plus = !neg;
        i++;
    }
    for (; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || out->exp_digits == 5)
            return 0;
        e = e * 10 + (text[i] - '0');
        out->exp_digits++;
    }
    out->value.e += neg ? -e : e;
    return out->exp_digits > 0;
}

/* More than 19 digits: the nearest binary64 of all of them. */
static double real_of_long(const char *text, size_t size)
{
    char   digits[LONG_TEXT + 32];
    size_t n = 0;
    int    e = 0, point = 0;
    size_t i = 0;
    for (; i < size && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.')
            point = 1;
        else if (text[i] >= '0' && text[i] <= '9') {
            digits[n++] = text[i];
            e -= point;
        }
    }
    if (i < size)
        e += (int)strtol(text + i + 1, NULL, 10);
    snprintf(digits + n, 32, "e%d", e);
    return strtod(digits, NULL);
}

int aez_number_parse(aez_number *out, const char *text, size_t size)
{
    size_t i = 0;
    int    dropped = 0;
    if (size == 0 || size > LONG_TEXT || (unsigned char)text[size - 1] > '9')
        return 0;
    memset(out, 0, sizeof *out);
    if (text[0] == '-' || text[0] == '+') {
        out->value.neg = text[0] == '-';
        out->plus = text[0] == '+';
        i = 1;
    }
    i = parse_digits(out, text, size, i, &dropped);
    if (out->n_int + out->n_frac == 0)
        return 0;
    if (i < size) {
        if ((text[i] != 'e' && text[i] != 'E') || !parse_exponent(out, text, size, i))
            return 0;
    }
    aez_decimal_trim(&out->value);
    if (out->value.e <= -AEZ_DECIMAL_EXPONENT || out->value.e >= AEZ_DECIMAL_EXPONENT)
        return 0;
    out->n_digits = aez_count_digits(out->value.m);
    out->exact = !dropped;
    if (dropped) {
        char copy[LONG_TEXT + 1]; /* ends in a zero byte, which strtol needs */
        memcpy(copy, text, size);
        copy[size] = 0;
        out->real = real_of_long(copy, size);
        if (out->value.neg)
            out->real = -out->real;
    } else {
        out->real = aez_decimal_real(&out->value);
    }
    return isfinite(out->real);
}
