/* latents.c - the items of a field set as latents, and the hat that they give. */
#include "latents.h"

#include <math.h>
#include <string.h>

#define BLOCK_VALUES 65536 /* features that go through the nets at once */

void aez_hats_free(aez_hats *hats)
{
    for (uint32_t i = 0; hats->field && i < hats->n; i++)
        aez_drop(hats->mem, hats->field[i].k);
    if (hats->mem)
        aez_drop(hats->mem, hats->field);
    memset(hats, 0, sizeof *hats);
}

static aez_status take_hats(const aez_fieldset *s, aez_hats *hats)
{
    memset(hats, 0, sizeof *hats);
    hats->mem = s->mem;
    hats->n = s->features.model->n_fields;
    hats->field = aez_take(s->mem, hats->n, sizeof *hats->field);
    for (uint32_t i = 0; hats->field && i < hats->n; i++) {
        hats->field[i].step = 1;
        hats->field[i].k = aez_take_raw(s->mem, s->grid.n_sites, sizeof *hats->field[i].k);
        if (!hats->field[i].k)
            return AEZ_ERR_NOMEM;
    }
    return hats->field ? AEZ_OK : AEZ_ERR_NOMEM;
}

int aez_latents_fit(const aez_fieldset *s)
{
    const aez_model *m = s->features.model;
    if (!aez_model_has_hats(m) || s->grid.n_sites == 0 || s->grid.n_sites % m->body->inner != 0)
        return 0;
    for (uint32_t i = 0; i < m->n_fields; i++) {
        uint32_t at = s->features.at[i];
        if (at >= s->n || s->field[at].image_width != 0)
            return 0;
    }
    return 1;
}

static uint64_t count_items(const aez_fieldset *s)
{
    return s->grid.n_sites / s->features.model->body->inner;
}

static size_t block_items(const aez_model *m, uint64_t n_items)
{
    uint64_t n = BLOCK_VALUES / m->body->decoder.n_features;
    n = n < 1 ? 1 : n;
    return (size_t)(n < n_items ? n : n_items);
}

/* ---- latents as a field set of their own
 * ---------------------------------------------------------- */

static aez_status take_set(const aez_fieldset *s, const aez_model *m, aez_fieldset *set)
{
    aez_grid   grid;
    uint64_t   n_items = count_items(s);
    aez_status st;
    aez_grid_init(&grid, &n_items, 1);
    st = aez_fieldset_init(set, s->mem, &grid, m->body->decoder.n_latent);
    for (uint32_t l = 0; st >= 0 && l < m->body->decoder.n_latent; l++)
        st = aez_fieldset_add(set, 1, -1, 0) ? AEZ_OK : AEZ_ERR_NOMEM;
    set->plans = s->plans;
    set->grain = s->grain;
    if (st < 0)
        aez_fieldset_free(set);
    return st;
}

/* Features of items first .. first + n; NAN where an exception stands. */
static void gather(const aez_fieldset *s, const aez_learned *l, uint64_t first, size_t n,
                   double *x)
{
    const aez_model *m = s->features.model;
    for (size_t r = 0; r < n; r++) {
        for (uint32_t i = 0; i < m->n_fields; i++) {
            const aez_ifield *field = &s->field[s->features.at[i]];
            double            offset = l->offset ? l->offset[i] : 0, unit = l->unit ? l->unit[i] : 1;
            uint64_t          inner = m->body->inner, at = (first + r) * inner;
            for (uint64_t j = 0; j < inner; j++, at++)
                *x++ = field->skip && field->skip[at] ? (double)NAN
                                                      : offset + (double)field->k[at] * unit;
        }
    }
}

static aez_status find_latents(const aez_fieldset *s, const aez_learned *learned, aez_fieldset *set)
{
    const aez_model *m = &learned->model;
    uint64_t         n_items = count_items(s);
    size_t           n_block = block_items(m, n_items), d = m->body->decoder.n_features;
    uint32_t         n_latent = m->body->decoder.n_latent;
    double          *x = aez_take_raw(s->mem, n_block * d, sizeof *x);
    int32_t         *q = aez_take_raw(s->mem, n_block * n_latent, sizeof *q);
    aez_status       st = x && q ? AEZ_OK : AEZ_ERR_NOMEM;
    for (uint64_t first = 0; st >= 0 && first < n_items; first += n_block) {
        size_t n = n_items - first < n_block ? (size_t)(n_items - first) : n_block;
        gather(s, learned, first, n, x);
        st = learned->trainer->encode(learned->encoder, x, n, q);
        for (size_t r = 0; st >= 0 && r < n; r++) {
            for (uint32_t l = 0; l < n_latent; l++)
                set->field[l].k[first + r] = q[r * n_latent + l];
        }
    }
    aez_drop(s->mem, x);
    aez_drop(s->mem, q);
    return st;
}

