/* conv.c - integer convolutions, in two ways.
 *
 * The quick way lays the input out with zeros around it and channels in pairs, for the kernel of
 * windows; it is for sums of 32 bits and layouts that fit a cache. Else windows are laid out one
 * after another, for the kernels of dense layers. */
#include "conv.h"

#include "activate.h"

#include <string.h>

#define WINDOW_VALUES 131072 /* of windows laid out at a time: 256 KiB */
#define SUM_VALUES 65536     /* of sums: 512 KiB */
#define BAND_VALUES 262144   /* of a band of lines laid out for the kernel of windows: 512 KiB */
#define BAND_PLACES 8192
#define BAND_CHANNELS 16     /* of the result, at a time: with the places above, 512 KiB of sums */
#define PACKED_MAX 1048576   /* weights: 2 MiB */

/* ---- results --------------------------------------------------------------------------------- */

/* Where sums go: to activations y, or added to `last` in units of 2^-frac. */
typedef struct target {
    int16_t *y;
    int64_t *last;
    unsigned frac;
} target;

/* n sums of channel c, those of places `at` and after of its plane of n_sites. */
static void put_32(const aez_conv *conv, const aez_kernels *kernels, const int32_t *sum, size_t n,
                   size_t c, size_t at, const target *to)
{
    const aez_layer *l = conv->layer;
    size_t           begin = c * conv->in.h * conv->in.w + at;
    int32_t          bias = l->bias ? l->bias[c] : 0;
    if (to->last)
        for (size_t i = 0; i < n; i++)
            to->last[begin + i] += aez_last_value(l, c, sum[i], to->frac);
    else if (l->activation <= AEZ_LEAKY && l->shift >= 1 && l->shift <= AEZ_FINISH_SHIFT_MAX &&
             bias >= -AEZ_SMALL_BIAS_MAX && bias <= AEZ_SMALL_BIAS_MAX)
        kernels->finish(sum, n, l->shift, bias, l->activation, to->y + begin);
    else
        for (size_t i = 0; i < n; i++)
            to->y[begin + i] = aez_hidden_value(l, c, sum[i]);
}

static void put_64(const aez_conv *conv, const int64_t *sum, size_t n, size_t c, size_t at,
                   const target *to)
{
    size_t begin = c * conv->in.h * conv->in.w + at;
    for (size_t i = 0; i < n; i++)
        if (to->last)
            to->last[begin + i] += aez_last_value(conv->layer, c, sum[i], to->frac);
        else
            to->y[begin + i] = aez_hidden_value(conv->layer, c, sum[i]);
}

/* ---- the quick way --------------------------------------------------------------------------- */

static size_t line_of(const aez_conv *conv)
{
    return (size_t)conv->in.w + conv->kw - 1;
}

static size_t pairs_of(const aez_conv *conv)
{
    return ((size_t)conv->in.c + 1) / 2;
}

/* Places of a channel pair of a band: the kernel reads up to 7 places beyond the last line, and
 * kw - 1 more of their windows. */
static size_t plane_of(const aez_conv *conv, size_t n_lines)
{
    return (n_lines + conv->kh - 1) * line_of(conv) + conv->kw + 7;
}

static size_t places_of(const aez_conv *conv, size_t n_lines)
{
    return (n_lines * line_of(conv) + 7) / 8 * 8;
}

static int band_fits(const aez_conv *conv, size_t n_lines)
{
    return places_of(conv, n_lines) <= BAND_PLACES &&
           plane_of(conv, n_lines) * pairs_of(conv) * 2 <= BAND_VALUES;
}

/* Lines of the result that are worked on at a time; 0: not even one. */
static size_t band_lines(const aez_conv *conv)
{
    size_t n = conv->in.h;
    while (n > 0 && !band_fits(conv, n))
        n = n > 64 ? n / 2 : n - 1;
    return n;
}

size_t aez_conv_packed(const aez_conv *conv)
{
    size_t n = (size_t)conv->layer->n_out * pairs_of(conv) * conv->kh * conv->kw * 2;
    return conv->layer->wide || n > PACKED_MAX || band_lines(conv) == 0 ? 0 : n;
}

