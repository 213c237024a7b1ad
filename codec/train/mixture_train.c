/* mixture_train.c - trains the net of a mixture: Adam, one cycle, weights rounded towards the end.
 *
 * Matrices hold a batch side by side: the rows of x are inputs, of a and d a layer's outputs and
 * their gradient. */
#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "blas.h"
#include "mixture_loss.h"
#include "mixture_train.h"

#define RATE 0.01 /* up to RATE_STEPS; longer training goes slower, by the root of its length */
#define RATE_STEPS 32768.0
#define WARM_UP 0.1  /* of the steps */
#define ROUNDED 0.75 /* from there on weights are seen as the integers they will become */
#define SLOPE 0.125f
#define ONE 1024.0f
#define MOST 31.99f /* what the integers can hold */

typedef struct mixture_layer {
    uint32_t n_in, n_out;
    size_t   at; /* of its weights [n_out][n_in] and biases [n_out] in all parameters */
    float   *a, *d; /* [n_out][batch] */
} mixture_layer;

typedef struct mixture_trainer {
    const aez_mem          *mem;
    const aez_mixture_task *task;
    aez_mixture_shape       shape;
    unsigned                n_layers;
    mixture_layer           layer[AEZ_MIXTURE_LAYERS];
    float                   one; /* weights and biases count 1 / one */
    size_t                  n;   /* parameters */
    float *exact, *seen, *grad, *first, *second; /* [n] seen: as the net has them, maybe rounded */
    float    *x;     /* [n_inputs][batch] */
    int16_t  *rows;  /* [batch][n_inputs] */
    uint16_t *value; /* [batch] */
} mixture_trainer;

static void free_trainer(mixture_trainer *t)
{
    for (unsigned i = 0; i < t->n_layers; i++) {
        aez_drop(t->mem, t->layer[i].a);
        aez_drop(t->mem, t->layer[i].d);
    }
    aez_drop(t->mem, t->exact);
    aez_drop(t->mem, t->seen);
    aez_drop(t->mem, t->grad);
    aez_drop(t->mem, t->first);
    aez_drop(t->mem, t->second);
    aez_drop(t->mem, t->x);
    aez_drop(t->mem, t->rows);
    aez_drop(t->mem, t->value);
}

