/* network_simple.c - layers of float networks without weights: activations, dropout, pool, up.
 *
 * Loops run over AEZ_LOSS_LANES values side by side, so that a compiler makes vectors of them; what
 * is left over goes one by one through the same operations. Functions made for each CPU are static:
 * clang 14 gives others a name that callers elsewhere do not find. */
#include "../net/net.h"
#include "network_layers.h"

#include <string.h>

#define LANES AEZ_LOSS_LANES
#define LEAK 0.125f

/* ---- activations ----------------------------------------------------------------------------- */

AEZ_LANE float activate(float t, unsigned activation)
{
    switch (activation) {
    case AEZ_RELU:
        return t > 0 ? t : 0;
    case AEZ_LEAKY:
        return t > 0 ? t : t * LEAK;
    case AEZ_TANH:
        return 2 * aez_lane_sigmoid(2 * t) - 1;
    case AEZ_SIGMOID:
        return aez_lane_sigmoid(t);
    default:
        return t;
    }
}

/* The derivative where the activation's value is y, times dy. */
AEZ_LANE float slope(float y, float dy, unsigned activation)
{
    switch (activation) {
    case AEZ_RELU:
        return y > 0 ? dy : 0;
    case AEZ_LEAKY:
        return y > 0 ? dy : dy * LEAK;
    case AEZ_TANH:
        return dy * (1 - y * y);
    case AEZ_SIGMOID:
        return dy * (y * (1 - y));
    default:
        return dy;
    }
}

AEZ_LANE void activate_run(float *y, const float *x, size_t n, float scale, float shift,
                           unsigned activation)
{
    size_t at = 0;
    for (; at + LANES <= n; at += LANES)
        AEZ_FOR_LANES(j, LANES)
            y[at + j] = activate(x[at + j] * scale + shift, activation);
    for (; at < n; at++)
        y[at] = activate(x[at] * scale + shift, activation);
}

AEZ_LANE void activate_row(float *y, const float *x, size_t n, const float *scale,
                           const float *shift, unsigned activation)
{
    size_t at = 0;
    for (; at + LANES <= n; at += LANES)
        AEZ_FOR_LANES(j, LANES)
            y[at + j] = activate(x[at + j] * (scale ? scale[at + j] : 1) + shift[at + j],
                                 activation);
    for (; at < n; at++)
        y[at] = activate(x[at] * (scale ? scale[at] : 1) + shift[at], activation);
}

AEZ_LANE void slope_run(float *dx, const float *y, const float *dy, size_t n, unsigned activation)
{
    size_t at = 0;
    for (; at + LANES <= n; at += LANES)
        AEZ_FOR_LANES(j, LANES)
            dx[at + j] = slope(y[at + j], dy[at + j], activation);
    for (; at < n; at++)
        dx[at] = slope(y[at], dy[at], activation);
}

/* CALL with the activation as a constant, so that its loop has no branches. */
#define FOR_EACH_ACTIVATION(activation, CALL)  \
    switch (activation) {                      \
    case AEZ_RELU:    CALL(AEZ_RELU); break;   \
    case AEZ_LEAKY:   CALL(AEZ_LEAKY); break;  \
    case AEZ_TANH:    CALL(AEZ_TANH); break;   \
    case AEZ_SIGMOID: CALL(AEZ_SIGMOID); break; \
    default:          CALL(AEZ_LINEAR);        \
    }

AEZ_EACH_CPU
static void activate_run_of(float *y, const float *x, size_t n, float scale, float shift,
                            unsigned activation)
{
#define RUN(a) activate_run(y, x, n, scale, shift, a)
    FOR_EACH_ACTIVATION(activation, RUN)
#undef RUN
}

void aez_activate_run(float *y, const float *x, size_t n, float scale, float shift,
                      unsigned activation)
{
    activate_run_of(y, x, n, scale, shift, activation);
}

AEZ_LANE void activate_rows(float *y, const float *x, size_t n_rows, size_t n, const float *scale,
                            const float *shift, unsigned activation)
{
    for (size_t r = 0; r < n_rows; r++)
        activate_row(y + r * n, x + r * n, n, scale, shift, activation);
}

AEZ_EACH_CPU
static void activate_rows_of(float *y, const float *x, size_t n_rows, size_t n, const float *scale,
                             const float *shift, unsigned activation)
{
#define RUN(a)                                           \
    if (scale)                                           \
        activate_rows(y, x, n_rows, n, scale, shift, a); \
    else                                                 \
        activate_rows(y, x, n_rows, n, NULL, shift, a)
    FOR_EACH_ACTIVATION(activation, RUN)
#undef RUN
}

void aez_activate_rows(float *y, const float *x, size_t n_rows, size_t n, const float *scale,
                       const float *shift, unsigned activation)
{
    activate_rows_of(y, x, n_rows, n, scale, shift, activation);
}

AEZ_EACH_CPU
static void slope_of(float *dx, const float *y, const float *dy, size_t n, unsigned activation)
{
#define RUN(a) slope_run(dx, y, dy, n, a)
    FOR_EACH_ACTIVATION(activation, RUN)
#undef RUN
}

void aez_activation_forward(const aez_node_pass *p)
{
    aez_activate_run(p->y, p->x, p->n_rows * aez_dims_size(p->node->in), 1, 0,
                     p->node->activation);
}

void aez_activation_backward(const aez_node_pass *p)
{
    if (p->dx)
        slope_of(p->dx, p->y, p->dy, p->n_rows * aez_dims_size(p->node->in),
                 p->node->activation);
}