/* [c_out][pairs][kh][kw][2]; a last channel without a partner has one with zeros. */
void aez_conv_pack(const aez_conv *conv, int16_t *packed)
{
    const aez_layer *l = conv->layer;
    size_t           window = (size_t)conv->kh * conv->kw;
    for (size_t o = 0; o < l->n_out; o++)
        for (size_t c = 0; c < 2 * pairs_of(conv); c++)
            for (size_t k = 0; k < window; k++) {
                size_t at = ((o * pairs_of(conv) + c / 2) * window + k) * 2 + c % 2;
                packed[at] = c < conv->in.c ? l->weight[o * l->n_in + c * window + k] : 0;
            }
}

/* A line of a channel and of its partner, with zeros at both ends. */
static void put_pair(const int16_t *a, const int16_t *b, size_t w, size_t half, int16_t *out)
{
    memset(out, 0, 2 * half * sizeof *out);
    out += 2 * half;
    for (size_t i = 0; i < w; i++) {
        out[2 * i] = a[i];
        out[2 * i + 1] = b[i];
    }
    memset(out + 2 * w, 0, 2 * half * sizeof *out);
}

/* A last channel without a partner is its own: the partner's weights are 0. */
static void lay_out_band(const aez_conv *conv, const int16_t *x, size_t first, size_t n_lines,
                         int16_t *out)
{
    size_t h = conv->in.h, w = conv->in.w, line = line_of(conv), plane = plane_of(conv, n_lines);
    for (size_t c = 0; c < conv->in.c; c += 2, out += 2 * plane) {
        const int16_t *a = x + c * h * w, *b = c + 1 < conv->in.c ? a + h * w : a;
        size_t         used = n_lines + conv->kh - 1;
        for (size_t i = 0; i < used; i++) {
            size_t at = first + i - conv->kh / 2; /* below 0 wraps */
            if (at < h)
                put_pair(a + at * w, b + at * w, w, conv->kw / 2, out + 2 * i * line);
            else
                memset(out + 2 * i * line, 0, 2 * line * sizeof *out);
        }
        memset(out + 2 * used * line, 0, 2 * (plane - used * line) * sizeof *out);
    }
}

static void run_band(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                     size_t first, size_t n_lines, int32_t *sum, const target *to)
{
    size_t            w = conv->in.w, n_out = conv->layer->n_out, line = line_of(conv);
    aez_window_layout l = {pairs_of(conv), conv->kh, conv->kw, line, plane_of(conv, n_lines),
                           places_of(conv, n_lines)};
    size_t            n_weights = 2 * l.n_pairs * l.kh * l.kw;
    int16_t          *band = (int16_t *)(void *)(sum + BAND_CHANNELS * l.n);
    lay_out_band(conv, x, first, n_lines, band);
    for (size_t o = 0, n; o < n_out; o += n) {
        n = n_out - o < BAND_CHANNELS ? n_out - o : BAND_CHANNELS;
        kernels->windows(&l, conv->packed + o * n_weights, band, n, sum);
        for (size_t c = 0; c < n; c++)
            for (size_t i = 0; i < n_lines; i++)
                put_32(conv, kernels, sum + c * l.n + i * line, w, o + c, (first + i) * w, to);
    }
}

/* ---- the slower way -------------------------------------------------------------------------- */

/* Sites whose windows are worked on at a time; at least 1, as a fan-in is at most 2^16. */
static size_t block_sites(const aez_conv *conv)
{
    size_t n = WINDOW_VALUES / conv->layer->n_in, most = SUM_VALUES / conv->layer->n_out;
    size_t n_sites = (size_t)conv->in.h * conv->in.w;
    n = n < most ? n : most;
    return n < n_sites ? n : n_sites;
}

