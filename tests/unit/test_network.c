/* test_network.c - float networks: words, values of layers, gradients beside finite differences. */
#include "codec/base/rng.h"
#include "codec/net/net.h"
#include "codec/train/network.h"

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static aez_network parsed(const char *text, aez_dims in, uint32_t n_latent)
{
    aez_network net;
    char        why[400] = "";
    cr_assert_eq(aez_network_parse(&net, text, in, n_latent, why, sizeof why), AEZ_OK, "%s: %s",
                 text, why);
    return net;
}

static void draw(float *x, size_t n, float size, uint64_t seed)
{
    aez_rng r;
    aez_rng_seed(&r, seed);
    for (size_t i = 0; i < n; i++)
        x[i] = size * ((float)(aez_rng_next(&r) >> 40) * 0x1p-23f - 1);
}

static float *drawn(size_t n, float size, uint64_t seed)
{
    float *x = malloc((n + 1) * sizeof *x);
    draw(x, n, size, seed);
    return x;
}

/* ---- a network with all that a pass needs ---------------------------------------------------- */

typedef struct bench {
    aez_network net;
    aez_pass    pass;
    size_t      rows, n_in, n_out;
    float      *params, *x, *dy, *dx, *grads, *work;
} bench;

static bench bench_of(const char *text, aez_dims in, size_t rows, int training)
{
    bench b = {.net = parsed(text, in, 0), .rows = rows, .pass = {training, 77}};
    b.n_in = rows * aez_dims_size(in);
    b.n_out = rows * aez_dims_size(b.net.out);
    b.params = drawn(b.net.n_params, 0.5f, 1);
    for (size_t i = b.net.n_trained; i < b.net.n_params; i++)
        b.params[i] = 0.6f + 0.5f * fabsf(b.params[i]); /* statistics; variances are positive */
    b.x = drawn(b.n_in, 1, 2);
    b.dy = drawn(b.n_out, 1, 3);
    b.dx = drawn(b.n_in, 1, 4);
    b.grads = calloc(b.net.n_params + 1, sizeof *b.grads);
    b.work = drawn(aez_network_work(&b.net, rows), 1, 5);
    return b;
}

static void drop(bench *b)
{
    free(b->params);
    free(b->x);
    free(b->dy);
    free(b->dx);
    free(b->grads);
    free(b->work);
}

static const float *forward(bench *b)
{
    return aez_network_forward(&b->net, b->params, b->x, b->rows, &b->pass, b->work);
}

static void backward(bench *b)
{
    forward(b);
    aez_network_backward(&b->net, b->params, b->x, b->rows, &b->pass, b->work, b->dy, b->dx,
                         b->grads);
}

static double loss(bench *b)
{
    const float *y = forward(b);
    double       sum = 0;
    for (size_t i = 0; i < b->n_out; i++)
        sum += (double)b->dy[i] * (double)y[i];
    return sum;
}

/* ---- gradients ------------------------------------------------------------------------------- */

static double difference(bench *b, float *place, float step)
{
    float  before = *place, up = before + step, down = before - step;
    double above, below;
    *place = up;
    above = loss(b);
    *place = down;
    below = loss(b);
    *place = before;
    return (above - below) / ((double)up - (double)down);
}

/* Places next to a kink (where two steps differ) do not count; few may be left out so. */
static void check_slopes(bench *b, const char *text, float *places, const float *slopes, size_t n)
{
    size_t every = n / 150 + 1, n_checked = 0, n_kinks = 0;
    for (size_t i = 0; i < n; i += every) {
        double wide = difference(b, places + i, 4e-3f), narrow = difference(b, places + i, 2e-3f);
        double room = 3e-3 * (1 + fabs(narrow));
        if (fabs(wide - narrow) > room) {
            n_kinks++;
            continue;
        }
        cr_assert_lt(fabs(narrow - (double)slopes[i]), room, "%s: place %zu: %g, not %g", text, i,
                     narrow, (double)slopes[i]);
        n_checked++;
    }
    cr_assert(n == 0 || n_checked > 4 * n_kinks, "%s: %zu kinks, %zu checked", text, n_kinks,
              n_checked);
}

