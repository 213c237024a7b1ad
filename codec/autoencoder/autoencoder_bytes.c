/* autoencoder_bytes.c - the integer decoder of an autoencoder as bytes, and back, all checked. */
#include "../entropy/entropy.h"
#include "autoencoder.h"
#include "integers.h"

#include <math.h>
#include <string.h>

#define VERSION 2
#define FLAG_OFFSETS 1u /* one for each feature */
#define FLAG_SCALES 2u
#define FLAG_LINEAR 4u
#define FLAGS (FLAG_OFFSETS | FLAG_SCALES | FLAG_LINEAR)
#define STAT_MAX 0x1p960  /* offset + scale * 2^31 stays finite */
#define COLUMN_LEAST 64
#define BY_INPUTS 1u      /* form of weights: those of one input after another */

/* ---- layers ---------------------------------------------------------------------------------- */

/* Weights of input `in` (all of them: n_in) into v, outputs side by side. */
static void take_column(const aez_layer *layer, size_t in, int64_t *v)
{
    for (size_t o = 0; o < layer->n_out; o++)
        v[o] = layer->weight[o * layer->n_in + in];
}

static aez_status put_columns(const aez_mem *mem, const aez_layer *layer, int64_t *v, aez_buf *out)
{
    aez_status st = AEZ_OK;
    for (size_t i = 0; st == AEZ_OK && i < layer->n_in; i++) {
        take_column(layer, i, v);
        st = aez_integers_put(mem, v, layer->n_out, out);
    }
    return st;
}

static aez_status put_whole(const aez_mem *mem, const aez_layer *layer, int64_t *v, aez_buf *out)
{
    size_t n = (size_t)layer->n_in * layer->n_out;
    for (size_t i = 0; i < n; i++)
        v[i] = layer->weight[i];
    return aez_integers_put(mem, v, n, out);
}

/* In both forms, and the smaller one stays; by inputs only where there are outputs enough to make
 * up for a frequency table each. */
static aez_status put_weights(const aez_mem *mem, const aez_layer *layer, aez_buf *out)
{
    size_t     n = (size_t)layer->n_in * layer->n_out, begin = out->size, middle;
    int64_t   *v = aez_take_raw(mem, n, sizeof *v);
    aez_status st = AEZ_ERR_NOMEM;
    if (!v)
        return st;
    if (layer->n_out < COLUMN_LEAST) {
        aez_put_u8(out, 0);
        st = put_whole(mem, layer, v, out);
        aez_drop(mem, v);
        return st;
    }
    aez_put_u8(out, BY_INPUTS);
    st = put_columns(mem, layer, v, out);
    middle = out->size;
    aez_put_u8(out, 0);
    if (st == AEZ_OK)
        st = put_whole(mem, layer, v, out);
    if (st == AEZ_OK && !out->failed) {
        size_t columns = middle - begin, whole = out->size - middle;
        if (whole <= columns)
            memmove(out->data + begin, out->data + middle, whole);
        out->size = begin + (whole <= columns ? whole : columns);
    }
    aez_drop(mem, v);
    return st;
}

static aez_status put_layer(const aez_mem *mem, const aez_layer *layer, aez_buf *out)
{
    int64_t   *bias = aez_take_raw(mem, layer->n_out, sizeof *bias);
    aez_status st;
    if (!bias)
        return AEZ_ERR_NOMEM;
    for (size_t o = 0; o < layer->n_out; o++)
        bias[o] = layer->bias[o];
    aez_put_u8(out, layer->activation);
    aez_put_svarint(out, layer->shift);
    st = put_weights(mem, layer, out);
    if (st == AEZ_OK)
        st = aez_integers_put(mem, bias, layer->n_out, out);
    aez_drop(mem, bias);
    return st;
}

static int all_within(const int64_t *v, size_t n, int64_t least, int64_t most)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] < least || v[i] > most)
            return 0;
    return 1;
}

/* Weights start, start + stride, ...; -32768 is none: the kernels rely on it. */
static aez_status get_some(const aez_mem *mem, aez_rd *in, int64_t *v, size_t n, int16_t *w,
                           size_t stride)
{
    aez_status st = aez_integers_get(mem, in, v, n);
    if (st == AEZ_OK && !all_within(v, n, -32767, 32767))
        st = AEZ_ERR_CORRUPT;
    for (size_t i = 0; st == AEZ_OK && i < n; i++)
        w[i * stride] = (int16_t)v[i];
    return st;
}

