/* report_place.h - where in a page something was asked for: what errors begin with. */
#ifndef AEZ_CLI_REPORT_PLACE_H
#define AEZ_CLI_REPORT_PLACE_H

#include "guard.h"
#include "message.h"

typedef struct report_place {
    const char *page; /* the file, as it was named */
    unsigned    line; /* from 1; 0: none */
    aez_guard  *guard;
} report_place;

/* "aez: PAGE:LINE: ..."; returns AEZ_EXIT_DATA. */
int report_error(const report_place *at, const char *format, ...) AEZ_PRINTF(2, 3);
/* The same about a file that the line names. */
int report_error_in(const report_place *at, const char *file, const char *format, ...)
    AEZ_PRINTF(3, 4);
int report_no_memory(const report_place *at);

#endif