static void check_gradients(const char *text, aez_dims in, size_t rows, int training)
{
    bench b = bench_of(text, in, rows, training);
    backward(&b);
    check_slopes(&b, text, b.params, b.grads, b.net.n_trained);
    check_slopes(&b, text, b.x, b.dx, b.n_in);
    drop(&b);
}

Test(network, gradients_of_dense_layers_and_activations_are_exact)
{
    check_gradients("dense:5", (aez_dims){7, 1, 1}, 6, 1);
    check_gradients("dense:33 relu", (aez_dims){19, 1, 1}, 4, 1);
    check_gradients("dense:17 leaky dense:3", (aez_dims){2, 3, 4}, 5, 1);
    check_gradients("dense:18 tanh dense:35 sigmoid", (aez_dims){6, 1, 1}, 5, 1);
    check_gradients("tanh sigmoid", (aez_dims){37, 1, 1}, 2, 1);
    check_gradients("leaky relu", (aez_dims){21, 1, 1}, 2, 1);
    check_gradients("tanh dense:4 relu leaky", (aez_dims){5, 1, 1}, 3, 0);
}

Test(network, gradients_of_convolutions_are_exact)
{
    check_gradients("conv:3", (aez_dims){2, 6, 5}, 3, 1);
    check_gradients("conv:4:1x1 tanh", (aez_dims){3, 5, 4}, 1, 1);
    check_gradients("conv:2:5x3", (aez_dims){2, 4, 19}, 2, 1);
    check_gradients("conv:3:1x7 leaky", (aez_dims){2, 1, 20}, 2, 1);
    check_gradients("conv:3", (aez_dims){2, 1, 9}, 3, 1);
    check_gradients("conv:3:9x1", (aez_dims){1, 7, 1}, 2, 1);
    check_gradients("conv:2:7x7 conv:1", (aez_dims){1, 3, 3}, 9, 1);
    check_gradients("conv:2", (aez_dims){1, 26, 25}, 3, 1); /* a group for each row */
    check_gradients("conv:2:1x1", (aez_dims){3, 26, 25}, 3, 1);
    check_gradients("conv:3:1x1", (aez_dims){5, 1, 1}, 70, 1);
}

/* There are two ways to convolve, and two back. */
Test(network, gradients_of_convolutions_with_few_inputs_or_outputs_are_exact)
{
    check_gradients("conv:1", (aez_dims){4, 5, 6}, 20, 1);
    check_gradients("conv:2:1x5 tanh", (aez_dims){5, 1, 30}, 19, 1);
    check_gradients("conv:1", (aez_dims){3, 24, 25}, 2, 1);
    check_gradients("conv:5", (aez_dims){2, 5, 6}, 19, 1);
    check_gradients("conv:3:5x3", (aez_dims){1, 25, 24}, 2, 1);
    check_gradients("conv:6:1x1", (aez_dims){2, 4, 4}, 33, 1);
    check_gradients("conv:1:1x1", (aez_dims){6, 4, 4}, 33, 1);
}

Test(network, gradients_of_pool_and_up_are_exact)
{
    check_gradients("pool:2", (aez_dims){2, 5, 6}, 3, 1);
    check_gradients("pool:3 tanh", (aez_dims){2, 1, 11}, 3, 1);
    check_gradients("up:2", (aez_dims){2, 3, 5}, 3, 1);
    check_gradients("up:3 conv:1", (aez_dims){2, 1, 4}, 2, 1);
    check_gradients("up:2 pool:2", (aez_dims){1, 4, 1}, 2, 1);
}

Test(network, gradients_of_norms_are_exact_in_training_and_outside)
{
    for (int training = 0; training < 2; training++) {
        check_gradients("norm", (aez_dims){5, 1, 1}, 7, training);
        check_gradients("norm sigmoid", (aez_dims){35, 1, 1}, 9, training);
        check_gradients("norm", (aez_dims){3, 4, 5}, 3, training);
        check_gradients("norm tanh", (aez_dims){2, 1, 37}, 2, training);
        check_gradients("dense:6 norm leaky dense:2 norm", (aez_dims){4, 1, 1}, 8, training);
        check_gradients("conv:3 norm tanh conv:2", (aez_dims){2, 5, 5}, 3, training);
    }
}

