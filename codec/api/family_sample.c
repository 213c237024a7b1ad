/* family_sample.c - stages of a model: a chunk of the family's own values, coded to see what serves. */
#include "family_sample.h"

#include <string.h>

#include "encoder.h"

#define SAMPLE_BYTES ((uint64_t)16 << 20) /* of values: a chunk */
#define SAMPLE_TEXT ((uint64_t)10 << 20)  /* of rows: a chunk */
#define CHUNK_MAX ((uint64_t)1 << 30)

/* ---- which items ----------------------------------------------------------------------------- */

#define APART_MIN 8 /* items of a family from which some are kept apart */

uint64_t aez_family_apart(const aez_family *f)
{
    uint64_t all = 0, at = 0, best = 0;
    for (size_t b = 0; b < f->n_blocks; b++)
        all += f->block[b].n_items;
    if (all < APART_MIN)
        return 0;
    for (size_t b = 0; b < f->n_blocks; b++) { /* of borders between files the nearest to 3/4 */
        uint64_t wish = all - all / 4;
        uint64_t off = at > wish ? at - wish : wish - at, now = best > wish ? best - wish : wish - best;
        if (b && f->block[b].file != f->block[b - 1].file && off < now)
            best = at;
        at += f->block[b].n_items;
    }
    return best >= all / 2 && best <= all - all / 8 ? best : all - all / 4;
}

/* What of each block may be taken. */
static void find_usable(const aez_family *f, uint64_t first_item, aez_family_sample *s)
{
    uint64_t at = 0;
    for (size_t b = 0; b < f->n_blocks; b++) {
        uint64_t n = f->block[b].n_items;
        s->skip[b] = first_item <= at ? 0 : first_item - at < n ? first_item - at : n;
        s->take[b] = f->is_table && !f->block[b].has_rows ? 0 : n - s->skip[b];
        at += n;
    }
}

/* Items that make up a chunk. */
static uint64_t items_of_a_chunk(const aez_family *f, const aez_family_sample *usable)
{
    uint64_t bytes = 0, items = 0, n;
    for (size_t b = 0; f->is_table && b < f->n_blocks; b++) {
        if (usable->take[b] == 0)
            continue;
        bytes += f->block[b].rows.text.size / f->block[b].n_items * usable->take[b];
        items += usable->take[b];
    }
    if (f->is_table)
        return bytes <= SAMPLE_TEXT ? items : items * (SAMPLE_TEXT >> 10) / (bytes >> 10);
    for (uint32_t i = 0; i < f->n_fields; i++)
        bytes += f->inner * aez_type_size(f->type[i]);
    n = SAMPLE_BYTES / bytes;
    return n < 1 ? 1 : n;
}

/* The number of items that each file may give at most, so that all together give `most`. */
static uint64_t share_of_files(const uint64_t *n_items, size_t n_files, uint64_t most)
{
    uint64_t share = most / n_files;
    for (;;) {
        uint64_t sum = 0, larger = 0;
        for (size_t i = 0; i < n_files; i++) {
            sum += n_items[i] < share ? n_items[i] : share;
            larger += n_items[i] > share;
        }
        if (larger == 0 || most - sum < larger)
            return share;
        share += (most - sum) / larger;
    }
}

aez_status aez_family_sample_take(const aez_family *f, uint64_t first_item, aez_family_sample *out)
{
    uint64_t *n_items = aez_take(&f->mem, f->n_files, sizeof *n_items);
    uint64_t  most, share;
    memset(out, 0, sizeof *out);
    out->skip = aez_take(&f->mem, f->n_blocks, sizeof *out->skip);
    out->take = aez_take(&f->mem, f->n_blocks, sizeof *out->take);
    if (!n_items || !out->skip || !out->take) {
        aez_drop(&f->mem, n_items);
        return AEZ_ERR_NOMEM;
    }
    find_usable(f, first_item, out);
    most = items_of_a_chunk(f, out);
    for (size_t b = 0; b < f->n_blocks; b++)
        n_items[f->block[b].file] += out->take[b];
    share = share_of_files(n_items, f->n_files, most);
    for (size_t i = 0; i < f->n_files; i++) /* more files than items: every so many gives one */
        n_items[i] = share ? share : (i + 1) * most / f->n_files - i * most / f->n_files;
    for (size_t b = 0; b < f->n_blocks; b++) {
        uint64_t *left = &n_items[f->block[b].file];
        out->take[b] = out->take[b] < *left ? out->take[b] : *left;
        *left -= out->take[b];
        out->n_items += out->take[b];
    }
    aez_drop(&f->mem, n_items);
    return AEZ_OK;
}

void aez_family_sample_free(const aez_family *f, aez_family_sample *sample)
{
    aez_drop(&f->mem, sample->skip);
    aez_drop(&f->mem, sample->take);
    sample->skip = sample->take = NULL;
}

/* ---- coding them ----------------------------------------------------------------------------- */

/* The sample is to be one chunk, in a file that refers to the model. */
static aez_options coding_options(const aez_family *f, const aez_trained *model)
{
    aez_options o = f->options;
    o.chunk_bytes = CHUNK_MAX;
    o.model = AEZ_MODEL_AUTO;
    o.latent_only = 0;
    o.trained = model;
    o.refer = 1;
    return o;
}

static aez_status fail_as(aez_family *f, aez_status st, const aez_encoder *e)
{
    const char *what = aez_encoder_message(e);
    return aez_family_fail(f, st, what[0] ? "stages: %s" : NULL, what);
}

