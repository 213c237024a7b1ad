/* cmd_score.c - aez score: how far items are from what a model makes of them. */
#include "platform.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "items.h"
#include "message.h"
#include "restore.h"
#include "restored_form.h"

typedef struct task {
    const aez_cli    *cli;
    aez_restore       restore;
    aez_items         items;
    aez_values_out    out;
    bool              writes;
    double           *offset, *scale; /* owned: [n_features] */
    double           *score;          /* owned: [n_items] */
    uint64_t          n;
    uint32_t          width; /* of a row of the output */
    double           *rows;  /* owned: of a batch */
    size_t            cap;
    aez_feature_names names;
} task;

/* Mean squared error of the standardised features that are there; NAN where none is. row (may be
 * NULL) takes each feature's standardised difference, restored less original. */
static double score_item(const task *t, const double *value, const double *restored, double *row)
{
    double   sum = 0;
    uint64_t n = 0;
    for (uint32_t f = 0; f < t->items.n_features; f++) {
        double d = (restored[f] - value[f]) / t->scale[f];
        if (row)
            row[f] = d;
        if (isnan(d))
            continue;
        sum += d * d;
        n++;
    }
    return n ? sum / (double)n : NAN;
}

static int take_batch(void *opaque, const aez_batch *batch)
{
    task    *t = opaque;
    uint32_t n_features = t->items.n_features;
    int      code = aez_restore_run(&t->restore, batch->values, batch->n);
    if (code == AEZ_EXIT_OK && batch->n > t->cap) {
        free(t->rows);
        t->cap = batch->n;
        t->rows = malloc(t->cap * t->width * sizeof *t->rows);
        if (!t->rows)
            return aez_fail_status(t->cli, t->items.in.name, AEZ_ERR_NOMEM, NULL);
    }
    for (size_t i = 0; i < batch->n && code == AEZ_EXIT_OK; i++) {
        double *row = t->rows + i * t->width;
        row[0] = score_item(t, batch->values + i * n_features, t->restore.rows + i * n_features,
                            t->width > 1 ? row + 1 : NULL);
        t->score[t->n++] = row[0];
    }
    return code == AEZ_EXIT_OK && t->writes ? aez_values_put(&t->out, t->rows, batch->n) : code;
}

static const char *column_name(const void *opaque, uint32_t i)
{
    return i == 0 ? "mse" : aez_feature_name(opaque, i - 1);
}

static int open_output(task *t)
{
    const aez_args *args = t->cli->args;
    aez_values_form form;
    t->width = args->per_feature ? t->items.n_features + 1 : 1;
    if (!args->output)
        return AEZ_EXIT_OK;
    form = aez_values_matrix(aez_format_of_path(args->output, AEZ_FORMAT_CSV),
                             args->output_type ? args->output_type : AEZ_F64, t->items.n_items,
                             t->width);
    if (t->width == 1)
        form.n_dims = 1;
    t->names.model = t->restore.model;
    form.delimiter = aez_delimiter_of_path(args->output);
    form.name = column_name;
    form.opaque = &t->names;
    t->writes = true;
    return aez_values_open(&t->out, t->cli, args->output, &form);
}

static int prepare(task *t)
{
    uint32_t n = t->items.n_features;
    t->offset = calloc((size_t)n + 1, sizeof *t->offset);
    t->scale = calloc((size_t)n + 1, sizeof *t->scale);
    t->score = t->items.n_items < SIZE_MAX / 16
                   ? calloc((size_t)t->items.n_items + 1, sizeof *t->score)
                   : NULL;
    if (!t->offset || !t->scale || !t->score)
        return aez_fail_status(t->cli, t->items.in.name, AEZ_ERR_NOMEM, NULL);
    for (uint32_t f = 0; f < n; f++)
        aez_trained_scaling(t->restore.model, f, &t->offset[f], &t->scale[f]);
    return open_output(t);
}

/* ---- the summary ----------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Between the two nearest of n sorted numbers. */
static double quantile(const double *sorted, uint64_t n, double q)
{
    double   at = q * (double)(n - 1);
    uint64_t i = (uint64_t)at;
    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* What is no number has no score; the others, sorted, come first. */
static uint64_t sort_scores(task *t)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < t->n; i++)
        if (!isnan(t->score[i]))
            t->score[n++] = t->score[i];
    qsort(t->score, (size_t)n, sizeof *t->score, by_size);
    return n;
}

static void print_summary(task *t, FILE *f)
{
    static const double shares[] = {0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1};
    const aez_args     *args = t->cli->args;
    double              sum = 0;
    uint64_t            n = sort_scores(t);
    aez_print_safe(f, t->items.in.name);
    fprintf(f, ": %" PRIu64 " items", t->n);
    if (n < t->n)
        fprintf(f, ", %" PRIu64 " of them without a number", t->n - n);
    if (n > 0) {
        for (uint64_t i = 0; i < n; i++)
            sum += t->score[i];
        fprintf(f, ", mean squared error of standardised features %.6g (%s)\n  quantiles",
                sum / (double)n, args->rounded ? "latents rounded, integer decoder" : "floats");
        for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
            fprintf(f, "%s %g: %.6g", i ? "," : "", shares[i], quantile(t->score, n, shares[i]));
    }
    fputc('\n', f);
    if (n > 0 && args->has_threshold) {
        double   limit = quantile(t->score, n, args->threshold);
        uint64_t above = 0;
        for (uint64_t i = 0; i < n; i++)
            above += t->score[i] > limit;
        fprintf(f, "  threshold %.17g (quantile %g): %" PRIu64 " of %" PRIu64 " items above it\n",
                limit, args->threshold, above, n);
    }
}

static int score_file(const aez_cli *cli, const char *path, void *opaque)
{
    task t = {.cli = cli, .out = {.out = {.fd = -1}}};
    int  code = aez_restore_open(&t.restore, cli);
    (void)opaque;
    if (code == AEZ_EXIT_OK)
        code = aez_items_open(&t.items, cli, path);
    if (code == AEZ_EXIT_OK)
        code = aez_items_match(&t.items, t.restore.model);
    if (code == AEZ_EXIT_OK)
        code = aez_items_count(&t.items);
    if (code == AEZ_EXIT_OK)
        code = prepare(&t);
    aez_progress_start(cli->progress, path, "scoring", t.items.source.data_size);
    if (code == AEZ_EXIT_OK)
        code = aez_items_each(&t.items, take_batch, &t);
    if (code == AEZ_EXIT_OK && t.writes)
        code = aez_values_commit(&t.out);
    if (code == AEZ_EXIT_OK) /* a result, unless the results themselves go there */
        print_summary(&t, t.writes && t.out.out.target == NULL ? stderr : stdout);
    aez_values_close(&t.out);
    aez_items_close(&t.items);
    aez_restore_close(&t.restore);
    free(t.offset);
    free(t.scale);
    free(t.score);
    free(t.rows);
    return code;
}

int aez_cmd_score(const aez_cli *cli)
{
    return aez_for_each_file(cli, score_file, NULL);
}
