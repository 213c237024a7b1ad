/* options.h - options as the library uses them: defaults filled in, every value checked. */
#ifndef AEZ_API_OPTIONS_H
#define AEZ_API_OPTIONS_H

#include "aez.h"

#define AEZ_DEFAULT_LEVEL 5

/* Copies the caller's options over the defaults; AEZ_ERR_OPTION with *why set. options may be NULL.
 */
aez_status aez_options_resolve(aez_options *out, const aez_options *options, const char **why);

#endif
