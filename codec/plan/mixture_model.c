/* mixture_model.c - the net of a mixture in bytes, and what it sees: taps and positions. */
#include "mixture_model.h"

#include <string.h>

#define OFFSET_MAX 65535 /* of a tap, along any axis */
#define UNIT 1024        /* inputs run from -1024 to 1024 */

static uint64_t item_length(const aez_grid *grid, unsigned axis)
{
    return grid->shape[axis];
}

unsigned aez_mixture_inputs(const aez_mixture_model *m, const aez_grid *grid)
{
    unsigned n = m->n_taps;
    for (unsigned a = m->n_batch; a < grid->n_dims; a++)
        n += item_length(grid, a) <= AEZ_MIXTURE_SHORT ? (unsigned)item_length(grid, a) : 1;
    return n;
}

aez_status aez_mixture_model_layers(aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                                    const uint32_t *hidden, unsigned n_hidden)
{
    uint32_t n_in = aez_mixture_inputs(m, grid);
    m->n_layers = 0;
    for (unsigned i = 0; i <= n_hidden; i++) {
        uint32_t   n_out = i < n_hidden ? hidden[i] : aez_mixture_outputs(&m->shape);
        aez_status st = aez_layer_init(&m->layer[i], mem, n_in, n_out, 1);
        if (st < 0) {
            aez_mixture_model_free(m, mem);
            return st;
        }
        m->layer[i].activation = i < n_hidden ? AEZ_LEAKY : AEZ_LINEAR;
        m->n_layers = i + 1;
        n_in = n_out;
    }
    return AEZ_OK;
}

aez_status aez_mixture_model_copy(aez_mixture_model *to, const aez_mixture_model *from,
                                  const aez_mem *mem, const aez_grid *grid)
{
    uint32_t   hidden[AEZ_MIXTURE_LAYERS_MAX];
    aez_status st;
    for (unsigned i = 0; i < from->n_layers; i++)
        hidden[i] = from->layer[i].n_out;
    *to = *from;
    st = aez_mixture_model_layers(to, mem, grid, hidden, from->n_layers - 1);
    for (unsigned i = 0; st >= 0 && i < from->n_layers; i++) {
        const aez_layer *a = &from->layer[i];
        aez_layer       *b = &to->layer[i];
        memcpy(b->weight, a->weight, (size_t)a->n_in * a->n_out * sizeof *a->weight);
        memcpy(b->bias, a->bias, a->n_out * sizeof *a->bias);
        b->shift = a->shift;
        b->wide = a->wide;
    }
    return st;
}

