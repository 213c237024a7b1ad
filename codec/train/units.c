/* units.c - how finely latents are rounded, what that costs, and latents that never change. */
#include "float_model.h"

#include <math.h>
#include <string.h>

#define PROBE_ROWS 256 /* on which the effect of a latent is measured */
#define SIX_OVER_LN2 8.6561702453337820

/* ---- cost of a model ------------------------------------------------------------------------- */

/* Order-0 entropy in bits a row of the latents, with 8 bits for each distinct value once. */
static aez_status latent_bits(const aez_float_model *m, const int32_t *q, size_t n, double *bits)
{
    const size_t n_counts = 2 * (size_t)AEZ_LATENT_MAX + 1;
    uint32_t    *count = aez_take_raw(&m->mem, n_counts, sizeof *count);
    if (!count)
        return AEZ_ERR_NOMEM;
    *bits = 0;
    for (size_t l = 0; l < m->n_latent; l++) {
        memset(count, 0, n_counts * sizeof *count);
        for (size_t r = 0; r < n; r++)
            count[q[r * m->n_latent + l] + AEZ_LATENT_MAX]++;
        for (size_t i = 0; i < n_counts; i++)
            if (count[i])
                *bits += (8 + count[i] * log2((double)n / count[i])) / (double)n;
    }
    aez_drop(&m->mem, count);
    return AEZ_OK;
}

/* Rows at a time that hats are made of. */
static size_t block_rows(const aez_float_model *m)
{
    size_t rows = ((size_t)1 << 22) / m->n_features;
    return rows < 1 ? 1 : rows > 1024 ? 1024 : rows;
}

/* Sum of squared errors of what z, in steps, is decoded to. */
static aez_status squared_error(const aez_float_model *m, const float *x, const float *z, size_t n,
                                double *error)
{
    size_t     d = m->n_features, most = block_rows(m);
    float     *hat = aez_take_raw(&m->mem, most * d, sizeof *hat);
    aez_status st = hat ? AEZ_OK : AEZ_ERR_NOMEM;
    *error = 0;
    for (size_t r = 0; st >= 0 && r < n; r += most) {
        size_t rows = n - r < most ? n - r : most;
        st = aez_float_decode_z(m, z + r * m->n_latent, rows, hat);
        for (size_t i = 0; st >= 0 && i < rows * d; i++) {
            double e = (double)hat[i] - (double)x[r * d + i];
            *error += e * e;
        }
    }
    aez_drop(&m->mem, hat);
    return st;
}

aez_status aez_float_cost(const aez_float_model *m, const float *x, size_t n, double *cost)
{
    size_t     n_z = n * m->n_latent;
    int32_t   *q = aez_take_raw(&m->mem, n_z, sizeof *q);
    float     *z = aez_take_raw(&m->mem, n_z, sizeof *z);
    double     bits = 0, error = 0;
    aez_status st = q && z ? aez_float_encode_rows(m, x, n, q) : AEZ_ERR_NOMEM;
    for (size_t i = 0; st >= 0 && i < n_z; i++)
        z[i] = (float)q[i];
    if (st >= 0)
        st = squared_error(m, x, z, n, &error);
    if (st >= 0)
        st = latent_bits(m, q, n, &bits);
    *cost = m->lambda * error / (double)n + bits;
    aez_drop(&m->mem, q);
    aez_drop(&m->mem, z);
    return st;
}

aez_status aez_float_error(const aez_float_model *m, const float *x, size_t n, int rounded,
                           double *error)
{
    size_t     n_z = n * m->n_latent;
    float     *z = aez_take_raw(&m->mem, n_z, sizeof *z);
    aez_status st = z ? aez_float_encode_z(m, x, n, z) : AEZ_ERR_NOMEM;
    for (size_t i = 0; st >= 0 && rounded && i < n_z; i++)
        z[i] = floorf(z[i] + 0.5f);
    if (st >= 0)
        st = squared_error(m, x, z, n, error);
    *error /= (double)n * m->n_features;
    aez_drop(&m->mem, z);
    return st;
}

/* ---- steps ----------------------------------------------------------------------------------- */

typedef struct latent_stats {
    double mean, deviation, largest;
} latent_stats;

