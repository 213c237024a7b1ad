/* profile.c - the first pass over an array: one survey a field. */
#include "profile.h"

#include <string.h>

#include "options.h"

aez_status aez_profile_create(aez_profile **out, const aez_options *options,
                              const aez_schema *schema)
{
    aez_options  o;
    aez_profile *p;
    const char  *why;
    aez_status   st = aez_options_resolve(&o, options, &why);
    *out = NULL;
    if (st < 0)
        return st;
    if (!schema || schema->n_fields == 0 || !schema->fields)
        return AEZ_ERR_OPTION;
    p = aez_take(&o.allocator, 1, sizeof *p);
    if (!p)
        return AEZ_ERR_NOMEM;
    p->mem = o.allocator;
    st = AEZ_ERR_NOMEM;
    p->survey = aez_take(&p->mem, schema->n_fields, sizeof *p->survey);
    p->value_size = aez_take(&p->mem, schema->n_fields, sizeof *p->value_size);
    if (!p->survey || !p->value_size)
        goto fail;
    p->n_fields = schema->n_fields;
    for (uint32_t f = 0; f < p->n_fields; f++) {
        const aez_field *field = &schema->fields[f];
        p->value_size[f] = aez_type_size(field->type);
        if (field->type == AEZ_OPAQUE)
            continue;
        st = aez_survey_create(&p->survey[f], &p->mem, field);
        if (st < 0)
            goto fail;
    }
    *out = p;
    return AEZ_OK;
fail:
    aez_profile_destroy(p);
    return st;
}

aez_status aez_profile_push(aez_profile *profile, const void *const *columns, uint64_t n_sites)
{
    for (uint32_t f = 0; f < profile->n_fields; f++) {
        aez_status st;
        if (!profile->survey[f])
            continue;
        st = aez_survey_push(profile->survey[f], columns[f], n_sites);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

aez_status aez_profile_stats(const aez_profile *profile, uint32_t field, aez_field_stats *out)
{
    memset(out, 0, sizeof *out);
    if (field >= profile->n_fields)
        return AEZ_ERR_OPTION;
    if (profile->survey[field])
        aez_survey_stats(profile->survey[field], out);
    return AEZ_OK;
}

void aez_profile_destroy(aez_profile *profile)
{
    aez_mem mem;
    if (!profile)
        return;
    mem = profile->mem;
    for (uint32_t f = 0; profile->survey && f < profile->n_fields; f++) {
        if (profile->survey[f])
            aez_survey_destroy(profile->survey[f]);
    }
    aez_drop(&mem, profile->survey);
    aez_drop(&mem, profile->value_size);
    aez_drop(&mem, profile);
}
