/* report_convert.h - files in the make that a peer reads, and what it restored, judged. */
#ifndef AEZ_CLI_REPORT_CONVERT_H
#define AEZ_CLI_REPORT_CONVERT_H

#include "report_peers.h"

/* A stack of grey or coloured images of bytes: [h][w], [n][h][w], [n][h][w][3]. */
bool report_is_image(const aez_layout *layout);

/* The values of the task's file without its header. An exit code. */
int report_write_values(const report_task *task, const char *path);
/* All images beside and below each other, as PGM or PPM. An exit code. */
int report_write_sheet(const report_task *task, const char *path);
/* Whether two files are the same, byte for byte. */
bool report_same_files(aez_guard *guard, const char *a, const char *b);
/* Whether two PNM files of one size have the same pixels. */
bool report_same_pixels(aez_guard *guard, const char *a, const char *b);

/* What the set's raw files need to be read; the rest is the default. */
void report_set_args(const report_set *set, aez_args *out);

#define REPORT_ERROR_BINS 41

typedef struct report_extent { /* of the original */
    uint64_t n_values;  /* of an array, or cells of numeric columns of a table */
    double   low, high; /* of the finite values of an array */
} report_extent;

typedef struct report_errors {
    uint64_t n;
    double   worst; /* of an array: the error itself; of a table: over the column's bound */
    double   psnr;  /* infinite when nothing differs */
    uint64_t wrong; /* not finite and came back as others; texts that differ */
    uint64_t bin[REPORT_ERROR_BINS]; /* of errors over the bound, -1 .. 1; when there is one */
} report_errors;

/* Exit codes. A table is read whole, an array in blocks. */
int report_measure_extent(const report_task *task, report_extent *out);
int report_compare(const report_task *task, bool back_is_raw, report_errors *out);
/* The largest error of raw values restored from an array. */
int report_worst_error(const report_task *task, double *out);

#endif
