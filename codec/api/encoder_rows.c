/* encoder_rows.c - a table's rows in: profile, schema, and runs of rows as chunks. */
#include <string.h>

#include "encoder.h"
#include "table_profile.h"

#define TABLE_CHUNK ((uint64_t)10 << 20) /* of text: its cells and fields weigh as much as 16 MiB of
                                          * values do while they are coded */
#define LATENT_BOUND 1e-5 /* of the range: the grid of columns of which latents are kept */

aez_status aez_table_profile_create(aez_table_profile **out, const aez_options *options)
{
    aez_options        o;
    const char        *why;
    aez_table_profile *p;
    aez_status         st = aez_options_resolve(&o, options, &why);
    *out = NULL;
    if (st < 0)
        return st;
    p = aez_take(&o.allocator, 1, sizeof *p);
    if (!p)
        return AEZ_ERR_NOMEM;
    p->mem = o.allocator;
    st = aez_table_survey_create(&p->survey, &p->mem);
    if (st < 0) {
        aez_table_profile_destroy(p);
        return st;
    }
    *out = p;
    return AEZ_OK;
}

aez_status aez_table_profile_push(aez_table_profile *profile, const aez_row *rows, size_t n_rows)
{
    return aez_table_survey_push(profile->survey, rows, n_rows);
}

void aez_table_profile_destroy(aez_table_profile *profile)
{
    aez_mem mem;
    if (!profile)
        return;
    mem = profile->mem;
    if (profile->survey)
        aez_table_survey_destroy(profile->survey);
    aez_drop(&mem, profile);
}

/* The schema as it stands in the file: packed. */
static aez_status pack_schema(aez_encoder *e, aez_buf *out)
{
    aez_buf    plain;
    aez_status st;
    aez_buf_init(&plain, &e->mem);
    aez_table_schema_put(&e->table, &plain);
    st = aez_bytes_pack(&e->mem, plain.data, plain.size, 19, out);
    if (plain.failed || out->failed)
        st = AEZ_ERR_NOMEM;
    aez_buf_free(&plain);
    return st;
}

aez_status aez_encoder_put_table_front(aez_encoder *e, int bare)
{
    aez_status st = AEZ_OK;
    if (e->file_size > 0)
        return AEZ_OK;
    if (bare) {
        aez_table_schema_bare(&e->table);
        aez_buf_free(&e->front);
        st = pack_schema(e, &e->front);
    }
    aez_encoder_put_header(e);
    aez_encoder_put_section(e, AEZ_SECTION_TABLE, e->front.data, e->front.size);
    aez_buf_free(&e->front);
    if (e->schema.view.envelope_size)
        aez_encoder_put_section(e, AEZ_SECTION_ENVELOPE, e->schema.view.envelope,
                                e->schema.view.envelope_size);
    e->report.header_bytes += e->file_size;
    if (e->out.failed)
        st = AEZ_ERR_NOMEM;
    return st < 0 ? aez_encoder_fail(e, st, NULL) : AEZ_OK;
}

/* Columns that a rule keeps exact. */
static aez_status note_exact(aez_encoder *e, const aez_table_options *table)
{
    e->kept_exact = aez_take(&e->mem, e->table.n_columns, 1);
    for (uint32_t c = 0; e->kept_exact && c < e->table.n_columns; c++) {
        for (uint32_t i = 0; i < table->n_rules; i++) {
            if (aez_table_rule_names(&table->rules[i], &e->table.columns[c], c))
                e->kept_exact[c] = table->rules[i].mode == AEZ_LOSSLESS;
        }
    }
    return e->kept_exact ? AEZ_OK : AEZ_ERR_NOMEM;
}

static aez_status keep_envelope(aez_encoder *e, const uint8_t *envelope, size_t size)
{
    if (size == 0)
        return AEZ_OK;
    e->schema.envelope = aez_take_raw(&e->mem, size, 1);
    if (!e->schema.envelope)
        return AEZ_ERR_NOMEM;
    memcpy(e->schema.envelope, envelope, size);
    e->schema.view.envelope = e->schema.envelope;
    e->schema.view.envelope_size = size;
    return AEZ_OK;
}

