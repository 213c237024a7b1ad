/* array.c - the coded form of an array's chunk: lattices, exceptions, fields (spec 3.5). */
#include "array.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../base/floatbits.h"
#include "fieldset.h"

#define OWN_LATTICE 1 /* a lattice of the chunk's own follows, in place of the schema's */
#define SIDE_ZSTD 3   /* level for the side bytes: they are few */
#define SIDE_MAX ((uint64_t)1 << 32)

static unsigned image_width(const aez_lattice *lattice)
{
    if (lattice->kind != AEZ_LATTICE_BITS)
        return 0;
    return aez_type_size(lattice->type) == 4 || lattice->via_f32 ? 32 : 64;
}

/* Binary exponent of the largest finite magnitude that is not an exception. */
static int chunk_scale(const int64_t *k, const uint8_t *odd, uint64_t n, unsigned width)
{
    int scale = INT_MIN;
    for (uint64_t i = 0; i < n; i++) {
        int e = odd[i] ? INT_MIN : aez_exponent_of_ordered(k[i], width);
        scale = e > scale ? e : scale;
    }
    return scale == INT_MIN ? 0 : scale;
}

/* ---- encoding -------------------------------------------------------------------------------- */

static aez_status add_mask_field(aez_fieldset *set, const aez_exceptions *e)
{
    aez_ifield *mask = aez_fieldset_add(set, 1, -1, 0);
    if (!mask)
        return AEZ_ERR_NOMEM;
    for (uint64_t i = 0; i < set->grid.n_sites; i++)
        mask->k[i] = e->mask[i] == AEZ_EXCEPTION_RARE ? 0 : e->mask[i];
    return AEZ_OK;
}

static aez_status add_field(const aez_chunk_context *ctx, aez_fieldset *set, uint32_t f,
                            const void *values, const aez_lattice *own, uint8_t *odd, aez_buf *side)
{
    const aez_chunk_field *field = &ctx->fields[f];
    const aez_lattice     *lattice = own ? own : &field->lattice;
    uint64_t               n = set->grid.n_sites;
    aez_exceptions         e;
    aez_ifield            *to;
    int64_t               *k = aez_take_raw(ctx->mem, n, sizeof *k);
    uint8_t               *odd_here = aez_take_raw(ctx->mem, n, 1);
    aez_status             st = AEZ_ERR_NOMEM;
    memset(&e, 0, sizeof e);
    if (!k || !odd_here)
        goto done;
    aez_lattice_forward(lattice, values, n, field->has_missing ? &field->missing : NULL, k,
                        odd_here);
    for (uint64_t i = 0; i < n; i++)
        odd[i] |= odd_here[i];
    st = aez_exceptions_find(&e, ctx->mem, field->type, values, odd, n);
    if (st < 0)
        goto done;
    aez_put_u8(side, own ? OWN_LATTICE : 0);
    if (own)
        aez_lattice_put(own, side);
    aez_exceptions_put(&e, side);
    if (e.n_classes) {
        st = add_mask_field(set, &e);
        if (st < 0)
            goto done;
    }
    to = aez_fieldset_add(set, lattice->step, e.n_classes ? (int32_t)set->n - 1 : -1,
                          e.mask != NULL);
    st = to ? AEZ_OK : AEZ_ERR_NOMEM;
    if (!to)
        goto done;
    aez_drop(ctx->mem, to->k);
    to->k = k;
    k = NULL;
    if (e.mask)
        memcpy(set->skip[set->n - 1], e.mask, n);
    to->image_width = image_width(lattice);
    if (to->image_width) {
        to->image_scale = chunk_scale(to->k, odd, n, to->image_width);
        aez_put_svarint(side, to->image_scale);
    }
done:
    aez_drop(ctx->mem, k);
    aez_drop(ctx->mem, odd_here);
    aez_exceptions_free(&e, ctx->mem);
    return st;
}

/* Where the model's fields stand in the set (value[f]). A writer learnt the schema's lattices: a
 * chunk with others of its own does without. */
static aez_status use_model(const aez_chunk_context *ctx, aez_fieldset *set,
                            const aez_lattice *const *lattices, const uint32_t *value)
{
    const aez_learned *learned = ctx->learned;
    aez_status         st;
    for (uint32_t i = 0; ctx->model && lattices && i < ctx->model->n_fields; i++) {
        if (lattices[ctx->model->field[i]])
            learned = NULL;
    }
    st = aez_fieldset_use(set, ctx->model, learned);
    for (uint32_t i = 0; st >= 0 && ctx->model && i < ctx->model->n_fields; i++)
        set->features.at[i] = value[ctx->model->field[i]];
    return st;
}

