/* test_latents.c - autoencoders in files: every coder, arrays and tables, damage, threads, reports. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>

#include "cli/csv.h"
#include "codec/base/rng.h"
#include "codec/chunk/latents.h"
#include "tests/support/arrays.h"
#include "tests/support/hooks.h"

#define ITEMS 400
#define SIDE 8
#define INNER (SIDE * SIDE)
#define PATTERNS 3

static const aez_mem plain;

static double gauss(aez_rng *rng)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += (double)aez_rng_below(rng, 1 << 20) / (1 << 20);
    return sum - 6;
}

/* Items are random combinations of a few patterns: no neighbour tells what a latent tells. */
static double *family(uint64_t seed)
{
    static const double noise = 0.004;
    double             *x = malloc(ITEMS * INNER * sizeof *x), pattern[PATTERNS][INNER];
    aez_rng             rng;
    aez_rng_seed(&rng, 7); /* the patterns are the same for every seed */
    for (int p = 0; p < PATTERNS; p++) {
        for (int j = 0; j < INNER; j++)
            pattern[p][j] = gauss(&rng);
    }
    aez_rng_seed(&rng, seed);
    for (int r = 0; r < ITEMS; r++) {
        double c[PATTERNS];
        for (int p = 0; p < PATTERNS; p++)
            c[p] = gauss(&rng);
        for (int j = 0; j < INNER; j++) {
            x[r * INNER + j] = noise * gauss(&rng);
            for (int p = 0; p < PATTERNS; p++)
                x[r * INNER + j] += c[p] * pattern[p][j];
        }
    }
    return x;
}

static aez_options options(int model)
{
    aez_options o;
    aez_options_init(&o);
    o.trainer = aez_trainer_default();
    o.model = model;
    o.latent_only = model == AEZ_MODEL_AUTO;
    o.n_latent = PATTERNS;
    o.n_hidden = 1;
    o.hidden[0] = 8;
    o.train_steps = 100;
    o.level = 2;
    return o;
}

/* One array of the family in some type. */
typedef struct sample {
    aez_field  field[2];
    aez_schema schema;
    void      *column[2], *back[2];
} sample;

static void open_sample(sample *s, aez_type type, aez_mode mode, double bound, uint32_t n_fields)
{
    double *x = family(1), *y = family(2);
    memset(s, 0, sizeof *s);
    for (uint32_t f = 0; f < n_fields; f++) {
        const double *v = f ? y : x;
        size_t        size = aez_type_size(type), n = ITEMS * INNER;
        s->field[f] = (aez_field){.type = type, .mode = mode, .bound = bound};
        s->column[f] = malloc(n * size);
        s->back[f] = calloc(n, size);
        for (size_t i = 0; i < n; i++) {
            double   k = floor(v[i] * 6 + 128);
            uint8_t  b = (uint8_t)(k < 0 ? 0 : k > 255 ? 255 : k);
            int16_t  h = (int16_t)floor(v[i] * 1000);
            float    e = (float)v[i];
            uint8_t *to = (uint8_t *)s->column[f] + i * size;
            if (type == AEZ_U8)
                memcpy(to, &b, 1);
            else if (type == AEZ_I16)
                memcpy(to, &h, 2);
            else if (type == AEZ_F32)
                memcpy(to, &e, 4);
            else
                memcpy(to, &v[i], 8);
        }
    }
    s->schema = arrays_schema(s->field, n_fields, 3, (uint64_t[]){ITEMS, SIDE, SIDE});
    free(x);
    free(y);
}

static void close_sample(sample *s)
{
    for (int f = 0; f < 2; f++) {
        free(s->column[f]);
        free(s->back[f]);
    }
}

