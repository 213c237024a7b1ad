/* blas.h - the matrix products of training: from any threads at once, each call on its own. */
#ifndef AEZ_TRAIN_BLAS_H
#define AEZ_TRAIN_BLAS_H

#include <stddef.h>

typedef enum aez_trans { AEZ_PLAIN = 0, AEZ_TRANSPOSED = 1 } aez_trans;

/* c [m][n] = alpha * op(a) op(b) + beta * c; op(a) is [m][k], op(b) [k][n], all without gaps. */
void aez_sgemm(aez_trans trans_a, aez_trans trans_b, size_t m, size_t n, size_t k, float alpha,
               const float *a, const float *b, float beta, float *c);
void aez_dgemm(aez_trans trans_a, aez_trans trans_b, size_t m, size_t n, size_t k, double alpha,
               const double *a, const double *b, double beta, double *c);
/* Upper triangle of c [n][n] += alpha * a^T a, a [rows][n]. */
void aez_dsyrk(size_t n, size_t rows, double alpha, const double *a, double *c);
/* y = alpha * op(a) x + beta * y, a [rows][cols]. */
void   aez_dgemv(aez_trans trans, size_t rows, size_t cols, double alpha, const double *a,
                 const double *x, double beta, double *y);
double aez_dnrm2(size_t n, const double *x);
/* Whether calls from several threads run side by side (else one after another). */
int aez_blas_is_parallel(void);

#endif
