/* network_conv.c - convolutions of float networks, as matrix products.
 *
 * There are two ways, alike in their sums but for rounding. Gathering lays out the windows of all
 * input channels (im2col) and multiplies by the weights [c_out][c_in][window]. Spreading multiplies
 * the input itself by [c_out][window][c_in] and adds up what each output's window got. One moves
 * c_in, the other c_out windows a site: that is what tells them apart where channels are few.
 *
 * The gradient of the inputs is a convolution too, of that of the outputs, with the windows turned
 * by half a circle and the channels exchanged. */
#include "../net/net.h"
#include "blas.h"
#include "network_layers.h"
#include "network_windows.h"

#include <string.h>

#define LANES AEZ_LOSS_LANES
#define SITES 512 /* a group has as many, if it can: there products reach their speed */

typedef struct conv {
    size_t      c_in, c_out;
    aez_windows s;
    float      *moved;   /* [channels][group][hw] */
    float      *turned;  /* weights for the way back */
    float      *ordered; /* weights for spreading, or the gradient of turned */
} conv;

/* ---- sizes ----------------------------------------------------------------------------------- */

static aez_windows windows_of(const aez_node *node, size_t n_rows)
{
    aez_windows s = {.h = node->in.h, .w = node->in.w, .kh = node->kh, .kw = node->kw};
    s.padded_h = s.h + s.kh - 1;
    s.padded_w = s.w + s.kw - 1;
    s.hw = s.h * s.w;
    s.window = s.kh * s.kw;
    s.group = (SITES + s.hw - 1) / s.hw;
    s.group = s.group < n_rows ? s.group : n_rows;
    return s;
}

/* Floats of a group in the order of the scratch: padded, windows, moved, turned, ordered. Either
 * way through the layer fits. */
static void part_sizes(const aez_node *node, const aez_windows *s, size_t size[5])
{
    size_t c_most = node->in.c > node->out.c ? node->in.c : node->out.c;
    size[0] = s->group * c_most * s->padded_h * s->padded_w;
    size[1] = s->group * c_most * s->window * s->hw;
    size[2] = s->group * c_most * s->hw;
    size[3] = size[4] = (size_t)node->in.c * node->out.c * s->window;
}

size_t aez_conv_scratch(const aez_node *node, size_t n_rows)
{
    aez_windows s = windows_of(node, n_rows);
    size_t      size[5];
    part_sizes(node, &s, size);
    return size[0] + size[1] + size[2] + size[3] + size[4];
}

static conv conv_of(const aez_node_pass *p)
{
    conv   c = {.c_in = p->node->in.c, .c_out = p->node->out.c};
    size_t size[5];
    c.s = windows_of(p->node, p->n_rows);
    part_sizes(p->node, &c.s, size);
    c.s.padded = p->scratch;
    c.s.windows = c.s.padded + size[0];
    c.moved = c.s.windows + size[1];
    c.turned = c.moved + size[2];
    c.ordered = c.turned + size[3];
    return c;
}

/* ---- orders ---------------------------------------------------------------------------------- */

/* [c][n_rows][hw], in `to`, from [n_rows][c][hw], which is the same for one row. */
static const float *by_channel(const conv *v, const float *x, size_t c, size_t n_rows, float *to)
{
    const size_t hw = v->s.hw;
    float       *at = to;
    if (n_rows == 1)
        return x;
    for (size_t i = 0; i < c; i++)
        for (size_t r = 0; r < n_rows; r++, at += hw)
            memcpy(at, x + (r * c + i) * hw, hw * sizeof *at);
    return to;
}

/* [c_in][c_out][window], windows turned, from [c_out][c_in][window]. */
static void turn(const conv *v, const float *weight)
{
    const size_t n = v->s.window;
    for (size_t o = 0; o < v->c_out; o++)
        for (size_t i = 0; i < v->c_in; i++, weight += n)
            for (size_t k = 0; k < n; k++)
                v->turned[(i * v->c_out + o) * n + n - 1 - k] = weight[k];
}

/* The gradient of turned, in ordered, is added to that of the weights. */
static void add_turned(const conv *v, float *grads)
{
    const size_t n = v->s.window;
    for (size_t o = 0; o < v->c_out; o++)
        for (size_t i = 0; i < v->c_in; i++, grads += n)
            for (size_t k = 0; k < n; k++)
                grads[k] += v->ordered[(i * v->c_out + o) * n + n - 1 - k];
}

/* [c_out][window][c_in], windows turned: what a value gives to the sites around it. */
static void order_for_spreading(const conv *v, const float *weight)
{
    const size_t n = v->s.window;
    for (size_t o = 0; o < v->c_out; o++)
        for (size_t i = 0; i < v->c_in; i++, weight += n)
            for (size_t k = 0; k < n; k++)
                v->ordered[(o * n + n - 1 - k) * v->c_in + i] = weight[k];
}

/* ---- a convolution --------------------------------------------------------------------------- */

/* Adding up costs more than copying. */
static int spreads(const conv *v)
{
    return v->s.window > 1 && 2 * v->c_out <= v->c_in;
}

/* The windows of n_rows of x with c channels. */
static const float *windows_in(const conv *v, const float *x, size_t c, size_t n_rows)
{
    if (v->s.window == 1)
        return by_channel(v, x, c, n_rows, v->s.windows);
    aez_windows_pad(&v->s, c, x, n_rows);
    aez_windows_lay_out(&v->s, c, n_rows);
    return v->s.windows;
}

