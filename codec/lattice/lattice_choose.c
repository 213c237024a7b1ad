/* lattice_choose.c - the lattice of a field, from its type, its bound and its survey. */
#include "lattice.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "decimal.h"
#include "lattice_log.h"
#include "lattice_table.h"
#include "survey_state.h"

#define FRACTION_BITS 8 /* a bounded float's step is 2^8 units: predictions are finer than steps   \
                         */
#define K_LIMIT 562949953421312.0 /* 2^49: |x| / unit stays below, half of what forward can take   \
                                   */
#define EPSILON_LIMIT (DBL_MAX / 16) /* a bound above it is kept by this one */

static int is_float(aez_type type)
{
    return type == AEZ_F32 || type == AEZ_F64;
}

/* Spacing of the type's values at this magnitude. */
static double spacing(aez_type type, double magnitude)
{
    int e, least = type == AEZ_F32 ? -149 : -1074;
    (void)frexp(magnitude, &e); /* magnitude = 0.5 .. 1 times 2^e */
    e -= type == AEZ_F32 ? 24 : 53;
    return ldexp(1, magnitude == 0 || e < least ? least : e);
}

/* v with all but its 24 leading bits cleared: products with k below 2^29 are then exact. */
static double round_down(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    bits &= ~((UINT64_C(1) << 29) - 1);
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* 10^(-decibels / 20) from powers and square roots, which every machine rounds alike */
static double amplitude(double decibels)
{
    double v = decibels / 20, root = 10, ratio = 1;
    if (v > 400)
        return 0;
    for (; v >= 1; v -= 1)
        ratio *= 10;
    for (int i = 0; i < 40; i++) {
        root = sqrt(root);
        v *= 2;
        if (v >= 1) {
            ratio *= root;
            v -= 1;
        }
    }
    return 1 / ratio;
}

/* max - min; infinite when it overflows */
static double range_of(const aez_survey *s)
{
    if (survey_n_finite(s) == 0)
        return 0;
    if (s->field.type == AEZ_U64)
        return (double)(s->uhigh - s->ulow);
    if (!is_float(s->field.type))
        return (double)((uint64_t)s->high - (uint64_t)s->low);
    return s->top.outer + s->bottom.outer;
}

static double epsilon_of(const aez_field *field, const aez_survey *s)
{
    double epsilon = field->bound;
    if (field->mode == AEZ_REL) /* s may be missing where the bound is 0 */
        epsilon = field->bound > 0 ? field->bound * range_of(s) : 0;
    else if (field->mode ==
             AEZ_PSNR) /* an error spread evenly over +-epsilon has rms epsilon / sqrt(3) */
        epsilon = sqrt(3.0) * range_of(s) * amplitude(field->bound);
    return epsilon < EPSILON_LIMIT ? epsilon : EPSILON_LIMIT;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static int has_distinct(const aez_survey *s)
{
    return s && s->counting && s->n_distinct > 0 && s->n_distinct <= survey_n_finite(s) / 8 + 1;
}

/* Whether indices into a table serve better than integers that span `range` values: they must be at
 * least twice as dense, and half the bits that this could save must pay for the table. */
static int table_is_better(const aez_survey *s, double range)
{
    double bits, n = (double)survey_n_finite(s);
    int    e;
    if (!has_distinct(s) || s->n_distinct > 4096)
        return 0;
    (void)frexp(range / (double)s->n_distinct, &e);
    bits = (double)(e - 1); /* floor(log2(range / distinct)) */
    return bits >= 1 && n * bits > 2 * (double)s->n_distinct * (bits + 4);
}

/* -0 is left out, unless it is alone: it would keep a table of decimals from being written as such.
 */
static aez_status make_table(aez_lattice *out, const aez_mem *mem, const aez_survey *s)
{
    uint64_t minus_zero = out->type == AEZ_F32   ? UINT64_C(1) << 31
                          : out->type == AEZ_F64 ? UINT64_C(1) << 63
                                                 : 0;
    uint32_t n = 0;
    out->kind = AEZ_LATTICE_TABLE;
    out->table = aez_take_raw(mem, s->n_distinct, sizeof *out->table);
    if (!out->table)
        return AEZ_ERR_NOMEM;
    if (s->has_zero)
        out->table[n++] = 0;
    for (size_t i = 0; i < SURVEY_SLOTS; i++) {
        uint64_t bits = s->slots[i];
        if (bits != 0 && (bits != minus_zero || s->n_distinct == 1))
            out->table[n++] = bits;
    }
    out->n_table = n;
    lattice_table_sort(out->type, out->table, n);
    return lattice_table_index(out, mem);
}

/* All finite values are equal. */
static aez_status make_constant(aez_lattice *out, const aez_mem *mem, double value)
{
    float    narrow = (float)value;
    uint32_t bits;
    out->kind = AEZ_LATTICE_TABLE;
    out->table = aez_take(mem, 1, sizeof *out->table);
    if (!out->table)
        return AEZ_ERR_NOMEM;
    if (out->type == AEZ_F32) {
        memcpy(&bits, &narrow, sizeof bits);
        out->table[0] = bits;
    } else {
        memcpy(out->table, &value, sizeof value);
    }
    out->n_table = 1;
    return lattice_table_index(out, mem);
}

/* ---- integers -------------------------------------------------------------------------------- */

static aez_status choose_integer(aez_lattice *out, const aez_mem *mem, const aez_field *field,
                                 const aez_survey *s)
{
    double epsilon =
        field->mode == AEZ_LOSSLESS || field->mode == AEZ_PWREL ? 0 : epsilon_of(field, s);
    double whole = floor(epsilon);
    out->kind = AEZ_LATTICE_INTEGER;
    /* bounded u64 are plain i64 (forward): when some are larger, they stay exact */
    if (whole >= 1 && !(s && s->field.type == AEZ_U64 && s->uhigh > (uint64_t)INT64_MAX)) {
        if (whole > 2305843009213693952.0) /* 2^61: the step stays far below 2^63 */
            whole = 2305843009213693952.0;
        out->step = 2 * (uint64_t)whole + 1;
        out->epsilon = epsilon;
        out->any_error = field->mode == AEZ_PSNR;
        return AEZ_OK;
    }
    if (s && s->exact && table_is_better(s, range_of(s) + 1))
        return make_table(out, mem, s);
    return AEZ_OK;
}

/* ---- exact floats ---------------------------------------------------------------------------- */

static int decimals_serve(const survey_decimals *d, double k_max, uint64_t n)
{
    return d->digits != SURVEY_NO_DIGITS && d->n_off <= n / 1024 &&
           d->largest * decimal_power(d->digits) < k_max;
}

/* The decimals that serve, or NULL. */
static const survey_decimals *find_decimals(const aez_survey *s, int *via_f32)
{
    double k_max = s->field.type == AEZ_F32 ? SURVEY_K_MAX_F32 : SURVEY_K_MAX_F64;
    *via_f32 = 0;
    if (survey_n_finite(s) == 0)
        return NULL;
    if (decimals_serve(&s->decimals, k_max, survey_n_finite(s)))
        return &s->decimals;
    *via_f32 = s->widened;
    if (s->widened && decimals_serve(&s->decimals32, SURVEY_K_MAX_F32, survey_n_finite(s)))
        return &s->decimals32;
    return NULL;
}

/* Grid points between the smallest and the largest value; without fill values, when there are some.
 */
static double decimal_range(const aez_survey *s, const survey_decimals *d)
{
    double span = range_of(s);
    if (d->n_off || span > 2 * d->largest)
        span = 2 * d->largest;
    return span * decimal_power(d->digits) + 1;
}

static aez_status choose_exact_float(aez_lattice *out, const aez_mem *mem, const aez_survey *s)
{
    const survey_decimals *d;
    out->kind = AEZ_LATTICE_BITS;
    if (!s || survey_n_finite(s) == 0)
        return AEZ_OK;
    d = find_decimals(s, &out->via_f32);
    if (d ? table_is_better(s, decimal_range(s, d)) : has_distinct(s)) {
        out->via_f32 = 0;
        return make_table(out, mem, s);
    }
    if (d) {
        out->kind = AEZ_LATTICE_DECIMAL;
        out->digits = d->digits;
    }
    return AEZ_OK;
}

/* ---- bounded floats -------------------------------------------------------------------------- */

/* The slack under the bound: half an ulp of the output type for the last rounding, and for (x -
 * offset) / unit and offset + k * unit, four roundings of binary64 in all, an ulp each. */
static double rounding_slack(aez_type type, double magnitude)
{
    double slack = 4 * spacing(AEZ_F64, magnitude);
    return type == AEZ_F32 ? slack + spacing(AEZ_F32, magnitude) / 2 : slack;
}

/* Step and unit for a bound on values up to `largest`. 0: too fine, the exact lattice serves. */
static int make_unit(aez_lattice *out, double epsilon, double largest)
{
    double used = epsilon, reach, step;
    if (used > 2 * largest)
        used = 2 * largest;
    reach = largest + used;
    if (out->type == AEZ_F32 && reach > (double)FLT_MAX)
        reach = (double)FLT_MAX;
    if (!(used >= (out->type == AEZ_F32 ? 4 : 16) * spacing(out->type, reach)))
        return 0;
    step = 2 * (used - rounding_slack(out->type, reach));
    for (int f = FRACTION_BITS; f >= 1; f--) {
        double unit = round_down(ldexp(step, -f));
        if (unit >= DBL_MIN && reach / unit < K_LIMIT) {
            out->kind = AEZ_LATTICE_UNIT;
            out->step = UINT64_C(1) << f;
            out->unit = unit;
            out->epsilon = epsilon;
            return 1;
        }
    }
    return 0;
}

/* Without a survey the magnitudes are unknown: 1/64 of the bound is left for rounding, enough for
 * values up to 2^18 (f32) or 2^44 (f64) times the bound. Larger ones may turn out odd. */
static void make_unit_unseen(aez_lattice *out, double epsilon)
{
    double unit = round_down(ldexp(2 * (epsilon - epsilon / 64), -FRACTION_BITS));
    if (!(unit >= DBL_MIN))
        return;
    out->kind = AEZ_LATTICE_UNIT;
    out->step = UINT64_C(1) << FRACTION_BITS;
    out->unit = unit;
    out->epsilon = epsilon;
}

/* Decimals under a bound, where steps on their own grid are no shorter than the bound's (by 2% at
 * most: what they restore is neater): 10^-digits = g, (2 m + 1) g against 2 epsilon. Both values
 * are rounded to the type, hence the slack unless they are integers. */
static int make_bounded_decimal(aez_lattice *out, const aez_survey *s, double epsilon)
{
    int                    via_f32;
    const survey_decimals *d = find_decimals(s, &via_f32);
    aez_type               rounded = via_f32 ? AEZ_F32 : out->type;
    double                 slack, m;
    if (!d || d->n_off)
        return 0;
    slack = d->digits ? 2 * spacing(rounded, d->largest + epsilon) : 0;
    m = floor((epsilon - slack) * decimal_power(d->digits) * (1 - DBL_EPSILON * 4 * !!d->digits));
    if (m < 0)
        m = 0;
    if (m > K_LIMIT || !(2 * m + 1 >= 0.98 * 2 * epsilon * decimal_power(d->digits)))
        return 0;
    out->kind = AEZ_LATTICE_DECIMAL;
    out->digits = d->digits;
    out->via_f32 = via_f32;
    out->step = 2 * (uint64_t)m + 1;
    out->epsilon = m > 0 ? epsilon : 0;
    return 1;
}

static aez_status choose_bounded_float(aez_lattice *out, const aez_mem *mem, const aez_field *field,
                                       const aez_survey *s)
{
    double epsilon = epsilon_of(field, s);
    if (!s) {
        out->kind = AEZ_LATTICE_BITS;
        make_unit_unseen(out, epsilon);
        return AEZ_OK;
    }
    if (survey_n_finite(s) > 0 && range_of(s) == 0)
        return make_constant(out, mem, s->top.outer + 0.0);
    if (epsilon > 0 && survey_n_finite(s) > 0) {
        double top = fabs(s->top.outer), bottom = fabs(s->bottom.outer);
        if (field->mode != AEZ_PSNR && make_bounded_decimal(out, s, epsilon))
            return AEZ_OK;
        out->any_error = field->mode == AEZ_PSNR;
        if (make_unit(out, epsilon, top > bottom ? top : bottom))
            return AEZ_OK;
        out->any_error = 0;
    }
    return choose_exact_float(out, mem, s);
}

/* Half a step is LOG_SLOPE * unit * step / 2 in ln(value), and must stay below ln(1 + R); 2 R / (2
 * + R) does. What roundings add, at most 2^-24 of an f32 and 2^-40 in octaves of an f64, is taken
 * off R. */
static aez_status choose_log(aez_lattice *out, const aez_mem *mem, const aez_field *field,
                             const aez_survey *s)
{
    int    f32 = field->type == AEZ_F32;
    double bound = field->bound < 0.999 ? field->bound : 0.999;
    double r = bound - ldexp(1, f32 ? -23 : -38);
    double smallest = s ? s->smallest : ldexp(1, f32 ? -149 : -1074);
    if (s && survey_n_finite(s) > 0 && range_of(s) == 0)
        return make_constant(out, mem, s->top.outer + 0.0);
    if (bound < ldexp(1, f32 ? -21 : -36) || !(smallest < INFINITY))
        return choose_exact_float(out, mem, s);
    out->kind = AEZ_LATTICE_LOG;
    out->offset = floor(lattice_log_octaves(smallest));
    for (int f = FRACTION_BITS; f >= 1; f--) {
        out->step = UINT64_C(1) << f;
        out->unit = round_down(ldexp(2 * (2 * r / (2 + r)) / LOG_SLOPE, -f));
        if (2200 / out->unit < K_LIMIT)
            break;
    }
    out->relative = bound;
    return AEZ_OK;
}

aez_status aez_lattice_choose(aez_lattice *out, const aez_mem *mem, const aez_field *field,
                              const aez_survey *survey, const char **why)
{
    int exact = field->mode == AEZ_LOSSLESS || (field->bound == 0 && field->mode != AEZ_PSNR);
    aez_status status;
    memset(out, 0, sizeof *out);
    out->type = field->type;
    out->step = 1;
    *why = NULL;
    if (field->type < AEZ_U8 || field->type > AEZ_F64)
        *why = "the field's type is not numeric";
    else if (field->mode < AEZ_LOSSLESS || field->mode > AEZ_PSNR)
        *why = "the mode is unknown";
    else if (field->mode != AEZ_LOSSLESS && !(field->bound >= 0 && field->bound <= DBL_MAX))
        *why = "the bound must be a finite number, 0 or more";
    else if (!survey && !exact && (field->mode == AEZ_REL || field->mode == AEZ_PSNR))
        *why = "a bound relative to the range needs a profile of the data";
    if (*why)
        return AEZ_ERR_OPTION;
    if (!is_float(field->type))
        status = choose_integer(out, mem, field, survey);
    else if (exact)
        status = choose_exact_float(out, mem, survey);
    else if (field->mode == AEZ_PWREL)
        status = choose_log(out, mem, field, survey);
    else
        status = choose_bounded_float(out, mem, field, survey);
    if (status < 0)
        aez_lattice_free(out, mem);
    return status;
}
