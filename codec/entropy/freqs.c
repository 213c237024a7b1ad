/* freqs.c - frequency tables of the rANS coder: normalising, both kinds of table, their choice. */
#include "freqs.h"

#include "bits.h"

#include <float.h>

#define Q30 ((uint64_t)1 << 30)
#define ZERO_NEUTRAL 16 /* value of `zero` that leaves the weight of symbol 0 alone */

static unsigned bit_length(uint32_t v)
{
    return v ? aez_log2_floor(v) + 1 : 0;
}

/* ---- parametric tables ---------------------------------------------------------------------- */

/* round(2^30 * 2^(-i/16)), and the same for i/256 and i/4096 */
static const uint32_t EXP2_16[16] = {
    1073741824, 1028218693, 984625594, 942880699, 902905651, 864625413, 827968132, 792865000,
    759250125,  727060411,  696235434, 666717336, 638450708, 611382493, 585461881, 560640218};
static const uint32_t EXP2_256[16] = {
    1073741824, 1070838486, 1067942999, 1065055341, 1062175491, 1059303428, 1056439131, 1053582579,
    1050733751, 1047892626, 1045059183, 1042233401, 1039415261, 1036604740, 1033801819, 1031006477};
static const uint32_t EXP2_4096[16] = {
    1073741824, 1073560135, 1073378477, 1073196849, 1073015252, 1072833686, 1072652151, 1072470646,
    1072289173, 1072107729, 1071926317, 1071744935, 1071563584, 1071382264, 1071200974, 1071019715};
/* round(2^15 * 2^(-j/4)) and round(2^12 * 2^(j/4)) */
static const uint32_t DOWN_4[4] = {32768, 27554, 23170, 19484};
static const uint32_t UP_4[4] = {4096, 4871, 5793, 6889};

/* 2^(-u / 4096) in units of 2^-30, rounded down at each product */
static uint64_t exp2_down(uint64_t u)
{
    uint64_t e;
    if (u >> 12 > 30)
        return 0;
    e = EXP2_16[(u >> 8) & 15];
    e = (e * EXP2_256[(u >> 4) & 15]) >> 30;
    e = (e * EXP2_4096[u & 15]) >> 30;
    return e >> (u >> 12);
}

/* x / 2^((scale - AEZ_SCALE_OF_1) / 4) in units of 2^-12, at most 2^24 */
static uint64_t scaled(uint64_t x, unsigned scale)
{
    unsigned octave = scale >> 2;
    unsigned drop = octave > 36 ? octave - 36 : 0;
    uint64_t u;
    x >>= drop;
    octave -= drop;
    if (x >> (octave + 6))
        return (uint64_t)1 << 24;
    u = x * DOWN_4[scale & 3]; /* x < 2^42, the product < 2^58 */
    u = octave >= 3 ? u >> (octave - 3) : u << (3 - octave);
    return u < (uint64_t)1 << 24 ? u : (uint64_t)1 << 24;
}

/* Part of a one-sided distribution that lies at x and above, in units of 2^-30. */
static uint64_t survival(uint64_t x, unsigned scale, unsigned shape)
{
    uint64_t u = scaled(x, scale), e;
    switch (shape) {
    case 0: /* Laplace: 2^-u */
        return exp2_down(u);
    case 1: /* logistic: 2 / (1 + 2^u) */
        e = exp2_down(u);
        return (e << 31) / (Q30 + e);
    case 2: /* close to normal: 2^-(u^2) */
        return exp2_down((u * u) >> 12);
    default: /* heavy tails: 1 / (1 + u)^2 */
        u += 4096;
        return ((uint64_t)1 << 54) / (u * u);
    }
}

/* The same for zigzag values z and above: -k and k share what lies between their outer edges. */
static uint64_t survival_zigzag(uint64_t z, unsigned scale, unsigned shape)
{
    if (z == 0 || z & 1)
        return survival(z, scale, shape);
    return (survival(z - 1, scale, shape) + survival(z + 1, scale, shape)) >> 1;
}

