/* autoencoder.h - the integer decoder of an autoencoder: latents to hat, and the decoder as bytes.
 *
 * hat = linear(latents) + net(latents), in fixed point; with no hidden layer it is PCA's decoder.
 * The encoder half is float, lives in codec/train, and is never needed to read a file. */
#ifndef AEZ_AUTOENCODER_AUTOENCODER_H
#define AEZ_AUTOENCODER_AUTOENCODER_H

#include "../base/buf.h"
#include "../net/net.h"

#define AEZ_HIDDEN_MAX 16              /* hidden layers */
#define AEZ_WEIGHTS_MAX ((size_t)1 << 24) /* weights of all layers together */
#define AEZ_LATENT_MAX 32767           /* larger latents count as this, with their sign */
#define AEZ_HAT_FRAC_MAX 24

typedef struct aez_autoencoder {
    aez_mem            mem;
    const aez_kernels *kernels;
    uint32_t           n_features, n_latent; /* 1 .. AEZ_LAYER_WIDTH_MAX */
    uint32_t           n_hidden;             /* 0 .. AEZ_HIDDEN_MAX */
    unsigned           frac;                 /* hat is in units of 2^-frac */
    int                common;               /* one offset and scale for all features */
    double            *offset, *scale;       /* [n_features], or [1] where common */
    aez_layer          linear;               /* latents -> features, with bias */
    aez_layer          hidden[AEZ_HIDDEN_MAX]; /* latents -> widths, with bias */
    aez_layer          last;                 /* last hidden width -> features, no bias */
} aez_autoencoder;

/* Everything zero, kernels picked for this CPU. */
void aez_autoencoder_init(aez_autoencoder *ae, const aez_mem *mem);
void aez_autoencoder_free(aez_autoencoder *ae);
/* Allocates all layers, zeroed. LIMIT when a width, a count or the total is out of bounds; NOMEM.
 * On failure ae is as after aez_autoencoder_init. */
aez_status aez_autoencoder_shape(aez_autoencoder *ae, uint32_t n_features, uint32_t n_latent,
                                 const uint32_t *hidden, uint32_t n_hidden, int common);

/* latents is [n_rows][n_latent], hat [n_rows][n_features]. AEZ_ERR_NOMEM (scratch of a few MiB at
 * most, whatever n_rows). Any latents are safe. */
aez_status aez_autoencoder_run(const aez_autoencoder *ae, const int32_t *latents, size_t n_rows,
                               int32_t *hat);
/* The one float expression: offset + scale * (hat * 2^-frac), each operation rounded to binary64
 * in this order; always finite. */
double aez_autoencoder_value(const aez_autoencoder *ae, size_t feature, int32_t hat);

/* Appends the decoder. AEZ_ERR_NOMEM (or out->failed). */
aez_status aez_autoencoder_put(const aez_autoencoder *ae, aez_buf *out);
/* Reads and checks a decoder into an initialised or freed *ae, which the caller frees afterwards.
 * VERSION, CORRUPT, LIMIT, TRUNCATED, NOMEM; on failure *ae needs no free. */
aez_status aez_autoencoder_get(aez_autoencoder *ae, const aez_mem *mem, aez_rd *in);

#endif
