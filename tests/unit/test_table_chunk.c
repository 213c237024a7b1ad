/* test_table_chunk.c - tables of text through survey, schema, split and join, byte for byte. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"
#include "codec/table/table.h"

static const aez_mem plain_mem;

/* A whole table and everything made of it. */
typedef struct table {
    csv_reader       *reader;
    const aez_row    *rows;
    size_t            n_rows;
    aez_table_schema  schema, restored;
    aez_table_part    part;
    const int64_t   **k;
    aez_span          side[AEZ_TABLE_SIDES];
    aez_buf           schema_bytes;
} table;

static aez_table_options options_of(char delimiter, aez_mode mode, double bound)
{
    aez_table_options o;
    memset(&o, 0, sizeof o);
    o.delimiter = delimiter;
    o.mode = mode;
    o.bound = bound;
    return o;
}

static void open_table(table *t, const char *text, size_t size, const aez_table_options *options)
{
    aez_table_survey *survey;
    const char       *why;
    aez_rd            in;
    memset(t, 0, sizeof *t);
    cr_assert_eq(csv_reader_create(&t->reader, &plain_mem, options->delimiter, 1 << 24), AEZ_OK);
    cr_assert_eq(csv_reader_push(t->reader, text, size), AEZ_OK);
    cr_assert_eq(csv_reader_finish(t->reader), AEZ_OK);
    cr_assert_eq(csv_reader_rows(t->reader, &t->rows, &t->n_rows), AEZ_OK);
    cr_assert_eq(aez_table_survey_create(&survey, &plain_mem), AEZ_OK);
    cr_assert_eq(aez_table_survey_push(survey, t->rows, t->n_rows), AEZ_OK);
    cr_assert_eq(aez_table_schema_choose(&t->schema, &plain_mem, survey, options, &why), AEZ_OK,
                 "%s", why);
    aez_table_survey_destroy(survey);
    aez_buf_init(&t->schema_bytes, &plain_mem);
    aez_table_schema_put(&t->schema, &t->schema_bytes);
    aez_rd_init(&in, t->schema_bytes.data, t->schema_bytes.size);
    cr_assert_eq(aez_table_schema_get(&t->restored, &plain_mem, &in), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    t->rows += t->schema.n_head_rows;
    t->n_rows -= t->schema.n_head_rows;
    cr_assert_eq(aez_table_split(&t->schema, &plain_mem, t->rows, t->n_rows, &t->part), AEZ_OK);
    t->k = malloc((t->part.layout.n_fields + 1) * sizeof *t->k);
    for (uint32_t f = 0; f < t->part.layout.n_fields; f++)
        t->k[f] = t->part.fields[f].k;
    for (int i = 0; i < AEZ_TABLE_SIDES; i++)
        t->side[i] = (aez_span){ t->part.side[i].data, t->part.side[i].size };
}

static void close_table(table *t)
{
    free(t->k);
    aez_buf_free(&t->schema_bytes);
    aez_table_part_free(&t->part);
    aez_table_schema_free(&t->schema);
    aez_table_schema_free(&t->restored);
    csv_reader_destroy(t->reader);
}

/* The text made from the schema as it was read back. */
static aez_buf join_table(const table *t)
{
    aez_buf out;
    aez_buf_init(&out, &plain_mem);
    aez_put(&out, t->restored.head, t->restored.head_size);
    cr_assert_eq(aez_table_join(&t->restored, &plain_mem, t->n_rows, t->k, t->side, SIZE_MAX, &out),
                 AEZ_OK);
    return out;
}

static void check_layout(const table *t)
{
    aez_table_layout layout;
    cr_assert_eq(aez_table_layout_get(&layout, &t->restored, &plain_mem, t->n_rows,
                                      t->side[0].bytes, t->side[0].size), AEZ_OK);
    cr_assert_eq(layout.n_fields, t->part.layout.n_fields);
    for (uint32_t f = 0; f < layout.n_fields; f++) {
        const aez_table_field *a = &layout.fields[f], *b = &t->part.layout.fields[f];
        cr_assert(a->column == b->column && a->is_mask == b->is_mask && a->step == b->step &&
                  a->mask_field == b->mask_field && a->image_width == b->image_width &&
                  a->image_scale == b->image_scale);
        cr_assert((t->part.fields[f].skip != NULL) == (b->mask_field >= 0));
    }
    aez_table_layout_free(&layout);
}

static void lossless(const char *text, size_t size, char delimiter)
{
    table             t;
    aez_table_options o = options_of(delimiter, AEZ_LOSSLESS, 0);
    size_t            row;
    open_table(&t, text, size, &o);
    check_layout(&t);
    aez_buf out = join_table(&t);
    cr_assert(out.size == size && (size == 0 || memcmp(out.data, text, size) == 0),
              "%.60s: %zu bytes became %zu", text, size, out.size);
    cr_assert_eq(aez_table_check(&t.restored, &plain_mem, t.rows, t.n_rows, t.k, t.side, &row),
                 AEZ_OK);
    aez_buf_free(&out);
    close_table(&t);
}

Test(table_chunk, small_texts_come_back)
{
    static const char *const texts[] = {
        "", "\n", "\n\n\n", "a", "a\n", "a,b\n", "a,b\r\n", "1,2\n3,4\n", "x,y\n1,2\n3,4\n",
        "x,y\r\n1,2\r\n3,4\r\n", "x,y\r\n1,2\n3,4\r\n5,6\n", "1,2\n3,4", "1,2\n3\n4,5,6\n",
        "1,2\n\n3,4\n\n", "\"a\",\"b\"\n\"1\",\"2\"\n", "a;b\n\"x;y\";2\n", "a,\"b\nc\",d\n1,2,3\n",
        "a,\"b\"\"c\",d\n", "\"open,quote\n1,2\n", "\xEF\xBB\xBF" "a,b\n1,2\n",
        "\xEF\xBB\xBF" "1,2\n3,4\n", ",\n,\n,\n", ",,,\n1,,,\n", "NA,1\n2,NA\nNA,NA\n",
        "007,1\n008,2\n", "-0,0\n-0.0,0\n", "1, 2, 3\n4, 5, 6\n", "  1,  22\n 10,   3\n",
        "a\rb\n1\r2\n", "1,2\r\r\n3,4\n", "x\n\n1\n\n2\n", "1e5,1E5,1e+05,100000\n",
        "1.5\n2.25\n-3\n4.\n.5\n+6\n", "\"\"\n\"\"\n", "\"\",\"\"\n1,2\n", "a\"b,c\n1,2\n",
        "\"a\"b,c\n1,2\n", "1,2,\n3,4,\n", " \n  \n", "\t\n1\t2\n"
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        lossless(texts[i], strlen(texts[i]), ',');
        lossless(texts[i], strlen(texts[i]), ';');
        lossless(texts[i], strlen(texts[i]), '\t');
    }
    lossless("a,\0b\n\0,\0\n1,2\n", 13, ',');
}

/* Text of n rows; kinds of columns that real files have, and a few broken rows. */
static aez_buf make_text(unsigned seed, size_t n, int broken, const char *end)
{
    aez_buf b;
    aez_buf_init(&b, &plain_mem);
    uint64_t state = seed * 2654435761u + 1;
    char     line[512];
    aez_put(&b, "id,when,x,single,code,gap,name,note", 35);
    aez_put(&b, end, strlen(end));
    for (size_t i = 0; i < n; i++) {
        static const char *const names[] = { "alpha", "beta, gamma", "\"delta\"", "" };
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned r = (unsigned)(state >> 40);
        float    f = (float)r / 7919.0f;
        int      size, gap = r % 11 == 0;
        char     gap_text[16] = "";
        if (!gap)
            snprintf(gap_text, sizeof gap_text, "%u.%u", r % 37, r % 10);
        const char *name = names[r % 4];
        const char *quoted = r % 4 == 1   ? "\"beta, gamma\""
                             : r % 4 == 2 ? "\"\"\"delta\"\"\""
                                          : name;
        size = snprintf(line, sizeof line,
                        "%zu,2020-01-%02u %02u:00:00,%d.%03u,%.17g,%u,%s,%s,n%u%s", i,
                        1 + (unsigned)i / 24 % 28, (unsigned)i % 24, (int)(r % 2000) - 1000,
                        r % 1000, (double)f, 100 * (r % 5), gap ? (r % 2 ? "NA" : "") : gap_text,
                        quoted, r, end);
        if (broken && r % 97 == 0)
            size = snprintf(line, sizeof line, "broken %u%s", r, end);
        if (broken && r % 89 == 0)
            size = snprintf(line, sizeof line, "1,2,3\n");
        if (broken && r % 83 == 0)
            size = snprintf(line, sizeof line, "x,y,z,\"two\nlines\",u,v,,w%s", end);
        aez_put(&b, line, (size_t)size);
    }
    return b;
}

Test(table_chunk, mixed_tables_come_back)
{
    static const size_t sizes[] = { 1, 2, 3, 10, 300, 3000 };
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int broken = 0; broken < 2; broken++)
            for (int crlf = 0; crlf < 2; crlf++) {
                aez_buf text = make_text(i, sizes[i], broken, crlf ? "\r\n" : "\n");
                lossless((const char *)text.data, text.size, ',');
                lossless((const char *)text.data, text.size - 1, ',');
                aez_buf_free(&text);
            }
}

