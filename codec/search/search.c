/* search.c - chooses the plan of a chunk: one field after the other, the cheapest candidate of
 * each. */
#include "search.h"

#include <stdio.h>
#include <string.h>

#include "../plan/plan_net.h"
#include "candidate.h"
#include "seed.h"

/* Sites looked at, and rows a stage is fitted on, by level. */
static uint64_t sample_sites(int level)
{
    return level <= 1 ? 48 << 10 : level < 5 ? 384 << 10 : level < 7 ? 1 << 20 : 2 << 20;
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

/* The note of a field that has nets: its text with them, and what it would cost without. */
static void describe_nets(const aez_mem *mem, const aez_template *t, const aez_grid *grid,
                          uint8_t scan_mask, double before, double bits, aez_search_note *note)
{
    char    text[128];
    aez_buf bytes;
    aez_buf_init(&bytes, mem);
    for (unsigned i = 0; i < t->n_nets; i++)
        aez_net_put(&t->nets[i], &bytes);
    aez_template_text(t, scan_mask, grid, text, sizeof text);
    note->bits = bits;
    note->runner_up_bits = before;
    snprintf(note->text, sizeof note->text, "%.90s, %zu bytes; without %+.1f %%", text, bytes.size,
             bits > 0 ? 100 * (before / bits - 1) : 0.0);
    aez_buf_free(&bytes);
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

/* What was chosen for a field, before it is made for the chunk's grid. */
typedef struct aez_choice {
    aez_template  *fitted; /* for the sample's grid; owned */
    uint8_t        scan_mask;
    double         bits;
    const aez_template *seeded; /* of the seed, taken as it is; NULL: fitted */
    aez_candidate *rival; /* [AEZ_RIVALS] owned; NULL for columns of a table, which are many */
} aez_choice;

/* One order of planning and what came of it. */
typedef struct aez_attempt {
    uint32_t        *order;  /* [n_fields] given ones first */
    aez_choice      *choice; /* [n_fields - n_given] in that order */
    aez_search_note *notes;  /* [n_fields - n_given] by field */
    double           bits;
} aez_attempt;

/* What all attempts at one plan share. */
typedef struct aez_search {
    const aez_mem            *mem;
    const aez_grid           *grid;
    aez_sample               *sample;
    const uint32_t           *hat; /* [n_fields] or NULL */
    const aez_search_options *options;
    uint32_t                  n_given, n_fields;
} aez_search;

static void attempt_free(const aez_search *s, aez_attempt *a)
{
    for (uint32_t i = 0; a->choice && i < s->n_fields - s->n_given; i++) {
        aez_candidate c = {.fitted = a->choice[i].fitted};
        aez_candidate_free(&c, s->mem);
        aez_drop(s->mem, a->choice[i].rival);
    }
    aez_drop(s->mem, a->choice);
    aez_drop(s->mem, a->order);
    aez_drop(s->mem, a->notes);
    memset(a, 0, sizeof *a);
}

static aez_status attempt_init(const aez_search *s, aez_attempt *a)
{
    size_t n = s->n_fields - s->n_given;
    memset(a, 0, sizeof *a);
    a->order = aez_take(s->mem, s->n_fields, sizeof *a->order);
    a->choice = aez_take(s->mem, n, sizeof *a->choice);
    a->notes = aez_take(s->mem, n, sizeof *a->notes);
    for (uint32_t f = 0; a->order && f < s->n_fields; f++)
        a->order[f] = f;
    if (a->order && a->choice && a->notes)
        return AEZ_OK;
    attempt_free(s, a);
    return AEZ_ERR_NOMEM;
}

/* A trial of the field that comes i-th in the attempt's order. */
static void begin_trial(const aez_search *s, const aez_attempt *a, uint32_t i, aez_trial *trial)
{
    uint32_t f = a->order[i];
    memset(trial, 0, sizeof *trial);
    trial->mem = s->mem;
    trial->sample = s->sample;
    trial->grid = s->grid;
    trial->options = s->options;
    trial->field = f;
    trial->n_given = s->n_given;
    trial->earlier = a->order;
    trial->n_earlier = i;
    trial->hat = s->hat ? s->hat[f] : 0;
    trial->max_rows = fit_rows(s->options->level);
}

static int is_table(const aez_search *s)
{
    return s->grid->n_dims == 1 && s->sample->n_fields > 1;
}

static aez_status keep_rivals(const aez_search *s, const aez_trial *trial, aez_choice *choice)
{
    if (is_table(s))
        return AEZ_OK;
    choice->rival = aez_take(s->mem, AEZ_RIVALS, sizeof *choice->rival);
    if (!choice->rival)
        return AEZ_ERR_NOMEM;
    memcpy(choice->rival, trial->rival, sizeof trial->rival);
    return AEZ_OK;
}

/* Plans the fields in the attempt's order. */
static aez_status choose_all(const aez_search *s, aez_attempt *a)
{
    for (uint32_t i = s->n_given; i < s->n_fields; i++) {
        aez_search_note *note = &a->notes[a->order[i] - s->n_given];
        aez_choice      *choice = &a->choice[i - s->n_given];
        aez_trial        trial;
        aez_status       st;
        begin_trial(s, a, i, &trial);
        if (is_table(s))
            st = aez_try_column(&trial);
        else
            st = aez_try_array(&trial);
        if (st >= 0 && s->options->level > 1)
            st = aez_try_matches(&trial);
        if (st >= 0 && s->options->level > 1)
            st = aez_trial_refit(&trial);
        if (st >= 0 && s->options->level > 1 && s->sample->n_fields > 1)
            st = aez_trial_settle(&trial);
        if (st >= 0) {
            describe(&trial, note);
            *choice = (aez_choice){.fitted = trial.best.fitted,
                                   .scan_mask = trial.best.scan_mask,
                                   .bits = trial.best.bits};
            trial.best.fitted = NULL;
            a->bits += note->bits;
            st = keep_rivals(s, &trial, choice);
        }
        aez_trial_free(&trial);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

/* Multiply-adds that training of one plan's nets may take, forward pass alone. */
static double training_work(int level)
{
    return level < 5 ? 0 : level < 7 ? 3e9 : level < 9 ? 2e10 : 6e10;
}

/* Nets for the fields in which they pay, the work shared by what each of them costs. */
static aez_status add_nets(const aez_search *s, aez_attempt *a)
{
    double total = training_work(s->options->level);
    if (!s->options->trainer || !s->options->trainer->context || total <= 0)
        return AEZ_OK;
    for (uint32_t i = s->n_given; i < s->n_fields; i++) {
        aez_search_note *note = &a->notes[a->order[i] - s->n_given];
        aez_choice      *choice = &a->choice[i - s->n_given];
        aez_trial        trial;
        aez_status       st;
        double           before = choice->bits;
        begin_trial(s, a, i, &trial);
        trial.best.shape = *choice->fitted;
        if (choice->fitted->tap)
            memcpy(trial.best.tap, choice->fitted->tap,
                   choice->fitted->n_taps * sizeof *choice->fitted->tap);
        trial.best.scan_mask = choice->scan_mask;
        trial.best.fitted = choice->fitted;
        trial.best.bits = choice->bits;
        if (choice->rival)
            memcpy(trial.rival, choice->rival, sizeof trial.rival);
        st = aez_trial_nets(&trial, total * choice->bits / (a->bits > 0 ? a->bits : 1));
        choice->fitted = trial.best.fitted;
        choice->bits = trial.best.bits;
        choice->scan_mask = trial.best.scan_mask;
        trial.best.fitted = NULL;
        aez_trial_free(&trial);
        if (st < 0)
            return st;
        if (choice->bits < before)
            describe_nets(s->mem, choice->fitted, s->grid, choice->scan_mask, before, choice->bits,
                          note);
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

/* A seed's tables of matches may be larger than a smaller chunk's reader allows. */
static void limit_matches(aez_template *t, const aez_grid *grid)
{
    while (t->match_log > AEZ_MATCH_LOG_MIN && (uint64_t)1 << t->match_log > 2 * grid->n_sites)
        t->match_log--;
}

/* The chosen templates, made for the chunk's grid. */
static aez_status make_groups(const aez_search *s, const aez_attempt *a, const aez_seed_plan *seed,
                              aez_plan *out)
{
    uint32_t n = s->n_fields - s->n_given;
    out->groups = aez_take(s->mem, n, sizeof *out->groups);
    if (!out->groups)
        return AEZ_ERR_NOMEM;
    out->n_groups = n;
    for (uint32_t i = 0; i < n; i++) {
        aez_group *group = &out->groups[i];
        aez_status st;
        group->scan_mask = a->choice[i].scan_mask;
        group->templates = aez_take(s->mem, 1, sizeof *group->templates);
        if (!group->templates)
            return AEZ_ERR_NOMEM;
        if (a->choice[i].seeded) /* from the grid that it was made for, which has all stages */
            st = aez_template_regrid(group->templates, a->choice[i].seeded, s->mem, &seed->grid,
                                     s->grid, group->scan_mask);
        else
            st = aez_template_regrid(group->templates, a->choice[i].fitted, s->mem,
                                     &s->sample->grid, s->grid, group->scan_mask);
        if (st < 0)
            return st;
        group->n_templates = 1;
        limit_matches(group->templates, s->grid);
    }
    return AEZ_OK;
}

/* ---- chunks after the first ------------------------------------------------------------------ */

#define SEEDED_SITES (96 << 10) /* looked at to see whether the seed serves */

/* The field's template of the seed as it is, or its roles fitted anew without nets: the cheaper. */
static aez_status choose_seeded_field(aez_trial *trial, const aez_seed_plan *seed,
                                      const aez_group *group)
{
    const aez_template *t = &group->templates[0];
    aez_candidate       c;
    aez_status          st;
    memset(&c, 0, sizeof c);
    c.shape = *t;
    c.shape.flags &= ~(unsigned)AEZ_NETS;
    if (t->tap)
        memcpy(c.tap, t->tap, t->n_taps * sizeof *t->tap);
    c.scan_mask = group->scan_mask;
    c.weights = c.fit_activity = t->n_taps > 0 || t->kind == AEZ_TEMPLATE_PYRAMID;
    c.fitted = aez_take(trial->mem, 1, sizeof *c.fitted);
    if (!c.fitted)
        return AEZ_ERR_NOMEM;
    st = aez_template_regrid(c.fitted, t, trial->mem, &seed->grid, &trial->sample->grid,
                             group->scan_mask);
    if (st < 0) {
        aez_drop(trial->mem, c.fitted);
        return st;
    }
    st = aez_trial_run_fitted(trial, &c);
    if (st < 0)
        return st;
    if (c.shape.flags & AEZ_MEAN_LEVELS) { /* bins of this chunk's range */
        c.shape.mean_shift = 0;
        c.shape.flags &= ~(unsigned)AEZ_MEAN_LEVELS;
        if (!aez_candidate_use_means(&c, trial))
            return AEZ_OK;
    }
    return aez_trial_run(trial, &c);
}

static aez_status choose_seeded(const aez_search *s, const aez_seed_plan *seed, aez_attempt *a)
{
    for (uint32_t i = s->n_given; i < s->n_fields; i++) {
        const aez_group *group = &seed->plan.groups[i - s->n_given];
        aez_choice      *choice = &a->choice[i - s->n_given];
        uint32_t         f = group->templates[0].field;
        aez_trial        trial;
        aez_status       st;
        a->order[i] = f;
        begin_trial(s, a, i, &trial);
        st = choose_seeded_field(&trial, seed, group);
        if (st >= 0) {
            aez_search_note *note = &a->notes[f - s->n_given];
            char             text[128];
            *choice = (aez_choice){.fitted = trial.best.fitted,
                                   .scan_mask = trial.best.scan_mask,
                                   .bits = trial.best.bits,
                                   .seeded = trial.best.order == 0 ? group->templates : NULL};
            aez_template_text(choice->fitted, choice->scan_mask, s->grid, text, sizeof text);
            note->bits = choice->bits;
            snprintf(note->text, sizeof note->text, "%.110s; as the first chunk", text);
            trial.best.fitted = NULL;
        }
        aez_trial_free(&trial);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
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
    aez_seed_key         key = aez_seed_key_of(grid, fields, n_given, n_fields, options);
    const aez_seed_plan *seed = aez_seed_find(options->seed_plan, &key);
    uint64_t             sites = seed ? SEEDED_SITES : sample_sites(options->level);
    memset(out, 0, sizeof *out);
    st = aez_sample_take(&sample, mem, grid, fields, n_fields, sites, options->seed);
    if (st < 0)
        return st;
    st = attempt_init(&search, &best);
    if (st >= 0 && seed)
        st = choose_seeded(&search, seed, &best);
    else if (st >= 0)
        st = choose_order(&search, &best);
    if (st >= 0 && !seed)
        st = add_nets(&search, &best);
    if (st >= 0)
        st = make_groups(&search, &best, seed, out);
    if (st >= 0) {
        out->n_fields = n_fields;
        out->constant = sample.constant; /* handed over */
        sample.constant = NULL;
        if (notes)
            memcpy(notes, best.notes, out->n_groups * sizeof *notes);
    }
    if (st >= 0 && options->keep)
        st = aez_seed_add(options->keep, &key, grid, out);
    if (st < 0)
        aez_plan_free(out, mem);
    attempt_free(&search, &best);
    aez_sample_free(&sample);
    return st;
}
