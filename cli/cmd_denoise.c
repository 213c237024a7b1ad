/* cmd_denoise.c - aez denoise: items through encoder and decoder, in the form that they came in. */
#include "platform.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"
#include "message.h"
#include "restore.h"
#include "restored_form.h"

typedef struct task {
    const aez_cli *cli;
    aez_restore    restore;
    aez_items      items;
    aez_values_out out;
    uint32_t      *feature_of; /* owned, of tables: [width] the feature + 1 of a column, or 0 */
    char          *text;       /* owned, of tables: rows on their way out */
    size_t         n_text, cap_text;
} task;

static int take_array(void *opaque, const aez_batch *batch)
{
    task *t = opaque;
    int   code = aez_restore_run(&t->restore, batch->values, batch->n);
    return code == AEZ_EXIT_OK ? aez_values_put(&t->out, t->restore.rows, batch->n) : code;
}

/* The shape and type of the input, with as many items as were taken. */
static int array_form(const task *t, aez_values_form *form)
{
    const aez_args   *args = t->cli->args;
    const aez_layout *l = &t->items.source.layout;
    aez_format        format = aez_format_of_path(args->output, l->format);
    memset(form, 0, sizeof *form);
    if (l->n_dims - (l->axis >= 0) > AEZ_MAX_DIMS || l->fortran) {
        aez_error(t->items.in.name, "has %s: give it in C order with at most %d dimensions",
                  l->fortran ? "Fortran order" : "too many dimensions", AEZ_MAX_DIMS);
        return AEZ_EXIT_DATA;
    }
    form->format = format;
    form->type = args->output_type ? args->output_type : l->type;
    form->is_bool = l->is_bool && form->type == l->type && format == AEZ_FORMAT_NPY;
    form->big_endian = format == AEZ_FORMAT_IDX ? aez_type_size(form->type) > 1
                                                : format == l->format && l->big_endian &&
                                                      aez_type_size(form->type) > 1;
    form->n_values = t->items.n_features;
    form->axis = l->axis;
    form->n_dims = l->n_dims;
    form->item_axis = l->axis == 0 ? 1 : 0;
    memcpy(form->shape, l->shape, sizeof form->shape);
    form->shape[form->item_axis] = t->items.n_items;
    form->delimiter = aez_delimiter_of_path(args->output);
    return AEZ_EXIT_OK;
}

static int denoise_array(task *t)
{
    aez_values_form   form;
    aez_feature_names names = {.model = t->restore.model};
    int               code = array_form(t, &form);
    form.name = aez_feature_name;
    form.opaque = &names;
    if (code == AEZ_EXIT_OK)
        code = aez_values_open(&t->out, t->cli, t->cli->args->output, &form);
    if (code == AEZ_EXIT_OK)
        code = aez_items_each(&t->items, take_array, t);
    return code;
}

/* ---- tables: the columns that the model knows are replaced, the others stay ------------------ */

/* Room for a cell of so many bytes, each of which may be a quote, with quotes and a delimiter. */
static bool make_room(task *t, size_t size)
{
    size_t want = t->n_text + 2 * size + 64;
    char  *grown;
    if (want <= t->cap_text)
        return true;
    grown = size < SIZE_MAX / 8 ? realloc(t->text, 2 * want) : NULL;
    if (!grown)
        return false;
    t->text = grown;
    t->cap_text = 2 * want;
    return true;
}

/* A cell as it stood, in quotes where it needs them. There is room. */
static void put_cell(task *t, const char *text, size_t size)
{
    bool quote = false;
    for (size_t i = 0; i < size && !quote; i++)
        quote = text[i] == t->items.source.delimiter || text[i] == '"' || text[i] == '\n' ||
                text[i] == '\r';
    if (quote)
        t->text[t->n_text++] = '"';
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            t->text[t->n_text++] = '"';
        t->text[t->n_text++] = text[i];
    }
    if (quote)
        t->text[t->n_text++] = '"';
}

