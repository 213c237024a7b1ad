/* test_family.c - items collected from files: which rows they make, what has to agree, and models
 * that do not depend on how the values came. */
#include <stdio.h>

#include "codec/api/family.h"
#include "tests/support/families.h"
#include "tests/support/hooks.h"

#define ITEMS 24
#define H 4
#define W 5
#define INNER (H * W)
#define GAP (-999)

static float   maps[2][ITEMS * INNER];
static int16_t counts[2][ITEMS * INNER];

/* Two files of one make. */
static void fill(void)
{
    for (int file = 0; file < 2; file++)
        for (int i = 0; i < ITEMS; i++)
            for (int j = 0; j < INNER; j++) {
                int at = i * INNER + j;
                maps[file][at] = 280 + 10 * sinf((float)j) + cosf((float)(i + 3 * file)) +
                                 (float)((at * 7919 + file) % 13) / 50;
                counts[file][at] = (int16_t)(at % 17 == 3 ? GAP : j * 3 + i + file);
            }
}

static aez_field  fields[2] = {{.name = "t", .type = AEZ_F32},
                               {.name = "n", .type = AEZ_I16, .has_missing = 1, .missing = GAP}};
static const uint64_t shape[3] = {ITEMS, H, W};

static aez_schema schema_of(uint32_t n_fields)
{
    return arrays_schema(fields, n_fields, 3, shape);
}

/* Both files, `piece` sites at a time. */
static aez_status collect(const aez_options *o, uint64_t piece, aez_family **f)
{
    aez_schema s = schema_of(2);
    aez_status st;
    fill();
    st = aez_family_create(f, o, &s);
    for (int file = 0; st >= 0 && file < 2; file++) {
        void *columns[2] = {maps[file], counts[file]};
        st = families_file(*f, &s, columns, piece);
        if (st >= 0)
            st = aez_family_note(*f, file ? "second" : "first\nline");
    }
    return st;
}

Test(family, rows_are_items_with_all_their_fields)
{
    aez_options   o = families_options(1);
    aez_family   *f;
    const double *rows;
    size_t        n;
    uint32_t      d;
    cr_assert_eq(collect(&o, 0, &f), AEZ_OK, "%s", aez_family_message(f));
    cr_assert_eq(aez_family_rows(f, &rows, &n, &d), AEZ_OK);
    cr_assert(n == 2 * ITEMS && d == 2 * INNER);
    for (int i = 0; i < 2 * ITEMS; i++)
        for (int j = 0; j < INNER; j++) {
            int     at = i % ITEMS * INNER + j;
            int16_t v = counts[i / ITEMS][at];
            cr_assert_eq(rows[i * 2 * INNER + j], (double)maps[i / ITEMS][at]);
            if (v == GAP)
                cr_assert(isnan(rows[i * 2 * INNER + INNER + j]));
            else
                cr_assert_eq(rows[i * 2 * INNER + INNER + j], v);
        }
    aez_family_destroy(f);
}

Test(family, what_is_no_number_is_nan)
{
    double        v[6] = {1, INFINITY, NAN, -INFINITY, 2.5, -0.0};
    float         filled[1000];
    void         *column = v;
    aez_field     field = {.type = AEZ_F64};
    uint64_t      extent[1] = {6};
    aez_schema    s = arrays_schema(&field, 1, 1, extent);
    aez_options   o = families_options(1);
    aez_family   *f;
    const double *rows;
    size_t        n;
    uint32_t      d;
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    cr_assert_eq(families_file(f, &s, &column, 0), AEZ_OK);
    cr_assert_eq(aez_family_rows(f, &rows, &n, &d), AEZ_OK);
    cr_assert(n == 6 && d == 1 && rows[0] == 1 && isnan(rows[1]) && isnan(rows[2]) &&
              isnan(rows[3]) && rows[4] == 2.5);
    aez_family_destroy(f);
    for (int i = 0; i < 1000; i++)
        filled[i] = i % 10 == 1 ? 1e20f : (float)i / 7;
    extent[0] = 1000;
    field.type = AEZ_F32;
    s = arrays_schema(&field, 1, 1, extent);
    column = filled;
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    cr_assert_eq(families_file(f, &s, &column, 7), AEZ_OK);
    cr_assert_eq(aez_family_rows(f, &rows, &n, &d), AEZ_OK);
    for (int i = 0; i < 1000; i++)
        cr_assert(i % 10 == 1 ? isnan(rows[i]) : rows[i] == (double)filled[i], "a fill value");
    aez_family_destroy(f);
}

