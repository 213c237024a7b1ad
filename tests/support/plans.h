/* plans.h - random grids, plans and integer fields, for tests of all that runs plans. */
#ifndef AEZ_TESTS_PLANS_H
#define AEZ_TESTS_PLANS_H

#include <stdlib.h>
#include <string.h>

#include "codec/base/rng.h"
#include "codec/plan/plan.h"
#include "codec/plan/plan_net.h"

static const aez_mem plans_mem;

static inline unsigned plans_below(aez_rng *rng, unsigned n)
{
    return (unsigned)aez_rng_below(rng, n);
}

static inline int plans_between(aez_rng *rng, int lo, int hi)
{
    return lo + (int)plans_below(rng, (unsigned)(hi - lo + 1));
}

/* A box of n_dims axes with at most about max_sites sites; axes of 1 and 2 are frequent. */
static inline void plans_grid(aez_rng *rng, unsigned n_dims, uint64_t max_sites, aez_grid *grid)
{
    static const uint64_t lengths[] = {1, 2, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 64, 100, 300};
    uint64_t              box[AEZ_MAX_DIMS], n = 1;
    for (unsigned a = 0; a < n_dims; a++) {
        do
            box[a] = lengths[plans_below(rng, sizeof lengths / sizeof *lengths)];
        while (n * box[a] > max_sites);
        n *= box[a];
    }
    aez_grid_init(grid, box, n_dims);
}

/* An offset that comes before 0 in the order: scanned axes first, then the others, each in C order. */
static inline void plans_earlier(aez_rng *rng, const aez_grid *grid, uint8_t scan_mask,
                                 int32_t *offset)
{
    unsigned order[AEZ_MAX_DIMS], n = 0, first;
    for (int scanned = 1; scanned >= 0; scanned--) {
        for (unsigned a = 0; a < grid->n_dims; a++) {
            if ((scan_mask >> a & 1) == scanned)
                order[n++] = a;
        }
    }
    first = plans_below(rng, n);
    memset(offset, 0, AEZ_MAX_DIMS * sizeof *offset);
    offset[order[first]] = -plans_between(rng, 1, 3);
    for (unsigned i = first + 1; i < n; i++)
        offset[order[i]] = plans_between(rng, -2, 2);
}

static inline void plans_taps(aez_rng *rng, const aez_grid *grid, uint8_t scan_mask,
                              const uint32_t *done, unsigned n_done, aez_template *t)
{
    t->n_taps = plans_below(rng, 7);
    t->tap = aez_take(&plans_mem, t->n_taps, sizeof *t->tap);
    for (unsigned i = 0; i < t->n_taps; i++) {
        aez_tap *tap = &t->tap[i];
        tap->field = t->field;
        tap->shift = (int8_t)t->shift;
        plans_earlier(rng, grid, scan_mask, tap->offset);
        if (n_done > 0 && plans_below(rng, 2)) {
            tap->field = done[plans_below(rng, n_done)];
            tap->shift = (int8_t)plans_between(rng, -3, 3);
            if (plans_below(rng, 2))
                memset(tap->offset, 0, sizeof tap->offset);
        }
    }
    t->base = (aez_base_rule)plans_below(rng, 3);
    if (t->base == AEZ_BASE_MIDDLE &&
        (t->n_taps < 2 || t->tap[0].field != t->field || t->tap[1].field != t->field))
        t->base = AEZ_BASE_TAP;
}

/* Contexts of any of the taps; tables small enough that places are shared. */
static inline void plans_contexts(aez_rng *rng, const aez_grid *grid, aez_template *t)
{
    t->match_log = AEZ_MATCH_LOG_MIN;
    while (t->match_log < AEZ_MATCH_LOG_MAX && plans_below(rng, 3) &&
           (uint64_t)2 << t->match_log <= 2 * grid->n_sites)
        t->match_log++;
    t->n_contexts = 1 + plans_below(rng, AEZ_MATCH_CONTEXTS);
    for (unsigned c = 0; c < t->n_contexts; c++)
        t->context[c] = aez_rng_next(rng) & (((uint64_t)1 << t->n_taps) - 1);
}