Test(network, gradients_of_dropout_are_exact_for_its_key)
{
    check_gradients("dropout:0.4", (aez_dims){50, 1, 1}, 3, 1);
    check_gradients("dense:20 tanh dropout:0.25 dense:3 dropout:0.5", (aez_dims){6, 1, 1}, 4, 1);
    check_gradients("dropout:0.4 tanh", (aez_dims){30, 1, 1}, 2, 0);
}

Test(network, gradients_of_a_whole_convolutional_autoencoder_are_exact)
{
    check_gradients("conv:3 norm tanh pool:2 conv:2 norm tanh flatten dropout:0.2 dense:5 dense:18 "
                    "shape:2x3x3 up:2 conv:3 tanh conv:1 sigmoid",
                    (aez_dims){1, 6, 6}, 5, 1);
    check_gradients("shape:1x2x8 conv:2 flatten dense:3", (aez_dims){16, 1, 1}, 4, 1);
    check_gradients("flatten", (aez_dims){2, 2, 2}, 2, 1);
}

Test(network, gradients_are_added_and_the_same_without_those_of_inputs)
{
    bench  b = bench_of("tanh conv:3 norm relu pool:2 dense:4", (aez_dims){2, 6, 6}, 5, 1);
    float *once;
    backward(&b);
    once = malloc(b.net.n_params * sizeof *once);
    memcpy(once, b.grads, b.net.n_params * sizeof *once);
    forward(&b);
    aez_network_backward(&b.net, b.params, b.x, b.rows, &b.pass, b.work, b.dy, NULL, b.grads);
    for (size_t i = 0; i < b.net.n_params; i++)
        cr_assert_lt(fabsf(b.grads[i] - 2 * once[i]), 1e-4f * (1 + fabsf(once[i])), "%zu", i);
    free(once);
    drop(&b);
}

/* ---- values ---------------------------------------------------------------------------------- */

static double conv_value(const bench *b, size_t row, size_t o, size_t y, size_t x)
{
    const aez_node *n = &b->net.node[0];
    double          sum = (double)b->params[n->bias + o];
    for (size_t c = 0; c < n->in.c; c++)
        for (size_t i = 0; i < n->kh; i++)
            for (size_t j = 0; j < n->kw; j++) {
                size_t iy = y + i - n->kh / 2, ix = x + j - n->kw / 2;
                if (iy < n->in.h && ix < n->in.w)
                    sum += (double)b->x[((row * n->in.c + c) * n->in.h + iy) * n->in.w + ix] *
                           (double)b->params[n->weight +
                                             ((o * n->in.c + c) * n->kh + i) * n->kw + j];
            }
    return sum;
}

static void check_conv(const char *text, aez_dims in, size_t rows)
{
    bench        b = bench_of(text, in, rows, 0);
    const float *value = forward(&b);
    aez_dims     d = b.net.out;
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < d.c; o++)
            for (size_t y = 0; y < d.h; y++)
                for (size_t x = 0; x < d.w; x++, value++)
                    cr_assert_lt(fabs((double)*value - conv_value(&b, r, o, y, x)), 2e-5,
                                 "%s: %zu %zu %zu %zu", text, r, o, y, x);
    drop(&b);
}

Test(network, convolutions_are_those_of_a_plain_loop)
{
    check_conv("conv:5", (aez_dims){3, 7, 7}, 23);
    check_conv("conv:2:3x5", (aez_dims){2, 28, 27}, 3);
    check_conv("conv:2:3x5", (aez_dims){6, 7, 9}, 23);
    check_conv("conv:1", (aez_dims){3, 28, 17}, 3);
    check_conv("conv:3:1x9", (aez_dims){2, 1, 33}, 4);
    check_conv("conv:3:7x1", (aez_dims){2, 4, 1}, 4);
    check_conv("conv:3:1x1", (aez_dims){4, 5, 3}, 2);
    check_conv("conv:2:1x1", (aez_dims){4, 30, 30}, 2);
    check_conv("conv:2:11x11", (aez_dims){1, 3, 2}, 2);
}