Test(table_chunk, regular_tables_need_no_side_text)
{
    aez_buf           text = make_text(3, 2000, 0, "\n");
    table             t;
    aez_table_options o = options_of(',', AEZ_LOSSLESS, 0);
    open_table(&t, (const char *)text.data, text.size, &o);
    cr_assert_eq(t.part.n_verbatim, 0);
    cr_assert_eq(t.schema.n_columns, 8);
    cr_assert_eq(t.schema.columns[0].kind, AEZ_COLUMN_DECIMAL);
    cr_assert_eq(t.schema.columns[1].kind, AEZ_COLUMN_STAMP);
    cr_assert_eq(t.schema.columns[1].unit, 3600);
    cr_assert_eq(t.schema.columns[2].kind, AEZ_COLUMN_DECIMAL);
    cr_assert_eq(t.schema.columns[2].places, 3);
    cr_assert_eq(t.schema.columns[3].kind, AEZ_COLUMN_FLOAT);
    cr_assert_eq(t.schema.columns[3].width_bits, 32);
    cr_assert_eq(t.schema.columns[6].kind, AEZ_COLUMN_DICTIONARY);
    cr_assert(t.schema.columns[4].n_entries || t.schema.columns[4].unit == 100);
    cr_assert_eq(t.schema.columns[7].kind, AEZ_COLUMN_TEXT);
    cr_assert(t.schema.columns[5].name.size == 3 &&
              memcmp(t.schema.columns[5].name.text, "gap", 3) == 0);
    close_table(&t);
    aez_buf_free(&text);
}

