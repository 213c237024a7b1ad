/* test_model_body.c - what files of a family share as bytes: decoder, plans, mixtures; all checked. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "codec/chunk/body.h"
#include "codec/search/search_mixture.h"
#include "tests/support/bodies.h"
#include "tests/support/hooks.h"
#include "tests/support/samples.h"

static const aez_mem plain;

static void wavy(const aez_grid *g, int64_t *k, uint64_t seed)
{
    aez_rng rng;
    aez_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < g->n_sites; i++)
        k[i] = (int64_t)(i % g->shape[1] * (i / g->shape[1]) % 97) + plans_between(&rng, -3, 3);
}

/* A seed with plans of two bounds, on a grid, as search leaves them. */
static aez_plan_seed *make_seed(const aez_grid *g)
{
    aez_plan_seed     *seed = aez_plan_seed_create(&plain);
    aez_search_options o = {.level = 3, .seed = 1, .keep = seed};
    aez_ifield         f = {.k = samples_take(g), .step = 2};
    for (int i = 0; i < 2; i++) {
        aez_plan plan;
        o.grain = 40 * i;
        f.step = i ? 16 : 2;
        wavy(g, f.k, 5);
        cr_assert_eq(aez_search_plan(&plain, g, &f, 1, &o, &plan, NULL), AEZ_OK);
        aez_plan_free(&plan, &plain);
    }
    free(f.k);
    cr_assert_eq(aez_seed_count(seed), 2);
    return seed;
}

static void add_mixture(aez_plan_seed *seed)
{
    aez_grid           g = samples_grid(3, 60, 8, 8);
    aez_ifield         f = {.k = samples_take(&g), .step = 1};
    aez_search_options o = {.level = 5, .seed = 1, .trainer = aez_trainer_default()};
    aez_mixture_model  m;
    for (uint64_t i = 0; i < g.n_sites; i++)
        f.k[i] = (int64_t)(i * i % 11);
    cr_assert_eq(aez_search_mixture(&plain, &g, &f, &o, &m), AEZ_OK);
    cr_assert_eq(aez_seed_add_mixture(seed, &m, &g), AEZ_OK);
    aez_mixture_model_free(&m, &plain);
    free(f.k);
}

static const aez_model_unit   unit[2] = {{-3, 5}, {20, -70000}};
static const aez_model_fields two = {
    .n_fields = 2, .n_axes = 2, .shape = {3, 2}, .unit = unit};

static void make_body(const aez_model_fields *fields, int decoder, const aez_plan_seed *seed,
                      aez_buf *out)
{
    aez_buf bytes;
    aez_buf_init(&bytes, &plain);
    aez_buf_init(out, &plain);
    bodies_decoder(&plain, 12, 2, &bytes);
    cr_assert_eq(aez_model_body_put(&plain, fields, decoder ? bytes.data : NULL, bytes.size, seed,
                                    out),
                 AEZ_OK);
    aez_buf_free(&bytes);
}

Test(model_body, comes_back_whole)
{
    aez_grid       g = samples_grid(2, 40, 30, 0);
    aez_plan_seed *seed = make_seed(&g);
    aez_buf        b, again;
    aez_model_body body;
    add_mixture(seed);
    make_body(&two, 1, seed, &b);
    cr_assert_eq(aez_model_body_get(&body, &plain, b.data, b.size), AEZ_OK);
    cr_assert_eq(body.fields.n_fields, 2);
    cr_assert_eq(body.fields.n_axes, 2);
    cr_assert_eq(body.inner, 6);
    cr_assert_eq(memcmp(body.fields.unit, unit, sizeof unit), 0);
    cr_assert(body.has_decoder);
    cr_assert_eq(body.decoder.n_latent, 2);
    cr_assert_eq(aez_seed_count(body.seed), 2);
    cr_assert(aez_seed_has_mixture(body.seed));
    aez_buf_init(&again, &plain);
    cr_assert_eq(aez_model_body_put(&plain, &body.fields, b.data + body.decoder_at,
                                    body.decoder_size, body.seed, &again),
                 AEZ_OK);
    cr_assert_eq(again.size, b.size);
    cr_assert_arr_eq(again.data, b.data, b.size, "what is read writes the same bytes");
    /* (offset + scale * hat * 2^-10) * 2^-3 - 5, offset 100 j + 1/4, scale 2 */
    cr_assert_eq(aez_model_number(&body, 5, 0), 500 / 8 + 1 - 5, "62.53 rounds to 63");
    cr_assert_eq(aez_model_number(&body, 5, 4096), (500 + 8) / 8 + 1 - 5, "63.53 to 64");
    cr_assert_eq(aez_model_number(&body, 6, 0), ((INT64_C(600) << 20) + (1 << 18)) + 70000);
    aez_model_body_free(&body);
    aez_plan_seed_destroy(seed);
    aez_buf_free(&b);
    aez_buf_free(&again);
}

