/* context_train.c - training of context nets: float descent on true bits, then in int8 weights. */
#include "context_train.h"

#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "blas.h"

#define BATCH 512
#define RATE 0.008       /* largest learning rate */
#define WARM_UP 0.08     /* share of the steps in which the rate rises */
#define ROUNDED 0.3      /* share of the steps, the last, with rounded weights */
#define HEADROOM 1.6     /* activations may grow by this beyond the training rows */
#define IN_FRAC 7        /* fractional bits of inputs and outputs */
#define GUARD 3          /* AEZ_LAYER_GUARD */
#define MEAN_SIZE 0.47f  /* log2 of the mean |v| of a logistic over its scale: log2(2 ln 2) */
#define LN2 0.693147181f

/* One layer: where its numbers stand in the parameters, and how they become integers. */
typedef struct layer {
    size_t n_in, n_out, weight, bias;
    int    w_frac;    /* integer weight = weight * 2^w_frac */
    int    out_frac;  /* fractional bits of the layer's outputs */
    int    b_quantum; /* biases are multiples of 2^b_quantum, in units of 2^-(out_frac + GUARD) */
} layer;

typedef struct fit {
    const aez_mem          *mem;
    const aez_context_task *task;
    layer                   layer[AEZ_CONTEXT_LAYERS];
    unsigned                n_layers;
    size_t                  n_params, batch;
    float                  *params, *rounded, *grads, *first, *second; /* [n_params] */
    float                  *act[AEZ_CONTEXT_LAYERS + 1]; /* [batch][width] inputs, then outputs */
    float                  *slope[2];                    /* [batch][widest] */
    uint32_t               *order;                       /* [n_rows], a new permutation each pass */
    size_t                  at;
    uint32_t               *row; /* [batch] in use */
    aez_rng                 rng;
    int                     rounding;
} fit;

/* softplus(-v) = log(1 + exp(-v)), and exp(-v) / (1 + exp(-v)) */
static inline float soft(float v, float *sigmoid)
{
    float e = expf(-fabsf(v)), r = 1 / (1 + e);
    *sigmoid = v >= 0 ? e * r : r;
    return log1pf(e) + (v >= 0 ? 0 : -v);
}

float aez_context_bits(float v, float m, float log_scale, float *by_mean, float *by_scale)
{
    /* -log(S(a) - S(b)) = softplus(-a) + softplus(b) - log(1 - exp(b - a)) */
    float u = exp2f(-log_scale), a = (v - m + 0.5f) * u, b = (v - m - 0.5f) * u, sa, sb;
    float nats = soft(a, &sa) + soft(-b, &sb) - logf(-expm1f(-u));
    *by_mean = -(sb - sa) * u / LN2;
    *by_scale = a * sa - b * sb + (u < 80 ? u / expm1f(u) : 0);
    return nats / LN2;
}

/* ---- the net --------------------------------------------------------------------------------- */

static void fit_free(fit *f)
{
    aez_drop(f->mem, f->params);
    for (unsigned l = 0; l <= AEZ_CONTEXT_LAYERS; l++)
        aez_drop(f->mem, f->act[l]);
    aez_drop(f->mem, f->slope[0]);
    aez_drop(f->mem, f->slope[1]);
    aez_drop(f->mem, f->order);
    aez_drop(f->mem, f->row);
}

static float gauss(aez_rng *rng)
{
    float sum = 0;
    for (int i = 0; i < 6; i++)
        sum += (float)(aez_rng_next(rng) >> 40) * 0x1p-24f - 0.5f;
    return sum * 1.41421356f; /* six uniforms have the variance 1/2 */
}

static void set_layers(fit *f)
{
    size_t at = 0, n_in = f->task->n_inputs;
    f->n_layers = f->task->n_hidden + 1;
    for (unsigned l = 0; l < f->n_layers; l++) {
        layer *y = &f->layer[l];
        y->n_in = n_in;
        y->n_out = l < f->task->n_hidden ? f->task->hidden[l] : 2;
        y->weight = at;
        y->bias = at + y->n_in * y->n_out;
        at = y->bias + y->n_out;
        n_in = y->n_out;
    }
    f->n_params = at;
}

