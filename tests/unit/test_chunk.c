/* test_chunk.c - a chunk is coded or stored, whichever is smaller, and damage to it is safe. */
#include <criterion/criterion.h>

#include <math.h>

#include "codec/chunk/chunk.h"
#include "tests/support/hooks.h"
#include "tests/support/plans.h"

#define N 1200

static double  values[N], back_values[N];
static int32_t numbers[N], back_numbers[N];

/* A chunk of two fields with exceptions: f64 within 0.01, and i32. */
typedef struct fixture {
    aez_chunk_field   fields[2];
    aez_chunk_context ctx;
    aez_box           box;
    void             *columns[2], *back[2];
} fixture;

static void fixture_init(fixture *x, const aez_mem *mem, uint64_t n, int noisy)
{
    aez_field   want[2] = {{.type = AEZ_F64, .mode = AEZ_ABS, .bound = 0.01}, {.type = AEZ_I32}};
    const char *why;
    aez_rng     rng;
    aez_rng_seed(&rng, 1);
    memset(x, 0, sizeof *x);
    x->columns[0] = values;
    x->columns[1] = numbers;
    x->back[0] = back_values;
    x->back[1] = back_numbers;
    for (uint64_t i = 0; i < n; i++) {
        values[i] = i % 7 == 2 ? NAN : 20 * sin((double)i * 0.03);
        numbers[i] = (int32_t)(i * i % 1000);
        if (noisy)
            numbers[i] = (int32_t)aez_rng_next(&rng);
    }
    values[3] = INFINITY;
    if (noisy)
        want[0].mode = AEZ_LOSSLESS;
    for (uint64_t i = 0; noisy && i < n; i++)
        values[i] = ldexp((double)aez_rng_next(&rng), (int)aez_rng_below(&rng, 1800) - 900);
    for (int f = 0; f < 2; f++) {
        x->fields[f].type = want[f].type;
        cr_assert_eq(aez_lattice_choose(&x->fields[f].lattice, &plans_mem, &want[f], NULL, &why),
                     AEZ_OK);
    }
    x->ctx = (aez_chunk_context){.mem = mem, .n_fields = 2, .fields = x->fields};
    x->ctx.search.level = 1;
    x->box = (aez_box){.n_dims = 2, .shape = {3, n / 3}, .n_sites = n};
}

static aez_status encode(fixture *x, aez_buf *out, aez_chunk_info *info)
{
    memset(info, 0, sizeof *info);
    aez_buf_init(out, x->ctx.mem);
    return aez_chunk_encode(&x->ctx, &x->box, (const void *const *)x->columns, out, info);
}

static aez_status decode(fixture *x, const void *bytes, size_t size)
{
    aez_chunk_info info = {0};
    return aez_chunk_decode(&x->ctx, &x->box, bytes, size, x->back, &info);
}

Test(chunk, what_is_coded_is_restored_within_its_bound)
{
    fixture        x;
    aez_buf        out;
    aez_chunk_info info;
    fixture_init(&x, &plans_mem, N, 0);
    cr_assert_eq(encode(&x, &out, &info), AEZ_OK);
    cr_assert(!info.stored && out.size < N * 4);
    cr_assert_eq(info.model_bytes + info.residual_bytes + info.text_bytes + 1, out.size);
    cr_assert_eq(decode(&x, out.data, out.size), AEZ_OK);
    for (int i = 0; i < N; i++) {
        if (isfinite(values[i]))
            cr_assert_leq(fabs(values[i] - back_values[i]), 0.01);
        else
            cr_assert_eq(memcmp(&values[i], &back_values[i], sizeof *values), 0);
    }
    cr_assert_arr_eq(numbers, back_numbers, sizeof numbers);
    aez_buf_free(&out);
}

Test(chunk, noise_is_stored)
{
    fixture        x;
    aez_buf        out;
    aez_chunk_info info;
    fixture_init(&x, &plans_mem, N, 1);
    cr_assert_eq(encode(&x, &out, &info), AEZ_OK);
    cr_assert_leq(out.size, N * 12 + 20);
    cr_assert(info.stored && info.stored_bytes + 1 == out.size);
    cr_assert_eq(decode(&x, out.data, out.size), AEZ_OK);
    cr_assert_arr_eq(values, back_values, sizeof values);
    cr_assert_arr_eq(numbers, back_numbers, sizeof numbers);
    aez_buf_free(&out);
}

/* No checksum protects a payload here: whatever comes out, it comes out safely. */
Test(chunk, damage_is_refused_or_harmless)
{
    for (int noisy = 0; noisy < 2; noisy++) {
        fixture        x;
        aez_buf        out;
        aez_chunk_info info;
        fixture_init(&x, &plans_mem, 120, noisy);
        cr_assert_eq(encode(&x, &out, &info), AEZ_OK);
        for (size_t i = 0; i < 9 * out.size; i++) {
            size_t     size = i < out.size ? i : out.size, bit = i - out.size;
            uint8_t   *copy = malloc(size + 1);
            aez_status st;
            memcpy(copy, out.data, size);
            if (i >= out.size)
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            st = decode(&x, copy, size);
            cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT);
            cr_assert(i >= out.size || st < 0, "%zu of %zu bytes", i, out.size);
            free(copy);
        }
        aez_put_u8(&out, 0);
        cr_assert_lt(decode(&x, out.data, out.size), 0, "a byte too many");
        aez_buf_free(&out);
    }
}

Test(chunk, an_unknown_kind_of_chunk_is_corrupt)
{
    fixture x;
    uint8_t bytes[40] = {9};
    fixture_init(&x, &plans_mem, 120, 0);
    cr_assert_eq(decode(&x, bytes, sizeof bytes), AEZ_ERR_CORRUPT);
    cr_assert_eq(decode(&x, bytes, 0), AEZ_ERR_CORRUPT);
}

Test(chunk, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_status st = AEZ_ERR_NOMEM;
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state    h = {.fail_at = n};
        aez_mem        mem = hooks_mem(&h);
        fixture        x;
        aez_buf        out;
        aez_chunk_info info;
        fixture_init(&x, &mem, 60, 0);
        st = encode(&x, &out, &info);
        if (st == AEZ_OK)
            st = decode(&x, out.data, out.size);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        aez_buf_free(&out);
        cr_assert_eq(h.n_live, 0);
    }
}
