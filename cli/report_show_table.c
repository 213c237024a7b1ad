/* report_show_table.c - tables of a page. */
#include "platform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_data.h"
#include "report_html.h"
#include "report_show.h"

/* Which columns, in which order, and how they stand. */
typedef struct choice {
    size_t  n;
    size_t *column; /* owned: [n] */
    char   *right;  /* owned: [n] */
} choice;

/* Numbers stand right; a dash or an empty cell is no reason against it. */
static bool is_numeric(const report_table *t, size_t column)
{
    bool any = false;
    for (size_t r = 0; r < t->n_rows; r++) {
        const char *cell = t->cells[r * t->n_columns + column];
        if (!*cell || strcmp(cell, "-") == 0)
            continue;
        if (isnan(report_number(cell)) && strcmp(cell, "nan") != 0)
            return false;
        any = true;
    }
    return any;
}

static int choose_columns(report_doc *doc, const char *path, const report_table *t, choice *c)
{
    const char  *wanted = report_option(doc->item, "columns");
    report_words words = {0};
    int          code = wanted ? report_split(&words, &doc->at, wanted) : AEZ_EXIT_OK;
    c->n = wanted ? words.n : t->n_columns;
    c->column = malloc((c->n + 1) * sizeof *c->column);
    c->right = malloc(c->n + 1);
    if (code == AEZ_EXIT_OK && (!c->column || !c->right))
        code = report_no_memory(&doc->at);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < c->n; i++) {
        long found = wanted ? report_table_column(t, &doc->at, path, words.word[i]) : (long)i;
        c->column[i] = found < 0 ? 0 : (size_t)found;
        c->right[i] = found >= 0 && is_numeric(t, c->column[i]);
        code = found < 0 ? AEZ_EXIT_DATA : AEZ_EXIT_OK;
    }
    report_words_free(&words);
    return code;
}

/* left=A,B and right=C overrule what the cells look like. */
static int force_side(report_doc *doc, const char *path, const report_table *t, choice *c,
                      const char *option, char right)
{
    const char  *names = report_option(doc->item, option);
    report_words words = {0};
    int          code = names ? report_split(&words, &doc->at, names) : AEZ_EXIT_OK;
    for (size_t i = 0; code == AEZ_EXIT_OK && i < words.n; i++) {
        long found = report_table_column(t, &doc->at, path, words.word[i]);
        if (found < 0)
            code = AEZ_EXIT_DATA;
        for (size_t k = 0; found >= 0 && k < c->n; k++)
            if (c->column[k] == (size_t)found)
                c->right[k] = right;
    }
    report_words_free(&words);
    return code;
}

static void put_table(aez_buf *b, const report_table *t, const choice *c, const char *caption,
                      size_t n_rows)
{
    report_put(b, "<div class=\"wide\"><table>\n");
    if (caption) {
        report_put(b, "<caption>");
        report_put_rich(b, caption);
        report_put(b, "</caption>\n");
    }
    report_put(b, "<thead><tr>");
    for (size_t i = 0; i < c->n; i++) {
        report_put(b, c->right[i] ? "<th class=\"n\">" : "<th>");
        report_put_rich(b, t->names[c->column[i]]);
        report_put(b, "</th>");
    }
    report_put(b, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < n_rows; r++) {
        report_put(b, "<tr>");
        for (size_t i = 0; i < c->n; i++) {
            const char *cell = t->cells[r * t->n_columns + c->column[i]];
            bool        bad = strcmp(cell, "MISS") == 0 || strcmp(cell, "FAILED") == 0;
            report_put(b, bad ? "<td class=\"bad\">" : c->right[i] ? "<td class=\"n\">" : "<td>");
            report_put_rich(b, cell);
            report_put(b, "</td>");
        }
        report_put(b, "</tr>\n");
    }
    report_put(b, "</tbody></table>");
    if (n_rows < t->n_rows)
        report_putf(b, "<p class=\"note\">The first %zu of %zu rows.</p>", n_rows, t->n_rows);
    report_put(b, "</div>\n");
}

/* names=A,B: what stands above the columns of a file whose first row is no heading. */
static int rename_columns(report_doc *doc, report_table *t, report_words *names)
{
    const char *text = report_option(doc->item, "names");
    int         code = text ? report_split(names, &doc->at, text) : AEZ_EXIT_OK;
    if (code == AEZ_EXIT_OK && text && names->n != t->n_columns)
        code = report_error(&doc->at, "names=%s: %zu names for %zu columns", text, names->n,
                            t->n_columns);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < names->n; i++)
        t->names[i] = names->word[i];
    return code;
}

int report_show_table(report_doc *doc)
{
    const char  *file = report_word(doc->item, 0);
    char        *path = file ? report_resolve(doc->page, file) : NULL;
    report_table t = {0};
    choice       c = {0};
    report_words names = {0};
    double       rows = 200;
    int          header = report_option(doc->item, "names") ? -1 : 1, code;
    if (!file)
        return report_error(&doc->at, "table: name a CSV file: table: figures.csv");
    code = path ? report_table_load(&t, &doc->at, path, header) : report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK)
        code = rename_columns(doc, &t, &names);
    if (code == AEZ_EXIT_OK)
        code = choose_columns(doc, path, &t, &c);
    if (code == AEZ_EXIT_OK)
        code = force_side(doc, path, &t, &c, "left", 0);
    if (code == AEZ_EXIT_OK)
        code = force_side(doc, path, &t, &c, "right", 1);
    if (code == AEZ_EXIT_OK)
        code = report_option_number(doc->item, &doc->at, "rows", 1, 1e6, &rows);
    if (code == AEZ_EXIT_OK) {
        const char *caption = report_option(doc->item, "caption");
        code = report_no_more(doc->item, &doc->at);
        if (code == AEZ_EXIT_OK)
            put_table(&doc->html, &t, &c, caption,
                      t.n_rows < (size_t)rows ? t.n_rows : (size_t)rows);
    }
    free(c.column);
    free(c.right);
    report_table_free(&t);
    report_words_free(&names);
    free(path);
    return code;
}
