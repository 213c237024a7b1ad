/* float_model.c - float models: shape, passes of a stack forward and back, encode and decode. */
#include "blas.h"
#include "float_model.h"

#include <math.h>
#include <string.h>

#define LEAK 0.125f /* the exported slope: a shift by 3 */
#define ROWS 256    /* rows a block when encoding and decoding */

/* ---- shape ----------------------------------------------------------------------------------- */

/* Lays out a stack from parameter `at` on; returns where the next one begins. */
static size_t stack_lay_out(aez_stack *s, size_t at)
{
    uint32_t n_in = s->n_in;
    s->in_gain = s->out_gain = 1;
    s->linear_w = at;
    at += (size_t)s->n_in * s->n_out;
    s->linear_b = at;
    at += s->n_out;
    for (uint32_t i = 0; i < s->n_hidden; i++) {
        s->hidden_w[i] = at;
        at += (size_t)n_in * s->hidden[i];
        s->hidden_b[i] = at;
        at += s->hidden[i];
        n_in = s->hidden[i];
    }
    s->last_w = at;
    return s->n_hidden ? at + (size_t)n_in * s->n_out : at;
}

static void lay_out(aez_float_model *m)
{
    size_t at = stack_lay_out(&m->encoder, 0);
    at = stack_lay_out(&m->decoder, at);
    m->prior_mean = at;
    m->prior_scale = at + m->n_latent;
    m->n_params = at + 2 * (size_t)m->n_latent;
}

static int width_is_fine(uint32_t width)
{
    return width >= 1 && width <= AEZ_LAYER_WIDTH_MAX;
}

static aez_status check_shape(uint32_t n_features, uint32_t n_latent, const uint32_t *hidden,
                              uint32_t n_hidden, unsigned activation)
{
    size_t   n = (size_t)n_features * n_latent;
    uint32_t n_in = n_features;
    if (!width_is_fine(n_features) || !width_is_fine(n_latent) || n_hidden > AEZ_HIDDEN_MAX ||
        (activation != AEZ_RELU && activation != AEZ_LEAKY))
        return AEZ_ERR_OPTION;
    for (uint32_t i = 0; i < n_hidden; i++) {
        if (!width_is_fine(hidden[i]))
            return AEZ_ERR_OPTION;
        n += (size_t)n_in * hidden[i];
        n_in = hidden[i];
    }
    if (n_hidden)
        n += (size_t)n_in * n_latent;
    return n > AEZ_WEIGHTS_MAX ? AEZ_ERR_LIMIT : AEZ_OK;
}

aez_status aez_float_model_create(const aez_mem *mem, uint32_t n_features, uint32_t n_latent,
                                  const uint32_t *hidden, uint32_t n_hidden, unsigned activation,
                                  aez_float_model **out)
{
    aez_float_model *m;
    aez_status       st = check_shape(n_features, n_latent, hidden, n_hidden, activation);
    if (st != AEZ_OK)
        return st;
    m = aez_take(mem, 1, sizeof *m);
    if (!m)
        return AEZ_ERR_NOMEM;
    m->mem = *mem;
    m->n_features = m->encoder.n_in = m->decoder.n_out = n_features;
    m->n_latent = m->encoder.n_out = m->decoder.n_in = n_latent;
    m->encoder.n_hidden = m->decoder.n_hidden = n_hidden;
    m->encoder.activation = m->decoder.activation = activation;
    for (uint32_t i = 0; i < n_hidden; i++)
        m->encoder.hidden[i] = m->decoder.hidden[n_hidden - 1 - i] = hidden[i];
    m->step = 1;
    m->lambda = 1;
    lay_out(m);
    m->params = aez_take(mem, m->n_params, sizeof *m->params);
    m->offset = aez_take(mem, n_features, sizeof *m->offset);
    m->scale = aez_take(mem, n_features, sizeof *m->scale);
    if (!m->params || !m->offset || !m->scale) {
        aez_float_model_destroy(m);
        return AEZ_ERR_NOMEM;
    }
    *out = m;
    return AEZ_OK;
}

void aez_float_model_destroy(aez_float_model *m)
{
    aez_mem mem;
    if (!m)
        return;
    mem = m->mem;
    aez_drop(&mem, m->params);
    aez_drop(&mem, m->offset);
    aez_drop(&mem, m->scale);
    aez_drop(&mem, m);
}

