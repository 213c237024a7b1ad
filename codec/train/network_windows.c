/* network_windows.c - planes with zeros around, and the windows that sites of a convolution see. */
#include "network_windows.h"
#include "network_layers.h"

#include <string.h>

#define LANES AEZ_LOSS_LANES

/* n values, in blocks; the last block overlaps the one before. */
AEZ_LANE void copy_line(float *to, const float *from, size_t n)
{
    size_t at = 0;
    for (; at + LANES <= n; at += LANES)
        memcpy(to + at, from + at, LANES * sizeof *to);
    if (at < n && n >= LANES) {
        memcpy(to + n - LANES, from + n - LANES, LANES * sizeof *to);
        return;
    }
    for (; at + 4 <= n; at += 4)
        memcpy(to + at, from + at, 4 * sizeof *to);
    for (; at < n; at++)
        to[at] = from[at];
}

AEZ_LANE void add_line(float *to, const float *from, size_t n)
{
    size_t at = 0;
    for (; at + LANES <= n; at += LANES)
        AEZ_FOR_LANES(j, LANES)
            to[at + j] += from[at + j];
    for (; at + 4 <= n; at += 4)
        AEZ_FOR_LANES(j, 4)
            to[at + j] += from[at + j];
    for (; at < n; at++)
        to[at] += from[at];
}

/* Floats of a row's padded planes. */
static size_t row_size(const aez_windows *s, size_t c)
{
    return c * s->padded_h * s->padded_w;
}

/* The inside of padded plane i, counted over rows and channels. */
static float *inside(const aez_windows *s, size_t i)
{
    return s->padded + (i * s->padded_h + s->kh / 2) * s->padded_w + s->kw / 2;
}

/* Where the first site sees place k of all channels' windows, in a row's padded planes. */
static size_t place_of(const aez_windows *s, size_t k)
{
    size_t channel = k / s->window, y = k / s->kw % s->kh, x = k % s->kw;
    return (channel * s->padded_h + y) * s->padded_w + x;
}

AEZ_EACH_CPU
static void copy_inside(const aez_windows *s, const float *x, size_t n_planes)
{
    for (size_t i = 0; i < n_planes; i++) {
        float *to = inside(s, i);
        for (size_t y = 0; y < s->h; y++, to += s->padded_w, x += s->w)
            copy_line(to, x, s->w);
    }
}

void aez_windows_pad(const aez_windows *s, size_t c, const float *x, size_t n_rows)
{
    memset(s->padded, 0, n_rows * row_size(s, c) * sizeof *s->padded);
    copy_inside(s, x, n_rows * c);
}

AEZ_EACH_CPU
static void lay_out(const aez_windows *s, size_t c, size_t n_rows)
{
    float *to = s->windows;
    for (size_t k = 0; k < c * s->window; k++) {
        const float *plane = s->padded + place_of(s, k);
        for (size_t r = 0; r < n_rows; r++, plane += row_size(s, c))
            for (size_t y = 0; y < s->h; y++, to += s->w)
                copy_line(to, plane + y * s->padded_w, s->w);
    }
}

void aez_windows_lay_out(const aez_windows *s, size_t c, size_t n_rows)
{
    lay_out(s, c, n_rows);
}

AEZ_EACH_CPU
static void add_up(const aez_windows *s, size_t c, size_t n_rows)
{
    const float *from = s->windows;
    for (size_t k = 0; k < c * s->window; k++) {
        float *plane = s->padded + place_of(s, k);
        for (size_t r = 0; r < n_rows; r++, plane += row_size(s, c))
            for (size_t y = 0; y < s->h; y++, from += s->w)
                add_line(plane + y * s->padded_w, from, s->w);
    }
}

void aez_windows_add_up(const aez_windows *s, size_t c, size_t n_rows)
{
    memset(s->padded, 0, n_rows * row_size(s, c) * sizeof *s->padded);
    add_up(s, c, n_rows);
}

void aez_windows_take(const aez_windows *s, size_t c, const float *bias, unsigned activation,
                      float *y, size_t n_rows)
{
    for (size_t i = 0; i < n_rows * c; i++) {
        const float *from = inside(s, i);
        for (size_t line = 0; line < s->h; line++, from += s->padded_w, y += s->w)
            aez_activate_run(y, from, s->w, 1, bias ? bias[i % c] : 0, activation);
    }
}
