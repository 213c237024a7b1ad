/* autoencoder_bytes.c - the integer decoder of an autoencoder as bytes, and back, all checked. */
#include "../entropy/entropy.h"
#include "autoencoder.h"

#include <math.h>
#include <string.h>

#define VERSION 1
#define FLAG_COMMON 1u /* one offset and scale for all features */
#define FLAG_F32 2u    /* offsets and scales as binary32 */
#define ZSTD_LEVEL 19 /* of biases */
#define STAT_MAX 0x1p960 /* offset + scale * 2^31 stays finite */

/* ---- one layer's numbers --------------------------------------------------------------------- */

/* Zigzag of the weights as symbols; where one is above AEZ_SYMBOL_MAX, high and low bytes apart. */
static aez_status put_symbols(const aez_mem *mem, const int16_t *w, size_t n, unsigned shift,
                              unsigned mask, aez_buf *out)
{
    static const aez_pack_options options = {0, 0};
    uint16_t  *symbols = aez_take_raw(mem, n, sizeof *symbols);
    aez_status st = AEZ_ERR_NOMEM;
    if (!symbols)
        return st;
    for (size_t i = 0; i < n; i++)
        symbols[i] = (uint16_t)(aez_zigzag(w[i]) >> shift & mask);
    st = aez_symbols_pack(mem, symbols, n, &options, out);
    aez_drop(mem, symbols);
    return st;
}

static aez_status put_weights(const aez_mem *mem, const int16_t *w, size_t n, aez_buf *out)
{
    uint64_t   all = 0;
    aez_status st;
    for (size_t i = 0; i < n; i++)
        all |= aez_zigzag(w[i]);
    aez_put_u8(out, all <= AEZ_SYMBOL_MAX ? 1 : 2);
    if (all <= AEZ_SYMBOL_MAX)
        return put_symbols(mem, w, n, 0, AEZ_SYMBOL_MAX, out);
    st = put_symbols(mem, w, n, 8, 255, out);
    return st == AEZ_OK ? put_symbols(mem, w, n, 0, 255, out) : st;
}

/* Reads one plane of exactly n symbols; *symbols is a new block. */
static aez_status get_symbols(const aez_mem *mem, aez_rd *in, size_t n, uint16_t **symbols)
{
    size_t     n_read = 0;
    aez_status st;
    *symbols = NULL;
    st = aez_symbols_unpack(mem, in, n, symbols, &n_read);
    if (st == AEZ_OK && n_read != n)
        st = AEZ_ERR_CORRUPT;
    if (st != AEZ_OK) {
        aez_drop(mem, *symbols);
        *symbols = NULL;
    }
    return st;
}

static aez_status get_weights(const aez_mem *mem, aez_rd *in, int16_t *w, size_t n)
{
    unsigned   planes = aez_get_u8(in);
    uint16_t  *high = NULL, *low = NULL;
    aez_status st;
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (planes != 1 && planes != 2)
        return AEZ_ERR_CORRUPT;
    st = planes == 2 ? get_symbols(mem, in, n, &high) : AEZ_OK;
    if (st == AEZ_OK)
        st = get_symbols(mem, in, n, &low);
    for (size_t i = 0; st == AEZ_OK && i < n; i++) {
        uint64_t z = high ? (uint64_t)high[i] << 8 | (low[i] & 255u) : low[i];
        if (z > 2 * 32767 || (high && low[i] > 255))
            st = AEZ_ERR_CORRUPT; /* -32768 is none: the kernels rely on it */
        else
            w[i] = (int16_t)aez_unzigzag(z);
    }
    aez_drop(mem, high);
    aez_drop(mem, low);
    return st;
}

static aez_status put_biases(const aez_mem *mem, const int32_t *bias, size_t n, aez_buf *out)
{
    aez_buf    raw;
    aez_status st = AEZ_ERR_NOMEM;
    aez_buf_init(&raw, mem);
    for (size_t o = 0; o < n; o++)
        aez_put_svarint(&raw, bias[o]);
    if (!raw.failed)
        st = aez_bytes_pack(mem, raw.data, raw.size, ZSTD_LEVEL, out);
    aez_buf_free(&raw);
    return st;
}

static aez_status get_biases(const aez_mem *mem, aez_rd *in, int32_t *bias, size_t n)
{
    uint8_t   *bytes = NULL;
    size_t     n_bytes = 0;
    aez_rd     raw;
    aez_status st = aez_bytes_unpack(mem, in, 10 * n, &bytes, &n_bytes);
    if (st != AEZ_OK)
        return st;
    aez_rd_init(&raw, bytes, n_bytes);
    for (size_t o = 0; o < n; o++) {
        int64_t v = aez_get_svarint(&raw);
        if (v < INT32_MIN || v > INT32_MAX)
            st = AEZ_ERR_CORRUPT;
        else
            bias[o] = (int32_t)v;
    }
    if (raw.failed || aez_rd_left(&raw))
        st = AEZ_ERR_CORRUPT;
    aez_drop(mem, bytes);
    return st;
}

static aez_status put_layer(const aez_mem *mem, const aez_layer *layer, aez_buf *out)
{
    aez_status st;
    aez_put_u8(out, layer->activation);
    aez_put_svarint(out, layer->shift);
    st = put_weights(mem, layer->weight, (size_t)layer->n_in * layer->n_out, out);
    if (st == AEZ_OK && layer->bias)
        st = put_biases(mem, layer->bias, layer->n_out, out);
    return st;
}

