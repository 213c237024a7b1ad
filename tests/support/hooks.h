/* hooks.h - an allocator that counts live blocks and can fail at a chosen request. */
#ifndef AEZ_TESTS_HOOKS_H
#define AEZ_TESTS_HOOKS_H

#include <stdlib.h>

#include "codec/base/mem.h"

typedef struct hooks_state {
    size_t n_requests; /* so far */
    size_t fail_at;    /* 1: the first request fails; 0: none does */
    size_t n_live;
    size_t largest; /* bytes of the largest request */
} hooks_state;

static inline void *hooks_alloc(void *opaque, size_t size)
{
    hooks_state *s = opaque;
    void        *block;
    if (size > s->largest)
        s->largest = size;
    if (++s->n_requests == s->fail_at)
        return NULL;
    block = malloc(size);
    s->n_live += block != NULL;
    return block;
}

static inline void hooks_release(void *opaque, void *block)
{
    hooks_state *s = opaque;
    s->n_live--;
    free(block);
}

static inline aez_mem hooks_mem(hooks_state *s)
{
    aez_mem mem = { hooks_alloc, hooks_release, s };
    return mem;
}

#endif
