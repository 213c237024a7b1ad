/* family.h - items of one make as they are kept: runs of items of any number of files. */
#ifndef AEZ_API_FAMILY_H
#define AEZ_API_FAMILY_H

#include "../chunk/body.h"
#include "options.h"
#include "row_store.h"
#include "schema.h"

#define AEZ_FAMILY_MESSAGE 300
#define AEZ_FAMILY_VALUES ((uint64_t)1 << 27)    /* features kept at most */
#define AEZ_FAMILY_TEXT ((uint64_t)32 << 20)     /* bytes of rows kept at most, for stages */
#define AEZ_FAMILY_BLOCK ((uint64_t)1 << 20)     /* features of a block, if an item has fewer */

/* A run of items of one file that is kept, or not, as a whole: taps over items need neighbours. */
typedef struct aez_family_block {
    uint64_t      number;  /* counted over all files, those not kept too */
    uint32_t      file;    /* its number */
    uint64_t      n_items; /* once it is closed */
    uint64_t      n_sites; /* or rows, so far */
    uint8_t     **column;  /* of arrays: [n_fields] values as they were given */
    aez_buf       values;  /* of tables: doubles [n_items][n_features] */
    aez_row_store rows;    /* of tables: the text, while there is room */
    int           has_rows;
} aez_family_block;

enum { AEZ_FAMILY_TAKING, AEZ_FAMILY_BROKEN };

struct aez_family {
    aez_mem           mem;
    aez_options       options;
    int               is_table, state;
    aez_owned_schema  schema; /* of arrays: shape[0] is that of the file being taken */
    aez_table_options table_options;
    aez_table_schema  first, now; /* of tables: of the first file, and of the one being taken */
    aez_row_store     head; /* of tables: the first file's header row */
    uint32_t         *column; /* of tables: [n_fields] numbers of the numeric columns */
    char            **name;   /* [n_fields] "" where unnamed */
    aez_type         *type;   /* [n_fields] 0 of tables */
    uint32_t          n_fields, n_features;
    uint64_t          inner; /* sites of an item in one field */
    uint32_t          n_files;
    uint64_t          sites_left, head_left; /* of the file being taken: of arrays, of tables */
    uint64_t          block_left; /* sites or rows of the block being taken */
    int               open;       /* the last block kept is the one being taken */
    uint64_t          n_items; /* of all files, those not kept too */
    /* Block b is kept if b - phase is a multiple of the stride, which doubles when there is too
     * much: evenly spaced, wherever the seed begins. */
    uint64_t          phase, stride, rows_stride;
    uint64_t          next_block;
    aez_family_block *block; /* [n_blocks] */
    size_t            n_blocks, cap_blocks;
    uint64_t          block_items, n_kept, rows_bytes;
    aez_buf           notes; /* lines */
    double           *rows;  /* all items, once asked for */
    char              message[AEZ_FAMILY_MESSAGE];
};

/* Ends the family's use with a status and a sentence (NULL: the status's own). */
aez_status aez_family_fail(aez_family *f, aez_status st, const char *format, ...);
/* A new handle with its options; *out is set even on failure, unless memory was short. */
aez_status aez_family_begin(aez_family **out, const aez_options *options);
/* Names, types and numbers are known: how many items a block takes. */
void       aez_family_plan_blocks(aez_family *f);

/* Begins a block of at most n_items in the file being taken, which may be one that is not kept. */
aez_status aez_family_open_block(aez_family *f, uint64_t n_items);
/* The block being taken, or NULL where it is not kept. */
aez_family_block *aez_family_open_one(aez_family *f);
/* No more items of this block: what is too much is dropped. */
void aez_family_close_block(aez_family *f);
void aez_family_drop_blocks(aez_family *f);
/* Whether the last file was pushed whole; its last block is closed then. Else STATE. */
aez_status aez_family_settle(aez_family *f);

/* Items of blocks first .. first + n - 1, NAN where there is none: [*n_items][n_features], owned by
 * the caller. */
aez_status aez_family_make_rows(const aez_family *f, double **rows, size_t *n_items);

#endif
