/* search_view.c - other shapes for a chunk, from the distances over which its values repeat. */
#include "search_view.h"

#include <string.h>

#include "../base/floatbits.h"

#define FEWEST 1024       /* values below which there is nothing to find */
#define MOST (UINT64_C(1) << 31)
#define FARTHEST 262144   /* longest distance looked at */
#define PROBES 256        /* values compared at every distance, fewer where there are many distances */
#define COMPARISONS 33554432
#define FINALISTS 48      /* distances looked at again */
#define LOOKS 4096        /* values compared at those */
#define GAIN 0.15         /* bits a value that a distance must save */

typedef struct aez_lag {
    uint64_t distance;
    double   bits; /* mean length of a difference, in steps */
} aez_lag;

/* What distances are judged on: the integers, in floats of one step. */
typedef struct aez_series {
    const aez_mem *mem;
    float         *v;
    uint64_t       n;
} aez_series;

/* About log2(1 + |d|), by the exponent and first bits of a float: cheap, and the same everywhere. */
static inline float length_of(float d)
{
    float    x = 1 + (d < 0 ? -d : d);
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (float)(bits - 0x3F800000u) * 0x1p-23f;
}

static aez_status series_take(aez_series *s, const aez_mem *mem, const aez_ifield *field,
                              uint64_t n)
{
    float scale = 1 / (float)field->step;
    s->mem = mem;
    s->n = n;
    s->v = aez_take_raw(mem, n, sizeof *s->v);
    if (!s->v)
        return AEZ_ERR_NOMEM;
    for (uint64_t i = 0; i < n; i++) {
        int64_t k = field->k[i];
        if (field->image_width)
            k = aez_image_from_ordered(k, field->image_width, field->image_scale);
        s->v[i] = (float)k * scale;
    }
    return AEZ_OK;
}

static double bits_at(const aez_series *s, uint64_t distance)
{
    uint64_t n = s->n - distance, step = n / LOOKS + 1, looked = 0;
    double   sum = 0;
    for (uint64_t i = distance; i < s->n; i += step | 1, looked++)
        sum += length_of(s->v[i] - s->v[i - distance]);
    return looked ? sum / (double)looked : 64;
}

/* The cheapest step that the grid itself offers, of one or two axes. */
static double bits_of_grid(const aez_series *s, const aez_grid *grid)
{
    uint64_t pitch = 1;
    double   best = 64;
    for (unsigned a = grid->n_dims; a-- > 0;) {
        for (uint64_t steps = 1; steps <= 2 && steps < grid->shape[a]; steps++) {
            double bits = bits_at(s, pitch * steps);
            best = bits < best ? bits : best;
        }
        pitch *= grid->shape[a];
    }
    return best;
}

/* Sum of lengths at each distance, over probes spread over the values that have them all. */
static void probe_all(const aez_series *s, float *sum, uint64_t farthest)
{
    uint64_t room = s->n - farthest, n = COMPARISONS / (farthest + 1);
    n = n < PROBES ? n : PROBES;
    memset(sum, 0, (farthest + 1) * sizeof *sum);
    for (uint64_t p = 0; p < n; p++) {
        /* the golden ratio in 32 bits spreads probes evenly without a common period */
        uint64_t     at = farthest + (((p * 2654435769u) & 0xFFFFFFFFu) * room >> 32);
        const float *v = s->v + at;
        for (uint64_t d = 1; d <= farthest; d++)
            sum[d] += length_of(v[0] - *(v - d));
    }
}

