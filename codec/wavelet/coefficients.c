/* coefficients.c - coding of quantised wavelet coefficients, in contexts of those before. */
#include "coefficients.h"

#include <string.h>

#include "../base/octave.h"

#define PAD_LEFT 2  /* zeros before each line of magnitudes: taps reach two back */
#define PAD_RIGHT 1 /* and one ahead */
#define MAGNITUDE_MAX 65535 /* sums of 64 taps with weights up to 15 stay below 2^26 */

typedef struct aez_look { /* one coefficient looked at */
    int      halve;       /* mask of the axes whose coordinate is halved; 0: a neighbour */
    int8_t   back[AEZ_MAX_DIMS]; /* of a neighbour: subtracted from the coordinate */
    uint8_t  usual;
} aez_look;

struct aez_walk {
    const aez_mem  *mem;
    aez_grid        grid;
    uint64_t        width, pitch; /* sites of a line, and elements of its padded magnitudes */
    unsigned        n_looks;
    aez_look        look[AEZ_MAX_TAPS];
    uint8_t        *octave[AEZ_MAX_DIMS]; /* by coordinate */
    uint16_t       *magnitude;            /* padded lines */
    uint32_t       *sum;                  /* [width] */
};

/* ---- what is looked at ------------------------------------------------------------------------ */

static unsigned list_looks(aez_look *look, const aez_wavelet *w, const aez_grid *grid)
{
    unsigned n = 0, transformed = 0;
    int      all = 0;
    memset(look, 0, AEZ_MAX_TAPS * sizeof *look);
    for (unsigned a = 0; a < grid->n_dims; a++) {
        look[n].back[a] = 1;
        look[n++].usual = 8;
        look[n].back[a] = 2;
        look[n++].usual = 3;
    }
    for (unsigned a = 0; grid->n_dims <= AEZ_DIAGONAL_DIMS && a < grid->n_dims; a++) {
        for (unsigned b = a + 1; b < grid->n_dims; b++) {
            for (int side = 1; side >= -1; side -= 2) {
                look[n].back[a] = 1;
                look[n].back[b] = (int8_t)side;
                look[n++].usual = 3;
            }
        }
    }
    for (unsigned a = 0; a < grid->n_dims; a++) {
        if (w->levels[a] == 0)
            continue;
        look[n].halve = 1 << a;
        look[n++].usual = 4;
        all |= 1 << a;
        transformed++;
    }
    if (transformed > 1) {
        look[n].halve = all;
        look[n++].usual = 2;
    }
    return n;
}

unsigned aez_contexts_taps(const aez_wavelet *w, const aez_grid *grid)
{
    aez_look look[AEZ_MAX_TAPS];
    return list_looks(look, w, grid);
}

void aez_contexts_usual(aez_contexts *c, const aez_wavelet *w, const aez_grid *grid)
{
    aez_look look[AEZ_MAX_TAPS];
    unsigned n = list_looks(look, w, grid);
    c->fitted = 0;
    for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++) {
        for (unsigned i = 0; i < n; i++)
            c->weight[k][i] = look[i].usual;
    }
}

/* ---- walks ------------------------------------------------------------------------------------ */

void aez_walk_end(aez_walk *walk)
{
    if (!walk)
        return;
    for (unsigned a = 0; a < walk->grid.n_dims; a++)
        aez_drop(walk->mem, walk->octave[a]);
    aez_drop(walk->mem, walk->magnitude);
    aez_drop(walk->mem, walk->sum);
    aez_drop(walk->mem, walk);
}

