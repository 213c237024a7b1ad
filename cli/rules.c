/* rules.c - bounds of single columns on the command line: --abs pt=50,eta=1e-3 --exact id,year. */
#include "platform.h"

#include "rules.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool positive(const char *text, double *out)
{
    char *end;
    if (*text == '\0' || isspace((unsigned char)*text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out) && *out > 0;
}

static aez_rule_result add(aez_args *args, const char *name, aez_mode mode, double bound)
{
    size_t          size = strlen(name) + 1;
    char           *copy = malloc(size);
    aez_table_rule *grown = realloc(args->rules, (args->n_rules + 1) * sizeof *grown);
    if (grown)
        args->rules = grown;
    if (!copy || !grown) {
        free(copy);
        return AEZ_RULE_NO_MEMORY;
    }
    memcpy(copy, name, size);
    args->rules[args->n_rules++] = (aez_table_rule){.name = copy, .mode = mode, .bound = bound};
    return AEZ_RULE_OK;
}

/* A name may hold '=' itself: the number follows the last one. */
static aez_rule_result take_item(aez_args *args, aez_mode mode, char *item, bool *plain)
{
    char  *equals = strrchr(item, '=');
    double bound;
    if (!equals) {
        if (*plain || !positive(item, &args->bound))
            return AEZ_RULE_BAD;
        *plain = true;
        return AEZ_RULE_OK;
    }
    if (equals == item || !positive(equals + 1, &bound))
        return AEZ_RULE_BAD;
    *equals = '\0';
    return add(args, item, mode, bound);
}

/* Calls for every item between commas; value is copied, so items may be written to. */
static aez_rule_result each_item(aez_args *args, aez_mode mode, const char *value, bool *plain)
{
    size_t          size = strlen(value) + 1;
    char           *copy = malloc(size), *item = copy;
    aez_rule_result result = AEZ_RULE_OK;
    if (!copy)
        return AEZ_RULE_NO_MEMORY;
    memcpy(copy, value, size);
    while (item && result == AEZ_RULE_OK) {
        char *comma = strchr(item, ',');
        if (comma)
            *comma = '\0';
        if (plain)
            result = take_item(args, mode, item, plain);
        else
            result = *item ? add(args, item, AEZ_LOSSLESS, 0) : AEZ_RULE_BAD;
        item = comma ? comma + 1 : NULL;
    }
    free(copy);
    return result;
}

aez_rule_result aez_rules_take_bounds(aez_args *args, aez_mode mode, const char *value, bool *plain)
{
    *plain = false;
    return each_item(args, mode, value, plain);
}

aez_rule_result aez_rules_take_exact(aez_args *args, const char *value)
{
    return each_item(args, AEZ_LOSSLESS, value, NULL);
}

void aez_rules_free(aez_args *args)
{
    for (uint32_t i = 0; i < args->n_rules; i++)
        free((void *)(uintptr_t)args->rules[i].name);
    free(args->rules);
    args->rules = NULL;
    args->n_rules = 0;
}
