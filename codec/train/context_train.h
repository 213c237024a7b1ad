/* context_train.h - training of context nets: float descent on true bits, then in int8 weights. */
#ifndef AEZ_TRAIN_CONTEXT_TRAIN_H
#define AEZ_TRAIN_CONTEXT_TRAIN_H

#include "../base/mem.h"

#define AEZ_CONTEXT_WIDTH_MAX 256

/* As the member `context` of aez_trainer. */
aez_status aez_context_train(const aez_mem *mem, const aez_context_task *task,
                             aez_context_layer *layers);
/* Bits of a value v (in steps) under a logistic of mean m and scale 2^log_scale, less a constant
 * that depends on nothing; adds the slopes by m and by log_scale. For tests too. */
float aez_context_bits(float v, float m, float log_scale, float *by_mean, float *by_scale);

#endif
