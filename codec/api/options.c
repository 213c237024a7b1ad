/* options.c - options as the library uses them: defaults filled in, every value checked. */
#include "options.h"

#include <string.h>

#define DEFAULT_MEMORY ((uint64_t)8 << 30)
#define MIN_CHUNK 4096
#define MAX_CHUNK ((uint64_t)1 << 30)

void aez_options_init(aez_options *options)
{
    memset(options, 0, sizeof *options);
    options->struct_size = sizeof *options;
}

static int rest_is_zero(const aez_options *options)
{
    const uint8_t *bytes = (const uint8_t *)options;
    for (size_t i = sizeof *options; i < options->struct_size; i++) {
        if (bytes[i] != 0)
            return 0;
    }
    return 1;
}

static const char *complaint(const aez_options *o)
{
    if (o->level < 1 || o->level > 9)
        return "the level is not 1 to 9";
    if (o->chunk_bytes != 0 && (o->chunk_bytes < MIN_CHUNK || o->chunk_bytes > MAX_CHUNK))
        return "the chunk size is not 4 KiB to 1 GiB";
    if (o->entropy != AEZ_ENTROPY_ANY && o->entropy != AEZ_ENTROPY_ZSTD)
        return "the entropy stage is neither any nor zstd";
    if (o->model < AEZ_MODEL_AUTO || o->model > AEZ_MODEL_BOTH)
        return "the model is none of AEZ_MODEL_*";
    if (o->latent_only && o->model == AEZ_MODEL_STAGES)
        return "stages have no latents: leave the model out";
    if (!o->trainer && (o->latent_only || o->model > AEZ_MODEL_STAGES))
        return "an autoencoder needs a trainer";
    if (o->n_hidden > AEZ_MAX_HIDDEN)
        return "a model has at most 16 hidden layers";
    if ((o->allocator.alloc == NULL) != (o->allocator.release == NULL))
        return "an allocator needs both alloc and release";
    return NULL;
}

aez_status aez_options_resolve(aez_options *out, const aez_options *options, const char **why)
{
    aez_options_init(out);
    *why = NULL;
    if (options) {
        size_t size = options->struct_size;
        if (size < sizeof(size_t) || (size > sizeof *out && !rest_is_zero(options))) {
            *why = "options of an unknown version";
            return AEZ_ERR_OPTION;
        }
        memcpy(out, options, size < sizeof *out ? size : sizeof *out);
        out->struct_size = sizeof *out;
    }
    if (out->level == 0)
        out->level = AEZ_DEFAULT_LEVEL;
    if (out->memory_limit == 0)
        out->memory_limit = DEFAULT_MEMORY;
    if (out->memory_limit > SIZE_MAX) /* of 32 bits */
        out->memory_limit = SIZE_MAX;
    if (out->runner.width == 0 || !out->runner.run)
        out->runner.width = 1;
    *why = complaint(out);
    if (!out->allocator.alloc || !out->allocator.release) /* half of one must never be used */
        memset(&out->allocator, 0, sizeof out->allocator);
    return *why ? AEZ_ERR_OPTION : AEZ_OK;
}
