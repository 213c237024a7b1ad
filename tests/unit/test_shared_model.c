/* test_shared_model.c - models trained on some files, embedded in others or referred to by them. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>

#include "codec/api/encoder.h"
#include "codec/api/trained.h"
#include "codec/base/rng.h"
#include "tests/support/families.h"
#include "tests/support/hooks.h"

enum { H = 8, W = 6, INNER = H * W, ITEMS = 40 };

/* Maps of one make: a pattern that no neighbour tells, and one number an item. */
static void *maps(aez_type type, uint64_t seed, double noise)
{
    size_t  size = aez_type_size(type);
    char   *v = malloc(ITEMS * INNER * size);
    aez_rng pattern, own;
    double  at[INNER];
    aez_rng_seed(&pattern, 7);
    aez_rng_seed(&own, seed);
    for (int j = 0; j < INNER; j++)
        at[j] = 40 + (double)aez_rng_below(&pattern, 150);
    for (int i = 0; i < ITEMS * INNER; i++) {
        static double level;
        double        x;
        level = i % INNER ? level : (double)aez_rng_below(&own, 41) - 20;
        x = at[i % INNER] + level + noise * ((double)aez_rng_below(&own, 2001) / 1000 - 1);
        if (type == AEZ_U8)
            ((uint8_t *)v)[i] = (uint8_t)x;
        else if (type == AEZ_I16)
            ((int16_t *)v)[i] = (int16_t)lrint(10 * x);
        else
            ((float *)v)[i] = (float)x;
    }
    return v;
}

/* One field of maps. */
typedef struct sample {
    aez_field  field;
    aez_schema schema;
    void      *values;
} sample;

static void open_sample(sample *s, aez_type type, aez_mode mode, double bound, uint64_t seed,
                        double noise)
{
    memset(s, 0, sizeof *s);
    s->field = (aez_field){.name = "map", .type = type, .mode = mode, .bound = bound};
    s->schema = arrays_schema(&s->field, 1, 3, (uint64_t[]){ITEMS, H, W});
    s->values = maps(type, seed, noise);
}

static aez_trained *train(int level, aez_type type, int mean, double noise,
                          const aez_stage_target *targets, size_t n_targets)
{
    aez_options    o = families_options(level);
    aez_train_task task = {.n_latent = 1, .no_latents = mean};
    aez_trained   *model;
    aez_family    *f;
    sample         s;
    open_sample(&s, type, AEZ_LOSSLESS, 0, 1, noise);
    cr_assert_eq(aez_family_create(&f, &o, &s.schema), AEZ_OK);
    cr_assert_eq(families_file(f, &s.schema, &s.values, 0), AEZ_OK);
    free(s.values);
    open_sample(&s, type, AEZ_LOSSLESS, 0, 2, noise);
    cr_assert_eq(families_file(f, &s.schema, &s.values, 100), AEZ_OK);
    cr_assert_eq(aez_family_train(f, &task, targets, n_targets, &model), AEZ_OK, "%s",
                 aez_family_message(f));
    free(s.values);
    aez_family_destroy(f);
    return model;
}

static arrays_bytes encode(const sample *s, const aez_options *o)
{
    arrays_bytes out;
    void        *columns[1] = {s->values};
    cr_assert_eq(arrays_encode(o, &s->schema, columns, 1, 0, &out), AEZ_END);
    return out;
}

static aez_options coding(const aez_trained *model, int refer, int level)
{
    aez_options o = families_options(level);
    o.trained = model;
    o.refer = refer;
    o.model = AEZ_MODEL_BOTH;
    return o;
}

/* Restores a file with some models known; message: at least 300 bytes, or NULL. */
static aez_status decode(const arrays_bytes *file, const aez_trained *const *models, size_t n,
                         void *values, char *message)
{
    aez_decoder *d;
    aez_in       in = {file->data, file->size, 0};
    uint64_t     got;
    aez_status   st;
    cr_assert_eq(aez_decoder_create(&d, NULL), AEZ_OK);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(aez_decoder_add_model(d, models[i]), AEZ_OK);
    st = aez_decoder_push(d, &in);
    if (st >= 0)
        st = aez_decoder_pull(d, &values, ITEMS * INNER, &got);
    if (st >= 0)
        st = aez_decoder_finish(d);
    if (message)
        snprintf(message, 300, "%s", aez_decoder_message(d));
    aez_decoder_destroy(d);
    return st;
}

