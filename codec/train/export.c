/* export.c - a float decoder turned to integers: scales from a sample, as few bits as it bears. */
#include "float_model.h"

#include <math.h>
#include <string.h>

#define HAT_FRAC 16
#define SAMPLE_ROWS 4096      /* of the sample, evenly taken */
#define TOLERANCE 0.005
#define HEADROOM 1.5          /* activations may grow by this beyond the sample before they clamp */
#define BITS_MAX 15           /* of a weight's magnitude */
#define BITS_MIN 3

/* One layer on its way: float weights in the units that the integers will have. */
typedef struct draft {
    aez_layer   *layer;
    const float *w;
    double       gain;     /* weight = gain * w */
    int          in_frac;  /* fractional bits of its input */
    int          out_frac; /* ... of its shifted sum */
    double       largest;  /* magnitude among weights */
    int          bits;     /* magnitude bits in use */
} draft;

typedef struct exporter {
    const aez_float_model *m;
    aez_autoencoder       *ae;
    size_t                 n;      /* rows of the sample in use */
    float                 *x;      /* [n][d] */
    int32_t               *q;      /* [n][n_latent] */
    int32_t               *hat;    /* [n][d] */
    float                 *f_hat;  /* [n][d] of the float decoder */
    draft                  drafts[AEZ_HIDDEN_MAX + 2]; /* linear, hidden, last */
    size_t                 n_drafts;
} exporter;

/* ---- sample ---------------------------------------------------------------------------------- */

static void exporter_free(exporter *e)
{
    const aez_mem *mem = &e->m->mem;
    aez_drop(mem, e->x);
    aez_drop(mem, e->q);
    aez_drop(mem, e->hat);
    aez_drop(mem, e->f_hat);
}

