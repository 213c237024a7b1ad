/* report_peers.h - the methods of a report: aez, and peers that are found at run time. */
#ifndef AEZ_CLI_REPORT_PEERS_H
#define AEZ_CLI_REPORT_PEERS_H

#include <stdbool.h>

#include "report_child.h"
#include "report_sets.h"
#include "source.h"

#define REPORT_METHODS 7 /* the first is aez */

typedef struct report_method {
    const char *name;    /* for --methods */
    const char *label;   /* with its options */
    const char *program[2]; /* that pack and unpack */
    const char *package; /* that has them */
    char       *found[2];   /* owned: their paths; NULL: missing */
    bool        wanted;
} report_method;

typedef struct report_methods {
    report_method one[REPORT_METHODS];
    int           level; /* of aez; 0: its default */
} report_methods;

/* One set in one mode by one method. */
typedef struct report_task {
    const report_place *at;
    const report_set   *set;
    const aez_source   *source; /* how the file is made */
    double              bound;  /* relative; 0: lossless */
    double              range;  /* of the values of an array */
    const char         *folder; /* for files in between */
    const char         *back; /* where the restored file goes: of the same make as the input, but
                                 for zfp, which gives raw values, and jxl, which leaves none */
    const char         *packed;
} report_task;

typedef struct report_outcome {
    uint64_t bytes, model_bytes; /* model: part of bytes */
    double   seconds_in, seconds_out;
    uint64_t peak_in, peak_out;
    char     fault[200]; /* "" when it ran */
} report_outcome;

/* names with commas, NULL: all. USAGE for an unknown one. */
int  report_methods_open(report_methods *out, const char *names, int level);
void report_methods_free(report_methods *methods);
/* Whether a method can do this at all: a bound, this kind of file. */
bool report_method_fits(const report_methods *methods, size_t m, const report_task *task);
/* Packs and unpacks; an exit code only where nothing more can be done, faults are in *out. */
int report_method_run(const report_methods *methods, size_t m, const report_task *task,
                      report_outcome *out);
/* Index of a name; -1: none. */
int report_method_find(const char *name);

#endif
