/* test_wavelets.c - fields as hats of wavelets and differences: choice, bytes, damage. */
#include <criterion/criterion.h>

#include "codec/chunk/wavelets.h"
#include "tests/support/hooks.h"
#include "tests/support/samples.h"

#define CODER_WAVELETS 3

static const aez_search_options options = {.level = 2};

/* A mask, a smooth field that it hides, and an exact field. */
static aez_status lay_out(aez_fieldset *s, const aez_mem *mem, const aez_grid *g)
{
    aez_status st = aez_fieldset_init(s, mem, g, 3);
    if (st < 0)
        return st;
    if (!aez_fieldset_add(s, 1, -1, 0) || !aez_fieldset_add(s, 256, 0, 1) ||
        !aez_fieldset_add(s, 1, -1, 0))
        return AEZ_ERR_NOMEM;
    return AEZ_OK;
}

/* Slow waves that are no sum of functions of one coordinate, under noise below a step. */
static void fill(aez_fieldset *s)
{
    uint64_t width = s->grid.shape[s->grid.n_dims - 1], height = s->grid.shape[s->grid.n_dims - 2];
    aez_rng  rng;
    aez_rng_seed(&rng, 5);
    for (uint64_t i = 0; i < s->grid.n_sites; i++) {
        double x = (double)(i % width), y = (double)(i / width % height);
        double z = (double)(i / width / height);
        s->field[0].k[i] = i % 97 == 11;
        s->skip[1][i] = i % 97 == 11;
        s->field[1].k[i] = (int64_t)(12000 * sin(x / 6 + z / 3) * cos(y / 9)) +
                           plans_between(&rng, -100, 100);
        if (s->skip[1][i])
            s->field[1].k[i] = INT64_MAX - (int64_t)i; /* what stands there must not matter */
        s->field[2].k[i] = plans_below(&rng, 3);
    }
}

static void encode(aez_fieldset *s, aez_buf *bytes, aez_coding_info *info, aez_search_note *notes)
{
    aez_buf_init(bytes, &plans_mem);
    cr_assert_eq(aez_fieldset_encode(s, &options, bytes, info, notes), AEZ_OK);
    cr_assert_eq(bytes->data[0], CODER_WAVELETS, "stages were smaller");
}

Test(wavelets, smooth_noisy_fields_are_coded_by_them_and_come_back_within_half_a_step)
{
    aez_grid        g = samples_grid(3, 10, 20, 30);
    aez_fieldset    a, b;
    aez_buf         bytes;
    aez_coding_info coded, read;
    aez_search_note notes[3];
    char            text[3 * AEZ_NOTE_SIZE];
    aez_rd          in;
    int64_t        *before = samples_take(&g);
    cr_assert_eq(lay_out(&a, &plans_mem, &g), AEZ_OK);
    cr_assert_eq(lay_out(&b, &plans_mem, &g), AEZ_OK);
    fill(&a);
    memcpy(before, a.field[1].k, g.n_sites * sizeof *before);
    encode(&a, &bytes, &coded, notes);
    cr_assert_eq(coded.model_bytes + coded.residual_bytes, bytes.size);
    cr_assert(strstr(notes[1].text, "wavelet, halvings"), "%s", notes[1].text);
    aez_rd_init(&in, bytes.data, bytes.size);
    cr_assert_eq(aez_fieldset_decode(&b, &in, &read, text), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert(read.model_bytes == coded.model_bytes && read.residual_bytes == coded.residual_bytes);
    cr_assert(strstr(text + AEZ_NOTE_SIZE, "wavelet, halvings"), "%s", text + AEZ_NOTE_SIZE);
    for (int f = 0; f < 3; f++)
        cr_assert_eq(memcmp(a.field[f].k, b.field[f].k, 8 * g.n_sites), 0, "field %d", f);
    for (uint64_t i = 0; i < g.n_sites; i++)
        cr_assert(a.skip[1][i] || (before[i] - b.field[1].k[i] >= -128 &&
                                   before[i] - b.field[1].k[i] <= 127), "site %lu", i);
    aez_fieldset_free(&a);
    aez_fieldset_free(&b);
    aez_buf_free(&bytes);
    free(before);
}

Test(wavelets, damage_is_refused_or_harmless)
{
    aez_grid        g = samples_grid(3, 10, 20, 30);
    aez_fieldset    a, b;
    aez_buf         bytes;
    aez_coding_info info;
    size_t          n_refused = 0;
    cr_assert_eq(lay_out(&a, &plans_mem, &g), AEZ_OK);
    fill(&a);
    encode(&a, &bytes, &info, NULL);
    for (size_t i = 0; i < 9 * bytes.size; i += i < 300 ? 1 : 13) {
        size_t     size = i < bytes.size ? i : bytes.size, bit = i - bytes.size;
        uint8_t   *copy = malloc(size + 1);
        aez_status st;
        aez_rd     in;
        memcpy(copy, bytes.data, size);
        if (i >= bytes.size)
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        aez_rd_init(&in, copy, size);
        cr_assert_eq(lay_out(&b, &plans_mem, &g), AEZ_OK);
        st = aez_fieldset_decode(&b, &in, &info, NULL);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT);
        cr_assert(i >= bytes.size || st < 0, "%zu of %zu bytes", i, bytes.size);
        n_refused += st < 0;
        aez_fieldset_free(&b);
        free(copy);
    }
    cr_assert_gt(n_refused, 300);
    aez_fieldset_free(&a);
    aez_buf_free(&bytes);
}

