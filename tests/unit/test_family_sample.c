/* test_family_sample.c - which items stages are trained on, and when the model must not know them. */
#include <stdio.h>

#include "codec/api/family_sample.h"
#include "tests/support/families.h"

/* Files of so many items of `inner` doubles. */
static aez_family *family_of(const uint64_t *n_items, size_t n_files, uint64_t inner)
{
    uint64_t     shape[2] = {1, inner};
    aez_field    field = {.type = AEZ_F64};
    aez_schema   s = arrays_schema(&field, 1, 2, shape);
    aez_options  o = families_options(1);
    aez_family  *f;
    double      *values = calloc(10000 * inner, sizeof *values);
    void        *column = values;
    for (uint64_t i = 0; i < 10000 * inner; i++)
        values[i] = (double)(i % 97);
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    for (size_t i = 0; i < n_files; i++) {
        s.shape[0] = n_items[i];
        cr_assert_eq(families_file(f, &s, &column, 0), AEZ_OK);
    }
    cr_assert_eq(aez_family_settle(f), AEZ_OK);
    free(values);
    return f;
}

Test(family_sample, a_quarter_or_whole_files_are_kept_apart)
{
    static const struct {
        uint64_t n_items[6];
        size_t   n_files;
        uint64_t want;
    } cases[] = {{{7}, 1, 0},
                 {{8}, 1, 6},
                 {{100}, 1, 75},
                 {{110, 110}, 2, 110},
                 {{50, 50, 50, 50}, 4, 150},
                 {{10, 90}, 2, 75},
                 {{95, 5}, 2, 75},
                 {{80, 20}, 2, 80},
                 {{30, 30, 30, 30, 30, 30}, 6, 120},
                 {{1, 1, 1, 1, 1, 95}, 6, 75}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aez_family *f = family_of(cases[i].n_items, cases[i].n_files, 3);
        cr_assert_eq(aez_family_apart(f), cases[i].want, "case %zu: %llu", i,
                     (unsigned long long)aez_family_apart(f));
        aez_family_destroy(f);
    }
}

Test(family_sample, small_families_are_taken_whole)
{
    static const uint64_t n_items[] = {30, 0, 4000, 2};
    aez_family           *f = family_of(n_items, 4, 500); /* several blocks a file */
    aez_family_sample     s;
    uint64_t              n = 0;
    cr_assert_gt(f->n_blocks, 3);
    cr_assert_eq(aez_family_sample_take(f, 0, &s), AEZ_OK);
    cr_assert_eq(s.n_items, 4032);
    for (size_t b = 0; b < f->n_blocks; b++)
        cr_assert(s.skip[b] == 0 && s.take[b] == f->block[b].n_items);
    aez_family_sample_free(f, &s);
    cr_assert_eq(aez_family_sample_take(f, 2030, &s), AEZ_OK);
    cr_assert_eq(s.n_items, 2002);
    for (size_t b = 0; b < f->n_blocks; b++) {
        cr_assert_eq(s.skip[b] + s.take[b], f->block[b].n_items);
        n += s.skip[b];
    }
    cr_assert_eq(n, 2030);
    aez_family_sample_free(f, &s);
    aez_family_destroy(f);
}

Test(family_sample, of_large_families_every_file_gives_its_first_items)
{
    enum { INNER = 1024, CHUNK = (16 << 20) / 8 / INNER }; /* 2048 items */
    static const uint64_t n_items[] = {5000, 100, 3000};
    uint64_t              of_file[3] = {0};
    aez_family           *f = family_of(n_items, 3, INNER);
    aez_family_sample     s;
    cr_assert_eq(aez_family_sample_take(f, 0, &s), AEZ_OK);
    for (size_t b = 0; b < f->n_blocks; b++) {
        uint32_t file = f->block[b].file;
        cr_assert(of_file[file] == 0 || s.take[b] == 0 || s.take[b - 1] == f->block[b - 1].n_items,
                  "one run a file");
        of_file[file] += s.take[b];
    }
    cr_assert(of_file[1] == 100 && of_file[0] == of_file[2] && s.n_items <= CHUNK &&
              s.n_items >= CHUNK - 2);
    aez_family_sample_free(f, &s);
    aez_family_destroy(f);
}

Test(family_sample, more_files_than_items_give_one_each_evenly)
{
    enum { INNER = 1 << 20, FILES = 7 }; /* 2 items make a chunk */
    aez_family        *f = NULL;
    aez_family_sample  s;
    uint64_t           shape[2] = {1, INNER};
    aez_field          field = {.type = AEZ_F64};
    aez_schema         schema = arrays_schema(&field, 1, 2, shape);
    aez_options        o = families_options(1);
    void              *column = calloc(INNER, sizeof(double));
    cr_assert_eq(aez_family_create(&f, &o, &schema), AEZ_OK);
    for (size_t i = 0; i < FILES; i++)
        cr_assert_eq(families_file(f, &schema, &column, 0), AEZ_OK);
    cr_assert_eq(aez_family_settle(f), AEZ_OK);
    cr_assert_eq(aez_family_sample_take(f, 0, &s), AEZ_OK);
    cr_assert_eq(s.n_items, 2);
    cr_assert(s.take[3] == 1 && s.take[6] == 1);
    aez_family_sample_free(f, &s);
    aez_family_destroy(f);
    free(column);
}

