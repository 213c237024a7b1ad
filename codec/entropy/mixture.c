/* mixture.c - values coded by a mixture of logistics and spikes: integer frequencies, and coder. */
#include "mixture.h"

#include <string.h>

#define WEIGHT_LOG 16 /* the largest weight is 2^16 */
#define CELL_LOG 5    /* fractional bits within a cell of the logistic; 32 cells a unit */
#define VALUE_LOG 24  /* the logistic runs from 0 to 2^24 */
#define SUM_SHIFT 14  /* of weighted sums, which leaves them below 2^31 */
#define RATIO_LOG 40
#define INVERSE_LOG 20
#define ONE (1 << AEZ_MIXTURE_ONE)
#define SCALE_MIN (-6 * ONE)
#define SCALE_MAX (12 * ONE)
#define LOWER ((uint64_t)1 << 32)

/* round(2^30 * 2^(j / 32)) */
static const uint32_t power_32[33] = {
    1073741824, 1097253708, 1121280436, 1145833280, 1170923762, 1196563654, 1222764986,
    1249540052, 1276901417, 1304861917, 1333434672, 1362633090, 1392470869, 1422962010,
    1454120821, 1485961921, 1518500250, 1551751076, 1585730000, 1620452965, 1655936265,
    1692196547, 1729250827, 1767116489, 1805811301, 1845353420, 1885761398, 1927054196,
    1969251188, 2012372174, 2056437387, 2101467502, 2147483648};

/* 2^24 / (1 + 2^(-t / 32)), t in units of a 32nd; at the ends 0 and 2^24. */
static uint32_t logistic_at(int t)
{
    unsigned up = (unsigned)(t < 0 ? -t : t);
    uint64_t small; /* 2^30 * 2^(-up / 32), rounded down */
    uint32_t upper;
    if (up >= AEZ_MIXTURE_REACH * 32)
        return t < 0 ? 0 : (uint32_t)1 << VALUE_LOG;
    small = power_32[(32 - up % 32) % 32] >> (up + 31) / 32;
    upper = (uint32_t)(((uint64_t)1 << (VALUE_LOG + 30)) / (((uint64_t)1 << 30) + small));
    return t < 0 ? ((uint32_t)1 << VALUE_LOG) - upper : upper;
}

void aez_mixture_init(aez_mixture *m, const aez_mixture_shape *shape)
{
    unsigned j = 0;
    memset(m, 0, sizeof *m);
    m->shape = *shape;
    m->unit = aez_mixture_unit(shape->n_values);
    for (unsigned i = 0; i < ONE; i++) {
        uint32_t at = power_32[i >> 5], next = power_32[(i >> 5) + 1];
        m->power[i] = at + (uint32_t)(((uint64_t)(next - at) * (i & 31)) >> 5);
    }
    for (int c = 0; c < 2 * AEZ_MIXTURE_REACH * 32; c++) {
        int t = c - AEZ_MIXTURE_REACH * 32;
        m->cell[c].at = logistic_at(t);
        m->cell[c].step = logistic_at(t + 1) - m->cell[c].at;
    }
    for (unsigned v = 0; v <= shape->n_values; v++) {
        while (j < shape->n_spikes && shape->spike[j] < v)
            j++;
        m->n_below[v] = (uint8_t)j;
    }
}

/* 2^16 * 2^(-down / 1024), rounded down. */
static inline uint64_t weight_of(const aez_mixture *m, int down)
{
    int whole = (down + ONE - 1) >> AEZ_MIXTURE_ONE;
    if (whole > WEIGHT_LOG)
        return 0;
    return m->power[(whole << AEZ_MIXTURE_ONE) - down] >> (30 - WEIGHT_LOG + whole);
}

/* 2^20 * 2^(-scale / 1024), rounded down. */
static inline int64_t inverse_of(const aez_mixture *m, int scale)
{
    int whole = -scale >> AEZ_MIXTURE_ONE; /* -12 .. 6 */
    return m->power[-scale & (ONE - 1)] >> (30 - INVERSE_LOG - whole);
}

