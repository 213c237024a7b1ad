/* psnr.h - a chunk coded so that the mean squared error of each field keeps its target. */
#ifndef AEZ_CHUNK_PSNR_H
#define AEZ_CHUNK_PSNR_H

#include "chunk.h"

/* aez_encode_proved with the schema's lattices; where a field has a target error (mode PSNR), its
 * step is adjusted until the chunk's error comes close to the target from below. */
aez_status aez_encode_psnr(const aez_chunk_context *ctx, const aez_box *box,
                           const void *const *columns, aez_buf *out, aez_chunk_info *info);

#endif
