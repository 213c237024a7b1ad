/* test_train_words.c - widths become layers in words, and words become tables of layers. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/layer_table.h"
#include "cli/message.h"
#include "cli/train_words.h"

static void words_are(const char *line, aez_tensor_shape shape, const char *encoder,
                      const char *decoder)
{
    char            text[512], *argv[64], *word;
    int             argc = 0;
    aez_args        args;
    aez_train_words words;
    (void)snprintf(text, sizeof text, "aez train a -o b %s", line);
    for (word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    cr_assert_eq(aez_args_parse(&args, argc, argv), AEZ_EXIT_OK, "%s", line);
    cr_assert_eq(aez_train_words_make(&words, &args, shape), AEZ_EXIT_OK);
    if (encoder) {
        cr_assert_not_null(words.encoder, "%s", line);
        cr_expect_str_eq(words.encoder, encoder);
        cr_expect_str_eq(words.decoder, decoder);
    } else {
        cr_expect_null(words.encoder, "%s", line);
        cr_expect_null(words.decoder, "%s", line);
    }
    aez_train_words_free(&words);
    aez_args_free(&args);
}

Test(train_words, stacks_without_more_are_the_trainers_own)
{
    aez_tensor_shape s = {1, 28, 28};
    words_are("", s, NULL, NULL);
    words_are("--hidden 64,32", s, NULL, NULL);
    words_are("--hidden 64 --loss mse", s, NULL, NULL);
    words_are("--linear", s, NULL, NULL);
    words_are("--latent 0", s, NULL, NULL);
    words_are("--latent 0 --loss bce", s, NULL, NULL);
    words_are("--init m.aezm --conv 8", s, NULL, NULL);
}

Test(train_words, dense_layers_are_mirrored)
{
    aez_tensor_shape s = {1, 1, 5};
    words_are("--hidden 9,7 --activation tanh", s, "dense:9 tanh dense:7 tanh latent",
              "dense:7 tanh dense:9 tanh dense:5");
    words_are("--hidden 9 --activation linear", s, "dense:9 latent", "dense:9 dense:5");
    words_are("--loss bce", s, "latent", "dense:5 sigmoid");
    words_are("--hidden 9 --loss bce", s, "dense:9 relu latent", "dense:9 relu dense:5 sigmoid");
}

Test(train_words, blocks_are_pooled_where_that_can_be_undone)
{
    words_are("--conv 16,32 --hidden 64", (aez_tensor_shape){1, 28, 28},
              "conv:16 norm relu pool:2 conv:32 norm relu pool:2 flatten dense:64 relu latent",
              "dense:64 relu dense:1568 relu shape:32x7x7 up:2 conv:16 relu up:2 conv:1");
    words_are("--conv 4,4,4 --loss bce", (aez_tensor_shape){3, 28, 28},
              "conv:4 norm relu pool:2 conv:4 norm relu pool:2 conv:4 norm relu flatten latent",
              "dense:196 relu shape:4x7x7 conv:4 relu up:2 conv:4 relu up:2 conv:3 sigmoid");
    words_are("--conv 8 --activation leaky", (aez_tensor_shape){1, 1, 96},
              "conv:8 norm leaky pool:2 flatten latent",
              "dense:384 leaky shape:8x1x48 up:2 conv:1");
    words_are("--conv 8", (aez_tensor_shape){1, 27, 28}, "conv:8 norm relu flatten latent",
              "dense:6048 relu shape:8x27x28 conv:1");
    words_are("--conv 8", (aez_tensor_shape){1, 2, 2}, "conv:8 norm relu flatten latent",
              "dense:32 relu shape:8x2x2 conv:1");
}

Test(train_words, the_longest_fit)
{
    words_are("--conv 4096,4096,4096,4096,4096,4096,4096,4096 --activation sigmoid --hidden "
              "4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096",
              (aez_tensor_shape){1, 3, 3},
              "conv:4096 norm sigmoid conv:4096 norm sigmoid conv:4096 norm sigmoid conv:4096 norm "
              "sigmoid conv:4096 norm sigmoid conv:4096 norm sigmoid conv:4096 norm sigmoid conv:4096 "
              "norm sigmoid flatten dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 "
              "sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid "
              "dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 "
              "sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid latent",
              "dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 "
              "sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid "
              "dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:4096 "
              "sigmoid dense:4096 sigmoid dense:4096 sigmoid dense:36864 sigmoid shape:4096x3x3 conv:4096 "
              "sigmoid conv:4096 sigmoid conv:4096 sigmoid conv:4096 sigmoid conv:4096 sigmoid conv:4096 "
              "sigmoid conv:4096 sigmoid conv:1");
}

static uint64_t parameters(aez_layer_walk walk, uint64_t last[3], int *n)
{
    aez_layer_row row;
    uint64_t      sum = 0;
    *n = 0;
    while (aez_layer_next(&walk, &row)) {
        sum += row.parameters;
        last[0] = row.c;
        last[1] = row.h;
        last[2] = row.w;
        (*n)++;
    }
    return sum;
}

Test(train_words, a_table_of_layers_counts_them)
{
    uint64_t last[3] = {0};
    int      n;
    aez_layer_walk images = {.text = "conv:8:3x3 norm relu pool:2 conv:16:5x1 pool:3 flatten "
                                     "dropout:0.1 dense:32 tanh latent",
                             .c = 1, .h = 28, .w = 28, .n_latent = 4, .n_out = 4};
    aez_layer_walk back = {.text = "dense:98 leaky shape:2x7x7 up:2 conv:1 sigmoid",
                           .c = 4, .h = 1, .w = 1, .n_latent = 4, .n_out = 196};
    aez_layer_walk stacks = {.text = "linear + dense:9 leaky latent",
                             .c = 1, .h = 1, .w = 50, .n_latent = 3, .n_out = 3};
    aez_layer_walk series = {.text = "conv:5 pool:4", .c = 2, .h = 1, .w = 96};
    cr_expect_eq(parameters(images, last, &n),
                 80u + 16 + (8 * 5 + 1) * 16 + (16 * 4 * 4 + 1) * 32 + 33 * 4);
    cr_expect(n == 11 && last[0] == 4 && last[1] == 1 && last[2] == 1);
    cr_expect_eq(parameters(back, last, &n), 5u * 98 + 2 * 9 + 1);
    cr_expect(n == 6 && last[0] == 1 && last[1] == 14 && last[2] == 14);
    cr_expect_eq(parameters(stacks, last, &n), 51u * 3 + 51 * 9 + 10 * 3);
    cr_expect_eq(n, 4);
    cr_expect_eq(parameters(series, last, &n), (2u * 3 + 1) * 5);
    cr_expect(last[0] == 5 && last[1] == 1 && last[2] == 24);
}

Test(train_words, unknown_words_end_the_table)
{
    uint64_t       last[3];
    int            n;
    aez_layer_walk odd = {.text = "dense:3 magic dense:4", .c = 2, .h = 1, .w = 1};
    aez_layer_walk none = {.text = "  ", .c = 2, .h = 1, .w = 1};
    aez_layer_walk zero = {.text = "pool:0", .c = 2, .h = 4, .w = 4};
    (void)parameters(odd, last, &n);
    cr_expect_eq(n, 1);
    (void)parameters(none, last, &n);
    cr_expect_eq(n, 0);
    (void)parameters(zero, last, &n);
    cr_expect_eq(n, 0);
}
