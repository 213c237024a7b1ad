/* report_sets.c - the list of sets that a report compresses, such as corpus/report-sets. */
#include "platform.h"

#include "report_sets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aez.h"
#include "file.h"

#define LIST_MAX ((uint64_t)16 << 20)

enum { CELL_NAME, CELL_SHAPE, CELL_TYPE, CELL_BOUNDS, CELL_METHODS, CELL_MODEL, N_CELLS };

static const char *const cell_names[N_CELLS] = {"name",   "shape",   "type",
                                                "bounds", "methods", "model"};

/* The i-th cell of a line, without blanks around it; "-" counts as empty. To be freed. */
static char *copy_cell(const char *line, size_t n, size_t i)
{
    const char *end = line + n, *stop;
    for (; i > 0; i--) {
        line = memchr(line, '|', (size_t)(end - line));
        if (!line)
            return strdup("");
        line++;
    }
    stop = memchr(line, '|', (size_t)(end - line));
    if (!stop)
        stop = end;
    while (line < stop && isspace((unsigned char)*line))
        line++;
    while (stop > line && isspace((unsigned char)stop[-1]))
        stop--;
    if (stop - line == 1 && *line == '-')
        stop = line;
    return strndup(line, (size_t)(stop - line));
}

/* Which cell holds what: from "# name | shape | ..." */
static void read_heading(const char *line, size_t n, long place[N_CELLS])
{
    for (size_t i = 0; i < 32; i++) {
        char  *word = copy_cell(line, n, i);
        size_t len = word ? strcspn(word, ": ") : 0; /* "origin: path @ commit" */
        for (int c = 0; len > 0 && c < N_CELLS; c++)
            if (strlen(cell_names[c]) == len && strncmp(word, cell_names[c], len) == 0)
                place[c] = (long)i;
        free(word);
    }
}

/* float32le, uint8, f32 ... as aez writes them; false for what it does not know. */
static bool plain_type(char **type)
{
    static const char *const known[][2] = {{"float32", "f32"}, {"float64", "f64"}, {"uint8", "u8"},
                                           {"int8", "i8"},     {"uint16", "u16"}, {"int16", "i16"},
                                           {"uint32", "u32"},  {"int32", "i32"},  {"uint64", "u64"},
                                           {"int64", "i64"}};
    size_t n = strlen(*type);
    char  *found = NULL;
    if (n > 2 && strcmp(*type + n - 2, "le") == 0)
        n -= 2;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if ((strlen(known[i][0]) == n && strncmp(*type, known[i][0], n) == 0) ||
            (strlen(known[i][1]) == n && strncmp(*type, known[i][1], n) == 0))
            found = strdup(known[i][1]);
    if (!found)
        return false;
    free(*type);
    *type = found;
    return true;
}

/* 41x128x128 or with the sign of multiplication to 41,128,128. */
static void plain_shape(char *shape)
{
    char *to = shape;
    for (const char *p = shape; *p; p++) {
        if (strncmp(p, "\xC3\x97", 2) == 0)
            p++;
        if (isdigit((unsigned char)*p))
            *to++ = *p;
        else if (to > shape && to[-1] != ',')
            *to++ = ',';
    }
    *to = '\0';
}

/* A raw file says by its name what it holds; others are looked at. */
static bool is_raw(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (aez_type_from_name(dot + 1) != 0 || strcmp(dot, ".raw") == 0 ||
                   strcmp(dot, ".bin") == 0);
}

