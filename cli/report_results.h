/* report_results.h - what a corpus has measured, as tables, plots and facts. */
#ifndef AEZ_CLI_REPORT_RESULTS_H
#define AEZ_CLI_REPORT_RESULTS_H

#include "report_convert.h"
#include "report_show.h"

typedef struct report_result { /* one set, one mode, one method that ran */
    size_t         set_i, method;
    double         bound; /* 0: lossless */
    uint64_t       raw_bytes, n_values, shared_bytes; /* of a model that the file refers to */
    report_outcome outcome; /* with a fault where it failed: errors then mean nothing */
    report_errors  errors;
    double         over_bound; /* largest error / bound; NAN without a bound */
} report_result;

typedef struct report_results {
    const report_sets    *sets;
    const report_methods *methods;
    report_result        *one; /* owned; set by set, mode by mode */
    size_t                n;
    char                **skipped; /* owned: names of sets without a file */
    size_t                n_skipped;
} report_results;

/* Appends; false when memory is short. */
bool report_results_add(report_results *results, const report_result *one);
bool report_results_skip(report_results *results, const char *name);
void report_results_free(report_results *results);

/* "lossless", "1e-2", "0.03" */
void report_mode_text(double bound, char *dst, size_t cap);
bool   report_result_good(const report_result *r); /* it ran, and what came back was right */
double report_megabytes(uint64_t bytes, double seconds); /* a second */
double report_result_ratio(const report_result *r);
double report_result_bits(const report_result *r); /* a value */

/* Cells of tables: significant digits, and places behind the point. */
void report_cell(aez_buf *b, double v, int digits);
void report_fixed_cell(aez_buf *b, double v, int places, bool best);

/* The page, and one fact a result. An exit code. */
int report_results_show(const report_results *results, report_doc *doc, const char *title);

#endif
