/* search_net.c - context nets for the stages of a candidate: what is shown to a trainer, and which
 * sizes pay. */
#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "../plan/plan_net.h"
#include "candidate.h"

#define LOOKS 3000        /* sites that scales of inputs are taken over */
#define LOOK_SHIFT 5      /* of inputs when scales are looked for: leaves room above */
#define TYPICAL 128       /* size that inputs are brought to */
#define MOST_ROWS 400000
#define LEVEL_OF_STEP 6

/* The rows that one net is trained on. */
typedef struct aez_net_rows {
    const aez_mem *mem;
    size_t         n, max;
    unsigned       n_inputs;
    int16_t       *x; /* [max][n_inputs] */
    float         *value, *unit, *scale;
} aez_net_rows;

static void rows_free(aez_net_rows *r)
{
    aez_drop(r->mem, r->x);
    aez_drop(r->mem, r->value);
    aez_drop(r->mem, r->unit);
    aez_drop(r->mem, r->scale);
}

static aez_status rows_init(aez_net_rows *r, const aez_mem *mem, size_t max, unsigned n_inputs)
{
    memset(r, 0, sizeof *r);
    r->mem = mem;
    r->max = max;
    r->n_inputs = n_inputs;
    r->x = aez_take_raw(mem, max * n_inputs, sizeof *r->x);
    r->value = aez_take_raw(mem, max, sizeof *r->value);
    r->unit = aez_take_raw(mem, max, sizeof *r->unit);
    r->scale = aez_take_raw(mem, max, sizeof *r->scale);
    if (r->x && r->value && r->unit && r->scale)
        return AEZ_OK;
    rows_free(r);
    return AEZ_ERR_NOMEM;
}

/* Adds the rows of `tries` sites of a stage, evenly spread with a little chance. */
static aez_status gather(aez_net_rows *r, const aez_trial *trial, const aez_stage *s,
                         uint8_t scan_mask, uint64_t tries)
{
    const aez_sample *sample = trial->sample;
    const aez_ifield *field = &sample->fields[trial->field];
    uint64_t          total = aez_fit_sites(s, &sample->grid, scan_mask);
    aez_rng           rng;
    aez_rng_seed(&rng, trial->options->seed + s->log);
    tries = tries < total ? tries : total;
    for (uint64_t i = 0; i < tries && r->n < r->max; i++) {
        uint64_t     site[AEZ_MAX_DIMS], width = total / tries;
        uint64_t     low = (uint64_t)((double)i * ((double)total / (double)tries)), at;
        aez_net_view view = {.x = r->x + r->n * r->n_inputs};
        int64_t      left;
        aez_status   st;
        low += aez_rng_below(&rng, width);
        at = aez_fit_site(s, &sample->grid, scan_mask, low < total ? low : total - 1, site);
        if (field->skip && field->skip[at])
            continue;
        st = aez_stage_view(s, trial->mem, &sample->grid, (const int64_t *const *)sample->noisy,
                            sample->constant, field->step, site, &view);
        if (st < 0)
            return st;
        if (!view.used)
            continue;
        left = (int64_t)((uint64_t)sample->exact[trial->field][at] - (uint64_t)view.predicted);
        r->value[r->n] = (float)((double)left / (double)field->step);
        r->unit[r->n] = (float)(ldexp(1, view.log + s->shift) / (double)field->step);
        r->scale[r->n] = (float)((int)view.level - LEVEL_OF_STEP) / 2;
        r->n++;
    }
    return AEZ_OK;
}

/* Stages that share one net. */
typedef struct aez_net_stages {
    aez_stage **stage;
    size_t      n;
    double      sites; /* on the sample */
} aez_net_stages;

static aez_status gather_all(aez_net_rows *r, const aez_trial *trial, const aez_net_stages *of,
                             uint8_t scan_mask, const aez_context_net *net, size_t max)
{
    aez_status st = AEZ_OK;
    r->n = 0;
    for (size_t i = 0; st >= 0 && i < of->n; i++) {
        aez_stage s = *of->stage[i];
        double    sites = (double)aez_fit_sites(&s, &trial->sample->grid, scan_mask);
        s.net = net;
        st = gather(r, trial, &s, scan_mask, (uint64_t)ceil(sites / of->sites * (double)max));
    }
    return st;
}

