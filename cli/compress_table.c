/* compress_table.c - rows of a table in, .aez out. */
#include "platform.h"

#include "job.h"
#include "message.h"
#include "rows.h"

static int read_rows(aez_job *j, aez_take_rows take)
{
    bool maybe = j->cli->args->format == AEZ_FORMAT_AUTO && j->cli->args->mode == AEZ_LOSSLESS;
    return aez_rows_each(j->cli, &j->in, j->source.delimiter, take, j, maybe ? &j->no_table : NULL);
}

static int profile_rows(void *opaque, const aez_row *rows, size_t n)
{
    aez_job   *j = opaque;
    aez_status st = aez_table_profile_push(j->table_profile, rows, n);
    return st < 0 ? aez_fail_status(j->cli, j->in.name, st, NULL) : AEZ_EXIT_OK;
}

static int encode_rows(void *opaque, const aez_row *rows, size_t n)
{
    aez_job   *j = opaque;
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
    aez_job_options(j, &options);
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
