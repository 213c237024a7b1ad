/* cmd_compress.c - aez compress: numbers in, .aez out. */
#include "platform.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "envelope.h"
#include "job.h"
#include "message.h"
#include "model_file.h"
#include "report.h"

typedef aez_job job;

static int no_memory(const job *j)
{
    return aez_fail_status(j->cli, j->in.name, AEZ_ERR_NOMEM, NULL);
}

static int make_schema(job *j)
{
    const aez_args   *args = j->cli->args;
    const aez_layout *l = &j->source.layout;
    uint32_t          n_fields = (uint32_t)aez_layout_n_fields(l);
    j->fields = calloc(n_fields, sizeof *j->fields);
    if (!j->fields || !aez_envelope_encode(l, &j->envelope, &j->schema.envelope_size))
        return no_memory(j);
    for (uint32_t f = 0; f < n_fields; f++) {
        j->fields[f].type = l->type;
        j->fields[f].mode = args->mode;
        j->fields[f].bound = args->bound;
        j->fields[f].has_missing = args->has_missing && l->type != AEZ_OPAQUE;
        j->fields[f].missing = j->fields[f].has_missing ? args->missing : 0;
    }
    j->schema.struct_size = sizeof j->schema;
    j->schema.n_dims = aez_layout_grid(l, j->schema.shape);
    j->schema.n_fields = n_fields;
    j->schema.fields = j->fields;
    j->schema.envelope = j->envelope;
    return AEZ_EXIT_OK;
}

static void say_type(const job *j)
{
    const aez_layout *l = &j->source.layout;
    char              shape[400];
    if (l->format == AEZ_FORMAT_CSV) {
        aez_say(j->in.name, "a table (%s)", j->source.why);
        return;
    }
    aez_shape_text(l->shape, l->n_dims, l->fortran, shape, sizeof shape);
    aez_say(j->in.name, "%s, %s%s%s, %s (%s)", aez_format_name(l->format),
            l->is_bool ? "bool" : aez_type_name(l->type), l->big_endian ? ", big-endian" : "",
            l->fortran ? ", Fortran order" : "", shape, j->source.why);
}

/* Pass 1: ranges, distinct values, decimals. */
static int profile_values(job *j, const aez_options *options)
{
    aez_blocks *b = &j->blocks;
    uint64_t    first = 0, n;
    size_t      site_bytes = (size_t)b->n_fields * b->value_size;
    aez_status  status = aez_profile_create(&j->profile, options, &j->schema);
    if (status < 0)
        return aez_fail_status(j->cli, j->in.name, status, NULL);
    aez_progress_start(j->cli->progress, j->in.name, "looking at", j->source.data_size);
    for (; (n = aez_blocks_next(b, first)) > 0; first += n) {
        int code = aez_blocks_read(b, &j->in, j->source.data_off, first, n);
        if (code != AEZ_EXIT_OK)
            return code;
        status = aez_profile_push(j->profile, (const void *const *)b->columns, n);
        if (status < 0)
            return aez_fail_status(j->cli, j->in.name, status, NULL);
        aez_progress_tick(j->cli->progress, (first + n) * site_bytes);
    }
    return AEZ_EXIT_OK;
}

/* A fill value among the data ruins a relative bound and every prediction beside it. */
static void warn_of_fill_values(const job *j)
{
    for (uint32_t f = 0; f < j->schema.n_fields && !j->cli->args->quiet; f++) {
        aez_field_stats stats;
        if (aez_profile_stats(j->profile, f, &stats) < 0 || !stats.suspicious)
            continue;
        aez_progress_clear(j->cli->progress);
        aez_say(j->in.name,
                "warning: %" PRIu64 " of %" PRIu64 " values%s are %.17g, which looks like a fill "
                "value: if it is, add --missing %.17g",
                stats.n_suspect, stats.n, j->schema.n_fields > 1 ? " of a variable" : "",
                stats.suspect, stats.suspect);
        return; /* one value, one warning: variables tend to share it */
    }
}

