/* test_trained.c - trained models as files: round trips, damage, and rows to latents and back. */
#include <stdio.h>

#include "codec/api/trained.h"
#include "format/checksum.h"
#include "format/format.h"
#include "tests/support/families.h"
#include "tests/support/hooks.h"

#define ITEMS 12
#define H 2
#define W 3
#define INNER (H * W)

static int16_t values[ITEMS * INNER];

static const aez_field  field = {.name = "height", .type = AEZ_I16};
static const uint64_t   shape[3] = {ITEMS, H, W};

/* A model of a ramp: item i is i above the first. */
static aez_trained *make(const aez_options *o, const aez_train_task *task, size_t n_targets)
{
    static const aez_stage_target target = {AEZ_ABS, 2};
    aez_schema   s = arrays_schema(&field, 1, 3, shape);
    void        *column = values;
    aez_family  *f;
    aez_trained *model;
    for (int i = 0; i < ITEMS * INNER; i++)
        values[i] = (int16_t)(100 * (i % INNER) + i / INNER);
    cr_assert_eq(aez_family_create(&f, o, &s), AEZ_OK);
    cr_assert_eq(families_file(f, &s, &column, 0), AEZ_OK);
    cr_assert_eq(aez_family_note(f, "ramp.i16, 12 x 2 x 3"), AEZ_OK);
    cr_assert_eq(aez_family_train(f, task, &target, n_targets, &model), AEZ_OK, "%s",
                 aez_family_message(f));
    aez_family_destroy(f);
    return model;
}

static const aez_train_task with_latent = {.n_latent = 1, .epochs = 3, .l1 = 0.001};

Test(trained, a_file_gives_the_model_again)
{
    aez_options       o = families_options(2);
    aez_trained      *a = make(&o, &with_latent, 1), *b;
    aez_trained_about x, y;
    size_t            n_a, n_b;
    const uint8_t    *bytes = aez_trained_bytes(a, &n_a);
    char              why[100] = "?";
    cr_assert_eq(aez_trained_load(&b, &o, bytes, n_a, why, sizeof why), AEZ_OK, "%s", why);
    cr_assert_str_eq(why, "");
    cr_assert_eq(memcmp(aez_trained_bytes(b, &n_b), bytes, n_a), 0);
    cr_assert_eq(n_a, n_b);
    aez_trained_describe(a, &x);
    aez_trained_describe(b, &y);
    cr_assert(y.n_fields == 1 && y.n_features == INNER && y.n_latent == 1 && !y.is_table);
    cr_assert(y.channels == 1 && y.height == H && y.width == W);
    cr_assert_str_eq(y.encoder, "mean latent");
    cr_assert_str_eq(y.decoder, "latent spread");
    cr_assert(y.n_parameters == 2 && y.n_curve == 2 && y.curve[1].step == 20 &&
              y.curve[1].train_loss == 2.5 && y.curve[1].rate == 0.005 && isnan(y.curve[0].valid_loss));
    cr_assert(y.float_mse == 0.125 && y.integer_mse == 0.126);
    cr_assert_eq(memcmp(x.hash, y.hash, sizeof x.hash), 0);
    cr_assert(y.file_bytes == n_a && y.body_bytes < n_a && y.decoder_bytes > 0 && y.plan_bytes > 0 &&
              y.decoder_bytes + y.plan_bytes < y.body_bytes && y.n_plans > 0);
    cr_assert_str_eq(x.provenance, y.provenance);
    aez_trained_destroy(a);
    aez_trained_destroy(b);
}

Test(trained, the_hash_is_that_of_the_body_alone)
{
    aez_options       o = families_options(1);
    aez_train_task    task = with_latent;
    aez_trained      *a = make(&o, &task, 0), *b, *c;
    aez_trained_about x, y, z;
    uint8_t           hash[16];
    task.noise = 0.5; /* tells in the provenance only */
    b = make(&o, &task, 0);
    c = make(&o, &task, 1);
    aez_trained_describe(a, &x);
    aez_trained_describe(b, &y);
    aez_trained_describe(c, &z);
    cr_assert_eq(memcmp(x.hash, y.hash, 16), 0);
    cr_assert_neq(memcmp(x.hash, z.hash, 16), 0, "plans are part of it");
    aez_hash128(a->shared.bytes, a->shared.size, hash);
    cr_assert_eq(memcmp(x.hash, hash, 16), 0);
    cr_assert_str_neq(x.provenance, y.provenance);
    cr_assert_not_null(strstr(y.provenance, "\nnoise: 0.5\n"), "%s", y.provenance);
    aez_trained_destroy(a);
    aez_trained_destroy(b);
    aez_trained_destroy(c);
}

