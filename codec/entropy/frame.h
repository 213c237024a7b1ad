/* frame.h - zstd frames, appended to a buffer. */
#ifndef AEZ_ENTROPY_FRAME_H
#define AEZ_ENTROPY_FRAME_H

#include "entropy.h"

/* Appends a zstd frame of n bytes at level 1 .. 22. */
aez_status aez_zstd_append(const aez_mem *mem, const void *bytes, size_t n, int level,
                           int with_content_size, aez_buf *out);

#endif
