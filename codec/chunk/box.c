/* box.c - how a grid is cut into the boxes of its chunks (spec 3.4). */
#include <string.h>

#include "chunk.h"

static uint64_t product(const uint64_t *shape, unsigned from, unsigned to)
{
    uint64_t n = 1;
    for (unsigned a = from; a < to; a++)
        n *= shape[a];
    return n;
}

uint64_t aez_box_at(const uint64_t *shape, unsigned n_dims, uint64_t max_sites, uint64_t i,
                    aez_box *box)
{
    unsigned cut = 0;
    uint64_t inside, rows, n_parts, part;
    memset(box, 0, sizeof *box);
    if (product(shape, 0, n_dims) == 0)
        return 0;
    while (cut + 1 < n_dims && product(shape, cut + 1, n_dims) > max_sites)
        cut++;
    inside = product(shape, cut + 1, n_dims);
    rows = max_sites / inside;
    if (rows == 0)
        rows = 1;
    n_parts = (shape[cut] - 1) / rows + 1;
    rows = (shape[cut] - 1) / n_parts + 1; /* parts of nearly the same size */
    n_parts = (shape[cut] - 1) / rows + 1;
    part = i % n_parts;
    box->n_dims = n_dims;
    for (unsigned a = 0; a < n_dims; a++)
        box->shape[a] = a < cut ? 1 : shape[a];
    box->shape[cut] = part + 1 < n_parts ? rows : shape[cut] - part * rows;
    box->n_sites = box->shape[cut] * inside;
    return product(shape, 0, cut) * n_parts;
}