static aez_status fit_init(fit *f, const aez_mem *mem, const aez_context_task *task)
{
    size_t widest = 2, n;
    int    whole = 1;
    memset(f, 0, sizeof *f);
    f->mem = mem;
    f->task = task;
    f->batch = task->n_rows < BATCH ? task->n_rows : BATCH;
    set_layers(f);
    n = f->n_params;
    aez_rng_seed(&f->rng, task->seed + 0x6E6574);
    f->params = aez_take(mem, 5 * n, sizeof *f->params);
    for (unsigned l = 0; l <= f->n_layers; l++) {
        size_t width = l ? f->layer[l - 1].n_out : task->n_inputs;
        widest = width > widest ? width : widest;
        f->act[l] = aez_take_raw(mem, f->batch * width, sizeof(float));
        whole = whole && f->act[l];
    }
    f->slope[0] = aez_take_raw(mem, f->batch * widest, sizeof(float));
    f->slope[1] = aez_take_raw(mem, f->batch * widest, sizeof(float));
    f->order = aez_take(mem, task->n_rows, sizeof *f->order);
    f->row = aez_take(mem, f->batch, sizeof *f->row);
    if (!whole || !f->params || !f->slope[0] || !f->slope[1] || !f->order || !f->row) {
        fit_free(f);
        return AEZ_ERR_NOMEM;
    }
    f->rounded = f->params + n;
    f->grads = f->params + 2 * n;
    f->first = f->params + 3 * n;
    f->second = f->params + 4 * n;
    f->at = task->n_rows; /* so that the first batch shuffles */
    for (size_t i = 0; i < task->n_rows; i++)
        f->order[i] = (uint32_t)i;
    for (unsigned l = 0; l + 1 < f->n_layers; l++) { /* the last layer begins at 0: no correction */
        for (size_t i = 0; i < f->layer[l].n_in * f->layer[l].n_out; i++)
            f->params[f->layer[l].weight + i] =
                gauss(&f->rng) / sqrtf((float)f->layer[l].n_in) * 1.2f;
    }
    return AEZ_OK;
}

static void next_batch(fit *f)
{
    const aez_context_task *t = f->task;
    if (t->n_rows - f->at < f->batch) {
        for (size_t i = t->n_rows; i > 1; i--) {
            size_t   j = (size_t)aez_rng_below(&f->rng, i);
            uint32_t swap = f->order[i - 1];
            f->order[i - 1] = f->order[j];
            f->order[j] = swap;
        }
        f->at = 0;
    }
    memcpy(f->row, f->order + f->at, f->batch * sizeof *f->row);
    f->at += f->batch;
    for (size_t r = 0; r < f->batch; r++) {
        const int16_t *x = t->inputs + (size_t)f->row[r] * t->n_inputs;
        float         *to = f->act[0] + r * t->n_inputs;
        for (uint32_t i = 0; i < t->n_inputs; i++)
            to[i] = (float)x[i] * (1.0f / (1 << IN_FRAC));
    }
}

static void forward(fit *f, const float *p)
{
    for (unsigned l = 0; l < f->n_layers; l++) {
        const layer *y = &f->layer[l];
        float       *out = f->act[l + 1];
        for (size_t r = 0; r < f->batch; r++)
            memcpy(out + r * y->n_out, p + y->bias, y->n_out * sizeof *out);
        aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, f->batch, y->n_out, y->n_in, 1, f->act[l],
                  p + y->weight, 1, out);
        for (size_t i = 0; l + 1 < f->n_layers && i < f->batch * y->n_out; i++)
            out[i] = fmaxf(out[i], 0.125f * out[i]);
    }
}

