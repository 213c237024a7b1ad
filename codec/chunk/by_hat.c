/* by_hat.c - a field set with the help of a model's hat, in whichever way is smallest. */
#include <stdio.h>
#include <string.h>

#include "../search/seed.h"
#include "coders.h"

#define QUICK_LEVEL 1  /* at which ways are compared before one is searched at length */
#define CLOSE_CALL 1.04 /* size of a way to that of the best, when looked at quickly, up to which it
                         * is tried */

/* ---- differences ------------------------------------------------------------------------------- */

static void move(aez_fieldset *s, const aez_hats *hats, int back)
{
    for (uint32_t i = 0; i < hats->n; i++) {
        const int64_t *hat = hats->field[i].k;
        int64_t       *k = s->field[s->features.at[i]].k;
        for (uint64_t site = 0; site < s->grid.n_sites; site++) {
            uint64_t h = (uint64_t)hat[site];
            k[site] = (int64_t)((uint64_t)k[site] + (back ? h : 0 - h));
        }
    }
}

static void note_differences(const aez_fieldset *s, aez_search_note *notes)
{
    for (uint32_t i = 0; notes && i < s->features.model->n_fields; i++) {
        aez_search_note *note = &notes[s->features.at[i]];
        char             text[AEZ_NOTE_SIZE];
        memcpy(text, note->text, sizeof text);
        snprintf(note->text, sizeof note->text, "less the hat: %.140s", text);
    }
}

