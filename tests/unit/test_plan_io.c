/* test_plan_io.c - plans survive bytes; damaged and forbidden ones are refused or harmless. */
#define _POSIX_C_SOURCE 200809L /* alarm */
#include <criterion/criterion.h>
#include <unistd.h>

#include "tests/support/hooks.h"
#include "tests/support/plans.h"

static aez_status get_with(const aez_mem *mem, aez_plan *plan, const aez_grid *grid,
                           uint32_t n_fields, const void *bytes, size_t size, size_t *left)
{
    aez_rd     in;
    aez_status st;
    /* a block of exactly this size, so that a read past its end is seen */
    uint8_t *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, bytes, size);
    aez_rd_init(&in, copy, size);
    st = aez_plan_get(plan, mem, grid, n_fields, &in);
    if (left)
        *left = aez_rd_left(&in);
    free(copy);
    return st;
}

static void put_plan(const aez_plan *plan, const aez_grid *grid, aez_buf *out)
{
    aez_buf_init(out, &plans_mem);
    aez_plan_put(plan, grid, out);
    cr_assert_not(out->failed);
}

static void compare_nets(const aez_context_net *a, const aez_context_net *b)
{
    cr_assert(a->n_taps == b->n_taps && a->axes == b->axes && a->n_layers == b->n_layers);
    cr_assert_eq(a->level_centre, b->level_centre);
    cr_assert_eq(memcmp(a->input_shift, b->input_shift, a->n_taps), 0);
    for (unsigned l = 0; l < a->n_layers; l++) {
        const aez_layer *x = &a->layer[l], *y = &b->layer[l];
        cr_assert(x->n_in == y->n_in && x->n_out == y->n_out && x->shift == y->shift);
        cr_assert(x->activation == y->activation && aez_layer_is_small(y));
        cr_assert_eq(memcmp(x->weight, y->weight, (size_t)x->n_in * x->n_out * sizeof *x->weight),
                     0);
        cr_assert_eq(memcmp(x->bias, y->bias, x->n_out * sizeof *x->bias), 0);
    }
}

static void compare_templates(const aez_template *a, const aez_template *b, const aez_grid *grid,
                              uint8_t scan_mask)
{
    aez_stage *stages = calloc(a->n_predictors, sizeof *stages);
    cr_assert(a->kind == b->kind && a->field == b->field && a->flags == b->flags);
    cr_assert(a->shift == b->shift && a->n_predictors == b->n_predictors);
    cr_assert(a->mean_floor == b->mean_floor && a->mean_shift == b->mean_shift);
    if (a->kind == AEZ_TEMPLATE_LIST) {
        cr_assert(a->base == b->base && a->n_taps == b->n_taps);
        cr_assert_eq(memcmp(a->tap, b->tap, a->n_taps * sizeof *a->tap), 0);
    } else {
        cr_assert(a->log == b->log && a->n_order == b->n_order && a->n_channels == b->n_channels);
        cr_assert_eq(memcmp(a->order, b->order, sizeof a->order), 0);
        cr_assert_eq(memcmp(a->channel, b->channel, sizeof a->channel), 0);
        cr_assert_eq(memcmp(a->channel_shift, b->channel_shift, sizeof a->channel_shift), 0);
    }
    aez_template_expand(a, grid, scan_mask, stages, a->n_predictors);
    for (size_t i = 0; i < a->n_predictors; i++) {
        const aez_predictor *p = &a->predictor[i], *q = &b->predictor[i];
        unsigned             n = stages[i].n_taps;
        cr_assert(p->kind == q->kind && p->level_offset == q->level_offset);
        cr_assert_eq(memcmp(p->activity, q->activity, n), 0);
        if (p->kind == AEZ_PREDICT_WEIGHTS)
            cr_assert(p->weight_shift == q->weight_shift &&
                      memcmp(p->weight, q->weight, n * sizeof *p->weight) == 0);
        cr_assert_eq(p->net, q->net);
    }
    free(stages);
    cr_assert_eq(a->n_nets, b->n_nets);
    for (unsigned i = 0; i < a->n_nets; i++)
        compare_nets(&a->nets[i], &b->nets[i]);
}

