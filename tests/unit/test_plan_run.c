/* test_plan_run.c - what a plan codes comes back the same, within the interval of its step. */
#include <criterion/criterion.h>

#include "codec/base/floatbits.h"
#include "tests/support/hooks.h"
#include "tests/support/plans.h"

#define MAX_FIELDS 6

static const uint64_t steps[] = {1, 1, 2, 3, 256, 1000, 10000001, ((uint64_t)1 << 54) + 1,
                                 (uint64_t)1 << 63, UINT64_MAX};
enum { N_STEPS = sizeof steps / sizeof *steps };

/* A set of fields, what they were, and their residuals between encoding and decoding. */
typedef struct fixture {
    aez_grid   grid;
    aez_plan   plan;
    uint32_t   n;
    aez_ifield field[MAX_FIELDS];
    int64_t   *original[MAX_FIELDS];
    aez_buf    bytes[MAX_FIELDS];
} fixture;

static uint8_t *random_skip(aez_rng *rng, uint64_t n)
{
    unsigned one_in = 1 + plans_below(rng, 6);
    uint8_t *skip = malloc(n);
    for (uint64_t i = 0; i < n; i++)
        skip[i] = plans_below(rng, one_in) == 0;
    return skip;
}

static void random_images(aez_rng *rng, aez_ifield *f, uint64_t n)
{
    int kind = (int)plans_below(rng, 4);
    f->step = 1;
    f->image_width = 32u << plans_below(rng, 2);
    f->image_scale = plans_between(rng, -100, 100);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t bits = aez_rng_next(rng); /* any pattern: NaN, infinities, subnormals too */
        double   v = (double)i * 0.125 - 3;
        if (kind == 1)
            v *= v * 1e30;
        if (kind == 2)
            v = i & 1 ? 3.4e38 : -3.4e38;
        if (kind > 0)
            bits = f->image_width == 32 ? plans_bits_of_f32((float)v) : plans_bits_of_f64(v);
        if (f->image_width == 32)
            bits &= UINT32_MAX;
        f->k[i] = aez_ordered_from_bits(bits, f->image_width);
    }
}

static void random_fields(aez_rng *rng, fixture *x)
{
    for (uint32_t f = 0; f < x->n; f++) {
        aez_ifield *field = &x->field[f];
        uint64_t    n = x->grid.n_sites;
        memset(field, 0, sizeof *field);
        field->k = malloc(n * sizeof *field->k);
        field->step = steps[plans_below(rng, N_STEPS)];
        plans_values(rng, field->k, n);
        if (plans_below(rng, 4) == 0)
            random_images(rng, field, n);
        if (plans_below(rng, 3) == 0)
            field->skip = random_skip(rng, n);
        x->original[f] = malloc(n * sizeof *field->k);
        memcpy(x->original[f], field->k, n * sizeof *field->k);
    }
}

static void encode(fixture *x)
{
    aez_residual_writer  w[MAX_FIELDS];
    aez_residual_options how = {.effort = 1};
    for (uint32_t f = 0; f < x->n; f++)
        cr_assert_eq(aez_residual_writer_init(&w[f], &plans_mem, x->grid.n_sites), AEZ_OK);
    cr_assert_eq(aez_plan_encode(&x->plan, &plans_mem, &x->grid, x->field, w), AEZ_OK);
    for (uint32_t f = 0; f < x->n; f++) {
        size_t coded = 0;
        for (uint64_t i = 0; i < x->grid.n_sites; i++)
            coded += !x->field[f].skip || !x->field[f].skip[i];
        cr_assert_eq(w[f].n, coded, "a residual for each site that is not skipped");
        aez_buf_init(&x->bytes[f], &plans_mem);
        cr_assert_eq(aez_residual_pack(&w[f], &how, &x->bytes[f]), AEZ_OK);
        aez_residual_writer_free(&w[f]);
    }
}