Test(trained, the_provenance_tells_what_was_done)
{
    static const char *const lines[] = {"aez: 0.1.0\n",
                                        "\nseed: 5\n",
                                        "\nlevel: 2\n",
                                        "\nfile: ramp.i16, 12 x 2 x 3\n",
                                        "\nitems: 12\n",
                                        "\nfeatures: 6\n",
                                        "\nepochs at most: 3\n",
                                        "\nl1: 0.001\n",
                                        "\nencoder: mean latent\n",
                                        "\nparameters: 2\n",
                                        "\nepochs: 2\n",
                                        "\nsteps: 20\n",
                                        "\ntraining loss: 2.5\n",
                                        "\nvalidation loss: 3\n",
                                        "\nsquared error with integers: 0.126\n",
                                        "\nstages for abs: 2\n"};
    aez_options       o = families_options(2);
    aez_trained      *t;
    aez_trained_about about;
    o.seed = 5;
    t = make(&o, &with_latent, 1);
    aez_trained_describe(t, &about);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_assert_not_null(strstr(about.provenance, lines[i]), "%s in %s", lines[i],
                           about.provenance);
    cr_assert_null(strstr(about.provenance, "optimizer"), "defaults are not told");
    aez_trained_destroy(t);
}

Test(trained, rows_become_latents_and_come_back)
{
    aez_options  o = families_options(1);
    aez_trained *t = make(&o, &with_latent, 0);
    double       rows[3 * INNER], z[3], back[3 * INNER], exact[3 * INNER], offset, scale;
    for (int i = 0; i < 3 * INNER; i++)
        rows[i] = 100 * (i % INNER) + i / INNER;
    rows[INNER] = NAN;
    cr_assert_eq(aez_trained_encode(t, rows, 3, z), AEZ_OK);
    cr_assert_float_eq(z[0], -5.5 / PLAIN_STEP, 1e-9);
    cr_assert_float_eq(z[1], -4.5 * 5 / 6 / PLAIN_STEP, 1e-9);
    z[2] = 3.6;
    cr_assert_eq(aez_trained_decode(t, z, 3, back), AEZ_OK);
    cr_assert_eq(aez_trained_decode_float(t, z, 3, exact), AEZ_OK);
    for (int j = 0; j < INNER; j++) {
        cr_assert_float_eq(back[j], 100 * j + 5.5 - 22 * PLAIN_STEP, 1e-9);
        cr_assert_float_eq(back[2 * INNER + j], 100 * j + 5.5 + 4 * PLAIN_STEP, 1e-9, "rounded");
        cr_assert_float_eq(exact[2 * INNER + j], 100 * j + 5.5 + 3.6 * PLAIN_STEP, 1e-9);
    }
    z[0] = NAN;
    z[1] = 1e300;
    z[2] = -INFINITY;
    cr_assert_eq(aez_trained_decode(t, z, 3, back), AEZ_OK);
    cr_assert(back[0] == 5.5 && back[INNER] == 5.5 + 32767 * PLAIN_STEP &&
              back[2 * INNER] == 5.5 - 32767 * PLAIN_STEP);
    aez_trained_scaling(t, 2, &offset, &scale);
    cr_assert(offset == 205.5 && scale == 1);
    aez_trained_scaling(t, INNER, &offset, &scale);
    cr_assert(offset == 0 && scale == 1, "no such feature");
    aez_trained_destroy(t);
}

Test(trained, many_rows_are_restored_in_batches)
{
    enum { N = 50000 };
    aez_options  o = families_options(1);
    aez_trained *t = make(&o, &with_latent, 0);
    double      *z = malloc(N * sizeof *z), *rows = malloc(N * INNER * sizeof *rows);
    for (int i = 0; i < N; i++)
        z[i] = i % 1000;
    cr_assert_eq(aez_trained_decode(t, z, N, rows), AEZ_OK);
    for (int i = 0; i < N * INNER; i++)
        cr_assert_eq(rows[i], 100 * (i % INNER) + 5.5 + i / INNER % 1000 * PLAIN_STEP);
    cr_assert_eq(aez_trained_decode(t, z, 0, rows), AEZ_OK);
    free(z);
    free(rows);
    aez_trained_destroy(t);
}

