/* autoencoder_run.c - the forward pass of an integer decoder, over blocks of rows. */
#include "../net/conv.h"
#include "autoencoder.h"

#include <string.h>

#define BLOCK_VALUES 65536 /* 512 KiB of sums: they stay in a second-level cache */
#define BLOCK_ROWS 256
#define PACKED_MAX ((size_t)1 << 20) /* weights */

/* Buffers for a block of rows. */
typedef struct block {
    size_t   n_rows; /* rows a block */
    int16_t *x;      /* [n_rows][n_latent] */
    int16_t *a, *b;  /* [n_rows][widest] activations, in turn */
    int64_t *sum;    /* [n_rows][n_features] */
    void    *scratch;
    int16_t *packed;                 /* weights of convolutions, laid out for their kernel */
    int16_t *packed_of[AEZ_OPS_MAX]; /* where those of an operation are; NULL: nowhere */
} block;

static void block_free(const aez_mem *mem, block *bl)
{
    aez_drop(mem, bl->x);
    aez_drop(mem, bl->a);
    aez_drop(mem, bl->b);
    aez_drop(mem, bl->sum);
    aez_drop(mem, bl->scratch);
    aez_drop(mem, bl->packed);
}

static aez_conv conv_of(const aez_op *op, const int16_t *packed)
{
    return (aez_conv){&op->layer, op->in, op->kh, op->kw, packed};
}

/* Values of the widest tensor between the latents and the hat; at least 1. */
static size_t widest_inside(const aez_autoencoder *ae)
{
    size_t widest = 1;
    for (uint32_t i = 0; i + 1 < ae->n_ops; i++)
        if (aez_extent_size(ae->op[i].out) > widest)
            widest = aez_extent_size(ae->op[i].out);
    return widest;
}

static size_t scratch_bytes(const aez_autoencoder *ae, size_t n_rows)
{
    size_t most = ae->has_linear ? aez_layer_scratch(&ae->linear, n_rows) : 1;
    for (uint32_t i = 0; i < ae->n_ops; i++) {
        const aez_op *op = &ae->op[i];
        aez_conv      conv = conv_of(op, NULL);
        size_t        n = op->kind == AEZ_OP_DENSE  ? aez_layer_scratch(&op->layer, n_rows)
                          : op->kind == AEZ_OP_CONV ? aez_conv_scratch_bytes(&conv)
                                                    : 0;
        most = n > most ? n : most;
    }
    return most;
}

