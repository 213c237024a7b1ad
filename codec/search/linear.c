/* linear.c - small dense least squares: weighted normal equations, Cholesky, non-negative solution.
 */
#include "linear.h"

#include <math.h>
#include <string.h>

void aez_normal_clear(aez_normal *e, unsigned n)
{
    e->n = n;
    memset(e->b, 0, sizeof e->b);
    for (unsigned i = 0; i < n; i++)
        memset(e->a[i], 0, n * sizeof e->a[i][0]);
}

void aez_normal_add(aez_normal *e, const double *x, double y, double weight)
{
    for (unsigned i = 0; i < e->n; i++) {
        double wx = weight * x[i];
        for (unsigned j = 0; j <= i; j++)
            e->a[i][j] += wx * x[j];
        e->b[i] += wx * y;
    }
}

static double mean_diagonal(const aez_normal *e)
{
    double sum = 0;
    for (unsigned i = 0; i < e->n; i++)
        sum += e->a[i][i];
    return e->n ? sum / e->n : 0;
}

int aez_normal_solve(const aez_normal *e, double ridge, double *w)
{
    double l[AEZ_LINEAR_MAX][AEZ_LINEAR_MAX], add = ridge * mean_diagonal(e);
    for (unsigned i = 0; i < e->n; i++) {
        for (unsigned j = 0; j <= i; j++) {
            double sum = e->a[i][j] + (i == j ? add : 0);
            for (unsigned k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            if (i != j)
                l[i][j] = sum / l[j][j];
            else if (!(sum > 0))
                return 0;
            else
                l[i][i] = sqrt(sum);
        }
    }
    for (unsigned i = 0; i < e->n; i++) {
        double sum = e->b[i];
        for (unsigned k = 0; k < i; k++)
            sum -= l[i][k] * w[k];
        w[i] = sum / l[i][i];
    }
    for (unsigned i = e->n; i-- > 0;) {
        double sum = w[i];
        for (unsigned k = i + 1; k < e->n; k++)
            sum -= l[k][i] * w[k];
        w[i] = sum / l[i][i];
    }
    return 1;
}

static double entry(const aez_normal *e, unsigned i, unsigned j)
{
    return i >= j ? e->a[i][j] : e->a[j][i];
}

void aez_normal_solve_positive(const aez_normal *e, unsigned rounds, double *w)
{
    double gradient[AEZ_LINEAR_MAX];
    for (unsigned i = 0; i < e->n; i++) {
        w[i] = 0;
        gradient[i] = -e->b[i];
    }
    for (unsigned r = 0; r < rounds; r++) {
        for (unsigned i = 0; i < e->n; i++) {
            double next, move;
            if (!(e->a[i][i] > 0))
                continue;
            next = w[i] - gradient[i] / e->a[i][i];
            if (next < 0)
                next = 0;
            move = next - w[i];
            if (move == 0)
                continue;
            for (unsigned j = 0; j < e->n; j++)
                gradient[j] += move * entry(e, j, i);
            w[i] = next;
        }
    }
}
