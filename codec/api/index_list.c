/* index_list.c - the chunks of a file as they are met: what the index says, or has to say. */
#include "index_list.h"

#include <string.h>

static aez_status grow(aez_index_list *list, const aez_mem *mem)
{
    size_t           capacity = list->capacity ? 2 * list->capacity : 16;
    aez_index_entry *grown = aez_take(mem, capacity, sizeof *grown);
    if (!grown)
        return AEZ_ERR_NOMEM;
    if (list->n)
        memcpy(grown, list->entry, list->n * sizeof *grown);
    aez_drop(mem, list->entry);
    list->entry = grown;
    list->capacity = capacity;
    return AEZ_OK;
}

aez_status aez_index_list_add(aez_index_list *list, const aez_mem *mem, uint64_t offset,
                              uint64_t size, uint64_t n_sites)
{
    const aez_index_entry *last;
    aez_index_entry       *next;
    if (list->n == list->capacity && grow(list, mem) < 0)
        return AEZ_ERR_NOMEM;
    last = list->n ? &list->entry[list->n - 1] : NULL;
    next = &list->entry[list->n++];
    next->offset = offset;
    next->size = size;
    next->first_site = last ? last->first_site + last->n_sites : 0;
    next->n_sites = n_sites;
    return AEZ_OK;
}

void aez_index_list_free(aez_index_list *list, const aez_mem *mem)
{
    aez_drop(mem, list->entry);
    list->entry = NULL;
    list->n = list->capacity = 0;
}
