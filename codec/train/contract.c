/* contract.c - the contractive penalty of encoders of dense layers, exactly or by an estimate. */
#include "blas.h"
#include "contract.h"
#include "lanes.h"
#include "loss.h"

#define LEAK 0.125f

int aez_contract_fits(const aez_half *h)
{
    for (uint32_t i = 0; h->has_net && i < h->net.n; i++) {
        aez_node_kind kind = h->net.node[i].kind;
        if (kind != AEZ_NODE_DENSE && kind != AEZ_NODE_ACTIVATION && kind != AEZ_NODE_SHAPE)
            return 0;
    }
    return 1;
}

/* The first and second derivative of an activation where its value is a. */
static float slope_of(unsigned activation, float a)
{
    switch (activation) {
    case AEZ_RELU:
        return a > 0 ? 1 : 0;
    case AEZ_LEAKY:
        return a > 0 ? 1 : LEAK;
    case AEZ_TANH:
        return 1 - a * a;
    case AEZ_SIGMOID:
        return a * (1 - a);
    default:
        return 1;
    }
}

static float bend_of(unsigned activation, float a)
{
    switch (activation) {
    case AEZ_TANH:
        return -2 * a * (1 - a * a);
    case AEZ_SIGMOID:
        return a * (1 - a) * (1 - 2 * a);
    default:
        return 0;
    }
}

static float value_of(unsigned activation, float t)
{
    switch (activation) {
    case AEZ_RELU:
        return t > 0 ? t : 0;
    case AEZ_LEAKY:
        return t > 0 ? t : LEAK * t;
    case AEZ_TANH: /* 2 sigmoid(2 t) - 1 */
        return 2 * aez_lane_sigmoid(2 * t) - 1;
    case AEZ_SIGMOID:
        return aez_lane_sigmoid(t);
    default:
        return t;
    }
}

/* ---- one layer ------------------------------------------------------------------------------- */

/* The only dense layer, and the activation after it (NULL: none), where that is all there is. */
static const aez_node *only_layer(const aez_half *h, const aez_node **activation)
{
    const aez_node *dense = NULL;
    *activation = NULL;
    if (h->has_bypass || !h->has_net)
        return NULL;
    for (uint32_t i = 0; i < h->net.n; i++) {
        const aez_node *node = &h->net.node[i];
        if (node->kind == AEZ_NODE_SHAPE)
            continue;
        if (node->kind == AEZ_NODE_DENSE ? dense != NULL : !dense || *activation)
            return NULL;
        if (node->kind == AEZ_NODE_DENSE)
            dense = node;
        else
            *activation = node;
    }
    return dense;
}

/* |J|^2 = sum over j of s_j^2 |w_j|^2, s the slopes of the activation. */
static double exact(const aez_half *h, const aez_node *dense, unsigned activation,
                    const float *params, const float *x, size_t n_rows, float slope, float *work,
                    float *grads)
{
    size_t       n_in = aez_dims_size(dense->in), n_out = aez_dims_size(dense->out);
    const float *w = params + h->net_at + dense->weight, *b = params + h->net_at + dense->bias;
    float       *gw = grads + h->net_at + dense->weight, *gb = grads + h->net_at + dense->bias;
    float       *t = work; /* [n_rows][n_out]: sums, then their gradient */
    double       all = 0;
    for (size_t r = 0; r < n_rows; r++)
        memcpy(t + r * n_out, b, n_out * sizeof *t);
    aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, n_rows, n_out, n_in, 1, x, w, 1, t);
    for (size_t j = 0; j < n_out; j++) {
        float  norm = (float)aez_square_sum(w + j * n_in, n_in);
        double steep = 0, bent = 0;
        for (size_t r = 0; r < n_rows; r++) {
            float a = value_of(activation, t[r * n_out + j]), s = slope_of(activation, a);
            float back = 2 * slope * s * bend_of(activation, a) * norm;
            steep += (double)(s * s);
            bent += (double)back;
            t[r * n_out + j] = back;
        }
        all += steep * (double)norm;
        gb[j] += (float)bent;
        for (size_t i = 0; i < n_in; i++)
            gw[j * n_in + i] += 2 * slope * (float)steep * w[j * n_in + i];
    }
    aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, n_out, n_in, n_rows, 1, t, x, 1, gw);
    return all;
}