/* Pass 2. The encoder decodes and compares every chunk before it gives it out. */
static int encode_values(job *j, const aez_options *options)
{
    aez_blocks *b = &j->blocks;
    uint64_t    first = 0, n;
    int         code;
    aez_status  status = aez_encoder_create(&j->encoder, options, &j->schema, j->profile);
    if (status < 0)
        return aez_fail_status(j->cli, j->in.name, status, aez_encoder_message(j->encoder));
    aez_progress_start(j->cli->progress, j->in.name, "compressing", j->source.data_size);
    for (; (n = aez_blocks_next(b, first)) > 0; first += n) {
        code = aez_blocks_read(b, &j->in, j->source.data_off, first, n);
        if (code != AEZ_EXIT_OK)
            return code;
        status = aez_encoder_push(j->encoder, (const void *const *)b->columns, n);
        if (status < 0)
            return aez_fail_status(j->cli, j->in.name, status, aez_encoder_message(j->encoder));
        code = aez_job_drain(j);
        if (code != AEZ_EXIT_OK)
            return code;
    }
    status = aez_encoder_finish(j->encoder);
    if (status < 0)
        return aez_fail_status(j->cli, j->in.name, status, aez_encoder_message(j->encoder));
    return aez_job_drain(j);
}

/* Of --model: what a file carries or refers to. */
static uint64_t body_bytes(const job *j)
{
    aez_trained_about about;
    aez_trained_describe(j->trained, &about);
    return about.body_bytes;
}

/* A shared model stands beside the ratio: what this file does not carry has to be paid once. */
static void say_ratio(const job *j)
{
    if (!j->cli->args->model_ref) {
        aez_say(j->in.name,
                "%" PRIu64 " -> %" PRIu64 " bytes (%.1f %%), ratio %.2f, model included", j->in.size,
                j->out.pos, aez_percent(j->out.pos, j->in.size),
                aez_ratio(j->in.size, j->out.pos));
        return;
    }
    aez_say(j->in.name, "%" PRIu64 " -> %" PRIu64 " bytes (%.1f %%), ratio %.2f; model %" PRIu64
            " bytes, not counted (ratio %.2f if this file pays for all of it)",
            j->in.size, j->out.pos, aez_percent(j->out.pos, j->in.size),
            aez_ratio(j->in.size, j->out.pos), body_bytes(j),
            aez_ratio(j->in.size, j->out.pos + body_bytes(j)));
}

static int compress_values(job *j);

static void free_coding(job *j)
{
    aez_encoder_destroy(j->encoder);
    aez_profile_destroy(j->profile);
    aez_table_profile_destroy(j->table_profile);
    aez_blocks_free(&j->blocks);
    free(j->envelope);
    free(j->fields);
}

/* From how many files on a shared model pays: found by compressing this one without it. */
static void say_when_it_pays(const job *j)
{
    job k = {.cli = j->cli, .in = j->in, .source = j->source, .pulled = j->pulled, .counts = true};
    uint64_t n;
    int      code = j->source.layout.format == AEZ_FORMAT_CSV ? aez_job_table(&k)
                                                              : compress_values(&k);
    aez_progress_clear(j->cli->progress);
    n = k.out.pos > j->out.pos ? body_bytes(j) / (k.out.pos - j->out.pos) + 1 : 0;
    if (code == AEZ_EXIT_OK && n > 0)
        aez_say(j->in.name, "without the model %" PRIu64 " bytes: it pays from %" PRIu64
                " file%s of this kind on", k.out.pos, n, n == 1 ? "" : "s");
    else if (code == AEZ_EXIT_OK)
        aez_say(j->in.name, "without the model %" PRIu64 " bytes: it does not pay for this file",
                k.out.pos);
    free_coding(&k);
}

static void say_result(const job *j)
{
    const aez_args *args = j->cli->args;
    aez_report      report;
    aez_progress_clear(j->cli->progress);
    if (args->quiet)
        return;
    say_ratio(j);
    aez_encoder_report(j->encoder, &report);
    if (args->latent_only && report.n_items > 0)
        aez_say(j->in.name, "autoencoder: mean squared error %.6g, %.2f bits an item; PCA: %.6g, "
                "%.2f (errors standardised; %" PRIu64 " items, model %" PRIu64 " bytes)",
                report.latent_mse, report.latent_bits_per_item, report.pca_mse,
                report.pca_bits_per_item, report.n_items, report.model_bytes);
    else if (args->latent_only)
        aez_say(j->in.name, "stored whole: that is smaller than latents with their model");
    if (!args->verbose)
        return;
    for (uint32_t f = 0; f < aez_encoder_columns(j->encoder); f++) {
        const char *text = aez_encoder_describe(j->encoder, f);
        const char *name = aez_encoder_column_name(j->encoder, f);
        if (text && *text)
            aez_say(NULL, "  field %" PRIu32 "%s%s: %s", f, *name ? " " : "", name, text);
    }
    report.shared_bytes = args->model_ref ? body_bytes(j) : 0;
    aez_report_print(stderr, &report, j->in.size, j->out.pos);
    if (args->model_ref)
        say_when_it_pays(j);
}

