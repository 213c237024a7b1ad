/* envelope.c - a file's layout as the few bytes kept beside its data in the schema. */
#include "platform.h"

#include "envelope.h"

#include <stdlib.h>
#include <string.h>

#include "idx.h"
#include "npy.h"

#define ENVELOPE_VERSION 1

enum {
    FLAG_BIG_ENDIAN = 1,
    FLAG_FORTRAN = 2,
    FLAG_AXIS = 4,
    FLAG_SHAPE = 8,
    FLAG_HEAD = 16,
    FLAG_TAIL = 32,
    FLAG_BOOL = 64,
    FLAG_OLD_NPY = 128 /* the canonical header is npy form 2 */
};

/* Room for version, kind, flags, axis, n_dims, extents and two lengths, all varints. */
#define FIXED_MAX (3 + 10 * (AEZ_LAYOUT_DIMS + 4))

/* The shape that a reader takes for granted: the grid, with the variables' axis put back. Returns
 * false when the axis does not fit into it. */
static bool implied_shape(const uint64_t *grid, uint32_t n_grid, uint64_t n_fields, int axis,
                          aez_layout *out)
{
    uint32_t at = 0;
    if (axis > (int)n_grid)
        return false;
    for (uint32_t i = 0; i < n_grid; i++) {
        if ((int)i == axis)
            out->shape[at++] = n_fields;
        out->shape[at++] = grid[i];
    }
    if (axis == (int)n_grid)
        out->shape[at++] = n_fields;
    out->n_dims = at;
    return true;
}

static bool same_shape(const aez_layout *a, const aez_layout *b)
{
    return a->n_dims == b->n_dims &&
           memcmp(a->shape, b->shape, a->n_dims * sizeof a->shape[0]) == 0;
}

/* The head that the format implies for this layout, in dst; its size, 0 when there is none. */
static size_t implied_head(const aez_layout *layout, unsigned npy_form, uint8_t *dst, size_t cap)
{
    if (layout->format == AEZ_FORMAT_NPY)
        return aez_npy_header(layout, npy_form, (char *)dst, cap);
    if (layout->format == AEZ_FORMAT_IDX && cap >= AEZ_IDX_HEADER_MAX)
        return aez_idx_header(layout, dst);
    return 0;
}

/* 64 extents of 20 digits with separators, and the rest of the dictionary, stay below this. */
#define HEAD_MAX 4096

/* 0: the head has to be stored; else the npy form that gives it (1 for other formats). */
static unsigned find_form(const aez_layout *layout)
{
    uint8_t  head[HEAD_MAX];
    unsigned n_forms = layout->format == AEZ_FORMAT_NPY ? AEZ_NPY_FORMS : 1;
    for (unsigned form = 1; form <= n_forms; form++) {
        size_t size = implied_head(layout, form, head, sizeof head);
        if (size == layout->head_size && (size == 0 || memcmp(head, layout->head, size) == 0))
            return form;
    }
    return 0;
}

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v & 0x7F) | 0x80;
    *p++ = (uint8_t)v;
    return p;
}

static uint8_t *put_bytes(uint8_t *p, const uint8_t *src, size_t size)
{
    p = put_varint(p, size);
    memcpy(p, src, size);
    return p + size;
}

