/* report.c - numbers for people: shapes, ratios, where the bytes went. */
#include "platform.h"

#include "report.h"

#include <inttypes.h>
#include <string.h>

void aez_shape_text(const uint64_t *shape, uint32_t n_dims, bool reversed, char *dst, size_t cap)
{
    size_t used = 0;
    if (n_dims == 0)
        (void)snprintf(dst, cap, "one value");
    for (uint32_t i = 0; i < n_dims && used < cap; i++) {
        int n = snprintf(dst + used, cap - used, "%s%" PRIu64, i ? " x " : "",
                         shape[reversed ? n_dims - 1 - i : i]);
        used += n > 0 ? (size_t)n : 0;
    }
}

double aez_percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

double aez_ratio(uint64_t raw, uint64_t packed)
{
    return packed ? (double)raw / (double)packed : 0;
}

void aez_report_print(FILE *f, const aez_report *report, uint64_t raw, uint64_t packed)
{
    const struct {
        const char *name;
        uint64_t    bytes;
    } parts[] = {{"header", report->header_bytes},     {"model", report->model_bytes},
                 {"latents", report->latent_bytes},    {"residual", report->residual_bytes},
                 {"text", report->text_bytes},         {"stored", report->stored_bytes},
                 {"index", report->index_bytes}};
    uint64_t    without = packed > report->model_bytes ? packed - report->model_bytes : 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        fprintf(f, "  %-8s %12" PRIu64 " bytes  %5.1f %%\n", parts[i].name, parts[i].bytes,
                aez_percent(parts[i].bytes, packed));
    fprintf(f, "  chunks   %12" PRIu64 " (%" PRIu64 " stored)\n", report->n_chunks,
            report->n_stored_chunks);
    if (report->shared_bytes > 0)
        fprintf(f, "  ratio %.3f, and %.3f if this file pays for all of the model of %" PRIu64
                " bytes that it refers to\n", aez_ratio(raw, packed),
                aez_ratio(raw, packed + report->shared_bytes), report->shared_bytes);
    else
        fprintf(f, "  ratio %.3f with the model, %.3f without it\n", aez_ratio(raw, packed),
                aez_ratio(raw, without));
}
