/* float_tensor.c - weights of a float model by name, in the manner of PyTorch's Sequential. */
#include "float_model.h"

#include <stdio.h>
#include <string.h>

/* What a tensor of the model is: where, and of which shape. */
typedef struct place {
    char     name[AEZ_TENSOR_NAME];
    size_t   at;
    uint32_t n_dims;
    uint64_t shape[4];
} place;

static place make_place(const char *half, int layer, const char *part, size_t at)
{
    place p = {.at = at};
    if (layer < 0)
        snprintf(p.name, sizeof p.name, "%s.%s", half, part);
    else
        snprintf(p.name, sizeof p.name, "%s.%d.%s", half, layer, part);
    return p;
}

static void set_shape(place *p, uint32_t n_dims, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const uint64_t shape[4] = {a, b, c, d};
    p->n_dims = n_dims;
    memcpy(p->shape, shape, sizeof shape);
}

/* Tensor i of a node; 0 when it has none of that number. */
static int node_place(const aez_half *h, const char *half, int layer, size_t i, place *p)
{
    static const char *const parts[4] = {"weight", "bias", "running_mean", "running_var"};
    const aez_node          *node = &h->net.node[layer];
    uint64_t                 n = node->out.c; /* a vector's values are its channels */
    size_t                   at[4];
    if (node->kind != AEZ_NODE_DENSE && node->kind != AEZ_NODE_CONV && node->kind != AEZ_NODE_NORM)
        return 0;
    if (i >= (node->kind == AEZ_NODE_NORM ? 4u : 2u))
        return 0;
    at[0] = node->weight, at[1] = node->bias, at[2] = node->mean, at[3] = node->variance;
    *p = make_place(half, layer, parts[i], h->net_at + at[i]);
    set_shape(p, 1, n, 0, 0, 0);
    if (i == 0 && node->kind == AEZ_NODE_DENSE)
        set_shape(p, 2, n, aez_dims_size(node->in), 0, 0);
    if (i == 0 && node->kind == AEZ_NODE_CONV)
        set_shape(p, 4, n, node->in.c, node->kh, node->kw);
    return 1;
}

/* Tensor *i of a half; *i is less by those it has when there is none of that number. */
static int half_place(const aez_half *h, const char *half, size_t *i, place *p)
{
    if (h->has_bypass && *i < 2) {
        *p = make_place(half, -1, *i ? "bypass.bias" : "bypass.weight",
                        *i ? h->bypass_b : h->bypass_w);
        set_shape(p, *i ? 1 : 2, h->n_out, *i ? 0 : h->n_in, 0, 0);
        return 1;
    }
    *i -= h->has_bypass ? 2 : 0;
    for (uint32_t layer = 0; h->has_net && layer < h->net.n; layer++) {
        size_t n = 0;
        if (node_place(h, half, (int)layer, *i, p))
            return 1;
        while (node_place(h, half, (int)layer, n, p))
            n++;
        *i -= n;
    }
    return 0;
}

static int find_place(const aez_float_model *m, size_t i, place *p)
{
    if (m->n_latent == 0)
        return 0;
    if (half_place(&m->encoder, "encoder", &i, p) || half_place(&m->decoder, "decoder", &i, p))
        return 1;
    if (i > 1)
        return 0;
    *p = make_place("prior", -1, i ? "log_scale" : "mean", i ? m->prior_scale : m->prior_mean);
    set_shape(p, 1, m->n_latent, 0, 0, 0);
    return 1;
}

int aez_float_tensor(const aez_float_model *m, size_t i, char *name, aez_tensor *out)
{
    place p;
    if (!find_place(m, i, &p))
        return 0;
    memcpy(name, p.name, sizeof p.name);
    *out = (aez_tensor){.name = name, .n_dims = p.n_dims, .data = m->params + p.at};
    memcpy(out->shape, p.shape, sizeof p.shape);
    return 1;
}

static void print_shape(char *text, size_t size, uint32_t n_dims, const uint64_t *shape)
{
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < n_dims && i < 4 && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%llu", i ? " x " : "",
                               (unsigned long long)shape[i]);
}

/* What PyTorch keeps beside the weights of a norm. */
static int is_counter(const char *name)
{
    const char *end = strrchr(name, '.');
    return end && strcmp(end, ".num_batches_tracked") == 0;
}

aez_status aez_float_set_tensor(aez_float_model *m, const aez_tensor *t, char *why, size_t why_size)
{
    char   ours[96], theirs[96];
    place  p;
    size_t n = 1;
    if (is_counter(t->name))
        return AEZ_OK;
    for (size_t i = 0;; i++) {
        if (!find_place(m, i, &p)) {
            if (why && why_size)
                snprintf(why, why_size, "the net has no tensor named %.80s", t->name);
            return AEZ_ERR_OPTION;
        }
        if (strcmp(p.name, t->name) == 0)
            break;
    }
    if (t->n_dims != p.n_dims || memcmp(t->shape, p.shape, p.n_dims * sizeof *p.shape) != 0) {
        print_shape(ours, sizeof ours, p.n_dims, p.shape);
        print_shape(theirs, sizeof theirs, t->n_dims, t->shape);
        if (why && why_size)
            snprintf(why, why_size, "tensor %.80s is %s where the net has %s", t->name, theirs,
                     ours);
        return AEZ_ERR_OPTION;
    }
    for (uint32_t i = 0; i < p.n_dims; i++)
        n *= (size_t)p.shape[i];
    for (size_t i = 0; i < n; i++) {
        float v = t->data[i];
        if (!(v >= (strstr(p.name, "running_var") ? 0 : -1e15f) && v <= 1e15f)) {
            if (why && why_size)
                snprintf(why, why_size, "tensor %.80s holds a value that cannot be", t->name);
            return AEZ_ERR_OPTION;
        }
        m->params[p.at + i] = v;
    }
    return AEZ_OK;
}