AEZ_EACH_CPU
static void add_rows(float *sum, const float *x, size_t n_rows, size_t n)
{
    for (size_t r = 0; r < n_rows; r++, x += n) {
        size_t at = 0;
        for (; at + LANES <= n; at += LANES)
            AEZ_FOR_LANES(j, LANES)
                sum[at + j] += x[at + j];
        for (; at < n; at++)
            sum[at] += x[at];
    }
}

void aez_add_rows(float *sum, const float *x, size_t n_rows, size_t n)
{
    add_rows(sum, x, n_rows, n);
}

/* ---- dropout --------------------------------------------------------------------------------- */

/* Place i is kept when the hash of i, 31 bits of it, is at least rate. */
AEZ_LANE float keep(float x, size_t i, uint64_t key, int32_t least, float grow)
{
    int32_t bits = (int32_t)(aez_lane_hash((uint32_t)i, key) >> 1);
    return bits >= least ? x * grow : 0;
}

AEZ_EACH_CPU
static void drop_out(float *y, const float *x, size_t n, float rate, uint64_t key)
{
    const int32_t least = (int32_t)((double)rate * 0x1p31);
    const float   grow = 1 / (1 - rate);
    size_t        at = 0;
    for (; at + LANES <= n; at += LANES)
        AEZ_FOR_LANES(j, LANES)
            y[at + j] = keep(x[at + j], at + j, key, least, grow);
    for (; at < n; at++)
        y[at] = keep(x[at], at, key, least, grow);
}

static void dropout_run(const aez_node_pass *p, float *to, const float *from)
{
    size_t n = p->n_rows * aez_dims_size(p->node->in);
    if (p->training)
        drop_out(to, from, n, p->node->rate, p->key);
    else if (to != from)
        memcpy(to, from, n * sizeof *to);
}

void aez_dropout_forward(const aez_node_pass *p)
{
    dropout_run(p, p->y, p->x);
}

void aez_dropout_backward(const aez_node_pass *p)
{
    if (p->dx)
        dropout_run(p, p->dx, p->dy);
}

/* ---- pool ------------------------------------------------------------------------------------ */

/* extra keeps for each output which place of its window was the first of the largest: a whole number
 * below 2^20, exact in a float. */
static void pool_plane(const aez_node *node, const float *x, float *y, float *place)
{
    const size_t w = node->in.w;
    for (size_t oy = 0; oy < node->out.h; oy++) {
        for (size_t ox = 0; ox < node->out.w; ox++) {
            const float *window = x + oy * node->kh * w + ox * node->kw;
            float        most = window[0];
            size_t       at = 0;
            for (size_t i = 0; i < node->kh; i++) {
                for (size_t j = 0; j < node->kw; j++) {
                    float v = window[i * w + j];
                    at = v > most ? i * w + j : at;
                    most = v > most ? v : most;
                }
            }
            *y++ = most;
            *place++ = (float)at;
        }
    }
}

void aez_pool_forward(const aez_node_pass *p)
{
    const aez_node *n = p->node;
    const size_t    in = (size_t)n->in.h * n->in.w, out = (size_t)n->out.h * n->out.w;
    for (size_t i = 0; i < p->n_rows * n->in.c; i++)
        pool_plane(n, p->x + i * in, p->y + i * out, p->extra + i * out);
}

void aez_pool_backward(const aez_node_pass *p)
{
    const aez_node *n = p->node;
    const size_t    in = (size_t)n->in.h * n->in.w;
    const float    *dy = p->dy, *place = p->extra;
    if (!p->dx)
        return;
    memset(p->dx, 0, p->n_rows * aez_dims_size(n->in) * sizeof *p->dx);
    for (size_t i = 0; i < p->n_rows * n->in.c; i++) {
        for (size_t oy = 0; oy < n->out.h; oy++) {
            float *window = p->dx + i * in + oy * n->kh * n->in.w;
            for (size_t ox = 0; ox < n->out.w; ox++, window += n->kw)
                window[(size_t)*place++] = *dy++;
        }
    }
}

/* ---- up -------------------------------------------------------------------------------------- */

static void widen(const float *x, size_t n, size_t times, float *y)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < times; j++)
            *y++ = x[i];
}

static void narrow(const float *y, size_t n, size_t times, float *x)
{
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t j = 0; j < times; j++)
            sum += *y++;
        x[i] += sum;
    }
}

void aez_up_forward(const aez_node_pass *p)
{
    const aez_node *n = p->node;
    float          *y = p->y;
    for (size_t line = 0; line < p->n_rows * n->in.c * n->in.h; line++, y += n->out.w) {
        const float *first = y;
        widen(p->x + line * n->in.w, n->in.w, n->kw, y);
        for (size_t i = 1; i < n->kh; i++)
            memcpy(y += n->out.w, first, n->out.w * sizeof *y);
    }
}

void aez_up_backward(const aez_node_pass *p)
{
    const aez_node *n = p->node;
    const float    *dy = p->dy;
    if (!p->dx)
        return;
    memset(p->dx, 0, p->n_rows * aez_dims_size(n->in) * sizeof *p->dx);
    for (size_t line = 0; line < p->n_rows * n->in.c * n->in.h; line++)
        for (size_t i = 0; i < n->kh; i++, dy += n->out.w)
            narrow(dy, n->in.w, n->kw, p->dx + line * n->in.w);
}
