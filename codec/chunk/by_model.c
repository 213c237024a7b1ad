/* by_model.c - a field set by stages alone, by latents, or by stages that see the latents' hat. */
#include <stdio.h>
#include <string.h>

#include "coders.h"

/* The hats stand for the feature fields. */
static void copy_hats(aez_fieldset *s, const aez_hats *hats)
{
    for (uint32_t i = 0; i < hats->n; i++)
        memcpy(s->field[s->features.at[i]].k, hats->field[i].k,
               s->grid.n_sites * sizeof *hats->field[i].k);
}

/* FNV-1a over whole values: enough to see that a reader gets what the writer foresaw. */
static uint64_t digest(const aez_fieldset *s)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (uint32_t f = 0; f < s->n; f++) {
        for (uint64_t i = 0; i < s->grid.n_sites; i++)
            h = (h ^ (uint64_t)s->field[f].k[i]) * UINT64_C(0x100000001B3);
    }
    return h;
}

/* What PCA would have made of the items, for the report. */
static aez_status measure_baseline(const aez_fieldset *s, const aez_search_options *options,
                                   aez_coding_info *info)
{
    aez_hats   hats;
    aez_buf    bytes;
    uint64_t   n = 0;
    aez_status st;
    if (!s->features.learned->baseline)
        return AEZ_OK;
    aez_buf_init(&bytes, s->mem);
    st = aez_latents_encode(s, s->features.learned->baseline, options, &bytes, &hats,
                            &info->baseline_error, &n);
    info->baseline_bytes = bytes.size;
    aez_hats_free(&hats);
    aez_buf_free(&bytes);
    return st;
}

aez_status aez_encode_hats(const aez_fieldset *s, int coder, const aez_search_options *options,
                           aez_buf *out, aez_coding_info *info, aez_hats *hats)
{
    size_t     start = out->size;
    int        alone = coder == AEZ_CODER_LATENTS;
    aez_status st = AEZ_OK;
    memset(hats, 0, sizeof *hats);
    if (coder == AEZ_CODER_STAGES)
        return AEZ_OK;
    st = aez_latents_encode(s, s->features.learned, options, out, hats,
                            alone ? &info->error : NULL, &info->n_errors);
    info->latent_bytes = out->size - start;
    if (st >= 0 && alone) {
        info->n_items = s->grid.n_sites / s->features.model->body->inner;
        st = measure_baseline(s, options, info);
    }
    return st;
}

aez_status aez_encode_with(aez_fieldset *s, int coder, const aez_search_options *options,
                              aez_buf *out, aez_coding_info *info, aez_search_note *notes)
{
    aez_hats         hats;
    aez_planned      p;
    aez_search_note *found = notes ? aez_take(s->mem, s->n, sizeof *found) : NULL;
    aez_status       st;
    memset(info, 0, sizeof *info);
    aez_put_u8(out, (unsigned)coder);
    info->model_bytes = 1;
    info->without = 1;
    st = aez_encode_hats(s, coder, options, out, info, &hats);
    if (st >= 0 && notes && !found)
        st = AEZ_ERR_NOMEM;
    if (st < 0) {
        aez_drop(s->mem, found);
        aez_hats_free(&hats);
        return st;
    }
    if (coder == AEZ_CODER_LATENTS)
        copy_hats(s, &hats);
    st = aez_planned_init(&p, s, &hats, coder);
    if (st >= 0)
        st = aez_planned_encode(&p, options, out, info, found);
    for (uint32_t f = 0; st >= 0 && notes && f < s->n; f++) {
        memset(&notes[f], 0, sizeof notes[f]);
        snprintf(notes[f].text, sizeof notes[f].text, "from latents");
    }
    for (uint32_t f = p.n_given; st >= 0 && notes && f < p.n; f++)
        notes[p.at[f]] = found[f - p.n_given];
    info->digest = coder == AEZ_CODER_LATENTS ? digest(s) : 0;
    if (coder != AEZ_CODER_STAGES)
        info->without = 0; /* not tried */
    aez_planned_free(&p);
    aez_hats_free(&hats);
    aez_drop(s->mem, found);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

aez_status aez_decode_with(aez_fieldset *s, int coder, aez_rd *in, aez_coding_info *info,
                           char *describe)
{
    aez_hats       hats;
    aez_planned    p;
    const uint8_t *start = in->p;
    aez_status     st = AEZ_OK;
    memset(&hats, 0, sizeof hats);
    if (coder != AEZ_CODER_STAGES && !aez_latents_fit(s))
        return AEZ_ERR_CORRUPT;
    if (coder != AEZ_CODER_STAGES)
        st = aez_latents_decode(s, in, &hats);
    if (st < 0)
        return st;
    info->latent_bytes = (uint64_t)(in->p - start);
    if (coder == AEZ_CODER_LATENTS) {
        info->n_items = s->grid.n_sites / s->features.model->body->inner;
        copy_hats(s, &hats);
    }
    for (uint32_t f = 0; describe && f < s->n; f++)
        snprintf(describe + f * (size_t)AEZ_NOTE_SIZE, AEZ_NOTE_SIZE, "from latents");
    st = aez_planned_init(&p, s, &hats, coder);
    if (st >= 0)
        st = aez_planned_decode(&p, in, info, describe);
    if (st >= 0 && coder == AEZ_CODER_LATENTS)
        info->digest = digest(s);
    aez_planned_free(&p);
    aez_hats_free(&hats);
    return st;
}
