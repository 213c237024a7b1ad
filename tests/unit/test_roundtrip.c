/* test_roundtrip.c - arrays of every type, shape, mode and character come back as promised. */
#include <criterion/criterion.h>

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "codec/base/rng.h"
#include "tests/support/arrays.h"

typedef struct shape {
    unsigned n_dims;
    uint64_t n[AEZ_MAX_DIMS];
} shape;

static const shape shapes[] = {
    {1, {0}},          {1, {1}},          {1, {2}},        {1, {997}},     {2, {31, 37}},
    {3, {5, 7, 11}},   {3, {4, 0, 2}},    {2, {1, 300}},   {2, {300, 1}},  {3, {1, 1, 1}},
    {8, {2, 1, 3, 2, 1, 2, 3, 2}},        {4, {2, 2, 2, 64}},              {2, {700, 2}},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

enum character {
    CONSTANT, SMOOTH, WALK, NOISE, FULL_RANGE, ALTERNATING, RARE_ODD, MANY_ODD, DECIMALS, FEW_VALUES,
    TINY, HUGE_AND_TINY, N_CHARACTERS
};

static uint64_t width_mask(aez_type type)
{
    size_t size = aez_type_size(type);
    return size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
}

static int is_float(aez_type type)
{
    return type == AEZ_F32 || type == AEZ_F64;
}

static int is_signed(aez_type type)
{
    return type == AEZ_I8 || type == AEZ_I16 || type == AEZ_I32 || type == AEZ_I64;
}

static void put_bits(void *to, aez_type type, uint64_t bits)
{
    memcpy(to, &bits, aez_type_size(type)); /* little-endian hosts only */
}

static uint64_t get_bits(const void *from, aez_type type)
{
    uint64_t bits = 0;
    memcpy(&bits, from, aez_type_size(type));
    return bits;
}

static uint64_t float_bits(aez_type type, double v)
{
    uint64_t bits = 0;
    float    narrow = (float)v;
    if (type == AEZ_F32)
        memcpy(&bits, &narrow, sizeof narrow);
    else
        memcpy(&bits, &v, sizeof v);
    return bits;
}

/* One of: NaN with one of four payloads and signs, the infinities, both zeros, +-largest, subnormal. */
static uint64_t odd_float(aez_rng *rng, aez_type type)
{
    uint64_t sign = aez_rng_below(rng, 2) << (8 * aez_type_size(type) - 1);
    uint64_t payload = 1 + aez_rng_below(rng, 4);
    double   largest = type == AEZ_F32 ? FLT_MAX : DBL_MAX;
    switch (aez_rng_below(rng, 6)) {
    case 0:
        return sign | float_bits(type, INFINITY) | payload;
    case 1:
        return sign | float_bits(type, INFINITY);
    case 2:
        return sign;
    case 3:
        return sign | float_bits(type, largest);
    case 4:
        return sign | payload; /* subnormal */
    default:
        return sign | float_bits(type, NAN) | payload;
    }
}

static uint64_t float_value(aez_rng *rng, aez_type type, enum character c, uint64_t i, double *walk)
{
    double u = (double)(int64_t)(aez_rng_next(rng) >> 11) * 0x1p-53;
    *walk += u - 0.5;
    switch (c) {
    case CONSTANT:
        return float_bits(type, -273.15);
    case SMOOTH:
        return float_bits(type, 1e3 * sin((double)i * 0.01) + 0.3 * cos((double)i * 0.13));
    case WALK:
        return float_bits(type, *walk);
    case NOISE:
        return float_bits(type, u);
    case FULL_RANGE:
        return aez_rng_next(rng) & width_mask(type);
    case ALTERNATING:
        return float_bits(type, (i & 1 ? 1 : -1) * (type == AEZ_F32 ? FLT_MAX : DBL_MAX));
    case RARE_ODD:
        return aez_rng_below(rng, 100) ? float_bits(type, *walk) : odd_float(rng, type);
    case MANY_ODD:
        return aez_rng_below(rng, 3) ? odd_float(rng, type) : float_bits(type, *walk);
    case DECIMALS:
        return float_bits(type, (double)(int64_t)(u * 2000 - 1000) / 100);
    case FEW_VALUES:
        return float_bits(type, sqrt((double)aez_rng_below(rng, 5)));
    case TINY:
        return float_bits(type, u * (type == AEZ_F32 ? FLT_MIN : DBL_MIN));
    default:
        return float_bits(type, ldexp(u - 0.5, (int)aez_rng_below(rng, 200) - 100));
    }
}

static uint64_t integer_value(aez_rng *rng, aez_type type, enum character c, uint64_t i, double *walk)
{
    uint64_t all = width_mask(type), top = is_signed(type) ? all >> 1 : all;
    *walk += (double)(int64_t)aez_rng_below(rng, 7) - 3;
    switch (c) {
    case CONSTANT:
        return 77;
    case SMOOTH:
        return (uint64_t)(int64_t)(50 + 40 * sin((double)i * 0.02)) & all;
    case WALK:
    case RARE_ODD:
        return (uint64_t)(int64_t)*walk & all;
    case ALTERNATING:
        return i & 1 ? top : (top + 1) & all;
    case DECIMALS:
        return 100 * aez_rng_below(rng, 3) & top;
    case FEW_VALUES:
        return top / 4 * aez_rng_below(rng, 4);
    case TINY:
        return aez_rng_below(rng, 2);
    case HUGE_AND_TINY:
        return (aez_rng_next(rng) >> aez_rng_below(rng, 64)) & all;
    default:
        return aez_rng_next(rng) & all;
    }
}

static void *make_values(aez_rng *rng, aez_type type, enum character c, uint64_t n)
{
    size_t   size = aez_type_size(type);
    uint8_t *v = malloc(n * size + 1);
    double   walk = 10;
    for (uint64_t i = 0; i < n; i++)
        put_bits(v + i * size, type, is_float(type) ? float_value(rng, type, c, i, &walk)
                                                    : integer_value(rng, type, c, i, &walk));
    return v;
}

/* ---- what is promised, told without the codec ------------------------------------------------------- */

static double as_double(uint64_t bits, aez_type type)
{
    float  narrow;
    double v;
    if (type == AEZ_F32) {
        memcpy(&narrow, &bits, sizeof narrow);
        return narrow;
    }
    memcpy(&v, &bits, sizeof v);
    if (type == AEZ_F64)
        return v;
    if (is_signed(type) && (bits >> (8 * aez_type_size(type) - 1) & 1))
        return (double)(int64_t)(bits | ~width_mask(type));
    return (double)bits;
}

static int is_missing(const aez_field *f, uint64_t bits)
{
    return f->has_missing && (is_float(f->type) ? bits == float_bits(f->type, f->missing)
                                                : as_double(bits, f->type) == f->missing);
}

/* The absolute bound of a field: for AEZ_REL times the range of finite, non-missing values. */
static double bound_of(const aez_field *f, const uint8_t *values, uint64_t n)
{
    size_t size = aez_type_size(f->type);
    double lo = INFINITY, hi = -INFINITY;
    if (f->mode == AEZ_ABS)
        return f->bound;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t bits = get_bits(values + i * size, f->type);
        double   v = as_double(bits, f->type);
        if (isfinite(v) && !is_missing(f, bits)) {
            lo = fmin(lo, v);
            hi = fmax(hi, v);
        }
    }
    return hi >= lo ? f->bound * (hi - lo) : 0;
}

