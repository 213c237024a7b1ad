/* seed_state.h - what a seed holds, for those that keep it and those that write it down. */
#ifndef AEZ_SEARCH_SEED_STATE_H
#define AEZ_SEARCH_SEED_STATE_H

#include "seed.h"

/* How some fields were coded. */
typedef struct aez_seed_kept_way {
    aez_seed_key        key;
    aez_seed_way        way;
    aez_wavelet_choice *choices; /* [key.n_fields] owned */
} aez_seed_kept_way;

struct aez_plan_seed {
    aez_mem           mem;
    int               lean;
    size_t            n, n_ways;
    int               own_grid;
    aez_seed_plan     plan[AEZ_SEED_PLANS_MAX];
    aez_seed_kept_way way[AEZ_SEED_PLANS_MAX];
    aez_mixture_model mixture; /* without layers: none */
    aez_grid          mixture_grid;
};

#endif
