/* column.c - what an integer of a column stands for, and how its cell is written. */
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/floatbits.h"

#define LEVELS_MAX 1000 /* of a DECFLOAT: more than all orders of binary64 */

static double real_of_bits(int64_t k, unsigned width)
{
    uint64_t bits = aez_bits_from_ordered(k, width);
    double   v;
    if (width == 32) {
        uint32_t low = (uint32_t)bits;
        float    f;
        memcpy(&f, &low, sizeof f);
        return (double)f;
    }
    memcpy(&v, &bits, sizeof v);
    return v;
}

static int64_t ordered_of_real(double v, unsigned width)
{
    uint64_t bits;
    if (width == 32) {
        float    f = (float)v;
        uint32_t low;
        memcpy(&low, &f, sizeof low);
        return aez_ordered_from_bits(low, 32);
    }
    memcpy(&bits, &v, sizeof bits);
    return aez_ordered_from_bits(bits, 64);
}

/* k of a DECFLOAT: 0 .. 10^N - 1 on the finest grid, then 9 * 10^(N-1) numbers a level, each level
 * ten times coarser than the one before. */
static int decfloat_value(const aez_column *c, int64_t k, aez_decimal *out)
{
    uint64_t magnitude = k < 0 ? 0 - (uint64_t)k : (uint64_t)k;
    uint64_t top = aez_power10((int)c->precision), low = top / 10, level = 0;
    if (magnitude >= top)
        level = (magnitude - low) / (9 * low);
    if (level > LEVELS_MAX)
        return 0;
    out->m = magnitude - level * 9 * low;
    out->e = (int)level - c->places;
    out->neg = k < 0;
    aez_decimal_trim(out);
    return 1;
}

static int decfloat_index(const aez_column *c, const aez_number *number, int64_t *k)
{
    const aez_decimal *d = &number->value;
    uint64_t           low = aez_power10((int)c->precision) / 10, u;
    int                grid = -c->places, level, exact;
    int64_t            m;
    if (d->m && aez_decimal_order(d) - (int)c->precision + 1 > grid)
        grid = aez_decimal_order(d) - (int)c->precision + 1;
    level = grid + c->places;
    if (level > LEVELS_MAX || !aez_decimal_scale(d, grid, AEZ_ROUND_NEAREST, &m, &exact))
        return 0;
    if (c->detour == AEZ_DETOUR_NONE && !exact)
        return 0;
    u = (uint64_t)(m < 0 ? -m : m);
    if ((uint64_t)level > (((uint64_t)1 << 62) - u) / (9 * low))
        return 0;
    u += (uint64_t)level * 9 * low;
    *k = m < 0 ? -(int64_t)u : (int64_t)u;
    return 1;
}

/* Level of the numbers whose part above 10^-coarse is `upper`, not zero. */
static int level_of(const aez_column *c, uint64_t upper)
{
    int level = aez_count_digits(upper) - c->coarse - (int)c->precision + c->places;
    return level > 0 ? level : 0;
}

uint64_t aez_column_radix(const aez_column *c, int64_t upper)
{
    uint64_t u = upper < 0 ? 0 - (uint64_t)upper : (uint64_t)upper;
    int      digits;
    if (u == 0)
        return 2 * aez_power10(c->places - c->coarse); /* with the sign */
    digits = c->places - c->coarse - level_of(c, u);
    return digits > 0 ? aez_power10(digits) : 1;
}

int aez_column_part(const aez_column *c, int64_t k, int64_t *upper, uint64_t *fine)
{
    uint64_t magnitude = k < 0 ? 0 - (uint64_t)k : (uint64_t)k, power, u;
    uint64_t top = aez_power10((int)c->precision), low = top / 10, level = 0;
    int      below;
    if (magnitude >= top)
        level = (magnitude - low) / (9 * low);
    magnitude -= level * 9 * low;
    if (level > LEVELS_MAX || (int)level - c->places + c->coarse > 18)
        return 0;
    below = c->places - c->coarse - (int)level; /* decimal digits below the coarse grid */
    if (below <= 0) {
        power = aez_power10(-below);
        if (magnitude > ((uint64_t)1 << 62) / power)
            return 0;
        u = magnitude * power;
        *fine = 0;
    } else {
        power = aez_power10(below);
        u = magnitude / power;
        *fine = magnitude % power;
        if (u == 0) {
            *fine *= aez_power10((int)level);
            if (k < 0)
                *fine += aez_power10(c->places - c->coarse);
        }
    }
    *upper = k < 0 ? -(int64_t)u : (int64_t)u;
    return 1;
}