/* Of latent l, in what the encoder gives. */
static latent_stats measure(const aez_float_model *m, const float *z, size_t n, size_t l)
{
    latent_stats s = {0, 0, 0};
    double       unit = (double)m->unit[l], square = 0;
    for (size_t r = 0; r < n; r++) {
        double v = (double)z[r * m->n_latent + l] * unit;
        s.mean += v / (double)n;
        s.largest = fabs(v) > s.largest ? fabs(v) : s.largest;
    }
    for (size_t r = 0; r < n; r++) {
        double v = (double)z[r * m->n_latent + l] * unit - s.mean;
        square += v * v / (double)n;
    }
    s.deviation = sqrt(square);
    return s;
}

/* Squared error of a row, per square of the distance, that moving latent l by a distance makes. */
static aez_status gain_of(const aez_float_model *m, const float *z, const float *hat, size_t n,
                          size_t l, double by, double *gain)
{
    size_t     k = m->n_latent, d = m->n_features;
    float     *moved = aez_take_raw(&m->mem, n * k, sizeof *moved);
    float     *out = aez_take_raw(&m->mem, n * d, sizeof *out);
    aez_status st = moved && out ? AEZ_OK : AEZ_ERR_NOMEM;
    *gain = 0;
    if (st >= 0) {
        memcpy(moved, z, n * k * sizeof *moved);
        for (size_t r = 0; r < n; r++)
            moved[r * k + l] += (float)(by / (double)m->unit[l]);
        st = aez_float_decode_z(m, moved, n, out);
    }
    for (size_t i = 0; st >= 0 && i < n * d; i++) {
        double e = (double)out[i] - (double)hat[i];
        *gain += e * e / ((double)n * by * by);
    }
    aez_drop(&m->mem, moved);
    aez_drop(&m->mem, out);
    return st;
}

/* Rounding with step s adds s^2 / 12 * gain to the squared error of a row and costs -log2(s) bits:
 * lambda * error + bits is least for s^2 = 6 / (lambda gain ln 2). The gain is measured over the
 * distance that rounding moves by, s / sqrt(12), once s is about known. */
static aez_status step_by_lambda(const aez_float_model *m, const float *z, const float *hat,
                                 size_t n, size_t l, double deviation, double lambda, double *step)
{
    double     by = 0.1 * deviation, gain;
    aez_status st = AEZ_OK;
    *step = INFINITY;
    for (int turn = 0; st >= 0 && turn < 2; turn++) {
        st = gain_of(m, z, hat, n, l, by, &gain);
        if (st < 0 || !(gain > 0))
            return st;
        *step = sqrt(SIX_OVER_LN2 / (lambda * gain));
        by = *step * 0.2886751345948129;
        by = by < deviation ? by : deviation;
    }
    return st;
}

/* Latents must stay within 16 bits, and one that does not matter becomes constant: four times its
 * largest magnitude rounds to 0. */
static double bound_step(double step, const latent_stats *s)
{
    double least = s->largest / (AEZ_LATENT_MAX - 1), most = 4 * s->largest;
    step = step < most ? step : most; /* INFINITY, too */
    step = step > least ? step : least;
    return step > 1e-12 ? step : 1;
}

static size_t probe_rows(const aez_float_model *m, size_t n)
{
    size_t most = block_rows(m);
    most = most < PROBE_ROWS ? most : PROBE_ROWS;
    return n < most ? n : most;
}

aez_status aez_float_choose_units(aez_float_model *m, const float *x, size_t n, double latent_step,
                                  double lambda)
{
    size_t     k = m->n_latent, n_probe = probe_rows(m, n);
    float     *z = aez_take_raw(&m->mem, n * k, sizeof *z);
    float     *hat = aez_take_raw(&m->mem, n_probe * m->n_features, sizeof *hat);
    double    *step = aez_take(&m->mem, k, sizeof *step);
    aez_status st = z && hat && step ? aez_float_encode_z(m, x, n, z) : AEZ_ERR_NOMEM;
    if (st >= 0)
        st = aez_float_decode_z(m, z, n_probe, hat);
    for (size_t l = 0; st >= 0 && l < k; l++) {
        latent_stats s = measure(m, z, n, l);
        step[l] = latent_step * s.deviation;
        if (s.deviation <= 1e-6 * s.largest)
            step[l] = INFINITY; /* it stands still */
        else if (lambda > 0)
            st = step_by_lambda(m, z, hat, n_probe, l, s.deviation, lambda, &step[l]);
        step[l] = bound_step(step[l], &s);
    }
    for (size_t l = 0; st >= 0 && l < k; l++)
        m->unit[l] = (float)step[l];
    aez_drop(&m->mem, z);
    aez_drop(&m->mem, hat);
    aez_drop(&m->mem, step);
    return st;
}

/* ---- latents that never change --------------------------------------------------------------- */

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
