/* seed.c - plans of stages that are kept: looked up by what they are for, and copied. */
#include "seed.h"

#include <string.h>

#include "candidate.h"
#include "seed_state.h"

#define SAME_GRAIN 4 /* half an octave of the step: one plan serves both */

aez_plan_seed *aez_plan_seed_create(const aez_mem *mem)
{
    aez_plan_seed *seed = aez_take(mem, 1, sizeof *seed);
    if (seed)
        seed->mem = *mem;
    return seed;
}

static void drop_plans(aez_plan_seed *seed, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        aez_plan_free(&seed->plan[i].plan, &seed->mem);
    memmove(&seed->plan[from], &seed->plan[to], (seed->n - to) * sizeof *seed->plan);
    seed->n -= to - from;
}

static void drop_ways(aez_plan_seed *seed, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        aez_drop(&seed->mem, seed->way[i].choices);
    memmove(&seed->way[from], &seed->way[to], (seed->n_ways - to) * sizeof *seed->way);
    seed->n_ways -= to - from;
}

void aez_plan_seed_destroy(aez_plan_seed *seed)
{
    aez_mem mem;
    if (!seed)
        return;
    mem = seed->mem;
    drop_plans(seed, 0, seed->n);
    drop_ways(seed, 0, seed->n_ways);
    aez_mixture_model_free(&seed->mixture, &mem);
    aez_drop(&mem, seed);
}

/* ---- lean seeds ------------------------------------------------------------------------------- */

void aez_seed_be_lean(aez_plan_seed *seed)
{
    seed->lean = 1;
}

aez_seed_mark aez_seed_marked(const aez_plan_seed *seed)
{
    aez_seed_mark mark = {0, 0, 0};
    if (seed)
        mark = (aez_seed_mark){seed->n, seed->n_ways, seed->mixture.n_layers > 0};
    return mark;
}

void aez_seed_drop(aez_plan_seed *seed, const aez_seed_mark *from, const aez_seed_mark *to)
{
    if (!seed || !seed->lean)
        return;
    drop_plans(seed, from->n_plans, to->n_plans);
    drop_ways(seed, from->n_ways, to->n_ways);
    if (!from->has_mixture && to->has_mixture) {
        aez_mixture_model_free(&seed->mixture, &seed->mem);
        memset(&seed->mixture, 0, sizeof seed->mixture);
    }
}

/* ---- mixtures ---------------------------------------------------------------------------------- */

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

int aez_seed_has_mixture(const aez_plan_seed *seed)
{
    return seed && seed->mixture.n_layers > 0;
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
                             uint32_t n_fields, const aez_search_options *options)
{
    aez_seed_key key = {n_given, n_fields, grid->n_dims, UINT32_C(0x811C9DC5), options->grain};
    key.kinds += options->differences;
    for (uint32_t f = 0; f < n_fields; f++) /* FNV-1a */
        key.kinds = (key.kinds ^ (fields[f].image_width * 2u + (fields[f].step > 1))) *
                    UINT32_C(0x01000193);
    return key;
}

static int same_kind(const aez_seed_key *a, const aez_seed_key *b)
{
    return a->n_given == b->n_given && a->n_fields == b->n_fields && a->n_dims == b->n_dims &&
           a->kinds == b->kinds;
}

static int64_t apart(const aez_seed_key *a, const aez_seed_key *b)
{
    int64_t d = (int64_t)a->grain - b->grain;
    return d < 0 ? -d : d;
}

static int same_key(const aez_seed_key *a, const aez_seed_key *b)
{
    return same_kind(a, b) && apart(a, b) <= SAME_GRAIN;
}

const aez_seed_plan *aez_seed_find(const aez_plan_seed *seed, const aez_seed_key *key)
{
    const aez_seed_plan *best = NULL;
    for (size_t i = 0; seed && i < seed->n; i++) {
        const aez_seed_plan *p = &seed->plan[i];
        if (same_kind(&p->key, key) && (!best || apart(&p->key, key) < apart(&best->key, key)))
            best = p;
    }
    return best;
}

static int has_key(const aez_plan_seed *seed, const aez_seed_key *key)
{
    const aez_seed_plan *p = aez_seed_find(seed, key);
    return p && same_key(&p->key, key);
}

size_t aez_seed_count(const aez_plan_seed *seed)
{
    return seed ? seed->n : 0;
}

const aez_seed_plan *aez_seed_at(const aez_plan_seed *seed, size_t i)
{
    return &seed->plan[i];
}

