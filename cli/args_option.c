/* args_option.c - the options: their names, which commands take them, and what each one sets. */
#include "platform.h"

#include "args_option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "args_value.h"
#include "message.h"
#include "rules.h"

#define FOR(name) OPTION_FOR(AEZ_CMD_##name)
#define FOR_COMPRESS FOR(COMPRESS)
#define FOR_FILES (FOR_COMPRESS | FOR(DECOMPRESS)) /* those that go from file to file */
#define FOR_TRAIN FOR(TRAIN)
/* Those that look at items; of them, those that get them as data of the model's own make. */
#define FOR_DATA (FOR_TRAIN | FOR(LATENTS) | FOR(SCORE) | FOR(DENOISE) | FOR(SAMPLE))
#define FOR_ITEMS (FOR_DATA | FOR(RECONSTRUCT))
#define FOR_INPUT (FOR_COMPRESS | FOR_ITEMS)
#define FOR_VALUES (FOR(LATENTS) | FOR(RECONSTRUCT) | FOR(SCORE) | FOR(DENOISE) | FOR(SAMPLE))
#define FOR_WRITERS (FOR_FILES | FOR_ITEMS | FOR(EXPORT))
#define FOR_CODERS (FOR_WRITERS | FOR(TEST) | FOR(INFO))
#define FOR_ALL (~0u)

