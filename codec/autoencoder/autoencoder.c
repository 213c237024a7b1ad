/* autoencoder.c - the integer decoder of an autoencoder: its parts, and what they have to meet. */
#include "autoencoder.h"

#include <math.h>
#include <string.h>

void aez_autoencoder_init(aez_autoencoder *ae, const aez_mem *mem)
{
    memset(ae, 0, sizeof *ae);
    ae->mem = *mem;
    ae->kernels = aez_kernels_pick(NULL);
}

void aez_autoencoder_free(aez_autoencoder *ae)
{
    aez_mem mem = ae->mem;
    aez_layer_free(&ae->linear, &mem);
    for (uint32_t i = 0; i < ae->n_ops; i++)
        aez_layer_free(&ae->op[i].layer, &mem);
    aez_drop(&mem, ae->offset);
    aez_drop(&mem, ae->scale);
    aez_autoencoder_init(ae, &mem);
}

/* Weights so far; no overflow, as each of at most 65 layers was within the limit when it came. */
static size_t count_weights(const aez_autoencoder *ae)
{
    size_t n = (size_t)ae->linear.n_in * ae->linear.n_out;
    for (uint32_t i = 0; i < ae->n_ops; i++)
        n += (size_t)ae->op[i].layer.n_in * ae->op[i].layer.n_out;
    return n;
}

static aez_status take_layer(aez_autoencoder *ae, aez_layer *layer, size_t n_in, size_t n_out)
{
    if (n_in > AEZ_FAN_IN_MAX || n_out < 1 || n_out > AEZ_TENSOR_MAX ||
        n_in * n_out > AEZ_WEIGHTS_MAX - count_weights(ae))
        return AEZ_ERR_LIMIT;
    return aez_layer_init(layer, &ae->mem, (uint32_t)n_in, (uint32_t)n_out, 1);
}

aez_status aez_autoencoder_begin(aez_autoencoder *ae, uint32_t n_features, uint32_t n_latent,
                                 uint32_t n_offsets, uint32_t n_scales, int has_linear)
{
    aez_status st = AEZ_OK;
    if (n_features < 1 || n_features > AEZ_TENSOR_MAX || n_latent > AEZ_LAYER_WIDTH_MAX)
        return AEZ_ERR_LIMIT;
    if ((n_offsets != 1 && n_offsets != n_features) || (n_scales != 1 && n_scales != n_features) ||
        (has_linear && n_latent == 0))
        return AEZ_ERR_OPTION;
    ae->n_features = n_features;
    ae->n_latent = n_latent;
    ae->n_offsets = n_offsets;
    ae->n_scales = n_scales;
    ae->has_linear = has_linear != 0;
    ae->offset = aez_take(&ae->mem, n_offsets, sizeof *ae->offset);
    ae->scale = aez_take(&ae->mem, n_scales, sizeof *ae->scale);
    if (!ae->offset || !ae->scale)
        st = AEZ_ERR_NOMEM;
    if (st == AEZ_OK && has_linear)
        st = take_layer(ae, &ae->linear, n_latent, n_features);
    if (st != AEZ_OK)
        aez_autoencoder_free(ae);
    return st;
}

static int is_tensor(aez_extent e)
{
    return e.c >= 1 && e.h >= 1 && e.w >= 1 && e.w <= AEZ_TENSOR_MAX / e.c / e.h;
}

/* The tensor that comes out, from the one that goes in and what the caller wants. */
static aez_status find_out(aez_op *op)
{
    switch (op->kind) {
    case AEZ_OP_DENSE:
        op->out.h = op->out.w = 1;
        break;
    case AEZ_OP_CONV:
        if (op->kh > AEZ_WINDOW_MAX || op->kw > AEZ_WINDOW_MAX || op->out.c > AEZ_LAYER_WIDTH_MAX)
            return AEZ_ERR_LIMIT;
        if (op->kh % 2 == 0 || op->kw % 2 == 0)
            return AEZ_ERR_OPTION;
        op->out.h = op->in.h;
        op->out.w = op->in.w;
        break;
    case AEZ_OP_UP:
        if (op->kh < 1 || op->kw < 1)
            return AEZ_ERR_OPTION;
        if (op->kh > AEZ_FACTOR_MAX || op->kw > AEZ_FACTOR_MAX)
            return AEZ_ERR_LIMIT;
        op->out = (aez_extent){op->in.c, op->in.h * op->kh, op->in.w * op->kw};
        break;
    default:
        break;
    }
    if (!is_tensor(op->out))
        return AEZ_ERR_LIMIT;
    if (op->kind == AEZ_OP_SHAPE && aez_extent_size(op->out) != aez_extent_size(op->in))
        return AEZ_ERR_OPTION;
    return AEZ_OK;
}

aez_status aez_autoencoder_add(aez_autoencoder *ae, const aez_op *wanted)
{
    aez_op     op = {.kind = wanted->kind, .out = wanted->out};
    aez_status st;
    if (op.kind == AEZ_OP_CONV || op.kind == AEZ_OP_UP) {
        op.kh = wanted->kh;
        op.kw = wanted->kw;
    }
    if (ae->n_ops == AEZ_OPS_MAX)
        return AEZ_ERR_LIMIT;
    if (ae->n_latent == 0)
        return AEZ_ERR_OPTION;
    op.in = ae->n_ops ? ae->op[ae->n_ops - 1].out : (aez_extent){ae->n_latent, 1, 1};
    st = find_out(&op);
    if (st == AEZ_OK && op.kind == AEZ_OP_DENSE)
        st = take_layer(ae, &op.layer, aez_extent_size(op.in), op.out.c);
    if (st == AEZ_OK && op.kind == AEZ_OP_CONV)
        st = take_layer(ae, &op.layer, (size_t)op.in.c * op.kh * op.kw, op.out.c);
    if (st == AEZ_OK)
        ae->op[ae->n_ops++] = op;
    return st;
}

/* Multiplications of an item, and the values of its tensors. Each of 65 parts is below 2^45: 2^24
 * weights times 2^20 sites. */
static uint64_t count_work(const aez_autoencoder *ae)
{
    uint64_t n = ae->n_features + (uint64_t)ae->linear.n_in * ae->linear.n_out;
    for (uint32_t i = 0; i < ae->n_ops; i++) {
        const aez_op *op = &ae->op[i];
        size_t        n_values = aez_extent_size(op->out);
        n += n_values + (uint64_t)op->layer.n_in * n_values; /* 0 of UP and SHAPE */
    }
    return n;
}

aez_status aez_autoencoder_check(const aez_autoencoder *ae)
{
    const aez_op *last = ae->n_ops ? &ae->op[ae->n_ops - 1] : NULL;
    if ((ae->n_latent != 0) != (ae->has_linear || last))
        return AEZ_ERR_OPTION;
    if (last && (last->kind > AEZ_OP_CONV || aez_extent_size(last->out) != ae->n_features))
        return AEZ_ERR_OPTION;
    return count_work(ae) > AEZ_WORK_MAX * ae->n_features ? AEZ_ERR_LIMIT : AEZ_OK;
}

double aez_autoencoder_value(const aez_autoencoder *ae, size_t feature, int32_t hat)
{
    return aez_autoencoder_offset(ae, feature) +
           aez_autoencoder_scale(ae, feature) * ldexp((double)hat, -(int)ae->frac);
}
