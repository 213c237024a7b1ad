/* items_table.c - rows of a table as items: which row is the header, which columns are taken. */
#include "platform.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/table/number.h"
#include "items.h"
#include "message.h"

#define LOOK_ROWS 500 /* enough to see which columns are numbers */

static int no_memory(const aez_items *items)
{
    return aez_fail_status(items->cli, items->in.name, AEZ_ERR_NOMEM, NULL);
}

static bool is_number(const aez_cell *cell)
{
    const char *text = cell->text;
    size_t      size = cell->size;
    aez_number  number;
    for (; size > 0 && *text == ' '; size--)
        text++;
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return aez_number_parse(&number, text, size) != 0;
}

static bool is_blank(const aez_items *items, const aez_row *row)
{
    return row->n_cells == 1 && row->cells[0].size == 0 && items->n_columns > 1;
}

/* ---- the first rows -------------------------------------------------------------------------- */

typedef struct look {
    aez_items *items;
    uint32_t   n_rows;
    uint32_t  *n_numbers, *n_filled; /* [n_columns] of the rows after the first */
} look;

static int keep_names(look *l, const aez_row *row)
{
    aez_items *items = l->items;
    items->names = calloc((size_t)row->n_cells + 1, sizeof *items->names);
    l->n_numbers = calloc((size_t)row->n_cells + 1, sizeof *l->n_numbers);
    l->n_filled = calloc((size_t)row->n_cells + 1, sizeof *l->n_filled);
    if (!items->names || !l->n_numbers || !l->n_filled)
        return no_memory(items);
    for (; items->n_columns < row->n_cells; items->n_columns++) {
        const aez_cell *cell = &row->cells[items->n_columns];
        char           *name = calloc(cell->size + 1, 1);
        if (!name)
            return no_memory(items);
        if (cell->size)
            memcpy(name, cell->text, cell->size);
        items->names[items->n_columns] = name;
    }
    return AEZ_EXIT_OK;
}

static int look_at(void *opaque, const aez_row *rows, size_t n)
{
    look *l = opaque;
    for (size_t i = 0; i < n && l->n_rows < LOOK_ROWS; i++, l->n_rows++) {
        if (l->n_rows == 0) {
            int code = keep_names(l, &rows[i]);
            if (code != AEZ_EXIT_OK)
                return code;
            continue;
        }
        for (uint32_t c = 0; c < l->items->n_columns && c < rows[i].n_cells; c++) {
            l->n_filled[c] += rows[i].cells[c].size > 0;
            l->n_numbers[c] += is_number(&rows[i].cells[c]);
        }
    }
    return l->n_rows < LOOK_ROWS ? AEZ_EXIT_OK : AEZ_ROWS_ENOUGH;
}

/* A text above a column of numbers. */
static bool looks_like_header(const look *l)
{
    for (uint32_t c = 0; c < l->items->n_columns; c++) {
        const char *name = l->items->names[c];
        aez_cell    cell = {.text = name, .size = strlen(name)};
        if (*name && !is_number(&cell) && l->n_numbers[c] > 0 &&
            l->n_numbers[c] * 2 >= l->n_filled[c])
            return true;
    }
    return false;
}

/* ---- --columns ------------------------------------------------------------------------------- */

/* The column of that name or, where they have none, of that number from 1; n_columns: none. */
static uint32_t find_column(const aez_items *items, const char *name, size_t size)
{
    uint32_t c = 0;
    if (!items->header) {
        char *end;
        long  n = strtol(name, &end, 10);
        return end == name + size && n >= 1 && (unsigned long)n <= items->n_columns
                   ? (uint32_t)n - 1
                   : items->n_columns;
    }
    while (c < items->n_columns &&
           (strlen(items->names[c]) != size || memcmp(items->names[c], name, size) != 0))
        c++;
    return c;
}

static int choose_columns(aez_items *items, const char *list)
{
    items->taken = calloc(strlen(list) + 1, sizeof *items->taken);
    if (!items->taken)
        return no_memory(items);
    for (;;) {
        size_t   size = strcspn(list, ",");
        uint32_t c = find_column(items, list, size);
        if (c == items->n_columns) {
            aez_error(items->in.name, "has no column %.*s: give %s", (int)(size < 80 ? size : 80),
                      list, items->header ? "names out of its first row" : "numbers from 1");
            return AEZ_EXIT_USAGE;
        }
        for (uint32_t i = 0; i < items->n_taken; i++)
            if (items->taken[i] == c) {
                aez_error(items->in.name, "--columns has %.*s twice: leave out one of them",
                          (int)(size < 80 ? size : 80), list);
                return AEZ_EXIT_USAGE;
            }
        items->taken[items->n_taken++] = c;
        if (!list[size])
            return AEZ_EXIT_OK;
        list += size + 1;
    }
}

int aez_items_look_at_rows(aez_items *items)
{
    const aez_args *args = items->cli->args;
    look            l = {.items = items};
    int code = aez_rows_each(items->cli, &items->in, items->source.delimiter, look_at, &l, NULL);
    if (code == AEZ_EXIT_OK && items->n_columns == 0) {
        aez_error(items->in.name, "has no rows: check the file");
        code = AEZ_EXIT_DATA;
    }
    if (code == AEZ_EXIT_OK)
        items->header = args->header ? args->header > 0 : looks_like_header(&l);
    if (code == AEZ_EXIT_OK && args->columns)
        code = choose_columns(items, args->columns);
    items->width = items->taken ? items->n_taken : items->n_columns;
    items->first = args->first_row;
    free(l.n_numbers);
    free(l.n_filled);
    return code;
}

