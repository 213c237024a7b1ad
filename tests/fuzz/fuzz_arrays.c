/* fuzz_arrays.c - arrays of any type, shape, mode and split come back as promised. */
#include "fuzz.h"

#include <math.h>

#include "tests/support/arrays.h"
#include "tests/support/promise.h"

enum { MAX_FIELDS = 3, MAX_SITES = 250 };

typedef struct trial {
    aez_field   field[MAX_FIELDS];
    aez_schema  schema;
    aez_options options;
    void       *column[MAX_FIELDS], *back[MAX_FIELDS];
    uint64_t    n;
} trial;

static void take_field(fuzz_input *in, aez_field *f)
{
    static const double bounds[] = {0, 1e-300, 1e-9, 1e-3, 0.5, 1, 7.3, 1e9, 1e300};
    int                 is_float;
    memset(f, 0, sizeof *f);
    f->type = (aez_type)(1 + fuzz_below(in, AEZ_OPAQUE));
    f->mode = (aez_mode)fuzz_below(in, 5);
    f->bound = bounds[fuzz_below(in, sizeof bounds / sizeof *bounds)];
    is_float = promise_is_float(f->type);
    if (f->type == AEZ_OPAQUE || (!is_float && f->mode >= AEZ_PWREL))
        f->mode = AEZ_LOSSLESS;
    if (f->mode == AEZ_PSNR)
        f->bound = fuzz_below(in, 150);
    f->has_missing = f->type != AEZ_OPAQUE && fuzz_below(in, 3) == 0;
    f->missing = f->has_missing ? (double)(int8_t)fuzz_u8(in) : 0;
}

static void take_shape(fuzz_input *in, aez_schema *s)
{
    uint64_t n = 1;
    s->n_dims = 1 + fuzz_below(in, AEZ_MAX_DIMS);
    for (unsigned a = 0; a < s->n_dims; a++) {
        s->shape[a] = fuzz_below(in, s->n_dims == 1 ? MAX_SITES : 60);
        if (s->shape[a] > MAX_SITES / (n ? n : 1))
            s->shape[a] = 1;
        n *= s->shape[a];
    }
}

static void take_trial(fuzz_input *in, trial *t)
{
    memset(t, 0, sizeof *t);
    t->schema.struct_size = sizeof t->schema;
    t->schema.n_fields = 1 + fuzz_below(in, MAX_FIELDS);
    t->schema.fields = t->field;
    for (uint32_t f = 0; f < t->schema.n_fields; f++)
        take_field(in, &t->field[f]);
    take_shape(in, &t->schema);
    t->n = arrays_sites(&t->schema);
    aez_options_init(&t->options);
    t->options.level = fuzz_below(in, 4) ? 1 : 2 + (int)fuzz_below(in, 3); /* most of them fast */
    t->options.chunk_bytes = 4096;
    t->options.entropy = fuzz_below(in, 4) == 0;
}

/* Values are what is left of the input, over and over; or sums of its bytes, so that neighbours are
 * near each other. */
static void fill(fuzz_input *in, void *column, aez_type type, uint64_t n)
{
    size_t         size = aez_type_size(type);
    int            walk = fuzz_below(in, 2), v = 0;
    const uint8_t *from = in->p;
    size_t         left = fuzz_left(in);
    uint8_t       *at = column;
    for (uint64_t i = 0; i < n * size; i++)
        at[i] = left ? from[i % left] : 0;
    for (uint64_t i = 0; walk && i < n; i++, at += size) {
        float  narrow;
        double wide;
        v += left ? (int8_t)from[i % left] : 1;
        narrow = (float)v / 10;
        wide = v / 7.0;
        if (type == AEZ_F32)
            memcpy(at, &narrow, sizeof narrow);
        else if (type == AEZ_F64)
            memcpy(at, &wide, sizeof wide);
        else
            memset(at, v, 1);
    }
}

static void check(const trial *t, uint32_t f)
{
    const aez_field *field = &t->field[f];
    uint64_t         site;
    FUZZ_CHECK(promise_all(field, t->column[f], t->back[f], t->n, &site));
    if (field->mode == AEZ_PSNR) {
        double psnr = promise_psnr(field, t->column[f], t->back[f], t->n);
        /* a sum of squares that leaves the range of doubles tells nothing */
        FUZZ_CHECK(psnr >= field->bound - 1e-6 || !isfinite(psnr) || field->bound == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input   in = {data, data + size};
    trial        t;
    arrays_bytes file;
    uint64_t     got, piece;
    aez_status   st;
    take_trial(&in, &t);
    piece = fuzz_below(&in, 512);
    for (uint32_t f = 0; f < t.schema.n_fields; f++) {
        t.column[f] = malloc(t.n * 8 + 1);
        t.back[f] = malloc(t.n * 8 + 1);
        fill(&in, t.column[f], t.field[f].type, t.n);
    }
    st = arrays_encode(&t.options, &t.schema, t.column, 1, piece, &file);
    FUZZ_CHECK(st == AEZ_END || st == AEZ_ERR_OPTION);
    if (st == AEZ_END) {
        FUZZ_CHECK(arrays_decode(&t.options, file.data, file.size, piece, piece, t.back, t.n,
                                 &got) == AEZ_OK);
        FUZZ_CHECK(got == t.n);
        for (uint32_t f = 0; f < t.schema.n_fields; f++)
            check(&t, f);
    }
    free(file.data);
    for (uint32_t f = 0; f < t.schema.n_fields; f++) {
        free(t.column[f]);
        free(t.back[f]);
    }
    return 0;
}
