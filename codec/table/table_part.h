/* table_part.h - how a chunk's side 0 describes its columns; for codec/table only. */
#ifndef AEZ_TABLE_PART_H
#define AEZ_TABLE_PART_H

#include "table.h"

enum { /* mode byte of a column in a chunk */
    PART_K_NONE = 0,
    PART_K_FIELD = 1,
    PART_K_CONSTANT = 2,
    PART_K_COPY = 3,
    PART_K_BITS = 3,
    PART_MASK_NONE = 0 << 2,
    PART_MASK_FIELD = 1 << 2,
    PART_MASK_LIST = 2 << 2,
    PART_MASK_COPY = 3 << 2,
    PART_MASK_BITS = 3 << 2,
    PART_LENGTHS = 16, /* texts follow their lengths; else each ends with a newline */
    PART_TEXT = 32,    /* the column has bytes in side 1 */
    PART_FINE = 64,    /* digits below the coarse grid follow the texts in side 1 */
    PART_ALL_BITS = 127
};

#endif