/* Decodes over arrays that hold something else, and compares with what the encoder left. */
static void decode_and_compare(fixture *x, int64_t litter)
{
    aez_residual_reader r[MAX_FIELDS];
    aez_ifield          again[MAX_FIELDS];
    for (uint32_t f = 0; f < x->n; f++) {
        aez_rd in;
        aez_rd_init(&in, x->bytes[f].data, x->bytes[f].size);
        cr_assert_eq(aez_residual_reader_init(&r[f], &plans_mem, &in, x->grid.n_sites), AEZ_OK);
        again[f] = x->field[f];
        again[f].k = malloc(x->grid.n_sites * sizeof *again[f].k);
        for (uint64_t i = 0; i < x->grid.n_sites; i++)
            again[f].k[i] = litter;
    }
    cr_assert_eq(aez_plan_decode(&x->plan, &plans_mem, &x->grid, again, r, NULL, NULL), AEZ_OK);
    for (uint32_t f = 0; f < x->n; f++) {
        cr_assert_eq(memcmp(again[f].k, x->field[f].k, 8 * x->grid.n_sites), 0, "field %u", f);
        cr_assert(aez_residual_reader_done(&r[f]));
        aez_residual_reader_free(&r[f]);
        free(again[f].k);
    }
}

static void fixture_free(fixture *x)
{
    for (uint32_t f = 0; f < x->n; f++) {
        aez_buf_free(&x->bytes[f]);
        free(x->field[f].k);
        free((void *)(uintptr_t)x->field[f].skip);
        free(x->original[f]);
    }
    aez_plan_free(&x->plan, &plans_mem);
}

/* The interval of ifield.h; only where step and values are so small that nothing can wrap. */
static size_t check_interval(const fixture *x, uint32_t f)
{
    uint64_t step = x->field[f].step;
    int64_t  lo = -(int64_t)(step / 2), hi = (int64_t)((step - 1) / 2);
    size_t   n = 0;
    for (uint64_t i = 0; i < x->grid.n_sites; i++) {
        int64_t miss = x->original[f][i] - x->field[f].k[i];
        if (x->field[f].skip && x->field[f].skip[i])
            continue;
        cr_assert(miss >= lo && miss <= hi, "k - r is %lld for step %llu", (long long)miss,
                  (unsigned long long)step);
        n++;
    }
    return n;
}

Test(plan_run, what_is_encoded_is_decoded)
{
    aez_rng rng;
    aez_rng_seed(&rng, 11);
    for (int round = 0; round < 1500; round++) {
        fixture x = {.n = 1 + plans_below(&rng, MAX_FIELDS)};
        plans_grid(&rng, 1 + plans_below(&rng, 5), round % 50 ? 500 : 20000, &x.grid);
        plans_random(&rng, &x.grid, x.n, &x.plan);
        random_fields(&rng, &x);
        encode(&x);
        for (uint32_t f = 0; f < x.n; f++) {
            if (x.field[f].step != 1)
                continue;
            for (uint64_t i = 0; i < x.grid.n_sites; i++)
                cr_assert((x.field[f].skip && x.field[f].skip[i]) ||
                          x.field[f].k[i] == x.original[f][i], "step 1 is exact");
        }
        decode_and_compare(&x, 0x5A5A5A5A5A5A);
        fixture_free(&x);
    }
}

/* Values below 2^40, steps below 2^30, weights that cannot amplify: no prediction can wrap. */
Test(plan_run, restored_values_lie_in_the_interval_of_the_step)
{
    static const uint64_t some[] = {1, 2, 3, 4, 7, 256, 1000, 65536, 1000003};
    aez_rng               rng;
    size_t                n = 0;
    aez_rng_seed(&rng, 12);
    for (int round = 0; round < 600; round++) {
        fixture  x = {.n = 1 + plans_below(&rng, 3)};
        int64_t  spread = (int64_t)1 << plans_below(&rng, 40);
        plans_grid(&rng, 1 + plans_below(&rng, 4), 400, &x.grid);
        plans_random(&rng, &x.grid, x.n, &x.plan);
        random_fields(&rng, &x);
        for (uint32_t f = 0; f < x.n; f++) {
            x.plan.constant[f] >>= 24;
            x.field[f].step = some[plans_below(&rng, 9)];
            x.field[f].image_width = 0;
            for (uint64_t i = 0; i < x.grid.n_sites; i++)
                x.field[f].k[i] = x.original[f][i] =
                    (int64_t)aez_rng_below(&rng, (uint64_t)spread) - spread / 2;
        }
        for (size_t g = 0; g < x.plan.n_groups; g++) {
            for (size_t t = 0; t < x.plan.groups[g].n_templates; t++) {
                aez_template *tm = &x.plan.groups[g].templates[t];
                tm->shift = 0;
                tm->mean_floor >>= 24;
                tm->mean_shift = (uint8_t)(tm->mean_shift % 40);
                for (unsigned i = 0; i < tm->n_taps; i++)
                    tm->tap[i].shift = 0;
                memset(tm->channel_shift, 0, sizeof tm->channel_shift);
                for (size_t i = 0; i < tm->n_predictors; i++)
                    tm->predictor[i].weight_shift = 14;
            }
        }
        encode(&x);
        for (uint32_t f = 0; f < x.n; f++)
            n += check_interval(&x, f);
        decode_and_compare(&x, -1);
        fixture_free(&x);
    }
    cr_assert_gt(n, 20000);
}

