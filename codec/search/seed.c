/* seed.c - plans of a file's first chunk, kept for the chunks after it. */
#include "seed.h"

#include <string.h>

#include "candidate.h"

#define MOST_PLANS 8 /* with and without a hat, differences, other shapes of an array */

/* How some fields were coded. */
typedef struct aez_seed_kept_way {
    aez_seed_key        key;
    aez_seed_way        way;
    aez_wavelet_choice *choices; /* [key.n_fields] owned */
} aez_seed_kept_way;

struct aez_plan_seed {
    aez_mem           mem;
    size_t            n, n_ways;
    int               own_grid;
    aez_seed_plan     plan[MOST_PLANS];
    aez_seed_kept_way way[MOST_PLANS];
    aez_mixture_model mixture; /* without layers: none */
    aez_grid          mixture_grid;
};

aez_plan_seed *aez_plan_seed_create(const aez_mem *mem)
{
    aez_plan_seed *seed = aez_take(mem, 1, sizeof *seed);
    if (seed)
        seed->mem = *mem;
    return seed;
}

void aez_plan_seed_destroy(aez_plan_seed *seed)
{
    aez_mem mem;
    if (!seed)
        return;
    mem = seed->mem;
    for (size_t i = 0; i < seed->n; i++)
        aez_plan_free(&seed->plan[i].plan, &mem);
    for (size_t i = 0; i < seed->n_ways; i++)
        aez_drop(&mem, seed->way[i].choices);
    aez_mixture_model_free(&seed->mixture, &mem);
    aez_drop(&mem, seed);
}

const aez_mixture_model *aez_seed_mixture(const aez_plan_seed *seed, const aez_grid *grid)
{
    if (!seed || seed->mixture.n_layers == 0 || grid->n_dims != seed->mixture_grid.n_dims)
        return NULL;
    for (unsigned a = seed->mixture.n_batch; a < grid->n_dims; a++) {
        if (grid->shape[a] != seed->mixture_grid.shape[a])
            return NULL;
    }
    return &seed->mixture;
}

aez_status aez_seed_add_mixture(aez_plan_seed *seed, const aez_mixture_model *model,
                                const aez_grid *grid)
{
    if (seed->mixture.n_layers)
        return AEZ_OK;
    seed->mixture_grid = *grid;
    return aez_mixture_model_copy(&seed->mixture, model, &seed->mem, grid);
}

aez_seed_key aez_seed_key_of(const aez_grid *grid, const aez_ifield *fields, uint32_t n_given,
                             uint32_t n_fields, int differences)
{
    aez_seed_key key = {n_given, n_fields, grid->n_dims, UINT64_C(0xCBF29CE484222325)};
    key.kinds += differences != 0;
    for (uint32_t f = 0; f < n_fields; f++) /* FNV-1a */
        key.kinds = (key.kinds ^ (fields[f].image_width * 2u + (fields[f].step > 1))) *
                    UINT64_C(0x100000001B3);
    return key;
}

static int same_key(const aez_seed_key *a, const aez_seed_key *b)
{
    return a->n_given == b->n_given && a->n_fields == b->n_fields && a->n_dims == b->n_dims &&
           a->kinds == b->kinds;
}

const aez_seed_plan *aez_seed_find(const aez_plan_seed *seed, const aez_seed_key *key)
{
    for (size_t i = 0; seed && i < seed->n; i++) {
        if (same_key(&seed->plan[i].key, key))
            return &seed->plan[i];
    }
    return NULL;
}

aez_seed_way aez_seed_find_way(const aez_plan_seed *seed, const aez_seed_key *key,
                               const aez_wavelet_choice **choices)
{
    for (size_t i = 0; seed && i < seed->n_ways; i++) {
        if (same_key(&seed->way[i].key, key)) {
            *choices = seed->way[i].choices;
            return seed->way[i].way;
        }
    }
    *choices = NULL;
    return AEZ_WAY_UNKNOWN;
}

aez_status aez_seed_add_way(aez_plan_seed *seed, const aez_seed_key *key, aez_seed_way way,
                            const aez_wavelet_choice *choices)
{
    aez_seed_kept_way        *to = &seed->way[seed->n_ways];
    const aez_wavelet_choice *there;
    if (seed->n_ways == MOST_PLANS || aez_seed_find_way(seed, key, &there) != AEZ_WAY_UNKNOWN)
        return AEZ_OK;
    to->key = *key;
    to->way = way;
    to->choices = aez_take(&seed->mem, key->n_fields, sizeof *choices);
    if (!to->choices)
        return AEZ_ERR_NOMEM;
    memcpy(to->choices, choices, key->n_fields * sizeof *choices);
    seed->n_ways++;
    return AEZ_OK;
}

int aez_seed_own_grid(const aez_plan_seed *seed)
{
    return seed && seed->own_grid;
}

void aez_seed_set_own_grid(aez_plan_seed *seed)
{
    seed->own_grid = 1;
}

static aez_status copy_group(aez_group *to, const aez_group *from, const aez_mem *mem,
                             const aez_grid *grid)
{
    to->scan_mask = from->scan_mask;
    to->templates = aez_take(mem, from->n_templates, sizeof *to->templates);
    if (!to->templates)
        return AEZ_ERR_NOMEM;
    for (; to->n_templates < from->n_templates; to->n_templates++) {
        aez_status st = aez_template_regrid(&to->templates[to->n_templates],
                                            &from->templates[to->n_templates], mem, grid, grid,
                                            from->scan_mask);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

aez_status aez_seed_add(aez_plan_seed *seed, const aez_seed_key *key, const aez_grid *grid,
                        const aez_plan *plan)
{
    aez_seed_plan *to = &seed->plan[seed->n];
    aez_status     st = AEZ_OK;
    if (seed->n == MOST_PLANS || aez_seed_find(seed, key))
        return AEZ_OK;
    memset(to, 0, sizeof *to);
    to->key = *key;
    to->grid = *grid;
    to->plan.groups = aez_take(&seed->mem, plan->n_groups, sizeof *to->plan.groups);
    if (!to->plan.groups)
        return AEZ_ERR_NOMEM;
    for (; st >= 0 && to->plan.n_groups < plan->n_groups; to->plan.n_groups++)
        st = copy_group(&to->plan.groups[to->plan.n_groups], &plan->groups[to->plan.n_groups],
                        &seed->mem, grid);
    if (st < 0) {
        aez_plan_free(&to->plan, &seed->mem);
        return st;
    }
    seed->n++;
    return AEZ_OK;
}