/* y [n_rows][c][hw] = activation(weight [c][n] windows [n][n_rows][hw] + bias (may be NULL)). */
static void multiply(const conv *v, const float *weight, size_t c, size_t n, const float *windows,
                     const float *bias, unsigned activation, float *y, size_t n_rows)
{
    const size_t hw = v->s.hw;
    float       *product = n_rows == 1 ? y : v->moved;
    aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, c, n_rows * hw, n, 1, weight, windows, 0, product);
    if (n_rows == 1 && !bias)
        return;
    for (size_t i = 0; i < c; i++)
        for (size_t r = 0; r < n_rows; r++, product += hw)
            aez_activate_run(y + (r * c + i) * hw, product, hw, 1, bias ? bias[i] : 0, activation);
}

static void spread(const conv *v, const float *bias, unsigned activation, const float *x, float *y,
                   size_t n_rows)
{
    aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, v->c_out * v->s.window, n_rows * v->s.hw, v->c_in, 1,
              v->ordered, by_channel(v, x, v->c_in, n_rows, v->moved), 0, v->s.windows);
    aez_windows_add_up(&v->s, v->c_out, n_rows);
    aez_windows_take(&v->s, v->c_out, bias, activation, y, n_rows);
}

/* y = activation(convolution of x + bias); n_rows: at most a group. */
static void run(const conv *v, const float *weight, const float *bias, unsigned activation,
                const float *x, float *y, size_t n_rows)
{
    if (spreads(v))
        spread(v, bias, activation, x, y, n_rows);
    else
        multiply(v, weight, v->c_out, v->c_in * v->s.window, windows_in(v, x, v->c_in, n_rows),
                 bias, activation, y, n_rows);
}

void aez_conv_forward(const aez_node_pass *p)
{
    const float *weight = p->params + p->node->weight, *bias = p->params + p->node->bias;
    conv         v = conv_of(p);
    const size_t in = v.c_in * v.s.hw, out = v.c_out * v.s.hw;
    if (spreads(&v))
        order_for_spreading(&v, weight);
    for (size_t r = 0; r < p->n_rows; r += v.s.group)
        run(&v, weight, bias, p->activation, p->x + r * in, p->y + r * out,
            p->n_rows - r < v.s.group ? p->n_rows - r : v.s.group);
}

/* ---- gradients ------------------------------------------------------------------------------- */

/* sums [c] += all of dy [n_rows][c][n]. */
AEZ_EACH_CPU
static void add_biases(float *sums, const float *dy, size_t n_rows, size_t c, size_t n)
{
    for (size_t i = 0; i < n_rows * c; i++, dy += n) {
        float  lane[LANES] = {0}, sum = 0;
        size_t at = 0;
        for (; at + LANES <= n; at += LANES)
            AEZ_FOR_LANES(j, LANES)
                lane[j] += dy[at + j];
        for (; at < n; at++)
            sum += dy[at];
        for (unsigned j = 0; j < LANES; j++)
            sum += lane[j];
        sums[i % c] += sum;
    }
}

/* Few outputs: windows of dy serve weights and inputs; x is multiplied as it is. */
static void few_outputs(const aez_node_pass *p, const conv *v, const float *x, const float *dy,
                        float *dx, size_t n_rows)
{
    const float *windows = windows_in(v, dy, v->c_out, n_rows);
    const size_t n = v->c_out * v->s.window;
    aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, v->c_in, n, n_rows * v->s.hw, 1,
              by_channel(v, x, v->c_in, n_rows, v->moved), windows, 1, v->ordered);
    if (p->dx)
        multiply(v, v->turned, v->c_in, n, windows, NULL, AEZ_LINEAR, dx, n_rows);
}

static void few_inputs(const aez_node_pass *p, const conv *v, const conv *back, const float *x,
                       const float *dy, float *dx, size_t n_rows)
{
    const float *windows = windows_in(v, x, v->c_in, n_rows);
    aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, v->c_out, v->c_in * v->s.window, n_rows * v->s.hw, 1,
              by_channel(v, dy, v->c_out, n_rows, v->moved), windows, 1,
              p->grads + p->node->weight);
    if (p->dx)
        run(back, v->turned, NULL, AEZ_LINEAR, dy, dx, n_rows);
}

void aez_conv_backward(const aez_node_pass *p)
{
    conv         v = conv_of(p), back = v;
    const size_t in = v.c_in * v.s.hw, out = v.c_out * v.s.hw;
    const int    few = v.c_out <= v.c_in;
    back.c_in = v.c_out;
    back.c_out = v.c_in;
    add_biases(p->grads + p->node->bias, p->dy, p->n_rows, v.c_out, v.s.hw);
    turn(&v, p->params + p->node->weight);
    if (few)
        memset(v.ordered, 0, v.c_in * v.c_out * v.s.window * sizeof *v.ordered);
    else if (spreads(&back))
        order_for_spreading(&back, v.turned);
    for (size_t r = 0; r < p->n_rows; r += v.s.group) {
        const float *x = p->x + r * in, *dy = p->dy + r * out;
        float       *dx = p->dx ? p->dx + r * in : NULL;
        size_t       n_rows = p->n_rows - r < v.s.group ? p->n_rows - r : v.s.group;
        if (few)
            few_outputs(p, &v, x, dy, dx, n_rows);
        else
            few_inputs(p, &v, &back, x, dy, dx, n_rows);
    }
    if (few)
        add_turned(&v, p->grads + p->node->weight);
}
