/* pack.h - packing of symbols for units that have a histogram and know what symbols mean. */
#ifndef AEZ_ENTROPY_PACK_H
#define AEZ_ENTROPY_PACK_H

#include "freqs.h"

/* As aez_symbols_pack; `histogram` has n_symbols entries (<= AEZ_SYMBOL_MAX + 1), the last one not
 * 0 unless n is 0; symbols are tokens of `cut`, which the reader has to know. */
aez_status aez_tokens_pack(const aez_mem *mem, const uint16_t *symbols, size_t n,
                           const uint32_t *histogram, unsigned n_symbols, aez_token_cut cut,
                           const aez_pack_options *options, aez_buf *out);
/* As aez_symbols_unpack; CORRUPT too if a symbol is no token of `cut`. */
aez_status aez_tokens_unpack(const aez_mem *mem, aez_rd *in, size_t max_n, aez_token_cut cut,
                             uint16_t **symbols, size_t *n);

#endif
