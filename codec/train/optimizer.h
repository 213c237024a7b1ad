/* optimizer.h - how a gradient moves parameters: SGD with momentum, Adam, Adadelta. */
#ifndef AEZ_TRAIN_OPTIMIZER_H
#define AEZ_TRAIN_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>

/* SGD       first = momentum first + g;  p -= rate first
 * Adam      first, second: means of g and g^2 that forget by momentum (0.9) and 0.999, each divided
 *           by 1 - what it forgets to the power of step;  p -= rate first / (sqrt(second) + 1e-10)
 * Adadelta  second: mean of g^2, first: of the squares of changes, by momentum (0.95);
 *           p -= rate sqrt(first + 1e-7) / sqrt(second + 1e-7) g */
typedef struct aez_optimizer {
    int    kind; /* AEZ_ADAM ... */
    double rate, momentum;
} aez_optimizer;

/* Numbers of one step, which is counted from 1. */
typedef struct aez_optimizer_step {
    int   kind;
    float rate, keep, second_scale, grad_scale;
} aez_optimizer_step;

/* grad_scale: what gradients are multiplied by first (clipping). */
aez_optimizer_step aez_optimizer_at(const aez_optimizer *o, uint64_t step, double grad_scale);
/* Moves n parameters; SGD leaves second alone. */
void aez_optimizer_move(const aez_optimizer_step *s, float *p, const float *g, float *first,
                        float *second, size_t n);

#endif
