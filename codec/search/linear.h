/* linear.h - small dense least squares: weighted normal equations, Cholesky, non-negative solution.
 */
#ifndef AEZ_SEARCH_LINEAR_H
#define AEZ_SEARCH_LINEAR_H

#include <stddef.h>

#define AEZ_LINEAR_MAX 64

/* Normal equations of n unknowns. */
typedef struct aez_normal {
    unsigned n;
    double   a[AEZ_LINEAR_MAX][AEZ_LINEAR_MAX]; /* lower triangle */
    double   b[AEZ_LINEAR_MAX];
} aez_normal;

void aez_normal_clear(aez_normal *e, unsigned n);
/* Adds the equation sum_j x[j] * w[j] = y with this weight. */
void aez_normal_add(aez_normal *e, const double *x, double y, double weight);
/* Solves with a ridge of `ridge` times the mean diagonal; 0 when the system is not definite. */
int aez_normal_solve(const aez_normal *e, double ridge, double *w);
/* Solution with all w[j] >= 0 by coordinate descent (Franc, Hlavac, Navara 2005), `rounds` sweeps.
 */
void aez_normal_solve_positive(const aez_normal *e, unsigned rounds, double *w);

#endif
