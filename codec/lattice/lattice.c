/* lattice.c - typed values to integers, integers to typed values, and the proof of the bound. */
#include "lattice.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "../base/floatbits.h"
#include "decimal.h"
#include "lattice_log.h"
#include "lattice_table.h"

#define BLOCK 1024

#define SIGN_F32 UINT32_C(0x80000000)
#define SIGN_F64 UINT64_C(0x8000000000000000)
#define INFINITY_F32 UINT32_C(0x7F800000)
#define INFINITY_F64 UINT64_C(0x7FF0000000000000)

void aez_lattice_free(aez_lattice *lattice, const aez_mem *mem)
{
    aez_drop(mem, lattice->table);
    aez_drop(mem, lattice->find);
    memset(lattice, 0, sizeof *lattice);
}

/* ---- one value to its k; each returns nonzero for an odd value ------------------------------- */

/* The integer nearest to q. |q| must be below ROUNDING_LIMIT for it to be right; any q is safe. */
static inline int64_t nearest_integer(double q)
{
    double  shifted = q + ROUNDING_MAGIC, magic = ROUNDING_MAGIC;
    int64_t a, b;
    memcpy(&a, &shifted, sizeof a);
    memcpy(&b, &magic, sizeof b);
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int unit_of(const aez_lattice *l, double x, int64_t *k)
{
    double q = (x - l->offset) / l->unit;
    /* floor without the branch that would be a coin toss: q lies in [k, k + 1]. A whole q may get
     * q - 1, and is still as near to every restored r as the bound asks: q - r <= S / 2. */
    *k = nearest_integer(q - 0.5);
    return !(fabs(q) < ROUNDING_LIMIT / 2);
}

static inline int unit_float(const aez_lattice *l, float x, uint32_t bits, int64_t *k)
{
    return unit_of(l, (double)x, k) | (bits == SIGN_F32);
}

static inline int unit_double(const aez_lattice *l, double x, uint64_t bits, int64_t *k)
{
    return unit_of(l, x, k) | (bits == SIGN_F64);
}

static inline int decimal_float(const aez_lattice *l, float x, uint32_t bits, int64_t *k)
{
    double   power = decimal_power(l->digits);
    double   q = (double)x * power;
    double   t = round_small(q);
    float    back = (float)(t / power);
    uint32_t again;
    memcpy(&again, &back, sizeof again);
    *k = nearest_integer(t);
    return !(fabs(q) < ROUNDING_LIMIT / 2) | (again != bits) | (bits == SIGN_F32);
}

static inline int decimal_double(const aez_lattice *l, double x, uint64_t bits, int64_t *k)
{
    double   power = decimal_power(l->digits);
    double   q = x * power;
    double   t = round_small(q);
    double   back = t / power;
    uint64_t again;
    memcpy(&again, &back, sizeof again);
    *k = nearest_integer(t);
    return !(fabs(q) < ROUNDING_LIMIT / 2) | (again != bits) | (bits == SIGN_F64);
}

static inline int decimal_widened(const aez_lattice *l, double x, uint64_t bits, int64_t *k)
{
    double   power = decimal_power(l->digits);
    double   q = x * power;
    double   t = round_small(q);
    double   back = (double)(float)(t / power);
    uint64_t again;
    memcpy(&again, &back, sizeof again);
    *k = nearest_integer(t);
    return !(fabs(q) < ROUNDING_LIMIT / 2) | (again != bits) | (bits == SIGN_F64);
}

static inline int bits_float(const aez_lattice *l, float x, uint32_t bits, int64_t *k)
{
    (void)l;
    (void)x;
    *k = bits & SIGN_F32 ? -1 - (int64_t)(bits & (SIGN_F32 - 1)) : (int64_t)bits;
    return (bits & INFINITY_F32) == INFINITY_F32;
}

static inline int bits_double(const aez_lattice *l, double x, uint64_t bits, int64_t *k)
{
    (void)l;
    (void)x;
    *k = bits & SIGN_F64 ? -1 - (int64_t)(bits & (SIGN_F64 - 1)) : (int64_t)bits;
    return (bits & INFINITY_F64) == INFINITY_F64;
}

static inline int bits_widened(const aez_lattice *l, double x, uint64_t bits, int64_t *k)
{
    float    narrow;
    uint32_t b;
    if (!(fabs(x) <= (double)FLT_MAX))
        return 1;
    narrow = (float)x;
    memcpy(&b, &narrow, sizeof b);
    (void)bits_float(l, narrow, b, k);
    (void)bits;
    return (double)narrow != x;
}

static inline int log_of(const aez_lattice *l, double x, int64_t *k)
{
    double y;
    if (!(fabs(x) <= DBL_MAX))
        return 1;
    y = lattice_log_position(l, x);
    if (!(fabs(y) < ROUNDING_LIMIT / 2))
        return 1;
    *k = nearest_integer(y - 0.5); /* as in unit_of */
    return 0;
}

static inline int log_float(const aez_lattice *l, float x, uint32_t bits, int64_t *k)
{
    return log_of(l, (double)x, k) | (bits == SIGN_F32);
}

static inline int log_double(const aez_lattice *l, double x, uint64_t bits, int64_t *k)
{
    return log_of(l, x, k) | (bits == SIGN_F64);
}

static inline int table_of(const aez_lattice *l, uint64_t bits, int64_t *k)
{
    uint32_t at = lattice_table_find(l, bits);
    *k = (int64_t)at;
    return at == LATTICE_NOT_FOUND;
}

/* ---- values to k ----------------------------------------------------------------------------- */

/* The first loop of a block only learns whether anything in it is odd: no branch, no byte stores.
 * `NEVER` is a pattern that ONE calls odd anyway, in place of a missing fill value. */
#define FORWARD(NAME, T, U, NEVER, ONE)                                                            \
    static size_t NAME(const aez_lattice *lattice, const T *x, size_t n, const uint64_t *missing,  \
                       int64_t *k, uint8_t *odd)                                                   \
    {                                                                                              \
        const aez_lattice local = *lattice;                                                        \
        const U           fill = missing ? (U)*missing : (U)(NEVER);                               \
        size_t            n_odd = 0;                                                               \
        for (size_t start = 0; start < n; start += BLOCK) {                                        \
            size_t end = n - start < BLOCK ? n : start + BLOCK;                                    \
            int    any = 0;                                                                        \
            for (size_t i = start; i < end; i++) {                                                 \
                U b;                                                                               \
                memcpy(&b, x + i, sizeof b);                                                       \
                any |= ONE(&local, x[i], b, k + i) | (b == fill);                                  \
            }                                                                                      \
            memset(odd + start, 0, end - start);                                                   \
            for (size_t i = start; any && i < end; i++) {                                          \
                U b;                                                                               \
                memcpy(&b, x + i, sizeof b);                                                       \
                if (ONE(&local, x[i], b, k + i) | (b == fill)) {                                   \
                    odd[i] = 1;                                                                    \
                    k[i] = 0;                                                                      \
                    n_odd++;                                                                       \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        return n_odd;                                                                              \
    }

FORWARD(forward_unit_float, float, uint32_t, SIGN_F32, unit_float)
FORWARD(forward_unit_double, double, uint64_t, SIGN_F64, unit_double)
FORWARD(forward_decimal_float, float, uint32_t, SIGN_F32, decimal_float)
FORWARD(forward_decimal_double, double, uint64_t, SIGN_F64, decimal_double)
FORWARD(forward_decimal_widened, double, uint64_t, SIGN_F64, decimal_widened)
FORWARD(forward_bits_float, float, uint32_t, INFINITY_F32, bits_float)
FORWARD(forward_bits_double, double, uint64_t, INFINITY_F64, bits_double)
FORWARD(forward_bits_widened, double, uint64_t, INFINITY_F64, bits_widened)
FORWARD(forward_log_float, float, uint32_t, SIGN_F32, log_float)
FORWARD(forward_log_double, double, uint64_t, SIGN_F64, log_double)

#define FORWARD_INTEGER(T, U)                                                                      \
    static size_t forward_##T(const T *x, size_t n, const uint64_t *missing, int64_t *k,           \
                              uint8_t *odd)                                                        \
    {                                                                                              \
        size_t n_odd = 0;                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            k[i] = (int64_t)x[i];                                                                  \
        memset(odd, 0, n);                                                                         \
        for (size_t i = 0; missing && i < n; i++) {                                                \
            if ((U)x[i] == (U)*missing) {                                                          \
                odd[i] = 1;                                                                        \
                k[i] = 0;                                                                          \
                n_odd++;                                                                           \
            }                                                                                      \
        }                                                                                          \
        return n_odd;                                                                              \
    }

FORWARD_INTEGER(uint8_t, uint8_t)
FORWARD_INTEGER(int8_t, uint8_t)
FORWARD_INTEGER(uint16_t, uint16_t)
FORWARD_INTEGER(int16_t, uint16_t)
FORWARD_INTEGER(uint32_t, uint32_t)
FORWARD_INTEGER(int32_t, uint32_t)
FORWARD_INTEGER(uint64_t, uint64_t)
FORWARD_INTEGER(int64_t, uint64_t)

#define FORWARD_TABLE(U)                                                                           \
    static size_t forward_table_##U(const aez_lattice *l, const void *values, size_t n,            \
                                    const uint64_t *missing, int64_t *k, uint8_t *odd)             \
    {                                                                                              \
        const uint8_t *p = values;                                                                 \
        U              last = 0;                                                                   \
        int64_t        last_k = 0;                                                                 \
        int            last_odd = table_of(l, 0, &last_k);                                         \
        size_t         n_odd = 0;                                                                  \
        for (size_t i = 0; i < n; i++) {                                                           \
            U b;                                                                                   \
            memcpy(&b, p + i * sizeof b, sizeof b);                                                \
            if (b != last) {                                                                       \
                last = b;                                                                          \
                last_odd = table_of(l, b, &last_k);                                                \
            }                                                                                      \
            odd[i] = (uint8_t)(last_odd | (missing && b == (U)*missing));                          \
            k[i] = odd[i] ? 0 : last_k;                                                            \
            n_odd += odd[i];                                                                       \
        }                                                                                          \
        return n_odd;                                                                              \
    }

FORWARD_TABLE(uint8_t)
FORWARD_TABLE(uint16_t)
FORWARD_TABLE(uint32_t)
FORWARD_TABLE(uint64_t)

/* Under a bound p + q * S may fall below 0, which a bit pattern modulo 2^64 would take for a huge
 * value: k is then a plain i64, and values above its range are odd. */
static size_t forward_bounded_u64(const uint64_t *x, size_t n, const uint64_t *missing, int64_t *k,
                                  uint8_t *odd)
{
    size_t n_odd = 0;
    for (size_t i = 0; i < n; i++) {
        odd[i] = x[i] > (uint64_t)INT64_MAX || (missing && x[i] == *missing);
        k[i] = odd[i] ? 0 : (int64_t)x[i];
        n_odd += odd[i];
    }
    return n_odd;
}

static size_t forward_integer(const aez_lattice *l, const void *x, size_t n,
                              const uint64_t *missing, int64_t *k, uint8_t *odd)
{
    if (l->type == AEZ_U64 && l->step > 1)
        return forward_bounded_u64(x, n, missing, k, odd);
    switch (l->type) {
    case AEZ_U8: return forward_uint8_t(x, n, missing, k, odd);
    case AEZ_I8: return forward_int8_t(x, n, missing, k, odd);
    case AEZ_U16: return forward_uint16_t(x, n, missing, k, odd);
    case AEZ_I16: return forward_int16_t(x, n, missing, k, odd);
    case AEZ_U32: return forward_uint32_t(x, n, missing, k, odd);
    case AEZ_I32: return forward_int32_t(x, n, missing, k, odd);
    case AEZ_U64: return forward_uint64_t(x, n, missing, k, odd);
    default: return forward_int64_t(x, n, missing, k, odd);
    }
}

static size_t forward_table(const aez_lattice *l, const void *x, size_t n, const uint64_t *missing,
                            int64_t *k, uint8_t *odd)
{
    switch (aez_type_size(l->type)) {
    case 1: return forward_table_uint8_t(l, x, n, missing, k, odd);
    case 2: return forward_table_uint16_t(l, x, n, missing, k, odd);
    case 4: return forward_table_uint32_t(l, x, n, missing, k, odd);
    default: return forward_table_uint64_t(l, x, n, missing, k, odd);
    }
}

size_t aez_lattice_forward(const aez_lattice *l, const void *x, size_t n, const uint64_t *missing,
                           int64_t *k, uint8_t *odd)
{
    int f32 = l->type == AEZ_F32;
    switch (l->kind) {
    case AEZ_LATTICE_DECIMAL:
        if (f32)
            return forward_decimal_float(l, x, n, missing, k, odd);
        return l->via_f32 ? forward_decimal_widened(l, x, n, missing, k, odd)
                          : forward_decimal_double(l, x, n, missing, k, odd);
    case AEZ_LATTICE_UNIT:
        return f32 ? forward_unit_float(l, x, n, missing, k, odd)
                   : forward_unit_double(l, x, n, missing, k, odd);
    case AEZ_LATTICE_TABLE:
        return forward_table(l, x, n, missing, k, odd);
    case AEZ_LATTICE_BITS:
        if (f32)
            return forward_bits_float(l, x, n, missing, k, odd);
        return l->via_f32 ? forward_bits_widened(l, x, n, missing, k, odd)
                          : forward_bits_double(l, x, n, missing, k, odd);
    case AEZ_LATTICE_LOG:
        return f32 ? forward_log_float(l, x, n, missing, k, odd)
                   : forward_log_double(l, x, n, missing, k, odd);
    default:
        return forward_integer(l, x, n, missing, k, odd);
    }
}

/* ---- k to values ----------------------------------------------------------------------------- */

#define RESTORE_INTEGER(T, LOW, HIGH)                                                              \
    static void restore_##T(const int64_t *k, size_t n, T *x)                                      \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            x[i] = (T)(k[i] < (LOW) ? (LOW) : k[i] > (HIGH) ? (HIGH) : k[i]);                      \
    }

RESTORE_INTEGER(uint8_t, 0, UINT8_MAX)
RESTORE_INTEGER(int8_t, INT8_MIN, INT8_MAX)
RESTORE_INTEGER(uint16_t, 0, UINT16_MAX)
RESTORE_INTEGER(int16_t, INT16_MIN, INT16_MAX)
RESTORE_INTEGER(uint32_t, 0, (int64_t)UINT32_MAX)
RESTORE_INTEGER(int32_t, INT32_MIN, INT32_MAX)

static void restore_bounded_u64(const int64_t *k, size_t n, uint64_t *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = k[i] < 0 ? 0 : (uint64_t)k[i];
}

static void restore_integer(const aez_lattice *l, const int64_t *k, size_t n, void *x)
{
    if (l->type == AEZ_U64 && l->step > 1) {
        restore_bounded_u64(k, n, x);
        return;
    }
    switch (l->type) {
    case AEZ_U8: restore_uint8_t(k, n, x); break;
    case AEZ_I8: restore_int8_t(k, n, x); break;
    case AEZ_U16: restore_uint16_t(k, n, x); break;
    case AEZ_I16: restore_int16_t(k, n, x); break;
    case AEZ_U32: restore_uint32_t(k, n, x); break;
    case AEZ_I32: restore_int32_t(k, n, x); break;
    default: /* u64 and i64: the same 64 bits */
        if (n)
            memcpy(x, k, n * sizeof *k);
        break;
    }
}

/* 7.3: the written expressions, in binary64, then rounded to the type */
#define RESTORE_FLOAT(T)                                                                           \
    static void unit_to_##T(const aez_lattice *l, const int64_t *k, size_t n, T *x)                \
    {                                                                                              \
        const double offset = l->offset, unit = l->unit;                                           \
        for (size_t i = 0; i < n; i++)                                                             \
            x[i] = (T)(offset + (double)k[i] * unit);                                              \
    }                                                                                              \
                                                                                                   \
    static void decimal_to_##T(const aez_lattice *l, const int64_t *k, size_t n, T *x)             \
    {                                                                                              \
        const double power = decimal_power(l->digits);                                             \
        for (size_t i = 0; i < n; i++)                                                             \
            x[i] = (T)((double)k[i] / power);                                                      \
    }                                                                                              \
                                                                                                   \
    static void log_to_##T(const aez_lattice *l, const int64_t *k, size_t n, T *x)                 \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            x[i] = (T)lattice_log_value(l, k[i]);                                                  \
    }

