/* arrays.h - whole arrays through the public interface, in pieces of any size. */
#ifndef AEZ_TESTS_ARRAYS_H
#define AEZ_TESTS_ARRAYS_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aez.h"

typedef struct arrays_bytes {
    uint8_t *data;
    size_t   size, cap;
} arrays_bytes;

static inline void arrays_append(arrays_bytes *b, const void *src, size_t n)
{
    if (b->size + n > b->cap) {
        b->cap = 2 * (b->size + n);
        b->data = realloc(b->data, b->cap);
    }
    if (n)
        memcpy(b->data + b->size, src, n);
    b->size += n;
}

static inline uint64_t arrays_sites(const aez_schema *s)
{
    uint64_t n = 1;
    for (unsigned a = 0; a < s->n_dims; a++)
        n *= s->shape[a];
    return n;
}

static inline aez_schema arrays_schema(const aez_field *fields, uint32_t n_fields, unsigned n_dims,
                                       const uint64_t *shape)
{
    aez_schema s = {.struct_size = sizeof s, .n_dims = n_dims, .n_fields = n_fields, .fields = fields};
    memcpy(s.shape, shape, n_dims * sizeof *shape);
    return s;
}

/* The columns moved on by some sites. */
static inline void arrays_move(const aez_schema *s, void *const *columns, uint64_t by, void **moved)
{
    for (uint32_t f = 0; f < s->n_fields; f++)
        moved[f] = (uint8_t *)columns[f] + by * aez_type_size(s->fields[f].type);
}

static inline aez_status arrays_drain(aez_encoder *e, arrays_bytes *out, size_t piece)
{
    uint8_t    buf[65536];
    aez_status st;
    do {
        aez_out o = {.dst = buf, .size = piece && piece < sizeof buf ? piece : sizeof buf};
        st = aez_encoder_pull(e, &o);
        arrays_append(out, buf, o.pos);
    } while (st == AEZ_NEED_OUTPUT);
    return st;
}

static inline aez_status arrays_survey(const aez_options *o, const aez_schema *s,
                                       void *const *columns, uint64_t piece, aez_profile **profile)
{
    void     **moved = malloc(s->n_fields * sizeof *moved);
    uint64_t   n = arrays_sites(s);
    aez_status st = aez_profile_create(profile, o, s);
    for (uint64_t at = 0; st >= 0 && at < n; at += piece) {
        arrays_move(s, columns, at, moved);
        st = aez_profile_push(*profile, (const void *const *)moved, piece < n - at ? piece : n - at);
    }
    free(moved);
    return st;
}

/* Pushes `piece` sites at a time (0: all). The bytes are the caller's to free, whatever happens. */
static inline aez_status arrays_encode(const aez_options *o, const aez_schema *s,
                                       void *const *columns, int with_profile, uint64_t piece,
                                       arrays_bytes *out)
{
    aez_encoder *e = NULL;
    aez_profile *profile = NULL;
    void       **moved = malloc(s->n_fields * sizeof *moved);
    uint64_t     n = arrays_sites(s);
    aez_status   st = AEZ_OK;
    memset(out, 0, sizeof *out);
    if (piece == 0)
        piece = n ? n : 1;
    if (with_profile)
        st = arrays_survey(o, s, columns, piece, &profile);
    if (st >= 0)
        st = aez_encoder_create(&e, o, s, profile);
    aez_profile_destroy(profile);
    for (uint64_t at = 0; st >= 0 && at < n; at += piece) {
        arrays_move(s, columns, at, moved);
        st = aez_encoder_push(e, (const void *const *)moved, piece < n - at ? piece : n - at);
        if (st >= 0)
            st = arrays_drain(e, out, (size_t)(piece * 3));
    }
    if (st >= 0)
        st = aez_encoder_finish(e);
    if (st >= 0)
        st = arrays_drain(e, out, 0);
    aez_encoder_destroy(e);
    free(moved);
    return st;
}

/* Feeds `piece` bytes at a time and takes `sites` sites at a time (0: all). AEZ_OK: the array is
 * whole and *n_sites is their number. columns have room for `room` sites. */
static inline aez_status arrays_decode(const aez_options *o, const void *bytes, size_t size,
                                       size_t piece, uint64_t sites, void *const *columns,
                                       uint64_t room, uint64_t *n_sites)
{
    aez_decoder *d = NULL;
    aez_status   st = aez_decoder_create(&d, o);
    size_t       at = 0;
    void       **moved = NULL;
    *n_sites = 0;
    if (piece == 0)
        piece = size;
    while (st >= 0 && at < size) {
        aez_in            in = {.src = (const uint8_t *)bytes + at};
        const aez_schema *s;
        uint64_t          n = 1;
        in.size = piece < size - at ? piece : size - at;
        st = aez_decoder_push(d, &in);
        at += in.pos;
        s = st >= 0 ? aez_decoder_schema(d) : NULL;
        if (!s)
            continue;
        moved = moved ? moved : malloc(s->n_fields * sizeof *moved);
        while (st >= 0 && n > 0) {
            uint64_t want = sites && sites < room - *n_sites ? sites : room - *n_sites;
            arrays_move(s, columns, *n_sites, moved);
            st = aez_decoder_pull(d, moved, want, &n);
            *n_sites += n;
            if (want == 0)
                break;
        }
    }
    if (st >= 0)
        st = aez_decoder_finish(d);
    aez_decoder_destroy(d);
    free(moved);
    return st;
}

/* ---- a runner with threads of its own ---------------------------------------------------------- */

typedef struct arrays_job {
    void (*job)(void *arg, size_t i);
    void  *arg;
    size_t i;
} arrays_job;

static inline void *arrays_thread(void *opaque)
{
    arrays_job *j = opaque;
    j->job(j->arg, j->i);
    return NULL;
}

/* Each job in a thread of its own, the last one started first. *opaque counts the calls. */
static inline void arrays_run(void *opaque, size_t n, void (*job)(void *arg, size_t i), void *arg)
{
    pthread_t  *threads = malloc(n * sizeof *threads);
    arrays_job *jobs = malloc(n * sizeof *jobs);
    for (size_t i = n; i-- > 0;) {
        jobs[i] = (arrays_job){job, arg, i};
        if (pthread_create(&threads[i], NULL, arrays_thread, &jobs[i]))
            abort();
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    ++*(size_t *)opaque;
    free(jobs);
    free(threads);
}

#endif