aez_status aez_walk_start(aez_walk **out, const aez_mem *mem, const aez_wavelet *w,
                          const aez_grid *grid)
{
    aez_walk *walk = aez_take(mem, 1, sizeof *walk);
    int       failed = 0;
    if (!walk)
        return AEZ_ERR_NOMEM;
    walk->mem = mem;
    walk->grid = *grid;
    walk->width = grid->shape[grid->n_dims - 1];
    walk->pitch = walk->width + PAD_LEFT + PAD_RIGHT;
    walk->n_looks = list_looks(walk->look, w, grid);
    walk->magnitude = aez_take(mem, (size_t)(grid->n_sites / walk->width * walk->pitch),
                               sizeof *walk->magnitude);
    walk->sum = aez_take_raw(mem, (size_t)walk->width, sizeof *walk->sum);
    for (unsigned a = 0; a < grid->n_dims; a++) {
        uint64_t n = grid->shape[a];
        walk->octave[a] = aez_take_raw(mem, (size_t)n, 1);
        failed |= !walk->octave[a];
        for (uint64_t i = 0; walk->octave[a] && i < n; i++)
            walk->octave[a][i] = (uint8_t)aez_wavelet_octave(i, n, w->levels[a]);
    }
    if (failed || !walk->magnitude || !walk->sum) {
        aez_walk_end(walk);
        return AEZ_ERR_NOMEM;
    }
    *out = walk;
    return AEZ_OK;
}

/* A line of the innermost axis, and where each look reads: [x + dx], or [x / 2] for `half`. */
typedef struct aez_line {
    uint64_t  number;
    uint16_t *own;
    unsigned  octaves; /* of all axes but the innermost, added up */
    struct {
        const uint16_t *from; /* NULL: outside */
        int             dx, half;
        int             own; /* the coefficients of this very line */
    } look[AEZ_MAX_TAPS];
} aez_line;

/* Number of the line that a look reads, its other axes moved; UINT64_MAX when outside. */
static uint64_t line_of(const aez_walk *walk, const aez_look *look, const uint64_t *coordinate)
{
    uint64_t line = 0;
    for (unsigned a = 0; a + 1 < walk->grid.n_dims; a++) {
        uint64_t c = coordinate[a];
        if (look->halve)
            c >>= look->halve >> a & 1;
        else if (look->back[a] > 0 && c < (uint64_t)look->back[a])
            return UINT64_MAX;
        else
            c -= (uint64_t)(int64_t)look->back[a];
        if (c >= walk->grid.shape[a])
            return UINT64_MAX;
        line = line * walk->grid.shape[a] + c;
    }
    return line;
}

static void enter_line(aez_line *line, const aez_walk *walk, uint64_t number)
{
    unsigned inner = walk->grid.n_dims - 1;
    uint64_t coordinate[AEZ_MAX_DIMS] = {0}, left = number;
    line->number = number;
    line->own = walk->magnitude + number * walk->pitch + PAD_LEFT;
    line->octaves = 0;
    for (unsigned a = inner; a-- > 0;) {
        coordinate[a] = left % walk->grid.shape[a];
        left /= walk->grid.shape[a];
        line->octaves += walk->octave[a][coordinate[a]];
    }
    for (unsigned i = 0; i < walk->n_looks; i++) {
        const aez_look *look = &walk->look[i];
        uint64_t        at = line_of(walk, look, coordinate);
        line->look[i].from = at == UINT64_MAX ? NULL
                                              : walk->magnitude + at * walk->pitch + PAD_LEFT;
        line->look[i].dx = -look->back[inner];
        line->look[i].half = look->halve >> inner & 1;
        line->look[i].own = at == number;
    }
}

static unsigned class_of(unsigned octaves, unsigned n_classes)
{
    return octaves < n_classes ? octaves : n_classes - 1;
}

/* Adds what is looked at in other lines to sum[x0 .. x1). */
static void add_other_lines(const aez_walk *walk, const aez_line *line, const uint8_t *weight,
                            uint64_t x0, uint64_t x1)
{
    uint32_t *sum = walk->sum;
    memset(sum + x0, 0, (size_t)(x1 - x0) * sizeof *sum);
    for (unsigned i = 0; i < walk->n_looks; i++) {
        const uint16_t *from = line->look[i].from;
        uint32_t        v = weight[i];
        if (!from || line->look[i].own || v == 0)
            continue;
        if (line->look[i].half) {
            for (uint64_t x = x0; x < x1; x++)
                sum[x] += v * from[x >> 1];
        } else {
            from += line->look[i].dx;
            for (uint64_t x = x0; x < x1; x++)
                sum[x] += v * from[x];
        }
    }
}

/* Weights of the looks at the line itself, where only few exist. */
typedef struct aez_own_weights {
    uint32_t back1, back2, half;
} aez_own_weights;

