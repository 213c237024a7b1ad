/* args.c - the command line as one struct. */
#include "platform.h"

#include "args.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "rules.h"

static const char *const command_names[] = {"aez",  "compress", "decompress", "test",
                                            "info", "help",     "version"};

const char *aez_command_name(aez_command command)
{
    return command_names[command];
}

aez_command aez_command_from_name(const char *name)
{
    for (int i = AEZ_CMD_COMPRESS; i <= AEZ_CMD_VERSION; i++)
        if (strcmp(command_names[i], name) == 0)
            return (aez_command)i;
    return AEZ_CMD_NONE;
}

typedef enum option_id {
    OPT_ABS,
    OPT_CHUNK,
    OPT_DELIMITER,
    OPT_ENTROPY,
    OPT_EXACT,
    OPT_FORCE,
    OPT_FORMAT,
    OPT_HEADER,
    OPT_HELP,
    OPT_HIDDEN,
    OPT_JSON,
    OPT_KEEP,
    OPT_LAMBDA,
    OPT_LATENT,
    OPT_LATENT_ONLY,
    OPT_LATENT_STEP,
    OPT_LEVEL, /* -1 .. -9 */
    OPT_MEMORY,
    OPT_MISSING,
    OPT_MODEL,
    OPT_NO_PROGRESS,
    OPT_OUTPUT,
    OPT_PSNR,
    OPT_PWREL,
    OPT_QUIET,
    OPT_REL,
    OPT_RM,
    OPT_SEED,
    OPT_SHAPE,
    OPT_STDOUT,
    OPT_STEPS,
    OPT_THREADS,
    OPT_TYPE,
    OPT_VARIABLES,
    OPT_VERBOSE,
    OPT_VERSION,
    N_OPTIONS
} option_id;

#define FOR(command) (1u << (command))
#define FOR_COMPRESS FOR(AEZ_CMD_COMPRESS)
#define FOR_WRITERS (FOR_COMPRESS | FOR(AEZ_CMD_DECOMPRESS))
#define FOR_CODERS (FOR_WRITERS | FOR(AEZ_CMD_TEST) | FOR(AEZ_CMD_INFO))
#define FOR_ALL (~0u)

typedef struct option {
    const char *name; /* without the dashes */
    char        letter;
    bool        has_value;
    unsigned    commands; /* FOR(...) bits of those that take it */
} option;

static const option options[N_OPTIONS] = {
    [OPT_ABS] = {"abs", 0, true, FOR_COMPRESS},
    [OPT_CHUNK] = {"chunk", 0, true, FOR_COMPRESS},
    [OPT_DELIMITER] = {"delimiter", 0, true, FOR_COMPRESS},
    [OPT_ENTROPY] = {"entropy", 0, true, FOR_COMPRESS},
    [OPT_EXACT] = {"exact", 0, true, FOR_COMPRESS},
    [OPT_FORCE] = {"force", 'f', false, FOR_CODERS},
    [OPT_FORMAT] = {"format", 0, true, FOR_COMPRESS},
    [OPT_HEADER] = {"header", 0, true, FOR_COMPRESS},
    [OPT_HELP] = {"help", 'h', false, FOR_ALL},
    [OPT_HIDDEN] = {"hidden", 0, true, FOR_COMPRESS},
    [OPT_JSON] = {"json", 0, false, FOR(AEZ_CMD_INFO)},
    [OPT_KEEP] = {"keep", 'k', false, FOR_WRITERS},
    [OPT_LAMBDA] = {"lambda", 0, true, FOR_COMPRESS},
    [OPT_LATENT] = {"latent", 0, true, FOR_COMPRESS},
    [OPT_LATENT_ONLY] = {"latent-only", 0, false, FOR_COMPRESS},
    [OPT_LATENT_STEP] = {"latent-step", 0, true, FOR_COMPRESS},
    [OPT_LEVEL] = {"level", 0, true, FOR_COMPRESS},
    [OPT_MEMORY] = {"memory", 0, true, FOR_CODERS},
    [OPT_MISSING] = {"missing", 0, true, FOR_COMPRESS},
    [OPT_MODEL] = {"model", 0, true, FOR_COMPRESS},
    [OPT_NO_PROGRESS] = {"no-progress", 0, false, FOR_CODERS},
    [OPT_OUTPUT] = {"output", 'o', true, FOR_WRITERS},
    [OPT_PSNR] = {"psnr", 0, true, FOR_COMPRESS},
    [OPT_PWREL] = {"pwrel", 0, true, FOR_COMPRESS},
    [OPT_QUIET] = {"quiet", 'q', false, FOR_CODERS},
    [OPT_REL] = {"rel", 0, true, FOR_COMPRESS},
    [OPT_RM] = {"rm", 0, false, FOR_WRITERS},
    [OPT_SEED] = {"seed", 0, true, FOR_COMPRESS},
    [OPT_SHAPE] = {"shape", 0, true, FOR_COMPRESS},
    [OPT_STDOUT] = {"stdout", 'c', false, FOR_WRITERS},
    [OPT_STEPS] = {"steps", 0, true, FOR_COMPRESS},
    [OPT_THREADS] = {"threads", 'T', true, FOR_CODERS},
    [OPT_TYPE] = {"type", 0, true, FOR_COMPRESS},
    [OPT_VARIABLES] = {"variables", 0, true, FOR_COMPRESS},
    [OPT_VERBOSE] = {"verbose", 'v', false, FOR_CODERS},
    [OPT_VERSION] = {"version", 'V', false, FOR_ALL},
};

