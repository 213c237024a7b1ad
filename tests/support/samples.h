/* samples.h - integer fields with a known structure, and samples of them, for tests of the search. */
#ifndef AEZ_TESTS_SAMPLES_H
#define AEZ_TESTS_SAMPLES_H

#include <math.h>

#include "codec/search/candidate.h"
#include "tests/support/plans.h"

static inline aez_grid samples_grid(unsigned n_dims, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t box[3] = {a, b, c};
    aez_grid g;
    aez_grid_init(&g, box, n_dims);
    return g;
}

static inline int64_t *samples_take(const aez_grid *g)
{
    return aez_take(&plans_mem, g->n_sites, sizeof(int64_t));
}

/* Independent, uniform in -size .. size. */
static inline void samples_noise(const aez_grid *g, int64_t *k, int size, uint64_t seed)
{
    aez_rng rng;
    aez_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < g->n_sites; i++)
        k[i] = plans_between(&rng, -size, size);
}

/* Sums of slow waves along every axis, large against 1. */
static inline void samples_smooth(const aez_grid *g, int64_t *k)
{
    for (uint64_t i = 0; i < g->n_sites; i++) {
        uint64_t rest = i;
        double   v = 0;
        for (unsigned a = g->n_dims; a-- > 0;) {
            double x = (double)(rest % g->shape[a]);
            rest /= g->shape[a];
            v += sin(0.11 * x + a) + 0.5 * cos(0.047 * x);
        }
        k[i] = (int64_t)(30000 * v);
    }
}

#endif
