/* lattice_io.c - a lattice to bytes and back, and in words. */
#include "lattice.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"
#include "lattice_table.h"

/* The head byte: kind, and what follows it. */
#define HEAD_KIND 0x0F
#define HEAD_VIA_F32 0x10
#define HEAD_STEP 0x20   /* a step other than 1 */
#define HEAD_OFFSET 0x40 /* an offset other than 0 */
#define HEAD_ZERO 0x80

#define TABLE_ORDERED 255 /* in place of a number of digits: entries are written by their order */
#define TABLE_VIA_F32 0x80
#define TABLE_DIGITS_MAX 17

static int is_float(aez_type type)
{
    return type == AEZ_F32 || type == AEZ_F64;
}

/* ---- tables: a decimal table costs far less as decimals than as bit patterns ----------------- */

/* The pattern of k / 10^digits in the type. */
static uint64_t decimal_bits(aez_type type, int via_f32, unsigned digits, int64_t k)
{
    double   v = (double)k / decimal_power(digits);
    float    narrow;
    uint64_t bits = 0;
    uint32_t b;
    if (type == AEZ_F32) {
        narrow = (float)v;
        memcpy(&b, &narrow, sizeof b);
        return b;
    }
    if (via_f32)
        v = (double)(float)v;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* k of a pattern; 0: the pattern is no such decimal. */
static int decimal_k(aez_type type, int via_f32, unsigned digits, uint64_t bits, int64_t *k)
{
    double   v, q;
    float    narrow;
    uint32_t b = (uint32_t)bits;
    memcpy(&v, &bits, sizeof v);
    memcpy(&narrow, &b, sizeof narrow);
    q = (type == AEZ_F32 ? (double)narrow : v) * decimal_power(digits);
    if (!(fabs(q) < ROUNDING_LIMIT / 2))
        return 0;
    *k = (int64_t)round_small(q);
    return decimal_bits(type, via_f32, digits, *k) == bits;
}

static int all_decimal(const aez_lattice *l, int via_f32, unsigned digits)
{
    int64_t k;
    for (uint32_t i = 0; i < l->n_table; i++) {
        if (!decimal_k(l->type, via_f32, digits, l->table[i], &k))
            return 0;
    }
    return 1;
}

/* How to write the entries: digits, with TABLE_VIA_F32 or not, or TABLE_ORDERED. */
static unsigned table_form(const aez_lattice *l)
{
    if (!is_float(l->type))
        return TABLE_ORDERED;
    for (unsigned digits = 0; digits <= TABLE_DIGITS_MAX; digits++) {
        if (all_decimal(l, 0, digits))
            return digits;
        if (l->type == AEZ_F64 && all_decimal(l, 1, digits))
            return digits | TABLE_VIA_F32;
    }
    return TABLE_ORDERED;
}

static int64_t entry_number(const aez_lattice *l, unsigned form, uint32_t i)
{
    int64_t k = 0;
    if (form == TABLE_ORDERED)
        return lattice_order(l->type, l->table[i]);
    (void)decimal_k(l->type, (form & TABLE_VIA_F32) != 0, form & 0x1F, l->table[i], &k);
    return k;
}

static void put_table(const aez_lattice *l, aez_buf *out)
{
    unsigned form = table_form(l);
    int64_t  last = entry_number(l, form, 0);
    aez_put_u8(out, form);
    aez_put_varint(out, l->n_table - 1);
    aez_put_svarint(out, last);
    for (uint32_t i = 1; i < l->n_table; i++) {
        int64_t number = entry_number(l, form, i);
        aez_put_varint(out, (uint64_t)number - (uint64_t)last - 1);
        last = number;
    }
}

/* The pattern that a number stands for; 0: none. */
static int entry_bits(aez_type type, unsigned form, int64_t number, uint64_t *bits)
{
    if (form == TABLE_ORDERED) {
        *bits = lattice_order_inverse(type, number);
        return lattice_order(type, *bits) == number;
    }
    *bits = decimal_bits(type, (form & TABLE_VIA_F32) != 0, form & 0x1F, number);
    return 1;
}

static int form_is_valid(aez_type type, unsigned form)
{
    if (form == TABLE_ORDERED)
        return 1;
    return is_float(type) && (form & 0x7F) <= TABLE_DIGITS_MAX &&
           (!(form & TABLE_VIA_F32) || type == AEZ_F64);
}

static aez_status get_table(aez_lattice *l, const aez_mem *mem, aez_rd *in)
{
    unsigned form = aez_get_u8(in);
    uint64_t n = aez_get_varint(in);
    int64_t  last = 0;
    if (in->failed || !form_is_valid(l->type, form))
        return AEZ_ERR_CORRUPT;
    if (n >= LATTICE_TABLE_MAX)
        return AEZ_ERR_LIMIT;
    n++;
    if (n > aez_rd_left(in)) /* an entry is a byte or more */
        return AEZ_ERR_CORRUPT;
    l->table = aez_take_raw(mem, (size_t)n, sizeof *l->table);
    if (!l->table)
        return AEZ_ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t room = (uint64_t)INT64_MAX - (uint64_t)last; /* numbers above the last */
        uint64_t gap = i ? aez_get_varint(in) : 0;
        if (i && gap >= room)
            return AEZ_ERR_CORRUPT;
        last = i ? (int64_t)((uint64_t)last + gap + 1) : aez_get_svarint(in);
        if (in->failed || !entry_bits(l->type, form, last, l->table + i))
            return AEZ_ERR_CORRUPT;
        if (i && lattice_order(l->type, l->table[i]) <= lattice_order(l->type, l->table[i - 1]))
            return AEZ_ERR_CORRUPT;
    }
    l->n_table = (uint32_t)n;
    return AEZ_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

void aez_lattice_put(const aez_lattice *l, aez_buf *out)
{
    unsigned head = (unsigned)l->kind;
    if (l->via_f32)
        head |= HEAD_VIA_F32;
    if (l->step != 1)
        head |= HEAD_STEP;
    if (l->offset != 0)
        head |= HEAD_OFFSET;
    aez_put_u8(out, head);
    if (head & HEAD_STEP)
        aez_put_varint(out, l->step);
    if (head & HEAD_OFFSET)
        aez_put_f64(out, l->offset);
    if (l->kind == AEZ_LATTICE_DECIMAL)
        aez_put_u8(out, l->digits);
    if (l->kind == AEZ_LATTICE_UNIT || l->kind == AEZ_LATTICE_LOG)
        aez_put_f64(out, l->unit);
    if (l->kind == AEZ_LATTICE_TABLE)
        put_table(l, out);
}

/* Which head flags a kind may have; 0x80: no such kind for this type. */
static unsigned head_allowed(aez_lattice_kind kind, aez_type type)
{
    unsigned via = type == AEZ_F64 ? HEAD_VIA_F32 : 0;
    switch (kind) {
    case AEZ_LATTICE_INTEGER: return is_float(type) ? HEAD_ZERO : HEAD_STEP;
    case AEZ_LATTICE_DECIMAL: return is_float(type) ? HEAD_STEP | via : HEAD_ZERO;
    case AEZ_LATTICE_UNIT:
    case AEZ_LATTICE_LOG: return is_float(type) ? HEAD_STEP | HEAD_OFFSET : HEAD_ZERO;
    case AEZ_LATTICE_TABLE: return 0;
    case AEZ_LATTICE_BITS: return is_float(type) ? via : HEAD_ZERO;
    }
    return HEAD_ZERO;
}

static aez_status get_numbers(aez_lattice *l, unsigned head, aez_rd *in)
{
    if (head & HEAD_STEP)
        l->step = aez_get_varint(in);
    if (head & HEAD_OFFSET)
        l->offset = aez_get_f64(in);
    if (l->kind == AEZ_LATTICE_DECIMAL)
        l->digits = aez_get_u8(in);
    if (l->kind == AEZ_LATTICE_UNIT || l->kind == AEZ_LATTICE_LOG) {
        l->unit = aez_get_f64(in);
        if (!(l->unit > 0 && l->unit <= DBL_MAX))
            return AEZ_ERR_CORRUPT;
    }
    if (in->failed || l->step < 1 || l->step > (uint64_t)INT64_MAX ||
        l->digits > DECIMAL_DIGITS_MAX || !(fabs(l->offset) <= DBL_MAX))
        return AEZ_ERR_CORRUPT;
    return AEZ_OK;
}

aez_status aez_lattice_get(aez_lattice *lattice, const aez_mem *mem, aez_type type, aez_rd *in)
{
    unsigned   head = aez_get_u8(in), allowed;
    aez_status status;
    memset(lattice, 0, sizeof *lattice);
    if (type < AEZ_U8 || type > AEZ_F64 || in->failed)
        return AEZ_ERR_CORRUPT;
    lattice->kind = (aez_lattice_kind)(head & HEAD_KIND);
    lattice->type = type;
    lattice->step = 1;
    lattice->via_f32 = (head & HEAD_VIA_F32) != 0;
    allowed = head_allowed(lattice->kind, type);
    if (allowed == HEAD_ZERO || (head & ~(allowed | HEAD_KIND)))
        return AEZ_ERR_CORRUPT;
    status = get_numbers(lattice, head, in);
    if (status == AEZ_OK && lattice->kind == AEZ_LATTICE_TABLE)
        status = get_table(lattice, mem, in);
    if (status < 0)
        aez_lattice_free(lattice, mem);
    return status;
}

void aez_lattice_text(const aez_lattice *l, char *text, size_t size)
{
    const char *widened = l->via_f32 ? ", widened float32" : "";
    switch (l->kind) {
    case AEZ_LATTICE_INTEGER:
        if (l->step == 1)
            snprintf(text, size, "integers");
        else
            snprintf(text, size, "integers, step %llu", (unsigned long long)l->step);
        break;
    case AEZ_LATTICE_DECIMAL:
        if (l->step == 1)
            snprintf(text, size, "%u decimals%s", l->digits, widened);
        else
            snprintf(text, size, "%u decimals, step %llu%s", l->digits,
                     (unsigned long long)l->step, widened);
        break;
    case AEZ_LATTICE_UNIT:
        snprintf(text, size, "step %.6g", (double)l->step * l->unit);
        break;
    case AEZ_LATTICE_TABLE:
        snprintf(text, size, "table of %lu", (unsigned long)l->n_table);
        break;
    case AEZ_LATTICE_BITS:
        snprintf(text, size, "float bits%s", widened);
        break;
    case AEZ_LATTICE_LOG:
        snprintf(text, size, "relative step %.6g", (double)l->step * l->unit * 0.6931471805599453);
        break;
    }
}
