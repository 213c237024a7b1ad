/* test_mixture.c - frequencies of mixtures against a plain reference, and their coder. */
#include "codec/entropy/mixture.h"

#include <criterion/criterion.h>
#include <math.h>
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

static void random_shape(aez_mixture_shape *shape, uint64_t *seed)
{
    static const uint32_t some[] = {2, 3, 5, 16, 17, 255, 256, 257, 1000, 4095, 4096};
    memset(shape, 0, sizeof *shape);
    shape->n_values = some[next_random(seed) % (sizeof some / sizeof *some)];
    shape->n_logistics = 1 + (unsigned)(next_random(seed) % AEZ_MIXTURE_LOGISTICS_MAX);
    for (uint32_t v = 0; v < shape->n_values && shape->n_spikes < AEZ_MIXTURE_SPIKES_MAX; v++) {
        if (next_random(seed) % 20 == 0 || v + 1 == shape->n_values)
            shape->spike[shape->n_spikes++] = (uint16_t)v;
    }
}

static void random_outputs(const aez_mixture_shape *shape, int16_t *out, uint64_t *seed)
{
    unsigned n = aez_mixture_outputs(shape), wild = next_random(seed) % 4 == 0;
    for (unsigned i = 0; i < n; i++) {
        int64_t v = (int64_t)(next_random(seed) % 65536) - 32768;
        int     is_mean = i >= shape->n_logistics + shape->n_spikes && i < n - shape->n_logistics;
        out[i] = (int16_t)(wild ? v : is_mean ? (v & 16383) : v / 8);
    }
}

/* ---- the formulas of the specification, without tables or shortcuts -------------------------- */

static int64_t floor_shift(int64_t v, int shift)
{
    int64_t unit = (int64_t)1 << shift;
    return v >= 0 ? v / unit : -((-v + unit - 1) / unit);
}

/* round(2^30 * 2^(j / 32)) and between them straight lines */
static uint64_t power(int64_t j)
{
    uint64_t a = (uint64_t)llroundl(ldexpl(exp2l((long double)(j / 32) / 32), 30));
    uint64_t b = (uint64_t)llroundl(ldexpl(exp2l((long double)(j / 32 + 1) / 32), 30));
    return a + (b - a) * (uint64_t)(j % 32) / 32;
}

/* 2^bits * 2^(e / 1024), rounded down */
static uint64_t power_of(int64_t e, int bits)
{
    int64_t whole = floor_shift(e, 10);
    int64_t down = 30 - bits - whole;
    return down > 62 ? 0 : power(e - 1024 * whole) >> down;
}

static uint64_t logistic(int64_t t)
{
    uint64_t small;
    if (t <= -640 || t >= 640)
        return t < 0 ? 0 : 1 << 24;
    if (t < 0)
        return (1 << 24) - logistic(-t);
    small = power_of(-32 * t, 30);
    return ((uint64_t)1 << 54) / (((uint64_t)1 << 30) + small);
}

static uint32_t reference(const aez_mixture_shape *s, const int16_t *out, uint32_t v)
{
    unsigned n = s->n_logistics, all = n + s->n_spikes, unit = 0;
    int64_t  most = INT16_MIN;
    uint64_t total = 0, sum = 0;
    if (v == 0 || v == s->n_values)
        return v ? 1 << 22 : 0;
    while ((16u << unit) < s->n_values)
        unit++;
    for (unsigned i = 0; i < all; i++)
        most = out[i] > most ? out[i] : most;
    for (unsigned i = 0; i < all; i++) {
        uint64_t weight = most - out[i] > 16 * 1024 ? 0 : power_of(out[i] - most, 16);
        total += weight;
        if (i >= n) {
            sum += s->spike[i - n] < v ? weight << 24 : 0;
        } else {
            int64_t scale = out[all + n + i], z;
            scale = scale < -6144 ? -6144 : scale > 12288 ? 12288 : scale;
            z = 1024 * (int64_t)v - 512 - out[all + i] * ((int64_t)1 << unit);
            z = floor_shift(z * (int64_t)power_of(-scale, 20), 20);
            z = z < -20480 ? -20480 : z > 20480 ? 20480 : z;
            uint64_t a = logistic(floor_shift(z, 5)), b = logistic(floor_shift(z, 5) + 1);
            sum += weight * (a + (b - a) * (uint64_t)(z - 32 * floor_shift(z, 5)) / 32);
        }
    }
    return (uint32_t)(((sum >> 14) * (((uint64_t)(((uint64_t)1 << 22) - s->n_values) << 40) /
                                      (total << 10))) >> 40) + v;
}

Test(mixture, frequencies_are_those_of_the_plain_formulas)
{
    static aez_mixture m;
    uint64_t           seed = 1;
    for (int run = 0; run < 300; run++) {
        aez_mixture_shape shape;
        aez_mixed         d;
        int16_t           out[AEZ_MIXTURE_OUTPUTS_MAX];
        uint32_t          before = 0;
        random_shape(&shape, &seed);
        random_outputs(&shape, out, &seed);
        aez_mixture_init(&m, &shape);
        aez_mixture_set(&m, out, &d);
        for (uint32_t v = 0; v <= shape.n_values; v++) {
            if (v > 300 && v + 40 < shape.n_values)
                v += 12;
            uint32_t start = aez_mixture_start(&m, &d, v);
            cr_assert_eq(start, reference(&shape, out, v));
            cr_assert(v == 0 || start > before);
            before = start;
        }
        cr_assert_eq(before, 1u << AEZ_MIXTURE_LOG);
    }
}

