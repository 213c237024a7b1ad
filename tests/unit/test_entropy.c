/* test_entropy.c - packed streams of symbols and bytes, and plain frames. */
#include "codec/entropy/entropy.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem MEM = {NULL, NULL, NULL};

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15;
    uint64_t z = (*state ^ *state >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

/* Symbols of one of some shapes. */
static void fill(uint16_t *s, size_t n, unsigned shape, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t r = next_random(&seed);
        unsigned run = 0;
        while (r & 1 && run < 40) {
            run++;
            r = next_random(&seed) >> 3;
        }
        switch (shape) {
        case 0: s[i] = 7; break;
        case 1: s[i] = (uint16_t)run; break;                       /* geometric */
        case 2: s[i] = (uint16_t)(r >> 20 & 0xFFF); break;         /* uniform, 12 bits */
        case 3: s[i] = (uint16_t)(i % 50 * 80); break;             /* repeats itself */
        case 4: s[i] = (uint16_t)(run * 97 % 4096); break;         /* few, scattered */
        case 5: s[i] = (uint16_t)(r % 1000 ? 0 : 4095); break;     /* nearly constant */
        case 6: s[i] = (uint16_t)(r >> 20 & 1); break;
        default: s[i] = (uint16_t)(run * 64 + (r >> 30 & 63)); break; /* wide */
        }
    }
}

static size_t round_trip(const uint16_t *s, size_t n, const aez_pack_options *o, unsigned *method)
{
    aez_buf   out;
    aez_rd    in;
    uint16_t *back = NULL;
    uint8_t  *exact;
    size_t    n_back = 1, size;
    aez_buf_init(&out, &MEM);
    aez_put_u8(&out, 0xAB); /* packing appends */
    cr_assert_eq(aez_symbols_pack(&MEM, s, n, o, &out), AEZ_OK);
    size = out.size - 1;
    exact = malloc(size);
    memcpy(exact, out.data + 1, size);
    *method = exact[0] & 7;
    aez_rd_init(&in, exact, size);
    cr_assert_eq(aez_symbols_unpack(&MEM, &in, n, &back, &n_back), AEZ_OK);
    cr_assert_eq(n_back, n);
    cr_assert_eq(aez_rd_left(&in), 0);
    if (n)
        cr_assert_arr_eq(back, s, n * sizeof *s);
    aez_drop(&MEM, back);
    if (n) {
        aez_rd_init(&in, exact, size);
        cr_assert_eq(aez_symbols_unpack(&MEM, &in, n - 1, &back, &n_back), AEZ_ERR_LIMIT);
    }
    free(exact);
    aez_buf_free(&out);
    return size;
}

Test(entropy, symbols_come_back_by_every_method)
{
    static const size_t           sizes[] = {0, 1, 2, 3, 10, 100, 1000, 4095, 4096, 4097, 20000};
    static const aez_pack_options options[] = {{0, 0}, {0, 3}, {1, 3}, {0, 19}, {1, 0}};
    uint16_t *s = malloc(20000 * sizeof *s);
    unsigned  seen = 0, method;
    for (unsigned shape = 0; shape < 8; shape++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            fill(s, sizes[i], shape, shape * 100 + i);
            for (unsigned o = 0; o < 5; o++) {
                if (o == 3 && sizes[i] > 1000)
                    continue; /* slow, and the same road as level 3 */
                round_trip(s, sizes[i], &options[o], &method);
                seen |= 1u << method;
                cr_assert(!options[o].zstd_only || method < 3);
            }
        }
    }
    free(s);
    cr_assert_eq(seen, 0x7F, "methods seen: %x", seen);
}

Test(entropy, small_streams_stay_small)
{
    static const aez_pack_options rans = {0, 0};
    uint16_t s[1000];
    unsigned method;
    fill(s, 1000, 0, 0);
    cr_assert_leq(round_trip(s, 1000, &rans, &method), 4);
    cr_assert_leq(round_trip(s, 0, &rans, &method), 2);
    cr_assert_leq(round_trip(s, 1, &rans, &method), 3);
    fill(s, 300, 1, 9); /* 2 bits each: 75 bytes and a table */
    cr_assert_leq(round_trip(s, 300, &rans, &method), 86);
}