Test(model_body, parts_may_be_absent)
{
    aez_model_fields rows = {.is_table = 1, .n_fields = 12};
    aez_plan_seed   *empty = aez_plan_seed_create(&plain);
    aez_model_body   body;
    aez_buf          b;
    make_body(&rows, 1, empty, &b);
    cr_assert_eq(aez_model_body_get(&body, &plain, b.data, b.size), AEZ_OK);
    cr_assert(body.fields.is_table && body.inner == 1 && body.has_decoder && !body.seed);
    cr_assert_eq(body.fields.unit[11].exponent, 0);
    aez_model_body_free(&body);
    aez_buf_free(&b);
    make_body(&two, 0, NULL, &b);
    cr_assert_eq(aez_model_body_get(&body, &plain, b.data, b.size), AEZ_OK);
    cr_assert(!body.has_decoder && !body.seed);
    aez_model_body_free(&body);
    aez_buf_free(&b);
    aez_plan_seed_destroy(empty);
}

Test(model_body, fields_that_make_no_sense_are_not_written)
{
    aez_model_fields wrong[] = {{.n_fields = 0},
                                {.n_fields = 65536},
                                {.n_fields = 1, .n_axes = 8},
                                {.n_fields = 1, .n_axes = 1, .shape = {0}},
                                {.n_fields = 2, .n_axes = 2, .shape = {1024, 1024}},
                                {.is_table = 1, .n_fields = 1, .n_axes = 1, .shape = {1}}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        aez_buf b;
        aez_buf_init(&b, &plain);
        cr_assert_eq(aez_model_body_put(&plain, &wrong[i], NULL, 0, NULL, &b), AEZ_ERR_OPTION,
                     "%zu", i);
        aez_buf_free(&b);
    }
}

Test(model_body, damage_is_refused_or_harmless)
{
    aez_grid       g = samples_grid(2, 40, 30, 0);
    aez_plan_seed *seed = make_seed(&g);
    hooks_state    h = {0};
    aez_mem        mem = hooks_mem(&h);
    size_t         n_refused = 0;
    aez_buf        b;
    add_mixture(seed);
    make_body(&two, 1, seed, &b);
    for (size_t i = 0; i < 9 * b.size; i++) {
        size_t         size = i < b.size ? i : b.size, bit = i - b.size;
        uint8_t       *copy = malloc(size + 1);
        aez_model_body body;
        aez_status     st;
        memcpy(copy, b.data, size);
        if (i >= b.size)
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        st = aez_model_body_get(&body, &mem, copy, size);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT ||
                  st == AEZ_ERR_VERSION, "%d", st);
        cr_assert(i >= b.size || st < 0, "%zu of %zu bytes", i, b.size);
        n_refused += st < 0;
        for (size_t p = 0; st >= 0 && p < aez_seed_count(body.seed); p++) {
            aez_plan   plan; /* what a chunk may ask of it */
            aez_status found = aez_seed_expand(aez_seed_at(body.seed, p), &mem, &g, 0, 1, &plan);
            cr_assert(found == AEZ_OK || found == AEZ_ERR_CORRUPT);
            if (found == AEZ_OK)
                aez_plan_free(&plan, &mem);
        }
        if (st >= 0)
            aez_model_body_free(&body);
        cr_assert_eq(h.n_live, 0);
        free(copy);
    }
    cr_assert_gt(n_refused, b.size + 100);
    aez_plan_seed_destroy(seed);
    aez_buf_free(&b);
}

Test(model_body, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_grid       g = samples_grid(2, 40, 30, 0);
    aez_plan_seed *seed = make_seed(&g);
    aez_status     st = AEZ_ERR_NOMEM;
    aez_buf        b;
    add_mixture(seed);
    make_body(&two, 1, seed, &b);
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state    h = {.fail_at = n};
        aez_mem        mem = hooks_mem(&h);
        aez_model_body body;
        st = aez_model_body_get(&body, &mem, b.data, b.size);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM, "%d", st);
        if (st == AEZ_OK)
            aez_model_body_free(&body);
        cr_assert_eq(h.n_live, 0, "request %zu", n);
    }
    aez_plan_seed_destroy(seed);
    aez_buf_free(&b);
}

