/* test_encoder_rows.c - tables of text through both handles, and what is refused. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>

#include "codec/base/rng.h"
#include "codec/entropy/entropy.h"
#include "tests/support/hooks.h"
#include "tests/support/tables.h"

static const aez_mem plain_mem;

static aez_options options_of(int level)
{
    aez_options o;
    aez_options_init(&o);
    o.level = level;
    o.chunk_bytes = 4096;
    return o;
}

static void comes_back(const aez_options *o, const aez_table_options *t, const char *text,
                       size_t size, size_t piece)
{
    arrays_bytes file, back;
    cr_assert_eq(tables_encode(o, t, text, size, piece, &file, NULL), AEZ_END, "%.60s", text);
    cr_assert_eq(tables_decode(o, file.data, file.size, piece, &back), AEZ_OK, "%.60s", text);
    cr_assert(back.size == size && (size == 0 || memcmp(back.data, text, size) == 0),
              "%.60s became %.*s", text, (int)back.size, (char *)back.data);
    free(file.data);
    free(back.data);
}

Test(encoder_rows, small_texts_come_back)
{
    static const char *const texts[] = {
        "", "\n", "\r\n", "a,b\n", "a,b", "a,b\r\n", "1", "1,2\n", "1,2", "a,b\n1,2", "\n\n\n",
        "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r\n1,2\n3,4\r\n", "a,b\n1\n2,3,4\n5,6\n",
        "a,b\n\n1,2\n\n\n3,4\n\n", "\"a\",\"b,c\"\n\"1\",\"2\"\n", "a,b\n\"x \"\"y\"\"\",1\nz,2\n",
        "a,b\n\"two\nlines\",1\nz,2\n", "a,b\n\"open,1\nz,2\n", ("\xEF\xBB\xBF" "a,b\n1,2\n"),
        "a,b\n007,-0.0\n+1,1e5\n,NA\n", "id,when\n1,2020-01-02 03:04:05\n2,2020-01-02 03:05:05\n"};
    aez_options       o = options_of(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (t.header = -1; t.header <= 1; t.header++)
            for (size_t piece = 0; piece <= 1; piece++)
                comes_back(&o, &t, texts[i], strlen(texts[i]), piece);
}

/* n rows with a header: numbers of three kinds, words, stamps, quotes, gaps, and rows that are
 * none. */
static size_t mixed_text(char *text, size_t room, int n, int odd_rows, const char *eol)
{
    static const char *const words[] = {"red", "green", "\"blue, dark\"", "", "\"say \"\"x\"\"\""};
    aez_rng                  rng;
    size_t                   size;
    aez_rng_seed(&rng, 7);
    size = (size_t)snprintf(text, room, "id,pt,eta,word,when%s", eol);
    for (int i = 0; i < n; i++) {
        unsigned r = (unsigned)aez_rng_below(&rng, 1000);
        size += (size_t)snprintf(
            text + size, room - size, "%d,%.2f,%.4f,%s,2021-03-%02d 10:%02d:00%s", 1000 + i,
            50 + 40 * sin(i * 0.1) + r * 0.01, (double)aez_rng_below(&rng, 60000) / 1e4 - 3,
            words[r % 5], 1 + i / 60 % 28, i % 60, eol);
        if (odd_rows && i % 50 == 20)
            size += (size_t)snprintf(text + size, room - size, "%s# remark %u%s1,2%s", eol, r, eol,
                                     eol);
    }
    cr_assert_lt(size, room);
    return size;
}

Test(encoder_rows, tables_of_several_chunks_come_back)
{
    enum { ROOM = 60000 };
    char             *text = malloc(ROOM);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    for (int level = 1; level <= 5; level += 4)
        for (int kind = 0; kind < 4; kind++) {
            aez_options o = options_of(level);
            size_t      size = mixed_text(text, ROOM, 400, kind & 1, kind & 2 ? "\r\n" : "\n");
            comes_back(&o, &t, text, size, 0);
            comes_back(&o, &t, text, size - (kind & 2 ? 2 : 1), 0); /* no final line end */
        }
    free(text);
}

