/* idx.c - headers of IDX files (MNIST and its like): 00 00 type n_dims, then u32 extents. */
#include "platform.h"

#include "idx.h"

static const struct {
    uint8_t  code;
    aez_type type;
} idx_types[] = {{0x08, AEZ_U8},  {0x09, AEZ_I8},  {0x0B, AEZ_I16},
                 {0x0C, AEZ_I32}, {0x0D, AEZ_F32}, {0x0E, AEZ_F64}};

#define N_IDX_TYPES (sizeof idx_types / sizeof *idx_types)

bool aez_idx_parse(const uint8_t *head, size_t size, aez_layout *out, size_t *header_size)
{
    size_t   t = 0;
    uint32_t n;
    if (size < 8 || head[0] != 0 || head[1] != 0)
        return false;
    while (t < N_IDX_TYPES && idx_types[t].code != head[2])
        t++;
    n = head[3];
    if (t == N_IDX_TYPES || n == 0 || n > AEZ_LAYOUT_DIMS || size < 4 + 4 * (size_t)n)
        return false;
    out->type = idx_types[t].type;
    out->big_endian = aez_type_size(out->type) > 1;
    out->n_dims = n;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *p = head + 4 + 4 * (size_t)i;
        out->shape[i] = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
    }
    *header_size = 4 + 4 * (size_t)n;
    return true;
}

size_t aez_idx_header(const aez_layout *layout, uint8_t dst[AEZ_IDX_HEADER_MAX])
{
    size_t t = 0;
    while (t < N_IDX_TYPES && idx_types[t].type != layout->type)
        t++;
    if (t == N_IDX_TYPES || layout->n_dims == 0)
        return 0;
    dst[0] = dst[1] = 0;
    dst[2] = idx_types[t].code;
    dst[3] = (uint8_t)layout->n_dims;
    for (uint32_t i = 0; i < layout->n_dims; i++) {
        uint8_t *p = dst + 4 + 4 * (size_t)i;
        if (layout->shape[i] > UINT32_MAX)
            return 0;
        for (unsigned b = 0; b < 4; b++)
            p[b] = (uint8_t)(layout->shape[i] >> (24 - 8 * b));
    }
    return 4 + 4 * (size_t)layout->n_dims;
}