Test(wavelets, exact_fields_and_images_cannot_have_one)
{
    aez_grid        g = samples_grid(3, 10, 20, 30);
    aez_fieldset    a, b;
    aez_buf         bytes;
    aez_coding_info info;
    aez_rd          in;
    cr_assert_eq(lay_out(&a, &plans_mem, &g), AEZ_OK);
    fill(&a);
    encode(&a, &bytes, &info, NULL);
    for (int image = 0; image < 2; image++) {
        cr_assert_eq(lay_out(&b, &plans_mem, &g), AEZ_OK);
        b.field[1].step = image ? 256 : 1;
        b.field[1].image_width = image ? 32 : 0;
        aez_rd_init(&in, bytes.data, bytes.size);
        cr_assert_eq(aez_fieldset_decode(&b, &in, &info, NULL), AEZ_ERR_CORRUPT);
        aez_fieldset_free(&b);
    }
    aez_fieldset_free(&a);
    aez_buf_free(&bytes);
}

Test(wavelets, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_grid   g = samples_grid(2, 9, 11, 0);
    aez_status st = AEZ_ERR_NOMEM;
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state        h = {.fail_at = n};
        aez_mem            mem = hooks_mem(&h);
        aez_wavelet_choice choices[3] = {{.bits = HUGE_VAL},
                                         {.wavelet = {.levels = {2, 2}, .step = 20000}},
                                         {.bits = HUGE_VAL}};
        aez_wavelet_hats   written = {0}, read = {0};
        aez_fieldset       s;
        aez_buf            bytes;
        aez_buf_init(&bytes, &mem);
        st = lay_out(&s, &mem, &g);
        if (st >= 0) {
            fill(&s);
            st = aez_wavelets_encode(&s, choices, &options, &bytes, &written);
        }
        if (st >= 0 && bytes.failed)
            st = AEZ_ERR_NOMEM;
        if (st >= 0) {
            aez_rd in;
            aez_rd_init(&in, bytes.data, bytes.size);
            st = aez_wavelets_decode(&s, &in, &read, NULL);
            cr_assert(st < 0 || memcmp(read.hat[1], written.hat[1], 8 * g.n_sites) == 0);
        }
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        aez_wavelet_hats_free(&written);
        aez_wavelet_hats_free(&read);
        aez_fieldset_free(&s);
        aez_buf_free(&bytes);
        cr_assert_eq(h.n_live, 0);
    }
}
