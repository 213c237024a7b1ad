/* network_conv.c - convolutions of float networks, as products with the windows laid out (im2col).
 *
 * Rows go through in groups, so that products are large for small planes too. Of a group, the
 * planes get zeros around them (padded: [group][c_in][h + kh - 1][w + kw - 1]), and then
 * windows [c_in][kh][kw][group][h][w] holds for each place of the window the value that each site
 * sees there. Outputs of a group of several rows are [c_out][group][h][w] and are moved.
 *
 * The gradient of the inputs is a convolution too, of that of the outputs, with the windows turned
 * around: copying windows of c_out channels costs less than adding up those of c_in. */
#include "../net/net.h"
#include "blas.h"
#include "network_layers.h"

#include <string.h>

#define LANES AEZ_LOSS_LANES
#define SITES 512 /* a group has as many, if it can: where products reach their speed */

typedef struct conv {
    size_t c_in, c_out, h, w, kh, kw;
    size_t padded_h, padded_w;
    size_t hw, fan_in; /* c_in kh kw */
    size_t group;      /* rows that go through at once */
    size_t n_padded, n_windows, n_moved;
    float *padded, *windows, *moved, *turned;
} conv;

/* ---- sizes ----------------------------------------------------------------------------------- */

static conv conv_of(const aez_node *node, size_t n_rows)
{
    conv c = {.c_in = node->in.c, .c_out = node->out.c, .h = node->in.h, .w = node->in.w,
              .kh = node->kh, .kw = node->kw};
    /* Backward goes the other way: what is large enough for either. */
    size_t c_most = c.c_in > c.c_out ? c.c_in : c.c_out;
    c.padded_h = c.h + c.kh - 1;
    c.padded_w = c.w + c.kw - 1;
    c.hw = c.h * c.w;
    c.fan_in = c.c_in * c.kh * c.kw;
    c.group = (SITES + c.hw - 1) / c.hw;
    c.group = c.group < n_rows ? c.group : n_rows;
    c.n_padded = c.group * c_most * c.padded_h * c.padded_w;
    c.n_windows = c.group * c_most * c.kh * c.kw * c.hw;
    c.n_moved = c.group * c_most * c.hw;
    return c;
}

static conv conv_at(const aez_node_pass *p)
{
    conv c = conv_of(p->node, p->n_rows);
    c.padded = p->scratch;
    c.windows = c.padded + c.n_padded;
    c.moved = c.windows + c.n_windows;
    c.turned = c.moved + c.n_moved;
    return c;
}

/* The convolution that takes the gradient of the outputs to that of the inputs. */
static conv turned_around(const conv *c)
{
    conv back = *c;
    back.c_in = c->c_out;
    back.c_out = c->c_in;
    back.fan_in = c->c_out * c->kh * c->kw;
    return back;
}

size_t aez_network_conv_scratch(const aez_node *node, size_t n_rows)
{
    conv c = conv_of(node, n_rows);
    return c.n_padded + c.n_windows + c.n_moved + c.c_out * c.fan_in;
}

/* ---- planes and windows ---------------------------------------------------------------------- */

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

/* The inside of the padded planes of one row; what is around stays. */
static float *inside(const conv *c, size_t row, size_t channel)
{
    return c->padded + ((row * c->c_in + channel) * c->padded_h + c->kh / 2) * c->padded_w +
           c->kw / 2;
}

AEZ_EACH_CPU
static void pad_rows(const conv *c, const float *x, size_t n_rows)
{
    for (size_t i = 0; i < n_rows * c->c_in; i++) {
        float *to = inside(c, i / c->c_in, i % c->c_in);
        for (size_t y = 0; y < c->h; y++, to += c->padded_w, x += c->w)
            copy_line(to, x, c->w);
    }
}

/* Where the first site sees place k of the window, in a row's padded planes. */
static size_t place_of(const conv *c, size_t k)
{
    size_t channel = k / (c->kh * c->kw), y = k / c->kw % c->kh, x = k % c->kw;
    return (channel * c->padded_h + y) * c->padded_w + x;
}

AEZ_EACH_CPU
static void lay_out_windows(const conv *c, size_t n_rows)
{
    float *to = c->windows;
    for (size_t k = 0; k < c->fan_in; k++) {
        const float *plane = c->padded + place_of(c, k);
        for (size_t r = 0; r < n_rows; r++, plane += c->c_in * c->padded_h * c->padded_w)
            for (size_t y = 0; y < c->h; y++, to += c->w)
                copy_line(to, plane + y * c->padded_w, c->w);
    }
}

