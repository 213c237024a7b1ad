/* fuzz_decode.c - a decoder of files whose checksums, index and trailer fit whatever the input did to
 * their sections; so that damage reaches what lies behind them. */
#include "fuzz.h"
#include "tests/support/container.h"

/* The same sections with checks that fit; the index as it stands where the header's hints are odd. */
static void repair(const uint8_t *data, size_t size, aez_buf *out)
{
    container c;
    container_split(&c, data, size);
    c.keep_index = c.header[5] & 1;
    container_join(&c, out);
    container_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_memory memory = {.cap = (size_t)1 << 26};
    fuzz_output out;
    aez_options o;
    aez_buf     file;
    aez_buf_init(&file, &container_mem);
    repair(data, size, &file);
    aez_options_init(&o);
    o.memory_limit = 1 << 22;
    o.allocator = fuzz_allocator(&memory);
    fuzz_decode(&o, file.data, file.size, 0, &out);
    FUZZ_CHECK(memory.n_live == 0);
    aez_buf_free(&file);
    return 0;
}

#ifdef AEZ_LIBFUZZER
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Changes one payload, whose section then has the size to match. Every eighth time the bytes of the
 * file are changed as they stand. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    container       c;
    container_part *p;
    aez_buf         file;
    uint8_t        *bigger;
    container_split(&c, data, size);
    if (c.n == 0 || seed % 8 == 0) {
        container_free(&c);
        return LLVMFuzzerMutate(data, size, max_size);
    }
    container_loosen(&c);
    p = &c.part[seed / 8 % c.n];
    bigger = malloc(p->size + 64);
    if (!bigger)
        abort();
    memcpy(bigger, p->payload, p->size);
    free(p->payload);
    p->payload = bigger;
    p->size = LLVMFuzzerMutate(bigger, p->size, p->size + 64);
    aez_buf_init(&file, &container_mem);
    container_join(&c, &file);
    container_free(&c);
    size = file.size < max_size ? file.size : max_size;
    memcpy(data, file.data, size);
    aez_buf_free(&file);
    return size;
}
#endif
