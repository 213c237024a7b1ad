/* info_model.h - what aez info says about a model file. */
#ifndef AEZ_CLI_INFO_MODEL_H
#define AEZ_CLI_INFO_MODEL_H

#include "cli.h"

/* Whether the file at the path (not standard input) begins like a model file. */
bool aez_is_model_file(const aez_cli *cli, const char *path);
/* Prints it, for people or as a JSON object; --curve too. An exit code. first: no comma before. */
int aez_info_model(const aez_cli *cli, const char *path, bool first);

#endif