static aez_status take_columns(const aez_family *f, const aez_family_sample *sample, uint8_t **columns)
{
    for (uint32_t i = 0; i < f->n_fields; i++) {
        size_t   size = aez_type_size(f->type[i]) * (size_t)f->inner;
        uint8_t *at = columns[i] = aez_take_raw(&f->mem, (size_t)sample->n_items, size);
        for (size_t b = 0; at && b < f->n_blocks; b++) {
            if (sample->take[b] == 0)
                continue;
            memcpy(at, f->block[b].column[i] + sample->skip[b] * size,
                   (size_t)sample->take[b] * size);
            at += sample->take[b] * size;
        }
        if (!columns[i])
            return AEZ_ERR_NOMEM;
    }
    return AEZ_OK;
}

static aez_status code_columns(aez_family *f, const aez_options *o, const aez_schema *schema,
                               const void *const *columns, uint64_t n_sites, aez_plan_seed *seed)
{
    aez_profile *profile = NULL;
    aez_encoder *e = NULL;
    aez_status   st = aez_profile_create(&profile, o, schema);
    if (st >= 0)
        st = aez_profile_push(profile, columns, n_sites);
    if (st >= 0)
        st = aez_encoder_create(&e, o, schema, profile);
    aez_profile_destroy(profile);
    if (st >= 0) {
        aez_encoder_keep(e, seed);
        st = aez_encoder_push(e, columns, n_sites);
    }
    if (st >= 0)
        st = aez_encoder_finish(e);
    if (st < 0)
        fail_as(f, st, e);
    aez_encoder_destroy(e);
    return st;
}

static aez_status code_arrays(aez_family *f, const aez_family_sample *sample, const aez_options *o,
                              const aez_stage_target *target, aez_plan_seed *seed)
{
    aez_schema schema = f->schema.view;
    aez_field *fields = aez_take(&f->mem, f->n_fields, sizeof *fields);
    uint8_t  **columns = aez_take(&f->mem, f->n_fields, sizeof *columns);
    aez_status st = fields && columns ? take_columns(f, sample, columns) : AEZ_ERR_NOMEM;
    if (st < 0)
        aez_family_fail(f, st, NULL);
    for (uint32_t i = 0; st >= 0 && i < f->n_fields; i++) {
        fields[i] = f->schema.fields[i];
        fields[i].mode = target->mode;
        fields[i].bound = target->bound;
    }
    schema.fields = fields;
    schema.shape[0] = sample->n_items;
    if (st >= 0)
        st = code_columns(f, o, &schema, (const void *const *)columns, sample->n_items * f->inner,
                          seed);
    for (uint32_t i = 0; columns && i < f->n_fields; i++)
        aez_drop(&f->mem, columns[i]);
    aez_drop(&f->mem, columns);
    aez_drop(&f->mem, fields);
    return st;
}

/* Rows of the sample, after the header row, to take(handle, rows, n). */
static aez_status each_rows(const aez_family *f, const aez_family_sample *sample,
                            aez_status (*take)(void *handle, const aez_row *rows, size_t n),
                            void *handle)
{
    aez_status st = AEZ_OK;
    for (size_t b = 0; st >= 0 && b <= f->n_blocks; b++) {
        const aez_row_store *store = b ? &f->block[b - 1].rows : &f->head;
        size_t               n = b ? (size_t)sample->take[b - 1] : f->head.n_rows;
        size_t               skip = b ? (size_t)sample->skip[b - 1] : 0;
        aez_row             *rows;
        aez_cell            *cells;
        if (n == 0)
            continue;
        st = aez_row_store_view(store, &rows, &cells);
        if (st >= 0)
            st = take(handle, rows + skip, n);
        aez_drop(&f->mem, rows);
        aez_drop(&f->mem, cells);
    }
    return st;
}

static aez_status profile_rows(void *handle, const aez_row *rows, size_t n)
{
    return aez_table_profile_push(handle, rows, n);
}

static aez_status encode_rows(void *handle, const aez_row *rows, size_t n)
{
    return aez_encoder_push_rows(handle, rows, n);
}

static aez_status code_table(aez_family *f, const aez_family_sample *sample, const aez_options *o,
                             const aez_stage_target *target, aez_plan_seed *seed)
{
    aez_table_options  table = {.delimiter = f->table_options.delimiter,
                                .header = f->head.n_rows ? 1 : -1,
                                .mode = target->mode,
                                .bound = target->bound};
    aez_table_profile *profile = NULL;
    aez_encoder       *e = NULL;
    aez_status         st = aez_table_profile_create(&profile, o);
    if (st >= 0)
        st = each_rows(f, sample, profile_rows, profile);
    if (st >= 0)
        st = aez_encoder_create_table(&e, o, &table, profile, NULL, 0);
    aez_table_profile_destroy(profile);
    if (st >= 0) {
        aez_encoder_keep(e, seed);
        st = each_rows(f, sample, encode_rows, e);
    }
    if (st >= 0)
        st = aez_encoder_finish(e);
    if (st < 0)
        fail_as(f, st, e);
    aez_encoder_destroy(e);
    return st;
}

aez_status aez_family_code_sample(aez_family *f, const aez_family_sample *sample,
                                  const aez_trained *model, const aez_stage_target *target,
                                  aez_plan_seed *seed)
{
    aez_options o = coding_options(f, model);
    if (sample->n_items == 0)
        return AEZ_OK;
    return f->is_table ? code_table(f, sample, &o, target, seed)
                       : code_arrays(f, sample, &o, target, seed);
}
