/* mutate.c - damaged containers with checksums that fit, by the hundred thousand: none may crash, leak,
 * hang or take more memory than the limit allows.
 *
 *   mutate random NAME CRASH-FILE N SEED FILE...   N damaged copies of the files
 *   mutate numbers NAME CRASH-FILE STRIDE FILE...  at every STRIDE-th place a number: 0, 1, ..., max
 *
 * A FILE.aezm is a model that the others may refer to. */
#include "case.h"
#include "damage.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_FILES = 200, MAX_MODELS = 20, MEMORY_LIMIT = 1 << 22 };
/* What the limit does not count: bytes collected of a section, copies while parts are restored, the
 * schema, and what zstd asks for. */
enum { MEMORY_CAP = 16 * MEMORY_LIMIT };

typedef struct tally {
    uint64_t cases, good, refused[16];
    size_t   peak;
    double   slowest;
} tally;

static container    files[MAX_FILES];
static size_t       n_files;
static aez_trained *models[MAX_MODELS]; /* what files may refer to */
static size_t       n_models;

/* Decodes what must not hurt; a file that is damaged in place may still be good. */
static void try_bytes(const uint8_t *bytes, size_t size, tally *t)
{
    fuzz_memory memory = {.cap = MEMORY_CAP};
    fuzz_output out;
    aez_options o;
    aez_status  st;
    double      seconds;
    aez_options_init(&o);
    o.memory_limit = MEMORY_LIMIT;
    o.allocator = fuzz_allocator(&memory);
    case_begin(bytes, size);
    st = fuzz_decode_with(&o, models, n_models, bytes, size, 0, &out);
    FUZZ_CHECK(memory.n_live == 0);
    FUZZ_CHECK(st != AEZ_ERR_NOMEM); /* the limit has to refuse it before memory is asked for */
    FUZZ_CHECK(st > -16 && st <= AEZ_OK);
    seconds = case_end();
    t->cases++;
    t->good += st == AEZ_OK;
    t->refused[-st] += st < 0;
    t->peak = memory.peak > t->peak ? memory.peak : t->peak;
    t->slowest = seconds > t->slowest ? seconds : t->slowest;
}

static void try_container(const container *c, tally *t)
{
    aez_buf file;
    aez_buf_init(&file, &container_mem);
    container_join(c, &file);
    if (file.failed)
        abort();
    try_bytes(file.data, file.size, t);
    aez_buf_free(&file);
}

static void copy(const container *from, container *to)
{
    *to = *from;
    for (size_t i = 0; i < to->n; i++) {
        to->part[i].payload = NULL;
        container_set(&to->part[i], from->part[i].payload, from->part[i].size);
    }
}

/* ---- random damage ---- */

/* Whole sections: another kind, gone, twice, in another place. */
static void shuffle(aez_rng *rng, container *c)
{
    size_t         i = (size_t)aez_rng_below(rng, c->n), j = (size_t)aez_rng_below(rng, c->n);
    container_part was = c->part[i];
    switch (aez_rng_below(rng, 4)) {
    case 0:
        c->part[i].type = (unsigned)aez_rng_below(rng, 256);
        break;
    case 1:
        free(was.payload);
        memmove(&c->part[i], &c->part[i + 1], (c->n - i - 1) * sizeof was);
        c->n--;
        break;
    case 2:
        if (c->n < CONTAINER_PARTS) {
            memmove(&c->part[j + 1], &c->part[j], (c->n - j) * sizeof was);
            c->part[j] = was;
            c->part[j].payload = NULL;
            container_set(&c->part[j], was.payload, was.size);
            c->n++;
        }
        break;
    default:
        c->part[i] = c->part[j];
        c->part[j] = was;
    }
}

static void damaged(aez_rng *rng, tally *t)
{
    const container *from = &files[aez_rng_below(rng, n_files)];
    const container *other = &files[aez_rng_below(rng, n_files)];
    unsigned         n = 1 + (unsigned)aez_rng_below(rng, 4) * (unsigned)aez_rng_below(rng, 2);
    container        c;
    copy(from, &c);
    if (aez_rng_below(rng, 24) == 0)
        shuffle(rng, &c);
    if (aez_rng_below(rng, 100) == 0)
        c.header[aez_rng_below(rng, AEZ_HEADER_SIZE)] ^= (uint8_t)(1u << aez_rng_below(rng, 8));
    while (n-- > 0 && c.n > 0) {
        container_part *p = &c.part[aez_rng_below(rng, c.n)];
        c.keep_index |= p == &c.part[c.n - 1] && p->type == AEZ_SECTION_INDEX;
        damage(rng, p, &other->part[aez_rng_below(rng, other->n)]);
    }
    try_container(&c, t);
    container_free(&c);
}

/* As they stand: sizes of sections, checksums and trailer are damaged too. */
static void damaged_raw(aez_rng *rng, tally *t)
{
    aez_buf        file;
    container_part all = {0};
    aez_buf_init(&file, &container_mem);
    container_join(&files[aez_rng_below(rng, n_files)], &file);
    container_set(&all, file.data, file.size);
    aez_buf_free(&file);
    damage(rng, &all, &all);
    try_bytes(all.payload, all.size, t);
    free(all.payload);
}

