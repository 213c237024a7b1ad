/* table_chunk.h - one chunk of a table to bytes and back: integer fields plus side bytes, proved.
 */
#ifndef AEZ_CHUNK_TABLE_CHUNK_H
#define AEZ_CHUNK_TABLE_CHUNK_H

#include "../search/search.h"
#include "../table/table.h"
#include "chunk.h"

#define AEZ_TABLE_SOLE 0x80 /* bit of a payload's first byte: the only chunk, no index follows */

typedef struct aez_table_context {
    const aez_mem          *mem;
    const aez_table_schema *schema;
    aez_search_options      search;
    size_t                  overhead; /* bytes of the schema that a stored chunk would do without */
    uint64_t                memory_limit; /* of restored text and fields */
    const aez_model        *model;        /* as in aez_chunk_context */
    const aez_learned      *learned;
} aez_table_context;

/* Appends the payload; the rows' bytes must follow one another in memory without gap. */
aez_status aez_table_chunk_encode(const aez_table_context *ctx, const aez_row *rows, size_t n_rows,
                                  aez_buf *out, aez_chunk_info *info);
/* Appends the text of the chunk to *text and sets *n_rows. info->text: one phrase a column. */
aez_status aez_table_chunk_decode(const aez_table_context *ctx, const void *payload, size_t size,
                                  aez_buf *text, uint64_t *n_rows, aez_chunk_info *info);

#endif