Test(plan_run, restored_values_of_the_fixed_grid_are_multiples_of_the_step)
{
    static const uint64_t box[] = {900};
    for (size_t s = 2; s < N_STEPS - 1; s++) {
        fixture       x = {.n = 1};
        aez_rng       rng;
        int64_t       constant = 12345;
        aez_tap       none;
        aez_predictor p = {.kind = AEZ_PREDICT_BASE};
        aez_template  t = {.kind = AEZ_TEMPLATE_LIST, .flags = AEZ_FIXED_GRID, .tap = &none,
                           .n_predictors = 1, .predictor = &p};
        aez_group     g = {0, 1, &t};
        aez_rng_seed(&rng, s);
        aez_grid_init(&x.grid, box, 1);
        x.plan = (aez_plan){1, &constant, 1, &g};
        x.field[0] = (aez_ifield){.k = malloc(900 * 8), .step = steps[s]};
        for (int i = 0; i < 900; i++)
            x.field[0].k[i] = (int64_t)aez_rng_next(&rng) >> (i % 60);
        encode(&x);
        for (int i = 0; i < 900; i++)
            cr_assert_eq((steps[s] >> 62 ? (uint64_t)x.field[0].k[i] % steps[s] :
                          (uint64_t)(x.field[0].k[i] % (int64_t)steps[s])), 0);
        decode_and_compare(&x, 3);
        aez_buf_free(&x.bytes[0]);
        free(x.field[0].k);
    }
}

/* ---- worked examples --------------------------------------------------------------------------------- */

/* Residuals of one field under one template, step 1. */
static void residuals(aez_template *t, uint8_t scan_mask, const uint64_t *box, unsigned n_dims,
                      const int64_t *k, int64_t constant, int64_t *q, uint8_t *level)
{
    aez_grid            grid;
    aez_group           g = {scan_mask, 1, t};
    aez_plan            plan = {1, &constant, 1, &g};
    int64_t             copy[64];
    aez_ifield          field = {.k = copy, .step = 1};
    aez_residual_writer w;
    aez_grid_init(&grid, box, n_dims);
    memcpy(copy, k, grid.n_sites * sizeof *k);
    cr_assert_eq(aez_residual_writer_init(&w, &plans_mem, grid.n_sites), AEZ_OK);
    cr_assert_eq(aez_plan_encode(&plan, &plans_mem, &grid, &field, &w), AEZ_OK);
    cr_assert_eq(w.n, grid.n_sites);
    for (size_t i = 0; i < w.n; i++) {
        q[i] = aez_unzigzag(w.zigzag[i]);
        if (level)
            level[i] = w.level[i];
    }
    aez_residual_writer_free(&w);
}

Test(plan_run, the_linear_predictor_is_the_midpoint_rounded_down)
{
    static const uint64_t box[] = {5};
    static const int64_t  k[] = {10, 21, 13, 0, -4}, want[] = {10, -14, 0 + 13 - 3, 21 - 11, 0 - 4};
    aez_predictor         p[3] = {{.kind = AEZ_PREDICT_BASE},
                                  {.kind = AEZ_PREDICT_LINEAR},
                                  {.kind = AEZ_PREDICT_LINEAR}};
    aez_template          t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 2, .n_order = 1,
                               .n_predictors = 3, .predictor = p};
    int64_t               q[5];
    /* anchors 0 and 4; then 2 from (10, -4): 3; then 1 from (10, 13): 11, 3 from (13, -4): 4 */
    residuals(&t, 0, box, 1, k, 0, q, NULL);
    cr_assert_arr_eq(q, want, sizeof want);
}

