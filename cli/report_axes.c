/* report_axes.c - principal axes of rows: where a cloud of points is widest. */
#include "platform.h"

#include "report_axes.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SWEEPS 60

static double *centre(const double *rows, size_t n, size_t width)
{
    double *mean = calloc(width + 1, sizeof *mean);
    for (size_t i = 0; mean && i < n; i++)
        for (size_t k = 0; k < width; k++)
            mean[k] += rows[i * width + k] / (double)n;
    return mean;
}

/* cov is [width][width], upper half and mirror. */
static double *covariance(const double *rows, size_t n, size_t width, const double *mean)
{
    double *cov = calloc(width * width + 1, sizeof *cov);
    for (size_t i = 0; cov && i < n; i++)
        for (size_t k = 0; k < width; k++) {
            double d = (rows[i * width + k] - mean[k]) / (double)n;
            for (size_t j = k; j < width; j++)
                cov[k * width + j] += d * (rows[i * width + j] - mean[j]);
        }
    for (size_t k = 0; cov && k < width; k++)
        for (size_t j = 0; j < k; j++)
            cov[k * width + j] = cov[j * width + k];
    return cov;
}

/* One rotation of Jacobi's method: a[p][q] becomes 0; v collects the rotations. */
static void rotate(double *a, double *v, size_t n, size_t p, size_t q)
{
    double apq = a[p * n + q], theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < n; k++) {
        double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        double x = v[k * n + p], y = v[k * n + q];
        v[k * n + p] = c * x - s * y;
        v[k * n + q] = s * x + c * y;
    }
}

/* Eigenvalues to the diagonal of a, eigenvectors to the columns of v. */
static void diagonalise(double *a, double *v, size_t n)
{
    double total = 0;
    for (size_t i = 0; i < n * n; i++)
        total += a[i] * a[i];
    for (size_t i = 0; i < n; i++)
        v[i * n + i] = 1;
    for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
        double off = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                off += a[p * n + q] * a[p * n + q];
        if (!(off > 1e-28 * total))
            return;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > 1e-300)
                    rotate(a, v, n, p, q);
    }
}

/* The column of v with the largest eigenvalue other than `without`. */
static size_t widest(const double *a, size_t n, size_t without)
{
    size_t best = without == 0 && n > 1 ? 1 : 0;
    for (size_t i = 0; i < n; i++)
        if (i != without && a[i * n + i] > a[best * n + best])
            best = i;
    return best;
}

/* +1 or -1: so that the largest entry of the axis is positive. */
static double sign_of(const double *v, size_t n, size_t column)
{
    double largest = 0;
    for (size_t k = 0; k < n; k++)
        if (fabs(v[k * n + column]) > fabs(largest))
            largest = v[k * n + column];
    return largest < 0 ? -1 : 1;
}

static void project(const double *rows, size_t n, size_t width, const double *mean,
                    const double *v, const size_t axis[2], double *out)
{
    double sign[2] = {sign_of(v, width, axis[0]), sign_of(v, width, axis[1])};
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < 2; d++) {
            double sum = 0;
            for (size_t k = 0; d < width && k < width; k++)
                sum += (rows[i * width + k] - mean[k]) * v[k * width + axis[d]];
            out[i * 2 + d] = sign[d] * sum;
        }
}

int report_axes_project(const double *rows, size_t n, size_t width, double *out, double share[2])
{
    double *mean = centre(rows, n, width), *v = calloc(width * width + 1, sizeof *v);
    double *cov = mean ? covariance(rows, n, width, mean) : NULL, total = 0;
    size_t  axis[2];
    int     good = mean && cov && v;
    if (good) {
        for (size_t k = 0; k < width; k++)
            total += cov[k * width + k];
        diagonalise(cov, v, width);
        axis[0] = widest(cov, width, SIZE_MAX);
        axis[1] = widest(cov, width, axis[0]);
        for (size_t d = 0; d < 2; d++)
            share[d] = total > 0 && d < width ? cov[axis[d] * width + axis[d]] / total : 0;
        project(rows, n, width, mean, v, axis, out);
    }
    free(mean);
    free(cov);
    free(v);
    return good;
}
