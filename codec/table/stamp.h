/* stamp.h - dates and times in text <-> counts of days, minutes, seconds or fractions. */
#ifndef AEZ_TABLE_STAMP_H
#define AEZ_TABLE_STAMP_H

#include <stddef.h>
#include <stdint.h>

#define AEZ_STAMP_PATTERN 40 /* bytes of a pattern with its closing zero */

/* A pattern is the text with letters for the parts: Y year of 4 digits; M, D, h, m, s month, day,
 * hour, minute, second of 2 digits; N, d, H month, day, hour without leading zero; f one digit of
 * the second's fraction. All other bytes stand for themselves. The count is of the smallest part
 * present (days, hours, minutes, seconds, 10^-n seconds) since 1970-01-01, proleptic Gregorian. */

/* Patterns that the text may follow; returns how many (at most max). */
size_t aez_stamp_guess(const char *text, size_t size, char (*patterns)[AEZ_STAMP_PATTERN],
                       size_t max);
/* Nonzero when a pattern makes sense: Y with month and day, each part once, big parts present. */
int    aez_stamp_valid(const char *pattern);
/* Nonzero when the text follows the pattern exactly. */
int    aez_stamp_parse(const char *pattern, const char *text, size_t size, int64_t *count);
/* Writes at most 64 bytes, returns how many; 0 when the year leaves 0000 .. 9999. */
size_t aez_stamp_write(const char *pattern, int64_t count, char *text);

#endif
