/* fuzz_envelope.c - what the command keeps beside the data: any envelope beside any small schema. */
#include "fuzz.h"

#include "cli/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input  in = {data, data + size};
    aez_field   field[3];
    aez_schema  s = {.struct_size = sizeof s, .fields = field};
    aez_layout  layout;
    const char *why = NULL;
    uint8_t    *exact, *again = NULL;
    size_t      again_size;
    aez_status  st;
    memset(field, 0, sizeof field);
    s.n_fields = 1 + fuzz_below(&in, 3);
    field[0].type = field[1].type = field[2].type = (aez_type)(1 + fuzz_below(&in, AEZ_OPAQUE));
    s.n_dims = 1 + fuzz_below(&in, AEZ_MAX_DIMS);
    for (unsigned a = 0; a < s.n_dims; a++)
        s.shape[a] = fuzz_below(&in, 8);
    exact = malloc(fuzz_left(&in) + 1);
    if (!exact)
        abort();
    memcpy(exact, in.p, fuzz_left(&in)); /* a read past the end is seen */
    s.envelope = exact;
    s.envelope_size = fuzz_left(&in);
    st = aez_envelope_decode(&s, &layout, &why);
    FUZZ_CHECK(st >= 0 || why);
    if (st >= 0 && layout.format != AEZ_FORMAT_CSV) {
        FUZZ_CHECK(aez_envelope_encode(&layout, &again, &again_size));
        free(again);
    }
    aez_layout_free(&layout);
    free(exact);
    return 0;
}
