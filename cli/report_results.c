/* report_results.c - what a corpus has measured, as tables, plots and facts. */
#include "platform.h"

#include "report_results.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "report_html.h"
#include "report_means.h"

#define MAX_MODES 16

bool report_results_add(report_results *results, const report_result *one)
{
    report_result *grown = realloc(results->one, (results->n + 1) * sizeof *grown);
    if (!grown)
        return false;
    results->one = grown;
    grown[results->n++] = *one;
    return true;
}

bool report_results_skip(report_results *results, const char *name)
{
    char **grown = realloc(results->skipped, (results->n_skipped + 1) * sizeof *grown);
    if (!grown)
        return false;
    results->skipped = grown;
    grown[results->n_skipped] = strdup(name);
    return grown[results->n_skipped++] != NULL;
}

void report_results_free(report_results *results)
{
    for (size_t i = 0; i < results->n_skipped; i++)
        free(results->skipped[i]);
    free(results->skipped);
    free(results->one);
    memset(results, 0, sizeof *results);
}

double report_result_ratio(const report_result *r)
{
    return r->outcome.bytes ? (double)r->raw_bytes / (double)r->outcome.bytes : NAN;
}

double report_result_bits(const report_result *r)
{
    return r->n_values ? 8 * (double)r->outcome.bytes / (double)r->n_values : NAN;
}

bool report_result_good(const report_result *r)
{
    return !r->outcome.fault[0];
}

double report_megabytes(uint64_t bytes, double seconds)
{
    return seconds > 0 ? (double)bytes / 1e6 / seconds : NAN;
}

void report_mode_text(double bound, char *dst, size_t cap)
{
    double power = bound > 0 ? log10(bound) : 0, whole = floor(power + 0.5);
    if (!(bound > 0))
        (void)snprintf(dst, cap, "lossless");
    else if (fabs(power - whole) < 1e-9 && whole < 0)
        (void)snprintf(dst, cap, "1e%.0f", whole);
    else
        (void)snprintf(dst, cap, "%g", bound);
}

/* ---- facts ---- */

static void json_number(FILE *f, const char *key, double v)
{
    fprintf(f, ", \"%s\": ", key);
    if (isnan(v))
        fputs("null", f);
    else
        aez_json_double(f, v);
}

static void csv_number(FILE *f, double v)
{
    putc(',', f);
    if (!isnan(v))
        fprintf(f, "%.9g", v);
}

static void put_fact(report_facts *facts, const report_results *all, const report_result *r)
{
    FILE       *j = facts->json, *c = facts->csv;
    const char *set = all->sets->set[r->set_i].name, *method = all->methods->one[r->method].label;
    bool        ok = report_result_good(r);
    char        mode[32];
    const struct {
        const char *key;
        double      v;
    } numbers[] = {{"raw_bytes", (double)r->raw_bytes},
                   {"bytes", ok ? (double)r->outcome.bytes : NAN},
                   {"ratio", ok ? report_result_ratio(r) : NAN},
                   {"bits_per_value", ok ? report_result_bits(r) : NAN},
                   {"model_bytes", ok ? (double)r->outcome.model_bytes : NAN},
                   {"shared_model_bytes", (double)r->shared_bytes},
                   {"max_error_over_bound", ok ? r->over_bound : NAN},
                   {"psnr_db", ok ? r->errors.psnr : NAN},
                   {"seconds_in", ok ? r->outcome.seconds_in : NAN},
                   {"seconds_out", ok ? r->outcome.seconds_out : NAN},
                   {"peak_bytes_in", ok ? (double)r->outcome.peak_in : NAN},
                   {"peak_bytes_out", ok ? (double)r->outcome.peak_out : NAN}};
    report_mode_text(r->bound, mode, sizeof mode);
    fprintf(j, "%s\n  {\"set\": ", facts->n++ ? "," : "");
    aez_json_string(j, set);
    fprintf(j, ", \"mode\": \"%s\", \"method\": ", mode);
    aez_json_string(j, method);
    report_csv_cell(c, set);
    fprintf(c, ",%s,", mode);
    report_csv_cell(c, method);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        json_number(j, numbers[i].key, numbers[i].v);
        csv_number(c, numbers[i].v);
    }
    fputs(", \"fault\": ", j);
    aez_json_string(j, r->outcome.fault);
    putc('}', j);
    putc(',', c);
    report_csv_cell(c, r->outcome.fault);
    putc('\n', c);
}