static void expect_bound(const sample *s, const void *restored, const char *what)
{
    size_t n = (size_t)ITEMS * INNER * aez_type_size(s->field.type);
    if (s->field.mode == AEZ_LOSSLESS) {
        cr_assert_eq(memcmp(s->values, restored, n), 0, "%s", what);
        return;
    }
    for (int i = 0; i < ITEMS * INNER; i++) {
        double x = s->field.type == AEZ_F32 ? (double)((float *)s->values)[i]
                                            : ((int16_t *)s->values)[i];
        double y = s->field.type == AEZ_F32 ? (double)((const float *)restored)[i]
                                            : ((const int16_t *)restored)[i];
        cr_assert_leq(fabs(x - y), s->field.bound, "%s: %d", what, i);
    }
}

Test(shared_model, files_come_back_and_models_pay)
{
    static const struct {
        aez_type type;
        aez_mode mode;
        double   bound;
    } kinds[] = {{AEZ_U8, AEZ_LOSSLESS, 0}, {AEZ_I16, AEZ_LOSSLESS, 0}, {AEZ_I16, AEZ_ABS, 4},
                 {AEZ_F32, AEZ_ABS, 0.25}, {AEZ_F32, AEZ_ABS, 0.02}};
    char *back = malloc(ITEMS * INNER * 4);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        aez_stage_target target = {kinds[k].mode, kinds[k].bound};
        for (int mean = 0; mean < 1 + (k == 3); mean++) {
            int                most = k % 3 ? 3 : 5;
            aez_trained       *model = train(most, kinds[k].type, mean, 0.5, &target, 1);
            aez_trained_about about;
            aez_trained_describe(model, &about);
            cr_assert_gt(about.n_plans, 0);
            for (int level = 1; level <= most; level += most - 1) {
                sample       s;
                arrays_bytes alone, file[2];
                aez_options  o = families_options(level);
                char         what[80];
                open_sample(&s, kinds[k].type, kinds[k].mode, kinds[k].bound, 3, 0.5);
                alone = encode(&s, &o);
                for (int refer = 0; refer < 2; refer++) {
                    o = coding(model, refer, level);
                    file[refer] = encode(&s, &o);
                    snprintf(what, sizeof what, "kind %zu, mean %d, refer %d, level %d", k, mean,
                             refer, level);
                    memset(back, 0, ITEMS * INNER * 4);
                    cr_assert_eq(decode(&file[refer], (const aez_trained *const *)&model,
                                        (size_t)refer, back, NULL),
                                 AEZ_OK, "%s", what);
                    expect_bound(&s, back, what);
                }
                cr_assert_lt(file[1].size, alone.size * 9 / 10, "%s: %zu, alone %zu", what,
                             file[1].size, alone.size);
                cr_assert_geq(file[0].size, file[1].size - 60 + about.body_bytes);
                cr_assert_leq(file[0].size, file[1].size + about.body_bytes);
                free(alone.data);
                free(file[0].data);
                free(file[1].data);
                free(s.values);
            }
            aez_trained_destroy(model);
        }
    }
    free(back);
}

