/* lattice_log.h - the grid of a point-wise relative bound: a number for each sign and magnitude. */
#ifndef AEZ_LATTICE_LATTICE_LOG_H
#define AEZ_LATTICE_LATTICE_LOG_H

#include "lattice.h"

/* exp2 on [0, 1] as 1 + f * (C1 + f * (C2 + f * C3)): sixteen-bit fractions that sum to 1, so that
 * octaves join exactly. What matters is not how near it is to 2^f but that its relative slope stays
 * below LOG_SLOPE everywhere (ln 2 = 0.69315 would be ideal). */
#define LOG_C1 (45490.0 / 65536.0)
#define LOG_C2 (15180.0 / 65536.0)
#define LOG_C3 (4866.0 / 65536.0)
#define LOG_SLOPE 0.6942

/* Octaves t of a magnitude: magnitude = 2^floor(t) * exp2(t - floor(t)). magnitude > 0, finite. */
double lattice_log_octaves(double magnitude);
/* The inverse, in binary64; t is first clamped to -1100 .. 1100. */
double lattice_log_magnitude(double t);
/* Position on the lattice, a real number: 0 for 0, else at least step + 1 away from it on the side
 * of x's sign; NAN when x is below the smallest magnitude of the lattice. */
double lattice_log_position(const aez_lattice *lattice, double x);
/* The value at lattice position k. */
double lattice_log_value(const aez_lattice *lattice, int64_t k);

#endif
