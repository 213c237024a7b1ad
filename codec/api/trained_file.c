/* trained_file.c - model files: sections to a trained model and back (spec 10.12). */
#include <stdio.h>
#include <string.h>

#include "../../format/checksum.h"
#include "../../format/format.h"
#include "trained.h"

#define TENSOR_MAX AEZ_MODEL_FEATURES_MAX
#define FIELDS_MAX 65535
#define TEXT_MAX ((uint64_t)1 << 24)
#define EPOCH_BYTES 26 /* at least, of one of the curve */

/* ---- writing --------------------------------------------------------------------------------- */

static void put_text(const char *text, aez_buf *out)
{
    size_t size = strlen(text);
    aez_put_varint(out, size);
    aez_put(out, text, size);
}

static void put_head(const aez_trained_file *f, unsigned n_sections, aez_buf *out)
{
    aez_put_varint(out, n_sections);
    aez_put_u8(out, f->is_table != 0);
    aez_put_varint(out, f->channels);
    aez_put_varint(out, f->height);
    aez_put_varint(out, f->width);
    aez_put_varint(out, f->n_fields);
    for (uint32_t i = 0; i < f->n_fields; i++) {
        aez_put_u8(out, (unsigned)f->type[i]);
        put_text(f->name[i], out);
    }
}

static void put_record(const aez_training_record *r, aez_buf *out)
{
    aez_put_f64(out, r->float_mse);
    aez_put_f64(out, r->integer_mse);
    aez_put_varint(out, r->n_parameters);
    put_text(r->encoder, out);
    put_text(r->decoder, out);
    aez_put_varint(out, r->n_curve);
    for (size_t i = 0; i < r->n_curve; i++) {
        aez_put_varint(out, r->curve[i].epoch);
        aez_put_varint(out, r->curve[i].step);
        aez_put_f64(out, r->curve[i].train_loss);
        aez_put_f64(out, r->curve[i].valid_loss);
        aez_put_f64(out, r->curve[i].rate);
    }
}

static void put_section(aez_buf *out, unsigned type, const void *payload, size_t size)
{
    if (!out->failed)
        aez_section_put(out, type, payload, size, aez_section_seed(out->data, out->size));
}

