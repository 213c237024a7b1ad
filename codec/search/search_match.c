/* search_match.c - candidates with match taps: which contexts foretell a field's values. */
#include <math.h>
#include <string.h>

#include "../plan/match.h"
#include "candidate.h"

#define LOOKS 32768    /* sites that contexts are judged on */
#define LOOK_LOG 16    /* log2 of the places in the table used for that */
#define MOST_SOURCES 32
#define MOST_LONG 8    /* taps of the longest context */
#define WORTH 0.01     /* share of the field's bits that a longer context, or any, must save */

/* A tap as contexts see it. */
typedef struct aez_source {
    uint32_t       field;
    int32_t        offset[AEZ_MAX_DIMS];
    int64_t        back; /* the same in elements */
    const int64_t *v;
    double         saved; /* bits, as a context of its own */
} aez_source;

typedef struct aez_match_search {
    aez_trial     *trial;
    aez_source     source[MOST_SOURCES];
    unsigned       n_sources;
    int64_t       *own;   /* [n] the field on its fixed grid */
    uint64_t       n;     /* sites looked at */
    double         bits;  /* a value, without matches */
    uint32_t      *check; /* [2^LOOK_LOG] 0: empty */
    int64_t       *value;
    uint8_t       *run;
} aez_match_search;

/* Bits of n events of which `right` go one way. */
static double entropy_of(double right, double n)
{
    double wrong = n - right, bits = 0;
    if (right > 0)
        bits += right * log2(n / right);
    if (wrong > 0)
        bits += wrong * log2(n / wrong);
    return bits;
}

/* Bits saved on the sites looked at by a context of these sources. */
static double saved_by(const aez_match_search *s, const unsigned *set, unsigned n_set)
{
    double right[4] = {0}, met[4] = {0}, saved = 0;
    memset(s->check, 0, sizeof *s->check << LOOK_LOG);
    for (uint64_t i = 0; i < s->n; i++) {
        uint64_t hash = aez_match_begin(0);
        size_t   at;
        uint32_t check;
        for (unsigned t = 0; t < n_set; t++) {
            const aez_source *from = &s->source[set[t]];
            hash = aez_match_add(hash, (int64_t)i >= from->back ? from->v[i - from->back] : 0);
        }
        at = hash >> (64 - LOOK_LOG);
        check = (uint32_t)hash | 1;
        if (s->check[at] == check) {
            unsigned trust = s->run[at] < 3 ? s->run[at] : 3;
            int      is_right = s->value[at] == s->own[i];
            met[trust]++;
            right[trust] += is_right;
            s->run[at] = (uint8_t)(is_right ? trust + 1 : 0);
        } else {
            s->run[at] = 0;
        }
        s->check[at] = check;
        s->value[at] = s->own[i];
    }
    for (unsigned t = 0; t < 4; t++)
        saved += right[t] * s->bits - entropy_of(right[t], met[t]);
    return saved;
}

static void add_source(aez_match_search *s, uint32_t field, const int32_t *offset)
{
    const aez_grid *grid = &s->trial->sample->grid;
    aez_source     *to = &s->source[s->n_sources];
    int64_t         pitch = 1;
    unsigned        alone = s->n_sources;
    if (s->n_sources == MOST_SOURCES)
        return;
    memset(to, 0, sizeof *to);
    to->field = field;
    if (offset)
        memcpy(to->offset, offset, sizeof to->offset);
    for (unsigned a = grid->n_dims; a-- > 0;) {
        to->back -= to->offset[a] * pitch;
        pitch *= (int64_t)grid->shape[a];
    }
    to->v = field == s->trial->field ? s->own : s->trial->sample->noisy[field];
    if (to->back < 0)
        return;
    to->saved = saved_by(s, &alone, 1);
    s->n_sources++;
}

