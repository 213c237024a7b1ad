/* stamp.c - dates and times in text <-> counts of days, minutes, seconds or fractions. */
#include "stamp.h"

#include <string.h>

typedef struct parts {
    int year, month, day, hour, minute, second;
    int fraction, n_fraction; /* 10^-n_fraction seconds */
} parts;

/* Days since 1970-01-01; the year starts in March so that leap days end it. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2) + 400; /* never negative: years begin at 0 */
    int64_t era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (era - 1) * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, parts *p)
{
    int64_t z = days + 719468 + 146097, era = z / 146097, doe = z % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    p->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    p->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    p->year = (int)(yoe + (era - 1) * 400 + (p->month <= 2));
}

static int digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads n digits, or 1 to n without a leading zero; returns how many, 0 if there are none. */
static size_t take_digits(const char *text, size_t left, size_t n, int padded, int *value)
{
    size_t i = 0;
    *value = 0;
    while (i < n && i < left && digit(text[i]))
        *value = *value * 10 + (text[i++] - '0');
    if (i == 0 || (padded && i < n) || (!padded && i > 1 && text[0] == '0'))
        return 0;
    return i;
}

static int *part_of(parts *p, char letter)
{
    switch (letter) {
    case 'Y': return &p->year;
    case 'M': case 'N': return &p->month;
    case 'D': case 'd': return &p->day;
    case 'h': case 'H': return &p->hour;
    case 'm': return &p->minute;
    case 's': return &p->second;
    default: return NULL;
    }
}

static int unpadded(char letter)
{
    return letter == 'N' || letter == 'd' || letter == 'H';
}

/* 0 days, 1 hours, 2 minutes, 3 seconds or fractions. */
static int finest(const char *pattern)
{
    if (strchr(pattern, 's'))
        return 3;
    if (strchr(pattern, 'm'))
        return 2;
    return strchr(pattern, 'h') || strchr(pattern, 'H') ? 1 : 0;
}

int aez_stamp_valid(const char *pattern)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
    size_t n = strlen(pattern);
    if (n >= AEZ_STAMP_PATTERN)
        return 0;
    for (size_t i = 0; i < n; i++) {
        year += pattern[i] == 'Y';
        month += pattern[i] == 'M' || pattern[i] == 'N';
        day += pattern[i] == 'D' || pattern[i] == 'd';
        hour += pattern[i] == 'h' || pattern[i] == 'H';
        minute += pattern[i] == 'm';
        second += pattern[i] == 's';
        fraction += pattern[i] == 'f';
    }
    return year == 1 && month == 1 && day == 1 && hour <= 1 && minute <= hour &&
           second <= minute && fraction <= 6 && (fraction == 0 || second);
}

