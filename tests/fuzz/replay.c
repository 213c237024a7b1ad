/* replay.c - gives stored inputs to a target: files, all files of folders, or standard input. */
#define _POSIX_C_SOURCE 200809L
#include "fuzz.h"

#include <dirent.h>

static size_t n_inputs;

static void give_stream(FILE *f)
{
    size_t   size = 0, cap = 1 << 16, got;
    uint8_t *bytes = malloc(cap), *exact;
    while (bytes && (got = fread(bytes + size, 1, cap - size, f)) > 0) {
        size += got;
        if (size == cap)
            bytes = realloc(bytes, cap *= 2);
    }
    exact = malloc(size ? size : 1); /* a read past the end is seen */
    if (!bytes || !exact)
        abort();
    memcpy(exact, bytes, size);
    free(bytes);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    n_inputs++;
}

static int give(const char *path)
{
    char           inner[4096];
    DIR           *dir = opendir(path);
    struct dirent *entry;
    FILE          *f;
    int            bad = 0;
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        bad |= give(inner);
    }
    if (dir) {
        closedir(dir);
        return bad;
    }
    if (!(f = fopen(path, "rb"))) {
        perror(path);
        return 1;
    }
    give_stream(f);
    fclose(f);
    return 0;
}

int main(int argc, char **argv)
{
    int bad = 0;
    for (int i = 1; i < argc; i++)
        bad |= give(argv[i]);
    if (argc == 1)
        give_stream(stdin);
    printf("%zu inputs\n", n_inputs);
    return bad;
}
