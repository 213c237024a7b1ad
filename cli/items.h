/* items.h - an input as items: positions of the first axis of an array, or rows of a table. */
#ifndef AEZ_CLI_ITEMS_H
#define AEZ_CLI_ITEMS_H

#include "blocks.h"
#include "rows.h"
#include "source.h"

typedef struct aez_items {
    const aez_cli *cli;
    aez_input      in;
    aez_source     source;
    bool           is_table;
    uint64_t       n_items; /* of arrays: as many as --rows leaves */
    uint64_t       first;   /* the first of them */

    aez_blocks blocks; /* of arrays */
    aez_schema schema; /* of arrays: shape[0] is n_items */
    aez_field *fields; /* owned */
    uint64_t   inner;  /* sites of an item */

    bool      header;    /* of tables: the first row names the columns */
    uint32_t  n_columns; /* cells of the first row */
    char    **names;     /* owned: [n_columns] cells of the first row */
    uint32_t *taken;     /* owned: [n_taken] columns that --columns names; NULL: all */
    uint32_t  n_taken;
    uint64_t  width; /* cells of a row as aez_items_each_rows gives it */

    uint32_t  n_features; /* of an item as aez_items_each gives it: fields one after the other */
    uint32_t *cell;       /* owned, of tables: [n_features] the cell of a row that holds it */
} aez_items;

/* Opens, finds out what it is, and applies --rows and --columns. aez_items_close is right in every
 * case. An exit code. */
int  aez_items_open(aez_items *items, const aez_cli *cli, const char *path);
void aez_items_close(aez_items *items);
/* Of tables: looks at the first rows; called by aez_items_open. */
int aez_items_look_at_rows(aez_items *items);
/* The name of a table's column as it is given out; "" without a header row. */
const char *aez_items_column(const aez_items *items, uint32_t column);

typedef int (*aez_take_sites)(void *opaque, const void *const *columns, uint64_t n_sites);
/* The values of an array's items, as aez_family_push wants them. Exit codes throughout. */
int aez_items_each_sites(aez_items *items, aez_take_sites take, void *opaque);
/* A table's rows with the columns taken: the header row, if there is one, then the items. Blank
 * lines are left out. */
int aez_items_each_rows(aez_items *items, aez_take_rows take, void *opaque);
/* Sets n_items of a table, by reading it. */
int aez_items_count(aez_items *items);

/* Says how a model's features, in order, are found in the items; a mismatch is an error. */
int aez_items_match(aez_items *items, const aez_trained *model);
/* The same for items of n plain values each. what they are is named by `what`, in messages. */
int aez_items_plain(aez_items *items, uint32_t n, const char *what);

typedef struct aez_batch {
    const double  *values; /* [n][n_features]; NAN where there is none */
    size_t         n;
    uint64_t       first; /* number of the first item */
    const aez_row *rows;  /* of tables: [n] where they come from; header row not among them */
} aez_batch;

typedef int (*aez_take_batch)(void *opaque, const aez_batch *batch);
/* All items in order, once matched. */
int aez_items_each(aez_items *items, aez_take_batch take, void *opaque);

#endif
