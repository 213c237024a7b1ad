/* integers.h - a row of integers as bytes: differences to neighbours, byte planes, packed symbols.
 *
 * Statistics and weights of a decoder are kept like this. Integers that change smoothly along the
 * row, or over a map whose lines follow one another in the row, take few bytes. */
#ifndef AEZ_AUTOENCODER_INTEGERS_H
#define AEZ_AUTOENCODER_INTEGERS_H

#include "../base/buf.h"

/* Appends n (1 .. 2^28) integers in the form that is estimated to be smallest. NOMEM. */
aez_status aez_integers_put(const aez_mem *mem, const int64_t *v, size_t n, aez_buf *out);
/* Reads exactly n of them. CORRUPT, LIMIT, TRUNCATED, NOMEM. */
aez_status aez_integers_get(const aez_mem *mem, aez_rd *in, int64_t *v, size_t n);

#endif
