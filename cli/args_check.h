/* args_check.h - what is wrong with a command line that can only be seen as a whole. */
#ifndef AEZ_CLI_ARGS_CHECK_H
#define AEZ_CLI_ARGS_CHECK_H

#include "args_option.h"

/* seen[id]: the option was given. An exit code, having said what is wrong. */
int aez_args_check(const aez_args *args, const bool seen[N_OPTIONS]);

#endif
