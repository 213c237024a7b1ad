/* test_csv.c - the tokeniser keeps every byte and finds the cells; the sniffer knows tables. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "cli/csv.h"

static const aez_mem plain_mem;

/* Cells in brackets, rows by newlines; and all rows' bytes in `bytes`. */
static void read_all(const char *text, size_t size, char delimiter, size_t step, aez_buf *cells,
                     aez_buf *bytes)
{
    csv_reader *r;
    cells->size = bytes->size = 0;
    cr_assert_eq(csv_reader_create(&r, &plain_mem, delimiter, 1 << 20), AEZ_OK);
    for (size_t at = 0; at <= size; at += step) {
        const aez_row *rows;
        size_t         n_rows;
        if (at + step > size) {
            cr_assert_eq(csv_reader_push(r, text + at, size - at), AEZ_OK);
            cr_assert_eq(csv_reader_finish(r), AEZ_OK);
        } else {
            cr_assert_eq(csv_reader_push(r, text + at, step), AEZ_OK);
        }
        cr_assert_eq(csv_reader_rows(r, &rows, &n_rows), AEZ_OK);
        for (size_t i = 0; i < n_rows; i++) {
            aez_put(bytes, rows[i].bytes, rows[i].size);
            for (uint32_t c = 0; c < rows[i].n_cells; c++) {
                aez_put(cells, "[", 1);
                aez_put(cells, rows[i].cells[c].text, rows[i].cells[c].size);
                aez_put(cells, "]", 1);
            }
            aez_put(cells, "\n", 1);
        }
    }
    cr_assert_eq(csv_reader_push(r, "x", 1), AEZ_ERR_STATE);
    csv_reader_destroy(r);
}

static void cells_are(const char *text, size_t size, const char *wanted)
{
    aez_buf cells, bytes;
    aez_buf_init(&cells, &plain_mem);
    aez_buf_init(&bytes, &plain_mem);
    for (size_t step = 1; step < 64; step = step * 2 + 1) {
        read_all(text, size, ',', step, &cells, &bytes);
        cr_assert(bytes.size == size && (size == 0 || memcmp(bytes.data, text, size) == 0),
                  "bytes of %s", text);
        cr_assert(cells.size == strlen(wanted) &&
                      (cells.size == 0 || memcmp(cells.data, wanted, cells.size) == 0),
                  "%s in steps of %zu: %.*s", text, step, (int)cells.size, (char *)cells.data);
    }
    aez_buf_free(&cells);
    aez_buf_free(&bytes);
}

Test(csv, cells_are_found_whatever_the_split)
{
    static const char *const cases[][2] = {
        { "a,b\n1,2\n", "[a][b]\n[1][2]\n" },
        { "a,b\r\n1,2", "[a][b]\n[1][2]\n" },
        { " a , b \n", "[ a ][ b ]\n" },
        { "a,,\n,\n", "[a][][]\n[][]\n" },
        { "\n\na\n", "[]\n[]\n[a]\n" },
        { "\"a,b\",\"c\"\"d\"\n", "[a,b][c\"d]\n" },
        { "\"two\nlines\",x\n1,2\n", "[two\nlines][x]\n[1][2]\n" },
        { "\"two\r\nlines\",x\r\n", "[two\r\nlines][x]\n" },
        { "\xEF\xBB\xBF" "a,b\n", "[a][b]\n" },
        { "a\rb\n1,2\n", "\n[1][2]\n" },
        { "1,2\n\"open\n3,4\n", "[1][2]\n[open\n3,4\n]\n" },
        { "", "" },
        { "x", "[x]\n" },
        { "\n", "[]\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cells_are(cases[i][0], strlen(cases[i][0]), cases[i][1]);
    aez_buf cells, bytes;
    aez_buf_init(&cells, &plain_mem);
    aez_buf_init(&bytes, &plain_mem);
    read_all("a\0b,\0\n", 6, ',', 2, &cells, &bytes);
    cr_assert(bytes.size == 6 && cells.size == 9 && memcmp(cells.data, "[a\0b][\0]\n", 9) == 0);
    aez_buf_free(&cells);
    aez_buf_free(&bytes);
}

Test(csv, random_bytes_are_all_delivered)
{
    static const char alphabet[] = "ab1,;\"\n\r \t\xEF\xBB\xBF";
    aez_buf           cells, bytes;
    uint64_t          state = 1;
    aez_buf_init(&cells, &plain_mem);
    aez_buf_init(&bytes, &plain_mem);
    for (int round = 0; round < 2000; round++) {
        char   text[200];
        size_t size = (size_t)round % 200;
        for (size_t i = 0; i < size; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            text[i] = alphabet[(state >> 33) % sizeof alphabet];
        }
        read_all(text, size, ',', 1 + (size_t)round % 50, &cells, &bytes);
        cr_assert(bytes.size == size && (size == 0 || memcmp(bytes.data, text, size) == 0));
    }
    aez_buf_free(&cells);
    aez_buf_free(&bytes);
}

Test(csv, a_row_without_end_is_refused)
{
    csv_reader *r;
    aez_status  st = AEZ_OK;
    cr_assert_eq(csv_reader_create(&r, &plain_mem, ',', 1000), AEZ_OK);
    st = csv_reader_push(r, "\"", 1);
    for (int i = 0; st == AEZ_OK && i < 1000; i++)
        st = csv_reader_push(r, "some words\n", 11);
    cr_assert_eq(st, AEZ_ERR_LIMIT);
    csv_reader_destroy(r);
    csv_reader_destroy(NULL);
}

Test(csv, sniffer_names_the_delimiter)
{
    static const struct {
        const char *text;
        char        delimiter; /* 0: no table */
    } cases[] = {
        { "a,b,c\n1,2,3\n4,5,6\n", ',' },
        { "a;b\n1;2\n3;4\n", ';' },
        { "a\tb\n1\t2\n3\t4\n", '\t' },
        { "a|b\n1|2\n", '|' },
        { "1 2 3\n4 5 6\n7 8 9\n", ' ' },
        { "x\n1.5\n2.5\n3.5\n4.5\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", ',' },
        { "\"a,b\",c\n\"d,e,f\",g\n", ',' },
        { "Call me Ishmael. Some years ago, never mind\nhow long precisely, having little or no\n"
          "money in my purse and nothing particular to\ninterest me on shore, I thought I would,\n"
          "sail about a little\n", 0 },
        { "hello\nworld\n", 0 },
        { "", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char d = 0;
        int  found = csv_sniff(cases[i].text, strlen(cases[i].text), 1, &d);
        cr_assert_eq(found, cases[i].delimiter != 0, "%s", cases[i].text);
        if (found)
            cr_assert_eq(d, cases[i].delimiter, "%s: %c", cases[i].text, d);
    }
    char binary[256], d;
    for (int i = 0; i < 256; i++)
        binary[i] = (char)i;
    cr_assert_not(csv_sniff(binary, sizeof binary, 1, &d));
    cr_assert_not(csv_sniff("a,b", 3, 0, &d));
}
