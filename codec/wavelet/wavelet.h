/* wavelet.h - a field as coefficients of a separable wavelet transform, and the hat they give.
 *
 * The biorthogonal 9/7 wavelet of Cohen, Daubechies and Feauveau in lifting steps (Daubechies and
 * Sweldens 1998), along each axis by itself: `levels` halvings, the low half always first. The
 * writer transforms in floating point; what a reader computes is integers, modulo 2^64 (spec 11).
 */
#ifndef AEZ_WAVELET_WAVELET_H
#define AEZ_WAVELET_WAVELET_H

#include "../plan/plan.h"

#define AEZ_WAVELET_LEVELS_MAX 15
#define AEZ_WAVELET_FRACTION 6 /* bits of coefficients below the field's unit */
#define AEZ_WAVELET_STEP_MAX (UINT64_C(1) << 45)

typedef struct aez_wavelet {
    uint8_t  levels[AEZ_MAX_DIMS]; /* halvings along each axis of the grid */
    uint64_t step;   /* quantisation step of orthonormal coefficients, in 2^-6 units; >= 1 */
    uint8_t  lift;   /* a coefficient q other than 0 stands for |q| + lift / 256 steps */
    int64_t  centre; /* subtracted from the field */
} aez_wavelet;

/* Halvings after which an axis of n sites is no longer than `last` (>= 1). */
unsigned aez_wavelet_levels(uint64_t n, uint64_t last);
/* Which halving the coefficient at coordinate i of an axis comes from: 0 the first (finest), ...,
 * `levels` for those that are low to the end. */
unsigned aez_wavelet_octave(uint64_t i, uint64_t n, unsigned levels);

/* Quantised coefficients to the hat, in place; q and the hat are [n_sites]. NOMEM. */
aez_status aez_wavelet_inverse(const aez_wavelet *w, const aez_mem *mem, const aez_grid *grid,
                               int64_t *q);
/* A field (with the centre subtracted) to real coefficients, in place: what the steps of
 * aez_wavelet_quantise are for. NOMEM. */
aez_status aez_wavelet_forward(const aez_wavelet *w, const aez_mem *mem, const aez_grid *grid,
                               double *x);
/* q = sign(x) * floor(|x| / step there + rounding); rounding below 1/2 prefers zeros. NOMEM. */
aez_status aez_wavelet_quantise(const aez_wavelet *w, const aez_mem *mem, const aez_grid *grid,
                                const double *x, double rounding, int64_t *q);

#endif
