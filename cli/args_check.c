/* args_check.c - what is wrong with a command line that can only be seen as a whole. */
#include "platform.h"

#include "args_check.h"

#include <string.h>

#include "message.h"

static bool is(const aez_args *a, aez_command command)
{
    return a->command == command;
}

static int check_outputs(const aez_args *a)
{
    if (a->output && a->to_stdout) {
        aez_error(NULL, "-o and -c exclude each other: give one of them");
        return AEZ_EXIT_USAGE;
    }
    if (a->output && a->n_files > 1 && !is(a, AEZ_CMD_TRAIN)) {
        aez_error(NULL, "-o names one output for %zu inputs: leave out -o, or give one input",
                  a->n_files);
        return AEZ_EXIT_USAGE;
    }
    if (is(a, AEZ_CMD_COMPRESS) && a->to_stdout && a->n_files > 1) {
        aez_error(NULL, "-c with %zu inputs would make one file that nothing can read: compress "
                        "them one by one", a->n_files);
        return AEZ_EXIT_USAGE;
    }
    if (a->remove_input && (a->to_stdout || (a->output && strcmp(a->output, "-") == 0))) {
        aez_error(NULL, "--rm needs an output file: leave out --rm or -c");
        return AEZ_EXIT_USAGE;
    }
    if (a->curve && a->n_files > 1) {
        aez_error(NULL, "--curve names one output for %zu models: give one of them", a->n_files);
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

static int check_compress(const aez_args *a)
{
    if (a->other_bound) {
        aez_error(NULL, "%s and %s exclude each other: give one of them", a->bound_option,
                  a->other_bound);
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
    if (a->has_latent && a->n_latent == 0)
        return aez_option_bad(OPT_LATENT, "0", "a number from 1 to 4096");
    if (a->n_models > 1) {
        aez_error(NULL, "--model names %zu models: a file is compressed with one of them",
                  a->n_models);
        return AEZ_EXIT_USAGE;
    }
    if (a->model_ref && a->n_models == 0) {
        aez_error(NULL, "--model-ref needs a model to refer to: name its file with --model");
        return AEZ_EXIT_USAGE;
    }
    if (a->n_models > 0 && (a->n_hidden > 0 || a->has_latent || a->train_steps > 0 ||
                            a->latent_step > 0 || a->lambda > 0)) {
        aez_error(NULL, "--model %s is trained already: leave out --hidden, --latent, --steps, "
                        "--latent-step and --lambda", a->models[0]);
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

/* What contradicts what among the ways to say how the net is made. */
static int check_layers(const aez_args *a)
{
    const aez_train_args *t = &a->train;
    bool                  widths = a->n_hidden > 0 || t->n_conv > 0 || t->activation;
    bool                  mean = a->has_latent && a->n_latent == 0;
    if (!t->encoder != !t->decoder) {
        aez_error(NULL, "--encoder and --decoder go together: add --%s",
                  t->encoder ? "decoder" : "encoder");
        return AEZ_EXIT_USAGE;
    }
    if (t->encoder && widths) {
        aez_error(NULL, "--encoder says all about the layers: leave out --hidden, --conv and "
                        "--activation");
        return AEZ_EXIT_USAGE;
    }
    if (t->linear && (widths || t->encoder)) {
        aez_error(NULL, "--linear has no layers: leave out --hidden, --conv, --activation, "
                        "--encoder and --decoder");
        return AEZ_EXIT_USAGE;
    }
    if (mean && (widths || t->encoder || t->linear || t->init)) {
        aez_error(NULL, "--latent 0 keeps the mean alone, without a net: leave out --hidden, "
                        "--conv, --activation, --encoder, --decoder, --linear and --init");
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

static int check_train(const aez_args *a)
{
    const aez_train_args *t = &a->train;
    int                   code = check_layers(a);
    if (code != AEZ_EXIT_OK)
        return code;
    if (!a->output) {
        aez_error(NULL, "the model needs a name: add -o, for example -o model.aezm");
        return AEZ_EXIT_USAGE;
    }
    if (t->resume && !t->init) {
        aez_error(NULL, "--resume goes on with a model: name it with --init");
        return AEZ_EXIT_USAGE;
    }
    if (t->no_stages && t->n_targets > 0) {
        aez_error(NULL, "--no-stages excludes --abs, --rel and --lossless: leave one out");
        return AEZ_EXIT_USAGE;
    }
    if (a->n_rules > 0) {
        aez_error(NULL, "aez train takes no bounds of single columns: give one for all of them");
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

/* Commands that use one model. */
static int check_model_user(const aez_args *a)
{
    if (a->n_models == 0) {
        aez_error(NULL, "aez %s needs a model: name its file with -m",
                  aez_command_name(a->command));
        return AEZ_EXIT_USAGE;
    }
    if (a->n_models > 1) {
        aez_error(NULL, "-m names %zu models: give one of them", a->n_models);
        return AEZ_EXIT_USAGE;
    }
    if (a->n_files > 1) {
        aez_error(NULL, "%zu inputs: give one of them", a->n_files);
        return AEZ_EXIT_USAGE;
    }
    if (!a->output && (is(a, AEZ_CMD_RECONSTRUCT) || is(a, AEZ_CMD_DENOISE) ||
                       is(a, AEZ_CMD_SAMPLE))) {
        aez_error(NULL, "aez %s needs to know where the result goes: add -o, - is standard output",
                  aez_command_name(a->command));
        return AEZ_EXIT_USAGE;
    }
    if (is(a, AEZ_CMD_SAMPLE) && a->n_files > 0) {
        aez_error(NULL, "%s: items to draw from are named with --from", a->files[0]);
        return AEZ_EXIT_USAGE;
    }
    if (is(a, AEZ_CMD_SAMPLE) && (a->count == 0 || !a->from)) {
        aez_error(NULL, "aez sample needs -n, the number of items to draw, and --from, the data "
                        "whose latents they are drawn like");
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

static int check_export(const aez_args *a)
{
    if (a->n_files + a->n_models != 1) {
        aez_error(NULL, "aez export takes one model: name its file");
        return AEZ_EXIT_USAGE;
    }
    if (!a->output) {
        aez_error(NULL, "the weights need a name: add -o, for example -o weights.safetensors");
        return AEZ_EXIT_USAGE;
    }
    return AEZ_EXIT_OK;
}

static int check_input(const aez_args *a)
{
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

static int check_command(const aez_args *a)
{
    switch (a->command) {
    case AEZ_CMD_COMPRESS:
        return check_compress(a);
    case AEZ_CMD_TRAIN:
        return check_train(a);
    case AEZ_CMD_LATENTS:
    case AEZ_CMD_RECONSTRUCT:
    case AEZ_CMD_SCORE:
    case AEZ_CMD_DENOISE:
    case AEZ_CMD_SAMPLE:
        return check_model_user(a);
    case AEZ_CMD_EXPORT:
        return check_export(a);
    case AEZ_CMD_NONE:
    case AEZ_CMD_DECOMPRESS:
    case AEZ_CMD_TEST:
    case AEZ_CMD_INFO:
    case AEZ_CMD_REPORT:
    case AEZ_CMD_HELP:
    case AEZ_CMD_VERSION:
        break;
    }
    return AEZ_EXIT_OK;
}

int aez_args_check(const aez_args *a, const bool seen[N_OPTIONS])
{
    int code;
    for (int id = 0; id < N_OPTIONS; id++)
        if (seen[id] && !(aez_option_list[id].commands & OPTION_FOR(a->command))) {
            aez_error(NULL, "--%s means nothing to aez %s: leave it out", aez_option_list[id].name,
                      aez_command_name(a->command));
            return AEZ_EXIT_USAGE;
        }
    if (seen[OPT_MODEL] && a->n_models == 0 && a->command != AEZ_CMD_COMPRESS) {
        aez_error(NULL, "aez %s takes models as files: --model ./NAME",
                  aez_command_name(a->command));
        return AEZ_EXIT_USAGE;
    }
    code = check_outputs(a);
    if (code == AEZ_EXIT_OK)
        code = check_command(a);
    return code == AEZ_EXIT_OK ? check_input(a) : code;
}