/* Sites before along each axis, one and two steps, and diagonally. */
static void add_own_sources(aez_match_search *s)
{
    unsigned n = s->trial->sample->grid.n_dims;
    int32_t  offset[AEZ_MAX_DIMS] = {0};
    for (unsigned a = n; a-- > 0;) {
        for (int32_t steps = 1; steps <= (n == 1 ? 6 : 2); steps++) {
            offset[a] = -steps;
            add_source(s, s->trial->field, offset);
        }
        offset[a] = 0;
    }
    for (unsigned a = 0; a + 1 < n; a++) {
        for (int32_t side = -1; side <= 1; side += 2) {
            offset[a] = -1;
            offset[n - 1] = side;
            add_source(s, s->trial->field, offset);
            offset[a] = offset[n - 1] = 0;
        }
    }
}

/* The same site in fields planned before, the latest ones where there are many. */
static void add_other_sources(aez_match_search *s)
{
    const aez_trial *trial = s->trial;
    for (uint32_t i = aez_trial_n_earlier(trial); i-- > 0;) {
        uint32_t f = aez_trial_earlier(trial, i);
        if (f >= trial->n_given && trial->sample->n_values[f] > 1)
            add_source(s, f, NULL);
    }
}

static void sort_sources(aez_match_search *s)
{
    for (unsigned i = 1; i < s->n_sources; i++) {
        for (unsigned k = i; k > 0 && s->source[k - 1].saved < s->source[k].saved; k--) {
            aez_source swap = s->source[k];
            s->source[k] = s->source[k - 1];
            s->source[k - 1] = swap;
        }
    }
}

/* The best source (they are sorted), then whichever of the best few adds most, while it adds. */
static unsigned grow_context(const aez_match_search *s, unsigned *set, double *saved)
{
    unsigned n_set = 1, few = s->n_sources < 12 ? s->n_sources : 12;
    set[0] = 0;
    *saved = s->source[0].saved;
    while (n_set < 4) {
        double   best = *saved + WORTH * s->bits * (double)s->n;
        unsigned found = few;
        for (unsigned i = 1; i < few; i++) {
            double   with;
            unsigned there = 0;
            for (unsigned j = 0; j < n_set; j++)
                there |= set[j] == i;
            if (there)
                continue;
            set[n_set] = i;
            with = saved_by(s, set, n_set + 1);
            if (with > best) {
                best = with;
                found = i;
            }
        }
        if (found == few)
            break;
        set[n_set++] = found;
        *saved = best;
    }
    return n_set;
}

/* Number of the source's tap in the candidate, added where it has none; AEZ_MAX_TAPS: no room. */
static unsigned tap_of(aez_candidate *c, const aez_trial *trial, const aez_source *source)
{
    aez_tap *tap = &c->tap[c->shape.n_taps];
    unsigned n = c->shape.n_taps;
    for (unsigned i = 0; i < n; i++) {
        if (c->tap[i].field == source->field &&
            memcmp(c->tap[i].offset, source->offset, sizeof source->offset) == 0)
            return i;
    }
    if (n == AEZ_MAX_TAPS)
        return n;
    memset(tap, 0, sizeof *tap);
    tap->field = source->field;
    memcpy(tap->offset, source->offset, sizeof tap->offset);
    tap->shift = (int8_t)(tap->field == trial->field ? c->shape.shift : 0);
    return c->shape.n_taps++;
}

static void add_context(aez_candidate *c, const aez_match_search *s, const unsigned *set,
                        unsigned n_set)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < n_set; i++) {
        unsigned tap = tap_of(c, s->trial, &s->source[set[i]]);
        if (tap < AEZ_MAX_TAPS)
            mask |= (uint64_t)1 << tap;
    }
    for (unsigned i = 0; i < c->shape.n_contexts; i++) {
        if (c->shape.context[i] == mask)
            return;
    }
    c->shape.context[c->shape.n_contexts++] = mask;
}

static uint8_t table_log(uint64_t n_sites)
{
    unsigned log = AEZ_MATCH_LOG_MIN;
    while (log < AEZ_MATCH_LOG_MAX && (uint64_t)1 << log < n_sites)
        log++;
    return (uint8_t)log;
}

