/* float_model.h - inside of a float model: two halves in one block of parameters, and passes. */
#ifndef AEZ_TRAIN_FLOAT_MODEL_H
#define AEZ_TRAIN_FLOAT_MODEL_H

#include "../base/buf.h"
#include "network.h"
#include "train.h"

/* out = bypass(in) + net(in), or one of the two. Offsets count floats in the parameter block, so
 * that gradients and moments use the same layout. */
typedef struct aez_half {
    uint32_t    n_in, n_out;
    int         has_bypass, has_net;
    size_t      bypass_w, bypass_b; /* [n_out][n_in], [n_out] */
    size_t      net_at;             /* the network's n_params */
    aez_network net;
} aez_half;

struct aez_float_model {
    aez_mem  mem;
    uint32_t n_features, n_latent; /* n_latent 0: no halves, the hat is the offset */
    aez_dims item;                 /* a row as a tensor */
    int      scaling;
    double  *offset, *scale; /* [n_features], filled with the same value where common */
    float   *unit;           /* [n_latent] step of a latent, in what the encoder gives */
    double   lambda;
    aez_half encoder, decoder;
    size_t   prior_mean,
        prior_scale; /* [n_latent] each, in steps: logistic prior, log of its scale */
    float   *params;
    size_t   n_params;
};

/* What a model is made of. A half without text has no net; without bypass it needs one. */
typedef struct aez_float_shape {
    uint32_t    n_features, n_latent;
    aez_dims    item; /* 0: 1 x 1 x n_features */
    int         scaling;
    int         bypass;
    const char *encoder, *decoder;
} aez_float_shape;

/* Parameters and statistics zero, units 1. OPTION or LIMIT when out of bounds, NOMEM; why (may be
 * NULL) receives a sentence. n_latent 0 with an encoder's text: as many as that gives. */
aez_status aez_float_model_create(const aez_mem *mem, const aez_float_shape *shape,
                                  aez_float_model **out, char *why, size_t why_size);
/* The shape of a model again; texts are written to buffers of AEZ_FLOAT_TEXT_MAX bytes. */
#define AEZ_FLOAT_TEXT_MAX 4096
void aez_float_model_shape(const aez_float_model *m, aez_float_shape *shape, char *encoder,
                           char *decoder);
/* How many offsets and scales there are of n_features: 1 or all. */
size_t aez_float_offsets(const aez_float_model *m);
size_t aez_float_scales(const aez_float_model *m);

/* Floats that a pass of a half over n_rows needs. */
size_t aez_half_work(const aez_half *h, size_t n_rows);
/* y [n_rows][n_out], inside work, from x [n_rows][n_in]. */
const float *aez_half_forward(const aez_half *h, const float *params, const float *x,
                              size_t n_rows, const aez_pass *pass, float *work);
/* Adds to grads the gradient for dy; uses up work of the same forward pass. dx, if not NULL,
 * receives the gradient of x. */
void aez_half_backward(const aez_half *h, const float *params, const float *x, size_t n_rows,
                       const aez_pass *pass, float *work, const float *dy, float *dx,
                       float *grads);
/* Multiply-adds of a pass over one row. */
double aez_half_cost(const aez_half *h);

/* Offsets and scales from data; OPTION when a value is not finite. */
aez_status aez_float_statistics(aez_float_model *m, const double *x, size_t n);
/* Standardised rows as floats. */
void aez_float_standardise(const aez_float_model *m, const double *x, size_t n, float *out);
/* Encoder and decoder on standardised floats; z in steps. Scratch is taken and dropped inside. */
aez_status aez_float_encode_z(const aez_float_model *m, const float *x, size_t n, float *z);
aez_status aez_float_decode_z(const aez_float_model *m, const float *z, size_t n, float *hat);
aez_status aez_float_encode_rows(const aez_float_model *m, const float *x, size_t n,
                                 int32_t *latents);
aez_status aez_float_decode_rows(const aez_float_model *m, const int32_t *latents, size_t n,
                                 float *hat);

/* Fills the bypasses of a model by PCA of the standardised rows; variance[n_latent] receives the
 * variances along the components, largest first. */
aez_status aez_float_pca(aez_float_model *m, const float *x, size_t n, uint64_t seed,
                         double *variance);
/* lambda * squared error + entropy of the latents, mean a row, with real rounding. */
aez_status aez_float_cost(const aez_float_model *m, const float *x, size_t n, double *cost);
/* Mean squared error a feature, latents rounded or as they are. */
aez_status aez_float_error(const aez_float_model *m, const float *x, size_t n, int rounded,
                           double *error);
/* *model is replaced by one without the latents that stay constant on x; one latent always stays,
 * and all do where the layers at the latents are no dense ones. On failure *model is as it was. */
aez_status aez_float_prune(aez_float_model **model, const float *x, size_t n);
/* Steps for latents that were trained without any: unit = latent_step deviations of each, or by
 * lambda, see aez.h. */
aez_status aez_float_choose_units(aez_float_model *m, const float *x, size_t n, double latent_step,
                                  double lambda);

/* Weights by number as "encoder.0.weight", and back. name: at most AEZ_TENSOR_NAME bytes. */
#define AEZ_TENSOR_NAME 48
int aez_float_tensor(const aez_float_model *m, size_t i, char *name, aez_tensor *out);
/* OPTION with a sentence when the model has no such tensor or another shape. */
aez_status aez_float_set_tensor(aez_float_model *m, const aez_tensor *t, char *why,
                                size_t why_size);

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