static int add_set(report_sets *out, const report_place *at, const char *line, size_t n,
                   const long place[N_CELLS], const char *folder)
{
    report_set *grown = realloc(out->set, (out->n + 1) * sizeof *grown), *set;
    char       *cell[N_CELLS];
    bool        good = grown != NULL;
    size_t      size;
    if (!good)
        return report_no_memory(at);
    out->set = grown;
    set = &grown[out->n++];
    memset(set, 0, sizeof *set);
    for (int c = 0; c < N_CELLS; c++) {
        cell[c] = place[c] < 0 ? strdup("") : copy_cell(line, n, (size_t)place[c]);
        good = good && cell[c];
    }
    *set = (report_set){.name = cell[CELL_NAME], .type = cell[CELL_TYPE], .shape = cell[CELL_SHAPE],
                        .bounds = cell[CELL_BOUNDS], .methods = cell[CELL_METHODS],
                        .model = cell[CELL_MODEL], .line = at->line};
    if (!good)
        return report_no_memory(at);
    size = strlen(folder) + strlen(set->name) + 2;
    set->path = malloc(size);
    if (!set->path)
        return report_no_memory(at);
    (void)snprintf(set->path, size, "%s/%s", folder, set->name);
    if (!is_raw(set->name)) {
        set->type[0] = set->shape[0] = '\0';
        return AEZ_EXIT_OK;
    }
    plain_shape(set->shape);
    if (!plain_type(&set->type))
        return report_error(at, "%s: a raw file needs a type, such as f32: the list has \"%s\"",
                            set->name, set->type);
    return AEZ_EXIT_OK;
}

int report_sets_parse(report_sets *out, const report_place *list, const char *text,
                      const char *folder)
{
    long         place[N_CELLS] = {0, 1, 2, -1, -1, -1};
    report_place at = *list;
    int          code = AEZ_EXIT_OK;
    memset(out, 0, sizeof *out);
    for (at.line = 1; code == AEZ_EXIT_OK && *text; at.line++) {
        size_t      n = strcspn(text, "\n"), mark = strspn(text, "# ");
        const char *line = text;
        if (mark < n && text[0] == '#' && strncmp(text + mark, "name ", 5) == 0 &&
            memchr(text, '|', n)) {
            for (int c = 0; c < N_CELLS; c++)
                place[c] = -1;
            read_heading(text + mark, n - mark, place);
        } else if (n > strspn(text, " \t\r") && text[0] != '#') {
            code = add_set(out, &at, line, n, place, folder);
        }
        text += n + (text[n] == '\n');
    }
    return code;
}

/* AEZ_DATA, or the folder of the list. To be freed. */
static char *data_folder(const char *list)
{
    const char *data = getenv("AEZ_DATA"), *slash = strrchr(list, '/');
    if (data && *data)
        return strdup(data);
    return slash ? strndup(list, (size_t)(slash - list)) : strdup(".");
}

int report_sets_load(report_sets *out, const char *path, aez_guard *guard)
{
    aez_input    in = {.fd = -1};
    report_place at = {path, 0, guard};
    char        *text = NULL, *folder = NULL;
    int          code = aez_input_open(&in, path, true, guard);
    memset(out, 0, sizeof *out);
    if (code == AEZ_EXIT_OK && in.size > LIST_MAX)
        code = report_error(&at, "is too long for a list of sets: is it one?");
    if (code == AEZ_EXIT_OK) {
        text = calloc((size_t)in.size + 1, 1);
        folder = data_folder(path);
        code = text && folder ? aez_input_read_at(&in, text, (size_t)in.size, 0)
                              : report_no_memory(&at);
    }
    if (code == AEZ_EXIT_OK)
        code = report_sets_parse(out, &at, text, folder);
    if (code == AEZ_EXIT_OK && out->n == 0)
        code = report_error(&at, "has no set in it");
    free(text);
    free(folder);
    aez_input_close(&in);
    return code;
}

void report_sets_free(report_sets *sets)
{
    for (size_t i = 0; i < sets->n; i++) {
        report_set *s = &sets->set[i];
        free(s->name);
        free(s->path);
        free(s->type);
        free(s->shape);
        free(s->bounds);
        free(s->methods);
        free(s->model);
    }
    free(sets->set);
    memset(sets, 0, sizeof *sets);
}
