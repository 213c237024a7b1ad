/* arrange.h - how the values of an array's chunk lie in its integer fields: the box's own grid, or
 * another shape, or one field for each position of an axis (spec 3.5.4). */
#ifndef AEZ_CHUNK_ARRANGE_H
#define AEZ_CHUNK_ARRANGE_H

#include "../plan/plan.h"

#define AEZ_MAX_PARTS 16

typedef struct aez_arrangement {
    aez_grid shape;   /* of the values, in their order; it may have a few sites more */
    unsigned axis;    /* 1 + the axis whose positions are fields of their own, or 0 */
    uint32_t n_parts; /* fields that a field of the chunk becomes */
    uint64_t inner;   /* values of one part that lie together */
    aez_grid grid;    /* of the integer fields */
} aez_arrangement;

/* The values in this shape, whole (axis 0) or cut along an axis of at most AEZ_MAX_PARTS sites. */
void aez_arrange(aez_arrangement *a, const aez_grid *shape, unsigned axis);
void aez_arrangement_put(const aez_arrangement *a, aez_buf *out);
/* For n values; 0: the bytes say nothing that is allowed. */
int aez_arrangement_get(aez_arrangement *a, uint64_t n, aez_rd *in);

/* Which value, in their order, stands at a site of a part. */
static inline uint64_t aez_arranged_value(const aez_arrangement *a, uint32_t part, uint64_t site)
{
    if (a->n_parts == 1)
        return site;
    return (site / a->inner * a->n_parts + part) * a->inner + site % a->inner;
}

#endif
