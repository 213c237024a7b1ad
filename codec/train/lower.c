/* lower.c - a float decoder as the operations that integers have: norms and steps folded away. */
#include "lower.h"
#include "network_layers.h"
#include "train_options.h"

#include <math.h>
#include <string.h>

void aez_lowered_free(aez_lowered *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        aez_drop(&l->mem, l->op[i].weight);
        aez_drop(&l->mem, l->op[i].bias);
    }
    l->n = 0;
}

static int has_weights(const aez_lowered_op *op)
{
    return op->kind == AEZ_OP_DENSE || op->kind == AEZ_OP_CONV;
}

/* Adds an operation; n_in 0: none of weights. */
static aez_status push(aez_lowered *l, aez_op_kind kind, aez_dims in, aez_dims out, uint32_t n_in,
                       uint32_t n_out, aez_lowered_op **made)
{
    aez_lowered_op *op = &l->op[l->n];
    if (l->n == AEZ_OPS_MAX)
        return AEZ_ERR_LIMIT;
    memset(op, 0, sizeof *op);
    op->kind = kind;
    op->in = in;
    op->out = out;
    op->kh = op->kw = 1;
    op->n_in = n_in;
    op->n_out = n_out;
    if (n_in) {
        op->weight = aez_take(&l->mem, (size_t)n_in * n_out, sizeof *op->weight);
        op->bias = aez_take(&l->mem, n_out, sizeof *op->bias);
    }
    l->n++;
    *made = op;
    return !n_in || (op->weight && op->bias) ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* y = gain x + shift for each channel (gain, shift may be NULL: 1, 0). */
static aez_status push_scaling(aez_lowered *l, aez_dims d, const float *gain, const float *shift,
                               aez_lowered_op **made)
{
    aez_status st;
    if (d.c > AEZ_LAYER_WIDTH_MAX)
        return AEZ_ERR_LIMIT;
    st = push(l, AEZ_OP_CONV, d, d, d.c, d.c, made);
    if (st < 0)
        return st;
    (*made)->is_scaling = 1;
    for (size_t c = 0; c < d.c; c++) {
        (*made)->weight[c * d.c + c] = gain ? gain[c] : 1;
        (*made)->bias[c] = shift ? shift[c] : 0;
    }
    return AEZ_OK;
}

/* The operation that an activation or norm after the last one may go into: the last with weights,
 * with nothing but copies of its values behind it, and no activation yet. */
static aez_lowered_op *open_op(aez_lowered *l, int over_shapes)
{
    for (uint32_t i = l->n; i-- > 0;) {
        if (has_weights(&l->op[i]))
            return l->op[i].activation == AEZ_LINEAR ? &l->op[i] : NULL;
        if (l->op[i].kind == AEZ_OP_SHAPE && !over_shapes)
            return NULL;
    }
    return NULL;
}

/* A scaling right before a dense layer, but for a change of shape, becomes part of it. */
static void merge_scaling(aez_lowered *l, aez_lowered_op *dense)
{
    uint32_t        at = l->n - 1;
    aez_lowered_op *s;
    size_t          plane;
    while (at > 0 && l->op[at - 1].kind == AEZ_OP_SHAPE)
        at--;
    if (at == 0 || !l->op[at - 1].is_scaling || l->op[at - 1].activation != AEZ_LINEAR)
        return;
    s = &l->op[at - 1];
    plane = (size_t)s->out.h * s->out.w;
    for (size_t o = 0; o < dense->n_out; o++) {
        float *w = dense->weight + o * dense->n_in;
        double bias = (double)dense->bias[o];
        for (size_t i = 0; i < dense->n_in; i++) {
            size_t c = i / plane;
            bias += (double)w[i] * (double)s->bias[c];
            w[i] *= s->weight[c * s->n_in + c];
        }
        dense->bias[o] = (float)bias;
    }
    aez_drop(&l->mem, s->weight);
    aez_drop(&l->mem, s->bias);
    memmove(s, s + 1, (l->n - at) * sizeof *s);
    l->n--;
}

static aez_status add_layer(aez_lowered *l, const aez_node *node, const float *params)
{
    int             dense = node->kind == AEZ_NODE_DENSE;
    uint32_t        n_out = node->out.c;
    size_t n_in = dense ? aez_dims_size(node->in) : (size_t)node->in.c * node->kh * node->kw;
    aez_lowered_op *op;
    aez_status      st;
    if (n_in > AEZ_FAN_IN_MAX)
        return AEZ_ERR_LIMIT;
    st = push(l, dense ? AEZ_OP_DENSE : AEZ_OP_CONV, node->in, node->out, (uint32_t)n_in, n_out,
              &op);
    if (st < 0)
        return st;
    memcpy(op->weight, params + node->weight, n_in * n_out * sizeof *op->weight);
    memcpy(op->bias, params + node->bias, n_out * sizeof *op->bias);
    if (dense)
        merge_scaling(l, op);
    else
        op->kh = node->kh, op->kw = node->kw;
    return AEZ_OK;
}

/* gain (x - mean) / sqrt(variance + epsilon) + bias, into the layer before or one of its own. */
static aez_status add_norm(aez_lowered *l, const aez_node *node, const float *params)
{
    aez_lowered_op *op = open_op(l, 0);
    float          *gain = aez_take(&l->mem, 2 * (size_t)node->in.c, sizeof *gain), *shift;
    aez_status      st = AEZ_OK;
    if (!gain)
        return AEZ_ERR_NOMEM;
    shift = gain + node->in.c;
    for (size_t c = 0; c < node->in.c; c++) {
        double root = sqrt((double)params[node->variance + c] + (double)AEZ_NORM_EPSILON);
        double g = (double)params[node->weight + c] / root;
        gain[c] = (float)g;
        shift[c] = (float)((double)params[node->bias + c] - g * (double)params[node->mean + c]);
    }
    if (!op)
        st = push_scaling(l, node->in, gain, shift, &op);
    else
        for (size_t o = 0; o < op->n_out; o++) { /* channels are outputs, also after UP */
            for (size_t i = 0; i < op->n_in; i++)
                op->weight[o * op->n_in + i] *= gain[o];
            op->bias[o] = op->bias[o] * gain[o] + shift[o];
        }
    aez_drop(&l->mem, gain);
    return st;
}

static aez_status add_activation(aez_lowered *l, const aez_node *node)
{
    aez_lowered_op *op = open_op(l, 1);
    aez_status      st = op ? AEZ_OK : push_scaling(l, node->in, NULL, NULL, &op);
    if (st >= 0)
        op->activation = node->activation;
    return st;
}

static aez_status add_node(aez_lowered *l, const aez_node *node, const float *params, char *why,
                           size_t why_size)
{
    aez_lowered_op *op = NULL;
    aez_status      st;
    switch (node->kind) {
    case AEZ_NODE_DENSE:
    case AEZ_NODE_CONV:
        return add_layer(l, node, params);
    case AEZ_NODE_NORM:
        return add_norm(l, node, params);
    case AEZ_NODE_ACTIVATION:
        return add_activation(l, node);
    case AEZ_NODE_DROPOUT:
        return AEZ_OK;
    case AEZ_NODE_UP:
    case AEZ_NODE_SHAPE:
        st = push(l, node->kind == AEZ_NODE_UP ? AEZ_OP_UP : AEZ_OP_SHAPE, node->in, node->out, 0,
                  0, &op);
        if (st >= 0 && node->kind == AEZ_NODE_UP)
            op->kh = node->kh, op->kw = node->kw;
        return st;
    default:
        return aez_refuse(why, why_size,
                          "a decoder cannot have pool: files are restored without it");
    }
}

/* The chain ends with weights: changes of shape at the end are left out, copies get a scaling. */
static aez_status close_chain(aez_lowered *l, uint32_t n_nodes)
{
    aez_lowered_op *op;
    aez_status      st = AEZ_OK;
    while (l->n > 0 && l->op[l->n - 1].kind == AEZ_OP_SHAPE)
        l->n--;
    if (l->op[l->n - 1].kind == AEZ_OP_UP)
        st = push_scaling(l, l->op[l->n - 1].out, NULL, NULL, &op);
    l->op[l->n - 1].n_nodes = n_nodes;
    return st;
}

aez_status aez_lower(const aez_float_model *m, aez_lowered *l, char *why, size_t why_size)
{
    const aez_network *net = &m->decoder.net;
    const float       *params = m->params + m->decoder.net_at;
    aez_lowered_op    *op;
    aez_status         st;
    l->mem = m->mem;
    l->n = 0;
    st = push_scaling(l, net->in, m->unit, NULL, &op);
    for (uint32_t i = 0; st >= 0 && i < net->n; i++) {
        st = add_node(l, &net->node[i], params, why, why_size);
        if (st >= 0)
            l->op[l->n - 1].n_nodes = i + 1;
    }
    if (st >= 0)
        st = close_chain(l, net->n);
    if (st == AEZ_ERR_LIMIT)
        aez_refuse(why, why_size,
                   "the decoder is too large for integers: layers, channels or inputs of "
                   "a sum");
    return st;
}
