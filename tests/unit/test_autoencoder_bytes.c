/* test_autoencoder_bytes.c - the integer decoder as bytes: back and forth, small, and hostile. */
#include "tests/support/decoders.h"

#include <math.h>

static const aez_mem plain_mem;

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

static void same_layer(const aez_layer *a, const aez_layer *b)
{
    size_t n = (size_t)a->n_in * a->n_out;
    cr_assert(a->n_in == b->n_in && a->n_out == b->n_out && a->activation == b->activation);
    cr_assert(a->shift == b->shift && a->wide == b->wide);
    cr_assert_eq(memcmp(a->weight, b->weight, n * sizeof *a->weight), 0);
    cr_assert_eq(memcmp(a->bias, b->bias, a->n_out * sizeof *a->bias), 0);
}

static void same_decoder(const aez_autoencoder *a, const aez_autoencoder *b)
{
    cr_assert(a->n_features == b->n_features && a->n_latent == b->n_latent && a->frac == b->frac);
    cr_assert(a->n_offsets == b->n_offsets && a->n_scales == b->n_scales && a->n_ops == b->n_ops);
    cr_assert_eq(memcmp(a->offset, b->offset, a->n_offsets * sizeof *a->offset), 0);
    cr_assert_eq(memcmp(a->scale, b->scale, a->n_scales * sizeof *a->scale), 0);
    cr_assert_eq(a->has_linear, b->has_linear);
    if (a->has_linear)
        same_layer(&a->linear, &b->linear);
    for (uint32_t i = 0; i < a->n_ops; i++) {
        const aez_op *x = &a->op[i], *y = &b->op[i];
        cr_assert(x->kind == y->kind && x->kh == y->kh && x->kw == y->kw);
        cr_assert_eq(memcmp(&x->in, &y->in, sizeof x->in), 0);
        cr_assert_eq(memcmp(&x->out, &y->out, sizeof x->out), 0);
        if (x->kind <= AEZ_OP_CONV)
            same_layer(&x->layer, &y->layer);
    }
}

static void check_there_and_back(const aez_autoencoder *a)
{
    aez_autoencoder b;
    aez_buf         one, two;
    to_bytes(a, &one);
    cr_assert_eq(from_bytes(&b, one.data, one.size), AEZ_OK);
    same_decoder(a, &b);
    to_bytes(&b, &two);
    cr_assert_eq(one.size, two.size);
    cr_assert_eq(memcmp(one.data, two.data, one.size), 0);
    aez_buf_free(&one);
    aez_buf_free(&two);
    aez_autoencoder_free(&b);
}

Test(autoencoder_bytes, give_the_same_decoder_back)
{
    static const int most[4] = {5, 127, 2048, 32767};
    for (int trial = 0; trial < 120; trial++) {
        aez_autoencoder a;
        unsigned        n_ops = (unsigned)trial % 6;
        make_decoder(&a, &plain_mem, n_ops, n_ops == 0 || trial % 2, trial % 4, most[trial % 4]);
        if (a.n_offsets > 3) {
            a.offset[0] = trial % 3 ? 0.1 : -0.0; /* no binary32; no multiple of anything */
            a.offset[1] = trial % 5 ? 1 : 0x1p-1060;
            a.offset[2] = trial % 7 ? 2 : -0x1p960;
        }
        check_there_and_back(&a);
        aez_autoencoder_free(&a);
    }
}

Test(autoencoder_bytes, statistics_of_any_size_come_back)
{
    static const double ends[8] = {0x1p960, -0x1p960, 0x1p-1074, -0x1p-1074,
                                   0x1.fffffffffffffp959, 3e-310, 1e-300, 0.1};
    for (int i = 0; i < 8 * 8 * 2; i++) {
        aez_autoencoder a;
        aez_autoencoder_init(&a, &plain_mem);
        cr_assert_eq(aez_autoencoder_begin(&a, 50, 0, i < 64 ? 1 : 50, 50, 0), AEZ_OK);
        for (size_t j = 0; j < 50; j++) {
            a.offset[a.n_offsets == 1 ? 0 : j] = ends[j % 2 ? i % 8 : i / 8 % 8];
            a.scale[j] = fabs(ends[(size_t)i % 8]) * (j % 3 == 0);
        }
        check_there_and_back(&a);
        aez_autoencoder_free(&a);
    }
}

