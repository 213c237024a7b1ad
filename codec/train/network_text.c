/* network_text.c - the words of layers: to a network and back (spec/networks.md). */
#include "network.h"

#include "../autoencoder/autoencoder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 64
#define PARAMS_MAX AEZ_WEIGHTS_MAX /* the limits are those of the decoders of files */
#define VALUES_MAX AEZ_TENSOR_MAX
#define MILLION 1000000u

typedef struct reader {
    aez_network *net;
    uint32_t     n_latent;
    unsigned     number; /* of the word, from 1 */
    char         word[WORD_MAX];
    char        *why;
    size_t       why_size;
} reader;

static const char *const activation_names[] = {"linear", "relu", "leaky", "tanh", "sigmoid"};

/* ---- errors ---------------------------------------------------------------------------------- */

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static aez_status
fail(const reader *r, aez_status status, const char *format, ...)
{
    char    reason[320];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    if (r->why && r->why_size && r->word[0])
        snprintf(r->why, r->why_size, "layer %u, \"%s\": %s", r->number, r->word, reason);
    else if (r->why && r->why_size)
        snprintf(r->why, r->why_size, "%s", reason);
    return status;
}

static aez_status too_large(const reader *r, uint64_t values)
{
    return fail(r, AEZ_ERR_LIMIT, "a tensor of %llu values, at most %u are possible",
                (unsigned long long)values, VALUES_MAX);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Digits up to another character: 1 .. most, or 0. */
static uint32_t read_number(const char **text, uint32_t most)
{
    uint64_t    n = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9' && n <= most; at++)
        n = n * 10 + (uint64_t)(*at - '0');
    *text = at;
    return n <= most ? (uint32_t)n : 0;
}

/* The whole of text is n numbers with 'x' between. */
static int read_numbers(const char *text, unsigned n, uint32_t most, uint32_t *numbers)
{
    for (unsigned i = 0; i < n; i++) {
        if (i && *text++ != 'x')
            return 0;
        numbers[i] = read_number(&text, most);
        if (numbers[i] == 0)
            return 0;
    }
    return *text == 0;
}

/* "0.25" in millionths; 0, or 0. and one to six digits. */
static int read_share(const char *text, uint32_t *millionths)
{
    uint32_t unit = MILLION / 10;
    *millionths = 0;
    if (*text++ != '0')
        return 0;
    if (*text == 0)
        return 1;
    if (*text++ != '.' || *text == 0)
        return 0;
    for (; *text >= '0' && *text <= '9' && unit; text++, unit /= 10)
        *millionths += (uint32_t)(*text - '0') * unit;
    return *text == 0;
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* Weights and biases; 0 when there are too many. */
static int take_params(aez_network *net, aez_node *node, uint64_t n_weights, uint64_t n_biases)
{
    if (net->n_params + n_weights + n_biases > PARAMS_MAX)
        return 0;
    node->weight = net->n_trained;
    node->bias = node->weight + (size_t)n_weights;
    net->n_trained = node->bias + (size_t)n_biases;
    net->n_params += (size_t)(n_weights + n_biases);
    return 1;
}

static aez_status too_many(const reader *r)
{
    return fail(r, AEZ_ERR_LIMIT, "with it there are more than %zu weights", PARAMS_MAX);
}

static aez_status add_dense(reader *r, aez_node *node, uint32_t n_out)
{
    node->kind = AEZ_NODE_DENSE;
    node->out = (aez_dims){n_out, 1, 1};
    if (!take_params(r->net, node, (uint64_t)n_out * aez_dims_size(node->in), n_out))
        return too_many(r);
    return AEZ_OK;
}

static aez_status read_dense(reader *r, aez_node *node, const char *rest)
{
    uint32_t n;
    if (!read_numbers(rest, 1, VALUES_MAX, &n))
        return fail(r, AEZ_ERR_OPTION, "a dense layer is dense:N, N outputs (1 to %u)", VALUES_MAX);
    return add_dense(r, node, n);
}

static aez_status read_latent(reader *r, aez_node *node, const char *rest)
{
    (void)rest;
    if (r->n_latent == 0)
        return fail(r, AEZ_ERR_OPTION, "latents are where an encoder ends; here is none, "
                                       "use dense:N");
    return add_dense(r, node, r->n_latent);
}

/* N or N:KxL; a window is 3 along an axis longer than 1 when nothing else is said. */
static int split_conv(const aez_node *node, const char *rest, uint32_t *n, uint32_t window[2])
{
    *n = read_number(&rest, AEZ_LAYER_WIDTH_MAX);
    window[0] = node->in.h > 1 ? 3 : 1;
    window[1] = node->in.w > 1 ? 3 : 1;
    return *n && (*rest == 0 ||
                  (*rest == ':' && read_numbers(rest + 1, 2, AEZ_WINDOW_MAX, window)));
}

static aez_status read_conv(reader *r, aez_node *node, const char *rest)
{
    uint32_t n, window[2];
    if (!split_conv(node, rest, &n, window) || window[0] % 2 == 0 || window[1] % 2 == 0)
        return fail(r, AEZ_ERR_OPTION, "a convolution is conv:N or conv:N:KxL, N channels (1 to "
                                       "%d) and a window of K x L (odd, at most %d)",
                    AEZ_LAYER_WIDTH_MAX, AEZ_WINDOW_MAX);
    node->kind = AEZ_NODE_CONV;
    node->kh = window[0];
    node->kw = window[1];
    node->out = (aez_dims){n, node->in.h, node->in.w};
    if (!take_params(r->net, node, (uint64_t)n * node->in.c * node->kh * node->kw, n))
        return too_many(r);
    return AEZ_OK;
}

/* Factors along the axes that are longer than 1. */
static int read_factor(aez_node *node, const char *rest)
{
    uint32_t k;
    if (!read_numbers(rest, 1, AEZ_FACTOR_MAX, &k))
        return 0;
    node->kh = node->in.h > 1 ? k : 1;
    node->kw = node->in.w > 1 ? k : 1;
    return 1;
}

static aez_status read_up(reader *r, aez_node *node, const char *rest)
{
    if (!read_factor(node, rest))
        return fail(r, AEZ_ERR_OPTION, "it is up:K, every value K times (1 to %d)", AEZ_FACTOR_MAX);
    node->kind = AEZ_NODE_UP;
    node->out = (aez_dims){node->in.c, node->in.h * node->kh, node->in.w * node->kw};
    return AEZ_OK;
}

static aez_status read_pool(reader *r, aez_node *node, const char *rest)
{
    if (!read_factor(node, rest))
        return fail(r, AEZ_ERR_OPTION, "it is pool:K, the largest of K x K (1 to %d)",
                    AEZ_FACTOR_MAX);
    if (node->kh > node->in.h || node->kw > node->in.w)
        return fail(r, AEZ_ERR_OPTION, "larger than the %u x %u values that are left here",
                    (unsigned)node->in.h, (unsigned)node->in.w);
    node->kind = AEZ_NODE_POOL;
    node->out = (aez_dims){node->in.c, node->in.h / node->kh, node->in.w / node->kw};
    return AEZ_OK;
}

static aez_status read_norm(reader *r, aez_node *node, const char *rest)
{
    (void)rest;
    node->kind = AEZ_NODE_NORM;
    if (!take_params(r->net, node, node->in.c, node->in.c))
        return too_many(r);
    r->net->n_params += 2 * (size_t)node->in.c;
    return r->net->n_params > PARAMS_MAX ? too_many(r) : AEZ_OK;
}

static aez_status read_dropout(reader *r, aez_node *node, const char *rest)
{
    uint32_t millionths;
    if (!read_share(rest, &millionths))
        return fail(r, AEZ_ERR_OPTION, "it is dropout:P, P from 0 to 0.999999 as 0.25, with at "
                                       "most six digits after the point");
    node->kind = AEZ_NODE_DROPOUT;
    node->rate = (float)((double)millionths / MILLION);
    return AEZ_OK;
}

static aez_status read_flatten(reader *r, aez_node *node, const char *rest)
{
    (void)r;
    (void)rest;
    node->kind = AEZ_NODE_SHAPE;
    node->out = (aez_dims){(uint32_t)aez_dims_size(node->in), 1, 1};
    return AEZ_OK;
}

static aez_status read_shape(reader *r, aez_node *node, const char *rest)
{
    uint32_t d[3];
    if (!read_numbers(rest, 3, VALUES_MAX, d))
        return fail(r, AEZ_ERR_OPTION, "it is shape:CxHxW, channels, height and width");
    if ((uint64_t)d[0] * d[1] * d[2] != aez_dims_size(node->in))
        return fail(r, AEZ_ERR_OPTION, "there are %zu values here, not as many as in this shape",
                    aez_dims_size(node->in));
    node->kind = AEZ_NODE_SHAPE;
    node->out = (aez_dims){d[0], d[1], d[2]};
    return AEZ_OK;
}

static aez_status read_activation(reader *r, aez_node *node, const char *rest)
{
    (void)rest;
    node->kind = AEZ_NODE_ACTIVATION;
    for (unsigned i = AEZ_RELU; i <= AEZ_SIGMOID; i++)
        if (strcmp(r->word, activation_names[i]) == 0)
            node->activation = i;
    return AEZ_OK;
}

typedef struct word {
    const char *name;
    int         has_rest; /* after a colon */
    aez_status (*read)(reader *r, aez_node *node, const char *rest);
} word;

static const word words[] = {
    {"dense", 1, read_dense},     {"conv", 1, read_conv},         {"up", 1, read_up},
    {"pool", 1, read_pool},       {"norm", 0, read_norm},         {"dropout", 1, read_dropout},
    {"flatten", 0, read_flatten}, {"shape", 1, read_shape},       {"relu", 0, read_activation},
    {"leaky", 0, read_activation}, {"tanh", 0, read_activation},  {"sigmoid", 0, read_activation},
    {"latent", 0, read_latent},
};

static const word *find_word(const char *text, const char **rest)
{
    size_t size = strcspn(text, ":");
    *rest = text[size] ? text + size + 1 : NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].name) == size && memcmp(words[i].name, text, size) == 0)
            return &words[i];
    return NULL;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The next word; 0 at the end. One too long for the buffer is cut: no layer fills it. */
