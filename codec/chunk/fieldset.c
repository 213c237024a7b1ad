/* fieldset.c - the integer fields of one chunk, and which coder they take. */
#include <math.h>
#include <string.h>

#include "../search/seed.h"
#include "coders.h"

#define GRAIN_MAX 32000

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
    aez_drop(s->mem, s->features.at);
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

/* log2 of the steps of the model's fields in its numbers, their mean in eighths. */
static int32_t find_grain(const aez_fieldset *s)
{
    const aez_learned *l = s->features.learned;
    double             sum = 0;
    uint32_t           n = 0;
    for (uint32_t i = 0; l && i < l->model.n_fields; i++) {
        uint32_t at = s->features.at[i];
        double   unit = l->unit ? l->unit[i] : 1;
        if (at >= s->n || s->field[at].image_width)
            continue;
        sum += log2((double)s->field[at].step * unit) + l->model.body->fields.unit[i].exponent;
        n++;
    }
    sum = n ? 8 * sum / n : 0;
    return (int32_t)lrint(fabs(sum) <= GRAIN_MAX ? sum : copysign(GRAIN_MAX, sum));
}

aez_status aez_fieldset_use(aez_fieldset *s, const aez_model *model, const aez_learned *learned,
                            const uint32_t *at)
{
    if (!model || model->n_fields == 0)
        return AEZ_OK;
    s->features.at = aez_take_raw(s->mem, model->n_fields, sizeof *s->features.at);
    if (!s->features.at)
        return AEZ_ERR_NOMEM;
    memcpy(s->features.at, at, model->n_fields * sizeof *at);
    s->features.model = model;
    s->features.learned = learned;
    s->plans = aez_model_plans(model);
    s->grain = find_grain(s);
    return AEZ_OK;
}

void aez_coding_account(const aez_coding_info *coded, uint64_t size, aez_chunk_info *info)
{
    info->saved = coded->without > size ? coded->without - size : 0;
    info->model_bytes = coded->model_bytes;
    info->latent_bytes = coded->latent_bytes;
    info->residual_bytes = coded->residual_bytes;
    info->digest = coded->digest;
    info->n_items = coded->n_items;
    info->n_errors = coded->n_errors;
    info->error = coded->error;
    info->baseline_bytes = coded->baseline_bytes;
    info->baseline_error = coded->baseline_error;
}

int64_t *aez_copy_values(const aez_fieldset *s)
{
    uint64_t n = s->grid.n_sites;
    int64_t *all = n <= SIZE_MAX / s->n ? aez_take_raw(s->mem, n * s->n, sizeof *all) : NULL;
    for (uint32_t f = 0; all && f < s->n; f++)
        memcpy(all + f * n, s->field[f].k, n * sizeof *all);
    return all;
}

void aez_exchange_values(aez_fieldset *s, int64_t *all)
{
    uint64_t n = s->grid.n_sites;
    for (uint32_t f = 0; f < s->n; f++) {
        for (uint64_t i = 0; i < n; i++) {
            int64_t swap = all[f * n + i];
            all[f * n + i] = s->field[f].k[i];
            s->field[f].k[i] = swap;
        }
    }
}

static aez_status encode_by_stages(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                                   aez_coding_info *info, aez_search_note *notes)
{
    const aez_learned *learned = s->features.learned;
    if (learned && aez_latents_fit(s)) {
        if (learned->use == AEZ_USE_LATENTS)
            return aez_encode_with(s, AEZ_CODER_LATENTS, options, out, info, notes);
        return aez_encode_best_hat(s, options, out, info, notes);
    }
    return aez_encode_without_model(s, options, out, info, notes);
}

aez_status aez_fieldset_encode(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                               aez_coding_info *info, aez_search_note *notes)
{
    const aez_learned *learned = s->features.learned;
    int asked = aez_latents_fit(s) && learned &&
                (learned->use == AEZ_USE_LATENTS || learned->use == AEZ_USE_HAT);
    aez_search_options fine = *options;
    aez_seed_mark      none = aez_seed_marked(options->keep), stages;
    size_t             start = out->size, size;
    aez_status         st;
    fine.grain = s->grain;
    st = encode_by_stages(s, &fine, out, info, notes);
    stages = aez_seed_marked(options->keep);
    size = out->size;
    if (st >= 0 && s->n == 1 && !asked)
        st = aez_encode_best_mixture(s, &fine, out, start, info, notes);
    if (st >= 0 && out->size < size)
        aez_seed_drop(options->keep, &none, &stages);
    return st;
}

aez_status aez_fieldset_decode(aez_fieldset *s, aez_rd *in, aez_coding_info *info, char *describe)
{
    unsigned coder = aez_get_u8(in);
    memset(info, 0, sizeof *info);
    if (in->failed || coder > AEZ_CODER_DIFFERENCES)
        return AEZ_ERR_CORRUPT;
    info->model_bytes = 1;
    if (coder == AEZ_CODER_WAVELETS)
        return aez_decode_wavelets(s, in, info, describe);
    if (coder == AEZ_CODER_MIXTURE)
        return aez_decode_mixture(s, in, info, describe);
    if (coder == AEZ_CODER_DIFFERENCES)
        return aez_decode_differences(s, in, info, describe);
    return aez_decode_with(s, (int)coder, in, info, describe);
}
