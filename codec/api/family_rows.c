/* family_rows.c - kept items as rows of numbers, what is missing or no number left out. */
#include <math.h>
#include <string.h>

#include "../chunk/fill.h"
#include "family.h"

/* What of a field is no number of an item. */
typedef struct aez_family_gaps {
    int      has_missing;
    uint64_t missing; /* bits */
    double   fill[2]; /* that nobody named */
    unsigned n_fill;
} aez_family_gaps;

static aez_family_gaps find_gaps(const aez_family *f, uint32_t field)
{
    const aez_chunk_field *c = &f->schema.chunk_fields[field];
    aez_family_gaps        gaps = {.has_missing = c->has_missing, .missing = c->missing};
    aez_fill_survey        survey;
    aez_fill_survey_init(&survey);
    for (size_t b = 0; b < f->n_blocks; b++)
        aez_fill_survey_add(&survey, f->type[field], f->block[b].column[field],
                            f->block[b].n_items * f->inner);
    gaps.n_fill = aez_fill_survey_find(&survey, gaps.fill);
    return gaps;
}

static double number_at(aez_type type, const uint8_t *p)
{
    union {
        uint8_t  u8;
        int8_t   i8;
        uint16_t u16;
        int16_t  i16;
        uint32_t u32;
        int32_t  i32;
        uint64_t u64;
        int64_t  i64;
        float    f32;
        double   f64;
    } v;
    memcpy(&v, p, aez_type_size(type));
    switch (type) {
    case AEZ_U8:
        return v.u8;
    case AEZ_I8:
        return v.i8;
    case AEZ_U16:
        return v.u16;
    case AEZ_I16:
        return v.i16;
    case AEZ_U32:
        return v.u32;
    case AEZ_I32:
        return v.i32;
    case AEZ_U64:
        return (double)v.u64;
    case AEZ_I64:
        return (double)v.i64;
    case AEZ_F32:
        return (double)v.f32;
    case AEZ_F64:
        return v.f64;
    case AEZ_OPAQUE:
        break;
    }
    return NAN;
}

/* The bits of a value as aez_chunk_field has them. */
static uint64_t bits_at(const uint8_t *p, size_t size)
{
    uint8_t  u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 1:
        memcpy(&u8, p, 1);
        return u8;
    case 2:
        memcpy(&u16, p, 2);
        return u16;
    case 4:
        memcpy(&u32, p, 4);
        return u32;
    default:
        memcpy(&u64, p, 8);
        return u64;
    }
}

static double value_at(const aez_family_gaps *gaps, aez_type type, const uint8_t *p)
{
    double v = number_at(type, p);
    if (!isfinite(v) || (gaps->has_missing && bits_at(p, aez_type_size(type)) == gaps->missing))
        return NAN;
    for (unsigned i = 0; i < gaps->n_fill; i++) {
        if (v == gaps->fill[i])
            return NAN;
    }
    return v;
}

/* One field of a block's items. */
static void read_field(const aez_family *f, const aez_family_block *b, uint32_t field,
                       const aez_family_gaps *gaps, double *rows)
{
    size_t         size = aez_type_size(f->type[field]);
    const uint8_t *p = b->column[field];
    for (uint64_t i = 0; i < b->n_items; i++) {
        double *to = rows + i * f->n_features + field * f->inner;
        for (uint64_t j = 0; j < f->inner; j++, p += size)
            to[j] = value_at(gaps, f->type[field], p);
    }
}

static void read_arrays(const aez_family *f, double *rows)
{
    for (uint32_t field = 0; field < f->n_fields; field++) {
        aez_family_gaps gaps = find_gaps(f, field);
        double         *at = rows;
        for (size_t b = 0; b < f->n_blocks; b++) {
            read_field(f, &f->block[b], field, &gaps, at);
            at += f->block[b].n_items * f->n_features;
        }
    }
}

static void read_tables(const aez_family *f, double *rows)
{
    for (size_t b = 0; b < f->n_blocks; b++) {
        const aez_buf *values = &f->block[b].values;
        if (values->size)
            memcpy(rows, values->data, values->size);
        rows += f->block[b].n_items * f->n_features;
    }
}

aez_status aez_family_make_rows(const aez_family *f, double **rows, size_t *n_items)
{
    uint64_t n = 0;
    for (size_t b = 0; b < f->n_blocks; b++)
        n += f->block[b].n_items;
    *n_items = (size_t)n;
    *rows = n <= SIZE_MAX / f->n_features
                ? aez_take_raw(&f->mem, (size_t)n * f->n_features, sizeof **rows)
                : NULL;
    if (!*rows)
        return AEZ_ERR_NOMEM;
    if (f->is_table)
        read_tables(f, *rows);
    else
        read_arrays(f, *rows);
    return AEZ_OK;
}
