/* csv.c - text to rows of cells: a tokeniser that keeps each row's own bytes, and a sniffer. */
#include "csv.h"

#include <csv.h>
#include <string.h>

typedef struct cell_place {
    size_t off, size;
} cell_place;

typedef struct row_place {
    size_t off, size, first_cell;
    size_t n_cells;
} row_place;

struct csv_reader {
    const aez_mem    *mem;
    size_t            max_row;
    struct csv_parser parser;
    int               parser_ready;
    int               started; /* the start of the text was looked at for a byte order mark */
    int               finished;
    aez_buf           bytes;     /* delivered rows, completed rows, the row that is open */
    size_t            row_start; /* of the open row, in bytes */
    size_t            parsed;    /* given to the parser so far, in bytes */
    size_t            searched;  /* bytes before it hold no further line end */
    unsigned          n_ended;   /* rows that the parser saw end since row_start */
    aez_buf           text;      /* cells of the completed rows and of the open one */
    aez_buf           cells;     /* cell_place */
    aez_buf           rows;      /* row_place */
    size_t            row_cell;  /* first cell of the open row */
    aez_buf           out_rows, out_cells; /* what csv_reader_rows gave */
    int               delivered;
};

static int no_blank(unsigned char c)
{
    (void)c;
    return 0; /* blanks belong to the cells */
}

static void on_cell(void *text, size_t size, void *opaque)
{
    csv_reader *r = opaque;
    cell_place  place = { r->text.size, size };
    aez_put(&r->text, text, size);
    aez_put(&r->cells, &place, sizeof place);
}

static void on_row(int last, void *opaque)
{
    csv_reader *r = opaque;
    (void)last;
    r->n_ended++;
}

aez_status csv_reader_create(csv_reader **out, const aez_mem *mem, char delimiter, size_t max_row)
{
    csv_reader *r = aez_take(mem, 1, sizeof *r);
    *out = r;
    if (!r)
        return AEZ_ERR_NOMEM;
    r->mem = mem;
    r->max_row = max_row;
    aez_buf_init(&r->bytes, mem);
    aez_buf_init(&r->text, mem);
    aez_buf_init(&r->cells, mem);
    aez_buf_init(&r->rows, mem);
    aez_buf_init(&r->out_rows, mem);
    aez_buf_init(&r->out_cells, mem);
    if (csv_init(&r->parser, 0) != 0)
        return AEZ_ERR_NOMEM;
    r->parser_ready = 1;
    csv_set_delim(&r->parser, (unsigned char)delimiter);
    csv_set_space_func(&r->parser, no_blank);
    return AEZ_OK;
}

void csv_reader_destroy(csv_reader *r)
{
    if (!r)
        return;
    if (r->parser_ready)
        csv_free(&r->parser);
    aez_buf_free(&r->bytes);
    aez_buf_free(&r->text);
    aez_buf_free(&r->cells);
    aez_buf_free(&r->rows);
    aez_buf_free(&r->out_rows);
    aez_buf_free(&r->out_cells);
    aez_drop(r->mem, r);
}

/* Forgets delivered rows; the open row moves to the front. */
static void drop_delivered(csv_reader *r)
{
    size_t open = r->bytes.size - r->row_start;
    size_t n_open_cells = r->cells.size / sizeof(cell_place) - r->row_cell, text_start = 0;
    if (!r->delivered)
        return;
    if (open)
        memmove(r->bytes.data, r->bytes.data + r->row_start, open);
    r->bytes.size = open;
    r->parsed -= r->row_start;
    r->searched -= r->row_start;
    r->row_start = 0;
    if (n_open_cells) {
        cell_place *cells = (cell_place *)(void *)r->cells.data;
        text_start = cells[r->row_cell].off;
        memmove(cells, cells + r->row_cell, n_open_cells * sizeof *cells);
        for (size_t i = 0; i < n_open_cells; i++)
            cells[i].off -= text_start;
        r->text.size -= text_start;
        if (r->text.size)
            memmove(r->text.data, r->text.data + text_start, r->text.size);
    } else {
        r->text.size = 0;
    }
    r->cells.size = n_open_cells * sizeof(cell_place);
    r->row_cell = 0;
    r->rows.size = 0;
    r->delivered = 0;
}

