/* fit.h - least-squares predictors and activity weights of one stage, from a sample. */
#ifndef AEZ_SEARCH_FIT_H
#define AEZ_SEARCH_FIT_H

#include "sample.h"

typedef struct aez_fit_options {
    size_t max_rows;      /* sites looked at */
    int    weights;       /* try least squares */
    int    fit_activity;  /* fit activity weights, else the primary taps (or all) count alike */
    double sites;         /* sites of the stage in the whole chunk: what a saved bit is worth */
    uint64_t seed;
} aez_fit_options;

/* Chooses the predictor of `stage` (expanded on sample->grid) and its activity weights and level
 * offset. Without usable sites the predictor is the fixed one. */
aez_status aez_fit_stage(aez_predictor *out, const aez_stage *stage, uint8_t scan_mask,
                         const aez_sample *sample, const aez_fit_options *options);
/* Sites of a stage, scanned axes whole, and the i-th of them in C order; returns its element. */
uint64_t aez_fit_sites(const aez_stage *stage, const aez_grid *grid, uint8_t scan_mask);
uint64_t aez_fit_site(const aez_stage *stage, const aez_grid *grid, uint8_t scan_mask, uint64_t i,
                      uint64_t *site);
/* Power-of-two shift that keeps same-field differences of this field below 2^43. */
uint8_t aez_fit_shift(const aez_sample *sample, uint32_t field);

#endif
