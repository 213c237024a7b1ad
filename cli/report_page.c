/* report_page.c - the text file that says what a page shows: one item a line (spec/report.md). */
#include "platform.h"

#include "report_page.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/base/buf.h"
#include "file.h"
#include "report_data.h"

#define PAGE_MAX ((uint64_t)16 << 20)

static const aez_allocator plain = {NULL, NULL, NULL};

/* ---- words ---- */

typedef struct splitter {
    const report_place *at;
    const char         *p;
    aez_buf             word;
    size_t              equals; /* where the name ends in the word; SIZE_MAX: no name */
} splitter;

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* $NAME or ${NAME}: what the environment has. */
static int take_variable(splitter *s)
{
    char        name[200];
    size_t      n = 0;
    bool        braces = s->p[1] == '{';
    const char *p = s->p + (braces ? 2 : 1), *value;
    while (is_name(p[n]) && n < sizeof name - 1) {
        name[n] = p[n];
        n++;
    }
    name[n] = '\0';
    if (n == 0 || (braces && p[n] != '}'))
        return report_error(s->at, "a $ has to be followed by a name: write \\$ for the sign");
    value = getenv(name);
    if (!value)
        return report_error(s->at, "$%s is not set in the environment: set it", name);
    aez_put(&s->word, value, strlen(value));
    s->p = p + n + (braces ? 1 : 0);
    return AEZ_EXIT_OK;
}

static int take_quoted(splitter *s)
{
    char quote = *s->p++;
    int  code = AEZ_EXIT_OK;
    while (code == AEZ_EXIT_OK && *s->p && *s->p != quote) {
        if (quote == '"' && *s->p == '\\' && s->p[1])
            s->p++;
        else if (quote == '"' && *s->p == '$') {
            code = take_variable(s);
            continue;
        }
        aez_put_u8(&s->word, (uint8_t)*s->p++);
    }
    if (code == AEZ_EXIT_OK && !*s->p)
        return report_error(s->at, "a quote (%c) is left open: close it", quote);
    s->p++;
    return code;
}

static int take_word(splitter *s)
{
    int code = AEZ_EXIT_OK;
    s->word.size = 0;
    s->equals = SIZE_MAX;
    while (code == AEZ_EXIT_OK && *s->p && !isspace((unsigned char)*s->p)) {
        if (*s->p == '\'' || *s->p == '"') {
            code = take_quoted(s);
        } else if (*s->p == '$') {
            code = take_variable(s);
        } else {
            if (*s->p == '=' && s->equals == SIZE_MAX && s->word.size > 0)
                s->equals = s->word.size;
            if (*s->p == '\\' && s->p[1])
                s->p++;
            aez_put_u8(&s->word, (uint8_t)*s->p++);
        }
    }
    aez_put_u8(&s->word, 0);
    return code;
}

static int add_arg(report_item *item, const splitter *s)
{
    const char *text = (const char *)s->word.data;
    report_arg *grown = realloc(item->args, (item->n_args + 1) * sizeof *grown);
    report_arg *arg;
    if (!grown)
        return report_no_memory(s->at);
    item->args = grown;
    arg = &grown[item->n_args++];
    memset(arg, 0, sizeof *arg);
    if (s->equals != SIZE_MAX)
        arg->name = strndup(text, s->equals);
    arg->value = strdup(s->equals != SIZE_MAX ? text + s->equals + 1 : text);
    return arg->value && (s->equals == SIZE_MAX || arg->name) ? AEZ_EXIT_OK
                                                              : report_no_memory(s->at);
}

static int split_item(report_item *item, const report_place *at)
{
    splitter s = {.at = at, .p = item->text};
    int      code = AEZ_EXIT_OK;
    aez_buf_init(&s.word, &plain);
    while (code == AEZ_EXIT_OK) {
        while (isspace((unsigned char)*s.p))
            s.p++;
        if (!*s.p)
            break;
        code = take_word(&s);
        if (code == AEZ_EXIT_OK && s.word.failed)
            code = report_no_memory(at);
        if (code == AEZ_EXIT_OK)
            code = add_arg(item, &s);
    }
    aez_buf_free(&s.word);
    return code;
}

