/* search_wavelet.c - chooses the wavelet, its step and its contexts for a field, by trial. */
#include "search_wavelet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "linear.h"
#include "sample.h"

#define ROUNDING 0.34 /* of magnitudes: fewer coefficients, hardly a larger error */
#define LIFT 25       /* of 256: the mean of what is rounded to q lies that much above q */
#define WIDEST 0x1p44 /* range of values for which coefficients stay exact enough */
#define FIT_ROWS 12000
#define SHORTEST 4    /* axes are halved down to so many sites */

static uint64_t trial_sites(int level)
{
    return level < 5 ? 128 << 10 : level < 7 ? 512 << 10 : 2 << 20;
}

/* One field being tried: its values, coefficients and the hat of the last trial. */
typedef struct aez_attempt {
    const aez_mem  *mem;
    const aez_grid *grid;
    const int64_t  *value;
    const uint8_t  *skip;   /* of the values, or NULL: what they are there does not matter */
    int64_t        *filled; /* where there is a skip: `value`, which is ours then */
    uint64_t        step; /* of the field */
    double         *x;    /* [n_sites] coefficients of the wavelet in hand */
    int64_t        *q;    /* [n_sites] quantised; then the hat */
    aez_residual_writer writer[AEZ_CLASSES_MAX];
} aez_attempt;

static void attempt_free(aez_attempt *a)
{
    for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++) {
        if (a->writer[k].mem)
            aez_residual_writer_free(&a->writer[k]);
    }
    aez_drop(a->mem, a->x);
    aez_drop(a->mem, a->q);
    aez_drop(a->mem, a->filled);
}

static aez_status attempt_init(aez_attempt *a, const aez_mem *mem, const aez_grid *grid,
                               const int64_t *value, const uint8_t *skip, uint64_t step)
{
    aez_status st = AEZ_OK;
    memset(a, 0, sizeof *a);
    a->mem = mem;
    a->grid = grid;
    a->value = value;
    a->skip = skip;
    a->step = step;
    a->x = aez_take_raw(mem, grid->n_sites, sizeof *a->x);
    a->q = aez_take_raw(mem, grid->n_sites, sizeof *a->q);
    if (skip)
        a->filled = aez_take_raw(mem, grid->n_sites, sizeof *a->filled);
    if (!a->x || !a->q || (skip && !a->filled))
        st = AEZ_ERR_NOMEM;
    if (a->filled) {
        memcpy(a->filled, value, (size_t)grid->n_sites * sizeof *value);
        a->value = a->filled;
    }
    for (unsigned k = 0; st >= 0 && k < AEZ_CLASSES_MAX; k++)
        st = aez_residual_writer_init(&a->writer[k], mem, grid->n_sites);
    if (st < 0)
        attempt_free(a);
    return st;
}

/* Coefficients of the values. */
static aez_status transform(aez_attempt *a, const aez_wavelet *w)
{
    for (uint64_t i = 0; i < a->grid->n_sites; i++)
        a->x[i] = (double)(int64_t)((uint64_t)a->value[i] - (uint64_t)w->centre);
    return aez_wavelet_forward(w, a->mem, a->grid, a->x);
}

#define FILL_ROUNDS 7

/* Mean of the sites next to an exception along every axis, those before it filled already. */
static int64_t mean_around(const aez_attempt *a, uint64_t at, int64_t otherwise)
{
    uint64_t pitch = 1, rest = at;
    double   sum = 0;
    unsigned n = 0;
    for (unsigned axis = a->grid->n_dims; axis-- > 0;) {
        uint64_t length = a->grid->shape[axis], c = rest % length;
        if (c > 0) {
            sum += (double)a->filled[at - pitch];
            n++;
        }
        if (c + 1 < length && !a->skip[at + pitch]) {
            sum += (double)a->filled[at + pitch];
            n++;
        }
        rest /= length;
        pitch *= length;
    }
    return n ? (int64_t)(sum / n) : otherwise;
}

