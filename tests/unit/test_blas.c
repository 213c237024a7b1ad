/* test_blas.c - products are right, the same in every thread, and leave OpenMP's setting alone. */
#include "codec/base/rng.h"
#include "codec/train/blas.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST 60000
#define N_SIZES (sizeof sizes / sizeof *sizes)

int  omp_get_max_threads(void);
void omp_set_num_threads(int n);

/* m, n, k; the first is where the serial OpenBLAS of Debian crashed in two threads. */
static const size_t sizes[][3] = {
    {64, 10, 100}, {1, 1, 1},     {1, 33, 7},   {17, 1, 65},  {3, 3, 300},   {64, 32, 784},
    {32, 784, 64}, {32, 784, 9},  {16, 400, 1}, {5, 130, 31}, {130, 5, 129}, {72, 144, 40},
};

typedef struct product {
    aez_trans ta, tb;
    size_t    m, n, k;
    float    *a, *b, *c, *expected;
} product;

static void fill(float *x, size_t n, uint64_t seed)
{
    aez_rng r;
    aez_rng_seed(&r, seed);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(int64_t)(aez_rng_next(&r) >> 40) / (float)(1 << 23) - 1;
}

static product make(size_t number)
{
    product p = {number & 1 ? AEZ_TRANSPOSED : AEZ_PLAIN, number & 2 ? AEZ_TRANSPOSED : AEZ_PLAIN,
                 sizes[number / 4][0], sizes[number / 4][1], sizes[number / 4][2],
                 malloc(LARGEST * sizeof(float)), malloc(LARGEST * sizeof(float)),
                 malloc(LARGEST * sizeof(float)), malloc(LARGEST * sizeof(float))};
    fill(p.a, p.m * p.k, number);
    fill(p.b, p.k * p.n, number + 1000);
    return p;
}

static void drop(product *p)
{
    free(p->a);
    free(p->b);
    free(p->c);
    free(p->expected);
}

static void run(const product *p, float *c)
{
    memset(c, 0, p->m * p->n * sizeof *c);
    aez_sgemm(p->ta, p->tb, p->m, p->n, p->k, 1, p->a, p->b, 0, c);
}

static double plain(const product *p, size_t r, size_t col)
{
    double sum = 0;
    for (size_t i = 0; i < p->k; i++) {
        double a = (double)(p->ta ? p->a[i * p->m + r] : p->a[r * p->k + i]);
        double b = (double)(p->tb ? p->b[col * p->k + i] : p->b[i * p->n + col]);
        sum += a * b;
    }
    return sum;
}

Test(blas, products_are_those_of_a_plain_loop)
{
    for (size_t number = 0; number < 4 * N_SIZES; number++) {
        product p = make(number);
        run(&p, p.c);
        for (size_t i = 0; i < p.m * p.n; i++)
            cr_assert_lt(fabs((double)p.c[i] - plain(&p, i / p.n, i % p.n)), 2e-5 * sqrt(p.k),
                         "product %zu at %zu", number, i);
        drop(&p);
    }
}

#define ROUNDS 60
#define N_THREADS 3

static void *hammer(void *arg)
{
    size_t *n_wrong = arg, first = *n_wrong;
    *n_wrong = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        product p = make((first * 7 + round) % (4 * N_SIZES));
        run(&p, p.expected);
        for (int again = 0; again < 20; again++) {
            run(&p, p.c);
            *n_wrong += memcmp(p.c, p.expected, p.m * p.n * sizeof *p.c) != 0;
        }
        for (size_t i = 0; i < p.m * p.n; i += 37)
            *n_wrong += fabs((double)p.c[i] - plain(&p, i / p.n, i % p.n)) > 2e-5 * sqrt(p.k);
        drop(&p);
    }
    return NULL;
}

Test(blas, many_threads_at_once_get_the_right_products)
{
    pthread_t thread[N_THREADS];
    size_t    n_wrong[N_THREADS];
    for (size_t i = 0; i < N_THREADS; i++) {
        n_wrong[i] = i;
        cr_assert_eq(pthread_create(&thread[i], NULL, hammer, &n_wrong[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(thread[i], NULL);
        cr_assert_eq(n_wrong[i], 0, "thread %zu had %zu wrong products", i, n_wrong[i]);
    }
}

static size_t n_threads_now(void)
{
    DIR   *tasks = opendir("/proc/self/task");
    size_t n = 0;
    while (tasks && readdir(tasks))
        n++;
    if (tasks)
        closedir(tasks);
    return n;
}

/* A product large enough for OpenBLAS to share out, were it allowed to. */
Test(blas, a_call_starts_no_threads_and_leaves_the_setting_of_openmp)
{
    const size_t n = 512;
    float       *x = calloc(n * n, 2 * sizeof *x);
    size_t       before = n_threads_now();
    omp_set_num_threads(3);
    aez_sgemm(AEZ_PLAIN, AEZ_PLAIN, n, n, n, 1, x, x, 0, x + n * n);
    cr_assert_eq(omp_get_max_threads(), 3);
    cr_assert_eq(n_threads_now(), before);
    free(x);
}

Test(blas, calls_run_side_by_side_with_the_package_that_is_installed)
{
    cr_assert(aez_blas_is_parallel(), "OpenBLAS is the serial one: see update-alternatives "
                                      "--display libopenblas.so.0-*, and make deps");
}