uint32_t aez_float_model_features(const aez_float_model *m)
{
    return m->n_features;
}

uint32_t aez_float_model_latents(const aez_float_model *m)
{
    return m->n_latent;
}

uint32_t aez_float_model_hidden(const aez_float_model *m)
{
    return m->decoder.n_hidden;
}

/* ---- passes ---------------------------------------------------------------------------------- */

/* c [rows][n_out] = alpha * a [rows][n_in] * w^T + beta * c, w [n_out][n_in]. */
static void times_weights(const float *a, const float *w, size_t rows, size_t n_in, size_t n_out,
                          float alpha, float beta, float *c)
{
    aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, rows, n_out, n_in, alpha, a, w, beta, c);
}

/* gw [n_out][n_in] += alpha * dy^T x. */
static void weight_gradient(const float *dy, const float *x, size_t rows, size_t n_in, size_t n_out,
                            float alpha, float *gw)
{
    aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, n_out, n_in, rows, alpha, dy, x, 1, gw);
}

/* dx [rows][n_in] = alpha * dy w + beta * dx. */
static void input_gradient(const float *dy, const float *w, size_t rows, size_t n_in, size_t n_out,
                           float alpha, float beta, float *dx)
{
    aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, rows, n_in, n_out, alpha, dy, w, beta, dx);
}

static void fill_rows(float *y, const float *bias, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(y + r * n, bias, n * sizeof *y);
}

/* The loops below go by blocks of a fixed size: compilers then use SIMD at -O2 as well. */
#define BLOCK 16

static void add_columns(const float *dy, size_t rows, size_t n, float *gb)
{
    for (size_t r = 0; r < rows; r++, dy += n) {
        size_t j = 0;
        for (; j + BLOCK <= n; j += BLOCK)
            for (size_t k = 0; k < BLOCK; k++)
                gb[j + k] += dy[j + k];
        for (; j < n; j++)
            gb[j] += dy[j];
    }
}

/* v[i] is multiplied by slope unless by[i] is positive; both may be the same memory. By a table and
 * not by a branch: signs are random, and mispredicted branches took half the time of training. */
static void bend_all(float *v, const float *by, size_t n, float slope)
{
    const float factor[2] = {slope, 1};
    for (size_t i = 0; i < n; i++)
        v[i] *= factor[by[i] > 0];
}

static float slope_of(const aez_stack *s)
{
    return s->activation == AEZ_RELU ? 0 : LEAK;
}

size_t aez_stack_acts(const aez_stack *s, size_t n_rows)
{
    size_t n = 0, widest = 0;
    for (uint32_t i = 0; i < s->n_hidden; i++) {
        n += s->hidden[i];
        widest = s->hidden[i] > widest ? s->hidden[i] : widest;
    }
    return (n + 2 * widest) * n_rows; /* activations, and two gradients of them */
}

void aez_stack_forward(const aez_stack *s, const float *p, const float *x, size_t n_rows,
                       float *acts, float *y)
{
    const float *a = x;
    size_t       n_in = s->n_in;
    fill_rows(y, p + s->linear_b, n_rows, s->n_out);
    times_weights(x, p + s->linear_w, n_rows, s->n_in, s->n_out, 1, 1, y);
    for (uint32_t i = 0; i < s->n_hidden; i++) {
        fill_rows(acts, p + s->hidden_b[i], n_rows, s->hidden[i]);
        times_weights(a, p + s->hidden_w[i], n_rows, n_in, s->hidden[i], i ? 1 : s->in_gain, 1,
                      acts);
        bend_all(acts, acts, n_rows * s->hidden[i], slope_of(s));
        a = acts;
        n_in = s->hidden[i];
        acts += n_rows * n_in;
    }
    if (s->n_hidden)
        times_weights(a, p + s->last_w, n_rows, n_in, s->n_out, s->out_gain, 1, y);
}

