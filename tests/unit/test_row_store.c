/* test_row_store.c - rows are copied as they are, seen again as they were, and given back. */
#include <criterion/criterion.h>

#include <string.h>

#include "codec/api/row_store.h"
#include "tests/support/hooks.h"

#define N 50

/* Row i: i % 7 cells of different sizes with zero bytes among them; every fifth is empty. */
typedef struct source {
    char     bytes[N][64];
    char     text[N][7][16];
    aez_cell cells[N][7];
    aez_row  rows[N];
} source;

static void make(source *s)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < N; i++) {
        for (int c = 0; c < i % 7; c++) {
            memset(s->text[i][c], 'a' + c, 15);
            s->text[i][c][(i + c) % 15] = '\0';
            s->cells[i][c] = (aez_cell){s->text[i][c], (size_t)((i * c) % 16)};
        }
        memset(s->bytes[i], 'A' + i % 26, sizeof s->bytes[i]);
        s->rows[i] = (aez_row){s->bytes[i], i % 5 ? (size_t)i : 0, s->cells[i], (uint32_t)(i % 7)};
    }
}

static void check(const aez_row_store *store, const source *want)
{
    aez_row    *rows;
    aez_cell   *cells;
    const char *end = NULL;
    cr_assert_eq(aez_row_store_view(store, &rows, &cells), AEZ_OK);
    cr_assert_eq(store->n_rows, N);
    for (int i = 0; i < N; i++) {
        const aez_row *a = &rows[i], *b = &want->rows[i];
        cr_assert(a->size == b->size && a->n_cells == b->n_cells, "row %d", i);
        cr_assert_eq(memcmp(a->bytes, b->bytes, a->size), 0, "row %d", i);
        cr_assert(!end || a->bytes == end, "rows follow one another without gap");
        end = a->bytes + a->size;
        for (uint32_t c = 0; c < a->n_cells; c++)
            cr_assert(a->cells[c].size == b->cells[c].size &&
                          memcmp(a->cells[c].text, b->cells[c].text, a->cells[c].size) == 0,
                      "cell %u of row %d", c, i);
    }
    aez_drop(store->text.mem, rows);
    aez_drop(store->text.mem, cells);
}

Test(row_store, rows_are_copies)
{
    static source want, mine;
    hooks_state   h = {0};
    aez_mem       mem = hooks_mem(&h);
    aez_row_store store;
    make(&want);
    aez_row_store_init(&store, &mem);
    for (int round = 0; round < 2; round++) {
        make(&mine);
        for (int i = 0; i < N; i++)
            cr_assert_eq(aez_row_store_add(&store, &mine.rows[i]), AEZ_OK);
        memset(&mine, 0xEE, sizeof mine);
        check(&store, &want);
        aez_row_store_clear(&store);
        cr_assert(store.n_rows == 0 && h.n_live == 0, "all memory is given back");
    }
}

Test(row_store, an_empty_store_has_no_rows)
{
    static const aez_mem plain;
    static const aez_row blank = {NULL, 0, NULL, 0};
    aez_row_store        store;
    aez_row             *rows;
    aez_cell            *cells;
    aez_row_store_init(&store, &plain);
    for (size_t n = 0; n < 2; n++) {
        cr_assert_eq(store.n_rows, n);
        cr_assert_eq(aez_row_store_view(&store, &rows, &cells), AEZ_OK);
        cr_assert(rows && cells);
        cr_assert(n == 0 || (rows[0].size == 0 && rows[0].n_cells == 0));
        aez_drop(&plain, rows);
        aez_drop(&plain, cells);
        cr_assert_eq(aez_row_store_add(&store, &blank), AEZ_OK);
    }
    aez_row_store_clear(&store);
}

Test(row_store, sizes_beyond_32_bits_are_refused)
{
    static const aez_mem plain;
    const aez_cell       large = {"x", (size_t)UINT32_MAX + 1};
    aez_row              row = {"x", (size_t)UINT32_MAX + 1, NULL, 0};
    aez_row_store        store;
    aez_row_store_init(&store, &plain);
    cr_assert_eq(aez_row_store_add(&store, &row), AEZ_ERR_LIMIT);
    row = (aez_row){"x", 1, &large, 1};
    cr_assert_eq(aez_row_store_add(&store, &row), AEZ_ERR_LIMIT);
    aez_row_store_clear(&store);
}

Test(row_store, shortage_of_memory_is_told_and_leaks_nothing)
{
    static source s;
    aez_status    st = AEZ_ERR_NOMEM;
    size_t        n = 0;
    make(&s);
    while (st != AEZ_OK) {
        hooks_state   h = {.fail_at = ++n};
        aez_mem       mem = hooks_mem(&h);
        aez_row_store store;
        aez_row      *rows = NULL;
        aez_cell     *cells = NULL;
        aez_row_store_init(&store, &mem);
        st = AEZ_OK;
        for (int i = 0; st >= 0 && i < N; i++)
            st = aez_row_store_add(&store, &s.rows[i]);
        if (st >= 0) {
            st = aez_row_store_view(&store, &rows, &cells);
            cr_assert(st == AEZ_OK || (!rows && !cells));
        }
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        aez_drop(&mem, rows);
        aez_drop(&mem, cells);
        aez_row_store_clear(&store);
        cr_assert_eq(h.n_live, 0, "request %zu", n);
    }
    cr_assert_gt(n, 7);
}
