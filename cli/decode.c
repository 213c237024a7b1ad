/* decode.c - reads .aez bytes and hands the restored file on, or only checks it. */
#include "platform.h"

#include "decode.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "envelope.h"
#include "message.h"

#define AGAIN (-1) /* a model was found: the file is to be read from its start */
#define INPUT_BYTES ((size_t)256 * 1024)

/* One file while it is decoded. */
typedef struct work {
    aez_decode       *d;
    aez_decoder      *decoder;
    const aez_schema *schema; /* the decoder's; NULL until known */
    aez_layout        layout;
    aez_blocks        blocks;
    uint64_t          first;  /* site at which the present block starts */
    uint64_t          filled; /* sites of it already there */
    void            **at;     /* owned: [n_fields], columns + filled */
    uint64_t          values_size;
    uint64_t          base;  /* where the values start in the output */
    int               spool; /* -1, or where values wait that come out of order into a pipe */
} work;

/* Bytes read and not yet taken by a decoder. */
typedef struct feed {
    uint8_t *buf; /* owned: [INPUT_BYTES] */
    size_t   size, pos;
    bool     end;
} feed;

static int refill(aez_decode *d, feed *f)
{
    int code;
    if (f->pos < f->size || f->end)
        return AEZ_EXIT_OK;
    f->pos = 0;
    code = aez_input_read(d->in, f->buf, INPUT_BYTES, &f->size);
    f->end = f->size < INPUT_BYTES;
    return code;
}

static int fail(const work *m, aez_status status, const char *why)
{
    return aez_fail_status(m->d->cli, m->d->in->name, status, why);
}

/* ---- writing ---- */

static int put_values(void *opaque, const void *src, size_t size, uint64_t off)
{
    work *m = opaque;
    if (m->spool >= 0)
        return aez_spool_write_at(m->spool, src, size, off);
    if (aez_blocks_in_order(&m->blocks))
        return aez_output_write(m->d->out, src, size);
    return aez_output_write_at(m->d->out, src, size, m->base + off);
}

static int copy_spool(work *m)
{
    uint64_t off = 0;
    int      code = AEZ_EXIT_OK;
    uint8_t *buf = malloc(INPUT_BYTES);
    if (!buf)
        return fail(m, AEZ_ERR_NOMEM, NULL);
    while (off < m->values_size && code == AEZ_EXIT_OK) {
        uint64_t left = m->values_size - off;
        size_t   size = left < INPUT_BYTES ? (size_t)left : INPUT_BYTES;
        code = aez_spool_read_at(m->spool, buf, size, off);
        if (code == AEZ_EXIT_OK)
            code = aez_output_write(m->d->out, buf, size);
        off += size;
    }
    free(buf);
    return code;
}

/* The schema is there: find out how the file was made, write its head. */
static int begin(work *m)
{
    const char *why = "";
    aez_status  status;
    int         code = AEZ_EXIT_OK;
    m->schema = aez_decoder_schema(m->decoder);
    status = aez_envelope_decode(m->schema, &m->layout, &why);
    if (status < 0)
        return fail(m, status, why);
    /* the reader of envelopes has seen that it fits */
    (void)aez_layout_data_size(&m->layout, &m->values_size);
    aez_progress_expect(m->d->cli->progress, m->values_size);
    m->at = malloc((size_t)m->schema->n_fields * sizeof *m->at);
    if (!aez_blocks_init(&m->blocks, &m->layout) || !m->at)
        return fail(m, AEZ_ERR_NOMEM, NULL);
    if (!m->d->out)
        return AEZ_EXIT_OK;
    code = aez_output_write(m->d->out, m->layout.head, m->layout.head_size);
    m->base = m->d->out->pos;
    if (code == AEZ_EXIT_OK && !aez_blocks_in_order(&m->blocks) &&
        !aez_output_seekable(m->d->out))
        code = aez_spool_create(&m->spool, m->d->cli->guard);
    return code;
}