/* Puts at exceptions what the hat of all else has there, so that they cost few coefficients: what
 * stands around at first, then what is left when steps become finer from round to round (inpainting by
 * iterated thresholding: Fadili, Starck, Murtagh 2009). */
static aez_status fill_exceptions(aez_attempt *a, const aez_wavelet *w)
{
    aez_status st = AEZ_OK;
    if (!a->filled)
        return AEZ_OK;
    for (uint64_t i = 0; i < a->grid->n_sites; i++) {
        if (a->skip[i])
            a->filled[i] = mean_around(a, i, w->centre);
    }
    for (int round = 0; st >= 0 && round < FILL_ROUNDS; round++) {
        aez_wavelet coarse = *w;
        coarse.step <<= FILL_ROUNDS - 1 - round;
        st = transform(a, w);
        if (st >= 0)
            st = aez_wavelet_quantise(&coarse, a->mem, a->grid, a->x, ROUNDING, a->q);
        if (st >= 0)
            st = aez_wavelet_inverse(&coarse, a->mem, a->grid, a->q);
        for (uint64_t i = 0; st >= 0 && i < a->grid->n_sites; i++) {
            if (a->skip[i])
                a->filled[i] = a->q[i];
        }
    }
    return st;
}

/* ---- contexts --------------------------------------------------------------------------------- */

static double code_cost(aez_attempt *a, aez_walk *walk, const aez_contexts *c, unsigned n_taps)
{
    double bits = c->fitted ? 4.0 * c->n_classes * n_taps : 0;
    for (unsigned k = 0; k < AEZ_CLASSES_MAX; k++) {
        a->writer[k].n = 0;
        a->writer[k].large.size = 0;
    }
    aez_coefficients_encode(walk, c, a->q, a->writer);
    for (unsigned k = 0; k < c->n_classes; k++)
        bits += aez_residual_cost(&a->writer[k]);
    return bits;
}

static void to_weights(uint8_t *weight, const double *v, unsigned n)
{
    double largest = 0;
    for (unsigned i = 0; i < n; i++)
        largest = fmax(largest, v[i]);
    for (unsigned i = 0; i < n && largest > 0; i++)
        weight[i] = (uint8_t)lrint(v[i] / largest * AEZ_CONTEXT_WEIGHT_MAX);
}

/* Non-negative least squares of |q| on what is looked at, each class by itself; the last of
 * n_classes takes all that follow. The walk has coded q. */
static void fit_contexts(const aez_attempt *a, const aez_walk *walk, aez_contexts *c,
                         unsigned n_taps, uint64_t seed)
{
    aez_normal e[AEZ_CLASSES_MAX];
    size_t     rows[AEZ_CLASSES_MAX] = {0};
    uint64_t   n = a->grid->n_sites, tries = AEZ_CLASSES_MAX * FIT_ROWS;
    aez_rng    rng;
    aez_rng_seed(&rng, seed);
    for (unsigned k = 0; k < c->n_classes; k++)
        aez_normal_clear(&e[k], n_taps);
    for (uint64_t i = 0; i < tries; i++) {
        uint32_t m[AEZ_MAX_TAPS];
        double   x[AEZ_MAX_TAPS], size = 0;
        uint64_t low = n / tries * i, width = n / tries;
        uint64_t site = n < tries ? i % n : low + aez_rng_below(&rng, width);
        unsigned k = aez_coefficients_look(walk, site, m);
        if (n < tries && i >= n)
            break;
        k = k < c->n_classes ? k : c->n_classes - 1;
        for (unsigned t = 0; t < n_taps; t++) {
            x[t] = m[t];
            size += m[t];
        }
        size = size / n_taps + 0.1;
        aez_normal_add(&e[k], x, fabs((double)a->q[site]), 1 / (size * size));
        rows[k]++;
    }
    for (unsigned k = 0; k < c->n_classes; k++) {
        double v[AEZ_MAX_TAPS];
        if (rows[k] < 8 * n_taps)
            continue;
        aez_normal_solve_positive(&e[k], 60, v);
        to_weights(c->weight[k], v, n_taps);
    }
    c->fitted = 1;
}

