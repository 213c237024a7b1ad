/* lower.h - a float decoder as the operations that integers have, in floats still. */
#ifndef AEZ_TRAIN_LOWER_H
#define AEZ_TRAIN_LOWER_H

#include "float_model.h"

/* One operation; weights and biases [n_out] are owned. UP and SHAPE have none. */
typedef struct aez_lowered_op {
    aez_op_kind kind;
    aez_dims    in, out;
    uint32_t    kh, kw;
    unsigned    activation;
    uint32_t    n_in, n_out; /* of a sum; sums of a place */
    float      *weight, *bias;
    int         is_scaling; /* CONV of 1 x 1 whose weights are a diagonal */
    uint32_t    n_nodes;    /* of the network that are done when this is */
} aez_lowered_op;

typedef struct aez_lowered {
    aez_mem        mem;
    uint32_t       n;
    aez_lowered_op op[AEZ_OPS_MAX];
} aez_lowered;

/* The network of a decoder whose input is latents in steps. Norms become part of the layer before,
 * or of a dense one after, or a scaling of their own; activations go to the layer before. OPTION
 * with a sentence for what integers have not, LIMIT, NOMEM; out is to be freed whatever comes. */
aez_status aez_lower(const aez_float_model *m, aez_lowered *out, char *why, size_t why_size);
void       aez_lowered_free(aez_lowered *l);

#endif