static aez_report report_of(const arrays_bytes *file)
{
    aez_decoder *d;
    aez_report   r;
    aez_in       in = {.src = file->data, .size = file->size};
    aez_options  o;
    aez_options_init(&o);
    cr_assert_eq(aez_decoder_create(&d, &o), AEZ_OK);
    while (in.pos < in.size) {
        uint64_t n;
        double  *room = malloc(2 * ITEMS * INNER * sizeof *room);
        void    *columns[2] = {room, room + ITEMS * INNER};
        cr_assert_geq(aez_decoder_push(d, &in), 0);
        while (aez_decoder_pull(d, columns, ITEMS * INNER, &n) == AEZ_OK && n > 0)
            ;
        free(room);
    }
    aez_decoder_report(d, &r);
    aez_decoder_destroy(d);
    return r;
}

static aez_report round_trip(sample *s, const aez_options *o, arrays_bytes *file)
{
    uint64_t n;
    cr_assert_eq(arrays_encode(o, &s->schema, s->column, 1, 0, file), AEZ_END);
    cr_assert_eq(arrays_decode(NULL, file->data, file->size, 1000, 777, s->back, ITEMS * INNER, &n),
                 AEZ_OK);
    cr_assert_eq(n, ITEMS * INNER);
    return report_of(file);
}

static size_t size_with(sample *s, int model, int exact)
{
    aez_options  o = options(model);
    arrays_bytes file;
    aez_report   r;
    size_t       size;
    o.n_latent = PATTERNS * s->schema.n_fields;
    r = round_trip(s, &o, &file);
    for (uint32_t f = 0; exact && f < s->schema.n_fields; f++)
        cr_assert_arr_eq(s->back[f], s->column[f],
                         ITEMS * INNER * aez_type_size(s->field[f].type));
    cr_assert_eq(r.latent_bytes > 0, model != AEZ_MODEL_STAGES);
    size = file.size;
    free(file.data);
    return size;
}

Test(latents, hats_pay_where_items_are_combinations_of_patterns)
{
    static const aez_type types[] = {AEZ_U8, AEZ_I16};
    for (size_t t = 0; t < 2; t++) {
        for (uint32_t n_fields = 1; n_fields <= 2; n_fields++) {
            sample s;
            size_t stages, hat, both;
            open_sample(&s, types[t], AEZ_LOSSLESS, 0, n_fields);
            stages = size_with(&s, AEZ_MODEL_STAGES, 1);
            hat = size_with(&s, AEZ_MODEL_AUTOENCODER, 1);
            both = size_with(&s, AEZ_MODEL_BOTH, 1);
            cr_assert_lt(hat, stages * 3 / 4, "type %d, %u fields: %zu, stages %zu", types[t], n_fields, hat, stages);
            cr_assert_eq(both, hat);
            close_sample(&s);
        }
    }
}

Test(latents, bounds_hold_beside_hats_and_exceptions_are_exact)
{
    sample       s;
    aez_options  o = options(AEZ_MODEL_AUTOENCODER);
    arrays_bytes file;
    aez_report   r;
    open_sample(&s, AEZ_F32, AEZ_ABS, 0.02, 2);
    for (int i = 0; i < ITEMS * INNER; i += 97)
        ((float *)s.column[0])[i] = NAN;
    ((float *)s.column[1])[5] = INFINITY;
    r = round_trip(&s, &o, &file);
    cr_assert_gt(r.latent_bytes, 0);
    cr_assert_eq(r.n_items, 0, "latents do not stand alone here");
    for (int f = 0; f < 2; f++) {
        for (int i = 0; i < ITEMS * INNER; i++) {
            float a = ((float *)s.column[f])[i], b = ((float *)s.back[f])[i];
            cr_assert(isfinite(a) ? fabsf(a - b) <= 0.02f : memcmp(&a, &b, 4) == 0, "%d", i);
        }
    }
    free(file.data);
    close_sample(&s);
}

