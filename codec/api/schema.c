/* schema.c - the schema of a file as both handles hold it: checked, owned, and as bytes (spec 3.2).
 */
#include "schema.h"

#include <math.h>
#include <string.h>

#define MAX_FIELDS 65535
#define MAX_NAME 65535
#define MAX_ENVELOPE ((size_t)1 << 24)
#define MAX_SITES ((uint64_t)1 << 60)

enum { FLAG_MODE = 0x07, FLAG_MISSING = 0x08, FLAG_NAME = 0x10 };

/* ---- checks shared by both directions
 * -------------------------------------------------------------- */

static int count_sites(const uint64_t *shape, unsigned n_dims, uint64_t *n)
{
    *n = 1;
    for (unsigned a = 0; a < n_dims; a++) {
        if (shape[a] != 0 && *n > MAX_SITES / shape[a])
            return 0;
        *n *= shape[a];
    }
    for (unsigned a = 0; a < n_dims; a++) {
        if (shape[a] > MAX_SITES)
            return 0;
    }
    return 1;
}

static int is_float(aez_type type)
{
    return type == AEZ_F32 || type == AEZ_F64;
}

static const char *field_complaint(const aez_field *f)
{
    if (aez_type_size(f->type) == 0)
        return "a field has an unknown type";
    if ((int)f->mode < AEZ_LOSSLESS || (int)f->mode > AEZ_LATENT)
        return "a field has an unknown mode";
    if (f->mode != AEZ_LOSSLESS && (!isfinite(f->bound) || f->bound < 0))
        return "an error bound must be finite and not negative";
    if (f->mode != AEZ_LOSSLESS && f->type == AEZ_OPAQUE)
        return "opaque bytes can only be kept losslessly: give --type and --shape, or no bound";
    if ((f->mode == AEZ_PWREL || f->mode == AEZ_PSNR) && !is_float(f->type))
        return "a point-wise relative bound or PSNR needs a floating-point type";
    return NULL;
}

static const char *schema_complaint(const aez_schema *s, uint64_t *n_sites)
{
    if (s->struct_size != sizeof *s)
        return "schema of an unknown version";
    if (s->n_dims < 1 || s->n_dims > AEZ_MAX_DIMS)
        return "an array has 1 to 8 dimensions";
    if (!count_sites(s->shape, s->n_dims, n_sites))
        return "the shape is too large";
    if (s->n_fields < 1 || s->n_fields > MAX_FIELDS || !s->fields)
        return "there are 1 to 65535 fields";
    if (s->envelope_size > MAX_ENVELOPE || (s->envelope_size && !s->envelope))
        return "the envelope is too large";
    for (uint32_t f = 0; f < s->n_fields; f++) {
        const char *why = field_complaint(&s->fields[f]);
        if (why)
            return why;
        if (s->fields[f].mode == AEZ_LATENT)
            return "a field has an unknown mode";
    }
    return NULL;
}

/* ---- copying
 * ---------------------------------------------------------------------------------------- */

static char *copy_name(const aez_mem *mem, const char *name, size_t size)
{
    char *copy = aez_take(mem, size + 1, 1);
    if (copy && size)
        memcpy(copy, name, size);
    return copy;
}

static aez_status take_fields(aez_owned_schema *s, uint32_t n)
{
    s->fields = aez_take(s->mem, n, sizeof *s->fields);
    s->chunk_fields = aez_take(s->mem, n, sizeof *s->chunk_fields);
    if (!s->fields || !s->chunk_fields)
        return AEZ_ERR_NOMEM;
    s->view.n_fields = n;
    s->view.fields = s->fields;
    return AEZ_OK;
}

static void finish_field(aez_owned_schema *s, uint32_t f)
{
    aez_chunk_field *c = &s->chunk_fields[f];
    c->type = s->fields[f].type;
    c->has_missing = s->fields[f].has_missing && aez_missing_bits(&s->fields[f], &c->missing);
}