/* The best of few and many classes, usual and fitted weights; *bits is what q costs then. */
static aez_status choose_contexts(aez_attempt *a, const aez_wavelet *w, uint64_t seed,
                                  aez_contexts *best, double *bits)
{
    unsigned   n_taps = aez_contexts_taps(w, a->grid);
    aez_walk  *walk;
    aez_status st = aez_walk_start(&walk, a->mem, w, a->grid);
    if (st < 0)
        return st;
    *bits = HUGE_VAL;
    for (unsigned n_classes = 1; n_classes <= AEZ_CLASSES_MAX; n_classes += AEZ_CLASSES_MAX - 1) {
        aez_contexts c;
        double       usual, fitted;
        memset(&c, 0, sizeof c);
        aez_contexts_usual(&c, w, a->grid);
        c.n_classes = n_classes;
        usual = code_cost(a, walk, &c, n_taps);
        if (usual < *bits) {
            *bits = usual;
            *best = c;
        }
        fit_contexts(a, walk, &c, n_taps, seed);
        fitted = code_cost(a, walk, &c, n_taps);
        if (fitted < *bits) {
            *bits = fitted;
            *best = c;
        }
        if (usual == HUGE_VAL || fitted == HUGE_VAL)
            st = AEZ_ERR_NOMEM;
    }
    aez_walk_end(walk);
    return st;
}

/* ---- trials ----------------------------------------------------------------------------------- */

static double entropy(const uint64_t *count, unsigned n)
{
    double sum = 0, bits = 0;
    for (unsigned i = 0; i < n; i++)
        sum += (double)count[i];
    for (unsigned i = 0; i < n; i++) {
        if (count[i])
            bits += (double)count[i] * log2(sum / (double)count[i]);
    }
    return bits;
}

#define SEEN 3 /* differences of 0, of one step, of more */

static unsigned seen(int64_t value, int64_t hat, uint64_t step)
{
    uint64_t gap = value > hat ? (uint64_t)value - (uint64_t)hat : (uint64_t)hat - (uint64_t)value;
    return gap <= step / 2 ? 0 : gap <= step + step / 2 ? 1 : 2;
}

/* About the bits of the differences from the hat, given those before and above. */
static double difference_cost(const aez_attempt *a)
{
    uint64_t count[SEEN * SEEN][SEEN] = {{0}}, n = a->grid->n_sites;
    uint64_t width = a->grid->shape[a->grid->n_dims - 1];
    double   bits = 0;
    for (uint64_t i = 0; i < n; i++) {
        unsigned before = i > 0 ? seen(a->value[i - 1], a->q[i - 1], a->step) : 0;
        unsigned above = i >= width ? seen(a->value[i - width], a->q[i - width], a->step) : 0;
        if (!a->skip || !a->skip[i])
            count[SEEN * before + above][seen(a->value[i], a->q[i], a->step)]++;
    }
    for (unsigned k = 0; k < SEEN * SEEN; k++) /* 1 bit for each sign, about 4 for large ones */
        bits += entropy(count[k], SEEN) + (double)count[k][1] + 4.0 * (double)count[k][2];
    return bits;
}

/* Bits of the values in hand with this wavelet, whose coefficients are in x. */
static aez_status price(aez_attempt *a, const aez_wavelet *w, const aez_contexts *c, double *bits)
{
    unsigned   n_taps = aez_contexts_taps(w, a->grid);
    aez_walk  *walk = NULL;
    aez_status st = aez_wavelet_quantise(w, a->mem, a->grid, a->x, ROUNDING, a->q);
    if (st >= 0)
        st = aez_walk_start(&walk, a->mem, w, a->grid);
    if (st < 0)
        return st;
    *bits = code_cost(a, walk, c, n_taps);
    aez_walk_end(walk);
    if (*bits == HUGE_VAL)
        return AEZ_ERR_NOMEM;
    st = aez_wavelet_inverse(w, a->mem, a->grid, a->q);
    *bits += difference_cost(a);
    return st;
}

