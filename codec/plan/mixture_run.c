/* mixture_run.c - codes and restores a field value by value with the mixtures of a net. */
#include "mixture_model.h"

#include <string.h>

/* A block of up to AEZ_MIXTURE_LANES items in lockstep. */
typedef struct aez_lockstep {
    const aez_mixture_model *model;
    const aez_kernels       *kernels;
    const aez_mem           *mem;
    aez_mixture_view         view;
    aez_mixture              mixture;
    aez_mixed                mixed;
    size_t                   most_lanes, n_lanes; /* of a block, and of this one */
    uint16_t *value;                              /* [n_sites][most_lanes] */
    int16_t  *x, *y; /* rows of a layer's inputs and outputs, as long as layers are laid out for */
    aez_packed_layer packed[AEZ_MIXTURE_LAYERS_MAX];
    unsigned         n_packed;
} aez_lockstep;

static size_t widest(const aez_mixture_model *m)
{
    size_t n = m->layer[0].n_in;
    for (unsigned i = 0; i < m->n_layers; i++)
        n = m->layer[i].n_out > n ? m->layer[i].n_out : n;
    return (n + 7) / 8 * 8;
}

static void lockstep_free(aez_lockstep *b)
{
    if (!b)
        return;
    aez_drop(b->mem, b->value);
    aez_drop(b->mem, b->x);
    aez_drop(b->mem, b->y);
    for (unsigned i = 0; i < b->n_packed; i++)
        aez_packed_free(&b->packed[i], b->mem);
    aez_drop(b->mem, b);
}

static aez_lockstep *lockstep_create(const aez_mixture_model *m, const aez_mem *mem,
                                     const aez_grid *grid)
{
    aez_lockstep *b = aez_take(mem, 1, sizeof *b);
    uint64_t      n_items;
    size_t        n;
    if (!b)
        return NULL;
    b->mem = mem;
    b->model = m;
    b->kernels = aez_kernels_pick(NULL);
    aez_mixture_view_init(&b->view, m, grid);
    aez_mixture_init(&b->mixture, &m->shape);
    n_items = b->view.n_sites ? grid->n_sites / b->view.n_sites : 0;
    b->most_lanes = n_items < AEZ_MIXTURE_LANES ? n_items : AEZ_MIXTURE_LANES;
    n = b->most_lanes * widest(m);
    b->value = aez_take(mem, b->view.n_sites * b->most_lanes, sizeof *b->value);
    b->x = aez_take(mem, n, sizeof *b->x);
    b->y = aez_take(mem, n, sizeof *b->y);
    while (b->n_packed < m->n_layers &&
           aez_layer_pack(&b->packed[b->n_packed], mem, &m->layer[b->n_packed]) >= 0)
        b->n_packed++;
    if (b->value && b->x && b->y && b->n_packed == m->n_layers)
        return b;
    lockstep_free(b);
    return NULL;
}

/* The mixtures' numbers at a site, a row for each lane. */
static const int16_t *foretell(aez_lockstep *b, const int64_t *c, uint64_t site)
{
    const aez_mixture_model *m = b->model;
    size_t                   n = 2 * b->packed[0].layout.n_pairs;
    int64_t                  from[AEZ_MAX_TAPS];
    aez_mixture_sites(&b->view, c, (int64_t)site, from);
    for (size_t i = 0; i < m->n_taps; i++) {
        const uint16_t *v = b->value + (from[i] < 0 ? 0 : from[i]) * (int64_t)b->most_lanes;
        for (size_t r = 0; r < b->n_lanes; r++)
            b->x[r * n + i] = b->view.input[from[i] < 0 ? m->outside : v[r]];
    }
    aez_mixture_position(&b->view, c, b->x);
    for (size_t r = 1; r < b->n_lanes; r++)
        memcpy(b->x + r * n + m->n_taps, b->x + m->n_taps,
               (b->view.n_inputs - m->n_taps) * sizeof *b->x);
    for (unsigned i = 0; i < m->n_layers; i++) {
        int16_t *swap = b->x;
        b->kernels->small(&b->packed[i].layout, b->x, b->n_lanes, b->y);
        b->x = b->y;
        b->y = swap;
    }
    return b->x;
}

/* Values in a row of what foretell gives. */
static size_t row_of(const aez_lockstep *b)
{
    return b->packed[b->n_packed - 1].layout.n_out;
}