Test(family, every_type_gives_its_values)
{
    static const union {
        uint8_t  u8[4];
        int8_t   i8[4];
        uint16_t u16[4];
        int16_t  i16[4];
        uint32_t u32[4];
        int32_t  i32[4];
        uint64_t u64[4];
        int64_t  i64[4];
        float    f32[4];
        double   f64[4];
    } v[] = {{.u8 = {0, 1, 200, 255}},
             {.i8 = {-128, -1, 0, 127}},
             {.u16 = {0, 1, 300, 65535}},
             {.i16 = {-32768, -1, 3, 32767}},
             {.u32 = {0, 1, 70000, UINT32_MAX}},
             {.i32 = {INT32_MIN, -1, 5, INT32_MAX}},
             {.u64 = {0, 1, 1ull << 40, 1ull << 63}},
             {.i64 = {INT64_MIN, -1, 6, 1ll << 50}},
             {.f32 = {-1.5f, 0, 2, 3.25f}},
             {.f64 = {-1.5, 0, 2, 3.1}}};
    static const double want[][4] = {{0, 1, 200, 255},
                                     {-128, -1, 0, 127},
                                     {0, 1, 300, 65535},
                                     {-32768, -1, 3, 32767},
                                     {0, 1, 70000, 4294967295.0},
                                     {-2147483648.0, -1, 5, 2147483647.0},
                                     {0, 1, 0x1p40, 0x1p63},
                                     {-0x1p63, -1, 6, 0x1p50},
                                     {-1.5, 0, 2, 3.25},
                                     {-1.5, 0, 2, 3.1}};
    for (int type = AEZ_U8; type <= AEZ_F64; type++) {
        aez_field     field = {.type = (aez_type)type, .has_missing = 1};
        uint64_t      extent[2] = {2, 2};
        aez_schema    s = arrays_schema(&field, 1, 2, extent);
        aez_options   o = families_options(1);
        void         *column = (void *)(uintptr_t)&v[type - 1];
        aez_family   *f;
        const double *rows;
        size_t        n;
        uint32_t      d;
        field.missing = want[type - 1][2];
        cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
        cr_assert_eq(families_file(f, &s, &column, 0), AEZ_OK);
        cr_assert_eq(aez_family_rows(f, &rows, &n, &d), AEZ_OK);
        cr_assert(n == 2 && d == 2);
        for (int i = 0; i < 4; i++)
            cr_assert(i == 2 ? isnan(rows[i]) : rows[i] == want[type - 1][i], "type %d, %d", type, i);
        aez_family_destroy(f);
    }
}

static const char first_table[] = "id,x,word,y\n1,0.5,a,10\n2,,b,20\n3,1.5,c,x\n4,2.5,d,40\n5,3.5,e,50\n";
static const char second_table[] = "id,x,word,y\n6,4.5,f,60\n7,nan,g,70\n8,6.5\n9,7.5,h,1e3\n";

