/* search_view.h - other shapes under which the values of a chunk may be easier to predict. */
#ifndef AEZ_SEARCH_VIEW_H
#define AEZ_SEARCH_VIEW_H

#include "../plan/plan.h"

#define AEZ_MAX_VIEWS 3

/* Finds distances, in C order, over which values change less than over any step of the grid, as
 * when an array was saved in another order of axes than its shape says; writes the shapes that
 * follow from them, at most AEZ_MAX_VIEWS, and returns how many. A shape may have more sites than
 * the grid has (less than twice as many): the last ones are then to be filled. */
aez_status aez_search_views(const aez_mem *mem, const aez_grid *grid, const aez_ifield *field,
                            aez_grid *views, unsigned *n);

#endif
