/* safetensors.c - weights by name: reads and writes .safetensors files.
 *
 * A file is the size of its head (u64, little-endian), the head (a JSON object that gives for each
 * name dtype, shape and data_offsets), and the values, to which the offsets count. */
#include "platform.h"

#include "safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json_read.h"
#include "message.h"

#define HEAD_MAX ((uint64_t)16 << 20)
#define TENSORS_MAX 65536

typedef struct dtype {
    const char *name;
    size_t      size;
} dtype;

static const dtype dtypes[] = {{"F16", 2}, {"BF16", 2}, {"F32", 4}, {"F64", 8}};

typedef struct parser {
    aez_json_reader  in;
    const uint8_t   *data;
    uint64_t         data_size, covered;
    aez_safetensors *out;
    char            *why;
    size_t           why_size;
} parser;

static bool refuse(parser *p, const char *name, const char *what)
{
    if (p->why_size && name)
        (void)snprintf(p->why, p->why_size, "tensor %.80s %s", name, what);
    else if (p->why_size)
        (void)snprintf(p->why, p->why_size, "%s", what);
    return false;
}

/* ---- values ---------------------------------------------------------------------------------- */

static uint64_t bits_at(const uint8_t *p, size_t size)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)p[i] << (8 * i);
    return bits;
}

static float float_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* A half as a float, exactly. */
static float from_half(uint32_t h)
{
    uint32_t sign = (h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31)
        return float_of(sign | 0x7F800000 | fraction << 13);
    if (exponent > 0)
        return float_of(sign | (exponent + 112) << 23 | fraction << 13);
    return (sign ? -1.0f : 1.0f) * (float)fraction / 16777216.0f; /* counts 2^-24 */
}

static float value_at(const dtype *type, const uint8_t *p)
{
    uint64_t bits = bits_at(p, type->size);
    double   v;
    if (strcmp(type->name, "F16") == 0)
        return from_half((uint32_t)bits);
    if (strcmp(type->name, "BF16") == 0)
        return float_of((uint32_t)bits << 16);
    if (type->size == 4)
        return float_of((uint32_t)bits);
    memcpy(&v, &bits, sizeof v);
    return (float)v;
}

/* ---- the head -------------------------------------------------------------------------------- */

static bool read_shape(parser *p, const char *name, aez_tensor *t)
{
    t->n_dims = 0;
    if (!aez_json_take(&p->in, '['))
        return refuse(p, name, "has a shape that is no list");
    if (aez_json_take(&p->in, ']'))
        return true;
    do {
        if (t->n_dims == 4)
            return refuse(p, name, "has more than 4 dimensions");
        if (!aez_json_read_u64(&p->in, &t->shape[t->n_dims++]))
            return refuse(p, name, "has a shape that is no list of whole numbers");
    } while (aez_json_take(&p->in, ','));
    return aez_json_take(&p->in, ']') || refuse(p, name, "has a shape that does not end");
}

static bool read_offsets(parser *p, const char *name, uint64_t offsets[2])
{
    if (aez_json_take(&p->in, '[') && aez_json_read_u64(&p->in, &offsets[0]) &&
        aez_json_take(&p->in, ',') && aez_json_read_u64(&p->in, &offsets[1]) &&
        aez_json_take(&p->in, ']'))
        return true;
    return refuse(p, name, "has data_offsets that are no two whole numbers");
}

static bool read_dtype(parser *p, const char *name, const dtype **type)
{
    char *text = aez_json_read_string(&p->in);
    *type = NULL;
    for (size_t i = 0; text && i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, text) == 0)
            *type = &dtypes[i];
    free(text);
    return *type || refuse(p, name, "is of a type other than F16, BF16, F32 and F64");
}