Test(latents, latents_alone_are_small_and_near_and_keep_exceptions)
{
    static const aez_type types[] = {AEZ_U8, AEZ_I16, AEZ_F32, AEZ_F64};
    for (size_t t = 0; t < 4; t++) {
        sample       s;
        aez_options  o = options(AEZ_MODEL_AUTO);
        arrays_bytes file;
        aez_report   r;
        double       error = 0, power = 0;
        open_sample(&s, types[t], AEZ_LOSSLESS, 0, 1);
        if (types[t] == AEZ_F32)
            ((float *)s.column[0])[33] = NAN;
        r = round_trip(&s, &o, &file);
        cr_assert_eq(r.n_items, ITEMS);
        cr_assert_gt(r.latent_bytes, 0);
        cr_assert_lt(r.latent_bits_per_item, 30);
        cr_assert_lt(file.size, 4000);
        if (types[t] == AEZ_F32) {
            cr_assert(isnan(((float *)s.back[0])[33]));
            for (int i = 0; i < ITEMS * INNER; i++) {
                double a = (double)((float *)s.column[0])[i], b = (double)((float *)s.back[0])[i];
                if (i != 33) {
                    error += (a - b) * (a - b);
                    power += a * a;
                }
            }
            cr_assert_lt(error, 0.02 * power);
        }
        free(file.data);
        close_sample(&s);
    }
}

Test(latents, errors_are_reported_beside_those_of_principal_components)
{
    sample       s;
    aez_options  o = options(AEZ_MODEL_AUTO);
    aez_profile *profile;
    aez_encoder *e;
    arrays_bytes out = {0};
    aez_report   r;
    open_sample(&s, AEZ_I16, AEZ_LOSSLESS, 0, 1);
    cr_assert_eq(arrays_survey(&o, &s.schema, s.column, 1000, &profile), AEZ_OK);
    cr_assert_eq(aez_encoder_create(&e, &o, &s.schema, profile), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)s.column, ITEMS * INNER), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    cr_assert_eq(arrays_drain(e, &out, 0), AEZ_END);
    aez_encoder_report(e, &r);
    cr_assert_eq(r.n_items, ITEMS);
    cr_assert(r.latent_mse > 0 && r.latent_mse < 0.02, "%g", r.latent_mse);
    cr_assert(r.pca_mse > 0 && r.pca_mse < 0.02, "%g", r.pca_mse);
    cr_assert(r.latent_bits_per_item > 5 && r.pca_bits_per_item > 5);
    cr_assert_eq(r.header_bytes + r.model_bytes + r.latent_bytes + r.residual_bytes + r.text_bytes +
                     r.stored_bytes + r.index_bytes, out.size, "every byte is counted");
    aez_encoder_destroy(e);
    aez_profile_destroy(profile);
    free(out.data);
    close_sample(&s);
}

Test(latents, neither_threads_nor_pieces_change_a_byte)
{
    static const int models[] = {AEZ_MODEL_AUTO, AEZ_MODEL_AUTOENCODER};
    for (int m = 0; m < 2; m++) {
        static const uint32_t widths[] = {1, 2, 8};
        arrays_bytes          first = {0};
        sample                s;
        open_sample(&s, AEZ_U8, AEZ_LOSSLESS, 0, 1);
        for (int i = 0; i < 3; i++) {
            size_t       n_calls = 0;
            aez_options  o = options(models[m]);
            arrays_bytes file;
            o.chunk_bytes = 8192; /* several chunks */
            if (widths[i] > 1)
                o.runner = (aez_runner){arrays_run, &n_calls, widths[i]};
            cr_assert_eq(arrays_encode(&o, &s.schema, s.column, 1, (uint64_t[]){0, 777, 64}[i], &file),
                         AEZ_END);
            if (i == 0) {
                first = file;
                continue;
            }
            cr_assert_gt(n_calls, 0);
            cr_assert_eq(file.size, first.size);
            cr_assert_arr_eq(file.data, first.data, first.size);
            free(file.data);
        }
        free(first.data);
        close_sample(&s);
    }
}