aez_status aez_encoder_create_table(aez_encoder **out, const aez_options *options,
                                    const aez_table_options *table, aez_table_profile *profile,
                                    const uint8_t *envelope, size_t envelope_size)
{
    aez_encoder      *e;
    aez_table_options fine;
    const char       *why = NULL;
    aez_status   st = aez_encoder_begin(out, options);
    if (st < 0)
        return st;
    e = *out;
    e->is_table = 1;
    if (!table || !profile)
        return aez_encoder_fail(e, AEZ_ERR_OPTION, "a table needs its options and a profile");
    fine = *table;
    if (e->options.latent_only) {
        if (table->mode != AEZ_LOSSLESS)
            return aez_encoder_fail(e, AEZ_ERR_OPTION, "latents alone keep no bound: give none");
        for (uint32_t i = 0; i < table->n_rules; i++) {
            if (table->rules[i].mode != AEZ_LOSSLESS)
                return aez_encoder_fail(e, AEZ_ERR_OPTION,
                                        "latents alone keep no bound: give none");
        }
        fine.mode = AEZ_REL;
        fine.bound = LATENT_BOUND;
    }
    st = aez_table_schema_choose(&e->table, &e->mem, profile->survey, &fine, &why);
    if (st < 0)
        return aez_encoder_fail(e, st, why);
    st = note_exact(e, table);
    if (st < 0)
        return aez_encoder_fail(e, st, NULL);
    st = aez_schema_of_table(&e->schema, &e->mem, &e->table);
    if (st < 0)
        return aez_encoder_fail(e, st, NULL);
    e->n_head_left = e->table.n_head_rows;
    e->table_ctx.mem = &e->mem;
    e->table_ctx.schema = &e->table;
    e->table_ctx.search = aez_encoder_search(e);
    e->table_ctx.memory_limit = UINT64_MAX;
    st = aez_encoder_take_slots(e, e->options.runner.width, e->table.n_columns);
    if (st < 0)
        return st;
    st = keep_envelope(e, envelope, envelope_size);
    aez_buf_init(&e->front, &e->mem);
    if (st >= 0)
        st = pack_schema(e, &e->front);
    return st < 0 ? aez_encoder_fail(e, st, NULL) : aez_encoder_use_trained(e);
}

static aez_status add_row(aez_encoder *e, const aez_row *row, uint64_t chunk_bytes)
{
    aez_slot  *s = &e->slot[e->n_full];
    aez_status st;
    if (s->filled > 0 && s->rows.text.size + row->size > chunk_bytes) {
        if (++e->n_full == e->width) {
            st = aez_encoder_code_batch(e);
            if (st < 0)
                return st;
        }
        s = &e->slot[e->n_full];
    }
    st = aez_row_store_add(&s->rows, row);
    if (st < 0)
        return aez_encoder_fail(e, st, NULL);
    s->filled++;
    e->pushed++;
    return AEZ_OK;
}

aez_status aez_encoder_push_rows(aez_encoder *e, const aez_row *rows, size_t n_rows)
{
    uint64_t chunk = e->options.chunk_bytes ? e->options.chunk_bytes : TABLE_CHUNK;
    if (e->state != AEZ_TAKING || !e->is_table)
        return AEZ_ERR_STATE;
    for (size_t i = 0; i < n_rows; i++) {
        aez_status st;
        if (e->n_head_left > 0) {
            e->n_head_left--;
            continue;
        }
        st = add_row(e, &rows[i], chunk);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

uint32_t aez_encoder_columns(const aez_encoder *e)
{
    return e->n_columns;
}

const char *aez_encoder_column_name(const aez_encoder *e, uint32_t column)
{
    return column < e->n_columns ? e->schema.fields[column].name : "";
}
