/* test_contract.c - the contractive penalty beside Jacobians and gradients by differences. */
#include "codec/base/rng.h"
#include "codec/train/contract.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem plain_mem;
enum { D = 5, ROWS = 3 };

typedef struct probe {
    aez_float_model *m;
    float            x[ROWS * D], *work, *grads;
} probe;

static float uniform(aez_rng *g)
{
    return (float)(aez_rng_next(g) >> 40) * 0x1p-24f - 0.5f;
}

static void make(probe *p, const char *encoder, int bypass)
{
    aez_float_shape shape = {.n_features = D, .n_latent = 3, .bypass = bypass, .encoder = encoder,
                             .decoder = bypass ? NULL : "dense:5"};
    aez_rng         g;
    cr_assert_eq(aez_float_model_create(&plain_mem, &shape, &p->m, NULL, 0), AEZ_OK);
    aez_rng_seed(&g, 9);
    for (size_t i = 0; i < p->m->n_params; i++)
        p->m->params[i] = 1.5f * uniform(&g);
    for (size_t i = 0; i < ROWS * D; i++)
        p->x[i] = 2 * uniform(&g);
    p->work = malloc(aez_contract_work(&p->m->encoder, ROWS) * sizeof *p->work);
    p->grads = calloc(p->m->n_params, sizeof *p->grads);
}

static void destroy(probe *p)
{
    aez_float_model_destroy(p->m);
    free(p->work);
    free(p->grads);
}

/* dz_i / dx_j of row r, by differences. */
static double slope(const probe *p, size_t r, size_t i, size_t j)
{
    float  x[D], z[2][3];
    double h = 0.005;
    for (int side = 0; side < 2; side++) {
        memcpy(x, p->x + r * D, sizeof x);
        x[j] += (float)(side ? h : -h);
        cr_assert_eq(aez_float_encode_z(p->m, x, 1, z[side]), AEZ_OK);
    }
    return ((double)z[1][i] - (double)z[0][i]) / (2 * h);
}

static double penalty(probe *p, uint64_t key)
{
    float *unused = calloc(p->m->n_params, sizeof *unused);
    double sum = aez_contract(&p->m->encoder, p->m->params, p->x, ROWS, key, 0, 0, p->work, unused);
    free(unused);
    return sum;
}

static double squared_jacobian(const probe *p)
{
    double sum = 0;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < D; j++)
                sum += slope(p, r, i, j) * slope(p, r, i, j);
    return sum;
}

static void check_gradient(probe *p, uint64_t key)
{
    size_t n = p->m->decoder.has_net ? p->m->decoder.net_at : p->m->decoder.bypass_w;
    memset(p->grads, 0, p->m->n_params * sizeof *p->grads);
    aez_contract(&p->m->encoder, p->m->params, p->x, ROWS, key, 0, 0.5f, p->work, p->grads);
    for (size_t i = 0; i < n; i++) {
        float  keep = p->m->params[i];
        double h = 0.003, up, down;
        p->m->params[i] = keep + (float)h;
        up = penalty(p, key);
        p->m->params[i] = keep - (float)h;
        down = penalty(p, key);
        p->m->params[i] = keep;
        cr_assert_lt(fabs(0.5 * (up - down) / (2 * h) - (double)p->grads[i]),
                     0.01 + 0.02 * fabs((double)p->grads[i]), "parameter %zu: %g and %g", i,
                     0.5 * (up - down) / (2 * h), (double)p->grads[i]);
    }
}

Test(contract, one_layer_is_exact)
{
    static const char *const texts[] = {"latent",          "dense:3 sigmoid", "dense:3 tanh",
                                        "flatten dense:3", "dense:3 relu",    "dense:3 leaky"};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        probe p;
        make(&p, texts[t], 0);
        cr_assert_lt(fabs(penalty(&p, 1) / squared_jacobian(&p) - 1), 1e-3, "%s", texts[t]);
        cr_assert_eq(penalty(&p, 1), penalty(&p, 2));
        check_gradient(&p, 1);
        destroy(&p);
    }
}

Test(contract, deeper_ones_are_estimated_without_bias_and_with_the_estimates_gradient)
{
    static const char *const texts[] = {"dense:6 tanh dense:3",
                                        "dense:6 sigmoid dense:4 tanh dense:3 tanh",
                                        "dense:7 leaky dense:3 sigmoid", "dense:6 tanh latent"};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        probe  p;
        double mean = 0;
        make(&p, texts[t], t == 3); /* with a bypass */
        for (uint64_t key = 0; key < 2000; key++)
            mean += penalty(&p, aez_hash64(key)) / 2000;
        cr_assert_lt(fabs(mean / squared_jacobian(&p) - 1), 0.05, "%s: %g and %g", texts[t], mean,
                     squared_jacobian(&p));
        check_gradient(&p, 3);
        check_gradient(&p, 4);
        destroy(&p);
    }
}

Test(contract, a_bypass_alone_has_the_penalty_of_its_weights)
{
    probe  p;
    double mean = 0;
    make(&p, NULL, 1);
    for (uint64_t key = 0; key < 2000; key++)
        mean += penalty(&p, aez_hash64(key)) / 2000;
    cr_assert_lt(fabs(mean / squared_jacobian(&p) - 1), 0.05);
    check_gradient(&p, 5);
    destroy(&p);
}

Test(contract, layers_it_does_not_know_are_refused)
{
    aez_float_shape  shape = {.n_features = D, .n_latent = 3, .encoder = "dense:4 norm dense:3",
                              .decoder = "dense:5"};
    aez_float_model *m;
    cr_assert_eq(aez_float_model_create(&plain_mem, &shape, &m, NULL, 0), AEZ_OK);
    cr_assert_not(aez_contract_fits(&m->encoder));
    cr_assert(aez_contract_fits(&m->decoder));
    aez_float_model_destroy(m);
}
