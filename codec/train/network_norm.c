/* network_norm.c - batch normalisation: of each channel, or of each value of a vector.
 *
 * y = gain * (x - mean) * inverse + bias, inverse = 1 / sqrt(variance + epsilon), with the batch's
 * mean and variance in training and the running ones else. */
#include "network_layers.h"

#include <math.h>
#include <string.h>

#define LANES AEZ_LOSS_LANES

typedef enum term { TERM_VALUE, TERM_SQUARE, TERM_PRODUCT } term;

size_t aez_norm_extra(const aez_node *node)
{
    return 5 * (size_t)node->in.c; /* mean, inverse, variance; two for sums */
}

/* ---- sums of channels ------------------------------------------------------------------------ */

AEZ_LANE float term_of(term kind, float x, float mean, float dy)
{
    return kind == TERM_VALUE ? x : kind == TERM_SQUARE ? (x - mean) * (x - mean) : dy * (x - mean);
}

AEZ_LANE double run_sum(term kind, const float *x, float mean, const float *dy, size_t n)
{
    float  lane[LANES] = {0};
    double sum = 0;
    size_t at = 0;
    for (; at + LANES <= n; at += LANES)
        AEZ_FOR_LANES(j, LANES)
            lane[j] += term_of(kind, x[at + j], mean, kind == TERM_PRODUCT ? dy[at + j] : 0);
    for (; at < n; at++)
        sum += (double)term_of(kind, x[at], mean, kind == TERM_PRODUCT ? dy[at] : 0);
    for (unsigned j = 0; j < LANES; j++)
        sum += (double)lane[j];
    return sum;
}

/* Planes of hw values. */
AEZ_LANE void plane_sums(term kind, const float *x, const float *mean, const float *dy,
                         size_t n_rows, size_t c, size_t hw, float *sums)
{
    for (size_t channel = 0; channel < c; channel++) {
        double sum = 0;
        for (size_t r = 0; r < n_rows; r++) {
            size_t at = (r * c + channel) * hw;
            sum += run_sum(kind, x + at, mean[channel], dy + at, hw);
        }
        sums[channel] = (float)sum;
    }
}

/* n columns, at most LANES, out of c. */
AEZ_LANE void column_block(term kind, const float *x, const float *mean, const float *dy,
                           size_t n_rows, size_t c, unsigned n, float *sums)
{
    double sum[LANES] = {0};
    for (size_t r = 0; r < n_rows; r++)
        AEZ_FOR_LANES(j, n)
            sum[j] += (double)term_of(kind, x[r * c + j], mean[j],
                                      kind == TERM_PRODUCT ? dy[r * c + j] : 0);
    AEZ_FOR_LANES(j, n)
        sums[j] = (float)sum[j];
}

AEZ_LANE void column_sums(term kind, const float *x, const float *mean, const float *dy,
                          size_t n_rows, size_t c, float *sums)
{
    size_t at = 0;
    for (; at + LANES <= c; at += LANES)
        column_block(kind, x + at, mean + at, dy + at, n_rows, c, LANES, sums + at);
    if (at < c)
        column_block(kind, x + at, mean + at, dy + at, n_rows, c, (unsigned)(c - at), sums + at);
}

AEZ_LANE void sums_of(term kind, const float *x, const float *mean, const float *dy,
                      size_t n_rows, size_t c, size_t hw, float *sums)
{
    if (hw == 1)
        column_sums(kind, x, mean, dy, n_rows, c, sums);
    else
        plane_sums(kind, x, mean, dy, n_rows, c, hw, sums);
}

/* sums [c]: of x; of (x - mean)^2; of dy * (x - mean). What a kind does not use may be x itself. */
AEZ_EACH_CPU
static void channel_sums(term kind, const float *x, const float *mean, const float *dy,
                         size_t n_rows, size_t c, size_t hw, float *sums)
{
    if (kind == TERM_VALUE)
        sums_of(TERM_VALUE, x, mean, dy, n_rows, c, hw, sums);
    else if (kind == TERM_SQUARE)
        sums_of(TERM_SQUARE, x, mean, dy, n_rows, c, hw, sums);
    else
        sums_of(TERM_PRODUCT, x, mean, dy, n_rows, c, hw, sums);
}

/* ---- forward --------------------------------------------------------------------------------- */

static void take_statistics(const aez_node_pass *p, size_t c, size_t hw, float *mean,
                            float *variance)
{
    const float one_over = 1 / (float)(p->n_rows * hw);
    if (!p->training) {
        memcpy(mean, p->params + p->node->mean, c * sizeof *mean);
        memcpy(variance, p->params + p->node->variance, c * sizeof *variance);
        return;
    }
    memset(mean, 0, c * sizeof *mean);
    channel_sums(TERM_VALUE, p->x, mean, p->x, p->n_rows, c, hw, variance);
    for (size_t i = 0; i < c; i++)
        mean[i] = variance[i] * one_over;
    channel_sums(TERM_SQUARE, p->x, mean, p->x, p->n_rows, c, hw, variance);
    for (size_t i = 0; i < c; i++)
        variance[i] *= one_over;
}