Test(plan_io, what_is_put_is_got)
{
    aez_rng rng;
    aez_rng_seed(&rng, 2);
    for (int round = 0; round < 400; round++) {
        aez_grid grid;
        aez_plan plan, again;
        aez_buf  bytes, bytes_again;
        size_t   left;
        plans_grid(&rng, 1 + plans_below(&rng, 5), 100000, &grid);
        plans_random(&rng, &grid, 1 + plans_below(&rng, 6), &plan);
        put_plan(&plan, &grid, &bytes);
        aez_put_u8(&bytes, 0xEE); /* what follows is not the plan's */
        cr_assert_eq(get_with(&plans_mem, &again, &grid, plan.n_fields, bytes.data, bytes.size,
                              &left), AEZ_OK);
        cr_assert_eq(left, 1);
        cr_assert(again.n_fields == plan.n_fields && again.n_groups == plan.n_groups);
        cr_assert_eq(memcmp(plan.constant, again.constant, 8 * (size_t)plan.n_fields), 0);
        for (size_t g = 0; g < plan.n_groups; g++) {
            const aez_group *a = &plan.groups[g], *b = &again.groups[g];
            cr_assert(a->scan_mask == b->scan_mask && a->n_templates == b->n_templates);
            for (size_t t = 0; t < a->n_templates; t++)
                compare_templates(&a->templates[t], &b->templates[t], &grid, a->scan_mask);
        }
        put_plan(&again, &grid, &bytes_again);
        cr_assert_eq(bytes_again.size, bytes.size - 1);
        cr_assert_eq(memcmp(bytes.data, bytes_again.data, bytes_again.size), 0);
        aez_buf_free(&bytes);
        aez_buf_free(&bytes_again);
        aez_plan_free(&plan, &plans_mem);
        aez_plan_free(&again, &plans_mem);
    }
}

/* ---- damaged plans -------------------------------------------------------------------------------- */

/* Some residuals of every level, of the kind that the plan will ask for. */
static void random_residuals(aez_rng *rng, size_t n, aez_buf *out)
{
    aez_residual_writer  w;
    aez_residual_options how = {.effort = 1};
    cr_assert_eq(aez_residual_writer_init(&w, &plans_mem, n), AEZ_OK);
    for (size_t i = 0; i < n; i++)
        aez_residual_put(&w, plans_below(rng, AEZ_LEVELS),
                         (int64_t)aez_rng_next(rng) >> plans_below(rng, 64));
    aez_buf_init(out, &plans_mem);
    cr_assert_eq(aez_residual_pack(&w, &how, out), AEZ_OK);
    aez_residual_writer_free(&w);
}

/* Runs a plan that nobody wrote for these residuals. */
static void run_plan(aez_rng *rng, const aez_plan *plan, const aez_grid *grid, const aez_buf *residuals)
{
    uint32_t             n = plan->n_fields;
    aez_ifield          *fields = calloc(n, sizeof *fields);
    aez_residual_reader *readers = calloc(n, sizeof *readers);
    aez_status           st;
    for (uint32_t f = 0; f < n; f++) {
        aez_rd in;
        aez_rd_init(&in, residuals->data, residuals->size);
        cr_assert_eq(aez_residual_reader_init(&readers[f], &plans_mem, &in, SIZE_MAX), AEZ_OK);
        fields[f].k = calloc(grid->n_sites, sizeof *fields[f].k);
        fields[f].step = (uint64_t[]){1, 1, 2, 1000, (uint64_t)1 << 63}[plans_below(rng, 5)];
        if (plans_below(rng, 3) == 0) {
            fields[f].image_width = 32u << plans_below(rng, 2);
            fields[f].image_scale = plans_between(rng, -1100, 1100);
        }
    }
    st = aez_plan_decode(plan, &plans_mem, grid, fields, readers, NULL, NULL);
    cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT);
    for (uint32_t f = 0; f < n; f++) {
        aez_residual_reader_free(&readers[f]);
        free(fields[f].k);
    }
    free(fields);
    free(readers);
}

