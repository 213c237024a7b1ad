/* mixture.h - values coded by a mixture of logistics and spikes, whose numbers a model gives anew
 * for each value: exact integer frequencies, and the rANS coder that takes them.
 *
 * Values are 0 .. n_values - 1. All of it is integers: a reader gets the same bits everywhere. */
#ifndef AEZ_ENTROPY_MIXTURE_H
#define AEZ_ENTROPY_MIXTURE_H

#include "../base/buf.h"

#define AEZ_MIXTURE_LOG 22 /* frequencies of all values add up to 2^22 */
#define AEZ_MIXTURE_VALUES_MAX 4096
#define AEZ_MIXTURE_LOGISTICS_MAX 8
#define AEZ_MIXTURE_SPIKES_MAX 16
#define AEZ_MIXTURE_OUTPUTS_MAX (3 * AEZ_MIXTURE_LOGISTICS_MAX + AEZ_MIXTURE_SPIKES_MAX)
#define AEZ_MIXTURE_ONE 10 /* fractional bits of a model's numbers */
#define AEZ_MIXTURE_REACH 20 /* logistics are 0 or 1 that many units from their mean */

/* What all mixtures of a field have in common. */
typedef struct aez_mixture_shape {
    uint32_t n_values;    /* 2 .. AEZ_MIXTURE_VALUES_MAX */
    unsigned n_logistics; /* 1 .. AEZ_MIXTURE_LOGISTICS_MAX */
    unsigned n_spikes;    /* 0 .. AEZ_MIXTURE_SPIKES_MAX */
    uint16_t spike[AEZ_MIXTURE_SPIKES_MAX]; /* ascending, below n_values */
} aez_mixture_shape;

/* The model's numbers for one value, int16 with AEZ_MIXTURE_ONE fractional bits: log2 of the
 * weight of each logistic, then of each spike; means in units of 2^unit values; log2 of the scales
 * in values. */
static inline unsigned aez_mixture_outputs(const aez_mixture_shape *shape)
{
    return 3 * shape->n_logistics + shape->n_spikes;
}

/* A mean of 16 is beyond the last value. */
static inline unsigned aez_mixture_unit(uint32_t n_values)
{
    unsigned unit = 0;
    while ((uint32_t)16 << unit < n_values)
        unit++;
    return unit;
}

typedef struct aez_logistic_cell {
    uint32_t at, step; /* value at the cell's start, and how much it grows over the cell */
} aez_logistic_cell;

/* A shape with its tables. */
typedef struct aez_mixture {
    aez_mixture_shape shape;
    unsigned          unit;
    uint32_t          power[1 << AEZ_MIXTURE_ONE]; /* 2^30 * 2^(j / 1024) */
    aez_logistic_cell cell[2 * AEZ_MIXTURE_REACH * 32];
    uint8_t           n_below[AEZ_MIXTURE_VALUES_MAX + 1]; /* spikes below a value */
} aez_mixture;

/* The distribution of one value. */
typedef struct aez_mixed {
    uint64_t ratio;
    int64_t  mean[AEZ_MIXTURE_LOGISTICS_MAX], inverse[AEZ_MIXTURE_LOGISTICS_MAX];
    uint64_t weight[AEZ_MIXTURE_LOGISTICS_MAX];
    uint64_t spikes[AEZ_MIXTURE_SPIKES_MAX + 1]; /* weight of the first j of them */
    unsigned guess;                              /* a likely value */
} aez_mixed;

/* The shape is the caller's to check. */
void aez_mixture_init(aez_mixture *m, const aez_mixture_shape *shape);
void aez_mixture_set(const aez_mixture *m, const int16_t *out, aez_mixed *d);
/* Frequencies of all values below `value` (0 .. n_values); strictly increasing. */
uint32_t aez_mixture_start(const aez_mixture *m, const aez_mixed *d, unsigned value);

/* ---- coder ---------------------------------------------------------------------------------- */

typedef struct aez_mixture_range {
    uint32_t start, freq; /* freq > 0, start + freq <= 2^AEZ_MIXTURE_LOG */
} aez_mixture_range;

typedef struct aez_mixture_writer {
    uint64_t x;
    aez_buf  words; /* in the order in which they were made: a reader needs the last one first */
} aez_mixture_writer;

void aez_mixture_writer_init(aez_mixture_writer *w, const aez_mem *mem);
void aez_mixture_writer_free(aez_mixture_writer *w);
/* Codes ranges[n - 1] .. ranges[0]: what is read last is written first. */
void aez_mixture_write(aez_mixture_writer *w, const aez_mixture_range *ranges, size_t n);
/* Appends the stream. NOMEM. */
aez_status aez_mixture_finish(aez_mixture_writer *w, aez_buf *out);

typedef struct aez_mixture_reader {
    uint64_t       x;
    const uint8_t *p, *end;
} aez_mixture_reader;

/* The bytes have to stay. CORRUPT: the size is no multiple of 4. */
aez_status aez_mixture_reader_init(aez_mixture_reader *r, const uint8_t *bytes, size_t size);
/* The next value: any value, when the stream is used up or was never one. */
unsigned aez_mixture_read(aez_mixture_reader *r, const aez_mixture *m, const aez_mixed *d);
/* Nonzero when the stream was used up exactly. */
int aez_mixture_done(const aez_mixture_reader *r);

#endif
