/* fuzz_npy.c - headers of .npy: any bytes are told apart; what is written back reads the same. */
#include "fuzz.h"

#include "cli/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aez_layout  layout, again;
    const char *why = NULL;
    size_t      header = 0, same = 0;
    char        text[4096];
    aez_layout_init(&layout);
    aez_layout_init(&again);
    switch (aez_npy_parse(data, size, &layout, &header, &why)) {
    case AEZ_NPY_NOT:
        return 0;
    case AEZ_NPY_OTHER:
        FUZZ_CHECK(why && *why);
        return 0;
    case AEZ_NPY_ARRAY:
        break;
    }
    FUZZ_CHECK(header <= size && layout.n_dims <= AEZ_LAYOUT_DIMS);
    FUZZ_CHECK(aez_layout_value_size(layout.type) > 0);
    for (unsigned form = 1; form <= AEZ_NPY_FORMS; form++) {
        size_t n = aez_npy_header(&layout, form, text, sizeof text);
        FUZZ_CHECK(n > 0 && n <= sizeof text);
        FUZZ_CHECK(aez_npy_parse((const uint8_t *)text, n, &again, &same, &why) == AEZ_NPY_ARRAY);
        FUZZ_CHECK(same == n && again.type == layout.type && again.n_dims == layout.n_dims);
        FUZZ_CHECK(again.fortran == layout.fortran && again.is_bool == layout.is_bool);
        FUZZ_CHECK(again.big_endian == layout.big_endian);
        FUZZ_CHECK(memcmp(again.shape, layout.shape, layout.n_dims * sizeof *layout.shape) == 0);
    }
    return 0;
}