Test(network, dense_layers_are_those_of_a_plain_loop)
{
    bench           b = bench_of("dense:19 leaky", (aez_dims){2, 3, 5}, 4, 0);
    const float    *y = forward(&b);
    const aez_node *n = &b.net.node[0];
    for (size_t r = 0; r < 4; r++)
        for (size_t o = 0; o < 19; o++) {
            double sum = (double)b.params[n->bias + o];
            for (size_t i = 0; i < 30; i++)
                sum += (double)b.x[r * 30 + i] * (double)b.params[n->weight + o * 30 + i];
            sum = sum < 0 ? sum / 8 : sum;
            cr_assert_lt(fabs((double)y[r * 19 + o] - sum), 1e-5);
        }
    drop(&b);
}

Test(network, tanh_and_sigmoid_are_right_to_a_millionth)
{
    enum { N = 4001 };
    static const char *const text[] = {"tanh", "sigmoid"};
    for (int which = 0; which < 2; which++) {
        bench        b = bench_of(text[which], (aez_dims){N, 1, 1}, 1, 0);
        const float *y;
        for (int i = 0; i < N; i++)
            b.x[i] = (float)(i - N / 2) * 0.01f * (1 + (float)(i % 7 == 0) * 30);
        y = forward(&b);
        for (int i = 0; i < N; i++) {
            double x = (double)b.x[i], right = which ? 1 / (1 + exp(-x)) : tanh(x);
            cr_assert_lt(fabs((double)y[i] - right), 4e-7, "%s(%g)", text[which], x);
        }
        drop(&b);
    }
}

Test(network, pool_takes_the_largest_and_drops_the_rest)
{
    static const float in[15] = {1, 5, 2, 0, 9, 3, 4, 8, -1, 9, 7, 7, 7, 7, 7};
    bench              b = bench_of("pool:2", (aez_dims){1, 3, 5}, 1, 0);
    const float       *y;
    memcpy(b.x, in, sizeof in);
    y = forward(&b);
    cr_assert(b.net.out.h == 1 && b.net.out.w == 2);
    cr_assert(y[0] == 5 && y[1] == 8);
    drop(&b);
}

Test(network, the_first_of_the_largest_has_the_gradient_of_pool)
{
    for (size_t k = 2; k < 4; k++) {
        char  text[8] = {'p', 'o', 'o', 'l', ':', (char)('0' + k), 0};
        bench b = bench_of(text, (aez_dims){1, k, k}, 1, 1);
        for (size_t first = 0; first < k * k; first++) {
            for (size_t i = 0; i < k * k; i++)
                b.x[i] = i < first ? -1.0f : 2.0f;
            backward(&b);
            for (size_t i = 0; i < k * k; i++)
                cr_assert_eq(b.dx[i], i == first ? b.dy[0] : 0, "%zu of %zu", first, k);
        }
        drop(&b);
    }
}

Test(network, up_repeats_along_long_axes_alone)
{
    bench        b = bench_of("up:2", (aez_dims){1, 2, 2}, 1, 0), line;
    const float *y = forward(&b);
    for (size_t i = 0; i < 16; i++)
        cr_assert_eq(y[i], b.x[i / 8 * 2 + i % 4 / 2]);
    drop(&b);
    line = bench_of("up:3", (aez_dims){2, 1, 2}, 1, 0);
    cr_assert(line.net.out.c == 2 && line.net.out.h == 1 && line.net.out.w == 6);
    drop(&line);
}