aez_status aez_trained_file_put(const aez_trained_file *f, aez_buf *out)
{
    aez_buf head, record, file;
    aez_buf_init(&head, out->mem);
    aez_buf_init(&record, out->mem);
    aez_buf_init(&file, out->mem);
    put_head(f, 3 + (f->weights_size > 0), &head);
    put_record(f->record, &record);
    aez_header_put(&file);
    put_section(&file, AEZ_SECTION_FAMILY, head.data, head.size);
    put_section(&file, AEZ_SECTION_BODY, f->body, f->body_size);
    if (f->weights_size)
        put_section(&file, AEZ_SECTION_WEIGHTS, f->weights, f->weights_size);
    put_section(&file, AEZ_SECTION_RECORD, record.data, record.size);
    put_section(&file, AEZ_SECTION_PROVENANCE, f->provenance, strlen(f->provenance));
    if (head.failed || record.failed || file.failed)
        out->failed = 1;
    else
        aez_put(out, file.data, file.size);
    aez_buf_free(&head);
    aez_buf_free(&record);
    aez_buf_free(&file);
    return out->failed ? AEZ_ERR_NOMEM : AEZ_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* One file being read. */
typedef struct aez_trained_reader {
    aez_trained   *t;
    const uint8_t *bytes;
    size_t         size, at;
    uint64_t       limit; /* of a section */
    uint64_t       n_sections;
    int            is_table, has_body, has_record;
    char          *why;
    size_t         why_size;
} aez_trained_reader;

static aez_status refuse(aez_trained_reader *r, aez_status st, const char *what)
{
    if (r->why_size)
        snprintf(r->why, r->why_size, "%s (offset %zu)", what, r->at);
    return st;
}

/* A text of the file, with a 0 at its end; no 0 before. */
static aez_status get_text(const aez_mem *mem, aez_rd *in, char **out)
{
    uint64_t       size = aez_get_varint(in);
    const uint8_t *text = size <= TEXT_MAX ? aez_rd_take(in, size) : NULL;
    if (!text || (size && memchr(text, 0, (size_t)size)))
        return AEZ_ERR_CORRUPT;
    *out = aez_take(mem, (size_t)size + 1, 1);
    if (!*out)
        return AEZ_ERR_NOMEM;
    if (size)
        memcpy(*out, text, (size_t)size);
    return AEZ_OK;
}

static aez_status get_fields(aez_trained_reader *r, aez_rd *in)
{
    aez_trained *t = r->t;
    uint64_t     n = aez_get_varint(in);
    if (in->failed || n < 1 || n > FIELDS_MAX || n > aez_rd_left(in) / 2)
        return AEZ_ERR_CORRUPT;
    t->names = aez_take(&t->mem, (size_t)n, sizeof *t->names);
    t->types = aez_take(&t->mem, (size_t)n, sizeof *t->types);
    if (!t->names || !t->types)
        return AEZ_ERR_NOMEM;
    t->n_names = (uint32_t)n;
    for (uint32_t i = 0; i < t->n_names; i++) {
        unsigned   type = aez_get_u8(in);
        aez_status st;
        if (in->failed || (r->is_table ? type != 0 : type < AEZ_U8 || type > AEZ_F64))
            return AEZ_ERR_CORRUPT;
        t->types[i] = (aez_type)type;
        st = get_text(&t->mem, in, &t->names[i]);
        if (st < 0)
            return st;
    }
    t->shared.name = (const char *const *)t->names;
    t->shared.type = t->types;
    return AEZ_OK;
}

/* An extent of an item as a tensor; 0 where it is out of bounds. */
static uint32_t get_extent(aez_rd *in)
{
    uint64_t v = aez_get_varint(in);
    return v <= TENSOR_MAX ? (uint32_t)v : 0;
}

static aez_status get_head(aez_trained_reader *r, const aez_section *s)
{
    aez_trained *t = r->t;
    aez_rd       in;
    unsigned     is_table;
    aez_status   st;
    aez_rd_init(&in, s->payload, s->size);
    r->n_sections = aez_get_varint(&in);
    is_table = aez_get_u8(&in);
    t->channels = get_extent(&in);
    t->height = get_extent(&in);
    t->width = get_extent(&in);
    if (in.failed || is_table > 1 || !t->channels || !t->height || !t->width)
        return AEZ_ERR_CORRUPT;
    r->is_table = (int)is_table;
    st = get_fields(r, &in);
    return st >= 0 && (in.failed || aez_rd_left(&in) != 0) ? AEZ_ERR_CORRUPT : st;
}

/* Bytes that the plans take in the body: what they are written as. */
static aez_status count_plans(aez_trained *t)
{
    aez_buf    bytes;
    aez_status st = AEZ_OK;
    if (!t->shared.body.seed)
        return AEZ_OK;
    aez_buf_init(&bytes, &t->mem);
    st = aez_seed_put(t->shared.body.seed, &bytes);
    t->plan_bytes = bytes.size;
    if (bytes.failed)
        st = AEZ_ERR_NOMEM;
    aez_buf_free(&bytes);
    return st;
}

static aez_status get_body(aez_trained_reader *r, const aez_section *s)
{
    aez_trained      *t = r->t;
    aez_shared_model *m = &t->shared;
    aez_status        st;
    if (r->has_body)
        return AEZ_ERR_CORRUPT;
    r->has_body = 1;
    st = aez_model_body_get(&m->body, &t->mem, s->payload, s->size);
    if (st < 0)
        return st;
    m->bytes = t->file + (s->payload - r->bytes);
    m->size = s->size;
    aez_hash128(s->payload, s->size, m->hash);
    if (m->body.fields.n_fields != t->n_names || !m->body.fields.is_table != !r->is_table ||
        (uint64_t)t->channels * t->height > TENSOR_MAX ||
        (uint64_t)t->channels * t->height * t->width != m->body.inner * t->n_names)
        return AEZ_ERR_CORRUPT;
    return count_plans(t);
}

static aez_status get_curve(aez_trained *t, aez_rd *in)
{
    uint64_t n = aez_get_varint(in);
    if (in->failed || n > aez_rd_left(in) / EPOCH_BYTES)
        return AEZ_ERR_CORRUPT;
    t->curve = aez_take(&t->mem, (size_t)n, sizeof *t->curve);
    if (!t->curve)
        return AEZ_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        t->curve[i].epoch = aez_get_varint(in);
        t->curve[i].step = aez_get_varint(in);
        t->curve[i].train_loss = aez_get_f64(in);
        t->curve[i].valid_loss = aez_get_f64(in);
        t->curve[i].rate = aez_get_f64(in);
    }
    t->record.curve = t->curve;
    t->record.n_curve = (size_t)n;
    return AEZ_OK;
}

static aez_status get_record(aez_trained_reader *r, const aez_section *s)
{
    aez_trained *t = r->t;
    aez_rd       in;
    aez_status   st;
    if (r->has_record)
        return AEZ_ERR_CORRUPT;
    r->has_record = 1;
    aez_rd_init(&in, s->payload, s->size);
    t->record.float_mse = aez_get_f64(&in);
    t->record.integer_mse = aez_get_f64(&in);
    t->record.n_parameters = aez_get_varint(&in);
    st = get_text(&t->mem, &in, &t->encoder_text);
    if (st >= 0)
        st = get_text(&t->mem, &in, &t->decoder_text);
    if (st >= 0)
        st = get_curve(t, &in);
    return st >= 0 && (in.failed || aez_rd_left(&in) != 0) ? AEZ_ERR_CORRUPT : st;
}

