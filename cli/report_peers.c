/* report_peers.c - the methods of a report: aez, and peers that are found at run time. */
#include "platform.h"

#include "report_peers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report_convert.h"

enum { AEZ = 0, ZSTD, XZ, BZIP2, BROTLI, ZFP, JXL };

#define MAX_ARGS 32

static const aez_allocator plain = {NULL, NULL, NULL};

static const report_method all_methods[REPORT_METHODS] = {
    [AEZ] = {"aez", "aez", {"aez", "aez"}, "aez", {NULL, NULL}, true},
    [ZSTD] = {"zstd", "zstd -19", {"zstd", "zstd"}, "zstd", {NULL, NULL}, true},
    [XZ] = {"xz", "xz -9e", {"xz", "xz"}, "xz-utils", {NULL, NULL}, true},
    [BZIP2] = {"bzip2", "bzip2 -9", {"bzip2", "bzip2"}, "bzip2", {NULL, NULL}, true},
    [BROTLI] = {"brotli", "brotli -q 11", {"brotli", "brotli"}, "brotli", {NULL, NULL}, true},
    [ZFP] = {"zfp", "zfp", {"zfp", "zfp"}, "zfp", {NULL, NULL}, true},
    [JXL] = {"jxl", "JPEG XL -e 9", {"cjxl", "djxl"}, "libjxl-tools", {NULL, NULL}, true},
};

int report_method_find(const char *name)
{
    for (int m = 0; m < REPORT_METHODS; m++)
        if (strcmp(all_methods[m].name, name) == 0)
            return m;
    return -1;
}

static int choose(report_methods *out, const char *names)
{
    report_place at = {"--methods", 0, NULL};
    report_words words = {0};
    int          code = report_split(&words, &at, names);
    for (size_t m = 0; m < REPORT_METHODS; m++)
        out->one[m].wanted = false;
    for (size_t i = 0; code == AEZ_EXIT_OK && i < words.n; i++) {
        int m = report_method_find(words.word[i]);
        if (m >= 0) {
            out->one[m].wanted = true;
        } else {
            aez_error("--methods", "%s: unknown: use aez, zstd, xz, bzip2, brotli, zfp or jxl",
                      words.word[i]);
            code = AEZ_EXIT_USAGE;
        }
    }
    report_words_free(&words);
    return code;
}

int report_methods_open(report_methods *out, const char *names, int level)
{
    int code = AEZ_EXIT_OK;
    memset(out, 0, sizeof *out);
    memcpy(out->one, all_methods, sizeof out->one);
    out->level = level;
    if (names)
        code = choose(out, names);
    for (size_t m = 0; m < REPORT_METHODS; m++)
        for (int p = 0; p < 2; p++)
            out->one[m].found[p] = m == AEZ ? report_own_path()
                                            : report_find_program(out->one[m].program[p]);
    if (code == AEZ_EXIT_OK && (!out->one[AEZ].found[0] || !out->one[AEZ].found[1])) {
        aez_error(NULL, "cannot tell where this program is: put aez on PATH");
        code = AEZ_EXIT_SYSTEM;
    }
    return code;
}

void report_methods_free(report_methods *methods)
{
    for (size_t m = 0; m < REPORT_METHODS; m++)
        for (int p = 0; p < 2; p++)
            free(methods->one[m].found[p]);
    memset(methods, 0, sizeof *methods);
}

bool report_method_fits(const report_methods *methods, size_t m, const report_task *task)
{
    const aez_layout *l = &task->source->layout;
    bool is_float = (l->type == AEZ_F32 || l->type == AEZ_F64) && l->format != AEZ_FORMAT_CSV;
    if (!methods->one[m].wanted)
        return false;
    if (m == AEZ)
        return true;
    if (m == ZFP)
        return is_float && !l->big_endian;
    if (m == JXL)
        return task->bound == 0 && report_is_image(l);
    return task->bound == 0;
}

/* ---- running ---- */

typedef struct command {
    const char *argv[MAX_ARGS + 1];
    size_t      n;
} command;

static void word(command *c, const char *text)
{
    if (c->n < MAX_ARGS)
        c->argv[c->n++] = text;
    c->argv[c->n] = NULL;
}

static void one_line(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
        text[--n] = '\0';
    for (; *text; text++)
        if (*text == '\n')
            *text = ' ';
}

/* Runs; standard output goes to the file `to`, or nowhere. False, and a fault, when it failed. */
static bool run(const report_task *task, const command *c, const char *to, double *seconds,
                uint64_t *peak, report_outcome *out)
{
    aez_buf    said;
    int        fd = to ? open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    report_run r = {.argv = (char *const *)c->argv, .in_fd = -1, .out_fd = fd, .said = &said,
                    .guard = task->at->guard};
    bool       good;
    aez_buf_init(&said, &plain);
    good = (!to || fd >= 0) && report_child_run(&r) && r.status == 0;
    if (!good)
        (void)snprintf(out->fault, sizeof out->fault, "failed with status %d: %.120s", r.status,
                       said.data && said.size ? (const char *)said.data : "");
    one_line(out->fault);
    *seconds = r.seconds;
    *peak = r.peak_bytes;
    if (fd >= 0)
        (void)close(fd);
    aez_buf_free(&said);
    return good;
}