/* ---- any number of layers -------------------------------------------------------------------- */

/* What stands between the layers, [n_rows][values] each: i is before node i. */
typedef struct sweep {
    const aez_half *h;
    const float    *params;
    size_t          n_rows;
    const float    *a[AEZ_NETWORK_LAYERS_MAX + 1];   /* values */
    float          *tau[AEZ_NETWORK_LAYERS_MAX + 1]; /* v carried back */
    float          *t[AEZ_NETWORK_LAYERS_MAX + 1];   /* J^T v carried forward */
    float          *back, *other;                    /* gradient of values, in turn */
} sweep;

static uint32_t node_count(const aez_half *h)
{
    return h->has_net ? h->net.n : 0;
}

static size_t values_before(const aez_half *h, uint32_t i)
{
    if (i == 0)
        return h->n_in;
    return i < node_count(h) ? aez_dims_size(h->net.node[i].in) : h->n_out;
}

size_t aez_contract_work(const aez_half *h, size_t n_rows)
{
    size_t n = h->n_out, widest = h->n_in > h->n_out ? h->n_in : h->n_out;
    for (uint32_t i = 0; i <= node_count(h); i++) {
        size_t values = values_before(h, i);
        n += 3 * values;
        widest = values > widest ? values : widest;
    }
    return (n + 2 * widest) * n_rows;
}

static const float *weight_of(const sweep *s, const aez_node *node)
{
    return s->params + s->h->net_at + node->weight;
}

static void carry_values(sweep *s, float *room)
{
    const aez_half *h = s->h;
    for (uint32_t i = 0; i < node_count(h); i++) {
        const aez_node *node = &h->net.node[i];
        size_t          n_in = aez_dims_size(node->in), n_out = aez_dims_size(node->out);
        float          *y = room;
        room += s->n_rows * n_out;
        s->a[i + 1] = y;
        if (node->kind == AEZ_NODE_DENSE) {
            for (size_t r = 0; r < s->n_rows; r++)
                memcpy(y + r * n_out, s->params + h->net_at + node->bias, n_out * sizeof *y);
            aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, s->n_rows, n_out, n_in, 1, s->a[i],
                      weight_of(s, node), 1, y);
            continue;
        }
        for (size_t j = 0; j < s->n_rows * n_out; j++)
            y[j] = node->kind == AEZ_NODE_ACTIVATION ? value_of(node->activation, s->a[i][j])
                                                     : s->a[i][j];
    }
}

/* Multiplies by the slopes of node i, or copies. */
static void bend(const sweep *s, uint32_t i, const float *from, float *to)
{
    const aez_node *node = &s->h->net.node[i];
    size_t          n = s->n_rows * aez_dims_size(node->out);
    for (size_t j = 0; j < n; j++)
        to[j] = node->kind == AEZ_NODE_ACTIVATION
                    ? from[j] * slope_of(node->activation, s->a[i + 1][j])
                    : from[j];
}

static void dense_back(const sweep *s, const aez_node *node, const float *from, float *to)
{
    aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, s->n_rows, aez_dims_size(node->in), aez_dims_size(node->out), 1,
              from, weight_of(s, node), 0, to);
}

static void carry_tau(sweep *s)
{
    for (uint32_t i = node_count(s->h); i-- > 0;) {
        if (s->h->net.node[i].kind == AEZ_NODE_DENSE)
            dense_back(s, &s->h->net.node[i], s->tau[i + 1], s->tau[i]);
        else
            bend(s, i, s->tau[i + 1], s->tau[i]);
    }
}