static aez_status take_sample(exporter *e, const double *sample, size_t n)
{
    const aez_float_model *m = e->m;
    size_t                 d = m->n_features;
    aez_status             st;
    e->n = n < SAMPLE_ROWS ? n : SAMPLE_ROWS;
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

/* Largest magnitude of each hidden layer's output over the sample. */
static aez_status measure_activations(const exporter *e, double *largest)
{
    const aez_float_model *m = e->m;
    const aez_stack       *s = &m->decoder;
    float *acts = aez_take_raw(&m->mem, aez_stack_acts(s, 1), sizeof *acts);
    float *z = aez_take_raw(&m->mem, m->n_latent, sizeof *z);
    float *y = aez_take_raw(&m->mem, m->n_features, sizeof *y); /* of no interest here */
    aez_status st = acts && z && y ? AEZ_OK : AEZ_ERR_NOMEM;
    for (size_t r = 0; st == AEZ_OK && r < e->n; r++) {
        const float *a = acts;
        for (size_t l = 0; l < m->n_latent; l++)
            z[l] = (float)e->q[r * m->n_latent + l] * m->step;
        aez_stack_forward(s, m->params, z, 1, acts, y);
        for (uint32_t i = 0; i < s->n_hidden; a += s->hidden[i++])
            for (size_t j = 0; j < s->hidden[i]; j++)
                largest[i] = fabs((double)a[j]) > largest[i] ? fabs((double)a[j]) : largest[i];
    }
    aez_drop(&m->mem, acts);
    aez_drop(&m->mem, z);
    aez_drop(&m->mem, y);
    return st;
}

static void begin_draft(exporter *e, aez_layer *layer, size_t w, double gain, int in_frac,
                        int out_frac)
{
    draft *d = &e->drafts[e->n_drafts++];
    size_t n = (size_t)layer->n_in * layer->n_out;
    d->layer = layer;
    d->w = e->m->params + w;
    d->gain = gain;
    d->in_frac = in_frac;
    d->out_frac = out_frac;
    d->largest = 0;
    for (size_t i = 0; i < n; i++)
        d->largest = fabs(gain * (double)d->w[i]) > d->largest ? fabs(gain * (double)d->w[i])
                                                                : d->largest;
}

/* Weights with so many magnitude bits, fewer where the shift would leave its range. */
static void quantise(draft *d, int bits)
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
        double v = floor(ldexp(d->gain * (double)d->w[i], frac) + 0.5);
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

static aez_status draft_all(exporter *e)
{
    const aez_float_model *m = e->m;
    const aez_stack       *s = &m->decoder;
    aez_autoencoder       *ae = e->ae;
    double                 largest[AEZ_HIDDEN_MAX] = {0};
    int                    frac = 0; /* latents are whole numbers */
    aez_status             st = s->n_hidden ? measure_activations(e, largest) : AEZ_OK;
    if (st != AEZ_OK)
        return st;
    begin_draft(e, &ae->linear, s->linear_w, (double)m->step, 0, HAT_FRAC);
    quantise_bias(&ae->linear, m->params + s->linear_b, HAT_FRAC);
    for (uint32_t i = 0; i < s->n_hidden; i++) {
        int    out = frac_for(largest[i] * HEADROOM, 32767, 15);
        double gain = i ? 1 : (double)m->step * (double)s->in_gain;
        ae->hidden[i].activation = s->activation;
        begin_draft(e, &ae->hidden[i], s->hidden_w[i], gain, frac, out + AEZ_LAYER_GUARD);
        quantise_bias(&ae->hidden[i], m->params + s->hidden_b[i], out + AEZ_LAYER_GUARD);
        frac = out;
    }
    if (s->n_hidden)
        begin_draft(e, &ae->last, s->last_w, (double)s->out_gain, frac, HAT_FRAC);
    return AEZ_OK;
}

/* ---- bits a weight --------------------------------------------------------------------------- */

static size_t weights_of(const draft *d)
{
    return (size_t)d->layer->n_in * d->layer->n_out;
}

/* Fewest bits for one layer that keep the error within the limit. */
static aez_status narrow(const exporter *e, draft *d, double limit)
{
    double     error;
    aez_status st = AEZ_OK;
    int        bits = d->bits;
    while (st == AEZ_OK && bits > BITS_MIN) {
        quantise(d, bits - 1);
        st = integer_error(e, &error);
        if (!(error <= limit))
            break;
        bits--;
    }
    quantise(d, bits);
    return st;
}

/* Each layer may use up the error in proportion to its weights, largest first; what one leaves over
 * goes to the next. */
static aez_status narrow_all(exporter *e, double base, double allowed)
{
    int        done[AEZ_HIDDEN_MAX + 2] = {0};
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

static void copy_statistics(const aez_float_model *m, aez_autoencoder *ae)
{
    size_t n = m->common ? 1 : m->n_features;
    memcpy(ae->offset, m->offset, n * sizeof *ae->offset);
    memcpy(ae->scale, m->scale, n * sizeof *ae->scale);
}

aez_status aez_export(const aez_float_model *m, const double *sample, size_t n, double tolerance,
                      aez_autoencoder *out)
{
    exporter   e = {.m = m, .ae = out};
    double     base = 0;
    aez_status st;
    if (n == 0 || n > UINT32_MAX || !(tolerance >= 0 && tolerance <= 1))
        return AEZ_ERR_OPTION;
    st = aez_autoencoder_shape(out, m->n_features, m->n_latent, m->decoder.hidden,
                               m->decoder.n_hidden, m->common);
    if (st != AEZ_OK)
        return st;
    out->frac = HAT_FRAC;
    copy_statistics(m, out);
    st = take_sample(&e, sample, n);
    if (st == AEZ_OK) {
        base = float_error(&e);
        st = draft_all(&e);
    }
    for (size_t i = 0; st == AEZ_OK && i < e.n_drafts; i++)
        quantise(&e.drafts[i], BITS_MAX);
    if (st == AEZ_OK)
        st = narrow_all(&e, base, base * (1 + (tolerance > 0 ? tolerance : TOLERANCE)));
    exporter_free(&e);
    if (st != AEZ_OK)
        aez_autoencoder_free(out);
    return st;
}