RESTORE_FLOAT(float)
RESTORE_FLOAT(double)

static void decimal_to_widened(const aez_lattice *l, const int64_t *k, size_t n, double *x)
{
    const double power = decimal_power(l->digits);
    for (size_t i = 0; i < n; i++)
        x[i] = (double)(float)((double)k[i] / power);
}

static void bits_to_float(const int64_t *k, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t b = (uint32_t)aez_bits_from_ordered(k[i], 32);
        memcpy(x + i, &b, sizeof b);
    }
}

static void bits_to_double(const int64_t *k, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t b = aez_bits_from_ordered(k[i], 64);
        memcpy(x + i, &b, sizeof b);
    }
}

static void bits_to_widened(const int64_t *k, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t b = (uint32_t)aez_bits_from_ordered(k[i], 32);
        float    narrow;
        memcpy(&narrow, &b, sizeof b);
        x[i] = (double)narrow;
    }
}

static void restore_table(const aez_lattice *l, const int64_t *k, size_t n, void *values)
{
    uint8_t *p = values;
    size_t   size = aez_type_size(l->type);
    int64_t  last = (int64_t)l->n_table - 1;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = l->table[k[i] < 0 ? 0 : k[i] > last ? last : k[i]];
        uint8_t  b8 = (uint8_t)bits;
        uint16_t b16 = (uint16_t)bits;
        uint32_t b32 = (uint32_t)bits;
        switch (size) {
        case 1: memcpy(p + i, &b8, 1); break;
        case 2: memcpy(p + 2 * i, &b16, 2); break;
        case 4: memcpy(p + 4 * i, &b32, 4); break;
        default: memcpy(p + 8 * i, &bits, 8); break;
        }
    }
}