static aez_status copy_envelope(aez_owned_schema *s, const uint8_t *envelope, size_t size)
{
    if (size == 0)
        return AEZ_OK;
    s->envelope = aez_take_raw(s->mem, size, 1);
    if (!s->envelope)
        return AEZ_ERR_NOMEM;
    memcpy(s->envelope, envelope, size);
    s->view.envelope = s->envelope;
    s->view.envelope_size = size;
    return AEZ_OK;
}

aez_status aez_schema_copy(aez_owned_schema *out, const aez_mem *mem, const aez_schema *schema,
                           const char **why)
{
    aez_status st;
    memset(out, 0, sizeof *out);
    out->mem = mem;
    *why = schema_complaint(schema, &out->n_sites);
    if (*why)
        return AEZ_ERR_OPTION;
    out->view = *schema;
    out->view.envelope = NULL;
    out->view.envelope_size = 0;
    st = take_fields(out, schema->n_fields);
    for (uint32_t f = 0; st >= 0 && f < schema->n_fields; f++) {
        const char *name = schema->fields[f].name ? schema->fields[f].name : "";
        out->fields[f] = schema->fields[f];
        out->fields[f].name = NULL;
        if (strlen(name) > MAX_NAME) {
            *why = "a field's name is longer than 65535 bytes";
            st = AEZ_ERR_OPTION;
            break;
        }
        out->fields[f].name = copy_name(mem, name, strlen(name));
        if (!out->fields[f].name)
            st = AEZ_ERR_NOMEM;
        finish_field(out, f);
    }
    if (st >= 0)
        st = copy_envelope(out, schema->envelope, schema->envelope_size);
    if (st < 0)
        aez_schema_free(out);
    return st;
}

aez_status aez_schema_of_table(aez_owned_schema *out, const aez_mem *mem,
                               const aez_table_schema *table)
{
    aez_status st;
    memset(out, 0, sizeof *out);
    out->mem = mem;
    out->view.struct_size = sizeof out->view;
    out->view.n_dims = 1;
    st = take_fields(out, table->n_columns);
    for (uint32_t c = 0; st >= 0 && c < table->n_columns; c++) {
        out->fields[c].name = copy_name(mem, table->columns[c].name.text,
                                        table->columns[c].name.size);
        if (!out->fields[c].name)
            st = AEZ_ERR_NOMEM;
        if (table->columns[c].epsilon > 0) {
            out->fields[c].mode = AEZ_ABS;
            out->fields[c].bound = table->columns[c].epsilon;
        }
    }
    if (st < 0)
        aez_schema_free(out);
    return st;
}

void aez_schema_free(aez_owned_schema *s)
{
    if (!s->mem)
        return;
    for (uint32_t f = 0; s->fields && s->chunk_fields && f < s->view.n_fields; f++) {
        aez_drop(s->mem, (void *)(uintptr_t)s->fields[f].name);
        aez_lattice_free(&s->chunk_fields[f].lattice, s->mem);
    }
    aez_drop(s->mem, s->fields);
    aez_drop(s->mem, s->chunk_fields);
    aez_drop(s->mem, s->envelope);
    memset(s, 0, sizeof *s);
}

/* ---- bytes
 * ------------------------------------------------------------------------------------------ */

void aez_schema_put(const aez_owned_schema *s, aez_buf *out)
{
    aez_put_u8(out, s->view.n_dims);
    for (unsigned a = 0; a < s->view.n_dims; a++)
        aez_put_varint(out, s->view.shape[a]);
    aez_put_varint(out, s->box_sites);
    aez_put_varint(out, s->view.n_fields);
    for (uint32_t f = 0; f < s->view.n_fields; f++) {
        const aez_field *field = &s->fields[f];
        size_t           name = strlen(field->name);
        unsigned         flags = (unsigned)field->mode;
        flags |= field->has_missing ? FLAG_MISSING : 0;
        flags |= name ? FLAG_NAME : 0;
        aez_put_u8(out, field->type);
        aez_put_u8(out, flags);
        if (field->mode != AEZ_LOSSLESS)
            aez_put_f64(out, field->bound);
        if (field->has_missing)
            aez_put_f64(out, field->missing);
        if (name) {
            aez_put_varint(out, name);
            aez_put(out, field->name, name);
        }
        if (field->type != AEZ_OPAQUE)
            aez_lattice_put(&s->chunk_fields[f].lattice, out);
    }
}