void aez_mixture_set(const aez_mixture *m, const int16_t *out, aez_mixed *d)
{
    const unsigned n = m->shape.n_logistics, n_all = n + m->shape.n_spikes;
    const int16_t *mean = out + n_all, *scale = mean + n;
    unsigned       heaviest = 0;
    uint64_t       total = 0;
    for (unsigned i = 1; i < n_all; i++)
        heaviest = out[i] > out[heaviest] ? i : heaviest;
    for (unsigned i = 0; i < n; i++) {
        int s = scale[i] < SCALE_MIN ? SCALE_MIN : scale[i] > SCALE_MAX ? SCALE_MAX : scale[i];
        d->weight[i] = weight_of(m, out[heaviest] - out[i]);
        d->mean[i] = mean[i] * ((int64_t)1 << m->unit) + ONE / 2;
        d->inverse[i] = inverse_of(m, s);
        total += d->weight[i];
    }
    d->spikes[0] = 0;
    for (unsigned j = 0; j < m->shape.n_spikes; j++)
        d->spikes[j + 1] = d->spikes[j] + weight_of(m, out[heaviest] - out[n + j]);
    total += d->spikes[m->shape.n_spikes];
    /* The heaviest has 2^16: the total is at least 2^26 once shifted, and below 2^31. */
    d->ratio = (((uint64_t)1 << AEZ_MIXTURE_LOG) - m->shape.n_values) << RATIO_LOG;
    d->ratio /= total << (VALUE_LOG - SUM_SHIFT);
    if (heaviest >= n) {
        d->guess = m->shape.spike[heaviest - n];
    } else {
        int64_t v = d->mean[heaviest] >> AEZ_MIXTURE_ONE;
        d->guess = v < 0 ? 0 : v >= m->shape.n_values ? m->shape.n_values - 1 : (unsigned)v;
    }
}

/* The sum of weighted logistics at value - 1/2 and of the spikes below, then scaled so that the
 * whole leaves room for one more of each value. The sum is below 2^31 and ratio * total at most
 * 2^62, so nothing overflows; it does not fall from one value to the next, and `value` grows. */
uint32_t aez_mixture_start(const aez_mixture *m, const aez_mixed *d, unsigned value)
{
    uint64_t sum;
    if (value == 0)
        return 0;
    if (value >= m->shape.n_values)
        return (uint32_t)1 << AEZ_MIXTURE_LOG;
    sum = d->spikes[m->n_below[value]] << VALUE_LOG;
    for (unsigned i = 0; i < m->shape.n_logistics; i++) {
        /* |mean| < 2^23 + 2^9, value < 2^12 and inverse <= 2^26: the product is below 2^50 */
        int64_t z = (((int64_t)value << AEZ_MIXTURE_ONE) - d->mean[i]) * d->inverse[i];
        z = (z >> INVERSE_LOG) + (AEZ_MIXTURE_REACH << AEZ_MIXTURE_ONE);
        if (z >= 2 * (AEZ_MIXTURE_REACH << AEZ_MIXTURE_ONE)) {
            sum += d->weight[i] << VALUE_LOG;
        } else if (z > 0) {
            const aez_logistic_cell *c = &m->cell[z >> CELL_LOG];
            uint64_t over = (uint64_t)z & ((1 << CELL_LOG) - 1);
            sum += d->weight[i] * (c->at + ((c->step * over) >> CELL_LOG));
        }
    }
    return (uint32_t)(((sum >> SUM_SHIFT) * d->ratio) >> RATIO_LOG) + value;
}

/* ---- coder ---------------------------------------------------------------------------------- */

void aez_mixture_writer_init(aez_mixture_writer *w, const aez_mem *mem)
{
    w->x = 0; /* below the lower bound: costs no bits, as in the narrow form of rans.c */
    aez_buf_init(&w->words, mem);
}

