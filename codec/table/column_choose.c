/* column_choose.c - the cheapest exact form of a column, or the one that a bound allows. */
#include <math.h>
#include <string.h>

#include "table_dialect.h"

#define LOG2_10 3.3219280948873623
#define ENTRY_BITS 10 /* of a table, as met in real ones */
#define SCREEN 200 /* cells that a candidate must mostly regenerate before all are tried */

typedef struct chooser {
    const aez_mem       *mem;
    const survey_column *counts;
    aez_cell            *cells; /* sampled numbers, [n] */
    aez_number          *numbers;
    size_t               n;
    double               log2_range; /* of the whole column */
    double               odd_bits;   /* what a cell costs that is kept as text */
    aez_column           best;
    double               best_cost; /* bits a cell */
} chooser;

/* ---- what a candidate costs: log2(range / distance of neighbouring values) a cell ---- */

static double log2_spacing(const aez_column *c, const aez_number *number)
{
    int grid = -c->places;
    if (c->kind == AEZ_COLUMN_FLOAT) {
        int low = c->width_bits == 32 ? -126 : -1022, bits = c->width_bits == 32 ? 23 : 52;
        int order = number->real == 0 ? low : ilogb(number->real);
        return (order < low ? low : order) - bits;
    }
    if (c->kind == AEZ_COLUMN_DECFLOAT && number->value.m) {
        int coarse = aez_decimal_order(&number->value) - (int)c->precision + 1;
        grid = coarse > grid ? coarse : grid;
    }
    return grid * LOG2_10 + (c->unit > 1 ? log2((double)c->unit) : 0);
}

static int regenerates(const aez_column *c, const aez_number *number, aez_cell cell)
{
    char    text[AEZ_NUMBER_TEXT];
    int64_t k;
    return aez_column_index(c, number, &k) && aez_column_write(c, k, text) == cell.size &&
           memcmp(text, cell.text, cell.size) == 0;
}

static double cost_of(const chooser *ch, const aez_column *c, size_t stride, double *missed)
{
    double bits = 0;
    size_t seen = 0, odd = 0;
    for (size_t i = 0; i < ch->n; i += stride, seen++) {
        if (regenerates(c, &ch->numbers[i], ch->cells[i])) {
            double b = ch->log2_range - log2_spacing(c, &ch->numbers[i]);
            bits += b > 0 ? b : 0;
        } else {
            bits += ch->odd_bits;
            odd++;
        }
    }
    *missed = seen ? (double)odd / (double)seen : 0;
    return seen ? bits / (double)seen : 0;
}

/* Returns the share of cells that the candidate does not regenerate. */
static double try_column(chooser *ch, const aez_column *c)
{
    double missed, cost;
    if (ch->n > 2 * SCREEN) {
        cost_of(ch, c, ch->n / SCREEN, &missed);
        if (missed > 0.3)
            return missed;
    }
    cost = cost_of(ch, c, 1, &missed);
    if (cost < 0.99 * ch->best_cost) { /* simple forms come first and are easier to predict */
        ch->best_cost = cost;
        ch->best = *c;
    }
    return missed;
}

/* ---- candidates ---- */

static void choose_notation(chooser *ch, aez_column *c)
{
    aez_notation_survey s;
    aez_notation        guess[8];
    size_t              n, most = 0;
    aez_notation_survey_init(&s);
    for (size_t i = 0; i < ch->n; i++)
        aez_notation_survey_add(&s, &ch->numbers[i]);
    n = aez_notation_guess(&s, guess, 8);
    for (size_t g = 0; g < n; g++) {
        size_t right = 0;
        for (size_t i = 0; i < ch->n; i++) {
            char text[AEZ_NUMBER_TEXT];
            right += aez_notation_write(&guess[g], &ch->numbers[i].value, text) ==
                         ch->cells[i].size &&
                     memcmp(text, ch->cells[i].text, ch->cells[i].size) == 0;
        }
        if (g == 0 || right > most) {
            most = right;
            c->notation = guess[g];
        }
    }
}

/* The least i such that at most `rest` of the counted numbers lie above it. */
static int quantile(const uint64_t *count, int n, double rest)
{
    uint64_t total = 0, above = 0;
    int      i = n - 1;
    for (int j = 0; j < n; j++)
        total += count[j];
    while (i > 0 && (double)(above + count[i]) <= rest * (double)total)
        above += count[i--];
    return i;
}

