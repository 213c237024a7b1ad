/* export.c - a float decoder turned to integers: scales from a sample, as few bits as it bears. */
#include "../net/curve.h"
#include "lower.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HAT_FRAC 16
#define SAMPLE_ROWS 4096  /* of the sample, evenly taken */
#define SAMPLE_WORK 4e8   /* multiply-adds of one pass over it: what is less has fewer rows */
#define SAMPLE_LEAST 128
#define SAMPLE_VALUES ((size_t)1 << 24)
#define TOLERANCE 0.005
#define HEADROOM 1.5      /* activations may grow by this beyond the sample before they clamp */
#define BITS_MAX 15       /* of a weight's magnitude */
#define BITS_MIN 3

/* One layer on its way: float weights in the units that the integers will have. */
typedef struct draft {
    aez_layer   *layer;
    const float *w;
    int          by_latent; /* weights count units of the latents, [n_latent] a row */
    int          in_frac;   /* fractional bits of its input */
    int          out_frac;  /* ... of its shifted sum */
    double       largest;   /* magnitude among weights */
    int          bits;      /* magnitude bits in use */
} draft;

typedef struct exporter {
    const aez_float_model *m;
    aez_autoencoder       *ae;
    aez_lowered            chain;
    size_t                 n;      /* rows of the sample in use */
    float                 *x;      /* [n][d] */
    int32_t               *q;      /* [n][n_latent] */
    int32_t               *hat;    /* [n][d] */
    float                 *f_hat;  /* [n][d] of the float decoder */
    draft                  drafts[AEZ_OPS_MAX + 1]; /* linear, then the chain's */
    size_t                 n_drafts;
} exporter;

/* ---- sample ---------------------------------------------------------------------------------- */

static void exporter_free(exporter *e)
{
    const aez_mem *mem = &e->m->mem;
    aez_lowered_free(&e->chain);
    aez_drop(mem, e->x);
    aez_drop(mem, e->q);
    aez_drop(mem, e->hat);
    aez_drop(mem, e->f_hat);
}

static size_t sample_rows(const aez_float_model *m, size_t n)
{
    double most = SAMPLE_WORK / (aez_half_cost(&m->decoder) + 1);
    size_t rows = most < SAMPLE_LEAST ? SAMPLE_LEAST : most < SAMPLE_ROWS ? (size_t)most
                                                                          : SAMPLE_ROWS;
    size_t fit = SAMPLE_VALUES / m->n_features;
    rows = rows < fit ? rows : fit;
    rows = rows < 1 ? 1 : rows;
    return rows < n ? rows : n;
}

static aez_status take_sample(exporter *e, const double *sample, size_t n)
{
    const aez_float_model *m = e->m;
    size_t                 d = m->n_features;
    aez_status             st;
    e->n = sample_rows(m, n);
    e->x = aez_take_raw(&m->mem, e->n * d, sizeof *e->x);
    e->q = aez_take_raw(&m->mem, e->n * m->n_latent, sizeof *e->q);
    e->hat = aez_take_raw(&m->mem, e->n * d, sizeof *e->hat);
    e->f_hat = aez_take_raw(&m->mem, e->n * d, sizeof *e->f_hat);
    if (!e->x || !e->q || !e->hat || !e->f_hat)
        return AEZ_ERR_NOMEM;
    for (size_t r = 0; r < e->n; r++) /* r * n / e->n without overflow: n <= 2^32 rows */
        aez_float_standardise(m, sample + (size_t)((uint64_t)r * n / e->n) * d, 1, e->x + r * d);
    st = aez_float_encode_rows(m, e->x, e->n, e->q);
    return st == AEZ_OK ? aez_float_decode_rows(m, e->q, e->n, e->f_hat) : st;
}

static double float_error(const exporter *e)
{
    double error = 0;
    for (size_t i = 0; i < e->n * e->m->n_features; i++) {
        double t = (double)e->f_hat[i] - (double)e->x[i];
        error += t * t;
    }
    return error;
}

static aez_status integer_error(const exporter *e, double *error)
{
    aez_status st = aez_autoencoder_run(e->ae, e->q, e->n, e->hat);
    *error = 0;
    for (size_t i = 0; st == AEZ_OK && i < e->n * e->m->n_features; i++) {
        double t = ldexp((double)e->hat[i], -HAT_FRAC) - (double)e->x[i];
        *error += t * t;
    }
    return st;
}

/* ---- scales ---------------------------------------------------------------------------------- */

/* Fractional bits with which `largest` still fits `limit`, within reason. */
static int frac_for(double largest, double limit, int most)
{
    int frac = most;
    while (frac > -14 && largest * ldexp(1, frac) > limit)
        frac--;
    return frac;
}

/* Largest magnitude over the sample of what the first n_nodes layers give; the steps of the latents
 * for none. */
