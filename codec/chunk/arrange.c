/* arrange.c - arrangements of a chunk's values, and their bytes (spec 3.5.4). */
#include "arrange.h"

void aez_arrange(aez_arrangement *a, const aez_grid *shape, unsigned axis)
{
    uint64_t rest[AEZ_MAX_DIMS];
    unsigned n = 0;
    a->shape = a->grid = *shape;
    a->axis = axis;
    a->n_parts = 1;
    a->inner = shape->n_sites;
    if (axis == 0)
        return;
    a->n_parts = (uint32_t)shape->shape[axis - 1];
    a->inner = 1;
    for (unsigned i = 0; i < shape->n_dims; i++) {
        if (i + 1 != axis)
            rest[n++] = shape->shape[i];
        if (i + 1 > axis)
            a->inner *= shape->shape[i];
    }
    aez_grid_init(&a->grid, rest, n);
}

void aez_arrangement_put(const aez_arrangement *a, aez_buf *out)
{
    aez_put_u8(out, a->shape.n_dims);
    for (unsigned i = 0; i < a->shape.n_dims; i++)
        aez_put_varint(out, a->shape.shape[i]);
    aez_put_u8(out, a->axis);
}

int aez_arrangement_get(aez_arrangement *a, uint64_t n, aez_rd *in)
{
    uint64_t shape[AEZ_MAX_DIMS], sites = 1, most = n + n / AEZ_SPARE_SHARE;
    unsigned n_dims = aez_get_u8(in), axis;
    aez_grid grid;
    if (in->failed || n_dims < 1 || n_dims > AEZ_MAX_DIMS)
        return 0;
    for (unsigned i = 0; i < n_dims; i++) {
        shape[i] = aez_get_varint(in);
        if (in->failed || shape[i] < 2 || shape[i] > most / sites)
            return 0;
        sites *= shape[i];
    }
    axis = aez_get_u8(in);
    if (in->failed || sites < n || axis > n_dims ||
        (axis && (n_dims < 2 || shape[axis - 1] > AEZ_MAX_PARTS)))
        return 0;
    aez_grid_init(&grid, shape, n_dims);
    aez_arrange(a, &grid, axis);
    return 1;
}
