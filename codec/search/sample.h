/* sample.h - the part of a chunk that search looks at: a box of it, exact and with coding noise. */
#ifndef AEZ_SEARCH_SAMPLE_H
#define AEZ_SEARCH_SAMPLE_H

#include "../plan/plan.h"

typedef struct aez_sample {
    const aez_mem *mem;
    aez_grid       grid;
    uint32_t       n_fields;
    aez_ifield    *fields; /* [n_fields] k: exact copies of the box; skip: copies or NULL */
    int64_t **exact; /* [n_fields] what is predicted: k, or the image of ordered bit patterns */
    int64_t **noisy; /* [n_fields] what taps will read: exact plus uniform noise of one step */
    int64_t       *constant; /* [n_fields] a median */
    uint32_t      *n_values; /* [n_fields] distinct values among a few thousand */
    double         share;  /* sites of the chunk for each site of the sample */
} aez_sample;

/* Takes at most about max_sites sites: a box from the middle of the chunk, the longest axis
 * shortened until it fits. */
aez_status aez_sample_take(aez_sample *s, const aez_mem *mem, const aez_grid *grid,
                           const aez_ifield *fields, uint32_t n_fields, uint64_t max_sites,
                           uint64_t seed);
void       aez_sample_free(aez_sample *s);

#endif