void aez_freqs_shape(aez_freqs *t, aez_token_cut cut)
{
    uint64_t weight[AEZ_SYMBOL_MAX + 1];
    uint64_t sum = 0, above, share = ((uint64_t)1 << t->log) - t->n_symbols;
    uint32_t left = (uint32_t)share;
    unsigned best = 0;
    above = Q30;
    for (unsigned i = 0; i < t->n_symbols; i++) {
        uint64_t next = i + 1 < aez_token_count(cut)
                            ? survival_zigzag(aez_token_first(cut, i + 1), t->scale, t->shape)
                            : 0;
        weight[i] = above > next ? above - next : 0;
        if (i == 0)
            weight[0] = (weight[0] * UP_4[t->zero & 3]) >> (16 - (t->zero >> 2));
        sum += weight[i];
        above = next;
    }
    for (unsigned i = 0; i < t->n_symbols; i++) {
        uint32_t f = sum ? (uint32_t)(share * weight[i] / sum) : 0;
        t->freq[i] = (uint16_t)(f + 1);
        left -= f;
        if (weight[i] > weight[best])
            best = i;
    }
    t->freq[best] = (uint16_t)(t->freq[best] + left);
}

/* ---- explicit tables ------------------------------------------------------------------------ */

/* Rounds f to `precision` bits below its leading one. */
static uint32_t rounded(uint32_t f, unsigned precision)
{
    unsigned length = bit_length(f), drop;
    if (length <= precision + 1)
        return f;
    drop = length - precision - 1;
    return ((f + ((uint32_t)1 << (drop - 1))) >> drop) << drop;
}

/* Gives what is missing to 2^log, or takes what is too much, from the first largest frequency.
 * Zero if that leaves it without any, or alone. */
static int settle(aez_freqs *t, const uint32_t *f)
{
    int64_t  sum = 0, top;
    unsigned best = 0;
    for (unsigned i = 0; i < t->n_symbols; i++) {
        sum += f[i];
        if (f[i] > f[best])
            best = i;
        t->freq[i] = (uint16_t)f[i];
    }
    top = (int64_t)f[best] + ((int64_t)1 << t->log) - sum;
    if (top < 1 || top >= (int64_t)1 << t->log)
        return 0;
    t->freq[best] = (uint16_t)top;
    t->top = best;
    t->top_coded = f[best];
    return 1;
}

/* Distributes 2^log over the used symbols, at least 1 each; n_used < 2^log. */
static void normalise(const uint32_t *h, unsigned m, uint64_t n, unsigned log, uint32_t *f)
{
    uint64_t share = (uint64_t)1 << log, rest = n, sum = 0, done = 0;
    for (unsigned i = 0; i < m; i++) {
        if (h[i] && (uint64_t)h[i] << log < n) { /* below one part: exactly one */
            rest -= h[i];
            share--;
        }
    }
    for (unsigned i = 0; i < m; i++) {
        f[i] = 0;
        if (h[i] == 0)
            continue;
        f[i] = 1;
        if ((uint64_t)h[i] << log >= n) {
            /* Rounding the running sum spreads the error; share * sum < 2^49. */
            uint64_t next;
            sum += h[i];
            next = (sum * share + rest / 2) / rest;
            if (next > done + 1)
                f[i] = (uint32_t)(next - done);
            done = next > done + 1 ? next : done + 1;
        }
    }
}

/* Small differences first: 0, -1, 1, -2, 2, ... */
static uint32_t fold_difference(int d)
{
    return d > 0 ? 2 * (uint32_t)d : d < 0 ? 2 * (uint32_t)-d - 1 : 0;
}

static int unfold_difference(uint32_t u)
{
    return u & 1 ? -(int)((u + 1) / 2) : (int)(u / 2);
}

/* Size in bits of the explicit table f, choosing rice and sparse. */
static double explicit_bits(aez_freqs *t, const uint32_t *f)
{
    uint64_t dense[4] = {0, 0, 0, 0}, sparse[4] = {0, 0, 0, 0}, gaps = 0, low = 0, best;
    unsigned last = t->log - 1, last_used = t->log - 1, gap = 1;
    for (unsigned i = 0; i < t->n_symbols; i++) {
        unsigned length = bit_length(f[i]);
        uint32_t u = fold_difference((int)length - (int)last);
        for (unsigned k = 0; k < 4; k++)
            dense[k] += (u >> k) + 1 + k;
        last = length;
        if (length == 0) {
            gap++;
            continue;
        }
        u = fold_difference((int)length - (int)last_used);
        for (unsigned k = 0; k < 4; k++)
            sparse[k] += (u >> k) + 1 + k;
        gaps += 2 * bit_length(gap) - 1;
        gap = 1;
        last_used = length;
        low += length - 1 < t->precision ? length - 1 : t->precision;
    }
    best = UINT64_MAX;
    for (unsigned k = 0; k < 4; k++) {
        if (dense[k] < best) {
            best = dense[k];
            t->rice = k;
            t->sparse = 0;
        }
        if (sparse[k] + gaps < best) {
            best = sparse[k] + gaps;
            t->rice = k;
            t->sparse = 1;
        }
    }
    return (double)(best + low) + 7 + 4 + bit_length(t->n_symbols - 1) + 4;
}