Test(network, norm_makes_each_channel_of_a_batch_standard_and_tells_its_statistics)
{
    bench        b = bench_of("norm", (aez_dims){3, 4, 5}, 6, 1);
    const float *y;
    double       sum = 0, square = 0, mean = 0;
    for (size_t i = 0; i < 3; i++) {
        b.params[i] = 1;
        b.params[3 + i] = 0;
    }
    for (size_t i = 0; i < b.n_in; i++)
        b.x[i] = 3 * b.x[i] + 100;
    y = forward(&b);
    for (size_t r = 0; r < 6; r++)
        for (size_t i = 0; i < 20; i++) {
            sum += (double)y[(r * 3 + 1) * 20 + i];
            square += pow((double)y[(r * 3 + 1) * 20 + i], 2);
            mean += (double)b.x[(r * 3 + 1) * 20 + i] / 120;
        }
    cr_assert_lt(fabs(sum / 120), 1e-4);
    cr_assert_lt(fabs(square / 120 - 1), 1e-3);
    backward(&b);
    cr_assert_lt(fabs((double)b.grads[b.net.node[0].mean + 1] / 6 - mean), 1e-3);
    cr_assert_gt(b.grads[b.net.node[0].variance + 1] / 6, 1);
    cr_assert_lt(b.grads[b.net.node[0].variance + 1] / 6, 5);
    drop(&b);
}

Test(network, dropout_keeps_its_share_and_the_mean_and_follows_its_key)
{
    enum { N = 20000 };
    bench  b = bench_of("dropout:0.3", (aez_dims){N, 1, 1}, 1, 1);
    size_t n_kept = 0, n_same = 0;
    float *first = malloc(N * sizeof *first);
    memcpy(first, forward(&b), N * sizeof *first);
    for (size_t i = 0; i < N; i++) {
        n_kept += first[i] != 0;
        cr_assert(first[i] == 0 || fabsf(first[i] - b.x[i] / 0.7f) < 1e-5f);
    }
    cr_assert_lt(fabs((double)n_kept / N - 0.7), 0.015);
    cr_assert_arr_eq(first, forward(&b), N * sizeof *first);
    b.pass.key++;
    for (size_t i = 0; i < N; i++)
        n_same += (forward(&b)[i] != 0) == (first[i] != 0), i += 40;
    cr_assert_lt(fabs((double)n_same / (N / 41 + 1) - 0.58), 0.1); /* 0.7^2 + 0.3^2 */
    b.pass.training = 0;
    cr_assert_arr_eq(b.x, forward(&b), N * sizeof *first);
    free(first);
    drop(&b);
}

Test(network, dropouts_of_one_network_differ)
{
    enum { N = 10000 };
    bench        b = bench_of("dropout:0.5 dropout:0.5", (aez_dims){N, 1, 1}, 1, 1);
    const float *y = forward(&b);
    size_t       n_kept = 0;
    for (size_t i = 0; i < N; i++)
        n_kept += y[i] != 0;
    cr_assert_lt(fabs((double)n_kept / N - 0.25), 0.03);
    drop(&b);
}

Test(network, rows_do_not_depend_on_their_company)
{
    bench  b = bench_of("conv:4 norm relu pool:2 conv:3 tanh dense:9 sigmoid", (aez_dims){2, 9, 8},
                        40, 0);
    float *all = malloc(b.n_out * sizeof *all), *x = b.x;
    memcpy(all, forward(&b), b.n_out * sizeof *all);
    b.rows = 1;
    for (size_t r = 0; r < 40; r++, b.x += 144) {
        const float *y = forward(&b);
        for (size_t i = 0; i < 9; i++)
            cr_assert_lt(fabsf(y[i] - all[r * 9 + i]), 1e-5f);
    }
    b.x = x;
    free(all);
    drop(&b);
}

static void *pass_of_a_thread(void *arg)
{
    bench *b = arg;
    for (int i = 0; i < 20; i++) {
        memset(b->grads, 0, b->net.n_params * sizeof *b->grads);
        backward(b);
    }
    return NULL;
}

Test(network, threads_at_once_give_the_gradients_of_one)
{
    enum { THREADS = 3 };
    pthread_t thread[THREADS];
    bench     b[THREADS + 1];
    for (size_t i = 0; i <= THREADS; i++)
        b[i] = bench_of("conv:8 norm relu pool:2 conv:16 relu dense:32 dense:49 tanh",
                        (aez_dims){1, 14, 14}, 16, 1);
    for (size_t i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, pass_of_a_thread, &b[i]), 0);
    pass_of_a_thread(&b[THREADS]);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        cr_assert_arr_eq(b[i].grads, b[THREADS].grads, b[i].net.n_params * sizeof(float));
        drop(&b[i]);
    }
    drop(&b[THREADS]);
}

