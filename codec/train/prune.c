/* prune.c - a float model without the latents that never change. */
#include "float_model.h"

#include <string.h>

static void copy_columns(const float *from, size_t rows, size_t n_from, const uint32_t *keep,
                         size_t n_keep, float *to)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n_keep; i++)
            to[r * n_keep + i] = from[r * n_from + keep[i]];
}

static void copy_rows(const float *from, size_t n_cols, const uint32_t *keep, size_t n_keep,
                      float *to)
{
    for (size_t i = 0; i < n_keep; i++)
        memcpy(to + i * n_cols, from + keep[i] * n_cols, n_cols * sizeof *to);
}

/* bias += what the latents that are left out add, at their constant values. */
static void fold(float *bias, const float *w, size_t rows, const aez_float_model *m,
                 const int32_t *constant, const uint32_t *keep, size_t n_keep)
{
    size_t i = 0;
    for (size_t l = 0; l < m->n_latent; l++) {
        if (i < n_keep && keep[i] == l) {
            i++;
            continue;
        }
        for (size_t r = 0; r < rows; r++)
            bias[r] += (float)constant[l] * m->unit[l] * w[r * m->n_latent + l];
    }
}

/* Everything of a network but its first layer's weights (skip 0) or its last layer's weights and
 * biases (skip the last): layers keep their sizes, and only move. */
static void copy_layers(const aez_network *a, const float *from, const aez_network *b, float *to,
                        uint32_t skip)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const aez_node *x = &a->node[i], *y = &b->node[i];
        size_t          weights = 0, biases = aez_dims_size(x->out);
        if (x->kind == AEZ_NODE_DENSE)
            weights = aez_dims_size(x->in) * aez_dims_size(x->out);
        else if (x->kind == AEZ_NODE_CONV)
            weights = (size_t)x->in.c * x->out.c * x->kh * x->kw, biases = x->out.c;
        else if (x->kind == AEZ_NODE_NORM)
            weights = biases = x->in.c;
        else
            continue;
        if (i != skip)
            memcpy(to + y->weight, from + x->weight, weights * sizeof *to);
        if (i != skip || skip == 0)
            memcpy(to + y->bias, from + x->bias, biases * sizeof *to);
        if (x->kind == AEZ_NODE_NORM) {
            memcpy(to + y->mean, from + x->mean, weights * sizeof *to);
            memcpy(to + y->variance, from + x->variance, weights * sizeof *to);
        }
    }
}

static void copy_encoder(const aez_float_model *m, const uint32_t *keep, aez_float_model *s)
{
    const aez_half *a = &m->encoder, *b = &s->encoder;
    const float    *p = m->params;
    float          *q = s->params;
    size_t          n = s->n_latent;
    if (a->has_bypass) {
        copy_rows(p + a->bypass_w, a->n_in, keep, n, q + b->bypass_w);
        copy_rows(p + a->bypass_b, 1, keep, n, q + b->bypass_b);
    }
    if (a->has_net) {
        const aez_node *x = &a->net.node[a->net.n - 1], *y = &b->net.node[b->net.n - 1];
        uint32_t        skip = a->net.n - 1;
        if (skip) /* a first layer that is the last one, too, has nothing else to copy */
            copy_layers(&a->net, p + a->net_at, &b->net, q + b->net_at, skip);
        copy_rows(p + a->net_at + x->weight, aez_dims_size(x->in), keep, n,
                  q + b->net_at + y->weight);
        copy_rows(p + a->net_at + x->bias, 1, keep, n, q + b->net_at + y->bias);
    }
    copy_rows(p + m->prior_mean, 1, keep, n, q + s->prior_mean);
    copy_rows(p + m->prior_scale, 1, keep, n, q + s->prior_scale);
    copy_rows(m->unit, 1, keep, n, s->unit);
}