void aez_lattice_restore(const aez_lattice *l, const int64_t *k, size_t n, void *x)
{
    int f32 = l->type == AEZ_F32;
    switch (l->kind) {
    case AEZ_LATTICE_DECIMAL:
        if (f32)
            decimal_to_float(l, k, n, x);
        else if (l->via_f32)
            decimal_to_widened(l, k, n, x);
        else
            decimal_to_double(l, k, n, x);
        break;
    case AEZ_LATTICE_UNIT:
        if (f32)
            unit_to_float(l, k, n, x);
        else
            unit_to_double(l, k, n, x);
        break;
    case AEZ_LATTICE_TABLE:
        restore_table(l, k, n, x);
        break;
    case AEZ_LATTICE_BITS:
        if (f32)
            bits_to_float(k, n, x);
        else if (l->via_f32)
            bits_to_widened(k, n, x);
        else
            bits_to_double(k, n, x);
        break;
    case AEZ_LATTICE_LOG:
        if (f32)
            log_to_float(l, k, n, x);
        else
            log_to_double(l, k, n, x);
        break;
    default:
        restore_integer(l, k, n, x);
        break;
    }
}

/* ---- the check ------------------------------------------------------------------------------- */

/* What a restored value must keep. */
typedef struct demand {
    double   epsilon, relative;
    uint64_t distance; /* integers: floor(epsilon) */
} demand;