Test(model_body, a_plan_serves_grids_that_have_its_stages)
{
    aez_grid            g = samples_grid(2, 40, 30, 0), longer = samples_grid(2, 50, 30, 0);
    aez_grid            thin = samples_grid(2, 40, 2, 0), line = samples_grid(1, 40, 0, 0);
    aez_plan_seed      *seed = make_seed(&g);
    const aez_seed_plan *kept = aez_seed_at(seed, 0);
    aez_template       *t = &kept->plan.groups[0].templates[0];
    aez_plan            plan;
    cr_assert_eq(aez_seed_expand(kept, &plain, &longer, 0, 1, &plan), AEZ_OK);
    cr_assert_eq(plan.n_groups, kept->plan.n_groups);
    cr_assert_null(plan.constant);
    aez_plan_free(&plan, &plain);
    cr_assert_eq(aez_seed_expand(kept, &plain, &thin, 0, 1, &plan), AEZ_OK, "fewer stages");
    cr_assert_leq(plan.groups[0].templates[0].n_predictors, t->n_predictors);
    aez_plan_free(&plan, &plain);
    cr_assert_eq(aez_seed_expand(kept, &plain, &line, 0, 1, &plan), AEZ_ERR_CORRUPT);
    cr_assert_eq(aez_seed_expand(kept, &plain, &g, 0, 2, &plan), AEZ_ERR_CORRUPT);
    cr_assert_eq(aez_seed_expand(kept, &plain, &g, 1, 2, &plan), AEZ_ERR_CORRUPT);
    aez_plan_seed_destroy(seed);
}

/* A pyramid made on a short axis has too few stages for a long one. */
Test(model_body, a_plan_without_a_stage_that_is_needed_is_refused)
{
    aez_grid        small = samples_grid(2, 3, 16, 0), large = samples_grid(2, 9, 16, 0);
    uint8_t         group[] = {1, /* group */ 0, 1, /* template */ 2, 0, 0, 0, /* log, axes */ 3, 1, 0,
                               /* predictors: anchors, 2, 1 */ 0x21, 0x21, 0x21};
    uint8_t         head[] = {1, 1, /* given, own */ 0, 1, 0, 0, 0, 0, 0, /* grid */ 2, 3, 16};
    uint8_t         bytes[sizeof head + sizeof group];
    aez_plan_seed  *seed;
    aez_plan        plan;
    aez_rd          in;
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, group, sizeof group);
    aez_rd_init(&in, bytes, sizeof bytes);
    cr_assert_eq(aez_seed_get(&seed, &plain, &in), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert_eq(aez_seed_expand(aez_seed_at(seed, 0), &plain, &small, 0, 1, &plan), AEZ_OK);
    aez_plan_free(&plan, &plain);
    cr_assert_eq(aez_seed_expand(aez_seed_at(seed, 0), &plain, &large, 0, 1, &plan),
                 AEZ_ERR_CORRUPT);
    aez_plan_seed_destroy(seed);
}

Test(model_body, the_nearest_grain_is_found)
{
    aez_grid            g = samples_grid(2, 40, 30, 0);
    aez_ifield          f = {.step = 2};
    aez_search_options  o = {.level = 3};
    aez_plan_seed      *seed = make_seed(&g);
    const aez_seed_plan *found[4];
    for (int i = 0; i < 4; i++) {
        aez_seed_key key;
        o.grain = (int32_t[]){-100, 15, 25, 1000}[i];
        key = aez_seed_key_of(&g, &f, 0, 1, &o);
        found[i] = aez_seed_find(seed, &key);
    }
    cr_assert(found[0] == aez_seed_at(seed, 0) && found[1] == found[0]);
    cr_assert(found[2] == aez_seed_at(seed, 1) && found[3] == found[2]);
    aez_plan_seed_destroy(seed);
}

Test(model_body, a_lean_seed_drops_what_lost)
{
    aez_grid       g = samples_grid(2, 40, 30, 0);
    aez_plan_seed *full = make_seed(&g), *lean = make_seed(&g);
    aez_seed_mark  from = {1, 0, 0}, to;
    add_mixture(lean);
    add_mixture(full);
    to = aez_seed_marked(lean);
    aez_seed_be_lean(lean);
    aez_seed_drop(lean, &from, &to);
    aez_seed_drop(full, &from, &to);
    aez_seed_drop(NULL, &from, &to);
    cr_assert_eq(aez_seed_count(lean), 1);
    cr_assert_eq(aez_seed_at(lean, 0)->key.grain, 0);
    cr_assert_not(aez_seed_has_mixture(lean));
    cr_assert_eq(aez_seed_count(full), 2);
    cr_assert(aez_seed_has_mixture(full));
    aez_plan_seed_destroy(full);
    aez_plan_seed_destroy(lean);
}
