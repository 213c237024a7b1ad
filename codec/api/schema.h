/* schema.h - the schema of a file as both handles hold it: checked, owned, and as bytes. */
#ifndef AEZ_API_SCHEMA_H
#define AEZ_API_SCHEMA_H

#include "../chunk/chunk.h"
#include "../table/table.h"

/* Owns everything it points to. */
typedef struct aez_owned_schema {
    const aez_mem   *mem;
    aez_schema       view; /* what callers see */
    aez_field       *fields;
    aez_chunk_field
        *chunk_fields; /* [n_fields] with lattices; for AEZ_OPAQUE the lattice is unused */
    uint8_t         *envelope;
    uint64_t         n_sites;
    uint64_t         box_sites; /* most sites of one chunk */
} aez_owned_schema;

/* Checks and copies a caller's schema (lattices and box_sites stay unset). */
aez_status aez_schema_copy(aez_owned_schema *out, const aez_mem *mem, const aez_schema *schema,
                           const char **why);
void       aez_schema_free(aez_owned_schema *schema);
/* Payload of the schema section, without the envelope. */
void       aez_schema_put(const aez_owned_schema *schema, aez_buf *out);
aez_status aez_schema_get(aez_owned_schema *out, const aez_mem *mem, const void *payload,
                          size_t size);
/* What callers see of a table: its columns as fields of no type on a grid of no sites. */
aez_status aez_schema_of_table(aez_owned_schema *out, const aez_mem *mem,
                               const aez_table_schema *table);

#endif
