/* planned.c - the integer fields of a set as a plan sees them, and their coding by stages. */
#include <stdio.h>
#include <string.h>

#include "coders.h"

void aez_planned_free(aez_planned *p)
{
    aez_drop(p->set->mem, p->field);
    aez_drop(p->set->mem, p->at);
    aez_drop(p->set->mem, p->hat);
}

/* 1 + the feature field that is number f of the set, or 0. */
static uint32_t feature_of(const aez_fieldset *s, uint32_t f)
{
    for (uint32_t i = 0; s->features.model && i < s->features.model->n_fields; i++) {
        if (s->features.at[i] == f)
            return i + 1;
    }
    return 0;
}

aez_status aez_planned_init(aez_planned *p, aez_fieldset *s, const aez_hats *hats, int coder)
{
    uint32_t n_hats = coder == AEZ_CODER_HAT ? hats->n : 0;
    size_t   most = (size_t)s->n + n_hats;
    memset(p, 0, sizeof *p);
    p->set = s;
    p->field = aez_take(s->mem, most, sizeof *p->field);
    p->at = aez_take(s->mem, most, sizeof *p->at);
    p->hat = aez_take(s->mem, most, sizeof *p->hat);
    if (!p->field || !p->at || !p->hat)
        return AEZ_ERR_NOMEM;
    for (; p->n < n_hats; p->n++)
        p->field[p->n] = hats->field[p->n];
    p->n_given = n_hats;
    for (uint32_t f = 0; f < s->n; f++) {
        uint32_t feature = coder == AEZ_CODER_STAGES || coder == AEZ_CODER_WAVELETS ? 0 : feature_of(s, f);
        if (coder == AEZ_CODER_LATENTS && feature)
            continue;
        p->field[p->n] = s->field[f];
        p->at[p->n] = f;
        p->hat[p->n++] = coder == AEZ_CODER_HAT ? feature : 0;
    }
    return AEZ_OK;
}

/* ---- encoding -------------------------------------------------------------------------------- */

static aez_status take_writers(const aez_planned *p, aez_residual_writer **out)
{
    aez_residual_writer *w = aez_take(p->set->mem, p->n, sizeof *w);
    aez_status           st = w ? AEZ_OK : AEZ_ERR_NOMEM;
    for (uint32_t f = p->n_given; st >= 0 && f < p->n; f++)
        st = aez_residual_writer_init(&w[f], p->set->mem, p->set->grid.n_sites);
    *out = w;
    return st;
}

static void drop_writers(const aez_planned *p, aez_residual_writer *w)
{
    for (uint32_t f = 0; w && f < p->n; f++) {
        if (w[f].mem)
            aez_residual_writer_free(&w[f]);
    }
    aez_drop(p->set->mem, w);
}

