/* restored_form.c - how a file of items that a model restores is made. */
#include "platform.h"

#include "restored_form.h"

#include <inttypes.h>
#include <stdio.h>

const char *aez_feature_name(const void *opaque, uint32_t feature)
{
    aez_feature_names *names = (aez_feature_names *)(uintptr_t)opaque;
    aez_trained_about  about;
    const char        *field;
    aez_trained_describe(names->model, &about);
    field = about.n_fields == about.n_features ? aez_trained_field(names->model, feature, NULL)
                                               : "";
    if (*field)
        return field;
    (void)snprintf(names->text, sizeof names->text, "v%" PRIu32, feature);
    return names->text;
}

/* [items][channels][height][width] without leading extents of 1. */
static void set_shape(aez_values_form *form, const aez_trained_about *about, uint64_t n_items)
{
    const uint32_t extents[3] = {about->channels, about->height, about->width};
    form->n_dims = 1;
    form->shape[0] = n_items;
    for (int i = 0; i < 3; i++)
        if (form->n_dims > 1 || extents[i] > 1 || i == 2)
            form->shape[form->n_dims++] = extents[i];
}

aez_values_form aez_restored_form(const aez_cli *cli, const aez_trained *model, uint64_t n_items,
                                  aez_feature_names *names)
{
    const aez_args   *args = cli->args;
    aez_trained_about about;
    aez_values_form   form;
    aez_type          type;
    aez_format        format;
    aez_trained_describe(model, &about);
    (void)aez_trained_field(model, 0, &type);
    if (args->output_type || !type)
        type = args->output_type ? args->output_type : AEZ_F64;
    format = aez_format_of_path(args->output, about.is_table ? AEZ_FORMAT_CSV : AEZ_FORMAT_NPY);
    form = aez_values_matrix(format, type, n_items, about.n_features);
    if (!about.is_table)
        set_shape(&form, &about, n_items);
    names->model = model;
    form.delimiter = aez_delimiter_of_path(args->output);
    form.name = aez_feature_name;
    form.opaque = names;
    return form;
}
