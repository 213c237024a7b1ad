/* report_source.h - files that a page names: opened, and recognised as arrays or tables. */
#ifndef AEZ_CLI_REPORT_SOURCE_H
#define AEZ_CLI_REPORT_SOURCE_H

#include "report_place.h"
#include "source.h"

typedef struct report_source {
    const report_place *at;
    aez_input           in;
    aez_source          source; /* an array, or a table (AEZ_FORMAT_CSV) */
} report_source;

/* An error where there is no regular file. */
int report_check_file(const report_place *at, const char *path);
/* A file that is neither is an error. report_source_close is right in every case. */
int  report_source_open(report_source *out, const report_place *at, const char *path);
void report_source_close(report_source *source);

/* FILE or FILE:COLUMN into owned strings; *column is NULL without one. A file whose name has the
 * colon in it comes first. */
int report_split_reference(const report_place *at, const char *reference, char **path,
                           char **column);

#endif
