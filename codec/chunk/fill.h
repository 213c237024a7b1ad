/* fill.h - values that stand for "nothing here", found where nobody named them. */
#ifndef AEZ_CHUNK_FILL_H
#define AEZ_CHUNK_FILL_H

#include "aez.h"

#include <stdint.h>

/* Flags in odd[n] the sites of a fill value of floats: their least or greatest finite value, if it is
 * frequent and farther from all others than these are from each other, like -9999 or 1e20. As an
 * exception it is kept exactly, and neighbours are not predicted from it. Other types: nothing. */
void aez_mark_fill(aez_type type, const void *values, uint64_t n, uint8_t *odd);

#endif
