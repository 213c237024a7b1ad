/* header.c - the first bytes of a file: magic, version, hints, features. */
#include "format.h"

static const uint8_t magic[4] = { 0x8F, 0x41, 0x45, 0x5A };

void aez_header_put(aez_buf *out)
{
    aez_put(out, magic, sizeof magic);
    aez_put_u8(out, AEZ_FORMAT_VERSION);
    aez_put_u8(out, 0); /* hints */
    aez_put_u8(out, 0); /* features */
    aez_put_u8(out, 0);
}

aez_status aez_header_get(const uint8_t *src)
{
    for (size_t i = 0; i < sizeof magic; i++)
        if (src[i] != magic[i])
            return AEZ_ERR_MAGIC;
    if (src[4] != AEZ_FORMAT_VERSION)
        return AEZ_ERR_VERSION;
    /* src[5] holds hints: a reader that does not know one does without it */
    if (src[6] != 0)
        return AEZ_ERR_VERSION;
    if (src[7] != 0)
        return AEZ_ERR_CORRUPT;
    return AEZ_OK;
}