Test(plan_run, the_cubic_predictor_is_exact_on_cubics)
{
    static const uint64_t box[] = {33};
    aez_predictor         p[2] = {{.kind = AEZ_PREDICT_BASE}, {.kind = AEZ_PREDICT_CUBIC}};
    aez_template          t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 1, .n_order = 1,
                               .n_predictors = 2, .predictor = p};
    int64_t               k[33], q[33];
    for (int i = 0; i < 33; i++)
        k[i] = 16 * (int64_t)(i - 11) * (i - 20) * i;
    residuals(&t, 0, box, 1, k, 0, q, NULL);
    /* 17 anchors, then odd sites: the first and last have three taps, exact on squares only */
    for (int i = 18; i < 32; i++)
        cr_assert_eq(q[i], 0, "site %d misses by %lld", 2 * (i - 17) + 1, (long long)q[i]);
    for (int i = 0; i < 33; i++)
        k[i] = 16 * (int64_t)(i - 11) * (i - 20);
    residuals(&t, 0, box, 1, k, 0, q, NULL);
    for (int i = 17; i < 33; i++)
        cr_assert_eq(q[i], 0);
}

Test(plan_run, weights_are_rounded_to_nearest_after_the_sum)
{
    static const uint64_t box[] = {4};
    static const int64_t  k[] = {100, 107, 50, -20};
    aez_tap               tap[2] = {{.offset = {-1}}, {.offset = {-2}}};
    aez_predictor         p = {.kind = AEZ_PREDICT_WEIGHTS, .weight_shift = 3, .weight = {0, 5}};
    aez_template          t = {.kind = AEZ_TEMPLATE_LIST, .base = AEZ_BASE_TAP, .n_taps = 2,
                               .tap = tap, .n_predictors = 1, .predictor = &p};
    int64_t               q[4];
    residuals(&t, 0, box, 1, k, 90, q, NULL);
    cr_assert_eq(q[0], 100 - 90);                              /* no tap: the constant */
    cr_assert_eq(q[1], 107 - 100);                             /* base alone */
    cr_assert_eq(q[2], 50 - (107 + ((5 * (100 - 107) + 4) >> 3)));
    cr_assert_eq(q[3], -20 - (50 + ((5 * (107 - 50) + 4) >> 3)));
}

Test(plan_run, shifts_of_differences_and_of_the_way_back_are_undone)
{
    static const uint64_t box[] = {3};
    static const int64_t  k[] = {1000, 1100, 1203};
    aez_tap               tap[2] = {{.offset = {-1}, .shift = 4}, {.offset = {-2}, .shift = 4}};
    aez_predictor         p = {.kind = AEZ_PREDICT_WEIGHTS, .weight = {0, -1}};
    aez_template          t = {.kind = AEZ_TEMPLATE_LIST, .base = AEZ_BASE_TAP, .shift = 4,
                               .n_taps = 2, .tap = tap, .n_predictors = 1, .predictor = &p};
    int64_t               q[3];
    residuals(&t, 0, box, 1, k, 0, q, NULL);
    cr_assert_eq(q[2], 1203 - (1100 + 7 * 16)); /* -100 >> 4 is -7 */
}

