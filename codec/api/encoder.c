/* encoder.c - what all encoders share: batches of chunks coded, framed and handed out. */
#include "encoder.h"

#include <stdio.h>
#include <string.h>

aez_status aez_encoder_fail(aez_encoder *e, aez_status st, const char *what)
{
    e->state = AEZ_BROKEN;
    snprintf(e->message, sizeof e->message, "%s", what ? what : aez_status_text(st));
    return st;
}

aez_status aez_encoder_begin(aez_encoder **out, const aez_options *options)
{
    aez_options  o;
    aez_encoder *e;
    const char  *why;
    aez_status   st = aez_options_resolve(&o, options, &why);
    *out = NULL;
    if (st < 0 && why && options && options->struct_size == 0)
        return st;
    e = aez_take(&o.allocator, 1, sizeof *e);
    if (!e)
        return AEZ_ERR_NOMEM;
    *out = e;
    e->mem = o.allocator;
    e->options = o;
    aez_buf_init(&e->out, &e->mem);
    aez_buf_init(&e->model_section, &e->mem);
    return st < 0 ? aez_encoder_fail(e, st, why) : AEZ_OK;
}

aez_search_options aez_encoder_search(const aez_encoder *e)
{
    aez_search_options s = {.level = e->options.level,
                            .zstd_only = e->options.entropy == AEZ_ENTROPY_ZSTD,
                            .seed = e->options.seed,
                            .trainer = e->options.trainer};
    return s;
}

aez_status aez_encoder_take_slots(aez_encoder *e, uint32_t width, uint32_t n_columns)
{
    if (width == 0)
        width = 1;
    e->slot = aez_take(&e->mem, width, sizeof *e->slot);
    e->text = aez_take(&e->mem, n_columns, AEZ_NOTE_SIZE);
    if (!e->slot || !e->text)
        return aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL);
    e->width = width;
    e->n_columns = n_columns;
    for (uint32_t i = 0; i < width; i++) {
        aez_buf_init(&e->slot[i].payload, &e->mem);
        aez_row_store_init(&e->slot[i].rows, &e->mem);
    }
    for (uint32_t i = 0; !e->is_table && i < width; i++) {
        e->slot[i].column = aez_take(&e->mem, n_columns, sizeof *e->slot[i].column);
        if (!e->slot[i].column)
            return aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL);
    }
    return AEZ_OK;
}

void aez_encoder_put_header(aez_encoder *e)
{
    aez_header_put(&e->out);
    if (!e->out.failed)
        memcpy(e->header, e->out.data, AEZ_HEADER_SIZE);
    e->file_size = AEZ_HEADER_SIZE;
}

void aez_encoder_put_section(aez_encoder *e, unsigned type, const void *payload, size_t size)
{
    size_t before = e->out.size;
    aez_section_put(&e->out, type, payload, size, aez_section_seed(e->header, e->file_size));
    e->file_size += e->out.size - before;
}

/* ---- coding
 * ----------------------------------------------------------------------------------------- */

static aez_status code_rows(const aez_encoder *e, aez_slot *s)
{
    aez_row   *rows;
    aez_cell  *cells;
    aez_status st = aez_row_store_view(&s->rows, &rows, &cells);
    if (st >= 0)
        st = aez_table_chunk_encode(&e->table_ctx, rows, s->rows.n_rows, &s->payload, &s->info);
    if (st >= 0 && e->sole)
        s->payload.data[0] |= AEZ_TABLE_SOLE;
    aez_drop(&e->mem, rows);
    aez_drop(&e->mem, cells);
    return st;
}

static void code_slot(void *arg, size_t i)
{
    aez_encoder *e = arg;
    aez_slot    *s = &e->slot[i];
    s->payload.size = 0;
    memset(&s->info, 0, sizeof s->info);
    s->info.text = i + 1 == e->n_full ? e->text : NULL;
    if (e->is_table)
        s->status = code_rows(e, s);
    else
        s->status = aez_chunk_encode(&e->ctx, &s->box, (const void *const *)s->column, &s->payload,
                                     &s->info);
}

static void code_later_slot(void *arg, size_t i)
{
    code_slot(arg, i + 1);
}

/* The first of several chunks is searched at length; the others follow its plans, whatever number
 * of them is coded at once. */
static aez_status code_first(aez_encoder *e)
{
    aez_search_options *search = e->is_table ? &e->table_ctx.search : &e->ctx.search;
    e->seed = aez_plan_seed_create(&e->mem);
    if (!e->seed)
        return aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL);
    search->keep = e->seed;
    code_slot(e, 0);
    search->keep = NULL;
    search->seed_plan = e->seed;
    return AEZ_OK;
}

void aez_encoder_keep(aez_encoder *e, aez_plan_seed *seed)
{
    e->family = seed;
}

/* The first chunk of files that a model is trained on. */
static void code_for_family(aez_encoder *e)
{
    aez_search_options *search = e->is_table ? &e->table_ctx.search : &e->ctx.search;
    search->keep = e->family;
    code_slot(e, 0);
    search->keep = NULL;
}