/* ---- tables ---- */

void report_cell(aez_buf *b, double v, int digits)
{
    report_put(b, "<td class=\"n\">");
    report_put_number(b, v, digits);
    report_put(b, "</td>");
}

void report_fixed_cell(aez_buf *b, double v, int places, bool best)
{
    report_put(b, best ? "<td class=\"n best\">" : "<td class=\"n\">");
    if (isfinite(v))
        report_putf(b, "%.*f", places, v);
    else
        report_put_number(b, v, 3);
    report_put(b, "</td>");
}

static void count_cell(aez_buf *b, uint64_t n, bool dash)
{
    report_put(b, "<td class=\"n\">");
    if (dash)
        report_put(b, "\xE2\x80\x93");
    else
        report_put_count(b, n);
    report_put(b, "</td>");
}

/* Whether nobody else is smaller in this set and mode. */
static bool is_best(const report_results *all, const report_result *r)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->one[i].set_i == r->set_i && all->one[i].bound == r->bound &&
            report_result_good(&all->one[i]) && all->one[i].outcome.bytes < r->outcome.bytes)
            return false;
    return true;
}

static void put_row(aez_buf *b, const report_results *all, const report_result *r, bool new_mode,
                    bool shared)
{
    char mode[32];
    bool ours = r->method == 0, exceeded = r->over_bound > 1 + 1e-6;
    report_mode_text(r->bound, mode, sizeof mode);
    report_put(b, "<tr><td>");
    report_put(b, new_mode ? mode : "");
    report_put(b, "</td><td>");
    report_put_escaped(b, all->methods->one[r->method].label);
    report_put(b, "</td>");
    if (!report_result_good(r)) {
        report_putf(b, "<td colspan=\"%d\" class=\"bad\">", shared ? 12 : 10);
        report_put_escaped(b, r->outcome.fault);
        report_put(b, "</td></tr>\n");
        return;
    }
    count_cell(b, r->outcome.bytes, false);
    report_fixed_cell(b, report_result_ratio(r), 2, is_best(all, r));
    report_cell(b, report_result_bits(r), 3);
    count_cell(b, r->outcome.model_bytes, !ours);
    if (shared) {
        double both = (double)(r->outcome.bytes + r->shared_bytes);
        count_cell(b, r->shared_bytes, !r->shared_bytes);
        report_fixed_cell(b, (double)r->raw_bytes / both, 2, false);
    }
    report_put(b, exceeded ? "<td class=\"n bad\">" : "<td class=\"n\">");
    if (isnan(r->over_bound))
        report_put(b, "exact");
    else
        report_putf(b, "%.3f", r->over_bound);
    report_put(b, "</td>");
    report_fixed_cell(b, r->errors.psnr, 1, false);
    report_cell(b, report_megabytes(r->raw_bytes, r->outcome.seconds_in), 3);
    report_cell(b, report_megabytes(r->raw_bytes, r->outcome.seconds_out), 3);
    report_fixed_cell(b, (double)r->outcome.peak_in / 1048576, 0, false);
    report_fixed_cell(b, (double)r->outcome.peak_out / 1048576, 0, false);
    report_put(b, "</tr>\n");
}

static void put_set_table(aez_buf *b, const report_results *all, size_t first, size_t end)
{
    bool shared = false;
    for (size_t i = first; i < end; i++)
        shared = shared || all->one[i].shared_bytes;
    report_put(b, "<div class=\"wide\"><table>\n<thead><tr><th>bound</th><th>method</th>"
                  "<th class=\"n\">bytes</th><th class=\"n\">ratio</th><th class=\"n\">bits<br/>a "
                  "value</th><th class=\"n\">of it<br/>model</th>");
    if (shared)
        report_put(b, "<th class=\"n\">shared<br/>model</th>"
                      "<th class=\"n\">ratio<br/>with it</th>");
    report_put(b, "<th class=\"n\">max error<br/>/ bound</th><th class=\"n\">PSNR<br/>dB</th>"
                  "<th class=\"n\">MB/s<br/>in</th><th class=\"n\">MB/s<br/>out</th>"
                  "<th class=\"n\">MiB<br/>in</th><th class=\"n\">MiB<br/>out</th></tr></thead>\n"
                  "<tbody>\n");
    for (size_t i = first; i < end; i++)
        put_row(b, all, &all->one[i], i == first || all->one[i].bound != all->one[i - 1].bound,
                shared);
    report_put(b, "</tbody></table></div>\n");
}

