/* floatbits.h - floats as integers: order-preserving bit patterns, and fixed-point images of them.
 *
 * No float arithmetic anywhere: all of it is normative and must be the same on every machine. */
#ifndef AEZ_BASE_FLOATBITS_H
#define AEZ_BASE_FLOATBITS_H

#include <float.h>
#include <stdint.h>

/* Restored values are rounded to binary64 after every operation (spec 1.1); x87 keeps more. */
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1
#error "operations on doubles are not rounded to doubles: on i386 give -msse2 -mfpmath=sse"
#endif

/* Order-preserving map of a bit pattern: x < y as floats implies ordered(x) < ordered(y); every
 * pattern (NaN payloads, both zeros) has its own integer. width is 32 or 64. For width 32 results
 * lie in [-2^31, 2^31 - 1]. ordered = bits for a clear sign bit, else (most negative value) XOR
 * (bits without sign) inverted: -0 is -1, +0 is 0. */
int64_t  aez_ordered_from_bits(uint64_t bits, unsigned width);
uint64_t aez_bits_from_ordered(int64_t ordered, unsigned width);

/* Fixed-point image of the float whose ordered pattern is given: the real value times
 * 2^(60 - scale), truncated toward zero, saturated to +-(2^61 - 1). Infinities saturate, NaN is 0.
 * scale is the binary exponent (floor(log2)) of the largest finite magnitude of the chunk. */
int64_t aez_image_from_ordered(int64_t ordered, unsigned width, int scale);
/* Ordered pattern of the finite float nearest to image * 2^(scale - 60), ties to even mantissa;
 * image is first clamped to +-(2^61 - 1); overflow gives the largest finite; 0 gives +0. */
int64_t aez_ordered_from_image(int64_t image, unsigned width, int scale);
/* Binary exponent floor(log2 |x|) of a finite nonzero pattern (subnormals too); INT_MIN for zero,
 * infinities and NaN. */
int aez_exponent_of_ordered(int64_t ordered, unsigned width);

#endif
