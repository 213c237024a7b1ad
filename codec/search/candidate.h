/* candidate.h - one way to plan a field, fitted and priced on a sample. */
#ifndef AEZ_SEARCH_CANDIDATE_H
#define AEZ_SEARCH_CANDIDATE_H

#include "fit.h"
#include "search.h"

typedef struct aez_candidate {
    aez_template shape;     /* without predictors; taps in `tap` */
    aez_tap      tap[AEZ_MAX_TAPS];
    uint8_t      scan_mask;
    int          weights, fit_activity; /* as in aez_fit_options */
    double       bits;      /* of the field in the whole chunk, plan included */
    size_t       order;     /* in which it was tried: breaks ties */
} aez_candidate;

/* A search over one field: the sample, the chunk's grid, and the best two candidates so far. */
typedef struct aez_trial {
    const aez_mem            *mem;
    const aez_sample         *sample;
    const aez_grid           *grid; /* of the chunk */
    const aez_search_options *options;
    uint32_t                  field;
    uint32_t                  n_given; /* the first fields of the sample: known, not planned */
    const uint32_t *earlier; /* [n_earlier] fields planned before, which may be tapped; NULL:
                              * all of smaller number */
    uint32_t                  n_earlier;
    uint32_t                  hat;     /* 1 + the given field that foretells this one, or 0 */
    size_t                    max_rows;
    size_t                    n_tried;
    aez_candidate             best, second;
} aez_trial;

/* Number of fields that may be tapped, and the i-th of them. */
uint32_t aez_trial_n_earlier(const aez_trial *trial);
uint32_t aez_trial_earlier(const aez_trial *trial, uint32_t i);
void aez_candidate_init(aez_candidate *c, const aez_trial *trial, aez_template_kind kind);
/* Makes the candidate code values by the predicted value's bin (AEZ_MEAN_LEVELS); 0 where the field
 * has too many values for that. */
int aez_candidate_use_means(aez_candidate *c, const aez_trial *trial);
/* Prices the candidate and keeps it when it is among the best two. */
aez_status aez_trial_run(aez_trial *trial, aez_candidate *c);
/* Fits the candidate's stages and makes the template for the chunk's grid; owned by the caller. */
aez_status aez_candidate_template(const aez_candidate *c, const aez_trial *trial,
                                  const aez_grid *grid, aez_template *out);
/* The candidates for a field of an array, and for a column of a table. */
aez_status aez_try_array(aez_trial *trial);
aez_status aez_try_column(aez_trial *trial);

#endif
