/* test_encoder_sites.c - arrays are cut into chunks of the size asked for, whatever the pieces. */
#include <criterion/criterion.h>

#include <math.h>

#include "tests/support/arrays.h"
#include "tests/support/hooks.h"

#define N 10500

static uint8_t bytes_in[N], bytes_out[N];
static double  doubles_in[N], doubles_out[N];

static aez_options small_chunks(void)
{
    aez_options o;
    aez_options_init(&o);
    o.level = 1;
    o.chunk_bytes = 4096;
    for (int i = 0; i < N; i++) {
        bytes_in[i] = (uint8_t)(i / 50 + i % 3);
        doubles_in[i] = sqrt(i);
    }
    return o;
}

static uint64_t chunks_of(const aez_options *o, const aez_schema *s, void *const *columns)
{
    aez_encoder *e;
    aez_report   r;
    cr_assert_eq(aez_encoder_create(&e, o, s, NULL), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, arrays_sites(s)), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    aez_encoder_report(e, &r);
    aez_encoder_destroy(e);
    return r.n_chunks;
}

/* A value needs 8 bytes while it is coded, and a float without a grid as much again. */
Test(encoder_sites, chunks_hold_the_bytes_that_were_asked_for)
{
    static const struct {
        aez_type type;
        aez_mode mode;
        uint64_t sites;
    } cases[] = { { AEZ_U8, AEZ_LOSSLESS, 1024 },    { AEZ_I16, AEZ_LOSSLESS, 1024 },
                  { AEZ_I32, AEZ_LOSSLESS, 1024 },   { AEZ_I64, AEZ_LOSSLESS, 512 },
                  { AEZ_F32, AEZ_LOSSLESS, 512 },    { AEZ_F32, AEZ_ABS, 1024 },
                  { AEZ_F64, AEZ_LOSSLESS, 512 },    { AEZ_F64, AEZ_ABS, 512 },
                  { AEZ_OPAQUE, AEZ_LOSSLESS, 4096 } };
    static const uint64_t n = N;
    aez_options           o = small_chunks();
    void                 *column = doubles_in;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aez_field  f = {.type = cases[i].type, .mode = cases[i].mode, .bound = 0.1};
        aez_schema s = arrays_schema(&f, 1, 1, &n);
        cr_assert_eq(chunks_of(&o, &s, &column), (N + cases[i].sites - 1) / cases[i].sites,
                     "case %zu", i);
    }
}

Test(encoder_sites, fields_share_the_bytes_of_a_chunk)
{
    static const uint64_t n = N;
    aez_options           o = small_chunks();
    aez_field             f[2] = {{.type = AEZ_U8}, {.type = AEZ_F64}};
    aez_schema            s = arrays_schema(f, 2, 1, &n);
    void                 *columns[2] = {bytes_in, doubles_in};
    cr_assert_eq(chunks_of(&o, &s, columns), (N + 340) / 341, "4096 / (4 + 8)");
}

/* 7 x 30 x 50 in chunks of 1024: 20 rows and then 10 of each plane. */
Test(encoder_sites, chunks_are_boxes_and_the_pieces_do_not_matter)
{
    static const uint64_t shape[3] = {7, 30, 50}, pieces[] = {0, 1, 7, 333, 1500};
    aez_options           o = small_chunks();
    aez_field             f[2] = {{.type = AEZ_U8}, {.type = AEZ_U8}};
    aez_schema            s = arrays_schema(f, 1, 3, shape);
    void                 *columns[2] = {bytes_in, bytes_in}, *back[2] = {bytes_out, doubles_out};
    arrays_bytes          first, file;
    uint64_t              n_sites;
    cr_assert_eq(chunks_of(&o, &s, columns), 14);
    f[1].type = AEZ_F64;
    columns[1] = doubles_in;
    s.n_fields = 2;
    cr_assert_eq(arrays_encode(&o, &s, columns, 0, 0, &first), AEZ_END);
    for (uint32_t width = 0; width <= 100; width += 50)
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            o.runner.width = width;
            cr_assert_eq(arrays_encode(&o, &s, columns, 0, pieces[i], &file), AEZ_END);
            cr_assert(file.size == first.size && memcmp(file.data, first.data, file.size) == 0);
            free(file.data);
        }
    cr_assert_eq(arrays_decode(&o, first.data, first.size, 0, 0, back, N, &n_sites), AEZ_OK);
    cr_assert_eq(n_sites, N);
    cr_assert_eq(memcmp(bytes_in, bytes_out, sizeof bytes_in), 0);
    cr_assert_eq(memcmp(doubles_in, doubles_out, sizeof doubles_in), 0);
    free(first.data);
}