Test(family, tables_give_their_numbers)
{
    static const double want[9][3] = {{1, 0.5, 10}, {2, NAN, 20},  {3, 1.5, NAN},
                                      {4, 2.5, 40}, {5, 3.5, 50},  {6, 4.5, 60},
                                      {7, NAN, 70}, {8, 6.5, NAN}, {9, 7.5, 1000}};
    aez_options       o = families_options(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    for (size_t piece = 0; piece < 4; piece++) {
        aez_family   *f;
        const double *rows;
        size_t        n;
        uint32_t      d;
        cr_assert_eq(aez_family_create_table(&f, &o, &t), AEZ_OK);
        cr_assert_eq(families_table(f, &o, first_table, piece), AEZ_OK, "%s", aez_family_message(f));
        cr_assert_eq(families_table(f, &o, second_table, piece), AEZ_OK, "%s", aez_family_message(f));
        cr_assert_eq(aez_family_rows(f, &rows, &n, &d), AEZ_OK);
        cr_assert(n == 9 && d == 3, "%zu items of %u", n, d);
        for (int i = 0; i < 27; i++)
            cr_assert(isnan(want[i / 3][i % 3]) ? isnan(rows[i]) : rows[i] == want[i / 3][i % 3],
                      "row %d, column %d: %g", i / 3, i % 3, rows[i]);
        aez_family_destroy(f);
    }
}

/* What a second file is refused for. */
static void check_refused(const aez_schema *second, const char *word)
{
    aez_options o = families_options(1);
    aez_schema  s = schema_of(2);
    aez_family *f;
    fill();
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    cr_assert_eq(aez_family_begin_file(f, second), AEZ_ERR_OPTION, "%s", word);
    cr_assert_not_null(strstr(aez_family_message(f), word), "%s: %s", word, aez_family_message(f));
    cr_assert_eq(aez_family_begin_file(f, &s), AEZ_ERR_STATE);
    aez_family_destroy(f);
}

Test(family, files_have_to_agree_and_the_message_says_in_what)
{
    const uint64_t other[3] = {ITEMS, H, W + 1};
    aez_field      g[2] = {fields[0], fields[1]};
    aez_schema     s = schema_of(1);
    check_refused(&s, "2 fields and this one 1");
    s = arrays_schema(fields, 2, 2, shape);
    check_refused(&s, "3 axes and this one 2");
    s = arrays_schema(fields, 2, 3, other);
    check_refused(&s, "axis 3 has 5 positions");
    s = arrays_schema(g, 2, 3, shape);
    g[0].name = "u";
    check_refused(&s, "\"t\" in the first file and \"u\"");
    g[0] = fields[0];
    g[0].type = AEZ_F64;
    check_refused(&s, "of type f32 in the first file and f64");
    g[0] = fields[0];
    g[1].missing = 5;
    check_refused(&s, "fill value");
    g[1] = fields[1];
    g[0].mode = AEZ_REL; /* a bound is nobody's business here */
    g[0].bound = 1e-3;
    s.shape[0] = 2;
    {
        aez_options o = families_options(1);
        aez_schema  mine = schema_of(2);
        aez_family *f;
        cr_assert_eq(aez_family_create(&f, &o, &mine), AEZ_OK);
        cr_assert_eq(aez_family_begin_file(f, &s), AEZ_OK);
        aez_family_destroy(f);
    }
}

static void check_table_refused(const char *second, const char *word)
{
    aez_options       o = families_options(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    aez_family       *f;
    cr_assert_eq(aez_family_create_table(&f, &o, &t), AEZ_OK);
    cr_assert_eq(families_table(f, &o, first_table, 0), AEZ_OK);
    cr_assert_eq(families_table(f, &o, second, 0), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(f), word), "%s: %s", word, aez_family_message(f));
    aez_family_destroy(f);
}

Test(family, tables_have_to_agree_and_the_message_says_in_what)
{
    aez_options       o = families_options(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    aez_family       *f;
    check_table_refused("id,x,word\n1,2,a\n2,3,b\n3,4,c\n", "4 columns and this one 3");
    check_table_refused("id,z,word,y\n1,2,a,3\n2,3,b,4\n3,4,c,6\n", "\"x\" in the first file and \"z\"");
    check_table_refused("id,x,word,y\n1,a,2,3\n2,b,3,4\n3,c,4,6\n", "numbers in the first file and text");
    cr_assert_eq(aez_family_create_table(&f, &o, &t), AEZ_OK);
    cr_assert_eq(families_table(f, &o, "w\na\nb\nc\n", 0), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(f), "no column of numbers"));
    aez_family_destroy(f);
}

Test(family, calls_in_the_wrong_order_are_errors)
{
    aez_options       o = families_options(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    aez_schema        s = schema_of(1);
    const void       *column = maps[0];
    aez_family       *f;
    aez_trained      *model;
    const double     *rows;
    size_t            n;
    uint32_t          d;
    fill();
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    cr_assert_eq(aez_family_push(f, &column, 1), AEZ_ERR_STATE, "no file yet");
    cr_assert_eq(aez_family_push_rows(f, NULL, 0), AEZ_ERR_STATE, "no table");
    cr_assert_eq(aez_family_train(f, NULL, NULL, 0, &model), AEZ_ERR_OPTION, "no items");
    aez_family_destroy(f);
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    cr_assert_eq(aez_family_begin_file(f, &s), AEZ_OK);
    cr_assert_eq(aez_family_push(f, &column, 1), AEZ_OK);
    cr_assert_eq(aez_family_rows(f, &rows, &n, &d), AEZ_ERR_STATE, "half a file");
    cr_assert_not_null(strstr(aez_family_message(f), "fewer"));
    aez_family_destroy(f);
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    cr_assert_eq(aez_family_begin_file(f, &s), AEZ_OK);
    cr_assert_eq(aez_family_push(f, &column, ITEMS * INNER + 1), AEZ_ERR_STATE, "too much");
    aez_family_destroy(f);
    cr_assert_eq(aez_family_create_table(&f, &o, &t), AEZ_OK);
    cr_assert_eq(aez_family_begin_file(f, &s), AEZ_ERR_STATE, "a table");
    aez_family_destroy(f);
    o.trainer = NULL;
    cr_assert_eq(collect(&o, 0, &f), AEZ_OK);
    cr_assert_eq(aez_family_train(f, NULL, NULL, 0, &model), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(f), "trainer"));
    aez_family_destroy(f);
    aez_family_destroy(NULL);
}

Test(family, items_that_no_model_could_have_are_refused)
{
    const uint64_t large[2] = {2, ((uint64_t)1 << 20) + 1};
    aez_field      field = {.type = AEZ_U8};
    aez_schema     s = arrays_schema(&field, 1, 2, large);
    aez_options    o = families_options(1);
    aez_family    *f;
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(f), "1048576"), "%s", aez_family_message(f));
    aez_family_destroy(f);
    field.type = AEZ_OPAQUE;
    s.shape[1] = 4;
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_ERR_OPTION);
    aez_family_destroy(f);
    o.level = 77;
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(f), "level"));
    aez_family_destroy(f);
}

