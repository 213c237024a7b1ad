/* seed.h - plans of a file's first chunk, kept for the chunks after it. */
#ifndef AEZ_SEARCH_SEED_H
#define AEZ_SEARCH_SEED_H

#include "../plan/mixture_model.h"
#include "search_wavelet.h"

/* NULL when memory is short. */
aez_plan_seed *aez_plan_seed_create(const aez_mem *mem);
void           aez_plan_seed_destroy(aez_plan_seed *seed); /* NULL does nothing */

/* What a plan has to have in common with another to be of use for it. */
typedef struct aez_seed_key {
    uint32_t n_given, n_fields;
    unsigned n_dims;
    uint64_t kinds; /* hash over the kinds of the fields: images, exact, with steps */
} aez_seed_key;

aez_seed_key aez_seed_key_of(const aez_grid *grid, const aez_ifield *fields, uint32_t n_given,
                             uint32_t n_fields, int differences);

/* A kept plan, for the grid that it was made for. */
typedef struct aez_seed_plan {
    aez_seed_key key;
    aez_grid     grid;
    aez_plan     plan; /* constants are not kept */
} aez_seed_plan;

/* The kept plan with this key, or NULL. */
const aez_seed_plan *aez_seed_find(const aez_plan_seed *seed, const aez_seed_key *key);
/* Copies the plan, unless one with the key is there already or there are many. */
aez_status aez_seed_add(aez_plan_seed *seed, const aez_seed_key *key, const aez_grid *grid,
                        const aez_plan *plan);

/* Which way of coding a set of fields was best for the first chunk. */
typedef enum aez_seed_way { AEZ_WAY_UNKNOWN, AEZ_WAY_STAGES, AEZ_WAY_WAVELETS, AEZ_WAY_EITHER } aez_seed_way;

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
/* Copies the model, unless one is there already. */
aez_status aez_seed_add_mixture(aez_plan_seed *seed, const aez_mixture_model *model,
                                const aez_grid *grid);

#endif
