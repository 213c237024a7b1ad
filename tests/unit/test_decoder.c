/* test_decoder.c - damaged files are refused, limits hold, calls out of order are told. */
#define _POSIX_C_SOURCE 200809L /* alarm */
#include <criterion/criterion.h>

#include <math.h>
#include <unistd.h>

#include "format/format.h"
#include "tests/support/arrays.h"
#include "tests/support/hooks.h"

#define MAX_SITES 2000

static float   first[MAX_SITES], back_first[MAX_SITES];
static int16_t second[MAX_SITES], back_second[MAX_SITES];
static void   *columns[2] = {first, second}, *back[2] = {back_first, back_second};

/* A file of n sites; level 1, chunks of 4,096 bytes. */
static void make_file(uint64_t n, const uint8_t *envelope, size_t envelope_size, arrays_bytes *file)
{
    static const aez_field fields[2] = {
        {.name = "a", .type = AEZ_F32, .mode = AEZ_REL, .bound = 0.01}, {.type = AEZ_I16}};
    aez_schema  s = arrays_schema(fields, 2, 1, &n);
    aez_options o;
    aez_options_init(&o);
    o.level = 1;
    o.chunk_bytes = 4096;
    s.envelope = envelope;
    s.envelope_size = envelope_size;
    for (uint64_t i = 0; i < n; i++) {
        first[i] = i % 5 ? (float)sin((double)i * 0.01) : NAN;
        second[i] = (int16_t)(i * i % 91);
    }
    cr_assert_eq(arrays_encode(&o, &s, columns, 1, 0, file), AEZ_END);
}

static aez_status decode(const aez_options *o, const void *bytes, size_t size)
{
    uint64_t   n;
    aez_status st;
    uint8_t   *exact = malloc(size ? size : 1); /* a read past the end is seen */
    memcpy(exact, bytes, size);
    st = arrays_decode(o, exact, size, 0, 0, back, MAX_SITES, &n);
    free(exact);
    return st;
}

Test(decoder, every_truncation_is_an_error)
{
    arrays_bytes file;
    alarm(30);
    make_file(1500, (const uint8_t *)"note", 4, &file);
    for (size_t size = 0; size < file.size; size++) {
        aez_status st = decode(NULL, file.data, size);
        cr_assert(st == AEZ_ERR_TRUNCATED || st == AEZ_ERR_CORRUPT, "%zu: status %d", size, st);
    }
    cr_assert_eq(decode(NULL, file.data, file.size), AEZ_OK);
    free(file.data);
}