static inline void plans_pyramid(aez_rng *rng, const aez_grid *grid, uint8_t scan_mask,
                                 const uint32_t *done, unsigned n_done, aez_template *t)
{
    unsigned axis[AEZ_MAX_DIMS], n = 0;
    for (unsigned a = 0; a < grid->n_dims; a++) {
        if (!(scan_mask >> a & 1))
            axis[n++] = a;
    }
    t->log = 1 + plans_below(rng, 8);
    t->n_order = 1 + plans_below(rng, n);
    for (unsigned i = 0; i < t->n_order; i++) {
        unsigned j = i + plans_below(rng, n - i), swap = axis[i];
        axis[i] = axis[j];
        axis[j] = swap;
        t->order[i] = (uint8_t)axis[i];
    }
    if (!(t->flags & AEZ_CHANNEL_TAPS))
        return;
    t->n_channels = n_done ? 1 + plans_below(rng, 3) : 0;
    for (uint32_t i = 0; i < t->n_channels; i++) {
        t->channel[i] = done[plans_below(rng, n_done)];
        t->channel_shift[i] = (int8_t)plans_between(rng, -3, 3);
    }
}

static inline void plans_predictor(aez_rng *rng, const aez_stage *s, aez_predictor *p)
{
    p->kind = (aez_predictor_kind)plans_below(rng, 4);
    p->weight_shift = (uint8_t)plans_below(rng, AEZ_WEIGHT_SHIFT_MAX + 1);
    for (unsigned i = 0; p->kind == AEZ_PREDICT_WEIGHTS && i < s->n_taps; i++)
        p->weight[i] = (int16_t)plans_between(rng, -1000, 1000);
    if (p->kind != AEZ_PREDICT_WEIGHTS)
        p->weight_shift = 0;
    p->level_offset = (int16_t)plans_between(rng, -20, 60);
    switch (plans_below(rng, 4)) {
    case 0:
        memset(p->activity, 1, s->n_taps);
        break;
    case 1:
        memset(p->activity, 1, s->n_primary);
        break;
    default:
        for (unsigned i = 0; i < s->n_taps; i++)
            p->activity[i] = (uint8_t)plans_below(rng, 256);
    }
}

/* A net of one or two hidden layers with any numbers that the file can hold. */
static inline void plans_net(aez_rng *rng, const aez_grid *grid, unsigned n_taps,
                             aez_context_net *net)
{
    uint32_t hidden[3] = {1 + plans_below(rng, 20), 1 + plans_below(rng, 9), 1};
    unsigned most = 1u << plans_below(rng, 8);
    aez_net_init(net, &plans_mem, n_taps, (uint8_t)plans_below(rng, 1u << grid->n_dims), hidden,
                 1 + plans_below(rng, 3));
    net->level_centre = (uint8_t)plans_below(rng, AEZ_LEVELS);
    for (unsigned t = 0; t < n_taps; t++)
        net->input_shift[t] = (int8_t)plans_between(rng, -10, 20);
    for (unsigned l = 0; l < net->n_layers; l++) {
        aez_layer *layer = &net->layer[l];
        int        quantum = 1 << plans_below(rng, 12);
        layer->shift = (int)plans_below(rng, AEZ_SMALL_SHIFT_MAX + 1);
        for (size_t i = 0; i < (size_t)layer->n_in * layer->n_out; i++)
            layer->weight[i] = (int16_t)plans_between(rng, 1 - (int)most, (int)most - 1);
        for (uint32_t o = 0; o < layer->n_out; o++)
            layer->bias[o] = plans_between(rng, -127, 127) * quantum;
    }
    aez_net_pack(net, &plans_mem);
}

/* Nets for some of the stages. */
static inline void plans_nets(aez_rng *rng, const aez_grid *grid, const aez_stage *stages,
                              aez_template *t)
{
    t->nets = aez_take(&plans_mem, 3, sizeof *t->nets);
    for (size_t i = 0; i < t->n_predictors; i++) {
        unsigned known = 0;
        if (plans_below(rng, 2))
            continue;
        while (known < t->n_nets && t->nets[known].n_taps != stages[i].n_taps)
            known++;
        if (known == t->n_nets && known < 3)
            plans_net(rng, grid, stages[i].n_taps, &t->nets[t->n_nets++]);
        if (known < t->n_nets)
            t->predictor[i].net = (uint8_t)(known + 1);
    }
    if (t->n_nets)
        t->flags |= AEZ_NETS;
}

