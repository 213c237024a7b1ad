/* floatbits.c - floats as integers: order-preserving bit patterns, and fixed-point images of them.
 */
#include "floatbits.h"

#include <limits.h>

#include "octave.h"

#define IMAGE_MAX ((INT64_C(1) << 61) - 1)

/* What tells binary32 from binary64. */
typedef struct layout {
    unsigned mantissa; /* stored bits of it */
    int      bias;
    uint64_t sign;     /* the sign bit; sign - 1 masks the magnitude */
    uint64_t infinity; /* magnitude bits */
} layout;

static layout layout_of(unsigned width)
{
    if (width == 32)
        return (layout){ 23, 127, UINT64_C(1) << 31, UINT64_C(0x7F800000) };
    return (layout){ 52, 1023, UINT64_C(1) << 63, UINT64_C(0x7FF0000000000000) };
}

int64_t aez_ordered_from_bits(uint64_t bits, unsigned width)
{
    layout   l = layout_of(width);
    uint64_t magnitude = bits & (l.sign - 1);
    return bits & l.sign ? -1 - (int64_t)magnitude : (int64_t)magnitude;
}

uint64_t aez_bits_from_ordered(int64_t ordered, unsigned width)
{
    layout l = layout_of(width);
    if (ordered < 0)
        return l.sign | (~(uint64_t)ordered & (l.sign - 1));
    return (uint64_t)ordered & (l.sign - 1);
}

int64_t aez_image_from_ordered(int64_t ordered, unsigned width, int scale)
{
    layout   l = layout_of(width);
    uint64_t magnitude = (uint64_t)(ordered < 0 ? ~ordered : ordered) & (l.sign - 1);
    uint64_t exponent = magnitude >> l.mantissa;
    uint64_t m = magnitude & ((UINT64_C(1) << l.mantissa) - 1);
    int64_t  shift, image;
    if (magnitude > l.infinity)
        return 0;
    if (exponent != 0)
        m |= UINT64_C(1) << l.mantissa;
    else
        exponent = 1;
    if (m == 0)
        return 0;
    /* value = m * 2^(exponent - bias - mantissa) */
    shift = (int64_t)exponent - l.bias - (int64_t)l.mantissa + 60 - scale;
    if (magnitude == l.infinity || shift > 60)
        image = IMAGE_MAX;
    else if (shift >= 0)
        image = m > ((uint64_t)IMAGE_MAX >> shift) ? IMAGE_MAX : (int64_t)(m << shift);
    else
        image = shift < -63 ? 0 : (int64_t)(m >> -shift);
    return ordered < 0 ? -image : image;
}

/* v / 2^shift to nearest, ties to even; v < 2^61, shift > 0 */
static uint64_t shift_right_even(uint64_t v, int64_t shift)
{
    uint64_t whole, rest, half;
    if (shift > 61)
        return 0; /* below one half */
    whole = v >> shift;
    rest = v - (whole << shift);
    half = UINT64_C(1) << (shift - 1);
    return whole + (rest > half || (rest == half && (whole & 1)));
}

int64_t aez_ordered_from_image(int64_t image, unsigned width, int scale)
{
    layout   l = layout_of(width);
    int64_t  lowest = 1 - l.bias - (int64_t)l.mantissa; /* exponent of the smallest subnormal */
    int64_t  grid = (int64_t)scale - 60;                /* exponent of the image's last bit */
    int64_t  exponent, ulp, shift;
    uint64_t v, magnitude;
    image = image > IMAGE_MAX ? IMAGE_MAX : image < -IMAGE_MAX ? -IMAGE_MAX : image;
    if (image == 0)
        return 0;
    v = (uint64_t)(image < 0 ? -image : image);
    exponent = (int)aez_log2_floor(v) + grid;
    if (exponent > l.bias) {
        magnitude = l.infinity - 1;
    } else {
        ulp = exponent - (int64_t)l.mantissa;
        if (ulp < lowest)
            ulp = lowest;
        shift = ulp - grid;
        v = shift > 0 ? shift_right_even(v, shift) : v << -shift; /* v < 2^(mantissa + 1) */
        /* v carries the hidden bit, so the exponent field is one less; a carry out of v is right */
        magnitude = ((uint64_t)(ulp - lowest) << l.mantissa) + v;
        if (magnitude >= l.infinity)
            magnitude = l.infinity - 1;
    }
    if (magnitude == 0)
        return 0; /* never -0 */
    return image < 0 ? -1 - (int64_t)magnitude : (int64_t)magnitude;
}

int aez_exponent_of_ordered(int64_t ordered, unsigned width)
{
    layout   l = layout_of(width);
    uint64_t magnitude = (uint64_t)(ordered < 0 ? ~ordered : ordered) & (l.sign - 1);
    int      exponent = (int)(magnitude >> l.mantissa);
    if (magnitude == 0 || magnitude >= l.infinity)
        return INT_MIN;
    if (exponent == 0)
        return (int)aez_log2_floor(magnitude) + 1 - l.bias - (int)l.mantissa;
    return exponent - l.bias;
}
