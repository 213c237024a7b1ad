/* values_out.c - numbers as a new file: .npy, IDX, raw, or a table, item by item. */
#include "platform.h"

#include "values_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idx.h"
#include "message.h"
#include "npy.h"

#define FLUSH_BYTES ((size_t)256 * 1024)

static bool ends_with(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n >= m && strcmp(path + n - m, suffix) == 0;
}

aez_format aez_format_of_path(const char *path, aez_format otherwise)
{
    static const struct {
        const char *suffix;
        aez_format  format;
    } known[] = {{".npy", AEZ_FORMAT_NPY},    {".csv", AEZ_FORMAT_CSV}, {".tsv", AEZ_FORMAT_CSV},
                 {".idx", AEZ_FORMAT_IDX},    {"-ubyte", AEZ_FORMAT_IDX}, {".raw", AEZ_FORMAT_RAW},
                 {".bin", AEZ_FORMAT_RAW},    {".f32", AEZ_FORMAT_RAW}, {".f64", AEZ_FORMAT_RAW},
                 {".u8", AEZ_FORMAT_RAW}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ends_with(path, known[i].suffix))
            return known[i].format;
    return otherwise;
}

char aez_delimiter_of_path(const char *path)
{
    return ends_with(path, ".tsv") ? '\t' : ',';
}

aez_values_form aez_values_matrix(aez_format format, aez_type type, uint64_t n_items, uint32_t n)
{
    aez_values_form form = {.format = format, .type = type, .n_dims = 2, .axis = -1, .n_values = n};
    form.shape[0] = n_items;
    form.shape[1] = n;
    form.big_endian = format == AEZ_FORMAT_IDX && aez_type_size(type) > 1;
    return form;
}

/* ---- one value ------------------------------------------------------------------------------- */

static void put_bytes(uint8_t *dst, uint64_t bits, size_t size, bool big_endian)
{
    for (size_t i = 0; i < size; i++)
        dst[big_endian ? size - 1 - i : i] = (uint8_t)(bits >> (8 * i));
}

/* Nearest whole number in [low, high], halves to even; 0 for NaN. */
static double whole(double v, double low, double high)
{
    if (isnan(v))
        return 0;
    v = nearbyint(v);
    return v < low ? low : v > high ? high : v;
}

/* The bits of the value in a type, for aez_type_size(type) bytes. */
static uint64_t bits_of(aez_type type, double v)
{
    static const double two63 = 9223372036854775808.0;
    uint64_t            bits64;
    uint32_t            bits32;
    float               single;
    switch (type) {
    case AEZ_U8:
        return (uint64_t)whole(v, 0, UINT8_MAX);
    case AEZ_U16:
        return (uint64_t)whole(v, 0, UINT16_MAX);
    case AEZ_U32:
        return (uint64_t)whole(v, 0, UINT32_MAX);
    case AEZ_U64:
        v = whole(v, 0, 2 * two63);
        return v >= 2 * two63 ? UINT64_MAX : (uint64_t)v;
    case AEZ_I8:
        return (uint64_t)(int64_t)whole(v, INT8_MIN, INT8_MAX);
    case AEZ_I16:
        return (uint64_t)(int64_t)whole(v, INT16_MIN, INT16_MAX);
    case AEZ_I32:
        return (uint64_t)(int64_t)whole(v, INT32_MIN, INT32_MAX);
    case AEZ_I64:
        v = whole(v, -two63, two63);
        return v >= two63 ? (uint64_t)INT64_MAX : (uint64_t)(int64_t)v;
    case AEZ_F32:
        single = (float)v;
        memcpy(&bits32, &single, sizeof bits32);
        return bits32;
    case AEZ_F64:
    case AEZ_OPAQUE:
        break;
    }
    memcpy(&bits64, &v, sizeof bits64);
    return bits64;
}

size_t aez_number_text(double v, char *dst)
{
    int n = 0;
    if (isnan(v)) {
        dst[0] = '\0';
        return 0;
    }
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(dst, 32, "%.*g", digits, v);
        if (strtod(dst, NULL) == v)
            break;
    }
    return (size_t)n;
}

