/* test_plan_expand.c - stages visit every site once, and look only at earlier ones. */
#include <criterion/criterion.h>

#include "codec/plan/plan_lens.h"
#include "tests/support/plans.h"

/* Visits in order; of each site: turn it was restored at, 1 + number. */
typedef struct walk {
    const aez_grid *grid;
    aez_geometry    geometry;
    uint8_t         scan_mask;
    uint64_t       *turn;      /* [n_sites] 0: not yet */
    uint64_t        n_visited; /* sites */
    uint64_t        n_taps_seen;
} walk;

static int next(const walk *w, const aez_stage *s, uint64_t *c, int scanned)
{
    for (unsigned a = w->grid->n_dims; a-- > 0;) {
        if ((w->scan_mask >> a & 1) != scanned)
            continue;
        c[a] += s ? s->stride[a] : 1;
        if (c[a] < w->grid->shape[a])
            return 1;
        c[a] = s ? s->start[a] : 0;
    }
    return 0;
}

/* Sites of a stage that is not serial are predicted a line at once: the tap must be older than all
 * of the line, which began at line_turn. */
static void check_tap(walk *w, const aez_stage *s, int64_t at, uint64_t line_turn)
{
    cr_assert(at >= 0 && (uint64_t)at < w->grid->n_sites);
    cr_assert_neq(w->turn[at], 0, "a tap reads what is not restored");
    if (!s->serial)
        cr_assert_lt(w->turn[at], line_turn, "a tap reads its own line");
    w->n_taps_seen++;
}

static void visit(walk *w, const aez_stage *s, const uint64_t *c, uint64_t line_turn)
{
    aez_lens lens;
    int64_t  at = 0;
    aez_lens_make(&lens, s, &w->geometry, c, 0);
    for (unsigned a = 0; a < w->grid->n_dims; a++)
        at += (int64_t)c[a] * w->geometry.pitch[a];
    for (unsigned i = 0; i < lens.n; i++) {
        if (lens.tap[i].field == s->field)
            check_tap(w, s, at + lens.tap[i].at, line_turn);
    }
    if (lens.base != AEZ_BASE_CONST)
        check_tap(w, s, at + lens.base_at[0], line_turn);
    if (lens.base == AEZ_BASE_MIDDLE)
        check_tap(w, s, at + lens.base_at[1], line_turn);
    cr_assert_eq(w->turn[at], 0, "a site is visited twice");
    w->turn[at] = ++w->n_visited;
}

static void visit_stage(walk *w, const aez_stage *s, const uint64_t *position)
{
    uint64_t c[AEZ_MAX_DIMS], line_turn = 0, n = 0;
    unsigned inner = w->grid->n_dims - 1;
    for (unsigned a = 0; a < w->grid->n_dims; a++)
        c[a] = w->scan_mask >> a & 1 ? position[a] : s->start[a];
    do {
        if ((w->scan_mask >> inner & 1) || c[inner] == s->start[inner])
            line_turn = w->n_visited + 1;
        visit(w, s, c, line_turn);
        n++;
    } while (next(w, s, c, 0));
    cr_assert_eq(n, aez_stage_sites(s, w->grid, w->scan_mask));
}

static uint64_t walk_template(const aez_template *t, const aez_grid *grid, uint8_t scan_mask)
{
    walk       w = {.grid = grid, .scan_mask = scan_mask};
    uint64_t   position[AEZ_MAX_DIMS] = {0};
    size_t     n = aez_template_expand(t, grid, scan_mask, NULL, 0);
    aez_stage *stages = calloc(n, sizeof *stages);
    aez_predictor all;
    cr_assert_eq(aez_template_expand(t, grid, scan_mask, stages, n), n);
    memset(&all, 0, sizeof all);
    memset(all.activity, 1, sizeof all.activity);
    aez_geometry_init(&w.geometry, grid);
    w.turn = calloc(grid->n_sites, sizeof *w.turn);
    do {
        for (size_t i = 0; i < n; i++) {
            stages[i].predictor = &all; /* every tap counts */
            visit_stage(&w, &stages[i], position);
        }
    } while (next(&w, NULL, position, 1));
    cr_assert_eq(w.n_visited, grid->n_sites, "a site is never visited");
    free(w.turn);
    free(stages);
    return w.n_taps_seen;
}

Test(plan_expand, every_site_is_visited_once_and_taps_are_earlier)
{
    aez_rng  rng;
    uint64_t n_taps = 0;
    aez_rng_seed(&rng, 1);
    for (int round = 0; round < 1200; round++) {
        aez_grid grid;
        aez_plan plan;
        plans_grid(&rng, 1 + plans_below(&rng, 5), 600, &grid);
        plans_random(&rng, &grid, 1 + plans_below(&rng, 3), &plan);
        for (size_t g = 0; g < plan.n_groups; g++) {
            const aez_group *group = &plan.groups[g];
            for (size_t t = 0; t < group->n_templates; t++)
                n_taps += walk_template(&group->templates[t], &grid, group->scan_mask);
        }
        aez_plan_free(&plan, &plans_mem);
    }
    cr_assert_gt(n_taps, 100000);
}