Test(trained, a_mean_needs_no_latents)
{
    aez_options       o = families_options(1);
    aez_trained      *t = make(&o, NULL, 0);
    aez_trained_about about;
    double            rows[2 * INNER] = {0};
    cr_assert_eq(aez_trained_encode(t, rows, 2, NULL), AEZ_OK);
    cr_assert_eq(aez_trained_decode(t, NULL, 2, rows), AEZ_OK);
    for (int i = 0; i < 2 * INNER; i++)
        cr_assert_eq(rows[i], 100 * (i % INNER) + 5.5);
    aez_trained_describe(t, &about);
    cr_assert_eq(about.n_latent, 0);
    cr_assert_not_null(strstr(about.provenance, "kind: mean of the items"));
    aez_trained_destroy(t);
}

Test(trained, without_a_trainer_files_can_be_restored_but_not_made)
{
    aez_options  o = families_options(1), bare = o;
    aez_trained *a = make(&o, &with_latent, 0), *t;
    aez_tensor   tensor;
    aez_type     type;
    double       rows[INNER], z = 2;
    size_t       size;
    const uint8_t *bytes = aez_trained_bytes(a, &size), *weights;
    bare.trainer = NULL;
    cr_assert_eq(aez_trained_load(&t, &bare, bytes, size, NULL, 0), AEZ_OK);
    cr_assert(t->shared.trainer == NULL && t->shared.encoder == NULL);
    cr_assert_eq(aez_trained_encode(t, rows, 1, &z), AEZ_ERR_STATE);
    cr_assert_eq(aez_trained_decode_float(t, &z, 1, rows), AEZ_ERR_STATE);
    cr_assert_eq(aez_trained_tensor(t, 0, &tensor), 0);
    cr_assert_eq(aez_trained_decode(t, &z, 1, rows), AEZ_OK);
    cr_assert_eq(rows[1], 106);
    cr_assert_str_eq(aez_trained_field(t, 0, &type), "height");
    cr_assert_eq(type, AEZ_I16);
    cr_assert_str_eq(aez_trained_field(t, 1, &type), "");
    weights = aez_trained_weights(t, &size);
    cr_assert(weights != NULL && size == 2 + 8 * INNER);
    aez_trained_destroy(t);
    cr_assert(aez_trained_tensor(a, 0, &tensor) && tensor.shape[1] == 2 &&
              !aez_trained_tensor(a, 1, &tensor));
    aez_trained_destroy(a);
    aez_trained_destroy(NULL);
}

Test(trained, the_trainer_of_the_library_reads_what_it_wrote)
{
    const aez_train_task task = {.n_latent = 1, .linear = 1};
    aez_options          o = families_options(1);
    aez_trained         *a;
    aez_tensor           tensor;
    double               rows[2 * INNER], z[2], back[2 * INNER];
    o.trainer = aez_trainer_default();
    a = make(&o, &task, 0);
    cr_assert_not_null(a->shared.encoder);
    cr_assert(aez_trained_tensor(a, 0, &tensor) && a->record.n_parameters > 0);
    for (int i = 0; i < 2 * INNER; i++)
        rows[i] = 100 * (i % INNER) + 3 + 5 * (i / INNER);
    cr_assert_eq(aez_trained_encode(a, rows, 2, z), AEZ_OK);
    cr_assert_eq(aez_trained_decode_float(a, z, 2, back), AEZ_OK);
    for (int i = 0; i < 2 * INNER; i++)
        cr_assert_float_eq(back[i], rows[i], 0.01, "%g for %g", back[i], rows[i]);
    cr_assert_eq(aez_trained_decode(a, z, 2, back), AEZ_OK);
    for (int i = 0; i < 2 * INNER; i++)
        cr_assert_float_eq(back[i], rows[i], 0.5, "%g for %g", back[i], rows[i]);
    aez_trained_destroy(a);
}

Test(trained, every_truncation_is_refused)
{
    aez_options    o = families_options(2);
    aez_trained   *a = make(&o, &with_latent, 1), *t;
    size_t         size;
    const uint8_t *bytes = aez_trained_bytes(a, &size);
    for (size_t n = 0; n < size; n++) {
        uint8_t   *copy = malloc(n + 1); /* of its size, so that a read too far is seen */
        char       why[100];
        aez_status st;
        memcpy(copy, bytes, n);
        copy = realloc(copy, n ? n : 1);
        st = aez_trained_load(&t, &o, copy, n, why, sizeof why);
        cr_assert(st == AEZ_ERR_TRUNCATED, "%zu of %zu bytes: %d", n, size, st);
        cr_assert(t == NULL && why[0]);
        free(copy);
    }
    aez_trained_destroy(a);
}

