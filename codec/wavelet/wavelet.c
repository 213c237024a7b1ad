/* wavelet.c - the separable 9/7 transform: floating point for writers, integers for readers. */
#include "wavelet.h"

#include <math.h>
#include <string.h>

#define COLUMNS 16 /* lines transformed side by side */
#define LIFT_BITS 16
#define SCALE_BITS 16
#define SCALE_UP 75340   /* K = 1.1496: norm of a low coefficient's step, times 2^16 */
#define SCALE_DOWN 57008 /* 1 / K */

/* The four lifting steps, times 2^16: -1.586134342, -0.052980119, 0.882911076, 0.443506852. */
static const int64_t LIFT[4] = {-103949, -3472, 57862, 29066};

unsigned aez_wavelet_levels(uint64_t n, uint64_t last)
{
    unsigned levels = 0;
    while (n > last && n > 1 && levels < AEZ_WAVELET_LEVELS_MAX) {
        n = (n + 1) / 2;
        levels++;
    }
    return levels;
}

unsigned aez_wavelet_octave(uint64_t i, uint64_t n, unsigned levels)
{
    unsigned octave = 0;
    while (octave < levels && i < (n + 1) / 2) {
        n = (n + 1) / 2;
        octave++;
    }
    return octave;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* Element of the first site of line j along an axis whose sites are `pitch` apart. */
static uint64_t line_start(uint64_t j, uint64_t n, uint64_t pitch)
{
    return j / pitch * (pitch * n) + j % pitch;
}

static uint64_t axis_pitch(const aez_grid *grid, unsigned axis)
{
    uint64_t pitch = 1;
    for (unsigned a = axis + 1; a < grid->n_dims; a++)
        pitch *= grid->shape[a];
    return pitch;
}

/* ---- integers: the inverse ------------------------------------------------------------------ */

/* row -= c * (left + right), rounded; all [COLUMNS]. */
static void unlift(int64_t *row, const int64_t *left, const int64_t *right, int64_t c)
{
    for (int i = 0; i < COLUMNS; i++) {
        uint64_t sum = (uint64_t)left[i] + (uint64_t)right[i];
        int64_t  move = (int64_t)((uint64_t)c * sum + (UINT64_C(1) << (LIFT_BITS - 1)));
        row[i] = (int64_t)((uint64_t)row[i] - (uint64_t)(move >> LIFT_BITS));
    }
}

static void unlift_low(int64_t *low, uint64_t n_low, const int64_t *high, uint64_t n_high,
                       int64_t c)
{
    for (uint64_t i = 0; i < n_low; i++) {
        uint64_t left = i > 0 ? i - 1 : 0, right = i < n_high ? i : n_high - 1;
        unlift(low + i * COLUMNS, high + left * COLUMNS, high + right * COLUMNS, c);
    }
}

static void unlift_high(int64_t *high, uint64_t n_high, const int64_t *low, uint64_t n_low,
                        int64_t c)
{
    for (uint64_t i = 0; i < n_high; i++) {
        uint64_t right = i + 1 < n_low ? i + 1 : n_low - 1;
        unlift(high + i * COLUMNS, low + i * COLUMNS, low + right * COLUMNS, c);
    }
}

/* Low and high halves of n rows to the rows they were made of. */
static void join(int64_t *rows, int64_t *scratch, uint64_t n)
{
    uint64_t n_low = (n + 1) / 2, n_high = n - n_low;
    int64_t *low = rows, *high = rows + n_low * COLUMNS;
    size_t   row = COLUMNS * sizeof *rows;
    if (n_high == 0)
        return;
    unlift_low(low, n_low, high, n_high, LIFT[3]);
    unlift_high(high, n_high, low, n_low, LIFT[2]);
    unlift_low(low, n_low, high, n_high, LIFT[1]);
    unlift_high(high, n_high, low, n_low, LIFT[0]);
    for (uint64_t i = 0; i < n; i++)
        memcpy(scratch + i * COLUMNS, (i & 1 ? high : low) + i / 2 * COLUMNS, row);
    memcpy(rows, scratch, n * row);
}

static void join_all(int64_t *rows, int64_t *scratch, uint64_t n, unsigned levels)
{
    for (unsigned l = levels; l-- > 0;) {
        uint64_t size = n;
        for (unsigned i = 0; i < l; i++)
            size = (size + 1) / 2;
        join(rows, scratch, size);
    }
}

static void inverse_axis(int64_t *v, const aez_grid *grid, unsigned axis, unsigned levels,
                         int64_t *rows, int64_t *scratch)
{
    uint64_t n = grid->shape[axis], pitch = axis_pitch(grid, axis), n_lines = grid->n_sites / n;
    for (uint64_t j = 0; j < n_lines; j += COLUMNS) {
        uint64_t start[COLUMNS];
        unsigned m = n_lines - j < COLUMNS ? (unsigned)(n_lines - j) : COLUMNS;
        for (unsigned c = 0; c < COLUMNS; c++)
            start[c] = line_start(c < m ? j + c : j, n, pitch);
        for (uint64_t i = 0; i < n; i++) {
            for (unsigned c = 0; c < COLUMNS; c++)
                rows[i * COLUMNS + c] = v[start[c] + i * pitch];
        }
        join_all(rows, scratch, n, levels);
        for (uint64_t i = 0; i < n; i++) {
            for (unsigned c = 0; c < m; c++)
                v[start[c] + i * pitch] = rows[i * COLUMNS + c];
        }
    }
}

/* ---- steps of the bands ---------------------------------------------------------------------- */

/* What an octave of one axis adds to the exponent of K in the step. */
static int exponent_of(unsigned octave, unsigned levels)
{
    return octave < levels ? 1 - (int)octave : -(int)levels;
}

static uint64_t band_step(uint64_t step, int exponent)
{
    for (; exponent > 0; exponent--)
        step = (step * SCALE_UP + (1u << (SCALE_BITS - 1))) >> SCALE_BITS;
    for (; exponent < 0; exponent++)
        step = (step * SCALE_DOWN + (1u << (SCALE_BITS - 1))) >> SCALE_BITS;
    return step ? step : 1;
}

/* Steps along one line of the innermost axis. */
typedef struct aez_line_steps {
    const aez_wavelet *w;
    const aez_grid    *grid;
    int               *inner;  /* [shape of the innermost axis] exponent of each coordinate */
    uint64_t          *step;   /* by exponent - lowest */
    int                lowest;
} aez_line_steps;

static void steps_free(aez_line_steps *s, const aez_mem *mem)
{
    aez_drop(mem, s->inner);
    aez_drop(mem, s->step);
}

static aez_status steps_init(aez_line_steps *s, const aez_wavelet *w, const aez_mem *mem,
                             const aez_grid *grid)
{
    unsigned last = grid->n_dims - 1;
    int      highest = (int)grid->n_dims;
    memset(s, 0, sizeof *s);
    s->w = w;
    s->grid = grid;
    for (unsigned a = 0; a < grid->n_dims; a++)
        s->lowest -= w->levels[a];
    s->inner = aez_take(mem, (size_t)grid->shape[last], sizeof *s->inner);
    s->step = aez_take(mem, (size_t)(highest - s->lowest + 1), sizeof *s->step);
    if (!s->inner || !s->step) {
        steps_free(s, mem);
        return AEZ_ERR_NOMEM;
    }
    for (uint64_t i = 0; i < grid->shape[last]; i++)
        s->inner[i] = exponent_of(aez_wavelet_octave(i, grid->shape[last], w->levels[last]),
                                  w->levels[last]);
    for (int e = s->lowest; e <= highest; e++)
        s->step[e - s->lowest] = band_step(w->step, e);
    return AEZ_OK;
}

/* Steps of the line that holds element `first`: step at coordinate i is line[inner[i]]. */
static const uint64_t *line_steps(const aez_line_steps *s, uint64_t first)
{
    uint64_t left = first / s->grid->shape[s->grid->n_dims - 1];
    int      sum = 0;
    for (unsigned a = s->grid->n_dims - 1; a-- > 0;) {
        uint64_t n = s->grid->shape[a];
        sum += exponent_of(aez_wavelet_octave(left % n, n, s->w->levels[a]), s->w->levels[a]);
        left /= n;
    }
    return s->step + (sum - s->lowest);
}

static inline int64_t dequantise(int64_t q, uint64_t step, unsigned lift)
{
    uint64_t size;
    if (q == 0)
        return 0;
    size = (q < 0 ? 0 - (uint64_t)q : (uint64_t)q) * step + (step * lift >> 8);
    return (int64_t)(q < 0 ? 0 - size : size);
}

static void to_units(int64_t *v, uint64_t n, int64_t centre)
{
    for (uint64_t i = 0; i < n; i++) {
        int64_t rounded = (int64_t)((uint64_t)v[i] + (1u << (AEZ_WAVELET_FRACTION - 1)));
        v[i] = (int64_t)((uint64_t)centre + (uint64_t)(rounded >> AEZ_WAVELET_FRACTION));
    }
}

static uint64_t longest_axis(const aez_grid *grid)
{
    uint64_t n = 1;
    for (unsigned a = 0; a < grid->n_dims; a++)
        n = grid->shape[a] > n ? grid->shape[a] : n;
    return n;
}

aez_status aez_wavelet_inverse(const aez_wavelet *w, const aez_mem *mem, const aez_grid *grid,
                               int64_t *q)
{
    uint64_t       n = grid->shape[grid->n_dims - 1];
    size_t         longest = (size_t)longest_axis(grid);
    int64_t       *rows = aez_take_raw(mem, longest, COLUMNS * sizeof *rows);
    int64_t       *scratch = aez_take_raw(mem, longest, COLUMNS * sizeof *scratch);
    aez_line_steps steps;
    aez_status     st = steps_init(&steps, w, mem, grid);
    if (st >= 0 && (!rows || !scratch)) {
        steps_free(&steps, mem);
        st = AEZ_ERR_NOMEM;
    }
    if (st < 0)
        goto done;
    for (uint64_t first = 0; first < grid->n_sites; first += n) {
        const uint64_t *step = line_steps(&steps, first);
        for (uint64_t i = 0; i < n; i++)
            q[first + i] = dequantise(q[first + i], step[steps.inner[i]], w->lift);
    }
    steps_free(&steps, mem);
    for (unsigned a = 0; a < grid->n_dims; a++) {
        if (w->levels[a])
            inverse_axis(q, grid, a, w->levels[a], rows, scratch);
    }
    to_units(q, grid->n_sites, w->centre);
done:
    aez_drop(mem, rows);
    aez_drop(mem, scratch);
    return st;
}

/* ---- floating point: the forward transform ---------------------------------------------------- */

static void lift(double *row, const double *left, const double *right, double c)
{
    for (int i = 0; i < COLUMNS; i++)
        row[i] += c * (left[i] + right[i]);
}

static void lift_low(double *low, uint64_t n_low, const double *high, uint64_t n_high, double c)
{
    for (uint64_t i = 0; i < n_low; i++) {
        uint64_t left = i > 0 ? i - 1 : 0, right = i < n_high ? i : n_high - 1;
        lift(low + i * COLUMNS, high + left * COLUMNS, high + right * COLUMNS, c);
    }
}

static void lift_high(double *high, uint64_t n_high, const double *low, uint64_t n_low, double c)
{
    for (uint64_t i = 0; i < n_high; i++) {
        uint64_t right = i + 1 < n_low ? i + 1 : n_low - 1;
        lift(high + i * COLUMNS, low + i * COLUMNS, low + right * COLUMNS, c);
    }
}

static void split(double *rows, double *scratch, uint64_t n)
{
    uint64_t n_low = (n + 1) / 2, n_high = n - n_low;
    double  *low = scratch, *high = scratch + n_low * COLUMNS, c[4];
    size_t   row = COLUMNS * sizeof *rows;
    if (n_high == 0)
        return;
    for (int i = 0; i < 4; i++)
        c[i] = ldexp((double)LIFT[i], -LIFT_BITS);
    for (uint64_t i = 0; i < n; i++)
        memcpy((i & 1 ? high : low) + i / 2 * COLUMNS, rows + i * COLUMNS, row);
    lift_high(high, n_high, low, n_low, c[0]);
    lift_low(low, n_low, high, n_high, c[1]);
    lift_high(high, n_high, low, n_low, c[2]);
    lift_low(low, n_low, high, n_high, c[3]);
    memcpy(rows, scratch, n * row);
}

static void forward_axis(double *x, const aez_grid *grid, unsigned axis, unsigned levels,
                         double *rows, double *scratch)
{
    uint64_t n = grid->shape[axis], pitch = axis_pitch(grid, axis), n_lines = grid->n_sites / n;
    for (uint64_t j = 0; j < n_lines; j += COLUMNS) {
        uint64_t start[COLUMNS], size = n;
        unsigned m = n_lines - j < COLUMNS ? (unsigned)(n_lines - j) : COLUMNS;
        for (unsigned c = 0; c < COLUMNS; c++)
            start[c] = line_start(c < m ? j + c : j, n, pitch);
        for (uint64_t i = 0; i < n; i++) {
            for (unsigned c = 0; c < COLUMNS; c++)
                rows[i * COLUMNS + c] = x[start[c] + i * pitch];
        }
        for (unsigned l = 0; l < levels; l++, size = (size + 1) / 2)
            split(rows, scratch, size);
        for (uint64_t i = 0; i < n; i++) {
            for (unsigned c = 0; c < m; c++)
                x[start[c] + i * pitch] = rows[i * COLUMNS + c];
        }
    }
}

aez_status aez_wavelet_forward(const aez_wavelet *w, const aez_mem *mem, const aez_grid *grid,
                               double *x)
{
    size_t     longest = (size_t)longest_axis(grid);
    double    *rows = aez_take_raw(mem, longest, COLUMNS * sizeof *rows);
    double    *scratch = aez_take_raw(mem, longest, COLUMNS * sizeof *scratch);
    aez_status st = rows && scratch ? AEZ_OK : AEZ_ERR_NOMEM;
    for (unsigned a = grid->n_dims; st >= 0 && a-- > 0;) {
        if (w->levels[a])
            forward_axis(x, grid, a, w->levels[a], rows, scratch);
    }
    aez_drop(mem, rows);
    aez_drop(mem, scratch);
    return st;
}

aez_status aez_wavelet_quantise(const aez_wavelet *w, const aez_mem *mem, const aez_grid *grid,
                                const double *x, double rounding, int64_t *q)
{
    uint64_t       n = grid->shape[grid->n_dims - 1];
    double         unit = ldexp(1.0, AEZ_WAVELET_FRACTION);
    aez_line_steps steps;
    aez_status     st = steps_init(&steps, w, mem, grid);
    if (st < 0)
        return st;
    for (uint64_t first = 0; first < grid->n_sites; first += n) {
        const uint64_t *step = line_steps(&steps, first);
        for (uint64_t i = 0; i < n; i++) {
            double t = fabs(x[first + i]) * unit / (double)step[steps.inner[i]] + rounding;
            int64_t size = t < 0x1p62 ? (int64_t)t : INT64_C(1) << 62;
            q[first + i] = x[first + i] < 0 ? -size : size;
        }
    }
    steps_free(&steps, mem);
    return AEZ_OK;
}