/* All orders of the axes, all masks, with and without taps around, in 3-D. */
Test(plan_expand, every_order_of_axes_visits_every_site)
{
    static const uint64_t boxes[][3] = {{5, 6, 7}, {2, 2, 2}, {1, 9, 16}, {3, 2, 33}, {8, 8, 1}};
    for (size_t b = 0; b < sizeof boxes / sizeof *boxes; b++) {
        aez_grid grid;
        aez_grid_init(&grid, boxes[b], 3);
        for (unsigned code = 0; code < 27 * 8 * 8; code++) {
            aez_template t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 1 + code % 5};
            unsigned     order = code % 27, mask = code / 27 % 8, seen = 0;
            t.flags = code / 27 / 8;
            for (unsigned i = 0; i < 3; i++, order /= 3) {
                unsigned a = order % 3;
                if (a < grid.n_dims && !((seen | mask) >> a & 1)) {
                    t.order[t.n_order++] = (uint8_t)a;
                    seen |= 1u << a;
                }
            }
            if (t.n_order > 0 && mask < 1u << grid.n_dims)
                walk_template(&t, &grid, (uint8_t)mask);
        }
    }
}

Test(plan_expand, axes_of_one_are_left_out_of_the_grid)
{
    static const uint64_t box[] = {1, 4, 1, 6, 1}, ones[] = {1, 1};
    aez_grid              grid;
    aez_grid_init(&grid, box, 5);
    cr_assert_eq(grid.n_dims, 2);
    cr_assert(grid.shape[0] == 4 && grid.shape[1] == 6 && grid.n_sites == 24);
    aez_grid_init(&grid, ones, 2);
    cr_assert(grid.n_dims == 1 && grid.shape[0] == 1 && grid.n_sites == 1);
}

Test(plan_expand, the_full_number_is_told_and_no_more_than_max_is_written)
{
    static const uint64_t box[] = {40, 50};
    aez_template          t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 5, .n_order = 2, .order = {0, 1}};
    aez_grid              grid;
    size_t                n;
    aez_grid_init(&grid, box, 2);
    n = aez_template_expand(&t, &grid, 0, NULL, 0);
    cr_assert_eq(n, 11); /* anchors, and two axes at each of five distances */
    for (size_t max = 0; max <= n; max++) {
        aez_stage *stages = malloc((max + 1) * sizeof *stages); /* exact but for a guard */
        memset(stages, 0x5A, (max + 1) * sizeof *stages);
        cr_assert_eq(aez_template_expand(&t, &grid, 0, stages, max), n);
        for (size_t i = 0; i < sizeof *stages; i++)
            cr_assert_eq(((uint8_t *)&stages[max])[i], 0x5A);
        free(stages);
    }
}

Test(plan_expand, stages_without_sites_are_left_out)
{
    static const uint64_t box[] = {2};
    aez_template          t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 12, .n_order = 1};
    aez_grid              grid;
    aez_stage             stages[3];
    aez_grid_init(&grid, box, 1);
    cr_assert_eq(aez_template_expand(&t, &grid, 0, stages, 3), 2);
    cr_assert(stages[0].log == 12 && stages[0].axis == AEZ_MAX_DIMS && stages[0].serial);
    cr_assert(stages[1].log == 0 && stages[1].axis == 0 && stages[1].start[0] == 1);
}

Test(plan_expand, a_stage_never_has_more_than_64_taps_nor_one_twice)
{
    static const uint64_t box[] = {4, 4, 4, 4, 4, 4, 4, 4};
    aez_template          t = {.kind = AEZ_TEMPLATE_PYRAMID, .log = 2, .n_order = 4};
    aez_grid              grid;
    aez_stage             stages[16];
    size_t                n;
    unsigned              most = 0;
    t.flags = AEZ_CROSS_TAPS | AEZ_SCAN_TAPS | AEZ_CHANNEL_TAPS;
    t.field = 70;
    for (unsigned i = 0; i < 4; i++)
        t.order[i] = (uint8_t)(4 + i);
    t.n_channels = AEZ_MAX_TAPS;
    for (uint32_t i = 0; i < t.n_channels; i++)
        t.channel[i] = i;
    aez_grid_init(&grid, box, 8);
    n = aez_template_expand(&t, &grid, 0x0F, stages, 16);
    cr_assert_eq(n, 9);
    for (size_t s = 0; s < n; s++) {
        cr_assert_leq(stages[s].n_taps, AEZ_MAX_TAPS);
        most = stages[s].n_taps > most ? stages[s].n_taps : most;
        for (unsigned i = 4; s > 0 && i < stages[s].n_taps; i++) {
            for (unsigned j = 0; j < i; j++)
                cr_assert(stages[s].tap[i].field != stages[s].tap[j].field ||
                          memcmp(stages[s].tap[i].offset, stages[s].tap[j].offset,
                                 sizeof stages[s].tap[i].offset) != 0);
        }
    }
    cr_assert_gt(most, 60);
}

Test(plan_expand, only_a_tap_of_the_own_line_makes_a_list_serial)
{
    static const uint64_t box[] = {4, 5};
    static const struct {
        int32_t  offset[2];
        uint32_t field;
        int      serial;
    } cases[] = {{{-1, 0}, 1, 0}, {{-1, 3}, 1, 0}, {{0, -1}, 1, 1}, {{0, -1}, 0, 0}, {{0, 0}, 0, 0}};
    aez_grid grid;
    aez_grid_init(&grid, box, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aez_tap      tap = {.field = cases[i].field};
        aez_template t = {.kind = AEZ_TEMPLATE_LIST, .field = 1, .n_taps = 1, .tap = &tap};
        aez_stage    s;
        memcpy(tap.offset, cases[i].offset, sizeof cases[i].offset);
        cr_assert_eq(aez_template_expand(&t, &grid, 0, &s, 1), 1);
        cr_assert_eq(s.serial, cases[i].serial, "case %zu", i);
    }
}
