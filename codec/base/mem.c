/* mem.c - checked allocation through the caller's hooks. */
#include "mem.h"

#include <stdlib.h>
#include <string.h>

void *aez_take_raw(const aez_mem *mem, size_t count, size_t size)
{
    size_t total;
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    total = count * size;
    if (total == 0)
        total = 1;
    return mem->alloc ? mem->alloc(mem->opaque, total) : malloc(total);
}

void *aez_take(const aez_mem *mem, size_t count, size_t size)
{
    void *block = aez_take_raw(mem, count, size);
    if (block)
        memset(block, 0, count * size);
    return block;
}

void aez_drop(const aez_mem *mem, void *block)
{
    if (!block)
        return;
    if (mem->release)
        mem->release(mem->opaque, block);
    else
        free(block);
}
