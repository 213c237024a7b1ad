/* float_model.h - inside of a float model: two stacks in one block of parameters, and passes. */
#ifndef AEZ_TRAIN_FLOAT_MODEL_H
#define AEZ_TRAIN_FLOAT_MODEL_H

#include "train.h"

/* out = linear(in) + out_gain * net(in_gain * in). Offsets count floats in the parameter block, so
 * that gradients and moments use the same layout. */
typedef struct aez_stack {
    uint32_t n_in, n_out, n_hidden;
    uint32_t hidden[AEZ_HIDDEN_MAX];
    unsigned activation;
    float    in_gain, out_gain;
    size_t   linear_w, linear_b;                           /* [n_out][n_in], [n_out] */
    size_t   hidden_w[AEZ_HIDDEN_MAX], hidden_b[AEZ_HIDDEN_MAX]; /* [width][width before] */
    size_t   last_w;                                       /* [n_out][last width], no bias */
} aez_stack;

struct aez_float_model {
    aez_mem   mem;
    uint32_t  n_features, n_latent;
    int       common;         /* one offset and scale */
    double   *offset, *scale; /* [n_features], filled with the same value where common */
    float     step;           /* latent coordinate = step * integer */
    double    lambda;
    aez_stack encoder, decoder;
    size_t    prior_mean, prior_scale; /* [n_latent] each: logistic prior, log of its scale */
    float    *params;
    size_t    n_params;
};

/* Shape alone, parameters zero. OPTION or LIMIT when out of bounds, NOMEM. hidden are the encoder's
 * widths. */
aez_status aez_float_model_create(const aez_mem *mem, uint32_t n_features, uint32_t n_latent,
                                  const uint32_t *hidden, uint32_t n_hidden, unsigned activation,
                                  aez_float_model **out);

/* Floats that n_rows of hidden activations of a stack need. */
size_t aez_stack_acts(const aez_stack *s, size_t n_rows);
/* y [n_rows][n_out] from x [n_rows][n_in]; acts receives the hidden activations. */
void aez_stack_forward(const aez_stack *s, const float *params, const float *x, size_t n_rows,
                       float *acts, float *y);
/* Adds to grads the gradient for dy; acts is overwritten. dx, if not NULL, receives the gradient of
 * x. */
void aez_stack_backward(const aez_stack *s, const float *params, const float *x, size_t n_rows,
                        float *acts, const float *dy, float *dx, float *grads);

/* Standardised rows as floats. */
void aez_float_standardise(const aez_float_model *m, const double *x, size_t n, float *out);
/* Offsets and scales from data; OPTION when a value is not finite. */
aez_status aez_float_statistics(aez_float_model *m, const double *x, size_t n);
/* Fills the linear parts of a model by PCA of the standardised rows; variance[n_latent] receives
 * the variances along the components, largest first. */
aez_status aez_float_pca(aez_float_model *m, const float *x, size_t n, uint64_t seed,
                         double *variance);
/* lambda * squared error + entropy of the latents, mean a row, with real rounding. */
aez_status aez_float_cost(const aez_float_model *m, const float *x, size_t n, double *cost);
/* *model is replaced by one without the latents that stay constant on x; one latent always stays.
 * On failure *model is as it was. */
aez_status aez_float_prune(aez_float_model **model, const float *x, size_t n);
/* Encoder and decoder on standardised floats. Scratch is taken and dropped inside. */
aez_status aez_float_encode_rows(const aez_float_model *m, const float *x, size_t n,
                                 int32_t *latents);
aez_status aez_float_decode_rows(const aez_float_model *m, const int32_t *latents, size_t n,
                                 float *hat);
/* Gradient descent on all parameters. options have no zeros left for steps, batch, rate. */
aez_status aez_float_fit(aez_float_model *m, const float *x, size_t n,
                         const aez_train_options *options);
/* Loss and gradient of one set of rows, as aez_float_fit sees them: noise[n][n_latent] in units of
 * the step is added to latents (NULL: they are rounded, and the encoder gets no gradient). grads
 * [n_params] is added to; work holds aez_float_work floats. Returns the sum over rows of lambda *
 * squared error + bits. */
double aez_float_loss(const aez_float_model *m, const float *x, const float *noise, size_t n,
                      float *work, float *grads);
size_t aez_float_work(const aez_float_model *m, size_t n_rows);

/* All eigenvalues (descending) and eigenvectors (rows of v) of the symmetric a [n][n], which is
 * destroyed. Returns 0 when the iteration does not converge (NaN). work: [2 * n]. */
int aez_eigen_symmetric(double *a, size_t n, double *values, double *v, double *work);

/* Runs job(arg, i) for i < n by the runner, or in turn. */
static inline void aez_run_jobs(const aez_runner *runner, size_t n,
                                void (*job)(void *arg, size_t i), void *arg)
{
    if (runner && runner->run) {
        runner->run(runner->opaque, n, job, arg);
        return;
    }
    for (size_t i = 0; i < n; i++)
        job(arg, i);
}

/* Counter-based random bits: the same for a counter whatever thread asks. */
static inline uint64_t aez_hash64(uint64_t z)
{
    z += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Uniform in [-1/2, 1/2), 24 bits. */
static inline float aez_hash_uniform(uint64_t counter)
{
    return (float)(aez_hash64(counter) >> 40) * 0x1p-24f - 0.5f;
}

#endif