static void try_decimals(chooser *ch, const aez_column *form)
{
    static const double rest[4] = { 0, 0.001, 0.01, 0.1 };
    int                 last = -1, finest = quantile(ch->counts->places, SURVEY_PLACES, 0);
    for (int i = 0; i < 4; i++) {
        aez_column c = *form;
        c.kind = AEZ_COLUMN_DECIMAL;
        c.places = quantile(ch->counts->places, SURVEY_PLACES, rest[i]);
        if (c.places != last)
            try_column(ch, &c);
        last = c.places;
    }
    last = -1;
    for (int i = 0; i < 3; i++) {
        aez_column c = *form;
        c.kind = AEZ_COLUMN_DECFLOAT;
        c.precision = (unsigned)quantile(ch->counts->digits, 20, rest[i]);
        c.places = finest;
        if (c.precision >= 1 && c.precision <= 17 && (int)c.precision != last)
            try_column(ch, &c);
        last = (int)c.precision;
    }
}

static void try_floats(chooser *ch, const aez_column *form, int digits)
{
    aez_column c = *form;
    int        places = quantile(ch->counts->places, SURVEY_PLACES, 0);
    c.kind = AEZ_COLUMN_FLOAT;
    for (c.width_bits = 32; c.width_bits <= 64; c.width_bits += 32) {
        if (digits < (c.width_bits == 32 ? 6 : 14))
            continue;
        c.print = AEZ_PRINT_SHORTEST;
        for (c.print_width = c.width_bits; c.print_width <= 64; c.print_width += 32)
            try_column(ch, &c);
        c.print_width = 64;
        c.print = AEZ_PRINT_PRECISION;
        c.print_digits = (unsigned)digits;
        if (digits <= 17)
            try_column(ch, &c);
        c.print = AEZ_PRINT_PLACES;
        c.print_digits = form->notation.kind == AEZ_NOTATION_FIXED ? form->notation.digits
                                                                   : (unsigned)places;
        if (c.print_digits <= 18)
            try_column(ch, &c);
    }
}

/* Decimals of few digits that went through a float or a careless reader before they came here. */
static void try_detours(chooser *ch, const aez_column *form)
{
    int lowest = 0, places = quantile(ch->counts->places, SURVEY_PLACES, 0);
    for (size_t i = 0; i < ch->n; i++)
        if (ch->numbers[i].value.m && aez_decimal_order(&ch->numbers[i].value) < lowest)
            lowest = aez_decimal_order(&ch->numbers[i].value);
    for (int detour = AEZ_DETOUR_SINGLE; detour <= AEZ_DETOUR_BOTH; detour++) {
        for (int print = 0; print < 2; print++) {
            aez_column c = *form;
            double     missed = 1;
            c.detour = (aez_detour)detour;
            c.print = print ? AEZ_PRINT_PLACES : AEZ_PRINT_SHORTEST;
            c.print_width = 64;
            c.print_digits = (unsigned)places;
            if (print && (detour != AEZ_DETOUR_SINGLE || places > 9))
                continue;
            c.kind = AEZ_COLUMN_DECIMAL;
            for (c.places = 0; c.places < 10 && missed > 0.02; c.places++)
                missed = try_column(ch, &c);
            c.kind = AEZ_COLUMN_DECFLOAT;
            missed = 1;
            for (c.precision = 4; c.precision < 10 && missed > 0.02; c.precision++) {
                c.places = (int)c.precision - 1 - lowest;
                missed = try_column(ch, &c);
            }
        }
    }
}

/* ---- tables of values, units ---- */

typedef struct value {
    double   real;
    aez_cell cell;
    uint64_t count;
    int64_t  k; /* of the base form; literal nonzero: it has none */
    int      literal;
    double   bits; /* what a cell of this value costs without a table, on a smooth column */
} value;

static int value_before(const value *a, const value *b)
{
    size_t n = a->cell.size < b->cell.size ? a->cell.size : b->cell.size;
    int    order;
    if (a->real < b->real || a->real > b->real)
        return a->real < b->real;
    order = n ? memcmp(a->cell.text, b->cell.text, n) : 0;
    return order ? order < 0 : a->cell.size < b->cell.size;
}