Test(encoder_rows, the_bytes_depend_neither_on_pieces_nor_on_threads)
{
    enum { ROOM = 60000 };
    char             *text = malloc(ROOM);
    size_t            size = mixed_text(text, ROOM, 500, 1, "\n"), n_runs = 0;
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    aez_options       o = options_of(1);
    arrays_bytes      first, file, back;
    tables_notes      notes;
    cr_assert_eq(tables_encode(&o, &t, text, size, 0, &first, &notes), AEZ_END);
    cr_assert_gt(notes.report.n_chunks, 4);
    o.runner.run = arrays_run;
    o.runner.opaque = &n_runs;
    for (uint32_t width = 1; width <= 8; width *= 2) {
        o.runner.width = width;
        for (size_t piece = 0; piece <= 7; piece += piece ? 6 : 1) {
            cr_assert_eq(tables_encode(&o, &t, text, size, piece, &file, NULL), AEZ_END);
            cr_assert(file.size == first.size && memcmp(file.data, first.data, file.size) == 0,
                      "width %u, %zu rows at a time", width, piece);
            cr_assert_eq(tables_decode(&o, file.data, file.size, piece, &back), AEZ_OK);
            cr_assert(back.size == size && memcmp(back.data, text, size) == 0);
            free(file.data);
            free(back.data);
        }
    }
    cr_assert_gt(n_runs, 3);
    free(first.data);
    free(text);
}

/* ---- bounds --------------------------------------------------------------------------------- */

/* Largest difference of a column of numbers between two texts; the first row may be a header. */
static double largest_error(const char *a, size_t a_size, const char *b, size_t b_size,
                            uint32_t column)
{
    const aez_row *x, *y;
    size_t         n, m;
    double         worst = 0;
    csv_reader *rx = tables_rows(a, a_size, ',', &x, &n), *ry = tables_rows(b, b_size, ',', &y, &m);
    cr_assert_eq(n, m);
    for (size_t i = 1; i < n; i++) {
        double d =
            fabs(strtod(x[i].cells[column].text, NULL) - strtod(y[i].cells[column].text, NULL));
        worst = d > worst ? d : worst;
    }
    csv_reader_destroy(rx);
    csv_reader_destroy(ry);
    return worst;
}

/* Four columns, -500 to 500 with three decimals, and one of words. */
static size_t numbers_text(char *text, size_t room)
{
    aez_rng rng;
    size_t  size = (size_t)snprintf(text, room, "a,b,c=1,d,word\n");
    aez_rng_seed(&rng, 3);
    for (int i = 0; i < 300; i++) {
        for (int c = 0; c < 4; c++)
            size += (size_t)snprintf(text + size, room - size, "%.3f,",
                                     (double)aez_rng_below(&rng, 1000001) / 1e3 - 500);
        size += (size_t)snprintf(text + size, room - size, "w%d\n", i % 3);
    }
    return size;
}

