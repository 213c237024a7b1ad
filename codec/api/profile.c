/* profile.c - the first pass over an array: one survey a field. */
#include "profile.h"

#include <string.h>

#include "encoder.h"

#define SAMPLE_VALUES ((uint64_t)8 << 20)

/* Room for a sample of items, where a model may be learnt from it: SAMPLE_VALUES at most, to which
 * training adds 8 bytes a value as doubles and 4 as standardised floats. */
static aez_status take_sample(aez_profile *p, const aez_options *o, const aez_schema *schema)
{
    uint64_t inner = 1, n_items = schema->n_dims ? schema->shape[0] : 0;
    uint64_t most = aez_model_features_max(o);
    for (unsigned a = 1; a < schema->n_dims && a < AEZ_MAX_DIMS; a++)
        inner *= schema->shape[a] <= most && inner <= most ? schema->shape[a] : 0;
    if (!aez_model_is_wanted(o) || inner == 0 || n_items == 0 || inner * p->n_fields > most)
        return AEZ_OK;
    p->inner = inner;
    p->n_items = n_items;
    p->stride = n_items / (SAMPLE_VALUES / (inner * p->n_fields)) + 1;
    p->sample = aez_take(&p->mem, p->n_fields, sizeof *p->sample);
    for (uint32_t f = 0; p->sample && f < p->n_fields; f++) {
        p->sample[f] = aez_take(&p->mem, ((n_items - 1) / p->stride + 1) * inner, p->value_size[f]);
        if (!p->sample[f])
            return AEZ_ERR_NOMEM;
    }
    return p->sample ? AEZ_OK : AEZ_ERR_NOMEM;
}

/* Copies what the sample takes of n sites that follow those pushed so far. */
static void push_sample(aez_profile *p, const void *const *columns, uint64_t n)
{
    for (uint64_t done = 0; done < n;) {
        uint64_t site = p->pushed + done, item = site / p->inner, at = site % p->inner;
        uint64_t run = p->inner - at < n - done ? p->inner - at : n - done;
        for (uint32_t f = 0; item < p->n_items && item % p->stride == 0 && f < p->n_fields; f++) {
            size_t size = p->value_size[f];
            memcpy(p->sample[f] + (item / p->stride * p->inner + at) * size,
                   (const uint8_t *)columns[f] + done * size, run * size);
            p->n_sampled = item / p->stride + 1;
        }
        done += run;
    }
    p->pushed += n;
}

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
    st = take_sample(p, &o, schema);
    if (st < 0)
        goto fail;
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
    if (profile->sample)
        push_sample(profile, columns, n_sites);
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
    for (uint32_t f = 0; profile->sample && f < profile->n_fields; f++)
        aez_drop(&mem, profile->sample[f]);
    aez_drop(&mem, profile->sample);
    aez_drop(&mem, profile->survey);
    aez_drop(&mem, profile->value_size);
    aez_drop(&mem, profile);
}
