/* autoencoder.h - the integer decoder of an autoencoder: latents to hat, and the decoder as bytes.
 *
 * hat = linear(latents) + chain(latents), in fixed point. Either may be absent: linear alone is
 * PCA's decoder, without latents both are, and the hat is 0. The chain is a list of operations on
 * tensors, the first of which is the latents as [n_latent][1][1]. The encoder half is float, lives
 * in codec/train, and is never needed to read a file. */
#ifndef AEZ_AUTOENCODER_AUTOENCODER_H
#define AEZ_AUTOENCODER_AUTOENCODER_H

#include "../base/buf.h"
#include "../net/net.h"

#define AEZ_OPS_MAX 64                    /* operations of the chain */
#define AEZ_WINDOW_MAX 63                 /* of a convolution, along an axis; odd */
#define AEZ_FACTOR_MAX 64                 /* of UP, along an axis */
#define AEZ_WEIGHTS_MAX ((size_t)1 << 24) /* weights of all layers together */
#define AEZ_WORK_MAX ((uint64_t)1 << 20)  /* work of an item, divided by its features */
#define AEZ_LATENT_MAX 32767              /* larger latents count as this, with their sign */
#define AEZ_HAT_FRAC_MAX 24
#define AEZ_HIDDEN_MAX 16                 /* hidden layers that training by widths offers */

typedef enum aez_op_kind { /* numbers are those of the file format */
    AEZ_OP_DENSE = 0, /* the tensor, as a vector in C order, to [n_out][1][1] */
    AEZ_OP_CONV = 1,  /* [c_in][h][w] to [c_out][h][w], stride 1, zeros around */
    AEZ_OP_UP = 2,    /* every value kh times along h, kw times along w */
    AEZ_OP_SHAPE = 3  /* the same values in C order, another tensor */
} aez_op_kind;

typedef struct aez_op {
    aez_op_kind kind;
    aez_extent  in, out;
    uint32_t    kh, kw; /* CONV: window; UP: factors */
    aez_layer   layer;  /* DENSE, CONV: with biases */
} aez_op;

typedef struct aez_autoencoder {
    aez_mem            mem;
    const aez_kernels *kernels;
    uint32_t           n_features;          /* 1 .. AEZ_TENSOR_MAX */
    uint32_t           n_latent;            /* 0 .. AEZ_LAYER_WIDTH_MAX */
    uint32_t           n_offsets, n_scales; /* 1, for all features, or n_features */
    unsigned           frac;                /* hat is in units of 2^-frac */
    double            *offset, *scale;      /* [n_offsets], [n_scales] */
    int                has_linear;
    aez_layer          linear; /* latents -> features, with biases; activation is not looked at */
    uint32_t           n_ops;
    aez_op             op[AEZ_OPS_MAX]; /* the last one, if any, is DENSE or CONV */
} aez_autoencoder;

/* Everything zero, kernels picked for this CPU. */
void aez_autoencoder_init(aez_autoencoder *ae, const aez_mem *mem);
void aez_autoencoder_free(aez_autoencoder *ae);

/* Allocates statistics, and linear if asked for, zeroed; the chain is empty. LIMIT when a count or
 * the weights are out of bounds; OPTION when n_offsets or n_scales is neither 1 nor n_features, or
 * linear is wanted without latents; NOMEM. On failure ae is as after aez_autoencoder_init. */
aez_status aez_autoencoder_begin(aez_autoencoder *ae, uint32_t n_features, uint32_t n_latent,
                                 uint32_t n_offsets, uint32_t n_scales, int has_linear);
/* Adds an operation to the chain: kind, out (DENSE: c; CONV: c; SHAPE: all) and kh, kw (CONV, UP)
 * are looked at, the rest of ae->op[] is filled in, weights and biases zeroed. LIMIT; OPTION when
 * it does not fit the tensor before it (which is [n_latent][1][1] at first); NOMEM. On failure ae
 * is unchanged, and still to be freed. */
aez_status aez_autoencoder_add(aez_autoencoder *ae, const aez_op *op);
/* What a decoder has to meet as a whole: OPTION when latents are there and neither linear nor a
 * chain, or the other way round; when the chain ends in UP or SHAPE, or in another number of values
 * than n_features; LIMIT when the work of an item (its multiplications and the values of its
 * tensors) is more than AEZ_WORK_MAX * n_features. */
aez_status aez_autoencoder_check(const aez_autoencoder *ae);

/* latents is [n_rows][n_latent] (NULL when there are none), hat [n_rows][n_features]. ae has passed
 * its check, and every layer aez_layer_prove. AEZ_ERR_NOMEM (scratch of at most 16 MiB, whatever
 * n_rows). Any latents are safe. */
aez_status aez_autoencoder_run(const aez_autoencoder *ae, const int32_t *latents, size_t n_rows,
                               int32_t *hat);

static inline double aez_autoencoder_offset(const aez_autoencoder *ae, size_t feature)
{
    return ae->offset[ae->n_offsets == 1 ? 0 : feature];
}

static inline double aez_autoencoder_scale(const aez_autoencoder *ae, size_t feature)
{
    return ae->scale[ae->n_scales == 1 ? 0 : feature];
}

/* How many different pairs of offset and scale there are: 1 or n_features. */
static inline uint32_t aez_autoencoder_n_stats(const aez_autoencoder *ae)
{
    return ae->n_offsets > ae->n_scales ? ae->n_offsets : ae->n_scales;
}

/* The one float expression: offset + scale * (hat * 2^-frac), each operation rounded to binary64
 * in this order; always finite. */
double aez_autoencoder_value(const aez_autoencoder *ae, size_t feature, int32_t hat);

/* Appends the decoder. Offsets and scales that are whole multiples of a power of two, and weights
 * of an input that change smoothly from output to output, take few bytes. AEZ_ERR_NOMEM (or
 * out->failed). */
aez_status aez_autoencoder_put(const aez_autoencoder *ae, aez_buf *out);
/* Reads and checks a decoder into an initialised or freed *ae, which the caller frees afterwards.
 * VERSION, CORRUPT, LIMIT, TRUNCATED, NOMEM; on failure *ae needs no free. */
aez_status aez_autoencoder_get(aez_autoencoder *ae, const aez_mem *mem, aez_rd *in);

#endif
