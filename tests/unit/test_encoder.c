/* test_encoder.c - order of calls, options, shortage of memory, cancelling, reports. */
#include <criterion/criterion.h>

#include <math.h>

#include "format/format.h"
#include "tests/support/arrays.h"
#include "tests/support/hooks.h"

#define N 3000

/* Two fields that need every part of a chunk: exceptions, masks, tables, plans. */
static float   first[N];
static int16_t second[N];

static const aez_field fields[2] = {{.name = "a", .type = AEZ_F32, .mode = AEZ_REL, .bound = 0.01},
                                    {.name = "b", .type = AEZ_I16}};

static aez_schema two_fields(void **columns)
{
    static const uint64_t n = N;
    aez_schema            s = arrays_schema(fields, 2, 1, &n);
    for (int i = 0; i < N; i++) {
        first[i] = i % 5 ? (float)sin(i * 0.01) : NAN;
        second[i] = (int16_t)(i * i % 91);
    }
    second[17] = 32000;
    columns[0] = first;
    columns[1] = second;
    return s;
}

static aez_options small_chunks(void)
{
    aez_options o;
    aez_options_init(&o);
    o.level = 1;
    o.chunk_bytes = 4096;
    return o;
}

Test(encoder, calls_in_the_wrong_order_are_told)
{
    void        *columns[2];
    aez_schema   s = two_fields(columns);
    aez_options  o = small_chunks();
    aez_field    plain[2] = {fields[0], fields[1]};
    aez_encoder *e;
    uint8_t      buf[64];
    aez_out      out = {.dst = buf, .size = sizeof buf};
    plain[0].mode = AEZ_LOSSLESS;
    s.fields = plain;
    cr_assert_eq(aez_encoder_create(&e, &o, &s, NULL), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, N - 1), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_ERR_STATE, "a site is missing");
    cr_assert_neq(aez_encoder_message(e)[0], 0);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, 1), AEZ_ERR_STATE);
    cr_assert_eq(aez_encoder_pull(e, &out), AEZ_ERR_STATE);
    aez_encoder_destroy(e);
    cr_assert_eq(aez_encoder_create(&e, &o, &s, NULL), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, N), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, 1), AEZ_ERR_STATE, "one more");
    cr_assert_eq(aez_encoder_finish(e), AEZ_ERR_STATE);
    aez_encoder_destroy(e);
    cr_assert_eq(aez_encoder_create(&e, &o, &s, NULL), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, N), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_ERR_STATE, "twice");
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, 0), AEZ_ERR_STATE);
    cr_assert_eq(aez_encoder_pull(e, &out), AEZ_NEED_OUTPUT, "but the bytes are still there");
    cr_assert_eq(out.pos, sizeof buf);
    aez_encoder_destroy(e);
    aez_encoder_destroy(NULL);
}

Test(encoder, pull_gives_what_fits_and_tells_what_is_left)
{
    void        *columns[2];
    aez_schema   s = two_fields(columns);
    aez_options  o = small_chunks();
    aez_profile *profile;
    aez_encoder *e;
    uint8_t      buf[3];
    aez_out      none = {.dst = buf, .size = 0}, out = {.dst = buf, .size = sizeof buf, .pos = 2};
    arrays_bytes bytes = {0}, whole;
    cr_assert_eq(arrays_survey(&o, &s, columns, N, &profile), AEZ_OK);
    cr_assert_eq(aez_encoder_create(&e, &o, &s, profile), AEZ_OK);
    aez_profile_destroy(profile);
    cr_assert_eq(aez_encoder_pull(e, &none), AEZ_NEED_OUTPUT, "the front is ready at once");
    cr_assert_eq(aez_encoder_pull(e, &out), AEZ_NEED_OUTPUT);
    cr_assert(out.pos == 3 && buf[2] == 0x8F, "bytes go behind pos");
    arrays_append(&bytes, buf + 2, 1);
    cr_assert_eq(arrays_drain(e, &bytes, 1), AEZ_NEED_INPUT);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, N), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    cr_assert_eq(arrays_drain(e, &bytes, 1), AEZ_END);
    cr_assert_eq(arrays_drain(e, &bytes, 1), AEZ_END, "and again");
    aez_encoder_destroy(e);
    cr_assert_eq(arrays_encode(&o, &s, columns, 1, 0, &whole), AEZ_END);
    cr_assert(whole.size == bytes.size && memcmp(whole.data, bytes.data, bytes.size) == 0);
    free(whole.data);
    free(bytes.data);
}

Test(encoder, a_relative_bound_needs_a_profile)
{
    void        *columns[2];
    aez_schema   s = two_fields(columns), other = s;
    aez_options  o = small_chunks();
    aez_encoder *e;
    aez_profile *profile;
    cr_assert_eq(aez_encoder_create(&e, &o, &s, NULL), AEZ_ERR_OPTION);
    cr_assert_neq(aez_encoder_message(e)[0], 0);
    aez_encoder_destroy(e);
    other.n_fields = 1;
    cr_assert_eq(arrays_survey(&o, &other, columns, N, &profile), AEZ_OK);
    cr_assert_eq(aez_encoder_create(&e, &o, &s, profile), AEZ_ERR_OPTION);
    aez_encoder_destroy(e);
    aez_profile_destroy(profile);
    cr_assert_eq(aez_encoder_create(&e, &o, NULL, NULL), AEZ_ERR_OPTION);
    aez_encoder_destroy(e);
    o.level = 10;
    cr_assert_eq(aez_encoder_create(&e, &o, &s, NULL), AEZ_ERR_OPTION);
    aez_encoder_destroy(e);
}