int aez_stamp_parse(const char *pattern, const char *text, size_t size, int64_t *count)
{
    static const int month_days[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    parts   p = { 0, 1, 1, 0, 0, 0, 0, 0 };
    size_t  at = 0;
    int     level = finest(pattern), leap;
    int64_t v;
    for (; *pattern; pattern++) {
        int *part = part_of(&p, *pattern);
        if (part) {
            size_t n = take_digits(text + at, size - at, *pattern == 'Y' ? 4 : 2,
                                   !unpadded(*pattern), part);
            if (n == 0)
                return 0;
            at += n;
        } else if (*pattern == 'f') {
            if (at >= size || !digit(text[at]))
                return 0;
            p.fraction = p.fraction * 10 + (text[at++] - '0');
            p.n_fraction++;
        } else if (at >= size || text[at++] != *pattern) {
            return 0;
        }
    }
    leap = p.year % 4 == 0 && (p.year % 100 != 0 || p.year % 400 == 0);
    if (at != size || p.month < 1 || p.month > 12 || p.day < 1 ||
        p.day > month_days[p.month - 1] || (p.month == 2 && p.day == 29 && !leap) ||
        p.hour > 23 || p.minute > 59 || p.second > 59)
        return 0;
    v = days_of(p.year, p.month, p.day);
    if (level >= 1)
        v = v * 24 + p.hour;
    if (level >= 2)
        v = v * 60 + p.minute;
    if (level >= 3)
        v = v * 60 + p.second;
    for (int i = 0; i < p.n_fraction; i++)
        v *= 10; /* below 3 * 10^11 seconds * 10^6 */
    *count = v + p.fraction;
    return 1;
}

/* Quotient rounded down; *rest is 0 .. by - 1. */
static int64_t divide(int64_t v, int64_t by, int *rest)
{
    int64_t q = v / by, r = v % by;
    if (r < 0) {
        r += by;
        q--;
    }
    *rest = (int)r;
    return q;
}

static size_t put_digits(char *text, int value, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        text[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return (size_t)n;
}

size_t aez_stamp_write(const char *pattern, int64_t count, char *text)
{
    parts   p = { 0, 1, 1, 0, 0, 0, 0, 0 };
    int     level = finest(pattern), left;
    size_t  at = 0;
    int64_t scale = 1;
    for (const char *c = pattern; *c; c++)
        if (*c == 'f') {
            scale *= 10;
            p.n_fraction++;
        }
    count = divide(count, scale, &p.fraction);
    if (level >= 3)
        count = divide(count, 60, &p.second);
    if (level >= 2)
        count = divide(count, 60, &p.minute);
    if (level >= 1)
        count = divide(count, 24, &p.hour);
    if (count < -719528 || count > 2932896) /* 0000-01-01 .. 9999-12-31 */
        return 0;
    date_of(count, &p);
    left = p.n_fraction;
    for (; *pattern; pattern++) {
        int *part = part_of(&p, *pattern);
        if (part) {
            int n = *pattern == 'Y' ? 4 : unpadded(*pattern) && *part < 10 ? 1 : 2;
            at += put_digits(text + at, *part, n);
        } else if (*pattern == 'f') {
            int shifted = p.fraction;
            for (int i = 1; i < left; i++)
                shifted /= 10;
            text[at++] = (char)('0' + shifted % 10);
            left--;
        } else {
            text[at++] = *pattern;
        }
    }
    return at;
}

typedef struct group {
    size_t at, n;
} group;

/* Writes the text with letters in place of its first groups of digits; 0 when they do not fit. */
static int make_pattern(const char *text, size_t size, const group *g, size_t n_groups,
                        const char *order, int lax, char *pattern)
{
    size_t at = 0, n = 0;
    for (size_t i = 0; i < n_groups; i++) {
        char letter = i < 3 ? order[i] : i < 6 ? "hms"[i - 3] : 'f';
        while (at < g[i].at)
            pattern[n++] = text[at++];
        if (letter == 'f') {
            if (g[i].n > 6 || text[at - 1] != '.')
                return 0;
            for (size_t j = 0; j < g[i].n; j++)
                pattern[n++] = 'f';
        } else {
            if (letter == 'Y' ? g[i].n != 4 : g[i].n > 2)
                return 0;
            if (lax && letter != 'Y' && letter != 'm' && letter != 's')
                letter = letter == 'M' ? 'N' : letter == 'D' ? 'd' : 'H';
            pattern[n++] = letter;
        }
        at += g[i].n;
    }
    while (at < size)
        pattern[n++] = text[at++];
    pattern[n] = 0;
    return aez_stamp_valid(pattern);
}

size_t aez_stamp_guess(const char *text, size_t size, char (*patterns)[AEZ_STAMP_PATTERN],
                       size_t max)
{
    static const char orders[3][4] = { "YMD", "DMY", "MDY" };
    group  g[7];
    size_t n_groups = 0, n = 0;
    if (size < 8 || size >= AEZ_STAMP_PATTERN - 10)
        return 0;
    for (size_t i = 0; i < size;) {
        if (text[i] == 0 || (!digit(text[i]) && strchr("YMDhmsfNdH", text[i])))
            return 0;
        if (!digit(text[i])) {
            i++;
            continue;
        }
        if (n_groups == 7)
            return 0;
        g[n_groups].at = i;
        while (i < size && digit(text[i]))
            i++;
        g[n_groups].n = i - g[n_groups].at;
        n_groups++;
    }
    if (n_groups < 3)
        return 0;
    for (int lax = 0; lax < 2; lax++)
        for (size_t o = 0; o < 3 && n < max; o++)
            n += (size_t)make_pattern(text, size, g, n_groups, orders[o], lax, patterns[n]);
    return n;
}
