/* idx.h - headers of IDX files (MNIST and its like): 00 00 type n_dims, then u32 extents. */
#ifndef AEZ_CLI_IDX_H
#define AEZ_CLI_IDX_H

#include "layout.h"

#define AEZ_IDX_HEADER_MAX (4 + 4 * AEZ_LAYOUT_DIMS)

/* Reads the header at the start of a file: type, big_endian, shape and *header_size. False when it
 * is none (or has no or more than AEZ_LAYOUT_DIMS dimensions). */
bool aez_idx_parse(const uint8_t *head, size_t size, aez_layout *out, size_t *header_size);
/* The header of a layout; its size, or 0 when IDX cannot say this type or shape. */
size_t aez_idx_header(const aez_layout *layout, uint8_t dst[AEZ_IDX_HEADER_MAX]);

#endif
