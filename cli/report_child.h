/* report_child.h - runs other programs: gnuplot, peers, aez itself. */
#ifndef AEZ_CLI_REPORT_CHILD_H
#define AEZ_CLI_REPORT_CHILD_H

#include <stdbool.h>

#include "../codec/base/buf.h"
#include "guard.h"

/* The path of a program on PATH, to be freed; NULL when there is none. */
char *report_find_program(const char *name);
/* The path of this very program, to be freed; NULL when the system does not tell. */
char *report_own_path(void);

typedef struct report_run {
    char *const *argv;   /* ends in NULL */
    int          in_fd;  /* standard input; -1: nothing to read */
    int          out_fd; /* standard output; -1: dropped */
    aez_buf     *said;   /* receives what standard error said, when not NULL */
    aez_guard   *guard;
    /* set by report_child_run */
    double   seconds;
    uint64_t peak_bytes; /* most memory resident; at least what this program itself has */
    int      status;     /* exit status, 127 when it did not start, 128 + signal */
} report_run;

/* False when no child can be made at all; else look at status. */
bool report_child_run(report_run *run);
/* Runs argv with `input` as standard input and appends standard output to out. */
bool report_child_filter(report_run *run, const void *input, size_t size, aez_buf *out);

#endif
