/* npy.c - headers of NumPy's .npy files, versions 1 to 3. */
#include "platform.h"

#include "npy.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message.h"

/* ---- reading: a Python dictionary of three known keys ---- */

typedef struct text_reader {
    const char *p, *end;
} text_reader;

static void skip_blanks(text_reader *t)
{
    while (t->p < t->end && (*t->p == ' ' || *t->p == '\t' || *t->p == '\n' || *t->p == '\r'))
        t->p++;
}

static bool accept(text_reader *t, const char *word)
{
    size_t n = strlen(word);
    skip_blanks(t);
    if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
        return false;
    t->p += n;
    return true;
}

/* A string in single or double quotes, without escapes. */
static bool read_string(text_reader *t, char *dst, size_t cap)
{
    char   quote;
    size_t n = 0;
    skip_blanks(t);
    if (t->p == t->end || (*t->p != '\'' && *t->p != '"'))
        return false;
    for (quote = *t->p++; t->p < t->end && *t->p != quote; t->p++) {
        if (n + 1 >= cap || *t->p == '\\')
            return false;
        dst[n++] = *t->p;
    }
    if (t->p == t->end)
        return false;
    t->p++;
    dst[n] = '\0';
    return true;
}

static bool read_extent(text_reader *t, uint64_t *out)
{
    uint64_t v = 0;
    bool     any = false;
    skip_blanks(t);
    for (; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++) {
        unsigned digit = (unsigned)(*t->p - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
        any = true;
    }
    if (any && t->p < t->end && *t->p == 'L') /* Python 2's long */
        t->p++;
    *out = v;
    return any;
}

static bool read_tuple(text_reader *t, aez_layout *out)
{
    bool comma = false;
    out->n_dims = 0;
    if (!accept(t, "("))
        return false;
    while (!accept(t, ")")) {
        if ((out->n_dims > 0 && !comma) || out->n_dims == AEZ_LAYOUT_DIMS ||
            !read_extent(t, &out->shape[out->n_dims]))
            return false;
        out->n_dims++;
        comma = accept(t, ",");
    }
    return out->n_dims != 1 || comma; /* (3) is no tuple */
}

/* "<f4": byte order, kind, size */
static bool take_descr(const char *descr, aez_layout *out)
{
    static const struct {
        char     name[4];
        aez_type type;
    } types[] = {{"u1", AEZ_U8},  {"i1", AEZ_I8},  {"u2", AEZ_U16}, {"i2", AEZ_I16},
                 {"u4", AEZ_U32}, {"i4", AEZ_I32}, {"u8", AEZ_U64}, {"i8", AEZ_I64},
                 {"f4", AEZ_F32}, {"f8", AEZ_F64}, {"b1", AEZ_U8}};
    if (strlen(descr) != 3 || !strchr("<>|", descr[0]))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, descr + 1) != 0)
            continue;
        out->type = types[i].type;
        out->is_bool = descr[1] == 'b';
        out->big_endian = descr[0] == '>' && aez_type_size(out->type) > 1;
        return descr[0] != '|' || aez_type_size(out->type) == 1;
    }
    return false;
}

static aez_npy_status read_dictionary(text_reader *t, aez_layout *out, const char **why)
{
    unsigned seen = 0;
    *why = "its header is not one that NumPy writes";
    if (!accept(t, "{"))
        return AEZ_NPY_OTHER;
    while (!accept(t, "}")) {
        char     key[16], descr[16];
        unsigned bit = 0;
        if (!read_string(t, key, sizeof key) || !accept(t, ":"))
            return AEZ_NPY_OTHER;
        if (strcmp(key, "descr") == 0) {
            bit = 1;
            if (!read_string(t, descr, sizeof descr) || !take_descr(descr, out)) {
                *why = "its values are no plain integers or floats that aez codes";
                return AEZ_NPY_OTHER;
            }
        } else if (strcmp(key, "fortran_order") == 0) {
            bit = 2;
            out->fortran = accept(t, "True");
            if (!out->fortran && !accept(t, "False"))
                return AEZ_NPY_OTHER;
        } else if (strcmp(key, "shape") == 0) {
            bit = 4;
            if (!read_tuple(t, out))
                return AEZ_NPY_OTHER;
        }
        if (bit == 0 || (seen & bit))
            return AEZ_NPY_OTHER;
        seen |= bit;
        if (!accept(t, ",")) {
            if (!accept(t, "}"))
                return AEZ_NPY_OTHER;
            break;
        }
    }
    skip_blanks(t);
    return seen == 7 && t->p == t->end ? AEZ_NPY_ARRAY : AEZ_NPY_OTHER;
}

