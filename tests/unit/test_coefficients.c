/* test_coefficients.c - wavelet coefficients in contexts, against a plain walk over all of them. */
#include <criterion/criterion.h>

#include "codec/wavelet/coefficients.h"
#include "tests/support/samples.h"

/* Magnitude at a site, 0 outside. */
static uint64_t magnitude(const aez_grid *g, const int64_t *q, const int64_t *site)
{
    uint64_t at = 0;
    for (unsigned a = 0; a < g->n_dims; a++) {
        if (site[a] < 0 || site[a] >= (int64_t)g->shape[a])
            return 0;
        at = at * g->shape[a] + (uint64_t)site[a];
    }
    return (uint64_t)llabs(q[at]) < 65535 ? (uint64_t)llabs(q[at]) : 65535;
}

/* The taps of spec 11.3, plainly; q holds 0 at the site and after it. Returns their number. */
static unsigned look(const aez_wavelet *w, const aez_grid *g, const int64_t *q, const int64_t *at,
                     uint64_t *m)
{
    unsigned n = 0, halved = 0;
    int64_t  s[AEZ_MAX_DIMS];
    memcpy(s, at, sizeof s);
    for (unsigned a = 0; a < g->n_dims; a++) {
        for (int back = 1; back <= 2; back++) {
            s[a] = at[a] - back;
            m[n++] = magnitude(g, q, s);
        }
        s[a] = at[a];
    }
    for (unsigned a = 0; g->n_dims <= 5 && a < g->n_dims; a++) {
        for (unsigned b = a + 1; b < g->n_dims; b++) {
            s[a] = at[a] - 1;
            s[b] = at[b] - 1;
            m[n++] = magnitude(g, q, s);
            s[b] = at[b] + 1;
            m[n++] = magnitude(g, q, s);
            s[a] = at[a];
            s[b] = at[b];
        }
    }
    for (unsigned a = 0; a < g->n_dims; a++) {
        if (w->levels[a] == 0)
            continue;
        s[a] = at[a] / 2;
        m[n++] = magnitude(g, q, s);
        s[a] = at[a];
        halved++;
    }
    if (halved > 1) {
        for (unsigned a = 0; a < g->n_dims; a++)
            s[a] = w->levels[a] ? at[a] / 2 : at[a];
        m[n++] = magnitude(g, q, s);
    }
    return n;
}

static unsigned level_of(uint64_t sum)
{
    unsigned level = 0;
    while (sum + 1 >= UINT64_C(1) << (level / 2 + 1))
        level += 2;
    /* the upper half of the octave begins at 1.5 times its first number */
    return level + (level >= 2 && 2 * (sum + 1) >= UINT64_C(3) << (level / 2));
}

typedef struct aez_case {
    aez_grid     grid;
    aez_wavelet  w;
    aez_contexts c;
    int64_t     *q;
} aez_case;

static void make_case(aez_case *t, aez_rng *rng, unsigned n_dims, uint64_t most)
{
    unsigned n_taps;
    memset(t, 0, sizeof *t);
    plans_grid(rng, n_dims, most, &t->grid);
    for (unsigned a = 0; a < t->grid.n_dims; a++)
        t->w.levels[a] = (uint8_t)plans_below(rng, 1 + aez_wavelet_levels(t->grid.shape[a], 1));
    aez_contexts_usual(&t->c, &t->w, &t->grid);
    t->c.n_classes = 1 + (unsigned)plans_below(rng, AEZ_CLASSES_MAX);
    n_taps = aez_contexts_taps(&t->w, &t->grid);
    cr_assert_leq(n_taps, AEZ_MAX_TAPS);
    for (unsigned k = 0; k < AEZ_CLASSES_MAX && plans_below(rng, 3); k++) {
        for (unsigned i = 0; i < n_taps; i++)
            t->c.weight[k][i] = (uint8_t)plans_below(rng, 16);
    }
    t->q = samples_take(&t->grid);
    for (uint64_t i = 0; i < t->grid.n_sites; i++) {
        int size = plans_below(rng, 3) ? 1 : plans_below(rng, 30) ? 40 : 1000000;
        t->q[i] = plans_between(rng, -size, size);
    }
}

static void start_writers(const aez_case *t, aez_residual_writer *w)
{
    for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++)
        cr_assert_eq(aez_residual_writer_init(&w[k], &plans_mem, t->grid.n_sites), AEZ_OK);
}

