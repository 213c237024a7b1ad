/* by_mixture.c - the only field of a set by mixtures of logistics. */
#include <stdio.h>
#include <string.h>

#include "../search/search_mixture.h"
#include "../search/seed.h"
#include "coders.h"

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
    aez_put_u8(out, AEZ_CODER_MIXTURE);
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
aez_status aez_encode_best_mixture(const aez_fieldset *s, const aez_search_options *options,
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

aez_status aez_decode_mixture(aez_fieldset *s, aez_rd *in, aez_coding_info *info,
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
