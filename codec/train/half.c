/* half.c - passes of one half of a float model: an affine bypass and a network, added up. */
#include "blas.h"
#include "float_model.h"
#include "loss.h"

#include <string.h>

size_t aez_half_work(const aez_half *h, size_t n_rows)
{
    size_t n = h->has_net ? aez_network_work(&h->net, n_rows) : 0;
    if (h->has_bypass)
        n += n_rows * h->n_out;
    if (h->has_bypass && h->has_net)
        n += n_rows * h->n_in; /* gradient of one of the two */
    return n;
}

static void fill_rows(float *y, const float *bias, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(y + r * n, bias, n * sizeof *y);
}

const float *aez_half_forward(const aez_half *h, const float *params, const float *x,
                              size_t n_rows, const aez_pass *pass, float *work)
{
    float       *y = work;
    const float *net;
    if (!h->has_bypass)
        return aez_network_forward(&h->net, params + h->net_at, x, n_rows, pass, work);
    fill_rows(y, params + h->bypass_b, n_rows, h->n_out);
    aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, n_rows, h->n_out, h->n_in, 1, x, params + h->bypass_w, 1,
              y);
    if (h->has_net) {
        net = aez_network_forward(&h->net, params + h->net_at, x, n_rows, pass,
                                  y + n_rows * (h->n_out + h->n_in));
        aez_add_all(y, net, n_rows * h->n_out);
    }
    return y;
}

void aez_half_backward(const aez_half *h, const float *params, const float *x, size_t n_rows,
                       const aez_pass *pass, float *work, const float *dy, float *dx, float *grads)
{
    float *other = work + n_rows * h->n_out;
    if (!h->has_bypass) {
        aez_network_backward(&h->net, params + h->net_at, x, n_rows, pass, work, dy, dx,
                             grads + h->net_at);
        return;
    }
    aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, h->n_out, h->n_in, n_rows, 1, dy, x, 1,
              grads + h->bypass_w);
    for (size_t r = 0; r < n_rows; r++)
        aez_add_all(grads + h->bypass_b, dy + r * h->n_out, h->n_out);
    if (dx)
        aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, n_rows, h->n_in, h->n_out, 1, dy, params + h->bypass_w, 0,
                  dx);
    if (!h->has_net)
        return;
    aez_network_backward(&h->net, params + h->net_at, x, n_rows, pass, other + n_rows * h->n_in, dy,
                         dx ? other : NULL, grads + h->net_at);
    if (dx)
        aez_add_all(dx, other, n_rows * h->n_in);
}

double aez_half_cost(const aez_half *h)
{
    double n = h->has_bypass ? (double)h->n_in * h->n_out : 0;
    for (uint32_t i = 0; h->has_net && i < h->net.n; i++) {
        const aez_node *node = &h->net.node[i];
        double          n_out = (double)aez_dims_size(node->out);
        if (node->kind == AEZ_NODE_DENSE)
            n += n_out * (double)aez_dims_size(node->in);
        else if (node->kind == AEZ_NODE_CONV)
            n += n_out * node->in.c * node->kh * node->kw;
        else
            n += n_out;
    }
    return n;
}
