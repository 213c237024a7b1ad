/* fuzz_plan.c - plans from any bytes: a plan that is taken is written back the same and can be run. */
#include "fuzz.h"

#include "codec/plan/plan.h"

enum { MAX_FIELDS = 4, MAX_SITES = 600 };

static const aez_mem plain;

static void take_grid(fuzz_input *in, aez_grid *grid)
{
    uint64_t box[AEZ_MAX_DIMS], n = 1;
    unsigned n_dims = 1 + fuzz_below(in, 4);
    for (unsigned a = 0; a < n_dims; a++) {
        box[a] = 1 + fuzz_below(in, 40);
        if (n * box[a] > MAX_SITES)
            box[a] = 1;
        n *= box[a];
    }
    aez_grid_init(grid, box, n_dims);
}

/* Codes small numbers by the plan. Restoring is the business of fuzz_decode. */
static void run(const aez_plan *plan, const aez_grid *grid, uint32_t n_given)
{
    aez_ifield          field[MAX_FIELDS];
    aez_residual_writer writer[MAX_FIELDS];
    memset(field, 0, sizeof field);
    for (uint32_t f = 0; f < plan->n_fields; f++) {
        field[f].k = aez_take(&plain, grid->n_sites, sizeof *field[f].k);
        field[f].step = 1 + f;
        for (uint64_t i = 0; i < grid->n_sites; i++)
            field[f].k[i] = (int64_t)(i * i % 97 * (1 + f));
        FUZZ_CHECK(aez_residual_writer_init(&writer[f], &plain, grid->n_sites) == AEZ_OK);
    }
    if (n_given == 0)
        FUZZ_CHECK(aez_plan_encode(plan, &plain, grid, field, writer) == AEZ_OK);
    for (uint32_t f = 0; f < plan->n_fields; f++) {
        aez_residual_writer_free(&writer[f]);
        aez_drop(&plain, field[f].k);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    aez_grid   grid;
    aez_plan   plan, again;
    aez_buf    first, second;
    uint32_t   n_fields = 1 + fuzz_below(&in, MAX_FIELDS), n_given = fuzz_below(&in, n_fields + 1);
    uint8_t   *exact;
    aez_rd     rd;
    take_grid(&in, &grid);
    exact = malloc(fuzz_left(&in) + 1);
    if (!exact)
        abort();
    memcpy(exact, in.p, fuzz_left(&in));
    aez_rd_init(&rd, exact, fuzz_left(&in));
    if (aez_plan_get_given(&plan, &plain, &grid, n_given, n_fields, &rd) == AEZ_OK) {
        aez_buf_init(&first, &plain);
        aez_buf_init(&second, &plain);
        aez_plan_put(&plan, &grid, &first);
        aez_rd_init(&rd, first.data, first.size);
        FUZZ_CHECK(aez_plan_get_given(&again, &plain, &grid, n_given, n_fields, &rd) == AEZ_OK);
        FUZZ_CHECK(aez_rd_left(&rd) == 0);
        aez_plan_put(&again, &grid, &second);
        FUZZ_CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
        run(&plan, &grid, n_given);
        aez_plan_free(&again, &plain);
        aez_plan_free(&plan, &plain);
        aez_buf_free(&first);
        aez_buf_free(&second);
    }
    free(exact);
    return 0;
}
