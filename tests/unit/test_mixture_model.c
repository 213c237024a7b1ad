/* test_mixture_model.c - nets of mixtures in bytes, and fields coded with them. */
#include "codec/plan/mixture_model.h"

#include <criterion/criterion.h>
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

static int64_t draw(uint64_t *seed, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(next_random(seed) % (uint64_t)(hi - lo + 1));
}

static void random_taps(aez_mixture_model *m, const aez_grid *grid, uint64_t *seed)
{
    m->n_taps = (unsigned)draw(seed, 0, 12);
    for (unsigned i = 0; i < m->n_taps; i++) {
        int known = 0;
        for (unsigned a = m->n_batch; a < grid->n_dims; a++) {
            m->tap[i][a] = (int32_t)draw(seed, known ? -3 : -2, known ? 3 : 0);
            known |= m->tap[i][a] < 0;
        }
        if (!known)
            m->tap[i][grid->n_dims - 1] = -1;
    }
}

static void random_model(aez_mixture_model *m, const aez_grid *grid, unsigned n_batch,
                         uint64_t *seed)
{
    uint32_t hidden[3];
    memset(m, 0, sizeof *m);
    m->n_batch = n_batch;
    m->first = draw(seed, -5000, 5000);
    m->shape.n_values = (uint32_t)draw(seed, 2, 300);
    m->shape.n_logistics = (unsigned)draw(seed, 1, 8);
    for (uint32_t v = 0; v < m->shape.n_values && m->shape.n_spikes < 16; v += 1 + v / 2)
        m->shape.spike[m->shape.n_spikes++] = (uint16_t)v;
    m->outside = (uint32_t)draw(seed, 0, m->shape.n_values - 1);
    random_taps(m, grid, seed);
    for (unsigned i = 0; i < 3; i++)
        hidden[i] = (uint32_t)draw(seed, 1, 20);
    cr_assert_eq(aez_mixture_model_layers(m, &MEM, grid, hidden, (unsigned)draw(seed, 0, 3)),
                 AEZ_OK);
    for (unsigned i = 0; i < m->n_layers; i++) {
        aez_layer *l = &m->layer[i];
        m->log[i] = (uint8_t)draw(seed, AEZ_MIXTURE_LOG_MIN, AEZ_MIXTURE_LOG_MAX);
        l->shift = m->log[i] - 3;
        for (uint32_t j = 0; j < l->n_in * l->n_out; j++)
            l->weight[j] = (int16_t)draw(seed, -127, 127);
        for (uint32_t j = 0; j < l->n_out; j++)
            l->bias[j] = (int32_t)draw(seed, -2047, 2047) * (1 << (13 - m->log[i]));
        aez_layer_prove(l);
    }
}

static void random_grid(aez_grid *grid, uint64_t *seed)
{
    uint64_t box[AEZ_MAX_DIMS];
    unsigned n = (unsigned)draw(seed, 1, 4);
    for (unsigned a = 0; a < n; a++)
        box[a] = (uint64_t)draw(seed, 2, a ? 7 : 150);
    aez_grid_init(grid, box, n);
}

static void assert_same(const aez_mixture_model *a, const aez_mixture_model *b,
                        const aez_grid *grid)
{
    cr_assert_eq(a->n_batch, b->n_batch);
    cr_assert_eq(a->first, b->first);
    cr_assert_eq(a->outside, b->outside);
    cr_assert_eq(a->n_taps, b->n_taps);
    cr_assert_arr_eq(&a->shape, &b->shape, sizeof a->shape);
    cr_assert_arr_eq(a->tap, b->tap, sizeof a->tap);
    cr_assert_eq(a->n_layers, b->n_layers);
    cr_assert_eq(a->layer[0].n_in, aez_mixture_inputs(b, grid));
    for (unsigned i = 0; i < a->n_layers; i++) {
        const aez_layer *x = &a->layer[i], *y = &b->layer[i];
        cr_assert(x->n_out == y->n_out && x->shift == y->shift && x->activation == y->activation);
        cr_assert_arr_eq(x->weight, y->weight, (size_t)x->n_in * x->n_out * sizeof *x->weight);
        cr_assert_arr_eq(x->bias, y->bias, x->n_out * sizeof *x->bias);
    }
}

