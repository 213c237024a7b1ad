/* network.h - float networks: a chain of layers over tensors, its passes and gradients.
 *
 * A tensor is [c][h][w], one after the other for each row; a vector is [n][1][1]. Layers are told
 * in words (spec/networks.md):
 *
 *   dense:N        all of the tensor to a vector of N, with biases
 *   conv:N[:KxL]   N channels, window K x L (odd; 3 along an axis longer than 1, else 1), stride 1,
 *                  zeros around, with biases
 *   up:K           every value K times along h and w (those that are longer than 1)
 *   pool:K         the largest of K x K (K along an axis longer than 1); the rest is dropped
 *   norm           batch normalisation: of each channel; of each value of a vector
 *   dropout:P      in training each value is 0 with probability P, the others grow by 1 / (1 - P)
 *   flatten        a vector, in C order
 *   shape:CxHxW    a tensor of as many values
 *   relu leaky tanh sigmoid     leaky: slope 1/8 below zero
 *   latent         (encoder, last word) dense:K to the K latents of the model
 *
 * Gradients are exact and tested against finite differences. Sums do not depend on threads: a pass
 * is one thread's work on one shard of rows. */
#ifndef AEZ_TRAIN_NETWORK_H
#define AEZ_TRAIN_NETWORK_H

#include "../base/mem.h"

#define AEZ_NETWORK_LAYERS_MAX 64

typedef enum aez_node_kind {
    AEZ_NODE_DENSE,
    AEZ_NODE_CONV,
    AEZ_NODE_UP,
    AEZ_NODE_POOL,
    AEZ_NODE_NORM,
    AEZ_NODE_DROPOUT,
    AEZ_NODE_SHAPE, /* flatten too: the same values, another tensor */
    AEZ_NODE_ACTIVATION
} aez_node_kind;

typedef struct aez_dims {
    uint32_t c, h, w;
} aez_dims;

static inline size_t aez_dims_size(aez_dims d)
{
    return (size_t)d.c * d.h * d.w;
}

typedef struct aez_node {
    aez_node_kind kind;
    aez_dims      in, out;
    uint32_t      kh, kw;     /* CONV: window; UP and POOL: factor along h and w */
    float         rate;       /* DROPOUT */
    unsigned      activation; /* ACTIVATION: AEZ_RELU ... of net.h */
    /* Offsets into the parameters: DENSE weight [n_out][n_in], bias [n_out]; CONV weight [c_out]
     * [c_in][kh][kw], bias [c_out]; NORM gain and bias of each channel (value of a vector). */
    size_t weight, bias;
    size_t mean, variance; /* NORM: offsets into the parameters beyond n_trained */
} aez_node;

/* Parameters [n_params]: first n_trained that descent moves, then running means and variances of
 * the norms. Backward leaves in the gradient at the places of the latter the sum over its rows of
 * what the batch had there (mean and variance, each times the number of rows), so that whoever adds
 * up shards and divides by rows has the batch's averages. */
typedef struct aez_network {
    aez_dims in, out;
    uint32_t n;
    aez_node node[AEZ_NETWORK_LAYERS_MAX];
    size_t   n_trained, n_params;
} aez_network;

/* From words; n_latent: what "latent" stands for (0: the word is not allowed). OPTION with a
 * sentence in why, which names the word; LIMIT beyond 2^24 parameters or 2^20 values a tensor. */
aez_status aez_network_parse(aez_network *out, const char *text, aez_dims in, uint32_t n_latent,
                             char *why, size_t why_size);
/* The words back, with windows and numbers as they are; at most size bytes with the final 0. */
void aez_network_text(const aez_network *net, uint32_t n_latent, char *text, size_t size);
/* He's uniform initialisation before relu and leaky, Glorot's elsewhere; norms 1 and 0. */
void aez_network_init(const aez_network *net, float *params, uint64_t seed);

/* Floats of scratch that passes over n_rows need. */
size_t aez_network_work(const aez_network *net, size_t n_rows);
/* What a pass over rows with training on needs beside parameters. */
typedef struct aez_pass {
    int      training; /* dropout is on, norms see the batch */
    uint64_t key;      /* of dropout's random numbers; the same key gives the same numbers */
} aez_pass;
/* y, inside work: [n_rows][size of out], from x [n_rows][size of in]. work is for backward. */
const float *aez_network_forward(const aez_network *net, const float *params, const float *x,
                                 size_t n_rows, const aez_pass *pass, float *work);
/* Adds to grads [n_params] the gradient for dy [n_rows][out]; needs the work of the same forward
 * pass and uses it up. dx (may be NULL): [n_rows][in], written. */
void aez_network_backward(const aez_network *net, const float *params, const float *x,
                          size_t n_rows, const aez_pass *pass, float *work, const float *dy,
                          float *dx, float *grads);

#endif
