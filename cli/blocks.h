/* blocks.h - moves values between a file's order and one column per variable, block by block. */
#ifndef AEZ_CLI_BLOCKS_H
#define AEZ_CLI_BLOCKS_H

#include "file.h"
#include "layout.h"

/* The values of a layout as value[outer][n_fields][inner]: site (o, i) of field f. Either whole
 * rows [n_fields][inner] fit a block, which is then one piece of the file; or a block is part of
 * one row, and every field's piece of it lies apart. */
typedef struct aez_blocks {
    uint64_t n_sites, inner;
    uint64_t n_fields;
    size_t   value_size;
    bool     swap; /* the file's byte order is not this machine's */
    bool     rows; /* whole rows fit */
    uint64_t max_sites;
    uint8_t *values; /* owned: the columns of one block, one after another */
    uint8_t *mixed;  /* owned: the same as the file has it; NULL when n_fields is 1 */
    void   **columns; /* owned: [n_fields] into values, max_sites values apart */
} aez_blocks;

/* The layout's data size must be known to fit, n_fields to be 1 .. 65535. False: no memory. */
bool aez_blocks_init(aez_blocks *b, const aez_layout *layout);
void aez_blocks_free(aez_blocks *b);
/* Sites of the block that starts at site `first`; 0 at the end. */
uint64_t aez_blocks_next(const aez_blocks *b, uint64_t first);
/* Whether the blocks, in order, are the file in order. */
bool aez_blocks_in_order(const aez_blocks *b);

/* Fills the columns, native byte order; `off` is where the values begin in the file. */
int aez_blocks_read(aez_blocks *b, aez_input *in, uint64_t off, uint64_t first, uint64_t n);

/* Puts size bytes at off bytes from the start of the values; an exit code. */
typedef int (*aez_put_at)(void *opaque, const void *src, size_t size, uint64_t off);
/* Hands the columns out in file order and byte order. They are changed by it. */
int aez_blocks_write(aez_blocks *b, aez_put_at put, void *opaque, uint64_t first, uint64_t n);

#endif
