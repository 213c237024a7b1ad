/* fuzz_calls.c - the input says which functions are called, in which order and with what: there is
 * nothing but statuses, and after an error no call succeeds. */
#include "fuzz.h"

#include "tests/support/arrays.h"

typedef struct scene {
    fuzz_input         in;
    fuzz_memory        memory;
    aez_options        options;
    aez_field          field[2];
    aez_schema         schema;
    aez_profile       *profile;
    aez_table_profile *rows_profile;
    aez_encoder       *encoder;
    aez_decoder       *decoder;
    int                encoder_broken, decoder_broken;
    arrays_bytes       file; /* what the encoder gave so far */
    size_t             fed;  /* of it, given to the decoder */
} scene;

enum { SITES = 300 };

static void expect(aez_status st, int *broken)
{
    FUZZ_CHECK(st >= AEZ_ERR_MODEL && st <= AEZ_END);
    FUZZ_CHECK(!*broken || st < 0);
    *broken |= st < 0 && st != AEZ_ERR_STATE; /* a call out of order harms nothing */
}

static void set_schema(scene *s)
{
    memset(s->field, 0, sizeof s->field);
    for (int f = 0; f < 2; f++) {
        s->field[f].type = (aez_type)fuzz_below(&s->in, 13);
        s->field[f].mode = (aez_mode)fuzz_below(&s->in, 7);
        s->field[f].bound = (double)(int8_t)fuzz_u8(&s->in) / 8;
    }
    s->schema.struct_size = sizeof s->schema - (fuzz_below(&s->in, 32) == 1);
    s->schema.n_fields = fuzz_below(&s->in, 3);
    s->schema.fields = s->field;
    s->schema.n_dims = fuzz_below(&s->in, 10);
    for (unsigned a = 0; a < AEZ_MAX_DIMS; a++)
        s->schema.shape[a] = fuzz_below(&s->in, 5) ? fuzz_below(&s->in, 12) : fuzz_u64(&s->in);
}

static void set_options(scene *s)
{
    s->options.level = (int)fuzz_below(&s->in, 4);
    s->options.chunk_bytes = fuzz_below(&s->in, 2) ? 4096 : fuzz_u8(&s->in);
    s->options.entropy = (int)fuzz_below(&s->in, 3);
    s->options.memory_limit = fuzz_below(&s->in, 3) ? 1 << 22 : 1u << fuzz_below(&s->in, 23);
}

static void make_rows(scene *s, aez_row *rows, aez_cell *cells, size_t n)
{
    static const char text[] = "12,3.5\n-7,x\n1e9,\n";
    for (size_t i = 0; i < n; i++) {
        unsigned which = fuzz_below(&s->in, 3);
        size_t   at = which == 0 ? 0 : which == 1 ? 7 : 12, size = which == 0 ? 7 : 5;
        size_t   first = which == 0 ? 2 : which == 1 ? 2 : 3;
        cells[2 * i] = (aez_cell){text + at, first};
        cells[2 * i + 1] = (aez_cell){text + at + first + 1, size - first - 2};
        rows[i] = (aez_row){text + at, size, cells + 2 * i, fuzz_below(&s->in, 4) ? 2 : 0};
    }
}

static void push_rows(scene *s, int to_profile)
{
    aez_row  rows[8];
    aez_cell cells[16];
    size_t   n = fuzz_below(&s->in, 9);
    make_rows(s, rows, cells, n);
    if (to_profile && s->rows_profile)
        aez_table_profile_push(s->rows_profile, rows, n);
    else if (!to_profile && s->encoder)
        expect(aez_encoder_push_rows(s->encoder, rows, n), &s->encoder_broken);
}

static void push_sites(scene *s, int to_profile)
{
    static uint8_t values[8 * SITES];
    const void    *columns[2] = {values, values};
    uint64_t       n = fuzz_below(&s->in, SITES);
    size_t         left = fuzz_left(&s->in);
    if (left)
        memcpy(values, s->in.p, left < sizeof values ? left : sizeof values);
    if (to_profile && s->profile)
        aez_profile_push(s->profile, columns, n);
    else if (!to_profile && s->encoder)
        expect(aez_encoder_push(s->encoder, columns, n), &s->encoder_broken);
}

static void new_encoder(scene *s)
{
    aez_table_options t = {.delimiter = (char)fuzz_u8(&s->in), .header = (int)fuzz_below(&s->in, 3) - 1,
                           .mode = (aez_mode)fuzz_below(&s->in, 6), .bound = fuzz_below(&s->in, 3)};
    aez_status        st;
    aez_encoder_destroy(s->encoder);
    s->encoder = NULL;
    if (s->rows_profile && fuzz_below(&s->in, 2)) {
        st = aez_encoder_create_table(&s->encoder, &s->options, &t, s->rows_profile, NULL, 0);
        aez_table_profile_destroy(s->rows_profile);
        s->rows_profile = NULL;
    } else {
        st = aez_encoder_create(&s->encoder, &s->options, &s->schema, NULL);
    }
    s->encoder_broken = 0;
    expect(st, &s->encoder_broken);
    FUZZ_CHECK(st < 0 || s->encoder);
    free(s->file.data);
    memset(&s->file, 0, sizeof s->file);
    s->fed = 0;
}