bool aez_envelope_encode(const aez_layout *layout, uint8_t **out, size_t *out_size)
{
    uint64_t   grid[AEZ_MAX_DIMS];
    uint32_t   n_grid = aez_layout_grid(layout, grid);
    aez_layout implied = {0};
    unsigned   flags = 0, form = find_form(layout);
    aez_format plain = layout->type == AEZ_OPAQUE ? AEZ_FORMAT_BYTES : AEZ_FORMAT_RAW;
    uint8_t   *p;
    *out = NULL;
    *out_size = 0;
    if (layout->big_endian)
        flags |= FLAG_BIG_ENDIAN;
    if (layout->fortran)
        flags |= FLAG_FORTRAN;
    if (layout->axis >= 0)
        flags |= FLAG_AXIS;
    if (!implied_shape(grid, n_grid, aez_layout_n_fields(layout), layout->axis, &implied) ||
        !same_shape(layout, &implied))
        flags |= FLAG_SHAPE;
    if (form == 0)
        flags |= FLAG_HEAD;
    if (layout->tail_size > 0)
        flags |= FLAG_TAIL;
    if (layout->is_bool)
        flags |= FLAG_BOOL;
    if (form == 2)
        flags |= FLAG_OLD_NPY;
    if (flags == 0 && layout->format == plain)
        return true; /* what a reader assumes of an empty envelope */
    p = *out = malloc(FIXED_MAX + layout->head_size + layout->tail_size);
    if (!p)
        return false;
    *p++ = ENVELOPE_VERSION;
    *p++ = (uint8_t)(layout->format - 1);
    *p++ = (uint8_t)flags;
    if (flags & FLAG_AXIS)
        p = put_varint(p, (uint64_t)layout->axis);
    if (flags & FLAG_SHAPE) {
        p = put_varint(p, layout->n_dims);
        for (uint32_t i = 0; i < layout->n_dims; i++)
            p = put_varint(p, layout->shape[i]);
    }
    if (flags & FLAG_HEAD)
        p = put_bytes(p, layout->head, layout->head_size);
    if (flags & FLAG_TAIL)
        p = put_bytes(p, layout->tail, layout->tail_size);
    *out_size = (size_t)(p - *out);
    return true;
}

/* ---- reading ---- */

typedef struct reader {
    const uint8_t *p, *end;
    bool           failed;
} reader;

static unsigned get_byte(reader *r)
{
    if (r->p == r->end) {
        r->failed = true;
        return 0;
    }
    return *r->p++;
}

static uint64_t get_varint(reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        unsigned byte = get_byte(r);
        if (r->failed || (shift == 63 && byte > 1))
            break;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return v;
    }
    r->failed = true;
    return 0;
}

/* A byte string with its length; empty ones are not written, so not taken. */
static bool get_bytes(reader *r, uint8_t **dst, size_t *dst_size)
{
    uint64_t size = get_varint(r);
    if (r->failed || size == 0 || size > (size_t)(r->end - r->p) || size > AEZ_LAYOUT_BYTES_MAX) {
        r->failed = true;
        return true;
    }
    r->p += size;
    return aez_layout_set(dst, dst_size, r->p - size, (size_t)size);
}

static void get_shape(reader *r, aez_layout *out)
{
    uint64_t n = get_varint(r);
    if (n > AEZ_LAYOUT_DIMS) {
        r->failed = true;
        return;
    }
    out->n_dims = (uint32_t)n;
    for (uint32_t i = 0; i < out->n_dims; i++)
        out->shape[i] = get_varint(r);
}

/* Every value of the schema has exactly one place in the layout. */
static bool shape_agrees(const aez_layout *layout, const aez_schema *schema)
{
    uint64_t bytes, grid[AEZ_MAX_DIMS];
    uint32_t n_grid;
    if (layout->axis >= (int)layout->n_dims)
        return false;
    if (!aez_layout_data_size(layout, &bytes) || aez_layout_n_fields(layout) != schema->n_fields)
        return false;
    n_grid = aez_layout_grid(layout, grid);
    return n_grid == schema->n_dims && memcmp(grid, schema->shape, n_grid * sizeof grid[0]) == 0;
}

static bool fields_agree(const aez_schema *schema)
{
    for (uint32_t i = 1; i < schema->n_fields; i++)
        if (schema->fields[i].type != schema->fields[0].type)
            return false;
    return true;
}

/* Flags that contradict the kind or the type. */
static bool flags_agree(const aez_layout *layout, unsigned flags)
{
    bool opaque = layout->type == AEZ_OPAQUE;
    bool npy = layout->format == AEZ_FORMAT_NPY;
    if (opaque != (layout->format == AEZ_FORMAT_BYTES))
        return false;
    if ((flags & (FLAG_FORTRAN | FLAG_BOOL | FLAG_OLD_NPY)) && !npy)
        return false;
    if ((flags & FLAG_BOOL) && layout->type != AEZ_U8)
        return false;
    if ((flags & FLAG_OLD_NPY) && (flags & FLAG_HEAD))
        return false;
    if ((flags & FLAG_BIG_ENDIAN) && aez_layout_value_size(layout->type) == 1)
        return false;
    return !opaque || flags == 0;
}

