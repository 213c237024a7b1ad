/* latent_gauss.h - a Gaussian with full covariance, fitted to latents and drawn from. */
#ifndef AEZ_CLI_LATENT_GAUSS_H
#define AEZ_CLI_LATENT_GAUSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aez_latent_gauss {
    uint32_t k;
    uint64_t n;        /* points seen */
    double  *mean;     /* owned: [k]; the sum of the points until it is fitted */
    double  *moment;   /* owned: [k][k], lower half: sums of products of what is left of `base`; the
                        * factor L of the covariance once it is fitted */
    double  *base;     /* owned: [k] the first point, so that sums stay small */
    uint64_t state;    /* of the random numbers */
} aez_latent_gauss;

/* False: no memory. aez_latent_gauss_free either way. */
bool aez_latent_gauss_init(aez_latent_gauss *g, uint32_t k, uint64_t seed);
void aez_latent_gauss_free(aez_latent_gauss *g);
void aez_latent_gauss_add(aez_latent_gauss *g, const double *z, size_t n); /* [n][k] */
/* From points to mean and L with L L^T the covariance. False with fewer than 2 points. */
bool aez_latent_gauss_fit(aez_latent_gauss *g);
void aez_latent_gauss_draw(aez_latent_gauss *g, double *z); /* [k] */

#endif