Test(family, where_there_is_too_much_an_even_sample_of_runs_is_kept)
{
    enum { N = 40000 }; /* items of 4096 values */
    static uint8_t item[4096];
    aez_field      field = {.type = AEZ_U8};
    uint64_t       extent[2] = {N, sizeof item};
    aez_schema     s = arrays_schema(&field, 1, 2, extent);
    aez_options    o = families_options(1);
    const void    *column = item;
    aez_family    *f;
    const double  *rows;
    size_t         n = 0;
    uint32_t       d;
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    cr_assert_eq(aez_family_begin_file(f, &s), AEZ_OK);
    for (int i = 0; i < N; i++)
        cr_assert_eq(aez_family_push(f, &column, sizeof item), AEZ_OK);
    cr_assert_eq(f->stride, 2);
    cr_assert_leq(f->n_kept, AEZ_FAMILY_VALUES);
    cr_assert_eq(f->n_items, N);
    for (size_t b = 0; b < f->n_blocks; b++) {
        cr_assert_eq((f->block[b].number - f->phase) % 2, 0);
        cr_assert(b + 1 == f->n_blocks || f->block[b].n_items == 256);
        n += f->block[b].n_items;
    }
    cr_assert(n >= N / 2 - 256 && n <= N / 2 + 256);
    cr_assert_eq(aez_family_rows(f, &rows, &n, &d), AEZ_ERR_LIMIT, "not all items are there");
    aez_family_destroy(f);
}

/* The bytes of a model of both files; the caller frees them. */
static aez_status train_bytes(const aez_options *o, uint64_t piece, size_t n_targets,
                              arrays_bytes *out)
{
    static const aez_stage_target targets[2] = {{AEZ_REL, 1e-2}, {AEZ_LOSSLESS, 0}};
    const aez_train_task          task = {.n_latent = 1, .epochs = 7, .noise = 0.25};
    aez_family                   *f = NULL;
    aez_trained                  *model = NULL;
    aez_status                    st = collect(o, piece, &f);
    memset(out, 0, sizeof *out);
    if (st >= 0)
        st = aez_family_train(f, &task, targets, n_targets, &model);
    cr_assert(st != AEZ_OK || model != NULL);
    if (model) {
        size_t         size;
        const uint8_t *bytes = aez_trained_bytes(model, &size);
        arrays_append(out, bytes, size);
    }
    aez_trained_destroy(model);
    aez_family_destroy(f);
    return st;
}

