/* seeds.c - makes the inputs that fuzzing starts from: seeds TARGET-FOLDERS-GO-HERE spec/vectors
 *
 * A folder for each target. Files of the format are the test vectors; all else is made here. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/idx.h"
#include "cli/npy.h"
#include "codec/autoencoder/autoencoder.h"
#include "codec/entropy/entropy.h"
#include "tests/support/plans.h"
#include "tests/support/tables.h"

static const char *folder;

static void fail(const char *what)
{
    perror(what);
    exit(3);
}

static void seed(const char *target, const char *name, const void *bytes, size_t size)
{
    char  path[4096];
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", folder, target);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        fail(path);
    snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    if (!(f = fopen(path, "wb")) || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        fail(path);
}

/* `head`, then the bytes: what a target that begins with numbers of its own wants. */
static void seed_after(const char *target, const char *name, const void *head, size_t head_size,
                       const void *bytes, size_t size)
{
    arrays_bytes all = {0};
    arrays_append(&all, head, head_size);
    arrays_append(&all, bytes, size);
    seed(target, name, all.data, all.size);
    free(all.data);
}

/* ---- from the vectors ---- */

static void from_vector(const char *name, const uint8_t *bytes, size_t size)
{
    static const uint8_t rows[5] = {0, 0, 1, 0, 9}, csv[3] = {0, 6, 255};
    aez_decoder         *d = NULL;
    const aez_schema    *s;
    arrays_bytes         text;
    aez_in               in = {.src = bytes, .size = size};
    seed("fuzz_decode", name, bytes, size);
    seed("fuzz_container", name, bytes, size);
    if (tables_decode(NULL, bytes, size, 0, &text) == AEZ_OK && text.size > 0) {
        size_t n = text.size < 2000 ? text.size : 2000;
        seed_after("fuzz_rows", name, rows, sizeof rows, text.data, n);
        seed_after("fuzz_csv", name, csv, sizeof csv, text.data, n);
    }
    free(text.data);
    if (aez_decoder_create(&d, NULL) == AEZ_OK && aez_decoder_push(d, &in) >= 0 &&
        (s = aez_decoder_schema(d)) != NULL && s->envelope_size > 0) {
        uint8_t head[2 + AEZ_MAX_DIMS];
        head[0] = (uint8_t)(s->n_fields - 1);
        head[1] = (uint8_t)(s->fields[0].type - 1);
        head[2] = (uint8_t)(s->n_dims - 1);
        for (unsigned a = 0; a < s->n_dims && a < AEZ_MAX_DIMS - 1; a++)
            head[3 + a] = (uint8_t)s->shape[a];
        if (s->n_dims < AEZ_MAX_DIMS)
            seed_after("fuzz_envelope", name, head, 3 + s->n_dims, s->envelope, s->envelope_size);
    }
    aez_decoder_destroy(d);
}

static void from_vectors(const char *path)
{
    static uint8_t bytes[1 << 20];
    DIR           *dir = opendir(path);
    struct dirent *entry;
    if (!dir)
        fail(path);
    while ((entry = readdir(dir))) {
        char   file[4096];
        size_t n = strlen(entry->d_name), size;
        FILE  *f;
        if (n < 5 || (strcmp(entry->d_name + n - 4, ".aez") != 0 &&
                      strcmp(entry->d_name + n - 5, ".aezm") != 0))
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (!(f = fopen(file, "rb")))
            fail(file);
        size = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        if (entry->d_name[n - 1] == 'm')
            seed("fuzz_model", entry->d_name, bytes, size);
        else
            from_vector(entry->d_name, bytes, size);
    }
    closedir(dir);
}

/* ---- made ---- */

static void headers(void)
{
    aez_layout layout;
    char       text[4096], name[40];
    uint8_t    idx[AEZ_IDX_HEADER_MAX];
    for (unsigned i = 0; i < 24; i++) {
        aez_layout_init(&layout);
        layout.type = (aez_type)(1 + i % 10);
        layout.fortran = i % 3 == 1;
        layout.n_dims = i % 5;
        for (unsigned a = 0; a < layout.n_dims; a++)
            layout.shape[a] = (uint64_t)a * 1000 + i;
        snprintf(name, sizeof name, "%u", i);
        layout.big_endian = i % 2 && aez_type_size(layout.type) > 1;
        seed("fuzz_npy", name, text, aez_npy_header(&layout, 1 + i % 2, text, sizeof text));
        seed("fuzz_idx", name, idx, aez_idx_header(&layout, idx));
    }
}

/* As fuzz_plan.c reads them: fields less one, given ones, axes less one, extents less one, the plan. */
static void plans(void)
{
    for (unsigned i = 0; i < 40; i++) {
        uint64_t box[3] = {2 + i % 7, 3 + i % 11, 1 + i % 5};
        uint32_t n_fields = 1 + i % 3;
        uint8_t  head[6] = {(uint8_t)(n_fields - 1), 0, 2};
        char     name[40];
        aez_rng  rng;
        aez_grid grid;
        aez_plan plan;
        aez_buf  bytes;
        for (int a = 0; a < 3; a++)
            head[3 + a] = (uint8_t)(box[a] - 1);
        aez_rng_seed(&rng, i);
        aez_grid_init(&grid, box, 3);
        plans_random(&rng, &grid, n_fields, &plan);
        aez_buf_init(&bytes, &plans_mem);
        aez_plan_put(&plan, &grid, &bytes);
        snprintf(name, sizeof name, "%u", i);
        seed_after("fuzz_plan", name, head, sizeof head, bytes.data, bytes.size);
        aez_buf_free(&bytes);
        aez_plan_free(&plan, &plans_mem);
    }
}