/* Heap sort: no recursion, the same order everywhere. */
static void sift(value *v, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        value held;
        if (child + 1 < n && value_before(&v[child], &v[child + 1]))
            child++;
        if (!value_before(&v[at], &v[child]))
            return;
        held = v[at];
        v[at] = v[child];
        v[child] = held;
    }
}

static void sort_values(value *v, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(v, i, n);
    for (size_t i = n; i-- > 1;) {
        value held = v[0];
        v[0] = v[i];
        v[i] = held;
        sift(v, 0, i);
    }
}

static aez_cell distinct_text(const survey_distinct *d, uint32_t i)
{
    aez_cell cell = { "", d->items[i].size };
    if (cell.size) /* else there may be no text at all */
        cell.text = (const char *)d->text.data + d->items[i].off;
    return cell;
}

/* The different numbers of the column in increasing order; *out NULL when too many were seen. */
static aez_status list_values(const chooser *ch, value **out, size_t *n)
{
    const survey_distinct *d = &ch->counts->distinct;
    value                 *v;
    *out = NULL;
    *n = 0;
    if (d->given_up || d->n == 0)
        return AEZ_OK;
    v = aez_take(ch->mem, d->n, sizeof *v);
    if (!v)
        return AEZ_ERR_NOMEM;
    for (uint32_t i = 0; i < d->n; i++) {
        aez_number number;
        aez_cell   cell = distinct_text(d, i);
        double     bits = ch->odd_bits;
        if (cell.size == 0 || !aez_number_parse(&number, cell.text, cell.size))
            continue;
        if (regenerates(&ch->best, &number, cell))
            bits = ch->log2_range - log2_spacing(&ch->best, &number);
        v[*n].real = number.real;
        v[*n].cell = cell;
        v[*n].count = d->items[i].count;
        v[*n].bits = bits > 0 ? bits : 0;
        ++*n;
    }
    sort_values(v, *n);
    *out = v;
    return AEZ_OK;
}

/* Integers of the values in the form c. */
static void index_values(const aez_column *c, value *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        aez_number number;
        v[i].literal = !aez_number_parse(&number, v[i].cell.text, v[i].cell.size) ||
                       !regenerates(c, &number, v[i].cell);
        if (!v[i].literal)
            aez_column_index(c, &number, &v[i].k);
    }
}

static uint64_t gcd_of(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* Values that are all base + unit * n: n becomes k. */
static void choose_unit(chooser *ch, value *v, size_t n)
{
    uint64_t gcd = 0;
    int64_t  base = 0;
    int      any = 0;
    if (ch->best.kind != AEZ_COLUMN_DECIMAL || ch->best.detour != AEZ_DETOUR_NONE)
        return;
    for (size_t i = 0; i < n; i++) {
        if (v[i].literal)
            continue;
        if (any)
            gcd = gcd_of(gcd, (uint64_t)v[i].k - (uint64_t)base);
        else
            base = v[i].k;
        any = 1;
    }
    if (gcd < 2)
        return;
    ch->best.base = base;
    ch->best.unit = gcd;
    ch->best_cost -= log2((double)gcd);
    for (size_t i = 0; i < n; i++)
        if (!v[i].literal)
            v[i].k = (int64_t)(((uint64_t)v[i].k - (uint64_t)base) / gcd);
}

/* Bits that a table of these values saves, its own cost taken off. A value that one cell in 50
 * holds costs no more than its frequency tells, with a table or without. */
static double table_gain(const value *v, size_t n, double log2_range)
{
    double  cells = 0, before = 0, after = 0;
    int64_t last = 0;
    for (size_t i = 0; i < n; i++)
        cells += (double)v[i].count;
    for (size_t i = 0; i < n; i++) {
        double low = v[i > 0 ? i - 1 : 0].real, high = v[i + 1 < n ? i + 1 : i].real;
        double spacing = (high - low) / (i > 0 && i + 1 < n ? 2 : 1);
        double bits = spacing > 0 ? log2_range - log2(spacing) : 0;
        double rank = log2(cells / (double)v[i].count) + 1;
        bits = bits < 0 ? 0 : bits;
        if ((double)v[i].count * 50 < cells)
            rank = INFINITY;
        before += (double)v[i].count * (v[i].bits < rank ? v[i].bits : rank);
        after += (double)v[i].count * (bits < rank ? bits : rank);
        if (v[i].literal) {
            after += 8 * (double)v[i].cell.size + 16;
        } else {
            uint64_t step = (uint64_t)v[i].k - (uint64_t)last;
            after += i ? 4 + log2((double)step + 1) : 48;
            last = v[i].k;
        }
    }
    return before - after > 0.03 * before ? before - after : 0;
}

static aez_status set_entries(const aez_mem *mem, aez_column *c, const aez_cell *cells, size_t n)
{
    size_t size = 0;
    char  *text;
    for (size_t i = 0; i < n; i++)
        size += cells[i].size;
    c->entries = aez_take_raw(mem, n, sizeof *c->entries);
    c->entry_text = text = aez_take_raw(mem, size, 1);
    if (!c->entries || !text)
        return AEZ_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (cells[i].size)
            memcpy(text, cells[i].text, cells[i].size);
        c->entries[i].text = text;
        c->entries[i].size = cells[i].size;
        text += cells[i].size;
    }
    c->n_entries = (uint32_t)n;
    return AEZ_OK;
}

