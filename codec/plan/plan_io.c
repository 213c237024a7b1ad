/* plan_io.c - plans to bytes and back, with every check a reader owes (spec 4.6). */
#include <string.h>

#include "plan_net.h"

#define HEAD_KIND 0x03           /* aez_predictor_kind */
#define HEAD_SAME_WEIGHTS 0x04   /* as in the last predictor of this template with weights */
#define HEAD_ACTIVITY_SHIFT 3    /* two bits: how the activity weights are given */
#define HEAD_SAME_OFFSET 0x20    /* level offset as in the predictor before */
#define HEAD_NET 0x40            /* a net corrects it: its number follows */
#define SHIFT_MIN (-40)
#define SHIFT_MAX 62

enum { ACTIVITY_ONES = 0, ACTIVITY_PRIMARY = 1, ACTIVITY_SAME = 2, ACTIVITY_LISTED = 3 };

static void free_template(aez_template *t, const aez_mem *mem)
{
    for (unsigned i = 0; t->nets && i < t->n_nets; i++)
        aez_net_free(&t->nets[i], mem);
    aez_drop(mem, t->nets);
    aez_drop(mem, t->tap);
    aez_drop(mem, t->predictor);
}

void aez_plan_free(aez_plan *plan, const aez_mem *mem)
{
    for (size_t g = 0; plan->groups && g < plan->n_groups; g++) {
        aez_group *group = &plan->groups[g];
        for (size_t t = 0; group->templates && t < group->n_templates; t++)
            free_template(&group->templates[t], mem);
        aez_drop(mem, group->templates);
    }
    aez_drop(mem, plan->groups);
    aez_drop(mem, plan->constant);
    memset(plan, 0, sizeof *plan);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* What the predictors before this one in the template leave behind. */
typedef struct aez_memory {
    const aez_predictor *before, *weights;
} aez_memory;

static int is_primary_only(const aez_predictor *p, unsigned n_taps, unsigned n_primary)
{
    for (unsigned i = 0; i < n_taps; i++) {
        if (p->activity[i] != (i < n_primary))
            return 0;
    }
    return 1;
}

static unsigned activity_mode(const aez_predictor *p, const aez_memory *m, unsigned n_taps,
                              unsigned n_primary)
{
    if (is_primary_only(p, n_taps, n_taps))
        return ACTIVITY_ONES;
    if (is_primary_only(p, n_taps, n_primary))
        return ACTIVITY_PRIMARY;
    if (m->before && memcmp(m->before->activity, p->activity, n_taps) == 0)
        return ACTIVITY_SAME;
    return ACTIVITY_LISTED;
}

static int same_weights(const aez_predictor *p, const aez_predictor *q, unsigned n_taps)
{
    return q && p->weight_shift == q->weight_shift &&
           memcmp(p->weight, q->weight, n_taps * sizeof *p->weight) == 0;
}

static void put_predictor(const aez_predictor *p, aez_memory *m, const aez_stage *s, aez_buf *out)
{
    unsigned mode = activity_mode(p, m, s->n_taps, s->n_primary);
    unsigned head = (unsigned)p->kind | mode << HEAD_ACTIVITY_SHIFT;
    int      before = m->before ? m->before->level_offset : 0;
    if (p->kind == AEZ_PREDICT_WEIGHTS && same_weights(p, m->weights, s->n_taps))
        head |= HEAD_SAME_WEIGHTS;
    if (p->level_offset == before)
        head |= HEAD_SAME_OFFSET;
    if (p->net)
        head |= HEAD_NET;
    aez_put_u8(out, head);
    if (p->net)
        aez_put_u8(out, p->net - 1u);
    if (p->level_offset != before)
        aez_put_svarint(out, p->level_offset - before);
    if (p->kind == AEZ_PREDICT_WEIGHTS && !(head & HEAD_SAME_WEIGHTS)) {
        aez_put_u8(out, p->weight_shift);
        for (unsigned i = 0; i < s->n_taps; i++)
            aez_put_svarint(out, p->weight[i]);
    }
    if (mode == ACTIVITY_LISTED)
        aez_put(out, p->activity, s->n_taps);
    m->before = p;
    if (p->kind == AEZ_PREDICT_WEIGHTS)
        m->weights = p;
}

static void put_list(const aez_template *t, const aez_grid *grid, aez_buf *out)
{
    aez_put_u8(out, t->base);
    aez_put_u8(out, t->n_taps);
    for (unsigned i = 0; i < t->n_taps; i++) {
        const aez_tap *tap = &t->tap[i];
        aez_put_varint(out, tap->field);
        for (unsigned a = 0; a < grid->n_dims; a++)
            aez_put_svarint(out, tap->offset[a]);
        if (tap->field != t->field)
            aez_put_svarint(out, tap->shift);
    }
    if (!(t->flags & AEZ_MATCH_TAPS))
        return;
    aez_put_u8(out, t->match_log);
    aez_put_u8(out, t->n_contexts);
    for (unsigned c = 0; c < t->n_contexts; c++) {
        for (unsigned i = 0; i < t->n_taps; i += 8)
            aez_put_u8(out, (unsigned)(t->context[c] >> i & 0xFF));
    }
}

static void put_pyramid(const aez_template *t, aez_buf *out)
{
    aez_put_u8(out, t->log);
    aez_put_u8(out, t->n_order);
    aez_put(out, t->order, t->n_order);
    if (!(t->flags & AEZ_CHANNEL_TAPS))
        return;
    aez_put_u8(out, t->n_channels);
    for (uint32_t i = 0; i < t->n_channels; i++) {
        aez_put_varint(out, t->channel[i]);
        aez_put_svarint(out, t->channel_shift[i]);
    }
}

static void put_template(const aez_template *t, const aez_grid *grid, uint8_t scan_mask,
                         aez_buf *out)
{
    aez_stage  *stages = aez_take(out->mem, t->n_predictors, sizeof *stages);
    aez_memory memory = {NULL, NULL};
    if (!stages) {
        out->failed = 1;
        return;
    }
    aez_put_u8(out, t->kind);
    aez_put_varint(out, t->field);
    aez_put_u8(out, t->flags);
    aez_put_u8(out, t->shift);
    if (t->flags & AEZ_MEAN_LEVELS) {
        aez_put_svarint(out, t->mean_floor);
        aez_put_u8(out, t->mean_shift);
    }
    if (t->kind == AEZ_TEMPLATE_LIST)
        put_list(t, grid, out);
    else
        put_pyramid(t, out);
    if (t->flags & AEZ_NETS)
        aez_put_u8(out, t->n_nets);
    for (unsigned i = 0; i < t->n_nets; i++)
        aez_net_put(&t->nets[i], out);
    aez_template_expand(t, grid, scan_mask, stages, t->n_predictors);
    for (size_t i = 0; i < t->n_predictors; i++)
        put_predictor(&t->predictor[i], &memory, &stages[i], out);
    aez_drop(out->mem, stages);
}

void aez_plan_put_constants(const aez_plan *plan, aez_buf *out)
{
    for (uint32_t f = 0; f < plan->n_fields; f++)
        aez_put_svarint(out, plan->constant[f]);
}

void aez_plan_put(const aez_plan *plan, const aez_grid *grid, aez_buf *out)
{
    aez_plan_put_constants(plan, out);
    aez_plan_put_groups(plan, grid, out);
}

void aez_plan_put_groups(const aez_plan *plan, const aez_grid *grid, aez_buf *out)
{
    aez_put_varint(out, plan->n_groups);
    for (size_t g = 0; g < plan->n_groups; g++) {
        const aez_group *group = &plan->groups[g];
        aez_put_u8(out, group->scan_mask);
        aez_put_varint(out, group->n_templates);
        for (size_t t = 0; t < group->n_templates; t++)
            put_template(&group->templates[t], grid, group->scan_mask, out);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

#define GIVEN SIZE_MAX

/* Which fields have been planned so far, and where. */
typedef struct aez_known {
    const aez_grid *grid;
    uint32_t        n_given, n_fields, n_planned; /* planned: given ones included */
    size_t         *group_of; /* [n_fields] 1 + group, 0: not yet; of given fields GIVEN */
    size_t          group;    /* 1 + the group being read */
    uint8_t         scan_mask;
    int             alone; /* the group being read has one template */
    size_t          n_stages;
} aez_known;

/* Sign of the first scanned offset that is not 0. */
static int scan_direction(const aez_known *k, const aez_tap *tap)
{
    for (unsigned a = 0; a < k->grid->n_dims; a++) {
        if ((k->scan_mask >> a & 1) && tap->offset[a] != 0)
            return tap->offset[a] < 0 ? -1 : 1;
    }
    return 0;
}

static int points_back(const aez_known *k, const aez_tap *tap)
{
    int direction = scan_direction(k, tap);
    if (direction != 0)
        return direction < 0;
    for (unsigned a = 0; a < k->grid->n_dims; a++) {
        if (tap->offset[a] != 0)
            return tap->offset[a] < 0;
    }
    return 0;
}

/* Whether the tapped site has always been restored when the target's turn comes. */
static int tap_is_earlier(const aez_known *k, const aez_tap *tap, uint32_t own)
{
    if (tap->field == own)
        return points_back(k, tap);
    if (k->group_of[tap->field] == 0)
        return 0;
    if (tap->field < k->n_given)
        return 1;
    return k->group_of[tap->field] < k->group || scan_direction(k, tap) <= 0;
}

static int get_shift(aez_rd *in, int8_t *shift)
{
    int64_t v = aez_get_svarint(in);
    *shift = (int8_t)v;
    return v >= SHIFT_MIN && v <= SHIFT_MAX;
}

static int get_tap(aez_tap *tap, const aez_known *k, const aez_template *t, aez_rd *in)
{
    uint64_t field = aez_get_varint(in);
    if (in->failed || field >= k->n_fields)
        return 0;
    tap->field = (uint32_t)field;
    for (unsigned a = 0; a < k->grid->n_dims; a++) {
        int64_t off = aez_get_svarint(in);
        if (off < INT32_MIN / 2 || off > INT32_MAX / 2)
            return 0;
        tap->offset[a] = (int32_t)off;
    }
    tap->shift = (int8_t)t->shift;
    if (tap->field != t->field && !get_shift(in, &tap->shift))
        return 0;
    return tap_is_earlier(k, tap, t->field);
}

/* At most twice as many places as sites: then a table takes no more room than the sites do. */
static int get_contexts(aez_template *t, const aez_known *k, aez_rd *in)
{
    t->match_log = (uint8_t)aez_get_u8(in);
    t->n_contexts = aez_get_u8(in);
    if (in->failed || t->match_log < AEZ_MATCH_LOG_MIN || t->match_log > AEZ_MATCH_LOG_MAX ||
        (t->match_log > AEZ_MATCH_LOG_MIN &&
         (uint64_t)1 << t->match_log > 2 * k->grid->n_sites) ||
        t->n_contexts < 1 || t->n_contexts > AEZ_MATCH_CONTEXTS)
        return 0;
    for (unsigned c = 0; c < t->n_contexts; c++) {
        for (unsigned i = 0; i < t->n_taps; i += 8)
            t->context[c] |= (uint64_t)aez_get_u8(in) << i;
        if (t->n_taps < 64 && t->context[c] >> t->n_taps)
            return 0;
    }
    return !in->failed;
}

static aez_status get_list(aez_template *t, const aez_mem *mem, const aez_known *k, aez_rd *in)
{
    unsigned base = aez_get_u8(in);
    t->n_taps = aez_get_u8(in);
    if (in->failed || base > AEZ_BASE_MIDDLE || t->n_taps > AEZ_MAX_TAPS)
        return AEZ_ERR_CORRUPT;
    t->base = (aez_base_rule)base;
    t->tap = aez_take(mem, t->n_taps, sizeof *t->tap);
    if (!t->tap)
        return AEZ_ERR_NOMEM;
    for (unsigned i = 0; i < t->n_taps; i++) {
        if (!get_tap(&t->tap[i], k, t, in))
            return AEZ_ERR_CORRUPT;
    }
    /* another field's tap may point at sites of this field that are not restored yet */
    if (base == AEZ_BASE_MIDDLE && t->n_taps > 1 &&
        (t->tap[0].field != t->field || t->tap[1].field != t->field))
        return AEZ_ERR_CORRUPT;
    if ((t->flags & AEZ_MATCH_TAPS) && !get_contexts(t, k, in))
        return AEZ_ERR_CORRUPT;
    return AEZ_OK;
}

static aez_status get_pyramid(aez_template *t, const aez_known *k, aez_rd *in)
{
    unsigned seen = k->scan_mask;
    t->log = aez_get_u8(in);
    t->n_order = aez_get_u8(in);
    if (t->log < 1 || t->log > AEZ_PYRAMID_LOG_MAX || t->n_order < 1 ||
        t->n_order > k->grid->n_dims)
        return AEZ_ERR_CORRUPT;
    for (unsigned i = 0; i < t->n_order; i++) {
        unsigned a = aez_get_u8(in);
        if (a >= k->grid->n_dims || (seen >> a & 1))
            return AEZ_ERR_CORRUPT;
        seen |= 1u << a;
        t->order[i] = (uint8_t)a;
    }
    if (!(t->flags & AEZ_CHANNEL_TAPS))
        return AEZ_OK;
    t->n_channels = aez_get_u8(in);
    if (t->n_channels > AEZ_MAX_TAPS)
        return AEZ_ERR_CORRUPT;
    for (uint32_t i = 0; i < t->n_channels; i++) {
        uint64_t field = aez_get_varint(in);
        if (in->failed || field >= k->n_fields || k->group_of[field] == 0)
            return AEZ_ERR_CORRUPT;
        t->channel[i] = (uint32_t)field;
        if (!get_shift(in, &t->channel_shift[i]))
            return AEZ_ERR_CORRUPT;
    }
    return AEZ_OK;
}

static int get_weights(aez_predictor *p, unsigned n_taps, aez_rd *in)
{
    p->weight_shift = (uint8_t)aez_get_u8(in);
    if (p->weight_shift > AEZ_WEIGHT_SHIFT_MAX)
        return 0;
    for (unsigned i = 0; i < n_taps; i++) {
        int64_t w = aez_get_svarint(in);
        if (w < INT16_MIN || w > INT16_MAX)
            return 0;
        p->weight[i] = (int16_t)w;
    }
    return !in->failed;
}

static int get_activity(aez_predictor *p, unsigned mode, const aez_memory *m, const aez_stage *s,
                        aez_rd *in)
{
    const uint8_t *listed;
    switch (mode) {
    case ACTIVITY_ONES:
        memset(p->activity, 1, s->n_taps);
        return 1;
    case ACTIVITY_PRIMARY:
        memset(p->activity, 1, s->n_primary);
        return 1;
    case ACTIVITY_SAME:
        if (m->before)
            memcpy(p->activity, m->before->activity, s->n_taps);
        return m->before != NULL;
    default:
        listed = aez_rd_take(in, s->n_taps);
        if (listed)
            memcpy(p->activity, listed, s->n_taps);
        return listed != NULL;
    }
}

/* The net of a predictor: one of the template's, made for as many taps as the stage has. */
static int get_net_number(aez_predictor *p, const aez_template *t, const aez_stage *s, aez_rd *in)
{
    unsigned number = aez_get_u8(in);
    if (in->failed || number >= t->n_nets || t->nets[number].n_taps != s->n_taps)
        return 0;
    p->net = (uint8_t)(number + 1);
    return 1;
}

static int get_predictor(aez_predictor *p, aez_memory *m, const aez_template *t, const aez_stage *s,
                         aez_rd *in)
{
    unsigned head = aez_get_u8(in);
    int64_t  offset = m->before ? m->before->level_offset : 0;
    if (in->failed || head >= 0x80)
        return 0;
    if ((head & HEAD_NET) && !get_net_number(p, t, s, in))
        return 0;
    p->kind = (aez_predictor_kind)(head & HEAD_KIND);
    if (!(head & HEAD_SAME_OFFSET)) {
        int64_t delta = aez_get_svarint(in);
        if (delta < -1000 || delta > 1000)
            return 0;
        offset += delta;
    }
    if (offset < -1000 || offset > 1000)
        return 0;
    p->level_offset = (int16_t)offset;
    if (p->kind == AEZ_PREDICT_WEIGHTS && (head & HEAD_SAME_WEIGHTS)) {
        if (!m->weights)
            return 0;
        p->weight_shift = m->weights->weight_shift;
        memcpy(p->weight, m->weights->weight, sizeof p->weight);
    } else if (p->kind == AEZ_PREDICT_WEIGHTS && !get_weights(p, s->n_taps, in)) {
        return 0;
    }
    if (!get_activity(p, head >> HEAD_ACTIVITY_SHIFT & 3, m, s, in))
        return 0;
    m->before = p;
    if (p->kind == AEZ_PREDICT_WEIGHTS)
        m->weights = p;
    return !in->failed;
}

static aez_status get_predictors(aez_template *t, const aez_mem *mem, aez_known *k, aez_rd *in)
{
    aez_memory memory = {NULL, NULL};
    aez_stage *stages = NULL;
    aez_status st = AEZ_ERR_NOMEM;
    size_t     n = aez_template_expand(t, k->grid, k->scan_mask, NULL, 0);
    k->n_stages += n;
    if (k->n_stages > AEZ_MAX_STAGES + (size_t)k->n_fields)
        return AEZ_ERR_LIMIT;
    if (n > aez_rd_left(in)) /* each predictor takes a byte at least */
        return AEZ_ERR_CORRUPT;
    stages = aez_take(mem, n, sizeof *stages);
    t->predictor = aez_take(mem, n, sizeof *t->predictor);
    t->n_predictors = n;
    if (!stages || !t->predictor)
        goto done;
    aez_template_expand(t, k->grid, k->scan_mask, stages, n);
    st = AEZ_ERR_CORRUPT;
    for (size_t i = 0; i < n; i++) {
        if (!get_predictor(&t->predictor[i], &memory, t, &stages[i], in))
            goto done;
    }
    st = AEZ_OK;
done:
    aez_drop(mem, stages);
    return st;
}

static aez_status get_nets(aez_template *t, const aez_mem *mem, const aez_grid *grid, aez_rd *in)
{
    unsigned n = aez_get_u8(in);
    if (in->failed || n < 1 || n > AEZ_MAX_NETS)
        return AEZ_ERR_CORRUPT;
    t->nets = aez_take(mem, n, sizeof *t->nets);
    if (!t->nets)
        return AEZ_ERR_NOMEM;
    for (; t->n_nets < n; t->n_nets++) {
        aez_status st = aez_net_get(&t->nets[t->n_nets], mem, grid, in);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

static aez_status get_template(aez_template *t, const aez_mem *mem, aez_known *k, aez_rd *in)
{
    unsigned   kind = aez_get_u8(in);
    uint64_t   field = aez_get_varint(in);
    aez_status st;
    t->flags = aez_get_u8(in);
    t->shift = (uint8_t)aez_get_u8(in);
    if (in->failed || kind < AEZ_TEMPLATE_LIST || kind > AEZ_TEMPLATE_PYRAMID ||
        field >= k->n_fields || k->group_of[field] != 0 || t->shift > SHIFT_MAX || t->flags > 127)
        return AEZ_ERR_CORRUPT;
    if ((t->flags & AEZ_NETS) && (t->flags & (AEZ_MEAN_LEVELS | AEZ_MATCH_TAPS)))
        return AEZ_ERR_CORRUPT;
    if ((t->flags & AEZ_MATCH_TAPS) && (kind != AEZ_TEMPLATE_LIST || !k->alone))
        return AEZ_ERR_CORRUPT;
    if (t->flags & AEZ_MEAN_LEVELS) {
        t->mean_floor = aez_get_svarint(in);
        t->mean_shift = (uint8_t)aez_get_u8(in);
        if (in->failed || t->mean_shift > 63)
            return AEZ_ERR_CORRUPT;
    }
    t->kind = (aez_template_kind)kind;
    t->field = (uint32_t)field;
    st = t->kind == AEZ_TEMPLATE_LIST ? get_list(t, mem, k, in) : get_pyramid(t, k, in);
    if (st < 0)
        return st;
    if (t->flags & AEZ_NETS)
        st = get_nets(t, mem, k->grid, in);
    if (st < 0)
        return st;
    k->group_of[t->field] = k->group;
    k->n_planned++;
    return get_predictors(t, mem, k, in);
}

static aez_status get_group(aez_group *group, const aez_mem *mem, aez_known *k, aez_rd *in)
{
    uint64_t n;
    group->scan_mask = (uint8_t)aez_get_u8(in);
    n = aez_get_varint(in);
    if (in->failed || group->scan_mask >> k->grid->n_dims || n > k->n_fields - k->n_planned)
        return AEZ_ERR_CORRUPT;
    group->templates = aez_take(mem, n, sizeof *group->templates);
    if (!group->templates)
        return AEZ_ERR_NOMEM;
    group->n_templates = n;
    k->scan_mask = group->scan_mask;
    k->alone = n == 1;
    for (size_t t = 0; t < n; t++) {
        aez_status st = get_template(&group->templates[t], mem, k, in);
        if (st < 0)
            return st;
    }
    return AEZ_OK;
}

static aez_status get_groups(aez_plan *plan, const aez_mem *mem, aez_known *k, aez_rd *in)
{
    uint64_t n = aez_get_varint(in);
    if (in->failed || n > k->n_fields - k->n_given)
        return AEZ_ERR_CORRUPT;
    plan->groups = aez_take(mem, n, sizeof *plan->groups);
    if (!plan->groups)
        return AEZ_ERR_NOMEM;
    plan->n_groups = n;
    for (k->group = 1; k->group <= n; k->group++) {
        aez_status st = get_group(&plan->groups[k->group - 1], mem, k, in);
        if (st < 0)
            return st;
    }
    return k->n_planned == k->n_fields ? AEZ_OK : AEZ_ERR_CORRUPT;
}

aez_status aez_plan_get(aez_plan *plan, const aez_mem *mem, const aez_grid *grid, uint32_t n_fields,
                        aez_rd *in)
{
    return aez_plan_get_given(plan, mem, grid, 0, n_fields, in);
}

aez_status aez_plan_get_constants(aez_plan *plan, const aez_mem *mem, uint32_t n_fields,
                                  aez_rd *in)
{
    if (n_fields > aez_rd_left(in)) /* each takes a byte at least */
        return AEZ_ERR_CORRUPT;
    plan->constant = aez_take(mem, n_fields, sizeof *plan->constant);
    if (!plan->constant)
        return AEZ_ERR_NOMEM;
    plan->n_fields = n_fields;
    for (uint32_t f = 0; f < n_fields; f++)
        plan->constant[f] = aez_get_svarint(in);
    return in->failed ? AEZ_ERR_CORRUPT : AEZ_OK;
}

aez_status aez_plan_get_groups(aez_plan *plan, const aez_mem *mem, const aez_grid *grid,
                               uint32_t n_given, uint32_t n_fields, aez_rd *in)
{
    aez_known  known = {
        .grid = grid, .n_given = n_given, .n_fields = n_fields, .n_planned = n_given};
    aez_status st;
    plan->n_fields = n_fields;
    known.group_of = aez_take(mem, n_fields, sizeof *known.group_of);
    if (!known.group_of)
        return AEZ_ERR_NOMEM;
    for (uint32_t f = 0; f < n_given; f++)
        known.group_of[f] = GIVEN;
    st = get_groups(plan, mem, &known, in);
    aez_drop(mem, known.group_of);
    return st;
}

aez_status aez_plan_get_given(aez_plan *plan, const aez_mem *mem, const aez_grid *grid,
                              uint32_t n_given, uint32_t n_fields, aez_rd *in)
{
    aez_status st;
    memset(plan, 0, sizeof *plan);
    st = aez_plan_get_constants(plan, mem, n_fields, in);
    if (st >= 0)
        st = aez_plan_get_groups(plan, mem, grid, n_given, n_fields, in);
    if (st < 0)
        aez_plan_free(plan, mem);
    return st;
}
