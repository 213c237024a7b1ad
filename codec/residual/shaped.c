/* shaped.c - small residual blocks: one payload, frequencies computed from a scale for each level.
 *
 * Levels are scales on a logarithmic axis, so a line through them says nearly all that tables of
 * their own would say, and costs a few bytes for all of them. */
#include "shaped.h"

#include "../entropy/bits.h"

#include <float.h>

#define HAS_RAW 0x40
#define LOWER ((uint32_t)1 << 16)
#define LOG 16 /* symbols are found by bisection: a large sum costs nothing */
#define ZERO_NEUTRAL 16
#define SLOPE_BITS 5 /* slope is in 2^-5 quarter octaves a level */
#define LINE_MAX 8192 /* of |base| and |slope| */

/* Cells of a quarter of an octave: finer ones would not follow a computed shape any better. */
static const aez_token_cut CUT = {5, 2};

static unsigned scale_of(int64_t base, int64_t slope, unsigned level)
{
    int64_t scale = base + (slope * level) / (1 << SLOPE_BITS);
    return scale < 0 ? 0 : scale > 255 ? 255 : (unsigned)scale;
}

/* ---- fitting -------------------------------------------------------------------------------- */

#define N_TOKENS (32 + 59 * 4) /* of CUT */

typedef struct fit {
    uint32_t  count[AEZ_LEVELS][N_TOKENS];
    uint32_t  n[AEZ_LEVELS];
    float     bits[AEZ_LEVELS][256]; /* of a level with a scale, < 0: not yet known */
    int64_t   base, slope;
    aez_freqs freqs;
} fit;

static void count_tokens(fit *f, const uint16_t *tokens, const uint8_t *level, size_t n)
{
    unsigned top = 1;
    memset(f->count, 0, sizeof f->count);
    memset(f->n, 0, sizeof f->n);
    for (size_t i = 0; i < n; i++) {
        f->count[level[i]][tokens[i]]++;
        f->n[level[i]]++;
        top = tokens[i] > top ? tokens[i] : top;
    }
    memset(&f->freqs, 0, offsetof(aez_freqs, freq));
    f->freqs.n_symbols = top + 1;
    f->freqs.log = LOG;
    f->freqs.zero = ZERO_NEUTRAL;
}

static void forget(fit *f)
{
    for (unsigned l = 0; l < AEZ_LEVELS; l++)
        for (unsigned i = 0; i < 256; i++)
            f->bits[l][i] = -1;
}

static double level_bits(fit *f, unsigned level, unsigned scale)
{
    if (f->bits[level][scale] < 0) {
        double bits = 0;
        f->freqs.scale = scale;
        aez_freqs_shape(&f->freqs, CUT);
        for (unsigned t = 0; t < f->freqs.n_symbols; t++)
            if (f->count[level][t])
                bits += f->count[level][t] * (f->freqs.log - aez_log2(f->freqs.freq[t]));
        f->bits[level][scale] = (float)bits;
    }
    return f->bits[level][scale];
}

static double line_bits(fit *f, int64_t base, int64_t slope)
{
    double bits = 0;
    for (unsigned l = 0; l < AEZ_LEVELS; l++)
        if (f->n[l])
            bits += level_bits(f, l, scale_of(base, slope, l));
    return bits;
}

/* A line through the medians of the levels, by weighted least squares. */
static void first_line(fit *f)
{
    double sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, d, slope = 0;
    for (unsigned l = 0; l < AEZ_LEVELS; l++) {
        uint32_t t = 0, seen = 0;
        uint64_t z;
        double   y, w = f->n[l];
        if (f->n[l] == 0)
            continue;
        while (seen + f->count[l][t] < (f->n[l] + 1) / 2)
            seen += f->count[l][t++];
        if (t == 0)
            w *= 0.1; /* a median of 0 says little of the scale */
        z = aez_token_first(CUT, t);
        y = z ? 4 * aez_log2(z > INT32_MAX ? UINT32_MAX : (uint32_t)z * 2 + 1) - 4 : -6;
        y += AEZ_SCALE_OF_1;
        sw += w;
        sx += w * l;
        sy += w * y;
        sxx += w * l * l;
        sxy += w * l * y;
    }
    d = sw * sxx - sx * sx;
    if (d > 1e-9 * sw * sxx)
        slope = (sw * sxy - sx * sy) / d;
    if (slope < 0)
        slope = 0;
    if (slope > 64)
        slope = 64;
    f->slope = (int64_t)(slope * (1 << SLOPE_BITS));
    f->base = (int64_t)((sy - slope * sx) / sw);
}