static aez_status get_weights(const aez_mem *mem, aez_rd *in, aez_layer *layer, int64_t *v,
                              unsigned form)
{
    aez_status st = AEZ_OK;
    if (form != BY_INPUTS)
        return get_some(mem, in, v, (size_t)layer->n_in * layer->n_out, layer->weight, 1);
    for (size_t i = 0; st == AEZ_OK && i < layer->n_in; i++)
        st = get_some(mem, in, v, layer->n_out, layer->weight + i, layer->n_in);
    return st;
}

static aez_status get_biases(const aez_mem *mem, aez_rd *in, aez_layer *layer, int64_t *v)
{
    aez_status st = aez_integers_get(mem, in, v, layer->n_out);
    if (st == AEZ_OK && !all_within(v, layer->n_out, INT32_MIN, INT32_MAX))
        st = AEZ_ERR_CORRUPT;
    for (size_t o = 0; st == AEZ_OK && o < layer->n_out; o++)
        layer->bias[o] = (int32_t)v[o];
    return st;
}

static aez_status get_layer(const aez_mem *mem, aez_rd *in, aez_layer *layer)
{
    unsigned   activation = aez_get_u8(in);
    int64_t    shift = aez_get_svarint(in), *v;
    unsigned   form = aez_get_u8(in);
    size_t     n = (size_t)layer->n_out * (form == BY_INPUTS ? 1 : layer->n_in);
    aez_status st = AEZ_ERR_NOMEM;
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (activation > AEZ_ACTIVATION_MAX)
        return AEZ_ERR_VERSION;
    if (shift < AEZ_LAYER_SHIFT_MIN || shift > AEZ_LAYER_SHIFT_MAX || form > BY_INPUTS)
        return AEZ_ERR_CORRUPT;
    layer->activation = activation;
    layer->shift = (int)shift;
    v = aez_take_raw(mem, n, sizeof *v);
    if (v)
        st = get_weights(mem, in, layer, v, form);
    if (st == AEZ_OK)
        st = get_biases(mem, in, layer, v);
    aez_drop(mem, v);
    aez_layer_prove(layer);
    return st;
}

/* ---- operations ------------------------------------------------------------------------------ */

static void put_op(const aez_op *op, aez_buf *out)
{
    aez_put_u8(out, op->kind);
    if (op->kind != AEZ_OP_UP)
        aez_put_varint(out, op->out.c);
    if (op->kind == AEZ_OP_SHAPE) {
        aez_put_varint(out, op->out.h);
        aez_put_varint(out, op->out.w);
    }
    if (op->kind == AEZ_OP_CONV || op->kind == AEZ_OP_UP) {
        aez_put_u8(out, op->kh);
        aez_put_u8(out, op->kw);
    }
}

static uint32_t get_width(aez_rd *in)
{
    uint64_t v = aez_get_varint(in);
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v; /* too large either way */
}

static aez_status get_op(aez_rd *in, aez_op *op)
{
    unsigned kind = aez_get_u8(in);
    memset(op, 0, sizeof *op);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (kind > AEZ_OP_SHAPE)
        return AEZ_ERR_VERSION;
    op->kind = (aez_op_kind)kind;
    if (kind != AEZ_OP_UP)
        op->out.c = get_width(in);
    if (kind == AEZ_OP_SHAPE) {
        op->out.h = get_width(in);
        op->out.w = get_width(in);
    }
    if (kind == AEZ_OP_CONV || kind == AEZ_OP_UP) {
        op->kh = aez_get_u8(in);
        op->kw = aez_get_u8(in);
    }
    return in->failed ? AEZ_ERR_TRUNCATED : AEZ_OK;
}

/* What makes no sense of an option is damage in a file. */
static aez_status in_a_file(aez_status st)
{
    return st == AEZ_ERR_OPTION ? AEZ_ERR_CORRUPT : st;
}