const aez_option aez_option_list[N_OPTIONS] = {
    [OPT_ABS] = {"abs", 0, true, FOR_COMPRESS | FOR_TRAIN},
    [OPT_ACTIVATION] = {"activation", 0, true, FOR_TRAIN},
    [OPT_BATCH] = {"batch", 0, true, FOR_TRAIN},
    [OPT_CHUNK] = {"chunk", 0, true, FOR_COMPRESS},
    [OPT_CLIP] = {"clip", 0, true, FOR_TRAIN},
    [OPT_COLUMNS] = {"columns", 0, true, FOR_TRAIN},
    [OPT_CONTRACTIVE] = {"contractive", 0, true, FOR_TRAIN},
    [OPT_CONV] = {"conv", 0, true, FOR_TRAIN},
    [OPT_COUNT] = {"count", 'n', true, FOR(SAMPLE)},
    [OPT_CURVE] = {"curve", 0, true, FOR(INFO)},
    [OPT_DECODER] = {"decoder", 0, true, FOR_TRAIN},
    [OPT_DELIMITER] = {"delimiter", 0, true, FOR_INPUT},
    [OPT_ENCODER] = {"encoder", 0, true, FOR_TRAIN},
    [OPT_ENTROPY] = {"entropy", 0, true, FOR_COMPRESS},
    [OPT_EPOCHS] = {"epochs", 0, true, FOR_TRAIN},
    [OPT_EXACT] = {"exact", 0, true, FOR_COMPRESS},
    [OPT_FLOAT] = {"float", 0, false, FOR(RECONSTRUCT) | FOR(SAMPLE)},
    [OPT_FORCE] = {"force", 'f', false, FOR_CODERS},
    [OPT_FORMAT] = {"format", 0, true, FOR_INPUT},
    [OPT_FROM] = {"from", 0, true, FOR(SAMPLE)},
    [OPT_HEADER] = {"header", 0, true, FOR_INPUT},
    [OPT_HELP] = {"help", 'h', false, FOR_ALL},
    [OPT_HIDDEN] = {"hidden", 0, true, FOR_COMPRESS | FOR_TRAIN},
    [OPT_INIT] = {"init", 0, true, FOR_TRAIN},
    [OPT_JSON] = {"json", 0, false, FOR(INFO)},
    [OPT_KEEP] = {"keep", 'k', false, FOR_FILES},
    [OPT_KEEP_STATE] = {"keep-state", 0, false, FOR_TRAIN},
    [OPT_L1] = {"l1", 0, true, FOR_TRAIN},
    [OPT_LAMBDA] = {"lambda", 0, true, FOR_COMPRESS | FOR_TRAIN},
    [OPT_LATENT] = {"latent", 0, true, FOR_COMPRESS | FOR_TRAIN},
    [OPT_LATENT_ONLY] = {"latent-only", 0, false, FOR_COMPRESS},
    [OPT_LATENT_STEP] = {"latent-step", 0, true, FOR_COMPRESS | FOR_TRAIN},
    [OPT_LEARNING_RATE] = {"learning-rate", 0, true, FOR_TRAIN},
    [OPT_LEVEL] = {"level", 0, true, FOR_COMPRESS | FOR_TRAIN},
    [OPT_LINEAR] = {"linear", 0, false, FOR_TRAIN},
    [OPT_LOSS] = {"loss", 0, true, FOR_TRAIN},
    [OPT_LOSSLESS] = {"lossless", 0, false, FOR_TRAIN},
    [OPT_MEMORY] = {"memory", 0, true, FOR_CODERS},
    [OPT_MISSING] = {"missing", 0, true, FOR_COMPRESS | FOR_DATA},
    [OPT_MODEL] = {"model", 'm', true,
                   FOR_FILES | FOR(TEST) | FOR(INFO) | FOR_VALUES | FOR(EXPORT)},
    [OPT_MODEL_REF] = {"model-ref", 0, false, FOR_COMPRESS},
    [OPT_MOMENTUM] = {"momentum", 0, true, FOR_TRAIN},
    [OPT_NOISE] = {"noise", 0, true, FOR_TRAIN},
    [OPT_NO_PROGRESS] = {"no-progress", 0, false, FOR_CODERS},
    [OPT_NO_STAGES] = {"no-stages", 0, false, FOR_TRAIN},
    [OPT_OPTIMIZER] = {"optimizer", 0, true, FOR_TRAIN},
    [OPT_OUTPUT] = {"output", 'o', true, FOR_WRITERS},
    [OPT_OUTPUT_TYPE] = {"output-type", 0, true, FOR_VALUES},
    [OPT_PATIENCE] = {"patience", 0, true, FOR_TRAIN},
    [OPT_PER_FEATURE] = {"per-feature", 0, false, FOR(SCORE)},
    [OPT_PSNR] = {"psnr", 0, true, FOR_COMPRESS},
    [OPT_PWREL] = {"pwrel", 0, true, FOR_COMPRESS},
    [OPT_QUIET] = {"quiet", 'q', false, FOR_CODERS},
    [OPT_REL] = {"rel", 0, true, FOR_COMPRESS | FOR_TRAIN},
    [OPT_RESUME] = {"resume", 0, false, FOR_TRAIN},
    [OPT_RM] = {"rm", 0, false, FOR_FILES},
    [OPT_ROUNDED] = {"rounded", 0, false, FOR(LATENTS) | FOR(SCORE) | FOR(DENOISE)},
    [OPT_ROWS] = {"rows", 0, true, FOR_ITEMS},
    [OPT_SCALE] = {"scale", 0, true, FOR_TRAIN},
    [OPT_SCHEDULE] = {"schedule", 0, true, FOR_TRAIN},
    [OPT_SEED] = {"seed", 0, true, FOR_COMPRESS | FOR_TRAIN | FOR(SAMPLE)},
    [OPT_SHAPE] = {"shape", 0, true, FOR_INPUT},
    [OPT_STDOUT] = {"stdout", 'c', false, FOR_FILES},
    [OPT_STEPS] = {"steps", 0, true, FOR_COMPRESS | FOR_TRAIN},
    [OPT_THREADS] = {"threads", 'T', true, FOR_CODERS},
    [OPT_THRESHOLD] = {"threshold", 0, true, FOR(SCORE)},
    [OPT_TIME] = {"time", 0, true, FOR_TRAIN},
    [OPT_TYPE] = {"type", 0, true, FOR_INPUT},
    [OPT_VALID] = {"valid", 0, true, FOR_TRAIN},
    [OPT_VARIABLES] = {"variables", 0, true, FOR_COMPRESS | FOR_DATA},
    [OPT_VERBOSE] = {"verbose", 'v', false, FOR_CODERS},
    [OPT_VERSION] = {"version", 'V', false, FOR_ALL},
};

int aez_option_bad(option_id id, const char *value, const char *want)
{
    aez_error(NULL, "--%s %s: not a value that this option takes: give %s",
              aez_option_list[id].name, value, want);
    return AEZ_EXIT_USAGE;
}