static void check_levels(const aez_case *t, const aez_residual_writer *w)
{
    size_t   at[AEZ_CLASSES_MAX] = {0};
    int64_t *seen = samples_take(&t->grid);
    for (uint64_t i = 0; i < t->grid.n_sites; i++) {
        uint64_t m[AEZ_MAX_TAPS], sum = 0, rest = i;
        int64_t  site[AEZ_MAX_DIMS] = {0};
        unsigned octaves = 0, k, n;
        for (unsigned a = t->grid.n_dims; a-- > 0;) {
            site[a] = (int64_t)(rest % t->grid.shape[a]);
            rest /= t->grid.shape[a];
            octaves += aez_wavelet_octave((uint64_t)site[a], t->grid.shape[a], t->w.levels[a]);
        }
        k = octaves < t->c.n_classes ? octaves : t->c.n_classes - 1;
        n = look(&t->w, &t->grid, seen, site, m);
        cr_assert_eq(n, aez_contexts_taps(&t->w, &t->grid));
        for (unsigned j = 0; j < n; j++)
            sum += m[j] * t->c.weight[k][j];
        cr_assert_lt(at[k], w[k].n);
        cr_assert_eq(w[k].level[at[k]], level_of(sum), "site %lu: %u for %lu", i,
                     w[k].level[at[k]], sum);
        at[k]++;
        seen[i] = t->q[i];
    }
    for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++)
        cr_assert_eq(at[k], w[k].n);
    free(seen);
}

Test(coefficients, levels_are_those_of_the_plain_rule)
{
    aez_rng rng;
    aez_rng_seed(&rng, 1);
    for (unsigned round = 0; round < 150; round++) {
        aez_residual_writer w[AEZ_CLASSES_MAX];
        aez_walk           *walk;
        aez_case            t;
        make_case(&t, &rng, 1 + round % 6, 600);
        start_writers(&t, w);
        cr_assert_eq(aez_walk_start(&walk, &plans_mem, &t.w, &t.grid), AEZ_OK);
        aez_coefficients_encode(walk, &t.c, t.q, w);
        check_levels(&t, w);
        aez_walk_end(walk);
        for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++)
            aez_residual_writer_free(&w[k]);
        free(t.q);
    }
}

Test(coefficients, what_is_looked_at_for_fitting_is_what_is_coded_with)
{
    aez_rng rng;
    aez_rng_seed(&rng, 2);
    for (unsigned round = 0; round < 60; round++) {
        aez_residual_writer w[AEZ_CLASSES_MAX];
        aez_walk           *walk;
        aez_case            t;
        size_t              at[AEZ_CLASSES_MAX] = {0};
        make_case(&t, &rng, 1 + round % 4, 400);
        t.c.n_classes = AEZ_CLASSES_MAX;
        start_writers(&t, w);
        cr_assert_eq(aez_walk_start(&walk, &plans_mem, &t.w, &t.grid), AEZ_OK);
        aez_coefficients_encode(walk, &t.c, t.q, w);
        for (uint64_t i = 0; i < t.grid.n_sites; i++) {
            uint32_t m[AEZ_MAX_TAPS];
            uint64_t sum = 0;
            unsigned k = aez_coefficients_look(walk, i, m);
            for (unsigned j = 0; j < aez_contexts_taps(&t.w, &t.grid); j++)
                sum += (uint64_t)m[j] * t.c.weight[k][j];
            cr_assert_eq(w[k].level[at[k]++], level_of(sum), "site %lu", i);
        }
        aez_walk_end(walk);
        for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++)
            aez_residual_writer_free(&w[k]);
        free(t.q);
    }
}

Test(coefficients, what_is_coded_is_restored)
{
    aez_rng rng;
    aez_rng_seed(&rng, 3);
    for (unsigned round = 0; round < 60; round++) {
        aez_residual_writer  w[AEZ_CLASSES_MAX];
        aez_residual_reader  r[AEZ_CLASSES_MAX];
        aez_residual_options how = {.effort = 1};
        aez_walk            *walk;
        aez_case             t;
        aez_buf              bytes;
        aez_rd               in;
        int64_t             *back;
        make_case(&t, &rng, 1 + round % 4, 900);
        back = samples_take(&t.grid);
        start_writers(&t, w);
        aez_buf_init(&bytes, &plans_mem);
        cr_assert_eq(aez_walk_start(&walk, &plans_mem, &t.w, &t.grid), AEZ_OK);
        aez_coefficients_encode(walk, &t.c, t.q, w);
        for (unsigned k = 0; k < t.c.n_classes; k++)
            cr_assert_eq(aez_residual_pack(&w[k], &how, &bytes), AEZ_OK);
        aez_rd_init(&in, bytes.data, bytes.size);
        for (unsigned k = 0; k < t.c.n_classes; k++)
            cr_assert_eq(aez_residual_reader_init(&r[k], &plans_mem, &in, t.grid.n_sites), AEZ_OK);
        aez_coefficients_decode(walk, &t.c, r, back);
        cr_assert_eq(memcmp(back, t.q, t.grid.n_sites * sizeof *back), 0);
        for (unsigned k = 0; k < t.c.n_classes; k++) {
            cr_assert(aez_residual_reader_done(&r[k]));
            aez_residual_reader_free(&r[k]);
        }
        aez_walk_end(walk);
        for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++)
            aez_residual_writer_free(&w[k]);
        aez_buf_free(&bytes);
        free(t.q);
        free(back);
    }
}