static aez_status pack_residuals(const aez_planned *p, const aez_search_options *options,
                                 const aez_residual_writer *w, aez_buf *out)
{
    aez_residual_options how = {.effort = options->level};
    how.pack.zstd_only = options->zstd_only;
    how.pack.zstd_level = aez_level_zstd(options->level, options->zstd_only);
    for (uint32_t f = p->n_given; f < p->n; f++) {
        aez_status st = aez_residual_pack(&w[f], &how, out);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

/* Plan and residuals; notes: [n - n_given]. */
aez_status aez_planned_encode(aez_planned *p, const aez_search_options *options, aez_buf *out,
                                 aez_coding_info *info, aez_search_note *notes)
{
    const aez_mem       *mem = p->set->mem;
    const aez_grid      *grid = &p->set->grid;
    aez_residual_writer *w = NULL;
    aez_plan             plan;
    size_t               start = out->size, middle;
    aez_status           st = aez_search_plan_given(mem, grid, p->field, p->n_given, p->n, p->hat,
                                                    options, &plan, notes);
    if (st < 0)
        return st;
    aez_plan_put(&plan, grid, out);
    middle = out->size;
    st = take_writers(p, &w);
    if (st >= 0)
        st = aez_plan_encode(&plan, mem, grid, p->field, w);
    aez_plan_free(&plan, mem);
    if (st >= 0)
        st = pack_residuals(p, options, w, out);
    drop_writers(p, w);
    info->model_bytes += middle - start;
    info->residual_bytes += out->size - middle;
    return st;
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* Called when every mask of an earlier group is restored: hides what they mark. */
static void apply_mask(void *opaque, uint32_t planned)
{
    const aez_planned *p = opaque;
    const aez_fieldset *s = p->set;
    uint32_t            f = p->at[planned];
    const int64_t      *mask;
    if (s->mask_of[f] < 0)
        return;
    mask = s->field[s->mask_of[f]].k;
    for (uint64_t i = 0; i < s->grid.n_sites; i++)
        s->skip[f][i] |= mask[i] != 0;
}

static int taps_hat(const aez_template *t, uint32_t n_given)
{
    for (unsigned i = 0; i < t->n_taps; i++) {
        if (t->tap[i].field < n_given)
            return 1;
    }
    for (uint32_t i = 0; i < t->n_channels; i++) {
        if (t->channel[i] < n_given)
            return 1;
    }
    return 0;
}

static void describe_fields(const aez_plan *plan, const aez_planned *p, char *describe)
{
    for (size_t g = 0; g < plan->n_groups; g++) {
        const aez_group *group = &plan->groups[g];
        for (size_t t = 0; t < group->n_templates; t++) {
            char *text = describe + p->at[group->templates[t].field] * (size_t)AEZ_NOTE_SIZE;
            char  roles[AEZ_NOTE_SIZE - 8];
            aez_template_text(&group->templates[t], group->scan_mask, &p->set->grid, roles,
                              sizeof roles);
            snprintf(text, AEZ_NOTE_SIZE, "%s%s", roles,
                     taps_hat(&group->templates[t], p->n_given) ? ", hat" : "");
        }
    }
}

static aez_status read_residuals(const aez_planned *p, aez_rd *in, aez_residual_reader *r)
{
    for (uint32_t f = p->n_given; f < p->n; f++) {
        aez_status st = aez_residual_reader_init(&r[f], p->set->mem, in, p->set->grid.n_sites);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

static int all_read(const aez_planned *p, const aez_residual_reader *r)
{
    for (uint32_t f = p->n_given; f < p->n; f++) {
        if (!aez_residual_reader_done(&r[f]))
            return 0;
    }
    return 1;
}

aez_status aez_planned_decode(aez_planned *p, aez_rd *in, aez_coding_info *info, char *describe)
{
    const aez_mem       *mem = p->set->mem;
    const aez_grid      *grid = &p->set->grid;
    aez_plan             plan;
    aez_residual_reader *r = NULL;
    const uint8_t       *start = in->p, *middle;
    aez_status           st = aez_plan_get_given(&plan, mem, grid, p->n_given, p->n, in);
    if (st < 0)
        return st;
    middle = in->p;
    st = AEZ_ERR_NOMEM;
    r = aez_take(mem, p->n, sizeof *r);
    if (!r)
        goto done;
    if (describe)
        describe_fields(&plan, p, describe);
    for (uint32_t f = p->n_given; f < p->n; f++) {
        for (uint64_t i = 0; i < grid->n_sites; i++)
            p->field[f].k[i] = plan.constant[f];
    }
    st = read_residuals(p, in, r);
    if (st >= 0)
        st = aez_plan_decode(&plan, mem, grid, p->field, r, apply_mask, p);
    if (st >= 0 && !all_read(p, r))
        st = AEZ_ERR_CORRUPT;
    info->model_bytes += (uint64_t)(middle - start);
    info->residual_bytes += (uint64_t)(in->p - middle);
done:
    for (uint32_t f = 0; r && f < p->n; f++) {
        if (r[f].mem)
            aez_residual_reader_free(&r[f]);
    }
    aez_drop(mem, r);
    aez_plan_free(&plan, mem);
    return st;
}
