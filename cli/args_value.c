/* args_value.c - values of options: text to numbers, strictly. */
#include "platform.h"

#include "args_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool aez_value_u64(const char *text, uint64_t *out, const char **rest)
{
    char              *end;
    unsigned long long v;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    v = strtoull(text, &end, 10);
    if (errno != 0 || v > UINT64_MAX)
        return false;
    *out = v;
    *rest = end;
    return true;
}

bool aez_value_count(const char *text, uint64_t max, uint64_t *out)
{
    const char *rest;
    return aez_value_u64(text, out, &rest) && *rest == '\0' && *out <= max;
}

bool aez_value_size(const char *text, uint64_t *out)
{
    const char *rest;
    unsigned    shift = 0;
    if (!aez_value_u64(text, out, &rest))
        return false;
    switch (*rest) {
    case 'k':
    case 'K':
        shift = 10;
        break;
    case 'm':
    case 'M':
        shift = 20;
        break;
    case 'g':
    case 'G':
        shift = 30;
        break;
    default:
        break;
    }
    if (shift > 0)
        rest++;
    if (*rest != '\0' || *out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

bool aez_value_real(const char *text, double *out)
{
    char *end;
    if (*text == '\0' || isspace((unsigned char)*text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0';
}

bool aez_value_widths(const char *text, uint32_t max, uint32_t *dst, uint32_t cap, uint32_t *n)
{
    uint64_t width;
    *n = 0;
    for (;;) {
        if (*n == cap || !aez_value_u64(text, &width, &text) || width < 1 || width > max)
            return false;
        dst[(*n)++] = (uint32_t)width;
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}

bool aez_value_range(const char *text, uint64_t *first, uint64_t *end)
{
    *first = 0;
    *end = UINT64_MAX;
    if (*text != ':' && !aez_value_u64(text, first, &text))
        return false;
    if (*text++ != ':')
        return false;
    if (*text != '\0' && !aez_value_u64(text, end, &text))
        return false;
    return *text == '\0' && *first < *end;
}

int aez_value_word(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0)
            return (int)i;
    return -1;
}