/* Walks base and slope downhill; slope turns about the middle of the levels. */
static double improve_line(fit *f)
{
    double   best = line_bits(f, f->base, f->slope), middle = 0, n = 0;
    for (unsigned l = 0; l < AEZ_LEVELS; l++) {
        middle += (double)l * f->n[l];
        n += f->n[l];
    }
    middle /= n;
    for (int64_t step = 16; step; step /= 4) {
        int moved = 1;
        for (int turns = 0; moved && turns < 20; turns++) {
            moved = 0;
            for (int way = 0; way < 4; way++) {
                int64_t by = way & 1 ? step : -step, base = f->base, slope = f->slope;
                double  bits;
                if (way < 2) {
                    base += by / 4 ? by / 4 : by;
                } else {
                    slope += by;
                    base -= (int64_t)((double)by * middle / (1 << SLOPE_BITS));
                }
                if (base < -LINE_MAX || base > LINE_MAX || slope < -LINE_MAX || slope > LINE_MAX)
                    continue;
                bits = line_bits(f, base, slope);
                if (bits < best) {
                    best = bits;
                    f->base = base;
                    f->slope = slope;
                    moved = 1;
                }
            }
        }
    }
    return best;
}

static double improve_zero(fit *f, double best)
{
    for (int way = -1; way <= 1; way += 2) {
        for (;;) {
            int      zero = (int)f->freqs.zero + way;
            unsigned old = f->freqs.zero;
            double   bits;
            if (zero < 0 || zero > 31)
                break;
            f->freqs.zero = (unsigned)zero;
            forget(f);
            bits = line_bits(f, f->base, f->slope);
            if (bits >= best) {
                f->freqs.zero = old;
                break;
            }
            best = bits;
        }
    }
    forget(f);
    return improve_line(f);
}

static void fit_all(fit *f, int effort)
{
    static const unsigned shapes[] = {0, 1, 3, 2};
    static const int      shift[] = {0, -3, 0, 5}; /* of base against the first line, by shape */
    double                best = DBL_MAX;
    int64_t               line[2], kept[2] = {0, 0};
    unsigned              shape = 0;
    first_line(f);
    line[0] = f->base;
    line[1] = f->slope;
    for (unsigned i = 0; i < (effort < 3 ? 2u : 4u); i++) {
        double bits;
        f->freqs.shape = shapes[i];
        f->base = line[0] + shift[shapes[i]];
        f->slope = line[1];
        forget(f);
        bits = improve_line(f);
        if (bits < best) {
            best = bits;
            shape = shapes[i];
            kept[0] = f->base;
            kept[1] = f->slope;
        }
    }
    f->freqs.shape = shape;
    f->base = kept[0];
    f->slope = kept[1];
    improve_zero(f, best);
}

/* ---- writing -------------------------------------------------------------------------------- */

/* Sums of frequencies of a level to start[0 .. n_symbols]. */
static void sum_level(aez_freqs *freqs, aez_token_cut cut, unsigned scale, uint32_t *start)
{
    freqs->scale = scale;
    aez_freqs_shape(freqs, cut);
    start[0] = 0;
    for (unsigned t = 0; t < freqs->n_symbols; t++)
        start[t + 1] = start[t] + freqs->freq[t];
}

static uint8_t *put_word(uint8_t *p, uint32_t word)
{
    p[-2] = (uint8_t)word;
    p[-1] = (uint8_t)(word >> 8);
    return p - 2;
}

/* Writes downwards from p, as the narrow form of rans.c does. */
static uint8_t *encode(const uint32_t *start, unsigned row, unsigned log, const uint16_t *tokens,
                       const uint8_t *level, size_t n, uint8_t *p)
{
    uint32_t x = 0;
    while (n-- > 0) {
        const uint32_t *c = start + level[n] * (size_t)row + tokens[n];
        uint32_t        f = c[1] - c[0];
        if (x >= (uint64_t)f << (32 - log)) {
            p = put_word(p, x & 0xFFFF);
            x >>= 16;
        }
        x = ((x / f) << log) + c[0] + x % f;
    }
    if (x)
        p = put_word(p, x & 0xFFFF);
    if (x >= LOWER)
        p = put_word(p, x >> 16);
    return p;
}

/* Tokens of all values, and their raw bits. */
static void tokenise(const aez_residual_writer *w, uint16_t *tokens, aez_buf *raw)
{
    aez_bit_writer bits = {raw, 0, 0};
    aez_rd         large;
    aez_rd_init(&large, w->large.data, w->large.size);
    for (size_t i = 0; i < w->n; i++) {
        uint64_t z = w->zigzag[i] == UINT32_MAX ? aez_get_u64(&large) : w->zigzag[i];
        unsigned n;
        tokens[i] = (uint16_t)aez_token_of(CUT, z);
        n = aez_token_raw_bits(CUT, tokens[i]);
        z &= ((uint64_t)1 << n) - 1;
        if (n > 32) {
            aez_bits_put(&bits, (uint32_t)z, 32);
            z >>= 32;
            n -= 32;
        }
        aez_bits_put(&bits, (uint32_t)z, n);
    }
    aez_bits_flush(&bits);
}

static void put_block(const fit *f, size_t n, const uint8_t *words, size_t size, const aez_buf *raw,
                      aez_buf *out)
{
    aez_put_u8(out, CUT.split | CUT.msb << 4 | (raw->size ? HAS_RAW : 0));
    aez_put_varint(out, n);
    aez_put_varint(out, f->freqs.n_symbols - 1);
    aez_put_svarint(out, f->base);
    aez_put_svarint(out, f->slope);
    aez_put_u8(out, f->freqs.shape | f->freqs.zero << 2);
    aez_put_varint(out, size / 2);
    aez_put(out, words, size);
    if (raw->size) {
        aez_put_varint(out, raw->size);
        aez_put(out, raw->data, raw->size);
    }
}

