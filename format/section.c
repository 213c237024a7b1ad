/* section.c - one section: type, payload size, payload, checksum. */
#include "checksum.h"
#include "format.h"

enum { CHECK_SIZE = 8, MAX_VARINT = 10 };

uint64_t aez_section_seed(const uint8_t header[AEZ_HEADER_SIZE], uint64_t file_offset)
{
    aez_rd r;
    aez_rd_init(&r, header, AEZ_HEADER_SIZE);
    return aez_get_u64(&r) ^ file_offset;
}

void aez_section_put(aez_buf *out, unsigned type, const void *payload, size_t size,
                     uint64_t seed)
{
    size_t start = out->size;
    aez_put_u8(out, type);
    aez_put_varint(out, size);
    aez_put(out, payload, size);
    if (!out->failed)
        aez_put_u64(out, aez_checksum(out->data + start, out->size - start, seed));
}

/* Type and size; NEED_INPUT when n bytes do not hold both. */
static aez_status get_head(const uint8_t *src, size_t n, unsigned *type, uint64_t *size,
                           size_t *head)
{
    aez_rd r;
    aez_rd_init(&r, src, n);
    *type = aez_get_u8(&r);
    *size = aez_get_varint(&r);
    if (r.failed)
        return n < 1 + MAX_VARINT && aez_rd_left(&r) == 0 ? AEZ_NEED_INPUT : AEZ_ERR_CORRUPT;
    *head = n - aez_rd_left(&r);
    return AEZ_OK;
}

aez_status aez_section_get(const uint8_t *src, size_t n, uint64_t seed, uint64_t max_size,
                           aez_section *out, size_t *need)
{
    unsigned   type;
    uint64_t   size;
    size_t     head;
    aez_rd     check;
    aez_status st = get_head(src, n, &type, &size, &head);
    if (st == AEZ_NEED_INPUT)
        *need = n < 2 ? 2 : n + 1;
    if (st != AEZ_OK)
        return st;
    if (type == 0)
        return AEZ_ERR_CORRUPT;
    if (size > max_size || size > SIZE_MAX - head - CHECK_SIZE)
        return AEZ_ERR_LIMIT;
    *need = head + (size_t)size + CHECK_SIZE;
    if (n < *need)
        return AEZ_NEED_INPUT;
    aez_rd_init(&check, src + head + size, CHECK_SIZE);
    if (aez_get_u64(&check) != aez_checksum(src, head + (size_t)size, seed))
        return AEZ_ERR_CORRUPT;
    out->type = type;
    out->payload = src + head;
    out->size = (size_t)size;
    out->total = *need;
    return AEZ_OK;
}