/* Said before anything is read: a pipe may be long. */
static int name_output(job *j, const char *path)
{
    int code = aez_output_path(j->cli, path, &j->out_path, &j->out_owned);
    if (code == AEZ_EXIT_OK && strcmp(j->out_path, "-") == 0 && !j->cli->args->force &&
        isatty(STDOUT_FILENO)) {
        aez_error(NULL,
                  "compressed data is not for a terminal: send it to a file with -o, or force "
                  "it with -f");
        code = AEZ_EXIT_USAGE;
    }
    return code;
}

static int open_output(job *j)
{
    const aez_args *args = j->cli->args;
    int code = aez_output_open(&j->out, j->out_path, args->force, &j->in, j->cli->guard);
    if (code == AEZ_EXIT_OK && args->remove_input && !aez_output_seekable(&j->out)) {
        aez_error(j->in.name, "--rm needs an output file: leave out --rm");
        code = AEZ_EXIT_USAGE;
    }
    return code;
}

static int compress_values(job *j)
{
    aez_options options;
    int         code = make_schema(j);
    aez_job_options(j, &options);
    if (code == AEZ_EXIT_OK && !aez_blocks_init(&j->blocks, &j->source.layout))
        code = no_memory(j);
    if (code == AEZ_EXIT_OK && j->source.layout.type != AEZ_OPAQUE) {
        code = profile_values(j, &options);
        if (code == AEZ_EXIT_OK)
            warn_of_fill_values(j);
    }
    return code == AEZ_EXIT_OK ? encode_values(j, &options) : code;
}

static int compress_as_bytes(job *j)
{
    aez_source_take_bytes(&j->source, &j->in);
    if (j->cli->args->verbose && !j->cli->args->quiet)
        aez_say(j->in.name, "a row has no end: taken as bytes");
    return compress_values(j);
}

static int compress_file(const aez_cli *cli, const char *path, void *opaque)
{
    job j = {.cli = cli, .in = {.fd = -1}, .out = {.fd = -1}, .trained = opaque};
    int code;
    aez_layout_init(&j.source.layout);
    code = name_output(&j, path);
    if (code == AEZ_EXIT_OK)
        code = aez_input_open(&j.in, path, true, cli->guard);
    if (code == AEZ_EXIT_OK)
        code = aez_source_find(&j.source, cli->args, &j.in);
    if (code == AEZ_EXIT_OK && cli->args->verbose && !cli->args->quiet)
        say_type(&j);
    if (code == AEZ_EXIT_OK)
        code = open_output(&j);
    if (code == AEZ_EXIT_OK && !(j.pulled = malloc(AEZ_PULL_BYTES)))
        code = no_memory(&j);
    if (code == AEZ_EXIT_OK && j.source.layout.format == AEZ_FORMAT_CSV)
        code = aez_job_table(&j);
    else if (code == AEZ_EXIT_OK)
        code = compress_values(&j);
    if (code == AEZ_EXIT_OK && j.no_table)
        code = compress_as_bytes(&j);
    aez_progress_clear(cli->progress);
    if (code == AEZ_EXIT_OK)
        code = aez_input_unchanged(&j.in);
    if (code == AEZ_EXIT_OK)
        code = aez_output_commit(&j.out, &j.in);
    if (code == AEZ_EXIT_OK)
        say_result(&j);
    if (code == AEZ_EXIT_OK && cli->args->remove_input && !j.in.is_stdin)
        code = aez_input_remove(&j.in);
    free_coding(&j);
    aez_source_free(&j.source);
    aez_output_close(&j.out);
    aez_input_close(&j.in);
    free(j.out_owned);
    free(j.pulled);
    return code;
}

int aez_cmd_compress(const aez_cli *cli)
{
    aez_trained *model = NULL;
    int          code = AEZ_EXIT_OK;
    if (cli->args->n_models > 0)
        code = aez_model_load_only(cli, &model);
    if (model)
        aez_trained_set_name(model, aez_base_name(cli->args->models[0]));
    if (code == AEZ_EXIT_OK)
        code = aez_for_each_file(cli, compress_file, model);
    aez_trained_destroy(model);
    return code;
}
