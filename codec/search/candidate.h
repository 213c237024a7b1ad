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
    aez_template *fitted;   /* for the sample's grid; owned by the trial once it has run */
} aez_candidate;

/* Sorts of candidates that a net may like in another order than least squares does: pyramids, lists
 * of few taps, lists of many. */
#define AEZ_RIVALS 3
#define AEZ_MANY_TAPS 15

/* A search over one field: the sample, the chunk's grid, and the best two candidates so far. */
typedef struct aez_trial {
    const aez_mem            *mem;
    aez_sample               *sample; /* taps come to read what is restored (aez_trial_refit) */
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
    aez_candidate rival[AEZ_RIVALS]; /* the best of each sort, not fitted; bits 0: none */
} aez_trial;

/* Number of fields that may be tapped, and the i-th of them. */
uint32_t aez_trial_n_earlier(const aez_trial *trial);
uint32_t aez_trial_earlier(const aez_trial *trial, uint32_t i);
void aez_candidate_init(aez_candidate *c, const aez_trial *trial, aez_template_kind kind);
/* Makes the candidate code values by the predicted value's bin (AEZ_MEAN_LEVELS); 0 where the field
 * has too many values for that. */
int aez_candidate_use_means(aez_candidate *c, const aez_trial *trial);
/* Fits the candidate, prices it and keeps it when it is among the best two. */
aez_status aez_trial_run(aez_trial *trial, aez_candidate *c);
/* The same for one that was fitted before: that belongs to the trial then, also on failure. */
aez_status aez_trial_run_fitted(aez_trial *trial, aez_candidate *c);
void       aez_trial_free(aez_trial *trial); /* what the best two own */
/* Fits predictors to the candidate's stages on the sample's grid. */
aez_status aez_candidate_fit(aez_candidate *c, const aez_trial *trial);
void       aez_candidate_free(aez_candidate *c, const aez_mem *mem);
/* Codes the field on the sample, other fields standing as restored. restored: [n_sites] or NULL. */
aez_status aez_candidate_code(const aez_candidate *c, const aez_trial *trial,
                              aez_residual_writer *w, int64_t *restored, size_t *plan_bytes);
/* Prices a fitted candidate: sets its bits. */
aez_status aez_trial_price(const aez_trial *trial, aez_candidate *c);
/* What a fitted candidate restores of the sample; restored: [n_sites]. */
aez_status aez_trial_restore(const aez_trial *trial, const aez_candidate *c, int64_t *restored);
/* The best candidate fitted anew on what it restores of the sample, where that is cheaper; from
 * then on taps of the sample read what is restored. */
aez_status aez_trial_refit(aez_trial *trial);
/* Taps of the sample read what the best candidate restores, whatever sort it is: for the fields that
 * come after. */
aez_status aez_trial_settle(aez_trial *trial);
/* The best candidate, or a rival, with nets, where they pay: it becomes trial->best. work:
 * multiply-adds of training at most, forward pass alone. */
aez_status aez_trial_nets(aez_trial *trial, double work);
/* The fitted template for another grid (the chunk's); fits it first if need be. Owned by the
 * caller. */
aez_status aez_candidate_template(const aez_candidate *c, const aez_trial *trial,
                                  const aez_grid *grid, aez_template *out);
/* A template, whose predictors are for the grid `small`, for another grid: stages are matched, those
 * that are new get stand-ins. Owned by the caller. */
aez_status aez_template_regrid(aez_template *out, const aez_template *from, const aez_mem *mem,
                               const aez_grid *small, const aez_grid *grid, uint8_t scan_mask);
/* The candidates for a field of an array, and for a column of a table. */
aez_status aez_try_array(aez_trial *trial);
aez_status aez_try_column(aez_trial *trial);
/* The best list so far with match taps, where contexts foretell values. */
aez_status aez_try_matches(aez_trial *trial);

#endif