int aez_option_no_memory(void)
{
    aez_error(NULL, "not enough memory");
    return AEZ_EXIT_SYSTEM;
}

int aez_option_positive(option_id id, const char *value, double *out)
{
    if (!aez_value_real(value, out) || !isfinite(*out) || *out <= 0)
        return aez_option_bad(id, value, "a finite number above 0");
    return AEZ_EXIT_OK;
}

int aez_option_count(option_id id, const char *value, uint64_t max, uint64_t *out)
{
    if (!aez_value_count(value, max, out) || *out == 0)
        return aez_option_bad(id, value, "a whole number above 0");
    return AEZ_EXIT_OK;
}

/* A bound of all columns is a target for the stages that aez train looks for, too. */
static int add_target(aez_args *out, aez_mode mode)
{
    aez_train_args   *t = &out->train;
    aez_stage_target *grown = realloc(t->targets, (t->n_targets + 1) * sizeof *grown);
    if (!grown)
        return aez_option_no_memory();
    t->targets = grown;
    grown[t->n_targets++] = (aez_stage_target){.mode = mode, .bound = out->bound};
    return AEZ_EXIT_OK;
}

static int take_bound(aez_args *out, option_id id, aez_mode mode, const char *value)
{
    static const char *const names[] = {"", "--abs", "--rel", "--pwrel", "--psnr"};
    static const char        want[] = "a finite number above 0 (lossless needs no option)";
    bool                     plain = true;
    if (mode == AEZ_ABS || mode == AEZ_REL) {
        aez_rule_result result = aez_rules_take_bounds(out, mode, value, &plain);
        if (result == AEZ_RULE_NO_MEMORY)
            return aez_option_no_memory();
        if (result == AEZ_RULE_BAD)
            return aez_option_bad(id, value, want);
    } else if (!aez_value_real(value, &out->bound) || !isfinite(out->bound) || out->bound <= 0) {
        return aez_option_bad(id, value, want);
    }
    if (!plain)
        return AEZ_EXIT_OK;
    if (out->bound_option && out->mode != mode) {
        out->other_bound = names[mode];
        return add_target(out, mode);
    }
    out->mode = mode;
    out->bound_option = names[mode];
    return add_target(out, mode);
}

static int take_lossless(aez_args *out)
{
    double bound = out->bound;
    int    code;
    out->bound = 0;
    code = add_target(out, AEZ_LOSSLESS);
    out->bound = bound;
    return code;
}

static int take_exact(aez_args *out, const char *value)
{
    aez_rule_result result = aez_rules_take_exact(out, value);
    if (result == AEZ_RULE_NO_MEMORY)
        return aez_option_no_memory();
    return result == AEZ_RULE_OK
               ? AEZ_EXIT_OK
               : aez_option_bad(OPT_EXACT, value, "names of columns with commas");
}

static int take_delimiter(aez_args *out, const char *value)
{
    if (strcmp(value, "tab") == 0 || strcmp(value, "\\t") == 0)
        out->delimiter = '\t';
    else if (value[0] != '\0' && value[1] == '\0' && value[0] != '"' && value[0] != '\n' &&
             value[0] != '\r')
        out->delimiter = value[0];
    else
        return aez_option_bad(OPT_DELIMITER, value, "one character, or tab");
    return AEZ_EXIT_OK;
}

static int take_header(aez_args *out, const char *value)
{
    if (strcmp(value, "yes") == 0)
        out->header = 1;
    else if (strcmp(value, "no") == 0)
        out->header = -1;
    else
        return aez_option_bad(OPT_HEADER, value, "yes or no");
    return AEZ_EXIT_OK;
}

static int take_size(option_id id, const char *value, uint64_t min, uint64_t max, const char *want,
                     uint64_t *out)
{
    if (!aez_value_size(value, out) || *out < min || *out > max)
        return aez_option_bad(id, value, want);
    return AEZ_EXIT_OK;
}

static int take_entropy(aez_args *out, const char *value)
{
    if (strcmp(value, "zstd") == 0)
        out->entropy = AEZ_ENTROPY_ZSTD;
    else if (strcmp(value, "any") == 0)
        out->entropy = AEZ_ENTROPY_ANY;
    else
        return aez_option_bad(OPT_ENTROPY, value, "zstd or any");
    return AEZ_EXIT_OK;
}