Test(encoder_rows, each_column_keeps_its_own_bound)
{
    enum { ROOM = 20000 };
    static const aez_table_rule rules[2][3] = {
        {{"b", AEZ_ABS, 0.5}, {"c=1", AEZ_REL, 1e-4}, {"d", AEZ_LOSSLESS, 0}},
        {{"2", AEZ_ABS, 0.5}, {"3", AEZ_REL, 1e-4}, {"4", AEZ_LOSSLESS, 0}}};
    static const double bound[4] = {3, 0.5, 0.1, 0};
    char               *text = malloc(ROOM);
    size_t              size = numbers_text(text, ROOM), head = strlen("a,b,c=1,d,word\n");
    aez_options         o = options_of(3);
    for (int numbered = 0; numbered < 2; numbered++) { /* no header: columns have numbers only */
        const char       *from = text + (numbered ? head : 0);
        size_t            n = size - (numbered ? head : 0);
        aez_table_options t = tables_options(AEZ_ABS, 3);
        arrays_bytes      exact, file, back;
        tables_notes      notes;
        t.rules = rules[numbered];
        t.n_rules = 3;
        cr_assert_eq(tables_encode(&o, &t, from, n, 0, &file, &notes), AEZ_END, "%s",
                     notes.message);
        cr_assert_eq(tables_decode(&o, file.data, file.size, 0, &back), AEZ_OK);
        for (uint32_t c = 0; c < 4; c++) {
            double worst = largest_error(from, n, (char *)back.data, back.size, c);
            cr_assert_leq(worst, bound[c] * (1 + 1e-9), "column %u: %g", c, worst);
            cr_assert_geq(worst, bound[c] / 2, "column %u: %g of %g: given away", c, worst,
                          bound[c]);
        }
        t.mode = AEZ_LOSSLESS;
        t.n_rules = 0;
        cr_assert_eq(tables_encode(&o, &t, from, n, 0, &exact, NULL), AEZ_END);
        cr_assert_lt(file.size, exact.size * 3 / 4);
        free(exact.data);
        free(file.data);
        free(back.data);
    }
    free(text);
}

Test(encoder_rows, senseless_bounds_are_refused_with_a_sentence)
{
    static const struct {
        aez_mode       mode;
        double         bound;
        aez_table_rule rule;
    } cases[] = {{AEZ_LOSSLESS, 0, {"nowhere", AEZ_ABS, 1}}, {AEZ_LOSSLESS, 0, {"0", AEZ_ABS, 1}},
                 {AEZ_LOSSLESS, 0, {"6", AEZ_ABS, 1}},       {AEZ_LOSSLESS, 0, {"", AEZ_ABS, 1}},
                 {AEZ_LOSSLESS, 0, {"word", AEZ_ABS, 1}},    {AEZ_LOSSLESS, 0, {"a", AEZ_ABS, -1}},
                 {AEZ_LOSSLESS, 0, {"a", AEZ_REL, NAN}},     {AEZ_LOSSLESS, 0, {"a", AEZ_PSNR, 60}},
                 {AEZ_ABS, -1, {"a", AEZ_LOSSLESS, 0}},      {AEZ_PSNR, 60, {"a", AEZ_LOSSLESS, 0}},
                 {AEZ_REL, INFINITY, {"a", AEZ_LOSSLESS, 0}}};
    enum { ROOM = 20000 };
    char       *text = malloc(ROOM);
    size_t      size = numbers_text(text, ROOM);
    hooks_state h = {0};
    aez_options o = options_of(1);
    o.allocator = hooks_mem(&h);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aez_table_options t = tables_options(cases[i].mode, cases[i].bound);
        arrays_bytes      file;
        tables_notes      notes;
        t.rules = &cases[i].rule;
        t.n_rules = 1;
        cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, &notes), AEZ_ERR_OPTION,
                     "case %zu", i);
        cr_assert_gt(strlen(notes.message), 10, "case %zu: %s", i, notes.message);
        cr_assert_eq(file.size, 0);
        cr_assert_eq(h.n_live, 0);
        free(file.data);
    }
    free(text);
}