void aez_stack_backward(const aez_stack *s, const float *p, const float *x, size_t n_rows,
                        float *acts, const float *dy, float *dx, float *g)
{
    float  *a[AEZ_HIDDEN_MAX], *da, *db, *t;
    size_t  widest = 0, n_above;
    uint32_t i;
    weight_gradient(dy, x, n_rows, s->n_in, s->n_out, 1, g + s->linear_w);
    add_columns(dy, n_rows, s->n_out, g + s->linear_b);
    if (dx)
        input_gradient(dy, p + s->linear_w, n_rows, s->n_in, s->n_out, 1, 0, dx);
    if (s->n_hidden == 0)
        return;
    for (i = 0; i < s->n_hidden; i++) {
        a[i] = acts;
        acts += n_rows * s->hidden[i];
        widest = s->hidden[i] > widest ? s->hidden[i] : widest;
    }
    da = acts;
    db = acts + n_rows * widest;
    n_above = s->hidden[s->n_hidden - 1];
    weight_gradient(dy, a[s->n_hidden - 1], n_rows, n_above, s->n_out, s->out_gain, g + s->last_w);
    input_gradient(dy, p + s->last_w, n_rows, n_above, s->n_out, s->out_gain, 0, da);
    for (i = s->n_hidden; i-- > 0;) {
        const float *below = i ? a[i - 1] : x;
        size_t       n_in = i ? s->hidden[i - 1] : s->n_in;
        float        gain = i ? 1 : s->in_gain;
        bend_all(da, a[i], n_rows * s->hidden[i], slope_of(s)); /* outputs keep the sign */
        weight_gradient(da, below, n_rows, n_in, s->hidden[i], gain, g + s->hidden_w[i]);
        add_columns(da, n_rows, s->hidden[i], g + s->hidden_b[i]);
        if (i) {
            input_gradient(da, p + s->hidden_w[i], n_rows, n_in, s->hidden[i], 1, 0, db);
            t = da, da = db, db = t;
        } else if (dx) {
            input_gradient(da, p + s->hidden_w[0], n_rows, n_in, s->hidden[0], gain, 1, dx);
        }
    }
}

/* ---- statistics ------------------------------------------------------------------------------ */

/* Mean and deviation of n values at a stride; 0 when something is not finite. Values are halved
 * twice against overflow of sums of squares only as far as the running form needs: a difference of
 * two finite values may overflow, and is then caught. */
static int mean_and_deviation(const double *x, size_t n, size_t stride, double *mean, double *dev)
{
    double m = 0, lo = x[0], hi = x[0], range, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double v = x[i * stride];
        if (!(fabs(v) <= 0x1p900))
            return 0;
        m += (v - m) / (double)(i + 1);
        lo = v < lo ? v : lo;
        hi = v > hi ? v : hi;
    }
    range = hi - lo;
    for (size_t i = 0; range > 0 && i < n; i++) {
        double t = (x[i * stride] - m) / range;
        sum += t * t;
    }
    *mean = range > 0 ? m : lo;
    *dev = range * sqrt(sum / (double)n);
    return 1;
}

/* Binary32 statistics take half the bytes; kept where they cost no precision worth speaking of. */
static void shorten(double *offset, double *scale)
{
    if (fabs(*offset) < 0x1p100 && *scale < 0x1p100 && *scale > 0x1p-100 &&
        fabs(*offset) <= *scale * 0x1p18) {
        *offset = (double)(float)*offset;
        *scale = (double)(float)*scale;
    }
}

aez_status aez_float_statistics(aez_float_model *m, const double *x, size_t n)
{
    size_t d = m->n_features;
    if (m->common) {
        if (!mean_and_deviation(x, n * d, 1, m->offset, m->scale))
            return AEZ_ERR_OPTION;
        shorten(m->offset, m->scale);
        for (size_t j = 1; j < d; j++) {
            m->offset[j] = m->offset[0];
            m->scale[j] = m->scale[0];
        }
        return AEZ_OK;
    }
    for (size_t j = 0; j < d; j++) {
        if (!mean_and_deviation(x + j, n, d, &m->offset[j], &m->scale[j]))
            return AEZ_ERR_OPTION;
        shorten(&m->offset[j], &m->scale[j]);
    }
    return AEZ_OK;
}

