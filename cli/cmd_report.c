/* cmd_report.c - aez report: pages of plots, tables and pictures as one HTML file. */
#include "platform.h"

#include "cmd_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "args_report.h"
#include "cli.h"
#include "file.h"
#include "report_corpus.h"
#include "report_html.h"
#include "report_show.h"

static const aez_allocator plain = {NULL, NULL, NULL};

void report_note(report_doc *doc, const char *series, const char *measure, double at, double value)
{
    report_fact(&doc->facts, &doc->at, doc->item->kind, series, measure, at, value);
}

int report_take_log(report_doc *doc, int *log_x, int *log_y)
{
    const char *text = report_option(doc->item, "log");
    if (text && strcmp(text, "x") != 0 && strcmp(text, "y") != 0 && strcmp(text, "xy") != 0)
        return report_error(&doc->at, "log=%s: give x, y or xy", text);
    *log_x = text && strchr(text, 'x');
    *log_y = text && strchr(text, 'y');
    return AEZ_EXIT_OK;
}

const char *report_or(report_item *item, const char *option, const char *fallback)
{
    const char *text = report_option(item, option);
    return text ? text : fallback;
}

/* ---- items ---- */

static int show_prose(report_doc *doc, const char *open, const char *close)
{
    report_put(&doc->html, open);
    report_put_rich(&doc->html, doc->item->text);
    report_put(&doc->html, close);
    return AEZ_EXIT_OK;
}

static int show_title(report_doc *doc)
{
    return show_prose(doc, "<h1>", "</h1>\n");
}

static int show_heading(report_doc *doc)
{
    return show_prose(doc, "<h2>", "</h2>\n");
}

static int show_text(report_doc *doc)
{
    return show_prose(doc, "<p>", "</p>\n");
}

typedef struct kind {
    const char *word;
    int (*show)(report_doc *doc);
    bool is_plot; /* neighbours of the kind stand side by side */
} kind;

static const kind kinds[] = {{"title", show_title, false},
                             {"heading", show_heading, false},
                             {"text", show_text, false},
                             {"table", report_show_table, false},
                             {"plot", report_show_plot, true},
                             {"curve", report_show_curve, true},
                             {"histogram", report_show_histogram, true},
                             {"overlay", report_show_overlay, false},
                             {"sheet", report_show_sheet, false},
                             {"scatter", report_show_scatter, true},
                             {"roc", report_show_roc, true}};

static const kind *find_kind(const char *word)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].word, word) == 0)
            return &kinds[i];
    return NULL;
}

static int show_page(report_doc *doc)
{
    bool side_by_side = false;
    int  code = AEZ_EXIT_OK;
    for (size_t i = 0; code == AEZ_EXIT_OK && i < doc->page->n_items; i++) {
        const kind *k;
        doc->item = &doc->page->items[i];
        doc->at.line = doc->item->line;
        k = find_kind(doc->item->kind);
        if (!k)
            return report_error(&doc->at, "%s: no such item: use title, heading, text, table, plot,"
                                " curve, histogram, overlay, sheet, scatter or roc",
                                doc->item->kind);
        if (k->is_plot != side_by_side)
            report_put(&doc->html, k->is_plot ? "<div class=\"plots\">\n" : "</div>\n");
        side_by_side = k->is_plot;
        code = k->show(doc);
    }
    report_put(&doc->html, side_by_side ? "</div>\n</article>\n" : "</article>\n");
    return code;
}

/* ---- pages ---- */

/* The first title of the pages, or the name of the first. */
static const char *title_of(const report_page *pages, size_t n)
{
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < pages[p].n_items; i++)
            if (strcmp(pages[p].items[i].kind, "title") == 0)
                return pages[p].items[i].text;
    return n ? pages[0].path : "aez report";
}