/* Codes such as 11, -13, 2212: a short table makes small numbers of them. */
static int few_and_far(const chooser *ch, const aez_column *c, const value *v, size_t n)
{
    return n <= 256 && n * 20 < ch->counts->n && c->detour == AEZ_DETOUR_NONE &&
           c->kind == AEZ_COLUMN_DECIMAL && !v[0].literal && !v[n - 1].literal &&
           (uint64_t)v[n - 1].k - (uint64_t)v[0].k > 4 * (uint64_t)n;
}

/* A table of values in place of the best form, if it pays; its base is that form, or one that has
 * all decimals and so fewer values that stand as text. */
static aez_status choose_table(chooser *ch, aez_column *c)
{
    value     *v;
    size_t     n;
    double     gain;
    aez_cell  *cells = NULL;
    aez_column all = ch->best;
    aez_status st = list_values(ch, &v, &n);
    if (st != AEZ_OK || n == 0)
        goto done;
    index_values(&ch->best, v, n);
    choose_unit(ch, v, n);
    *c = ch->best;
    gain = table_gain(v, n, ch->log2_range);
    all.places = quantile(ch->counts->places, SURVEY_PLACES, 0.001);
    if (all.kind == AEZ_COLUMN_DECIMAL && all.detour == AEZ_DETOUR_NONE &&
        all.places != c->places) {
        double other;
        index_values(&all, v, n);
        other = table_gain(v, n, ch->log2_range);
        if (other > gain) {
            gain = other;
            *c = all;
        }
    }
    if (gain <= 0 && !few_and_far(ch, c, v, n))
        goto done;
    cells = aez_take_raw(ch->mem, n, sizeof *cells);
    st = AEZ_ERR_NOMEM;
    if (!cells)
        goto done;
    for (size_t i = 0; i < n; i++)
        cells[i] = v[i].cell;
    st = set_entries(ch->mem, c, cells, n);
    ch->best_cost -= gain / (double)ch->counts->n_numeric;
done:
    aez_drop(ch->mem, cells);
    aez_drop(ch->mem, v);
    return st;
}

/* ---- fine digits ---- */

/* Share of cells with digits below 10^-coarse, entropy of the first of these, share of them that
 * end in zero; bits that a cell wastes on zeros above its own grid. */
static void weigh_coarse(const chooser *ch, const aez_column *c, double *share, double *entropy,
                         double *round, double *waste)
{
    double count[10] = { 0 }, n = 0, n_round = 0, n_waste = 0;
    for (size_t i = 0; i < ch->n; i++) {
        int64_t  k, upper;
        uint64_t fine, radix;
        if (!aez_column_index(c, &ch->numbers[i], &k) || !aez_column_part(c, k, &upper, &fine))
            continue;
        radix = aez_column_radix(c, upper);
        if (upper && radix == 1) {
            double grid = log2_spacing(c, &ch->numbers[i]) / LOG2_10 + c->coarse;
            n_waste += grid > 0 ? grid * LOG2_10 : 0;
        }
        if (upper == 0 || radix == 1)
            continue;
        count[fine / (radix / 10)]++;
        n++;
        n_round += fine % 10 == 0;
    }
    *share = ch->n ? n / (double)ch->n : 0;
    *waste = ch->n ? n_waste / (double)ch->n : 0;
    *round = n > 0 ? n_round / n : 1;
    *entropy = 0;
    for (int i = 0; i < 10; i++)
        if (count[i] > 0)
            *entropy += count[i] / n * log2(n / count[i]);
}

