/* cmd_info.c - aez info: what a file holds, how it was coded, where the bytes went. */
#include "platform.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli.h"
#include "decode.h"
#include "file.h"
#include "info_model.h"
#include "json.h"
#include "message.h"
#include "report.h"

/* Of --json: one array over all files, filled file by file. */
typedef struct listing {
    bool           json, any;
    aez_model_list models;
} listing;

/* What a file holds, all of it having been read. */
typedef struct content {
    const aez_decoder *decoder;
    const aez_schema  *schema;
    const aez_layout  *layout;
    uint64_t           packed_bytes, raw_bytes;
} content;

static const char *mode_name(aez_mode mode)
{
    switch (mode) {
    case AEZ_LOSSLESS:
        return "lossless";
    case AEZ_ABS:
        return "abs";
    case AEZ_REL:
        return "rel";
    case AEZ_PWREL:
        return "pwrel";
    case AEZ_PSNR:
        return "psnr";
    case AEZ_LATENT:
        return "latents";
    }
    return "unknown";
}

static const char *type_name(aez_type type)
{
    const char *name = aez_type_name(type);
    return name ? name : "unknown";
}

/* ---- for people ---- */

static void print_field(const content *m, uint32_t f)
{
    const aez_field *field = &m->schema->fields[f];
    const char      *text = aez_decoder_describe(m->decoder, f);
    printf("  field %" PRIu32, f);
    if (field->name && *field->name) {
        fputs(" ", stdout);
        aez_print_safe(stdout, field->name);
    }
    printf(": %s, %s", type_name(field->type), mode_name(field->mode));
    if (field->mode != AEZ_LOSSLESS && field->mode != AEZ_LATENT)
        printf(" %.17g", field->bound);
    if (field->has_missing)
        printf(", missing %.17g", field->missing);
    if (text && *text) {
        fputs(", ", stdout);
        aez_print_safe(stdout, text);
    }
    putchar('\n');
}

static void print_file(const content *m, const char *file)
{
    const aez_layout *l = m->layout;
    aez_report        report;
    char              shape[2048]; /* 64 extents of 20 digits and their separators */
    aez_decoder_report(m->decoder, &report);
    aez_print_safe(stdout, file);
    printf(": %" PRIu64 " -> %" PRIu64 " bytes\n", m->raw_bytes, m->packed_bytes);
    aez_shape_text(l->shape, l->n_dims, l->fortran, shape, sizeof shape);
    printf("  format version %d\n  file %s, %s%s%s, %s", AEZ_FORMAT_VERSION,
           aez_format_name(l->format), l->is_bool ? "bool" : type_name(l->type),
           l->big_endian ? ", big-endian" : "", l->fortran ? ", Fortran order" : "", shape);
    if (l->axis >= 0)
        printf(", variables on axis %d", l->fortran ? (int)l->n_dims - 1 - l->axis : l->axis);
    if (l->head_size || l->tail_size)
        printf(", %zu bytes before and %zu after the values", l->head_size, l->tail_size);
    aez_shape_text(m->schema->shape, m->schema->n_dims, false, shape, sizeof shape);
    printf("\n  grid %s, %" PRIu32 " field%s, envelope %zu bytes\n", shape, m->schema->n_fields,
           m->schema->n_fields == 1 ? "" : "s", m->schema->envelope_size);
    for (uint32_t f = 0; f < m->schema->n_fields; f++)
        print_field(m, f);
    aez_report_print(stdout, &report, m->raw_bytes, m->packed_bytes);
    if (report.n_items > 0)
        printf("  latents alone for %" PRIu64 " items, %.2f bits an item\n", report.n_items,
               report.latent_bits_per_item);
}

/* ---- for programs ---- */

static void json_shape(const char *key, const uint64_t *shape, uint32_t n, bool reversed)
{
    printf("\"%s\": [", key);
    for (uint32_t i = 0; i < n; i++)
        printf("%s%" PRIu64, i ? ", " : "", shape[reversed ? n - 1 - i : i]);
    printf("]");
}

static void json_layout(const aez_layout *l)
{
    printf(",\n    \"layout\": {\"format\": \"%s\", \"type\": \"%s\", \"bool\": %s, "
           "\"byte_order\": \"%s\", \"fortran_order\": %s, ",
           aez_format_name(l->format), type_name(l->type), l->is_bool ? "true" : "false",
           l->big_endian ? "big" : "little", l->fortran ? "true" : "false");
    json_shape("shape", l->shape, l->n_dims, l->fortran);
    if (l->axis >= 0)
        printf(", \"variables_axis\": %d", l->fortran ? (int)l->n_dims - 1 - l->axis : l->axis);
    else
        printf(", \"variables_axis\": null");
    printf(", \"head_bytes\": %zu, \"tail_bytes\": %zu}", l->head_size, l->tail_size);
}

