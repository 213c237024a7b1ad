/* test_encoder_model.c - when a model is learnt, from what, and what the trainer is told. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>

#include "codec/api/encoder.h"
#include "tests/support/hooks.h"
#include "tests/support/tables.h"

#define ITEMS 300
#define INNER 3
#define GAP (-1000)

/* A trainer that writes down what it is asked, and then fails as it is told. */
typedef struct request {
    aez_train_task task;
    uint32_t       hidden[AEZ_MAX_HIDDEN];
    double         rows[ITEMS * 2 * INNER];
} request;

static request    asked[4];
static int        n_asked, n_destroyed;
static aez_status answer;

static aez_status fake_train(const aez_allocator *allocator, const aez_train_task *task,
                             void **model, char *why, size_t why_size)
{
    (void)why;
    (void)why_size;
    request *r = &asked[n_asked++ % 4];
    (void)allocator;
    r->task = *task;
    if (task->n_hidden)
        memcpy(r->hidden, task->hidden, task->n_hidden * sizeof *task->hidden);
    cr_assert_leq(task->n_rows * task->n_features, sizeof r->rows / sizeof *r->rows);
    memcpy(r->rows, task->rows, task->n_rows * task->n_features * sizeof *task->rows);
    *model = NULL;
    return answer;
}

static const uint8_t *fake_decoder(const void *model, size_t *size)
{
    (void)model;
    *size = 0;
    return NULL;
}

static aez_status fake_encode(const void *model, const double *rows, size_t n_rows,
                              int32_t *latents)
{
    (void)model, (void)rows, (void)n_rows, (void)latents;
    return AEZ_ERR_STATE;
}

static void fake_destroy(void *model)
{
    n_destroyed += model != NULL;
}

static const aez_trainer fake = {
    .train = fake_train, .decoder = fake_decoder, .encode = fake_encode, .destroy = fake_destroy};

static aez_options options_of(int model, int level)
{
    aez_options o;
    aez_options_init(&o);
    o.trainer = &fake;
    o.model = model;
    o.level = level;
    o.latent_step = 0.1;
    o.seed = 42;
    return o;
}

static int32_t first[ITEMS * INNER], second[ITEMS * INNER];
static float   third[ITEMS * INNER];

static void fill(void)
{
    for (int i = 0; i < ITEMS * INNER; i++) {
        first[i] = i * 7 % 1009;
        second[i] = i % 10 == 4 ? GAP : i * i % 211;
        third[i] = i % 10 == 4 ? NAN : sinf((float)i * 0.37f) * 1e3f;
    }
}

/* Fields `first` and `second`; what the encoder answers to all of them. */
static aez_status encode(const aez_options *o, uint32_t n_fields, uint64_t n_items,
                         int with_profile, char *message)
{
    aez_field    f[2] = {{.type = AEZ_I32}, {.type = AEZ_I32, .has_missing = 1, .missing = GAP}};
    uint64_t     shape[2] = {n_items, INNER};
    aez_schema   s = arrays_schema(f, n_fields, 2, shape);
    void        *columns[2] = {first, second};
    aez_profile *profile = NULL;
    aez_encoder *e = NULL;
    aez_status   st = AEZ_OK;
    fill();
    n_asked = 0;
    if (with_profile)
        st = arrays_survey(o, &s, columns, n_items, &profile);
    if (st >= 0)
        st = aez_encoder_create(&e, o, &s, profile);
    aez_profile_destroy(profile);
    if (message)
        strcpy(message, aez_encoder_message(e));
    aez_encoder_destroy(e);
    return st;
}

Test(encoder_model, options_say_whether_one_is_wanted)
{
    for (int model = AEZ_MODEL_AUTO; model <= AEZ_MODEL_BOTH; model++)
        for (int level = 1; level <= 9; level++)
            for (int only = 0; only < 2; only++) {
                aez_options o = options_of(model, level);
                int want = model == AEZ_MODEL_AUTO ? level >= 6 || only : model != AEZ_MODEL_STAGES;
                o.latent_only = only;
                cr_assert_eq(aez_model_is_wanted(&o) != 0, want, "model %d, level %d, %d", model,
                             level, only);
                o.trainer = NULL;
                cr_assert_not(aez_model_is_wanted(&o));
            }
}