static bool read_parts(reader *r, const aez_schema *schema, aez_layout *out, unsigned *flags)
{
    unsigned kind = get_byte(r);
    *flags = get_byte(r);
    if (r->failed) {
        r->failed = true;
        return true;
    }
    out->format = (aez_format)(kind + 1);
    out->big_endian = *flags & FLAG_BIG_ENDIAN;
    out->fortran = *flags & FLAG_FORTRAN;
    out->is_bool = *flags & FLAG_BOOL;
    if (*flags & FLAG_AXIS) {
        uint64_t axis = get_varint(r);
        if (axis >= AEZ_LAYOUT_DIMS)
            r->failed = true;
        else
            out->axis = (int)axis;
    }
    if (*flags & FLAG_SHAPE)
        get_shape(r, out);
    else if (!implied_shape(schema->shape, schema->n_dims, schema->n_fields, out->axis, out))
        r->failed = true;
    if ((*flags & FLAG_HEAD) && !r->failed && !get_bytes(r, &out->head, &out->head_size))
        return false;
    if ((*flags & FLAG_TAIL) && !r->failed && !get_bytes(r, &out->tail, &out->tail_size))
        return false;
    return true;
}

/* Writes the implied head into the layout: every reader needs only head, values, tail. */
static aez_status make_head(aez_layout *layout, unsigned flags)
{
    uint8_t head[HEAD_MAX];
    size_t  size;
    bool    implied = layout->format == AEZ_FORMAT_NPY || layout->format == AEZ_FORMAT_IDX;
    if (!implied || (flags & FLAG_HEAD))
        return AEZ_OK;
    layout->npy_form = flags & FLAG_OLD_NPY ? 2 : 1;
    size = implied_head(layout, layout->npy_form, head, sizeof head);
    if (size == 0)
        return AEZ_ERR_CORRUPT;
    return aez_layout_set(&layout->head, &layout->head_size, head, size) ? AEZ_OK : AEZ_ERR_NOMEM;
}

aez_status aez_envelope_decode(const aez_schema *schema, aez_layout *out, const char **why)
{
    reader     r = {.p = schema->envelope, .end = schema->envelope};
    aez_status status = AEZ_ERR_CORRUPT;
    unsigned   flags = 0;
    aez_layout_init(out);
    out->type = schema->fields[0].type;
    *why = "its fields differ in type, so they are no single array";
    if (!fields_agree(schema))
        goto fail;
    *why = "the envelope contradicts the schema";
    if (schema->envelope_size == 0) {
        out->format = out->type == AEZ_OPAQUE ? AEZ_FORMAT_BYTES : AEZ_FORMAT_RAW;
        (void)implied_shape(schema->shape, schema->n_dims, schema->n_fields, -1, out);
    } else {
        r.end += schema->envelope_size;
        if (get_byte(&r) != ENVELOPE_VERSION || (r.p < r.end && *r.p >= AEZ_FORMAT_BYTES)) {
            *why = "it holds a kind of file that this version does not know";
            status = AEZ_ERR_VERSION;
            goto fail;
        }
        if (!read_parts(&r, schema, out, &flags)) {
            *why = "not enough memory";
            status = AEZ_ERR_NOMEM;
            goto fail;
        }
        if (r.failed || r.p != r.end) {
            *why = "the envelope is damaged";
            goto fail;
        }
    }
    if (!flags_agree(out, flags) || !shape_agrees(out, schema))
        goto fail;
    status = make_head(out, flags);
    if (status != AEZ_OK)
        goto fail;
    return AEZ_OK;
fail:
    aez_layout_free(out);
    return status;
}
