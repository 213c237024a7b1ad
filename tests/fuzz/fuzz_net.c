/* fuzz_net.c - decoders of autoencoders from any bytes: one that is taken is written back as another
 * that computes the same, and any latents are safe. */
#include "fuzz.h"

#include "codec/autoencoder/autoencoder.h"

enum { ROWS = 3 };

static const aez_mem plain;

static void latents_of(fuzz_input *in, int32_t *latents, size_t n)
{
    for (size_t i = 0; i < n; i++)
        latents[i] = i % 7 == 6 ? (int32_t)fuzz_u64(in) : (int8_t)fuzz_u8(in);
}

static void compare(const aez_autoencoder *a, const aez_autoencoder *b, fuzz_input *in)
{
    size_t   n = (size_t)ROWS * a->n_features;
    int32_t *latents = malloc((ROWS * (size_t)a->n_latent + 1) * sizeof *latents);
    int32_t *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    if (!latents || !x || !y)
        abort();
    latents_of(in, latents, ROWS * (size_t)a->n_latent);
    FUZZ_CHECK(aez_autoencoder_run(a, latents, ROWS, x) == AEZ_OK);
    FUZZ_CHECK(aez_autoencoder_run(b, latents, ROWS, y) == AEZ_OK);
    FUZZ_CHECK(memcmp(x, y, n * sizeof *x) == 0);
    for (size_t j = 0; j < a->n_features; j++) {
        double v = aez_autoencoder_value(a, j, x[j]);
        FUZZ_CHECK(v - v == 0); /* finite */
    }
    free(latents);
    free(x);
    free(y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input      in = {data, data + size};
    aez_autoencoder first, second;
    aez_rd          rd;
    aez_buf         bytes;
    uint8_t        *exact = malloc(size + 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    aez_rd_init(&rd, exact, size);
    aez_autoencoder_init(&first, &plain);
    aez_autoencoder_init(&second, &plain);
    if (aez_autoencoder_get(&first, &plain, &rd) == AEZ_OK) {
        in.p = data + (size - aez_rd_left(&rd));
        aez_buf_init(&bytes, &plain);
        FUZZ_CHECK(aez_autoencoder_put(&first, &bytes) == AEZ_OK);
        aez_rd_init(&rd, bytes.data, bytes.size);
        FUZZ_CHECK(aez_autoencoder_get(&second, &plain, &rd) == AEZ_OK);
        FUZZ_CHECK(aez_rd_left(&rd) == 0);
        compare(&first, &second, &in);
        aez_buf_free(&bytes);
        aez_autoencoder_free(&second);
        aez_autoencoder_free(&first);
    }
    free(exact);
    return 0;
}
