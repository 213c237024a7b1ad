/* test_trailer.c - the last bytes of a file. */
#include <criterion/criterion.h>
#include <string.h>

#include "format/checksum.h"
#include "format/format.h"

static const aez_mem plain;

/* The example of the specification, chapter "Trailer": index at 360, file of 403 bytes. */
static const uint8_t example[AEZ_TRAILER_SIZE] = {
    0x68, 0x01, 0, 0, 0, 0, 0, 0, 0x93, 0x01, 0, 0, 0, 0, 0, 0, 0x4C, 0x46, 0x53, 0x23, 0x5A, 0x45,
    0x41, 0x8F,
};

Test(trailer, put_gives_the_bytes_of_the_spec)
{
    aez_buf b;
    aez_buf_init(&b, &plain);
    aez_trailer_put(&b, 360, 403);
    cr_assert_eq(b.size, AEZ_TRAILER_SIZE);
    cr_assert_arr_eq(b.data, example, AEZ_TRAILER_SIZE);
    aez_buf_free(&b);
}

Test(trailer, what_is_put_is_got)
{
    static const uint64_t sizes[] = { 33, 1000, 1ull << 32, 1ull << 63, UINT64_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint64_t indexes[2] = { AEZ_HEADER_SIZE, sizes[i] - AEZ_TRAILER_SIZE - 1 };
        for (size_t j = 0; j < 2; j++) {
            aez_buf  b;
            uint64_t index = 0, size = 0;
            aez_buf_init(&b, &plain);
            aez_put(&b, "before", 6);
            aez_trailer_put(&b, indexes[j], sizes[i]);
            cr_assert_eq(aez_trailer_get(b.data + 6, &index, &size), AEZ_OK);
            cr_assert_eq(index, indexes[j]);
            cr_assert_eq(size, sizes[i]);
            aez_buf_free(&b);
        }
    }
}

Test(trailer, every_flipped_bit_is_corrupt)
{
    for (size_t bit = 0; bit < 8 * AEZ_TRAILER_SIZE; bit++) {
        uint8_t  t[AEZ_TRAILER_SIZE];
        uint64_t index = 7, size = 7;
        memcpy(t, example, sizeof t);
        t[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert_eq(aez_trailer_get(t, &index, &size), AEZ_ERR_CORRUPT, "bit %zu", bit);
        cr_assert_eq(index, 7, "nothing is given when the trailer is bad");
        cr_assert_eq(size, 7);
    }
}

Test(trailer, an_index_outside_the_file_is_corrupt)
{
    static const uint64_t bad[][2] = { { 0, 403 },   { 7, 403 },          { 379, 403 },
                                       { 403, 403 }, { UINT64_MAX, 403 }, { 8, 32 },
                                       { 8, 31 },    { 8, 24 },           { 8, 0 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        aez_buf  b;
        uint64_t index, size;
        aez_buf_init(&b, &plain);
        aez_trailer_put(&b, bad[i][0], bad[i][1]);
        cr_assert_eq(aez_trailer_get(b.data, &index, &size), AEZ_ERR_CORRUPT, "case %zu", i);
        aez_buf_free(&b);
    }
}

Test(trailer, the_checksum_is_xxh3_of_64_bits)
{
    cr_assert_eq(aez_checksum("", 0, 0), 0x2D06800538D394C2, "published value for no bytes");
}
