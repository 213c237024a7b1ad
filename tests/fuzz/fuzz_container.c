/* fuzz_container.c - a decoder of any bytes, as they stand: all at once and in pieces, same result. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_memory memory = {.cap = (size_t)1 << 26};
    fuzz_output whole, parts;
    aez_options o;
    aez_status  st;
    aez_options_init(&o);
    o.memory_limit = 1 << 22;
    o.allocator = fuzz_allocator(&memory);
    st = fuzz_decode(&o, data, size, 0, &whole);
    FUZZ_CHECK(fuzz_decode(&o, data, size, 1 + size % 61, &parts) == st);
    FUZZ_CHECK(st < 0 || (whole.n_sites == parts.n_sites && whole.n_text == parts.n_text &&
                          whole.sum == parts.sum));
    FUZZ_CHECK(memory.n_live == 0);
    return 0;
}
