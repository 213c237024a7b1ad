/* wavelets.c - fields of a set as the hat of a wavelet and the differences from it. */
#include "wavelets.h"

#include <math.h>
#include <string.h>

enum { /* bits of a field's head */
    HEAD_WAVELET = 1,
    HEAD_CLASSES = 2, /* two bits: classes - 1 */
    HEAD_WEIGHTS = 8,
    HEAD_ALL = 15
};

void aez_wavelet_hats_free(aez_wavelet_hats *hats)
{
    for (uint32_t f = 0; hats->hat && f < hats->n; f++)
        aez_drop(hats->mem, hats->hat[f]);
    if (hats->mem)
        aez_drop(hats->mem, hats->hat);
    memset(hats, 0, sizeof *hats);
}

static aez_status hats_init(aez_wavelet_hats *hats, const aez_fieldset *s)
{
    hats->mem = s->mem;
    hats->n = s->n;
    hats->hat = aez_take(s->mem, s->n, sizeof *hats->hat);
    return hats->hat ? AEZ_OK : AEZ_ERR_NOMEM;
}

int aez_wavelet_fits(const aez_ifield *field)
{
    return field->step > 1 && field->image_width == 0;
}

static void move(aez_fieldset *s, const aez_wavelet_hats *hats, int back)
{
    for (uint32_t f = 0; f < hats->n; f++) {
        const int64_t *hat = hats->hat[f];
        int64_t       *k = s->field[f].k;
        for (uint64_t i = 0; hat && i < s->grid.n_sites; i++) {
            uint64_t h = (uint64_t)hat[i];
            k[i] = (int64_t)((uint64_t)k[i] + (back ? h : 0 - h));
        }
    }
}

void aez_wavelets_subtract(aez_fieldset *s, const aez_wavelet_hats *hats)
{
    move(s, hats, 0);
}

void aez_wavelets_add(aez_fieldset *s, const aez_wavelet_hats *hats)
{
    move(s, hats, 1);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void put_weights(const aez_contexts *c, unsigned n_taps, aez_buf *out)
{
    for (unsigned k = 0; k < c->n_classes; k++) {
        for (unsigned i = 0; i < n_taps; i += 2)
            aez_put_u8(out, c->weight[k][i] | (i + 1 < n_taps ? c->weight[k][i + 1] << 4 : 0));
    }
}

static void put_head(const aez_wavelet_choice *c, const aez_grid *grid, aez_buf *out)
{
    const aez_wavelet *w = &c->wavelet;
    aez_put_u8(out, HEAD_WAVELET | HEAD_CLASSES * (c->contexts.n_classes - 1) |
                        (c->contexts.fitted ? HEAD_WEIGHTS : 0));
    for (unsigned a = 0; a < grid->n_dims; a++)
        aez_put_u8(out, w->levels[a]);
    aez_put_varint(out, w->step);
    aez_put_u8(out, w->lift);
    aez_put_varint(out, aez_zigzag(w->centre));
    if (c->contexts.fitted)
        put_weights(&c->contexts, aez_contexts_taps(w, grid), out);
}

static aez_status put_coefficients(const aez_fieldset *s, const aez_wavelet_choice *c,
                                   const int64_t *q, const aez_search_options *options,
                                   aez_buf *out)
{
    aez_residual_writer  w[AEZ_CLASSES_MAX];
    aez_residual_options how = {.effort = options->level};
    aez_walk            *walk = NULL;
    aez_status           st = aez_walk_start(&walk, s->mem, &c->wavelet, &s->grid);
    how.pack.zstd_only = options->zstd_only;
    how.pack.zstd_level = aez_level_zstd(options->level, options->zstd_only);
    memset(w, 0, sizeof w);
    for (unsigned k = 0; st >= 0 && k < c->contexts.n_classes; k++)
        st = aez_residual_writer_init(&w[k], s->mem, s->grid.n_sites);
    if (st >= 0)
        aez_coefficients_encode(walk, &c->contexts, q, w);
    for (unsigned k = 0; st >= 0 && k < c->contexts.n_classes; k++)
        st = w[k].large.failed ? AEZ_ERR_NOMEM : aez_residual_pack(&w[k], &how, out);
    for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++) {
        if (w[k].mem)
            aez_residual_writer_free(&w[k]);
    }
    aez_walk_end(walk);
    return st;
}

static aez_status encode_field(const aez_fieldset *s, uint32_t f, aez_wavelet_choice *choice,
                               const aez_search_options *options, aez_buf *out,
                               aez_wavelet_hats *hats)
{
    int64_t   *q = aez_take_raw(s->mem, s->grid.n_sites, sizeof *q);
    aez_status st = q ? AEZ_OK : AEZ_ERR_NOMEM;
    hats->hat[f] = q;
    if (st >= 0)
        st = aez_wavelet_apply(s->mem, &s->grid, &s->field[f], choice, options->seed, q);
    if (st < 0)
        return st;
    put_head(choice, &s->grid, out);
    st = put_coefficients(s, choice, q, options, out);
    return st < 0 ? st : aez_wavelet_inverse(&choice->wavelet, s->mem, &s->grid, q);
}

