/* index.c - the list of chunks: where each one is and which sites it holds. */
#include "format.h"

void aez_index_put(aez_buf *out, const aez_index_entry *entries, size_t n)
{
    aez_put_varint(out, n);
    if (n == 0)
        return;
    aez_put_varint(out, entries[0].offset);
    aez_put_varint(out, entries[0].first_site);
    for (size_t i = 0; i < n; i++) {
        aez_put_varint(out, entries[i].size);
        aez_put_varint(out, entries[i].n_sites);
    }
}

/* Entries follow each other without gaps, so that only sizes and counts are stored. */
static aez_status get_entries(aez_rd *r, aez_index_entry *entries, size_t n)
{
    uint64_t offset = aez_get_varint(r);
    uint64_t site = aez_get_varint(r);
    for (size_t i = 0; i < n; i++) {
        aez_index_entry *e = &entries[i];
        e->offset = offset;
        e->first_site = site;
        e->size = aez_get_varint(r);
        e->n_sites = aez_get_varint(r);
        if (r->failed || e->size == 0 || e->n_sites == 0)
            return AEZ_ERR_CORRUPT;
        if (e->size > UINT64_MAX - offset || e->n_sites > UINT64_MAX - site)
            return AEZ_ERR_CORRUPT;
        offset += e->size;
        site += e->n_sites;
    }
    return AEZ_OK;
}

aez_status aez_index_get(const aez_mem *mem, const uint8_t *payload, size_t size,
                         aez_index_entry **entries, size_t *n)
{
    aez_rd           r;
    uint64_t         count;
    aez_index_entry *list = NULL;
    aez_status       st = AEZ_ERR_CORRUPT;
    aez_rd_init(&r, payload, size);
    count = aez_get_varint(&r);
    /* An entry takes two bytes or more: this bounds the allocation by 16 times the payload. */
    if (r.failed || count > aez_rd_left(&r) / 2)
        goto fail;
    st = AEZ_ERR_NOMEM;
    if (!(list = aez_take(mem, (size_t)count, sizeof *list)))
        goto fail;
    st = count ? get_entries(&r, list, (size_t)count) : AEZ_OK;
    if (st == AEZ_OK && aez_rd_left(&r) != 0)
        st = AEZ_ERR_CORRUPT;
    if (st != AEZ_OK)
        goto fail;
    *entries = list;
    *n = (size_t)count;
    return AEZ_OK;
fail:
    aez_drop(mem, list);
    return st;
}
