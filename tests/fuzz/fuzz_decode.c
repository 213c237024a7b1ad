/* fuzz_decode.c - a decoder of files whose checksums, index and trailer fit whatever the input did to
 * their sections; so that damage reaches what lies behind them. */
#include "sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_memory memory = {.cap = (size_t)1 << 26};
    fuzz_output out;
    aez_options o;
    aez_buf     file;
    aez_buf_init(&file, &container_mem);
    sections_repair(data, size, &file);
    aez_options_init(&o);
    o.memory_limit = 1 << 22;
    o.allocator = fuzz_allocator(&memory);
    fuzz_decode(&o, file.data, file.size, 0, &out);
    FUZZ_CHECK(memory.n_live == 0);
    aez_buf_free(&file);
    return 0;
}