Test(latents, a_model_that_does_not_pay_is_left_out)
{
    sample      s;
    aez_rng     rng;
    aez_options o = options(AEZ_MODEL_BOTH);
    arrays_bytes file;
    aez_report   r;
    open_sample(&s, AEZ_U8, AEZ_LOSSLESS, 0, 1);
    aez_rng_seed(&rng, 3);
    for (int i = 0; i < ITEMS * INNER; i++)
        ((uint8_t *)s.column[0])[i] = (uint8_t)aez_rng_below(&rng, 11);
    r = round_trip(&s, &o, &file);
    cr_assert_eq(r.latent_bytes, 0);
    cr_assert_lt(r.model_bytes, 200);
    cr_assert_arr_eq(s.back[0], s.column[0], ITEMS * INNER);
    free(file.data);
    close_sample(&s);
}

static aez_status create_with(const aez_options *o, const aez_schema *schema, void *const *columns)
{
    arrays_bytes file;
    aez_status   st = arrays_encode(o, schema, columns, 1, 0, &file);
    free(file.data);
    return st;
}

Test(latents, large_items_are_learnt_when_a_model_is_asked_for)
{
    sample       s;
    aez_options  o = options(AEZ_MODEL_AUTOENCODER);
    arrays_bytes file;
    aez_schema   wide;
    uint64_t     n;
    open_sample(&s, AEZ_U8, AEZ_LOSSLESS, 0, 1);
    wide = arrays_schema(s.field, 1, 2, (uint64_t[]){4, ITEMS * INNER / 4});
    o.n_latent = 1;
    cr_assert_eq(arrays_encode(&o, &wide, s.column, 1, 0, &file), AEZ_END);
    cr_assert_gt(report_of(&file).latent_bytes, 0);
    cr_assert_eq(arrays_decode(NULL, file.data, file.size, 0, 0, s.back, ITEMS * INNER, &n), AEZ_OK);
    cr_assert_arr_eq(s.back[0], s.column[0], ITEMS * INNER);
    free(file.data);
    close_sample(&s);
}

Test(latents, what_cannot_be_had_is_an_option_error)
{
    sample      s;
    aez_options o = options(AEZ_MODEL_AUTOENCODER);
    open_sample(&s, AEZ_U8, AEZ_LOSSLESS, 0, 1);
    o.n_latent = INNER + 1;
    cr_assert_eq(create_with(&o, &s.schema, s.column), AEZ_ERR_OPTION, "more latents than features");
    o.n_latent = 1;
    o.trainer = NULL;
    cr_assert_eq(create_with(&o, &s.schema, s.column), AEZ_ERR_OPTION, "no trainer");
    o = options(AEZ_MODEL_AUTO);
    s.field[0].mode = AEZ_ABS;
    cr_assert_eq(create_with(&o, &s.schema, s.column), AEZ_ERR_OPTION, "a bound that would not hold");
    s.field[0].mode = AEZ_LATENT;
    cr_assert_eq(create_with(&o, &s.schema, s.column), AEZ_ERR_OPTION, "not a caller's mode");
    o = options(AEZ_MODEL_STAGES);
    o.latent_only = 1;
    cr_assert_eq(create_with(&o, &s.schema, s.column), AEZ_ERR_OPTION, "stages have no latents");
    close_sample(&s);
}

static int cancel(void *opaque, const aez_epoch *now, uint64_t epochs, uint64_t steps)
{
    (void)epochs;
    cr_assert_leq(now->step, steps);
    ++*(int *)opaque;
    return 1;
}

Test(latents, training_can_be_cancelled)
{
    sample      s;
    int         calls = 0;
    aez_options o = options(AEZ_MODEL_AUTOENCODER);
    open_sample(&s, AEZ_U8, AEZ_LOSSLESS, 0, 1);
    o.train_progress = cancel;
    o.train_opaque = &calls;
    cr_assert_eq(create_with(&o, &s.schema, s.column), AEZ_ERR_CANCELLED);
    cr_assert_eq(calls, 1);
    close_sample(&s);
}

