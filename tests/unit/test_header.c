/* test_header.c - the eight bytes every file starts with. */
#include <criterion/criterion.h>
#include <string.h>

#include "format/format.h"

static const aez_mem plain;
/* The example of the specification, chapter "Header". */
static const uint8_t example[AEZ_HEADER_SIZE] = { 0x8F, 0x41, 0x45, 0x5A, 1, 0, 0, 0 };

Test(header, put_gives_the_bytes_of_the_spec)
{
    aez_buf b;
    aez_buf_init(&b, &plain);
    aez_header_put(&b);
    cr_assert_eq(b.size, AEZ_HEADER_SIZE);
    cr_assert_arr_eq(b.data, example, AEZ_HEADER_SIZE);
    cr_assert_eq(aez_header_get(b.data), AEZ_OK);
    aez_buf_free(&b);
}

/* What a reader must say when one bit of this byte is wrong and nothing else. */
static aez_status verdict(size_t byte)
{
    switch (byte) {
    case 4:
    case 6:
        return AEZ_ERR_VERSION;
    case 5:
        return AEZ_OK; /* hints are ignored */
    case 7:
        return AEZ_ERR_CORRUPT;
    default:
        return AEZ_ERR_MAGIC;
    }
}

Test(header, each_flipped_bit_gets_its_own_verdict)
{
    for (size_t bit = 0; bit < 8 * AEZ_HEADER_SIZE; bit++) {
        uint8_t h[AEZ_HEADER_SIZE];
        memcpy(h, example, sizeof h);
        h[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert_eq(aez_header_get(h), verdict(bit / 8), "bit %zu", bit);
    }
}

Test(header, version_0_and_255_are_refused)
{
    uint8_t h[AEZ_HEADER_SIZE];
    memcpy(h, example, sizeof h);
    h[4] = 0;
    cr_assert_eq(aez_header_get(h), AEZ_ERR_VERSION);
    h[4] = 255;
    cr_assert_eq(aez_header_get(h), AEZ_ERR_VERSION);
}
