/* test_mixture_train.c - bits of mixtures and their gradient, training, and what a search makes of
 * it. */
#include "codec/search/search_mixture.h"
#include "codec/search/seed.h"
#include "codec/train/mixture_loss.h"
#include "codec/train/mixture_train.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem MEM = {NULL, NULL, NULL};

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15;
    uint64_t z = (*state ^ *state >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

#define N AEZ_LOSS_LANES

static void random_case(const aez_mixture_shape *shape, int16_t *out, float *as_float,
                        uint16_t *value, uint64_t *seed)
{
    unsigned n_out = aez_mixture_outputs(shape), n_parts = shape->n_logistics + shape->n_spikes;
    for (unsigned j = 0; j < N; j++) {
        for (unsigned i = 0; i < n_out; i++) {
            int v = (int)(next_random(seed) % 4096) - 2048;
            if (i >= n_parts && i < n_parts + shape->n_logistics)
                v = 4 * v + 8192;
            out[j * n_out + i] = (int16_t)v;
            as_float[i * N + j] = (float)v / 1024;
        }
        value[j] = (uint16_t)(next_random(seed) % 3 ? next_random(seed) % shape->n_values
                                                    : (shape->n_values - 1) * (j % 2));
    }
}

Test(mixture_train, bits_are_those_that_the_coder_takes)
{
    static aez_mixture m;
    uint64_t           seed = 1;
    aez_mixture_shape  shape = {256, 3, 2, {0, 200}};
    int16_t            out[N * AEZ_MIXTURE_OUTPUTS_MAX];
    float              as_float[AEZ_MIXTURE_OUTPUTS_MAX * N];
    uint16_t           value[N];
    aez_mixture_init(&m, &shape);
    for (int run = 0; run < 50; run++) {
        double bits = 0, guess, rounding = 0.01 * N;
        random_case(&shape, out, as_float, value, &seed);
        guess = aez_mixture_loss(&shape, as_float, value, N, NULL);
        for (unsigned j = 0; j < N; j++) {
            aez_mixed d;
            aez_mixture_set(&m, out + j * aez_mixture_outputs(&shape), &d);
            double freq = aez_mixture_start(&m, &d, value[j] + 1u) -
                          (double)aez_mixture_start(&m, &d, value[j]);
            bits -= log2(freq / (1 << 22));
            rounding += log2(1 + 2 / freq);
        }
        cr_assert_float_eq(guess, bits, rounding, "%f %f", guess, bits);
    }
}

/* Of one value alone: where it is improbable, differences drown in the rounding of floats. */
static double lane_bits(const aez_mixture_shape *shape, const float *x, const uint16_t *value,
                        unsigned lane)
{
    float    all[AEZ_MIXTURE_OUTPUTS_MAX * N];
    uint16_t same[N];
    for (unsigned i = 0; i < aez_mixture_outputs(shape) * N; i++) {
        all[i] = x[i - i % N + lane];
        same[i % N] = value[lane];
    }
    return aez_mixture_loss(shape, all, same, N, NULL) / N;
}

Test(mixture_train, gradients_are_those_of_finite_differences)
{
    uint64_t          seed = 2;
    aez_mixture_shape shape = {40, 2, 3, {0, 7, 39}};
    unsigned          n_out = aez_mixture_outputs(&shape);
    int16_t           out[N * AEZ_MIXTURE_OUTPUTS_MAX];
    float             x[AEZ_MIXTURE_OUTPUTS_MAX * N], grad[AEZ_MIXTURE_OUTPUTS_MAX * N];
    uint16_t          value[N];
    for (int run = 0; run < 20; run++) {
        random_case(&shape, out, x, value, &seed);
        aez_mixture_loss(&shape, x, value, N, grad);
        for (unsigned i = 0; i < n_out * N; i++) {
            float  keep = x[i], h = 1.0f / 64;
            double up, down, noise = 4e-6 * exp2(lane_bits(&shape, x, value, i % N));
            x[i] = keep + h;
            up = aez_mixture_loss(&shape, x, value, N, NULL);
            x[i] = keep - h;
            down = aez_mixture_loss(&shape, x, value, N, NULL);
            x[i] = keep;
            cr_assert_float_eq((up - down) / (2 * h), grad[i], noise + 0.01 + 0.02 * fabs(grad[i]),
                               "run %d number %u: %f %f", run, i, (up - down) / (2 * h), grad[i]);
        }
    }
}

/* Items of a bright square on a dark, slightly uneven ground. */
static int64_t *squares(aez_grid *grid, uint64_t n, uint64_t *seed)
{
    uint64_t box[] = {n, 12, 12};
    int64_t *k = malloc(n * 144 * sizeof *k);
    aez_grid_init(grid, box, 3);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = next_random(seed) % 49, top = at / 7, left = at % 7;
        for (uint64_t y = 0; y < 12; y++) {
            for (uint64_t x = 0; x < 12; x++) {
                int in = y >= top && y < top + 5 && x >= left && x < left + 5;
                k[i * 144 + y * 12 + x] = -20 + (in ? 90 + (int64_t)(next_random(seed) % 4) : 0);
            }
        }
    }
    return k;
}