static aez_status init_trainer(mixture_trainer *t, const aez_mem *mem, const aez_mixture_task *task)
{
    size_t   batch = task->batch;
    uint32_t n_in = task->n_inputs;
    int      good = 1;
    memset(t, 0, sizeof *t);
    t->mem = mem;
    t->task = task;
    t->one = (float)(1u << task->log);
    t->shape.n_values = task->n_values;
    t->shape.n_logistics = task->n_logistics;
    t->shape.n_spikes = task->n_spikes;
    memcpy(t->shape.spike, task->spike, task->n_spikes * sizeof *task->spike);
    for (uint32_t i = 0; i <= task->n_hidden; i++) {
        mixture_layer *layer = &t->layer[t->n_layers++];
        layer->n_in = n_in;
        layer->n_out = i < task->n_hidden ? task->hidden[i] : aez_mixture_outputs(&t->shape);
        layer->at = t->n;
        t->n += ((size_t)layer->n_in + 1) * layer->n_out;
        layer->a = aez_take(mem, batch * layer->n_out, sizeof *layer->a);
        layer->d = aez_take(mem, batch * layer->n_out, sizeof *layer->d);
        good = good && layer->a && layer->d;
        n_in = layer->n_out;
    }
    t->exact = aez_take(mem, t->n, sizeof *t->exact);
    t->seen = aez_take(mem, t->n, sizeof *t->seen);
    t->grad = aez_take(mem, t->n, sizeof *t->grad);
    t->first = aez_take(mem, t->n, sizeof *t->first);
    t->second = aez_take(mem, t->n, sizeof *t->second);
    t->x = aez_take(mem, batch * task->n_inputs, sizeof *t->x);
    t->rows = aez_take(mem, batch * task->n_inputs, sizeof *t->rows);
    t->value = aez_take(mem, batch, sizeof *t->value);
    good = good && t->exact && t->seen && t->grad && t->first && t->second && t->x && t->rows &&
           t->value;
    return good ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* Sum of four uniform numbers: about normal, deviation 1. */
static float normal(aez_rng *rng)
{
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (double)(aez_rng_next(rng) >> 11) * 0x1p-53;
    return (float)((sum - 2) * 1.7320508);
}

/* Logistics side by side over the values. */
static void start(mixture_trainer *t)
{
    const unsigned n = t->shape.n_logistics;
    mixture_layer *last = &t->layer[t->n_layers - 1];
    float         *bias = t->exact + last->at + (size_t)last->n_in * last->n_out;
    float          values = (float)t->shape.n_values;
    float          unit = (float)(1u << aez_mixture_unit(t->shape.n_values));
    aez_rng        rng;
    aez_rng_seed(&rng, t->task->seed);
    for (unsigned i = 0; i < t->n_layers; i++) {
        mixture_layer *layer = &t->layer[i];
        float          size = (layer == last ? 0.1f : 1.2f) / sqrtf((float)layer->n_in);
        for (size_t j = 0; j < (size_t)layer->n_in * layer->n_out; j++)
            t->exact[layer->at + j] = normal(&rng) * size;
    }
    bias += n + t->shape.n_spikes;
    for (unsigned i = 0; i < n; i++) {
        bias[i] = values / unit * ((float)i + 0.5f) / (float)n;
        bias[n + i] = log2f(values / (4 * (float)n));
    }
}

static void fill(mixture_trainer *t, uint64_t step)
{
    size_t batch = t->task->batch, n_in = t->task->n_inputs;
    t->task->fill(t->task->opaque, step, batch, t->rows, t->value);
    for (size_t i = 0; i < n_in; i++) {
        for (size_t r = 0; r < batch; r++)
            t->x[i * batch + r] = (float)t->rows[r * n_in + i] * (1 / ONE);
    }
}

static const float *input_of(const mixture_trainer *t, unsigned i)
{
    return i ? t->layer[i - 1].a : t->x;
}

/* Adds the bias to a row of sums; leaky below 0, limited to what the integers hold. */
AEZ_EACH_CPU
static void activate(float *a, size_t n, float bias, float slope)
{
    for (size_t r = 0; r < n; r += AEZ_LOSS_LANES) {
        for (size_t j = 0; j < AEZ_LOSS_LANES; j++) {
            float v = a[r + j] + bias;
            v = v > 0 ? v : v * slope;
            v = v > MOST ? MOST : v;
            a[r + j] = v < -MOST ? -MOST : v;
        }
    }
}

AEZ_EACH_CPU
static void pass_slope(float *d, const float *a, size_t n)
{
    for (size_t r = 0; r < n; r += AEZ_LOSS_LANES) {
        for (size_t j = 0; j < AEZ_LOSS_LANES; j++)
            d[r + j] *= a[r + j] > 0 ? 1.0f : SLOPE;
    }
}

AEZ_EACH_CPU
static float sum_of(const float *d, size_t n)
{
    float sum[AEZ_LOSS_LANES] = {0}, all = 0;
    for (size_t r = 0; r < n; r += AEZ_LOSS_LANES) {
        for (size_t j = 0; j < AEZ_LOSS_LANES; j++)
            sum[j] += d[r + j];
    }
    for (size_t j = 0; j < AEZ_LOSS_LANES; j++)
        all += sum[j];
    return all;
}

static void forward(mixture_trainer *t)
{
    size_t batch = t->task->batch;
    for (unsigned i = 0; i < t->n_layers; i++) {
        mixture_layer *l = &t->layer[i];
        const float   *w = t->seen + l->at, *bias = w + (size_t)l->n_in * l->n_out;
        float          slope = i + 1 < t->n_layers ? SLOPE : 1;
        aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, l->n_out, batch, l->n_in, 1, w, input_of(t, i), 0, l->a);
        for (size_t o = 0; o < l->n_out; o++)
            activate(l->a + o * batch, batch, bias[o], slope);
    }
}

static void backward(mixture_trainer *t)
{
    size_t batch = t->task->batch;
    for (unsigned i = t->n_layers; i-- > 0;) {
        mixture_layer *l = &t->layer[i], *before = i ? &t->layer[i - 1] : NULL;
        float         *bias = t->grad + l->at + (size_t)l->n_in * l->n_out;
        for (size_t o = 0; o < l->n_out; o++)
            bias[o] = sum_of(l->d + o * batch, batch);
        aez_sgemm(AEZ_PLAIN, AEZ_TRANSPOSED, l->n_out, l->n_in, batch, 1, l->d, input_of(t, i), 0,
                  t->grad + l->at);
        if (!before)
            return;
        aez_sgemm(AEZ_TRANSPOSED, AEZ_PLAIN, l->n_in, batch, l->n_out, 1, t->seen + l->at, l->d, 0,
                  before->d);
        pass_slope(before->d, before->a, (size_t)l->n_in * batch);
    }
}