Test(latents, damaged_files_are_refused_or_harmless)
{
    static const int models[] = {AEZ_MODEL_AUTO, AEZ_MODEL_AUTOENCODER};
    for (int m = 0; m < 2; m++) {
        sample       s;
        aez_options  o = options(models[m]);
        arrays_bytes file;
        uint64_t     n;
        open_sample(&s, AEZ_U8, AEZ_LOSSLESS, 0, 1);
        cr_assert_eq(arrays_encode(&o, &s.schema, s.column, 1, 0, &file), AEZ_END);
        for (size_t i = 0; i < file.size; i += 1 + file.size / 300) {
            cr_assert_lt(arrays_decode(NULL, file.data, i, 0, 0, s.back, ITEMS * INNER, &n), 0);
            file.data[i] ^= 0x10;
            cr_assert_lt(arrays_decode(NULL, file.data, file.size, 0, 0, s.back, ITEMS * INNER, &n), 0);
            file.data[i] ^= 0x10;
        }
        free(file.data);
        close_sample(&s);
    }
}

/* ---- below the checksum ---------------------------------------------------------------------------- */

/* Two feature fields (one with exceptions behind a mask), one field beside them; 40 items of 6. */
static void lay_out(aez_fieldset *set, const aez_mem *mem, const aez_model *model,
                    const aez_learned *learned)
{
    aez_grid grid;
    aez_grid_init(&grid, (uint64_t[]){40, 6}, 2);
    cr_assert_eq(aez_fieldset_init(set, mem, &grid, 4), AEZ_OK);
    cr_assert_not_null(aez_fieldset_add(set, 1, -1, 0));
    cr_assert_not_null(aez_fieldset_add(set, 3, 0, 1));
    cr_assert_not_null(aez_fieldset_add(set, 1, -1, 0));
    cr_assert_not_null(aez_fieldset_add(set, 1, -1, 0));
    cr_assert_eq(aez_fieldset_use(set, model, learned, (uint32_t[]){1, 3}), AEZ_OK);
}

static void fill(aez_fieldset *set)
{
    aez_rng rng;
    aez_rng_seed(&rng, 11);
    for (int r = 0; r < 40; r++) {
        int64_t c = (int64_t)aez_rng_below(&rng, 400);
        for (int j = 0; j < 6; j++) {
            int at = r * 6 + j;
            set->field[0].k[at] = set->skip[1][at] = at % 50 == 3;
            set->field[1].k[at] = c * (j + 1) + (int64_t)aez_rng_below(&rng, 4);
            set->field[2].k[at] = (int64_t)aez_rng_below(&rng, 9);
            set->field[3].k[at] = 5000 - c * (6 - j);
        }
    }
}

static void teach(aez_learned *learned)
{
    static const aez_model_fields fields = {.n_fields = 2, .n_axes = 1, .shape = {6}};
    aez_model_file                file = {.n_fields = 2, .n_dims = 2, .shape = (uint64_t[]){40, 6}};
    aez_model                     links = {.n_fields = 2, .field = (uint32_t[]){0, 1}};
    aez_fieldset                  set;
    aez_buf                       section, body;
    const uint8_t                *decoder;
    size_t                        size;
    double                x[40 * 12];
    aez_train_task        task = {.rows = x, .n_rows = 40, .n_features = 12, .n_latent = 2, .linear = 1};
    memset(learned, 0, sizeof *learned);
    learned->trainer = aez_trainer_default();
    aez_model_init(&learned->model, &plain);
    lay_out(&set, &plain, &learned->model, NULL);
    fill(&set);
    for (int i = 0; i < 40 * 12; i++)
        x[i] = (double)set.field[i % 12 < 6 ? 1 : 3].k[i / 12 * 6 + i % 6];
    aez_fieldset_free(&set);
    cr_assert_eq(learned->trainer->train(&plain, &task, &learned->encoder, NULL, 0), AEZ_OK);
    decoder = learned->trainer->decoder(learned->encoder, &size);
    aez_buf_init(&section, &plain);
    aez_buf_init(&body, &plain);
    cr_assert_eq(aez_model_body_put(&plain, &fields, decoder, size, NULL, &body), AEZ_OK);
    aez_model_put(&links, body.data, body.size, &section);
    cr_assert_eq(aez_model_get(&learned->model, &file, section.data, section.size), AEZ_OK);
    aez_buf_free(&section);
    aez_buf_free(&body);
}