/* Gets the bytes, and runs the plan where there is one; returns whether there was. */
static int try_bytes(aez_rng *rng, const aez_grid *grid, uint32_t n_fields, const void *bytes,
                     size_t size, const aez_buf *residuals)
{
    aez_plan   plan;
    aez_status st = get_with(&plans_mem, &plan, grid, n_fields, bytes, size, NULL);
    if (st < 0) {
        cr_assert(st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT, "status %d", st);
        cr_assert_null(plan.groups);
        cr_assert_null(plan.constant);
        return 0;
    }
    run_plan(rng, &plan, grid, residuals);
    aez_plan_free(&plan, &plans_mem);
    return 1;
}

Test(plan_io, every_truncation_is_refused)
{
    alarm(20); /* endless work ends the test */
    aez_rng rng;
    aez_rng_seed(&rng, 3);
    for (int round = 0; round < 40; round++) {
        aez_grid grid;
        aez_plan plan, again;
        aez_buf  bytes;
        plans_grid(&rng, 1 + plans_below(&rng, 4), 300, &grid);
        plans_random(&rng, &grid, 1 + plans_below(&rng, 3), &plan);
        put_plan(&plan, &grid, &bytes);
        for (size_t size = 0; size < bytes.size; size++)
            cr_assert_eq(get_with(&plans_mem, &again, &grid, plan.n_fields, bytes.data, size, NULL),
                         AEZ_ERR_CORRUPT, "%zu of %zu bytes", size, bytes.size);
        aez_buf_free(&bytes);
        aez_plan_free(&plan, &plans_mem);
    }
}

Test(plan_io, every_flipped_bit_is_refused_or_runs_safely)
{
    alarm(20); /* endless work ends the test */
    aez_rng rng;
    aez_buf residuals;
    size_t  n_run = 0, n_refused = 0;
    aez_rng_seed(&rng, 4);
    random_residuals(&rng, 2000, &residuals);
    for (int round = 0; round < 60; round++) {
        aez_grid grid;
        aez_plan plan;
        aez_buf  bytes;
        plans_grid(&rng, 1 + plans_below(&rng, 4), 120, &grid);
        plans_random(&rng, &grid, 1 + plans_below(&rng, 3), &plan);
        put_plan(&plan, &grid, &bytes);
        for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
            bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (try_bytes(&rng, &grid, plan.n_fields, bytes.data, bytes.size, &residuals))
                n_run++;
            else
                n_refused++;
            bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        aez_buf_free(&bytes);
        aez_plan_free(&plan, &plans_mem);
    }
    aez_buf_free(&residuals);
    cr_assert(n_run > 1000 && n_refused > 1000, "%zu run, %zu refused", n_run, n_refused);
}

Test(plan_io, random_bytes_are_refused_or_run_safely)
{
    alarm(20); /* endless work ends the test */
    aez_rng rng;
    aez_buf residuals;
    aez_rng_seed(&rng, 5);
    random_residuals(&rng, 500, &residuals);
    for (int round = 0; round < 20000; round++) {
        aez_grid grid;
        uint8_t  bytes[200];
        size_t   size = plans_below(&rng, sizeof bytes);
        unsigned small = plans_below(&rng, 8);
        plans_grid(&rng, 1 + plans_below(&rng, 3), 64, &grid);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(plans_below(&rng, 256) & (plans_below(&rng, small + 1) ? 3 : 255));
        try_bytes(&rng, &grid, 1 + plans_below(&rng, 2), bytes, size, &residuals);
    }
    aez_buf_free(&residuals);
}

/* ---- forbidden plans ------------------------------------------------------------------------------ */

/* One group of two templates on a grid of 6 x 7: a list (field 0), a pyramid (field 1). */
typedef struct two {
    aez_grid      grid;
    aez_plan      plan;
    aez_group     group[2];
    aez_template  t[2];
    aez_tap       tap[2];
    aez_predictor list[1], levels[8];
    int64_t       constant[2];
} two;

