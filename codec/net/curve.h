/* curve.h - tanh and the logistic sigmoid as a piecewise polynomial, in integers and in floats.
 *
 * tanh is odd to the bit, sigmoid(-t) = 1 - sigmoid(t) to the bit, both never fall, and both are
 * within 2^-14 of the true functions. */
#ifndef AEZ_NET_CURVE_H
#define AEZ_NET_CURVE_H

#include <stdint.h>

#define AEZ_CURVE_IN 12  /* fractional bits of what goes in */
#define AEZ_CURVE_OUT 14 /* ... of what comes out */

/* activation: AEZ_TANH or AEZ_SIGMOID of net.h. Any t; the result lies in -2^14 .. 2^14 (tanh),
 * 0 .. 2^14 (sigmoid). */
int16_t aez_curve(unsigned activation, int64_t t);

/* The same polynomials without rounding, for training that is to see what the decoder does: the
 * value at x, and the slope there. */
float aez_curve_value(unsigned activation, float x);
float aez_curve_slope(unsigned activation, float x);

#endif
