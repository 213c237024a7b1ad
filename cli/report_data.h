/* report_data.h - what a page shows, read into memory: arrays as doubles, tables as text. */
#ifndef AEZ_CLI_REPORT_DATA_H
#define AEZ_CLI_REPORT_DATA_H

#include "layout.h"
#include "report_place.h"

typedef struct report_table {
    size_t       n_rows, n_columns;
    int          has_header; /* else names are "1", "2", ... */
    char        *text;       /* owned: what names and cells point into */
    const char **names;      /* owned: [n_columns] */
    const char **cells;      /* owned: [n_rows][n_columns]; a row that is too short ends in "" */
} report_table;

/* header: 1 the first row holds names, -1 it does not, 0: where one of its cells is no number. */
int  report_table_load(report_table *out, const report_place *at, const char *path, int header);
void report_table_free(report_table *table);
/* The column of that name or, where no name is like it, number (from 1); -1 and an error else. */
long report_table_column(const report_table *table, const report_place *at, const char *path,
                         const char *name);
/* A cell's number; NAN when it is empty or none. */
double report_number(const char *cell);

typedef struct report_array {
    aez_type     type; /* 0: from a table */
    uint32_t     n_dims;
    uint64_t     shape[AEZ_LAYOUT_DIMS]; /* of the file, as its owner sees it */
    size_t       n_rows, n_columns;      /* of values: axis 0, and all others together */
    double      *values;                 /* owned; NAN where there is no number */
    report_table table;                  /* names of columns, where it was one */
} report_array;

/* Everything; a table gives its columns, text cells as NAN. */
int report_array_load(report_array *out, const report_place *at, const char *path);
/* Of an array, only the rows of those numbers (from 0), in that order. */
int  report_array_pick(report_array *out, const report_place *at, const char *path,
                       const size_t *rows, size_t n);
void report_array_free(report_array *array);
/* The column of an array by name or number; -1 and an error when there is none. */
long report_array_column(const report_array *array, const report_place *at, const char *path,
                         const char *name);

/* FILE or FILE:COLUMN, as a list of numbers: one column, or an array whatever its shape. */
typedef struct report_list {
    size_t  n;
    double *values; /* owned */
    char   *name;   /* owned: the column's, or "" */
} report_list;

int  report_list_load(report_list *out, const report_place *at, const char *reference);
void report_list_free(report_list *list);

/* FILE or FILE:COLUMN as classes: what is written alike is one. */
typedef struct report_labels {
    size_t   n;
    size_t   n_classes;
    size_t  *classes; /* owned: [n] */
    char   **names;   /* owned: [n_classes], sorted: numbers by value, else by bytes */
} report_labels;

int  report_labels_load(report_labels *out, const report_place *at, const char *reference);
/* From texts [n], which are copied. */
int  report_labels_make(report_labels *out, const report_place *at, const char *const *texts,
                        size_t n);
void report_labels_free(report_labels *labels);

#endif