static aez_status get_name(aez_owned_schema *s, uint32_t f, unsigned flags, aez_rd *in)
{
    uint64_t       size = flags & FLAG_NAME ? aez_get_varint(in) : 0;
    const uint8_t *text = NULL;
    if (size > MAX_NAME)
        return AEZ_ERR_LIMIT;
    text = aez_rd_take(in, size);
    if (!text || memchr(text, 0, size))
        return AEZ_ERR_CORRUPT;
    s->fields[f].name = copy_name(s->mem, (const char *)text, size);
    return s->fields[f].name ? AEZ_OK : AEZ_ERR_NOMEM;
}

static aez_status get_field(aez_owned_schema *s, uint32_t f, aez_rd *in)
{
    aez_field *field = &s->fields[f];
    unsigned   type = aez_get_u8(in), flags = aez_get_u8(in);
    aez_status st;
    if (in->failed || flags > 0x1F)
        return AEZ_ERR_CORRUPT;
    field->type = (aez_type)type;
    field->mode = (aez_mode)(flags & FLAG_MODE);
    if (field->mode != AEZ_LOSSLESS)
        field->bound = aez_get_f64(in);
    field->has_missing = (flags & FLAG_MISSING) != 0;
    if (field->has_missing)
        field->missing = aez_get_f64(in);
    st = get_name(s, f, flags, in);
    if (st < 0)
        return st;
    if (field_complaint(field))
        return AEZ_ERR_CORRUPT;
    finish_field(s, f);
    if (field->type == AEZ_OPAQUE)
        return AEZ_OK;
    return aez_lattice_get(&s->chunk_fields[f].lattice, s->mem, field->type, in);
}

static aez_status get_grid(aez_owned_schema *s, aez_rd *in)
{
    s->view.n_dims = aez_get_u8(in);
    if (s->view.n_dims < 1 || s->view.n_dims > AEZ_MAX_DIMS)
        return AEZ_ERR_CORRUPT;
    for (unsigned a = 0; a < s->view.n_dims; a++)
        s->view.shape[a] = aez_get_varint(in);
    s->box_sites = aez_get_varint(in);
    if (in->failed || s->box_sites == 0)
        return AEZ_ERR_CORRUPT;
    return count_sites(s->view.shape, s->view.n_dims, &s->n_sites) ? AEZ_OK : AEZ_ERR_LIMIT;
}

aez_status aez_schema_get(aez_owned_schema *out, const aez_mem *mem, const void *payload,
                          size_t size)
{
    aez_rd     in;
    uint64_t   n_fields;
    aez_status st;
    memset(out, 0, sizeof *out);
    out->mem = mem;
    out->view.struct_size = sizeof out->view;
    aez_rd_init(&in, payload, size);
    st = get_grid(out, &in);
    if (st < 0)
        goto fail;
    n_fields = aez_get_varint(&in);
    st = AEZ_ERR_CORRUPT;
    if (in.failed || n_fields < 1 || n_fields > MAX_FIELDS || n_fields > aez_rd_left(&in))
        goto fail;
    st = take_fields(out, (uint32_t)n_fields);
    for (uint32_t f = 0; st >= 0 && f < n_fields; f++)
        st = get_field(out, f, &in);
    if (st >= 0 && aez_rd_left(&in) != 0)
        st = AEZ_ERR_CORRUPT;
    if (st >= 0)
        return st;
fail:
    aez_schema_free(out);
    return st;
}