/* ---- descent -------------------------------------------------------------------------------- */

static float rate_at(uint64_t step, uint64_t steps)
{
    double p = ((double)step + 0.5) / (double)steps;
    double most = (double)steps > RATE_STEPS ? RATE * sqrt(RATE_STEPS / (double)steps) : RATE;
    if (p < WARM_UP)
        return (float)(most * p / WARM_UP);
    return (float)(most * 0.5 * (1 + cos(3.14159265358979 * (p - WARM_UP) / (1 - WARM_UP))));
}

static void descend(mixture_trainer *t, uint64_t step, float rate)
{
    float share = 1 / (float)t->task->batch;
    float first = (float)(rate / (1 - pow(0.9, (double)step + 1)));
    float second = (float)(1 / (1 - pow(0.99, (double)step + 1)));
    for (size_t i = 0; i < t->n; i++) {
        float g = t->grad[i] * share;
        t->first[i] += 0.1f * (g - t->first[i]);
        t->second[i] += 0.01f * (g * g - t->second[i]);
        t->exact[i] -= first * t->first[i] / (sqrtf(t->second[i] * second) + 1e-7f);
    }
}

/* Weights stay what int8 can hold. Left alone some grow until the step that holds them is too
 * coarse for all others. */
static void limit_weights(mixture_trainer *t)
{
    for (unsigned i = 0; i < t->n_layers; i++) {
        float *w = t->exact + t->layer[i].at, most = 127 / t->one;
        for (size_t j = 0; j < (size_t)t->layer[i].n_in * t->layer[i].n_out; j++)
            w[j] = w[j] > most ? most : w[j] < -most ? -most : w[j];
    }
}

static float to_step(float v, float one, float most)
{
    float q = rintf(v * one);
    q = q > most ? most : q < -most ? -most : q;
    return q / one;
}

/* Gradients at the rounded weights move the exact ones. */
static void round_weights(mixture_trainer *t)
{
    for (unsigned i = 0; i < t->n_layers; i++) {
        mixture_layer *l = &t->layer[i];
        size_t         n = (size_t)l->n_in * l->n_out;
        for (size_t j = 0; j < n + l->n_out; j++)
            t->seen[l->at + j] = to_step(t->exact[l->at + j], t->one, j < n ? 127 : 2047);
    }
}

static void train(mixture_trainer *t)
{
    const mixture_layer *last = &t->layer[t->n_layers - 1];
    uint64_t             steps = t->task->steps;
    start(t);
    for (uint64_t s = 0; s < steps; s++) {
        if ((double)s >= ROUNDED * (double)steps)
            round_weights(t);
        else
            memcpy(t->seen, t->exact, t->n * sizeof *t->seen);
        fill(t, s);
        forward(t);
        aez_mixture_loss(&t->shape, last->a, t->value, t->task->batch, last->d);
        backward(t);
        descend(t, s, rate_at(s, steps));
        limit_weights(t);
    }
    round_weights(t);
}

static void give_layers(const mixture_trainer *t, aez_mixture_layer *layers)
{
    for (unsigned i = 0; i < t->n_layers; i++) {
        const mixture_layer *l = &t->layer[i];
        const float         *w = t->seen + l->at;
        size_t               n = (size_t)l->n_in * l->n_out;
        for (size_t j = 0; j < n; j++)
            layers[i].weight[j] = (int16_t)rintf(w[j] * t->one);
        for (size_t j = 0; j < l->n_out; j++)
            layers[i].bias[j] = (int32_t)rintf(w[n + j] * t->one);
        layers[i].log = (int)t->task->log;
    }
}

aez_status aez_train_mixture(const aez_allocator *allocator, const aez_mixture_task *task,
                             aez_mixture_layer *layers)
{
    mixture_trainer t;
    aez_status      st;
    if (task->n_inputs == 0 || task->n_hidden >= AEZ_MIXTURE_LAYERS || task->n_values < 2 ||
        task->n_values > AEZ_MIXTURE_VALUES_MAX || task->n_logistics < 1 ||
        task->n_logistics > AEZ_MIXTURE_LOGISTICS_MAX ||
        task->n_spikes > AEZ_MIXTURE_SPIKES_MAX || task->batch == 0 ||
        task->batch % AEZ_LOSS_LANES || task->log < 3 || task->log > 12 || !task->fill)
        return AEZ_ERR_OPTION;
    st = init_trainer(&t, allocator, task);
    if (st >= 0) {
        train(&t);
        give_layers(&t, layers);
    }
    free_trainer(&t);
    return st;
}