/* One of four words, or the path of a model file. */
static int take_model(aez_args *out, const char *value)
{
    static const char *const names[] = {"auto", "stages", "autoencoder", "both"};
    int                      word = aez_value_word(value, names, 4);
    const char             **grown;
    if (word >= 0) {
        out->model = word;
        return AEZ_EXIT_OK;
    }
    if (!strpbrk(value, "./"))
        return aez_option_bad(OPT_MODEL, value,
                              "stages, autoencoder, both or auto, or the name of a model file "
                              "with a dot or a slash in it");
    grown = realloc((void *)out->models, (out->n_models + 1) * sizeof *grown);
    if (!grown)
        return aez_option_no_memory();
    out->models = grown;
    grown[out->n_models++] = value;
    return AEZ_EXIT_OK;
}

static int take_type(option_id id, const char *value, aez_type *out)
{
    *out = aez_type_from_name(value);
    if (aez_type_size(*out) == 0)
        return aez_option_bad(id, value, "u8 i8 u16 i16 u32 i32 u64 i64 f32 or f64");
    return AEZ_EXIT_OK;
}

static bool parse_shape(const char *text, aez_args *out)
{
    out->n_dims = 0;
    for (;;) {
        if (out->n_dims == AEZ_LAYOUT_DIMS ||
            !aez_value_u64(text, &out->shape[out->n_dims], &text))
            return false;
        out->n_dims++;
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}

static int take_name(option_id id, const char *value, const char **out)
{
    if (*value == '\0')
        return aez_option_bad(id, value, "the name of a file");
    *out = value;
    return AEZ_EXIT_OK;
}

static int take_rows(aez_args *out, const char *value)
{
    if (!aez_value_range(value, &out->first_row, &out->end_row))
        return aez_option_bad(OPT_ROWS, value,
                              "where they begin and end, counted from 0: 0:100, 100: or :100");
    out->has_rows = true;
    return AEZ_EXIT_OK;
}

static int take_columns(aez_args *out, const char *value)
{
    if (*value == '\0')
        return aez_option_bad(OPT_COLUMNS, value, "names of columns with commas");
    out->columns = value;
    return AEZ_EXIT_OK;
}

static int take_threshold(aez_args *out, const char *value)
{
    if (!aez_value_real(value, &out->threshold) || !(out->threshold > 0 && out->threshold < 1))
        return aez_option_bad(OPT_THRESHOLD, value, "a share of the items between 0 and 1: 0.99");
    out->has_threshold = true;
    return AEZ_EXIT_OK;
}

/* Options without a value: each sets one thing. */
static void take_flag(aez_args *out, option_id id)
{
    switch (id) {
    case OPT_LATENT_ONLY:
        out->latent_only = true;
        break;
    case OPT_MODEL_REF:
        out->model_ref = true;
        break;
    case OPT_FLOAT:
        out->floats = true;
        break;
    case OPT_FORCE:
        out->force = true;
        break;
    case OPT_HELP:
        out->help = true;
        break;
    case OPT_JSON:
        out->json = true;
        break;
    case OPT_KEEP:
        out->remove_input = false;
        break;
    case OPT_RM:
        out->remove_input = true;
        break;
    case OPT_NO_PROGRESS:
        out->no_progress = true;
        break;
    case OPT_PER_FEATURE:
        out->per_feature = true;
        break;
    case OPT_QUIET:
        out->quiet = true;
        break;
    case OPT_ROUNDED:
        out->rounded = true;
        break;
    case OPT_VERBOSE:
        out->verbose = true;
        break;
    case OPT_STDOUT:
        out->to_stdout = true;
        break;
    case OPT_VERSION:
        out->command = AEZ_CMD_VERSION;
        break;
    default:
        break;
    }
}

/* One flat switch over all options that are not of aez train alone. */
int aez_option_take(aez_args *out, option_id id, const char *value)
{
    uint64_t n;
    switch (id) {
    case OPT_ABS:
        return take_bound(out, id, AEZ_ABS, value);
    case OPT_REL:
        return take_bound(out, id, AEZ_REL, value);
    case OPT_PWREL:
        return take_bound(out, id, AEZ_PWREL, value);
    case OPT_PSNR:
        return take_bound(out, id, AEZ_PSNR, value);
    case OPT_LOSSLESS:
        return take_lossless(out);
    case OPT_CHUNK:
        return take_size(id, value, 4096, (uint64_t)1 << 30, "a size from 4K to 1G",
                         &out->chunk_bytes);
    case OPT_MEMORY:
        return take_size(id, value, 1, UINT64_MAX, "a size such as 512M or 8G", &out->memory_limit);
    case OPT_DELIMITER:
        return take_delimiter(out, value);
    case OPT_EXACT:
        return take_exact(out, value);
    case OPT_HEADER:
        return take_header(out, value);
    case OPT_ENTROPY:
        return take_entropy(out, value);
    case OPT_MODEL:
        return take_model(out, value);
    case OPT_LATENT_STEP:
        return aez_option_positive(id, value, &out->latent_step);
    case OPT_LAMBDA:
        return aez_option_positive(id, value, &out->lambda);
    case OPT_ROWS:
        return take_rows(out, value);
    case OPT_COLUMNS:
        return take_columns(out, value);
    case OPT_THRESHOLD:
        return take_threshold(out, value);
    case OPT_COUNT:
        return aez_option_count(id, value, (uint64_t)1 << 32, &out->count);
    case OPT_STEPS:
        return aez_option_count(id, value, UINT64_MAX, &out->train_steps);
    case OPT_TYPE:
        return take_type(id, value, &out->type);
    case OPT_OUTPUT_TYPE:
        return take_type(id, value, &out->output_type);
    case OPT_OUTPUT:
        return take_name(id, value, &out->output);
    case OPT_FROM:
        return take_name(id, value, &out->from);
    case OPT_CURVE:
        return take_name(id, value, &out->curve);
    case OPT_HIDDEN:
        if (!aez_value_widths(value, 4096, out->hidden, AEZ_MAX_HIDDEN, &out->n_hidden))
            return aez_option_bad(id, value,
                                  "up to 16 widths of 1 to 4096 with commas: 200,100,50");
        break;
    case OPT_LATENT:
        if (!aez_value_count(value, 4096, &n))
            return aez_option_bad(id, value, "a number from 1 to 4096");
        out->n_latent = (uint32_t)n;
        out->has_latent = true;
        break;
    case OPT_LEVEL:
        if (!aez_value_count(value, 9, &n) || n == 0)
            return aez_option_bad(id, value, "a level from 1 to 9");
        out->level = (int)n;
        break;
    case OPT_SEED:
        if (!aez_value_count(value, UINT64_MAX, &out->seed))
            return aez_option_bad(id, value, "a whole number from 0 to 2^64 - 1");
        break;
    case OPT_THREADS:
        if (!aez_value_count(value, 1024, &n))
            return aez_option_bad(id, value, "a number from 0 (one per core) to 1024");
        out->threads = (unsigned)n;
        break;
    case OPT_VARIABLES:
        if (!aez_value_count(value, AEZ_LAYOUT_DIMS - 1, &n))
            return aez_option_bad(id, value, "the number of an axis, counted from 0");
        out->variables = (int)n;
        break;
    case OPT_SHAPE:
        if (!parse_shape(value, out))
            return aez_option_bad(id, value,
                                  "whole numbers with commas, outermost first: 41,128,128");
        out->has_shape = true;
        break;
    case OPT_FORMAT:
        out->format = aez_format_from_name(value);
        if (out->format == AEZ_FORMAT_AUTO)
            return aez_option_bad(id, value, "raw, npy, idx, csv or bytes");
        break;
    case OPT_MISSING:
        if (!aez_value_real(value, &out->missing))
            return aez_option_bad(id, value, "the number that stands for a missing value");
        out->has_missing = true;
        break;
    default:
        if (aez_option_list[id].commands == FOR_TRAIN)
            return aez_option_take_train(out, id, value);
        take_flag(out, id);
        break;
    }
    return AEZ_EXIT_OK;
}
