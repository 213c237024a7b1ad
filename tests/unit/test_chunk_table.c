/* test_chunk_table.c - a table's chunk is coded or stored, the schema weighed; damage is safe. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "codec/base/rng.h"
#include "codec/chunk/table_chunk.h"
#include "tests/support/hooks.h"
#include "tests/support/tables.h"

#define ROOM 16384

static const aez_mem plain_mem;

/* A table's text, its rows and its schema; rows and schema live as long as it does. */
typedef struct fixture {
    char              text[ROOM];
    size_t            size;
    csv_reader       *reader;
    const aez_row    *rows;
    size_t            n_rows;
    aez_table_schema  schema;
    aez_table_context ctx;
} fixture;

/* Rows of numbers with law and words; a remark and a short row among them. */
static void write_text(fixture *x, int n)
{
    x->size = (size_t)sprintf(x->text, "id,value,word\n");
    for (int i = 0; i < n; i++)
        x->size += (size_t)sprintf(x->text + x->size, i % 40 == 30 ? "only,%d\n" : "%d,%.1f,%s\n",
                                   i * 3 + i % 2, i * i % 97 * 0.1, i % 3 ? "up" : "down");
}

static void open_fixture(fixture *x, const aez_mem *mem)
{
    aez_table_options options = tables_options(AEZ_LOSSLESS, 0);
    aez_table_survey *survey;
    const char       *why;
    x->reader = tables_rows(x->text, x->size, ',', &x->rows, &x->n_rows);
    cr_assert_eq(aez_table_survey_create(&survey, &plain_mem), AEZ_OK);
    cr_assert_eq(aez_table_survey_push(survey, x->rows, x->n_rows), AEZ_OK);
    cr_assert_eq(aez_table_schema_choose(&x->schema, &plain_mem, survey, &options, &why), AEZ_OK);
    aez_table_survey_destroy(survey);
    x->rows += x->schema.n_head_rows;
    x->n_rows -= x->schema.n_head_rows;
    x->ctx = (aez_table_context){.mem = mem, .schema = &x->schema, .memory_limit = 1 << 26};
    x->ctx.search.level = 1;
}

static void close_fixture(fixture *x)
{
    aez_table_schema_free(&x->schema);
    csv_reader_destroy(x->reader);
}

static void encode(fixture *x, aez_buf *out, aez_chunk_info *info)
{
    memset(info, 0, sizeof *info);
    aez_buf_init(out, &plain_mem);
    cr_assert_eq(aez_table_chunk_encode(&x->ctx, x->rows, x->n_rows, out, info), AEZ_OK);
}

static aez_status decode(fixture *x, const void *bytes, size_t size, aez_buf *text)
{
    aez_chunk_info info = {0};
    uint64_t       n_rows;
    aez_status     st;
    aez_buf_init(text, x->ctx.mem);
    st = aez_table_chunk_decode(&x->ctx, bytes, size, text, &n_rows, &info);
    cr_assert(st < 0 || n_rows <= text->size || x->n_rows == 0);
    return st;
}

static void comes_back(fixture *x, const aez_buf *chunk)
{
    size_t  head = x->schema.head_size;
    aez_buf text;
    cr_assert_eq(decode(x, chunk->data, chunk->size, &text), AEZ_OK);
    cr_assert(text.size == x->size - head &&
              (text.size == 0 || memcmp(text.data, x->text + head, text.size) == 0));
    aez_buf_free(&text);
}

Test(chunk_table, rows_come_back_and_every_byte_is_accounted_for)
{
    static fixture x;
    for (int n = 0; n <= 400; n = n * 3 + 1) {
        aez_buf        chunk;
        aez_chunk_info info;
        write_text(&x, n);
        open_fixture(&x, &plain_mem);
        for (x.ctx.search.level = 1; x.ctx.search.level <= 5; x.ctx.search.level += 2) {
            size_t front = x.n_rows < 128 ? 2 : 3; /* kind, rows, size of the text as varints */
            encode(&x, &chunk, &info);
            comes_back(&x, &chunk);
            front += x.size - x.schema.head_size < 128 ? 1 : 2;
            cr_assert_eq(chunk.data[0], info.stored ? 0 : 1);
            cr_assert_eq(info.text_bytes + info.model_bytes + info.residual_bytes +
                             info.latent_bytes + info.stored_bytes + front,
                         chunk.size, "%d rows", n);
            chunk.data[0] |= AEZ_TABLE_SOLE; /* is the decoder's business, not the chunk's */
            comes_back(&x, &chunk);
            aez_buf_free(&chunk);
        }
        close_fixture(&x);
    }
}

