/* cmd_train.c - aez train: one model of many files of a make. */
#include "platform.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "items.h"
#include "message.h"
#include "model_file.h"
#include "safetensors.h"
#include "train_words.h"

typedef struct course {
    const aez_cli  *cli;
    aez_options     options;
    aez_family     *family;
    aez_items       first, now; /* the first file stays open: later ones are compared with it */
    aez_items      *items;      /* the one being read */
    aez_table_profile *profile;
    aez_output      out;
    aez_input       made; /* permissions and times of a new file */
    aez_train_task  task;
    aez_train_words words;
    aez_trained    *init, *trained;
    aez_safetensors weights;
    uint64_t        epoch; /* last one told */
} course;

static int fail(const course *c, aez_status st)
{
    return aez_fail_status(c->cli, c->items ? c->items->in.name : NULL, st,
                           c->family ? aez_family_message(c->family) : NULL);
}

/* ---- data ------------------------------------------------------------------------------------ */

static int push_sites(void *opaque, const void *const *columns, uint64_t n_sites)
{
    course    *c = opaque;
    aez_status st = aez_family_push(c->family, columns, n_sites);
    return st < 0 ? fail(c, st) : AEZ_EXIT_OK;
}

static int profile_rows(void *opaque, const aez_row *rows, size_t n)
{
    course    *c = opaque;
    aez_status st = aez_table_profile_push(c->profile, rows, n);
    return st < 0 ? aez_fail_status(c->cli, c->items->in.name, st, NULL) : AEZ_EXIT_OK;
}

static int push_rows(void *opaque, const aez_row *rows, size_t n)
{
    course    *c = opaque;
    aez_status st = aez_family_push_rows(c->family, rows, n);
    return st < 0 ? fail(c, st) : AEZ_EXIT_OK;
}

static int read_array(course *c)
{
    aez_status st = aez_family_begin_file(c->family, &c->items->schema);
    if (st < 0)
        return fail(c, st);
    return aez_items_each_sites(c->items, push_sites, c);
}

static int read_table(course *c)
{
    aez_status st = aez_table_profile_create(&c->profile, &c->options);
    int        code = st < 0 ? aez_fail_status(c->cli, c->items->in.name, st, NULL)
                             : aez_items_each_rows(c->items, profile_rows, c);
    if (code == AEZ_EXIT_OK) {
        st = aez_family_begin_table(c->family, c->profile);
        code = st < 0 ? fail(c, st) : aez_items_each_rows(c->items, push_rows, c);
    }
    aez_table_profile_destroy(c->profile);
    c->profile = NULL;
    return code;
}

static int create_family(course *c)
{
    aez_table_options table = {.delimiter = c->first.source.delimiter,
                               .header = c->first.header ? 1 : -1};
    aez_status        st = c->first.is_table
                               ? aez_family_create_table(&c->family, &c->options, &table)
                               : aez_family_create(&c->family, &c->options, &c->first.schema);
    return st < 0 ? fail(c, st) : AEZ_EXIT_OK;
}

