/* test_model.c - which fields of a file its model is about, and its numbers as lattice values. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/rng.h"
#include "tests/support/bodies.h"
#include "tests/support/hooks.h"

static const aez_mem        plain;
static const uint64_t       shape[2] = {50, 4};
static const aez_model_file file = {.n_fields = 8, .n_dims = 2, .shape = shape};

/* Three fields of four sites, two latents. */
static void make_body(aez_buf *out)
{
    aez_model_fields fields = {.n_fields = 3, .n_axes = 1, .shape = {4}};
    aez_buf          decoder;
    aez_buf_init(&decoder, &plain);
    bodies_decoder(&plain, 12, 2, &decoder);
    cr_assert_eq(aez_model_body_put(&plain, &fields, decoder.data, decoder.size, NULL, out),
                 AEZ_OK);
    aez_buf_free(&decoder);
}

static aez_model links(aez_link_kind kind)
{
    static uint32_t     field[3] = {1, 2, 7};
    static aez_hat_rule map[3] = {
        {-5, 3, 7, 2}, {INT64_MAX, 0, INT64_C(1) << 31, -63}, {0, 0, 1, 0}};
    return (aez_model){.n_fields = 3, .field = field, .links = kind, .map = map};
}

static void make_section(aez_link_kind kind, aez_buf *out)
{
    aez_model m = links(kind);
    aez_buf   body;
    aez_buf_init(&body, &plain);
    make_body(&body);
    aez_model_put(&m, body.data, body.size, out);
    aez_buf_free(&body);
}

Test(model, section_comes_back)
{
    aez_buf        b;
    aez_model      m;
    aez_model_file less = file;
    less.n_fields = 7;
    for (int kind = AEZ_LINK_SAME; kind <= AEZ_LINK_NONE; kind++) {
        aez_buf_init(&b, &plain);
        make_section((aez_link_kind)kind, &b);
        aez_model_init(&m, &plain);
        cr_assert_eq(aez_model_get(&m, &file, b.data, b.size), AEZ_OK);
        cr_assert_eq(m.n_fields, 3);
        cr_assert_eq(m.field[0], 1);
        cr_assert_eq(m.field[1], 2);
        cr_assert_eq(m.field[2], 7);
        cr_assert_eq(m.body->inner, 4);
        cr_assert_eq(m.body->decoder.n_features, 12);
        cr_assert_eq(aez_model_number(m.body, 11, 0), 1100);
        cr_assert_eq(aez_model_has_hats(&m), kind != AEZ_LINK_NONE);
        if (kind == AEZ_LINK_SAME)
            cr_assert_eq(aez_model_hat(&m, 11, 512), 1101);
        if (kind == AEZ_LINK_MAPS) {
            cr_assert_eq(memcmp(m.map, links(AEZ_LINK_MAPS).map, 3 * sizeof *m.map), 0);
            cr_assert_eq(aez_model_hat(&m, 11, 512), 1101);
            cr_assert_eq(aez_model_hat(&m, 1, 0), -5 + (100 * 7 + 3 + 2) / 4);
        }
        aez_model_free(&m);
        cr_assert_eq(aez_model_get(&m, &less, b.data, b.size), AEZ_ERR_CORRUPT,
                     "there is no field 7 of 7");
        cr_assert_eq(m.n_fields, 0);
        aez_model_free(&m);
        aez_buf_free(&b);
    }
}

Test(model, a_body_of_other_items_is_refused)
{
    static const uint64_t other[3] = {50, 2, 2};
    aez_model_file        f[4] = {file, file, file, file};
    aez_buf               b;
    aez_model             m;
    f[0].is_table = 1;
    f[1].shape = other;
    f[2].shape = other;
    f[2].n_dims = 3;
    f[3].n_dims = 1;
    aez_buf_init(&b, &plain);
    make_section(AEZ_LINK_SAME, &b);
    for (int i = 0; i < 4; i++) {
        aez_model_init(&m, &plain);
        cr_assert_eq(aez_model_get(&m, &f[i], b.data, b.size), AEZ_ERR_CORRUPT, "%d", i);
    }
    aez_buf_free(&b);
}

Test(model, reference_comes_back_and_is_bound)
{
    aez_model           put = links(AEZ_LINK_MAPS), m;
    aez_model_body      body;
    aez_model_reference r;
    aez_buf             bytes, b;
    uint8_t             hash[AEZ_MODEL_HASH];
    for (int i = 0; i < AEZ_MODEL_HASH; i++)
        hash[i] = (uint8_t)(17 * i);
    aez_buf_init(&bytes, &plain);
    aez_buf_init(&b, &plain);
    make_body(&bytes);
    aez_model_put_reference(&put, hash, 12345, "maps\n of rain", &b);
    aez_model_init(&m, &plain);
    cr_assert_eq(aez_model_get_reference(&m, &file, b.data, b.size, &r), AEZ_OK);
    cr_assert_eq(memcmp(r.hash, hash, sizeof hash), 0);
    cr_assert_eq(r.size, 12345);
    cr_assert_str_eq(r.hint, "maps? of rain");
    cr_assert_not(aez_model_has_hats(&m));
    cr_assert_eq(aez_model_body_get(&body, &plain, bytes.data, bytes.size), AEZ_OK);
    cr_assert_eq(aez_model_bind(&m, &file, &body), AEZ_OK);
    cr_assert(aez_model_has_hats(&m));
    cr_assert_eq(aez_model_hat(&m, 11, 512), 1101);
    aez_model_free(&m);
    for (size_t size = 0; size < b.size; size++) {
        cr_assert_eq(aez_model_get_reference(&m, &file, b.data, size, &r), AEZ_ERR_CORRUPT);
        cr_assert_null(m.field);
    }
    body.has_decoder = 0; /* hats without a decoder */
    cr_assert_eq(aez_model_get_reference(&m, &file, b.data, b.size, &r), AEZ_OK);
    cr_assert_eq(aez_model_bind(&m, &file, &body), AEZ_ERR_CORRUPT);
    aez_model_free(&m);
    aez_model_body_free(&body);
    aez_buf_free(&bytes);
    aez_buf_free(&b);
}

