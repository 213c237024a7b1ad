/* mixture_loss.h - bits of values under mixtures of logistics and spikes, and their gradient. */
#ifndef AEZ_TRAIN_MIXTURE_LOSS_H
#define AEZ_TRAIN_MIXTURE_LOSS_H

#include "../entropy/mixture.h"

#define AEZ_LOSS_LANES 16

/* A function made for several kinds of CPU, the best one taken when it runs. Loops of AEZ_LOSS_LANES
 * steps become vectors in it. */
#if defined(__x86_64__) && defined(__gnu_linux__)
#define AEZ_EACH_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define AEZ_EACH_CPU
#endif

/* out, grad: [aez_mixture_outputs][n], n a multiple of AEZ_LOSS_LANES; the numbers of mixture.h as
 * floats. Returns the sum of bits; grad: NULL, or its derivatives. */
double aez_mixture_loss(const aez_mixture_shape *shape, const float *out, const uint16_t *value,
                        size_t n, float *grad);

#endif