typedef struct aez_finder {
    aez_attempt        *attempt;
    aez_wavelet_choice *best;
} aez_finder;

/* Tries the wavelet, and keeps it where it is better; `fresh`: its coefficients are not in x yet. */
static aez_status try_wavelet(const aez_finder *f, const aez_wavelet *w, int fresh, int *better)
{
    aez_contexts c;
    double       bits = HUGE_VAL;
    aez_status   st = fresh ? transform(f->attempt, w) : AEZ_OK;
    memset(&c, 0, sizeof c);
    aez_contexts_usual(&c, w, f->attempt->grid);
    c.n_classes = AEZ_CLASSES_MAX;
    if (st >= 0)
        st = price(f->attempt, w, &c, &bits);
    *better = st >= 0 && bits < f->best->bits;
    if (*better) {
        f->best->wavelet = *w;
        f->best->bits = bits;
    }
    return st;
}

/* Steps times up / down for as long as that gains; *moved: whether it did. */
static aez_status walk_steps(const aez_finder *f, uint64_t up, uint64_t down, int *moved)
{
    aez_status st = AEZ_OK;
    int        better = 1;
    *moved = 0;
    while (st >= 0 && better) {
        aez_wavelet w = f->best->wavelet;
        w.step = w.step * up / down;
        if (w.step < 1 || w.step > AEZ_WAVELET_STEP_MAX)
            break;
        st = try_wavelet(f, &w, 0, &better);
        *moved |= better;
    }
    return st;
}

static aez_status choose_step(const aez_finder *f)
{
    int        moved;
    aez_status st = transform(f->attempt, &f->best->wavelet);
    if (st >= 0)
        st = walk_steps(f, 5, 4, &moved);
    if (st >= 0 && !moved)
        st = walk_steps(f, 4, 5, &moved);
    return st;
}

/* Which axes take part, and how far they are halved: one change after the other. */
static aez_status choose_levels(const aez_finder *f)
{
    const aez_grid *grid = f->attempt->grid;
    aez_status      st = AEZ_OK;
    int             better;
    for (unsigned a = 0; st >= 0 && a < grid->n_dims; a++) {
        aez_wavelet w = f->best->wavelet;
        w.levels[a] = 0;
        st = try_wavelet(f, &w, 1, &better);
    }
    for (unsigned a = 0; st >= 0 && a < grid->n_dims; a++) {
        aez_wavelet w = f->best->wavelet;
        if (w.levels[a] < 2)
            continue;
        w.levels[a]--;
        st = try_wavelet(f, &w, 1, &better);
    }
    return st;
}

static double range_of(const int64_t *v, uint64_t n, int64_t *middle)
{
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    double  sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        lo = v[i] < lo ? v[i] : lo;
        hi = v[i] > hi ? v[i] : hi;
        sum += (double)v[i];
    }
    *middle = 0;
    if (n == 0 || (double)hi - (double)lo > WIDEST)
        return n == 0 ? 0 : HUGE_VAL;
    sum /= (double)n;
    *middle = sum <= (double)lo ? lo : sum >= (double)hi ? hi : (int64_t)sum;
    return (double)hi - (double)lo;
}

/* Where to begin: all axes, steps of two bounds. */
static int first_guess(aez_wavelet *w, const aez_grid *grid, const int64_t *v, uint64_t step)
{
    memset(w, 0, sizeof *w);
    for (unsigned a = 0; a < grid->n_dims; a++)
        w->levels[a] = (uint8_t)aez_wavelet_levels(grid->shape[a], SHORTEST);
    w->lift = LIFT;
    if (range_of(v, grid->n_sites, &w->centre) == HUGE_VAL || (double)step > WIDEST)
        return 0;
    w->step = step << AEZ_WAVELET_FRACTION;
    return w->step <= AEZ_WAVELET_STEP_MAX;
}

