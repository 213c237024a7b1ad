/* search_mixture.c - the model of a field coded by mixtures: neighbours, spikes, net, training. */
#include "search_mixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "seed.h"

#define LEVEL_MIN 5
#define SITES_MIN 2048 /* fewer do not pay for a net */
#define BATCH 512
#define FINE_SITES 300000 /* from there on finer weights pay for themselves */
#define REACH 6        /* farthest neighbour along an axis; 2 where an item has many axes */
#define SPIKE_NEAR 6   /* values either side that a spike stands out from */

/* What a field of so many sites is worth. */
typedef struct mixture_size {
    uint64_t sites; /* up to */
    unsigned n_taps, n_logistics, hidden[2];
} mixture_size;

static const mixture_size SIZES[] = {
    {16384, 10, 2, {10, 0}},       {65536, 16, 2, {16, 12}},      {524288, 24, 3, {32, 24}},
    {4194304, 28, 3, {32, 24}},    {UINT64_MAX, 34, 3, {32, 32}},
};
static const mixture_size LARGE[] = { /* from level 8 on */
    {16384, 12, 2, {12, 8}},       {65536, 20, 3, {20, 16}},      {524288, 26, 3, {32, 24}},
    {4194304, 30, 4, {48, 32}},    {UINT64_MAX, 54, 4, {64, 48}},
};

static const mixture_size *size_for(uint64_t sites, int level)
{
    const mixture_size *size = level >= 8 ? LARGE : SIZES;
    while (sites > size->sites)
        size++;
    return size;
}

static int range_of(const aez_ifield *field, uint64_t n, int64_t *lo, uint32_t *n_values)
{
    int64_t hi = INT64_MIN;
    *lo = INT64_MAX;
    *n_values = 0;
    for (uint64_t i = 0; i < n; i++) {
        *lo = field->k[i] < *lo ? field->k[i] : *lo;
        hi = field->k[i] > hi ? field->k[i] : hi;
    }
    if (hi <= *lo || (uint64_t)hi - (uint64_t)*lo >= AEZ_MIXTURE_VALUES_MAX)
        return 0;
    *n_values = (uint32_t)(hi - *lo) + 1;
    return 1;
}

/* A model kept from another chunk serves values up to a higher one too, as long as its means count
 * in the same units. */
static int fits(const aez_mixture_model *m, int64_t lo, uint32_t n_values)
{
    uint64_t over;
    if (!m || lo < m->first)
        return 0;
    over = (uint64_t)lo - (uint64_t)m->first;
    return over <= AEZ_MIXTURE_VALUES_MAX &&
           (over + n_values <= m->shape.n_values ||
            aez_mixture_unit((uint32_t)over + n_values) == aez_mixture_unit(m->shape.n_values));
}

int aez_mixture_may_pay(const aez_grid *grid, const aez_ifield *field,
                        const aez_search_options *options)
{
    int64_t  lo;
    uint32_t n_values;
    if (options->level < LEVEL_MIN || options->zstd_only || !options->trainer ||
        !options->trainer->mixture)
        return 0;
    if (grid->n_dims < 2 || grid->n_sites < SITES_MIN || grid->n_sites / grid->shape[0] < 2 ||
        field->step != 1 || field->skip || field->image_width)
        return 0;
    if (!range_of(field, grid->n_sites, &lo, &n_values))
        return 0;
    return !options->seed_plan || fits(aez_seed_mixture(options->seed_plan, grid), lo, n_values);
}

/* ---- neighbours ------------------------------------------------------------------------------ */

typedef struct offset {
    int32_t  at[AEZ_MAX_DIMS];
    uint32_t distance; /* squared */
} offset;

/* The next offset in C order within the box; 0 after the one before the origin. */
static int advance(int32_t *at, const int32_t *reach, unsigned n)
{
    for (unsigned a = n; a-- > 0;) {
        if (at[a] < reach[a]) {
            at[a]++;
            break;
        }
        at[a] = -reach[a];
    }
    for (unsigned a = 0; a < n; a++) {
        if (at[a])
            return at[a] < 0;
    }
    return 0;
}

/* Keeps the nearest, in the order in which they come. */
static unsigned keep(offset *best, unsigned n, unsigned most, const offset *o)
{
    unsigned i = n;
    if (n == most && best[n - 1].distance <= o->distance)
        return n;
    if (n == most)
        i = --n;
    for (; i > 0 && best[i - 1].distance > o->distance; i--)
        best[i] = best[i - 1];
    best[i] = *o;
    return n + 1;
}