Test(encoder_model, the_trainer_gets_the_features_of_items_and_the_defaults)
{
    aez_options    o = options_of(AEZ_MODEL_AUTOENCODER, 5);
    const request *r = asked;
    answer = AEZ_ERR_CANCELLED;
    cr_assert_eq(encode(&o, 2, ITEMS, 1, NULL), AEZ_ERR_CANCELLED);
    cr_assert_eq(n_asked, 1);
    cr_assert(r->task.n_rows == ITEMS && r->task.n_features == 2 * INNER);
    cr_assert(r->task.n_latent == 2 * INNER && r->task.n_hidden == 0 && r->task.linear,
              "little data: PCA");
    cr_assert(r->task.scaling == AEZ_SCALE_EACH && r->task.seed == 42 && r->task.latent_step == 0.1);
    cr_assert_gt(r->task.steps, 0);
    for (int j = 0; j < INNER;
         j++) { /* first all of field 0, then all of field 1; gaps are the mean */
        double sum = 0, n = 0;
        for (int i = 0; i < ITEMS; i++) {
            int32_t v = second[i * INNER + j];
            cr_assert_eq(r->rows[i * 2 * INNER + j], first[i * INNER + j]);
            sum += v == GAP ? 0 : v;
            n += v != GAP;
        }
        for (int i = 0; i < ITEMS; i++) {
            int32_t v = second[i * INNER + j];
            cr_assert_float_eq(r->rows[i * 2 * INNER + INNER + j], v == GAP ? sum / n : v, 1e-9);
        }
    }
    cr_assert_eq(encode(&o, 1, ITEMS, 1, NULL), AEZ_ERR_CANCELLED);
    cr_assert(r->task.n_features == INNER && r->task.scaling == AEZ_SCALE_COMMON, "one field of several sites");
}

Test(encoder_model, options_reach_the_trainer)
{
    aez_options    o = options_of(AEZ_MODEL_BOTH, 5);
    const request *r = asked;
    answer = AEZ_ERR_CANCELLED;
    o.n_latent = 2;
    o.n_hidden = 2;
    o.hidden[0] = 9;
    o.hidden[1] = 4;
    o.train_steps = 77;
    o.lambda = 3;
    cr_assert_eq(encode(&o, 2, ITEMS, 1, NULL), AEZ_ERR_CANCELLED);
    cr_assert(r->task.n_latent == 2 && r->task.n_hidden == 2 && r->hidden[0] == 9 &&
              r->hidden[1] == 4);
    cr_assert(r->task.steps == 77 && r->task.lambda == 3 && !r->task.linear);
    o.n_hidden = 0;
    o.latent_only = 1;
    o.n_latent = 0;
    cr_assert_eq(encode(&o, 2, ITEMS, 1, NULL), AEZ_ERR_CANCELLED);
    cr_assert(r->task.n_hidden == 1 && r->hidden[0] == ITEMS * 6 / 8 / 12, "a weight for 8 values");
    cr_assert_not(r->task.linear);
}

Test(encoder_model, the_step_of_latents_is_found_by_pca)
{
    aez_options o = options_of(AEZ_MODEL_BOTH, 5);
    o.latent_step = 0;
    o.n_hidden = 1;
    o.hidden[0] = 8;
    answer = AEZ_ERR_CANCELLED;
    cr_assert_eq(encode(&o, 2, ITEMS, 1, NULL), AEZ_ERR_CANCELLED);
    cr_assert(n_asked == 1 && asked[0].task.linear && asked[0].task.latent_step > 0 &&
              asked[0].task.latent_step < 0.01);
}

Test(encoder_model, only_what_pays_is_tried_unasked)
{
    aez_options o = options_of(AEZ_MODEL_AUTO, 6);
    answer = AEZ_ERR_CANCELLED;
    cr_assert_eq(encode(&o, 2, 64, 1, NULL), AEZ_ERR_CANCELLED);
    cr_assert_eq(encode(&o, 2, 63, 1, NULL), AEZ_OK, "too few items");
    cr_assert_eq(encode(&o, 2, ITEMS, 0, NULL), AEZ_OK, "no profile");
    cr_assert_eq(n_asked, 0);
    o.level = 5;
    cr_assert_eq(encode(&o, 2, ITEMS, 1, NULL), AEZ_OK);
    o = options_of(AEZ_MODEL_STAGES, 9);
    cr_assert_eq(encode(&o, 2, ITEMS, 1, NULL), AEZ_OK);
    cr_assert_eq(n_asked, 0);
}

Test(encoder_model, what_was_asked_for_and_cannot_be_had_is_explained)
{
    char        message[AEZ_MESSAGE_SIZE];
    aez_options o = options_of(AEZ_MODEL_AUTOENCODER, 5);
    answer = AEZ_ERR_OPTION;
    cr_assert_eq(encode(&o, 2, ITEMS, 0, message), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(message, "profile"), "%s", message);
    cr_assert_eq(encode(&o, 2, ITEMS, 1, message), AEZ_ERR_OPTION);
    cr_assert_not_null(strstr(message, "latents"), "%s", message);
    o.chunk_bytes = 4096;
    answer = AEZ_ERR_CANCELLED;
    cr_assert_eq(encode(&o, 2, ITEMS, 1, message), AEZ_ERR_CANCELLED,
                 "items need not fit one chunk");
    cr_assert_eq(n_destroyed, 0);
}

