/* proved.c - a chunk coded, decoded and compared, until every value keeps its promise. */
#include "proved.h"

#include <math.h>
#include <string.h>

#include "array.h"

#define PROOFS                                                                                     \
    3 /* times a chunk is coded again with offenders as exceptions, before it is stored */

void aez_columns_drop(const aez_chunk_context *ctx, void **columns)
{
    for (uint32_t f = 0; columns && f < ctx->n_fields; f++)
        aez_drop(ctx->mem, columns[f]);
    aez_drop(ctx->mem, columns);
}

void **aez_columns_take(const aez_chunk_context *ctx, uint64_t n, size_t size)
{
    void **columns = aez_take(ctx->mem, ctx->n_fields, sizeof *columns);
    for (uint32_t f = 0; columns && f < ctx->n_fields; f++) {
        columns[f] = aez_take(ctx->mem, n, size ? size : aez_type_size(ctx->fields[f].type));
        if (!columns[f]) {
            aez_columns_drop(ctx, columns);
            return NULL;
        }
    }
    return columns;
}

static size_t count_offenders(const aez_chunk_context *ctx, const aez_box *box,
                              const void *const *columns, void *const *restored,
                              const aez_lattice *const *lattices, uint8_t *const *odd)
{
    size_t n = 0;
    for (uint32_t f = 0; f < ctx->n_fields; f++) {
        const aez_lattice *lattice = lattices[f] ? lattices[f] : &ctx->fields[f].lattice;
        size_t             size = aez_type_size(ctx->fields[f].type);
        n += aez_lattice_check(lattice, columns[f], restored[f], box->n_sites, odd[f]);
        for (uint64_t i = 0; i < box->n_sites; i++) { /* exceptions come back bit by bit */
            const uint8_t *a = (const uint8_t *)columns[f] + i * size;
            if (odd[f][i] && memcmp(a, (const uint8_t *)restored[f] + i * size, size) != 0)
                n++;
        }
    }
    return n;
}

static double fill_value(const aez_chunk_field *field)
{
    double   wide;
    float    narrow;
    uint32_t bits = (uint32_t)field->missing;
    memcpy(&wide, &field->missing, sizeof wide);
    memcpy(&narrow, &bits, sizeof narrow);
    if (!field->has_missing)
        return NAN;
    return field->type == AEZ_F32 ? (double)narrow : wide;
}

/* Of the values that are finite and not missing (all others are exact, and would hide errors); 0
 * for types that are no floats (they are exact or bounded). */
static double mean_squared_error(const aez_chunk_field *field, const void *a, const void *b,
                                 uint64_t n)
{
    double   sum = 0, fill = fill_value(field);
    uint64_t counted = 0;
    int      f32 = field->type == AEZ_F32;
    for (uint64_t i = 0; i < n && (f32 || field->type == AEZ_F64); i++) {
        double x = f32 ? (double)((const float *)a)[i] : ((const double *)a)[i];
        double y = f32 ? (double)((const float *)b)[i] : ((const double *)b)[i];
        if (!isfinite(x) || x == fill)
            continue;
        sum += (x - y) * (x - y);
        counted++;
    }
    return counted ? sum / (double)counted : 0;
}

aez_status aez_encode_proved(const aez_chunk_context *ctx, const aez_box *box,
                             const void *const *columns, const aez_lattice *const *lattices,
                             aez_buf *out, aez_chunk_info *info, double *mse)
{
    void     **restored = NULL, **odd = aez_columns_take(ctx, box->n_sites, 1);
    aez_status st = odd ? AEZ_OK : AEZ_ERR_NOMEM;
    int        proved = 0;
    for (int i = 0; st >= 0 && !proved && i < PROOFS; i++) {
        aez_chunk_info again = {0};
        aez_rd         rd;
        out->size = 0;
        st = aez_array_encode(ctx, box, columns, lattices, (uint8_t *const *)odd, out, info);
        if (st < 0)
            break;
        restored = aez_columns_take(ctx, box->n_sites, 0);
        if (!restored) {
            st = AEZ_ERR_NOMEM;
            break;
        }
        aez_rd_init(&rd, out->data, out->size);
        st = aez_array_decode(ctx, box, &rd, restored, &again);
        if (st >= 0)
            proved = count_offenders(ctx, box, columns, restored, lattices,
                                     (uint8_t *const *)odd) == 0 &&
                     again.digest == info->digest;
        for (uint32_t f = 0; mse && proved && f < ctx->n_fields; f++)
            mse[f] = mean_squared_error(&ctx->fields[f], columns[f], restored[f], box->n_sites);
        aez_columns_drop(ctx, restored);
    }
    if (!proved)
        out->size = 0;
    aez_columns_drop(ctx, odd);
    return st;
}
