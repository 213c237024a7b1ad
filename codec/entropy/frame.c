/* frame.c - zstd frames, and byte streams packed by them or left raw. */
#include "frame.h"

#include <string.h>

/* Contexts take their memory through the caller's hooks, which only the advanced calls allow. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

enum { BYTES_RAW = 0, BYTES_ZSTD = 1 };

static void *zstd_take(void *opaque, size_t size)
{
    return aez_take_raw(opaque, size, 1);
}

static void zstd_drop(void *opaque, void *block)
{
    aez_drop(opaque, block);
}

static ZSTD_customMem hooks_of(const aez_mem *mem)
{
    ZSTD_customMem hooks;
    hooks.customAlloc = zstd_take;
    hooks.customFree = zstd_drop;
    hooks.opaque = (void *)(uintptr_t)mem; /* zstd hands it back untouched */
    return hooks;
}

/* One frame written into at most `room_size` bytes at out's end; a frame that needs more is given
 * up early, and nothing is appended. */
static aez_status append_frame(const aez_mem *mem, const void *bytes, size_t n, int level,
                               int with_content_size, size_t room_size, aez_buf *out)
{
    size_t     size;
    ZSTD_CCtx *context = NULL;
    uint8_t   *room;
    aez_status st = AEZ_ERR_NOMEM;
    if (!(room = aez_buf_room(out, room_size)))
        goto fail;
    if (!(context = ZSTD_createCCtx_advanced(hooks_of(mem))))
        goto fail;
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, with_content_size);
    size = ZSTD_compress2(context, room, room_size, bytes, n);
    st = AEZ_OK;
    if (!ZSTD_isError(size))
        out->size += size;
    else if (ZSTD_getErrorCode(size) != ZSTD_error_dstSize_tooSmall)
        st = AEZ_ERR_NOMEM; /* the options are valid: only memory can be short */
fail:
    ZSTD_freeCCtx(context);
    return st;
}

aez_status aez_zstd_append(const aez_mem *mem, const void *bytes, size_t n, int level,
                           int with_content_size, aez_buf *out)
{
    size_t bound = ZSTD_compressBound(n);
    if (ZSTD_isError(bound))
        return AEZ_ERR_LIMIT;
    return append_frame(mem, bytes, n, level, with_content_size, bound, out);
}

aez_status aez_frame_pack_below(const aez_mem *mem, const void *bytes, size_t n, int zstd_level,
                                size_t limit, aez_buf *out)
{
    size_t     bound = ZSTD_compressBound(n), start = out->size;
    /* zstd may refuse to write a block that would fit only just: one block more of room */
    size_t     room = limit < bound ? limit + ZSTD_compressBound(ZSTD_BLOCKSIZE_MAX) : bound;
    aez_status st;
    if (ZSTD_isError(bound))
        return AEZ_ERR_LIMIT;
    st = append_frame(mem, bytes, n, zstd_level, 1, room < bound ? room : bound, out);
    if (out->size - start > limit)
        out->size = start;
    return st;
}

aez_status aez_frame_unpack(const aez_mem *mem, const void *frame, size_t size, void *bytes,
                            size_t n)
{
    static const uint8_t nothing[1];
    uint8_t    unused[1];
    ZSTD_DCtx *context;
    size_t     got;
    if (ZSTD_findFrameCompressedSize(size ? frame : nothing, size) != size)
        return AEZ_ERR_CORRUPT;
    if (!(context = ZSTD_createDCtx_advanced(hooks_of(mem))))
        return AEZ_ERR_NOMEM;
    got = ZSTD_decompressDCtx(context, n ? bytes : unused, n, frame, size);
    ZSTD_freeDCtx(context);
    if (ZSTD_isError(got))
        return ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation ? AEZ_ERR_NOMEM
                                                                      : AEZ_ERR_CORRUPT;
    return got == n ? AEZ_OK : AEZ_ERR_CORRUPT;
}

aez_status aez_bytes_pack(const aez_mem *mem, const void *bytes, size_t n, int zstd_level,
                          aez_buf *out)
{
    aez_buf    packed;
    aez_status st = AEZ_OK;
    aez_buf_init(&packed, mem);
    if (zstd_level > 0 && n > 0 &&
        (st = aez_zstd_append(mem, bytes, n, zstd_level, 0, &packed)) != AEZ_OK)
        goto fail;
    if (packed.size && packed.size + 3 < n) {
        aez_put_u8(out, BYTES_ZSTD);
        aez_put_varint(out, n);
        aez_put_varint(out, packed.size);
        aez_put(out, packed.data, packed.size);
    } else {
        aez_put_u8(out, BYTES_RAW);
        aez_put_varint(out, n);
        aez_put(out, bytes, n);
    }
    if (out->failed)
        st = AEZ_ERR_NOMEM;
fail:
    aez_buf_free(&packed);
    return st;
}

aez_status aez_bytes_unpack(const aez_mem *mem, aez_rd *in, uint64_t max_n, uint8_t **bytes,
                            size_t *n)
{
    unsigned       method = aez_get_u8(in);
    uint64_t       count = aez_get_varint(in), size;
    const uint8_t *src;
    uint8_t       *block;
    aez_status     st;
    if (in->failed || method > BYTES_ZSTD)
        return AEZ_ERR_CORRUPT;
    if (count > max_n || count > SIZE_MAX)
        return AEZ_ERR_LIMIT;
    size = method == BYTES_ZSTD ? aez_get_varint(in) : count;
    if (!(src = aez_rd_take(in, size)))
        return AEZ_ERR_CORRUPT;
    if (!(block = aez_take_raw(mem, (size_t)count, 1)))
        return AEZ_ERR_NOMEM;
    st = AEZ_OK;
    if (method == BYTES_ZSTD)
        st = aez_frame_unpack(mem, src, (size_t)size, block, (size_t)count);
    else if (count)
        memcpy(block, src, (size_t)count);
    if (st != AEZ_OK) {
        aez_drop(mem, block);
        return st;
    }
    *bytes = block;
    *n = (size_t)count;
    return AEZ_OK;
}