Test(shared_model, a_reference_to_no_known_model_names_it)
{
    aez_stage_target   target = {AEZ_ABS, 0.25};
    aez_trained       *models[3];
    aez_trained_about about;
    sample             s;
    arrays_bytes       file;
    aez_options        o;
    char               message[300], hash[33], *back = malloc(ITEMS * INNER * 4);
    models[0] = train(3, AEZ_F32, 0, 0.5, NULL, 0);
    models[1] = train(3, AEZ_F32, 1, 0.5, &target, 1);
    models[2] = train(3, AEZ_F32, 0, 0.5, &target, 1);
    open_sample(&s, AEZ_F32, AEZ_ABS, 0.25, 3, 0.5);
    o = coding(models[2], 1, 3);
    file = encode(&s, &o);
    aez_trained_describe(models[2], &about);
    for (int i = 0; i < 16; i++)
        snprintf(hash + 2 * i, 3, "%02x", (unsigned)about.hash[i]);
    for (size_t n = 0; n < 3; n++) {
        cr_assert_eq(decode(&file, (const aez_trained *const *)models, n, back, message),
                     AEZ_ERR_MODEL);
        cr_assert_not_null(strstr(message, hash), "%s", message);
    }
    cr_assert_eq(decode(&file, (const aez_trained *const *)models, 3, back, NULL), AEZ_OK);
    expect_bound(&s, back, "three models");
    for (int i = 0; i < 3; i++)
        aez_trained_destroy(models[i]);
    free(s.values);
    free(file.data);
    free(back);
}