/* ---- start ----------------------------------------------------------------------------------- */

static void check_bound(const char *text, double most)
{
    bench           b = bench_of(text, (aez_dims){8, 6, 6}, 1, 0);
    const aez_node *n = &b.net.node[0];
    size_t          n_weights = n->bias - n->weight;
    double          largest = 0;
    aez_network_init(&b.net, b.params, 5);
    for (size_t i = 0; i < n_weights; i++)
        largest = fmax(largest, fabs((double)b.params[n->weight + i]));
    cr_assert(largest <= most && largest > 0.97 * most, "%s: %g of %g", text, largest, most);
    cr_assert_eq(b.params[n->bias], 0);
    drop(&b);
}

Test(network, weights_start_as_he_and_glorot_say)
{
    check_bound("dense:40 relu", sqrt(6.0 / 288));
    check_bound("dense:40 norm dropout:0.5 leaky", sqrt(6.0 / 288));
    check_bound("dense:40 tanh", sqrt(6.0 / (288 + 40)));
    check_bound("dense:40 dense:3 relu", sqrt(6.0 / (288 + 40)));
    check_bound("dense:40", sqrt(6.0 / (288 + 40)));
    check_bound("conv:16 pool:2 relu", sqrt(6.0 / 72));
    check_bound("conv:16:3x1 sigmoid", sqrt(6.0 / (24 + 48)));
}

Test(network, norms_start_as_nothing_and_seeds_differ)
{
    bench           b = bench_of("dense:3 norm", (aez_dims){4, 1, 1}, 1, 0);
    const aez_node *n = &b.net.node[1];
    float           first;
    aez_network_init(&b.net, b.params, 5);
    cr_assert(b.params[n->weight + 2] == 1 && b.params[n->bias + 2] == 0);
    cr_assert(b.params[n->mean + 2] == 0 && b.params[n->variance + 2] == 1);
    first = b.params[0];
    aez_network_init(&b.net, b.params, 6);
    cr_assert_neq(first, b.params[0]);
    drop(&b);
}

/* ---- words ----------------------------------------------------------------------------------- */

Test(network, words_give_the_layers_of_the_convolutional_autoencoder)
{
    aez_network net = parsed("conv:64:3x3 norm relu pool:2 conv:128 norm relu pool:2 conv:1 "
                             "flatten dropout:0.25 latent",
                             (aez_dims){1, 28, 28}, 49);
    cr_assert_eq(net.n, 12);
    cr_assert(net.node[4].in.c == 64 && net.node[4].in.h == 14 && net.node[4].kw == 3);
    cr_assert(net.node[10].kind == AEZ_NODE_DROPOUT && net.node[10].rate == 0.25f);
    cr_assert(net.out.c == 49 && net.out.h == 1 && net.out.w == 1);
    cr_assert_eq(net.n_trained, 64 * 9 + 64 + 128 + 128 * 64 * 9 + 128 + 256 + 128 * 9 + 1 +
                                    49 * 49 + 49);
    cr_assert_eq(net.n_params, net.n_trained + 2 * (64 + 128));
    cr_assert_eq(net.node[1].mean, net.n_trained);
    cr_assert_eq(net.node[5].variance, net.n_trained + 128 + 128);
}

static void check_pair(const char *encoder, const char *decoder, aez_dims in, uint32_t n_latent)
{
    aez_network e = parsed(encoder, in, n_latent);
    aez_network d = parsed(decoder, (aez_dims){n_latent, 1, 1}, 0);
    cr_assert_eq(aez_dims_size(e.out), n_latent, "%s", encoder);
    cr_assert_eq(aez_dims_size(d.out), aez_dims_size(in), "%s", decoder);
}

