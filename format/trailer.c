/* trailer.c - the last bytes of a file: where the index is and how long the file must be. */
#include "checksum.h"
#include "format.h"

static const uint8_t magic_reversed[4] = { 0x5A, 0x45, 0x41, 0x8F };

void aez_trailer_put(aez_buf *out, uint64_t index_offset, uint64_t file_size)
{
    size_t start = out->size;
    aez_put_u64(out, index_offset);
    aez_put_u64(out, file_size);
    if (!out->failed)
        aez_put_u32(out, (uint32_t)aez_checksum(out->data + start, out->size - start, 0));
    aez_put(out, magic_reversed, sizeof magic_reversed);
}

aez_status aez_trailer_get(const uint8_t *src, uint64_t *index_offset, uint64_t *file_size)
{
    aez_rd   r;
    uint64_t index, total;
    aez_rd_init(&r, src, AEZ_TRAILER_SIZE);
    index = aez_get_u64(&r);
    total = aez_get_u64(&r);
    if (aez_get_u32(&r) != (uint32_t)aez_checksum(src, 16, 0))
        return AEZ_ERR_CORRUPT;
    for (size_t i = 0; i < sizeof magic_reversed; i++)
        if (aez_get_u8(&r) != magic_reversed[i])
            return AEZ_ERR_CORRUPT;
    /* The index stands between the header and the trailer. */
    if (total < AEZ_HEADER_SIZE + AEZ_TRAILER_SIZE || index < AEZ_HEADER_SIZE ||
        index >= total - AEZ_TRAILER_SIZE)
        return AEZ_ERR_CORRUPT;
    *index_offset = index;
    *file_size = total;
    return AEZ_OK;
}