static void put_contents(aez_buf *html, const report_page *pages, size_t n)
{
    report_put(html, "<nav><ul>\n");
    for (size_t i = 0; i < n; i++) {
        report_putf(html, "<li><a href=\"#page-%zu\">", i + 1);
        report_put_rich(html, title_of(&pages[i], 1));
        report_put(html, "</a></li>\n");
    }
    report_put(html, "</ul></nav>\n");
}

static int show_pages(const report_args *args, aez_guard *guard, report_doc *doc)
{
    report_page *pages = calloc(args->n_pages + 1, sizeof *pages);
    int          code = AEZ_EXIT_OK;
    if (!pages) {
        aez_error(NULL, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    for (size_t i = 0; code == AEZ_EXIT_OK && i < args->n_pages; i++)
        code = report_page_load(&pages[i], args->pages[i], guard);
    if (code == AEZ_EXIT_OK) {
        report_html_open(&doc->html, title_of(pages, args->n_pages));
        if (args->n_pages > 1)
            put_contents(&doc->html, pages, args->n_pages);
    }
    for (size_t i = 0; code == AEZ_EXIT_OK && i < args->n_pages; i++) {
        doc->page = &pages[i];
        doc->at = (report_place){pages[i].path, 0, guard};
        report_putf(&doc->html, "<article id=\"page-%zu\">\n", i + 1);
        code = show_page(doc);
    }
    report_html_close(&doc->html);
    for (size_t i = 0; i < args->n_pages; i++)
        report_page_free(&pages[i]);
    free(pages);
    return code;
}

/* ---- outputs ---- */

static int write_file(const report_args *args, aez_guard *guard, const char *path,
                      const void *bytes, size_t size)
{
    static const aez_input nothing = {.is_stdin = true, .fd = -1}; /* no permissions to take over */
    aez_output             out = {.fd = -1};
    int                    code = aez_output_open(&out, path, args->force, &nothing, guard);
    if (code == AEZ_EXIT_OK)
        code = aez_output_write(&out, bytes, size);
    if (code == AEZ_EXIT_OK)
        code = aez_output_commit(&out, &nothing);
    aez_output_close(&out);
    return code;
}

static int make_report(const report_args *args, aez_guard *guard)
{
    report_doc doc;
    int        code;
    memset(&doc, 0, sizeof doc);
    aez_buf_init(&doc.html, &plain);
    code = report_facts_open(&doc.facts,
                             args->corpus ? REPORT_CORPUS_COLUMNS : REPORT_PAGE_COLUMNS);
    if (code == AEZ_EXIT_OK)
        code = args->corpus ? report_corpus_show(args, guard, &doc) : show_pages(args, guard, &doc);
    if (code == AEZ_EXIT_OK && doc.html.failed) {
        aez_error(NULL, "not enough memory");
        code = AEZ_EXIT_SYSTEM;
    }
    if (code == AEZ_EXIT_OK)
        code = report_facts_end(&doc.facts);
    if (code == AEZ_EXIT_OK)
        code = write_file(args, guard, args->output, doc.html.data, doc.html.size);
    if (code == AEZ_EXIT_OK && args->json)
        code = write_file(args, guard, args->json, doc.facts.json_text, doc.facts.json_size);
    if (code == AEZ_EXIT_OK && args->csv)
        code = write_file(args, guard, args->csv, doc.facts.csv_text, doc.facts.csv_size);
    report_facts_free(&doc.facts);
    report_plotter_free(&doc.plotter);
    aez_buf_free(&doc.html);
    return code;
}

int aez_cmd_report(int argc, char **argv)
{
    report_args args;
    aez_guard   guard;
    int         code = report_args_parse(&args, argc, argv);
    if (code == AEZ_EXIT_OK && args.help) {
        code = aez_cmd_help(AEZ_CMD_REPORT);
    } else if (code == AEZ_EXIT_OK) {
        code = aez_guard_start(&guard);
        if (code == AEZ_EXIT_OK)
            code = make_report(&args, &guard);
        aez_guard_stop(&guard);
    }
    report_args_free(&args);
    return code;
}
