/* plan_lens.h - a stage seen from one site or line: which taps exist there, where, and their
 * weights. */
#ifndef AEZ_PLAN_LENS_H
#define AEZ_PLAN_LENS_H

#include <stddef.h>

#include "plan.h"

typedef struct aez_geometry { /* of a grid in memory */
    unsigned n_dims;
    int64_t  shape[AEZ_MAX_DIMS];
    int64_t  pitch[AEZ_MAX_DIMS]; /* elements from one site to the next along each axis */
} aez_geometry;

void aez_geometry_init(aez_geometry *g, const aez_grid *grid);

typedef struct aez_lens_tap {
    uint32_t  field;
    ptrdiff_t at; /* elements from the target site */
    int       shift;
    int32_t   weight;
    unsigned  activity;
} aez_lens_tap;

typedef struct aez_lens {
    unsigned      n; /* taps with a weight or an activity */
    aez_lens_tap  tap[AEZ_MAX_TAPS];
    uint8_t       source_tap[AEZ_MAX_TAPS]; /* number of each in the stage */
    aez_base_rule base;
    ptrdiff_t     base_at[2];
    unsigned      weight_shift;
    int           uses_net;
    /* Of all taps, for the contexts of matches (stages without any leave them unset). */
    uint64_t  there; /* bit i: tap i is not missing */
    ptrdiff_t place[AEZ_MAX_TAPS];
} aez_lens;

/* The lens at `site`. With along_line the innermost axis is not checked: the lens then serves all
 * sites of the line whose taps stay inside (see aez_line_interior). Returns the mask of taps that
 * stand where they point. */
uint64_t aez_lens_make(aez_lens *lens, const aez_stage *stage, const aez_geometry *g,
                       const uint64_t *site, int along_line);
/* Innermost coordinates [*lo, *hi) at which no tap leaves the grid along the innermost axis. */
void aez_line_interior(const aez_stage *stage, const aez_geometry *g, int64_t *lo, int64_t *hi);

#endif
