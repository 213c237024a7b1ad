/* autoencoder.c - the integer decoder of an autoencoder: shape and forward pass. */
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
    for (size_t i = 0; i < AEZ_HIDDEN_MAX; i++)
        aez_layer_free(&ae->hidden[i], &mem);
    aez_layer_free(&ae->last, &mem);
    aez_drop(&mem, ae->offset);
    aez_drop(&mem, ae->scale);
    aez_autoencoder_init(ae, &mem);
}

static int width_is_fine(uint32_t width)
{
    return width >= 1 && width <= AEZ_LAYER_WIDTH_MAX;
}

/* Weights of all layers; no overflow, as each of at most 18 products is at most 2^24. */
static size_t count_weights(uint32_t n_features, uint32_t n_latent, const uint32_t *hidden,
                            uint32_t n_hidden)
{
    size_t   n = (size_t)n_features * n_latent;
    uint32_t n_in = n_latent;
    for (uint32_t i = 0; i < n_hidden; i++) {
        n += (size_t)n_in * hidden[i];
        n_in = hidden[i];
    }
    return n_hidden ? n + (size_t)n_in * n_features : n;
}

static aez_status check_shape(uint32_t n_features, uint32_t n_latent, const uint32_t *hidden,
                              uint32_t n_hidden)
{
    if (!width_is_fine(n_features) || !width_is_fine(n_latent) || n_hidden > AEZ_HIDDEN_MAX)
        return AEZ_ERR_LIMIT;
    for (uint32_t i = 0; i < n_hidden; i++)
        if (!width_is_fine(hidden[i]))
            return AEZ_ERR_LIMIT;
    if (count_weights(n_features, n_latent, hidden, n_hidden) > AEZ_WEIGHTS_MAX)
        return AEZ_ERR_LIMIT;
    return AEZ_OK;
}

aez_status aez_autoencoder_shape(aez_autoencoder *ae, uint32_t n_features, uint32_t n_latent,
                                 const uint32_t *hidden, uint32_t n_hidden, int common)
{
    size_t     n_stats = common ? 1 : n_features;
    uint32_t   n_in = n_latent;
    aez_status st = check_shape(n_features, n_latent, hidden, n_hidden);
    if (st != AEZ_OK)
        return st;
    ae->n_features = n_features;
    ae->n_latent = n_latent;
    ae->common = common;
    ae->offset = aez_take(&ae->mem, n_stats, sizeof *ae->offset);
    ae->scale = aez_take(&ae->mem, n_stats, sizeof *ae->scale);
    st = ae->offset && ae->scale ? AEZ_OK : AEZ_ERR_NOMEM;
    if (st == AEZ_OK)
        st = aez_layer_init(&ae->linear, &ae->mem, n_latent, n_features, 1);
    for (uint32_t i = 0; st == AEZ_OK && i < n_hidden; i++) {
        st = aez_layer_init(&ae->hidden[i], &ae->mem, n_in, hidden[i], 1);
        n_in = hidden[i];
    }
    if (st == AEZ_OK && n_hidden)
        st = aez_layer_init(&ae->last, &ae->mem, n_in, n_features, 0);
    ae->n_hidden = n_hidden;
    if (st != AEZ_OK)
        aez_autoencoder_free(ae);
    return st;
}

/* Buffers for a block of rows. */
typedef struct block {
    size_t   n_rows;  /* rows a block */
    int16_t *a, *b;   /* [n_rows][widest] activations, in turn */
    int64_t *sum;     /* [n_rows][n_features] */
    int64_t *scratch; /* [n_rows][widest] */
    size_t   widest;
} block;

static void block_free(const aez_mem *mem, block *bl)
{
    aez_drop(mem, bl->a);
    aez_drop(mem, bl->b);
    aez_drop(mem, bl->sum);
    aez_drop(mem, bl->scratch);
}

static aez_status block_init(const aez_autoencoder *ae, size_t n_rows, block *bl)
{
    memset(bl, 0, sizeof *bl);
    bl->widest = ae->n_features > ae->n_latent ? ae->n_features : ae->n_latent;
    for (uint32_t i = 0; i < ae->n_hidden; i++)
        if (ae->hidden[i].n_out > bl->widest)
            bl->widest = ae->hidden[i].n_out;
    bl->n_rows = 65536 / bl->widest; /* 512 KiB of sums: they stay in a second-level cache */
    if (bl->n_rows > 256)
        bl->n_rows = 256;
    if (bl->n_rows > n_rows)
        bl->n_rows = n_rows;
    bl->a = aez_take_raw(&ae->mem, bl->n_rows * bl->widest, sizeof *bl->a);
    bl->b = aez_take_raw(&ae->mem, bl->n_rows * bl->widest, sizeof *bl->b);
    bl->sum = aez_take_raw(&ae->mem, bl->n_rows * ae->n_features, sizeof *bl->sum);
    bl->scratch = aez_take_raw(&ae->mem, bl->n_rows * bl->widest, sizeof *bl->scratch);
    if (bl->a && bl->b && bl->sum && bl->scratch)
        return AEZ_OK;
    block_free(&ae->mem, bl);
    return AEZ_ERR_NOMEM;
}

static int16_t clamp_latent(int32_t q)
{
    if (q > AEZ_LATENT_MAX)
        return AEZ_LATENT_MAX;
    return (int16_t)(q < -AEZ_LATENT_MAX ? -AEZ_LATENT_MAX : q);
}

static int32_t clamp32(int64_t v)
{
    return (int32_t)(v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : v);
}

static void run_block(const aez_autoencoder *ae, block *bl, const int32_t *latents, size_t n_rows,
                      int32_t *hat)
{
    int16_t *x = bl->a, *y = bl->b, *t;
    for (size_t i = 0; i < n_rows * ae->n_latent; i++)
        x[i] = clamp_latent(latents[i]);
    memset(bl->sum, 0, n_rows * ae->n_features * sizeof *bl->sum);
    aez_layer_add(&ae->linear, ae->kernels, x, n_rows, bl->scratch, bl->sum);
    for (uint32_t i = 0; i < ae->n_hidden; i++) {
        aez_layer_run(&ae->hidden[i], ae->kernels, x, n_rows, bl->scratch, y);
        t = x, x = y, y = t;
    }
    if (ae->n_hidden)
        aez_layer_add(&ae->last, ae->kernels, x, n_rows, bl->scratch, bl->sum);
    for (size_t i = 0; i < n_rows * ae->n_features; i++)
        hat[i] = clamp32(bl->sum[i]);
}

aez_status aez_autoencoder_run(const aez_autoencoder *ae, const int32_t *latents, size_t n_rows,
                               int32_t *hat)
{
    block      bl;
    aez_status st;
    if (n_rows == 0)
        return AEZ_OK;
    st = block_init(ae, n_rows, &bl);
    if (st != AEZ_OK)
        return st;
    for (size_t r = 0; r < n_rows; r += bl.n_rows) {
        size_t n = n_rows - r < bl.n_rows ? n_rows - r : bl.n_rows;
        run_block(ae, &bl, latents + r * ae->n_latent, n, hat + r * ae->n_features);
    }
    block_free(&ae->mem, &bl);
    return AEZ_OK;
}

double aez_autoencoder_value(const aez_autoencoder *ae, size_t feature, int32_t hat)
{
    size_t j = ae->common ? 0 : feature;
    return ae->offset[j] + ae->scale[j] * ldexp((double)hat, -(int)ae->frac);
}
