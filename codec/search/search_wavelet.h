/* search_wavelet.h - chooses the wavelet, its step and its contexts for a field. */
#ifndef AEZ_SEARCH_SEARCH_WAVELET_H
#define AEZ_SEARCH_SEARCH_WAVELET_H

#include "../wavelet/coefficients.h"
#include "search.h"

typedef struct aez_wavelet_choice {
    aez_wavelet  wavelet;
    aez_contexts contexts;
    int          settled; /* nonzero: contexts are those of an earlier chunk, not to be fitted again */
    double       bits; /* of the whole field, coefficients and differences, estimated */
} aez_wavelet_choice;

/* Chooses for a field with a step above 1 that is no image of floats; its values are only read.
 * bits is HUGE_VAL where a wavelet cannot be had (values too far apart). */
aez_status aez_search_wavelet(const aez_mem *mem, const aez_grid *grid, const aez_ifield *field,
                              const aez_search_options *options, aez_wavelet_choice *out);
/* Quantises the whole field: q [n_sites], and fits the contexts to it if they are not settled. */
aez_status aez_wavelet_apply(const aez_mem *mem, const aez_grid *grid, const aez_ifield *field,
                             aez_wavelet_choice *choice, uint64_t seed, int64_t *q);
/* "wavelet of 5.5.6 levels, step 2.0 bounds" */
void aez_wavelet_text(const aez_wavelet *w, const aez_grid *grid, uint64_t step, char *text,
                      size_t size);

#endif