int aez_column_unite(const aez_column *c, int64_t upper, uint64_t fine, int64_t *k)
{
    uint64_t u = upper < 0 ? 0 - (uint64_t)upper : (uint64_t)upper, power;
    uint64_t low = aez_power10((int)c->precision) / 10;
    int      level, below, neg = upper < 0;
    if (u == 0) {
        power = aez_power10(c->places - c->coarse);
        neg = fine >= power;
        u = neg ? fine - power : fine;
        level = aez_count_digits(u) - (int)c->precision;
        level = level > 0 ? level : 0;
        if (u % aez_power10(level))
            return 0;
        u /= aez_power10(level);
    } else {
        level = level_of(c, u);
        below = c->places - c->coarse - level;
        if (below < -18)
            return 0;
        power = aez_power10(below < 0 ? -below : below);
        if (below < 0 && u % power)
            return 0;
        u = below < 0 ? u / power : u * power + fine;
    }
    if (level > LEVELS_MAX || (uint64_t)level > ((uint64_t)1 << 62) / (9 * low))
        return 0;
    u += (uint64_t)level * 9 * low;
    *k = neg ? -(int64_t)u : (int64_t)u;
    return u <= (uint64_t)1 << 62;
}

/* Digits of a binary float as the column prints them. */
static int print_real(const aez_column *c, double v, aez_decimal *out)
{
    if (!isfinite(v))
        return 0;
    if (c->print == AEZ_PRINT_PRECISION)
        aez_decimal_precision(out, v, (int)c->print_digits);
    else if (c->print == AEZ_PRINT_PLACES)
        return aez_decimal_places(out, v, (int)c->print_digits);
    else
        aez_decimal_shortest(out, v, c->print_width);
    return 1;
}

static int take_detour(const aez_column *c, aez_decimal *d)
{
    double v;
    if (c->detour == AEZ_DETOUR_NONE)
        return 1;
    if (c->detour == AEZ_DETOUR_STEPWISE) {
        v = aez_decimal_stepwise(d);
        if (c->print == AEZ_PRINT_SHORTEST && d->m < 1000000000000000u && v == aez_decimal_real(d))
            return 1; /* up to 15 digits are their own shortest text */
        return print_real(c, v, d);
    }
    v = (double)(float)aez_decimal_real(d);
    if (c->detour == AEZ_DETOUR_BOTH) {
        if (!isfinite(v))
            return 0;
        aez_decimal_shortest(d, v, 64);
        v = aez_decimal_stepwise(d);
    }
    return print_real(c, v, d);
}

int aez_column_decimal(const aez_column *c, int64_t k, aez_decimal *out)
{
    if (c->kind == AEZ_COLUMN_FLOAT)
        return print_real(c, real_of_bits(k, c->width_bits), out);
    if (c->kind == AEZ_COLUMN_DECFLOAT) {
        if (!decfloat_value(c, k, out))
            return 0;
    } else {
        uint64_t m = (uint64_t)c->base + c->unit * (uint64_t)k; /* modulo 2^64 */
        out->neg = (int64_t)m < 0;
        out->m = out->neg ? 0 - m : m;
        out->e = -c->places;
        aez_decimal_trim(out);
    }
    return take_detour(c, out);
}

size_t aez_column_write(const aez_column *c, int64_t k, char *text)
{
    aez_decimal d;
    if (c->kind == AEZ_COLUMN_STAMP)
        return aez_stamp_write(c->pattern, (int64_t)((uint64_t)c->base + c->unit * (uint64_t)k),
                               text);
    return aez_column_decimal(c, k, &d) ? aez_notation_write(&c->notation, &d, text) : 0;
}

