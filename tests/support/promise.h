/* promise.h - what a field promises of its restored values, told without the codec. */
#ifndef AEZ_TESTS_PROMISE_H
#define AEZ_TESTS_PROMISE_H

#include <math.h>
#include <string.h>

#include "aez.h"

static inline int promise_is_float(aez_type type)
{
    return type == AEZ_F32 || type == AEZ_F64;
}

static inline int promise_is_signed(aez_type type)
{
    return type == AEZ_I8 || type == AEZ_I16 || type == AEZ_I32 || type == AEZ_I64;
}

/* The bits of value i, whatever this machine's byte order; signed integers are not extended. */
static inline uint64_t promise_bits(const void *values, uint64_t i, aez_type type)
{
    const uint8_t *at = (const uint8_t *)values + i * aez_type_size(type);
    uint16_t       two;
    uint32_t       four;
    uint64_t       eight;
    switch (aez_type_size(type)) {
    case 1:
        return *at;
    case 2:
        memcpy(&two, at, 2);
        return two;
    case 4:
        memcpy(&four, at, 4);
        return four;
    default:
        memcpy(&eight, at, 8);
        return eight;
    }
}

static inline double promise_value(uint64_t bits, aez_type type)
{
    unsigned width = 8 * (unsigned)aez_type_size(type);
    uint32_t low = (uint32_t)bits;
    float    narrow;
    double   v;
    memcpy(&narrow, &low, sizeof narrow);
    memcpy(&v, &bits, sizeof v);
    if (promise_is_float(type))
        return type == AEZ_F32 ? (double)narrow : v;
    if (promise_is_signed(type) && (bits >> (width - 1) & 1))
        return -(double)((width < 64 ? (uint64_t)1 << width : 0) - bits);
    return (double)bits;
}

/* |a - b| of integers, exactly. */
static inline uint64_t promise_gap(uint64_t a, uint64_t b, aez_type type)
{
    uint64_t sign = promise_is_signed(type) ? (uint64_t)1 << (8 * aez_type_size(type) - 1) : 0;
    a ^= sign; /* order as unsigned numbers */
    b ^= sign;
    return a > b ? a - b : b - a;
}

static inline int promise_missing(const aez_field *f, uint64_t bits)
{
    return f->has_missing && promise_value(bits, f->type) == f->missing;
}

/* The range of finite values that are not missing; both 0 when there is none. */
static inline void promise_range(const aez_field *f, const void *values, uint64_t n, double *low,
                                 double *high)
{
    int any = 0;
    *low = *high = 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t bits = promise_bits(values, i, f->type);
        double   v = promise_value(bits, f->type);
        if (!isfinite(v) || promise_missing(f, bits))
            continue;
        *low = any ? fmin(*low, v) : v;
        *high = any ? fmax(*high, v) : v;
        any = 1;
    }
}

/* ABS, and REL as the ABS that it comes to; 0 for modes that bound no difference. */
static inline double promise_bound(const aez_field *f, const void *values, uint64_t n)
{
    double low, high;
    if (f->mode == AEZ_ABS)
        return f->bound;
    if (f->mode != AEZ_REL)
        return 0;
    promise_range(f, values, n, &low, &high);
    return f->bound * (high - low);
}

/* LOSSLESS, ABS, REL, PWREL of one value; PSNR promises single values only where they are odd. */
static inline int promise_kept(const aez_field *f, uint64_t was, uint64_t is, double bound)
{
    double a = promise_value(was, f->type), b = promise_value(is, f->type);
    if (was == is)
        return 1;
    if (f->mode == AEZ_LOSSLESS || f->type == AEZ_OPAQUE || promise_missing(f, was))
        return 0;
    if (!promise_is_float(f->type))
        return (double)promise_gap(was, is, f->type) <= bound;
    if (!isfinite(a) || !isfinite(b))
        return 0;
    if (f->mode == AEZ_PWREL)
        return fabs(b - a) <= f->bound * fabs(a) && !signbit(a) == !signbit(b);
    return f->mode == AEZ_PSNR || fabs(b - a) <= bound;
}

/* Whether n values keep it; *site is the first that does not. */
static inline int promise_all(const aez_field *f, const void *was, const void *is, uint64_t n,
                              uint64_t *site)
{
    double bound = promise_bound(f, was, n);
    for (*site = 0; *site < n; ++*site) {
        if (!promise_kept(f, promise_bits(was, *site, f->type), promise_bits(is, *site, f->type),
                          bound))
            return 0;
    }
    return 1;
}

/* In decibels; +inf where nothing differs. */
static inline double promise_psnr(const aez_field *f, const void *was, const void *is, uint64_t n)
{
    double low, high, sum = 0, counted = 0;
    promise_range(f, was, n, &low, &high);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t a = promise_bits(was, i, f->type);
        double   d = promise_value(a, f->type) - promise_value(promise_bits(is, i, f->type), f->type);
        if (!isfinite(promise_value(a, f->type)) || promise_missing(f, a))
            continue;
        sum += d * d;
        counted++;
    }
    return sum == 0 ? INFINITY : 20 * log10((high - low) / sqrt(sum / counted));
}

#endif
