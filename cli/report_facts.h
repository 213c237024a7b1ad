/* report_facts.h - the numbers a page shows, for programs: as JSON and as CSV. */
#ifndef AEZ_CLI_REPORT_FACTS_H
#define AEZ_CLI_REPORT_FACTS_H

#include <stdio.h>

#include "report_place.h"

/* Each fact is one row: page, line, kind of item, series, measure, at (what it belongs to: an
 * epoch, the left edge of a bin), value. */
typedef struct report_facts {
    char  *json_text, *csv_text; /* owned */
    size_t json_size, csv_size;
    FILE  *json, *csv; /* into memory */
    size_t n;
} report_facts;

#define REPORT_PAGE_COLUMNS "page,line,kind,series,measure,at,value"

/* columns: the first row of the CSV. */
int  report_facts_open(report_facts *facts, const char *columns);
/* at NAN: none. */
void report_fact(report_facts *facts, const report_place *where, const char *kind,
                 const char *series, const char *measure, double at, double value);
/* Ends both texts; false when memory was short. */
int  report_facts_end(report_facts *facts);
void report_facts_free(report_facts *facts);

/* A cell of a CSV file, quoted where it has to be. */
void report_csv_cell(FILE *f, const char *text);

#endif
