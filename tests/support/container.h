/* container.h - a container as a list of sections that can be damaged and joined again, so that
 * checksums, index and trailer fit the damage and a reader has to notice the damage itself. */
#ifndef AEZ_TESTS_CONTAINER_H
#define AEZ_TESTS_CONTAINER_H

#include <stdlib.h>
#include <string.h>

#include "codec/entropy/entropy.h"
#include "format/format.h"

#define CONTAINER_PARTS 64

typedef struct container_part {
    unsigned type;
    uint8_t *payload;
    size_t   size;
    uint64_t n_sites; /* of a chunk, as the index has it */
} container_part;

typedef struct container {
    uint8_t        header[AEZ_HEADER_SIZE];
    container_part part[CONTAINER_PARTS];
    size_t         n;
    int            keep_index; /* the index section is written as it stands, not made to fit */
} container;

static const aez_mem container_mem;

static inline void container_free(container *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->part[i].payload);
    c->n = 0;
}

static inline void container_set(container_part *p, const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, bytes, size);
    free(p->payload);
    p->payload = copy;
    p->size = size;
}

/* Sites of the chunks, from the index that stands last. */
static inline void container_sites(container *c)
{
    aez_index_entry *entries = NULL;
    size_t           n = 0, at = 0;
    container_part  *last = c->n ? &c->part[c->n - 1] : NULL;
    if (!last || last->type != AEZ_SECTION_INDEX ||
        aez_index_get(&container_mem, last->payload, last->size, &entries, &n) < 0)
        return;
    for (size_t i = 0; i < c->n && at < n; i++) {
        if (c->part[i].type == AEZ_SECTION_CHUNK)
            c->part[i].n_sites = entries[at++].n_sites;
    }
    aez_drop(&container_mem, entries);
}

/* Takes any bytes: a section that is longer than what is left ends with the bytes. Checksums are not
 * looked at. What follows an index, or the last section there is room for, is dropped. */
static inline void container_split(container *c, const void *bytes, size_t size)
{
    aez_rd in;
    memset(c, 0, sizeof *c);
    memcpy(c->header, bytes, size < AEZ_HEADER_SIZE ? size : AEZ_HEADER_SIZE);
    aez_rd_init(&in, bytes, size);
    aez_rd_take(&in, AEZ_HEADER_SIZE);
    while (!in.failed && aez_rd_left(&in) > 0 && c->n < CONTAINER_PARTS) {
        container_part *p = &c->part[c->n];
        uint64_t        want, left;
        p->type = aez_get_u8(&in);
        want = aez_get_varint(&in);
        if (in.failed)
            break;
        left = aez_rd_left(&in);
        want = want < left ? want : left >= 8 ? left - 8 : left;
        container_set(p, aez_rd_take(&in, want), (size_t)want);
        c->n++;
        if (p->type == AEZ_SECTION_INDEX)
            break;
        aez_rd_take(&in, aez_rd_left(&in) < 8 ? aez_rd_left(&in) : 8);
    }
    container_sites(c);
}

static inline void container_index(const container *c, const aez_index_entry *entries, size_t n,
                                   aez_buf *payload)
{
    const container_part *last = &c->part[c->n - 1];
    if (c->keep_index)
        aez_put(payload, last->payload, last->size);
    else
        aez_index_put(payload, entries, n);
}

/* The file of these sections, with an index and a trailer that fit if there is an index. */
static inline void container_join(const container *c, aez_buf *out)
{
    aez_index_entry entries[CONTAINER_PARTS];
    size_t          n = 0, start = out->size;
    uint64_t        site = 0;
    aez_put(out, c->header, AEZ_HEADER_SIZE);
    for (size_t i = 0; i < c->n; i++) {
        const container_part *p = &c->part[i];
        uint64_t              at = out->size - start;
        uint64_t              seed = aez_section_seed(c->header, at);
        if (p->type == AEZ_SECTION_INDEX && i + 1 == c->n) {
            aez_buf payload;
            aez_buf_init(&payload, &container_mem);
            container_index(c, entries, n, &payload);
            aez_section_put(out, p->type, payload.data, payload.size, seed);
            aez_buf_free(&payload);
            aez_trailer_put(out, at, out->size - start + AEZ_TRAILER_SIZE);
            continue;
        }
        aez_section_put(out, p->type, p->payload, p->size, seed);
        if (p->type == AEZ_SECTION_CHUNK) {
            uint64_t n_sites = p->n_sites ? p->n_sites : 1;
            entries[n++] = (aez_index_entry){at, out->size - start - at, site, n_sites};
            site += n_sites;
        }
    }
}

/* Replaces the packed bytes at `in` by the same ones unpacked: raw, so that damage reaches them. */
static inline int container_unpack(aez_rd *in, aez_buf *out)
{
    uint8_t *bytes;
    size_t   n;
    if (aez_bytes_unpack(&container_mem, in, (size_t)1 << 24, &bytes, &n) < 0)
        return 0;
    aez_bytes_pack(&container_mem, bytes, n, 0, out);
    aez_drop(&container_mem, bytes);
    return 1;
}

/* The payload with all packed bytes in it raw: the schema of a table, side bytes of chunks. */
static inline void container_loosen_part(container_part *p, int is_table)
{
    aez_rd  in;
    aez_buf out;
    int     good = 1;
    aez_rd_init(&in, p->payload, p->size);
    aez_buf_init(&out, &container_mem);
    if (p->type == AEZ_SECTION_TABLE) {
        good = container_unpack(&in, &out);
    } else if (p->type == AEZ_SECTION_CHUNK && p->size > 0 && (p->payload[0] & 0x7F) == 1) {
        aez_put_u8(&out, aez_get_u8(&in));
        for (int i = 0; is_table && i < 2; i++)
            aez_put_varint(&out, aez_get_varint(&in));
        for (int i = 0; good && i < (is_table ? 3 : 1); i++)
            good = container_unpack(&in, &out);
    }
    if (good && !in.failed) {
        size_t left = aez_rd_left(&in);
        aez_put(&out, aez_rd_take(&in, left), left);
        container_set(p, out.data, out.size);
    }
    aez_buf_free(&out);
}

static inline int container_is_table(const container *c)
{
    return c->n > 0 && c->part[0].type == AEZ_SECTION_TABLE;
}

static inline void container_loosen(container *c)
{
    for (size_t i = 0; i < c->n; i++)
        container_loosen_part(&c->part[i], container_is_table(c));
}

#endif