/* Mean bits of the batch; slopes of the outputs. */
static double loss(fit *f)
{
    const aez_context_task *t = f->task;
    const float            *out = f->act[f->n_layers];
    float                  *slope = f->slope[0], share = 1 / (float)f->batch;
    double                  sum = 0;
    for (size_t r = 0; r < f->batch; r++) {
        uint32_t i = f->row[r];
        float    scale = t->scale[i] - MEAN_SIZE + out[2 * r + 1], by_mean, by_scale;
        float    kept = scale < -5 ? -5 : scale > 26 ? 26 : scale;
        sum += (double)aez_context_bits(t->value[i], out[2 * r] * t->unit[i], kept, &by_mean,
                                        &by_scale);
        slope[2 * r] = by_mean * t->unit[i] * share;
        slope[2 * r + 1] = kept == scale ? by_scale * share : 0;
    }
    return sum / (double)f->batch;
}

static void backward(fit *f, const float *p)
{
    unsigned turn = 0;
    for (unsigned l = f->n_layers; l-- > 0; turn ^= 1) {
        const layer *y = &f->layer[l];
        float       *slope = f->slope[turn], *below = f->slope[turn ^ 1];
        float       *bias = f->grads + y->bias;
        if (l + 1 < f->n_layers) {
            const float *out = f->act[l + 1];
            for (size_t i = 0; i < f->batch * y->n_out; i++)
                slope[i] *= out[i] < 0 ? 0.125f : 1;
        }
        aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, y->n_out, y->n_in, f->batch, 1, slope, f->act[l], 0,
                  f->grads + y->weight);
        memset(bias, 0, y->n_out * sizeof *bias);
        for (size_t r = 0; r < f->batch; r++) {
            for (size_t o = 0; o < y->n_out; o++)
                bias[o] += slope[r * y->n_out + o];
        }
        if (l > 0)
            aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, f->batch, y->n_in, y->n_out, 1, slope, p + y->weight, 0,
                      below);
    }
}

/* ---- integers -------------------------------------------------------------------------------- */

static float largest(const float *v, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(v[i]));
    return most;
}

/* Largest e with v * 2^e <= most. */
static int room_for(float v, float most)
{
    return v > 0x1p-20f ? (int)floorf(log2f(most / v)) : 30;
}

/* Chooses the fractional bits of every layer from the weights and the activations of a batch. */
static void choose_fractions(fit *f)
{
    int in_frac = IN_FRAC;
    next_batch(f);
    forward(f, f->params);
    for (unsigned l = 0; l < f->n_layers; l++) {
        layer *y = &f->layer[l];
        int    last = l + 1 == f->n_layers, shift, b_room;
        y->w_frac = room_for(largest(f->params + y->weight, y->n_in * y->n_out), 127);
        y->out_frac = IN_FRAC;
        if (!last) {
            y->out_frac = room_for((float)HEADROOM * largest(f->act[l + 1], f->batch * y->n_out),
                                   INT16_MAX);
            y->out_frac = y->out_frac > 9 ? 9 : y->out_frac < 0 ? 0 : y->out_frac;
        }
        shift = in_frac + y->w_frac - GUARD - y->out_frac;
        if (shift < 0 && !last) /* rather fewer bits after the point than clipped weights */
            y->out_frac += y->out_frac + shift < 0 ? -y->out_frac : shift;
        shift = in_frac + y->w_frac - GUARD - y->out_frac;
        y->w_frac += shift < 0 ? -shift : shift > 15 ? 15 - shift : 0;
        b_room = room_for(largest(f->params + y->bias, y->n_out), 120);
        y->b_quantum = y->out_frac + GUARD - b_room;
        y->b_quantum = y->b_quantum < 0 ? 0 : y->b_quantum > 22 ? 22 : y->b_quantum;
        in_frac = y->out_frac;
    }
}

static float to_int8(float v)
{
    v = rintf(v);
    return v > 127 ? 127 : v < -127 ? -127 : v;
}

/* The parameters as the integers will have them, in float. */
static void round_params(fit *f)
{
    for (unsigned l = 0; l < f->n_layers; l++) {
        const layer *y = &f->layer[l];
        float        w = exp2f((float)y->w_frac);
        float        b = exp2f((float)(y->out_frac + GUARD - y->b_quantum));
        for (size_t i = 0; i < y->n_in * y->n_out; i++)
            f->rounded[y->weight + i] = to_int8(f->params[y->weight + i] * w) / w;
        for (size_t o = 0; o < y->n_out; o++)
            f->rounded[y->bias + o] = to_int8(f->params[y->bias + o] * b) / b;
    }
}

