/* test_fieldset.c - integer fields with masks to bytes and back. */
#include <criterion/criterion.h>

#include "codec/chunk/fieldset.h"
#include "tests/support/hooks.h"
#include "tests/support/plans.h"

static const aez_search_options options = {.level = 1};

/* A mask, the field that it hides, and one with rare sites only; the same lay-out for both sides. */
static aez_status lay_out(aez_fieldset *s, const aez_mem *mem, const aez_grid *g, uint64_t step)
{
    aez_status st = aez_fieldset_init(s, mem, g, 3);
    if (st < 0)
        return st;
    if (!aez_fieldset_add(s, 1, -1, 0) || !aez_fieldset_add(s, step, 0, 1) ||
        !aez_fieldset_add(s, 1, -1, 1))
        return AEZ_ERR_NOMEM;
    for (uint64_t i = 0; i < g->n_sites; i += 50)
        s->skip[2][i] = 1;
    return AEZ_OK;
}

static void fill(aez_fieldset *s, uint64_t seed)
{
    aez_rng rng;
    aez_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < s->grid.n_sites; i++) {
        s->field[0].k[i] = plans_below(&rng, 4) == 0 ? 2 : 0;
        s->skip[1][i] = s->field[0].k[i] != 0;
    }
    plans_values(&rng, s->field[1].k, s->grid.n_sites);
    plans_values(&rng, s->field[2].k, s->grid.n_sites);
}

Test(fieldset, what_is_encoded_is_decoded_masks_included)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    for (uint64_t round = 0; round < 60; round++) {
        aez_grid        g;
        aez_fieldset    a, b;
        aez_buf         bytes;
        aez_rd          in;
        aez_coding_info coded, read;
        char            notes[3 * AEZ_NOTE_SIZE];
        plans_grid(&rng, 1 + plans_below(&rng, 4), 600, &g);
        cr_assert_eq(lay_out(&a, &plans_mem, &g, 1 + round % 7), AEZ_OK);
        cr_assert_eq(lay_out(&b, &plans_mem, &g, 1 + round % 7), AEZ_OK);
        fill(&a, round);
        aez_buf_init(&bytes, &plans_mem);
        cr_assert_eq(aez_fieldset_encode(&a, &options, &bytes, &coded, NULL), AEZ_OK);
        cr_assert_eq(coded.model_bytes + coded.residual_bytes, bytes.size);
        aez_rd_init(&in, bytes.data, bytes.size);
        cr_assert_eq(aez_fieldset_decode(&b, &in, &read, notes), AEZ_OK);
        cr_assert_eq(aez_rd_left(&in), 0);
        cr_assert(read.model_bytes == coded.model_bytes &&
                  read.residual_bytes == coded.residual_bytes);
        for (int f = 0; f < 3; f++) {
            cr_assert_eq(memcmp(a.field[f].k, b.field[f].k, 8 * g.n_sites), 0, "field %d", f);
            cr_assert_gt(strlen(notes + f * AEZ_NOTE_SIZE), 0);
        }
        cr_assert_eq(memcmp(a.skip[1], b.skip[1], g.n_sites), 0, "the mask hides what it hid");
        aez_fieldset_free(&a);
        aez_fieldset_free(&b);
        aez_buf_free(&bytes);
    }
}

Test(fieldset, damage_is_refused_or_harmless)
{
    aez_rng         rng;
    aez_grid        g;
    aez_fieldset    a, b;
    aez_buf         bytes;
    aez_coding_info info;
    size_t          n_refused = 0;
    aez_rng_seed(&rng, 2);
    aez_grid_init(&g, (uint64_t[]){12, 15}, 2);
    cr_assert_eq(lay_out(&a, &plans_mem, &g, 3), AEZ_OK);
    fill(&a, 7);
    aez_buf_init(&bytes, &plans_mem);
    cr_assert_eq(aez_fieldset_encode(&a, &options, &bytes, &info, NULL), AEZ_OK);
    for (size_t i = 0; i < 9 * bytes.size; i++) {
        size_t     size = i < bytes.size ? i : bytes.size, bit = i - bytes.size;
        uint8_t   *copy = malloc(size + 1);
        aez_status st;
        aez_rd     in;
        memcpy(copy, bytes.data, size);
        if (i >= bytes.size)
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        aez_rd_init(&in, copy, size);
        cr_assert_eq(lay_out(&b, &plans_mem, &g, 3), AEZ_OK);
        st = aez_fieldset_decode(&b, &in, &info, NULL);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT);
        cr_assert(i >= bytes.size || st < 0, "%zu of %zu bytes", i, bytes.size);
        n_refused += st < 0;
        aez_fieldset_free(&b);
        free(copy);
    }
    cr_assert_gt(n_refused, bytes.size);
    aez_fieldset_free(&a);
    aez_buf_free(&bytes);
}

Test(fieldset, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_grid   g;
    aez_status st = AEZ_ERR_NOMEM;
    aez_grid_init(&g, (uint64_t[]){5, 6}, 2);
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state     h = {.fail_at = n};
        aez_mem         mem = hooks_mem(&h);
        aez_fieldset    a, b;
        aez_buf         bytes;
        aez_coding_info info;
        aez_buf_init(&bytes, &mem);
        memset(&b, 0, sizeof b);
        st = lay_out(&a, &mem, &g, 3);
        if (st >= 0) {
            fill(&a, 1);
            st = aez_fieldset_encode(&a, &options, &bytes, &info, NULL);
        }
        if (st >= 0)
            st = lay_out(&b, &mem, &g, 3);
        if (st >= 0) {
            aez_rd in;
            aez_rd_init(&in, bytes.data, bytes.size);
            st = aez_fieldset_decode(&b, &in, &info, NULL);
        }
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        aez_fieldset_free(&a);
        aez_fieldset_free(&b);
        aez_buf_free(&bytes);
        cr_assert_eq(h.n_live, 0);
    }
}