static bool put_row(task *t, const aez_cell *cells, uint32_t n_cells, const double *restored)
{
    for (uint32_t c = 0; c < n_cells; c++) {
        if (!make_room(t, cells[c].size))
            return false;
        if (c)
            t->text[t->n_text++] = t->items.source.delimiter;
        if (c < t->items.width && t->feature_of[c])
            t->n_text += aez_number_text(restored[t->feature_of[c] - 1], t->text + t->n_text);
        else
            put_cell(t, cells[c].text, cells[c].size);
    }
    if (!make_room(t, 0))
        return false;
    t->text[t->n_text++] = '\n';
    return true;
}

static int write_text(task *t, bool good)
{
    size_t n = t->n_text;
    t->n_text = 0;
    return good ? aez_output_write(&t->out.out, t->text, n)
                : aez_fail_status(t->cli, t->items.in.name, AEZ_ERR_NOMEM, NULL);
}

static int take_rows(void *opaque, const aez_batch *batch)
{
    task *t = opaque;
    int   code = aez_restore_run(&t->restore, batch->values, batch->n);
    bool  good = true;
    for (size_t i = 0; i < batch->n && good && code == AEZ_EXIT_OK; i++) {
        const aez_row *row = &batch->rows[i];
        if (row->n_cells > 0) {
            good = put_row(t, row->cells, row->n_cells,
                           t->restore.rows + i * t->items.n_features);
            continue;
        }
        good = make_room(t, row->size); /* kept as it stands: it is no row of cells */
        if (good)
            memcpy(t->text + t->n_text, row->bytes, row->size);
        t->n_text += good ? row->size : 0;
    }
    return code == AEZ_EXIT_OK ? write_text(t, good) : code;
}

static int put_header(task *t)
{
    bool good = true;
    for (uint32_t c = 0; c < t->items.width && good; c++) {
        const char *name = aez_items_column(&t->items, c);
        good = make_room(t, strlen(name));
        if (good && c)
            t->text[t->n_text++] = t->items.source.delimiter;
        if (good)
            put_cell(t, name, strlen(name));
    }
    if (good)
        t->text[t->n_text++] = '\n'; /* make_room leaves more than that */
    return write_text(t, good);
}

static int denoise_table(task *t)
{
    aez_values_form form = {.format = AEZ_FORMAT_CSV, .axis = -1};
    int             code;
    t->feature_of = calloc((size_t)t->items.width + 1, sizeof *t->feature_of);
    if (!t->feature_of)
        return aez_fail_status(t->cli, t->items.in.name, AEZ_ERR_NOMEM, NULL);
    for (uint32_t f = 0; f < t->items.n_features; f++)
        t->feature_of[t->items.cell[f]] = f + 1;
    code = aez_values_open(&t->out, t->cli, t->cli->args->output, &form);
    if (code == AEZ_EXIT_OK && t->items.header)
        code = put_header(t);
    return code == AEZ_EXIT_OK ? aez_items_each(&t->items, take_rows, t) : code;
}

static int denoise_file(const aez_cli *cli, const char *path, void *opaque)
{
    task t = {.cli = cli, .out = {.out = {.fd = -1}}};
    int  code = aez_restore_open(&t.restore, cli);
    (void)opaque;
    if (code == AEZ_EXIT_OK)
        code = aez_items_open(&t.items, cli, path);
    if (code == AEZ_EXIT_OK)
        code = aez_items_match(&t.items, t.restore.model);
    aez_progress_start(cli->progress, path, "denoising", t.items.source.data_size);
    if (code == AEZ_EXIT_OK)
        code = t.items.is_table ? denoise_table(&t) : denoise_array(&t);
    if (code == AEZ_EXIT_OK)
        code = aez_values_commit(&t.out);
    aez_progress_clear(cli->progress);
    if (code == AEZ_EXIT_OK && !cli->args->quiet)
        aez_say(t.items.in.name, "denoised by %s",
                cli->args->rounded ? "rounded latents and integers" : "floats");
    aez_values_close(&t.out);
    aez_items_close(&t.items);
    aez_restore_close(&t.restore);
    free(t.feature_of);
    free(t.text);
    return code;
}

int aez_cmd_denoise(const aez_cli *cli)
{
    return aez_for_each_file(cli, denoise_file, NULL);
}