void aez_mixture_model_free(aez_mixture_model *m, const aez_mem *mem)
{
    for (unsigned i = 0; i < m->n_layers; i++)
        aez_layer_free(&m->layer[i], mem);
    m->n_layers = 0;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static aez_status put_layer(const aez_layer *layer, unsigned log, const aez_mem *mem, aez_buf *out)
{
    aez_pack_options pack = {.zstd_only = 0, .zstd_level = 0};
    size_t           n_weights = (size_t)layer->n_in * layer->n_out, n = n_weights + layer->n_out;
    uint16_t        *symbols = aez_take_raw(mem, n, sizeof *symbols);
    aez_status       st;
    if (!symbols)
        return AEZ_ERR_NOMEM;
    for (size_t i = 0; i < n_weights; i++)
        symbols[i] = (uint16_t)aez_zigzag(layer->weight[i]);
    for (size_t i = n_weights; i < n; i++)
        symbols[i] = (uint16_t)aez_zigzag(layer->bias[i - n_weights] >>
                                          (AEZ_MIXTURE_ONE + AEZ_LAYER_GUARD - log));
    aez_put_u8(out, log);
    st = aez_symbols_pack(mem, symbols, n, &pack, out);
    aez_drop(mem, symbols);
    return st;
}

aez_status aez_mixture_model_put(const aez_mixture_model *m, const aez_mem *mem,
                                 const aez_grid *grid, aez_buf *out)
{
    aez_status st = AEZ_OK;
    aez_put_u8(out, m->n_batch);
    aez_put_svarint(out, m->first);
    aez_put_varint(out, m->shape.n_values - 2);
    aez_put_u8(out, m->shape.n_logistics);
    aez_put_u8(out, m->shape.n_spikes);
    for (unsigned j = 0; j < m->shape.n_spikes; j++)
        aez_put_varint(out, j ? m->shape.spike[j] - m->shape.spike[j - 1] - 1u
                              : m->shape.spike[j]);
    aez_put_varint(out, m->outside);
    aez_put_u8(out, m->n_taps);
    for (unsigned i = 0; i < m->n_taps; i++) {
        for (unsigned a = m->n_batch; a < grid->n_dims; a++)
            aez_put_svarint(out, m->tap[i][a]);
    }
    aez_put_u8(out, m->n_layers - 1);
    for (unsigned i = 0; i + 1 < m->n_layers; i++)
        aez_put_u8(out, m->layer[i].n_out - 1);
    for (unsigned i = 0; st >= 0 && i < m->n_layers; i++)
        st = put_layer(&m->layer[i], m->log[i], mem, out);
    return st >= 0 && out->failed ? AEZ_ERR_NOMEM : st;
}

static int get_shape(aez_mixture_shape *shape, aez_rd *in)
{
    uint64_t n = aez_get_varint(in), spike;
    if (in->failed || n > AEZ_MIXTURE_VALUES_MAX - 2)
        return 0;
    shape->n_values = (uint32_t)n + 2;
    shape->n_logistics = aez_get_u8(in);
    shape->n_spikes = aez_get_u8(in);
    if (in->failed || shape->n_logistics < 1 || shape->n_logistics > AEZ_MIXTURE_LOGISTICS_MAX ||
        shape->n_spikes > AEZ_MIXTURE_SPIKES_MAX)
        return 0;
    for (unsigned j = 0; j < shape->n_spikes; j++) {
        uint64_t gap = aez_get_varint(in);
        if (in->failed || gap >= shape->n_values)
            return 0;
        spike = j ? shape->spike[j - 1] + 1 + gap : gap;
        if (spike >= shape->n_values)
            return 0;
        shape->spike[j] = (uint16_t)spike;
    }
    return 1;
}

/* Offsets have to point back in C order. */
static int get_taps(aez_mixture_model *m, const aez_grid *grid, aez_rd *in)
{
    m->n_taps = aez_get_u8(in);
    if (in->failed || m->n_taps > AEZ_MAX_TAPS)
        return 0;
    for (unsigned i = 0; i < m->n_taps; i++) {
        int sign = 0;
        for (unsigned a = m->n_batch; a < grid->n_dims; a++) {
            int64_t offset = aez_get_svarint(in);
            if (in->failed || offset < -OFFSET_MAX || offset > OFFSET_MAX)
                return 0;
            m->tap[i][a] = (int32_t)offset;
            sign = sign ? sign : offset < 0 ? -1 : offset > 0;
        }
        if (sign >= 0)
            return 0;
    }
    return 1;
}

static aez_status get_layer(aez_layer *layer, uint8_t *log, const aez_mem *mem, aez_rd *in)
{
    size_t     n_weights = (size_t)layer->n_in * layer->n_out, n = 0;
    uint16_t  *symbols = NULL;
    aez_status st;
    *log = (uint8_t)aez_get_u8(in);
    if (in->failed || *log < AEZ_MIXTURE_LOG_MIN || *log > AEZ_MIXTURE_LOG_MAX)
        return AEZ_ERR_CORRUPT;
    st = aez_symbols_unpack(mem, in, n_weights + layer->n_out, &symbols, &n);
    if (st < 0)
        return st == AEZ_ERR_LIMIT ? AEZ_ERR_CORRUPT : st;
    if (n != n_weights + layer->n_out)
        st = AEZ_ERR_CORRUPT;
    for (size_t i = 0; st >= 0 && i < n; i++) {
        int64_t v = aez_unzigzag(symbols[i]);
        if (i < n_weights && v >= -AEZ_MIXTURE_WEIGHT_MAX && v <= AEZ_MIXTURE_WEIGHT_MAX)
            layer->weight[i] = (int16_t)v;
        else if (i >= n_weights && v >= -AEZ_MIXTURE_BIAS_MAX && v <= AEZ_MIXTURE_BIAS_MAX)
            layer->bias[i - n_weights] =
                (int32_t)v * ((int32_t)1 << (AEZ_MIXTURE_ONE + AEZ_LAYER_GUARD - *log));
        else
            st = AEZ_ERR_CORRUPT;
    }
    layer->shift = *log - AEZ_LAYER_GUARD;
    aez_layer_prove(layer);
    aez_drop(mem, symbols);
    return st;
}

aez_status aez_mixture_model_get(aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                                 aez_rd *in)
{
    uint32_t   hidden[AEZ_MIXTURE_LAYERS_MAX];
    uint64_t   outside;
    unsigned   n_hidden;
    aez_status st;
    memset(m, 0, sizeof *m);
    m->n_batch = aez_get_u8(in);
    m->first = aez_get_svarint(in);
    if (in->failed || m->n_batch >= grid->n_dims || !get_shape(&m->shape, in))
        return AEZ_ERR_CORRUPT;
    outside = aez_get_varint(in);
    if (in->failed || outside >= m->shape.n_values || !get_taps(m, grid, in))
        return AEZ_ERR_CORRUPT;
    m->outside = (uint32_t)outside;
    n_hidden = aez_get_u8(in);
    if (in->failed || n_hidden >= AEZ_MIXTURE_LAYERS_MAX)
        return AEZ_ERR_CORRUPT;
    for (unsigned i = 0; i < n_hidden; i++)
        hidden[i] = aez_get_u8(in) + 1;
    if (in->failed)
        return AEZ_ERR_CORRUPT;
    st = aez_mixture_model_layers(m, mem, grid, hidden, n_hidden);
    for (unsigned i = 0; st >= 0 && i < m->n_layers; i++)
        st = get_layer(&m->layer[i], &m->log[i], mem, in);
    if (st < 0)
        aez_mixture_model_free(m, mem);
    return st;
}

/* ---- what the net sees ---------------------------------------------------------------------- */

void aez_mixture_view_init(aez_mixture_view *view, const aez_mixture_model *m, const aez_grid *grid)
{
    uint32_t top = m->shape.n_values - 1;
    uint32_t scale = ((2 * UNIT) << 8) / top;
    int64_t  pitch = 1;
    memset(view, 0, sizeof *view);
    view->model = m;
    view->n_axes = grid->n_dims - m->n_batch;
    for (unsigned i = view->n_axes; i-- > 0;) {
        view->shape[i] = (int64_t)grid->shape[m->n_batch + i];
        view->pitch[i] = pitch;
        pitch *= view->shape[i];
    }
    view->n_sites = (uint64_t)pitch;
    view->n_inputs = aez_mixture_inputs(m, grid);
    for (uint32_t v = 0; v <= top; v++)
        view->input[v] = (int16_t)((int32_t)((v * scale) >> 8) - UNIT);
}

/* A coordinate that leaves the item is moved to its edge; a site that is not before the target's
 * then is none. */
void aez_mixture_sites(const aez_mixture_view *view, const int64_t *c, int64_t site, int64_t *from)
{
    const aez_mixture_model *m = view->model;
    for (unsigned i = 0; i < m->n_taps; i++) {
        int64_t at = 0;
        for (unsigned a = 0; a < view->n_axes; a++) {
            int64_t x = c[a] + m->tap[i][m->n_batch + a], last = view->shape[a] - 1;
            at += (x < 0 ? 0 : x > last ? last : x) * view->pitch[a];
        }
        from[i] = at < site ? at : -1;
    }
}

void aez_mixture_position(const aez_mixture_view *view, const int64_t *c, int16_t *x)
{
    unsigned n = view->model->n_taps;
    for (unsigned a = 0; a < view->n_axes; a++) {
        if (view->shape[a] > AEZ_MIXTURE_SHORT) {
            /* below 2^62 for any length of an axis: UNIT is 2^10 */
            x[n++] = (int16_t)((int64_t)((uint64_t)(2 * c[a] + 1) * UNIT /
                                         (uint64_t)view->shape[a]) - UNIT);
            continue;
        }
        for (int64_t i = 0; i < view->shape[a]; i++)
            x[n++] = i == c[a] ? UNIT : 0;
    }
}