static void put_rice(aez_bit_writer *w, uint32_t u, unsigned k)
{
    for (uint32_t i = u >> k; i > 0; i--)
        aez_bits_put(w, 1, 1);
    aez_bits_put(w, 0, 1);
    aez_bits_put(w, u & (((uint32_t)1 << k) - 1), k);
}

/* A difference of classes is at most 2 * 17. */
static uint32_t get_rice(aez_bit_reader *r, unsigned k)
{
    uint32_t high = 0;
    while (high < 64 && aez_bits_get(r, 1))
        high++;
    return (high << k) | aez_bits_get(r, k);
}

static void put_gamma(aez_bit_writer *w, uint32_t v)
{
    unsigned length = bit_length(v);
    aez_bits_put(w, 0, length - 1);
    aez_bits_put(w, 1, 1);
    aez_bits_put(w, v & (((uint32_t)1 << (length - 1)) - 1), length - 1);
}

static uint32_t get_gamma(aez_bit_reader *r)
{
    unsigned length = 0;
    while (length < 16 && !aez_bits_get(r, 1))
        length++;
    return ((uint32_t)1 << length) | aez_bits_get(r, length);
}

/* ---- estimates and choice ------------------------------------------------------------------- */

/* Bits of the symbols of histogram h under the table. */
static double payload_bits(const aez_freqs *t, const uint32_t *h)
{
    double bits = 0, n = 0;
    for (unsigned i = 0; i < t->n_symbols; i++) {
        if (h[i] == 0)
            continue;
        n += h[i];
        bits -= (double)h[i] * aez_log2(t->freq[i]);
    }
    return bits + n * t->log;
}

/* freq of t from its parameters and the histogram; total bits, or DBL_MAX if there is no table. */
static double try_explicit(aez_freqs *t, const uint32_t *h, const uint32_t *exact)
{
    uint32_t f[AEZ_SYMBOL_MAX + 1];
    double   bits;
    for (unsigned i = 0; i < t->n_symbols; i++)
        f[i] = rounded(exact[i], t->precision);
    if (!settle(t, f))
        return DBL_MAX;
    bits = explicit_bits(t, f) + payload_bits(t, h);
    return t->log > 12 ? bits * 1.0005 : bits; /* larger decoding tables must be worth it */
}

static void choose_explicit(aez_freqs *best, const uint32_t *h, unsigned m, uint64_t n,
                            unsigned n_used)
{
    uint32_t  exact[AEZ_SYMBOL_MAX + 1];
    aez_freqs t;
    unsigned  low = 8, high, wide = aez_log2_floor(n);
    memset(&t, 0, offsetof(aez_freqs, freq));
    t.n_symbols = m;
    while (low < 13 && (n_used * 3) >> (low + 1))
        low++;
    high = wide < 10 ? 10 : wide > 15 ? 15 : wide;
    if (wide > 12 && low < 11)
        low = 11;
    if (high < low)
        high = low;
    for (t.log = low; t.log <= high; t.log++) {
        double last = DBL_MAX;
        normalise(h, m, n, t.log, exact);
        for (t.precision = wide < 12 ? 0 : 2; t.precision < t.log; t.precision++) {
            t.bits = try_explicit(&t, h, exact);
            if (t.bits < best->bits)
                memcpy(best, &t, offsetof(aez_freqs, freq) + m * sizeof t.freq[0]);
            if (t.bits > last)
                break;
            last = t.bits;
        }
    }
}

static double try_parametric(aez_freqs *t, const uint32_t *h, aez_token_cut cut)
{
    aez_freqs_shape(t, cut);
    return payload_bits(t, h) + 16 + (t->n_symbols > 128 ? 16 : 8);
}

/* Walks the scale downhill. */
static void fit_scale(aez_freqs *t, const uint32_t *h, aez_token_cut cut)
{
    unsigned best = t->scale;
    t->bits = try_parametric(t, h, cut);
    for (int step = -1; step <= 1; step += 2) {
        int moved = 0;
        for (;;) {
            double bits;
            if ((step < 0 && best == 0) || (step > 0 && best == 255))
                break;
            t->scale = (unsigned)((int)best + step);
            bits = try_parametric(t, h, cut);
            if (bits >= t->bits)
                break;
            t->bits = bits;
            best = t->scale;
            moved = 1;
        }
        if (moved)
            break;
    }
    t->scale = best;
    aez_freqs_shape(t, cut);
}

