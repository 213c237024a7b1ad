/* args_train.c - options of aez train alone. */
#include "platform.h"

#include <math.h>

#include "args_option.h"
#include "args_value.h"
#include "message.h"

#define N_WORDS(list) (sizeof(list) / sizeof *(list))

static int take_at_least_0(option_id id, const char *value, double *out)
{
    if (!aez_value_real(value, out) || !isfinite(*out) || *out < 0)
        return aez_option_bad(id, value, "a finite number from 0 on");
    return AEZ_EXIT_OK;
}

static int take_below_1(option_id id, const char *value, double *out)
{
    if (!aez_value_real(value, out) || !(*out >= 0 && *out < 1))
        return aez_option_bad(id, value, "a number from 0 to below 1");
    return AEZ_EXIT_OK;
}

static int take_count32(option_id id, const char *value, uint32_t *out)
{
    uint64_t n = 0;
    int      code = aez_option_count(id, value, UINT32_MAX, &n);
    *out = (uint32_t)n;
    return code;
}

static int take_word(option_id id, const char *value, const char *const *words, size_t n,
                     const char *want, int *out)
{
    int i = aez_value_word(value, words, n);
    if (i < 0)
        return aez_option_bad(id, value, want);
    *out = i;
    return AEZ_EXIT_OK;
}

/* The words stand in the order of their numbers in aez.h. */
static int take_loss(aez_args *out, const char *value)
{
    static const char *const words[] = {"rate", "mse", "bce", "rmse"};
    out->train.has_loss = true;
    return take_word(OPT_LOSS, value, words, N_WORDS(words), "rate, mse, bce or rmse",
                     &out->train.loss);
}

static int take_optimizer(aez_args *out, const char *value)
{
    static const char *const words[] = {"adam", "adadelta", "sgd"};
    return take_word(OPT_OPTIMIZER, value, words, N_WORDS(words), "adam, adadelta or sgd",
                     &out->train.optimizer);
}

static int take_schedule(aez_args *out, const char *value)
{
    static const char *const words[] = {"cycle", "constant", "cosine", "plateau"};
    return take_word(OPT_SCHEDULE, value, words, N_WORDS(words),
                     "cycle, constant, cosine or plateau", &out->train.schedule);
}

static int take_scale(aez_args *out, const char *value)
{
    static const char *const words[] = {"each", "common", "sites", "range"};
    out->train.has_scale = true;
    return take_word(OPT_SCALE, value, words, N_WORDS(words), "each, common, sites or range",
                     &out->train.scaling);
}

static int take_activation(aez_args *out, const char *value)
{
    static const char *const words[] = {"relu", "leaky", "tanh", "sigmoid", "linear"};
    if (aez_value_word(value, words, N_WORDS(words)) < 0)
        return aez_option_bad(OPT_ACTIVATION, value, "relu, leaky, tanh, sigmoid or linear");
    out->train.activation = value;
    return AEZ_EXIT_OK;
}

static int take_words(option_id id, const char *value, const char **out)
{
    if (*value == '\0')
        return aez_option_bad(id, value, "layers, as in \"dense:128 relu latent\"");
    *out = value;
    return AEZ_EXIT_OK;
}

int aez_option_take_train(aez_args *out, option_id id, const char *value)
{
    aez_train_args *t = &out->train;
    switch (id) {
    case OPT_ACTIVATION:
        return take_activation(out, value);
    case OPT_BATCH:
        return take_count32(id, value, &t->batch);
    case OPT_CLIP:
        return aez_option_positive(id, value, &t->clip);
    case OPT_CONTRACTIVE:
        return take_at_least_0(id, value, &t->contractive);
    case OPT_CONV:
        if (!aez_value_widths(value, 4096, t->conv, AEZ_MAX_CONV, &t->n_conv))
            return aez_option_bad(id, value,
                                  "up to 8 numbers of channels, 1 to 4096, with commas: 16,32");
        break;
    case OPT_DECODER:
        return take_words(id, value, &t->decoder);
    case OPT_ENCODER:
        return take_words(id, value, &t->encoder);
    case OPT_EPOCHS:
        return aez_option_count(id, value, UINT64_MAX, &t->epochs);
    case OPT_INIT:
        if (*value == '\0')
            return aez_option_bad(id, value, "the name of a file");
        t->init = value;
        break;
    case OPT_KEEP_STATE:
        t->keep_state = true;
        break;
    case OPT_L1:
        return take_at_least_0(id, value, &t->l1);
    case OPT_LEARNING_RATE:
        return aez_option_positive(id, value, &t->rate);
    case OPT_LINEAR:
        t->linear = true;
        break;
    case OPT_LOSS:
        return take_loss(out, value);
    case OPT_MOMENTUM:
        return take_below_1(id, value, &t->momentum);
    case OPT_NOISE:
        return take_at_least_0(id, value, &t->noise);
    case OPT_NO_STAGES:
        t->no_stages = true;
        break;
    case OPT_OPTIMIZER:
        return take_optimizer(out, value);
    case OPT_PATIENCE:
        return take_count32(id, value, &t->patience);
    case OPT_RESUME:
        t->resume = true;
        break;
    case OPT_SCALE:
        return take_scale(out, value);
    case OPT_SCHEDULE:
        return take_schedule(out, value);
    case OPT_TIME:
        return aez_option_positive(id, value, &t->seconds);
    case OPT_VALID:
        return take_below_1(id, value, &t->valid);
    default:
        break;
    }
    return AEZ_EXIT_OK;
}