Test(mixture_train, a_search_learns_what_images_look_like)
{
    static const aez_trainer  trainer = {.mixture = aez_train_mixture};
    const aez_search_options  options = {.level = 5, .seed = 7, .trainer = &trainer};
    uint64_t                  seed = 3;
    aez_grid                  grid;
    aez_mixture_model         m, again;
    aez_buf                   out, model, same;
    int64_t                  *k = squares(&grid, 60, &seed), *back;
    aez_ifield                field = {.k = k, .step = 1};
    cr_assert(aez_mixture_may_pay(&grid, &field, &options));
    cr_assert_eq(aez_search_mixture(&MEM, &grid, &field, &options, &m), AEZ_OK);
    cr_assert_eq(aez_search_mixture(&MEM, &grid, &field, &options, &again), AEZ_OK);
    aez_buf_init(&out, &MEM);
    aez_buf_init(&model, &MEM);
    aez_buf_init(&same, &MEM);
    cr_assert_eq(aez_mixture_model_put(&m, &MEM, &grid, &model), AEZ_OK);
    cr_assert_eq(aez_mixture_model_put(&again, &MEM, &grid, &same), AEZ_OK);
    cr_assert_eq(model.size, same.size);
    cr_assert_arr_eq(model.data, same.data, model.size);
    cr_assert_eq(aez_mixture_encode(&m, &MEM, &grid, k, &out), AEZ_OK);
    /* a square takes 5.6 bits for its place and 50 for its 25 values */
    cr_assert_lt(out.size, 60 * 56 * 1.2 / 8, "%zu", out.size);
    back = calloc(grid.n_sites, sizeof *back);
    cr_assert_eq(aez_mixture_decode(&m, &MEM, &grid, out.data, out.size, back), AEZ_OK);
    cr_assert_arr_eq(k, back, grid.n_sites * sizeof *k);
    aez_mixture_model_free(&m, &MEM);
    aez_mixture_model_free(&again, &MEM);
    aez_buf_free(&out);
    aez_buf_free(&model);
    aez_buf_free(&same);
    free(back);
    free(k);
}

