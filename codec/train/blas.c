/* blas.c - the matrix products of training: a serial BLAS, called by one thread at a time.
 *
 * The serial OpenBLAS of Debian hands out its work buffers without a lock: two threads inside it at
 * once give wrong sums or crash (seen with 0.3.21 at [64][100] times [100][10]). The lock makes
 * calls safe from any thread and any number of models; nothing else is shared. */
#include "blas.h"

#include <cblas.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static CBLAS_TRANSPOSE op(aez_trans trans)
{
    return trans == AEZ_TRANSPOSED ? CblasTrans : CblasNoTrans;
}

void aez_sgemm(aez_trans trans_a, aez_trans trans_b, size_t m, size_t n, size_t k, float alpha,
               const float *a, const float *b, float beta, float *c)
{
    int lda = (int)(trans_a == AEZ_TRANSPOSED ? m : k);
    int ldb = (int)(trans_b == AEZ_TRANSPOSED ? k : n);
    pthread_mutex_lock(&lock);
    cblas_sgemm(CblasRowMajor, op(trans_a), op(trans_b), (int)m, (int)n, (int)k, alpha, a, lda, b,
                ldb, beta, c, (int)n);
    pthread_mutex_unlock(&lock);
}

void aez_dgemm(aez_trans trans_a, aez_trans trans_b, size_t m, size_t n, size_t k, double alpha,
               const double *a, const double *b, double beta, double *c)
{
    int lda = (int)(trans_a == AEZ_TRANSPOSED ? m : k);
    int ldb = (int)(trans_b == AEZ_TRANSPOSED ? k : n);
    pthread_mutex_lock(&lock);
    cblas_dgemm(CblasRowMajor, op(trans_a), op(trans_b), (int)m, (int)n, (int)k, alpha, a, lda, b,
                ldb, beta, c, (int)n);
    pthread_mutex_unlock(&lock);
}

void aez_dsyrk(size_t n, size_t rows, double alpha, const double *a, double *c)
{
    pthread_mutex_lock(&lock);
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)n, (int)rows, alpha, a, (int)n, 1, c,
                (int)n);
    pthread_mutex_unlock(&lock);
}

void aez_dgemv(aez_trans trans, size_t rows, size_t cols, double alpha, const double *a,
               const double *x, double beta, double *y)
{
    pthread_mutex_lock(&lock);
    cblas_dgemv(CblasRowMajor, op(trans), (int)rows, (int)cols, alpha, a, (int)cols, x, 1, beta, y,
                1);
    pthread_mutex_unlock(&lock);
}

double aez_dnrm2(size_t n, const double *x)
{
    double norm;
    pthread_mutex_lock(&lock);
    norm = cblas_dnrm2((int)n, x, 1);
    pthread_mutex_unlock(&lock);
    return norm;
}