/* Numbers that come again, or follow the one above closely, have digits that are not random. */
static int fine_digits_repeat(const chooser *ch, const aez_column *c)
{
    const survey_distinct *d = &ch->counts->distinct;
    double                 near = 1000 / pow(10, c->coarse);
    size_t                 n_near = 0, n_up = 0;
    uint64_t               n_repeated = 0;
    for (size_t i = 1; i < ch->n; i++) {
        n_near += fabs(ch->numbers[i].real - ch->numbers[i - 1].real) < near;
        n_up += ch->numbers[i].real > ch->numbers[i - 1].real;
    }
    for (uint32_t i = 0; !d->given_up && i < d->n; i++) /* a frequent value is round, mostly */
        if (d->items[i].count > 1 && d->items[i].count * 100 < ch->counts->n)
            n_repeated += d->items[i].count;
    return n_near * 4 > ch->n || n_up * 10 > ch->n * 9 || n_up * 10 < ch->n ||
           n_repeated * 5 > ch->counts->n;
}

/* Numbers of few digits about zero are easier to predict on one grid; what lies below the finest
 * grid that wastes little is kept apart where it is as good as random. */
static void choose_fine(const chooser *ch, aez_column *c)
{
    aez_column trial = *c;
    double     share, entropy, round, waste;
    if (c->kind != AEZ_COLUMN_DECFLOAT || c->n_entries || ch->n < 500)
        return;
    trial.has_fine = 1;
    for (int below = 1; below <= 17; below++) {
        trial.coarse = c->places - below;
        weigh_coarse(ch, &trial, &share, &entropy, &round, &waste);
        if (waste > 0.1)
            continue;
        if (share > 0.01 && entropy > 3.2 && round < 0.15 && !fine_digits_repeat(ch, &trial))
            *c = trial;
        return;
    }
}

/* ---- bounded ---- */

/* The coarsest grid 10^-d <= epsilon / 32 that is not finer than the numbers' own; 0: no gain. */
static int bound_column(const chooser *ch, aez_column *c, double epsilon)
{
    int    own = quantile(ch->counts->places, SURVEY_PLACES, 0), d = 0, exact;
    double biggest = fmax(fabs(ch->counts->min), fabs(ch->counts->max)), g = 1, usable;
    if (!(epsilon > 0) || own >= SURVEY_PLACES - 1)
        return 0;
    for (; d < own && d < 18 && !(g <= epsilon / 32); d++)
        g = 1 / (double)aez_power10(d + 1);
    usable = epsilon - 4 * (nextafter(biggest + epsilon, INFINITY) - (biggest + epsilon));
    exact = d == own;
    if (!(usable > 0) || biggest / g > 1e15)
        return 0;
    /* whole numbers below 2^53 are read and subtracted without error */
    double steps = exact ? 2 * floor((own == 0 ? epsilon : usable) / g) + 1 : floor(2 * usable / g);
    if (!(steps > 1) || steps > 1e15)
        return 0;
    c->kind = AEZ_COLUMN_DECIMAL;
    c->detour = AEZ_DETOUR_NONE;
    c->print = AEZ_PRINT_SHORTEST;
    c->print_width = 64;
    c->base = 0;
    c->unit = 1;
    c->places = d;
    c->step = (uint64_t)steps;
    c->epsilon = epsilon;
    if (c->notation.kind == AEZ_NOTATION_FIXED)
        c->notation.digits = (unsigned)d;
    if (c->notation.kind == AEZ_NOTATION_SCI)
        c->notation.kind = AEZ_NOTATION_SCI_TRIM;
    if (c->notation.min_frac > (unsigned)d && c->notation.min_frac > 1)
        c->notation.min_frac = (unsigned)d;
    return 1;
}

