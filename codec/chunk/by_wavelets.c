/* by_wavelets.c - a field set by the hats of wavelets and stages for the differences. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../search/seed.h"
#include "coders.h"
#include "wavelets.h"

#define MOST_WAVELETS 16 /* fields of a set beyond which wavelets are not tried: it is a table */
#define FEWEST_SITES 64
#define LONG_SEARCH 7     /* level from which differences are searched like any field */
#define SHORT_LEVEL 4     /* at which they are searched below */
/* Of what stages take: a wavelet that seems to need more is not tried, as estimates of it are a few
 * percent off. */
#define WORTH_TRYING 1.03

static int may_pay(const aez_fieldset *s, const aez_search_options *options)
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
    differences.differences |= AEZ_FROM_WAVELET;
    if (options->level < LONG_SEARCH) { /* 1 or 2 % there, for half of the time */
        differences.trainer = NULL;
        if (differences.level > SHORT_LEVEL)
            differences.level = SHORT_LEVEL;
    }
    memset(info, 0, sizeof *info);
    aez_put_u8(out, AEZ_CODER_WAVELETS);
    info->model_bytes = 1;
    st = aez_wavelets_encode(s, choices, options, out, &hats);
    info->residual_bytes = out->size - start - 1;
    info->without = out->size - start;
    if (st >= 0) {
        aez_wavelets_subtract(s, &hats);
        st = aez_planned_init(&p, s, NULL, AEZ_CODER_WAVELETS);
        if (st >= 0)
            st = aez_planned_encode(&p, &differences, out, info, notes);
        aez_wavelets_add(s, &hats);
        aez_planned_free(&p);
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
    aez_seed_key key = aez_seed_key_of(&s->grid, s->field, 0, s->n, options);
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

static uint64_t smaller(uint64_t x, uint64_t y) /* 0: was not tried */
{
    return x == 0 || (y != 0 && y < x) ? y : x;
}

/* Stages, and wavelets where they seem to gain; what is smaller stays. Later chunks of a file do
 * without what was far behind in the first. */
static aez_status encode_best(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                              aez_coding_info *info, aez_search_note *notes)
{
    aez_seed_key              key = aez_seed_key_of(&s->grid, s->field, 0, s->n, options);
    const aez_wavelet_choice *known;
    aez_seed_way              way = aez_seed_find_way(options->seed_plan, &key, &known);
    aez_coded                 plain, waves, *kept = &plain;
    aez_wavelet_choice       *choices = aez_take(s->mem, s->n, sizeof *choices);
    int64_t                  *values = aez_copy_values(s);
    int                       any = way == AEZ_WAY_WAVELETS || way == AEZ_WAY_EITHER;
    aez_seed_mark             none = aez_seed_marked(options->keep), with_plain, with_both;
    aez_status                st = choices && values ? AEZ_OK : AEZ_ERR_NOMEM;
    aez_status plain_st = coded_init(&plain, s), waves_st = coded_init(&waves, s);
    if (st >= 0 && (plain_st < 0 || waves_st < 0))
        st = AEZ_ERR_NOMEM;
    if (st >= 0 && known)
        memcpy(choices, known, s->n * sizeof *choices);
    if (st >= 0 && way != AEZ_WAY_WAVELETS) {
        st = aez_encode_with(s, AEZ_CODER_STAGES, options, &plain.bytes, &plain.info, plain.notes);
        aez_exchange_values(s, values);
    }
    with_plain = aez_seed_marked(options->keep);
    if (st >= 0 && way == AEZ_WAY_UNKNOWN)
        st = choose_wavelets(s, options, plain.notes, choices, &any);
    if (st >= 0 && any)
        st = encode_wavelets(s, choices, options, &waves.bytes, &waves.info, waves.notes);
    if (st >= 0 && any && (way == AEZ_WAY_WAVELETS || waves.bytes.size < plain.bytes.size))
        kept = &waves;
    else if (st >= 0)
        aez_exchange_values(s, values);
    with_both = aez_seed_marked(options->keep);
    if (kept == &waves)
        aez_seed_drop(options->keep, &none, &with_plain);
    else
        aez_seed_drop(options->keep, &with_plain, &with_both);
    if (st >= 0 && any && way != AEZ_WAY_WAVELETS)
        note_runner_up(s, kept, kept == &plain ? &waves : &plain);
    if (st >= 0)
        st = keep_way(s, options, choices, plain.bytes.size, waves.bytes.size);
    if (st >= 0) {
        aez_put(out, kept->bytes.data, kept->bytes.size);
        *info = kept->info;
        info->without = smaller(plain.info.without, waves.info.without);
        if (notes)
            memcpy(notes, kept->notes, s->n * sizeof *notes);
    }
    coded_free(&plain, s);
    coded_free(&waves, s);
    aez_drop(s->mem, choices);
    aez_drop(s->mem, values);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

aez_status aez_encode_without_model(aez_fieldset *s, const aez_search_options *options,
                                    aez_buf *out, aez_coding_info *info, aez_search_note *notes)
{
    if (may_pay(s, options))
        return encode_best(s, options, out, info, notes);
    return aez_encode_with(s, AEZ_CODER_STAGES, options, out, info, notes);
}

/* Hats of wavelets, then the differences from them by stages. */
aez_status aez_decode_wavelets(aez_fieldset *s, aez_rd *in, aez_coding_info *info,
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
        st = aez_planned_init(&p, s, NULL, AEZ_CODER_WAVELETS);
        if (st >= 0)
            st = aez_planned_decode(&p, in, info, describe);
        aez_wavelets_add(s, &hats);
        aez_planned_free(&p);
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
