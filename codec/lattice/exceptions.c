/* exceptions.c - values kept beside the lattice: frequent patterns as classes, the rest as a list.
 */
#include "lattice.h"

#include <string.h>

#define CANDIDATES 2048 /* patterns counted at once; more than any threshold lets through */
#define SLOTS (2 * CANDIDATES)   /* a power of two */
#define WORTH_COUNT 16           /* a class pays from this often, and */
#define WORTH_SHARE 2000         /* from this share of all values */

/* ---- finding the frequent patterns ----------------------------------------------------------- */

/* Misra-Gries: when all counters are taken, every count goes down by one. Any pattern that is more
 * than 1 / CANDIDATES of the odd values survives, however many others there are. */
typedef struct tally {
    uint64_t pattern[SLOTS];
    uint64_t count[SLOTS]; /* 0: free */
    size_t   n_used;
} tally;

static size_t slot_of(const tally *t, uint64_t pattern)
{
    size_t at = (size_t)((pattern * UINT64_C(0x9E3779B97F4A7C15)) >> 40) & (SLOTS - 1);
    while (t->count[at] != 0 && t->pattern[at] != pattern)
        at = (at + 1) & (SLOTS - 1);
    return at;
}

static void tally_shrink(tally *t, tally *spare)
{
    memset(spare, 0, sizeof *spare);
    for (size_t i = 0; i < SLOTS; i++) {
        if (t->count[i] > 1) {
            size_t at = slot_of(spare, t->pattern[i]);
            spare->pattern[at] = t->pattern[i];
            spare->count[at] = t->count[i] - 1;
            spare->n_used++;
        }
    }
    memcpy(t, spare, sizeof *t);
}

static void tally_add(tally *t, tally *spare, uint64_t pattern)
{
    size_t at = slot_of(t, pattern);
    if (t->count[at] == 0) {
        if (t->n_used == CANDIDATES) {
            tally_shrink(t, spare);
            return;
        }
        t->pattern[at] = pattern;
        t->n_used++;
    }
    t->count[at]++;
}

/* ---- odd values one by one ------------------------------------------------------------------- */

static uint64_t load(const uint8_t *values, size_t size, size_t i)
{
    uint8_t  b8;
    uint16_t b16;
    uint32_t b32;
    uint64_t b64;
    switch (size) {
    case 1: memcpy(&b8, values + i, 1); return b8;
    case 2: memcpy(&b16, values + 2 * i, 2); return b16;
    case 4: memcpy(&b32, values + 4 * i, 4); return b32;
    default: memcpy(&b64, values + 8 * i, 8); return b64;
    }
}

static void store(uint8_t *values, size_t size, size_t i, uint64_t bits)
{
    uint8_t  b8 = (uint8_t)bits;
    uint16_t b16 = (uint16_t)bits;
    uint32_t b32 = (uint32_t)bits;
    switch (size) {
    case 1: memcpy(values + i, &b8, 1); break;
    case 2: memcpy(values + 2 * i, &b16, 2); break;
    case 4: memcpy(values + 4 * i, &b32, 4); break;
    default: memcpy(values + 8 * i, &bits, 8); break;
    }
}

/* The first i' >= i with odd[i'] != 0, or n. */
static size_t next_odd(const uint8_t *odd, size_t i, size_t n)
{
    for (;;) {
        uint64_t eight;
        while (i < n && i % 8 != 0 && !odd[i])
            i++;
        if (i >= n || odd[i])
            return i;
        while (n - i >= 8) {
            memcpy(&eight, odd + i, sizeof eight);
            if (eight)
                break;
            i += 8;
        }
        while (i < n && !odd[i])
            i++;
        return i;
    }
}

/* Keeps the classes sorted by falling count, then rising pattern. */
static void class_insert(aez_exceptions *out, uint64_t *counts, uint64_t pattern, uint64_t count)
{
    uint32_t at = out->n_classes;
    while (at > 0 && (counts[at - 1] < count ||
                      (counts[at - 1] == count && out->pattern[at - 1] > pattern))) {
        if (at < AEZ_EXCEPTION_CLASSES) {
            counts[at] = counts[at - 1];
            out->pattern[at] = out->pattern[at - 1];
        }
        at--;
    }
    if (at == AEZ_EXCEPTION_CLASSES)
        return;
    counts[at] = count;
    out->pattern[at] = pattern;
    if (out->n_classes < AEZ_EXCEPTION_CLASSES)
        out->n_classes++;
}