Test(entropy, the_estimate_is_close_and_not_optimistic_for_small_streams)
{
    static const aez_pack_options rans = {0, 0};
    static uint32_t h[AEZ_SYMBOL_MAX + 1];
    uint16_t       *s = malloc(20000 * sizeof *s);
    unsigned        method;
    for (size_t n = 20; n <= 20000; n = n * 3 / 2) {
        for (unsigned shape = 1; shape < 8; shape += 3) {
            double   estimate, real;
            unsigned m = 0;
            if (shape == 4 && n < 200)
                continue;
            fill(s, n, shape, n);
            memset(h, 0, sizeof h);
            for (size_t i = 0; i < n; i++) {
                h[s[i]]++;
                m = s[i] >= m ? s[i] + 1u : m;
            }
            estimate = aez_symbols_cost(h, m) / 8;
            real = (double)round_trip(s, n, &rans, &method);
            cr_assert_gt(estimate, real * 0.97 - 3, "n %zu shape %u: %g, is %g", n, shape,
                         estimate, real);
            cr_assert_lt(estimate, real * 1.03 + 40, "n %zu shape %u: %g, is %g", n, shape,
                         estimate, real);
        }
    }
    free(s);
}

static void read_any(const uint8_t *bytes, size_t size, size_t max_n)
{
    uint8_t   *exact = malloc(size ? size : 1);
    uint16_t  *symbols = NULL;
    uint8_t   *block = NULL;
    size_t     n = 0;
    aez_rd     in;
    aez_status st;
    memcpy(exact, bytes, size);
    aez_rd_init(&in, exact, size);
    st = aez_symbols_unpack(&MEM, &in, max_n, &symbols, &n);
    cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT);
    if (st == AEZ_OK) {
        for (size_t i = 0; i < n; i++)
            cr_assert_leq(symbols[i], AEZ_SYMBOL_MAX);
        aez_drop(&MEM, symbols);
    }
    aez_rd_init(&in, exact, size);
    st = aez_bytes_unpack(&MEM, &in, max_n, &block, &n);
    cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT);
    if (st == AEZ_OK)
        aez_drop(&MEM, block);
    free(exact);
}

Test(entropy, every_truncation_and_flipped_bit_is_survived)
{
    static const aez_pack_options options[] = {{0, 0}, {1, 3}};
    uint16_t s[4200];
    for (unsigned shape = 0; shape < 8; shape++) {
        for (unsigned o = 0; o < 4; o++) {
            size_t   n = o < 2 ? 60 : 4200, limit;
            aez_buf  out;
            uint16_t *back = NULL;
            size_t   n_back;
            aez_buf_init(&out, &MEM);
            fill(s, n, shape, o);
            cr_assert_eq(aez_symbols_pack(&MEM, s, n, &options[o % 2], &out), AEZ_OK);
            limit = out.size < 150 ? out.size : 150;
            for (size_t size = 0; size < limit; size++) {
                aez_rd in;
                aez_rd_init(&in, out.data, size);
                cr_assert_eq(aez_symbols_unpack(&MEM, &in, n, &back, &n_back), AEZ_ERR_CORRUPT);
                read_any(out.data, size, n);
            }
            for (size_t bit = 0; bit < 8 * limit; bit++) {
                out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                read_any(out.data, out.size, n);
                out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            }
            aez_buf_free(&out);
        }
    }
}

Test(entropy, any_bytes_are_survived)
{
    uint64_t seed = 3;
    for (unsigned run = 0; run < 30000; run++) {
        uint8_t bytes[64];
        size_t  size = (size_t)(next_random(&seed) % sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)next_random(&seed);
        if (size > 2)
            bytes[1] &= 0x7F;
        read_any(bytes, size, 1000);
    }
}

