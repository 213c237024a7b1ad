/* network_layers.h - what the layers of float networks share: one layer's pass, and its loops. */
#ifndef AEZ_TRAIN_NETWORK_LAYERS_H
#define AEZ_TRAIN_NETWORK_LAYERS_H

#include "lanes.h"
#include "network.h"

/* A loop over lanes j whose steps have nothing to do with one another, although what they write may
 * be what they read: GCC cannot know, and at -O2 would make no vectors. */
#if defined(__GNUC__) && !defined(__clang__)
#define AEZ_FOR_LANES(j, n) _Pragma("GCC ivdep") for (unsigned j = 0; j < (n); j++)
#else
#define AEZ_FOR_LANES(j, n) for (unsigned j = 0; j < (n); j++)
#endif

/* Added to variances of norms. */
#define AEZ_NORM_EPSILON 1e-5f

/* One layer in one pass. Arrays do not overlap, but for elementwise layers (activation, dropout),
 * whose dx may be dy. */
typedef struct aez_node_pass {
    const aez_node *node;
    const float    *params;
    size_t          n_rows;
    int             training;
    uint64_t        key;        /* of dropout, this layer's own */
    unsigned        activation; /* forward: applied to y; DENSE, CONV and NORM alone */
    const float    *x;          /* [n_rows][size of in] */
    float          *y;          /* [n_rows][size of out] */
    float          *extra;      /* kept between forward and backward: aez_node_extra floats */
    float          *scratch;    /* aez_node_scratch floats */
    const float    *dy;
    float          *dx;    /* NULL: not wanted */
    float          *grads; /* added to */
} aez_node_pass;

/* Floats that a layer keeps for backward, and floats it needs while it runs. */
size_t aez_node_extra(const aez_node *node, size_t n_rows);
size_t aez_node_scratch(const aez_node *node, size_t n_rows);

void aez_dense_forward(const aez_node_pass *p);
void aez_dense_backward(const aez_node_pass *p);

size_t aez_conv_scratch(const aez_node *node, size_t n_rows);
void   aez_conv_forward(const aez_node_pass *p);
void   aez_conv_backward(const aez_node_pass *p);

size_t aez_norm_extra(const aez_node *node);
void   aez_norm_forward(const aez_node_pass *p);
void   aez_norm_backward(const aez_node_pass *p);

void aez_pool_forward(const aez_node_pass *p);
void aez_pool_backward(const aez_node_pass *p);
void aez_up_forward(const aez_node_pass *p);
void aez_up_backward(const aez_node_pass *p);
void aez_dropout_forward(const aez_node_pass *p);
void aez_dropout_backward(const aez_node_pass *p);
void aez_activation_forward(const aez_node_pass *p);
void aez_activation_backward(const aez_node_pass *p);

/* y = activation(x * scale + shift) over n values; y may be x. */
void aez_activate_run(float *y, const float *x, size_t n, float scale, float shift,
                      unsigned activation);
/* The same over rows of n values with a scale (NULL: 1) and a shift for each place. */
void aez_activate_rows(float *y, const float *x, size_t n_rows, size_t n, const float *scale,
                       const float *shift, unsigned activation);
/* sum [n] += the rows of x */
void aez_add_rows(float *sum, const float *x, size_t n_rows, size_t n);

#endif
