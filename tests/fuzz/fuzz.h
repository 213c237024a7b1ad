/* fuzz.h - what the targets share: an input that is eaten from the front, a check that aborts, an
 * allocator that refuses what a limit would, a decoder run to its end.
 *
 * A target is one file, fuzz_NAME.c, and nothing else has to know of it. Beside it may stand NAME.dict,
 * a dictionary; seeds.c may make seeds for it. libFuzzer calls LLVMFuzzerTestOneInput; replay.c does
 * under any compiler, with files or with standard input, which is what AFL++ needs.
 */
#ifndef AEZ_TESTS_FUZZ_H
#define AEZ_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aez.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(what)                                                                           \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #what);                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* ---- input, eaten from the front; zeros when it is empty ---- */

typedef struct fuzz_input {
    const uint8_t *p, *end;
} fuzz_input;

static inline unsigned fuzz_u8(fuzz_input *in)
{
    return in->p < in->end ? *in->p++ : 0;
}

/* 0 .. n - 1, n at most 65536. */
static inline unsigned fuzz_below(fuzz_input *in, unsigned n)
{
    unsigned v = fuzz_u8(in);
    if (n > 256)
        v |= fuzz_u8(in) << 8;
    return v % n;
}

static inline uint64_t fuzz_u64(fuzz_input *in)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v |= (uint64_t)fuzz_u8(in) << 8 * i;
    return v;
}

static inline size_t fuzz_left(const fuzz_input *in)
{
    return (size_t)(in->end - in->p);
}

/* ---- memory: live bytes are counted, and none beyond the cap are given ---- */

typedef struct fuzz_memory {
    size_t live, peak, cap, n_live;
} fuzz_memory;

enum { FUZZ_HEAD = 16 }; /* keeps blocks aligned for any type */

static inline void *fuzz_alloc(void *opaque, size_t size)
{
    fuzz_memory *m = opaque;
    uint8_t     *block;
    if (size > m->cap || m->live > m->cap - size || !(block = malloc(size + FUZZ_HEAD)))
        return NULL;
    memcpy(block, &size, sizeof size);
    m->live += size;
    m->n_live++;
    m->peak = m->peak > m->live ? m->peak : m->live;
    return block + FUZZ_HEAD;
}

static inline void fuzz_release(void *opaque, void *block)
{
    fuzz_memory *m = opaque;
    uint8_t     *start = (uint8_t *)block - FUZZ_HEAD;
    size_t       size;
    memcpy(&size, start, sizeof size);
    m->live -= size;
    m->n_live--;
    free(start);
}

static inline aez_allocator fuzz_allocator(fuzz_memory *m)
{
    aez_allocator a = {fuzz_alloc, fuzz_release, m};
    return a;
}

/* ---- decoding ---- */

typedef struct fuzz_output {
    uint64_t n_sites, n_text;
    uint64_t sum; /* of all that came out: a value that was never set is noticed by valgrind */
} fuzz_output;

static inline void fuzz_mix(fuzz_output *out, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        out->sum = out->sum * 31 + p[i];
}

static inline aez_status fuzz_pull(aez_decoder *d, uint64_t piece, fuzz_output *out)
{
    const aez_schema *s = aez_decoder_schema(d);
    uint8_t           text[512], *values;
    void            **columns;
    aez_status        st;
    if (aez_decoder_is_table(d)) {
        do {
            aez_out o = {.dst = text, .size = sizeof text};
            st = aez_decoder_pull_text(d, &o);
            out->n_text += o.pos;
            fuzz_mix(out, text, o.pos);
        } while (st == AEZ_NEED_OUTPUT);
        return st;
    }
    if (!s)
        return AEZ_NEED_INPUT;
    columns = malloc(s->n_fields * sizeof *columns);
    values = malloc(s->n_fields * piece * 8);
    if (!columns || !values)
        abort();
    for (uint32_t f = 0; f < s->n_fields; f++)
        columns[f] = values + f * piece * 8;
    do {
        uint64_t n;
        st = aez_decoder_pull(d, columns, piece, &n);
        out->n_sites += n;
        for (uint32_t f = 0; f < s->n_fields; f++)
            fuzz_mix(out, columns[f], (size_t)n * aez_type_size(s->fields[f].type));
    } while (st == AEZ_OK);
    free(columns);
    free(values);
    return st;
}

/* Pushes `piece` bytes at a time (0: all at once) and pulls what is there. The file may refer to one
 * of the models. */
static inline aez_status fuzz_decode_with(const aez_options *o, aez_trained *const *models,
                                          size_t n_models, const uint8_t *bytes, size_t size,
                                          size_t piece, fuzz_output *out)
{
    aez_decoder *d = NULL;
    aez_status   st = aez_decoder_create(&d, o);
    size_t       at = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; st >= 0 && i < n_models; i++)
        st = aez_decoder_add_model(d, models[i]);
    while (st >= 0 && at < size) {
        aez_in in = {.src = bytes + at};
        in.size = piece && piece < size - at ? piece : size - at;
        st = aez_decoder_push(d, &in);
        at += in.pos;
        if (st >= 0)
            st = fuzz_pull(d, 16, out);
    }
    if (st >= 0)
        st = aez_decoder_finish(d);
    FUZZ_CHECK(aez_decoder_message(d) != NULL);
    FUZZ_CHECK(aez_decoder_describe(d, 0) != NULL);
    aez_decoder_destroy(d);
    return st;
}

static inline aez_status fuzz_decode(const aez_options *o, const uint8_t *bytes, size_t size,
                                     size_t piece, fuzz_output *out)
{
    return fuzz_decode_with(o, NULL, 0, bytes, size, piece, out);
}

#endif
