/* layout.c - how the bytes of a file are made: head, values of one array, tail. */
#include "platform.h"

#include "layout.h"

#include <stdlib.h>
#include <string.h>

void aez_layout_init(aez_layout *layout)
{
    memset(layout, 0, sizeof *layout);
    layout->format = AEZ_FORMAT_BYTES;
    layout->type = AEZ_OPAQUE;
    layout->axis = -1;
}

void aez_layout_free(aez_layout *layout)
{
    free(layout->head);
    free(layout->tail);
    layout->head = layout->tail = NULL;
    layout->head_size = layout->tail_size = 0;
}

static const char *const format_names[] = {"auto", "raw", "npy", "idx", "bytes", "csv"};

const char *aez_format_name(aez_format format)
{
    return format_names[format];
}

aez_format aez_format_from_name(const char *name)
{
    for (int i = AEZ_FORMAT_RAW; i <= AEZ_FORMAT_CSV; i++)
        if (strcmp(format_names[i], name) == 0)
            return (aez_format)i;
    return AEZ_FORMAT_AUTO;
}

size_t aez_layout_value_size(aez_type type)
{
    return type == AEZ_OPAQUE ? 1 : aez_type_size(type);
}

bool aez_shape_product(const uint64_t *shape, uint32_t n, uint64_t *out)
{
    uint64_t product = 1;
    bool     fits = true;
    for (uint32_t i = 0; i < n; i++) {
        if (shape[i] == 0) {
            *out = 0;
            return true;
        }
        if (product > UINT64_MAX / shape[i])
            fits = false; /* unless a zero follows */
        else
            product *= shape[i];
    }
    *out = fits ? product : UINT64_MAX;
    return fits;
}

bool aez_layout_data_size(const aez_layout *layout, uint64_t *out)
{
    uint64_t n;
    size_t   size = aez_layout_value_size(layout->type);
    if (size == 0 || !aez_shape_product(layout->shape, layout->n_dims, &n) || n > INT64_MAX / size)
        return false;
    *out = n * size;
    return true;
}

uint64_t aez_layout_n_fields(const aez_layout *layout)
{
    return layout->axis < 0 ? 1 : layout->shape[layout->axis];
}

uint32_t aez_layout_grid(const aez_layout *layout, uint64_t grid[AEZ_MAX_DIMS])
{
    uint64_t n_values, merged = 1;
    uint32_t n_left = 0, n_grid = 0, skip;
    (void)aez_shape_product(layout->shape, layout->n_dims, &n_values);
    if (n_values == 0) {
        grid[0] = 0;
        return 1;
    }
    n_left = layout->n_dims - (layout->axis >= 0 ? 1 : 0);
    if (n_left == 0) {
        grid[0] = 1;
        return 1;
    }
    skip = n_left > AEZ_MAX_DIMS ? n_left - AEZ_MAX_DIMS : 0;
    for (uint32_t i = 0; i < layout->n_dims; i++) {
        if ((int)i == layout->axis)
            continue;
        merged *= layout->shape[i]; /* divides n_values, so it fits */
        if (skip > 0) {
            skip--;
            continue;
        }
        grid[n_grid++] = merged;
        merged = 1;
    }
    return n_grid;
}

bool aez_layout_set(uint8_t **dst, size_t *dst_size, const uint8_t *src, size_t size)
{
    uint8_t *copy = NULL;
    if (size > 0) {
        copy = malloc(size);
        if (!copy)
            return false;
        memcpy(copy, src, size);
    }
    free(*dst);
    *dst = copy;
    *dst_size = size;
    return true;
}