/* Predictors for every stage of the template; some repeat the one before. */
static inline void plans_predictors(aez_rng *rng, const aez_grid *grid, uint8_t scan_mask,
                                    aez_template *t)
{
    aez_stage *stages;
    t->n_predictors = aez_template_expand(t, grid, scan_mask, NULL, 0);
    stages = aez_take(&plans_mem, t->n_predictors, sizeof *stages);
    t->predictor = aez_take(&plans_mem, t->n_predictors, sizeof *t->predictor);
    aez_template_expand(t, grid, scan_mask, stages, t->n_predictors);
    for (size_t i = 0; i < t->n_predictors; i++) {
        if (i > 1 && plans_below(rng, 3) == 0 && stages[i].n_taps == stages[i - 1].n_taps)
            t->predictor[i] = t->predictor[i - 1];
        else
            plans_predictor(rng, &stages[i], &t->predictor[i]);
    }
    if (!(t->flags & (AEZ_MEAN_LEVELS | AEZ_MATCH_TAPS)) && plans_below(rng, 2))
        plans_nets(rng, grid, stages, t);
    free(stages);
}

/* A valid plan for n_fields <= 16 fields; every field is planned once. */
static inline void plans_random(aez_rng *rng, const aez_grid *grid, uint32_t n_fields, aez_plan *plan)
{
    uint32_t done[16], n_done = 0;
    memset(plan, 0, sizeof *plan);
    plan->n_fields = n_fields;
    plan->constant = aez_take(&plans_mem, n_fields, sizeof *plan->constant);
    plan->groups = aez_take(&plans_mem, n_fields, sizeof *plan->groups);
    for (uint32_t f = 0; f < n_fields; f++) {
        done[f] = f;
        plan->constant[f] = (int64_t)aez_rng_next(rng) >> plans_below(rng, 64);
    }
    for (uint32_t f = n_fields; f > 1; f--) { /* fields are planned in any order */
        uint32_t j = plans_below(rng, f), swap = done[f - 1];
        done[f - 1] = done[j];
        done[j] = swap;
    }
    while (n_done < n_fields) {
        aez_group *g = &plan->groups[plan->n_groups++];
        g->scan_mask = (uint8_t)plans_below(rng, 1u << grid->n_dims);
        if (plans_below(rng, 2))
            g->scan_mask = 0;
        g->n_templates = 1 + plans_below(rng, n_fields - n_done);
        g->templates = aez_take(&plans_mem, g->n_templates, sizeof *g->templates);
        for (size_t i = 0; i < g->n_templates; i++) {
            aez_template *t = &g->templates[i];
            int           all_scanned = g->scan_mask == (1u << grid->n_dims) - 1;
            t->kind = all_scanned || plans_below(rng, 2) ? AEZ_TEMPLATE_LIST : AEZ_TEMPLATE_PYRAMID;
            t->field = done[n_done];
            t->flags = plans_below(rng, 32);
            if (t->kind == AEZ_TEMPLATE_LIST && g->n_templates == 1 && plans_below(rng, 2))
                t->flags |= AEZ_MATCH_TAPS;
            t->shift = (uint8_t)(plans_below(rng, 3) ? 0 : plans_below(rng, 20));
            if (t->flags & AEZ_MEAN_LEVELS) {
                t->mean_floor = (int64_t)aez_rng_next(rng) >> plans_below(rng, 64);
                t->mean_shift = (uint8_t)plans_below(rng, 64);
            }
            if (t->kind == AEZ_TEMPLATE_LIST)
                plans_taps(rng, grid, g->scan_mask, done, n_done, t);
            else
                plans_pyramid(rng, grid, g->scan_mask, done, n_done, t);
            if (t->flags & AEZ_MATCH_TAPS)
                plans_contexts(rng, grid, t);
            plans_predictors(rng, grid, g->scan_mask, t);
            n_done++;
        }
    }
}

static inline uint32_t plans_bits_of_f32(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static inline uint64_t plans_bits_of_f64(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* Values with one of several characters: constant, walk, small noise, full range, extremes. */
static inline void plans_values(aez_rng *rng, int64_t *k, uint64_t n)
{
    unsigned character = plans_below(rng, 6);
    int64_t  v = (int64_t)(aez_rng_next(rng) >> 34);
    for (uint64_t i = 0; i < n; i++) {
        switch (character) {
        case 0:
            break;
        case 1:
            v += plans_between(rng, -3, 3);
            break;
        case 2:
            v = plans_between(rng, -1000, 1000);
            break;
        case 3:
            v = (int64_t)aez_rng_next(rng);
            break;
        case 4:
            v = i & 1 ? INT64_MAX : INT64_MIN;
            break;
        default:
            v = (int64_t)aez_rng_next(rng) >> plans_below(rng, 64);
        }
        k[i] = v;
    }
}

#endif