Test(encoder_sites, schema_and_profile_are_copied)
{
    static const uint64_t n = 1000;
    aez_options           o = small_chunks();
    char                  name[] = "height";
    uint8_t               note[] = {1, 2, 3};
    aez_field             f = {.name = name, .type = AEZ_F64, .mode = AEZ_REL, .bound = 1e-3};
    aez_schema            s = arrays_schema(&f, 1, 1, &n);
    void                 *column = doubles_in, *back = doubles_out;
    aez_profile          *profile;
    aez_encoder          *e;
    arrays_bytes          file = {0};
    uint64_t              n_sites;
    s.envelope = note;
    s.envelope_size = sizeof note;
    cr_assert_eq(arrays_survey(&o, &s, &column, n, &profile), AEZ_OK);
    cr_assert_eq(aez_encoder_create(&e, &o, &s, profile), AEZ_OK);
    aez_profile_destroy(profile);
    memset(name, 'X', sizeof name - 1);
    memset(note, 9, sizeof note);
    memset(&f, 0x55, sizeof f);
    memset(&s, 0x55, sizeof s);
    cr_assert_str_eq(aez_encoder_column_name(e, 0), "height");
    cr_assert_eq(aez_encoder_columns(e), 1);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)&column, n), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    cr_assert_eq(arrays_drain(e, &file, 0), AEZ_END);
    aez_encoder_destroy(e);
    cr_assert_eq(arrays_decode(&o, file.data, file.size, 0, 0, &back, n, &n_sites), AEZ_OK);
    for (int i = 0; i < 1000; i++)
        cr_assert_leq(fabs(doubles_in[i] - doubles_out[i]), 1e-3 * sqrt(999));
    free(file.data);
}

Test(encoder_sites, empty_arrays_are_files_too)
{
    static const uint64_t shape[3] = {4, 0, 5};
    aez_options           o = small_chunks();
    aez_field             f = {.type = AEZ_F64};
    aez_schema            s = arrays_schema(&f, 1, 3, shape);
    void                 *column = doubles_in, *back = doubles_out;
    arrays_bytes          file;
    uint64_t              n_sites = 1;
    cr_assert_eq(chunks_of(&o, &s, &column), 0);
    cr_assert_eq(arrays_encode(&o, &s, &column, 1, 0, &file), AEZ_END);
    cr_assert_eq(arrays_decode(&o, file.data, file.size, 0, 0, &back, 1, &n_sites), AEZ_OK);
    cr_assert_eq(n_sites, 0);
    free(file.data);
}

Test(encoder_sites, sites_beyond_the_shape_are_refused_before_any_is_read)
{
    static const uint64_t n = 10;
    aez_options           o = small_chunks();
    aez_field             f = {.type = AEZ_U8};
    aez_schema            s = arrays_schema(&f, 1, 1, &n);
    const void           *column = bytes_in;
    aez_encoder          *e;
    cr_assert_eq(aez_encoder_create(&e, &o, &s, NULL), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, &column, 0), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, &column, 4), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, NULL, UINT64_MAX), AEZ_ERR_STATE);
    cr_assert_not_null(strstr(aez_encoder_message(e), "more sites"));
    aez_encoder_destroy(e);
}

Test(encoder_sites, what_makes_no_sense_is_refused_with_a_sentence)
{
    static const uint64_t n = 10;
    hooks_state           h = {0};
    aez_options           o = small_chunks();
    aez_field             good = {.type = AEZ_F32};
    o.allocator = hooks_mem(&h);
    for (int i = 0; i < 8; i++) {
        aez_field    f = good;
        aez_schema   s = arrays_schema(&f, 1, 1, &n);
        aez_encoder *e;
        o.latent_only = 0;
        switch (i) {
        case 0: f.type = (aez_type)12; break;
        case 1: f.mode = AEZ_ABS, f.bound = NAN; break;
        case 2: f.mode = AEZ_ABS, f.bound = -1; break;
        case 3: f.mode = AEZ_PSNR, f.bound = 60; break; /* without a profile */
        case 4: s.n_dims = 9; break;
        case 5: s.n_fields = 0; break;
        case 6: s.shape[0] = UINT64_MAX; break;
        default: f.mode = AEZ_ABS, f.bound = 1, o.latent_only = 1; break;
        }
        cr_assert_lt(aez_encoder_create(&e, &o, &s, NULL), 0, "case %d", i);
        cr_assert_gt(strlen(aez_encoder_message(e)), 5, "case %d", i);
        aez_encoder_destroy(e);
        cr_assert_eq(h.n_live, 0, "case %d", i);
    }
}
