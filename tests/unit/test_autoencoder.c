/* test_autoencoder.c - the integer decoder: its numbers, its bytes, and hostile bytes. */
#include "codec/autoencoder/autoencoder.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem plain_mem;
static uint32_t      state = 7;

static int random_in(int least, int most)
{
    state = state * 1664525 + 1013904223;
    return least + (int)((state >> 8) % (uint32_t)(most - least + 1));
}

static void fill_layer(aez_layer *l, int most, int shift)
{
    for (size_t i = 0; l->weight && i < (size_t)l->n_in * l->n_out; i++)
        l->weight[i] = (int16_t)random_in(-most, most);
    for (size_t o = 0; l->bias && o < l->n_out; o++)
        l->bias[o] = random_in(-5000, 5000);
    l->shift = shift;
    l->activation = AEZ_LEAKY;
    aez_layer_prove(l);
}

static void make(aez_autoencoder *ae, uint32_t n_hidden, int common, int most)
{
    const uint32_t hidden[3] = {6, 9, 5};
    aez_autoencoder_init(ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_shape(ae, 7, 3, hidden, n_hidden, common), AEZ_OK);
    fill_layer(&ae->linear, most, 3);
    for (uint32_t i = 0; i < n_hidden; i++)
        fill_layer(&ae->hidden[i], most, i ? 6 : 0);
    if (n_hidden)
        fill_layer(&ae->last, most, 5);
    ae->last.activation = AEZ_LINEAR;
    ae->frac = 12;
    for (size_t j = 0; j < (common ? 1u : 7u); j++) {
        ae->offset[j] = random_in(-1000, 1000) / 8.0;
        ae->scale[j] = random_in(0, 1000) / 16.0;
    }
}

/* The definition once more, in another way: one value at a time, 64-bit sums. */
static int64_t row_sum(const aez_layer *l, const int64_t *x, size_t o)
{
    int64_t sum = 0, half = l->shift > 0 ? (int64_t)1 << (l->shift - 1) : 0;
    for (size_t i = 0; i < l->n_in; i++)
        sum += x[i] * l->weight[o * l->n_in + i];
    sum += half;
    sum = l->shift >= 0 ? (int64_t)floor(ldexp((double)sum, -l->shift)) : sum * (1 << -l->shift);
    return sum + (l->bias ? l->bias[o] : 0);
}