void aez_norm_forward(const aez_node_pass *p)
{
    const size_t c = p->node->in.c, hw = (size_t)p->node->in.h * p->node->in.w;
    const float *gain = p->params + p->node->weight, *bias = p->params + p->node->bias;
    float *mean = p->extra, *inverse = mean + c, *variance = inverse + c;
    float *scale = variance + c, *shift = scale + c;
    take_statistics(p, c, hw, mean, variance);
    for (size_t i = 0; i < c; i++) {
        inverse[i] = 1 / sqrtf(variance[i] + AEZ_NORM_EPSILON);
        scale[i] = gain[i] * inverse[i];
        shift[i] = bias[i] - mean[i] * scale[i];
    }
    if (hw == 1)
        aez_activate_rows(p->y, p->x, p->n_rows, c, scale, shift, p->activation);
    for (size_t i = 0; hw > 1 && i < p->n_rows * c; i++)
        aez_activate_run(p->y + i * hw, p->x + i * hw, hw, scale[i % c], shift[i % c],
                         p->activation);
}

/* ---- backward -------------------------------------------------------------------------------- */

/* dx = a dy + b (x - mean) + k */
AEZ_LANE float slope(float dy, float x, float a, float b, float mean, float k)
{
    return a * dy + b * (x - mean) + k;
}

AEZ_EACH_CPU
static void slope_run(float *dx, const float *dy, const float *x, size_t n, float a, float b,
                      float mean, float k)
{
    size_t at = 0;
    for (; at + LANES <= n; at += LANES)
        AEZ_FOR_LANES(j, LANES)
            dx[at + j] = slope(dy[at + j], x[at + j], a, b, mean, k);
    for (; at < n; at++)
        dx[at] = slope(dy[at], x[at], a, b, mean, k);
}

AEZ_EACH_CPU
static void slope_row(float *dx, const float *dy, const float *x, size_t n, const float *a,
                      const float *b, const float *mean, const float *k)
{
    size_t at = 0;
    for (; at + LANES <= n; at += LANES)
        AEZ_FOR_LANES(j, LANES)
            dx[at + j] = slope(dy[at + j], x[at + j], a[at + j], b[at + j], mean[at + j],
                               k[at + j]);
    for (; at < n; at++)
        dx[at] = slope(dy[at], x[at], a[at], b[at], mean[at], k[at]);
}

/* Gradients of gain and bias, and what the batch had for the running averages; sums: those of dy,
 * products: those of dy * (x - mean). */
static void add_gradients(const aez_node_pass *p, size_t c, const float *sums,
                          const float *products)
{
    const float *mean = p->extra, *inverse = mean + c, *variance = inverse + c;
    const float  rows = (float)p->n_rows;
    for (size_t i = 0; i < c; i++) {
        p->grads[p->node->weight + i] += products[i] * inverse[i];
        p->grads[p->node->bias + i] += sums[i];
        p->grads[p->node->mean + i] += mean[i] * rows;
        p->grads[p->node->variance + i] += variance[i] * rows;
    }
}

/* From sums and products to the k and b of slope; a is left where the variance was. In training the
 * batch's mean and variance move with x too:
 * dx = gain inverse (dy - sum / n - (x - mean) inverse^2 product / n). */
static void settle_slopes(const aez_node_pass *p, size_t c, size_t hw, float *sums, float *products)
{
    const float *gain = p->params + p->node->weight, *inverse = p->extra + c;
    float       *a = p->extra + 2 * c;
    const float  share = p->training ? 1 / (float)(p->n_rows * hw) : 0;
    for (size_t i = 0; i < c; i++) {
        a[i] = gain[i] * inverse[i];
        sums[i] *= -a[i] * share;
        products[i] *= -a[i] * inverse[i] * inverse[i] * share;
    }
}

void aez_norm_backward(const aez_node_pass *p)
{
    const size_t c = p->node->in.c, hw = (size_t)p->node->in.h * p->node->in.w;
    float       *mean = p->extra, *a = mean + 2 * c, *sums = a + c, *products = sums + c;
    channel_sums(TERM_VALUE, p->dy, mean, p->dy, p->n_rows, c, hw, sums);
    channel_sums(TERM_PRODUCT, p->x, mean, p->dy, p->n_rows, c, hw, products);
    add_gradients(p, c, sums, products);
    if (!p->dx)
        return;
    settle_slopes(p, c, hw, sums, products);
    for (size_t r = 0; hw == 1 && r < p->n_rows; r++)
        slope_row(p->dx + r * c, p->dy + r * c, p->x + r * c, c, a, products, mean, sums);
    for (size_t i = 0; hw > 1 && i < p->n_rows * c; i++)
        slope_run(p->dx + i * hw, p->dy + i * hw, p->x + i * hw, hw, a[i % c], products[i % c],
                  mean[i % c], sums[i % c]);
}