static aez_status get_provenance(aez_trained_reader *r, const aez_section *s)
{
    aez_trained *t = r->t;
    if (t->provenance || (s->size && memchr(s->payload, 0, s->size)))
        return AEZ_ERR_CORRUPT;
    t->provenance = aez_take(&t->mem, s->size + 1, 1);
    if (!t->provenance)
        return AEZ_ERR_NOMEM;
    if (s->size)
        memcpy(t->provenance, s->payload, s->size);
    return AEZ_OK;
}

static aez_status get_weights(aez_trained_reader *r, const aez_section *s)
{
    aez_trained *t = r->t;
    if (t->weights || s->size == 0)
        return AEZ_ERR_CORRUPT;
    t->weights = t->file + (s->payload - r->bytes);
    t->weights_size = s->size;
    return AEZ_OK;
}

/* The next section; a whole one, since the file is all there. */
static aez_status next_section(aez_trained_reader *r, aez_section *s)
{
    size_t     need;
    aez_status st = aez_section_get(r->bytes + r->at, r->size - r->at,
                                    aez_section_seed(r->bytes, r->at), r->limit, s, &need);
    if (st == AEZ_NEED_INPUT)
        return refuse(r, AEZ_ERR_TRUNCATED, "the model file ends too soon");
    if (st == AEZ_ERR_LIMIT)
        return refuse(r, st, "a section of the model file is larger than the memory limit");
    return st < 0 ? refuse(r, st, "a section of the model file is damaged") : AEZ_OK;
}

static aez_status get_section(aez_trained_reader *r, const aez_section *s)
{
    aez_status st = AEZ_OK;
    switch (s->type) {
    case AEZ_SECTION_BODY:
        st = get_body(r, s);
        break;
    case AEZ_SECTION_WEIGHTS:
        st = get_weights(r, s);
        break;
    case AEZ_SECTION_RECORD:
        st = get_record(r, s);
        break;
    case AEZ_SECTION_PROVENANCE:
        st = get_provenance(r, s);
        break;
    default:
        if (!(s->type & 0x80))
            return refuse(r, AEZ_ERR_VERSION, "the model file needs a newer aez");
    }
    if (st == AEZ_ERR_VERSION)
        return refuse(r, st, "the model needs a newer aez");
    return st < 0 ? refuse(r, st, "a section of the model file contradicts the format") : AEZ_OK;
}

static aez_status get_first(aez_trained_reader *r)
{
    aez_section s;
    aez_status  st;
    if (r->size < AEZ_HEADER_SIZE)
        return refuse(r, AEZ_ERR_TRUNCATED, "the model file ends too soon");
    st = aez_header_get(r->bytes);
    if (st < 0)
        return refuse(r, st, st == AEZ_ERR_MAGIC ? "this is no model file (.aezm)"
                                                 : "the header of the model file is none");
    r->at = AEZ_HEADER_SIZE;
    st = next_section(r, &s);
    if (st < 0)
        return st;
    if (s.type == AEZ_SECTION_SCHEMA || s.type == AEZ_SECTION_TABLE)
        return refuse(r, AEZ_ERR_MAGIC, "this is a compressed file, not a model file (.aezm); "
                                        "models are made by training");
    if (s.type != AEZ_SECTION_FAMILY)
        return refuse(r, AEZ_ERR_CORRUPT, "the model file does not begin with a family");
    st = get_head(r, &s);
    if (st < 0)
        return refuse(r, st, "the family in the model file contradicts the format");
    r->at += s.total;
    return AEZ_OK;
}

static aez_status get_all(aez_trained_reader *r)
{
    aez_status st = get_first(r);
    for (uint64_t i = 0; st >= 0 && i < r->n_sections; i++) {
        aez_section s;
        st = next_section(r, &s);
        if (st >= 0)
            st = get_section(r, &s);
        if (st >= 0)
            r->at += s.total;
    }
    if (st < 0)
        return st;
    if (r->at != r->size)
        return refuse(r, AEZ_ERR_CORRUPT, "bytes follow the end of the model file");
    if (!r->has_body)
        return refuse(r, AEZ_ERR_CORRUPT, "the model file has no model");
    return AEZ_OK;
}

aez_status aez_trained_file_get(aez_trained *t, uint64_t memory_limit, const void *bytes, size_t size,
                              char *why, size_t why_size)
{
    aez_trained_reader r = {.t = t,
                          .bytes = bytes,
                          .size = size,
                          .limit = memory_limit,
                          .why = why,
                          .why_size = why ? why_size : 0};
    aez_status       st;
    t->file = aez_take_raw(&t->mem, size, 1);
    if (!t->file)
        return refuse(&r, AEZ_ERR_NOMEM, aez_status_text(AEZ_ERR_NOMEM));
    if (size)
        memcpy(t->file, bytes, size);
    t->file_size = size;
    st = get_all(&r);
    if (st < 0)
        return st;
    t->record.encoder = t->encoder_text ? t->encoder_text : "";
    t->record.decoder = t->decoder_text ? t->decoder_text : "";
    t->shared.hint = "";
    return AEZ_OK;
}