/* Counts of Misra-Gries are too low: count again, exactly, those it found. */
static void choose_classes(aez_exceptions *out, tally *t, const uint8_t *values, size_t size,
                           const uint8_t *odd, size_t n)
{
    uint64_t counts[AEZ_EXCEPTION_CLASSES];
    for (size_t i = 0; i < SLOTS; i++) {
        if (t->count[i])
            t->count[i] = 1; /* in use; the count itself follows on top */
    }
    for (size_t i = next_odd(odd, 0, n); i < n; i = next_odd(odd, i + 1, n)) {
        size_t at = slot_of(t, load(values, size, i));
        t->count[at] += t->count[at] != 0;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        uint64_t count = t->count[i] ? t->count[i] - 1 : 0;
        if (count >= WORTH_COUNT && count >= n / WORTH_SHARE)
            class_insert(out, counts, t->pattern[i], count);
    }
}

/* Fills the mask; returns how many are rare. */
static size_t fill_mask(aez_exceptions *out, const uint8_t *values, size_t size, const uint8_t *odd,
                        size_t n)
{
    size_t   n_rare = 0;
    uint64_t last = 0;
    unsigned last_class = 0; /* 0: not known */
    for (size_t i = next_odd(odd, 0, n); i < n; i = next_odd(odd, i + 1, n)) {
        uint64_t bits = load(values, size, i);
        if (last_class == 0 || bits != last) {
            last = bits;
            last_class = AEZ_EXCEPTION_RARE;
            for (unsigned c = 0; c < out->n_classes; c++) {
                if (out->pattern[c] == bits)
                    last_class = c + 1;
            }
        }
        out->mask[i] = (uint8_t)last_class;
        n_rare += last_class == AEZ_EXCEPTION_RARE;
    }
    return n_rare;
}

static aez_status take_rare(aez_exceptions *e, const aez_mem *mem, size_t n_rare)
{
    e->rare_site = aez_take_raw(mem, n_rare, sizeof *e->rare_site);
    e->rare_bits = aez_take_raw(mem, n_rare, sizeof *e->rare_bits);
    e->n_rare = n_rare;
    return e->rare_site && e->rare_bits ? AEZ_OK : AEZ_ERR_NOMEM;
}

aez_status aez_exceptions_find(aez_exceptions *out, const aez_mem *mem, aez_type type,
                               const void *values, const uint8_t *odd, size_t n)
{
    size_t     size = aez_type_size(type), n_rare, at = 0;
    tally     *tallies = NULL; /* two: one in use, one spare */
    aez_status status = AEZ_ERR_NOMEM;
    memset(out, 0, sizeof *out);
    if (next_odd(odd, 0, n) == n)
        return AEZ_OK;
    out->mask = aez_take(mem, n, 1);
    tallies = aez_take(mem, 2, sizeof *tallies);
    if (!out->mask || !tallies)
        goto fail;
    for (size_t i = next_odd(odd, 0, n); i < n; i = next_odd(odd, i + 1, n))
        tally_add(tallies, tallies + 1, load(values, size, i));
    choose_classes(out, tallies, values, size, odd, n);
    n_rare = fill_mask(out, values, size, odd, n);
    if (n_rare) {
        status = take_rare(out, mem, n_rare);
        if (status < 0)
            goto fail;
        for (size_t i = next_odd(odd, 0, n); i < n; i = next_odd(odd, i + 1, n)) {
            if (out->mask[i] == AEZ_EXCEPTION_RARE) {
                out->rare_site[at] = i;
                out->rare_bits[at++] = load(values, size, i);
            }
        }
    }
    aez_drop(mem, tallies);
    return AEZ_OK;
fail:
    aez_drop(mem, tallies);
    aez_exceptions_free(out, mem);
    return status;
}

