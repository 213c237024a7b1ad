/* notation.c - how a column writes its numbers: from a decimal to the very text. */
#include "notation.h"

#include <string.h>

typedef struct pen {
    char  *text;
    size_t size;
} pen;

static void put_char(pen *p, char c)
{
    p->text[p->size++] = c;
}

static void put_zeros(pen *p, int n)
{
    for (int i = 0; i < n; i++)
        put_char(p, '0');
}

static void put_sign(pen *p, const aez_notation *n, const aez_decimal *d)
{
    if (d->neg)
        put_char(p, '-');
    else if (n->flags & AEZ_NOTATION_PLUS)
        put_char(p, '+');
}

/* Digits of m, most significant first; a zero has one digit. */
static int digits_of(uint64_t m, char *digits)
{
    char reversed[20];
    int  n = 0;
    do
        reversed[n++] = (char)('0' + m % 10);
    while (m /= 10);
    for (int i = 0; i < n; i++)
        digits[i] = reversed[n - 1 - i];
    return n;
}

/* Without exponent, with exactly n_frac decimals, or trimmed to at least n_frac. */
static int write_plain(pen *p, const aez_notation *n, const aez_decimal *d, int n_frac, int exactly)
{
    char digits[20];
    int  len = digits_of(d->m, digits), frac = d->e < 0 ? -d->e : 0;
    int  whole = len + d->e; /* digits before the point, may be below 1 */
    if (frac > n_frac) {
        if (exactly)
            return 0;
        n_frac = frac;
    }
    if (n_frac + (whole > 0 ? whole : 1) + 3 > AEZ_NUMBER_TEXT)
        return 0;
    put_sign(p, n, d);
    if (whole <= 0) {
        if (!(n->flags & AEZ_NOTATION_NO_ZERO))
            put_char(p, '0');
    } else {
        for (int i = 0; i < whole; i++)
            put_char(p, i < len ? digits[i] : '0');
    }
    if (n_frac == 0) {
        if (n->flags & AEZ_NOTATION_POINT)
            put_char(p, '.');
        return 1;
    }
    put_char(p, '.');
    put_zeros(p, whole < 0 ? -whole : 0);
    for (int i = whole > 0 ? whole : 0; i < len; i++)
        put_char(p, digits[i]);
    put_zeros(p, n_frac - frac);
    return 1;
}

static void write_exponent(pen *p, const aez_notation *n, int x)
{
    char     digits[20];
    unsigned magnitude = (unsigned)(x < 0 ? -x : x);
    int      len = digits_of(magnitude, digits);
    put_char(p, n->flags & AEZ_NOTATION_UPPER ? 'E' : 'e');
    if (x < 0)
        put_char(p, '-');
    else if (n->flags & AEZ_NOTATION_EXP_PLUS)
        put_char(p, '+');
    put_zeros(p, (int)n->exp_digits - len);
    for (int i = 0; i < len; i++)
        put_char(p, digits[i]);
}

/* With exponent; the mantissa has exactly n_frac decimals, or at least. */
static int write_sci(pen *p, const aez_notation *n, const aez_decimal *d, int n_frac, int exactly)
{
    char digits[20];
    int  len = digits_of(d->m, digits);
    int  zero_led = (n->flags & AEZ_NOTATION_MANTISSA0) != 0;
    int  x = d->m ? len - 1 + d->e : 0, frac = zero_led ? len : len - 1;
    if (d->m == 0)
        frac = 0;
    if (frac > n_frac) {
        if (exactly)
            return 0;
        n_frac = frac;
    }
    put_sign(p, n, d);
    put_char(p, zero_led ? '0' : digits[0]);
    if (n_frac || (n->flags & AEZ_NOTATION_POINT))
        put_char(p, '.');
    for (int i = 0; i < frac; i++)
        put_char(p, digits[i + !zero_led]);
    put_zeros(p, n_frac - frac);
    write_exponent(p, n, d->m ? x + zero_led : 0);
    return 1;
}