Test(encoder_rows, columns_have_the_names_of_the_header)
{
    static const char  text[] = "id,\"a, b\"\n1,2\n3,4\n";
    const aez_row     *rows;
    size_t             n;
    csv_reader        *reader = tables_rows(text, strlen(text), ',', &rows, &n);
    aez_options        o = options_of(1);
    aez_table_options  t = tables_options(AEZ_LOSSLESS, 0);
    aez_table_profile *profile;
    aez_encoder       *e;
    for (int header = 1; header >= -1; header -= 2) {
        t.header = header;
        cr_assert_eq(aez_table_profile_create(&profile, &o), AEZ_OK);
        cr_assert_eq(aez_table_profile_push(profile, rows, n), AEZ_OK);
        cr_assert_eq(aez_encoder_create_table(&e, &o, &t, profile, NULL, 0), AEZ_OK);
        cr_assert_eq(aez_encoder_columns(e), 2);
        cr_assert_str_eq(aez_encoder_column_name(e, 0), header > 0 ? "id" : "");
        cr_assert_str_eq(aez_encoder_column_name(e, 1), header > 0 ? "a, b" : "");
        cr_assert_str_eq(aez_encoder_column_name(e, 2), "");
        aez_table_profile_destroy(profile);
        aez_encoder_destroy(e);
    }
    csv_reader_destroy(reader);
}

/* ---- what is refused ------------------------------------------------------------------------ */

