/* fuzz_rows.c - any text, as a table: byte for byte without a bound, and as many rows with one. */
#include "fuzz.h"

#include "tests/support/tables.h"

static uint64_t line_ends(const uint8_t *bytes, size_t size)
{
    uint64_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += bytes[i] == '\n';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char   delimiters[] = ",;\t| ";
    static const double bounds[] = {0, 1e-6, 0.01, 1, 1e6};
    fuzz_input          in = {data, data + size};
    aez_table_options   t = tables_options((aez_mode)fuzz_below(&in, 3),
                                           bounds[fuzz_below(&in, 5)]);
    aez_options         o;
    arrays_bytes        file, text = {0};
    size_t              piece;
    aez_status          st;
    t.delimiter = delimiters[fuzz_below(&in, 5)];
    t.header = (int)fuzz_below(&in, 3) - 1;
    aez_options_init(&o);
    o.level = 1 + (int)fuzz_below(&in, 3);
    o.chunk_bytes = 4096;
    piece = fuzz_below(&in, 64);
    st = tables_encode(&o, &t, (const char *)in.p, fuzz_left(&in), piece, &file, NULL);
    FUZZ_CHECK(st == AEZ_END || st == AEZ_ERR_OPTION);
    if (st == AEZ_END) {
        FUZZ_CHECK(tables_decode(&o, file.data, file.size, piece, &text) == AEZ_OK);
        if (t.mode == AEZ_LOSSLESS)
            FUZZ_CHECK(text.size == fuzz_left(&in) &&
                       (text.size == 0 || memcmp(text.data, in.p, text.size) == 0));
        else
            FUZZ_CHECK(line_ends(text.data, text.size) == line_ends(in.p, fuzz_left(&in)));
    }
    free(file.data);
    free(text.data);
    return 0;
}
