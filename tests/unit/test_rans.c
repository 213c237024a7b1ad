/* test_rans.c - frequency tables and the rANS coder by themselves. */
#include "codec/entropy/rans.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const aez_mem MEM = {NULL, NULL, NULL};
static const aez_token_cut PLAIN = {12, 0};

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15;
    uint64_t z = (*state ^ *state >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

/* Symbol of a histogram, at random. */
static uint16_t draw(const uint32_t *h, unsigned m, uint64_t total, uint64_t *seed)
{
    uint64_t at = next_random(seed) % total;
    unsigned i = 0;
    while (i + 1 < m && at >= h[i])
        at -= h[i++];
    return (uint16_t)i;
}

static void check_sum(const aez_freqs *f, const uint32_t *h)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < f->n_symbols; i++) {
        sum += f->freq[i];
        cr_assert(h[i] == 0 || f->freq[i] > 0);
    }
    cr_assert_eq(sum, (uint64_t)1 << f->log);
}

static void check_histogram(const uint32_t *h, unsigned m, aez_token_cut cut)
{
    static aez_freqs f, g;
    aez_buf          out;
    aez_rd           in;
    aez_buf_init(&out, &MEM);
    aez_freqs_choose(&f, h, m, cut);
    check_sum(&f, h);
    aez_freqs_put(&f, &out);
    aez_rd_init(&in, out.data, out.size);
    cr_assert_eq(aez_freqs_get(&g, &in, f.log, f.parametric, cut), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert_eq(g.n_symbols, f.n_symbols);
    cr_assert_arr_eq(g.freq, f.freq, f.n_symbols * sizeof f.freq[0]);
    aez_buf_free(&out);
}

Test(rans, tables_come_back_for_all_sorts_of_histograms)
{
    static uint32_t h[AEZ_SYMBOL_MAX + 1];
    uint64_t        seed = 1;
    for (unsigned run = 0; run < 600; run++) {
        unsigned m = 2 + (unsigned)(next_random(&seed) % (run % 10 == 0 ? 4095 : 60));
        unsigned shape = run % 6;
        for (unsigned i = 0; i < m; i++) {
            uint64_t r = next_random(&seed);
            h[i] = shape == 0   ? 1
                   : shape == 1 ? (uint32_t)(r % 5 == 0)
                   : shape == 2 ? (uint32_t)(r % 1000000)
                   : shape == 3 ? (uint32_t)(1000000 >> (i < 20 ? i : 20))
                   : shape == 4 ? (uint32_t)(r % 3 ? 0 : r >> 40)
                                : (uint32_t)((r % 64 == 0) * 100000);
        }
        h[0] += 1;
        h[m - 1] += shape == 3 ? 4000000 : 1;
        check_histogram(h, m, PLAIN);
    }
}

Test(rans, tables_of_cut_tokens_come_back)
{
    static uint32_t h[AEZ_SYMBOL_MAX + 1];
    uint64_t        seed = 2;
    for (unsigned split = 0; split <= 8; split++) {
        for (unsigned msb = 0; msb <= split && msb <= AEZ_MSB_MAX; msb++) {
            aez_token_cut cut = {split, msb};
            unsigned      m = aez_token_count(cut);
            memset(h, 0, sizeof h);
            for (unsigned i = 0; i < 200; i++)
                h[aez_token_of(cut, next_random(&seed) >> (40 + next_random(&seed) % 24))]++;
            h[0]++;
            while (h[m - 1] == 0)
                m--;
            if (m > 1)
                check_histogram(h, m, cut);
        }
    }
}

Test(rans, tokens_and_first_values_agree)
{
    for (unsigned split = 0; split <= AEZ_SPLIT_MAX; split++) {
        for (unsigned msb = 0; msb <= split && msb <= AEZ_MSB_MAX; msb++) {
            aez_token_cut cut = {split, msb};
            uint32_t      count = aez_token_count(cut);
            for (uint32_t t = 0; t < count; t++) {
                uint64_t first = aez_token_first(cut, t);
                unsigned raw = aez_token_raw_bits(cut, t);
                uint64_t last = first + (((uint64_t)1 << raw) - 1);
                cr_assert_leq(raw, 63);
                cr_assert_eq(aez_token_of(cut, first), t);
                cr_assert_eq(aez_token_of(cut, last), t);
                if (t + 1 < count)
                    cr_assert_eq(aez_token_first(cut, t + 1), last + 1);
                else
                    cr_assert_eq(last, UINT64_MAX);
            }
        }
    }
}

/* Frequencies at the edges of the reciprocal division. */
static void check_coder(const aez_freqs *f, size_t n, int wide, uint64_t seed)
{
    uint32_t  h[AEZ_SYMBOL_MAX + 1];
    uint16_t *symbols = malloc(n * sizeof *symbols + 1), *back = malloc(n * sizeof *back + 1);
    uint8_t  *exact;
    aez_buf   out;
    aez_buf_init(&out, &MEM);
    for (unsigned i = 0; i < f->n_symbols; i++)
        h[i] = f->freq[i];
    for (size_t i = 0; i < n; i++)
        symbols[i] = draw(h, f->n_symbols, (uint64_t)1 << f->log, &seed);
    if (n > 8) /* some improbable ones in a row */
        for (unsigned i = 0; i < 8; i++)
            symbols[i] = (uint16_t)(f->n_symbols - 1);
    cr_assert_eq(aez_rans_encode(&MEM, f, wide, symbols, n, &out), AEZ_OK);
    exact = malloc(out.size + 1); /* so that reading past the end is seen */
    if (out.size)
        memcpy(exact, out.data, out.size);
    exact = realloc(exact, out.size ? out.size : 1);
    cr_assert_eq(aez_rans_decode(&MEM, f, wide, exact, out.size, back, n), AEZ_OK);
    cr_assert_arr_eq(back, symbols, n * sizeof *back);
    for (size_t cut = 0; cut < out.size && cut < 64; cut++)
        aez_rans_decode(&MEM, f, wide, exact, cut, back, n);
    if (wide && n > 100) { /* the narrow form may run down to its start by chance */
        cr_assert_eq(aez_rans_decode(&MEM, f, wide, exact, out.size - 2, back, n),
                     AEZ_ERR_CORRUPT);
        cr_assert_eq(aez_rans_decode(&MEM, f, wide, exact, out.size - 1, back, n),
                     AEZ_ERR_CORRUPT);
    }
    free(exact);
    free(symbols);
    free(back);
    aez_buf_free(&out);
}

Test(rans, symbols_come_back_at_the_edges_of_frequencies)
{
    static aez_freqs f;
    for (unsigned log = AEZ_FREQ_LOG_MIN; log <= AEZ_FREQ_LOG_MAX; log++) {
        for (unsigned shift = 0; shift < log; shift++) {
            for (int delta = -1; delta <= 1; delta++) {
                int64_t first = ((int64_t)1 << shift) + delta;
                if (first < 1 || first >= (int64_t)1 << log)
                    continue;
                memset(&f, 0, sizeof f);
                f.log = log;
                f.n_symbols = 2;
                f.freq[0] = (uint16_t)first;
                f.freq[1] = (uint16_t)(((int64_t)1 << log) - first);
                check_coder(&f, 600, 0, shift);
                check_coder(&f, 601, 1, shift);
            }
        }
    }
}

Test(rans, any_number_of_symbols_comes_back)
{
    static aez_freqs f;
    static uint32_t  h[40];
    for (unsigned i = 0; i < 40; i++)
        h[i] = 1 + (100000u >> (i / 2));
    aez_freqs_choose(&f, h, 40, PLAIN);
    for (size_t n = 0; n < 70; n++) {
        check_coder(&f, n, 0, n);
        check_coder(&f, n, 1, n);
    }
}

Test(rans, payload_is_close_to_the_entropy)
{
    static aez_freqs f;
    static uint32_t  h[40];
    enum { N = 20000 };
    uint16_t *symbols = malloc(N * sizeof *symbols);
    uint64_t  seed = 5, total = 0;
    double    bits = 0;
    aez_buf   out;
    aez_buf_init(&out, &MEM);
    for (unsigned i = 0; i < 40; i++)
        total += h[i] = 1 + (100000u >> (i / 2));
    for (size_t i = 0; i < N; i++)
        symbols[i] = draw(h, 40, total, &seed);
    memset(h, 0, sizeof h);
    for (size_t i = 0; i < N; i++)
        h[symbols[i]]++;
    for (unsigned i = 0; i < 40; i++)
        if (h[i])
            bits += h[i] * (aez_log2(N) - aez_log2(h[i]));
    aez_freqs_choose(&f, h, 40 - (h[39] == 0), PLAIN);
    cr_assert_eq(aez_rans_encode(&MEM, &f, 0, symbols, N, &out), AEZ_OK);
    cr_assert_lt((double)out.size * 8, bits * 1.003 + 16);
    free(symbols);
    aez_buf_free(&out);
}

Test(rans, any_bytes_as_table_are_refused_or_sum_up)
{
    static aez_freqs f;
    static uint32_t  nothing[AEZ_SYMBOL_MAX + 1];
    uint64_t         seed = 7;
    unsigned         n_good = 0;
    for (unsigned run = 0; run < 20000; run++) {
        uint8_t  bytes[40];
        aez_rd   in;
        unsigned size = (unsigned)(next_random(&seed) % sizeof bytes);
        for (unsigned i = 0; i < size; i++)
            bytes[i] = (uint8_t)next_random(&seed);
        aez_rd_init(&in, bytes, size);
        if (aez_freqs_get(&f, &in, 8 + run % 9, run & 1, PLAIN) != AEZ_OK)
            continue;
        check_sum(&f, nothing);
        n_good++;
    }
    cr_assert_gt(n_good, 100);
}
