/* report_page.h - the text file that says what a page shows: one item a line (spec/report.md). */
#ifndef AEZ_CLI_REPORT_PAGE_H
#define AEZ_CLI_REPORT_PAGE_H

#include <stddef.h>

#include "report_place.h"

typedef struct report_arg {
    char *name; /* owned; NULL: a word without name= */
    char *value;
    int   used;
} report_arg;

typedef struct report_item {
    char       *kind; /* owned: the word before the colon */
    char       *text; /* owned: all behind the colon, as it stands */
    unsigned    line;
    report_arg *args; /* owned: the same, split into words */
    size_t      n_args;
} report_item;

typedef struct report_page {
    const char  *path;
    char        *folder; /* owned: what names of files are relative to; "" or with its slash */
    report_item *items;  /* owned */
    size_t       n_items;
    aez_guard   *guard;
} report_page;

/* Reads and splits; "-" is standard input. report_page_free is right in every case. */
int  report_page_load(report_page *out, const char *path, aez_guard *guard);
int  report_page_parse(report_page *out, const char *text);
void report_page_free(report_page *page);

/* Each marks what it returns as used. NULL, or the fallback, when it is not there. */
const char *report_option(report_item *item, const char *name);
/* Number `i` of the words without a name. */
const char *report_word(report_item *item, size_t i);
/* A number of the option; an error when it is none, or outside of low .. high. */
int report_option_number(report_item *item, const report_place *at, const char *name, double low,
                         double high, double *value);
/* The next argument with a name that nobody used: a series. NULL at the end. */
report_arg *report_next_series(report_item *item, size_t *cursor);
/* An error that names the first argument nobody used. */
int report_no_more(const report_item *item, const report_place *at);

/* The file that a word names, its folder counted from the page's. To be freed; NULL: no memory. */
char *report_resolve(const report_page *page, const char *word);

/* A text with commas as a list. */
typedef struct report_words {
    size_t n;
    char **word; /* owned, with one block behind */
} report_words;

int  report_split(report_words *out, const report_place *at, const char *text);
void report_words_free(report_words *words);

#endif
