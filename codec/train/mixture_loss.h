/* mixture_loss.h - bits of values under mixtures of logistics and spikes, and their gradient. */
#ifndef AEZ_TRAIN_MIXTURE_LOSS_H
#define AEZ_TRAIN_MIXTURE_LOSS_H

#include "../entropy/mixture.h"
#include "lanes.h"

/* out, grad: [aez_mixture_outputs][n], n a multiple of AEZ_LOSS_LANES; the numbers of mixture.h as
 * floats. Returns the sum of bits; grad: NULL, or its derivatives. */
double aez_mixture_loss(const aez_mixture_shape *shape, const float *out, const uint16_t *value,
                        size_t n, float *grad);

#endif
