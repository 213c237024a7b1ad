/* info_model.c - what aez info says about a model file. */
#include "platform.h"

#include "info_model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "layer_table.h"
#include "message.h"
#include "model_file.h"
#include "values_out.h"

#define LAST_EPOCHS 5

bool aez_is_model_file(const aez_cli *cli, const char *path)
{
    /* magic, version 1, three more bytes of the header, and the first section: a family */
    static const uint8_t magic[4] = {0x8F, 'A', 'E', 'Z'};
    uint8_t              head[9] = {0};
    aez_input            in;
    bool                 is = false;
    if (strcmp(path, "-") == 0)
        return false;
    if (aez_input_open(&in, path, true, cli->guard) == AEZ_EXIT_OK && in.size >= sizeof head)
        is = aez_input_read_at(&in, head, sizeof head, 0) == AEZ_EXIT_OK &&
             memcmp(head, magic, sizeof magic) == 0 && head[8] == 16;
    aez_input_close(&in);
    return is;
}

static const char *type_name(aez_type type)
{
    const char *name = aez_type_name(type);
    return name ? name : "number";
}

static void hash_text(const uint8_t hash[16], char text[33])
{
    for (size_t i = 0; i < 16; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

/* From an item to its latents, or back. */
static aez_layer_walk walk_of(const char *words, const aez_trained_about *a, bool back)
{
    aez_layer_walk walk = {.text = words, .n_latent = a->n_latent, .h = 1, .w = 1};
    walk.c = back ? a->n_latent : a->channels;
    walk.n_out = back ? a->n_features : a->n_latent;
    if (!back) {
        walk.h = a->height;
        walk.w = a->width;
    }
    return walk;
}

/* ---- for people ------------------------------------------------------------------------------ */

static void print_layers(const char *half, const char *words, const aez_trained_about *a, bool back)
{
    aez_layer_walk walk = walk_of(words, a, back);
    aez_layer_row  row;
    uint64_t       total = 0;
    if (!*words)
        return;
    printf("  %s: ", half);
    aez_print_safe(stdout, words);
    printf("\n    %-18s %20s %12s\n", "layer", "out", "parameters");
    while (aez_layer_next(&walk, &row)) {
        char shape[64];
        (void)snprintf(shape, sizeof shape, "%" PRIu64 " x %" PRIu64 " x %" PRIu64, row.c, row.h,
                       row.w);
        printf("    %-18s %20s %12" PRIu64 "\n", row.word, shape, row.parameters);
        total += row.parameters;
    }
    printf("    %-18s %20s %12" PRIu64 "\n", "all", "", total);
}

static void print_fields(const aez_trained *model, const aez_trained_about *a)
{
    printf("  %s:", a->is_table ? "columns" : "fields");
    for (uint32_t f = 0; f < a->n_fields && f < 100; f++) {
        aez_type    type;
        const char *name = aez_trained_field(model, f, &type);
        fputs(f ? ", " : " ", stdout);
        aez_print_safe(stdout, *name ? name : a->is_table ? "unnamed" : "values");
        if (!a->is_table)
            printf(" (%s)", type_name(type));
    }
    printf("%s\n", a->n_fields > 100 ? ", ..." : "");
}

static void print_curve(const aez_trained_about *a)
{
    size_t first = a->n_curve > LAST_EPOCHS ? a->n_curve - LAST_EPOCHS : 0;
    if (a->n_curve == 0)
        return;
    printf("  curve, %zu epochs%s:\n    %8s %10s %14s %14s %10s\n", a->n_curve,
           first ? ", the last of them" : "", "epoch", "step", "training loss", "validation",
           "rate");
    for (size_t i = first; i < a->n_curve; i++) {
        const aez_epoch *e = &a->curve[i];
        printf("    %8" PRIu64 " %10" PRIu64 " %14.6g ", e->epoch, e->step, e->train_loss);
        if (isnan(e->valid_loss))
            printf("%14s", "-");
        else
            printf("%14.6g", e->valid_loss);
        printf(" %10.3g\n", e->rate);
    }
}

static void print_provenance(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        printf("    ");
        for (size_t i = 0; i < n; i++) {
            unsigned char c = (unsigned char)text[i];
            putchar(c < 0x20 || c == 0x7F ? '?' : c);
        }
        putchar('\n');
        text += n + (text[n] == '\n');
    }
}

static void print_model(const aez_trained *model, const aez_trained_about *a, const char *path)
{
    char hash[33];
    hash_text(a->hash, hash);
    aez_print_safe(stdout, path);
    printf(": a model of %s, %" PRIu64 " bytes\n", a->is_table ? "tables" : "arrays",
           a->file_bytes);
    printf("  items of %" PRIu32 " x %" PRIu32 " x %" PRIu32 ": %" PRIu32 " features, %" PRIu32
           " latents, %" PRIu64 " parameters\n", a->channels, a->height, a->width, a->n_features,
           a->n_latent, a->n_parameters);
    print_fields(model, a);
    printf("  body %" PRIu64 " bytes: what a file that embeds it carries; hash %s\n", a->body_bytes,
           hash);
    printf("    decoder %" PRIu64 " bytes, %" PRIu64 " plans of stages %" PRIu64 " bytes\n",
           a->decoder_bytes, a->n_plans, a->plan_bytes);
    printf("  encoder and the rest of the model file %" PRIu64 " bytes\n",
           a->file_bytes - a->body_bytes);
    print_layers("encoder", a->encoder, a, false);
    print_layers("decoder", a->decoder, a, true);
    printf("  mean squared error of standardised features: %.6g with floats, %.6g with integers\n",
           a->float_mse, a->integer_mse);
    print_curve(a);
    printf("  provenance:\n");
    print_provenance(a->provenance);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static void json_layers(const char *key, const char *words, const aez_trained_about *a, bool back)
{
    aez_layer_walk walk = walk_of(words, a, back);
    aez_layer_row  row;
    bool           any = false;
    printf(",\n    \"%s\": ", key);
    aez_json_string(stdout, words);
    printf(",\n    \"%s_layers\": [", key);
    while (*words && aez_layer_next(&walk, &row)) {
        printf("%s\n      {\"layer\": ", any ? "," : "");
        aez_json_string(stdout, row.word);
        printf(", \"channels\": %" PRIu64 ", \"height\": %" PRIu64 ", \"width\": %" PRIu64
               ", \"parameters\": %" PRIu64 "}", row.c, row.h, row.w, row.parameters);
        any = true;
    }
    printf("%s]", any ? "\n    " : "");
}

static void json_curve(const aez_trained_about *a)
{
    printf(",\n    \"curve\": [");
    for (size_t i = 0; i < a->n_curve; i++) {
        const aez_epoch *e = &a->curve[i];
        printf("%s\n      {\"epoch\": %" PRIu64 ", \"step\": %" PRIu64 ", \"train_loss\": ",
               i ? "," : "", e->epoch, e->step);
        aez_json_double(stdout, e->train_loss);
        printf(", \"valid_loss\": ");
        aez_json_double(stdout, e->valid_loss);
        printf(", \"rate\": ");
        aez_json_double(stdout, e->rate);
        printf("}");
    }
    printf("%s]", a->n_curve ? "\n    " : "");
}

static void json_model(const aez_trained *model, const aez_trained_about *a, const char *path)
{
    char hash[33];
    hash_text(a->hash, hash);
    printf("  {\n    \"file\": ");
    aez_json_string(stdout, path);
    printf(",\n    \"model\": \"%s\"", a->is_table ? "table" : "array");
    printf(",\n    \"file_bytes\": %" PRIu64 ",\n    \"body_bytes\": %" PRIu64
           ",\n    \"decoder_bytes\": %" PRIu64 ",\n    \"plan_bytes\": %" PRIu64
           ",\n    \"plans\": %" PRIu64 ",\n    \"hash\": \"%s\"",
           a->file_bytes, a->body_bytes, a->decoder_bytes, a->plan_bytes, a->n_plans, hash);
    printf(",\n    \"features\": %" PRIu32 ",\n    \"latents\": %" PRIu32
           ",\n    \"parameters\": %" PRIu64 ",\n    \"channels\": %" PRIu32
           ",\n    \"height\": %" PRIu32 ",\n    \"width\": %" PRIu32,
           a->n_features, a->n_latent, a->n_parameters, a->channels, a->height, a->width);
    printf(",\n    \"float_mse\": ");
    aez_json_double(stdout, a->float_mse);
    printf(",\n    \"integer_mse\": ");
    aez_json_double(stdout, a->integer_mse);
    printf(",\n    \"fields\": [");
    for (uint32_t f = 0; f < a->n_fields; f++) {
        aez_type    type;
        const char *name = aez_trained_field(model, f, &type);
        printf("%s\n      {\"name\": ", f ? "," : "");
        aez_json_string(stdout, name);
        printf(", \"type\": \"%s\"}", type_name(type));
    }
    printf("\n    ]");
    json_layers("encoder", a->encoder, a, false);
    json_layers("decoder", a->decoder, a, true);
    json_curve(a);
    printf(",\n    \"provenance\": ");
    aez_json_string(stdout, a->provenance);
    printf("\n  }");
}

/* ---- --curve --------------------------------------------------------------------------------- */

static const char *curve_column(const void *opaque, uint32_t i)
{
    static const char *const names[] = {"epoch", "step", "train_loss", "valid_loss", "rate"};
    (void)opaque;
    return names[i];
}

static int write_curve(const aez_cli *cli, const aez_trained_about *a)
{
    const char     *path = cli->args->curve;
    aez_values_form form = aez_values_matrix(aez_format_of_path(path, AEZ_FORMAT_CSV), AEZ_F64,
                                             a->n_curve, 5);
    aez_values_out  out;
    int             code;
    form.delimiter = aez_delimiter_of_path(path);
    form.name = curve_column;
    code = aez_values_open(&out, cli, path, &form);
    for (size_t i = 0; i < a->n_curve && code == AEZ_EXIT_OK; i++) {
        const aez_epoch *e = &a->curve[i];
        double row[5] = {(double)e->epoch, (double)e->step, e->train_loss, e->valid_loss, e->rate};
        code = aez_values_put(&out, row, 1);
    }
    if (code == AEZ_EXIT_OK)
        code = aez_values_commit(&out);
    aez_values_close(&out);
    return code;
}

int aez_info_model(const aez_cli *cli, const char *path, bool first)
{
    aez_trained      *model;
    aez_trained_about about;
    int               code = aez_model_load(cli, path, &model);
    if (code != AEZ_EXIT_OK)
        return code;
    aez_trained_describe(model, &about);
    if (cli->args->json) {
        printf("%s\n", first ? "" : ",");
        json_model(model, &about, path);
    } else {
        print_model(model, &about, path);
    }
    if (cli->args->curve)
        code = write_curve(cli, &about);
    aez_trained_destroy(model);
    return code;
}
