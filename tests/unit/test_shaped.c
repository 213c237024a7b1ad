/* test_shaped.c - small residual blocks come back, cost little, and are safe when damaged. */
#include <criterion/criterion.h>

#include <math.h>

#include "codec/base/rng.h"
#include "codec/entropy/bits.h"
#include "codec/residual/shaped.h"
#include "tests/support/hooks.h"

static const aez_mem plain_mem;

enum { ZEROS, ONE_LEVEL, SCALED, WIDE, ANY, KINDS };

static int64_t value_of(aez_rng *rng, int kind, unsigned level)
{
    uint64_t r = aez_rng_next(rng);
    double   u = ((double)(r >> 11) + 0.5) * 0x1p-53;
    int64_t  sign = r & 1 ? 1 : -1;
    switch (kind) {
    case ZEROS:
        return 0;
    case ONE_LEVEL:
        return sign * (int64_t)(-3 * log(u));
    case SCALED: /* Laplacian, its scale doubling every four levels */
        return sign * (int64_t)(-0.3 * exp2(level / 4.0) * log(u));
    case WIDE:
        return (int64_t)aez_rng_next(rng) >> (r % 64);
    default:
        return (int64_t)aez_rng_next(rng);
    }
}

static void make(aez_residual_writer *w, const aez_mem *mem, int kind, size_t n, uint64_t seed)
{
    aez_rng rng;
    aez_rng_seed(&rng, seed);
    cr_assert_eq(aez_residual_writer_init(w, mem, n), AEZ_OK);
    for (size_t i = 0; i < n; i++) {
        unsigned level = kind == ONE_LEVEL ? 17 : (unsigned)aez_rng_below(&rng, AEZ_LEVELS);
        aez_residual_put(w, level, value_of(&rng, kind, level));
    }
    cr_assert_not(w->large.failed);
}

static aez_buf pack(const aez_residual_writer *w, int effort)
{
    aez_buf out;
    aez_buf_init(&out, &plain_mem);
    cr_assert_eq(aez_shaped_pack(w, effort, &out), AEZ_OK);
    return out;
}

/* The zigzag value of a token whose raw bits come next. */
static uint64_t value_read(aez_token_cut cut, uint32_t token, aez_bit_reader *bits)
{
    unsigned n = aez_token_raw_bits(cut, token);
    uint64_t low = 0;
    if (n > 32)
        low = aez_bits_get(bits, 32);
    low |= (uint64_t)aez_bits_get(bits, n > 32 ? n - 32 : n) << (n > 32 ? 32 : 0);
    return aez_token_first(cut, token) | low;
}

static void comes_back(const aez_residual_writer *w, const aez_buf *block)
{
    aez_shaped     s;
    aez_rd         in, large, raw = {0};
    aez_bit_reader bits = {&raw, 0, 0};
    uint32_t      *tokens = malloc(w->n * sizeof *tokens);
    int            has_raw;
    aez_rd_init(&in, block->data, block->size);
    aez_rd_init(&large, w->large.data, w->large.size);
    cr_assert_eq(aez_shaped_init(&s, &plain_mem, &in, w->n, &has_raw), AEZ_OK);
    cr_assert_eq(s.n_left, w->n);
    for (size_t i = 0; i < w->n; i++) {
        cr_assert_not(aez_shaped_done(&s));
        tokens[i] = aez_shaped_next(&s, w->level[i]);
    }
    cr_assert(aez_shaped_done(&s), "the coder ends where it began");
    if (has_raw) {
        uint64_t size = aez_get_varint(&in);
        aez_rd_init(&raw, aez_rd_take(&in, size), size);
    }
    cr_assert(!in.failed && aez_rd_left(&in) == 0);
    for (size_t i = 0; i < w->n; i++) {
        uint64_t want = w->zigzag[i] == UINT32_MAX ? aez_get_u64(&large) : w->zigzag[i];
        cr_assert_eq(value_read(s.cut, tokens[i], &bits), want, "value %zu", i);
    }
    cr_assert(!raw.failed && aez_rd_left(&raw) == 0);
    aez_shaped_free(&s, &plain_mem);
    free(tokens);
}

Test(shaped, values_come_back)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t n = 1; n < 5000; n = n * 3 + 1)
            for (int effort = 1; effort <= 5; effort += 4) {
                aez_residual_writer w;
                aez_buf             block;
                make(&w, &plain_mem, kind, n, n);
                block = pack(&w, effort);
                comes_back(&w, &block);
                aez_buf_free(&block);
                aez_residual_writer_free(&w);
            }
}

/* One line serves all levels: the block is close to what each level would need at best. */
Test(shaped, levels_on_a_line_cost_little_more_than_their_entropy)
{
    enum { N = 20000 };
    aez_residual_writer w;
    aez_buf             block;
    double              best = 0;
    make(&w, &plain_mem, SCALED, N, 1);
    for (size_t i = 0; i < N;
         i++) { /* by the true distribution: geometric of magnitudes, and a sign */
        double   scale = 0.3 * exp2(w.level[i] / 4.0);
        uint64_t z = w.zigzag[i], m = (z + 1) / 2;
        double   p = exp(-(double)m / scale) * (1 - exp(-1 / scale));
        best += -log2(m ? p / 2 : p);
    }
    block = pack(&w, 5);
    cr_assert_lt((double)block.size * 8, best * 1.03 + 200, "%zu bytes, at best %.0f", block.size,
                 best / 8);
    aez_buf_free(&block);
    aez_residual_writer_free(&w);
}

