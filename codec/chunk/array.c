/* array.c - the coded form of an array's chunk: lattices, exceptions, fields (spec 3.5). */
#include "array.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../base/floatbits.h"
#include "../search/search_view.h"
#include "../search/seed.h"
#include "arrange.h"
#include "fieldset.h"
#include "fill.h"

#define OWN_LATTICE 1 /* a lattice of the chunk's own follows, in place of the schema's */
#define ARRANGED 2    /* of the first field: an arrangement follows, in place of the box's grid */
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

/* The sites of a part: values from their order, none at sites to spare. */
static void gather_part(const aez_arrangement *a, uint32_t part, const int64_t *from, uint64_t n,
                        int64_t *to)
{
    for (uint64_t i = 0; i < a->grid.n_sites; i++) {
        uint64_t at = aez_arranged_value(a, part, i);
        to[i] = from[at < n ? at : n - 1];
    }
}

/* Sites to spare are skipped as exceptions are; mask: NULL, or which of the n values are. */
static void gather_skip(const aez_arrangement *a, uint32_t part, const uint8_t *mask, uint64_t n,
                        uint8_t *skip)
{
    for (uint64_t i = 0; skip && i < a->grid.n_sites; i++) {
        uint64_t at = aez_arranged_value(a, part, i);
        if (at >= n)
            skip[i] = AEZ_EXCEPTION_RARE;
        else if (mask)
            skip[i] = mask[at];
    }
}

static int has_spare(const aez_arrangement *a, uint64_t n)
{
    return a->shape.n_sites > n;
}

static aez_status add_mask_field(aez_fieldset *set, const aez_arrangement *a, uint32_t part,
                                 const aez_exceptions *e, uint64_t n)
{
    aez_ifield *mask = aez_fieldset_add(set, 1, -1, has_spare(a, n));
    if (!mask)
        return AEZ_ERR_NOMEM;
    for (uint64_t i = 0; i < a->grid.n_sites; i++) {
        uint64_t at = aez_arranged_value(a, part, i);
        mask->k[i] = at >= n || e->mask[at] == AEZ_EXCEPTION_RARE ? 0 : e->mask[at];
    }
    gather_skip(a, part, NULL, n, set->skip[set->n - 1]);
    return AEZ_OK;
}

/* Adds the field of one part; *k is handed over where the part is all of it. */
static aez_status add_part(aez_fieldset *set, const aez_arrangement *a, uint32_t part,
                           uint64_t step, const aez_exceptions *e, int64_t **k, uint64_t n)
{
    aez_ifield *to;
    if (e->n_classes) {
        aez_status st = add_mask_field(set, a, part, e, n);
        if (st < 0)
            return st;
    }
    to = aez_fieldset_add(set, step, e->n_classes ? (int32_t)set->n - 1 : -1,
                          e->mask != NULL || has_spare(a, n));
    if (!to)
        return AEZ_ERR_NOMEM;
    if (a->n_parts == 1 && !has_spare(a, n)) {
        aez_drop(set->mem, to->k);
        to->k = *k;
        *k = NULL;
    } else {
        gather_part(a, part, *k, n, to->k);
    }
    gather_skip(a, part, e->mask, n, set->skip[set->n - 1]);
    return AEZ_OK;
}