static bool measure_packed(const report_task *task, report_outcome *out)
{
    struct stat st;
    if (stat(task->packed, &st) != 0) {
        (void)snprintf(out->fault, sizeof out->fault, "wrote no file");
        return false;
    }
    out->bytes = (uint64_t)st.st_size;
    return true;
}

/* ---- aez ---- */

/* What of the file is model, from aez info. */
static void ask_model_bytes(const report_methods *methods, const report_task *task,
                            report_outcome *out)
{
    command     c = {.n = 0};
    aez_buf     text;
    report_run  r = {.guard = task->at->guard};
    const char *found;
    aez_buf_init(&text, &plain);
    word(&c, methods->one[AEZ].found[0]);
    word(&c, "info");
    word(&c, "--json");
    word(&c, task->packed);
    r.argv = (char *const *)c.argv;
    if (!task->set->model[0] && report_child_filter(&r, "", 0, &text) && r.status == 0) {
        aez_put_u8(&text, 0);
        found = text.failed ? NULL : strstr((const char *)text.data, "\"bytes\": {");
        found = found ? strstr(found, "\"model\": ") : NULL;
        out->model_bytes = found ? strtoull(found + strlen("\"model\": "), NULL, 10) : 0;
    }
    aez_buf_free(&text);
}

static void run_aez(const report_methods *methods, const report_task *task, report_outcome *out)
{
    command c = {.n = 0}, d = {.n = 0};
    char    level[3] = {'-', (char)('0' + methods->level), '\0'}, bound[40];
    word(&c, methods->one[AEZ].found[0]);
    word(&c, "compress");
    word(&c, "-q");
    word(&c, "-f");
    if (methods->level)
        word(&c, level);
    if (task->set->type[0]) {
        word(&c, "--type");
        word(&c, task->set->type);
    }
    if (task->set->shape[0]) {
        word(&c, "--shape");
        word(&c, task->set->shape);
    }
    if (task->bound > 0) {
        (void)snprintf(bound, sizeof bound, "%.17g", task->bound);
        word(&c, "--rel");
        word(&c, bound);
    }
    word(&d, methods->one[AEZ].found[1]);
    word(&d, "decompress");
    word(&d, "-q");
    word(&d, "-f");
    if (task->set->model[0]) {
        word(&c, "--model");
        word(&c, task->set->model);
        word(&c, "--model-ref");
        word(&d, "--model");
        word(&d, task->set->model);
    }
    word(&c, "-o");
    word(&c, task->packed);
    word(&c, task->set->path);
    word(&d, "-o");
    word(&d, task->back);
    word(&d, task->packed);
    if (run(task, &c, NULL, &out->seconds_in, &out->peak_in, out) && measure_packed(task, out) &&
        run(task, &d, NULL, &out->seconds_out, &out->peak_out, out))
        ask_model_bytes(methods, task, out);
}

/* ---- compressors of bytes ---- */

static void run_bytes(const report_method *method, const report_task *task, report_outcome *out)
{
    static const char *const pack[REPORT_METHODS][4] = {
        [ZSTD] = {"-19", "-q", "-c"}, [XZ] = {"-9e", "-q", "-c"},
        [BZIP2] = {"-9", "-q", "-c"}, [BROTLI] = {"-q", "11", "-c"}};
    static const char *const unpack[REPORT_METHODS][4] = {
        [ZSTD] = {"-d", "-q", "-c"}, [XZ] = {"-d", "-q", "-c"},
        [BZIP2] = {"-d", "-q", "-c"}, [BROTLI] = {"-d", "-c"}};
    int     m = report_method_find(method->name);
    command c = {.n = 0}, d = {.n = 0};
    word(&c, method->found[0]);
    for (size_t i = 0; i < 4 && pack[m][i]; i++)
        word(&c, pack[m][i]);
    word(&c, task->set->path);
    word(&d, method->found[1]);
    for (size_t i = 0; i < 4 && unpack[m][i]; i++)
        word(&d, unpack[m][i]);
    word(&d, task->packed);
    if (run(task, &c, task->packed, &out->seconds_in, &out->peak_in, out) &&
        measure_packed(task, out))
        (void)run(task, &d, task->back, &out->seconds_out, &out->peak_out, out);
}

/* ---- zfp ---- */

