/* args_report.c - the command line of aez report as one struct. */
#include "platform.h"

#include "args_report.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

typedef enum option_id {
    OPT_BOUNDS,
    OPT_CORPUS,
    OPT_CSV,
    OPT_FORCE,
    OPT_HELP,
    OPT_JSON,
    OPT_LEVEL, /* -1 .. -9 too */
    OPT_METHODS,
    OPT_OUTPUT,
    OPT_QUIET,
    N_OPTIONS
} option_id;

static const struct {
    const char *name;
    char        letter;
    bool        has_value;
} options[N_OPTIONS] = {
    [OPT_BOUNDS] = {"bounds", 0, true},   [OPT_CORPUS] = {"corpus", 0, true},
    [OPT_CSV] = {"csv", 0, true},         [OPT_FORCE] = {"force", 'f', false},
    [OPT_HELP] = {"help", 'h', false},    [OPT_JSON] = {"json", 0, true},
    [OPT_LEVEL] = {"level", 0, true},     [OPT_METHODS] = {"methods", 0, true},
    [OPT_OUTPUT] = {"output", 'o', true}, [OPT_QUIET] = {"quiet", 'q', false},
};

static int usage(const char *what, const char *why)
{
    aez_error(NULL, "%s: %s", what, why);
    return AEZ_EXIT_USAGE;
}

static int take_option(report_args *out, option_id id, const char *value)
{
    switch (id) {
    case OPT_BOUNDS:
        out->bounds = value;
        break;
    case OPT_CORPUS:
        out->corpus = value;
        break;
    case OPT_CSV:
        out->csv = value;
        break;
    case OPT_FORCE:
        out->force = true;
        break;
    case OPT_HELP:
        out->help = true;
        break;
    case OPT_JSON:
        out->json = value;
        break;
    case OPT_LEVEL:
        if (value[0] < '1' || value[0] > '9' || value[1])
            return usage("--level", "give a level from 1 to 9");
        out->level = value[0] - '0';
        break;
    case OPT_METHODS:
        out->methods = value;
        break;
    case OPT_OUTPUT:
        out->output = value;
        break;
    case OPT_QUIET:
        out->quiet = true;
        break;
    case N_OPTIONS:
        break;
    }
    return AEZ_EXIT_OK;
}

/* The option that an argument means, or N_OPTIONS; *value is what is attached to it. */
static option_id find_option(const char *arg, const char **value)
{
    int id = 0;
    *value = NULL;
    if (arg[1] == '-') {
        size_t n = strcspn(arg + 2, "=");
        while (id < N_OPTIONS && (strlen(options[id].name) != n ||
                                  strncmp(options[id].name, arg + 2, n) != 0))
            id++;
        *value = arg[2 + n] ? arg + 3 + n : NULL;
    } else if (arg[1] >= '1' && arg[1] <= '9') {
        id = OPT_LEVEL;
        *value = arg + 1;
    } else {
        while (id < N_OPTIONS && options[id].letter != arg[1])
            id++;
        *value = arg[2] ? arg + 2 : NULL;
    }
    return (option_id)id;
}

static int read_option(report_args *out, int argc, char **argv, int *next)
{
    const char *arg = argv[(*next)++], *value;
    option_id   id = find_option(arg, &value);
    if (id == N_OPTIONS)
        return usage(arg, "unknown option: see aez help report");
    if (!options[id].has_value && value)
        return usage(arg, "takes no value: leave it out");
    if (options[id].has_value && !value) {
        if (*next >= argc)
            return usage(arg, "a value has to follow: see aez help report");
        value = argv[(*next)++];
    }
    return take_option(out, id, value);
}

static int check_together(const report_args *a)
{
    if (!a->corpus && a->n_pages == 0)
        return usage("report", "name pages, or a list of sets with --corpus: see aez help report");
    if (a->corpus && a->n_pages > 0)
        return usage("--corpus", "takes no pages: make two reports");
    if (!a->corpus && (a->bounds || a->methods || a->level))
        return usage("--bounds, --methods and --level", "belong to --corpus: leave them out");
    if (!a->output)
        return usage("report", "say where the page goes: -o report.html (- is standard output)");
    return AEZ_EXIT_OK;
}

int report_args_parse(report_args *out, int argc, char **argv)
{
    bool options_end = false;
    int  code = AEZ_EXIT_OK, next = 1;
    memset(out, 0, sizeof *out);
    out->pages = calloc((size_t)argc + 1, sizeof *out->pages);
    if (!out->pages) {
        aez_error(NULL, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    while (code == AEZ_EXIT_OK && next < argc) {
        if (options_end || argv[next][0] != '-' || argv[next][1] == '\0')
            out->pages[out->n_pages++] = argv[next++];
        else if (strcmp(argv[next], "--") == 0)
            options_end = next++ > 0;
        else
            code = read_option(out, argc, argv, &next);
    }
    return code == AEZ_EXIT_OK && !out->help ? check_together(out) : code;
}

void report_args_free(report_args *args)
{
    free((void *)args->pages);
    memset(args, 0, sizeof *args);
}