/* value = offset + k * unit, M = value * 2^exponent - origin: k from M is that of the value. */
Test(model, maps_bring_numbers_onto_lattices)
{
    aez_rng rng;
    size_t  n = 0;
    aez_rng_seed(&rng, 3);
    for (int i = 0; i < 100000; i++) {
        double       range = ldexp(1 + (double)aez_rng_below(&rng, 1000) / 1000,
                                   (int)aez_rng_below(&rng, 60) - 30);
        double       middle = range * ((double)aez_rng_below(&rng, 2000) - 1000) / 10;
        double       unit = range / (double)(3 + aez_rng_below(&rng, 1 << 20));
        double       offset = middle + range * ((double)aez_rng_below(&rng, 9) - 4) / 8;
        double       value = middle + range * ((double)aez_rng_below(&rng, 1001) / 1000 - 0.5);
        double       want = (value - offset) / unit, got;
        aez_model_unit u = aez_model_unit_for(middle - range / 2, middle + range / 2, 0);
        aez_hat_rule map;
        int64_t      number;
        cr_assert(aez_model_map(&map, &u, offset, unit, 1));
        number = (int64_t)floor(ldexp(value, u.exponent) - (double)u.origin + 0.5);
        cr_assert(llabs(number) <= AEZ_MODEL_NUMBER_MAX / 2);
        cr_assert(map.mult >= 1 && map.shift >= -63 && map.shift <= 61);
        got = (double)aez_hat_value(&map, (int32_t)number);
        /* numbers are 2^-28 of the range apart; mult has 31 bits; half a unit for rounding */
        cr_assert_leq(fabs(got - want), 0.51 + range / unit * 0x1p-27, "%g, not %g", got, want);
        n++;
    }
    cr_assert_eq(n, 100000);
}

Test(model, equal_lattices_need_no_map)
{
    aez_model_unit whole = aez_model_unit_for(0, 255, 1), u = {7, 0};
    aez_hat_rule   map;
    cr_assert_eq(whole.exponent, 0);
    cr_assert_eq(whole.origin, 0);
    cr_assert(aez_model_map(&map, &whole, 0, 1, 1));
    cr_assert(aez_model_map_is_same(&map));
    cr_assert(aez_model_map(&map, &u, 0, 1.0 / 128, 1));
    cr_assert(aez_model_map_is_same(&map));
    cr_assert(aez_model_map(&map, &u, 0, 0.01, 1));
    cr_assert_not(aez_model_map_is_same(&map));
    cr_assert(aez_model_map(&map, &whole, 0, 0.25, 1));
    cr_assert_eq(map.mult, 1);
    cr_assert_eq(map.shift, -2);
    cr_assert_not(aez_model_map(&map, &whole, 0, 0, 1));
    cr_assert_not(aez_model_map(&map, &whole, 1e300, 1, 1));
    cr_assert_not(aez_model_map(&map, &whole, 0, 1e300, 1));
    cr_assert_not(aez_model_map(&map, &whole, 0, 1e-300, 1));
}

Test(model, damage_is_refused_or_harmless)
{
    aez_buf     b;
    hooks_state h = {0};
    aez_mem     mem = hooks_mem(&h);
    aez_model   m;
    size_t      n_refused = 0;
    aez_buf_init(&b, &plain);
    make_section(AEZ_LINK_MAPS, &b);
    for (size_t i = 0; i < 9 * b.size; i++) {
        size_t     size = i < b.size ? i : b.size, bit = i - b.size;
        uint8_t   *copy = malloc(size + 1);
        aez_status st;
        memcpy(copy, b.data, size);
        if (i >= b.size)
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        aez_model_init(&m, &mem);
        st = aez_model_get(&m, &file, copy, size);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT ||
                  st == AEZ_ERR_VERSION);
        cr_assert(i >= b.size || st < 0, "%zu of %zu bytes", i, b.size);
        n_refused += st < 0;
        for (size_t j = 0; st >= 0 && j < 12; j++) { /* no shift out of range, no overflow */
            (void)aez_model_hat(&m, j, INT32_MIN);
            (void)aez_model_hat(&m, j, INT32_MAX);
        }
        aez_model_free(&m);
        cr_assert_eq(h.n_live, 0);
        free(copy);
    }
    cr_assert_gt(n_refused, b.size + 20);
    aez_buf_free(&b);
}