static void json_field(const content *m, uint32_t f)
{
    const aez_field *field = &m->schema->fields[f];
    const char      *text = aez_decoder_describe(m->decoder, f);
    printf("%s\n      {\"name\": ", f ? "," : "");
    aez_json_string(stdout, field->name ? field->name : "");
    printf(", \"type\": \"%s\", \"mode\": \"%s\", \"bound\": ", type_name(field->type),
           mode_name(field->mode));
    if (field->mode == AEZ_LOSSLESS || field->mode == AEZ_LATENT)
        printf("null");
    else
        aez_json_double(stdout, field->bound);
    printf(", \"missing\": ");
    if (field->has_missing)
        aez_json_double(stdout, field->missing);
    else
        printf("null");
    printf(", \"coding\": ");
    aez_json_string(stdout, text ? text : "");
    printf("}");
}

static void json_report(const aez_report *r, uint64_t raw, uint64_t packed)
{
    uint64_t without = packed > r->model_bytes ? packed - r->model_bytes : 0;
    printf(",\n    \"bytes\": {\"header\": %" PRIu64 ", \"model\": %" PRIu64
           ", \"latents\": %" PRIu64 ", \"residual\": %" PRIu64 ", \"text\": %" PRIu64
           ", \"stored\": %" PRIu64 ", \"index\": %" PRIu64 "}",
           r->header_bytes, r->model_bytes, r->latent_bytes, r->residual_bytes, r->text_bytes,
           r->stored_bytes, r->index_bytes);
    printf(",\n    \"chunks\": %" PRIu64 ",\n    \"stored_chunks\": %" PRIu64, r->n_chunks,
           r->n_stored_chunks);
    printf(",\n    \"shared_model_bytes\": %" PRIu64, r->shared_bytes);
    printf(",\n    \"ratio\": ");
    aez_json_double(stdout, aez_ratio(raw, packed));
    printf(",\n    \"ratio_without_model\": ");
    aez_json_double(stdout, aez_ratio(raw, without));
}

static void json_file(const content *m, const char *file)
{
    aez_report report;
    aez_decoder_report(m->decoder, &report);
    printf("  {\n    \"file\": ");
    aez_json_string(stdout, file);
    printf(",\n    \"format_version\": %d,\n    \"raw_bytes\": %" PRIu64
           ",\n    \"packed_bytes\": %" PRIu64 ",\n    \"envelope_bytes\": %zu",
           AEZ_FORMAT_VERSION, m->raw_bytes, m->packed_bytes, m->schema->envelope_size);
    json_layout(m->layout);
    printf(",\n    ");
    json_shape("grid", m->schema->shape, m->schema->n_dims, false);
    printf(",\n    \"fields\": [");
    for (uint32_t f = 0; f < m->schema->n_fields; f++)
        json_field(m, f);
    printf("\n    ]");
    json_report(&report, m->raw_bytes, m->packed_bytes);
    printf("\n  }");
}

static void show_file(const aez_decode *d, const aez_decoder *decoder, const aez_layout *layout)
{
    listing *l = d->opaque;
    content  c = {decoder, aez_decoder_schema(decoder), layout, d->packed_bytes, d->raw_bytes};
    if (l->json) {
        printf("%s\n", l->any ? "," : "");
        json_file(&c, d->in->name);
    } else {
        print_file(&c, d->in->name);
    }
    l->any = true;
}

static int info_file(const aez_cli *cli, const char *path, void *opaque)
{
    listing   *l = opaque;
    aez_input  in = {.fd = -1};
    aez_decode d = {.cli = cli, .in = &in, .models = &l->models, .on_end = show_file,
                    .opaque = l};
    int        code = aez_refuse_terminal_input(cli, path);
    if (code == AEZ_EXIT_OK)
        code = aez_input_open(&in, path, false, cli->guard);
    if (code == AEZ_EXIT_OK && aez_is_model_file(cli, path)) {
        aez_input_close(&in);
        code = aez_info_model(cli, path, !l->any);
        l->any = l->any || code == AEZ_EXIT_OK;
        return code;
    }
    if (code == AEZ_EXIT_OK)
        code = aez_decode_input(&d);
    aez_input_close(&in);
    return code;
}

int aez_cmd_info(const aez_cli *cli)
{
    listing l = {.json = cli->args->json};
    int     code = aez_model_list_load(&l.models, cli);
    if (l.json)
        printf("[");
    if (code == AEZ_EXIT_OK)
        code = aez_for_each_file(cli, info_file, &l);
    aez_model_list_free(&l.models);
    if (l.json)
        printf("%s]\n", l.any ? "\n" : "");
    return code;
}