Test(mixture_model, nets_come_back_from_bytes)
{
    uint64_t seed = 1;
    for (int run = 0; run < 16; run++) {
        aez_mixture_model m, back;
        aez_grid          grid;
        aez_buf           out;
        aez_rd            in;
        random_grid(&grid, &seed);
        random_model(&m, &grid, (unsigned)draw(&seed, 0, (int64_t)grid.n_dims - 1), &seed);
        aez_buf_init(&out, &MEM);
        cr_assert_eq(aez_mixture_model_put(&m, &MEM, &grid, &out), AEZ_OK);
        aez_rd_init(&in, out.data, out.size);
        cr_assert_eq(aez_mixture_model_get(&back, &MEM, &grid, &in), AEZ_OK);
        cr_assert_eq(aez_rd_left(&in), 0);
        assert_same(&m, &back, &grid);
        aez_mixture_model_free(&back, &MEM);
        for (size_t size = 0; size < out.size; size++) {
            aez_rd_init(&in, out.data, size);
            cr_assert_lt(aez_mixture_model_get(&back, &MEM, &grid, &in), 0);
        }
        for (int flip = 0; flip < 60; flip++) {
            size_t bit = next_random(&seed) % (8 * (out.size < 40 ? out.size : 40));
            out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            aez_rd_init(&in, out.data, out.size);
            if (aez_mixture_model_get(&back, &MEM, &grid, &in) >= 0)
                aez_mixture_model_free(&back, &MEM);
            out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        aez_buf_free(&out);
        aez_mixture_model_free(&m, &MEM);
    }
}

Test(mixture_model, taps_have_to_point_back)
{
    aez_mixture_model m, back;
    aez_grid          grid;
    uint64_t          box[] = {4, 5, 6}, seed = 2;
    static const int32_t bad[][2] = {{0, 0}, {0, 1}, {1, -1}, {1, 0}};
    aez_grid_init(&grid, box, 3);
    random_model(&m, &grid, 1, &seed);
    aez_mixture_model_free(&m, &MEM);
    m.n_taps = 1;
    cr_assert_eq(aez_mixture_model_layers(&m, &MEM, &grid, NULL, 0), AEZ_OK);
    m.log[0] = 3;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        aez_buf out;
        aez_rd  in;
        m.tap[0][1] = bad[i][0];
        m.tap[0][2] = bad[i][1];
        aez_buf_init(&out, &MEM);
        cr_assert_eq(aez_mixture_model_put(&m, &MEM, &grid, &out), AEZ_OK);
        aez_rd_init(&in, out.data, out.size);
        cr_assert_eq(aez_mixture_model_get(&back, &MEM, &grid, &in), AEZ_ERR_CORRUPT);
        aez_buf_free(&out);
    }
    aez_mixture_model_free(&m, &MEM);
}

static int64_t *random_values(const aez_mixture_model *m, const aez_grid *grid, uint64_t *seed)
{
    int64_t *k = malloc(grid->n_sites * sizeof *k);
    for (uint64_t i = 0; i < grid->n_sites; i++) {
        k[i] = m->first + draw(seed, 0, m->shape.n_values - 1);
        if (i && next_random(seed) % 3)
            k[i] = k[i - 1];
    }
    return k;
}

Test(mixture_model, fields_come_back)
{
    uint64_t seed = 3;
    for (int run = 0; run < 24; run++) {
        aez_mixture_model m;
        aez_grid          grid;
        aez_buf           out;
        int64_t          *k, *back;
        random_grid(&grid, &seed);
        random_model(&m, &grid, (unsigned)draw(&seed, 0, (int64_t)grid.n_dims - 1), &seed);
        k = random_values(&m, &grid, &seed);
        back = calloc(grid.n_sites, sizeof *back);
        aez_buf_init(&out, &MEM);
        cr_assert_eq(aez_mixture_encode(&m, &MEM, &grid, k, &out), AEZ_OK);
        cr_assert_eq(aez_mixture_decode(&m, &MEM, &grid, out.data, out.size, back), AEZ_OK);
        cr_assert_arr_eq(k, back, grid.n_sites * sizeof *k);
        if (out.size > 64) { /* a shorter one may by chance be another's */
            size_t cut = next_random(&seed) % (out.size - 32);
            size_t bit = next_random(&seed) % (8 * out.size);
            cr_assert(aez_mixture_decode(&m, &MEM, &grid, out.data, cut, back) < 0 ||
                      memcmp(k, back, grid.n_sites * sizeof *k) != 0);
            out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            aez_mixture_decode(&m, &MEM, &grid, out.data, out.size, back);
            cr_assert(memcmp(k, back, grid.n_sites * sizeof *k) != 0);
        }
        aez_buf_free(&out);
        aez_mixture_model_free(&m, &MEM);
        free(k);
        free(back);
    }
}

Test(mixture_model, taps_move_to_edges_and_positions_are_told)
{
    aez_mixture_model m;
    aez_mixture_view *view = malloc(sizeof *view);
    aez_grid          grid;
    uint64_t          box[] = {2, 3, 9}, seed = 4;
    int64_t           c[] = {2, 1}, from[AEZ_MAX_TAPS];
    int16_t           x[AEZ_MAX_TAPS + 8];
    aez_grid_init(&grid, box, 3);
    random_model(&m, &grid, 1, &seed);
    aez_mixture_model_free(&m, &MEM);
    m.n_taps = 4;
    m.tap[0][1] = 0, m.tap[0][2] = -1;  /* west */
    m.tap[1][1] = -1, m.tap[1][2] = 20; /* beyond the right edge: moved to it */
    m.tap[2][1] = 0, m.tap[2][2] = -9;  /* beyond the left edge: moved to it */
    m.tap[3][1] = -5, m.tap[3][2] = 1;  /* above the first row: moved to it */
    aez_mixture_view_init(view, &m, &grid);
    aez_mixture_sites(view, c, 2 * 9 + 1, from);
    cr_assert(from[0] == 18 && from[1] == 17 && from[2] == 18 && from[3] == 2);
    c[0] = c[1] = 0;
    aez_mixture_sites(view, c, 0, from);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(from[i], -1);
    c[0] = 1;
    c[1] = 4;
    aez_mixture_position(view, c, x);
    cr_assert_eq(view->n_inputs, 4 + 3 + 1);
    cr_assert(x[4] == 0 && x[5] == 1024 && x[6] == 0 && x[7] == 0);
    free(view);
}
