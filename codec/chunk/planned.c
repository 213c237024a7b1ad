/* planned.c - the integer fields of a set as a plan sees them, and their coding by stages. */
#include <stdio.h>
#include <string.h>

#include "../base/floatbits.h"
#include "../search/seed.h"
#include "coders.h"

#define MEDIAN_OF 1001
#define SHORT_LEVEL 4 /* up to which a plan of the model saves the search */

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

/* One way of planning: its bytes, and of them those of the plan. */
typedef struct aez_way {
    aez_buf bytes;
    size_t  plan;
} aez_way;

/* What comes after the plan, which is done with then. */
static aez_status encode_planned(aez_planned *p, const aez_plan *plan,
                                 const aez_search_options *options, aez_way *way)
{
    aez_residual_writer *w = NULL;
    aez_status           st = take_writers(p, &w);
    way->plan = way->bytes.size;
    if (st >= 0)
        st = aez_plan_encode(plan, p->set->mem, &p->set->grid, p->field, w);
    if (st >= 0)
        st = pack_residuals(p, options, w, &way->bytes);
    drop_writers(p, w);
    return st >= 0 && way->bytes.failed ? AEZ_ERR_NOMEM : st;
}

static aez_status encode_own(aez_planned *p, const aez_search_options *options, aez_way *way,
                             aez_search_note *notes)
{
    const aez_mem *mem = p->set->mem;
    aez_plan       plan;
    aez_status     st = aez_search_plan_given(mem, &p->set->grid, p->field, p->n_given, p->n,
                                              p->hat, options, &plan, notes);
    if (st < 0)
        return st;
    if (aez_seed_count(p->set->plans) > 0)
        aez_put_varint(&way->bytes, 0);
    aez_plan_put(&plan, &p->set->grid, &way->bytes);
    st = encode_planned(p, &plan, options, way);
    aez_plan_free(&plan, mem);
    return st;
}

static int64_t source_at(const aez_ifield *field, uint64_t i)
{
    if (field->image_width)
        return aez_image_from_ordered(field->k[i], field->image_width, field->image_scale);
    return field->k[i];
}

/* A median of some values: what sites beyond the edge are foretold as. */
static int64_t middle_of(const aez_ifield *field, uint64_t n)
{
    int64_t  some[MEDIAN_OF];
    uint64_t stride = n / MEDIAN_OF + 1;
    unsigned m = 0;
    for (uint64_t i = 0; i < n; i += stride) {
        unsigned at = m;
        int64_t  value = source_at(field, i);
        if (field->skip && field->skip[i])
            continue;
        for (; at > 0 && some[at - 1] > value; at--)
            some[at] = some[at - 1];
        some[at] = value;
        m++;
    }
    return m ? some[m / 2] : 0;
}

static void note_model(const aez_planned *p, const aez_plan *plan, size_t number, size_t size,
                       aez_search_note *notes)
{
    for (size_t g = 0; notes && g < plan->n_groups; g++) {
        for (size_t i = 0; i < plan->groups[g].n_templates; i++) {
            const aez_template *t = &plan->groups[g].templates[i];
            aez_search_note    *note = &notes[t->field - p->n_given];
            char                roles[96];
            aez_template_text(t, plan->groups[g].scan_mask, &p->set->grid, roles, sizeof roles);
            note->bits = 8.0 * (double)size / (p->n - p->n_given);
            note->runner_up_bits = 0;
            snprintf(note->text, sizeof note->text, "%s; plan %zu of the model", roles,
                     number + 1);
        }
    }
}

/* The plan of the file's model that was made for such fields; way->bytes stay empty where there is
 * none, or it is of no use on this grid. */
static aez_status encode_models(aez_planned *p, const aez_search_options *options, aez_way *way,
                                aez_search_note *notes)
{
    const aez_mem       *mem = p->set->mem;
    const aez_grid      *grid = &p->set->grid;
    aez_seed_key         key = aez_seed_key_of(grid, p->field, p->n_given, p->n, options);
    const aez_seed_plan *kept = aez_seed_find(p->set->plans, &key);
    size_t               number;
    aez_plan             plan;
    aez_status           st;
    if (!kept)
        return AEZ_OK;
    st = aez_seed_expand(kept, mem, grid, p->n_given, p->n, &plan);
    if (st < 0)
        return st == AEZ_ERR_CORRUPT ? AEZ_OK : st;
    plan.constant = aez_take(mem, p->n, sizeof *plan.constant);
    if (!plan.constant) {
        aez_plan_free(&plan, mem);
        return AEZ_ERR_NOMEM;
    }
    for (uint32_t f = 0; f < p->n; f++)
        plan.constant[f] = middle_of(&p->field[f], grid->n_sites);
    number = (size_t)(kept - aez_seed_at(p->set->plans, 0));
    aez_put_varint(&way->bytes, number + 1);
    aez_plan_put_constants(&plan, &way->bytes);
    st = encode_planned(p, &plan, options, way);
    if (st >= 0)
        note_model(p, &plan, number, way->bytes.size, notes);
    aez_plan_free(&plan, mem);
    return st;
}

