/* blas.c - the matrix products of training: every call is one thread's work, in any thread.
 *
 * OpenBLAS comes in three kinds, and the one that runs may be another than the one linked:
 * - for OpenMP: no threads at load and safe from several threads. The number of threads of a call
 *   is the caller's own setting in OpenMP, put to 1 around the call.
 * - with threads of its own: safe too once the number of threads is 1, a setting of the process.
 * - serial: it hands out its work buffers without a lock, so that two threads inside it at once
 *   get wrong sums or crash (seen with 0.3.21 at [64][100] times [100][10]). There calls wait for
 *   one another.
 * So sums never depend on how many threads there are, and nothing is shared between calls. */
#include "blas.h"

#include <cblas.h>
#include <pthread.h>

/* OpenMP's run-time library; omp.h is not installed with every compiler. */
int  omp_get_max_threads(void);
void omp_set_num_threads(int n);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Returns what leave takes. */
static int enter(void)
{
    int n_threads = 1;
    switch (openblas_get_parallel()) {
    case OPENBLAS_OPENMP:
        n_threads = omp_get_max_threads();
        if (n_threads != 1)
            omp_set_num_threads(1);
        break;
    case OPENBLAS_THREAD:
        pthread_mutex_lock(&lock);
        if (openblas_get_num_threads() != 1)
            openblas_set_num_threads(1);
        pthread_mutex_unlock(&lock);
        break;
    default:
        pthread_mutex_lock(&lock);
    }
    return n_threads;
}

static void leave(int n_threads)
{
    if (openblas_get_parallel() == OPENBLAS_SEQUENTIAL)
        pthread_mutex_unlock(&lock);
    else if (n_threads != 1)
        omp_set_num_threads(n_threads);
}

int aez_blas_is_parallel(void)
{
    return openblas_get_parallel() != OPENBLAS_SEQUENTIAL;
}

static CBLAS_TRANSPOSE op(aez_trans trans)
{
    return trans == AEZ_TRANSPOSED ? CblasTrans : CblasNoTrans;
}

void aez_sgemm(aez_trans trans_a, aez_trans trans_b, size_t m, size_t n, size_t k, float alpha,
               const float *a, const float *b, float beta, float *c)
{
    int lda = (int)(trans_a == AEZ_TRANSPOSED ? m : k);
    int ldb = (int)(trans_b == AEZ_TRANSPOSED ? k : n);
    int before = enter();
    cblas_sgemm(CblasRowMajor, op(trans_a), op(trans_b), (int)m, (int)n, (int)k, alpha, a, lda, b,
                ldb, beta, c, (int)n);
    leave(before);
}

void aez_dgemm(aez_trans trans_a, aez_trans trans_b, size_t m, size_t n, size_t k, double alpha,
               const double *a, const double *b, double beta, double *c)
{
    int lda = (int)(trans_a == AEZ_TRANSPOSED ? m : k);
    int ldb = (int)(trans_b == AEZ_TRANSPOSED ? k : n);
    int before = enter();
    cblas_dgemm(CblasRowMajor, op(trans_a), op(trans_b), (int)m, (int)n, (int)k, alpha, a, lda, b,
                ldb, beta, c, (int)n);
    leave(before);
}

void aez_dsyrk(size_t n, size_t rows, double alpha, const double *a, double *c)
{
    int before = enter();
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)n, (int)rows, alpha, a, (int)n, 1, c,
                (int)n);
    leave(before);
}

void aez_dgemv(aez_trans trans, size_t rows, size_t cols, double alpha, const double *a,
               const double *x, double beta, double *y)
{
    int before = enter();
    cblas_dgemv(CblasRowMajor, op(trans), (int)rows, (int)cols, alpha, a, (int)cols, x, 1, beta, y,
                1);
    leave(before);
}

double aez_dnrm2(size_t n, const double *x)
{
    int    before = enter();
    double norm = cblas_dnrm2((int)n, x, 1);
    leave(before);
    return norm;
}