int aez_column_index(const aez_column *c, const aez_number *number, int64_t *k)
{
    int64_t      m;
    int          exact;
    aez_rounding rounding = c->step % 2 ? AEZ_ROUND_NEAREST : AEZ_ROUND_FLOOR;
    if (c->kind == AEZ_COLUMN_FLOAT) {
        *k = ordered_of_real(number->real, c->width_bits);
        return 1;
    }
    if (c->kind == AEZ_COLUMN_DECFLOAT)
        return decfloat_index(c, number, k);
    if (!aez_decimal_scale(&number->value, -c->places, rounding, &m, &exact))
        return 0;
    if (!exact && c->detour == AEZ_DETOUR_NONE && c->step == 1)
        return 0;
    if (c->unit == 1 && c->base == 0) {
        *k = m;
        return 1;
    }
    uint64_t above = (uint64_t)m - (uint64_t)c->base; /* base is the least value: not negative */
    if (m < c->base || above % c->unit)
        return 0;
    *k = (int64_t)(above / c->unit);
    return 1;
}

aez_cell aez_column_strip(const aez_column *c, aez_cell cell)
{
    if (c->lead || c->width)
        while (cell.size && cell.text[0] == ' ') {
            cell.text++;
            cell.size--;
        }
    return cell;
}

static int needs_quotes(const aez_table_schema *s, const aez_column *c, const char *text,
                        size_t size)
{
    switch (c->quoting) {
    case AEZ_QUOTE_ALWAYS:
        return 1;
    case AEZ_QUOTE_NOT_BLANK:
        return size != 0 && !(size == 2 && text[0] == 'N' && text[1] == 'A');
    case AEZ_QUOTE_NEVER:
        return 0;
    case AEZ_QUOTE_NEEDED:
        break;
    }
    for (size_t i = 0; i < size; i++)
        if (text[i] == s->delimiter || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
            return 1;
    return 0;
}

void aez_table_put_cell(const aez_table_schema *s, const aez_column *c, const char *text,
                        size_t size, aez_buf *out)
{
    size_t blanks = c->width > size ? c->width - size : 0;
    if (blanks < c->lead)
        blanks = c->lead;
    while (blanks--)
        aez_put(out, " ", 1);
    if (!needs_quotes(s, c, text, size)) {
        aez_put(out, text, size);
        return;
    }
    aez_put(out, "\"", 1);
    while (size) {
        const char *q = memchr(text, '"', size);
        size_t      n = q ? (size_t)(q - text) + 1 : size;
        aez_put(out, text, n);
        if (q)
            aez_put(out, "\"", 1);
        text += n;
        size -= n;
    }
    aez_put(out, "\"", 1);
}

void aez_table_column_text(const aez_column *c, char *text, size_t size)
{
    static const char *const detours[] = { "", " via binary32", " stepwise",
                                           " via binary32, stepwise" };
    int n = 0;
    switch (c->kind) {
    case AEZ_COLUMN_TEXT:
        snprintf(text, size, "text");
        return;
    case AEZ_COLUMN_DICTIONARY:
        snprintf(text, size, "dictionary of %u", (unsigned)c->n_entries);
        return;
    case AEZ_COLUMN_STAMP:
        n = snprintf(text, size, "stamp %s", c->pattern);
        break;
    case AEZ_COLUMN_DECIMAL:
        n = snprintf(text, size, "decimal, %d places%s", c->places, detours[c->detour]);
        break;
    case AEZ_COLUMN_DECFLOAT:
        n = snprintf(text, size, "%u digits, %d places%s", c->precision, c->places,
                     detours[c->detour]);
        break;
    case AEZ_COLUMN_FLOAT:
        n = snprintf(text, size, "float%u", c->width_bits);
        break;
    }
    if (n < 0 || (size_t)n >= size)
        return;
    if (c->n_entries)
        snprintf(text + n, size - (size_t)n, ", table of %u", (unsigned)c->n_entries);
    else if (c->step > 1)
        snprintf(text + n, size - (size_t)n, ", step %llu", (unsigned long long)c->step);
}
