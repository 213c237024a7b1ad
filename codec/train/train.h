/* train.h - float training of autoencoders and PCA, and their export to integers: libaez-train.
 *
 * A matrix x is [n rows][d features] of finite doubles. A float model is a float encoder and a
 * float decoder of the same shape of net: linear(input) + net(input), the net a chain of dense
 * layers with the last one linear. PCA is the member without hidden layers, in closed form, and the
 * start point of all others. The result depends on data, options and seed, on one kind of CPU, and
 * not on the number of threads. blas.c is the only file that includes cblas.h. */
#ifndef AEZ_TRAIN_TRAIN_H
#define AEZ_TRAIN_TRAIN_H

#include "../autoencoder/autoencoder.h"

/* Zero means the default, everywhere. */
typedef struct aez_train_options {
    uint32_t    hidden[AEZ_HIDDEN_MAX]; /* encoder's widths; the decoder mirrors them */
    uint32_t    n_hidden;
    uint32_t    n_latent;   /* 0: the smaller of 16 and d. Latents that stay constant are dropped */
    unsigned    activation; /* AEZ_RELU or AEZ_LEAKY; 0: AEZ_LEAKY */
    int         scaling; /* AEZ_SCALE_EACH, AEZ_SCALE_COMMON */
    uint64_t    seed;
    uint64_t    steps;       /* batches; 0: 1.5e12 multiply-adds, at most 1,000 passes */
    uint32_t    batch;       /* rows a batch; 0: 256 */
    double      lambda;      /* bits that one unit of squared error (standardised) is worth */
    double      latent_step; /* quantisation step of latents, in standardised units */
    double      rate;        /* largest learning rate; 0: 0.004 */
    /* lambda and latent_step are one choice said in two ways: latent_step^2 * lambda = 6 / ln 2,
     * the step of least lambda * error + bits for an orthonormal transform. Give either. PCA keeps
     * its step; training starts from it and then finds its own scale for each latent. Neither:
     * latent_step 0.25. Both: the step is where training starts. */
    aez_runner            runner;
    aez_train_progress_fn progress; /* loss: mean of lambda * squared errors + bits a row */
    void                 *progress_opaque;
} aez_train_options;

typedef struct aez_float_model aez_float_model;

/* OPTION: n or d zero, a value not finite, widths or counts out of bounds, options that contradict.
 * LIMIT: more than AEZ_WEIGHTS_MAX weights. NOMEM. CANCELLED. */
aez_status aez_train_pca(const aez_mem *mem, const double *x, size_t n, size_t d,
                         const aez_train_options *options, aez_float_model **out);
/* Never worse than PCA at the same lambda on x (lambda * error + entropy of the latents, rounded):
 * where training does not help, PCA is what comes out. */
aez_status aez_train_autoencoder(const aez_mem *mem, const double *x, size_t n, size_t d,
                                 const aez_train_options *options, aez_float_model **out);
void       aez_float_model_destroy(aez_float_model *model);

uint32_t aez_float_model_features(const aez_float_model *model);
uint32_t aez_float_model_latents(const aez_float_model *model); /* those left, to size arrays */
uint32_t aez_float_model_hidden(const aez_float_model *model);  /* 0: the model is linear */

/* x is [n][d] in the data's units, latents [n][latents], within +-AEZ_LATENT_MAX; values that are
 * not finite count as the feature's offset. NOMEM. */
aez_status aez_float_encode(const aez_float_model *model, const double *x, size_t n,
                            int32_t *latents);
/* The float decoder, for comparison: hat [n][d] standardised. NOMEM. */
aez_status aez_float_decode(const aez_float_model *model, const int32_t *latents, size_t n,
                            double *hat);

/* Integer decoder of the model into an initialised *out, which the caller frees. The sample [n][d]
 * (thousands of rows; n >= 1) calibrates ranges and bits a weight: as few bits as keep the squared
 * error on the sample within (1 + tolerance) of the float decoder's; tolerance 0: 0.005. */
aez_status aez_export(const aez_float_model *model, const double *sample, size_t n,
                      double tolerance, aez_autoencoder *out);

/* The whole float model as bytes (binary32 weights) and back. Statuses as aez_autoencoder_get. */
aez_status aez_float_model_put(const aez_float_model *model, aez_buf *out);
aez_status aez_float_model_get(const aez_mem *mem, aez_rd *in, aez_float_model **out);

#endif