static void two_init(two *p)
{
    static const uint64_t box[] = {6, 7};
    memset(p, 0, sizeof *p);
    aez_grid_init(&p->grid, box, 2);
    p->plan = (aez_plan){2, p->constant, 1, p->group};
    p->group[0].n_templates = 2;
    p->group[0].templates = p->t;
    p->t[0] = (aez_template){.kind = AEZ_TEMPLATE_LIST, .base = AEZ_BASE_MIDDLE, .n_taps = 2,
                             .tap = p->tap, .n_predictors = 1, .predictor = p->list};
    p->tap[0].offset[1] = -1;
    p->tap[1].offset[0] = -1;
    p->t[1] = (aez_template){.kind = AEZ_TEMPLATE_PYRAMID, .field = 1, .log = 2, .n_order = 2,
                             .order = {1, 0}, .predictor = p->levels, .flags = AEZ_CHANNEL_TAPS,
                             .n_channels = 1};
    p->t[1].n_predictors = 5;
}

static aez_status two_get(const two *p)
{
    aez_buf    bytes;
    aez_plan   again;
    aez_status st;
    put_plan(&p->plan, &p->grid, &bytes);
    st = get_with(&plans_mem, &again, &p->grid, 2, bytes.data, bytes.size, NULL);
    if (st >= 0)
        aez_plan_free(&again, &plans_mem);
    aez_buf_free(&bytes);
    return st;
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        two p;                                                                                     \
        two_init(&p);                                                                              \
        change;                                                                                    \
        cr_assert_eq(two_get(&p), AEZ_ERR_CORRUPT, "accepted: %s", #change);                       \
    } while (0)

#define ACCEPTED(change)                                                                           \
    do {                                                                                           \
        two p;                                                                                     \
        two_init(&p);                                                                              \
        change;                                                                                    \
        cr_assert_eq(two_get(&p), AEZ_OK, "refused: %s", #change);                                 \
    } while (0)

Test(plan_io, numbers_outside_their_range_are_refused)
{
    ACCEPTED((void)0);
    REFUSED(p.t[0].kind = (aez_template_kind)0);
    REFUSED(p.t[0].kind = (aez_template_kind)3);
    REFUSED(p.t[0].field = 2);
    REFUSED(p.t[1].field = 0); /* planned twice, and field 1 never */
    REFUSED(p.t[0].flags = 32);
    REFUSED((p.t[0].flags |= AEZ_MEAN_LEVELS, p.t[0].mean_shift = 64));
    ACCEPTED((p.t[0].flags |= AEZ_MEAN_LEVELS, p.t[0].mean_shift = 63));
    REFUSED(p.t[0].shift = 63);
    ACCEPTED(p.t[0].shift = 62);
    REFUSED(p.t[0].base = (aez_base_rule)3);
    REFUSED(p.t[1].log = 0);
    REFUSED(p.t[1].log = AEZ_PYRAMID_LOG_MAX + 1);
    REFUSED(p.t[1].n_order = 0);
    REFUSED(p.t[1].n_order = 3);
    REFUSED(p.t[1].order[0] = 2);
    REFUSED(p.t[1].order[0] = 0); /* twice */
    REFUSED(p.group[0].scan_mask = 4); /* the grid has two axes */
    REFUSED(p.group[0].scan_mask = 1); /* a scanned axis is in the pyramid's order */
    REFUSED(p.t[1].channel_shift[0] = 63);
    REFUSED(p.t[1].channel_shift[0] = -41);
    REFUSED((p.list[0].kind = AEZ_PREDICT_WEIGHTS, p.list[0].weight_shift = 15));
    ACCEPTED((p.list[0].kind = AEZ_PREDICT_WEIGHTS, p.list[0].weight_shift = 14));
    REFUSED(p.list[0].level_offset = 1001);
    REFUSED(p.list[0].level_offset = -1001);
    ACCEPTED(p.list[0].level_offset = -1000);
    REFUSED(p.plan.n_groups = 0); /* fields left unplanned */
    REFUSED(p.group[0].n_templates = 1);
    ACCEPTED(p.plan.n_groups = 2); /* an empty group does nothing */
}

Test(plan_io, more_channels_than_taps_are_refused)
{
    static const uint8_t front[] = {AEZ_TEMPLATE_PYRAMID, 1, AEZ_CHANNEL_TAPS, 0, 2, 2, 1, 0, 1};
    two                  p;
    aez_buf              bytes;
    aez_plan             again;
    size_t               at = 0;
    two_init(&p);
    put_plan(&p.plan, &p.grid, &bytes);
    while (memcmp(bytes.data + at, front, sizeof front) != 0)
        cr_assert_lt(++at + sizeof front, bytes.size);
    bytes.data[at + sizeof front - 1] = AEZ_MAX_TAPS + 1;
    for (int i = 0; i < 400; i++)
        aez_put_u8(&bytes, 0);
    cr_assert_eq(get_with(&plans_mem, &again, &p.grid, 2, bytes.data, bytes.size, NULL),
                 AEZ_ERR_CORRUPT);
    aez_buf_free(&bytes);
}

Test(plan_io, taps_that_are_not_earlier_are_refused)
{
    REFUSED(p.tap[0].offset[1] = 0); /* the target itself */
    REFUSED(p.tap[0].offset[1] = 1);
    REFUSED((p.tap[0].offset[0] = 1, p.tap[0].offset[1] = -1));
    ACCEPTED((p.tap[0].offset[0] = -1, p.tap[0].offset[1] = 5));
    REFUSED(p.tap[0].field = 1); /* planned later */
    REFUSED(p.tap[0].field = 2);
    REFUSED(p.t[1].channel[0] = 1);
    REFUSED(p.t[1].channel[0] = 2);
    REFUSED(p.tap[1].offset[0] = INT32_MIN);
    ACCEPTED(p.tap[1].offset[0] = -(1 << 30));
}

/* With axis 1 scanned, a step back along it comes before everything else. */
Test(plan_io, scanned_axes_come_first_in_the_order)
{
    ACCEPTED((p.group[0].scan_mask = 2, p.t[1].n_order = 1, p.t[1].order[0] = 0,
              p.t[1].n_predictors = 3, p.tap[0].offset[0] = 3, p.tap[0].offset[1] = -1));
    REFUSED((p.group[0].scan_mask = 2, p.t[1].n_order = 1, p.t[1].order[0] = 0,
             p.t[1].n_predictors = 3, p.tap[0].offset[0] = -1, p.tap[0].offset[1] = 1));
}

/* Other fields of the group stand restored at this position of the scanned axes, not at later ones. */
Test(plan_io, later_positions_of_fields_in_the_same_group_are_refused)
{
    two p;
    two_init(&p);
    p.group[0].scan_mask = 1;
    p.t[1] = (aez_template){.kind = AEZ_TEMPLATE_LIST, .field = 1, .base = AEZ_BASE_CONST,
                            .n_taps = 1, .tap = &p.tap[1], .n_predictors = 1, .predictor = p.levels};
    p.t[0].n_taps = 0;
    p.t[0].base = AEZ_BASE_CONST;
    p.tap[1].offset[0] = 0;
    p.tap[1].offset[1] = 4;
    cr_assert_eq(two_get(&p), AEZ_OK);
    p.tap[1].offset[0] = 1;
    cr_assert_eq(two_get(&p), AEZ_ERR_CORRUPT);
    p.plan.n_groups = 2; /* but in an earlier group everything is restored */
    p.group[0].n_templates = 1;
    p.group[1] = (aez_group){1, 1, &p.t[1]};
    cr_assert_eq(two_get(&p), AEZ_OK);
}

/* The midpoint is of the own field's taps: another field's may point at sites not yet restored. */
Test(plan_io, the_midpoint_of_other_fields_taps_is_refused)
{
    two p;
    two_init(&p);
    p.t[1] = (aez_template){.kind = AEZ_TEMPLATE_LIST, .field = 1, .base = AEZ_BASE_MIDDLE,
                            .n_taps = 2, .tap = p.tap, .n_predictors = 1, .predictor = p.levels};
    p.t[0].n_taps = 0;
    p.t[0].base = AEZ_BASE_CONST;
    p.tap[0].offset[1] = p.tap[1].offset[0] = 2; /* of field 0: allowed as taps */
    cr_assert_eq(two_get(&p), AEZ_ERR_CORRUPT);
    p.t[1].base = AEZ_BASE_TAP;
    cr_assert_eq(two_get(&p), AEZ_OK);
}

Test(plan_io, more_stages_than_the_limit_are_refused)
{
    enum { N = 400 }; /* 73 stages each, a few more than 4,096 + N in all */
    static const uint64_t box[] = {64, 64, 64, 64, 64, 64};
    aez_grid              grid;
    aez_plan              plan = {.n_fields = N, .n_groups = 1}, again;
    aez_group             group = {.n_templates = N};
    aez_predictor        *same = calloc(80, sizeof *same);
    aez_buf               bytes;
    aez_grid_init(&grid, box, 6);
    plan.constant = calloc(N, sizeof *plan.constant);
    plan.groups = &group;
    group.templates = calloc(N, sizeof *group.templates);
    for (uint32_t f = 0; f < N; f++) {
        aez_template *t = &group.templates[f];
        *t = (aez_template){.kind = AEZ_TEMPLATE_PYRAMID, .field = f, .log = 12, .n_order = 6,
                            .order = {0, 1, 2, 3, 4, 5}, .predictor = same};
        t->n_predictors = aez_template_expand(t, &grid, 0, NULL, 0);
    }
    cr_assert_eq(group.templates[0].n_predictors, 1 + 6 * 6);
    put_plan(&plan, &grid, &bytes);
    cr_assert_eq(get_with(&plans_mem, &again, &grid, N, bytes.data, bytes.size, NULL),
                 AEZ_ERR_LIMIT);
    aez_buf_free(&bytes);
    free(group.templates);
    free(plan.constant);
    free(same);
}

Test(plan_io, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_rng  rng;
    aez_grid grid;
    aez_plan plan, again;
    aez_buf  bytes;
    int      done = 0;
    aez_rng_seed(&rng, 7);
    plans_grid(&rng, 3, 300, &grid);
    plans_random(&rng, &grid, 5, &plan);
    put_plan(&plan, &grid, &bytes);
    for (size_t fail_at = 1; !done; fail_at++) {
        hooks_state s = {.fail_at = fail_at};
        aez_mem     mem = hooks_mem(&s);
        aez_status  st = get_with(&mem, &again, &grid, 5, bytes.data, bytes.size, NULL);
        done = st == AEZ_OK;
        if (done)
            aez_plan_free(&again, &mem);
        else
            cr_assert_eq(st, AEZ_ERR_NOMEM);
        cr_assert_eq(s.n_live, 0);
        cr_assert_lt(fail_at, 1000);
    }
    for (size_t fail_at = 1, put_done = 0; !put_done; fail_at++) {
        hooks_state s = {.fail_at = fail_at};
        aez_mem     mem = hooks_mem(&s);
        aez_buf     out;
        aez_buf_init(&out, &mem);
        aez_plan_put(&plan, &grid, &out);
        put_done = !out.failed;
        aez_buf_free(&out);
        cr_assert_eq(s.n_live, 0);
        cr_assert_lt(fail_at, 1000);
    }
    aez_buf_free(&bytes);
    aez_plan_free(&plan, &plans_mem);
}

/* A plan of few bytes must not ask for much memory, whatever numbers stand in it. */
Test(plan_io, few_bytes_never_ask_for_much_memory)
{
    static const uint64_t box[] = {1 << 20};
    aez_rng               rng;
    aez_grid              grid;
    hooks_state           s = {0};
    aez_mem               mem = hooks_mem(&s);
    aez_grid_init(&grid, box, 1);
    aez_rng_seed(&rng, 8);
    for (int round = 0; round < 20000; round++) {
        uint8_t  bytes[40];
        aez_plan plan;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(plans_below(&rng, 3) ? plans_below(&rng, 3) : plans_below(&rng, 256));
        if (get_with(&mem, &plan, &grid, (uint32_t)plans_below(&rng, 60), bytes, sizeof bytes,
                     NULL) >= 0)
            aez_plan_free(&plan, &mem);
        cr_assert_eq(s.n_live, 0);
    }
    cr_assert_lt(s.largest, 200000);
}