Test(trained, every_flipped_bit_is_refused)
{
    aez_options    o = families_options(2);
    aez_trained   *a = make(&o, &with_latent, 1), *t;
    size_t         size;
    const uint8_t *bytes = aez_trained_bytes(a, &size);
    uint8_t       *copy = malloc(size);
    memcpy(copy, bytes, size);
    for (size_t i = 0; i < 8 * size; i++) {
        char why[100];
        copy[i / 8] ^= (uint8_t)(1 << i % 8);
        cr_assert_lt(aez_trained_load(&t, &o, copy, size, why, sizeof why), 0, "bit %zu", i);
        cr_assert(t == NULL && why[0]);
        copy[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    free(copy);
    aez_trained_destroy(a);
}

/* Sections of a model file, with new checksums, one of them changed. */
typedef struct change {
    unsigned    type;   /* of the section */
    size_t      offset; /* of the byte of its payload that becomes `value`; SIZE_MAX: its last */
    unsigned    value;
    unsigned    new_type; /* 0: it stays */
    int         twice, left_out, longer;
    int         two_features; /* the payload becomes that of plain weights for two features */
} change;

static void rebuild(const uint8_t *bytes, size_t size, const change *c, aez_buf *out)
{
    size_t at = AEZ_HEADER_SIZE;
    out->size = 0;
    aez_put(out, bytes, AEZ_HEADER_SIZE);
    while (at < size) {
        aez_section s;
        size_t      need;
        uint8_t    *payload;
        size_t      n;
        int         mine;
        cr_assert_eq(aez_section_get(bytes + at, size - at, aez_section_seed(bytes, at), size, &s,
                                     &need),
                     AEZ_OK);
        at += s.total;
        mine = s.type == c->type;
        n = s.size + (size_t)(mine && c->longer);
        payload = calloc(n + 18, 1);
        memcpy(payload, s.payload, s.size);
        if (s.type == AEZ_SECTION_FAMILY && c->type != AEZ_SECTION_FAMILY)
            payload[0] = (uint8_t)(payload[0] + c->twice - c->left_out);
        if (mine && c->two_features) {
            memset(payload, 0, n = 18);
            payload[0] = 2;
            payload[1] = 1;
        }
        if (mine && (c->offset < s.size || (c->offset == SIZE_MAX && s.size)))
            payload[c->offset == SIZE_MAX ? s.size - 1 : c->offset] = (uint8_t)c->value;
        for (int i = 0; i < 1 + (mine && c->twice) - (mine && c->left_out); i++)
            aez_section_put(out, mine && c->new_type ? c->new_type : s.type, payload, n,
                            aez_section_seed(out->data, out->size));
        free(payload);
    }
}

Test(trained, sections_that_contradict_the_format_are_refused)
{
    enum { NOTHING = 100000 };
    static const struct {
        change     c;
        aez_status want;
    } cases[] = {
        {{.offset = NOTHING}, AEZ_OK},
        {{AEZ_SECTION_FAMILY, .offset = 0, .value = 3}, AEZ_ERR_CORRUPT},     /* fewer sections */
        {{AEZ_SECTION_FAMILY, .offset = 0, .value = 5}, AEZ_ERR_TRUNCATED},   /* more */
        {{AEZ_SECTION_FAMILY, .offset = 1, .value = 1}, AEZ_ERR_CORRUPT},     /* a table */
        {{AEZ_SECTION_FAMILY, .offset = 1, .value = 2}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_FAMILY, .offset = 2, .value = 0}, AEZ_ERR_CORRUPT},     /* channels */
        {{AEZ_SECTION_FAMILY, .offset = 2, .value = 2}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_FAMILY, .offset = 5, .value = 0}, AEZ_ERR_CORRUPT},     /* fields */
        {{AEZ_SECTION_FAMILY, .offset = 5, .value = 127}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_FAMILY, .offset = 6, .value = 0}, AEZ_ERR_CORRUPT},     /* type */
        {{AEZ_SECTION_FAMILY, .offset = 6, .value = 11}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_FAMILY, .offset = 7, .value = 200}, AEZ_ERR_CORRUPT},   /* name */
        {{AEZ_SECTION_FAMILY, .offset = SIZE_MAX, .value = 0}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_FAMILY, .offset = NOTHING, .longer = 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_FAMILY, .offset = NOTHING, .new_type = 3}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_FAMILY, .offset = NOTHING, .new_type = 1}, AEZ_ERR_MAGIC},
        {{AEZ_SECTION_FAMILY, .offset = NOTHING, .new_type = 5}, AEZ_ERR_MAGIC},
        {{AEZ_SECTION_FAMILY, .offset = 0, .value = 5, .twice = 1}, AEZ_ERR_VERSION},
        {{AEZ_SECTION_BODY, .offset = 0, .value = 99}, AEZ_ERR_VERSION},
        {{AEZ_SECTION_BODY, .offset = NOTHING, .longer = 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_BODY, .offset = NOTHING, .new_type = 20}, AEZ_ERR_VERSION},
        {{AEZ_SECTION_BODY, .offset = NOTHING, .new_type = 0xA0}, AEZ_ERR_CORRUPT}, /* no body */
        {{AEZ_SECTION_BODY, .offset = NOTHING, .twice = 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_BODY, .offset = NOTHING, .left_out = 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_WEIGHTS, .offset = NOTHING, .two_features = 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_WEIGHTS, .offset = NOTHING, .twice = 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_WEIGHTS, .offset = NOTHING, .left_out = 1}, AEZ_OK},
        {{AEZ_SECTION_RECORD, .offset = NOTHING, .twice = 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_WEIGHTS, .offset = 0, .value = INNER - 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_WEIGHTS, .offset = 1, .value = 0}, AEZ_ERR_CORRUPT}, /* another shape */
        {{AEZ_SECTION_WEIGHTS, .offset = NOTHING, .new_type = 0xA1}, AEZ_OK}, /* unknown */
        {{AEZ_SECTION_RECORD, .offset = 17, .value = 200}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_RECORD, .offset = NOTHING, .longer = 1}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_RECORD, .offset = NOTHING, .new_type = 0xA2}, AEZ_OK},
        {{AEZ_SECTION_RECORD, .offset = NOTHING, .new_type = 0x94}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_PROVENANCE, .offset = 3, .value = 0}, AEZ_ERR_CORRUPT},
        {{AEZ_SECTION_PROVENANCE, .offset = NOTHING, .new_type = 0xA3}, AEZ_OK},
        {{AEZ_SECTION_PROVENANCE, .offset = NOTHING, .twice = 1}, AEZ_ERR_CORRUPT},
    };
    static const aez_mem plain;
    aez_options          o = families_options(2);
    aez_trained         *a = make(&o, &with_latent, 1), *t;
    size_t               size;
    const uint8_t       *bytes = aez_trained_bytes(a, &size);
    aez_buf              file;
    aez_buf_init(&file, &plain);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char              why[200];
        aez_trained_about about;
        rebuild(bytes, size, &cases[i].c, &file);
        cr_assert_eq(aez_trained_load(&t, &o, file.data, file.size, why, sizeof why), cases[i].want,
                     "case %zu: %s", i, why);
        if (cases[i].want < 0)
            continue;
        aez_trained_describe(t, &about);
        cr_assert(about.provenance && about.encoder && about.decoder, "case %zu", i);
        aez_trained_destroy(t);
    }
    rebuild(bytes, size, &cases[0].c, &file);
    aez_put_u8(&file, 0);
    cr_assert_eq(aez_trained_load(&t, &o, file.data, file.size, NULL, 0), AEZ_ERR_CORRUPT, "after");
    aez_buf_free(&file);
    aez_trained_destroy(a);
}