Test(table_chunk, digits_below_the_coarse_grid_are_kept_apart)
{
    aez_buf           text;
    table             t;
    aez_table_options o = options_of(',', AEZ_LOSSLESS, 0);
    uint64_t          state = 5;
    aez_buf_init(&text, &plain_mem);
    for (int i = 0; i < 3000; i++) {
        char line[64];
        state = state * 6364136223846793005u + 1442695040888963407u;
        double x = (double)(int32_t)(state >> 32) / 1.2e9, y = x * x * x / 7;
        int    size = i % 500 == 7 ? snprintf(line, sizeof line, "oops,NA\n")
                                   : snprintf(line, sizeof line, "%.5g,%.6g\n", x, y);
        aez_put(&text, line, (size_t)size);
    }
    open_table(&t, (const char *)text.data, text.size, &o);
    cr_assert(t.schema.columns[0].has_fine && t.schema.columns[1].has_fine);
    check_layout(&t);
    close_table(&t);
    lossless((const char *)text.data, text.size, ',');
    aez_buf_free(&text);
}

/* Restored values anywhere in the interval that the step allows. */
static void coarsen(table *t, unsigned seed)
{
    uint64_t state = seed + 77;
    for (uint32_t f = 0; f < t->part.layout.n_fields; f++) {
        int64_t S = (int64_t)t->part.fields[f].step, *k = t->part.fields[f].k;
        for (size_t r = 0; S > 1 && r < t->n_rows; r++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            int64_t p = (int64_t)(state >> 34) - (1 << 29), a = k[r] - p + S / 2;
            k[r] = p + (a / S - (a % S < 0)) * S;
        }
    }
}