void aez_float_standardise(const aez_float_model *m, const double *x, size_t n, float *out)
{
    for (size_t r = 0; r < n; r++)
        for (size_t j = 0; j < m->n_features; j++) {
            double v = x[r * m->n_features + j];
            double t = m->scale[j] > 0 ? (v - m->offset[j]) / m->scale[j] : 0;
            if (!(fabs(t) <= 1e6))
                t = t > 0 ? 1e6 : t < 0 ? -1e6 : 0;
            out[r * m->n_features + j] = (float)t;
        }
}

/* ---- encode and decode ----------------------------------------------------------------------- */

static int32_t round_latent(float z)
{
    float q = floorf(z + 0.5f);
    if (!(fabsf(q) <= (float)AEZ_LATENT_MAX))
        return q > 0 ? AEZ_LATENT_MAX : q < 0 ? -AEZ_LATENT_MAX : 0;
    return (int32_t)q;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

aez_status aez_float_encode_rows(const aez_float_model *m, const float *x, size_t n,
                                 int32_t *latents)
{
    float *acts = aez_take_raw(&m->mem, larger(1, aez_stack_acts(&m->encoder, ROWS)), sizeof *acts);
    float *z = aez_take_raw(&m->mem, (size_t)ROWS * m->n_latent, sizeof *z);
    aez_status st = acts && z ? AEZ_OK : AEZ_ERR_NOMEM;
    for (size_t r = 0; st == AEZ_OK && r < n; r += ROWS) {
        size_t rows = n - r < ROWS ? n - r : ROWS;
        aez_stack_forward(&m->encoder, m->params, x + r * m->n_features, rows, acts, z);
        for (size_t i = 0; i < rows * m->n_latent; i++)
            latents[r * m->n_latent + i] = round_latent(z[i] / m->step);
    }
    aez_drop(&m->mem, acts);
    aez_drop(&m->mem, z);
    return st;
}

aez_status aez_float_decode_rows(const aez_float_model *m, const int32_t *latents, size_t n,
                                 float *hat)
{
    float *acts = aez_take_raw(&m->mem, larger(1, aez_stack_acts(&m->decoder, ROWS)), sizeof *acts);
    float *z = aez_take_raw(&m->mem, (size_t)ROWS * m->n_latent, sizeof *z);
    aez_status st = acts && z ? AEZ_OK : AEZ_ERR_NOMEM;
    for (size_t r = 0; st == AEZ_OK && r < n; r += ROWS) {
        size_t rows = n - r < ROWS ? n - r : ROWS;
        for (size_t i = 0; i < rows * m->n_latent; i++)
            z[i] = (float)latents[r * m->n_latent + i] * m->step;
        aez_stack_forward(&m->decoder, m->params, z, rows, acts, hat + r * m->n_features);
    }
    aez_drop(&m->mem, acts);
    aez_drop(&m->mem, z);
    return st;
}

aez_status aez_float_encode(const aez_float_model *m, const double *x, size_t n, int32_t *latents)
{
    size_t     d = m->n_features;
    float     *rows = aez_take_raw(&m->mem, ROWS * d, sizeof *rows);
    aez_status st = rows ? AEZ_OK : AEZ_ERR_NOMEM;
    for (size_t r = 0; st == AEZ_OK && r < n; r += ROWS) {
        size_t n_rows = n - r < ROWS ? n - r : ROWS;
        aez_float_standardise(m, x + r * d, n_rows, rows);
        st = aez_float_encode_rows(m, rows, n_rows, latents + r * m->n_latent);
    }
    aez_drop(&m->mem, rows);
    return st;
}

aez_status aez_float_decode(const aez_float_model *m, const int32_t *latents, size_t n, double *hat)
{
    size_t     d = m->n_features;
    float     *rows = aez_take_raw(&m->mem, ROWS * d, sizeof *rows);
    aez_status st = rows ? AEZ_OK : AEZ_ERR_NOMEM;
    for (size_t r = 0; st == AEZ_OK && r < n; r += ROWS) {
        size_t n_rows = n - r < ROWS ? n - r : ROWS;
        st = aez_float_decode_rows(m, latents + r * m->n_latent, n_rows, rows);
        for (size_t i = 0; st == AEZ_OK && i < n_rows * d; i++)
            hat[r * d + i] = (double)rows[i];
    }
    aez_drop(&m->mem, rows);
    return st;
}