/* ---- plots of a set ---- */

/* PSNR over bits a value, one line a method that has two bounds at least. */
static int draw_rates(report_doc *doc, const report_results *all, size_t first, size_t end)
{
    report_series series[REPORT_METHODS];
    double        x[REPORT_METHODS][MAX_MODES], y[REPORT_METHODS][MAX_MODES];
    static const int colors[REPORT_METHODS] = {0, 2, 3, 4, 5, 1, 6}; /* zfp is met most often */
    report_plot   p = {.title = "Rate and distortion", .x_label = "rate [bits a value]",
                       .y_label = "PSNR [dB]", .log_x = 1, .series = series,
                       .note = "Further up and to the left is better."};
    for (size_t m = 0; m < REPORT_METHODS; m++) {
        size_t n = 0;
        for (size_t i = first; i < end && n < MAX_MODES; i++)
            if (all->one[i].method == m && report_result_good(&all->one[i]) &&
                isfinite(all->one[i].errors.psnr)) {
                x[m][n] = report_result_bits(&all->one[i]);
                y[m][n++] = all->one[i].errors.psnr;
            }
        if (n >= 2)
            series[p.n_series++] = (report_series){.name = all->methods->one[m].label,
                                                   .color = colors[m], .mark = REPORT_LINE_POINTS,
                                                   .n = n, .x = x[m], .y = y[m]};
    }
    return p.n_series ? report_plot_draw(&doc->plotter, &doc->at, &p, &doc->html) : AEZ_EXIT_OK;
}

/* Share of the values at each error of a method, in units of the bound: one outline a bound. */
static int draw_errors(report_doc *doc, const report_results *all, size_t first, size_t end,
                       size_t method)
{
    enum { BINS = REPORT_ERROR_BINS, MOST = 6 };
    report_series series[MOST];
    double        x[BINS + 2] = {-1}, y[MOST][BINS + 2];
    char          name[MOST][40], title[80];
    report_plot   p = {.title = title, .x_label = "(restored \xE2\x88\x92 original) / bound",
                       .y_label = "values in a bin [%]", .x_low = -1.05, .x_high = 1.05,
                       .series = series};
    (void)snprintf(title, sizeof title, "Errors of %s", all->methods->one[method].label);
    for (int k = 0; k <= BINS; k++)
        x[k + 1] = -1 + 2.0 * k / BINS;
    for (size_t i = first; i < end && p.n_series < MOST; i++) {
        const report_result *r = &all->one[i];
        uint64_t             n = 0;
        double              *to = y[p.n_series];
        for (int k = 0; k < BINS; k++)
            n += r->errors.bin[k];
        if (!report_result_good(r) || n == 0 || r->method != method)
            continue;
        to[0] = to[BINS + 1] = 0;
        for (int k = 0; k < BINS; k++)
            to[k + 1] = 100 * (double)r->errors.bin[k] / (double)n;
        report_mode_text(r->bound, name[p.n_series], sizeof name[0]);
        series[p.n_series] = (report_series){.name = name[p.n_series], .color = (int)p.n_series,
                                             .mark = REPORT_STEPS, .n = BINS + 2, .x = x, .y = to};
        p.n_series++;
    }
    return p.n_series ? report_plot_draw(&doc->plotter, &doc->at, &p, &doc->html) : AEZ_EXIT_OK;
}

