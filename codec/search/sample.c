/* sample.c - the part of a chunk that search looks at: a box of it, exact and with coding noise. */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "../base/floatbits.h"
#include "../base/rng.h"

#define MEDIAN_OF 4096 /* values that the median is taken of */

static void shorten(uint64_t *shape, unsigned n_dims, uint64_t max_sites)
{
    for (;;) {
        uint64_t n = 1;
        unsigned longest = 0;
        for (unsigned a = 0; a < n_dims; a++) {
            n *= shape[a];
            if (shape[a] > shape[longest])
                longest = a;
        }
        if (n <= max_sites || shape[longest] <= 1)
            return;
        /* a quarter less at a time keeps the box close to the limit */
        shape[longest] -= (shape[longest] + 3) / 4;
    }
}

/* Copies the box at `origin` out of an array of `size`-byte elements. */
static void copy_box(void *to, const void *from, size_t size, const aez_grid *box,
                     const aez_grid *grid, const uint64_t *origin)
{
    unsigned inner = grid->n_dims - 1;
    uint64_t c[AEZ_MAX_DIMS] = {0};
    size_t   line = (size_t)box->shape[inner] * size;
    uint8_t *out = to;
    for (uint64_t done = 0; done < box->n_sites; done += box->shape[inner]) {
        uint64_t at = 0;
        for (unsigned a = 0; a < grid->n_dims; a++)
            at = at * grid->shape[a] + origin[a] + c[a];
        memcpy(out, (const uint8_t *)from + at * size, line);
        out += line;
        for (unsigned a = inner; a-- > 0;) {
            if (++c[a] < box->shape[a])
                break;
            c[a] = 0;
        }
    }
}

static int compare_i64(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* A median of a few thousand values, and how many of them are distinct. */
static int64_t median(const int64_t *v, const uint8_t *skip, uint64_t n, uint32_t *n_values)
{
    int64_t  some[MEDIAN_OF];
    uint64_t step = n / MEDIAN_OF + 1;
    size_t   m = 0;
    for (uint64_t i = 0; i < n && m < MEDIAN_OF; i += step) {
        if (!skip || !skip[i])
            some[m++] = v[i];
    }
    *n_values = m > 0;
    if (m == 0)
        return 0;
    qsort(some, m, sizeof *some, compare_i64);
    for (size_t i = 1; i < m; i++)
        *n_values += some[i] != some[i - 1];
    return some[m / 2];
}

static void make_images(int64_t *out, const aez_ifield *field, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        out[i] = aez_image_from_ordered(field->k[i], field->image_width, field->image_scale);
}

/* Exceptions hold whatever the lattice left there; taps will read predictions. The value before is
 * the plainest stand-in. */
static void fill_skipped(int64_t *v, const uint8_t *skip, uint64_t n, int64_t first)
{
    int64_t last = first;
    for (uint64_t i = 0; i < n; i++) {
        if (skip[i])
            v[i] = last;
        last = v[i];
    }
}

static void add_noise(int64_t *noisy, const int64_t *exact, uint64_t n, uint64_t step,
                      uint64_t seed)
{
    aez_rng rng;
    aez_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t u = aez_rng_below(&rng, step);
        noisy[i] = (int64_t)((uint64_t)exact[i] + u - step / 2);
    }
}

static aez_status take_field(aez_sample *s, uint32_t f, const aez_grid *grid,
                             const aez_ifield *from, const uint64_t *origin, uint64_t seed)
{
    aez_ifield *to = &s->fields[f];
    uint64_t    n = s->grid.n_sites;
    *to = *from;
    to->skip = NULL;
    to->k = aez_take_raw(s->mem, n, sizeof *to->k);
    if (!to->k)
        return AEZ_ERR_NOMEM;
    copy_box(to->k, from->k, sizeof *to->k, &s->grid, grid, origin);
    if (from->skip) {
        uint8_t *skip = aez_take_raw(s->mem, n, 1);
        if (!skip)
            return AEZ_ERR_NOMEM;
        copy_box(skip, from->skip, 1, &s->grid, grid, origin);
        to->skip = skip;
    }
    s->exact[f] = to->k;
    if (to->image_width) {
        s->exact[f] = aez_take_raw(s->mem, n, sizeof **s->exact);
        if (!s->exact[f])
            return AEZ_ERR_NOMEM;
        make_images(s->exact[f], to, n);
    }
    s->constant[f] = median(s->exact[f], to->skip, n, &s->n_values[f]);
    if (to->skip)
        fill_skipped(s->exact[f], to->skip, n, s->constant[f]);
    s->noisy[f] = s->exact[f];
    if (to->step > 1) {
        s->noisy[f] = aez_take_raw(s->mem, n, sizeof **s->noisy);
        if (!s->noisy[f])
            return AEZ_ERR_NOMEM;
        add_noise(s->noisy[f], s->exact[f], n, to->step, seed + f);
    }
    return AEZ_OK;
}

aez_status aez_sample_take(aez_sample *s, const aez_mem *mem, const aez_grid *grid,
                           const aez_ifield *fields, uint32_t n_fields, uint64_t max_sites,
                           uint64_t seed)
{
    uint64_t   origin[AEZ_MAX_DIMS];
    aez_status st = AEZ_OK;
    memset(s, 0, sizeof *s);
    s->mem = mem;
    s->grid = *grid;
    shorten(s->grid.shape, grid->n_dims, max_sites);
    s->grid.n_sites = 1;
    for (unsigned a = 0; a < grid->n_dims; a++) {
        s->grid.n_sites *= s->grid.shape[a];
        origin[a] = (grid->shape[a] - s->grid.shape[a]) / 2;
    }
    s->share = s->grid.n_sites ? (double)grid->n_sites / (double)s->grid.n_sites : 1;
    s->n_fields = n_fields;
    s->fields = aez_take(mem, n_fields, sizeof *s->fields);
    s->exact = aez_take(mem, n_fields, sizeof *s->exact);
    s->noisy = aez_take(mem, n_fields, sizeof *s->noisy);
    s->constant = aez_take(mem, n_fields, sizeof *s->constant);
    s->n_values = aez_take(mem, n_fields, sizeof *s->n_values);
    if (!s->fields || !s->exact || !s->noisy || !s->constant || !s->n_values)
        st = AEZ_ERR_NOMEM;
    for (uint32_t f = 0; st >= 0 && f < n_fields; f++)
        st = take_field(s, f, grid, &fields[f], origin, seed);
    if (st < 0)
        aez_sample_free(s);
    return st;
}

void aez_sample_free(aez_sample *s)
{
    for (uint32_t f = 0; s->fields && s->exact && s->noisy && f < s->n_fields; f++) {
        if (s->noisy[f] != s->exact[f])
            aez_drop(s->mem, s->noisy[f]);
        if (s->exact[f] != s->fields[f].k)
            aez_drop(s->mem, s->exact[f]);
        aez_drop(s->mem, s->fields[f].k);
        aez_drop(s->mem, (void *)(uintptr_t)s->fields[f].skip);
    }
    if (s->mem) {
        aez_drop(s->mem, s->fields);
        aez_drop(s->mem, s->exact);
        aez_drop(s->mem, s->noisy);
        aez_drop(s->mem, s->constant);
        aez_drop(s->mem, s->n_values);
    }
    memset(s, 0, sizeof *s);
}
