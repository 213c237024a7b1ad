/* network.c - passes over the layers of float networks, and where each keeps what it needs. */
#include "network_layers.h"

#include "../base/rng.h"
#include "../net/net.h"

#include <math.h>
#include <string.h>

/* What backward needs of a pass, in work, floats from its start. */
typedef struct layout {
    size_t y[AEZ_NETWORK_LAYERS_MAX], extra[AEZ_NETWORK_LAYERS_MAX];
    size_t scratch, gradient[2], total;
} layout;

/* ---- where things are ------------------------------------------------------------------------ */

size_t aez_node_extra(const aez_node *node, size_t n_rows)
{
    if (node->kind == AEZ_NODE_NORM)
        return aez_norm_extra(node);
    return node->kind == AEZ_NODE_POOL ? n_rows * aez_dims_size(node->out) : 0;
}

size_t aez_node_scratch(const aez_node *node, size_t n_rows)
{
    return node->kind == AEZ_NODE_CONV ? aez_conv_scratch(node, n_rows) : 0;
}

static int has_weights(const aez_node *node)
{
    return node->kind == AEZ_NODE_DENSE || node->kind == AEZ_NODE_CONV ||
           node->kind == AEZ_NODE_NORM;
}

/* Whether layer i, an activation, is part of the layer before: nothing else needs the values that
 * it takes the place of. */
static int is_fused(const aez_network *net, uint32_t i)
{
    return i > 0 && net->node[i].kind == AEZ_NODE_ACTIVATION && has_weights(&net->node[i - 1]);
}

/* Whether layer i gives the values it got, in the same place. */
static int is_same(const aez_network *net, uint32_t i)
{
    return is_fused(net, i) || (i > 0 && net->node[i].kind == AEZ_NODE_SHAPE);
}

static size_t take(layout *l, size_t n)
{
    size_t at = l->total;
    l->total += (n + 15) & ~(size_t)15;
    return at;
}

static void lay_out(layout *l, const aez_network *net, size_t n_rows)
{
    size_t scratch = 0, widest = 0;
    l->total = 0;
    for (uint32_t i = 0; i < net->n; i++) {
        const aez_node *node = &net->node[i];
        size_t          size = aez_dims_size(node->out), needed = aez_node_scratch(node, n_rows);
        l->y[i] = is_same(net, i) ? l->y[i - 1] : take(l, n_rows * size);
        l->extra[i] = take(l, aez_node_extra(node, n_rows));
        scratch = needed > scratch ? needed : scratch;
        widest = size > widest ? size : widest;
    }
    l->scratch = take(l, scratch);
    l->gradient[0] = take(l, n_rows * widest);
    l->gradient[1] = take(l, n_rows * widest);
}

size_t aez_network_work(const aez_network *net, size_t n_rows)
{
    layout l;
    lay_out(&l, net, n_rows);
    return l.total;
}

/* Dropout's numbers differ from layer to layer. */
static uint64_t key_of(const aez_pass *pass, uint32_t i)
{
    aez_rng rng;
    aez_rng_seed(&rng, pass->key + i);
    return aez_rng_next(&rng);
}

static aez_node_pass pass_of(const aez_network *net, const layout *l, const float *params,
                             const float *x, size_t n_rows, const aez_pass *pass, float *work,
                             uint32_t i)
{
    int fused = i + 1 < net->n && is_fused(net, i + 1);
    return (aez_node_pass){.node = &net->node[i], .params = params, .n_rows = n_rows,
                           .training = pass->training, .key = key_of(pass, i),
                           .activation = fused ? net->node[i + 1].activation : AEZ_LINEAR,
                           .x = i ? work + l->y[i - 1] : x, .y = work + l->y[i],
                           .extra = work + l->extra[i], .scratch = work + l->scratch};
}

/* ---- forward --------------------------------------------------------------------------------- */

static void forward_node(const aez_node_pass *p)
{
    switch (p->node->kind) {
    case AEZ_NODE_DENSE:
        aez_dense_forward(p);
        break;
    case AEZ_NODE_CONV:
        aez_conv_forward(p);
        break;
    case AEZ_NODE_UP:
        aez_up_forward(p);
        break;
    case AEZ_NODE_POOL:
        aez_pool_forward(p);
        break;
    case AEZ_NODE_NORM:
        aez_norm_forward(p);
        break;
    case AEZ_NODE_DROPOUT:
        aez_dropout_forward(p);
        break;
    case AEZ_NODE_SHAPE:
        memcpy(p->y, p->x, p->n_rows * aez_dims_size(p->node->in) * sizeof *p->y);
        break;
    case AEZ_NODE_ACTIVATION:
        aez_activation_forward(p);
        break;
    }
}