Test(network, examples_of_the_specification_fit_their_data)
{
    const aez_dims image = {1, 28, 28};
    check_pair("dense:100 leaky dense:50 leaky latent", "dense:50 leaky dense:100 leaky dense:4",
               (aez_dims){4, 1, 1}, 3);
    check_pair("dense:32 relu", "dense:784 sigmoid", image, 32);
    check_pair("dense:128 relu dense:64 relu dense:32 relu",
               "dense:64 relu dense:128 relu dense:784 sigmoid", image, 32);
    check_pair("conv:64 norm relu pool:2 conv:256 norm relu pool:2 conv:1 flatten dropout:0.05 "
               "dense:49 latent",
               "dense:49 dense:784 relu shape:1x28x28 conv:64 relu conv:1 sigmoid", image, 49);
    check_pair("latent", "dense:98 relu shape:2x7x7 up:2 conv:16 relu up:2 conv:8 relu conv:1 "
                         "sigmoid", image, 49);
    check_pair("conv:8:1x9 leaky pool:4 conv:16:1x5 leaky pool:4 latent",
               "dense:96 leaky shape:16x1x6 up:4 conv:8:1x5 leaky up:4 conv:1:1x9",
               (aez_dims){1, 1, 96}, 5);
}

static int same_node(const aez_node *a, const aez_node *b)
{
    return a->kind == b->kind && memcmp(&a->in, &b->in, sizeof a->in) == 0 &&
           memcmp(&a->out, &b->out, sizeof a->out) == 0 && a->kh == b->kh && a->kw == b->kw &&
           a->rate == b->rate && a->activation == b->activation && a->weight == b->weight &&
           a->bias == b->bias && a->mean == b->mean && a->variance == b->variance;
}

static void check_text(const char *text, aez_dims in, const char *back)
{
    aez_network net = parsed(text, in, 6), again;
    char        words[400], twice[400];
    aez_network_text(&net, 6, words, sizeof words);
    cr_assert_str_eq(words, back);
    again = parsed(words, in, 6);
    aez_network_text(&again, 6, twice, sizeof twice);
    cr_assert_str_eq(twice, words);
    cr_assert(net.n == again.n && net.n_params == again.n_params);
    for (uint32_t i = 0; i < net.n; i++)
        cr_assert(same_node(&net.node[i], &again.node[i]), "%s: layer %u", words, i + 1);
}

Test(network, text_comes_back)
{
    check_text(" dense:128\trelu\n dense:32 ", (aez_dims){9, 1, 1}, "dense:128 relu dense:32");
    check_text("conv:8 pool:2 flatten latent", (aez_dims){1, 9, 9},
               "conv:8:3x3 pool:2 flatten latent");
    check_text("conv:8 pool:3 up:4 shape:4x1x24 conv:2:3x3 conv:1:1x5", (aez_dims){1, 1, 9},
               "conv:8:1x3 pool:3 up:4 shape:4x1x24 conv:2:3x3 conv:1:1x5");
    check_text("dropout:0.1 norm dropout:0.999999 leaky dropout:0 tanh dropout:0.500 sigmoid",
               (aez_dims){6, 1, 1},
               "dropout:0.1 norm dropout:0.999999 leaky dropout:0 tanh dropout:0.5 sigmoid");
}

Test(network, text_is_cut_to_its_place)
{
    aez_network net = parsed("dense:128 relu dense:32", (aez_dims){9, 1, 1}, 0);
    for (size_t size = 0; size < 30; size++) {
        char text[32];
        memset(text, '#', sizeof text);
        aez_network_text(&net, 0, text, size);
        cr_assert_eq(text[size], '#');
        cr_assert(size == 0 || strlen(text) == (size < 24 ? size - 1 : 23));
    }
}

static void check_refused(const char *text, aez_status status, const char *word, const char *remedy)
{
    aez_network net;
    char        why[400] = "";
    cr_assert_eq(aez_network_parse(&net, text, (aez_dims){2, 12, 12}, 0, why, sizeof why), status,
                 "%s", text);
    cr_assert(strstr(why, word), "%s: %s", text, why);
    cr_assert(strstr(why, remedy), "%s: %s", text, why);
}