/* |a - b| for integers of any type, exactly. */
static uint64_t gap(uint64_t a, uint64_t b, aez_type type)
{
    uint64_t sign = is_signed(type) ? (uint64_t)1 << (8 * aez_type_size(type) - 1) : 0;
    a ^= sign; /* order as unsigned numbers */
    b ^= sign;
    return a > b ? a - b : b - a;
}

static int keeps(const aez_field *f, uint64_t was, uint64_t is, double bound)
{
    double a = as_double(was, f->type), b = as_double(is, f->type);
    if (was == is)
        return 1;
    if (f->mode == AEZ_LOSSLESS || is_missing(f, was))
        return 0;
    if (!is_float(f->type))
        return (double)gap(was, is, f->type) <= bound;
    if (!isfinite(a))
        return 0;
    if (f->mode == AEZ_PWREL)
        return fabs(b - a) <= f->bound * fabs(a) && !signbit(a) == !signbit(b);
    return fabs(b - a) <= bound;
}

static void check_values(const aez_field *f, const uint8_t *was, const uint8_t *is, uint64_t n,
                         const char *what)
{
    size_t size = aez_type_size(f->type);
    double bound = bound_of(f, was, n);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t a = get_bits(was + i * size, f->type), b = get_bits(is + i * size, f->type);
        cr_assert(keeps(f, a, b, bound), "%s: site %llu: %llx came back as %llx, bound %g", what,
                  (unsigned long long)i, (unsigned long long)a, (unsigned long long)b, bound);
    }
}

