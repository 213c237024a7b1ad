/* network_activate.c - activations of float networks: relu, leaky, tanh and sigmoid.
 *
 * Loops run over AEZ_LOSS_LANES values side by side, so that a compiler makes vectors of them; what
 * is left over goes one by one through the same operations. Functions made for each CPU are static:
 * clang 14 gives others a name that callers elsewhere do not find. */
#include "../net/net.h"
#include "network_layers.h"

#define LANES AEZ_LOSS_LANES
#define LEAK 0.125f

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