static aez_status largest_after(const exporter *e, uint32_t n_nodes, double *largest)
{
    const aez_float_model *m = e->m;
    aez_half               part = m->decoder;
    const aez_pass         pass = {0, 0};
    size_t                 k = m->n_latent, n_out;
    float                 *work, *z;
    part.has_bypass = 0;
    part.net.n = n_nodes;
    n_out = n_nodes ? aez_dims_size(part.net.node[n_nodes - 1].out) : k;
    work = aez_take_raw(&m->mem, n_nodes ? aez_half_work(&part, 1) : 1, sizeof *work);
    z = aez_take_raw(&m->mem, k, sizeof *z);
    *largest = 0;
    for (size_t r = 0; work && z && r < e->n; r++) {
        const float *y = z;
        for (size_t l = 0; l < k; l++)
            z[l] = (float)e->q[r * k + l] * m->unit[l];
        if (n_nodes)
            y = aez_half_forward(&part, m->params, z, 1, &pass, work);
        for (size_t i = 0; i < n_out; i++)
            *largest = fabs((double)y[i]) > *largest ? fabs((double)y[i]) : *largest;
    }
    n_out = work && z;
    aez_drop(&m->mem, work);
    aez_drop(&m->mem, z);
    return n_out ? AEZ_OK : AEZ_ERR_NOMEM;
}

static double weight_at(const exporter *e, const draft *d, size_t i)
{
    double w = (double)d->w[i];
    return d->by_latent ? w * (double)e->m->unit[i % e->m->n_latent] : w;
}

static void begin_draft(exporter *e, aez_layer *layer, const float *w, int by_latent, int in_frac,
                        int out_frac)
{
    draft *d = &e->drafts[e->n_drafts++];
    size_t n = (size_t)layer->n_in * layer->n_out;
    *d = (draft){layer, w, by_latent, in_frac, out_frac, 0, 0};
    for (size_t i = 0; i < n; i++) {
        double v = fabs(weight_at(e, d, i));
        d->largest = v > d->largest ? v : d->largest;
    }
}

/* Weights with so many magnitude bits, fewer where the shift would leave its range. */
static void quantise(const exporter *e, draft *d, int bits)
{
    size_t n = (size_t)d->layer->n_in * d->layer->n_out;
    int    frac = frac_for(d->largest, ldexp(1, bits) - 1, 40);
    int    shift = d->in_frac + frac - d->out_frac;
    if (shift > AEZ_LAYER_SHIFT_MAX)
        frac -= shift - AEZ_LAYER_SHIFT_MAX;
    if (shift < AEZ_LAYER_SHIFT_MIN)
        frac += AEZ_LAYER_SHIFT_MIN - shift;
    d->bits = bits;
    d->layer->shift = d->in_frac + frac - d->out_frac;
    for (size_t i = 0; i < n; i++) {
        double v = floor(ldexp(weight_at(e, d, i), frac) + 0.5);
        d->layer->weight[i] = (int16_t)(v > 32767 ? 32767 : v < -32767 ? -32767 : v);
    }
    aez_layer_prove(d->layer);
}

static void quantise_bias(aez_layer *layer, const float *bias, int frac)
{
    for (size_t o = 0; o < layer->n_out; o++) {
        double v = floor(ldexp((double)bias[o], frac) + 0.5);
        layer->bias[o] = v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
    }
}

static int is_curve(unsigned activation)
{
    return activation == AEZ_TANH || activation == AEZ_SIGMOID;
}

/* Scales of the chain's operation i, whose input has *frac fractional bits; sets those of its
 * output. */
static aez_status draft_op(exporter *e, uint32_t i, int *frac)
{
    const aez_lowered_op *op = &e->chain.op[i];
    aez_layer            *layer = &e->ae->op[i].layer;
    int                   last = i + 1 == e->chain.n, sum_frac;
    double                largest = 0;
    aez_status            st = AEZ_OK;
    if (op->kind != AEZ_OP_DENSE && op->kind != AEZ_OP_CONV)
        return AEZ_OK;
    layer->activation = op->activation;
    if (is_curve(op->activation)) {
        sum_frac = AEZ_CURVE_IN;
        begin_draft(e, layer, op->weight, 0, *frac, sum_frac);
        *frac = AEZ_CURVE_OUT;
    } else if (last) {
        sum_frac = HAT_FRAC;
        begin_draft(e, layer, op->weight, 0, *frac, sum_frac);
    } else {
        int out;
        st = largest_after(e, op->n_nodes, &largest);
        out = frac_for(largest * HEADROOM, 32767, 15);
        sum_frac = out + AEZ_LAYER_GUARD;
        begin_draft(e, layer, op->weight, 0, *frac, sum_frac);
        *frac = out;
    }
    quantise_bias(layer, op->bias, sum_frac);
    return st;
}

static aez_status draft_all(exporter *e)
{
    const aez_half *h = &e->m->decoder;
    int             frac = 0; /* latents are whole numbers */
    aez_status      st = AEZ_OK;
    if (h->has_bypass) {
        begin_draft(e, &e->ae->linear, e->m->params + h->bypass_w, 1, 0, HAT_FRAC);
        quantise_bias(&e->ae->linear, e->m->params + h->bypass_b, HAT_FRAC);
    }
    for (uint32_t i = 0; st == AEZ_OK && i < e->chain.n; i++)
        st = draft_op(e, i, &frac);
    return st;
}

