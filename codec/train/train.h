/* train.h - float training of autoencoders and PCA, and their export to integers: libaez-train.
 *
 * A float model is an encoder and a decoder, each out = bypass(in) + net(in): an affine map and a
 * chain of layers (network.h), of which one may be missing. PCA is the member without nets, in
 * closed form, and the start point of those that are told by widths; those told in words have no
 * bypass. The result depends on data, options and seed, on one kind of CPU, and not on the number
 * of threads. blas.c is the only file that includes cblas.h. */
#ifndef AEZ_TRAIN_TRAIN_H
#define AEZ_TRAIN_TRAIN_H

#include "../autoencoder/autoencoder.h"

typedef struct aez_float_model aez_float_model;

/* What training leaves beside the model. */
typedef struct aez_train_log {
    aez_buf    state; /* to go on from, where keep_state asked for it */
    aez_epoch *curve;
    size_t     n_curve;
} aez_train_log;

void aez_train_log_init(aez_train_log *log, const aez_mem *mem);
void aez_train_log_free(aez_train_log *log);

/* By the options of the task; log (initialised) is filled. With widths and RATE never worse than
 * PCA at the same lambda on the rows (lambda * error + entropy of the latents, rounded): where
 * training does not help, PCA is what comes out. OPTION, LIMIT, NOMEM, CANCELLED; why (may be NULL)
 * receives a sentence. */
aez_status aez_train(const aez_mem *mem, const aez_train_task *task, aez_float_model **out,
                     aez_train_log *log, char *why, size_t why_size);
void       aez_float_model_destroy(aez_float_model *model);

uint32_t aez_float_model_features(const aez_float_model *model);
uint32_t aez_float_model_latents(const aez_float_model *model); /* those left, to size arrays */
int      aez_float_model_is_linear(const aez_float_model *model);

/* x is [n][d] in the data's units, latents [n][latents], within +-AEZ_LATENT_MAX; values that are
 * not finite count as the feature's offset. NOMEM. */
aez_status aez_float_encode(const aez_float_model *model, const double *x, size_t n,
                            int32_t *latents);
/* z [n][latents] in steps: latents are z rounded. NOMEM. */
aez_status aez_float_encode_float(const aez_float_model *model, const double *x, size_t n,
                                  double *z);
/* The float decoder: hat [n][d] standardised, or in the data's units. NOMEM. */
aez_status aez_float_decode(const aez_float_model *model, const int32_t *latents, size_t n,
                            double *hat);
aez_status aez_float_decode_float(const aez_float_model *model, const double *z, size_t n,
                                  double *x);

typedef struct aez_export_loss {
    double with_floats, with_integers; /* mean squared errors a feature on the sample */
} aez_export_loss;

/* Integer decoder of the model into an initialised *out, which the caller frees. The sample [n][d]
 * (thousands of rows; n >= 1) calibrates ranges and bits a weight: as few bits as keep the squared
 * error on the sample within (1 + tolerance) of the float decoder's; tolerance 0: 0.005. OPTION
 * when integers cannot have a layer: why (may be NULL) receives a sentence. */
aez_status aez_export(const aez_float_model *model, const double *sample, size_t n,
                      double tolerance, aez_autoencoder *out, aez_export_loss *loss, char *why,
                      size_t why_size);

/* The whole float model as bytes (binary32 weights) and back. Statuses as aez_autoencoder_get. */
aez_status aez_float_model_put(const aez_float_model *model, aez_buf *out);
aez_status aez_float_model_get(const aez_mem *mem, aez_rd *in, aez_float_model **out);

#endif
