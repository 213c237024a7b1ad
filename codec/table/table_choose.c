/* table_choose.c - from a survey and the caller's bounds to the schema of a table. */
#include <math.h>
#include <string.h>

#include "table_dialect.h"

int aez_table_rule_names(const aez_table_rule *rule, const aez_column *c, uint32_t i)
{
    size_t   size = strlen(rule->name);
    uint64_t number = 0;
    if (size == c->name.size && size && memcmp(rule->name, c->name.text, size) == 0)
        return 1;
    if (c->name.size || size == 0 || size > 5)
        return 0;
    for (size_t j = 0; j < size; j++) {
        if (rule->name[j] < '0' || rule->name[j] > '9')
            return 0;
        number = number * 10 + (uint64_t)(rule->name[j] - '0');
    }
    return number == (uint64_t)i + 1;
}

static aez_status check_mode(aez_mode mode, double bound, const char **why)
{
    if (mode != AEZ_LOSSLESS && mode != AEZ_ABS && mode != AEZ_REL) {
        *why = "tables take absolute and relative bounds only";
        return AEZ_ERR_OPTION;
    }
    if (mode != AEZ_LOSSLESS && !(bound >= 0 && isfinite(bound))) {
        *why = "a bound has to be a finite number, not below zero";
        return AEZ_ERR_OPTION;
    }
    return AEZ_OK;
}

static aez_status check_rules(const aez_table_schema *schema, const aez_table_survey *s,
                              const aez_table_options *options, const char **why)
{
    aez_status st = check_mode(options->mode, options->bound, why);
    for (uint32_t r = 0; st == AEZ_OK && r < options->n_rules; r++) {
        const aez_table_rule *rule = &options->rules[r];
        int                   found = 0;
        st = check_mode(rule->mode, rule->bound, why);
        for (uint32_t i = 0; st == AEZ_OK && i < schema->n_columns; i++) {
            if (!aez_table_rule_names(rule, &schema->columns[i], i))
                continue;
            found = 1;
            if (rule->mode != AEZ_LOSSLESS &&
                (i >= s->n_columns || !aez_table_is_numeric(s->columns[i]))) {
                *why = "a bound is given for a column that is not numeric";
                st = AEZ_ERR_OPTION;
            }
        }
        if (st == AEZ_OK && !found) {
            *why = "a bound is given for a column that the table does not have";
            st = AEZ_ERR_OPTION;
        }
    }
    return st;
}

/* The absolute bound of column i; the last rule that names it counts. */
static double epsilon_of(const aez_table_schema *schema, const aez_table_survey *s,
                         const aez_table_options *options, uint32_t i)
{
    aez_mode mode = options->mode;
    double   bound = options->bound;
    for (uint32_t r = 0; r < options->n_rules; r++)
        if (aez_table_rule_names(&options->rules[r], &schema->columns[i], i)) {
            mode = options->rules[r].mode;
            bound = options->rules[r].bound;
        }
    if (mode == AEZ_LOSSLESS || i >= s->n_columns)
        return 0;
    if (mode == AEZ_REL)
        bound *= s->columns[i]->max - s->columns[i]->min;
    return isfinite(bound) ? bound : 0;
}

aez_status aez_table_schema_choose(aez_table_schema *out, const aez_mem *mem,
                                   aez_table_survey *survey, const aez_table_options *options,
                                   const char **why)
{
    aez_status st;
    memset(out, 0, sizeof *out);
    out->mem = mem;
    *why = "";
    st = aez_table_choose_dialect(out, survey, options);
    if (st == AEZ_OK)
        st = check_rules(out, survey, options, why);
    for (uint32_t i = 0; st == AEZ_OK && i < out->n_columns; i++)
        st = aez_table_choose_column(out, survey, i, epsilon_of(out, survey, options, i));
    return st;
}
