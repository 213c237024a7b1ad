/* restored_form.h - how a file of items that a model restores is made. */
#ifndef AEZ_CLI_RESTORED_FORM_H
#define AEZ_CLI_RESTORED_FORM_H

#include "values_out.h"

/* Room for the name of one value. */
typedef struct aez_feature_names {
    const aez_trained *model;
    char               text[24];
} aez_feature_names;

/* The form of n_items restored by the model, for -o and --output-type: as arrays of the shape that
 * its items have, or as tables with its columns. names is used while the form is. */
aez_values_form aez_restored_form(const aez_cli *cli, const aez_trained *model, uint64_t n_items,
                                  aez_feature_names *names);
/* The name of a feature: of the field where each has one value, else v0, v1, ... */
const char *aez_feature_name(const void *names, uint32_t feature);

#endif
