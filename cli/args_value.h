/* args_value.h - values of options: text to numbers, strictly. */
#ifndef AEZ_CLI_ARGS_VALUE_H
#define AEZ_CLI_ARGS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits only, so that signs and blanks are not taken; *rest is what follows them. */
bool aez_value_u64(const char *text, uint64_t *out, const char **rest);
/* A whole number of at most max, and nothing else. */
bool aez_value_count(const char *text, uint64_t max, uint64_t *out);
/* A number of bytes with K, M or G (powers of 1024). */
bool aez_value_size(const char *text, uint64_t *out);
bool aez_value_real(const char *text, double *out);
/* Numbers of 1 .. max with commas between them, at most cap of them. */
bool aez_value_widths(const char *text, uint32_t max, uint32_t *dst, uint32_t cap, uint32_t *n);
/* "3:10", "3:", ":10": *end is UINT64_MAX where it is not given. False when nothing is left. */
bool aez_value_range(const char *text, uint64_t *first, uint64_t *end);
/* The place of text among n words, or -1. */
int aez_value_word(const char *text, const char *const *words, size_t n);

#endif