/* Steps of this width may tell nearly as many values apart as there are: then the table of exact
 * values, whose neighbours are neighbours, is no dearer than steps that are mostly empty. */
typedef enum merging { MERGES_UNKNOWN, MERGES_LITTLE, MERGES_MUCH } merging;

static aez_status weigh_steps(const chooser *ch, double width, merging *steps)
{
    double     cells = 0, exact = 0, merged = 0, in_step = 0;
    value     *v;
    size_t     n;
    aez_status st = list_values(ch, &v, &n);
    *steps = MERGES_UNKNOWN;
    for (size_t i = 0; st == AEZ_OK && i < n; i++)
        cells += (double)v[i].count;
    for (size_t i = 0; st == AEZ_OK && i < n; i++) {
        double count = (double)v[i].count;
        exact += count * log2(cells / count) + ENTRY_BITS;
        in_step += count;
        if (i + 1 == n || floor(v[i + 1].real / width) != floor(v[i].real / width)) {
            merged += in_step * log2(cells / in_step);
            in_step = 0;
        }
    }
    if (n > 0 && exact <= 1.02 * merged + 0.05 * cells)
        *steps = MERGES_LITTLE;
    else if (n > 0 && merged < 0.8 * exact)
        *steps = MERGES_MUCH;
    aez_drop(ch->mem, v);
    return st;
}

/* ---- the column ---- */

static aez_status copy_text(const aez_mem *mem, const char *text, size_t size, aez_cell *out)
{
    char *copy = aez_take_raw(mem, size, 1);
    if (!copy)
        return AEZ_ERR_NOMEM;
    if (size)
        memcpy(copy, text, size);
    out->text = copy;
    out->size = size;
    return AEZ_OK;
}

/* The texts seen at least twice, most frequent first. */
static aez_status choose_odd(const aez_mem *mem, aez_column *c, const survey_column *counts)
{
    uint8_t used[SURVEY_TALLY] = { 0 };
    while (c->n_odd < AEZ_TABLE_ODD) {
        uint32_t best = SURVEY_TALLY;
        for (uint32_t i = 0; i < counts->n_tally; i++)
            if (!used[i] && counts->tally[i].count > 1 &&
                (best == SURVEY_TALLY || counts->tally[i].count > counts->tally[best].count))
                best = i;
        if (best == SURVEY_TALLY)
            break;
        used[best] = 1;
        aez_status st = copy_text(mem, counts->tally[best].text, counts->tally[best].size,
                                  &c->odd[c->n_odd]);
        if (st != AEZ_OK)
            return st;
        c->n_odd++;
    }
    return AEZ_OK;
}

static aez_status list_numbers(chooser *ch, const aez_table_survey *s, const aez_column *c,
                               uint32_t i, uint32_t n_columns)
{
    double n_bytes = 0;
    ch->cells = aez_take_raw(ch->mem, (size_t)s->n_samples + 1, sizeof *ch->cells);
    ch->numbers = aez_take_raw(ch->mem, (size_t)s->n_samples + 1, sizeof *ch->numbers);
    if (!ch->cells || !ch->numbers)
        return AEZ_ERR_NOMEM;
    for (uint32_t j = 0; j <= s->n_samples; j++) {
        const aez_row *row = j < s->n_samples ? &s->samples[j].row : &s->first.row;
        aez_cell       cell;
        if (row->n_cells != n_columns)
            continue;
        cell = aez_column_strip(c, row->cells[i]);
        if (cell.size && aez_number_parse(&ch->numbers[ch->n], cell.text, cell.size)) {
            ch->cells[ch->n++] = cell;
            n_bytes += (double)cell.size;
        }
    }
    ch->odd_bits = 10 + (ch->n ? 5 * n_bytes / (double)ch->n : 0);
    ch->log2_range = ch->counts->max > ch->counts->min
                         ? log2(ch->counts->max - ch->counts->min)
                         : -1074;
    return AEZ_OK;
}

