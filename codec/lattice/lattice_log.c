/* lattice_log.c - the grid of a point-wise relative bound: a number for each sign and magnitude.
 *
 * The reader's direction, position to value, is a written formula of binary64 operations; the
 * writer's direction inverts it by Newton steps, and what that misses is caught by the check. */
#include "lattice_log.h"

#include <math.h>
#include <string.h>

#define T_LIMIT 1100.0 /* beyond every exponent of binary64 */

/* 2^e, -1022 <= e <= 1023 */
static double power_of_two(int e)
{
    uint64_t bits = (uint64_t)(e + 1023) << 52;
    double   v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* v * 2^e for v in [1, 2] and |e| <= T_LIMIT + 1, rounded once to nearest even also where the
 * result is subnormal */
static double scaled(double v, int e)
{
    if (e > 1023)
        return v * power_of_two(1023) * power_of_two(e - 1023);
    if (e < -1022)
        return v * power_of_two(e + 200) * power_of_two(-200);
    return v * power_of_two(e);
}

double lattice_log_octaves(double magnitude)
{
    uint64_t bits;
    int      e = 0;
    double   m, f;
    if (magnitude < 2.2250738585072014e-308) { /* subnormal */
        magnitude *= 18014398509481984.0;      /* 2^54 */
        e = -54;
    }
    memcpy(&bits, &magnitude, sizeof bits);
    e += (int)(bits >> 52) - 1023;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | (UINT64_C(1023) << 52);
    memcpy(&m, &bits, sizeof m);
    m -= 1;
    /* within 2^-9; each Newton step squares the error */
    f = m * (1.4228653 + m * (0.1592201 * m - 0.5820854));
    for (int i = 0; i < 2; i++) {
        double g = f * (LOG_C1 + f * (LOG_C2 + f * LOG_C3));
        double slope = LOG_C1 + f * (2 * LOG_C2 + f * (3 * LOG_C3));
        f -= (g - m) / slope;
    }
    return (double)e + f;
}

double lattice_log_magnitude(double t)
{
    int    e;
    double f;
    if (!(t > -T_LIMIT))
        t = -T_LIMIT;
    if (t > T_LIMIT)
        t = T_LIMIT;
    e = (int)t;
    if ((double)e > t)
        e--;
    f = t - (double)e;
    return scaled(1 + f * (LOG_C1 + f * (LOG_C2 + f * LOG_C3)), e);
}

double lattice_log_position(const aez_lattice *lattice, double x)
{
    double y;
    if (x == 0)
        return 0;
    y = (lattice_log_octaves(fabs(x)) - lattice->offset) / lattice->unit;
    if (y < 0)
        return NAN;
    y += (double)lattice->step + 1;
    return x < 0 ? -y : y;
}

double lattice_log_value(const aez_lattice *lattice, int64_t k)
{
    uint64_t j = k < 0 ? 0 - (uint64_t)k : (uint64_t)k;
    double   v;
    if (j <= lattice->step / 2)
        return 0;
    v = lattice_log_magnitude(lattice->offset +
                              ((double)j - ((double)lattice->step + 1)) * lattice->unit);
    return k < 0 ? -v : v;
}
