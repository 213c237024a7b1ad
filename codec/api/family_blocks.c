/* family_blocks.c - which items of a family are kept, where there are more than memory may hold. */
#include <string.h>

#include "../base/rng.h"
#include "family.h"

#define ROWS_BLOCK 4096 /* rows of a table in a block at most: their text may be long */

void aez_family_plan_blocks(aez_family *f)
{
    aez_rng rng;
    aez_rng_seed(&rng, f->options.seed);
    f->phase = aez_rng_next(&rng);
    f->stride = f->rows_stride = 1;
    f->block_items = AEZ_FAMILY_BLOCK / f->n_features;
    if (f->block_items < 1)
        f->block_items = 1;
    if (f->is_table && f->block_items > ROWS_BLOCK)
        f->block_items = ROWS_BLOCK;
}

static int is_kept(const aez_family *f, uint64_t number, uint64_t stride)
{
    return ((number - f->phase) & (stride - 1)) == 0;
}

static void drop_columns(aez_family *f, aez_family_block *b)
{
    for (uint32_t i = 0; b->column && i < f->n_fields; i++)
        aez_drop(&f->mem, b->column[i]);
    aez_drop(&f->mem, b->column);
    b->column = NULL;
}

static void drop_rows(aez_family *f, aez_family_block *b)
{
    if (b->has_rows)
        f->rows_bytes -= b->rows.text.size;
    aez_row_store_clear(&b->rows);
    b->has_rows = 0;
}

static void drop_block(aez_family *f, aez_family_block *b)
{
    drop_columns(f, b);
    drop_rows(f, b);
    aez_buf_free(&b->values);
}

void aez_family_drop_blocks(aez_family *f)
{
    for (size_t i = 0; i < f->n_blocks; i++)
        drop_block(f, &f->block[i]);
    aez_drop(&f->mem, f->block);
    f->block = NULL;
    f->n_blocks = f->cap_blocks = 0;
}

/* Buffers of blocks point to the family's allocator, not to each other: blocks may move. */
static aez_status grow(aez_family *f)
{
    size_t            cap = f->cap_blocks ? 2 * f->cap_blocks : 16;
    aez_family_block *more;
    if (f->n_blocks < f->cap_blocks)
        return AEZ_OK;
    more = aez_take(&f->mem, cap, sizeof *more);
    if (!more)
        return AEZ_ERR_NOMEM;
    if (f->n_blocks)
        memcpy(more, f->block, f->n_blocks * sizeof *more);
    aez_drop(&f->mem, f->block);
    f->block = more;
    f->cap_blocks = cap;
    return AEZ_OK;
}

static aez_status take_columns(aez_family *f, aez_family_block *b, uint64_t n_items)
{
    b->column = aez_take(&f->mem, f->n_fields, sizeof *b->column);
    for (uint32_t i = 0; b->column && i < f->n_fields; i++) {
        b->column[i] = aez_take_raw(&f->mem, (size_t)(n_items * f->inner),
                                    aez_type_size(f->type[i]));
        if (!b->column[i])
            return AEZ_ERR_NOMEM;
    }
    return b->column ? AEZ_OK : AEZ_ERR_NOMEM;
}

aez_status aez_family_open_block(aez_family *f, uint64_t n_items)
{
    aez_family_block *b;
    uint64_t          number = f->next_block++;
    f->block_left = n_items * f->inner;
    f->open = is_kept(f, number, f->stride);
    if (!f->open)
        return AEZ_OK;
    if (grow(f) < 0)
        return AEZ_ERR_NOMEM;
    b = &f->block[f->n_blocks++];
    memset(b, 0, sizeof *b);
    b->number = number;
    b->file = f->n_files - 1;
    aez_buf_init(&b->values, &f->mem);
    aez_row_store_init(&b->rows, &f->mem);
    b->has_rows = f->is_table && is_kept(f, number, f->rows_stride);
    return f->is_table ? AEZ_OK : take_columns(f, b, n_items);
}

aez_family_block *aez_family_open_one(aez_family *f)
{
    return f->open ? &f->block[f->n_blocks - 1] : NULL;
}

/* Every second block goes. */
static void thin(aez_family *f)
{
    size_t kept = 0;
    f->stride *= 2;
    f->n_kept = 0;
    for (size_t i = 0; i < f->n_blocks; i++) {
        aez_family_block *b = &f->block[i];
        if (!is_kept(f, b->number, f->stride)) {
            drop_block(f, b);
            continue;
        }
        f->n_kept += b->n_items * f->n_features;
        f->block[kept++] = *b;
    }
    f->n_blocks = kept;
}

static void thin_rows(aez_family *f)
{
    f->rows_stride *= 2;
    for (size_t i = 0; i < f->n_blocks; i++) {
        if (!is_kept(f, f->block[i].number, f->rows_stride))
            drop_rows(f, &f->block[i]);
    }
}

void aez_family_close_block(aez_family *f)
{
    aez_family_block *b = aez_family_open_one(f);
    f->block_left = 0;
    f->open = 0;
    if (!b)
        return;
    b->n_items = b->n_sites / f->inner;
    f->n_kept += b->n_items * f->n_features;
    if (b->has_rows)
        f->rows_bytes += b->rows.text.size;
    while (f->n_kept > AEZ_FAMILY_VALUES && f->n_blocks > 1)
        thin(f);
    while (f->rows_bytes > AEZ_FAMILY_TEXT && f->rows_stride < f->next_block)
        thin_rows(f);
}