static aez_own_weights own_weights(const aez_walk *walk, const aez_line *line,
                                   const uint8_t *weight)
{
    aez_own_weights w = {0, 0, 0};
    for (unsigned i = 0; i < walk->n_looks; i++) {
        if (!line->look[i].own)
            continue;
        if (line->look[i].half)
            w.half += weight[i];
        else if (line->look[i].dx == -1)
            w.back1 += weight[i];
        else if (line->look[i].dx == -2)
            w.back2 += weight[i];
    }
    return w;
}

static inline uint16_t magnitude_of(int64_t q)
{
    uint64_t size = q < 0 ? 0 - (uint64_t)q : (uint64_t)q;
    return (uint16_t)(size < MAGNITUDE_MAX ? size : MAGNITUDE_MAX);
}

/* The coefficients x0 .. x1 of a line, all of one class: coded (w) or restored (r). */
static void do_run(const aez_walk *walk, const aez_line *line, const uint8_t *weight, uint64_t x0,
                   uint64_t x1, const int64_t *coded, int64_t *restored, aez_residual_writer *w,
                   aez_residual_reader *r)
{
    aez_own_weights own = own_weights(walk, line, weight);
    uint16_t       *m = line->own;
    add_other_lines(walk, line, weight, x0, x1);
    for (uint64_t x = x0; x < x1; x++) {
        /* m[x] is 0 until it is known, so half of 0 adds nothing */
        uint32_t sum = walk->sum[x] + own.back1 * m[(int64_t)x - 1] +
                       own.back2 * m[(int64_t)x - 2] + own.half * m[x >> 1];
        unsigned level = aez_half_octaves(sum);
        int64_t  q;
        if (w) {
            q = coded[x];
            aez_residual_put(w, level, q);
        } else {
            q = aez_residual_next(r, level);
            restored[x] = q;
        }
        m[x] = magnitude_of(q);
    }
}

static void do_all(aez_walk *walk, const aez_contexts *c, const int64_t *coded, int64_t *restored,
                   aez_residual_writer *w, aez_residual_reader *r)
{
    uint64_t       n_lines = walk->grid.n_sites / walk->width;
    const uint8_t *octave = walk->octave[walk->grid.n_dims - 1];
    aez_line       line;
    memset(walk->magnitude, 0, (size_t)(n_lines * walk->pitch) * sizeof *walk->magnitude);
    for (uint64_t j = 0; j < n_lines; j++) {
        uint64_t x0 = 0, first = j * walk->width;
        enter_line(&line, walk, j);
        while (x0 < walk->width) {
            unsigned k = class_of(line.octaves + octave[x0], c->n_classes);
            uint64_t x1 = x0 + 1;
            while (x1 < walk->width && octave[x1] == octave[x0])
                x1++;
            do_run(walk, &line, c->weight[k], x0, x1, coded ? coded + first : NULL,
                   restored ? restored + first : NULL, w ? &w[k] : NULL, r ? &r[k] : NULL);
            x0 = x1;
        }
    }
}

void aez_coefficients_encode(aez_walk *walk, const aez_contexts *c, const int64_t *q,
                             aez_residual_writer *writers)
{
    do_all(walk, c, q, NULL, writers, NULL);
}

void aez_coefficients_decode(aez_walk *walk, const aez_contexts *c, aez_residual_reader *readers,
                             int64_t *q)
{
    do_all(walk, c, NULL, q, NULL, readers);
}

unsigned aez_coefficients_look(const aez_walk *walk, uint64_t site, uint32_t *m)
{
    uint64_t x = site % walk->width;
    aez_line line;
    enter_line(&line, walk, site / walk->width);
    for (unsigned i = 0; i < walk->n_looks; i++) {
        const uint16_t *from = line.look[i].from;
        int64_t         at = line.look[i].half ? (int64_t)(x >> 1) : (int64_t)x + line.look[i].dx;
        int             itself = line.look[i].own && at == (int64_t)x;
        m[i] = from && !itself ? from[at] : 0;
    }
    return class_of(line.octaves + walk->octave[walk->grid.n_dims - 1][x], AEZ_CLASSES_MAX);
}
