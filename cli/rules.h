/* rules.h - bounds of single columns on the command line: --abs pt=50,eta=1e-3 --exact id,year. */
#ifndef AEZ_CLI_RULES_H
#define AEZ_CLI_RULES_H

#include "args.h"

typedef enum aez_rule_result {
    AEZ_RULE_OK,
    AEZ_RULE_BAD, /* not a number above 0, or no name */
    AEZ_RULE_NO_MEMORY
} aez_rule_result;

/* Takes the value of --abs or --rel: numbers for all columns (into args->bound; *plain tells) and
 * name=number items, with commas between them. */
aez_rule_result aez_rules_take_bounds(aez_args *args, aez_mode mode, const char *value,
                                      bool *plain);
/* Takes the value of --exact: names with commas between them. */
aez_rule_result aez_rules_take_exact(aez_args *args, const char *value);
void            aez_rules_free(aez_args *args);

#endif