size_t aez_notation_write(const aez_notation *n, const aez_decimal *d, char *text)
{
    pen p = { text, 0 };
    int x = d->m ? aez_decimal_order(d) : 0, done = 0;
    switch (n->kind) {
    case AEZ_NOTATION_FIXED:
        done = write_plain(&p, n, d, (int)n->digits, 1);
        break;
    case AEZ_NOTATION_PLAIN:
        done = write_plain(&p, n, d, (int)n->min_frac, 0);
        break;
    case AEZ_NOTATION_SWITCH:
        if (x >= n->lo && x < n->hi)
            done = write_plain(&p, n, d, (int)n->min_frac, 0);
        else
            done = write_sci(&p, n, d, (int)n->sci_frac, 0);
        break;
    case AEZ_NOTATION_SHORTER: {
        char other[AEZ_NUMBER_TEXT];
        pen  q = { other, 0 };
        done = write_plain(&p, n, d, (int)n->min_frac, 0);
        if (write_sci(&q, n, d, (int)n->sci_frac, 0) && (!done || q.size < p.size)) {
            memcpy(text, other, q.size);
            p.size = q.size;
            done = 1;
        }
        break;
    }
    case AEZ_NOTATION_SCI:
        done = write_sci(&p, n, d, (int)n->digits, 1);
        break;
    case AEZ_NOTATION_SCI_TRIM:
        done = write_sci(&p, n, d, (int)n->sci_frac, 0);
        break;
    }
    return done ? p.size : 0;
}

void aez_notation_put(const aez_notation *n, aez_buf *out)
{
    aez_put_u8(out, (unsigned)n->kind);
    aez_put_u8(out, n->flags);
    aez_put_u8(out, n->digits);
    aez_put_u8(out, n->min_frac);
    aez_put_u8(out, n->sci_frac);
    aez_put_u8(out, n->exp_digits);
    aez_put_svarint(out, n->lo);
    aez_put_svarint(out, n->hi);
}

aez_status aez_notation_get(aez_notation *n, aez_rd *in)
{
    unsigned kind = aez_get_u8(in);
    int64_t  lo, hi;
    n->flags = aez_get_u8(in);
    n->digits = aez_get_u8(in);
    n->min_frac = aez_get_u8(in);
    n->sci_frac = aez_get_u8(in);
    n->exp_digits = aez_get_u8(in);
    lo = aez_get_svarint(in);
    hi = aez_get_svarint(in);
    if (in->failed || kind > AEZ_NOTATION_SCI_TRIM || n->flags > 63 || n->digits > 60 ||
        n->min_frac > 60 || n->sci_frac > 60 || n->exp_digits < 1 || n->exp_digits > 4 ||
        lo < -AEZ_DECIMAL_EXPONENT || lo > AEZ_DECIMAL_EXPONENT || hi < -AEZ_DECIMAL_EXPONENT ||
        hi > AEZ_DECIMAL_EXPONENT)
        return AEZ_ERR_CORRUPT;
    n->kind = (aez_notation_kind)kind;
    n->lo = (int)lo;
    n->hi = (int)hi;
    return AEZ_OK;
}

void aez_notation_survey_init(aez_notation_survey *s)
{
    memset(s, 0, sizeof *s);
    s->plain_lo = s->exp_above = AEZ_DECIMAL_EXPONENT;
    s->plain_hi = s->exp_below = -AEZ_DECIMAL_EXPONENT;
    s->min_exp_digits = 4;
}

