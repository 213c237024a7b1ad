/* contract.h - the contractive penalty: the squared Jacobian of an encoder, and its gradient.
 *
 * The penalty of a row is |J|^2 = sum over latents i and inputs j of (dz_i / dx_j)^2. For encoders
 * of one dense layer, with or without an activation, it is computed as it stands. For deeper ones
 * |J^T v|^2 stands for it, with v a vector of random signs: its mean over v is |J|^2 (M.
 * Hutchinson, 1989), and its gradient is the estimate's own, by differentiating through the
 * backward pass. */
#ifndef AEZ_TRAIN_CONTRACT_H
#define AEZ_TRAIN_CONTRACT_H

#include "float_model.h"

/* Whether an encoder can have the penalty: dense layers, activations, shapes. */
int aez_contract_fits(const aez_half *h);
/* Floats of scratch for n_rows. */
size_t aez_contract_work(const aez_half *h, size_t n_rows);
/* Sum over rows of the penalty, or of its estimate with the signs of the counters first_row *
 * n_latent ... of key; adds slope * gradient to grads. */
double aez_contract(const aez_half *h, const float *params, const float *x, size_t n_rows,
                    uint64_t key, size_t first_row, float slope, float *work, float *grads);

#endif