static void run_jobs(const aez_options *o, size_t n, void (*job)(void *arg, size_t i), void *arg)
{
    if (n > 1 && o->runner.run) {
        o->runner.run(o->runner.opaque, n, job, arg);
        return;
    }
    for (size_t i = 0; i < n; i++)
        job(arg, i);
}

static void count(aez_encoder *e, const aez_slot *s, uint64_t section)
{
    const aez_chunk_info *i = &s->info;
    uint64_t              parts = i->model_bytes + i->latent_bytes + i->residual_bytes +
                                  i->text_bytes + i->stored_bytes;
    e->report.model_bytes += i->model_bytes;
    e->report.residual_bytes += i->residual_bytes;
    e->report.text_bytes += i->text_bytes;
    e->report.stored_bytes += i->stored_bytes;
    e->report.header_bytes += section - parts; /* the section's head and checksum */
    e->report.n_chunks++;
    e->report.n_stored_chunks += i->stored != 0;
    e->report.latent_bytes += i->latent_bytes;
    if (i->n_items == 0)
        return;
    e->report.n_items += i->n_items;
    e->item_bytes += i->latent_bytes;
    e->baseline_bytes += i->baseline_bytes;
    e->error += i->error;
    e->baseline_error += i->baseline_error;
    e->n_errors += i->n_errors;
}

static uint64_t raw_size(const aez_encoder *e, const aez_slot *s)
{
    uint64_t n = s->rows.text.size;
    for (uint32_t f = 0; !e->is_table && f < e->n_columns; f++)
        n += s->filled * aez_type_size(e->schema.fields[f].type);
    return n;
}

static void empty_slot(aez_encoder *e, aez_slot *s)
{
    for (uint32_t f = 0; s->column && f < e->n_columns; f++) {
        aez_drop(&e->mem, s->column[f]);
        s->column[f] = NULL;
    }
    aez_row_store_clear(&s->rows);
    aez_buf_free(&s->payload);
    s->filled = 0;
}

/* Before the first rows are coded: the model, and the schema, which waits where the only chunk may
 * be stored and then needs less of it. */
static aez_status begin_rows(aez_encoder *e)
{
    aez_status st = AEZ_OK;
    size_t bare = e->table.head_size + 2 * (size_t)e->table.n_columns + 16; /* at most, nearly */
    if (e->file_size > 0)
        return AEZ_OK;
    if (!e->sole || e->options.trained || aez_model_is_wanted(&e->options))
        st = aez_encoder_put_table_front(e, 0);
    else if (e->front.size > bare)
        e->table_ctx.overhead = e->front.size - bare;
    return st < 0 ? st : aez_encoder_learn_rows(e, &e->slot[0].rows);
}

static aez_status code_slots(aez_encoder *e)
{
    aez_status st = AEZ_OK;
    if (e->index.n == 0 && e->family) {
        code_for_family(e);
    } else if (e->index.n == 0 && !e->sole && e->options.level >= 5) {
        st = code_first(e);
    } else {
        run_jobs(&e->options, e->n_full, code_slot, e);
        return AEZ_OK;
    }
    if (st >= 0)
        run_jobs(&e->options, e->n_full - 1, code_later_slot, e);
    return st;
}

/* Bytes that the trained model saves in all of the file, as far as the first chunk tells. */
static double foresee_gain(const aez_encoder *e)
{
    const aez_slot *s = &e->slot[0];
    double          share = e->is_table ? 1 : (double)e->schema.n_sites / (double)s->filled;
    return (double)s->info.saved * share;
}

/* The model that was given: its section comes before the chunks that need it, unless it is to pay
 * for itself and does not. */
static aez_status settle_model(aez_encoder *e)
{
    aez_search_options *search = e->is_table ? &e->table_ctx.search : &e->ctx.search;
    aez_buf            *section = &e->model_section;
    aez_status          st = AEZ_OK;
    if (section->size == 0)
        return AEZ_OK;
    if (e->options.model == AEZ_MODEL_AUTO && !e->options.latent_only &&
        foresee_gain(e) <= (double)section->size) {
        aez_encoder_forget(e);
        aez_plan_seed_destroy(e->seed);
        e->seed = NULL;
        search->seed_plan = NULL;
        st = code_slots(e);
    } else {
        aez_encoder_put_model(e, e->options.refer ? AEZ_SECTION_MODEL_REFERENCE : AEZ_SECTION_MODEL,
                              section);
    }
    aez_buf_free(section);
    return st;
}