/* Shifts that bring the inputs to a typical size, and the usual level. */
static void choose_input_shifts(aez_context_net *net, const aez_net_rows *r)
{
    double level = 0;
    for (unsigned t = 0; t < net->n_taps; t++) {
        double sum = 0;
        for (size_t i = 0; i < r->n; i++)
            sum += fabs((double)r->x[i * r->n_inputs + t]);
        sum = ldexp(sum / (double)(r->n ? r->n : 1), LOOK_SHIFT);
        net->input_shift[t] = (int8_t)(sum < 1 ? 0 : lrint(log2(sum / TYPICAL)));
    }
    for (size_t i = 0; i < r->n; i++)
        level += 2.0 * (double)r->scale[i] + LEVEL_OF_STEP;
    net->level_centre = (uint8_t)lrint(level / (double)(r->n ? r->n : 1));
}

/* Makes and trains a net for some stages. steps: batches of training. */
static aez_status train_net(aez_context_net *net, const aez_trial *trial, const aez_net_stages *of,
                            uint8_t scan_mask, uint8_t axes, const uint32_t *hidden,
                            unsigned n_hidden, uint64_t steps)
{
    unsigned          n_taps = of->stage[0]->n_taps;
    size_t            max = of->sites < MOST_ROWS ? (size_t)of->sites + of->n : MOST_ROWS;
    aez_context_layer layers[AEZ_CONTEXT_LAYERS];
    aez_net_rows      rows;
    aez_context_task  task;
    aez_status        st;
    st = aez_net_init(net, trial->mem, n_taps, axes, hidden, n_hidden);
    if (st < 0)
        return st;
    st = rows_init(&rows, trial->mem, max + of->n, aez_net_inputs(net));
    if (st >= 0)
        st = aez_net_pack(net, trial->mem);
    memset(net->input_shift, LOOK_SHIFT, n_taps);
    if (st >= 0)
        st = gather_all(&rows, trial, of, scan_mask, net, max < LOOKS ? max : LOOKS);
    if (st >= 0) {
        choose_input_shifts(net, &rows);
        st = gather_all(&rows, trial, of, scan_mask, net, max);
    }
    if (st >= 0 && rows.n > 0) {
        for (unsigned l = 0; l < net->n_layers; l++)
            layers[l] = (aez_context_layer){net->layer[l].weight, net->layer[l].bias, 0};
        task = (aez_context_task){.n_inputs = rows.n_inputs,
                                  .n_hidden = n_hidden,
                                  .hidden = hidden,
                                  .n_rows = rows.n,
                                  .inputs = rows.x,
                                  .value = rows.value,
                                  .unit = rows.unit,
                                  .scale = rows.scale,
                                  .seed = trial->options->seed,
                                  .steps = steps,
                                  .served = of->sites * trial->sample->share};
        st = trial->options->trainer->context(trial->mem, &task, layers);
        for (unsigned l = 0; st >= 0 && l < net->n_layers; l++)
            net->layer[l].shift = layers[l].shift;
    }
    rows_free(&rows);
    if (st >= 0)
        st = aez_net_pack(net, trial->mem);
    if (st < 0)
        aez_net_free(net, trial->mem);
    return st;
}

/* ---- what is tried --------------------------------------------------------------------------- */

#define BATCH_ROWS 512      /* of the trainer: what work is counted in */
#define LEAST_BYTES 2000    /* fields that cost less are left to least squares */
#define BYTES_FOR_PLACES 6000 /* ... less: no inputs that tell positions */
#define LEAST_STEPS 250
#define PROBE_STEPS 700     /* batches that a structure is judged by */
#define MOST_PASSES 160     /* over the training rows */
#define SHARED_LOGS 2       /* levels of a pyramid, from the finest, that share nets */

typedef struct aez_net_size {
    uint32_t hidden[2];
    unsigned n_hidden;
} aez_net_size;

/* What suits a field of so many bytes, smallest first. */
static const struct {
    double       bytes;
    aez_net_size size;
} sizes[] = {{0, {{10, 0}, 1}},      {6e3, {{16, 8}, 2}},  {3e4, {{24, 16}, 2}},
             {1.5e5, {{32, 16}, 2}}, {3e5, {{48, 24}, 2}}, {1e6, {{64, 32}, 2}}};
#define N_SIZES (sizeof sizes / sizeof *sizes)

