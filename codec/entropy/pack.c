/* pack.c - streams of symbols: raw, zstd, constant or rANS, whichever is smallest. */
#include "pack.h"

#include "bits.h"
#include "frame.h"
#include "rans.h"

/* Low three bits of the first byte; the other five are a parameter. */
enum {
    METHOD_RAW = 0,      /* parameter: bits a symbol, 0 .. 12 */
    METHOD_ZSTD = 1,     /* parameter: 0 one byte a symbol, 1 two planes */
    METHOD_CONSTANT = 2, /* parameter 0; all symbols are the same */
    METHOD_RANS = 3      /* 3 .. 6: + 1 parametric table, + 2 wide; parameter: log2 of the sum */
};
#define METHOD_BITS 3
#define WIDE_FROM 4096 /* fewer symbols are not worth the 8 bytes that more states cost */

static const aez_token_cut PLAIN = {12, 0}; /* every symbol stands for itself */

static void put_head(aez_buf *out, unsigned method, unsigned parameter, size_t n)
{
    aez_put_u8(out, method | parameter << METHOD_BITS);
    aez_put_varint(out, n);
}

static void put_raw(const uint16_t *symbols, size_t n, unsigned width, aez_buf *out)
{
    aez_bit_writer w = {out, 0, 0};
    put_head(out, METHOD_RAW, width, n);
    for (size_t i = 0; i < n; i++)
        aez_bits_put(&w, symbols[i], width);
    aez_bits_flush(&w);
}

/* One byte a symbol, or all low bytes and then all high bytes. */
static aez_status put_zstd(const aez_mem *mem, const uint16_t *symbols, size_t n, int planes,
                           int level, aez_buf *out)
{
    size_t     size = planes ? 2 * n : n;
    uint8_t   *bytes = n <= SIZE_MAX / 2 ? aez_take_raw(mem, size, 1) : NULL;
    aez_buf    frame;
    aez_status st = AEZ_ERR_NOMEM;
    aez_buf_init(&frame, mem);
    if (!bytes)
        goto fail;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)symbols[i];
    for (size_t i = 0; planes && i < n; i++)
        bytes[n + i] = (uint8_t)(symbols[i] >> 8);
    if ((st = aez_zstd_append(mem, bytes, size, level, 0, &frame)) != AEZ_OK)
        goto fail;
    put_head(out, METHOD_ZSTD, planes ? 1 : 0, n);
    aez_put_varint(out, frame.size);
    aez_put(out, frame.data, frame.size);
fail:
    aez_buf_free(&frame);
    aez_drop(mem, bytes);
    return st;
}

static aez_status put_rans(const aez_mem *mem, const aez_freqs *freqs, const uint16_t *symbols,
                           size_t n, aez_buf *out)
{
    int        wide = n >= WIDE_FROM;
    aez_buf    payload;
    aez_status st;
    aez_buf_init(&payload, mem);
    if ((st = aez_rans_encode(mem, freqs, wide, symbols, n, &payload)) != AEZ_OK)
        goto fail;
    put_head(out, METHOD_RANS + (freqs->parametric ? 1u : 0) + (wide ? 2u : 0), freqs->log, n);
    aez_freqs_put(freqs, out);
    aez_put_varint(out, payload.size / 2);
    aez_put(out, payload.data, payload.size);
fail:
    aez_buf_free(&payload);
    return st;
}

/* Replaces what `out` holds from `start` on by `other`, if that is smaller. */
static void keep_smaller(aez_buf *out, size_t start, const aez_buf *other)
{
    if (out->failed || other->failed || other->size >= out->size - start)
        return;
    out->size = start;
    aez_put(out, other->data, other->size);
}

#define QUICK_LEVEL 1
#define MIDDLE_LEVEL 9

/* zstd at a high level is slow: quicker ones tell whether it has a chance. What repeats is found by
 * them too, if not as well, and on symbols that do not repeat no level comes near rANS. */
static aez_status worth_zstd(const aez_mem *mem, const uint16_t *symbols, size_t n, int planes,
                             int level, size_t have, int *worth)
{
    aez_buf    trial;
    aez_status st = AEZ_OK;
    *worth = 1;
    aez_buf_init(&trial, mem);
    if (level > 3 && n > 4096) {
        st = put_zstd(mem, symbols, n, planes, QUICK_LEVEL, &trial);
        *worth = trial.size <= have + have / 4;
    }
    if (st == AEZ_OK && *worth && level > MIDDLE_LEVEL && n > 65536) {
        trial.size = 0;
        st = put_zstd(mem, symbols, n, planes, MIDDLE_LEVEL, &trial);
        *worth = trial.size <= have + have / 25;
    }
    if (st == AEZ_OK && trial.failed)
        st = AEZ_ERR_NOMEM;
    aez_buf_free(&trial);
    return st;
}