/* What would only be told in other words, or not at all, by the family. */
static int check_kind(const course *c)
{
    const aez_items *a = &c->first, *b = c->items;
    if (a->is_table != b->is_table) {
        aez_error(b->in.name, "is %s, and %s is not: give files of one make",
                  b->is_table ? "a table" : "an array", a->in.name);
        return AEZ_EXIT_USAGE;
    }
    if (a->is_table && a->header != b->header) {
        aez_error(b->in.name, "has %s, and %s is otherwise: give files of one make, or --header",
                  b->header ? "a header row" : "no header row", a->in.name);
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

/* Where the model comes from, without the folders of this machine. */
static int note_file(course *c)
{
    const aez_args *args = c->cli->args;
    const char     *name = aez_base_name(c->items->in.name);
    size_t          size = strlen(name) + 80 + (args->columns ? strlen(args->columns) : 0);
    char           *line = malloc(size);
    aez_status      st;
    int             n;
    if (!line)
        return aez_fail_status(c->cli, name, AEZ_ERR_NOMEM, NULL);
    n = snprintf(line, size, "%s", name);
    if (args->has_rows && args->end_row == UINT64_MAX)
        n += snprintf(line + n, size - (size_t)n, ", rows %" PRIu64 ":", args->first_row);
    else if (args->has_rows)
        n += snprintf(line + n, size - (size_t)n, ", rows %" PRIu64 ":%" PRIu64, args->first_row,
                      args->end_row);
    if (args->columns)
        (void)snprintf(line + n, size - (size_t)n, ", columns %s", args->columns);
    st = aez_family_note(c->family, line);
    free(line);
    return st < 0 ? fail(c, st) : AEZ_EXIT_OK;
}

static int read_items(course *c)
{
    int code;
    aez_progress_start(c->cli->progress, c->items->in.name, "reading",
                       c->items->source.data_size * (c->items->is_table ? 2 : 1));
    code = c->items->is_table ? read_table(c) : read_array(c);
    if (code == AEZ_EXIT_OK)
        code = aez_input_unchanged(&c->items->in);
    if (code == AEZ_EXIT_OK)
        code = note_file(c);
    aez_progress_clear(c->cli->progress);
    return code;
}

static int read_first(course *c, const char *path)
{
    int code = aez_items_open(&c->first, c->cli, path);
    c->items = &c->first;
    if (code == AEZ_EXIT_OK)
        code = create_family(c);
    return code == AEZ_EXIT_OK ? read_items(c) : code;
}

static int read_next(course *c, const char *path)
{
    int code = aez_items_open(&c->now, c->cli, path);
    c->items = &c->now;
    if (code == AEZ_EXIT_OK)
        code = check_kind(c);
    if (code == AEZ_EXIT_OK)
        code = read_items(c);
    aez_items_close(&c->now);
    c->items = &c->first;
    return code;
}

static int read_data(course *c)
{
    const aez_args *args = c->cli->args;
    int             code = read_first(c, args->n_files ? args->files[0] : "-");
    for (size_t i = 1; i < args->n_files && code == AEZ_EXIT_OK; i++)
        code = read_next(c, args->files[i]);
    return code;
}

/* ---- the task -------------------------------------------------------------------------------- */

static double seconds_now(void *opaque)
{
    struct timespec t;
    (void)opaque;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int show_epoch(void *opaque, const aez_epoch *now, uint64_t epochs, uint64_t steps)
{
    course         *c = opaque;
    const aez_args *args = c->cli->args;
    aez_progress_epoch(c->cli->progress, now, epochs, steps, args->train.seconds);
    if (!args->verbose || args->quiet || now->epoch == c->epoch)
        return 0;
    c->epoch = now->epoch;
    aez_progress_clear(c->cli->progress);
    if (isnan(now->valid_loss))
        aez_say(NULL, "epoch %" PRIu64 " of %" PRIu64 ": loss %.6g, rate %.3g", now->epoch, epochs,
                now->train_loss, now->rate);
    else
        aez_say(NULL, "epoch %" PRIu64 " of %" PRIu64 ": loss %.6g, validation %.6g, rate %.3g",
                now->epoch, epochs, now->train_loss, now->valid_loss, now->rate);
    return 0;
}

static bool starts_like_model(const char *path)
{
    static const char suffix[] = ".safetensors";
    size_t            n = strlen(path);
    return n < sizeof suffix || strcmp(path + n - (sizeof suffix - 1), suffix) != 0;
}

/* The scaling that the model was trained with, by its provenance; fallback when it says none. */
static int scaling_of(const aez_trained_about *about, int fallback)
{
    static const char *const words[] = {"each", "common", "sites", "range"};
    static const char        key[] = "\nscaling: ";
    const char              *at = strstr(about->provenance, key);
    for (int i = 0; at && i < 4; i++) {
        size_t n = strlen(words[i]);
        if (strncmp(at + sizeof key - 1, words[i], n) == 0 && at[sizeof key - 1 + n] == '\n')
            return i;
    }
    return fallback;
}

/* A model gives its layers, too, where the command line has none. */
static int take_init_model(course *c, const char *path)
{
    const aez_args   *args = c->cli->args;
    aez_trained_about about;
    int               code = aez_model_load(c->cli, path, &c->init);
    if (code != AEZ_EXIT_OK)
        return code;
    aez_trained_describe(c->init, &about);
    c->task.init = aez_trained_weights(c->init, &c->task.init_size);
    if (c->task.init_size == 0) {
        aez_error(path, "has no weights to start from: give a model with an autoencoder");
        return AEZ_EXIT_DATA;
    }
    if (!args->has_latent)
        c->task.n_latent = about.n_latent;
    if (!args->train.has_scale)
        c->task.scaling = scaling_of(&about, c->task.scaling);
    c->task.resume = args->train.resume;
    return AEZ_EXIT_OK;
}

static int take_init(course *c)
{
    const char *path = c->cli->args->train.init;
    int         code;
    if (!path)
        return AEZ_EXIT_OK;
    if (starts_like_model(path))
        return take_init_model(c, path);
    if (c->cli->args->train.resume) {
        aez_error(path, "holds weights, and no state to go on from: leave out --resume");
        return AEZ_EXIT_USAGE;
    }
    code = aez_safetensors_load(&c->weights, c->cli, path);
    c->task.tensors = c->weights.tensors;
    c->task.n_tensors = c->weights.n;
    return code;
}

static void take_numbers(course *c)
{
    const aez_args       *args = c->cli->args;
    const aez_train_args *t = &args->train;
    aez_train_task       *task = &c->task;
    task->encoder = t->encoder;
    task->decoder = t->decoder;
    task->linear = t->linear;
    task->scaling = t->scaling;
    task->n_latent = args->n_latent;
    task->no_latents = args->has_latent && args->n_latent == 0;
    task->n_hidden = args->n_hidden;
    task->hidden = args->hidden;
    task->seed = args->seed;
    task->steps = args->train_steps;
    task->epochs = t->epochs;
    task->batch = t->batch;
    task->loss = t->loss;
    task->optimizer = t->optimizer;
    task->schedule = t->schedule;
    task->rate = t->rate;
    task->momentum = t->momentum;
    task->clip = t->clip;
    task->valid = t->valid;
    task->patience = t->patience;
    task->noise = t->noise;
    task->l1 = t->l1;
    task->contractive = t->contractive;
    task->latent_step = args->latent_step;
    task->lambda = args->lambda;
    task->keep_state = t->keep_state;
    task->runner = c->cli->runner;
    task->progress = show_epoch;
    task->progress_opaque = c;
    if (t->seconds > 0) {
        task->seconds = t->seconds;
        task->clock = seconds_now;
    }
}

/* The scaling that suits the data, where none is asked for: features of a table have nothing in
 * common; the values of small integers are of one kind, as in images; others are maps. */
static int choose_scaling(const course *c)
{
    const aez_train_args *t = &c->cli->args->train;
    if (t->has_scale)
        return t->scaling;
    if (t->has_loss && t->loss == AEZ_LOSS_BCE)
        return AEZ_SCALE_RANGE;
    if (c->first.is_table || c->first.inner == 1)
        return AEZ_SCALE_EACH;
    return aez_type_size(c->first.source.layout.type) == 1 ? AEZ_SCALE_COMMON : AEZ_SCALE_SITES;
}

/* An item as the trainer sees it: the last two axes are height and width. */
static int find_shape(course *c, aez_tensor_shape *shape)
{
    const aez_schema *s = &c->first.schema;
    const double     *rows;
    size_t            n;
    aez_status        st;
    shape->channels = shape->height = shape->width = 1;
    if (c->first.is_table) {
        st = aez_family_rows(c->family, &rows, &n, &shape->width);
        return st < 0 ? fail(c, st) : AEZ_EXIT_OK;
    }
    if (s->n_dims > 1)
        shape->width = (uint32_t)s->shape[s->n_dims - 1];
    if (s->n_dims > 2)
        shape->height = (uint32_t)s->shape[s->n_dims - 2];
    shape->channels =
        (uint32_t)(c->first.inner * s->n_fields / shape->width / shape->height);
    if (s->n_dims == 1) { /* fields alone are a vector */
        shape->width = shape->channels;
        shape->channels = 1;
    }
    return AEZ_EXIT_OK;
}

static int make_task(course *c)
{
    aez_tensor_shape shape;
    int              code;
    take_numbers(c);
    c->task.scaling = choose_scaling(c);
    code = take_init(c);
    if (code == AEZ_EXIT_OK)
        code = find_shape(c, &shape);
    if (code == AEZ_EXIT_OK)
        code = aez_train_words_make(&c->words, c->cli->args, shape);
    if (c->words.encoder) {
        c->task.encoder = c->words.encoder;
        c->task.decoder = c->words.decoder;
        c->task.n_hidden = 0;
    }
    return code;
}

/* ---- training -------------------------------------------------------------------------------- */

static int train(course *c)
{
    static const aez_stage_target lossless = {.mode = AEZ_LOSSLESS};
    const aez_train_args         *t = &c->cli->args->train;
    const aez_stage_target       *targets = t->n_targets ? t->targets : &lossless;
    size_t                        n = t->no_stages ? 0 : t->n_targets ? t->n_targets : 1;
    aez_status                    st;
    aez_progress_start(c->cli->progress, c->cli->args->output, "looking for stages", 0);
    st = aez_family_train(c->family, &c->task, targets, n, &c->trained);
    aez_progress_clear(c->cli->progress);
    if (st < 0) {
        c->items = NULL;
        return fail(c, st);
    }
    return AEZ_EXIT_OK;
}

static int write_model(course *c)
{
    size_t         size;
    const uint8_t *bytes = aez_trained_bytes(c->trained, &size);
    int            code = aez_output_write(&c->out, bytes, size);
    return code == AEZ_EXIT_OK ? aez_output_commit(&c->out, &c->made) : code;
}

static void say_model(const course *c)
{
    const char       *name = c->out.name;
    aez_trained_about a;
    aez_trained_describe(c->trained, &a);
    aez_say(name, "%" PRIu32 " features, %" PRIu32 " latents, %" PRIu64 " parameters, %" PRIu64
            " plans of stages", a.n_features, a.n_latent, a.n_parameters, a.n_plans);
    aez_say(name, "file %" PRIu64 " bytes, of it %" PRIu64 " that files carry or refer to (decoder "
            "%" PRIu64 ", stages %" PRIu64 ")", a.file_bytes, a.body_bytes, a.decoder_bytes,
            a.plan_bytes);
    if (a.n_curve > 0) {
        const aez_epoch *e = &a.curve[a.n_curve - 1];
        if (isnan(e->valid_loss))
            aez_say(name, "epoch %" PRIu64 ": training loss %.6g", e->epoch, e->train_loss);
        else
            aez_say(name, "epoch %" PRIu64 ": training loss %.6g, validation %.6g", e->epoch,
                    e->train_loss, e->valid_loss);
    }
    aez_say(name, "mean squared error of standardised features: %.6g with floats, %.6g with "
            "integers", a.float_mse, a.integer_mse);
    if (c->cli->args->train.seconds > 0)
        aez_say(name, "--time: another run will give another model");
}

int aez_cmd_train(const aez_cli *cli)
{
    course c = {.cli = cli, .first = {.in = {.fd = -1}}, .now = {.in = {.fd = -1}}};
    int    code;
    c.made.is_stdin = true;
    if (cli->args->n_files == 0 && isatty(STDIN_FILENO)) {
        aez_error(NULL, "no input: name the files to learn from: see aez help train");
        return AEZ_EXIT_USAGE;
    }
    aez_cli_options(cli, &c.options);
    code = aez_output_open(&c.out, cli->args->output, cli->args->force, &c.made, cli->guard);
    if (code == AEZ_EXIT_OK)
        code = read_data(&c);
    if (code == AEZ_EXIT_OK)
        code = make_task(&c);
    if (code == AEZ_EXIT_OK)
        code = train(&c);
    if (code == AEZ_EXIT_OK)
        code = write_model(&c);
    if (code == AEZ_EXIT_OK && !cli->args->quiet)
        say_model(&c);
    aez_output_close(&c.out);
    aez_trained_destroy(c.trained);
    aez_trained_destroy(c.init);
    aez_safetensors_free(&c.weights);
    aez_train_words_free(&c.words);
    aez_family_destroy(c.family);
    aez_items_close(&c.first);
    return code;
}