aez_status aez_encode_differences(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                                  aez_coding_info *info, aez_search_note *notes)
{
    aez_search_options differences = *options;
    aez_coding_info    inner;
    aez_hats           hats;
    aez_status         st;
    differences.differences |= AEZ_FROM_MODEL;
    memset(info, 0, sizeof *info);
    aez_put_u8(out, AEZ_CODER_DIFFERENCES);
    info->model_bytes = 1;
    st = aez_encode_hats(s, AEZ_CODER_DIFFERENCES, options, out, info, &hats);
    if (st >= 0) {
        move(s, &hats, 0);
        st = aez_encode_without_model(s, &differences, out, &inner, notes);
        move(s, &hats, 1);
    }
    if (st >= 0) {
        info->model_bytes += inner.model_bytes;
        info->residual_bytes = inner.residual_bytes;
        note_differences(s, notes);
    }
    aez_hats_free(&hats);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

aez_status aez_decode_differences(aez_fieldset *s, aez_rd *in, aez_coding_info *info,
                                  char *describe)
{
    aez_hats       hats;
    const uint8_t *start = in->p;
    uint64_t       latents;
    unsigned       coder;
    aez_status     st;
    if (!aez_latents_fit(s))
        return AEZ_ERR_CORRUPT;
    st = aez_latents_decode(s, in, &hats);
    if (st < 0)
        return st;
    latents = (uint64_t)(in->p - start);
    coder = aez_get_u8(in);
    info->model_bytes++;
    st = AEZ_ERR_CORRUPT;
    if (!in->failed && coder == AEZ_CODER_STAGES)
        st = aez_decode_with(s, AEZ_CODER_STAGES, in, info, describe);
    else if (!in->failed && coder == AEZ_CODER_WAVELETS)
        st = aez_decode_wavelets(s, in, info, describe);
    info->latent_bytes = latents;
    move(s, &hats, 1);
    for (uint32_t i = 0; st >= 0 && describe && i < s->features.model->n_fields; i++) {
        char *field = describe + s->features.at[i] * (size_t)AEZ_NOTE_SIZE, text[AEZ_NOTE_SIZE];
        memcpy(text, field, sizeof text);
        snprintf(field, AEZ_NOTE_SIZE, "less the hat: %.140s", text);
    }
    aez_hats_free(&hats);
    return st;
}

/* ---- the smallest ------------------------------------------------------------------------------ */

enum { WITHOUT = -1 }; /* a way beside the coders HAT and DIFFERENCES */

/* Ways of coding a set, one after the other; between them the values are as they were before. */
typedef struct aez_contest {
    aez_fieldset             *s;
    const aez_search_options *options;
    int64_t                  *values, *restored; /* as they are, and by the best way so far */
    aez_buf                   best, now;         /* best: empty before the first */
    aez_coding_info           info;
    aez_search_note          *notes, *notes_now; /* [s->n] or NULL: not wanted */
    aez_seed_mark             none;
} aez_contest;

static aez_status begin_contest(aez_contest *c, aez_fieldset *s, const aez_search_options *options,
                                int with_notes)
{
    memset(c, 0, sizeof *c);
    c->s = s;
    c->options = options;
    c->none = aez_seed_marked(options->keep);
    aez_buf_init(&c->best, s->mem);
    aez_buf_init(&c->now, s->mem);
    c->values = aez_copy_values(s);
    c->restored = aez_copy_values(s);
    if (with_notes) {
        c->notes = aez_take(s->mem, s->n, sizeof *c->notes);
        c->notes_now = aez_take(s->mem, s->n, sizeof *c->notes_now);
    }
    if (!c->values || !c->restored || (with_notes && (!c->notes || !c->notes_now)))
        return AEZ_ERR_NOMEM;
    return AEZ_OK;
}

static void end_contest(aez_contest *c)
{
    aez_buf_free(&c->best);
    aez_buf_free(&c->now);
    aez_drop(c->s->mem, c->values);
    aez_drop(c->s->mem, c->restored);
    aez_drop(c->s->mem, c->notes);
    aez_drop(c->s->mem, c->notes_now);
}

static void load_values(aez_fieldset *s, const int64_t *all)
{
    for (uint32_t f = 0; f < s->n; f++)
        memcpy(s->field[f].k, all + f * s->grid.n_sites, s->grid.n_sites * sizeof *all);
}

static aez_status encode_way(aez_fieldset *s, int way, const aez_search_options *options,
                             aez_buf *out, aez_coding_info *info, aez_search_note *notes)
{
    if (way == WITHOUT)
        return aez_encode_without_model(s, options, out, info, notes);
    if (way == AEZ_CODER_HAT)
        return aez_encode_with(s, AEZ_CODER_HAT, options, out, info, notes);
    return aez_encode_differences(s, options, out, info, notes);
}

static aez_status enter(aez_contest *c, int way)
{
    aez_seed_mark   before = aez_seed_marked(c->options->keep), after;
    aez_coding_info info;
    aez_status      st;
    c->now.size = 0;
    st = encode_way(c->s, way, c->options, &c->now, &info, c->notes_now);
    after = aez_seed_marked(c->options->keep);
    if (st < 0)
        return st;
    if (way == WITHOUT)
        c->info.without = info.without;
    if (c->best.size > 0 && c->now.size >= c->best.size) {
        aez_seed_drop(c->options->keep, &before, &after);
    } else {
        aez_buf swap = c->best;
        c->best = c->now;
        c->now = swap;
        info.without = c->info.without;
        c->info = info;
        if (c->notes)
            memcpy(c->notes, c->notes_now, c->s->n * sizeof *c->notes);
        aez_seed_drop(c->options->keep, &c->none, &before);
        for (uint32_t f = 0; f < c->s->n; f++)
            memcpy(c->restored + f * c->s->grid.n_sites, c->s->field[f].k,
                   c->s->grid.n_sites * sizeof *c->restored);
    }
    load_values(c->s, c->values);
    return AEZ_OK;
}

/* Bytes of a way when little time is spent on it. */
static aez_status estimate(aez_contest *c, int way, size_t *size)
{
    aez_search_options   quick = *c->options;
    const aez_plan_seed *plans = c->s->plans;
    aez_coding_info      info;
    aez_status           st;
    quick.level = QUICK_LEVEL;
    quick.trainer = NULL;
    quick.keep = NULL;
    quick.seed_plan = NULL;
    c->s->plans = NULL;
    c->now.size = 0;
    st = encode_way(c->s, way, &quick, &c->now, &info, NULL);
    *size = c->now.size;
    c->s->plans = plans;
    load_values(c->s, c->values);
    return st;
}

/* Both ways of using a hat, if neither is clearly better. */
static aez_status enter_hats(aez_contest *c)
{
    size_t     tapped = 0, subtracted = 0;
    aez_status st = estimate(c, AEZ_CODER_HAT, &tapped);
    if (st >= 0)
        st = estimate(c, AEZ_CODER_DIFFERENCES, &subtracted);
    if (st >= 0 && (double)subtracted <= CLOSE_CALL * (double)tapped)
        st = enter(c, AEZ_CODER_DIFFERENCES);
    if (st >= 0 && (double)tapped <= CLOSE_CALL * (double)subtracted)
        st = enter(c, AEZ_CODER_HAT);
    return st;
}

aez_status aez_encode_best_hat(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                               aez_coding_info *info, aez_search_note *notes)
{
    aez_contest c;
    aez_status  st = begin_contest(&c, s, options, notes != NULL);
    if (st >= 0 && s->features.learned->use == AEZ_USE_BEST)
        st = enter(&c, WITHOUT);
    if (st >= 0)
        st = enter_hats(&c);
    if (st >= 0) {
        load_values(s, c.restored);
        aez_put(out, c.best.data, c.best.size);
        *info = c.info;
        if (notes)
            memcpy(notes, c.notes, s->n * sizeof *notes);
    }
    end_contest(&c);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}
