/* lattice_table.h - finding a value's place in a table of distinct values. */
#ifndef AEZ_LATTICE_LATTICE_TABLE_H
#define AEZ_LATTICE_LATTICE_TABLE_H

#include "lattice.h"

#define LATTICE_TABLE_MAX 65536
#define LATTICE_NOT_FOUND UINT32_MAX

/* Integers in the order of the values whose raw bit patterns are given. */
int64_t  lattice_order(aez_type type, uint64_t bits);
uint64_t lattice_order_inverse(aez_type type, int64_t order);
/* Sorts the patterns by value, in place. */
void lattice_table_sort(aez_type type, uint64_t *bits, size_t n);
/* Builds lattice->find. */
aez_status lattice_table_index(aez_lattice *lattice, const aez_mem *mem);
/* k of a pattern, or LATTICE_NOT_FOUND. */
uint32_t lattice_table_find(const aez_lattice *lattice, uint64_t bits);

#endif