/* One phrase for field f of the caller from the notes on integer fields (a mask comes before). */
static void gather_notes(const aez_chunk_context *ctx, const aez_fieldset *set,
                         const aez_lattice *const *lattices, const aez_search_note *notes,
                         aez_chunk_info *info)
{
    uint32_t i = 0;
    for (uint32_t f = 0; info->text && f < ctx->n_fields; f++, i++) {
        char  lattice[64];
        char *text = info->text + (size_t)f * AEZ_NOTE_SIZE;
        aez_lattice_text(lattices[f] ? lattices[f] : &ctx->fields[f].lattice, lattice,
                         sizeof lattice);
        if (i + 1 < set->n && set->mask_of[i + 1] == (int32_t)i)
            i++;
        snprintf(text, AEZ_NOTE_SIZE, "%.50s; %.2f bits a value; %.80s", lattice,
                 set->grid.n_sites ? notes[i].bits / (double)set->grid.n_sites : 0.0,
                 notes[i].text);
    }
}

aez_status aez_array_encode(const aez_chunk_context *ctx, const aez_box *box,
                            const void *const *columns, const aez_lattice *const *lattices,
                            uint8_t *const *odd, aez_buf *out, aez_chunk_info *info)
{
    aez_grid         grid;
    aez_fieldset     set;
    aez_buf          side;
    aez_search_note *notes = NULL;
    aez_coding_info  coded = {0};
    size_t           start = out->size;
    uint32_t        *value = aez_take(ctx->mem, ctx->n_fields, sizeof *value);
    aez_status       st;
    if (!value)
        return AEZ_ERR_NOMEM;
    aez_grid_init(&grid, box->shape, box->n_dims);
    st = aez_fieldset_init(&set, ctx->mem, &grid, 2 * ctx->n_fields);
    if (st < 0) {
        aez_drop(ctx->mem, value);
        return st;
    }
    aez_buf_init(&side, ctx->mem);
    for (uint32_t f = 0; st >= 0 && f < ctx->n_fields; f++) {
        st = add_field(ctx, &set, f, columns[f], lattices[f], odd[f], &side);
        value[f] = set.n - 1;
    }
    if (st >= 0)
        st = use_model(ctx, &set, lattices, value);
    if (st >= 0 && side.failed)
        st = AEZ_ERR_NOMEM;
    if (st >= 0)
        st = aez_bytes_pack(ctx->mem, side.data, side.size, SIDE_ZSTD, out);
    info->text_bytes = out->size - start;
    notes = aez_take(ctx->mem, set.n, sizeof *notes);
    if (st >= 0)
        st = notes ? aez_fieldset_encode(&set, &ctx->search, out, &coded, notes) : AEZ_ERR_NOMEM;
    if (st >= 0)
        gather_notes(ctx, &set, lattices, notes, info);
    aez_coding_account(&coded, info);
    aez_drop(ctx->mem, value);
    aez_drop(ctx->mem, notes);
    aez_buf_free(&side);
    aez_fieldset_free(&set);
    return st;
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* What the side bytes say of one field. */
typedef struct aez_side_field {
    aez_lattice    own;
    int            has_own;
    aez_exceptions exceptions;
    int            scale;
    uint32_t       value_field; /* its number in the field set */
} aez_side_field;

static const aez_lattice *lattice_of(const aez_chunk_context *ctx, const aez_side_field *s,
                                     uint32_t f)
{
    return s->has_own ? &s->own : &ctx->fields[f].lattice;
}

static aez_status get_side_field(const aez_chunk_context *ctx, uint32_t f, uint64_t n,
                                 aez_side_field *s, aez_rd *in)
{
    unsigned   flags = aez_get_u8(in);
    aez_status st;
    if (in->failed || flags > OWN_LATTICE)
        return AEZ_ERR_CORRUPT;
    if (flags & OWN_LATTICE) {
        st = aez_lattice_get(&s->own, ctx->mem, ctx->fields[f].type, in);
        if (st < 0)
            return st;
        s->has_own = 1;
    }
    st = aez_exceptions_get(&s->exceptions, ctx->mem, n, in);
    if (st < 0)
        return st;
    if (image_width(lattice_of(ctx, s, f))) {
        int64_t scale = aez_get_svarint(in);
        if (in->failed || scale < -1100 || scale > 1100)
            return AEZ_ERR_CORRUPT;
        s->scale = (int)scale;
    }
    return AEZ_OK;
}

static aez_status get_side(const aez_chunk_context *ctx, uint64_t n, aez_side_field *side,
                           aez_rd *in)
{
    uint8_t   *bytes = NULL;
    size_t     size = 0;
    aez_rd     rd;
    aez_status st = aez_bytes_unpack(ctx->mem, in, SIDE_MAX, &bytes, &size);
    if (st < 0)
        return st;
    aez_rd_init(&rd, bytes, size);
    for (uint32_t f = 0; st >= 0 && f < ctx->n_fields; f++)
        st = get_side_field(ctx, f, n, &side[f], &rd);
    if (st >= 0 && aez_rd_left(&rd) != 0)
        st = AEZ_ERR_CORRUPT;
    aez_drop(ctx->mem, bytes);
    return st;
}

static aez_status lay_out(const aez_chunk_context *ctx, aez_fieldset *set, aez_side_field *side)
{
    for (uint32_t f = 0; f < ctx->n_fields; f++) {
        const aez_lattice    *lattice = lattice_of(ctx, &side[f], f);
        const aez_exceptions *e = &side[f].exceptions;
        int                   hidden = e->n_classes > 0;
        aez_ifield           *field;
        if (hidden && !aez_fieldset_add(set, 1, -1, 0))
            return AEZ_ERR_NOMEM;
        field = aez_fieldset_add(set, lattice->step, hidden ? (int32_t)set->n - 1 : -1,
                                 hidden || e->n_rare > 0);
        if (!field)
            return AEZ_ERR_NOMEM;
        field->image_width = image_width(lattice);
        field->image_scale = side[f].scale;
        side[f].value_field = set->n - 1;
        for (size_t i = 0; i < e->n_rare; i++)
            set->skip[set->n - 1][e->rare_site[i]] = AEZ_EXCEPTION_RARE;
    }
    return AEZ_OK;
}

static aez_status find_features(const aez_chunk_context *ctx, aez_fieldset *set,
                                const aez_side_field *side)
{
    aez_status st = aez_fieldset_use(set, ctx->model, NULL);
    for (uint32_t i = 0; st >= 0 && ctx->model && i < ctx->model->n_fields; i++)
        set->features.at[i] = side[ctx->model->field[i]].value_field;
    return st;
}

static aez_status restore_values(const aez_chunk_context *ctx, aez_fieldset *set,
                                 aez_side_field *side, void *const *columns)
{
    uint64_t n = set->grid.n_sites;
    for (uint32_t f = 0; f < ctx->n_fields; f++) {
        aez_exceptions *e = &side[f].exceptions;
        uint32_t        v = side[f].value_field;
        aez_lattice_restore(lattice_of(ctx, &side[f], f), set->field[v].k, n, columns[f]);
        if (e->n_classes) {
            e->mask = aez_take(ctx->mem, n, 1);
            if (!e->mask)
                return AEZ_ERR_NOMEM;
            for (uint64_t i = 0; i < n; i++) {
                int64_t c = set->field[v - 1].k[i];
                if (c < 0 || c > (int64_t)e->n_classes)
                    return AEZ_ERR_CORRUPT;
                e->mask[i] = (uint8_t)c;
            }
        }
        if (e->n_classes || e->n_rare)
            aez_exceptions_apply(e, ctx->fields[f].type, columns[f], n);
    }
    return AEZ_OK;
}

aez_status aez_array_decode(const aez_chunk_context *ctx, const aez_box *box, aez_rd *in,
                            void *const *columns, aez_chunk_info *info)
{
    aez_grid        grid;
    aez_fieldset    set;
    aez_coding_info coded = {0};
    const uint8_t  *start = in->p;
    char           *describe = NULL;
    aez_side_field *side = aez_take(ctx->mem, ctx->n_fields, sizeof *side);
    aez_status      st;
    if (!side)
        return AEZ_ERR_NOMEM;
    aez_grid_init(&grid, box->shape, box->n_dims);
    st = aez_fieldset_init(&set, ctx->mem, &grid, 2 * ctx->n_fields);
    if (st >= 0)
        st = get_side(ctx, grid.n_sites, side, in);
    info->text_bytes = (uint64_t)(in->p - start);
    if (st >= 0)
        st = lay_out(ctx, &set, side);
    if (st >= 0)
        st = find_features(ctx, &set, side);
    if (st >= 0 && info->text) {
        describe = aez_take(ctx->mem, set.n, AEZ_NOTE_SIZE);
        st = describe ? st : AEZ_ERR_NOMEM;
    }
    if (st >= 0)
        st = aez_fieldset_decode(&set, in, &coded, describe);
    if (st >= 0)
        st = restore_values(ctx, &set, side, columns);
    for (uint32_t f = 0; st >= 0 && info->text && f < ctx->n_fields; f++) {
        char lattice[64];
        aez_lattice_text(lattice_of(ctx, &side[f], f), lattice, sizeof lattice);
        snprintf(info->text + (size_t)f * AEZ_NOTE_SIZE, AEZ_NOTE_SIZE, "%.60s; %.90s", lattice,
                 describe + (size_t)side[f].value_field * AEZ_NOTE_SIZE);
    }
    aez_coding_account(&coded, info);
    for (uint32_t f = 0; f < ctx->n_fields; f++) {
        if (side[f].has_own)
            aez_lattice_free(&side[f].own, ctx->mem);
        aez_exceptions_free(&side[f].exceptions, ctx->mem);
    }
    aez_drop(ctx->mem, side);
    aez_drop(ctx->mem, describe);
    aez_fieldset_free(&set);
    return st;
}