static void export_layers(fit *f, aez_context_layer *to)
{
    int in_frac = IN_FRAC;
    for (unsigned l = 0; l < f->n_layers; l++) {
        const layer *y = &f->layer[l];
        float        w = exp2f((float)y->w_frac);
        float        b = exp2f((float)(y->out_frac + GUARD - y->b_quantum));
        to[l].shift = in_frac + y->w_frac - GUARD - y->out_frac;
        for (size_t i = 0; i < y->n_in * y->n_out; i++)
            to[l].weight[i] = (int16_t)to_int8(f->params[y->weight + i] * w);
        for (size_t o = 0; o < y->n_out; o++)
            to[l].bias[o] = (int32_t)to_int8(f->params[y->bias + o] * b) * (1 << y->b_quantum);
        in_frac = y->out_frac;
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

static float rate_at(double t)
{
    const double pi = 3.14159265358979323846;
    if (t < WARM_UP)
        return (float)(RATE * (0.04 + 0.96 * t / WARM_UP));
    return (float)(RATE * (0.004 + 0.996 * 0.5 * (1 + cos(pi * (t - WARM_UP) / (1 - WARM_UP)))));
}

static void update(fit *f, uint64_t step)
{
    float t = (float)step + 1;
    float rate = rate_at((double)t / (double)f->task->steps) / (1 - powf(0.9f, t));
    float correction = 1 / (1 - powf(0.999f, t));
    for (size_t i = 0; i < f->n_params; i++) {
        float g = f->grads[i], m1, m2;
        m1 = f->first[i] = 0.9f * f->first[i] + 0.1f * g;
        m2 = f->second[i] = 0.999f * f->second[i] + 0.001f * g * g;
        f->params[i] -= rate * m1 / (sqrtf(m2 * correction) + 1e-10f);
    }
}

/* A weight w of the file takes about 1.5 + log2(1 + 2|w|) bits, which the values served share. */
static void charge_weights(fit *f)
{
    float share = (float)(1 / (f->task->served > 1 ? f->task->served : 1));
    for (unsigned l = 0; f->rounding && l < f->n_layers; l++) {
        const layer *y = &f->layer[l];
        float        unit = exp2f(-(float)y->w_frac);
        for (size_t i = y->weight; i < y->bias; i++) {
            float w = f->params[i];
            f->grads[i] += (w < 0 ? -share : share) * 2 / LN2 / (unit + 2 * fabsf(w));
        }
    }
}

static int makes_sense(const aez_context_task *t)
{
    if (t->n_inputs < 1 || t->n_inputs > AEZ_CONTEXT_WIDTH_MAX || t->n_hidden < 1 ||
        t->n_hidden >= AEZ_CONTEXT_LAYERS || t->n_rows < 1 || t->n_rows > UINT32_MAX)
        return 0;
    for (uint32_t l = 0; l < t->n_hidden; l++) {
        if (t->hidden[l] < 1 || t->hidden[l] > AEZ_CONTEXT_WIDTH_MAX)
            return 0;
    }
    return 1;
}

aez_status aez_context_train(const aez_mem *mem, const aez_context_task *task,
                             aez_context_layer *layers)
{
    fit        f;
    uint64_t   first_rounded = (uint64_t)((1 - ROUNDED) * (double)task->steps);
    aez_status st = makes_sense(task) ? fit_init(&f, mem, task) : AEZ_ERR_OPTION;
    if (st < 0)
        return st;
    for (uint64_t step = 0; step < task->steps; step++) {
        const float *p = f.params;
        if (step == first_rounded) {
            f.rounding = 1;
            choose_fractions(&f);
        }
        if (f.rounding) {
            round_params(&f);
            p = f.rounded;
        }
        next_batch(&f);
        forward(&f, p);
        loss(&f);
        backward(&f, p);
        charge_weights(&f);
        update(&f, step);
    }
    if (!f.rounding)
        choose_fractions(&f);
    export_layers(&f, layers);
    fit_free(&f);
    return AEZ_OK;
}
