/* report_sets.h - the list of sets that a report compresses, such as corpus/report-sets. */
#ifndef AEZ_CLI_REPORT_SETS_H
#define AEZ_CLI_REPORT_SETS_H

#include "report_page.h"

typedef struct report_set {
    char    *name;   /* as the list has it; all strings are owned, "" where there is none */
    char    *path;   /* under AEZ_DATA or, without it, beside the list */
    char    *type;   /* of a raw file, as aez names it: f32 */
    char    *shape;  /* of a raw file, with commas: 41,128,128 */
    char    *bounds, *methods, *model;
    unsigned line;
} report_set;

typedef struct report_sets {
    report_set *set; /* owned */
    size_t      n;
} report_sets;

/* Lines of cells between |, the first comment that begins with "name |" tells which is which. */
int  report_sets_load(report_sets *out, const char *path, aez_guard *guard);
int  report_sets_parse(report_sets *out, const report_place *list, const char *text,
                       const char *folder);
void report_sets_free(report_sets *sets);

#endif