aez_status aez_wavelets_encode(const aez_fieldset *s, aez_wavelet_choice *choices,
                               const aez_search_options *options, aez_buf *out,
                               aez_wavelet_hats *hats)
{
    aez_status st = hats_init(hats, s);
    for (uint32_t f = 0; st >= 0 && f < s->n; f++) {
        if (choices[f].bits == HUGE_VAL)
            aez_put_u8(out, 0);
        else
            st = encode_field(s, f, &choices[f], options, out, hats);
    }
    return st;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static void get_weights(aez_contexts *c, unsigned n_taps, aez_rd *in)
{
    for (unsigned k = 0; k < c->n_classes; k++) {
        for (unsigned i = 0; i < n_taps; i += 2) {
            unsigned two = aez_get_u8(in);
            c->weight[k][i] = two & 15;
            if (i + 1 < n_taps)
                c->weight[k][i + 1] = (uint8_t)(two >> 4);
            else if (two >> 4)
                in->failed = 1;
        }
    }
}

static aez_status get_head(aez_wavelet *w, aez_contexts *c, unsigned head, const aez_grid *grid,
                           aez_rd *in)
{
    memset(w, 0, sizeof *w);
    memset(c, 0, sizeof *c);
    for (unsigned a = 0; a < grid->n_dims; a++) {
        w->levels[a] = (uint8_t)aez_get_u8(in);
        if (w->levels[a] > aez_wavelet_levels(grid->shape[a], 1))
            return AEZ_ERR_CORRUPT;
    }
    w->step = aez_get_varint(in);
    w->lift = (uint8_t)aez_get_u8(in);
    w->centre = aez_unzigzag(aez_get_varint(in));
    if (in->failed || w->step < 1 || w->step > AEZ_WAVELET_STEP_MAX)
        return AEZ_ERR_CORRUPT;
    aez_contexts_usual(c, w, grid);
    c->n_classes = 1 + (head / HEAD_CLASSES & 3);
    c->fitted = (head & HEAD_WEIGHTS) != 0;
    if (c->fitted)
        get_weights(c, aez_contexts_taps(w, grid), in);
    return in->failed ? AEZ_ERR_CORRUPT : AEZ_OK;
}

static aez_status get_coefficients(const aez_fieldset *s, const aez_wavelet *w,
                                   const aez_contexts *c, aez_rd *in, int64_t *q)
{
    aez_residual_reader r[AEZ_CLASSES_MAX];
    aez_walk           *walk = NULL;
    aez_status          st = AEZ_OK;
    memset(r, 0, sizeof r);
    for (unsigned k = 0; st >= 0 && k < c->n_classes; k++)
        st = aez_residual_reader_init(&r[k], s->mem, in, s->grid.n_sites);
    if (st >= 0)
        st = aez_walk_start(&walk, s->mem, w, &s->grid);
    if (st >= 0)
        aez_coefficients_decode(walk, c, r, q);
    for (unsigned k = 0; st >= 0 && k < c->n_classes; k++)
        st = aez_residual_reader_done(&r[k]) ? AEZ_OK : AEZ_ERR_CORRUPT;
    for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++) {
        if (r[k].mem)
            aez_residual_reader_free(&r[k]);
    }
    aez_walk_end(walk);
    return st;
}

static aez_status decode_field(const aez_fieldset *s, uint32_t f, unsigned head, aez_rd *in,
                               aez_wavelet_hats *hats, char *describe)
{
    aez_wavelet  w;
    aez_contexts c;
    aez_status   st;
    if ((head & ~(unsigned)HEAD_ALL) || !(head & HEAD_WAVELET) || !aez_wavelet_fits(&s->field[f]))
        return AEZ_ERR_CORRUPT;
    st = get_head(&w, &c, head, &s->grid, in);
    if (st < 0)
        return st;
    hats->hat[f] = aez_take_raw(s->mem, s->grid.n_sites, sizeof **hats->hat);
    if (!hats->hat[f])
        return AEZ_ERR_NOMEM;
    st = get_coefficients(s, &w, &c, in, hats->hat[f]);
    if (describe)
        aez_wavelet_text(&w, &s->grid, s->field[f].step, describe + f * (size_t)AEZ_NOTE_SIZE,
                         AEZ_NOTE_SIZE);
    return st < 0 ? st : aez_wavelet_inverse(&w, s->mem, &s->grid, hats->hat[f]);
}

aez_status aez_wavelets_decode(const aez_fieldset *s, aez_rd *in, aez_wavelet_hats *hats,
                               char *describe)
{
    aez_status st = s->grid.n_sites ? hats_init(hats, s) : AEZ_ERR_CORRUPT;
    for (uint32_t f = 0; st >= 0 && f < s->n; f++) {
        unsigned head = aez_get_u8(in);
        if (in->failed)
            return AEZ_ERR_CORRUPT;
        if (head)
            st = decode_field(s, f, head, in, hats, describe);
    }
    return st;
}
