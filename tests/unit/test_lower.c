/* test_lower.c - decoders of every kind of layer as the operations integers have: the same
 * values. */
#include "codec/base/rng.h"
#include "codec/train/lower.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem plain_mem;

static double uniform(aez_rng *g)
{
    return (double)(aez_rng_next(g) >> 11) * 0x1p-53 - 0.5;
}

/* Random weights, and norms that have seen something; the sample is what such a decoder makes. */
static aez_float_model *random_model(uint32_t n_latent, uint32_t d, const char *decoder)
{
    char             encoder[32];
    aez_float_shape  shape = {.n_features = d, .n_latent = n_latent, .encoder = encoder,
                              .decoder = decoder, .scaling = AEZ_SCALE_COMMON};
    aez_float_model *m;
    aez_rng          g;
    char             why[200] = "";
    sprintf(encoder, "dense:%u", (unsigned)n_latent);
    cr_assert_eq(aez_float_model_create(&plain_mem, &shape, &m, why, sizeof why), AEZ_OK, "%s",
                 why);
    aez_rng_seed(&g, 21);
    for (size_t i = 0; i < m->n_params; i++)
        m->params[i] = (float)(1.6 * uniform(&g));
    aez_network_init(&m->decoder.net, m->params + m->decoder.net_at, 5);
    for (uint32_t i = 0; i < m->decoder.net.n; i++) {
        const aez_node *node = &m->decoder.net.node[i];
        float          *p = m->params + m->decoder.net_at;
        for (uint32_t c = 0; c < node->out.c && node->kind == AEZ_NODE_DENSE; c++)
            p[node->bias + c] = (float)(0.4 * uniform(&g));
        for (uint32_t c = 0; node->kind == AEZ_NODE_NORM && c < node->in.c; c++) {
            p[node->weight + c] = (float)(1 + 0.5 * uniform(&g));
            p[node->bias + c] = (float)(0.5 * uniform(&g));
            p[node->mean + c] = (float)uniform(&g);
            p[node->variance + c] = (float)(1 + uniform(&g));
        }
    }
    for (uint32_t l = 0; l < n_latent; l++)
        m->unit[l] = 0.02f * (float)(1 + l % 3);
    for (size_t j = 0; j < d; j++) {
        m->offset[j] = 7;
        m->scale[j] = 2;
    }
    return m;
}

static double activate(unsigned activation, double v)
{
    switch (activation) {
    case AEZ_RELU:
        return v > 0 ? v : 0;
    case AEZ_LEAKY:
        return v > 0 ? v : v / 8;
    case AEZ_TANH:
        return tanh(v);
    case AEZ_SIGMOID:
        return 1 / (1 + exp(-v));
    default:
        return v;
    }
}

/* An operation as it is written down, on one row. */
static void run_op(const aez_lowered_op *op, const double *x, double *y)
{
    aez_dims in = op->in, out = op->out;
    if (op->kind == AEZ_OP_SHAPE)
        memcpy(y, x, aez_dims_size(in) * sizeof *y);
    for (uint32_t o = 0; op->kind == AEZ_OP_DENSE && o < op->n_out; o++) {
        y[o] = (double)op->bias[o];
        for (uint32_t i = 0; i < op->n_in; i++)
            y[o] += (double)op->weight[o * op->n_in + i] * x[i];
        y[o] = activate(op->activation, y[o]);
    }
    for (uint32_t c = 0; op->kind >= AEZ_OP_CONV && op->kind <= AEZ_OP_UP && c < out.c; c++)
        for (uint32_t i = 0; i < out.h; i++)
            for (uint32_t j = 0; j < out.w; j++) {
                double *v = &y[(c * out.h + i) * out.w + j];
                if (op->kind == AEZ_OP_UP) {
                    *v = x[(c * in.h + i / op->kh) * in.w + j / op->kw];
                    continue;
                }
                *v = (double)op->bias[c];
                for (uint32_t k = 0; k < in.c; k++)
                    for (uint32_t a = 0; a < op->kh; a++)
                        for (uint32_t b = 0; b < op->kw; b++) {
                            uint32_t p = i + a - op->kh / 2, q = j + b - op->kw / 2;
                            if (p < in.h && q < in.w) /* wraps round below 0 */
                                *v +=
                                    x[(k * in.h + p) * in.w + q] *
                                    (double)op->weight[((c * in.c + k) * op->kh + a) * op->kw + b];
                        }
                *v = activate(op->activation, *v);
            }
}

