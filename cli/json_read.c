/* json_read.c - reads JSON piece by piece, strictly (RFC 8259), from bytes that are not trusted. */
#include "platform.h"

#include "json_read.h"

#include <stdlib.h>

static void skip_blanks(aez_json_reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

bool aez_json_take(aez_json_reader *r, char c)
{
    skip_blanks(r);
    if (r->p == r->end || *r->p != (uint8_t)c)
        return false;
    r->p++;
    return true;
}

bool aez_json_at_end(aez_json_reader *r)
{
    skip_blanks(r);
    return r->p == r->end;
}

bool aez_json_read_u64(aez_json_reader *r, uint64_t *out)
{
    uint64_t v = 0;
    bool     any = false;
    skip_blanks(r);
    if (r->end - r->p > 1 && r->p[0] == '0' && r->p[1] >= '0' && r->p[1] <= '9')
        return false;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
        unsigned digit = (unsigned)(*r->p - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
        any = true;
    }
    *out = v;
    return any && (r->p == r->end || (*r->p != '.' && *r->p != 'e' && *r->p != 'E'));
}

/* Four hexadecimal digits. */
static bool read_unit(aez_json_reader *r, uint32_t *unit)
{
    *unit = 0;
    if (r->end - r->p < 4)
        return false;
    for (int i = 0; i < 4; i++, r->p++) {
        uint8_t c = *r->p;
        if (c >= '0' && c <= '9')
            *unit = *unit << 4 | (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            *unit = *unit << 4 | (uint32_t)((c | 32) - 'a' + 10);
        else
            return false;
    }
    return true;
}

static size_t put_utf8(char *dst, uint32_t c)
{
    if (c < 0x80) {
        dst[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        dst[0] = (char)(0xC0 | c >> 6);
        dst[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        dst[0] = (char)(0xE0 | c >> 12);
        dst[1] = (char)(0x80 | (c >> 6 & 63));
        dst[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    dst[0] = (char)(0xF0 | c >> 18);
    dst[1] = (char)(0x80 | (c >> 12 & 63));
    dst[2] = (char)(0x80 | (c >> 6 & 63));
    dst[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* What follows a backslash: at most as many bytes as it takes. 0: nothing that JSON knows. */
static size_t read_escape(aez_json_reader *r, char *dst)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t          c, low;
    uint8_t           letter;
    if (r->p == r->end)
        return 0;
    letter = *r->p++;
    for (size_t i = 0; i < sizeof letters - 1; i++)
        if (letter == (uint8_t)letters[i]) {
            dst[0] = values[i];
            return 1;
        }
    if (letter != 'u' || !read_unit(r, &c) || c == 0)
        return 0;
    if (c >= 0xD800 && c < 0xDC00) {
        if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u')
            return 0;
        r->p += 2;
        if (!read_unit(r, &low) || low < 0xDC00 || low > 0xDFFF)
            return 0;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    } else if (c >= 0xDC00 && c < 0xE000) {
        return 0;
    }
    return put_utf8(dst, c);
}

char *aez_json_read_string(aez_json_reader *r)
{
    const uint8_t *start;
    size_t         n = 0;
    char          *text;
    if (!aez_json_take(r, '"'))
        return NULL;
    for (start = r->p; start < r->end && *start != '"'; start++)
        if (*start == '\\' && start + 1 < r->end)
            start++;
    text = malloc((size_t)(start - r->p) + 1); /* escapes only shrink */
    if (!text)
        return NULL;
    while (r->p < r->end && *r->p != '"') {
        uint8_t c = *r->p++;
        size_t  size = 1;
        if (c == '\\')
            size = read_escape(r, text + n);
        else if (c < 0x20)
            size = 0;
        else
            text[n] = (char)c;
        if (size == 0) {
            free(text);
            return NULL;
        }
        n += size;
    }
    if (r->p == r->end) {
        free(text);
        return NULL;
    }
    r->p++;
    text[n] = '\0';
    return text;
}
