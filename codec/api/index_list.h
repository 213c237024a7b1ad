/* index_list.h - the chunks of a file as they are met: what the index says, or has to say. */
#ifndef AEZ_API_INDEX_LIST_H
#define AEZ_API_INDEX_LIST_H

#include "../../format/format.h"

typedef struct aez_index_list {
    aez_index_entry *entry; /* owned */
    size_t           n, capacity;
} aez_index_list;

/* Adds the next chunk, whose sites follow those of the last one. NOMEM. */
aez_status aez_index_list_add(aez_index_list *list, const aez_mem *mem, uint64_t offset,
                              uint64_t size, uint64_t n_sites);
void       aez_index_list_free(aez_index_list *list, const aez_mem *mem);

#endif