/* The provenance tells whether items were kept apart. */
static int is_apart(uint64_t n_items, uint64_t inner, double seconds)
{
    static const aez_stage_target target = {AEZ_LOSSLESS, 0};
    const aez_train_task          task = {.n_latent = 1, .seconds = seconds};
    aez_family                   *f = family_of(&n_items, 1, inner);
    aez_trained                  *model;
    aez_trained_about             about;
    int                           apart;
    cr_assert_eq(aez_family_train(f, &task, &target, 1, &model), AEZ_OK);
    aez_trained_describe(model, &about);
    apart = strstr(about.provenance, "items kept apart") != NULL;
    aez_trained_destroy(model);
    aez_family_destroy(f);
    return apart;
}

Test(family_sample, models_with_many_parameters_must_not_know_the_items)
{
    /* the trainer here says that it has two parameters */
    cr_assert(is_apart(20, 3, 0));
    cr_assert_not(is_apart(22, 3, 0));
    cr_assert_not(is_apart(20, 3, 1), "not twice by the clock");
    cr_assert_not(is_apart(7, 3, 0), "too few");
}

/* Of the rows that the encoder was shown while stages were trained: the first feature. */
static double seen_least, seen_most;

static aez_status watched_encode(const void *model, const double *rows, size_t n, int32_t *latents)
{
    uint32_t n_features, n_latent;
    plain_shape(model, &n_features, &n_latent);
    for (size_t r = 0; r < n; r++) {
        seen_least = fmin(seen_least, rows[r * n_features]);
        seen_most = fmax(seen_most, rows[r * n_features]);
    }
    return plain_encode(model, rows, n, latents);
}

/* Trains on items whose values are all their own number. */
static void watch(uint64_t n_items)
{
    static const aez_stage_target target = {AEZ_ABS, 0.25};
    const aez_train_task          task = {.n_latent = 1};
    aez_trainer                   trainer = plain_trainer;
    uint64_t                      shape[2] = {n_items, 3};
    aez_field                     field = {.type = AEZ_F32};
    aez_schema                    s = arrays_schema(&field, 1, 2, shape);
    aez_options                   o = families_options(1);
    aez_family                   *f;
    aez_trained                  *model;
    float                         values[3 * 100];
    void                         *column = values;
    trainer.encode = watched_encode;
    o.trainer = &trainer;
    for (uint64_t i = 0; i < 3 * n_items; i++)
        values[i] = (float)(i / 3);
    seen_least = INFINITY;
    seen_most = -INFINITY;
    cr_assert_eq(aez_family_create(&f, &o, &s), AEZ_OK);
    cr_assert_eq(families_file(f, &s, &column, 0), AEZ_OK);
    cr_assert_eq(aez_family_train(f, &task, &target, 1, &model), AEZ_OK, "%s", aez_family_message(f));
    aez_trained_destroy(model);
    aez_family_destroy(f);
}

Test(family_sample, stages_see_hats_of_the_items_kept_apart)
{
    watch(20);
    cr_assert(fabs(seen_least - 15) < 0.3 && fabs(seen_most - 19) < 0.3, "%g to %g", seen_least,
              seen_most);
    watch(40);
    cr_assert(fabs(seen_least) < 0.3 && fabs(seen_most - 39) < 0.3, "%g to %g", seen_least,
              seen_most);
}

Test(family_sample, tables_give_the_rows_that_are_kept)
{
    aez_options       o = families_options(1);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    char             *text = malloc(400000), *at = text;
    aez_family       *f;
    aez_family_sample s;
    at += sprintf(at, "a,b\n");
    for (int i = 0; i < 20000; i++)
        at += sprintf(at, "%d,%d.5\n", i, i * i % 1000);
    cr_assert_eq(aez_family_create_table(&f, &o, &t), AEZ_OK);
    cr_assert_eq(families_table(f, &o, text, 0), AEZ_OK);
    cr_assert_eq(aez_family_settle(f), AEZ_OK);
    cr_assert_eq(f->n_blocks, 5);
    cr_assert_eq(aez_family_sample_take(f, 5000, &s), AEZ_OK);
    cr_assert(s.n_items == 15000 && s.take[0] == 0 && s.skip[1] == 904);
    aez_family_sample_free(f, &s);
    aez_row_store_clear(&f->block[1].rows);
    f->block[1].has_rows = 0; /* as where there was no room for them */
    cr_assert_eq(aez_family_sample_take(f, 5000, &s), AEZ_OK);
    cr_assert(s.n_items == 15000 - (8192 - 5000) && s.take[1] == 0);
    aez_family_sample_free(f, &s);
    aez_family_destroy(f);
    free(text);
}