Test(trained, every_byte_of_a_payload_may_be_anything)
{
    static const unsigned types[] = {AEZ_SECTION_FAMILY, AEZ_SECTION_BODY, AEZ_SECTION_WEIGHTS,
                                     AEZ_SECTION_RECORD};
    static const unsigned tried[] = {0, 1, 127, 128, 255};
    static const aez_mem  plain;
    aez_options           o = families_options(2);
    aez_trained          *a = make(&o, &with_latent, 1), *t;
    size_t                size, n_good = 0;
    const uint8_t        *bytes = aez_trained_bytes(a, &size);
    aez_buf               file;
    aez_buf_init(&file, &plain);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (size_t at = 0; at < 400; at++)
            for (size_t v = 0; v < sizeof tried / sizeof *tried; v++) {
                change c = {types[i], .offset = at, .value = tried[v]};
                double rows[2 * INNER] = {0}, z[2] = {0};
                rebuild(bytes, size, &c, &file);
                if (aez_trained_load(&t, &o, file.data, file.size, NULL, 0) < 0)
                    continue;
                n_good++;
                cr_assert_eq(aez_trained_encode(t, rows, 2, z), AEZ_OK);
                cr_assert_eq(aez_trained_decode(t, z, 2, rows), AEZ_OK);
                aez_trained_destroy(t);
            }
    cr_assert_gt(n_good, 100);
    aez_buf_free(&file);
    aez_trained_destroy(a);
}

