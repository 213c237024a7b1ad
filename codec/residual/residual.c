/* residual.c - residual symbols: levels to streams, values to tokens and raw bits, and back. */
#include "residual.h"

#include "../entropy/pack.h"
#include "shaped.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Bit 0 of the first byte: 0 streams, 1 anything else; KIND_SHAPED is the whole byte. */
enum { KIND_STREAMS = 0, KIND_BYTES = 1, KIND_SHAPED = 17 };
#define HAS_RAW 0x40 /* in the cut byte of a stream: an area of raw bits follows the tokens */

/* The writer counts values in fine classes; every cut it may choose is a union of them. */
#define FINE_SPLIT 8
#define FINE_MSB 2
#define FINE_DIRECT (1u << FINE_SPLIT)
#define FINE_COUNT (FINE_DIRECT + ((64 - FINE_SPLIT) << FINE_MSB))
static const aez_token_cut FINE = {FINE_SPLIT, FINE_MSB};

/* ---- writer --------------------------------------------------------------------------------- */

aez_status aez_residual_writer_init(aez_residual_writer *w, const aez_mem *mem, size_t capacity)
{
    memset(w, 0, sizeof *w);
    w->mem = mem;
    w->capacity = capacity;
    aez_buf_init(&w->large, mem);
    w->zigzag = aez_take_raw(mem, capacity, sizeof *w->zigzag);
    w->level = aez_take_raw(mem, capacity, sizeof *w->level);
    if (w->zigzag && w->level)
        return AEZ_OK;
    aez_residual_writer_free(w);
    return AEZ_ERR_NOMEM;
}

void aez_residual_writer_free(aez_residual_writer *w)
{
    aez_drop(w->mem, w->zigzag);
    aez_drop(w->mem, w->level);
    aez_buf_free(&w->large);
    w->zigzag = NULL;
    w->level = NULL;
    w->n = w->capacity = 0;
}

