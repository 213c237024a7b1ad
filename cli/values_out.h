/* values_out.h - numbers as a new file: .npy, IDX, raw, or a table, item by item. */
#ifndef AEZ_CLI_VALUES_OUT_H
#define AEZ_CLI_VALUES_OUT_H

#include "cli.h"
#include "file.h"
#include "layout.h"

/* What is to be written: items of n_fields x inner values each. */
typedef struct aez_values_form {
    aez_format format; /* NPY, IDX, RAW, CSV */
    aez_type   type;   /* not of tables */
    bool       big_endian, is_bool;
    char       delimiter; /* of tables; 0: a comma */
    /* The shape in the file; shape[item_axis] are the items. Axis `axis` (-1: none) are fields. */
    uint32_t n_dims, item_axis;
    int      axis;
    uint64_t shape[AEZ_LAYOUT_DIMS];
    uint32_t n_values; /* of an item */
    /* Of tables: the name of a value, for the header row; NULL: no header row. */
    const char *(*name)(const void *opaque, uint32_t i);
    const void *opaque;
} aez_values_form;

/* A form of n_items with n values each: [n_items][n]. */
aez_values_form aez_values_matrix(aez_format format, aez_type type, uint64_t n_items, uint32_t n);
/* What the suffix of a path asks for; `otherwise` where it says nothing. */
aez_format aez_format_of_path(const char *path, aez_format otherwise);
/* The delimiter that goes with it: a tab for .tsv. */
char aez_delimiter_of_path(const char *path);

typedef struct aez_values_out {
    const aez_cli  *cli;
    aez_output      out;
    aez_input       model_of; /* the permissions and times of a new file */
    aez_values_form form;
    uint64_t        n_fields, outer, inner; /* the place of an item: value[outer][field][inner] */
    uint64_t        base;                   /* bytes before the values */
    uint64_t        item;                   /* items written */
    uint8_t        *buf;                    /* owned */
    size_t          cap;
} aez_values_out;

/* Opens the output of -o (standard output for "-") and writes the head. An exit code;
 * aez_values_close is right in every case. */
int  aez_values_open(aez_values_out *v, const aez_cli *cli, const char *path,
                     const aez_values_form *form);
/* The next n items, [n][n_values], fields one after the other; rounded and clamped to integers. */
int  aez_values_put(aez_values_out *v, const double *values, size_t n);
/* The file is complete: it gets its name. */
int  aez_values_commit(aez_values_out *v);
void aez_values_close(aez_values_out *v);

/* A number as text that reads back as the same double, or NaN as nothing; at most 32 bytes. */
size_t aez_number_text(double v, char *dst);

#endif