Test(family, any_split_and_any_number_of_threads_gives_the_same_model)
{
    static const uint64_t pieces[] = {1, 7, INNER, 3 * INNER + 1};
    size_t                n_runs = 0;
    aez_options           o = families_options(5);
    arrays_bytes          want, got;
    cr_assert_eq(train_bytes(&o, 0, 2, &want), AEZ_OK);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        cr_assert_eq(train_bytes(&o, pieces[i], 2, &got), AEZ_OK);
        cr_assert(got.size == want.size && memcmp(got.data, want.data, want.size) == 0);
        free(got.data);
    }
    o.runner = (aez_runner){arrays_run, &n_runs, 2};
    cr_assert_eq(train_bytes(&o, 0, 2, &got), AEZ_OK);
    cr_assert(got.size == want.size && memcmp(got.data, want.data, want.size) == 0);
    free(got.data);
    free(want.data);
}

static aez_status train_table(const aez_options *o, size_t piece, size_t n_targets,
                              arrays_bytes *out)
{
    static const aez_stage_target targets[2] = {{AEZ_REL, 1e-3}, {AEZ_LOSSLESS, 0}};
    const aez_train_task          task = {.n_latent = 1};
    aez_table_options             t = tables_options(AEZ_LOSSLESS, 0);
    aez_family                   *f = NULL;
    aez_trained                  *model = NULL;
    aez_status                    st = aez_family_create_table(&f, o, &t);
    memset(out, 0, sizeof *out);
    if (st >= 0)
        st = families_table(f, o, first_table, piece);
    if (st >= 0)
        st = families_table(f, o, second_table, piece);
    if (st >= 0)
        st = aez_family_train(f, &task, targets, n_targets, &model);
    if (model) {
        size_t         size;
        const uint8_t *bytes = aez_trained_bytes(model, &size);
        arrays_append(out, bytes, size);
    }
    aez_trained_destroy(model);
    aez_family_destroy(f);
    return st;
}

Test(family, tables_in_any_split_give_the_same_model)
{
    aez_options  o = families_options(2);
    arrays_bytes want, got;
    cr_assert_eq(train_table(&o, 0, 2, &want), AEZ_OK);
    for (size_t piece = 1; piece < 4; piece++) {
        cr_assert_eq(train_table(&o, piece, 2, &got), AEZ_OK);
        cr_assert(got.size == want.size && memcmp(got.data, want.data, want.size) == 0);
        free(got.data);
    }
    free(want.data);
}

/* Allocations fail, each of them or ever rarer ones; afterwards nothing may be left. */
static void check_hooks(aez_status (*train)(const aez_options *, uint64_t, size_t, arrays_bytes *),
                        size_t n_targets, int all)
{
    size_t n = 0;
    for (size_t fail_at = 1; fail_at; fail_at += all ? 1 : 1 + fail_at / 24) {
        hooks_state  state = {.fail_at = fail_at};
        aez_options  o = families_options(1);
        arrays_bytes bytes;
        aez_status   st;
        o.allocator = hooks_mem(&state);
        st = train(&o, 0, n_targets, &bytes);
        free(bytes.data);
        cr_assert_eq(state.n_live, 0, "%zu blocks live, failing at %zu", state.n_live, fail_at);
        n++;
        if (st >= 0 && state.n_requests < fail_at)
            break;
        cr_assert(st == AEZ_ERR_NOMEM || st >= 0, "status %d, failing at %zu", st, fail_at);
    }
    cr_assert_gt(n, 50);
}

static aez_status train_table_64(const aez_options *o, uint64_t piece, size_t n_targets,
                                 arrays_bytes *out)
{
    return train_table(o, (size_t)piece, n_targets, out);
}

Test(family, failing_allocations_leave_nothing_behind)
{
    check_hooks(train_bytes, 0, 1);
    check_hooks(train_table_64, 0, 1);
}