Test(shared_model, damage_of_files_is_told)
{
    aez_stage_target target = {AEZ_ABS, 1};
    aez_trained     *model = train(3, AEZ_F32, 0, 0.5, &target, 1);
    char            *back = malloc(ITEMS * INNER * 4);
    for (int refer = 0; refer < 2; refer++) {
        sample       s;
        aez_options  o = coding(model, refer, 3);
        arrays_bytes file, copy;
        open_sample(&s, AEZ_F32, AEZ_ABS, 1, 3, 0.5);
        file = encode(&s, &o);
        for (size_t size = 0; size < file.size; size++) {
            copy = (arrays_bytes){file.data, size, size};
            cr_assert_lt(decode(&copy, (const aez_trained *const *)&model, 1, back, NULL), 0);
        }
        for (size_t bit = 0; bit < 8 * file.size; bit++) {
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            cr_assert_lt(decode(&file, (const aez_trained *const *)&model, 1, back, NULL), 0);
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(file.data);
        free(s.values);
    }
    aez_trained_destroy(model);
    free(back);
}

static void expect_refusal(const aez_options *o, const aez_schema *schema, const char *word)
{
    aez_encoder *e = NULL;
    cr_assert_eq(aez_encoder_create(&e, o, schema, NULL), AEZ_ERR_OPTION, "%s", word);
    cr_assert_not_null(strstr(aez_encoder_message(e), word), "'%s' has no '%s'",
                       aez_encoder_message(e), word);
    aez_encoder_destroy(e);
}

Test(shared_model, what_differs_is_named)
{
    aez_trained *model = train(1, AEZ_I16, 0, 0.5, NULL, 0);
    aez_options  o = coding(model, 1, 1), table = families_options(1);
    aez_field    fields[2] = {{.type = AEZ_I16}, {.type = AEZ_I16}};
    aez_schema   s = arrays_schema(fields, 1, 3, (uint64_t[]){ITEMS, H, W + 1});
    aez_family  *f;
    aez_trained *rows;
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    expect_refusal(&o, &s, "8 x 7");
    s = arrays_schema(fields, 1, 2, (uint64_t[]){ITEMS, INNER});
    expect_refusal(&o, &s, "48");
    s = arrays_schema(fields, 1, 1, (uint64_t[]){ITEMS});
    expect_refusal(&o, &s, "one value");
    s = arrays_schema(fields, 2, 3, (uint64_t[]){ITEMS, H, W});
    expect_refusal(&o, &s, "2");
    s = arrays_schema(fields, 1, 3, (uint64_t[]){ITEMS, H, W});
    fields[0].type = AEZ_U16;
    expect_refusal(&o, &s, "u16");
    fields[0].type = AEZ_F32; /* lossless floats have no even grid */
    o.model = AEZ_MODEL_AUTOENCODER;
    expect_refusal(&o, &s, "f32");
    cr_assert_eq(aez_family_create_table(&f, &table, &t), AEZ_OK);
    cr_assert_eq(families_table(f, &table, "a,b\n1,2\n3,4\n5,7\n", 0), AEZ_OK);
    cr_assert_eq(aez_family_train(f, NULL, NULL, 0, &rows), AEZ_OK);
    aez_family_destroy(f);
    fields[0].type = AEZ_I16;
    o = coding(rows, 1, 1);
    expect_refusal(&o, &s, "tables");
    aez_trained_destroy(rows);
    aez_trained_destroy(model);
}

Test(shared_model, lossless_floats_do_without_hats)
{
    aez_trained *model = train(1, AEZ_F32, 0, 0.5, NULL, 0);
    aez_options  o = coding(model, 1, 1);
    sample       s;
    arrays_bytes file;
    float       *back = malloc(ITEMS * INNER * 4);
    open_sample(&s, AEZ_F32, AEZ_LOSSLESS, 0, 3, 0.5);
    file = encode(&s, &o);
    cr_assert_eq(decode(&file, (const aez_trained *const *)&model, 1, back, NULL), AEZ_OK);
    expect_bound(&s, back, "lossless");
    free(s.values);
    free(file.data);
    free(back);
    aez_trained_destroy(model);
}

/* Values that have nothing in common with the model. */
Test(shared_model, a_model_that_does_not_pay_is_left_out_unless_it_is_wanted)
{
    aez_trained *model = train(2, AEZ_F32, 0, 0.5, NULL, 0);
    float       *back = malloc(ITEMS * INNER * 4);
    for (int refer = 0; refer < 2; refer++) {
        sample       s;
        aez_options  o = coding(model, refer, 2), none = families_options(2);
        arrays_bytes kept, left, alone;
        open_sample(&s, AEZ_F32, AEZ_ABS, 0.25, 3, 0.5);
        for (int i = 0; i < ITEMS * INNER; i++)
            ((float *)s.values)[i] = sinf((float)i / 50) * 100;
        kept = encode(&s, &o);
        o.model = AEZ_MODEL_AUTO;
        left = encode(&s, &o);
        alone = encode(&s, &none);
        cr_assert_eq(left.size, alone.size);
        cr_assert_arr_eq(left.data, alone.data, alone.size);
        cr_assert_gt(kept.size, alone.size);
        cr_assert_leq(kept.size, alone.size + (refer ? 80 : 400), "nothing but the section");
        cr_assert_eq(decode(&left, NULL, 0, back, NULL), AEZ_OK);
        expect_bound(&s, back, "left out");
        free(s.values);
        free(kept.data);
        free(left.data);
        free(alone.data);
    }
    free(back);
    aez_trained_destroy(model);
}

/* The family's maps, moved and stretched: another range, another lattice. */
Test(shared_model, lattices_may_differ)
{
    aez_trained *model = train(3, AEZ_F32, 0, 0.5, NULL, 0);
    float       *back = malloc(ITEMS * INNER * 4);
    for (int i = 0; i < 3; i++) {
        sample       s;
        aez_options  o = coding(model, 1, 3), none = families_options(3);
        arrays_bytes file, alone;
        open_sample(&s, AEZ_F32, AEZ_ABS, 0.1 + 0.37 * i, 3, 0.5);
        ((float *)s.values)[9] = (float)(-1000 * i) / 7; /* the offset of a UNIT lattice */
        file = encode(&s, &o);
        alone = encode(&s, &none);
        cr_assert_lt(file.size, alone.size * 8 / 10, "%zu, alone %zu", file.size, alone.size);
        cr_assert_eq(decode(&file, (const aez_trained *const *)&model, 1, back, NULL), AEZ_OK);
        expect_bound(&s, back, "moved");
        free(s.values);
        free(file.data);
        free(alone.data);
    }
    free(back);
    aez_trained_destroy(model);
}

/* Two encoders in two threads share a model. */
typedef struct work {
    const sample      *s;
    const aez_options *o;
    arrays_bytes       file[2];
} work;

static void encode_one(void *arg, size_t i)
{
    work *w = arg;
    w->file[i] = encode(w->s, w->o);
}

Test(shared_model, encoders_may_share_a_model)
{
    aez_stage_target target = {AEZ_ABS, 0.25};
    aez_trained     *model = train(3, AEZ_F32, 0, 0.5, &target, 1);
    aez_options      o = coding(model, 1, 3);
    size_t           calls = 0;
    sample           s;
    arrays_bytes     first;
    work             w = {.s = &s, .o = &o};
    open_sample(&s, AEZ_F32, AEZ_ABS, 0.25, 3, 0.5);
    first = encode(&s, &o);
    arrays_run(&calls, 2, encode_one, &w);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(w.file[i].size, first.size);
        cr_assert_arr_eq(w.file[i].data, first.data, first.size);
        free(w.file[i].data);
    }
    free(first.data);
    free(s.values);
    aez_trained_destroy(model);
}

