/* pca.c - principal components in closed form, or by subspace iteration where features are many. */
#include "blas.h"
#include "float_model.h"

#include <math.h>
#include <string.h>

#define ROWS 256         /* rows a block, at most */
#define BLOCK_VALUES ((size_t)1 << 22)
#define DIRECT_MAX 512   /* up to here the whole covariance matrix is decomposed */
#define SWEEPS 10        /* of the subspace iteration */
#define WORK_MAX 4e10    /* multiply-adds of one pass over the rows; more: every k-th row */

typedef struct pca {
    const float *x; /* [n][d], every stride-th row is used */
    size_t       n, d, stride, n_used;
    size_t       k;      /* components wanted */
    size_t       m;      /* vectors carried along, k <= m <= d */
    size_t       most;   /* rows a block */
    double      *mean;   /* [d] */
    double      *block;  /* [most][d] centred rows */
    double      *basis;  /* [m][d] orthonormal rows */
    double      *image;  /* [m][d] basis times covariance */
    double      *coords; /* [m][most] */
    double      *small;  /* [m][m] */
    double      *vectors;/* [m][m] */
    double      *values; /* [m] */
    double      *work;   /* [2 m] */
} pca;

static void pca_free(const aez_mem *mem, pca *p)
{
    double *blocks[] = {p->mean,  p->block,   p->basis,  p->image, p->coords,
                        p->small, p->vectors, p->values, p->work};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        aez_drop(mem, blocks[i]);
}

static aez_status pca_init(const aez_mem *mem, pca *p, const float *x, size_t n, size_t d, size_t k)
{
    memset(p, 0, sizeof *p);
    p->x = x;
    p->n = n;
    p->d = d;
    p->k = k;
    p->m = d <= DIRECT_MAX || k + k / 4 + 16 > d ? d : k + k / 4 + 16;
    p->stride = 1 + (size_t)((double)n * (double)d * (double)p->m / WORK_MAX);
    if (n / p->stride < 4 * d) /* no use in starving the covariance */
        p->stride = n / (4 * d) ? n / (4 * d) : 1;
    p->n_used = (n + p->stride - 1) / p->stride;
    p->most = BLOCK_VALUES / d < 1 ? 1 : BLOCK_VALUES / d < ROWS ? BLOCK_VALUES / d : ROWS;
    p->mean = aez_take(mem, d, sizeof(double));
    p->block = aez_take(mem, p->most * d, sizeof(double));
    p->basis = aez_take(mem, p->m * d, sizeof(double));
    p->image = aez_take(mem, p->m * d, sizeof(double));
    p->coords = aez_take(mem, p->m * p->most, sizeof(double));
    p->small = aez_take(mem, p->m * p->m, sizeof(double));
    p->vectors = aez_take(mem, p->m * p->m, sizeof(double));
    p->values = aez_take(mem, p->m, sizeof(double));
    p->work = aez_take(mem, 2 * p->m, sizeof(double));
    if (p->mean && p->block && p->basis && p->image && p->coords && p->small && p->vectors &&
        p->values && p->work)
        return AEZ_OK;
    return AEZ_ERR_NOMEM;
}

/* Centred rows first .. of the rows used; returns how many. */
static size_t fill_block(const pca *p, size_t first)
{
    size_t rows = p->n_used - first < p->most ? p->n_used - first : p->most;
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < p->d; j++)
            p->block[r * p->d + j] =
                (double)p->x[(first + r) * p->stride * p->d + j] - p->mean[j];
    return rows;
}

static void find_mean(pca *p)
{
    for (size_t r = 0; r < p->n; r++)
        for (size_t j = 0; j < p->d; j++)
            p->mean[j] += (double)p->x[r * p->d + j];
    for (size_t j = 0; j < p->d; j++)
        p->mean[j] /= (double)p->n;
}

/* All of the covariance, then all of its eigenvectors. */
static int solve_direct(pca *p)
{
    size_t d = p->d;
    for (size_t r = 0; r < p->n_used; r += p->most) {
        size_t rows = fill_block(p, r);
        aez_dsyrk(d, rows, 1 / (double)p->n_used, p->block, p->small);
    }
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++)
            p->small[i * d + j] = p->small[j * d + i];
    return aez_eigen_symmetric(p->small, d, p->values, p->basis, p->work);
}

