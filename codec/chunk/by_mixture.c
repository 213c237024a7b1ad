/* by_mixture.c - the only field of a set by mixtures of logistics. */
#include <stdio.h>
#include <string.h>

#include "../search/search_mixture.h"
#include "../search/seed.h"
#include "coders.h"

enum { OWN = 0, OF_MODEL = 1 }; /* whose mixtures; numbers are those of the file format */

/* What follows the byte of the coder. */
static aez_status put_stream(const aez_fieldset *s, const aez_mixture_model *model, aez_buf *out,
                             aez_coding_info *info, aez_search_note *note)
{
    aez_buf    payload;
    aez_status st;
    memset(info, 0, sizeof *info);
    memset(note, 0, sizeof *note);
    info->model_bytes = out->size;
    aez_buf_init(&payload, s->mem);
    st = aez_mixture_encode(model, s->mem, &s->grid, s->field[0].k, &payload);
    aez_put_varint(out, payload.size);
    aez_put(out, payload.data, payload.size);
    info->residual_bytes = out->size - info->model_bytes;
    note->bits = 8.0 * (double)out->size;
    aez_mixture_text(model, note->text, sizeof note->text);
    aez_buf_free(&payload);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

/* stages: bytes that they take; the model is kept for later chunks if this takes less. */
static aez_status encode_own(const aez_fieldset *s, const aez_search_options *options,
                             size_t stages, aez_buf *out, aez_coding_info *info,
                             aez_search_note *note)
{
    aez_mixture_model model;
    aez_status        st = aez_search_mixture(s->mem, &s->grid, &s->field[0], options, &model);
    if (st < 0)
        return st;
    aez_put_u8(out, AEZ_CODER_MIXTURE);
    if (aez_seed_has_mixture(s->plans))
        aez_put_u8(out, OWN);
    st = aez_mixture_model_put(&model, s->mem, &s->grid, out);
    if (st >= 0)
        st = put_stream(s, &model, out, info, note);
    if (st >= 0 && options->keep && out->size < stages)
        st = aez_seed_add_mixture(options->keep, &model, &s->grid);
    aez_mixture_model_free(&model, s->mem);
    return st;
}

/* With the mixtures of the file's model; *out stays empty where they are of no use. */
static aez_status encode_models(const aez_fieldset *s, const aez_search_options *options,
                                aez_buf *out, aez_coding_info *info, aez_search_note *note)
{
    aez_mixture_model model;
    uint32_t          more = 0;
    size_t            n;
    aez_status        st = aez_mixture_of_model(s->mem, s->plans, &s->grid, &s->field[0],
                                                options->level, &model, &more);
    if (st < 0 || model.n_layers == 0)
        return st;
    aez_put_u8(out, AEZ_CODER_MIXTURE);
    aez_put_u8(out, OF_MODEL);
    aez_put_varint(out, more);
    st = put_stream(s, &model, out, info, note);
    n = strlen(note->text);
    snprintf(note->text + n, sizeof note->text - n, ", the model's");
    aez_mixture_model_free(&model, s->mem);
    return st;
}

/* Keeps what was made in place of what is at out->data + start, if it is smaller. */
static int keep_smaller(const aez_buf *mixed, const aez_coding_info *mixed_info,
                        aez_search_note *note, aez_buf *out, size_t start, aez_coding_info *info,
                        aez_search_note *notes)
{
    size_t   n = strlen(note->text), stages = out->size - start;
    uint64_t without = info->without;
    if (mixed->size == 0 || mixed->size >= stages)
        return 0;
    out->size = start;
    aez_put(out, mixed->data, mixed->size);
    snprintf(note->text + n, sizeof note->text - n, "; else %+.1f %%",
             100 * ((double)stages / (double)mixed->size - 1));
    *info = *mixed_info;
    info->without = without;
    if (notes)
        notes[0] = *note;
    return 1;
}

aez_status aez_encode_best_mixture(const aez_fieldset *s, const aez_search_options *options,
                                   aez_buf *out, size_t start, aez_coding_info *info,
                                   aez_search_note *notes)
{
    aez_coding_info mixed_info;
    aez_search_note note;
    aez_buf         mixed;
    aez_status      st;
    int             kept = 0;
    aez_buf_init(&mixed, s->mem);
    st = encode_models(s, options, &mixed, &mixed_info, &note);
    if (st >= 0)
        kept = keep_smaller(&mixed, &mixed_info, &note, out, start, info, notes);
    mixed.size = 0;
    if (st >= 0 && !kept && aez_mixture_may_pay(&s->grid, &s->field[0], options)) {
        st = encode_own(s, options, out->size - start, &mixed, &mixed_info, &note);
        if (st >= 0 && keep_smaller(&mixed, &mixed_info, &note, out, start, info, notes))
            info->without = out->size - start;
    }
    aez_buf_free(&mixed);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

static aez_status get_model(const aez_fieldset *s, aez_mixture_model *model, aez_rd *in)
{
    unsigned                 which = aez_seed_has_mixture(s->plans) ? aez_get_u8(in) : OWN;
    const aez_mixture_model *kept = aez_seed_mixture(s->plans, &s->grid);
    uint64_t                 more;
    aez_status               st;
    if (in->failed || which > OF_MODEL || (which == OF_MODEL && !kept))
        return AEZ_ERR_CORRUPT;
    if (which == OWN)
        return aez_mixture_model_get(model, s->mem, &s->grid, in);
    more = aez_get_varint(in);
    if (in->failed || more > AEZ_MIXTURE_VALUES_MAX - kept->shape.n_values ||
        aez_mixture_unit(kept->shape.n_values + (uint32_t)more) !=
            aez_mixture_unit(kept->shape.n_values))
        return AEZ_ERR_CORRUPT;
    st = aez_mixture_model_copy(model, kept, s->mem, &s->grid);
    model->shape.n_values += (uint32_t)more;
    return st;
}

aez_status aez_decode_mixture(aez_fieldset *s, aez_rd *in, aez_coding_info *info, char *describe)
{
    aez_mixture_model model;
    const uint8_t    *start = in->p, *bytes;
    uint64_t          size;
    aez_status        st;
    if (s->n != 1 || s->field[0].skip || s->field[0].step != 1 || s->field[0].image_width)
        return AEZ_ERR_CORRUPT;
    st = get_model(s, &model, in);
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
