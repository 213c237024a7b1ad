/* safetensors.h - weights by name: reads and writes .safetensors files. */
#ifndef AEZ_CLI_SAFETENSORS_H
#define AEZ_CLI_SAFETENSORS_H

#include <stdbool.h>

#include "cli.h"

typedef struct aez_safetensors {
    size_t      n;
    aez_tensor *tensors; /* owned, with their names and values */
} aez_safetensors;

/* From the bytes of a file, none of which are trusted: F16, BF16, F32 and F64 become floats.
 * False, with a sentence in why and nothing owned, when they are no such file. */
bool aez_safetensors_parse(aez_safetensors *out, const uint8_t *bytes, size_t size, char *why,
                           size_t why_size);
void aez_safetensors_free(aez_safetensors *weights);
/* The file of that path. An exit code, having said what is wrong. */
int aez_safetensors_load(aez_safetensors *out, const aez_cli *cli, const char *path);

/* The head of a file with these tensors as F32, in order: an owned block, or NULL when memory is
 * short. The values follow it. */
char *aez_safetensors_head(const aez_tensor *tensors, size_t n, size_t *size);

#endif