static const aez_seed_kept_way *find_way(const aez_plan_seed *seed, const aez_seed_key *key)
{
    const aez_seed_kept_way *best = NULL;
    for (size_t i = 0; seed && i < seed->n_ways; i++) {
        const aez_seed_kept_way *w = &seed->way[i];
        if (same_kind(&w->key, key) && (!best || apart(&w->key, key) < apart(&best->key, key)))
            best = w;
    }
    return best;
}

aez_seed_way aez_seed_find_way(const aez_plan_seed *seed, const aez_seed_key *key,
                               const aez_wavelet_choice **choices)
{
    const aez_seed_kept_way *w = find_way(seed, key);
    *choices = w ? w->choices : NULL;
    return w ? w->way : AEZ_WAY_UNKNOWN;
}

aez_status aez_seed_add_way(aez_plan_seed *seed, const aez_seed_key *key, aez_seed_way way,
                            const aez_wavelet_choice *choices)
{
    aez_seed_kept_way       *to = &seed->way[seed->n_ways];
    const aez_seed_kept_way *there = find_way(seed, key);
    if (seed->n_ways == AEZ_SEED_PLANS_MAX || (there && same_key(&there->key, key)))
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
    if (seed->n == AEZ_SEED_PLANS_MAX || has_key(seed, key))
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

/* ---- a kept plan on another grid --------------------------------------------------------------- */

static int has_stage(const aez_stage *want, const aez_stage *stages, size_t n)
{
    int anchor = want->axis == AEZ_MAX_DIMS;
    for (size_t i = 0; i < n; i++) {
        if (stages[i].axis == want->axis && (anchor || stages[i].log == want->log))
            return 1;
    }
    return 0;
}

/* Whether every stage that the template has on the grid is one that it has on its own. */
static aez_status covers(const aez_template *t, const aez_mem *mem, const aez_grid *own,
                         const aez_grid *grid, uint8_t scan_mask)
{
    size_t     n = aez_template_expand(t, grid, scan_mask, NULL, 0);
    aez_stage *here = aez_take(mem, n, sizeof *here);
    aez_stage *there = aez_take(mem, t->n_predictors, sizeof *there);
    aez_status st = here && there ? AEZ_OK : AEZ_ERR_NOMEM;
    if (st >= 0) {
        aez_template_expand(t, grid, scan_mask, here, n);
        aez_template_expand(t, own, scan_mask, there, t->n_predictors);
    }
    for (size_t i = 0; st >= 0 && i < n; i++)
        st = has_stage(&here[i], there, t->n_predictors) ? AEZ_OK : AEZ_ERR_CORRUPT;
    if (st >= 0 && (t->flags & AEZ_MATCH_TAPS) && t->match_log > AEZ_MATCH_LOG_MIN &&
        (uint64_t)1 << t->match_log > 2 * grid->n_sites)
        st = AEZ_ERR_CORRUPT;
    aez_drop(mem, here);
    aez_drop(mem, there);
    return st;
}

static aez_status expand_group(aez_group *to, const aez_group *from, const aez_mem *mem,
                               const aez_grid *own, const aez_grid *grid)
{
    aez_status st = AEZ_OK;
    to->scan_mask = from->scan_mask;
    to->templates = aez_take(mem, from->n_templates, sizeof *to->templates);
    if (!to->templates)
        return AEZ_ERR_NOMEM;
    for (size_t t = 0; st >= 0 && t < from->n_templates; t++) {
        st = covers(&from->templates[t], mem, own, grid, from->scan_mask);
        if (st >= 0)
            st = aez_template_regrid(&to->templates[t], &from->templates[t], mem, own, grid,
                                     from->scan_mask);
        if (st >= 0)
            to->n_templates++;
    }
    return st;
}

aez_status aez_seed_expand(const aez_seed_plan *from, const aez_mem *mem, const aez_grid *grid,
                           uint32_t n_given, uint32_t n_fields, aez_plan *out)
{
    aez_status st = AEZ_OK;
    memset(out, 0, sizeof *out);
    if (from->key.n_given != n_given || from->key.n_fields != n_fields ||
        from->grid.n_dims != grid->n_dims)
        return AEZ_ERR_CORRUPT;
    out->n_fields = n_fields;
    out->groups = aez_take(mem, from->plan.n_groups, sizeof *out->groups);
    if (!out->groups)
        return AEZ_ERR_NOMEM;
    for (; st >= 0 && out->n_groups < from->plan.n_groups; out->n_groups++)
        st = expand_group(&out->groups[out->n_groups], &from->plan.groups[out->n_groups], mem,
                          &from->grid, grid);
    if (st < 0)
        aez_plan_free(out, mem);
    return st;
}