Test(decoder, every_flipped_bit_is_an_error)
{
    static const uint64_t sizes[] = {1, 300, 1200};
    alarm(60);
    for (size_t i = 0; i < 3; i++) {
        arrays_bytes file;
        make_file(sizes[i], (const uint8_t *)"note", 4, &file);
        for (size_t bit = 0; bit < 8 * file.size; bit++) {
            aez_status st;
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            st = decode(NULL, file.data, file.size);
            cr_assert_lt(st, 0, "bit %zu of byte %zu", bit % 8, bit / 8);
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(file.data);
    }
}

static uint64_t seed_at(const arrays_bytes *file, uint64_t offset)
{
    return aez_section_seed(file->data, offset);
}

/* Flips inside a chunk's payload, with the checksum made right again: the codec's own checks. */
Test(decoder, damage_behind_a_right_checksum_is_safe)
{
    arrays_bytes file;
    aez_section  s;
    size_t       at = AEZ_HEADER_SIZE, need, n_refused = 0;
    alarm(60);
    make_file(700, NULL, 0, &file);
    while (aez_section_get(file.data + at, file.size - at, seed_at(&file, at), 1 << 20, &s,
                           &need) == AEZ_OK && s.type != AEZ_SECTION_CHUNK)
        at += s.total;
    cr_assert_eq(s.type, AEZ_SECTION_CHUNK);
    for (size_t bit = 0; bit < 8 * s.size; bit++) {
        aez_mem  mem = {0};
        aez_buf  out;
        uint8_t *payload = malloc(s.size);
        memcpy(payload, s.payload, s.size);
        payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
        aez_buf_init(&out, &mem);
        aez_put(&out, file.data, at);
        aez_section_put(&out, s.type, payload, s.size, seed_at(&file, at));
        aez_put(&out, file.data + at + s.total, file.size - at - s.total);
        n_refused += decode(NULL, out.data, out.size) < 0;
        aez_buf_free(&out);
        free(payload);
    }
    cr_assert_gt(n_refused, 100);
    free(file.data);
}

Test(decoder, a_trailer_that_names_other_places_is_corrupt)
{
    arrays_bytes file;
    uint64_t     index, size;
    make_file(1200, NULL, 0, &file);
    cr_assert_eq(aez_trailer_get(file.data + file.size - AEZ_TRAILER_SIZE, &index, &size), AEZ_OK);
    for (unsigned i = 0; i < 4; i++) {
        aez_mem mem = {0};
        aez_buf out;
        aez_buf_init(&out, &mem);
        aez_put(&out, file.data, file.size - AEZ_TRAILER_SIZE);
        aez_trailer_put(&out, index + (i & 1), size + (i >> 1));
        cr_assert_eq(decode(NULL, out.data, out.size), i ? AEZ_ERR_CORRUPT : AEZ_OK);
        aez_buf_free(&out);
    }
    free(file.data);
}

Test(decoder, bytes_behind_the_end_are_corrupt)
{
    static const uint64_t sizes[] = {0, 10, 1200};
    for (size_t i = 0; i < 3; i++) {
        arrays_bytes file;
        make_file(sizes[i], NULL, 0, &file);
        cr_assert_eq(decode(NULL, file.data, file.size), AEZ_OK);
        arrays_append(&file, "", 1);
        cr_assert_eq(decode(NULL, file.data, file.size), AEZ_ERR_CORRUPT);
        free(file.data);
    }
}

/* The type of the last section, and what follows it. */
static unsigned last_section(const arrays_bytes *file, size_t *after)
{
    aez_section s = {0};
    size_t      at = AEZ_HEADER_SIZE, need;
    while (aez_section_get(file->data + at, file->size - at, seed_at(file, at), 1 << 20, &s,
                           &need) == AEZ_OK)
        at += s.total;
    *after = file->size - at;
    return s.type;
}

Test(decoder, a_file_of_one_chunk_ends_with_it)
{
    static const uint64_t sizes[] = {0, 10, 1200};
    for (size_t i = 0; i < 3; i++) {
        arrays_bytes file;
        size_t       after;
        unsigned     last;
        make_file(sizes[i], NULL, 0, &file);
        last = last_section(&file, &after);
        cr_assert_eq(last, i == 1 ? AEZ_SECTION_CHUNK : AEZ_SECTION_INDEX, "%zu", i);
        cr_assert_eq(after, i == 1 ? 0 : AEZ_TRAILER_SIZE, "%zu", i);
        free(file.data);
    }
}

Test(decoder, other_files_are_told_apart)
{
    aez_decoder *d;
    aez_in       in = {.src = "PK\003\004 and so on", .size = 12};
    uint8_t      newer[] = {0x8F, 'A', 'E', 'Z', 2, 0, 0, 0};
    cr_assert_eq(aez_decoder_create(&d, NULL), AEZ_OK);
    cr_assert_eq(aez_decoder_push(d, &in), AEZ_ERR_MAGIC);
    cr_assert_neq(aez_decoder_message(d)[0], 0);
    cr_assert_eq(aez_decoder_push(d, &in), AEZ_ERR_STATE);
    cr_assert_eq(aez_decoder_finish(d), AEZ_ERR_STATE);
    aez_decoder_destroy(d);
    aez_decoder_destroy(NULL);
    cr_assert_eq(decode(NULL, newer, sizeof newer), AEZ_ERR_VERSION);
    cr_assert_eq(decode(NULL, newer, 0), AEZ_ERR_TRUNCATED);
}

/* A file of n sites with one more section of the given type in front of section number `before`. */
static aez_status with_section(uint64_t n, unsigned type, size_t before)
{
    arrays_bytes file;
    aez_mem      mem = {0};
    aez_buf      out;
    aez_section  s;
    aez_status   st;
    size_t       at = AEZ_HEADER_SIZE, need;
    make_file(n, NULL, 0, &file);
    while (before-- > 0) {
        cr_assert_eq(aez_section_get(file.data + at, file.size - at, seed_at(&file, at), 1 << 20, &s,
                                     &need), AEZ_OK);
        at += s.total;
    }
    aez_buf_init(&out, &mem);
    aez_put(&out, file.data, at);
    aez_section_put(&out, type, "abc", 3, seed_at(&file, at));
    while (aez_section_get(file.data + at, file.size - at, seed_at(&file, at), 1 << 20, &s,
                           &need) == AEZ_OK) {
        /* its offset has changed */
        aez_section_put(&out, s.type, s.payload, s.size, seed_at(&file, out.size));
        at += s.total;
        if (s.type == AEZ_SECTION_INDEX)
            break;
    }
    st = decode(NULL, out.data, out.size);
    aez_buf_free(&out);
    free(file.data);
    return st;
}

Test(decoder, unknown_sections_are_skipped_or_refused_by_their_kind)
{
    cr_assert_eq(with_section(10, 0x7E, 1), AEZ_ERR_VERSION);
    cr_assert_eq(with_section(10, 0xFE, 0), AEZ_ERR_CORRUPT, "the schema comes first");
    cr_assert_eq(with_section(10, 0xFE, 1), AEZ_OK, "skipped");
    cr_assert_eq(with_section(10, 0xFE, 2), AEZ_ERR_CORRUPT, "after the end");
    cr_assert_eq(with_section(1200, 0xFE, 1), AEZ_ERR_CORRUPT, "an index of other offsets");
    cr_assert_eq(with_section(10, AEZ_SECTION_SCHEMA, 1), AEZ_ERR_VERSION, "a second schema");
    cr_assert_eq(with_section(10, AEZ_SECTION_CHUNK, 1), AEZ_ERR_CORRUPT);
    cr_assert_eq(with_section(1200, AEZ_SECTION_ENVELOPE, 2), AEZ_ERR_CORRUPT, "after a chunk");
}

Test(decoder, the_schema_is_known_when_the_first_sites_are)
{
    arrays_bytes      file;
    aez_decoder      *d;
    aez_in            in = {0};
    const aez_schema *s;
    uint64_t          n = 0;
    make_file(1500, (const uint8_t *)"note", 4, &file);
    cr_assert_eq(aez_decoder_create(&d, NULL), AEZ_OK);
    cr_assert_null(aez_decoder_schema(d));
    cr_assert_eq(aez_decoder_pull(d, back, 5, &n), AEZ_NEED_INPUT);
    in.src = file.data;
    in.size = file.size;
    cr_assert_eq(aez_decoder_push(d, &in), AEZ_OK);
    cr_assert_lt(in.pos, in.size, "sites must be pulled first");
    s = aez_decoder_schema(d);
    cr_assert_not_null(s);
    cr_assert(s->n_fields == 2 && s->n_dims == 1 && s->shape[0] == 1500);
    cr_assert_str_eq(s->fields[0].name, "a");
    cr_assert(s->fields[0].mode == AEZ_REL && s->fields[0].bound == 0.01);
    cr_assert(s->envelope_size == 4 && memcmp(s->envelope, "note", 4) == 0);
    cr_assert_gt(strlen(aez_decoder_describe(d, 1)), 5);
    cr_assert_str_eq(aez_decoder_describe(d, 2), "");
    cr_assert_eq(aez_decoder_pull(d, back, 5, &n), AEZ_OK);
    cr_assert_eq(n, 5);
    cr_assert_eq(aez_decoder_finish(d), AEZ_ERR_TRUNCATED);
    aez_decoder_destroy(d);
    free(file.data);
}

Test(decoder, the_report_accounts_for_every_byte)
{
    arrays_bytes file;
    aez_decoder *d;
    aez_report   r;
    aez_in       in = {0};
    uint64_t     n;
    make_file(1500, (const uint8_t *)"note", 4, &file);
    cr_assert_eq(aez_decoder_create(&d, NULL), AEZ_OK);
    in.src = file.data;
    in.size = file.size;
    while (aez_decoder_push(d, &in) == AEZ_OK)
        cr_assert_eq(aez_decoder_pull(d, back, MAX_SITES, &n), AEZ_OK);
    cr_assert_eq(aez_decoder_pull(d, back, MAX_SITES, &n), AEZ_END);
    cr_assert_eq(aez_decoder_finish(d), AEZ_OK);
    aez_decoder_report(d, &r);
    cr_assert_eq(r.header_bytes + r.model_bytes + r.latent_bytes + r.residual_bytes + r.text_bytes +
                 r.stored_bytes + r.index_bytes, file.size);
    aez_decoder_destroy(d);
    free(file.data);
}

Test(decoder, shortage_of_memory_is_told_and_leaks_nothing)
{
    arrays_bytes file;
    aez_options  o;
    aez_status   st = AEZ_ERR_NOMEM;
    size_t       n = 0;
    aez_options_init(&o);
    make_file(1500, (const uint8_t *)"note", 4, &file);
    while (st != AEZ_OK) {
        hooks_state h = {.fail_at = ++n};
        o.allocator = hooks_mem(&h);
        st = decode(&o, file.data, file.size);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM, "request %zu: status %d", n, st);
        cr_assert_eq(h.n_live, 0, "request %zu leaks %zu", n, h.n_live);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
    }
    cr_assert_gt(n, 50);
    free(file.data);
}

Test(decoder, the_memory_limit_refuses_chunks_that_need_more)
{
    arrays_bytes file;
    aez_options  o;
    hooks_state  h = {0};
    aez_options_init(&o);
    make_file(2000, NULL, 0, &file);
    o.memory_limit = 20000;
    o.allocator = hooks_mem(&h);
    cr_assert_eq(decode(&o, file.data, file.size), AEZ_ERR_LIMIT);
    cr_assert_lt(h.largest, 20000);
    o.memory_limit = 1 << 20;
    cr_assert_eq(decode(&o, file.data, file.size), AEZ_OK);
    free(file.data);
}

static int stop(void *opaque, uint64_t done)
{
    (void)done;
    return --*(int *)opaque == 0;
}

Test(decoder, progress_can_cancel)
{
    arrays_bytes file;
    aez_options  o;
    hooks_state  h = {0};
    int          calls = 2;
    aez_options_init(&o);
    make_file(2000, NULL, 0, &file);
    o.progress = stop;
    o.progress_opaque = &calls;
    o.allocator = hooks_mem(&h);
    cr_assert_eq(decode(&o, file.data, file.size), AEZ_ERR_CANCELLED);
    cr_assert(calls == 0 && h.n_live == 0);
    free(file.data);
}
