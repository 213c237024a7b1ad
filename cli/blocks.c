/* blocks.c - moves values between a file's order and one column per variable, block by block. */
#include "platform.h"

#include "blocks.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

#define BLOCK_BYTES ((uint64_t)2 * 1024 * 1024)

static bool host_is_big_endian(void)
{
    const uint16_t one = 1;
    uint8_t        first;
    memcpy(&first, &one, 1);
    return first == 0;
}

bool aez_blocks_init(aez_blocks *b, const aez_layout *layout)
{
    uint64_t site_bytes, n_values;
    memset(b, 0, sizeof *b);
    b->value_size = aez_layout_value_size(layout->type);
    b->n_fields = aez_layout_n_fields(layout);
    b->swap = b->value_size > 1 && layout->big_endian != host_is_big_endian();
    (void)aez_shape_product(layout->shape, layout->n_dims, &n_values);
    b->n_sites = n_values / b->n_fields;
    site_bytes = b->n_fields * b->value_size; /* n_fields < 2^16 */
    b->max_sites = BLOCK_BYTES / site_bytes;
    b->inner = 1; /* without an axis a row is one value: any number of rows fits */
    if (layout->axis >= 0)
        (void)aez_shape_product(layout->shape + layout->axis + 1,
                                layout->n_dims - (uint32_t)layout->axis - 1, &b->inner);
    b->rows = b->n_sites == 0 || b->inner <= b->max_sites;
    if (b->rows && b->n_sites > 0)
        b->max_sites -= b->max_sites % b->inner;
    if (b->max_sites > b->n_sites)
        b->max_sites = b->n_sites;
    b->values = malloc((size_t)(b->max_sites * site_bytes + 1)); /* at most BLOCK_BYTES + 1 */
    b->mixed = b->n_fields > 1 ? malloc((size_t)(b->max_sites * site_bytes + 1)) : NULL;
    b->columns = malloc((size_t)b->n_fields * sizeof *b->columns);
    if (!b->values || (b->n_fields > 1 && !b->mixed) || !b->columns)
        return false;
    for (uint64_t f = 0; f < b->n_fields; f++)
        b->columns[f] = b->values + f * b->max_sites * b->value_size;
    return true;
}

void aez_blocks_free(aez_blocks *b)
{
    free(b->values);
    free(b->mixed);
    free((void *)b->columns);
    memset(b, 0, sizeof *b);
}

uint64_t aez_blocks_next(const aez_blocks *b, uint64_t first)
{
    uint64_t left = b->n_sites - first;
    if (!b->rows && left > 0)
        left = b->inner - first % b->inner; /* to the end of this row */
    return left < b->max_sites ? left : b->max_sites;
}

bool aez_blocks_in_order(const aez_blocks *b)
{
    return b->rows;
}

/* ---- whole rows: [n_rows][n_fields][inner] <-> [n_fields][n_rows][inner] ---- */

/* inner of 1 is the common case (interleaved variables) and deserves no memcpy call a value. */
static void copy_piece(uint8_t *dst, const uint8_t *src, size_t size)
{
    switch (size) {
    case 1:
        *dst = *src;
        break;
    case 2:
        memcpy(dst, src, 2);
        break;
    case 4:
        memcpy(dst, src, 4);
        break;
    case 8:
        memcpy(dst, src, 8);
        break;
    default:
        memcpy(dst, src, size);
        break;
    }
}

static void separate(aez_blocks *b, uint64_t n_rows)
{
    size_t         piece = (size_t)b->inner * b->value_size;
    const uint8_t *src = b->mixed;
    for (uint64_t r = 0; r < n_rows; r++)
        for (uint64_t f = 0; f < b->n_fields; f++, src += piece)
            copy_piece((uint8_t *)b->columns[f] + r * piece, src, piece);
}

static void interleave(aez_blocks *b, uint64_t n_rows)
{
    size_t   piece = (size_t)b->inner * b->value_size;
    uint8_t *dst = b->mixed;
    for (uint64_t r = 0; r < n_rows; r++)
        for (uint64_t f = 0; f < b->n_fields; f++, dst += piece)
            copy_piece(dst, (const uint8_t *)b->columns[f] + r * piece, piece);
}

static void swap_values(uint8_t *p, size_t size, uint64_t n)
{
    for (; n > 0; n--, p += size)
        for (size_t i = 0; i < size / 2; i++) {
            uint8_t other = p[i];
            p[i] = p[size - 1 - i];
            p[size - 1 - i] = other;
        }
}

static void swap_columns(aez_blocks *b, uint64_t n)
{
    for (uint64_t f = 0; f < b->n_fields && b->swap; f++)
        swap_values(b->columns[f], b->value_size, n);
}

/* Byte offset of field f's piece of the part-row block at site `first`. */
static uint64_t piece_offset(const aez_blocks *b, uint64_t first, uint64_t f)
{
    uint64_t row = first / b->inner, i = first % b->inner;
    return ((row * b->n_fields + f) * b->inner + i) * b->value_size;
}

int aez_blocks_read(aez_blocks *b, aez_input *in, uint64_t off, uint64_t first, uint64_t n)
{
    size_t size = (size_t)n * b->value_size;
    int    status = AEZ_EXIT_OK;
    if (b->rows) {
        uint64_t n_fields = b->n_fields;
        status = aez_input_read_at(in, b->mixed ? b->mixed : b->values, size * (size_t)n_fields,
                                   off + first * n_fields * b->value_size);
        if (status == AEZ_EXIT_OK && b->mixed)
            separate(b, n / b->inner);
    } else {
        for (uint64_t f = 0; f < b->n_fields && status == AEZ_EXIT_OK; f++)
            status = aez_input_read_at(in, b->columns[f], size, off + piece_offset(b, first, f));
    }
    if (status == AEZ_EXIT_OK)
        swap_columns(b, n);
    return status;
}

int aez_blocks_write(aez_blocks *b, aez_put_at put, void *opaque, uint64_t first, uint64_t n)
{
    size_t size = (size_t)n * b->value_size;
    int    status = AEZ_EXIT_OK;
    swap_columns(b, n);
    if (b->rows) {
        if (b->mixed)
            interleave(b, n / b->inner);
        return put(opaque, b->mixed ? b->mixed : b->values, size * (size_t)b->n_fields,
                   first * b->n_fields * b->value_size);
    }
    for (uint64_t f = 0; f < b->n_fields && status == AEZ_EXIT_OK; f++)
        status = put(opaque, b->columns[f], size, piece_offset(b, first, f));
    return status;
}