/* At most four extents, the fastest first: -3 nx ny nz. */
static void zfp_shape(command *c, const aez_layout *l, char text[5][24])
{
    static const char *const options[] = {"-1", "-1", "-2", "-3", "-4"};
    uint64_t extent[4] = {1, 1, 1, 1};
    size_t   n = 0;
    for (uint32_t d = l->n_dims; d-- > 0;) {
        if (l->shape[d] == 1)
            continue;
        if (n < 4)
            extent[n++] = l->shape[d];
        else
            extent[3] *= l->shape[d];
    }
    word(c, l->type == AEZ_F32 ? "-f" : "-d");
    word(c, options[n]);
    for (size_t i = 0; i < (n ? n : 1); i++) {
        (void)snprintf(text[i], 24, "%llu", (unsigned long long)extent[i]);
        word(c, text[i]);
    }
}

/* Packs and unpacks with one tolerance; *worst is the largest error. False on failure: a fault. */
static bool zfp_once(const report_method *method, const report_task *task, const char *raw,
                     double tolerance, report_outcome *out, double *worst)
{
    char    shape[5][24], text[40];
    command c = {.n = 0}, d = {.n = 0};
    memset(out, 0, sizeof *out);
    word(&c, method->found[0]);
    word(&c, "-h");
    zfp_shape(&c, &task->source->layout, shape);
    (void)snprintf(text, sizeof text, "%.17g", tolerance);
    word(&c, task->bound > 0 ? "-a" : "-R");
    if (task->bound > 0)
        word(&c, text);
    word(&c, "-i");
    word(&c, raw);
    word(&c, "-z");
    word(&c, task->packed);
    word(&d, method->found[1]);
    word(&d, "-h");
    word(&d, "-z");
    word(&d, task->packed);
    word(&d, "-o");
    word(&d, task->back);
    if (!run(task, &c, NULL, &out->seconds_in, &out->peak_in, out) || !measure_packed(task, out) ||
        !run(task, &d, NULL, &out->seconds_out, &out->peak_out, out))
        return false;
    if (report_worst_error(task, worst) != AEZ_EXIT_OK)
        (void)snprintf(out->fault, sizeof out->fault, "cannot compare what it restored");
    return !out->fault[0];
}

/* zfp keeps well below its tolerance, so that is doubled as long as the bound holds. */
static void run_zfp(const report_method *method, const report_task *task, report_outcome *out)
{
    double         limit = task->bound * task->range, best = limit, worst = 0;
    report_outcome trial;
    char           raw[4200];
    (void)snprintf(raw, sizeof raw, "%s/values", task->folder);
    if (report_write_values(task, raw) != AEZ_EXIT_OK) {
        (void)snprintf(out->fault, sizeof out->fault, "cannot write its values to a file");
        return;
    }
    if (zfp_once(method, task, raw, limit, out, &worst) && task->bound > 0 && worst <= limit) {
        for (int doubled = 0; doubled < 8; doubled++) {
            if (!zfp_once(method, task, raw, best * 2, &trial, &worst) || worst > limit)
                break;
            best *= 2;
        }
        (void)zfp_once(method, task, raw, best, out, &worst); /* what lies in the files again */
    }
    (void)unlink(raw);
}

/* ---- JPEG XL ---- */

static void run_jxl(const report_method *method, const report_task *task, report_outcome *out)
{
    command c = {.n = 0}, d = {.n = 0};
    char    sheet[4200], pixels[4200]; /* djxl goes by the suffix */
    bool    color = task->source->layout.n_dims == 4;
    (void)snprintf(sheet, sizeof sheet, "%s/sheet.%s", task->folder, color ? "ppm" : "pgm");
    (void)snprintf(pixels, sizeof pixels, "%s/pixels.%s", task->folder, color ? "ppm" : "pgm");
    if (report_write_sheet(task, sheet) != AEZ_EXIT_OK) {
        (void)snprintf(out->fault, sizeof out->fault, "cannot write its sheet of images");
        return;
    }
    word(&c, method->found[0]);
    word(&c, sheet);
    word(&c, task->packed);
    word(&c, "-d");
    word(&c, "0");
    word(&c, "-e");
    word(&c, "9");
    word(&c, "-E");
    word(&c, "3");
    word(&d, method->found[1]);
    word(&d, task->packed);
    word(&d, pixels);
    if (run(task, &c, NULL, &out->seconds_in, &out->peak_in, out) && measure_packed(task, out) &&
        run(task, &d, NULL, &out->seconds_out, &out->peak_out, out) &&
        !report_same_pixels(task->at->guard, sheet, pixels))
        (void)snprintf(out->fault, sizeof out->fault, "restored pixels differ");
    (void)unlink(sheet);
    (void)unlink(pixels);
}

int report_method_run(const report_methods *methods, size_t m, const report_task *task,
                      report_outcome *out)
{
    memset(out, 0, sizeof *out);
    if (m == AEZ)
        run_aez(methods, task, out);
    else if (m == ZFP)
        run_zfp(&methods->one[m], task, out);
    else if (m == JXL)
        run_jxl(&methods->one[m], task, out);
    else
        run_bytes(&methods->one[m], task, out);
    return AEZ_EXIT_OK;
}
