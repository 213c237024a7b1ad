/* network_simple.c - layers of float networks that have no weights: dropout, pool, up. */
#include "network_layers.h"

#include <string.h>

#define LANES AEZ_LOSS_LANES

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

/* extra keeps for each output which place of its window was the first of the largest: a whole
 * number below 2^20, exact in a float. */
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

/* The same for windows of 2 x 2, which most are, without branches. */
static void pool_pairs(const aez_node *node, const float *x, float *y, float *place)
{
    const size_t w = node->in.w;
    for (size_t oy = 0; oy < node->out.h; oy++, x += 2 * w) {
        for (size_t ox = 0; ox < node->out.w; ox++) {
            const float a = x[2 * ox], b = x[2 * ox + 1], c = x[w + 2 * ox], d = x[w + 2 * ox + 1];
            const float upper = b > a ? b : a, lower = d > c ? d : c;
            const float most = lower > upper ? lower : upper;
            /* 0 where a is the largest, else 1 where b is, else w where c is, else w + 1 */
            const int32_t at = (a != most) * (1 + (b != most) * ((int32_t)w - 1 + (c != most)));
            *y++ = most;
            *place++ = (float)at;
        }
    }
}

void aez_pool_forward(const aez_node_pass *p)
{
    const aez_node *n = p->node;
    const size_t    in = (size_t)n->in.h * n->in.w, out = (size_t)n->out.h * n->out.w;
    for (size_t i = 0; i < p->n_rows * n->in.c; i++) {
        if (n->kh == 2 && n->kw == 2)
            pool_pairs(n, p->x + i * in, p->y + i * out, p->extra + i * out);
        else
            pool_plane(n, p->x + i * in, p->y + i * out, p->extra + i * out);
    }
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
    if (times == 2) { /* most are */
        for (size_t i = 0; i < n; i++)
            y[2 * i] = y[2 * i + 1] = x[i];
    } else {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < times; j++)
                *y++ = x[i];
    }
}

static void narrow(const float *y, size_t n, size_t times, float *x)
{
    if (times == 2) {
        for (size_t i = 0; i < n; i++)
            x[i] += y[2 * i] + y[2 * i + 1];
    } else {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < times; j++)
                x[i] += *y++;
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
