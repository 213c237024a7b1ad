/* fuzz_csv.c - the command's reader of tables: rows are the text without gap, whatever the split. */
#include "fuzz.h"

#include "cli/csv.h"
#include "codec/base/buf.h"

static const aez_mem plain;

/* What was read, as one string: bytes of every row, then its cells. */
static aez_status read_all(const char *text, size_t size, char delimiter, size_t piece, size_t max_row,
                           aez_buf *bytes, aez_buf *cells)
{
    csv_reader    *reader;
    const aez_row *rows;
    size_t         n, at = 0;
    aez_status     st = csv_reader_create(&reader, &plain, delimiter, max_row);
    bytes->size = cells->size = 0;
    while (st >= 0) {
        size_t now = piece < size - at ? piece : size - at;
        st = at < size ? csv_reader_push(reader, text + at, now) : csv_reader_finish(reader);
        if (st >= 0)
            st = csv_reader_rows(reader, &rows, &n);
        for (size_t i = 0; st >= 0 && i < n; i++) {
            aez_put(bytes, rows[i].bytes, rows[i].size);
            aez_put_u64(cells, rows[i].n_cells);
            for (uint32_t c = 0; c < rows[i].n_cells; c++) {
                aez_put_u64(cells, rows[i].cells[c].size);
                aez_put(cells, rows[i].cells[c].text, rows[i].cells[c].size);
            }
        }
        if (at == size)
            break;
        at += now;
    }
    csv_reader_destroy(reader);
    return st;
}

static int same(const aez_buf *a, const void *bytes, size_t size)
{
    return a->size == size && (size == 0 || memcmp(a->data, bytes, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input  in = {data, data + size};
    char        delimiter = ",;\t|"[fuzz_below(&in, 4)], found;
    size_t      piece = 1 + fuzz_u8(&in), max_row = 16 + 16u * fuzz_u8(&in);
    const char *text = (const char *)in.p;
    aez_buf     bytes[2], cells[2];
    aez_status  whole, parts;
    size = fuzz_left(&in);
    for (int i = 0; i < 2; i++) {
        aez_buf_init(&bytes[i], &plain);
        aez_buf_init(&cells[i], &plain);
    }
    whole = read_all(text, size, delimiter, size ? size : 1, max_row, &bytes[0], &cells[0]);
    parts = read_all(text, size, delimiter, piece, max_row, &bytes[1], &cells[1]);
    FUZZ_CHECK(whole == AEZ_OK || whole == AEZ_ERR_LIMIT);
    FUZZ_CHECK(parts == AEZ_OK || parts == AEZ_ERR_LIMIT);
    FUZZ_CHECK(whole < 0 || same(&bytes[0], text, size));
    FUZZ_CHECK(parts < 0 || same(&bytes[1], text, size));
    if (whole >= 0 && parts >= 0)
        FUZZ_CHECK(same(&cells[0], cells[1].data, cells[1].size));
    csv_sniff(text, size, piece & 1, &found);
    for (int i = 0; i < 2; i++) {
        aez_buf_free(&bytes[i]);
        aez_buf_free(&cells[i]);
    }
    return 0;
}
