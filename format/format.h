/* format.h - the .aez container: header, typed sections of opaque bytes, index, trailer.
 *
 * Knows nothing of numbers or models. The only unit that includes xxhash.h. */
#ifndef AEZ_FORMAT_FORMAT_H
#define AEZ_FORMAT_FORMAT_H

#include "../codec/base/buf.h"

#define AEZ_HEADER_SIZE 8   /* 8F 41 45 5A, version, hints, features, zero */
#define AEZ_TRAILER_SIZE 24

typedef enum aez_section_type { /* bit 7 set: optional, a reader that does not know it skips it */
    AEZ_SECTION_SCHEMA = 1,
    AEZ_SECTION_MODEL = 2,
    AEZ_SECTION_CHUNK = 3,
    AEZ_SECTION_INDEX = 4,
    AEZ_SECTION_TABLE = 5, /* the schema of a table, in place of AEZ_SECTION_SCHEMA */
    AEZ_SECTION_MODEL_REFERENCE = 6, /* in place of AEZ_SECTION_MODEL */
    AEZ_SECTION_ENVELOPE = 0x81,
    /* of model files (spec 10.12) */
    AEZ_SECTION_FAMILY = 16, /* the first one: what its items are */
    AEZ_SECTION_BODY = 17,
    AEZ_SECTION_WEIGHTS = 0x92,    /* the float half, which encodes */
    AEZ_SECTION_RECORD = 0x93,     /* of the training */
    AEZ_SECTION_PROVENANCE = 0x94
} aez_section_type;

typedef struct aez_section {
    unsigned       type;
    const uint8_t *payload;
    size_t         size;  /* of the payload */
    size_t         total; /* of the section with head and checksum */
} aez_section;

void       aez_header_put(aez_buf *out);
/* Checks AEZ_HEADER_SIZE bytes: OK, MAGIC, VERSION, CORRUPT. */
aez_status aez_header_get(const uint8_t *src);

/* Seed of the checksum of a section at an offset of the file: it covers the header's bytes too. */
uint64_t aez_section_seed(const uint8_t header[AEZ_HEADER_SIZE], uint64_t file_offset);
/* Appends type u8, payload size varint, payload, XXH3-64 of all three with the seed. */
void aez_section_put(aez_buf *out, unsigned type, const void *payload, size_t size,
                     uint64_t seed);
/* Looks at the n bytes at src, whose checksum has the seed. AEZ_OK: *out describes a whole, checked
 * section. AEZ_NEED_INPUT: more bytes are needed, at least *need in all. CORRUPT; LIMIT when the
 * payload would be larger than max_size (known from the head alone, before any payload is there).
 */
aez_status aez_section_get(const uint8_t *src, size_t n, uint64_t seed, uint64_t max_size,
                           aez_section *out, size_t *need);

typedef struct aez_index_entry {
    uint64_t offset, size;         /* of the whole chunk section in the file */
    uint64_t first_site, n_sites;
} aez_index_entry;

/* Payload of the index section: entries are contiguous and increasing. */
void       aez_index_put(aez_buf *out, const aez_index_entry *entries, size_t n);
aez_status aez_index_get(const aez_mem *mem, const uint8_t *payload, size_t size,
                         aez_index_entry **entries, size_t *n);

/* The last AEZ_TRAILER_SIZE bytes: index offset u64, file size u64, check u32 (low half of XXH3 of
 * the 16 bytes before), magic reversed 5A 45 41 8F. */
void       aez_trailer_put(aez_buf *out, uint64_t index_offset, uint64_t file_size);
aez_status aez_trailer_get(const uint8_t *src, uint64_t *index_offset, uint64_t *file_size);

#endif
