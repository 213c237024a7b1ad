/* report_labels.c - classes of what a page shows, by what is written alike. */
#include "platform.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_data.h"
#include "report_source.h"

/* Numbers by value and before words, words by bytes. */
static int compare_names(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    double      u = report_number(x), v = report_number(y);
    if (!isnan(u) && !isnan(v) && u != v)
        return u < v ? -1 : 1;
    if (isnan(u) != isnan(v))
        return isnan(u) ? 1 : -1;
    return strcmp(x, y);
}

/* Sorted copies of the texts, each once. */
static bool collect_names(report_labels *out, const char *const *texts, size_t n)
{
    const char **sorted = malloc((n + 1) * sizeof *sorted);
    bool         good = sorted != NULL;
    size_t       n_names = 0;
    if (good) {
        memcpy(sorted, texts, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, compare_names);
        for (size_t i = 0; i < n; i++)
            if (n_names == 0 || strcmp(sorted[i], sorted[n_names - 1]) != 0)
                sorted[n_names++] = sorted[i];
        out->names = calloc(n_names + 1, sizeof *out->names);
        good = out->names != NULL;
    }
    for (size_t i = 0; good && i < n_names; i++) {
        out->names[i] = strdup(sorted[i]);
        good = out->names[i] != NULL;
        out->n_classes = i + 1;
    }
    free((void *)sorted);
    return good;
}

int report_labels_make(report_labels *out, const report_place *at, const char *const *texts,
                       size_t n)
{
    memset(out, 0, sizeof *out);
    out->n = n;
    out->classes = malloc((n + 1) * sizeof *out->classes);
    if (!out->classes || !collect_names(out, texts, n))
        return report_no_memory(at);
    for (size_t i = 0; i < n; i++) {
        char **found = bsearch(&texts[i], out->names, out->n_classes, sizeof *out->names,
                               compare_names);
        out->classes[i] = (size_t)(found - out->names);
    }
    return AEZ_EXIT_OK;
}

/* Numbers of an array as texts: integers as such. */
static int from_numbers(report_labels *out, const report_place *at, const report_list *list)
{
    enum { WIDTH = 32 };
    char        *text = malloc(list->n * WIDTH + 1);
    const char **texts = malloc((list->n + 1) * sizeof *texts);
    int          code = AEZ_EXIT_OK;
    if (!text || !texts)
        code = report_no_memory(at);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < list->n; i++) {
        (void)snprintf(text + i * WIDTH, WIDTH, "%.10g", list->values[i]);
        texts[i] = text + i * WIDTH;
    }
    if (code == AEZ_EXIT_OK)
        code = report_labels_make(out, at, texts, list->n);
    free(text);
    free((void *)texts);
    return code;
}

static int from_table(report_labels *out, const report_place *at, const char *path,
                      const char *column)
{
    report_table table;
    const char **texts = NULL;
    long         pick = 0;
    int          code = report_table_load(&table, at, path, 0);
    if (code == AEZ_EXIT_OK && column)
        pick = report_table_column(&table, at, path, column);
    else if (code == AEZ_EXIT_OK && table.n_columns != 1)
        code = report_error_in(at, path, "has %zu columns: name the one with the labels: %s:COLUMN",
                               table.n_columns, path);
    if (pick < 0)
        code = AEZ_EXIT_DATA;
    if (code == AEZ_EXIT_OK && !(texts = malloc((table.n_rows + 1) * sizeof *texts)))
        code = report_no_memory(at);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < table.n_rows; i++)
        texts[i] = table.cells[i * table.n_columns + (size_t)pick];
    if (code == AEZ_EXIT_OK)
        code = report_labels_make(out, at, texts, table.n_rows);
    free((void *)texts);
    report_table_free(&table);
    return code;
}

static int is_table(const report_place *at, const char *path, bool *out)
{
    report_source s;
    int           code = report_source_open(&s, at, path);
    *out = s.source.layout.format == AEZ_FORMAT_CSV;
    report_source_close(&s);
    return code;
}

int report_labels_load(report_labels *out, const report_place *at, const char *reference)
{
    char       *path, *column;
    report_list list = {0};
    bool        table = false;
    int         code = report_split_reference(at, reference, &path, &column);
    memset(out, 0, sizeof *out);
    if (code == AEZ_EXIT_OK)
        code = is_table(at, path, &table);
    if (code == AEZ_EXIT_OK && table)
        code = from_table(out, at, path, column);
    else if (code == AEZ_EXIT_OK)
        code = report_list_load(&list, at, reference);
    if (code == AEZ_EXIT_OK && !table)
        code = from_numbers(out, at, &list);
    report_list_free(&list);
    free(path);
    free(column);
    return code;
}

void report_labels_free(report_labels *labels)
{
    for (size_t i = 0; i < labels->n_classes; i++)
        free(labels->names[i]);
    free(labels->names);
    free(labels->classes);
    memset(labels, 0, sizeof *labels);
}