static aez_status choose_numbers(chooser *ch, const aez_table_survey *s, aez_column *c, uint32_t i,
                                 uint32_t n_columns, double epsilon)
{
    int        digits = quantile(ch->counts->digits, 20, 0.001);
    aez_column bounded;
    aez_status st = list_numbers(ch, s, c, i, n_columns);
    if (st == AEZ_OK)
        st = choose_odd(ch->mem, c, ch->counts);
    if (st != AEZ_OK)
        return st;
    choose_notation(ch, c);
    c->kind = AEZ_COLUMN_DECIMAL;
    c->places = quantile(ch->counts->places, SURVEY_PLACES, 0);
    ch->best = *c;
    ch->best_cost = 1e300;
    try_decimals(ch, c);
    try_floats(ch, c, digits);
    if (digits >= 8)
        try_detours(ch, c);
    *c = ch->best;
    bounded = *c;
    st = choose_table(ch, c);
    if (st != AEZ_OK)
        return st;
    if (epsilon > 0 && bound_column(ch, &bounded, epsilon)) {
        merging steps = MERGES_UNKNOWN;
        double  cost = ch->log2_range + bounded.places * LOG2_10 - log2((double)bounded.step);
        int     cheaper = cost + 0.1 < ch->best_cost || ch->n == 0;
        if (c->n_entries)
            st = weigh_steps(ch, 2 * epsilon, &steps);
        if (st != AEZ_OK)
            return st;
        if (steps == MERGES_MUCH || (steps == MERGES_UNKNOWN && cheaper)) { /* else exact */
            aez_drop(ch->mem, c->entries);
            aez_drop(ch->mem, c->entry_text);
            *c = bounded;
            return AEZ_OK;
        }
    }
    choose_fine(ch, c);
    return AEZ_OK;
}

/* Entries by falling frequency, so that small numbers are common. */
static aez_status choose_dictionary(const aez_mem *mem, aez_column *c, const survey_column *counts)
{
    const survey_distinct *d = &counts->distinct;
    value                 *v = aez_take_raw(mem, d->n, sizeof *v);
    aez_cell              *cells = aez_take_raw(mem, d->n, sizeof *cells);
    aez_status             st = AEZ_ERR_NOMEM;
    if (v && cells) {
        for (uint32_t i = 0; i < d->n; i++) {
            v[i].cell = distinct_text(d, i);
            v[i].real = -(double)d->items[i].count;
        }
        sort_values(v, d->n);
        for (uint32_t i = 0; i < d->n; i++)
            cells[i] = v[i].cell;
        st = set_entries(mem, c, cells, d->n);
    }
    c->kind = AEZ_COLUMN_DICTIONARY;
    aez_drop(mem, v);
    aez_drop(mem, cells);
    return st;
}

static int choose_stamp(aez_column *c, const survey_column *counts)
{
    for (uint32_t i = 0; i < counts->n_stamps; i++) {
        const survey_stamp *s = &counts->stamps[i];
        if (s->n * 50 < (counts->n - counts->n_empty) * 49)
            continue;
        memcpy(c->pattern, s->pattern, sizeof c->pattern);
        c->kind = AEZ_COLUMN_STAMP;
        c->base = s->min;
        c->unit = s->gcd ? s->gcd : 1;
        return 1;
    }
    return 0;
}

aez_status aez_table_choose_column(aez_table_schema *schema, const aez_table_survey *s, uint32_t i,
                                   double epsilon)
{
    aez_column          *c = &schema->columns[i];
    const survey_column *counts = i < s->n_columns ? s->columns[i] : NULL;
    aez_status           st = AEZ_OK;
    c->unit = c->step = 1;
    if (!counts || counts->n == 0)
        return AEZ_OK;
    c->numeric = aez_table_is_numeric(counts);
    if (c->numeric) {
        chooser ch;
        memset(&ch, 0, sizeof ch);
        ch.mem = schema->mem;
        ch.counts = counts;
        st = choose_numbers(&ch, s, c, i, schema->n_columns, epsilon);
        aez_drop(schema->mem, ch.cells);
        aez_drop(schema->mem, ch.numbers);
        return st;
    }
    if (choose_stamp(c, counts))
        return choose_odd(schema->mem, c, counts);
    if (!counts->distinct.given_up && counts->distinct.n &&
        (counts->distinct.n <= 16 || (uint64_t)counts->distinct.n * 3 <= counts->n))
        return choose_dictionary(schema->mem, c, counts);
    return AEZ_OK;
}