static double products(const aez_net_size *size, unsigned n_inputs)
{
    double n = 0, n_in = n_inputs;
    for (unsigned l = 0; l < size->n_hidden; l++) {
        n += n_in * size->hidden[l];
        n_in = size->hidden[l];
    }
    return n + n_in * AEZ_NET_OUTPUTS;
}

/* The stages that share net number `turn` of the template: for a pyramid those that refine the same
 * axis at the finest levels with as many taps. */
static void stages_of_net(const aez_template *t, const aez_candidate *c, const aez_grid *grid,
                          aez_stage *stages, unsigned turn, aez_net_stages *of)
{
    of->n = 0;
    of->sites = 0;
    for (size_t i = t->n_predictors; i-- > 0;) { /* the finest says how many taps there are */
        aez_stage *s = &stages[i];
        if (t->kind == AEZ_TEMPLATE_PYRAMID &&
            (i == 0 || s->log >= SHARED_LOGS || s->axis != t->order[turn]))
            continue;
        if (s->n_taps == 0 || (of->n && s->n_taps != of->stage[0]->n_taps))
            continue;
        of->stage[of->n++] = s;
        of->sites += (double)aez_fit_sites(s, grid, c->scan_mask);
    }
}

/* Gives the fitted candidate nets of this size, trained with this work. */
static aez_status add_nets(aez_candidate *c, const aez_trial *trial, const aez_net_size *size,
                           double work)
{
    const aez_mem  *mem = trial->mem;
    const aez_grid *grid = &trial->sample->grid;
    aez_template   *t = c->fitted;
    aez_stage      *stages = aez_take(mem, t->n_predictors, sizeof *stages);
    aez_stage     **some = aez_take(mem, t->n_predictors, sizeof *some);
    unsigned        turns = t->kind == AEZ_TEMPLATE_PYRAMID ? t->n_order : 1;
    uint8_t         axes = (uint8_t)((1u << grid->n_dims) - 1);
    double          all = 0;
    aez_status      st = AEZ_ERR_NOMEM;
    aez_net_stages  of = {some, 0, 0};
    t->nets = aez_take(mem, turns, sizeof *t->nets);
    if (!stages || !some || !t->nets)
        goto done;
    if (trial->best.bits < 8.0 * BYTES_FOR_PLACES ||
        (grid->n_dims == 1 && trial->sample->n_fields > 1))
        axes = 0;
    aez_template_expand(t, grid, c->scan_mask, stages, t->n_predictors);
    for (size_t i = 0; i < t->n_predictors; i++)
        stages[i].net = NULL;
    for (unsigned turn = 0; turn < turns; turn++) {
        stages_of_net(t, c, grid, stages, turn, &of);
        all += of.sites;
    }
    st = AEZ_OK;
    for (unsigned turn = 0; st >= 0 && turn < turns; turn++) {
        double steps, most;
        stages_of_net(t, c, grid, stages, turn, &of);
        if (of.n == 0)
            continue;
        steps = work * of.sites / all / BATCH_ROWS /
                products(size, of.stage[0]->n_taps + 1 + (unsigned)__builtin_popcount(axes));
        most = MOST_PASSES * of.sites / BATCH_ROWS;
        steps = steps > most ? most : steps;
        if (steps < LEAST_STEPS)
            continue;
        st = train_net(&t->nets[t->n_nets], trial, &of, c->scan_mask, axes, size->hidden,
                       size->n_hidden, (uint64_t)steps);
        if (st < 0)
            break;
        t->n_nets++;
        for (size_t i = 0; i < of.n; i++)
            t->predictor[of.stage[i] - stages].net = (uint8_t)t->n_nets;
    }
    if (t->n_nets)
        t->flags |= AEZ_NETS;
done:
    aez_drop(mem, stages);
    aez_drop(mem, some);
    return st;
}

/* A copy of a candidate, fitted like it or anew. */
static aez_status copy_candidate(aez_candidate *to, const aez_candidate *from,
                                 const aez_trial *trial)
{
    const aez_grid *grid = &trial->sample->grid;
    aez_status      st;
    *to = *from;
    to->fitted = NULL;
    if (!from->fitted)
        return aez_candidate_fit(to, trial);
    to->fitted = aez_take(trial->mem, 1, sizeof *to->fitted);
    if (!to->fitted)
        return AEZ_ERR_NOMEM;
    st = aez_template_regrid(to->fitted, from->fitted, trial->mem, grid, grid, from->scan_mask);
    if (st < 0) {
        aez_drop(trial->mem, to->fitted);
        to->fitted = NULL;
    }
    return st;
}

