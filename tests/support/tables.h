/* tables.h - whole tables of text through the public interface, in pieces of any size. */
#ifndef AEZ_TESTS_TABLES_H
#define AEZ_TESTS_TABLES_H

#include "cli/csv.h"
#include "tests/support/arrays.h"

/* What the encoder had to say at the end. */
typedef struct tables_notes {
    char       message[200];
    char       describe[200]; /* of column 0 */
    aez_report report;
} tables_notes;

typedef aez_status (*tables_take)(void *handle, const aez_row *rows, size_t n_rows);

static inline aez_table_options tables_options(aez_mode mode, double bound)
{
    aez_table_options t = {.delimiter = ',', .mode = mode, .bound = bound};
    return t;
}

/* The rows of a text; they live as long as the reader. */
static inline csv_reader *tables_rows(const char *text, size_t size, char delimiter,
                                      const aez_row **rows, size_t *n_rows)
{
    static const aez_mem plain;
    csv_reader          *reader;
    if (csv_reader_create(&reader, &plain, delimiter, (size_t)1 << 26) < 0 ||
        csv_reader_push(reader, text, size) < 0 || csv_reader_finish(reader) < 0 ||
        csv_reader_rows(reader, rows, n_rows) < 0)
        abort();
    return reader;
}

/* Gives copies of the rows, `piece` at a time, and overwrites them afterwards: nobody may keep a
 * pointer to them. */
static inline aez_status tables_push(tables_take take, void *handle, const aez_row *rows, size_t n)
{
    aez_row   *copy = calloc(n + 1, sizeof *copy);
    aez_status st;
    for (size_t i = 0; i < n; i++) {
        aez_cell *cells = malloc((rows[i].n_cells + 1) * sizeof *cells);
        char     *bytes = malloc(rows[i].size + 1);
        if (rows[i].size)
            memcpy(bytes, rows[i].bytes, rows[i].size);
        for (uint32_t c = 0; c < rows[i].n_cells; c++) {
            char *text = malloc(rows[i].cells[c].size + 1);
            if (rows[i].cells[c].size)
                memcpy(text, rows[i].cells[c].text, rows[i].cells[c].size);
            cells[c] = (aez_cell){text, rows[i].cells[c].size};
        }
        copy[i] = (aez_row){bytes, rows[i].size, cells, rows[i].n_cells};
    }
    st = take(handle, copy, n);
    for (size_t i = 0; i < n; i++) {
        for (uint32_t c = 0; c < copy[i].n_cells; c++)
            free((void *)(uintptr_t)copy[i].cells[c].text);
        free((void *)(uintptr_t)copy[i].cells);
        free((void *)(uintptr_t)copy[i].bytes);
    }
    free(copy);
    return st;
}

static inline aez_status tables_profile(void *handle, const aez_row *rows, size_t n)
{
    return aez_table_profile_push(handle, rows, n);
}

static inline aez_status tables_encoder(void *handle, const aez_row *rows, size_t n)
{
    return aez_encoder_push_rows(handle, rows, n);
}

/* Pushes `piece` rows at a time (0: all). The bytes are the caller's to free, whatever happens;
 * notes may be NULL. */
static inline aez_status tables_encode(const aez_options *o, const aez_table_options *t,
                                       const char *text, size_t size, size_t piece,
                                       arrays_bytes *out, tables_notes *notes)
{
    const aez_row     *rows;
    size_t             n;
    csv_reader        *reader = tables_rows(text, size, t->delimiter, &rows, &n);
    aez_table_profile *profile = NULL;
    aez_encoder       *e = NULL;
    aez_status         st = aez_table_profile_create(&profile, o);
    memset(out, 0, sizeof *out);
    if (piece == 0)
        piece = n ? n : 1;
    for (size_t at = 0; st >= 0 && at < n; at += piece)
        st = tables_push(tables_profile, profile, rows + at, piece < n - at ? piece : n - at);
    if (st >= 0)
        st = aez_encoder_create_table(&e, o, t, profile, NULL, 0);
    aez_table_profile_destroy(profile);
    for (size_t at = 0; st >= 0 && at < n; at += piece) {
        st = tables_push(tables_encoder, e, rows + at, piece < n - at ? piece : n - at);
        if (st >= 0)
            st = arrays_drain(e, out, piece * 3);
    }
    if (st >= 0)
        st = aez_encoder_finish(e);
    if (st >= 0)
        st = arrays_drain(e, out, 0);
    if (notes) {
        memset(notes, 0, sizeof *notes);
        strncpy(notes->message, aez_encoder_message(e), sizeof notes->message - 1);
        if (e) {
            strncpy(notes->describe, aez_encoder_describe(e, 0), sizeof notes->describe - 1);
            aez_encoder_report(e, &notes->report);
        }
    }
    aez_encoder_destroy(e);
    csv_reader_destroy(reader);
    return st;
}

/* Feeds and takes `piece` bytes at a time (0: all). AEZ_OK: the text is whole. The text is the
 * caller's to free. */
static inline aez_status tables_decode(const aez_options *o, const void *bytes, size_t size,
                                       size_t piece, arrays_bytes *text)
{
    aez_decoder *d = NULL;
    aez_status   st = aez_decoder_create(&d, o);
    size_t       at = 0;
    char         buf[4096];
    memset(text, 0, sizeof *text);
    if (piece == 0)
        piece = size;
    while (st >= 0 && at < size) {
        aez_in in = {.src = (const uint8_t *)bytes + at};
        in.size = piece < size - at ? piece : size - at;
        st = aez_decoder_push(d, &in);
        at += in.pos;
        while (st >= 0) {
            aez_out out = {.dst = buf, .size = piece < sizeof buf ? piece : sizeof buf};
            st = aez_decoder_pull_text(d, &out);
            arrays_append(text, buf, out.pos);
            if (st != AEZ_NEED_OUTPUT)
                break;
        }
    }
    if (st >= 0)
        st = aez_decoder_finish(d);
    aez_decoder_destroy(d);
    return st;
}

#endif