/* image = basis * covariance */
static void multiply(pca *p)
{
    size_t d = p->d, m = p->m;
    memset(p->image, 0, m * d * sizeof *p->image);
    for (size_t r = 0; r < p->n_used; r += p->most) {
        size_t rows = fill_block(p, r);
        aez_dgemm(AEZ_PLAIN, AEZ_TRANSPOSED, m, rows, d, 1, p->basis, p->block, 0, p->coords);
        aez_dgemm(AEZ_PLAIN, AEZ_PLAIN, m, d, rows, 1 / (double)p->n_used, p->coords, p->block, 1,
                  p->image);
    }
}

/* Random unit-size entries for one row: the start, and the stand-in for a row that vanished. */
static void randomise_row(double *row, size_t d, uint64_t seed)
{
    for (size_t j = 0; j < d; j++)
        row[j] = (double)aez_hash_uniform(seed + j);
}

/* basis = orthonormal rows that span the rows of image: Gram-Schmidt, each row twice. */
static void orthonormalise(pca *p, uint64_t seed)
{
    size_t d = p->d;
    memcpy(p->basis, p->image, p->m * d * sizeof *p->basis);
    for (size_t i = 0; i < p->m; i++) {
        double *row = p->basis + i * d, norm = 0;
        for (unsigned tries = 0; tries < 3; tries++) {
            double before = aez_dnrm2(d, row);
            for (unsigned twice = 0; i > 0 && twice < 2; twice++) {
                aez_dgemv(AEZ_PLAIN, i, d, 1, p->basis, row, 0, p->work);
                aez_dgemv(AEZ_TRANSPOSED, i, d, -1, p->basis, p->work, 1, row);
            }
            norm = aez_dnrm2(d, row);
            if (norm > before * 1e-12)
                break; /* something is left that is not rounding noise */
            randomise_row(row, d, seed + (i + 1) * d);
            norm = 1;
        }
        for (size_t j = 0; j < d; j++)
            row[j] /= norm;
    }
}

/* Randomised subspace iteration, then Rayleigh-Ritz in the subspace found. */
static int solve_subspace(pca *p, uint64_t seed)
{
    size_t d = p->d, m = p->m;
    for (size_t i = 0; i < m; i++)
        randomise_row(p->image + i * d, d, seed + i * d);
    orthonormalise(p, seed);
    for (unsigned s = 0; s < SWEEPS; s++) {
        multiply(p);
        orthonormalise(p, seed);
    }
    multiply(p);
    aez_dgemm(AEZ_PLAIN, AEZ_TRANSPOSED, m, m, d, 1, p->image, p->basis, 0, p->small);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < i; j++)
            p->small[i * m + j] = p->small[j * m + i];
    if (!aez_eigen_symmetric(p->small, m, p->values, p->vectors, p->work))
        return 0;
    aez_dgemm(AEZ_PLAIN, AEZ_PLAIN, m, d, m, 1, p->vectors, p->basis, 0, p->image);
    memcpy(p->basis, p->image, m * d * sizeof *p->basis);
    return 1;
}

/* Encoder: rows are components; decoder: columns are; the mean is in both biases. */
static void install(const pca *p, aez_float_model *m, double *variance)
{
    float *ew = m->params + m->encoder.bypass_w, *eb = m->params + m->encoder.bypass_b;
    float *dw = m->params + m->decoder.bypass_w, *db = m->params + m->decoder.bypass_b;
    for (size_t l = 0; l < p->k; l++) {
        double bias = 0;
        for (size_t j = 0; j < p->d; j++) {
            double c = p->basis[l * p->d + j];
            ew[l * p->d + j] = (float)c;
            dw[j * p->k + l] = (float)c;
            bias -= c * p->mean[j];
        }
        eb[l] = (float)bias;
        variance[l] = p->values[l] > 0 ? p->values[l] : 0;
    }
    for (size_t j = 0; j < p->d; j++)
        db[j] = (float)p->mean[j];
}

aez_status aez_float_pca(aez_float_model *m, const float *x, size_t n, uint64_t seed,
                         double *variance)
{
    pca        p;
    aez_status st = pca_init(&m->mem, &p, x, n, m->n_features, m->n_latent);
    if (st == AEZ_OK) {
        find_mean(&p);
        if (p.m == p.d ? solve_direct(&p) : solve_subspace(&p, aez_hash64(seed)))
            install(&p, m, variance);
        else
            st = AEZ_ERR_OPTION; /* only values that are not finite come here */
    }
    pca_free(&m->mem, &p);
    return st;
}
