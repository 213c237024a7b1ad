/* provenance.c - where a model comes from, as lines of text: the same on every machine. */
#include "provenance.h"

#include <math.h>
#include <string.h>

#include "../../format/checksum.h"
#include "../table/notation.h"

/* ---- words and numbers ----------------------------------------------------------------------- */

static void put_word(aez_buf *out, const char *word)
{
    aez_put(out, word, strlen(word));
}

static void put_whole(aez_buf *out, uint64_t v)
{
    char     digits[20];
    unsigned n = 0;
    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n)
        aez_put_u8(out, (unsigned char)digits[--n]);
}

/* Nine digits, with a point whatever the locale. */
static void put_real(aez_buf *out, double v)
{
    static const aez_notation plain = {
        .kind = AEZ_NOTATION_SWITCH, .exp_digits = 1, .lo = -5, .hi = 15};
    char        text[AEZ_NUMBER_TEXT];
    aez_decimal d;
    if (!isfinite(v)) {
        put_word(out, "none");
        return;
    }
    aez_decimal_precision(&d, v, 9);
    aez_put(out, text, aez_notation_write(&plain, &d, text));
}

static void line_word(aez_buf *out, const char *key, const char *word)
{
    put_word(out, key);
    put_word(out, ": ");
    for (; *word; word++)
        aez_put_u8(out, (unsigned char)*word < ' ' ? ' ' : (unsigned char)*word);
    aez_put_u8(out, '\n');
}

static void line_whole(aez_buf *out, const char *key, uint64_t v)
{
    put_word(out, key);
    put_word(out, ": ");
    put_whole(out, v);
    aez_put_u8(out, '\n');
}

static void line_real(aez_buf *out, const char *key, double v)
{
    put_word(out, key);
    put_word(out, ": ");
    put_real(out, v);
    aez_put_u8(out, '\n');
}

/* ---- what was asked -------------------------------------------------------------------------- */

static const char *word_of(int number, const char *const *words, int n)
{
    return number >= 0 && number < n ? words[number] : "of a newer aez";
}

static void put_hash(aez_buf *out, const char *key, const void *bytes, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t           hash[AEZ_HASH_SIZE];
    aez_hash128(bytes, size, hash);
    put_word(out, key);
    put_word(out, ": ");
    for (size_t i = 0; i < sizeof hash; i++) {
        aez_put_u8(out, (unsigned char)hex[hash[i] >> 4]);
        aez_put_u8(out, (unsigned char)hex[hash[i] & 15]);
    }
    aez_put_u8(out, '\n');
}

static void put_wholes(const aez_train_task *t, aez_buf *out)
{
    const struct {
        const char *key;
        uint64_t    v;
    } wholes[] = {{"latents asked for", t->n_latent}, {"steps at most", t->steps},
                  {"epochs at most", t->epochs},      {"batch", t->batch},
                  {"patience", t->patience}};
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        if (wholes[i].v)
            line_whole(out, wholes[i].key, wholes[i].v);
    }
}

static void put_reals(const aez_train_task *t, aez_buf *out)
{
    const struct {
        const char *key;
        double      v;
    } reals[] = {{"rate", t->rate},
                 {"momentum", t->momentum},
                 {"clip", t->clip},
                 {"validation share", t->valid},
                 {"noise", t->noise},
                 {"l1", t->l1},
                 {"contractive", t->contractive},
                 {"seconds at most (not reproducible)", t->seconds},
                 {"latent step", t->latent_step},
                 {"lambda", t->lambda},
                 {"finish", t->finish},
                 {"tolerance", t->tolerance}};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        if (reals[i].v != 0)
            line_real(out, reals[i].key, reals[i].v);
    }
}

/* Options that differ from their defaults. */
static void put_task(const aez_train_task *t, aez_buf *out)
{
    static const char *const losses[] = {"rate", "mse", "bce", "rmse"};
    static const char *const optimizers[] = {"adam", "adadelta", "sgd"};
    static const char *const schedules[] = {"cycle", "constant", "cosine", "plateau"};
    static const char *const scalings[] = {"each", "common", "sites", "range"};
    if (t->no_latents)
        line_word(out, "kind", "mean of the items");
    else if (t->linear)
        line_word(out, "kind", "principal components");
    else
        line_word(out, "loss", word_of(t->loss, losses, 4));
    line_word(out, "scaling", word_of(t->scaling, scalings, 4));
    if (t->optimizer)
        line_word(out, "optimizer", word_of(t->optimizer, optimizers, 3));
    if (t->schedule)
        line_word(out, "schedule", word_of(t->schedule, schedules, 4));
    put_wholes(t, out);
    put_reals(t, out);
    if (t->init_size)
        put_hash(out, t->resume ? "resumed from" : "started from", t->init, t->init_size);
    if (t->n_tensors)
        line_whole(out, "tensors given", t->n_tensors);
}

/* ---- what came of it ------------------------------------------------------------------------- */

static void put_files(const aez_family *f, aez_buf *out)
{
    const char *at = (const char *)f->notes.data, *end = at + f->notes.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        put_word(out, "file: ");
        aez_put(out, at, (size_t)(stop - at) + 1);
        at = stop + 1;
    }
}

static void put_result(const aez_training_record *r, aez_buf *out)
{
    const aez_epoch *last = r->n_curve ? &r->curve[r->n_curve - 1] : NULL;
    if (r->encoder[0])
        line_word(out, "encoder", r->encoder);
    if (r->decoder[0])
        line_word(out, "decoder", r->decoder);
    if (r->n_parameters)
        line_whole(out, "parameters", r->n_parameters);
    if (last) {
        line_whole(out, "epochs", last->epoch);
        line_whole(out, "steps", last->step);
        line_real(out, "training loss", last->train_loss);
        if (isfinite(last->valid_loss))
            line_real(out, "validation loss", last->valid_loss);
    }
    line_real(out, "squared error with floats", r->float_mse);
    line_real(out, "squared error with integers", r->integer_mse);
}

static void put_targets(const aez_stage_target *targets, size_t n, aez_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (targets[i].mode == AEZ_LOSSLESS)
            line_word(out, "stages for", "lossless");
        else
            line_real(out, targets[i].mode == AEZ_REL ? "stages for rel" : "stages for abs",
                      targets[i].bound);
    }
}

void aez_provenance_put(const aez_family *f, const aez_train_task *task, uint64_t n_items,
                        const aez_training_record *record, const aez_stage_target *targets,
                        size_t n_targets, int apart, aez_buf *out)
{
    put_word(out, "aez: ");
    put_whole(out, AEZ_VERSION_MAJOR);
    put_word(out, ".");
    put_whole(out, AEZ_VERSION_MINOR);
    put_word(out, ".");
    put_whole(out, AEZ_VERSION_PATCH);
    put_word(out, "\n");
    line_whole(out, "seed", task->seed);
    line_whole(out, "level", (uint64_t)f->options.level);
    put_files(f, out);
    line_whole(out, "items", f->n_items);
    if (n_items != f->n_items) {
        line_whole(out, "items trained on", n_items);
        line_whole(out, "of runs of", f->block_items);
        line_whole(out, "every so many", f->stride);
    }
    line_whole(out, "features", f->n_features);
    put_task(task, out);
    put_result(record, out);
    put_targets(targets, n_targets, out);
    if (n_targets && apart)
        line_word(out, "stages trained on", "items kept apart");
    aez_put_u8(out, 0);
}
