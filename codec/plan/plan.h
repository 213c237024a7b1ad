/* plan.h - who is predicted when, and from what: the stages of a chunk, and their execution.
 *
 * A plan is data: a list of templates, each of which expands to stages by the rules of spec 4. A
 * stage is a set of target sites, taps, and a predictor; running the plan visits every site of
 * every field once. Arithmetic is modulo 2^64 throughout, so any plan is safe on any data. */
#ifndef AEZ_PLAN_PLAN_H
#define AEZ_PLAN_PLAN_H

#include "../base/buf.h"
#include "../base/ifield.h"
#include "../residual/residual.h"

#define AEZ_MAX_TAPS 64
#define AEZ_MAX_STAGES 4096
#define AEZ_MAX_NETS 64 /* of a template */
#define AEZ_WEIGHT_SHIFT_MAX 14
#define AEZ_PYRAMID_LOG_MAX 12 /* largest log2 of a pyramid's coarsest stride */
#define AEZ_MATCH_CONTEXTS 3
#define AEZ_MATCH_STATES (8 * AEZ_MATCH_CONTEXTS) /* the highest levels, where there are matches */
#define AEZ_MATCH_LOG_MIN 4 /* log2 of the places in a table of matches */
#define AEZ_MATCH_LOG_MAX 18

/* The grid of a chunk: its box without the axes of length 1 (one axis of length 1 if none is left).
 */
typedef struct aez_grid {
    unsigned n_dims;
    uint64_t shape[AEZ_MAX_DIMS];
    uint64_t n_sites;
} aez_grid;

/* A grid may have more sites than a chunk has values: of these, one for each so many at most. */
#define AEZ_SPARE_SHARE 8

void aez_grid_init(aez_grid *grid, const uint64_t *box, unsigned n_dims);

typedef struct aez_tap {
    uint32_t field;
    int32_t  offset[AEZ_MAX_DIMS]; /* in sites of the grid */
    int8_t   shift;                /* of its difference: >> shift, or << -shift */
} aez_tap;

typedef enum aez_predictor_kind { /* numbers are those of the file format */
    AEZ_PREDICT_BASE = 0,   /* the base alone */
    AEZ_PREDICT_LINEAR = 1, /* pyramid: midpoint of the two nearest */
    AEZ_PREDICT_CUBIC = 2,  /* pyramid: four nearest along the axis, -1 9 9 -1 over 16 */
    AEZ_PREDICT_WEIGHTS = 3 /* base + sum of weights * differences */
} aez_predictor_kind;

typedef struct aez_context_net aez_context_net; /* plan_net.h */

typedef struct aez_predictor {
    aez_predictor_kind kind;
    uint8_t            net; /* 1 + number of the template's net that corrects it; 0: none */
    uint8_t            weight_shift;
    int16_t            weight[AEZ_MAX_TAPS]; /* kind WEIGHTS: scaled by 2^weight_shift */
    uint8_t            activity[AEZ_MAX_TAPS]; /* weights of |difference| in the expected scale */
    int16_t level_offset; /* level = clamp(half-octaves of the activity - level_offset) */
} aez_predictor;

typedef enum aez_base_rule {
    AEZ_BASE_CONST = 0, /* the field's constant */
    AEZ_BASE_TAP = 1,   /* tap 0, else the first tap that exists, else the constant */
    AEZ_BASE_MIDDLE = 2 /* midpoint of taps 0 and 1, else tap 0, else the constant */
} aez_base_rule;