Test(plan_run, the_level_is_half_octaves_of_the_activity)
{
    static const uint64_t box[] = {9};
    static const int64_t  k[] = {0, 0, 1, 4, 4, 20, 20, 1020, 1020};
    aez_tap               tap[2] = {{.offset = {-1}}, {.offset = {-2}}};
    aez_predictor         p = {.kind = AEZ_PREDICT_BASE, .activity = {0, 1}};
    aez_template          t = {.kind = AEZ_TEMPLATE_LIST, .base = AEZ_BASE_TAP, .n_taps = 2,
                               .tap = tap, .n_predictors = 1, .predictor = &p};
    int64_t               q[9];
    uint8_t               level[9];
    /* |k[i-2] - k[i-1]| + 1 = 1 1 1 2 4 1 17 1 1001 */
    static const uint8_t want[] = {0, 0, 0, 2, 4, 0, 8, 0, 19};
    residuals(&t, 0, box, 1, k, 0, q, level);
    cr_assert_arr_eq(level, want, sizeof want);
    p.level_offset = 3;
    residuals(&t, 0, box, 1, k, 0, q, level);
    for (int i = 0; i < 9; i++)
        cr_assert_eq(level[i], want[i] < 3 ? 0 : want[i] - 3);
    p.level_offset = -60;
    residuals(&t, 0, box, 1, k, 0, q, level);
    for (int i = 0; i < 9; i++)
        cr_assert_eq(level[i], want[i] > 3 ? AEZ_LEVELS - 1 : want[i] + 60);
}

/* Level 4 * bin + lively, symbols from the middle of the bins: 10 + 8 * 4 = 42. */
Test(plan_run, mean_levels_tell_the_predicted_value)
{
    static const uint64_t box[] = {7};
    static const int64_t  k[] = {9, 13, 14, 22, 73, 74, -500};
    aez_tap               tap[2] = {{.offset = {-1}}, {.offset = {-2}}};
    aez_predictor         p = {.kind = AEZ_PREDICT_BASE, .activity = {0, 1}, .level_offset = 1};
    aez_template          t = {.kind = AEZ_TEMPLATE_LIST, .base = AEZ_BASE_TAP, .n_taps = 2,
                               .tap = tap, .n_predictors = 1, .predictor = &p,
                               .flags = AEZ_MEAN_LEVELS, .mean_floor = 10, .mean_shift = 2};
    int64_t               q[7];
    uint8_t               level[7];
    /* predictions 100 9 13 14 22 73 74: (p - 10) >> 2, clamped, is 15 0 0 1 3 15 15 */
    /* |k[i-2] - k[i-1]| + 1 = 1 1 5 2 9 52 2: (half-octaves - 1) >> 2 is 0 0 0 0 1 2 0, clamped */
    static const uint8_t want[] = {60, 0, 0, 4, 13, 62, 60};
    residuals(&t, 0, box, 1, k, 100, q, level);
    cr_assert_arr_eq(level, want, sizeof want);
    for (int i = 0; i < 7; i++)
        cr_assert_eq(q[i], k[i] - 42);
}

Test(plan_run, a_tap_on_an_earlier_field_sees_the_same_site)
{
    static const uint64_t box[] = {50};
    aez_rng               rng;
    aez_tap               tap = {.field = 0};
    aez_predictor         p[2] = {{.kind = AEZ_PREDICT_BASE},
                                  {.kind = AEZ_PREDICT_WEIGHTS, .weight = {3}}};
    aez_template          t[2] = {{.kind = AEZ_TEMPLATE_LIST, .tap = &tap, .n_predictors = 1,
                                   .predictor = p},
                                  {.kind = AEZ_TEMPLATE_LIST, .field = 1, .n_taps = 1, .tap = &tap,
                                   .n_predictors = 1, .predictor = p + 1}};
    aez_group             g = {0, 2, t};
    int64_t               constant[2] = {7, 1000}, k[2][50];
    aez_plan              plan = {2, constant, 1, &g};
    aez_ifield            fields[2] = {{.k = k[0], .step = 1}, {.k = k[1], .step = 1}};
    aez_residual_writer   w[2];
    aez_grid              grid;
    aez_rng_seed(&rng, 3);
    aez_grid_init(&grid, box, 1);
    for (int i = 0; i < 50; i++) {
        k[0][i] = plans_between(&rng, -500, 500);
        k[1][i] = 1000 + 3 * (k[0][i] - 7);
    }
    for (int f = 0; f < 2; f++)
        cr_assert_eq(aez_residual_writer_init(&w[f], &plans_mem, 50), AEZ_OK);
    cr_assert_eq(aez_plan_encode(&plan, &plans_mem, &grid, fields, w), AEZ_OK);
    for (int i = 0; i < 50; i++)
        cr_assert_eq(w[1].zigzag[i], 0);
    for (int f = 0; f < 2; f++)
        aez_residual_writer_free(&w[f]);
}

/* ---- failures ---------------------------------------------------------------------------------------- */