static void round_trip(const aez_options *o, const aez_schema *s, void *const *columns,
                       const char *what)
{
    uint64_t     n = arrays_sites(s), got;
    arrays_bytes bytes;
    void        *back[8];
    for (uint32_t f = 0; f < s->n_fields; f++)
        back[f] = malloc(n * aez_type_size(s->fields[f].type) + 1);
    cr_assert_eq(arrays_encode(o, s, columns, 1, 0, &bytes), AEZ_END, "%s", what);
    cr_assert_eq(arrays_decode(o, bytes.data, bytes.size, 0, 0, back, n, &got), AEZ_OK, "%s", what);
    cr_assert_eq(got, n);
    for (uint32_t f = 0; f < s->n_fields; f++) {
        check_values(&s->fields[f], columns[f], back[f], n, what);
        free(back[f]);
    }
    free(bytes.data);
}

/* ---- every type, shape, character ---------------------------------------------------------------------- */

static void try_all(aez_mode mode, double bound, int level, uint64_t seed)
{
    aez_rng     rng;
    aez_options o;
    aez_rng_seed(&rng, seed);
    aez_options_init(&o);
    o.level = level;
    o.chunk_bytes = 4096;
    for (int type = AEZ_U8; type <= AEZ_F64; type++) {
        for (int c = 0; c < N_CHARACTERS; c++) {
            const shape *sh = &shapes[aez_rng_below(&rng, N_SHAPES)];
            aez_field    field = {.type = (aez_type)type, .mode = mode, .bound = bound};
            aez_schema   s = arrays_schema(&field, 1, sh->n_dims, sh->n);
            void        *column;
            char         what[80];
            if (mode == AEZ_PWREL && !is_float(field.type))
                continue;
            if (aez_rng_below(&rng, 3) == 0) {
                field.has_missing = 1;
                field.missing = aez_rng_below(&rng, 2) ? -9999 : 0;
            }
            column = make_values(&rng, field.type, (enum character)c, arrays_sites(&s));
            snprintf(what, sizeof what, "%s, character %d, mode %d, bound %g, %u dims",
                     aez_type_name(field.type), c, (int)mode, bound, sh->n_dims);
            round_trip(&o, &s, &column, what);
            free(column);
        }
    }
}

Test(roundtrip, lossless_is_bit_identical)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        try_all(AEZ_LOSSLESS, 0, seed & 1 ? 1 : 3, seed);
}

Test(roundtrip, absolute_bounds_hold)
{
    static const double bounds[] = {0, 1e-300, 1e-6, 0.01, 0.5, 1, 3.7, 1e4, 1e18, 1e300, DBL_MAX};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        try_all(AEZ_ABS, bounds[i], i & 1 ? 1 : 2, 100 + i);
}

Test(roundtrip, relative_bounds_hold)
{
    static const double bounds[] = {0, 1e-17, 1e-7, 1e-3, 0.1, 1, 100};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        try_all(AEZ_REL, bounds[i], i & 1 ? 1 : 2, 200 + i);
}

Test(roundtrip, point_wise_relative_bounds_hold)
{
    static const double bounds[] = {1e-12, 1e-5, 1e-2, 0.5};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        try_all(AEZ_PWREL, bounds[i], 1, 300 + i);
}

Test(roundtrip, every_shape_comes_back)
{
    aez_rng     rng;
    aez_options o;
    aez_rng_seed(&rng, 5);
    aez_options_init(&o);
    o.level = 1;
    o.chunk_bytes = 4096;
    for (size_t i = 0; i < N_SHAPES; i++) {
        for (int mode = AEZ_LOSSLESS; mode <= AEZ_REL; mode++) {
            aez_field  field = {.type = AEZ_F32, .mode = (aez_mode)mode, .bound = 0.001};
            aez_schema s = arrays_schema(&field, 1, shapes[i].n_dims, shapes[i].n);
            void      *column = make_values(&rng, AEZ_F32, SMOOTH, arrays_sites(&s));
            char       what[40];
            snprintf(what, sizeof what, "shape %zu mode %d", i, mode);
            round_trip(&o, &s, &column, what);
            free(column);
        }
    }
}

Test(roundtrip, levels_5_and_above_keep_the_same_promises)
{
    aez_rng     rng;
    aez_options o;
    aez_rng_seed(&rng, 6);
    aez_options_init(&o);
    for (int i = 0; i < 10; i++) {
        static const uint64_t n[] = {23, 41};
        aez_field  field = {.type = i & 1 ? AEZ_F64 : AEZ_I32, .mode = (aez_mode)(i % 3), .bound = 0.01};
        aez_schema s = arrays_schema(&field, 1, 2, n);
        void      *column = make_values(&rng, field.type, (enum character)(i % 5), 23 * 41);
        o.level = 5 + i % 5;
        o.chunk_bytes = 4096;
        o.entropy = i % 4 == 3 ? AEZ_ENTROPY_ZSTD : AEZ_ENTROPY_ANY;
        round_trip(&o, &s, &column, "level");
        free(column);
    }
}