/* A map of offsets on a grid of 1/64, and weights that change smoothly over it. */
Test(autoencoder_bytes, smooth_maps_take_few_bytes)
{
    enum { W = 128, H = 64, K = 4 };
    aez_autoencoder a;
    aez_buf         b;
    size_t          without;
    aez_autoencoder_init(&a, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&a, W * H, 0, W * H, 1, 0), AEZ_OK);
    for (int j = 0; j < W * H; j++)
        a.offset[j] = floor(64 * (280 + 30 * sin(j / W * 0.05) * cos(j % W * 0.07) +
                                  random_in(0, 15) / 64.0)) / 64;
    to_bytes(&a, &b);
    cr_assert_lt(b.size, W * H * 5 / 6, "%zu bytes", b.size); /* the noise alone is 4 bits */
    without = b.size;
    aez_buf_free(&b);
    check_there_and_back(&a);
    aez_autoencoder_free(&a);

    cr_assert_eq(aez_autoencoder_begin(&a, W * H, K, 1, 1, 1), AEZ_OK);
    for (int j = 0; j < W * H; j++)
        for (int l = 0; l < K; l++)
            a.linear.weight[j * K + l] =
                (int16_t)(60 * sin(j / W * 0.04 * (l + 1)) * cos(j % W * 0.06 * (l + 1)));
    aez_layer_prove(&a.linear);
    to_bytes(&a, &b);
    cr_assert_lt(b.size, W * H * K / 2, "%zu bytes", b.size);
    cr_assert_gt(without, 0);
    aez_buf_free(&b);
    check_there_and_back(&a);
    aez_autoencoder_free(&a);
}

Test(autoencoder_bytes, every_truncation_is_refused)
{
    for (int trial = 0; trial < 6; trial++) {
        aez_autoencoder a, b;
        aez_buf         bytes;
        make_decoder(&a, &plain_mem, (unsigned)trial, 1, trial % 4, 300);
        to_bytes(&a, &bytes);
        for (size_t n = 0; n < bytes.size; n += n < 200 ? 1 : 1 + n / 150)
            cr_assert_lt(from_bytes(&b, bytes.data, n), 0, "%zu bytes", n);
        aez_buf_free(&bytes);
        aez_autoencoder_free(&a);
    }
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

/* Two dense layers after a linear one, and a grown tensor between them. */
static void make_plain(aez_autoencoder *a)
{
    aez_autoencoder_init(a, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(a, 7, 3, 7, 7, 1), AEZ_OK);
    add_op(a, (aez_op){AEZ_OP_DENSE, .out = {6, 1, 1}}, 300);
    add_op(a, (aez_op){AEZ_OP_SHAPE, .out = {1, 2, 3}}, 300);
    add_op(a, (aez_op){AEZ_OP_CONV, .out = {2, 0, 0}, .kh = 3, .kw = 3}, 300);
    add_op(a, (aez_op){AEZ_OP_UP, .kh = 2, .kw = 1}, 300);
    add_op(a, (aez_op){AEZ_OP_DENSE, .out = {7, 1, 1}}, 300);
    fill_layer(&a->linear, 300, 15);
    fill_statistics(a);
    cr_assert_eq(status_of(a), AEZ_OK);
}

static void check_refused(aez_autoencoder *a, aez_status st, int *place, int value)
{
    int keep = *place;
    *place = value;
    cr_assert_eq(status_of(a), st);
    *place = keep;
}

Test(autoencoder_bytes, each_number_out_of_its_range_is_refused)
{
    static const double bad[5] = {NAN, INFINITY, -INFINITY, 0x1.1p960, -0x1.1p960};
    aez_autoencoder     a;
    make_plain(&a);
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
    a.op[2].layer.weight[3] = INT16_MIN;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.op[2].layer.weight[3] = 0;
    check_refused(&a, AEZ_ERR_CORRUPT, &a.linear.shift, AEZ_LAYER_SHIFT_MAX + 1);
    check_refused(&a, AEZ_ERR_CORRUPT, &a.op[2].layer.shift, AEZ_LAYER_SHIFT_MIN - 1);
    a.linear.activation = AEZ_RELU;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.linear.activation = 0;
    a.op[0].layer.activation = AEZ_ACTIVATION_MAX + 1;
    cr_assert_eq(status_of(&a), AEZ_ERR_VERSION);
    a.op[0].layer.activation = AEZ_RELU;
    a.frac = AEZ_HAT_FRAC_MAX + 1;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.frac = AEZ_HAT_FRAC_MAX;
    cr_assert_eq(status_of(&a), AEZ_OK);
    a.op[1].out.w = 4;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.op[1].out.w = 3;
    a.op[3].kh = 0;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.op[3].kh = AEZ_FACTOR_MAX + 1;
    cr_assert_eq(status_of(&a), AEZ_ERR_LIMIT);
    a.op[3].kh = 2;
    a.op[2].kw = 2;
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.op[2].kw = 3;
    a.n_ops = 4; /* ends in UP */
    cr_assert_eq(status_of(&a), AEZ_ERR_CORRUPT);
    a.n_ops = 5;
    cr_assert_eq(status_of(&a), AEZ_OK);
    aez_autoencoder_free(&a);
}

Test(autoencoder_bytes, an_unknown_version_flag_or_operation_is_refused_as_such)
{
    static const struct { size_t at; uint8_t value; aez_status st; } changes[] = {
        {0, 1, AEZ_ERR_VERSION}, {0, 3, AEZ_ERR_VERSION},  {1, 8, AEZ_ERR_VERSION},
        {2, 0, AEZ_ERR_LIMIT},   {4, 65, AEZ_ERR_LIMIT},   {5, 25, AEZ_ERR_CORRUPT},
        {3, 0, AEZ_ERR_CORRUPT}, {4, 0, AEZ_ERR_CORRUPT},
    };
    aez_autoencoder a, b;
    aez_buf         bytes;
    aez_autoencoder_init(&a, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&a, 1, 1, 1, 1, 0), AEZ_OK);
    add_op(&a, (aez_op){AEZ_OP_DENSE, .out = {1, 1, 1}}, 3);
    a.offset[0] = a.scale[0] = 0x1.99999ap-4; /* a binary32 each, with a byte before */
    to_bytes(&a, &bytes);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint8_t keep = bytes.data[changes[i].at];
        bytes.data[changes[i].at] = changes[i].value;
        cr_assert_eq(from_bytes(&b, bytes.data, bytes.size), changes[i].st, "change %zu", i);
        bytes.data[changes[i].at] = keep;
    }
    cr_assert_eq(bytes.data[16], 0); /* the kind of the operation */
    bytes.data[16] = AEZ_OP_SHAPE + 1;
    cr_assert_eq(from_bytes(&b, bytes.data, bytes.size), AEZ_ERR_VERSION);
    aez_buf_free(&bytes);
    aez_autoencoder_free(&a);
}

