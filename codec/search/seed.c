/* seed.c - plans of a file's first chunk, kept for the chunks after it. */
#include "seed.h"

#include <string.h>

#include "candidate.h"

#define MOST_PLANS 4 /* with and without a hat, bounded and lossless */

struct aez_plan_seed {
    aez_mem           mem;
    size_t            n;
    aez_seed_plan     plan[MOST_PLANS];
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
                             uint32_t n_fields)
{
    aez_seed_key key = {n_given, n_fields, grid->n_dims, UINT64_C(0xCBF29CE484222325)};
    for (uint32_t f = 0; f < n_fields; f++) /* FNV-1a */
        key.kinds = (key.kinds ^ (fields[f].image_width * 2u + (fields[f].step > 1))) *
                    UINT64_C(0x100000001B3);
    return key;
}

const aez_seed_plan *aez_seed_find(const aez_plan_seed *seed, const aez_seed_key *key)
{
    for (size_t i = 0; seed && i < seed->n; i++) {
        const aez_seed_key *k = &seed->plan[i].key;
        if (k->n_given == key->n_given && k->n_fields == key->n_fields &&
            k->n_dims == key->n_dims && k->kinds == key->kinds)
            return &seed->plan[i];
    }
    return NULL;
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