/* Values of a fill value come back exactly in every mode, though they are far from the rest. */
Test(roundtrip, fill_values_are_exact)
{
    static const uint64_t n[] = {50, 20};
    static const double   fills[] = {-9999, 1e20, 0, 255};
    aez_rng               rng;
    aez_options           o;
    aez_rng_seed(&rng, 7);
    aez_options_init(&o);
    o.level = 2;
    for (int type = AEZ_U8; type <= AEZ_F64; type++) {
        for (size_t i = 0; i < 4; i++) {
            aez_field  field = {.type = (aez_type)type, .mode = AEZ_ABS, .bound = 2.5,
                                .has_missing = 1, .missing = fills[i]};
            aez_schema s = arrays_schema(&field, 1, 2, n);
            uint8_t   *column = make_values(&rng, field.type, WALK, 1000);
            void      *p = column;
            for (int k = 0; k < 300; k++) {
                uint64_t bits = is_float(field.type) ? float_bits(field.type, fills[i])
                                : fills[i] == 255 ? 255 : 0;
                put_bits(column + aez_rng_below(&rng, 1000) * aez_type_size(field.type), field.type,
                         bits & (field.type == AEZ_I8 ? 127 : UINT64_MAX));
            }
            round_trip(&o, &s, &p, aez_type_name(field.type));
            free(column);
        }
    }
}

/* ---- several fields, many chunks, pieces, threads --------------------------------------------------------- */

typedef struct table {
    aez_field  fields[5];
    aez_schema schema;
    void      *columns[5];
    uint64_t   n;
} table;

static void table_init(table *t, const uint64_t *n, unsigned n_dims, uint64_t seed)
{
    static const aez_type types[] = {AEZ_F32, AEZ_I16, AEZ_F64, AEZ_U8, AEZ_U64};
    aez_rng               rng;
    aez_rng_seed(&rng, seed);
    memset(t, 0, sizeof *t);
    for (uint32_t f = 0; f < 5; f++) {
        t->fields[f].type = types[f];
        t->fields[f].name = (const char *[]){"pressure", "", NULL, "flag", "count"}[f];
        t->fields[f].mode = (const aez_mode[]){AEZ_REL, AEZ_LOSSLESS, AEZ_LOSSLESS, AEZ_ABS,
                                               AEZ_LOSSLESS}[f];
        t->fields[f].bound = f == 0 ? 1e-3 : 2;
    }
    t->schema = arrays_schema(t->fields, 5, n_dims, n);
    t->n = arrays_sites(&t->schema);
    for (uint32_t f = 0; f < 5; f++)
        t->columns[f] = make_values(&rng, types[f], (enum character[]){SMOOTH, WALK, RARE_ODD,
                                    FEW_VALUES, HUGE_AND_TINY}[f], t->n);
}

static void table_free(table *t)
{
    for (uint32_t f = 0; f < 5; f++)
        free(t->columns[f]);
}

Test(roundtrip, several_fields_come_back_together)
{
    static const shape some[] = {{1, {3000}}, {2, {40, 60}}, {3, {9, 11, 13}}};
    aez_options        o;
    aez_options_init(&o);
    o.chunk_bytes = 4096;
    for (size_t i = 0; i < 3; i++) {
        for (int level = 1; level <= 3; level++) {
            table t;
            table_init(&t, some[i].n, some[i].n_dims, i);
            o.level = level;
            round_trip(&o, &t.schema, t.columns, "table");
            table_free(&t);
        }
    }
}

static void same_bytes(const arrays_bytes *a, const arrays_bytes *b)
{
    cr_assert_eq(a->size, b->size);
    cr_assert_eq(memcmp(a->data, b->data, a->size), 0);
}

Test(roundtrip, the_bytes_do_not_depend_on_the_split_of_the_input)
{
    static const uint64_t n[] = {30, 70}, pieces[] = {1, 7, 300, 2099};
    aez_options           o;
    arrays_bytes          whole, split;
    table                 t;
    aez_options_init(&o);
    o.level = 2;
    o.chunk_bytes = 4096;
    table_init(&t, n, 2, 8);
    cr_assert_eq(arrays_encode(&o, &t.schema, t.columns, 1, 0, &whole), AEZ_END);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(arrays_encode(&o, &t.schema, t.columns, 1, pieces[i], &split), AEZ_END);
        same_bytes(&whole, &split);
        free(split.data);
    }
    free(whole.data);
    table_free(&t);
}