Test(mixture, frequencies_follow_the_real_mixture)
{
    static aez_mixture m;
    aez_mixture_shape  shape = {256, 2, 1, {0}};
    /* weights 4 : 1 : 2, means 80.25 and 200, scales 4 and 16 */
    int16_t   out[] = {2048, 0, 1024, 5136, 12800, 2048, 4096};
    aez_mixed d;
    aez_mixture_init(&m, &shape);
    aez_mixture_set(&m, out, &d);
    for (unsigned v = 1; v < 255; v++) {
        double p = 0, f = aez_mixture_start(&m, &d, v + 1) - (double)aez_mixture_start(&m, &d, v);
        double mean[] = {80.25, 200}, scale[] = {4, 16}, weight[] = {4.0 / 7, 1.0 / 7};
        for (int i = 0; i < 2; i++)
            p += weight[i] * (1 / (1 + exp2(-(v + 0.5 - mean[i]) / scale[i])) -
                              1 / (1 + exp2(-(v - 0.5 - mean[i]) / scale[i])));
        cr_assert_float_eq(f, 1 + p * 4194048, 2 + 0.002 * p * 4194304, "%u: %f %f", v, f,
                           p * 4194304);
    }
}

/* ---- coder ---------------------------------------------------------------------------------- */

#define VALUES 3000

typedef struct written {
    aez_mixture_shape shape;
    int16_t           out[VALUES][AEZ_MIXTURE_OUTPUTS_MAX];
    uint16_t          value[VALUES];
    aez_mixture       mixture;
    aez_buf           bytes;
} written;

/* Values drawn from their own mixtures, or any. */
static void write_values(written *w, size_t n, int any, uint64_t *seed)
{
    static aez_mixture_range range[VALUES];
    aez_mixture_writer       writer;
    size_t                   half = n / 2;
    aez_buf_init(&w->bytes, &MEM);
    aez_mixture_writer_init(&writer, &MEM);
    aez_mixture_init(&w->mixture, &w->shape);
    for (size_t i = 0; i < n; i++) {
        aez_mixed d;
        uint32_t  slot = (uint32_t)(next_random(seed) % (1 << AEZ_MIXTURE_LOG)), v = 0;
        random_outputs(&w->shape, w->out[i], seed);
        aez_mixture_set(&w->mixture, w->out[i], &d);
        if (any)
            v = (uint32_t)(next_random(seed) % w->shape.n_values);
        while (!any && aez_mixture_start(&w->mixture, &d, v + 1) <= slot)
            v++;
        w->value[i] = (uint16_t)v;
        range[i].start = aez_mixture_start(&w->mixture, &d, v);
        range[i].freq = aez_mixture_start(&w->mixture, &d, v + 1) - range[i].start;
    }
    aez_mixture_write(&writer, range + half, n - half);
    aez_mixture_write(&writer, range, half);
    cr_assert_eq(aez_mixture_finish(&writer, &w->bytes), AEZ_OK);
    aez_mixture_writer_free(&writer);
}

/* Whether all values come back and the stream is used up. */
static int reads_back(const written *w, size_t n, const uint8_t *bytes, size_t size)
{
    aez_mixture_reader r;
    int                same = 1;
    if (aez_mixture_reader_init(&r, bytes, size) < 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        aez_mixed d;
        unsigned  v;
        aez_mixture_set(&w->mixture, w->out[i], &d);
        v = aez_mixture_read(&r, &w->mixture, &d);
        cr_assert(v < w->shape.n_values);
        same &= v == w->value[i];
    }
    return same && aez_mixture_done(&r);
}

Test(mixture, values_come_back)
{
    static written w;
    uint64_t       seed = 2;
    for (int run = 0; run < 40; run++) {
        size_t n = run < 8 ? (size_t)run : 1 + next_random(&seed) % 400;
        random_shape(&w.shape, &seed);
        write_values(&w, n, run % 2, &seed);
        cr_assert(reads_back(&w, n, w.bytes.data, w.bytes.size), "run %d", run);
        aez_buf_free(&w.bytes);
    }
}

Test(mixture, the_stream_is_as_short_as_the_frequencies_say)
{
    static written w;
    uint64_t       seed = 3;
    double         bits = 0;
    w.shape = (aez_mixture_shape){256, 3, 2, {0, 255}};
    write_values(&w, VALUES, 0, &seed);
    for (size_t i = 0; i < VALUES; i++) {
        aez_mixed d;
        aez_mixture_set(&w.mixture, w.out[i], &d);
        bits -= log2((aez_mixture_start(&w.mixture, &d, w.value[i] + 1u) -
                      (double)aez_mixture_start(&w.mixture, &d, w.value[i])) / (1 << 22));
    }
    cr_assert_lt(8.0 * (double)w.bytes.size, bits * 1.0005 + 64);
    cr_assert_gt(8.0 * (double)w.bytes.size, bits - 64);
    aez_buf_free(&w.bytes);
}

Test(mixture, damaged_streams_are_noticed_and_harmless)
{
    static written w;
    uint64_t       seed = 4;
    size_t         n = 300;
    random_shape(&w.shape, &seed);
    write_values(&w, n, 0, &seed);
    for (size_t size = 0; size < w.bytes.size; size++)
        cr_assert(!reads_back(&w, n, w.bytes.data, size));
    for (size_t bit = 0; bit < 8 * w.bytes.size; bit += 7) {
        w.bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert(!reads_back(&w, n, w.bytes.data, w.bytes.size));
        w.bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    aez_buf_free(&w.bytes);
}
