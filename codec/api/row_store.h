/* row_store.h - rows of a chunk, copied so that the caller's may go. */
#ifndef AEZ_API_ROW_STORE_H
#define AEZ_API_ROW_STORE_H

#include "../base/buf.h"

typedef struct aez_row_store {
    aez_buf text;       /* the rows' own bytes, one after the other */
    aez_buf cell_text;  /* contents of the cells */
    aez_buf row_size;   /* u64 of each row */
    aez_buf cell_count; /* u32 of each row */
    aez_buf cell_size;  /* u32 of each cell */
    size_t  n_rows;
} aez_row_store;

void       aez_row_store_init(aez_row_store *s, const aez_mem *mem);
void       aez_row_store_clear(aez_row_store *s); /* gives the memory back */
aez_status aez_row_store_add(aez_row_store *s, const aez_row *row);
/* The rows as views into the store: two blocks the caller drops. NOMEM. */
aez_status aez_row_store_view(const aez_row_store *s, aez_row **rows, aez_cell **cells);

#endif