static aez_status get_layer(const aez_mem *mem, aez_rd *in, aez_layer *layer)
{
    unsigned   activation = aez_get_u8(in);
    int64_t    shift = aez_get_svarint(in);
    aez_status st;
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (activation > AEZ_ACTIVATION_MAX)
        return AEZ_ERR_VERSION;
    if (shift < AEZ_LAYER_SHIFT_MIN || shift > AEZ_LAYER_SHIFT_MAX)
        return AEZ_ERR_CORRUPT;
    layer->activation = activation;
    layer->shift = (int)shift;
    st = get_weights(mem, in, layer->weight, (size_t)layer->n_in * layer->n_out);
    if (st == AEZ_OK && layer->bias)
        st = get_biases(mem, in, layer->bias, layer->n_out);
    aez_layer_prove(layer);
    return st;
}

/* ---- normalisation --------------------------------------------------------------------------- */

static int fits_f32(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fabs(v[i]) > 0x1p120 || (double)(float)v[i] != v[i])
            return 0;
    return 1;
}

static void put_stats(aez_buf *out, const double *v, size_t n, int as_f32)
{
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

static aez_status get_stats(aez_rd *in, double *v, size_t n, int as_f32, double least)
{
    for (size_t i = 0; i < n; i++) {
        if (as_f32) {
            uint32_t bits = aez_get_u32(in);
            float    f;
            memcpy(&f, &bits, sizeof f);
            v[i] = (double)f;
        } else {
            v[i] = aez_get_f64(in);
        }
        if (!(v[i] >= least && v[i] <= STAT_MAX)) /* NaN too */
            return AEZ_ERR_CORRUPT;
    }
    return in->failed ? AEZ_ERR_TRUNCATED : AEZ_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

aez_status aez_autoencoder_put(const aez_autoencoder *ae, aez_buf *out)
{
    const aez_mem *mem = &ae->mem;
    size_t         n_stats = ae->common ? 1 : ae->n_features;
    int            as_f32 = fits_f32(ae->offset, n_stats) && fits_f32(ae->scale, n_stats);
    aez_status     st;
    aez_put_u8(out, VERSION);
    aez_put_u8(out, (ae->common ? FLAG_COMMON : 0) | (as_f32 ? FLAG_F32 : 0));
    aez_put_varint(out, ae->n_features);
    aez_put_varint(out, ae->n_latent);
    aez_put_varint(out, ae->n_hidden);
    for (uint32_t i = 0; i < ae->n_hidden; i++)
        aez_put_varint(out, ae->hidden[i].n_out);
    aez_put_u8(out, ae->frac);
    put_stats(out, ae->offset, n_stats, as_f32);
    put_stats(out, ae->scale, n_stats, as_f32);
    st = put_layer(mem, &ae->linear, out);
    for (uint32_t i = 0; st == AEZ_OK && i < ae->n_hidden; i++)
        st = put_layer(mem, &ae->hidden[i], out);
    if (st == AEZ_OK && ae->n_hidden)
        st = put_layer(mem, &ae->last, out);
    return st == AEZ_OK && out->failed ? AEZ_ERR_NOMEM : st;
}

typedef struct head {
    unsigned flags, frac;
    uint32_t n_features, n_latent, n_hidden, hidden[AEZ_HIDDEN_MAX];
} head;

static uint32_t get_width(aez_rd *in)
{
    uint64_t v = aez_get_varint(in);
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v; /* too large either way */
}

static aez_status get_head(aez_rd *in, head *h)
{
    unsigned version = aez_get_u8(in);
    memset(h, 0, sizeof *h);
    h->flags = aez_get_u8(in);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (version != VERSION || h->flags > (FLAG_COMMON | FLAG_F32))
        return AEZ_ERR_VERSION;
    h->n_features = get_width(in);
    h->n_latent = get_width(in);
    h->n_hidden = get_width(in);
    if (h->n_hidden > AEZ_HIDDEN_MAX)
        return AEZ_ERR_LIMIT;
    for (uint32_t i = 0; i < h->n_hidden; i++)
        h->hidden[i] = get_width(in);
    h->frac = aez_get_u8(in);
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    return h->frac > AEZ_HAT_FRAC_MAX ? AEZ_ERR_CORRUPT : AEZ_OK;
}

aez_status aez_autoencoder_get(aez_autoencoder *ae, const aez_mem *mem, aez_rd *in)
{
    head       h;
    size_t     n_stats;
    int        as_f32;
    aez_status st = get_head(in, &h);
    aez_autoencoder_init(ae, mem);
    if (st == AEZ_OK)
        st = aez_autoencoder_shape(ae, h.n_features, h.n_latent, h.hidden, h.n_hidden,
                                   (h.flags & FLAG_COMMON) != 0);
    if (st != AEZ_OK)
        return st;
    ae->frac = h.frac;
    n_stats = ae->common ? 1 : ae->n_features;
    as_f32 = (h.flags & FLAG_F32) != 0;
    st = get_stats(in, ae->offset, n_stats, as_f32, -STAT_MAX);
    if (st == AEZ_OK)
        st = get_stats(in, ae->scale, n_stats, as_f32, 0);
    if (st == AEZ_OK)
        st = get_layer(mem, in, &ae->linear);
    for (uint32_t i = 0; st == AEZ_OK && i < ae->n_hidden; i++)
        st = get_layer(mem, in, &ae->hidden[i]);
    if (st == AEZ_OK && ae->n_hidden)
        st = get_layer(mem, in, &ae->last);
    if (st != AEZ_OK)
        aez_autoencoder_free(ae);
    return st;
}
