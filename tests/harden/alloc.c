/* alloc.c - every request for memory fails once: that is told, nothing leaks, nothing crashes.
 *
 *   alloc MOST FILE...   each way of coding, and decoding of the files, models that they refer to
 *                        (.aezm) first; where a way makes more than
 *                        MOST requests, MOST of them evenly apart fail (0: all)
 */
#include <math.h>
#include <stdio.h>

#include "tests/support/hooks.h"
#include "tests/support/tables.h"

static size_t       most, n_bad;
static aez_trained *models[20]; /* what files may refer to */
static size_t       n_models;

/* One way of using the library with these hooks: AEZ_OK or AEZ_END when all went well. */
typedef aez_status (*way)(aez_allocator hooks, const void *what);

static aez_status run(way w, const void *what, hooks_state *h)
{
    return w(hooks_mem(h), what);
}

static void bad(const char *name, size_t n, const char *why)
{
    printf("%s: request %zu: %s\n", name, n, why);
    n_bad++;
}

/* Prints a line, or nothing when `total` counts instead. */
static void fail_each(const char *name, way w, const void *what, size_t *total)
{
    hooks_state h = {0};
    size_t      n_failed = 0, n, step;
    aez_status  st = run(w, what, &h);
    if (st < 0 || h.n_live) {
        bad(name, 0, st < 0 ? aez_status_text(st) : "leaks");
        return;
    }
    n = h.n_requests;
    step = most && n > most ? (n + most - 1) / most : 1;
    for (size_t at = 1; at <= n; at += step) {
        hooks_state failing = {.fail_at = at};
        st = run(w, what, &failing);
        n_failed++;
        if (st != AEZ_ERR_NOMEM)
            bad(name, at, st < 0 ? aez_status_text(st) : "failed and nobody told");
        if (failing.n_live)
            bad(name, at, "leaks");
    }
    if (total)
        *total += n_failed;
    else
        printf("%-32s %7zu requests, %6zu failed, told\n", name, n, n_failed);
    fflush(stdout);
}

/* ---- arrays ---- */

typedef struct array_case {
    const char *name;
    aez_type    type;
    aez_mode    mode;
    double      bound;
    int         level, model, latent_only;
    uint64_t    shape[3];
} array_case;

static const array_case arrays[] = {
    {"f32 abs, level 1", AEZ_F32, AEZ_ABS, 0.01, 1, 0, 0, {3, 7, 8}},
    {"f64 lossless, level 3", AEZ_F64, AEZ_LOSSLESS, 0, 3, 0, 0, {3, 7, 8}},
    {"f32 pwrel, level 2", AEZ_F32, AEZ_PWREL, 0.01, 2, 0, 0, {3, 7, 8}},
    {"f32 psnr, level 2", AEZ_F32, AEZ_PSNR, 60, 2, 0, 0, {3, 7, 8}},
    {"f32 rel, level 5", AEZ_F32, AEZ_REL, 0.001, 5, 1, 0, {4, 8, 8}},
    {"u8 lossless, level 5", AEZ_U8, AEZ_LOSSLESS, 0, 5, 0, 0, {6, 6, 8}},
    {"i16 lossless, level 7", AEZ_I16, AEZ_LOSSLESS, 0, 7, 1, 0, {4, 8, 8}},
    {"f32 abs, autoencoder", AEZ_F32, AEZ_ABS, 0.1, 2, AEZ_MODEL_AUTOENCODER, 0, {24, 2, 3}},
    {"f32, latents only", AEZ_F32, AEZ_LOSSLESS, 0, 2, AEZ_MODEL_AUTOENCODER, 1, {24, 2, 3}},
};

static void put_value(const array_case *c, void *values, uint64_t i)
{
    double  v = 60 + 40 * sin((double)i * 0.05) * cos((double)(i % 13) * 0.4);
    float   narrow = (float)v;
    int16_t whole = (int16_t)v;
    uint8_t byte = (uint8_t)v;
    memcpy((uint8_t *)values + i * aez_type_size(c->type),
           c->type == AEZ_F64   ? (void *)&v
           : c->type == AEZ_F32 ? (void *)&narrow
           : c->type == AEZ_I16 ? (void *)&whole
                                : (void *)&byte,
           aez_type_size(c->type));
}

static aez_status encode_array(aez_allocator hooks, const void *what)
{
    const array_case *c = what;
    aez_field         field = {.name = "v", .type = c->type, .mode = c->mode, .bound = c->bound};
    aez_schema        s = arrays_schema(&field, 1, 3, c->shape);
    aez_options       o;
    uint64_t          n = arrays_sites(&s);
    void             *column = malloc(n * 8);
    arrays_bytes      file;
    aez_status        st;
    for (uint64_t i = 0; i < n; i++)
        put_value(c, column, i);
    aez_options_init(&o);
    o.level = c->level;
    o.model = c->model;
    o.latent_only = c->latent_only;
    o.trainer = aez_trainer_default();
    o.train_steps = 20;
    o.n_latent = c->model > AEZ_MODEL_STAGES ? 3 : 0;
    o.allocator = hooks;
    st = arrays_encode(&o, &s, &column, 1, n / 2 + 1, &file);
    free(file.data);
    free(column);
    return st;
}

/* ---- tables ---- */

