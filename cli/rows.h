/* rows.h - a table's rows, read from an input in order. */
#ifndef AEZ_CLI_ROWS_H
#define AEZ_CLI_ROWS_H

#include "cli.h"
#include "file.h"

#define AEZ_ROWS_ENOUGH (-1) /* what a taker returns that wants no more; not an error */

/* An exit code, or AEZ_ROWS_ENOUGH. The rows are valid during the call. */
typedef int (*aez_take_rows)(void *opaque, const aez_row *rows, size_t n);

/* Sends all rows of the input to take, the header row too, with progress. no_table (may be NULL)
 * is set, in place of an error, where a row has no end. An exit code. */
int aez_rows_each(const aez_cli *cli, aez_input *in, char delimiter, aez_take_rows take,
                  void *opaque, bool *no_table);

#endif