/* arrangement: stored where it is not the box's own grid. */
static aez_status add_field(const aez_chunk_context *ctx, aez_fieldset *set, uint32_t f, uint64_t n,
                            const aez_arrangement *a, int stored, const void *values,
                            const aez_lattice *own, uint8_t *odd, aez_buf *side)
{
    const aez_chunk_field *field = &ctx->fields[f];
    const aez_lattice     *lattice = own ? own : &field->lattice;
    unsigned               width = image_width(lattice);
    int                    scale = 0;
    aez_exceptions         e;
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
    aez_mark_fill(field->type, values, n, odd);
    st = aez_exceptions_find(&e, ctx->mem, field->type, values, odd, n);
    if (st < 0)
        goto done;
    aez_put_u8(side, (own ? OWN_LATTICE : 0) | (f == 0 && stored ? ARRANGED : 0));
    if (f == 0 && stored)
        aez_arrangement_put(a, side);
    if (own)
        aez_lattice_put(own, side);
    aez_exceptions_put(&e, side);
    if (width) {
        scale = chunk_scale(k, odd, n, width);
        aez_put_svarint(side, scale);
    }
    for (uint32_t part = 0; st >= 0 && part < a->n_parts; part++) {
        st = add_part(set, a, part, lattice->step, &e, &k, n);
        if (st >= 0) {
            set->field[set->n - 1].image_width = width;
            set->field[set->n - 1].image_scale = scale;
        }
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
    const aez_model   *model = ctx->model;
    const aez_learned *learned = ctx->learned;
    uint32_t           n = model ? model->n_fields : 0;
    uint32_t          *at = aez_take_raw(ctx->mem, n, sizeof *at);
    aez_status         st = AEZ_ERR_NOMEM;
    for (uint32_t i = 0; at && i < n; i++) {
        at[i] = value[model->field[i]];
        if (lattices && lattices[model->field[i]])
            learned = NULL;
    }
    if (at)
        st = aez_fieldset_use(set, model, learned, at);
    aez_drop(ctx->mem, at);
    return st;
}

/* One phrase for field f of the caller from the notes on integer fields: of its parts the first, and
 * the bits of all (a mask comes before each). */
static void gather_notes(const aez_chunk_context *ctx, const aez_fieldset *set,
                         const aez_arrangement *a, const aez_lattice *const *lattices,
                         const aez_search_note *notes, aez_chunk_info *info)
{
    uint32_t i = 0;
    for (uint32_t f = 0; info->text && f < ctx->n_fields; f++) {
        char        lattice[64];
        char       *text = info->text + (size_t)f * AEZ_NOTE_SIZE;
        const char *first = NULL;
        double      bits = 0;
        int         n;
        aez_lattice_text(lattices[f] ? lattices[f] : &ctx->fields[f].lattice, lattice,
                         sizeof lattice);
        for (uint32_t part = 0; part < a->n_parts; part++, i++) {
            if (i + 1 < set->n && set->mask_of[i + 1] == (int32_t)i)
                i++;
            bits += notes[i].bits;
            first = first ? first : notes[i].text;
        }
        n = snprintf(text, AEZ_NOTE_SIZE, "%.50s; %.2f bits a value; %s", lattice,
                     a->shape.n_sites ? bits / (double)a->shape.n_sites : 0.0,
                     a->n_parts > 1 ? "in parts: " : "");
        if (first && n > 0 && n < AEZ_NOTE_SIZE)
            n = snprintf(text + n, (size_t)(AEZ_NOTE_SIZE - n), "%.80s", first);
    }
}

/* The chunk in an arrangement; `views` takes the shapes that might be better. */
static aez_status encode_arranged(const aez_chunk_context *ctx, const aez_box *box,
                                  const aez_arrangement *a, int stored, const void *const *columns,
                                  const aez_lattice *const *lattices, uint8_t *const *odd,
                                  aez_buf *out, aez_chunk_info *info, aez_grid *views,
                                  unsigned *n_views)
{
    aez_fieldset     set;
    aez_buf          side;
    aez_search_note *notes = NULL;
    aez_coding_info  coded = {0};
    size_t           start = out->size;
    uint32_t        *value = aez_take(ctx->mem, ctx->n_fields, sizeof *value);
    aez_status       st;
    if (!value)
        return AEZ_ERR_NOMEM;
    st = aez_fieldset_init(&set, ctx->mem, &a->grid, 2 * ctx->n_fields * a->n_parts);
    if (st < 0) {
        aez_drop(ctx->mem, value);
        return st;
    }
    aez_buf_init(&side, ctx->mem);
    for (uint32_t f = 0; st >= 0 && f < ctx->n_fields; f++) {
        st = add_field(ctx, &set, f, box->n_sites, a, stored, columns[f], lattices[f], odd[f],
                       &side);
        value[f] = set.n - 1;
    }
    if (st >= 0 && views)
        st = aez_search_views(ctx->mem, &a->grid, &set.field[value[0]], views, n_views);
    if (st >= 0)
        st = use_model(ctx, &set, lattices, value);
    if (st >= 0 && side.failed)
        st = AEZ_ERR_NOMEM;
    if (st >= 0)
        st = aez_bytes_pack(ctx->mem, side.data, side.size, SIDE_ZSTD, out);
    info->text_bytes = out->size - start;
    notes = aez_take(ctx->mem, set.n, sizeof *notes);
    start = out->size;
    if (st >= 0)
        st = notes ? aez_fieldset_encode(&set, &ctx->search, out, &coded, notes) : AEZ_ERR_NOMEM;
    if (st >= 0)
        gather_notes(ctx, &set, a, lattices, notes, info);
    aez_coding_account(&coded, out->size - start, info);
    aez_drop(ctx->mem, value);
    aez_drop(ctx->mem, notes);
    aez_buf_free(&side);
    aez_fieldset_free(&set);
    return st;
}

/* Sets the phrases of one trial apart from those of the one that is kept. */
static aez_status trial_info(const aez_chunk_context *ctx, const aez_chunk_info *info,
                             aez_chunk_info *trial)
{
    *trial = *info;
    if (info->text)
        trial->text = aez_take(ctx->mem, ctx->n_fields, AEZ_NOTE_SIZE);
    return info->text && !trial->text ? AEZ_ERR_NOMEM : AEZ_OK;
}

static void keep_trial(const aez_chunk_context *ctx, const aez_chunk_info *trial,
                       aez_chunk_info *info)
{
    char *text = info->text;
    if (text)
        memcpy(text, trial->text, (size_t)ctx->n_fields * AEZ_NOTE_SIZE);
    *info = *trial;
    info->text = text;
}

#define MOST_TRIALS (AEZ_MAX_VIEWS + 2)
#define FEWEST_IN_PART 256
#define MOST_SPLIT 32 /* integer fields that cutting may lead to */
#define QUICK_LEVEL 1 /* at which arrangements are compared before one is searched at length */
#define QUICK_GAIN 0.97 /* of the own size, which a trial has to get below then */
#define FEW_VALUES (3 << 19)   /* of a chunk: it can afford to search what looks a little worse */
#define QUICK_LOSS 1.15 /* in place of QUICK_GAIN then */

/* Other shapes, and the first and last axis cut into fields: variables or channels may lie there. */
static unsigned list_trials(const aez_chunk_context *ctx, const aez_grid *grid,
                            const aez_grid *views, unsigned n_views, aez_arrangement *trials)
{
    unsigned n = 0, end = grid->n_dims;
    for (unsigned i = 0; i < n_views; i++)
        aez_arrange(&trials[n++], &views[i], 0);
    for (unsigned axis = 1; end > 1 && axis <= end; axis += end - 1) {
        uint64_t parts = grid->shape[axis - 1];
        if (parts <= AEZ_MAX_PARTS && parts * ctx->n_fields <= MOST_SPLIT &&
            grid->n_sites / parts >= FEWEST_IN_PART)
            aez_arrange(&trials[n++], grid, axis);
    }
    return n;
}

/* Bytes of the chunk in an arrangement when little time is spent on it. */
static aez_status estimate_arranged(const aez_chunk_context *ctx, const aez_box *box,
                                    const aez_arrangement *a, int stored,
                                    const void *const *columns,
                                    const aez_lattice *const *lattices, uint8_t *const *odd,
                                    const aez_chunk_info *before, size_t *size)
{
    aez_chunk_context quick = *ctx;
    aez_chunk_info    trial;
    aez_buf           bytes;
    aez_status        st;
    quick.search.level = QUICK_LEVEL;
    quick.search.trainer = NULL;
    quick.search.keep = NULL;
    quick.search.seed_plan = NULL;
    st = trial_info(ctx, before, &trial);
    aez_buf_init(&bytes, ctx->mem);
    if (st >= 0)
        st = encode_arranged(&quick, box, a, stored, columns, lattices, odd, &bytes, &trial, NULL,
                             NULL);
    if (st >= 0 && bytes.failed)
        st = AEZ_ERR_NOMEM;
    *size = bytes.size;
    if (trial.text)
        aez_drop(ctx->mem, trial.text);
    aez_buf_free(&bytes);
    return st;
}

/* Drops the trials that promise nothing beside the own grid when both are looked at quickly. */
static aez_status drop_hopeless(const aez_chunk_context *ctx, const aez_box *box,
                                const aez_arrangement *own, const void *const *columns,
                                const aez_lattice *const *lattices, uint8_t *const *odd,
                                const aez_chunk_info *before, aez_arrangement *trials, unsigned *n)
{
    size_t     here = 0, there;
    unsigned   kept = 0;
    double     limit = box->n_sites * ctx->n_fields <= FEW_VALUES ? QUICK_LOSS : QUICK_GAIN;
    aez_status st = AEZ_OK;
    if (*n == 0 || ctx->search.level <= QUICK_LEVEL)
        return AEZ_OK;
    st = estimate_arranged(ctx, box, own, 0, columns, lattices, odd, before, &here);
    for (unsigned i = 0; st >= 0 && i < *n; i++) {
        st = estimate_arranged(ctx, box, &trials[i], 1, columns, lattices, odd, before, &there);
        if ((double)there < limit * (double)here)
            trials[kept++] = trials[i];
    }
    *n = kept;
    return st;
}

/* Codes the chunk in another arrangement and keeps that if it is smaller than what is at `start`. */
static aez_status try_arrangement(const aez_chunk_context *ctx, const aez_box *box,
                                  const aez_arrangement *a, const void *const *columns,
                                  const aez_lattice *const *lattices, uint8_t *const *odd,
                                  const aez_chunk_info *before, const aez_seed_mark *none,
                                  size_t start, aez_buf *out, aez_chunk_info *info)
{
    aez_seed_mark  kept = aez_seed_marked(ctx->search.keep), after;
    aez_chunk_info trial;
    aez_buf        other;
    aez_status     st = trial_info(ctx, before, &trial);
    aez_buf_init(&other, ctx->mem);
    if (st >= 0)
        st = encode_arranged(ctx, box, a, 1, columns, lattices, odd, &other, &trial, NULL, NULL);
    after = aez_seed_marked(ctx->search.keep);
    if (st >= 0 && !other.failed && other.size < out->size - start) {
        out->size = start;
        aez_put(out, other.data, other.size);
        keep_trial(ctx, &trial, info);
        aez_seed_drop(ctx->search.keep, none, &kept);
    } else {
        aez_seed_drop(ctx->search.keep, &kept, &after);
    }
    if (trial.text)
        aez_drop(ctx->mem, trial.text);
    aez_buf_free(&other);
    return st;
}

aez_status aez_array_encode(const aez_chunk_context *ctx, const aez_box *box,
                            const void *const *columns, const aez_lattice *const *lattices,
                            uint8_t *const *odd, aez_buf *out, aez_chunk_info *info)
{
    aez_grid        grid, views[AEZ_MAX_VIEWS];
    aez_arrangement own, trials[MOST_TRIALS];
    unsigned        n_views = 0, n = 0;
    int             look = ctx->search.level > 1 && !aez_model_has_hats(ctx->model) && box->n_sites > 0;
    size_t          start = out->size, first;
    aez_chunk_info  before = *info;
    aez_seed_mark   none = aez_seed_marked(ctx->search.keep);
    aez_status      st;
    aez_grid_init(&grid, box->shape, box->n_dims);
    aez_arrange(&own, &grid, 0);
    st = encode_arranged(ctx, box, &own, 0, columns, lattices, odd, out, info, look ? views : NULL,
                         &n_views);
    if (look && !aez_seed_own_grid(ctx->search.seed_plan))
        n = list_trials(ctx, &grid, views, n_views, trials);
    if (st >= 0)
        st = drop_hopeless(ctx, box, &own, columns, lattices, odd, &before, trials, &n);
    first = out->size;
    for (unsigned i = 0; st >= 0 && i < n; i++)
        st = try_arrangement(ctx, box, &trials[i], columns, lattices, odd, &before, &none, start,
                             out, info);
    if (st >= 0 && ctx->search.keep && out->size == first)
        aez_seed_set_own_grid(ctx->search.keep);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
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
                                 aez_side_field *s, aez_arrangement *a, aez_rd *in)
{
    unsigned   flags = aez_get_u8(in);
    aez_status st;
    if (in->failed || flags > (OWN_LATTICE | ARRANGED))
        return AEZ_ERR_CORRUPT;
    if ((flags & ARRANGED) && (f > 0 || aez_model_has_hats(ctx->model) || !aez_arrangement_get(a, n, in)))
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
                           aez_arrangement *a, aez_rd *in)
{
    uint8_t   *bytes = NULL;
    size_t     size = 0;
    aez_rd     rd;
    uint64_t   limit = ctx->memory_limit && ctx->memory_limit < SIDE_MAX ? ctx->memory_limit : SIDE_MAX;
    aez_status st = aez_bytes_unpack(ctx->mem, in, limit, &bytes, &size);
    if (st < 0)
        return st;
    aez_rd_init(&rd, bytes, size);
    for (uint32_t f = 0; st >= 0 && f < ctx->n_fields; f++)
        st = get_side_field(ctx, f, n, &side[f], a, &rd);
    if (st >= 0 && aez_rd_left(&rd) != 0)
        st = AEZ_ERR_CORRUPT;
    aez_drop(ctx->mem, bytes);
    return st;
}

/* The fields of one part, the mask first. */
static aez_status lay_out_part(const aez_side_field *side, const aez_lattice *lattice,
                               const aez_arrangement *a, uint32_t part, uint64_t n,
                               uint8_t *rare, aez_fieldset *set)
{
    int         hidden = side->exceptions.n_classes > 0;
    aez_ifield *field;
    if (hidden) {
        if (!aez_fieldset_add(set, 1, -1, has_spare(a, n)))
            return AEZ_ERR_NOMEM;
        gather_skip(a, part, NULL, n, set->skip[set->n - 1]);
    }
    field = aez_fieldset_add(set, lattice->step, hidden ? (int32_t)set->n - 1 : -1,
                             hidden || rare || has_spare(a, n));
    if (!field)
        return AEZ_ERR_NOMEM;
    field->image_width = image_width(lattice);
    field->image_scale = side->scale;
    gather_skip(a, part, rare, n, set->skip[set->n - 1]);
    return AEZ_OK;
}

static aez_status lay_out(const aez_chunk_context *ctx, aez_fieldset *set, aez_side_field *side,
                          const aez_arrangement *a, uint64_t n)
{
    aez_status st = AEZ_OK;
    for (uint32_t f = 0; st >= 0 && f < ctx->n_fields; f++) {
        const aez_exceptions *e = &side[f].exceptions;
        uint8_t              *rare = e->n_rare ? aez_take(ctx->mem, n, 1) : NULL;
        if (e->n_rare && !rare)
            return AEZ_ERR_NOMEM;
        for (size_t i = 0; i < e->n_rare; i++)
            rare[e->rare_site[i]] = AEZ_EXCEPTION_RARE;
        side[f].value_field = set->n + (e->n_classes > 0);
        for (uint32_t part = 0; st >= 0 && part < a->n_parts; part++)
            st = lay_out_part(&side[f], lattice_of(ctx, &side[f], f), a, part, n, rare, set);
        aez_drop(ctx->mem, rare);
    }
    return st;
}

static aez_status find_features(const aez_chunk_context *ctx, aez_fieldset *set,
                                const aez_side_field *side)
{
    uint32_t   n = ctx->model ? ctx->model->n_fields : 0;
    uint32_t  *at = aez_take_raw(ctx->mem, n, sizeof *at);
    aez_status st = AEZ_ERR_NOMEM;
    for (uint32_t i = 0; at && i < n; i++)
        at[i] = side[ctx->model->field[i]].value_field;
    if (at)
        st = aez_fieldset_use(set, ctx->model, NULL, at);
    aez_drop(ctx->mem, at);
    return st;
}

/* Puts the integers of a part back among the n of its field. */
static void scatter_part(const aez_arrangement *a, uint32_t part, const int64_t *from, uint64_t n,
                         int64_t *to)
{
    for (uint64_t i = 0; i < a->grid.n_sites; i++) {
        uint64_t at = aez_arranged_value(a, part, i);
        if (at < n)
            to[at] = from[i];
    }
}

/* The classes of a field's exceptions from the mask field of one part. */
static int take_classes(const aez_arrangement *a, uint32_t part, const int64_t *mask, uint64_t n,
                        aez_exceptions *e)
{
    for (uint64_t i = 0; i < a->grid.n_sites; i++) {
        uint64_t at = aez_arranged_value(a, part, i);
        if (at >= n)
            continue;
        if (mask[i] < 0 || mask[i] > (int64_t)e->n_classes)
            return 0;
        e->mask[at] = (uint8_t)mask[i];
    }
    return 1;
}

static aez_status restore_field(const aez_chunk_context *ctx, const aez_fieldset *set, uint32_t f,
                                aez_side_field *side, const aez_arrangement *a, uint64_t n,
                                void *column)
{
    aez_exceptions *e = &side->exceptions;
    uint32_t        apart = e->n_classes ? 2 : 1; /* fields from one part to the next */
    int64_t        *k = NULL;
    if (a->n_parts > 1) {
        k = aez_take_raw(ctx->mem, n, sizeof *k);
        if (!k)
            return AEZ_ERR_NOMEM;
        for (uint32_t part = 0; part < a->n_parts; part++)
            scatter_part(a, part, set->field[side->value_field + part * apart].k, n, k);
    }
    aez_lattice_restore(lattice_of(ctx, side, f), k ? k : set->field[side->value_field].k, n,
                        column);
    aez_drop(ctx->mem, k);
    if (e->n_classes) {
        e->mask = aez_take(ctx->mem, n, 1);
        if (!e->mask)
            return AEZ_ERR_NOMEM;
        for (uint32_t part = 0; part < a->n_parts; part++) {
            if (!take_classes(a, part, set->field[side->value_field - 1 + part * apart].k, n, e))
                return AEZ_ERR_CORRUPT;
        }
    }
    if (e->n_classes || e->n_rare)
        aez_exceptions_apply(e, ctx->fields[f].type, column, n);
    return AEZ_OK;
}

static aez_status restore_values(const aez_chunk_context *ctx, const aez_fieldset *set,
                                 aez_side_field *side, const aez_arrangement *a, uint64_t n,
                                 void *const *columns)
{
    aez_status st = AEZ_OK;
    for (uint32_t f = 0; st >= 0 && f < ctx->n_fields; f++)
        st = restore_field(ctx, set, f, &side[f], a, n, columns[f]);
    return st;
}

aez_status aez_array_decode(const aez_chunk_context *ctx, const aez_box *box, aez_rd *in,
                            void *const *columns, aez_chunk_info *info)
{
    aez_grid        grid;
    aez_arrangement a;
    aez_fieldset    set;
    aez_coding_info coded = {0};
    const uint8_t  *start = in->p;
    char           *describe = NULL;
    aez_side_field *side = aez_take(ctx->mem, ctx->n_fields, sizeof *side);
    aez_status      st;
    if (!side)
        return AEZ_ERR_NOMEM;
    aez_grid_init(&grid, box->shape, box->n_dims);
    aez_arrange(&a, &grid, 0);
    memset(&set, 0, sizeof set);
    st = get_side(ctx, grid.n_sites, side, &a, in);
    info->text_bytes = (uint64_t)(in->p - start);
    if (st >= 0)
        st = aez_fieldset_init(&set, ctx->mem, &a.grid, 2 * ctx->n_fields * a.n_parts);
    if (st >= 0)
        st = lay_out(ctx, &set, side, &a, grid.n_sites);
    if (st >= 0)
        st = find_features(ctx, &set, side);
    if (st >= 0 && info->text) {
        describe = aez_take(ctx->mem, set.n, AEZ_NOTE_SIZE);
        st = describe ? st : AEZ_ERR_NOMEM;
    }
    if (st >= 0)
        st = aez_fieldset_decode(&set, in, &coded, describe);
    if (st >= 0)
        st = restore_values(ctx, &set, side, &a, grid.n_sites, columns);
    for (uint32_t f = 0; st >= 0 && info->text && f < ctx->n_fields; f++) {
        char lattice[64];
        aez_lattice_text(lattice_of(ctx, &side[f], f), lattice, sizeof lattice);
        snprintf(info->text + (size_t)f * AEZ_NOTE_SIZE, AEZ_NOTE_SIZE, "%.60s; %.90s", lattice,
                 describe + (size_t)side[f].value_field * AEZ_NOTE_SIZE);
    }
    aez_coding_account(&coded, 0, info);
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