/* Sets `zero` so that symbol 0 gets about its share. */
static void fit_zero(aez_freqs *t, const uint32_t *h, uint64_t n)
{
    uint32_t c = h[0] ? h[0] : 1;
    uint64_t others = n > c ? n - c : 1;
    double   odds = aez_log2(c) - aez_log2((uint32_t)(others > UINT32_MAX ? UINT32_MAX : others));
    double   have = aez_log2(t->freq[0]) - aez_log2(((uint32_t)1 << t->log) - t->freq[0]);
    double   zero = t->zero + 4 * (odds - have) + 0.5;
    t->zero = zero < 0 ? 0 : zero > 31 ? 31 : (unsigned)zero;
}

static void choose_parametric(aez_freqs *best, const uint32_t *h, unsigned m, uint64_t n,
                              aez_token_cut cut)
{
    /* Median over scale, in quarter octaves, for the four shapes. */
    static const int from_median[4] = {0, -3, 0, 5};
    aez_freqs        t;
    uint64_t         sum = 0, first;
    unsigned         median = 0, start;
    memset(&t, 0, offsetof(aez_freqs, freq));
    t.parametric = 1;
    t.n_symbols = m;
    t.log = m < 128 ? 12 : m < 2048 ? bit_length(m) + 5 : 16; /* 1 for each symbol is a loss */
    while (sum + h[median] < (n + 1) / 2)
        sum += h[median++];
    first = aez_token_first(cut, median);
    start = first ? AEZ_SCALE_OF_1 + 4 * aez_log2_floor(first) + 2 : AEZ_SCALE_OF_1 - 6;
    for (t.shape = 0; t.shape < 4; t.shape++) {
        int scale = (int)start + from_median[t.shape];
        t.scale = scale < 0 ? 0 : scale > 255 ? 255 : (unsigned)scale;
        t.zero = ZERO_NEUTRAL;
        fit_scale(&t, h, cut);
        if (t.bits < best->bits)
            memcpy(best, &t, offsetof(aez_freqs, freq) + m * sizeof t.freq[0]);
        fit_zero(&t, h, n);
        fit_scale(&t, h, cut);
        if (t.bits < best->bits)
            memcpy(best, &t, offsetof(aez_freqs, freq) + m * sizeof t.freq[0]);
    }
}

void aez_freqs_choose(aez_freqs *out, const uint32_t *histogram, unsigned n_symbols,
                      aez_token_cut cut)
{
    uint64_t n = 0;
    unsigned n_used = 0;
    for (unsigned i = 0; i < n_symbols; i++) {
        n += histogram[i];
        n_used += histogram[i] != 0;
    }
    out->bits = DBL_MAX;
    choose_explicit(out, histogram, n_symbols, n, n_used);
    /* A computed shape saves some bytes of table: no use where the table is lost in the payload. */
    if (n < 16384 && n < (uint64_t)200 * n_used)
        choose_parametric(out, histogram, n_symbols, n, cut);
}

/* ---- to bytes and back ---------------------------------------------------------------------- */

static void put_explicit(const aez_freqs *t, aez_buf *out)
{
    aez_bit_writer w = {out, 0, 0};
    unsigned       last = t->log - 1, gap = 1, size = bit_length(t->n_symbols - 1);
    aez_bits_put(&w, t->precision, 4);
    aez_bits_put(&w, t->rice, 2);
    aez_bits_put(&w, t->sparse ? 1 : 0, 1);
    aez_bits_put(&w, size, 4);
    aez_bits_put(&w, t->n_symbols - 1, size);
    for (unsigned i = 0; i < t->n_symbols; i++) {
        uint32_t f = i == t->top ? t->top_coded : t->freq[i];
        unsigned length = bit_length(f), low;
        if (t->sparse && length == 0) {
            gap++;
            continue;
        }
        if (t->sparse)
            put_gamma(&w, gap);
        gap = 1;
        put_rice(&w, fold_difference((int)length - (int)last), t->rice);
        last = length;
        if (length == 0)
            continue;
        low = length - 1 < t->precision ? length - 1 : t->precision;
        aez_bits_put(&w, (f >> (length - 1 - low)) & (((uint32_t)1 << low) - 1), low);
    }
    aez_bits_flush(&w);
}

void aez_freqs_put(const aez_freqs *freqs, aez_buf *out)
{
    if (!freqs->parametric) {
        put_explicit(freqs, out);
        return;
    }
    aez_put_varint(out, freqs->n_symbols - 1);
    aez_put_u8(out, freqs->scale);
    aez_put_u8(out, freqs->shape | freqs->zero << 2);
}