static aez_status try_zstd(const aez_mem *mem, const uint16_t *symbols, size_t n, int planes,
                           int level, size_t start, aez_buf *out)
{
    aez_buf    trial;
    int        worth;
    aez_status st;
    aez_buf_init(&trial, mem);
    if ((st = worth_zstd(mem, symbols, n, planes, level, out->size - start, &worth)) != AEZ_OK ||
        !worth)
        goto fail;
    if ((st = put_zstd(mem, symbols, n, planes, level, &trial)) != AEZ_OK)
        goto fail;
    keep_smaller(out, start, &trial);
    if (trial.failed)
        st = AEZ_ERR_NOMEM;
fail:
    aez_buf_free(&trial);
    return st;
}

aez_status aez_tokens_pack(const aez_mem *mem, const uint16_t *symbols, size_t n,
                           const uint32_t *histogram, unsigned n_symbols, aez_token_cut cut,
                           const aez_pack_options *options, aez_buf *out)
{
    size_t     start = out->size;
    aez_freqs *freqs = NULL;
    unsigned   width;
    uint64_t   raw_bits;
    aez_status st = AEZ_OK;
    if (n == 0) {
        put_head(out, METHOD_RAW, 0, 0);
        goto done;
    }
    if (histogram[n_symbols - 1] == n) {
        put_head(out, METHOD_CONSTANT, 0, n);
        aez_put_varint(out, n_symbols - 1);
        goto done;
    }
    width = aez_log2_floor(n_symbols - 1) + 1; /* two symbols at least: n_symbols > 1 */
    raw_bits = (uint64_t)n * width;
    if (!options->zstd_only) {
        st = AEZ_ERR_NOMEM;
        if (!(freqs = aez_take_raw(mem, 1, sizeof *freqs)))
            goto fail;
        aez_freqs_choose(freqs, histogram, n_symbols, cut);
    }
    if (freqs && freqs->bits < (double)raw_bits) {
        if ((st = put_rans(mem, freqs, symbols, n, out)) != AEZ_OK)
            goto fail;
    } else {
        put_raw(symbols, n, width, out);
    }
    if (!out->failed && options->zstd_level > 0 &&
        (st = try_zstd(mem, symbols, n, n_symbols > 256, options->zstd_level, start, out)) !=
            AEZ_OK)
        goto fail;
done:
    st = out->failed ? AEZ_ERR_NOMEM : AEZ_OK;
fail:
    aez_drop(mem, freqs);
    return st;
}

aez_status aez_symbols_pack(const aez_mem *mem, const uint16_t *symbols, size_t n,
                            const aez_pack_options *options, aez_buf *out)
{
    uint32_t  *histogram;
    unsigned   n_symbols = 0;
    aez_status st;
    if (n > UINT32_MAX)
        return AEZ_ERR_LIMIT;
    if (!(histogram = aez_take(mem, AEZ_SYMBOL_MAX + 1, sizeof *histogram)))
        return AEZ_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        histogram[symbols[i]]++;
        if (symbols[i] >= n_symbols)
            n_symbols = symbols[i] + 1u;
    }
    st = aez_tokens_pack(mem, symbols, n, histogram, n_symbols, PLAIN, options, out);
    aez_drop(mem, histogram);
    return st;
}

/* ---- reading -------------------------------------------------------------------------------- */

static aez_status get_raw(aez_rd *in, unsigned width, uint16_t *symbols, size_t n)
{
    uint64_t       bits = (uint64_t)n * width; /* n is below 2^60: the block was allocated */
    const uint8_t *src = aez_rd_take(in, bits / 8 + (bits % 8 != 0));
    aez_rd         part;
    aez_bit_reader r = {&part, 0, 0};
    if (!src || width > 12)
        return AEZ_ERR_CORRUPT;
    aez_rd_init(&part, src, (size_t)(in->p - src));
    for (size_t i = 0; i < n; i++)
        symbols[i] = (uint16_t)aez_bits_get(&r, width);
    return AEZ_OK;
}

