/* mixture_train.h - trains the net of a mixture (aez.h): part of the trainer of libaez-train. */
#ifndef AEZ_TRAIN_MIXTURE_TRAIN_H
#define AEZ_TRAIN_MIXTURE_TRAIN_H

#include "../api/aez.h"

aez_status aez_train_mixture(const aez_allocator *allocator, const aez_mixture_task *task,
                             aez_mixture_layer *layers);

#endif
