/* latent_gauss.c - a Gaussian with full covariance, fitted to latents and drawn from. */
#include "platform.h"

#include "latent_gauss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool aez_latent_gauss_init(aez_latent_gauss *g, uint32_t k, uint64_t seed)
{
    memset(g, 0, sizeof *g);
    g->k = k;
    g->state = seed;
    g->mean = calloc((size_t)k + 1, sizeof *g->mean);
    g->base = calloc((size_t)k + 1, sizeof *g->base);
    g->moment = calloc((size_t)k * k + 1, sizeof *g->moment);
    return g->mean && g->base && g->moment;
}

void aez_latent_gauss_free(aez_latent_gauss *g)
{
    free(g->mean);
    free(g->base);
    free(g->moment);
    memset(g, 0, sizeof *g);
}

void aez_latent_gauss_add(aez_latent_gauss *g, const double *z, size_t n)
{
    for (size_t r = 0; r < n; r++, z += g->k) {
        if (g->n++ == 0)
            memcpy(g->base, z, g->k * sizeof *z);
        for (uint32_t i = 0; i < g->k; i++) {
            double d = z[i] - g->base[i];
            g->mean[i] += d;
            for (uint32_t j = 0; j <= i; j++)
                g->moment[(size_t)i * g->k + j] += d * (z[j] - g->base[j]);
        }
    }
}

/* Cholesky in place; a direction without variance gives a column of zeros. */
static void factor(double *a, uint32_t k)
{
    for (uint32_t j = 0; j < k; j++) {
        double *row = a + (size_t)j * k, whole = row[j], pivot = row[j];
        for (uint32_t i = 0; i < j; i++)
            pivot -= row[i] * row[i];
        row[j] = pivot > 1e-12 * whole ? sqrt(pivot) : 0;
        for (uint32_t i = j + 1; i < k; i++) {
            double *below = a + (size_t)i * k, sum = below[j];
            for (uint32_t m = 0; m < j; m++)
                sum -= below[m] * row[m];
            below[j] = row[j] > 0 ? sum / row[j] : 0;
        }
    }
}

bool aez_latent_gauss_fit(aez_latent_gauss *g)
{
    double n = (double)g->n;
    if (g->n < 2)
        return false;
    for (uint32_t i = 0; i < g->k; i++)
        for (uint32_t j = 0; j <= i; j++) {
            double *m = &g->moment[(size_t)i * g->k + j];
            *m = (*m - g->mean[i] * g->mean[j] / n) / (n - 1);
        }
    for (uint32_t i = 0; i < g->k; i++)
        g->mean[i] = g->base[i] + g->mean[i] / n;
    factor(g->moment, g->k);
    return true;
}

static double uniform(aez_latent_gauss *g) /* (0, 1], splitmix64 */
{
    uint64_t z = g->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return ((double)(z >> 11) + 1) / 9007199254740992.0;
}

static double normal(aez_latent_gauss *g)
{
    double u = uniform(g), v = uniform(g);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

void aez_latent_gauss_draw(aez_latent_gauss *g, double *z)
{
    memcpy(z, g->mean, g->k * sizeof *z);
    for (uint32_t j = 0; j < g->k; j++) {
        double e = normal(g);
        for (uint32_t i = j; i < g->k; i++)
            z[i] += g->moment[(size_t)i * g->k + j] * e;
    }
}
