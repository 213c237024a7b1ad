/* layer_table.c - the words of a network as a table: each layer's shape and parameters. */
#include "platform.h"

#include "layer_table.h"

#include <stdlib.h>
#include <string.h>

/* The numbers behind a word, "conv:16:3x5": at most n of them; how many there are. */
static int read_numbers(const char *word, uint64_t *numbers, int n)
{
    int         found = 0;
    const char *p = strchr(word, ':');
    while (p && found < n) {
        char *end;
        numbers[found] = strtoull(p + 1, &end, 10);
        if (end == p + 1)
            break;
        found++;
        p = *end == ':' || *end == 'x' ? end : NULL;
    }
    return found;
}

static bool starts(const char *word, const char *name)
{
    size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && (word[n] == ':' || word[n] == '\0');
}

static void make_vector(aez_layer_walk *s, uint64_t n)
{
    s->c = n;
    s->h = s->w = 1;
}

static bool take_dense(aez_layer_walk *s, aez_layer_row *row, uint64_t n)
{
    row->parameters = (s->c * s->h * s->w + 1) * n;
    make_vector(s, n);
    return n > 0;
}

static bool take_conv(aez_layer_walk *s, aez_layer_row *row, const uint64_t *v, int n)
{
    uint64_t kh = n > 1 ? v[1] : s->h > 1 ? 3 : 1, kw = n > 2 ? v[2] : s->w > 1 ? 3 : 1;
    if (n < 1)
        return false;
    row->parameters = (s->c * kh * kw + 1) * v[0];
    s->c = v[0];
    return true;
}

static bool resize(aez_layer_walk *s, uint64_t k, bool grow)
{
    if (k == 0)
        return false;
    if (s->h > 1)
        s->h = grow ? s->h * k : s->h / k;
    if (s->w > 1)
        s->w = grow ? s->w * k : s->w / k;
    return true;
}

static bool take_word(aez_layer_walk *s, aez_layer_row *row)
{
    static const char *const same[] = {"dropout", "relu", "leaky", "tanh", "sigmoid"};
    uint64_t                 v[3] = {0, 0, 0};
    int                      n = read_numbers(row->word, v, 3);
    if (starts(row->word, "dense"))
        return take_dense(s, row, v[0]);
    if (starts(row->word, "latent"))
        return take_dense(s, row, s->n_latent);
    if (starts(row->word, "conv"))
        return take_conv(s, row, v, n);
    if (starts(row->word, "up") || starts(row->word, "pool"))
        return resize(s, v[0], row->word[0] == 'u');
    if (starts(row->word, "linear")) {
        row->parameters = (s->c * s->h * s->w + 1) * s->n_out;
        return true;
    }
    if (starts(row->word, "norm")) {
        row->parameters = 2 * s->c;
        return true;
    }
    if (starts(row->word, "flatten")) {
        make_vector(s, s->c * s->h * s->w);
        return true;
    }
    if (starts(row->word, "shape") && n == 3) {
        s->c = v[0];
        s->h = v[1];
        s->w = v[2];
        return true;
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (starts(row->word, same[i]))
            return true;
    return false;
}

bool aez_layer_next(aez_layer_walk *walk, aez_layer_row *row)
{
    size_t n;
    bool   beside;
    memset(row, 0, sizeof *row);
    walk->text += strspn(walk->text, " +");
    n = strcspn(walk->text, " ");
    if (n == 0 || n >= sizeof row->word)
        return false;
    memcpy(row->word, walk->text, n);
    walk->text += n;
    if (!take_word(walk, row))
        return false;
    beside = starts(row->word, "linear");
    row->c = beside ? walk->n_out : walk->c;
    row->h = beside ? 1 : walk->h;
    row->w = beside ? 1 : walk->w;
    return true;
}
