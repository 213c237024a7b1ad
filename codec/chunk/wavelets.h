/* wavelets.h - fields of a set as the hat of a wavelet and the differences from it (spec 11). */
#ifndef AEZ_CHUNK_WAVELETS_H
#define AEZ_CHUNK_WAVELETS_H

#include "../search/search_wavelet.h"
#include "fieldset.h"

/* The hat of each field of a set; NULL for those without. */
typedef struct aez_wavelet_hats {
    const aez_mem *mem;
    uint32_t       n;
    int64_t      **hat; /* [n] */
} aez_wavelet_hats;

void aez_wavelet_hats_free(aez_wavelet_hats *hats);
/* Whether a field may be coded as a wavelet's hat and differences. */
int aez_wavelet_fits(const aez_ifield *field);
/* Appends the coefficients of each field with a choice (choices: [s->n], bits HUGE_VAL: none), and
 * gives the hats that a reader will see. */
aez_status aez_wavelets_encode(const aez_fieldset *s, aez_wavelet_choice *choices,
                               const aez_search_options *options, aez_buf *out,
                               aez_wavelet_hats *hats);
/* describe: NULL, or s->n * AEZ_NOTE_SIZE for a phrase on each field that has a hat. */
aez_status aez_wavelets_decode(const aez_fieldset *s, aez_rd *in, aez_wavelet_hats *hats,
                               char *describe);
/* k -= hat, and k += hat, for every field with a hat. */
void aez_wavelets_subtract(aez_fieldset *s, const aez_wavelet_hats *hats);
void aez_wavelets_add(aez_fieldset *s, const aez_wavelet_hats *hats);

#endif