static void mark(void *opaque, uint32_t field)
{
    uint32_t *order = opaque;
    order[1 + order[0]++] = field;
}

Test(plan_run, fields_are_announced_before_their_first_stage)
{
    aez_rng  rng;
    fixture  x = {.n = 4};
    uint32_t order[6] = {0}, at = 1;
    aez_residual_reader r[4];
    aez_rng_seed(&rng, 20);
    plans_grid(&rng, 2, 200, &x.grid);
    plans_random(&rng, &x.grid, 4, &x.plan);
    random_fields(&rng, &x);
    encode(&x);
    for (uint32_t f = 0; f < 4; f++) {
        aez_rd in;
        aez_rd_init(&in, x.bytes[f].data, x.bytes[f].size);
        cr_assert_eq(aez_residual_reader_init(&r[f], &plans_mem, &in, x.grid.n_sites), AEZ_OK);
    }
    cr_assert_eq(aez_plan_decode(&x.plan, &plans_mem, &x.grid, x.field, r, mark, order), AEZ_OK);
    cr_assert_eq(order[0], 4);
    for (size_t g = 0; g < x.plan.n_groups; g++) {
        for (size_t t = 0; t < x.plan.groups[g].n_templates; t++)
            cr_assert_eq(order[at++], x.plan.groups[g].templates[t].field);
    }
    for (uint32_t f = 0; f < 4; f++)
        aez_residual_reader_free(&r[f]);
    fixture_free(&x);
}

Test(plan_run, too_few_residuals_are_corrupt)
{
    static const uint64_t box[] = {40, 30}, less[] = {39, 30};
    aez_rng               rng;
    aez_rng_seed(&rng, 21);
    for (int round = 0; round < 60; round++) {
        fixture             x = {.n = 1};
        aez_residual_reader r;
        aez_rd              in;
        aez_ifield          again;
        aez_status          st;
        aez_grid_init(&x.grid, box, 2);
        x.grid.shape[0] = less[0];
        x.grid.n_sites = 39 * 30;
        plans_random(&rng, &x.grid, 1, &x.plan);
        random_fields(&rng, &x);
        encode(&x);
        aez_grid_init(&x.grid, box, 2); /* one row more than was coded */
        if (aez_template_expand(&x.plan.groups[0].templates[0], &x.grid,
                                x.plan.groups[0].scan_mask, NULL, 0) ==
            x.plan.groups[0].templates[0].n_predictors) {
            aez_rd_init(&in, x.bytes[0].data, x.bytes[0].size);
            cr_assert_eq(aez_residual_reader_init(&r, &plans_mem, &in, 2000), AEZ_OK);
            again = x.field[0];
            again.skip = NULL;
            again.k = calloc(1200, sizeof *again.k);
            st = aez_plan_decode(&x.plan, &plans_mem, &x.grid, &again, &r, NULL, NULL);
            cr_assert_eq(st, AEZ_ERR_CORRUPT);
            free(again.k);
            aez_residual_reader_free(&r);
        }
        fixture_free(&x);
    }
}

Test(plan_run, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_rng rng;
    int     done = 0;
    fixture x = {.n = 5};
    aez_rng_seed(&rng, 22);
    plans_grid(&rng, 3, 300, &x.grid);
    plans_random(&rng, &x.grid, 5, &x.plan);
    random_fields(&rng, &x);
    random_images(&rng, &x.field[2], x.grid.n_sites);
    for (size_t fail_at = 1; !done; fail_at++) {
        hooks_state         s = {.fail_at = fail_at};
        aez_mem             mem = hooks_mem(&s);
        aez_residual_writer w[5];
        aez_status          st;
        for (uint32_t f = 0; f < 5; f++)
            cr_assert_eq(aez_residual_writer_init(&w[f], &plans_mem, x.grid.n_sites), AEZ_OK);
        st = aez_plan_encode(&x.plan, &mem, &x.grid, x.field, w);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        done = st == AEZ_OK;
        cr_assert_eq(s.n_live, 0);
        cr_assert(!done || fail_at > 3);
        for (uint32_t f = 0; f < 5; f++)
            aez_residual_writer_free(&w[f]);
    }
    fixture_free(&x);
}
