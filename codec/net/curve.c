/* curve.c - tanh and the logistic sigmoid as a written piecewise polynomial. */
#include "curve.h"

#include "net.h"

#define PIECES 24      /* a quarter wide each: tanh from 0 to 6; it is 1 beyond */
#define PIECE_LOG 11   /* a piece is 2^11 steps of 2^-13 */
#define COEFFICIENT 24 /* fractional bits of the coefficients */

/* tanh at piece + u, u = 0 .. 1 over the piece, is a + b u + c u^2 + d u^3. Pieces meet at their
 * ends and rise everywhere; found by fitting with both ends held. */
static const int32_t piece[PIECES + 1][4] = {
    {0, 4195269, -4923, -81293},
    {4109053, 3944944, -254262, -46696},
    {7753039, 3300511, -392492, -5027},
    {10656031, 2503146, -402816, 21069},
    {12777430, 1761581, -336058, 28885},
    {14231838, 1175868, -247879, 26041},
    {15185868, 757596, -169516, 19713},
    {15793661, 477074, -110643, 13607},
    {16173699, 296122, -70177, 8911},
    {16408555, 182169, -43748, 5665},
    {16552641, 111448, -26980, 3536},
    {16640645, 67951, -16529, 2182},
    {16694249, 41343, -10081, 1334},
    {16726845, 25123, -6132, 810},
    {16746646, 15260, -3738, 500},
    {16758668, 9264, -2277, 309},
    {16765964, 5612, -1357, 171},
    {16770390, 3415, -852, 123},
    {16773076, 2061, -490, 58},
    {16774705, 1248, -292, 32},
    {16775693, 756, -174, 17},
    {16776292, 467, -129, 26},
    {16776656, 273, -51, -2},
    {16776876, 173, -49, 10},
    {16777216, 0, 0, 0},
};

/* tanh of v * 2^-13, v >= 0, with 57 fractional bits: the polynomial without any rounding. Its
 * parts are at most 2^24 * 2^33, so nothing overflows, and as the pieces rise, so do results. */
static int64_t tanh_of(int64_t v)
{
    int64_t        i = v >> PIECE_LOG < PIECES ? v >> PIECE_LOG : PIECES;
    int64_t        u = v & ((1 << PIECE_LOG) - 1);
    const int32_t *p = piece[i];
    int64_t        t = p[3] * u + (int64_t)p[2] * ((int64_t)1 << PIECE_LOG);
    t = t * u + (int64_t)p[1] * ((int64_t)1 << (2 * PIECE_LOG));
    return t * u + (int64_t)p[0] * ((int64_t)1 << (3 * PIECE_LOG));
}

/* Negative arguments by symmetry, so that rounding is symmetric too. */
int16_t aez_curve(unsigned activation, int64_t t)
{
    const int     log = COEFFICIENT + 3 * PIECE_LOG;
    const int64_t one = (int64_t)1 << log, most = (int64_t)PIECES << PIECE_LOG;
    int64_t       m = t < -most ? most : t > most ? most : t < 0 ? -t : t, y;
    if (activation == AEZ_TANH) {
        y = aez_round_shift(tanh_of(2 * m), log - AEZ_CURVE_OUT);
        return (int16_t)(t < 0 ? -y : y);
    }
    y = aez_round_shift(one + tanh_of(m), log + 1 - AEZ_CURVE_OUT);
    return (int16_t)(t < 0 ? (1 << AEZ_CURVE_OUT) - y : y);
}

/* Where x >= 0 lies: *u within its piece. */
static const int32_t *piece_of(float x, float *u)
{
    float at = 4 * x;
    int   i;
    *u = 0;
    if (!(at < PIECES))
        return piece[PIECES];
    i = (int)at;
    *u = at - (float)i;
    return piece[i];
}

static float real_tanh(float x)
{
    float          u, m = x < 0 ? -x : x;
    const int32_t *p = piece_of(m, &u);
    float y = (((float)p[3] * u + (float)p[2]) * u + (float)p[1]) * u + (float)p[0];
    return (x < 0 ? -y : y) * 0x1p-24f;
}

static float real_slope(float x)
{
    float          u;
    const int32_t *p = piece_of(x < 0 ? -x : x, &u);
    return ((3 * (float)p[3] * u + 2 * (float)p[2]) * u + (float)p[1]) * 0x1p-22f;
}

float aez_curve_value(unsigned activation, float x)
{
    return activation == AEZ_TANH ? real_tanh(x) : 0.5f + 0.5f * real_tanh(0.5f * x);
}

float aez_curve_slope(unsigned activation, float x)
{
    return activation == AEZ_TANH ? real_slope(x) : 0.25f * real_slope(0.5f * x);
}
