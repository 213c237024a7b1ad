/* stored.c - the stored form of a chunk: one zstd frame, where that is smaller than coding. */
#include "stored.h"

#define FAST 3
#define STRONG 19

aez_status aez_store_if_smaller(const aez_mem *mem, int level, const void *bytes, size_t n,
                                size_t coded, aez_buf *out)
{
    size_t     start = out->size, limit = coded == SIZE_MAX ? SIZE_MAX : coded - 1;
    size_t     hopeless = coded < SIZE_MAX / 5 ? coded * 5 / 2 : SIZE_MAX;
    aez_status st;
    if (level < 5)
        return aez_frame_pack_below(mem, bytes, n, FAST, limit, out);
    if (coded != SIZE_MAX) {
        st = aez_frame_pack_below(mem, bytes, n, FAST, hopeless, out);
        if (st < 0 || out->size == start)
            return st;
        out->size = start;
    }
    return aez_frame_pack_below(mem, bytes, n, STRONG, limit, out);
}