Test(trained, other_files_are_told_apart)
{
    aez_options  o = families_options(1);
    aez_schema   s = arrays_schema(&field, 1, 3, shape);
    void        *column = values;
    arrays_bytes file;
    aez_trained *t;
    char         why[200];
    cr_assert_geq(arrays_encode(&o, &s, &column, 0, 0, &file), 0);
    cr_assert_eq(aez_trained_load(&t, &o, file.data, file.size, why, sizeof why), AEZ_ERR_MAGIC);
    cr_assert_not_null(strstr(why, "compressed file"), "%s", why);
    cr_assert_eq(aez_trained_load(&t, &o, "PK\3\4something", 13, why, sizeof why), AEZ_ERR_MAGIC);
    cr_assert_not_null(strstr(why, "no model file"), "%s", why);
    free(file.data);
}

Test(trained, a_model_file_is_no_archive)
{
    aez_options    o = families_options(1);
    aez_trained   *a = make(&o, &with_latent, 0);
    aez_decoder   *d;
    aez_in         in = {0};
    aez_status     st;
    in.src = aez_trained_bytes(a, &in.size);
    cr_assert_eq(aez_decoder_create(&d, NULL), AEZ_OK);
    st = aez_decoder_push(d, &in);
    cr_assert_eq(st, AEZ_ERR_MAGIC);
    cr_assert_not_null(strstr(aez_decoder_message(d), "model file"), "%s", aez_decoder_message(d));
    aez_decoder_destroy(d);
    aez_trained_destroy(a);
}

Test(trained, a_small_memory_limit_is_kept)
{
    aez_options    o = families_options(1);
    aez_trained   *a = make(&o, &with_latent, 0), *t;
    size_t         size;
    const uint8_t *bytes = aez_trained_bytes(a, &size);
    char           why[200];
    o.memory_limit = 20;
    cr_assert_eq(aez_trained_load(&t, &o, bytes, size, why, sizeof why), AEZ_ERR_LIMIT);
    cr_assert_not_null(strstr(why, "memory limit"), "%s", why);
    aez_trained_destroy(a);
}

Test(trained, failing_allocations_leave_nothing_behind)
{
    aez_options    o = families_options(2);
    aez_trained   *a = make(&o, &with_latent, 1), *t;
    size_t         size;
    const uint8_t *bytes = aez_trained_bytes(a, &size);
    for (size_t fail_at = 1;; fail_at++) {
        hooks_state state = {.fail_at = fail_at};
        double      rows[INNER], z = 1;
        aez_status  st;
        o.allocator = hooks_mem(&state);
        st = aez_trained_load(&t, &o, bytes, size, NULL, 0);
        if (st >= 0)
            st = aez_trained_decode(t, &z, 1, rows);
        aez_trained_destroy(t);
        cr_assert_eq(state.n_live, 0, "failing at %zu", fail_at);
        if (state.n_requests < fail_at) {
            cr_assert_eq(st, AEZ_OK);
            cr_assert_gt(fail_at, 10);
            break;
        }
        cr_assert_eq(st, AEZ_ERR_NOMEM, "failing at %zu: %d", fail_at, st);
    }
    aez_trained_destroy(a);
}

Test(trained, the_file_is_as_the_specification_says)
{
    aez_options    o = families_options(1);
    aez_trained   *a = make(&o, &with_latent, 0);
    size_t         size;
    const uint8_t *bytes = aez_trained_bytes(a, &size);
    static const uint8_t front[] = {0x8F, 0x41, 0x45, 0x5A, 1,   0,   0,   0,   16,
                                    14,   4,    0,    1,    2,   3,   1,   4,   6,
                                    'h',  'e',  'i',  'g',  'h', 't'};
    cr_assert_eq(memcmp(bytes, front, sizeof front), 0);
    cr_assert_eq(bytes[sizeof front + 8], AEZ_SECTION_BODY);
    aez_trained_destroy(a);
}