static void unlearn(aez_learned *learned)
{
    aez_learned_free(learned);
}

static const aez_search_options search = {.level = 2};

Test(latents, every_coder_comes_back_and_damage_is_safe)
{
    aez_learned learned;
    teach(&learned);
    for (int use = AEZ_USE_LATENTS; use <= AEZ_USE_BEST; use++) {
        aez_fieldset    a, b;
        aez_buf         bytes;
        aez_coding_info info, read;
        char            notes[4 * AEZ_NOTE_SIZE];
        aez_rd          in;
        learned.use = (aez_model_use)use;
        aez_buf_init(&bytes, &plain);
        lay_out(&a, &plain, &learned.model, &learned);
        fill(&a);
        cr_assert_eq(aez_fieldset_encode(&a, &search, &bytes, &info, NULL), AEZ_OK);
        cr_assert(use == AEZ_USE_LATENTS ? bytes.data[0] == 1
                  : use == AEZ_USE_HAT   ? bytes.data[0] == 2 || bytes.data[0] == 5
                                         : bytes.data[0] != 1);
        lay_out(&b, &plain, &learned.model, NULL);
        aez_rd_init(&in, bytes.data, bytes.size);
        cr_assert_eq(aez_fieldset_decode(&b, &in, &read, notes), AEZ_OK);
        cr_assert_eq(aez_rd_left(&in), 0);
        for (int f = 0; f < 4; f++)
            cr_assert_eq(memcmp(a.field[f].k, b.field[f].k, 8 * a.grid.n_sites), 0, "field %d", f);
        cr_assert_eq(info.digest, read.digest);
        cr_assert_eq(info.digest != 0, use == AEZ_USE_LATENTS);
        cr_assert_eq(info.latent_bytes, read.latent_bytes);
        cr_assert_eq(read.model_bytes + read.latent_bytes + read.residual_bytes, bytes.size);
        aez_fieldset_free(&b);
        for (size_t i = 0; i < 9 * bytes.size; i++) {
            size_t     size = i < bytes.size ? i : bytes.size, bit = i - bytes.size;
            uint8_t   *copy = malloc(size + 1);
            aez_status st;
            memcpy(copy, bytes.data, size);
            if (i >= bytes.size)
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            aez_rd_init(&in, copy, size);
            lay_out(&b, &plain, &learned.model, NULL);
            st = aez_fieldset_decode(&b, &in, &read, NULL);
            cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT, "%d", st);
            cr_assert(i >= bytes.size || st < 0, "%zu of %zu bytes", i, bytes.size);
            aez_fieldset_free(&b);
            free(copy);
        }
        aez_fieldset_free(&a);
        aez_buf_free(&bytes);
    }
    unlearn(&learned);
}

