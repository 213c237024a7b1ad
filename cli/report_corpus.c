/* report_corpus.c - runs a list of sets through aez and its peers, and compares what comes back. */
#include "platform.h"

#include "report_corpus.h"

#include <errno.h>
#include <inttypes.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report_model.h"
#include "report_results.h"

#define DEFAULT_BOUNDS "lossless,1e-2,1e-3"

typedef struct corpus {
    const report_args *args;
    report_sets        sets;
    report_methods     methods;
    report_results     results;
    report_place       at;
    char               folder[4096]; /* of files in between */
    char               packed[4200], back[4300];
} corpus;

/* ---- one set ---- */

/* What a file that embeds the model would have of it; 0, and an error, when it cannot be read. */
static uint64_t shared_bytes(const corpus *c, const report_set *set)
{
    aez_trained      *model = report_model_open(&c->at, set->model);
    aez_trained_about about = {0};
    if (model)
        aez_trained_describe(model, &about);
    aez_trained_destroy(model);
    return about.body_bytes;
}

/* After the last method the files in between go. */
static void remove_files(const corpus *c)
{
    (void)unlink(c->packed);
    (void)unlink(c->back);
}

static void say_result(const corpus *c, const report_result *r)
{
    char mode[32];
    if (c->args->quiet)
        return;
    report_mode_text(r->bound, mode, sizeof mode);
    if (r->outcome.fault[0])
        aez_say(c->sets.set[r->set_i].name, "%s, %s: %s", mode,
                c->methods.one[r->method].label, r->outcome.fault);
    else
        aez_say(c->sets.set[r->set_i].name, "%s, %s: %" PRIu64 " bytes, ratio %.2f", mode,
                c->methods.one[r->method].label, r->outcome.bytes, report_result_ratio(r));
}

static void fault(report_result *r, const char *text)
{
    (void)snprintf(r->outcome.fault, sizeof r->outcome.fault, "%s", text);
}

/* A bound has to hold for every value. */
static int judge_bound(const report_task *task, report_result *r, bool back_is_raw)
{
    int code = report_compare(task, back_is_raw, &r->errors);
    if (code == AEZ_EXIT_OK && r->errors.wrong)
        (void)snprintf(r->outcome.fault, sizeof r->outcome.fault,
                       "%" PRIu64 " values or texts came back as others", r->errors.wrong);
    r->over_bound = r->errors.worst;
    if (task->source->layout.format != AEZ_FORMAT_CSV)
        r->over_bound = task->range > 0 ? r->errors.worst / (task->bound * task->range) : 0;
    return code;
}

/* What came back, judged: without a bound, the file byte for byte. zfp restores values without the
 * header, and of images the pixels have been compared. */
static int judge(const report_task *task, report_result *r, size_t method)
{
    bool is_zfp = method == (size_t)report_method_find("zfp");
    int  code = AEZ_EXIT_OK;
    r->over_bound = NAN;
    r->errors.psnr = INFINITY;
    if (task->bound > 0)
        return judge_bound(task, r, is_zfp);
    if (is_zfp) {
        code = report_compare(task, true, &r->errors);
        if (r->errors.wrong || r->errors.worst > 0)
            fault(r, "values came back as others");
    } else if (method != (size_t)report_method_find("jxl") &&
               !report_same_files(task->at->guard, task->set->path, task->back)) {
        fault(r, "came back as another file");
    }
    return code;
}

/* A child begins with what this process holds, and is charged for it: so that is let go first. */
static void let_memory_go(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

static int run_method(corpus *c, report_task *task, size_t set_i, size_t method,
                      const report_extent *extent)
{
    report_result r;
    struct stat   st;
    int           code;
    memset(&r, 0, sizeof r);
    r.set_i = set_i;
    r.method = method;
    r.bound = task->bound;
    r.n_values = extent->n_values;
    r.raw_bytes = stat(task->set->path, &st) == 0 ? (uint64_t)st.st_size : 0;
    if (method == 0 && task->set->model[0]) {
        r.shared_bytes = shared_bytes(c, task->set);
        if (r.shared_bytes == 0)
            return AEZ_EXIT_DATA;
    }
    let_memory_go();
    code = report_method_run(&c->methods, method, task, &r.outcome);
    if (code == AEZ_EXIT_OK && !r.outcome.fault[0])
        code = judge(task, &r, method);
    remove_files(c);
    if (code == AEZ_EXIT_OK && !report_results_add(&c->results, &r))
        code = report_no_memory(&c->at);
    if (code == AEZ_EXIT_OK)
        say_result(c, &r);
    return code;
}

/* "lossless,1e-2": 0 stands for lossless. */
static int run_bounds(corpus *c, report_task *task, size_t set_i, const char *bounds,
                      const report_extent *extent)
{
    report_words words = {0};
    const char  *wanted = task->set->methods;
    int          code = report_split(&words, &c->at, bounds);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < words.n; i++) {
        char *end;
        task->bound = strcmp(words.word[i], "lossless") == 0 ? 0 : strtod(words.word[i], &end);
        if (strcmp(words.word[i], "lossless") != 0 &&
            (*end || !isfinite(task->bound) || task->bound <= 0)) {
            code = report_error(&c->at, "bound \"%s\": give numbers above 0, and the word lossless",
                                words.word[i]);
            break;
        }
        for (size_t m = 0; code == AEZ_EXIT_OK && m < REPORT_METHODS; m++) {
            const report_method *one = &c->methods.one[m];
            if (one->found[0] && one->found[1] && report_method_fits(&c->methods, m, task) &&
                (!*wanted || strstr(wanted, one->name)))
                code = run_method(c, task, set_i, m, extent);
        }
    }
    report_words_free(&words);
    return code;
}

