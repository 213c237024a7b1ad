/* exact.c - restores files with one kernel and prints a hash of all that came out, the same on every
 * machine: exact KERNEL MODEL... FILE..., or exact - for the names of the kernels that this one can run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/kernel/kernel.h"
#include "format/checksum.h"

#include "aez.h"

/* The library picks its kernels by this name, which stands here in place of its own: that one is
 * asked by another name. */
#define aez_kernels_pick real_pick
#include "codec/kernel/kernel_pick.c"
#undef aez_kernels_pick

static const char *kernel;

const aez_kernels *aez_kernels_pick(const char *want)
{
    return real_pick(want ? want : kernel);
}

enum { PIECE = 1000 };

static uint64_t hash, n_bytes;

static void mix(const void *bytes, size_t n)
{
    hash = aez_checksum(bytes, n, hash);
    n_bytes += n;
}

/* Values little-endian, whatever this machine's order. */
static void mix_values(uint8_t *values, size_t size, size_t n)
{
    const uint16_t one = 1;
    for (size_t i = 0; *(const uint8_t *)&one == 0 && i < n; i++) {
        for (size_t b = 0; b < size / 2; b++) {
            uint8_t swap = values[i * size + b];
            values[i * size + b] = values[i * size + size - 1 - b];
            values[i * size + size - 1 - b] = swap;
        }
    }
    mix(values, size * n);
}

static aez_status pull_text(aez_decoder *d)
{
    uint8_t    text[PIECE];
    aez_status st;
    do {
        aez_out out = {.dst = text, .size = sizeof text};
        st = aez_decoder_pull_text(d, &out);
        mix(text, out.pos);
    } while (st == AEZ_NEED_OUTPUT);
    return st;
}

static aez_status pull_sites(aez_decoder *d)
{
    const aez_schema *s = aez_decoder_schema(d);
    aez_status        st = AEZ_OK;
    uint8_t          *values;
    void            **columns;
    if (!s)
        return AEZ_NEED_INPUT;
    values = malloc((size_t)s->n_fields * PIECE * 8);
    columns = malloc(s->n_fields * sizeof *columns);
    if (!values || !columns)
        abort();
    while (st == AEZ_OK) {
        uint64_t n;
        for (uint32_t f = 0; f < s->n_fields; f++)
            columns[f] = values + (size_t)f * PIECE * 8;
        st = aez_decoder_pull(d, columns, PIECE, &n);
        for (uint32_t f = 0; f < s->n_fields; f++)
            mix_values(columns[f], aez_type_size(s->fields[f].type), (size_t)n);
    }
    free(columns);
    free(values);
    return st;
}

static aez_trained *models[20]; /* what files may refer to: FILE.aezm */
static size_t       n_models;

static void load_model(const char *path)
{
    static uint8_t bytes[1 << 22];
    FILE          *f = fopen(path, "rb");
    size_t         n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (!f || fclose(f) != 0 || n_models == sizeof models / sizeof *models ||
        aez_trained_load(&models[n_models], NULL, bytes, n, NULL, 0) < 0) {
        fprintf(stderr, "%s: no good model\n", path);
        exit(1);
    }
    n_models++;
}

static int is_model(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".aezm") == 0;
}

static void restore(const char *path)
{
    uint8_t      buf[65536];
    aez_decoder *d;
    aez_status   st = aez_decoder_create(&d, NULL);
    FILE        *f = fopen(path, "rb");
    size_t       n;
    for (size_t i = 0; st >= 0 && i < n_models; i++)
        st = aez_decoder_add_model(d, models[i]);
    while (f && st >= 0 && (n = fread(buf, 1, sizeof buf, f)) > 0) {
        aez_in in = {.src = buf, .size = n};
        while (st >= 0 && in.pos < in.size) {
            st = aez_decoder_push(d, &in);
            if (st >= 0)
                st = aez_decoder_is_table(d) ? pull_text(d) : pull_sites(d);
        }
    }
    if (st >= 0)
        st = aez_decoder_finish(d);
    if (!f || fclose(f) != 0 || st < 0) {
        fprintf(stderr, "%s: %s\n", path, f ? aez_status_text(st) : "cannot open");
        exit(1);
    }
    aez_decoder_destroy(d);
}

int main(int argc, char **argv)
{
    const aez_kernels *list[AEZ_KERNELS_MAX];
    size_t             n = aez_kernels_usable(list, AEZ_KERNELS_MAX);
    if (argc == 2) {
        for (size_t i = 0; i < n; i++)
            printf("%s\n", list[i]->name);
        return 0;
    }
    if (argc < 3 || !real_pick(argv[1])) {
        fprintf(stderr, "usage: exact KERNEL FILE... | exact -\n");
        return 2;
    }
    kernel = argv[1];
    for (int i = 2; i < argc; i++)
        (is_model(argv[i]) ? load_model : restore)(argv[i]);
    printf("%016llx %d files %llu bytes\n", (unsigned long long)hash, argc - 2 - (int)n_models,
           (unsigned long long)n_bytes);
    for (size_t i = 0; i < n_models; i++)
        aez_trained_destroy(models[i]);
    return 0;
}
