/* plan_lens.c - a stage seen from one site or line: which taps exist there, where, and their
 * weights. */
#include "plan_lens.h"

#include <string.h>

/* Where a tap stands seen from a site: where it points, moved inside, or nowhere. */
enum { TAP_AT, TAP_MOVED, TAP_GONE };

void aez_geometry_init(aez_geometry *g, const aez_grid *grid)
{
    int64_t pitch = 1;
    memset(g, 0, sizeof *g);
    g->n_dims = grid->n_dims;
    for (unsigned a = grid->n_dims; a-- > 0;) {
        g->shape[a] = (int64_t)grid->shape[a];
        g->pitch[a] = pitch;
        pitch *= g->shape[a];
    }
}

/* Moves a coordinate into [0, n) by multiples of step (spec 4.5); 0 if there is no way. */
static int move_inside(int64_t *c, int64_t n, int64_t step)
{
    int64_t outside;
    if (step == 0)
        return 0;
    outside = *c < 0 ? -*c : *c - (n - 1);
    outside = (outside + step - 1) / step * step;
    *c += *c < 0 ? outside : -outside;
    return *c >= 0 && *c < n;
}

static int locate(const aez_stage *s, const aez_geometry *g, const uint64_t *site, int along_line,
                  unsigned i, ptrdiff_t *at)
{
    const aez_tap *tap = &s->tap[i];
    int            state = TAP_AT;
    *at = 0;
    for (unsigned a = 0; a < g->n_dims; a++) {
        int64_t from = (int64_t)site[a], c = from + tap->offset[a];
        if ((c < 0 || c >= g->shape[a]) && !(along_line && a + 1 == g->n_dims)) {
            int64_t step = i < s->n_primary ? 0 : (int64_t)s->move[a];
            if (!move_inside(&c, g->shape[a], step))
                return TAP_GONE;
            state = TAP_MOVED;
        }
        *at += (c - from) * g->pitch[a];
    }
    return state;
}

static void choose_base(aez_lens *lens, const aez_stage *s, const int *state, const ptrdiff_t *at)
{
    lens->base = AEZ_BASE_CONST;
    lens->base_at[0] = lens->base_at[1] = 0;
    if (s->base == AEZ_BASE_CONST)
        return;
    for (unsigned i = 0; i < s->n_taps; i++) {
        if (state[i] == TAP_GONE || s->tap[i].field != s->field)
            continue;
        lens->base = AEZ_BASE_TAP;
        lens->base_at[0] = at[i];
        break;
    }
    if (s->base == AEZ_BASE_MIDDLE && s->n_taps > 1 && state[0] != TAP_GONE &&
        state[1] != TAP_GONE) {
        lens->base = AEZ_BASE_MIDDLE;
        lens->base_at[0] = at[0];
        lens->base_at[1] = at[1];
    }
}

/* Interpolation along the axis from those of the four primary taps that exist (bits of `have`),
 * relative to the base (spec 4.5, table of fixed predictors). */
static void cubic_weights(int32_t *weight, unsigned *shift, unsigned have)
{
    static const struct {
        int8_t  w[4];
        uint8_t shift;
    } table[16] = {
        [0x0F] = {{0, 0, -1, -1}, 4}, [0x07] = {{2, -1, -1, 0}, 3}, [0x0B] = {{-1, 2, 0, -1}, 3},
        [0x05] = {{0, 0, -1, 0}, 1},
    };
    for (unsigned i = 0; i < 4; i++)
        weight[i] = table[have].w[i];
    *shift = table[have].shift;
}

static void choose_weights(int32_t *weight, unsigned *shift, const aez_stage *s, unsigned have)
{
    const aez_predictor *p = s->predictor;
    memset(weight, 0, AEZ_MAX_TAPS * sizeof *weight);
    *shift = 0;
    if (p->kind == AEZ_PREDICT_BASE || p->kind == AEZ_PREDICT_LINEAR)
        return;
    if (s->n_primary == 4 && (p->kind == AEZ_PREDICT_CUBIC || have != 0x0F)) {
        cubic_weights(weight, shift, have);
        return;
    }
    for (unsigned i = 0; i < s->n_taps; i++)
        weight[i] = p->weight[i];
    *shift = p->weight_shift;
}

uint64_t aez_lens_make(aez_lens *lens, const aez_stage *s, const aez_geometry *g,
                       const uint64_t *site, int along_line)
{
    int       state[AEZ_MAX_TAPS];
    ptrdiff_t at[AEZ_MAX_TAPS];
    int32_t   weight[AEZ_MAX_TAPS];
    uint64_t  mask = 0;
    for (unsigned i = 0; i < s->n_taps; i++) {
        state[i] = locate(s, g, site, along_line, i, &at[i]);
        mask |= (uint64_t)(state[i] == TAP_AT) << i;
    }
    choose_base(lens, s, state, at);
    choose_weights(weight, &lens->weight_shift, s, (unsigned)mask & 0x0F);
    lens->uses_net = s->net && (s->n_primary != 4 || ((unsigned)mask & 0x0F) == 0x0F);
    lens->there = 0;
    for (unsigned i = 0; s->n_contexts && i < s->n_taps; i++) {
        lens->there |= (uint64_t)(state[i] != TAP_GONE) << i;
        lens->place[i] = at[i];
    }
    lens->n = 0;
    for (unsigned i = 0; i < s->n_taps; i++) {
        aez_lens_tap *tap = &lens->tap[lens->n];
        unsigned      activity = s->predictor->activity[i];
        if (state[i] == TAP_GONE || (weight[i] == 0 && activity == 0 && !lens->uses_net))
            continue;
        lens->source_tap[lens->n] = (uint8_t)i;
        tap->field = s->tap[i].field;
        tap->at = at[i];
        tap->shift = s->tap[i].shift;
        tap->weight = weight[i];
        tap->activity = activity;
        lens->n++;
    }
    return mask;
}

void aez_line_interior(const aez_stage *s, const aez_geometry *g, int64_t *lo, int64_t *hi)
{
    unsigned inner = g->n_dims - 1;
    *lo = 0;
    *hi = g->shape[inner];
    for (unsigned i = 0; i < s->n_taps; i++) {
        int64_t off = s->tap[i].offset[inner];
        if (-off > *lo)
            *lo = -off;
        if (g->shape[inner] - off < *hi)
            *hi = g->shape[inner] - off;
    }
}
