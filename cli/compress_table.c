/* compress_table.c - rows of a table in, .aez out. */
#include "platform.h"

#include <stdlib.h>

#include "csv.h"
#include "job.h"
#include "message.h"

#define READ_BYTES ((size_t)256 * 1024)
#define MAX_ROW ((size_t)64 << 20) /* a longer row is an open quote, as a rule */

/* Sends all rows of the input to take(j, rows, n). */
static int each_row(aez_job *j, int (*take)(aez_job *, const aez_row *, size_t), uint8_t *buf,
                    csv_reader *reader)
{
    uint64_t off = 0;
    int      code = AEZ_EXIT_OK;
    while (code == AEZ_EXIT_OK && off <= j->in.size) {
        uint64_t       left = j->in.size - off;
        size_t         size = left < READ_BYTES ? (size_t)left : READ_BYTES, n_rows;
        const aez_row *rows;
        aez_status     st;
        code = aez_input_read_at(&j->in, buf, size, off);
        if (code != AEZ_EXIT_OK)
            break;
        st = size ? csv_reader_push(reader, (const char *)buf, size) : csv_reader_finish(reader);
        if (st >= 0)
            st = csv_reader_rows(reader, &rows, &n_rows);
        if (st == AEZ_ERR_LIMIT && j->cli->args->format == AEZ_FORMAT_AUTO &&
            j->cli->args->mode == AEZ_LOSSLESS) {
            j->no_table = true;
            return AEZ_EXIT_OK;
        }
        if (st == AEZ_ERR_LIMIT) {
            aez_error(j->in.name,
                      "has a row of more than %zu MiB: is a quote left open? If it is no "
                      "table, use --format bytes",
                      MAX_ROW >> 20);
            return AEZ_EXIT_DATA;
        }
        if (st < 0)
            return aez_fail_status(j->cli, j->in.name, st, NULL);
        code = take(j, rows, n_rows);
        if (size == 0)
            break;
        off += size;
        aez_progress_tick(j->cli->progress, off);
    }
    return code;
}

static int read_rows(aez_job *j, int (*take)(aez_job *, const aez_row *, size_t))
{
    static const aez_allocator plain = {NULL, NULL, NULL};
    csv_reader                *reader = NULL;
    uint8_t                   *buf = malloc(READ_BYTES);
    aez_status                 st = AEZ_ERR_NOMEM;
    int                        code;
    if (buf)
        st = csv_reader_create(&reader, &plain, j->source.delimiter, MAX_ROW);
    if (st < 0)
        code = aez_fail_status(j->cli, j->in.name, st, NULL);
    else
        code = each_row(j, take, buf, reader);
    csv_reader_destroy(reader);
    free(buf);
    return code;
}

static int profile_rows(aez_job *j, const aez_row *rows, size_t n)
{
    aez_status st = aez_table_profile_push(j->table_profile, rows, n);
    return st < 0 ? aez_fail_status(j->cli, j->in.name, st, NULL) : AEZ_EXIT_OK;
}

static int encode_rows(aez_job *j, const aez_row *rows, size_t n)
{
    aez_status st = aez_encoder_push_rows(j->encoder, rows, n);
    if (st < 0)
        return aez_fail_status(j->cli, j->in.name, st, aez_encoder_message(j->encoder));
    return aez_job_drain(j);
}

static int open_encoder(aez_job *j, const aez_options *options)
{
    const aez_args   *args = j->cli->args;
    aez_table_options table = {.delimiter = j->source.delimiter,
                               .header = args->header,
                               .mode = args->mode,
                               .bound = args->bound,
                               .rules = args->rules,
                               .n_rules = args->n_rules};
    aez_status        st =
        aez_encoder_create_table(&j->encoder, options, &table, j->table_profile, NULL, 0);
    return st < 0 ? aez_fail_status(j->cli, j->in.name, st, aez_encoder_message(j->encoder))
                  : AEZ_EXIT_OK;
}

int aez_job_table(aez_job *j)
{
    aez_options options;
    aez_status  st;
    int         code;
    aez_cli_options(j->cli, &options);
    st = aez_table_profile_create(&j->table_profile, &options);
    if (st < 0)
        return aez_fail_status(j->cli, j->in.name, st, NULL);
    aez_progress_start(j->cli->progress, j->in.name, "looking at", j->in.size);
    code = read_rows(j, profile_rows);
    if (code != AEZ_EXIT_OK || j->no_table)
        return code;
    code = open_encoder(j, &options);
    aez_progress_start(j->cli->progress, j->in.name, "compressing", j->in.size);
    if (code == AEZ_EXIT_OK)
        code = read_rows(j, encode_rows);
    if (code != AEZ_EXIT_OK)
        return code;
    st = aez_encoder_finish(j->encoder);
    if (st < 0)
        return aez_fail_status(j->cli, j->in.name, st, aez_encoder_message(j->encoder));
    return aez_job_drain(j);
}