Test(family, failing_allocations_while_stages_are_trained_leave_nothing_behind)
{
    check_hooks(train_bytes, 1, 0);
    check_hooks(train_table_64, 1, 0);
}

Test(family, the_task_reaches_the_trainer_and_its_complaint_the_caller)
{
    aez_options          o = families_options(1);
    const aez_train_task task = {.n_latent = 2};
    const aez_train_task odd = {.n_latent = 1, .channels = 2, .height = 5, .width = 5};
    aez_family          *f;
    aez_trained         *model;
    cr_assert_eq(collect(&o, 0, &f), AEZ_OK);
    cr_assert_eq(aez_family_train(f, &task, NULL, 0, &model), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(f), "one latent is all there is"));
    cr_assert_null(model);
    aez_family_destroy(f);
    cr_assert_eq(collect(&o, 0, &f), AEZ_OK);
    cr_assert_eq(aez_family_train(f, &odd, NULL, 0, &model), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(f), "2 x 5 x 5"), "%s", aez_family_message(f));
    aez_family_destroy(f);
}

Test(family, targets_that_stages_cannot_have_are_refused)
{
    static const aez_stage_target bad[] = {{AEZ_PSNR, 50}, {AEZ_REL, 0}, {AEZ_ABS, NAN},
                                           {AEZ_ABS, -1},  {AEZ_PWREL, 0.1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        aez_options  o = families_options(1);
        aez_family  *f;
        aez_trained *model;
        cr_assert_eq(collect(&o, 0, &f), AEZ_OK);
        cr_assert_eq(aez_family_train(f, NULL, &bad[i], 1, &model), AEZ_ERR_OPTION, "%zu", i);
        aez_family_destroy(f);
    }
}

Test(family, a_model_matches_its_family_and_no_other)
{
    aez_options       o = families_options(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    const uint64_t    other[3] = {1, H + 1, W};
    aez_field         g[2] = {fields[0], fields[1]};
    aez_schema        s;
    aez_family       *f, *h;
    aez_trained      *model, *rows;
    cr_assert_eq(collect(&o, 0, &f), AEZ_OK);
    cr_assert_eq(aez_family_train(f, NULL, NULL, 0, &model), AEZ_OK, "%s", aez_family_message(f));
    cr_assert_eq(aez_family_match(f, model), AEZ_OK, "the family lives on");
    s = arrays_schema(g, 2, 3, other);
    cr_assert_eq(aez_family_create(&h, &o, &s), AEZ_OK);
    cr_assert_eq(aez_family_match(h, model), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(h), "axis 1 of an item has 5"), "%s",
                       aez_family_message(h));
    aez_family_destroy(h);
    s = arrays_schema(g, 2, 3, shape);
    g[1].type = AEZ_U16;
    cr_assert_eq(aez_family_create(&h, &o, &s), AEZ_OK);
    cr_assert_eq(aez_family_match(h, model), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(h), "u16 here and i16 in the model"), "%s",
                       aez_family_message(h));
    aez_family_destroy(h);
    g[1] = fields[1];
    g[1].name = "m";
    cr_assert_eq(aez_family_create(&h, &o, &s), AEZ_OK);
    cr_assert_eq(aez_family_match(h, model), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(h), "\"m\" here and \"n\""));
    aez_family_destroy(h);
    cr_assert_eq(aez_family_create_table(&h, &o, &t), AEZ_OK);
    cr_assert_eq(aez_family_match(h, model), AEZ_ERR_STATE, "no columns yet");
    cr_assert_eq(families_table(h, &o, first_table, 0), AEZ_OK);
    cr_assert_eq(aez_family_match(h, model), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(aez_family_message(h), "arrays"), "%s", aez_family_message(h));
    cr_assert_eq(aez_family_train(h, NULL, NULL, 0, &rows), AEZ_OK, "%s", aez_family_message(h));
    cr_assert_eq(aez_family_match(h, rows), AEZ_OK);
    cr_assert_eq(aez_family_match(f, rows), AEZ_ERR_OPTION);
    aez_trained_destroy(rows);
    aez_family_destroy(h);
    aez_trained_destroy(model);
    aez_family_destroy(f);
}
