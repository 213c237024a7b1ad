/* search_mixture.h - whether a field may gain from mixtures, and the model that it is coded with. */
#ifndef AEZ_SEARCH_MIXTURE_H
#define AEZ_SEARCH_MIXTURE_H

#include "../plan/mixture_model.h"
#include "search.h"

/* The field is exact, of few values, on a grid that has neighbours; a trainer is there, or the
 * model of the file's first chunk, where this is a later one. */
int aez_mixture_may_pay(const aez_grid *grid, const aez_ifield *field,
                        const aez_search_options *options);
/* A model for a field that may gain, trained or that of the first chunk; the caller frees it. */
aez_status aez_search_mixture(const aez_mem *mem, const aez_grid *grid, const aez_ifield *field,
                              const aez_search_options *options, aez_mixture_model *out);
/* A copy of the mixtures of the file's model, if the field can have them: *more then is how many
 * values more it has. Else *out has no layers. The caller frees it. */
aez_status aez_mixture_of_model(const aez_mem *mem, const aez_plan_seed *plans,
                                const aez_grid *grid, const aez_ifield *field, int level,
                                aez_mixture_model *out, uint32_t *more);
/* "mixtures of 3 logistics and 7 spikes, net 36-32-24-16" */
void aez_mixture_text(const aez_mixture_model *m, char *text, size_t size);

#endif