void aez_notation_survey_add(aez_notation_survey *s, const aez_number *number)
{
    int x = number->value.m ? aez_decimal_order(&number->value) : 0;
    int frac = number->n_frac < 63 ? number->n_frac : 63;
    s->n++;
    s->n_plus += number->plus != 0;
    if (number->n_digits > s->n_digits)
        s->n_digits = number->n_digits;
    if (number->letter) {
        s->n_exp++;
        s->n_upper += number->letter == 'E';
        s->n_exp_plus += number->exp_plus != 0;
        s->n_sci_point += number->has_point != 0;
        s->sci_frac[frac]++;
        s->n_mantissa0 += number->n_int == 1 && number->value.m != 0 &&
                          x + 1 == number->value.e + number->n_digits &&
                          number->n_frac >= number->n_digits;
        if (number->exp_digits < s->min_exp_digits)
            s->min_exp_digits = number->exp_digits;
        if (x < 0 && x > s->exp_below)
            s->exp_below = x;
        if (x >= 0 && x < s->exp_above && number->value.m)
            s->exp_above = x;
        return;
    }
    s->n_point += number->has_point != 0;
    s->n_bare_point += number->has_point && number->n_frac == 0;
    s->n_no_zero += number->n_int == 0;
    s->frac[frac]++;
    if (number->value.m) {
        if (x < s->plain_lo)
            s->plain_lo = x;
        if (x > s->plain_hi)
            s->plain_hi = x;
    }
}

static unsigned commonest(const uint64_t *count)
{
    unsigned best = 0;
    for (unsigned i = 1; i < 61; i++)
        if (count[i] > count[best])
            best = i;
    return best;
}

static unsigned smallest(const uint64_t *count)
{
    for (unsigned i = 0; i < 61; i++)
        if (count[i])
            return i;
    return 0;
}

size_t aez_notation_guess(const aez_notation_survey *s, aez_notation *out, size_t max)
{
    uint64_t     n_plain = s->n - s->n_exp;
    aez_notation base = { AEZ_NOTATION_PLAIN, 0, 0, 0, 0, 2, -4, AEZ_DECIMAL_EXPONENT };
    size_t       n = 0;
    aez_notation all[8];
    if (s->n_plus * 2 > s->n)
        base.flags |= AEZ_NOTATION_PLUS;
    if (s->n_bare_point * 2 > s->frac[0] && s->n_bare_point)
        base.flags |= AEZ_NOTATION_POINT;
    if (s->n_no_zero * 4 > n_plain && s->n_no_zero)
        base.flags |= AEZ_NOTATION_NO_ZERO;
    if (s->n_upper * 2 > s->n_exp)
        base.flags |= AEZ_NOTATION_UPPER;
    if (s->n_exp_plus)
        base.flags |= AEZ_NOTATION_EXP_PLUS;
    if (s->n_mantissa0 * 2 > s->n_exp)
        base.flags |= AEZ_NOTATION_MANTISSA0;
    if (s->n_exp)
        base.exp_digits = (unsigned)s->min_exp_digits;
    base.min_frac = smallest(s->frac);
    base.sci_frac = smallest(s->sci_frac);
    if (s->n_exp * 10 > s->n * 9) {
        base.digits = commonest(s->sci_frac);
        base.kind = s->sci_frac[base.digits] * 10 > s->n_exp * 9 ? AEZ_NOTATION_SCI
                                                                  : AEZ_NOTATION_SCI_TRIM;
        all[n++] = base;
        base.kind = AEZ_NOTATION_SCI_TRIM;
        all[n++] = base;
    }
    base.digits = commonest(s->frac);
    if (s->n_exp == 0) {
        base.kind = AEZ_NOTATION_FIXED;
        if (s->frac[base.digits] == n_plain)
            all[n++] = base;
        base.kind = AEZ_NOTATION_PLAIN;
        all[n++] = base;
        base.kind = AEZ_NOTATION_FIXED;
        all[n++] = base;
    } else {
        base.kind = AEZ_NOTATION_SHORTER;
        all[n++] = base;
        base.kind = AEZ_NOTATION_SWITCH;
        if (s->exp_below > -AEZ_DECIMAL_EXPONENT)
            base.lo = s->exp_below + 1;
        if (s->exp_above < AEZ_DECIMAL_EXPONENT)
            base.hi = s->exp_above;
        all[n++] = base;
    }
    if (n > max)
        n = max;
    memcpy(out, all, n * sizeof *out);
    return n;
}
