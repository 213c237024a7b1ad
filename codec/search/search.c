/* search.c - chooses the plan of a chunk: one field after the other, the cheapest candidate of
 * each. */
#include "search.h"

#include <stdio.h>
#include <string.h>

#include "candidate.h"

/* Sites looked at, and rows a stage is fitted on, by level. */
static uint64_t sample_sites(int level)
{
    return level <= 1 ? 48 << 10 : level < 5 ? 384 << 10 : 2 << 20;
}

static size_t fit_rows(int level)
{
    return level <= 1 ? 1500 : level < 5 ? 6000 : 20000;
}

int aez_level_zstd(int level, int zstd_only)
{
    if (level <= 1)
        return zstd_only ? 3 : 0;
    return level < 5 ? 6 : 19;
}

static void describe(const aez_trial *trial, aez_search_note *note)
{
    char best[96], second[96];
    aez_template_text(&trial->best.shape, trial->best.scan_mask, trial->grid, best, sizeof best);
    note->bits = trial->best.bits;
    note->runner_up_bits = 0;
    if (trial->n_tried < 2) {
        snprintf(note->text, sizeof note->text, "%s", best);
        return;
    }
    aez_template_text(&trial->second.shape, trial->second.scan_mask, trial->grid, second,
                      sizeof second);
    note->runner_up_bits = trial->second.bits;
    snprintf(note->text, sizeof note->text, "%.70s; next: %.50s %+.1f %%", best, second,
             trial->best.bits > 0 ? 100 * (trial->second.bits / trial->best.bits - 1) : 0.0);
}

static aez_status choose_field(aez_trial *trial, aez_group *group, aez_search_note *note)
{
    aez_status st;
    if (trial->grid->n_dims == 1 && trial->sample->n_fields > 1)
        st = aez_try_column(trial);
    else
        st = aez_try_array(trial);
    if (st < 0)
        return st;
    group->templates = aez_take(trial->mem, 1, sizeof *group->templates);
    if (!group->templates)
        return AEZ_ERR_NOMEM;
    if (note)
        describe(trial, note);
    group->scan_mask = trial->best.scan_mask;
    st = aez_candidate_template(&trial->best, trial, trial->grid, &group->templates[0]);
    group->n_templates = st >= 0;
    return st;
}

/* One order of planning and what came of it. */
typedef struct aez_attempt {
    uint32_t        *order;  /* [n_fields] given ones first */
    aez_group       *groups; /* [n_fields - n_given] in that order */
    aez_search_note *notes;  /* [n_fields - n_given] by field */
    double           bits;
} aez_attempt;

/* What all attempts at one plan share. */
typedef struct aez_search {
    const aez_mem            *mem;
    const aez_grid           *grid;
    const aez_sample         *sample;
    const uint32_t           *hat; /* [n_fields] or NULL */
    const aez_search_options *options;
    uint32_t                  n_given, n_fields;
} aez_search;

static void attempt_free(const aez_search *s, aez_attempt *a)
{
    aez_plan plan = {.n_groups = s->n_fields - s->n_given, .groups = a->groups};
    aez_plan_free(&plan, s->mem);
    aez_drop(s->mem, a->order);
    aez_drop(s->mem, a->notes);
    memset(a, 0, sizeof *a);
}

static aez_status attempt_init(const aez_search *s, aez_attempt *a)
{
    size_t n = s->n_fields - s->n_given;
    memset(a, 0, sizeof *a);
    a->order = aez_take(s->mem, s->n_fields, sizeof *a->order);
    a->groups = aez_take(s->mem, n, sizeof *a->groups);
    a->notes = aez_take(s->mem, n, sizeof *a->notes);
    for (uint32_t f = 0; a->order && f < s->n_fields; f++)
        a->order[f] = f;
    if (a->order && a->groups && a->notes)
        return AEZ_OK;
    attempt_free(s, a);
    return AEZ_ERR_NOMEM;
}