/* dtype, shape and data_offsets, each once, in any order. */
static bool read_entry(parser *p, const char *name, aez_tensor *t, const dtype **type,
                       uint64_t offsets[2])
{
    unsigned seen = 0;
    if (!aez_json_take(&p->in, '{'))
        return refuse(p, name, "is no object");
    do {
        char    *key = aez_json_read_string(&p->in);
        unsigned bit = 0;
        bool     good = key && aez_json_take(&p->in, ':');
        if (good)
            bit = strcmp(key, "dtype") == 0          ? 1
                  : strcmp(key, "shape") == 0        ? 2
                  : strcmp(key, "data_offsets") == 0 ? 4
                                                     : 0;
        free(key);
        if (bit == 0 || (seen & bit))
            return refuse(p, name, "has something else than dtype, shape and data_offsets once");
        seen |= bit;
        if (!(bit == 1   ? read_dtype(p, name, type)
              : bit == 2 ? read_shape(p, name, t)
                         : read_offsets(p, name, offsets)))
            return false;
    } while (aez_json_take(&p->in, ','));
    if (!aez_json_take(&p->in, '}') || seen != 7)
        return refuse(p, name, "lacks dtype, shape or data_offsets");
    return true;
}

/* Shape, type and offsets have to agree, and to lie inside the data. */
static bool take_values(parser *p, const char *name, aez_tensor *t, const dtype *type,
                        const uint64_t offsets[2])
{
    uint64_t n = 1, size;
    float   *values;
    if (offsets[0] > offsets[1] || offsets[1] > p->data_size)
        return refuse(p, name, "lies outside the file's data");
    size = offsets[1] - offsets[0];
    for (uint32_t i = 0; i < t->n_dims; i++) {
        if (t->shape[i] > size && t->shape[i] != 0)
            return refuse(p, name, "has another size than its shape says");
        n = t->shape[i] && n > size / t->shape[i] ? size + 1 : n * t->shape[i];
    }
    if (n > size || n * type->size != size)
        return refuse(p, name, "has another size than its shape says");
    p->covered += size;
    values = malloc((size_t)n * sizeof *values + 1);
    t->data = values;
    if (!values)
        return refuse(p, NULL, "not enough memory");
    for (uint64_t i = 0; i < n; i++)
        values[i] = value_at(type, p->data + offsets[0] + i * type->size);
    return true;
}

static bool skip_metadata(parser *p)
{
    if (!aez_json_take(&p->in, '{'))
        return refuse(p, NULL, "its __metadata__ is no object");
    if (aez_json_take(&p->in, '}'))
        return true;
    do {
        char *key = aez_json_read_string(&p->in);
        char *value = key && aez_json_take(&p->in, ':') ? aez_json_read_string(&p->in) : NULL;
        bool  good = key && value;
        free(key);
        free(value);
        if (!good)
            return refuse(p, NULL, "its __metadata__ holds more than strings");
    } while (aez_json_take(&p->in, ','));
    return aez_json_take(&p->in, '}') || refuse(p, NULL, "its __metadata__ does not end");
}

/* name takes a place in the list, and is owned by it from then on. */
static bool take_tensor(parser *p, char *name)
{
    aez_safetensors *out = p->out;
    aez_tensor      *grown, *t;
    const dtype     *type = NULL;
    uint64_t         offsets[2] = {0, 0};
    for (size_t i = 0; i < out->n; i++)
        if (strcmp(out->tensors[i].name, name) == 0) {
            refuse(p, name, "is there twice");
            free(name);
            return false;
        }
    grown = out->n < TENSORS_MAX ? realloc(out->tensors, (out->n + 1) * sizeof *grown) : NULL;
    if (!grown) {
        free(name);
        return refuse(p, NULL, "more tensors than there is room for");
    }
    out->tensors = grown;
    t = &grown[out->n++];
    memset(t, 0, sizeof *t);
    t->name = name;
    return read_entry(p, name, t, &type, offsets) && take_values(p, name, t, type, offsets);
}

static bool read_head(parser *p)
{
    if (!aez_json_take(&p->in, '{'))
        return refuse(p, NULL, "its head is no JSON object");
    if (!aez_json_take(&p->in, '}')) {
        do {
            char *name = aez_json_read_string(&p->in);
            if (!name || !aez_json_take(&p->in, ':')) {
                free(name);
                return refuse(p, NULL, "its head has something else than names and objects");
            }
            if (strcmp(name, "__metadata__") == 0) {
                free(name);
                if (!skip_metadata(p))
                    return false;
            } else if (!take_tensor(p, name)) {
                return false;
            }
        } while (aez_json_take(&p->in, ','));
        if (!aez_json_take(&p->in, '}'))
            return refuse(p, NULL, "its head does not end");
    }
    if (!aez_json_at_end(&p->in))
        return refuse(p, NULL, "something follows the object in its head");
    if (p->covered != p->data_size)
        return refuse(p, NULL, "its tensors are not all of its data");
    return true;
}

