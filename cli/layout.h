/* layout.h - how the bytes of a file are made: head, values of one array, tail. */
#ifndef AEZ_CLI_LAYOUT_H
#define AEZ_CLI_LAYOUT_H

#include <stdbool.h>

#include "aez.h"

#define AEZ_LAYOUT_DIMS 64               /* dimensions an array may have: NumPy's limit */
#define AEZ_LAYOUT_BYTES_MAX (64 * 1024) /* of head, and of tail, kept in the envelope */

typedef enum aez_format { /* numbers above AUTO, less one, are those of the envelope */
    AEZ_FORMAT_AUTO = 0,
    AEZ_FORMAT_RAW = 1,
    AEZ_FORMAT_NPY = 2,
    AEZ_FORMAT_IDX = 3,
    AEZ_FORMAT_BYTES = 4,
    AEZ_FORMAT_CSV = 5
} aez_format;

/* A file is head, then prod(shape) values of one type, then tail. */
typedef struct aez_layout {
    aez_format format; /* never AUTO */
    aez_type   type;
    bool       is_bool;    /* .npy: u8 values that are truth values */
    bool       big_endian; /* order of the bytes of a value in the file */
    bool       fortran;    /* .npy: shape below is the header's shape reversed */
    int        axis;       /* axis of shape that holds variables; -1: none */
    uint32_t   n_dims;     /* 0 .. AEZ_LAYOUT_DIMS; 0: a single value */
    uint64_t   shape[AEZ_LAYOUT_DIMS]; /* outermost first: C order over the file */
    unsigned   npy_form;               /* .npy: how the header was written; 0: head is verbatim */
    uint8_t   *head, *tail;            /* owned; NULL when empty */
    size_t     head_size, tail_size;
} aez_layout;

void aez_layout_init(aez_layout *layout);
void aez_layout_free(aez_layout *layout);
/* "raw", "npy", "idx", "bytes", "csv"; "auto" for AUTO. */
const char *aez_format_name(aez_format format);
/* Inverse of aez_format_name without AUTO, which also stands for an unknown name. */
aez_format aez_format_from_name(const char *name);

/* Bytes of one value of the type; 0 if unknown. */
size_t aez_layout_value_size(aez_type type);
/* Product of n extents, false when it passes 2^64 - 1; a zero anywhere makes it 0. */
bool aez_shape_product(const uint64_t *shape, uint32_t n, uint64_t *out);
/* Bytes of all values, false when they pass 2^63 - 1. */
bool aez_layout_data_size(const aez_layout *layout, uint64_t *out);
/* The shape that the schema has for this array: without the variables' axis, leading axes merged
 * down to AEZ_MAX_DIMS, {0} for an empty array, {1} where nothing is left. The data size must be
 * known to fit. Returns the number of dimensions. */
uint32_t aez_layout_grid(const aez_layout *layout, uint64_t grid[AEZ_MAX_DIMS]);
/* Variables: the extent of the axis, or 1. */
uint64_t aez_layout_n_fields(const aez_layout *layout);
/* Sets an owned copy of bytes; false when memory is short. */
bool aez_layout_set(uint8_t **dst, size_t *dst_size, const uint8_t *src, size_t size);

#endif
