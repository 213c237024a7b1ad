/* report_means.h - geometric means of a corpus, method by method. */
#ifndef AEZ_CLI_REPORT_MEANS_H
#define AEZ_CLI_REPORT_MEANS_H

#include "report_results.h"

/* Appends the table of the means: a method's over the sets it restored, beside aez's on these. */
void report_means_show(aez_buf *html, const report_results *all);

#endif