/* A coded file, and one whose rows are stored. */
static arrays_bytes small_file(int stored, char *text, size_t *size)
{
    aez_options       o = options_of(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    arrays_bytes      file;
    tables_notes      notes;
    *size = 0;
    for (int i = 0; i < 40; i++)
        *size += (size_t)sprintf(text + *size, stored ? "x%dy\n" : "%d,%d\n", stored ? i % 2 : i,
                                 i * i % 17);
    cr_assert_eq(tables_encode(&o, &t, text, *size, 0, &file, &notes), AEZ_END);
    cr_assert_eq(notes.report.n_stored_chunks, (uint64_t)stored);
    return file;
}

Test(encoder_rows, every_truncation_and_every_flipped_bit_is_an_error)
{
    char         text[2000];
    size_t       size;
    aez_options  o = options_of(1);
    hooks_state  h = {0};
    arrays_bytes back;
    o.allocator = hooks_mem(&h);
    for (int stored = 0; stored < 2; stored++) {
        arrays_bytes file = small_file(stored, text, &size);
        uint8_t     *cut;
        for (size_t n = 0; n < file.size; n++) {
            cut = malloc(n + 1); /* its own block: reads behind it are noticed */
            memcpy(cut, file.data, n);
            cr_assert_lt(tables_decode(&o, cut, n, 0, &back), 0, "%zu of %zu bytes", n, file.size);
            free(cut);
            free(back.data);
        }
        for (size_t bit = 0; bit < 8 * file.size; bit++) {
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            cr_assert_lt(tables_decode(&o, file.data, file.size, 0, &back), 0, "bit %zu", bit);
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            free(back.data);
        }
        cr_assert_eq(tables_decode(&o, file.data, file.size, 0, &back), AEZ_OK);
        cr_assert(back.size == size && memcmp(back.data, text, size) == 0);
        free(back.data);
        free(file.data);
    }
    cr_assert_eq(h.n_live, 0);
}

Test(encoder_rows, shortage_of_memory_is_told_and_leaks_nothing)
{
    enum { ROOM = 20000 };
    char             *text = malloc(ROOM);
    size_t            size = mixed_text(text, ROOM, 150, 1, "\n"), n = 0;
    aez_options       o = options_of(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    arrays_bytes      file, back;
    for (aez_status st = AEZ_ERR_NOMEM; st != AEZ_END;) { /* the first 300, then every seventh */
        hooks_state h = {.fail_at = n += n < 300 ? 1 : 7};
        o.allocator = hooks_mem(&h);
        st = tables_encode(&o, &t, text, size, 60, &file, NULL);
        cr_assert(st == AEZ_END || st == AEZ_ERR_NOMEM, "request %zu: status %d", n, st);
        cr_assert_eq(h.n_live, 0, "request %zu leaks %zu", n, h.n_live);
        cr_assert(st != AEZ_END || h.n_requests < n, "request %zu failed and nobody told", n);
        if (st != AEZ_END)
            free(file.data);
    }
    cr_assert_gt(n, 300);
    n = 0;
    for (aez_status st = AEZ_ERR_NOMEM; st != AEZ_OK;) {
        hooks_state h = {.fail_at = ++n};
        o.allocator = hooks_mem(&h);
        st = tables_decode(&o, file.data, file.size, 0, &back);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM, "request %zu: status %d", n, st);
        cr_assert_eq(h.n_live, 0, "request %zu leaks %zu", n, h.n_live);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        free(back.data);
    }
    cr_assert_gt(n, 30);
    free(file.data);
    free(text);
}

Test(encoder_rows, calls_of_the_other_kind_and_in_the_wrong_order_are_told)
{
    static const uint64_t one = 1;
    static const char     text[] = "1,2\n3,4\n";
    const aez_row        *rows;
    size_t                n;
    csv_reader           *reader = tables_rows(text, strlen(text), ',', &rows, &n);
    aez_field             field = {.type = AEZ_U8};
    aez_schema            s = arrays_schema(&field, 1, 1, &one);
    aez_options           o = options_of(1);
    aez_table_options     t = tables_options(AEZ_LOSSLESS, 0);
    aez_table_profile    *profile;
    aez_encoder          *e;
    aez_decoder          *d;
    uint8_t               value = 7, buf[512];
    const void           *column = &value;
    void                 *room = buf;
    aez_out               out = {.dst = buf, .size = sizeof buf};
    aez_in                in = {.src = buf};
    uint64_t              n_sites;
    cr_assert_eq(aez_table_profile_create(&profile, &o), AEZ_OK);
    cr_assert_eq(aez_table_profile_push(profile, rows, n), AEZ_OK);
    cr_assert_eq(aez_encoder_create_table(&e, &o, &t, profile, NULL, 0), AEZ_OK);
    aez_table_profile_destroy(profile);
    cr_assert_eq(aez_encoder_push(e, &column, 1), AEZ_ERR_STATE, "sites to a table");
    cr_assert_eq(aez_encoder_push_rows(e, rows, n), AEZ_OK, "which goes on all the same");
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_ERR_STATE, "twice");
    cr_assert_eq(aez_encoder_push_rows(e, rows, n), AEZ_ERR_STATE, "after the end");
    cr_assert_eq(aez_encoder_pull(e, &out), AEZ_END);
    aez_encoder_destroy(e);
    in.size = out.pos;
    cr_assert_eq(aez_decoder_create(&d, &o), AEZ_OK);
    cr_assert_geq(aez_decoder_push(d, &in), AEZ_OK);
    cr_assert(aez_decoder_is_table(d));
    cr_assert_eq(aez_decoder_pull(d, &room, 1, &n_sites), AEZ_ERR_STATE, "sites of a table");
    aez_decoder_destroy(d);
    cr_assert_eq(aez_encoder_create(&e, &o, &s, NULL), AEZ_OK);
    cr_assert_eq(aez_encoder_push_rows(e, rows, n), AEZ_ERR_STATE, "rows to an array");
    cr_assert_eq(aez_encoder_push(e, &column, 1), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    out.pos = 0;
    cr_assert_eq(aez_encoder_pull(e, &out), AEZ_END);
    aez_encoder_destroy(e);
    in.pos = 0;
    in.size = out.pos;
    cr_assert_eq(aez_decoder_create(&d, &o), AEZ_OK);
    cr_assert_geq(aez_decoder_push(d, &in), AEZ_OK);
    out.pos = 0;
    cr_assert_eq(aez_decoder_pull_text(d, &out), AEZ_ERR_STATE, "text of an array");
    aez_decoder_destroy(d);
    csv_reader_destroy(reader);
}

/* ---- stored rows ---------------------------------------------------------------------------- */

/* Words that a dictionary would have to spell out, and numbers without law: `period` rows,
 * repeated. */
static size_t repeated_text(char *text, size_t room, int period, int times)
{
    aez_rng rng;
    size_t  size = (size_t)snprintf(text, room, "number,word,other\n"), start = size, once;
    aez_rng_seed(&rng, 5);
    for (int i = 0; i < period; i++)
        size += (size_t)snprintf(text + size, room - size, "%u,%08x,%07u\n",
                                 (unsigned)aez_rng_below(&rng, 1000000000),
                                 (unsigned)aez_rng_below(&rng, 1u << 31) * 2,
                                 (unsigned)aez_rng_below(&rng, 10000000));
    once = size - start;
    for (int i = 1; i < times; i++, size += once)
        memcpy(text + size, text + start, once);
    cr_assert_leq(size, room);
    return size;
}

static size_t zstd_size(const char *text, size_t size)
{
    aez_buf frame;
    size_t  n;
    aez_buf_init(&frame, &plain_mem);
    cr_assert_eq(aez_frame_pack_below(&plain_mem, text, size, 19, SIZE_MAX, &frame), AEZ_OK);
    n = frame.size;
    aez_buf_free(&frame);
    return n;
}

Test(encoder_rows, rows_that_repeat_far_apart_are_stored_with_a_bare_schema)
{
    enum { ROOM = 400000 };
    char             *text = malloc(ROOM);
    size_t            size = repeated_text(text, ROOM, 500, 12), zstd = zstd_size(text, size);
    aez_options       o = options_of(5);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    arrays_bytes      file, back;
    tables_notes      notes;
    o.chunk_bytes = 0;
    cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, &notes), AEZ_END);
    cr_assert(notes.report.n_chunks == 1 && notes.report.n_stored_chunks == 1);
    cr_assert_str_eq(notes.describe, "stored by zstd");
    cr_assert_eq(notes.report.index_bytes, 0, "no index behind a sole chunk");
    cr_assert_lt(notes.report.header_bytes, 100, "the schema is not bare");
    cr_assert_leq(file.size, zstd + 64);
    cr_assert_eq(tables_decode(&o, file.data, file.size, 0, &back), AEZ_OK);
    cr_assert(back.size == size && memcmp(back.data, text, size) == 0);
    free(file.data);
    free(back.data);
    free(text);
}

