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

static aez_status choose_all(const aez_mem *mem, const aez_grid *grid, const aez_sample *sample,
                             uint32_t n_given, const uint32_t *hat,
                             const aez_search_options *options, aez_plan *out,
                             aez_search_note *notes)
{
    for (uint32_t f = n_given; f < sample->n_fields; f++) {
        uint32_t   i = f - n_given;
        aez_trial  trial = {.mem = mem,
                            .sample = sample,
                            .grid = grid,
                            .options = options,
                            .field = f,
                            .n_given = n_given,
                            .hat = hat ? hat[f] : 0,
                            .max_rows = fit_rows(options->level)};
        aez_status st = choose_field(&trial, &out->groups[i], notes ? &notes[i] : NULL);
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
    aez_sample sample;
    aez_status st;
    memset(out, 0, sizeof *out);
    st = aez_sample_take(&sample, mem, grid, fields, n_fields, sample_sites(options->level),
                         options->seed);
    if (st < 0)
        return st;
    out->n_fields = n_fields;
    out->constant = aez_take(mem, n_fields, sizeof *out->constant);
    out->groups = aez_take(mem, n_fields - n_given, sizeof *out->groups);
    out->n_groups = n_fields - n_given;
    st = out->constant && out->groups ? AEZ_OK : AEZ_ERR_NOMEM;
    if (st >= 0) {
        memcpy(out->constant, sample.constant, n_fields * sizeof *out->constant);
        st = choose_all(mem, grid, &sample, n_given, hat, options, out, notes);
    }
    aez_sample_free(&sample);
    if (st < 0)
        aez_plan_free(out, mem);
    return st;
}