static uint64_t load_u64(const uint8_t *p)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void store_u64(uint8_t *p, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

/* Value i; *large walks the values that do not fit. */
static inline uint64_t value_at(const aez_residual_writer *w, size_t i, const uint8_t **large)
{
    uint64_t z = w->zigzag[i];
    if (z == UINT32_MAX) {
        z = load_u64(*large);
        *large += 8;
    }
    return z;
}

/* ---- what a histogram costs ----------------------------------------------------------------- */

/* A run of neighbouring levels that share a stream. */
typedef struct group {
    uint32_t *count; /* [FINE_COUNT] values in each fine class */
    unsigned  first_level, last_level;
    unsigned  size; /* classes from here on are empty */
    size_t    n;
    double    bits;
    aez_token_cut cut;
} group;

/* Running sums over the fine classes, for costs of any cut in little time. */
typedef struct sums {
    uint64_t count[FINE_COUNT + 1];
    double   clog[FINE_DIRECT + 1];  /* count * log2 count */
    double   table[FINE_DIRECT + 1]; /* bits of an explicit table */
} sums;

static double count_log(uint64_t count)
{
    uint32_t c = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    return count > 1 ? (double)count * aez_log2(c) : 0;
}

static unsigned bit_length(uint64_t v)
{
    return v ? aez_log2_floor(v) + 1 : 0;
}

static void sum_up(sums *s, const group *g)
{
    unsigned direct = g->size < FINE_DIRECT ? g->size : FINE_DIRECT, last = 0;
    s->count[0] = 0;
    s->clog[0] = s->table[0] = 0;
    for (unsigned i = 0; i < g->size; i++)
        s->count[i + 1] = s->count[i] + g->count[i];
    for (unsigned i = 0; i < direct; i++) {
        s->clog[i + 1] = s->clog[i] + count_log(g->count[i]);
        s->table[i + 1] = s->table[i] + aez_table_bits(g->count[i], &last);
    }
}

/* Fine class of the first value of a token of a coarser cut, at most `size`. */
static unsigned fine_first(aez_token_cut cut, uint32_t token, unsigned size)
{
    unsigned fine;
    if (token >= aez_token_count(cut))
        return size;
    fine = aez_token_of(FINE, aez_token_first(cut, token));
    return fine < size ? fine : size;
}

/* Estimated bits of a stream cut this way. */
static double cut_bits(const sums *s, const group *g, aez_token_cut cut)
{
    uint32_t direct = (uint32_t)1 << cut.split;
    unsigned done = g->size < direct ? g->size : direct;
    unsigned last = done ? bit_length(s->count[done] - s->count[done - 1]) : 0;
    double   clog = s->clog[done], table = s->table[done], raw = 0, bits;
    for (uint32_t token = direct; done < g->size; token++) {
        unsigned next = fine_first(cut, token + 1, g->size);
        uint64_t count = s->count[next] - s->count[done];
        done = next;
        table += aez_table_bits(count, &last);
        clog += count_log(count);
        raw += (double)count * aez_token_raw_bits(cut, token);
    }
    bits = count_log(g->n) - clog;
    if (bits < 0.5)
        bits = 0;
    return bits + raw + (raw > 0 ? 12 : 0) + (bits > 0 ? table + 22 : 16);
}

/* Estimated bits with frequencies computed from a scale: those of a geometric distribution, whose
 * entropy depends on the mean alone. */
static double shaped_bits(const group *g)
{
    double mean = 0;
    for (unsigned i = 0; i < g->size; i++) {
        if (g->count[i] == 0)
            continue;
        mean += (double)g->count[i] *
                ((double)aez_token_first(FINE, i) +
                 (i < FINE_DIRECT ? 0
                                  : 0.5 * (double)((uint64_t)1 << aez_token_raw_bits(FINE, i))));
    }
    mean /= (double)g->n;
    return aez_geometric_bits((double)g->n, mean);
}

/* Fixed parts of a stream: cut, method, count, length. */
static double stream_bits(const group *g)
{
    return 16 + 8 * (double)((bit_length(g->n) + 6) / 7) + 8 * (double)(g->n > 400 ? 2 : 1);
}

static const aez_token_cut QUICK[] = {{8, 1}, {6, 1}, {5, 2}, {4, 1}, {3, 1}, {2, 0}, {0, 0}};
#define N_QUICK (sizeof QUICK / sizeof QUICK[0])

/* The best cut of the group, and its cost. */
static void price(group *g, sums *s, int effort)
{
    double shaped;
    if (g->n == 0) {
        g->bits = 0;
        g->cut = FINE;
        return;
    }
    sum_up(s, g);
    g->bits = DBL_MAX;
    for (size_t i = 0; effort < 3 && i < N_QUICK; i++) {
        double bits = cut_bits(s, g, QUICK[i]);
        if (bits < g->bits) {
            g->bits = bits;
            g->cut = QUICK[i];
        }
    }
    for (unsigned split = 0; effort >= 3 && split <= FINE_SPLIT; split++) {
        for (unsigned msb = 0; msb <= FINE_MSB && msb <= split; msb++) {
            aez_token_cut cut = {split, msb};
            double        bits = cut_bits(s, g, cut);
            if (bits < g->bits) {
                g->bits = bits;
                g->cut = cut;
            }
        }
    }
    shaped = g->n < 16384 ? shaped_bits(g) + 52 : DBL_MAX;
    if (shaped < g->bits) {
        g->bits = shaped;
        g->cut.split = FINE_SPLIT;
        g->cut.msb = 1;
    }
    g->bits += stream_bits(g);
}

/* ---- levels to streams ---------------------------------------------------------------------- */

typedef struct plan {
    const aez_mem *mem;
    uint32_t      *counts; /* AEZ_LEVELS rows of FINE_COUNT, and one more for trials */
    group          groups[AEZ_LEVELS];
    unsigned       n_groups;
    uint16_t      *fine; /* [n] fine class of each value, or NULL */
    double         shaped_bits; /* estimate of the block as shaped levels */
    sums           sums;
} plan;

static void count_values(plan *p, const aez_residual_writer *w)
{
    const uint8_t *large = w->large.data;
    for (size_t i = 0; i < w->n; i++) {
        uint64_t z = value_at(w, i, &large);
        uint32_t class = aez_token_of(FINE, z);
        p->counts[w->level[i] * FINE_COUNT + class]++;
        if (p->fine)
            p->fine[i] = (uint16_t)class;
    }
}

static void gather_groups(plan *p, int effort)
{
    for (unsigned level = 0; level < AEZ_LEVELS; level++) {
        group    *g = &p->groups[p->n_groups];
        uint32_t *row = p->counts + level * FINE_COUNT;
        g->count = row;
        g->n = 0;
        g->size = 0;
        for (unsigned i = 0; i < FINE_COUNT; i++) {
            g->n += row[i];
            if (row[i])
                g->size = i + 1;
        }
        if (g->n == 0)
            continue;
        g->first_level = g->last_level = level;
        price(g, &p->sums, effort);
        p->shaped_bits += shaped_bits(g) + 1 + (g->n < 64 ? 0.1 * (double)g->n : 6.4);
        p->n_groups++;
    }
}

/* The two as one, counted in `row`. */
static void join(group *out, const group *a, const group *b, uint32_t *row, sums *s, int effort)
{
    out->count = row;
    out->first_level = a->first_level;
    out->last_level = b->last_level;
    out->n = a->n + b->n;
    out->size = a->size > b->size ? a->size : b->size;
    for (unsigned i = 0; i < out->size; i++)
        row[i] = a->count[i] + b->count[i];
    price(out, s, effort);
}

/* Joins the pair of neighbours that saves most, until none saves. */
static void merge(plan *p, int effort)
{
    double    saved[AEZ_LEVELS];
    uint32_t *trial = p->counts + AEZ_LEVELS * FINE_COUNT;
    group     g;
    for (unsigned i = 0; i + 1 < p->n_groups; i++) {
        join(&g, &p->groups[i], &p->groups[i + 1], trial, &p->sums, effort);
        saved[i] = p->groups[i].bits + p->groups[i + 1].bits - g.bits;
    }
    while (p->n_groups > 1) {
        unsigned best = 0;
        for (unsigned i = 1; i + 1 < p->n_groups; i++)
            if (saved[i] > saved[best])
                best = i;
        if (saved[best] <= 0)
            break;
        join(&g, &p->groups[best], &p->groups[best + 1], p->groups[best].count, &p->sums, effort);
        p->groups[best] = g;
        p->n_groups--;
        for (unsigned i = best + 1; i < p->n_groups; i++) {
            p->groups[i] = p->groups[i + 1];
            saved[i - 1] = saved[i];
        }
        for (unsigned i = best ? best - 1 : 0; i <= best && i + 1 < p->n_groups; i++) {
            join(&g, &p->groups[i], &p->groups[i + 1], trial, &p->sums, effort);
            saved[i] = p->groups[i].bits + p->groups[i + 1].bits - g.bits;
        }
    }
}

/* keep_fine: remember the class of each value, for packing. */
static plan *plan_create(const aez_residual_writer *w, int effort, int keep_fine)
{
    plan *p = aez_take_raw(w->mem, 1, sizeof *p);
    if (!p)
        return NULL;
    p->mem = w->mem;
    p->n_groups = 0;
    p->shaped_bits = 100;
    p->fine = NULL;
    p->counts = aez_take(w->mem, (AEZ_LEVELS + 1) * FINE_COUNT, sizeof *p->counts);
    if (keep_fine)
        p->fine = aez_take_raw(w->mem, w->n, sizeof *p->fine);
    if (!p->counts || (keep_fine && !p->fine)) {
        aez_drop(w->mem, p->counts);
        aez_drop(w->mem, p->fine);
        aez_drop(w->mem, p);
        return NULL;
    }
    count_values(p, w);
    gather_groups(p, effort);
    merge(p, effort);
    return p;
}

static void plan_destroy(plan *p)
{
    if (!p)
        return;
    aez_drop(p->mem, p->counts);
    aez_drop(p->mem, p->fine);
    aez_drop(p->mem, p);
}

/* Shaped blocks are read more slowly: long ones only when size is all that counts. */
static size_t shaped_max(int effort)
{
    return effort < 3 ? AEZ_SHAPED_MAX / 16 : AEZ_SHAPED_MAX;
}

double aez_residual_cost(const aez_residual_writer *w)
{
    plan  *p = plan_create(w, 1, 0);
    double bits = 8;
    if (!p)
        return HUGE_VAL;
    for (unsigned i = 0; i < p->n_groups; i++)
        bits += p->groups[i].bits + (i ? 8 : 0);
    if (w->n <= shaped_max(1) && p->shaped_bits < bits)
        bits = p->shaped_bits;
    plan_destroy(p);
    return bits;
}

/* ---- kind 0: streams ------------------------------------------------------------------------ */

/* Where the values of one stream go. */
typedef struct stream_out {
    uint16_t  token_of[FINE_COUNT];
    uint8_t   raw_of[FINE_COUNT]; /* raw bits of the class under the cut */
    uint32_t  histogram[FINE_COUNT];
    unsigned  n_symbols;
    uint16_t *token;
    uint8_t  *raw, *raw_start;
    size_t    raw_size; /* bytes of raw bits */
    uint64_t  bits;
    unsigned  n_bits; /* below 8 between values */
} stream_out;

static void stream_prepare(stream_out *s, const group *g)
{
    uint64_t raw_bits = 0;
    memset(s->histogram, 0, sizeof s->histogram);
    s->n_symbols = 0;
    for (unsigned i = 0; i < g->size; i++) {
        uint32_t token = aez_token_of(g->cut, aez_token_first(FINE, i));
        s->token_of[i] = (uint16_t)token;
        s->raw_of[i] = (uint8_t)aez_token_raw_bits(g->cut, token);
        s->histogram[token] += g->count[i];
        if (g->count[i]) {
            s->n_symbols = token + 1;
            raw_bits += (uint64_t)g->count[i] * s->raw_of[i];
        }
    }
    s->raw_size = (size_t)((raw_bits + 7) / 8);
    s->bits = 0;
    s->n_bits = 0;
}

/* Appends n <= 63 bits of value; whole bytes go out, up to 8 of slack are written over. */
static inline void put_raw_bits(stream_out *s, uint64_t value, unsigned n)
{
    if (n > 32) {
        put_raw_bits(s, value & 0xFFFFFFFF, 32);
        value >>= 32;
        n -= 32;
    }
    s->bits |= (value & (((uint64_t)1 << n) - 1)) << s->n_bits;
    s->n_bits += n;
    store_u64(s->raw, s->bits);
    s->raw += s->n_bits >> 3;
    s->bits >>= s->n_bits & 56;
    s->n_bits &= 7;
}

static void scatter(stream_out *streams, const uint8_t *stream_of, const plan *p,
                    const aez_residual_writer *w)
{
    const uint8_t *large = w->large.data;
    for (size_t i = 0; i < w->n; i++) {
        stream_out *s = &streams[stream_of[w->level[i]]];
        unsigned    class = p->fine[i];
        uint64_t    z = value_at(w, i, &large);
        *s->token++ = s->token_of[class];
        if (s->raw_of[class])
            put_raw_bits(s, z, s->raw_of[class]);
    }
}

static aez_status put_stream(const aez_residual_writer *w, const group *g, const stream_out *s,
                             const aez_pack_options *options, aez_buf *out)
{
    aez_status st;
    aez_put_u8(out, g->cut.split | g->cut.msb << 4 | (s->raw_size ? HAS_RAW : 0));
    st = aez_tokens_pack(w->mem, s->token - g->n, g->n, s->histogram, s->n_symbols, g->cut,
                         options, out);
    if (st == AEZ_OK && s->raw_size) {
        aez_put_varint(out, s->raw_size);
        aez_put(out, s->raw_start, s->raw_size);
    }
    return st;
}

static aez_status pack_streams(const aez_residual_writer *w, const plan *p,
                               const aez_pack_options *options, aez_buf *out)
{
    stream_out *streams = aez_take_raw(w->mem, p->n_groups, sizeof *streams);
    uint16_t   *tokens = aez_take_raw(w->mem, w->n, sizeof *tokens);
    uint8_t    *raws = NULL, stream_of[AEZ_LEVELS];
    size_t      raw_size = 0, n = 0;
    unsigned    level = 0;
    aez_status  st = AEZ_ERR_NOMEM;
    if (!streams || !tokens)
        goto fail;
    for (unsigned i = 0; i < p->n_groups; i++) {
        stream_prepare(&streams[i], &p->groups[i]);
        raw_size += streams[i].raw_size + 8; /* slack of put_raw_bits */
    }
    if (!(raws = aez_take_raw(w->mem, raw_size, 1)))
        goto fail;
    aez_put_u8(out, KIND_STREAMS | p->n_groups << 1);
    raw_size = 0;
    for (unsigned i = 0; i < p->n_groups; i++) {
        streams[i].token = tokens + n;
        streams[i].raw = streams[i].raw_start = raws + raw_size;
        n += p->groups[i].n;
        raw_size += streams[i].raw_size + 8;
        if (i + 1 < p->n_groups)
            aez_put_u8(out, p->groups[i].last_level + 1 - level);
        for (; level <= p->groups[i].last_level; level++)
            stream_of[level] = (uint8_t)i;
    }
    scatter(streams, stream_of, p, w);
    st = AEZ_OK;
    for (unsigned i = 0; st == AEZ_OK && i < p->n_groups; i++)
        st = put_stream(w, &p->groups[i], &streams[i], options, out);
fail:
    aez_drop(w->mem, streams);
    aez_drop(w->mem, tokens);
    aez_drop(w->mem, raws);
    return st;
}

/* ---- kind 1: bytes -------------------------------------------------------------------------- */

/* All values with `width` bytes each, lowest first, as planes or one after another. */
static void lay_out(const aez_residual_writer *w, unsigned width, int planes, uint8_t *bytes)
{
    const uint8_t *large = w->large.data;
    size_t         value_step = planes ? 1 : width, byte_step = planes ? w->n : 1;
    for (size_t i = 0; i < w->n; i++) {
        uint64_t z = value_at(w, i, &large);
        for (unsigned b = 0; b < width; b++)
            bytes[i * value_step + b * byte_step] = (uint8_t)(z >> (8 * b));
    }
}

static aez_status pack_layout(const aez_residual_writer *w, unsigned width_log, int planes,
                              int level, uint8_t *bytes, aez_buf *out)
{
    unsigned   width = 1u << width_log;
    size_t     part = planes ? w->n : w->n * width;
    aez_status st = AEZ_OK;
    lay_out(w, width, planes, bytes);
    aez_put_u8(out, KIND_BYTES | width_log << 1 | (planes ? 0 : 8u));
    for (unsigned b = 0; st == AEZ_OK && b < (planes ? width : 1); b++)
        st = aez_bytes_pack(w->mem, bytes + b * part, part, level, out);
    return st;
}

static unsigned width_log_of(const aez_residual_writer *w)
{
    const uint8_t *large = w->large.data;
    uint64_t       all = 0;
    for (size_t i = 0; i < w->n; i++)
        all |= value_at(w, i, &large);
    return all >> 32 ? 3 : all >> 16 ? 2 : all >> 8 ? 1 : 0;
}

#define MIDDLE_LEVEL 9

/* Appends the block as bytes, unless that is likely to be above `limit` bytes. A quick level
 * decides between the layouts, and with a middle one whether the slow one has a chance: on symbols
 * without repeats zstd stays some percent above rANS at any level. */
static aez_status pack_bytes(const aez_residual_writer *w, int level, size_t limit, aez_buf *out)
{
    unsigned   width_log = width_log_of(w);
    uint8_t   *bytes = NULL;
    size_t     quick[2] = {0, SIZE_MAX};
    int        planes = 1;
    aez_status st = AEZ_ERR_NOMEM;
    if (w->n > SIZE_MAX >> width_log || !(bytes = aez_take_raw(w->mem, w->n, 1u << width_log)))
        goto fail;
    for (int i = 0; i < (width_log ? 2 : 1); i++) {
        out->size = 0;
        if ((st = pack_layout(w, width_log, i == 0, level < 3 ? level : 3, bytes, out)) != AEZ_OK)
            goto fail;
        quick[i] = out->size;
    }
    planes = quick[0] <= quick[1];
    out->size = 0;
    st = AEZ_OK;
    if (quick[planes ? 0 : 1] > limit + limit / 4)
        goto fail;
    if (level > MIDDLE_LEVEL) {
        st = pack_layout(w, width_log, planes, MIDDLE_LEVEL, bytes, out);
        if (st != AEZ_OK || out->size > limit + limit / 25)
            goto fail;
        out->size = 0;
    }
    st = pack_layout(w, width_log, planes, level, bytes, out);
fail:
    aez_drop(w->mem, bytes);
    return st;
}

static aez_status pack_shaped(const aez_residual_writer *w, int effort, aez_buf *out)
{
    aez_put_u8(out, KIND_SHAPED);
    return aez_shaped_pack(w, effort, out);
}

/* A fit takes some milliseconds: only where the estimate leaves hope. */
static int worth_shaping(const aez_residual_writer *w, const plan *p,
                         const aez_residual_options *options, size_t size)
{
    return w->n <= shaped_max(options->effort) && !options->pack.zstd_only && size > 12 &&
           p->shaped_bits < 8.4 * (double)size;
}

/* Puts `other` in the place of what `out` holds from `start` on if it is smaller; empties it. */
static void keep_smaller(aez_buf *out, size_t start, aez_buf *other)
{
    if (!out->failed && !other->failed && other->size && other->size < out->size - start) {
        out->size = start;
        aez_put(out, other->data, other->size);
    }
    other->size = 0;
}

aez_status aez_residual_pack(const aez_residual_writer *w, const aez_residual_options *options,
                             aez_buf *out)
{
    size_t     start = out->size;
    plan      *p = NULL;
    aez_buf    other;
    aez_status st = AEZ_ERR_NOMEM;
    aez_buf_init(&other, w->mem);
    if (w->large.failed || !(p = plan_create(w, options->effort, 1)))
        goto fail;
    if ((st = pack_streams(w, p, &options->pack, out)) != AEZ_OK)
        goto fail;
    if (worth_shaping(w, p, options, out->size - start)) {
        if ((st = pack_shaped(w, options->effort, &other)) != AEZ_OK)
            goto fail;
        keep_smaller(out, start, &other);
    }
    if (w->n > 0 && options->pack.zstd_level > 0) {
        if ((st = pack_bytes(w, options->pack.zstd_level, out->size - start, &other)) != AEZ_OK)
            goto fail;
        keep_smaller(out, start, &other);
    }
    if (out->failed || other.failed)
        st = AEZ_ERR_NOMEM;
fail:
    plan_destroy(p);
    aez_buf_free(&other);
    return st;
}

/* ---- reader --------------------------------------------------------------------------------- */

static aez_status read_raw(aez_residual_stream *s, aez_rd *in)
{
    uint64_t size = aez_get_varint(in);
    if (!(s->raw = aez_rd_take(in, size)))
        return AEZ_ERR_CORRUPT;
    s->raw_end = s->raw + size;
    return AEZ_OK;
}

static void set_cut(aez_residual_stream *s, aez_token_cut cut)
{
    s->direct = (uint32_t)1 << cut.split;
    s->split = cut.split;
    s->msb = cut.msb;
}

static aez_status read_stream(aez_residual_reader *r, aez_residual_stream *s, aez_rd *in,
                              size_t *max_n)
{
    unsigned      head = aez_get_u8(in);
    aez_token_cut cut;
    size_t        n = 0;
    aez_status    st;
    cut.split = head & 15;
    cut.msb = head >> 4 & 3;
    if (in->failed || head >> 7 || cut.split > AEZ_SPLIT_MAX || cut.msb > cut.split)
        return AEZ_ERR_CORRUPT;
    if ((st = aez_tokens_unpack(r->mem, in, *max_n, cut, &s->tokens, &n)) != AEZ_OK)
        return st;
    *max_n -= n;
    s->token = s->tokens;
    s->token_end = s->tokens + n;
    set_cut(s, cut);
    return head & HAS_RAW ? read_raw(s, in) : AEZ_OK;
}

static aez_status read_streams(aez_residual_reader *r, unsigned n_streams, aez_rd *in,
                               size_t max_n)
{
    unsigned   level = 0;
    aez_status st = AEZ_OK;
    if (n_streams > AEZ_LEVELS)
        return AEZ_ERR_CORRUPT;
    for (unsigned i = 0; i < n_streams; i++) {
        unsigned n_levels = AEZ_LEVELS - level;
        if (i + 1 < n_streams) {
            unsigned got = aez_get_u8(in);
            if (in->failed || got == 0 || got >= n_levels)
                return AEZ_ERR_CORRUPT;
            n_levels = got;
        }
        for (; n_levels; n_levels--)
            r->stream_of[level++] = (uint8_t)i;
    }
    for (unsigned i = 0; st == AEZ_OK && i < n_streams; i++)
        st = read_stream(r, &r->streams[i], in, &max_n);
    return st;
}

static aez_status read_bytes(aez_residual_reader *r, unsigned flags, aez_rd *in, size_t max_n)
{
    unsigned   planes = flags & 4 ? 0 : 1;
    unsigned   n_parts;
    size_t     part, max_part, n = 0;
    aez_status st;
    if (flags >> 3)
        return AEZ_ERR_CORRUPT;
    r->width = 1u << (flags & 3);
    n_parts = planes ? r->width : 1;
    if (max_n > SIZE_MAX / r->width)
        max_n = SIZE_MAX / r->width;
    max_part = planes ? max_n : max_n * r->width;
    for (unsigned b = 0; b < n_parts; b++) {
        uint8_t *bytes;
        if ((st = aez_bytes_unpack(r->mem, in, max_part, &bytes, &part)) != AEZ_OK)
            return st;
        if (b == 0) {
            n = part;
            max_part = n;
            r->bytes = bytes;
            if (n_parts == 1)
                break;
            r->bytes = aez_take_raw(r->mem, n, r->width);
        }
        if (part == n && r->bytes && n)
            memcpy(r->bytes + b * n, bytes, n);
        aez_drop(r->mem, bytes);
        if (!r->bytes)
            return AEZ_ERR_NOMEM;
        if (part != n)
            return AEZ_ERR_CORRUPT;
    }
    if (!planes && n % r->width)
        return AEZ_ERR_CORRUPT;
    r->n_values = planes ? n : n / r->width;
    r->value_step = planes ? 1 : r->width;
    r->byte_step = planes ? n : 1;
    return AEZ_OK;
}

static aez_status read_shaped(aez_residual_reader *r, aez_rd *in, size_t max_n)
{
    aez_residual_stream *s = r->streams;
    int                  has_raw;
    aez_status           st;
    if (!(r->shaped = aez_take(r->mem, 1, sizeof *r->shaped)))
        return AEZ_ERR_NOMEM;
    if ((st = aez_shaped_init(r->shaped, r->mem, in, max_n, &has_raw)) != AEZ_OK)
        return st;
    set_cut(s, r->shaped->cut);
    return has_raw ? read_raw(s, in) : AEZ_OK;
}

aez_status aez_residual_reader_init(aez_residual_reader *r, const aez_mem *mem, aez_rd *in,
                                    size_t max_n)
{
    unsigned   head = aez_get_u8(in);
    aez_status st;
    memset(r, 0, sizeof *r);
    r->mem = mem;
    if (in->failed)
        return AEZ_ERR_CORRUPT;
    r->n_streams = (head & 1) == KIND_STREAMS && head > 1 ? head >> 1 : 1;
    if (!(r->streams = aez_take(mem, r->n_streams, sizeof *r->streams)))
        return AEZ_ERR_NOMEM;
    st = (head & 1) == KIND_STREAMS ? read_streams(r, head >> 1, in, max_n)
         : head == KIND_SHAPED      ? read_shaped(r, in, max_n)
                                    : read_bytes(r, head >> 1, in, max_n);
    if (st != AEZ_OK)
        aez_residual_reader_free(r);
    return st;
}

void aez_residual_reader_free(aez_residual_reader *r)
{
    for (uint32_t i = 0; r->streams && i < r->n_streams; i++)
        aez_drop(r->mem, r->streams[i].tokens);
    aez_drop(r->mem, r->streams);
    aez_drop(r->mem, r->bytes);
    if (r->shaped)
        aez_shaped_free(r->shaped, r->mem);
    aez_drop(r->mem, r->shaped);
    r->shaped = NULL;
    r->streams = NULL;
    r->bytes = NULL;
    r->n_streams = 0;
}

int aez_residual_reader_done(const aez_residual_reader *r)
{
    for (uint32_t i = 0; i < r->n_streams; i++)
        if (r->streams[i].token != r->streams[i].token_end ||
            r->streams[i].raw != r->streams[i].raw_end)
            return 0;
    return !r->failed && r->next_value == r->n_values &&
           (!r->shaped || aez_shaped_done(r->shaped));
}

/* n <= 32 raw bits */
static uint64_t take_raw_bits(aez_residual_reader *r, aez_residual_stream *s, unsigned n)
{
    uint64_t value;
    if (s->n_bits < n && s->raw_end - s->raw >= 8) {
        s->bits |= load_u64(s->raw) << s->n_bits; /* bits above the counted ones are seen again */
        s->raw += (63 - s->n_bits) >> 3;
        s->n_bits |= 56;
    }
    while (s->n_bits < n) {
        if (s->raw == s->raw_end) {
            r->failed = 1;
            return 0;
        }
        s->bits |= (uint64_t)*s->raw++ << s->n_bits; /* the same bits, if seen before */
        s->n_bits += 8;
    }
    value = s->bits & (((uint64_t)1 << n) - 1);
    s->bits >>= n;
    s->n_bits -= n;
    return value;
}

uint64_t aez_residual_long(aez_residual_reader *r, aez_residual_stream *s, uint32_t token)
{
    uint32_t over = token - s->direct;
    unsigned n = s->split + (over >> s->msb) - s->msb; /* <= 63: the token was checked */
    uint64_t top = ((uint64_t)1 << s->msb) | (over & (((uint32_t)1 << s->msb) - 1)), low;
    if (n <= 32)
        return top << n | take_raw_bits(r, s, n);
    low = take_raw_bits(r, s, 32);
    return top << n | take_raw_bits(r, s, n - 32) << 32 | low;
}

uint64_t aez_residual_rare(aez_residual_reader *r, unsigned level)
{
    const uint8_t *p;
    uint64_t       z = 0;
    if (r->shaped && r->shaped->n_left) {
        uint32_t token = aez_shaped_next(r->shaped, level);
        return token < r->streams->direct ? token : aez_residual_long(r, r->streams, token);
    }
    if (r->next_value == r->n_values) {
        r->failed = 1;
        return 0;
    }
    p = r->bytes + r->next_value++ * r->value_step;
    for (unsigned b = 0; b < r->width; b++)
        z |= (uint64_t)p[b * r->byte_step] << (8 * b);
    return z;
}