const float *aez_network_forward(const aez_network *net, const float *params, const float *x,
                                 size_t n_rows, const aez_pass *pass, float *work)
{
    layout l;
    lay_out(&l, net, n_rows);
    for (uint32_t i = 0; i < net->n; i++) {
        aez_node_pass p = pass_of(net, &l, params, x, n_rows, pass, work, i);
        if (!is_same(net, i))
            forward_node(&p);
    }
    return work + l.y[net->n - 1];
}

/* ---- backward -------------------------------------------------------------------------------- */

static void backward_node(const aez_node_pass *p)
{
    switch (p->node->kind) {
    case AEZ_NODE_DENSE:
        aez_dense_backward(p);
        break;
    case AEZ_NODE_CONV:
        aez_conv_backward(p);
        break;
    case AEZ_NODE_UP:
        aez_up_backward(p);
        break;
    case AEZ_NODE_POOL:
        aez_pool_backward(p);
        break;
    case AEZ_NODE_NORM:
        aez_norm_backward(p);
        break;
    case AEZ_NODE_DROPOUT:
        aez_dropout_backward(p);
        break;
    case AEZ_NODE_SHAPE:
        if (p->dx)
            memcpy(p->dx, p->dy, p->n_rows * aez_dims_size(p->node->in) * sizeof *p->dx);
        break;
    case AEZ_NODE_ACTIVATION:
        aez_activation_backward(p);
        break;
    }
}

/* The first layer with weights: nothing before it moves. */
static uint32_t first_weights(const aez_network *net)
{
    uint32_t i = 0;
    while (i < net->n && !has_weights(&net->node[i]))
        i++;
    return i;
}

/* Where layer i leaves the gradient of what it got; dy is where the gradient of its output is. */
static float *gradient_place(const aez_network *net, const layout *l, float *work,
                             const float *dy, uint32_t i)
{
    float *a = work + l->gradient[0], *b = work + l->gradient[1];
    int    elementwise = net->node[i].kind == AEZ_NODE_ACTIVATION ||
                      net->node[i].kind == AEZ_NODE_DROPOUT;
    if (elementwise && (dy == a || dy == b))
        return dy == a ? a : b;
    return dy == a ? b : a;
}

void aez_network_backward(const aez_network *net, const float *params, const float *x,
                          size_t n_rows, const aez_pass *pass, float *work, const float *dy,
                          float *dx, float *grads)
{
    uint32_t last = dx ? 0 : first_weights(net);
    layout   l;
    lay_out(&l, net, n_rows);
    for (uint32_t i = net->n; i-- > last;) {
        aez_node_pass p = pass_of(net, &l, params, x, n_rows, pass, work, i);
        if (i > last && net->node[i].kind == AEZ_NODE_SHAPE)
            continue;
        p.dy = dy;
        p.dx = i > last ? gradient_place(net, &l, work, dy, i) : dx;
        p.grads = grads;
        backward_node(&p);
        dy = p.dx;
    }
}

/* ---- start ----------------------------------------------------------------------------------- */

/* Whether the values of layer i come to a relu or leaky before other weights. */
static int before_relu(const aez_network *net, uint32_t i)
{
    for (i++; i < net->n; i++) {
        const aez_node *node = &net->node[i];
        if (node->kind == AEZ_NODE_ACTIVATION)
            return node->activation == AEZ_RELU || node->activation == AEZ_LEAKY;
        if (node->kind == AEZ_NODE_DENSE || node->kind == AEZ_NODE_CONV)
            return 0;
    }
    return 0;
}

static void init_weights(const aez_network *net, uint32_t i, float *params, aez_rng *rng)
{
    const aez_node *node = &net->node[i];
    const int       is_conv = node->kind == AEZ_NODE_CONV;
    const double    window = is_conv ? (double)node->kh * node->kw : 1;
    const double    n_out = is_conv ? node->out.c : (double)aez_dims_size(node->out);
    const double    fan_in = window * (is_conv ? node->in.c : (double)aez_dims_size(node->in));
    const double    fans = before_relu(net, i) ? fan_in : fan_in + window * n_out;
    const double    most = sqrt(6 / fans);
    const size_t    n = (size_t)(fan_in * n_out);
    for (size_t j = 0; j < n; j++)
        params[node->weight + j] =
            (float)(most * ((double)(aez_rng_next(rng) >> 11) * 0x1p-52 - 1));
    memset(params + node->bias, 0, (size_t)n_out * sizeof *params);
}

static void init_norm(const aez_node *node, float *params)
{
    for (size_t j = 0; j < node->in.c; j++) {
        params[node->weight + j] = params[node->variance + j] = 1;
        params[node->bias + j] = params[node->mean + j] = 0;
    }
}

void aez_network_init(const aez_network *net, float *params, uint64_t seed)
{
    aez_rng rng;
    aez_rng_seed(&rng, seed);
    for (uint32_t i = 0; i < net->n; i++) {
        if (net->node[i].kind == AEZ_NODE_NORM)
            init_norm(&net->node[i], params);
        else if (has_weights(&net->node[i]))
            init_weights(net, i, params, &rng);
    }
}
