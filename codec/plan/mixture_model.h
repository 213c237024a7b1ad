/* mixture_model.h - one field of few values, coded value by value: a small net looks at the values
 * before and gives the mixture that the next one is coded with.
 *
 * The first axes of the grid are batch: their positions are items, independent of one another. The
 * sites of an item are visited in C order, and AEZ_MIXTURE_LANES items in lockstep, so that each
 * step of the net is a small matrix product. */
#ifndef AEZ_PLAN_MIXTURE_MODEL_H
#define AEZ_PLAN_MIXTURE_MODEL_H

#include "../entropy/mixture.h"
#include "../net/net.h"
#include "plan.h"

#define AEZ_MIXTURE_LANES 64
#define AEZ_MIXTURE_LAYERS_MAX 4 /* hidden ones and the last */
#define AEZ_MIXTURE_WIDTH_MAX 256
#define AEZ_MIXTURE_SHORT 4      /* axes up to this long tell their position by one input each */
#define AEZ_MIXTURE_WEIGHT_MAX 127
#define AEZ_MIXTURE_BIAS_MAX 2047
#define AEZ_MIXTURE_LOG_MIN 3 /* of the step of weights, which is 2^-log */
#define AEZ_MIXTURE_LOG_MAX 12

typedef struct aez_mixture_model {
    unsigned          n_batch; /* leading axes of the grid, below n_dims */
    int64_t           first;   /* value 0 of the mixture stands for */
    aez_mixture_shape shape;
    uint32_t          outside; /* value that taps without a site read */
    unsigned          n_taps;
    int32_t           tap[AEZ_MAX_TAPS][AEZ_MAX_DIMS]; /* offsets in axes n_batch .. n_dims - 1 */
    unsigned          n_layers;
    aez_layer         layer[AEZ_MIXTURE_LAYERS_MAX]; /* all of them small (net.h) */
    uint8_t           log[AEZ_MIXTURE_LAYERS_MAX]; /* weights and biases count 2^-log */
} aez_mixture_model;

/* Layers with room for weights: n_hidden widths, then the outputs. The rest is set before. NOMEM.
 */
aez_status aez_mixture_model_layers(aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                                    const uint32_t *hidden, unsigned n_hidden);
void       aez_mixture_model_free(aez_mixture_model *m, const aez_mem *mem);
aez_status aez_mixture_model_copy(aez_mixture_model *to, const aez_mixture_model *from,
                                  const aez_mem *mem, const aez_grid *grid);
/* Inputs of the net: taps, then the position along each axis of an item. */
unsigned aez_mixture_inputs(const aez_mixture_model *m, const aez_grid *grid);

/* Bytes of the file (spec 12.2). get: CORRUPT, NOMEM; frees what it took on failure. */
aez_status aez_mixture_model_put(const aez_mixture_model *m, const aez_mem *mem,
                                 const aez_grid *grid, aez_buf *out);
aez_status aez_mixture_model_get(aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                                 aez_rd *in);

/* The net's inputs at site `at` of an item, from the item's values (`from`, value v of a site at
 * [site * pitch]); row of aez_mixture_inputs numbers. */
typedef struct aez_mixture_view {
    const aez_mixture_model *model;
    unsigned                 n_axes; /* of an item */
    int64_t                  shape[AEZ_MAX_DIMS], pitch[AEZ_MAX_DIMS];
    uint64_t                 n_sites; /* of an item */
    unsigned                 n_inputs;
    int16_t                  input[AEZ_MIXTURE_VALUES_MAX]; /* of a value */
} aez_mixture_view;

void aez_mixture_view_init(aez_mixture_view *view, const aez_mixture_model *m,
                           const aez_grid *grid);
/* Site that each tap reads at `site` (coordinates c) of an item; -1: none. */
void aez_mixture_sites(const aez_mixture_view *view, const int64_t *c, int64_t site,
                       int64_t *from);
/* Inputs that tell the position, from input n_taps on. */
void aez_mixture_position(const aez_mixture_view *view, const int64_t *c, int16_t *x);

/* Codes k[grid->n_sites], all of them within the model's values. NOMEM. */
aez_status aez_mixture_encode(const aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                              const int64_t *k, aez_buf *out);
/* CORRUPT when the bytes are not what a writer made. */
aez_status aez_mixture_decode(const aez_mixture_model *m, const aez_mem *mem, const aez_grid *grid,
                              const uint8_t *bytes, size_t size, int64_t *k);

#endif