aez_status aez_search_wavelet(const aez_mem *mem, const aez_grid *grid, const aez_ifield *field,
                              const aez_search_options *options, aez_wavelet_choice *out)
{
    aez_sample  sample;
    aez_attempt attempt;
    aez_finder  finder = {&attempt, out};
    int         better;
    aez_status  st = aez_sample_take(&sample, mem, grid, field, 1, trial_sites(options->level),
                                     options->seed);
    memset(out, 0, sizeof *out);
    out->bits = HUGE_VAL;
    if (st < 0)
        return st;
    st = attempt_init(&attempt, mem, &sample.grid, sample.exact[0], sample.fields[0].skip,
                      field->step);
    if (st < 0) {
        aez_sample_free(&sample);
        return st;
    }
    if (first_guess(&out->wavelet, &sample.grid, sample.exact[0], field->step)) {
        aez_wavelet w = out->wavelet;
        st = fill_exceptions(&attempt, &w);
        if (st >= 0)
            st = try_wavelet(&finder, &w, 1, &better);
        if (st >= 0)
            st = choose_step(&finder);
        if (st >= 0)
            st = choose_levels(&finder);
        if (st >= 0)
            st = choose_step(&finder);
        if (st >= 0)
            st = transform(&attempt, &out->wavelet);
        if (st >= 0)
            st = aez_wavelet_quantise(&out->wavelet, mem, &sample.grid, attempt.x, ROUNDING,
                                      attempt.q);
        if (st >= 0)
            st = choose_contexts(&attempt, &out->wavelet, options->seed, &out->contexts,
                                 &out->bits);
        if (st >= 0)
            st = aez_wavelet_inverse(&out->wavelet, mem, &sample.grid, attempt.q);
        if (st >= 0)
            out->bits += difference_cost(&attempt);
        out->bits *= sample.share;
    }
    attempt_free(&attempt);
    aez_sample_free(&sample);
    return st;
}

aez_status aez_wavelet_apply(const aez_mem *mem, const aez_grid *grid, const aez_ifield *field,
                             aez_wavelet_choice *choice, uint64_t seed, int64_t *q)
{
    aez_attempt a;
    double      bits;
    aez_status  st = attempt_init(&a, mem, grid, field->k, field->skip, field->step);
    if (st < 0)
        return st;
    for (unsigned i = 0; i < grid->n_dims; i++) { /* axes that the sample had shortened */
        unsigned most = aez_wavelet_levels(grid->shape[i], SHORTEST);
        if (choice->wavelet.levels[i] > most) {
            choice->wavelet.levels[i] = (uint8_t)most;
            choice->settled = 0; /* taps may be others now */
        }
    }
    st = fill_exceptions(&a, &choice->wavelet);
    if (st >= 0)
        st = transform(&a, &choice->wavelet);
    if (st >= 0)
        st = aez_wavelet_quantise(&choice->wavelet, mem, grid, a.x, ROUNDING, a.q);
    if (st >= 0)
        st = choice->settled ? AEZ_OK
                             : choose_contexts(&a, &choice->wavelet, seed, &choice->contexts, &bits);
    if (st >= 0)
        memcpy(q, a.q, (size_t)grid->n_sites * sizeof *q);
    attempt_free(&a);
    return st;
}

void aez_wavelet_text(const aez_wavelet *w, const aez_grid *grid, uint64_t step, char *text,
                      size_t size)
{
    char   levels[3 * AEZ_MAX_DIMS + 1] = "";
    size_t n = 0;
    for (unsigned a = 0; a < grid->n_dims; a++)
        n += (size_t)snprintf(levels + n, sizeof levels - n, "%s%u", a ? "." : "", w->levels[a]);
    snprintf(text, size, "wavelet, halvings %s, step %.2f bounds", levels,
             2 * ldexp((double)w->step, -AEZ_WAVELET_FRACTION) / (double)step);
}
