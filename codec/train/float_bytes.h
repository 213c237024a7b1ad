/* float_bytes.h - binary32 numbers in bytes, as float models and training states have them. */
#ifndef AEZ_TRAIN_FLOAT_BYTES_H
#define AEZ_TRAIN_FLOAT_BYTES_H

#include "../base/buf.h"

#include <math.h>
#include <string.h>

static inline void aez_put_f32(aez_buf *out, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    aez_put_u32(out, bits);
}

static inline float aez_get_f32(aez_rd *in)
{
    uint32_t bits = aez_get_u32(in);
    float    v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static inline void aez_put_floats(aez_buf *out, const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        aez_put_f32(out, v[i]);
}

/* n numbers of magnitude at most `most`; 0 when one is not, or the bytes end. */
static inline int aez_get_floats(aez_rd *in, float *v, size_t n, float most)
{
    int fine = 1;
    for (size_t i = 0; i < n && !in->failed; i++) {
        v[i] = aez_get_f32(in);
        fine = fine && fabsf(v[i]) <= most; /* false for NaN */
    }
    return fine && !in->failed;
}

#endif