static void new_profile(scene *s)
{
    aez_profile_destroy(s->profile);
    s->profile = NULL;
    if (aez_profile_create(&s->profile, &s->options, &s->schema) < 0) {
        aez_profile_destroy(s->profile);
        s->profile = NULL;
    }
}

static void new_rows_profile(scene *s)
{
    aez_table_profile_destroy(s->rows_profile);
    s->rows_profile = NULL;
    FUZZ_CHECK(aez_table_profile_create(&s->rows_profile, &s->options) == AEZ_OK || !s->rows_profile);
}

static void new_decoder(scene *s)
{
    aez_decoder_destroy(s->decoder);
    s->decoder = NULL;
    s->decoder_broken = 0;
    expect(aez_decoder_create(&s->decoder, &s->options), &s->decoder_broken);
    s->fed = 0;
}

static void pull_encoder(scene *s)
{
    uint8_t buf[300];
    aez_out out = {.dst = buf, .size = fuzz_below(&s->in, sizeof buf)};
    if (!s->encoder)
        return;
    expect(aez_encoder_pull(s->encoder, &out), &s->encoder_broken);
    FUZZ_CHECK(out.pos <= out.size);
    arrays_append(&s->file, buf, out.pos);
}

static void push_decoder(scene *s)
{
    aez_in in = {.src = s->fed ? s->file.data + s->fed : s->file.data, .size = fuzz_below(&s->in, 300)};
    if (!s->decoder)
        return;
    in.size = in.size < s->file.size - s->fed ? in.size : s->file.size - s->fed;
    expect(aez_decoder_push(s->decoder, &in), &s->decoder_broken);
    FUZZ_CHECK(in.pos <= in.size);
    s->fed += in.pos;
}

static void pull_decoder(scene *s)
{
    uint8_t  values[8 * SITES];
    void    *columns[2] = {values, values};
    uint64_t n = 99;
    aez_out  out = {.dst = values, .size = fuzz_below(&s->in, sizeof values)};
    if (!s->decoder)
        return;
    /* the wrong kind of pull is told without breaking anything */
    if (fuzz_below(&s->in, 2))
        aez_decoder_pull(s->decoder, columns, fuzz_below(&s->in, SITES), &n);
    else
        aez_decoder_pull_text(s->decoder, &out);
}

static void ask(scene *s)
{
    aez_field_stats stats;
    aez_report      report;
    if (s->profile)
        aez_profile_stats(s->profile, fuzz_below(&s->in, 4), &stats);
    if (s->encoder) {
        aez_encoder_report(s->encoder, &report);
        FUZZ_CHECK(aez_encoder_message(s->encoder) && aez_encoder_describe(s->encoder, fuzz_u8(&s->in)));
        FUZZ_CHECK(aez_encoder_column_name(s->encoder, fuzz_u8(&s->in)) != NULL);
        aez_encoder_columns(s->encoder);
    }
    if (s->decoder) {
        aez_decoder_report(s->decoder, &report);
        aez_decoder_schema(s->decoder);
        FUZZ_CHECK(aez_decoder_message(s->decoder) && aez_decoder_describe(s->decoder, fuzz_u8(&s->in)));
    }
}

static void act(scene *s)
{
    switch (fuzz_below(&s->in, 16)) {
    case 0: set_schema(s); break;
    case 1: set_options(s); break;
    case 2: new_profile(s); break;
    case 3: new_rows_profile(s); break;
    case 4: new_encoder(s); break;
    case 5: new_decoder(s); break;
    case 6: push_sites(s, 1); break;
    case 7: push_sites(s, 0); break;
    case 8: push_rows(s, 1); break;
    case 9: push_rows(s, 0); break;
    case 10: pull_encoder(s); break;
    case 11:
        if (s->encoder)
            expect(aez_encoder_finish(s->encoder), &s->encoder_broken);
        break;
    case 12: push_decoder(s); break;
    case 13: pull_decoder(s); break;
    case 14:
        if (s->decoder)
            expect(aez_decoder_finish(s->decoder), &s->decoder_broken);
        break;
    default: ask(s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const aez_field first = {.type = AEZ_F32};
    scene                  s = {.in = {data, data + size}, .memory = {.cap = (size_t)1 << 27}};
    aez_options_init(&s.options);
    s.options.level = 1;
    s.options.memory_limit = 1 << 22;
    s.options.allocator = fuzz_allocator(&s.memory);
    s.field[0] = s.field[1] = first;
    s.schema = arrays_schema(s.field, 2, 1, (const uint64_t[]){20});
    for (int i = 0; i < 200 && fuzz_left(&s.in); i++)
        act(&s);
    aez_profile_destroy(s.profile);
    aez_table_profile_destroy(s.rows_profile);
    aez_encoder_destroy(s.encoder);
    aez_decoder_destroy(s.decoder);
    free(s.file.data);
    FUZZ_CHECK(s.memory.n_live == 0);
    return 0;
}
