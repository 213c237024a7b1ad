/* report_source.c - files that a page names: opened, and recognised as arrays or tables. */
#include "platform.h"

#include "report_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool has_suffix(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n >= m && strcmp(path + n - m, suffix) == 0;
}

/* Said here, with the line of the page; what follows is rarer. */
int report_check_file(const report_place *at, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return report_error_in(at, path, "cannot open: %s: check the name (it counts from the "
                               "folder of the page)", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return report_error_in(at, path, "is not a regular file: name one");
    return AEZ_EXIT_OK;
}

int report_source_open(report_source *out, const report_place *at, const char *path)
{
    aez_args args;
    int      code;
    memset(out, 0, sizeof *out);
    memset(&args, 0, sizeof args);
    args.variables = -1;
    if (has_suffix(path, ".csv") || has_suffix(path, ".tsv")) /* short tables are hard to tell */
        args.format = AEZ_FORMAT_CSV;
    if (has_suffix(path, ".tsv"))
        args.delimiter = '\t';
    out->at = at;
    out->in.fd = -1;
    aez_layout_init(&out->source.layout);
    code = report_check_file(at, path);
    if (code == AEZ_EXIT_OK)
        code = aez_input_open(&out->in, path, true, at->guard);
    if (code == AEZ_EXIT_OK)
        code = aez_source_find(&out->source, &args, &out->in);
    if (code == AEZ_EXIT_OK && out->source.layout.format == AEZ_FORMAT_BYTES)
        code = report_error_in(at, path, "is no array and no table that aez knows: use .npy, IDX "
                               "or CSV");
    return code;
}

void report_source_close(report_source *source)
{
    aez_source_free(&source->source);
    aez_input_close(&source->in);
}

int report_split_reference(const report_place *at, const char *reference, char **path,
                           char **column)
{
    struct stat st;
    char       *colon;
    *column = NULL;
    *path = strdup(reference);
    if (!*path)
        return report_no_memory(at);
    colon = strrchr(*path, ':');
    if (!colon || stat(*path, &st) == 0)
        return AEZ_EXIT_OK;
    *colon = '\0';
    *column = strdup(colon + 1);
    return *column ? AEZ_EXIT_OK : report_no_memory(at);
}
