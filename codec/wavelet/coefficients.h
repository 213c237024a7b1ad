/* coefficients.h - coding of quantised wavelet coefficients, in contexts of those before (spec 11.3).
 *
 * Coefficients are visited in C order of the grid. The magnitudes of some that are done - near ones
 * and parents, those at half the coordinate - are weighted and added up; the half octave of the sum
 * is the level of the coefficient. */
#ifndef AEZ_WAVELET_COEFFICIENTS_H
#define AEZ_WAVELET_COEFFICIENTS_H

#include "wavelet.h"

#define AEZ_CLASSES_MAX 4
#define AEZ_CONTEXT_WEIGHT_MAX 15
#define AEZ_DIAGONAL_DIMS 5 /* diagonal neighbours are looked at in grids of up to so many axes */

/* A class is the sum of a coefficient's octaves, or the last one. */
typedef struct aez_contexts {
    unsigned n_classes; /* 1 .. AEZ_CLASSES_MAX */
    int      fitted;    /* weights are in the file, else they are the usual ones */
    uint8_t  weight[AEZ_CLASSES_MAX][AEZ_MAX_TAPS];
} aez_contexts;

/* Number of coefficients looked at; at most AEZ_MAX_TAPS. */
unsigned aez_contexts_taps(const aez_wavelet *w, const aez_grid *grid);
/* The weights of contexts that were not fitted. */
void aez_contexts_usual(aez_contexts *c, const aez_wavelet *w, const aez_grid *grid);

/* A walk over all coefficients. */
typedef struct aez_walk aez_walk;

aez_status aez_walk_start(aez_walk **out, const aez_mem *mem, const aez_wavelet *w,
                          const aez_grid *grid);
void       aez_walk_end(aez_walk *walk);

/* Codes q [n_sites] to the writers of the classes, each with room for n_sites. */
void aez_coefficients_encode(aez_walk *walk, const aez_contexts *c, const int64_t *q,
                             aez_residual_writer *writers);
/* Restores q from the readers of the classes, which know of their own failures. */
void aez_coefficients_decode(aez_walk *walk, const aez_contexts *c, aez_residual_reader *readers,
                             int64_t *q);
/* The magnitudes looked at from a site, once all of q were coded by this walk: m[n_taps]. Returns
 * the class, n_classes being AEZ_CLASSES_MAX. For fitting. */
unsigned aez_coefficients_look(const aez_walk *walk, uint64_t site, uint32_t *m);

#endif