/* How the file is made, and its range, before the first method. */
static int look_at(report_task *task, aez_source *source, report_extent *extent)
{
    aez_args  args;
    aez_input in = {.fd = -1};
    int       code = aez_input_open(&in, task->set->path, true, task->at->guard);
    report_set_args(task->set, &args);
    if (code == AEZ_EXIT_OK)
        code = aez_source_find(source, &args, &in);
    aez_input_close(&in);
    task->source = source;
    if (code == AEZ_EXIT_OK && source->layout.type == AEZ_OPAQUE &&
        source->layout.format != AEZ_FORMAT_CSV)
        code = report_error_in(task->at, task->set->name,
                               "is no array and no table that aez knows");
    if (code == AEZ_EXIT_OK)
        code = report_measure_extent(task, extent);
    task->range = extent->high > extent->low ? extent->high - extent->low : 0;
    return code;
}

static int run_set(corpus *c, size_t set_i)
{
    const report_set *set = &c->sets.set[set_i];
    report_task       task = {.at = &c->at, .set = set, .folder = c->folder, .packed = c->packed,
                              .back = c->back};
    aez_source        source;
    report_extent     extent = {0};
    const char       *bounds = c->args->bounds ? c->args->bounds
                               : set->bounds[0] ? set->bounds : DEFAULT_BOUNDS;
    const char       *dot = strrchr(set->name, '.');
    int               code;
    c->at.line = set->line;
    if (access(set->path, R_OK) != 0) {
        if (!c->args->quiet)
            aez_say(set->name, "skipped: %s", strerror(errno));
        return report_results_skip(&c->results, set->name) ? AEZ_EXIT_OK
                                                           : report_no_memory(&c->at);
    }
    (void)snprintf(c->packed, sizeof c->packed, "%s/packed.jxl", c->folder); /* djxl goes by it */
    (void)snprintf(c->back, sizeof c->back, "%s/back%.80s", c->folder,
                   dot && !strchr(dot, '/') ? dot : "");
    memset(&source, 0, sizeof source);
    aez_layout_init(&source.layout);
    code = look_at(&task, &source, &extent);
    if (code == AEZ_EXIT_OK)
        code = run_bounds(c, &task, set_i, bounds, &extent);
    aez_source_free(&source);
    return code;
}

/* ---- the corpus ---- */

static int make_folder(corpus *c)
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(c->folder, sizeof c->folder, "%s/aez-report.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (mkdtemp(c->folder))
        return AEZ_EXIT_OK;
    aez_error(c->folder, "cannot make a folder: %s: name another place in TMPDIR", strerror(errno));
    c->folder[0] = '\0';
    return AEZ_EXIT_SYSTEM;
}

/* Models of the list lie where its sets do. */
static int find_models(corpus *c)
{
    for (size_t i = 0; i < c->sets.n; i++) {
        report_set *s = &c->sets.set[i];
        size_t      folder = strlen(s->path) - strlen(s->name), size;
        char       *path;
        if (!s->model[0] || s->model[0] == '/')
            continue;
        size = folder + strlen(s->model) + 1;
        path = malloc(size);
        if (!path)
            return report_no_memory(&c->at);
        (void)snprintf(path, size, "%.*s%s", (int)folder, s->path, s->model);
        free(s->model);
        s->model = path;
    }
    return AEZ_EXIT_OK;
}

int report_corpus_show(const report_args *args, aez_guard *guard, report_doc *doc)
{
    corpus c;
    int    code;
    memset(&c, 0, sizeof c);
    c.args = args;
    c.at = (report_place){args->corpus, 0, guard};
    c.results.sets = &c.sets;
    c.results.methods = &c.methods;
    code = report_methods_open(&c.methods, args->methods, args->level);
    if (code == AEZ_EXIT_OK)
        code = report_sets_load(&c.sets, args->corpus, guard);
    if (code == AEZ_EXIT_OK)
        code = find_models(&c);
    if (code == AEZ_EXIT_OK)
        code = make_folder(&c);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < c.sets.n; i++)
        code = run_set(&c, i);
    if (c.folder[0])
        (void)rmdir(c.folder);
    if (code == AEZ_EXIT_OK && c.results.n == 0) {
        aez_error(args->corpus, "not one of its sets is there: name their folder in AEZ_DATA");
        code = AEZ_EXIT_DATA;
    }
    doc->at = (report_place){args->corpus, 0, guard};
    if (code == AEZ_EXIT_OK)
        code = report_results_show(&c.results, doc, "aez beside its peers");
    report_results_free(&c.results);
    report_methods_free(&c.methods);
    report_sets_free(&c.sets);
    return code;
}
