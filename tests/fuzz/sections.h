/* sections.h - inputs that are sections: checksums made to fit, and a mutator that changes payloads. */
#ifndef AEZ_TESTS_SECTIONS_H
#define AEZ_TESTS_SECTIONS_H

#include "fuzz.h"
#include "tests/support/container.h"

/* The same sections with checks that fit; the index as it stands where the header's hints are odd. */
static inline void sections_repair(const uint8_t *data, size_t size, aez_buf *out)
{
    container c;
    container_split(&c, data, size);
    c.keep_index = c.header[5] & 1;
    container_join(&c, out);
    container_free(&c);
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

#endif