static inline int equal_bits_32(const demand *d, uint32_t a, uint32_t b)
{
    (void)d;
    return a == b;
}

static inline int equal_bits_64(const demand *d, uint64_t a, uint64_t b)
{
    (void)d;
    return a == b;
}

static inline int within_float(const demand *d, float a, float b)
{
    return fabs((double)a - (double)b) <= d->epsilon;
}

static inline int within_double(const demand *d, double a, double b)
{
    return fabs(a - b) <= d->epsilon;
}

static inline int relative_float(const demand *d, float a, float b)
{
    return fabs((double)a - (double)b) <= d->relative * fabs((double)a) && (a < 0) == (b < 0);
}

static inline int relative_double(const demand *d, double a, double b)
{
    return fabs(a - b) <= d->relative * fabs(a) && (a < 0) == (b < 0);
}

static inline int finite_float(const demand *d, float a, float b)
{
    (void)d;
    (void)a;
    return fabsf(b) <= FLT_MAX;
}

static inline int finite_double(const demand *d, double a, double b)
{
    (void)d;
    (void)a;
    return fabs(b) <= DBL_MAX;
}

static inline int near_signed(const demand *d, int64_t a, int64_t b)
{
    return (a < b ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b) <= d->distance;
}

static inline int near_unsigned(const demand *d, uint64_t a, uint64_t b)
{
    return (a < b ? b - a : a - b) <= d->distance;
}

