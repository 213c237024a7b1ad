/* network_dense.c - dense layers of float networks. */
#include "blas.h"
#include "network_layers.h"

void aez_dense_forward(const aez_node_pass *p)
{
    size_t n_in = aez_dims_size(p->node->in), n_out = aez_dims_size(p->node->out);
    aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, p->n_rows, n_out, n_in, 1, p->x,
              p->params + p->node->weight, 0, p->y);
    aez_activate_rows(p->y, p->y, p->n_rows, n_out, NULL, p->params + p->node->bias,
                      p->activation);
}

void aez_dense_backward(const aez_node_pass *p)
{
    size_t n_in = aez_dims_size(p->node->in), n_out = aez_dims_size(p->node->out);
    aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, n_out, n_in, p->n_rows, 1, p->dy, p->x, 1,
              p->grads + p->node->weight);
    aez_add_rows(p->grads + p->node->bias, p->dy, p->n_rows, n_out);
    if (p->dx)
        aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, p->n_rows, n_in, n_out, 1, p->dy,
                  p->params + p->node->weight, 0, p->dx);
}
