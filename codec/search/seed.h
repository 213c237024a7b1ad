/* seed.h - plans of stages that are kept: those of a file's first chunk for the chunks after it, and
 * those of a model for the files of its family. */
#ifndef AEZ_SEARCH_SEED_H
#define AEZ_SEARCH_SEED_H

#include "../plan/mixture_model.h"
#include "search_wavelet.h"

#define AEZ_SEED_PLANS_MAX 64 /* several bounds; with and without a hat, differences, other shapes */

/* NULL when memory is short. */
aez_plan_seed *aez_plan_seed_create(const aez_mem *mem);
void           aez_plan_seed_destroy(aez_plan_seed *seed); /* NULL does nothing */

/* What a plan has to have in common with another to be of use for it, and how near they are. */
typedef struct aez_seed_key {
    uint32_t n_given, n_fields;
    unsigned n_dims;
    uint32_t kinds; /* hash over the kinds of the fields: images, exact, with steps */
    int32_t  grain; /* how coarse the fields' steps are for their model (search.h); nearest serves */
} aez_seed_key;

aez_seed_key aez_seed_key_of(const aez_grid *grid, const aez_ifield *fields, uint32_t n_given,
                             uint32_t n_fields, const aez_search_options *options);

/* A kept plan, for the grid that it was made for. */
typedef struct aez_seed_plan {
    aez_seed_key key;
    aez_grid     grid;
    aez_plan     plan; /* constants are not kept: NULL */
} aez_seed_plan;

/* The kept plan with this key and the nearest grain, or NULL. */
const aez_seed_plan *aez_seed_find(const aez_plan_seed *seed, const aez_seed_key *key);
/* Copies the plan, unless one with the key and almost the same grain is there already or there are
 * many. */
aez_status aez_seed_add(aez_plan_seed *seed, const aez_seed_key *key, const aez_grid *grid,
                        const aez_plan *plan);
size_t               aez_seed_count(const aez_plan_seed *seed); /* of plans; NULL has none */
const aez_seed_plan *aez_seed_at(const aez_plan_seed *seed, size_t i);
/* Copies from a kept plan what stands for the grid: the plan without constants, each stage with the
 * predictor of the same stage. CORRUPT when the plan was made for another number of fields or axes,
 * or has no such stage. The caller frees *out. */
aez_status aez_seed_expand(const aez_seed_plan *from, const aez_mem *mem, const aez_grid *grid,
                           uint32_t n_given, uint32_t n_fields, aez_plan *out);

/* Which way of coding a set of fields was best for the first chunk. */
typedef enum aez_seed_way { /* numbers are those of the file format */
    AEZ_WAY_UNKNOWN = 0,
    AEZ_WAY_STAGES = 1,
    AEZ_WAY_WAVELETS = 2,
    AEZ_WAY_EITHER = 3
} aez_seed_way;

/* The way kept for such fields and, if wavelets have a part in it, their choices: [key->n_fields],
 * bits HUGE_VAL where a field has none. */
aez_seed_way aez_seed_find_way(const aez_plan_seed *seed, const aez_seed_key *key,
                               const aez_wavelet_choice **choices);
/* Copies way and choices, unless some with the key are there already or there are many. */
aez_status aez_seed_add_way(aez_plan_seed *seed, const aez_seed_key *key, aez_seed_way way,
                            const aez_wavelet_choice *choices);

/* Whether the first chunk was smallest on its own grid, without another arrangement. */
int  aez_seed_own_grid(const aez_plan_seed *seed);
void aez_seed_set_own_grid(aez_plan_seed *seed);

/* The kept model of mixtures, if a chunk on this grid can have it; NULL. */
const aez_mixture_model *aez_seed_mixture(const aez_plan_seed *seed, const aez_grid *grid);
int                      aez_seed_has_mixture(const aez_plan_seed *seed);
/* Copies the model, unless one is there already. */
aez_status aez_seed_add_mixture(aez_plan_seed *seed, const aez_mixture_model *model,
                                const aez_grid *grid);

/* ---- seeds of models --------------------------------------------------------------------------- */

/* A seed that is to become part of a model is counted in every file: of the ways that are tried for
 * a chunk it keeps only what the smallest needs. */
void aez_seed_be_lean(aez_plan_seed *seed);

/* How much a seed holds, and back to that: what was added since `from` and before `to` is dropped
 * from a lean seed; others keep it. NULL seeds hold nothing. */
typedef struct aez_seed_mark {
    size_t n_plans, n_ways;
    int    has_mixture;
} aez_seed_mark;

aez_seed_mark aez_seed_marked(const aez_plan_seed *seed);
void          aez_seed_drop(aez_plan_seed *seed, const aez_seed_mark *from, const aez_seed_mark *to);

/* Bytes of plans and mixtures in a model (spec 10.1.3). get: CORRUPT, LIMIT, NOMEM; *out is NULL on
 * failure. */
aez_status aez_seed_put(const aez_plan_seed *seed, aez_buf *out);
aez_status aez_seed_get(aez_plan_seed **out, const aez_mem *mem, aez_rd *in);
int        aez_seed_is_empty(const aez_plan_seed *seed); /* nothing that a reader could use */

#endif