/* Digits only, so that signs and blanks are not taken. */
static bool parse_u64(const char *text, uint64_t *out, const char **rest)
{
    char              *end;
    unsigned long long v;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    v = strtoull(text, &end, 10);
    if (errno != 0 || v > UINT64_MAX)
        return false;
    *out = v;
    *rest = end;
    return true;
}

static bool parse_count(const char *text, uint64_t max, uint64_t *out)
{
    const char *rest;
    return parse_u64(text, out, &rest) && *rest == '\0' && *out <= max;
}

/* A number of bytes with K, M or G (powers of 1024). */
static bool parse_size(const char *text, uint64_t *out)
{
    const char *rest;
    unsigned    shift = 0;
    if (!parse_u64(text, out, &rest))
        return false;
    switch (*rest) {
    case 'k':
    case 'K':
        shift = 10;
        break;
    case 'm':
    case 'M':
        shift = 20;
        break;
    case 'g':
    case 'G':
        shift = 30;
        break;
    default:
        break;
    }
    if (shift > 0)
        rest++;
    if (*rest != '\0' || *out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

static bool parse_real(const char *text, double *out)
{
    char *end;
    if (*text == '\0' || isspace((unsigned char)*text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0';
}

static bool parse_shape(const char *text, aez_args *out)
{
    out->n_dims = 0;
    for (;;) {
        if (out->n_dims == AEZ_LAYOUT_DIMS || !parse_u64(text, &out->shape[out->n_dims], &text))
            return false;
        out->n_dims++;
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}

static bool parse_widths(const char *text, aez_args *out)
{
    uint64_t width;
    out->n_hidden = 0;
    for (;;) {
        if (out->n_hidden == AEZ_MAX_HIDDEN || !parse_u64(text, &width, &text) || width < 1 ||
            width > 4096)
            return false;
        out->hidden[out->n_hidden++] = (uint32_t)width;
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}

static int bad_value(option_id id, const char *value, const char *want)
{
    aez_error(NULL, "--%s %s: not a value that this option takes: give %s", options[id].name, value,
              want);
    return AEZ_EXIT_USAGE;
}

static int no_memory(void)
{
    aez_error(NULL, "not enough memory");
    return AEZ_EXIT_SYSTEM;
}

static int take_bound(aez_args *out, option_id id, aez_mode mode, const char *value)
{
    static const char *const names[] = {"", "--abs", "--rel", "--pwrel", "--psnr"};
    static const char        want[] = "a finite number above 0 (lossless needs no option)";
    bool                     plain = true;
    if (mode == AEZ_ABS || mode == AEZ_REL) {
        aez_rule_result result = aez_rules_take_bounds(out, mode, value, &plain);
        if (result == AEZ_RULE_NO_MEMORY)
            return no_memory();
        if (result == AEZ_RULE_BAD)
            return bad_value(id, value, want);
    } else if (!parse_real(value, &out->bound) || !isfinite(out->bound) || out->bound <= 0) {
        return bad_value(id, value, want);
    }
    if (!plain)
        return AEZ_EXIT_OK;
    if (out->bound_option && out->mode != mode) {
        aez_error(NULL, "%s and %s exclude each other: give one of them", out->bound_option,
                  names[mode]);
        return AEZ_EXIT_USAGE;
    }
    out->mode = mode;
    out->bound_option = names[mode];
    return AEZ_EXIT_OK;
}

static int take_exact(aez_args *out, const char *value)
{
    aez_rule_result result = aez_rules_take_exact(out, value);
    if (result == AEZ_RULE_NO_MEMORY)
        return no_memory();
    return result == AEZ_RULE_OK ? AEZ_EXIT_OK
                                 : bad_value(OPT_EXACT, value, "names of columns with commas");
}

static int take_delimiter(aez_args *out, const char *value)
{
    if (strcmp(value, "tab") == 0 || strcmp(value, "\\t") == 0)
        out->delimiter = '\t';
    else if (value[0] != '\0' && value[1] == '\0' && value[0] != '"' && value[0] != '\n' &&
             value[0] != '\r')
        out->delimiter = value[0];
    else
        return bad_value(OPT_DELIMITER, value, "one character, or tab");
    return AEZ_EXIT_OK;
}

static int take_header(aez_args *out, const char *value)
{
    if (strcmp(value, "yes") == 0)
        out->header = 1;
    else if (strcmp(value, "no") == 0)
        out->header = -1;
    else
        return bad_value(OPT_HEADER, value, "yes or no");
    return AEZ_EXIT_OK;
}

static int take_size(option_id id, const char *value, uint64_t min, uint64_t max, const char *want,
                     uint64_t *out)
{
    if (!parse_size(value, out) || *out < min || *out > max)
        return bad_value(id, value, want);
    return AEZ_EXIT_OK;
}

static int take_entropy(aez_args *out, const char *value)
{
    if (strcmp(value, "zstd") == 0)
        out->entropy = AEZ_ENTROPY_ZSTD;
    else if (strcmp(value, "any") == 0)
        out->entropy = AEZ_ENTROPY_ANY;
    else
        return bad_value(OPT_ENTROPY, value, "zstd or any");
    return AEZ_EXIT_OK;
}

static int take_model(aez_args *out, const char *value)
{
    static const char *const names[] = {"auto", "stages", "autoencoder", "both"};
    for (int i = AEZ_MODEL_AUTO; i <= AEZ_MODEL_BOTH; i++)
        if (strcmp(value, names[i]) == 0) {
            out->model = i;
            return AEZ_EXIT_OK;
        }
    return bad_value(OPT_MODEL, value, "stages, autoencoder, both or auto");
}

static int take_positive(option_id id, const char *value, double *out)
{
    if (!parse_real(value, out) || !isfinite(*out) || *out <= 0)
        return bad_value(id, value, "a finite number above 0");
    return AEZ_EXIT_OK;
}

/* One flat switch over all options. */
static int take_option(aez_args *out, option_id id, const char *value)
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
        return take_positive(id, value, &out->latent_step);
    case OPT_LAMBDA:
        return take_positive(id, value, &out->lambda);
    case OPT_HIDDEN:
        if (!parse_widths(value, out))
            return bad_value(id, value, "up to 16 widths of 1 to 4096 with commas: 200,100,50");
        break;
    case OPT_LATENT:
        if (!parse_count(value, 4096, &n) || n == 0)
            return bad_value(id, value, "a number from 1 to 4096");
        out->n_latent = (uint32_t)n;
        break;
    case OPT_STEPS:
        if (!parse_count(value, UINT64_MAX, &out->train_steps) || out->train_steps == 0)
            return bad_value(id, value, "a whole number above 0");
        break;
    case OPT_LATENT_ONLY:
        out->latent_only = true;
        break;
    case OPT_LEVEL:
        if (!parse_count(value, 9, &n) || n == 0)
            return bad_value(id, value, "a level from 1 to 9");
        out->level = (int)n;
        break;
    case OPT_SEED:
        if (!parse_count(value, UINT64_MAX, &out->seed))
            return bad_value(id, value, "a whole number from 0 to 2^64 - 1");
        break;
    case OPT_THREADS:
        if (!parse_count(value, 1024, &n))
            return bad_value(id, value, "a number from 0 (one per core) to 1024");
        out->threads = (unsigned)n;
        break;
    case OPT_VARIABLES:
        if (!parse_count(value, AEZ_LAYOUT_DIMS - 1, &n))
            return bad_value(id, value, "the number of an axis, counted from 0");
        out->variables = (int)n;
        break;
    case OPT_TYPE:
        out->type = aez_type_from_name(value);
        if (aez_type_size(out->type) == 0)
            return bad_value(id, value, "u8 i8 u16 i16 u32 i32 u64 i64 f32 or f64");
        break;
    case OPT_SHAPE:
        if (!parse_shape(value, out))
            return bad_value(id, value, "whole numbers with commas, outermost first: 41,128,128");
        out->has_shape = true;
        break;
    case OPT_FORMAT:
        out->format = aez_format_from_name(value);
        if (out->format == AEZ_FORMAT_AUTO)
            return bad_value(id, value, "raw, npy, idx, csv or bytes");
        break;
    case OPT_MISSING:
        if (!parse_real(value, &out->missing))
            return bad_value(id, value, "the number that stands for a missing value");
        out->has_missing = true;
        break;
    case OPT_OUTPUT:
        if (*value == '\0')
            return bad_value(id, value, "the name of a file");
        out->output = value;
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
    case OPT_QUIET:
        out->quiet = true;
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
    case N_OPTIONS:
        break;
    }
    return AEZ_EXIT_OK;
}

typedef struct arg_reader {
    aez_args   *out;
    char      **argv;
    int         argc, next;
    bool        seen[N_OPTIONS];
    aez_command word; /* the command that was named */
} arg_reader;

static int missing_value(const char *name)
{
    aez_error(NULL, "%s: a value has to follow: see aez help", name);
    return AEZ_EXIT_USAGE;
}

/* --name, --name VALUE or --name=VALUE */
static int read_long(arg_reader *r, const char *arg)
{
    const char *name = arg + 2, *equals = strchr(name, '='), *value = NULL;
    size_t      len = equals ? (size_t)(equals - name) : strlen(name);
    int         id = 0;
    while (id < N_OPTIONS &&
           (strlen(options[id].name) != len || strncmp(options[id].name, name, len) != 0))
        id++;
    if (id == N_OPTIONS) {
        aez_error(NULL, "%s: unknown option: see aez help", arg);
        return AEZ_EXIT_USAGE;
    }
    if (equals && !options[id].has_value) {
        aez_error(NULL, "--%s takes no value: leave out %s", options[id].name, equals);
        return AEZ_EXIT_USAGE;
    }
    if (options[id].has_value) {
        if (equals)
            value = equals + 1;
        else if (r->next < r->argc)
            value = r->argv[r->next++];
        else
            return missing_value(arg);
    }
    r->seen[id] = true;
    return take_option(r->out, (option_id)id, value);
}

/* -fv, -5, -T4, -o FILE: letters in a group; a value ends the group. */
static int read_letters(arg_reader *r, const char *arg)
{
    for (const char *p = arg + 1; *p; p++) {
        int         id = 0, status;
        const char *value = NULL;
        char        level[2] = {*p, '\0'};
        if (*p >= '1' && *p <= '9') {
            id = OPT_LEVEL;
            value = level;
        } else {
            while (id < N_OPTIONS && options[id].letter != *p)
                id++;
            if (id == N_OPTIONS) {
                aez_error(NULL, "-%c: unknown option: see aez help (-- ends the options)", *p);
                return AEZ_EXIT_USAGE;
            }
        }
        r->seen[id] = true;
        if (id != OPT_LEVEL && options[id].has_value) {
            char name[3] = {'-', *p, '\0'};
            if (p[1])
                return take_option(r->out, (option_id)id, p + 1);
            if (r->next == r->argc)
                return missing_value(name);
            return take_option(r->out, (option_id)id, r->argv[r->next++]);
        }
        status = take_option(r->out, (option_id)id, value);
        if (status != AEZ_EXIT_OK)
            return status;
    }
    return AEZ_EXIT_OK;
}

/* The first word is the command, the others are files. */
static int read_word(arg_reader *r, const char *arg)
{
    if (r->word != AEZ_CMD_NONE) {
        r->out->files[r->out->n_files++] = arg;
        return AEZ_EXIT_OK;
    }
    r->word = aez_command_from_name(arg);
    if (r->word == AEZ_CMD_NONE) {
        aez_error(NULL,
                  "%s: unknown command: use compress, decompress, test, info, help or version",
                  arg);
        return AEZ_EXIT_USAGE;
    }
    if (r->out->command == AEZ_CMD_NONE) /* -V has the last word */
        r->out->command = r->word;
    return AEZ_EXIT_OK;
}

/* What can only be seen once everything has been read. */
static int check_together(const arg_reader *r)
{
    const aez_args *a = r->out;
    for (int id = 0; id < N_OPTIONS; id++)
        if (r->seen[id] && !(options[id].commands & FOR(a->command))) {
            aez_error(NULL, "--%s means nothing to aez %s: leave it out", options[id].name,
                      aez_command_name(a->command));
            return AEZ_EXIT_USAGE;
        }
    if (a->output && a->to_stdout) {
        aez_error(NULL, "-o and -c exclude each other: give one of them");
        return AEZ_EXIT_USAGE;
    }
    if (a->output && a->n_files > 1) {
        aez_error(NULL, "-o names one output for %zu inputs: leave out -o, or give one input",
                  a->n_files);
        return AEZ_EXIT_USAGE;
    }
    if (a->command == AEZ_CMD_COMPRESS && a->to_stdout && a->n_files > 1) {
        aez_error(NULL, "-c with %zu inputs would make one file that nothing can read: compress "
                        "them one by one", a->n_files);
        return AEZ_EXIT_USAGE;
    }
    if (a->remove_input && (a->to_stdout || (a->output && strcmp(a->output, "-") == 0))) {
        aez_error(NULL, "--rm needs an output file: leave out --rm or -c");
        return AEZ_EXIT_USAGE;
    }
    if (a->latent_only && a->bound_option) {
        aez_error(NULL, "--latent-only keeps no bound: leave out %s", a->bound_option);
        return AEZ_EXIT_USAGE;
    }
    if (a->latent_only && a->model == AEZ_MODEL_STAGES) {
        aez_error(NULL, "--latent-only needs an autoencoder: leave out --model stages");
        return AEZ_EXIT_USAGE;
    }
    if (a->has_shape && a->type == 0) {
        aez_error(NULL, "--shape needs to know the values: add --type, for example --type f32");
        return AEZ_EXIT_USAGE;
    }
    if (a->type != 0 && a->format != AEZ_FORMAT_AUTO && a->format != AEZ_FORMAT_RAW) {
        aez_error(NULL, "--type is for raw arrays: leave it out with --format %s",
                  aez_format_name(a->format));
        return AEZ_EXIT_USAGE;
    }
    if (a->format == AEZ_FORMAT_RAW && a->type == 0) {
        aez_error(NULL,
                  "--format raw needs to know the values: add --type, for example --type f32");
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

int aez_args_parse(aez_args *out, int argc, char **argv)
{
    arg_reader r = {.out = out, .argv = argv, .argc = argc, .next = 1};
    bool       options_end = false;
    int        status = AEZ_EXIT_OK;
    memset(out, 0, sizeof *out);
    out->variables = -1;
    out->files = calloc((size_t)argc + 1, sizeof *out->files);
    if (!out->files) {
        aez_error(NULL, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    while (status == AEZ_EXIT_OK && r.next < argc) {
        const char *arg = argv[r.next++];
        if (options_end || arg[0] != '-' || arg[1] == '\0')
            status = read_word(&r, arg);
        else if (strcmp(arg, "--") == 0)
            options_end = true;
        else if (arg[1] == '-')
            status = read_long(&r, arg);
        else
            status = read_letters(&r, arg);
    }
    if (status != AEZ_EXIT_OK || out->help || out->command == AEZ_CMD_VERSION)
        return status;
    if (out->command == AEZ_CMD_NONE) {
        aez_error(NULL, "no command: use compress, decompress, test, info, help or version");
        return AEZ_EXIT_USAGE;
    }
    return check_together(&r);
}

void aez_args_free(aez_args *args)
{
    aez_rules_free(args);
    free((void *)args->files);
    args->files = NULL;
    args->n_files = 0;
}