/* One expanded stage. */
typedef struct aez_stage {
    uint32_t             field;
    uint64_t             start[AEZ_MAX_DIMS], stride[AEZ_MAX_DIMS];
    uint64_t move[AEZ_MAX_DIMS]; /* a tap outside moves by multiples of it; 0: is missing */
    unsigned             n_taps;
    unsigned             n_primary; /* pyramid: taps that never move (4); else 0 */
    aez_tap              tap[AEZ_MAX_TAPS];
    aez_base_rule        base;
    int                  serial; /* a tap may look at a site of the same line and stage */
    int                  fixed_grid;
    int                  mean_levels;
    int64_t              mean_floor; /* mean_levels: bin of a prediction p is */
    uint8_t              mean_shift; /* clamp((p - mean_floor) >> mean_shift, 0, 15), and symbols
                                      * count from the middle, mean_floor + (8 << mean_shift) */
    uint8_t              shift; /* of same-field differences, and of the prediction's way back */
    unsigned             n_contexts; /* match taps: contexts looked up, the first to be met counts */
    uint64_t             context[AEZ_MATCH_CONTEXTS]; /* bit i: tap i belongs to it */
    uint8_t              match_log; /* log2 of the places in each context's table */
    const aez_predictor *predictor;
    const aez_context_net *net; /* NULL: none */
    unsigned             axis, log; /* pyramid: axis refined, log2 of the distance; anchors: log */
} aez_stage;

typedef enum aez_template_kind { /* numbers are those of the file format */
    AEZ_TEMPLATE_LIST = 1,   /* every site in C order, taps listed */
    AEZ_TEMPLATE_PYRAMID = 2 /* anchors, then coarse to fine along `order` */
} aez_template_kind;

enum {
    AEZ_CROSS_TAPS = 1,     /* pyramid: four taps for every other pyramid axis */
    AEZ_SCAN_TAPS = 2,      /* pyramid: taps in the previous positions of the scanned axes */
    AEZ_FIXED_GRID = 4,     /* predictions are rounded to multiples of the step */
    AEZ_CHANNEL_TAPS = 8,   /* pyramid: the same site and its neighbours in earlier fields */
    AEZ_MEAN_LEVELS = 16,   /* levels tell the predicted value too, and symbols are values: for data
                             * of few values, whose distribution is no bell around the prediction */
    AEZ_MATCH_TAPS = 32,    /* list: the value that followed the last equal context, on a fixed grid:
                             * for data that repeats itself */
    AEZ_NETS = 64           /* predictors may have nets; not with MEAN_LEVELS or MATCH_TAPS */
};

typedef struct aez_template {
    aez_template_kind kind;
    uint32_t          field;
    unsigned          flags;
    uint8_t           shift;
    int64_t           mean_floor; /* MEAN_LEVELS, as in aez_stage */
    uint8_t           mean_shift;
    /* LIST */
    aez_base_rule base;
    unsigned      n_taps;
    aez_tap      *tap; /* [n_taps] */
    unsigned      n_contexts; /* MATCH_TAPS: 1 .. AEZ_MATCH_CONTEXTS */
    uint64_t      context[AEZ_MATCH_CONTEXTS];
    uint8_t       match_log;
    /* PYRAMID */
    unsigned log;     /* log2 of the coarsest stride, 1 .. AEZ_PYRAMID_LOG_MAX */
    unsigned n_order; /* axes that take part, finest last */
    uint8_t  order[AEZ_MAX_DIMS];
    uint32_t n_channels;                /* CHANNEL_TAPS: earlier fields tapped */
    uint32_t channel[AEZ_MAX_TAPS];
    int8_t   channel_shift[AEZ_MAX_TAPS];
    /* one for each stage that the template expands to on the plan's grid */
    size_t         n_predictors;
    aez_predictor *predictor;
    unsigned         n_nets; /* NETS: 1 .. AEZ_MAX_NETS */
    aez_context_net *nets;
} aez_template;

/* Templates of one group run together at each position of the scanned axes, in C order. */
typedef struct aez_group {
    uint8_t       scan_mask; /* bit a: axis a is scanned */
    size_t        n_templates;
    aez_template *templates;
} aez_group;

typedef struct aez_plan {
    uint32_t   n_fields; /* given ones included: they come first, are known, and have no stages */
    int64_t   *constant; /* [n_fields] value of sites not yet restored, and of the constant base */
    size_t     n_groups;
    aez_group *groups;
} aez_plan;