Test(table_chunk, bounds_hold_for_whatever_the_step_allows)
{
    static const struct {
        aez_mode mode;
        double   bound;
    } bounds[] = { { AEZ_ABS, 0.5 },  { AEZ_ABS, 0.05 }, { AEZ_ABS, 0.003 }, { AEZ_ABS, 1e-9 },
                   { AEZ_ABS, 1000 }, { AEZ_REL, 1e-2 }, { AEZ_REL, 1e-3 },  { AEZ_REL, 1e-6 },
                   { AEZ_REL, 0 },    { AEZ_REL, 1 },    { AEZ_ABS, 1e300 }, { AEZ_ABS, 0.1 } };
    for (unsigned i = 0; i < sizeof bounds / sizeof *bounds; i++)
        for (int broken = 0; broken < 2; broken++) {
            aez_buf           text = make_text(i, 1500, broken, "\n");
            table             t;
            size_t            row;
            aez_table_options o = options_of(',', bounds[i].mode, bounds[i].bound);
            open_table(&t, (const char *)text.data, text.size, &o);
            coarsen(&t, i);
            cr_assert_eq(aez_table_check(&t.restored, &plain_mem, t.rows, t.n_rows, t.k, t.side,
                                         &row), AEZ_OK, "bound %g, row %zu", bounds[i].bound, row);
            for (uint32_t c = 0; c < t.schema.n_columns; c++) {
                const aez_column *column = &t.schema.columns[c];
                cr_assert(column->step == 1 || column->numeric);
                if (column->step > 1 && bounds[i].mode == AEZ_ABS)
                    cr_assert(column->epsilon <= bounds[i].bound);
            }
            close_table(&t);
            aez_buf_free(&text);
        }
}

Test(table_chunk, bounded_numbers_are_no_odd_cells)
{
    static const double bounds[] = { 0.5, 0.1, 0.05, 0.01, 0.003 };
    aez_buf             text;
    uint64_t            state = 3;
    aez_buf_init(&text, &plain_mem);
    for (int i = 0; i < 800; i++) {
        char line[64];
        state = state * 6364136223846793005u + 1442695040888963407u;
        int size = snprintf(line, sizeof line, "%.2f,%.9g\n", (double)(int32_t)(state >> 32) / 1e7,
                            (double)(int32_t)state / 1e7);
        aez_put(&text, line, (size_t)size);
    }
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        table             t;
        size_t            row;
        aez_table_options o = options_of(',', AEZ_ABS, bounds[i]);
        open_table(&t, (const char *)text.data, text.size, &o);
        cr_assert_eq(t.part.n_odd_cells, 0);
        cr_assert_gt(t.schema.columns[1].step, 1);
        coarsen(&t, (unsigned)i);
        cr_assert_eq(aez_table_check(&t.schema, &plain_mem, t.rows, t.n_rows, t.k, t.side, &row),
                     AEZ_OK);
        close_table(&t);
    }
    aez_buf_free(&text);
}

/* Steps that merge hardly any of few values are mostly empty: the table of values is kept. */
Test(table_chunk, few_values_stay_exact_under_a_bound_that_merges_none)
{
    static const struct {
        double bound;
        int    exact;
    } cases[] = {{0.02, 1}, {0.1, 1}, {80, 0}};
    aez_buf  text;
    uint64_t state = 3;
    aez_buf_init(&text, &plain_mem);
    for (int i = 0; i < 4000; i++) {
        char line[64];
        state = state * 6364136223846793005u + 1442695040888963407u;
        double v = (double)(state >> 59); /* 32 values, unevenly spaced, each on 3 % of the rows */
        int    size = snprintf(line, sizeof line, "%.3f,%.3f\n", v * v * 0.4791 + 0.25,
                               (double)(state >> 58) * 3.017 + 0.25); /* and 64 on a grid */
        aez_put(&text, line, (size_t)size);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        table             t;
        aez_table_options o = options_of(',', AEZ_ABS, cases[i].bound);
        open_table(&t, (const char *)text.data, text.size, &o);
        for (int c = 0; c < 2; c++)
            cr_assert_eq(t.schema.columns[c].step == 1, cases[i].exact, "bound %g, column %d",
                         cases[i].bound, c);
        close_table(&t);
    }
    aez_buf_free(&text);
}