/* Trains, prices, and makes it the best if it is. *bits: its price, HUGE_VAL without a net. */
static aez_status try_nets(aez_trial *trial, const aez_candidate *from, const aez_net_size *size,
                           double work, double *bits)
{
    aez_candidate c;
    aez_status    st = copy_candidate(&c, from, trial);
    *bits = HUGE_VAL;
    if (st >= 0)
        st = add_nets(&c, trial, size, work);
    if (st < 0 || c.fitted->n_nets == 0) {
        aez_candidate_free(&c, trial->mem);
        return st;
    }
    trial->n_tried = 2; /* the best is there, and something after it */
    st = aez_trial_price(trial, &c);
    *bits = c.bits;
    if (st >= 0 && c.bits < trial->best.bits) {
        aez_candidate swap = trial->best;
        trial->best = c;
        c = swap;
    }
    aez_candidate_free(&c, trial->mem);
    return st;
}

#define FAST_SIZE 3       /* largest that large chunks get at the default level: they take time */
#define FAST_SITES 1500000 /* ... beyond so many sites */

static unsigned largest_size(const aez_trial *trial)
{
    if (trial->options->level < 7 && trial->grid->n_sites > FAST_SITES)
        return FAST_SIZE;
    return N_SIZES - (trial->options->level < 7 ? 2 : 1);
}

static unsigned usual_size(const aez_trial *trial, double bits)
{
    unsigned i = largest_size(trial);
    while (i > 0 && sizes[i].bytes > bits / 8)
        i--;
    return i;
}

static int sort_of(const aez_candidate *c)
{
    if (c->shape.kind == AEZ_TEMPLATE_PYRAMID)
        return 0;
    return c->shape.n_taps > AEZ_MANY_TAPS ? 2 : 1;
}

/* Which structure takes a net best, by a short training of each. */
static aez_status probe(aez_trial *trial, aez_candidate *plain, double work, int *chosen,
                        double *spent)
{
    const aez_net_size *size = &sizes[usual_size(trial, plain->bits)].size;
    double              least = HUGE_VAL, bits;
    int                 own = sort_of(plain);
    aez_status          st = AEZ_OK;
    *chosen = own;
    *spent = 0;
    for (int i = 0; st >= 0 && i < AEZ_RIVALS; i++) {
        const aez_candidate *c = i == own ? plain : &trial->rival[i];
        double               each = PROBE_STEPS * (double)BATCH_ROWS * products(size, 24);
        if (i != own && !(c->bits > 0 && c->bits < 1.35 * plain->bits))
            continue;
        each = each > work / 8 ? work / 8 : each;
        st = try_nets(trial, c, size, each, &bits);
        *spent += each;
        if (bits < least) {
            least = bits;
            *chosen = i;
        }
    }
    return st;
}

aez_status aez_trial_nets(aez_trial *trial, double work)
{
    aez_candidate        plain;
    const aez_candidate *from;
    double               spent = 0, bits[2] = {HUGE_VAL, HUGE_VAL};
    int                  chosen = 0;
    unsigned             size = usual_size(trial, trial->best.bits);
    aez_status           st;
    if (trial->sample->fields[trial->field].image_width || trial->best.bits < 8.0 * LEAST_BYTES ||
        (trial->best.shape.flags & (AEZ_MEAN_LEVELS | AEZ_FIXED_GRID | AEZ_MATCH_TAPS)))
        return AEZ_OK;
    st = copy_candidate(&plain, &trial->best, trial);
    if (st < 0)
        return st;
    st = aez_trial_settle(trial);
    if (st >= 0)
        st = probe(trial, &plain, work, &chosen, &spent);
    from = chosen == sort_of(&plain) ? &plain : &trial->rival[chosen];
    /* half of the work for the usual size, the rest for the neighbour that may be better */
    if (st >= 0)
        st = try_nets(trial, from, &sizes[size].size, (work - spent) / 2, &bits[0]);
    if (st >= 0 && bits[0] < HUGE_VAL) {
        int larger = bits[0] < 0.97 * plain.bits && size < largest_size(trial);
        if (larger || size > 0)
            st = try_nets(trial, from, &sizes[larger ? size + 1 : size - 1].size,
                          (work - spent) / 2, &bits[1]);
    }
    aez_candidate_free(&plain, trial->mem);
    return st;
}
