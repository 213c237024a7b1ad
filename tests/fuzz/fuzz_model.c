/* fuzz_model.c - model files from any sections: one that is taken is described, and both of its halves
 * run, without harm. */
#include "sections.h"

enum { ROWS = 2, MAX_VALUES = 1 << 16 };

static void describe(const aez_trained *model, aez_trained_about *about)
{
    aez_tensor tensor;
    aez_type   type;
    double     offset, scale;
    size_t     size;
    aez_trained_describe(model, about);
    FUZZ_CHECK(about->encoder && about->decoder && about->provenance);
    for (uint32_t f = 0; f < about->n_fields; f++)
        FUZZ_CHECK(aez_trained_field(model, f, &type) != NULL);
    for (uint32_t j = 0; j < about->n_features; j++) {
        aez_trained_scaling(model, j, &offset, &scale);
        FUZZ_CHECK(offset - offset == 0 && scale - scale == 0); /* finite */
    }
    for (size_t i = 0; aez_trained_tensor(model, i, &tensor); i++)
        FUZZ_CHECK(tensor.name && tensor.data);
    FUZZ_CHECK(aez_trained_bytes(model, &size) && size > 0);
    aez_trained_weights(model, &size);
}

static void run(const aez_trained *model, const aez_trained_about *about)
{
    size_t  n = ROWS * (size_t)about->n_features, m = ROWS * (size_t)about->n_latent;
    double *rows = calloc(n + 1, sizeof *rows), *z = calloc(m + 1, sizeof *z);
    if (!rows || !z)
        abort();
    for (size_t i = 0; i < n; i++)
        rows[i] = (double)(i % 11) - 5;
    aez_trained_encode(model, rows, ROWS, z);
    aez_trained_decode(model, z, ROWS, rows);
    aez_trained_decode_float(model, z, ROWS, rows);
    free(rows);
    free(z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_memory       memory = {.cap = (size_t)1 << 27};
    aez_trained      *model = NULL;
    aez_trained_about about;
    aez_options       o;
    aez_buf           file;
    char              why[200] = "";
    aez_status        st;
    aez_buf_init(&file, &container_mem);
    sections_repair(data, size, &file);
    aez_options_init(&o);
    o.memory_limit = 1 << 22;
    o.allocator = fuzz_allocator(&memory);
    o.trainer = aez_trainer_default();
    st = aez_trained_load(&model, &o, file.data, file.size, why, sizeof why);
    FUZZ_CHECK((st == AEZ_OK) == (model != NULL) && (st == AEZ_OK || *why));
    if (st == AEZ_OK) {
        describe(model, &about);
        if (about.n_features < MAX_VALUES)
            run(model, &about);
    }
    aez_trained_destroy(model);
    FUZZ_CHECK(memory.n_live == 0);
    aez_buf_free(&file);
    return 0;
}