static int next_word(reader *r, const char **text)
{
    const char *blank = " \t\r\n";
    size_t      size;
    *text += strspn(*text, blank);
    size = strcspn(*text, blank);
    snprintf(r->word, sizeof r->word, "%.*s", (int)(size < WORD_MAX ? size : WORD_MAX), *text);
    *text += size;
    r->number++;
    return size > 0;
}

static aez_status read_layer(reader *r)
{
    aez_network *net = r->net;
    aez_node    *node = &net->node[net->n];
    const char  *rest = NULL;
    const word  *w = strlen(r->word) + 1 < WORD_MAX ? find_word(r->word, &rest) : NULL;
    aez_status   st;
    if (net->n == AEZ_NETWORK_LAYERS_MAX)
        return fail(r, AEZ_ERR_LIMIT, "there are at most %d layers", AEZ_NETWORK_LAYERS_MAX);
    if (!w)
        return fail(r, AEZ_ERR_OPTION, "not a layer; there are dense:N conv:N[:KxL] up:K pool:K "
                                       "norm dropout:P flatten shape:CxHxW relu leaky tanh "
                                       "sigmoid%s",
                    r->n_latent ? " latent" : "");
    if (!w->has_rest && rest)
        return fail(r, AEZ_ERR_OPTION, "%s stands alone, without a colon", w->name);
    *node = (aez_node){.in = net->out, .out = net->out};
    st = w->read(r, node, rest ? rest : "");
    if (st == AEZ_OK && aez_dims_size(node->out) > VALUES_MAX)
        st = too_large(r, aez_dims_size(node->out));
    net->out = node->out;
    net->n++;
    return st;
}