/* Requests fail in creation, profile, pushing, finishing and pulling: each of the first 400, then
 * every seventh. */
Test(encoder, shortage_of_memory_is_told_and_leaks_nothing)
{
    void         *columns[2];
    aez_schema    s = two_fields(columns);
    aez_options   o = small_chunks();
    aez_status    st = AEZ_ERR_NOMEM;
    size_t        n = 0;
    const uint8_t note[] = {1, 2, 3};
    s.shape[0] = 600;
    s.envelope = note;
    s.envelope_size = sizeof note;
    while (st != AEZ_END) {
        hooks_state  h = {.fail_at = n += n < 400 ? 1 : 7};
        arrays_bytes bytes;
        o.allocator = hooks_mem(&h);
        st = arrays_encode(&o, &s, columns, 1, 350, &bytes);
        cr_assert(st == AEZ_END || st == AEZ_ERR_NOMEM, "request %zu: status %d", n, st);
        cr_assert_eq(h.n_live, 0, "request %zu leaks %zu", n, h.n_live);
        cr_assert(st != AEZ_END || h.n_requests < n, "request %zu failed and nobody told", n);
        free(bytes.data);
    }
    cr_assert_gt(n, 100);
}

typedef struct counter {
    uint64_t last;
    int      n, stop_at;
} counter;

static int count_progress(void *opaque, uint64_t done)
{
    counter *c = opaque;
    cr_assert_gt(done, c->last);
    c->last = done;
    return ++c->n == c->stop_at;
}

Test(encoder, progress_counts_raw_bytes_and_can_cancel)
{
    void        *columns[2];
    aez_schema   s = two_fields(columns);
    aez_options  o = small_chunks();
    arrays_bytes bytes;
    counter      all = {0}, some = {.stop_at = 2};
    hooks_state  h = {0};
    o.progress = count_progress;
    o.progress_opaque = &all;
    cr_assert_eq(arrays_encode(&o, &s, columns, 1, 0, &bytes), AEZ_END);
    cr_assert_eq(all.last, N * 6);
    cr_assert_gt(all.n, 2);
    free(bytes.data);
    o.progress_opaque = &some;
    o.allocator = hooks_mem(&h);
    cr_assert_eq(arrays_encode(&o, &s, columns, 1, 0, &bytes), AEZ_ERR_CANCELLED);
    cr_assert(some.n == 2 && h.n_live == 0);
    free(bytes.data);
}

Test(encoder, the_report_accounts_for_every_byte)
{
    void        *columns[2];
    aez_schema   s = two_fields(columns);
    aez_options  o = small_chunks();
    aez_profile *profile;
    aez_encoder *e;
    aez_report   r;
    arrays_bytes bytes = {0};
    cr_assert_eq(arrays_survey(&o, &s, columns, N, &profile), AEZ_OK);
    cr_assert_eq(aez_encoder_create(&e, &o, &s, profile), AEZ_OK);
    aez_profile_destroy(profile);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)columns, N), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    cr_assert_eq(arrays_drain(e, &bytes, 0), AEZ_END);
    aez_encoder_report(e, &r);
    cr_assert_eq(r.header_bytes + r.model_bytes + r.latent_bytes + r.residual_bytes + r.text_bytes +
                 r.stored_bytes + r.index_bytes, bytes.size);
    cr_assert_gt(r.n_chunks, 2);
    cr_assert_gt(strlen(aez_encoder_describe(e, 0)), 5);
    cr_assert_str_eq(aez_encoder_describe(e, 2), "");
    aez_encoder_destroy(e);
    free(bytes.data);
}

/* Rule 9 of the design: few bytes beside model and payload. */
Test(encoder, a_file_with_one_array_costs_at_most_160_bytes_beside_its_payload)
{
    static const uint64_t n = 100;
    aez_field             field = {.type = AEZ_F64, .name = "temperature"};
    aez_schema            s = arrays_schema(&field, 1, 1, &n);
    aez_options           o = small_chunks();
    double                values[100];
    void                 *column = values;
    aez_encoder          *e;
    aez_report            r;
    for (int i = 0; i < 100; i++)
        values[i] = sqrt(i);
    cr_assert_eq(aez_encoder_create(&e, &o, &s, NULL), AEZ_OK);
    cr_assert_eq(aez_encoder_push(e, (const void *const *)&column, n), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(e), AEZ_OK);
    aez_encoder_report(e, &r);
    cr_assert_leq(r.header_bytes + r.index_bytes, 160);
    aez_encoder_destroy(e);
}