/* ---- lines ---- */

static bool is_prose(const char *kind)
{
    return strcmp(kind, "title") == 0 || strcmp(kind, "heading") == 0 || strcmp(kind, "text") == 0;
}

/* "kind: text" of n bytes. */
static int add_item(report_page *page, const char *line, size_t n, unsigned number)
{
    report_place at = {page->path, number, page->guard};
    const char  *colon = memchr(line, ':', n);
    report_item *grown, *item;
    size_t       len = colon ? (size_t)(colon - line) : 0;
    for (size_t i = 0; i < len; i++)
        if (!islower((unsigned char)line[i]) && line[i] != '-')
            len = 0;
    if (len == 0)
        return report_error(&at, "does not begin with a word and a colon, such as \"text:\": a "
                                 "line that goes on begins with a blank");
    grown = realloc(page->items, (page->n_items + 1) * sizeof *grown);
    if (!grown)
        return report_no_memory(&at);
    page->items = grown;
    item = &grown[page->n_items++];
    memset(item, 0, sizeof *item);
    item->line = number;
    item->kind = strndup(line, len);
    item->text = strndup(colon + 1, n - len - 1);
    return item->kind && item->text ? AEZ_EXIT_OK : report_no_memory(&at);
}

/* A line that begins with a blank goes on with the item before. */
static int continue_item(report_page *page, const char *line, size_t n, unsigned number)
{
    report_place at = {page->path, number, page->guard};
    report_item *item;
    char        *grown;
    size_t       used;
    if (page->n_items == 0)
        return report_error(&at, "begins with a blank, but there is no line before it");
    item = &page->items[page->n_items - 1];
    used = strlen(item->text);
    grown = realloc(item->text, used + n + 2);
    if (!grown)
        return report_no_memory(&at);
    item->text = grown;
    (void)snprintf(grown + used, n + 2, "\n%.*s", (int)n, line);
    return AEZ_EXIT_OK;
}

static int take_line(report_page *page, const char *line, size_t n, unsigned number)
{
    size_t blanks = 0;
    while (blanks < n && isspace((unsigned char)line[blanks]))
        blanks++;
    if (blanks == n || line[0] == '#')
        return AEZ_EXIT_OK;
    return blanks ? continue_item(page, line, n, number) : add_item(page, line, n, number);
}

static void trim(char *text)
{
    size_t n = strlen(text), from = 0;
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    while (from < n && isspace((unsigned char)text[from]))
        from++;
    memmove(text, text + from, n - from);
    text[n - from] = '\0';
}

int report_page_parse(report_page *page, const char *text)
{
    unsigned number = 1;
    int      code = AEZ_EXIT_OK;
    for (; code == AEZ_EXIT_OK && *text; number++) {
        size_t n = strcspn(text, "\n");
        code = take_line(page, text, n, number);
        text += n + (text[n] == '\n');
    }
    for (size_t i = 0; code == AEZ_EXIT_OK && i < page->n_items; i++) {
        report_place at = {page->path, page->items[i].line, page->guard};
        trim(page->items[i].text);
        if (!is_prose(page->items[i].kind))
            code = split_item(&page->items[i], &at);
    }
    return code;
}