/* Running statistics lie behind everything that is trained. */
static void place_statistics(aez_network *net)
{
    size_t at = net->n_trained;
    for (uint32_t i = 0; i < net->n; i++) {
        aez_node *node = &net->node[i];
        if (node->kind == AEZ_NODE_NORM) {
            node->mean = at;
            node->variance = at + node->in.c;
            at += 2 * (size_t)node->in.c;
        }
    }
}

static aez_status read_layers(reader *r, const char *text)
{
    aez_status st = AEZ_OK;
    int        ended = 0;
    while (st == AEZ_OK && next_word(r, &text)) {
        if (ended)
            return fail(r, AEZ_ERR_OPTION, "nothing follows after latent");
        st = read_layer(r);
        ended = strcmp(r->word, "latent") == 0;
    }
    return st;
}

aez_status aez_network_parse(aez_network *out, const char *text, aez_dims in, uint32_t n_latent,
                             char *why, size_t why_size)
{
    reader     r = {.net = out, .n_latent = n_latent, .why = why, .why_size = why_size};
    uint64_t   plane = (uint64_t)in.h * in.w;
    aez_status st;
    memset(out, 0, sizeof *out);
    out->in = out->out = in;
    if (in.c == 0 || plane == 0)
        return fail(&r, AEZ_ERR_OPTION, "the input has no values");
    if (plane > VALUES_MAX || plane * in.c > VALUES_MAX)
        return too_large(&r, plane > VALUES_MAX ? plane : plane * in.c);
    st = read_layers(&r, text);
    if (st == AEZ_OK && out->n == 0)
        return fail(&r, AEZ_ERR_OPTION, "no layers; one is the least, such as dense:32");
    place_statistics(out);
    return st;
}

