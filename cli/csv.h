/* csv.h - text to rows of cells: a tokeniser that keeps each row's own bytes, and a sniffer. */
#ifndef AEZ_CLI_CSV_H
#define AEZ_CLI_CSV_H

#include "../codec/table/table.h"

/* Whether the start of a text looks like a table, and with which delimiter. `whole` tells that
 * nothing follows; else the last line, which may be cut, is left out. */
int csv_sniff(const char *text, size_t size, int whole, char *delimiter);

typedef struct csv_reader csv_reader;

/* A row of more than max_row bytes (an open quote, as a rule) is AEZ_ERR_LIMIT. */
aez_status csv_reader_create(csv_reader **out, const aez_mem *mem, char delimiter, size_t max_row);
aez_status csv_reader_push(csv_reader *reader, const char *bytes, size_t size);
/* No more bytes: the last row may lack its line end. */
aez_status csv_reader_finish(csv_reader *reader);
/* Moves to the rows completed since the last call and returns them; they stay valid until the next
 * call of any function on the reader. A blank line is one empty cell; a line that does not split
 * into the cells of one row has n_cells 0. A byte order mark belongs to the first row's bytes, not
 * to its first cell. All rows' bytes together are the text, without gap. */
aez_status csv_reader_rows(csv_reader *reader, const aez_row **rows, size_t *n_rows);
void       csv_reader_destroy(csv_reader *reader);

#endif
