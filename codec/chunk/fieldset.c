/* fieldset.c - the integer fields of one chunk, and their coding: plan and residuals to bytes. */
#include "fieldset.h"

#include <string.h>

aez_status aez_fieldset_init(aez_fieldset *s, const aez_mem *mem, const aez_grid *grid,
                             uint32_t capacity)
{
    memset(s, 0, sizeof *s);
    s->mem = mem;
    s->grid = *grid;
    s->capacity = capacity;
    s->field = aez_take(mem, capacity, sizeof *s->field);
    s->skip = aez_take(mem, capacity, sizeof *s->skip);
    s->mask_of = aez_take(mem, capacity, sizeof *s->mask_of);
    if (s->field && s->skip && s->mask_of)
        return AEZ_OK;
    aez_fieldset_free(s);
    return AEZ_ERR_NOMEM;
}

void aez_fieldset_free(aez_fieldset *s)
{
    if (!s->mem)
        return;
    for (uint32_t f = 0; f < s->n; f++) {
        aez_drop(s->mem, s->field[f].k);
        aez_drop(s->mem, s->skip[f]);
    }
    aez_drop(s->mem, s->field);
    aez_drop(s->mem, s->skip);
    aez_drop(s->mem, s->mask_of);
    memset(s, 0, sizeof *s);
}

aez_ifield *aez_fieldset_add(aez_fieldset *s, uint64_t step, int32_t mask_of, int with_skip)
{
    aez_ifield *field = &s->field[s->n];
    int64_t    *k = aez_take_raw(s->mem, s->grid.n_sites, sizeof *k);
    uint8_t    *skip = with_skip ? aez_take(s->mem, s->grid.n_sites, 1) : NULL;
    if (!k || (with_skip && !skip)) {
        aez_drop(s->mem, k);
        aez_drop(s->mem, skip);
        return NULL;
    }
    memset(field, 0, sizeof *field);
    field->k = k;
    field->skip = s->skip[s->n] = skip;
    field->step = step;
    s->mask_of[s->n] = mask_of;
    s->n++;
    return field;
}

/* ---- encoding ----------------------------------------------------------------------------------- */

static aez_status take_writers(const aez_fieldset *s, aez_residual_writer **out)
{
    aez_residual_writer *w = aez_take(s->mem, s->n, sizeof *w);
    aez_status           st = w ? AEZ_OK : AEZ_ERR_NOMEM;
    for (uint32_t f = 0; st >= 0 && f < s->n; f++)
        st = aez_residual_writer_init(&w[f], s->mem, s->grid.n_sites);
    *out = w;
    return st;
}

static void drop_writers(const aez_fieldset *s, aez_residual_writer *w)
{
    for (uint32_t f = 0; w && f < s->n; f++) {
        if (w[f].mem)
            aez_residual_writer_free(&w[f]);
    }
    aez_drop(s->mem, w);
}

static aez_status pack_residuals(const aez_fieldset *s, const aez_search_options *options,
                                 const aez_residual_writer *w, aez_buf *out)
{
    aez_residual_options how = {.effort = options->level};
    how.pack.zstd_only = options->zstd_only;
    how.pack.zstd_level = aez_level_zstd(options->level, options->zstd_only);
    for (uint32_t f = 0; f < s->n; f++) {
        aez_status st = aez_residual_pack(&w[f], &how, out);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

aez_status aez_fieldset_encode(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                               aez_coding_info *info, aez_search_note *notes)
{
    aez_residual_writer *w = NULL;
    aez_plan             plan;
    size_t               start = out->size, middle;
    aez_status           st = aez_search_plan(s->mem, &s->grid, s->field, s->n, options, &plan, notes);
    if (st < 0)
        return st;
    aez_plan_put(&plan, &s->grid, out);
    middle = out->size;
    st = take_writers(s, &w);
    if (st >= 0)
        st = aez_plan_encode(&plan, s->mem, &s->grid, s->field, w);
    aez_plan_free(&plan, s->mem);
    if (st >= 0)
        st = pack_residuals(s, options, w, out);
    drop_writers(s, w);
    info->model_bytes = middle - start;
    info->residual_bytes = out->size - middle;
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

/* ---- decoding ----------------------------------------------------------------------------------- */

/* Called when every mask of an earlier group is restored: hides what they mark. */
static void apply_mask(void *opaque, uint32_t f)
{
    aez_fieldset  *s = opaque;
    const int64_t *mask;
    if (s->mask_of[f] < 0)
        return;
    mask = s->field[s->mask_of[f]].k;
    for (uint64_t i = 0; i < s->grid.n_sites; i++)
        s->skip[f][i] |= mask[i] != 0;
}

static void describe_fields(const aez_plan *plan, const aez_grid *grid, char *describe)
{
    for (size_t g = 0; g < plan->n_groups; g++) {
        const aez_group *group = &plan->groups[g];
        for (size_t t = 0; t < group->n_templates; t++)
            aez_template_text(&group->templates[t], group->scan_mask, grid,
                              describe + group->templates[t].field * (size_t)AEZ_NOTE_SIZE,
                              AEZ_NOTE_SIZE);
    }
}

static aez_status read_residuals(const aez_fieldset *s, aez_rd *in, aez_residual_reader *r)
{
    for (uint32_t f = 0; f < s->n; f++) {
        aez_status st = aez_residual_reader_init(&r[f], s->mem, in, s->grid.n_sites);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

static int all_read(const aez_fieldset *s, const aez_residual_reader *r)
{
    for (uint32_t f = 0; f < s->n; f++) {
        if (!aez_residual_reader_done(&r[f]))
            return 0;
    }
    return 1;
}

aez_status aez_fieldset_decode(aez_fieldset *s, aez_rd *in, aez_coding_info *info, char *describe)
{
    aez_plan             plan;
    aez_residual_reader *r = NULL;
    const uint8_t       *start = in->p, *middle;
    aez_status           st = aez_plan_get(&plan, s->mem, &s->grid, s->n, in);
    if (st < 0)
        return st;
    middle = in->p;
    st = AEZ_ERR_NOMEM;
    r = aez_take(s->mem, s->n, sizeof *r);
    if (!r)
        goto done;
    if (describe)
        describe_fields(&plan, &s->grid, describe);
    for (uint32_t f = 0; f < s->n; f++) {
        for (uint64_t i = 0; i < s->grid.n_sites; i++)
            s->field[f].k[i] = plan.constant[f];
    }
    st = read_residuals(s, in, r);
    if (st >= 0)
        st = aez_plan_decode(&plan, s->mem, &s->grid, s->field, r, apply_mask, s);
    if (st >= 0 && !all_read(s, r))
        st = AEZ_ERR_CORRUPT;
    info->model_bytes = (uint64_t)(middle - start);
    info->residual_bytes = (uint64_t)(in->p - middle);
done:
    for (uint32_t f = 0; r && f < s->n; f++) {
        if (r[f].mem)
            aez_residual_reader_free(&r[f]);
    }
    aez_drop(s->mem, r);
    aez_plan_free(&plan, s->mem);
    return st;
}