static void choose_taps(aez_mixture_model *m, const aez_grid *grid, unsigned most)
{
    unsigned n_axes = grid->n_dims - m->n_batch;
    int32_t  reach[AEZ_MAX_DIMS];
    offset   best[AEZ_MAX_TAPS], o = {{0}, 0};
    for (unsigned a = 0; a < n_axes; a++) {
        uint64_t length = grid->shape[m->n_batch + a];
        reach[a] = n_axes > 3 ? 2 : REACH;
        if (length <= (uint64_t)reach[a])
            reach[a] = (int32_t)length - 1;
        o.at[a] = -reach[a];
    }
    do {
        o.distance = 0;
        for (unsigned a = 0; a < n_axes; a++)
            o.distance += (uint32_t)(o.at[a] * o.at[a]);
        if (o.distance)
            m->n_taps = keep(best, m->n_taps, most, &o);
    } while (advance(o.at, reach, n_axes));
    for (unsigned i = 0; i < m->n_taps; i++)
        memcpy(m->tap[i] + m->n_batch, best[i].at, n_axes * sizeof best[i].at[0]);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* How much a value stands out: its count, times the bits that its neighbours would spend more. */
static double spike_gain(const uint64_t *count, uint32_t n_values, uint32_t v)
{
    double   near = 0;
    unsigned n = 0;
    for (uint32_t u = v < SPIKE_NEAR ? 0 : v - SPIKE_NEAR; u < n_values && u <= v + SPIKE_NEAR;
         u++) {
        near += u == v ? 0 : sqrt((double)count[u]);
        n += u != v;
    }
    near = n ? near / n * near / n : 0;
    return (double)count[v] * log2(((double)count[v] + 1) / (near + 1));
}

static void choose_spikes(aez_mixture_shape *shape, const uint64_t *count, uint64_t n_sites)
{
    for (uint32_t v = 0; v < shape->n_values; v++) {
        double   gain = spike_gain(count, shape->n_values, v);
        unsigned at;
        if (gain < 0.0005 * (double)n_sites || count[v] < n_sites / 2000)
            continue;
        if (shape->n_spikes == AEZ_MIXTURE_SPIKES_MAX) {
            unsigned worst = 0;
            for (unsigned j = 1; j < shape->n_spikes; j++) {
                if (spike_gain(count, shape->n_values, shape->spike[j]) <
                    spike_gain(count, shape->n_values, shape->spike[worst]))
                    worst = j;
            }
            if (spike_gain(count, shape->n_values, shape->spike[worst]) >= gain)
                continue;
            shape->n_spikes--;
            for (unsigned j = worst; j < shape->n_spikes; j++)
                shape->spike[j] = shape->spike[j + 1];
        }
        at = shape->n_spikes++;
        shape->spike[at] = (uint16_t)v;
    }
}

static aez_status choose_values(aez_mixture_model *m, const aez_mem *mem, const aez_ifield *field,
                                uint64_t n_sites)
{
    uint64_t *count = aez_take(mem, AEZ_MIXTURE_VALUES_MAX, sizeof *count);
    if (!count)
        return AEZ_ERR_NOMEM;
    for (uint64_t i = 0; i < n_sites; i++)
        count[field->k[i] - m->first]++;
    for (uint32_t v = 1; v < m->shape.n_values; v++)
        m->outside = count[v] > count[m->outside] ? v : m->outside;
    choose_spikes(&m->shape, count, n_sites);
    aez_drop(mem, count);
    return AEZ_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

typedef struct lesson {
    const aez_mixture_view *view;
    const int64_t          *k;
    uint64_t                n_items, seed;
} lesson;

/* Sites drawn at random: the same ones for the same step and seed. */
static void fill(void *opaque, uint64_t step, size_t n, int16_t *x, uint16_t *values)
{
    const lesson            *l = opaque;
    const aez_mixture_view  *view = l->view;
    const aez_mixture_model *m = view->model;
    aez_rng                  rng;
    aez_rng_seed(&rng, l->seed ^ step * UINT64_C(0xD1342543DE82EF95));
    for (size_t r = 0; r < n; r++, x += view->n_inputs) {
        uint64_t       site = aez_rng_below(&rng, view->n_sites), left = site;
        const int64_t *item = l->k + aez_rng_below(&rng, l->n_items) * view->n_sites;
        int64_t        c[AEZ_MAX_DIMS], from[AEZ_MAX_TAPS];
        for (unsigned a = 0; a < view->n_axes; a++) {
            c[a] = (int64_t)left / view->pitch[a];
            left -= (uint64_t)(c[a] * view->pitch[a]);
        }
        aez_mixture_sites(view, c, (int64_t)site, from);
        for (unsigned i = 0; i < m->n_taps; i++)
            x[i] = view->input[from[i] < 0 ? m->outside : (uint64_t)(item[from[i]] - m->first)];
        aez_mixture_position(view, c, x);
        values[r] = (uint16_t)(item[site] - m->first);
    }
}

/* Batches within a budget of multiply-adds and of passes over the field. */
static uint64_t choose_steps(const aez_mixture_model *m, uint64_t n_sites, int level)
{
    double budget = level >= 8 ? 1.6e12 : level >= 6 ? 4e11 : 1.4e11;
    double most = (level >= 8 ? 200 : 60) * (double)n_sites / BATCH, weights = 0;
    for (unsigned i = 0; i < m->n_layers; i++)
        weights += (double)m->layer[i].n_in * m->layer[i].n_out;
    budget /= 3 * BATCH * weights;
    return (uint64_t)(budget < most ? budget : most) + 1;
}

static aez_status train(aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                        const aez_ifield *field, const aez_search_options *options)
{
    aez_mixture_layer layers[AEZ_MIXTURE_LAYERS_MAX];
    uint32_t          hidden[AEZ_MIXTURE_LAYERS_MAX];
    aez_mixture_view *view = aez_take(mem, 1, sizeof *view);
    lesson            l = {.view = view, .k = field->k, .seed = options->seed};
    aez_mixture_task  task = {.n_hidden = m->n_layers - 1,
                              .hidden = hidden,
                              .n_values = m->shape.n_values,
                              .n_logistics = m->shape.n_logistics,
                              .n_spikes = m->shape.n_spikes,
                              .spike = m->shape.spike,
                              .seed = options->seed,
                              .batch = BATCH,
                              .log = grid->n_sites < FINE_SITES ? 5 : 6,
                              .fill = fill,
                              .opaque = &l};
    aez_status        st = AEZ_ERR_NOMEM;
    if (!view)
        return st;
    aez_mixture_view_init(view, m, grid);
    l.n_items = grid->n_sites / view->n_sites;
    task.n_inputs = view->n_inputs;
    task.steps = choose_steps(m, grid->n_sites, options->level);
    for (unsigned i = 0; i < m->n_layers; i++) {
        hidden[i] = m->layer[i].n_out;
        layers[i].weight = m->layer[i].weight;
        layers[i].bias = m->layer[i].bias;
    }
    st = options->trainer->mixture(mem, &task, layers);
    for (unsigned i = 0; st >= 0 && i < m->n_layers; i++) {
        aez_layer *layer = &m->layer[i];
        m->log[i] = (uint8_t)layers[i].log;
        layer->shift = layers[i].log - AEZ_LAYER_GUARD;
        for (uint32_t o = 0; o < layer->n_out; o++)
            layer->bias[o] *= (int32_t)1 << (AEZ_MIXTURE_ONE + AEZ_LAYER_GUARD - m->log[i]);
        aez_layer_prove(layer);
    }
    aez_drop(mem, view);
    return st;
}

static aez_status take_kept(aez_mixture_model *out, const aez_mixture_model *kept,
                            const aez_mem *mem, const aez_grid *grid, const aez_ifield *field)
{
    int64_t    lo;
    uint32_t   n_values, last;
    aez_status st = aez_mixture_model_copy(out, kept, mem, grid);
    range_of(field, grid->n_sites, &lo, &n_values);
    last = (uint32_t)(lo - out->first) + n_values;
    if (last > out->shape.n_values)
        out->shape.n_values = last;
    return st;
}

aez_status aez_search_mixture(const aez_mem *mem, const aez_grid *grid, const aez_ifield *field,
                              const aez_search_options *options, aez_mixture_model *out)
{
    const mixture_size *size = size_for(grid->n_sites, options->level);
    unsigned            n_hidden = 0;
    aez_status          st;
    memset(out, 0, sizeof *out);
    if (options->seed_plan)
        return take_kept(out, aez_seed_mixture(options->seed_plan, grid), mem, grid, field);
    out->n_batch = 1;
    range_of(field, grid->n_sites, &out->first, &out->shape.n_values);
    out->shape.n_logistics = size->n_logistics;
    st = choose_values(out, mem, field, grid->n_sites);
    if (st < 0)
        return st;
    choose_taps(out, grid, size->n_taps);
    while (n_hidden < 2 && size->hidden[n_hidden])
        n_hidden++;
    st = aez_mixture_model_layers(out, mem, grid, size->hidden, n_hidden);
    if (st >= 0)
        st = train(out, mem, grid, field, options);
    if (st < 0)
        aez_mixture_model_free(out, mem);
    return st;
}

aez_status aez_mixture_of_model(const aez_mem *mem, const aez_plan_seed *plans,
                                const aez_grid *grid, const aez_ifield *field, int level,
                                aez_mixture_model *out, uint32_t *more)
{
    const aez_mixture_model *kept = aez_seed_mixture(plans, grid);
    int64_t                  lo;
    uint32_t                 n_values;
    aez_status               st;
    memset(out, 0, sizeof *out);
    if (level < LEVEL_MIN || !kept || field->step != 1 || field->skip || field->image_width ||
        !range_of(field, grid->n_sites, &lo, &n_values) || !fits(kept, lo, n_values))
        return AEZ_OK;
    st = take_kept(out, kept, mem, grid, field);
    *more = out->shape.n_values - kept->shape.n_values;
    return st;
}

void aez_mixture_text(const aez_mixture_model *m, char *text, size_t size)
{
    int n = snprintf(text, size, "mixtures of %u logistics and %u spikes, net %u",
                     m->shape.n_logistics, m->shape.n_spikes, (unsigned)m->layer[0].n_in);
    for (unsigned i = 0; i < m->n_layers && n >= 0 && (size_t)n < size; i++)
        n += snprintf(text + n, size - (size_t)n, "-%u", (unsigned)m->layer[i].n_out);
}
