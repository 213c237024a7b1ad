/* plan_net.h - context nets: small nets that correct the prediction of a stage and its level. */
#ifndef AEZ_PLAN_NET_H
#define AEZ_PLAN_NET_H

#include "../net/net.h"
#include "plan.h"

#define AEZ_NET_LAYERS_MAX 4 /* hidden ones and the last */
#define AEZ_NET_OUTPUTS 2    /* correction of the mean, and of the level */
#define AEZ_NET_ROW (AEZ_MAX_TAPS + 8 + AEZ_MAX_DIMS) /* inputs, rounded up to eights */

struct aez_context_net {
    unsigned         n_taps; /* of every stage that it serves */
    int8_t           input_shift[AEZ_MAX_TAPS];
    uint8_t          axes;         /* bit a: the position along axis a of the grid is an input */
    uint8_t          level_centre; /* level at which the input that tells the level is 0 */
    unsigned         n_layers;
    aez_layer        layer[AEZ_NET_LAYERS_MAX];
    aez_packed_layer packed[AEZ_NET_LAYERS_MAX];
};

/* Taps, the level, positions. */
unsigned   aez_net_inputs(const aez_context_net *net);
/* Weights of all layers with room for them; widths of the hidden ones. NOMEM. */
aez_status aez_net_init(aez_context_net *net, const aez_mem *mem, unsigned n_taps, uint8_t axes,
                        const uint32_t *hidden, unsigned n_hidden);
/* Lays the layers out for running; call after weights change. */
aez_status aez_net_pack(aez_context_net *net, const aez_mem *mem);
void       aez_net_free(aez_context_net *net, const aez_mem *mem);
aez_status aez_net_copy(aez_context_net *to, const aez_context_net *from, const aez_mem *mem);

/* Bytes of the file (spec 4.6.5). get: CORRUPT, LIMIT, NOMEM; frees what it took on failure. */
void       aez_net_put(const aez_context_net *net, aez_buf *out);
aez_status aez_net_get(aez_context_net *net, const aez_mem *mem, const aez_grid *grid, aez_rd *in);

/* log2 of the expected residual in units of shifted differences, for a level. */
static inline int aez_net_log(int log_step, int shift, unsigned level)
{
    return log_step - shift + (int)(level >> 1) - 3;
}

/* The inputs of a row, from the differences of its taps (0: the tap is gone) at d[t * pitch];
 * positions are left to aez_net_position. log: aez_net_log. */
void    aez_net_row(const aez_context_net *net, const int64_t *d, size_t pitch, int log,
                    unsigned level, int16_t *x);
int16_t aez_net_position(uint64_t c, uint64_t extent);
/* The correction of the prediction, in units of shifted differences, that output 0 stands for. */
int64_t  aez_net_correction(int16_t out, int log);
unsigned aez_net_level(int16_t out, unsigned level);

/* Outputs [n_rows][2] of rows of x, each as long as the first layer is packed for. scratch: twice
 * n_rows * AEZ_SMALL_WIDTH_MAX. */
void   aez_net_run(const aez_context_net *net, const aez_kernels *kernels, const int16_t *x,
                   size_t n_rows, int16_t *scratch, int16_t *out);
size_t aez_net_pitch(const aez_context_net *net); /* values of a row of x */

#endif
