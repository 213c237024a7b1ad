/* bodies.h - bodies of models for tests: a small decoder, and plans of stages searched for. */
#ifndef AEZ_TESTS_BODIES_H
#define AEZ_TESTS_BODIES_H

#include <criterion/criterion.h>

#include "codec/chunk/model.h"

/* A linear decoder of some features and latents (0: a mean alone) with numbers of no meaning. */
static inline void bodies_decoder(const aez_mem *mem, uint32_t n_features, uint32_t n_latent,
                                  aez_buf *out)
{
    aez_autoencoder ae;
    aez_autoencoder_init(&ae, mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, n_features, n_latent, n_features, 1, n_latent > 0),
                 AEZ_OK);
    ae.frac = 10;
    ae.scale[0] = 2;
    for (uint32_t j = 0; j < n_features; j++)
        ae.offset[j] = 100 * j + 0.25;
    for (uint32_t i = 0; i < n_features * n_latent; i++)
        ae.linear.weight[i] = (int16_t)(i * i % 101 - 50);
    if (n_latent)
        aez_layer_prove(&ae.linear);
    cr_assert_eq(aez_autoencoder_put(&ae, out), AEZ_OK);
    aez_autoencoder_free(&ae);
}

#endif
