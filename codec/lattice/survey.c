/* survey.c - one pass over a field: range, exceptional values, distinct values, decimals. */
#include "survey_state.h"

#include <math.h>
#include <string.h>

#include "decimal.h"

#define BLOCK 4096 /* values looked at together; a multiple of LANES */
#define LANES 8

/* ---- range ---------------------------------------------------------------------------------- */

static void end_init(survey_end *e)
{
    e->outer = e->inner = -INFINITY;
    e->n_outer = 0;
}

static inline void end_add(survey_end *e, double v)
{
    if (v > e->outer) {
        e->inner = e->outer;
        e->outer = v;
        e->n_outer = 1;
    } else if (v == e->outer) {
        e->n_outer++;
    } else if (v > e->inner) {
        e->inner = v;
    }
}

static inline void ends_add(aez_survey *s, double v)
{
    if (v > s->top.inner)
        end_add(&s->top, v);
    if (-v > s->bottom.inner)
        end_add(&s->bottom, -v);
}

/* Most blocks of real data hold nothing special and move neither end: `quick` finds that out
 * without a branch a value. Only the others are walked value by value. */
#define FLOAT_RANGE(T, U, EXPONENT, SIGN)                                                          \
    static int quick_##T(const T *x, size_t n, U missing, T *low, T *high)                         \
    {                                                                                              \
        T lo[LANES], hi[LANES];                                                                    \
        U special[LANES];                                                                          \
        for (int j = 0; j < LANES; j++) {                                                          \
            lo[j] = hi[j] = x[0];                                                                  \
            special[j] = 0;                                                                        \
        }                                                                                          \
        for (size_t i = 0; i < n; i += LANES) {                                                    \
            U b[LANES];                                                                            \
            memcpy(b, x + i, sizeof b);                                                            \
            for (int j = 0; j < LANES; j++) {                                                      \
                T v = x[i + (size_t)j];                                                            \
                lo[j] = v < lo[j] ? v : lo[j];                                                     \
                hi[j] = v > hi[j] ? v : hi[j];                                                     \
                special[j] |= (U)(((b[j] & EXPONENT) == EXPONENT) | (b[j] == SIGN) |               \
                                  (b[j] == missing));                                              \
            }                                                                                      \
        }                                                                                          \
        for (int j = 1; j < LANES; j++) {                                                          \
            lo[0] = lo[j] < lo[0] ? lo[j] : lo[0];                                                 \
            hi[0] = hi[j] > hi[0] ? hi[j] : hi[0];                                                 \
            special[0] |= special[j];                                                              \
        }                                                                                          \
        *low = lo[0];                                                                              \
        *high = hi[0];                                                                             \
        return special[0] != 0;                                                                    \
    }                                                                                              \
                                                                                                   \
    static void walk_##T(aez_survey *s, const T *x, size_t n)                                      \
    {                                                                                              \
        U missing = (U)s->missing;                                                                 \
        for (size_t i = 0; i < n; i++) {                                                           \
            U b;                                                                                   \
            memcpy(&b, x + i, sizeof b);                                                           \
            if (s->has_missing && b == missing) {                                                  \
                s->n_missing++;                                                                    \
            } else if ((b & EXPONENT) == EXPONENT) {                                               \
                if (b & (U) ~(SIGN | EXPONENT))                                                    \
                    s->n_nan++;                                                                    \
                else                                                                               \
                    s->n_infinite++;                                                               \
            } else {                                                                               \
                s->n_minus_zero += b == SIGN;                                                      \
                ends_add(s, (double)x[i]);                                                         \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void range_##T(aez_survey *s, const T *x, size_t n)                                     \
    {                                                                                              \
        T low, high;                                                                               \
        U missing = s->has_missing ? (U)s->missing : SIGN;                                         \
        if (n % LANES != 0 || quick_##T(x, n, missing, &low, &high) ||                             \
            (double)high > s->top.inner || -(double)low > s->bottom.inner)                         \
            walk_##T(s, x, n);                                                                     \
        s->n += n;                                                                                 \
    }

FLOAT_RANGE(float, uint32_t, UINT32_C(0x7F800000), UINT32_C(0x80000000))
FLOAT_RANGE(double, uint64_t, UINT64_C(0x7FF0000000000000), UINT64_C(0x8000000000000000))

/* Integers are held as their own low and high (i64, or u64), exactly, and as doubles at the ends.
 */
#define INTEGER_RANGE(T, WIDE, LOW, HIGH)                                                          \
    static void range_##T(aez_survey *s, const T *x, size_t n)                                     \
    {                                                                                              \
        T missing = (T)s->missing, low = x[0], high = x[0];                                        \
        for (size_t i = 1; i < n; i++) {                                                           \
            low = x[i] < low ? x[i] : low;                                                         \
            high = x[i] > high ? x[i] : high;                                                      \
        }                                                                                          \
        s->n += n;                                                                                 \
        if (!s->has_missing && (double)high <= s->top.inner && -(double)low <= s->bottom.inner)    \
            return;                                                                                \
        for (size_t i = 0; i < n; i++) {                                                           \
            if (s->has_missing && x[i] == missing) {                                               \
                s->n_missing++;                                                                    \
                continue;                                                                          \
            }                                                                                      \
            s->LOW = (WIDE)x[i] < s->LOW ? (WIDE)x[i] : s->LOW;                                    \
            s->HIGH = (WIDE)x[i] > s->HIGH ? (WIDE)x[i] : s->HIGH;                                 \
            ends_add(s, (double)x[i]);                                                             \
        }                                                                                          \
    }

INTEGER_RANGE(uint8_t, int64_t, low, high)
INTEGER_RANGE(int8_t, int64_t, low, high)
INTEGER_RANGE(uint16_t, int64_t, low, high)
INTEGER_RANGE(int16_t, int64_t, low, high)
INTEGER_RANGE(uint32_t, int64_t, low, high)
INTEGER_RANGE(int32_t, int64_t, low, high)
INTEGER_RANGE(int64_t, int64_t, low, high)
INTEGER_RANGE(uint64_t, uint64_t, ulow, uhigh)

/* ---- distinct values ------------------------------------------------------------------------- */

static void distinct_add(aez_survey *s, uint64_t bits)
{
    size_t at;
    if (bits == s->last && s->n_distinct > 0)
        return;
    s->last = bits;
    if (bits == 0) {
        s->n_distinct += !s->has_zero;
        s->has_zero = 1;
    } else {
        /* Fibonacci hashing: the top bits of bits * 2^64 / golden ratio */
        at = (size_t)((bits * UINT64_C(0x9E3779B97F4A7C15)) >> 47) & (SURVEY_SLOTS - 1);
        while (s->slots[at] != 0 && s->slots[at] != bits)
            at = (at + 1) & (SURVEY_SLOTS - 1);
        if (s->slots[at] == 0) {
            s->slots[at] = bits;
            s->n_distinct++;
        }
    }
    if (s->n_distinct > s->distinct_max)
        s->counting = 0;
}

#define INTEGER_DISTINCT(T, U)                                                                     \
    static void distinct_##T(aez_survey *s, const T *x, size_t n)                                  \
    {                                                                                              \
        for (size_t i = 0; i < n && s->counting; i++) {                                            \
            if (!s->has_missing || (U)x[i] != (U)s->missing)                                       \
                distinct_add(s, (uint64_t)(U)x[i]);                                                \
        }                                                                                          \
    }

INTEGER_DISTINCT(uint8_t, uint8_t)
INTEGER_DISTINCT(int8_t, uint8_t)
INTEGER_DISTINCT(uint16_t, uint16_t)
INTEGER_DISTINCT(int16_t, uint16_t)
INTEGER_DISTINCT(uint32_t, uint32_t)
INTEGER_DISTINCT(int32_t, uint32_t)
INTEGER_DISTINCT(uint64_t, uint64_t)
INTEGER_DISTINCT(int64_t, uint64_t)

/* ---- decimals -------------------------------------------------------------------------------- */

static void decimals_init(survey_decimals *d, int wanted)
{
    memset(d, 0, sizeof *d);
    d->digits = wanted ? 0 : SURVEY_NO_DIGITS;
}

/* `single`: the decimal is rounded to float32 before it is compared. */
static inline void decimals_add(survey_decimals *d, double x, int single, double k_max,
                                uint64_t n_seen)
{
    double magnitude = fabs(x);
    while (d->digits != SURVEY_NO_DIGITS) {
        double power = decimal_power(d->digits);
        double q = x * power, k, back;
        if (!(fabs(q) < k_max)) {
            if (++d->n_off > 16 + n_seen / 1024)
                d->digits = SURVEY_NO_DIGITS;
            return;
        }
        k = round_small(q);
        back = single ? (double)(float)(k / power) : k / power;
        if (back == x) {
            d->largest = magnitude > d->largest ? magnitude : d->largest;
            return;
        }
        d->digits = d->digits < SURVEY_DIGITS_MAX ? d->digits + 1 : SURVEY_NO_DIGITS;
    }
}

static int exact_wanted_f32(const aez_survey *s)
{
    return s->counting || s->decimals.digits != SURVEY_NO_DIGITS;
}

static void exact_f32(aez_survey *s, const float *x, size_t n)
{
    for (size_t i = 0; i < n && exact_wanted_f32(s); i++) {
        uint32_t b;
        memcpy(&b, x + i, sizeof b);
        if ((b & UINT32_C(0x7F800000)) == UINT32_C(0x7F800000) ||
            (s->has_missing && b == (uint32_t)s->missing))
            continue;
        if (s->counting)
            distinct_add(s, b);
        decimals_add(&s->decimals, (double)x[i], 1, SURVEY_K_MAX_F32, s->n);
    }
}

static int exact_wanted_f64(const aez_survey *s)
{
    return s->counting || s->widened || s->decimals.digits != SURVEY_NO_DIGITS;
}

static void exact_f64(aez_survey *s, const double *x, size_t n)
{
    for (size_t i = 0; i < n && exact_wanted_f64(s); i++) {
        uint64_t b;
        memcpy(&b, x + i, sizeof b);
        if ((b & UINT64_C(0x7FF0000000000000)) == UINT64_C(0x7FF0000000000000) ||
            (s->has_missing && b == s->missing))
            continue;
        if (s->counting)
            distinct_add(s, b);
        decimals_add(&s->decimals, x[i], 0, SURVEY_K_MAX_F64, s->n);
        if (!s->widened)
            continue;
        if (fabs(x[i]) <= 3.4028234663852886e38 && (double)(float)x[i] == x[i]) {
            decimals_add(&s->decimals32, x[i], 1, SURVEY_K_MAX_F32, s->n);
        } else {
            s->widened = 0;
            s->decimals32.digits = SURVEY_NO_DIGITS;
        }
    }
}

/* ---- smallest magnitude, for point-wise bounds ----------------------------------------------- */

#define SMALLEST(T, U)                                                                             \
    static void smallest_##T(aez_survey *s, const T *x, size_t n)                                  \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            double m = fabs((double)x[i]);                                                         \
            U      b;                                                                              \
            memcpy(&b, x + i, sizeof b);                                                           \
            if (m < s->smallest && m > 0 && !(s->has_missing && b == (U)s->missing))               \
                s->smallest = m;                                                                   \
        }                                                                                          \
    }

SMALLEST(float, uint32_t)
SMALLEST(double, uint64_t)

/* ---- the interface --------------------------------------------------------------------------- */

int aez_missing_bits(const aez_field *field, uint64_t *bits)
{
    double   v = field->missing;
    float    f;
    uint32_t b;
    *bits = 0;
    if (!field->has_missing)
        return 0;
    switch (field->type) {
    case AEZ_F32:
        f = (float)v;
        memcpy(&b, &f, sizeof b);
        *bits = b;
        return 1;
    case AEZ_F64:
        memcpy(bits, &v, sizeof *bits);
        return 1;
    case AEZ_U8:
    case AEZ_U16:
    case AEZ_U32:
    case AEZ_U64:
        if (!(v >= 0 && v < ldexp(1, 8 * (int)aez_type_size(field->type))) || v != floor(v))
            return 0;
        *bits = (uint64_t)v;
        return 1;
    case AEZ_I8:
    case AEZ_I16:
    case AEZ_I32:
    case AEZ_I64: {
        int    n_bits = 8 * (int)aez_type_size(field->type);
        double end = ldexp(1, n_bits - 1);
        if (!(v >= -end && v < end) || v != floor(v))
            return 0;
        *bits = (uint64_t)(int64_t)v & (UINT64_MAX >> (64 - n_bits));
        return 1;
    }
    default:
        return 0;
    }
}

static int is_float(aez_type type)
{
    return type == AEZ_F32 || type == AEZ_F64;
}

aez_status aez_survey_create(aez_survey **out, const aez_mem *mem, const aez_field *field)
{
    aez_survey *s;
    int         decimals;
    *out = NULL;
    if (field->type < AEZ_U8 || field->type > AEZ_F64)
        return AEZ_ERR_OPTION;
    s = aez_take(mem, 1, sizeof *s);
    if (!s)
        return AEZ_ERR_NOMEM;
    s->mem = *mem;
    s->field = *field;
    s->field.name = NULL;
    s->exact = field->mode == AEZ_LOSSLESS || field->bound == 0;
    s->has_missing = aez_missing_bits(field, &s->missing);
    end_init(&s->top);
    end_init(&s->bottom);
    s->low = INT64_MAX;
    s->high = INT64_MIN;
    s->ulow = UINT64_MAX;
    s->smallest = INFINITY;
    /* decimals matter under a bound too, where their own grid is coarser than the bound's; data
     * that are none are found out within a few values, so asking is cheap */
    decimals = s->exact || field->mode == AEZ_ABS || field->mode == AEZ_REL;
    s->widened = decimals && field->type == AEZ_F64;
    decimals_init(&s->decimals, decimals && is_float(field->type));
    decimals_init(&s->decimals32, s->widened);
    s->counting = s->exact;
    s->distinct_max = is_float(field->type) ? SURVEY_DISTINCT_MAX : SURVEY_DISTINCT_MAX / 16;
    if (s->counting) {
        s->slots = aez_take(mem, SURVEY_SLOTS, sizeof *s->slots);
        if (!s->slots) {
            aez_survey_destroy(s);
            return AEZ_ERR_NOMEM;
        }
    }
    *out = s;
    return AEZ_OK;
}

#define PUSH_INTEGER(T)                                                                            \
    do {                                                                                           \
        range_##T(s, (const T *)p, n);                                                             \
        distinct_##T(s, (const T *)p, n);                                                          \
    } while (0)

static void push_block(aez_survey *s, const void *p, size_t n)
{
    switch (s->field.type) {
    case AEZ_U8: PUSH_INTEGER(uint8_t); break;
    case AEZ_I8: PUSH_INTEGER(int8_t); break;
    case AEZ_U16: PUSH_INTEGER(uint16_t); break;
    case AEZ_I16: PUSH_INTEGER(int16_t); break;
    case AEZ_U32: PUSH_INTEGER(uint32_t); break;
    case AEZ_I32: PUSH_INTEGER(int32_t); break;
    case AEZ_U64: PUSH_INTEGER(uint64_t); break;
    case AEZ_I64: PUSH_INTEGER(int64_t); break;
    case AEZ_F32:
        range_float(s, (const float *)p, n);
        exact_f32(s, (const float *)p, n);
        if (s->field.mode == AEZ_PWREL)
            smallest_float(s, (const float *)p, n);
        break;
    default:
        range_double(s, (const double *)p, n);
        exact_f64(s, (const double *)p, n);
        if (s->field.mode == AEZ_PWREL)
            smallest_double(s, (const double *)p, n);
        break;
    }
}

aez_status aez_survey_push(aez_survey *survey, const void *values, size_t n)
{
    const uint8_t *p = values;
    size_t         size = aez_type_size(survey->field.type);
    while (n) {
        size_t m = n < BLOCK ? n : BLOCK;
        push_block(survey, p, m);
        p += m * size;
        n -= m;
    }
    return AEZ_OK;
}

/* Fill values that people use; compared after rounding to the field's type. */
static int well_known(aez_type type, double v)
{
    static const double known[] = { 1e20,  -1e20,  9.969209968386869e36, 1e30,  -1e30,  1e35,
                                    -1e35, 1e36,   -1e36,  1e37,   -1e37, 1e38,   -1e38, 999,
                                    9999,  99999,  999999, -99,    -999,  -9999,  -99999,
                                    -999999, 32767, -32767, -32768, 65535, 255,
                                    2147483647, -2147483647, -2147483648.0 };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (v == known[i] || (type == AEZ_F32 && v == (double)(float)known[i]))
            return 1;
    }
    return 0;
}

