/* report_facts.c - the numbers a page shows, for programs: as JSON and as CSV. */
#include "platform.h"

#include "report_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

int report_facts_open(report_facts *facts, const char *columns)
{
    memset(facts, 0, sizeof *facts);
    facts->json = open_memstream(&facts->json_text, &facts->json_size);
    facts->csv = open_memstream(&facts->csv_text, &facts->csv_size);
    if (!facts->json || !facts->csv) {
        aez_error(NULL, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    fputs("[", facts->json);
    fprintf(facts->csv, "%s\n", columns);
    return AEZ_EXIT_OK;
}

void report_csv_cell(FILE *f, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, f);
        return;
    }
    putc('"', f);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', f);
        putc(*text, f);
    }
    putc('"', f);
}

void report_fact(report_facts *facts, const report_place *where, const char *kind,
                 const char *series, const char *measure, double at, double value)
{
    FILE *j = facts->json, *c = facts->csv;
    fprintf(j, "%s\n  {\"page\": ", facts->n++ ? "," : "");
    aez_json_string(j, where->page);
    fprintf(j, ", \"line\": %u, \"kind\": ", where->line);
    aez_json_string(j, kind);
    fputs(", \"series\": ", j);
    aez_json_string(j, series);
    fputs(", \"measure\": ", j);
    aez_json_string(j, measure);
    fputs(", \"at\": ", j);
    if (isnan(at))
        fputs("null", j);
    else
        aez_json_double(j, at);
    fputs(", \"value\": ", j);
    aez_json_double(j, value);
    putc('}', j);
    report_csv_cell(c, where->page);
    fprintf(c, ",%u,%s,", where->line, kind);
    report_csv_cell(c, series);
    fprintf(c, ",%s,", measure);
    if (!isnan(at))
        fprintf(c, "%.17g", at);
    fprintf(c, ",%.17g\n", value);
}

int report_facts_end(report_facts *facts)
{
    fputs(facts->n ? "\n]\n" : "]\n", facts->json);
    if (fflush(facts->json) == 0 && fflush(facts->csv) == 0)
        return AEZ_EXIT_OK;
    aez_error(NULL, "not enough memory");
    return AEZ_EXIT_SYSTEM;
}

void report_facts_free(report_facts *facts)
{
    if (facts->json)
        (void)fclose(facts->json);
    if (facts->csv)
        (void)fclose(facts->csv);
    free(facts->json_text);
    free(facts->csv_text);
    memset(facts, 0, sizeof *facts);
}