Test(table_chunk, check_notices_what_is_out_of_bound)
{
    aez_buf           text = make_text(5, 500, 0, "\n");
    table             t;
    size_t            row;
    aez_table_options o = options_of(',', AEZ_ABS, 0.5);
    open_table(&t, (const char *)text.data, text.size, &o);
    for (uint32_t f = 0; f < t.part.layout.n_fields; f++) {
        int64_t step = (int64_t)t.part.fields[f].step;
        if (t.part.layout.fields[f].is_mask)
            continue;
        size_t r = 123;
        while (t.part.fields[f].skip && t.part.fields[f].skip[r])
            r++;
        t.part.fields[f].k[r] += step > 1 ? step : 1;
        cr_assert_neq(aez_table_check(&t.schema, &plain_mem, t.rows, t.n_rows, t.k, t.side, &row),
                      AEZ_OK);
        cr_assert_eq(row, r);
        t.part.fields[f].k[r] -= step > 1 ? step : 1;
    }
    cr_assert_eq(aez_table_check(&t.schema, &plain_mem, t.rows, t.n_rows, t.k, t.side, &row),
                 AEZ_OK);
    close_table(&t);
    aez_buf_free(&text);
}

Test(table_chunk, rules_choose_columns_by_name_and_number)
{
    const char       *text = "a,b\n1.25,10.5\n2.75,20.5\n3.25,30.25\n9.125,1.75\n4.5,2\n";
    aez_table_rule    rule = { "a", AEZ_ABS, 0.5 };
    aez_table_options o = options_of(',', AEZ_LOSSLESS, 0);
    table             t;
    o.rules = &rule;
    o.n_rules = 1;
    open_table(&t, text, strlen(text), &o);
    cr_assert_gt(t.schema.columns[0].step, 1);
    cr_assert_eq(t.schema.columns[1].step, 1);
    close_table(&t);
    rule.name = "2";
    open_table(&t, text + 4, strlen(text) - 4, &o);
    cr_assert_eq(t.schema.columns[0].step, 1);
    cr_assert_gt(t.schema.columns[1].step, 1);
    close_table(&t);
}