aez_status aez_shaped_pack(const aez_residual_writer *w, int effort, aez_buf *out)
{
    fit       *f = aez_take_raw(w->mem, 1, sizeof *f);
    uint16_t  *tokens = aez_take_raw(w->mem, w->n, sizeof *tokens);
    size_t     size = 2 * w->n + 4;
    uint8_t   *room = aez_take_raw(w->mem, size, 1), *first;
    uint32_t  *start = NULL;
    aez_buf    raw;
    unsigned   row;
    aez_status st = AEZ_ERR_NOMEM;
    aez_buf_init(&raw, w->mem);
    if (!f || !tokens || !room)
        goto fail;
    tokenise(w, tokens, &raw);
    if (raw.failed)
        goto fail;
    count_tokens(f, tokens, w->level, w->n);
    fit_all(f, effort);
    row = f->freqs.n_symbols + 1;
    if (!(start = aez_take_raw(w->mem, (size_t)AEZ_LEVELS * row, sizeof *start)))
        goto fail;
    for (unsigned l = 0; l < AEZ_LEVELS; l++)
        if (f->n[l])
            sum_level(&f->freqs, CUT, scale_of(f->base, f->slope, l), start + l * row);
    first = encode(start, row, f->freqs.log, tokens, w->level, w->n, room + size);
    put_block(f, w->n, first, (size_t)(room + size - first), &raw, out);
    st = out->failed ? AEZ_ERR_NOMEM : AEZ_OK;
fail:
    aez_drop(w->mem, f);
    aez_drop(w->mem, tokens);
    aez_drop(w->mem, room);
    aez_drop(w->mem, start);
    aez_buf_free(&raw);
    return st;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void refill(aez_shaped *s)
{
    if (s->x < LOWER && s->word != s->word_end) {
        s->x = s->x << 16 | s->word[0] | (uint32_t)s->word[1] << 8;
        s->word += 2;
    }
}

aez_status aez_shaped_init(aez_shaped *s, const aez_mem *mem, aez_rd *in, size_t max_n,
                           int *has_raw)
{
    unsigned head = aez_get_u8(in), shape;
    uint64_t n = aez_get_varint(in), top = aez_get_varint(in), words;
    memset(s, 0, sizeof *s);
    s->base = aez_get_svarint(in);
    s->slope = aez_get_svarint(in);
    shape = aez_get_u8(in);
    words = aez_get_varint(in);
    s->cut.split = head & 15;
    s->cut.msb = head >> 4 & 3;
    *has_raw = (head & HAS_RAW) != 0;
    if (in->failed || head >> 7 || shape >> 7 || s->cut.split > AEZ_SPLIT_MAX ||
        s->cut.msb > s->cut.split || top < 1 || top > AEZ_SYMBOL_MAX ||
        top >= aez_token_count(s->cut) || s->base < -LINE_MAX || s->base > LINE_MAX ||
        s->slope < -LINE_MAX || s->slope > LINE_MAX || words > aez_rd_left(in) / 2)
        return AEZ_ERR_CORRUPT;
    if (n > max_n)
        return AEZ_ERR_LIMIT;
    s->n_left = (size_t)n;
    s->freqs.n_symbols = (unsigned)top + 1;
    s->freqs.log = LOG;
    s->freqs.shape = shape & 3;
    s->freqs.zero = shape >> 2;
    s->word = aez_rd_take(in, 2 * words);
    s->word_end = s->word + 2 * words;
    refill(s);
    refill(s);
    s->start = aez_take_raw(mem, (size_t)AEZ_LEVELS * (s->freqs.n_symbols + 1), sizeof *s->start);
    return s->start ? AEZ_OK : AEZ_ERR_NOMEM;
}

void aez_shaped_free(aez_shaped *s, const aez_mem *mem)
{
    aez_drop(mem, s->start);
    s->start = NULL;
}

uint32_t aez_shaped_next(aez_shaped *s, unsigned level)
{
    uint32_t *start = s->start + level * (size_t)(s->freqs.n_symbols + 1);
    uint32_t  y = s->x & (((uint32_t)1 << s->freqs.log) - 1);
    uint32_t  low = 0, high = s->freqs.n_symbols; /* start[low] <= y < start[high] */
    if (!s->ready[level]) {
        sum_level(&s->freqs, s->cut, scale_of(s->base, s->slope, level), start);
        s->ready[level] = 1;
    }
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (start[middle] <= y)
            low = middle;
        else
            high = middle;
    }
    s->x = (start[high] - start[low]) * (s->x >> s->freqs.log) + y - start[low];
    s->n_left--;
    refill(s);
    return low;
}

int aez_shaped_done(const aez_shaped *s)
{
    return s->n_left == 0 && s->x == 0 && s->word == s->word_end;
}
