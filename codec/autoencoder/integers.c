/* integers.c - a row of integers as bytes: differences to neighbours, planes, packed symbols. */
#include "integers.h"

#include "../entropy/entropy.h"

#include <string.h>

#define PLANES_MAX 8
#define WIDTH_MAX 65536 /* that a writer looks for */
#define PREDICT_SHIFT 4 /* of the predictor in the first byte */
#define ZSTD_LEVEL 19
#define ZSTD_LEAST 4096  /* values for which zstd is worth its time */
#define ZSTD_MOST 262144
#define SPREAD 8192 /* values that tell widths apart */

typedef enum predictor {
    NO_NEIGHBOUR = 0,
    PREVIOUS = 1,
    PLANE = 2 /* left + above - above left, in lines of a given width */
} predictor;

typedef struct form {
    predictor predictor;
    size_t    width; /* of PLANE: 2 .. n - 1 */
} form;

/* Arithmetic is modulo 2^64. Outside of the map there are zeros, but that the first line has the
 * value to the left, and the first value of a line the one above. */
static inline uint64_t predict(const form *f, const int64_t *v, size_t i)
{
    if (i == 0 || f->predictor == NO_NEIGHBOUR)
        return 0;
    if (f->predictor == PREVIOUS || i < f->width)
        return (uint64_t)v[i - 1];
    if (i % f->width == 0)
        return (uint64_t)v[i - f->width];
    return (uint64_t)v[i - 1] + (uint64_t)v[i - f->width] - (uint64_t)v[i - f->width - 1];
}

static inline uint64_t zigzag_at(const form *f, const int64_t *v, size_t i)
{
    return aez_zigzag((int64_t)((uint64_t)v[i] - predict(f, v, i)));
}

/* ---- writing --------------------------------------------------------------------------------- */

static double bits_of(uint64_t z)
{
    double bits = 1;
    for (; z > 0; z >>= 1)
        bits += 1;
    return bits;
}

/* About the bits that a form takes, from evenly spread values. */
static double form_bits(const form *f, const int64_t *v, size_t n)
{
    size_t step = n / SPREAD + 1;
    double bits = 0;
    for (size_t i = 0; i < n; i += step)
        bits += bits_of(zigzag_at(f, v, i));
    return bits;
}

/* All planes but the highest have 8 bits; the highest one as many as a symbol has, at most. */
static unsigned count_planes(const form *f, const int64_t *v, size_t n)
{
    uint64_t all = 0;
    unsigned n_planes = 0;
    for (size_t i = 0; i < n; i++)
        all |= zigzag_at(f, v, i);
    for (; all > AEZ_SYMBOL_MAX; all >>= 8)
        n_planes++;
    return n_planes + (all > 0);
}

/* The same from the entropy of each plane, tables included. */
static double entropy_bits(const form *f, const int64_t *v, size_t n)
{
    unsigned n_planes = count_planes(f, v, n);
    double   bits = 0;
    for (unsigned p = 0; p < n_planes; p++) {
        uint32_t histogram[AEZ_SYMBOL_MAX + 1] = {0};
        unsigned mask = p + 1 == n_planes ? AEZ_SYMBOL_MAX : 255;
        for (size_t i = 0; i < n; i++)
            histogram[zigzag_at(f, v, i) >> (8 * p) & mask]++;
        bits += aez_symbols_cost(histogram, mask + 1);
    }
    return bits;
}

/* Of the widths that divide n, as the row is a whole number of lines then, the one that leaves the
 * smallest numbers. n / 2 at most, so that there are two lines. */
static form best_plane(const int64_t *v, size_t n)
{
    form   best = {PLANE, 0}, f = best;
    double least = 0;
    for (f.width = 2; f.width <= n / 2 && f.width <= WIDTH_MAX; f.width++) {
        double bits;
        if (n % f.width != 0)
            continue;
        bits = form_bits(&f, v, n);
        if (best.width == 0 || bits < least) {
            least = bits;
            best = f;
        }
    }
    return best;
}