typedef struct table_case {
    const char *name;
    aez_mode    mode;
    double      bound;
    int         level, model;
} table_case;

static const table_case tables[] = {
    {"table lossless, level 1", AEZ_LOSSLESS, 0, 1, 0},
    {"table lossless, level 5", AEZ_LOSSLESS, 0, 5, 0},
    {"table abs, level 3", AEZ_ABS, 0.5, 3, 0},
    {"table, autoencoder", AEZ_ABS, 0.5, 2, AEZ_MODEL_AUTOENCODER},
};

static aez_status encode_table(aez_allocator hooks, const void *what)
{
    const table_case *c = what;
    aez_table_options t = tables_options(c->mode, c->bound);
    aez_options       o;
    char             *text = malloc(1 << 16);
    size_t            size = (size_t)sprintf(text, "n,x,kind,note,time\n");
    arrays_bytes      file;
    aez_status        st;
    for (int i = 0; i < 40; i++)
        size += (size_t)sprintf(text + size, "%d,%.3f,%s,\"n, %d\",2024-01-%02d 10:%02d:00\n", i,
                                sin(i * 0.1) * 50, i % 3 ? "red" : "green", i * i % 71, 1 + i % 28, i % 60);
    aez_options_init(&o);
    o.level = c->level;
    o.model = c->model;
    o.chunk_bytes = 4096;
    o.trainer = aez_trainer_default();
    o.train_steps = 20;
    o.n_latent = c->model ? 1 : 0;
    o.allocator = hooks;
    st = tables_encode(&o, &t, text, size, 64, &file, NULL);
    free(file.data);
    free(text);
    return st;
}

/* ---- decoding ---- */

static aez_status pull_all(aez_decoder *d)
{
    uint8_t           text[4096];
    const aez_schema *s = aez_decoder_schema(d);
    uint64_t          n = 1;
    aez_status        st = AEZ_OK;
    uint8_t          *values;
    void            **columns;
    if (aez_decoder_is_table(d)) {
        do {
            aez_out out = {.dst = text, .size = sizeof text};
            st = aez_decoder_pull_text(d, &out);
        } while (st == AEZ_NEED_OUTPUT);
        return st;
    }
    if (!s)
        return AEZ_OK;
    values = malloc((size_t)s->n_fields * 8 * 64);
    columns = malloc(s->n_fields * sizeof *columns);
    for (uint32_t f = 0; f < s->n_fields; f++)
        columns[f] = values + (size_t)f * 8 * 64;
    while (st == AEZ_OK && n > 0)
        st = aez_decoder_pull(d, columns, 64, &n);
    free(columns);
    free(values);
    return st;
}

static aez_status decode_file(aez_allocator hooks, const void *what)
{
    const arrays_bytes *file = what;
    aez_options         o;
    aez_decoder        *d = NULL;
    aez_status          st;
    aez_in              in = {.src = file->data, .size = file->size};
    aez_options_init(&o);
    o.allocator = hooks;
    st = aez_decoder_create(&d, &o);
    for (size_t i = 0; st >= 0 && i < n_models; i++)
        st = aez_decoder_add_model(d, models[i]);
    while (st >= 0 && in.pos < in.size) {
        st = aez_decoder_push(d, &in);
        if (st >= 0)
            st = pull_all(d);
    }
    if (st >= 0)
        st = aez_decoder_finish(d);
    aez_decoder_destroy(d);
    return st;
}

static aez_status load_model(aez_allocator hooks, const void *what)
{
    const arrays_bytes *file = what;
    aez_trained        *model = NULL;
    aez_options         o;
    aez_status          st;
    aez_options_init(&o);
    o.allocator = hooks;
    o.trainer = aez_trainer_default();
    st = aez_trained_load(&model, &o, file->data, file->size, NULL, 0);
    aez_trained_destroy(model);
    return st;
}

static int is_model(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".aezm") == 0;
}

static void load(const char *path, arrays_bytes *file)
{
    uint8_t buf[4096];
    size_t  n;
    FILE   *f = fopen(path, "rb");
    memset(file, 0, sizeof *file);
    while (f && (n = fread(buf, 1, sizeof buf, f)) > 0)
        arrays_append(file, buf, n);
    if (!f || fclose(f) != 0 || file->size == 0) {
        perror(path);
        exit(3);
    }
}

int main(int argc, char **argv)
{
    size_t total = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: alloc MOST FILE...\n");
        return 2;
    }
    most = (size_t)strtoull(argv[1], NULL, 10);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        fail_each(arrays[i].name, encode_array, &arrays[i], NULL);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        fail_each(tables[i].name, encode_table, &tables[i], NULL);
    for (int i = 2; i < argc; i++) {
        arrays_bytes file;
        load(argv[i], &file);
        fail_each(argv[i], is_model(argv[i]) ? load_model : decode_file, &file, &total);
        if (is_model(argv[i]) && n_models < sizeof models / sizeof *models &&
            aez_trained_load(&models[n_models], NULL, file.data, file.size, NULL, 0) >= 0)
            n_models++;
        free(file.data);
    }
    for (size_t i = 0; i < n_models; i++)
        aez_trained_destroy(models[i]);
    printf("%-32s %7d files,    %6zu failed, told\n", "decoding", argc - 2, total);
    if (n_bad)
        printf("%zu wrong\n", n_bad);
    return n_bad != 0;
}