Test(roundtrip, the_values_do_not_depend_on_the_split_of_the_bytes)
{
    static const uint64_t n[] = {30, 70};
    static const struct {
        size_t   bytes;
        uint64_t sites;
    } splits[] = {{1, 0}, {1, 1}, {7, 5}, {0, 1}, {1000, 333}, {0, 0}};
    aez_options  o;
    arrays_bytes bytes;
    table        t;
    aez_options_init(&o);
    o.level = 1;
    o.chunk_bytes = 4096;
    table_init(&t, n, 2, 9);
    cr_assert_eq(arrays_encode(&o, &t.schema, t.columns, 1, 0, &bytes), AEZ_END);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        void    *back[5];
        uint64_t got;
        for (uint32_t f = 0; f < 5; f++)
            back[f] = calloc(t.n, aez_type_size(t.fields[f].type));
        cr_assert_eq(arrays_decode(&o, bytes.data, bytes.size, splits[i].bytes, splits[i].sites,
                                   back, t.n, &got), AEZ_OK);
        cr_assert_eq(got, t.n);
        for (uint32_t f = 0; f < 5; f++) {
            check_values(&t.fields[f], t.columns[f], back[f], t.n, "split");
            free(back[f]);
        }
    }
    free(bytes.data);
    table_free(&t);
}

Test(roundtrip, the_bytes_do_not_depend_on_the_threads)
{
    static const uint64_t n[] = {6000};
    static const uint32_t widths[] = {2, 3, 8, 1000};
    aez_options           o;
    arrays_bytes          one, many;
    table                 t;
    aez_options_init(&o);
    o.level = 1;
    o.chunk_bytes = 4096;
    table_init(&t, n, 1, 10);
    cr_assert_eq(arrays_encode(&o, &t.schema, t.columns, 1, 0, &one), AEZ_END);
    for (size_t i = 0; i < 4; i++) {
        size_t   n_calls = 0;
        void    *back[5];
        uint64_t got;
        o.runner = (aez_runner){arrays_run, &n_calls, widths[i]};
        cr_assert_eq(arrays_encode(&o, &t.schema, t.columns, 1, i & 1 ? 100 : 0, &many), AEZ_END);
        cr_assert_gt(n_calls, 0, "the runner was never asked");
        same_bytes(&one, &many);
        n_calls = 0;
        for (uint32_t f = 0; f < 5; f++)
            back[f] = calloc(t.n, aez_type_size(t.fields[f].type));
        cr_assert_eq(arrays_decode(&o, many.data, many.size, 0, 0, back, t.n, &got), AEZ_OK);
        cr_assert_gt(n_calls, 0);
        cr_assert_eq(got, t.n);
        for (uint32_t f = 0; f < 5; f++) {
            check_values(&t.fields[f], t.columns[f], back[f], t.n, "threads");
            free(back[f]);
        }
        free(many.data);
    }
    free(one.data);
    table_free(&t);
}

Test(roundtrip, opaque_bytes_come_back)
{
    aez_rng     rng;
    aez_options o;
    aez_rng_seed(&rng, 11);
    aez_options_init(&o);
    for (uint64_t n = 0; n < 20000; n = 3 * n + 1) {
        aez_field  field = {.type = AEZ_OPAQUE};
        aez_schema s = arrays_schema(&field, 1, 1, &n);
        void      *column = make_values(&rng, AEZ_U8, n & 1 ? NOISE : WALK, n);
        o.level = 1 + (int)(n % 9);
        o.chunk_bytes = n & 2 ? 4096 : 0;
        round_trip(&o, &s, &column, "opaque");
        free(column);
    }
}

/* Rule 4: a chunk is never larger than zstd's form of it and a few bytes. */
Test(roundtrip, noise_costs_only_a_few_bytes_more_than_itself)
{
    static const uint64_t n[] = {1, 100, 5000};
    aez_rng               rng;
    aez_options           o;
    aez_rng_seed(&rng, 12);
    aez_options_init(&o);
    o.level = 1;
    for (size_t i = 0; i < 3; i++) {
        for (int type = AEZ_U8; type <= AEZ_F64; type++) {
            aez_field    field = {.type = (aez_type)type};
            aez_schema   s = arrays_schema(&field, 1, 1, &n[i]);
            void        *column = make_values(&rng, field.type, FULL_RANGE, n[i]);
            arrays_bytes bytes;
            cr_assert_eq(arrays_encode(&o, &s, &column, 1, 0, &bytes), AEZ_END);
            cr_assert_leq(bytes.size, n[i] * aez_type_size(field.type) + 160);
            free(bytes.data);
            free(column);
        }
    }
}