/* Blocks without an offender, nearly all, are passed by a loop that stores nothing. */
#define CHECK(NAME, T, GOOD)                                                                       \
    static size_t NAME(const demand *wanted, const void *values, const void *restored, size_t n,   \
                       uint8_t *odd)                                                               \
    {                                                                                              \
        const demand d = *wanted;                                                                  \
        const T     *a = values, *b = restored;                                                    \
        size_t       n_bad = 0;                                                                    \
        for (size_t start = 0; start < n; start += BLOCK) {                                        \
            size_t end = n - start < BLOCK ? n : start + BLOCK;                                    \
            int    any = 0;                                                                        \
            for (size_t i = start; i < end; i++)                                                   \
                any |= !(GOOD(&d, a[i], b[i]));                                                    \
            for (size_t i = start; any && i < end; i++) {                                          \
                if (!odd[i] && !(GOOD(&d, a[i], b[i]))) {                                          \
                    odd[i] = 1;                                                                    \
                    n_bad++;                                                                       \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        return n_bad;                                                                              \
    }

CHECK(check_bits_uint32_t, uint32_t, equal_bits_32)
CHECK(check_bits_uint64_t, uint64_t, equal_bits_64)
CHECK(check_within_float, float, within_float)
CHECK(check_within_double, double, within_double)
CHECK(check_relative_float, float, relative_float)
CHECK(check_relative_double, double, relative_double)
CHECK(check_finite_float, float, finite_float)
CHECK(check_finite_double, double, finite_double)
CHECK(check_uint8_t, uint8_t, near_unsigned)
CHECK(check_int8_t, int8_t, near_signed)
CHECK(check_uint16_t, uint16_t, near_unsigned)
CHECK(check_int16_t, int16_t, near_signed)
CHECK(check_uint32_t, uint32_t, near_unsigned)
CHECK(check_int32_t, int32_t, near_signed)
CHECK(check_uint64_t, uint64_t, near_unsigned)
CHECK(check_int64_t, int64_t, near_signed)

static size_t check_integer(const aez_lattice *l, const demand *d, const void *a, const void *b,
                            size_t n, uint8_t *odd)
{
    if (l->any_error)
        return 0;
    switch (l->type) {
    case AEZ_U8: return check_uint8_t(d, a, b, n, odd);
    case AEZ_I8: return check_int8_t(d, a, b, n, odd);
    case AEZ_U16: return check_uint16_t(d, a, b, n, odd);
    case AEZ_I16: return check_int16_t(d, a, b, n, odd);
    case AEZ_U32: return check_uint32_t(d, a, b, n, odd);
    case AEZ_I32: return check_int32_t(d, a, b, n, odd);
    case AEZ_U64: return check_uint64_t(d, a, b, n, odd);
    default: return check_int64_t(d, a, b, n, odd);
    }
}

size_t aez_lattice_check(const aez_lattice *l, const void *a, const void *b, size_t n, uint8_t *odd)
{
    int    f32 = l->type == AEZ_F32;
    demand d = { l->epsilon, l->relative, 0 };
    if (l->epsilon >= 18446744073709551616.0) /* 2^64 */
        d.distance = UINT64_MAX;
    else if (l->epsilon > 0)
        d.distance = (uint64_t)l->epsilon;
    if (!f32 && l->type != AEZ_F64)
        return check_integer(l, &d, a, b, n, odd);
    if (l->kind == AEZ_LATTICE_LOG)
        return f32 ? check_relative_float(&d, a, b, n, odd)
                   : check_relative_double(&d, a, b, n, odd);
    if (l->any_error)
        return f32 ? check_finite_float(&d, a, b, n, odd) : check_finite_double(&d, a, b, n, odd);
    if (l->epsilon > 0)
        return f32 ? check_within_float(&d, a, b, n, odd) : check_within_double(&d, a, b, n, odd);
    return f32 ? check_bits_uint32_t(&d, a, b, n, odd) : check_bits_uint64_t(&d, a, b, n, odd);
}
