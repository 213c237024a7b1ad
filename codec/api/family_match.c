/* family_match.c - whether a model is about the fields that a family has, and what differs. */
#include <string.h>

#include <stdio.h>

#include "family.h"
#include "trained.h"

/* The families lives on: another model may fit. */
#define DIFFER(f, ...)                                                                             \
    (snprintf((f)->message, sizeof(f)->message, __VA_ARGS__), AEZ_ERR_OPTION)

static aez_status match_field(aez_family *f, const aez_trained *t, uint32_t i)
{
    const char *kind = f->is_table ? "column of numbers" : "field";
    if (strcmp(f->name[i], t->names[i]) != 0)
        return DIFFER(f, "%s %u is named \"%.60s\" here and \"%.60s\" in the model", kind,
                      (unsigned)i + 1, f->name[i], t->names[i]);
    if (f->type[i] != t->types[i])
        return DIFFER(f, "%s %u (\"%.60s\") is of type %s here and %s in the model", kind,
                      (unsigned)i + 1, f->name[i], aez_type_name(f->type[i]),
                      aez_type_name(t->types[i]));
    return AEZ_OK;
}

static aez_status match_shape(aez_family *f, const aez_model_fields *m)
{
    unsigned n_axes = f->schema.view.n_dims - 1;
    if (n_axes != m->n_axes)
        return DIFFER(f, "an item has %u axes here and %u in the model", n_axes, m->n_axes);
    for (unsigned a = 0; a < n_axes; a++) {
        if (f->schema.view.shape[a + 1] != m->shape[a])
            return DIFFER(f, "axis %u of an item has %llu positions here and %llu in the model",
                          a + 1, (unsigned long long)f->schema.view.shape[a + 1],
                          (unsigned long long)m->shape[a]);
    }
    return AEZ_OK;
}

aez_status aez_family_match(aez_family *f, const aez_trained *t)
{
    const aez_model_fields *m = &t->shared.body.fields;
    aez_status              st = AEZ_OK;
    if (f->state != AEZ_FAMILY_TAKING || (f->is_table && f->n_files == 0))
        return AEZ_ERR_STATE;
    if (!f->is_table != !m->is_table)
        return DIFFER(f, "the model is about %s, and this is %s",
                      m->is_table ? "tables" : "arrays", f->is_table ? "a table" : "an array");
    if (f->n_fields != m->n_fields)
        return DIFFER(f, "there are %u %s here and %u in the model", (unsigned)f->n_fields,
                      f->is_table ? "columns of numbers" : "fields", (unsigned)m->n_fields);
    if (!f->is_table)
        st = match_shape(f, m);
    for (uint32_t i = 0; st >= 0 && i < f->n_fields; i++)
        st = match_field(f, t, i);
    return st;
}
