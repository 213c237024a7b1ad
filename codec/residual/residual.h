/* residual.h - residual symbols of one context set: signed integers, each with a level, to bytes.
 *
 * A level (0 .. AEZ_LEVELS - 1) is the quantised scale that the predictor expects. The writer
 * merges neighbouring levels into streams where that saves bytes, splits each value into a token
 * and raw bits, and packs each stream by itself; the reader takes values back in the same order. */
#ifndef AEZ_RESIDUAL_RESIDUAL_H
#define AEZ_RESIDUAL_RESIDUAL_H

#include "../entropy/entropy.h"

#define AEZ_LEVELS 64

/* Collects at most `capacity` values. */
typedef struct aez_residual_writer {
    const aez_mem *mem;
    uint32_t      *zigzag; /* [capacity]; UINT32_MAX: the true value is next in `large` */
    uint8_t       *level;  /* [capacity] */
    size_t         n, capacity;
    aez_buf        large; /* u64 zigzag values that need more than 32 bits */
} aez_residual_writer;

aez_status aez_residual_writer_init(aez_residual_writer *w, const aez_mem *mem, size_t capacity);
void       aez_residual_writer_free(aez_residual_writer *w);

/* The caller never puts more than `capacity` values and no level above AEZ_LEVELS - 1. */
static inline void aez_residual_put(aez_residual_writer *w, unsigned level, int64_t value)
{
    uint64_t z = aez_zigzag(value);
    w->level[w->n] = (uint8_t)level;
    if (z >= UINT32_MAX) {
        w->zigzag[w->n++] = UINT32_MAX;
        aez_put_u64(&w->large, z);
    } else {
        w->zigzag[w->n++] = (uint32_t)z;
    }
}

typedef struct aez_residual_options {
    aez_pack_options pack;
    int              effort; /* 1 .. 9: how many splits and merges are tried */
} aez_residual_options;

/* Appends the packed block. The writer keeps its values and may be packed again. */
aez_status aez_residual_pack(const aez_residual_writer *w, const aez_residual_options *options,
                             aez_buf *out);
/* Bits that aez_residual_pack would need, estimated without packing (rANS streams only). HUGE_VAL
 * when memory is short. */
double aez_residual_cost(const aez_residual_writer *w);

/* One stream being read. */
typedef struct aez_residual_stream {
    const uint16_t *token, *token_end;
    uint32_t        direct; /* tokens below this are values; 2^split */
    uint32_t        split, msb;
    uint64_t        bits;   /* raw bits not yet used, lowest first */
    unsigned        n_bits; /* how many of them */
    const uint8_t  *raw, *raw_end;
    uint16_t       *tokens; /* owned block that `token` walks */
} aez_residual_stream;

typedef struct aez_residual_reader {
    const aez_mem       *mem;
    aez_residual_stream *streams;
    uint32_t             n_streams;
    uint8_t              stream_of[AEZ_LEVELS];
    int                  failed; /* a stream ran out: the file is corrupt */
    struct aez_shaped *shaped; /* owned; small blocks have it, and one stream without tokens */
    /* Blocks stored as bytes have one stream without tokens, and these. */
    uint8_t *bytes; /* owned; zigzag value i, byte b at [i * value_step + b * byte_step] */
    size_t   n_values, next_value, value_step, byte_step;
    unsigned width; /* bytes a value */
} aez_residual_reader;

/* Reads a packed block of at most max_n values. The bytes behind `in` must stay until
 * aez_residual_reader_free: raw bits are not copied. CORRUPT, LIMIT, NOMEM. */
aez_status aez_residual_reader_init(aez_residual_reader *r, const aez_mem *mem, aez_rd *in,
                                    size_t max_n);
void       aez_residual_reader_free(aez_residual_reader *r);
/* Nonzero when nothing failed and every stream was used up. */
int aez_residual_reader_done(const aez_residual_reader *r);
/* The zigzag value of a token with raw bits; 0 and r->failed when the bits are used up. */
uint64_t aez_residual_long(aez_residual_reader *r, aez_residual_stream *s, uint32_t token);
/* The zigzag value when the stream has no token left. */
uint64_t aez_residual_rare(aez_residual_reader *r, unsigned level);

/* The next value of this level (<= AEZ_LEVELS - 1). Sets r->failed, and returns 0, when the stream
 * is used up. Fast: called once a value. */
static inline int64_t aez_residual_next(aez_residual_reader *r, unsigned level)
{
    aez_residual_stream *s = &r->streams[r->stream_of[level]];
    uint32_t             token;
    if (s->token == s->token_end)
        return aez_unzigzag(aez_residual_rare(r, level));
    token = *s->token++;
    if (token < s->direct)
        return aez_unzigzag(token);
    return aez_unzigzag(aez_residual_long(r, s, token));
}

#endif