Test(shaped, a_few_zeros_take_a_few_bytes)
{
    aez_residual_writer w;
    aez_buf             block;
    make(&w, &plain_mem, ZEROS, 200, 1);
    block = pack(&w, 5);
    cr_assert_leq(block.size, 16);
    aez_buf_free(&block);
    aez_residual_writer_free(&w);
}

/* As a reader does that takes values of any level until there is none. */
static aez_status read_all(const aez_mem *mem, const void *bytes, size_t size, size_t max_n,
                           int *done)
{
    aez_shaped s;
    aez_rd     in;
    int        has_raw;
    aez_status st;
    aez_rd_init(&in, bytes, size);
    *done = 0;
    st = aez_shaped_init(&s, mem, &in, max_n, &has_raw);
    for (unsigned i = 0; st >= 0 && s.n_left > 0; i++)
        cr_assert_lt(aez_shaped_next(&s, i % AEZ_LEVELS), s.freqs.n_symbols);
    if (st >= 0)
        *done = aez_shaped_done(&s);
    aez_shaped_free(&s, mem);
    return st;
}

Test(shaped, damage_is_noticed_or_harmless)
{
    hooks_state h = {0};
    aez_mem     mem = hooks_mem(&h);
    int         done;
    for (int kind = 0; kind < KINDS; kind++) {
        aez_residual_writer w;
        aez_buf             block;
        make(&w, &plain_mem, kind, 40, 2);
        block = pack(&w, 3);
        for (size_t n = 0; n < block.size; n++) {
            uint8_t *cut = malloc(n + 1);
            memcpy(cut, block.data, n);
            read_all(&mem, cut, n, 40, &done);
            free(cut);
        }
        for (size_t bit = 0; bit < 8 * block.size; bit++) {
            block.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            read_all(&mem, block.data, block.size, 1000, &done);
            block.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        cr_assert_eq(read_all(&mem, block.data, block.size, 39, &done), AEZ_ERR_LIMIT);
        aez_buf_free(&block);
        aez_residual_writer_free(&w);
    }
    cr_assert_eq(h.n_live, 0);
    cr_assert_lt(h.largest, 8 << 20);
}

Test(shaped, fields_out_of_range_are_corrupt)
{
    /* head, n, n_symbols - 1, base, slope, shape, words: a block of one zero */
    static const struct {
        uint8_t     bytes[12];
        size_t      size;
        aez_status  status;
        const char *what;
    } cases[] = {
        {{0x25, 1, 1, 0, 0, 0, 0}, 7, AEZ_OK, "good"},
        {{0xA5, 1, 1, 0, 0, 0, 0}, 7, AEZ_ERR_CORRUPT, "unknown bit of the head"},
        {{0x2C, 1, 1, 0, 0, 0, 0}, 7, AEZ_ERR_CORRUPT, "split of 12"},
        {{0x21, 1, 1, 0, 0, 0, 0}, 7, AEZ_ERR_CORRUPT, "msb above split"},
        {{0x25, 2, 1, 0, 0, 0, 0}, 7, AEZ_ERR_LIMIT, "more values than asked for"},
        {{0x25, 1, 0, 0, 0, 0, 0}, 7, AEZ_ERR_CORRUPT, "one symbol"},
        {{0x25, 1, 0x8C, 2, 0, 0, 0, 0}, 8, AEZ_ERR_CORRUPT, "a token that the cut has not"},
        {{0x25, 1, 0x8B, 2, 0, 0, 0, 0}, 8, AEZ_OK, "its last token"},
        {{0x25, 1, 1, 0x80, 0x80, 1, 0, 0, 0}, 9, AEZ_OK, "base of 8192"},
        {{0x25, 1, 1, 0x82, 0x80, 1, 0, 0, 0}, 9, AEZ_ERR_CORRUPT, "base of 8193"},
        {{0x25, 1, 1, 0x81, 0x80, 1, 0, 0, 0}, 9, AEZ_ERR_CORRUPT, "base of -8193"},
        {{0x25, 1, 1, 0, 0x82, 0x80, 1, 0, 0}, 9, AEZ_ERR_CORRUPT, "slope of 8193"},
        {{0x25, 1, 1, 0, 0x81, 0x80, 1, 0, 0}, 9, AEZ_ERR_CORRUPT, "slope of -8193"},
        {{0x25, 1, 1, 0, 0, 0x80, 0}, 7, AEZ_ERR_CORRUPT, "unknown bit of the shape"},
        {{0x25, 1, 1, 0, 0, 0, 1}, 7, AEZ_ERR_CORRUPT, "a word that is not there"},
        {{0x25, 1, 1, 0, 0, 0, 1, 0}, 8, AEZ_ERR_CORRUPT, "half a word"}};
    int done;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(read_all(&plain_mem, cases[i].bytes, cases[i].size, 1, &done), cases[i].status,
                     "%s", cases[i].what);
}

Test(shaped, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_status st = AEZ_ERR_NOMEM;
    size_t     n = 0;
    int        done;
    while (st != AEZ_OK) {
        hooks_state         h = {0};
        aez_mem             mem = hooks_mem(&h);
        aez_residual_writer w;
        aez_buf             out;
        make(&w, &mem, WIDE, 100, 3);
        h.n_requests = 0;
        h.fail_at = ++n;
        aez_buf_init(&out, &mem);
        st = aez_shaped_pack(&w, 1, &out);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        if (st == AEZ_OK) {
            h = (hooks_state){.fail_at = 1, .n_live = h.n_live};
            cr_assert_eq(read_all(&mem, out.data, out.size, 100, &done), AEZ_ERR_NOMEM);
        }
        aez_buf_free(&out);
        aez_residual_writer_free(&w);
        cr_assert_eq(h.n_live, 0, "request %zu leaks %zu", n, h.n_live);
    }
    cr_assert_gt(n, 5);
}