static int64_t *copy_planned(const aez_planned *p)
{
    uint64_t n = p->set->grid.n_sites, fields = p->n - p->n_given;
    int64_t *all = fields == 0 || n <= SIZE_MAX / fields
                       ? aez_take_raw(p->set->mem, n * fields, sizeof *all)
                       : NULL;
    for (uint32_t f = 0; all && f < fields; f++)
        memcpy(all + f * n, p->field[p->n_given + f].k, n * sizeof *all);
    return all;
}

static void exchange_planned(aez_planned *p, int64_t *all)
{
    uint64_t n = p->set->grid.n_sites;
    for (uint32_t f = p->n_given; f < p->n; f++) {
        int64_t *k = p->field[f].k;
        for (uint64_t i = 0; i < n; i++, all++) {
            int64_t swap = *all;
            *all = k[i];
            k[i] = swap;
        }
    }
}

/* A plan of its own, and that of the model if there is one; what is smaller stays. Notes and values
 * are those of the model's plan first, then of the own one. */
static aez_status encode_smaller(aez_planned *p, const aez_search_options *options,
                                 aez_way *models, aez_way *own, aez_search_note *notes)
{
    size_t           n_notes = p->n - p->n_given;
    aez_seed_mark    before = aez_seed_marked(options->keep), after;
    int64_t         *values = copy_planned(p);
    aez_search_note *other = notes ? aez_take(p->set->mem, n_notes, sizeof *other) : NULL;
    aez_status       st = values && (!notes || other) ? AEZ_OK : AEZ_ERR_NOMEM;
    if (st >= 0)
        st = encode_models(p, options, models, notes);
    if (st >= 0 && models->bytes.size > 0 && p->n_given > 0 && options->level <= SHORT_LEVEL) {
        aez_drop(p->set->mem, values); /* the hat is worth its plan, and search takes time */
        aez_drop(p->set->mem, other);
        return AEZ_OK;
    }
    if (st >= 0 && models->bytes.size > 0)
        exchange_planned(p, values);
    if (st >= 0)
        st = encode_own(p, options, own, other);
    after = aez_seed_marked(options->keep);
    if (st >= 0 && models->bytes.size > 0 && models->bytes.size <= own->bytes.size) {
        exchange_planned(p, values);
        aez_seed_drop(options->keep, &before, &after);
    } else if (st >= 0 && notes) {
        memcpy(notes, other, n_notes * sizeof *notes);
    }
    aez_drop(p->set->mem, values);
    aez_drop(p->set->mem, other);
    return st;
}

aez_status aez_planned_encode(aez_planned *p, const aez_search_options *options, aez_buf *out,
                              aez_coding_info *info, aez_search_note *notes)
{
    aez_way        models = {.plan = 0}, own = {.plan = 0};
    const aez_way *kept = &own;
    aez_status     st;
    aez_buf_init(&models.bytes, p->set->mem);
    aez_buf_init(&own.bytes, p->set->mem);
    if (aez_seed_count(p->set->plans) > 0)
        st = encode_smaller(p, options, &models, &own, notes);
    else
        st = encode_own(p, options, &own, notes);
    if (models.bytes.size > 0 && (own.bytes.size == 0 || models.bytes.size <= own.bytes.size))
        kept = &models;
    if (st >= 0) {
        aez_put(out, kept->bytes.data, kept->bytes.size);
        info->model_bytes += kept->plan;
        info->residual_bytes += kept->bytes.size - kept->plan;
        info->without += own.bytes.size;
    }
    aez_buf_free(&models.bytes);
    aez_buf_free(&own.bytes);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
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

/* The plan that follows, or one of the model with the constants that follow. */
static aez_status get_plan(const aez_planned *p, aez_plan *plan, aez_rd *in)
{
    const aez_mem       *mem = p->set->mem;
    const aez_plan_seed *plans = p->set->plans;
    uint64_t             number = aez_seed_count(plans) > 0 ? aez_get_varint(in) : 0;
    aez_status           st;
    if (in->failed || number > aez_seed_count(plans))
        return AEZ_ERR_CORRUPT;
    if (number == 0)
        return aez_plan_get_given(plan, mem, &p->set->grid, p->n_given, p->n, in);
    st = aez_seed_expand(aez_seed_at(plans, (size_t)number - 1), mem, &p->set->grid, p->n_given,
                         p->n, plan);
    if (st < 0)
        return st;
    st = aez_plan_get_constants(plan, mem, p->n, in);
    if (st < 0)
        aez_plan_free(plan, mem);
    return st;
}

aez_status aez_planned_decode(aez_planned *p, aez_rd *in, aez_coding_info *info, char *describe)
{
    const aez_mem       *mem = p->set->mem;
    const aez_grid      *grid = &p->set->grid;
    aez_plan             plan;
    aez_residual_reader *r = NULL;
    const uint8_t       *start = in->p, *middle;
    aez_status           st = get_plan(p, &plan, in);
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
