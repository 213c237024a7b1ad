/* report_show.h - the kinds of items: each appends its HTML and its facts. */
#ifndef AEZ_CLI_REPORT_SHOW_H
#define AEZ_CLI_REPORT_SHOW_H

#include "../codec/base/buf.h"
#include "report_facts.h"
#include "report_page.h"
#include "report_plot.h"

typedef struct report_doc {
    aez_buf            html;
    report_facts       facts;
    report_plotter     plotter;
    const report_page *page;
    report_item       *item;
    report_place       at; /* of the item */
} report_doc;

/* Each returns an exit code and has said what is wrong with its line. */
int report_show_table(report_doc *doc);
int report_show_plot(report_doc *doc);
int report_show_curve(report_doc *doc);
int report_show_histogram(report_doc *doc);
int report_show_overlay(report_doc *doc);
int report_show_sheet(report_doc *doc);
int report_show_scatter(report_doc *doc);
int report_show_roc(report_doc *doc);

/* A fact about the item. */
void report_note(report_doc *doc, const char *series, const char *measure, double at,
                 double value);
/* Option log=x, log=y, log=xy. */
int report_take_log(report_doc *doc, int *log_x, int *log_y);
/* Text of the option, or the fallback. */
const char *report_or(report_item *item, const char *option, const char *fallback);

#endif
