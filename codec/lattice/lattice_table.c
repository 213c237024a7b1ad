/* lattice_table.c - finding a value's place in a table of distinct values. */
#include "lattice_table.h"

#include "../base/floatbits.h"

int64_t lattice_order(aez_type type, uint64_t bits)
{
    unsigned width = 8 * (unsigned)aez_type_size(type);
    switch (type) {
    case AEZ_F32:
    case AEZ_F64:
        return aez_ordered_from_bits(bits, width);
    case AEZ_U64:
        return (int64_t)(bits ^ (UINT64_C(1) << 63));
    case AEZ_I8:
    case AEZ_I16:
    case AEZ_I32:
    case AEZ_I64: {
        uint64_t sign = UINT64_C(1) << (width - 1);
        return (int64_t)((bits ^ sign) - sign);
    }
    default:
        return (int64_t)bits;
    }
}

uint64_t lattice_order_inverse(aez_type type, int64_t order)
{
    unsigned width = 8 * (unsigned)aez_type_size(type);
    switch (type) {
    case AEZ_F32:
    case AEZ_F64:
        return aez_bits_from_ordered(order, width);
    case AEZ_U64:
        return (uint64_t)order ^ (UINT64_C(1) << 63);
    default:
        return (uint64_t)order & (UINT64_MAX >> (64 - width));
    }
}

static void sift(aez_type type, uint64_t *bits, size_t at, size_t n)
{
    uint64_t moving = bits[at];
    int64_t  key = lattice_order(type, moving);
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n)
            break;
        if (child + 1 < n &&
            lattice_order(type, bits[child]) < lattice_order(type, bits[child + 1]))
            child++;
        if (lattice_order(type, bits[child]) <= key)
            break;
        bits[at] = bits[child];
        at = child;
    }
    bits[at] = moving;
}

void lattice_table_sort(aez_type type, uint64_t *bits, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(type, bits, i, n);
    while (n > 1) {
        uint64_t largest = bits[0];
        bits[0] = bits[--n];
        bits[n] = largest;
        sift(type, bits, 0, n);
    }
}

/* Slots of the hash: a power of two, at least twice the table. */
static size_t n_slots(uint32_t n_table)
{
    size_t n = 16;
    while (n < 2 * (size_t)n_table)
        n *= 2;
    return n;
}

static size_t first_slot(uint64_t bits, size_t slots)
{
    return (size_t)((bits * UINT64_C(0x9E3779B97F4A7C15)) >> 40) & (slots - 1);
}

aez_status lattice_table_index(aez_lattice *l, const aez_mem *mem)
{
    size_t slots = n_slots(l->n_table);
    l->find = aez_take(mem, slots, sizeof *l->find);
    if (!l->find)
        return AEZ_ERR_NOMEM;
    for (uint32_t i = 0; i < l->n_table; i++) {
        size_t at = first_slot(l->table[i], slots);
        while (l->find[at] != 0)
            at = (at + 1) & (slots - 1);
        l->find[at] = i + 1; /* 0: free */
    }
    return AEZ_OK;
}

static uint32_t find_sorted(const aez_lattice *l, uint64_t bits)
{
    int64_t  key = lattice_order(l->type, bits);
    uint32_t low = 0, high = l->n_table;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lattice_order(l->type, l->table[middle]) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->n_table && l->table[low] == bits ? low : LATTICE_NOT_FOUND;
}

uint32_t lattice_table_find(const aez_lattice *l, uint64_t bits)
{
    size_t slots, at;
    if (!l->find)
        return find_sorted(l, bits);
    slots = n_slots(l->n_table);
    at = first_slot(bits, slots);
    while (l->find[at] != 0) {
        if (l->table[l->find[at] - 1] == bits)
            return l->find[at] - 1;
        at = (at + 1) & (slots - 1);
    }
    return LATTICE_NOT_FOUND;
}
