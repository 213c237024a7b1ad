/* mem.h - checked allocation through the caller's hooks. */
#ifndef AEZ_BASE_MEM_H
#define AEZ_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "../api/aez.h"

typedef aez_allocator aez_mem; /* an aez_mem with NULL hooks means malloc and free */

/* count * size bytes, zeroed, aligned for any type; NULL on overflow or when memory is short.
 * A request for nothing gives a valid block, so NULL always means failure. */
void *aez_take(const aez_mem *mem, size_t count, size_t size);
/* The same without zeroing, for large blocks that are written whole. */
void *aez_take_raw(const aez_mem *mem, size_t count, size_t size);
/* Releases a block of aez_take; NULL does nothing. */
void aez_drop(const aez_mem *mem, void *block);

#endif