static int end(work *m)
{
    aez_output *out = m->d->out;
    int         code = AEZ_EXIT_OK;
    if (!out)
        return AEZ_EXIT_OK;
    if (m->spool >= 0)
        code = copy_spool(m);
    else if (m->schema && !aez_blocks_in_order(&m->blocks))
        out->pos = m->base + m->values_size;
    if (code == AEZ_EXIT_OK)
        code = aez_output_write(out, m->layout.tail, m->layout.tail_size);
    return code;
}

/* Pulls what the decoder has ready; whole blocks go out. *any tells whether there was something. */
static int pull_ready(work *m, bool *any)
{
    uint64_t want;
    while ((want = aez_blocks_next(&m->blocks, m->first)) > 0) {
        uint64_t   got = 0;
        aez_status status;
        for (uint64_t f = 0; f < m->blocks.n_fields; f++)
            m->at[f] = (uint8_t *)m->blocks.columns[f] + m->filled * m->blocks.value_size;
        status = aez_decoder_pull(m->decoder, m->at, want - m->filled, &got);
        if (status < 0)
            return fail(m, status, aez_decoder_message(m->decoder));
        if (status != AEZ_OK || got == 0)
            return AEZ_EXIT_OK;
        *any = true;
        m->filled += got;
        if (m->filled < want)
            continue;
        if (m->d->out) {
            int code = aez_blocks_write(&m->blocks, put_values, m, m->first, want);
            if (code != AEZ_EXIT_OK)
                return code;
        }
        m->first += want;
        m->filled = 0;
    }
    return AEZ_EXIT_OK;
}

/* The text of a table goes out as it comes. */
static int pull_text(work *m, bool *any)
{
    uint8_t   *buf = malloc(INPUT_BYTES);
    aez_status status = AEZ_NEED_OUTPUT;
    int        code = AEZ_EXIT_OK;
    if (!buf)
        return fail(m, AEZ_ERR_NOMEM, NULL);
    while (status == AEZ_NEED_OUTPUT && code == AEZ_EXIT_OK) {
        aez_out out = {.dst = buf, .size = INPUT_BYTES};
        status = aez_decoder_pull_text(m->decoder, &out);
        if (status < 0)
            code = fail(m, status, aez_decoder_message(m->decoder));
        else if (m->d->out)
            code = aez_output_write(m->d->out, buf, out.pos);
        *any = *any || out.pos > 0;
        m->values_size += out.pos;
    }
    free(buf);
    return code;
}

/* ---- reading ---- */

/* Looks for the model beside the file, if what has been written can still be taken back. */
static bool find_model(work *m)
{
    aez_decode *d = m->d;
    uint8_t     hash[16];
    const char *name = aez_decoder_missing_model(m->decoder, hash);
    if (!name || d->in->is_stdin || (m->schema && d->out && !aez_output_seekable(d->out)))
        return false;
    return aez_model_list_find(d->models, d->cli, d->in->name, name, hash) &&
           lseek(d->in->fd, 0, SEEK_SET) == 0;
}

/* One push, and the pulls that it makes possible. *taken counts the bytes. */
static int step(work *m, feed *f, bool *done, uint64_t *taken)
{
    aez_in     in = {.src = f->buf + f->pos, .size = f->size - f->pos};
    aez_status pushed = aez_decoder_push(m->decoder, &in);
    bool       any = in.pos > 0 || pushed == AEZ_END;
    int        code = AEZ_EXIT_OK;
    f->pos += in.pos;
    *taken += in.pos;
    if (pushed == AEZ_ERR_MODEL && find_model(m))
        return AGAIN;
    if (pushed < 0)
        return fail(m, pushed, aez_decoder_message(m->decoder));
    if (aez_decoder_is_table(m->decoder)) {
        m->layout.format = AEZ_FORMAT_CSV;
        *done = pushed == AEZ_END;
        return pull_text(m, &any);
    }
    if (!m->schema && aez_decoder_schema(m->decoder))
        code = begin(m);
    if (code == AEZ_EXIT_OK && m->schema)
        code = pull_ready(m, &any);
    if (code == AEZ_EXIT_OK && !any) /* neither takes nor gives: it would never end */
        return fail(m, AEZ_ERR_CORRUPT, "more values than the schema has");
    *done = pushed == AEZ_END;
    return code;
}

