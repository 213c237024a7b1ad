/* chunk.c - one chunk to bytes and back: coded and proved, or stored, whichever is smaller. */
#include "chunk.h"

#include <stdio.h>
#include <string.h>

#include "array.h"
#include "proved.h"
#include "psnr.h"
#include "stored.h"

enum { KIND_STORED = 0, KIND_CODED = 1 }; /* numbers are those of the file format */

static uint64_t bytes_a_site(const aez_chunk_context *ctx)
{
    uint64_t n = 0;
    for (uint32_t f = 0; f < ctx->n_fields; f++)
        n += aez_type_size(ctx->fields[f].type);
    return n;
}

/* ---- stored form
 * ---------------------------------------------------------------------------------- */

static int is_big_endian(void)
{
    const uint16_t one = 1;
    uint8_t        first;
    memcpy(&first, &one, 1);
    return first == 0;
}

/* Copies n values, little-endian on one side and native on the other. */
static void copy_values(void *to, const void *from, size_t size, uint64_t n)
{
    const uint8_t *p = from;
    uint8_t       *q = to;
    if (size == 1 || !is_big_endian()) {
        memcpy(to, from, n * size);
        return;
    }
    for (uint64_t i = 0; i < n; i++, p += size, q += size) {
        for (size_t b = 0; b < size; b++)
            q[b] = p[size - 1 - b];
    }
}

static uint8_t *raw_bytes(const aez_chunk_context *ctx, const aez_box *box,
                          const void *const *columns)
{
    uint8_t *raw = aez_take_raw(ctx->mem, box->n_sites, bytes_a_site(ctx)), *at = raw;
    for (uint32_t f = 0; raw && f < ctx->n_fields; f++) {
        size_t size = aez_type_size(ctx->fields[f].type);
        copy_values(at, columns[f], size, box->n_sites);
        at += size * box->n_sites;
    }
    return raw;
}

static aez_status stored_decode(const aez_chunk_context *ctx, const aez_box *box, aez_rd *in,
                                void *const *columns)
{
    size_t         total = box->n_sites * bytes_a_site(ctx), left = aez_rd_left(in);
    const uint8_t *frame = aez_rd_take(in, left), *at;
    uint8_t       *raw = aez_take_raw(ctx->mem, total, 1);
    aez_status     st = AEZ_ERR_NOMEM;
    if (raw)
        st = aez_frame_unpack(ctx->mem, frame, left, raw, total);
    at = raw;
    for (uint32_t f = 0; st >= 0 && f < ctx->n_fields; f++) {
        size_t size = aez_type_size(ctx->fields[f].type);
        copy_values(columns[f], at, size, box->n_sites);
        at += size * box->n_sites;
    }
    aez_drop(ctx->mem, raw);
    return st;
}

static aez_status try_stored(const aez_chunk_context *ctx, const aez_box *box,
                             const void *const *columns, size_t coded, aez_buf *out)
{
    uint8_t   *raw = raw_bytes(ctx, box, columns);
    aez_status st = AEZ_ERR_NOMEM;
    if (raw)
        st = aez_store_if_smaller(ctx->mem, ctx->search.level, raw,
                                  box->n_sites * bytes_a_site(ctx), coded, out);
    aez_drop(ctx->mem, raw);
    return st;
}

static int any_opaque(const aez_chunk_context *ctx)
{
    for (uint32_t f = 0; f < ctx->n_fields; f++) {
        if (ctx->fields[f].type == AEZ_OPAQUE)
            return 1;
    }
    return 0;
}

static int any_bounded_float(const aez_chunk_context *ctx)
{
    for (uint32_t f = 0; f < ctx->n_fields; f++) {
        if (ctx->fields[f].lattice.kind == AEZ_LATTICE_UNIT ||
            ctx->fields[f].lattice.kind == AEZ_LATTICE_LOG)
            return 1;
    }
    return 0;
}

