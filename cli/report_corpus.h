/* report_corpus.h - a list of sets, compressed by aez and its peers, as tables and plots. */
#ifndef AEZ_CLI_REPORT_CORPUS_H
#define AEZ_CLI_REPORT_CORPUS_H

#include "args_report.h"
#include "report_show.h"

#define REPORT_CORPUS_COLUMNS                                                                      \
    "set,mode,method,raw_bytes,bytes,ratio,bits_per_value,model_bytes,shared_model_bytes,"         \
    "max_error_over_bound,psnr_db,seconds_in,seconds_out,peak_bytes_in,peak_bytes_out,fault"

/* Fills the page and the facts. An exit code. */
int report_corpus_show(const report_args *args, aez_guard *guard, report_doc *doc);

#endif