Test(mixture_train, fields_that_mixtures_are_not_for)
{
    static const aez_trainer trainer = {.mixture = aez_train_mixture}, none = {.mixture = NULL};
    aez_search_options       options = {.level = 5, .trainer = &trainer};
    uint64_t                 seed = 4;
    aez_grid                 grid, line;
    int64_t                 *k = squares(&grid, 60, &seed);
    uint8_t                  skip = 0;
    aez_ifield               field = {.k = k, .step = 1}, other;
    uint64_t                 box[] = {60 * 144};
    aez_grid_init(&line, box, 1);
    cr_assert(aez_mixture_may_pay(&grid, &field, &options));
    cr_assert_not(aez_mixture_may_pay(&line, &field, &options));
    other = field, other.step = 2;
    cr_assert_not(aez_mixture_may_pay(&grid, &other, &options));
    other = field, other.skip = &skip;
    cr_assert_not(aez_mixture_may_pay(&grid, &other, &options));
    other = field, other.image_width = 32;
    cr_assert_not(aez_mixture_may_pay(&grid, &other, &options));
    options.level = 4;
    cr_assert_not(aez_mixture_may_pay(&grid, &field, &options));
    options.level = 5;
    options.trainer = &none;
    cr_assert_not(aez_mixture_may_pay(&grid, &field, &options));
    options.trainer = &trainer;
    k[5] = INT64_MAX; /* a range of more values than a mixture has */
    cr_assert_not(aez_mixture_may_pay(&grid, &field, &options));
    for (uint64_t i = 0; i < grid.n_sites; i++)
        k[i] = 3; /* one value */
    cr_assert_not(aez_mixture_may_pay(&grid, &field, &options));
    free(k);
}

Test(mixture_train, later_chunks_take_the_net_of_the_first)
{
    static const aez_trainer trainer = {.mixture = aez_train_mixture};
    aez_search_options       options = {.level = 5, .trainer = &trainer}, later = options;
    uint64_t                 seed = 5, box[] = {20, 13, 12};
    aez_grid                 grid, grid_2, other;
    aez_mixture_model        m, again;
    aez_plan_seed           *kept = aez_plan_seed_create(&MEM);
    int64_t                 *k = squares(&grid, 60, &seed), *k_2 = squares(&grid_2, 25, &seed);
    aez_ifield               field = {.k = k, .step = 1}, field_2 = {.k = k_2, .step = 1};
    aez_buf                  out;
    cr_assert_eq(aez_search_mixture(&MEM, &grid, &field, &options, &m), AEZ_OK);
    later.seed_plan = kept;
    cr_assert_not(aez_mixture_may_pay(&grid_2, &field_2, &later)); /* nothing was kept */
    cr_assert_eq(aez_seed_add_mixture(kept, &m, &grid), AEZ_OK);
    cr_assert(aez_mixture_may_pay(&grid_2, &field_2, &later));
    k_2[7] = 76; /* above all values of the first chunk */
    cr_assert(aez_mixture_may_pay(&grid_2, &field_2, &later));
    cr_assert_eq(aez_search_mixture(&MEM, &grid_2, &field_2, &later, &again), AEZ_OK);
    cr_assert_eq(again.shape.n_values, 97);
    cr_assert_arr_eq(again.layer[0].weight, m.layer[0].weight,
                     (size_t)m.layer[0].n_in * m.layer[0].n_out * sizeof *m.layer[0].weight);
    aez_buf_init(&out, &MEM);
    cr_assert_eq(aez_mixture_encode(&again, &MEM, &grid_2, k_2, &out), AEZ_OK);
    cr_assert_eq(aez_mixture_decode(&again, &MEM, &grid_2, out.data, out.size, k), AEZ_OK);
    cr_assert_arr_eq(k, k_2, grid_2.n_sites * sizeof *k);
    k_2[7] = -21; /* below */
    cr_assert_not(aez_mixture_may_pay(&grid_2, &field_2, &later));
    k_2[7] = 4000; /* where means would count in other units */
    cr_assert_not(aez_mixture_may_pay(&grid_2, &field_2, &later));
    k_2[7] = 0;
    aez_grid_init(&other, box, 3); /* items of another shape */
    cr_assert_not(aez_mixture_may_pay(&other, &field_2, &later));
    aez_buf_free(&out);
    aez_mixture_model_free(&again, &MEM);
    aez_mixture_model_free(&m, &MEM);
    aez_plan_seed_destroy(kept);
    free(k);
    free(k_2);
}