static void copy_decoder(const aez_float_model *m, const uint32_t *keep, const int32_t *constant,
                         aez_float_model *s)
{
    const aez_half *a = &m->decoder, *b = &s->decoder;
    const float    *p = m->params;
    float          *q = s->params;
    size_t          n = s->n_latent, k = m->n_latent;
    if (a->has_bypass) {
        copy_columns(p + a->bypass_w, a->n_out, k, keep, n, q + b->bypass_w);
        memcpy(q + b->bypass_b, p + a->bypass_b, a->n_out * sizeof *q);
        fold(q + b->bypass_b, p + a->bypass_w, a->n_out, m, constant, keep, n);
    }
    if (a->has_net) {
        const aez_node *x = &a->net.node[0], *y = &b->net.node[0];
        size_t          rows = aez_dims_size(x->out);
        copy_layers(&a->net, p + a->net_at, &b->net, q + b->net_at, 0);
        copy_columns(p + a->net_at + x->weight, rows, k, keep, n, q + b->net_at + y->weight);
        fold(q + b->net_at + y->bias, p + a->net_at + x->weight, rows, m, constant, keep, n);
    }
}

/* Which latents take more than one value on x; at least one is kept. */
static size_t find_live(const aez_float_model *m, const int32_t *q, size_t n, uint32_t *keep)
{
    size_t n_keep = 0;
    for (uint32_t l = 0; l < m->n_latent; l++) {
        size_t r = 1;
        while (r < n && q[r * m->n_latent + l] == q[l])
            r++;
        if (r < n)
            keep[n_keep++] = l;
    }
    if (n_keep == 0)
        keep[n_keep++] = 0;
    return n_keep;
}

/* Whether weights for each latent stand alone on both sides. */
static int can_prune(const aez_float_model *m)
{
    const aez_network *e = &m->encoder.net, *d = &m->decoder.net;
    return (!m->encoder.has_net || e->node[e->n - 1].kind == AEZ_NODE_DENSE) &&
           (!m->decoder.has_net || d->node[0].kind == AEZ_NODE_DENSE);
}

static aez_status prune_to(const aez_float_model *m, const uint32_t *keep, size_t n_keep,
                           const int32_t *constant, aez_float_model **out)
{
    char            encoder[AEZ_FLOAT_TEXT_MAX], decoder[AEZ_FLOAT_TEXT_MAX];
    aez_float_shape shape;
    aez_status      st;
    aez_float_model_shape(m, &shape, encoder, decoder); /* with "latent" for the last dense layer */
    shape.n_latent = (uint32_t)n_keep;
    st = aez_float_model_create(&m->mem, &shape, out, NULL, 0);
    if (st < 0)
        return st;
    (*out)->lambda = m->lambda;
    memcpy((*out)->offset, m->offset, m->n_features * sizeof *m->offset);
    memcpy((*out)->scale, m->scale, m->n_features * sizeof *m->scale);
    copy_encoder(m, keep, *out);
    copy_decoder(m, keep, constant, *out);
    return AEZ_OK;
}

aez_status aez_float_prune(aez_float_model **model, const float *x, size_t n)
{
    aez_float_model *m = *model, *s = NULL;
    const aez_mem    mem = m->mem;
    int32_t         *q = aez_take_raw(&mem, n * m->n_latent, sizeof *q);
    uint32_t        *keep = aez_take(&mem, m->n_latent, sizeof *keep);
    size_t           n_keep;
    aez_status       st = AEZ_OK;
    if (!q || !keep)
        st = AEZ_ERR_NOMEM;
    else if (m->n_latent && can_prune(m)) {
        st = aez_float_encode_rows(m, x, n, q);
        n_keep = st < 0 ? m->n_latent : find_live(m, q, n, keep);
        if (n_keep < m->n_latent)
            st = prune_to(m, keep, n_keep, q, &s);
        if (s) {
            *model = s;
            aez_float_model_destroy(m);
        }
    }
    aez_drop(&mem, keep);
    aez_drop(&mem, q);
    return st;
}
