/* help_models.h - the help texts of the commands that train and use models. */
#ifndef AEZ_CLI_HELP_MODELS_H
#define AEZ_CLI_HELP_MODELS_H

#include "args.h"

/* NULL: another command. */
const char *aez_help_about_models(aez_command about);

#endif
