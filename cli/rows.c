/* rows.c - a table's rows, read from an input in order. */
#include "platform.h"

#include "rows.h"

#include <stdlib.h>

#include "csv.h"
#include "message.h"

#define READ_BYTES ((size_t)256 * 1024)
#define MAX_ROW ((size_t)64 << 20) /* a longer row is an open quote, as a rule */

/* The next size bytes, which are in buf, or the end of the text. */
static aez_status parse(csv_reader *reader, const uint8_t *buf, size_t size, const aez_row **rows,
                        size_t *n_rows)
{
    aez_status st =
        size ? csv_reader_push(reader, (const char *)buf, size) : csv_reader_finish(reader);
    return st < 0 ? st : csv_reader_rows(reader, rows, n_rows);
}

static int each_row(const aez_cli *cli, aez_input *in, uint8_t *buf, csv_reader *reader,
                    aez_take_rows take, void *opaque, bool *no_table)
{
    uint64_t off = 0;
    int      code = AEZ_EXIT_OK;
    while (code == AEZ_EXIT_OK && off <= in->size) {
        uint64_t       left = in->size - off;
        size_t         size = left < READ_BYTES ? (size_t)left : READ_BYTES, n_rows;
        const aez_row *rows;
        aez_status     st;
        code = aez_input_read_at(in, buf, size, off);
        if (code != AEZ_EXIT_OK)
            break;
        st = parse(reader, buf, size, &rows, &n_rows);
        if (st == AEZ_ERR_LIMIT && no_table) {
            *no_table = true;
            return AEZ_EXIT_OK;
        }
        if (st == AEZ_ERR_LIMIT) {
            aez_error(in->name,
                      "has a row of more than %zu MiB: is a quote left open? If it is no "
                      "table, use --format bytes",
                      MAX_ROW >> 20);
            return AEZ_EXIT_DATA;
        }
        if (st < 0)
            return aez_fail_status(cli, in->name, st, NULL);
        code = take(opaque, rows, n_rows);
        if (size == 0)
            break;
        off += size;
        aez_progress_tick(cli->progress, off);
    }
    return code == AEZ_ROWS_ENOUGH ? AEZ_EXIT_OK : code;
}

int aez_rows_each(const aez_cli *cli, aez_input *in, char delimiter, aez_take_rows take,
                  void *opaque, bool *no_table)
{
    static const aez_allocator plain = {NULL, NULL, NULL};
    csv_reader                *reader = NULL;
    uint8_t                   *buf = malloc(READ_BYTES);
    aez_status                 st = AEZ_ERR_NOMEM;
    int                        code;
    if (buf)
        st = csv_reader_create(&reader, &plain, delimiter, MAX_ROW);
    if (st < 0)
        code = aez_fail_status(cli, in->name, st, NULL);
    else
        code = each_row(cli, in, buf, reader, take, opaque, no_table);
    csv_reader_destroy(reader);
    free(buf);
    return code;
}
