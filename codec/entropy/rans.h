/* rans.h - range asymmetric numeral system coder: symbols and frequencies to 16-bit words. */
#ifndef AEZ_ENTROPY_RANS_H
#define AEZ_ENTROPY_RANS_H

#include "freqs.h"

#define AEZ_RANS_STATES 4 /* interleaved states of the wide form; the narrow form has one */

/* Appends the payload of n symbols, whose frequencies are all above 0. wide: 0 or 1. */
aez_status aez_rans_encode(const aez_mem *mem, const aez_freqs *freqs, int wide,
                           const uint16_t *symbols, size_t n, aez_buf *out);
/* Writes n symbols; the payload must be used up exactly, and every state end where it began. */
aez_status aez_rans_decode(const aez_mem *mem, const aez_freqs *freqs, int wide,
                           const uint8_t *payload, size_t size, uint16_t *symbols, size_t n);

#endif