Test(entropy, bytes_come_back)
{
    static const size_t sizes[] = {0, 1, 10, 1000, 50000};
    uint8_t *bytes = malloc(50000);
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned shape = 0; shape < 2; shape++) {
            uint64_t seed = i;
            aez_buf  out;
            aez_rd   in;
            uint8_t *back = NULL;
            size_t   n = 99;
            aez_buf_init(&out, &MEM);
            for (size_t j = 0; j < sizes[i]; j++)
                bytes[j] = (uint8_t)(shape ? next_random(&seed) : j / 100);
            cr_assert_eq(aez_bytes_pack(&MEM, bytes, sizes[i], 3, &out), AEZ_OK);
            cr_assert_leq(out.size, sizes[i] + 4);
            aez_rd_init(&in, out.data, out.size);
            cr_assert_eq(aez_bytes_unpack(&MEM, &in, sizes[i], &back, &n), AEZ_OK);
            cr_assert_eq(n, sizes[i]);
            if (n)
                cr_assert_arr_eq(back, bytes, n);
            aez_drop(&MEM, back);
            aez_buf_free(&out);
        }
    }
    free(bytes);
}

Test(entropy, frames_come_back_and_bad_ones_fail)
{
    uint8_t  bytes[3000], back[3001];
    aez_buf  out;
    uint64_t seed = 1;
    aez_buf_init(&out, &MEM);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(next_random(&seed) % 3);
    cr_assert_eq(aez_frame_pack_below(&MEM, bytes, 0, 3, SIZE_MAX, &out), AEZ_OK);
    cr_assert_eq(aez_frame_unpack(&MEM, out.data, out.size, NULL, 0), AEZ_OK);
    out.size = 0;
    cr_assert_eq(aez_frame_pack_below(&MEM, bytes, sizeof bytes, 22, SIZE_MAX, &out), AEZ_OK);
    cr_assert_eq(aez_frame_unpack(&MEM, out.data, out.size, back, sizeof bytes), AEZ_OK);
    cr_assert_arr_eq(back, bytes, sizeof bytes);
    cr_assert_eq(aez_frame_unpack(&MEM, out.data, out.size, back, sizeof bytes - 1),
                 AEZ_ERR_CORRUPT);
    cr_assert_eq(aez_frame_unpack(&MEM, out.data, out.size, back, sizeof bytes + 1),
                 AEZ_ERR_CORRUPT);
    for (size_t size = 0; size < out.size; size++)
        cr_assert_eq(aez_frame_unpack(&MEM, out.data, size, back, sizeof bytes), AEZ_ERR_CORRUPT);
    aez_put_u8(&out, 0);
    cr_assert_eq(aez_frame_unpack(&MEM, out.data, out.size, back, sizeof bytes), AEZ_ERR_CORRUPT);
    aez_buf_free(&out);
}

/* Allocation that fails at the n-th call, and counts what lives. */
typedef struct failing {
    size_t calls, fail_at, live;
} failing;

static void *failing_alloc(void *opaque, size_t size)
{
    failing *f = opaque;
    if (++f->calls == f->fail_at)
        return NULL;
    f->live++;
    return malloc(size);
}

static void failing_release(void *opaque, void *block)
{
    failing *f = opaque;
    f->live--;
    free(block);
}

Test(entropy, every_failed_allocation_is_reported_and_leaks_nothing)
{
    uint16_t         s[5000];
    aez_pack_options options = {0, 3};
    fill(s, 5000, 1, 1);
    for (size_t at = 1;; at++) {
        failing    f = {0, at, 0};
        aez_mem    mem = {failing_alloc, failing_release, &f};
        aez_buf    out;
        aez_status st;
        uint16_t  *back = NULL;
        size_t     n;
        aez_rd     in;
        aez_buf_init(&out, &mem);
        st = aez_symbols_pack(&mem, s, 5000, &options, &out);
        if (st == AEZ_OK) {
            aez_rd_init(&in, out.data, out.size);
            st = aez_symbols_unpack(&mem, &in, 5000, &back, &n);
            if (st == AEZ_OK)
                aez_drop(&mem, back);
        }
        aez_buf_free(&out);
        cr_assert_eq(f.live, 0);
        if (st == AEZ_OK)
            break;
        cr_assert_eq(st, AEZ_ERR_NOMEM);
        cr_assert_lt(at, 200);
    }
}