int report_page_load(report_page *out, const char *path, aez_guard *guard)
{
    aez_input    in = {.fd = -1};
    report_place at = {path, 0, guard};
    const char  *slash = strrchr(path, '/');
    char        *text = NULL;
    int          code = aez_input_open(&in, path, true, guard);
    memset(out, 0, sizeof *out);
    out->path = path;
    out->guard = guard;
    if (code == AEZ_EXIT_OK && in.size > PAGE_MAX)
        code = report_error(&at, "is too long for the text of a page: is it one?");
    if (code == AEZ_EXIT_OK) {
        text = calloc((size_t)in.size + 1, 1);
        out->folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("");
        code = text && out->folder ? aez_input_read_at(&in, text, (size_t)in.size, 0)
                                   : report_no_memory(&at);
    }
    if (code == AEZ_EXIT_OK && strlen(text) != in.size)
        code = report_error(&at, "has zero bytes, so it is no text: is it the right file?");
    if (code == AEZ_EXIT_OK)
        code = report_page_parse(out, text);
    free(text);
    aez_input_close(&in);
    return code;
}

static void free_item(report_item *item)
{
    for (size_t i = 0; i < item->n_args; i++) {
        free(item->args[i].name);
        free(item->args[i].value);
    }
    free(item->args);
    free(item->kind);
    free(item->text);
}

void report_page_free(report_page *page)
{
    for (size_t i = 0; i < page->n_items; i++)
        free_item(&page->items[i]);
    free(page->items);
    free(page->folder);
    memset(page, 0, sizeof *page);
}

/* ---- what an item says ---- */

const char *report_option(report_item *item, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < item->n_args; i++)
        if (item->args[i].name && strcmp(item->args[i].name, name) == 0) {
            item->args[i].used = 1;
            found = item->args[i].value;
        }
    return found;
}

const char *report_word(report_item *item, size_t i)
{
    for (size_t k = 0; k < item->n_args; k++)
        if (!item->args[k].name && i-- == 0) {
            item->args[k].used = 1;
            return item->args[k].value;
        }
    return NULL;
}

int report_option_number(report_item *item, const report_place *at, const char *name, double low,
                         double high, double *value)
{
    const char *text = report_option(item, name);
    double      v;
    if (!text)
        return AEZ_EXIT_OK;
    v = report_number(text);
    if (!(v >= low && v <= high))
        return report_error(at, "%s=%s: give a number from %g to %g", name, text, low, high);
    *value = v;
    return AEZ_EXIT_OK;
}

report_arg *report_next_series(report_item *item, size_t *cursor)
{
    for (; *cursor < item->n_args; (*cursor)++) {
        report_arg *arg = &item->args[*cursor];
        if (arg->name && !arg->used) {
            arg->used = 1;
            (*cursor)++;
            return arg;
        }
    }
    return NULL;
}

int report_no_more(const report_item *item, const report_place *at)
{
    for (size_t i = 0; i < item->n_args; i++)
        if (!item->args[i].used)
            return report_error(at, "%s: does not take \"%s%s%s\": see spec/report.md", item->kind,
                                item->args[i].name ? item->args[i].name : "",
                                item->args[i].name ? "=" : "", item->args[i].value);
    return AEZ_EXIT_OK;
}

char *report_resolve(const report_page *page, const char *word)
{
    size_t size = strlen(page->folder) + strlen(word) + 1;
    char  *path = malloc(size);
    if (path)
        (void)snprintf(path, size, "%s%s", word[0] == '/' ? "" : page->folder, word);
    return path;
}

int report_split(report_words *out, const report_place *at, const char *text)
{
    char *copy = strdup(text);
    out->n = 1;
    for (const char *p = text; *p; p++)
        out->n += *p == ',';
    out->word = malloc((out->n + 1) * sizeof *out->word);
    if (!copy || !out->word) {
        free(copy);
        free(out->word);
        memset(out, 0, sizeof *out);
        return report_no_memory(at);
    }
    out->word[out->n] = copy; /* so that free finds it */
    for (size_t i = 0; i < out->n; i++) {
        out->word[i] = copy;
        copy += strcspn(copy, ",");
        if (*copy)
            *copy++ = '\0';
    }
    return AEZ_EXIT_OK;
}

void report_words_free(report_words *words)
{
    if (words->word)
        free(words->word[words->n]);
    free(words->word);
    memset(words, 0, sizeof *words);
}