void aez_mixture_writer_free(aez_mixture_writer *w)
{
    aez_buf_free(&w->words);
}

void aez_mixture_write(aez_mixture_writer *w, const aez_mixture_range *ranges, size_t n)
{
    uint64_t x = w->x;
    while (n-- > 0) {
        uint64_t freq = ranges[n].freq;
        if (x >> (64 - AEZ_MIXTURE_LOG) >= freq) {
            aez_put_u32(&w->words, (uint32_t)x);
            x >>= 32;
        }
        x = ((x / freq) << AEZ_MIXTURE_LOG) + ranges[n].start + x % freq;
    }
    w->x = x;
}

aez_status aez_mixture_finish(aez_mixture_writer *w, aez_buf *out)
{
    const uint8_t *p;
    if (w->x)
        aez_put_u32(&w->words, (uint32_t)w->x);
    if (w->x >= LOWER)
        aez_put_u32(&w->words, (uint32_t)(w->x >> 32));
    if (w->words.failed)
        return AEZ_ERR_NOMEM;
    p = w->words.data;
    for (size_t at = w->words.size; at > 0; at -= 4)
        aez_put(out, p + at - 4, 4);
    return out->failed ? AEZ_ERR_NOMEM : AEZ_OK;
}

static inline uint64_t refill(uint64_t x, const uint8_t **p, const uint8_t *end)
{
    const uint8_t *q = *p;
    if (x >= LOWER || q == end)
        return x;
    *p += 4;
    return x << 32 | q[0] | (uint64_t)q[1] << 8 | (uint64_t)q[2] << 16 | (uint64_t)q[3] << 24;
}

aez_status aez_mixture_reader_init(aez_mixture_reader *r, const uint8_t *bytes, size_t size)
{
    if (size % 4)
        return AEZ_ERR_CORRUPT;
    r->p = bytes;
    r->end = bytes + size;
    r->x = refill(0, &r->p, r->end);
    r->x = refill(r->x, &r->p, r->end);
    return AEZ_OK;
}

/* The value whose range holds the slot: from the guess in growing steps, then by halves. */
static unsigned find(const aez_mixture *m, const aez_mixed *d, uint32_t slot,
                     aez_mixture_range *range)
{
    unsigned lo = d->guess, hi, step = 1;
    uint32_t at_lo = aez_mixture_start(m, d, lo), at_hi;
    if (slot < at_lo) {
        do {
            hi = lo;
            at_hi = at_lo;
            lo = hi > step ? hi - step : 0;
            at_lo = aez_mixture_start(m, d, lo);
            step *= 2;
        } while (slot < at_lo);
    } else {
        hi = lo + 1;
        at_hi = aez_mixture_start(m, d, hi);
        while (slot >= at_hi) {
            lo = hi;
            at_lo = at_hi;
            hi = m->shape.n_values - lo > step ? lo + step : m->shape.n_values;
            at_hi = aez_mixture_start(m, d, hi);
            step *= 2;
        }
    }
    while (hi - lo > 1) {
        unsigned middle = lo + (hi - lo) / 2;
        uint32_t at = aez_mixture_start(m, d, middle);
        if (slot < at) {
            hi = middle;
            at_hi = at;
        } else {
            lo = middle;
            at_lo = at;
        }
    }
    range->start = at_lo;
    range->freq = at_hi - at_lo;
    return lo;
}

unsigned aez_mixture_read(aez_mixture_reader *r, const aez_mixture *m, const aez_mixed *d)
{
    uint32_t          slot = (uint32_t)r->x & (((uint32_t)1 << AEZ_MIXTURE_LOG) - 1);
    aez_mixture_range range;
    unsigned          value = find(m, d, slot, &range);
    r->x = range.freq * (r->x >> AEZ_MIXTURE_LOG) + slot - range.start;
    r->x = refill(r->x, &r->p, r->end);
    return value;
}

int aez_mixture_done(const aez_mixture_reader *r)
{
    return r->p == r->end && r->x == 0;
}