const char *aez_items_column(const aez_items *items, uint32_t column)
{
    if (!items->header || column >= items->width)
        return "";
    return items->names[items->taken ? items->taken[column] : column];
}

/* ---- rows as they are taken ------------------------------------------------------------------ */

typedef struct picker {
    aez_items    *items;
    aez_take_rows take;
    void         *opaque;
    bool          begun;   /* the header row, if there is one, is through */
    uint64_t      row;     /* of the items that have been seen */
    aez_row      *rows;    /* owned: those of one call that are taken */
    aez_cell     *cells;   /* owned: theirs, where columns are left out */
    char         *bytes;   /* owned: theirs */
    size_t        cap_rows, cap_cells, cap_bytes, n_bytes;
} picker;

/* The block with room for at least `want`, or NULL, and then it stays as it was. */
static void *grown(void *block, size_t *cap, size_t want, size_t size)
{
    void *more;
    if (block && want <= *cap)
        return block;
    if (want > SIZE_MAX / 2 / size)
        return NULL;
    more = realloc(block, want * 2 * size);
    if (more)
        *cap = want * 2;
    return more;
}

static void put(picker *p, char c)
{
    p->bytes[p->n_bytes++] = c;
}

/* A cell as a table has it: in quotes where it needs them. */
static void put_cell(picker *p, const aez_cell *cell, char delimiter)
{
    bool quote = false;
    for (size_t i = 0; i < cell->size && !quote; i++)
        quote = cell->text[i] == delimiter || cell->text[i] == '"' || cell->text[i] == '\n' ||
                cell->text[i] == '\r';
    if (quote)
        put(p, '"');
    for (size_t i = 0; i < cell->size; i++) {
        if (cell->text[i] == '"')
            put(p, '"');
        put(p, cell->text[i]);
    }
    if (quote)
        put(p, '"');
}

/* The row without the columns that are left out; its bytes are written anew. */
static void pick_columns(picker *p, const aez_row *from, aez_row *to, aez_cell *cells)
{
    const aez_items *items = p->items;
    size_t           start = p->n_bytes;
    for (uint32_t i = 0; i < items->n_taken; i++) {
        uint32_t c = items->taken[i];
        cells[i] = c < from->n_cells ? from->cells[c] : (aez_cell){.text = "", .size = 0};
        if (i)
            put(p, items->source.delimiter);
        put_cell(p, &cells[i], items->source.delimiter);
    }
    put(p, '\n');
    *to = (aez_row){.bytes = p->bytes + start,
                    .size = p->n_bytes - start,
                    .cells = cells,
                    .n_cells = items->n_taken};
}

/* Room for a call's rows; twice their bytes, as each byte may be a quote. */
static bool make_room(picker *p, const aez_row *rows, size_t n)
{
    size_t    n_taken = p->items->n_taken, bytes = 0;
    aez_row  *more = grown(p->rows, &p->cap_rows, n + 1, sizeof *more);
    aez_cell *cells;
    char     *text;
    if (!more)
        return false;
    p->rows = more;
    if (!p->items->taken)
        return true;
    for (size_t i = 0; i < n; i++)
        bytes += 2 * rows[i].size + 3 * n_taken + 1;
    if (n > SIZE_MAX / 2 / n_taken)
        return false;
    cells = grown(p->cells, &p->cap_cells, n * n_taken + 1, sizeof *cells);
    if (cells)
        p->cells = cells;
    text = grown(p->bytes, &p->cap_bytes, bytes + 1, 1);
    if (text)
        p->bytes = text;
    p->n_bytes = 0;
    return cells && text;
}

static int pick(void *opaque, const aez_row *rows, size_t n)
{
    picker         *p = opaque;
    const aez_args *args = p->items->cli->args;
    size_t          n_taken = 0;
    int             code = AEZ_EXIT_OK;
    bool            past = false;
    if (!make_room(p, rows, n))
        return no_memory(p->items);
    for (size_t i = 0; i < n && !past; i++) {
        bool is_header = p->items->header && !p->begun;
        if (is_blank(p->items, &rows[i]))
            continue;
        p->begun = true;
        if (!is_header) {
            uint64_t number = p->row++;
            past = number >= args->end_row;
            if (number < args->first_row || past)
                continue;
        }
        if (p->items->taken)
            pick_columns(p, &rows[i], &p->rows[n_taken], p->cells + n_taken * p->items->n_taken);
        else
            p->rows[n_taken] = rows[i];
        n_taken++;
    }
    if (n_taken > 0)
        code = p->take(p->opaque, p->rows, n_taken);
    return code == AEZ_EXIT_OK && past ? AEZ_ROWS_ENOUGH : code;
}

int aez_items_each_rows(aez_items *items, aez_take_rows take, void *opaque)
{
    picker p = {.items = items, .take = take, .opaque = opaque};
    int    code = aez_rows_each(items->cli, &items->in, items->source.delimiter, pick, &p, NULL);
    if (code == AEZ_EXIT_OK && p.row <= items->cli->args->first_row) {
        aez_error(items->in.name, "has %" PRIu64 " items: --rows leaves none: correct it", p.row);
        code = AEZ_EXIT_USAGE;
    }
    free(p.rows);
    free(p.cells);
    free(p.bytes);
    return code;
}

static int count_rows(void *opaque, const aez_row *rows, size_t n)
{
    uint64_t *count = opaque;
    (void)rows;
    *count += n;
    return AEZ_EXIT_OK;
}

int aez_items_count(aez_items *items)
{
    uint64_t n = 0;
    int      code = AEZ_EXIT_OK;
    if (!items->is_table)
        return code;
    code = aez_items_each_rows(items, count_rows, &n);
    items->n_items = n - (n > 0 && items->header);
    return code;
}