void       aez_plan_free(aez_plan *plan, const aez_mem *mem);
/* Serialised form (spec 4.6); the reader checks every number against the grid and the limits. */
void       aez_plan_put(const aez_plan *plan, const aez_grid *grid, aez_buf *out);
aez_status aez_plan_get(aez_plan *plan, const aez_mem *mem, const aez_grid *grid, uint32_t n_fields,
                        aez_rd *in);
/* The same for a plan whose first n_given <= n_fields fields are known before it runs: no template
 * is theirs, and taps may look at any of their sites. */
aez_status aez_plan_get_given(aez_plan *plan, const aez_mem *mem, const aez_grid *grid,
                              uint32_t n_given, uint32_t n_fields, aez_rd *in);
/* The parts of that: constants, and what follows them. get: into a plan that was all zero, or has
 * the other part; the caller frees it whatever comes back. */
void       aez_plan_put_constants(const aez_plan *plan, aez_buf *out);
void       aez_plan_put_groups(const aez_plan *plan, const aez_grid *grid, aez_buf *out);
aez_status aez_plan_get_constants(aez_plan *plan, const aez_mem *mem, uint32_t n_fields,
                                  aez_rd *in);
aez_status aez_plan_get_groups(aez_plan *plan, const aez_mem *mem, const aez_grid *grid,
                               uint32_t n_given, uint32_t n_fields, aez_rd *in);
/* The stages of one template on the grid, in order; at most max are written, the full number is
 * returned. predictor pointers are set when the template has them. */
size_t aez_template_expand(const aez_template *t, const aez_grid *grid, uint8_t scan_mask,
                           aez_stage *stages, size_t max);
/* "pyramid over axes 1,2, scan of axis 0" */
void aez_template_text(const aez_template *t, uint8_t scan_mask, const aez_grid *grid, char *text,
                       size_t size);
/* Number of target sites of a stage (scanned axes: one position). */
uint64_t aez_stage_sites(const aez_stage *stage, const aez_grid *grid, uint8_t scan_mask);

/* Codes all fields: writers[f] takes the residuals of field f; k is replaced by restored values. */
aez_status aez_plan_encode(const aez_plan *plan, const aez_mem *mem, const aez_grid *grid,
                           aez_ifield *fields, aez_residual_writer *writers);
/* Restores all fields from their readers. skip arrays may be filled by `ready(opaque, f)`, called
 * before the first stage of field f; NULL: nothing to do. CORRUPT when a reader runs out. */
aez_status aez_plan_decode(const aez_plan *plan, const aez_mem *mem, const aez_grid *grid,
                           aez_ifield *fields, aez_residual_reader *readers,
                           void (*ready)(void *opaque, uint32_t field), void *opaque);

/* What the predictor of a stage without net makes of one site, from taps read from `source`, and
 * what its net is shown there: for training. */
typedef struct aez_net_view {
    int      used;  /* 0: the net has no part here */
    unsigned level; /* before the net's correction */
    int      log;   /* aez_net_log of it */
    int64_t  predicted;
    int16_t *x;     /* the caller's: aez_net_inputs values of the net's row, for each tap in turn */
} aez_net_view;
aez_status aez_stage_view(const aez_stage *stage, const aez_mem *mem, const aez_grid *grid,
                          const int64_t *const *source, const int64_t *constant, uint64_t step,
                          const uint64_t *site, aez_net_view *view);

/* Differences of one site as the predictor sees them (already shifted), for fitting: d[n_taps], and
 * the base. Taps are read from `source` (one array a field). Returns the mask of taps that stand
 * where they point (bit i), neither moved nor missing. */
uint64_t aez_stage_differences(const aez_stage *stage, const aez_grid *grid,
                               const int64_t *const *source, const int64_t *constant,
                               const uint64_t *site, int64_t *d, int64_t *base);

#endif