Test(shared_model, chunks_and_threads_do_not_change_the_bytes)
{
    aez_stage_target target = {AEZ_ABS, 0.25};
    aez_trained     *model = train(5, AEZ_F32, 0, 0.5, &target, 1);
    sample           s;
    size_t           calls = 0;
    open_sample(&s, AEZ_F32, AEZ_ABS, 0.25, 3, 0.5);
    s.schema.shape[0] = 3 * ITEMS;
    s.values = realloc(s.values, 3 * ITEMS * INNER * 4);
    for (int i = ITEMS * INNER; i < 3 * ITEMS * INNER; i++)
        ((float *)s.values)[i] = ((float *)s.values)[i % (ITEMS * INNER)] + (float)(i % 7) / 9;
    for (int mode = AEZ_MODEL_AUTO; mode <= AEZ_MODEL_BOTH; mode += AEZ_MODEL_BOTH) {
        aez_options  o = coding(model, 1, 5);
        arrays_bytes one, many;
        void        *columns[1] = {s.values};
        o.chunk_bytes = 4096;
        o.model = mode;
        one = encode(&s, &o);
        o.runner.run = arrays_run;
        o.runner.opaque = &calls;
        o.runner.width = 4;
        cr_assert_eq(arrays_encode(&o, &s.schema, columns, 1, 77, &many), AEZ_END);
        cr_assert_eq(one.size, many.size);
        cr_assert_arr_eq(one.data, many.data, one.size);
        free(one.data);
        free(many.data);
    }
    cr_assert_gt(calls, 0);
    free(s.values);
    aez_trained_destroy(model);
}

Test(shared_model, latents_alone_need_no_training)
{
    aez_trained *model = train(3, AEZ_F32, 0, 0.5, NULL, 0);
    aez_options  o = coding(model, 1, 3);
    sample       s;
    arrays_bytes file;
    float       *back = malloc(ITEMS * INNER * 4);
    double       error = 0;
    o.latent_only = 1;
    open_sample(&s, AEZ_F32, AEZ_LOSSLESS, 0, 3, 0.5);
    file = encode(&s, &o);
    cr_assert_lt(file.size, 300);
    cr_assert_eq(decode(&file, (const aez_trained *const *)&model, 1, back, NULL), AEZ_OK);
    for (int i = 0; i < ITEMS * INNER; i++)
        error += fabs((double)back[i] - (double)((float *)s.values)[i]) / (ITEMS * INNER);
    cr_assert_lt(error, 2.0, "%g", error);
    free(s.values);
    free(file.data);
    free(back);
    aez_trained_destroy(model);
}

/* ---- tables ------------------------------------------------------------------------------------- */

/* Columns that are all about one number a row. */
static char *rows_of(uint64_t seed, int n)
{
    char   *text = malloc((size_t)n * 60 + 100);
    size_t  at = (size_t)sprintf(text, "tag,x,y,z\n");
    aez_rng rng;
    aez_rng_seed(&rng, seed);
    for (int i = 0; i < n; i++) {
        double c = (double)aez_rng_below(&rng, 100000) / 100;
        at += (size_t)sprintf(text + at, "%c,%.2f,%.3f,%.1f\n", "pqr"[aez_rng_below(&rng, 3)], c,
                              c + (double)aez_rng_below(&rng, 9) / 1000, c + 17);
    }
    return text;
}