/* One feature, no latents; offset and scale are no planes of integers times 2^e. */
Test(autoencoder_bytes, exponents_have_limits)
{
    static const struct { int e; aez_status st; } cases[] = {
        {-1075, AEZ_ERR_CORRUPT}, {-1074, AEZ_OK}, {960, AEZ_OK}, {961, AEZ_ERR_CORRUPT}};
    for (size_t i = 0; i < 4; i++)
        for (int which = 0; which < 2; which++) {
            aez_autoencoder ae;
            aez_buf         b;
            aez_buf_init(&b, &plain_mem);
            aez_put(&b, (const uint8_t[]){2, 0, 1, 0, 0, 0}, 6);
            for (int stat = 0; stat < 2; stat++) {
                aez_put_u8(&b, 2);
                aez_put_svarint(&b, stat == which ? cases[i].e : 0);
                aez_put_u8(&b, 0);
            }
            cr_assert_eq(from_bytes(&ae, b.data, b.size), cases[i].st);
            if (cases[i].st == AEZ_OK)
                aez_autoencoder_free(&ae);
            aez_buf_free(&b);
        }
}

/* Whatever the bytes say, what is accepted runs, and gives finite values. */
static int survives(const uint8_t *p, size_t n)
{
    aez_autoencoder b;
    int32_t        *q, *hat;
    if (from_bytes(&b, p, n) != AEZ_OK)
        return 0;
    q = malloc(2 * b.n_latent * sizeof *q + 1);
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

static void flip_all(const aez_autoencoder *a, int *n_accepted)
{
    aez_buf bytes;
    to_bytes(a, &bytes);
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        *n_accepted += survives(bytes.data, bytes.size);
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (int trial = 0; trial < 2000; trial++) { /* several at once, mostly in the head */
        uint8_t *p = malloc(bytes.size);
        memcpy(p, bytes.data, bytes.size);
        for (int k = 0; k < 3; k++)
            p[(size_t)random_in(0, trial % 2 ? 12 : (int)bytes.size - 1)] =
                (uint8_t)random_in(0, 255);
        survives(p, bytes.size);
        free(p);
    }
    aez_buf_free(&bytes);
}

Test(autoencoder_bytes, every_flipped_bit_is_refused_or_harmless)
{
    int n_accepted = 0;
    for (unsigned n_ops = 0; n_ops < 4; n_ops++) {
        aez_autoencoder a;
        make_decoder(&a, &plain_mem, n_ops, n_ops != 1, 3, n_ops % 2 ? 100 : 30000);
        flip_all(&a, &n_accepted);
        aez_autoencoder_free(&a);
    }
    cr_assert_gt(n_accepted, 0);
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

Test(autoencoder_bytes, every_failed_allocation_is_reported_and_nothing_leaks)
{
    const aez_mem   mem = {counted_alloc, counted_release, NULL};
    aez_autoencoder a, b;
    aez_buf         bytes;
    int32_t         q[3] = {1, 2, 3}, hat[7];
    aez_status      st = AEZ_ERR_NOMEM;
    make_plain(&a);
    to_bytes(&a, &bytes);
    for (int allowed = 0; st == AEZ_ERR_NOMEM; allowed++) {
        aez_rd in;
        aez_buf again;
        cr_assert_lt(allowed, 3000);
        blocks_left = allowed;
        aez_rd_init(&in, bytes.data, bytes.size);
        st = aez_autoencoder_get(&b, &mem, &in);
        if (st == AEZ_OK) {
            st = aez_autoencoder_run(&b, q, 1, hat);
            aez_buf_init(&again, &mem);
            if (st == AEZ_OK)
                st = aez_autoencoder_put(&b, &again);
            aez_buf_free(&again);
            aez_autoencoder_free(&b);
        }
        cr_assert_eq(live_blocks, 0);
    }
    cr_assert_eq(st, AEZ_OK);
    aez_buf_free(&bytes);
    aez_autoencoder_free(&a);
}
