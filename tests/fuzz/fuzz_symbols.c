/* fuzz_symbols.c - packed symbols and bytes from any bytes: what is taken packs again and comes back. */
#include "fuzz.h"

#include "codec/entropy/entropy.h"

enum { MOST = 5000 };

static const aez_mem plain;

static void symbols(const uint8_t *data, size_t size)
{
    const aez_pack_options options = {.zstd_level = 1};
    uint16_t              *a, *b;
    size_t                 n, m;
    aez_buf                out;
    aez_rd                 in;
    aez_rd_init(&in, data, size);
    if (aez_symbols_unpack(&plain, &in, MOST, &a, &n) != AEZ_OK)
        return;
    FUZZ_CHECK(n <= MOST);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(a[i] <= AEZ_SYMBOL_MAX);
    aez_buf_init(&out, &plain);
    FUZZ_CHECK(aez_symbols_pack(&plain, a, n, &options, &out) == AEZ_OK);
    aez_rd_init(&in, out.data, out.size);
    FUZZ_CHECK(aez_symbols_unpack(&plain, &in, MOST, &b, &m) == AEZ_OK);
    FUZZ_CHECK(m == n && aez_rd_left(&in) == 0 && (n == 0 || memcmp(a, b, n * sizeof *a) == 0));
    aez_drop(&plain, a);
    aez_drop(&plain, b);
    aez_buf_free(&out);
}

static void bytes(const uint8_t *data, size_t size)
{
    uint8_t *a;
    size_t   n;
    aez_rd   in;
    aez_rd_init(&in, data, size);
    if (aez_bytes_unpack(&plain, &in, MOST, &a, &n) != AEZ_OK)
        return;
    FUZZ_CHECK(n <= MOST);
    aez_drop(&plain, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size + 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    symbols(exact, size);
    bytes(exact, size);
    free(exact);
    return 0;
}