static aez_status parse_to(csv_reader *r, size_t end)
{
    size_t n = end - r->parsed, done;
    if (!r->started) {
        r->started = 1;
        if (n >= 3 && memcmp(r->bytes.data + r->parsed, "\xEF\xBB\xBF", 3) == 0) {
            r->parsed += 3;
            n -= 3;
        }
    }
    if (n == 0)
        return AEZ_OK;
    done = csv_parse(&r->parser, r->bytes.data + r->parsed, n, on_cell, on_row, r);
    r->parsed = end;
    return done == n && !r->text.failed && !r->cells.failed ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* The open row ends at `end`. */
static void end_row(csv_reader *r, size_t end)
{
    size_t    n_cells = r->cells.size / sizeof(cell_place);
    row_place row = { r->row_start, end - r->row_start, r->row_cell, n_cells - r->row_cell };
    if (r->n_ended == 0 && row.n_cells == 0) { /* the parser passes over blank lines */
        cell_place empty = { r->text.size, 0 };
        aez_put(&r->cells, &empty, sizeof empty);
        row.n_cells = 1;
        n_cells++;
    } else if (r->n_ended > 1) {
        row.n_cells = 0;
    }
    aez_put(&r->rows, &row, sizeof row);
    r->row_start = end;
    r->row_cell = n_cells;
    r->n_ended = 0;
}

aez_status csv_reader_push(csv_reader *r, const char *bytes, size_t size)
{
    aez_status st = AEZ_OK;
    if (r->finished)
        return AEZ_ERR_STATE;
    drop_delivered(r);
    aez_put(&r->bytes, bytes, size);
    if (r->bytes.failed)
        return AEZ_ERR_NOMEM;
    while (st == AEZ_OK && r->searched < r->bytes.size) {
        const uint8_t *from = r->bytes.data + r->searched;
        const uint8_t *end = memchr(from, '\n', r->bytes.size - r->searched);
        if (!end) {
            r->searched = r->bytes.size;
            break;
        }
        r->searched += (size_t)(end - from) + 1;
        st = parse_to(r, r->searched);
        if (st == AEZ_OK && !r->parser.quoted) /* else the line end is inside of quotes */
            end_row(r, r->searched);
    }
    if (st == AEZ_OK && r->bytes.size - r->row_start > r->max_row)
        st = AEZ_ERR_LIMIT;
    return st;
}

aez_status csv_reader_finish(csv_reader *r)
{
    aez_status st = AEZ_OK;
    if (r->finished)
        return AEZ_ERR_STATE;
    drop_delivered(r);
    r->finished = 1;
    if (r->row_start == r->bytes.size)
        return AEZ_OK;
    st = parse_to(r, r->bytes.size);
    if (st == AEZ_OK && csv_fini(&r->parser, on_cell, on_row, r) != 0)
        st = AEZ_ERR_NOMEM;
    if (st == AEZ_OK)
        end_row(r, r->bytes.size);
    return st;
}

aez_status csv_reader_rows(csv_reader *r, const aez_row **rows, size_t *n_rows)
{
    size_t            n, n_cells;
    aez_row          *out;
    aez_cell         *cells;
    const row_place  *places;
    const cell_place *cell_places;
    *rows = NULL;
    *n_rows = 0;
    drop_delivered(r);
    if (r->rows.failed || r->cells.failed || r->text.failed)
        return AEZ_ERR_NOMEM;
    n = r->rows.size / sizeof *places;
    n_cells = r->row_cell;
    r->out_rows.size = r->out_cells.size = 0;
    out = (aez_row *)(void *)aez_buf_room(&r->out_rows, (n + 1) * sizeof *out);
    cells = (aez_cell *)(void *)aez_buf_room(&r->out_cells, (n_cells + 1) * sizeof *cells);
    if (!out || !cells)
        return AEZ_ERR_NOMEM;
    places = (const row_place *)(void *)r->rows.data;
    cell_places = (const cell_place *)(void *)r->cells.data;
    for (size_t i = 0; i < n_cells; i++) {
        cells[i].text = cell_places[i].size ? (const char *)r->text.data + cell_places[i].off : "";
        cells[i].size = cell_places[i].size;
    }
    for (size_t i = 0; i < n; i++) {
        out[i].bytes = (const char *)r->bytes.data + places[i].off;
        out[i].size = places[i].size;
        out[i].cells = cells + places[i].first_cell;
        out[i].n_cells = (uint32_t)(places[i].n_cells < UINT32_MAX ? places[i].n_cells : 0);
    }
    *rows = out;
    *n_rows = n;
    r->delivered = 1;
    return AEZ_OK;
}

/* ---- sniffer ---- */

#define SNIFF_SIZE 65536u
#define SNIFF_LINES 512

/* Delimiters outside of quotes in one line; *line moves behind its end. */
static unsigned count_delimiters(const char **line, const char *end, char delimiter)
{
    const char *p = *line;
    unsigned    n = 0;
    int         quoted = 0, at_start = 1;
    for (; p < end && (*p != '\n' || quoted); p++) {
        if (*p == '"' && (at_start || quoted))
            quoted = !quoted;
        at_start = !quoted && *p == delimiter;
        n += (unsigned)at_start;
    }
    *line = p < end ? p + 1 : end;
    return n;
}

/* Share of lines, in 1/1000, that have the commonest number of delimiters; 0 when that is none. */
static unsigned consistency(const char *text, const char *end, char delimiter, unsigned *n_delims)
{
    unsigned counts[SNIFF_LINES], n = 0, best = 0;
    while (text < end && n < SNIFF_LINES)
        counts[n++] = count_delimiters(&text, end, delimiter);
    *n_delims = 0;
    for (unsigned i = 0; i < n && i < 16; i++) {
        unsigned same = 0;
        for (unsigned j = 0; j < n; j++)
            same += counts[j] == counts[i];
        if (counts[i] && same > best) {
            best = same;
            *n_delims = counts[i];
        }
    }
    return n ? best * 1000 / n : 0;
}

/* Most lines of a table of one column are numbers. */
static int lines_are_numbers(const char *text, const char *end)
{
    unsigned n = 0, numbers = 0;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t      size = (size_t)((stop ? stop : end) - text);
        aez_number  number;
        if (size && text[size - 1] == '\r')
            size--;
        if (size) {
            n++;
            numbers += aez_number_parse(&number, text, size) != 0;
        }
        text = stop ? stop + 1 : end;
    }
    return n > 2 && numbers * 10 >= n * 9;
}

static int is_text(const char *text, const char *end)
{
    size_t odd = 0, n = (size_t)(end - text);
    for (; text < end; text++)
        odd += ((unsigned char)*text < 32 && *text != '\n' && *text != '\r' && *text != '\t') ||
               *text == 127;
    return odd * 200 <= n;
}

int csv_sniff(const char *text, size_t size, int whole, char *delimiter)
{
    static const char candidates[] = { ',', ';', '\t', '|', ' ' };
    const char       *end;
    unsigned          best = 0, best_count = 0;
    if (size > SNIFF_SIZE) {
        size = SNIFF_SIZE;
        whole = 0;
    }
    while (!whole && size && text[size - 1] != '\n')
        size--;
    end = text + size;
    if (size == 0 || !is_text(text, end))
        return 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        unsigned count, share = consistency(text, end, candidates[i], &count);
        if (share < 900 || (candidates[i] == ' ' && best))
            continue;
        if (share > best || (share == best && count > best_count)) {
            best = share;
            best_count = count;
            *delimiter = candidates[i];
        }
    }
    if (best)
        return 1;
    *delimiter = ',';
    return lines_are_numbers(text, end);
}