/* One row of a window: kw values around column `at` of a line of w, zeros where there is none. */
static int16_t *put_line(const int16_t *line, size_t w, size_t at, size_t kw, int16_t *out)
{
    size_t half = kw / 2;
    if (at >= half && at + half < w) {
        for (size_t k = 0; k < kw; k++)
            out[k] = line[at - half + k];
        return out + kw;
    }
    for (size_t k = 0; k < kw; k++) /* below 0 wraps to far beyond w */
        out[k] = at + k - half < w ? line[at + k - half] : 0;
    return out + kw;
}

/* The windows [n][c_in][kh][kw] of sites first .. first + n. */
static void lay_out(const aez_conv *conv, const int16_t *x, size_t first, size_t n, int16_t *out)
{
    size_t h = conv->in.h, w = conv->in.w, half = conv->kh / 2;
    for (size_t site = first; site < first + n; site++) {
        size_t row = site / w, at = site % w;
        for (size_t c = 0; c < conv->in.c; c++)
            for (size_t k = 0; k < conv->kh; k++) {
                size_t from = row + k - half; /* below 0 wraps */
                if (from < h) {
                    out = put_line(x + (c * h + from) * w, w, at, conv->kw, out);
                } else {
                    memset(out, 0, conv->kw * sizeof *out);
                    out += conv->kw;
                }
            }
    }
}

/* Sums [c_out][n] of sites first .. first + n. The kernel takes windows for weights and weights for
 * rows: products commute, and what it asks of weights (no -32768, magnitudes that add up to little)
 * it needs of one factor only. */
static void sums(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x, size_t first,
                 size_t n, void *scratch)
{
    const aez_layer *l = conv->layer;
    int16_t *windows = (int16_t *)((char *)scratch + n * l->n_out * sizeof(int64_t));
    lay_out(conv, x, first, n, windows);
    if (l->wide)
        kernels->dense_64(windows, l->weight, l->n_in, n, l->n_out, scratch);
    else
        kernels->dense_32(windows, l->weight, l->n_in, n, l->n_out, scratch);
}

static void run_block(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                      size_t first, size_t n, void *scratch, const target *to)
{
    sums(conv, kernels, x, first, n, scratch);
    for (size_t c = 0; c < conv->layer->n_out; c++)
        if (conv->layer->wide)
            put_64(conv, (const int64_t *)scratch + c * n, n, c, first, to);
        else
            put_32(conv, kernels, (const int32_t *)scratch + c * n, n, c, first, to);
}

/* ---- both ------------------------------------------------------------------------------------ */

size_t aez_conv_scratch_bytes(const aez_conv *conv)
{
    size_t n = block_sites(conv), n_lines = band_lines(conv), slow, quick = 0;
    slow = n * conv->layer->n_out * sizeof(int64_t) + n * conv->layer->n_in * sizeof(int16_t);
    if (n_lines)
        quick = BAND_CHANNELS * places_of(conv, n_lines) * sizeof(int32_t) +
                2 * pairs_of(conv) * plane_of(conv, n_lines) * sizeof(int16_t);
    return slow > quick ? slow : quick;
}

static void run(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x, void *scratch,
                const target *to)
{
    size_t n_lines = band_lines(conv), n_sites = (size_t)conv->in.h * conv->in.w;
    size_t n_block = block_sites(conv);
    if (conv->packed)
        for (size_t i = 0, n; i < conv->in.h; i += n) {
            n = conv->in.h - i < n_lines ? conv->in.h - i : n_lines;
            run_band(conv, kernels, x, i, n, scratch, to);
        }
    else
        for (size_t i = 0, n; i < n_sites; i += n) {
            n = n_sites - i < n_block ? n_sites - i : n_block;
            run_block(conv, kernels, x, i, n, scratch, to);
        }
}

void aez_conv_run(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                  void *scratch, int16_t *y)
{
    const target to = {.y = y};
    run(conv, kernels, x, scratch, &to);
}

void aez_conv_add(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                  unsigned frac, void *scratch, int64_t *y)
{
    const target to = {.last = y, .frac = frac};
    run(conv, kernels, x, scratch, &to);
}