/* ---- latents to hats
 * ------------------------------------------------------------------------------ */

static void scatter(const aez_model *m, const int32_t *hat, uint64_t first, size_t n,
                    aez_hats *hats)
{
    for (size_t r = 0; r < n; r++) {
        size_t feature = 0;
        for (uint32_t i = 0; i < m->n_fields; i++) {
            int64_t *k = hats->field[i].k + (first + r) * m->body->inner;
            for (uint64_t j = 0; j < m->body->inner; j++, feature++)
                k[j] = aez_model_hat(m, feature, *hat++);
        }
    }
}

static int32_t latent_of(int64_t k)
{
    if (k > AEZ_LATENT_MAX)
        return AEZ_LATENT_MAX;
    return (int32_t)(k < -AEZ_LATENT_MAX ? -AEZ_LATENT_MAX : k);
}

static aez_status make_hats(const aez_fieldset *s, const aez_model *m, const aez_fieldset *set,
                            aez_hats *hats)
{
    uint64_t   n_items = count_items(s);
    size_t     n_block = block_items(m, n_items);
    uint32_t   n_latent = m->body->decoder.n_latent;
    int32_t   *q = aez_take_raw(s->mem, n_block * n_latent, sizeof *q);
    int32_t   *hat = aez_take_raw(s->mem, n_block * m->body->decoder.n_features, sizeof *hat);
    aez_status st = q && hat ? take_hats(s, hats) : AEZ_ERR_NOMEM;
    for (uint64_t first = 0; st >= 0 && first < n_items; first += n_block) {
        size_t n = n_items - first < n_block ? (size_t)(n_items - first) : n_block;
        for (size_t r = 0; r < n; r++) {
            for (uint32_t l = 0; l < n_latent; l++)
                q[r * n_latent + l] = latent_of(set->field[l].k[first + r]);
        }
        st = aez_autoencoder_run(&m->body->decoder, q, n, hat);
        if (st >= 0)
            scatter(m, hat, first, n, hats);
    }
    aez_drop(s->mem, q);
    aez_drop(s->mem, hat);
    return st;
}

/* Of feature number i, in units of its scale; sites without a value do not count. */
static void add_errors(const aez_fieldset *s, const aez_learned *l, const aez_hats *hats,
                       double *error, uint64_t *n_errors)
{
    const aez_model *m = &l->model;
    for (uint32_t i = 0; i < m->n_fields; i++) {
        double            unit = l->unit ? l->unit[i] : 1;
        const aez_ifield *field = &s->field[s->features.at[i]];
        for (uint64_t at = 0; at < s->grid.n_sites; at++) {
            size_t feature = (size_t)(i * m->body->inner + at % m->body->inner);
            double scale = aez_autoencoder_scale(&m->body->decoder, feature);
            double e = unit * ((double)field->k[at] - (double)hats->field[i].k[at]) / scale;
            if ((field->skip && field->skip[at]) || !(scale > 0))
                continue;
            *error += e * e;
            ++*n_errors;
        }
    }
}

aez_status aez_latents_encode(const aez_fieldset *s, const aez_learned *learned,
                              const aez_search_options *options, aez_buf *out, aez_hats *hats,
                              double *error, uint64_t *n_errors)
{
    aez_fieldset    set;
    aez_coding_info info = {0};
    aez_status      st = take_set(s, &learned->model, &set);
    memset(hats, 0, sizeof *hats);
    if (st < 0)
        return st;
    if (set.n > 0)
        st = find_latents(s, learned, &set);
    if (st >= 0 && set.n > 0)
        st = aez_fieldset_encode(&set, options, out, &info, NULL);
    if (st >= 0)
        st = make_hats(s, &learned->model, &set, hats);
    if (st >= 0 && error)
        add_errors(s, learned, hats, error, n_errors);
    if (st < 0)
        aez_hats_free(hats);
    aez_fieldset_free(&set);
    return st;
}

aez_status aez_latents_decode(const aez_fieldset *s, aez_rd *in, aez_hats *hats)
{
    aez_fieldset    set;
    aez_coding_info info = {0};
    aez_status      st = take_set(s, s->features.model, &set);
    memset(hats, 0, sizeof *hats);
    if (st < 0)
        return st;
    if (set.n > 0) /* else the hat is the same for all items */
        st = aez_fieldset_decode(&set, in, &info, NULL);
    if (st >= 0)
        st = make_hats(s, s->features.model, &set, hats);
    if (st < 0)
        aez_hats_free(hats);
    aez_fieldset_free(&set);
    return st;
}