/* ---- back to words --------------------------------------------------------------------------- */

static void share_text(float rate, char *to, size_t size)
{
    unsigned millionths = (unsigned)((double)rate * MILLION + 0.5);
    size_t   n;
    snprintf(to, size, "dropout:0.%06u", millionths);
    for (n = strlen(to); to[n - 1] == '0'; n--)
        to[n - 1] = 0;
    if (to[n - 1] == '.')
        to[n - 1] = 0;
}

static void shape_text(aez_dims d, char *to, size_t size)
{
    if (d.h == 1 && d.w == 1)
        snprintf(to, size, "flatten");
    else
        snprintf(to, size, "shape:%ux%ux%u", (unsigned)d.c, (unsigned)d.h, (unsigned)d.w);
}

static void factor_text(const char *name, const aez_node *node, char *to, size_t size)
{
    snprintf(to, size, "%s:%u", name, (unsigned)(node->kh > node->kw ? node->kh : node->kw));
}

static void node_text(const aez_node *node, int is_latent, char *to, size_t size)
{
    switch (node->kind) {
    case AEZ_NODE_DENSE:
        if (is_latent)
            snprintf(to, size, "latent");
        else
            snprintf(to, size, "dense:%u", (unsigned)node->out.c);
        break;
    case AEZ_NODE_CONV:
        snprintf(to, size, "conv:%u:%ux%u", (unsigned)node->out.c, (unsigned)node->kh,
                 (unsigned)node->kw);
        break;
    case AEZ_NODE_UP:
        factor_text("up", node, to, size);
        break;
    case AEZ_NODE_POOL:
        factor_text("pool", node, to, size);
        break;
    case AEZ_NODE_NORM:
        snprintf(to, size, "norm");
        break;
    case AEZ_NODE_DROPOUT:
        share_text(node->rate, to, size);
        break;
    case AEZ_NODE_SHAPE:
        shape_text(node->out, to, size);
        break;
    case AEZ_NODE_ACTIVATION:
        snprintf(to, size, "%s", activation_names[node->activation]);
        break;
    }
}

void aez_network_text(const aez_network *net, uint32_t n_latent, char *text, size_t size)
{
    char   word_text[WORD_MAX];
    size_t at = 0;
    if (size)
        text[0] = 0;
    for (uint32_t i = 0; i < net->n && at < size; i++) {
        int is_latent = n_latent && i + 1 == net->n && net->node[i].out.c == n_latent;
        node_text(&net->node[i], is_latent, word_text, sizeof word_text);
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? " " : "", word_text);
    }
}