static form choose_form(const int64_t *v, size_t n)
{
    form   forms[3] = {{NO_NEIGHBOUR, 0}, {PREVIOUS, 0}, best_plane(v, n)}, best = forms[0];
    double least = entropy_bits(&best, v, n);
    for (size_t i = 1; i < (forms[2].width ? 3 : 2) && least > 0; i++) {
        double bits = entropy_bits(&forms[i], v, n);
        if (bits < least) {
            least = bits;
            best = forms[i];
        }
    }
    return best;
}

static aez_status put_plane(const aez_mem *mem, const form *f, const int64_t *v, size_t n,
                            unsigned plane, unsigned n_planes, uint16_t *symbols, aez_buf *out)
{
    const aez_pack_options options = {0, n >= ZSTD_LEAST && n <= ZSTD_MOST ? ZSTD_LEVEL : 0};
    unsigned mask = plane + 1 == n_planes ? AEZ_SYMBOL_MAX : 255;
    for (size_t i = 0; i < n; i++)
        symbols[i] = (uint16_t)(zigzag_at(f, v, i) >> (8 * plane) & mask);
    return aez_symbols_pack(mem, symbols, n, &options, out);
}

aez_status aez_integers_put(const aez_mem *mem, const int64_t *v, size_t n, aez_buf *out)
{
    form       f = choose_form(v, n);
    unsigned   n_planes = count_planes(&f, v, n);
    uint16_t  *symbols = aez_take_raw(mem, n, sizeof *symbols);
    aez_status st = symbols ? AEZ_OK : AEZ_ERR_NOMEM;
    aez_put_u8(out, n_planes | (unsigned)f.predictor << PREDICT_SHIFT);
    if (f.predictor == PLANE)
        aez_put_varint(out, f.width);
    for (unsigned p = n_planes; st == AEZ_OK && p-- > 0;)
        st = put_plane(mem, &f, v, n, p, n_planes, symbols, out);
    aez_drop(mem, symbols);
    return st;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Adds a plane to the zigzags collected so far in v. */
static aez_status get_plane(const aez_mem *mem, aez_rd *in, int64_t *v, size_t n, unsigned most)
{
    uint16_t  *symbols = NULL;
    size_t     n_read = 0;
    aez_status st = aez_symbols_unpack(mem, in, n, &symbols, &n_read);
    if (st == AEZ_OK && n_read != n)
        st = AEZ_ERR_CORRUPT;
    for (size_t i = 0; st == AEZ_OK && i < n; i++) {
        if (symbols[i] > most)
            st = AEZ_ERR_CORRUPT;
        else
            v[i] = (int64_t)((uint64_t)v[i] << 8 | symbols[i]);
    }
    aez_drop(mem, symbols);
    return st;
}

aez_status aez_integers_get(const aez_mem *mem, aez_rd *in, int64_t *v, size_t n)
{
    unsigned   head = aez_get_u8(in), n_planes = head & 15;
    form       f = {(predictor)(head >> PREDICT_SHIFT), 0};
    uint64_t   width = head >> PREDICT_SHIFT == PLANE ? aez_get_varint(in) : 2;
    aez_status st = AEZ_OK;
    if (in->failed)
        return AEZ_ERR_TRUNCATED;
    if (head >> PREDICT_SHIFT > PLANE || n_planes > PLANES_MAX || width < 2 ||
        (f.predictor == PLANE && width >= n))
        return AEZ_ERR_CORRUPT;
    f.width = (size_t)width;
    memset(v, 0, n * sizeof *v);
    for (unsigned p = n_planes; st == AEZ_OK && p-- > 0;)
        st = get_plane(mem, in, v, n,
                       p + 1 < n_planes ? 255 : n_planes == PLANES_MAX ? 255 : AEZ_SYMBOL_MAX);
    for (size_t i = 0; st == AEZ_OK && i < n; i++)
        v[i] = (int64_t)((uint64_t)aez_unzigzag((uint64_t)v[i]) + predict(&f, v, i));
    return st;
}
