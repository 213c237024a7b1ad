/* rans.c - range asymmetric numeral system coder: symbols with given frequencies to 16-bit words.
 *
 * A state x is below 2^32. To code a symbol of frequency f that starts at c in 0 .. 2^L - 1:
 * x = (x / f) * 2^L + c + x mod f. Before that the low word of x is moved out if x would become too
 * large. The decoder does the same backwards, so symbols are coded last to first. */
#include "rans.h"

#define LOWER ((uint32_t)1 << 16) /* states of the wide form stay at or above this */

typedef struct coded_symbol {
    uint64_t reciprocal;
    uint64_t limit; /* x at or above this has to lose a word first */
    uint32_t shift; /* of the product with reciprocal, less 32 */
    uint32_t start;
    uint32_t step; /* 2^L - f */
} coded_symbol;

/* With s = ceil(log2 f) and r = ceil(2^(32 + s) / f), x / f = x * r >> (32 + s) for every x below
 * f * 2^(32 - L): the excess e = r * f - 2^(32 + s) is below f, so e * x < f^2 * 2^(32 - L), which
 * is at most f * 2^32 <= 2^(32 + s). The product is below 2^64: x * 2^(32 + s) / f is at most
 * 2^(64 - L + s) - 2^(32 + s) / f with s <= L, and e * x / f is below 2^32. */
static void prepare(coded_symbol *table, const aez_freqs *freqs)
{
    uint32_t start = 0;
    for (unsigned i = 0; i < freqs->n_symbols; i++) {
        uint32_t f = freqs->freq[i];
        unsigned s = f > 1 ? aez_log2_floor(f - 1) + 1 : 0;
        if (f == 0)
            continue;
        table[i].reciprocal = (((uint64_t)1 << (32 + s)) + f - 1) / f;
        table[i].limit = (uint64_t)f << (32 - freqs->log);
        table[i].shift = s;
        table[i].start = start;
        table[i].step = ((uint32_t)1 << freqs->log) - f;
        start += f;
    }
}

/* Always writes the low word below *p, and keeps it when the state is too large: no branch. */
static inline uint32_t encode_one(uint32_t x, const coded_symbol *s, uint8_t **p)
{
    unsigned full = x >= s->limit;
    uint32_t q;
    (*p)[-2] = (uint8_t)x;
    (*p)[-1] = (uint8_t)(x >> 8);
    *p -= 2 * full;
    x >>= 16 * full;
    q = (uint32_t)(((x * s->reciprocal) >> 32) >> s->shift);
    return x + s->start + q * s->step;
}

static uint8_t *put_word(uint8_t *p, uint32_t word)
{
    p[-2] = (uint8_t)word;
    p[-1] = (uint8_t)(word >> 8);
    return p - 2;
}

/* Both write downwards from p and return the first byte of the payload. */
static uint8_t *encode_narrow(const coded_symbol *table, const uint16_t *symbols, size_t n,
                              uint8_t *p)
{
    uint32_t x = 0; /* below the lower bound: costs no bits, see aez_rans_decode */
    while (n-- > 0)
        x = encode_one(x, &table[symbols[n]], &p);
    if (x)
        p = put_word(p, x & 0xFFFF);
    if (x >= LOWER)
        p = put_word(p, x >> 16);
    return p;
}

static uint8_t *encode_wide(const coded_symbol *table, const uint16_t *symbols, size_t n,
                            uint8_t *p)
{
    uint32_t x[AEZ_RANS_STATES] = {LOWER, LOWER, LOWER, LOWER};
    uint32_t x0, x1, x2, x3;
    size_t   i = n;
    for (; i % AEZ_RANS_STATES; i--)
        x[(i - 1) % AEZ_RANS_STATES] =
            encode_one(x[(i - 1) % AEZ_RANS_STATES], &table[symbols[i - 1]], &p);
    x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
    for (; i; i -= AEZ_RANS_STATES) {
        x3 = encode_one(x3, &table[symbols[i - 1]], &p);
        x2 = encode_one(x2, &table[symbols[i - 2]], &p);
        x1 = encode_one(x1, &table[symbols[i - 3]], &p);
        x0 = encode_one(x0, &table[symbols[i - 4]], &p);
    }
    x[0] = x0, x[1] = x1, x[2] = x2, x[3] = x3;
    for (i = AEZ_RANS_STATES; i-- > 0;) {
        p = put_word(p, x[i] & 0xFFFF);
        p = put_word(p, x[i] >> 16);
    }
    return p;
}

aez_status aez_rans_encode(const aez_mem *mem, const aez_freqs *freqs, int wide,
                           const uint16_t *symbols, size_t n, aez_buf *out)
{
    coded_symbol *table = aez_take_raw(mem, freqs->n_symbols, sizeof *table);
    uint8_t      *room, *first;
    size_t        size;
    aez_status    st = AEZ_ERR_NOMEM;
    if (!table || n > SIZE_MAX / 4)
        goto fail;
    size = 2 * n + 4 * AEZ_RANS_STATES + 2; /* a word a symbol, the states, one word of slack */
    if (!(room = aez_buf_room(out, size)))
        goto fail;
    prepare(table, freqs);
    first = wide ? encode_wide(table, symbols, n, room + size)
                 : encode_narrow(table, symbols, n, room + size);
    size = (size_t)(room + size - first);
    memmove(room, first, size);
    out->size += size;
    st = AEZ_OK;
fail:
    aez_drop(mem, table);
    return st;
}

