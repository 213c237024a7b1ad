/* train_words.c - widths of layers (--conv, --hidden) written out in the words of networks. */
#include "platform.h"

#include "train_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

#define TEXT_MAX 1024 /* 8 blocks of 4 words and 16 of 2 words are less */

typedef struct text {
    char  *at;
    size_t size;
} text;

static void add(text *t, const char *format, ...) AEZ_PRINTF(2, 3);

static void add(text *t, const char *format, ...)
{
    va_list args;
    int     n;
    if (t->size)
        t->at[t->size++] = ' ';
    va_start(args, format);
    n = vsnprintf(t->at + t->size, TEXT_MAX - t->size, format, args);
    va_end(args);
    t->size += n > 0 ? (size_t)n : 0;
}

static void add_activation(text *t, const char *activation)
{
    if (strcmp(activation, "linear") != 0)
        add(t, "%s", activation);
}

/* Whether pooling by 2 can be undone by growing by 2: an axis is 1, or even and above 2. */
static bool halves(uint32_t n)
{
    return n == 1 || (n % 2 == 0 && n > 2);
}

static bool can_pool(const aez_tensor_shape *s)
{
    return halves(s->height) && halves(s->width) && (s->height > 1 || s->width > 1);
}

static void pool(aez_tensor_shape *s)
{
    s->height = s->height > 1 ? s->height / 2 : 1;
    s->width = s->width > 1 ? s->width / 2 : 1;
}

/* The blocks of --conv; s becomes the tensor behind them, pooled[i] whether block i halves it. */
static void encode_blocks(text *t, const aez_train_args *a, const char *activation,
                          aez_tensor_shape *s, bool pooled[AEZ_MAX_CONV])
{
    for (uint32_t i = 0; i < a->n_conv; i++) {
        add(t, "conv:%" PRIu32, a->conv[i]);
        add(t, "norm");
        add_activation(t, activation);
        s->channels = a->conv[i];
        pooled[i] = can_pool(s);
        if (pooled[i]) {
            add(t, "pool:2");
            pool(s);
        }
    }
    if (a->n_conv > 0)
        add(t, "flatten");
}

/* The same backwards, to `channels` of the items. */
static void decode_blocks(text *t, const aez_train_args *a, const char *activation,
                          const aez_tensor_shape *s, const bool pooled[AEZ_MAX_CONV],
                          uint32_t channels)
{
    add(t, "dense:%" PRIu64, (uint64_t)s->channels * s->height * s->width);
    add_activation(t, activation);
    add(t, "shape:%" PRIu32 "x%" PRIu32 "x%" PRIu32, s->channels, s->height, s->width);
    for (uint32_t i = a->n_conv; i-- > 0;) {
        if (pooled[i])
            add(t, "up:2");
        add(t, "conv:%" PRIu32, i > 0 ? a->conv[i - 1] : channels);
        if (i > 0)
            add_activation(t, activation);
    }
}

int aez_train_words_make(aez_train_words *out, const aez_args *args, aez_tensor_shape shape)
{
    const aez_train_args *a = &args->train;
    const char           *activation = a->activation ? a->activation : "relu";
    bool                  pooled[AEZ_MAX_CONV];
    bool                  bce = a->has_loss && a->loss == AEZ_LOSS_BCE;
    uint32_t              channels = shape.channels;
    uint64_t              n_features = (uint64_t)shape.channels * shape.height * shape.width;
    text                  encoder = {0}, decoder = {0};
    memset(out, 0, sizeof *out);
    if (a->encoder || a->linear || (args->has_latent && args->n_latent == 0) || a->init ||
        (a->n_conv == 0 && !a->activation && !bce))
        return AEZ_EXIT_OK;
    encoder.at = out->encoder = malloc(TEXT_MAX);
    decoder.at = out->decoder = malloc(TEXT_MAX);
    if (!out->encoder || !out->decoder) {
        aez_error(NULL, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    encode_blocks(&encoder, a, activation, &shape, pooled);
    for (uint32_t i = 0; i < args->n_hidden; i++) {
        add(&encoder, "dense:%" PRIu32, args->hidden[i]);
        add_activation(&encoder, activation);
    }
    add(&encoder, "latent");
    for (uint32_t i = args->n_hidden; i-- > 0;) {
        add(&decoder, "dense:%" PRIu32, args->hidden[i]);
        add_activation(&decoder, activation);
    }
    if (a->n_conv > 0)
        decode_blocks(&decoder, a, activation, &shape, pooled, channels);
    else
        add(&decoder, "dense:%" PRIu64, n_features);
    if (bce)
        add(&decoder, "sigmoid");
    return AEZ_EXIT_OK;
}

void aez_train_words_free(aez_train_words *words)
{
    free(words->encoder);
    free(words->decoder);
    words->encoder = words->decoder = NULL;
}
