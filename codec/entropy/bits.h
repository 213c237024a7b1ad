/* bits.h - single bits to and from bytes, lowest bit first; for tables and other small things. */
#ifndef AEZ_ENTROPY_BITS_H
#define AEZ_ENTROPY_BITS_H

#include "../base/buf.h"

typedef struct aez_bit_writer {
    aez_buf *out;
    uint64_t bits;
    unsigned n_bits; /* below 8 between calls */
} aez_bit_writer;

/* Appends the low `width` (0 .. 32) bits of value, which has no others. */
static inline void aez_bits_put(aez_bit_writer *w, uint32_t value, unsigned width)
{
    w->bits |= (uint64_t)value << w->n_bits;
    w->n_bits += width;
    while (w->n_bits >= 8) {
        aez_put_u8(w->out, (unsigned)(w->bits & 0xFF));
        w->bits >>= 8;
        w->n_bits -= 8;
    }
}

/* Fills the last byte with zero bits. */
static inline void aez_bits_flush(aez_bit_writer *w)
{
    if (w->n_bits)
        aez_bits_put(w, 0, 8 - w->n_bits);
}

typedef struct aez_bit_reader {
    aez_rd  *in;
    uint64_t bits;
    unsigned n_bits;
} aez_bit_reader;

/* The next `width` (0 .. 32) bits; 0 and in->failed past the end. */
static inline uint32_t aez_bits_get(aez_bit_reader *r, unsigned width)
{
    uint32_t value;
    while (r->n_bits < width) {
        r->bits |= (uint64_t)aez_get_u8(r->in) << r->n_bits;
        r->n_bits += 8;
    }
    value = (uint32_t)(r->bits & (((uint64_t)1 << width) - 1));
    r->bits >>= width;
    r->n_bits -= width;
    return value;
}

#endif
