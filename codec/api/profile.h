/* profile.h - the first pass over an array, as the encoder sees it. */
#ifndef AEZ_API_PROFILE_H
#define AEZ_API_PROFILE_H

#include "../lattice/lattice.h"

struct aez_profile {
    aez_mem      mem;
    uint32_t     n_fields;
    aez_survey **survey;     /* [n_fields]; NULL for opaque fields */
    size_t      *value_size; /* [n_fields] */
    /* Every stride-th item (position of axis 0), for a model to learn from; sample NULL: none. */
    uint64_t     inner, stride, n_sampled, pushed; /* sites an item; items kept; sites seen */
    uint64_t     n_items;
    uint8_t    **sample; /* [n_fields][n_sampled * inner values] */
};

#endif
