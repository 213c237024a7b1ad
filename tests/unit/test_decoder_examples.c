/* test_decoder_examples.c - bytes and numbers of the decoders that are examples in the spec. */
#include "tests/support/decoders.h"

static const aez_mem plain_mem;

static void check_example(aez_autoencoder *ae, int32_t latent, const uint8_t *bytes, size_t size,
                          const int32_t *hat)
{
    aez_autoencoder read;
    aez_buf         b;
    aez_rd          in;
    int32_t         got[4];
    aez_layer_prove(&ae->linear);
    for (uint32_t i = 0; i < ae->n_ops; i++)
        aez_layer_prove(&ae->op[i].layer);
    aez_buf_init(&b, &plain_mem);
    cr_assert_eq(aez_autoencoder_put(ae, &b), AEZ_OK);
    cr_assert_eq(b.size, size);
    cr_assert_eq(memcmp(b.data, bytes, size), 0);
    aez_rd_init(&in, bytes, size);
    cr_assert_eq(aez_autoencoder_get(&read, &plain_mem, &in), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert_eq(aez_autoencoder_run(&read, &latent, 1, got), AEZ_OK);
    cr_assert_eq(memcmp(got, hat, ae->n_features * sizeof *hat), 0);
    aez_buf_free(&b);
    aez_autoencoder_free(&read);
    aez_autoencoder_free(ae);
}

Test(decoder_examples, linear_alone_is_that_of_the_spec)
{
    static const uint8_t bytes[] = {
        0x02, 0x05, 0x02, 0x01, 0x00, 0x10, 0x02, 0x01, 0x01, 0x18, 0x02, 0x3A, 0x01, 0x00, 0x00,
        0x80, 0x3E, 0x00, 0x1B, 0x00, 0x11, 0x18, 0x02, 0x3E, 0x02, 0x50, 0x02, 0x00, 0x00, 0x08,
        0x02, 0x02, 0x00};
    static const int32_t hat[2] = {98304, 32768};
    aez_autoencoder      ae;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, 2, 1, 2, 1, 1), AEZ_OK);
    ae.frac = 16;
    ae.offset[0] = 0.5;
    ae.offset[1] = -2;
    ae.scale[0] = 0.25;
    ae.linear.weight[0] = 3;
    ae.linear.weight[1] = -1;
    ae.linear.shift = -14;
    ae.linear.bias[1] = 65536;
    cr_assert(aez_autoencoder_value(&ae, 0, hat[0]) == 0.875);
    cr_assert(aez_autoencoder_value(&ae, 1, hat[1]) == -1.875);
    check_example(&ae, 2, bytes, sizeof bytes, hat);
}

Test(decoder_examples, chain_alone_is_that_of_the_spec)
{
    static const uint8_t bytes[] = {
        0x02, 0x00, 0x04, 0x01, 0x04, 0x08, 0x02, 0x00, 0x00, 0x01, 0x00, 0x00, 0x7F, 0x43, 0x00,
        0x02, 0x03, 0x11, 0x00, 0x01, 0x20, 0x02, 0x38, 0x01, 0x40, 0x02, 0x00, 0xC8, 0x03, 0x01,
        0x01, 0x02, 0x02, 0x01, 0x02, 0x01, 0x01, 0x01, 0x03, 0x04, 0x06, 0x00, 0x11, 0x10, 0x03,
        0x1A, 0x01, 0x02, 0x01, 0xFF, 0x1F};
    static const int16_t window[3] = {1, 2, 1};
    static const int32_t hat[4] = {140, 133, 91, 78};
    aez_autoencoder      ae;
    aez_layer           *l = &ae.op[0].layer;
    aez_autoencoder_init(&ae, &plain_mem);
    cr_assert_eq(aez_autoencoder_begin(&ae, 4, 1, 1, 1, 0), AEZ_OK);
    add_op(&ae, (aez_op){AEZ_OP_DENSE, .out = {2, 1, 1}}, 1);
    add_op(&ae, (aez_op){AEZ_OP_SHAPE, .out = {1, 1, 2}}, 1);
    add_op(&ae, (aez_op){AEZ_OP_UP, .kh = 1, .kw = 2}, 1);
    add_op(&ae, (aez_op){AEZ_OP_CONV, .out = {1, 1, 2}, .kh = 1, .kw = 3}, 1);
    ae.frac = 8;
    ae.scale[0] = 255;
    l->weight[0] = 4;
    l->weight[1] = -2;
    l->bias[0] = 0;
    l->bias[1] = 100;
    l->shift = -9;
    l->activation = AEZ_TANH;
    l = &ae.op[3].layer;
    memcpy(l->weight, window, sizeof window);
    l->bias[0] = -2048;
    l->shift = 3;
    l->activation = AEZ_SIGMOID;
    check_example(&ae, 1, bytes, sizeof bytes, hat);
}