/* The windows of n_rows of x: x itself where that is what they are. */
static const float *windows_of(const conv *c, const float *x, size_t n_rows)
{
    if (n_rows == 1 && c->kh == 1 && c->kw == 1)
        return x;
    pad_rows(c, x, n_rows);
    lay_out_windows(c, n_rows);
    return c->windows;
}

static void clear_padding(const conv *c)
{
    memset(c->padded, 0, c->group * c->c_in * c->padded_h * c->padded_w * sizeof *c->padded);
}

/* ---- passes ---------------------------------------------------------------------------------- */

/* y = activation(weight * windows of x + bias) of n_rows from `first`; bias NULL: none. */
static void run_group(const conv *c, const float *weight, const float *bias, unsigned activation,
                      const float *x, float *y, size_t first, size_t n_rows)
{
    const float *windows = windows_of(c, x + first * c->c_in * c->hw, n_rows);
    float       *to = y + first * c->c_out * c->hw, *product = n_rows == 1 ? to : c->moved;
    aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, c->c_out, n_rows * c->hw, c->fan_in, 1, weight, windows, 0,
              product);
    if (product == to && !bias)
        return;
    for (size_t o = 0; o < c->c_out; o++)
        for (size_t r = 0; r < n_rows; r++, product += c->hw)
            aez_activate_run(to + (r * c->c_out + o) * c->hw, product, c->hw, 1,
                             bias ? bias[o] : 0, activation);
}

static void run(const conv *c, const float *weight, const float *bias, unsigned activation,
                const float *x, float *y, size_t n_rows)
{
    clear_padding(c);
    for (size_t r = 0; r < n_rows; r += c->group)
        run_group(c, weight, bias, activation, x, y, r,
                  n_rows - r < c->group ? n_rows - r : c->group);
}

void aez_conv_forward(const aez_node_pass *p)
{
    conv c = conv_at(p);
    run(&c, p->params + p->node->weight, p->params + p->node->bias, p->activation, p->x, p->y,
        p->n_rows);
}

/* [c_out][n_rows][hw] from [n_rows][c_out][hw] */
static const float *move_outputs(const conv *c, const float *dy, size_t n_rows)
{
    float *to = c->moved;
    if (n_rows == 1)
        return dy;
    for (size_t o = 0; o < c->c_out; o++)
        for (size_t r = 0; r < n_rows; r++, to += c->hw)
            memcpy(to, dy + (r * c->c_out + o) * c->hw, c->hw * sizeof *to);
    return c->moved;
}

AEZ_EACH_CPU
static void add_biases(float *sums, const float *dy, size_t c_out, size_t n)
{
    for (size_t o = 0; o < c_out; o++, dy += n) {
        float  lane[LANES] = {0};
        double sum = 0;
        size_t at = 0;
        for (; at + LANES <= n; at += LANES)
            AEZ_FOR_LANES(j, LANES)
                lane[j] += dy[at + j];
        for (; at < n; at++)
            sum += (double)dy[at];
        for (unsigned j = 0; j < LANES; j++)
            sum += (double)lane[j];
        sums[o] += (float)sum;
    }
}

static void weights_of_group(const aez_node_pass *p, const conv *c, size_t first, size_t n_rows)
{
    const float *windows = windows_of(c, p->x + first * c->c_in * c->hw, n_rows);
    const float *dy = move_outputs(c, p->dy + first * c->c_out * c->hw, n_rows);
    aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, c->c_out, c->fan_in, n_rows * c->hw, 1, dy, windows, 1,
              p->grads + p->node->weight);
    add_biases(p->grads + p->node->bias, dy, c->c_out, n_rows * c->hw);
}

/* [c_in][c_out][kh][kw], windows turned by half a circle, from [c_out][c_in][kh][kw] */
static void turn_weights(const conv *c, const float *weight)
{
    const size_t window = c->kh * c->kw;
    for (size_t o = 0; o < c->c_out; o++) {
        for (size_t i = 0; i < c->c_in; i++) {
            float *to = c->turned + (i * c->c_out + o) * window + window;
            for (size_t k = 0; k < window; k++)
                *--to = *weight++;
        }
    }
}

void aez_conv_backward(const aez_node_pass *p)
{
    conv c = conv_at(p), back = turned_around(&c);
    clear_padding(&c);
    for (size_t r = 0; r < p->n_rows; r += c.group)
        weights_of_group(p, &c, r, p->n_rows - r < c.group ? p->n_rows - r : c.group);
    if (!p->dx)
        return;
    turn_weights(&c, p->params + p->node->weight);
    run(&back, c.turned, NULL, AEZ_LINEAR, p->dy, p->dx, p->n_rows);
}
