/* test_array.c - the coded form of a chunk's arrays: lattices of its own, exceptions, images. */
#include <criterion/criterion.h>

#include <math.h>

#include "codec/chunk/array.h"
#include "tests/support/plans.h"

#define N 600

static float   values[N], back[N];
static uint8_t odd[N];

/* Codes `values` under a lattice of kind `kind`; own: as the chunk's own. */
static void round_trip(aez_lattice_kind kind, int own, uint64_t n, aez_chunk_info *info)
{
    aez_lattice        exact = {.kind = kind, .type = AEZ_F32, .step = 1};
    aez_chunk_field    field = {.type = AEZ_F32, .lattice = exact};
    aez_chunk_context  ctx = {.mem = &plans_mem, .n_fields = 1, .fields = &field};
    aez_box            box = {.n_dims = 1, .shape = {n}, .n_sites = n};
    const aez_lattice *lattices[1] = {own ? &exact : NULL};
    const void        *columns[1] = {values};
    uint8_t           *odds[1] = {odd};
    void              *backs[1] = {back};
    aez_buf            out;
    aez_rd             in;
    if (own) { /* what the schema says is then of no account */
        field.lattice.kind = AEZ_LATTICE_UNIT;
        field.lattice.unit = 1;
    }
    ctx.search.level = 2;
    memset(info, 0, sizeof *info);
    aez_buf_init(&out, &plans_mem);
    cr_assert_eq(aez_array_encode(&ctx, &box, columns, lattices, odds, &out, info), AEZ_OK);
    cr_assert_eq(info->text_bytes + info->model_bytes + info->residual_bytes, out.size);
    memset(back, 0x77, sizeof back);
    aez_rd_init(&in, out.data, out.size);
    cr_assert_eq(aez_array_decode(&ctx, &box, &in, backs, info), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert_eq(memcmp(values, back, n * sizeof *values), 0, "lattice %d, own %d", (int)kind, own);
    aez_buf_free(&out);
}

Test(array, exact_lattices_restore_every_bit)
{
    aez_chunk_info info;
    for (int own = 0; own < 2; own++) {
        for (int i = 0; i < N; i++)
            values[i] = (float)(i * 3 % 100);
        memset(odd, 0, sizeof odd);
        round_trip(AEZ_LATTICE_DECIMAL, own, N, &info);
        for (int i = 0; i < N; i++)
            values[i] = i % 9 == 4 ? NAN : sinf((float)i * 0.1f) * 1e20f;
        values[77] = -INFINITY;
        values[78] = -0.0f;
        memset(odd, 0, sizeof odd);
        round_trip(AEZ_LATTICE_BITS, own, N, &info);
        memset(odd, 0, sizeof odd);
        round_trip(AEZ_LATTICE_DECIMAL, own, N, &info); /* nearly everything is an exception */
    }
}

Test(array, values_marked_odd_are_kept_beside_the_lattice)
{
    aez_chunk_info info;
    for (int i = 0; i < N; i++)
        values[i] = (float)i;
    for (int one_in = 1; one_in < 100; one_in *= 3) {
        for (int i = 0; i < N; i++)
            odd[i] = i % one_in == 0;
        round_trip(AEZ_LATTICE_DECIMAL, 0, N, &info);
    }
}

Test(array, one_value_comes_back)
{
    aez_chunk_info info;
    static const float some[] = {0.0f, -0.0f, 1e-45f, 3.4e38f, NAN, -INFINITY};
    for (size_t i = 0; i < 6; i++) {
        values[0] = some[i];
        odd[0] = 0;
        round_trip(AEZ_LATTICE_BITS, 0, 1, &info);
    }
}
