/* loss.h - losses of training and their gradients, in vectors. Sums are of all rows given. */
#ifndef AEZ_TRAIN_LOSS_H
#define AEZ_TRAIN_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* Sum of (y - x)^2 over n values; dy = slope * (y - x). */
double aez_loss_square(const float *restrict y, const float *restrict x, size_t n, float slope,
                       float *restrict dy);
/* Sum of the cross-entropies in nats of targets x in 0 .. 1 under sigmoid(y): the sigmoid is part
 * of the loss, so that it is exact however sure y is. dy = slope * derivative. */
double aez_loss_cross_entropy(const float *restrict y, const float *restrict x, size_t n,
                              float slope, float *restrict dy);
/* Sum of |z|; dz += slope * sign(z). */
double aez_loss_size(const float *z, size_t n, float slope, float *dz);

/* Bits of z [n_rows][k], in steps, under a logistic for each of the k: P(z) is its share of z - 1/2
 * .. z + 1/2. The natural logarithm of the scale. Adds slope * derivatives to dz, d_mean [k] and
 * d_log_scale [k]; dz may be NULL. */
double aez_loss_prior(const float *z, size_t n_rows, size_t k, const float *mean,
                      const float *log_scale, float slope, float *dz, float *d_mean,
                      float *d_log_scale);

/* x += deviation * normal numbers of the counters from, from + 1 ... of a key. */
void aez_add_normal(float *x, size_t n, float deviation, uint64_t key, uint32_t from);
/* to *= by, to += from, sum of squares: n values. */
void   aez_scale_all(float *to, float by, size_t n);
void   aez_add_all(float *restrict to, const float *restrict from, size_t n);
double aez_square_sum(const float *v, size_t n);

#endif