/* ---- every number at every place ---- */

static void numbers_at(const container *from, size_t part, size_t at, tally *t)
{
    static const uint64_t values[] = {0, 1, UINT32_MAX, (uint64_t)1 << 32, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        container c;
        copy(from, &c);
        c.keep_index = c.part[part].type == AEZ_SECTION_INDEX;
        damage_number(&c.part[part], at, values[i]);
        try_container(&c, t);
        container_free(&c);
    }
    for (int byte = 0; byte < 256; byte += 255) {
        container c;
        copy(from, &c);
        c.keep_index = c.part[part].type == AEZ_SECTION_INDEX;
        c.part[part].payload[at] = (uint8_t)byte;
        try_container(&c, t);
        container_free(&c);
    }
}

/* Sizes of sections are replaced where they stand, without a checksum that fits. */
static void sizes_of(const container *from, tally *t)
{
    static const uint64_t values[] = {0, 1, 1u << 26, UINT32_MAX, INT64_MAX, UINT64_MAX - 9, UINT64_MAX};
    aez_buf               file;
    size_t                at = AEZ_HEADER_SIZE;
    aez_buf_init(&file, &container_mem);
    container_join(from, &file);
    for (size_t s = 0; s < from->n; s++) {
        size_t head = damage_varint(file.data + at + 1, file.size - at - 1);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            container_part all = {0};
            container_set(&all, file.data, file.size);
            damage_number(&all, at + 1, values[i]);
            try_bytes(all.payload, all.size, t);
            free(all.payload);
        }
        at += 1 + head + from->part[s].size + 8;
    }
    aez_buf_free(&file);
}

/* The first bytes of each payload, where its lengths are, all of them; the rest by strides. */
static void numbers(const container *from, size_t stride, tally *t)
{
    for (size_t p = 0; p < from->n; p++) {
        for (size_t at = 0; at < from->part[p].size; at += at < 256 ? 1 : stride)
            numbers_at(from, p, at, t);
    }
    sizes_of(from, t);
}

/* ---- */

static void load_model(const char *path, const uint8_t *bytes, size_t size)
{
    if (n_models == MAX_MODELS ||
        aez_trained_load(&models[n_models], NULL, bytes, size, NULL, 0) < 0) {
        fprintf(stderr, "%s: no good model\n", path);
        exit(1);
    }
    n_models++;
}

static void load(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE          *f = fopen(path, "rb");
    size_t         size, length = strlen(path);
    tally          t = {0};
    if (!f || n_files == MAX_FILES) {
        perror(path);
        exit(3);
    }
    size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    if (length > 5 && strcmp(path + length - 5, ".aezm") == 0) {
        load_model(path, bytes, size);
        return;
    }
    container_split(&files[n_files], bytes, size);
    container_loosen(&files[n_files]);
    try_container(&files[n_files], &t);
    if (t.good != 1) {
        fprintf(stderr, "%s: no good file once its bytes are unpacked, corrupt %d, limit %d\n", path,
                (int)t.refused[-AEZ_ERR_CORRUPT], (int)t.refused[-AEZ_ERR_LIMIT]);
        exit(1);
    }
    n_files++;
}

static void show(const char *name, const tally *t)
{
    printf("%-12s %3zu files %8llu cases: %7llu good, %7llu corrupt, %6llu limit, %6llu other, 0 bad; "
           "peak %5.1f MB, slowest %4.0f ms\n",
           name, n_files, (unsigned long long)t->cases, (unsigned long long)t->good,
           (unsigned long long)t->refused[-AEZ_ERR_CORRUPT],
           (unsigned long long)t->refused[-AEZ_ERR_LIMIT],
           (unsigned long long)(t->cases - t->good - t->refused[-AEZ_ERR_CORRUPT] -
                                t->refused[-AEZ_ERR_LIMIT]),
           (double)t->peak / 1e6, t->slowest * 1e3);
}

int main(int argc, char **argv)
{
    tally t = {0};
    int   random = argc > 6 && strcmp(argv[1], "random") == 0;
    if (argc < 6 || (!random && strcmp(argv[1], "numbers") != 0)) {
        fprintf(stderr, "usage: mutate random NAME CRASH-FILE N SEED FILE... | "
                        "mutate numbers NAME CRASH-FILE STRIDE FILE...\n");
        return 2;
    }
    case_watch(argv[3]);
    for (int i = random ? 6 : 5; i < argc; i++)
        load(argv[i]);
    if (random) {
        uint64_t n = strtoull(argv[4], NULL, 10);
        aez_rng  rng;
        aez_rng_seed(&rng, strtoull(argv[5], NULL, 10));
        for (uint64_t i = 0; i < n; i++)
            (i % 16 ? damaged : damaged_raw)(&rng, &t);
    } else {
        for (size_t i = 0; i < n_files; i++)
            numbers(&files[i], (size_t)strtoull(argv[4], NULL, 10), &t);
    }
    show(argv[2], &t);
    for (size_t i = 0; i < n_files; i++)
        container_free(&files[i]);
    for (size_t i = 0; i < n_models; i++)
        aez_trained_destroy(models[i]);
    return 0;
}
