/* buf.c - a growing byte buffer and a bounds-checked reader, little-endian, with sticky failure. */
#include "buf.h"

#include <string.h>

void aez_buf_init(aez_buf *b, const aez_mem *mem)
{
    memset(b, 0, sizeof *b);
    b->mem = mem;
}

void aez_buf_free(aez_buf *b)
{
    aez_drop(b->mem, b->data);
    b->data = NULL;
    b->size = b->cap = 0;
}

uint8_t *aez_buf_room(aez_buf *b, size_t n)
{
    size_t   cap;
    uint8_t *grown;
    if (b->failed)
        return NULL;
    if (n <= b->cap - b->size)
        return b->data + b->size;
    cap = b->cap < 64 ? 64 : b->cap;
    while (cap - b->size < n) {
        if (cap > SIZE_MAX / 2) {
            b->failed = 1;
            return NULL;
        }
        cap += cap / 2;
    }
    grown = aez_take_raw(b->mem, cap, 1);
    if (!grown) {
        b->failed = 1;
        return NULL;
    }
    if (b->size)
        memcpy(grown, b->data, b->size);
    aez_drop(b->mem, b->data);
    b->data = grown;
    b->cap = cap;
    return b->data + b->size;
}

void aez_put(aez_buf *b, const void *src, size_t n)
{
    uint8_t *p;
    if (n == 0)
        return;
    p = aez_buf_room(b, n);
    if (!p)
        return;
    memcpy(p, src, n);
    b->size += n;
}

static void put_le(aez_buf *b, uint64_t v, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    aez_put(b, bytes, n);
}

void aez_put_u8(aez_buf *b, unsigned v)
{
    put_le(b, v, 1);
}

void aez_put_u16(aez_buf *b, unsigned v)
{
    put_le(b, v, 2);
}

void aez_put_u32(aez_buf *b, uint32_t v)
{
    put_le(b, v, 4);
}

void aez_put_u64(aez_buf *b, uint64_t v)
{
    put_le(b, v, 8);
}

void aez_put_f64(aez_buf *b, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_le(b, bits, 8);
}

void aez_put_varint(aez_buf *b, uint64_t v)
{
    while (v >= 0x80) {
        aez_put_u8(b, (unsigned)(v & 0x7F) | 0x80);
        v >>= 7;
    }
    aez_put_u8(b, (unsigned)v);
}

void aez_put_svarint(aez_buf *b, int64_t v)
{
    aez_put_varint(b, aez_zigzag(v));
}

void aez_rd_init(aez_rd *r, const void *src, size_t n)
{
    static const uint8_t nothing[1];
    r->p = n ? src : nothing; /* NULL + 0 is undefined in C */
    r->end = r->p + n;
    r->failed = 0;
}

size_t aez_rd_left(const aez_rd *r)
{
    return (size_t)(r->end - r->p);
}

const uint8_t *aez_rd_take(aez_rd *r, uint64_t n)
{
    const uint8_t *p = r->p;
    if (r->failed || n > aez_rd_left(r)) {
        r->failed = 1;
        return NULL;
    }
    r->p += n;
    return p;
}

static uint64_t get_le(aez_rd *r, size_t n)
{
    const uint8_t *p = aez_rd_take(r, n);
    uint64_t       v = 0;
    if (!p)
        return 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

unsigned aez_get_u8(aez_rd *r)
{
    return (unsigned)get_le(r, 1);
}

unsigned aez_get_u16(aez_rd *r)
{
    return (unsigned)get_le(r, 2);
}

uint32_t aez_get_u32(aez_rd *r)
{
    return (uint32_t)get_le(r, 4);
}

uint64_t aez_get_u64(aez_rd *r)
{
    return get_le(r, 8);
}

double aez_get_f64(aez_rd *r)
{
    uint64_t bits = get_le(r, 8);
    double   v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

uint64_t aez_get_varint(aez_rd *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        unsigned byte = aez_get_u8(r);
        if (r->failed)
            return 0;
        if (shift == 63 && byte > 1)
            break;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return v;
    }
    r->failed = 1;
    return 0;
}

int64_t aez_get_svarint(aez_rd *r)
{
    return aez_unzigzag(aez_get_varint(r));
}