aez_status aez_encoder_code_batch(aez_encoder *e)
{
    uint32_t   n = e->n_full;
    aez_status st = AEZ_OK;
    if (n == 0)
        return AEZ_OK;
    if (e->is_table)
        st = begin_rows(e);
    if (st >= 0)
        st = code_slots(e);
    if (st >= 0 && e->slot[0].status >= 0)
        st = settle_model(e);
    if (st < 0)
        return st;
    if (e->is_table) {
        st = aez_encoder_put_table_front(e, e->slot[0].info.stored);
        if (st < 0)
            return st;
    }
    for (uint32_t i = 0; i < n; i++) {
        aez_slot *s = &e->slot[i];
        uint64_t  offset = e->file_size;
        if (s->status < 0)
            return aez_encoder_fail(e, s->status, NULL);
        aez_encoder_put_section(e, AEZ_SECTION_CHUNK, s->payload.data, s->payload.size);
        if (e->out.failed ||
            aez_index_list_add(&e->index, &e->mem, offset, e->file_size - offset, s->filled) < 0)
            return aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL);
        count(e, s, e->file_size - offset);
        e->raw_done += raw_size(e, s);
        empty_slot(e, s);
    }
    e->n_full = 0;
    if (e->options.progress && e->options.progress(e->options.progress_opaque, e->raw_done))
        return aez_encoder_fail(e, AEZ_ERR_CANCELLED, NULL);
    return AEZ_OK;
}

static aez_status put_back(aez_encoder *e)
{
    aez_buf  payload;
    uint64_t at = e->file_size;
    aez_buf_init(&payload, &e->mem);
    aez_index_put(&payload, e->index.entry, e->index.n);
    aez_encoder_put_section(e, AEZ_SECTION_INDEX, payload.data, payload.size);
    aez_trailer_put(&e->out, at, e->file_size + AEZ_TRAILER_SIZE);
    e->file_size += AEZ_TRAILER_SIZE;
    e->report.index_bytes = e->file_size - at;
    if (payload.failed)
        e->out.failed = 1;
    aez_buf_free(&payload);
    return e->out.failed ? aez_encoder_fail(e, AEZ_ERR_NOMEM, NULL) : AEZ_OK;
}

aez_status aez_encoder_finish(aez_encoder *e)
{
    aez_status st;
    if (e->state != AEZ_TAKING)
        return AEZ_ERR_STATE;
    if (!e->is_table && e->pushed != e->schema.n_sites)
        return aez_encoder_fail(e, AEZ_ERR_STATE, "fewer sites were pushed than the shape has");
    if (e->is_table && e->slot[e->n_full].filled > 0)
        e->n_full++; /* the last rows make a shorter chunk */
    e->sole = e->index.n == 0 && e->n_full == 1;
    st = aez_encoder_code_batch(e);
    if (st >= 0 && e->is_table)
        st = aez_encoder_put_table_front(e, 0);
    if (st >= 0 && e->index.n != 1) /* a file of one chunk ends with it */
        st = put_back(e);
    if (st >= 0)
        e->state = AEZ_FINISHED;
    return st;
}

/* ---- bytes out
 * -------------------------------------------------------------------------------------- */

aez_status aez_encoder_pull(aez_encoder *e, aez_out *out)
{
    size_t left = e->out.size - e->out_pos, room = out->size - out->pos;
    size_t n = left < room ? left : room;
    if (e->state == AEZ_BROKEN)
        return AEZ_ERR_STATE;
    if (n)
        memcpy((uint8_t *)out->dst + out->pos, e->out.data + e->out_pos, n);
    out->pos += n;
    e->out_pos += n;
    if (e->out_pos < e->out.size)
        return AEZ_NEED_OUTPUT;
    aez_buf_free(&e->out);
    e->out_pos = 0;
    return e->state == AEZ_FINISHED ? AEZ_END : AEZ_NEED_INPUT;
}

const char *aez_encoder_message(const aez_encoder *e)
{
    return e ? e->message : "";
}

void aez_encoder_report(const aez_encoder *e, aez_report *out)
{
    double items = (double)e->report.n_items;
    *out = e->report;
    if (e->report.n_items == 0)
        return;
    out->latent_bits_per_item = 8 * (double)e->item_bytes / items;
    out->pca_bits_per_item = 8 * (double)e->baseline_bytes / items;
    out->latent_mse = e->n_errors ? e->error / (double)e->n_errors : 0;
    out->pca_mse = e->n_errors ? e->baseline_error / (double)e->n_errors : 0;
}

const char *aez_encoder_describe(const aez_encoder *e, uint32_t field)
{
    return e->text && field < e->n_columns ? e->text + (size_t)field * AEZ_NOTE_SIZE : "";
}

void aez_encoder_destroy(aez_encoder *e)
{
    aez_mem mem;
    if (!e)
        return;
    mem = e->mem;
    for (uint32_t i = 0; e->slot && i < e->width; i++) {
        empty_slot(e, &e->slot[i]);
        aez_drop(&mem, e->slot[i].column);
    }
    aez_drop(&mem, e->slot);
    aez_drop(&mem, e->text);
    aez_index_list_free(&e->index, &mem);
    aez_encoder_forget(e);
    aez_drop(&mem, e->kept_exact);
    aez_plan_seed_destroy(e->seed);
    aez_buf_free(&e->out);
    aez_buf_free(&e->model_section);
    if (e->front.mem)
        aez_buf_free(&e->front);
    aez_schema_free(&e->schema);
    if (e->table.mem)
        aez_table_schema_free(&e->table);
    aez_drop(&mem, e);
}