static int show_set(report_doc *doc, const report_results *all, size_t first, size_t end)
{
    const report_result *r = &all->one[first];
    aez_buf             *b = &doc->html;
    int                  code;
    report_putf(b, "<h2 id=\"set-%zu\">", r->set_i + 1);
    report_put_escaped(b, all->sets->set[r->set_i].name);
    report_put(b, "</h2>\n<p class=\"note\">");
    report_put_count(b, r->raw_bytes);
    report_put(b, " bytes, ");
    report_put_count(b, r->n_values);
    report_put(b, " values.");
    if (r->shared_bytes) {
        report_put(b, " Compressed with the shared model ");
        report_put_escaped(b, all->sets->set[r->set_i].model);
        report_put(b, ", ");
        report_put_count(b, r->shared_bytes);
        report_put(b, " bytes, which is not in these files.");
    }
    report_put(b, "</p>\n");
    put_set_table(b, all, first, end);
    report_put(b, "<div class=\"plots\">\n");
    code = draw_rates(doc, all, first, end);
    for (size_t m = 0; code == AEZ_EXIT_OK && m < REPORT_METHODS; m++)
        code = draw_errors(doc, all, first, end, m);
    report_put(b, "</div>\n");
    return code;
}

/* ---- the page ---- */

static void put_missing(aez_buf *b, const report_results *all)
{
    bool any = false;
    for (size_t m = 1; m < REPORT_METHODS; m++) {
        const report_method *one = &all->methods->one[m];
        if (!one->wanted || (one->found[0] && one->found[1]))
            continue;
        report_put(b, any ? ", " : "<p class=\"note\">Not installed, so not compared: ");
        report_put_escaped(b, one->label);
        report_put(b, " (package ");
        report_put_escaped(b, one->package);
        report_put(b, ")");
        any = true;
    }
    report_put(b, any ? ".</p>\n" : "");
    for (size_t i = 0; i < all->n_skipped; i++) {
        report_put(b, i ? ", " : "<p class=\"note\">Sets without a file, left out: ");
        report_put_escaped(b, all->skipped[i]);
    }
    report_put(b, all->n_skipped ? ".</p>\n" : "");
}

/* Links to the sets. */
static void put_contents(aez_buf *b, const report_results *all)
{
    report_put(b, "<nav><ul>\n");
    for (size_t i = 0; i < all->n; i++) {
        if (i && all->one[i].set_i == all->one[i - 1].set_i)
            continue;
        report_putf(b, "<li><a href=\"#set-%zu\">", all->one[i].set_i + 1);
        report_put_escaped(b, all->sets->set[all->one[i].set_i].name);
        report_put(b, "</a></li>\n");
    }
    report_put(b, "</ul></nav>\n");
}

/* "model name: ..." of /proc/cpuinfo, where there is one. */
static void put_machine(aez_buf *b)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    char  line[400];
    long  cores = sysconf(_SC_NPROCESSORS_ONLN);
    report_put(b, "<p class=\"note\">Machine: ");
    while (f && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon) {
            line[strcspn(line, "\n")] = '\0';
            report_put_escaped(b, colon + 2);
            report_put(b, ", ");
            break;
        }
    }
    if (f)
        (void)fclose(f);
    report_putf(b, "%ld processors, aez %d.%d.%d", cores, AEZ_VERSION_MAJOR, AEZ_VERSION_MINOR,
                AEZ_VERSION_PATCH);
    report_put(b, ". Sizes count everything that is needed to restore, models included, unless a "
                  "shared model is named. Speed is raw bytes over the wall time of the whole "
                  "command; memory is its peak. PSNR of a table is over its numeric columns, each "
                  "scaled to its range.</p>\n");
}

int report_results_show(const report_results *results, report_doc *doc, const char *title)
{
    int    code = AEZ_EXIT_OK;
    size_t first = 0;
    report_html_open(&doc->html, title);
    report_put(&doc->html, "<article>\n<h1>");
    report_put_escaped(&doc->html, title);
    report_put(&doc->html, "</h1>\n");
    put_machine(&doc->html);
    put_missing(&doc->html, results);
    report_means_show(&doc->html, results);
    if (results->n && results->one[0].set_i != results->one[results->n - 1].set_i)
        put_contents(&doc->html, results);
    while (code == AEZ_EXIT_OK && first < results->n) {
        size_t end = first;
        while (end < results->n && results->one[end].set_i == results->one[first].set_i)
            put_fact(&doc->facts, results, &results->one[end++]);
        code = show_set(doc, results, first, end);
        first = end;
    }
    report_put(&doc->html, "</article>\n");
    report_html_close(&doc->html);
    return code;
}