void aez_exceptions_free(aez_exceptions *e, const aez_mem *mem)
{
    aez_drop(mem, e->mask);
    aez_drop(mem, e->rare_site);
    aez_drop(mem, e->rare_bits);
    memset(e, 0, sizeof *e);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Bytes that the widest pattern needs: 1 .. 8. */
static unsigned pattern_bytes(const aez_exceptions *e)
{
    uint64_t all = 0;
    unsigned size = 1;
    for (uint32_t c = 0; c < e->n_classes; c++)
        all |= e->pattern[c];
    for (size_t i = 0; i < e->n_rare; i++)
        all |= e->rare_bits[i];
    while (size < 8 && all >> (8 * size))
        size++;
    return size;
}

static void put_pattern(aez_buf *out, uint64_t bits, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        aez_put_u8(out, (unsigned)(bits >> (8 * i)) & 0xFF);
}

/* Rare sites as runs: sites skipped, then length - 1. One wholly odd chunk is a few bytes. */
static void put_sites(const aez_exceptions *e, aez_buf *out)
{
    uint64_t next = 0; /* the first site that may follow */
    for (size_t i = 0; i < e->n_rare;) {
        size_t run = 1;
        while (i + run < e->n_rare && e->rare_site[i + run] == e->rare_site[i] + run)
            run++;
        /* one varint: the gap, and whether more than one site follows it */
        aez_put_varint(out, (e->rare_site[i] - next) << 1 | (run > 1));
        if (run > 1)
            aez_put_varint(out, run - 2);
        next = e->rare_site[i] + run;
        i += run;
    }
}

void aez_exceptions_put(const aez_exceptions *e, aez_buf *out)
{
    unsigned size = pattern_bytes(e);
    aez_put_u8(out, e->n_classes | (size - 1) << 4);
    for (uint32_t c = 0; c < e->n_classes; c++)
        put_pattern(out, e->pattern[c], size);
    aez_put_varint(out, e->n_rare);
    put_sites(e, out);
    for (unsigned plane = 0; plane < size; plane++) {
        uint8_t *room = aez_buf_room(out, e->n_rare);
        if (!room)
            return;
        for (size_t i = 0; i < e->n_rare; i++)
            room[i] = (uint8_t)(e->rare_bits[i] >> (8 * plane));
        out->size += e->n_rare;
    }
}

static uint64_t get_pattern(aez_rd *in, unsigned size)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < size; i++)
        bits |= (uint64_t)aez_get_u8(in) << (8 * i);
    return bits;
}

static aez_status get_sites(aez_exceptions *e, size_t n, aez_rd *in)
{
    uint64_t next = 0;
    for (size_t i = 0; i < e->n_rare;) {
        uint64_t gap = aez_get_varint(in), run = 1;
        if (gap & 1) {
            run = aez_get_varint(in);
            if (run > n)
                return AEZ_ERR_CORRUPT;
            run += 2;
        }
        gap >>= 1;
        if (in->failed || gap >= n - next || run > n - next - gap || run > e->n_rare - i)
            return AEZ_ERR_CORRUPT;
        for (uint64_t j = 0; j < run; j++)
            e->rare_site[i++] = next + gap + j;
        next += gap + run;
    }
    return AEZ_OK;
}

aez_status aez_exceptions_get(aez_exceptions *e, const aez_mem *mem, size_t n, aez_rd *in)
{
    unsigned   head = aez_get_u8(in), size = (head >> 4) + 1;
    uint64_t   n_rare;
    aez_status status = AEZ_ERR_CORRUPT;
    memset(e, 0, sizeof *e);
    if (size > 8)
        return AEZ_ERR_CORRUPT;
    e->n_classes = head & 15;
    for (uint32_t c = 0; c < e->n_classes; c++)
        e->pattern[c] = get_pattern(in, size);
    n_rare = aez_get_varint(in);
    if (in->failed || n_rare > n || n_rare > aez_rd_left(in) / size)
        goto fail;
    if (n_rare == 0)
        return AEZ_OK;
    status = take_rare(e, mem, (size_t)n_rare);
    if (status == AEZ_OK)
        status = get_sites(e, n, in);
    if (status < 0)
        goto fail;
    memset(e->rare_bits, 0, e->n_rare * sizeof *e->rare_bits);
    for (unsigned plane = 0; plane < size; plane++) {
        const uint8_t *bytes = aez_rd_take(in, n_rare);
        if (!bytes) {
            status = AEZ_ERR_CORRUPT;
            goto fail;
        }
        for (size_t i = 0; i < e->n_rare; i++)
            e->rare_bits[i] |= (uint64_t)bytes[i] << (8 * plane);
    }
    return AEZ_OK;
fail:
    aez_exceptions_free(e, mem);
    return status;
}

void aez_exceptions_apply(const aez_exceptions *e, aez_type type, void *values, size_t n)
{
    size_t size = aez_type_size(type);
    if (e->mask) {
        for (size_t i = next_odd(e->mask, 0, n); i < n; i = next_odd(e->mask, i + 1, n)) {
            if (e->mask[i] <= e->n_classes)
                store(values, size, i, e->pattern[e->mask[i] - 1]);
        }
    }
    for (size_t i = 0; i < e->n_rare; i++) {
        if (e->rare_site[i] < n)
            store(values, size, (size_t)e->rare_site[i], e->rare_bits[i]);
    }
}
