/* test_integers.c - rows of integers as bytes: any values come back, smooth ones take few bytes. */
#include "codec/autoencoder/integers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const aez_mem plain_mem;
static uint64_t      state = 3;

static uint64_t random_bits(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state ^ state >> 29;
}

static size_t check_back(const int64_t *v, size_t n)
{
    aez_buf  b;
    aez_rd   in;
    int64_t *w = malloc(n * sizeof *w);
    size_t   size;
    aez_buf_init(&b, &plain_mem);
    cr_assert_eq(aez_integers_put(&plain_mem, v, n, &b), AEZ_OK);
    aez_rd_init(&in, b.data, b.size);
    cr_assert_eq(aez_integers_get(&plain_mem, &in, w, n), AEZ_OK);
    cr_assert_eq(aez_rd_left(&in), 0);
    cr_assert_eq(memcmp(v, w, n * sizeof *v), 0);
    size = b.size;
    aez_buf_free(&b);
    free(w);
    return size;
}

Test(integers, any_values_of_any_size_come_back)
{
    int64_t v[300];
    for (size_t n = 1; n <= 300; n += n / 4 + 1)
        for (int bits = 0; bits <= 64; bits += bits < 8 ? 1 : 4) {
            for (size_t i = 0; i < n; i++)
                v[i] = (int64_t)(bits ? random_bits() >> (64 - bits) : 0) *
                       (bits < 64 && i % 2 ? -1 : 1);
            check_back(v, n);
        }
    for (size_t i = 0; i < 300; i++)
        v[i] = i % 3 == 0 ? INT64_MIN : i % 3 == 1 ? INT64_MAX : 0;
    check_back(v, 300);
}

Test(integers, zeros_take_a_byte_and_ramps_few)
{
    static int64_t v[1000];
    cr_assert_eq(check_back(v, 1000), 1);
    for (int i = 0; i < 1000; i++)
        v[i] = 5 - 3 * i;
    cr_assert_lt(check_back(v, 1000), 30);
    for (int i = 0; i < 1000; i++)
        v[i] = 100 * (i / 40) * (i % 2 ? 1 : 1) + 70 * (i % 40);
    cr_assert_lt(check_back(v, 1000), 150);
}

/* A map whose lines only resemble one another: neighbours in a line tell nothing. */
Test(integers, the_width_of_a_map_is_found)
{
    static int64_t v[64 * 50];
    for (int i = 0; i < 50; i++)
        v[i] = (int64_t)(random_bits() % 100000);
    for (int i = 50; i < 64 * 50; i++)
        v[i] = v[i - 50] + i / 50;
    cr_assert_lt(check_back(v, 64 * 50), 1000);
}

Test(integers, damage_is_refused_or_harmless)
{
    int64_t v[60], w[60];
    aez_buf b;
    aez_rd  in;
    for (int wide = 0; wide < 2; wide++) {
        for (int i = 0; i < 60; i++)
            v[i] = (int64_t)(random_bits() >> (wide ? 0 : 50));
        aez_buf_init(&b, &plain_mem);
        cr_assert_eq(aez_integers_put(&plain_mem, v, 60, &b), AEZ_OK);
        for (size_t n = 0; n < b.size; n++) {
            aez_rd_init(&in, b.data, n);
            cr_assert_lt(aez_integers_get(&plain_mem, &in, w, 60), 0);
        }
        for (size_t bit = 0; bit < 8 * b.size; bit++) {
            b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            aez_rd_init(&in, b.data, b.size);
            (void)aez_integers_get(&plain_mem, &in, w, 60);
            b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        aez_rd_init(&in, b.data, b.size);
        cr_assert_lt(aez_integers_get(&plain_mem, &in, w, 59), 0, "60 of 59");
        aez_buf_free(&b);
    }
}

Test(integers, heads_that_cannot_be_are_refused)
{
    static const uint8_t heads[6][2] = {{9, 0},    {0x30, 0}, {0x20, 1},
                                        {0x20, 0}, {0x20, 4}, {0x40, 0}};
    int64_t              v[4];
    aez_rd               in;
    for (int i = 0; i < 6; i++) {
        aez_rd_init(&in, heads[i], 2);
        cr_assert_eq(aez_integers_get(&plain_mem, &in, v, 4), AEZ_ERR_CORRUPT, "%d", i);
    }
    aez_rd_init(&in, (const uint8_t[]){0x20, 3}, 2);
    cr_assert_eq(aez_integers_get(&plain_mem, &in, v, 4), AEZ_OK);
}

/* Two planes: 4095 above, 255 below, at most; the highest of eight planes holds a byte. */
Test(integers, planes_hold_what_they_may)
{
    static const uint8_t two[] = {0x02, 2, 1, 0xFF, 0x1F, 2, 1, 0xFF, 0x01};
    static const uint8_t more[] = {0x02, 2, 1, 1, 2, 1, 0x80, 0x02};
    static const uint8_t eight[] = {0x08, 2, 1, 0x80, 0x02, 2, 1, 0, 2, 1, 0, 2, 1, 0, 2, 1, 0,
                                    2,    1, 0, 2,    1,    0, 2, 1, 0};
    int64_t v[1];
    aez_rd  in;
    aez_rd_init(&in, two, sizeof two);
    cr_assert_eq(aez_integers_get(&plain_mem, &in, v, 1), AEZ_OK);
    cr_assert_eq(v[0], -(INT64_C(1) << 19));
    aez_rd_init(&in, more, sizeof more);
    cr_assert_eq(aez_integers_get(&plain_mem, &in, v, 1), AEZ_ERR_CORRUPT);
    aez_rd_init(&in, eight, sizeof eight);
    cr_assert_eq(aez_integers_get(&plain_mem, &in, v, 1), AEZ_ERR_CORRUPT);
}