bool aez_safetensors_parse(aez_safetensors *out, const uint8_t *bytes, size_t size, char *why,
                           size_t why_size)
{
    parser   p = {.out = out, .why = why, .why_size = why_size};
    uint64_t head;
    memset(out, 0, sizeof *out);
    if (size < 8)
        return refuse(&p, NULL, "it is shorter than the size of its head");
    head = bits_at(bytes, 8);
    if (head > HEAD_MAX || head > size - 8)
        return refuse(&p, NULL, "its head is longer than the file, or than 16 MiB");
    p.in.p = bytes + 8;
    p.in.end = p.data = p.in.p + head;
    p.data_size = size - 8 - head;
    if (read_head(&p))
        return true;
    aez_safetensors_free(out);
    return false;
}

void aez_safetensors_free(aez_safetensors *weights)
{
    for (size_t i = 0; i < weights->n; i++) {
        free((void *)(uintptr_t)weights->tensors[i].name);
        free((void *)(uintptr_t)weights->tensors[i].data);
    }
    free(weights->tensors);
    weights->tensors = NULL;
    weights->n = 0;
}

int aez_safetensors_load(aez_safetensors *out, const aez_cli *cli, const char *path)
{
    aez_input in;
    char      why[200] = "";
    uint8_t  *bytes = NULL;
    int       code = aez_input_open(&in, path, true, cli->guard);
    memset(out, 0, sizeof *out);
    if (code == AEZ_EXIT_OK && in.size < SIZE_MAX)
        bytes = malloc((size_t)in.size + 1);
    if (code == AEZ_EXIT_OK && !bytes)
        code = aez_fail_status(cli, path, AEZ_ERR_NOMEM, NULL);
    if (code == AEZ_EXIT_OK)
        code = aez_input_read_at(&in, bytes, (size_t)in.size, 0);
    if (code == AEZ_EXIT_OK &&
        !aez_safetensors_parse(out, bytes, (size_t)in.size, why, sizeof why)) {
        aez_error(path, "is no safetensors file that aez can take: %s: check how it was written",
                  why);
        code = AEZ_EXIT_DATA;
    }
    free(bytes);
    aez_input_close(&in);
    return code;
}

/* ---- writing --------------------------------------------------------------------------------- */

static uint64_t count_of(const aez_tensor *t)
{
    uint64_t n = 1;
    for (uint32_t i = 0; i < t->n_dims; i++)
        n *= t->shape[i];
    return n;
}

/* Names are plain words of letters, digits, dots: nothing in them needs an escape; others get one. */
static size_t put_name(char *dst, const char *name)
{
    size_t n = 0;
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (c == '"' || c == '\\')
            dst[n++] = '\\';
        dst[n++] = c < 0x20 ? '?' : (char)c;
    }
    return n;
}

char *aez_safetensors_head(const aez_tensor *tensors, size_t n, size_t *size)
{
    uint64_t offset = 0, head;
    size_t   cap = 64, used = 8;
    char    *text;
    for (size_t i = 0; i < n; i++)
        cap += 2 * strlen(tensors[i].name) + 200;
    text = malloc(cap);
    if (!text)
        return NULL;
    used += (size_t)snprintf(text + used, cap - used, "{\"__metadata__\":{\"format\":\"aez\"}");
    for (size_t i = 0; i < n; i++) {
        const aez_tensor *t = &tensors[i];
        uint64_t          bytes = 4 * count_of(t);
        used += (size_t)snprintf(text + used, cap - used, ",\"");
        used += put_name(text + used, t->name);
        used += (size_t)snprintf(text + used, cap - used, "\":{\"dtype\":\"F32\",\"shape\":[");
        for (uint32_t d = 0; d < t->n_dims; d++)
            used += (size_t)snprintf(text + used, cap - used, "%s%" PRIu64, d ? "," : "",
                                     t->shape[d]);
        used += (size_t)snprintf(text + used, cap - used,
                                 "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", offset,
                                 offset + bytes);
        offset += bytes;
    }
    text[used++] = '}';
    while (used % 8 != 0)
        text[used++] = ' ';
    head = used - 8;
    for (size_t i = 0; i < 8; i++)
        text[i] = (char)(head >> (8 * i) & 0xFF);
    *size = used;
    return text;
}