static int check_complete(const work *m)
{
    if (m->layout.format == AEZ_FORMAT_CSV && aez_decoder_is_table(m->decoder))
        return AEZ_EXIT_OK;
    if (!m->schema || m->first != m->blocks.n_sites || m->filled != 0)
        return fail(m, AEZ_ERR_TRUNCATED, "values are missing");
    return AEZ_EXIT_OK;
}

static int decode_bytes(work *m, feed *f, uint64_t *taken)
{
    bool done = false;
    int  code = AEZ_EXIT_OK;
    while (code == AEZ_EXIT_OK && !done) {
        code = refill(m->d, f);
        if (code == AEZ_EXIT_OK && f->pos == f->size) {
            aez_status status = aez_decoder_finish(m->decoder);
            if (status < 0)
                return fail(m, status, aez_decoder_message(m->decoder));
            done = true;
        } else if (code == AEZ_EXIT_OK) {
            code = step(m, f, &done, taken);
        }
    }
    return code == AEZ_EXIT_OK ? check_complete(m) : code;
}

static int open_decoder(work *m)
{
    aez_options options;
    aez_status  status;
    aez_cli_options(m->d->cli, &options);
    status = aez_decoder_create(&m->decoder, &options);
    if (status < 0)
        return fail(m, status, NULL);
    for (size_t i = 0; i < m->d->models->n; i++) {
        status = aez_decoder_add_model(m->decoder, m->d->models->at[i]);
        if (status < 0)
            return fail(m, status, aez_decoder_message(m->decoder));
    }
    return AEZ_EXIT_OK;
}

/* An exit code, or AGAIN. */
static int decode_once(aez_decode *d, feed *f)
{
    work        m = {.d = d, .spool = -1};
    uint64_t    taken = 0;
    int         code;
    aez_layout_init(&m.layout);
    code = open_decoder(&m);
    if (code == AEZ_EXIT_OK)
        code = decode_bytes(&m, f, &taken);
    if (code == AEZ_EXIT_OK)
        code = end(&m);
    if (code == AEZ_EXIT_OK) {
        d->packed_bytes = taken;
        d->raw_bytes = m.layout.head_size + m.values_size + m.layout.tail_size;
        aez_progress_clear(d->cli->progress);
        if (d->on_end)
            d->on_end(d, m.decoder, &m.layout);
    }
    if (m.spool >= 0)
        (void)close(m.spool);
    aez_blocks_free(&m.blocks);
    aez_layout_free(&m.layout);
    aez_decoder_destroy(m.decoder);
    free((void *)m.at);
    return code;
}

static int decode_file(aez_decode *d, feed *f)
{
    int code = decode_once(d, f);
    if (code != AGAIN)
        return code;
    f->pos = f->size = 0;
    f->end = false;
    if (d->out)
        d->out->pos = 0;
    code = decode_once(d, f); /* the model is there now: it cannot be missed again */
    return code == AGAIN ? AEZ_EXIT_DATA : code;
}

int aez_decode_input(aez_decode *d)
{
    feed f = {.buf = malloc(INPUT_BYTES)};
    int  code;
    if (!f.buf)
        return aez_fail_status(d->cli, d->in->name, AEZ_ERR_NOMEM, NULL);
    aez_progress_start(d->cli->progress, d->in->name,
                       d->out ? "decompressing" : "checking", 0);
    code = decode_file(d, &f);
    if (code == AEZ_EXIT_OK)
        code = refill(d, &f);
    if (code == AEZ_EXIT_OK && f.pos < f.size)
        code = aez_fail_status(d->cli, d->in->name, AEZ_ERR_CORRUPT,
                               "bytes follow the end of the file");
    free(f.buf);
    return code;
}