static aez_status get_chain(aez_autoencoder *ae, aez_rd *in, uint32_t n_ops)
{
    aez_status st = AEZ_OK;
    for (uint32_t i = 0; st == AEZ_OK && i < n_ops; i++) {
        aez_op op;
        st = get_op(in, &op);
        if (st == AEZ_OK)
            st = in_a_file(aez_autoencoder_add(ae, &op));
        if (st == AEZ_OK && op.kind <= AEZ_OP_CONV)
            st = get_layer(&ae->mem, in, &ae->op[i].layer);
    }
    return st;
}

/* ---- statistics ------------------------------------------------------------------------------ */

/* Form: 0 binary64 each, 1 binary32 each, 2 integers times 2^exponent. */
enum { AS_F64, AS_F32, AS_INTEGERS };

static int fits_f32(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fabs(v[i]) > 0x1p120 || (double)(float)v[i] != v[i])
            return 0;
    return 1;
}

static void put_floats(const double *v, size_t n, aez_buf *out)
{
    int as_f32 = fits_f32(v, n);
    aez_put_u8(out, as_f32 ? AS_F32 : AS_F64);
    for (size_t i = 0; i < n; i++) {
        float    f;
        uint32_t bits;
        if (!as_f32) {
            aez_put_f64(out, v[i]);
            continue;
        }
        f = (float)v[i];
        memcpy(&bits, &f, sizeof bits);
        aez_put_u32(out, bits);
    }
}

/* Largest exponent of which all values are whole multiples; 0 with *fits = 0 when a multiple needs
 * 62 bits or more, or a value is -0 or not finite. All zeros: 0. */
static int common_exponent(const double *v, size_t n, int *fits)
{
    int    least = 0, some = 0, e;
    double most = 0;
    *fits = 1;
    for (size_t i = 0; i < n && *fits; i++) {
        if (!isfinite(v[i]) || (v[i] == 0 && signbit(v[i])))
            *fits = 0;
        else if (v[i] != 0) {
            int64_t m = (int64_t)ldexp(frexp(v[i], &e), 53);
            for (e -= 53; m % 2 == 0; m /= 2)
                e++;
            least = some && least < e ? least : e;
            some = 1;
            most = fabs(v[i]) > most ? fabs(v[i]) : most;
        }
    }
    if (some && (most >= ldexp(1, least + 62) || least < -1022))
        *fits = 0;
    return *fits ? least : 0;
}

static aez_status put_stats(const aez_mem *mem, const double *v, size_t n, aez_buf *out)
{
    size_t     begin = out->size, middle;
    int        fits, e = common_exponent(v, n, &fits);
    int64_t   *k = NULL;
    aez_status st = AEZ_OK;
    put_floats(v, n, out);
    if (!fits)
        return AEZ_OK;
    middle = out->size;
    k = aez_take_raw(mem, n, sizeof *k);
    if (!k)
        return AEZ_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        k[i] = (int64_t)ldexp(v[i], -e);
    aez_put_u8(out, AS_INTEGERS);
    aez_put_svarint(out, e);
    st = aez_integers_put(mem, k, n, out);
    if (st == AEZ_OK && !out->failed) {
        size_t floats = middle - begin, integers = out->size - middle;
        if (integers < floats)
            memmove(out->data + begin, out->data + middle, integers);
        out->size = begin + (integers < floats ? integers : floats);
    }
    aez_drop(mem, k);
    return st;
}

static void get_floats(aez_rd *in, double *v, size_t n, unsigned form)
{
    for (size_t i = 0; i < n && !in->failed; i++) {
        if (form == AS_F32) {
            uint32_t bits = aez_get_u32(in);
            float    f;
            memcpy(&f, &bits, sizeof f);
            v[i] = (double)f;
        } else {
            v[i] = aez_get_f64(in);
        }
    }
}

static aez_status get_integers(const aez_mem *mem, aez_rd *in, double *v, size_t n)
{
    int64_t    e = aez_get_svarint(in), *k;
    aez_status st;
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (e < -1074 || e > 960)
        return AEZ_ERR_CORRUPT;
    k = aez_take_raw(mem, n, sizeof *k);
    st = k ? aez_integers_get(mem, in, k, n) : AEZ_ERR_NOMEM;
    for (size_t i = 0; st == AEZ_OK && i < n; i++)
        v[i] = ldexp((double)k[i], (int)e);
    aez_drop(mem, k);
    return st;
}