static int64_t between(int64_t v, int64_t least, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

static void slow_run(const aez_autoencoder *ae, const int32_t *latents, int32_t *hat)
{
    int64_t q[4096], x[4096], y[4096];
    for (size_t l = 0; l < ae->n_latent; l++)
        x[l] = q[l] = between(latents[l], -32767, 32767);
    for (uint32_t i = 0; i < ae->n_hidden; i++) {
        const aez_layer *h = &ae->hidden[i];
        for (size_t o = 0; o < h->n_out; o++) {
            int64_t t = row_sum(h, x, o);
            t = t >= 0 || h->activation == AEZ_LINEAR ? t
                : h->activation == AEZ_RELU           ? 0
                                                      : (t - 7) / 8;
            y[o] = between((int64_t)floor((double)(t + 4) / 8), -32768, 32767);
        }
        memcpy(x, y, h->n_out * sizeof *x);
    }
    for (size_t j = 0; j < ae->n_features; j++) {
        int64_t t = row_sum(&ae->linear, q, j);
        if (ae->n_hidden)
            t += row_sum(&ae->last, x, j);
        hat[j] = (int32_t)between(t, INT32_MIN, INT32_MAX);
    }
}

static void check_run(const aez_autoencoder *ae, int most_latent)
{
    enum { ROWS = 600 };
    static int32_t latents[ROWS * 3], hat[ROWS * 7], want[7];
    for (size_t i = 0; i < ROWS * 3; i++)
        latents[i] = i < 6 ? (i % 2 ? INT32_MAX : INT32_MIN) : random_in(-most_latent, most_latent);
    cr_assert_eq(aez_autoencoder_run(ae, latents, ROWS, hat), AEZ_OK);
    for (size_t r = 0; r < ROWS; r++) {
        slow_run(ae, latents + r * 3, want);
        cr_assert_eq(memcmp(want, hat + r * 7, sizeof want), 0, "row %zu", r);
    }
}

Test(autoencoder, run_gives_the_numbers_of_the_spec)
{
    for (uint32_t n_hidden = 0; n_hidden <= 3; n_hidden++)
        for (int wide = 0; wide < 2; wide++) {
            aez_autoencoder ae;
            make(&ae, n_hidden, 0, wide ? 32767 : 100);
            check_run(&ae, 20);
            check_run(&ae, 40000);
            for (uint32_t i = 0; i < n_hidden; i++)
                ae.hidden[i].activation = AEZ_RELU;
            check_run(&ae, 300);
            ae.kernels = aez_kernels_pick("ref");
            check_run(&ae, 300);
            aez_autoencoder_free(&ae);
        }
}

Test(autoencoder, run_does_not_depend_on_how_rows_are_split)
{
    static int32_t  latents[1000 * 3], a[1000 * 7], b[1000 * 7];
    aez_autoencoder ae;
    make(&ae, 2, 1, 500);
    for (size_t i = 0; i < 3000; i++)
        latents[i] = random_in(-100, 100);
    cr_assert_eq(aez_autoencoder_run(&ae, latents, 1000, a), AEZ_OK);
    for (size_t r = 0, n = 1; r < 1000; r += n, n *= 2) {
        n = n < 1000 - r ? n : 1000 - r;
        cr_assert_eq(aez_autoencoder_run(&ae, latents + r * 3, n, b + r * 7), AEZ_OK);
    }
    cr_assert_eq(memcmp(a, b, sizeof a), 0);
    cr_assert_eq(aez_autoencoder_run(&ae, latents, 0, b), AEZ_OK);
    aez_autoencoder_free(&ae);
}

Test(autoencoder, value_is_the_one_float_expression)
{
    aez_autoencoder ae;
    make(&ae, 0, 0, 100);
    ae.offset[1] = 0.1;
    ae.scale[1] = 3.3;
    cr_assert_eq(aez_autoencoder_value(&ae, 1, -4097), 0.1 + 3.3 * (-4097 / 4096.0));
    ae.offset[1] = -0x1p960;
    ae.scale[1] = 0x1p960;
    cr_assert(isfinite(aez_autoencoder_value(&ae, 1, INT32_MIN)));
    aez_autoencoder_free(&ae);
}

static void to_bytes(const aez_autoencoder *ae, aez_buf *b)
{
    aez_buf_init(b, &plain_mem);
    cr_assert_eq(aez_autoencoder_put(ae, b), AEZ_OK);
}

static aez_status from_bytes(aez_autoencoder *ae, const uint8_t *p, size_t n)
{
    uint8_t   *copy = malloc(n + (n == 0)); /* exact size: over-reads show */
    aez_rd     in;
    aez_status st;
    memcpy(copy, p, n);
    aez_rd_init(&in, copy, n);
    st = aez_autoencoder_get(ae, &plain_mem, &in);
    if (st == AEZ_OK && aez_rd_left(&in)) {
        aez_autoencoder_free(ae);
        st = AEZ_ERR_CORRUPT; /* of no use to these tests */
    }
    free(copy);
    return st;
}

Test(autoencoder, bytes_give_the_same_decoder_back)
{
    static const int most[4] = {5, 127, 128, 32767};
    for (uint32_t n_hidden = 0; n_hidden <= 3; n_hidden++)
        for (int v = 0; v < 8; v++) {
            aez_autoencoder a, b;
            aez_buf         one, two;
            int32_t         q[3] = {5, -7, 11}, x[7], y[7];
            make(&a, n_hidden, v & 1, most[v / 2]);
            if (v == 4)
                a.offset[0] = 0.1; /* not a binary32 */
            to_bytes(&a, &one);
            cr_assert_eq(from_bytes(&b, one.data, one.size), AEZ_OK);
            to_bytes(&b, &two);
            cr_assert_eq(one.size, two.size);
            cr_assert_eq(memcmp(one.data, two.data, one.size), 0);
            cr_assert_eq(aez_autoencoder_run(&a, q, 1, x), AEZ_OK);
            cr_assert_eq(aez_autoencoder_run(&b, q, 1, y), AEZ_OK);
            cr_assert_eq(memcmp(x, y, sizeof x), 0);
            cr_assert_eq(aez_autoencoder_value(&a, 6, 77), aez_autoencoder_value(&b, 6, 77));
            aez_buf_free(&one);
            aez_buf_free(&two);
            aez_autoencoder_free(&a);
            aez_autoencoder_free(&b);
        }
}

Test(autoencoder, get_rejects_every_truncation)
{
    aez_autoencoder a, b;
    aez_buf         bytes;
    make(&a, 2, 0, 300);
    to_bytes(&a, &bytes);
    for (size_t n = 0; n < bytes.size; n++)
        cr_assert_lt(from_bytes(&b, bytes.data, n), 0, "%zu bytes", n);
    aez_buf_free(&bytes);
    aez_autoencoder_free(&a);
}

static aez_status status_of(const aez_autoencoder *ae)
{
    aez_autoencoder b;
    aez_buf         bytes;
    aez_status      st;
    to_bytes(ae, &bytes);
    st = from_bytes(&b, bytes.data, bytes.size);
    if (st == AEZ_OK)
        aez_autoencoder_free(&b);
    aez_buf_free(&bytes);
    return st;
}

Test(autoencoder, each_number_out_of_its_range_is_refused)
{
    static const double bad[5] = {NAN, INFINITY, -INFINITY, 0x1.1p960, -0x1.1p960};
    aez_autoencoder     a;
    make(&a, 2, 0, 300);
    cr_assert_eq(status_of(&a), AEZ_OK);
    for (int i = 0; i < 5; i++) {
        double keep = a.offset[3], keep_scale = a.scale[6];
        a.offset[3] = bad[i];
        cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
        a.offset[3] = keep;
        a.scale[6] = bad[i];
        cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
        a.scale[6] = keep_scale;
    }
    a.scale[0] = -0x1p-30;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.scale[0] = 1;
    a.hidden[1].weight[3] = INT16_MIN;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.hidden[1].weight[3] = 0;
    a.linear.shift = AEZ_LAYER_SHIFT_MAX + 1;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.linear.shift = AEZ_LAYER_SHIFT_MIN - 1;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.linear.shift = 0;
    a.hidden[0].activation = AEZ_ACTIVATION_MAX + 1;
    cr_assert_eq(status_of(&a), AEZ_ERR_VERSION);
    a.hidden[0].activation = AEZ_RELU;
    a.frac = AEZ_HAT_FRAC_MAX + 1;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.frac = AEZ_HAT_FRAC_MAX;
    cr_assert_eq(status_of(&a), AEZ_OK);
    aez_autoencoder_free(&a);
}

Test(autoencoder, a_stream_of_another_length_than_the_shape_asks_is_refused)
{
    for (int most = 100; most <= 30000; most += 29900) {
        aez_autoencoder a, b;
        aez_buf         bytes;
        make(&a, 0, 1, most);
        to_bytes(&a, &bytes);
        cr_assert_eq(bytes.data[3], 3); /* latents */
        for (uint8_t n = 1; n < 8; n++) {
            bytes.data[3] = n;
            if (n == 3)
                continue;
            cr_assert_lt(from_bytes(&b, bytes.data, bytes.size), 0);
        }
        aez_buf_free(&bytes);
        aez_autoencoder_free(&a);
    }
}

/* Whatever the bytes say, what is accepted runs, and gives finite values. */
static int survives(const uint8_t *p, size_t n)
{
    aez_autoencoder b;
    int32_t        *q, *hat;
    if (from_bytes(&b, p, n) != AEZ_OK)
        return 0;
    q = malloc(2 * b.n_latent * sizeof *q);
    hat = malloc(2 * b.n_features * sizeof *hat);
    for (size_t i = 0; i < 2 * b.n_latent; i++)
        q[i] = i % 2 ? INT32_MIN : INT32_MAX;
    cr_assert_eq(aez_autoencoder_run(&b, q, 2, hat), AEZ_OK);
    for (size_t j = 0; j < b.n_features; j++)
        cr_assert(isfinite(aez_autoencoder_value(&b, j, hat[j])));
    free(q);
    free(hat);
    aez_autoencoder_free(&b);
    return 1;
}

Test(autoencoder, every_flipped_bit_is_refused_or_harmless)
{
    int n_accepted = 0;
    for (uint32_t n_hidden = 0; n_hidden <= 2; n_hidden += 2)
        for (int most = 100; most <= 30000; most += 29900) {
            aez_autoencoder a;
            aez_buf         bytes;
            make(&a, n_hidden, 0, most);
            to_bytes(&a, &bytes);
            for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
                bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                n_accepted += survives(bytes.data, bytes.size);
                bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            for (int trial = 0; trial < 3000; trial++) { /* several at once, mostly in the head */
                uint8_t *p = malloc(bytes.size);
                memcpy(p, bytes.data, bytes.size);
                for (int k = 0; k < 3; k++)
                    p[(size_t)random_in(0, trial % 2 ? 12 : (int)bytes.size - 1)] =
                        (uint8_t)random_in(0, 255);
                survives(p, bytes.size);
                free(p);
            }
            aez_buf_free(&bytes);
            aez_autoencoder_free(&a);
        }
    cr_assert_gt(n_accepted, 0);
}

Test(autoencoder, widths_beyond_the_limits_are_refused)
{
    static const uint32_t wide[2] = {4097, 16}, deep[AEZ_HIDDEN_MAX + 1], many[2] = {4096, 4096};
    aez_autoencoder       ae;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_shape(&ae, 4097, 1, NULL, 0, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(aez_autoencoder_shape(&ae, 0, 1, NULL, 0, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(aez_autoencoder_shape(&ae, 1, 0, NULL, 0, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(aez_autoencoder_shape(&ae, 4, 2, wide, 1, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(aez_autoencoder_shape(&ae, 4, 2, deep, 1, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(aez_autoencoder_shape(&ae, 4, 2, deep, AEZ_HIDDEN_MAX + 1, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(aez_autoencoder_shape(&ae, 4, 2, many, 2, 0), AEZ_ERR_LIMIT);
    cr_assert_eq(aez_autoencoder_shape(&ae, 4096, 4096, NULL, 0, 0), AEZ_OK);
    aez_autoencoder_free(&ae);
}

static int  blocks_left, live_blocks;
static void *counted_alloc(void *opaque, size_t size)
{
    (void)opaque;
    if (blocks_left-- <= 0)
        return NULL;
    live_blocks++;
    return malloc(size);
}

static void counted_release(void *opaque, void *block)
{
    (void)opaque;
    live_blocks--;
    free(block);
}

Test(autoencoder, every_failed_allocation_is_reported_and_nothing_leaks)
{
    const aez_mem   mem = {counted_alloc, counted_release, NULL};
    aez_autoencoder a, b;
    aez_buf         bytes;
    int32_t         q[3] = {1, 2, 3}, hat[7];
    aez_status      st = AEZ_ERR_NOMEM;
    make(&a, 3, 0, 3000);
    to_bytes(&a, &bytes);
    for (int allowed = 0; st == AEZ_ERR_NOMEM; allowed++) {
        aez_rd in;
        cr_assert_lt(allowed, 100);
        blocks_left = allowed;
        aez_rd_init(&in, bytes.data, bytes.size);
        st = aez_autoencoder_get(&b, &mem, &in);
        if (st == AEZ_OK) {
            st = aez_autoencoder_run(&b, q, 1, hat);
            aez_autoencoder_free(&b);
        }
        cr_assert_eq(live_blocks, 0);
    }
    cr_assert_eq(st, AEZ_OK);
    aez_buf_free(&bytes);
    aez_autoencoder_free(&a);
}

Test(autoencoder, bytes_and_numbers_are_those_of_the_example_in_the_spec)
{
    static const uint8_t head[17] = {0x01, 0x03, 0x02, 0x01, 0x00, 0x10, 0, 0,    0,
                                     0x3F, 0,    0,    0x80, 0x3E, 0x00, 0x1B, 0x01};
    const int32_t        latent = 2;
    int32_t              hat[2];
    aez_autoencoder      ae;
    aez_buf              bytes;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_shape(&ae, 2, 1, NULL, 0, 1), AEZ_OK);
    ae.frac = 16;
    ae.offset[0] = 0.5;
    ae.scale[0] = 0.25;
    ae.linear.weight[0] = 3;
    ae.linear.weight[1] = -1;
    ae.linear.shift = -14;
    ae.linear.bias[1] = 65536;
    aez_layer_prove(&ae.linear);
    to_bytes(&ae, &bytes);
    cr_assert_gt(bytes.size, sizeof head);
    cr_assert_eq(memcmp(bytes.data, head, sizeof head), 0);
    cr_assert_eq(aez_autoencoder_run(&ae, &latent, 1, hat), AEZ_OK);
    cr_assert(hat[0] == 98304 && hat[1] == 32768);
    cr_assert(aez_autoencoder_value(&ae, 0, hat[0]) == 0.875);
    cr_assert(aez_autoencoder_value(&ae, 1, hat[1]) == 0.625);
    aez_buf_free(&bytes);
    aez_autoencoder_free(&ae);
}