Test(chunk_table, the_schema_is_weighed_against_the_stored_form)
{
    static fixture x;
    aez_buf        coded, stored;
    aez_chunk_info info;
    size_t         low = 0, high = ROOM;
    write_text(&x, 300);
    open_fixture(&x, &plain_mem);
    encode(&x, &coded, &info);
    cr_assert_not(info.stored);
    x.ctx.overhead = high;
    encode(&x, &stored, &info);
    cr_assert(info.stored && info.text_bytes == 0 && info.residual_bytes == 0 &&
              info.model_bytes == 0);
    while (high - low > 1) { /* the overhead from which on the stored form wins */
        size_t  middle = (low + high) / 2;
        aez_buf chunk;
        x.ctx.overhead = middle;
        encode(&x, &chunk, &info);
        if (info.stored)
            high = middle;
        else
            low = middle;
        aez_buf_free(&chunk);
    }
    cr_assert_eq(coded.size + low, stored.size, "equal sizes are coded");
    aez_table_schema_bare(&x.schema); /* is enough for stored rows */
    comes_back(&x, &stored);
    aez_buf_free(&coded);
    aez_buf_free(&stored);
    close_fixture(&x);
}

Test(chunk_table, a_bare_schema_is_plain_text_with_the_same_head)
{
    static fixture   x;
    aez_table_schema back;
    aez_buf          full, bare;
    aez_rd           in;
    write_text(&x, 300);
    open_fixture(&x, &plain_mem);
    aez_buf_init(&full, &plain_mem);
    aez_buf_init(&bare, &plain_mem);
    aez_table_schema_put(&x.schema, &full);
    aez_table_schema_bare(&x.schema);
    aez_table_schema_put(&x.schema, &bare);
    cr_assert_lt(bare.size, full.size);
    cr_assert_leq(bare.size, x.schema.head_size + 2 * x.schema.n_columns + 16);
    aez_rd_init(&in, bare.data, bare.size);
    cr_assert_eq(aez_table_schema_get(&back, &plain_mem, &in), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert_eq(back.n_columns, 3);
    for (uint32_t c = 0; c < 3; c++)
        cr_assert(back.columns[c].kind == AEZ_COLUMN_TEXT && back.columns[c].n_entries == 0);
    cr_assert(back.head_size == 14 && memcmp(back.head, x.text, 14) == 0);
    aez_table_schema_free(&back);
    aez_buf_free(&full);
    aez_buf_free(&bare);
    close_fixture(&x);
}

Test(chunk_table, damage_is_refused_or_harmless)
{
    static fixture x;
    hooks_state    h = {0};
    aez_mem        mem = hooks_mem(&h);
    write_text(&x, 60);
    open_fixture(&x, &plain_mem);
    for (int stored = 0; stored < 2; stored++) {
        aez_buf        chunk, text;
        aez_chunk_info info;
        x.ctx.mem = &plain_mem;
        x.ctx.overhead = stored ? ROOM : 0;
        encode(&x, &chunk, &info);
        cr_assert_eq(info.stored, stored);
        x.ctx.mem = &mem;
        for (size_t n = 0; n < chunk.size; n++) {
            uint8_t *cut = malloc(n + 1);
            memcpy(cut, chunk.data, n);
            cr_assert_lt(decode(&x, cut, n, &text), 0, "%zu of %zu bytes", n, chunk.size);
            aez_buf_free(&text);
            free(cut);
        }
        for (size_t bit = 0; bit < 8 * chunk.size; bit++) {
            chunk.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            decode(&x, chunk.data, chunk.size, &text);
            aez_buf_free(&text);
            chunk.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        aez_put_u8(&chunk, 0);
        cr_assert_eq(decode(&x, chunk.data, chunk.size, &text), AEZ_ERR_CORRUPT, "a byte too many");
        aez_buf_free(&text);
        aez_buf_free(&chunk);
    }
    cr_assert_eq(h.n_live, 0);
    close_fixture(&x);
}

Test(chunk_table, lengths_are_checked_before_they_are_believed)
{
    static fixture x;
    hooks_state    h = {0};
    aez_mem        mem = hooks_mem(&h);
    static const struct {
        uint8_t    bytes[16];
        size_t     size;
        aez_status status;
    } cases[] = {
        { { 2, 0, 0 }, 3, AEZ_ERR_CORRUPT }, /* no such kind */
        { { 0, 5, 4 }, 3, AEZ_ERR_CORRUPT }, /* more rows than bytes */
        { { 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F }, 7, AEZ_ERR_LIMIT },
        { { 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1 }, 12, AEZ_ERR_LIMIT },
        { { 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2 }, 12, AEZ_ERR_CORRUPT }
    };
    aez_buf        chunk, text;
    aez_chunk_info info;
    write_text(&x, 200);
    open_fixture(&x, &mem);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(decode(&x, cases[i].bytes, cases[i].size, &text), cases[i].status, "case %zu",
                     i);
        aez_buf_free(&text);
    }
    cr_assert_lt(h.largest, 1000);
    close_fixture(&x);
    write_text(&x, 3); /* its numbers of rows and bytes take a byte each */
    open_fixture(&x, &mem);
    x.ctx.overhead = ROOM;
    encode(&x, &chunk, &info);
    cr_assert(info.stored && chunk.data[1] == 3 && chunk.data[2] == x.size - x.schema.head_size);
    for (int over = 0; over < 2; over++) {
        chunk.data[1] = (uint8_t)(chunk.data[2] + over);
        cr_assert_eq(decode(&x, chunk.data, chunk.size, &text), over ? AEZ_ERR_CORRUPT : AEZ_OK,
                     "a row has a byte at least");
        aez_buf_free(&text);
    }
    aez_buf_free(&chunk);
    close_fixture(&x);
    write_text(&x, 200);
    open_fixture(&x, &mem);
    for (int stored = 0; stored < 2; stored++) { /* less than the text needs */
        x.ctx.memory_limit = 1 << 26;
        x.ctx.overhead = stored ? ROOM : 0;
        encode(&x, &chunk, &info);
        x.ctx.memory_limit = x.size / 2;
        cr_assert_eq(decode(&x, chunk.data, chunk.size, &text), AEZ_ERR_LIMIT);
        aez_buf_free(&text);
        aez_buf_free(&chunk);
    }
    close_fixture(&x);
}

Test(chunk_table, columns_are_described)
{
    static fixture x;
    static char    notes[3 * AEZ_NOTE_SIZE];
    aez_buf        chunk, text;
    aez_chunk_info info = {.text = notes};
    uint64_t       n_rows;
    write_text(&x, 200);
    open_fixture(&x, &plain_mem);
    aez_buf_init(&chunk, &plain_mem);
    aez_buf_init(&text, &plain_mem);
    cr_assert_eq(aez_table_chunk_encode(&x.ctx, x.rows, x.n_rows, &chunk, &info), AEZ_OK);
    cr_assert(strstr(notes, "bits a row") && strstr(notes + 2 * AEZ_NOTE_SIZE, "dictionary of 2"),
              "%s", notes + 2 * AEZ_NOTE_SIZE);
    memset(notes, 0, sizeof notes);
    cr_assert_eq(aez_table_chunk_decode(&x.ctx, chunk.data, chunk.size, &text, &n_rows, &info),
                 AEZ_OK);
    cr_assert_eq(n_rows, 200);
    cr_assert(strstr(notes + AEZ_NOTE_SIZE, "1 place") && notes[0], "%s", notes + AEZ_NOTE_SIZE);
    aez_buf_free(&chunk);
    aez_buf_free(&text);
    close_fixture(&x);
}

Test(chunk_table, shortage_of_memory_is_told_and_leaks_nothing)
{
    static fixture x;
    aez_buf        chunk, text;
    aez_chunk_info info;
    size_t         n = 0;
    write_text(&x, 60);
    open_fixture(&x, &plain_mem);
    encode(&x, &chunk, &info);
    for (aez_status st = AEZ_ERR_NOMEM; st != AEZ_OK;) {
        hooks_state h = {.fail_at = ++n};
        aez_mem     mem = hooks_mem(&h);
        x.ctx.mem = &mem;
        aez_buf_init(&text, &mem);
        memset(&info, 0, sizeof info);
        st = aez_table_chunk_encode(&x.ctx, x.rows, x.n_rows, &text, &info);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM, "request %zu: %d", n, st);
        aez_buf_free(&text);
        cr_assert_eq(h.n_live, 0, "request %zu leaks %zu", n, h.n_live);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
    }
    cr_assert_gt(n, 50);
    n = 0;
    for (aez_status st = AEZ_ERR_NOMEM; st != AEZ_OK;) {
        hooks_state h = {.fail_at = ++n};
        aez_mem     mem = hooks_mem(&h);
        x.ctx.mem = &mem;
        st = decode(&x, chunk.data, chunk.size, &text);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM, "request %zu: %d", n, st);
        aez_buf_free(&text);
        cr_assert_eq(h.n_live, 0, "request %zu leaks %zu", n, h.n_live);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
    }
    cr_assert_gt(n, 10);
    aez_buf_free(&chunk);
    close_fixture(&x);
}
