/* args_report.h - the command line of aez report as one struct. */
#ifndef AEZ_CLI_ARGS_REPORT_H
#define AEZ_CLI_ARGS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct report_args {
    const char  *output, *json, *csv; /* files; NULL: not wanted */
    const char  *corpus;              /* a list of sets; NULL: pages */
    const char  *bounds, *methods;    /* with commas; NULL: the list's own */
    int          level;               /* 0: the library's default */
    bool         force, quiet, help;
    const char **pages; /* owned array of pointers into argv */
    size_t       n_pages;
} report_args;

/* argv[0] is "report". On failure says what is wrong and gives an exit code; report_args_free is
 * right in every case. */
int  report_args_parse(report_args *out, int argc, char **argv);
void report_args_free(report_args *args);

#endif