/* ---- the file -------------------------------------------------------------------------------- */

static int no_memory(const aez_values_out *v)
{
    return aez_fail_status(v->cli, v->out.name, AEZ_ERR_NOMEM, NULL);
}

static int flush(aez_values_out *v, size_t size)
{
    return aez_output_write(&v->out, v->buf, size);
}

/* A head that says shape and type. */
static int put_head(aez_values_out *v)
{
    const aez_values_form *form = &v->form;
    aez_layout             l;
    size_t                 size = 0;
    aez_layout_init(&l);
    l.format = form->format;
    l.type = form->type;
    l.is_bool = form->is_bool;
    l.big_endian = form->big_endian;
    l.n_dims = form->n_dims;
    memcpy(l.shape, form->shape, sizeof l.shape);
    if (form->format == AEZ_FORMAT_NPY)
        size = aez_npy_header(&l, 1, (char *)v->buf, v->cap);
    else if (form->format == AEZ_FORMAT_IDX)
        size = aez_idx_header(&l, v->buf);
    if (size == 0 && form->format != AEZ_FORMAT_RAW) {
        aez_error(v->out.name, "%s cannot say %s with %" PRIu32 " dimensions: choose another type "
                  "with --output-type, or another format by the name's end (.npy)",
                  aez_format_name(form->format), aez_type_name(form->type), form->n_dims);
        return AEZ_EXIT_USAGE;
    }
    v->base = size;
    return flush(v, size);
}

/* A name as a cell, with room for it at dst. */
static size_t put_name(char *dst, const char *name, char delimiter)
{
    size_t n = 0;
    bool   quote = strchr(name, delimiter) || strpbrk(name, "\"\r\n");
    if (quote)
        dst[n++] = '"';
    for (; *name; name++) {
        if (*name == '"')
            dst[n++] = '"';
        dst[n++] = *name;
    }
    if (quote)
        dst[n++] = '"';
    return n;
}

static int put_names(aez_values_out *v)
{
    const aez_values_form *form = &v->form;
    int                    code = AEZ_EXIT_OK;
    for (uint32_t i = 0; form->name && i < form->n_values && code == AEZ_EXIT_OK; i++) {
        const char *name = form->name(form->opaque, i);
        size_t      n = 0;
        char       *text = malloc(2 * strlen(name) + 4);
        if (!text)
            return no_memory(v);
        if (i)
            text[n++] = form->delimiter;
        n += put_name(text + n, name, form->delimiter);
        code = aez_output_write(&v->out, text, n);
        free(text);
    }
    return form->name && code == AEZ_EXIT_OK ? aez_output_write(&v->out, "\n", 1) : code;
}

static void find_places(aez_values_out *v)
{
    const aez_values_form *form = &v->form;
    v->n_fields = form->axis < 0 ? 1 : form->shape[form->axis];
    v->outer = v->inner = 1;
    for (uint32_t i = 0; i < form->n_dims; i++) {
        if (i == form->item_axis || (int)i == form->axis)
            continue;
        if (form->axis >= 0 && (int)i > form->axis)
            v->inner *= form->shape[i];
        else
            v->outer *= form->shape[i];
    }
}

int aez_values_open(aez_values_out *v, const aez_cli *cli, const char *path,
                    const aez_values_form *form)
{
    int code;
    memset(v, 0, sizeof *v);
    v->cli = cli;
    v->form = *form;
    v->out.fd = -1;
    v->model_of.is_stdin = true; /* a new file, made now */
    if (!v->form.delimiter)
        v->form.delimiter = ',';
    find_places(v);
    code = aez_output_open(&v->out, path, cli->args->force, &v->model_of, cli->guard);
    if (code != AEZ_EXIT_OK)
        return code;
    v->cap = FLUSH_BYTES;
    v->buf = malloc(v->cap);
    if (!v->buf)
        return no_memory(v);
    if (form->format == AEZ_FORMAT_CSV)
        return put_names(v);
    if (form->axis >= 0 && (uint32_t)form->axis < form->item_axis &&
        !aez_output_seekable(&v->out)) {
        aez_error(v->out.name, "variables stand before items in this array, and a pipe cannot be "
                               "written out of order: name a file with -o");
        return AEZ_EXIT_USAGE;
    }
    return put_head(v);
}