static aez_status get_explicit(aez_freqs *t, aez_rd *in)
{
    aez_bit_reader r = {in, 0, 0};
    uint32_t       f[AEZ_SYMBOL_MAX + 1];
    int            last = (int)t->log - 1;
    t->precision = aez_bits_get(&r, 4);
    t->rice = aez_bits_get(&r, 2);
    t->sparse = (int)aez_bits_get(&r, 1);
    t->n_symbols = aez_bits_get(&r, aez_bits_get(&r, 4)) + 1;
    if (in->failed || t->n_symbols > AEZ_SYMBOL_MAX + 1)
        return AEZ_ERR_CORRUPT;
    for (unsigned i = 0; i < t->n_symbols; i++) {
        unsigned low;
        if (t->sparse) {
            uint32_t gap = get_gamma(&r);
            if (gap > t->n_symbols - i)
                return AEZ_ERR_CORRUPT;
            while (--gap)
                f[i++] = 0;
        }
        last += unfold_difference(get_rice(&r, t->rice));
        if (in->failed || last < (t->sparse ? 1 : 0) || last > (int)t->log + 1)
            return AEZ_ERR_CORRUPT;
        f[i] = 0;
        if (last == 0)
            continue;
        low = (unsigned)last - 1 < t->precision ? (unsigned)last - 1 : t->precision;
        f[i] = (((uint32_t)1 << low) | aez_bits_get(&r, low)) << ((unsigned)last - 1 - low);
    }
    return !in->failed && settle(t, f) ? AEZ_OK : AEZ_ERR_CORRUPT;
}

aez_status aez_freqs_get(aez_freqs *freqs, aez_rd *in, unsigned log, int parametric,
                         aez_token_cut cut)
{
    uint64_t top;
    unsigned bits;
    memset(freqs, 0, offsetof(aez_freqs, freq));
    freqs->log = log;
    freqs->parametric = parametric;
    if (log < AEZ_FREQ_LOG_MIN || log > AEZ_FREQ_LOG_MAX)
        return AEZ_ERR_CORRUPT;
    if (!parametric)
        return get_explicit(freqs, in);
    top = aez_get_varint(in);
    freqs->scale = aez_get_u8(in);
    bits = aez_get_u8(in);
    if (in->failed || top < 1 || top > AEZ_SYMBOL_MAX || top >= (uint64_t)1 << log ||
        top >= aez_token_count(cut) || bits >= 128)
        return AEZ_ERR_CORRUPT;
    freqs->n_symbols = (unsigned)top + 1;
    freqs->shape = bits & 3;
    freqs->zero = bits >> 2;
    aez_freqs_shape(freqs, cut);
    return AEZ_OK;
}

/* ---- public estimate ------------------------------------------------------------------------ */

double aez_geometric_bits(double n, double mean)
{
    double bits, octaves = 0;
    for (; mean > 60000; mean /= 2)
        octaves++; /* a bit for each, for means this large */
    /* log2(1 + m) + m * log2((1 + m) / m), in units of 2^-16 for aez_log2 */
    bits = (aez_log2((uint32_t)((1 + mean) * 65536)) - 16) * (1 + mean);
    if (mean > 0.0001)
        bits -= (aez_log2((uint32_t)(mean * 65536)) - 16) * mean;
    return n * (bits + octaves);
}

double aez_symbols_cost(const uint32_t *histogram, size_t n_symbols)
{
    double   bits = 0, dense = 0, sparse = 0, n = 0, sum = 0, shaped;
    unsigned last = 0, last_used = 0, n_used = 0, gap = 1;
    for (size_t i = 0; i < n_symbols; i++, gap++) {
        uint32_t c = histogram[i];
        dense += aez_table_bits(c, &last);
        if (c == 0)
            continue;
        sparse += aez_table_bits(c, &last_used) + 2 * bit_length(gap) - 1;
        gap = 0;
        n += c;
        sum += c * (double)i;
        n_used++;
        bits += c * aez_log2(c);
    }
    if (n_used < 2) /* nothing, or a constant */
        return 40;
    bits = n * aez_log2(n < UINT32_MAX ? (uint32_t)n : UINT32_MAX) - bits + 19;
    bits += dense < sparse ? dense : sparse;
    shaped = aez_geometric_bits(n, sum / n) + 32;
    return 40 + (shaped < bits ? shaped : bits);
}