/* The best list so far (or none), with the contexts of `sets`, the longest first. */
static aez_status try_contexts(const aez_match_search *s, const aez_candidate *plain,
                               unsigned *const *sets, const unsigned *n_set, unsigned n)
{
    aez_candidate c = *plain;
    c.shape.flags |= AEZ_MATCH_TAPS;
    c.shape.flags &= ~(unsigned)AEZ_FIXED_GRID;
    c.shape.n_contexts = 0;
    memset(c.shape.context, 0, sizeof c.shape.context);
    c.shape.match_log = table_log(s->trial->grid->n_sites);
    for (unsigned i = 0; i < n; i++)
        add_context(&c, s, sets[i], n_set[i]);
    return aez_trial_run(s->trial, &c);
}

static aez_status search_start(aez_match_search *s, aez_trial *trial)
{
    const aez_sample *sample = trial->sample;
    uint64_t          step = sample->fields[trial->field].step;
    const int64_t    *v = sample->fields[trial->field].k;
    memset(s, 0, sizeof *s);
    s->trial = trial;
    s->n = sample->grid.n_sites < LOOKS ? sample->grid.n_sites : LOOKS;
    s->bits = trial->grid->n_sites ? trial->best.bits / (double)trial->grid->n_sites : 0;
    s->own = aez_take_raw(trial->mem, s->n, sizeof *s->own);
    s->check = aez_take_raw(trial->mem, (size_t)1 << LOOK_LOG, sizeof *s->check);
    s->value = aez_take_raw(trial->mem, (size_t)1 << LOOK_LOG, sizeof *s->value);
    s->run = aez_take_raw(trial->mem, (size_t)1 << LOOK_LOG, sizeof *s->run);
    if (!s->own || !s->check || !s->value || !s->run)
        return AEZ_ERR_NOMEM;
    for (uint64_t i = 0; i < s->n; i++)
        s->own[i] = step == 1 ? v[i] : (int64_t)floor(((double)v[i]) / (double)step + 0.5);
    return AEZ_OK;
}

static void search_end(aez_match_search *s)
{
    aez_drop(s->trial->mem, s->own);
    aez_drop(s->trial->mem, s->check);
    aez_drop(s->trial->mem, s->value);
    aez_drop(s->trial->mem, s->run);
}

/* What the contexts are added to: the best list, else values as they are. */
static void plain_candidate(aez_candidate *c, const aez_trial *trial)
{
    aez_candidate_init(c, trial, AEZ_TEMPLATE_LIST);
    if (trial->best.shape.kind == AEZ_TEMPLATE_LIST) {
        *c = trial->best;
        return;
    }
    c->shape.base = AEZ_BASE_TAP;
}

static aez_status try_found(aez_match_search *s)
{
    unsigned      one[1] = {0}, few[4], many[MOST_LONG];
    unsigned     *sets[3] = {many, few, one};
    unsigned      n_set[3] = {0, 0, 1};
    double        saved;
    aez_candidate plain;
    aez_status    st;
    n_set[1] = grow_context(s, few, &saved);
    if (saved < WORTH * s->bits * (double)s->n)
        return AEZ_OK;
    memcpy(many, few, sizeof few);
    n_set[0] = n_set[1];
    for (unsigned i = 0; i < s->n_sources && n_set[0] < MOST_LONG; i++) {
        unsigned there = 0;
        for (unsigned j = 0; j < n_set[0]; j++)
            there |= many[j] == i;
        if (!there)
            many[n_set[0]++] = i;
    }
    plain_candidate(&plain, s->trial);
    st = try_contexts(s, &plain, sets + 1, n_set + 1, 1);
    if (st >= 0 && n_set[1] > 1)
        st = try_contexts(s, &plain, sets + 1, n_set + 1, 2);
    if (st >= 0 && n_set[0] > n_set[1])
        st = try_contexts(s, &plain, sets, n_set, 3);
    return st;
}

aez_status aez_try_matches(aez_trial *trial)
{
    aez_match_search s;
    aez_status       st = search_start(&s, trial);
    if (st >= 0 && s.n > 0 && s.bits > 0) {
        add_own_sources(&s);
        add_other_sources(&s);
        sort_sources(&s);
        if (s.n_sources > 0)
            st = try_found(&s);
    }
    search_end(&s);
    return st;
}
