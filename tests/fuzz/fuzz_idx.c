/* fuzz_idx.c - headers of IDX: any bytes are told apart; what is written back is what was read. */
#include "fuzz.h"

#include "cli/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aez_layout layout;
    size_t     header = 0;
    uint8_t    bytes[AEZ_IDX_HEADER_MAX];
    uint64_t   n;
    aez_layout_init(&layout);
    if (!aez_idx_parse(data, size, &layout, &header))
        return 0;
    FUZZ_CHECK(header <= size && layout.n_dims >= 1 && layout.n_dims <= AEZ_LAYOUT_DIMS);
    FUZZ_CHECK(aez_idx_header(&layout, bytes) == header);
    FUZZ_CHECK(memcmp(bytes, data, header) == 0);
    aez_layout_data_size(&layout, &n);
    return 0;
}
