/* report_model.c - model files in a report; the curve of a training, from one or from a table. */
#include "platform.h"

#include "report_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "report_data.h"
#include "report_source.h"

static int take_curve(report_curve *out, const report_place *at, size_t n)
{
    memset(out, 0, sizeof *out);
    out->n = n;
    out->epoch = malloc((n + 1) * sizeof *out->epoch);
    out->train = malloc((n + 1) * sizeof *out->train);
    out->valid = malloc((n + 1) * sizeof *out->valid);
    return out->epoch && out->train && out->valid ? AEZ_EXIT_OK : report_no_memory(at);
}

static long find_column(const report_array *a, const char *name)
{
    for (size_t i = 0; a->table.cells && i < a->n_columns; i++)
        if (strcmp(a->table.names[i], name) == 0)
            return (long)i;
    return -1;
}

static double cell(const report_array *a, size_t row, long column)
{
    return column < 0 ? NAN : a->values[row * a->n_columns + (size_t)column];
}

static int from_table(report_curve *out, const report_place *at, const char *path)
{
    report_array a;
    int          code = report_array_load(&a, at, path);
    long         epoch = find_column(&a, "epoch"), train = find_column(&a, "train_loss");
    long         valid = find_column(&a, "valid_loss");
    if (code == AEZ_EXIT_OK && train < 0)
        code = report_error_in(at, path, "is no model, and as a table it lacks a column train_loss "
                               "(beside epoch and valid_loss): name a .aezm file or such a table");
    if (code == AEZ_EXIT_OK)
        code = take_curve(out, at, a.n_rows);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < a.n_rows; i++) {
        out->epoch[i] = epoch < 0 ? (double)(i + 1) : cell(&a, i, epoch);
        out->train[i] = cell(&a, i, train);
        out->valid[i] = cell(&a, i, valid);
        out->has_valid |= !isnan(out->valid[i]);
    }
    report_array_free(&a);
    return code;
}

/* ---- model files ---- */

/* The whole file, or NULL and an error. */
static uint8_t *read_model(const report_place *at, const char *path, size_t *size)
{
    aez_input in = {.fd = -1};
    uint8_t  *bytes = NULL;
    int       code = aez_input_open(&in, path, true, at->guard);
    *size = (size_t)in.size;
    if (code == AEZ_EXIT_OK && !(bytes = malloc(*size + 1)))
        (void)report_no_memory(at);
    if (bytes && aez_input_read_at(&in, bytes, *size, 0) != AEZ_EXIT_OK) {
        free(bytes);
        bytes = NULL;
    }
    aez_input_close(&in);
    return bytes;
}

aez_trained *report_model_open(const report_place *at, const char *path)
{
    aez_options  options;
    aez_trained *model = NULL;
    char         why[300] = "";
    size_t       size;
    uint8_t     *bytes = read_model(at, path, &size);
    aez_status   st;
    if (!bytes)
        return NULL;
    aez_options_init(&options);
    st = aez_trained_load(&model, &options, bytes, size, why, sizeof why);
    if (st < 0)
        (void)report_error_in(at, path, "cannot be read as a model: %s",
                              *why ? why : aez_status_text(st));
    free(bytes);
    return st < 0 ? NULL : model;
}

static int from_model(report_curve *out, const report_place *at, const char *path)
{
    aez_trained_about about;
    aez_trained      *model = report_model_open(at, path);
    int               code = model ? AEZ_EXIT_OK : AEZ_EXIT_DATA;
    if (code == AEZ_EXIT_OK) {
        aez_trained_describe(model, &about);
        code = about.n_curve
                   ? take_curve(out, at, about.n_curve)
                   : report_error_in(at, path, "has no curve: it was not trained by steps");
    }
    for (size_t i = 0; code == AEZ_EXIT_OK && i < about.n_curve; i++) {
        out->epoch[i] = (double)about.curve[i].epoch;
        out->train[i] = about.curve[i].train_loss;
        out->valid[i] = about.curve[i].valid_loss;
        out->has_valid |= !isnan(out->valid[i]);
    }
    aez_trained_destroy(model);
    return code;
}

/* Model files begin as all files of aez do. */
static int is_model(const report_place *at, const char *path, bool *out)
{
    aez_input in = {.fd = -1};
    uint8_t   head[4] = {0};
    size_t    got = 0;
    int       code = report_check_file(at, path);
    if (code == AEZ_EXIT_OK)
        code = aez_input_open(&in, path, false, at->guard);
    if (code == AEZ_EXIT_OK)
        code = aez_input_read(&in, head, sizeof head, &got);
    aez_input_close(&in);
    *out = got == sizeof head && memcmp(head, "\x8F" "AEZ", sizeof head) == 0;
    return code;
}

int report_curve_load(report_curve *out, const report_place *at, const char *path)
{
    bool model;
    int  code = is_model(at, path, &model);
    memset(out, 0, sizeof *out);
    if (code != AEZ_EXIT_OK)
        return code;
    return model ? from_model(out, at, path) : from_table(out, at, path);
}

void report_curve_free(report_curve *curve)
{
    free(curve->epoch);
    free(curve->train);
    free(curve->valid);
    memset(curve, 0, sizeof *curve);
}