Test(encoder_model, only_fields_on_an_even_grid_have_features)
{
    static const struct {
        aez_mode mode;
        double   bound;
        uint32_t n_features; /* 0: refused */
    } cases[] = { { AEZ_LOSSLESS, 0, 0 },
                  { AEZ_ABS, 0.5, INNER },
                  { AEZ_REL, 1e-3, INNER },
                  { AEZ_PWREL, 0.01, 0 },
                  { AEZ_PSNR, 60, 0 } };
    uint64_t     shape[2] = {ITEMS, INNER};
    void        *column = third;
    aez_options  o = options_of(AEZ_MODEL_AUTOENCODER, 5);
    fill();
    answer = AEZ_ERR_CANCELLED;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aez_field    f = {.type = AEZ_F32, .mode = cases[i].mode, .bound = cases[i].bound};
        aez_schema   s = arrays_schema(&f, 1, 2, shape);
        arrays_bytes file;
        n_asked = 0;
        cr_assert_eq(arrays_encode(&o, &s, &column, 1, 0, &file),
                     cases[i].n_features ? AEZ_ERR_CANCELLED : AEZ_ERR_OPTION, "case %zu", i);
        cr_assert_eq(n_asked, cases[i].n_features > 0);
        cr_assert(!n_asked || asked[0].task.n_features == cases[i].n_features);
        free(file.data);
    }
}

Test(encoder_model, latents_get_a_fine_grid_over_the_range)
{
    static const float values[] = {-3, 5, NAN, 1, 13};
    static const aez_mem plain;
    const aez_field    f = {.type = AEZ_F32};
    aez_survey        *survey;
    aez_lattice        l;
    cr_assert_eq(aez_survey_create(&survey, &plain, &f), AEZ_OK);
    cr_assert_eq(aez_survey_push(survey, values + 1, 1), AEZ_OK);
    cr_assert_not(aez_latent_lattice(&l, AEZ_F32, survey), "no range, no grid");
    cr_assert_eq(aez_survey_push(survey, values, 5), AEZ_OK);
    cr_assert(aez_latent_lattice(&l, AEZ_F32, survey));
    cr_assert(l.kind == AEZ_LATTICE_UNIT && l.offset == -3 && l.unit == 16.0 / (1 << 20) &&
              l.any_error);
    cr_assert(aez_latent_lattice(&l, AEZ_I16, survey) && l.kind == AEZ_LATTICE_INTEGER &&
              l.step == 1);
    aez_survey_destroy(survey);
}

Test(encoder_model, tables_give_their_columns_of_decimals)
{
    enum { ROOM = 20000 };
    char                *text = malloc(ROOM);
    const aez_table_rule exact = {"b", AEZ_LOSSLESS, 0};
    aez_table_options    t = tables_options(AEZ_LOSSLESS, 0);
    aez_options          o = options_of(AEZ_MODEL_AUTOENCODER, 5);
    size_t               size = (size_t)sprintf(text, "a,word,b,c\n");
    arrays_bytes         file;
    for (int i = 0; i < 250; i++)
        size += (size_t)sprintf(text + size, i % 9 == 5 ? "%.2f,w%d,,%d.5\n" : "%.2f,w%d,%d,%d.5\n",
                                i * 0.37, i % 2, i % 9 == 5 ? i * 31 % 877 : i * i % 1009,
                                i * 31 % 877);
    answer = AEZ_ERR_CANCELLED;
    n_asked = 0;
    cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, NULL), AEZ_ERR_CANCELLED);
    cr_assert(n_asked == 1 && asked[0].task.n_rows == 250 && asked[0].task.n_features == 3);
    for (int i = 0; i < 750; i++)
        cr_assert(isfinite(asked[0].rows[i]), "empty cells are the mean");
    free(file.data);
    o.latent_only = 1;
    t.rules = &exact;
    t.n_rules = 1;
    cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, NULL), AEZ_ERR_CANCELLED);
    cr_assert_eq(asked[1].task.n_features, 2, "what is to be exact is no feature of latents alone");
    free(file.data);
    size = (size_t)sprintf(text, "a,b\nx,y\nz,y\n");
    t.n_rules = 0;
    o.latent_only = 0;
    cr_assert_eq(tables_encode(&o, &t, text, size, 0, &file, NULL), AEZ_ERR_OPTION);
    free(file.data);
    free(text);
}