Test(latents, a_chunk_that_asks_for_a_model_needs_one_that_fits)
{
    aez_learned     learned;
    aez_model       none;
    aez_fieldset    a, b;
    aez_buf         bytes;
    aez_coding_info info;
    aez_rd          in;
    teach(&learned);
    learned.use = AEZ_USE_HAT;
    aez_model_init(&none, &plain);
    aez_buf_init(&bytes, &plain);
    lay_out(&a, &plain, &learned.model, &learned);
    fill(&a);
    cr_assert_eq(aez_fieldset_encode(&a, &search, &bytes, &info, NULL), AEZ_OK);
    for (int wrong = 0; wrong < 4; wrong++) {
        lay_out(&b, &plain, wrong == 0 ? &none : &learned.model, NULL);
        if (wrong == 1)
            b.features.at[1] = UINT32_MAX;
        if (wrong == 2)
            b.field[3].image_width = 32;
        if (wrong == 3)
            learned.model.own.inner = 7;
        aez_rd_init(&in, bytes.data, bytes.size);
        cr_assert_eq(aez_fieldset_decode(&b, &in, &info, NULL), AEZ_ERR_CORRUPT, "%d", wrong);
        aez_fieldset_free(&b);
    }
    learned.model.own.inner = 6;
    aez_fieldset_free(&a);
    aez_buf_free(&bytes);
    unlearn(&learned);
}

Test(latents, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_learned learned;
    teach(&learned);
    for (int use = AEZ_USE_LATENTS; use <= AEZ_USE_BEST; use++) {
        aez_status st = AEZ_ERR_NOMEM;
        learned.use = (aez_model_use)use;
        for (size_t n = 30; st != AEZ_OK; n += 1 + n / 40) { /* the first requests lay out the set */
            hooks_state     h = {0};
            aez_mem         mem = hooks_mem(&h);
            aez_fieldset    a;
            aez_buf         bytes;
            aez_coding_info info;
            aez_buf_init(&bytes, &mem);
            lay_out(&a, &mem, &learned.model, &learned);
            fill(&a);
            h.fail_at = n;
            h.n_requests = 20;
            st = aez_fieldset_encode(&a, &search, &bytes, &info, NULL);
            cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
            aez_fieldset_free(&a);
            aez_buf_free(&bytes);
            cr_assert_eq(h.n_live, 0);
        }
    }
    unlearn(&learned);
}

Test(latents, an_encoder_short_of_memory_tells_and_leaks_nothing)
{
    static const int models[] = {AEZ_MODEL_AUTO, AEZ_MODEL_AUTOENCODER, AEZ_MODEL_BOTH};
    sample           s;
    open_sample(&s, AEZ_U8, AEZ_LOSSLESS, 0, 1);
    for (int m = 0; m < 3; m++) {
        aez_status st = AEZ_ERR_NOMEM;
        for (size_t n = 1; st < 0; n += 1 + n / 3) {
            hooks_state  h = {.fail_at = n};
            aez_options  o = options(models[m]);
            arrays_bytes file;
            o.allocator = hooks_mem(&h);
            o.train_steps = 2;
            st = arrays_encode(&o, &s.schema, s.column, 1, 0, &file);
            cr_assert(st == AEZ_END || st == AEZ_ERR_NOMEM, "%d at %zu", st, n);
            cr_assert_eq(h.n_live, 0, "request %zu", n);
            free(file.data);
        }
    }
    close_sample(&s);
}

/* ---- tables ---------------------------------------------------------------------------------------- */

static char *table_text(size_t *size)
{
    double *x = family(5);
    char   *text = malloc(ITEMS * 200), *at = text;
    at += sprintf(at, "id,a,b,c,d,e,word\n");
    for (int r = 0; r < ITEMS; r++) {
        const double *v = x + r * INNER;
        at += sprintf(at, "%d,%.2f,%.2f,", r * 7 % 400, v[0] * 50, v[1] * 50);
        if (r % 31 != 4)
            at += sprintf(at, "%.2f", v[2] * 50);
        at += sprintf(at, ",%.2f,%.2f,%s\n", v[3] * 50, v[4] * 50, r % 3 ? "up" : "down");
    }
    free(x);
    *size = (size_t)(at - text);
    return text;
}