static void next_site(const aez_mixture_view *view, int64_t *c)
{
    for (unsigned a = view->n_axes; a-- > 0;) {
        if (++c[a] < view->shape[a])
            return;
        c[a] = 0;
    }
}

static void encode_block(aez_lockstep *b, const int64_t *k, aez_mixture_range *range)
{
    const aez_mixture_model *m = b->model;
    size_t                   n_out = row_of(b);
    int64_t                  c[AEZ_MAX_DIMS] = {0};
    for (uint64_t s = 0; s < b->view.n_sites; s++, next_site(&b->view, c)) {
        const int16_t *out = foretell(b, c, s);
        for (size_t r = 0; r < b->n_lanes; r++, range++) {
            unsigned v = (unsigned)(k[r * b->view.n_sites + s] - m->first);
            aez_mixture_set(&b->mixture, out + r * n_out, &b->mixed);
            range->start = aez_mixture_start(&b->mixture, &b->mixed, v);
            range->freq = aez_mixture_start(&b->mixture, &b->mixed, v + 1) - range->start;
            b->value[s * b->most_lanes + r] = (uint16_t)v;
        }
    }
}

static void decode_block(aez_lockstep *b, aez_mixture_reader *reader, int64_t *k)
{
    const aez_mixture_model *m = b->model;
    size_t                   n_out = row_of(b);
    int64_t                  c[AEZ_MAX_DIMS] = {0};
    for (uint64_t s = 0; s < b->view.n_sites; s++, next_site(&b->view, c)) {
        const int16_t *out = foretell(b, c, s);
        for (size_t r = 0; r < b->n_lanes; r++) {
            unsigned v;
            aez_mixture_set(&b->mixture, out + r * n_out, &b->mixed);
            v = aez_mixture_read(reader, &b->mixture, &b->mixed);
            b->value[s * b->most_lanes + r] = (uint16_t)v;
            k[r * b->view.n_sites + s] = (int64_t)((uint64_t)m->first + v);
        }
    }
}

/* Blocks last to first, since that is how the coder works. */
aez_status aez_mixture_encode(const aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                              const int64_t *k, aez_buf *out)
{
    aez_lockstep      *b = lockstep_create(m, mem, grid);
    aez_mixture_range *range = NULL;
    aez_mixture_writer w;
    uint64_t           n_items, block;
    aez_status         st = AEZ_ERR_NOMEM;
    aez_mixture_writer_init(&w, mem);
    if (!b)
        return st;
    range = aez_take_raw(mem, b->view.n_sites * b->most_lanes, sizeof *range);
    if (!range)
        goto done;
    n_items = b->view.n_sites ? grid->n_sites / b->view.n_sites : 0;
    for (block = (n_items + AEZ_MIXTURE_LANES - 1) / AEZ_MIXTURE_LANES; block-- > 0;) {
        uint64_t item = block * AEZ_MIXTURE_LANES;
        b->n_lanes = n_items - item < AEZ_MIXTURE_LANES ? n_items - item : AEZ_MIXTURE_LANES;
        encode_block(b, k + item * b->view.n_sites, range);
        aez_mixture_write(&w, range, b->n_lanes * b->view.n_sites);
    }
    st = aez_mixture_finish(&w, out);
done:
    aez_mixture_writer_free(&w);
    aez_drop(mem, range);
    lockstep_free(b);
    return st;
}

aez_status aez_mixture_decode(const aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                              const uint8_t *bytes, size_t size, int64_t *k)
{
    aez_lockstep      *b;
    aez_mixture_reader reader;
    uint64_t           n_items;
    aez_status         st = aez_mixture_reader_init(&reader, bytes, size);
    if (st < 0)
        return st;
    if (!(b = lockstep_create(m, mem, grid)))
        return AEZ_ERR_NOMEM;
    n_items = b->view.n_sites ? grid->n_sites / b->view.n_sites : 0;
    for (uint64_t item = 0; item < n_items; item += AEZ_MIXTURE_LANES) {
        b->n_lanes = n_items - item < AEZ_MIXTURE_LANES ? n_items - item : AEZ_MIXTURE_LANES;
        decode_block(b, &reader, k + item * b->view.n_sites);
    }
    if (!aez_mixture_done(&reader))
        st = AEZ_ERR_CORRUPT;
    lockstep_free(b);
    return st;
}