/* As many as fit; others go the slower way. */
static aez_status pack_convolutions(const aez_autoencoder *ae, block *bl)
{
    size_t n = 0, at[AEZ_OPS_MAX + 1] = {0};
    for (uint32_t i = 0; i < ae->n_ops; i++) {
        aez_conv conv = conv_of(&ae->op[i], NULL);
        size_t   more = ae->op[i].kind == AEZ_OP_CONV ? aez_conv_packed(&conv) : 0;
        at[i] = n;
        n += more <= PACKED_MAX - n ? more : 0;
        at[i + 1] = n;
    }
    bl->packed = aez_take_raw(&ae->mem, n + 1, sizeof *bl->packed);
    for (uint32_t i = 0; bl->packed && i < ae->n_ops; i++)
        if (at[i + 1] > at[i]) {
            aez_conv conv = conv_of(&ae->op[i], NULL);
            bl->packed_of[i] = bl->packed + at[i];
            aez_conv_pack(&conv, bl->packed_of[i]);
        }
    return bl->packed ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* At most 2 + 2 MiB of activations, 8 MiB of sums, 2 MiB of scratch, 2 MiB of weights: a block of
 * several rows is smaller than one row of 2^20 values. */
static aez_status block_init(const aez_autoencoder *ae, size_t n_rows, block *bl)
{
    size_t inside = widest_inside(ae), widest = inside;
    memset(bl, 0, sizeof *bl);
    widest = ae->n_features > widest ? ae->n_features : widest;
    widest = ae->n_latent > widest ? ae->n_latent : widest;
    bl->n_rows = BLOCK_VALUES / widest;
    bl->n_rows = bl->n_rows < 1 ? 1 : bl->n_rows > BLOCK_ROWS ? BLOCK_ROWS : bl->n_rows;
    if (bl->n_rows > n_rows)
        bl->n_rows = n_rows;
    bl->x = aez_take_raw(&ae->mem, bl->n_rows * ae->n_latent, sizeof *bl->x);
    bl->a = aez_take_raw(&ae->mem, bl->n_rows * inside, sizeof *bl->a);
    bl->b = aez_take_raw(&ae->mem, bl->n_rows * inside, sizeof *bl->b);
    bl->sum = aez_take_raw(&ae->mem, bl->n_rows * ae->n_features, sizeof *bl->sum);
    bl->scratch = aez_take_raw(&ae->mem, scratch_bytes(ae, bl->n_rows), 1);
    if (bl->x && bl->a && bl->b && bl->sum && bl->scratch &&
        pack_convolutions(ae, bl) == AEZ_OK)
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

/* One tensor: n_lines lines of in.w values, each kw times along and kh times as a line. */
static void grow(const aez_op *op, const int16_t *x, int16_t *y)
{
    size_t n_lines = (size_t)op->in.c * op->in.h, n_wide = (size_t)op->in.w * op->kw;
    for (size_t line = 0; line < n_lines; line++, x += op->in.w) {
        int16_t *first = y;
        for (size_t i = 0; i < op->in.w; i++)
            for (uint32_t k = 0; k < op->kw; k++)
                *y++ = x[i];
        for (uint32_t k = 1; k < op->kh; k++, y += n_wide)
            memcpy(y, first, n_wide * sizeof *y);
    }
}

static void run_op(const aez_autoencoder *ae, uint32_t i, block *bl, const int16_t *x,
                   size_t n_rows, int16_t *y)
{
    const aez_op *op = &ae->op[i];
    size_t        n_in = aez_extent_size(op->in), n_out = aez_extent_size(op->out);
    aez_conv      conv = conv_of(op, bl->packed_of[i]);
    if (op->kind == AEZ_OP_DENSE)
        aez_layer_run(&op->layer, ae->kernels, x, n_rows, bl->scratch, y);
    else
        for (size_t r = 0; r < n_rows; r++)
            if (op->kind == AEZ_OP_CONV)
                aez_conv_run(&conv, ae->kernels, x + r * n_in, bl->scratch, y + r * n_out);
            else
                grow(op, x + r * n_in, y + r * n_out);
}

static void run_last(const aez_autoencoder *ae, block *bl, const int16_t *x, size_t n_rows)
{
    const aez_op *op = &ae->op[ae->n_ops - 1];
    size_t        n_in = aez_extent_size(op->in);
    aez_conv      conv = conv_of(op, bl->packed_of[ae->n_ops - 1]);
    if (op->kind == AEZ_OP_DENSE)
        aez_layer_add(&op->layer, ae->kernels, x, n_rows, ae->frac, bl->scratch, bl->sum);
    else
        for (size_t r = 0; r < n_rows; r++)
            aez_conv_add(&conv, ae->kernels, x + r * n_in, ae->frac, bl->scratch,
                         bl->sum + r * ae->n_features);
}

/* linear and chain are each below 2^62 - 2^47 + 2^31 in magnitude, so their sum fits 63 bits. */
static void run_block(const aez_autoencoder *ae, block *bl, const int32_t *latents, size_t n_rows,
                      int32_t *hat)
{
    const int16_t *x = bl->x;
    int16_t       *y = bl->a, *other = bl->b, *t;
    for (size_t i = 0; i < n_rows * ae->n_latent; i++)
        bl->x[i] = clamp_latent(latents[i]);
    memset(bl->sum, 0, n_rows * ae->n_features * sizeof *bl->sum);
    if (ae->has_linear)
        aez_layer_add(&ae->linear, ae->kernels, x, n_rows, ae->frac, bl->scratch, bl->sum);
    for (uint32_t i = 0; i + 1 < ae->n_ops; i++) {
        if (ae->op[i].kind == AEZ_OP_SHAPE)
            continue; /* the same values, seen otherwise */
        run_op(ae, i, bl, x, n_rows, y);
        x = y;
        t = y, y = other, other = t;
    }
    if (ae->n_ops)
        run_last(ae, bl, x, n_rows);
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
    if (ae->n_latent == 0) {
        memset(hat, 0, n_rows * ae->n_features * sizeof *hat);
        return AEZ_OK;
    }
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
