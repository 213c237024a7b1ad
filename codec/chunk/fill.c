/* fill.c - values that stand for "nothing here", found where nobody named them. */
#include "fill.h"

#include <math.h>

#define RARE 256 /* fewer than one in so many: an outlier, not a fill value */

static double value_at(aez_type type, const void *values, uint64_t i)
{
    return type == AEZ_F32 ? (double)((const float *)values)[i] : ((const double *)values)[i];
}

/* The two least and the two greatest distinct values, and how often the outer ones stand. */
typedef struct aez_ends {
    double   lo, next_lo, next_hi, hi;
    uint64_t n_lo, n_hi;
} aez_ends;

static aez_ends find_ends(aez_type type, const void *values, uint64_t n)
{
    aez_ends e = {INFINITY, INFINITY, -INFINITY, -INFINITY, 0, 0};
    for (uint64_t i = 0; i < n; i++) {
        double x = value_at(type, values, i);
        if (!isfinite(x))
            continue;
        if (x < e.lo) {
            e.next_lo = e.lo;
            e.lo = x;
            e.n_lo = 0;
        } else if (x > e.lo && x < e.next_lo) {
            e.next_lo = x;
        }
        if (x > e.hi) {
            e.next_hi = e.hi;
            e.hi = x;
            e.n_hi = 0;
        } else if (x < e.hi && x > e.next_hi) {
            e.next_hi = x;
        }
        e.n_lo += x == e.lo;
        e.n_hi += x == e.hi;
    }
    return e;
}

void aez_mark_fill(aez_type type, const void *values, uint64_t n, uint8_t *odd)
{
    aez_ends e;
    int      low, high;
    if (type != AEZ_F32 && type != AEZ_F64)
        return;
    e = find_ends(type, values, n);
    /* with few distinct values the ends are the whole: not what a fill value is apart from */
    low = e.n_lo > n / RARE && e.next_lo < e.next_hi && e.next_lo - e.lo > e.hi - e.next_lo;
    high = e.n_hi > n / RARE && e.next_lo < e.next_hi && e.hi - e.next_hi > e.next_hi - e.lo;
    for (uint64_t i = 0; (low || high) && i < n; i++) {
        double x = value_at(type, values, i);
        odd[i] |= (low && x == e.lo) || (high && x == e.hi);
    }
}