static aez_status get_zstd(const aez_mem *mem, aez_rd *in, unsigned planes, uint16_t *symbols,
                           size_t n)
{
    uint64_t       size = aez_get_varint(in);
    const uint8_t *frame = aez_rd_take(in, size);
    uint8_t       *bytes;
    aez_status     st;
    if (!frame || planes > 1)
        return AEZ_ERR_CORRUPT;
    if (!(bytes = aez_take_raw(mem, n, planes + 1)))
        return AEZ_ERR_NOMEM;
    st = aez_frame_unpack(mem, frame, (size_t)size, bytes, n * (planes + 1));
    for (size_t i = 0; st == AEZ_OK && i < n; i++)
        symbols[i] = (uint16_t)(bytes[i] | (planes ? bytes[n + i] << 8 : 0));
    aez_drop(mem, bytes);
    return st;
}

static aez_status get_constant(aez_rd *in, unsigned parameter, uint16_t *symbols, size_t n)
{
    uint64_t symbol = aez_get_varint(in);
    if (in->failed || parameter || symbol > AEZ_SYMBOL_MAX)
        return AEZ_ERR_CORRUPT;
    for (size_t i = 0; i < n; i++)
        symbols[i] = (uint16_t)symbol;
    return AEZ_OK;
}

static aez_status get_rans(const aez_mem *mem, aez_rd *in, unsigned kind, unsigned log,
                           aez_token_cut cut, uint16_t *symbols, size_t n)
{
    aez_freqs     *freqs = aez_take_raw(mem, 1, sizeof *freqs);
    const uint8_t *payload;
    uint64_t       words;
    aez_status     st = AEZ_ERR_NOMEM;
    if (!freqs)
        goto fail;
    if ((st = aez_freqs_get(freqs, in, log, (int)(kind & 1), cut)) != AEZ_OK)
        goto fail;
    st = AEZ_ERR_CORRUPT;
    words = aez_get_varint(in);
    if (words > aez_rd_left(in) / 2 || !(payload = aez_rd_take(in, 2 * words)))
        goto fail;
    st = aez_rans_decode(mem, freqs, kind > 1, payload, (size_t)(2 * words), symbols, n);
fail:
    aez_drop(mem, freqs);
    return st;
}

/* Every symbol must be a token. The loop has no exit so that compilers make it wide. */
static aez_status check(const uint16_t *symbols, size_t n, aez_token_cut cut)
{
    uint32_t count = aez_token_count(cut);
    uint16_t top = 0;
    for (size_t i = 0; i < n; i++)
        top = symbols[i] > top ? symbols[i] : top;
    return top > AEZ_SYMBOL_MAX || top >= count ? AEZ_ERR_CORRUPT : AEZ_OK;
}

aez_status aez_tokens_unpack(const aez_mem *mem, aez_rd *in, size_t max_n, aez_token_cut cut,
                             uint16_t **symbols, size_t *n)
{
    unsigned   head = aez_get_u8(in), method = head & ((1 << METHOD_BITS) - 1);
    unsigned   parameter = head >> METHOD_BITS;
    uint64_t   count = aez_get_varint(in);
    uint16_t  *block;
    aez_status st;
    if (in->failed || method > METHOD_RANS + 3)
        return AEZ_ERR_CORRUPT;
    if (count > max_n)
        return AEZ_ERR_LIMIT;
    if (!(block = aez_take_raw(mem, (size_t)count, sizeof *block)))
        return AEZ_ERR_NOMEM;
    switch (method) {
    case METHOD_RAW:
        st = get_raw(in, parameter, block, (size_t)count);
        break;
    case METHOD_ZSTD:
        st = get_zstd(mem, in, parameter, block, (size_t)count);
        break;
    case METHOD_CONSTANT:
        st = get_constant(in, parameter, block, (size_t)count);
        break;
    default:
        st = get_rans(mem, in, method - METHOD_RANS, parameter, cut, block, (size_t)count);
        break;
    }
    if (st == AEZ_OK)
        st = check(block, (size_t)count, cut);
    if (st != AEZ_OK) {
        aez_drop(mem, block);
        return st;
    }
    *symbols = block;
    *n = (size_t)count;
    return AEZ_OK;
}

aez_status aez_symbols_unpack(const aez_mem *mem, aez_rd *in, size_t max_n, uint16_t **symbols,
                              size_t *n)
{
    return aez_tokens_unpack(mem, in, max_n, PLAIN, symbols, n);
}