/* The lossless form of a bounded chunk, for bounds so tight that it may be smaller. */
static aez_status encode_exact(const aez_chunk_context *ctx, const aez_box *box,
                               const void *const *columns, aez_buf *out, aez_chunk_info *info)
{
    aez_lattice        *own = aez_take(ctx->mem, ctx->n_fields, sizeof *own);
    const aez_lattice **lattices = aez_take(ctx->mem, ctx->n_fields, sizeof *lattices);
    aez_status          st = own && lattices ? AEZ_OK : AEZ_ERR_NOMEM;
    for (uint32_t f = 0; st >= 0 && f < ctx->n_fields; f++) {
        own[f].kind = AEZ_LATTICE_BITS;
        own[f].type = ctx->fields[f].type;
        own[f].step = 1;
        if (own[f].type == AEZ_F32 || own[f].type == AEZ_F64)
            lattices[f] = &own[f];
    }
    if (st >= 0)
        st = aez_encode_proved(ctx, box, columns, lattices, out, info, NULL);
    aez_drop(ctx->mem, lattices);
    aez_drop(ctx->mem, own);
    return st;
}

static aez_status encode_coded(const aez_chunk_context *ctx, const aez_box *box,
                               const void *const *columns, aez_buf *out, aez_chunk_info *info)
{
    uint64_t   raw = box->n_sites * bytes_a_site(ctx);
    aez_status st = aez_encode_psnr(ctx, box, columns, out, info);
    if (st >= 0 && any_bounded_float(ctx) && info->n_items == 0 &&
        (out->size == 0 || out->size > raw / 2)) {
        aez_buf        exact;
        aez_chunk_info exact_info = *info;
        aez_buf_init(&exact, ctx->mem);
        st = encode_exact(ctx, box, columns, &exact, &exact_info);
        if (st >= 0 && exact.size > 0 && (out->size == 0 || exact.size < out->size)) {
            out->size = 0;
            aez_put(out, exact.data, exact.size);
            *info = exact_info;
        }
        aez_buf_free(&exact);
    }
    return st;
}

static void note_stored(const aez_chunk_context *ctx, aez_chunk_info *info, size_t size)
{
    info->stored = 1;
    info->model_bytes = info->latent_bytes = info->residual_bytes = info->text_bytes = 0;
    info->n_items = info->saved = 0;
    info->stored_bytes = size;
    for (uint32_t f = 0; info->text && f < ctx->n_fields; f++)
        snprintf(info->text + (size_t)f * AEZ_NOTE_SIZE, AEZ_NOTE_SIZE, "stored by zstd");
}

aez_status aez_chunk_encode(const aez_chunk_context *ctx, const aez_box *box,
                            const void *const *columns, aez_buf *out, aez_chunk_info *info)
{
    aez_buf    coded, stored;
    aez_status st = AEZ_OK;
    aez_buf_init(&coded, ctx->mem);
    aez_buf_init(&stored, ctx->mem);
    if (!any_opaque(ctx))
        st = encode_coded(ctx, box, columns, &coded, info);
    if (st >= 0)
        st = try_stored(ctx, box, columns, coded.size ? coded.size : SIZE_MAX, &stored);
    if (st >= 0 && stored.size) {
        aez_put_u8(out, KIND_STORED);
        aez_put(out, stored.data, stored.size);
        note_stored(ctx, info, stored.size);
    } else if (st >= 0) {
        aez_put_u8(out, KIND_CODED);
        aez_put(out, coded.data, coded.size);
    }
    aez_buf_free(&coded);
    aez_buf_free(&stored);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

aez_status aez_chunk_decode(const aez_chunk_context *ctx, const aez_box *box, const void *payload,
                            size_t size, void *const *columns, aez_chunk_info *info)
{
    aez_rd     in;
    unsigned   kind;
    aez_status st;
    aez_rd_init(&in, payload, size);
    kind = aez_get_u8(&in);
    if (in.failed || kind > KIND_CODED)
        return AEZ_ERR_CORRUPT;
    if (kind == KIND_STORED) {
        note_stored(ctx, info, size - 1);
        return stored_decode(ctx, box, &in, columns);
    }
    if (any_opaque(ctx))
        return AEZ_ERR_CORRUPT;
    st = aez_array_decode(ctx, box, &in, columns, info);
    return st >= 0 && aez_rd_left(&in) != 0 ? AEZ_ERR_CORRUPT : st;
}