static aez_status get_stats(const aez_mem *mem, aez_rd *in, double *v, size_t n, double least)
{
    unsigned   form = aez_get_u8(in);
    aez_status st = AEZ_OK;
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (form > AS_INTEGERS)
        return AEZ_ERR_CORRUPT;
    if (form == AS_INTEGERS)
        st = get_integers(mem, in, v, n);
    else
        get_floats(in, v, n, form);
    if (in->failed)
        st = AEZ_ERR_TRUNCATED;
    for (size_t i = 0; st == AEZ_OK && i < n; i++)
        if (!(v[i] >= least && v[i] <= STAT_MAX)) /* NaN too */
            st = AEZ_ERR_CORRUPT;
    return st;
}

/* ---- the whole ------------------------------------------------------------------------------- */

aez_status aez_autoencoder_put(const aez_autoencoder *ae, aez_buf *out)
{
    const aez_mem *mem = &ae->mem;
    aez_status     st;
    aez_put_u8(out, VERSION);
    aez_put_u8(out, (ae->n_offsets > 1 ? FLAG_OFFSETS : 0) | (ae->n_scales > 1 ? FLAG_SCALES : 0) |
                        (ae->has_linear ? FLAG_LINEAR : 0));
    aez_put_varint(out, ae->n_features);
    aez_put_varint(out, ae->n_latent);
    aez_put_u8(out, ae->n_ops);
    aez_put_u8(out, ae->frac);
    st = put_stats(mem, ae->offset, ae->n_offsets, out);
    if (st == AEZ_OK)
        st = put_stats(mem, ae->scale, ae->n_scales, out);
    if (st == AEZ_OK && ae->has_linear)
        st = put_layer(mem, &ae->linear, out);
    for (uint32_t i = 0; st == AEZ_OK && i < ae->n_ops; i++) {
        put_op(&ae->op[i], out);
        if (ae->op[i].kind <= AEZ_OP_CONV)
            st = put_layer(mem, &ae->op[i].layer, out);
    }
    return st == AEZ_OK && out->failed ? AEZ_ERR_NOMEM : st;
}

typedef struct head {
    unsigned flags, frac;
    uint32_t n_features, n_latent, n_ops;
} head;

static aez_status get_head(aez_rd *in, head *h)
{
    unsigned version = aez_get_u8(in);
    h->flags = aez_get_u8(in);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (version != VERSION || h->flags > FLAGS)
        return AEZ_ERR_VERSION;
    h->n_features = get_width(in);
    h->n_latent = get_width(in);
    h->n_ops = aez_get_u8(in);
    h->frac = aez_get_u8(in);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (h->n_ops > AEZ_OPS_MAX)
        return AEZ_ERR_LIMIT;
    return h->frac > AEZ_HAT_FRAC_MAX ? AEZ_ERR_CORRUPT : AEZ_OK;
}

static aez_status get_all(aez_autoencoder *ae, aez_rd *in)
{
    head       h;
    aez_status st = get_head(in, &h);
    if (st != AEZ_OK)
        return st;
    st = in_a_file(aez_autoencoder_begin(ae, h.n_features, h.n_latent,
                                         h.flags & FLAG_OFFSETS ? h.n_features : 1,
                                         h.flags & FLAG_SCALES ? h.n_features : 1,
                                         (h.flags & FLAG_LINEAR) != 0));
    ae->frac = h.frac;
    if (st == AEZ_OK)
        st = get_stats(&ae->mem, in, ae->offset, ae->n_offsets, -STAT_MAX);
    if (st == AEZ_OK)
        st = get_stats(&ae->mem, in, ae->scale, ae->n_scales, 0);
    if (st == AEZ_OK && ae->has_linear) {
        st = get_layer(&ae->mem, in, &ae->linear);
        if (st == AEZ_OK && ae->linear.activation != AEZ_LINEAR)
            st = AEZ_ERR_CORRUPT;
    }
    if (st == AEZ_OK)
        st = get_chain(ae, in, h.n_ops);
    return st == AEZ_OK ? in_a_file(aez_autoencoder_check(ae)) : st;
}

aez_status aez_autoencoder_get(aez_autoencoder *ae, const aez_mem *mem, aez_rd *in)
{
    aez_status st;
    aez_autoencoder_init(ae, mem);
    st = get_all(ae, in);
    if (st != AEZ_OK)
        aez_autoencoder_free(ae);
    return st;
}