static int put_table(aez_values_out *v, const double *values, size_t n)
{
    size_t used = 0;
    int    code = AEZ_EXIT_OK;
    for (size_t i = 0; i < n && code == AEZ_EXIT_OK; i++)
        for (uint32_t k = 0; k < v->form.n_values && code == AEZ_EXIT_OK; k++) {
            used += aez_number_text(values[i * v->form.n_values + k], (char *)v->buf + used);
            v->buf[used++] = k + 1 < v->form.n_values ? (uint8_t)v->form.delimiter : '\n';
            if (used + 64 > v->cap) {
                code = flush(v, used);
                used = 0;
            }
        }
    return code == AEZ_EXIT_OK ? flush(v, used) : code;
}

/* A run of values of one item, at `off` values from the first one of the file. */
static int put_run(aez_values_out *v, const double *values, uint64_t n, uint64_t off, bool in_order)
{
    size_t size = aez_type_size(v->form.type), room = v->cap / size;
    int    code = AEZ_EXIT_OK;
    for (uint64_t at = 0; at < n && code == AEZ_EXIT_OK;) {
        size_t now = n - at < room ? (size_t)(n - at) : room;
        for (size_t i = 0; i < now; i++)
            put_bytes(v->buf + i * size, bits_of(v->form.type, values[at + i]), size,
                      v->form.big_endian);
        if (in_order)
            code = flush(v, now * size);
        else
            code = aez_output_write_at(&v->out, v->buf, now * size, v->base + (off + at) * size);
        at += now;
    }
    return code;
}

/* Items whose values stand together: fields are taken apart into [outer][field][inner]. */
static int put_items(aez_values_out *v, const double *values, size_t n)
{
    int code = AEZ_EXIT_OK;
    if (v->n_fields == 1)
        return put_run(v, values, n * (uint64_t)v->form.n_values, 0, true);
    for (size_t i = 0; i < n && code == AEZ_EXIT_OK; i++, values += v->form.n_values)
        for (uint64_t o = 0; o < v->outer && code == AEZ_EXIT_OK; o++)
            for (uint64_t f = 0; f < v->n_fields && code == AEZ_EXIT_OK; f++)
                code = put_run(v, values + (f * v->outer + o) * v->inner, v->inner, 0, true);
    return code;
}

/* Fields before items: each field's run of an item goes to its own place. */
static int put_apart(aez_values_out *v, const double *values, size_t n)
{
    uint64_t sites = v->outer * v->inner, n_items = v->form.shape[v->form.item_axis];
    size_t   size = aez_type_size(v->form.type);
    int      code = AEZ_EXIT_OK;
    for (size_t i = 0; i < n && code == AEZ_EXIT_OK; i++)
        for (uint64_t f = 0; f < v->n_fields && code == AEZ_EXIT_OK; f++)
            code = put_run(v, values + (i * v->n_fields + f) * sites, sites,
                           (f * n_items + v->item + i) * sites, false);
    v->out.pos = v->base + v->n_fields * n_items * sites * size;
    return code;
}

int aez_values_put(aez_values_out *v, const double *values, size_t n)
{
    int code;
    if (v->form.format == AEZ_FORMAT_CSV)
        code = put_table(v, values, n);
    else if (v->form.axis >= 0 && (uint32_t)v->form.axis < v->form.item_axis)
        code = put_apart(v, values, n);
    else
        code = put_items(v, values, n);
    v->item += n;
    return code;
}

int aez_values_commit(aez_values_out *v)
{
    return aez_output_commit(&v->out, &v->model_of);
}

void aez_values_close(aez_values_out *v)
{
    aez_output_close(&v->out);
    free(v->buf);
    v->buf = NULL;
}