typedef struct slots {
    uint16_t *symbol;               /* [2^L] */
    uint32_t  code[AEZ_SYMBOL_MAX + 1]; /* frequency + 2^16 * start */
    unsigned  log;
} slots;

static void fill_slots(slots *t, const aez_freqs *freqs)
{
    uint32_t start = 0;
    t->log = freqs->log;
    for (unsigned i = 0; i < freqs->n_symbols; i++) {
        uint32_t f = freqs->freq[i];
        t->code[i] = f | start << 16;
        for (uint32_t j = 0; j < f; j++)
            t->symbol[start + j] = (uint16_t)i;
        start += f;
    }
}

static inline uint32_t decode_one(uint32_t x, const slots *t, uint16_t *symbol)
{
    uint32_t slot = x & (((uint32_t)1 << t->log) - 1), code;
    *symbol = t->symbol[slot];
    code = t->code[*symbol];
    return (code & 0xFFFF) * (x >> t->log) + slot - (code >> 16);
}

static inline uint32_t get_word(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

/* Takes the next word when x is below the bound; one must be there to look at. */
static inline uint32_t refill(uint32_t x, const uint8_t **p)
{
    uint32_t wide = x << 16 | get_word(*p);
    unsigned low = x < LOWER;
    *p += 2 * low;
    return low ? wide : x;
}

/* The same at the end of the payload, where there may be none. */
static inline uint32_t refill_careful(uint32_t x, const uint8_t **p, const uint8_t *end)
{
    return x < LOWER && *p < end ? refill(x, p) : x;
}

/* The state starts at 0 and simply stays below the bound until the first word would come: the only
 * difference to the reader is that there is no word to take. */
static int decode_narrow(const slots *t, const uint8_t *p, const uint8_t *end, uint16_t *symbols,
                         size_t n)
{
    uint32_t x = refill_careful(0, &p, end);
    x = refill_careful(x, &p, end);
    for (size_t i = 0; i < n; i++) {
        x = decode_one(x, t, &symbols[i]);
        x = refill_careful(x, &p, end);
    }
    return p == end && x == 0;
}

static int decode_wide(const slots *table, const uint8_t *p, const uint8_t *end,
                       uint16_t *symbols, size_t n)
{
    const slots t = *table;
    uint32_t    x[AEZ_RANS_STATES], x0, x1, x2, x3;
    size_t      i = 0;
    int         good;
    if ((size_t)(end - p) < 4 * AEZ_RANS_STATES)
        return 0;
    for (unsigned s = 0; s < AEZ_RANS_STATES; s++, p += 4)
        x[s] = get_word(p) << 16 | get_word(p + 2);
    x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
    while (n - i >= AEZ_RANS_STATES && (size_t)(end - p) >= 2 * AEZ_RANS_STATES) {
        x0 = decode_one(x0, &t, &symbols[i]);
        x1 = decode_one(x1, &t, &symbols[i + 1]);
        x2 = decode_one(x2, &t, &symbols[i + 2]);
        x3 = decode_one(x3, &t, &symbols[i + 3]);
        x0 = refill(x0, &p);
        x1 = refill(x1, &p);
        x2 = refill(x2, &p);
        x3 = refill(x3, &p);
        i += AEZ_RANS_STATES;
    }
    x[0] = x0, x[1] = x1, x[2] = x2, x[3] = x3;
    for (; i < n; i++) {
        uint32_t *s = &x[i % AEZ_RANS_STATES];
        *s = decode_one(*s, &t, &symbols[i]);
        *s = refill_careful(*s, &p, end);
    }
    good = p == end;
    for (unsigned s = 0; s < AEZ_RANS_STATES; s++)
        good &= x[s] == LOWER;
    return good;
}

aez_status aez_rans_decode(const aez_mem *mem, const aez_freqs *freqs, int wide,
                           const uint8_t *payload, size_t size, uint16_t *symbols, size_t n)
{
    slots     *table = aez_take_raw(mem, 1, sizeof *table);
    aez_status st = AEZ_ERR_NOMEM;
    if (!table)
        return st;
    table->symbol = aez_take_raw(mem, (size_t)1 << freqs->log, sizeof *table->symbol);
    if (!table->symbol)
        goto fail;
    fill_slots(table, freqs);
    st = AEZ_ERR_CORRUPT;
    if (size % 2 == 0 && (wide ? decode_wide : decode_narrow)(table, payload, payload + size,
                                                              symbols, n))
        st = AEZ_OK;
fail:
    aez_drop(mem, table->symbol);
    aez_drop(mem, table);
    return st;
}