Test(lower, every_chain_of_layers_gives_the_same_values)
{
    static const struct {
        uint32_t    k, d;
        const char *text;
    } cases[] = {
        {5, 9, "dense:9"},
        {5, 9, "dense:9 sigmoid"},
        {5, 9, "dense:9 tanh"},
        {5, 9, "dense:9 relu"},
        {5, 9, "dense:12 norm relu dense:9"},
        {5, 9, "dense:12 relu norm dense:9"},
        {5, 9, "dense:12 relu norm norm dense:9 norm sigmoid"},
        {5, 9, "norm dense:12 tanh dropout:0.5 dense:9"},
        {5, 9, "relu dense:12 tanh sigmoid dense:9"},
        {5, 9, "tanh dense:9 leaky leaky"},
        {4, 32, "shape:1x2x2 conv:3 relu up:2 conv:2"},
        {4, 32, "shape:1x2x2 up:2 relu conv:3:3x3 norm tanh conv:2:1x1"},
        {4, 16, "dense:4 shape:1x2x2 norm up:2"},
        {4, 32, "dense:8 relu shape:2x2x2 norm conv:2 leaky up:2"},
        {3, 49, "dense:49 sigmoid dense:49 relu shape:1x7x7 conv:8 norm relu conv:1 sigmoid"},
        {3, 24, "dense:12 shape:3x1x4 up:2 conv:1:1x3 flatten dense:24 shape:1x4x6"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint32_t         k = cases[c].k, d = cases[c].d;
        aez_float_model *m = random_model(k, d, cases[c].text);
        aez_lowered      low;
        aez_rng          g;
        char             why[200] = "";
        cr_assert_eq(aez_lower(m, &low, why, sizeof why), AEZ_OK, "%s: %s", cases[c].text, why);
        cr_assert(low.op[low.n - 1].kind <= AEZ_OP_CONV);
        aez_rng_seed(&g, c);
        for (int row = 0; row < 20; row++) {
            double   x[512], y[512];
            float    hat[64];
            int32_t  q[8];
            for (uint32_t l = 0; l < k; l++)
                x[l] = q[l] = (int32_t)(200 * uniform(&g));
            cr_assert_eq(aez_float_decode_rows(m, q, 1, hat), AEZ_OK);
            for (uint32_t i = 0; i < low.n; i++) {
                run_op(&low.op[i], x, y);
                memcpy(x, y, aez_dims_size(low.op[i].out) * sizeof *x);
            }
            for (uint32_t j = 0; j < d; j++)
                cr_assert_lt(fabs(x[j] - (double)hat[j]), 2e-4 * (1 + fabs(x[j])), "%s: %g and %g",
                             cases[c].text, x[j], (double)hat[j]);
        }
        aez_lowered_free(&low);
        aez_float_model_destroy(m);
    }
}

Test(lower, norms_and_steps_cost_no_operation_where_they_can_be_folded)
{
    static const struct {
        const char *text;
        uint32_t    n;
    } cases[] = {{"dense:12 norm relu dense:9", 2},
                 {"dense:12 relu norm dense:9", 2},
                 {"norm dense:12 tanh dropout:0.5 dense:9", 2},
                 {"dense:9 tanh shape:9x1x1 norm flatten dense:9", 3}, /* and the change of shape */
                 {"shape:1x1x5 conv:2 flatten dense:9", 5}}; /* latents have steps of their own */
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        aez_float_model *m = random_model(5, 9, cases[c].text);
        aez_lowered      low;
        cr_assert_eq(aez_lower(m, &low, NULL, 0), AEZ_OK);
        cr_assert_leq(low.n, cases[c].n + 1, "%s: %u", cases[c].text, (unsigned)low.n);
        cr_assert(c > 2 || low.n == cases[c].n, "%s: %u", cases[c].text, (unsigned)low.n);
        aez_lowered_free(&low);
        aez_float_model_destroy(m);
    }
}

Test(lower, pool_is_refused)
{
    aez_float_model *m = random_model(8, 2, "shape:1x4x2 conv:2 pool:2 dense:2");
    aez_lowered      low;
    char             why[200] = "";
    cr_assert_eq(aez_lower(m, &low, why, sizeof why), AEZ_ERR_OPTION);
    cr_assert(strstr(why, "pool"), "%s", why);
    aez_lowered_free(&low);
    aez_float_model_destroy(m);
}
