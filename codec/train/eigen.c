/* eigen.c - eigenvalues and eigenvectors of a symmetric matrix: Householder, then implicit QL. */
#include "float_model.h"

#include <math.h>
#include <string.h>

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* a += c * b */
static void add_scaled(double *a, double c, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] += c * b[i];
}

/* Reflector that clears column k of a below the subdiagonal; its vector goes to a[k][k + 1 ...],
 * its factor to *beta. Returns the new subdiagonal element. */
static double reflector(double *a, size_t n, size_t k, double *beta)
{
    double *v = a + k * n + k + 1; /* row k equals column k: the matrix is symmetric */
    size_t  len = n - k - 1;
    double  norm = sqrt(dot(v, v, len)), alpha = v[0] > 0 ? -norm : norm, square;
    v[0] -= alpha;
    square = dot(v, v, len);
    *beta = square > 0 ? 2 / square : 0;
    return alpha;
}

/* Trailing part of a becomes H a H, both triangles kept. p: [n] */
static void reflect_both_sides(double *a, size_t n, size_t k, double beta, double *p)
{
    const double *v = a + k * n + k + 1;
    size_t        len = n - k - 1;
    double        half;
    if (beta == 0)
        return;
    for (size_t i = 0; i < len; i++)
        p[i] = beta * dot(a + (k + 1 + i) * n + k + 1, v, len);
    half = beta / 2 * dot(p, v, len);
    add_scaled(p, -half, v, len);
    for (size_t i = 0; i < len; i++) {
        double *row = a + (k + 1 + i) * n + k + 1;
        double  vi = v[i], pi = p[i];
        for (size_t j = 0; j < len; j++)
            row[j] -= vi * p[j] + pi * v[j];
    }
}

/* v becomes the transposed product of the reflectors, from their vectors in a. */
static void accumulate(const double *a, size_t n, const double *beta, double *v)
{
    memset(v, 0, n * n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i * n + i] = 1;
    for (size_t k = n - 2; k-- > 0;) {
        const double *h = a + k * n + k + 1;
        size_t        len = n - k - 1;
        for (size_t i = k + 1; i < n; i++) {
            double *row = v + i * n + k + 1;
            add_scaled(row, -beta[k] * dot(row, h, len), h, len);
        }
    }
}

static void rotate_rows(double *lower, double *upper, double c, double s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double f = upper[i], g = lower[i];
        upper[i] = s * g + c * f;
        lower[i] = c * g - s * f;
    }
}

/* What rounding has put into every element of the tridiagonal form: where many eigenvalues are zero
 * (fewer rows than features), neighbours alone would never call what is left of them negligible. */
static double noise_of(const double *d, const double *e, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabs(d[i]) + fabs(e[i]) > most ? fabs(d[i]) + fabs(e[i]) : most;
    return most * 0x1p-53;
}

/* First index from l on whose subdiagonal element is negligible; NaN never is. */
static size_t first_small(const double *d, const double *e, size_t l, size_t n, double noise)
{
    size_t m = l;
    while (m + 1 < n && !(fabs(e[m]) <= noise) &&
           !(fabs(e[m]) <= 0x1p-53 * (fabs(d[m]) + fabs(d[m + 1]))))
        m++;
    return m;
}

/* One implicit QL sweep over l .. m of diagonal d and subdiagonal e. */
static void sweep(double *d, double *e, size_t l, size_t m, double *v, size_t n)
{
    double g = (d[l + 1] - d[l]) / (2 * e[l]), s = 1, c = 1, p = 0, r = hypot(g, 1);
    g = d[m] - d[l] + e[l] / (g + copysign(r, g));
    for (size_t i = m; i-- > l;) {
        double f = s * e[i], b = c * e[i];
        r = hypot(f, g);
        e[i + 1] = r;
        if (r == 0) {
            d[i + 1] -= p;
            e[m] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        rotate_rows(v + i * n, v + (i + 1) * n, c, s, n);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
}

static void sort_descending(double *d, double *v, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t best = i;
        double t;
        for (size_t j = i + 1; j < n; j++)
            best = d[j] > d[best] ? j : best;
        if (best == i)
            continue;
        t = d[i], d[i] = d[best], d[best] = t;
        for (size_t j = 0; j < n; j++)
            t = v[i * n + j], v[i * n + j] = v[best * n + j], v[best * n + j] = t;
    }
}

int aez_eigen_symmetric(double *a, size_t n, double *values, double *v, double *work)
{
    double *e = work, *beta = work + n, noise;
    if (n == 1) {
        values[0] = a[0];
        v[0] = 1;
        return a[0] == a[0];
    }
    for (size_t k = 0; k + 2 < n; k++) {
        values[k] = a[k * n + k];
        e[k] = reflector(a, n, k, &beta[k]);
        reflect_both_sides(a, n, k, beta[k], v); /* v is free until accumulate */
    }
    values[n - 2] = a[(n - 2) * n + n - 2];
    values[n - 1] = a[n * n - 1];
    e[n - 2] = a[(n - 2) * n + n - 1];
    e[n - 1] = 0;
    accumulate(a, n, beta, v);
    noise = noise_of(values, e, n);
    for (size_t l = 0; l < n; l++) {
        unsigned tries = 0;
        for (size_t m; (m = first_small(values, e, l, n, noise)) != l; sweep(values, e, l, m, v, n))
            if (++tries > 60)
                return 0;
        if (!(fabs(values[l]) <= 0x1p1000))
            return 0;
    }
    sort_descending(values, v, n);
    return 1;
}