static void fill_layer(aez_layer *layer, aez_rng *rng)
{
    for (size_t i = 0; i < (size_t)layer->n_in * layer->n_out; i++)
        layer->weight[i] = (int16_t)plans_between(rng, -100, 100);
    for (uint32_t o = 0; layer->bias && o < layer->n_out; o++)
        layer->bias[o] = plans_between(rng, -1000, 1000);
    layer->shift = 7;
}

static void nets(void)
{
    for (unsigned i = 0; i < 12; i++) {
        aez_autoencoder ae;
        aez_op          op = {.kind = AEZ_OP_DENSE, .out = {6, 1, 1}};
        aez_rng         rng;
        aez_buf         bytes;
        char            name[40];
        aez_rng_seed(&rng, i);
        aez_autoencoder_init(&ae, &plans_mem);
        if (aez_autoencoder_begin(&ae, 4 + i, 2, 1, i % 2 ? 4 + i : 1, i % 3 != 1) < 0)
            abort();
        for (uint32_t s = 0; s < ae.n_scales; s++)
            ae.scale[s] = 0.5;
        ae.frac = 12;
        if (ae.has_linear)
            fill_layer(&ae.linear, &rng);
        for (uint32_t l = 0; i % 3 && l < 2; l++, op.out.c = ae.n_features) {
            if (aez_autoencoder_add(&ae, &op) < 0)
                abort();
            fill_layer(&ae.op[ae.n_ops - 1].layer, &rng);
        }
        aez_buf_init(&bytes, &plans_mem);
        if (aez_autoencoder_put(&ae, &bytes) < 0)
            abort();
        aez_put_u64(&bytes, 0x0403020100FFFEFDu); /* latents */
        snprintf(name, sizeof name, "%u", i);
        seed("fuzz_net", name, bytes.data, bytes.size);
        aez_buf_free(&bytes);
        aez_autoencoder_free(&ae);
    }
}

static void streams(void)
{
    const aez_pack_options options = {.zstd_level = 1};
    uint16_t               symbols[600];
    uint8_t                noise[400];
    aez_rng                rng;
    aez_rng_seed(&rng, 1);
    for (unsigned i = 0; i < 30; i++) {
        size_t  n = i < 3 ? i : 600;
        aez_buf bytes;
        char    name[40];
        for (size_t j = 0; j < n; j++)
            symbols[j] = (uint16_t)(plans_below(&rng, 1u << (i % 13)) & plans_below(&rng, 4096));
        aez_buf_init(&bytes, &plans_mem);
        if (aez_symbols_pack(&plans_mem, symbols, n, &options, &bytes) < 0)
            abort();
        snprintf(name, sizeof name, "%u", i);
        seed("fuzz_symbols", name, bytes.data, bytes.size);
        aez_buf_free(&bytes);
        for (size_t j = 0; j < sizeof noise; j++)
            noise[j] = (uint8_t)(j < 40 ? aez_rng_next(&rng) : aez_rng_next(&rng) & 7);
        seed("fuzz_arrays", name, noise, sizeof noise);
        seed("fuzz_calls", name, noise, sizeof noise);
    }
}

/* An encoder and a decoder of the first schema from beginning to end, as fuzz_calls.c reads it. */
static void calls(void)
{
    static const uint8_t array[] = {4, 0, 7, 20, 0, 11, 10, 255, 0, 5, 12, 255, 0,
                                    13, 0, 0, 0, 0, 14, 15, 1, 1, 1, 1};
    static const uint8_t table[] = {3, 8, 6, 0, 1, 1, 1, 2, 1, 1, 1, 1, 1, 4, ',', 0, 0, 0, 1,
                                    9, 6, 0, 1, 1, 1, 2, 1, 1, 1, 1, 1, 11, 10, 255, 0, 5, 12, 255, 0};
    seed("fuzz_calls", "array", array, sizeof array);
    seed("fuzz_calls", "table", table, sizeof table);
}

static void weights(void)
{
    static const char text[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                               "\"b\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[8,10]}}";
    uint8_t           head[8] = {sizeof text - 1};
    arrays_bytes      all = {0};
    arrays_append(&all, head, sizeof head);
    arrays_append(&all, text, sizeof text - 1);
    arrays_append(&all, "\0\0\200?\0\0\0@\0<", 10);
    seed("fuzz_safetensors", "two", all.data, all.size);
    free(all.data);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: seeds FOLDER spec/vectors\n");
        return 2;
    }
    folder = argv[1];
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        fail(folder);
    from_vectors(argv[2]);
    headers();
    plans();
    nets();
    streams();
    calls();
    weights();
    return 0;
}