Test(encoder_rows, no_table_takes_much_more_than_zstd)
{
    enum { ROOM = 60000 };
    char             *text = malloc(ROOM);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    aez_options       o = options_of(5);
    o.chunk_bytes = 0;
    for (int kind = 0; kind < 8; kind++) {
        size_t       size = kind < 4
                                ? repeated_text(text, ROOM, 1 + 40 * kind, kind == 3 ? 1 : 8)
                                : mixed_text(text, ROOM, kind == 4 ? 1 : 60 * (kind - 4), 1, "\n");
        size_t       zstd = zstd_size(text, size);
        arrays_bytes file;
        cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, NULL), AEZ_END);
        cr_assert_leq(file.size, zstd + 64, "kind %d: %zu, zstd -19 %zu", kind, file.size, zstd);
        free(file.data);
    }
    free(text);
}

Test(encoder_rows, the_report_accounts_for_every_byte)
{
    enum { ROOM = 60000 };
    char             *text = malloc(ROOM);
    size_t            size = mixed_text(text, ROOM, 300, 1, "\n");
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    aez_options       o = options_of(1);
    arrays_bytes      file;
    tables_notes      notes;
    for (int sole = 0; sole < 2; sole++) {
        aez_report *r = &notes.report;
        o.chunk_bytes = sole ? 0 : 4096;
        cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, &notes), AEZ_END);
        cr_assert_eq(r->header_bytes + r->model_bytes + r->latent_bytes + r->residual_bytes +
                         r->text_bytes + r->stored_bytes + r->index_bytes, file.size);
        cr_assert_eq(r->index_bytes == 0, sole);
        free(file.data);
    }
    free(text);
}