/* Plans the fields in the attempt's order. */
static aez_status choose_all(const aez_search *s, aez_attempt *a)
{
    for (uint32_t i = s->n_given; i < s->n_fields; i++) {
        uint32_t         f = a->order[i];
        aez_search_note *note = &a->notes[f - s->n_given];
        aez_trial        trial = {.mem = s->mem,
                                  .sample = s->sample,
                                  .grid = s->grid,
                                  .options = s->options,
                                  .field = f,
                                  .n_given = s->n_given,
                                  .earlier = a->order,
                                  .n_earlier = i,
                                  .hat = s->hat ? s->hat[f] : 0,
                                  .max_rows = fit_rows(s->options->level)};
        aez_status       st = choose_field(&trial, &a->groups[i - s->n_given], note);
        if (st < 0)
            return st;
        a->bits += note->bits;
    }
    return AEZ_OK;
}

/* Few values first: they tell apart the rows that follow, and hardly gain from others themselves.
 * Fields with exceptions come last, since the masks that hide them have to be there before. Returns
 * whether the order differs from the fields' own. */
static int order_by_values(const aez_search *s, uint32_t *order)
{
    int moved = 0;
    for (uint32_t i = s->n_given + 1; i < s->n_fields; i++) {
        for (uint32_t k = i; k > s->n_given; k--) {
            const aez_ifield *x = &s->sample->fields[order[k - 1]],
                             *y = &s->sample->fields[order[k]];
            uint32_t          swap = order[k];
            int               later = (x->skip != NULL) - (y->skip != NULL);
            if (later == 0)
                later = s->sample->n_values[order[k - 1]] > s->sample->n_values[order[k]];
            if (later <= 0)
                break;
            order[k] = order[k - 1];
            order[k - 1] = swap;
            moved = 1;
        }
    }
    return moved;
}

#define MOST_REORDERED 256 /* columns: beyond, one order is search enough */

/* The fields' own order, and for columns of a table another; the cheaper one is kept. */
static aez_status choose_order(const aez_search *s, aez_attempt *best)
{
    aez_attempt other;
    aez_status  st = choose_all(s, best);
    if (st < 0 || s->options->level <= 1 || s->grid->n_dims > 1 ||
        s->n_fields - s->n_given > MOST_REORDERED)
        return st;
    st = attempt_init(s, &other);
    if (st >= 0 && order_by_values(s, other.order)) {
        st = choose_all(s, &other);
        if (st >= 0 && other.bits < best->bits) {
            aez_attempt swap = *best;
            *best = other;
            other = swap;
        }
    }
    attempt_free(s, &other);
    return st;
}

aez_status aez_search_plan(const aez_mem *mem, const aez_grid *grid, const aez_ifield *fields,
                           uint32_t n_fields, const aez_search_options *options, aez_plan *out,
                           aez_search_note *notes)
{
    return aez_search_plan_given(mem, grid, fields, 0, n_fields, NULL, options, out, notes);
}

aez_status aez_search_plan_given(const aez_mem *mem, const aez_grid *grid, const aez_ifield *fields,
                                 uint32_t n_given, uint32_t n_fields, const uint32_t *hat,
                                 const aez_search_options *options, aez_plan *out,
                                 aez_search_note *notes)
{
    aez_sample  sample;
    aez_search  search = {.mem = mem,
                          .grid = grid,
                          .sample = &sample,
                          .hat = hat,
                          .options = options,
                          .n_given = n_given,
                          .n_fields = n_fields};
    aez_attempt best;
    aez_status  st;
    memset(out, 0, sizeof *out);
    st = aez_sample_take(&sample, mem, grid, fields, n_fields, sample_sites(options->level),
                         options->seed);
    if (st < 0)
        return st;
    st = attempt_init(&search, &best);
    if (st >= 0)
        st = choose_order(&search, &best);
    if (st >= 0) {
        out->n_fields = n_fields;
        out->constant = sample.constant; /* handed over */
        sample.constant = NULL;
        out->groups = best.groups;
        out->n_groups = n_fields - n_given;
        best.groups = NULL;
        if (notes)
            memcpy(notes, best.notes, out->n_groups * sizeof *notes);
    }
    attempt_free(&search, &best);
    aez_sample_free(&sample);
    return st;
}