static void carry_tangent(sweep *s)
{
    for (uint32_t i = 0; i < node_count(s->h); i++) {
        const aez_node *node = &s->h->net.node[i];
        if (node->kind == AEZ_NODE_DENSE)
            aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, s->n_rows, aez_dims_size(node->out),
                      aez_dims_size(node->in), 1, s->t[i], weight_of(s, node), 0, s->t[i + 1]);
        else
            bend(s, i, s->t[i], s->t[i + 1]);
    }
}

/* The gradient of 2 <v, J u> with u = J^T v held fixed, which is that of |J^T v|^2. */
static void carry_back(sweep *s, float slope, float *grads)
{
    for (uint32_t i = node_count(s->h); i-- > 0;) {
        const aez_node *node = &s->h->net.node[i];
        size_t          n_in = aez_dims_size(node->in), n_out = aez_dims_size(node->out);
        float          *swap, *gw = grads + s->h->net_at + node->weight;
        if (node->kind == AEZ_NODE_DENSE) {
            aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, n_out, n_in, s->n_rows, 2 * slope, s->tau[i + 1],
                      s->t[i], 1, gw);
            aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, n_out, n_in, s->n_rows, 2 * slope, s->back,
                      s->a[i], 1, gw);
            for (size_t j = 0; j < s->n_rows * n_out; j++)
                grads[s->h->net_at + node->bias + j % n_out] += 2 * slope * s->back[j];
            dense_back(s, node, s->back, s->other);
        } else {
            bend(s, i, s->back, s->other);
            for (size_t j = 0; node->kind == AEZ_NODE_ACTIVATION && j < s->n_rows * n_out; j++)
                s->other[j] += bend_of(node->activation, s->a[i + 1][j]) * s->t[i][j] *
                               s->tau[i + 1][j];
        }
        swap = s->back, s->back = s->other, s->other = swap;
    }
}

static double estimate(const aez_half *h, const float *params, const float *x, size_t n_rows,
                       uint64_t key, size_t first_row, float slope, float *work, float *grads)
{
    sweep    s = {.h = h, .params = params, .n_rows = n_rows};
    uint32_t n = node_count(h);
    float   *v = work;
    work += n_rows * h->n_out;
    for (uint32_t i = 0; i <= n; i++) {
        s.tau[i] = work;
        s.t[i] = work + n_rows * values_before(h, i);
        work += 2 * n_rows * values_before(h, i);
    }
    s.a[0] = x;
    carry_values(&s, work);
    for (uint32_t i = 0; i < n; i++)
        work += n_rows * values_before(h, i + 1);
    s.back = work;
    s.other = work + (aez_contract_work(h, n_rows) - (size_t)(work - v)) / 2;
    for (size_t i = 0; i < n_rows * h->n_out; i++)
        v[i] = aez_hash64(key + first_row * h->n_out + i) >> 63 ? 1.0f : -1.0f;
    if (n) {
        memcpy(s.tau[n], v, n_rows * h->n_out * sizeof *v);
        carry_tau(&s);
    }
    if (h->has_bypass)
        aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, n_rows, h->n_in, h->n_out, 1, v, params + h->bypass_w,
                  n ? 1 : 0, s.tau[0]);
    memcpy(s.t[0], s.tau[0], n_rows * h->n_in * sizeof *v);
    carry_tangent(&s);
    memset(s.back, 0, n_rows * h->n_out * sizeof *v);
    carry_back(&s, slope, grads);
    if (h->has_bypass)
        aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, h->n_out, h->n_in, n_rows, 2 * slope, v, s.t[0], 1,
                  grads + h->bypass_w);
    return aez_square_sum(s.t[0], n_rows * h->n_in);
}

double aez_contract(const aez_half *h, const float *params, const float *x, size_t n_rows,
                    uint64_t key, size_t first_row, float slope, float *work, float *grads)
{
    const aez_node *activation, *dense = only_layer(h, &activation);
    if (dense)
        return exact(h, dense, activation ? activation->activation : AEZ_LINEAR, params, x, n_rows,
                     slope, work, grads);
    return estimate(h, params, x, n_rows, key, first_row, slope, work, grads);
}