/* The finalists, best first, by a closer look. */
static size_t find_lags(const aez_series *s, const float *sum, uint64_t farthest, double below,
                        aez_lag *best)
{
    aez_lag some[FINALISTS];
    size_t  n = 0, kept = 0;
    for (uint64_t d = 2; d <= farthest; d++) {
        size_t i = n < FINALISTS ? n : FINALISTS;
        if (n == FINALISTS && sum[d] >= some[n - 1].bits)
            continue;
        for (; i > 0 && some[i - 1].bits > sum[d]; i--) {
            if (i < FINALISTS)
                some[i] = some[i - 1];
        }
        some[i] = (aez_lag){d, sum[d]};
        n += n < FINALISTS;
    }
    for (size_t i = 0; i < n; i++) {
        aez_lag lag = {some[i].distance, bits_at(s, some[i].distance)};
        size_t  j;
        if (lag.bits >= below)
            continue;
        for (j = kept++; j > 0 && best[j - 1].bits > lag.bits; j--)
            best[j] = best[j - 1];
        best[j] = lag;
    }
    return kept;
}

static int is_stride(const aez_grid *grid, uint64_t distance)
{
    uint64_t pitch = 1;
    for (unsigned a = grid->n_dims; a-- > 0;) {
        if (pitch == distance)
            return 1;
        pitch *= grid->shape[a];
    }
    return 0;
}

/* Adds the shape with lines of `inner` values, `middle` of them to a plane (1: no planes). */
static void add_view(aez_grid *views, unsigned *n, const aez_grid *grid, uint64_t middle,
                     uint64_t inner)
{
    uint64_t  block = middle * inner, outer = (grid->n_sites + block - 1) / block;
    uint64_t  shape[3] = {outer, middle, inner};
    aez_grid *view = &views[*n];
    if (*n == AEZ_MAX_VIEWS || outer < 2 ||
        outer * block - grid->n_sites > grid->n_sites / AEZ_SPARE_SHARE)
        return;
    aez_grid_init(view, shape, 3);
    for (unsigned i = 0; i < *n; i++) {
        if (memcmp(&views[i], view, sizeof *view) == 0)
            return;
    }
    *n += view->n_dims != grid->n_dims ||
          memcmp(view->shape, grid->shape, sizeof view->shape) != 0;
}

/* Shapes from the best distance, alone, cut by the best that divides it, and in the best multiple.
 */
static void make_views(const aez_grid *grid, const aez_lag *lag, size_t n_lags, aez_grid *views,
                       unsigned *n)
{
    uint64_t line = lag[0].distance;
    for (size_t i = 1; i < n_lags; i++) {
        if (line % lag[i].distance == 0) {
            add_view(views, n, grid, line / lag[i].distance, lag[i].distance);
            break;
        }
    }
    add_view(views, n, grid, 1, line);
    for (size_t i = 1; i < n_lags; i++) {
        if (lag[i].distance % line == 0 && lag[i].distance > 3 * line) {
            add_view(views, n, grid, lag[i].distance / line, line);
            break;
        }
    }
}

aez_status aez_search_views(const aez_mem *mem, const aez_grid *grid, const aez_ifield *field,
                            aez_grid *views, unsigned *n)
{
    uint64_t   farthest = grid->n_sites / 3;
    aez_series s = {0};
    aez_lag    best[FINALISTS];
    float     *sum = NULL;
    double     below;
    size_t     n_lags;
    aez_status st;
    *n = 0;
    if (grid->n_sites < FEWEST || grid->n_sites >= MOST)
        return AEZ_OK;
    farthest = farthest < FARTHEST ? farthest : FARTHEST;
    st = series_take(&s, mem, field, grid->n_sites);
    if (st < 0)
        return st;
    sum = aez_take_raw(mem, farthest + 1, sizeof *sum);
    if (sum) {
        below = bits_of_grid(&s, grid) - GAIN;
        probe_all(&s, sum, farthest);
        n_lags = find_lags(&s, sum, farthest, below, best);
        if (n_lags > 0 && !is_stride(grid, best[0].distance))
            make_views(grid, best, n_lags, views, n);
    }
    aez_drop(mem, s.v);
    aez_drop(mem, sum);
    return sum ? AEZ_OK : AEZ_ERR_NOMEM;
}