Test(table_chunk, senseless_rules_are_refused)
{
    static const struct {
        aez_table_rule rule;
        aez_mode       mode;
        double         bound;
    } cases[] = {
        { { "b", AEZ_ABS, 1 }, AEZ_LOSSLESS, 0 },   { { "zz", AEZ_ABS, 1 }, AEZ_LOSSLESS, 0 },
        { { "a", AEZ_PWREL, 1 }, AEZ_LOSSLESS, 0 }, { { "a", AEZ_ABS, -1 }, AEZ_LOSSLESS, 0 },
        { { "a", AEZ_ABS, NAN }, AEZ_LOSSLESS, 0 }, { { "a", AEZ_LOSSLESS, 0 }, AEZ_PSNR, 1 },
    };
    const aez_cell c0[] = { { "a", 1 }, { "b", 1 } }, c1[] = { { "1.5", 3 }, { "x", 1 } };
    const aez_row  rows[] = { { "a,b\n", 4, c0, 2 },
                              { "1.5,x\n", 6, c1, 2 },
                              { "1.5,x\n", 6, c1, 2 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aez_table_survey *s;
        aez_table_schema  schema;
        const char       *why = NULL;
        aez_table_options o = options_of(',', cases[i].mode, cases[i].bound);
        o.rules = &cases[i].rule;
        o.n_rules = 1;
        cr_assert_eq(aez_table_survey_create(&s, &plain_mem), AEZ_OK);
        cr_assert_eq(aez_table_survey_push(s, rows, 3), AEZ_OK);
        cr_assert_eq(aez_table_schema_choose(&schema, &plain_mem, s, &o, &why), AEZ_ERR_OPTION);
        cr_assert(why && *why);
        aez_table_schema_free(&schema);
        aez_table_survey_destroy(s);
    }
}

Test(table_chunk, survey_does_not_depend_on_the_split_of_rows)
{
    aez_buf           text = make_text(9, 9000, 1, "\n"), first;
    aez_table_options o = options_of(',', AEZ_REL, 1e-3);
    table             t;
    const char       *why;
    open_table(&t, (const char *)text.data, text.size, &o);
    aez_buf_init(&first, &plain_mem);
    for (size_t step = 1; step < 20000; step *= 100) {
        aez_table_survey *s;
        aez_table_schema  schema;
        aez_buf           bytes;
        const aez_row    *rows = t.rows - t.schema.n_head_rows;
        size_t            n = t.n_rows + t.schema.n_head_rows;
        cr_assert_eq(aez_table_survey_create(&s, &plain_mem), AEZ_OK);
        for (size_t r = 0; r < n; r += step)
            cr_assert_eq(aez_table_survey_push(s, rows + r, n - r < step ? n - r : step), AEZ_OK);
        cr_assert_eq(aez_table_schema_choose(&schema, &plain_mem, s, &o, &why), AEZ_OK);
        aez_buf_init(&bytes, &plain_mem);
        aez_table_schema_put(&schema, &bytes);
        cr_assert(bytes.size == t.schema_bytes.size &&
                  memcmp(bytes.data, t.schema_bytes.data, bytes.size) == 0);
        aez_buf_free(&bytes);
        aez_table_schema_free(&schema);
        aez_table_survey_destroy(s);
    }
    close_table(&t);
    aez_buf_free(&text);
}

/* ---- hostile bytes ---- */

static void join_hostile(const aez_table_schema *schema, size_t n_rows, const aez_span *side,
                         uint64_t seed)
{
    aez_table_layout layout;
    aez_buf          out;
    if (aez_table_layout_get(&layout, schema, &plain_mem, n_rows, side[0].bytes, side[0].size) ==
        AEZ_OK) {
        const int64_t **k = calloc(layout.n_fields + 1u, sizeof *k);
        for (uint32_t f = 0; f < layout.n_fields; f++) {
            int64_t *values = malloc((n_rows + 1) * sizeof *values);
            for (size_t r = 0; r < n_rows; r++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                values[r] = (int64_t)seed >> (seed & 63);
                if (layout.fields[f].is_mask)
                    values[r] = (int64_t)(seed >> 62);
            }
            k[f] = values;
        }
        aez_buf_init(&out, &plain_mem);
        (void)aez_table_join(schema, &plain_mem, n_rows, k, side, 1 << 20, &out);
        cr_assert_leq(out.size, (1 << 20) + 8192);
        aez_buf_free(&out);
        for (uint32_t f = 0; f < layout.n_fields; f++)
            free((void *)(uintptr_t)k[f]);
        free(k);
    }
    aez_table_layout_free(&layout);
}

Test(table_chunk, hostile_sides_do_no_harm)
{
    aez_buf           text = make_text(2, 120, 1, "\n");
    table             t;
    aez_table_options o = options_of(',', AEZ_LOSSLESS, 0);
    open_table(&t, (const char *)text.data, text.size, &o);
    for (int s = 0; s < AEZ_TABLE_SIDES; s++) {
        aez_span side[AEZ_TABLE_SIDES];
        memcpy(side, t.side, sizeof side);
        for (size_t n = 0; n < t.side[s].size; n++) {
            uint8_t *cut = malloc(n + 1); /* ends where the bytes end, for the sanitizer */
            memcpy(cut, t.side[s].bytes, n);
            side[s] = (aez_span){ cut, n };
            aez_buf out;
            aez_buf_init(&out, &plain_mem);
            cr_assert_neq(aez_table_join(&t.restored, &plain_mem, t.n_rows, t.k, side, 1 << 20,
                                         &out), AEZ_OK);
            aez_buf_free(&out);
            free(cut);
        }
        uint8_t *copy = malloc(t.side[s].size + 1);
        memcpy(copy, t.side[s].bytes, t.side[s].size);
        side[s] = (aez_span){ copy, t.side[s].size };
        for (size_t bit = 0; bit < t.side[s].size * 8 && bit < 4000; bit++) {
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            join_hostile(&t.restored, t.n_rows, side, bit);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(copy);
    }
    close_table(&t);
    aez_buf_free(&text);
}

Test(table_chunk, hostile_schemas_do_no_harm)
{
    aez_buf           text = make_text(2, 60, 1, "\n");
    table             t;
    aez_table_options o = options_of(',', AEZ_LOSSLESS, 0);
    size_t            refused = 0;
    open_table(&t, (const char *)text.data, text.size, &o);
    for (size_t n = 0; n < t.schema_bytes.size; n++) {
        aez_table_schema schema;
        aez_rd           in;
        uint8_t         *cut = malloc(n + 1);
        memcpy(cut, t.schema_bytes.data, n);
        aez_rd_init(&in, cut, n);
        cr_assert_neq(aez_table_schema_get(&schema, &plain_mem, &in), AEZ_OK);
        aez_table_schema_free(&schema);
        free(cut);
    }
    for (size_t bit = 0; bit < t.schema_bytes.size * 8; bit++) {
        aez_table_schema schema;
        aez_rd           in;
        t.schema_bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        aez_rd_init(&in, t.schema_bytes.data, t.schema_bytes.size);
        if (aez_table_schema_get(&schema, &plain_mem, &in) == AEZ_OK)
            join_hostile(&schema, t.n_rows, t.side, bit);
        else
            refused++;
        aez_table_schema_free(&schema);
        t.schema_bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    cr_assert_gt(refused, 100);
    close_table(&t);
    aez_buf_free(&text);
}

/* ---- memory ---- */

typedef struct meter {
    long live, left;
} meter;

static void *meter_alloc(void *opaque, size_t size)
{
    meter *m = opaque;
    void  *p;
    if (m->left-- <= 0)
        return NULL;
    p = malloc(size);
    m->live += p != NULL;
    return p;
}

static void meter_release(void *opaque, void *block)
{
    meter *m = opaque;
    m->live -= block != NULL;
    free(block);
}

static aez_status whole_road(const aez_mem *mem, const aez_row *rows, size_t n_rows)
{
    aez_table_survey *survey = NULL;
    aez_table_schema  schema, restored;
    aez_table_part    part;
    aez_table_options o = options_of(',', AEZ_LOSSLESS, 0);
    aez_buf           bytes, out;
    aez_rd            in;
    const char       *why;
    aez_status        st;
    memset(&schema, 0, sizeof schema);
    memset(&restored, 0, sizeof restored);
    memset(&part, 0, sizeof part);
    schema.mem = restored.mem = part.mem = mem;
    aez_buf_init(&bytes, mem);
    aez_buf_init(&out, mem);
    st = aez_table_survey_create(&survey, mem);
    if (st == AEZ_OK)
        st = aez_table_survey_push(survey, rows, n_rows);
    if (st == AEZ_OK)
        st = aez_table_schema_choose(&schema, mem, survey, &o, &why);
    if (st == AEZ_OK) {
        aez_table_schema_put(&schema, &bytes);
        aez_rd_init(&in, bytes.data, bytes.size);
        st = bytes.failed ? AEZ_ERR_NOMEM : aez_table_schema_get(&restored, mem, &in);
    }
    if (st == AEZ_OK)
        st = aez_table_split(&schema, mem, rows + 1, n_rows - 1, &part);
    if (st == AEZ_OK) {
        const int64_t *k[32];
        aez_span       side[AEZ_TABLE_SIDES];
        cr_assert_leq(part.layout.n_fields, 32);
        for (uint32_t f = 0; f < part.layout.n_fields; f++)
            k[f] = part.fields[f].k;
        for (int i = 0; i < AEZ_TABLE_SIDES; i++)
            side[i] = (aez_span){ part.side[i].data, part.side[i].size };
        st = aez_table_join(&restored, mem, n_rows - 1, k, side, SIZE_MAX, &out);
    }
    aez_buf_free(&out);
    aez_buf_free(&bytes);
    aez_table_part_free(&part);
    aez_table_schema_free(&restored);
    aez_table_schema_free(&schema);
    aez_table_survey_destroy(survey);
    return st;
}

Test(table_chunk, every_failed_allocation_is_survived)
{
    aez_buf           text = make_text(4, 80, 1, "\n");
    aez_table_options o = options_of(',', AEZ_LOSSLESS, 0);
    table             t;
    long              n = 0;
    open_table(&t, (const char *)text.data, text.size, &o);
    for (aez_status st = AEZ_ERR_NOMEM; st != AEZ_OK; n++) {
        meter   m = { 0, n };
        aez_mem mem = { meter_alloc, meter_release, &m };
        st = whole_road(&mem, t.rows - 1, t.n_rows + 1);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert_eq(m.live, 0, "allocation %ld: %ld blocks left", n, m.live);
    }
    cr_assert_gt(n, 50);
    close_table(&t);
    aez_buf_free(&text);
}
