/* buf.h - a growing byte buffer and a bounds-checked reader, little-endian, with sticky failure. */
#ifndef AEZ_BASE_BUF_H
#define AEZ_BASE_BUF_H

#include "mem.h"

/* Writes never fail on the spot: `failed` stays set after the first failed growth, and the owner
 * checks it once at the end. Start with aez_buf_init, end with aez_buf_free. */
typedef struct aez_buf {
    const aez_mem *mem;
    uint8_t       *data;
    size_t         size, cap;
    int            failed;
} aez_buf;

void aez_buf_init(aez_buf *b, const aez_mem *mem);
void aez_buf_free(aez_buf *b);
/* Room for n more bytes at the end; returns where to write them (then add to size), or NULL. */
uint8_t *aez_buf_room(aez_buf *b, size_t n);
void     aez_put(aez_buf *b, const void *src, size_t n);
void     aez_put_u8(aez_buf *b, unsigned v);
void     aez_put_u16(aez_buf *b, unsigned v);
void     aez_put_u32(aez_buf *b, uint32_t v);
void     aez_put_u64(aez_buf *b, uint64_t v);
void     aez_put_f64(aez_buf *b, double v); /* IEEE 754 binary64, as its u64 bit pattern */
void     aez_put_varint(aez_buf *b, uint64_t v); /* LEB128, at most 10 bytes */
void     aez_put_svarint(aez_buf *b, int64_t v); /* zigzag, then LEB128 */

/* A read past the end gives 0 and sets `failed`, which stays set. Shortest form is not demanded of
 * varints, but one of more than 10 bytes or above 2^64 - 1 fails. */
typedef struct aez_rd {
    const uint8_t *p, *end;
    int            failed;
} aez_rd;

void           aez_rd_init(aez_rd *r, const void *src, size_t n);
size_t         aez_rd_left(const aez_rd *r);
const uint8_t *aez_rd_take(aez_rd *r, uint64_t n); /* n bytes, or NULL and failed */
unsigned       aez_get_u8(aez_rd *r);
unsigned       aez_get_u16(aez_rd *r);
uint32_t       aez_get_u32(aez_rd *r);
uint64_t       aez_get_u64(aez_rd *r);
double         aez_get_f64(aez_rd *r);
uint64_t       aez_get_varint(aez_rd *r);
int64_t        aez_get_svarint(aez_rd *r);

static inline uint64_t aez_zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t aez_unzigzag(uint64_t z)
{
    return (int64_t)((z >> 1) ^ (0 - (z & 1)));
}

#endif