Test(network, errors_name_the_word_and_what_is_allowed)
{
    const aez_status option = AEZ_ERR_OPTION;
    check_refused("dense:3 dens:4", option, "layer 2, \"dens:4\"", "dense:N conv:N[:KxL]");
    check_refused("Dense:3", option, "\"Dense:3\"", "not a layer");
    check_refused("dense", option, "layer 1, \"dense\"", "dense:N");
    check_refused("dense:0", option, "\"dense:0\"", "dense:N");
    check_refused("dense:-3", option, "\"dense:-3\"", "dense:N");
    check_refused("dense:3x", option, "\"dense:3x\"", "dense:N");
    check_refused("dense:1048577", option, "1048577", "1 to 1048576");
    check_refused("dense:18446744073709551617", option, "18446744073709551617", "dense:N");
    check_refused("conv:", option, "\"conv:\"", "conv:N:KxL");
    check_refused("conv:4:2x3", option, "\"conv:4:2x3\"", "odd");
    check_refused("conv:4:3x2", option, "\"conv:4:3x2\"", "odd");
    check_refused("conv:4:3", option, "\"conv:4:3\"", "K x L");
    check_refused("conv:4:3x3x3", option, "\"conv:4:3x3x3\"", "K x L");
    check_refused("conv:4:3x65", option, "3x65", "at most 63");
    check_refused("conv:4097", option, "conv:4097", "1 to 4096");
    check_refused("up:0", option, "\"up:0\"", "up:K");
    check_refused("up:65", option, "\"up:65\"", "1 to 64");
    check_refused("pool:2.5", option, "\"pool:2.5\"", "pool:K");
    check_refused("pool:13", option, "\"pool:13\"", "12 x 12");
    check_refused("norm:1", option, "\"norm:1\"", "without a colon");
    check_refused("dropout:1", option, "\"dropout:1\"", "0 to 0.999999");
    check_refused("dropout:0.1234567", option, "0.1234567", "six digits");
    check_refused("dropout:0.", option, "\"dropout:0.\"", "as 0.25");
    check_refused("dropout", option, "\"dropout\"", "dropout:P");
    check_refused("shape:3x3", option, "\"shape:3x3\"", "CxHxW");
    check_refused("shape:2x12x13", option, "shape:2x12x13", "288 values");
    /* 9 2^32 + 288 values */
    check_refused("shape:19x23328x87211", option, "shape:19x23328x87211", "288 values");
    check_refused("latent", option, "\"latent\"", "dense:N");
    check_refused("", option, "no layers", "dense:32");
    check_refused("up:32 up:2", AEZ_ERR_LIMIT, "layer 2", "at most 1048576");
    check_refused("dense:100000", AEZ_ERR_LIMIT, "dense:100000", "16777216");
    check_refused("dense:0000000000000000000000000000000000000000000000000000000000000000000032",
                  option, "layer 1", "not a layer");
}

Test(network, latents_end_an_encoder)
{
    aez_network net;
    char        why[400];
    cr_assert_eq(aez_network_parse(&net, "latent relu", (aez_dims){4, 1, 1}, 2, why, sizeof why),
                 AEZ_ERR_OPTION);
    cr_assert(strstr(why, "layer 2, \"relu\""), "%s", why);
    cr_assert_eq(aez_network_parse(&net, "latent relu", (aez_dims){4, 1, 1}, 2, NULL, 0),
                 AEZ_ERR_OPTION);
}

Test(network, limits_on_layers_and_inputs_hold)
{
    aez_network net;
    char        text[600] = "", why[400];
    for (int i = 0; i < AEZ_NETWORK_LAYERS_MAX; i++)
        strcat(text, "relu ");
    cr_assert_eq(aez_network_parse(&net, text, (aez_dims){4, 1, 1}, 0, why, 400), AEZ_OK);
    strcat(text, "relu");
    cr_assert_eq(aez_network_parse(&net, text, (aez_dims){4, 1, 1}, 0, why, 400), AEZ_ERR_LIMIT);
    cr_assert(strstr(why, "64"), "%s", why);
    cr_assert_eq(aez_network_parse(&net, "relu", (aez_dims){4, 0, 1}, 0, why, 400),
                 AEZ_ERR_OPTION);
    cr_assert_eq(aez_network_parse(&net, "relu", (aez_dims){UINT32_MAX, UINT32_MAX, UINT32_MAX}, 0,
                                   why, 400),
                 AEZ_ERR_LIMIT);
    cr_assert(strstr(why, "1048576"), "%s", why);
}
