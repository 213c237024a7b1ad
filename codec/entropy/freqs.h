/* freqs.h - frequency tables of the rANS coder: chosen from a histogram, written, read. */
#ifndef AEZ_ENTROPY_FREQS_H
#define AEZ_ENTROPY_FREQS_H

#include "entropy.h"
#include "token.h"

#include <string.h>

#define AEZ_FREQ_LOG_MIN 8
#define AEZ_FREQ_LOG_MAX 16
#define AEZ_SCALE_OF_1 24 /* scale of a distribution that halves from z to z + 1 */

/* Frequencies of symbols 0 .. n_symbols - 1: at least two are above 0, the sum is 2^log. */
typedef struct aez_freqs {
    unsigned log;
    unsigned n_symbols;
    int      parametric;
    /* Explicit table. */
    unsigned precision; /* bits kept below the leading one of a frequency */
    unsigned rice;      /* parameter of the Rice code of class differences */
    int      sparse;    /* nonzero: distances between used symbols are coded too */
    unsigned top;       /* the symbol that takes up the rounding, and its value before that */
    uint32_t top_coded;
    /* Parametric table. */
    unsigned scale, shape, zero;
    double   bits; /* estimated size of table and payload, in bits */
    uint16_t freq[AEZ_SYMBOL_MAX + 1];
} aez_freqs;

/* log2(v), v > 0, to about 1e-7; made of basic operations only, so the same everywhere. */
static inline double aez_log2(uint32_t v)
{
    double   m = (double)v, t, t2;
    uint64_t bits;
    int      e;
    memcpy(&bits, &m, sizeof bits);
    e = (int)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000;
    if (bits & 0x8000000000000) { /* 1.5 and above: take half of it */
        bits -= 0x0010000000000000;
        e++;
    }
    memcpy(&m, &bits, sizeof m);
    t = (m - 1) / (m + 1); /* log2 m = 2 / ln 2 * artanh t, |t| <= 0.2 */
    t2 = t * t;
    return e + 2.8853900817779268 * t *
                   (1 + t2 * (1.0 / 3 + t2 * (1.0 / 5 + t2 * (1.0 / 7))));
}

/* About the bits that an explicit table spends on a symbol of this count after one of the bit
 * length *last (which becomes the next one), and on its frequency being rounded. */
static inline double aez_table_bits(uint64_t count, unsigned *last)
{
    unsigned length = count ? aez_log2_floor(count) + 1 : 0;
    unsigned d = length > *last ? 2 * (length - *last) : 2 * (*last - length);
    *last = length;
    return 1.0 + (d ? d - 0.5 : 0) + (length > 6 ? (length - 4) / 2 : length ? 0.7 : 0);
}

/* Bits of n symbols of a geometric distribution with this mean. */
double aez_geometric_bits(double n, double mean);

/* Sets freq from log, n_symbols (<= 2^log), scale, shape and zero; symbols are tokens of `cut`. */
void aez_freqs_shape(aez_freqs *t, aez_token_cut cut);

/* The best table for a histogram of n_symbols (<= AEZ_SYMBOL_MAX + 1) entries, the last one not 0,
 * with at least two that are not 0. The symbols are tokens of `cut`. */
void aez_freqs_choose(aez_freqs *out, const uint32_t *histogram, unsigned n_symbols,
                      aez_token_cut cut);
void aez_freqs_put(const aez_freqs *freqs, aez_buf *out);
/* Reads a table of this log and kind. CORRUPT. */
aez_status aez_freqs_get(aez_freqs *freqs, aez_rd *in, unsigned log, int parametric,
                         aez_token_cut cut);

#endif
