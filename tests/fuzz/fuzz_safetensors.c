/* fuzz_safetensors.c - weights by name from any bytes: what is taken has names, shapes and values. */
#include "cli/platform.h"

#include "fuzz.h"

#include "cli/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aez_safetensors weights;
    char            why[200] = "", *head;
    uint8_t        *exact = malloc(size + 1);
    size_t          n;
    double          sum = 0;
    volatile double keep; /* so that every value is read */
    if (!exact)
        abort();
    memcpy(exact, data, size);
    if (aez_safetensors_parse(&weights, exact, size, why, sizeof why)) {
        for (size_t i = 0; i < weights.n; i++) {
            const aez_tensor *t = &weights.tensors[i];
            uint64_t          values = 1;
            FUZZ_CHECK(t->name && t->n_dims <= 4);
            for (uint32_t d = 0; d < t->n_dims; d++)
                values *= t->shape[d];
            FUZZ_CHECK(values <= size); /* a value takes two bytes or more */
            for (uint64_t j = 0; j < values; j++)
                sum += (double)t->data[j];
        }
        head = aez_safetensors_head(weights.tensors, weights.n, &n);
        FUZZ_CHECK(head && n > 8);
        free(head);
        aez_safetensors_free(&weights);
    } else {
        FUZZ_CHECK(*why);
    }
    keep = sum;
    (void)keep;
    free(exact);
    return 0;
}