/* ---- bits a weight --------------------------------------------------------------------------- */

static size_t weights_of(const draft *d)
{
    return (size_t)d->layer->n_in * d->layer->n_out;
}

/* Few bits for one layer that keep the error within the limit: by halving, as more bits hardly ever
 * make more error. */
static aez_status narrow(const exporter *e, draft *d, double limit)
{
    double     error;
    aez_status st = AEZ_OK;
    int        low = BITS_MIN, high = d->bits; /* high is known to be good */
    while (st == AEZ_OK && low < high) {
        int bits = (low + high) / 2;
        quantise(e, d, bits);
        st = integer_error(e, &error);
        if (error <= limit)
            high = bits;
        else
            low = bits + 1;
    }
    quantise(e, d, high);
    return st;
}

/* Each layer may use up the error in proportion to its weights, largest first; what one leaves over
 * goes to the next. */
static aez_status narrow_all(exporter *e, double base, double allowed)
{
    int        done[AEZ_OPS_MAX + 1] = {0};
    size_t     total = 0, spent = 0;
    aez_status st = AEZ_OK;
    for (size_t i = 0; i < e->n_drafts; i++)
        total += weights_of(&e->drafts[i]);
    for (size_t turn = 0; st == AEZ_OK && turn < e->n_drafts; turn++) {
        size_t best = e->n_drafts;
        for (size_t i = 0; i < e->n_drafts; i++)
            if (!done[i] && (best == e->n_drafts ||
                             weights_of(&e->drafts[i]) > weights_of(&e->drafts[best])))
                best = i;
        done[best] = 1;
        spent += weights_of(&e->drafts[best]);
        st = narrow(e, &e->drafts[best],
                    base + (allowed - base) * (double)spent / (double)total);
    }
    return st;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Statistics, linear and the chain's layers, all of them still 0 but for the statistics. */
static aez_status make_shape(exporter *e, char *why, size_t why_size)
{
    const aez_float_model *m = e->m;
    const aez_half        *h = &m->decoder;
    aez_autoencoder       *ae = e->ae;
    size_t                 n_offsets = aez_float_offsets(m), n_scales = aez_float_scales(m);
    aez_status st = aez_autoencoder_begin(ae, m->n_features, m->n_latent, (uint32_t)n_offsets,
                                          (uint32_t)n_scales, m->n_latent && h->has_bypass);
    if (st == AEZ_OK) {
        memcpy(ae->offset, m->offset, n_offsets * sizeof *ae->offset);
        memcpy(ae->scale, m->scale, n_scales * sizeof *ae->scale);
        ae->frac = HAT_FRAC;
    }
    if (st == AEZ_OK && m->n_latent && h->has_net)
        st = aez_lower(m, &e->chain, why, why_size);
    for (uint32_t i = 0; st == AEZ_OK && i < e->chain.n; i++) {
        const aez_lowered_op *from = &e->chain.op[i];
        aez_op                op = {.kind = from->kind, .kh = from->kh, .kw = from->kw};
        op.out = (aez_extent){from->out.c, from->out.h, from->out.w};
        st = aez_autoencoder_add(ae, &op);
    }
    if (st == AEZ_OK)
        st = aez_autoencoder_check(ae);
    if ((st == AEZ_ERR_LIMIT || st == AEZ_ERR_OPTION) && why && why_size && !why[0])
        snprintf(why, why_size, "the decoder is beyond the limits of the file format");
    return st;
}

static aez_status fit_bits(exporter *e, const double *sample, size_t n, double tolerance,
                           aez_export_loss *loss)
{
    size_t     values;
    double     base = 0, error = 0;
    aez_status st = take_sample(e, sample, n);
    if (st != AEZ_OK)
        return st;
    base = float_error(e);
    st = draft_all(e);
    for (size_t i = 0; st == AEZ_OK && i < e->n_drafts; i++)
        quantise(e, &e->drafts[i], BITS_MAX);
    if (st == AEZ_OK)
        st = narrow_all(e, base, base * (1 + (tolerance > 0 ? tolerance : TOLERANCE)));
    if (st == AEZ_OK)
        st = integer_error(e, &error);
    values = e->n * e->m->n_features;
    if (loss)
        *loss = (aez_export_loss){base / (double)values, error / (double)values};
    return st;
}

aez_status aez_export(const aez_float_model *m, const double *sample, size_t n, double tolerance,
                      aez_autoencoder *out, aez_export_loss *loss, char *why, size_t why_size)
{
    exporter   e = {.m = m, .ae = out};
    aez_status st;
    if (why && why_size)
        why[0] = '\0';
    if (n == 0 || n > UINT32_MAX || !(tolerance >= 0 && tolerance <= 1))
        return AEZ_ERR_OPTION;
    st = make_shape(&e, why, why_size);
    if (st == AEZ_OK)
        st = fit_bits(&e, sample, n, tolerance, loss);
    exporter_free(&e);
    if (st != AEZ_OK)
        aez_autoencoder_free(out);
    return st;
}