Test(shared_model, tables_come_back)
{
    aez_options       o = families_options(3);
    aez_table_options t = tables_options(AEZ_LOSSLESS, 0);
    aez_stage_target  target = {AEZ_LOSSLESS, 0};
    char             *text[3];
    aez_family       *f;
    aez_trained      *model;
    aez_train_task    task = {.n_latent = 1};
    for (uint64_t i = 0; i < 3; i++)
        text[i] = rows_of(i + 1, 300);
    cr_assert_eq(aez_family_create_table(&f, &o, &t), AEZ_OK);
    cr_assert_eq(families_table(f, &o, text[0], 0), AEZ_OK);
    cr_assert_eq(families_table(f, &o, text[1], 0), AEZ_OK);
    cr_assert_eq(aez_family_train(f, &task, &target, 1, &model), AEZ_OK, "%s",
                 aez_family_message(f));
    aez_family_destroy(f);
    for (int mode = AEZ_MODEL_AUTO; mode <= AEZ_MODEL_BOTH; mode++) {
        for (int refer = 0; refer < 2; refer++) {
            arrays_bytes file, back = {0};
            tables_notes notes;
            aez_decoder *d;
            aez_in       in;
            char         buf[30000];
            aez_out      out = {buf, sizeof buf, 0};
            o = coding(model, refer, 3);
            o.model = mode;
            cr_assert_eq(tables_encode(&o, &t, text[2], strlen(text[2]), 0, &file, &notes), AEZ_END,
                         "%s", notes.message);
            in = (aez_in){file.data, file.size, 0};
            cr_assert_eq(aez_decoder_create(&d, NULL), AEZ_OK);
            cr_assert_eq(aez_decoder_add_model(d, model), AEZ_OK);
            cr_assert_geq(aez_decoder_push(d, &in), 0, "%s", aez_decoder_message(d));
            cr_assert_geq(aez_decoder_pull_text(d, &out), 0);
            cr_assert_eq(aez_decoder_finish(d), AEZ_OK);
            cr_assert_eq(out.pos, strlen(text[2]));
            cr_assert_arr_eq(buf, text[2], out.pos);
            aez_decoder_destroy(d);
            free(file.data);
            free(back.data);
        }
    }
    o = coding(model, 1, 3);
    {
        arrays_bytes file;
        tables_notes notes;
        cr_assert_eq(tables_encode(&o, &t, "tag,x,z\np,1,2\nq,3,4\n", 20, 0, &file, &notes),
                     AEZ_ERR_OPTION);
        cr_assert_not_null(strstr(notes.message, "'y'"), "%s", notes.message);
        free(file.data);
    }
    for (int i = 0; i < 3; i++)
        free(text[i]);
    aez_trained_destroy(model);
}

/* ---- memory ------------------------------------------------------------------------------------- */

Test(shared_model, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_stage_target target = {AEZ_ABS, 1};
    aez_trained     *model = train(1, AEZ_F32, 0, 0.5, &target, 1);
    aez_status       st = AEZ_ERR_NOMEM;
    sample           s;
    open_sample(&s, AEZ_F32, AEZ_ABS, 1, 3, 0.5);
    for (size_t n = 1; st != AEZ_END; n += 1 + n / 4) {
        hooks_state  h = {.fail_at = n};
        aez_options  o = coding(model, 0, 1);
        arrays_bytes file;
        void        *columns[1] = {s.values};
        o.allocator = hooks_mem(&h);
        st = arrays_encode(&o, &s.schema, columns, 1, 0, &file);
        cr_assert(st == AEZ_END || st == AEZ_ERR_NOMEM, "%d", st);
        cr_assert_eq(h.n_live, 0, "request %zu", n);
        free(file.data);
    }
    free(s.values);
    aez_trained_destroy(model);
}