static void reverse_shape(aez_layout *layout)
{
    for (uint32_t i = 0; i < layout->n_dims / 2; i++) {
        uint64_t other = layout->shape[layout->n_dims - 1 - i];
        layout->shape[layout->n_dims - 1 - i] = layout->shape[i];
        layout->shape[i] = other;
    }
}

aez_npy_status aez_npy_parse(const uint8_t *head, size_t size, aez_layout *out, size_t *header_size,
                             const char **why)
{
    text_reader    t;
    size_t         start, text_size;
    aez_npy_status status;
    if (size < 6 || memcmp(head, "\x93NUMPY", 6) != 0)
        return AEZ_NPY_NOT;
    *why = "its header is cut off, or of a version other than 1 to 3";
    if (size < 10 || head[6] < 1 || head[6] > 3)
        return AEZ_NPY_OTHER;
    start = head[6] == 1 ? 10 : 12;
    if (size < start)
        return AEZ_NPY_OTHER;
    text_size = (size_t)head[8] | (size_t)head[9] << 8;
    if (start == 12)
        text_size |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
    if (text_size > size - start || text_size > AEZ_LAYOUT_BYTES_MAX - start)
        return AEZ_NPY_OTHER;
    t.p = (const char *)head + start;
    t.end = t.p + text_size;
    status = read_dictionary(&t, out, why);
    if (status == AEZ_NPY_ARRAY && out->fortran)
        reverse_shape(out);
    *header_size = start + text_size;
    return status;
}

/* ---- writing ---- */

typedef struct text_writer {
    char  *dst;
    size_t size, cap;
    bool   full;
} text_writer;

static void add(text_writer *w, const char *format, ...) AEZ_PRINTF(2, 3);

static void add(text_writer *w, const char *format, ...)
{
    va_list args;
    int     n;
    va_start(args, format);
    n = vsnprintf(w->dst + w->size, w->cap - w->size, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= w->cap - w->size)
        w->full = true;
    else
        w->size += (size_t)n;
}

static void add_descr(text_writer *w, const aez_layout *layout)
{
    size_t      size = aez_type_size(layout->type);
    const char *name = aez_type_name(layout->type); /* u8: bits; NumPy counts bytes */
    add(w, "%c%c%zu", size == 1 ? '|' : layout->big_endian ? '>' : '<',
        layout->is_bool ? 'b' : name[0], size);
}

static int decimal_digits(uint64_t v)
{
    int n = 1;
    for (; v >= 10; v /= 10)
        n++;
    return n;
}

size_t aez_npy_header(const aez_layout *layout, unsigned form, char *dst, size_t cap)
{
    text_writer w = {.dst = dst, .size = 10, .cap = cap};
    uint32_t    n = layout->n_dims;
    size_t      text_size;
    if (cap < 10)
        return 0;
    add(&w, "{'descr': '");
    add_descr(&w, layout);
    add(&w, "', 'fortran_order': %s, 'shape': (", layout->fortran ? "True" : "False");
    for (uint32_t i = 0; i < n; i++)
        add(&w, "%s%" PRIu64, i ? ", " : "", layout->shape[layout->fortran ? n - 1 - i : i]);
    add(&w, "%s), }", n == 1 ? "," : "");
    /* Room for 21 digits on the axis that may grow: the last of a Fortran array, else the first.
     * That is the outermost in memory, shape[0] in both. */
    if (form == 1 && n > 0)
        add(&w, "%*s", 21 - decimal_digits(layout->shape[0]), "");
    add(&w, "%*s", (int)(64 - (w.size + 1) % 64), ""); /* NumPy adds 64 blanks rather than none */
    add(&w, "\n");
    text_size = w.size - 10;
    if (w.full || text_size > UINT16_MAX)
        return 0;
    memcpy(dst, "\x93NUMPY\x01\x00", 8);
    dst[8] = (char)(text_size & 0xFF);
    dst[9] = (char)(text_size >> 8);
    return w.size;
}
