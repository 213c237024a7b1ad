/* fieldset.c - the integer fields of one chunk, and their coding: plan and residuals to bytes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../search/search_mixture.h"
#include "../search/seed.h"
#include "latents.h"
#include "wavelets.h"

enum { /* how a field set is coded; numbers are those of the file format */
    CODER_STAGES = 0,  /* every field by stages */
    CODER_LATENTS = 1, /* feature fields are the hat of latents, the others by stages */
    CODER_HAT = 2,     /* every field by stages, which may tap the hats */
    CODER_WAVELETS = 3, /* every field by stages, some as differences from a wavelet's hat */
    CODER_MIXTURE = 4   /* the only field by mixtures */
};

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

aez_status aez_fieldset_use(aez_fieldset *s, const aez_model *model, const aez_learned *learned)
{
    if (!model || model->n_fields == 0)
        return AEZ_OK;
    s->features.at = aez_take_raw(s->mem, model->n_fields, sizeof *s->features.at);
    if (!s->features.at)
        return AEZ_ERR_NOMEM;
    for (uint32_t i = 0; i < model->n_fields; i++)
        s->features.at[i] = UINT32_MAX;
    s->features.model = model;
    s->features.learned = learned;
    return AEZ_OK;
}

void aez_coding_account(const aez_coding_info *coded, aez_chunk_info *info)
{
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

/* ---- fields as a plan sees them -------------------------------------------------------------- */

/* The fields of a plan: hats first, which are given, then those of the set that it restores. */
typedef struct aez_planned {
    aez_fieldset *set;
    uint32_t      n_given, n;
    aez_ifield   *field; /* [n] k is shared with hats and set */
    uint32_t     *at;    /* [n] number in the set, of those that are not given */
    uint32_t     *hat;   /* [n] 1 + the given field that foretells it, or 0 */
} aez_planned;

static void planned_free(aez_planned *p)
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

static aez_status plan_fields(aez_planned *p, aez_fieldset *s, const aez_hats *hats, int coder)
{
    uint32_t n_hats = coder == CODER_HAT ? hats->n : 0;
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
        uint32_t feature = coder == CODER_STAGES || coder == CODER_WAVELETS ? 0 : feature_of(s, f);
        if (coder == CODER_LATENTS && feature)
            continue;
        p->field[p->n] = s->field[f];
        p->at[p->n] = f;
        p->hat[p->n++] = coder == CODER_HAT ? feature : 0;
    }
    return AEZ_OK;
}

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
static aez_status encode_planned(aez_planned *p, const aez_search_options *options, aez_buf *out,
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

static aez_status encode_hats(const aez_fieldset *s, int coder, const aez_search_options *options,
                              aez_buf *out, aez_coding_info *info, aez_hats *hats)
{
    size_t     start = out->size;
    int        alone = coder == CODER_LATENTS;
    aez_status st = AEZ_OK;
    memset(hats, 0, sizeof *hats);
    if (coder == CODER_STAGES)
        return AEZ_OK;
    st = aez_latents_encode(s, s->features.learned, options, out, hats,
                            alone ? &info->error : NULL, &info->n_errors);
    info->latent_bytes = out->size - start;
    if (st >= 0 && alone) {
        info->n_items = s->grid.n_sites / s->features.model->inner;
        st = measure_baseline(s, options, info);
    }
    return st;
}

static aez_status encode_with(aez_fieldset *s, int coder, const aez_search_options *options,
                              aez_buf *out, aez_coding_info *info, aez_search_note *notes)
{
    aez_hats         hats;
    aez_planned      p;
    aez_search_note *found = notes ? aez_take(s->mem, s->n, sizeof *found) : NULL;
    aez_status       st;
    memset(info, 0, sizeof *info);
    aez_put_u8(out, (unsigned)coder);
    info->model_bytes = 1;
    st = encode_hats(s, coder, options, out, info, &hats);
    if (st >= 0 && notes && !found)
        st = AEZ_ERR_NOMEM;
    if (st < 0) {
        aez_drop(s->mem, found);
        aez_hats_free(&hats);
        return st;
    }
    if (coder == CODER_LATENTS)
        copy_hats(s, &hats);
    st = plan_fields(&p, s, &hats, coder);
    if (st >= 0)
        st = encode_planned(&p, options, out, info, found);
    for (uint32_t f = 0; st >= 0 && notes && f < s->n; f++) {
        memset(&notes[f], 0, sizeof notes[f]);
        snprintf(notes[f].text, sizeof notes[f].text, "from latents");
    }
    for (uint32_t f = p.n_given; st >= 0 && notes && f < p.n; f++)
        notes[p.at[f]] = found[f - p.n_given];
    info->digest = coder == CODER_LATENTS ? digest(s) : 0;
    planned_free(&p);
    aez_hats_free(&hats);
    aez_drop(s->mem, found);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

static int64_t *copy_values(const aez_fieldset *s)
{
    uint64_t n = s->grid.n_sites;
    int64_t *all = n <= SIZE_MAX / s->n ? aez_take_raw(s->mem, n * s->n, sizeof *all) : NULL;
    for (uint32_t f = 0; all && f < s->n; f++)
        memcpy(all + f * n, s->field[f].k, n * sizeof *all);
    return all;
}

static void exchange_values(aez_fieldset *s, int64_t *all)
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

/* Stages with and without hat; what is smaller stays. */
static aez_status encode_best(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                              aez_coding_info *info, aez_search_note *notes)
{
    aez_buf          plain;
    aez_coding_info  plain_info;
    aez_search_note *plain_notes = notes ? aez_take(s->mem, s->n, sizeof *notes) : NULL;
    int64_t         *values = copy_values(s);
    size_t           start = out->size;
    aez_status       st = values && (!notes || plain_notes) ? AEZ_OK : AEZ_ERR_NOMEM;
    aez_buf_init(&plain, s->mem);
    if (st >= 0)
        st = encode_with(s, CODER_STAGES, options, &plain, &plain_info, plain_notes);
    if (st >= 0) {
        exchange_values(s, values);
        st = encode_with(s, CODER_HAT, options, out, info, notes);
    }
    if (st >= 0 && plain.size <= out->size - start) {
        exchange_values(s, values);
        out->size = start;
        aez_put(out, plain.data, plain.size);
        *info = plain_info;
        if (notes)
            memcpy(notes, plain_notes, s->n * sizeof *notes);
    }
    aez_buf_free(&plain);
    aez_drop(s->mem, values);
    aez_drop(s->mem, plain_notes);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

/* ---- wavelets --------------------------------------------------------------------------------- */

#define MOST_WAVELETS 16 /* fields of a set beyond which wavelets are not tried: it is a table */
#define FEWEST_SITES 64
#define NETS_ON_DIFFERENCES 7 /* level from which they are tried */
/* Of what stages take: a wavelet that seems to need more is not tried, as estimates of it are a few
 * percent off. */
#define WORTH_TRYING 1.03

static int wavelets_may_pay(const aez_fieldset *s, const aez_search_options *options)
{
    int any = 0;
    if (options->level < 2 || s->n > MOST_WAVELETS || s->grid.n_sites < FEWEST_SITES)
        return 0;
    for (uint32_t f = 0; f < s->n; f++)
        any |= aez_wavelet_fits(&s->field[f]);
    return any;
}

/* A wavelet for each field that it is likely to make smaller than the stages did. */
static aez_status choose_wavelets(const aez_fieldset *s, const aez_search_options *options,
                                  const aez_search_note *stages, aez_wavelet_choice *choices,
                                  int *any)
{
    aez_status st = AEZ_OK;
    *any = 0;
    for (uint32_t f = 0; f < s->n; f++)
        choices[f].bits = HUGE_VAL;
    for (uint32_t f = 0; st >= 0 && f < s->n; f++) {
        if (!aez_wavelet_fits(&s->field[f]))
            continue;
        st = aez_search_wavelet(s->mem, &s->grid, &s->field[f], options, &choices[f]);
        if (choices[f].bits > stages[f].bits * WORTH_TRYING)
            choices[f].bits = HUGE_VAL;
        *any |= choices[f].bits != HUGE_VAL;
    }
    return st;
}

static aez_status encode_wavelets(aez_fieldset *s, aez_wavelet_choice *choices,
                                  const aez_search_options *options, aez_buf *out,
                                  aez_coding_info *info, aez_search_note *notes)
{
    aez_search_options differences = *options;
    aez_wavelet_hats   hats = {0};
    aez_planned        p = {0};
    size_t             start = out->size;
    aez_status         st;
    differences.differences = 1;
    if (options->level < NETS_ON_DIFFERENCES) /* 1 or 2 % there, for half of the time */
        differences.trainer = NULL;
    memset(info, 0, sizeof *info);
    aez_put_u8(out, CODER_WAVELETS);
    info->model_bytes = 1;
    st = aez_wavelets_encode(s, choices, options, out, &hats);
    info->residual_bytes = out->size - start - 1;
    if (st >= 0) {
        aez_wavelets_subtract(s, &hats);
        st = plan_fields(&p, s, NULL, CODER_WAVELETS);
        if (st >= 0)
            st = encode_planned(&p, &differences, out, info, notes);
        aez_wavelets_add(s, &hats);
        planned_free(&p);
    }
    for (uint32_t f = 0; st >= 0 && f < s->n; f++) {
        if (hats.hat[f])
            aez_wavelet_text(&choices[f].wavelet, &s->grid, s->field[f].step, notes[f].text,
                             sizeof notes[f].text);
    }
    aez_wavelet_hats_free(&hats);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

/* One way of coding the set: its bytes, the values that a reader will see, and what is said of it. */
typedef struct aez_coded {
    aez_buf          bytes;
    aez_coding_info  info;
    aez_search_note *notes; /* [n] */
} aez_coded;

static aez_status coded_init(aez_coded *c, const aez_fieldset *s)
{
    memset(c, 0, sizeof *c);
    aez_buf_init(&c->bytes, s->mem);
    c->notes = aez_take(s->mem, s->n, sizeof *c->notes);
    return c->notes ? AEZ_OK : AEZ_ERR_NOMEM;
}

static void coded_free(aez_coded *c, const aez_fieldset *s)
{
    aez_buf_free(&c->bytes);
    aez_drop(s->mem, c->notes);
}

/* Says beside each wavelet what stages would have taken, and the other way round. */
static void note_runner_up(const aez_fieldset *s, aez_coded *kept, const aez_coded *other)
{
    for (uint32_t f = 0; f < s->n; f++) {
        size_t n = strlen(kept->notes[f].text);
        if (!aez_wavelet_fits(&s->field[f]) || kept->bytes.size == 0)
            continue;
        snprintf(kept->notes[f].text + n, sizeof kept->notes[f].text - n, "; else %+.1f %%",
                 100 * ((double)other->bytes.size / (double)kept->bytes.size - 1));
    }
}

#define CLOSE_CALL 1.15 /* size of the other way to that of the better, up to which both are tried */

/* What the first chunk of a file found out, for those after it. */
static aez_status keep_way(const aez_fieldset *s, const aez_search_options *options,
                           aez_wavelet_choice *choices, size_t plain, size_t waves)
{
    aez_seed_key key = aez_seed_key_of(&s->grid, s->field, 0, s->n, 0);
    aez_seed_way way = AEZ_WAY_EITHER;
    if (!options->keep)
        return AEZ_OK;
    if (waves == 0 || (double)waves > CLOSE_CALL * (double)plain)
        way = AEZ_WAY_STAGES;
    else if ((double)plain > CLOSE_CALL * (double)waves)
        way = AEZ_WAY_WAVELETS;
    for (uint32_t f = 0; f < s->n; f++)
        choices[f].settled = 1;
    return aez_seed_add_way(options->keep, &key, way, choices);
}

/* Stages, and wavelets where they seem to gain; what is smaller stays. Later chunks of a file do
 * without what was far behind in the first. */
static aez_status encode_without_model(aez_fieldset *s, const aez_search_options *options,
                                       aez_buf *out, aez_coding_info *info, aez_search_note *notes)
{
    aez_seed_key              key = aez_seed_key_of(&s->grid, s->field, 0, s->n, 0);
    const aez_wavelet_choice *known;
    aez_seed_way              way = aez_seed_find_way(options->seed_plan, &key, &known);
    aez_coded                 plain, waves, *kept = &plain;
    aez_wavelet_choice       *choices = aez_take(s->mem, s->n, sizeof *choices);
    int64_t                  *values = copy_values(s);
    int                       any = way == AEZ_WAY_WAVELETS || way == AEZ_WAY_EITHER;
    aez_status                st = choices && values ? AEZ_OK : AEZ_ERR_NOMEM;
    aez_status plain_st = coded_init(&plain, s), waves_st = coded_init(&waves, s);
    if (st >= 0 && (plain_st < 0 || waves_st < 0))
        st = AEZ_ERR_NOMEM;
    if (st >= 0 && known)
        memcpy(choices, known, s->n * sizeof *choices);
    if (st >= 0 && way != AEZ_WAY_WAVELETS) {
        st = encode_with(s, CODER_STAGES, options, &plain.bytes, &plain.info, plain.notes);
        exchange_values(s, values);
    }
    if (st >= 0 && way == AEZ_WAY_UNKNOWN)
        st = choose_wavelets(s, options, plain.notes, choices, &any);
    if (st >= 0 && any)
        st = encode_wavelets(s, choices, options, &waves.bytes, &waves.info, waves.notes);
    if (st >= 0 && any && (way == AEZ_WAY_WAVELETS || waves.bytes.size < plain.bytes.size))
        kept = &waves;
    else if (st >= 0)
        exchange_values(s, values);
    if (st >= 0 && any && way != AEZ_WAY_WAVELETS)
        note_runner_up(s, kept, kept == &plain ? &waves : &plain);
    if (st >= 0)
        st = keep_way(s, options, choices, plain.bytes.size, waves.bytes.size);
    if (st >= 0) {
        aez_put(out, kept->bytes.data, kept->bytes.size);
        *info = kept->info;
        if (notes)
            memcpy(notes, kept->notes, s->n * sizeof *notes);
    }
    coded_free(&plain, s);
    coded_free(&waves, s);
    aez_drop(s->mem, choices);
    aez_drop(s->mem, values);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

static aez_status encode_by_stages(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                                   aez_coding_info *info, aez_search_note *notes)
{
    const aez_learned *learned = s->features.learned;
    if (learned && aez_latents_fit(s)) {
        if (learned->use == AEZ_USE_LATENTS)
            return encode_with(s, CODER_LATENTS, options, out, info, notes);
        if (learned->use == AEZ_USE_HAT)
            return encode_with(s, CODER_HAT, options, out, info, notes);
        return encode_best(s, options, out, info, notes);
    }
    if (wavelets_may_pay(s, options))
        return encode_without_model(s, options, out, info, notes);
    return encode_with(s, CODER_STAGES, options, out, info, notes);
}

/* ---- mixtures -------------------------------------------------------------------------------- */

/* stages: bytes that they take; the model is kept for later chunks if this takes less. */
static aez_status encode_mixture(const aez_fieldset *s, const aez_search_options *options,
                                 size_t stages, aez_buf *out, aez_coding_info *info,
                                 aez_search_note *note)
{
    aez_mixture_model model;
    aez_buf           payload;
    aez_status        st = aez_search_mixture(s->mem, &s->grid, &s->field[0], options, &model);
    if (st < 0)
        return st;
    memset(info, 0, sizeof *info);
    memset(note, 0, sizeof *note);
    aez_buf_init(&payload, s->mem);
    aez_put_u8(out, CODER_MIXTURE);
    st = aez_mixture_model_put(&model, s->mem, &s->grid, out);
    info->model_bytes = out->size;
    if (st >= 0)
        st = aez_mixture_encode(&model, s->mem, &s->grid, s->field[0].k, &payload);
    aez_put_varint(out, payload.size);
    aez_put(out, payload.data, payload.size);
    info->residual_bytes = out->size - info->model_bytes;
    note->bits = 8.0 * (double)out->size;
    aez_mixture_text(&model, note->text, sizeof note->text);
    if (st >= 0 && options->keep && out->size < stages)
        st = aez_seed_add_mixture(options->keep, &model, &s->grid);
    aez_buf_free(&payload);
    aez_mixture_model_free(&model, s->mem);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

/* Mixtures beside what stages made at out->data + start; what is smaller stays. */
static aez_status encode_best_mixture(const aez_fieldset *s, const aez_search_options *options,
                                      aez_buf *out, size_t start, aez_coding_info *info,
                                      aez_search_note *notes)
{
    aez_coding_info mixed_info;
    aez_search_note note;
    aez_buf         mixed;
    size_t          stages = out->size - start;
    aez_status      st;
    aez_buf_init(&mixed, s->mem);
    st = encode_mixture(s, options, stages, &mixed, &mixed_info, &note);
    if (st >= 0 && mixed.size < stages) {
        size_t n = strlen(note.text);
        out->size = start;
        aez_put(out, mixed.data, mixed.size);
        snprintf(note.text + n, sizeof note.text - n, "; else %+.1f %%",
                 100 * ((double)stages / (double)mixed.size - 1));
        *info = mixed_info;
        if (notes)
            notes[0] = note;
    }
    aez_buf_free(&mixed);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

aez_status aez_fieldset_encode(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                               aez_coding_info *info, aez_search_note *notes)
{
    const aez_learned *learned = s->features.learned;
    int asked = learned && (learned->use == AEZ_USE_LATENTS || learned->use == AEZ_USE_HAT);
    size_t     start = out->size;
    aez_status st = encode_by_stages(s, options, out, info, notes);
    if (st >= 0 && s->n == 1 && !asked && aez_mixture_may_pay(&s->grid, &s->field[0], options))
        st = encode_best_mixture(s, options, out, start, info, notes);
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

static aez_status decode_planned(aez_planned *p, aez_rd *in, aez_coding_info *info, char *describe)
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

/* Hats of wavelets, then the differences from them by stages. */
static aez_status decode_wavelets(aez_fieldset *s, aez_rd *in, aez_coding_info *info,
                                  char *describe)
{
    aez_wavelet_hats hats = {0};
    aez_planned      p = {0};
    const uint8_t   *start = in->p;
    char            *wave = describe ? aez_take(s->mem, s->n, AEZ_NOTE_SIZE) : NULL;
    aez_status       st = describe && !wave ? AEZ_ERR_NOMEM : AEZ_OK;
    if (st >= 0)
        st = aez_wavelets_decode(s, in, &hats, wave);
    info->residual_bytes = (uint64_t)(in->p - start);
    if (st >= 0) {
        st = plan_fields(&p, s, NULL, CODER_WAVELETS);
        if (st >= 0)
            st = decode_planned(&p, in, info, describe);
        aez_wavelets_add(s, &hats);
        planned_free(&p);
    }
    for (uint32_t f = 0; st >= 0 && describe && f < s->n; f++) {
        if (hats.hat[f])
            memcpy(describe + f * (size_t)AEZ_NOTE_SIZE, wave + f * (size_t)AEZ_NOTE_SIZE,
                   AEZ_NOTE_SIZE);
    }
    aez_drop(s->mem, wave);
    aez_wavelet_hats_free(&hats);
    return st;
}

static aez_status decode_mixture(aez_fieldset *s, aez_rd *in, aez_coding_info *info,
                                 char *describe)
{
    aez_mixture_model model;
    const uint8_t    *start = in->p, *bytes;
    uint64_t          size;
    aez_status        st;
    if (s->n != 1 || s->field[0].skip || s->field[0].step != 1 || s->field[0].image_width)
        return AEZ_ERR_CORRUPT;
    st = aez_mixture_model_get(&model, s->mem, &s->grid, in);
    if (st < 0)
        return st;
    info->model_bytes += (uint64_t)(in->p - start);
    size = aez_get_varint(in);
    bytes = aez_rd_take(in, size);
    info->residual_bytes = size;
    st = AEZ_ERR_CORRUPT;
    if (bytes)
        st = aez_mixture_decode(&model, s->mem, &s->grid, bytes, (size_t)size, s->field[0].k);
    if (describe)
        aez_mixture_text(&model, describe, AEZ_NOTE_SIZE);
    aez_mixture_model_free(&model, s->mem);
    return st;
}

aez_status aez_fieldset_decode(aez_fieldset *s, aez_rd *in, aez_coding_info *info, char *describe)
{
    aez_hats       hats;
    aez_planned    p;
    unsigned       coder = aez_get_u8(in);
    const uint8_t *start = in->p;
    aez_status     st = AEZ_OK;
    memset(info, 0, sizeof *info);
    memset(&hats, 0, sizeof hats);
    if (in->failed || coder > CODER_MIXTURE)
        return AEZ_ERR_CORRUPT;
    info->model_bytes = 1;
    if (coder == CODER_WAVELETS)
        return decode_wavelets(s, in, info, describe);
    if (coder == CODER_MIXTURE)
        return decode_mixture(s, in, info, describe);
    if (coder != CODER_STAGES && !aez_latents_fit(s))
        return AEZ_ERR_CORRUPT;
    if (coder != CODER_STAGES)
        st = aez_latents_decode(s, in, &hats);
    if (st < 0)
        return st;
    info->latent_bytes = (uint64_t)(in->p - start);
    if (coder == CODER_LATENTS) {
        info->n_items = s->grid.n_sites / s->features.model->inner;
        copy_hats(s, &hats);
    }
    for (uint32_t f = 0; describe && f < s->n; f++)
        snprintf(describe + f * (size_t)AEZ_NOTE_SIZE, AEZ_NOTE_SIZE, "from latents");
    st = plan_fields(&p, s, &hats, (int)coder);
    if (st >= 0)
        st = decode_planned(&p, in, info, describe);
    if (st >= 0 && coder == CODER_LATENTS)
        info->digest = digest(s);
    planned_free(&p);
    aez_hats_free(&hats);
    return st;
}