static aez_report table_trip(const aez_options *o, const char *text, size_t size, char **back,
                             size_t *back_size)
{
    aez_table_options  how = {.delimiter = ','};
    aez_table_profile *profile;
    aez_encoder       *e;
    aez_decoder       *d;
    aez_report         report, read;
    csv_reader        *reader;
    const aez_row     *rows;
    size_t             n_rows;
    arrays_bytes       file = {0}, out = {0};
    aez_in             in;
    aez_status         st;
    char               buf[5000];
    cr_assert_eq(csv_reader_create(&reader, &plain, ',', 1 << 20), AEZ_OK);
    cr_assert_eq(csv_reader_push(reader, text, size), AEZ_OK);
    cr_assert_eq(csv_reader_finish(reader), AEZ_OK);
    cr_assert_eq(csv_reader_rows(reader, &rows, &n_rows), AEZ_OK);
    cr_assert_eq(aez_table_profile_create(&profile, o), AEZ_OK);
    cr_assert_eq(aez_table_profile_push(profile, rows, n_rows), AEZ_OK);
    cr_assert_eq(aez_encoder_create_table(&e, o, &how, profile, NULL, 0), AEZ_OK);
    cr_assert_eq(aez_encoder_push_rows(e, rows, n_rows), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK, "%s", aez_encoder_message(e));
    cr_assert_eq(arrays_drain(e, &file, 0), AEZ_END);
    aez_encoder_report(e, &report);
    aez_encoder_destroy(e);
    aez_table_profile_destroy(profile);
    csv_reader_destroy(reader);
    in = (aez_in){.src = file.data, .size = file.size};
    cr_assert_eq(aez_decoder_create(&d, NULL), AEZ_OK);
    do {
        aez_out piece = {.dst = buf, .size = sizeof buf};
        cr_assert_geq(aez_decoder_push(d, &in), 0, "%s", aez_decoder_message(d));
        st = aez_decoder_pull_text(d, &piece);
        cr_assert_geq(st, 0);
        arrays_append(&out, buf, piece.pos);
    } while (st != AEZ_END);
    aez_decoder_report(d, &read);
    cr_assert_eq(read.latent_bytes, report.latent_bytes);
    cr_assert_eq(read.model_bytes, report.model_bytes);
    cr_assert_eq(read.n_items, report.n_items);
    aez_decoder_destroy(d);
    free(file.data);
    *back = (char *)out.data;
    *back_size = out.size;
    return report;
}

Test(latents, tables_come_back_beside_hats)
{
    size_t      size, back_size;
    char       *text = table_text(&size), *back;
    aez_options o = options(AEZ_MODEL_AUTOENCODER);
    aez_report  r = table_trip(&o, text, size, &back, &back_size);
    cr_assert_gt(r.latent_bytes, 0);
    cr_assert_eq(back_size, size);
    cr_assert_arr_eq(back, text, size);
    free(back);
    free(text);
}

Test(latents, tables_of_latents_keep_text_and_gaps)
{
    size_t      size, back_size;
    char       *text = table_text(&size), *back, *a, *b;
    aez_options o = options(AEZ_MODEL_AUTO);
    aez_report  r = table_trip(&o, text, size, &back, &back_size);
    cr_assert_eq(r.n_items, ITEMS);
    cr_assert_gt(r.latent_mse, 0);
    back = realloc(back, back_size + 1);
    back[back_size] = text[size - 1] = '\0';
    a = text;
    b = back;
    for (int line = 0; line <= ITEMS; line++) {
        char *cell_a = strrchr(strncpy((char[256]){0}, a, strcspn(a, "\n")), ',');
        char *cell_b = strrchr(strncpy((char[256]){0}, b, strcspn(b, "\n")), ',');
        cr_assert_str_eq(cell_a, cell_b, "line %d", line);
        if (line > 0) {
            char *third_a = a, *third_b = b;
            for (int i = 0; i < 3; i++) {
                third_a = strchr(third_a, ',') + 1;
                third_b = strchr(third_b, ',') + 1;
            }
            cr_assert_eq(*third_a == ',', *third_b == ',', "line %d: an empty cell stays empty", line);
        }
        a += strcspn(a, "\n") + 1;
        b += strcspn(b, "\n") + 1;
    }
    free(back);
    free(text);
}
