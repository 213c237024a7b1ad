/* seed_bytes.c - the plans and mixtures of a model as bytes, and back, all checked (spec 10.1.3). */
#include "seed_state.h"

#include <string.h>

#define SITES_MAX (UINT64_C(1) << 60)
#define FIELDS_MAX (UINT64_C(1) << 18) /* hats, masks and values of all fields of a file */
#define GRAIN_MAX 32768

enum { HAS_PLANS = 1, HAS_MIXTURE = 2 };

int aez_seed_is_empty(const aez_plan_seed *seed)
{
    return !seed || (seed->n == 0 && seed->mixture.n_layers == 0);
}

/* ---- grids ------------------------------------------------------------------------------------- */

static void put_grid(const aez_grid *grid, aez_buf *out)
{
    aez_put_u8(out, grid->n_dims);
    for (unsigned a = 0; a < grid->n_dims; a++)
        aez_put_varint(out, grid->shape[a]);
}

static aez_status get_grid(aez_grid *grid, aez_rd *in)
{
    memset(grid, 0, sizeof *grid);
    grid->n_dims = aez_get_u8(in);
    grid->n_sites = 1;
    if (in->failed || grid->n_dims < 1 || grid->n_dims > AEZ_MAX_DIMS)
        return AEZ_ERR_CORRUPT;
    for (unsigned a = 0; a < grid->n_dims; a++) {
        uint64_t n = grid->shape[a] = aez_get_varint(in);
        if (in->failed || n < 1)
            return AEZ_ERR_CORRUPT;
        if (n > SITES_MAX / grid->n_sites)
            return AEZ_ERR_LIMIT;
        grid->n_sites *= n;
    }
    return AEZ_OK;
}

/* ---- plans ------------------------------------------------------------------------------------- */

static void put_plan(const aez_seed_plan *p, aez_buf *out)
{
    aez_put_varint(out, p->key.n_given);
    aez_put_varint(out, p->key.n_fields - p->key.n_given);
    aez_put_u32(out, p->key.kinds);
    aez_put_svarint(out, p->key.grain);
    put_grid(&p->grid, out);
    aez_plan_put_groups(&p->plan, &p->grid, out);
}

static aez_status get_plan(aez_seed_plan *p, const aez_mem *mem, aez_rd *in)
{
    uint64_t   n_given = aez_get_varint(in), n = aez_get_varint(in);
    aez_status st;
    int64_t    grain;
    p->key.kinds = aez_get_u32(in);
    grain = aez_get_svarint(in);
    if (in->failed || n < 1 || n > aez_rd_left(in) || grain < -GRAIN_MAX || grain > GRAIN_MAX)
        return AEZ_ERR_CORRUPT; /* the template of a field takes more than a byte */
    if (n_given > FIELDS_MAX || n > FIELDS_MAX - n_given)
        return AEZ_ERR_LIMIT;
    st = get_grid(&p->grid, in);
    if (st < 0)
        return st;
    p->key.n_given = (uint32_t)n_given;
    p->key.n_fields = (uint32_t)(n_given + n);
    p->key.n_dims = p->grid.n_dims;
    p->key.grain = (int32_t)grain;
    return aez_plan_get_groups(&p->plan, mem, &p->grid, p->key.n_given, p->key.n_fields, in);
}

static aez_status get_plans(aez_plan_seed *seed, aez_rd *in)
{
    uint64_t   n = aez_get_varint(in);
    aez_status st = AEZ_OK;
    if (in->failed || n < 1 || n > AEZ_SEED_PLANS_MAX)
        return AEZ_ERR_CORRUPT;
    while (st >= 0 && seed->n < n) { /* one that fails half-way is freed with the others */
        st = get_plan(&seed->plan[seed->n], &seed->mem, in);
        seed->n++;
    }
    return st;
}

/* ---- the whole --------------------------------------------------------------------------------- */

aez_status aez_seed_put(const aez_plan_seed *seed, aez_buf *out)
{
    int        mixture = seed->mixture.n_layers > 0;
    aez_status st = AEZ_OK;
    aez_put_u8(out, (seed->n ? HAS_PLANS : 0) | (mixture ? HAS_MIXTURE : 0));
    if (seed->n)
        aez_put_varint(out, seed->n);
    for (size_t i = 0; i < seed->n; i++)
        put_plan(&seed->plan[i], out);
    if (mixture) {
        put_grid(&seed->mixture_grid, out);
        st = aez_mixture_model_put(&seed->mixture, out->mem, &seed->mixture_grid, out);
    }
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

aez_status aez_seed_get(aez_plan_seed **out, const aez_mem *mem, aez_rd *in)
{
    unsigned       parts = aez_get_u8(in);
    aez_plan_seed *seed;
    aez_status     st = AEZ_OK;
    *out = NULL;
    if (in->failed || parts < 1 || parts > (HAS_PLANS | HAS_MIXTURE))
        return AEZ_ERR_CORRUPT;
    seed = aez_plan_seed_create(mem);
    if (!seed)
        return AEZ_ERR_NOMEM;
    if (parts & HAS_PLANS)
        st = get_plans(seed, in);
    if (st >= 0 && (parts & HAS_MIXTURE))
        st = get_grid(&seed->mixture_grid, in);
    if (st >= 0 && (parts & HAS_MIXTURE))
        st = aez_mixture_model_get(&seed->mixture, mem, &seed->mixture_grid, in);
    if (st < 0) {
        aez_plan_seed_destroy(seed);
        return st;
    }
    *out = seed;
    return AEZ_OK;
}
