/* json.c - writes JSON values. */
#include "platform.h"

#include "json.h"

#include <math.h>

size_t aez_utf8_size(const unsigned char *p)
{
    size_t   n;
    unsigned min2 = 0x80, max2 = 0xBF; /* of the second byte */
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        n = 2;
    else if ((p[0] & 0xF0) == 0xE0)
        n = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        n = 4;
    else
        return 0;
    if (p[0] == 0xE0)
        min2 = 0xA0;
    if (p[0] == 0xED)
        max2 = 0x9F;
    if (p[0] == 0xF0)
        min2 = 0x90;
    if (p[0] == 0xF4)
        max2 = 0x8F;
    if (p[1] < min2 || p[1] > max2)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) /* a closing zero byte ends it too */
            return 0;
    return n;
}

void aez_json_string(FILE *f, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    putc('"', f);
    while (*p) {
        size_t n = aez_utf8_size(p);
        if (n == 0) {
            fputs("\\ufffd", f);
            p++;
        } else if (*p == '"' || *p == '\\') {
            fprintf(f, "\\%c", *p++);
        } else if (*p < 0x20 || *p == 0x7F) {
            fprintf(f, "\\u%04x", *p++);
        } else {
            fwrite(p, 1, n, f);
            p += n;
        }
    }
    putc('"', f);
}

void aez_json_double(FILE *f, double v)
{
    if (isnan(v))
        fputs("\"nan\"", f);
    else if (isinf(v))
        fputs(v < 0 ? "\"-inf\"" : "\"inf\"", f);
    else
        fprintf(f, "%.17g", v);
}