/* Whether the outermost value of one end is no datum: far from all others. `opposite` is the other
 * end of the range, negated as the ends are. */
static int end_is_fill(const aez_survey *s, const survey_end *e, double opposite, double value)
{
    double rest = e->inner + opposite;
    double gap = e->outer - e->inner;
    if (!(e->inner > -INFINITY) || !(gap > 0))
        return 0;
    if (well_known(s->field.type, value) && gap >= 10 * rest && (rest > 0 || gap >= 999))
        return 1;
    return rest > 0 && gap > 1000 * rest && e->n_outer >= 2 &&
           e->n_outer >= survey_n_finite(s) / 1000;
}

void aez_survey_stats(const aez_survey *s, aez_field_stats *out)
{
    memset(out, 0, sizeof *out);
    out->n = s->n;
    out->n_finite = survey_n_finite(s);
    if (out->n_finite == 0)
        return;
    out->min = 0 - s->bottom.outer; /* 0 - 0 is +0 */
    out->max = s->top.outer + 0.0;
    if (end_is_fill(s, &s->top, s->bottom.outer, out->max)) {
        out->suspicious = 1;
        out->suspect = out->max;
        out->n_suspect = s->top.n_outer;
    } else if (end_is_fill(s, &s->bottom, s->top.outer, out->min)) {
        out->suspicious = 1;
        out->suspect = out->min;
        out->n_suspect = s->bottom.n_outer;
    }
}

void aez_survey_destroy(aez_survey *survey)
{
    aez_mem mem;
    if (!survey)
        return;
    mem = survey->mem;
    aez_drop(&mem, survey->slots);
    aez_drop(&mem, survey);
}
